"""Who is reached by each antenna, by any, by none; what each is worth, its load, whether nearness goes with members.

A firm is reached where an antenna is within the view's ``threshold`` of it, in its ``unit``. Firms are placed one by
one, inhabitants at the town hall of their commune.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.metrics import coverage as metric
from analytics.metrics.travel import nearest_site, reach_outlines, usable_isochrones
from analytics.results.costs import commune_costs, firm_costs, isochrones, nearest_antennas, unmeasured_antennas
from analytics.results.selection import standing_firms
from analytics.results.towns import towns_in_full
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.view import MAX_THRESHOLD, View

COVERAGE_COLUMNS = list(metric.COVERAGE_COLUMNS)
CURVE_STEP = 2.5
# Edges of the bands in which membership is compared with what is expected; minutes are those that are measured.
BANDS = {"km": (0.0, 5.0, 10.0, 20.0, 30.0, 50.0), "min": (0.0, 15.0, 30.0, 45.0, 60.0)}


def coverage(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return what each antenna reaches and what the network would lose without it; ``COVERAGE_COLUMNS``.

    One row an antenna, then ``network``, what any of them reaches (``metrics.coverage.coverage``).
    """
    return metric.coverage(
        *_amounts(snapshot, view, settings), names=snapshot.table("antennas")["name"].tolist(), threshold=view.threshold
    )


