"""Rights where they are used: who is before this page, and whether they may do what they ask.

A menu that does not show a button protects nothing: whoever publishes, rolls back, records a decision or makes a file
that names firms asks here first, in the same function. What was asked is in the audit log, refused or not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import Headers

from analytics import audit, disclosure
from analytics.errors import UserError
from analytics.settings import store_dir
from analytics.store import Store
from analytics.text import LANGUAGES, translator
from pages.shared import origins, rules
from pages.shared.rules import Person, Right

_log = logging.getLogger(__name__)
_USUAL = Path(".streamlit") / "secrets.toml"
# Files that held [auth] since this server started: one of them emptied, broken or gone must open nothing.
_held_login: set[str] = set()
# Set once this process serves: from then on, no connection is nobody's.
_is_serving = threading.Event()


@dataclass(frozen=True)
class Seen:
    """What a connection says of who is there; kept for what is asked after the page was drawn."""

    claims: dict[str, Any]
    is_local: bool


def seen() -> Seen:
    """Return what the connection of this run says; to be called while a page is drawn."""
    return Seen(st.user.to_dict(), _is_local())


def person(known: Seen | None = None) -> Person:
    """Return who is there, by the rules of now.

    Raises
    ------
    UserError
        When the rules cannot be read or understood; nobody may then do anything.
    """
    there = known or seen()
    return rules.identify(secrets(), claims=there.claims, is_local=there.is_local, now=time.time())


def require(right: Right, what: str, *, known: Seen | None = None) -> Person:
    """Return who is there, or refuse what they may not do; the refusal is recorded.

    Parameters
    ----------
    right
        What they must be allowed to do.
    what
        The action, as the audit log names it.
    known
        Who was there when the page was drawn, where the function runs outside of one.

    Raises
    ------
    UserError
        ``rights.refused`` when they may not; as ``person`` and ``audit.record`` besides.
    """
    who = person(known)
    if not who.may(right):
        root = store_dir()
        snapshot = Store(root).current_id()
        audit.record(root, who=who.who, what=what, snapshot=snapshot, outcome="refused", reason="rights.refused")
        raise UserError("rights.refused_exposed" if who.is_exposed else "rights.refused")
    return who


@contextmanager
def acting(right: Right, what: str, *, known: Seen | None = None) -> Iterator[audit.Action]:
    """Require a right, and record what is done under it; what is yielded takes the snapshot that was published.

    Raises
    ------
    UserError
        As ``require``; and when the beginning cannot be recorded, in which case nothing is done.
    """
    who, root = require(right, what, known=known), store_dir()
    with audit.acting(root, who=who.who, what=what, snapshot=Store(root).current_id()) as action:
        yield action


def guarded(what: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Return ``make`` as staff alone may call it: a file that is made when asked for, outside of any page.

    Streamlit makes such a file on another thread, for whoever knows its number, and as long as the session lives: the
    rules are asked again then, for who was there when the page was drawn.
    """
    there = seen()

    def made() -> bytes:
        with acting("export", what, known=there):
            return make()

    return made


def allowed(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Return ``make`` as whoever is let in may call it, for a file that names nobody: nothing is recorded.

    As of ``guarded``, the rules are asked again when it is made: whoever was struck off takes nothing more.
    """
    there = seen()

    def made() -> bytes:
        refuse_strangers(there)
        return make()

    return made


def refuse_strangers(known: Seen | None = None) -> None:
    """Refuse whoever is not let in, by the rules of now: a part of a page may be asked for long after the page.

    Raises
    ------
    UserError
        ``rights.no_longer``.
    """
    if person(known).door != "open":
        raise UserError("rights.no_longer")


def refuse_names(table: str, who: Person) -> None:
    """Refuse a table that names firms to call or members to somebody who may not be told.

    Raises
    ------
    UserError
        ``rights.no_names``.
    """
    is_hidden = (table in disclosure.PROSPECTS and not who.sees_prospects) or (
        table in disclosure.MEMBERS and not who.sees_members
    )
    if is_hidden:
        raise UserError("rights.no_names")


def secrets() -> dict[str, Any]:
    """Return ``secrets.toml``; empty where there is none and none held a login before.

    Raises
    ------
    UserError
        When a file is there and cannot be read, or one that held ``[auth]`` is gone or no longer does.
    """
    paths = [Path(path) for path in st.get_option("secrets.files")]
    usual = {Path.home() / _USUAL, Path.cwd() / _USUAL}
    # Where Streamlit looks of itself there need be none; a file that somebody named is meant.
    there = [str(path) for path in paths if path.exists() or path not in usual]
    try:
        found: dict[str, Any] = st.secrets.to_dict()
    except (OSError, ValueError) as error:
        if there or _held_login:
            raise UserError("rights.unreadable", file=Path((there or sorted(_held_login))[0]).name) from error
        return {}
    if "auth" in found:
        _held_login.update(there)
    elif _held_login:
        raise UserError("rights.login_gone", file=Path(min(_held_login)).name)
    return found


def tell_at_start() -> None:
    """Say in the server's log what is wrong with the rules, or that this server is open to other machines."""
    t = translator(LANGUAGES[0])
    try:
        given = secrets()
        is_open = "auth" not in given and not is_loopback_server()
        if is_open:
            may_write = rules.read_rules(given).anyone_may_write
            _log.warning(t("rights.exposed_open" if may_write else "rights.exposed"))
        else:
            rules.read_rules(given)
    except UserError as error:
        _log.error(error.message(t.language))


def expect_connections() -> None:
    """Take note that this process serves: whoever asks without a connection is then nobody known."""
    _is_serving.set()


def is_loopback_server() -> bool:
    """Return whether this server listens to its own machine alone."""
    return origins.is_loopback(st.get_option("server.address") or "")


def _is_local() -> bool:
    """Return whether this connection comes from the machine itself.

    Without one, as in tests of pages, it does; but not where this process serves: a connection that was closed while
    its page is drawn says nothing any more of who was there.
    """
    if not is_loopback_server():
        return False
    given = st.context.headers
    raw = [(name.lower().encode(), value.encode()) for name in given for value in given.get_all(name)]
    return origins.is_from_machine(Headers(raw=raw)) if raw else not _is_serving.is_set()
