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
    ("pairs", "rate_pct"),
    [
        ([(0, 10), (0, 50), (0, 0)], 0),
        ([(10, 10), (50, 50)], 100),
        ([(3, 10)], 30),
        ([(1, 10), (1, 10), (2, 20)], 10),
        ([(1, 1), (0, 1), (0, 1), (1, 1)], 50),
    ],
    ids=["no member", "all members", "one area", "alike", "one firm each"],
)
def test_where_areas_do_not_differ_all_have_the_common_rate(pairs: list[tuple[int, int]], rate_pct: float) -> None:
    assert fit_beta(*np.array(pairs).T) is None
    table = shrink_penetration(_counts(pairs))
    assert table[SHRUNK].to_numpy() == pytest.approx(rate_pct)
    assert (table["probability_under_rate"] == 0.5).all()


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
