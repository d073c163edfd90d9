"""INSEE's stock files in pieces: Parquet, CSV, zipped or gzipped CSV, in a stream that does not grow with the file.

Parquet is read by slices that end where a row group ends; a CSV, alone or in an archive, by blocks of bytes that end
where a record ends. ``pl.scan_csv`` on an archive returns a wrong number of rows without an error, so it is never
given one.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import lzma
import os
import re
import struct
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.errors import UserError
from analytics.ingest import schema
from analytics.ingest._parquet_pages import has_impossible_page
from analytics.ingest.columns import Layout, clean, is_clean
from analytics.progress import Progress, silent

SLICE_ROWS = 1_000_000
# A row group of more rows than writers make is cut all the same: a few bytes can stand for billions of equal rows.
LARGEST_GROUP = 1_100_000
PART_ROWS = 500_000
# Ten times what INSEE publishes; beyond, a file is not what it says.
MOST_ROWS = 400_000_000
# More than France has digital establishments: what is kept stays in memory.
MOST_KEPT = 5_000_000
BLOCK_BYTES = 4 * 1024**2
BLOCKS_AT_ONCE = 4
# No record is this long: what has no end after so many bytes is not a CSV.
LONGEST_RECORD = 64 * 1024**2
LONGEST_HEADER = 64 * 1024
# INSEE's archives unpack to ten times their size.
LARGEST_RATIO = 150
_RATIO_FROM_BYTES = 64 * 1024**2
_LARGEST_DIRECTORY = 4 * 1024**2
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
# PDF, PNG, JPEG, GIF, web pages.
_NO_TABLES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"<!", b"<html", b"<?xml")
_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Of workbooks and texts of Excel and Word; of LibreOffice.
_OFFICE_PARTS = {"[Content_Types].xml", "content.xml"}
# Columns that other files have too: they tell no file of INSEE's.
_IDENTIFIERS = {"siren", "siret"}
SEPARATORS = ",;\t|"
QUOTED = re.compile(rb'"[^"]*"')

_T = TypeVar("_T")
Types = Mapping[str, pl.DataType]
Test = Callable[[Types], pl.Expr]


@dataclass(frozen=True)
class Piece:
    """Rows of one piece of a file that passed the test, and how many it had.

    The rows have the layout's columns under the house's names, as they are in the file until ``clean``. ``columns`` are
    the names of all that the file has, read or not.
    """

    path: Path
    layout: Layout
    rows: pl.DataFrame
    rows_read: int
    columns: tuple[str, ...] = ()

    def clean(self, rows: pl.DataFrame, *names: str) -> pl.DataFrame:
        """Return rows of the piece with the columns named, or all, as clean text: cleaning costs more than reading."""
        columns = [column for column in self.layout.columns if not names or column.name in names]
        with _one_sentence(self.path):
            todo = [column for column in columns if not is_clean(column, rows[column.name])]
            return rows.with_columns(clean(column, rows.schema[column.name]) for column in todo)


class _Source(Protocol):
    types: Types

    def pieces(self, names: tuple[str, ...], keep: pl.Expr) -> Iterator[tuple[pl.LazyFrame, int, float]]:
        """Yield each piece's rows that pass ``keep``, how many it had, and the share of the file read with it."""


def read_pieces(path: Path, *, layout: Layout, test: Test, progress: Progress = silent) -> Iterator[Piece]:
    """Yield the rows of a stock file that pass ``test``, piece by piece.

    Parameters
    ----------
    path
        Parquet, CSV (comma, semicolon, tab or bar), or one CSV in a zip or gzip archive.
    layout
        Its columns. Others are not read; the order does not matter.
    test
        Given the types of the file's columns, returns the expression that keeps a row, before cleaning.
    progress
        Called with the share of the file's rows (Parquet) or bytes (CSV) read so far.

    Raises
    ------
    UserError
        When the file is absent, empty, not readable, damaged, in another encoding, of the other kind, or lacks a
        column.
    """
    for piece, done in _ahead(_pieces(path, layout=layout, test=test)):
        yield piece
        progress(min(done, 1.0))
    progress(1.0)


