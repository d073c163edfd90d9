"""Whom to recruit: cells of segment and size where members are missing, firms by their resemblance, and a plan."""

from __future__ import annotations

import dataclasses

import pandas as pd

from analytics.metrics.aggregate import LEVEL_COLUMNS, mark_members
from analytics.metrics.planner import brought, expect
from analytics.metrics.thresholds import thresholds as thresholds_of
from analytics.metrics.white_space import upper_quartile
from analytics.metrics.white_space import white_space as cells_of
from analytics.results.areas import size_label
from analytics.results.selection import current_members, derived, region_standing, standing_firms
from analytics.settings import Settings
from analytics.sizes import SIZE_CLASSES
from analytics.store import PROSPECTS_PREFIX, Snapshot
from analytics.text import translator
from analytics.text.recruitment_findings import reasons
from analytics.view import View

REASONS = ["reason_1", "reason_2", "reason_3"]
PROSPECT_COLUMNS = ["siren", "name", "commune_name", "segment", "size_code", "jobs_estimate", "score", *REASONS]

PROSPECT_TOTALS_COLUMNS = [
    "segment",
    "segment_name",
    "prospects",
    "jobs_estimate",
    "firms",
    "members",
    "expected_members",
    "members_missing",
]


def white_space(snapshot: Snapshot, view: View, settings: Settings, *, language: str = "fr") -> pd.DataFrame:
    """Return segments by size classes: what members hold, what is missing, what the upper quartile would add.

    Columns of ``white_space.white_space`` and ``white_space.upper_quartile``, and ``segment_name``. What is expected is
    at the region's rates, whatever part the view selects; and what a cell says does not depend on the segments and
    sizes selected beside it: it is learnt from all of the view's places, then cells are left out.
    """
    region = region_standing(snapshot, view)
    order = {"segments": tuple(settings.segments), "sizes": tuple(SIZE_CLASSES)}
    wide = dataclasses.replace(view, segments=(), sizes=())
    all_cells = _narrowed(standing_firms(snapshot, wide), view)
    cells = cells_of(all_cells, region=region, **order)
    whole = snapshot.once(f"cells-{view.perimeter}", lambda: cells_of(region, region=region, **order))
    told = upper_quartile(cells, region_cells=whole, dues_eur=_dues_by_class(snapshot, view))
    names = settings.segment_names(language)
    shown = told["segment"].isin(view.segments or names) & told["size_class"].isin(view.sizes or SIZE_CLASSES)
    return told.assign(segment_name=told["segment"].map(names).astype("str"))[shown].reset_index(drop=True)


