"""What axe-core finds in each page, and what a reader without a mouse reaches and sees.

``docs/accessibility.md`` says what these tests hold and what Streamlit leaves open.
"""

from __future__ import annotations

import itertools
import os
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import axe_core
from tests.e2e.support import PATHS, Visit, open_above, settle

pytestmark = pytest.mark.e2e
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FAILING = ("serious", "critical")
PHONE = (390, 844)
# What is drawn as soon as a page is opened, and what only then: page, role and name of what opens it.
OPENED = [
    ("/", "button", "Territoire Occitanie"),
    ("/", "button", "Taille toutes"),
    ("/", "button", "Voir le tableau"),
    ("/towns", "button", "Périmètre"),
    ("/coverage", "button", "Exclure ou imposer"),
    ("/coverage", "combobox", "Antenne"),
]


class Known(NamedTuple):
    """A fault that stays: where it is found, and why it is none of what we draw."""

    path: str
    rule: str
    selector: str
    why: str


# Each is told in docs/accessibility.md; a test shows that each is still found.
KNOWN = [
    Known(
        "/sources",
        "button-name",
        "[data-testid='stFileUploaderDropzone'] button",
        "its words are the style sheet's, Streamlit's being English; axe does not read these, browsers do",
    ),
]

_RUN = """async ([tags, known]) => {
    const found = await axe.run(document, {
        runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], elementRef: true,
    });
    return found.violations.flatMap(fault => fault.nodes.map(node => ({
        rule: fault.id, impact: node.impact, at: String(node.target), html: node.html.slice(0, 200),
        known: known.findIndex(([rule, selector]) => rule === fault.id && node.element.matches(selector)),
    })));
}"""

# The outline that shows for the focused element: its own, or that of the widget around a hidden field. It must lie
# within every box that cuts what leaves it.
_RING = """() => {
    const focused = document.activeElement;
    const isRing = style => style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
    const isHidden = box => box.width < 2 || box.height < 2;
    for (let bearer = focused, step = 0; bearer && step < 5; bearer = bearer.parentElement, step++) {
        const style = getComputedStyle(bearer), box = bearer.getBoundingClientRect();
        if (!isRing(style) || isHidden(box)) continue;
        const out = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset) - 0.5;
        const edges = [box.left - out, box.top - out, -box.right - out, -box.bottom - out];
        let isCut = false;
        for (let holder = bearer.parentElement; holder && holder !== document.body; holder = holder.parentElement) {
            const {overflowX, overflowY, clipPath} = getComputedStyle(holder);
            if ([overflowX, overflowY].every(flow => flow === 'visible') && clipPath === 'none') continue;
            const limit = holder.getBoundingClientRect();
            const limits = [limit.left, limit.top, -limit.right, -limit.bottom];
            if (edges.some((edge, side) => edge < limits[side])) { isCut = true; break; }
        }
        if (!isCut) return style.outlineColor;
    }
    return null;
}"""

_STEP = """() => {
    const focused = document.activeElement;
    if (focused === document.body) return null;
    (window.reached ??= new Set()).add(focused);
    const block = focused.closest('[class*="st-key-blk"]');
    const box = focused.getBoundingClientRect();
    const key = focused.closest('[class*="st-key-"]');
    const name = focused.getAttribute('aria-label') || focused.innerText || focused.tagName;
    return {
        name: name.split('\\n')[0], key: key ? key.className.match(/st-key-[\\w-]+/)[0] : '',
        block: block ? block.className.match(/st-key-blk-[\\w-]+/)[0] : '',
        bottom: block ? box.bottom - block.getBoundingClientRect().top : 0,
        top: block ? box.top - block.getBoundingClientRect().top : 0,
        isDrawn: focused.tagName !== 'CANVAS' && focused.closest('canvas') !== null,
        isOrdered: focused.tabIndex <= 0,
    };
}"""

