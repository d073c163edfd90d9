"""Heads and kinds of the house's columns, as files and slides show them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from analytics.export.workbook import Column, Kind
from analytics.text import Translator

# A tenth tells something of these; other numbers without a fraction are whole.
_DECIMALS = {
    "expected_members",
    "members_missing",
    "ratio",
    "ratio_shrunk",
    "ratio_low",
    "ratio_high",
    "antenna_km",
    "mean_km",
    "recruits",
    "members_per_staff",
    "staff",
}
# A year is no quantity: no space between its thousands.
_PLAIN = {"year"}
_UNIT = re.compile(r"(, ?| ?\(|,\u202f)%\)?$")


def columns(table: pd.DataFrame, names: Iterable[str], t: Translator) -> dict[str, Column]:
    """Return how the named columns of a result table are shown, in this order."""
    return {name: Column(header(name, t), kind(table, name)) for name in names}


def header(name: str, t: Translator) -> str:
    """Return the head of a column; a percentage's unit is in its cells, so not in its head."""
    return _UNIT.sub("", t(f"common.column_{name}"))


def kind(table: pd.DataFrame, name: str) -> Kind:
    """Return what a column holds, by its name and its type."""
    if not pd.api.types.is_numeric_dtype(table[name]) or name in _PLAIN:
        return "text"
    if name.endswith("_pct"):
        return "percent"
    if name == "eur" or name.endswith("_eur"):
        return "euro"
    return "decimal" if name in _DECIMALS else "integer"


def shown(value: Any, kind: Kind, t: Translator) -> str:  # noqa: ANN401 - a cell of any column
    """Return a cell as it is written on slides and on paper; a dash where there is nothing."""
    if pd.isna(value):
        return "–"
    if kind == "text":
        return str(value)
    if kind == "date":
        return t.day(pd.Timestamp(value).date())
    number = float(value)
    if kind == "percent":
        return t.percent(number)
    if kind == "euro":
        return t("export.euro", amount=t.number(number))
    return t.number(number, 1) if kind == "decimal" else t.number(number)
