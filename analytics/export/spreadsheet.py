"""Tables whose text a spreadsheet shows and never runs."""

from __future__ import annotations

import pandas as pd

# A spreadsheet runs a cell that begins with one of these, in some languages written twice as wide too.
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its text cells made safe to open; numbers and dates are left as they are.

    Text that a spreadsheet would run as a formula is preceded by an apostrophe (OWASP, "CSV Injection"), and a carriage
    return becomes a line feed: CSV writers do not quote a lone one, which readers take for the end of a row.
    """
    text = table.select_dtypes(include=["object", "str", "category"]).columns
    return table.assign(**{name: table[name].astype("object").map(harmless_cell) for name in text})


def harmless_cell(cell: object) -> object:
    """Return one cell made safe in the same way."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_csv(rows: pd.DataFrame) -> bytes:
    """Return a table as CSV (comma, UTF-8, header, nulls empty), harmless in a spreadsheet.

    Text that a spreadsheet would run as a formula is preceded by an apostrophe, and a carriage return in a text becomes
    a line feed; numbers are left as they are.
    """
    return harmless(rows).to_csv(index=False, lineterminator="\n").encode()
