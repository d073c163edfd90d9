"""From a roster's file to rows of cells: XLSX and CSV, read with bounded work whatever the file holds."""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from analytics.errors import UserError
from analytics.ingest._roster_archive import open_workbook
from analytics.ingest._roster_cells import Cell, NumberedRow, is_blank
from analytics.text.characters import one_line

if TYPE_CHECKING:
    import openpyxl

MAX_BYTES = 64 * 2**20
MAX_ROWS = 20_000
MAX_COLUMNS = 200
# Spreadsheets whose columns were formatted to the bottom end in a million blank rows.
MAX_BLANK_RUN = 10_000
# Of all sheets together, and of one record of a text.
MAX_ROWS_OF_BOOK = 3 * MAX_ROWS
LONGEST_RECORD = 2**20
_LAST_SHEET_ROW = 1_048_576
DELIMITERS = ";,\t|"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
# What zipfile, the XML parser and openpyxl raise on damaged or invented content. Where defusedxml is there, openpyxl
# reads through it, and it refuses entities.
_DAMAGE = (
    DefusedXmlException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that are not blank; ``stopped_at`` is the row where reading gave up on blank ones."""

    title: str | None
    rows: tuple[NumberedRow, ...]
    stopped_at: int | None = None


def read_sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook in order, or the readings of a text file, one for each delimiter.

    Raises
    ------
    UserError
        When the file is absent, too large, or neither a sound XLSX workbook nor readable text.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise UserError("members.absent", file=path.name)
        if size > MAX_BYTES:
            raise UserError("members.too_large", file=path.name, megabytes=MAX_BYTES // 2**20)
        content = path.read_bytes()
    except OSError as error:
        raise UserError("members.absent", file=path.name) from error
    if not content.strip():
        raise UserError("members.empty_file", file=path.name)
    if content.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        raise UserError("members.password" if encrypted else "members.old_xls", file=path.name)
    if content.startswith(_ZIP):
        return _read_workbook(content, name=path.name)
    return _read_text(content, name=path.name)


def _read_workbook(content: bytes, *, name: str) -> list[Sheet]:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of what it does not keep (data validation, headers, styles): nothing that is read here.
            warnings.simplefilter("ignore")
            _check_archive(content, name=name)
            workbook = open_workbook(content, name=name)
            try:
                return _read_worksheets(workbook, name=name)
            finally:
                workbook.close()
    except _DAMAGE as error:
        raise UserError("members.corrupt", file=name) from error


def _check_archive(content: bytes, *, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UserError("members.not_a_table", file=name)
    # Pictures are not read; everything else may be.
    if sum(p.file_size for p in parts if not p.filename.startswith("xl/media/")) > 4 * MAX_BYTES:
        raise UserError("members.too_large", file=name, megabytes=MAX_BYTES // 2**20)


def _read_worksheets(workbook: openpyxl.Workbook, *, name: str) -> list[Sheet]:
    sheets: list[Sheet] = []
    for worksheet in workbook.worksheets:
        sheets.append(_read_worksheet(worksheet, name=name))
        if sum(len(sheet.rows) for sheet in sheets) > MAX_ROWS_OF_BOOK:
            raise UserError("members.too_many_rows", file=name, rows=MAX_ROWS_OF_BOOK)
    return sheets


def _read_worksheet(sheet: openpyxl.worksheet._read_only.ReadOnlyWorksheet, *, name: str) -> Sheet:
    # Some programs write wrong dimensions, and openpyxl would believe them.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_LAST_SHEET_ROW, max_col=MAX_COLUMNS, values_only=True)
    return _bounded(enumerate(rows, start=1), title=one_line(str(sheet.title), longest=60), name=name)


def _read_text(content: bytes, *, name: str) -> list[Sheet]:
    text = _decode(content, name=name)
    first, _, rest = text.partition("\n")
    delimiters: Iterable[str] = DELIMITERS
    # Excel's own first line, which it hides: the rows that people see begin after it.
    if first.strip().strip('"').lower().startswith("sep=") and len(first.strip().strip('"')) == 5:
        text, delimiters = rest, (first.strip().strip('"')[4],)
    readings = [_read_delimited(text, delimiter=delimiter, name=name) for delimiter in delimiters]
    sound = [reading for reading in readings if isinstance(reading, Sheet)]
    if not sound:
        raise next(reading for reading in readings if isinstance(reading, UserError))
    return sound


def _read_delimited(text: str, *, delimiter: str, name: str) -> Sheet | UserError:
    lines = _Lines(text, name=name)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        rows = ((i, lines.ended(row)[:MAX_COLUMNS]) for i, row in enumerate(reader, start=1))
        return _bounded(rows, title=None, name=name)
    except csv.Error:
        return UserError("members.broken_quotes", file=name, line=reader.line_num)
    except UserError as error:  # with another delimiter it may be a table
        return error


class _Lines:
    """The lines of a text, for a reader of records that has no bound of its own."""

    def __init__(self, text: str, *, name: str) -> None:
        self._text, self._lines, self._name = text, _LINE.finditer(text), name
        self._number = self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        begin, end = next(self._lines).span()
        self._number, self._length = self._number + 1, self._length + end - begin
        if self._length > LONGEST_RECORD:
            raise UserError("limits.long_line", file=self._name, line=self._number)
        return self._text[begin:end]

    def ended(self, row: list[str]) -> list[str]:
        """Return a record that is whole; the next one begins."""
        self._length = 0
        return row


def _decode(content: bytes, *, name: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in content:
        raise UserError("members.not_a_table", file=name)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError("members.encoding", file=name)


def _bounded(rows: Iterator[tuple[int, Iterable[Cell]]], *, title: str | None, name: str) -> Sheet:
    kept: list[NumberedRow] = []
    for number, cells in rows:
        if all(map(is_blank, cells)):
            if number - (kept[-1].number if kept else 0) >= MAX_BLANK_RUN:
                return Sheet(title, tuple(kept), stopped_at=number)
            continue
        kept.append(NumberedRow(number, tuple(cells)))
        if len(kept) > MAX_ROWS:
            raise UserError("members.too_many_rows", file=name, rows=MAX_ROWS)
    return Sheet(title, tuple(kept))
