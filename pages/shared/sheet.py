"""One town closely: what is expected of it, its firms and members, whom to see there, who is nearest."""

from __future__ import annotations

import dataclasses
import unicodedata
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.figures.areas import short_name
from analytics.sizes import BY_CODE
from analytics.tables import size_label
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
    first = by_missing(towns).head(1)
    return None if first.empty else str(first["area_code"].iloc[0])


def by_missing(towns: pd.DataFrame) -> pd.DataFrame:
    """Return the areas that have a firm: those that miss most members first, then the larger ones that say nothing."""
    return towns[towns["firms"] > 0].sort_values(["rank", "firms"], ascending=[True, False], na_position="last")


def choose(reader: Reader, town: str | None) -> None:
    """Put a town on the sheet; from a widget's callback."""
    address.change(reader.settings, town=town)


def choose_clicked(reader: Reader, customdata: Any) -> None:  # noqa: ANN401 - as the browser sends it
    """Put the town of a clicked point on the sheet."""
    choose(reader, str(customdata[0]))


def list_town(reader: Reader, town: str) -> None:
    """Go to the list of firms to visit, those of a town alone; from a widget's callback."""
    address.change(reader.settings, town=town, town_only=True, cell=None, antenna=None, within_km=None)
    st.session_state["go-to-prospects"] = True


def title(towns: pd.DataFrame, town: str | None, t: Translator) -> str:
    """Return the name of the town."""
    return t("towns.sheet_none") if town is None else str(_row(towns, town)["area_name"])


def detail_title(towns: pd.DataFrame, town: str, t: Translator) -> str:
    """Return the title of the block that lists the town's firms."""
    return t("towns.detail_title", name=title(towns, town, t))


def summary(reader: Reader, towns: pd.DataFrame, town: str | None) -> None:
    """Draw the choice of the town, the sentence on it, its figures and the way to its firms."""
    if town is None:
        return
    t, row = reader.t, _row(towns, town)
    _choice(reader, towns, town)
    sentence = findings.sheet_sentence(row, t, near_km=reader.settings.towns.near_km)
    st.html(f'<div class="finding">{escape(sentence)}</div>')
    blocks.figures(_figures(row, towns, t))
    if not reader.person.may_open("recruitment"):
        return
    st.button(
        t("towns.to_prospects"),
        type="primary",
        width="stretch",
        key="to-prospects",
        on_click=list_town,
        args=(reader, town),
    )
    if st.session_state.pop("go-to-prospects", False):
        st.switch_page("../recruitment.py")


def detail(reader: Reader, town: str) -> None:
    """Draw the town's firms by activity and size, its members, and the largest firms that may be called."""
    t = reader.t
    here = dataclasses.replace(reader, view=dataclasses.replace(reader.view, town=town))
    columns = st.columns(4, gap="medium")
    for column, by in zip(columns[:2], ("segment", "size_class"), strict=True):
        with column:
            blocks.head(t(f"towns.by_{by}"))
            blocks.rows(counted(here.table("town_firms", by=by, language=t.language), t))
    if reader.person.sees_members:
        with columns[2]:
            _members(here)
    if reader.person.sees_prospects:
        with columns[3]:
            _targets(here)


def _members(here: Reader) -> None:
    t, members = here.t, here.table("town_members")
    blocks.head(t.plural("towns.its_members", len(members)))
    blocks.rows([(name_of(row, t), jobs_of(row, t)) for row in members.head(_SHOWN_MEMBERS).to_dict("records")])
    if len(members) > _SHOWN_MEMBERS:
        more = t.plural("common.others", len(members) - _SHOWN_MEMBERS)
        st.html(f'<div class="source">{escape(more)}</div>')


def _targets(here: Reader) -> None:
    t, targets = here.t, here.table("town_targets")
    blocks.head(t("towns.largest_others"))
    blocks.rows([(str(row["name"]), jobs_of(row, t)) for row in targets.to_dict("records")])
    if targets.empty:
        st.html(f'<div class="source">{escape(t("towns.no_target"))}</div>')


def _row(towns: pd.DataFrame, town: str) -> pd.Series:
    return towns[towns["area_code"] == town].iloc[0]


def _choice(reader: Reader, towns: pd.DataFrame, town: str) -> None:
    with_firms = towns[(towns["firms"] > 0) | (towns["area_code"] == town)]
    named = with_firms.assign(short=[short_name(name, longest=80) for name in with_firms["area_name"]])
    named = named.sort_values("short", key=lambda names: names.map(unaccented))
    names = dict(zip(named["area_code"], named["short"], strict=True))
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


def unaccented(text: str) -> str:
    """Return a name in the order of the alphabet: ``Alès`` before ``Alzon``."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _figures(row: pd.Series, towns: pd.DataFrame, t: Translator) -> list[tuple[str, str, str]]:
    """Return label, figure and what stands beside it."""
    is_ranked = pd.notna(row["rank"])
    rank = t.number(row["rank"]) if is_ranked else "–"
    ranked = t("towns.of_ranked", areas=t.number(towns["rank"].count())) if is_ranked else t("towns.rank_none")
    has_ratio = row["verdict"] != "empty"
    ratio = t.number(row["ratio_shrunk"], 2) if has_ratio else "–"
    distance = "–" if pd.isna(row["antenna_km"]) else t("common.km", km=t.number(row["antenna_km"]))
    antenna = "" if pd.isna(row["nearest_antenna"]) else str(row["nearest_antenna"])
    expected = t("towns.of_expected", expected=t.number(row["expected_members"], 1))
    limits = {name: t.number(row[f"ratio_{name}"], 2) for name in ("low", "high")}
    interval = t("towns.between", **limits) if has_ratio else t("towns.no_ratio")
    return [
        (t("towns.figure_firms"), t.number(row["firms"]), ""),
        (t("towns.figure_members"), t.number(row["members"]), expected),
        (t("towns.figure_jobs"), t.number(row["jobs_estimate"]), ""),
        (t("towns.figure_ratio"), ratio, interval),
        (t("towns.figure_antenna"), distance, antenna),
        (t("towns.figure_rank"), rank, ranked),
    ]


def counted(counts: pd.DataFrame, t: Translator) -> list[tuple[str, str]]:
    """Return names with members and firms."""
    rows = zip(counts["area_name"], counts["members"], counts["firms"], strict=True)
    return [(name, t("common.members_of_firms", members=t.number(m), firms=t.number(n))) for name, m, n in rows]


def name_of(row: dict[Any, Any], t: Translator) -> str:
    """Return the name of a member, or that it is withheld."""
    return t("towns.withheld") if pd.isna(row["name"]) else str(row["name"])


def jobs_of(row: dict[Any, Any], t: Translator) -> str:
    """Return the size band of a firm in words."""
    code = str(row["size_code"])
    return t("recruitment.jobs_band", band=size_label(t, code)) if BY_CODE[code].low else "–"
