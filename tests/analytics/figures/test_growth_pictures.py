"""The six figures of growth: what is drawn is what was given, names stand apart, and what is unknown is not drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.figures import growth_fan as fan_module
from analytics.figures.base import scale_notes, steps
from analytics.figures.growth_fan import growth_fan
from analytics.figures.labels import LINE_PX, parted
from analytics.figures.membership_path import membership_path
from analytics.figures.observed_rates import observed_rates
from analytics.figures.palette import LIGHT
from analytics.figures.staying import staying
from analytics.figures.turnover import turnover
from analytics.figures.waterfall import waterfall
from analytics.text import translator
from tests.analytics.figures.area_tables import colors_of, colors_used, texts

LOOK: dict[str, Any] = {"palette": LIGHT, "language": "fr"}
PAST = pd.DataFrame({"year": [2023, 2024, 2025, 2026], "open": [90, 95, 98, 100]})
ROWS = pd.DataFrame(
    {
        "year": [2026, 2027, 2028],
        "firms": [100.0, 103.0, 106.1],
        "firms_low": [100.0, 101.0, 102.0],
        "firms_high": [100.0, 105.0, 110.3],
        "jobs": [400.0, 412.0, 424.4],
        "jobs_low": [400.0, 404.0, 408.0],
        "jobs_high": [400.0, 420.0, 441.0],
        "firms_p2_5": [100.0, 98.0, 97.0],
        "firms_p10": [100.0, 100.0, 101.0],
        "firms_p25": [100.0, 102.0, 104.0],
        "firms_p50": [100.0, 103.0, 106.0],
        "firms_p75": [100.0, 104.0, 108.0],
        "firms_p90": [100.0, 106.0, 112.0],
        "firms_p97_5": [100.0, 108.0, 116.0],
    }
)
POINTS = pd.DataFrame(
    {
        "year": [2024, 2024],
        "value": [110.0, 111.0],
        "source_fr": ["La <b>Gazette</b>", "Insee"],
        "source_en": ["The Gazette", "Insee"],
        "scope_fr": [None, "tout le monde"],
        "scope_en": [None, "everybody"],
    }
)
RATES = {"low": 1.0, "central": 3.0, "high": 5.0}
HISTORY = pd.DataFrame(
    {
        "year": [2024, 2025, 2026],
        "open": [100, 110, 104],
        "opened": [20, 4, 5],
        "closed": [10, 8, 1],
        "recoded": [0, -2, 0],
        "net_rate_pct": [10.0, -3.6, np.nan],
        "is_complete": [True, True, False],
    }
)
PLAN = pd.DataFrame(
    {
        "year": [2026, 2027, 2028],
        "members": [10.0, 12.0, 14.0],
        "members_alone": [10.0, 9.0, 8.1],
        "firms": [100.0, 103.0, 106.1],
        "share_pct": [10.0, 11.65, 13.2],
        "recruits": [np.nan, 3.0, 3.2],
    }
)
CURVE = pd.DataFrame(
    {
        "years": [0.0, 1.0, 2.5, 4.2],
        "at_risk": [20.0, 20.0, 15.0, 10.0],
        "departures": [0.0, 2.0, 3.0, 0.0],
        "staying_pct": [100.0, 90.0, 72.0, 72.0],
        "low_pct": [100.0, 70.0, 50.0, 50.0],
        "high_pct": [100.0, 97.0, 88.0, 88.0],
    }
)
STEPS = pd.DataFrame(
    {
        "step": ["start", "opened", "closed", "end"],
        "name": ["31 déc. 2025", "Ouvertes <i>", "Fermées", "31 oct. 2026"],
        "change": [0, 8, -3, 0],
        "level": [100, 108, 105, 105],
    }
)


def _fan(**more: Any) -> go.Figure:
    given: dict[str, Any] = {"past": PAST, "rows": ROWS, "points": POINTS, "start": 2026.5, "measure": "firms"} | more
    rows = [given.pop(name) for name in ("past", "rows", "points")]
    return growth_fan(*rows, rates=given.pop("rates", RATES), **given, **LOOK)


def _traces(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def test_each_band_goes_up_one_limit_and_back_the_other() -> None:
    traces = _traces(_fan())
    assert list(traces)[:3] == ["fan-p2_5", "fan-p10", "fan-p25"], "widest first, or it would cover the others"
    band = traces["fan-p10"]
    assert list(band.x) == [2026.5, 2027.5, 2028.5, 2028.5, 2027.5, 2026.5]
    assert list(band.y) == [100, 106, 112, 101, 100, 100]
    assert [traces[f"fan-{p}"].fillcolor for p in ("p2_5", "p10", "p25")] == [LIGHT.land, LIGHT.hair, LIGHT.sector]


def test_past_published_and_projection_are_three_things() -> None:
    traces = _traces(_fan())
    assert list(traces["past"].y) == [90, 95, 98, 100]
    assert list(traces["published"].x) == [2024, 2024]
    assert [traces[name].line.dash for name in ("low", "central", "high")] == ["dot", "solid", "dot"]
    hover = traces["published"].hovertext[0]
    assert "La &lt;b&gt;Gazette&lt;/b&gt;" in hover
    assert "tout le monde" in traces["published"].hovertext[1]
    assert "quatre fois sur cinq entre 101 et 112" in traces["hover"].hovertext[2]


def test_jobs_have_neither_past_nor_fan() -> None:
    figure = _fan(measure="jobs")
    assert set(_traces(figure)) == {"high", "central", "low", "hover", "published"}
    assert "Établissements ouverts" not in texts(figure)


def test_what_is_not_known_is_not_drawn() -> None:
    figure = _fan(rows=ROWS.assign(firms_high=np.nan), rates=RATES | {"high": None}, past=PAST[:0], points=POINTS[:0])
    assert not {"high", "past", "published"} & set(_traces(figure))
    assert not [text for text in texts(figure) if "à 5" in text]
    untold = _fan(measure="jobs", rows=ROWS.assign(jobs=np.nan, jobs_low=np.nan, jobs_high=np.nan), points=POINTS[:0])
    assert set(_traces(untold)) == set()


@pytest.mark.parametrize("measure", ["firms", "jobs"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_axis_holds_everything_and_no_name_covers_another(measure: str, language: str) -> None:
    rows = ROWS.assign(firms_low=105.9, firms_high=106.2)
    figure = growth_fan(
        PAST, rows, POINTS, start=2026.5, measure=measure, rates=RATES, palette=LIGHT, language=language
    )
    bottom, top = figure.layout.yaxis.range
    for trace in figure.data:
        assert all(bottom <= value <= top for value in trace.y)
    last = max(figure.data[0].x)
    step = (top - bottom) * LINE_PX / fan_module.PLOT_HEIGHT
    for x in (last, 2024):
        heights = sorted(note.y for note in figure.layout.annotations if note.x == x and note.xref != "paper")
        assert len(heights) >= 2
        assert all(high - low >= step * 0.999 for low, high in pairwise(heights))
    assert colors_used(figure) <= colors_of()


def test_the_point_that_is_the_base_is_named_on_its_left() -> None:
    sides = {
        start: next(
            note.xanchor for note in _fan(start=start).layout.annotations if note.text == "110" and note.x == 2024
        )
        for start in (2024.0, 2026.5)
    }
    assert sides == {2024.0: "right", 2026.5: "left"}


@given(st.floats(1, 1e7), st.floats(0, 0.9))
def test_ticks_are_round_few_and_inside(top: float, share: float) -> None:
    bottom = share * top
    ticks = steps(top, bottom=bottom)
    assert all(bottom <= tick <= top for tick in ticks)
    assert len(ticks) <= 9
    gaps = {round(b - a, 6) for a, b in pairwise(ticks)}
    assert len(gaps) <= 1
    for gap in gaps:
        digits = f"{gap:g}".replace(".", "").replace("e+", "0").strip("0")
        assert digits[:2] in {"1", "2", "25", "5"} or digits[:1] in {"1", "2", "5"}


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_parted_names_are_a_line_apart_and_none_is_too_low(heights: list[float]) -> None:
    found = parted(sorted(heights, reverse=True), step=5.0, lowest=2.5)
    assert all(high - low >= 5.0 - 1e-9 for high, low in pairwise(found))
    assert found[-1] >= 2.5
    assert parted([90.0, 50.0], step=5.0, lowest=0.0) == [90.0, 50.0]


def test_numbers_of_an_axis_have_no_sign_and_no_zero() -> None:
    notes = scale_notes([-1_250, 0, 1_500], palette=LIGHT, t=translator("fr"))
    assert [note["text"] for note in notes] == ["1\u202f250", "1\u202f500"]
    assert [note["y"] for note in notes] == [-1_250, 1_500]


def test_rates_of_the_register_stand_over_the_published_ones() -> None:
    rates = pd.DataFrame(
        {
            "basis": ["register", "register", "published"],
            "span": [1, 10, 1],
            "first_year": [2025, 2016, 2023],
            "last_year": [2026, 2026, 2024],
            "rate_pct": [2.1, 2.3, -3.0],
            "source_fr": [None, None, "Insee <x>"],
            "scope_fr": [None, None, "emplois"],
        }
    )
    figure = observed_rates(rates, rate_pct=3.0, **LOOK)
    register, published = figure.data
    assert list(register.x) == [2.1, 2.3]
    assert list(register.marker.color) == [LIGHT.sector, LIGHT.ink], "the one that judges is in ink"
    assert max(register.y) < min(published.y)
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first is on top"
    assert list(published.x) == [-3]
    assert figure.layout.xaxis.range[0] < -3
    assert [shape.x0 for shape in figure.layout.shapes] == [0, 3]
    assert {"<b>supposé 3\u202f%</b>", "1 an, à 2026", "10 ans, à 2026", "2024", "<b>+2,1\u202f%</b>"} <= set(
        texts(figure)
    )
    assert "Insee &lt;x&gt;" in published.hovertext[0]
    assert colors_used(figure) <= colors_of()
    assert len(observed_rates(rates[:0], rate_pct=3.0, **LOOK).data) == 0


def test_what_closed_hangs_under_the_line_and_a_year_underway_is_paler() -> None:
    figure = turnover(HISTORY, **LOOK)
    opened, closed, net = figure.data
    assert list(opened.y) == [20, 4, 5]
    assert list(closed.y) == [-10, -8, -1]
    assert list(net.y) == [10, -4, 4]
    assert opened.marker.opacity[2] < opened.marker.opacity[1] == 1
    assert (
        opened.hovertext[1]
        == "<b>2025</b><br>4 ouverts, 8 fermés<br>solde \u22123,6\u202f%<br>passage à la NAF 2025\u202f: \u22122"
    )
    assert "solde" not in opened.hovertext[2]
    assert texts(figure).count("NAF 2025") == 1
    assert "NAF 2025" not in texts(turnover(HISTORY.assign(recoded=0), **LOOK))
    assert {"2024", "2026"} <= set(texts(figure))
    assert colors_used(figure) <= colors_of()


@pytest.mark.parametrize(("target", "is_named"), [(14.0, False), (14.4, False), (14.6, True), (30.0, True)])
def test_the_target_is_named_where_the_plan_ends_elsewhere(target: float, is_named: bool) -> None:
    figure = membership_path(PLAN, target=target, **LOOK)
    traces = _traces(figure)
    assert list(traces["plan"].y) == [10, 12, 14]
    assert list(traces["alone"].y) == [10, 9, 8.1]
    assert list(traces["target"].y) == [target]
    assert any("visés" in text for text in texts(figure)) == is_named
    assert figure.layout.yaxis.range[1] > max(target, 14)
    assert "3,2 recrues dans l’année" in traces["years"].hovertext[2]
    assert "recrues" not in traces["years"].hovertext[0]
    assert colors_used(figure) <= colors_of()


def test_the_curve_steps_down_with_its_band_and_the_supposed_churn() -> None:
    traces = _traces(staying(CURVE, churn_pct=10.0, **LOOK))
    assert list(traces["staying"].x) == CURVE["years"].tolist()
    assert traces["staying"].line.shape == "hv"
    band = traces["limits"]
    half = len(band.x) // 2
    assert list(band.x[:half]) == [0, 1, 1, 2.5, 2.5, 4.2, 4.2, 4.2]
    assert list(band.y[:half]) == [100, 100, 97, 97, 88, 88, 88, 88]
    assert list(band.x[half:]) == list(band.x[:half])[::-1]
    churn = traces["churn"]
    assert churn.y[0] == 100
    assert churn.y[-1] == pytest.approx(100 * 0.9**4.2, abs=0.01)
    assert "15 suivis" in traces["staying"].hovertext[2]


def test_a_curve_without_limits_is_drawn_without_band() -> None:
    bare = pd.DataFrame(CURVE.assign(low_pct=np.nan, high_pct=np.nan).iloc[1:])
    traces = _traces(staying(bare, churn_pct=0.0, **LOOK))
    assert len(traces["limits"].x or ()) <= 2
    assert list(traces["staying"].y) == [90, 72, 72]


def test_each_step_begins_where_the_one_before_ended() -> None:
    figure = waterfall(STEPS, **LOOK)
    (bars,) = figure.data
    assert list(bars.base) == [100, 108]
    assert list(bars.x) == [8, -3]
    assert list(bars.y) == [1, 2], "the ends have no bar"
    assert list(bars.marker.color) == [LIGHT.ink, LIGHT.gap]
    assert {"<b>100</b>", "+8", "\u22123", "<b>105</b>", "Ouvertes &lt;i&gt;"} <= set(texts(figure))
    low, high = figure.layout.xaxis.range
    assert low < 100 < 108 < high
    assert colors_used(figure) <= colors_of()


def test_where_nothing_changed_both_ends_are_drawn() -> None:
    figure = waterfall(STEPS.iloc[[0, 3]].assign(level=100), **LOOK)
    assert list(figure.data[0].x or ()) == []
    assert texts(figure).count("<b>100</b>") == 2
    low, high = figure.layout.xaxis.range
    assert low < 100 < high


def test_a_negative_rate_stands_on_the_axis() -> None:
    rates = pd.DataFrame(
        {"basis": ["register"], "span": [10], "first_year": [2016], "last_year": [2026], "rate_pct": [2.3]}
    )
    low, high = observed_rates(rates, rate_pct=-8.0, **LOOK).layout.xaxis.range
    assert low < -8 < 2.3 < high


@pytest.mark.parametrize("churn", [0.0, 8.0, 40.0, 100.0])
@pytest.mark.parametrize("staying_pct", [92.0, 34.0, 5.0, 0.0])
def test_the_axis_holds_curve_band_and_churn(churn: float, staying_pct: float) -> None:
    known = 0 < staying_pct < 100
    curve = CURVE.assign(staying_pct=[100, 95, staying_pct, staying_pct], years=[0, 1, 6, 14.9])
    curve["low_pct"] = [100, 90, 0.8 * staying_pct, 0.8 * staying_pct] if known else [100, 90, np.nan, np.nan]
    curve["high_pct"] = [100, 99, 99, 99] if known else [100, 99, np.nan, np.nan]
    figure = staying(curve, churn_pct=churn, **LOOK)
    low, high = figure.layout.yaxis.range
    for trace in figure.data:
        assert all(low <= value <= high for value in trace.y)
    ticks = figure.layout.yaxis.tickvals
    assert ticks[-1] == 100
    assert set(np.diff(ticks)) in ({10}, {25})
    # Where limits are not known any more there is no band.
    assert max(_traces(figure)["limits"].x) == (14.9 if known else 6)


def test_short_curves_have_their_years() -> None:
    shown = {
        end: list(staying(CURVE.assign(years=np.linspace(0, end, 4)), churn_pct=5.0, **LOOK).layout.xaxis.tickvals)
        for end in (1, 2, 3, 7, 15)
    }
    assert shown == {1: [0, 1], 2: [0, 1, 2], 3: [0, 1, 2, 3], 7: [0, 2, 4, 7], 15: [*range(0, 13, 2), 15]}


@pytest.mark.parametrize("years", [2, 5, 6, 8, 9, 11, 12, 18, 31])
def test_the_year_of_the_target_is_named_and_few_others(years: int) -> None:
    plan = pd.DataFrame({name: np.linspace(10, 20, years) for name in PLAN.columns}).assign(
        year=range(2026, 2026 + years)
    )
    named = list(membership_path(plan, target=20.0, **LOOK).layout.xaxis.tickvals)
    assert named[-1] == 2025 + years
    assert len(named) <= 6
    assert len(set(np.diff(named))) <= 1


def test_a_step_of_two_and_a_half_is_told_as_such() -> None:
    notes = scale_notes(steps(12.0), palette=LIGHT, t=translator("fr"))
    assert [note["text"] for note in notes] == ["2,5", "5", "7,5", "10"]


@pytest.mark.parametrize("years", [1, 2, 6])
def test_the_years_hold_all_that_is_drawn(years: int) -> None:
    figure = _fan(rows=ROWS.assign(year=[2019, 2020, 2021]).head(years + 1), start=2019.0)
    low, high = figure.layout.xaxis.range
    for trace in figure.data:
        assert all(low <= x <= high for x in trace.x)
    assert high >= 2026


def test_the_base_that_is_drawn_first_is_named_where_there_is_room() -> None:
    figure = _fan(start=2024.0, past=PAST[:0])
    assert {note.xanchor for note in figure.layout.annotations if note.x == 2024} == {"left"}


def test_one_is_singular_in_what_the_pointer_tells() -> None:
    one = HISTORY.assign(opened=1, closed=1)
    assert "1 ouvert, 1 fermé" in turnover(one, **LOOK).data[0].hovertext[0]
    plan = _traces(membership_path(PLAN.assign(recruits=[np.nan, 1.0, 1.9]), target=1.0, **LOOK))
    assert plan["years"].hovertext[1].endswith("1 recrue dans l’année")
    assert plan["years"].hovertext[2].endswith("1,9 recrue dans l’année")
    assert any("1 visé<" in text for text in texts(membership_path(PLAN, target=1.0, **LOOK)))
    assert "<b>1 an</b>" in _traces(staying(CURVE, churn_pct=5.0, **LOOK))["staying"].hovertext[1]
    assert "1 établissement ouvert" in _traces(_fan(past=PAST.assign(open=1)))["past"].hovertext[0]
