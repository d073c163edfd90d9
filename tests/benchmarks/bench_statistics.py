"""Whether the area statistics keep what they promise, by simulation, and how long they take; on the demonstration."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.metrics.aggregate import mark_members
from analytics.metrics.ratios import SMALLEST_EXPECTED, fit_gamma, standardise
from analytics.metrics.shrinkage import BetaPrior, fit_beta, shrink_penetration
from analytics.metrics.standing import compare_areas, stand
from analytics.metrics.strata import expected_by_firm, strata_of
from analytics.pipeline.building import build_demo
from analytics.results.selection import current_sirens
from analytics.store import Snapshot, Store

SEED = 113
MAPS = 200
PLANTED, PLANTED_RATIO, PLANTED_EXPECTED = 10, 0.3, 8
AREAS_OF_SOME_SIZE = 30
RUNS = 15
LONGEST_MS, LARGEST_RATIO = 100, 4


def count(marked: pd.DataFrame, *, column: str = "epci_code") -> pd.DataFrame:
    """Return firms, members and expected members by area."""
    rows = marked.assign(expected_members=expected_by_firm(marked))
    sums = rows.groupby(column).agg(
        firms=("siren", "size"), members=("is_member", "sum"), expected_members=("expected_members", "sum")
    )
    return sums.rename_axis("area_code").reset_index()


def no_difference(marked: pd.DataFrame) -> None:
    """Print how many areas are flagged on maps where members are drawn without regard to the area."""
    rng = np.random.default_rng(SEED)
    counts, strata = count(marked), strata_of(marked)

    def drawn_as_counts() -> pd.DataFrame:
        return counts.assign(members=rng.poisson(counts["expected_members"]))

    def drawn_as_firms() -> pd.DataFrame:
        order = pd.Series(rng.random(len(marked)), index=marked.index).groupby(strata).rank(method="first")
        return count(marked.assign(is_member=order <= marked["is_member"].groupby(strata).transform("sum")))

    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "Poisson counts": drawn_as_counts,
        "as many firms of each stratum": drawn_as_firms,
    }
    print(f"{MAPS} maps of EPCI with no real difference, q < 0.1 (wanted: below 0.1 of the areas tested)")
    for way, draw in ways.items():
        maps = [standardise(draw()) for _ in range(MAPS)]
        tested = sum((table["expected_members"] >= SMALLEST_EXPECTED).sum() for table in maps)
        for verdict in ("under", "over"):
            flagged = np.array([(table["verdict"] == verdict).sum() for table in maps])
            print(
                f"  {way}: {np.mean(flagged > 0):.3f} of maps have one {verdict}, {flagged.sum() / tested:.4f} of areas"
            )


def planted(marked: pd.DataFrame) -> None:
    """Print how many of ten planted areas are flagged, how many others, and how often the interval holds the truth.

    The region's own rates fall by what the planted areas lack. So either the ratio planted is that to the expected
    members which the region with them gives, and the other areas lie above one by as much; or it is that to what the
    planted areas would have as the others do, and both their ratio and their expected members shrink towards them.
    """
    expected = count(marked)["expected_members"].to_numpy()
    expected = expected * PLANTED_EXPECTED / np.sort(expected)[-AREAS_OF_SOME_SIZE]
    large = expected >= PLANTED_EXPECTED
    print(f"{MAPS} maps, {PLANTED_RATIO} in {PLANTED} of {large.sum()} areas with {PLANTED_EXPECTED} or more expected")
    ways = {
        "to the region's rates (wanted: 8)": (True, None),
        "to the region's rates, others spread by Gamma(10, 10)": (True, 10.0),
        "to the others' rates": (False, None),
    }
    for way, (make_up, spread) in ways.items():
        rng = np.random.default_rng(SEED)
        runs = np.array([_planted_once(rng, expected, make_up=make_up, spread=spread) for _ in range(MAPS)])
        hits, wrong, covered, covered_large = runs.mean(axis=0)
        print(
            f"  {way}: {hits:.2f} of {PLANTED} flagged, {wrong:.3f} of the flagged wrongly; "
            f"the 90 % interval holds the truth in {covered:.3f} of areas, {covered_large:.3f} of the large ones"
        )


def _planted_once(
    rng: np.random.Generator, expected: np.ndarray, *, make_up: bool, spread: float | None
) -> tuple[float, float, float, float]:
    """Return the planted areas flagged, the share flagged wrongly, and the coverage in all areas and in large ones."""
    large = expected >= PLANTED_EXPECTED
    where = rng.choice(np.flatnonzero(large), PLANTED, replace=False)
    is_planted = np.isin(np.arange(len(expected)), where)
    truth = np.ones(len(expected)) if spread is None else rng.gamma(spread, 1 / spread, len(expected))
    if make_up:
        total, missing = (truth * expected)[~is_planted].sum(), PLANTED_RATIO * expected[is_planted].sum()
        truth *= (expected.sum() - missing) / total
    truth[where] = PLANTED_RATIO
    members = rng.poisson(expected * truth)
    regional = members.sum() / expected.sum()
    table = standardise(pd.DataFrame({"members": members, "expected_members": expected * regional}))
    under, true_ratio = (table["verdict"] == "under").to_numpy(), truth / regional
    holds = table["ratio_low"].le(true_ratio) & table["ratio_high"].ge(true_ratio)
    wrong = (under & (true_ratio >= 1)).sum() / max(under.sum(), 1)
    return under[where].sum(), wrong, holds.mean(), holds[large].mean()


def shrunk_rates(marked: pd.DataFrame) -> None:
    """Print how often the interval of a shrunk penetration holds the rate that the area's members were drawn at."""
    numbers = {level: count(marked, column=f"{level}_code")[["firms", "members"]] for level in ("commune", "epci")}
    prior = fit_beta(*numbers["epci"][["members", "firms"]].to_numpy().T)
    print(f"{MAPS} maps of the places with a firm, the 90 % interval of the shrunk rate (wanted: 0.90 hold the truth)")
    for level, counts in numbers.items():
        for way, spread in {"spread as the EPCI's are": prior, "one rate for all": None}.items():
            rng = np.random.default_rng(SEED)
            held = np.mean([_share_held(rng, counts, spread) for _ in range(MAPS)])
            print(f"  {level}, {way}: {held:.3f} of {len(counts):,}")


