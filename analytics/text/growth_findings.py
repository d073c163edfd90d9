"""What the page on growth says, as sentences of the catalogues; plain text, see ``findings``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import pandas as pd

from analytics.text import Translator
from analytics.text.findings import listed

# Two rates that differ by less say the same.
SAME_RATE = 0.25
# The span, in years, by which the supposed rate is judged, where the register covers it.
JUDGED_SPAN = 10
# Less is shown as nothing.
_LEAST_SHOWN = 0.05


class Aimed(Protocol):
    """What of a reader's view the sentences speak of."""

    @property
    def target(self) -> str:
        """Return what is to be reached: ``hold``, ``members``, ``share`` or ``jobs``."""

    @property
    def conversion(self) -> float:
        """Return the share of visits that brings a member, in percent."""

    @property
    def cut(self) -> float:
        """Return the part of public grants that is lost, in percent."""


def headline(
    rows: pd.DataFrame, observed: pd.DataFrame, t: Translator, *, rate_pct: float, base: str, measure: str
) -> str:
    """Say what the sector comes to at the supposed rate, and what the register has shown.

    Parameters
    ----------
    rows
        ``tables.growth`` or ``growth_in_full``.
    observed
        ``tables.observed_growth``.
    """
    first, last = rows.iloc[0], rows.iloc[-1]
    if not first["firms"]:
        return t("growth.title_empty")
    if pd.isna(first[measure]):
        return t("growth.fan_no_jobs")
    told = {"rate": rate_words(rate_pct, t), "first": str(int(first["year"])), "last": str(int(last["year"]))}
    told["end"] = t.number(last[measure])
    text = t.plural(f"growth.title_{base}_{measure}", round(first[measure]), **told)
    seen = judged(observed)
    if seen is None:
        return text
    rate = rate_words(float(seen["rate_pct"]), t)
    return text + t.plural("growth.title_observed", int(seen["span"]), rate=rate)


def rate_words(rate_pct: float, t: Translator) -> str:
    """Return a rate to a tenth, a whole one without: ``2,3 %``, ``3 %``."""
    return t.percent(rate_pct, 0 if round(rate_pct, 1) == round(rate_pct) else 1)


def judged(observed: pd.DataFrame) -> pd.Series | None:
    """Return the register's rate by which the supposed one is judged: over ten years, else the longest span."""
    register = observed[(observed["basis"] == "register") & (observed["span"] <= JUDGED_SPAN)]
    return None if register.empty else register.sort_values("span").iloc[-1]


def observed_title(observed: pd.DataFrame, t: Translator, *, rate_pct: float) -> str:
    """Say whether the supposed rate was right: over the span judged, and in the last year."""
    seen = judged(observed)
    if seen is None:
        return t("growth.observed_none")
    long = float(seen["rate_pct"])
    verdict = "right" if abs(long - rate_pct) < SAME_RATE else "high" if long < rate_pct else "low"
    told = {"rate": rate_words(rate_pct, t), "seen": rate_words(long, t)}
    return t.plural(f"growth.observed_{verdict}", int(seen["span"]), **told)


def fan_title(rows: pd.DataFrame, t: Translator, *, measure: str, rate_pct: float) -> str:
    """Say how wide the fan is at its end, or what the scenarios come to where there is no fan.

    Parameters
    ----------
    rows
        ``tables.growth_in_full``.
    """
    last = rows.iloc[-1]
    year = str(int(last["year"]))
    if pd.isna(last[measure]):
        return t("growth.fan_no_jobs")
    if not rows["firms"].iloc[0]:
        return t("growth.title_empty")
    if f"{measure}_p10" in rows:
        low, high = (t.number(last[f"{measure}_{p}"]) for p in ("p10", "p90"))
        return t("growth.fan_title", rate=rate_words(rate_pct, t), low=low, high=high, year=year)
    ends = last[[measure, f"{measure}_low", f"{measure}_high"]].dropna()
    if len(ends) == 1:
        return t(f"growth.fan_alone_{measure}", value=t.number(last[measure]), year=year)
    low, high = t.number(ends.min()), t.number(ends.max())
    return t(f"growth.fan_scenarios_{measure}", low=low, high=high, year=year)


def history_title(history: pd.DataFrame, t: Translator) -> str:
    """Say in which years more establishments closed than opened.

    Parameters
    ----------
    history
        ``tables.history_in_full``.
    """
    whole = history[history["is_complete"]]
    if whole.empty:
        return t("growth.history_title_none")
    first, last = str(whole["year"].min()), str(whole["year"].max())
    shrinking = whole.loc[whole["closed"] > whole["opened"], "year"]
    if shrinking.empty:
        return t("growth.history_always", first=first, last=last)
    years = listed([str(year) for year in shrinking], t, at_most=4)
    return t.plural("growth.history_but", len(shrinking), first=first, last=last, years=years)


