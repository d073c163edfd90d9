"""A list as an Excel workbook: real types, a table with filters, and a second sheet that says what it is.

No text of this module is the reader's: titles, headings and notes are handed over in their language.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from analytics.export.worksheets import (
    FORMATS,
    Column,
    Kind,
    clean,
    font,
    sanitised_sheet_name,
    set_page,
    sheet_names,
    write_line,
    write_table,
)

__all__ = ["FORMATS", "Column", "Kind", "list_workbook", "sanitised_sheet_name"]


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
        and cut to ``worksheets.LONGEST_TEXT``: none is ever run.

    Raises
    ------
    KeyError
        When a column is not in the table.
    ValueError, TypeError
        When a cell of a number or date column holds something else.
    """
    book = Workbook()
    book.properties.title, book.properties.creator = clean(title), ""
    names = sheet_names(sheet_name, notes_name)
    listed = book.active
    listed.title = names[0]
    _write_list(listed, table, columns=columns, title=title)
    blocks = [("", [(note,) for note in notes]), (definitions_heading, definitions), (sources_heading, sources)]
    _write_notes(book.create_sheet(names[1]), title=title, blocks=blocks)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_list(sheet: Worksheet, table: pd.DataFrame, *, columns: Mapping[str, Column], title: str) -> None:
    write_table(sheet, table, columns=columns, name="data_list")
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    set_page(sheet, title=title)


def _write_notes(sheet: Worksheet, *, title: str, blocks: Iterable[tuple[str, Sequence[tuple[str, ...]]]]) -> None:
    """Write the title, then each block under its heading; a row of one text runs over both columns."""
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 32, 96
    write_line(sheet, 1, (title,), look=font(bold=True, size=14))
    row = 2
    for heading, lines in blocks:
        if not lines:
            continue
        row += 1
        if heading:
            write_line(sheet, row, (heading,), look=font(bold=True, size=12))
            row += 1
        for line in lines:
            write_line(sheet, row, line, look=font(bold=len(line) > 1), wrap=len(line) > 1)
            row += 1
    sheet.sheet_view.showGridLines = False
    set_page(sheet, title=title)
