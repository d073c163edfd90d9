"""How long the next antennas take: the solve beside spopt's on the same problem, and what the page asks for."""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pulp
from spopt.locate import MCLP

from analytics import tables
from analytics.metrics.siting import maximal_covering
from analytics.metrics.travel import crow_km
from analytics.pipeline.building import build_demo
from analytics.store import Snapshot, Store
from analytics.view import DEMANDS, View

OFFICES, THRESHOLD = 3, 30.0
RUNS, PAIRS = 9, 3
WANTED_S = 3


def problem(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the firms of every commune, and the kilometres to each candidate and to each antenna of today."""
    settings, communes = snapshot.settings(), snapshot.table("communes")
    view = View.default(settings)
    sites = tables.possible_sites(snapshot, view, settings)
    firms = snapshot.firms("tic").groupby("commune_code").size()
    demand = firms.reindex(communes["commune_code"], fill_value=0).to_numpy(dtype="float64")
    halls = communes[["x_m", "y_m"]].to_numpy()
    antennas = snapshot.table("antennas")[["x_m", "y_m"]].to_numpy()
    return demand, crow_km(halls, sites[["x_m", "y_m"]].to_numpy()), crow_km(halls, antennas)


def ours(demand: np.ndarray, to_sites: np.ndarray, to_antennas: np.ndarray) -> float:
    """Return the demand that today's antennas and three more reach."""
    is_reached = (to_antennas <= THRESHOLD).any(axis=1)
    answer = maximal_covering(demand, to_sites <= THRESHOLD, k=OFFICES, fixed=is_reached)
    assert answer.gap == 0
    return float(demand[is_reached].sum() + sum(answer.added))


def spopts(demand: np.ndarray, to_sites: np.ndarray, to_antennas: np.ndarray) -> float:
    """Return the same by spopt, with the antennas as predefined facilities, solved by CBC."""
    costs = np.hstack([to_antennas, to_sites])
    fixed = np.arange(costs.shape[1]) < to_antennas.shape[1]
    model = MCLP.from_cost_matrix(
        costs,
        demand,
        service_radius=THRESHOLD,
        p_facilities=OFFICES + int(fixed.sum()),
        predefined_facilities_arr=fixed.astype(int),
    )
    model = model.solve(pulp.PULP_CBC_CMD(msg=False))
    return float(model.problem.objective.value())


def beside_spopt(snapshot: Snapshot) -> None:
    """Print both solves of one problem, in turn."""
    given = problem(snapshot)
    taken: dict[str, list[float]] = {"ours": [], "spopt's": []}
    reached = []
    for _ in range(PAIRS):
        for name, solve in (("ours", ours), ("spopt's", spopts)):
            start = time.perf_counter()
            reached.append(solve(*given))
            taken[name].append(time.perf_counter() - start)
    assert max(reached) - min(reached) < 1e-6 * max(reached)
    print(f"both reach {reached[0]:,.0f} firms")
    medians = {name: statistics.median(times) for name, times in taken.items()}
    told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
    ratio = medians["ours"] / medians["spopt's"]
    print(f"{given[1].shape[1]} candidates, {len(given[0]):,} communes, k = {OFFICES}: {told}; ratio {ratio:.3f}")


def every_question(snapshot: Snapshot) -> None:
    """Print the first and the next answers of each demand and threshold, and whether any was not proven."""
    settings = snapshot.settings()
    start = View.default(settings)
    first = _seconds(lambda: tables.next_antennas(snapshot, start, settings))
    print(f"first answer, distances included: {first:.2f} s (wanted: below {WANTED_S})")
    views = [
        dataclasses.replace(start, demand=demand, threshold=threshold, offices=offices)
        for demand in DEMANDS
        for threshold in (10.0, 20.0, 30.0, 45.0, 60.0)
        for offices in (1, 3, 5)
    ]
    taken, gaps = [], []
    for view in views:
        begin = time.perf_counter()
        answer = tables.next_antennas(snapshot, view, settings)
        taken.append(time.perf_counter() - begin)
        gaps.append(answer["optimality_gap"].max())
    print(
        f"{len(views)} other questions: median {1000 * statistics.median(taken):.0f} ms, "
        f"longest {1000 * max(taken):.0f} ms, largest gap {np.nanmax(gaps):.1e}"
    )
    for name in ("stability", "offices_needed", "move", "coverage", "territories", "coverage_curve", "nearness"):
        ask = getattr(tables, name)
        times = [_seconds(lambda ask=ask: ask(snapshot, start, settings)) for _ in range(RUNS)]
        print(f"  {name:15} median of {RUNS} {1000 * statistics.median(times):5.0f} ms")


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as root:
        snapshot = build_demo(Store(Path(root)))
        every_question(snapshot)
        beside_spopt(snapshot)


if __name__ == "__main__":
    main()
