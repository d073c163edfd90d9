"""The way to the provider of identities, and back to the page that was asked for."""

from __future__ import annotations

import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote

import pytest
import streamlit as st
from itsdangerous import TimestampSigner
from starlette.types import Message, Receive, Scope, Send
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from analytics.errors import UserError
from pages.shared import access, login
from tests.pages.conftest import SHELL
from tests.pages.test_rules import AUTH, LISTED
from tests.serving import QuietHandler, answering, free_port

SILENT = "Le service de connexion ne répond pas"


def _handler(status: int, body: str) -> type[BaseHTTPRequestHandler]:
    class Answers(QuietHandler):
        def answer(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    return Answers


def _ask(url: str) -> bool:
    return login._ask((f"{url}/.well-known/openid-configuration", ()))


def test_a_provider_that_says_where_to_log_in_answers() -> None:
    with answering(_handler(200, '{"authorization_endpoint": "https://login.example/auth"}')) as url:
        assert _ask(url)


@pytest.mark.parametrize(
    ("status", "body"), [(200, "{}"), (200, "<html>"), (200, "[]"), (200, "5"), (404, "{}"), (302, "{}"), (503, "")]
)
def test_a_provider_that_does_not_say_it_does_not(status: int, body: str) -> None:
    with answering(_handler(status, body)) as url:
        assert not _ask(url)


def test_what_makes_no_address_is_no_provider() -> None:
    assert not login._ask(("nowhere", ()))
    assert not login._ask(("http://[", ()))


def test_a_provider_that_cannot_be_reached_is_a_sentence(own_root: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_STORE", str(own_root))
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    silent = f"http://127.0.0.1:{free_port()}/.well-known/openid-configuration"
    app.secrets = {"auth": AUTH | {"server_metadata_url": silent}, "access": LISTED}
    app.user = {"is_logged_in": False}
    app.run()
    assert not app.error
    app.button[0].click().run()
    assert not app.exception
    assert [told.value for told in app.error if told.value.startswith(SILENT)]
    assert app.button[0].label == "Se connecter", "it may be tried again"


def test_another_provider_is_asked_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str | None] = []
    monkeypatch.setattr(login.st, "login", sent.append)
    with answering(_handler(200, '{"authorization_endpoint": "https://login.example/auth"}')) as url:
        silent, there = {"server_metadata_url": f"http://127.0.0.1:{free_port()}/"}, {"server_metadata_url": url}
        monkeypatch.setattr(access, "secrets", lambda: {"auth": {"here": there, "gone": silent}})
        login.start("here")
        with pytest.raises(UserError) as refused:
            login.start("gone")
    assert refused.value.key == "rights.provider_silent"
    assert sent == ["here"]


def test_who_goes_to_one_provider_and_to_another_by_turns_asks_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Counts(QuietHandler):
        def answer(self) -> None:
            asked.append(self.path)
            body = b'{"authorization_endpoint": "https://login.example/auth"}' if self.path == "/here" else b"{}"
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    monkeypatch.setattr(login, "_kept", {})
    monkeypatch.setattr(login, "_KEPT_S", 600)
    with answering(Counts) as url:
        found = [login._answers(url + path, ()) for path in ("/here", "/gone") * 3]
    assert found == [True, False] * 3
    assert asked == ["/here", "/gone"]


def test_a_provider_that_is_silent_delays_nobody_who_goes_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    reached, over = threading.Event(), threading.Event()

    class Waits(QuietHandler):
        def answer(self) -> None:
            reached.set()
            over.wait(20)
            self.close_connection = True

    monkeypatch.setattr(login, "_kept", {})
    with (
        answering(Waits) as silent,
        answering(_handler(200, '{"authorization_endpoint": "https://login.example/auth"}')) as there,
    ):
        other = threading.Thread(target=login._answers, args=(silent, ()))
        other.start()
        assert reached.wait(20)
        assert login._answers(there, ())
        assert other.is_alive(), "the silent one was still being asked"
        over.set()
        other.join(20)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_provider_that_sends_a_byte_now_and_then_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    head, body = b"HTTP/1.1 200 OK\r\nx-padding: ", b'{"authorization_endpoint": "https://login.example/auth", "a": "'
    over = threading.Event()

    class Drips(QuietHandler):
        def answer(self) -> None:
            self.wfile.write(head if part == "head" else head + b"\r\ncontent-length: 1000\r\n\r\n" + body)
            while not over.wait(0.05):
                self.wfile.write(b"a")

    monkeypatch.setattr(login, "_PATIENCE_S", 0.5)
    with answering(Drips) as url:
        begun = time.monotonic()
        found = _ask(url)
        took = time.monotonic() - begun
        over.set()
    assert not found
    # A thousand bytes would take fifty seconds.
    assert 0.4 < took < 20


def test_an_answer_without_an_end_is_not_read_to_it(caplog: pytest.LogCaptureFixture) -> None:
    class Endless(QuietHandler):
        def answer(self) -> None:
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b" " * 100_000)

    with answering(Endless) as url:
        assert not _ask(url)
    assert "more than 1000000 bytes" in caplog.text


@pytest.mark.parametrize(
    "address", ["/", "/towns", "/towns?level=epci&town=243400017", "/event?scene=reach", "/?lang=en"]
)
def test_a_page_of_the_navigation_is_one_to_come_back_to(address: str) -> None:
    assert login.is_page_below("/", address)
    assert login.is_page_below("/base/", f"/base{address}")
    assert not login.is_page_below("/base/", address)


