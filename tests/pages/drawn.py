"""What a page drew, as tests ask it."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def texts(app: AppTest) -> str:
    """Return the page's own HTML."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def chart(app: AppTest, trace: str) -> dict[str, Any]:
    """Return the specification of the first chart that has a trace of this name."""
    specs = [json.loads(drawn.proto.spec) for drawn in app.get("plotly_chart")]
    return next(spec for spec in specs if trace in {data.get("name") for data in spec["data"]})
