"""A dashboard that asks for a login, with a real provider of identities and a real browser.

Who is not in sees nothing; readers read; staff change what is published; and what a page does not offer is refused.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from analytics import audit, tables
from analytics.settings import DEMO_DIR, default_settings
from analytics.store import Store
from analytics.view import View
from tests import axe_core, identity_provider
from tests.e2e.login import COOKIE, Guarded, log_in, provider, serve, write_secrets
from tests.e2e.support import PATHS, open_above, settle
from tests.e2e.test_accessibility import _faults
from tests.serving import free_port

pytestmark = pytest.mark.e2e
NUMBER = "6f0b8a52-0000-4000-8000-000000000000"


class Visitor:
    """A browser of their own, and everything that the server sent it over its socket."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.frames: list[bytes] = []
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._keep))

    def _keep(self, frame: str | bytes) -> None:
        self.frames.append(frame if isinstance(frame, bytes) else frame.encode())

    def session(self) -> str:
        """Return the number of the last session that the server opened for this visitor."""
        for frame in reversed(self.frames):
            message = ForwardMsg()
            message.ParseFromString(frame)
            if message.WhichOneof("type") == "new_session":
                return str(message.new_session.initialize.session_id)
        raise AssertionError("no session")

    def was_told(self, names: set[str]) -> set[str]:
        """Return which of these texts the server ever sent."""
        sent = b"\n".join(self.frames).decode("utf-8", "ignore")
        # Tables are sent as Arrow, texts within JSON or HTML: as they are, escaped for either.
        return {name for name in names if name in sent or json.dumps(name)[1:-1] in sent}


Come = Callable[[], Visitor]


