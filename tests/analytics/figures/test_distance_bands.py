"""Membership by distance: an interval a band, its colour by what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.figures.distance_bands import distance_bands
from analytics.figures.palette import LIGHT
from tests.analytics.figures.area_tables import colors_of, colors_used

BANDS = pd.DataFrame(
    {
        "low": [0.0, 15.0, 30.0, 45.0],
        "high": [15.0, 30.0, 45.0, np.nan],
        "firms": [8_000, 3_000, 1_000, 2],
        "members": [240, 60, 10, 0],
        "expected_members": [200.0, 62.5, 20.0, 0.0],
        "ratio": [1.2, 0.96, 0.5, np.nan],
        "ratio_low": [1.05, 0.73, 0.01, np.nan],
        "ratio_high": [1.36, 1.24, 0.92, np.nan],
    }
)


def test_dots_have_the_colour_of_what_their_interval_says() -> None:
    lines, dots = distance_bands(BANDS, unit="min", palette=LIGHT, language="fr").data
    assert list(dots.x) == [1.2, 0.96, 0.5]
    assert list(dots.marker.color) == [LIGHT.ours, LIGHT.neutral, LIGHT.gap]
    assert list(lines.x)[:3] == [1.05, 1.36, None]
    assert lines.x[6] == 0.125, "cut where the axis ends"


def test_bands_are_named_with_their_counts() -> None:
    figure = distance_bands(BANDS, unit="km", palette=LIGHT, language="fr")
    rows = {y: [a.text for a in figure.layout.annotations if a.y == y and a.yref != "paper"] for y in range(4)}
    assert rows[0] == ["<b>moins de 15 km</b>", "240 / 200"]
    assert rows[1] == ["<b>15 à 30 km</b>", "60 / 62,5"]
    assert rows[3] == ["<b>45 km et plus</b>", "0 / 0"]
    assert list(figure.layout.yaxis.range) == [3.5, -0.5]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_on_a_phone_the_words_stand_over_the_bars(language: str) -> None:
    wide = distance_bands(BANDS, unit="min", palette=LIGHT, language=language)
    narrow = distance_bands(BANDS, unit="min", palette=LIGHT, language=language, narrow=True)
    assert narrow.layout.margin.l < 10 < wide.layout.margin.l
    assert narrow.layout.height > wide.layout.height
    assert narrow.data[1].y[0] > 0 == wide.data[1].y[0]


def test_a_ratio_of_zero_stands_at_the_edge() -> None:
    none = BANDS.assign(ratio=0.0, ratio_low=0.0, ratio_high=0.4)
    _, dots = distance_bands(none, unit="min", palette=LIGHT, language="fr").data
    assert set(dots.x) == {0.25}


def test_without_any_expectation_there_is_no_dot() -> None:
    nothing = BANDS.assign(expected_members=0.0, ratio=np.nan, ratio_low=np.nan, ratio_high=np.nan)
    _, dots = distance_bands(nothing, unit="min", palette=LIGHT, language="fr").data
    assert len(dots.x) == 0


@pytest.mark.parametrize("narrow", [False, True])
def test_without_a_band_the_line_of_one_is_drawn(narrow: bool) -> None:
    figure = distance_bands(BANDS.head(0), unit="km", palette=LIGHT, language="en", narrow=narrow)
    assert len(figure.data[1].x) == 0
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 1
    drawn = distance_bands(BANDS, unit="km", palette=LIGHT, language="en", narrow=narrow)
    assert colors_used(drawn) <= colors_of()


def test_on_a_phone_words_are_parted_from_the_line_of_one() -> None:
    narrow = distance_bands(BANDS, unit="min", palette=LIGHT, language="fr", narrow=True)
    words = [a for a in narrow.layout.annotations if a.yref != "paper"]
    assert words[0].text == "<b>moins de 15 min</b>  240 / 200"
    assert all(word.font.shadow for word in words)
