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
whole. The newest ``KEPT_SNAPSHOTS`` are kept, the newest of each of the last ``KEPT_REGISTERS`` registers, and always
the published one and the one that was published before it.

Ids in order are builds in order, whatever the clock did: where it stands behind the newest snapshot, the id takes the
second after that one's. ``built_at`` in the manifest is the clock's.

What the disk, a copy or a hand has damaged is noticed by its hash. Readers are then answered with what ``rollback``
would publish, an older whole snapshot or else a newer one, and told so; builds that carry the published tables over
refuse (``docs/faults.md``).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.disk import as_json, locked, refused_writes, replace, sync_folder, write_through
from analytics.errors import UserError
from analytics.settings import SNAPSHOT_ID
from analytics.snapshot import FIRMS_PREFIX, MANIFEST, REQUIRED, TABLE_NAME, Snapshot, read_snapshot, sealed, source_of

__all__ = ["FIRMS_PREFIX", "REQUIRED", "Draft", "Served", "Snapshot", "Store", "source_of"]

KEPT_SNAPSHOTS = 10
# Decisions and rosters publish the same register again and again: the ones before must stay, to compare with.
KEPT_REGISTERS = 4
CURRENT = "current"
DECISIONS = "decisions.json"
ISOCHRONES, HISTORY, ARRIVALS, DEPARTURES = "isochrones", "history", "arrivals", "departures"
PROSPECTS_PREFIX, CLUSTERS_PREFIX = "prospects-", "clusters-"

_ID = re.compile(SNAPSHOT_ID, re.ASCII)
_TIME, _TIME_LENGTH = "%Y%m%dT%H%M%SZ", 16
_BUILDING = ".building-"
_DROPPED = ".dropped-"

OpenWhole = Callable[[str], Snapshot]
"""Returns the snapshot of an id when it is whole; else raises the sentence that says what is wrong with it."""


@dataclass(frozen=True)
class Served:
    """What readers are answered with.

    Attributes
    ----------
    snapshot
        The published one; where that is damaged, what ``Store.rollback`` would publish. Every table was checked.
    published_id
        What ``current`` names; None where it names nothing.
    damage
        What is wrong with the published one; None where that is served.
    """

    snapshot: Snapshot
    published_id: str | None
    damage: UserError | None = None

    @property
    def is_newer(self) -> bool:
        """Whether nothing older is whole, so that this one, which people rolled back from, stands in."""
        now, found = self.published_id, self.snapshot.id
        return now is not None and found != now and not _is_older(found, now)