def answer_sentence(answer: pd.Series, basis: pd.Series, t: Translator, *, view: Aimed) -> str:
    """Say what the target asks for, in one sentence: recruits a year, or why they will not do.

    Parameters
    ----------
    answer, basis
        The rows of ``tables.membership_answer`` and ``tables.membership_basis``.
    """
    told = {
        "goal": goal_words(basis, t, view=view),
        "by": str(int(basis["by"])),
        "recruits": recruits_words(answer["recruits"], t),
        "members": t.number(answer["members_by"]),
        "share": t.percent(answer["share_by_pct"], 1) if pd.notna(answer["share_by_pct"]) else "–",
    }
    if not basis["firms"]:
        return t("growth.title_empty")
    if view.target == "hold" and not basis["members"]:
        return t("growth.answer_nobody")
    if answer["state"] == "beyond":
        return t("growth.answer_beyond", **told)
    if answer["is_pace"]:
        return t(f"growth.answer_pace_{'reached' if answer['state'] != 'missed' else 'missed'}", **told)
    if view.target == "hold":
        return t("growth.answer_hold" if answer["recruits"] > 0 else "growth.answer_hold_nothing", **told)
    if answer["recruits"] <= 0:
        return t("growth.answer_nothing", **told)
    return t("growth.answer_met" if answer["state"] == "met" else "growth.answer", **told)


def recruits_words(recruits: float, t: Translator) -> str:
    """Return recruits a year rounded up, to a tenth under ten: rounded down they would not get to the target."""
    return t.amount("growth.recruits", recruits_shown(recruits))


def recruits_shown(recruits: float) -> float:
    """Return the number of ``recruits_words``."""
    size = 10 if recruits < 9.95 else 1
    return math.ceil(recruits * size - 1e-9) / size


def recruits_total(answer: pd.Series, basis: pd.Series, t: Translator) -> str:
    """Return the recruits of all years to the target's, rounded up."""
    total = t.tenths(recruits_shown(answer["recruits_total"]))
    return t("growth.figure_total", total=total, by=str(int(basis["by"])))


def goal_words(basis: pd.Series, t: Translator, *, view: Aimed) -> str:
    """Return the target in words: ``600 adhérents``, ``5 % des entreprises``, ``25 000 emplois d’adhérents``."""
    goal = float(basis["goal"])
    if view.target == "hold":
        return t("growth.goal_hold", share=t.percent(basis["share_pct"]))
    if view.target == "share":
        return t("growth.goal_share", share=rate_words(goal, t))
    return t.plural(f"growth.goal_{view.target}", round(goal))


def reached_sentence(answer: pd.Series, t: Translator, *, view: Aimed) -> str:
    """Say in which year the pace of the first year, kept, gets to the target, or that it never does."""
    recruits = recruits_words(answer["recruits"], t)
    if answer["state"] in ("met", "beyond") or view.target == "hold":
        return ""
    if pd.isna(answer["year_reached"]):
        limit = answer["limit"]
        key = "growth.never_limit" if limit > 0 else "growth.never"
        return t(key, recruits=recruits, limit="" if pd.isna(limit) else t.number(limit))
    return t("growth.year_reached", recruits=recruits, year=str(answer["year_reached"]))


def visits_sentence(answer: pd.Series, t: Translator, *, view: Aimed) -> str:
    """Say how many visits the recruits take, a year, and a month for each of the staff."""
    if pd.isna(answer["visits"]):
        return t("growth.visits_none")
    if answer["visits"] <= 0 or answer["state"] == "beyond":
        return ""
    conversion = rate_words(view.conversion, t)
    text = t.plural("growth.visits", math.ceil(answer["visits"]), conversion=conversion)
    a_month = visits_a_month(answer, t)
    return text + t("growth.visits_staff", visits=a_month) if a_month else f"{text}."


def visits_a_month(answer: pd.Series, t: Translator) -> str:
    """Return the visits a month of each of the staff; nothing where it would be shown as none, or there is no staff."""
    visits = answer["visits_per_staff"]
    return t.tenths(visits) if visits >= _LEAST_SHOWN else ""


def falling_sentence(answer: pd.Series, t: Translator, *, view: Aimed) -> str:
    """Say how likely it is that the members are a smaller share than today.

    Of a plan that follows the firms: how likely it would be if the recruits were those of the plan, whatever firms do.
    """
    if answer["state"] == "beyond":
        return ""
    falling = float(answer["falling_pct"])
    if view.target == "hold" and not answer["is_pace"]:
        return t("growth.falling_fixed", probability=t.percent(falling, 0))
    if 0.5 <= falling <= 99.5:
        return t("growth.falling", probability=t.percent(falling, 0))
    return t("growth.falling_hardly" if falling < 50 else "growth.falling_surely")


def churn_sentence(basis: pd.Series, t: Translator) -> str:
    """Say where the churn of the plan comes from, and what the roster shows of it."""
    churn = rate_words(basis["churn_pct"], t)
    if basis["churn_pct"] in (0, 100):
        return t("growth.churn_none" if basis["churn_pct"] == 0 else "growth.churn_all")
    if basis["churn_from"] == "assumed":
        return t("growth.churn_assumed", churn=churn)
    low, high = (t.percent(basis[f"churn_{end}_pct"]) for end in ("low", "high"))
    if basis["churn_from"] == "given":
        beside = "" if pd.isna(basis["since"]) else " " + t("growth.churn_given_beside", low=low, high=high)
        return t("growth.churn_given", churn=churn) + beside
    counted = {"years": t.number(basis["member_years"]), "since": t.day(basis["since"])}
    return t.plural("growth.churn_roster", int(basis["departures"]), churn=churn, low=low, high=high, **counted)


