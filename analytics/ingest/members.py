"""Reading the roster of a cluster's members, as an association's office keeps it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from analytics.contracts import ROSTER
from analytics.errors import UserError
from analytics.ingest import _roster_cells as cells
from analytics.ingest._roster_columns import HEADER_DEPTH, SYNONYMS, Header, find_header
from analytics.ingest._roster_files import Sheet, read_sheets
from analytics.ingest._roster_places import PlaceIndex
from analytics.ingest.names import fold
from analytics.text import translator

if TYPE_CHECKING:
    from analytics.ingest.geography import Geography

_TOTAL = re.compile(
    r"^(sous )?(grand )?(total|totaux|sum|somme|moyenne|nombre)( (general|generaux|generale))?"
    r"( (des?|d|du|l|les|nombre|nb|of|members?|membres?|adherents?|entreprises?|societes?|cotisations?|lignes?"
    r"|actifs?|effectifs?|emplois?|\d+))*$"
)
T = TypeVar("T")
# What tells of rows that are left out; of those nothing else is told.
_OF_ROWS_LEFT_OUT = {"members.unidentified", "members.duplicates"}
# In a message, more rows than these are only counted.
_ROWS_SHOWN = 20


@dataclass(frozen=True)
class Fault:
    """Something wrong with rows of the roster.

    Attributes
    ----------
    rows
        Their numbers as a spreadsheet shows them, from 1.
    key
        Key of the sentence in the catalogues.
    params
        What its placeholders stand for besides ``{count}`` and ``{rows}``; JSON values. No name of a member.
    """

    rows: tuple[int, ...]
    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: str = "fr") -> str:
        """Return the sentence in ``language``, with the first twenty row numbers."""
        t = translator(language)
        params = {n: _rows_named(n, v, language) if isinstance(v, (list, tuple)) else v for n, v in self.params.items()}
        return t.plural(self.key, max(len(self.rows), 1), rows=_row_list(self.rows, language), **params)


@dataclass(frozen=True)
class Roster:
    """A roster as read.

    Attributes
    ----------
    members
        ROSTER contract, one row a member, former ones included, in the file's order.
    faults
        Everything that is wrong with the file, one entry a kind, in the order of their first rows.
    rows_read
        Rows below the header down to the last that is not blank: ``len(members) + sum(rows_left_out.values())``.
    rows_left_out
        Rows by the reason for which they are no member: ``blank``, ``total``, ``repeated_header``, ``unidentified``,
        ``duplicate``.
    columns, ignored_columns
        The header under which each field was found; the headers of columns that are not read.
    sheet
        Title of the sheet that was read; None for a text file.
    """

    members: pd.DataFrame
    faults: tuple[Fault, ...]
    rows_read: int
    rows_left_out: dict[str, int]
    columns: dict[str, str] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    sheet: str | None = None


@dataclass(frozen=True)
class _Row:
    """A row that may be a member."""

    source_row: int
    number: str | None
    name: str | None
    siren: str | None
    commune_code: str | None
    place: str
    joined_on: date | None
    left_on: date | None
    axes: str | None
    dues_eur: float | None
    jobs: float | None

    @property
    def name_and_place(self) -> str | None:
        return f"{fold(self.name) or self.name}|{self.commune_code or self.place}" if self.name else None


def read_members(path: Path, *, geography: Geography, today: date | None = None) -> Roster:
    """Read a roster, XLSX or CSV, and collect everything that is wrong with it.

    Good rows are kept, and so are rows with a fault in one cell: that cell is null. Of rows that are the same member
    (same SIREN; same name and place, unless their SIREN differ) one is kept: the first that has a SIREN and has not
    left, else the first. ``member_id`` is ``M-`` and ten hexadecimal digits of the SHA-256 of the row's own number,
    else of its SIREN, else of its folded name and place: it depends neither on the order of rows nor on the day.

    Parameters
    ----------
    path
        XLSX workbook (the first sheet with a recognisable header is read) or text parted by ``;`` ``,`` tab or ``|``,
        in UTF-8, UTF-16 with its mark, or Windows-1252. The content decides, not the file's name.
    geography
        ``communes`` and ``successors`` are used.
    today
        Dates after it are faults; the current day unless given.

    Raises
    ------
    UserError
        When the file as a whole cannot be read: absent, too large, protected, damaged, not a table, in another
        encoding, without a recognisable header or without any member.
    """
    sheets = [(sheet, header) for sheet in read_sheets(path) if (header := find_header(sheet.rows))]
    if not sheets:
        sought = ", ".join(SYNONYMS[name][0].capitalize() for name in ("name", "siren", "siret", "commune_name"))
        raise UserError("members.no_header", file=path.name, sought=sought, depth=HEADER_DEPTH)
    if sheets[0][0].title is None:  # one reading a delimiter: the one that names most fields is the right one
        sheets = [max(sheets, key=lambda pair: len(pair[1].columns))]
    filled = [pair for pair in sheets if pair[0].rows[-1].number > pair[1].row] or sheets
    sheet, header = filled[0]
    reading = _Reading(header, PlaceIndex(geography), today or date.today())  # noqa: DTZ011 - the reader's own day
    rows = reading.rows_of(sheet)
    if not rows:
        raise UserError("members.no_member", file=path.name, row=header.row)
    if others := [other.title for other, _ in filled[1:]]:
        reading.note("members.other_sheets", read=sheet.title, others=", ".join(map(str, others)))
    members = reading.members(reading.without_duplicates(rows))
    left_out = {reason: count for reason, count in sorted(reading.left_out.items()) if count}
    return Roster(
        members=members,
        faults=reading.faults(),
        rows_read=len(members) + sum(left_out.values()),
        rows_left_out=left_out,
        columns=header.used(),
        ignored_columns=header.ignored(),
        sheet=sheet.title,
    )


class _Reading:
    """One pass over a sheet: what was left out, and what is wrong."""

    def __init__(self, header: Header, places: PlaceIndex, today: date) -> None:
        self.header = header
        self.places = places
        self.today = today
        self.left_out: Counter[str] = Counter()
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        self._params: dict[str, dict[str, object]] = {}
        self._kept_of_duplicates: set[int] = set()

    def note(self, key: str, /, *rows: int, **params: object) -> None:
        """Remember a fault of some rows, or of the file."""
        self._rows[key].extend(rows)
        self._params.setdefault(key, {}).update(params)

    def faults(self) -> tuple[Fault, ...]:
        """Return what was noted; of a row that is left out only why it is."""
        left_out = {row for key in _OF_ROWS_LEFT_OUT for row in self._rows[key]}
        found = []
        for key, params in self._params.items():
            rows = set(self._rows[key]) - (set() if key in _OF_ROWS_LEFT_OUT else left_out)
            if rows or not self._rows[key]:
                found.append(Fault(tuple(sorted(rows)), key, params))
        return tuple(sorted(found, key=lambda fault: (fault.rows[:1], fault.key)))

    def rows_of(self, sheet: Sheet) -> list[_Row]:
        body = [row for row in sheet.rows if row.number > self.header.row]
        if body:
            self.left_out["blank"] = body[-1].number - self.header.row - len(body)
        if sheet.stopped_at:
            self.note("members.blank_run", stopped_at=sheet.stopped_at)
        return [row for numbered in body if (row := self._row(numbered))]

    def _row(self, row: cells.NumberedRow) -> _Row | None:
        if self._is_header_again(row.cells):
            self.left_out["repeated_header"] += 1
            return None
        if self._is_total(row.cells):
            self.left_out["total"] += 1
            return None
        name = self._value(row, "name", cells.parse_text)
        siren = self._siren(row)
        if name is None and siren is None:
            self.left_out["unidentified"] += 1
            self.note("members.unidentified", row.number)
            return None
        commune_code, place = self._place(row)
        joined_on, left_on = self._stay(row)
        return _Row(
            source_row=row.number,
            number=self._value(row, "number", cells.parse_text),
            name=name,
            siren=siren,
            commune_code=commune_code,
            place=place,
            joined_on=joined_on,
            left_on=left_on,
            axes=self._axes(row),
            dues_eur=self._value(row, "dues_eur", cells.parse_euros),
            jobs=self._value(row, "jobs", cells.parse_jobs),
        )

    def _value(self, row: cells.NumberedRow, name: str, parse: Callable[[cells.Cell], T | None]) -> T | None:
        try:
            return parse(self.header.cell(row.cells, name))
        except cells.UnreadableError as fault:
            self.note(f"members.{fault.kind}", row.number)
            return None

    def _axes(self, row: cells.NumberedRow) -> str | None:
        written = self.header.cells(row.cells, "axes")
        if any(map(cells.has_error, written)):
            self.note("members.cell_error", row.number)
        return cells.parse_axes(written)

    def _siren(self, row: cells.NumberedRow) -> str | None:
        """Return the SIREN that SIREN and SIRET columns agree on, or that one alone gives; none where they disagree."""
        given: set[str] = set()
        unreadable: list[str] = []
        for name in ("siren", "siret"):
            try:
                if siren := cells.parse_identifier(self.header.cell(row.cells, name)):
                    given.add(siren)
            except cells.UnreadableError as fault:
                unreadable.append(fault.kind)
        for kind in unreadable:
            self.note(
                "members.one_identifier_invalid" if given and kind != "cell_error" else f"members.{kind}", row.number
            )
        if len(given) > 1:
            self.note("members.siren_and_siret_differ", row.number)
        return given.pop() if len(given) == 1 else None

    def _day(self, cell: cells.Cell) -> date | None:
        return cells.parse_day(cell, today=self.today)

    def _stay(self, row: cells.NumberedRow) -> tuple[date | None, date | None]:
        """Return when the member joined and left; who joined again after leaving has not left."""
        joined_on, left_on = (self._value(row, name, self._day) for name in ("joined_on", "left_on"))
        if joined_on and left_on and left_on < joined_on:
            self.note("members.left_before_joined", row.number)
            return joined_on, None
        return joined_on, left_on

    def _place(self, row: cells.NumberedRow) -> tuple[str | None, str]:
        """Return the commune's code, if it is one of the region, and the place as written, folded."""
        values = (self._value(row, n, cells.parse_text) for n in ("commune_code", "postal_code", "commune_name"))
        code, postal, town = values
        place = cells.parse_place(code=code, postal=postal, town=town)
        found = self.places.find(place)
        if found.fault:
            self.note(f"members.{found.fault}", row.number)
        return found.commune_code, " ".join(fold(part) for part in place if part)

    def _is_header_again(self, row: Sequence[cells.Cell]) -> bool:
        written = [(str(cell).strip(), title) for cell, title in zip(row, self.header.titles, strict=False) if cell]
        return len(written) > 1 and all(cell == title for cell, title in written)

    def _is_total(self, row: Sequence[cells.Cell]) -> bool:
        """Tell whether the first cell says "Total ..." and the row gives neither an identifier nor a place."""
        first = next((cell for cell in row if not cells.is_blank(cell)), None)
        if not isinstance(first, str) or not _TOTAL.match(fold(first)):
            return False
        telling = [self.header.cell(row, name) for name in ("siren", "siret", "commune_name", "postal_code")]
        return all(cells.is_blank(cell) or cell is first for cell in telling)

    def without_duplicates(self, rows: list[_Row]) -> list[_Row]:
        """Return the rows that are kept, one a member, in the file's order."""
        kept: list[_Row] = []
        by_siren: dict[str, _Row] = {}
        by_name: dict[str, _Row] = {}
        best_first = sorted(rows, key=lambda row: (row.siren is None, row.left_on is not None, row.source_row))
        for row in best_first:
            same = by_siren.get(row.siren or "") or (by_name.get(row.name_and_place or "") if not row.siren else None)
            if same:
                self.left_out["duplicate"] += 1
                self.note("members.duplicates", row.source_row)
                self._kept_of_duplicates.add(same.source_row)
                continue
            kept.append(row)
            by_siren.setdefault(row.siren or "", row) if row.siren else None
            by_name.setdefault(row.name_and_place, row) if row.name_and_place else None
        if self._kept_of_duplicates:
            self.note("members.duplicates", kept=sorted(self._kept_of_duplicates))
        return sorted(kept, key=lambda row: row.source_row)

    def members(self, rows: Sequence[_Row]) -> pd.DataFrame:
        """Return the kept rows under the ROSTER contract, each with its own ``member_id``."""
        numbers = [_as_compared(row.number) for row in rows]
        repeated = {number for number, count in Counter(filter(None, numbers)).items() if count > 1}
        for row, number in zip(rows, numbers, strict=True):
            if number in repeated:
                self.note("members.repeated_numbers", row.source_row)
        own = (None if number in repeated else number for number in numbers)
        records = [_record(row, own_number=number) for row, number in zip(rows, own, strict=True)]
        return ROSTER.enforce(pd.DataFrame.from_records(records, columns=list(ROSTER.columns)))


