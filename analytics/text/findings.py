"""What a result table says, as a sentence of the catalogues: titles of pages and blocks, texts read aloud.

Each takes a table of ``analytics.tables`` and returns plain text. Names come from files: who shows a sentence where
markup is read escapes it.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from babel.dates import format_date
from babel.lists import format_list

from analytics.settings import PublishedFigure
from analytics.text import LOCALES, MINUS, Translator

_NAMED = 3
# Two shares of one sector differ from this ratio on.
_DIFFERS = 1.5
_VOWELS = "AEIOUYÀÂÉÈÊÎÏÔŒH"


def listed(names: list[str], t: Translator, *, at_most: int = _NAMED) -> str:
    """Return ``a, b et c``, or ``a, b, c et 4 autres`` where there are more than ``at_most``."""
    shown = list(names)
    if len(names) > at_most:
        shown = [*names[:at_most], t.plural("common.others", len(names) - at_most)]
    return format_list(shown, locale=LOCALES[t.language])


def of_place(name: str) -> str:
    """Return a French place name with its preposition: ``d’Occitanie``, ``de Bretagne``, ``du Vigan``."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"d’{name}" if name[:1].upper() in _VOWELS else f"de {name}"


def of_named(name: str, t: Translator) -> str:
    """Return a place name as "of" wants it: with its preposition in French, alone in English."""
    return of_place(name) if t.language == "fr" else name


def published_on(text: str, t: Translator) -> str:
    """Format ``2019``, ``2019-02`` or ``2019-02-06`` to the precision that it has."""
    year, *rest = (int(part) for part in text.split("-"))
    if not rest:
        return str(year)
    if len(rest) == 1:
        return format_date(date(year, rest[0], 1), format="MMM y", locale=LOCALES[t.language])
    return t.day(date(year, rest[0], rest[1]))


def published_value(figure: PublishedFigure, t: Translator) -> str:
    """Format a published figure with its unit, and "near" or "more than" where its source says so."""
    decimals = 0 if figure.value.is_integer() else 1
    is_share, is_money = "_pct" in figure.quantity, figure.quantity.endswith("_eur")
    value = t.percent(figure.value, decimals) if is_share else t.number(figure.value, decimals)
    value = t("overview.euros", value=value) if is_money else value
    if figure.at_least:
        return t("overview.at_least", value=value)
    return t("overview.about", value=value) if figure.approximate else value


def published_in(figure: PublishedFigure, t: Translator) -> str:
    """Return where a figure was published, and when: ``article de lancement, févr. 2019``."""
    source, day = figure.source.in_language(t.language), published_on(figure.date, t)
    return t("overview.published_where", source=source, day=day)


def published_beside(row: pd.Series, t: Translator) -> tuple[str, str] | None:
    """Return what was published beside a loaded figure and where, or None where nothing was.

    Parameters
    ----------
    row
        One of ``tables.key_figures``.
    """
    if pd.isna(row["published_value"]):
        return None
    value = t.number(row["published_value"])
    about = t("overview.about", value=value) if row["approximate"] else value
    if pd.isna(row["value"]):
        beside = t("overview.published_alone", value=about)
    else:
        beside = t("overview.published", value=about, gap=gap(row["gap_pct"], t))
    day = published_on(row["published_date"], t)
    return beside, t("overview.published_where", source=row[f"published_source_{t.language}"], day=day)


def headline(totals: pd.DataFrame, t: Translator, *, cluster: str, region: str, scope: str | None, roster: bool) -> str:
    """Say how much of the sector the cluster is.

    Parameters
    ----------
    totals
        The one row of ``tables.region_totals``.
    scope
        Name of what is selected when it is one thing, ``""`` when it is several, None when nothing is.
    roster
        Whether members are loaded at all.
    """
    row = totals.iloc[0]
    firms, place = int(row.firms), of_named(region, t)
    if row.firms == 0:
        return t("overview.title_empty")
    if not roster:
        return t.plural("overview.title_no_roster", firms, region=place)
    if row.members == 0 and scope is None:
        return t.plural("overview.title_no_member_region", firms, cluster=cluster, region=place)
    if row.members == 0:
        return t.plural("overview.title_no_member", firms, scope=scope or t("overview.this_selection"), cluster=cluster)
    says_jobs = pd.notna(row.job_penetration_pct)
    key = "firms" if not says_jobs else "but" if _compared(row) == "larger" else "and"
    shares = {
        "cluster": cluster,
        "firm_share": t.percent(row.firm_penetration_pct),
        "job_share": t.percent(row.job_penetration_pct) if says_jobs else "",
    }
    if scope is None:
        return t(f"overview.title_region_{key}", region=place, **shares)
    return t(f"overview.title_scope_{key}", scope=scope or t("overview.this_selection"), **shares)


def shares_title(totals: pd.DataFrame, t: Translator) -> str:
    """Say which of the two shares is the larger."""
    row = totals.iloc[0]
    if row.firms == 0 or row.members == 0:
        return t("overview.shares_none")
    if pd.isna(row.job_penetration_pct):
        return t("overview.shares_of_firms")
    return t(f"overview.shares_{_compared(row)}")


