"""Where to open sites so as to reach most, with the certainty of the answer: covering location problems.

``reaches`` is boolean, (n, m): whether a candidate's site would reach a place. Chosen sites come in the order of what
each adds to those before it.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

# Relaxed choices this near to 0 or 1 are whole: HiGHS works to 1e-7.
WHOLE = 1e-6
TIME_LIMIT_S = 20.0


class Siting(NamedTuple):
    """Sites chosen, by their column, with what each adds.

    Attributes
    ----------
    sites, added
        In one order: each adds most of those that are left.
    gap
        ``(bound - sum(added)) / sum(added)``: by how much the best answer may be better; 0 where this one is proven the
        best, NaN where nothing is known of it.
    """

    sites: tuple[int, ...]
    added: tuple[float, ...]
    gap: float


class Fewest(NamedTuple):
    """The smallest number of sites that reaches a share, and what no answer goes below; None where none does.

    Both are equal where ``is_proven``.
    """

    sites: int | None
    lower_bound: int | None
    is_proven: bool


class Move(NamedTuple):
    """The existing site to close, the candidate to open, and what is reached more; not positive where no move pays."""

    closed: int
    opened: int
    gain: float


def maximal_covering(
    demand: np.ndarray,
    reaches: np.ndarray,
    *,
    k: int,
    fixed: np.ndarray | None = None,
    forced: Collection[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Siting:
    """Choose ``k`` sites so that together, and with those that exist, they reach most demand.

    Parameters
    ----------
    demand
        (n,), in any unit; what is not positive counts as nothing.
    reaches
        (n, m) bool.
    k
        How many; where fewer reach as much, fewer are returned, and where more are forced, all of these.
    fixed
        (n,) bool: what sites that exist reach already.
    forced
        Columns that are chosen whatever they add.
    time_limit_s
        For the search of whole numbers, where the relaxation is not whole; what is found by then has a gap.

    Raises
    ------
    ValueError
        When ``k`` is negative, a demand is not a finite number, shapes differ or a forced column does not exist.

    Notes
    -----
    The maximal covering location problem: maximise ``sum_i demand_i z_i`` with ``z_i <= sum_j reaches_ij y_j``,
    ``sum_j y_j = k`` and ``y`` 0 or 1; existing sites are fixed. Church and ReVelle (1974), "The maximal covering
    location problem", Papers of the Regional Science Association 32. Places that the same candidates reach are one;
    candidates that reach no more than another are left out. Its linear relaxation is solved first (HiGHS): where that
    is whole, as it nearly always is, it is the optimum; else HiGHS searches, by branch and bound.
    """
    problem = _reduced(demand, reaches, k=k, fixed=fixed, forced=forced)
    chosen, bound = _best(problem, time_limit_s=time_limit_s)
    sites, added = _in_order(problem, chosen)
    total = sum(added)
    gap = max(bound - total, 0.0) / total if total > 0 else 0.0
    return Siting(sites, added, 0.0 if gap < WHOLE else gap)


def greedy_covering(
    demand: np.ndarray,
    reaches: np.ndarray,
    *,
    k: int,
    fixed: np.ndarray | None = None,
    forced: Collection[int] = (),
) -> Siting:
    """Choose the sites one after the other, each time the one that adds most; ``gap`` is NaN.

    The greedy adding heuristic of Church and ReVelle (1974): it reaches ``1 - 1/e`` of the optimum at least (Nemhauser,
    Wolsey and Fisher 1978, "An analysis of approximations for maximizing submodular set functions", Mathematical
    Programming 14). Parameters as those of ``maximal_covering``; forced sites are taken before any other.
    """
    problem = _reduced(demand, reaches, k=k, fixed=fixed, forced=forced)
    sites, added = _in_order(problem, _greedily(problem))
    return Siting(sites, added, float("nan"))


def fewest_sites(
    demand: np.ndarray,
    reaches: np.ndarray,
    *,
    share: float,
    total: float,
    already: float,
    forced: Collection[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Fewest:
    """Return the smallest number of sites with which a share of all demand is reached.

    Parameters
    ----------
    demand, reaches, forced
        As those of ``maximal_covering``; demand is what is not reached yet.
    share
        0 to 1, of ``total``; ``already`` of it is reached.

    Notes
    -----
    The partial set covering problem of Daskin and Owen (1999), "Two new location covering problems: the partial
    p-center problem and the partial set covering problem", Geographical Analysis 31: minimise ``sum_j y_j`` with
    ``already + sum_i demand_i z_i >= share * total``, by HiGHS; the greedy heuristic says first whether it can be done.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share: {share}")
    lacking = share * total - already
    if lacking <= 1e-9 * max(total, 1.0):
        return Fewest(len(set(forced)), len(set(forced)), is_proven=True)
    greedy = greedy_covering(demand, reaches, k=reaches.shape[1], forced=forced)
    enough = np.flatnonzero(np.cumsum(greedy.added) >= lacking - 1e-9 * total)
    if not enough.size:
        return Fewest(None, None, is_proven=True)
    problem = _reduced(demand, reaches, k=0, fixed=None, forced=forced)
    count, bound = _partial_cover(problem, lacking, time_limit_s=time_limit_s)
    most = len({*greedy.sites[: int(enough[0]) + 1], *forced})
    count = most if count is None else min(count, most)
    return Fewest(count, min(bound, count), is_proven=bound >= count)


