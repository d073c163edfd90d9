"""How long a page's script takes, cold and warm, and how much it sends; on the demonstration."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics.pipeline import build_demo
from analytics.store import Store

SHELL = Path(__file__).parents[2] / "pages" / "shared" / "shell.py"
PAGES = ("overview.py", "sources.py")
RUNS = 15


def measure(page: str) -> tuple[float, float, float]:
    """Return milliseconds of the first run, the median of the next ones, and kilobytes of what a run sends."""
    st.cache_resource.clear()
    app = AppTest.from_file(str(SHELL), default_timeout=120)
    start = time.perf_counter()
    app.run()
    if page != PAGES[0]:
        app.switch_page(f"../{page}").run()
    cold = time.perf_counter() - start
    warm = []
    for _ in range(RUNS):
        start = time.perf_counter()
        app.run()
        warm.append(time.perf_counter() - start)
    sent = sum(element.proto.ByteSize() for element in app.main if getattr(element, "proto", None) is not None)
    return 1000 * cold, 1000 * statistics.median(warm), sent / 1000


def main() -> None:
    """Measure every page and print a row for each."""
    with tempfile.TemporaryDirectory() as root:
        start = time.perf_counter()
        build_demo(Store(Path(root)))
        print(f"demonstration built in {time.perf_counter() - start:.1f} s")
        os.environ["ECOSYSTEM_STORE"] = root
        for page in PAGES:
            cold, warm, sent = measure(page)
            print(f"{page:14} cold {cold:6.0f} ms   warm median of {RUNS} {warm:5.0f} ms   {sent:6.0f} kB sent")


if __name__ == "__main__":
    main()
