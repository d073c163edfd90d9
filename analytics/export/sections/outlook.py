"""What the sector grows to, what that asks of the cluster, what a cut would cost, and what is next."""

from __future__ import annotations

import math

import pandas as pd

from analytics import tables
from analytics.errors import UserError
from analytics.export.asked import Asked
from analytics.export.columns import columns
from analytics.export.content import Figure, Section
from analytics.export.sections.territory import offices, towns
from analytics.export.sections.words import joined, needs_members, read_out, sources
from analytics.text import Translator, coverage_findings, findings
from analytics.text import growth_findings as growing


def growth(asked: Asked) -> Section:
    """Return what firms and jobs come to at the supposed rate, with the fan and what was observed."""
    t, view, rows = asked.t, asked.view, asked.table("growth_in_full")
    observed = asked.table("observed_growth")
    rate = tables.scenario_rates(view, asked.settings)["central"]
    last, year = rows.iloc[-1], str(int(rows["year"].iloc[-1]))
    figures = [
        Figure(t(f"story.figure_{name}_by", year=year), t.number(last[name]), t(f"story.today_{name}", **_now(rows, t)))
        for name in ("firms", "jobs")
        if pd.notna(last[name])
    ]
    figures.append(Figure(t("story.figure_rate"), growing.rate_words(rate, t), _published_rate(asked)))
    has_fan = bool(rows["firms_p10"].notna().any()) if "firms_p10" in rows else False
    names = ["year", "firms_low", "firms", "firms_high", *(["firms_p10", "firms_p90"] if has_fan else []), "jobs"]
    return Section(
        key="growth",
        title=growing.headline(rows, observed, t, rate_pct=rate, base=view.base, measure=view.measure),
        message=joined(
            growing.fan_title(rows, t, measure=view.measure, rate_pct=rate),
            growing.observed_title(observed, t, rate_pct=rate),
        ),
        figures=tuple(figures),
        table=rows,
        columns=columns(rows, names, t),
        alt=read_out(
            t,
            t("story.growth_picture", rate=growing.rate_words(rate, t)),
            [(str(int(r.year)), t.number(r.firms)) for r in (rows.iloc[0], last)],
        ),
        method=joined(t("story.growth_method"), *growing.note_sentences(asked.table("growth_notes"), t)),
        sources=sources(asked, "register"),
        short=growing.headline(rows, observed.head(0), t, rate_pct=rate, base=view.base, measure=view.measure),
    )


def plan(asked: Asked) -> Section:
    """Return how many members the target asks for, year by year."""
    needs_members(asked)
    t, view = asked.t, asked.view
    rows = asked.table("membership").rename(columns={"share_pct": "member_share_pct"})
    basis, answer = asked.table("membership_basis").iloc[0], asked.table("membership_answer").iloc[0]
    by = str(int(basis["by"]))
    figures = [
        Figure(
            t("story.figure_recruits"),
            t.tenths(growing.recruits_shown(answer["recruits"])),
            growing.recruits_total(answer, basis, t),
        ),
        Figure(t("story.figure_members_by", year=by), t.number(answer["members_by"])),
    ]
    if pd.notna(answer["visits"]):
        figures.append(Figure(t("story.figure_visits"), t.number(math.ceil(answer["visits"] - 1e-9))))
    return Section(
        key="plan",
        title=growing.answer_sentence(answer, basis, t, view=view),
        message=joined(
            growing.visits_sentence(answer, t, view=view),
            growing.falling_sentence(answer, t, view=view),
            growing.churn_sentence(basis, t),
        ),
        figures=tuple(figures),
        table=rows,
        columns=columns(rows, ["year", "members", "firms", "member_share_pct", "recruits"], t),
        alt=read_out(
            t,
            t("story.plan_picture"),
            [(str(year), t.number(members)) for year, members in zip(rows["year"], rows["members"], strict=True)],
        ),
        method=joined(t("story.plan_method"), growing.members_note(basis, t)),
        sources=sources(asked, "register", "members"),
    )


