"""Fifteen years of openings and closings, planned: a later reading of the register can be checked against them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.demo.places import Ints

Dates = npt.NDArray[np.datetime64]

FIRST_YEAR = 2011
# The register's last event; the file is the stock of the following day.
LAST_DAY = np.datetime64("2026-10-31")
OLDEST_YEAR = 1985

# Planted net growth of the open establishments over each year: about 3 %, a dip in 2023 and 2024. 2026 has ten months.
GROWTH: dict[int, float] = {
    2011: 0.031,
    2012: 0.029,
    2013: 0.030,
    2014: 0.026,
    2015: 0.033,
    2016: 0.035,
    2017: 0.031,
    2018: 0.036,
    2019: 0.034,
    2020: 0.022,
    2021: 0.043,
    2022: 0.031,
    2023: -0.004,
    2024: -0.017,
    2025: 0.021,
    2026: 0.020,
}
# Yearly odds of closing by age, and how hard the year was.
_HAZARD_BY_AGE = ((1, 0.045), (3, 0.070), (6, 0.055), (99, 0.040))
_HARDNESS = {2020: 0.85, 2023: 1.20, 2024: 1.25, 2026: 10 / 12}
_CLOSED_IN_FIRST_YEAR = 0.012


@dataclass(frozen=True)
class History:
    """Years of creation of the establishments open today, and of creation and closing of those closed since 2011.

    ``open_on`` counts the open ones on each 1 January, ``opened`` and ``closed`` the events of each year.
    """

    open_years: Ints
    closed_years: npt.NDArray[np.int64]
    open_on: dict[int, int]
    opened: dict[int, int]
    closed: dict[int, int]


def plan_history(open_today: int, rng: np.random.Generator) -> History:
    """Return a history of net growth ``GROWTH`` that ends with exactly ``open_today`` open establishments."""
    open_on = _open_on(open_today)
    alive = _first_cohorts(open_on[FIRST_YEAR])
    closed_pairs: list[tuple[int, int]] = []
    opened, closed = {}, {}
    for year in GROWTH:
        deaths = _deaths(alive, year, rng)
        survivors_needed = open_on[year + 1] - open_on[year] + sum(deaths.values())
        stillborn = round(_CLOSED_IN_FIRST_YEAR * survivors_needed)
        closed_pairs += [(born, year) for born, dead in deaths.items() for _ in range(dead)]
        closed_pairs += [(year, year)] * stillborn
        alive = {born: count - deaths.get(born, 0) for born, count in alive.items()} | {year: survivors_needed}
        opened[year], closed[year] = survivors_needed + stillborn, sum(deaths.values()) + stillborn
    open_years = np.repeat(list(alive), list(alive.values()))
    dates = {year: count for year, count in open_on.items() if year in GROWTH}
    return History(open_years, np.array(closed_pairs), dates, opened, closed)


def _open_on(open_today: int) -> dict[int, int]:
    """Open establishments on each 1 January, and (last) today."""
    counts, level = {max(GROWTH) + 1: open_today}, float(open_today)
    for year in sorted(GROWTH, reverse=True):
        level /= 1 + GROWTH[year]
        counts[year] = round(level)
    return counts


def _first_cohorts(total: int) -> dict[int, int]:
    years = np.arange(OLDEST_YEAR, FIRST_YEAR)
    shares = np.exp(0.11 * (years - OLDEST_YEAR))
    counts = np.floor(total * shares / shares.sum()).astype(int)
    counts[-1] += total - counts.sum()
    return {int(year): int(count) for year, count in zip(years, counts, strict=True)}


def _deaths(alive: dict[int, int], year: int, rng: np.random.Generator) -> dict[int, int]:
    return {
        born: int(rng.binomial(count, _hazard(year - born) * _HARDNESS.get(year, 1.0))) for born, count in alive.items()
    }


def _hazard(age: int) -> float:
    return next(odds for limit, odds in _HAZARD_BY_AGE if age <= limit)


def draw_days(years: Ints, rng: np.random.Generator) -> Dates:
    """Return a day of each year: never a 1 January, on the border of two counts, and none after the last."""
    first = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    last = np.minimum((years - 1969).astype("datetime64[Y]").astype("datetime64[D]") - 1, LAST_DAY)
    span = (last - first).astype(np.int64)
    return np.asarray(first + 1 + np.floor(rng.random(len(years)) * span).astype("timedelta64[D]"))


def draw_lives(pairs: npt.NDArray[np.int64], rng: np.random.Generator) -> tuple[Dates, Dates]:
    """Return a day of creation and a later day of closing for each pair of years."""
    born, died = draw_days(pairs[:, 0], rng), draw_days(pairs[:, 1], rng)
    born, died = np.minimum(born, died), np.maximum(born, died)
    same = born == died
    # Both on one day: the second day of the year stays clear of the 1 January.
    year_start = born.astype("datetime64[Y]").astype("datetime64[D]")
    return np.where(same, year_start + 1, born), np.where(same, np.maximum(died, year_start + 2), died)
