"""The sector's past and what may come of it: the history of the register, published figures, projections."""

from __future__ import annotations

from calendar import isleap
from typing import TypedDict

import numpy as np
import pandas as pd

from analytics.contracts import HISTORY as HISTORY_CONTRACT
from analytics.errors import UserError
from analytics.metrics import growth as metric
from analytics.results.selection import data_day, says_jobs, selected_firms
from analytics.settings import PublishedFigure, Settings
from analytics.store import HISTORY, Snapshot
from analytics.view import View

HISTORY_COLUMNS = ["year", "open", "opened", "closed", "net_rate_pct"]
GROWTH_COLUMNS = ["year", "firms", "jobs"]
PERCENTILES = ("p10", "p25", "p50", "p75", "p90")
CENTRAL_RATE = "growth_pct_per_year"
_UNDATED = ("undated", "future", "unended")
# Of fewer establishments one opening or closing decides a rate; of so large a share the codes decide the past.
_FEW_OPEN, _MANY = 30, 0.1
_YEARLY, _WHOLE = "jobs_growth_pct_per_year", "jobs_growth_pct"


def history(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the establishments of the view open on each 1 January, opened and closed until the next; a row a year.

    ``HISTORY_COLUMNS``: ``year``, counts ``open``, ``opened``, ``closed``, and
    ``net_rate_pct = 100 * (opened - closed) / open``, null for the year that is not over. ``open`` of the next year is
    ``open + opened - closed``, and over 2025 what the recoding to NAF 2025 moved, which is no growth. Sizes have no
    past: a view's choice of them is not heeded. What else the register cannot tell, ``ingest.history`` says. No row
    where the register gives no dates from which a past could be told: ``growth_notes`` says why.
    """
    return history_in_full(snapshot, view, settings)[HISTORY_COLUMNS]


def history_in_full(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``history`` with ``recoded`` and ``is_complete`` (the year is over); no row where there is none."""
    del settings
    # A snapshot of an earlier version has none.
    rows = snapshot.table(HISTORY) if HISTORY in snapshot.table_names else HISTORY_CONTRACT.empty()
    keep = rows["perimeter"] == view.perimeter
    if view.departments:
        keep &= rows["department_code"].isin(view.departments)
    if view.segments:
        keep &= rows["segment"].isin(view.segments)
    counts = ["open", "opened", "closed", "recoded"]
    sums = rows[keep].groupby("year", as_index=False)[counts].sum()
    begun = sums[sums["open"].cumsum() + sums["opened"].cumsum() > 0].reset_index(drop=True)
    complete_until = data_day(snapshot).year - 1
    yearly = metric.yearly_rates(begun, complete_until=complete_until)
    return yearly.assign(is_complete=yearly["year"] <= complete_until)[[*HISTORY_COLUMNS, "recoded", "is_complete"]]


def growth(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return firms and jobs projected from the view's base, over its years, at its rate; whole numbers.

    ``year`` from the base's, ``firms``, ``jobs`` (null where the base does not tell): ``N0 (1 + g) ** t``
    (``metrics.growth.project``). From the published base: that of the whole region, whatever the view selects. From the
    register: the firms of the view on the day of its data, each row a year after the one before, and
    ``firms_p10 ... firms_p90``, percentiles of simulated paths (``metrics.growth.simulate``).

    Raises
    ------
    UserError
        When no published figure of firms could be a base.
    """
    rows = growth_in_full(snapshot, view, settings)
    fans = [f"firms_{name}" for name in PERCENTILES] if view.base == "register" else []
    whole = dict.fromkeys([*GROWTH_COLUMNS, *fans], "Int64")
    return rows[[*GROWTH_COLUMNS, *fans]].round().astype(whole)


def growth_in_full(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``growth`` unrounded, with ``firms_low``, ``firms_high``, ``jobs_low``, ``jobs_high`` and the whole fan.

    ``low`` and ``high`` are the scenarios of the settings, null where there are none. The fan of firms is
    ``firms_p2_5 ... firms_p97_5``, from the register alone.
    """
    base = growth_base(snapshot, view, settings).iloc[0]
    rates = scenario_rates(view, settings)
    columns: dict[str, object] = {"year": int(base["year"]) + np.arange(view.years + 1)}
    for name, rate in (("low", rates["low"]), ("central", rates["central"]), ("high", rates["high"])):
        suffix = "" if name == "central" else f"_{name}"
        for quantity in ("firms", "jobs"):
            projected = None if rate is None else metric.project(base[quantity], rate_pct=rate, years=view.years)
            columns[quantity + suffix] = np.nan if projected is None else projected
    rows = pd.DataFrame(columns)
    if view.base != "register":
        return rows
    fan = metric.fan(paths(snapshot, view, settings, years=view.years), value=float(base["firms"]))
    return rows.join(fan.drop(columns="t").add_prefix("firms_"))


def growth_base(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row from which growth is projected: ``year``, ``day`` (null if published), ``firms``, ``jobs``.

    ``moment`` is that day in years: 2026.83 is the end of October 2026.

    Raises
    ------
    UserError
        When no published figure of firms could be a base.
    """
    if view.base == "register":
        firms, day = selected_firms(snapshot, view), data_day(snapshot)
        jobs = float(firms["jobs_estimate"].sum()) if says_jobs(firms) else float("nan")
        moment = day.year + (day.timetuple().tm_yday - 1) / (366 if isleap(day.year) else 365)
        base = {"year": day.year, "day": pd.Timestamp(day), "moment": moment}
        return pd.DataFrame([base | {"firms": float(len(firms)), "jobs": jobs}])
    published = settings.reference_figure("firms")
    if published is None:
        raise UserError("growth.no_published_base")
    of_jobs = settings.reference_figure("jobs")
    jobs = of_jobs.value if of_jobs and of_jobs.year == published.year else float("nan")
    base = {"year": published.year, "day": pd.NaT, "moment": float(published.year)}
    return pd.DataFrame([base | {"firms": published.value, "jobs": jobs}])


def fan_basis(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of what the fan rests on: ``years`` to draw from, ``first_year``, ``paths``, ``is_supposed``.

    With too few years the spread is that of the settings.
    """
    rows = history_in_full(snapshot, view, settings)
    years = rows.loc[metric.is_usable(rows["net_rate_pct"]), "year"]
    first, few = (int(years.min()) if len(years) else None), len(years) < metric.LEAST_YEARS
    return pd.DataFrame([{"years": len(years), "first_year": first, "paths": metric.PATHS, "is_supposed": few}])


class Rates(TypedDict):
    """The rate of each scenario, in percent a year; None where the settings have none."""

    low: float | None
    central: float
    high: float | None


def scenario_rates(view: View, settings: Settings) -> Rates:
    """Return the rates: the central one is the view's, else as published, else zero (``growth_notes`` says so)."""
    published = settings.reference_figure(CENTRAL_RATE)
    central = view.rate if view.rate is not None else published.value if published else 0.0
    low, high = settings.growth.low, settings.growth.high
    return {"low": low.rate_pct if low else None, "central": central, "high": high.rate_pct if high else None}


def paths(snapshot: Snapshot, view: View, settings: Settings, *, years: int) -> np.ndarray:
    """Return simulated growth of the view's firms since the day of the register (``metrics.growth.simulate``)."""
    return metric.simulate(
        history_in_full(snapshot, view, settings)["net_rate_pct"],
        rate_pct=scenario_rates(view, settings)["central"],
        years=years,
        spread_pct=settings.growth.spread_pct,
    )


def observed_growth(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the rates that were observed, each of so many years: those of the register, then the published ones.

    ``basis`` (``register``: establishments of the view; ``published``: jobs of the region), ``span`` (years),
    ``first_year``, ``last_year``, ``rate_pct`` (compound, a year), ``source_fr``, ``source_en``, ``scope_fr``,
    ``scope_en`` and ``date`` of the published ones. A published growth over several years is brought to a yearly rate.
    """
    register = metric.observed_rates(history_in_full(snapshot, view, settings)).assign(basis="register")
    published = pd.DataFrame([_published_rate(f) for f in settings.published if _is_rate(f)])
    table = pd.concat([register, published], ignore_index=True)
    columns = ["basis", "span", "first_year", "last_year", "rate_pct", "source_fr", "source_en"]
    return table.reindex(columns=[*columns, "scope_fr", "scope_en", "date"])


def published_points(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the published levels of the view's ``measure`` for the whole region: ``year, value, is_reference`` etc.

    ``value`` (firms or jobs), ``source_fr``, ``source_en``, ``scope_fr``, ``scope_en``, ``date``. Their scopes differ,
    which is why they do: they stand beside the projection and are mixed with nothing. None beside a part that the view
    selects of the register.
    """
    del snapshot
    is_whole = view.selects_all or view.base == "published"
    rows = [
        {"year": f.year, "value": f.value, "is_reference": f.reference, **_said_by(f)}
        for f in settings.published
        if is_whole and f.quantity == view.measure and not f.is_partial
    ]
    columns = ["year", "value", "is_reference", "source_fr", "source_en", "scope_fr", "scope_en", "date"]
    return pd.DataFrame(rows, columns=columns).sort_values("year", kind="stable", ignore_index=True)


def growth_notes(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return what a reader of growth must know and no figure says: ``note`` and the ``count`` that it speaks of.

    ``history_missing_*`` (why the register has no past), ``few_years`` (the fan is a stated spread), ``few_open`` (so
    few establishments that one decides a rate), ``undated``, ``future``, ``unended`` (rows whose days do not serve),
    ``uncoded`` (their past is judged by NAF 2025), ``recoded`` (establishments that NAF 2025 moved in or out, net),
    ``sizes`` (the past does not heed sizes), ``whole`` (the published base does not heed what is selected), ``no_rate``
    (none is published: zero is supposed), ``negative`` (the rate is).
    """
    facts = snapshot.manifest.get("history") or {}
    rows, is_register = history_in_full(snapshot, view, settings), view.base == "register"
    fan = fan_basis(snapshot, view, settings).iloc[0]
    missing = "older" if HISTORY not in snapshot.table_names else facts.get("missing") or "empty"
    recoded, rate = int(rows["recoded"].sum()), scenario_rates(view, settings)["central"]
    open_now = int(rows["open"].iloc[-1]) if len(rows) else 0
    many = facts.get("uncoded", 0) > _MANY * max(facts.get("establishments", 0), 1)
    found: list[tuple[str, bool, int]] = [
        (f"history_missing_{missing}", rows.empty, 0),
        ("few_years", len(rows) > 0 and is_register and bool(fan["is_supposed"]), int(fan["years"])),
        ("few_open", len(rows) > 0 and open_now < _FEW_OPEN, open_now),
        *((name, facts.get(name, 0) > 0 and len(rows) > 0, facts.get(name, 0)) for name in _UNDATED),
        ("uncoded", many and len(rows) > 0, facts.get("uncoded", 0)),
        ("recoded", recoded != 0, recoded),
        ("sizes", bool(view.sizes) or view.employers_only, 0),
        ("whole", not is_register and not view.selects_all, 0),
        ("no_rate", view.rate is None and settings.reference_figure(CENTRAL_RATE) is None, 0),
        ("negative", rate < 0, 0),
    ]
    return pd.DataFrame([(name, count) for name, holds, count in found if holds], columns=["note", "count"])


def _is_rate(figure: PublishedFigure) -> bool:
    return figure.quantity in (_YEARLY, _WHOLE) and figure.first_year is not None and not figure.is_partial


def _published_rate(figure: PublishedFigure) -> dict[str, object]:
    first, last = figure.first_year or figure.year, figure.year
    span = last - first
    whole = figure.quantity == _WHOLE
    rate = 100 * ((1 + figure.value / 100) ** (1 / span) - 1) if whole else figure.value
    years = {"span": span, "first_year": first, "last_year": last, "rate_pct": rate}
    return {"basis": "published", **years, **_said_by(figure)}


def _said_by(figure: PublishedFigure) -> dict[str, str | None]:
    scope = figure.scope
    return {
        "source_fr": figure.source.fr,
        "source_en": figure.source.en,
        "scope_fr": scope.fr if scope else None,
        "scope_en": scope.en if scope else None,
        "date": figure.date,
    }
