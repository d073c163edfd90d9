"""A copy of a store that is in use.

Snapshots never change: a copy of one is right whenever it is made. Around them the order counts:

1. the name of the published snapshot is read;
2. snapshots, each checked against its hashes. One that is deleted meanwhile, by a newer one or by a removal, is left
   out; where it is the published one, the copy begins anew;
3. what is replaced in one step or only added to: decisions, the audit log, isochrones; nothing else that lies there;
4. the list of removals, so that it is never older than a snapshot that tells somebody;
5. ``current``, with the name read first.

INSEE's own files (``raw``) are not copied: they can be fetched again.
"""

from __future__ import annotations

import io
import os
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from analytics import audit
from analytics.errors import UserError
from analytics.export.files import check_place, check_suffix
from analytics.removals import REMOVALS
from analytics.store import CURRENT, DECISIONS, Snapshot, Store

_ATTEMPTS = 5


@dataclass(frozen=True)
class Backup:
    """What a copy holds: ids of its snapshots, of the damaged ones that it leaves out, its size in bytes."""

    snapshots: tuple[str, ...]
    left_out: tuple[str, ...]
    size: int


class _Vanished(Exception):  # noqa: N818 - it names what became of a snapshot, and does not leave this module
    """A snapshot was deleted while it was copied."""


def back_up(store: Store, out: Path) -> Backup:
    """Write a store to a tar file, for this account alone; builds and readers go on meanwhile.

    Raises
    ------
    UserError
        When nothing is published, the published snapshot is damaged, a file of the store cannot be read, or the copy
        cannot be written there; a file of that name is there, likely an older copy; or it is to lie in the store, where
        nobody takes it away and its disk ends with it.
    """
    check_suffix(out, ".tar")
    if out.resolve().is_relative_to(store.root.resolve()):
        raise UserError("upkeep.copy_inside", file=str(out), folder=str(store.root))
    check_place(out)
    if out.exists():
        raise UserError("upkeep.copy_exists", file=str(out))
    aside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        snapshots, left_out = _attempts(store, aside)
        size = aside.stat().st_size
        os.close(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # Nobody else has made it meanwhile.
        aside.replace(out)
    except FileExistsError as error:
        raise UserError("upkeep.copy_exists", file=str(out)) from error
    except OSError as error:
        raise UserError("cli.unwritable", file=str(out), reason=error.strerror or "") from error
    finally:
        aside.unlink(missing_ok=True)
    return Backup(snapshots, left_out, size)


def _attempts(store: Store, aside: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for _ in range(_ATTEMPTS):
        try:
            return _write(store, aside)
        except _Vanished:
            continue
    raise UserError("upkeep.never_still", folder=str(store.root))


def _write(store: Store, aside: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    published = store.required()
    kept, left_out = [], []
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        for snapshot in [published, *(s for s in store.snapshots() if s.id != published.id)]:
            try:
                content = _content(snapshot)
            except _Vanished:
                if snapshot.id == published.id:
                    raise
                continue
            except UserError:
                if snapshot.id == published.id:
                    raise
                left_out.append(snapshot.id)
                continue
            _add_snapshot(tar, snapshot, content)
            kept.append(snapshot.id)
        _add_others(tar, store)
        _add(tar, CURRENT, f"{published.id}\n".encode())
        tar.close()
        file.flush()
        os.fsync(file.fileno())
    return tuple(kept), tuple(left_out)


def _content(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the files of a snapshot, whole and unchanged."""
    try:
        return snapshot.files()
    except FileNotFoundError as error:
        raise _Vanished from error
    except OSError as error:
        raise _unread(snapshot.path, error) from error
    except UserError as error:
        if not snapshot.path.exists():
            raise _Vanished from error
        raise


def _add_snapshot(tar: tarfile.TarFile, snapshot: Snapshot, content: dict[str, bytes]) -> None:
    _add_folder(tar, snapshot.id, snapshot.built_at.timestamp())
    for name, data in content.items():
        _add(tar, f"{snapshot.id}/{name}", data)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size, entry.mtime = 0o600, len(content), int(time.time())
    tar.addfile(entry, io.BytesIO(content))


def _add_folder(tar: tarfile.TarFile, name: str, moment: float) -> None:
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o700, int(moment)
    tar.addfile(folder)


def _add_others(tar: tarfile.TarFile, store: Store) -> None:
    """Add what lies beside the snapshots, by name, the list of removals last: anything else there is nobody's copy."""
    _add_if_there(tar, store.root / DECISIONS, store)
    _add_if_there(tar, store.root / audit.FILE, store)
    folder = store.isochrones_folder
    try:
        answers = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        _add_folder(tar, folder.name, time.time())
    except FileNotFoundError:
        answers = []
    except OSError as error:
        raise _unread(folder, error) from error
    for path in answers:
        _add_if_there(tar, path, store)
    _add_if_there(tar, store.root / REMOVALS, store)


def _add_if_there(tar: tarfile.TarFile, path: Path, store: Store) -> None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unread(path, error) from error
    _add(tar, str(path.relative_to(store.root)), content)


def _unread(path: Path, error: OSError) -> UserError:
    return UserError("upkeep.unread", file=str(path), reason=error.strerror or type(error).__name__)
