"""Who is within reach of which site, what each is worth and has to look after, and how membership goes with distance.

Costs are matrices (n, s) of kilometres or minutes from places to sites; a place is reached where its cost is the
threshold at most, and never where it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.metrics.travel import nearest_site

# Weights of the three bands of the enhanced two-step floating catchment area, the slow decay of Luo and Qi (2009).
SLOW_DECAY_WEIGHTS = (1.0, 0.68, 0.22)
AMOUNTS = ("firms", "jobs_estimate", "members", "population")
COVERAGE_COLUMNS = ("antenna", *AMOUNTS, "firms_only_here", "firms_lost_if_closed")
NETWORK = "network"
INTERVAL = 0.95


def coverage(
    firms: pd.DataFrame,
    cost: np.ndarray,
    communes: pd.DataFrame,
    commune_cost: np.ndarray,
    *,
    names: Sequence[str],
    threshold: float,
) -> pd.DataFrame:
    """Return what each site reaches, what it alone does, and what the network loses without it.

    Parameters
    ----------
    firms, cost
        ``is_member``, ``jobs_estimate``, one row a firm, and its costs, (n, s).
    communes, commune_cost
        ``population``, one row a commune, and its costs, (m, s).
    names
        Those of the sites, in the order of the columns.
    threshold
        In the unit of the costs.

    Returns
    -------
    DataFrame
        ``antenna, firms, jobs_estimate, members, population``; ``firms_only_here``, reached by no other site;
        ``firms_lost_if_closed``, the firms that all sites reach less those that all but this one do. One row a site,
        then ``network``: what any of them reaches, the firms that exactly one does, and all of them.
    """
    reached, others = cost <= threshold, commune_cost <= threshold
    amounts = _amounts(firms)
    population = communes["population"].to_numpy(dtype="float64")
    by_site = np.column_stack([reached.T @ amounts, others.T @ population])
    by_any = np.append(reached.any(axis=1) @ amounts, others.any(axis=1) @ population)
    whole = int(reached.any(axis=1).sum())
    only_here = reached[reached.sum(axis=1) == 1].sum(axis=0)
    lost = [whole - int(np.delete(reached, site, axis=1).any(axis=1).sum()) for site in range(len(names))]
    table = pd.DataFrame(np.vstack([by_site, by_any]), columns=AMOUNTS)
    table = table.astype({"firms": "int64", "members": "int64", "population": "int64"})
    return table.assign(
        antenna=pd.Series([*names, NETWORK], dtype="str"),
        firms_only_here=[*only_here.tolist(), int(only_here.sum())],
        firms_lost_if_closed=[*lost, whole],
    )[list(COVERAGE_COLUMNS)]


def is_reached(cost: np.ndarray, threshold: float) -> np.ndarray:
    """Return (n,) bool, whether some site is within the threshold."""
    reached: np.ndarray = np.any(cost <= threshold, axis=1)
    return reached


def overlaps(firms: pd.DataFrame, cost: np.ndarray, *, threshold: float) -> pd.DataFrame:
    """Return by how many sites firms are reached.

    ``antennas`` (0 to s), ``firms``, ``jobs_estimate``, ``members`` and ``firms_pct`` of all firms; null without a
    firm.
    """
    times = (cost <= threshold).sum(axis=1)
    sites = cost.shape[1]
    count, jobs, members = (np.bincount(times, weights=w, minlength=sites + 1) for w in _amounts(firms).T)
    return pd.DataFrame(
        {
            "antennas": np.arange(sites + 1),
            "firms": count.astype("int64"),
            "jobs_estimate": jobs,
            "members": members.astype("int64"),
            "firms_pct": 100 * count / len(firms) if len(firms) else np.full(sites + 1, np.nan),
        }
    )


def coverage_curve(
    firms: pd.DataFrame,
    cost: np.ndarray,
    communes: pd.DataFrame,
    commune_cost: np.ndarray,
    *,
    steps: Sequence[float],
) -> pd.DataFrame:
    """Return what share has its nearest site within each threshold; null where there is nothing to share.

    ``threshold, firms_pct, jobs_pct, members_pct, population_pct``; parameters as those of ``coverage``.
    """
    (nearest, _), (commune_nearest, _) = nearest_site(cost), nearest_site(commune_cost)
    one, jobs, members = _amounts(firms).T
    population = communes["population"].to_numpy(dtype="float64")
    shares = {
        "firms_pct": _shares_within(nearest, one, steps),
        "jobs_pct": _shares_within(nearest, jobs, steps),
        "members_pct": _shares_within(nearest, members, steps),
        "population_pct": _shares_within(commune_nearest, population, steps),
    }
    return pd.DataFrame({"threshold": np.array(steps, dtype="float64"), **shares})


def distance_bands(standing: pd.DataFrame, nearest: np.ndarray, *, edges: Sequence[float]) -> pd.DataFrame:
    """Return members beside those expected, by the cost to the nearest site.

    An association, and no cause: sites were opened where firms and members were.

    Parameters
    ----------
    standing
        Firms with ``is_member`` and ``expected_members``, which makes up for their activity and size.
    nearest
        (n,) cost to the nearest site; firms for which it is not known are left out.
    edges
        Where bands begin, the first at 0; a band holds its upper edge, the last is open.

    Returns
    -------
    DataFrame
        ``low``, ``high`` (null in the last band), ``firms``, ``members``, ``expected_members``, ``ratio = members /
        expected_members`` and its exact 95 % interval ``ratio_low``, ``ratio_high``; null where none is expected.

    Notes
    -----
    For ``o`` members, Poisson with mean ``ratio * e``: ``chi2(2.5 %; 2 o) / 2 e`` and ``chi2(97.5 %; 2 o + 2) / 2 e``
    (Garwood 1936, "Fiducial limits for the Poisson distribution", Biometrika 28). As firms join once, counts vary a
    little less: the interval errs on the wide side.
    """
    known = np.isfinite(nearest)
    # A cost on an edge is within it, as it is within a threshold.
    band = np.clip(np.searchsorted(np.array(edges), nearest[known], side="left") - 1, 0, None)
    rows = standing[known]
    members = np.bincount(band, weights=rows["is_member"].to_numpy(dtype="float64"), minlength=len(edges))
    expected = np.bincount(band, weights=rows["expected_members"].to_numpy(dtype="float64"), minlength=len(edges))
    counts = np.bincount(band, minlength=len(edges))
    low, high = _garwood(members)
    safe = np.where(expected > 0, expected, np.nan)
    return pd.DataFrame(
        {
            "low": np.array(edges, dtype="float64"),
            "high": [*map(float, edges[1:]), np.nan],
            "firms": counts,
            "members": members.astype("int64"),
            "expected_members": expected,
            "ratio": members / safe,
            "ratio_low": low / safe,
            "ratio_high": high / safe,
        }
    )


def territories(standing: pd.DataFrame, communes: pd.DataFrame, antennas: pd.DataFrame) -> pd.DataFrame:
    """Return what each antenna has to look after: the firms and communes that are nearest to it, and its load.

    Parameters
    ----------
    standing
        Firms with ``nearest_antenna``, ``antenna_km``, ``is_member``, ``jobs_estimate``, ``expected_members``.
    communes
        ``nearest_antenna``, ``population``.
    antennas
        ``name``, ``staff`` (persons).

    Returns
    -------
    DataFrame
        ``antenna, firms, jobs_estimate, members, population, expected_members, staff``; ``firms_per_staff`` and
        ``members_per_staff``, null without staff; ``mean_km``, mean over its firms, null without one.
    """
    sums = standing.groupby("nearest_antenna").agg(
        firms=("is_member", "size"),
        jobs_estimate=("jobs_estimate", "sum"),
        members=("is_member", "sum"),
        expected_members=("expected_members", "sum"),
        mean_km=("antenna_km", "mean"),
    )
    inhabitants = communes.groupby("nearest_antenna")["population"].sum()
    names = antennas["name"]
    table = sums.reindex(names).assign(population=inhabitants.reindex(names))
    counted = ["firms", "jobs_estimate", "members", "expected_members", "population"]
    table = table.fillna(dict.fromkeys(counted, 0)).astype(
        {"firms": "int64", "members": "int64", "population": "int64"}
    )
    staff = antennas["staff"].to_numpy(dtype="float64")
    per = np.where(staff > 0, staff, np.nan)
    table = table.assign(staff=staff, firms_per_staff=table["firms"] / per, members_per_staff=table["members"] / per)
    table = table.rename_axis("antenna").reset_index().astype({"antenna": "str"})
    own = ["antenna", *AMOUNTS, "expected_members", "staff", "firms_per_staff", "members_per_staff", "mean_km"]
    return table[own]


def enhanced_2sfca(
    demand: np.ndarray,
    cost: np.ndarray,
    supply: np.ndarray,
    *,
    bands: Sequence[float],
    weights: Sequence[float] = SLOW_DECAY_WEIGHTS,
) -> np.ndarray:
    """Return how much supply each place can see, shared with all who see it: enhanced two-step floating catchment area.

    ``ratio_j = supply_j / sum_k(demand_k * w_kj)`` for each site, then ``access_i = sum_j(ratio_j * w_ij)``; ``w``
    is the weight of the band in which a cost falls, 0 beyond the last. A site that no demand reaches gives nothing.

    Parameters
    ----------
    demand, supply
        (n,) and (s,).
    cost
        (n, s), in the unit of the bands.
    bands
        Upper ends, ascending; a cost on an end is within.
    weights
        One a band.

    Returns
    -------
    ndarray
        (n,), supply per unit of demand.

    Raises
    ------
    ValueError
        When there are more weights than bands or fewer: what lies beyond the last band would then have a weight.

    References
    ----------
    Luo and Qi (2009), "An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
    accessibility to primary care physicians", Health & Place 15.
    """
    if len(bands) != len(weights):
        raise ValueError(f"{len(bands)} bands with {len(weights)} weights")
    band = np.searchsorted(np.array(bands), np.where(np.isnan(cost), np.inf, cost), side="left")
    weight = np.array([*weights, 0.0])[band]
    asked = demand @ weight
    ratio = np.divide(supply, asked, out=np.zeros(len(supply)), where=asked > 0)
    access: np.ndarray = weight @ ratio
    return access


def _amounts(firms: pd.DataFrame) -> np.ndarray:
    """Return (n, 3): each firm as one, its jobs, and whether it is a member."""
    return np.column_stack(
        [
            np.ones(len(firms)),
            firms["jobs_estimate"].to_numpy(dtype="float64"),
            firms["is_member"].to_numpy(dtype="float64"),
        ]
    )


def _shares_within(nearest: np.ndarray, amount: np.ndarray, steps: Sequence[float]) -> np.ndarray:
    total = amount.sum()
    if not total > 0:
        return np.full(len(steps), np.nan)
    order = np.argsort(nearest)  # NaN last
    summed = np.concatenate([[0.0], np.cumsum(amount[order])])
    within = 100 * summed[np.searchsorted(nearest[order], np.array(steps), side="right")]
    shares: np.ndarray = within / total
    return shares


def _garwood(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact limits of the means of Poisson counts."""
    from scipy.stats import chi2  # noqa: PLC0415 - slow to load

    tail = (1 - INTERVAL) / 2
    low = np.where(counts > 0, chi2.ppf(tail, 2 * np.maximum(counts, 1)) / 2, 0.0)
    high: np.ndarray = chi2.ppf(1 - tail, 2 * counts + 2) / 2
    return low, high