@pytest.mark.parametrize(
    "address",
    [
        "//elsewhere.example/towns",
        "https://elsewhere.example/towns",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "towns",
        "",
        "/auth/logout",
        "/towns/..//elsewhere.example",
        "/towns?a=\r\nset-cookie: b=c",
        "/towns?é",
        "//[",
    ],
)
def test_nothing_else_is(address: str) -> None:
    assert not login.is_page_below("/", address)


def _answer(path: str, query: str = "", *, root: str = "/", **headers: str) -> dict[str, list[str]]:
    """Return the headers of an answer through the middleware; behind it, every login ends at the first page."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        is_end = scope["path"] == f"{root}oauth2callback"
        where = [(b"location", root.encode())] if is_end else []
        await send({"type": "http.response.start", "status": 302 if is_end else 200, "headers": where})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": raw}
    asyncio.run(login.BackToTheAskedPage(app)(scope, receive, send))
    found: dict[str, list[str]] = {}
    for name, value in sent[0]["headers"]:
        found.setdefault(name.decode(), []).append(value.decode())
    return found


def _with_login(monkeypatch: pytest.MonkeyPatch, *, is_on: bool = True) -> None:
    monkeypatch.setattr(access, "secrets", lambda: {"auth": AUTH, "access": {"login_hours": 3}} if is_on else {})


def test_the_page_asked_for_is_where_a_login_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_login(monkeypatch)
    [cookie] = _answer("/towns", "level=epci&town=243400017", accept="text/html")["set-cookie"]
    assert cookie.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax")
    ended = _answer("/oauth2callback", "code=a&state=b", cookie=f"other=1; {cookie.partition(';')[0]}")
    assert ended["location"] == ["/towns?level=epci&town=243400017"]
    assert ended["set-cookie"] == ["asked_page=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]
    again = _answer("/oauth2callback", "error=access_denied", cookie=cookie.partition(";")[0])
    assert again["location"] == ["/towns?level=epci&town=243400017"], "given up: asked again where it was"


def test_an_address_of_elsewhere_is_not_followed() -> None:
    for address in ("//elsewhere.example", "https://elsewhere.example/", "/auth/logout"):
        ended = _answer("/oauth2callback", "code=a", cookie=f"asked_page={quote(address, safe='')}")
        assert ended["location"] == ["/"]


def test_a_logout_ends_at_the_first_page() -> None:
    assert _answer("/oauth2callback", "state=b", cookie="asked_page=%2Ftowns") == {"location": ["/"]}


def test_no_cookie_is_set_for_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_login(monkeypatch)
    assert _answer("/assets/fonts/a.woff2", accept="*/*") == {}
    assert _answer("/_stcore/health", accept="text/html") == {}
    assert _answer("/towns", "town=" + "9" * 3_000, accept="text/html") == {}
    _with_login(monkeypatch, is_on=False)
    assert _answer("/towns", accept="text/html") == {}


def test_below_a_base_path_the_cookie_is_of_that_path_as_streamlits_are(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_login(monkeypatch)
    usual = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: "base/" if key == "server.baseUrlPath" else usual(key))
    [cookie] = _answer("/base/towns", "lang=en", root="/base/", accept="text/html")["set-cookie"]
    assert cookie.endswith("; Path=/base; Max-Age=600; HttpOnly; SameSite=Lax")
    # Browsers send what is of the longest path first; the second is of another dashboard, at the root of this host.
    both = f"{cookie.partition(';')[0]}; asked_page=%2Fgrowth"
    ended = _answer("/base/oauth2callback", "code=a", root="/base/", cookie=both)
    assert ended["location"] == ["/base/towns?lang=en"]
    assert ended["set-cookie"] == ["asked_page=; Path=/base; Max-Age=0; HttpOnly; SameSite=Lax"]


def _user_cookie(monkeypatch: pytest.MonkeyPatch, *, hours_ago: float, secret: str = AUTH["cookie_secret"]) -> str:
    signed_at = int(time.time() - 3600 * hours_ago)
    with monkeypatch.context() as then:
        then.setattr(TimestampSigner, "get_timestamp", lambda _: signed_at)
        return "_streamlit_user=" + create_signed_value(secret, "_streamlit_user", "{}").decode()


def test_no_page_is_kept_for_whoever_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_login(monkeypatch)
    cookie = _user_cookie(monkeypatch, hours_ago=2.9)
    assert _answer("/towns", accept="text/html", cookie=f"_streamlit_xsrf=a; {cookie}") == {}


@pytest.mark.parametrize(("hours_ago", "secret"), [(3.1, AUTH["cookie_secret"]), (0, "d" * 32)])
def test_streamlits_cookie_of_a_login_that_is_over_or_of_nobodys_is_no_login(
    monkeypatch: pytest.MonkeyPatch, hours_ago: float, secret: str
) -> None:
    _with_login(monkeypatch)
    cookie = _user_cookie(monkeypatch, hours_ago=hours_ago, secret=secret)
    [kept] = _answer("/towns", accept="text/html", cookie=cookie)["set-cookie"]
    assert kept.startswith("asked_page=%2Ftowns; ")
