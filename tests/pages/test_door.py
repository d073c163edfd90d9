"""The door without a server: the policy, the land's versioned name, files that browsers keep."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import json
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import Message

from analytics.errors import UserError
from analytics.store import Store
from pages.shared import access, address, door, uploads
from pages.shared.access import Seen
from pages.shared.kept import Kept
from pages.shared.rules import OWNER, Person
from tests.analytics import marked


@dataclasses.dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    text: str


class Client:
    """Ask an application in this process; Starlette's own client would need one more package."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, target: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", target, headers)

    def ask(self, method: str, target: str, headers: dict[str, str] | None = None) -> Answer:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        }
        sent: list[Message] = []

        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            # A file's answer listens until the reader is gone.
            return next(asked, None) or await asyncio.Future()

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        start, *bodies = sent
        named = {name.decode(): value.decode() for name, value in start["headers"]}
        content = b"".join(message.get("body", b"") for message in bodies)
        return Answer(start["status"], named, content.decode("utf-8", "replace"))


@pytest.fixture
def client() -> Client:
    page = HTMLResponse('<html lang="en"><title>Streamlit</title></html>')
    routes = [*door.routes(), Route("/page", lambda _: page)]
    return Client(Starlette(routes=routes, middleware=door.middleware()))


def test_each_inline_script_is_allowed_by_its_hash_and_nothing_else_is() -> None:
    policy = door.content_policy("<script>go()</script><script src='x.js'></script>")
    digest = base64.b64encode(hashlib.sha256(b"go()").digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_the_installed_streamlit_has_one_inline_script() -> None:
    assert door.content_policy(door.index_page()).count("'sha256-") == 1


def test_the_land_is_kept_under_a_name_that_carries_its_hash(client: Client) -> None:
    answer = client.get(door.land_frame().url)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == door.KEPT
    assert client.get("/assets/geo/land.00000000.svg").status_code == 404


def test_the_document_loads_the_script_for_the_keys_from_this_server(client: Client) -> None:
    element = door.keys_element().decode()
    answer = client.get(f"/assets/scripts/{door.keys_name()}")
    assert f'src="/assets/scripts/{door.keys_name()}"' in element
    assert answer.text == (door.ASSETS / "keys.js").read_text(encoding="utf-8")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == door.KEPT
    assert client.get("/assets/scripts/keys.00000000.js").status_code == 404
    assert "</head>" in door.index_page(), "where the element goes"


def test_all_of_it_is_below_the_base_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "base_path", lambda: "/digital")
    door.land_frame.cache_clear()
    url = door.land_frame().url
    door.land_frame.cache_clear()
    below = Client(Starlette(routes=door.routes()))
    fonts = [path.name for path in (door.ASSETS / "fonts").glob("*.woff2")]
    script = f"/digital/assets/scripts/{door.keys_name()}"
    assert f'src="{script}"' in door.keys_element().decode()
    for path in (url, script, "/digital/health/snapshot", f"/digital/assets/fonts/{fonts[0]}"):
        assert below.get(path).status_code in (200, 503), path
        assert below.get(path.removeprefix("/digital")).status_code == 404


def test_fonts_are_kept_and_carry_the_headers(client: Client) -> None:
    for font in (door.ASSETS / "fonts").glob("*.woff2"):
        answer = client.get(f"/assets/fonts/{font.name}")
        assert answer.headers["cache-control"] == door.KEPT
        assert "content-security-policy" in answer.headers


def test_no_path_leads_out_of_the_assets(client: Client) -> None:
    assert client.get("/assets/%2e%2e/overview.py").status_code == 404
    assert client.get("/assets/geo/..%2f..%2fregion.toml").status_code == 404


