"""INSEE's files as they came: one update at a time, found again, checked, the last two kept."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from analytics.errors import PassingError, UserError
from analytics.ingest import raw_files
from analytics.ingest.catalogue import Resource
from tests.analytics import small_sources as small


def _resource(month: int = 7, name: str = "StockEtablissement") -> Resource:
    return Resource(name, "id", "https://x.example/a", datetime(2026, month, 1, tzinfo=UTC))


def test_a_second_update_is_told_and_the_first_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "raw"
    with raw_files.only_update(folder):
        with pytest.raises(PassingError) as caught, raw_files.only_update(folder):
            raise AssertionError
        assert caught.value.key == "update.busy"
        assert str(folder) in caught.value.message()
    with raw_files.only_update(folder):
        assert [path.stat().st_mode & 0o077 for path in (folder, folder.parent)] == [0, 0]


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught, raw_files.only_update(tmp_path / "file"):
        raise AssertionError
    assert caught.value.key == "update.unwritable"


def test_a_copy_is_found_by_its_content(tmp_path: Path) -> None:
    summed = replace(_resource(), checksum=("sha1", "a" * 40))
    later = replace(summed, last_modified=datetime(2026, 8, 1, tzinfo=UTC))
    assert raw_files.kept_file(tmp_path / "absent", summed) is None
    (tmp_path / summed.file_name).write_bytes(b"")
    (tmp_path / (_resource(8).file_name + ".part")).write_bytes(b"12345")
    assert raw_files.kept_file(tmp_path, summed) == tmp_path / summed.file_name
    assert raw_files.kept_file(tmp_path, later) == tmp_path / summed.file_name
    assert raw_files.kept_file(tmp_path, _resource(8)) is None
    assert raw_files.begun_bytes(tmp_path, _resource(8)) == 5
    assert raw_files.begun_bytes(tmp_path, summed) == 0


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_a_good_copy_passes(tmp_path: Path, algorithm: str) -> None:
    path = small.write_register(tmp_path / "r.parquet")
    content = path.read_bytes()
    checksum = (algorithm, hashlib.new(algorithm, content).hexdigest())
    told: list[float] = []
    raw_files.check_file(path, replace(_resource(), size=len(content), checksum=checksum), told.append)
    raw_files.check_file(path, _resource())
    assert path.read_bytes() == content
    assert told[-1] == 1


def test_another_file_than_announced_is_removed(tmp_path: Path) -> None:
    good = small.write_register(tmp_path / "good.parquet")
    size = good.stat().st_size
    faults = {
        "update.wrong_size": (replace(_resource(), size=size + 1), good.read_bytes()),
        "update.wrong_checksum": (replace(_resource(), checksum=("sha1", "0" * 40)), good.read_bytes()),
        "update.no_parquet": (_resource(), good.read_bytes()[:-9]),
    }
    for key, (resource, content) in faults.items():
        path = tmp_path / "r.parquet"
        path.write_bytes(content)
        with pytest.raises(PassingError) as caught:
            raw_files.check_file(path, resource)
        assert caught.value.key == key
        assert "r.parquet" in caught.value.message("fr")
        assert "r.parquet" in caught.value.message("en")
        assert not path.exists()


def test_what_is_half_there_of_older_files_goes(tmp_path: Path) -> None:
    kept = [_resource().file_name, _resource().file_name + ".part", _resource().file_name + ".part.json"]
    gone = [_resource(6).file_name + ".part", _resource(6).file_name + ".part.json"]
    for name in [*kept, *gone, _resource(6).file_name]:
        (tmp_path / name).write_bytes(b"")
    raw_files.sweep(tmp_path, [_resource()])
    assert {path.name for path in tmp_path.iterdir()} == {*kept, _resource(6).file_name}


def test_the_last_two_of_a_kind_are_kept(tmp_path: Path) -> None:
    months = [_resource(month) for month in range(1, 6)]
    others = [_resource(month, "StockEtablissementHistorique") for month in range(1, 4)]
    for resource in [*months, *others]:
        (tmp_path / resource.file_name).write_bytes(b"")
    (tmp_path / "StockEtablissement_utf8.parquet").write_bytes(b"somebody's own")
    # An older one was used: it stays, with the newest.
    raw_files.drop_old(tmp_path, tmp_path / months[1].file_name, "StockEtablissement")
    left = {path.name for path in tmp_path.iterdir()}
    own = {"StockEtablissement_utf8.parquet", *(resource.file_name for resource in others)}
    assert left == own | {months[1].file_name, months[4].file_name}


def test_a_disk_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    raw_files.refuse_full_disk([(tmp_path / "raw", 3_000_000), (tmp_path / "store", 2_000_000)])
    # Each would fit alone; they lie on one disk.
    with pytest.raises(UserError) as caught:
        raw_files.refuse_full_disk([(tmp_path / "raw", 3_000_000), (tmp_path / "store", 2_000_001)])
    assert caught.value.key == "update.no_room"
    assert (caught.value.params["needed"], caught.value.params["free"]) == (6, 5)
    assert str(tmp_path) in caught.value.message()
