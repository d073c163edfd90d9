"""Standardised ratios: the fit against a grid, tests against brute force, q-values and funnel limits by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, false_discovery_control, gamma, nbinom, poisson
from statsmodels.stats.multitest import multipletests

from analytics.metrics.ratios import (
    LARGEST_SHAPE,
    LEAST_SHAPE,
    SMALLEST_EXPECTED,
    fit_gamma,
    funnel_limits,
    largest_unseen_spread,
    mid_p_lower,
    mid_p_upper,
    standardise,
)

O = np.array([0, 1, 3, 12, 0, 40, 2, 8, 15, 1])  # noqa: E741 - observed, as in the papers
E = np.array([2.5, 4.0, 2.0, 6.0, 0.3, 44.0, 9.0, 7.5, 10.0, 0.7])

areas = st.lists(
    st.tuples(st.integers(0, 40), st.one_of(st.just(0.0), st.floats(0.01, 60))).map(
        lambda p: (p[0] if p[1] else 0, p[1])
    ),
    max_size=12,
)


def _counts(pairs: list[tuple[int, float]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["members", "expected_members"]).astype(
        {"members": "int64", "expected_members": "float64"}
    )


def test_the_fit_is_where_the_independent_likelihood_is_highest() -> None:
    prior = fit_gamma(O, E)
    assert prior is not None

    def likelihood(shape: np.ndarray, rate: np.ndarray) -> np.ndarray:
        return nbinom.logpmf(O[:, None], shape, rate / (rate + E[:, None])).sum(axis=0)

    factors = np.exp(np.linspace(-1.5, 1.5, 121))
    shape, rate = (
        (prior.shape * factors[:, None] + 0 * factors).ravel(),
        (prior.rate * factors + 0 * factors[:, None]).ravel(),
    )
    best = likelihood(np.array([prior.shape]), np.array([prior.rate]))[0]
    assert best >= likelihood(shape, rate).max() - 1e-8
    assert best > poisson.logpmf(O, E * O.sum() / E.sum()).sum()


def test_the_fit_recovers_a_known_spread() -> None:
    rng = np.random.default_rng(113)
    expected = rng.gamma(0.5, 8, 4_000)
    prior = fit_gamma(rng.poisson(expected * rng.gamma(4, 1 / 3.8, len(expected))), expected)
    assert prior == pytest.approx((4, 3.8), rel=0.1)


def test_moments_at_zero_do_not_hide_a_spread() -> None:
    o, e = np.array([1_000, *[0, 8] * 10]), np.array([1_000, *[4] * 20])
    assert ((o - e) ** 2).sum() < o.sum()
    assert fit_gamma(o, e) is not None


def test_ratios_by_hand() -> None:
    prior = fit_gamma(O, E)
    assert prior is not None
    row = standardise(pd.DataFrame({"members": O, "expected_members": E})).iloc[6]
    posterior = gamma(prior.shape + 2, scale=1 / (prior.rate + 9))
    assert row["ratio"] == pytest.approx(2 / 9)
    assert row["ratio_shrunk"] == pytest.approx(posterior.mean())
    assert [row["ratio_low"], row["ratio_high"]] == pytest.approx(posterior.ppf([0.05, 0.95]))
    assert row["probability_under"] == pytest.approx(posterior.cdf(1))
    assert row["members_missing"] == pytest.approx(9 * (1 - posterior.mean()))
    # exp(-9) (1 + 9 + 81 / 4)
    assert row["p_value"] == pytest.approx(30.25 * math.exp(-9))


def test_q_values_by_hand_and_over_large_areas_alone() -> None:
    # Mid-P 0.0005 and 0.0068 of three areas tested: 3 p / 1 and 3 p / 2; the small ones add nothing to the tests.
    table = standardise(_counts([(0, -math.log(0.001)), (0, 4.3), (9, 9.0), *[(0, 2.3)] * 500]))
    p = [0.0005, math.exp(-4.3) / 2, mid_p_lower(np.array([9]), np.array([9.0]))[0]]
    assert table["p_value"].iloc[:3].tolist() == pytest.approx(p)
    assert table["q_value"].iloc[:3].tolist() == pytest.approx([3 * p[0], 3 * p[1] / 2, p[2]])
    assert table["p_value"].iloc[3:].isna().all()
    assert table["q_value"].iloc[3:].isna().all()
    assert table["verdict"].iloc[:4].tolist() == ["under", "under", "inconclusive", "too_small"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.floats(SMALLEST_EXPECTED, 60)), min_size=1, max_size=12))
def test_q_values_are_those_of_scipy_and_statsmodels(pairs: list[tuple[int, float]]) -> None:
    # Small areas stand between the tested ones, and a repeated one ties.
    table = standardise(_counts([*pairs, (1, 1.0), pairs[0]]))
    tested = table[table["p_value"].notna()]
    p = tested["p_value"].clip(upper=1).to_numpy()
    assert len(p) == len(pairs) + 1
    assert tested["q_value"].to_numpy() == pytest.approx(false_discovery_control(p), rel=1e-12)
    under, q, *_ = multipletests(p, alpha=0.1, method="fdr_bh")
    assert tested["q_value"].to_numpy() == pytest.approx(q, rel=1e-12)
    if (np.abs(q - 0.1) > 1e-9).all():
        assert (tested["verdict"] == "under").tolist() == under.tolist()


def test_an_area_is_too_small_just_where_no_member_at_all_would_not_tell() -> None:
    assert mid_p_lower(np.array([0]), np.array([SMALLEST_EXPECTED]))[0] == pytest.approx(0.05)


def test_a_small_area_may_be_over_and_an_area_where_none_is_expected_is_empty() -> None:
    table = standardise(_counts([(5, 0.5), (0, 0.0), (1, 1.0), (12, 4.0), (30, 40.0)]))
    assert table["verdict"].tolist() == ["over", "empty", "too_small", "over", "inconclusive"]
    assert math.isnan(table["ratio"].iloc[1])
    others = table.drop(columns=["ratio", "p_value", "q_value"])
    assert others.notna().all(axis=None)
    assert table["members_missing"].iloc[1] == 0


def test_hamlets_that_vary_less_than_chance_do_not_hide_that_towns_differ() -> None:
    # Two thousand hamlets of one firm or two with just the members expected of all, and towns far apart.
    hamlets = [(1, 0.5), (0, 0.5)] * 1_000
    towns = [(2, 12.0), (3, 12.0), (22, 12.0), (21, 12.0)]
    o, e = np.array(hamlets + towns).T
    assert fit_gamma(o, e) is None
    table = standardise(_counts(hamlets + towns))
    assert table["ratio_shrunk"].iloc[-4] < 0.5 < 1.5 < table["ratio_shrunk"].iloc[-2]
    towns_alone = fit_gamma(o[-4:], e[-4:])
    assert towns_alone is not None
    shape, mean = towns_alone.shape, o.sum() / e.sum()
    assert table["ratio_shrunk"].iloc[1] == pytest.approx(shape / (shape / mean + 0.5))


def test_where_areas_do_not_differ_they_share_one_ratio() -> None:
    alike = standardise(_counts([(10, 20.0), (5, 10.0), (1, 2.0)]))
    common = gamma(16, scale=1 / 32)
    assert alike["ratio_shrunk"].tolist() == pytest.approx([0.5] * 3)
    assert alike["ratio_low"].tolist() == pytest.approx([common.ppf(0.05)] * 3)
    assert alike["ratio_high"].tolist() == pytest.approx([common.ppf(0.95)] * 3)
    assert alike["probability_under"].tolist() == pytest.approx([common.cdf(1)] * 3)
    one = standardise(_counts([(3, 10.0)])).iloc[0]
    assert (one["ratio"], one["ratio_shrunk"]) == pytest.approx((0.3, 0.3))


# --- areas kept apart ------------------------------------------------------------------------------------------------


def _fall(o: np.ndarray, e: np.ndarray, mean: float, shape: float) -> float:
    """Return twice what the logarithm of the likelihood loses by a spread about the mean: SciPy's distributions."""
    spread = nbinom.logpmf(o, shape, shape / (shape + mean * e)).sum()
    return 2 * float(poisson.logpmf(o, mean * e).sum() - spread)


