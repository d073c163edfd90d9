"""The command ``audit``: who did what to a store, a line an entry."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics import audit
from analytics.command_support import store_of
from analytics.text import Translator, translator

# Fewer, besides what was quoted, tell no reason in the audit log.
_FEWEST_WORDS = 3


def show_log(options: argparse.Namespace) -> None:
    """Write the audit log, a line an entry, oldest first."""
    t = translator(options.lang)
    log = audit.read(store_of(options).root, limit=options.limit)
    sys.stdout.write("".join(f"{_log_line(entry, t)}\n" for entry in log.entries))
    if not log.entries:
        sys.stderr.write(t("journal.empty") + "\n")
    if log.unreadable:
        sys.stderr.write(t.plural("journal.unreadable", log.unreadable) + "\n")


def _log_line(entry: Mapping[str, Any], t: Translator) -> str:
    count = entry.get("count")
    parts = [
        _log_moment(str(entry["at"]), t),
        _log_author(str(entry["who"]), t),
        _log_word("what", str(entry["what"]), t),
        _log_word("outcome", str(entry["outcome"]), t),
        entry.get("snapshot"),
        t.plural("journal.count", count) if isinstance(count, int) else None,
        _log_reason(str(entry["reason"]), t) if entry.get("reason") else None,
    ]
    # An address may hold anything: no control character reaches a terminal.
    told = " · ".join(str(part) for part in parts if part)
    return "".join(c if c.isprintable() or c == "\u202f" else "?" for c in told)


def _log_moment(said: str, t: Translator) -> str:
    """Return a moment of the log in this machine's time, with the zone's name; what is none as it stands."""
    try:
        local = datetime.fromisoformat(said).astimezone()
    except (ValueError, OverflowError):
        return said
    return f"{t.moment(local)} {local.tzname()}"


def _log_author(who: str, t: Translator) -> str:
    account = who.removeprefix(audit.SYSTEM)
    if account != who:
        return t("journal.who_account", account=account)
    return _log_word("who", who, t)


def _log_word(kind: str, word: str, t: Translator) -> str:
    """Return the catalogue's words; the word itself where a later version wrote it."""
    key = f"journal.{kind}_{word}"
    return t(key) if t.has(key) else word


def _log_reason(reason: str, t: Translator) -> str:
    """Return why something failed, from the key of the sentence: up to what it says to do, without what it quoted.

    Where too little is left by then the whole sentence is returned; where that but quotes, that something did not fit.
    """
    if not t.has(reason):
        return t("journal.reason_crash", name=reason)
    cause = re.split(r"\u202f?: ", t(reason), maxsplit=1)[0]
    for text in (cause, t(reason)):
        told = re.sub(r"\{\w+\}", "…", text).replace(" (…)", "").rstrip(".")
        if sum(any(map(str.isalpha, word)) for word in told.split()) >= _FEWEST_WORDS:
            return told
    return t("journal.reason_general")
