"""Which result tables a workbook holds, in which order, and how each is put into words.

Values are those of ``analytics.tables``, unrounded; keys become words, and a column whose name means something else in
another table takes one of its own, by which its head and its definition are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics.errors import UserError
from analytics.export import steps
from analytics.export.asked import Asked
from analytics.export.book_charts import Chart, Line
from analytics.export.sections import cluster
from analytics.export.sections.recruitment import thresholds_in_words
from analytics.export.sections.words import has_roster
from analytics.export.worksheets import Kind
from analytics.tables import STABILITY_QUESTIONS, scenario_rates, size_label
from analytics.text import coverage_findings, findings, growth_findings, recruitment_findings, towns_findings
from analytics.view import View

MOST_PROSPECTS = 500
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("year", "first_year", "last_year"), "year"),
    **dict.fromkeys(
        ("expected_members", "members_missing", "added_members", "score", "added_demand", "gain"), "decimal"
    ),
    **dict.fromkeys(("staff", "firms_per_staff", "members_per_staff", "mean_km", "antenna_km"), "decimal"),
    **dict.fromkeys(("recruits", "members_alone", "plan_members", "dues_members", "years"), "decimal"),
    **dict.fromkeys(("ratio", "ratio_shrunk", "ratio_low", "ratio_high", "ratio_low_95", "ratio_high_95"), "ratio"),
    **dict.fromkeys(("p_value", "q_value"), "probability"),
    **dict.fromkeys(("probability_under", "probability_under_rate", "optimality_gap"), "share"),
    **dict.fromkeys(("eur", "added_dues_eur"), "euro"),
    "staff_per_1000_firms": "ratio",
    "threshold": "decimal",
    "member_share_pct": "fine_percent",
}
# What is nothing, not zero, where no roster is loaded.
_OF_ROSTER = {
    "members",
    "member_jobs",
    "firm_penetration_pct",
    "firm_penetration_low_pct",
    "firm_penetration_high_pct",
    "job_penetration_pct",
    "verdict",
    "expected_members",
    "members_missing",
    "members_per_staff",
    "members_pct",
    "times_missing",
}


class Sheet(NamedTuple):
    """A sheet of the workbook.

    Attributes
    ----------
    key
        Names it in the catalogues (``book.sheet_*``, ``book.method_*``), and its Excel table in formulas.
    command
        How the command line is asked for the same figures; empty where it has no table of them.
    make, tell
        The rows, and what they say in a sentence, empty where nothing is to be said.
    draw
        The chart that goes with it.
    needs_roster
        Whether it says nothing without one.
    """

    key: str
    command: str
    make: Callable[[Asked], pd.DataFrame]
    tell: Callable[[Asked, pd.DataFrame], str]
    draw: Callable[[View], Chart] | None = None
    needs_roster: bool = False


class Told(NamedTuple):
    """A sheet with its rows and their sentence."""

    sheet: Sheet
    rows: pd.DataFrame
    finding: str


class Untold(NamedTuple):
    """A sheet that the data or the view cannot tell, and why."""

    sheet: Sheet
    reason: str


def ask(asked: Asked, sheet: Sheet) -> Told | Untold:
    """Return the rows of a sheet, or the sentence that says why there are none."""
    is_loaded = has_roster(asked)
    if sheet.needs_roster and not is_loaded:
        return Untold(sheet, asked.t("book.no_roster"))
    try:
        rows = sheet.make(asked)
        if rows.empty:
            return Untold(sheet, sheet.tell(asked, rows) or asked.t("book.empty"))
        kept = rows if is_loaded else rows.drop(columns=[name for name in rows if name in _OF_ROSTER])
        return Told(sheet, kept, sheet.tell(asked, rows))
    except UserError as error:
        return Untold(sheet, error.message(asked.t.language))


def kind_of(column: str, values: pd.Series) -> Kind:
    """Return how a column is stored and shown."""
    if not pd.api.types.is_numeric_dtype(values):
        return "text"
    return KINDS.get(column, "percent" if column.endswith("_pct") else "whole")


def _totals(asked: Asked) -> pd.DataFrame:
    return asked.table("region_totals").drop(columns="area_code")


def _compared(level: str) -> Sheet:
    """Return the sheet of firms and members by department, segment or size."""

    def make(asked: Asked) -> pd.DataFrame:
        rows = asked.table("comparison", level=level, language=asked.t.language)
        told = rows["verdict"].where(rows["verdict"] != "empty")
        worded = rows.assign(verdict=_words(told, asked, "book.verdict_"))
        if level == "department":
            return worded.rename(columns={"area_code": "department_code"})
        return worded.drop(columns="area_code")

    def tell(asked: Asked, rows: pd.DataFrame) -> str:
        del rows
        return findings.rates_title(
            asked.table("comparison", level=level, language=asked.t.language), asked.t, level=level
        )

    limits = ("firm_penetration_low_pct", "firm_penetration_high_pct")
    chart = Chart("intervals", "area_name", (Line(limits[1]), Line(limits[0]), Line("firm_penetration_pct", "ours")))
    return Sheet(level, f"penetration --level {level}", make, tell, lambda _: chart)


def _shrunk(asked: Asked) -> pd.DataFrame:
    return asked.table("shrunk_penetration").rename(columns={"area_code": "department_code"})


def _towns(asked: Asked) -> pd.DataFrame:
    rows = asked.table("towns_in_full")
    shown = rows[[*asked.table("towns").columns, "verdict", "nearest_antenna", "antenna_km"]]
    return shown.assign(
        cluster=_words(shown["cluster"], asked, "book.cluster_"),
        verdict=_words(shown["verdict"], asked, "chart.verdict_"),
    )


def _tell_towns(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    return towns_findings.headline(asked.table("towns_in_full"), asked.t, level=asked.view.level)


def _under(asked: Asked) -> pd.DataFrame:
    rows = asked.table("towns_in_full")
    ordered = rows[rows["verdict"] == "under"].sort_values("members_missing", ascending=False)
    columns = ["area_name", "firms", "members", "expected_members", "members_missing", "ratio_shrunk"]
    return ordered[[*columns, "nearest_antenna", "antenna_km"]].reset_index(drop=True)


def _tell_under(asked: Asked, rows: pd.DataFrame) -> str:
    towns = asked.table("towns_in_full")
    return towns_findings.ranking_title(towns, asked.t) if len(rows) else _tell_towns(asked, rows)


def _coverage(asked: Asked) -> pd.DataFrame:
    return coverage_findings.with_network(asked.table("coverage"), asked.t)


def _tell_coverage(asked: Asked, rows: pd.DataFrame) -> str:
    totals = asked.table("coverage_totals").iloc[0]
    return coverage_findings.map_title(totals, rows.iloc[-1], asked.t, view=asked.view)


def _nearness(asked: Asked) -> pd.DataFrame:
    return coverage_findings.with_bands(asked.table("nearness"), asked.t, unit=asked.view.unit)


def _next(asked: Asked) -> pd.DataFrame:
    rows = asked.table("next_antennas")
    return rows.assign(chosen_by_greedy=coverage_findings.yes_or_no(rows["chosen_by_greedy"], asked.t))


def _tell_next(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    summary, answer = asked.table("siting_summary").iloc[0], asked.table("next_antennas_in_full")
    return coverage_findings.headline(summary, answer, asked.t, view=asked.view)


def _stability(asked: Asked) -> pd.DataFrame:
    rows = asked.table("stability")
    named = rows.rename(columns={"is_first_nearby": "first_nearby"})
    return named.assign(first_nearby=coverage_findings.yes_or_no(rows["is_first_nearby"], asked.t))


def _tell_stability(asked: Asked, rows: pd.DataFrame) -> str:
    return coverage_findings.stability_title(rows, asked.t, asked=STABILITY_QUESTIONS)


def _offices(asked: Asked) -> pd.DataFrame:
    rows = asked.table("offices_needed")
    named = rows.rename(columns={"share_pct": "wanted_pct", "is_proven": "proven"})
    return named.assign(proven=coverage_findings.yes_or_no(rows["is_proven"], asked.t))


def _move(asked: Asked) -> pd.DataFrame:
    return asked.table("move").rename(columns={"closed": "moved_antenna"})


def _history(asked: Asked) -> pd.DataFrame:
    return asked.table("history_in_full").drop(columns="is_complete")


def _tell_history(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    return growth_findings.history_title(asked.table("history_in_full"), asked.t)


def _growth(asked: Asked) -> pd.DataFrame:
    """Return the projection with its scenarios, to whole firms and jobs as ``tables.growth`` gives it."""
    rows, full = asked.table("growth"), asked.table("growth_in_full")
    scenarios = [name for name in full if str(name).endswith(("_low", "_high"))]
    return rows.join(full[scenarios].astype("float64").round().astype("Int64")).dropna(axis="columns", how="all")


def _tell_growth(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    full = asked.table("growth_in_full")
    return growth_findings.fan_title(full, asked.t, measure=asked.view.measure, rate_pct=_rate_pct(asked))


def _draw_growth(view: View) -> Chart:
    low, high = (Line(f"{view.measure}_{end}", "neutral", is_dashed=True) for end in ("low", "high"))
    return Chart("lines", "year", (high, Line(view.measure, "ink"), low))


def _observed(asked: Asked) -> pd.DataFrame:
    rows, language = asked.table("observed_growth"), asked.t.language
    named = rows.assign(
        basis=_words(rows["basis"], asked, "chart.rates_"),
        scope=rows[f"scope_{language}"],
        source=rows[f"source_{language}"],
        date=rows["date"].map(lambda day: findings.published_on(day, asked.t), na_action="ignore"),
    )
    return named[["basis", "span", "first_year", "last_year", "rate_pct", "scope", "source", "date"]]


def _tell_observed(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    return growth_findings.observed_title(asked.table("observed_growth"), asked.t, rate_pct=_rate_pct(asked))


def _membership(asked: Asked) -> pd.DataFrame:
    full = asked.table("membership_in_full")[["members_alone", "falling_pct"]]
    rows = asked.table("membership").join(full)
    return rows.rename(columns={"members": "plan_members", "share_pct": "member_share_pct"})


def _tell_membership(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    answer, basis = asked.table("membership_answer").iloc[0], asked.table("membership_basis").iloc[0]
    return growth_findings.answer_sentence(answer, basis, asked.t, view=asked.view)


def _tell_staying(asked: Asked, rows: pd.DataFrame) -> str:
    try:
        basis = asked.table("membership_basis").iloc[0]
    except UserError:
        # A plan that cannot be answered changes nothing of how long members stayed.
        return ""
    return growth_findings.staying_title(basis, rows, asked.t)


def _budget(asked: Asked) -> pd.DataFrame:
    rows = asked.table("budget")
    named = rows.rename(columns={"members": "dues_members"})
    return named.assign(item=_words(rows["item"], asked, "growth.item_"))


def _tell_budget(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    return growth_findings.budget_title(asked.table("budget_parts").iloc[0], asked.t, view=asked.view)


def _axes(asked: Asked) -> pd.DataFrame:
    return asked.table("axes").rename(columns={"share_pct": "axis_share_pct"})


def _prospect_totals(asked: Asked) -> pd.DataFrame:
    return asked.table("prospect_totals", language=asked.t.language).drop(columns="segment")


def _white_space(asked: Asked) -> pd.DataFrame:
    rows = asked.table("white_space", language=asked.t.language)
    named = rows.assign(
        verdict=_words(rows["verdict"], asked, "chart.verdict_"),
        segment_verdict=_words(rows["segment_verdict"], asked, "chart.verdict_"),
    )
    named.insert(0, "size_name", _words(rows["size_class"], asked, "size.class_"))
    named.insert(0, "segment_name", named.pop("segment_name"))
    return named.drop(columns=["segment", "size_class"])


def _tell_white_space(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    table = asked.table("white_space", language=asked.t.language)
    return recruitment_findings.white_space_title(table, asked.t)


def _thresholds(asked: Asked) -> pd.DataFrame:
    return thresholds_in_words(asked).rename(columns={"size_label": "size_name"})


def _tell_thresholds(asked: Asked, rows: pd.DataFrame) -> str:
    del rows
    return recruitment_findings.thresholds_sentence(asked.table("thresholds"), asked.t)


def _prospects(asked: Asked) -> pd.DataFrame:
    rows = asked.table("prospects", limit=MOST_PROSPECTS, language=asked.t.language)
    segments = asked.settings.segment_names(asked.t.language)
    named = rows.rename(columns={"segment": "segment_name", "size_code": "size_label"})
    return named.assign(
        segment_name=[segments[key] for key in rows["segment"]],
        size_label=[size_label(asked.t, code) for code in rows["size_code"]],
    )


def _tell_prospects(asked: Asked, rows: pd.DataFrame) -> str:
    t, listed = asked.t, int(asked.table("plan").iloc[0]["listed"])
    if listed > len(rows):
        return t("recruitment.list_first", shown=t.number(len(rows)), listed=t.number(listed))
    return t.plural("recruitment.list_all", listed) if listed else t("recruitment.list_none")


def _nothing(asked: Asked, rows: pd.DataFrame) -> str:
    del asked, rows
    return ""


def _rate_pct(asked: Asked) -> float:
    return scenario_rates(asked.view, asked.settings)["central"]


def _words(keys: Iterable[object], asked: Asked, prefix: str) -> np.ndarray:
    """Return the word of each key; null where the key is."""
    words = [asked.t(f"{prefix}{key}") if isinstance(key, str) else None for key in keys]
    return np.array(words, dtype="object")


_CURVE = Chart(
    "curves",
    "threshold",
    (
        Line("members_pct", "ours"),
        Line("firms_pct", "ink"),
        Line("jobs_pct", "neutral"),
        Line("population_pct", "sector"),
    ),
)
_REACH = Chart("bars", "antenna", (Line("firms", "sector"), Line("firms_only_here", "ink")), without_last=1)
_LACKING = Chart("bars", "area_name", (Line("members", "ours"), Line("expected_members", "sector")))
_BY_DISTANCE = Chart("intervals", "band", (Line("ratio_high_95"), Line("ratio_low_95"), Line("ratio", "ours")))
_TURNOVER = Chart("columns", "year", (Line("opened", "ink"), Line("closed", "sector")))
_PATH = Chart("lines", "year", (Line("plan_members", "ours"), Line("members_alone", "neutral", is_dashed=True)))
_AXES = Chart("bars", "axis", (Line("members", "ours"),))
_TO_VISIT = Chart("bars", "segment_name", (Line("prospects", "sector"),))
_MONEY = Chart("bars", "item", (Line("eur", "ours"),))


def _coverage_notes(asked: Asked) -> list[str]:
    t, measured = asked.t, asked.table("measured").iloc[0]
    found = list(coverage_findings.note_sentences(asked.table("reach_notes"), t, view=asked.view))
    return [coverage_findings.measured_sentence(measured, t), *found] if asked.view.unit == "min" else found


def _next_notes(asked: Asked) -> list[str]:
    t, view = asked.t, asked.view
    summary, answer = asked.table("siting_summary").iloc[0], asked.table("next_antennas_in_full")
    told = coverage_findings.note_sentences(asked.table("siting_notes"), t, view=view)
    sure = coverage_findings.proof_sentence(summary, answer, t, view=view)
    return [*told, coverage_findings.enough_sentence(summary, answer, t, view=view), sure, t("coverage.next_note")]


def _growth_notes(asked: Asked) -> list[str]:
    return list(growth_findings.note_sentences(asked.table("growth_notes"), asked.t))


def _membership_notes(asked: Asked) -> list[str]:
    t, view = asked.t, asked.view
    answer, basis = asked.table("membership_answer").iloc[0], asked.table("membership_basis").iloc[0]
    return [
        growth_findings.visits_sentence(answer, t, view=view),
        growth_findings.churn_sentence(basis, t),
        growth_findings.members_note(basis, t),
    ]


def _budget_notes(asked: Asked) -> list[str]:
    parts, basis = asked.table("budget_parts").iloc[0], asked.table("membership_basis").iloc[0]
    answer = asked.table("membership_answer").iloc[0]
    return [
        growth_findings.dues_sentence(parts, asked.t, of_selection=not asked.view.selects_all),
        growth_findings.budget_sentence(parts, basis, answer, asked.t),
    ]


# What a reader of some sheets must know besides, in sentences; empty ones say nothing.
NOTES: dict[str, Callable[[Asked], list[str]]] = {
    **dict.fromkeys(("coverage", "curve", "overlaps", "nearness"), _coverage_notes),
    "next": _next_notes,
    "growth": _growth_notes,
    "history": lambda asked: [asked.t("growth.history_break"), asked.t("growth.history_limits"), *_growth_notes(asked)],
    "membership": _membership_notes,
    "budget": _budget_notes,
    "prospects": lambda asked: [asked.t("recruitment.definition_left_out")],
}

# In the order in which a board reads: the sector and the cluster, where, within whose reach, what is to come, whom to
# call.
SHEETS: tuple[Sheet, ...] = (
    Sheet("totals", "", _totals, lambda asked, _: cluster.headline(asked)),
    *(_compared(level) for level in ("department", "segment", "size_class")),
    Sheet("shrunk", "shrunk-penetration", _shrunk, _nothing, needs_roster=True),
    Sheet("under", "towns", _under, _tell_under, lambda _: _LACKING, needs_roster=True),
    Sheet("towns", "towns", _towns, _tell_towns, needs_roster=True),
    Sheet("coverage", "coverage", _coverage, _tell_coverage, lambda _: _REACH),
    Sheet(
        "curve",
        "coverage-curve",
        lambda asked: asked.table("coverage_curve"),
        lambda asked, rows: coverage_findings.curve_title(rows, asked.t, view=asked.view),
        lambda _: _CURVE,
    ),
    Sheet(
        "overlaps",
        "overlaps",
        lambda asked: asked.table("overlaps"),
        lambda asked, rows: coverage_findings.overlap_sentence(rows, asked.t),
    ),
    Sheet("territories", "territories", lambda asked: asked.table("territories"), _nothing),
    Sheet(
        "nearness",
        "nearness",
        _nearness,
        lambda asked, _: coverage_findings.nearness_title(asked.table("nearness"), asked.t, unit=asked.view.unit),
        lambda _: _BY_DISTANCE,
        needs_roster=True,
    ),
    Sheet("next", "next-antennas", _next, _tell_next),
    Sheet("stability", "stability", _stability, _tell_stability),
    Sheet(
        "offices",
        "offices-needed",
        _offices,
        lambda asked, _: coverage_findings.offices_sentence(asked.table("offices_needed"), asked.t),
    ),
    Sheet(
        "move",
        "move",
        _move,
        lambda asked, _: coverage_findings.move_sentence(asked.table("move"), asked.t, view=asked.view),
    ),
    Sheet("history", "history", _history, _tell_history, lambda _: _TURNOVER),
    Sheet("growth", "growth", _growth, _tell_growth, _draw_growth),
    Sheet("observed", "observed-growth", _observed, _tell_observed),
    Sheet("membership", "membership", _membership, _tell_membership, lambda _: _PATH, needs_roster=True),
    Sheet(
        "staying",
        "staying",
        lambda asked: asked.table("staying"),
        _tell_staying,
        needs_roster=True,
    ),
    Sheet("budget", "budget", _budget, _tell_budget, lambda _: _MONEY, needs_roster=True),
    Sheet("axes", "axes", _axes, lambda asked, _: cluster.axes(asked).title, lambda _: _AXES, needs_roster=True),
    Sheet("white_space", "white-space", _white_space, _tell_white_space, needs_roster=True),
    Sheet("prospect_totals", "prospect-totals", _prospect_totals, _nothing, lambda _: _TO_VISIT),
    Sheet("thresholds", "thresholds", _thresholds, _tell_thresholds),
    Sheet("prospects", f"prospects --limit {MOST_PROSPECTS}", _prospects, _tell_prospects),
    Sheet("bridge", "bridge", lambda asked: steps.in_words(asked, asked.table("bridge")), _nothing),
)