def _judged(o: np.ndarray, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas that can say something, else those where any member is expected."""
    large = e >= SMALLEST_EXPECTED
    kept = large if large.any() else e > 0
    return o[kept], e[kept]


# Counts within three of what is expected: mostly no spread is seen in them.
near_expected = st.lists(
    st.tuples(st.integers(0, 800).map(lambda tenths: tenths / 10), st.integers(-3, 3)).map(
        lambda p: (max(round(p[0]) + p[1], 0) if p[0] else 0, p[0])
    ),
    min_size=1,
    max_size=15,
)


def test_the_largest_unseen_spread_by_hand() -> None:
    # Alike areas of 16 members where 32 are expected: a mean of one half. Those of 2 are not judged.
    o, e = np.array([10, 5, 1]), np.array([20.0, 10.0, 2.0])
    prior = largest_unseen_spread(o, e)
    assert prior is not None
    assert prior.mean == pytest.approx(16 / 32)
    assert prior.shape > LEAST_SHAPE
    # Of the area with o members, o expected of it: (s / (s + o))^s (o / (s + o))^o s (s + 1) ... (s + o - 1) / o!.
    s = prior.shape
    spread = math.prod((s + i) / (i + 1) for i in range(10)) * (s / (s + 10)) ** s * (10 / (s + 10)) ** 10
    spread *= math.prod((s + i) / (i + 1) for i in range(5)) * (s / (s + 5)) ** s * (5 / (s + 5)) ** 5
    chance = math.exp(-10) * 10**10 / math.factorial(10) * math.exp(-5) * 5**5 / math.factorial(5)
    assert 2 * math.log(chance / spread) == pytest.approx(0.455, abs=1e-4)
    assert 2 * math.log(chance / spread) == pytest.approx(chi2(1).median(), abs=1e-6)


def test_few_members_speak_against_no_spread_up_to_the_least_shape() -> None:
    # One member where one is expected: exp(-1) by chance, 4 x 0.8^4 x 0.2 with a shape of 4: 0.231 is below 0.455.
    assert 2 * math.log(math.exp(-1) / (4 * 0.8**4 * 0.2)) == pytest.approx(0.231, abs=1e-3)
    for o, e in (([1], [1.0]), ([1, 0], [0.7, 0.3]), ([1, 0], [1.0, 0.0])):
        assert largest_unseen_spread(np.array(o), np.array(e)) == (4, 4)
    assert largest_unseen_spread(np.array([1]), np.array([2.0])) == (4, 8)


def test_without_a_member_there_is_no_unseen_spread() -> None:
    for o, e in (([], []), ([0], [0.0]), ([0, 0], [5.0, 1.0])):
        assert largest_unseen_spread(np.array(o), np.array(e)) is None


def test_the_unseen_spread_is_judged_on_towns_where_there_are_any() -> None:
    towns = [(9, 10.0), (31, 30.0), (5, 5.0)]
    hamlets = [(1, 0.5), (0, 0.5)] * 500
    alone = largest_unseen_spread(*np.array(towns).T)
    both = largest_unseen_spread(*np.array(towns + hamlets).T)
    assert alone is not None
    assert both == pytest.approx(alone)
    # Of hamlets alone all are judged: five hundred members rule out more than the least shape allows.
    few = largest_unseen_spread(*np.array(hamlets).T)
    assert few is not None
    assert _fall(*np.array(hamlets).T, 1, few.shape) == pytest.approx(chi2(1).median(), abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(near_expected)
def test_the_largest_unseen_spread_is_where_the_independent_likelihood_has_fallen(
    pairs: list[tuple[int, float]],
) -> None:
    o, e = np.array(pairs).T
    assume(o.sum() and fit_gamma(o, e) is None)
    prior = largest_unseen_spread(o, e)
    assert prior is not None
    assert prior.mean == pytest.approx(o.sum() / e.sum())
    assert LEAST_SHAPE <= prior.shape < LARGEST_SHAPE
    a, b = _judged(o, e)
    fallen = _fall(a, b, prior.mean, prior.shape)
    if prior.shape == LEAST_SHAPE:
        assert fallen <= chi2(1).median() + 1e-6
    else:
        assert fallen == pytest.approx(chi2(1).median(), abs=1e-6)
        # It is the largest: every larger spread that is allowed is less likely still.
        larger = np.geomspace(LEAST_SHAPE, prior.shape, 20)
        assert min(_fall(a, b, prior.mean, shape) for shape in larger) >= chi2(1).median() - 1e-6


def test_more_members_leave_room_for_less_unseen_spread() -> None:
    shapes = []
    for times in (1, 2, 5, 10, 50):
        prior = largest_unseen_spread(np.array([10, 5, 4] * times), np.array([10.0, 5.0, 4.0] * times))
        assert prior is not None
        shapes.append(prior.shape)
    assert shapes == sorted(set(shapes))


@settings(max_examples=50, deadline=None)
@given(near_expected)
def test_areas_that_show_no_spread_have_one_ratio_or_are_kept_apart(pairs: list[tuple[int, float]]) -> None:
    counts = _counts(pairs)
    o, e = counts["members"].to_numpy(), counts["expected_members"].to_numpy()
    large = e >= SMALLEST_EXPECTED
    assume(o.sum() and fit_gamma(o, e) is None and fit_gamma(o[large], e[large]) is None)
    together, apart = standardise(counts), standardise(counts, keep_apart=True)
    common = gamma(o.sum(), scale=1 / e.sum())
    limits = ["ratio_low", "ratio_high"]
    assert together["ratio_shrunk"].tolist() == pytest.approx([o.sum() / e.sum()] * len(o))
    assert together[limits].to_numpy() == pytest.approx(np.array([common.ppf([0.05, 0.95])] * len(o)))
    prior = largest_unseen_spread(o, e)
    assert prior is not None
    own = gamma(prior.shape + o, scale=1 / (prior.rate + e))
    assert apart["ratio_shrunk"].tolist() == pytest.approx(own.mean().tolist())
    assert apart[limits].to_numpy() == pytest.approx(np.array([own.ppf(0.05), own.ppf(0.95)]).T)
    assert apart["probability_under"].tolist() == pytest.approx(own.cdf(1).tolist())
    # As many different limits as there are different areas.
    assert len(apart[limits].drop_duplicates()) == len(counts.drop_duplicates())
    # The test knows nothing of it.
    tested = ["ratio", "p_value", "q_value", "verdict"]
    pd.testing.assert_frame_equal(apart[tested], together[tested])


def test_a_spread_that_is_seen_is_kept_as_it_is() -> None:
    counts = pd.DataFrame({"members": O, "expected_members": E})
    pd.testing.assert_frame_equal(standardise(counts, keep_apart=True), standardise(counts))
    nobody = _counts([(0, 5.0), (0, 1.0), (0, 0.0)])
    pd.testing.assert_frame_equal(standardise(nobody, keep_apart=True), standardise(nobody))


# A metropolis with a little less than expected, twenty towns with 24 of 20, one with 8 of 20, and as many members as
# expected in all: 5,420 = 4,932 + 480 + 8.
SHORT_OF_TOWNS_ABOVE_ONE = [(4_932, 5_000.0), *[(24, 20.0)] * 20, (8, 20.0)]


def test_a_mean_of_towns_above_one_does_not_draw_an_area_told_under_there() -> None:
    counts = _counts(SHORT_OF_TOWNS_ABOVE_ONE)
    assert counts["members"].sum() == counts["expected_members"].sum() == 5_420
    fitted = fit_gamma(*np.array(SHORT_OF_TOWNS_ABOVE_ONE).T)
    assert fitted is not None
    assert (fitted.shape + 8) / (fitted.rate + 20) > 1
    short = standardise(counts, keep_apart=True).iloc[-1]
    assert short["verdict"] == "under"
    # The same shape about one: 12 members fewer than expected, of whom 20 / (shape + 20) are believed.
    assert short["ratio_shrunk"] == pytest.approx((fitted.shape + 8) / (fitted.shape + 20))
    assert short["members_missing"] == pytest.approx(20 * 12 / (fitted.shape + 20))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0.0, 2.5)), min_size=2, max_size=40),
    st.integers(0, 50_000),
    st.integers(0, 2**32 - 1),
)
def test_an_area_told_under_misses_members_where_as_many_joined_as_expected(
    towns: list[tuple[int, float]], metropolis: int, seed: int
) -> None:
    tenths, ratios = np.array([*towns, (metropolis, 1.0)]).T
    sizes = tenths / 10
    o = np.random.default_rng(seed).poisson(sizes * ratios)
    # The region's own rates make the expected members add up to the members, whatever the map.
    assume(o.sum())
    e = sizes * o.sum() / sizes.sum()
    table = standardise(pd.DataFrame({"members": o, "expected_members": e}), keep_apart=True)
    under = table[table["verdict"] == "under"]
    assert (under["ratio"] < 1).all()
    assert (under["ratio_shrunk"] < 1).all()
    assert (under["members_missing"] > 0).all()
    limits = table[["ratio_low", "ratio_high"]]
    assert len(limits.drop_duplicates()) == len(table[["members", "expected_members"]].drop_duplicates())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(20, 26), min_size=8, max_size=40), st.integers(0, 8), st.floats(300, 20_000))
def test_nor_is_it_drawn_above_one_by_towns_that_vary_less_than_chance(
    towns: list[int], short: int, metropolis: float
) -> None:
    o = np.array([*towns, short, round(metropolis)])
    e = np.array([20.0] * (len(towns) + 1) + [0.0])
    e[-1] = o.sum() - e.sum()
    table = standardise(pd.DataFrame({"members": o, "expected_members": e}), keep_apart=True)
    under = table[table["verdict"] == "under"]
    assert (under["ratio_shrunk"] < 1).all()
    assert (under["members_missing"] > 0).all()


def test_no_member_anywhere() -> None:
    none_came = standardise(_counts([(0, 5.0), (0, 1.0)]))
    assert none_came[["ratio_shrunk", "ratio_low", "ratio_high"]].to_numpy() == pytest.approx(0)
    assert none_came["probability_under"].tolist() == pytest.approx([1, 1])
    none_expected = standardise(_counts([(0, 0.0), (0, 0.0)]))
    assert (none_expected[["ratio_shrunk", "ratio_low", "ratio_high"]] == 1).all(axis=None)
    assert none_expected["probability_under"].tolist() == [0.5, 0.5]
    assert none_expected["verdict"].tolist() == ["empty", "empty"]
    assert standardise(_counts([])).empty


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 80), st.floats(0.01, 80))
def test_mid_p_is_the_sum_that_defines_it(observed: int, expected: float) -> None:
    terms = [math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(400)]
    o, e = np.array([observed]), np.array([expected])
    assert mid_p_lower(o, e)[0] == pytest.approx(sum(terms[:observed]) + terms[observed] / 2, rel=1e-9, abs=1e-12)
    assert mid_p_upper(o, e)[0] == pytest.approx(sum(terms[observed + 1 :]) + terms[observed] / 2, rel=1e-9, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(areas)
@example([(0, 1.0)])
def test_values_lie_where_they_should(pairs: list[tuple[int, float]]) -> None:
    counts = _counts(pairs)
    table = standardise(counts)
    assert (table["ratio_low"] <= table["ratio_shrunk"] + 1e-9).all()
    assert (table["ratio_shrunk"] <= table["ratio_high"] + 1e-9).all()
    assert table["probability_under"].between(0, 1).all()
    tested = table[table["expected_members"] >= SMALLEST_EXPECTED]
    assert (tested["q_value"] >= tested["p_value"] - 1e-12).all()
    assert table.loc[table["verdict"] == "under", "ratio"].lt(1).all()
    assert table.loc[table["verdict"] == "over", "ratio"].gt(1).all()
    prior = fit_gamma(counts["members"].to_numpy(), counts["expected_members"].to_numpy())
    if prior:
        raw = table["ratio"].fillna(prior.mean)
        assert (np.minimum(raw, prior.mean) - 1e-9 <= table["ratio_shrunk"]).all()
        assert (table["ratio_shrunk"] <= np.maximum(raw, prior.mean) + 1e-9).all()


@settings(max_examples=50, deadline=None)
@given(areas, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(pairs: list[tuple[int, float]], random: object) -> None:
    counts = _counts(pairs)
    shuffled = counts.sample(frac=1, random_state=random.randrange(1000))  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(standardise(shuffled).sort_index(), standardise(counts), rtol=1e-4)


def test_more_members_give_a_larger_shrunk_ratio() -> None:
    table = standardise(pd.DataFrame({"members": [*O, *range(20)], "expected_members": [*E, *[8.0] * 20]}))
    same = table.iloc[len(O) :]
    assert same[["ratio_shrunk", "ratio_low", "ratio_high", "p_value"]].diff().iloc[1:].gt(0).all(axis=None)
    assert same[["members_missing", "probability_under"]].diff().iloc[1:].lt(0).all(axis=None)
    assert same["q_value"].is_monotonic_increasing


def test_funnel_limits_by_hand() -> None:
    # Mean 1: P(R <= 0) = 0.3679, P(R <= 2) = 0.9197, P(R <= 3) = 0.9810, P(R = 3) = 0.0613.
    one = funnel_limits(np.array([1.0])).iloc[0]
    assert one["low_95"] == 0
    third = math.exp(-1) / 6
    assert one["high_95"] == pytest.approx(3 - (math.exp(-1) * (1 + 1 + 1 / 2 + 1 / 6) - 0.975) / third)
    ten = funnel_limits(np.array([10.0])).iloc[0]
    for column, p in (("low_998", 0.001), ("low_95", 0.025), ("high_95", 0.975), ("high_998", 0.999)):
        r = next(r for r in range(100) if poisson.cdf(r, 10) >= p)
        share = (poisson.cdf(r, 10) - p) / poisson.pmf(r, 10)
        assert ten[column] == pytest.approx((r - share) / 10)


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.floats(1e-6, 5_000), st.integers(1, 500).map(float)))
def test_funnel_limits_interpolate_between_the_quantiles_of_scipy(expected: float) -> None:
    limits = funnel_limits(np.array([expected])).iloc[0]
    for column, p in (("low_998", 0.001), ("low_95", 0.025), ("high_95", 0.975), ("high_998", 0.999)):
        r = poisson.ppf(p, expected)
        share = (poisson.cdf(r, expected) - p) / poisson.pmf(r, expected)
        assert 0 <= share <= 1
        assert limits[column] == pytest.approx(max(r - share, 0) / expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 500), max_size=20))
def test_funnel_limits_are_nested(expected: list[float]) -> None:
    limits = funnel_limits(np.array(expected))
    assert limits["expected_members"].tolist() == expected
    ordered = limits[["low_998", "low_95", "high_95", "high_998"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()
    assert (ordered[:, 2] * limits["expected_members"] >= 0).all()


def test_funnel_limits_close_on_one() -> None:
    limits = funnel_limits(np.linspace(0.1, 400, 200))
    assert (limits["low_95"] < 1).all()
    assert limits["high_998"].is_monotonic_decreasing
    assert limits["low_95"].is_monotonic_increasing
    assert limits.iloc[-1, 1:].tolist() == pytest.approx([0.902, 1.098, 0.85, 1.16], abs=0.01)
