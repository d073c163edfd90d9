"""The sector's growth: the projection with its fan, the rates that were observed, what opened and closed each year."""

from __future__ import annotations

from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from analytics import tables
from analytics.figures.growth_fan import growth_fan
from analytics.figures.observed_rates import observed_rates
from analytics.figures.turnover import turnover
from analytics.tables import READS
from analytics.text import Translator
from analytics.text import growth_findings as findings
from analytics.text.findings import published_on
from analytics.view import BASES, MEASURES, MOST_YEARS, RATES
from pages.shared import address, blocks, guards
from pages.shared import controls as widgets
from pages.shared.loaders import Reader

_READS = (*READS["growth_in_full"], "measure")


def rate_pct(reader: Reader) -> float:
    """Return the rate that the reader supposes, in percent a year."""
    return tables.scenario_rates(reader.view, reader.settings)["central"]


def notes(reader: Reader) -> None:
    """Say what a reader of the figures must know, a sentence each."""
    for sentence in findings.note_sentences(reader.table("growth_notes"), reader.t):
        st.warning(guards.plain(sentence))


def controls(reader: Reader) -> None:
    """Draw what is projected, from what, at which rate, how far."""
    t, view = reader.t, reader.view
    with st.container(horizontal=True, vertical_alignment="bottom", key="growth-controls"):
        widgets.segmented(
            reader,
            "measure",
            MEASURES,
            label=t("growth.measure"),
            shown=lambda measure: t(f"growth.measure_{measure}"),
            is_label_hidden=True,
        )
        has_published = reader.settings.reference_figure("firms") is not None
        widgets.segmented(
            reader,
            "base",
            BASES if has_published or view.base == "published" else BASES[:1],
            label=t("growth.base"),
            shown=lambda base: t(f"growth.base_{base}"),
            is_label_hidden=True,
        )
    with st.container(horizontal=True, vertical_alignment="bottom", key="rate-controls"):
        _scenarios(reader)
        widgets.number(
            reader, "rate", label=t("growth.rate_label"), low=RATES[0], high=RATES[1], step=0.1, usual=rate_pct(reader)
        )
        widgets.number(reader, "years", label=t("growth.years_label"), low=1, high=MOST_YEARS, step=1)


def key(reader: Reader) -> str:
    """Return what the picture shows, with its dots."""
    t, view = reader.t, reader.view
    base = reader.table("growth_base").iloc[0]
    told = {
        "central": blocks.dot("ink", t("growth.key_central", rate=findings.rate_words(rate_pct(reader), t))),
        "base": escape(_base_words(base, t)),
    }
    has_fan = view.base == "register" and view.measure == "firms"
    bands = {name: blocks.dot(role, "", strong=False, is_band=True) for name, role in _BANDS} if has_fan else {}
    parts = [t("growth.key_fan", **told, **bands) if has_fan else t("growth.key_plain", **told)]
    if view.measure == "firms" and len(reader.table("history_in_full")):
        parts.append(t("growth.key_past", past=blocks.dot("neutral", "", strong=False)))
    if len(reader.table("published_points")):
        parts.append(t("growth.key_published", ring=blocks.dot("ring", "", strong=False)))
    return " ".join(parts)


def fan(reader: Reader, *, alt: str) -> None:
    """Draw past, published figures and projection in one picture."""
    blocks.chart(reader.figure("growth-fan", partial(_fan, reader), reads=_READS), name="growth-fan", alt=alt)


def sources(reader: Reader) -> None:
    """Say where the scenarios come from, and what the fan tells."""
    t, growth = reader.t, reader.settings.growth
    told = []
    for name, scenario in (("low", growth.low), ("high", growth.high)):
        if scenario is not None:
            scope = scenario.scope.in_language(t.language) if scenario.scope else "–"
            day, source = published_on(scenario.date, t), scenario.source.in_language(t.language)
            label = t(f"growth.scenario_{name}", rate=findings.rate_words(scenario.rate_pct, t))
            told.append(t("growth.scenario_source", name=label, scope=scope, source=source, date=day))
    estimate = reader.settings.reference_figure(tables.CENTRAL_RATE)
    if estimate is not None:
        label = t("growth.scenario_central", rate=findings.rate_words(estimate.value, t))
        source, day = estimate.source.in_language(t.language), published_on(estimate.date, t)
        scope = t("growth.scenario_estimate")
        told.append(t("growth.scenario_source", name=label, scope=scope, source=source, date=day))
    if reader.view.base == "register" and reader.view.measure == "firms":
        told.append(_fan_note(reader))
    st.html(f'<div class="source">{escape(" ".join(told))}</div>')


