"""What a meeting does with the page on coverage: slider, closer look, a click on an antenna, without a network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.e2e.support import Visit, settle

pytestmark = pytest.mark.e2e
PLOT = ".st-key-coverage-map .js-plotly-plot"


def _range(page: Page) -> list[float]:
    """Return what the map shows, west and east in kilometres."""
    shown: list[float] = page.evaluate(f"document.querySelector('{PLOT}').layout.xaxis.range")
    return shown


def _farther(page: Page, steps: int = 2) -> None:
    page.get_by_role("slider").focus()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    settle(page)


def test_the_slider_redraws_the_map_and_is_in_the_address(visit: Visit) -> None:
    page, seen = visit("/coverage")
    before = page.locator("h1").inner_text()
    _farther(page)
    page.wait_for_url("**threshold=40**")
    settle(page)
    assert page.locator("h1").inner_text() != before
    assert "40 minutes" in page.locator(".st-key-blk-coverage-map h2").inner_text()
    assert seen.errors == []
    assert seen.outside == set()


def test_a_closer_look_stays_when_a_control_moves(visit: Visit) -> None:
    page, seen = visit("/coverage?antenna=Rodez")
    whole = _range(page)
    page.get_by_text("Autour de Rodez").click()
    settle(page)
    assert "closer=true" in page.url
    closer = _range(page)
    assert closer[1] - closer[0] < (whole[1] - whole[0]) / 2
    _farther(page)
    page.wait_for_url("**threshold=40**")
    settle(page)
    assert _range(page) == pytest.approx(closer)
    page.get_by_text("emplois", exact=True).first.click()
    settle(page)
    assert "demand=jobs" in page.url
    assert _range(page) == pytest.approx(closer)
    page.get_by_text("Toute la région").click()
    settle(page)
    assert _range(page) == pytest.approx(whole)
    assert seen.errors == []


def test_a_click_on_an_antenna_opens_its_sheet_and_leads_to_its_towns(visit: Visit) -> None:
    page, seen = visit("/coverage", size=(1440, 1200))
    rings = page.locator(f"{PLOT} .scatterlayer .trace").filter(has=page.locator(".points path"))
    names = page.evaluate(f"document.querySelector('{PLOT}').data.find(d => d.name === 'antennas').customdata.flat()")
    index = names.index("Mende")
    traces = page.evaluate(f"document.querySelector('{PLOT}').data.filter(d => d.mode === 'markers').map(d => d.name)")
    box = rings.nth(traces.index("antennas")).locator(".points path").nth(index).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(page)
    assert "antenna=Mende" in page.url
    assert page.locator(".st-key-blk-antenna h2").inner_text().startswith("Mende")
    page.get_by_role("button", name="Voir ses villes").click()
    page.wait_for_url("**/towns?**")
    settle(page)
    assert "antenna=Mende" in page.url
    assert page.get_by_role("button", name="Mende").first.is_visible()
    assert seen.errors == []
    assert seen.outside == set()


def test_how_many_more_are_told_when_asked(visit: Visit) -> None:
    page, seen = visit("/coverage?threshold=45")
    page.get_by_role("button", name="Combien pour 90").click()
    told = page.get_by_text("Antennes à ajouter")
    told.wait_for(timeout=30_000)
    assert "pour 95" in told.inner_text()
    assert seen.errors == []


def test_the_first_load_and_another_threshold_send_little(visit: Visit) -> None:
    page, seen = visit("/coverage")
    assert seen.received < 1_000_000
    before = seen.received
    _farther(page, 1)
    page.wait_for_url("**threshold=35**")
    settle(page)
    assert 0 < seen.received - before < 500_000


@pytest.mark.parametrize("path", ["/coverage?unit=km&threshold=90", "/coverage?antenna=Paris", "/coverage?lang=en"])
def test_every_address_is_drawn_without_a_network(visit: Visit, path: str) -> None:
    page, seen = visit(path)
    assert page.locator(PLOT).count() == 1
    assert seen.errors == []
    assert seen.outside == set()