def test_the_document_says_its_language(client: Client) -> None:
    french = client.get("/page", headers={"accept": "text/html"}).text
    assert french == '<html lang="fr"><title>Digital 113</title></html>'
    assert '<html lang="en">' in client.get("/page?lang=en", headers={"accept": "text/html"}).text


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which the status of the snapshot is kept."""
    stopped = Clock()
    monkeypatch.setattr(door, "checked_status", Kept(door._check, seconds=5, clock=stopped))
    return stopped


def test_monitors_of_a_bare_server_are_told_that_nothing_is_published(
    client: Client, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOSYSTEM_STORE", str(tmp_path))
    assert json.loads(client.get("/health/snapshot").text) == {"snapshot_id": None, "built_at": None, "is_demo": None}
    (tmp_path / "current").write_text("damaged\n")
    clock.now += 5
    assert client.get("/health/snapshot").status_code == 503


def test_monitors_are_told_of_damage_and_of_what_is_shown_instead(
    client: Client, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    monkeypatch.setenv("ECOSYSTEM_STORE", str(store.root))
    first, second = (marked.build(store, mark) for mark in (1, 2))
    whole = client.get("/health/snapshot")
    assert whole.status_code == 200
    assert json.loads(whole.text)["snapshot_id"] == second.id
    marked.spoil(second, "members")
    clock.now += 4.9
    assert client.get("/health/snapshot").text == whole.text, "asked again and again, the disk is read once"
    clock.now += 0.1
    damaged = client.get("/health/snapshot")
    assert damaged.status_code == 503
    assert damaged.headers["cache-control"] == "no-store"
    assert json.loads(damaged.text) == {
        "snapshot_id": first.id,
        "built_at": first.manifest["built_at"],
        "is_demo": False,
        "error": "store.table_changed",
        "published_id": second.id,
    }
    marked.spoil(first, "members")
    clock.now += 5
    told = {"error": "store.table_changed", "published_id": second.id}
    assert json.loads(client.get("/health/snapshot").text) == told


@pytest.mark.parametrize(
    ("who", "host", "origin", "expected"),
    [
        (OWNER, "127.0.0.1:8501", "http://127.0.0.1:8501", 404),
        (OWNER, "127.0.0.1:8501", "https://dashboard.cluster.example", 403),
        (OWNER, "127.0.0.1:8501", None, 403),
        (Person("a@b.example", door="open", is_staff=True), "b.example", "https://b.example", 404),
        (Person("a@b.example", door="open"), "b.example", "https://b.example", 403),
    ],
)
def test_a_file_for_a_session_of_the_machine_comes_from_the_machine(
    client: Client, monkeypatch: pytest.MonkeyPatch, who: Person, host: str, origin: str | None, expected: int
) -> None:
    """404 is the door passed: no route takes the file here."""
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: SimpleNamespace(session_id="one-session"))
    monkeypatch.setattr(uploads, "_allowed", OrderedDict())
    monkeypatch.setattr(access, "person", lambda _: who)
    uploads.allow(who, Seen({}, is_local=True))
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert client.ask("PUT", "/_stcore/upload_file/one-session/file", headers).status_code == expected
    assert client.ask("PUT", "/_stcore/upload_file/another/file", headers).status_code == 403


@pytest.mark.parametrize("fault", [False, True])
def test_whoever_was_struck_off_sends_no_file_from_a_page_that_is_open(
    client: Client, monkeypatch: pytest.MonkeyPatch, fault: bool
) -> None:
    def now(there: Seen) -> Person:
        del there
        if fault:
            raise UserError("rights.unreadable", file="secrets.toml")
        return Person("a@b.example", door="open")

    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: SimpleNamespace(session_id="one-session"))
    monkeypatch.setattr(uploads, "_allowed", OrderedDict())
    uploads.allow(Person("a@b.example", door="open", is_staff=True), Seen({}, is_local=False))
    monkeypatch.setattr(access, "person", now)
    headers = {"host": "b.example", "origin": "https://b.example"}
    assert client.ask("PUT", "/_stcore/upload_file/one-session/file", headers).status_code == 403
