"""Members to come: the closed forms against the recursion year by year, targets that are reached or never, shares."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.stats import norm

from analytics.metrics.growth import simulate
from analytics.metrics.membership import (
    limit,
    members_after,
    probability_of_falling_share,
    recruits_to_hold,
    recruits_to_reach,
    year_reached,
)

counts = st.floats(0, 10_000)
churns = st.floats(0, 100)


def _year_by_year(members: float, *, recruits: list[float], churn_pct: float) -> list[float]:
    path = [members]
    for joining in recruits:
        leaving = path[-1] * churn_pct / 100
        path.append(path[-1] - leaving + joining)
    return path


# --- Members at each year's end --------------------------------------------------------------------------------------


def test_members_by_hand() -> None:
    # 400 * 0.95 + 40 = 420; 420 * 0.95 + 40 = 439; 439 * 0.95 + 40 = 457.05.
    assert members_after(400, recruits=40, churn_pct=5, years=3) == pytest.approx([400, 420, 439, 457.05])
    assert members_after(400, recruits=0, churn_pct=50, years=2) == pytest.approx([400, 200, 100])
    assert members_after(400, recruits=40, churn_pct=5, years=0).tolist() == [400]


def test_nobody_leaves_and_everybody_leaves() -> None:
    assert members_after(400, recruits=40, churn_pct=0, years=3).tolist() == [400, 440, 480, 520]
    # Who is recruited in a year has not left by its end.
    assert members_after(400, recruits=40, churn_pct=100, years=3).tolist() == [400, 40, 40, 40]


@given(counts, st.floats(0, 1_000), churns, st.integers(0, 50))
@example(400, 40, 1e-12, 50)
@example(400, 40, 100, 50)
def test_the_closed_form_is_the_recursion(members: float, recruits: float, churn_pct: float, years: int) -> None:
    path = members_after(members, recruits=recruits, churn_pct=churn_pct, years=years)
    expected = _year_by_year(members, recruits=[recruits] * years, churn_pct=churn_pct)
    assert path == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("churn_pct", [-0.1, 100.1, math.nan])
def test_a_churn_that_is_no_share_is_refused(churn_pct: float) -> None:
    with pytest.raises(ValueError, match="churn"):
        members_after(400, recruits=40, churn_pct=churn_pct, years=3)
    with pytest.raises(ValueError, match="churn"):
        recruits_to_reach(400, target=500, churn_pct=churn_pct, years=3)


# --- Recruits to reach a target --------------------------------------------------------------------------------------


def test_recruits_by_hand() -> None:
    # One year: 500 - 400 * 0.9. Two: (500 - 400 * 0.81) / 1.9.
    assert recruits_to_reach(400, target=500, churn_pct=10, years=1) == pytest.approx(140)
    assert recruits_to_reach(400, target=500, churn_pct=10, years=2) == pytest.approx(176 / 1.9)
    assert recruits_to_reach(400, target=600, churn_pct=0, years=4) == pytest.approx(50)
    assert recruits_to_reach(400, target=600, churn_pct=100, years=4) == pytest.approx(600)
    # 400 * 0.81 = 324 are there without a recruit.
    assert recruits_to_reach(400, target=300, churn_pct=10, years=2) == 0


@given(counts, counts, churns, st.integers(1, 40))
@example(400, 600, 1e-12, 40)
def test_so_many_recruits_reach_the_target(members: float, target: float, churn_pct: float, years: int) -> None:
    recruits = recruits_to_reach(members, target=target, churn_pct=churn_pct, years=years)
    reached = members_after(members, recruits=recruits, churn_pct=churn_pct, years=years)[-1]
    if recruits > 0:
        assert reached == pytest.approx(target, rel=1e-9, abs=1e-9)
    else:
        assert recruits == 0
        assert reached >= target * (1 - 1e-9) - 1e-9


@pytest.mark.parametrize("years", [0, -1])
def test_a_target_needs_a_year(years: int) -> None:
    with pytest.raises(ValueError, match="years"):
        recruits_to_reach(400, target=500, churn_pct=5, years=years)


# --- Recruits to hold a share ----------------------------------------------------------------------------------------


def test_recruits_that_hold_a_share_by_hand() -> None:
    # 400 * (3 % + 5 %) = 32, then 3 % more each year.
    assert recruits_to_hold(400, rate_pct=3, churn_pct=5, years=3) == pytest.approx([32, 32.96, 33.9488])
    assert recruits_to_hold(400, rate_pct=0, churn_pct=0, years=2).tolist() == [0, 0]
    assert recruits_to_hold(400, rate_pct=-8, churn_pct=5, years=2).tolist() == [0, 0]
    assert recruits_to_hold(400, rate_pct=3, churn_pct=5, years=0).tolist() == []


@given(st.floats(1, 10_000), st.floats(1, 50_000), st.floats(-30, 30), churns, st.integers(1, 30))
def test_the_share_holds(members: float, firms: float, rate_pct: float, churn_pct: float, years: int) -> None:
    recruits = recruits_to_hold(members, rate_pct=rate_pct, churn_pct=churn_pct, years=years).tolist()
    path = _year_by_year(members, recruits=recruits, churn_pct=churn_pct)
    shares = [m / (firms * (1 + rate_pct / 100) ** year) for year, m in enumerate(path)]
    if rate_pct + churn_pct >= 0:
        assert shares == pytest.approx([members / firms] * (years + 1), rel=1e-9)
    else:
        assert recruits == [0] * years
        assert all(later > sooner * (1 - 1e-12) for sooner, later in pairwise(shares))


# --- Where it leads --------------------------------------------------------------------------------------------------


def test_the_limit() -> None:
    assert limit(recruits=40, churn_pct=5) == 800
    assert limit(recruits=40, churn_pct=100) == 40
    assert limit(recruits=0, churn_pct=5) == 0
    assert limit(recruits=40, churn_pct=0) == math.inf


@given(counts, st.floats(0, 1_000), st.floats(10, 100))
def test_members_tend_to_the_limit_and_stay_there(members: float, recruits: float, churn_pct: float) -> None:
    end = limit(recruits=recruits, churn_pct=churn_pct)
    assert members_after(members, recruits=recruits, churn_pct=churn_pct, years=400)[-1] == pytest.approx(end, abs=1e-6)
    assert members_after(end, recruits=recruits, churn_pct=churn_pct, years=9) == pytest.approx([end] * 10)


def test_the_year_by_hand() -> None:
    # 400, 420, 439, 457.05.
    found = [year_reached(400, target=n, recruits=40, churn_pct=5) for n in (300, 400, 401, 420, 420.1, 457.05)]
    assert found == [0, 0, 1, 1, 2, 3]


def test_a_target_beyond_the_limit_is_never_reached() -> None:
    assert limit(recruits=29, churn_pct=5) == 580
    assert year_reached(400, target=600, recruits=29, churn_pct=5) is None
    # A limit that is above: 400 * 0.95**t + 800 * (1 - 0.95**t) = 600 once 0.95**t is a half, after 13.5 years.
    assert year_reached(400, target=600, recruits=40, churn_pct=5) == 14
    assert year_reached(400, target=600, recruits=40, churn_pct=5, years=13) is None
    assert year_reached(400, target=401, recruits=0, churn_pct=0) is None


def test_a_share_of_firms_asks_for_ever_more() -> None:
    # 5 % of 10,000 firms that grow at 10 %: 500, 550, 605 against 450, 527.5, 601.1, 671.1.
    share = 500 * 1.1 ** np.arange(11)
    assert year_reached(450, target=share, recruits=100, churn_pct=5, years=10) == 3
    assert year_reached(450, target=share, recruits=60, churn_pct=5, years=10) is None


@given(counts, st.floats(1, 10_000), st.floats(0, 1_000), churns)
def test_the_year_is_the_first_of_the_recursion(
    members: float, target: float, recruits: float, churn_pct: float
) -> None:
    path = _year_by_year(members, recruits=[recruits] * 100, churn_pct=churn_pct)
    # Rounding decides where a path only touches its target, or only tends to it.
    assume(all(abs(m - target) > 1e-6 * target for m in path))
    expected = next((year for year, m in enumerate(path) if m >= target), None)
    assert year_reached(members, target=target, recruits=recruits, churn_pct=churn_pct) == expected


# --- The odds of a falling share -------------------------------------------------------------------------------------


def test_odds_by_hand() -> None:
    members = np.array([100.0, 100.0, 110.0])
    growth = np.array([[1, 1.1, 0.9], [1, 1.0, 1.0], [1, 0.9, 1.3], [1, 1.2, 1.1]])
    # Firms outgrow the members on the first path and the last, then on the third; equal shares are no fall.
    assert probability_of_falling_share(members, growth).tolist() == [0, 0.5, 0.25]


def test_odds_are_those_of_the_normal_law() -> None:
    # Without a history the log growth of t years is normal: mean t log 1.03, standard deviation 0.02 sqrt t.
    growth = simulate([], rate_pct=3, years=8, spread_pct=2)
    members = members_after(400, recruits=30, churn_pct=5, years=8)
    years = np.arange(1, 9)
    expected = norm.sf((np.log(members[1:] / 400) - years * math.log(1.03)) / (0.02 * np.sqrt(years)))
    odds = probability_of_falling_share(members, growth)
    assert odds[0] == 0
    error = np.sqrt(expected * (1 - expected) / len(growth))
    assert (np.abs(odds[1:] - expected) < 4 * error).all()


def test_recruits_that_hold_the_share_lose_it_in_half_of_the_paths() -> None:
    recruits = recruits_to_hold(400, rate_pct=3, churn_pct=5, years=6).tolist()
    members = np.array(_year_by_year(400, recruits=recruits, churn_pct=5))
    odds = probability_of_falling_share(members, simulate([], rate_pct=3, years=6, spread_pct=2))
    assert odds[1:] == pytest.approx([0.5] * 6, abs=0.02)
    # And where years never stray, in none.
    certain = probability_of_falling_share(members, 1.03 ** np.arange(7.0)[None, :])
    assert certain.tolist() == [0] * 7
