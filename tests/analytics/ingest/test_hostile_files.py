"""Archives and workbooks made to exhaust a machine: one sentence each, in a process whose memory the kernel bounds."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.errors import UserError
from analytics.ingest import _roster_archive, _roster_files, legal_units, source_files
from analytics.ingest.members import read_members
from analytics.ingest.register import read_establishments
from analytics.settings import default_settings
from tests.analytics.ingest.register_rows import as_csv, establishment, legal_unit
from tests.fuzz.readers import PLACES, TODAY

ROOT = Path(__file__).parents[3]
# Address space, libraries included, of which the register's engine maps some hundred megabytes for its threads.
MEMORY_BYTES = 4 * 1024**3
READ = """
import json, resource, sys
from pathlib import Path
from analytics.errors import UserError
from tests.fuzz.readers import PLACES, TODAY, check_sentence
from analytics.ingest.members import read_members
from analytics.ingest.members import read_members
from analytics.ingest.register import read_establishments
from analytics.settings import default_settings

for line in sys.stdin:
    kind, path = json.loads(line)
    # Against what never ends; far above what any of these takes.
    resource.setrlimit(resource.RLIMIT_CPU, (resource.getrusage(resource.RUSAGE_SELF).ru_utime.__ceil__() + 200, -1))
    try:
        if kind == "roster":
            told = len(read_members(Path(path), geography=PLACES, today=TODAY).members)
        else:
            told = read_establishments(Path(path), settings=default_settings()).establishments.height
    except UserError as error:
        check_sentence(error)
        told = error.key
    print(json.dumps(told), flush=True)
