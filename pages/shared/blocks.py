"""Blocks of a page: a rule, a finding, what it rests on, a figure; its table and its file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.figures.palette import Palette, from_template
from pages.shared import access, address, downloads, guards
from pages.shared.loaders import Reader, texts

# To what numbers are shown, where that is not to the unit, or to a tenth of a percent.
_STEPS = {
    **dict.fromkeys(("expected_members", "members_missing", "added_members", "score"), 0.1),
    **dict.fromkeys(("added_demand", "threshold", "staff"), 0.1),
    **dict.fromkeys(("firms_per_staff", "members_per_staff", "staff_per_1000_firms"), 0.1),
    **dict.fromkeys(("ratio_shrunk", "ratio_low", "ratio_high", "ratio", "ratio_low_95", "ratio_high_95"), 0.01),
    **dict.fromkeys(("p_value", "q_value"), 0.0001),
    **dict.fromkeys(("recruits", "members_alone", "years"), 0.1),
    "member_share_pct": 0.01,
}
_YEARS = ("year", "first_year", "last_year")
# Of a longer table a reader scrolls no further, and every rerun would send it whole; the file has all of it.
TWIN_ROWS = 200
CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "doubleClick": False}


@contextmanager
def block(name: str, title: str, subtitle: str = "") -> Iterator[None]:
    """Open a block; ``title`` is plain text, ``subtitle`` HTML made here (see ``dots``)."""
    with st.container(key=f"blk-{name}", gap="xsmall"):
        # The level below the title: a screen reader that walks by headings misses none.
        st.header(guards.plain(title), anchor=False)
        if subtitle:
            st.html(f'<div class="sub">{subtitle}</div>')
        yield


def title(text: str) -> None:
    """Draw the page's title: a sentence with its figures."""
    st.title(guards.plain(text), anchor=False)


def dot(role: str, text: str, *, strong: bool = True, is_band: bool = False) -> str:
    """Return a word of a key, with its dot, or square for a band: ``gap``, ``ours``, ``neutral``, ``ring``..."""
    kind = "dot band" if is_band else "dot"
    look = 'class="dot ring"' if role == "ring" else f'class="{kind}" style="background:var(--{role})"'
    word = f"<b>{escape(text)}</b>" if strong else escape(text)
    return f'<span style="white-space:nowrap"><span {look}></span>{word}</span>'


@cache
def slots() -> Palette:
    """Return the colours that the browser swaps for those of its theme."""
    return from_template("streamlit")


def chart(
    figure: object,
    *,
    name: str,
    alt: str,
    kind: str | None = None,
    height: int | str = "content",
    on_click: Callable[[Any], None] | None = None,
) -> None:
    """Draw a figure; the theme is in its key, so that a change of theme shows at the next interaction.

    ``alt`` is the finding that the figure shows, and ``kind`` what it is: a ``map``, ``bars``, a ``curve``, as the
    catalogues name them. ``on_click`` is called with the ``customdata`` of the point that a reader clicked.
    """
    key = f"chart-{name}-{st.context.theme.type}"
    if kind is not None:
        t = texts(address.language())
        alt = t("access.alt", kind=t(f"access.kind_{kind}"), finding=alt)
    look: dict[str, Any] = {"theme": "streamlit", "config": CONFIG, "alt": alt, "height": height, "key": key}
    if on_click is not None:
        look |= {"on_select": partial(_clicked, key, on_click), "selection_mode": "points"}
    st.plotly_chart(figure, **look)


def _clicked(key: str, on_click: Callable[[Any], None]) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata") is not None:
        on_click(points[0]["customdata"])


def tools(reader: Reader, table: pd.DataFrame, *, name: str, title: str) -> None:
    """Offer the table behind a figure, to read and to keep."""
    with st.container(horizontal=True, key=f"tools-{name}"):
        _behind(reader, table, name=name)
        downloads.button(reader, table, name=name, title=title)


@st.fragment
def _behind(reader: Reader, table: pd.DataFrame, *, name: str) -> None:
    """Show the table once it is asked for: nobody waits for those that stay closed, and no other part runs again."""
    opened = st.popover(reader.t("common.see_table"), type="tertiary", key=f"table-popover-{name}", on_change="rerun")
    if not opened.open:
        return
    with opened, guards.one_sentence(reader.t.language):
        access.refuse_strangers()
        twin(reader, table.head(TWIN_ROWS), name=name)
        if len(table) > TWIN_ROWS:
            more = reader.t("common.twin_rows", shown=reader.t.number(TWIN_ROWS), rows=reader.t.number(len(table)))
            st.html(f'<div class="source">{escape(more)}</div>')


def twin(reader: Reader, table: pd.DataFrame, *, name: str, width: int | str = 1180) -> None:
    """Draw a table: headers in the reader's language, numbers in the browser's."""
    config = {column: _column(reader, table, column) for column in table.columns}
    # Streamlit cuts a number to the step of its column.
    decimals = {name: -round(math.log10(_step(name))) for name in table.select_dtypes("number").columns}
    st.dataframe(
        table.round(decimals),
        hide_index=True,
        row_height=38,
        height="content",
        width=width,
        column_config=config,
        placeholder="–",
        key=f"table-{name}",
    )


def _column(reader: Reader, table: pd.DataFrame, column: str) -> object:
    label = reader.t(f"common.column_{column}")
    if not pd.api.types.is_numeric_dtype(table[column]):
        return st.column_config.TextColumn(label)
    # A year is no quantity: no space between its thousands.
    look = "%d" if column in _YEARS else "localized"
    return st.column_config.NumberColumn(label, format=look, step=_step(column))


def _step(column: str) -> float:
    return _STEPS.get(column, 0.1 if column.endswith("_pct") else 1)


def figures(cards: list[tuple[str, str, str]]) -> None:
    """Draw figures in two columns: label, figure, and what stands beside it; text, whatever they hold."""
    drawn = "".join(
        f'<div><div class="label">{escape(label)}</div>'
        f'<span class="value">{escape(value)}</span> <span class="beside">{escape(beside)}</span></div>'
        for label, value, beside in cards
    )
    st.html(f'<div class="sheet">{drawn}</div>')


def head(text: str) -> None:
    """Draw the heading of a part of a block."""
    st.html(f'<div class="head" role="heading" aria-level="3">{escape(text)}</div>')


def rows(pairs: list[tuple[str, str]]) -> None:
    """Draw a short list of names and figures, with hairlines between; names are text, whatever they hold."""
    listed(
        f'<span>{escape(name[:1].upper() + name[1:])}</span><span class="n">{escape(figure)}</span>'
        for name, figure in pairs
    )


def listed(lines: Iterable[str]) -> None:
    """Draw lines of HTML made here with hairlines between, as the list that they are; nothing where there is none."""
    items = "".join(f'<div role="listitem">{line}</div>' for line in lines)
    if items:
        st.html(f'<div class="rows" role="list">{items}</div>')
