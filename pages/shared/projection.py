"""The sector's growth: the projection with its fan, the rates that were observed, what opened and closed each year."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import NamedTuple

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
# Each band of the fan and its tone.
_BANDS = (("half", "sector"), ("most", "hair"), ("wide", "land"))


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
        _choose_scenario(reader)
        widgets.number(
            reader, "rate", label=t("growth.rate_label"), low=RATES[0], high=RATES[1], step=0.1, usual=rate_pct(reader)
        )
        widgets.number(reader, "years", label=t("growth.years_label"), low=1, high=MOST_YEARS, step=1)


def key(reader: Reader) -> str:
    """Return what the picture shows, with its dots."""
    t, base = reader.t, reader.table("growth_base").iloc[0]
    told = {
        "central": blocks.dot("ink", t("growth.key_central", rate=findings.rate_words(rate_pct(reader), t))),
        "base": escape(_base_words(base, t)),
    }
    bands = {name: blocks.dot(role, "", strong=False, is_band=True) for name, role in _BANDS}
    parts = [t("growth.key_fan", **told, **bands) if _has_fan(reader) else t("growth.key_plain", **told)]
    if reader.view.measure == "firms" and len(reader.table("history_in_full")):
        parts.append(t("growth.key_past", past=blocks.dot("neutral", "", strong=False)))
    if len(reader.table("published_points")):
        parts.append(t("growth.key_published", ring=blocks.dot("ring", "", strong=False)))
    return " ".join(parts)


def fan(reader: Reader, *, alt: str) -> None:
    """Draw past, published figures and projection in one picture."""
    figure = reader.figure("growth-fan", partial(_fan, reader), reads=_READS)
    blocks.chart(figure, name="growth-fan", kind="curve", alt=alt)


def sources(reader: Reader) -> None:
    """Say where the scenarios come from, and what the fan tells."""
    scenarios = _scenarios(reader)
    told = [scenarios[name].told for name in ("low", "high", "central") if name in scenarios]
    if _has_fan(reader):
        told.append(_fan_note(reader))
    st.html(f'<div class="source">{escape(" ".join(told))}</div>')


def table(reader: Reader) -> pd.DataFrame:
    """Return the table behind the picture."""
    rows = reader.table("growth_in_full")
    return rows.dropna(axis="columns", how="all")


def observed(reader: Reader, *, alt: str) -> None:
    """Draw the rates that were observed beside the one that is supposed."""
    figure = reader.figure("observed-rates", partial(_observed, reader), reads=("rate",))
    blocks.chart(figure, name="observed-rates", kind="intervals", alt=alt)


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
        blocks.chart(reader.figure("turnover", draw, reads=()), name="turnover", kind="bars", alt=alt)
    told = [t("growth.history_limits")]
    if (reader.snapshot.manifest.get("history") or {}).get("is_recoded"):
        told.append(t("growth.history_break"))
    st.html(f'<div class="source">{escape(" ".join(told))}</div>')


class _Scenario(NamedTuple):
    """A rate in percent a year, its name, and whence it comes, in words."""

    rate_pct: float
    name: str
    told: str


def _scenarios(reader: Reader) -> dict[str, _Scenario]:
    """Return the scenarios that there are: the low one, the cluster's estimate, the high one."""
    t, growth = reader.t, reader.settings.growth
    estimate = reader.settings.reference_figure(tables.CENTRAL_RATE)
    given = {
        "low": growth.low and (growth.low.rate_pct, growth.low.scope, growth.low),
        "central": estimate and (estimate.value, None, estimate),
        "high": growth.high and (growth.high.rate_pct, growth.high.scope, growth.high),
    }
    found = {}
    for key, scenario in given.items():
        if scenario:
            rate, scope, said = scenario
            usual = t("growth.scenario_estimate") if key == "central" else "–"
            name = t(f"growth.scenario_{key}", rate=findings.rate_words(rate, t))
            words = scope.in_language(t.language) if scope else usual
            source, day = said.source.in_language(t.language), published_on(said.date, t)
            told = t("growth.scenario_source", name=name, scope=words, source=source, date=day)
            found[key] = _Scenario(rate, name, told)
    return found


def _choose_scenario(reader: Reader) -> None:
    """Draw the choice of a scenario: it sets the rate, and none is chosen where the rate is another."""
    scenarios = _scenarios(reader)
    chosen = (key for key, scenario in scenarios.items() if scenario.rate_pct == rate_pct(reader))
    st.session_state["scenario"] = next(chosen, None)
    st.segmented_control(
        reader.t("growth.scenario_label"),
        list(scenarios),
        format_func=lambda key: scenarios[key].name,
        key="scenario",
        label_visibility="collapsed",
        on_change=_set_scenario,
        args=(reader, {key: scenario.rate_pct for key, scenario in scenarios.items()}),
    )


def _set_scenario(reader: Reader, given: dict[str, float]) -> None:
    name = st.session_state["scenario"]
    if name is not None:
        address.change(reader.settings, rate=None if name == "central" else given[name])


def _has_fan(reader: Reader) -> bool:
    """Return whether there is a fan: the past in which years strayed is of the register's establishments."""
    return reader.view.base == "register" and reader.view.measure == "firms"


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
