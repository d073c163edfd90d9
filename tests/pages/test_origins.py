"""Sockets of other sites are refused at the door, and Streamlit never asks the network about one."""

from __future__ import annotations

import asyncio
from unittest.mock import MagicMock

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message
from streamlit import config, net_util
from streamlit.runtime import Runtime
from streamlit.web import bootstrap
from streamlit.web.server.starlette import starlette_websocket

from pages.shared import door, origins

HERE, ELSEWHERE = "dashboard.cluster.example", "https://elsewhere.example"
LET_IN = [
    (HERE, f"https://{HERE}"),
    (HERE, None),
    ("127.0.0.1:8501", "http://127.0.0.1:8501"),
    ("[::1]:8501", "http://[::1]:8501"),
    ("127.0.0.1:8501", "http://localhost:3000"),
]
REFUSED = [
    (HERE, ELSEWHERE),
    (HERE, f"https://{HERE}:444"),
    (HERE, f"https://{HERE}.elsewhere.example"),
    (HERE, f"{ELSEWHERE}/{HERE}"),
    (HERE, "http://localhost:8501"),
    (HERE, "null"),
    (HERE, ""),
    (HERE, "http://[::1"),
    ("", "null"),
    ("", ELSEWHERE),
    # A proxy that writes its own name for the host.
    ("127.0.0.1:8501", f"https://{HERE}"),
    # Streamlit would ask the network about these too.
    ("127.0.0.1:8501", "http://[::1]:8501"),
    ("127.0.0.1:8501", "http://127.0.0.2:8501"),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what Streamlit asked the network for."""
    calls: list[str] = []

    def get(url: str, timeout: float = 5) -> None:
        del timeout
        calls.append(url)

    monkeypatch.setattr(net_util, "_external_ip", None)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", get)
    monkeypatch.setattr(net_util, "get_internal_ip", lambda: calls.append("internal"))
    return calls


def _headers(host: str, origin: str | None) -> list[tuple[bytes, bytes]]:
    given = {"host": host, "origin": origin}
    return [(name.encode(), value.encode()) for name, value in given.items() if value is not None]


def _answer(app: ASGIApp, host: str, origin: str | None) -> str:
    """Ask for a socket and hang up; return the first thing that is answered."""
    sent: list[Message] = []
    received = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}])

    async def receive() -> Message:
        return next(received)

    async def send(message: Message) -> None:
        sent.append(message)

    path = "/_stcore/stream"
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "subprotocols": []}
    asyncio.run(app({**scope, "headers": _headers(host, origin)}, receive, send))
    return str(sent[0]["type"])


def _streamlit() -> Starlette:
    return Starlette(routes=starlette_websocket.create_websocket_routes(MagicMock(spec=Runtime), None))


@pytest.mark.parametrize(("host", "origin"), REFUSED)
def test_a_socket_of_another_site_is_refused_and_the_network_not_asked(
    asked: list[str], host: str, origin: str
) -> None:
    app = _streamlit()
    for layer in reversed(door.middleware()):
        app = layer.cls(app, *layer.args, **layer.kwargs)  # type: ignore[assignment]
    assert _answer(app, host, origin) == "websocket.close"
    assert asked == []


def test_streamlit_by_itself_would_ask(asked: list[str]) -> None:
    assert _answer(_streamlit(), HERE, ELSEWHERE) == "websocket.close"
    assert "http://checkip.amazonaws.com" in asked


@pytest.mark.parametrize(("host", "origin"), LET_IN)
def test_what_is_let_in_streamlit_lets_in_without_asking(asked: list[str], host: str, origin: str | None) -> None:
    assert origins.may_open_socket(Headers(raw=_headers(host, origin)))
    assert starlette_websocket._is_origin_allowed(origin, host)
    assert asked == []


def test_a_server_that_listens_to_all_addresses_asks_nobody_for_its_own(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"server.address": "0.0.0.0", "server.headless": True}  # noqa: S104 - what is asked about
    monkeypatch.setattr(config, "get_option", lambda name, of=config.get_option: options.get(name) or of(name))
    bootstrap._print_url(is_running_hello=False)
    assert "http://127.0.0.1" in capsys.readouterr().out
    assert asked == []
