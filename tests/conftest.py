"""What several kinds of tests share: the demonstration, built once a run."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser last: quick tests tell first, and its event loop, open to the end, is in no other test's way."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


@pytest.fixture(scope="session")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that holds the demonstration; not to be written to."""
    from analytics.pipeline.building import build_demo  # noqa: PLC0415 - only the tests that ask for it pay for it
    from analytics.store import Store  # noqa: PLC0415

    root = tmp_path_factory.mktemp("demo")
    build_demo(Store(root))
    return root
