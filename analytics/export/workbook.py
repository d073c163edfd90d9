"""A list as an Excel workbook: real types, a table with filters, and a second sheet that says what it is.

No text of this module is the reader's: titles, headings and notes are handed over in their language.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from analytics.export.spreadsheet import harmless

Kind = Literal["text", "integer", "decimal", "percent", "euro", "date"]

# 14 is the format that Excel shows in the reader's own order of day and month.
FORMATS: dict[Kind, str] = {
    "text": "@",
    "integer": "#,##0",
    "decimal": "#,##0.0",
    "percent": "0.0%",
    "euro": '#,##0" €"',
    "date": "mm-dd-yy",
}
LONGEST_TEXT = 32_767
LONGEST_SHEET_NAME = 31
LONGEST_HEADER = 255
LONGEST_PRINTED = 200
NARROWEST, WIDEST = 8.0, 48.0
# Excel's calendar begins there: days before are written as text.
FIRST_DAY = date(1900, 3, 1)
A4 = 9
# Neither XML nor Excel has a place for these: controls, halves of surrogate pairs, non-characters.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WORD = re.compile(r"\S+")


class Column(NamedTuple):
    """How a column of the list is shown.

    ``percent`` takes percentages, 2.2 for 2.2 %, and stores the share 0.022, as Excel understands a percentage.
    ``width`` is in characters; None makes it that of the content.
    """

    header: str
    kind: Kind = "text"
    width: float | None = None


def list_workbook(
    table: pd.DataFrame,
    *,
    title: str,
    columns: Mapping[str, Column],
    notes: Sequence[str],
    definitions: Sequence[tuple[str, str]],
    sources: Sequence[tuple[str, str]],
    sheet_name: str,
    notes_name: str,
    definitions_heading: str = "",
    sources_heading: str = "",
) -> bytes:
    """Return a list as an XLSX file.

    Parameters
    ----------
    table
        One row an entry of the list.
    title
        Printed on every page, first line of the second sheet, title of the document.
    columns
        Which columns of ``table`` are written, in this order, and how.
    notes
        Where the list comes from, of which day, which selection; lines of the second sheet.
    definitions, sources
        Term and meaning, source and what it is; under their headings on the second sheet.
    sheet_name, notes_name
        Names of the two sheets; cut to what Excel accepts.

    Returns
    -------
    bytes
        First sheet: the head in row 1, frozen and repeated on every printed page, and an Excel table with filters; a
        list without rows has the head and its filters, as Excel has no table without a row. Null cells are empty.
        Every text is stored as text, made safe by ``spreadsheet.harmless``, without characters that Excel refuses,
        and cut to ``LONGEST_TEXT``: none is ever run.

    Raises
    ------
    KeyError
        When a column is not in the table.
    ValueError, TypeError
        When a cell of a number or date column holds something else.
    """
    book = Workbook()
    book.properties.title, book.properties.creator = _clean(title), ""
    names = _sheet_names(sheet_name, notes_name)
    listed = book.active
    listed.title = names[0]
    _write_list(listed, table, columns=columns, title=title)
    blocks = [("", [(note,) for note in notes]), (definitions_heading, definitions), (sources_heading, sources)]
    _write_notes(book.create_sheet(names[1]), title=title, blocks=blocks)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sanitised_sheet_name(name: str, *, fallback: str) -> str:
    """Return a name that Excel accepts: no ``[]:*?/\\``, no apostrophe at its ends, 1 to 31 characters."""
    text = re.sub(r"[\[\]:*?/\\\n\r\t]+", " ", _ILLEGAL.sub("", name))
    text = _cut(re.sub(r"\s+", " ", text).strip().strip("'"), LONGEST_SHEET_NAME).strip().strip("'")
    # Excel keeps this name for itself.
    return text if text and text.lower() != "history" else fallback


def _sheet_names(first: str, second: str) -> tuple[str, str]:
    one, two = sanitised_sheet_name(first, fallback="1"), sanitised_sheet_name(second, fallback="2")
    if one.lower() == two.lower():
        two = f"{two[: LONGEST_SHEET_NAME - 4]} (2)"
    return one, two


def _write_list(sheet: Worksheet, table: pd.DataFrame, *, columns: Mapping[str, Column], title: str) -> None:
    headers = _headers(column.header for column in columns.values())
    for number, (name, column) in enumerate(columns.items(), start=1):
        cells = _cells(table[name], column.kind)
        _write_text(sheet.cell(1, number), headers[number - 1])
        _write_column(sheet, number, cells, kind=column.kind)
        width = column.width if column.width is not None else _width(headers[number - 1], cells, column.kind)
        sheet.column_dimensions[get_column_letter(number)].width = width
    _style_head(sheet)
    reference = f"A1:{get_column_letter(len(columns))}{len(table) + 1}"
    if len(table):
        sheet.add_table(_excel_table(reference))
    else:
        sheet.auto_filter.ref = reference
    sheet.print_title_rows = "1:1"
    _set_page(sheet, title=title)


def _write_column(sheet: Worksheet, number: int, cells: list[Any], *, kind: Kind) -> None:
    """Write a column under its head; one cell is styled and the others take its style, which is ten times faster."""
    style = None
    for row, value in enumerate(cells, start=2):
        if value is None:
            continue
        cell = sheet.cell(row, number)
        if isinstance(value, str):
            _write_text(cell, value)
        else:
            cell.value = value
        if style is None:
            # A date that is text in this column has no use for the format of dates, and none of harm.
            cell.number_format = FORMATS[kind]
            cell.alignment = Alignment(vertical="top")
            style = cell._style
        cell._style = style


def _write_text(cell: Cell, text: str) -> None:
    """Store a text as text: openpyxl would make a formula of ``=1+1`` and an error of ``#N/A``."""
    cell.value = text
    cell.data_type = "s"


