"""How far firms and communes are from antennas and from where the next ones may stand: kilometres or minutes.

Kilometres are as the crow flies, minutes by road: estimated, or within what IGN's service measured where it was asked.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analytics.contracts import ISOCHRONES as CONTRACT
from analytics.metrics.nearness import names_of, points_of
from analytics.metrics.travel import (
    crow_km,
    driving_minutes,
    measured_minutes,
    nearest_site,
    usable_isochrones,
)
from analytics.results.selection import region_standing
from analytics.settings import Settings
from analytics.store import ISOCHRONES, Snapshot
from analytics.view import View


def isochrones(snapshot: Snapshot) -> pd.DataFrame:
    """Return what was measured, columns of the contract ``ISOCHRONES``; without a row where nothing was."""
    return snapshot.table(ISOCHRONES) if ISOCHRONES in snapshot.table_names else _none_measured()


def firm_costs(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the cost in the view's unit from every firm of its perimeter to each antenna, rows as ``region_standing``.

    A firm without position stands at the town hall of its commune.
    """

    def make() -> pd.DataFrame:
        firms, antennas = region_standing(snapshot, view), snapshot.table("antennas")
        points = points_of(firms, snapshot.table("communes"))
        costs = _costs(points, antennas, snapshot=snapshot, unit=view.unit, settings=settings)
        return pd.DataFrame(costs, index=firms.index, columns=antennas["name"].tolist())

    return snapshot.once(f"firm-{view.unit}-{view.perimeter}", make)


def commune_costs(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the cost in the view's unit from every town hall, in the order of ``communes``, to each antenna."""
    antennas = snapshot.table("antennas")
    return snapshot.once(
        f"commune-{view.unit}", lambda: _hall_costs(snapshot, view, settings, sites=antennas, names=antennas["name"])
    )


def nearest_antennas(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``nearest_antenna, cost`` of every town hall in the view's unit, rows as ``communes``.

    Of two antennas at the same cost, as where both lie in one measured band, the nearer by the crow is taken. Null
    where there is none.
    """
    costs = commune_costs(snapshot, view, settings)
    km = commune_costs(snapshot, View(view.perimeter, unit="km"), settings).to_numpy()
    least, _ = nearest_site(costs.to_numpy())
    _, which = nearest_site(costs.to_numpy() + 1e-9 * km)
    names = names_of(which, costs.columns.to_series(), index=costs.index)
    return pd.DataFrame({"nearest_antenna": names, "cost": least})


def candidate_costs(snapshot: Snapshot, view: View, settings: Settings, *, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the cost in the view's unit from every town hall to each candidate, columns their commune codes.

    Parameters
    ----------
    candidates
        ``commune_code, x_m, y_m``, as ``siting.possible_sites`` returns them.
    """
    return _hall_costs(snapshot, view, settings, sites=candidates, names=candidates["commune_code"])


def unmeasured_antennas(snapshot: Snapshot) -> list[str]:
    """Return the antennas that lack isochrones, of some size or of where they stand; none where nothing is measured."""
    rows, antennas = isochrones(snapshot), snapshot.table("antennas")
    if rows.empty:
        return []
    sizes = usable_isochrones(rows, antennas).groupby("commune_code")["minutes"].nunique()
    is_whole = antennas["commune_code"].map(sizes).fillna(0) == rows["minutes"].nunique()
    return antennas.loc[~is_whole, "name"].tolist()


@cache
def _none_measured() -> pd.DataFrame:
    """Return what a snapshot of before there were isochrones has of them."""
    return CONTRACT.empty()


def _hall_costs(
    snapshot: Snapshot, view: View, settings: Settings, *, sites: pd.DataFrame, names: pd.Series
) -> pd.DataFrame:
    points = snapshot.table("communes")[["x_m", "y_m"]].to_numpy(dtype="float64")
    costs = _costs(points, sites, snapshot=snapshot, unit=view.unit, settings=settings)
    return pd.DataFrame(costs, columns=names.tolist())


def _costs(points: np.ndarray, sites: pd.DataFrame, *, snapshot: Snapshot, unit: str, settings: Settings) -> np.ndarray:
    """Return the costs, (n, s), from the points to the sites."""
    km = crow_km(points, sites[["x_m", "y_m"]].to_numpy(dtype="float64"))
    if unit == "km":
        return km
    return measured_minutes(driving_minutes(km, settings.travel), points, sites, isochrones(snapshot))
