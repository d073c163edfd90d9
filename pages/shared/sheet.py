"""One town closely: what is expected of it, its firms and members, whom to see there, who is nearest."""

from __future__ import annotations

import dataclasses
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.text import Translator
from analytics.text import towns_findings as findings
from pages.shared import address, blocks, guards
from pages.shared.loaders import Reader

_SHOWN_MEMBERS = 8


def chosen_town(reader: Reader, towns: pd.DataFrame) -> str | None:
    """Return the town of the view where it is among the areas, else the one that misses most members; None of none."""
    asked = reader.view.town
    if asked in set(towns["area_code"]):
        return asked
    if asked is not None:
        st.warning(guards.plain(reader.t("towns.unknown_town", town=asked)))
    with_firms = towns[towns["firms"] > 0].sort_values(["members_missing", "firms"], ascending=False)
    return None if with_firms.empty else str(with_firms["area_code"].iloc[0])


def choose(reader: Reader, town: str | None) -> None:
    """Put a town on the sheet; from a widget's callback."""
    address.select(dataclasses.replace(address.view(reader.settings), town=town))


def choose_clicked(reader: Reader, customdata: Any) -> None:  # noqa: ANN401 - as the browser sends it
    """Put the town of a clicked point on the sheet."""
    choose(reader, str(customdata[0]))


def list_town(reader: Reader, town: str) -> None:
    """Go to the list of firms to visit, those of a town alone; from a widget's callback."""
    view = dataclasses.replace(address.view(reader.settings), town=town, town_only=True, cell=None, antenna=None)
    address.select(dataclasses.replace(view, within_km=None))
    st.session_state["go-to-prospects"] = True


def title(towns: pd.DataFrame, town: str | None, t: Translator) -> str:
    """Return the name of the town."""
    return t("towns.sheet_none") if town is None else str(_row(towns, town)["area_name"])


def detail_title(towns: pd.DataFrame, town: str | None, t: Translator) -> str:
    """Return the title of the block that lists the town's firms."""
    return t("towns.detail_title", name=title(towns, town, t))


def summary(reader: Reader, towns: pd.DataFrame, town: str | None) -> None:
    """Draw the choice of the town, the sentence on it, its figures and the way to its firms."""
    if town is None:
        return
    t, row = reader.t, _row(towns, town)
    _choice(reader, towns, town)
    sentence = findings.sheet_sentence(row, t, antenna_km=reader.settings.towns.near_km)
    st.html(f'<div class="finding">{escape(sentence)}</div>')
    figures = "".join(_figure(*figure) for figure in _figures(row, towns, t))
    st.html(f'<div class="sheet">{figures}</div>')
    st.button(
        t("towns.to_prospects", name=row["area_name"]),
        type="primary",
        width="stretch",
        key="to-prospects",
        on_click=list_town,
        args=(reader, town),
    )
    if st.session_state.pop("go-to-prospects", False):
        st.switch_page("../recruitment.py")


def detail(reader: Reader, town: str | None) -> None:
    """Draw the town's firms by activity and size, its members, and the largest firms that may be called."""
    if town is None:
        return
    t = reader.t
    here = dataclasses.replace(reader, view=dataclasses.replace(reader.view, town=town))
    columns = st.columns(4, gap="medium")
    for column, by in zip(columns[:2], ("segment", "size_class"), strict=True):
        with column:
            st.html(f'<div class="head">{escape(t(f"towns.by_{by}"))}</div>')
            blocks.rows(_counted(here.table("town_firms", by=by, language=t.language), t))
    with columns[2]:
        members = here.table("town_members")
        st.html(f'<div class="head">{escape(t.plural("towns.its_members", len(members)))}</div>')
        blocks.rows([(_name(row, t), _jobs(row, t)) for row in members.head(_SHOWN_MEMBERS).to_dict("records")])
        if len(members) > _SHOWN_MEMBERS:
            more = t.plural("common.others", len(members) - _SHOWN_MEMBERS)
            st.html(f'<div class="source">{escape(more)}</div>')
    with columns[3]:
        targets = here.table("town_targets")
        st.html(f'<div class="head">{escape(t("towns.largest_others"))}</div>')
        blocks.rows([(str(row["name"]), _jobs(row, t)) for row in targets.to_dict("records")])
        if targets.empty:
            st.html(f'<div class="source">{escape(t("towns.no_target"))}</div>')


def _row(towns: pd.DataFrame, town: str) -> pd.Series:
    return towns[towns["area_code"] == town].iloc[0]


def _choice(reader: Reader, towns: pd.DataFrame, town: str) -> None:
    with_firms = towns[(towns["firms"] > 0) | (towns["area_code"] == town)].sort_values("area_name")
    names = dict(zip(with_firms["area_code"], with_firms["area_name"], strict=True))
    st.session_state["town"] = town
    st.selectbox(
        reader.t("towns.choose"),
        list(names),
        format_func=names.__getitem__,
        key="town",
        label_visibility="collapsed",
        on_change=_choose_named,
        args=(reader,),
    )


def _choose_named(reader: Reader) -> None:
    choose(reader, st.session_state["town"])


def _figures(row: pd.Series, towns: pd.DataFrame, t: Translator) -> list[tuple[str, str, str]]:
    """Return label, figure and what stands beside it."""
    rank = "–" if pd.isna(row["rank"]) else t.number(row["rank"])
    ranked = t("towns.of_ranked", areas=t.number(towns["rank"].count()))
    distance = "–" if pd.isna(row["antenna_km"]) else t("common.km", km=t.number(row["antenna_km"]))
    antenna = "" if pd.isna(row["nearest_antenna"]) else str(row["nearest_antenna"])
    expected = t("towns.of_expected", expected=t.number(row["expected_members"], 1))
    interval = t("towns.between", low=t.number(row["ratio_low"], 2), high=t.number(row["ratio_high"], 2))
    return [
        (t("towns.figure_firms"), t.number(row["firms"]), ""),
        (t("towns.figure_members"), t.number(row["members"]), expected),
        (t("towns.figure_jobs"), t.number(row["jobs_estimate"]), ""),
        (t("towns.figure_ratio"), t.number(row["ratio_shrunk"], 2), interval),
        (t("towns.figure_antenna"), distance, antenna),
        (t("towns.figure_rank"), rank, ranked),
    ]


def _figure(label: str, value: str, beside: str) -> str:
    return (
        f'<div><div class="label">{escape(label)}</div>'
        f'<span class="value">{escape(value)}</span> <span class="beside">{escape(beside)}</span></div>'
    )


def _counted(counts: pd.DataFrame, t: Translator) -> list[tuple[str, str]]:
    """Return names with members and firms, most firms first."""
    ordered = counts.sort_values("firms", ascending=False, kind="stable")
    rows = zip(ordered["area_name"], ordered["members"], ordered["firms"], strict=True)
    return [(name, t("towns.members_of_firms", members=t.number(m), firms=t.number(n))) for name, m, n in rows]


def _name(row: dict[Any, Any], t: Translator) -> str:
    return t("towns.withheld") if pd.isna(row["name"]) else str(row["name"])


def _jobs(row: dict[Any, Any], t: Translator) -> str:
    return t.plural("recruitment.jobs", round(row["jobs_estimate"])) if row["jobs_estimate"] >= 1 else "–"
