"""INSEE's files as they came, kept in a folder: found again, checked, the last of each kind kept; one update at a time.

::

    <folder>/.lock                                                     held while an update runs
    <folder>/StockEtablissement-20260701T093045-1a2b3c4d.parquet       whole
    <folder>/StockEtablissement-20260701T093045-1a2b3c4d.parquet.part  what has come so far
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.errors import PassingError, UserError
from analytics.ingest.catalogue import Resource
from analytics.ingest.download import PART_SUFFIX, refused_writes
from analytics.progress import Progress, silent

KEPT = 2
LOCK = ".lock"
_READ_BYTES = 4 * 1024**2


@contextmanager
def only_update(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it is not there; the kernel frees it when the process ends, however it ends.

    Raises
    ------
    PassingError
        At once when another update holds it.
    UserError
        When the folder cannot be made or written.
    """
    with refused_writes(folder):
        # One by one: made as a parent, the folder of the snapshots would be open to everybody.
        for path in reversed((folder, *folder.parents)):
            path.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PassingError("update.busy", folder=str(folder)) from error
        yield
    finally:
        os.close(descriptor)


def kept_file(folder: Path, resource: Resource) -> Path | None:
    """Return the copy of a resource, where it is there; its day may be another one, its content is the same."""
    found = sorted(folder.glob(f"{resource.name}-*-{resource.identity}.parquet"))
    return found[-1] if found else None


def begun_bytes(folder: Path, resource: Resource) -> int:
    """Return how much of a resource an earlier run has left half there."""
    part = folder / (resource.file_name + PART_SUFFIX)
    return part.stat().st_size if part.is_file() else 0


def check_file(path: Path, resource: Resource, progress: Progress = silent) -> None:
    """Check a copy against what the service says of it: size, checksum, that it is a Parquet file. Remove it if not.

    Raises
    ------
    PassingError
        When it is another file than announced; nothing is left of it, so that the next run fetches it anew.
    """
    try:
        _check(path, resource, progress)
    except PassingError:
        with refused_writes(path.parent):
            path.unlink(missing_ok=True)
        raise


def sweep(folder: Path, wanted: Iterable[Resource]) -> None:
    """Remove what is half there of files that are no longer offered."""
    kept = {resource.file_name + PART_SUFFIX for resource in wanted}
    with refused_writes(folder):
        for part in folder.glob(f"*{PART_SUFFIX}*"):
            if part.name.removesuffix(".json") not in kept:
                part.unlink(missing_ok=True)


def drop_old(folder: Path, used: Path, name: str) -> None:
    """Keep the copy that was used and the latest others of its kind, ``KEPT`` in all."""
    others = sorted((path for path in folder.glob(f"{name}-*-*.parquet") if path != used), reverse=True)
    with refused_writes(folder):
        for path in others[KEPT - 1 :]:
            path.unlink(missing_ok=True)


def refuse_full_disk(needs: Iterable[tuple[Path, int]]) -> None:
    """Refuse when folders lack the bytes that will be written to them; those on one disk are added up.

    Raises
    ------
    UserError
        It names the folder, what is needed and what is free, in MB.
    """
    disks: dict[int, tuple[Path, int]] = {}
    for folder, needed in needs:
        place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
        device = place.stat().st_dev
        first, before = disks.get(device, (place, 0))
        disks[device] = (first, before + needed)
    for place, needed in disks.values():
        if (free := shutil.disk_usage(place).free) < needed:
            raise UserError("update.no_room", folder=str(place), needed=_megabytes(needed), free=_megabytes(free))


def _check(path: Path, resource: Resource, progress: Progress) -> None:
    size = path.stat().st_size
    if resource.size is not None and size != resource.size:
        raise PassingError("update.wrong_size", file=path.name, expected=resource.size, found=size)
    if resource.checksum is not None:
        algorithm, expected = resource.checksum
        if _digest(path, algorithm, size, progress) != expected:
            raise PassingError("update.wrong_checksum", file=path.name, algorithm=algorithm)
    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise PassingError("update.no_parquet", file=path.name) from error
    progress(1)


def _digest(path: Path, algorithm: str, size: int, progress: Progress) -> str:
    # Against mistakes on the way, not against a forger: the service says both the file and its sum.
    digest, read = hashlib.new(algorithm, usedforsecurity=False), 0
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
            read += len(chunk)
            progress(read / max(size, 1))
    return digest.hexdigest()


def _megabytes(size: int) -> int:
    return -(-size // 1_000_000)