def table(reader: Reader) -> pd.DataFrame:
    """Return the table behind the picture."""
    rows = reader.table("growth_in_full")
    return rows.dropna(axis="columns", how="all")


def observed(reader: Reader, *, alt: str) -> None:
    """Draw the rates that were observed beside the one that is supposed."""
    figure = reader.figure("observed-rates", partial(_observed, reader), reads=("rate",))
    blocks.chart(figure, name="observed-rates", alt=alt)


def observed_table(reader: Reader) -> pd.DataFrame:
    """Return the rates with their sources in the reader's language."""
    t, rows = reader.t, reader.table("observed_growth")
    language = t.language
    named = rows.assign(
        basis=[t(f"chart.rates_{basis}") for basis in rows["basis"]],
        source=rows[f"source_{language}"],
        scope=rows[f"scope_{language}"],
    )
    return named[["basis", "first_year", "last_year", "rate_pct", "scope", "source", "date"]]


def history_key(t: Translator) -> str:
    """Return what the bars are, with their dots."""
    return t(
        "growth.history_subtitle",
        opened=blocks.dot("ink", "", strong=False),
        closed=blocks.dot("sector", "", strong=False),
        ring=blocks.dot("ring", "", strong=False),
    )


def history(reader: Reader, *, alt: str) -> None:
    """Draw what opened and what closed each year, and say what the register cannot see."""
    t, rows = reader.t, reader.table("history_in_full")
    if len(rows):
        draw = partial(turnover, rows, palette=blocks.slots(), language=t.language)
        blocks.chart(reader.figure("turnover", draw, reads=()), name="turnover", alt=alt)
    told = [t("growth.history_limits")]
    if (reader.snapshot.manifest.get("history") or {}).get("is_recoded"):
        told.append(t("growth.history_break"))
    st.html(f'<div class="source">{escape(" ".join(told))}</div>')


_BANDS = (("half", "sector"), ("most", "hair"), ("wide", "land"))


def _scenarios(reader: Reader) -> None:
    """Draw the choice of a scenario: it sets the rate, and none is chosen where the rate is another."""
    t, growth = reader.t, reader.settings.growth
    estimate = reader.settings.reference_figure(tables.CENTRAL_RATE)
    known = {"low": growth.low and growth.low.rate_pct, "central": estimate and estimate.value}
    known["high"] = growth.high and growth.high.rate_pct
    given = {name: float(value) for name, value in known.items() if value is not None}
    chosen = next((name for name, value in given.items() if value == rate_pct(reader)), None)
    st.session_state["scenario"] = chosen
    st.segmented_control(
        t("growth.scenario_label"),
        list(given),
        format_func=lambda name: t(f"growth.scenario_{name}", rate=findings.rate_words(given[name], t)),
        key="scenario",
        label_visibility="collapsed",
        on_change=_set_scenario,
        args=(reader, given),
    )


def _set_scenario(reader: Reader, given: dict[str, float]) -> None:
    name = st.session_state["scenario"]
    if name is not None:
        address.change(reader.settings, rate=None if name == "central" else given[name])


def _fan_note(reader: Reader) -> str:
    """Say what the fan rests on: the years of the register, or a spread that is supposed."""
    t, fan_basis = reader.t, reader.table("fan_basis").iloc[0]
    if fan_basis["is_supposed"]:
        return t("growth.fan_note_spread", spread=t.tenths(reader.settings.growth.spread_pct))
    first = str(int(fan_basis["first_year"]))
    return t("growth.fan_note_blocks", first=first, paths=t.number(fan_basis["paths"]))


def _base_words(base: pd.Series, t: Translator) -> str:
    if pd.isna(base["day"]):
        return t("growth.base_published_year", year=str(int(base["year"])))
    return t("growth.base_register_day", day=t.day(base["day"]))


def _fan(reader: Reader) -> object:
    base = reader.table("growth_base").iloc[0]
    return growth_fan(
        reader.table("history_in_full"),
        reader.table("growth_in_full"),
        reader.table("published_points"),
        start=float(base["moment"]),
        measure=reader.view.measure,
        rates=dict(tables.scenario_rates(reader.view, reader.settings)),
        palette=blocks.slots(),
        language=reader.t.language,
    )


def _observed(reader: Reader) -> object:
    return observed_rates(
        reader.table("observed_growth"),
        rate_pct=rate_pct(reader),
        palette=blocks.slots(),
        language=reader.t.language,
    )
