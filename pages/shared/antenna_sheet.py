"""One antenna closely: whom it reaches, what only it reaches, its load, its territory; and what each is worth."""

from __future__ import annotations

import dataclasses
from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from analytics.figures.bars import ranked_bars
from analytics.tables import READS
from analytics.text import coverage_findings as findings
from pages.shared import address, blocks, reach, sheet
from pages.shared.loaders import Reader

_SHOWN = 8


def chosen(reader: Reader) -> str | None:
    """Return the antenna of the view, else the one that the network would miss most; None where there is none."""
    antennas = reader.table("coverage").iloc[:-1]
    if reader.view.antenna in set(antennas["antenna"]):
        return reader.view.antenna
    first = antennas.sort_values(["firms_lost_if_closed", "firms"], ascending=False, kind="stable").head(1)
    return None if first.empty else str(first["antenna"].iloc[0])


def worth(reader: Reader, antenna: str | None, *, alt: str) -> None:
    """Draw what each antenna alone reaches; a click opens its sheet."""
    rows = reader.table("coverage").iloc[:-1]
    if rows.empty:
        return
    draw = partial(_worth_bars, reader, rows, antenna)
    figure = reader.figure(f"worth-{antenna}", draw, reads=READS["coverage"])
    blocks.chart(figure, name="worth", kind="bars", alt=alt, on_click=partial(reach.choose, reader))


def title(reader: Reader, antenna: str) -> str:
    """Return what the antenna has to look after."""
    return findings.sheet_title(_row(_whole(reader).table("territories"), antenna), reader.t)


def show(reader: Reader, antenna: str) -> None:
    """Draw the sheet of an antenna, the ways to its towns and to whom to recruit there, and its territory."""
    reader = _whole(reader)
    left, middle, right = st.columns([5, 4, 5], gap="large")
    with left:
        _summary(reader, antenna)
    with middle:
        _firms(reader, antenna)
        _towns(reader, antenna)
    with right:
        _members(reader, antenna)


def _summary(reader: Reader, antenna: str) -> None:
    _choice(reader, antenna)
    territory = _row(reader.table("territories"), antenna)
    blocks.figures(_figures(reader, antenna, territory))
    with st.container(horizontal=True, key="antenna-links"):
        for name, page in (("to_towns", "towns"), ("to_prospects", "recruitment")):
            st.button(
                reader.t(f"coverage.{name}"),
                type="primary" if name == "to_towns" else "secondary",
                key=f"antenna-{name}",
                on_click=_go,
                args=(reader, antenna, page),
            )
    page = st.session_state.pop("go-to", None)
    if page is not None:
        st.switch_page(f"../{page}.py")


def _firms(reader: Reader, antenna: str) -> None:
    """Draw the firms of the territory by activity."""
    segments = _around(reader, antenna).table("town_firms", by="segment", language=reader.t.language)
    blocks.head(reader.t("coverage.sheet_segments"))
    blocks.rows(sheet.counted(segments.sort_values("firms", ascending=False), reader.t))


def _members(reader: Reader, antenna: str) -> None:
    """Draw the largest members of the territory."""
    members = _around(reader, antenna).table("town_members").head(_SHOWN)
    blocks.head(reader.t("coverage.sheet_members_head"))
    blocks.rows([(sheet.name_of(row, reader.t), sheet.jobs_of(row, reader.t)) for row in members.to_dict("records")])


def _towns(reader: Reader, antenna: str) -> None:
    """Draw the towns of the territory where members are missing."""
    t, towns = reader.t, _around(reader, antenna).table("under_covered_towns")
    blocks.head(t("coverage.sheet_towns"))
    missing = [findings.missing_members(value, t) for value in towns["members_missing"]]
    blocks.rows(list(zip(towns["area_name"], missing, strict=True))[:_SHOWN])
    if towns.empty:
        st.html(f'<div class="source">{escape(t("coverage.sheet_towns_none"))}</div>')


def _whole(reader: Reader) -> Reader:
    """Return the reader as one who chose no department: the sheet is of the whole antenna, as that of a town is."""
    return dataclasses.replace(reader, view=dataclasses.replace(reader.view, departments=()))


def _around(reader: Reader, antenna: str) -> Reader:
    """Return the reader as one who looks at the antenna's territory closely."""
    return dataclasses.replace(
        reader, view=dataclasses.replace(reader.view, level="antenna", town=antenna, antenna=antenna)
    )


def _row(table: pd.DataFrame, antenna: str) -> pd.Series:
    return table[table["antenna"] == antenna].iloc[0]


def _choice(reader: Reader, antenna: str) -> None:
    st.session_state["antenna-sheet"] = antenna
    st.selectbox(
        reader.t("coverage.sheet_choose"),
        reader.table("coverage")["antenna"].iloc[:-1].tolist(),
        key="antenna-sheet",
        label_visibility="collapsed",
        on_change=_choose,
        args=(reader,),
    )


def _choose(reader: Reader) -> None:
    reach.choose(reader, [st.session_state["antenna-sheet"]])


def _go(reader: Reader, antenna: str, page: str) -> None:
    narrowed = {"within_km": None, "town": None, "town_only": False, "cell": None}
    address.change(reader.settings, antenna=antenna, level="epci", **narrowed)
    st.session_state["go-to"] = page


def _figures(reader: Reader, antenna: str, territory: pd.Series) -> list[tuple[str, str, str]]:
    """Return label, figure and what stands beside it."""
    t, row = reader.t, _row(reader.table("coverage"), antenna)
    load, access = territory["firms_per_staff"], territory["staff_per_1000_firms"]
    return [
        (t("coverage.figure_reach"), t.number(row["firms"]), ""),
        (t("coverage.figure_only"), t.number(row["firms_only_here"]), t("coverage.figure_only_beside")),
        (t("coverage.figure_members_reach"), t.number(row["members"]), ""),
        (t("coverage.figure_population"), t.number(row["population"]), ""),
        (t("coverage.figure_load"), _or_dash(load, t.number), findings.load_beside(territory, t)),
        (t("coverage.figure_access"), _or_dash(access, t.tenths), t("coverage.figure_access_beside")),
    ]


def _or_dash(value: float, shown: object) -> str:
    return "–" if pd.isna(value) else shown(value)  # type: ignore[operator, no-any-return]


def _worth_bars(reader: Reader, rows: pd.DataFrame, antenna: str | None) -> object:
    t = reader.t
    ordered = rows.sort_values(["firms_lost_if_closed", "firms"], ascending=False, kind="stable")
    lost = [t.number(firms) for firms in ordered["firms_lost_if_closed"]]
    hovers = [
        t("coverage.worth_hover", lost=only, firms=t.number(firms))
        for only, firms in zip(lost, ordered["firms"], strict=True)
    ]
    bars = pd.DataFrame(
        {
            "key": ordered["antenna"],
            "name": ordered["antenna"],
            "detail": None,
            "value": ordered["firms_lost_if_closed"],
            "value_text": lost,
            "hover": hovers,
        }
    )
    return ranked_bars(bars, role="ours", selected=antenna, palette=blocks.slots(), language=t.language)
