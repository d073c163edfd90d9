"""All result tables of a view as one Excel workbook: a sheet each, with native charts, definitions and sources."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from analytics.export import book_notes, provenance
from analytics.export.asked import Asked
from analytics.export.book_charts import add_chart
from analytics.export.book_tables import NOTES, SHEETS, Told, Untold, ask, kind_of
from analytics.export.book_words import Words, link_to
from analytics.export.worksheets import Column, Place, clean, font, set_page, sheet_names, write_line, write_table
from analytics.figures.palette import LIGHT

HEAD = 4
# Between a table and what stands beside it or below.
_GAP = 2
_CM_PER_ROW = 0.53
# A sheet of no more rows is printed on one page, however small, rather than its last lines alone on another.
_ONE_PAGE = 50
# In characters: the width of a column of which nothing is said, of a line that reads well, and of the widest table
# beside which there is room on a page.
_USUAL_WIDTH, _LINE, _WIDEST_BESIDE = 8.43, 110, 95
_CHART_COLUMNS = 11
_QUIET = font(color=LIGHT.secondary.removeprefix("#"), size=9)


def book(asked: Asked) -> bytes:
    """Return the workbook of a view as an XLSX file.

    Parameters
    ----------
    asked
        Snapshot, settings, view and language. Cells hold the values of the result tables of that view, unrounded, and
        formats show them rounded.

    Returns
    -------
    bytes
        First sheet: the key figures beside those published, then each sheet with what it says and a link to it, and
        those that cannot be told, with the reason. Then one sheet for each table of ``book_tables.SHEETS``: title,
        finding, an Excel table from row ``HEAD`` on with its head frozen, a native chart beside it where a picture
        helps, notes and sources below. Last two: definitions of columns and methods; sources. Tables that hold members
        or all firms row by row are in no workbook: it travels. No text is ever run as a formula.
    """
    words = Words(asked.t)
    answers = [ask(asked, sheet) for sheet in SHEETS]
    told = [answer for answer in answers if isinstance(answer, Told)]
    untold = [answer for answer in answers if isinstance(answer, Untold)]
    ends = ("contents", "definitions", "sources")
    keys = [ends[0], *(one.sheet.key for one in told), *ends[1:]]
    names = dict(zip(keys, sheet_names(*(words.sheet(key) for key in keys)), strict=True))

    made = Workbook()
    title = words.title(asked)
    made.properties.title, made.properties.creator, made.properties.language = clean(title), "", asked.t.language
    contents = made.active
    contents.title = names["contents"]
    book_notes.write_contents(contents, asked, told=told, untold=untold, names=names)
    for one in told:
        _write_sheet(made.create_sheet(names[one.sheet.key]), asked, one, names=names)
    book_notes.write_definitions(made.create_sheet(names["definitions"]), asked, told=told)
    book_notes.write_sources(made.create_sheet(names["sources"]), asked)
    for sheet in made.worksheets:
        sheet.sheet_view.showGridLines = False
        set_page(sheet, title=f"{title} · {sheet.title}", foot=words.foot(asked))
        sheet.page_setup.fitToHeight = int(sheet.max_row <= _ONE_PAGE)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _write_sheet(sheet: Worksheet, asked: Asked, told: Told, *, names: Mapping[str, str]) -> None:
    words, key = Words(asked.t), told.sheet.key
    columns = {str(name): Column(words.head(str(name)), kind_of(str(name), told.rows[name])) for name in told.rows}
    place = write_table(sheet, told.rows, columns=columns, name=key, head=HEAD)
    drawn = _write_chart(sheet, asked, told, place=place, columns=columns)
    write_line(sheet, 1, (words.sheet(key),), look=font(bold=True, size=14))
    link_to(sheet.cell(3, 1), names["contents"], text=words.sheet("contents"))
    sheet.freeze_panes = sheet.cell(HEAD + 1, 1)
    sheet.print_title_rows = f"{HEAD}:{HEAD}"
    across = _Across(sheet, columns=max(len(columns), drawn.last_column))
    across.write(2, told.finding or words.method(key), look=font(size=11))
    notes = NOTES[key](asked) if key in NOTES else []
    lines = [*filter(None, notes), *provenance.foot(asked)]
    for row, line in enumerate(lines, start=max(HEAD + place.rows, drawn.last_row) + _GAP):
        across.write(row, line, look=_QUIET)


class _Across:
    """Sentences of a sheet, each over the width of its table and chart, in as many lines as it takes."""

    def __init__(self, sheet: Worksheet, *, columns: int) -> None:
        self._sheet, self._columns = sheet, columns
        while _characters(sheet, self._columns) < _LINE:
            self._columns += 1
        self._characters = _characters(sheet, self._columns)

    def write(self, row: int, text: str, *, look: Font) -> None:
        """Write a sentence in a row, as high as its lines."""
        write_line(self._sheet, row, (text,), look=look, wrap=True)
        self._sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=self._columns)
        # Programs leave the height of joined cells to who joins them.
        self._sheet.row_dimensions[row].height = 1.35 * look.size * math.ceil(len(text) / self._characters)


class _Drawn(NamedTuple):
    """The last cells that a chart covers; none where there is no chart."""

    last_row: int = 0
    last_column: int = 0


def _write_chart(sheet: Worksheet, asked: Asked, told: Told, *, place: Place, columns: Mapping[str, Column]) -> _Drawn:
    """Draw the chart of a sheet, if it has one and the rows for it.

    It stands beside the table, or below one so wide that a page with both would be too small to read.
    """
    draw = told.sheet.draw
    chart = draw(asked.view).of(place) if draw else None
    if chart is None:
        return _Drawn()
    is_beside = _characters(sheet, len(columns)) <= _WIDEST_BESIDE
    row = HEAD + 1 if is_beside else HEAD + place.rows + _GAP
    column = len(columns) + _GAP if is_beside else 1
    title = Words(asked.t).chart(told.sheet.key, asked.view)
    height = add_chart(
        sheet,
        place,
        chart,
        kind=columns[chart.lines[-1].column].kind,
        title=title,
        alt=f"{title}. {told.finding}",
        row=row,
        column=column,
    )
    return _Drawn(row + math.ceil(height / _CM_PER_ROW), column + _CHART_COLUMNS if is_beside else 0)


def _characters(sheet: Worksheet, columns: int) -> float:
    """Return the width of the first columns of a sheet in characters."""
    letters = [get_column_letter(number) for number in range(1, columns + 1)]
    sizes = sheet.column_dimensions
    return sum(sizes[letter].width if letter in sizes else _USUAL_WIDTH for letter in letters)
