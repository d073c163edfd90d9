"""Which firms came and went since an earlier snapshot, and how: opened, closed, moved, of another activity.

A register read down to the region's digital establishments says who is there: not since when, nor where the others
went. So a build notes the day of each firm's first establishment, and follows the firms of the snapshots that the store
still has through the rows that it would leave out. ``results.bridge`` tells it.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import pandas as pd

from analytics.contracts import ARRIVALS, DEPARTURES
from analytics.errors import UserError
from analytics.store import FIRMS_PREFIX, Store


def followed_sirens(store: Store, *, is_demo: bool) -> frozenset[str]:
    """Return the SIREN of the firms that the store's snapshots hold: with any of them the next may be compared.

    Those of the demonstration are not looked for in real files, nor the other way; a snapshot that cannot be read is
    passed over: building again is how one gets out of that.
    """
    held: set[str] = set()
    for snapshot in store.snapshots():
        if snapshot.is_demo == is_demo:
            with suppress(UserError):
                tables = (snapshot.read(FIRMS_PREFIX + perimeter, ["siren"]) for perimeter in snapshot.perimeters)
                held |= {siren for table in tables for siren in table["siren"]}
    return frozenset(held)


def find_arrivals(establishments: pd.DataFrame) -> pd.DataFrame:
    """Return since when each firm has an establishment that is kept, contract ``ARRIVALS``.

    Parameters
    ----------
    establishments
        ``siren, created_on``.
    """
    first = establishments.groupby("siren", as_index=False).agg(established_on=("created_on", "min"))
    return ARRIVALS.enforce(first)


def find_departures(
    outside: pd.DataFrame, *, followed: Collection[str], present: Collection[str], departments: tuple[str, ...]
) -> pd.DataFrame:
    """Return the fate of each followed firm that is not present any more, contract ``DEPARTURES``.

    Parameters
    ----------
    outside
        Their rows that were left out: ``siren, commune_code, is_active``.
    present
        SIREN of the firms of any perimeter.
    departments
        Codes of the region.

    Returns
    -------
    DataFrame
        ``recoded_out`` where an establishment is active in the region (its activity is in no perimeter any more),
        else ``moved_out`` where one is active elsewhere, else ``gone`` where one is active at a place that the register
        does not tell, else ``closed``, which those are too that the register does not hold any more.
    """
    gone = sorted(set(followed) - set(present))
    active = outside[outside["is_active"].astype("bool")]
    is_here = active["commune_code"].str.startswith(departments, na=False)
    is_told = active["commune_code"].notna()
    masks = {"recoded_out": is_here, "moved_out": is_told & ~is_here, "gone": ~is_told}
    sirens = {fate: set(active.loc[mask, "siren"]) for fate, mask in masks.items()}
    fates = [next((fate for fate, holds in sirens.items() if siren in holds), "closed") for siren in gone]
    return DEPARTURES.enforce(pd.DataFrame({"siren": gone, "fate": fates}))
