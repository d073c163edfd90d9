"""Where the figures come from, in words: for the line above the title, the key figures, the files that leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from analytics.store import source_of
from pages.shared.loaders import Reader


def source(reader: Reader, role: str) -> dict[str, Any] | None:
    """Return what the manifest says of the file of a role, or None when none was given."""
    return source_of(reader.snapshot.manifest, role)


def source_days(reader: Reader) -> dict[str, str]:
    """Return the day of each file that was read, by role: members first, then the register.

    It is the day the data are of where the file says it, else the day on which the file was last modified.
    """
    found = {role: source(reader, role) for role in ("members", "register")}
    return {role: reader.t.day(_as_of(given)) for role, given in found.items() if given}


def lines(reader: Reader) -> list[str]:
    """Return the lines that say of any table: demonstration or not, files and days, selection, snapshot."""
    t, snapshot = reader.t, reader.snapshot
    demo = [t("common.demo_badge")] if snapshot.is_demo else []
    files = [
        t(f"common.source_{given['role']}", file=given["file"], day=t.day(_as_of(given)))
        for given in snapshot.manifest["sources"]
    ]
    query = reader.view.to_query(reader.settings)
    chosen = [t("common.selection", query=query) if query else t("common.selection_none")]
    return [*demo, *files, *chosen, t("common.built", day=t.moment(snapshot.built_at), snapshot=snapshot.id)]


def licences(reader: Reader) -> list[tuple[str, str]]:
    """Return each file that was read: what it gives, then source, licence, name and day."""
    t = reader.t
    return [
        (t(f"common.role_{s['role']}"), t(f"common.licence_{s['role']}", file=s["file"], day=t.day(_as_of(s))))
        for s in reader.snapshot.manifest["sources"]
    ]


def _as_of(given: dict[str, Any]) -> datetime:
    return moment(given.get("data_as_of") or given["modified"])


def moment(text: str) -> datetime:
    """Return a moment of the manifest."""
    return datetime.fromisoformat(text)
