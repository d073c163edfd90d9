"""Where the figures come from, in words: for the line above the title, the key figures, the files that leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from analytics.export.asked import Asked
from analytics.settings import public_url
from analytics.store import source_of
from analytics.text import LANGUAGES

# Where the dashboard answers when it is started as the README says.
LOCAL_URL = "http://127.0.0.1:8501"


def source(asked: Asked, role: str) -> dict[str, Any] | None:
    """Return what the manifest says of the file of a role, or None when none was given."""
    return source_of(asked.snapshot.manifest, role)


def source_days(asked: Asked) -> dict[str, str]:
    """Return the day of each file that was read, by role: members first, then the register.

    It is the day the data are of where the file says it, else the day on which the file was last modified.
    """
    found = {role: source(asked, role) for role in ("members", "register")}
    return {role: asked.t.day(_as_of(given)) for role, given in found.items() if given}


def lines(asked: Asked) -> list[str]:
    """Return the lines that say of any table: demonstration or not, files and days, selection, snapshot."""
    t, snapshot = asked.t, asked.snapshot
    demo = [t("common.demo_badge")] if snapshot.is_demo else []
    files = [
        t(f"common.source_{given['role']}", file=given["file"], day=t.day(_as_of(given)))
        for given in snapshot.manifest["sources"]
    ]
    return [*demo, *files, selection(asked), t("common.built", day=t.moment(snapshot.built_at), snapshot=snapshot.id)]


def selection(asked: Asked) -> str:
    """Return the line that says what is selected."""
    query = asked.view.to_query(asked.settings)
    return asked.t("common.selection", query=query) if query else asked.t("common.selection_none")


def licences(asked: Asked) -> list[tuple[str, str]]:
    """Return each file that was read: what it gives, then source, licence, name and day."""
    t = asked.t
    return [
        (t(f"common.role_{s['role']}"), t(f"common.licence_{s['role']}", file=s["file"], day=t.day(_as_of(s))))
        for s in asked.snapshot.manifest["sources"]
    ]


def _as_of(given: dict[str, Any]) -> datetime:
    return moment(given.get("data_as_of") or given["modified"])


def moment(text: str) -> datetime:
    """Return a moment of the manifest."""
    return datetime.fromisoformat(text)


def link(asked: Asked, *, page: str = "") -> str:
    """Return the address that opens the view again: on the public site where one is set, else on this machine."""
    pairs = parse_qsl(asked.view.to_query(asked.settings))
    if asked.t.language != LANGUAGES[0]:
        pairs.append(("lang", asked.t.language))
    address = f"{public_url(asked.settings) or LOCAL_URL}/{page}"
    return f"{address}?{urlencode(pairs)}" if pairs else address


def foot(asked: Asked) -> list[str]:
    """Return the lines at the foot of an output: sources and their days, data set, view and its link.

    The first says that the data are a demonstration, where they are.
    """
    key = "export.link" if public_url(asked.settings) else "export.link_local"
    return [*lines(asked), asked.t(key, link=link(asked))]