def _excel_table(reference: str) -> Table:
    table = Table(displayName="data_list", name="data_list", ref=reference)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False, showColumnStripes=False)
    return table


def _style_head(sheet: Worksheet) -> None:
    rule = Border(top=Side(style="medium"), bottom=Side(style="thin"))
    for cell in sheet[1]:
        cell.font, cell.border = Font(bold=True), rule
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


def _set_page(sheet: Worksheet, *, title: str) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    # In a printed head, & begins a code; what both together may hold is limited.
    sheet.oddHeader.left.text = _cut(_clean(title).replace("\n", " "), LONGEST_PRINTED).replace("&", "&&")
    sheet.oddFooter.right.text = "&P / &N"


def _write_notes(sheet: Worksheet, *, title: str, blocks: Iterable[tuple[str, Sequence[tuple[str, ...]]]]) -> None:
    """Write the title, then each block under its heading; a row of one text runs over both columns."""
    _note(sheet, 1, (title,), font=Font(bold=True, size=14))
    row = 2
    for heading, lines in blocks:
        if not lines:
            continue
        row += 1
        if heading:
            _note(sheet, row, (heading,), font=Font(bold=True, size=12))
            row += 1
        for line in lines:
            _note(sheet, row, line, font=Font(bold=len(line) > 1))
            row += 1
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 32, 96
    sheet.sheet_view.showGridLines = False
    _set_page(sheet, title=title)


def _note(sheet: Worksheet, row: int, texts: tuple[str, ...], *, font: Font) -> None:
    for number, text in enumerate(_safe(pd.Series(texts, dtype="object")), start=1):
        cell = sheet.cell(row, number)
        _write_text(cell, text or "")
        cell.alignment = Alignment(wrap_text=len(texts) > 1, vertical="top")
        if number == 1:
            cell.font = font


def _headers(texts: Iterable[str]) -> list[str]:
    """Return the heads, which an Excel table wants on one line, filled, and each different from the others."""
    lines = [" ".join(text.split()) for text in texts]
    heads: list[str] = []
    for number, text in enumerate(_safe(pd.Series(lines, dtype="object")), start=1):
        head = _cut(text or str(number), LONGEST_HEADER - 8)
        taken = {other.lower() for other in heads}
        heads.append(head if head.lower() not in taken else f"{head} ({number})")
    return heads


def _cells(column: pd.Series, kind: Kind) -> list[Any]:
    """Return the values as they are written, None where null."""
    if kind == "text":
        return _safe(column)
    convert: dict[Kind, Callable[[Any], Any]] = {
        "integer": lambda value: round(float(value)),
        "decimal": float,
        "percent": lambda value: float(value) / 100,
        "euro": float,
        "date": _day,
    }
    return [None if _is_nothing(value) else convert[kind](value) for value in column.astype("object")]


def _is_nothing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not math.isfinite(value))


def _day(value: date | str) -> date | str:
    day = pd.Timestamp(value).date()
    return day if day >= FIRST_DAY else day.isoformat()


def _safe(column: pd.Series) -> list[str | None]:
    """Return texts that can be stored and are never run; an empty one is null."""
    texts = column.astype("object").map(lambda value: None if pd.isna(value) else _clean(str(value)))
    safe = harmless(pd.DataFrame({"text": texts.astype("object")}))["text"]
    return [None if pd.isna(text) or not text else _cut(text, LONGEST_TEXT) for text in safe]


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)


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
    text = f"{100 * cell:.1f}%" if kind == "percent" else f"{cell:,.1f}" if kind == "decimal" else f"{cell:,.0f}"
    return len(text) + (2 if kind == "euro" else 0)
