"""Spoiling valid files where it hurts: bytes, cells, headers, encodings, parts of archives, footers, types of columns.

Every function takes a ``Random``, so that a case is the same each time that its number is, and so that a fuzzer guided
by coverage may choose in its stead.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from random import Random

Grid = list[list[str]]

# What has broken readers of tables before, here or elsewhere.
CELLS = (
    *("", " ", "\t", "-", "NC", "[ND]", "null", "nan", "inf", "-inf", "1e999", "1e-999", "-1", "0", "00000000000000"),
    *("9" * 15, "9" * 400, "9" * 5000, "0x1F", "1_000", "1,5", "1.234.567,89", "4,04833E+08", "12-19", "10 à 19"),
    *("31/12/2020", "2020-13-45", "99/99/9999", "0000-00-00", "mars 2019", "44000", "2958466", "20191301", "2019.0"),
    *("true", "VRAI", "O", "N", "P", "A", "F", "#N/A", "#REF!", "=1+1", '=HYPERLINK("http://x","y")', "@SUM(A1)"),
    *("\x00", "a\x00b", "\x1b[31m", "\r", "a\rb", "\n", "a\nb", '"', '""', "'", ";", ",", "|", "\\", "{0}", "%s"),
    *("\u200b", "\ufeff", "\u202etxt", "\u2066x", "\u2028", "\u0130", "ß", "ﬁ", "٣١٥٥٥", "²²²²", "Ⅷ", "𝟗𝟗𝟗"),
    *("{x}", "\U0001f469\u200d\U0001f4bb", "e\u0301" * 50, "\u0301", "\U000e0041", "\ufffe"),
    *("<b>x</b>", "<script>alert(1)</script>", "[x](javascript:alert(1))", "$x$", "../../etc/passwd", "a" * 3000),
    *("12345 a" * 40 + ",", "1 " * 300, "a.b." * 200, "rcs " * 200, "31000 Toulouse", "Toulouse 3e", "2A004", "97411"),
)
_BYTES = (b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b";", b",", b"\x80", b"PK\x05\x06")
_BYTES += (b"PAR1",)
_ENTRIES = ("../../x.csv", "/etc/x.csv", "C:\\x.csv", "x\x00.csv", "\u202egpj.csv", "__MACOSX/._a.csv")
_VALUES = ("1048577", "XFD1048576", "A1:XFD1048576", "ZZZZZZ1", "-5", "s", "d", "b", "e", "str")
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "utf-7")
_DOCTYPES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]>',
)


def spoil_bytes(rng: Random, content: bytes, *, begin: int = 0) -> bytes:
    """Change a file in one to six places from ``begin`` on."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(begin, len(data)), len(data) + 1)
        rng.choice(_BYTE_CHANGES)(rng, data, at)
    return bytes(data)


def _flip(rng: Random, data: bytearray, at: int) -> None:
    if at < len(data):
        data[at] ^= 1 << rng.randrange(8)


def _overwrite(rng: Random, data: bytearray, at: int) -> None:
    width = rng.choice(("<B", "<H", "<I", ">I", "<Q"))
    number = rng.choice(_NUMBERS) & (2 ** (8 * struct.calcsize(width)) - 1)
    data[at : at + struct.calcsize(width)] = struct.pack(width, number)


def _insert(rng: Random, data: bytearray, at: int) -> None:
    data[at:at] = rng.choice(_BYTES) * rng.choice((1, 1, 1, 2, 50))


def _delete(rng: Random, data: bytearray, at: int) -> None:
    del data[at : at + rng.choice((1, 1, 2, 4, 8, 64, 1000))]


def _repeat(rng: Random, data: bytearray, at: int) -> None:
    data[at:at] = data[at : at + rng.choice((1, 4, 32, 300))] * rng.choice((1, 2, 20))


def _cut(rng: Random, data: bytearray, at: int) -> None:
    if rng.random() < 0.3:
        del data[at:]


_BYTE_CHANGES: tuple[Callable[[Random, bytearray, int], None], ...] = (
    *(_flip, _flip, _overwrite, _overwrite, _insert, _delete, _repeat, _cut),
)


def spoil_grid(rng: Random, grid: Sequence[Sequence[str]]) -> Grid:
    """Change cells, headers, rows and columns of a table."""
    table = [list(row) for row in grid]
    for _ in range(rng.randint(1, 5)):
        rng.choice(_GRID_CHANGES)(rng, table)
        if not table:
            break
    return table


def _some(rng: Random, row: list[str]) -> int:
    return rng.randrange(len(row)) if row else 0


def _cell(rng: Random, table: Grid) -> None:
    row = rng.choice(table)
    if row:
        row[_some(rng, row)] = rng.choice(CELLS)


def _joined(rng: Random, table: Grid) -> None:
    row = rng.choice(table)
    if row:
        at = _some(rng, row)
        row[at] = row[at] + rng.choice(CELLS) if rng.random() < 0.5 else rng.choice(CELLS) + row[at]


