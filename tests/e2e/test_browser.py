"""What a reader with a browser and no network sees."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest

from tests.e2e.support import ARTIFACTS, PATHS, Server, Visit, open_above, settle

pytestmark = pytest.mark.e2e
SCREENS = {"laptop": (1440, 900), "projector": (1920, 1080), "phone": (390, 844)}
ENGLISH = re.compile(
    r"\b(the|firms?|members?|overview|browse|upload|drag|drop|limit|per file|choose|select|loading|running|"
    r"show|download|table|of|and|search|settings|deploy)\b",
    re.IGNORECASE,
)


# First in the file: the first request that the server gets is a link to a page.
def test_a_link_to_a_page_works_as_the_first_request(visit: Visit) -> None:
    page, seen = visit("/sources")
    assert "Page not found" not in page.inner_text("body")
    # The stage has an entry too, and no navigation of its own.
    assert page.locator("[data-testid='stTopNavLink']").count() == len(PATHS) + 1
    assert page.locator(".badge").first.inner_text() == "Données de démonstration"
    assert seen.errors == []
    assert seen.outside == set()


def test_the_map_is_drawn_without_a_network(visit: Visit) -> None:
    page, seen = visit()
    assert seen.outside == set()
    assert seen.errors == []
    drawn = page.locator(".st-key-map .js-plotly-plot")
    assert drawn.locator(".layer-below image, .imagelayer image").count() == 1
    assert drawn.locator("path.point").count() > 100
    assert drawn.locator(".annotation").count() >= 7
    land = [url for url in seen.fetched if "/assets/geo/land." in url]
    assert len(land) == 1
    assert page.evaluate("document.fonts.check(\"16px 'Plex Sans'\") && document.fonts.check(\"16px 'Titre Serif'\")")


def test_nothing_of_plotly_or_streamlit_is_advertised(visit: Visit) -> None:
    page, _ = visit()
    assert page.locator(".modebar").count() == 0
    assert page.locator("[data-testid='stAppDeployButton']").count() == 0


def test_an_address_reopens_the_same_view(visit: Visit) -> None:
    page, _ = visit()
    open_above(page.get_by_role("button", name="Territoire Occitanie"))
    page.get_by_role("button", name="Hérault", exact=True).click()
    settle(page)
    page.keyboard.press("Escape")
    open_above(page.get_by_role("button", name="Taille toutes"))
    page.get_by_role("button", name="10 à 49").first.click()
    settle(page)
    assert "department=34" in page.url
    assert "size=10-49" in page.url
    title = page.locator("h1").inner_text()
    again, _ = visit("/" + page.url.split("/")[-1])
    assert again.locator("h1").inner_text() == title
    english, _ = visit("/" + page.url.split("/")[-1] + "&lang=en")
    assert re.findall(r"\d+", english.locator("h1").inner_text()) == re.findall(r"\d+", title)


def test_a_selection_and_the_language_are_kept_across_pages(visit: Visit) -> None:
    page, _ = visit("/?department=34")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**lang=en**")
    settle(page)
    page.get_by_test_id("stTopNav").get_by_role("link", name="Sources").click()
    page.wait_for_url("**/sources?**")
    settle(page)
    assert "loaded" in page.locator("h1").inner_text()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Overview").click()
    settle(page)
    assert page.locator("h1").inner_text().startswith("Hérault: Digital 113")
    assert "department=34" in page.url
    assert "lang=en" in page.url


def test_going_back_goes_back(visit: Visit) -> None:
    page, _ = visit()
    whole = page.locator("h1").inner_text()
    open_above(page.get_by_role("button", name="Activité toutes"))
    page.get_by_role("button", name="Télécoms", exact=True).click()
    page.wait_for_url("**segment=telecoms**")
    settle(page)
    assert page.locator("h1").inner_text() != whole
    page.go_back()
    settle(page)
    assert page.locator("h1").inner_text() == whole


def test_a_change_of_selection_sends_little(visit: Visit) -> None:
    page, seen = visit()
    before = seen.received
    open_above(page.get_by_role("button", name="Taille toutes"))
    page.get_by_text("Entreprises employeuses seulement").first.click()
    page.wait_for_url("**employers=true**")
    settle(page)
    assert 0 < seen.received - before < 200_000
    assert len([url for url in seen.fetched if "/assets/geo/land." in url]) == 1


@pytest.mark.parametrize("path", PATHS)
def test_the_french_pages_hold_no_english(visit: Visit, path: str) -> None:
    page, _ = visit(path)
    text = page.inner_text("body").replace("English", "").replace("members.xlsx", "")
    assert ENGLISH.findall(text) == []


def test_a_table_is_read_and_a_file_says_its_source(visit: Visit) -> None:
    page, _ = visit()
    tools = page.locator(".st-key-tools-department")
    open_above(tools.get_by_role("button", name="Voir le tableau")).locator("canvas").first.wait_for()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        tools.get_by_role("button", name="Télécharger (CSV)").click()
    assert re.fullmatch(
        r"digital-113_departements_\d{4}-\d\d-\d\d_demonstration\.csv", download.value.suggested_filename
    )
    content = download.value.path().read_text(encoding="utf-8-sig")
    assert content.startswith("# ")
    assert "# Données de démonstration" in content
    assert "StockEtablissement.parquet" in content
    assert "\nLot;" in content


def test_every_answer_carries_the_policy(server: Server) -> None:
    for path in (*PATHS, "/health/snapshot", "/assets/fonts/OFL-ibm-plex-sans.txt"):
        with urllib.request.urlopen(server.url + path, timeout=10) as answer:  # noqa: S310 - our own server
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "unsafe-eval" not in policy
            assert "script-src 'self' 'sha256-" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_monitors_are_told_the_snapshot_and_nothing_of_members(server: Server) -> None:
    with urllib.request.urlopen(server.url + "/health/snapshot", timeout=10) as answer:  # noqa: S310
        status = json.load(answer)
    assert set(status) == {"snapshot_id", "built_at", "is_demo"}
    assert status["is_demo"] is True


def test_each_file_has_the_width_of_a_phone(visit: Visit) -> None:
    page, _ = visit("/sources", size=SCREENS["phone"])
    files = page.locator(".st-key-blk-files [role=listitem]")
    assert files.count() == 3
    for file in files.all():
        name, about = (file.locator("> span").nth(place).bounding_box() for place in (0, 1))
        assert name is not None
        assert about is not None
        assert name["x"] == about["x"]
        assert name["y"] + name["height"] <= about["y"]
        assert name["height"] < 30, "one line"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", list(SCREENS))
@pytest.mark.parametrize("path", PATHS)
def test_no_screen_cuts_anything(visit: Visit, path: str, screen: str, theme: str) -> None:
    page, seen = visit(path, size=SCREENS[screen], theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 1
    for box in page.locator(".js-plotly-plot:visible").all():
        place = box.bounding_box()
        assert place is not None
        assert place["width"] > 250
        assert place["height"] > 90
    assert seen.errors == []
    ARTIFACTS.mkdir(exist_ok=True)
    name = f"{path.strip('/') or 'overview'}-{screen}-{theme}"
    page.screenshot(path=ARTIFACTS / f"{name}.png")
    tall = page.locator("[data-testid='stMain']").evaluate("e => e.scrollHeight")
    page.set_viewport_size({"width": SCREENS[screen][0], "height": int(tall) + 60})
    settle(page)
    page.screenshot(path=ARTIFACTS / f"{name}-full.png")
