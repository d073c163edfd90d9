"""Shrunk penetration: the fit against a grid of an independent likelihood, the posterior by hand, the edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution
from scipy.stats import betabinom

from analytics.metrics.shrinkage import fit_beta, shrink_penetration

SHRUNK = ["firm_penetration_shrunk_low_pct", "firm_penetration_shrunk_pct", "firm_penetration_shrunk_high_pct"]
X = np.array([0, 1, 2, 9, 0, 30, 4, 0, 12, 2])
N = np.array([40, 30, 55, 90, 3, 400, 300, 25, 110, 8])

areas = st.lists(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=12)


def _counts(pairs: list[tuple[int, int]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["members", "firms"], dtype="int64")


def test_the_fit_is_where_the_independent_likelihood_is_highest() -> None:
    prior = fit_beta(X, N)
    assert prior is not None

    def likelihood(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
        return betabinom.logpmf(X[:, None], N[:, None], alpha, beta).sum(axis=0)

    factors = np.exp(np.linspace(-1.5, 1.5, 121))
    alpha, beta = (
        (prior.alpha * factors[:, None] + 0 * factors).ravel(),
        (prior.beta * factors + 0 * factors[:, None]).ravel(),
    )
    best = likelihood(np.array([prior.alpha]), np.array([prior.beta]))[0]
    assert best >= likelihood(alpha, beta).max() - 1e-8
    assert best > likelihood(np.array([1e9 * X.sum()]), np.array([1e9 * (N - X).sum()]))[0]


def test_the_fit_recovers_a_known_spread() -> None:
    rng = np.random.default_rng(113)
    firms = rng.integers(20, 400, 4_000)
    prior = fit_beta(rng.binomial(firms, rng.beta(3, 97, len(firms))), firms)
    assert prior == pytest.approx((3, 97), rel=0.1)


def test_moments_at_zero_do_not_hide_a_spread() -> None:
    # A metropolis exactly at the rate of all, and small towns that are all in or all out: moments see no spread.
    x, n = np.array([5_000] + [0, 4] * 6), np.array([10_000] + [4] * 12)
    p = 0.5
    assert ((x - n * p) ** 2).sum() / (p * (1 - p)) < n.sum()
    assert fit_beta(x, n) is not None


def test_the_posterior_by_hand() -> None:
    prior = fit_beta(X, N)
    assert prior is not None
    table = shrink_penetration(pd.DataFrame({"members": X, "firms": N}))
    a, b = prior.alpha + 9, prior.beta + 81
    by_hand = [beta_distribution.ppf(0.05, a, b), a / (a + b), beta_distribution.ppf(0.95, a, b)]
    assert table.loc[3, SHRUNK].tolist() == pytest.approx([100 * share for share in by_hand])
    assert table.loc[3, "probability_under_rate"] == pytest.approx(beta_distribution.cdf(X.sum() / N.sum(), a, b))


@pytest.mark.parametrize(
    ("pairs", "members", "others"),
    [
        ([(3, 10)], 3, 7),
        ([(1, 10), (1, 10), (2, 20), (0, 0)], 4, 36),
        ([(1, 1), (0, 1), (0, 1), (1, 1)], 2, 2),
        ([(0, 40), (1, 60)], 1, 99),
        ([(40, 40), (59, 60)], 99, 1),
    ],
    ids=["one area", "alike", "one firm each", "one member", "all but one"],
)
@pytest.mark.parametrize("level", [0.9, 0.5])
def test_where_areas_do_not_differ_all_have_the_common_rate_and_its_posterior(
    pairs: list[tuple[int, int]], members: int, others: int, level: float
) -> None:
    assert fit_beta(*np.array(pairs).T) is None
    table = shrink_penetration(_counts(pairs), level=level)
    common, rate = beta_distribution(members, others), members / (members + others)
    by_hand = [common.ppf((1 - level) / 2), rate, common.ppf((1 + level) / 2)]
    assert table[SHRUNK].to_numpy() == pytest.approx(np.array([[100 * share for share in by_hand]] * len(pairs)))
    assert (table[SHRUNK[0]] < 100 * rate).all()
    assert (table[SHRUNK[2]] > 100 * rate).all()
    assert table["probability_under_rate"].tolist() == pytest.approx([common.cdf(rate)] * len(pairs))


def test_the_probability_of_lying_below_a_common_rate_by_hand() -> None:
    # Beta(3, 7) lies below 0.3 as often as nine draws at 0.3 bring three or more: 1 - P(0) - P(1) - P(2).
    one = shrink_penetration(_counts([(3, 10)])).iloc[0]
    by_hand = 1 - 0.7**9 - 9 * 0.3 * 0.7**8 - 36 * 0.3**2 * 0.7**7
    assert one["probability_under_rate"] == pytest.approx(by_hand)
    # Beta(2, 2) is symmetric, and x^2 (3 - 2 x) is its distribution function.
    half = shrink_penetration(_counts([(1, 2), (1, 2)])).iloc[0]
    assert half["probability_under_rate"] == pytest.approx(0.5)
    low, high = half[SHRUNK[0]] / 100, half[SHRUNK[2]] / 100
    assert [low**2 * (3 - 2 * low), high**2 * (3 - 2 * high)] == pytest.approx([0.05, 0.95])


@pytest.mark.parametrize(
    ("pairs", "rate_pct"),
    [([(0, 10), (0, 50), (0, 0)], 0), ([(10, 10), (50, 50), (0, 0)], 100)],
    ids=["no member", "all members"],
)
def test_where_none_or_all_are_members_there_is_nothing_between_the_limits(
    pairs: list[tuple[int, int]], rate_pct: float
) -> None:
    table = shrink_penetration(_counts(pairs))
    assert (table[SHRUNK] == rate_pct).all(axis=None)
    assert (table["probability_under_rate"] == 0.5).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20), st.lists(st.tuples(st.integers(1, 9), st.integers(1, 30)), min_size=1, max_size=8))
def test_limits_of_a_common_rate_are_those_of_scipy(times: int, parts: list[tuple[int, int]]) -> None:
    # Every area is a whole number of times the first: all have one rate, and no spread can be likelier.
    members, firms = parts[0][0], parts[0][0] + parts[0][1]
    sizes = [times, *(size for size, _ in parts)]
    table = shrink_penetration(_counts([(size * members, size * firms) for size in sizes]))
    common = beta_distribution(sum(sizes) * members, sum(sizes) * (firms - members))
    for column, p in ((SHRUNK[0], 0.05), (SHRUNK[2], 0.95)):
        assert (common.cdf(table[column] / 100)).tolist() == pytest.approx([p] * len(sizes))
    assert table[SHRUNK[1]].tolist() == pytest.approx([100 * members / firms] * len(sizes))


def test_an_area_without_a_firm_has_the_prior_and_no_firm_at_all_has_nothing() -> None:
    prior = fit_beta(X, N)
    assert prior is not None
    table = shrink_penetration(pd.DataFrame({"members": [*X, 0], "firms": [*N, 0]}))
    assert table[SHRUNK[1]].iloc[-1] == pytest.approx(100 * prior.mean)
    nothing = shrink_penetration(_counts([(0, 0), (0, 0)]))
    assert nothing[[*SHRUNK, "probability_under_rate"]].isna().all(axis=None)
    assert shrink_penetration(_counts([])).empty


@settings(max_examples=50, deadline=None)
@given(areas)
def test_shrunk_values_lie_where_they_should(pairs: list[tuple[int, int]]) -> None:
    counts = _counts(pairs)
    table = shrink_penetration(counts)
    if not counts["firms"].sum():
        return
    low, shrunk, high = table[SHRUNK].to_numpy().T
    assert (low <= shrunk + 1e-9).all()
    assert (shrunk <= high + 1e-9).all()
    assert table["probability_under_rate"].between(0, 1).all()
    prior = fit_beta(counts["members"].to_numpy(), counts["firms"].to_numpy())
    centre = 100 * (prior.mean if prior else counts["members"].sum() / counts["firms"].sum())
    raw = (100 * counts["members"] / counts["firms"]).fillna(centre).to_numpy()
    if prior:
        assert (np.minimum(raw, centre) - 1e-9 <= shrunk).all()
        assert (shrunk <= np.maximum(raw, centre) + 1e-9).all()
    else:
        assert shrunk == pytest.approx(centre)
        assert len(set(low)) == len(set(high)) == 1
        assert (low[0] < high[0]) == (0 < centre < 100)


@settings(max_examples=50, deadline=None)
@given(areas, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(pairs: list[tuple[int, int]], random: object) -> None:
    counts = _counts(pairs)
    shuffled = counts.sample(frac=1, random_state=random.randrange(1000))  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(shrink_penetration(shuffled).sort_index(), shrink_penetration(counts))


def test_more_members_give_a_larger_shrunk_rate() -> None:
    table = shrink_penetration(pd.DataFrame({"members": [*X, *range(20)], "firms": [*N, *[60] * 20]}))
    assert table[SHRUNK].iloc[len(X) :].diff().iloc[1:].gt(0).all(axis=None)
    assert table["probability_under_rate"].iloc[len(X) :].diff().iloc[1:].lt(0).all()
