"""New files through the browser: a wrong one is one sentence, a right one is published, and there is a way back.

Last of the browser tests by its name: it publishes, where the others read.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from analytics.settings import DEMO_DIR
from analytics.store import Store
from tests.e2e.support import Server, Visit, settle

pytestmark = pytest.mark.e2e


def test_a_wrong_file_is_one_sentence_and_changes_nothing(visit: Visit, server: Server) -> None:
    before = Store(server.store).current_id()
    page, seen = visit("/sources")
    _give(page, "register", "StockUniteLegale.parquet")
    page.get_by_role("button", name="Construire et publier").click()
    alert = page.locator("[data-testid='stAlert']")
    expect(alert).to_contain_text("StockUniteLegale.parquet", timeout=60_000)
    assert page.locator("[data-testid='stException']").count() == 0
    assert Store(server.store).current_id() == before
    assert seen.errors == []


def test_right_files_are_published_and_the_old_ones_can_come_back(visit: Visit, server: Server) -> None:
    store = Store(server.store)
    before = store.current_id()
    page, _ = visit("/sources")
    _give(page, "register", "StockEtablissement.parquet")
    _give(page, "legal_units", "StockUniteLegale.parquet")
    page.get_by_role("button", name="Construire et publier").click()
    expect(page.locator("h1")).to_contain_text("aucun annuaire", timeout=90_000)
    settle(page)
    assert store.current_id() != before
    expect(page.get_by_role("status").filter(has_text="Publié")).to_be_in_viewport()
    assert page.locator(".states .badge").count() == 0
    _give(page, "members", "members.xlsx")
    page.get_by_role("button", name="Construire et publier").click()
    expect(page.locator("h1")).to_contain_text("400 adhérents", timeout=90_000)
    settle(page)
    with_roster = store.current()
    assert with_roster is not None
    assert {source["role"] for source in with_roster.manifest["sources"]} == {"register", "legal_units", "members"}
    assert not with_roster.is_demo
    page.get_by_role("button", name="Revenir à ce jeu").nth(1).click()
    page.get_by_role("button", name="Publier ce jeu").click()
    expect(page.locator(".states .badge")).to_have_count(1, timeout=60_000)
    expect(page.get_by_role("status").filter(has_text="de nouveau")).to_be_in_viewport()
    assert store.current_id() == before


def _give(page: Page, role: str, name: str) -> None:
    page.locator(f".st-key-upload-{role} input[type=file]").set_input_files(DEMO_DIR / name)
    expect(page.locator(f".st-key-upload-{role} [data-testid='stFileChip']")).to_be_visible(timeout=30_000)
    settle(page)