def best_move(rest: np.ndarray, reaches: np.ndarray, *, kept: np.ndarray, total_now: float) -> Move:
    """Return which existing site to close, and which candidate to open in its place, so as to reach most.

    Exact, by trying every pair.

    Parameters
    ----------
    rest
        (n, s): the demand that is not reached once the site of the column is closed.
    reaches
        (n, m) bool.
    kept
        (s,): the demand that the others reach.
    total_now
        What all existing sites reach today.
    """
    after = kept[:, None] + rest.T @ reaches
    closed, opened = np.unravel_index(int(after.argmax()), after.shape)
    return Move(int(closed), int(opened), float(after[closed, opened] - total_now))


def times_nearby(is_chosen: np.ndarray, is_near: np.ndarray) -> np.ndarray:
    """Return (m,), in how many answers each place or one near it is chosen.

    Parameters
    ----------
    is_chosen
        (answers, m) bool.
    is_near
        (m, m) bool, each near itself.
    """
    counted: np.ndarray = ((is_chosen.astype("int64") @ is_near.astype("int64")) > 0).sum(axis=0)
    return counted


def first_nearby(is_near: np.ndarray) -> np.ndarray:
    """Return (m,), which places have none near them among those before that are first themselves."""
    is_first = np.zeros(len(is_near), dtype=bool)
    for place in range(len(is_near)):
        is_first[place] = not (is_near[place] & is_first).any()
    return is_first


@dataclass(frozen=True)
class _Problem:
    """What is left once what cannot matter is dropped.

    Attributes
    ----------
    demand
        (p,), of groups of places that the same candidates reach.
    reaches
        (p, q) of 0.0 and 1.0.
    columns
        (q,), the candidates that are left, as columns of what was given.
    forced
        Of these, those that are chosen, as columns of ``reaches``.
    k
        How many are chosen at most.
    """

    demand: np.ndarray
    reaches: np.ndarray
    columns: np.ndarray
    forced: tuple[int, ...]
    k: int

    def gains(self, chosen: Collection[int]) -> np.ndarray:
        """Return (q,), what each candidate would add to those chosen."""
        is_reached = self.reaches[:, list(chosen)].any(axis=1)
        added: np.ndarray = np.where(is_reached, 0.0, self.demand) @ self.reaches
        added[list(chosen)] = -1.0
        return added

    def reached(self, chosen: Collection[int]) -> float:
        """Return the demand that those chosen reach together."""
        return float(self.demand[self.reaches[:, list(chosen)].any(axis=1)].sum())

    @cached_property
    def whole(self) -> float:
        """All the demand that is left."""
        return float(self.demand.sum())


