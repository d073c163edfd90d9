"""What the page on recruitment says, as sentences of the catalogues.

Each takes a result table, or what a planner or a model gives, and returns plain text. Names come from files: who shows
a sentence where markup is read escapes it. A score is resemblance to members; no sentence calls it a chance of joining.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from babel.lists import format_list

from analytics.sizes import BY_CODE
from analytics.text import LOCALES, Translator
from analytics.text.findings import of_named

NEEDED_MEMBERS = 30
# What each group of reasons shows of a firm.
_SHOWN: dict[str, tuple[str, ...]] = {
    "size": ("size_label",),
    "segment": ("segment_name",),
    "age": ("age_years",),
    "category": ("category",),
    "distance": ("antenna_km", "nearest_antenna"),
    "local": ("local_penetration_pct",),
}
_NUMBERS = ("age_years", "antenna_km", "local_penetration_pct")


class Expectation(Protocol):
    """What a year of visits should bring; the interval is that of chance alone, at the rate that the reader set."""

    @property
    def visits(self) -> float: ...
    @property
    def recruits(self) -> float: ...
    @property
    def recruits_low(self) -> float: ...
    @property
    def recruits_high(self) -> float: ...


def headline(
    listed: int,
    t: Translator,
    *,
    scope: str | None,
    plan: Expectation | None,
    conversion_pct: float,
    others: int | None = None,
) -> str:
    """Say how many firms to visit in a year and what that should bring.

    Parameters
    ----------
    listed
        How many firms there are to visit.
    scope
        Name of what is selected when it is one thing, else None.
    plan
        None where no model could be fitted: nothing ranks the firms.
    conversion_pct
        The share of visits that the reader expects to bring a member, in percent: the title's figures hang on it.
    others
        How many firms of the perimeter are no members, if that is known.
    """
    if others == 0:
        return t("recruitment.title_nobody_left")
    if plan is None:
        return _scoped(t("recruitment.title_no_model"), scope, t)
    visits = round(plan.visits)
    if not listed:
        return _scoped(t("recruitment.title_none"), scope, t)
    if not visits:
        return _scoped(t.plural("recruitment.title_no_visit", listed), scope, t)
    key = "recruitment.title_all" if visits >= listed else "recruitment.title"
    recruits = _about(plan.recruits, t, conversion_pct=conversion_pct)
    return _scoped(t.plural(key, min(visits, listed), listed=t.number(listed), recruits=recruits), scope, t)


def white_space_title(cells: pd.DataFrame, t: Translator) -> str:
    """Name the cell of segment and size that misses most members, if chance does not explain it, else the segment.

    Parameters
    ----------
    cells
        ``segment_name`` in the language of ``t``, ``size_class``, ``expected_members``, ``members_missing``,
        ``verdict``, ``segment_verdict``; one row a cell.
    """
    if cells.empty:
        return t("recruitment.white_space_empty")
    if not cells["expected_members"].sum():
        return t("recruitment.white_space_no_member")
    short = cells[cells["verdict"] == "under"]
    if len(short):
        cell = short.sort_values("members_missing", ascending=False).iloc[0]
        size = t(f"recruitment.firms_{cell['size_class']}")
        count = max(round(float(cell["members_missing"])), 1)
        return t.plural("recruitment.white_space", count, segment=cell["segment_name"], size=size)
    by_segment = cells[cells["segment_verdict"] == "under"].groupby("segment_name", sort=False)["members_missing"]
    missing = by_segment.sum().sort_values(ascending=False, kind="stable")
    if missing.empty or missing.iloc[0] < 0.5:
        return t("recruitment.white_space_none")
    return t.plural("recruitment.white_space_segment", round(float(missing.iloc[0])), segment=missing.index[0])


def upper_quartile_sentence(
    t: Translator, *, members: float, jobs: float | None = None, fees: float | None = None
) -> str:
    """Say what bringing every cell to the upper quartile of its size would add; what is not known is left out."""
    if round(members) < 1:
        return t("recruitment.quartile_none")
    added = [t.plural("recruitment.members", round(members)), *_jobs_and_fees(jobs, fees, t)]
    return t("recruitment.quartile", added=format_list(added, locale=LOCALES[t.language]))


def thresholds_sentence(thresholds: pd.DataFrame, t: Translator) -> str:
    """Say how many firms stand next to the step from PME to ETI, and how many of them are members.

    Parameters
    ----------
    thresholds
        ``step``, the category to be reached; ``band``, a code of ``sizes``; ``firms``; ``members``. One row a band;
        those of the step are added up.
    """
    rows = thresholds[thresholds["step"] == "ETI"]
    firms, members = int(rows["firms"].sum()), int(rows["members"].sum())
    if not firms:
        return t("recruitment.step_none")
    low = min(BY_CODE[code].low for code in rows["band"])
    high = max(BY_CODE[code].high for code in rows["band"])
    near = t.plural("recruitment.step", firms, low=t.number(low), high=t.number(high))
    ours = t.plural("recruitment.step_members", members) if members else t("recruitment.step_no_member")
    return t("recruitment.step_both", near=near, members=ours)


def reason(code: object, firm: Mapping[str, Any], t: Translator) -> str:
    """Put a reason into words: what of the firm raises (``+size``) or lowers (``-size``) its score.

    Parameters
    ----------
    code
        ``+`` or ``-`` and a group: size, segment, age, category, distance, local. Null gives ``""``.
    firm
        ``size_label``, ``segment_name``, ``age_years``, ``category``, ``antenna_km``, ``nearest_antenna``,
        ``local_penetration_pct``: those of the group are read.
    """
    if not isinstance(code, str) or not code:
        return ""
    sign, group = code[0], code[1:]
    if sign not in "+-" or group not in _SHOWN:
        raise ValueError(f"unknown reason {code!r}")
    words = _words(group, firm, t)
    return words if sign == "+" else t("recruitment.despite", words=words)


def reasons(table: pd.DataFrame, column: str, t: Translator) -> pd.Series:
    """Put a column of reasons into words, as ``reason`` does, once for each different thing to say.

    Parameters
    ----------
    table
        One row a firm, with ``column`` of codes and what the groups in it show.
    """
    codes = table[column]
    said = pd.Series("", index=table.index, dtype="str")
    for code in codes.dropna().unique():
        where = codes == code
        shown = table.loc[where, list(_SHOWN.get(code[1:], ()))]
        numbers = [name for name in shown.columns if name in _NUMBERS]
        shown = shown.assign(**{name: _to_the_said(name, shown[name].astype("float64")) for name in numbers})
        ways = shown.groupby(list(shown.columns), dropna=False, sort=False, observed=True).ngroup()
        first = shown.loc[~ways.duplicated()]
        texts = [reason(code, firm, t) for firm in first.to_dict("records")]
        said.loc[where] = ways.map(dict(zip(ways.loc[first.index], texts, strict=True)))
    return said


def recruits_shown(recruits: float, t: Translator) -> str:
    """Return recruits as a figure, with a tenth where that tells something: ``9,6``, ``3 600``."""
    return t.number(recruits) if recruits >= 99.95 else t.tenths(recruits)


def planner_sentence(
    expectation: Expectation,
    t: Translator,
    *,
    visits_per_month: float,
    conversion_pct: float,
    jobs: float | None = None,
    fees: float | None = None,
) -> str:
    """Say what a pace of visits brings in a year at the rate that the reader set, and between which bounds.

    Parameters
    ----------
    jobs, fees
        What these recruits bring, in persons and euros a year; left out where not known.
    """
    text = t.plural(
        "recruitment.planner",
        _counted(visits_per_month, t),
        visits=t.tenths(visits_per_month),
        rate=_rate(conversion_pct, t),
        recruits=_recruits(expectation.recruits, t),
        low=t.number(round(expectation.recruits_low)),
        high=t.number(round(expectation.recruits_high)),
    )
    brought = _jobs_and_fees(jobs, fees, t)
    if brought:
        text += t("recruitment.planner_brings", brought=format_list(brought, locale=LOCALES[t.language]))
    return text


def exhausted_sentence(listed: int, t: Translator, *, visits_per_month: float) -> str:
    """Say that the list ends before the year does, and when; ``""`` where it does not."""
    if not listed:
        return t("recruitment.exhausted_at_once")
    if visits_per_month <= 0 or listed >= 12 * visits_per_month:
        return ""
    months = -int(-listed // visits_per_month)
    return t.plural("recruitment.exhausted", listed, months=t.plural("recruitment.months", months))


def quality_sentence(quality: Mapping[str, Any], t: Translator) -> str:
    """Say how well the model tells members from others, on firms that it had not seen.

    Parameters
    ----------
    quality
        ``auc`` (0..1), ``brier`` and ``brier_base`` (mean squared error, the latter of one rate for all firms),
        ``members`` (how many it learnt from).
    """
    auc, brier, base = (float(quality[name]) for name in ("auc", "brier", "brier_base"))
    gain_pct = 100 * (1 - brier / base) if base > 0 else 0.0
    errors = {"brier": _significant(brier, t), "base": _significant(base, t)}
    return " ".join(
        [
            t.plural("recruitment.quality_members", int(quality["members"])),
            t("recruitment.quality_auc", times=t.number(round(100 * auc)), auc=t.number(auc, 2)),
            *([t("recruitment.quality_chance")] if auc < 0.6 else []),
            t("recruitment.quality_brier", gain=t.percent(gain_pct), **errors)
            if gain_pct >= 0.05
            else t("recruitment.quality_brier_none", **errors),
        ]
    )


def resemblance_sentence(t: Translator) -> str:
    """Say what a score is and what it is not."""
    return t("recruitment.resemblance")


def no_model_sentence(t: Translator, *, members: int, others: int) -> str:
    """Say why there is no ranking: too few members found in the register to learn from, or nobody left to rank.

    Parameters
    ----------
    members, others
        Firms of the perimeter that are members, and that are not.
    """
    if members >= NEEDED_MEMBERS:
        return t("recruitment.all_members") if not others else t.plural("recruitment.few_others", others)
    if not members:
        return t("recruitment.no_member", needed=t.number(NEEDED_MEMBERS))
    return t.plural("recruitment.few_members", members, needed=t.number(NEEDED_MEMBERS))


def _words(group: str, firm: Mapping[str, Any], t: Translator) -> str:
    values = [firm[name] for name in _SHOWN[group]]
    if any(pd.isna(value) for value in values):
        return t(f"recruitment.{group}_unknown")
    value = _to_the_said(_SHOWN[group][0], values[0])
    if group == "size":
        return t("recruitment.jobs_band", band=value) if value[:1].isdigit() else _uncapital(value)
    if group == "segment":
        return _uncapital(value)
    if group == "category":
        return t(f"recruitment.category_{value}")
    if group == "age":
        return t.plural("recruitment.age", int(value)) if value >= 1 else t("recruitment.age_new")
    if group == "distance":
        return _near(float(value), str(values[1]), t)
    return _local(float(value), t)


def _to_the_said(name: str, value: Any) -> Any:  # noqa: ANN401 - one value or a column of them
    """Cut a number, or a column of them, to what is said of it: whole years, whole kilometres, tenths of a percent."""
    if name == "age_years":
        return np.floor(value)
    if name == "antenna_km":
        return np.where(value < 1, 0.0, np.round(value))[()]
    if name == "local_penetration_pct":
        return np.where((value > 0) & (value < 0.05), 0.01, np.round(value, 1))[()]
    return value


def _local(rate_pct: float, t: Translator) -> str:
    if 0 < rate_pct < 0.05:
        return t("recruitment.local_hardly")
    return t("recruitment.local", rate=t.percent(rate_pct)) if rate_pct else t("recruitment.local_none")


def _near(km: float, antenna: str, t: Translator) -> str:
    name = of_named(antenna, t)
    return t("recruitment.distance", km=t.number(km), antenna=name) if km >= 1 else t("recruitment.close", antenna=name)


def _scoped(text: str, scope: str | None, t: Translator) -> str:
    return t("recruitment.scoped", scope=scope[:1].upper() + scope[1:], text=_uncapital(text)) if scope else text


def _jobs_and_fees(jobs: float | None, fees: float | None, t: Translator) -> list[str]:
    told = []
    if jobs is not None and pd.notna(jobs) and round(jobs) >= 1:
        told.append(t.plural("recruitment.jobs", _rounded(jobs)))
    if fees is not None and pd.notna(fees) and round(fees) >= 1:
        told.append(t("recruitment.fees", fees=t.number(_rounded(fees))))
    return told


def _recruits(value: float, t: Translator) -> str:
    """Return ``9,6 adhésions``."""
    return t.plural("recruitment.recruits", _counted(value, t), recruits=t.tenths(value))


def _counted(value: float, t: Translator) -> int:
    """Return a whole number of the same grammatical number: 1,6 is singular in French, 1.6 plural in English."""
    shown = round(value, 1)
    return int(shown) if t.language == "fr" else 1 if shown == 1 else 2


def _about(value: float, t: Translator, *, conversion_pct: float) -> str:
    rate, whole = _rate(conversion_pct, t), round(value)
    if value <= 0:
        return t("recruitment.about_none", rate=rate)
    return t.plural("recruitment.about", whole, rate=rate) if whole >= 1 else t("recruitment.about_less", rate=rate)


def _rate(conversion_pct: float, t: Translator) -> str:
    return t.percent(conversion_pct, 0 if conversion_pct == round(conversion_pct) else 1)


def _rounded(value: float) -> int:
    """Round to two significant digits from a hundred on: estimates promise no more."""
    whole = round(value)
    return round(whole, 2 - len(str(whole))) if whole >= 100 else whole


def _significant(value: float, t: Translator) -> str:
    """Format an error with three decimals, or four where it is smaller than a hundredth."""
    return t.number(value, 3 if value >= 0.01 else 4)


def _uncapital(text: str) -> str:
    """Lower the first letter, unless the word is an abbreviation: ``IT``, ``120``, ``PME``."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
