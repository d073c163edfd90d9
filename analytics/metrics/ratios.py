"""Members observed over members expected, area by area: shrunk, tested, and with the limits of a funnel plot."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import gammainc, gammaincinv, gammaln, pdtr, pdtrc, pdtrik, psi, xlogy

# Under it not even an area without any member has a mid-P of 0.05: exp(-expected) / 2 > 0.05.
SMALLEST_EXPECTED = math.log(10)
# Below the smallest shape, the mean of a posterior would lie outside its own 90 % interval; above the largest, ratios
# differ by less than a thousandth: not at all.
SMALLEST_SHAPE, LARGEST_SHAPE = 0.05, 1e6
# The least shape that areas which show no spread are given: their ratios vary by half of their mean at most.
LEAST_SHAPE = 4.0
MEDIAN_CHI_SQUARED = 0.4549364231195724


class GammaPrior(NamedTuple):
    """How ratios are spread over the areas: Gamma(shape, rate), whose mean is shape / rate."""

    shape: float
    rate: float

    @property
    def mean(self) -> float:
        """Return the mean ratio."""
        return self.shape / self.rate


def fit_gamma(observed: np.ndarray, expected: np.ndarray) -> GammaPrior | None:
    """Fit the spread of the areas' ratios by maximum likelihood.

    Parameters
    ----------
    observed, expected
        Members by area, shape (n,); areas where none is expected say nothing and may be there.

    Returns
    -------
    GammaPrior or None
        None where no spread is likelier than a common ratio, as where areas differ by no more than chance. A single
        area, or no member, is of this kind.

    Notes
    -----
    The marginal of a Poisson count of mean ``theta * e`` with ``theta ~ Gamma(shape, rate)`` is negative binomial:
    Clayton and Kaldor (1987), "Empirical Bayes estimates of age-standardized relative risks for use in disease
    mapping", Biometrics 43. It is maximised over the logarithms of the mean and of the shape, the shape kept within
    ``SMALLEST_SHAPE`` and ``LARGEST_SHAPE``. It starts from moments, ``1 / shape = (sum((o - m e)^2) - sum(o)) /
    sum((m e)^2)`` with ``m = sum(o) / sum(e)``, clipped at zero; and, as one large area near its expectation can hide
    from the moments how much the others differ, from a shape of 2.
    """
    o, e = np.asarray(observed, dtype="float64"), np.asarray(expected, dtype="float64")
    # In one order whatever that of the areas: where the likelihood is flat, the rounding of a sum moves its maximum.
    ordered = np.lexsort((o, e))
    o, e = o[ordered], e[ordered]
    o, e = o[e > 0], e[e > 0]
    if not o.sum():
        return None
    bounds = np.array([(-50.0, 50.0), (math.log(SMALLEST_SHAPE), math.log(LARGEST_SHAPE))])
    fits = [
        minimize(
            _negative_log_likelihood,
            np.clip(start, *bounds.T),
            args=(o.sum(), o[o > 0], o, e),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"ftol": 1e-13, "gtol": 1e-7},
        )
        for start in _starts(o, e)
    ]
    best = min(fits, key=lambda fit: fit.fun)
    mean, shape = np.exp(best.x)
    is_common = shape > LARGEST_SHAPE * (1 - 1e-6) or best.fun >= _common(o, e) - 1e-6
    return None if is_common else GammaPrior(float(shape), float(shape / mean))


def standardise(
    counts: pd.DataFrame, *, level: float = 0.90, false_discovery_rate: float = 0.1, keep_apart: bool = False
) -> pd.DataFrame:
    """Say which areas have fewer members than their firms lead one to expect, and how many they miss.

    Parameters
    ----------
    counts
        With ``members`` and ``expected_members`` (the sum of ``strata.expected_by_firm`` over its firms), one row
        an area.
    level
        Coverage of the interval.
    false_discovery_rate
        The share of wrong areas accepted among those told under, and among those told over.
    keep_apart
        Give areas that show no spread the largest one that the data hardly speak against (``largest_unseen_spread``)
        instead of one common ratio, so that each keeps a ratio and limits of its own. And where the spread fitted
        would draw an area told under to one or above, it is taken about all members over all expected: a mean fitted
        on many towns may lie above that, when a metropolis has fewer.

    Returns
    -------
    DataFrame
        The table with

        - ``ratio = members / expected_members``; null where none is expected;
        - ``ratio_shrunk = (shape + members) / (rate + expected_members)``, the mean of the area's posterior
          Gamma(shape + members, rate + expected_members), with the quantiles of equal tails ``ratio_low`` and
          ``ratio_high`` and ``probability_under``, its probability of lying below one; where none is expected, those
          of the prior. It is fitted on all areas. Where these show no spread, its shape is that of the areas with
          ``SMALLEST_EXPECTED`` or more alone, and its mean all members over all expected: a firm joins once, so the
          counts of 0 and 1 of a thousand hamlets vary less than Poisson counts and can hide that towns differ. Where
          these do not differ either, all have one ratio, all members over all expected (1 when they are the whole
          region), and its posterior, Gamma(all members, all expected): the limits and the probability are those of
          that ratio, not of an area (but see ``keep_apart``). Where none is expected anywhere it is 1, the probability
          0.5;
        - ``members_missing = expected_members * (1 - ratio_shrunk)``, negative where there are more than expected;
        - ``p_value``, one-sided exact mid-P of so few members, and ``q_value``, its false discovery rate; both null
          where fewer than ``SMALLEST_EXPECTED`` are expected;
        - ``verdict``: ``empty`` where none is expected; ``under`` where ``q_value`` is below the rate; ``over`` where
          that of the upper tail is; ``too_small`` where fewer than ``SMALLEST_EXPECTED`` are expected;
          ``inconclusive``.

    Notes
    -----
    ``p = P(X < o) + P(X = o) / 2`` for ``X ~ Poisson(expected)``. q-values: Benjamini and Hochberg (1995), Journal of
    the Royal Statistical Society B 57, over the areas that could be found at all: Bourgon, Gentleman and Huber (2010),
    PNAS 107, show that such a filter keeps the error rate when it does not look at what is tested, and the expected
    members depend on an area's own members by no more than its part in the region's rates. In the upper tail small
    areas can be found too: large and small ones are two families, each with q-values of its own at half the rate
    (Efron 2008, "Simultaneous inference: when should hypothesis testing problems be combined?", Annals of Applied
    Statistics 2), or thousands of hamlets would raise the bar for towns.

    Firms join once, so counts vary a little less than the Poisson distribution has it (by a fifth in variance where
    half of the large firms are members): the test errs on the side of telling nothing.
    """
    o, e = counts["members"].to_numpy(dtype="float64"), counts["expected_members"].to_numpy(dtype="float64")
    large, some = e >= SMALLEST_EXPECTED, e > 0
    p = np.where(large, mid_p_lower(o, e), np.nan)
    q = _q_values(p, tested=large)
    upper = mid_p_upper(o, e)
    q_upper = 2 * np.where(large, _q_values(upper, tested=large), _q_values(upper, tested=some & ~large))
    verdict = np.select(
        [~some, q < false_discovery_rate, q_upper < false_discovery_rate, ~large],
        ["empty", "under", "over", "too_small"],
        "inconclusive",
    )
    prior = fit_gamma(o, e) or _prior_of_towns(o, e)
    if keep_apart:
        prior = _kept_apart(prior, o, e, under=verdict == "under")
    return counts.assign(
        ratio=np.divide(o, e, out=np.full(len(o), np.nan), where=some),
        **_posterior(prior, o, e, level=level),
        members_missing=lambda t: t["expected_members"] * (1 - t["ratio_shrunk"]),
        p_value=p,
        q_value=q,
        verdict=pd.Series(verdict, index=counts.index, dtype="str"),
    )


def mid_p_lower(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return ``P(X < o) + P(X = o) / 2`` for X of a Poisson distribution with mean ``expected``."""
    below: np.ndarray = pdtr(observed, expected) - _poisson(observed, expected) / 2
    return below


