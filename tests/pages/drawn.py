"""What a page drew, as tests ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest


def texts(app: AppTest) -> str:
    """Return the page's own HTML."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def chart(app: AppTest, trace: str) -> dict[str, Any]:
    """Return the specification of the first chart that has a trace of this name."""
    specs = [json.loads(drawn.proto.spec) for drawn in app.get("plotly_chart")]
    return next(spec for spec in specs if trace in {data.get("name") for data in spec["data"]})


def nodes(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Walk what a page drew: each element with the blocks that hold it, outermost first."""
    yield node, above
    for child in getattr(node, "children", {}).values():
        yield from nodes(child, (*above, node))


def key_of(node: Any) -> str:
    """Return the key of a container, or nothing: ``$$ID-<hash>-blk-funnel``."""
    return str(getattr(getattr(node, "proto", None), "id", "")).partition("ID-")[2].partition("-")[2]


def open_tables(app: AppTest) -> AppTest:
    """Open the table behind every figure of a page, and run it again: those that stay closed are not drawn."""
    keys = [key_of(node) for node, _ in nodes(app.main) if key_of(node).startswith("table-popover-")]
    for key in keys:
        app.session_state[key] = True
    app.run()
    assert app.exception or len(app.dataframe) >= len(keys)
    return app
