"""Who is within reach, by hand and against independent implementations."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from analytics.metrics import coverage as metric

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from access import Access
    from access.weights import step_fn

FIRMS = pd.DataFrame(
    {"is_member": [True, False, False, True], "jobs_estimate": [10.0, 2.0, 0.0, 5.0], "expected_members": 0.5}
)
COST = np.array([[1.0, 9.0], [4.0, 4.0], [20.0, 6.0], [np.nan, np.nan]])
COMMUNES = pd.DataFrame({"population": [1_000, 200]})
COMMUNE_COST = np.array([[2.0, 50.0], [8.0, 7.0]])
NAMES = ["A", "B"]


def _costs(rows: int = 30, sites: int = 4) -> st.SearchStrategy[np.ndarray]:
    one = st.floats(0, 100) | st.just(float("nan"))
    return st.lists(st.lists(one, min_size=sites, max_size=sites), max_size=rows).map(
        lambda found: np.array(found, dtype="float64").reshape(-1, sites)
    )


def test_coverage_by_hand() -> None:
    table = metric.coverage(FIRMS, COST, COMMUNES, COMMUNE_COST, names=NAMES, threshold=5)
    assert table.to_numpy().tolist() == [
        ["A", 2, 12, 1, 1_000, 1, 1],
        ["B", 1, 2, 0, 0, 0, 0],
        ["network", 2, 12, 1, 1_000, 1, 2],
    ]
    wide = metric.coverage(FIRMS, COST, COMMUNES, COMMUNE_COST, names=NAMES, threshold=9)
    assert wide.iloc[-1].tolist() == ["network", 3, 12, 1, 1_200, 1, 3]


def test_a_place_that_is_nowhere_is_never_reached() -> None:
    table = metric.coverage(FIRMS, COST, COMMUNES, COMMUNE_COST, names=NAMES, threshold=1e9)
    assert table["firms"].iloc[-1] == 3


def test_without_a_site_the_network_reaches_nothing() -> None:
    none, nowhere = np.empty((4, 0)), np.empty((2, 0))
    table = metric.coverage(FIRMS, none, COMMUNES, nowhere, names=[], threshold=5)
    assert table.to_numpy().tolist() == [["network", 0, 0, 0, 0, 0, 0]]
    assert metric.overlaps(FIRMS, none, threshold=5).to_numpy().tolist() == [[0, 4, 17, 2, 100]]
    curve = metric.coverage_curve(FIRMS, none, COMMUNES, nowhere, steps=[5])
    assert curve.to_numpy().tolist() == [[5, 0, 0, 0, 0]]


def test_overlaps_by_hand() -> None:
    times = metric.overlaps(FIRMS, COST, threshold=9)
    assert times.columns.tolist() == ["antennas", "firms", "jobs_estimate", "members", "firms_pct"]
    assert times.to_numpy().tolist() == [[0, 1, 5, 1, 25], [1, 1, 0, 0, 25], [2, 2, 12, 1, 50]]
    assert metric.overlaps(FIRMS.head(0), COST[:0], threshold=9)["firms_pct"].isna().all()


@given(_costs(), st.floats(0, 100))
def test_counts_agree_with_a_loop(cost: np.ndarray, threshold: float) -> None:
    firms = pd.DataFrame(
        {"is_member": np.arange(len(cost)) % 3 == 0, "jobs_estimate": np.arange(len(cost), dtype=float)}
    )
    communes = pd.DataFrame({"population": np.full(len(cost), 10)})
    names = ["A", "B", "C", "D"]
    table = metric.coverage(firms, cost, communes, cost, names=names, threshold=threshold)
    reached = [{j for j in range(4) if row[j] <= threshold} for row in cost]
    for j in range(4):
        mine = [i for i, sites in enumerate(reached) if j in sites]
        assert table["firms"][j] == len(mine)
        assert table["jobs_estimate"][j] == pytest.approx(sum(mine))
        assert table["members"][j] == sum(i % 3 == 0 for i in mine)
        assert table["population"][j] == 10 * len(mine)
        assert table["firms_only_here"][j] == table["firms_lost_if_closed"][j] == reached.count({j})
    times = metric.overlaps(firms, cost, threshold=threshold)
    assert times["members"].sum() == firms["is_member"].sum()
    assert times["firms"].tolist() == [sum(len(sites) == n for sites in reached) for n in range(5)]
    assert times["firms"].sum() == len(cost)
    assert table["firms"].iloc[-1] == times["firms"][1:].sum()


def test_the_curve_by_hand() -> None:
    curve = metric.coverage_curve(FIRMS, COST, COMMUNES, COMMUNE_COST, steps=[0, 1, 4, 6, 7])
    assert curve["threshold"].tolist() == [0, 1, 4, 6, 7]
    assert curve["firms_pct"].tolist() == [0, 25, 50, 75, 75]
    np.testing.assert_allclose(curve["jobs_pct"], [0, 1000 / 17, 1200 / 17, 1200 / 17, 1200 / 17])
    assert curve["members_pct"].tolist() == [0, 50, 50, 50, 50]
    np.testing.assert_allclose(curve["population_pct"], [0, 0, 100 / 1.2, 100 / 1.2, 100])


@given(_costs(), st.lists(st.floats(0, 100), min_size=1, max_size=5).map(sorted))
def test_the_curve_is_the_coverage_of_each_threshold(cost: np.ndarray, steps: list[float]) -> None:
    firms = pd.DataFrame({"is_member": True, "jobs_estimate": 1.0}, index=range(len(cost)))
    communes = pd.DataFrame({"population": np.full(len(cost), 3)})
    curve = metric.coverage_curve(firms, cost, communes, cost, steps=steps)
    if not len(cost):
        assert curve["firms_pct"].isna().all()
        return
    for threshold, share in zip(steps, curve["firms_pct"], strict=True):
        table = metric.coverage(firms, cost, communes, cost, names=list("ABCD"), threshold=threshold)
        assert share == pytest.approx(100 * table["firms"].iloc[-1] / len(cost))
    assert curve["firms_pct"].is_monotonic_increasing


def test_bands_by_hand() -> None:
    standing = pd.DataFrame({"is_member": [True, False, True, False], "expected_members": [0.5, 0.25, 0.5, 0.25]})
    nearest = np.array([0.0, 5.0, 4.9, np.nan])
    table = metric.distance_bands(standing, nearest, edges=(0, 5, 10))
    assert table["low"].tolist() == [0, 5, 10]
    assert table["high"].tolist()[:2] == [5, 10]
    assert np.isnan(table["high"][2])
    assert table["firms"].tolist() == [3, 0, 0]
    assert table["members"].tolist() == [2, 0, 0]
    assert table["ratio"].tolist()[0] == 1.6
    farther = metric.distance_bands(standing, nearest + 0.1, edges=(0, 5, 10))
    assert farther["firms"].tolist() == [2, 1, 0]
    assert farther["ratio"].tolist()[:2] == [2, 0]
    assert table.loc[2, ["ratio", "ratio_low", "ratio_high"]].isna().all()


@given(st.integers(0, 400), st.floats(0.1, 300))
def test_limits_are_the_exact_ones_of_a_poisson_count(members: int, expected: float) -> None:
    standing = pd.DataFrame({"is_member": np.arange(1_000) < members, "expected_members": expected / 1_000})
    row = metric.distance_bands(standing, np.zeros(1_000), edges=(0,)).iloc[0]
    # Garwood's limits are the means under which so many, or so few, would be seen one time in forty.
    assert poisson.cdf(members, row["ratio_high"] * expected) == pytest.approx(0.025, rel=1e-6)
    if members:
        assert poisson.sf(members - 1, row["ratio_low"] * expected) == pytest.approx(0.025, rel=1e-6)
    else:
        assert row["ratio_low"] == 0


def test_territories_by_hand() -> None:
    standing = pd.DataFrame(
        {
            "nearest_antenna": ["A", "A", "B"],
            "antenna_km": [2.0, 4.0, 10.0],
            "is_member": [True, False, True],
            "jobs_estimate": [1.0, 2.0, 3.0],
            "expected_members": [0.5, 0.5, 0.25],
        }
    )
    communes = pd.DataFrame({"nearest_antenna": ["A", "C"], "population": [100, 50]})
    antennas = pd.DataFrame({"name": ["A", "B", "C"], "staff": [2.0, 0.0, 1.0]})
    table = metric.territories(standing, communes, antennas)
    assert table.drop(columns=["mean_km", "firms_per_staff", "members_per_staff"]).to_numpy().tolist() == [
        ["A", 2, 3, 1, 100, 1, 2],
        ["B", 1, 3, 1, 0, 0.25, 0],
        ["C", 0, 0, 0, 50, 0, 1],
    ]
    np.testing.assert_allclose(table["mean_km"], [3, 10, np.nan])
    np.testing.assert_allclose(table["firms_per_staff"], [1, np.nan, 0])
    np.testing.assert_allclose(table["members_per_staff"], [0.5, np.nan, 0])


def test_catchment_areas_by_hand() -> None:
    # The site has 10 for 100 at full weight and 50 at 0.68: a ratio of 10 / 134.
    access = metric.enhanced_2sfca(
        np.array([100.0, 50.0, 70.0]), np.array([[5.0], [15.0], [31.0]]), np.array([10.0]), bands=(10, 20, 30)
    )
    np.testing.assert_allclose(access, [10 / 134, 6.8 / 134, 0])


def test_each_band_has_its_weight() -> None:
    with pytest.raises(ValueError, match="2 bands with 3 weights"):
        metric.enhanced_2sfca(np.ones(1), np.ones((1, 1)), np.ones(1), bands=(10, 20))


@given(_costs(rows=20), st.integers(1, 50))
def test_all_the_supply_that_is_seen_is_shared(cost: np.ndarray, supply: int) -> None:
    demand, staff = np.arange(len(cost)) + 1.0, np.full(4, float(supply))
    access = metric.enhanced_2sfca(demand, cost, staff, bands=(10, 20, 30))
    is_seen = (cost <= 30).any(axis=0) if len(cost) else np.zeros(4, dtype=bool)
    assert (access * demand).sum() == pytest.approx(supply * is_seen.sum())
    doubled = metric.enhanced_2sfca(demand, cost, 2 * staff, bands=(10, 20, 30))
    np.testing.assert_allclose(doubled, 2 * access)


def test_catchment_areas_are_those_of_pysal() -> None:
    rng = np.random.default_rng(113)
    cost, demand, supply = rng.uniform(0, 60, (40, 5)), rng.integers(1, 500, 40), rng.integers(1, 9, 5)
    places = pd.DataFrame({"id": np.arange(40), "demand": demand})
    sites = pd.DataFrame({"id": np.arange(5), "supply": supply})
    costs = pd.DataFrame(
        {"origin": np.repeat(np.arange(40), 5), "dest": np.tile(np.arange(5), 40), "cost": cost.ravel()}
    )
    given = {"cost_origin": "origin", "cost_dest": "dest", "cost_name": "cost"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = Access(
            demand_df=places,
            demand_index="id",
            demand_value="demand",
            supply_df=sites,
            supply_index="id",
            supply_value="supply",
            cost_df=costs,
            neighbor_cost_df=costs,
            neighbor_cost_origin="origin",
            neighbor_cost_dest="dest",
            neighbor_cost_name="cost",
            **given,
        )
        weights = step_fn({10: 1.0, 20: 0.68, 30: 0.22})
        found = other.enhanced_two_stage_fca(
            name="e", cost="cost", max_cost=30, weight_fn=weights, supply_values=["supply"]
        )
    theirs = found["e_supply"].reindex(np.arange(40)).fillna(0).to_numpy()
    ours = metric.enhanced_2sfca(demand.astype(float), cost, supply.astype(float), bands=(10, 20, 30))
    np.testing.assert_allclose(ours, theirs)
    assert (ours > 0).sum() > 20
