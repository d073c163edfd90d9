"""A short list in rows: names, figures, bars."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analytics.figures.bars import PLAIN_ROW_PX, RANK_PX, ROW_PX, ranked_bars
from analytics.figures.palette import LIGHT
from tests.analytics.figures.area_tables import colors_of, colors_used

ROWS = pd.DataFrame(
    {
        "rank": [1, 2],
        "key": ["34032", "82121"],
        "name": ["Béziers", "<i>Montauban</i>"],
        "detail": ["Hérault · 61 km", None],
        "value": [1_140.0, 570.0],
        "value_text": ["1\u202f140", "570"],
        "hover": ["1\u202f140 entreprises", "570 entreprises"],
    }
)


def _draw(rows: pd.DataFrame = ROWS, **options: Any) -> Any:
    return ranked_bars(rows, **{"role": "gap", "palette": LIGHT, "language": "fr", **options})


def _bars(figure: Any, color: str) -> list[float]:
    return [shape.x1 for shape in figure.layout.shapes if shape.type == "rect" and shape.fillcolor == color]


def test_bars_are_in_proportion_to_the_longest() -> None:
    assert _bars(_draw(), LIGHT.gap) == [1.0, 0.5]
    assert _bars(_draw(highest=2_280.0), LIGHT.gap) == [0.5, 0.25]
    assert _bars(_draw(role="ours"), LIGHT.ours) == [1.0, 0.5]
    assert _bars(_draw(highest=10.0), LIGHT.gap) == [1.0, 1.0]


def test_rows_say_rank_name_detail_and_figure() -> None:
    texts = [a.text for a in _draw().layout.annotations]
    assert texts == [
        "<b>Béziers</b>",
        "1\u202f140",
        "Hérault · 61 km",
        "1",
        "<b>&lt;i&gt;Montauban&lt;/i&gt;</b>",
        "570",
        "2",
    ]
    assert "1" not in [a.text for a in _draw(ROWS.drop(columns="rank")).layout.annotations]


def test_a_click_tells_the_key_and_the_whole_row_takes_it() -> None:
    (rows,) = _draw().data
    assert [list(code) for code in rows.customdata] == [["34032"], ["82121"]]
    assert list(rows.x) == [1.0, 1.0]
    assert rows.width == 1.0
    assert rows.unselected.marker.opacity == 0
    assert rows.hovertext[1] == "<b>&lt;i&gt;Montauban&lt;/i&gt;</b><br>570 entreprises"


def test_it_is_as_high_as_its_rows() -> None:
    assert _draw().layout.height == 2 * ROW_PX
    assert _draw(ROWS.assign(detail=None)).layout.height == 2 * PLAIN_ROW_PX


def test_the_selected_row_has_a_ground() -> None:
    grounds = [s for s in _draw(selected="82121").layout.shapes if s.type == "rect" and s.y1 - s.y0 == 1]
    assert [(s.y0, s.y1) for s in grounds] == [(0.0, 1.0)]


@pytest.mark.parametrize("rows", [ROWS.assign(value=0.0), ROWS.head(0)])
def test_nothing_is_drawn_where_nothing_is(rows: pd.DataFrame) -> None:
    assert _bars(_draw(rows), LIGHT.gap) == []


def test_a_long_name_is_cut_before_the_figure_and_whole_in_the_hover() -> None:
    long = "Castelnau-Montratier-Sainte-Alauzie-et-Saint-Paul"
    figure = _draw(ROWS.assign(name=[long, "$x$"]))
    texts = [a.text for a in figure.layout.annotations]
    assert texts[0] == "<b>Castelnau-Montratier-Sainte…</b>"
    assert "<b>&#36;x&#36;</b>" in texts
    assert long in figure.data[0].hovertext[0]


def test_a_hairline_goes_over_each_row_its_rank_included() -> None:
    rules = [shape for shape in _draw().layout.shapes if shape.type == "line"]
    assert [(rule.y0, rule.y1) for rule in rules] == [(2.0, 2.0), (1.0, 1.0)]
    assert {rule.x0 for rule in rules} == {-RANK_PX}


@pytest.mark.parametrize("role", ["gap", "ours", "ink"])
def test_colors_are_those_of_the_palette(role: str) -> None:
    assert colors_used(_draw(role=role, selected="34032")) <= colors_of()
