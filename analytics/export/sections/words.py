"""What the sections share: their sources, pictures in words, and figures with what was published."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analytics.errors import UserError
from analytics.export import provenance
from analytics.export.asked import Asked
from analytics.text import Translator, findings

# So many rows are read out; the table has them all.
_READ_OUT = 8


def sources(asked: Asked, *roles: str) -> str:
    """Return the sources of a section and their days: ``Sources : Insee, Sirene, 31 oct. 2026 ; annuaire...``."""
    days = provenance.source_days(asked)
    invented = "_demo" if asked.snapshot.is_demo else ""
    told = [
        asked.t(f"story.source_{role}{invented}", day=days[role], cluster=asked.settings.cluster.name)
        for role in roles
        if role in days
    ]
    return asked.t("story.sources", sources=asked.t("story.between_sources").join(told))


def has_roster(asked: Asked) -> bool:
    """Return whether the snapshot has members; a roster that holds nobody is none."""
    return not asked.snapshot.table("members").empty


def needs_members(asked: Asked) -> None:
    """Refuse what cannot be told without a roster.

    Raises
    ------
    UserError
        When the snapshot has none.
    """
    if not has_roster(asked):
        raise UserError("story.no_members")


def read_out(t: Translator, picture: str, rows: Iterable[tuple[str, str]], *, at_most: int = _READ_OUT) -> str:
    """Return a picture in words: what it is, then its first rows, name and value each."""
    told = [t("story.row", name=name, value=value) for name, value in rows]
    more = [t.plural("common.others", len(told) - at_most)] if len(told) > at_most else []
    return t("story.read_out", picture=picture, rows=" ; ".join([*told[:at_most], *more]) if told else "–")


def published(row: pd.Series, t: Translator) -> str:
    """Return what was published beside a loaded figure, with source and day; empty where nothing was."""
    beside = findings.published_beside(row, t)
    return " · ".join(beside) if beside else ""


def plain(text: str) -> str:
    """Return a sentence without the marks of what stands out."""
    return text.replace("*", "")


def whole(text: str) -> str:
    """Return a finding as a sentence among others: with its full stop."""
    text = plain(text).strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def joined(*texts: str) -> str:
    """Return findings one after the other, each a sentence; empty ones are left out."""
    return " ".join(whole(text) for text in texts if text)