def _ahead(pieces: Iterator[_T]) -> Iterator[_T]:
    """Yield what ``pieces`` yields; while one is looked at, a thread reads the next."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        following = pool.submit(next, pieces, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, pieces, None)
            yield piece


def _pieces(path: Path, *, layout: Layout, test: Test) -> Iterator[tuple[Piece, float]]:
    with _opened(path, layout) as source:
        _check_columns(path, source.types, layout)
        names, keep, total = layout.present(source.types), test(source.types), 0
        columns = tuple(source.types)
        for frame, rows, done in source.pieces(names, keep):
            total += rows
            kept = frame.select(layout.under_house_names(source.types)).collect(engine="streaming")
            yield Piece(path, layout, kept, rows, columns), done
        if not total:
            raise UserError("register.no_rows", file=path.name)


@contextmanager
def _opened(path: Path, layout: Layout) -> Iterator[_Source]:
    with _one_sentence(path):
        if not path.is_file():
            raise UserError("register.absent", file=path.name)
        if not path.stat().st_size:
            raise UserError("register.empty_file", file=path.name)
        _refuse_other_formats(path, layout)
        if _is_parquet(path):
            yield _Parquet(path)
        else:
            with _text_stream(path) as (stream, share):
                yield _Text(path, stream, share)


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    """Turn what reading a file may raise into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError) as error:
        raise UserError("register.broken_archive", file=path.name) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, pa.ArrowException, OSError, UnicodeError) as error:
        key = "register.broken_parquet" if _is_parquet(path) else "register.unreadable"
        raise UserError(key, file=path.name) from error


def _refuse_other_formats(path: Path, layout: Layout) -> None:
    """Refuse what is no table at all, or a workbook, by its first bytes: whoever chose it took the wrong file."""
    if _begins(path, *_NO_TABLES):
        raise UserError(f"register.no_table_{layout.role}", file=path.name)
    if _begins(path, _WORKBOOK) or _is_office_file(path):
        raise UserError(f"register.workbook_{layout.role}", file=path.name)


def _is_office_file(path: Path) -> bool:
    if not _begins(path, b"PK\x03\x04"):
        return False
    with path.open("rb") as file:
        if _directory_bytes(file) > _LARGEST_DIRECTORY:
            return False
        with zipfile.ZipFile(file) as archive:
            return not _OFFICE_PARTS.isdisjoint(archive.namelist())


def _check_columns(path: Path, types: Types, layout: Layout) -> None:
    missing = [name for name in layout.required if name not in types]
    if not missing:
        return
    if layout.belongs_to_other in types:
        raise UserError(layout.wrong_kind, file=path.name)
    telling = [name for name in layout.required if name not in _IDENTIFIERS]
    if not any(name in types for name in telling) and not schema.renamed(telling, types):
        raise UserError(f"register.foreign_{layout.role}", file=path.name)
    schema.refuse_missing(path.name, missing, types, role=layout.role)


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in {".parquet", ".pq"} or _begins(path, b"PAR1")


