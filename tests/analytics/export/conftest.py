"""What the tests of documents share: the demonstration, asked in several ways, and a register without a roster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.export.asked import Desk
from analytics.pipeline.building import build
from analytics.pipeline.request import Request
from analytics.settings import DEMO_DIR
from analytics.store import Snapshot, Store
from analytics.text import translator
from analytics.view import View

Ask = Callable[..., Desk]


@pytest.fixture(scope="session")
def snapshot(demo_root: Path) -> Snapshot:
    """Return the demonstration; not to be written to."""
    found = Store(demo_root).current()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def without_roster(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Return the demonstration's register alone."""
    store = Store(tmp_path_factory.mktemp("no_roster"))
    return build(Request(register=DEMO_DIR / "StockEtablissement.parquet", members=None, store=store))


@pytest.fixture(scope="session")
def ask(snapshot: Snapshot) -> Ask:
    """Return a function that asks: ``ask("department=48", "en")``; each state once a run."""
    kept: dict[tuple[str, str, str], Desk] = {}

    def asked(query: str = "", language: str = "fr", *, of: Snapshot = snapshot) -> Desk:
        key = (query, language, of.id)
        if key not in kept:
            settings = of.settings()
            kept[key] = Desk(of, settings, View.from_query(query, settings), translator(language))
        return kept[key]

    return asked
