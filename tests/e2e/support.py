"""What a visit of the browser records, and when a page has come to rest."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "tests" / "artifacts"
# Every page with the navigation above it.
PATHS = ["/", "/recruitment", "/towns", "/coverage", "/growth", "/sources", "/documents"]


@dataclasses.dataclass
class Seen:
    """What the browser met while a page was open."""

    errors: list[str] = dataclasses.field(default_factory=list)
    outside: set[str] = dataclasses.field(default_factory=set)
    received: int = 0
    fetched: list[str] = dataclasses.field(default_factory=list)


Visit = Callable[..., tuple[Page, Seen]]


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server and the store that it reads."""

    url: str
    store: Path


# A run that has not begun, or not ended, and what Streamlit draws meanwhile.
_BUSY = (
    "[data-testid='stApp']:not([data-test-script-state='notRunning']), "
    "[data-testid='stStatusWidget'], [data-testid='stSkeleton']"
)
# Charts and tables draw after the words: they push what stands below them, and what is open closes as it moves.
_LOOK = """() => {
    const main = document.querySelector("[data-testid='stMain']");
    return [document.body.innerText, main?.scrollHeight, main?.scrollTop].join();
}"""
# What a key or a click opens above the page.
OPEN = "[data-testid='stPopoverBody'], [role='listbox']"
_TRIES = 4


def settle(page: Page) -> None:
    """Wait until the page has a title, no run is on, and its text and its height have stood for most of a second."""
    page.wait_for_selector("h1", timeout=60_000)
    last, since = "", time.monotonic()
    end = time.monotonic() + 45
    while time.monotonic() < end:
        busy = page.locator(_BUSY).count()
        look = page.evaluate(_LOOK)
        if busy or look != last:
            last, since = look, time.monotonic()
        elif time.monotonic() - since > 0.8:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page never came to rest")


def open_above(opener: Locator, key: str | None = None) -> Locator:
    """Press a key on what opens a popover or a list, or click it; return what is open once nothing moves any more.

    A list closes when the page scrolls or is drawn anew under it, which a slow machine does late: the opener is brought
    into view first, and where nothing is open after all it is tried again. What never opens still fails.
    """
    page = opener.page
    shown = page.locator(OPEN).first
    opener.scroll_into_view_if_needed()
    settle(page)
    for _ in range(_TRIES):
        if opener.get_attribute("aria-expanded") != "true":
            opener.press(key) if key else opener.click()
        try:
            shown.wait_for(timeout=5_000)
        except PlaywrightTimeoutError:
            continue
        settle(page)
        if shown.is_visible():
            return shown
    raise AssertionError(f"{key or 'a click'} does not open {opener}")
