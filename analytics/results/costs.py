"""How far firms and communes are from antennas and from where the next ones may stand: kilometres or minutes.

Kilometres are as the crow flies, minutes by road: estimated, or within what IGN's service measured where it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from analytics.contracts import ISOCHRONES as CONTRACT
from analytics.metrics.nearness import points_of
from analytics.metrics.travel import crow_km, driving_minutes, measured_minutes, usable_isochrones
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

    def points() -> np.ndarray:
        return points_of(region_standing(snapshot, view), snapshot.table("communes"))

    antennas = snapshot.table("antennas")
    make = _maker(points, antennas, snapshot=snapshot, unit=view.unit, settings=settings)
    named = snapshot.once(f"firm-{view.unit}-{view.perimeter}", lambda: _framed(make(), antennas["name"]))
    return named.set_axis(region_standing(snapshot, view).index)


def commune_costs(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the cost in the view's unit from every town hall, in the order of ``communes``, to each antenna."""
    antennas = snapshot.table("antennas")
    make = _maker(lambda: _halls(snapshot), antennas, snapshot=snapshot, unit=view.unit, settings=settings)
    return snapshot.once(f"commune-{view.unit}", lambda: _framed(make(), antennas["name"]))


def nearest_antennas(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``nearest_antenna, cost`` of every town hall in the view's unit, rows as ``communes``.

    Of two antennas at the same cost, as where both lie in one measured band, the nearer by the crow is taken. Null
    where there is none.
    """
    costs = commune_costs(snapshot, view, settings)
    if costs.columns.empty:
        return pd.DataFrame({"nearest_antenna": pd.Series(None, costs.index, dtype="str"), "cost": np.nan})
    km = commune_costs(snapshot, View(view.perimeter, unit="km"), settings).to_numpy()
    order = (costs + 1e-9 * km).fillna(np.inf)
    is_known = np.isfinite(order.min(axis=1))
    least = costs.min(axis=1)
    return pd.DataFrame({"nearest_antenna": order.idxmin(axis=1).where(is_known).astype("str"), "cost": least})


def candidate_costs(snapshot: Snapshot, view: View, settings: Settings, *, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the cost in the view's unit from every town hall to each candidate, columns their commune codes.

    Parameters
    ----------
    candidates
        ``commune_code, name, x_m, y_m``, as ``siting.possible_sites`` returns them.
    """
    make = _maker(lambda: _halls(snapshot), candidates, snapshot=snapshot, unit=view.unit, settings=settings)
    return _framed(make(), candidates["commune_code"])


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


def _halls(snapshot: Snapshot) -> np.ndarray:
    return snapshot.table("communes")[["x_m", "y_m"]].to_numpy(dtype="float64")


def _maker(
    points: Callable[[], np.ndarray], sites: pd.DataFrame, *, snapshot: Snapshot, unit: str, settings: Settings
) -> Callable[[], np.ndarray]:
    """Return what computes the costs from the points to the sites, once it is asked to."""

    def make() -> np.ndarray:
        places = points()
        km = crow_km(places, sites[["x_m", "y_m"]].to_numpy(dtype="float64"))
        if unit == "km":
            return km
        usable = usable_isochrones(isochrones(snapshot), sites)
        return measured_minutes(driving_minutes(km, settings.travel), places, sites, usable)

    return make


def _framed(costs: np.ndarray, names: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(costs, columns=names.tolist())