def _as_compared(number: str | None) -> str | None:
    """Return a member's own number as members are told apart by it: ``"A-7"`` and ``"a 7"`` are one."""
    return (fold(number) or number) if number else None


def _record(row: _Row, *, own_number: str | None) -> dict[str, object]:
    basis = f"number:{own_number}" if own_number else None
    basis = basis or (f"siren:{row.siren}" if row.siren else f"name:{row.name_and_place}")
    return {
        "member_id": f"M-{hashlib.sha256(basis.encode()).hexdigest()[:10]}",
        "name": row.name,
        "siren": row.siren,
        "commune_code": row.commune_code,
        "joined_on": pd.Timestamp(row.joined_on) if row.joined_on else pd.NaT,
        "left_on": pd.Timestamp(row.left_on) if row.left_on else pd.NaT,
        "axes": row.axes,
        "dues_eur": row.dues_eur,
        "jobs": row.jobs,
        "source_row": row.source_row,
    }


def _rows_named(name: str, rows: Sequence[object], language: str) -> str:
    return translator(language).plural(f"members.rows_{name}", len(rows), rows=_row_list(rows, language))


def _row_list(rows: Sequence[object], language: str) -> str:
    shown = ", ".join(map(str, rows[:_ROWS_SHOWN]))
    more = len(rows) - _ROWS_SHOWN
    return translator(language).plural("members.more_rows", more, rows=shown) if more > 0 else shown
