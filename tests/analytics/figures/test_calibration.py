"""Calibration: predicted beside observed shares, the same scale on both axes."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.figures.calibration import _ticks, calibration
from analytics.figures.palette import LIGHT
from tests.analytics.figures.area_tables import NAN, colors_of, colors_used, texts

BINS = pd.DataFrame(
    {"predicted_pct": [0.25, 4.0, 25.0, NAN], "observed_pct": [0.0, 9.0, 16.0, NAN], "firms": [400, 100, 100, 0]}
).assign(members=[0, 9, 16, 0])


def test_points_stand_at_square_roots_on_the_same_axes() -> None:
    figure = calibration(BINS, palette=LIGHT, language="fr")
    diagonal, points = figure.data
    assert list(points.x) == [0.5, 2.0, 5.0]
    assert list(points.y) == [0.0, 3.0, 4.0]
    assert list(points.marker.size) == [7.0, 18.0, 24.0]
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert list(diagonal.x) == list(diagonal.y)
    assert figure.layout.height == 260


def test_the_unit_stands_on_the_last_tick_alone() -> None:
    labels = calibration(BINS, palette=LIGHT, language="fr").layout.xaxis.ticktext
    assert labels[0] == "0"
    assert labels[-1] == "20\u202f%"
    assert not any("%" in label for label in labels[:-1])


def test_hovers_and_axes_say_what_they_are() -> None:
    figure = calibration(BINS, palette=LIGHT, language="en")
    assert figure.data[1].hovertext[1] == "<b>4.0% predicted, 9.0% observed</b><br>9 members among 100 firms"
    assert texts(figure) == ["Observed share", "Predicted share of members (square-root scale)"]
    assert colors_used(figure) <= colors_of()


@given(st.floats(min_value=2, max_value=104))
def test_ticks_do_not_touch(top: float) -> None:
    ticks = _ticks(top)
    assert len(ticks) >= 2
    assert all(b**0.5 - a**0.5 >= 0.07 * top**0.5 for a, b in pairwise(ticks))


def test_without_a_bin_the_diagonal_is_drawn() -> None:
    figure = calibration(BINS.head(0), palette=LIGHT, language="fr")
    assert len(figure.data[0].x) == 2
    assert len(figure.data[1].x) == 0
    assert figure.data[0].x[1] == pytest.approx(2**0.5)
