"""The matrix of activities and sizes, what the upper quartile would add, and the firms next to a step of size."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.figures.matrix import white_space
from analytics.sizes import SIZE_CLASSES
from analytics.tables import READS, quartile_totals
from analytics.text import Translator
from analytics.text import recruitment_findings as findings
from pages.shared import address, blocks
from pages.shared.loaders import Reader

_COLUMNS = [
    "segment_name",
    "size_name",
    "firms",
    "members",
    "firm_penetration_pct",
    "expected_members",
    "members_missing",
    "target_pct",
    "added_members",
    "added_jobs",
    "added_dues_eur",
]


def matrix(reader: Reader, cells: pd.DataFrame, *, alt: str) -> None:
    """Draw the cells that have a firm; a click on one lists its firms, a second click all of them again."""
    t, view = reader.t, reader.view
    present = set(cells["segment"]), set(cells["size_class"])
    segments = {k: name for k, name in reader.settings.segment_names(t.language).items() if k in present[0]}
    look = {"segments": segments, "selected": view.cell, "palette": blocks.slots(), "language": t.language}
    if cells.empty:
        return
    for name, heads in (("wide", "column"), ("narrow", "short")):
        sizes = {key: t(f"recruitment.{heads}_{key}") for key in SIZE_CLASSES if key in present[1]}
        with st.container(key=f"only-{name}-matrix"):
            draw = partial(white_space, cells, sizes=sizes, narrow=name == "narrow", **look)
            figure = reader.figure(f"matrix-{name}", draw, reads=(*READS["white_space"], "cell"))
            blocks.chart(figure, name=f"matrix-{name}", kind="matrix", alt=alt, on_click=partial(choose, reader))


def quartile(cells: pd.DataFrame, t: Translator) -> None:
    """Say what bringing every cell to the upper quartile would add."""
    sums = quartile_totals(cells).iloc[0]
    sentence = findings.upper_quartile_sentence(
        t, members=sums["added_members"], jobs=sums["added_jobs"], fees=sums["added_dues_eur"]
    )
    st.html(f'<div class="finding">{escape(sentence)}</div>')


def table(cells: pd.DataFrame, t: Translator) -> pd.DataFrame:
    """Return the table behind the matrix."""
    return cells.assign(size_name=[t(f"size.class_{key}") for key in cells["size_class"]])[_COLUMNS]


def step_rows(rows: pd.DataFrame, t: Translator) -> list[tuple[str, str]]:
    """Return the bands next to a step, with members and firms."""
    near = rows.dropna(subset=["step"])
    return [
        (
            t("recruitment.step_line", category=row["category"], size=row["size_label"], step=row["step"]),
            t("common.members_of_firms", members=t.number(row["members"]), firms=t.number(row["firms"])),
        )
        for row in near.to_dict("records")
    ]


def choose(reader: Reader, customdata: Any) -> None:  # noqa: ANN401 - as the browser sends it
    """List the firms of a clicked cell, or of all where it was chosen already."""
    clicked = (str(customdata[0]), str(customdata[1]))
    chosen = address.view(reader.settings).cell
    address.change(reader.settings, cell=None if chosen == clicked else clicked)
