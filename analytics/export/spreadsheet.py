"""Text cells that a spreadsheet shows and never runs."""

from __future__ import annotations

import pandas as pd

# A spreadsheet runs a cell that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\n")


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its text cells made safe to open; numbers and dates are left as they are.

    Text that a spreadsheet would run as a formula is preceded by an apostrophe (OWASP, "CSV Injection"), and a carriage
    return becomes a line feed: CSV writers do not quote a lone one, which readers take for the end of a row.
    """
    text = table.select_dtypes(include=["object", "str", "category"]).columns
    return table.assign(**{name: table[name].astype("object").map(_harmless_cell) for name in text})


def _harmless_cell(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
