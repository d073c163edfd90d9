"""Retention: curves and churn by hand, against statsmodels and scipy, and on rosters drawn with a known churn."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf
from statsmodels.duration.survfunc import SurvfuncRight

from analytics.metrics.retention import (
    LEAST_DEPARTURES,
    SURVIVAL_COLUMNS,
    dated_stays,
    observed_churn,
    product_limit,
    survival,
)

Floats = npt.NDArray[np.float64]
Stay = tuple[str | None, str | None]

TODAY = date(2020, 1, 1)
FIRST = ("2001-01-01", "2015-06-01")  # From it on departures are recorded: counting begins on 1 January 2016.
LASTING = ("2010-01-01", None)
LEFT = ("2010-01-01", "2018-01-01")
UNUSABLE: list[Stay] = [
    (None, None),
    (None, "2018-01-01"),
    ("1899-12-31", None),
    ("2020-01-02", None),
    ("2018-01-02", "2018-01-01"),
    ("2010-01-01", "1899-12-31"),
]


def _members(stays: list[Stay]) -> pd.DataFrame:
    return pd.DataFrame(stays, columns=["joined_on", "left_on"]).astype("datetime64[ns]")


def _limits(entry: list[float], end: list[float], is_departure: list[bool]) -> pd.DataFrame:
    arrays = (np.array(entry, dtype=np.float64), np.array(end, dtype=np.float64))
    return product_limit(*arrays, np.array(is_departure, dtype=bool))


# --- The product-limit estimator -------------------------------------------------------------------------------------


def test_six_members_by_hand() -> None:
    # One of six leaves after a year; one of five after two, when another is lost to sight; one of the three left after
    # three; one is lost after four, and the last leaves after five.
    table = _limits([0] * 6, [5, 2, 1, 4, 2, 3], [True, True, True, False, False, True])
    assert table.columns.tolist() == SURVIVAL_COLUMNS
    assert table["years"].tolist() == [0, 1, 2, 3, 5]
    assert table["at_risk"].tolist() == [6, 6, 5, 3, 1]
    assert table["departures"].tolist() == [0, 1, 1, 1, 1]
    assert table["staying_pct"].tolist() == pytest.approx([100, 500 / 6, 400 / 6, 400 / 9, 0])
    assert table[["low_pct", "high_pct"]].iloc[0].tolist() == [100, 100]
    assert table[["low_pct", "high_pct"]].iloc[-1].isna().all()
    # Greenwood: 1 / (6 * 5), half-width 1.959964 * sqrt(1 / 30) / log(6 / 5) = 1.96268, and (5 / 6) ** exp(+- 1.96268).
    assert table[["low_pct", "high_pct"]].iloc[1].tolist() == pytest.approx([27.3123, 97.4712], abs=1e-3)


def test_late_entry_by_hand() -> None:
    # After two years three are at risk, who enters then is none of them; after three, three again; after four, two.
    table = _limits([0, 1, 2, 0, 3], [2, 3, 3, 4, 5], [True, True, False, True, False])
    assert table["years"].tolist() == [0, 2, 3, 4]
    assert table["at_risk"].tolist() == [2, 3, 3, 2]
    assert table["staying_pct"].tolist() == pytest.approx([100, 200 / 3, 400 / 9, 200 / 9])


def test_who_leaves_before_being_seen_is_not_counted() -> None:
    seen = _limits([0, 0, 1], [2, 3, 4], [True, False, True])
    with_unseen = _limits([0, 0, 1, 5, 2], [2, 3, 4, 4, 2], [True, False, True, True, True])
    pd.testing.assert_frame_equal(seen, with_unseen)


def test_where_nobody_leaves_all_stay() -> None:
    table = _limits([0, 2], [3, 4], [False, False])
    assert table.iloc[0].tolist() == [0, 1, 0, 100, 100, 100]
    assert len(table) == 1


stays = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 8), st.booleans()).map(lambda s: (s[0], s[0] + s[1], s[2])),
    min_size=1,
    max_size=30,
).filter(lambda rows: any(departed for *_, departed in rows))


@settings(max_examples=60, deadline=None)
@given(stays, st.booleans())
def test_curves_are_those_of_statsmodels(rows: list[tuple[int, int, bool]], is_late: bool) -> None:
    entry, end, departed = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    table = product_limit(entry * is_late, end, departed.astype(bool)).iloc[1:]
    with np.errstate(divide="ignore", invalid="ignore"):  # its standard error where nobody is left
        theirs = SurvfuncRight(end, departed, entry=entry if is_late else None)
    assert table["years"].tolist() == theirs.surv_times.tolist()
    assert table["at_risk"].tolist() == theirs.n_risk.tolist()
    assert table["departures"].tolist() == theirs.n_events.tolist()
    assert table["staying_pct"].to_numpy() == pytest.approx(100 * theirs.surv_prob)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 30), st.booleans()), max_size=30))
def test_curves_and_limits_are_those_of_scipy(rows: list[tuple[int, bool]]) -> None:
    # The first leaves and the last does not: the curve is nowhere one or zero, where there are no limits.
    end, departed = (np.array(c) for c in zip((1, True), *rows, (31, False), strict=True))
    table = product_limit(np.zeros(len(end)), end.astype(np.float64), departed.astype(bool)).iloc[1:]
    curve = ecdf(CensoredData.right_censored(end, departed == 0)).sf
    limits = curve.confidence_interval(0.95, method="log-log")
    assert table["staying_pct"].to_numpy() == pytest.approx(100 * curve.evaluate(table["years"]))
    assert table["low_pct"].to_numpy() == pytest.approx(100 * limits.low.evaluate(table["years"]))
    assert table["high_pct"].to_numpy() == pytest.approx(100 * limits.high.evaluate(table["years"]))


# --- The roster ------------------------------------------------------------------------------------------------------


def test_days_that_cannot_serve_are_left_out() -> None:
    at_the_edge: list[Stay] = [
        ("1900-01-01", None),
        ("2020-01-01", None),
        ("2018-01-01", "2018-01-01"),
        ("2010-01-01", "2020-01-01"),
    ]
    members = _members([*UNUSABLE, *at_the_edge]).assign(name="somebody")
    before = members.copy()
    pd.testing.assert_frame_equal(dated_stays(members, on=TODAY), _members(at_the_edge))
    pd.testing.assert_frame_equal(members, before)


def test_churn_by_hand() -> None:
    # From 1 January 2016 to 2020 are 1,461 days, to 2018 are 731: 14 * 1,461 + 5 * 731 = 24,109 days, 66.0068 years.
    # Garwood's limits of a count of five: 1.6235 and 11.6683.
    found = observed_churn(_members([FIRST, *[LASTING] * 14, *[LEFT] * 5]), on=TODAY)
    assert found is not None
    assert (found.departures, found.since) == (5, date(2016, 1, 1))
    assert found.member_years == pytest.approx(24_109 / 365.25)
    assert found.churn_pct == pytest.approx(7.2948, abs=1e-3)
    assert (found.low_pct, found.high_pct) == pytest.approx((2.4296, 16.2033), abs=1e-3)


def test_time_counts_from_joining_and_from_the_beginning() -> None:
    # Joined on 1 January 2018: two years of 365 days. Gone before counting began, or on its first day: neither counts.
    others: list[Stay] = [("2018-01-01", None), ("2012-01-01", "2015-12-31"), ("2012-01-01", "2016-01-01")]
    found = observed_churn(_members([FIRST, *[LASTING] * 14, *[LEFT] * 5, *others]), on=TODAY)
    assert found is not None
    assert found.departures == 5
    assert found.member_years == pytest.approx((24_109 + 730) / 365.25)


@pytest.mark.parametrize(
    "members",
    [
        [],
        [LASTING] * 20,
        [FIRST, *[LASTING] * 20],
        [FIRST, *[LASTING] * 20, *[LEFT] * (LEAST_DEPARTURES - 1)],
        # All of them in the first year that has any.
        [*[FIRST] * 8, *[LASTING] * 20],
        [*[("2010-01-01", "2019-06-01")] * 8, *[LASTING] * 20],
        [*[("2010-01-01", "2020-01-01")] * 8, *[LASTING] * 20],
        # Seven of fifteen whose days can serve.
        [FIRST, *[LEFT] * 6, *[(None, None)] * 8],
        UNUSABLE * 3,
    ],
)
def test_what_does_not_allow_to_tell(members: list[Stay]) -> None:
    assert observed_churn(_members(members), on=TODAY) is None


def test_half_of_the_days_and_five_departures_allow_to_tell() -> None:
    assert observed_churn(_members([FIRST, *[LEFT] * 6, *[(None, None)] * 7]), on=TODAY) is not None
    assert observed_churn(_members([FIRST, *[LEFT] * 5]), on=TODAY) is not None


def test_days_that_cannot_serve_change_nothing() -> None:
    sound = [FIRST, *[LASTING] * 14, *[LEFT] * 5]
    assert observed_churn(_members([*sound, *UNUSABLE]), on=TODAY) == observed_churn(_members(sound), on=TODAY)
    curve, mixed = (survival(_members(rows), on=TODAY) for rows in (sound, [*UNUSABLE, *sound]))
    pd.testing.assert_frame_equal(curve, mixed)


def test_who_leaves_after_the_roster_is_still_there() -> None:
    stays = dated_stays(_members([("2010-01-01", "2020-01-02")]), on=TODAY)
    pd.testing.assert_frame_equal(stays, _members([("2010-01-01", None)]))


def test_a_curve_by_hand() -> None:
    # Twenty since 2016, when counting begins: two have left after 731 days, three after 1,096; the rest stay.
    gone = [*[("2016-01-01", "2018-01-01")] * 2, *[("2016-01-01", "2019-01-01")] * 3]
    table = survival(_members([FIRST, *gone, *[("2016-01-01", None)] * 15]), on=TODAY)
    assert table.columns.tolist() == SURVIVAL_COLUMNS
    assert (table["years"] * 365.25).round().tolist() == [0, 731, 1_096, 1_461]
    assert table["staying_pct"].tolist() == pytest.approx([100, 90, 75, 75])
    assert table["departures"].tolist() == [0, 2, 3, 0]
    assert table["at_risk"].tolist() == [20, 20, 18, 10]


def test_fewer_than_ten_decide_nothing() -> None:
    # One who joined and left in 2018 is alone to be followed at that length: the others had stayed for years.
    early = [("2018-01-01", "2018-03-01")]
    old = [*[("2005-01-01", "2017-01-01")] * 5, *[("2005-01-01", None)] * 20]
    table = survival(_members([FIRST, *early, *old]), on=TODAY)
    assert table["staying_pct"].min() > 70
    assert table["departures"].tolist()[0:2] == [0, 5]
    few = [("2016-01-01", "2018-01-01"), *[("2016-01-01", None)] * 8]
    assert survival(_members([FIRST, *few]), on=TODAY).empty


def test_no_curve_where_nobody_left() -> None:
    for members in ([], [LASTING] * 3, UNUSABLE):
        table = survival(_members(members), on=TODAY)
        assert table.columns.tolist() == SURVIVAL_COLUMNS
        assert table.empty


def _roster(random: np.random.Generator, *, churn_pct: float, size: int) -> pd.DataFrame:
    """Return members who joined at any day of twenty years, each year's churn alike; leavers are kept since 2010."""
    joined = pd.Timestamp(2000, 1, 1) + pd.to_timedelta(random.integers(0, 7_305, size), unit="D")
    stay = random.exponential(-365.25 / math.log1p(-churn_pct / 100), size)
    left = pd.Series(joined + pd.to_timedelta(np.ceil(stay), unit="D"))
    members = pd.DataFrame({"joined_on": joined, "left_on": left.where(left <= pd.Timestamp(TODAY))})
    return members[~(members["left_on"] < pd.Timestamp(2010, 1, 1))]


