"""What a browser gets: kilobytes of a page's first load, and seconds until its map is drawn.

For 18,000, 180,000 and 1,000,000 firms. A page is asked for as by a reader who knows the dashboard: the server is warm,
the browser has Streamlit's own files and ours of earlier visits. Bytes are what crosses for the page nevertheless: the
web socket's messages and the answers that are not kept. A map is drawn when its points or areas are in the document.
The browser draws on the processor, as headless ones do; one with a graphics card is quicker.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Response, sync_playwright

from analytics.pipeline.building import build_demo
from analytics.store import Store
from tests.benchmarks.bench_pages import SIZES, enlarge
from tests.e2e.conftest import CHROMIUM
from tests.serving import serving

PAGES = ("", "recruitment", "towns", "coverage", "growth", "sources", "documents", "event")
MAPS = {
    "": ".st-key-map .js-plotly-plot .main-svg .trace",
    "towns": ".st-key-chart-ratio-map-light .js-plotly-plot .main-svg .trace, [class*='ratio-map'] .main-svg .trace",
    "coverage": ".st-key-coverage-map .js-plotly-plot .main-svg .trace",
}
RUNS = 5
SETTLED_MS = 1500


def first_load(context: BrowserContext, url: str) -> float:
    """Return the kilobytes that cross when a page is opened by a browser that keeps what it may keep."""
    page = context.new_page()
    frames: list[int] = []
    answers: list[Response] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(len(frame))))
    page.on("response", lambda response: answers.append(response))
    page.goto(url)
    page.wait_for_selector("h1", timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)
    fetched = sum(_size(answer) for answer in answers)
    page.close()
    return (sum(frames) + fetched) / 1000


def _size(response: Response) -> int:
    """Return the bytes of an answer that a browser may not keep, or must ask for again."""
    if "max-age" in response.headers.get("cache-control", "") or "/static/" in response.url:
        return 0
    sizes = response.request.sizes()
    return int(sizes["responseBodySize"]) + int(sizes["responseHeadersSize"])


def map_drawn(context: BrowserContext, url: str, selector: str) -> float:
    """Return the seconds from asking for a page until its map is in the document."""
    page = context.new_page()
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(selector, state="attached", timeout=120_000)
    taken = time.perf_counter() - start
    page.close()
    return taken


def measure(browser: Browser, root: Path) -> None:
    """Print a line for each page of a store."""
    with serving(root) as dashboard:
        url = f"{dashboard.url}/"
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
        for page in PAGES:
            first_load(context, url + page)
        for page in PAGES:
            line = f"  /{page:12} {first_load(context, url + page):6.0f} kB"
            if page in MAPS:
                taken = [map_drawn(context, url + page, MAPS[page]) for _ in range(RUNS)]
                line += f"   map drawn after {statistics.median(taken):.2f} s (median of {RUNS})"
            print(line)
        context.close()


def main() -> None:
    """Measure every page at every size."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as name:
        browser = driver.chromium.launch(executable_path=executable, args=CHROMIUM)
        for size, copies in SIZES.items():
            store = Store(Path(name) / str(size))
            build_demo(store)
            firms = enlarge(store, copies) if copies > 1 else size
            print(f"{firms:,} firms")
            measure(browser, store.root)
        browser.close()


if __name__ == "__main__":
    main()
