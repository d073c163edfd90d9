"""The way to the provider of identities, and from there back to the page that was asked for."""

from __future__ import annotations

import asyncio
import json
import logging
from threading import Lock
from typing import Any, get_args
from urllib.parse import parse_qs, quote, unquote, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from analytics.errors import UserError
from pages.shared import access, address, rules
from pages.shared.kept import Kept

_log = logging.getLogger(__name__)
_PATIENCE_S = 5.0
# Whoever clicks again and again, without a login, asks the provider no oftener than this.
_KEPT_S = 5.0
# The metadata of the large providers take a few kB.
_LARGEST_BYTES = 1_000_000
# What Streamlit passes on to the client that asks the provider, of what decides whether it reaches it.
_CONNECTION = ("verify", "proxy", "trust_env")

COOKIE = "asked_page"
_USER_COOKIE = "_streamlit_user"
_KEPT_IN_BROWSER_S = 600
_LONGEST = 2_000
_PAGES = frozenset({"", *get_args(rules.Page)})
_CALLBACK = "/oauth2callback"


def start(provider: str | None) -> None:
    """Send the reader to a provider; None is the one without a name.

    Raises
    ------
    UserError
        When it does not answer: Streamlit would leave the reader on a blank page of two English words.
    """
    auth = access.secrets()["auth"]
    section = auth if provider is None else auth[provider]
    given = section.get("client_kwargs", {})
    how = tuple((name, given[name]) for name in _CONNECTION if name in given)
    if not _answers(section["server_metadata_url"], how):
        raise UserError("rights.provider_silent")
    st.login(provider)


Connection = tuple[tuple[str, Any], ...]


def _ask(asked: tuple[str, Connection]) -> bool:
    """Return whether a provider tells where people log in, as Streamlit will ask it; why not is in the server's log."""
    import httpx2  # noqa: PLC0415 - authlib's client, which a server without a login never needs

    url, how = asked
    try:
        return "authorization_endpoint" in json.loads(asyncio.run(_fetch(url, how)))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError) as error:
        _log.warning("%s: %r", url, error)
        return False


async def _fetch(url: str, how: Connection) -> bytes:
    """Return an answer of moderate size that has come whole in time.

    The client's own time limit is on each read, which whoever sends a byte now and then never exceeds.

    Raises
    ------
    TimeoutError
        When it takes longer.
    ValueError
        When it is larger.
    httpx2.HTTPError
        When there is none, or one that tells of a failure.
    """
    import httpx2  # noqa: PLC0415 - as above

    body = bytearray()
    async with (
        asyncio.timeout(_PATIENCE_S),
        httpx2.AsyncClient(timeout=None, **dict(how)) as client,
        client.stream("GET", url) as response,
    ):
        response.raise_for_status()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LARGEST_BYTES:
                raise ValueError(f"more than {_LARGEST_BYTES} bytes")
    return bytes(body)


# By address of the metadata: nobody waits for a provider that they do not go to.
_kept: dict[str, Kept[tuple[str, Connection], bool]] = {}
_lock = Lock()


def _answers(url: str, how: Connection) -> bool:
    """Return what ``_ask`` does, or did a moment ago."""
    with _lock:
        kept = _kept.setdefault(url, Kept(_ask, seconds=_KEPT_S))
    return kept((url, how))


class BackToTheAskedPage:
    """Bring whoever logs in to the link that they followed: Streamlit brings everybody to the first page.

    The page and its query lie in a cookie of ten minutes, set when the document is sent to somebody who is to log in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            if scope["path"].endswith(_CALLBACK) and _ends_a_login(scope):
                send = _sending_back(scope, send)
            elif _is_page(scope) and _asks_for_login(scope):
                send = _keeping(scope, send)
        await self._app(scope, receive, send)


def _ends_a_login(scope: Scope) -> bool:
    """Return whether the provider answers a login, well or not: after a logout it comes here too, with neither."""
    given = parse_qs(scope["query_string"].decode("latin-1"))
    return "code" in given or "error" in given


def _is_page(scope: Scope) -> bool:
    wants_document = "text/html" in Headers(scope=scope).get("accept", "")
    return wants_document and scope["path"].rpartition("/")[2] in _PAGES


def _asks_for_login(scope: Scope) -> bool:
    """Return whether the page will be the login page: Streamlit's cookie outlasts a login by days."""
    try:
        given = access.secrets()
        if "auth" not in given:
            return False
        days = rules.read_rules(given).login_hours / 24
    except UserError:
        return False
    user = _cookies(scope).get(_USER_COOKIE, "")
    # Signed at the end of a login, in the second in which the provider issued it.
    return decode_signed_value(given["auth"]["cookie_secret"], _USER_COOKIE, user, max_age_days=days) is None


def _keeping(scope: Scope, send: Send) -> Send:
    """Return what sends a page and has the browser keep its address."""
    query = scope["query_string"].decode("latin-1")
    kept = quote(f"{scope['path']}?{query}" if query else scope["path"], safe="")

    async def send_and_keep(message: Message) -> None:
        if message["type"] == "http.response.start" and len(kept) <= _LONGEST:
            _set_cookie(message, kept, seconds=_KEPT_IN_BROWSER_S)
        await send(message)

    return send_and_keep


def _sending_back(scope: Scope, send: Send) -> Send:
    """Return what sends the end of a login, on to the page that the browser kept where it is one of ours."""
    kept = _cookies(scope).get(COOKIE)
    asked = None if kept is None else unquote(kept)

    async def send_back(message: Message) -> None:
        if message["type"] == "http.response.start" and asked is not None:
            headers = MutableHeaders(scope=message)
            if "location" in headers and is_page_below(headers["location"], asked):
                headers["location"] = asked
            _set_cookie(message, "", seconds=0)
        await send(message)

    return send_back


def _cookies(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request; of those of one name the first, which is of the longest path."""
    parts = ";".join(Headers(scope=scope).getlist("cookie")).split(";")
    pairs = [part.strip().partition("=") for part in parts]
    return {name: value for name, _, value in reversed(pairs)}


def is_page_below(root: str, address: str) -> bool:
    """Return whether an address is a page of this server: a cookie may have been written by anybody.

    Parameters
    ----------
    root
        The path of the first page, with a slash at its end.
    address
        Path and query; nothing but a path of the navigation below the root will do.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    return is_plain and not parts.scheme and not parts.netloc and parts.path in {root + page for page in _PAGES}


def _set_cookie(message: Message, value: str, *, seconds: int) -> None:
    # As Streamlit's own cookies: another dashboard of this host, below another path, is not told.
    path = address.base_path() or "/"
    cookie = f"{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax"
    MutableHeaders(scope=message).append("set-cookie", cookie)
