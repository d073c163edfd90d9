"""The four kinds of town: scales, corners, colours and names."""

from __future__ import annotations

import math

import pytest

from analytics.figures.palette import LIGHT
from analytics.figures.quadrant import quadrant
from tests.analytics.figures.area_tables import EMPTY, TOWNS, colors_of, colors_used, texts


def _draw(**options: object) -> object:
    return quadrant(
        **{"towns": TOWNS, "near_km": 25.0, "selected": None, "palette": LIGHT, "language": "fr", **options}
    )


def test_only_areas_of_which_something_can_be_said_are_drawn_largest_first() -> None:
    discs = _draw().data[0]
    assert [list(code) for code in discs.customdata] == [["B"], ["A"], ["C"]]
    assert list(discs.x) == [3.0, 2.0, 8.0]
    assert list(discs.y) == [1.03, 0.4, 2.1]
    assert list(discs.marker.color) == [LIGHT.neutral, LIGHT.gap, LIGHT.ours]


def test_surfaces_are_in_proportion_to_the_expected_members() -> None:
    large, middle, _ = _draw().data[0].marker.size
    assert large == 44.0
    assert middle == pytest.approx(44 * math.sqrt(12 / 155), abs=0.1)


def test_the_lines_part_near_from_far_and_under_from_over() -> None:
    ground, near, even = _draw().layout.shapes
    assert near.x0 == near.x1 == 5.0
    assert even.y0 == even.y1 == 1
    assert (ground.x0, ground.x1, ground.y0, ground.y1, ground.fillcolor) == (0, 5.0, 0, 0.5, LIGHT.land)


def test_ratios_are_on_a_scale_where_one_is_the_middle() -> None:
    axis = _draw().layout.yaxis
    assert axis.type == "log"
    assert axis.range[0] == -axis.range[1]
    assert 10 ** axis.range[1] > 2.5


def test_the_corners_say_what_to_do() -> None:
    found = {a.text.split("</b>")[0][3:]: (a.x, a.y) for a in _draw().layout.annotations if "<br>" in a.text}
    assert found == {"Recruter": (0, 0), "Ouvrir": (1, 0), "Apprendre de": (0, 1), "Laisser": (1, 1)}
    english = texts(_draw(language="en"))
    assert "<b>Open</b><br>few members,<br>office far" in english


def test_the_selected_area_is_ringed_named_and_fades_none() -> None:
    figure = _draw(selected="B")
    discs, ring = figure.data
    assert (list(ring.x), list(ring.y)) == ([3.0], [1.03])
    assert discs.selected.marker.opacity == discs.unselected.marker.opacity == discs.marker.opacity
    assert "<b>Toulouse &#36;a&#36;</b>" in texts(figure)


def test_extreme_ratios_stay_on_the_axis() -> None:
    figure = _draw(towns=TOWNS.assign(ratio_shrunk=[0.0, 1.0, 50.0, 1.0, 1.0]))
    assert list(figure.data[0].y) == [1.0, 0.125, 8.0]


def test_no_colour_but_those_of_the_palette() -> None:
    assert colors_used(_draw(selected="A")) <= colors_of()


def test_without_an_area_the_corners_are_drawn() -> None:
    figure = _draw(towns=EMPTY)
    assert len(figure.data[0].x) == 0
    assert len(texts(figure)) == 6
