"""How each firm stands: member or not, the members to expect of it, the antenna that is nearest."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analytics.metrics.aggregate import LEVEL_COLUMNS, aggregate_by, mark_members
from analytics.metrics.clusters import local_moran
from analytics.metrics.nearness import nearest_antenna
from analytics.metrics.ratios import standardise
from analytics.metrics.strata import expected_by_firm


def stand(
    firms: pd.DataFrame, *, member_sirens: Collection[str], antennas: pd.DataFrame, communes: pd.DataFrame
) -> pd.DataFrame:
    """Return all the firms of a perimeter, columns of ``FIRMS``, with what the statistics of areas rest on.

    Adds ``is_member``, ``member_jobs``, ``size_class`` (``aggregate.mark_members``), ``segment_size``
    (``segment:size_class``), ``expected_members`` (``strata.expected_by_firm``: rates are those of all the firms given)
    and ``nearest_antenna``, ``antenna_km`` (``nearness.nearest_antenna``).
    """
    marked = mark_members(firms, member_sirens=member_sirens)
    placed = nearest_antenna(marked, antennas=antennas, communes=communes)
    return placed.assign(
        segment_size=placed["segment"] + ":" + placed["size_class"], expected_members=expected_by_firm(placed)
    )


def compare_areas(standing: pd.DataFrame, *, level: str, areas: Collection[str]) -> pd.DataFrame:
    """Return areas beside what their firms lead one to expect, and how near an antenna these are.

    Parameters
    ----------
    standing
        Firms as ``stand`` returns them; a part of them keeps the expectation of all.
    level
        A key of ``aggregate.LEVEL_COLUMNS``.
    areas
        Their codes, in order.

    Returns
    -------
    DataFrame
        ``area_code``, ``firms``, ``members``, ``jobs_estimate``, ``member_jobs``, ``expected_members``, the columns of
        ``ratios.standardise`` with ``keep_apart``, ``nearest_antenna`` (that of most of its firms) and ``antenna_km``
        (mean over its firms of the distance to the nearest antenna, in kilometres); both null in an area without a
        firm.
    """
    counts = aggregate_by(standing, level=level, areas=areas, sums=("jobs_estimate", "member_jobs", "expected_members"))
    located = standing.assign(area=standing[LEVEL_COLUMNS[level]]).dropna(subset=["nearest_antenna"])
    numbers = located.groupby(["area", "nearest_antenna"], observed=True).size().rename("firms").reset_index()
    most = numbers.sort_values("firms", ascending=False, kind="stable").drop_duplicates("area").set_index("area")
    distances = located.groupby("area", observed=True)["antenna_km"].mean()
    return standardise(counts, keep_apart=True).assign(
        nearest_antenna=counts["area_code"].map(most["nearest_antenna"]).astype("str"),
        antenna_km=counts["area_code"].map(distances).astype("float64"),
    )


def clusters_of(compared: pd.DataFrame, neighbours: pd.DataFrame) -> pd.Series:
    """Return the local Moran cluster of each area's shrunk ratio, index as ``compared``; null without a firm.

    Parameters
    ----------
    compared
        ``area_code``, ``firms``, ``ratio_shrunk``, as ``compare_areas`` returns them.
    neighbours
        ``area_code``, ``neighbour_code``, each pair in both directions.
    """
    ratios = compared["ratio_shrunk"].where(compared["firms"] > 0).set_axis(compared["area_code"])
    return local_moran(ratios, neighbours).set_axis(compared.index)
