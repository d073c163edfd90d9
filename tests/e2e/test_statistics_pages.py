"""What a reader does with the pages on towns and recruitment: clicks, links, files, without a network."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from playwright.sync_api import Locator, Page

from tests.e2e.support import Visit, settle

pytestmark = pytest.mark.e2e
BEZIERS = "243400769"


def _click(page: Page, mark: Locator) -> None:
    """Click the middle of a mark of a chart, whatever lies over its box."""
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(page)


def _town(page: Page) -> str:
    return page.locator(".st-key-blk-sheet h2").inner_text()


def test_a_point_of_each_chart_chooses_its_town(visit: Visit) -> None:
    page, seen = visit("/towns", size=(1440, 1600))
    assert _town(page) == "CU Perpignan Méditerranée Métropole"
    rows = page.locator(".st-key-only-wide-ranking .points path")
    _click(page, rows.nth(3))
    assert _town(page) == "CA de Béziers-Méditerranée"
    assert f"town={BEZIERS}" in page.url
    rings = page.locator(".st-key-blk-funnel .scatterlayer .trace").last.locator(".points path")
    assert rings.count() == 1
    _click(page, page.locator(".st-key-only-wide-ranking .points path").nth(5))
    assert _town(page) == "CA du Grand Cahors"
    # The largest discs of the quadrant are drawn first: Toulouse.
    disc = page.locator(".st-key-blk-quadrant .scatterlayer .trace").first.locator(".points path").nth(4)
    before = _town(page)
    _click(page, disc)
    assert _town(page) != before
    page.go_back()
    settle(page)
    assert _town(page) == before
    assert seen.errors == []
    assert seen.outside == set()


def test_a_point_of_the_funnel_chooses_its_town(visit: Visit) -> None:
    page, _ = visit("/towns?town=" + BEZIERS)
    points = page.locator(".st-key-blk-funnel .scatterlayer .trace").nth(5).locator(".points path")
    assert points.count() == 6, "four under, two over"
    _click(page, points.first)
    assert _town(page) in {"CA de Castres Mazamet", "CA Tarbes-Lourdes-Pyrénées"}


def test_an_area_of_the_map_chooses_its_town(visit: Visit) -> None:
    page, _ = visit("/towns")
    handles = page.locator(".st-key-ratio-map .scatterlayer .trace .points path")
    before = _town(page)
    _click(page, handles.nth(40))
    assert _town(page) != before
    assert "town=" in page.url


def test_another_town_sends_little(visit: Visit) -> None:
    page, seen = visit("/towns")
    assert seen.received < 1_000_000
    before = seen.received
    _click(page, page.locator(".st-key-only-wide-ranking .points path").nth(3))
    assert 0 < seen.received - before < 500_000


def test_from_a_town_to_its_firms_and_a_file(visit: Visit) -> None:
    page, seen = visit("/towns?town=" + BEZIERS)
    page.get_by_role("button", name="Voir les entreprises à visiter").click()
    page.wait_for_url("**/recruitment?**")
    settle(page)
    assert page.locator("h1").inner_text().startswith("CA de Béziers-Méditerranée")
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger (Excel)").click()
    assert re.fullmatch(
        r"digital-113_entreprises-a-visiter_\d{4}-\d\d-\d\d_demonstration\.xlsx", download.value.suggested_filename
    )
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    heads = [cell.value for cell in book.worksheets[0][1]]
    assert heads[:2] == ["SIREN", "Entreprise"]
    towns = {row[heads.index("Commune")] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}
    assert "Béziers" in towns
    assert "Toulouse" not in towns
    page.get_by_role("button", name="CA de Béziers-Méditerranée").click()
    settle(page)
    assert "town_only" not in page.url
    assert "14\u202f646" in page.locator("h1").inner_text()
    assert seen.errors == []


def test_a_cell_of_the_matrix_narrows_the_list(visit: Visit) -> None:
    page, seen = visit("/recruitment")
    cells = page.locator(".st-key-only-wide-matrix .bars path")
    _click(page, cells.nth(9))
    assert "cell=programming%3A10-49" in page.url
    assert page.locator("h1").inner_text().startswith("Programmation, 10 à 49 salariés")
    _click(page, page.locator(".st-key-only-wide-matrix .bars path").nth(9))
    assert "cell=" not in page.url
    assert seen.errors == []


def test_the_plan_is_in_the_address(visit: Visit) -> None:
    page, _ = visit("/recruitment?visits=20&conversion=5")
    assert page.locator("h1").inner_text().startswith("240 entreprises à visiter")
    page.get_by_label("Visites par mois").fill("30")
    page.keyboard.press("Enter")
    page.wait_for_url("**visits=30**")
    settle(page)
    assert page.locator("h1").inner_text().startswith("360 entreprises à visiter")


@pytest.mark.parametrize("path", ["/towns?level=commune", "/towns?level=department", "/towns?level=antenna"])
def test_every_level_is_drawn_without_a_network(visit: Visit, path: str) -> None:
    page, seen = visit(path)
    assert page.locator(".st-key-ratio-map .js-plotly-plot").count() == 1
    assert seen.errors == []
    assert seen.outside == set()