def mid_p_upper(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return ``P(X > o) + P(X = o) / 2`` for X of a Poisson distribution with mean ``expected``."""
    above: np.ndarray = pdtrc(observed, expected) + _poisson(observed, expected) / 2
    return above


def funnel_limits(expected: np.ndarray) -> pd.DataFrame:
    """Return between which ratios chance alone keeps an area, by its expected members.

    Parameters
    ----------
    expected
        Expected members, above zero, shape (n,).

    Returns
    -------
    DataFrame
        ``expected_members``, ``low_95``, ``high_95``, ``low_998``, ``high_998``: ratios, the lower ones not below 0.

    Notes
    -----
    Spiegelhalter (2005), "Funnel plots for comparing institutional performance", Statistics in Medicine 24, appendix
    A.1: exact Poisson limits, interpolated between whole counts. With ``r`` the smallest whole number such that
    ``P(R <= r) >= p`` and ``a = (P(R <= r) - p) / P(R = r)``, the limit of the ratio is ``(r - a) / expected``.
    """
    e = np.asarray(expected, dtype="float64")
    p = np.array([[0.025], [0.975], [0.001], [0.999]])
    r = _smallest_count(p, e)
    a = (pdtr(r, e) - p) / _poisson(r, e)
    low_95, high_95, low_998, high_998 = np.maximum((r - a) / e, 0)
    return pd.DataFrame(
        {"expected_members": e, "low_95": low_95, "high_95": high_95, "low_998": low_998, "high_998": high_998}
    )


def largest_unseen_spread(observed: np.ndarray, expected: np.ndarray) -> GammaPrior | None:
    """Return the largest spread of ratios that areas may well have though they show none.

    Parameters
    ----------
    observed, expected
        Members by area, shape (n,), which ``fit_gamma`` finds no spread in.

    Returns
    -------
    GammaPrior or None
        Mean all members over all expected; its shape is that at which twice the logarithm of the likelihood has fallen
        by 0.455, the median of a chi-squared of one degree of freedom, from that of one ratio for all; judged on the
        areas with ``SMALLEST_EXPECTED`` or more where there are any. Where few members tell little it is
        ``LEAST_SHAPE``. None without a member.

    Notes
    -----
    A maximum at the boundary, no spread, is an estimate that falls short more often than not, and would give towns of
    any size one ratio with one interval. This is the upper limit of the spread at even odds, from the likelihood-ratio
    test: the idea is that of Stock and Watson (1998), "Median unbiased estimation of coefficient variance in a
    time-varying parameter model", Journal of the American Statistical Association 93, for a variance near zero. Where
    areas hardly differ it is too large more often than too small, which errs on the side of wide intervals.
    """
    o, e = np.asarray(observed, dtype="float64"), np.asarray(expected, dtype="float64")
    if not o.sum() or not e.sum():
        return None
    mean = float(o.sum() / e.sum())
    judged = e >= SMALLEST_EXPECTED if (e >= SMALLEST_EXPECTED).any() else e > 0
    a, b = o[judged], e[judged]

    def fall(log_shape: float) -> float:
        likelihood, _ = _negative_log_likelihood(np.array([math.log(mean), log_shape]), a.sum(), a[a > 0], a, b)
        return 2 * (likelihood - one_ratio) - MEDIAN_CHI_SQUARED

    one_ratio = float(b.sum() * mean - a.sum() * math.log(mean))
    ends = math.log(LEAST_SHAPE), math.log(LARGEST_SHAPE)
    if fall(ends[0]) <= 0:
        shape = LEAST_SHAPE
    else:
        shape = LARGEST_SHAPE if fall(ends[1]) >= 0 else math.exp(brentq(fall, *ends))
    return GammaPrior(shape, shape / mean)


def _kept_apart(prior: GammaPrior | None, o: np.ndarray, e: np.ndarray, *, under: np.ndarray) -> GammaPrior | None:
    """Return a spread where there is none, and one that draws no area told under to one or above."""
    if prior is None:
        return largest_unseen_spread(o, e)
    is_drawn_over = prior.shape + o[under] >= prior.rate + e[under]
    return GammaPrior(prior.shape, prior.shape * float(e.sum() / o.sum())) if is_drawn_over.any() else prior


def _posterior(prior: GammaPrior | None, o: np.ndarray, e: np.ndarray, *, level: float) -> dict[str, np.ndarray]:
    if prior is not None:
        shape, rate = prior.shape + o, prior.rate + e
    elif e.sum() > 0:
        shape, rate = np.full(len(o), o.sum()), np.full(len(o), e.sum())
    else:
        one = np.ones(len(o))
        return {"ratio_shrunk": one, "ratio_low": one, "ratio_high": one, "probability_under": one / 2}
    # Of no member at all the distribution lies at zero, where the incomplete gamma function is not defined.
    known = np.maximum(shape, np.finfo("float64").tiny)
    # The costly inverse depends on the number of members alone, and few numbers of members occur.
    distinct, which = np.unique(known, return_inverse=True)
    return {
        "ratio_shrunk": shape / rate,
        "ratio_low": gammaincinv(distinct, (1 - level) / 2)[which] / rate,
        "ratio_high": gammaincinv(distinct, (1 + level) / 2)[which] / rate,
        # Rounding may leave it a hair above one.
        "probability_under": np.minimum(gammainc(known, rate), 1),
    }


def _prior_of_towns(o: np.ndarray, e: np.ndarray) -> GammaPrior | None:
    """Return the shape fitted on the areas that can say something, about the ratio of all."""
    large = e >= SMALLEST_EXPECTED
    towns = fit_gamma(o[large], e[large])
    return None if towns is None else GammaPrior(towns.shape, towns.shape * float(e.sum() / o.sum()))


def _poisson(counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return ``P(X = counts)``, as ``scipy.stats.poisson`` does, which takes a third of a second to import."""
    probability: np.ndarray = np.exp(xlogy(counts, mean) - gammaln(counts + 1) - mean)
    return probability


def _smallest_count(p: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the smallest whole number r such that ``P(X <= r) >= p``."""
    r = np.ceil(pdtrik(p, mean))
    # The continuous inverse may come out a hair above the whole number it should be.
    below = np.maximum(r - 1, 0)
    smallest: np.ndarray = np.where(pdtr(below, mean) >= p, below, r)
    return smallest


def _q_values(p: np.ndarray, *, tested: np.ndarray) -> np.ndarray:
    """Return the smallest of ``p * number tested / rank`` over this p-value and those above it, at most 1."""
    which = np.flatnonzero(tested)
    falling = which[np.argsort(-p[which], kind="stable")]
    scaled = p[falling] * len(which) / np.arange(len(which), 0, -1)
    q = np.full(len(p), np.nan)
    # Rounding may leave a mid-P of 1 a hair above it.
    q[falling] = np.minimum(np.minimum.accumulate(scaled), 1)
    return q


def _starts(o: np.ndarray, e: np.ndarray) -> list[np.ndarray]:
    """Return the logarithms of the mean and the shape to start from."""
    mean = o.sum() / e.sum()
    spread = (((o - mean * e) ** 2).sum() - o.sum()) / ((mean * e) ** 2).sum()
    return [np.log([mean, shape]) for shape in (1 / max(spread, 1 / LARGEST_SHAPE), 2)]


def _common(o: np.ndarray, e: np.ndarray) -> float:
    """Return minus the logarithm of the likelihood of one ratio for all, without what no prior changes."""
    return -float(o.sum() * math.log(o.sum() / e.sum()) - o.sum())


def _negative_log_likelihood(
    logs: np.ndarray, members: float, positive: np.ndarray, o: np.ndarray, e: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return minus the logarithm of the likelihood, what does not depend on the prior left out, and its gradient.

    The gamma functions of the areas without a member cancel, and these are most: only the others are computed.
    """
    mean, shape = np.exp(logs)
    rate = shape / mean
    total = np.log1p(e / rate)
    value = (gammaln(shape + positive) - gammaln(shape)).sum() - members * math.log(rate) - ((shape + o) * total).sum()
    pull = ((o - mean * e) / (1 + e / rate)).sum()
    by_shape = (psi(shape + positive) - psi(shape)).sum() - total.sum() - pull / shape
    return -float(value), -np.array([pull, shape * by_shape])
