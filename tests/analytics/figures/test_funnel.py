"""The funnel: who is drawn where, in which colour, under which name."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analytics.figures.funnel import CAP, funnel
from analytics.figures.palette import LIGHT
from tests.analytics.figures.area_tables import EMPTY, TOWNS, colors_of, colors_used, texts

LIMITS = pd.DataFrame(
    {
        "expected_members": [0.1, 1.0, 100.0],
        "low_95": [0.0, 0.0, 0.8],
        "high_95": [9.0, 3.0, 1.2],
        "low_998": [0.0, 0.0, 0.7],
        "high_998": [20.0, 5.0, 1.3],
    }
)


def test_points_stand_at_their_expectation_and_ratio_small_ones_first() -> None:
    figure = funnel(TOWNS, LIMITS, selected=None, palette=LIGHT, language="fr")
    quiet, colored = (trace for trace in figure.data if trace.customdata is not None)
    assert list(quiet.x) == [0.2, 155.0]
    assert list(colored.x) == [4.0, 12.0]
    assert list(colored.y) == [3.0, 0.25]
    assert list(colored.marker.color) == [LIGHT.ours, LIGHT.gap]
    assert list(quiet.marker.color) == [LIGHT.neutral, LIGHT.neutral]
    assert min(colored.marker.size) > max(quiet.marker.size)
    assert figure.layout.xaxis.type == "log"


def test_a_point_tells_its_area_and_a_selection_fades_none() -> None:
    figure = funnel(TOWNS, LIMITS, selected="A", palette=LIGHT, language="fr")
    quiet, colored = (trace for trace in figure.data if trace.customdata is not None)
    assert [list(code) for code in colored.customdata] == [["C"], ["A"]]
    for trace in figure.data:
        if trace.mode == "markers":
            assert trace.selected.marker.opacity == trace.unselected.marker.opacity == 1.0
    assert quiet.marker.opacity == 1.0


def test_a_ratio_above_the_axis_is_a_triangle_at_its_end_and_keeps_its_value() -> None:
    figure = funnel(TOWNS, LIMITS, selected=None, palette=LIGHT, language="fr")
    quiet = next(trace for trace in figure.data if trace.customdata is not None)
    assert quiet.y[0] == CAP == figure.layout.yaxis.range[1]
    assert list(quiet.marker.symbol) == ["triangle-up", "circle"]
    assert figure.layout.yaxis.ticktext[-1].strip() == "3+"
    castres = TOWNS.assign(ratio=[0.25, 1.03, 7.25, 5.0, np.nan])
    colored = funnel(castres, LIMITS, selected=None, palette=LIGHT, language="fr").data[-1]
    assert "7,25 pour 1 attendu" in colored.hovertext[0]


def test_hamlets_without_a_member_and_areas_without_expectation_are_left_out() -> None:
    hamlets = TOWNS.assign(expected_members=[12.0, 155.0, 0.4, 0.05, 0.0], members=[3, 160, 0, 1, 0])
    figure = funnel(hamlets, LIMITS, selected=None, palette=LIGHT, language="fr")
    drawn = [code for trace in figure.data if trace.customdata is not None for (code,) in trace.customdata]
    assert sorted(drawn) == ["A", "B", "D"]
    # Fewer expected than a tenth stand at the axis' left end.
    assert min(x for trace in figure.data if trace.customdata is not None for x in trace.x) == 0.1


def test_the_selected_area_has_a_ring_and_the_first_name() -> None:
    figure = funnel(TOWNS, LIMITS, selected="B", palette=LIGHT, language="fr")
    ring = figure.data[-1]
    assert (ring.name, list(ring.x), list(ring.y)) == ("ring", [155.0], [1.032])
    assert "<b>Toulouse &#36;a&#36;</b>" in texts(figure)
    assert funnel(TOWNS, LIMITS, selected="unknown", palette=LIGHT, language="fr").data[-1].name != "ring"


def test_names_from_files_are_text_and_stand_at_logarithms() -> None:
    figure = funnel(TOWNS, LIMITS, selected=None, palette=LIGHT, language="fr")
    name = next(a for a in figure.layout.annotations if a.text.startswith("<b>Nîmes"))
    assert name.text == "<b>Nîmes &lt;b&gt;Métropol…</b>"
    assert name.x == pytest.approx(math.log10(12))
    assert figure.data[-1].hovertext[1].startswith("<b>CA de Nîmes &lt;b&gt;Métropole&lt;/b&gt;</b><br>3 adhérents sur")


def test_bands_and_line_are_named_in_the_figure() -> None:
    figure = funnel(TOWNS, LIMITS, selected=None, palette=LIGHT, language="fr")
    assert [trace.name for trace in figure.data[:2]] == ["band_998", "band_95"]
    assert list(figure.data[1].x) == [0.1, 1.0, 100.0, 100.0, 1.0, 0.1]
    assert list(figure.data[1].y) == [0.0, 0.0, 0.8, 1.2, 3.0, 6.0]
    assert {"<b>Comme attendu</b>", "zone du hasard", "Adhérents pour 1 attendu, observés"} <= set(texts(figure))
    assert figure.data[3].line.color == LIGHT.ink
    assert list(figure.data[3].y) == [1.0, 1.0, None]


def test_no_colour_but_those_of_the_palette() -> None:
    assert colors_used(funnel(TOWNS, LIMITS, selected="A", palette=LIGHT, language="en")) <= colors_of()


def test_without_an_area_the_frame_is_drawn() -> None:
    figure = funnel(EMPTY, LIMITS.head(0), selected=None, palette=LIGHT, language="fr")
    assert all(len(trace.x) == 0 for trace in figure.data if trace.mode == "markers")
    assert "<b>Comme attendu</b>" in texts(figure)
