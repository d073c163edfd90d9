"""The sector, the cluster in it, where its members are, and the axes that they follow."""

from __future__ import annotations

import pandas as pd

from analytics.export.asked import Asked
from analytics.export.columns import columns
from analytics.export.content import Figure, Section
from analytics.export.scope import scope
from analytics.export.sections.words import has_roster, joined, needs_members, plain, published, read_out, sources
from analytics.text import findings


def sector(asked: Asked) -> Section:
    """Return how many digital firms and jobs there are, by segment."""
    t = asked.t
    told_figures = asked.table("key_figures").set_index("quantity")["value"].astype("float64")
    rows = _present(asked.table("comparison", level="segment", language=t.language))
    firms, jobs = int(told_figures["firms"]), float(told_figures["jobs"])
    first = rows.sort_values("firms", ascending=False, kind="stable").iloc[0]
    place = asked.settings.region.name if scope(asked) is None else scope(asked) or t("story.selection")
    told = [t.plural("story.firms", firms)] + ([] if pd.isna(jobs) else [t.plural("story.jobs", round(jobs))])
    share = t.percent(100 * first["firms"] / firms)
    return Section(
        key="sector",
        title=t("story.sector_title", place=place, counts=findings.listed(told, t)),
        message=t(
            "story.sector_message",
            segment=first["area_name"],
            firms=t.plural("common.firms", int(first["firms"])),
            share=share,
        ),
        figures=tuple(_key_figure(asked, name) for name in ("firms", "jobs") if pd.notna(told_figures[name])),
        table=rows,
        columns=columns(rows, ["area_name", "firms", "jobs_estimate"], t),
        alt=read_out(t, t("story.sector_picture"), _counts(rows, "firms", asked)),
        method=t("story.sector_method", perimeter=_perimeter(asked)),
        sources=sources(asked, "register"),
    )


def headline(asked: Asked) -> str:
    """Return how much of the sector the cluster is, the message of the overview."""
    return findings.headline(
        asked.table("region_totals"),
        asked.t,
        cluster=asked.settings.cluster.name,
        region=asked.settings.region.name,
        scope=scope(asked),
        roster=has_roster(asked),
    )


def cluster(asked: Asked) -> Section:
    """Return what the cluster is of the sector: its shares of firms and of jobs."""
    needs_members(asked)
    t, totals = asked.t, asked.table("region_totals")
    row = totals.iloc[0]
    of_firms = t("story.share_of_firms", members=t.number(row["members"]), firms=t.number(row["firms"]))
    of_jobs = t("story.share_of_jobs", jobs=t.number(row["member_jobs"]), all=t.number(row["jobs_estimate"]))
    shares = [Figure(t("overview.of_firms"), t.percent(row["firm_penetration_pct"]), of_firms)]
    if pd.notna(row["job_penetration_pct"]):
        shares.insert(0, Figure(t("overview.of_jobs"), t.percent(row["job_penetration_pct"]), of_jobs))
    # Of a selection the roster counts those whose firm is in it.
    by_roster = t("story.by_roster" if asked.view.selects_all else "story.by_roster_selected")
    table = _key_figures_table(asked)
    return Section(
        key="cluster",
        title=headline(asked),
        message=plain(findings.shares_reason(totals, t)),
        figures=(*shares, *(_key_figure(asked, name, by_roster) for name in ("members", "member_jobs"))),
        table=table,
        columns=columns(table, ["figure", "value", "published_value", "gap_pct", "published_source"], t),
        alt=read_out(t, t("story.cluster_picture"), [(figure.label, figure.value) for figure in shares]),
        method=t("story.cluster_method"),
        sources=sources(asked, "register", "members"),
    )


