"""What a visit leaves: no member and no firm on the server's log, no cookie but that of uploads in the browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from analytics.store import Store
from tests.e2e.support import PATHS, settle
from tests.serving import serving

pytestmark = pytest.mark.e2e
# Streamlit's: it guards uploads against other sites' forms, and ends with the browser's session.
COOKIES = {"_streamlit_xsrf"}


@pytest.fixture
def logged(demo_root: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a copy of the demonstration; return its address and the file of its log."""
    store = Path(shutil.copytree(demo_root, tmp_path / "store"))
    log = tmp_path / "server.log"
    with serving(store, log=log) as dashboard:
        yield dashboard.url, log


def test_a_visit_leaves_nothing_of_members(
    logged: tuple[str, Path], browser: Browser, demo_root: Path, tmp_path: Path
) -> None:
    url, log = logged
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    members, firms = snapshot.table("members"), snapshot.firms("tic")
    context = browser.new_context(locale="fr-FR")
    outside: list[str] = []
    context.on("request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else outside.append(r.url))
    page = context.new_page()
    for path in PATHS:
        page.goto(url + path)
        settle(page)
    page.goto(f"{url}/sources")
    settle(page)
    roster = tmp_path / "roster.csv"
    roster.write_text("Nom;SIREN\nEntreprise Confidentielle;12\nAutre Confidentielle;x\n", encoding="utf-8")
    for name, content in (("roster.csv", None), ("broken.xlsx", b"Personne Confidentielle")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        page.locator(".st-key-upload-members input[type=file]").set_input_files(tmp_path / name)
        settle(page)
        page.get_by_role("button", name="Construire et publier").click()
        expect(page.locator("[data-testid='stAlert']").first).to_be_visible(timeout=60_000)
        settle(page)
    assert {cookie["name"] for cookie in context.cookies()} <= COOKIES
    assert all(cookie["expires"] == -1 for cookie in context.cookies()), "none outlives the browser"
    assert page.evaluate("Object.keys(localStorage).filter(key => !key.startsWith('st'))") == []
    assert outside == []
    context.close()
    said = log.read_text(encoding="utf-8")
    assert "127.0.0.1" in said, "it says where it serves, so this is the log"
    assert "onfidentielle" not in said
    identifiers = {*members["member_id"], *members["siren"].dropna(), *firms["siren"]}
    names = {*members["name"].dropna(), *firms["name"].dropna()}
    assert not [word for word in identifiers | names if word in said]
