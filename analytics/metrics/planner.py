"""What a year of recruiting visits should bring, at the rate that the reader sets."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import bdtr


class Expectation(NamedTuple):
    """Visits and recruits of a year; between the two limits lie nine years in ten."""

    visits: float
    recruits: float
    recruits_low: float
    recruits_high: float


class Brought(NamedTuple):
    """What recruits bring: persons employed, and euros a year; None where not known."""

    jobs: float | None
    dues_eur: float | None


def expect(*, visits_per_month: float, conversion_pct: float, listed: int) -> Expectation:
    """Return how many firms a year of visits recruits, and the interval of chance.

    Parameters
    ----------
    visits_per_month
        The pace, not negative.
    conversion_pct
        The share of visited firms that join, in percent, 0 to 100.
    listed
        The firms there are to visit, each once: the year ends with the list.

    Returns
    -------
    Expectation
        ``visits = min(round(12 * visits_per_month), listed)``; ``recruits = visits * conversion_pct / 100``;
        ``recruits_low`` and ``recruits_high``, the 5 % and 95 % quantiles of Binomial(visits, conversion_pct / 100):
        the least ``k`` with ``P(recruits <= k)`` at or above 0.05 and 0.95.

    Raises
    ------
    ValueError
        When a number is outside its range: the screen does not let one in.

    Notes
    -----
    Firms are taken to join independently and with the same probability, which is taken as known. The interval is thus
    that of chance alone: where the rate itself is a guess, the guess may be farther off.
    """
    if not 0 <= visits_per_month < math.inf:
        raise ValueError(f"visits a month: {visits_per_month}")
    if not 0 <= conversion_pct <= 100:
        raise ValueError(f"conversion in percent: {conversion_pct}")
    if listed < 0:
        raise ValueError(f"firms listed: {listed}")
    visits, rate = min(round(12 * visits_per_month), listed), conversion_pct / 100
    low, high = (_quantile(share, trials=visits, rate=rate) for share in (0.05, 0.95))
    return Expectation(float(visits), visits * rate, low, high)


def brought(firms: pd.DataFrame, *, recruits: float, dues_eur: pd.Series) -> Brought:
    """Return the jobs and the dues that recruits among the visited firms bring.

    Parameters
    ----------
    firms
        The firms visited: ``size_class``, ``jobs_estimate`` (persons).
    recruits
        How many of them join, not negative; may be a fraction, as an expectation is.
    dues_eur
        Mean yearly dues of a member by size class, in euros; a class that is missing or null is not known.

    Returns
    -------
    Brought
        ``jobs = recruits * mean of jobs_estimate``; ``dues_eur = recruits * mean dues of the firms' size classes``,
        None where those of any firm are not known: the mean of the others would pass for that of all. Both are None
        where no firm is visited.

    Raises
    ------
    ValueError
        When ``recruits`` is negative.

    Notes
    -----
    Each visited firm is taken to join with the same probability, whatever its size: then the recruits' mean is
    expected to be that of the visited firms. Resemblance to members ranks the firms; it is no chance of joining.
    """
    if not recruits >= 0:
        raise ValueError(f"recruits: {recruits}")
    jobs = firms["jobs_estimate"].mean()
    dues = dues_eur.reindex(firms["size_class"]).astype("float64").mean(skipna=False)
    return Brought(_times(recruits, jobs), _times(recruits, dues))


def _quantile(share: float, *, trials: int, rate: float) -> float:
    """Return the least number of successes that is not exceeded with probability ``share`` or more."""
    below = bdtr(np.arange(trials + 1), trials, rate) < share
    return float(below.sum())


def _times(recruits: float, mean: float) -> float | None:
    return None if math.isnan(mean) else recruits * float(mean)
