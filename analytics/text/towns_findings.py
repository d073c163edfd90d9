"""What the page on towns says, as sentences of the catalogues.

Each takes ``tables.towns``, one row an area, and returns plain text. Names come from files: who shows a sentence where
markup is read escapes it. Areas are told and ordered by their verdict and by the members that they miss, never by their
rate: one member of two firms is 50 %, and chance.
"""

from __future__ import annotations

import pandas as pd

from analytics.text import Translator
from analytics.text.findings import listed, of_named

_NAMED = 3
_CONCLUSIVE = ("under", "over", "inconclusive")


def headline(towns: pd.DataFrame, t: Translator, *, level: str) -> str:
    """Say how many areas have fewer members than their firms lead one to expect, and how many members these miss.

    Parameters
    ----------
    towns
        With ``area_name``, ``firms``, ``members``, ``expected_members``, ``members_missing``, ``verdict``.
    level
        ``commune``, ``epci``, ``department`` or ``antenna``.
    """
    nothing = _nothing(towns, t)
    if nothing:
        return nothing
    under = _under(towns)
    if len(under) == 1:
        return _one(under.iloc[0], t, level=level)
    if len(under):
        how_many = t(f"towns.numeral_{len(under)}") if len(under) < 10 else t.number(len(under))
        text = t(f"towns.title_under_{level}", how_many=how_many)
        missing = _missing(under)
        return text + (t("towns.title_missing", missing=t.number(missing)) if missing else "")
    if not towns["verdict"].isin(_CONCLUSIVE).any():
        return t(f"towns.title_too_small_{level}")
    over = int((towns["verdict"] == "over").sum())
    return t.plural(f"towns.title_over_{level}", over) if over else t(f"towns.title_even_{level}")


def funnel_title(towns: pd.DataFrame, t: Translator) -> str:
    """Say how many areas lie outside of what chance explains, on either side."""
    if _nothing(towns, t):
        return t("towns.nothing_to_compare")
    under, over, even = (int((towns["verdict"] == verdict).sum()) for verdict in _CONCLUSIVE)
    if under or over:
        return t("towns.funnel_apart", under=t.number(under), over=t.number(over))
    return t("towns.funnel_even" if even else "towns.funnel_too_small")


def map_title(towns: pd.DataFrame, t: Translator) -> str:
    """Say where areas that lack members touch each other, as ``cluster`` tells; else where they have more."""
    if _nothing(towns, t):
        return t("towns.nothing_to_compare")
    if "cluster" not in towns or towns["cluster"].isna().all():
        return t("towns.map_plain")
    ranked = towns.sort_values("members_missing", ascending=False, kind="stable")
    lacking = ranked.loc[ranked["cluster"] == "low_low", "area_name"].tolist()
    if lacking:
        return t("towns.map_lacking", names=listed(lacking, t, at_most=_NAMED))
    if (towns["verdict"] == "under").sum() > 1:
        return t("towns.map_scattered")
    rich = ranked.loc[ranked["cluster"] == "high_high", "area_name"].tolist()[::-1]
    return t("towns.map_rich", names=listed(rich, t, at_most=_NAMED)) if rich else t("towns.map_plain")


def quadrant_title(towns: pd.DataFrame, t: Translator, *, level: str) -> str:
    """Say in how many areas to recruit and in how many to open; where there are none, from how many to learn."""
    counts = {kind: int((towns["kind"] == kind).sum()) for kind in ("recruit", "open", "learn", "leave")}
    told = [kind for kind in ("recruit", "open") if counts[kind]]
    told = told or [kind for kind in ("learn", "leave") if counts[kind]]
    if not told:
        return t("towns.quadrant_none")
    parts = [t(f"towns.quadrant_{kind}", places=t.plural(f"towns.places_{level}", counts[kind])) for kind in told]
    joined = t("towns.separator").join(parts)
    return joined[:1].upper() + joined[1:]


