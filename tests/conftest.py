"""What several kinds of tests share: the demonstration, built once a run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that holds the demonstration; not to be written to."""
    from analytics.pipeline import build_demo  # noqa: PLC0415 - only the tests that ask for it pay for it
    from analytics.store import Store  # noqa: PLC0415

    root = tmp_path_factory.mktemp("demo")
    build_demo(Store(root))
    return root
