"""Files that leave: those that name people are for the account that wrote them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.__main__ import main
from analytics.export.files import save


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    """Leave to the umask nothing to take away."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_private_file_is_for_one_account(tmp_path: Path, private: bool, mode: int) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"what stood there for everybody")
    (tmp_path / f".x.csv.{os.getpid()}.tmp").write_bytes(b"what a killed process left")
    save(path, b"new", private=private)
    assert path.read_bytes() == b"new"
    assert _mode(path) == mode
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(("table", "mode"), [("members", 0o600), ("prospects", 0o600), ("history", 0o644)])
def test_a_table_that_names_people_is_private(
    demo_root: Path, tmp_path: Path, table: str, mode: int, suffix: str
) -> None:
    out = tmp_path / f"table{suffix}"
    assert main(["table", table, "--out", str(out), "--store", str(demo_root)]) == 0
    assert _mode(out) == mode


@pytest.mark.parametrize(("kind", "suffix", "mode"), [("workbook", ".xlsx", 0o600), ("layers", ".gpkg", 0o644)])
def test_a_document_that_names_people_is_private(
    demo_root: Path, tmp_path: Path, kind: str, suffix: str, mode: int
) -> None:
    out = tmp_path / f"document{suffix}"
    assert main(["export", kind, "--out", str(out), "--store", str(demo_root), "--view", "department=48"]) == 0
    assert _mode(out) == mode
