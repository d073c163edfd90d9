"""Large files over HTTP: asked for in one session, taken up where they broke off, given up when nothing comes any more.

What is half there lies in ``<name>.part``, with what the server calls that version of the file beside it
(``<name>.part.json``: a strong ETag, else Last-Modified). The rest is asked for by ``Range`` under ``If-Range``, so
that a server whose file has changed sends the whole new one (RFC 9110, sections 13.1.5 and 14). A server that knows no
ranges sends the whole file too. The file gets its name when it is whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from analytics import disk
from analytics.errors import PassingError, Phrase, Size
from analytics.ingest.connection import Connection, FaultError, refuse_status
from analytics.progress import Progress, silent

if TYPE_CHECKING:
    import requests

# Over the patience, less than this is no transfer any more.
SLOWEST_BYTES_PER_S = 1024.0
# An attempt that brings less has brought nothing, or a trickle would be waited for without end.
LEAST_PROGRESS_BYTES = 64 * 1024
READ_BYTES = 256 * 1024
PARQUET_MAGIC = b"PAR1"
PART_SUFFIX = ".part"
refused_writes = partial(
    disk.refused_writes, no_room="update.disk_full", no_right="update.unwritable", failed="update.unwritable"
)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class Wanted(Protocol):
    """A file to fetch: where it is, and its size in bytes where that is known."""

    @property
    def url(self) -> str: ...

    @property
    def size(self) -> int | None: ...


def fetch(
    connection: Connection,
    wanted: Wanted,
    target: Path,
    *,
    progress: Progress = silent,
    has_room: Callable[[int], None] | None = None,
) -> None:
    """Fetch a file to ``target``, taking up what an earlier run has left.

    Parameters
    ----------
    connection
        The session.
    wanted
        The file.
    target
        Where it goes, once whole; its folder is there.
    progress
        Told of the share done, as far as the size is known.
    has_room
        Called with the bytes still to come once the server has said how many; raises when the disk lacks them.

    Raises
    ------
    PassingError
        When nothing comes any more; what came stays for the next run. Or when what comes is not the file.
    UserError
        When the file is not there, its address is refused, or the disk refuses the write.
    """
    transfer = _Transfer(connection, wanted, target, progress, has_room or (lambda _: None))
    try:
        connection.insist(transfer.attempt, lambda: transfer.failures)
    except FaultError as error:
        if error.is_passing:
            done, why = Size(transfer.size()), Phrase(error.reason)
            raise PassingError("update.broken_off", file=target.name, done=done, reason=why) from error
        transfer.forget()
        told = {"file": target.name, "service": connection.name}
        raise PassingError(error.reason, **told, **error.params) from error


@dataclass
class _Transfer:
    """One file on its way: what is there, and what a next attempt asks for."""

    connection: Connection
    wanted: Wanted
    target: Path
    progress: Progress
    has_room: Callable[[int], None]
    failures: int = 0
    _most: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.part = self.target.with_name(self.target.name + PART_SUFFIX)
        self.note = self.part.with_name(self.part.name + ".json")
        self._most = self.size()

    def size(self) -> int:
        """Return how many bytes are there."""
        return self.part.stat().st_size if self.part.exists() else 0

    def forget(self) -> None:
        """Remove what is there."""
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def attempt(self) -> None:
        """Ask for what is missing, and give the file its name when nothing is."""
        try:
            self._once()
        except FaultError:
            has_advanced = self.size() >= self._most + LEAST_PROGRESS_BYTES
            self.failures = 1 if has_advanced else self.failures + 1
            self._most = max(self._most, self.size())
            raise
        with refused_writes(self.target.parent):
            self.part.replace(self.target)
            self.note.unlink(missing_ok=True)

    def _once(self) -> None:
        headers = {"Accept-Encoding": "identity", **self._condition()}
        with self.connection.get(self.wanted.url, headers) as response:
            if response.status_code == 416:
                self._refuse_unless_whole(response)
                return
            refuse_status(response, 200, 206)
            offset, total = self._place(response)
            if self.wanted.size is not None and total is not None and total != self.wanted.size:
                if not offset:
                    _refuse_other_than_parquet(response.raw.read1(READ_BYTES, decode_content=True))
                raise FaultError("update.wrong_size", is_passing=False, expected=self.wanted.size, found=total)
            total = total if total is not None else self.wanted.size
            self.has_room((total or 0) - offset)
            with refused_writes(self.target.parent):
                self._write(response, offset, total)

    def _condition(self) -> dict[str, str]:
        """Return the headers that ask for the rest of the version that is half there, or none for the whole file."""
        size, version = self.size(), self._kept_version()
        return {"Range": f"bytes={size}-", "If-Range": version} if size and version else {}

    def _kept_version(self) -> str:
        try:
            return str(json.loads(self.note.read_text(encoding="utf-8"))["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _refuse_unless_whole(self, response: requests.Response) -> None:
        """There is nothing after what is there: it is whole, or of another version and of no use."""
        total = _content_range(response)[1]
        if total is None or total != self.size() or self.wanted.size not in {None, total}:
            self.forget()
            raise FaultError("update.reason_stale")

    def _place(self, response: requests.Response) -> tuple[int, int | None]:
        """Return from where the body goes on, and how long the file is if that is said."""
        if response.status_code == 206:
            offset, total = _content_range(response)
            if offset == self.size() and _version(response.headers) in {"", self._kept_version()}:
                return offset, total
            self.forget()
            raise FaultError("update.reason_stale")
        self._begin(response.headers)
        said = response.headers.get("Content-Length", "")
        return 0, int(said) if said.isdecimal() and _is_plain(response) else None

    def _begin(self, headers: Mapping[str, str]) -> None:
        """Begin anew, keeping what the server calls this version."""
        with refused_writes(self.target.parent):
            self.part.touch(mode=0o600)
            self.part.write_bytes(b"")
            self.note.touch(mode=0o600)
            self.note.write_text(json.dumps({"version": _version(headers)}), encoding="utf-8")

    def _write(self, response: requests.Response, offset: int, total: int | None) -> None:
        size = offset
        with self.part.open("ab", buffering=0) as file:
            for chunk in self._chunks(response):
                _write_whole(file, chunk)
                size += len(chunk)
                if total is not None:
                    if size > total:
                        raise FaultError("update.wrong_size", is_passing=False, expected=total, found=size)
                    self.progress(size / total)
                if size - len(chunk) < len(PARQUET_MAGIC) <= size:
                    _refuse_other_than_parquet(_head(self.part))
            os.fsync(file.fileno())
        if total is not None and size < total:
            raise FaultError("update.reason_cut")

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        """Yield what comes as it comes; raise when over the patience next to nothing did."""
        limits = self.connection.limits
        since, got = limits.clock(), 0
        while chunk := response.raw.read1(READ_BYTES, decode_content=True):
            yield chunk
            got += len(chunk)
            passed = limits.clock() - since
            if passed >= limits.patience_s:
                if got < SLOWEST_BYTES_PER_S * passed:
                    raise FaultError("update.reason_stalled")
                since, got = limits.clock(), 0


def _write_whole(file: IO[bytes], chunk: bytes) -> None:
    """Write all of it: an unbuffered file takes as much as there is room for, and refuses the rest when asked again."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _version(headers: Mapping[str, str]) -> str:
    """Return what the server calls the version of its file; a weak ETag does not promise the same bytes."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _head(part: Path) -> bytes:
    with part.open("rb") as file:
        return file.read(len(PARQUET_MAGIC))


def _refuse_other_than_parquet(head: bytes) -> None:
    """Refuse a page, or anything else, that comes in place of the file, before two gigabytes of it have come."""
    if not head.startswith(PARQUET_MAGIC):
        is_page = head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
        raise FaultError("update.is_page" if is_page else "update.no_parquet", is_passing=False)


def _content_range(response: requests.Response) -> tuple[int | None, int | None]:
    """Return where the body begins, and the size of the file, as ``Content-Range`` says."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if not found:
        return None, None
    start, total = found.groups()
    return (int(start) if start else None), (int(total) if total.isdecimal() else None)


def _is_plain(response: requests.Response) -> bool:
    """Return whether the body is the file as it is, not a packed one whose length says nothing."""
    return response.headers.get("Content-Encoding", "identity").lower() in {"", "identity"}
