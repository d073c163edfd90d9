"""The ranking: a row an area, in columns or over its bar."""

from __future__ import annotations

import pytest

from analytics.figures.palette import LIGHT
from analytics.figures.ranking import ranking, ranking_height, reach
from tests.analytics.figures.area_tables import EMPTY, TOWNS, colors_of, colors_used, texts


def test_bars_and_dots_are_in_the_order_given() -> None:
    figure = ranking(TOWNS.head(3), selected=None, palette=LIGHT, language="fr")
    bars, dots = figure.data
    assert list(bars.x) == [0.2, 0.7, None, 0.9, 1.18, None, 1.2, 3.2, None]
    assert list(bars.y) == [0, 0, None, 1, 1, None, 2, 2, None]
    assert list(dots.x) == [0.4, 1.03, 2.1]
    assert list(dots.marker.color) == [LIGHT.gap, LIGHT.neutral, LIGHT.ours]
    assert [list(code) for code in dots.customdata] == [["A"], ["B"], ["C"]]
    assert dots.unselected.marker.opacity == 1.0
    assert list(figure.layout.yaxis.range) == [2.5, -0.5]


def test_columns_say_firms_members_expected_and_missing() -> None:
    figure = ranking(TOWNS.head(2), selected=None, palette=LIGHT, language="fr")
    rows = {y: [a.text for a in figure.layout.annotations if a.y == y and a.yref != "paper"] for y in (0, 1)}
    assert rows[0] == ["<b>Nîmes &lt;b&gt;Métropole&lt;/b&gt;</b>", "1\u202f000", "3", "12,0", "<b>7,2</b>"]
    assert rows[1] == ["Toulouse &#36;a&#36;", "9\u202f000", "160", "155,0", "<b>−4,7</b>"]
    assert {"Entrepr.", "Adhér.", "Attendus", "Manque", "<b>Comme attendu</b>"} <= set(texts(figure))


def test_on_a_phone_names_and_numbers_stand_over_the_bar() -> None:
    figure = ranking(TOWNS.head(1), selected=None, palette=LIGHT, language="fr", narrow=True)
    assert figure.layout.margin.l < 10
    assert figure.data[1].y[0] > 0
    assert {"3 pour 12,0", "<b>7,2</b>"} <= set(texts(figure))
    assert all(a.y < 0 for a in figure.layout.annotations if a.yref != "paper")


def test_the_line_at_one_and_the_ground_of_the_selected_row() -> None:
    figure = ranking(TOWNS.head(3), selected="B", palette=LIGHT, language="fr")
    ground = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (ground.y0, ground.y1, ground.fillcolor) == (0.5, 1.5, LIGHT.land)
    assert figure.layout.shapes[-1].x0 == figure.layout.shapes[-1].x1 == 1
    assert "<b>Toulouse &#36;a&#36;</b>" in texts(figure)


@pytest.mark.parametrize("narrow", [False, True])
def test_it_is_as_high_as_its_rows(narrow: bool) -> None:
    figure = ranking(TOWNS, selected=None, palette=LIGHT, language="fr", narrow=narrow)
    assert figure.layout.height == ranking_height(5, narrow=narrow)
    assert ranking_height(5) == 52 + 5 * 30 + 6


def test_the_axis_reaches_every_ratio_but_not_every_interval() -> None:
    assert reach(TOWNS.head(1)) == 1.5
    assert reach(TOWNS.assign(ratio_high=90.0)) == pytest.approx(4.0)
    assert reach(TOWNS.assign(ratio_shrunk=6.0)) >= 6.0


@pytest.mark.parametrize("narrow", [False, True])
def test_without_a_row_the_head_is_drawn(narrow: bool) -> None:
    figure = ranking(EMPTY, selected=None, palette=LIGHT, language="en", narrow=narrow)
    assert len(figure.data[1].x) == 0
    assert "<b>As expected</b>" in texts(figure)
    assert colors_used(ranking(TOWNS, selected="A", palette=LIGHT, language="en", narrow=narrow)) <= colors_of()
