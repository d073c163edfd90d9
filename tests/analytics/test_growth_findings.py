"""What the page on growth says, sentence by sentence; the plan's sentences are held beside its tables."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from analytics.text import growth_findings as findings
from analytics.text import translator

FR, EN = translator("fr"), translator("en")


class Aim(NamedTuple):
    """What a reader asked for."""

    target: str = "hold"
    conversion: float = 8.0
    cut: float = 25.0


def _rows(start: float, end: float, **ends: float) -> pd.DataFrame:
    rows = {"year": [2026, 2036], "firms": [start, end], "jobs": [np.nan, np.nan]}
    limits = {"firms_low": np.nan, "firms_high": np.nan, "jobs_low": np.nan, "jobs_high": np.nan} | ends
    return pd.DataFrame(rows | {name: [start, value] for name, value in limits.items()})


def _observed(**rates: float) -> pd.DataFrame:
    """Return rates of the register by span (``s10=2.3``), and one that was published."""
    rows = [("register", int(name[1:]), rate) for name, rate in rates.items()] + [("published", 4, 5.4)]
    return pd.DataFrame(rows, columns=["basis", "span", "rate_pct"])


def test_the_title_says_the_projection_and_what_was_seen() -> None:
    rows, observed = _rows(18_000, 24_190), _observed(s1=2.1, s5=1.5, s10=2.3)
    text = findings.headline(rows, observed, EN, rate_pct=3.0, base="register", measure="firms")
    assert text == (
        "At 3% a year, today’s 18,000 firms would be 24,190 in 2036; "
        "for establishments the register has shown 2.3% a year over 10 years"
    )
    text = findings.headline(rows, _observed(), FR, rate_pct=-2.5, base="published", measure="firms")
    assert (
        text == "À \u22122,5\u202f% par an, les 18\u202f000 entreprises publiées en 2026 seraient 24\u202f190 en 2036"
    )
    one = findings.headline(_rows(1, 2), _observed(s1=1.0), FR, rate_pct=3.0, base="register", measure="firms")
    assert one.startswith("À 3\u202f% par an, l’unique entreprise d’aujourd’hui serait 2 en 2036")
    assert one.endswith("pour les établissements, le registre a montré 1\u202f% sur un an")
    nothing = findings.headline(_rows(0, 0), observed, EN, rate_pct=3.0, base="register", measure="firms")
    assert nothing == "No firm answers this selection"
    untold = findings.headline(rows, observed, EN, rate_pct=3.0, base="register", measure="jobs")
    assert "does not tell how many jobs" in untold


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"s1": 9.0, "s10": 2.3}, "is more than the register has shown over 10 years (2.3%)"),
        ({"s10": 3.2}, "is what the register has shown over 10 years (3.2%)"),
        ({"s3": 1.0, "s5": 4.0}, "is less than the register has shown over 5 years (4%)"),
        ({"s1": 3.3}, "is less than the register has shown over one year (3.3%)"),
        ({}, "does not tell how fast"),
    ],
)
def test_the_supposed_rate_is_judged_by_the_longest_span_up_to_ten_years(rates: dict[str, float], said: str) -> None:
    assert said in findings.observed_title(_observed(**rates), EN, rate_pct=3.0)


def test_the_fan_is_told_by_four_chances_in_five_and_scenarios_by_their_ends() -> None:
    fan = _rows(100, 130).assign(firms_p10=[100.0, 121.4], firms_p90=[100.0, 139.6])
    assert findings.fan_title(fan, EN, measure="firms", rate_pct=3.0) == (
        "If the mean pace is 3%, four chances in five of between 121 and 140 firms in 2036"
    )
    # The rate that the reader supposes may lie outside of both scenarios.
    out = _rows(100, 60, firms_low=110, firms_high=170)
    assert findings.fan_title(out, EN, measure="firms", rate_pct=3.0) == "In 2036, from 60 to 170 firms, by scenario"
    assert findings.fan_title(_rows(100, 130), EN, measure="firms", rate_pct=3.0) == "130 firms in 2036"
    assert "does not tell" in findings.fan_title(out, EN, measure="jobs", rate_pct=3.0)


def test_years_in_which_more_closed_are_named() -> None:
    history = pd.DataFrame({"year": [2023, 2024, 2025, 2026], "opened": [5, 3, 9, 0], "closed": [4, 6, 9, 7]})
    history["is_complete"] = [True, True, True, False]
    assert findings.history_title(history, EN).endswith(
        "in one year only did more establishments close than open: 2024"
    )
    always = findings.history_title(history.assign(closed=0), EN)
    assert always == "Every year from 2023 to 2025 more establishments opened than closed"
    assert "No whole year" in findings.history_title(history[history["is_complete"] & (history["year"] < 0)], EN)


@pytest.mark.parametrize(
    ("rate", "said"), [(3.0, "3\u202f%"), (2.96, "3\u202f%"), (2.3, "2,3\u202f%"), (-0.04, "0\u202f%")]
)
def test_a_whole_rate_has_no_decimal(rate: float, said: str) -> None:
    assert findings.rate_words(rate, FR) == said


def test_a_bridge_says_its_change_and_names_its_steps() -> None:
    steps = pd.DataFrame({"figure": ["firms"] * 3 + ["jobs"] * 2, "level": [10, 12, 9, 5, 5]})
    assert findings.bridge_title(steps, EN, since="1 May", figure="firms") == "1 firm fewer since 1 May"
    assert findings.bridge_title(steps, EN, since="1 May", figure="jobs") == "As many jobs as on 1 May"
    assert findings.step_name("start", EN, start="1 May", end="1 June") == "1 May"
    assert findings.step_name("end", EN, start="1 May", end="1 June") == "1 June"
    assert findings.step_name("moved_in", FR, start="", end="") == "Arrivées d’ailleurs"


def test_a_budget_that_nobody_published_promises_no_return() -> None:
    parts = pd.Series(
        {"plan": 5_000.0, "added_members": 5.0, "lost": np.nan, "break_even": pd.NA, "recruits_to_offset": np.nan}
    )
    basis, answer = pd.Series({"firms": 100, "by": 2030}), pd.Series({"state": "reached"})
    said = findings.budget_sentence(parts, basis, answer, EN)
    assert said == "The plan adds 5 members, or €5,000 of dues a year."
    assert findings.budget_title(parts, EN, view=Aim()) == "The budget is neither published nor known"
    known = parts.copy()
    known["lost"], known["recruits_to_offset"] = 120_000.0, 66.2
    assert findings.budget_title(known, EN, view=Aim()).endswith("is the dues of 67 members")
    assert findings.budget_sentence(known, basis, answer, EN).endswith("It does not make up for the loss by 2030.")


def test_a_plan_of_less_than_a_member_adds_what_it_adds() -> None:
    parts = pd.Series(
        {"plan": 301.0, "added_members": 0.4, "lost": np.nan, "break_even": pd.NA, "recruits_to_offset": np.nan}
    )
    basis, answer = pd.Series({"firms": 100, "by": 2030}), pd.Series({"state": "reached"})
    said = findings.budget_sentence(parts, basis, answer, EN)
    assert said == "The plan adds less than one member, that is €301 of dues a year."
    none = parts.where(parts.index != "plan", 0.0)
    assert findings.budget_sentence(none, basis, answer, EN) == "The plan adds no member."


def test_beside_the_plan_of_a_selection_the_budget_is_said_to_be_of_all() -> None:
    parts = pd.Series({"dues_per_member": np.nan})
    assert findings.dues_sentence(parts, EN, of_selection=True).endswith("the plan is the selection’s.")
    assert "selection" not in findings.dues_sentence(parts, EN, of_selection=False)


def test_a_plan_that_follows_firms_says_what_it_would_be_if_it_did_not() -> None:
    answer = pd.Series({"state": "reached", "is_pace": False, "falling_pct": 64.7})
    said = findings.falling_sentence(answer, EN, view=Aim(target="hold"))
    assert said == (
        "These recruits follow the firms; fixed in advance, they would let the share fall with a probability of 65%."
    )


def test_numbers_with_tenths_take_the_form_of_their_language() -> None:
    amounts = [FR.amount("growth.recruits", n) for n in (0.4, 1.0, 1.9, 2.0, 12.3)]
    assert amounts == ["0,4 recrue", "1 recrue", "1,9 recrue", "2 recrues", "12 recrues"]
    assert [EN.amount("growth.recruits", n) for n in (0.4, 1.04, 1.9)] == ["0.4 recruits", "1 recruit", "1.9 recruits"]
    with pytest.raises(KeyError):
        EN.amount("growth.nothing_of_that_name", 1.0)
