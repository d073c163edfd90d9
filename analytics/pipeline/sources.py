"""The files that are read, as the manifest tells them: hashed while they are read, and refused if they changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analytics.errors import UserError
from analytics.text.characters import one_line

_HASHED_BYTES = 4 * 1024**2


@dataclass(frozen=True)
class Source:
    """A file that was read, as it was when the build began."""

    role: str
    path: Path
    size: int
    modified_ns: int
    sha256: str
    origin: Mapping[str, str] | None = None

    def entry(self) -> dict[str, Any]:
        """Return the source as the manifest has it; the name alone, not where it lay."""
        modified = datetime.fromtimestamp(self.modified_ns / 1e9, UTC).isoformat(timespec="seconds")
        named = {"role": self.role, "file": one_line(self.path.name), "bytes": self.size}
        fetched = {} if self.origin is None else {"origin": dict(self.origin)}
        return named | {"sha256": self.sha256, "modified": modified} | fetched


@contextmanager
def described_meanwhile(files: Mapping[str, Path]) -> Iterator[Future[tuple[Source, ...]]]:
    """Describe the files in a thread, while they are read too: hashing three gigabytes takes a processor seconds.

    What the block raises ends it.
    """
    for path in files.values():
        _stat(path)
    has_ended = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            yield pool.submit(describe, files, is_wanted=lambda: not has_ended.is_set())
        finally:
            has_ended.set()


def describe(files: Mapping[str, Path], *, is_wanted: Callable[[], bool] = lambda: True) -> tuple[Source, ...]:
    """Return the files as the manifest has them; with a hash of a part where they are wanted no more.

    Raises
    ------
    UserError
        When one is absent, no file, or cannot be read.
    """
    stats = {role: _stat(path) for role, path in files.items()}
    return tuple(
        Source(role, path, *stats[role], sha256=_sha256(path, is_wanted=is_wanted)) for role, path in files.items()
    )


def refuse_changed(sources: tuple[Source, ...]) -> None:
    """Refuse files that have changed since they were described.

    A file still being downloaded or saved while it was read is neither the old one nor the new one.

    Raises
    ------
    UserError
        When one has.
    """
    for source in sources:
        if _stat(source.path) != (source.size, source.modified_ns):
            raise UserError("build.source_changed", file=source.path.name)


def _stat(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise UserError("build.source_absent", file=str(path)) from error
    if not path.is_file():
        raise UserError("build.source_no_file", file=str(path))
    return stat.st_size, stat.st_mtime_ns


def _sha256(path: Path, *, is_wanted: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while is_wanted() and (chunk := file.read(_HASHED_BYTES)):
                digest.update(chunk)
    except OSError as error:
        raise UserError("build.source_refused", file=str(path), reason=error.strerror or "") from error
    return digest.hexdigest()