"""


class Child:
    """A process that reads files one after the other; one that dies is followed by another."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def tell(self, kind: str, path: Path) -> Any:
        if self._process is None or self._process.poll() is not None:
            self._process = self._started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([kind, str(path)]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the reader died of {path.name}: {self._process.wait()}"
        return json.loads(answer)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()

    @staticmethod
    def _started() -> subprocess.Popen[str]:
        def bounded() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        return subprocess.Popen(
            [sys.executable, "-c", READ],
            cwd=ROOT,
            env={**os.environ, "POLARS_MAX_THREADS": "2", "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=bounded,
        )


Told = Callable[[str, Path], Any]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """Return what tells how many rows are read, or the key of the sentence; asking for too much memory is death."""
    child = Child()
    yield child.tell
    child.close()


@pytest.fixture
def fresh() -> Iterator[Told]:
    """Return the same from a process that has read nothing yet: what others left takes no part of its memory."""
    child = Child()
    yield child.tell
    child.close()


# --- Workbooks -------------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Nom</t></is></c><c r="B1" t="inlineStr"><is><t>Ville</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Alpha</t></is></c></row>'
)
Parts = dict[str, bytes]


def workbook_parts() -> Parts:
    """Return the parts of a small roster, its first sheet written by hand."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Nom", "Ville"])
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    override = f'<Override PartName="/{STRINGS}" ContentType="{types}.sharedStrings+xml"/></Types>'
    listed = parts["[Content_Types].xml"]
    if STRINGS.encode() not in listed:
        listed = listed.replace(b"</Types>", override.encode())
    return parts | {SHEET: sheet(ROWS), STRINGS: strings(""), "[Content_Types].xml": listed}


def sheet(rows: str, *, before: str = "", doctype: str = "") -> bytes:
    return f'{HEAD}{doctype}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'.encode()


def strings(items: str, *, doctype: str = "") -> bytes:
    return f'{HEAD}{doctype}<sst xmlns="{MAIN}">{items}</sst>'.encode()


def saved(path: Path, parts: Parts, *, repeated: tuple[str, bytes, bytes, int, bytes] | None = None) -> Path:
    """Write a workbook; ``repeated`` names a part made of a beginning, a piece so many times, and an end."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if repeated and name == repeated[0]:
                continue
            archive.writestr(name, content)
        if repeated:
            name, begin, piece, times, end = repeated
            with archive.open(name, "w") as part:
                part.write(begin)
                for _ in range(times // 10_000):
                    part.write(piece * 10_000)
                part.write(end)
    return path


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION_LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'
TEXT = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'
CELL = TEXT.format("Nom") + TEXT


@pytest.mark.parametrize(
    "part",
    [
        {SHEET: sheet(CELL.format("&l9;"), doctype=BILLION_LAUGHS)},
        {SHEET: sheet(CELL.format("&a;" * 50_000), doctype=QUADRATIC)},
        {SHEET: sheet(CELL.format("&x;"), doctype='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')},
        {SHEET: sheet(CELL.format("x"), doctype='<!DOCTYPE x [<!ENTITY % d SYSTEM "http://127.0.0.1:9/d"> %d;]>')},
        {STRINGS: strings("<si><t>&l9;</t></si>", doctype=BILLION_LAUGHS)},
    ],
    ids=["billion-laughs", "quadratic", "external-file", "external-subset", "laughs-in-strings"],
)
def test_entities_are_neither_expanded_nor_fetched(told: Told, tmp_path: Path, part: Parts) -> None:
    assert told("roster", saved(tmp_path / "a.xlsx", workbook_parts() | part)) == "members.corrupt"


def test_entities_of_other_parts_are_not_expanded(told: Told, tmp_path: Path) -> None:
    book = workbook_parts()
    book[BOOK] = (
        book[BOOK].replace(b"<workbook", f"{BILLION_LAUGHS}<workbook".encode(), 1).replace(b"Sheet", b"&l9;", 1)
    )
    assert told("roster", saved(tmp_path / "a.xlsx", book)) in ("members.corrupt", 1)


@pytest.mark.parametrize(
    ("name", "begin", "piece", "times", "end", "expected"),
    [
        # Two million empty rows end where blank rows have gone on for long.
        (
            SHEET,
            sheet(ROWS).removesuffix(b"</sheetData></worksheet>"),
            b"<row/>",
            2_000_000,
            b"</sheetData></worksheet>",
            1,
        ),
        (SHEET, sheet(ROWS)[:-24], b"<c/>", 8_000_000, b"", "limits.workbook_inside"),
        (SHEET, f'<a xmlns="{MAIN}" '.encode(), b'a="" ', 8_000_000, b"/>", "limits.workbook_inside"),
        (STRINGS, strings("<si><t>")[:-6], b"a" * 100, 1_100_000, b"</t></si></sst>", 1),
        (STRINGS, strings("<si><t>")[:-6], b"a" * 100, 2_000_000, b"</t></si></sst>", "limits.workbook_inside"),
        ("xl/styles.xml", b"<a>", b"<a/>", 8_000_000, b"</a>", "limits.workbook_inside"),
        (SHEET, b"<a>", b"<a>", 2_000_000, b"", "members.corrupt"),
    ],
    ids=[
        *(
            "rows",
            "cells-of-one-row",
            "attributes",
            "string-of-100-mb",
            "string-of-200-mb",
        ),
        *("styles", "depth"),
    ],
)
def test_a_part_that_unpacks_to_millions_of_things(
    told: Told, tmp_path: Path, name: str, begin: bytes, piece: bytes, times: int, end: bytes, expected: object
) -> None:
    parts = workbook_parts()
    path = saved(tmp_path / "a.xlsx", parts, repeated=(name, begin, piece, times, end))
    assert path.stat().st_size < 2_000_000
    assert told("roster", path) == expected


@pytest.mark.parametrize(
    "begin",
    [
        b'<?xml version="1.0" encoding="UTF-7"?><a>',
        b"<?xml version='1.0' encoding='utf-7'?><a>",
        '<?xml version="1.0" encoding="UTF-7"?><a>'.encode("utf-16"),
        '<?xml version="1.0" encoding="UTF-7"?><a>'.encode("utf-16-le"),
        '<?xml version="1.0" encoding="cp037"?><a>'.encode("cp037"),
        b'<?xml version="1.0"' + b" " * 100_000 + b'encoding="UTF-7"?><a>',
    ],
    ids=["utf-7", "single-quotes", "within-utf-16", "without-a-mark", "ebcdic", "far-away"],
)
def test_marks_in_an_encoding_that_hides_them(told: Told, tmp_path: Path, begin: bytes) -> None:
    path = saved(tmp_path / "a.xlsx", workbook_parts(), repeated=("xl/styles.xml", begin, b"+ADw-a/+AD4-", 10_000, b""))
    assert told("roster", path) == "members.corrupt"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_encodings_of_workbooks_are_read(told: Told, tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig").upper()
    part = sheet(ROWS).decode().replace("UTF-8", declared).encode(encoding)
    assert told("roster", saved(tmp_path / "a.xlsx", workbook_parts() | {SHEET: part})) == 1


def test_what_the_parser_says_of_a_style_stays_out_of_the_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = workbook_parts()
    styles = parts["xl/styles.xml"].replace(b'xfId="0"', b'xfId="7"')
    assert styles != parts["xl/styles.xml"]
    path = saved(tmp_path / "a.xlsx", parts | {"xl/styles.xml": styles})
    with suppress(UserError):
        read_members(path, geography=PLACES, today=TODAY)
    assert capsys.readouterr().out == ""


def test_what_is_counted_is_all_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three million strings take a parser half a minute: here there are fewer, and a lower bound."""
    monkeypatch.setattr(_roster_archive, "MOST_MARKS", 3_000)
    path = saved(tmp_path / "a.xlsx", workbook_parts() | {STRINGS: strings("<si/>" * 3_100)})
    with pytest.raises(UserError) as caught:
        read_members(path, geography=PLACES, today=TODAY)  # type: ignore[arg-type]
    assert caught.value.key == "limits.workbook_inside"
    # What no reader opens costs nothing.
    path = saved(tmp_path / "b.xlsx", workbook_parts() | {"xl/theme/unread.xml": b"<a/>" * 3_100})
    assert len(read_members(path, geography=PLACES, today=TODAY).members) == 1  # type: ignore[arg-type]


def test_a_declared_dimension_and_a_far_row_cost_nothing(told: Told, tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    parts = workbook_parts() | {SHEET: sheet(ROWS + far, before='<dimension ref="A1:XFD1048576"/>')}
    assert told("roster", saved(tmp_path / "a.xlsx", parts)) == 1


def test_ten_thousand_sheets(told: Told, tmp_path: Path) -> None:
    parts = workbook_parts()
    many = {f"xl/worksheets/sheet{n}.xml": sheet(ROWS) for n in range(1, 10_001)}
    assert told("roster", saved(tmp_path / "a.xlsx", parts | many)) == "limits.workbook_parts"


def test_one_sheet_under_many_names(told: Told, tmp_path: Path) -> None:
    parts = workbook_parts()
    begin, middle, end = parts[BOOK].partition(b"<sheets>")
    one, _, rest = end.partition(b"</sheets>")
    names = b"".join(one.replace(b'"Sheet"', f'"S{n}"'.encode()) for n in range(3_000))
    parts[BOOK] = begin + middle + names + b"</sheets>" + rest
    assert told("roster", saved(tmp_path / "a.xlsx", parts)) in ("limits.workbook_parts", "limits.workbook_inside")


def with_flag(content: bytes, *, at: int, value: int) -> bytes:
    """Set two bytes of every entry of an archive's directory, and of what stands before each part."""
    data = bytearray(content)
    for magic, offset in ((b"PK\x01\x02", at + 2), (b"PK\x03\x04", at)):
        found = data.find(magic)
        while found >= 0:
            data[found + offset : found + offset + 2] = struct.pack("<H", value)
            found = data.find(magic, found + 4)
    return bytes(data)


def as_encrypted(content: bytes) -> bytes:
    return with_flag(content, at=6, value=1)


def as_lzma(content: bytes) -> bytes:
    return with_flag(content, at=8, value=zipfile.ZIP_LZMA)


@pytest.mark.parametrize(("change", "key"), [(as_encrypted, "members.password"), (as_lzma, "members.corrupt")])
def test_a_workbook_packed_as_none_is(told: Told, tmp_path: Path, change: Callable[[bytes], bytes], key: str) -> None:
    path = saved(tmp_path / "a.xlsx", workbook_parts())
    path.write_bytes(change(path.read_bytes()))
    assert told("roster", path) == key


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_sheet_that_is_there_twice_is_neither(told: Told, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", workbook_parts())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SHEET, sheet(ROWS.replace("Alpha", "Bêta")))
    assert told("roster", path) == "members.corrupt"


def test_entries_with_paths_and_links_are_never_written(told: Told, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("xl/worksheets/lien.xml")
    link.external_attr = 0o120777 << 16
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "a.xlsx", "w") as archive:
        for name, content in workbook_parts().items():
            archive.writestr(name, content)
        archive.writestr("../../evil.txt", b"x")
        archive.writestr("/tmp/evil.txt", b"x")  # noqa: S108 - what must not be written
        archive.writestr(link, b"/etc/passwd")
    assert told("roster", folder / "a.xlsx") == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "a.xlsx", "b"]


# --- Rosters in text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Nom;Ville\n" + b"a," * 30_000_000, "limits.long_line"),
        (b'Nom;Ville\n"' + b"a\n" * 30_000_000, "members.broken_quotes"),
        (b"Nom;Ville\nAlpha;Foix\n" + b";\n" * 30_000_000, 1),
        (b"Nom;Ville\nAl\x00pha;Foix\n", "members.not_a_table"),
        ("Nom;Ville\nAlpha;Foix\n".encode("utf-16"), 1),
        ("Nom;Ville\nAlpha;Foix\n".encode("utf-16-le"), "members.not_a_table"),
        # Each cell would take its pattern the square of its length.
        (b"Nom;Ville\n" + b"Alpha;" + b"12345 a" * 18_000 + b"|,x\n", 1),
    ],
    ids=["one-line", "one-cell", "blank-rows", "nul", "utf-16", "utf-16-without-mark", "slow-pattern"],
)
def test_a_roster_in_text(told: Told, tmp_path: Path, content: bytes, expected: object) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert told("roster", tmp_path / "a.csv") == expected


# --- The register ----------------------------------------------------------------------------------------------------

LINES = as_csv([establishment()]).splitlines(keepends=True)
HEADER, LINE = LINES[0], LINES[1]


def repeated(begin: bytes, piece: bytes, size: int) -> Iterator[bytes]:
    yield begin
    block = piece * (2**20 // len(piece))
    for _ in range(size // len(block)):
        yield block


def write_gz(path: Path, begin: bytes, piece: bytes) -> Path:
    """Write a gigabyte: one member of 16 MB, 64 times."""
    member = gzip.compress(piece * (2**24 // len(piece)), compresslevel=6)
    path.write_bytes(gzip.compress(begin) + member * 64)
    return path


def write_zip(path: Path, begin: bytes, piece: bytes) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        archive.open("StockEtablissement_utf8.csv", "w", force_zip64=True) as part,
    ):
        part.writelines(repeated(begin, piece, 2**28))
    return path


@pytest.mark.parametrize("write", [write_gz, write_zip])
@pytest.mark.parametrize(
    ("piece", "keys"),
    [(b"\n", {"limits.archive_ratio"}), (bytes(64), {"register.bad_record", "limits.archive_ratio"})],
    ids=["lines", "one-line"],
)
def test_bombs_are_streamed_and_given_up(
    told: Told, tmp_path: Path, write: Callable[[Path, bytes, bytes], Path], piece: bytes, keys: set[str]
) -> None:
    path = write(tmp_path / "a", HEADER, piece)
    assert path.stat().st_size < 2_000_000
    assert told("register", path) in keys


def test_rows_that_are_kept_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "MOST_KEPT", 100)
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER + LINE * 60)
    with pytest.raises(UserError) as caught:
        read_establishments(path, settings=default_settings())
    assert caught.value.key == "limits.kept"  # kept, and a life each
    monkeypatch.setattr(legal_units, "MOST_KEPT", 100)
    lines = as_csv([legal_unit(denomination="A")]).splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] * 101)
    with pytest.raises(UserError) as caught:
        legal_units.read_legal_units(path, sirens={"100000009"})
    assert caught.value.key == "limits.repeated"


