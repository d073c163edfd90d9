"""Running the shell as Streamlit does, without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics import audit

SHELL = Path(__file__).parents[2] / "pages" / "shared" / "shell.py"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _no_cache_between_tests() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def open_page(demo_root: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a function that opens a page of the demonstration: ``open_page("sources.py", department=["31"])``."""

    def opened(page: str | None = None, *, root: Path = demo_root, **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("ECOSYSTEM_STORE", str(root))
        app = AppTest.from_file(str(SHELL), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        return app.switch_page(f"../{page}").run() if page else app

    return opened


@pytest.fixture
def own_root(demo_root: Path, tmp_path: Path) -> Path:
    """Return a copy of the demonstration that a test may write to; what others did to it is not in its log."""
    return Path(shutil.copytree(demo_root, tmp_path / "store", ignore=shutil.ignore_patterns(audit.FILE)))
