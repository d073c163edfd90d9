"""Who is a member: drawn by segment and size alone, but in some EPCI planted too few or too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.settings import Settings
from analytics.sizes import SIZE_CLASSES, band_of_jobs
from data.demo.enterprises import Bools, jobs_of
from data.demo.places import METROPOLES, Ints, Places

MATCHED = 391
MEMBER_JOBS = 17_000.0
_PARTIAL_MEMBERS = 2

# Planted ratios of observed to expected members. Named for readers; the codes count.
TOO_FEW: dict[str, str] = {
    "200027183": "Perpignan Méditerranée Métropole",
    "243000643": "Nîmes Métropole",
    "200068641": "Le Muretain Agglo",
    "243400769": "Béziers-Méditerranée",
    "200066918": "Alès Agglomération",
    "248200099": "Grand Montauban",
    "241100593": "Le Grand Narbonne",
    "200023737": "Grand Cahors",
}
TOO_MANY: dict[str, str] = {"200069300": "Tarbes-Lourdes-Pyrénées", "248100430": "Castres Mazamet"}
FEW_RANGE = (0.2, 0.35)
_MANY = 2.75

# Odds of membership by size class, and how segments differ.
_CLASS_RATES = {"unknown": 0.0026, "0": 0.0026, "1-9": 0.0195, "10-49": 0.165, "50-249": 0.45, "250+": 0.65}
_SEGMENT_RATES = {
    "software": 1.35,
    "programming": 1.1,
    "consulting": 1.0,
    "data": 1.0,
    "telecoms": 0.9,
    "manufacturing": 1.2,
    "trade_and_repair": 0.45,
}
_JOBS_TOLERANCE = 50.0
_METROPOLE_RANGE = (0.93, 1.12)
# By chance alone an EPCI has at most three members, or so many standard deviations more than expected.
_FEW_ANYWHERE, _HIGHEST_DEVIATION = 3.0, 2.0
_DRAWS = 4_000


@dataclass(frozen=True)
class Membership:
    """Units of the members, and what was planted where: EPCI -> (expected, observed)."""

    units: list[int]
    planted: dict[str, tuple[float, int]]
    metropoles: dict[str, tuple[float, int]]


def firm_table(tic: pl.DataFrame, units: pl.DataFrame, places: Places, settings: Settings) -> pl.DataFrame:
    """Return one row a firm: ``unit, commune, epci, segment, size_class, jobs, is_natural, is_partial, is_simple``.

    ``tic`` holds the open digital establishments of the region. A firm stands at its seat if that is among them, else
    at its largest, ties by the oldest; its size is its only band, else that of its summed jobs.
    """
    placed = tic.with_columns(jobs=pl.Series(jobs_of(tic))).sort(
        "unit", "is_seat", "jobs", "created", descending=[False, True, True, False]
    )
    firms = placed.group_by("unit", maintain_order=True).agg(
        pl.col("commune", "activity", "is_seat").first(),
        pl.col("band").first(),
        pl.col("jobs").sum(),
        is_known=(pl.col("band").is_not_null() & (pl.col("band") != "NN")).any(),
        count=pl.len(),
    )
    sizes = [
        (band or "NN") if count == 1 else band_of_jobs(jobs) if jobs or known else "NN"
        for band, count, jobs, known in firms.select("band", "count", "jobs", "is_known").iter_rows()
    ]
    class_of = {code: name for name, codes in SIZE_CLASSES.items() for code in codes}
    return firms.join(units, on="unit", maintain_order="left").select(
        "unit",
        "commune",
        "jobs",
        "is_natural",
        "is_partial",
        epci=pl.Series(places.epcis[firms["commune"].to_numpy()]),
        segment=pl.Series([_segment(code, settings) for code in firms["activity"]]),
        size_code=pl.Series(sizes),
        size_class=pl.Series([class_of[size] for size in sizes]),
        is_simple=(pl.col("count") == 1) & pl.col("is_seat"),
    )


def _segment(code: str, settings: Settings) -> str:
    bare = code.replace(".", "")
    return next(key for key, segment in settings.segments.items() if bare.startswith(segment.prefixes("NAFRev2")))


def quotas(firms: pl.DataFrame) -> pl.DataFrame:
    """Return the 391 members by stratum (segment x size class): ``segment, size_class, firms, members``."""
    strata = firms.group_by("segment", "size_class").agg(firms=pl.len()).sort("segment", "size_class")
    wanted = np.array(
        [n * _CLASS_RATES[size] * _SEGMENT_RATES[segment] for segment, size, n in strata.iter_rows()], dtype=float
    )
    wanted *= MATCHED / wanted.sum()
    members = np.floor(wanted).astype(int)
    members[np.argsort(members - wanted, kind="stable")[: MATCHED - members.sum()]] += 1
    return strata.with_columns(members=pl.Series(members))


def with_expected(firms: pl.DataFrame) -> pl.DataFrame:
    """Add ``expected``: the members that a firm would bring at its stratum's rate (indirect standardisation)."""
    rates = quotas(firms).with_columns(expected=pl.col("members") / pl.col("firms"))
    return firms.join(rates, on=["segment", "size_class"], how="left", maintain_order="left")