def places(asked: Asked) -> Section:
    """Return where members are: a disc an EPCI, and the departments beside the whole."""
    needs_members(asked)
    t, by_epci = asked.t, asked.table("places")
    compared = _present(asked.table("comparison", level="department", language=t.language))
    rows = compared.sort_values(["members", "firms"], ascending=False, ignore_index=True)
    with_members = int((by_epci["members"] > 0).sum())
    return Section(
        key="places",
        title=findings.map_title(by_epci, t),
        message=joined(findings.rates_title(compared, t, level="department")),
        figures=(
            Figure(t("story.figure_members_placed"), t.number(by_epci["members"].sum())),
            Figure(t("story.figure_epci"), t.number(with_members), t.plural("story.of_epci", len(by_epci))),
            Figure(
                t("story.figure_offices"),
                t.number(len(asked.snapshot.table("antennas"))),
                t("story.of_region") if asked.view.departments else "",
            ),
        ),
        table=rows,
        columns=columns(
            rows,
            [
                "area_name",
                "firms",
                "members",
                "firm_penetration_pct",
                "firm_penetration_low_pct",
                "firm_penetration_high_pct",
            ],
            t,
        ),
        alt=read_out(t, t("story.places_picture"), _counts(_by_members(by_epci), "members", asked)),
        method=t("story.places_method"),
        sources=sources(asked, "register", "members"),
    )


def axes(asked: Asked) -> Section:
    """Return the axes of the cluster and how many members follow each."""
    needs_members(asked)
    t, rows = asked.t, asked.table("axes").rename(columns={"share_pct": "axis_share_pct"})
    told = int(rows["told"].max()) if len(rows) else 0
    how_many = t.plural("story.axes_count", len(rows))
    title = how_many
    message = t("story.axes_untold")
    if told:
        first = rows.sort_values("members", ascending=False, kind="stable").iloc[0]
        counted = t.plural("story.members", int(first["members"]))
        title = t("story.axes_title", axes=how_many, axis=first["axis"], members=counted)
        message = t.plural("story.axes_message", told)
    return Section(
        key="axes",
        title=title,
        message=message,
        figures=(Figure(t("story.figure_axes"), t.number(len(rows))),),
        table=rows,
        columns=columns(rows, ["axis", "members", "axis_share_pct"] if told else ["axis"], t),
        alt=read_out(
            t, t("story.axes_picture"), [(str(r["axis"]), t.number(r["members"])) for _, r in rows.iterrows()]
        ),
        method=t("story.axes_method"),
        sources=sources(asked, "members"),
    )


def _present(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["firms"] > 0].reset_index(drop=True)


def _by_members(by_epci: pd.DataFrame) -> pd.DataFrame:
    held = by_epci[by_epci["members"] > 0].sort_values(["members", "firms"], ascending=False)
    return held.rename(columns={"epci_name": "area_name"})


def _counts(rows: pd.DataFrame, column: str, asked: Asked) -> list[tuple[str, str]]:
    return [(str(row["area_name"]), asked.t.number(row[column])) for _, row in rows.iterrows()]


def _perimeter(asked: Asked) -> str:
    perimeter = asked.settings.perimeters[asked.view.perimeter]
    language = asked.t.language
    return f"{perimeter.name.in_language(language)}, {perimeter.source.in_language(language)}"


def _key_figure(asked: Asked, quantity: str, beside: str = "") -> Figure:
    t = asked.t
    rows = asked.table("key_figures")
    row = rows[rows["quantity"] == quantity].iloc[0]
    value = "–" if pd.isna(row["value"]) else t.number(row["value"])
    return Figure(t(f"overview.figure_{quantity}"), value, beside, published(row, t))


def _key_figures_table(asked: Asked) -> pd.DataFrame:
    t, table = asked.t, asked.table("key_figures")
    names = [t(f"overview.figure_{quantity}") for quantity in table["quantity"]]
    said = [
        t("overview.published_where", source=source, day=findings.published_on(day, t))
        if isinstance(day, str)
        else None
        for source, day in zip(table[f"published_source_{t.language}"], table["published_date"], strict=True)
    ]
    return table.assign(figure=names, published_source=pd.Series(said, dtype="object"))
