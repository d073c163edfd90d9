"""Figures of the sector's growth: the fan, the rates that were observed, and what they share with others."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics.figures.base import halo, scale_notes, steps
from analytics.figures.growth_fan import growth_fan
from analytics.figures.labels import LINE_PX, parted
from analytics.figures.observed_rates import ROW_PX, observed_rates
from analytics.figures.palette import LIGHT
from analytics.text import translator
from tests.analytics.figures.area_tables import colors_of, colors_used, texts

START = 2026.83
PAST = pd.DataFrame({"year": [2023, 2024, 2025, 2026], "open": [15_200, 15_900, 16_400, 16_800]})
ROWS = pd.DataFrame(
    {
        "year": [2026, 2027, 2028],
        "firms": [17_000.0, 17_510.0, 18_035.3],
        "firms_low": [17_000.0, 17_170.0, 17_341.7],
        "firms_high": [17_000.0, 17_850.0, 18_743.0],
        "jobs": [60_000.0, 61_800.0, 63_654.0],
        "jobs_low": [60_000.0, 60_600.0, 61_206.0],
        "jobs_high": [60_000.0, 63_000.0, 66_150.0],
        "firms_p2_5": [17_000.0, 16_400.0, 16_100.0],
        "firms_p10": [17_000.0, 16_800.0, 16_700.0],
        "firms_p25": [17_000.0, 17_200.0, 17_400.0],
        "firms_p50": [17_000.0, 17_500.0, 18_000.0],
        "firms_p75": [17_000.0, 17_800.0, 18_600.0],
        "firms_p90": [17_000.0, 18_200.0, 19_400.0],
        "firms_p97_5": [17_000.0, 18_600.0, 20_300.0],
    }
)
POINTS = pd.DataFrame(
    {
        "year": [2024, 2025],
        "value": [18_000.0, 18_001.0],
        "source_fr": ["La <b>Gazette</b> $a$", "Insee"],
        "source_en": ["The <b>Gazette</b>", "Insee study"],
        "scope_fr": [None, "toute la <i>région</i>"],
        "scope_en": [None, "the whole region"],
    }
)
LINES = {"low", "central", "high"}
RATES: dict[str, float | None] = {"low": 1.0, "central": 3.0, "high": 5.0}
OBSERVED = pd.DataFrame(
    {
        "basis": ["register"] * 4 + ["published"] * 3,
        "span": [1, 5, 10, 15, 9, 1, 1],
        "first_year": [2025, 2021, 2016, 2011, 2007, 2022, 2023],
        "last_year": [2026, 2026, 2026, 2026, 2016, 2023, 2024],
        "rate_pct": [2.14, 0.04, 2.3, 12.4, 1.13, -0.3, -3.0],
        "source_fr": [None] * 4 + ["Insee <x>", "presse", "presse"],
        "source_en": [None] * 4 + ["Insee <x>", "press", "press"],
        "scope_fr": [None] * 4 + ["emplois, 2007 à 2016", None, "emplois"],
        "scope_en": [None] * 4 + ["jobs, 2007 to 2016", None, "jobs"],
    }
)


def _fan(**more: Any) -> go.Figure:
    usual = {"past": PAST, "rows": ROWS, "points": POINTS, "start": START, "measure": "firms", "rates": RATES}
    return growth_fan(**{**usual, "palette": LIGHT, "language": "fr", **more})


def _observed(rates: pd.DataFrame = OBSERVED, **more: Any) -> go.Figure:
    return observed_rates(rates, **{"rate_pct": 3.0, "palette": LIGHT, "language": "fr", **more})


def _traces(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def _ends(figure: go.Figure, x: float) -> list[Any]:
    """Return the annotations at a place of the axis, highest first."""
    return sorted((a for a in figure.layout.annotations if a.xref != "paper" and a.x == x), key=lambda a: -a.y)


def _px_apart(figure: go.Figure, labels: list[Any]) -> float:
    """Return how many pixels part the two nearest of these labels, highest first."""
    low, high = figure.layout.yaxis.range
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    return min((above.y - below.y) * plot_px / (high - low) for above, below in pairwise(labels))


@pytest.mark.parametrize(
    ("top", "bottom", "expected"),
    [
        (0, 0, [0]),
        (1.06, 0, [0, 1]),
        (106, 0, [0, 20, 40, 60, 80, 100]),
        (12_000, 0, [0, 2_500, 5_000, 7_500, 10_000]),
        (25_600, 0, [0, 5_000, 10_000, 15_000, 20_000, 25_000]),
        (106, 65, [70, 80, 90, 100]),
    ],
)
def test_ticks_are_round_numbers_from_bottom_to_top(top: float, bottom: float, expected: list[float]) -> None:
    assert steps(top, bottom=bottom) == expected


@pytest.mark.parametrize(("language", "thousand"), [("fr", "1\u202f250"), ("en", "1,250")])
def test_numbers_of_the_axis_stand_on_their_lines_in_a_halo_of_the_page(language: str, thousand: str) -> None:
    palette = replace(LIGHT, background="#010203")
    notes = scale_notes([1_250, 0, -50], palette=palette, t=translator(language))
    assert [(note["text"], note["y"]) for note in notes] == [(thousand, 1_250), ("50", -50)]
    for note in notes:
        assert (note["x"], note["xref"], note["xanchor"], note["yanchor"]) == (0, "paper", "left", "bottom")
        assert note["font"]["shadow"] == halo(palette)
        assert {shadow.split()[-1] for shadow in halo(palette).split(", ")} == {"#010203"}


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([], []),
        ([90.0], [90.0]),
        ([90.0, 50.0], [90.0, 50.0]),
        ([50.0, 50.0, 49.0], [50.0, 45.0, 40.0]),
        ([3.0, 2.0, 1.0], [12.5, 7.5, 2.5]),
        ([90.0, 3.0, 0.0], [90.0, 7.5, 2.5]),
    ],
)
def test_lines_of_text_move_only_as_far_as_they_must(heights: list[float], expected: list[float]) -> None:
    assert parted(heights, step=5.0, lowest=2.5) == expected


def test_each_band_goes_along_its_high_limit_and_back_along_its_low_one() -> None:
    bands = _fan().data[:3]
    assert [band.name for band in bands] == ["fan-p2_5", "fan-p10", "fan-p25"], "the widest first, under the others"
    times = [START, START + 1, START + 2]
    for band, low, high in zip(bands, ("p2_5", "p10", "p25"), ("p97_5", "p90", "p75"), strict=True):
        assert list(band.x) == [*times, *times[::-1]]
        assert list(band.y) == [*ROWS[f"firms_{high}"], *ROWS[f"firms_{low}"][::-1]]
        assert (band.fill, band.hoverinfo) == ("toself", "skip")
    assert [band.fillcolor for band in bands] == [LIGHT.land, LIGHT.hair, LIGHT.sector]


@pytest.mark.parametrize("measure", ["firms", "jobs"])
def test_the_central_line_is_solid_and_scenarios_are_dotted(measure: str) -> None:
    traces = _traces(_fan(measure=measure))
    for name, column in (("low", f"{measure}_low"), ("central", measure), ("high", f"{measure}_high")):
        assert list(traces[name].x) == [START, START + 1, START + 2]
        assert list(traces[name].y) == ROWS[column].tolist()
    assert [traces[name].line.dash for name in ("low", "central", "high")] == ["dot", "solid", "dot"]
    assert traces["central"].line.color == LIGHT.ink
    assert traces["central"].line.width > traces["low"].line.width


def test_the_past_is_that_of_firms_alone() -> None:
    figure = _fan()
    past = _traces(figure)["past"]
    assert (list(past.x), list(past.y)) == (PAST["year"].tolist(), PAST["open"].tolist())
    assert past.hovertext[0] == "<b>1er janvier 2023</b><br>15\u202f200 établissements ouverts"
    assert "Établissements ouverts" in texts(figure)
    for other in (_fan(measure="jobs"), _fan(past=PAST[:0])):
        assert "past" not in _traces(other)
        assert "Établissements ouverts" not in texts(other)


@pytest.mark.parametrize(
    ("language", "measure", "first", "second"),
    [
        (
            "fr",
            "firms",
            "<b>18\u202f000 entreprises</b><br>La &lt;b&gt;Gazette&lt;/b&gt; &#36;a&#36;",
            "<b>18\u202f001 entreprises</b><br>Insee<br>toute la &lt;i&gt;région&lt;/i&gt;",
        ),
        (
            "en",
            "jobs",
            "<b>18,000 jobs</b><br>The &lt;b&gt;Gazette&lt;/b&gt;",
            "<b>18,001 jobs</b><br>Insee study<br>the whole region",
        ),
    ],
)
def test_published_points_name_their_source_and_scope(language: str, measure: str, first: str, second: str) -> None:
    points = _traces(_fan(language=language, measure=measure))["published"]
    assert (list(points.x), list(points.y)) == ([2024, 2025], [18_000, 18_001])
    assert list(points.hovertext) == [first, second]
    assert points.mode == "markers"


@pytest.mark.parametrize(
    ("language", "measure", "expected"),
    [
        ("fr", "firms", "18\u202f035 entreprises<br>quatre fois sur cinq entre 16\u202f700 et 19\u202f400"),
        ("en", "firms", "18,035 firms<br>four times in five between 16,700 and 19,400"),
        ("fr", "jobs", "63\u202f654 emplois"),
        ("en", "jobs", "63,654 jobs"),
    ],
)
def test_a_year_says_its_figure_and_the_limits_of_the_fan(language: str, measure: str, expected: str) -> None:
    hover = _traces(_fan(language=language, measure=measure))["hover"]
    assert list(hover.y) == ROWS[measure].tolist()
    assert hover.hovertext[2] == f"<b>2028</b><br>{expected}"


@pytest.mark.parametrize(
    ("more", "drawn", "expected"),
    [
        ({}, LINES, ["18\u202f743 à 5\u202f%", "<b>18\u202f035 à 3\u202f%</b>", "17\u202f342 à 1\u202f%"]),
        ({"language": "en"}, LINES, ["18,743 at 5%", "<b>18,035 at 3%</b>", "17,342 at 1%"]),
        (
            {"rows": ROWS.assign(firms_high=np.nan), "rates": {**RATES, "high": None}},
            LINES - {"high"},
            ["<b>18\u202f035 à 3\u202f%</b>", "17\u202f342 à 1\u202f%"],
        ),
        (
            {
                "rows": ROWS.assign(firms_low=np.nan, firms_high=np.nan),
                "rates": {"low": None, "central": 3.0, "high": None},
            },
            {"central"},
            ["<b>18\u202f035 à 3\u202f%</b>"],
        ),
        (
            {"rows": ROWS.assign(firms_low=ROWS["firms"]), "rates": {**RATES, "low": 3.0}},
            LINES,
            ["18\u202f743 à 5\u202f%", "<b>18\u202f035 à 3\u202f%</b>"],
        ),
    ],
    ids=["fr", "en", "no high scenario", "no scenario", "a scenario at the supposed rate"],
)
def test_each_line_that_there_is_says_at_its_end_what_it_comes_to(
    more: dict[str, Any], drawn: set[str], expected: list[str]
) -> None:
    figure = _fan(**more)
    assert set(_traces(figure)) & LINES == drawn
    ends = _ends(figure, START + 2)
    assert [end.text for end in ends] == expected
    assert [end.font.color for end in ends] == [LIGHT.ink if "<b>" in text else LIGHT.secondary for text in expected]


@pytest.mark.parametrize("points", [POINTS, POINTS[:0]])
def test_jobs_that_nobody_tells_are_not_drawn(points: pd.DataFrame) -> None:
    unknown = ROWS.assign(jobs=np.nan, jobs_low=np.nan, jobs_high=np.nan)
    figure = _fan(measure="jobs", rows=unknown, points=points)
    assert set(_traces(figure)) == ({"published"} if len(points) else set())
    assert not _ends(figure, START + 2)
    low, high = figure.layout.yaxis.range
    assert 0 <= low < high


@pytest.mark.parametrize(
    ("low", "central", "high"),
    [(18_035.0, 18_035.0, 18_036.0), (17_900.0, 18_000.0, 18_050.0), (0.0, 0.0, 1.0), (2_000.0, 17_000.0, 40_000.0)],
)
def test_what_lines_come_to_is_never_covered(low: float, central: float, high: float) -> None:
    ends = {"firms": [17_000.0, 17_000.0, central], "firms_low": [17_000.0, 17_000.0, low]}
    figure = _fan(rows=ROWS.assign(**ends, firms_high=[17_000.0, 17_000.0, high]))
    labels = _ends(figure, START + 2)
    assert ["à 5" in label.text for label in labels] == [True, False, False], "in the order of the lines"
    assert _px_apart(figure, labels) >= LINE_PX - 1e-6
    bottom, top = figure.layout.yaxis.range
    assert bottom < labels[-1].y < labels[0].y < top


@pytest.mark.parametrize("values", [[18_000.0, 18_000.0, 18_010.0], [0.0, 5.0, 10.0], [4_000.0, 18_000.0, 90_000.0]])
def test_names_of_points_of_one_year_are_never_covered(values: list[float]) -> None:
    of_one_year = pd.DataFrame({"year": 2024, "value": values, **dict.fromkeys(POINTS.columns[2:], "Insee")})
    figure = _fan(points=of_one_year, past=PAST[:0])
    labels = _ends(figure, 2024)
    assert [label.text for label in labels] == [translator("fr").number(v) for v in sorted(values, reverse=True)]
    assert _px_apart(figure, labels) >= LINE_PX - 1e-6
    assert {label.font.shadow for label in labels} == {halo(LIGHT)}


@pytest.mark.parametrize("measure", ["firms", "jobs"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"points": POINTS.assign(value=[900.0, 95_000.0])},
        {"past": PAST.assign(open=[0, 10, 30_000, 20])},
        {"rows": ROWS.assign(firms_p97_5=80_000.0, firms_p2_5=100.0)},
        {"rows": ROWS.assign(firms_low=10.0, firms_high=70_000.0, jobs_low=10.0, jobs_high=900_000.0)},
        {"rows": ROWS.assign(**dict.fromkeys(ROWS.columns[1:], 0.0)), "points": POINTS[:0], "past": PAST[:0]},
    ],
)
def test_the_axes_hold_everything_that_is_drawn(measure: str, more: dict[str, Any]) -> None:
    figure = _fan(measure=measure, **more)
    (left, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    for trace in figure.data:
        assert low <= min(trace.y) <= max(trace.y) <= high, trace.name
        assert left <= min(trace.x) <= max(trace.x) <= right, trace.name
    ticks = figure.layout.yaxis.tickvals
    assert all(low <= tick <= high and tick == round(tick) for tick in ticks)
    numbers = [a for a in figure.layout.annotations if a.xref == "paper"]
    assert [number.y for number in numbers] == [tick for tick in ticks if tick]
    assert [number.text for number in numbers] == [translator("fr").number(tick) for tick in ticks if tick]


def test_the_axis_begins_at_zero_only_where_that_is_near() -> None:
    bottom = _fan().layout.yaxis.range[0]
    assert bottom % 500 == 0
    assert 10_000 <= bottom <= 0.9 * 15_200, "under what was open in 2023, and not far"
    assert _fan(points=POINTS.assign(value=[900.0, 18_000.0])).layout.yaxis.range[0] == 0


@pytest.mark.parametrize(("years", "expected"), [(4, [2024, 2026, 2028, 2030]), (12, [2025, 2030, 2035])])
def test_years_under_the_fan_are_whole_and_few(years: int, expected: list[int]) -> None:
    rows = pd.DataFrame({"year": range(2026, 2027 + years), **dict.fromkeys(["firms", "firms_low"], 100.0)})
    axis = _fan(rows=rows.assign(firms_high=100.0), past=PAST[:0]).layout.xaxis
    assert list(axis.tickvals) == expected
    assert list(axis.ticktext) == [str(year) for year in expected]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_colors_are_those_of_the_palette(language: str) -> None:
    for figure in (_fan(language=language), _fan(language=language, measure="jobs"), _observed(language=language)):
        assert colors_used(figure)
        assert colors_used(figure) <= colors_of()


def test_rates_stand_in_their_order_each_kind_under_its_head() -> None:
    figure = _observed()
    register, published = figure.data
    assert (register.name, published.name) == ("register", "published")
    assert [*register.x, *published.x] == [2.14, 0.04, 2.3, 12.4, 1.13, -0.3, -3.0]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1] == 0, "from the top down"
    left = sorted((a for a in figure.layout.annotations if a.xref == "paper" and a.x == 0), key=lambda a: a.y)
    assert [a.text for a in left] == [
        *("Registre, établissements", "1 an, à 2026", "5 ans, à 2026", "10 ans, à 2026", "15 ans, à 2026"),
        *("Publié, emplois", "2007–2016", "2023", "2024"),
    ]
    depths = [a.y for a in left]
    assert [depth for depth in depths if depth in (*register.y, *published.y)] == [*register.y, *published.y]
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert plot_px / figure.layout.yaxis.range[0] == pytest.approx(ROW_PX, rel=0.01)
    assert all((below - above) * ROW_PX >= LINE_PX for above, below in pairwise([0, *depths]))


@pytest.mark.parametrize(("spans", "judged"), [([1, 5, 10, 15], 10), ([1, 5], 5), ([1, 5, 15], 5), ([15], None)])
def test_the_rate_that_judges_is_in_ink(spans: list[int], judged: int | None) -> None:
    rates = OBSERVED[(OBSERVED["basis"] == "published") | OBSERVED["span"].isin(spans)]
    register, published = _observed(rates).data
    assert list(register.marker.color) == [LIGHT.ink if span == judged else LIGHT.sector for span in spans]
    assert set(published.marker.color) == {LIGHT.neutral}, "even over the span that judges"


@pytest.mark.parametrize("rate", [-1.0, 0.0, 3.0, 40.0])
@pytest.mark.parametrize(("language", "word"), [("fr", "supposé"), ("en", "assumed")])
def test_the_supposed_rate_is_a_line_that_says_so(rate: float, language: str, word: str) -> None:
    figure = _observed(rate_pct=rate, language=language)
    zero, supposed = figure.layout.shapes
    assert (zero.x0, zero.x1, zero.line.color) == (0, 0, LIGHT.hair)
    assert (supposed.x0, supposed.x1, supposed.line.color) == (rate, rate, LIGHT.ink)
    (label,) = [a for a in figure.layout.annotations if a.text.startswith(f"<b>{word}")]
    assert (label.x, label.y, label.yref) == (rate, 1, "paper")
    low, high = figure.layout.xaxis.range
    assert low < min(-3.0, rate) < max(12.4, rate) < high, "the axis holds bars and line"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "fr",
            ["+2,1\u202f%", "+0,04\u202f%", "+2,3\u202f%", "+12\u202f%", "+1,1\u202f%", "−0,3\u202f%", "−3,0\u202f%"],
        ),
        ("en", ["+2.1%", "+0.04%", "+2.3%", "+12%", "+1.1%", "−0.3%", "−3.0%"]),
    ],
)
def test_rates_have_their_sign(language: str, expected: list[str]) -> None:
    figure = _observed(language=language)
    right = [a for a in figure.layout.annotations if a.xref == "paper" and a.x == 1]
    assert [a.text for a in right] == [f"<b>{text}</b>" for text in expected]
    assert [a.y for a in right] == [*figure.data[0].y, *figure.data[1].y]


def test_a_published_rate_names_its_source_and_its_scope() -> None:
    register, published = _observed(language="en").data
    assert list(published.hovertext) == [
        "<b>2007–2016</b><br>+1.1%<br>Insee &lt;x&gt;<br>jobs, 2007 to 2016",
        "<b>2023</b><br>−0.3%<br>press",
        "<b>2024</b><br>−3.0%<br>press<br>jobs",
    ]
    assert register.hovertext[2] == "<b>10 years, to 2026</b><br>+2.3%"


def test_without_rates_of_a_kind_its_head_is_not_there() -> None:
    of_papers = _observed(OBSERVED[OBSERVED["basis"] == "published"])
    assert [trace.name for trace in of_papers.data] == ["published"]
    assert "Registre, établissements" not in texts(of_papers)
    none = _observed(OBSERVED[:0])
    assert not none.data
    assert texts(none) == ["<b>supposé 3\u202f%</b>"]