def shares_reason(totals: pd.DataFrame, t: Translator) -> str:
    """Say why the share of firms and the share of jobs differ: mean size of members and of the others."""
    row = totals.iloc[0]
    if row.firms == 0 or row.members == 0:
        return t("overview.reason_none")
    if pd.isna(row.job_penetration_pct):
        return t("overview.reason_no_jobs")
    ours = row.member_jobs / row.members
    if row.firms == row.members:
        return t("overview.reason_all", ours=_persons(ours, t))
    theirs = (row.jobs_estimate - row.member_jobs) / (row.firms - row.members)
    key = "reason_alike" if _compared(row) == "alike" else "reason"
    return t(f"overview.{key}", ours=_persons(ours, t), theirs=_mean(theirs, t))


def _compared(row: pd.Series) -> str:
    """Return how the members' share of jobs compares with their share of firms, which is not none."""
    ratio = row.job_penetration_pct / row.firm_penetration_pct
    if ratio > _DIFFERS:
        return "larger"
    return "smaller" if ratio < 1 / _DIFFERS else "alike"


def map_title(places: pd.DataFrame, t: Translator) -> str:
    """Say where half of the members are, or of the firms where there is no member."""
    what = "members" if places["members"].sum() else "firms"
    total = int(places[what].sum())
    if total == 0:
        return t("overview.map_empty")
    ranked = places.sort_values(what, ascending=False)
    reach = ranked[what].cumsum() / total
    held = min(int((reach < 0.5).sum()) + 1, _NAMED)
    share = 100 * float(reach.iloc[held - 1])
    names = listed(ranked["epci_name"].head(held).tolist(), t)
    return t.plural(f"overview.map_{what}", held, names=names, share=t.percent(share, 0))


def rates_title(comparison: pd.DataFrame, t: Translator, *, level: str) -> str:
    """Say which areas of ``tables.comparison`` differ from the whole by more than chance."""
    present = comparison[comparison["firms"] > 0]
    if present.empty:
        return t("overview.rates_empty")
    if present["members"].sum() == 0:
        largest = present.sort_values("firms", ascending=False).iloc[0]
        share = 100 * largest.firms / present["firms"].sum()
        return t("overview.rates_no_member", name=largest.area_name, share=t.percent(share))
    if len(present) == 1:
        return _only(present, t)
    if level == "size_class":
        return _range(present, t)
    under = present[present["verdict"] == "under"].sort_values("firm_penetration_pct")["area_name"].tolist()
    over = present[present["verdict"] == "over"].sort_values("firm_penetration_pct", ascending=False)
    parts = [
        t.plural(f"overview.{key}_{level}", len(names), names=listed(names, t))
        for key, names in (("over", over["area_name"].tolist()), ("under", under))
        if names
    ]
    if not parts:
        return t(f"overview.even_{level}")
    joined = t("overview.list_separator").join(parts)
    return joined[:1].upper() + joined[1:]


def rates_alt(comparison: pd.DataFrame, t: Translator, *, rate_pct: float) -> str:
    """Describe the rates for who does not see them: the highest, the lowest, the whole."""
    present = comparison[comparison["firms"] > 0].sort_values("firm_penetration_pct")
    if present.empty:
        return t("overview.rates_empty")
    low, high = present.iloc[0], present.iloc[-1]
    return t(
        "overview.rates_alt",
        count=t.number(len(present)),
        low_name=low.area_name,
        low=t.percent(low.firm_penetration_pct),
        high_name=high.area_name,
        high=t.percent(high.firm_penetration_pct),
        rate=t.percent(rate_pct),
    )


def gap(gap_pct: float, t: Translator) -> str:
    """Return ``écart nul``, ``écart presque nul`` (under a twentieth of a percent) or ``+0,2 %``."""
    if abs(gap_pct) < 0.05:
        return t("overview.gap_small" if gap_pct else "overview.gap_none")
    sign = "+" if gap_pct > 0 else MINUS
    return f"{sign}{t.percent(abs(gap_pct))}"


def _range(present: pd.DataFrame, t: Translator) -> str:
    """Say from which rate to which the areas that differ from the whole go."""
    clear = present[present["verdict"] != "inconclusive"].sort_values("firm_penetration_pct")
    if len(clear) < 2:
        return t("overview.even_size_class")
    low, high = clear.iloc[0], clear.iloc[-1]
    return t(
        "overview.range_size_class",
        low=t.percent(low.firm_penetration_pct),
        low_name=low.area_name,
        high=t.percent(high.firm_penetration_pct),
        high_name=high.area_name,
    )


def _only(present: pd.DataFrame, t: Translator) -> str:
    row = present.iloc[0]
    return t(
        "overview.rates_one",
        name=row.area_name,
        rate=t.percent(row.firm_penetration_pct),
        low=t.percent(row.firm_penetration_low_pct),
        high=t.percent(row.firm_penetration_high_pct),
    )


def _persons(mean: float, t: Translator) -> str:
    """Return a mean number of persons in words: whole from ten on, one decimal below."""
    return t.amount("overview.persons", mean, shown=_mean(mean, t))


def _mean(mean: float, t: Translator) -> str:
    return t.number(mean, 0 if mean >= 9.95 else 1)