def _begins(path: Path, *magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(max(map(len, magic))).startswith(magic)
    except OSError:
        return False


class _Parquet:
    def __init__(self, path: Path) -> None:
        with pq.ParquetFile(path) as file:  # pyarrow refuses a damaged footer cleanly, and tells the row groups
            self._footer = file.metadata
        groups = [self._footer.row_group(i).num_rows for i in range(self._footer.num_row_groups)]
        self._path, self._ends = path, list(itertools.accumulate(groups))
        self._total = sum(groups)
        if self._total > MOST_ROWS:
            raise UserError("limits.rows", file=path.name, rows=MOST_ROWS)
        self._slices = list(_slices(groups))
        self._scan = pl.scan_parquet(path, glob=False)
        self.types: Types = self._scan.collect_schema()

    def pieces(self, names: tuple[str, ...], keep: pl.Expr) -> Iterator[tuple[pl.LazyFrame, int, float]]:
        columns, looked_at = {*names, *keep.meta.root_names()}, 0
        for offset, rows in self._slices:
            following = bisect_left(self._ends, offset + rows) + 1
            if has_impossible_page(self._path, self._footer, columns=columns, groups=range(looked_at, following)):
                raise pa.ArrowInvalid("a page that promises more than its column holds")
            looked_at = following
            yield self._scan.slice(offset, rows).filter(keep).select(names), rows, (offset + rows) / self._total


def _slices(groups: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (first row, rows) of row groups put together up to ``SLICE_ROWS`` rows.

    A larger group stays whole: it would be read once for each part. One of more than ``LARGEST_GROUP`` does not.
    """
    offset = rows = 0
    for group in groups:
        if rows and rows + group > SLICE_ROWS:
            yield offset, rows
            offset, rows = offset + rows, 0
        if group > LARGEST_GROUP:
            yield from _parts(offset, rows + group)
            offset, rows = offset + rows + group, 0
        else:
            rows += group
    if rows:
        yield offset, rows


def _parts(first: int, rows: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, rows, PART_ROWS):
        yield first + begin, min(PART_ROWS, rows - begin)


# --- CSV, alone or in an archive -------------------------------------------------------------------------------------


@contextmanager
def _text_stream(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], float]]]:
    """Open the CSV of a path, and a function that tells the share of its bytes read so far."""
    with path.open("rb") as file:
        size = path.stat().st_size
        if path.suffix.lower() == ".zip" or _begins(path, b"PK\x03\x04"):
            if _directory_bytes(file) > _LARGEST_DIRECTORY:
                raise UserError("register.broken_archive", file=path.name)
            with zipfile.ZipFile(file) as archive, _member(path, archive) as member:
                yield _within_ratio(path, member, size), lambda: file.tell() / size
        elif path.suffix.lower() == ".gz" or _begins(path, b"\x1f\x8b"):
            with gzip.open(file) as member:
                yield _within_ratio(path, cast("IO[bytes]", member), size), lambda: file.tell() / size
        else:
            yield file, lambda: file.tell() / size


def _member(path: Path, archive: zipfile.ZipFile) -> IO[bytes]:
    member = _only_csv(path, archive)
    try:
        return archive.open(member)
    except RuntimeError as error:  # a password, or a way of packing that Python does not know
        raise UserError("register.broken_archive", file=path.name) from error


def _directory_bytes(file: IO[bytes]) -> int:
    """Return the size of an archive's list of entries, which is read whole; 0 where none is found."""
    file.seek(0, os.SEEK_END)
    file.seek(-min(file.tell(), 2**16 + 100), os.SEEK_END)
    tail = file.read()
    file.seek(0)
    end, end_of_large = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    sizes = [struct.unpack_from("<I", tail, end + 12)[0]] if 0 <= end <= len(tail) - 16 else [0]
    if 0 <= end_of_large <= len(tail) - 48:
        sizes.append(struct.unpack_from("<Q", tail, end_of_large + 40)[0])
    return int(min(sizes)) if len(sizes) > 1 and sizes[0] != 2**32 - 1 else int(sizes[-1])


def _within_ratio(path: Path, stream: IO[bytes], packed_bytes: int) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_WithinRatio(path, stream, packed_bytes), BLOCK_BYTES))


class _WithinRatio(io.RawIOBase):
    """What an archive unpacks to, up to ``LARGEST_RATIO`` times its size."""

    def __init__(self, path: Path, stream: IO[bytes], packed_bytes: int) -> None:
        self._path, self._stream = path, stream
        self._most = max(packed_bytes * LARGEST_RATIO, _RATIO_FROM_BYTES)
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._read += len(chunk)
        if self._read > self._most:
            raise UserError("limits.archive_ratio", file=self._path.name, ratio=LARGEST_RATIO)
        return len(chunk)


