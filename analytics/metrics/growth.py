"""How a sector grows: at a rate that is supposed, at the rates that were observed, and how far years stray from it."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

SPANS = (1, 3, 5, 10)
PATHS = 10_000
SEED = 113
# Fewer observed years are no sample of what years may bring: a stated spread stands in.
LEAST_YEARS = 8
# Limits, in percent, of the middle 50, 80 and 95 in a hundred paths, and the middle one.
FAN_PERCENTILES = (2.5, 10.0, 25.0, 50.0, 75.0, 90.0, 97.5)


def project(value: float, *, rate_pct: float, years: int) -> Floats:
    """Return ``value * (1 + rate_pct / 100) ** t`` for ``t`` from 0 to ``years``: compound growth, (years + 1,).

    Raises
    ------
    ValueError
        When the rate is -100 % or less, or the years are negative.
    """
    if rate_pct <= -100 or years < 0:
        raise ValueError(f"{rate_pct} % over {years} years")
    factors: Floats = np.power(1 + rate_pct / 100, np.arange(years + 1, dtype=np.float64))
    return value * factors


def yearly_rates(history: pd.DataFrame, *, complete_until: int) -> pd.DataFrame:
    """Add to a history how much the number of establishments changed over each year.

    Parameters
    ----------
    history
        ``year`` (ascending, each once), ``open`` on its 1 January, ``opened`` and ``closed`` until the next.
    complete_until
        The last year that is over; of later ones there is no rate.

    Returns
    -------
    DataFrame
        The same rows with ``net_rate_pct = 100 * (opened - closed) / open``, null where the year is not over or nothing
        was open. What a recoding moves is in neither count, so it is no growth.
    """
    known = (history["year"] <= complete_until) & (history["open"] > 0)
    change = 100 * (history["opened"] - history["closed"]) / history["open"].where(known)
    return history.assign(net_rate_pct=change.astype("float64"))


def compound_rate_pct(rates_pct: npt.ArrayLike) -> float:
    """Return the constant yearly rate that gives the same growth, in percent: the geometric mean.

    ``100 * (prod(1 + r_i / 100) ** (1 / n) - 1)``; chained over the rates, it steps over a break of the series, which
    the quotient of its ends would not. NaN without a rate.
    """
    rates: Floats = np.asarray(rates_pct, dtype=np.float64)
    if not rates.size:
        return float("nan")
    with np.errstate(divide="ignore"):  # -100 %: nothing is left, and the mean is -100 % too
        return float(100 * np.expm1(np.log1p(rates / 100).mean()))


def observed_rates(yearly: pd.DataFrame, *, spans: Collection[int] = SPANS) -> pd.DataFrame:
    """Return the compound rate over the last so many years, for each span that the history covers.

    Parameters
    ----------
    yearly
        ``year`` and ``net_rate_pct`` as ``yearly_rates`` returns them.

    Returns
    -------
    DataFrame
        ``span`` (years), ``first_year`` and ``last_year`` (from one 1 January to the other), ``rate_pct``.
    """
    known = yearly.dropna(subset=["net_rate_pct"])
    rows = []
    for span in spans:
        last = known.tail(span)
        is_whole = len(last) == span and last["year"].iloc[-1] - last["year"].iloc[0] == span - 1
        if is_whole:
            first, end = int(last["year"].iloc[0]), int(last["year"].iloc[-1]) + 1
            rows.append((span, first, end, compound_rate_pct(last["net_rate_pct"])))
    kinds = {"span": "int64", "first_year": "int64", "last_year": "int64", "rate_pct": "float64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def simulate(
    observed_pct: npt.ArrayLike,
    *,
    rate_pct: float,
    years: int,
    spread_pct: float,
    paths: int = PATHS,
    seed: int = SEED,
) -> Floats:
    """Draw how the sector may grow when years stray from ``rate_pct`` as they have been seen to.

    A path multiplies ``(1 + g) exp(d_1)``, ``(1 + g) exp(d_2)``, ...: the ``d`` are drawn from the deviations of the
    observed ``log(1 + r)`` from their mean by the **circular block bootstrap** (Politis and Romano 1992), in blocks of
    ``round(n ** (1 / 3))`` years, so that bad years come together as they did. The deviations are widened by
    ``sqrt(n / (n - 1))``, since a mean taken from the same years makes them small. With fewer than ``LEAST_YEARS``
    usable years the ``d`` are independent and normal, with ``spread_pct`` as standard deviation.

    The fan is that of the years alone: ``rate_pct`` itself is taken as known.

    Parameters
    ----------
    observed_pct
        Yearly net rates in the order of the years, in percent; null ones, and -100 % or less, are left out.
    rate_pct
        The rate ``g`` around which years are drawn, in percent.
    spread_pct
        Standard deviation of the logarithm of a year's growth, in hundredths: near to percentage points.

    Returns
    -------
    array
        Growth since the base, (paths, years + 1); the first column is one.

    References
    ----------
    D. N. Politis and J. P. Romano, "A circular block-resampling procedure for stationary data", in R. LePage and
    L. Billard (eds), *Exploring the Limits of Bootstrap*, Wiley 1992, 263-270.
    """
    rates: Floats = np.asarray(observed_pct, dtype=np.float64)
    known, random = rates[is_usable(rates)], np.random.default_rng(seed)
    if known.size < LEAST_YEARS:
        strays: Floats = random.normal(0.0, spread_pct / 100, size=(paths, years))
    else:
        strays = _blocks(_deviations(known), paths=paths, years=years, random=random)
    logs: Floats = np.cumsum(strays + np.log1p(rate_pct / 100), axis=1)
    return np.hstack([np.ones((paths, 1)), np.exp(logs)])


def is_usable(observed_pct: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which of the observed rates may be drawn: known, and over -100 %, after which nothing is left."""
    rates: Floats = np.asarray(observed_pct, dtype=np.float64)
    return np.isfinite(rates) & (rates > -100)


def fan(growth: Floats, *, value: float) -> pd.DataFrame:
    """Return the percentiles of ``value * growth``: ``t`` from 0, then ``p2_5, p10, p25, p50, p75, p90, p97_5``.

    Parameters
    ----------
    growth
        As ``simulate`` returns it.
    """
    limits: Floats = value * np.percentile(growth, FAN_PERCENTILES, axis=0)
    columns = {percentile_name(p): limits[row] for row, p in enumerate(FAN_PERCENTILES)}
    return pd.DataFrame({"t": np.arange(growth.shape[1]), **columns})


def percentile_name(percentile: float) -> str:
    """Return the name of a column: ``p10``, ``p2_5``."""
    return f"p{percentile:g}".replace(".", "_")


def block_length(years: int) -> int:
    """Return how many successive years are drawn together: the cube root of their number, rounded, one at least."""
    return max(1, round(math.cbrt(years)))


def _deviations(rates_pct: Floats) -> Floats:
    logs: Floats = np.log1p(rates_pct / 100)
    widened: Floats = (logs - logs.mean()) * np.sqrt(logs.size / (logs.size - 1))
    return widened


def _blocks(values: Floats, *, paths: int, years: int, random: np.random.Generator) -> Floats:
    """Return rows of ``years`` values, each of whole blocks that begin anywhere and run on at the start."""
    length = block_length(values.size)
    blocks = -(-years // length)
    starts = random.integers(values.size, size=(paths, blocks, 1))
    picked = (starts + np.arange(length)) % values.size
    drawn: Floats = values[picked.reshape(paths, blocks * length)[:, :years]]
    return drawn
