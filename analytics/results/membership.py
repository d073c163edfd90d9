"""How many members there will be, what must be recruited to get there, and what that costs and brings.

Members are the firms of the view that are current members, as in a penetration; those outside of the perimeter, or
whose firm was not found, are in the budget alone. Firms grow from the day of the register at the view's rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from analytics.errors import UserError
from analytics.metrics import membership as metric
from analytics.metrics import retention
from analytics.metrics.budget import budget as budget_of
from analytics.metrics.growth import project
from analytics.results.growth import paths, scenario_rates
from analytics.results.selection import current_members, data_day, marked_firms, roster_day, says_jobs
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.view import MOST_YEARS, View

MEMBERSHIP_COLUMNS = ["year", "members", "firms", "share_pct", "recruits"]
# Of fewer members the roster gives the dues: their mean would pass for that of all.
_LEAST_KNOWN = 0.5
_DUES = "dues_eur"
T = TypeVar("T", float, np.ndarray)


def membership(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the members that the view's target asks for, year by year, to the target's year.

    ``year``; ``members`` and ``firms``; ``share_pct = 100 * members / firms``; ``recruits`` of the twelve months
    before, null in the first row, which is today. Expectations, to two decimals: half a member is half a chance of one.

    The pace is the same each year (``metrics.membership.recruits_to_reach``), or the view's own; to *hold* the share it
    grows with the firms (``recruits_to_hold``).

    Raises
    ------
    UserError
        As ``membership_basis``.
    """
    return membership_in_full(snapshot, view, settings)[MEMBERSHIP_COLUMNS].round(2)


