"""The coverage curve: a line a share, named at its end, and the reader's threshold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics.figures.coverage_curve import MARGIN, PLOT_HEIGHT, TOP, coverage_curve
from analytics.figures.labels import LINE_PX
from analytics.figures.palette import LIGHT
from tests.analytics.figures.area_tables import colors_of, colors_used

CURVE = pd.DataFrame(
    {
        "threshold": [0.0, 30.0, 60.0, 90.0],
        "firms_pct": [0.0, 70.0, 90.0, 99.0],
        "jobs_pct": [0.0, 80.0, 95.0, 99.5],
        "members_pct": [0.0, 75.0, 97.0, 100.0],
        "population_pct": [0.0, 50.0, 80.0, 98.0],
    }
)


@pytest.mark.parametrize(
    ("unit", "language", "expected"),
    [
        ("min", "fr", "<b>45 min\u202f: 80\u202f% des entreprises</b>"),
        ("km", "fr", "<b>45 km\u202f: 80\u202f% des entreprises</b>"),
        ("min", "en", "<b>45 min: 80% of firms</b>"),
    ],
)
def test_the_threshold_says_the_share_of_firms(unit: str, language: str, expected: str) -> None:
    figure = coverage_curve(CURVE, share_pct=80.0, threshold=45, unit=unit, palette=LIGHT, language=language)
    assert expected in [a.text for a in figure.layout.annotations]
    assert figure.layout.shapes[0].x0 == 45


def test_each_share_has_its_line_and_its_name() -> None:
    figure = coverage_curve(CURVE, share_pct=80.0, threshold=30, unit="min", palette=LIGHT, language="fr")
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["firms_pct"].y) == [0, 70, 90, 99]
    assert lines["members_pct"].line.color == LIGHT.ours
    assert figure.data[-1].name == "firms_pct"
    ends = [a for a in figure.layout.annotations if a.xref == "paper" and a.x == 1]
    assert [a.text for a in ends] == ["<b>adhérents</b>", "<b>emplois</b>", "<b>entreprises</b>", "<b>habitants</b>"]
    for above, below in pairwise(ends):
        assert (above.y - below.y) * PLOT_HEIGHT / 102 >= LINE_PX - 1e-9


def test_a_share_of_nothing_is_not_drawn() -> None:
    without = CURVE.assign(members_pct=np.nan)
    figure = coverage_curve(without, share_pct=80.0, threshold=30, unit="min", palette=LIGHT, language="fr")
    assert "members_pct" not in {trace.name for trace in figure.data}
    for empty in (CURVE.head(0), CURVE.assign(**dict.fromkeys(CURVE.columns[1:], np.nan))):
        figure = coverage_curve(empty, share_pct=80.0, threshold=30, unit="km", palette=LIGHT, language="en")
        assert not figure.data


@pytest.mark.parametrize("end", [0.0, 100.0])
def test_names_of_lines_that_end_together_are_parted_within_the_axis(end: float) -> None:
    flat = CURVE.assign(**dict.fromkeys(CURVE.columns[1:], end))
    figure = coverage_curve(flat, share_pct=80.0, threshold=30, unit="min", palette=LIGHT, language="fr")
    heights = [a.y for a in figure.layout.annotations if a.xref == "paper" and a.x == 1]
    half_a_line = TOP * LINE_PX / PLOT_HEIGHT / 2
    assert len(heights) == 4
    assert min(heights) >= half_a_line
    assert max(heights) <= TOP
    for above, below in pairwise(heights):
        assert above - below >= 2 * half_a_line - 1e-9


@pytest.mark.parametrize(
    ("threshold", "side"), [(5, "left"), (40, "left"), (45, "center"), (80, "center"), (85, "right")]
)
def test_a_phone_does_not_cut_the_words_of_the_threshold(threshold: float, side: str) -> None:
    figure = coverage_curve(CURVE, share_pct=80.0, threshold=threshold, unit="min", palette=LIGHT, language="fr")
    words = next(a for a in figure.layout.annotations if "des entreprises" in a.text)
    assert words.xanchor == side
    plot_px = 350 - MARGIN["l"] - MARGIN["r"]
    width_px = 182  # in the house's sans, as a browser draws it
    before = {"left": 0, "center": width_px / 2, "right": width_px}[side]
    left = MARGIN["l"] + plot_px * threshold / 90 - before
    assert left >= 0
    assert left + width_px <= 350


def test_colors_are_those_of_the_palette() -> None:
    figure = coverage_curve(CURVE, share_pct=80.0, threshold=30, unit="km", palette=LIGHT, language="en")
    assert colors_used(figure) <= colors_of()
