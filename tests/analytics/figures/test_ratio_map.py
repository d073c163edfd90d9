"""The map of ratios: classes, outlines without inner borders, discs where there is no contour."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.figures.areas import class_colors, class_of
from analytics.figures.palette import LIGHT
from analytics.figures.ratio_map import outline, ratio_map
from analytics.figures.territory import Frame
from tests.analytics.figures.area_tables import EMPTY, NAN, TOWNS, colors_of, colors_used, texts

FRAME = Frame(url="/assets/geo/land.svg", west=400.0, south=6100.0, east=850.0, north=6400.0)
ANTENNAS = pd.DataFrame(
    {"name": ["Nîmes", "Toulouse"], "x_m": [809_000.0, 574_100.0], "y_m": [6_302_000.0, 6_279_000.0]}
)


def _square(x: float, y: float) -> tuple[list[float], list[float]]:
    return [x, x + 10, x + 10, x, x], [y, y, y + 10, y + 10, y]


SQUARES = [_square(10 * i, 0) for i in range(5)]
CONTOURS = pd.DataFrame({"area_code": list("ABCDE"), "x_km": [x for x, _ in SQUARES], "y_km": [y for _, y in SQUARES]})
NO_CONTOURS = CONTOURS.head(0)


@pytest.mark.parametrize(
    ("ratio", "verdict", "expected"),
    [
        (0.5, "under", 0),
        (0.51, "under", 1),
        (0.9, "inconclusive", 2),
        (1.1, "inconclusive", 3),
        (1.4, "over", 4),
        (2.0, "over", 5),
        (2.01, "over", 6),
        # What chance may explain is pale, however far from one.
        (0.2, "inconclusive", 2),
        (3.0, "inconclusive", 4),
        (0.1, "too_small", 3),
        (NAN, "inconclusive", 3),
    ],
)
def test_classes_end_at_the_limits_of_the_key(ratio: float, verdict: str, expected: int) -> None:
    assert class_of(ratio, verdict) == expected


def test_the_seven_colours_are_the_slots_of_the_theme() -> None:
    d = LIGHT.diverging
    assert class_colors(LIGHT) == (d[1], d[2], d[4], LIGHT.land, d[5], d[7], d[8])


def _map(
    contours: pd.DataFrame, level: str = "epci", selected: str | None = None, towns: pd.DataFrame = TOWNS
) -> object:
    return ratio_map(
        towns, contours, ANTENNAS, level=level, frame=FRAME, selected=selected, palette=LIGHT, language="fr"
    )


def test_each_area_is_one_fill_with_its_hover() -> None:
    figure = _map(CONTOURS)
    fills = [trace for trace in figure.data if trace.fill == "toself"]
    assert [trace.fillcolor for trace in fills] == [class_colors(LIGHT)[k] for k in (0, 3, 6, 3, 3)]
    assert {trace.hoveron for trace in fills} == {"fills"}
    assert fills[0].text.startswith("<b>CA de Nîmes &lt;b&gt;Métropole&lt;/b&gt;</b><br>")
    assert "entre 0,20 et 0,70" in fills[0].text
    assert fills[3].text.endswith("trop peu d’adhérents attendus pour conclure")
    assert figure.layout.images[0].source == FRAME.url, "what is not selected is land"


def test_a_cluster_and_the_selected_area_are_outlined() -> None:
    figure = _map(CONTOURS, selected="C")
    lines = {trace.name: trace for trace in figure.data if trace.name in ("low_low", "selected")}
    assert lines["low_low"].line.color == LIGHT.diverging[0]
    assert lines["selected"].line.color == LIGHT.ink
    assert list(lines["selected"].x) == [20, 30, 30, 20, 20]


def test_what_two_areas_share_is_no_part_of_their_outline() -> None:
    x, y = outline([SQUARES[0], SQUARES[1]])
    points = set(zip(x, y, strict=True)) - {(None, None)}
    assert points == {(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)}
    steps = [set(pair) for pair in zip(zip(x, y, strict=True), list(zip(x, y, strict=True))[1:], strict=False)]
    assert {(10, 0), (10, 10)} not in steps
    assert sum((None, None) not in step for step in steps) == 6


def test_rings_parted_by_a_gap_stay_apart() -> None:
    x, y = outline([([0, 1, 1, 0, None, 5, 6, 6, 5], [0, 0, 1, 0, None, 5, 5, 6, 5])])
    assert x == [0, 1, 1, 0, None, 5, 6, 6, 5]
    assert y == [0, 0, 1, 0, None, 5, 5, 6, 5]


def test_gaps_of_contours_may_be_nan() -> None:
    contours = CONTOURS.assign(
        x_km=[[*x, NAN, 70, 80, 70] for x, _ in SQUARES], y_km=[[*y, NAN, 7, 8, 7] for _, y in SQUARES]
    )
    assert _map(contours).data[0].x[5] is None


def test_without_contours_areas_are_discs_that_tell_their_code() -> None:
    figure = _map(NO_CONTOURS, level="commune", selected="A")
    specks, discs = figure.data[:2]
    assert len(specks.x) == 0
    assert [list(code) for code in discs.customdata] == [["B"], ["A"], ["C"], ["D"]]
    assert discs.marker.size[0] == 60.0
    assert discs.marker.size[1] == 20.0  # a ninth of the firms, a third of the diameter
    assert discs.marker.color[1:3] == (LIGHT.diverging[1], LIGHT.diverging[8])
    assert discs.unselected.marker.opacity == 1.0
    assert figure.layout.images[0].source == FRAME.url
    assert next(trace for trace in figure.data if trace.name == "selected").marker.line.color == LIGHT.ink


def test_antennas_are_rings_with_names_but_where_they_are_the_areas() -> None:
    assert set(texts(_map(NO_CONTOURS, level="commune"))) >= {"<b>Nîmes</b>", "<b>Toulouse</b>", "0,5", "2"}
    rings = [trace for trace in _map(CONTOURS).data if trace.mode == "markers" and trace.name != "handles"]
    assert [list(trace.x) for trace in rings] == [[809.0, 574.1]]
    named = TOWNS.assign(area_name=["Nîmes", "Toulouse", "c", "d", "e"])
    figure = _map(NO_CONTOURS, level="antenna", towns=named)
    assert not any(trace.hovertext and "antenne du cluster" in trace.hovertext[0] for trace in figure.data)


def test_areas_with_contours_are_chosen_by_an_invisible_disc() -> None:
    (handles,) = [trace for trace in _map(CONTOURS).data if trace.name == "handles"]
    assert handles.marker.opacity == 0
    firms = TOWNS.query("firms > 0").dropna(subset=["x_m"])
    assert [list(code) for code in handles.customdata] == [[code] for code in firms["area_code"]]


def test_a_disc_within_that_of_a_city_takes_no_click() -> None:
    # Two kilometres from a city whose disc is 20 km wide on the narrowest screen; the third stands apart.
    towns = TOWNS.head(3).assign(
        firms=[2_000, 30, 40], x_m=[574_000.0, 576_000.0, 700_000.0], y_m=6_279_000.0, verdict="inconclusive", members=9
    )
    figure = _map(NO_CONTOURS, level="commune", towns=towns)
    clicked = [tuple(code) for trace in figure.data if trace.customdata is not None for code in trace.customdata]
    assert clicked == [(towns["area_code"].iloc[0],), (towns["area_code"].iloc[2],)]
    drawn = [x for trace in figure.data if trace.mode == "markers" for x in trace.x]
    assert 576.0 in drawn


def test_the_key_has_seven_tones_and_six_limits() -> None:
    figure = _map(CONTOURS)
    assert [shape.fillcolor for shape in figure.layout.shapes] == list(class_colors(LIGHT))
    assert [text for text in texts(figure) if text[0].isdigit()] == ["0,5", "0,7", "0,9", "1,1", "1,4", "2"]
    assert colors_used(figure) <= colors_of()


@pytest.mark.parametrize("contours", [CONTOURS, NO_CONTOURS])
def test_without_an_area_the_antennas_are_drawn(contours: pd.DataFrame) -> None:
    figure = _map(contours, towns=EMPTY)
    assert "<b>Toulouse</b>" in texts(figure)
