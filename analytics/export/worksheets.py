"""What every workbook that leaves is made of: cells with real types that never run, tables, pages that print well.

No text of this module is the reader's: titles, headings and notes are handed over in their language.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

import pandas as pd
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from analytics.export.spreadsheet import harmless_cell

Kind = Literal[
    "text",
    "integer",
    "whole",
    "year",
    "decimal",
    "ratio",
    "probability",
    "percent",
    "fine_percent",
    "signed_percent",
    "share",
    "euro",
    "date",
]

# 14 is the format that Excel shows in the reader's own order of day and month.
FORMATS: dict[Kind, str] = {
    "text": "@",
    "integer": "#,##0",
    "whole": "#,##0",
    "year": "0",
    "decimal": "#,##0.0",
    "ratio": "#,##0.00",
    "probability": "0.0000",
    "percent": "0.0%",
    "fine_percent": "0.00%",
    "signed_percent": "+0.0%;-0.0%;0.0%",
    "share": "0.0%",
    "euro": '#,##0" €"',
    "date": "mm-dd-yy",
}
PERCENTAGES: tuple[Kind, ...] = ("percent", "fine_percent", "signed_percent")
LONGEST_TEXT = 32_767
LONGEST_SHEET_NAME = 31
LONGEST_HEADER = 255
LONGEST_PRINTED = 200
NARROWEST, WIDEST = 8.0, 48.0
# Excel's calendar begins there: days before are written as text.
FIRST_DAY = date(1900, 3, 1)
A4 = 9
# The font that a workbook has unless told otherwise: one that a cell names nothing of is another in some programs.
FONT, _LINE_POINTS = "Calibri", 15.0
# More points than this no row has in Excel.
HIGHEST = 405.0
# Neither XML nor Excel has a place for these: controls, halves of surrogate pairs, non-characters.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WORD = re.compile(r"\S+")


class Column(NamedTuple):
    """How a column of a table is shown.

    ``integer`` stores whole numbers; ``whole`` shows them and stores what it is given. Percentages are given in
    percent, 2.2 for 2.2 %, and stored as the share 0.022, as Excel understands a percentage; ``share`` is given as one.
    ``width`` is in characters; None makes it that of the content. ``wrap`` breaks long texts into lines.
    """

    header: str
    kind: Kind = "text"
    width: float | None = None
    wrap: bool = False


class Place(NamedTuple):
    """Where a table stands: its sheet's name, the row of its head, its columns in order, and how many rows it has."""

    sheet: str
    head: int
    columns: tuple[str, ...]
    rows: int

    @property
    def reference(self) -> str:
        """The cells that it takes, its head among them."""
        return f"A{self.head}:{get_column_letter(len(self.columns))}{self.head + self.rows}"


def write_table(
    sheet: Worksheet, table: pd.DataFrame, *, columns: Mapping[str, Column], name: str, head: int = 1
) -> Place:
    """Write a table from the first column of a row on, as an Excel table with filters.

    Parameters
    ----------
    columns
        Which columns of ``table`` are written, in this order, and how.
    name
        By which formulas know the table; each one's own in a workbook.
    head
        The row of the heads. Without a row of data they have filters and no Excel table, which needs one.

    Raises
    ------
    KeyError
        When a column is not in the table.
    ValueError, TypeError
        When a cell of a number or date column holds something else.
    """
    headers = _headers(column.header for column in columns.values())
    for number, (key, column) in enumerate(columns.items(), start=1):
        cells = _cells(table[key], column.kind)
        _write_head(sheet.cell(head, number), headers[number - 1], is_apart=_is_apart(number, column))
        _write_column(sheet, number, cells, column=column, first=head + 1)
        width = column.width if column.width is not None else _width(headers[number - 1], cells, column.kind)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.row_dimensions[head].height = _head_height(sheet, headers)
    if any(column.wrap for column in columns.values()):
        _fit_heights(sheet, table, columns=columns, first=head + 1)
    place = Place(sheet.title, head, tuple(columns), len(table))
    if len(table):
        sheet.add_table(_excel_table(place.reference, name=name))
    else:
        sheet.auto_filter.ref = place.reference
    return place