@pytest.mark.parametrize(("churn_pct", "size"), [(8, 400), (20, 150)])
def test_the_interval_holds_a_known_churn_in_95_of_100(churn_pct: float, size: int) -> None:
    random = np.random.default_rng(113)
    found = [observed_churn(_roster(random, churn_pct=churn_pct, size=size), on=TODAY) for _ in range(250)]
    held = [churn.low_pct <= churn_pct <= churn.high_pct for churn in found if churn is not None]
    assert len(held) == 250
    # Garwood's interval holds it in 95 or somewhat more; the standard error of 250 is 1.4 points.
    assert 0.92 <= np.mean(held) <= 0.99
    assert np.mean([churn.churn_pct for churn in found if churn is not None]) == pytest.approx(churn_pct, rel=0.03)


def test_leavers_of_before_the_records_do_not_pass_for_stayers() -> None:
    members = _roster(np.random.default_rng(113), churn_pct=8, size=4_000)
    curve = survival(members, on=TODAY).set_index("years")
    for years in (1, 3, 5, 10):
        row = curve.loc[:years].iloc[-1]
        assert row["staying_pct"] == pytest.approx(100 * 0.92**years, abs=2.5)
        assert row["low_pct"] < 100 * 0.92**years < row["high_pct"]
    end = (members["left_on"].fillna(pd.Timestamp(TODAY)) - members["joined_on"]).dt.days / 365.25
    naive = ecdf(CensoredData.right_censored(end, members["left_on"].isna())).sf
    assert 100 * naive.evaluate(10) > curve.loc[:10, "high_pct"].iloc[-1]
