"""Snapshots: written aside, published by one rename, listed, rolled back; and people's decisions beside them.

::

    <root>/.lock                        held while a build or a rollback runs; the kernel frees it when its process dies
    <root>/current                      one line: the id of the published snapshot
    <root>/20261124T101500Z-1a2b3c4d/   a snapshot: tables as Parquet, manifest.json
    <root>/.building-<id>/              a build that is running, or that died
    <root>/decisions.json               what people decided about matches; outlives every snapshot
    <root>/isochrones/                  what IGN's navigation service answered; every build takes it in

Publication is the replacement of the small file ``current``: ``os.replace`` swaps a text file in one step (POSIX:
Linux, macOS). All it names is on the disk before (fsync of files,
then of folders), so a process killed at any moment leaves either the old snapshot published, whole, or the new one,
whole. The newest ``KEPT_SNAPSHOTS`` are kept, the newest of each of the last ``KEPT_REGISTERS`` registers, and the
published one always.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.errors import UserError
from analytics.settings import SNAPSHOT_ID, Settings

KEPT_SNAPSHOTS = 10
# Decisions and rosters publish the same register again and again: the ones before must stay, to compare with.
KEPT_REGISTERS = 4
MANIFEST = "manifest.json"
CURRENT = "current"
DECISIONS = "decisions.json"
ISOCHRONES, HISTORY, ARRIVALS, DEPARTURES = "isochrones", "history", "arrivals", "departures"
FIRMS_PREFIX, PROSPECTS_PREFIX, CLUSTERS_PREFIX = "firms-", "prospects-", "clusters-"
# What every page and command takes for granted in a manifest.
REQUIRED = ("sources", "counts", "excluded", "faults", "quality", "settings")

_ID = re.compile(SNAPSHOT_ID)
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_BUILDING = ".building-"
_DROPPED = ".dropped-"
# EFBIG is what a writer meets at a quota set by its shell (ulimit -f): to the reader, the same lack of room.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}


def source_of(manifest: Mapping[str, Any], role: str) -> dict[str, Any] | None:
    """Return what a manifest says of the file of a role, or None where none was given."""
    found: dict[str, Any] | None = next((s for s in manifest["sources"] if s.get("role") == role), None)
    return found


@dataclass(frozen=True)
class Snapshot:
    """A published set of tables. Reads its own folder only, so that a publication meanwhile never mixes two builds.

    Attributes
    ----------
    id, path
        Name of the snapshot, its folder.
    manifest
        What ``manifest.json`` holds: sources, counts, rows left out, quality, settings, hashes of the tables.
    """

    id: str
    path: Path
    manifest: dict[str, Any] = field(repr=False, compare=False)
    _tables: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _turns: dict[str, threading.Lock] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def built_at(self) -> datetime:
        """Moment at which the build began, UTC."""
        return datetime.fromisoformat(self.manifest["built_at"])

    @property
    def is_demo(self) -> bool:
        """Whether the tables come from the bundled demonstration files."""
        return bool(self.manifest.get("is_demo", False))

    @property
    def register(self) -> str | None:
        """SHA-256 of the register file that the snapshot came from; None where the manifest names none."""
        given = source_of(self.manifest, "register")
        return given.get("sha256") if given else None

    @property
    def table_names(self) -> tuple[str, ...]:
        """Names of the tables, in the order in which they were written."""
        return tuple(self.manifest["tables"])

    @property
    def perimeters(self) -> tuple[str, ...]:
        """Perimeters whose firms the snapshot holds, in the order of the settings."""
        return tuple(name.removeprefix(FIRMS_PREFIX) for name in self.table_names if name.startswith(FIRMS_PREFIX))

    def settings(self) -> Settings:
        """Return the settings with which the snapshot was built.

        Raises
        ------
        UserError
            When the manifest holds none, or such as this version does not take.
        """
        try:
            return Settings.model_validate(self.manifest["settings"])
        except (KeyError, ValueError) as error:
            raise UserError("store.manifest_unreadable", snapshot=self.id) from error

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, read and checked against its hash once; callers share it and must not change it.

        Raises
        ------
        UserError
            When the file is absent, unreadable or not the one that the build wrote.
        """
        with self._lock:
            if name not in self._tables:
                self._tables[name] = pd.read_parquet(io.BytesIO(self._checked_bytes(name)))
            return self._tables[name]

    def once(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return what ``make`` gives, made once for all readers of this snapshot; callers must not change it.

        For what follows from the snapshot alone and is costly: it lives as long as the snapshot does. Whoever asks
        meanwhile waits; ``make`` may ask for other names, not for its own.
        """
        with self._lock:
            turn = self._turns.setdefault(name, threading.Lock())
        with turn:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]

    def firms(self, perimeter: str) -> pd.DataFrame:
        """Return the firms of a perimeter, columns of the contract ``FIRMS``.

        Raises
        ------
        UserError
            When the snapshot was built without this perimeter, or its table cannot be read.
        """
        if perimeter not in self.perimeters:
            raise UserError("store.unknown_perimeter", perimeter=perimeter, known=", ".join(self.perimeters))
        return self.table(FIRMS_PREFIX + perimeter)

    def verify(self) -> None:
        """Check every table against the hash in the manifest.

        Raises
        ------
        UserError
            On the first table that is absent, unreadable or changed.
        """
        for name in self.table_names:
            self._checked_bytes(name)

    def _checked_bytes(self, name: str) -> bytes:
        try:
            content = (self.path / f"{name}.parquet").read_bytes()
            expected = self.manifest["tables"][name]["sha256"]
        except (OSError, KeyError) as error:
            raise UserError("store.table_unreadable", snapshot=self.id, table=name) from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise UserError("store.table_changed", snapshot=self.id, table=name)
        return content


class Draft:
    """A snapshot being written aside; ``Store.writing`` makes it, and removes it unless it is published."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.built_at = datetime.now(UTC)
        self.id = f"{self.built_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        self._tables: dict[str, dict[str, int | str]] = {}
        self._aside = store.root / f"{_BUILDING}{self.id}"
        self._final = store.root / self.id
        with _refused_writes(store.root):
            self._aside.mkdir(mode=0o700)

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table, without its index, to the disk.

        Raises
        ------
        UserError
            When the disk is full or refuses the write.
        """
        if not _TABLE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} does not name a table")
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        content = buffer.getvalue()
        with _refused_writes(self._store.root):
            _write_through(self._aside / f"{name}.parquet", content)
        self._tables[name] = {"rows": len(table), "sha256": hashlib.sha256(content).hexdigest()}

    def publish(self, manifest: Mapping[str, Any]) -> Snapshot:
        """Add ``snapshot_id``, ``built_at``, ``previous`` and ``tables`` to the manifest, and publish the snapshot.

        Raises
        ------
        UserError
            When the disk is full or refuses the write; the published snapshot stays what it was.
        """
        own = {
            "snapshot_id": self.id,
            "built_at": self.built_at.isoformat(timespec="milliseconds"),
            "previous": self._store.current_id(),
            "tables": self._tables,
        }
        full = own | dict(manifest) | own
        with _refused_writes(self._store.root):
            _write_through(self._aside / MANIFEST, _as_json(full))
            _sync_folder(self._aside)
            self._aside.rename(self._final)
            _sync_folder(self._store.root)
            _replace(self._store.root / CURRENT, f"{self.id}\n".encode())
        return self._store.open(self.id)

    def close(self) -> bool:
        """Remove what was written unless it is published; return whether it is. The next build sweeps what resists."""
        shutil.rmtree(self._aside, ignore_errors=True)
        try:
            is_published = self.id in (self._store.root / CURRENT).read_text(encoding="ascii")
        except FileNotFoundError:
            is_published = False
        except (OSError, UnicodeDecodeError):
            is_published = True  # Not known: better a folder too many than a published one too few.
        if not is_published:
            shutil.rmtree(self._final, ignore_errors=True)
        return is_published


class Store:
    """The snapshots under a folder. Reading needs no lock and no right to write.

    Parameters
    ----------
    root
        The folder; made by the first build.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def isochrones_folder(self) -> Path:
        """Where the answers of the navigation service are kept."""
        return self.root / ISOCHRONES

    def current_id(self) -> str | None:
        """Return the id of the published snapshot, or None when there is none or ``current`` does not hold an id."""
        try:
            named = (self.root / CURRENT).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return named if _ID.fullmatch(named) else None

    def current(self) -> Snapshot | None:
        """Return the published snapshot, or None when nothing was published yet.

        Raises
        ------
        UserError
            When ``current`` is unreadable, or what it names is gone or unreadable: roll back or build again.
        """
        if not (self.root / CURRENT).exists():
            return None
        named = self.current_id()
        if named is None:
            raise UserError("store.current_unreadable", file=CURRENT)
        return _read_snapshot(self.root / named)

    def snapshots(self) -> list[Snapshot]:
        """Return every readable snapshot, newest first."""
        found = []
        for path in self._folders():
            with suppress(UserError):
                found.append(_read_snapshot(path))
        return sorted(found, key=lambda snapshot: snapshot.built_at, reverse=True)

    def open(self, snapshot_id: str) -> Snapshot:
        """Return the snapshot of this id.

        Raises
        ------
        UserError
            When there is none of this id, or its manifest is unreadable.
        """
        if not _ID.fullmatch(snapshot_id) or not (self.root / snapshot_id).is_dir():
            known = ", ".join(snapshot.id for snapshot in self.snapshots())
            key = "store.unknown_snapshot" if known else "store.no_snapshot_to_name"
            raise UserError(key, snapshot=snapshot_id, known=known)
        return _read_snapshot(self.root / snapshot_id)

    @contextmanager
    def writing(self) -> Iterator[Draft]:
        """Open a draft; the only one at a time. Leftovers of dead builds are swept first, old snapshots last.

        Raises
        ------
        UserError
            ``store.busy`` at once when another build runs; or when the folder cannot be written.
        """
        with self._only_writer():
            self._sweep()
            draft = Draft(self)
            try:
                yield draft
            finally:
                if draft.close():
                    self._drop_old()

    def rollback(self, snapshot_id: str | None = None) -> Snapshot:
        """Publish the named snapshot again, or the one that was published before the current one; return it.

        The one before is what the current manifest calls ``previous``; where that is gone or damaged, the newest whole
        snapshot older than the current one.

        Raises
        ------
        UserError
            When there is no such snapshot, it is damaged, or a build runs.
        """
        with self._only_writer():
            target = self._before_current() if snapshot_id is None else self.open(snapshot_id)
            target.verify()
            with _refused_writes(self.root):
                _replace(self.root / CURRENT, f"{target.id}\n".encode())
        return target

    def decisions(self) -> dict[str, str | None]:
        """Return what people decided: member id to the SIREN of its firm, or to None for "none of them".

        Raises
        ------
        UserError
            When ``decisions.json`` is there and unreadable: nobody's work is set aside in silence.
        """
        return {member: decided["siren"] for member, decided in self._read_decisions().items()}

    def record_decision(self, member_id: str, siren: str | None) -> None:
        """Keep that a member is the firm ``siren``, or none of the candidates; the next build follows it.

        Raises
        ------
        UserError
            When the decisions cannot be read or written.
        """
        decided_at = datetime.now(UTC).isoformat(timespec="seconds")
        with self._changing_decisions() as decisions:
            decisions[member_id] = {"siren": siren, "decided_at": decided_at}

    def forget_decision(self, member_id: str) -> None:
        """Take a decision back; nothing happens when there is none.

        Raises
        ------
        UserError
            When the decisions cannot be read or written.
        """
        with self._changing_decisions() as decisions:
            decisions.pop(member_id, None)

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        with _locked(self.root, ".lock", wait=False):
            yield

    @contextmanager
    def _changing_decisions(self) -> Iterator[dict[str, dict[str, str | None]]]:
        # A lock of their own, waited for: a person at the review desk need not wait for a build of some minutes.
        with _locked(self.root, ".decisions.lock", wait=True):
            decisions = self._read_decisions()
            yield decisions
            with _refused_writes(self.root):
                _replace(self.root / DECISIONS, _as_json(decisions))

    def _read_decisions(self) -> dict[str, dict[str, str | None]]:
        path = self.root / DECISIONS
        try:
            decisions = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise UserError("store.decisions_unreadable", file=str(path)) from error
        if not isinstance(decisions, dict) or not all(isinstance(d, dict) and "siren" in d for d in decisions.values()):
            raise UserError("store.decisions_unreadable", file=str(path))
        return decisions

    def _folders(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [path for path in self.root.iterdir() if _ID.fullmatch(path.name) and path.is_dir()]

    def _before_current(self) -> Snapshot:
        now, previous = self.current_id(), None
        with suppress(UserError):
            current = self.current()
            previous = current.manifest.get("previous") if current else None
        older = [s for s in self.snapshots() if s.id == previous or now is None or _is_older(s.id, now)]
        older.sort(key=lambda snapshot: snapshot.id != previous)
        whole = next((snapshot for snapshot in older if _is_whole(snapshot)), None)
        if whole is None:
            raise UserError("store.nothing_before")
        return whole

    def _sweep(self) -> None:
        # Called under the lock: whoever made these is dead.
        with _refused_writes(self.root):
            leftovers = [path for path in self.root.iterdir() if path.name.startswith((_BUILDING, _DROPPED))]
        for path in leftovers:
            shutil.rmtree(path, ignore_errors=True)

    def _drop_old(self) -> None:
        snapshots, registers = self.snapshots(), dict[str | None, str]()
        for snapshot in snapshots:
            registers.setdefault(snapshot.register, snapshot.id)
        kept = {self.current_id(), *list(registers.values())[:KEPT_REGISTERS]}
        for snapshot in snapshots[KEPT_SNAPSHOTS:]:
            if snapshot.id not in kept:
                # Renamed first: a removal cut short must not leave half a snapshot under its name.
                aside = self.root / f"{_DROPPED}{snapshot.id}"
                with suppress(OSError):
                    snapshot.path.rename(aside)
                    shutil.rmtree(aside, ignore_errors=True)


def _read_snapshot(path: Path) -> Snapshot:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        snapshot = Snapshot(id=path.name, path=path, manifest=manifest)
        if snapshot.built_at.tzinfo is None or not snapshot.table_names:
            raise ValueError("no time zone or no table")
        if lacking := [key for key in REQUIRED if key not in manifest]:
            raise ValueError(f"without {', '.join(lacking)}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("store.manifest_unreadable", snapshot=path.name) from error
    return snapshot


def _is_older(snapshot_id: str, other: str) -> bool:
    """Compare the times in the ids, to the second; within one second either counts as older."""
    return snapshot_id != other and snapshot_id[:16] <= other[:16]


def _is_whole(snapshot: Snapshot) -> bool:
    try:
        snapshot.verify()
    except UserError:
        return False
    return True


def _as_json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


@contextmanager
def _locked(root: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Hold an exclusive lock on a file of the folder; the kernel frees it when the process ends, however it ends."""
    with _refused_writes(root):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _refused_writes(root):
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _refused_writes(root: Path) -> Iterator[None]:
    """Turn what the system says when it refuses a write into the sentence that says what to do."""
    try:
        yield
    except BlockingIOError as error:
        raise UserError("store.busy", folder=str(root)) from error
    except OSError as error:
        key = "store.write_failed"
        if error.errno in _NO_ROOM:
            key = "store.no_room"
        elif error.errno in _NO_RIGHT:
            key = "store.no_right"
        raise UserError(key, folder=str(root), reason=error.strerror or type(error).__name__) from error


def _write_through(path: Path, content: bytes) -> None:
    # Names and dues are the cluster's own: nobody else on the machine reads them.
    path.touch(mode=0o600)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, content: bytes) -> None:
    """Replace a small file in one step: readers see the old content or the new."""
    aside = path.with_name(f".{path.name}.tmp")
    _write_through(aside, content)
    aside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and FUSE mounts cannot sync a folder: they order renames themselves.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