@pytest.fixture(scope="module")
def guarded(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Serve a copy of the demonstration behind a login."""
    folder = tmp_path_factory.mktemp("guarded")
    store, secrets = Path(shutil.copytree(demo_root, folder / "store")), folder / "secrets.toml"
    port = free_port()
    try:
        with provider(f"http://127.0.0.1:{port}/oauth2callback") as issuer:
            write_secrets(secrets, port=port, issuer=issuer)
            with serve(store, secrets, port=port) as url:
                yield Guarded(url, store, secrets)
    except identity_provider.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture
def come(browser: Browser) -> Iterator[Come]:
    """Return a function that gives a new visitor, unknown to all."""
    contexts = []

    def new() -> Visitor:
        contexts.append(browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900}))
        return Visitor(contexts[-1])

    yield new
    for context in contexts:
        context.close()


def _names(store: Path) -> set[str]:
    """Return names that only staff may be told: members, and the firms that the town sheets would list."""
    snapshot, settings = Store(store).current(), default_settings()
    assert snapshot is not None
    members = set(tables.members(snapshot, View.default(settings), settings)["name"].dropna())
    firms = set(tables.prospects(snapshot, View.default(settings), settings, limit=400)["name"])
    return {name for name in members | firms if len(name) > 8}


def _lines(guarded: Guarded, what: str) -> list[dict[str, object]]:
    return [entry for entry in audit.read(guarded.store).entries if entry["what"] == what]


def _ask(url: str, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def _send_file(visitor: Visitor, *, with_token: bool = True) -> int:
    """Send a file as the page's own script would, into the visitor's own session; return the status."""
    status: int = visitor.page.evaluate(
        """async ([path, withToken]) => {
            const token = document.cookie.match(/_streamlit_xsrf=([^;]+)/)?.[1] ?? '';
            const form = new FormData();
            form.append('file', new Blob(['siren\\n']), 'roster.csv');
            const headers = withToken ? {'X-Xsrftoken': decodeURIComponent(token)} : {};
            return (await fetch(path, {method: 'PUT', body: form, headers})).status;
        }""",
        [f"/_stcore/upload_file/{visitor.session()}/{NUMBER}", with_token],
    )
    return status


def test_who_is_not_in_sees_the_login_page_and_no_figure(guarded: Guarded, come: Come) -> None:
    visitor = come()
    for path in [*PATHS, "/event", "/towns?town=243400017&level=epci"]:
        visitor.page.goto(guarded.url + path)
        settle(visitor.page)
        expect(visitor.page.locator("h1")).to_have_text(
            "Les chiffres de Digital 113 sont réservés aux personnes invitées"
        )
        expect(visitor.page.locator("[data-testid='stTopNavLink']")).to_have_count(0)
    assert visitor.was_told({"Toulouse Métropole", "18 000", *_names(guarded.store)}) == set()
    assert _send_file(visitor) == 403


def test_readers_read_what_is_open_to_them_and_nobody_is_named(guarded: Guarded, come: Come) -> None:
    visitor = come()
    page = visitor.page
    log_in(page, "reader", url=guarded.url)
    shown = page.locator("[data-testid='stTopNavLink']").all_inner_texts()
    assert shown == ["Vue d’ensemble", "Villes", "Couverture", "Croissance", "Projeter", "Documents"]
    for path in ("/recruitment", "/sources"):
        page.goto(guarded.url + path)
        settle(page)
        expect(page.locator("h1")).to_have_text("Cette page est réservée à l’équipe")
        expect(page.locator("input[type=file], [data-testid='stDownloadButton']")).to_have_count(0)
    page.goto(f"{guarded.url}/documents?lang=en")
    settle(page)
    offered = page.locator("[data-testid='stDownloadButton']").all_inner_texts()
    assert offered == ["Download (PPTX)", "Download (PDF)", "Download (GPKG)"]
    for path in ("/towns", "/coverage", "/growth", "/event?scene=recruitment"):
        page.goto(guarded.url + path)
        settle(page)
    assert visitor.was_told({"Toulouse Métropole"}), "what was sent is read, so a name would be found"
    assert visitor.was_told(_names(guarded.store)) == set()
    assert _send_file(visitor) == 403


def test_a_login_ends_at_the_link_that_was_followed(guarded: Guarded, come: Come) -> None:
    visitor = come()
    asked = "/towns?town=243400017&level=epci&lang=en"
    visitor.page.goto(guarded.url + asked)
    settle(visitor.page)
    visitor.page.get_by_role("link", name="Français").click()
    visitor.page.wait_for_url(re.compile(r"^(?!.*lang=)"))
    log_in(visitor.page, "reader", url=guarded.url, path="/towns?town=243400017&level=epci")
    assert urlsplit(visitor.page.url).path == "/towns"
    assert "town=243400017" in visitor.page.url
    expect(visitor.page.locator(".st-key-blk-sheet h2")).to_contain_text("Montpellier")


def test_a_provider_that_does_not_answer_is_a_sentence_and_may_be_tried_again(
    demo_root: Path, come: Come, tmp_path: Path
) -> None:
    page = come().page
    port, silent = free_port(), free_port()
    write_secrets(tmp_path / "secrets.toml", port=port, issuer=f"http://localhost:{silent}")
    with serve(demo_root, tmp_path / "secrets.toml", port=port) as url:
        page.goto(f"{url}/growth")
        settle(page)
        page.get_by_role("button", name="Se connecter").click()
        expect(page.get_by_role("alert")).to_contain_text("Le service de connexion ne répond pas")
        assert page.url == f"{url}/growth"
        expect(page.get_by_role("button", name="Se connecter")).to_be_enabled()


def test_staff_take_files_that_name_firms_and_it_is_recorded(guarded: Guarded, come: Come) -> None:
    visitor = come()
    page = visitor.page
    log_in(page, "staff", url=guarded.url)
    page.goto(f"{guarded.url}/recruitment")
    settle(page)
    assert visitor.was_told(_names(guarded.store)), "staff are told names, by the same check as readers are not"
    with page.expect_download() as given:
        page.locator(".st-key-download-prospects-xlsx button").click()
    assert given.value.path().stat().st_size > 10_000
    begun, done = _lines(guarded, "export_prospects")[-2:]
    assert (begun["outcome"], done["outcome"]) == ("begun", "done")
    assert done["who"] == "staff@cluster.example"
    assert done["snapshot"] == Store(guarded.store).current_id()


def test_a_file_comes_with_the_pages_own_token_alone(guarded: Guarded, come: Come) -> None:
    visitor = come()
    log_in(visitor.page, "staff", url=guarded.url)
    assert _send_file(visitor, with_token=False) == 403
    assert _send_file(visitor) == 204


def test_another_site_reaches_neither_the_socket_nor_a_file(guarded: Guarded) -> None:
    shake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    status, _ = _ask(guarded.url, "GET", "/_stcore/stream", {**shake, "Origin": "https://elsewhere.example"})
    assert status == 403
    status, _ = _ask(guarded.url, "GET", "/_stcore/stream", {**shake, "Origin": guarded.url})
    assert status == 101
    wanted = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}
    _, headers = _ask(guarded.url, "OPTIONS", f"/_stcore/upload_file/some-session/{NUMBER}", wanted)
    assert headers.get("access-control-allow-origin") not in ("*", "https://elsewhere.example")


@pytest.mark.parametrize("who", ["unverified", "stranger"])
def test_an_account_that_is_on_no_list_is_told_so(guarded: Guarded, come: Come, who: str) -> None:
    visitor = come()
    log_in(visitor.page, who, url=guarded.url)
    for path in ("/", "/sources"):
        visitor.page.goto(guarded.url + path)
        settle(visitor.page)
        expect(visitor.page.locator("h1")).to_have_text("Ce tableau de bord n’est pas ouvert à votre compte")
    assert visitor.was_told({"Toulouse Métropole", *_names(guarded.store)}) == set()
    assert _send_file(visitor) == 403
    named = {"unverified": "unverified:staff@cluster.example", "stranger": "someone@elsewhere.example"}[who]
    assert [line["outcome"] for line in _lines(guarded, "login") if line["who"] == named] == ["refused"]


def _changed_at(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def test_a_cookie_that_was_tampered_with_is_no_login(guarded: Guarded, come: Come) -> None:
    visitor = come()
    log_in(visitor.page, "reader", url=guarded.url)
    cookie = next(c for c in visitor.context.cookies(guarded.url) if c["name"] == COOKIE)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    signed = cookie["value"]
    for value in (_changed_at(signed, 20), _changed_at(signed, len(signed) - 8), signed.rpartition(".")[0]):
        visitor.context.add_cookies([{"name": COOKIE, "value": value, "url": guarded.url}])
        visitor.page.goto(guarded.url)
        settle(visitor.page)
        expect(visitor.page.get_by_role("button", name="Se connecter")).to_be_visible()


def test_logging_out_ends_it_here_and_at_the_provider(guarded: Guarded, come: Come) -> None:
    visitor = come()
    page = visitor.page
    log_in(page, "reader", url=guarded.url)
    expect(open_above(page.get_by_role("button", name="Compte"))).to_contain_text("reader@cluster.example")
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("http://localhost:*/session/end**")
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{guarded.url}/**")
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible(timeout=60_000)
    assert COOKIE not in {cookie["name"] for cookie in visitor.context.cookies(guarded.url)}
    page.goto(f"{guarded.url}/growth")
    settle(page)
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_at_the_door(guarded: Guarded, browser: Browser, theme: str) -> None:
    try:
        axe = axe_core.source()
    except axe_core.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    context = browser.new_context(locale="fr-FR", color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.goto(guarded.url)
    settle(page)
    found = [_faults(page, axe)]
    log_in(page, "stranger", url=guarded.url)
    found.append(_faults(page, axe))
    context.close()
    assert found == [[], []]


def test_a_server_that_other_machines_reach_says_so_and_takes_nothing(
    guarded: Guarded, come: Come, tmp_path: Path
) -> None:
    (tmp_path / "secrets.toml").write_text("", encoding="utf-8")
    visitor = come()
    page = visitor.page
    everywhere = ("--server.address=0.0.0.0",)
    with serve(guarded.store, tmp_path / "secrets.toml", port=free_port(), options=everywhere) as url:
        for path in ("/", "/documents"):
            page.goto(url + path)
            settle(page)
            expect(page.locator("[data-testid='stAlert']")).to_contain_text("D’autres machines atteignent ce serveur")
        for path in ("/recruitment", "/sources"):
            page.goto(url + path)
            settle(page)
            expect(page.locator("h1")).to_have_text("Cette page est réservée à l’équipe")
        assert _send_file(visitor) == 403
        assert visitor.was_told(_names(guarded.store)) == set()
        log = next(tmp_path.glob("*.log")).read_text(encoding="utf-8")
    assert "D’autres machines atteignent ce serveur" in log


def test_staff_load_files_and_go_back(guarded: Guarded, come: Come) -> None:
    store = Store(guarded.store)
    before = store.current_id()
    visitor = come()
    page = visitor.page
    log_in(page, "staff", url=guarded.url)
    page.goto(f"{guarded.url}/sources")
    settle(page)
    expect(page.locator(".st-key-blk-load")).to_contain_text("3 fichiers au plus, de 200 Mo chacun")
    page.locator(".st-key-upload-register input[type=file]").set_input_files(DEMO_DIR / "StockEtablissement.parquet")
    expect(page.locator(".st-key-upload-register [data-testid='stFileChip']")).to_be_visible(timeout=30_000)
    settle(page)
    page.get_by_role("button", name="Construire et publier").click()
    expect(page.locator("h1")).to_contain_text("aucun annuaire", timeout=120_000)
    settle(page)
    built = store.current_id()
    assert built != before
    page.get_by_role("button", name="Revenir à ce jeu").first.click()
    page.get_by_role("button", name="Publier ce jeu").click()
    expect(page.locator("h1")).to_contain_text("400 adhérents", timeout=60_000)
    assert store.current_id() == before
    for what, published in (("build", built), ("rollback", before)):
        begun, done = _lines(guarded, what)
        assert (begun["outcome"], done["outcome"], done["snapshot"]) == ("begun", "done", published)
        assert done["who"] == "staff@cluster.example"


def test_a_right_that_is_taken_away_is_gone_from_pages_that_are_open(guarded: Guarded, come: Come) -> None:
    """The last of this file: it changes who is staff."""
    visitor, other = come(), come()
    page = visitor.page
    for somebody in (visitor, other):
        log_in(somebody.page, "staff", url=guarded.url)
    page.goto(f"{guarded.url}/recruitment")
    settle(page)
    text = guarded.secrets.read_text(encoding="utf-8")
    guarded.secrets.write_text(re.sub(r"staff = .*", 'staff = ["other@cluster.example"]', text), encoding="utf-8")
    # The server looks at the file every so often.
    for _ in range(30):
        other.page.goto(f"{guarded.url}/sources")
        settle(other.page)
        if other.page.locator("h1").inner_text() == "Cette page est réservée à l’équipe":
            break
    else:
        raise AssertionError("the server never noticed")
    taken: list[object] = []
    page.on("download", lambda download: taken.append(download))
    page.locator(".st-key-download-prospects-xlsx button").click()
    refused = page.locator(".st-key-download-prospects-xlsx [data-testid='stDownloadButton']")
    expect(refused.locator("[data-testid='stDownloadButtonError']")).to_be_attached(timeout=30_000)
    assert "n’a pas pu être fait" in refused.evaluate("e => getComputedStyle(e, '::after').content")
    assert "Failed" not in page.inner_text("body")
    page.wait_for_timeout(3_000)
    assert taken == []
    last = _lines(guarded, "export_prospects")[-1]
    assert (last["who"], last["outcome"], last["reason"]) == ("staff@cluster.example", "refused", "rights.refused")
    page.goto(f"{guarded.url}/recruitment")
    settle(page)
    expect(page.locator("h1")).to_have_text("Cette page est réservée à l’équipe")
