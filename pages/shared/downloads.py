"""A table as a file that says where it comes from."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable

import pandas as pd
import streamlit as st

from analytics.export import provenance
from analytics.export.spreadsheet import harmless
from analytics.text.characters import one_line
from pages.shared import access
from pages.shared.loaders import Reader

# As many as the finest of the columns tells something with.
DECIMALS = 4


def button(
    reader: Reader,
    table: pd.DataFrame | Callable[[], pd.DataFrame],
    *,
    name: str,
    title: str,
    recorded: str | None = None,
) -> None:
    """Offer ``table``, or what makes it, as CSV; it is made and written when asked for.

    ``recorded`` is what the audit log calls a file that staff alone may take.
    """

    def made() -> bytes:
        return content(reader, table() if callable(table) else table, title=title)

    st.download_button(
        reader.t("common.download"),
        data=access.allowed(made) if recorded is None else access.guarded(recorded, made),
        file_name=file_name(reader, name),
        mime="text/csv",
        type="tertiary",
        on_click="ignore",
        key=f"download-{name}",
    )


def file_name(reader: Reader, name: str, *, suffix: str = ".csv", about: str | None = None) -> str:
    """Return a name that tells what, about which place if one, of which day, and whether it is a demonstration."""
    day = f"{reader.snapshot.built_at:%Y-%m-%d}"
    parts = [reader.settings.cluster.name, reader.t(f"common.file_{name}"), *([about] if about else []), day]
    if reader.snapshot.is_demo:
        parts.append(reader.t("common.file_demo"))
    return "_".join(_slug(part) for part in parts) + suffix


def content(reader: Reader, table: pd.DataFrame, *, title: str) -> bytes:
    """Return the CSV: lines on source, date and selection, then the table with headers in the reader's language.

    French spreadsheets want ``;`` and decimal commas; both languages get the mark by which they recognise UTF-8.
    """
    t = reader.t
    french = t.language == "fr"
    lines = [title, *provenance.lines(reader)]
    out = io.StringIO()
    out.writelines(f"# {one_line(line)}\n" for line in lines)
    named = table.rename(columns=lambda column: t(f"common.column_{column}"))
    decimals = dict.fromkeys(named.select_dtypes("number").columns, DECIMALS)
    harmless(named.round(decimals)).to_csv(out, index=False, sep=";" if french else ",", decimal="," if french else ".")
    return out.getvalue().encode("utf-8-sig")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9-]+", "-", plain).strip("-").lower()