def membership_in_full(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``membership`` with ``members_alone``, those left if nobody is recruited, and ``falling_pct``.

    ``falling_pct`` is the probability, in percent of simulated paths, that fewer of the firms are members than today.

    Raises
    ------
    UserError
        As ``membership_basis``.
    """
    return _year_by_year(snapshot, view, settings, basis=membership_basis(snapshot, view, settings).iloc[0])


def membership_basis(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of what the plan starts from and supposes.

    ``members``, ``roster_members`` (of the whole cluster), ``firms``, ``year`` and ``day`` of the register, ``by``,
    ``rate_pct``; ``share_pct`` of the firms that are members (null without a firm); ``churn_pct`` and ``churn_from``
    (``given``, ``roster`` or ``assumed``), and what the roster tells: ``roster_pct`` with ``churn_low_pct``,
    ``churn_high_pct``, ``departures``, ``member_years`` and ``since``, null where it does not; ``undated``, its members
    whose days cannot serve (none, before 1900, after the roster's own, left before joining); ``jobs_per_member`` (null
    where no member's jobs are told); ``goal`` and ``target_members``, the members that the target asks for in ``by``.

    Raises
    ------
    UserError
        When there is no roster, ``by`` is not one of the next ``MOST_YEARS`` years, a share is over 100 %, or jobs are
        aimed at and no member's are told.
    """
    if snapshot.table("members").empty:
        raise UserError("growth.no_roster")
    firms, day = marked_firms(snapshot, view), data_day(snapshot)
    goal, by = _asked(snapshot, view, settings)
    if not day.year < by <= day.year + MOST_YEARS:
        key = "growth.by_passed" if by <= day.year else "growth.by_far"
        raise UserError(key, by=str(by), year=str(day.year), years=MOST_YEARS)
    if view.target == "share" and goal > 100:
        raise UserError("growth.share_over", share=f"{goal:g}")
    members = int(firms["is_member"].sum())
    jobs = float(firms["member_jobs"].sum()) / members if members and says_jobs(firms) else math.nan
    basis: dict[str, Any] = {
        "members": members,
        "roster_members": len(current_members(snapshot)),
        "firms": len(firms),
        "year": day.year,
        "day": pd.Timestamp(day),
        "by": by,
        "rate_pct": scenario_rates(view, settings)["central"],
        "jobs_per_member": jobs,
        "share_pct": 100 * members / len(firms) if len(firms) else math.nan,
        **_churn(snapshot, view, settings),
    }
    basis["goal"] = goal
    firms_by = float(project(len(firms), rate_pct=basis["rate_pct"], years=by - day.year)[-1])
    target = _wanted(basis, view, firms=firms_by)
    if not math.isfinite(target):
        raise UserError("growth.no_jobs")
    return pd.DataFrame([basis | {"target_members": target}])


def plan_defaults(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of the numbers that a plan has where the view says none: ``goal``, ``by``, ``churn_pct``.

    And ``first``, the first year that may be aimed at. Nothing is refused here: a reader who asked for what cannot be
    answered still needs the numbers to change.
    """
    goal, by = _asked(snapshot, view, settings)
    first, churn = data_day(snapshot).year + 1, _churn(snapshot, view, settings)["churn_pct"]
    return pd.DataFrame([{"goal": goal, "by": by, "first": first, "churn_pct": churn}])


def membership_answer(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row that answers the target.

    ``recruits`` a year (of the first year where they grow), ``recruits_total``, ``is_pace`` (the view's own pace),
    ``members_by`` and ``share_by_pct`` in the target's year, ``state`` (``met``: today has it, ``reached``,
    ``missed``: the pace does not get there, ``beyond``: it asks for more members than there will be firms),
    ``year_reached`` (null: never within a century), ``limit`` (members towards which the pace tends, null without
    churn), ``falling_pct`` (in the target's year); ``visits`` a year at the view's conversion (null at 0 %),
    ``visits_per_staff`` a month and person (null without staff).

    Raises
    ------
    UserError
        As ``membership_basis``.
    """
    basis = membership_basis(snapshot, view, settings).iloc[0]
    rows = _year_by_year(snapshot, view, settings, basis=basis)
    pace, last = float(rows["recruits"].iloc[1]), rows.iloc[-1]
    visits = 100 * pace / view.conversion if view.conversion else math.nan
    staff = float(snapshot.table("antennas")["staff"].sum())
    tends = metric.limit(recruits=pace, churn_pct=float(basis["churn_pct"]))
    reached = _year_reached(basis, view, pace=pace)
    return pd.DataFrame(
        [
            {
                "recruits": pace,
                "recruits_total": float(rows["recruits"].sum()),
                "is_pace": view.pace is not None,
                "members_by": float(last["members"]),
                "share_by_pct": float(last["share_pct"]),
                "state": _state(basis, view, members_by=float(last["members"]), firms_by=float(last["firms"])),
                "year_reached": reached,
                "limit": tends if math.isfinite(tends) else math.nan,
                "falling_pct": float(last["falling_pct"]),
                "visits": visits,
                "visits_per_staff": visits / 12 / staff if staff else math.nan,
            }
        ]
    ).astype({"year_reached": "Int64"})


def staying(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return how many members are still there so long after they joined (``retention.survival``); the whole roster."""
    del view, settings
    return retention.survival(snapshot.table("members"), on=roster_day(snapshot))


def budget(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the year's money in euros, and what the plan and a cut in public grants do to it; a row each.

    ``item``, ``eur`` a year, ``members`` for whom it stands: ``dues`` of today's members; as published, and not added
    to those, ``own`` resources, ``grants`` and the ``total``; ``plan`` (dues of the members that the plan adds by its
    year) and ``lost`` (grants cut by the view's ``cut``, and the members whose dues stand for them). Null where
    neither the roster nor a published figure tells. The cluster has one budget: but for the plan it is the whole
    cluster's, whatever the view selects.

    Raises
    ------
    UserError
        As ``membership_basis``.
    """
    parts = budget_parts(snapshot, view, settings).iloc[0]
    rows = [
        ("dues", parts["dues"], parts["members"]),
        ("own", parts["own"], math.nan),
        ("grants", parts["grants"], math.nan),
        ("total", parts["total"], math.nan),
        ("plan", parts["plan"], parts["added_members"]),
        ("lost", -parts["lost"], parts["recruits_to_offset"]),
    ]
    table = pd.DataFrame(rows, columns=["item", "eur", "members"])
    return table.astype({"eur": "float64", "members": "float64"}).round(2)


def budget_parts(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of ``metrics.budget.Budget`` with ``members``, ``added_members``, ``plan`` and ``break_even``.

    ``dues_known`` is the number of members whose dues the roster gives; ``break_even`` the first year in which the
    plan's added members pay what the cut takes (null: not by its year, or nothing is known to be lost).

    Raises
    ------
    UserError
        As ``membership_basis``.
    """
    current = current_members(snapshot)
    if current.empty:
        raise UserError("growth.no_roster")
    known = current[_DUES].dropna()
    figures = {
        name: figure.value if (figure := settings.reference_figure(name)) else None
        for name in ("members", "budget_eur", "self_financed_pct", "public_grants_pct")
    }
    parts = budget_of(
        members=len(current),
        roster_dues=float(known.mean()) if len(known) >= _LEAST_KNOWN * len(current) and known.sum() else None,
        published_members=figures["members"],
        budget_eur=figures["budget_eur"],
        self_financed_pct=figures["self_financed_pct"],
        grants_pct=figures["public_grants_pct"],
        cut_pct=view.cut,
    )
    rows = membership_in_full(snapshot, view, settings)
    added = rows["members"] - rows["members"].iloc[0]
    per_member = math.nan if parts.dues_per_member is None else parts.dues_per_member
    pays = rows.loc[(added * per_member >= parts.lost) & (rows.index > 0), "year"] if parts.lost else rows["year"][:0]
    row = parts._asdict() | {
        "members": len(current),
        "dues_known": len(known),
        "added_members": float(added.iloc[-1]),
        "plan": float(added.iloc[-1]) * per_member,
        "break_even": int(pays.iloc[0]) if len(pays) else None,
    }
    nullable = ("dues_per_member", "dues", "own", "grants", "total", "lost", "recruits_to_offset")
    return pd.DataFrame([row]).astype(dict.fromkeys(nullable, "float64") | {"break_even": "Int64"})


def _churn(snapshot: Snapshot, view: View, settings: Settings) -> dict[str, Any]:
    members, on = snapshot.table("members"), roster_day(snapshot)
    found = retention.observed_churn(members, on=on)
    told = {
        "undated": len(members) - len(retention.dated_stays(members, on=on)),
        "roster_pct": found.churn_pct if found else math.nan,
        "churn_low_pct": found.low_pct if found else math.nan,
        "churn_high_pct": found.high_pct if found else math.nan,
        "departures": found.departures if found else 0,
        "member_years": found.member_years if found else 0.0,
        "since": pd.Timestamp(found.since) if found else pd.NaT,
    }
    if view.churn is not None:
        return {"churn_pct": view.churn, "churn_from": "given", **told}
    if found:
        return {"churn_pct": found.churn_pct, "churn_from": "roster", **told}
    return {"churn_pct": settings.growth.churn_pct, "churn_from": "assumed", **told}


def _asked(snapshot: Snapshot, view: View, settings: Settings) -> tuple[float, int]:
    """Return goal and year of the plan: the view's, else the settings'."""
    rules = settings.growth
    usual = {"members": rules.target_members, "share": rules.target_share_pct, "jobs": rules.target_jobs}
    goal = view.goal if view.goal is not None and view.target != "hold" else float(usual.get(view.target, 0.0))
    return goal, view.by if view.by is not None else max(rules.target_year, data_day(snapshot).year + 1)


def _wanted(basis: Mapping[str, Any] | pd.Series, view: View, *, firms: T) -> T | float:
    """Return the members that the goal asks for where there are so many firms; NaN where members' jobs are not told."""
    if view.target == "members":
        return float(basis["goal"])
    if view.target == "jobs":
        return float(basis["goal"]) / float(basis["jobs_per_member"]) if basis["jobs_per_member"] else math.nan
    if view.target == "share":
        share = float(basis["goal"]) / 100
    else:
        share = float(basis["members"]) / float(basis["firms"]) if basis["firms"] else 0.0
    return share * firms


def _year_by_year(snapshot: Snapshot, view: View, settings: Settings, *, basis: pd.Series) -> pd.DataFrame:
    years, churn = int(basis["by"]) - int(basis["year"]), float(basis["churn_pct"])
    recruits = _recruits(basis, view)
    members = metric.follow(float(basis["members"]), recruits=recruits, churn_pct=churn)
    firms = project(float(basis["firms"]), rate_pct=float(basis["rate_pct"]), years=years)
    growth = paths(snapshot, view, settings, years=years)
    return pd.DataFrame(
        {
            "year": int(basis["year"]) + np.arange(years + 1),
            "members": members,
            "firms": firms,
            "share_pct": 100 * members / firms if basis["firms"] else np.nan,
            "recruits": np.concatenate([[np.nan], recruits]),
            "members_alone": metric.members_after(float(basis["members"]), recruits=0, churn_pct=churn, years=years),
            "falling_pct": 100 * metric.probability_of_falling_share(members, growth),
        }
    )


def _recruits(basis: pd.Series, view: View) -> np.ndarray:
    """Return the recruits of each year to the target's."""
    years, churn, members = int(basis["by"]) - int(basis["year"]), float(basis["churn_pct"]), float(basis["members"])
    if view.pace is not None:
        return np.full(years, view.pace)
    if view.target == "hold":
        return metric.recruits_to_hold(members, rate_pct=float(basis["rate_pct"]), churn_pct=churn, years=years)
    target = float(basis["target_members"])
    return np.full(years, metric.recruits_to_reach(members, target=target, churn_pct=churn, years=years))


def _year_reached(basis: pd.Series, view: View, *, pace: float) -> int | None:
    """Return the year in which the pace, the same every year, gets where the target is, or None."""
    firms = project(float(basis["firms"]), rate_pct=float(basis["rate_pct"]), years=metric.LAST_YEAR)
    target = _wanted(basis, view, firms=firms)
    found = metric.year_reached(
        float(basis["members"]), target=target, recruits=pace, churn_pct=float(basis["churn_pct"])
    )
    return None if found is None else int(basis["year"]) + found


def _state(basis: pd.Series, view: View, *, members_by: float, firms_by: float) -> str:
    target = float(basis["target_members"])
    if target > firms_by:
        return "beyond"
    if view.target != "hold" and basis["members"] >= _wanted(basis, view, firms=float(basis["firms"])):
        return "met"
    return "reached" if members_by >= target * (1 - 1e-9) else "missed"
