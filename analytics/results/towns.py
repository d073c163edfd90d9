"""Where members are missing: areas beside what their firms lead one to expect, and one of them looked at closely."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.errors import UserError
from analytics.metrics.aggregate import LEVEL_COLUMNS, aggregate_by
from analytics.metrics.kinds import kind_of
from analytics.metrics.ratios import funnel_limits
from analytics.metrics.standing import clusters_of, compare_areas
from analytics.results.areas import areas_of, main_places, shown_areas
from analytics.results.selection import all_departments, current_members, derived, standing_firms
from analytics.settings import Settings
from analytics.store import CLUSTERS_PREFIX, PROSPECTS_PREFIX, Snapshot
from analytics.view import TOWN_LEVELS, View

TOWN_COLUMNS = [
    "area_code",
    "area_name",
    "firms",
    "members",
    "expected_members",
    "ratio",
    "ratio_shrunk",
    "ratio_low",
    "ratio_high",
    "probability_under",
    "members_missing",
    "p_value",
    "q_value",
    "cluster",
]
LIMIT_POINTS = 160
FEWEST_EXPECTED = 0.1
LARGEST_TARGETS = 8


def towns(snapshot: Snapshot, view: View, settings: Settings, *, level: str | None = None) -> pd.DataFrame:
    """Return every area of ``level`` (that of the view unless given) beside its expectation; ``TOWN_COLUMNS``.

    ``cluster`` is told for EPCI alone, and null at other levels: most communes are too small to say anything, and
    departments and antennas too few.

    Raises
    ------
    UserError
        When the level is none of ``view.TOWN_LEVELS``.
    """
    return towns_in_full(snapshot, view, settings, level=level)[TOWN_COLUMNS]


def towns_in_full(snapshot: Snapshot, view: View, settings: Settings, *, level: str | None = None) -> pd.DataFrame:
    """Return ``towns`` with what a page shows besides.

    These are ``jobs_estimate``, ``member_jobs`` (persons), ``verdict`` (``ratios.standardise``), ``nearest_antenna``
    and ``antenna_km`` (``standing.compare_areas``), ``kind`` (``kinds.kind_of``), ``x_m`` and ``y_m``
    (``areas.main_places``), ``rank`` (1 for the area that misses most members; null where nothing can be said).

    Departments choose which areas are shown, and nothing else: each is whole, and is judged among all areas of the
    region. Judged among those of one department, an area would be told, or not, by what was chosen beside it. So do the
    view's ``antenna`` and ``within_km``: they leave the areas whose firms are mostly nearest to it, and so near.
    """
    level = _known_level(level or view.level)
    compared = compared_areas(snapshot, view, settings, level=level)
    clusters = compared.assign(cluster=_clusters(snapshot, view, compared, level=level))
    shown = clusters[clusters["area_code"].isin(shown_areas(snapshot, view, settings, level=level))]
    placed = _around(shown, view).merge(main_places(snapshot, level=level), on="area_code", how="left")
    missing = placed["members_missing"].where(~placed["verdict"].isin(["empty", "too_small"]))
    kinds = kind_of(placed, near_km=settings.towns.near_km)
    return placed.assign(kind=kinds, rank=missing.rank(method="min", ascending=False))


def town_limits(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the limits of the funnel plot (``ratios.funnel_limits``) up to the largest area of the view's level."""
    del settings
    firms = standing_firms(snapshot, all_departments(view))
    largest = firms.groupby(LEVEL_COLUMNS[view.level])["expected_members"].sum().max()
    highest = 1.3 * max(float(largest) if pd.notna(largest) else 0.0, 8.0)
    return funnel_limits(np.geomspace(FEWEST_EXPECTED / 1.3, highest, LIMIT_POINTS))