def _share_held(rng: np.random.Generator, counts: pd.DataFrame, spread: BetaPrior | None) -> float:
    """Return the share of areas whose interval holds the truth, on a map drawn."""
    firms, common = counts["firms"], counts["members"].sum() / counts["firms"].sum()
    rates = np.full(len(firms), common) if spread is None else rng.beta(*spread, len(firms))
    table = shrink_penetration(pd.DataFrame({"members": rng.binomial(firms, rates), "firms": firms}))
    low, high = table["firm_penetration_shrunk_low_pct"] / 100, table["firm_penetration_shrunk_high_pct"] / 100
    return float(((low <= rates) & (rates <= high)).mean())


def demonstration_verdicts(marked: pd.DataFrame) -> None:
    """Print what the demonstration's EPCI give."""
    table = standardise(count(marked))
    prior = fit_gamma(table["members"].to_numpy(), table["expected_members"].to_numpy())
    print(f"demonstration by EPCI: {table['verdict'].value_counts().to_dict()}, {prior}")


def speed(marked: pd.DataFrame, communes: pd.Series) -> None:
    """Print the milliseconds of expected members, ratios and shrinkage for every commune."""
    first: dict[str, float] | None = None
    for copies in (1, 10):
        firms = pd.concat([marked] * copies, ignore_index=True)
        counts = (
            count(firms, column="commune_code").set_index("area_code").reindex(communes, fill_value=0).reset_index()
        )
        steps: dict[str, Callable[[], object]] = {
            "expected": lambda firms=firms: expected_by_firm(firms),  # type: ignore[misc]
            "standardise": lambda counts=counts: standardise(counts),  # type: ignore[misc]
            "shrink": lambda counts=counts: shrink_penetration(counts),  # type: ignore[misc]
        }
        taken = {name: _milliseconds(step) for name, step in steps.items()}
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in taken.items())
        total = {"together": sum(taken.values())}
        print(f"{len(counts):,} communes, {len(firms):,} firms, ms: {parts}; {_beside_target(total, first)}")
        first = first or total


def whole_tables(snapshot: Snapshot) -> None:
    """Print the milliseconds of what a page asks for: how firms stand, then every commune and every EPCI beside it."""
    firms, communes = snapshot.firms("tic"), snapshot.table("communes")
    levels = {"commune": communes["commune_code"].tolist(), "epci": snapshot.table("epcis")["area_code"].tolist()}
    sirens = current_sirens(snapshot)
    first: dict[str, float] | None = None
    for copies in (1, 10):
        many = pd.concat([firms] * copies, ignore_index=True)
        standing = stand(many, member_sirens=sirens, antennas=snapshot.table("antennas"), communes=communes)
        steps: dict[str, Callable[[], object]] = {
            "stand": lambda many=many: stand(  # type: ignore[misc]
                many, member_sirens=sirens, antennas=snapshot.table("antennas"), communes=communes
            ),
            **{
                level: lambda s=standing, level=level, areas=areas: compare_areas(s, level=level, areas=areas)  # type: ignore[misc]
                for level, areas in levels.items()
            },
        }
        taken = {name: _milliseconds(step) for name, step in steps.items()}
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in taken.items())
        target = _beside_target(taken, first)
        print(f"{len(many):,} firms, once a snapshot and then a level, ms: {parts}; {target}")
        first = first or taken


def _beside_target(taken: dict[str, float], first: dict[str, float] | None) -> str:
    """Return the steps together beside what is wanted; of ten times the firms, how many times as long they take."""
    together = sum(taken.values())
    if first is None:
        return f"together {together:.1f} ms (wanted: below {LONGEST_MS})"
    return f"together {together / sum(first.values()):.1f} times as long (wanted: below {LARGEST_RATIO})"


def _milliseconds(step: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as root:
        snapshot = build_demo(Store(Path(root)))
        marked = mark_members(snapshot.firms("tic"), member_sirens=current_sirens(snapshot))
        communes = snapshot.table("communes")["commune_code"]
        whole_tables(snapshot)
    no_difference(marked)
    planted(marked)
    shrunk_rates(marked)
    demonstration_verdicts(marked)
    speed(marked, communes)


if __name__ == "__main__":
    main()
