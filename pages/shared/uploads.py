"""Who may send files: the sessions of people who may load them, as the shell last saw them, by the rules of now.

Streamlit takes a file from any session there is, before a page could ask who sends it; the door asks here.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from threading import Lock

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analytics.errors import UserError
from pages.shared import access, origins
from pages.shared.access import Seen
from pages.shared.rules import OWNER, Person

_PATH = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/")
_SAFE = frozenset({"OPTIONS", "DELETE"})
# Sessions end without a word: the oldest give way.
_MOST = 2_000
# By session: who was there.
_allowed: OrderedDict[str, Seen] = OrderedDict()
_lock = Lock()


def allow(who: Person, there: Seen) -> None:
    """Let this session send files as long as the rules let whoever is there; or no longer."""
    context = get_script_run_ctx()
    if context is None:
        return
    with _lock:
        _allowed.pop(context.session_id, None)
        if who.may("upload"):
            _allowed[context.session_id] = there
            while len(_allowed) > _MOST:
                _allowed.popitem(last=False)


def limit_megabytes() -> int:
    """Return how large a file may be."""
    return int(st.get_option("server.maxUploadSize"))


class OnlyFromThoseWhoMay:
    """Refuse a file from another session, before a byte of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.search(scope["path"]) if scope["type"] == "http" and scope["method"] not in _SAFE else None
        if found is None or _is_allowed(found["session"], Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        await PlainTextResponse("Forbidden", status_code=403)(scope, receive, send)


def _is_allowed(session: str, headers: Headers) -> bool:
    """Return whether a session may send files, by the rules of now; one of the machine, from the machine alone."""
    there = _allowed.get(session)
    if there is None:
        return False
    try:
        who = access.person(there)
    except UserError:
        return False
    return who.may("upload") and (who != OWNER or origins.is_from_machine(headers))
