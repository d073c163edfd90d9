"""What a speaker has in hand: keys, a remote, a clock, and documents that a click brings."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pptx import Presentation

from analytics.settings import default_settings
from tests.e2e.support import ARTIFACTS, Visit, settle

pytestmark = pytest.mark.e2e
EVENT = default_settings().event
STAGE = (1920, 1080)
PLACE = ".stage header span:last-child"


def _moved(page: Page, before: str) -> str:
    page.wait_for_function(
        "([place, before]) => document.querySelector(place)?.innerText !== before", arg=[PLACE, before], timeout=60_000
    )
    return page.inner_text(PLACE)


def test_keys_and_a_remote_move_the_scenes_and_the_address_names_them(visit: Visit) -> None:
    page, seen = visit("/event", size=STAGE)
    last = len(EVENT.scenes)
    place = page.inner_text(PLACE)
    assert place == f"1 / {last}"
    for key, wanted in (
        ("PageDown", 2),
        ("ArrowRight", 3),
        ("PageUp", 2),
        ("End", last),
        ("Home", 1),
        ("ArrowLeft", last),
    ):
        page.keyboard.press(key)
        place = _moved(page, place)
        assert place == f"{wanted} / {last}", key
    page.wait_for_url(f"**scene={EVENT.scenes[-1]}*")
    page.reload()
    page.wait_for_selector(PLACE, timeout=60_000)
    assert page.inner_text(PLACE) == f"{last} / {last}"
    assert seen.outside == set()
    assert seen.errors == []


def test_space_lets_the_scenes_move_on_by_themselves_and_stops_them(visit: Visit) -> None:
    page, _ = visit("/event", size=STAGE)
    place = page.inner_text(PLACE)
    page.keyboard.press("Space")
    page.wait_for_url("**play=1*")
    place = _moved(page, place)
    assert place.startswith("2 /")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile(r"^(?!.*play=)"))
    page.wait_for_timeout(1_000 * EVENT.seconds_per_scene + 2_000)
    assert page.inner_text(PLACE) == place


def test_escape_leaves_the_stage(visit: Visit) -> None:
    page, _ = visit("/event?department=48", size=STAGE)
    page.keyboard.press("Escape")
    page.wait_for_url("**/documents?department=48")
    settle(page)
    assert page.locator(".stage").count() == 0
    assert page.locator("[data-testid='stHeader']").is_visible()


@pytest.mark.parametrize("scene", EVENT.scenes)
@pytest.mark.parametrize(("width", "height", "theme"), [(1920, 1080, "light"), (1024, 768, "dark")])
def test_each_scene_fills_the_screen_and_nothing_is_cut(
    visit: Visit, scene: str, width: int, height: int, theme: str
) -> None:
    page, _ = visit(f"/event?scene={scene}&theme={theme}", size=(width, height))
    page.wait_for_selector(".stage footer")
    page.screenshot(path=ARTIFACTS / f"scene-{scene}-{theme}-{width}.png")
    stage = page.locator(".stage").bounding_box()
    assert stage == {"x": 0, "y": 0, "width": width, "height": height}
    assert not page.locator("[data-testid='stHeader']").is_visible()
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.stage h1, .stage .large, .stage p, .stage img, .stage span')]
            .map(e => [e.tagName, e.innerText, e.getBoundingClientRect()])
            .filter(([, , b]) => b.left < 0 || b.top < 0 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1)
            .map(([tag, text]) => `${tag} ${text}`)"""
    )
    assert cut == []
    covered = page.evaluate(
        """() => { const foot = document.querySelector('.stage footer').getBoundingClientRect().top;
            return [...document.querySelectorAll('.stage .scene p, .stage .scene .large, .stage .scene img')]
                .filter(e => e.getBoundingClientRect().bottom > foot + 1).map(e => e.innerText || e.alt) }"""
    )
    assert covered == []
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('.stage h1, .stage p, .stage span')]
            .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    )
    assert smallest >= 22 * min(width / 1920, height / 1080) - 0.5


def test_a_click_brings_the_slides_of_the_selection(visit: Visit) -> None:
    page, _ = visit("/documents?department=48")
    with page.expect_download(timeout=120_000) as brought:
        page.get_by_role("button", name="Télécharger (PPTX)").click()
    assert brought.value.suggested_filename.startswith("digital-113_diapositives_")
    slides = Presentation(io.BytesIO(Path(brought.value.path()).read_bytes())).slides
    assert len(slides) >= 10
    assert any("Lozère" in shape.text_frame.text for shape in slides[0].shapes if shape.has_text_frame)