def font(**look: Any) -> Font:  # noqa: ANN401 - as openpyxl takes it
    """Return a font of the workbook's family."""
    return Font(name=FONT, **{"size": 11, **look})


def write_line(sheet: Worksheet, row: int, texts: Sequence[str], *, look: Font, wrap: bool = False) -> None:
    """Write texts side by side, made safe; the first one in this font.

    Where they are broken into lines, in columns whose width is set before, the row is as high as they need.
    """
    for number, text in enumerate(safe(texts), start=1):
        cell = sheet.cell(row, number)
        write_text(cell, text or "")
        cell.alignment = Alignment(wrap_text=wrap, vertical="top")
        if number == 1:
            cell.font = look
    if wrap and len(texts) > 1:
        # Not every program works it out.
        sizes = sheet.column_dimensions
        widths = [sizes[get_column_letter(number)].width for number in range(1, len(texts) + 1)]
        lines = max(_lines(text, width) for text, width in zip(texts, widths, strict=True))
        sheet.row_dimensions[row].height = _points(lines)


def write_text(cell: Cell, text: str) -> None:
    """Store a text as text: openpyxl would make a formula of ``=1+1`` and an error of ``#N/A``."""
    cell.value = text
    cell.data_type = "s"


def set_page(sheet: Worksheet, *, title: str, foot: str = "") -> None:
    """Make a sheet print on A4, as wide as the paper: its title above, ``foot`` and the page's number below."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.left.text = _printed(title)
    sheet.oddFooter.left.text = _printed(foot) or None
    sheet.oddFooter.right.text = "&P / &N"


def sanitised_sheet_name(name: str, *, fallback: str) -> str:
    """Return a name that Excel accepts: no ``[]:*?/\\``, no apostrophe at its ends, 1 to 31 characters."""
    text = re.sub(r"[\[\]:*?/\\\n\r\t]+", " ", _ILLEGAL.sub("", name))
    text = _cut(re.sub(r"\s+", " ", text).strip().strip("'"), LONGEST_SHEET_NAME).strip().strip("'")
    # Excel keeps this name for itself.
    return text if text and text.lower() != "history" else fallback


def sheet_names(*names: str) -> list[str]:
    """Return names that Excel accepts and tells apart, whatever their letters' case."""
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        one, taken = sanitised_sheet_name(name, fallback=str(number)), {other.lower() for other in found}
        found.append(one if one.lower() not in taken else f"{one[: LONGEST_SHEET_NAME - 4]} ({number})")
    return found


def clean(text: str) -> str:
    """Return a text without what neither XML nor Excel has a place for."""
    return _ILLEGAL.sub("", text)


def safe(values: Iterable[object]) -> list[str | None]:
    """Return texts that can be stored and are never run; an empty one is null."""
    return [_safe_text(value) for value in values]


def _safe_text(value: object) -> str | None:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    text = harmless_cell(clean(str(value)))
    return _cut(str(text), LONGEST_TEXT) or None


def _printed(text: str) -> str:
    # In what is printed above and below, & begins a code; what both together may hold is limited.
    return _cut(clean(text).replace("\n", " "), LONGEST_PRINTED).replace("&", "&&")


def _write_column(sheet: Worksheet, number: int, cells: list[Any], *, column: Column, first: int) -> None:
    """Write a column under its head; one cell is styled and the others take its style, which is ten times faster."""
    style = None
    for row, value in enumerate(cells, start=first):
        if value is None:
            continue
        cell = sheet.cell(row, number)
        if isinstance(value, str):
            write_text(cell, value)
        else:
            cell.value = value
        if style is None:
            # A date that is text in this column has no use for the format of dates, and none of harm.
            cell.number_format = FORMATS[column.kind]
            cell.alignment = _alignment(wrap=column.wrap, is_apart=_is_apart(number, column))
            style = cell._style
        cell._style = style


def _fit_heights(sheet: Worksheet, table: pd.DataFrame, *, columns: Mapping[str, Column], first: int) -> None:
    for row, values in enumerate(table.to_dict("records"), start=first):
        lines = max(_lines(str(values[key] or ""), column.width or WIDEST) for key, column in columns.items())
        sheet.row_dimensions[row].height = _points(lines)


