"""Figures of rates: what is drawn where, in which colour, from numbers worked by hand."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.figures.palette import LIGHT
from analytics.figures.rates import _reach, counts, intervals, rows_height, step

TABLE = pd.DataFrame(
    {
        "area_name": ["Lot", "Gers <b>", "Lozère"],
        "firms": [200, 50, 0],
        "members": [10, 0, 0],
        "firm_penetration_pct": [5.0, 0.0, float("nan")],
        "firm_penetration_low_pct": [2.42, 0.0, float("nan")],
        "firm_penetration_high_pct": [9.0, 7.1, float("nan")],
        "verdict": ["over", "inconclusive", "empty"],
    }
)


def test_bars_are_members_in_the_order_given() -> None:
    figure = counts(TABLE, palette=LIGHT, language="fr")
    bars = figure.data[0]
    assert list(bars.x) == [10, 0, 0]
    assert list(bars.text) == ["10", "0", "0"]
    assert bars.marker.color == LIGHT.ours
    assert figure.layout.height == rows_height(3) == 52 + 3 * 25 + 6


def test_names_from_files_are_not_markup() -> None:
    figure = counts(TABLE, palette=LIGHT, language="fr")
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert "Gers &lt;b&gt;" in texts
    assert figure.data[0].hovertext[1].startswith("<b>Gers &lt;b&gt;</b><br>")


def test_an_area_without_a_firm_keeps_its_row_and_has_no_dot() -> None:
    figure = intervals(TABLE, rate_pct=4.0, palette=LIGHT, language="fr")
    bars, dots = figure.data
    assert list(bars.x) == [2.42, 9.0, None, 0.0, 7.1, None]
    assert list(bars.y) == [0, 0, None, 1, 1, None]
    assert list(dots.x) == [5.0, 0.0]
    assert list(dots.marker.color) == [LIGHT.ours, LIGHT.neutral]
    assert list(figure.layout.yaxis.ticktext) == ["Lot  ", "Gers &lt;b&gt;  ", "Lozère  "]


def test_the_common_rate_is_a_line_with_its_value() -> None:
    figure = intervals(TABLE, rate_pct=4.0, palette=LIGHT, language="en")
    assert figure.layout.shapes[0].x0 == 4.0
    assert figure.layout.annotations[0].text == "<b>Overall 4.0%</b>"


def test_the_unit_stands_on_the_last_tick_alone() -> None:
    figure = intervals(TABLE, rate_pct=4.0, palette=LIGHT, language="fr")
    labels = list(figure.layout.xaxis.ticktext)
    assert labels[0] == "0"
    assert labels[-1].endswith("\u202f%")
    assert not any("%" in label for label in labels[:-1])


def test_no_colour_but_those_of_the_palette() -> None:
    spec = json.dumps(intervals(TABLE, rate_pct=4.0, palette=LIGHT, language="fr").to_plotly_json(), default=str)
    found = {word for word in spec.replace('"', " ").split() if word.startswith("#")}
    assert found <= {color for color in vars(LIGHT).values() if isinstance(color, str)}


def test_a_table_without_a_firm_draws_an_empty_frame() -> None:
    figure = intervals(TABLE.tail(1), rate_pct=0.0, palette=LIGHT, language="fr")
    assert list(figure.data[1].x) == []


@given(st.floats(min_value=0.05, max_value=103))
def test_ticks_are_round_and_few(top: float) -> None:
    gap = step(top)
    assert 1 <= top / gap <= 12
    assert float(f"{gap:.0e}") == pytest.approx(gap)


@given(rate=st.floats(min_value=0, max_value=100), high=st.floats(min_value=0, max_value=100))
def test_every_rate_and_the_common_one_are_within_the_axis(rate: float, high: float) -> None:
    drawn = pd.DataFrame({"firm_penetration_pct": [high / 2], "firm_penetration_high_pct": [high]})
    assert _reach(drawn, rate_pct=rate) >= max(rate, high / 2)


def test_without_a_member_the_bars_are_firms() -> None:
    (bar,) = counts(TABLE.assign(members=0), palette=LIGHT, language="fr").data
    assert list(bar.x) == TABLE["firms"].tolist()
    assert bar.marker.color == LIGHT.sector
