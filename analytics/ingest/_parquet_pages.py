"""Headers of the pages of a Parquet file, looked at before the engine reads them.

A header that is damaged, or made so, may promise more values than there can be; the engine then asks for so much
memory that the process is ended, the server's too. pyarrow refuses such a file, but would have to read all of it. So
the headers alone are walked: Thrift's compact protocol (https://github.com/apache/thrift, ``doc/specs``), with the
fields of ``PageHeader`` (https://github.com/apache/parquet-format). What is not understood here is left to the engine.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow.parquet as pq

# A header holds numbers, and the least and greatest value of its page where the writer tells them.
_HEADER_BYTES = 4096
# Types of the compact protocol: a field's, and the few of which a header is made.
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
# Fields of a page's header: sizes, and the headers of its kinds, whose first field is the number of values.
_UNPACKED, _PACKED, _DATA, _DICTIONARY, _DATA_V2 = 2, 3, 5, 7, 8
_VALUES = 1


class _NotUnderstoodError(Exception):
    pass


class _Page(NamedTuple):
    """What a header says: bytes of the page, packed and unpacked; values, and whether they are a dictionary's."""

    packed: int
    unpacked: int
    values: int
    is_dictionary: bool


def has_impossible_page(
    path: Path, footer: pq.FileMetaData, *, columns: Collection[str], groups: Iterable[int]
) -> bool:
    """Return whether a page of these columns, by name, promises what its column cannot hold.

    Parameters
    ----------
    path, footer
        The file, and its footer as pyarrow has read it.
    groups
        Numbers of the row groups to look at.
    """
    with path.open("rb") as content:
        for group in groups:
            chunks = footer.row_group(group)
            for number in range(chunks.num_columns):
                chunk = chunks.column(number)
                if chunk.path_in_schema.partition(".")[0] in columns and _is_impossible(content, chunk):
                    return True
    return False


def _is_impossible(content: IO[bytes], chunk: pq.ColumnChunkMetaData) -> bool:
    values, left = chunk.num_values, chunk.num_values
    for page in _pages(content, chunk):
        most = max(page.unpacked, values) if page.is_dictionary else left
        if page.values < 0 or page.unpacked < 0 or page.packed < 0 or page.values > most:
            return True
        left -= 0 if page.is_dictionary else page.values
    return False


def _pages(content: IO[bytes], chunk: pq.ColumnChunkMetaData) -> Iterator[_Page]:
    """Yield the pages of a chunk as far as their headers are understood."""
    begin = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        begin = min(begin, chunk.dictionary_page_offset)
    at, end = begin, begin + chunk.total_compressed_size
    while 0 <= at < end:
        content.seek(at)
        header = io.BytesIO(content.read(min(_HEADER_BYTES, end - at)))
        try:
            page = _page(_struct(header))
        except _NotUnderstoodError:
            return
        yield page
        at += header.tell() + page.packed


def _page(fields: dict[int, object]) -> _Page:
    unpacked, packed = fields.get(_UNPACKED), fields.get(_PACKED)
    of_kind = next((fields[kind] for kind in (_DATA, _DATA_V2, _DICTIONARY) if kind in fields), None)
    values = of_kind.get(_VALUES) if isinstance(of_kind, dict) else None
    if not isinstance(unpacked, int) or not isinstance(packed, int) or not isinstance(values, int):
        raise _NotUnderstoodError
    return _Page(packed, unpacked, values, _DICTIONARY in fields)


def _struct(content: io.BytesIO) -> dict[int, object]:
    """Return the fields of a struct by their number: integers and structs; of others, None."""
    fields: dict[int, object] = {}
    number = 0
    while (begin := _byte(content)) != _STOP:
        kind, step = begin & 0x0F, begin >> 4
        number = number + step if step else _integer(content)
        fields[number] = _value(content, kind)
    return fields


def _value(content: io.BytesIO, kind: int) -> object:
    if kind in _INTEGERS:
        return _integer(content)
    if kind == _STRUCT:
        return _struct(content)
    if kind == _BYTE:
        _skip(content, 1)
    elif kind == _DOUBLE:
        _skip(content, 8)
    elif kind == _BINARY:
        _skip(content, _varint(content))
    elif kind not in (_TRUE, _FALSE):
        raise _NotUnderstoodError  # Lists and maps: no header of a page has any.
    return None


def _integer(content: io.BytesIO) -> int:
    """Return a signed number: zigzag, in seven bits a byte."""
    number = _varint(content)
    return (number >> 1) ^ -(number & 1)


def _varint(content: io.BytesIO) -> int:
    number = 0
    for shift in range(0, 70, 7):
        byte = _byte(content)
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number
    raise _NotUnderstoodError


def _byte(content: io.BytesIO) -> int:
    byte = content.read(1)
    if not byte:
        raise _NotUnderstoodError
    return byte[0]


def _skip(content: io.BytesIO, size: int) -> None:
    if len(content.read(size)) < size:
        raise _NotUnderstoodError
