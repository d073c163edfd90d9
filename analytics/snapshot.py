"""A snapshot: the tables of one build and the manifest that describes them, read and checked against their hashes.

The manifest holds the hash of each table and, as ``manifest_sha256``, that of everything else in itself: whatever is
changed, cut short or exchanged with another snapshot is noticed when it is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from analytics.errors import UserError
from analytics.settings import Settings

MANIFEST = "manifest.json"
FIRMS_PREFIX = "firms-"
# What every page and command takes for granted in a manifest.
REQUIRED = ("sources", "counts", "excluded", "faults", "quality", "settings")
TABLE_NAME = re.compile(r"[a-z][a-z0-9_-]*")

_SEAL = "manifest_sha256"


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
    _damages: list[UserError] = field(default_factory=list, repr=False, compare=False)
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
    def damage(self) -> UserError | None:
        """What was wrong with the first of its tables that was found absent, unreadable or changed; None so far."""
        return self._damages[0] if self._damages else None

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

    def read(self, name: str, columns: Collection[str]) -> pd.DataFrame:
        """Return those of these columns that a table has, read and checked against its hash anew; nothing is kept.

        For who goes through many snapshots and needs little of each.

        Raises
        ------
        UserError
            As ``table``.
        """
        content = io.BytesIO(self._checked_bytes(name))
        held = [column for column in pq.read_schema(content).names if column in columns]
        content.seek(0)
        return pd.read_parquet(content, columns=held)

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

    def files(self) -> dict[str, bytes]:
        """Return the files of the snapshot by name, each read once: the tables as ``verify`` checks them, the manifest.

        Raises
        ------
        UserError
            As ``verify``.
        OSError
            When the manifest cannot be read any more.
        """
        tables = {f"{name}.parquet": self._checked_bytes(name) for name in self.table_names}
        return tables | {MANIFEST: (self.path / MANIFEST).read_bytes()}

    def _checked_bytes(self, name: str) -> bytes:
        try:
            expected = self.manifest["tables"][name]["sha256"]
        except KeyError as error:
            raise UserError("store.table_unreadable", snapshot=self.id, table=name) from error
        try:
            content = (self.path / f"{name}.parquet").read_bytes()
        except OSError as error:
            key = "store.table_unreadable" if self.path.is_dir() else "store.snapshot_gone"
            raise self._damaged(key, name) from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise self._damaged("store.table_changed", name)
        return content

    def _damaged(self, key: str, table: str) -> UserError:
        found = UserError(key, snapshot=self.id, table=table)
        self._damages.append(found)
        return found


def read_snapshot(path: Path) -> Snapshot:
    """Return the snapshot of a folder; its manifest is read and checked, its tables are when they are asked for.

    A manifest that an earlier version wrote bears no hash of itself: it must at least hold what pages take for granted.

    Raises
    ------
    UserError
        When the manifest is absent, unreadable, changed or another snapshot's.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        snapshot = Snapshot(id=path.name, path=path, manifest=manifest)
        if snapshot.built_at.tzinfo is None or not snapshot.table_names:
            raise ValueError("no time zone or no table")
        if not all(TABLE_NAME.fullmatch(name) and table["sha256"] for name, table in manifest["tables"].items()):
            raise ValueError("a table without a name or hash")
        if not all(isinstance(source, dict) for source in manifest["sources"]):
            raise ValueError("sources that are none")
        if lacking := [key for key in REQUIRED if key not in manifest]:
            raise ValueError(f"without {', '.join(lacking)}")
        digest, owner = _digest(manifest), manifest["snapshot_id"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError("store.manifest_unreadable", snapshot=path.name) from error
    if manifest.get(_SEAL, digest) != digest or owner != path.name:
        raise UserError("store.manifest_changed", snapshot=path.name)
    return snapshot


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with the hash of all that it says."""
    return {**manifest, _SEAL: _digest(manifest)}


def _digest(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a manifest says besides its own hash, however it is written."""
    said = json.loads(json.dumps({key: value for key, value in manifest.items() if key != _SEAL}))
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
