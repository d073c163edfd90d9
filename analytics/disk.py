"""How what must last is written: whole, synced, replaced in one step, under locks that die with their holder.

What the system says when it refuses a write becomes the sentence that says what to do.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analytics.errors import UserError

# EFBIG is what a writer meets at a quota set by its shell (ulimit -f): to the reader, the same lack of room.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}


def as_json(content: Mapping[str, Any]) -> bytes:
    """Return content as the store keeps it: JSON that people can read."""
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def make_folder(path: Path) -> None:
    """Make a folder, for this account alone, where it is absent.

    Raises
    ------
    UserError
        When the disk is full or refuses, or no folder can be made there.
    """
    with refused_writes(path):
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileNotFoundError as error:  # parents are made too: this is no place for folders, such as /proc
            raise UserError("store.no_folder", folder=str(path), reason=error.strerror or "") from error


@contextmanager
def locked(root: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Hold an exclusive lock on a file of the folder; the kernel frees it when the process ends, however it ends."""
    make_folder(root)
    with refused_writes(root):
        descriptor = os.open(root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with refused_writes(root):
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def refused_writes(
    folder: Path,
    *,
    no_room: str = "store.no_room",
    no_right: str = "store.no_right",
    failed: str = "store.write_failed",
) -> Iterator[None]:
    """Turn what the system says when it refuses a write into the sentence of that key, which says what to do."""
    try:
        yield
    except BlockingIOError as error:
        raise UserError("store.busy", folder=str(folder)) from error
    except OSError as error:
        key = no_room if error.errno in _NO_ROOM else no_right if error.errno in _NO_RIGHT else failed
        raise UserError(key, folder=str(folder), reason=error.strerror or type(error).__name__) from error


def write_through(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    # Names and dues are the cluster's own: nobody else on the machine reads them.
    path.touch(mode=0o600)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Replace a small file in one step: readers see the old content or the new."""
    aside = path.with_name(f".{path.name}.tmp")
    write_through(aside, content)
    aside.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and FUSE mounts cannot sync a folder: they order renames themselves.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
