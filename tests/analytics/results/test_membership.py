"""The plan on a small snapshot: what each target asks for, by hand; what is refused; the money."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analytics import tables
from analytics.errors import UserError
from analytics.settings import Settings
from analytics.text import growth_findings as findings
from analytics.text import translator
from analytics.view import View
from tests.analytics.small_snapshot import ALL, NO_MEMBER, SETTINGS, TIC, SmallSnapshot, member, members_of, roster

# Of four firms in October 2026 two are members; five percent a year of growth and none who leave.
PLAN = dataclasses.replace(ALL, rate=5.0, churn=0.0, by=2028)


def _row(name: str, view: View, *, snapshot: SmallSnapshot | None = None, settings: Settings = SETTINGS) -> pd.Series:
    return _table(name, view, snapshot=snapshot, settings=settings).iloc[0]


def _table(
    name: str, view: View, *, snapshot: SmallSnapshot | None = None, settings: Settings = SETTINGS
) -> pd.DataFrame:
    table: pd.DataFrame = getattr(tables, name)(snapshot or SmallSnapshot(), view, settings)
    return table


def _said(view: View, *, snapshot: SmallSnapshot | None = None) -> str:
    answer, basis = (
        _row("membership_answer", view, snapshot=snapshot),
        _row("membership_basis", view, snapshot=snapshot),
    )
    return findings.answer_sentence(answer, basis, translator("en"), view=view)


def test_to_hold_the_share_members_grow_as_firms_do() -> None:
    table = _table("membership", PLAN)
    assert list(table) == tables.MEMBERSHIP_COLUMNS == ["year", "members", "firms", "share_pct", "recruits"]
    assert table["year"].tolist() == [2026, 2027, 2028]
    assert table["members"].tolist() == [2, 2.1, 2.2]  # 2.205, to two decimals
    assert table["firms"].tolist() == [4, 4.2, 4.41]
    assert table["share_pct"].tolist() == [50, 50, 50]
    assert table["recruits"].isna().tolist() == [True, False, False]
    assert table["recruits"].tolist()[1:] == [0.1, 0.11]  # 5 % of 2 and of 2.1
    assert _said(PLAN).startswith("To hold 50% of firms until 2028: 0.1 recruits")


def test_a_number_of_members_takes_the_same_pace_every_year() -> None:
    view = dataclasses.replace(PLAN, target="members", goal=4.0, churn=50.0)
    # 2 -> 1 + r -> 0.5 + 1.5 r = 4: r = 7 / 3.
    table = _table("membership", view)
    assert table["recruits"].tolist()[1:] == [2.33, 2.33]
    assert table["members"].tolist() == [2, 3.33, 4]
    assert _said(view) == "For 4 members in 2028: 2.4 recruits a year"


def test_a_share_is_of_the_firms_of_its_year() -> None:
    view = dataclasses.replace(PLAN, target="share", goal=75.0)
    assert _row("membership_basis", view)["target_members"] == pytest.approx(0.75 * 4 * 1.05**2)
    assert _table("membership", view)["share_pct"].iloc[-1] == 75
    # At the pace of 0.65 a year: 75 % of firms in the year aimed at.
    answer = _row("membership_answer", view)
    assert answer["year_reached"] == 2028
    assert answer["state"] == "reached"


def test_jobs_are_those_of_as_many_members() -> None:
    # The two members have 32 jobs: 48 jobs are those of three.
    view = dataclasses.replace(PLAN, target="jobs", goal=48.0)
    assert _row("membership_basis", view)["target_members"] == pytest.approx(3)
    assert _table("membership", view)["members"].iloc[-1] == pytest.approx(3)
    untold = TIC.assign(size_code="NN", is_employer=False, jobs_low=0.0, jobs_estimate=0.0, jobs_high=0.0)
    with pytest.raises(UserError) as caught:
        _table("membership", view, snapshot=SmallSnapshot(tic=untold))
    assert caught.value.key == "growth.no_jobs"


def test_visits_are_the_recruits_at_the_conversion_shared_by_the_staff() -> None:
    answer = _row("membership_answer", dataclasses.replace(PLAN, target="members", goal=4.0, conversion=8.0))
    # One recruit a year, at 8 %: 12.5 visits; four persons.
    assert answer["recruits"] == pytest.approx(1)
    assert answer["visits"] == pytest.approx(12.5)
    assert answer["visits_per_staff"] == pytest.approx(12.5 / 12 / 4)
    none = _row("membership_answer", dataclasses.replace(PLAN, target="members", goal=4.0, conversion=0.0))
    assert pd.isna(none["visits"])
    assert "change it" in findings.visits_sentence(
        none, translator("en"), view=dataclasses.replace(PLAN, conversion=0.0)
    )


@pytest.mark.parametrize(
    ("fields", "state", "said"),
    [
        ({"target": "members", "goal": 2.0}, "met", "nothing to recruit"),
        (
            {"target": "members", "goal": 1.0, "churn": 100.0},
            "met",
            "already met; to have it still in 2028, 1 recruit a year",
        ),
        ({"target": "members", "goal": 5.0}, "beyond", "out of reach"),
        ({"target": "share", "goal": 100.0, "pace": 0.5}, "missed", "less than the target"),
        ({"target": "members", "goal": 3.0, "pace": 0.5}, "reached", "the target, 3 members, is met"),
        ({"pace": 0.0}, "missed", "less than the target"),
        ({"rate": -10.0}, "reached", "To hold 50% of firms until 2028: nothing to recruit"),
    ],
)
def test_what_is_met_out_of_reach_or_missed_is_said(fields: dict[str, object], state: str, said: str) -> None:
    view = dataclasses.replace(PLAN, **fields)  # type: ignore[arg-type]
    assert _row("membership_answer", view)["state"] == state
    assert said in _said(view)


def test_a_pace_that_never_gets_there_says_where_it_ends() -> None:
    view = dataclasses.replace(PLAN, target="members", goal=4.0, churn=50.0, pace=1.0)
    answer = _row("membership_answer", view)
    assert pd.isna(answer["year_reached"])
    assert answer["limit"] == 2
    assert "once there are 2" in findings.reached_sentence(answer, translator("en"), view=view)


def test_the_share_falls_where_firms_grow_faster_than_members() -> None:
    # Every year of the past grew by some 3 to 5 %: with nobody recruited the share falls on every path.
    table = _table("membership_in_full", dataclasses.replace(PLAN, pace=0.0))
    assert table["falling_pct"].tolist() == [0, 100, 100]
    rising = _table("membership_in_full", dataclasses.replace(PLAN, pace=5.0))
    assert rising["falling_pct"].tolist() == [0, 0, 0]
    none = _table("membership_in_full", PLAN, snapshot=SmallSnapshot(roster=members_of(["500000005"])))
    assert none["falling_pct"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("by", "key"), [(2026, "growth.by_passed"), (2019, "growth.by_passed"), (2057, "growth.by_far")]
)
def test_a_year_that_has_passed_or_is_too_far_is_refused(by: int, key: str) -> None:
    with pytest.raises(UserError) as caught:
        _table("membership", dataclasses.replace(PLAN, by=by))
    assert caught.value.key == key
    assert str(by) in caught.value.message("fr")


def test_a_share_over_all_and_a_missing_roster_are_refused() -> None:
    with pytest.raises(UserError, match="130"):
        _table("membership", dataclasses.replace(PLAN, target="share", goal=130.0))
    for name in ("membership", "budget"):
        with pytest.raises(UserError) as caught:
            _table(name, PLAN, snapshot=SmallSnapshot(roster=NO_MEMBER))
        assert caught.value.key == "growth.no_roster"


def test_churn_comes_from_the_roster_where_it_tells_and_is_an_assumption_elsewhere() -> None:
    assumed = _row("membership_basis", dataclasses.replace(PLAN, churn=None))
    assert assumed[["churn_pct", "churn_from"]].tolist() == [SETTINGS.growth.churn_pct, "assumed"]
    joined, stayed = pd.Timestamp("2014-01-01"), pd.NaT
    left = [pd.Timestamp(f"{year}-07-01") for year in range(2015, 2022)]
    days = [stayed] * 13 + left
    rows = [member(n, f"M{n}", None, joined_on=joined, left_on=day) for n, day in enumerate(days)]
    told = _row("membership_basis", dataclasses.replace(PLAN, churn=None), snapshot=SmallSnapshot(roster=roster(rows)))
    # From 2016 on: six departures; thirteen to the roster's day, 1 November 2026, six to the middle of 2016 to 2021.
    end = (pd.Timestamp("2026-11-01") - pd.Timestamp("2016-01-01")).days / 365.25
    years = 13 * end + sum((day - pd.Timestamp("2016-01-01")).days for day in left[1:]) / 365.25
    assert told["churn_from"] == "roster"
    assert told["departures"] == 6
    assert told["member_years"] == pytest.approx(years)
    said = findings.churn_sentence(told, translator("en"))
    assert "6 departures seen" in said
    assert "an assumption" in findings.churn_sentence(assumed, translator("en"))
    for churn, word in ((0.0, "No member would leave"), (100.0, "All members would leave")):
        basis = _row("membership_basis", dataclasses.replace(PLAN, churn=churn))
        assert word in findings.churn_sentence(basis, translator("en"))


def test_the_budget_from_published_figures_by_hand() -> None:
    # Four current members; nobody's dues are known: 720,000 EUR of 400 members are 1,800 each.
    table = _table("budget", dataclasses.replace(PLAN, target="members", goal=4.0, cut=25.0)).set_index("item")
    assert table["eur"].to_dict() == {
        "dues": 7_200,
        "own": 720_000,
        "grants": 480_000,
        "total": 1_200_000,
        "plan": 3_600,
        "lost": -120_000,
    }
    assert table.loc["lost", "members"] == 66.67
    parts = _row("budget_parts", dataclasses.replace(PLAN, target="members", goal=4.0, cut=25.0))
    assert pd.isna(parts["break_even"])
    small = _row("budget_parts", dataclasses.replace(PLAN, target="members", goal=4.0, cut=0.5))
    # 2,400 EUR lost; one member more in 2027 pays 1,800, two in 2028 pay 3,600.
    assert small["break_even"] == 2028


def test_the_rosters_dues_come_first_and_what_is_not_published_is_null() -> None:
    rows = roster([member(n, f"M{n}", None, dues_eur=dues) for n, dues in enumerate([900.0, 1_100.0, None])])
    snapshot = SmallSnapshot(roster=rows)
    parts = _row("budget_parts", PLAN, snapshot=snapshot)
    assert parts[["dues_per_member", "dues", "dues_known", "members"]].tolist() == [1_000, 3_000, 2, 3]
    bare = SETTINGS.model_copy(update={"published": SETTINGS.published[:1]})
    table = _table("budget", dataclasses.replace(PLAN, rate=1.0), snapshot=snapshot, settings=bare).set_index("item")
    assert table["eur"].isna().to_dict() == {
        "dues": False,
        "own": True,
        "grants": True,
        "total": True,
        "plan": False,
        "lost": True,
    }
    title = findings.budget_title(
        _row("budget_parts", dataclasses.replace(PLAN, rate=1.0), snapshot=snapshot, settings=bare),
        translator("en"),
        view=PLAN,
    )
    assert title == "The budget is neither published nor known"


def test_churn_is_judged_on_the_day_of_the_roster() -> None:
    # Exported at the end of 2022: what a register of 2026 holds is no time in which nobody left.
    left = [pd.Timestamp(f"{year}-07-01") for year in range(2015, 2022)]
    days = [pd.NaT] * 13 + left
    joined = pd.Timestamp("2014-01-01")
    rows = roster([member(n, f"M{n}", None, joined_on=joined, left_on=day) for n, day in enumerate(days)])
    view = dataclasses.replace(PLAN, churn=None)
    today, then = (
        _row("membership_basis", view, snapshot=SmallSnapshot(roster=rows, roster_written=day))
        for day in ("2026-10-30", "2022-12-31")
    )
    assert then["departures"] == today["departures"] == 6
    assert then["churn_pct"] > 1.3 * today["churn_pct"]
    # A file that was copied early tells days after its own: the last of them counts.
    late = _row("membership_basis", view, snapshot=SmallSnapshot(roster=rows, roster_written="2018-01-01"))
    assert late["member_years"] < then["member_years"]
    assert late["departures"] == 6


@pytest.mark.parametrize("target", ["members", "share"])
def test_the_numbers_of_a_plan_are_there_even_where_it_is_refused(target: str) -> None:
    row = _row("plan_defaults", dataclasses.replace(PLAN, target=target, goal=4_000.0, by=1990))
    assert row[["goal", "by", "first"]].tolist() == [4_000, 1990, 2027]
    usual = _row("plan_defaults", dataclasses.replace(ALL, target=target))
    wanted = {"members": SETTINGS.growth.target_members, "share": SETTINGS.growth.target_share_pct}[target]
    assert usual[["goal", "by"]].tolist() == [wanted, SETTINGS.growth.target_year]


def test_a_plan_out_of_reach_promises_nothing() -> None:
    view = dataclasses.replace(PLAN, target="members", goal=400.0)
    answer, basis, parts = (_row(name, view) for name in ("membership_answer", "membership_basis", "budget_parts"))
    t = translator("fr")
    assert findings.reached_sentence(answer, t, view=view) == ""
    assert findings.visits_sentence(answer, t, view=view) == ""
    assert findings.falling_sentence(answer, t, view=view) == ""
    assert findings.budget_sentence(parts, basis, answer, t) == ""


def test_losing_members_is_said_as_what_it_is() -> None:
    view = dataclasses.replace(PLAN, churn=50.0, pace=0.0)
    answer, basis, parts = (_row(name, view) for name in ("membership_answer", "membership_basis", "budget_parts"))
    said = findings.budget_sentence(parts, basis, answer, translator("en"))
    # From two to a half, at 1,800 each; one and a half, rounded to the even.
    assert said == "With this plan there would be 2 members fewer, or \u20ac2,700 of dues less a year."


def test_where_nobody_is_a_member_there_is_no_share_to_hold() -> None:
    assert "no share to hold" in _said(PLAN, snapshot=SmallSnapshot(roster=members_of(["500000005"])))


def test_the_title_of_those_who_stay_is_the_rosters_whatever_the_plan_supposes() -> None:
    joined = pd.Timestamp("2014-01-01")
    days = [pd.NaT] * 13 + [pd.Timestamp(f"{year}-07-01") for year in range(2015, 2022)]
    snapshot = SmallSnapshot(
        roster=roster([member(n, f"M{n}", None, joined_on=joined, left_on=day) for n, day in enumerate(days)])
    )
    t, titles = translator("en"), set()
    for churn in (None, 0.0, 6.0, 100.0):
        view = dataclasses.replace(PLAN, churn=churn)
        basis, curve = (_table(name, view, snapshot=snapshot) for name in ("membership_basis", "staying"))
        titles.add(findings.staying_title(basis.iloc[0], curve, t))
    assert len(titles) == 1
    assert "still there" in titles.pop()


def test_members_whose_days_cannot_serve_are_counted_and_told() -> None:
    days = [
        ("2014-01-01", None),
        (None, None),
        ("1899-01-01", None),
        ("2030-01-01", None),
        ("2014-01-01", "2013-01-01"),
    ]
    rows = [
        member(n, f"M{n}", None, joined_on=pd.Timestamp(joined), left_on=pd.Timestamp(left))
        for n, (joined, left) in enumerate(days)
    ]
    basis = _row("membership_basis", PLAN, snapshot=SmallSnapshot(roster=roster(rows)))
    assert basis["undated"] == 4
    assert findings.undated_sentence(basis, translator("en")).startswith("4 members have no usable dates")
    assert findings.undated_sentence(basis.replace(4, 0), translator("en")) == ""


def test_the_recruits_of_all_years_are_told() -> None:
    view = dataclasses.replace(PLAN, target="members", goal=4.0, churn=50.0)
    answer, basis = (_row(f"membership_{name}", view) for name in ("answer", "basis"))
    assert answer["recruits_total"] == pytest.approx(14 / 3)
    assert findings.recruits_total(answer, basis, translator("en")) == "4.7 by 2028"
