"""A year of visits: by hand, its interval beside an independent implementation, and what recruits bring."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from analytics.metrics.planner import Brought, Expectation, brought, expect
from analytics.text import translator
from analytics.text.recruitment_findings import planner_sentence


def test_ten_visits_a_month_at_eight_percent() -> None:
    # 120 visits at 0.08.
    assert expect(visits_per_month=10, conversion_pct=8, listed=1_760) == pytest.approx((120, 9.6, 5, 15))


def test_an_interval_by_hand() -> None:
    # Four visits at a half: P(X <= k) = 1/16, 5/16, 11/16, 15/16, 1; 0.0625 is above 0.05 and 0.9375 below 0.95.
    assert expect(visits_per_month=1 / 3, conversion_pct=50, listed=9) == Expectation(4, 2, 0, 4)
    # Five: 1/32 = 0.031 is below 0.05, 31/32 = 0.969 above 0.95.
    assert expect(visits_per_month=1, conversion_pct=50, listed=5) == Expectation(5, 2.5, 1, 4)
    # One visit at 5 %: nobody joins with probability 0.95, which is enough.
    assert expect(visits_per_month=1, conversion_pct=5, listed=1) == Expectation(1, 0.05, 0, 0)


def test_the_year_ends_with_the_list() -> None:
    assert expect(visits_per_month=10, conversion_pct=100, listed=8) == Expectation(8, 8, 8, 8)
    assert expect(visits_per_month=10, conversion_pct=8, listed=0) == Expectation(0, 0, 0, 0)
    assert expect(visits_per_month=0, conversion_pct=8, listed=50) == Expectation(0, 0, 0, 0)
    assert expect(visits_per_month=10, conversion_pct=0, listed=500) == Expectation(120, 0, 0, 0)


def test_a_fraction_of_a_visit_is_rounded_over_the_year() -> None:
    assert expect(visits_per_month=0.5, conversion_pct=10, listed=99).visits == 6
    assert expect(visits_per_month=0.3, conversion_pct=10, listed=99).visits == 4


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60), st.floats(0, 100), st.integers(0, 800))
def test_the_interval_is_that_of_the_independent_implementation(pace: int, rate_pct: float, listed: int) -> None:
    plan = expect(visits_per_month=pace, conversion_pct=rate_pct, listed=listed)
    assert plan.visits == min(12 * pace, listed)
    assert plan.recruits == pytest.approx(plan.visits * rate_pct / 100)
    assert 0 <= plan.recruits_low <= plan.recruits_high <= plan.visits
    # The mean of a binomial lies within one of its median.
    assert plan.recruits_low - 1 <= plan.recruits <= plan.recruits_high + 1
    chance = binom(plan.visits, rate_pct / 100)
    for limit, share in ((plan.recruits_low, 0.05), (plan.recruits_high, 0.95)):
        assert chance.cdf(limit) >= share - 1e-9
        assert limit == 0 or chance.cdf(limit - 1) < share + 1e-9


@pytest.mark.parametrize("rate_pct", [0.5, 2, 5, 8, 12.5, 30])
@pytest.mark.parametrize("pace", [1, 4, 10, 40])
def test_the_interval_on_the_screens_own_values(pace: int, rate_pct: float) -> None:
    plan = expect(visits_per_month=pace, conversion_pct=rate_pct, listed=10_000)
    assert plan[2:] == tuple(binom.ppf([0.05, 0.95], 12 * pace, rate_pct / 100))


@pytest.mark.parametrize(
    ("pace", "rate_pct", "listed"),
    [(-1, 8, 9), (math.nan, 8, 9), (math.inf, 8, 9), (1, -0.1, 9), (1, 100.1, 9), (1, math.nan, 9), (1, 8, -1)],
)
def test_nonsense_is_refused(pace: float, rate_pct: float, listed: int) -> None:
    with pytest.raises(ValueError, match=r"visits|conversion|listed"):
        expect(visits_per_month=pace, conversion_pct=rate_pct, listed=listed)


FIRMS = pd.DataFrame({"size_class": ["1-9", "1-9", "10-49", "10-49"], "jobs_estimate": [2.0, 4.0, 14.0, 20.0]})
DUES = pd.Series({"1-9": 150.0, "10-49": 800.0, "250+": 5_000.0})


def test_what_recruits_bring_by_hand() -> None:
    # Mean jobs (2 + 4 + 14 + 20) / 4 = 10; mean dues (2 x 150 + 2 x 800) / 4 = 475.
    assert brought(FIRMS, recruits=9.6, dues_eur=DUES) == pytest.approx((96, 4_560))
    assert brought(FIRMS, recruits=0, dues_eur=DUES) == Brought(0, 0)
    said = planner_sentence(
        expect(visits_per_month=10, conversion_pct=8, listed=200),
        translator("en"),
        visits_per_month=10,
        conversion_pct=8,
        jobs=brought(FIRMS, recruits=9.6, dues_eur=DUES).jobs,
    )
    assert "96 jobs" in said


def test_what_is_not_known_is_null() -> None:
    lacking = [
        DUES.drop("10-49"),
        DUES.where(DUES < 500),
        pd.Series(dtype="float64"),
        pd.Series([None], index=["1-9"], dtype="object"),
    ]
    for dues in lacking:
        assert brought(FIRMS, recruits=2, dues_eur=dues) == Brought(20, None)
    assert brought(FIRMS.head(2), recruits=2, dues_eur=DUES.drop("10-49")) == Brought(6, 300)
    nobody = FIRMS.head(0).astype({"size_class": "str"})
    assert brought(nobody, recruits=0, dues_eur=DUES) == Brought(None, None)
    with pytest.raises(ValueError, match="recruits"):
        brought(FIRMS, recruits=-1, dues_eur=DUES)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(DUES.index)), st.floats(0, 1e4)), min_size=1), st.floats(0, 1))
def test_recruits_bring_their_share_of_the_visited_firms(rows: list[tuple[str, float]], share: float) -> None:
    firms = pd.DataFrame(rows, columns=["size_class", "jobs_estimate"])
    gain = brought(firms, recruits=share * len(rows), dues_eur=DUES)
    assert gain.jobs == pytest.approx(share * sum(jobs for _, jobs in rows))
    assert gain.dues_eur == pytest.approx(share * sum(DUES[size] for size, _ in rows))
