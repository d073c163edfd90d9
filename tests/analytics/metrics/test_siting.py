"""Where to open sites: by hand, against every choice tried, and against spopt."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics import siting as metric

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from spopt.locate import LSCP, MCLP

# Four places in a row of which candidates 0, 1 and 2 reach two neighbours each; candidate 3 reaches the last alone.
LINE = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], dtype=bool)
# Three places, each candidate reaching two: half of each candidate would reach them all with one and a half.
TRIANGLE = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=bool)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int, tuple[int, ...], np.ndarray]:
    """Draw demand, reaches, k, forced candidates and what is fixed."""
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    demand = np.array(draw(st.lists(st.integers(0, 20), min_size=n, max_size=n)), dtype="float64")
    cells = draw(st.lists(st.booleans(), min_size=n * m, max_size=n * m))
    forced = draw(st.sets(st.integers(0, m - 1), max_size=2))
    fixed = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return demand, np.array(cells).reshape(n, m), draw(st.integers(0, m)), tuple(sorted(forced)), fixed


def _reached(demand: np.ndarray, reaches: np.ndarray, sites: tuple[int, ...], fixed: np.ndarray | None = None) -> float:
    covered = reaches[:, list(sites)].any(axis=1)
    return float(demand[covered if fixed is None else covered & ~fixed].sum())


def test_the_best_pair_by_hand() -> None:
    answer = metric.maximal_covering(np.array([5.0, 1.0, 1.0, 4.0]), LINE, k=2)
    assert answer == ((0, 2), (6.0, 5.0), 0.0)


def test_greed_may_lose() -> None:
    # The middle candidate reaches most at once; the two beside it reach more together.
    demand = np.array([3.0, 4.0, 4.0, 3.0])
    assert sum(metric.maximal_covering(demand, LINE, k=2).added) == 14
    greedy = metric.greedy_covering(demand, LINE, k=2)
    assert greedy.sites == (1, 0)
    assert sum(greedy.added) == 11
    assert math.isnan(greedy.gap)


def test_of_two_that_reach_the_same_the_first_is_taken() -> None:
    twice = np.hstack([LINE[:, [3]], LINE, LINE])
    assert metric.maximal_covering(np.ones(4), twice, k=2).sites == (1, 3)


def test_a_relaxation_that_is_not_whole_is_searched() -> None:
    problem = metric._reduced(np.ones(3), TRIANGLE, k=1, fixed=None, forced=())
    assert metric._relaxed(problem)[1] == pytest.approx(2)
    apart = np.kron(np.eye(3, dtype=bool), TRIANGLE)
    weights = np.array([5.0, 4.0, 3.0] * 3)
    share, bound = metric._relaxed(metric._reduced(weights, apart, k=4, fixed=None, forced=()))
    assert np.minimum(share, 1 - share).max() > 0.1
    answer = metric.maximal_covering(weights, apart, k=4)
    assert sum(answer.added) == 12 + 9 + 9
    assert answer.gap == 0
    assert sum(answer.added) < bound


def test_without_time_the_gap_is_told() -> None:
    rng = np.random.default_rng(113)
    reaches = rng.random((150, 90)) < 0.06
    answer = metric.maximal_covering(rng.integers(1, 100, 150).astype(float), reaches, k=20, time_limit_s=0.001)
    assert len(answer.sites) == 20
    assert 0 <= answer.gap < 0.5


@settings(max_examples=200)
@given(problems())
def test_nothing_better_exists(problem: tuple[np.ndarray, np.ndarray, int, tuple[int, ...], np.ndarray]) -> None:
    demand, reaches, k, forced, fixed = problem
    answer = metric.maximal_covering(demand, reaches, k=k, fixed=fixed, forced=forced)
    others = [j for j in range(reaches.shape[1]) if j not in forced]
    free = min(max(k - len(forced), 0), len(others))
    best = max(_reached(demand, reaches, (*forced, *more), fixed) for more in itertools.combinations(others, free))
    assert sum(answer.added) == pytest.approx(best)
    assert answer.gap == 0
    assert set(forced) <= set(answer.sites)
    assert len(answer.sites) <= max(k, len(forced))
    assert sum(answer.added) == pytest.approx(_reached(demand, reaches, answer.sites, fixed))
    for rank, added in enumerate(answer.added):
        before = _reached(demand, reaches, answer.sites[:rank], fixed)
        assert added == pytest.approx(_reached(demand, reaches, answer.sites[: rank + 1], fixed) - before)
    assert list(answer.added) == sorted(answer.added, reverse=True)
    assert all(added > 0 or site in forced for site, added in zip(answer.sites, answer.added, strict=True))


@given(problems())
def test_greed_reaches_its_share_of_the_best(
    problem: tuple[np.ndarray, np.ndarray, int, tuple[int, ...], np.ndarray],
) -> None:
    demand, reaches, k, _, fixed = problem
    best = sum(metric.maximal_covering(demand, reaches, k=k, fixed=fixed).added)
    greedy = sum(metric.greedy_covering(demand, reaches, k=k, fixed=fixed).added)
    assert (1 - 1 / math.e) * best - 1e-9 <= greedy <= best + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_spopt_finds_the_same_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, sites = rng.uniform(0, 100, (200, 2)), rng.uniform(0, 100, (60, 2))
    cost = np.hypot(*(places[:, None, axis] - sites[:, axis] for axis in (0, 1)))
    demand, standing = rng.integers(1, 100, 200).astype(float), np.arange(60) < 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MCLP.from_cost_matrix(
            cost, demand, service_radius=12, p_facilities=4 + 5, predefined_facilities_arr=standing.astype(int)
        )
        theirs = model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value()
    fixed = (cost[:, standing] <= 12).any(axis=1)
    ours = metric.maximal_covering(demand, cost[:, ~standing] <= 12, k=5, fixed=fixed)
    assert demand[fixed].sum() + sum(ours.added) == pytest.approx(theirs)
    assert ours.gap == 0


@pytest.mark.parametrize(("k", "demand"), [(-1, [1.0]), (1, [np.nan])])
def test_nonsense_is_refused(k: int, demand: list[float]) -> None:
    with pytest.raises(ValueError, match="k = "):
        metric.maximal_covering(np.array(demand), np.ones((1, 1), dtype=bool), k=k)


def test_the_fewest_by_hand() -> None:
    demand = np.array([5.0, 1.0, 1.0, 4.0])
    told = {share: metric.fewest_sites(demand, LINE, share=share, total=11, already=0) for share in (0.5, 0.9, 1.0)}
    assert {share: found.sites for share, found in told.items()} == {0.5: 1, 0.9: 2, 1.0: 2}
    assert all(found.is_proven and found.lower_bound == found.sites for found in told.values())
    assert metric.fewest_sites(demand, LINE, share=0.9, total=22, already=20).sites == 0
    assert metric.fewest_sites(demand, LINE[:, :1], share=0.9, total=11, already=0).sites is None


@settings(max_examples=100)
@given(problems(), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_fewer_do_not_reach_the_share(
    problem: tuple[np.ndarray, np.ndarray, int, tuple[int, ...], np.ndarray], share: float
) -> None:
    demand, reaches, _, forced, _ = problem
    total, columns = float(demand.sum()), range(reaches.shape[1])
    found = metric.fewest_sites(demand, reaches, share=share, total=total, already=0.0, forced=forced)
    enough = [
        len(sites)
        for size in range(reaches.shape[1] + 1)
        for sites in itertools.combinations(columns, size)
        if set(forced) <= set(sites) and _reached(demand, reaches, sites) >= share * total - 1e-9
    ]
    assert found.sites == (min(enough) if enough else None)
    assert found.is_proven


def test_to_reach_all_takes_as_many_as_spopt_finds() -> None:
    rng = np.random.default_rng(7)
    cost = np.hypot(*(rng.uniform(0, 100, (120, 1)) - rng.uniform(0, 100, 50) for _ in range(2)))
    cost = cost[(cost <= 20).any(axis=1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LSCP.from_cost_matrix(cost, 20).solve(pulp.PULP_CBC_CMD(msg=False))
        theirs = model.problem.objective.value()
    demand = np.ones(len(cost))
    assert metric.fewest_sites(demand, cost <= 20, share=1, total=len(cost), already=0).sites == theirs


def test_the_best_move_by_hand() -> None:
    # Closing the first site leaves 5 unreached, of which the first candidate reaches 5 and 3 more; the second loses 4.
    rest = np.array([[5.0, 0.0], [3.0, 3.0], [0.0, 4.0]])
    reaches = np.array([[1, 0], [1, 0], [0, 1]], dtype=bool)
    assert metric.best_move(rest, reaches, kept=np.array([4.0, 5.0]), total_now=9.0) == (0, 0, 3.0)


def test_neighbours_count_together_and_one_of_them_comes_first() -> None:
    near = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], dtype=bool)
    chosen = np.array([[1, 0, 0], [0, 0, 1], [1, 0, 1], [0, 0, 0]], dtype=bool)
    assert metric.times_nearby(chosen, near).tolist() == [2, 3, 2]
    assert metric.first_nearby(near).tolist() == [True, False, True]


@pytest.mark.parametrize("time_limit_s", [0.001, 0.05, 0.5])
def test_without_time_no_less_is_found_than_by_greed(time_limit_s: float) -> None:
    rng = np.random.default_rng(5)
    reaches, demand = rng.random((300, 120)) < 0.04, rng.integers(1, 100, 300).astype(float)
    answer = metric.maximal_covering(demand, reaches, k=25, time_limit_s=time_limit_s)
    greedy = metric.greedy_covering(demand, reaches, k=25)
    assert sum(answer.added) >= sum(greedy.added)
    assert 0 <= answer.gap < 0.1


def test_a_little_that_lacks_is_not_overlooked() -> None:
    # Half of 20,000,001 is 10,000,000.5: either candidate alone reaches half a unit less.
    demand = np.array([10_000_000.0, 10_000_000.0, 1.0])
    reaches = np.array([[1, 0], [0, 1], [0, 0]], dtype=bool)
    found = metric.fewest_sites(demand, reaches, share=0.5, total=20_000_001, already=0)
    assert found.sites == 2
    assert found.lower_bound <= 2


@pytest.mark.parametrize(
    ("demand", "forced"),
    [([1.0, np.inf], ()), ([1.0], ()), ([1.0, 1.0, 1.0], ()), ([1.0, 1.0], (2,)), ([1.0, 1.0], (-1,))],
)
def test_what_cannot_be_is_refused(demand: list[float], forced: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"finite|forced"):
        metric.maximal_covering(np.array(demand), np.eye(2, dtype=bool), k=1, forced=forced)


@pytest.mark.parametrize("share", [-0.1, 1.5, np.nan])
def test_a_share_lies_between_none_and_all(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        metric.fewest_sites(np.ones(2), np.eye(2, dtype=bool), share=share, total=2, already=0)
