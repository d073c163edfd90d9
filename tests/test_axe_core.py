"""axe-core is the archive that the registry published, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import axe_core


def test_another_archive_is_refused_and_taken_away(tmp_path: Path) -> None:
    package = tmp_path / f"axe-core-{axe_core.VERSION}.tgz"
    package.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"axe-core 4\.14\.1"):
        axe_core.source(tmp_path)
    assert not package.exists()


def test_without_npm_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(axe_core.Unavailable, match="npm is not installed"):
        axe_core.source(tmp_path)
