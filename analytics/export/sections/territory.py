"""Where members are missing, whom the offices reach, and where the next ones would stand."""

from __future__ import annotations

import pandas as pd

from analytics.errors import UserError
from analytics.export.asked import Asked
from analytics.export.columns import columns
from analytics.export.content import Figure, Section
from analytics.export.sections.words import joined, needs_members, read_out, sources
from analytics.tables import STABILITY_QUESTIONS
from analytics.text import coverage_findings, towns_findings

SHOWN_TOWNS = 12


def towns(asked: Asked) -> Section:
    """Return the areas that have fewer members than their firms lead one to expect."""
    needs_members(asked)
    t, level, table = asked.t, asked.view.level, asked.table("towns_in_full")
    under = table[table["verdict"] == "under"]
    rows = short_of_members(table)
    names = ["area_name", "firms", "members", "expected_members", "members_missing", "ratio_shrunk"]
    nearest = [] if level == "antenna" else ["nearest_antenna", "antenna_km"]
    return Section(
        key="towns",
        title=towns_findings.headline(table, t, level=level),
        message=joined(towns_findings.ranking_title(table, t)),
        figures=(
            Figure(t("story.figure_missing"), t.number(under["members_missing"].sum())),
            Figure(t(f"story.figure_under_{level}"), t.number(len(under))),
        ),
        table=rows,
        columns=columns(rows, [*names, *nearest], t),
        alt=read_out(
            t,
            t("story.towns_picture"),
            [(str(r.area_name), t.number(float(str(r.members_missing)), 1)) for r in rows.itertuples()],
        ),
        method=t("story.towns_method"),
        sources=sources(asked, "register", "members"),
    )


def short_of_members(table: pd.DataFrame, *, at_most: int = SHOWN_TOWNS) -> pd.DataFrame:
    """Return the areas that miss most members: those that the test tells, else the largest gaps."""
    under = table[table["verdict"] == "under"]
    rows = under if len(under) else table[table["members_missing"] > 0]
    return rows.sort_values("members_missing", ascending=False, kind="stable").head(at_most).reset_index(drop=True)


def reach(asked: Asked) -> Section:
    """Return whom each office reaches, and what only it reaches."""
    t, view, table = asked.t, asked.view, asked.table("coverage")
    if len(table) < 2:
        raise UserError("story.no_office")
    totals, network = asked.table("coverage_totals").iloc[0], table.iloc[-1]
    rows = coverage_findings.with_network(table, t)
    words = coverage_findings.reach_words(view, t)
    counts = {"firms": t.number(network["firms"]), "all": t.number(totals["firms"])}
    shares = [
        Figure(
            t("story.figure_reached", reach=words),
            t.percent(100 * network["firms"] / totals["firms"]),
            t("story.of_all", **counts),
        )
    ]
    if totals["members"]:
        shares.append(
            Figure(
                t("story.figure_members_reached"),
                t.percent(100 * network["members"] / totals["members"]),
                t("story.of_all", firms=t.number(network["members"]), all=t.number(totals["members"])),
            )
        )
    measured = coverage_findings.measured_sentence(asked.table("measured").iloc[0], t) if view.unit == "min" else ""
    names = ["antenna", "firms", "jobs_estimate", "members", "population", "firms_only_here"]
    return Section(
        key="reach",
        title=coverage_findings.map_title(totals, network, t, view=view),
        message=joined(coverage_findings.curve_title(asked.table("coverage_curve"), t, view=view), measured),
        figures=tuple(shares),
        table=rows,
        columns=columns(rows, names, t),
        alt=read_out(
            t,
            t("story.reach_picture", reach=words),
            [(str(r.antenna), t.number(float(str(r.firms)))) for r in rows.itertuples()],
            at_most=len(rows),
        ),
        method=t(f"story.reach_method_{view.unit}"),
        sources=sources(asked, "register", "members"),
        short=t("story.reach_short", reach=words, **counts),
    )


def offices(asked: Asked) -> Section:
    """Return where the next offices would bring most within reach."""
    t, view, rows = asked.t, asked.view, asked.table("next_antennas_in_full")
    summary = asked.table("siting_summary").iloc[0]
    added = float(rows["added_demand"].sum())
    figures = []
    if len(rows) and summary["total"] > 0:
        share = t("story.office_share", before=t.percent(summary["already_pct"]))
        figures = [
            Figure(t(f"story.figure_added_{view.demand}"), coverage_findings.figure(added, view.demand, t)),
            Figure(t("story.figure_then"), t.percent(rows["covered_share_pct"].iloc[-1]), share),
        ]
    names = ["rank", "commune_name", "added_demand", "covered_share_pct", "nearest_antenna"]
    return Section(
        key="offices",
        title=coverage_findings.headline(summary, rows, t, view=view),
        message=joined(coverage_findings.proof_sentence(summary, rows, t, view=view), _stability(asked)),
        figures=tuple(figures),
        table=rows,
        columns=columns(rows, names, t),
        alt=read_out(
            t,
            t("story.offices_picture", reach=coverage_findings.reach_words(view, t)),
            [
                (str(r.commune_name), coverage_findings.amount(float(str(r.added_demand)), view.demand, t))
                for r in rows.itertuples()
            ],
        ),
        method=t("story.offices_method"),
        sources=sources(asked, "register", "members"),
    )


def _stability(asked: Asked) -> str:
    """Say how often the answer stays the same under other questions; nothing where there is none."""
    table = asked.table("stability")
    return coverage_findings.stability_title(table, asked.t, asked=STABILITY_QUESTIONS) if len(table) else ""