def ranking_title(towns: pd.DataFrame, t: Translator) -> str:
    """Say which areas miss most members, and how many of all that are missing."""
    if _nothing(towns, t):
        return t("towns.nothing_to_compare")
    under = _under(towns)
    total = _missing(under)
    if not total:
        return t("towns.ranking_plain")
    first = under.head(_NAMED)
    names = listed(first["area_name"].tolist(), t)
    if len(under) <= _NAMED:
        return t.plural("towns.ranking_all", total, names=names)
    return t("towns.ranking_first", names=names, part=t.number(_missing(first)), total=t.number(total))


def sheet_sentence(town: pd.Series, t: Translator, *, near_km: float | None = None) -> str:
    """Say of one area what its members say beside those expected and, where that calls for acting, how near we are.

    Parameters
    ----------
    town
        A row of ``tables.towns``; its ``antenna_km`` is the mean distance of its firms to their nearest antenna.
    near_km
        Up to which distance an antenna is near, in kilometres; without it the distance is not spoken of.
    """
    if town["firms"] == 0:
        return t("towns.sheet_empty")
    if town["verdict"] == "empty":
        return t.plural("towns.sheet_no_expectation", int(town["firms"]))
    members = _capital(_members(town["members"], t))
    text = t(f"towns.sheet_{_reading(town)}", members=members, expected=_expected(town["expected_members"], t))
    nearness = "" if near_km is None else _nearness(town, t, near_km=near_km)
    return f"{text} {nearness}".rstrip()


def _reading(town: pd.Series) -> str:
    """Return how the sheet reads the verdict: a small gap that proves nothing is what was expected."""
    verdict = str(town["verdict"])
    if verdict == "inconclusive" and abs(town["members"] - town["expected_members"]) < 0.5:
        return "as_expected"
    return "too_small_none" if verdict == "too_small" and town["members"] == 0 else verdict


def _nearness(town: pd.Series, t: Translator, *, near_km: float) -> str:
    if pd.isna(town["nearest_antenna"]) or pd.isna(town["antenna_km"]):
        return ""
    kind = town["kind"] if isinstance(town["kind"], str) and town["kind"] else "plain"
    name = of_named(town["nearest_antenna"], t)
    distance, limit = _distance(town["antenna_km"], t), t.number(near_km)
    return t(f"towns.near_{kind}", antenna=name, distance=distance, limit=limit)


def _nothing(towns: pd.DataFrame, t: Translator) -> str | None:
    """Return why there is nothing to compare, or None."""
    firms, members = int(towns["firms"].sum()), int(towns["members"].sum())
    if firms == 0:
        return t("towns.title_empty")
    if members == 0 and not towns["expected_members"].sum() > 0:
        return t.plural("towns.title_no_member", firms)
    return t.plural("towns.title_all_members", firms) if members == firms else None


def _one(town: pd.Series, t: Translator, *, level: str) -> str:
    key = f"towns.title_one_{level}"
    key = f"{key}_none" if town["members"] == 0 and level in ("commune", "epci") else key
    name = of_named(town["area_name"], t) if level == "antenna" else town["area_name"]
    members, expected = _members(town["members"], t), _expected(town["expected_members"], t, whole=True)
    return t(key, name=name, members=members, expected=expected)


def _under(towns: pd.DataFrame) -> pd.DataFrame:
    return towns[towns["verdict"] == "under"].sort_values("members_missing", ascending=False, kind="stable")


def _missing(towns: pd.DataFrame) -> int:
    return max(round(float(towns["members_missing"].sum())), 0)


def _members(count: float, t: Translator) -> str:
    return t.plural("towns.members", int(count)) if count else t("towns.no_member")


def _expected(value: float, t: Translator, *, whole: bool = False) -> str:
    """Return ``13,5 attendus``; whole from ten on where ``whole``. French has a plural from two on: ``1,5 attendu``."""
    if value < 0.05:
        return t("towns.expected_hardly")
    decimals = 0 if whole and value >= 9.95 else 1
    shown = round(value, decimals)
    number = t.tenths(shown)
    return t.plural("towns.expected", int(shown), expected=number)


def _distance(km: float, t: Translator) -> str:
    return t("towns.under_one_km") if km < 1 else t("towns.km", km=t.number(km))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
