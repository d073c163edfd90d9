"""Where a request comes from, by its headers: the machine itself, a page of this server, or elsewhere. No Streamlit.

Headers can be forged by whoever writes their own client; no browser lets a page write these.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

_OF_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})
_OF_PROXIES_PREFIX = "x-forwarded"
# The two that Streamlit takes for one machine; of any other pair it asks another server for this one's address.
_ONE_MACHINE = frozenset({"localhost", "127.0.0.1"})
_POLICY_VIOLATION = 1008


def is_from_machine(headers: Headers) -> bool:
    """Return whether a request comes from a page of the machine itself, under its own name, through nobody else.

    The name tells of a proxy that says nothing, and of another site whose name was made to point here. So does the
    origin, of which every browser tells when it opens a socket or sends a file: a proxy that writes its own name for
    the host leaves it as it was.
    """
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or len(origins) != 1 or any(_tells_of_a_proxy(name) for name in headers.keys()):  # noqa: SIM118
        return False
    origin = _parts(origins[0])
    return origin is not None and origin.netloc == hosts[0] and is_loopback(origin.hostname or "")


def is_loopback(name: str) -> bool:
    """Return whether a name or an address is the machine's own."""
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def may_open_socket(headers: Headers) -> bool:
    """Return whether a socket is asked for by a page of this server, or by no page at all.

    No more than Streamlit allows, and all of it decided here: of what this refuses, Streamlit would ask the network.
    """
    if "origin" not in headers:
        return True
    origin, host = _parts(headers["origin"]), _parts(f"//{headers.get('host', '')}")
    if origin is None or host is None:
        return False
    return origin.netloc == host.netloc or {origin.hostname, host.hostname} <= _ONE_MACHINE


class SocketsOfOwnPages:
    """Refuse a socket that a page of another site asks for, before Streamlit sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or may_open_socket(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        await WebSocketClose(code=_POLICY_VIOLATION)(scope, receive, send)


def _parts(address: str) -> SplitResult | None:
    """Return the parts of an address that names a host; None of any other."""
    try:
        parts = urlsplit(address)
        return parts if parts.netloc and parts.hostname else None
    except ValueError:
        return None


def _tells_of_a_proxy(name: str) -> bool:
    return name in _OF_PROXIES or name.startswith(_OF_PROXIES_PREFIX)