def test_a_csv_of_one_line(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.writelines(repeated(HEADER, b"a,", 2**28))
    assert told("register", path) == "register.bad_record"
    with path.open("wb") as file:
        file.write(b"siren,")
        file.truncate(2**30)
    assert told("register", path) == "register.unreadable"


def test_quotes_that_never_close_take_no_square_of_their_number(told: Told, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + b'"' + b'\n""' * 6_000_000)
    assert told("register", tmp_path / "a.csv") == "register.bad_record"


def test_a_header_of_a_million_columns(told: Told, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER.rstrip() + b",x" * 1_000_000 + b"\n")
    assert told("register", tmp_path / "a.csv") == "register.unreadable"


def test_an_archive_in_an_archive_and_a_list_of_a_million_entries(told: Told, tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", HEADER, b"\n").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner.zip", inner)
    assert told("register", tmp_path / "a.zip") == "register.archive_without_csv"
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.csv"
    entries = entry * 1_000_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entries), 4, 0)
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04" + entries + end)
    assert told("register", tmp_path / "b.zip") == "register.broken_archive"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_odd_entries_of_the_registers_archive(told: Told, tmp_path: Path) -> None:
    text, folder = b"".join(LINES), tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    link = zipfile.ZipInfo("lien.csv")
    link.external_attr = 0o120777 << 16

    def of(name: str, *entries: tuple[str | zipfile.ZipInfo, bytes], change: Callable[[bytes], bytes] = bytes) -> Any:
        path = folder / name
        with zipfile.ZipFile(path, "w") as archive:
            for entry, content in entries:
                archive.writestr(entry, content)
        path.write_bytes(change(path.read_bytes()))
        return told("register", path)

    assert of("path.zip", ("../../../etc/evil.csv", text)) == 1
    assert of("absolute.zip", ("/etc/evil.csv", text)) == 1
    assert of("twice.zip", ("a.csv", text), ("a.csv", text)) == "register.archive_with_several"
    assert of("link.zip", (link, b"/etc/passwd")) == "register.foreign_register"
    assert of("encrypted.zip", ("a.csv", text), change=as_encrypted) == "register.broken_archive"
    assert of("lzma.zip", ("a.csv", text), change=as_lzma) == "register.broken_archive"
    assert {p.suffix for p in tmp_path.rglob("*") if p.is_file()} == {".zip"}