def quartile_totals(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the one row of what the upper quartile would add in all the cells of ``white_space``.

    ``added_members``, ``added_jobs`` (persons), ``added_dues_eur`` (null where those of some cell are not known).
    """
    return cells[["added_members", "added_jobs", "added_dues_eur"]].sum(skipna=False).to_frame().T


def thresholds(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return firms and members by INSEE category and size band beside the steps (``thresholds.thresholds``)."""
    del settings
    return thresholds_of(_narrowed(standing_firms(snapshot, view), view))


def prospects(
    snapshot: Snapshot, view: View, settings: Settings, *, limit: int | None = None, language: str = "fr"
) -> pd.DataFrame:
    """Return the firms to recruit in the order of the view, with their reasons in words; ``PROSPECT_COLUMNS``.

    Firms of the view that are no members and may be named: in its ``cell``, nearest to its ``antenna``, ``within_km``
    of the nearest, of its ``town`` where ``town_only``. ``score`` is resemblance in percent
    (``prospects.fit_resemblance``), null with the reasons where too few members are matched for a model.

    Parameters
    ----------
    limit
        How many, from the first; all unless given.
    """
    return prospects_in_full(snapshot, view, settings, limit=limit, language=language)[PROSPECT_COLUMNS]


def prospects_in_full(
    snapshot: Snapshot, view: View, settings: Settings, *, limit: int | None = None, language: str = "fr"
) -> pd.DataFrame:
    """Return ``prospects`` with what the page and its workbook show besides.

    These are ``segment_name``, ``size_label``, ``category``, ``created_on``, ``department_code``, ``nearest_antenna``,
    ``antenna_km``, and ``left_on``, the day on which a former member left, else null.
    """
    t = translator(language)
    rows = _ordered(_open_to(snapshot, view), order=view.order)
    rows = rows if limit is None else rows.head(limit)
    communes = snapshot.table("communes").set_index("commune_code")["name"]
    segments = settings.segment_names(language)
    labels = {code: size_label(t, code) for code in rows["size_code"].unique()}
    named = rows.assign(
        commune_name=rows["commune_code"].map(communes).astype("str"),
        segment_name=rows["segment"].map(segments).astype("str"),
        size_label=rows["size_code"].map(labels).astype("str"),
    )
    words = {column: reasons(named, column, t) for column in REASONS}
    worded = named.assign(**{column: told.where(told != "") for column, told in words.items()})
    others = [
        "segment_name",
        "size_label",
        "category",
        "created_on",
        "department_code",
        "nearest_antenna",
        "antenna_km",
    ]
    return worded[[*PROSPECT_COLUMNS, *others, "left_on"]].reset_index(drop=True)


def prospect_totals(snapshot: Snapshot, view: View, settings: Settings, *, language: str = "fr") -> pd.DataFrame:
    """Return how many firms there are to call by segment, and what they hold; ``PROSPECT_TOTALS_COLUMNS``.

    ``prospects`` and ``jobs_estimate`` (persons) are of ``prospects``; ``firms``, ``members``, ``expected_members`` and
    ``members_missing`` are those of ``white_space``, all sizes together. Segments without a firm are left out.
    """
    listed = (
        _open_to(snapshot, view)
        .groupby("segment")
        .agg(prospects=("siren", "size"), jobs_estimate=("jobs_estimate", "sum"))
    )
    counted = ["firms", "members", "expected_members", "members_missing"]
    cells = white_space(snapshot, view, settings, language=language)
    sums = cells.groupby(["segment", "segment_name"], sort=False)[counted].sum().reset_index()
    table = sums.merge(listed, left_on="segment", right_index=True, how="left").fillna(
        {"prospects": 0, "jobs_estimate": 0.0}
    )
    present = table[table["firms"] > 0].astype({"prospects": "int64"})
    return present[PROSPECT_TOTALS_COLUMNS].reset_index(drop=True)


def plan(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of what a year at the view's pace should bring.

    ``visits``, ``recruits``, ``recruits_low``, ``recruits_high`` (``planner.expect``), ``jobs``, ``dues_eur``
    (``planner.brought``, of the firms that the year's visits reach in the order of the view) and ``listed``.
    """
    del settings
    listed = _ordered(_open_to(snapshot, view), order=view.order)
    expectation = expect(visits_per_month=view.visits, conversion_pct=view.conversion, listed=len(listed))
    visited = listed.head(int(expectation.visits))
    gains = brought(visited, recruits=expectation.recruits, dues_eur=_dues_by_class(snapshot, view))
    return pd.DataFrame([{**expectation._asdict(), **gains._asdict(), "listed": len(listed)}])


def _open_to(snapshot: Snapshot, view: View) -> pd.DataFrame:
    """Return the firms that may be called, with score, codes of reasons and what the reasons show."""
    firms = _narrowed(standing_firms(snapshot, view), view)
    keep = ~firms["is_member"] & ~firms["is_partially_diffusible"] & firms["name"].notna()
    if view.cell is not None:
        keep &= firms["segment_size"] == ":".join(view.cell)
    scored = firms[keep].merge(derived(snapshot, PROSPECTS_PREFIX + view.perimeter), on="siren", how="left")
    return scored.assign(left_on=pd.to_datetime(scored["siren"].map(_departures(snapshot))))


def _narrowed(firms: pd.DataFrame, view: View) -> pd.DataFrame:
    """Keep the firms near the view's antenna, within its distance, of its town where it lists that alone."""
    keep = pd.Series(data=True, index=firms.index)
    if view.antenna is not None:
        keep &= firms[LEVEL_COLUMNS["antenna"]] == view.antenna
    if view.town_only and view.town is not None:
        keep &= firms[LEVEL_COLUMNS[view.level]] == view.town
    if view.within_km is not None:
        keep &= firms["antenna_km"] <= view.within_km
    return firms[keep]


def _departures(snapshot: Snapshot) -> dict[str, pd.Timestamp]:
    """Return the last day on which a former member left, by SIREN."""
    members = snapshot.table("members").dropna(subset=["siren", "left_on"])
    last = members.groupby("siren")["left_on"].max()
    return {str(siren): day for siren, day in last.items()}


def _ordered(rows: pd.DataFrame, *, order: str) -> pd.DataFrame:
    """Return the rows by score, by jobs, or by both: the product, jobs to win if resemblance were a chance."""
    rank = {"score": rows["score"], "jobs": rows["jobs_estimate"], "both": rows["score"] * rows["jobs_estimate"]}
    by = ["rank", "score", "jobs_estimate", "siren"]
    return rows.assign(rank=rank[order]).sort_values(by, ascending=[False, False, False, True], ignore_index=True)


def _dues_by_class(snapshot: Snapshot, view: View) -> pd.Series:
    """Return the mean yearly dues of current members by size class, euros; classes without any are left out."""
    members = current_members(snapshot)[["siren", "dues_eur"]].dropna()
    classes = mark_members(snapshot.firms(view.perimeter), member_sirens=[]).set_index("siren")["size_class"]
    return members["dues_eur"].groupby(members["siren"].map(classes)).mean()