def _reduced(
    demand: np.ndarray, reaches: np.ndarray, *, k: int, fixed: np.ndarray | None, forced: Collection[int]
) -> _Problem:
    weights = np.asarray(demand, dtype="float64")
    if k < 0 or not np.isfinite(weights).all():
        raise ValueError(f"k = {k}, or a demand that is not a finite number")
    if reaches.shape[:1] != weights.shape or not set(forced) <= set(range(reaches.shape[1])):
        raise ValueError(f"{weights.shape} demands, reaches {reaches.shape}, forced {sorted(forced)}")
    open_to = (weights > 0) & reaches.any(axis=1)
    if fixed is not None:
        open_to &= ~fixed
    patterns, group = np.unique(np.packbits(reaches[open_to], axis=1), axis=0, return_inverse=True)
    grouped = np.bincount(group.ravel(), weights=weights[open_to], minlength=len(patterns))
    sets = np.unpackbits(patterns, axis=1, count=reaches.shape[1]).astype("float64")
    must = np.array(sorted(set(forced)), dtype="int64")
    kept = _undominated(sets, must)
    places = {int(column): place for place, column in enumerate(kept)}
    return _Problem(
        demand=grouped,
        reaches=sets[:, kept],
        columns=kept,
        forced=tuple(places[int(column)] for column in must),
        k=max(k, len(must)),
    )


def _undominated(sets: np.ndarray, must: np.ndarray) -> np.ndarray:
    """Return the columns that reach something and no less than another does; of equal ones the first."""
    sizes = sets.sum(axis=0)
    is_subset = (sets.T @ sets) == sizes[:, None]
    is_equal = is_subset & is_subset.T
    comes_first = np.tri(len(sizes), k=-1, dtype=bool)
    is_forced = np.isin(np.arange(len(sizes)), must)
    # Of two that reach the same the forced one stays, or the first.
    yields = is_equal & np.where(is_forced[None, :] == is_forced[:, None], comes_first, is_forced[None, :])
    dominated = ((is_subset & ~is_equal) | yields).any(axis=1) | (sizes == 0)
    kept: np.ndarray = np.flatnonzero(~dominated | is_forced)
    return kept


def _best(problem: _Problem, *, time_limit_s: float) -> tuple[list[int], float]:
    """Return the chosen columns and what no choice can exceed."""
    if problem.columns.size <= problem.k:
        return list(range(problem.columns.size)), problem.whole
    if not problem.demand.size or problem.k == len(problem.forced):
        chosen = list(problem.forced)
        return chosen, problem.reached(chosen)
    share, bound = _relaxed(problem)
    if np.minimum(share, 1 - share).max() < WHOLE:
        return np.flatnonzero(share > 0.5).tolist(), bound
    return _searched(problem, bound, time_limit_s=time_limit_s)


def _relaxed(problem: _Problem) -> tuple[np.ndarray, float]:
    """Return the optimum of the linear relaxation: the share of each candidate, and the demand reached."""
    from scipy.optimize import linprog  # noqa: PLC0415 - slow to load

    costs, covers, count, low = _program(problem)
    answer = linprog(
        costs,
        A_ub=covers,
        b_ub=np.zeros(covers.shape[0]),
        A_eq=count,
        b_eq=[problem.k],
        bounds=np.column_stack([low, np.ones(len(low))]),
        method="highs",
    )
    if answer.status != 0:
        raise RuntimeError(f"HiGHS: {answer.message}")
    return answer.x[: problem.columns.size], float(-answer.fun)


