"""Names that are markup, scripts, formulas or turned text: every page shows them as text, and no script runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from analytics.store import Store
from tests import hostile_names
from tests.e2e.conftest import _loopback_only
from tests.e2e.support import Seen, open_above, settle
from tests.serving import serving

pytestmark = pytest.mark.e2e
# What a script of a name would leave, whatever it managed: its mark, a dialogue, an element made of a name.
TRACES = """() => ({
    ran: 'hostileRan' in window,
    made: document.querySelectorAll(
        "img[onerror], [onload], [onmouseover], a[href^='javascript' i], img[src$='/x'], .katex, a[href*='://'][href*='hostile']"
    ).length,
    scripts: [...document.scripts].filter(s => s.textContent.includes('hostileRan')).length,
})"""
NOTHING = {"ran": False, "made": 0, "scripts": 0}
Open = Callable[[str], tuple[Page, Seen, list[str]]]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a snapshot of hostile files."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile_names.build_hostile(folder, Store(folder / "store"))
    with serving(folder / "store") as dashboard:
        yield dashboard.url


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Open]:
    """Return a function that opens a path and records errors, requests and dialogues."""
    contexts = []

    def visit(path: str) -> tuple[Page, Seen, list[str]]:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
        contexts.append(context)
        page, seen, dialogues = context.new_page(), Seen(), list[str]()
        context.route("**/*", lambda route: _loopback_only(route, seen))
        page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" and "404" not in m.text else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", lambda dialogue: (dialogues.append(dialogue.message), dialogue.dismiss()))
        page.goto(address + path)
        settle(page)
        return page, seen, dialogues

    yield visit
    for context in contexts:
        context.close()


def check(page: Page, seen: Seen, dialogues: list[str]) -> None:
    """Nothing ran, nothing was asked of elsewhere, and the browser's rules had nothing to refuse."""
    assert page.evaluate(TRACES) == NOTHING
    assert dialogues == []
    assert seen.outside == set()
    # A script of a name that the rules stopped would be told here: it must not have come so far.
    assert seen.errors == []
    assert not [url for url in seen.fetched if re.search(r"/x(\\?|$)", url)]


def hover_marks(page: Page) -> None:
    """Let the pointer rest on marks of every figure, so that what they say is drawn."""
    for figure in page.locator(".js-plotly-plot:visible").all():
        for mark in figure.locator("path.point, .point path, .scatterlayer .js-fill").all()[:4]:
            box = mark.bounding_box()
            if box:
                page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                page.wait_for_timeout(60)


def told(text: str) -> str:
    """Return a page's text without the joiners that part what Markdown would call."""
    return text.replace("\u2060", "")


def first_letter_up(name: str) -> str:
    return name[:1].upper() + name[1:]


@pytest.mark.parametrize("path", ["/", "/recruitment", "/towns", "/growth", "/documents"])
def test_no_page_runs_a_name(opened: Open, path: str) -> None:
    page, *rest = opened(path)
    hover_marks(page)
    check(page, *rest)


def test_no_scene_runs_a_name(opened: Open) -> None:
    page, *rest = opened("/event")
    for _ in range(7):
        check(page, *rest)
        assert page.locator(".stage").count() == 1
        page.keyboard.press("PageDown")
        settle(page)
    # The cluster's name stands in the head of every scene.
    assert hostile_names.CLUSTER in told(page.inner_text(".stage"))


def test_a_town_shows_its_members_and_firms_as_text(opened: Open) -> None:
    page, *rest = opened("/towns?level=commune&town=31555")
    text = told(page.inner_text("body"))
    half = len(hostile_names.SHOWN) // 2
    for shown in (range(half), range(half, len(hostile_names.SHOWN))):
        here = [hostile_names.SHOWN[number] for number in shown if number % 5 == 0]
        assert here
        assert all(first_letter_up(name) in text for name in here)
    hover_marks(page)
    check(page, *rest)


def test_the_review_desk_shows_members_and_candidates_as_text(opened: Open) -> None:
    page, *rest = opened("/sources")
    desk = page.locator(".st-key-blk-desk")
    desk.scroll_into_view_if_needed()
    waiting = hostile_names.SHOWN[len(hostile_names.SHOWN) // 2 :]
    open_above(desk.locator("[role=combobox]").first).locator("[role=option]").first.wait_for()
    offered = page.locator("[role=option]").all_inner_texts()
    assert len(offered) >= 4
    assert all(any(name in told(option) for name in waiting) for option in offered)
    check(page, *rest)
    page.locator("[role=option]").nth(2).click()
    settle(page)
    assert waiting[2] in told(desk.inner_text())
    check(page, *rest)


def test_names_of_settings_are_text_in_the_filters(opened: Open) -> None:
    page, *rest = opened("/recruitment?segment=programming")
    assert hostile_names.SEGMENT in told(page.locator(".st-key-filters-row").inner_text())
    body = open_above(page.get_by_role("button", name=re.compile("Activité")).first)
    assert hostile_names.SEGMENT in told(body.inner_text())
    page.keyboard.press("Escape")
    body = open_above(page.get_by_role("button", name=re.compile("Antenne")).first)
    assert hostile_names.OFFICE in told(body.inner_text())
    check(page, *rest)


def test_the_name_of_an_office_is_text_on_its_page(opened: Open) -> None:
    page, *rest = opened("/coverage?" + urlencode({"antenna": hostile_names.OFFICE}))
    hover_marks(page)
    text = told(page.inner_text("body")) + told(" ".join(page.locator("svg text").all_text_contents()))
    assert text.count(hostile_names.OFFICE.split(" :")[0][:20]) >= 3
    check(page, *rest)


def test_an_address_that_is_markup_is_a_sentence(opened: Open) -> None:
    script = "<script>window.hostileRan=1</script> www.hostile.fr :smile:"
    page, *rest = opened("/towns?" + urlencode({"town": script}))
    assert script in told(page.inner_text("body"))
    check(page, *rest)


def test_the_list_of_firms_holds_names_as_text(opened: Open) -> None:
    page, *rest = opened("/recruitment")
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    # The grid draws on a canvas, in which a table for screen readers stands.
    page.wait_for_function("document.querySelector('[data-testid=stDataFrame] canvas td') !== null")
    text = " ".join(table.locator("canvas td").all_text_contents())
    waiting = hostile_names.SHOWN[len(hostile_names.SHOWN) // 2 :]
    assert sum(name in text for name in waiting) >= 5
    check(page, *rest)
