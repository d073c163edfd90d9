"""How long a page's script takes, cold and warm, and how much it sends, for 18,000, 180,000 and 1,000,000 firms."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics.derived import derive
from analytics.pipeline.building import build_demo
from analytics.store import FIRMS_PREFIX, Store
from pages.shared import reach

SHELL = Path(__file__).parents[2] / "pages" / "shared" / "shell.py"
PAGES = (
    "overview.py",
    "recruitment.py",
    "towns.py",
    "coverage.py",
    "growth.py",
    "sources.py",
    "documents.py",
    "event.py",
)
RUNS, TOWNS = 15, 7
THRESHOLDS = (35.0, 40.0, 50.0, 55.0, 65.0, 70.0, 75.0)
# Firms of the default perimeter, and how many times the demonstration's they are; the largest, 1,008,000.
SIZES = {18_000: 1, 180_000: 10, 1_000_000: 56}


def opened(page: str) -> AppTest:
    """Return the shell with a page open."""
    app = AppTest.from_file(str(SHELL), default_timeout=300).run()
    return app if page == PAGES[0] else app.switch_page(f"../{page}").run()


def measure(page: str) -> tuple[float, float, float]:
    """Return milliseconds of the first run, the median of the next ones, and kilobytes of what a run sends."""
    st.cache_resource.clear()
    start = time.perf_counter()
    app = opened(page)
    cold = time.perf_counter() - start
    assert not app.exception
    warm = [_seconds(app.run) for _ in range(RUNS)]
    sent = sum(element.proto.ByteSize() for element in app.main if getattr(element, "proto", None) is not None)
    return 1000 * cold, 1000 * statistics.median(warm), sent / 1000


def another_town() -> float:
    """Return the median milliseconds of the towns' page when a reader chooses towns that nobody looked at before."""
    st.cache_resource.clear()
    app = opened("towns.py")
    options = app.selectbox(key="town").options
    taken = []
    for number in range(TOWNS):
        box = app.selectbox(key="town")
        box.select_index((7 * number + 3) % len(options))
        taken.append(_seconds(box.run))
    return 1000 * statistics.median(taken)


def another_threshold() -> None:
    """Print how long the page takes when the slider moves, to where nobody was before and to where somebody was.

    Until the map is on its way to the browser, and until the script ends.
    """
    st.cache_resource.clear()
    app = opened("coverage.py")
    draw, drawn = reach.draw_map, []

    def timed(*given: Any, **options: Any) -> None:
        draw(*given, **options)
        drawn.append(time.perf_counter())

    reach.draw_map = timed
    try:
        for what in ("new", "asked for before"):
            whole, to_map = [], []
            for threshold in THRESHOLDS:
                slider = app.slider(key="threshold").set_value(threshold)
                start = time.perf_counter()
                whole.append(_seconds(slider.run))
                to_map.append(drawn[-1] - start)
            medians = [1000 * statistics.median(taken) for taken in (to_map, whole)]
            print(
                f"  coverage.py, a threshold {what}: map sent after {medians[0]:.0f} ms, all after {medians[1]:.0f} ms"
            )
    finally:
        reach.draw_map = draw


def enlarge(store: Store, copies: int) -> int:
    """Publish the demonstration again, each firm of it ``copies`` times, and return how many firms that makes."""
    snapshot = store.current()
    assert snapshot is not None
    kept = {name: snapshot.table(name) for name in snapshot.table_names}
    firms = {perimeter: _copied(snapshot.firms(perimeter), copies) for perimeter in snapshot.perimeters}
    with store.writing() as draft:
        derived = derive(kept, firms=firms, settings=snapshot.settings(), built_at=draft.built_at)
        tables = kept | {FIRMS_PREFIX + name: table for name, table in firms.items()} | derived.tables
        for name, table in tables.items():
            draft.write_table(name, table)
        draft.publish(snapshot.manifest | derived.facts)
    return len(firms["tic"])


def _copied(firms: pd.DataFrame, copies: int) -> pd.DataFrame:
    parts = [firms.assign(siren=_renumbered(firms["siren"], n)) for n in range(copies)]
    return pd.concat(parts, ignore_index=True)


def _renumbered(sirens: pd.Series, copy: int) -> list[str]:
    """Return other SIREN than any other copy has: the demonstration's all begin with two zeros."""
    return [f"{copy:02d}{siren[2:]}" for siren in sirens]


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def print_pages(firms: int) -> None:
    """Print a row for each page."""
    print(f"{firms:,} firms")
    for page in PAGES:
        cold, warm, sent = measure(page)
        print(f"  {page:14} cold {cold:6.0f} ms   warm median of {RUNS} {warm:5.0f} ms   {sent:6.0f} kB sent")
    another_threshold()
    print(f"  towns.py, another town: median of {TOWNS} {another_town():.0f} ms")


def main() -> None:
    """Measure every page at every size."""
    for size, copies in SIZES.items():
        with tempfile.TemporaryDirectory() as root:
            store, start = Store(Path(root)), time.perf_counter()
            build_demo(store)
            print(f"demonstration built in {time.perf_counter() - start:.1f} s")
            os.environ["ECOSYSTEM_STORE"], firms = root, size
            if copies > 1:
                start = time.perf_counter()
                firms = enlarge(store, copies)
                taken = time.perf_counter() - start
                print(f"scores and clusters of {firms:,} firms in three perimeters: {taken:.1f} s")
            print_pages(firms)


if __name__ == "__main__":
    main()