class Draft:
    """A snapshot being written aside; ``Store.writing`` makes it, and removes it unless it is published."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.built_at = datetime.now(UTC)
        self.id = f"{store.next_moment(self.built_at):{_TIME}}-{secrets.token_hex(4)}"
        self._tables: dict[str, dict[str, int | str]] = {}
        self._aside = store.root / f"{_BUILDING}{self.id}"
        self._final = store.root / self.id
        with refused_writes(store.root):
            self._aside.mkdir(mode=0o700)

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table, without its index, to the disk.

        Raises
        ------
        UserError
            When the disk is full or refuses the write.
        """
        if not TABLE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} does not name a table")
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        content = buffer.getvalue()
        with refused_writes(self._store.root):
            write_through(self._aside / f"{name}.parquet", content)
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
        with refused_writes(self._store.root):
            write_through(self._aside / MANIFEST, as_json(sealed(full)))
            sync_folder(self._aside)
            self._aside.rename(self._final)
            sync_folder(self._store.root)
            replace(self._store.root / CURRENT, f"{self.id}\n".encode())
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
        with suppress(UserError):
            return self._named()
        return None

    def current(self) -> Snapshot | None:
        """Return the published snapshot, or None when nothing was published yet; its tables are not checked yet.

        Raises
        ------
        UserError
            When ``current`` is unreadable, or what it names is gone or damaged: roll back or build again.
        """
        named = self._named()
        return None if named is None else read_snapshot(self.root / named)

    def required(self) -> Snapshot:
        """Return the published snapshot.

        Raises
        ------
        UserError
            When nothing was published yet; as ``current`` besides.
        """
        snapshot = self.current()
        if snapshot is None:
            raise UserError("build.no_snapshot")
        return snapshot

    def ids(self) -> list[str]:
        """Return the ids of the snapshots that there are, readable or not, the last built first."""
        return sorted((path.name for path in self._folders()), reverse=True)

    def served(self, open_whole: OpenWhole | None = None) -> Served | None:
        """Return what readers are answered with, every table checked, or None when nothing was published yet.

        Where what is published is damaged, that is what ``rollback`` would publish. To be asked once for all that must
        go together: the next call may return another snapshot.

        Parameters
        ----------
        open_whole
            Instead of this store's own, for who keeps what was checked once.

        Raises
        ------
        UserError
            What is wrong with what is published, where no other snapshot is whole.
        """
        open_whole = open_whole or self.open_whole
        while True:
            named = self.current_id()
            try:
                published = named or self._named()
                return None if published is None else Served(open_whole(published), published)
            except UserError as damage:
                if self.current_id() != named:
                    continue  # Another was published meanwhile, and what was named may be dropped.
                instead = self._first_whole(self._stand_ins(), open_whole)
                if instead is None:
                    raise
                return Served(instead, named, damage)

    def settled(self) -> Snapshot | None:
        """Return what is published; publish what a first build, killed before its last step, left whole.

        For who holds the store (``writing``): else that build may be about to take that step.

        Raises
        ------
        UserError
            As ``current``; or when the folder cannot be written.
        """
        published = self.current()
        if published is not None:
            return published
        whole = self._first_whole(self.ids(), self.open_whole)
        return None if whole is None else self._make_current(whole)

    def snapshots(self) -> list[Snapshot]:
        """Return every snapshot whose manifest is readable, the last built first."""
        found = []
        for path in self._folders():
            with suppress(UserError):
                found.append(read_snapshot(path))
        # Within a second, which an earlier version did not tell apart, the clock decides.
        return sorted(found, key=lambda snapshot: (snapshot.id[:_TIME_LENGTH], snapshot.built_at), reverse=True)

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
        return read_snapshot(self.root / snapshot_id)

    def open_whole(self, snapshot_id: str) -> Snapshot:
        """Return the snapshot of this id, every table checked.

        Raises
        ------
        UserError
            When it is gone, or its manifest or a table is unreadable or changed.
        """
        snapshot = read_snapshot(self.root / snapshot_id)
        snapshot.verify()
        return snapshot

    def next_moment(self, now: datetime) -> datetime:
        """Return the moment that names the next snapshot: now, or the second after the newest, if that is later."""
        moments = [now]
        for snapshot_id in self.ids():
            with suppress(ValueError, OverflowError):  # A folder may bear the day 99991399.
                newest = datetime.strptime(snapshot_id[:_TIME_LENGTH], _TIME).replace(tzinfo=UTC)
                moments.append(newest + timedelta(seconds=1))
        return max(moments)

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
        snapshot older than the current one. Where the current one is itself damaged, or nobody can tell which it is,
        it is what ``served`` answers with.

        Raises
        ------
        UserError
            When there is no such snapshot, it is damaged, or a build runs.
        """
        with self._only_writer():
            if snapshot_id is None:
                return self._make_current(self._before_current())
            target = self.open(snapshot_id)
            target.verify()
            return self._make_current(target)

    def drop_where(self, is_refused: Callable[[Snapshot], bool]) -> int:
        """Delete every snapshot but the published one that cannot be read or is refused; return how many they were.

        Called while ``writing()`` is held (``pipeline.removing``): nothing that still tells who was removed may stay.

        Raises
        ------
        UserError
            When one cannot be deleted: what was asked for has then not been done.
        """
        refused = []
        for path in (folder for folder in self._folders() if folder.name != self.current_id()):
            try:
                if is_refused(self.open(path.name)):
                    refused.append(path)
            except UserError:
                refused.append(path)
        for path in refused:
            aside = self.root / f"{_DROPPED}{path.name}"
            with refused_writes(self.root):
                path.rename(aside)
                shutil.rmtree(aside)
        return len(refused)

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

    def _make_current(self, snapshot: Snapshot) -> Snapshot:
        with refused_writes(self.root):
            replace(self.root / CURRENT, f"{snapshot.id}\n".encode())
        return snapshot

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        with locked(self.root, ".lock", wait=False):
            yield

    @contextmanager
    def _changing_decisions(self) -> Iterator[dict[str, dict[str, str | None]]]:
        # A lock of their own, waited for: a person at the review desk need not wait for a build of some minutes.
        with locked(self.root, ".decisions.lock", wait=True):
            decisions = self._read_decisions()
            yield decisions
            with refused_writes(self.root):
                replace(self.root / DECISIONS, as_json(decisions))

    def _read_decisions(self) -> dict[str, dict[str, str | None]]:
        path = self.root / DECISIONS
        try:
            decisions = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise UserError("store.decisions_unreadable", file=str(path)) from error
        if not isinstance(decisions, dict) or not all(map(_is_decision, decisions.values())):
            raise UserError("store.decisions_unreadable", file=str(path))
        return decisions

    def _folders(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [path for path in self.root.iterdir() if _ID.fullmatch(path.name) and path.is_dir()]

    def _named(self) -> str | None:
        """Return the id that ``current`` holds, or None when nothing was published yet.

        One snapshot and no ``current``: a first build has not yet taken its last step. Several: the file was lost.
        """
        try:
            named = (self.root / CURRENT).read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            if len(self._folders()) < 2:
                return None
            named = ""
        except (OSError, UnicodeDecodeError) as error:
            raise UserError("store.current_unreadable", file=CURRENT) from error
        if not _ID.fullmatch(named):
            raise UserError("store.current_unreadable", file=CURRENT)
        return named

    def _before_current(self) -> Snapshot:
        """Return what ``rollback`` publishes where no id is given, every table checked."""
        if not self.ids():
            raise UserError("build.no_snapshot")
        now = self.current_id()
        is_whole = now is not None and self._first_whole([now], self.open_whole) is not None
        ids = self._earlier_ids(now) if now and is_whole else self._stand_ins()
        found = self._first_whole(ids, self.open_whole)
        if found is None:
            raise UserError("store.nothing_before" if is_whole else "store.none_whole")
        return found

    @staticmethod
    def _first_whole(ids: Iterable[str], open_whole: OpenWhole) -> Snapshot | None:
        for snapshot_id in ids:
            with suppress(UserError):
                return open_whole(snapshot_id)
        return None

    def _stand_ins(self) -> list[str]:
        """Return what may stand in for the published snapshot, damaged as it is, the likeliest first.

        What is newer was rolled back from, on purpose: it comes last, the newest first.
        """
        now, ids = self.current_id(), self.ids()
        earlier = [] if now is None else self._earlier_ids(now)
        return list(dict.fromkeys([*earlier, *(found for found in ids if found != now)]))

    def _earlier_ids(self, now: str) -> list[str]:
        """Return what came before the snapshot of this id: the one that was published then, then from the newest on."""
        ids, previous = self.ids(), None
        with suppress(UserError):
            previous = read_snapshot(self.root / now).manifest.get("previous")
        older = [snapshot_id for snapshot_id in ids if _is_older(snapshot_id, now)]
        return list(dict.fromkeys(found for found in [previous, *older] if found in ids))

    def _sweep(self) -> None:
        # Called under the lock: whoever made these is dead.
        with refused_writes(self.root):
            leftovers = [path for path in self.root.iterdir() if path.name.startswith((_BUILDING, _DROPPED))]
        for path in leftovers:
            shutil.rmtree(path, ignore_errors=True)

    def _drop_old(self) -> None:
        snapshots, registers = self.snapshots(), dict[str | None, str]()
        for snapshot in snapshots:
            registers.setdefault(snapshot.register, snapshot.id)
        current = self.current_id()
        before = {snapshot.manifest.get("previous") for snapshot in snapshots if snapshot.id == current}
        kept = {current, *before, *list(registers.values())[:KEPT_REGISTERS]}
        for snapshot in snapshots[KEPT_SNAPSHOTS:]:
            if snapshot.id not in kept:
                # Renamed first: a removal cut short must not leave half a snapshot under its name.
                aside = self.root / f"{_DROPPED}{snapshot.id}"
                with suppress(OSError):
                    snapshot.path.rename(aside)
                    shutil.rmtree(aside, ignore_errors=True)


def _is_decision(decided: object) -> bool:
    return isinstance(decided, dict) and "siren" in decided and isinstance(decided["siren"], str | None)


def _is_older(snapshot_id: str, other: str) -> bool:
    """Compare the times in the ids, to the second; within one second either counts as older."""
    return snapshot_id != other and snapshot_id[:_TIME_LENGTH] <= other[:_TIME_LENGTH]