def undated_sentence(basis: pd.Series, t: Translator) -> str:
    """Say how many members' days cannot serve to tell how long they stay."""
    undated = int(basis["undated"])
    return t.plural("growth.members_undated", undated) if undated else ""


def staying_title(basis: pd.Series, curve: pd.DataFrame, t: Translator) -> str:
    """Say what share of members is still there after five years, or after as many as are followed; of the roster."""
    if len(curve) <= 1:
        return t("growth.staying_none")
    if pd.isna(basis["since"]):
        return t("growth.staying_few")
    years = min(5, math.floor(curve["years"].iloc[-1]))
    if years < 1:
        return t("growth.staying_short", churn=rate_words(basis["roster_pct"], t))
    told = curve[curve["years"] <= years]
    share, churn = t.percent(told["staying_pct"].iloc[-1]), rate_words(basis["roster_pct"], t)
    return t.plural("growth.staying_title", years, share=share, churn=churn)


def members_note(basis: pd.Series, t: Translator) -> str:
    """Say which members the plan counts."""
    return t.plural("growth.members_note", int(basis["members"]), roster=t.number(basis["roster_members"]))


def budget_title(parts: pd.Series, t: Translator, *, view: Aimed) -> str:
    """Say how many members' dues a cut in public grants takes."""
    if pd.isna(parts["recruits_to_offset"]):
        return t("growth.budget_unknown")
    if not parts["lost"]:
        return t("growth.budget_no_cut")
    lost, cut = t.number(parts["lost"]), rate_words(view.cut, t)
    return t.plural("growth.budget_title", math.ceil(parts["recruits_to_offset"] - 1e-9), cut=cut, lost=lost)


def budget_sentence(parts: pd.Series, basis: pd.Series, answer: pd.Series, t: Translator) -> str:
    """Say what the plan brings, and when it makes up for the cut; nothing of a plan that is out of reach."""
    if pd.isna(parts["plan"]) or answer["state"] == "beyond" or not basis["firms"]:
        return ""
    added = round(parts["added_members"])
    if not added:
        is_some = round(parts["plan"]) > 0
        return t("growth.budget_adds_less", eur=t.number(parts["plan"])) if is_some else t("growth.budget_adds_none")
    if added < 0:
        return t.plural("growth.budget_loses", -added, eur=t.number(-parts["plan"]))
    text = t.plural("growth.budget_adds", added, eur=t.number(parts["plan"]))
    if pd.isna(parts["lost"]) or not parts["lost"]:
        return text
    if pd.isna(parts["break_even"]):
        return f"{text} {t('growth.break_even_not', by=str(int(basis['by'])))}"
    return f"{text} {t('growth.break_even', year=str(parts['break_even']))}"


def dues_sentence(parts: pd.Series, t: Translator, *, of_selection: bool) -> str:
    """Say whence the dues of a member are known; beside the plan of a selection, that the budget is of all."""
    whence = _whence_dues(parts, t)
    return f"{whence} {t('growth.budget_whole')}" if of_selection else whence


def _whence_dues(parts: pd.Series, t: Translator) -> str:
    if pd.isna(parts["dues_per_member"]):
        return t("growth.dues_unknown")
    per_member = t.number(parts["dues_per_member"])
    if parts["is_from_roster"]:
        return t.plural(
            "growth.dues_roster", int(parts["dues_known"]), dues=per_member, members=t.number(parts["members"])
        )
    return t("growth.dues_published", dues=per_member)


def bridge_title(steps: pd.DataFrame, t: Translator, *, since: str, figure: str) -> str:
    """Say by how much a figure has changed since an earlier snapshot."""
    own = steps[steps["figure"] == figure]
    change = int(own["level"].iloc[-1] - own["level"].iloc[0])
    if not change:
        return t(f"growth.bridge_same_{figure}", since=since)
    key = f"growth.bridge_{'more' if change > 0 else 'less'}_{figure}"
    return t.plural(key, abs(change), since=since)


def step_name(step: str, t: Translator, *, start: str, end: str) -> str:
    """Return a step of a bridge in words; of its ends, the day."""
    if step in ("start", "end"):
        return t("growth.step_level", day=start if step == "start" else end)
    return t(f"growth.step_{step}")


def note_sentences(notes: pd.DataFrame, t: Translator) -> Iterator[str]:
    """Yield what ``tables.growth_notes`` says, as sentences."""
    for note, count in zip(notes["note"], notes["count"], strict=True):
        if note in ("undated", "future", "unended", "few_years", "few_open", "uncoded"):
            yield t.plural(f"growth.note_{note}", int(count))
        else:
            yield t(f"growth.note_{note}", count=t.number(count))