def _excel_table(reference: str, *, name: str) -> Table:
    table = Table(displayName=name, name=name, ref=reference)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False, showColumnStripes=False)
    return table


def _write_head(cell: Cell, text: str, *, is_apart: bool) -> None:
    write_text(cell, text)
    cell.font = font(bold=True)
    cell.border = Border(top=Side(style="medium"), bottom=Side(style="thin"))
    cell.alignment = _alignment(wrap=True, is_apart=is_apart)


def _alignment(*, wrap: bool, is_apart: bool) -> Alignment:
    # What is not said to be on the left is not set off from it.
    side = "left" if is_apart else None
    return Alignment(vertical="top", wrap_text=wrap or None, horizontal=side, indent=int(is_apart))


def _is_apart(number: int, column: Column) -> bool:
    """Return whether a column is set off from what is left of it: its texts would touch that column's numbers."""
    return column.kind == "text" and number > 1


def _head_height(sheet: Worksheet, headers: Sequence[str]) -> float:
    """Return the height in points of the heads' lines, which not every program works out."""
    lines = 1
    for number, header in enumerate(headers, start=1):
        # The arrow of the filter takes room.
        lines = max(lines, _lines(header, sheet.column_dimensions[get_column_letter(number)].width - 2))
    return _points(lines) + 1


def _points(lines: int) -> float:
    return min(_LINE_POINTS * lines, HIGHEST)


def _lines(text: str, width: float) -> int:
    return max(len(textwrap.wrap(text, max(round(width), 1), break_long_words=False)), 1)


def _headers(texts: Iterable[str]) -> list[str]:
    """Return the heads, which an Excel table wants on one line, filled, and each different from the others."""
    # Not the narrow spaces of French, which are no breaks.
    lines = [re.sub(r"[ \t\r\n\v\f]+", " ", text).strip(" ") for text in texts]
    heads: list[str] = []
    for number, text in enumerate(safe(lines), start=1):
        head = _cut(text or str(number), LONGEST_HEADER - 8)
        taken = {other.lower() for other in heads}
        heads.append(head if head.lower() not in taken else f"{head} ({number})")
    return heads


def _cells(column: pd.Series, kind: Kind) -> list[Any]:
    """Return the values as they are written, None where null."""
    if kind == "text":
        return safe(column)
    special: dict[Kind, Callable[[Any], Any]] = {
        **dict.fromkeys(("integer", "year"), lambda value: round(float(value))),
        **dict.fromkeys(PERCENTAGES, lambda value: float(value) / 100),
        "date": _day,
    }
    convert = special.get(kind, float)
    return [None if _is_nothing(value) else convert(value) for value in column.astype("object")]


def _is_nothing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not math.isfinite(value))


def _day(value: date | str) -> date | str:
    day = pd.Timestamp(value).date()
    return day if day >= FIRST_DAY else day.isoformat()


def _cut(text: str, limit: int) -> str:
    """Cut a text to what Excel counts as ``limit`` characters: units of UTF-16."""
    if 2 * len(text) <= limit:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    return units[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore") + "…"


def _width(header: str, cells: Sequence[Any], kind: Kind) -> float:
    """Return the width of the content in characters, within bounds; the head wraps, its longest word does not."""
    longest_word = max((len(word) for word in _WORD.findall(header)), default=0)
    longest = max((_length(cell, kind) for cell in cells if cell is not None), default=0)
    # Room for the arrow of the filter beside the head's word.
    return min(max(float(longest_word + 4), longest + 2.0, NARROWEST), WIDEST)


def _length(cell: str | float | date, kind: Kind) -> int:
    if isinstance(cell, str):
        return max(len(line) for line in cell.split("\n"))
    if isinstance(cell, date):
        return 10
    if "percent" in kind or kind == "share":
        return len(f"{100 * cell:.1f}%")
    decimals = {"decimal": 1, "ratio": 2, "probability": 4}.get(kind, 0)
    return len(f"{cell:,.{decimals}f}") + (2 if kind == "euro" else 0)
