"""What each chart is to who does not see it, or cannot click it: a text, a table, a sentence, another way there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics import tables
from analytics.store import Store
from analytics.view import View
from tests.pages.drawn import key_of, nodes, open_tables, texts

Open = Callable[..., AppTest]
# Each page with how many charts it draws of the demonstration, so that none is passed over.
CHARTS = {"overview.py": 7, "recruitment.py": 3, "towns.py": 5, "coverage.py": 7, "growth.py": 5, "sources.py": 0}
NARROWED: list[dict[str, str]] = [{}, {"lang": "en"}, {"department": "48"}, {"department": "48", "lang": "en"}]
LEAST_WORDS = 5


def _charts(app: AppTest) -> list[tuple[Any, Any, tuple[Any, ...]]]:
    """Return each chart with the block of the page that it stands in, and all that holds it."""
    found = []
    for node, above in nodes(app.main):
        if node.type == "plotly_chart":
            around = [block for block in above if key_of(block).startswith("blk-")]
            assert len(around) == 1, f"{key_of(node)} stands in one block"
            found.append((node, around[0], above))
    return found


def _of_type(block: Any, kind: str) -> list[Any]:
    return [node for node, _ in nodes(block) if node.type == kind]


@pytest.mark.parametrize("page", CHARTS)
@pytest.mark.parametrize("asked", NARROWED, ids=lambda asked: "-".join(asked.values()) or "whole")
def test_every_chart_has_a_text_a_table_and_a_sentence(open_page: Open, page: str, asked: dict[str, str]) -> None:
    app = open_tables(open_page(page, **asked))
    assert not app.exception
    charts = _charts(app)
    assert asked.get("department") or len(charts) == CHARTS[page]
    said: dict[str, str] = {}
    for chart, block, above in charts:
        name, alt = key_of(chart), str(chart.proto.alt)
        kind, _, finding = alt.replace("\u202f:", ":").partition(": ")
        assert kind, f"{name} says what it is"
        assert len(finding.split()) >= LEAST_WORDS, f"{name}: {alt!r} is no sentence"
        head = _of_type(block, "header")
        assert len(head) == 1, f"the block of {name} has a heading"
        assert head[0].value.strip(), f"the heading of {name} says something"
        assert len(_of_type(block, "arrow_data_frame")) + len(_of_type(block, "dataframe")) >= 1, f"{name} has a table"
        assert len(_of_type(block, "download_button")) >= 1, f"{name} has a file"
        # Two drawings of one figure, of which the style sheet shows one, say the same.
        drawings = [key_of(holder) for holder in above if key_of(holder).startswith("only-")]
        figure = drawings[0].split("-", 2)[2] if drawings else name
        assert said.setdefault(alt, figure) == figure, f"{name} says what another chart says"


@pytest.mark.parametrize("page", CHARTS)
def test_a_page_has_one_title_and_its_parts_are_one_level_below(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert len(app.title) == 1
    assert len(app.header) >= 3
    assert len(app.subheader) == 0
    marked = texts(app)
    assert marked.count('class="head"') == marked.count('class="head" role="heading" aria-level="3"')
    assert "<h1" not in marked
    assert "<img" not in marked


def test_the_squares_are_one_picture_with_a_text(open_page: Open) -> None:
    drawn = texts(open_page())
    assert '<div class="hundred" role="img" aria-label="2,2\u202f% des entreprises">' in drawn
    assert '<div class="hundred" role="img" aria-label="27\u202f% des emplois">' in drawn


def test_lists_are_lists(open_page: Open) -> None:
    drawn = texts(open_page("sources.py"))
    assert drawn.count('class="rows"') == drawn.count('class="rows" role="list"') > 3
    assert drawn.count('role="listitem"') > 20


def test_filters_lead_where_a_click_on_the_matrix_does(demo_root: Path) -> None:
    """A point of a chart takes no focus: what a click chooses there must be in reach of the keys elsewhere."""
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    settings = snapshot.settings()
    clicked, filtered = (
        tables.prospects_in_full(snapshot, View.from_query(query, settings), settings, language="fr")["siren"].tolist()
        for query in ("cell=programming:10-49", "segment=programming&size=10-49")
    )
    assert clicked
    assert clicked == filtered
