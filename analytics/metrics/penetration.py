"""Penetration: the share of firms, and of jobs, that members hold; with its exact interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaincinv


def penetration(counts: pd.DataFrame) -> pd.DataFrame:
    """Add the two penetrations, in percent, to counts of ``aggregate_by``.

    ``firm_penetration_pct = 100 * members / firms`` and ``job_penetration_pct = 100 * member_jobs / jobs_estimate``;
    null where the denominator is zero: no firm is not a penetration of zero.
    """
    return counts.assign(
        firm_penetration_pct=_share_pct(counts["members"], counts["firms"]),
        job_penetration_pct=_share_pct(counts["member_jobs"], counts["jobs_estimate"]),
    )


def compare_with_rate(counts: pd.DataFrame, *, rate_pct: float, level: float = 0.95) -> pd.DataFrame:
    """Add the Clopper-Pearson interval of the firm penetration, and what it says beside a common rate.

    Parameters
    ----------
    counts
        With ``members`` and ``firms``.
    rate_pct
        The rate compared with, in percent: that of all the areas together.
    level
        Coverage of the interval.

    Returns
    -------
    DataFrame
        The table with ``firm_penetration_low_pct``, ``firm_penetration_high_pct`` (percent, null without a firm) and
        ``verdict``: ``under`` or ``over`` where the common rate lies outside the interval, that is where the exact
        two-sided binomial test of equal tails rejects it at ``1 - level``; else ``inconclusive``; ``empty`` without
        a firm.

    Notes
    -----
    Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26: with x of n, the limits are the alpha/2 quantile of Beta(x, n - x + 1) and the 1 - alpha/2 quantile
    of Beta(x + 1, n - x), 0 when x = 0 and 1 when x = n.
    """
    x = counts["members"].to_numpy(dtype="float64")
    n = counts["firms"].to_numpy(dtype="float64")
    low, high = clopper_pearson(x, n, level=level)
    verdict = np.select(
        [n == 0, 100 * high < rate_pct, 100 * low > rate_pct], ["empty", "under", "over"], "inconclusive"
    )
    return counts.assign(
        firm_penetration_low_pct=100 * low,
        firm_penetration_high_pct=100 * high,
        verdict=pd.Series(verdict, index=counts.index, dtype="str"),
    )


def clopper_pearson(x: np.ndarray, n: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact limits of a proportion, as shares; NaN where ``n`` is zero. Shapes follow ``x`` and ``n``."""
    tail = (1 - level) / 2
    known = n > 0
    low = np.where(x > 0, betaincinv(np.maximum(x, 1), np.maximum(n - x + 1, 1), tail), 0.0)
    high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail), 1.0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _share_pct(part: pd.Series, whole: pd.Series) -> pd.Series:
    return 100 * part / whole.where(whole > 0)
