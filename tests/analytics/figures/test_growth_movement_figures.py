"""What opened and closed, members year by year, how long they stay, a bridge step by step: figures of movements."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics.figures.labels import LINE_PX
from analytics.figures.membership_path import membership_path
from analytics.figures.palette import LIGHT
from analytics.figures.staying import staying
from analytics.figures.turnover import turnover
from analytics.figures.waterfall import NAMES_PX, VALUE_PX, waterfall
from analytics.text import translator
from tests.analytics.figures.area_tables import colors_of, colors_used, texts

HISTORY = pd.DataFrame(
    {
        "year": [2023, 2024, 2025, 2026],
        "opened": [1_200, 1_500, 900, 300],
        "closed": [700, 1_600, 850, 100],
        "recoded": [0, 0, -432, 0],
        "net_rate_pct": [3.3, -0.6, 0.3, np.nan],
        "is_complete": [True, True, True, False],
    }
)
PLAN = pd.DataFrame(
    {
        "year": [2026, 2027, 2028],
        "members": [400.0, 450.04, 500.26],
        "members_alone": [400.0, 368.0, 338.56],
        "firms": [18_000.0, 18_540.0, 19_096.2],
        "share_pct": [2.222, 2.427, 2.62],
        "recruits": [np.nan, 82.0, 86.3],
    }
)
# The last row tells how far the curve is known: nobody left then.
CURVE = pd.DataFrame(
    {
        "years": [0.0, 1.0, 2.5, 4.2],
        "at_risk": [1_240.0, 1_200.0, 15.0, 10.0],
        "departures": [0.0, 120.0, 3.0, 0.0],
        "staying_pct": [100.0, 90.0, 72.0, 72.0],
        "low_pct": [100.0, 70.0, 50.6, 50.6],
        "high_pct": [100.0, 97.0, 88.0, 88.0],
    }
)
BRIDGE = pd.DataFrame(
    {
        "step": ["start", "opened", "closed", "moved", "end"],
        "name": ["31 déc. <2025>", "R&D <i>$x$</i>", "Fermées", "Déplacées", "31 oct. 2026"],
        "change": [0, 1_300, -2_500, 0, 0],
        "level": [18_000, 19_300, 16_800, 16_800, 16_800],
    }
)


def _turnover(history: pd.DataFrame = HISTORY, language: str = "fr") -> go.Figure:
    return turnover(history, palette=LIGHT, language=language)


def _path(rows: pd.DataFrame = PLAN, *, target: float = 500.0, language: str = "fr") -> go.Figure:
    return membership_path(rows, target=target, palette=LIGHT, language=language)


def _staying(curve: pd.DataFrame = CURVE, *, churn_pct: float = 8.0, language: str = "fr") -> go.Figure:
    return staying(curve, churn_pct=churn_pct, palette=LIGHT, language=language)


def _waterfall(steps: pd.DataFrame = BRIDGE, language: str = "fr") -> go.Figure:
    return waterfall(steps, palette=LIGHT, language=language)


def _traces(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def _of_side(figure: go.Figure, x: int) -> list[Any]:
    """Return the annotations at the left (0) or the right (1) of the plot, from the top down."""
    return sorted((a for a in figure.layout.annotations if a.xref == "paper" and a.x == x), key=lambda a: a.y)


def _bounded(years: list[float], low: list[float]) -> pd.DataFrame:
    """Return a curve with these lower limits, ten points over them the share that stays, ten more the upper ones."""
    limits = np.array(low)
    stay, high = np.minimum(100, limits + 10), np.minimum(100, limits + 20)
    shares = {"staying_pct": stay, "low_pct": limits, "high_pct": high}
    return pd.DataFrame({"years": years, "at_risk": 20.0, "departures": 1.0, **shares})


def test_what_closed_hangs_under_the_line_and_the_dot_is_the_difference() -> None:
    figure = _turnover()
    traces = _traces(figure)
    for trace, values in zip(figure.data, ([1_200, 1_500, 900, 300], [-700, -1_600, -850, -100]), strict=False):
        assert (list(trace.x), list(trace.y)) == ([2023, 2024, 2025, 2026], values)
    assert list(traces["net"].y) == [500, -100, 50, 200]
    assert (traces["opened"].marker.color, traces["closed"].marker.color) == (LIGHT.ink, LIGHT.sector)
    for trace in figure.data:
        assert list(trace.marker.opacity[:3]) == [1, 1, 1]
        assert trace.marker.opacity[3] < 0.6, "a year underway is paler"


@pytest.mark.parametrize("recoded", [[0, 0, -432, 0], [0, 3, 0, 0], [0, 0, 0, 0]])
def test_the_recoding_is_named_under_the_year_over_which_it_came(recoded: list[int]) -> None:
    words = [a for a in _turnover(HISTORY.assign(recoded=recoded)).layout.annotations if a.text == "NAF 2025"]
    assert [word.x for word in words] == [2_023.5 + index for index, count in enumerate(recoded) if count]
    assert all((word.xanchor, word.yanchor) == ("right", "bottom") for word in words)


@pytest.mark.parametrize(
    ("language", "recoded", "underway"),
    [
        (
            "fr",
            "900 ouverts, 850 fermés<br>solde 0,3\u202f%<br>passage à la NAF 2025\u202f: −432",
            "300 ouverts, 100 fermés",
        ),
        ("en", "900 opened, 850 closed<br>balance 0.3%<br>change to NAF 2025: −432", "300 opened, 100 closed"),
    ],
)
def test_a_year_of_openings_says_its_counts_and_its_balance(language: str, recoded: str, underway: str) -> None:
    for trace in _turnover(language=language).data:
        assert list(trace.hovertext[2:]) == [f"<b>2025</b><br>{recoded}", f"<b>2026</b><br>{underway}"]
        assert "NAF" not in trace.hovertext[1]
        assert "−0" in trace.hovertext[1], "the balance of a year that lost has its sign"


@pytest.mark.parametrize(("up", "down"), [(0.0, 0.0), (0.001, 0.001), (1.0, 1.0), (40.0, 0.5), (0.01, 3.0)])
def test_both_ends_of_the_bars_are_within_numbered_lines(up: float, down: float) -> None:
    scaled = (HISTORY[["opened", "closed"]] * [up, down]).round().astype(int)
    figure = _turnover(HISTORY.assign(**scaled))
    low, high = figure.layout.yaxis.range
    for trace in figure.data:
        assert low < min(trace.y) <= max(trace.y) < high
    ticks = list(figure.layout.yaxis.tickvals)
    assert len(set(ticks)) == len(ticks)
    assert 0 in ticks
    assert low <= min(ticks) < 0 < max(ticks) <= high
    numbers = [a for a in figure.layout.annotations if a.xref == "paper"]
    assert [a.y for a in numbers] == [max(ticks), min(ticks)]
    assert [a.text for a in numbers] == [translator("fr").number(abs(tick)) for tick in (max(ticks), min(ticks))]


def test_every_other_year_and_the_last_are_named_over_the_bars() -> None:
    years = HISTORY.assign(year=[2022, 2023, 2024, 2025])
    for history, expected in ((HISTORY, ["2024", "2026"]), (years, ["2023", "2025"]), (HISTORY[-1:], ["2026"])):
        named = [a for a in _turnover(history).layout.annotations if a.yref == "paper"]
        assert [a.text for a in named] == expected
        assert [a.x for a in named] == [int(year) for year in expected]


def test_the_plan_is_solid_and_those_left_without_it_dotted() -> None:
    traces = _traces(_path(target=510.0))
    assert (list(traces["plan"].x), list(traces["plan"].y)) == ([2026, 2027, 2028], [400, 450.04, 500.26])
    assert list(traces["alone"].y) == [400, 368, 338.56]
    assert (traces["plan"].line.dash, traces["alone"].line.dash) == ("solid", "dot")
    assert (traces["plan"].line.color, traces["alone"].line.color) == (LIGHT.ours, LIGHT.ink)
    assert (list(traces["target"].x), list(traces["target"].y)) == ([2028], [510])
    assert list(traces["years"].y) == PLAN["members"].tolist()


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (500.26, None),
        (500.7, None),
        (499.8, None),
        (500.76, "501"),
        (499.76, "500"),
        (300.0, "300"),
        (1_200.0, "1 200"),
    ],
)
def test_the_target_is_named_apart_where_half_a_member_is_missing(target: float, named: str | None) -> None:
    said = [text for text in texts(_path(target=target)) if "visés" in text]
    assert said == ([f"<b>{named} visés</b>".replace(" 200", "\u202f200")] if named else [])


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", {"<b>2\u202f500 visés</b>", "<b>500 avec ce plan</b>", "<b>339 sans recruter</b>"}),
        ("en", {"<b>2,500 aimed at</b>", "<b>500 with this plan</b>", "<b>339 without recruiting</b>"}),
    ],
)
def test_lines_of_the_plan_are_named_in_their_colour(language: str, expected: set[str]) -> None:
    ends = [a for a in _path(target=2_500.0, language=language).layout.annotations if a.x == 2028]
    assert {end.text for end in ends} == expected
    assert [end.font.color for end in ends] == [LIGHT.gap, LIGHT.ours, LIGHT.ink], "highest first"


@pytest.mark.parametrize(
    ("members", "alone", "target"),
    [(500.0, 499.0, 501.0), (0.0, 0.0, 1.0), (2.0, 0.0, 900.0), (900.0, 895.0, 0.0), (400.0, 400.0, 400.0)],
)
def test_names_at_the_end_of_the_plan_are_never_covered(members: float, alone: float, target: float) -> None:
    ends = {"members": [400.0, 400.0, members], "members_alone": [400.0, 400.0, alone]}
    figure = _path(PLAN.assign(**ends), target=target)
    heights = [a.y for a in figure.layout.annotations if a.x == 2028]
    assert len(heights) == 2 + (target != members)
    low, high = figure.layout.yaxis.range
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert all((a - b) * plot_px / (high - low) >= LINE_PX - 1e-6 for a, b in pairwise(heights))
    assert low < heights[-1] < heights[0] < high


@pytest.mark.parametrize("target", [0.0, 500.0, 12_000.0])
def test_the_axes_of_the_plan_hold_everything(target: float) -> None:
    figure = _path(target=target)
    (left, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert low == 0
    for trace in figure.data:
        assert low <= min(trace.y) <= max(trace.y) < high
        assert left < min(trace.x) <= max(trace.x) < right
    ticks = figure.layout.yaxis.tickvals
    assert len(ticks) >= 3
    assert all(tick % 100 == 0 and tick <= high for tick in ticks)


@pytest.mark.parametrize("years", [2, 5, 8, 13, 31])
def test_years_under_the_plan_are_whole_and_few(years: int) -> None:
    rows = pd.DataFrame({"year": range(2026, 2026 + years), "firms": 100.0, "share_pct": 5.0, "recruits": 1.0})
    axis = _path(rows.assign(members=5.0, members_alone=4.0), target=5.0).layout.xaxis
    assert set(axis.tickvals) <= set(rows["year"])
    assert len(axis.tickvals) == years if years <= 5 else 3 <= len(axis.tickvals) <= 8
    assert axis.tickformat == "d", "a year has no separator"


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        (
            "fr",
            "400 adhérents<br>2,22\u202f% de 18\u202f000 entreprises",
            "500 adhérents<br>2,62\u202f% de 19\u202f096 entreprises<br>86,3 recrues dans l’année",
        ),
        (
            "en",
            "400 members<br>2.22% of 18,000 firms",
            "500 members<br>2.62% of 19,096 firms<br>86.3 recruits in the year",
        ),
    ],
)
def test_a_year_of_the_plan_says_its_share_and_its_recruits(language: str, first: str, last: str) -> None:
    dots = _traces(_path(language=language))["years"]
    assert dots.hovertext[0] == f"<b>2026</b><br>{first}"
    assert dots.hovertext[2] == f"<b>2028</b><br>{last}"
    without = _traces(_path(PLAN.assign(share_pct=np.nan), language=language))["years"]
    assert "%" not in "".join(without.hovertext)


def test_the_curve_keeps_each_share_until_somebody_leaves() -> None:
    line = _traces(_staying())["staying"]
    assert (list(line.x), list(line.y)) == ([0, 1, 2.5, 4.2], [100, 90, 72, 72])
    assert line.line.shape == "hv", "along first, then down"
    assert line.line.color == LIGHT.ours


@pytest.mark.parametrize("has_last", [True, False])
def test_the_band_has_the_corners_of_its_limits_and_is_closed(has_last: bool) -> None:
    band = _traces(_staying(CURVE if has_last else CURVE[:3]))["limits"]
    there = list(dict.fromkeys(zip(band.x[: len(band.x) // 2], band.y[: len(band.y) // 2], strict=True)))
    back = list(dict.fromkeys(zip(band.x[len(band.x) // 2 :], band.y[len(band.y) // 2 :], strict=True)))
    end = [4.2] if has_last else []
    assert there == [(0, 100), (1, 100), (1, 97), (2.5, 97), (2.5, 88), *((x, 88) for x in end)]
    assert back[::-1] == [(0, 100), (1, 100), (1, 70), (2.5, 70), (2.5, 50.6), *((x, 50.6) for x in end)]
    assert (band.fill, band.fillcolor, band.hoverinfo) == ("toself", LIGHT.land, "skip")


@pytest.mark.parametrize("churn_pct", [0.0, 8.0, 37.5, 100.0])
def test_the_supposed_churn_is_a_dotted_curve_as_long_as_what_is_known(churn_pct: float) -> None:
    churn = _traces(_staying(churn_pct=churn_pct))["churn"]
    years = np.array(churn.x)
    assert (years[0], years[-1], len(years) > 20) == (0, 4.2, True)
    np.testing.assert_allclose(churn.y, 100 * (1 - churn_pct / 100) ** years, atol=0.01)
    assert (churn.line.dash, churn.line.color) == ("dot", LIGHT.secondary)


@pytest.mark.parametrize("known", [0, 1])
def test_without_limits_there_is_no_band(known: int) -> None:
    limits = {name: CURVE[name].where(CURVE.index < known) for name in ("low_pct", "high_pct")}
    traces = _traces(_staying(CURVE.assign(**limits)))
    heights = set(traces["limits"].y or ()) if "limits" in traces else set()
    assert heights <= {100}, "none, or of no height"
    assert list(traces["staying"].y) == [100, 90, 72, 72]
    assert "5\u202f%" not in traces["staying"].hovertext[2]


@pytest.mark.parametrize(
    ("language", "followed", "limits"),
    [
        (
            "fr",
            "<b>2,5 ans</b><br>72\u202f% encore là (15 suivis)",
            "<br>entre 51\u202f% et 88\u202f% au risque de 5\u202f%",
        ),
        ("en", "<b>2.5 years</b><br>72% still there (15 followed)", "<br>between 51% and 88%, 95% limits"),
    ],
)
def test_a_step_says_who_is_still_there_and_how_sure_that_is(language: str, followed: str, limits: str) -> None:
    hover = _traces(_staying(language=language))["staying"].hovertext
    assert hover[2] == followed + limits
    assert ("1\u202f200" if language == "fr" else "1,200") in hover[1]


@pytest.mark.parametrize("low", [[100.0, 4.0], [100.0, 35.0], [100.0, 80.0, 80.0], [100.0, 50.0]])
def test_the_axes_hold_the_curve_and_its_band(low: list[float]) -> None:
    figure = _staying(_bounded([0.0, 1.5, 4.2][: len(low)], low), churn_pct=1.0)
    (left, right), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert left == 0
    for trace in figure.data:
        assert bottom <= min(trace.y) <= max(trace.y) <= top, trace.name
        assert max(trace.x) <= right, trace.name
    ticks = list(figure.layout.yaxis.tickvals)
    assert bottom <= ticks[0] < ticks[-1] == 100
    assert all(tick % 10 == 0 or tick % 25 == 0 for tick in ticks)
    numbers = [(a.text, a.y) for a in figure.layout.annotations]
    assert numbers == [(f"{tick}\u202f%", tick) for tick in ticks[1:]]


@pytest.mark.parametrize(
    ("end", "language", "last"),
    [(0.4, "fr", "1 an"), (4.2, "fr", "5 ans"), (14.9, "en", "15 years"), (1.0, "en", "1 year")],
)
def test_the_last_year_under_the_curve_is_named_in_words(end: float, language: str, last: str) -> None:
    axis = _staying(CURVE.assign(years=CURVE["years"] * end / 4.2), language=language).layout.xaxis
    assert axis.ticktext[-1] == last
    assert axis.tickvals[-1] == axis.range[1] == int(last.split(maxsplit=1)[0])
    assert list(axis.ticktext[:-1]) == [str(year) for year in axis.tickvals[:-1]]
    assert len(axis.tickvals) <= 9
    assert all(before < after for before, after in pairwise(axis.tickvals))


def test_each_bar_begins_where_the_level_before_ended() -> None:
    (bars,) = _waterfall().data
    assert list(bars.y) == [1, 2], "start and end have no bar, nor has what did not change"
    assert list(bars.base) == [18_000, 19_300]
    assert [base + change for base, change in zip(bars.base, bars.x, strict=True)] == [19_300, 16_800]
    assert list(bars.marker.color) == [LIGHT.ink, LIGHT.gap]
    assert bars.orientation == "h"


@pytest.mark.parametrize(
    ("language", "values"),
    [
        ("fr", ["<b>18\u202f000</b>", "+1\u202f300", "−2\u202f500", "0", "<b>16\u202f800</b>"]),
        ("en", ["<b>18,000</b>", "+1,300", "−2,500", "0", "<b>16,800</b>"]),
    ],
)
def test_steps_have_their_sign_and_levels_their_figure(language: str, values: list[str]) -> None:
    figure = _waterfall(language=language)
    assert [a.text for a in _of_side(figure, 1)] == values
    assert {a.xshift for a in _of_side(figure, 1)} == {VALUE_PX} == {figure.layout.margin.r}
    assert [hover.split("<br>")[1] for hover in figure.data[0].hovertext] == values[1:3]


def test_names_of_steps_are_text() -> None:
    figure = _waterfall()
    names = [a.text for a in _of_side(figure, 0)]
    assert names[:2] == ["<b>31 déc. &lt;2025&gt;</b>", "R&amp;D &lt;i&gt;&#36;x&#36;&lt;/i&gt;"]
    assert names[2:] == ["Fermées", "Déplacées", "<b>31 oct. 2026</b>"]
    assert figure.data[0].hovertext[0].startswith("<b>R&amp;D &lt;i&gt;&#36;x&#36;&lt;/i&gt;</b><br>")
    assert {a.xshift for a in _of_side(figure, 0)} == {-NAMES_PX} == {-figure.layout.margin.l}


def test_a_line_leads_from_each_level_down_to_the_next_row() -> None:
    figure = _waterfall()
    assert list(figure.layout.yaxis.range) == [4.5, -0.5], "from the top down"
    links = [shape for shape in figure.layout.shapes if shape.xref != "paper"]
    assert [(link.x0, link.x1) for link in links] == [(level, level) for level in BRIDGE["level"]]
    for row, link in enumerate(links[:-1]):
        assert link.y0 < row < row + 1 < link.y1, "over its row and the next"
    assert 4 < links[-1].y1 < 4.5, "the last ends in its row"
    assert [link.line.width > 2 for link in links] == [True, False, False, False, True]


@pytest.mark.parametrize(("level", "rows"), [(18_000, [0, 4]), (0, [0, 4]), (7, [0, 3, 4])])
def test_a_bridge_over_which_nothing_changed_is_drawn(level: int, rows: list[int]) -> None:
    figure = _waterfall(BRIDGE.iloc[rows].assign(level=level))
    assert not figure.data[0].x
    low, high = figure.layout.xaxis.range
    assert low < level < high
    assert [(shape.x0, shape.line.width) for shape in figure.layout.shapes if shape.line.width > 2] == [
        (level, 2.5)
    ] * 2
    assert len(_of_side(figure, 1)) == len(rows)


@pytest.mark.parametrize("changes", [[0, -50, 60, 0, 0], [0, 400, -400, 0, 0], [0, -5, -100, 2, 0], [0, 1, 0, 0, 0]])
def test_the_axis_holds_each_level_on_the_way(changes: list[int]) -> None:
    levels = 100 + np.cumsum(changes)
    figure = _waterfall(BRIDGE.assign(change=changes, level=levels))
    low, high = figure.layout.xaxis.range
    assert low < min(levels) <= max(levels) < high
    assert min(levels) - low <= (high - low) / 3, "and no zero that is far away"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_colors_are_those_of_the_palette(language: str) -> None:
    for draw in (_turnover, _path, _staying, _waterfall):
        figure = draw(language=language)
        assert colors_used(figure)
        assert colors_used(figure) <= colors_of()