def budget(asked: Asked) -> Section:
    """Return what a cut in public grants costs in members, and what the plan brings."""
    needs_members(asked)
    t, rows = asked.t, asked.table("budget")
    parts = asked.table("budget_parts").iloc[0]
    basis, answer = asked.table("membership_basis").iloc[0], asked.table("membership_answer").iloc[0]
    named = rows.assign(item=[t(f"growth.item_{item}") for item in rows["item"]])
    figures = []
    if pd.notna(parts["lost"]):
        figures.append(Figure(t("story.figure_lost"), t("export.euro", amount=t.number(parts["lost"]))))
    if pd.notna(parts["recruits_to_offset"]):
        figures.append(Figure(t("story.figure_offset"), t.number(parts["recruits_to_offset"])))
    if pd.notna(parts["dues_per_member"]):
        figures.append(Figure(t("story.figure_dues"), t("export.euro", amount=t.number(parts["dues_per_member"]))))
    return Section(
        key="budget",
        title=growing.budget_title(parts, t, view=asked.view),
        message=joined(
            growing.budget_sentence(parts, basis, answer, t),
            growing.dues_sentence(parts, t, of_selection=not asked.view.selects_all),
        ),
        figures=tuple(figures),
        table=named,
        columns=columns(named, ["item", "eur", "members"], t),
        alt=read_out(
            t,
            t("story.budget_picture"),
            [
                (str(r.item), t("export.euro", amount=t.number(float(str(r.eur)))))
                for r in named.dropna(subset=["eur"]).itertuples()
            ],
        ),
        method=t("story.budget_method"),
        sources=t("story.between_sources").join(filter(None, (sources(asked, "members"), _published_budget(asked)))),
    )


def what_is_next(asked: Asked) -> Section:
    """Return the three steps that the other findings call for: recruits, offices, towns."""
    t = asked.t
    all_steps = {"recruits": _recruits(asked), "offices": _offices(asked), "towns": _towns(asked)}
    steps = [step for step in all_steps.values() if step]
    if not steps:
        raise UserError("story.no_step")
    called = findings.listed([t(f"story.step_{name}") for name, step in all_steps.items() if step], t)
    how_many = t(f"coverage.numeral_{len(steps)}").lower() if len(steps) > 1 else ""
    table = pd.DataFrame(steps, columns=["figure", "value", "where"])
    return Section(
        key="next",
        title=t.plural("story.next_title", len(steps), steps=how_many),
        message=t("story.next_message", steps=called[:1].upper() + called[1:]),
        figures=tuple(Figure(figure, value, where) for figure, value, where in steps),
        table=table,
        columns=columns(table, list(table.columns), t),
        alt=read_out(t, t("story.next_picture"), [(figure, value) for figure, value, _ in steps]),
        method=t("story.next_method"),
        sources=sources(asked, "register", "members"),
    )


def _recruits(asked: Asked) -> tuple[str, str, str] | None:
    try:
        told = plan(asked)
    except UserError:
        return None
    # Of a small part the plan may come to less than one recruit in all: no step to announce.
    if asked.table("membership_answer")["recruits_total"].iloc[0] < 1:
        return None
    basis = asked.table("membership_basis").iloc[0]
    where = asked.t("story.next_by", year=str(int(basis["by"])), members=told.figures[1].value)
    return asked.t("story.next_recruits"), told.figures[0].value, where


def _offices(asked: Asked) -> tuple[str, str, str] | None:
    told = offices(asked)
    if not told.figures:
        return None
    places = [coverage_findings.at_place(name, asked.t) for name in told.table["commune_name"]]
    where = asked.t.plural("story.next_places", len(places), places=findings.listed(places, asked.t))
    return asked.t(f"story.next_{asked.view.demand}"), told.figures[0].value, where


def _towns(asked: Asked) -> tuple[str, str, str] | None:
    try:
        told = towns(asked)
    except UserError:
        return None
    if not (asked.table("towns_in_full")["verdict"] == "under").any():
        return None
    names = findings.listed([str(name) for name in told.table["area_name"]], asked.t, at_most=3)
    return asked.t("story.next_missing"), told.figures[0].value, names


def _now(rows: pd.DataFrame, t: Translator) -> dict[str, str]:
    """Return what there is today, as the texts name it."""
    first = rows.iloc[0]
    told = {name: "" if pd.isna(first[name]) else t.number(first[name]) for name in ("firms", "jobs")}
    return {**told, "year": str(int(first["year"]))}


def _published_rate(asked: Asked) -> str:
    said = asked.settings.reference_figure("growth_pct_per_year")
    if said is None:
        return ""
    return asked.t(
        "story.published_rate",
        value=findings.published_value(said, asked.t),
        where=findings.published_in(said, asked.t),
    )


def _published_budget(asked: Asked) -> str:
    said = asked.settings.reference_figure("budget_eur")
    return "" if said is None else findings.published_in(said, asked.t)