# Of a group that the arrows walk through (choices, pills), one member is enough.
_MISSED = """() => {
    const reached = [...(window.reached ?? [])];
    const all = document.querySelectorAll('[data-testid="stMain"] :is(button, a[href], input, textarea, select)');
    return [...all].filter(one => {
        if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({visibilityProperty: true})) return false;
        const group = one.closest('[role="radiogroup"], [role="toolbar"]');
        return !reached.some(other => other === one || (group && group.contains(other)));
    }).map(one => one.outerHTML.slice(0, 200));
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    """Return axe-core; where it cannot be had the tests are skipped, but never where a change is judged."""
    try:
        return axe_core.source()
    except axe_core.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


def _faults(page: Page, axe: str) -> list[dict[str, Any]]:
    # Evaluated by the debugger and not by an element of the page: the policy on scripts stands as readers meet it.
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(_RUN, [TAGS, [[k.rule, k.selector] for k in KNOWN]])
    return [fault for fault in found if fault["impact"] in FAILING]


def _ours(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the faults that nothing excuses; tell the others."""
    for index in sorted({fault["known"] for fault in faults} - {-1}):
        print(f"left open: {KNOWN[index].rule} at {KNOWN[index].selector}: {KNOWN[index].why}")  # noqa: T201
    return [fault for fault in faults if fault["known"] < 0]


def _address(path: str, theme: str = "light", language: str = "fr") -> str:
    options = ["embed_options=dark_theme"] * (theme == "dark") + ["lang=en"] * (language == "en")
    return f"{path}?{'&'.join(options)}" if options else path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_serious_fault(visit: Visit, axe: str, path: str, theme: str) -> None:
    page, _ = visit(_address(path, theme))
    ground = page.locator(".stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 22, 38)"}[theme]
    assert _ours(_faults(page, axe)) == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    settle(page)
    assert _ours(_faults(page, axe)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scene", ["cluster", "next"])
def test_axe_finds_no_serious_fault_on_the_stage(visit: Visit, axe: str, scene: str, theme: str) -> None:
    page, _ = visit(f"/event?scene={scene}&theme={theme}", size=(1920, 1080))
    assert _ours(_faults(page, axe)) == []


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_serious_fault_in_english(visit: Visit, axe: str, path: str) -> None:
    page, _ = visit(_address(path, language="en"))
    assert page.evaluate("document.documentElement.lang") == "en"
    assert _ours(_faults(page, axe)) == []


@pytest.mark.parametrize(("path", "role", "name"), OPENED)
def test_axe_finds_no_serious_fault_in_what_opens(visit: Visit, axe: str, path: str, role: Any, name: str) -> None:
    page, _ = visit(path)
    opener = page.get_by_role(role, name=name).first
    shown = open_above(opener, "Enter" if role == "button" else "ArrowDown")
    assert _ours(_faults(page, axe)) == []
    assert shown.is_visible(), "what was judged was open"


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.rule)
def test_what_is_left_open_is_still_there(visit: Visit, axe: str, known: Known) -> None:
    page, _ = visit(known.path)
    assert KNOWN.index(known) in {fault["known"] for fault in _faults(page, axe)}, "strike it off the list"


def test_axe_does_find_what_is_wrong(visit: Visit, axe: str) -> None:
    page, _ = visit("/")
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=x><p style=color:#999>9,9</p>')"
    )
    assert {fault["rule"] for fault in _ours(_faults(page, axe))} == {"image-alt", "color-contrast"}


def test_a_file_is_asked_for_by_name(visit: Visit) -> None:
    """What axe cannot read, the browser tells screen readers: which file each button asks for."""
    page, _ = visit("/sources")
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    names = {node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "button"}
    assert {
        "Choisir un fichier\u202f: Établissements de Sirene",
        "Choisir un fichier\u202f: Unités légales (facultatif)",
        "Choisir un fichier\u202f: Annuaire des adhérents (facultatif)",
    } <= names


def test_every_chart_is_a_figure_with_its_text(visit: Visit) -> None:
    for path in PATHS:
        page, _ = visit(path)
        charts = page.locator("[data-testid='stPlotlyChart']")
        for chart in charts.all():
            assert chart.get_attribute("role") == "figure"
            assert len(chart.get_attribute("aria-label") or "") > 20
        assert page.evaluate("document.documentElement.lang") == "fr"
        levels = page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, [role=heading]')]"
            ".map(e => Number(e.getAttribute('aria-level') || e.tagName[1]))"
        )
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


def test_each_page_has_its_own_title(visit: Visit) -> None:
    titles = [visit(path)[0].title() for path in PATHS]
    assert len(set(titles)) == len(PATHS)
    assert all(title.endswith("Digital 113, l’écosystème numérique") for title in titles)