def _column(rng: Random, table: Grid) -> None:
    """Give a whole column one value, its header aside."""
    at, value = _some(rng, table[0]), rng.choice(CELLS)
    for row in table[1:]:
        if at < len(row):
            row[at] = value


def _header(rng: Random, table: Grid) -> None:
    head = table[0]
    if head:
        at = _some(rng, head)
        head[at] = rng.choice((rng.choice(head), rng.choice(CELLS), head[at].upper(), f" {head[at]} ", head[at][:-1]))


def _drop_column(rng: Random, table: Grid) -> None:
    at = _some(rng, table[0])
    for row in table:
        del row[at : at + 1]


def _swap_columns(rng: Random, table: Grid) -> None:
    one, other = _some(rng, table[0]), _some(rng, table[0])
    for row in table:
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]


def _ragged(rng: Random, table: Grid) -> None:
    row = rng.choice(table)
    if rng.random() < 0.5:
        row.extend([rng.choice(CELLS)] * rng.choice((1, 3, 300)))
    else:
        del row[_some(rng, row) :]


def _again(rng: Random, table: Grid) -> None:
    at = rng.randrange(len(table))
    table[at:at] = [list(rng.choice(table)) for _ in range(rng.choice((1, 2, 40)))]


def _drop_row(rng: Random, table: Grid) -> None:
    del table[rng.randrange(len(table))]


_GRID_CHANGES: tuple[Callable[[Random, Grid], None], ...] = (
    *(_cell, _cell, _cell, _joined, _joined, _column, _header, _drop_column, _swap_columns, _ragged, _again, _drop_row),
)


def as_text(rng: Random, grid: Grid, *, delimiters: str = ",;\t|") -> bytes:
    """Write a table as CSV: mostly as it should be, now and then in another way, or another encoding."""
    text = io.StringIO(newline="")
    end = rng.choice(("\n", "\n", "\r\n", "\r"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(text, delimiter=rng.choice(delimiters), lineterminator=end, quoting=quoting).writerows(grid)
    encoding = rng.choice(_ENCODINGS) if rng.random() < 0.2 else "utf-8"
    content = text.getvalue().encode(encoding, "replace")
    return spoil_bytes(rng, content) if rng.random() < 0.3 else content


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the parts of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(rng: Random, parts: dict[str, bytes]) -> bytes:
    """Write an archive; now and then with odd entries, or a spoilt directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            method = zipfile.ZIP_STORED if rng.random() < 0.5 else zipfile.ZIP_DEFLATED
            if rng.random() < 0.02:
                method = rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
            archive.writestr(zipfile.ZipInfo(name), content, method)
        if rng.random() < 0.1:
            archive.writestr(zipfile.ZipInfo(rng.choice(_ENTRIES)), rng.choice(list(parts.values()) or [b""]))
    content = out.getvalue()
    where = rng.random()
    if where < 0.2:
        return spoil_bytes(rng, content, begin=max(content.find(b"PK\x01\x02"), 0))
    return spoil_bytes(rng, content) if where < 0.3 else content


def spoil_xml(rng: Random, part: bytes) -> bytes:
    """Change attributes, texts and elements of an XML part, or its bytes."""
    change = rng.randrange(6)
    if change == 0:
        return spoil_bytes(rng, part)
    if change == 1:
        return _replaced(rng, part, rb'="([^"]*)"')
    if change == 2:
        return _replaced(rng, part, rb">([^<>]+)<")
    if change == 3:
        head, _, tail = part.partition(b"?>")
        return (head + b"?>" if tail else b"") + rng.choice(_DOCTYPES) + (tail or head)
    found = [match.span() for match in re.finditer(rb"<(\w+)[^<>]*/>|<(\w+)[^<>]*>[^<>]*</\2>", part)]
    if not found:
        return part
    begin, end = rng.choice(found)
    if change == 4:
        return part[:begin] + part[end:]
    other_begin, other_end = rng.choice(found)
    return part[:begin] + part[other_begin:other_end] * rng.choice((1, 2, 60)) + part[begin:]


def _replaced(rng: Random, part: bytes, pattern: bytes) -> bytes:
    """Replace one to five of what the pattern's group finds."""
    for _ in range(rng.randint(1, 5)):
        found = [match.span(1) for match in re.finditer(pattern, part)]
        if not found:
            return part
        begin, end = rng.choice(found)
        value = rng.choice((*CELLS, *_VALUES))
        safe = value if rng.random() < 0.1 else re.sub(r'[<>&"\x00-\x08\x0b-\x1f]', "", value)
        part = part[:begin] + safe.encode("utf-8", "replace") + part[end:]
    return part


def gzipped(rng: Random, content: bytes) -> bytes:
    """Return gzip members, now and then several, spoilt, or with something behind."""
    cut = rng.randrange(len(content) + 1) if rng.random() < 0.2 else len(content)
    members = [part for part in (content[:cut], content[cut:]) if part]
    whole = b"".join(gzip.compress(part, mtime=0) for part in members)
    if rng.random() < 0.1:
        whole += rng.choice(_BYTES) * 20
    return spoil_bytes(rng, whole) if rng.random() < 0.3 else whole