def overlaps(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return by how many antennas firms are reached (``metrics.coverage.overlaps``)."""
    firms, cost, _, _ = _amounts(snapshot, view, settings)
    return metric.overlaps(firms, cost, threshold=view.threshold)


def coverage_totals(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of all there is to reach: ``firms, jobs_estimate, members, population``."""
    firms, _, communes, _ = _amounts(snapshot, view, settings)
    sums = {
        "firms": len(firms),
        "jobs_estimate": float(firms["jobs_estimate"].sum()),
        "members": int(firms["is_member"].sum()),
        "population": int(communes["population"].sum()),
    }
    return pd.DataFrame([sums])


def coverage_curve(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return what share is within each threshold of the view's unit, 0 to 90 (``metrics.coverage.coverage_curve``)."""
    steps = np.arange(0, MAX_THRESHOLD + CURVE_STEP / 2, CURVE_STEP).tolist()
    return metric.coverage_curve(*_amounts(snapshot, view, settings), steps=steps)


def nearness(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return members beside those expected, by distance to the nearest antenna (``coverage.distance_bands``)."""
    firms, cost, _, _ = _amounts(snapshot, view, settings)
    nearest, _ = nearest_site(cost)
    return metric.distance_bands(firms, nearest, edges=BANDS[view.unit])


def territories(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return what each antenna has to look after: what is nearest to it as the crow flies, whatever the threshold.

    Columns of ``metrics.coverage.territories`` and ``staff_per_1000_firms``: the staff that firms of the territory can
    see, those of other antennas within reach too, shared among all firms of the perimeter that can see them, selected
    or not (mean over its firms of the E2SFCA of Luo and Qi, in thirds of the view's threshold); null without a firm.
    """
    firms, _, communes, _ = _amounts(snapshot, view, settings)
    antennas = snapshot.table("antennas")
    crow = nearest_antennas(snapshot, View(view.perimeter, unit="km"), settings)
    table = metric.territories(firms, communes.join(crow), antennas)
    # Who else sees the same staff is whoever there is, whatever part the view selects.
    whole = firm_costs(snapshot, view, settings)
    bands = [view.threshold * part / 3 for part in (1, 2, 3)]
    supply = antennas["staff"].to_numpy(dtype="float64")
    access = metric.enhanced_2sfca(np.ones(len(whole)), whole.to_numpy(), supply, bands=bands)
    seen = pd.Series(1_000 * access, index=whole.index).loc[firms.index]
    means = seen.groupby(firms["nearest_antenna"]).mean()
    return table.assign(staff_per_1000_firms=table["antenna"].map(means).astype("float64"))


def reach_places(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the communes that have a firm of the view, largest first, with those that no antenna reaches.

    ``commune_code, commune_name, x_m, y_m, firms, unreached, nearest_antenna, cost``; the last two from the town hall,
    in the view's unit.
    """
    firms, cost, _, _ = _amounts(snapshot, view, settings)
    unreached = ~metric.is_reached(cost, view.threshold)
    counts = (
        firms.assign(unreached=unreached)
        .groupby("commune_code")
        .agg(firms=("siren", "size"), unreached=("unreached", "sum"))
    )
    communes = snapshot.table("communes")
    places = communes.join(nearest_antennas(snapshot, view, settings))
    columns = ["commune_code", "name", "x_m", "y_m", "nearest_antenna", "cost"]
    located = places[columns].rename(columns={"name": "commune_name"}).merge(counts, on="commune_code")
    return located.sort_values(["firms", "commune_code"], ascending=[False, True]).reset_index(drop=True)


def antenna_outlines(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the line around what each antenna reaches, ``name, commune_code, x_km, y_km, is_measured``."""
    return outlines_of(snapshot, view, settings, sites=snapshot.table("antennas"))


def outlines_of(snapshot: Snapshot, view: View, settings: Settings, *, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the same of any sites, ``name, commune_code, x_m, y_m`` (``metrics.travel.reach_outlines``)."""
    rows = isochrones(snapshot)
    return reach_outlines(sites, rows, threshold=view.threshold, unit=view.unit, rules=settings.travel)


def measured(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of what was measured: ``antennas``, ``others``, ``fetched_on``.

    Antennas with isochrones of every size of where they stand, other places with isochrones, and the day of the oldest
    that is used; null where none is.
    """
    del view, settings
    rows, antennas = isochrones(snapshot), snapshot.table("antennas")
    others = set(rows["commune_code"]) - set(antennas["commune_code"])
    lacking = unmeasured_antennas(snapshot)
    counts = {"antennas": 0 if rows.empty else len(antennas) - len(lacking), "others": len(others)}
    usable = pd.concat([usable_isochrones(rows, antennas), rows[rows["commune_code"].isin(others)]])
    return pd.DataFrame([{**counts, "fetched_on": usable["fetched_on"].min()}])


def under_covered_towns(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the EPCI around the view's antenna that miss members, most first.

    ``area_code, area_name, members_missing``.
    """
    rows = towns_in_full(snapshot, view.keep("antenna"), settings, level="epci")
    here = rows[rows["verdict"] == "under"]
    ordered = here.sort_values("members_missing", ascending=False)
    return ordered[["area_code", "area_name", "members_missing"]].reset_index(drop=True)


def reach_notes(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return what a reader must know of the antennas: ``note, names``, names joined by ``, ``.

    ``unmeasured``: antennas that have moved since isochrones were measured, or for which there was no answer: their
    reach is estimated; ``twins``: two antennas in one commune; ``nobody``: no firm within reach of any; ``no_antenna``:
    there is none.
    """
    found = []
    if view.unit == "min" and (lacking := unmeasured_antennas(snapshot)):
        found.append(("unmeasured", ", ".join(lacking)))
    antennas = snapshot.table("antennas")
    for _, twins in antennas[antennas.duplicated("commune_code", keep=False)].groupby("commune_code"):
        found.append(("twins", ", ".join(twins["name"])))
    if antennas.empty:
        found.append(("no_antenna", ""))
    elif coverage(snapshot, view, settings)["firms"].iloc[-1] == 0:
        found.append(("nobody", ""))
    return pd.DataFrame(found, columns=["note", "names"])


def _amounts(
    snapshot: Snapshot, view: View, settings: Settings
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, np.ndarray]:
    """Return the view's firms with their costs, and the communes of its departments with theirs."""
    firms = standing_firms(snapshot, view)
    communes = snapshot.table("communes")
    if view.departments:
        communes = communes[communes["department_code"].isin(view.departments)]
    costs = commune_costs(snapshot, view, settings).loc[communes.index]
    return firms, firm_costs(snapshot, view, settings).loc[firms.index].to_numpy(), communes, costs.to_numpy()