@pytest.mark.parametrize("path", PATHS)
def test_the_keys_reach_everything_in_the_order_of_reading(visit: Visit, path: str) -> None:
    page, _ = visit(path)
    before: dict[str, Any] | None = None
    seen: list[str] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        step = page.evaluate(_STEP)
        if step is None:
            break
        where = f"{step['key']} {step['name']!r}"
        seen.append(where)
        assert step["isOrdered"], f"{where} jumps the queue"
        page.wait_for_timeout(20)  # a page that scrolls to the focus is still
        # Within a table drawn on a canvas, Streamlit's grid frames the cell itself.
        assert step["isDrawn"] or page.evaluate(_RING) == "rgb(31, 85, 165)", f"{where} shows no ring"
        if before and before["block"] and step["block"] == before["block"] and step["key"] != before["key"]:
            # Rows in turn, and from left to right within one; Streamlit lays the toolbar of a table above it.
            assert step["bottom"] > before["top"] or "blk" in step["key"], f"{where} stands above what came before"
        before = step
    else:
        raise AssertionError("the keys never leave the page")
    assert page.evaluate(_MISSED) == []
    assert len(seen) > 15


def _open(opener: Locator) -> Locator:
    """Open a popover by the keys and return what it shows; the focus goes into it."""
    body = open_above(opener, "Enter")
    expect(body.locator(":focus")).to_have_count(1)
    return body


def test_a_filter_is_set_by_the_keys_alone(visit: Visit) -> None:
    page, seen = visit("/")
    opener = page.get_by_role("button", name="Territoire Occitanie")
    body = _open(opener)
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(_RING) == "rgb(31, 85, 165)"
    chosen = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Space")
    page.wait_for_url("**department=**")
    settle(page)
    page.keyboard.press("Escape")
    expect(body).to_be_hidden()
    assert page.locator("h1").inner_text().startswith(chosen)
    expect(page.locator(".st-key-popover-department button").first).to_be_focused()
    assert seen.errors == []


def test_a_switch_and_a_choice_are_set_by_the_keys_and_show_the_ring(visit: Visit) -> None:
    page, _ = visit("/")
    body = _open(page.get_by_role("button", name="Taille toutes"))
    body.get_by_role("switch").focus()
    assert page.evaluate(_RING) == "rgb(31, 85, 165)"
    page.keyboard.press("Space")
    page.wait_for_url("**employers=true**")
    settle(page)
    page.keyboard.press("Escape")
    body = _open(page.get_by_role("button", name="Périmètre"))
    page.keyboard.press("ArrowDown")
    assert page.evaluate(_RING) == "rgb(31, 85, 165)"
    page.wait_for_url("**perimeter=core**")


def test_a_popover_left_by_tab_gives_the_focus_back(visit: Visit) -> None:
    page, _ = visit("/")
    opener = page.get_by_role("button", name="Activité toutes")
    _open(opener)
    page.keyboard.press("Tab")
    expect(opener).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Taille toutes")).to_be_focused()


def test_a_table_is_opened_read_and_left_by_the_keys(visit: Visit) -> None:
    page, _ = visit("/")
    opener = page.locator(".st-key-tools-department").get_by_role("button", name="Voir le tableau")
    body = _open(opener)
    # The canvas holds a table that screen readers walk through.
    heads = body.locator("canvas [role='columnheader']")
    expect(heads.first).to_be_attached()
    assert heads.all_text_contents()[0] == "Nom"
    assert body.locator("canvas [role='gridcell']").count() > 20
    page.keyboard.press("Escape")
    expect(body).to_be_hidden()
    expect(opener).to_be_focused()


def test_what_a_click_on_a_chart_chooses_the_keys_choose_beside_it(visit: Visit) -> None:
    page, _ = visit("/towns")
    before = page.locator(".st-key-blk-sheet h2").inner_text()
    open_above(page.locator(".st-key-town input"), "ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**town=**")
    settle(page)
    assert page.locator(".st-key-blk-sheet h2").inner_text() != before


def test_the_other_language_is_another_document(visit: Visit) -> None:
    page, _ = visit("/sources")
    link = page.get_by_role("link", name="English")
    assert link.get_attribute("lang") == "en"
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sources?lang=en")
    settle(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.get_by_role("link", name="Français").get_attribute("lang") == "fr"