def _only_csv(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    own = [member for member in archive.infolist() if not member.filename.startswith("__MACOSX/")]
    found = [member for member in own if member.filename.lower().endswith(".csv")]
    if not found:
        raise UserError("register.archive_without_csv", file=path.name)
    if len(found) > 1:
        raise UserError("register.archive_with_several", file=path.name, count=len(found))
    if found[0].compress_type not in _METHODS:  # others ask for gigabytes before the first byte
        raise UserError("register.broken_archive", file=path.name)
    return found[0]


class _Text:
    def __init__(self, path: Path, stream: IO[bytes], share: Callable[[], float]) -> None:
        self._path, self._stream, self._share = path, stream, share
        line, _, self._rest = stream.read(BLOCK_BYTES).partition(b"\n")
        if len(line) > LONGEST_HEADER:
            raise UserError("register.unreadable", file=path.name)
        header = _decoded(path, line)
        self._separator = max(SEPARATORS, key=header.count)
        names = _split(path, header, self._separator)
        self.types: Types = {}
        for position, name in enumerate(map(str.strip, names)):  # one that comes twice counts where it comes first
            self.types[f"{name} {position}" if name in self.types else name] = pl.String()

    def pieces(self, names: tuple[str, ...], keep: pl.Expr) -> Iterator[tuple[pl.LazyFrame, int, float]]:
        def kept(block: bytes) -> tuple[pl.DataFrame, int]:
            table = self._parsed(block, names)
            return table.filter(keep), table.height

        blocks = _records(self._path, self._rest, self._stream)
        with ThreadPoolExecutor() as pool:  # one block is parsed by one thread
            while some := list(itertools.islice(blocks, BLOCKS_AT_ONCE)):
                tables, heights = zip(*pool.map(kept, some), strict=True)
                yield pl.concat(tables).lazy(), sum(heights), self._share()

    def _parsed(self, block: bytes, names: tuple[str, ...]) -> pl.DataFrame:
        lines = _regular_lines(block, separator=self._separator, fields=len(self.types))
        scan = pl.scan_csv(block, has_header=False, separator=self._separator, schema=dict(self.types), glob=False)
        try:
            table = scan.select(names).collect() if lines else None
        except pl.exceptions.PolarsError as error:
            raise UserError(_key_of(error), file=self._path.name) from error
        if table is None or table.height != lines:
            raise UserError("register.bad_record", file=self._path.name)
        return table


def _key_of(error: pl.exceptions.PolarsError) -> str:
    return "register.encoding" if "utf-8" in str(error).lower() else "register.bad_record"


def _regular_lines(block: bytes, *, separator: str, fields: int) -> int:
    """Return the number of records, or 0 when one of them has too few or too many fields.

    Polars fills a short record with nulls and cuts a long one, and takes a stray quote for the begin of a text, all in
    silence. So the separators outside quotes are counted: as many a line as the header has.
    """
    bare = QUOTED.sub(b"", block) if b'"' in block else block
    characters = np.frombuffer(bare, np.uint8)
    lines = np.count_nonzero(characters == ord("\n"))
    is_regular = b'"' not in bare and np.count_nonzero(characters == ord(separator)) == lines * (fields - 1)
    return int(lines) if is_regular else 0


def _decoded(path: Path, line: bytes) -> str:
    try:
        header = line.removeprefix(codecs.BOM_UTF8).decode("utf-8").strip("\r")
    except UnicodeDecodeError as error:
        raise UserError("register.encoding", file=path.name) from error
    if "\0" in header:
        raise UserError("register.encoding", file=path.name)
    return header


def _split(path: Path, header: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=separator), [])
    except csv.Error as error:
        raise UserError("register.unreadable", file=path.name) from error


def _records(path: Path, rest: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks of whole records, each ended by an end of line; blank lines at a block's end are left out."""
    for chunk in itertools.chain(iter(lambda: stream.read(BLOCK_BYTES), b""), [b""]):
        block = rest + chunk
        end = _end_of_records(block) if chunk else len(block)
        if not end and len(block) > LONGEST_RECORD:
            raise UserError("register.bad_record", file=path.name)
        if whole := block[:end].rstrip(b"\r\n"):
            yield whole + b"\n"
        rest = block[end:]


def _end_of_records(block: bytes) -> int:
    """Return where the last whole record ends: after the last end of line that no quotes enclose; 0 when none does."""
    end = block.rfind(b"\n")
    if end >= 0 and block.count(b'"', 0, end) % 2:
        characters = np.frombuffer(block, np.uint8)
        ends, quotes = np.flatnonzero(characters == ord("\n")), np.flatnonzero(characters == ord('"'))
        whole = ends[np.searchsorted(quotes, ends) % 2 == 0]
        end = int(whole[-1]) if len(whole) else -1
    return end + 1


def refuse_more(path: Path, *, kept: int, region: str) -> None:
    """Refuse to keep more rows than there can be.

    Raises
    ------
    UserError
        Beyond ``MOST_KEPT``.
    """
    if kept > MOST_KEPT:
        raise UserError("limits.kept", file=path.name, rows=MOST_KEPT, region=region)
