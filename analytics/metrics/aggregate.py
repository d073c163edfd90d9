"""Counts by area, segment or size, from the firms and the SIREN of those that are members."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import pandas as pd

from analytics.sizes import SIZE_CLASSES

LEVEL_COLUMNS: dict[str, str] = {
    "department": "department_code",
    "epci": "epci_code",
    "commune": "commune_code",
    "segment": "segment",
    "size": "size_code",
    "size_class": "size_class",
    "antenna": "nearest_antenna",
    "segment_size": "segment_size",
}
_CLASS_OF_CODE = {code: key for key, codes in SIZE_CLASSES.items() for code in codes}


def current_members(members: pd.DataFrame, *, on: datetime) -> pd.DataFrame:
    """Return the members that had not left ``on`` a moment (UTC), columns of the contract ``MEMBERS``."""
    return members[members["left_on"].isna() | (members["left_on"] > pd.Timestamp(on).tz_localize(None))]


def mark_members(firms: pd.DataFrame, *, member_sirens: Collection[str]) -> pd.DataFrame:
    """Return the firms with ``is_member`` (bool), ``member_jobs`` (persons, 0 for others) and ``size_class``.

    Jobs of a member firm are its register estimate, the same source as the denominator: a roster's headcount counts
    a firm's jobs everywhere, which the region's denominator does not hold.
    """
    is_member = firms["siren"].isin(member_sirens)
    return firms.assign(
        is_member=is_member,
        member_jobs=firms["jobs_estimate"].where(is_member, 0.0),
        size_class=firms["size_code"].map(_CLASS_OF_CODE),
    )


def aggregate_by(
    marked: pd.DataFrame,
    *,
    level: str,
    areas: Collection[str],
    sums: Collection[str] = ("jobs_estimate", "member_jobs"),
) -> pd.DataFrame:
    """Count firms and members by ``level``.

    Parameters
    ----------
    marked
        Firms as ``mark_members`` returns them.
    level
        A key of ``LEVEL_COLUMNS``, whose column ``marked`` has.
    areas
        Codes in the order in which they are returned; one without a firm gets zeros, a firm outside them is not
        counted.
    sums
        Columns that are added up.

    Returns
    -------
    DataFrame
        One row an area: ``area_code``, ``firms``, ``members`` (counts), then ``sums`` in their own units.
    """
    counts = marked.groupby(LEVEL_COLUMNS[level], observed=True).agg(
        firms=("siren", "size"), members=("is_member", "sum"), **{name: (name, "sum") for name in sums}
    )
    filled = counts.reindex(list(areas), fill_value=0).rename_axis("area_code").reset_index()
    return filled.astype({"area_code": "str", "firms": "int64", "members": "int64"})


def total(marked: pd.DataFrame, *, code: str) -> pd.DataFrame:
    """Return the counts of all the firms given as one row named ``code``; columns as ``aggregate_by``."""
    return pd.DataFrame(
        {
            "area_code": [code],
            "firms": [len(marked)],
            "members": [int(marked["is_member"].sum())],
            "jobs_estimate": [float(marked["jobs_estimate"].sum())],
            "member_jobs": [float(marked["member_jobs"].sum())],
        }
    )
