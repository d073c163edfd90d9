"""What a visit of the browser records, and when a page has come to rest."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "tests" / "artifacts"


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


def settle(page: Page) -> None:
    """Wait until the page has a title, nothing is busy, and its text has stood for most of a second."""
    page.wait_for_selector("h1", timeout=60_000)
    last, since = "", time.monotonic()
    end = time.monotonic() + 45
    while time.monotonic() < end:
        busy = page.locator("[data-testid='stStatusWidget'], [data-testid='stSkeleton']").count()
        text = page.inner_text("body")
        if busy or text != last:
            last, since = text, time.monotonic()
        elif time.monotonic() - since > 0.8:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page never came to rest")