def equal_rows(path: Path, rows: int, *, groups: int = 1, **changed: str | None) -> Path:
    """Write groups of equal rows: some kilobytes for any number of them."""
    row = {name: value for name, value in establishment(**changed).items() if value is not None}
    zeros = pa.array(np.zeros(rows, np.int32))
    table = pa.table({name: pa.DictionaryArray.from_arrays(zeros, [value]) for name, value in row.items()})
    with pq.ParquetWriter(path, table.schema, store_schema=False, write_statistics=False) as writer:
        for _ in range(groups):
            writer.write_table(table, row_group_size=rows)
    return path


def test_millions_of_equal_rows_in_a_few_bytes(fresh: Told, tmp_path: Path) -> None:
    """Kept rows are refused once there are more than there can be; others cost no memory however many a group has."""
    path = equal_rows(tmp_path / "kept.parquet", 5_500_000)
    assert path.stat().st_size < 200_000
    assert fresh("register", path) == "limits.kept"
    assert (
        fresh("register", equal_rows(tmp_path / "far.parquet", 9_000_000, commune="75056")) == "register.nothing_kept"
    )


def test_more_rows_than_any_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "MOST_ROWS", 100)
    with pytest.raises(UserError) as caught:
        read_establishments(equal_rows(tmp_path / "a.parquet", 60, groups=2), settings=default_settings())
    assert caught.value.key == "limits.rows"


def test_the_bounds_are_far_from_what_is_real() -> None:
    """The whole register has some forty million rows; a roster of 20,000 rows and 20 columns is read."""
    assert source_files.MOST_ROWS > 5 * 45_000_000
    assert source_files.LARGEST_RATIO > 10 * 10
    marks_a_cell = len('<c r="A1" s="1" t="s"><v>0</v></c>') - len(' rA1 s"1" t"s">v>0/v>/c>c""')
    assert _roster_files.MAX_ROWS * 20 * marks_a_cell <= _roster_archive.MOST_MARKS
