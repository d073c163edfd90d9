"""Whom to recruit, in totals: no firm is named."""

from __future__ import annotations

import pandas as pd

from analytics import tables
from analytics.export.asked import Asked
from analytics.export.columns import columns
from analytics.export.content import Figure, Section
from analytics.export.sections.words import joined, needs_members, read_out, sources
from analytics.text import recruitment_findings


def recruitment(asked: Asked) -> Section:
    """Return how many firms there are to call, by segment, and what a year of visits should bring."""
    needs_members(asked)
    t = asked.t
    rows = asked.table("prospect_totals", language=t.language)
    cells, plan = asked.table("white_space", language=t.language), asked.table("plan").iloc[0]
    added = tables.quartile_totals(cells).iloc[0]
    quartile = recruitment_findings.upper_quartile_sentence(
        t, members=added["added_members"], jobs=added["added_jobs"], fees=added["added_dues_eur"]
    )
    names = ["segment_name", "prospects", "jobs_estimate", "firms", "members", "expected_members", "members_missing"]
    return Section(
        key="recruitment",
        title=recruitment_findings.white_space_title(cells, t),
        message=joined(planned(asked), quartile),
        figures=(
            Figure(t("story.figure_prospects"), t.number(rows["prospects"].sum())),
            Figure(t("story.figure_prospect_jobs"), t.number(rows["jobs_estimate"].sum())),
            Figure(
                t("story.figure_year_recruits"),
                recruitment_findings.recruits_shown(plan["recruits"], t),
                t.plural("story.for_visits", round(plan["visits"])),
            ),
        ),
        table=rows,
        columns=columns(rows, names, t),
        alt=read_out(
            t,
            t("story.recruitment_picture"),
            [(str(r.segment_name), t.number(float(str(r.prospects)))) for r in rows.itertuples()],
        ),
        method=t("story.recruitment_method"),
        sources=sources(asked, "register", "members"),
    )


def planned(asked: Asked) -> str:
    """Return what a year of the view's visits should bring, in one sentence."""
    plan = asked.table("plan").iloc[0]
    return recruitment_findings.planner_sentence(
        plan,
        asked.t,
        visits_per_month=asked.view.visits,
        conversion_pct=asked.view.conversion,
        jobs=plan["jobs"],
        fees=plan["dues_eur"],
    )


def thresholds_in_words(asked: Asked) -> pd.DataFrame:
    """Return the firms by category and size band, in words: ``category, size_label, step``, then the counts."""
    t, rows = asked.t, asked.table("thresholds")
    return pd.DataFrame(
        {
            "category": [t(f"recruitment.in_category_{key}") for key in rows["category"]],
            "size_label": [tables.size_label(t, code) for code in rows["band"]],
            "step": [t(f"recruitment.towards_{step}") if isinstance(step, str) else None for step in rows["step"]],
            **{name: rows[name].to_numpy() for name in ("firms", "members", "firm_penetration_pct")},
        }
    )
