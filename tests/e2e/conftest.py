"""The real server on a port of its own, and a real browser that sees loopback alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.e2e.support import Seen, Server, Visit, settle
from tests.serving import serving

CHROMIUM = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
# On a deep link Streamlit asks for its health below the page's path first, and takes the 404 for an answer.
EXPECTED = ("404 (Not Found)",)


@pytest.fixture(scope="session")
def server(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a copy of the demonstration."""
    store = Path(shutil.copytree(demo_root, tmp_path_factory.mktemp("served") / "store"))
    with serving(store) as dashboard:
        yield Server(dashboard.url, store)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium, or Playwright's own where there is none."""
    with sync_playwright() as driver:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        chromium = driver.chromium.launch(executable_path=executable, args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Return a function that opens a path and waits until it is still."""
    contexts = []

    def opened(path: str = "/", *, size: tuple[int, int] = (1440, 900), theme: str = "light") -> tuple[Page, Seen]:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="fr-FR",
        )
        contexts.append(context)
        page, seen = context.new_page(), Seen()
        context.route("**/*", lambda route: _loopback_only(route, seen))
        page.on(
            "console", lambda m: seen.errors.append(m.text) if m.type == "error" and not _expected(m.text) else None
        )
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: _count(seen, frame)))
        page.goto(server.url + path)
        settle(page)
        return page, seen

    yield opened
    for context in contexts:
        context.close()


def _loopback_only(route: Route, seen: Seen) -> None:
    url = route.request.url
    if urlsplit(url).hostname == "127.0.0.1" or url.startswith(("data:", "blob:")):
        seen.fetched.append(url)
        route.continue_()
    else:
        seen.outside.add(url)
        route.abort()


def _expected(text: str) -> bool:
    return any(noise in text for noise in EXPECTED)


def _count(seen: Seen, frame: str | bytes) -> None:
    seen.received += len(frame)