def _searched(problem: _Problem, bound: float, *, time_limit_s: float) -> tuple[list[int], float]:
    """Return the best whole choice found within the time, and the bound proven by then."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - slow to load

    costs, covers, count, low = _program(problem)
    is_whole = np.arange(len(costs)) < problem.columns.size
    answer = milp(
        costs,
        integrality=is_whole.astype(int),
        bounds=Bounds(low, np.ones(len(low))),
        constraints=[LinearConstraint(covers, -np.inf, 0), LinearConstraint(count, problem.k, problem.k)],
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    proven = bound if answer.mip_dual_bound is None else min(bound, float(-answer.mip_dual_bound))
    found = [] if answer.x is None else [np.flatnonzero(answer.x[: problem.columns.size] > 0.5).tolist()]
    # What HiGHS has by the end of its time may be less than greed finds at once.
    return max([*found, _greedily(problem)], key=problem.reached), proven


def _greedily(problem: _Problem) -> list[int]:
    """Return the forced columns, then one after the other the one that adds most, as long as one adds something."""
    chosen = list(problem.forced)
    while len(chosen) < min(problem.k, problem.columns.size):
        gains = problem.gains(chosen)
        best = int(gains.argmax())
        if not gains[best] > 0:
            break
        chosen.append(best)
    return chosen


def _partial_cover(problem: _Problem, lacking: float, *, time_limit_s: float) -> tuple[int | None, int]:
    """Return the fewest sites found that reach ``lacking``, None where none was in time, and a proven lower bound."""
    from scipy import sparse  # noqa: PLC0415 - slow to load
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - slow to load

    _, covers, count, low = _program(problem)
    sites = problem.columns.size
    reached = sparse.csr_array(np.concatenate([np.zeros(sites), problem.demand])[None, :])
    answer = milp(
        np.asarray(count.todense()).ravel(),
        integrality=(np.arange(len(low)) < sites).astype(int),
        bounds=Bounds(low, np.ones(len(low))),
        constraints=[LinearConstraint(covers, -np.inf, 0), LinearConstraint(reached, lacking * (1 - 1e-9), np.inf)],
        options={"time_limit": time_limit_s},
    )
    chosen = [] if answer.x is None else np.flatnonzero(answer.x[:sites] > 0.5).tolist()
    # HiGHS lets a row lack a little; of demands of very different sizes that may be a whole place.
    is_enough = answer.x is not None and problem.reached(chosen) >= lacking - 1e-9 * abs(lacking)
    found = len(chosen) if is_enough else None
    bound = 0.0 if answer.mip_dual_bound is None else float(answer.mip_dual_bound)
    return found, math.ceil(bound - WHOLE)


def _program(problem: _Problem) -> tuple[np.ndarray, Any, Any, np.ndarray]:
    """Return costs, the rows ``z_i - sum_j reaches_ij y_j <= 0``, the row that counts sites, and the least of each."""
    from scipy import sparse  # noqa: PLC0415 - slow to load

    places, sites = problem.reaches.shape
    costs = np.concatenate([np.zeros(sites), -problem.demand])
    covers = sparse.hstack([-sparse.csr_array(problem.reaches), sparse.eye_array(places)], format="csr")
    count = sparse.csr_array(np.concatenate([np.ones(sites), np.zeros(places)])[None, :])
    low = np.zeros(sites + places)
    low[list(problem.forced)] = 1.0
    return costs, covers, count, low


def _in_order(problem: _Problem, chosen: Collection[int]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the chosen columns as they were given, most added first, without those that add nothing unless forced."""
    left = set(chosen)
    ordered: list[int] = []
    added: list[float] = []
    while left:
        gains = problem.gains(ordered)
        best = max(left, key=lambda site: (gains[site], -site))
        if gains[best] > 0 or best in problem.forced:
            ordered.append(best)
            added.append(float(max(gains[best], 0.0)))
        left.remove(best)
    return tuple(int(problem.columns[site]) for site in ordered), tuple(added)
