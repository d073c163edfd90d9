"""INSEE's stock files in pieces: Parquet, CSV, zipped or gzipped CSV, in a stream that does not grow with the file.

Parquet is read by slices that end where a row group ends; a CSV, alone or in an archive, by blocks of bytes that end
where a record ends. ``pl.scan_csv`` on an archive returns a wrong number of rows without an error, so it is never
given one.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import itertools
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.errors import UserError
from analytics.ingest.columns import Layout, clean
from analytics.progress import Progress, silent

SLICE_ROWS = 500_000
BLOCK_BYTES = 4 * 1024**2
BLOCKS_AT_ONCE = 4
# No record is this long: what has no end after so many bytes is not a CSV.
LONGEST_RECORD = 64 * 1024**2
SEPARATORS = ",;\t|"
QUOTED = re.compile(rb'"[^"]*"')

Types = Mapping[str, pl.DataType]
Test = Callable[[Types], pl.Expr]


@dataclass(frozen=True)
class Piece:
    """Rows of one piece of a file that passed the test, and how many it had.

    The rows are clean text under the house's names; late columns are as in the file until ``finished``.
    """

    path: Path
    rows: pl.DataFrame
    rows_read: int
    late: dict[str, pl.Expr]

    def finished(self, rows: pl.DataFrame, *names: str) -> pl.DataFrame:
        """Return some of the rows with their late columns cleaned too: all of them, or those named."""
        with _one_sentence(self.path):
            return rows.with_columns(self.late[name] for name in names or self.late)


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
    for piece, done in _pieces(path, layout=layout, test=test):
        yield piece
        progress(min(done, 1.0))
    progress(1.0)


def _pieces(path: Path, *, layout: Layout, test: Test) -> Iterator[tuple[Piece, float]]:
    with _opened(path) as source:
        _check_columns(path, source.types, layout)
        names = layout.present(source.types)
        early = [clean(column, source.types) for column in layout.columns if not column.late]
        late = {column.name: clean(column, source.types) for column in layout.columns if column.late}
        raw = [column.source for column in layout.columns if column.late and column.source in names]
        keep = test(source.types)
        total = 0
        for frame, rows, done in source.pieces(names, keep):
            total += rows
            yield Piece(path, frame.select(*early, *raw).collect(engine="streaming"), rows, late), done
        if not total:
            raise UserError("register.no_rows", file=path.name)


@contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    with _one_sentence(path):
        if not path.is_file():
            raise UserError("register.absent", file=path.name)
        if not path.stat().st_size:
            raise UserError("register.empty_file", file=path.name)
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


def _check_columns(path: Path, types: Types, layout: Layout) -> None:
    missing = [name for name in layout.required if name not in types]
    if not missing:
        return
    if layout.belongs_to_other in types:
        raise UserError(layout.wrong_kind, file=path.name)
    raise UserError("register.missing_columns", file=path.name, columns=", ".join(missing))


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in {".parquet", ".pq"} or _begins(path, b"PAR1")


def _begins(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False


class _Parquet:
    def __init__(self, path: Path) -> None:
        with pq.ParquetFile(path) as file:  # pyarrow refuses a damaged footer cleanly, and tells the row groups
            groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
        self._slices = list(_slices(groups))
        self._total = sum(groups)
        self._scan = pl.scan_parquet(path, glob=False)
        self.types: Types = self._scan.collect_schema()

    def pieces(self, names: tuple[str, ...], keep: pl.Expr) -> Iterator[tuple[pl.LazyFrame, int, float]]:
        for offset, rows in self._slices:
            yield self._scan.slice(offset, rows).filter(keep).select(names), rows, (offset + rows) / self._total


def _slices(groups: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (first row, rows) of row groups put together up to ``SLICE_ROWS`` rows; a larger group stays whole."""
    offset = rows = 0
    for group in groups:
        if rows and rows + group > SLICE_ROWS:
            yield offset, rows
            offset, rows = offset + rows, 0
        rows += group
    if rows:
        yield offset, rows


# --- CSV, alone or in an archive -------------------------------------------------------------------------------------


@contextmanager
def _text_stream(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], float]]]:
    """Open the CSV of a path, and a function that tells the share of its bytes read so far."""
    with path.open("rb") as file:
        size = path.stat().st_size
        if path.suffix.lower() == ".zip" or _begins(path, b"PK\x03\x04"):
            with zipfile.ZipFile(file) as archive, _member(path, archive) as member:
                yield member, lambda: file.tell() / size
        elif path.suffix.lower() == ".gz" or _begins(path, b"\x1f\x8b"):
            with gzip.open(file) as member:
                yield cast("IO[bytes]", member), lambda: file.tell() / size
        else:
            yield file, lambda: file.tell() / size


def _member(path: Path, archive: zipfile.ZipFile) -> IO[bytes]:
    name = _only_csv(path, archive)
    try:
        return archive.open(name)
    except RuntimeError as error:  # a password, or a way of packing that Python does not know
        raise UserError("register.broken_archive", file=path.name) from error


def _only_csv(path: Path, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")]
    if not names:
        raise UserError("register.archive_without_csv", file=path.name)
    if len(names) > 1:
        raise UserError("register.archive_with_several", file=path.name, count=len(names))
    return names[0]


class _Text:
    def __init__(self, path: Path, stream: IO[bytes], share: Callable[[], float]) -> None:
        self._path, self._stream, self._share = path, stream, share
        line, _, self._rest = stream.read(BLOCK_BYTES).partition(b"\n")
        header = _decoded(path, line)
        self._separator = max(SEPARATORS, key=header.count)
        names = _split(path, header, self._separator)
        self.types: Types = {}
        for position, name in enumerate(names):  # a name that comes twice counts where it comes first
            self.types[f"{name} {position}" if name in self.types else name.strip()] = pl.String()

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
    while end >= 0 and b'"' in block and block.count(b'"', 0, end) % 2:
        end = block.rfind(b"\n", 0, block.rfind(b'"', 0, end))
    return end + 1
