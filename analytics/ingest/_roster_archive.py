"""A workbook's archive, read with a meter: what unpacking and parsing it may cost is bounded, whatever it claims.

A workbook of some kilobytes can hold gigabytes, or a few bytes repeated as millions of elements, each of which takes a
hundred times its length in memory. So what is counted is what is really read, by whoever reads it: bytes, and the
marks ``<`` and ``=`` that begin elements and attributes. What a sheet holds below its last row costs nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import redirect_stdout
from typing import IO, Any

import openpyxl
from openpyxl.reader.excel import ExcelReader

from analytics.errors import UserError

# A roster of 20,000 rows by 20 columns has as many marks; a parser takes some 600 MB for them at worst.
MOST_MARKS = 3_000_000
MOST_BYTES = 128 * 2**20
MOST_PARTS = 5_000
MOST_SHEETS = 200
_CHUNK = 64 * 1024
_DIRECTORY_ENTRY = b"PK\x01\x02"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
# In an encoding such as UTF-7 or EBCDIC the marks would be other bytes, and pass the meter uncounted.
_ENCODINGS = {"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "windows-1252"}
_DECLARED = re.compile(rb"<\?xml\s")
_DECLARATION = re.compile(rb"<\?xml\s([^>]{0,200})\?>")
_NAMED = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_EBCDIC = b"\x4c\x6f\xa7\x94"


def open_workbook(content: bytes, *, name: str) -> openpyxl.Workbook:
    """Open a workbook for reading its values, each part of it through the meter.

    Raises
    ------
    UserError
        When it has too many parts or sheets, holds too much, is encrypted, or has parts twice.
    zipfile.BadZipFile, and whatever openpyxl raises
        When it is damaged.
    """
    if content.count(_DIRECTORY_ENTRY) > MOST_PARTS:
        raise UserError("limits.workbook_parts", file=name)
    archive = _MeteredArchive(io.BytesIO(content), _Meter(name))
    _check_parts(archive.infolist(), name=name)
    # What ``openpyxl.load_workbook`` does, which takes no archive.
    reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.archive = archive
    with redirect_stdout(io.StringIO()):  # It prints of a style that is not there, and ours is for what was asked for.
        reader.read()
    if len(reader.wb.sheetnames) > MOST_SHEETS:
        raise UserError("limits.workbook_parts", file=name)
    return reader.wb


def _check_parts(parts: list[zipfile.ZipInfo], *, name: str) -> None:
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise UserError("members.password", file=name)
    read = [part.filename for part in parts if part.filename.startswith("xl/") and "/media/" not in part.filename]
    if len(set(read)) < len(read) or any(part.compress_type not in _METHODS for part in parts):
        raise zipfile.BadZipFile("parts that are there twice, or packed as no workbook is")


class _Meter:
    """Counts what is read of an archive, and refuses what goes beyond."""

    def __init__(self, name: str) -> None:
        self._name, self._bytes, self._marks = name, 0, 0

    def passed(self, chunk: bytes) -> bytes:
        self._bytes += len(chunk)
        self._marks += chunk.count(b"<") + chunk.count(b"=")
        if self._bytes > MOST_BYTES or self._marks > MOST_MARKS:
            raise UserError("limits.workbook_inside", file=self._name)
        return chunk


class _MeteredArchive(zipfile.ZipFile):
    def __init__(self, file: IO[bytes], meter: _Meter) -> None:
        super().__init__(file)
        self._meter = meter

    def open(self, name: str | zipfile.ZipInfo, *args: Any, **options: Any) -> IO[bytes]:  # noqa: ANN401 - zipfile's own
        """Open a part; ``ZipFile.read`` comes this way too."""
        part = super().open(name, *args, **options)
        return io.BufferedReader(_MeteredPart(part, self._meter), _CHUNK)


class _MeteredPart(io.RawIOBase):
    def __init__(self, part: IO[bytes], meter: _Meter) -> None:
        self._part, self._meter, self._is_begun = part, meter, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        chunk = self._meter.passed(self._part.read(len(buffer)))
        if not self._is_begun:
            self._is_begun = True
            _refuse_other_encodings(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._part.close()
        super().close()


def _refuse_other_encodings(beginning: bytes) -> None:
    """Refuse a part whose marks a meter of bytes cannot count; no spreadsheet program writes one."""
    text = beginning[:1000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff")  # UTF-16 too, whichever its order
    declared = _DECLARATION.match(text)
    named = _NAMED.search(declared[1]) if declared else None
    is_odd = _DECLARED.match(text) is not None and not declared
    if is_odd or text.startswith(_EBCDIC) or (named and named[1].decode("latin-1").lower() not in _ENCODINGS):
        raise zipfile.BadZipFile("a part in an encoding that no workbook has")
