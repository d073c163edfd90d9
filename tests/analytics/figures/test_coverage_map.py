"""The map of who is within reach: discs on one scale, lines, rings, ranks, and where the reader looked."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics.figures.coverage_map import LARGEST_PX, coverage_map
from analytics.figures.palette import LIGHT
from analytics.figures.territory import Frame
from tests.analytics.figures.area_tables import colors_of, colors_used

FRAME = Frame(url="/assets/geo/land.12345678.svg", west=400.0, south=6100.0, east=800.0, north=6400.0)
PLACES = pd.DataFrame(
    {
        "commune_code": ["31555", "34032", "48001", "66001"],
        "commune_name": ["Grande", "<b>Petite</b> $a$", "Nulle part", "Bord"],
        "x_m": [500_000.0, 600_040.0, np.nan, 700_000.0],
        "y_m": [6_200_000.0, 6_300_000.0, np.nan, 6_150_000.0],
        "firms": [4_000, 1_000, 5, 1],
        "unreached": [1_000, 0, 5, 1],
        "nearest_antenna": ["Ville", "Ville", None, "Ville"],
        "cost": [12.34, 28.0, np.nan, 81.0],
    }
)
ANTENNAS = pd.DataFrame(
    {
        "name": ["Ville", "Loin"],
        "commune_code": ["99001", "99002"],
        "x_m": [500_500.0, 780_000.0],
        "y_m": [6_200_500.0, 6_120_000.0],
    }
)
LINES = pd.DataFrame(
    {
        "name": ["Ville", "Loin", "Neuve"],
        "x_km": [[490.0, 510.0, 490.0], [770.0, 790.0, None, 780.0, 785.0], [590.0, 610.0]],
        "y_km": [[6190.0, 6210.0, 6190.0], [6110.0, 6130.0, None, 6115.0, 6116.0], [6290.0, 6310.0]],
        "is_suggested": [False, False, True],
    }
)
NEXT = pd.DataFrame({"rank": [1], "commune_name": ["Neuve"], "x_m": [600_000.0], "y_m": [6_300_000.0]})


def _draw(
    places: pd.DataFrame = PLACES,
    lines: pd.DataFrame = LINES,
    antennas: pd.DataFrame = ANTENNAS,
    suggested: pd.DataFrame = NEXT,
    *,
    selected: str | None = "Ville",
    unit: str = "min",
    language: str = "fr",
    closer: bool = False,
) -> go.Figure:
    return coverage_map(
        places,
        lines,
        antennas,
        suggested,
        unit=unit,
        frame=FRAME,
        selected=selected,
        palette=LIGHT,
        language=language,
        closer=closer,
    )


def _traces(figure: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in figure.data}


def test_both_discs_are_on_one_scale() -> None:
    traces = _traces(_draw())
    firms, far = traces["firms"], traces["unreached"]
    np.testing.assert_allclose(firms.marker.size, [2 * LARGEST_PX, LARGEST_PX, 2.5])
    np.testing.assert_allclose(far.marker.size, [LARGEST_PX, 2.5])
    assert (firms.marker.color, far.marker.color) == (LIGHT.sector, LIGHT.gap)
    np.testing.assert_allclose(far.x, [500, 700])
    assert far.hoverinfo == "skip"


def test_few_firms_do_not_look_like_many() -> None:
    few = PLACES.assign(firms=[10, 1, 1, 1], unreached=0)
    assert max(_traces(_draw(few))["firms"].marker.size) < 6


@pytest.mark.parametrize(
    ("unit", "language", "expected"),
    [
        (
            "min",
            "fr",
            [
                "4\u202f000 entreprises, dont 1\u202f000 hors de portée<br>12 min de Ville",
                "1\u202f000 entreprises à portée<br>28 min de Ville",
                "1 entreprise hors de portée<br>81 min de Ville",
            ],
        ),
        (
            "km",
            "en",
            [
                "4,000 firms, 1,000 of them out of reach<br>12 km from Ville",
                "1,000 firms within reach<br>28 km from Ville",
                "1 firm out of reach<br>81 km from Ville",
            ],
        ),
    ],
)
def test_the_hover_says_how_many_and_how_far(unit: str, language: str, expected: list[str]) -> None:
    firms = _traces(_draw(unit=unit, language=language))["firms"]
    assert list(firms.text) == ["Grande", "&lt;b&gt;Petite&lt;/b&gt; &#36;a&#36;", "Bord"]
    assert list(firms.hovertext) == expected
    assert firms.hovertemplate == "<b>%{text}</b><br>%{hovertext}<extra></extra>"


def test_a_commune_that_no_way_leads_to_says_its_firms_alone() -> None:
    nearest = pd.Series(["Ville", None, None, "Loin"], dtype="str")
    part = PLACES.assign(nearest_antenna=nearest, cost=[12.0, np.nan, np.nan, np.nan])
    hovers = _traces(_draw(part))["firms"].hovertext
    assert list(hovers)[1:] == ["1\u202f000 entreprises à portée", "1 entreprise hors de portée"]
    assert _traces(_draw(PLACES.assign(nearest_antenna="Alès")))["firms"].hovertext[0].endswith("<br>12 min d’Alès")
    named = _traces(_draw(PLACES.assign(nearest_antenna="<b>$")))["firms"].hovertext
    assert named[0].endswith("12 min de &lt;b&gt;&#36;")


def test_only_antennas_can_be_clicked() -> None:
    # A page takes what a point bears for the name of an antenna.
    assert {t.name for t in _draw().data if t.customdata is not None and len(t.customdata)} == {"antennas", "handles"}


@pytest.mark.parametrize("selected", ["Ville", None])
def test_the_pointer_finds_a_ring_before_the_small_disc_of_a_commune_next_door(selected: str | None) -> None:
    figure = _draw(selected=selected)
    rings, handles = _traces(figure)["antennas"], figure.data[-1]
    # The last of the marks of 3 pixels or less around the pointer takes it.
    assert (handles.name, handles.mode, handles.marker.size) == ("handles", "markers", 6)
    opacities = (handles.marker, handles.selected.marker, handles.unselected.marker)
    assert [marker.opacity for marker in opacities] == [0, 0, 0]
    assert [list(place) for place in (handles.x, handles.y)] == [list(rings.x), list(rings.y)]
    assert [list(code) for code in handles.customdata] == [["Ville"], ["Loin"]]
    assert (handles.hoverinfo, handles.hovertext) == (rings.hoverinfo, rings.hovertext)


def test_the_disc_of_an_antenna_s_commune_takes_the_click_for_it() -> None:
    traces = _traces(_draw(antennas=ANTENNAS.assign(commune_code=["31555", "99002"])))
    assert [list(code) for code in traces["homes"].customdata] == [["Ville"]]
    assert list(traces["homes"].text) == ["Grande"]
    assert "Grande" not in list(traces["firms"].text)
    np.testing.assert_allclose(traces["homes"].marker.size, [2 * LARGEST_PX])


def test_reach_is_dotted_the_selected_one_whole_the_next_ones_ours() -> None:
    traces = _traces(_draw())
    assert list(traces["reach"].x) == [770.0, 790.0, None, 780.0, 785.0]
    assert list(traces["selected"].x) == [490.0, 510.0, 490.0]
    assert list(traces["next"].x) == [590.0, 610.0]
    looks = {name: (traces[name].line.dash, traces[name].line.color) for name in ("reach", "selected", "next")}
    assert looks == {"reach": ("dot", LIGHT.ink), "selected": ("solid", LIGHT.ink), "next": ("dash", LIGHT.ours)}
    unselected = _traces(_draw(selected=None))
    assert "selected" not in unselected
    assert list(unselected["reach"].x)[:4] == [490.0, 510.0, 490.0, None]


def test_rings_can_be_clicked_and_ranks_stand_on_their_discs() -> None:
    figure = _draw()
    rings, discs = _traces(figure)["antennas"], _traces(figure)["suggested"]
    assert [list(code) for code in rings.customdata] == [["Ville"], ["Loin"]]
    assert list(rings.marker.size) == [12, 8]
    assert (list(discs.x), list(discs.y)) == ([600.0], [6300.0])
    texts = [a.text for a in figure.layout.annotations]
    assert texts[0] == "<b>1</b>"
    assert {"<b>Ville</b>", "<b>Loin</b>", "<b>Neuve</b>"} <= set(texts)
    assert rings.unselected.marker.opacity == 1.0


def test_a_name_that_would_cover_a_disc_is_left_out_and_the_rank_stays() -> None:
    crowd = pd.DataFrame(
        {
            "name": [f"Antenne {n}" for n in range(9)],
            "commune_code": [f"9900{n}" for n in range(9)],
            "x_m": [600_000.0 + 12_000 * (n % 3 - 1) for n in range(9)],
            "y_m": [6_300_000.0 + 12_000 * (n // 3 - 1) for n in range(9)],
        }
    )
    texts = [a.text for a in _draw(antennas=crowd).layout.annotations]
    assert "<b>1</b>" in texts
    assert "<b>Neuve</b>" not in texts


def test_where_the_map_looks_is_in_the_figure() -> None:
    for figure in (_draw(), _draw(PLACES.head(1), LINES.head(0), ANTENNAS.head(1), NEXT.head(0), selected=None)):
        layout = figure.layout
        assert layout.xaxis.fixedrange
        assert layout.dragmode is False
        assert list(layout.xaxis.range) == [392.0, 832.0]
        assert list(layout.yaxis.range) == [6100.0, 6400.0]


def test_closer_is_around_the_selected_antenna_with_its_communes_named() -> None:
    figure = _draw(closer=True)
    assert list(figure.layout.xaxis.range) == [436.5, 564.5]
    assert list(figure.layout.yaxis.range) == [6159.5, 6241.5]
    # The commune of the antenna has its name; the other antenna and the next one are elsewhere.
    assert [a.text for a in figure.layout.annotations] == ["<b>Ville</b>"]
    aside = PLACES.assign(x_m=[525_000.0, 530_000.0, 1.0, 2.0], y_m=[6_200_000.0, 6_230_000.0, 1.0, 2.0])
    texts = [a.text for a in _draw(aside, closer=True).layout.annotations]
    assert texts == ["<b>Ville</b>", "Grande", "&lt;b&gt;Petite&lt;/b&gt; &#36;a&#36;"]
    assert list(_draw(closer=True, selected=None).layout.xaxis.range) == [392.0, 832.0]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_to_draw_is_drawn(language: str) -> None:
    figure = _draw(PLACES.head(0), LINES.head(0), ANTENNAS.head(0), NEXT.head(0), selected=None, language=language)
    assert len(figure.layout.images) == 1
    alone = _draw(PLACES.assign(nearest_antenna=None, cost=np.nan), LINES.head(0), ANTENNAS.head(0), NEXT.head(0))
    assert all("<br>" not in text for text in _traces(alone)["firms"].hovertext)


def test_what_has_no_place_is_not_drawn() -> None:
    nowhere = {"x_m": np.nan, "y_m": np.nan}
    figure = _draw(antennas=ANTENNAS.assign(**nowhere), suggested=NEXT.assign(**nowhere))
    assert not figure.layout.annotations
    assert [len(_traces(figure)[name].x) for name in ("antennas", "suggested")] == [0, 0]


def test_colors_are_those_of_the_palette() -> None:
    assert colors_used(_draw()) <= colors_of()


def test_thousands_of_communes_stay_cheap() -> None:
    rows = 2_500
    steps = np.arange(rows)
    many = pd.DataFrame(
        {
            "commune_code": [f"{n:05}" for n in range(rows)],
            "commune_name": [f"Saint-Exemple-{n}" for n in range(rows)],
            "x_m": 410_000.0 + 137.0 * steps,
            "y_m": 6_110_000.0 + 113.0 * (steps * 7 % rows),
            "firms": 1 + steps % 40,
            "unreached": np.where(steps % 3, 1 + steps % 40, 0),
            "nearest_antenna": "Montpellier",
            "cost": 5.0 + steps % 80,
        }
    )
    spec = _draw(many).to_json().encode()
    assert len(spec) < 360_000
    assert len(gzip.compress(spec)) < 70_000