def town_names(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``area_code, area_name`` of all areas of the view's level, whatever departments it selects."""
    return areas_of(snapshot, all_departments(view), settings, level=view.level)


def contours(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``area_code, x_km, y_km`` of the areas of the view's level; none where these are drawn as discs."""
    del settings
    rows = derived(snapshot, "contours")
    return rows.loc[rows["level"] == view.level, ["area_code", "x_km", "y_km"]].reset_index(drop=True)


def town_firms(snapshot: Snapshot, view: View, settings: Settings, *, by: str, language: str = "fr") -> pd.DataFrame:
    """Return firms and members of the view's town by ``segment`` or ``size_class``; those that have a firm.

    Columns ``area_code, area_name, firms, members, jobs_estimate, member_jobs``.
    """
    groups = areas_of(snapshot, view, settings, level=by, language=language)
    counts = aggregate_by(_of_town(snapshot, view), level=by, areas=groups["area_code"].tolist())
    return counts[counts["firms"] > 0].merge(groups, on="area_code", how="left")


def town_members(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the current members whose firm is in the view's town: ``name, size_code, joined_on``, largest first.

    A withheld unit has no name.
    """
    del settings
    firms = _of_town(snapshot, view)
    members = current_members(snapshot)[["siren", "name", "joined_on"]].rename(columns={"name": "roster_name"})
    rows = firms[firms["is_member"]].merge(members.drop_duplicates("siren"), on="siren", how="left")
    withheld = rows["is_partially_diffusible"]
    named = rows.assign(
        name=rows["name"].fillna(rows["roster_name"]).mask(withheld), joined_on=rows["joined_on"].mask(withheld)
    )
    ordered = named.sort_values(["jobs_estimate", "name"], ascending=[False, True], kind="stable")
    return ordered[["name", "size_code", "joined_on"]].reset_index(drop=True)


def town_targets(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the largest firms of the view's town that are no members and may be named.

    Columns ``siren, name, segment, size_code, jobs_estimate, score``; the score is null where there is no model.
    """
    del settings
    firms = _of_town(snapshot, view)
    open_to = firms[~firms["is_member"] & ~firms["is_partially_diffusible"] & firms["name"].notna()]
    scores = derived(snapshot, PROSPECTS_PREFIX + view.perimeter).set_index("siren")["score"]
    scored = open_to.assign(score=open_to["siren"].map(scores).astype("float64"))
    ordered = scored.sort_values(["jobs_estimate", "score", "siren"], ascending=[False, False, True])
    columns = ["siren", "name", "segment", "size_code", "jobs_estimate", "score"]
    return ordered[columns].head(LARGEST_TARGETS).reset_index(drop=True)


def _around(towns: pd.DataFrame, view: View) -> pd.DataFrame:
    """Keep the areas around the view's antenna, as near as it says."""
    if view.antenna is not None:
        towns = towns[towns["nearest_antenna"] == view.antenna]
    return towns if view.within_km is None else towns[towns["antenna_km"] <= view.within_km]


def _of_town(snapshot: Snapshot, view: View) -> pd.DataFrame:
    firms = standing_firms(snapshot, all_departments(view))
    return firms[firms[LEVEL_COLUMNS[view.level]] == view.town]


def _known_level(level: str) -> str:
    if level not in TOWN_LEVELS:
        raise UserError("table.unknown_level", level=level, known=", ".join(TOWN_LEVELS))
    return level


def compared_areas(snapshot: Snapshot, view: View, settings: Settings, *, level: str) -> pd.DataFrame:
    """Return all areas of the region's level beside their expectation, named (``standing.compare_areas``)."""
    wide = all_departments(view)
    areas = areas_of(snapshot, wide, settings, level=level)
    compared = compare_areas(standing_firms(snapshot, wide), level=level, areas=areas["area_code"].tolist())
    return compared.merge(areas, on="area_code", how="left")


def _clusters(snapshot: Snapshot, view: View, compared: pd.DataFrame, *, level: str) -> pd.Series:
    if level != "epci":
        return pd.Series(None, index=compared.index, dtype="str")
    if all_departments(view).selects_all:
        told = derived(snapshot, CLUSTERS_PREFIX + view.perimeter).set_index("area_code")["cluster"]
        return compared["area_code"].map(told)
    return clusters_of(compared, derived(snapshot, "neighbours"))
