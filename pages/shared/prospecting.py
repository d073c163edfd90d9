"""The list of firms to call: its order, its first rows, and the files with all of them."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics import tables
from analytics.export import provenance
from analytics.export.workbook import Column, list_workbook
from analytics.text import Translator
from analytics.view import ORDERS
from pages.shared import access, address, downloads, model
from pages.shared.loaders import Reader

# A year's visits, within what a screen can hold.
FEWEST_SHOWN, MOST_SHOWN = 60, 240
_ROW_PX = 38
_ON_SCREEN = ["name", "commune_name", "segment_name", "size_label", "score", "why"]
_WIDTHS = {"name": 255, "commune_name": 155, "segment_name": 160, "size_label": 95, "why": 505}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = {
    "jobs_estimate": "decimal",
    "score": "decimal",
    "antenna_km": "decimal",
    "created_on": "date",
    "left_on": "date",
}
_IN_FILES = [
    "siren",
    "name",
    "commune_name",
    "department_code",
    "segment_name",
    "size_label",
    "jobs_estimate",
    "category",
    "created_on",
    "nearest_antenna",
    "antenna_km",
    "score",
    *tables.REASONS,
    "left_on",
]


def title(reader: Reader, plan: pd.Series) -> str:
    """Say how many firms are listed, and how many of them are shown."""
    t, listed, shown = reader.t, int(plan["listed"]), shown_rows(plan)
    if listed <= shown:
        return t.plural("recruitment.list_all", listed) if listed else t("recruitment.list_none")
    return t("recruitment.list_first", shown=t.number(shown), listed=t.number(listed))


def shown_rows(plan: pd.Series) -> int:
    """Return how many firms are shown."""
    return min(max(int(plan["visits"]), FEWEST_SHOWN), MOST_SHOWN)


def subtitle(reader: Reader, quality: dict[str, Any] | None) -> str:
    """Say what the list holds and what it leaves out; without a model, why it is not ranked by resemblance."""
    t = reader.t
    about = t("recruitment.list_subtitle")
    return escape(about if quality else f"{model.why_none(reader)} {about}")


def order(reader: Reader, quality: dict[str, Any] | None) -> None:
    """Draw the choice of the order; without a score there is one."""
    if quality is None:
        return
    st.session_state["order"] = reader.view.order
    st.segmented_control(
        reader.t("recruitment.order"),
        ORDERS,
        format_func=lambda name: reader.t(f"recruitment.order_{name}"),
        key="order",
        on_change=_set_order,
        args=(reader,),
        required=True,
    )


def listed(reader: Reader, plan: pd.Series) -> None:
    """Draw the first firms."""
    t = reader.t
    rows = reader.table("prospects_in_full", limit=shown_rows(plan), language=t.language)
    if rows.empty:
        return
    why = [_why(row, t) for row in rows[["left_on", *tables.REASONS]].to_dict("records")]
    headers = {name: t(f"common.column_{name}") for name in _ON_SCREEN}
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(headers[name], width=width) for name, width in _WIDTHS.items()
    }
    columns["score"] = st.column_config.ProgressColumn(
        headers["score"], format="%.0f", min_value=0, max_value=100, width=110, color="primary"
    )
    shown = [name for name in _ON_SCREEN if rows["score"].notna().any() or name not in ("score", "why")]
    st.dataframe(
        rows.assign(why=why)[shown],
        hide_index=True,
        row_height=_ROW_PX,
        height=_ROW_PX * 13 if len(rows) > 12 else "content",
        column_config=columns,
        placeholder="–",
        key="prospects",
    )


def _why(row: dict[Hashable, Any], t: Translator) -> str:
    """Return the reasons of a firm in a line; that it was a member once goes before them."""
    left = row["left_on"]
    once = [] if pd.isna(left) else [t("recruitment.was_member", year=str(left.year))]
    return " · ".join([*once, *(row[name] for name in tables.REASONS if isinstance(row[name], str))])


def files(reader: Reader, plan: pd.Series) -> None:
    """Offer the whole list as a workbook and as CSV; each is written when asked for."""
    if not plan["listed"] or not reader.person.may("export"):
        return
    heading = reader.t.plural("recruitment.list_all", int(plan["listed"]))
    with st.container(horizontal=True, key="tools-prospects"):
        st.download_button(
            reader.t("common.download_workbook"),
            data=access.guarded("export_prospects", lambda: workbook(reader, heading)),
            file_name=downloads.file_name(reader, "prospects", suffix=".xlsx"),
            mime=_XLSX,
            type="tertiary",
            on_click="ignore",
            key="download-prospects-xlsx",
        )
        title = reader.t("recruitment.file_title")
        downloads.button(reader, lambda: _all(reader), name="prospects", title=title, recorded="export_prospects")


def workbook(reader: Reader, heading: str) -> bytes:
    """Return the whole list as an Excel workbook with a sheet of definitions and sources."""
    t, rows = reader.t, _all(reader)
    columns = {name: Column(t(f"common.column_{name}"), _KINDS.get(name, "text")) for name in rows.columns}
    named = {name: t(f"recruitment.definition_{name}") for name in ("jobs_estimate", "score", "reason_1", "antenna_km")}
    meaning = [(columns[name].header, text) for name, text in named.items()]
    return list_workbook(
        rows,
        title=t("recruitment.file_title"),
        columns=columns,
        notes=[heading, *provenance.lines(reader)],
        definitions=[*meaning, (t("recruitment.left_out"), t("recruitment.definition_left_out"))],
        sources=provenance.licences(reader),
        sheet_name=t("recruitment.sheet_list"),
        notes_name=t("recruitment.sheet_notes"),
        definitions_heading=t("recruitment.definitions"),
        sources_heading=t("recruitment.sources"),
    )


def _all(reader: Reader) -> pd.DataFrame:
    access.refuse_names("prospects_in_full", reader.person)
    # Not kept: it is long, and asked for once.
    return tables.prospects_in_full(reader.snapshot, reader.view, reader.settings, language=reader.t.language)[
        _IN_FILES
    ]


def _set_order(reader: Reader) -> None:
    address.change(reader.settings, order=st.session_state["order"])
