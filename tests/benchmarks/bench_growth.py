"""How fast growth is told: the fan, the past counted while a register is read, the tables of the page, a bridge."""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from analytics import tables
from analytics.ingest.geography import load_geography
from analytics.ingest.history import count_history
from analytics.ingest.register import read_establishments
from analytics.metrics import growth
from analytics.pipeline.building import build_demo
from analytics.settings import DEMO_DIR, default_settings
from analytics.store import Store
from analytics.view import View

RUNS = 7
COPIES = 10
OBSERVED = np.array([3.1, 2.9, 3.0, 2.6, 3.3, 3.5, 3.1, 3.6, 3.4, 2.2, 4.3, 3.1, -0.4, -1.7, 2.1])
NAMES = ("growth_in_full", "observed_growth", "membership_in_full", "membership_answer", "staying", "budget", "bridge")


def main() -> None:
    """Print medians of each."""
    for years in (10, 30):
        print(f"fan, {growth.PATHS:,} paths over {years} years: {_median(partial(_fan, years)):.0f} ms")
    settings = default_settings()
    geography = load_geography(settings)
    extract = read_establishments(
        DEMO_DIR / "StockEtablissement.parquet",
        settings=settings,
        successors=geography.successors,
        communes=frozenset(geography.communes["commune_code"]),
    )
    assert extract.data_as_of is not None
    for copies in (1, COPIES):
        lives = pl.concat([extract.lives] * copies)
        taken = _median(partial(count_history, lives, settings=settings, as_of=extract.data_as_of))
        print(f"history of {lives.height:,} establishments, fifteen years, three perimeters: {taken:.0f} ms")
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root))
        build_demo(store)
        snapshot = build_demo(store)
        view = View.default(settings)
        for name in NAMES:
            # Departments in turn: what a snapshot keeps is not asked for twice.
            asked = (dataclasses.replace(view, departments=(code,)) for code in settings.region.departments)
            taken = _median(lambda name=name, asked=asked: getattr(tables, name)(snapshot, next(asked), settings))
            print(f"{name}, a selection that nobody asked for: {taken:.0f} ms")


def _fan(years: int) -> None:
    growth.fan(growth.simulate(OBSERVED, rate_pct=3.0, years=years, spread_pct=2.0), value=18_000.0)


def _median(run: Callable[[], object]) -> float:
    """Return the median of some runs after a first, in milliseconds."""
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        run()
        taken.append(1_000 * (time.perf_counter() - start))
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