def draw_members(firms: pl.DataFrame, seed: int) -> Membership:
    """Return the members: as many in each stratum as ``quotas`` says, in each planted EPCI as planted, 17,000 jobs.

    Draws are repeated until the members' jobs are right, the two metropoles are near their expectation, and no EPCI
    looks planted that is not.
    """
    table = with_expected(firms)
    expected = dict(table.group_by("epci").agg(pl.col("expected").sum()).sort("epci").iter_rows())
    planted = {epci: _too_few(expected[epci]) for epci in TOO_FEW}
    planted |= {epci: int(np.ceil(_MANY * expected[epci])) for epci in TOO_MANY}
    draw = _Draw(table, planted)
    for attempt in range(_DRAWS):
        chosen = draw.once(np.random.default_rng([seed, attempt]))
        if abs(draw.jobs[chosen].sum() - MEMBER_JOBS) > _JOBS_TOLERANCE:
            continue
        observed = Counter(draw.epcis[chosen].tolist())
        if _is_fair(observed, {epci: e for epci, e in expected.items() if epci not in planted}):
            shown = {epci: (round(expected[epci], 2), observed[epci]) for epci in (*planted, *METROPOLES)}
            units = sorted(draw.units[chosen].tolist())
            return Membership(units, {e: shown[e] for e in planted}, {e: shown[e] for e in METROPOLES})
    raise ValueError("no draw gives the members' jobs: change the rates")


def _is_fair(observed: Mapping[str, int], expected: dict[str, float]) -> bool:
    """Tell whether the metropoles are near their expectation and nothing unplanted stands out above by chance."""
    low, high = _METROPOLE_RANGE
    limits = {epci: max(_FEW_ANYWHERE, e + _HIGHEST_DEVIATION * e**0.5) for epci, e in expected.items()}
    near = all(low <= observed[epci] / expected[epci] <= high for epci in METROPOLES)
    return near and all(observed[epci] <= limit for epci, limit in limits.items())


def _too_few(expected: float) -> int:
    few = int(np.ceil(FEW_RANGE[0] * expected))
    if few / expected > FEW_RANGE[1]:
        raise ValueError(f"no number of members is a planted share of {expected:.2f}: change the EPCI's density")
    return few


class _Draw:
    """The firms as arrays, and one draw among them."""

    def __init__(self, table: pl.DataFrame, planted: dict[str, int]) -> None:
        self.units = table["unit"].to_numpy()
        self.epcis = table["epci"].to_numpy()
        self.jobs = table["jobs"].to_numpy()
        self._rates = table["expected"].to_numpy()
        strata, self._stratum = np.unique(
            (table["segment"] + "|" + table["size_class"]).to_numpy(), return_inverse=True
        )
        self._quota = np.zeros(len(strata), dtype=int)
        self._quota[self._stratum] = table["members"].to_numpy()
        self._named = ~(table["is_natural"] | table["is_partial"]).to_numpy()
        # Two members are partially diffusible: small employers of Toulouse.
        self._withheld = np.flatnonzero(
            (table["is_partial"] & (table["size_class"] == "1-9") & (table["segment"] == "programming")).to_numpy()
            & (self.epcis == METROPOLES[0])
        )
        # Firms that may be drawn, by planted EPCI, and elsewhere by stratum.
        free = ~np.isin(self.epcis, list(planted)) & self._named
        self._by_epci = [(np.flatnonzero((self.epcis == e) & self._named), count) for e, count in planted.items()]
        self._by_stratum = [np.flatnonzero((self._stratum == s) & free) for s in range(len(strata))]

    def once(self, rng: np.random.Generator) -> Ints:
        """Return the positions of the members in one draw."""
        left = self._quota.copy()
        chosen = np.zeros(len(self.units), dtype=bool)
        self._take(rng.choice(self._withheld, _PARTIAL_MEMBERS, replace=False), left, chosen)
        for among, count in self._by_epci:
            for _ in range(count):
                weights = self._rates[among] * (left[self._stratum[among]] > 0) * ~chosen[among]
                self._take(rng.choice(among, 1, p=weights / weights.sum()), left, chosen)
        for stratum in np.flatnonzero(left):
            self._take(rng.choice(self._by_stratum[stratum], left[stratum], replace=False), left, chosen)
        return np.flatnonzero(chosen)

    def _take(self, rows: Ints, left: Ints, chosen: Bools) -> None:
        np.subtract.at(left, self._stratum[rows], 1)
        chosen[rows] = True
