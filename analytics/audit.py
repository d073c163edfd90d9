"""The audit log: who did what, when, to which snapshot; nothing of a member or a firm.

``<store>/audit.jsonl`` holds one JSON object a line. Lines are only ever added, each by one write under a lock and put
on the disk before the writer goes on; an action whose beginning cannot be written is not done.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from analytics.disk import make_folder, sync_folder
from analytics.errors import UserError

FILE = "audit.jsonl"
Outcome = Literal["begun", "done", "failed", "refused"]
SYSTEM = "unix:"
"""Before the name of an account of the machine, which no address begins with."""
_WORD = re.compile(r"[a-z][a-z_]*")
_LONGEST_NAME = 254


class Log(NamedTuple):
    """What the log holds, oldest first, and how many of its lines could not be read."""

    entries: list[dict[str, Any]]
    unreadable: int


@dataclass
class Action:
    """An action under way: what is known of it only once it is done."""

    snapshot: str | None = None
    count: int | None = None


def record(
    store_root: Path,
    *,
    who: str,
    what: str,
    snapshot: str | None = None,
    outcome: Outcome = "done",
    reason: str | None = None,
    count: int | None = None,
    action: str | None = None,
) -> None:
    """Add a line to the log of a store.

    Parameters
    ----------
    store_root
        Folder of the store; made where it is absent, as a build does.
    who
        An address, ``local`` for whoever sits at the machine, or what ``system_user`` gives.
    what
        The action, in lower-case words joined by ``_``: ``build``, ``rollback``, ``export_prospects``.
    snapshot
        Id of the snapshot that the action read, or published.
    reason
        Why it failed or was refused: the key of the sentence, never its text, which may quote a file.
    count
        How many things it was about, where that says something; never which.
    action
        What the lines of one action share.

    Raises
    ------
    UserError
        When the folder cannot be made or the line cannot be written; whoever asks must then not go on.
    """
    if not _WORD.fullmatch(what):
        raise ValueError(f"{what!r} names no action")
    told: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "who": who[:_LONGEST_NAME],
        "what": what,
        "snapshot": snapshot,
        "outcome": outcome,
    }
    told |= {
        name: value for name, value in (("reason", reason), ("count", count), ("action", action)) if value is not None
    }
    path = store_root / FILE
    if not store_root.exists():
        make_folder(store_root)
    try:
        _append(path, json.dumps(told, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise UserError("journal.not_written", file=str(path), reason=error.strerror or "") from error


@contextmanager
def acting(store_root: Path, *, who: str, what: str, snapshot: str | None = None) -> Iterator[Action]:
    """Record that an action begins, then what became of it; what is yielded takes the snapshot that it published.

    Raises
    ------
    UserError
        When the log cannot be written: before, nothing is done; after, what was done stands. What the block raised
        is raised all the same.
    """
    about: dict[str, Any] = {"who": who, "what": what, "action": secrets.token_hex(4)}
    record(store_root, **about, snapshot=snapshot, outcome="begun")
    doing = Action(snapshot)
    try:
        yield doing
    except BaseException as error:
        reason = error.key if isinstance(error, UserError) else type(error).__name__
        try:
            record(store_root, **about, snapshot=doing.snapshot, outcome="failed", reason=reason)
        except UserError as unrecorded:
            error.add_note(unrecorded.message())  # Why it failed matters more than that the log has no room for it.
        raise
    try:
        record(store_root, **about, snapshot=doing.snapshot, count=doing.count)
    except UserError as error:
        told = {"file": str(store_root / FILE), "reason": error.params.get("reason", "")}
        raise UserError("journal.not_finished", **told) from error


def read(store_root: Path, *, limit: int | None = None) -> Log:
    """Return what the log of a store holds, or its last ``limit`` entries.

    Raises
    ------
    UserError
        When there is a log that cannot be read.
    """
    path = store_root / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return Log([], 0)
    except OSError as error:
        raise UserError("journal.not_read", file=str(path), reason=error.strerror or "") from error
    entries = [entry for line in lines if line.strip() and (entry := _entry(line)) is not None]
    unreadable = sum(1 for line in lines if line.strip()) - len(entries)
    return Log(entries if limit is None else entries[len(entries) - min(limit, len(entries)) :], unreadable)


def system_user() -> str:
    """Return the account under which a command runs, told apart from an address."""
    return f"{SYSTEM}{account()}"


def account() -> str:
    """Return the name of the account under which this process runs; its number where it has none, as in containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name  # What the environment says, anybody may write.
    except KeyError:
        return str(os.getuid())


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and {"at", "who", "what", "outcome"} <= entry.keys() else None


def _append(path: Path, line: bytes) -> None:
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # A writer that died or met a full disk may have left half a line: it must not swallow this one.
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        if os.write(descriptor, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(path.parent)
