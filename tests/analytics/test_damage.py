"""Damage to the files of a store, and clocks that are wrong: noticed, and the last whole snapshot served.

Each run is drawn from a seed. ``test_faults.py`` has what happens to processes and disks.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics import store as store_module
from analytics.errors import UserError
from analytics.store import KEPT_REGISTERS, KEPT_SNAPSHOTS, Snapshot, Store
from tests.analytics import marked
from tests.analytics.marked import assert_next_build_works, served


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - faults, no secrets


# Damage


@pytest.fixture
def three(store: Store) -> list[Snapshot]:
    """Three snapshots, marked 1 to 3; the last is published."""
    return [marked.build(store, mark) for mark in (1, 2, 3)]


def assert_stands_in(store: Store, mark: int, *keys: str) -> None:
    """The snapshot of ``mark`` is served and the damage told; a rollback or the next build end it."""
    found = store.served()
    assert found is not None
    assert found.damage is not None
    assert found.damage.key in {f"store.{key}" for key in keys}
    assert found.damage.message("en") != found.damage.message("fr")
    assert marked.mark_of(found.snapshot) == mark
    named = store.current_id()
    assert found.published_id == named
    assert store.rollback() == found.snapshot
    assert marked.mark_of(served(store)) == mark
    if named:
        (store.root / "current").write_text(f"{named}\n")
        assert_next_build_works(store, 9)


def flipped(content: bytes, position: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 1 << bit
    return bytes(changed)


def test_bit_of_a_table_is_flipped(store: Store, three: list[Snapshot]) -> None:
    draw, folder = rng(17), three[2].path
    for _ in range(120):
        path = folder / f"{draw.choice(marked.TABLES)}.parquet"
        content = path.read_bytes()
        path.write_bytes(flipped(content, draw.randrange(len(content)), draw.randrange(8)))
        found = store.served()
        assert found is not None
        assert found.damage is not None
        assert found.damage.key == "store.table_changed"
        assert found.damage.params["table"] == path.stem
        assert marked.mark_of(found.snapshot) == 2
        path.write_bytes(content)
        assert served(store) == three[2], "what was put back is served again"


def _from_before(name: str) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        before = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["previous"]
        shutil.copy(folder.with_name(before) / name, folder / name)

    return damage


def _cut(name: str, share: float) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(_first_part((folder / name).read_bytes(), share))


def _first_part(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def _as_folder(name: str) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "table gone": (lambda f: (f / "members.parquet").unlink(), "table_unreadable"),
    "table empty": (_cut("members.parquet", 0), "table_changed"),
    "table cut": (_cut("firms-tic.parquet", 0.5), "table_changed"),
    "table cut by a byte": (_cut("firms-tic.parquet", 0.9999), "table_changed"),
    "table of the one before": (_from_before("members.parquet"), "table_changed"),
    "table that is a folder": (_as_folder("roster.parquet"), "table_unreadable"),
    "manifest gone": (lambda f: (f / "manifest.json").unlink(), "manifest_unreadable"),
    "manifest empty": (_cut("manifest.json", 0), "manifest_unreadable"),
    "manifest cut": (_cut("manifest.json", 0.7), "manifest_unreadable"),
    "manifest {}": (lambda f: (f / "manifest.json").write_text("{}"), "manifest_unreadable"),
    "manifest of the one before": (_from_before("manifest.json"), "manifest_changed"),
    "manifest that is a folder": (_as_folder("manifest.json"), "manifest_unreadable"),
    "folder gone": (lambda f: shutil.rmtree(f), "manifest_unreadable"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_noticed_and_the_one_before_served(store: Store, three: list[Snapshot], name: str) -> None:
    damage, key = DAMAGES[name]
    damage(three[2].path)
    assert_stands_in(store, 2, key)


def test_the_newest_whole_one_stands_in(store: Store, three: list[Snapshot]) -> None:
    for snapshot in three[1:]:
        (snapshot.path / "members.parquet").write_bytes(b"")
    assert_stands_in(store, 1, "table_changed")


def test_what_was_rolled_back_from_stands_in_only_where_nothing_older_is_whole(
    store: Store, three: list[Snapshot]
) -> None:
    store.rollback(three[1].id)
    marked.spoil(three[1], "members")
    assert_stands_in(store, 1, "table_changed")
    newest = marked.build(store, 4)
    store.rollback(three[0].id)
    marked.spoil(three[0], "members")
    found = store.served()
    assert found is not None
    assert found.is_newer
    assert found.published_id == three[0].id
    assert found.snapshot == newest
    assert_stands_in(store, 4, "table_changed")


def test_from_the_oldest_whole_one_nobody_is_taken_forward(store: Store, three: list[Snapshot]) -> None:
    store.rollback(three[0].id)
    with pytest.raises(UserError) as raised:
        store.rollback()
    assert raised.value.key == "store.nothing_before"
    assert served(store) == three[0]


def test_without_any_whole_one_the_advice_is_a_copy_or_a_build(store: Store, three: list[Snapshot]) -> None:
    for snapshot in three:
        marked.spoil(snapshot, "members")
    with pytest.raises(UserError) as raised:
        store.served()
    assert raised.value.key == "store.table_changed"
    with pytest.raises(UserError) as raised:
        store.rollback()
    assert raised.value.key == "store.none_whole"
    assert_next_build_works(store, 9)


def test_bit_of_a_manifest_is_flipped(store: Store, three: list[Snapshot]) -> None:
    draw, path = rng(19), three[2].path / "manifest.json"
    content, noticed = path.read_bytes(), 0
    for _ in range(200):
        path.write_bytes(flipped(content, draw.randrange(len(content)), draw.randrange(8)))
        found = store.served()
        assert found is not None
        if found.damage is None:
            # Only the name of the hash itself: the manifest then passes for one of a version that wrote none.
            said = {key: value for key, value in found.snapshot.manifest.items() if key in three[2].manifest}
            genuine = {key: value for key, value in three[2].manifest.items() if key != "manifest_sha256"}
            assert said == genuine
        else:
            noticed += 1
            assert found.damage.key in {"store.manifest_unreadable", "store.manifest_changed"}
            assert marked.mark_of(found.snapshot) == 2
    assert noticed > 180
    path.write_bytes(content)
    assert served(store) == three[2]


CURRENTS: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 3, "current_unreadable"),
    "garbage": (b"latest\n", 3, "current_unreadable"),
    "binary": (bytes(range(256)), 3, "current_unreadable"),
    "half an id": (b"20261124T1015", 3, "current_unreadable"),
    "an id that is gone": (b"19990101T000000Z-00000000\n", 3, "manifest_unreadable"),
    "another path": (b"../elsewhere\n", 3, "current_unreadable"),
}


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("name", CURRENTS)
def test_current_that_names_nothing(store: Store, name: str) -> None:
    content, mark, key = CURRENTS[name]
    (store.root / "current").write_bytes(content)
    found = store.served()
    assert found is not None
    assert found.damage is not None
    assert found.damage.key == f"store.{key}"
    assert marked.mark_of(found.snapshot) == mark
    assert store.rollback() == found.snapshot == served(store)
    (store.root / "current").write_bytes(content)
    assert_next_build_works(store, 9)


def test_current_that_is_lost_among_several(store: Store, three: list[Snapshot]) -> None:
    (store.root / "current").unlink()
    found = store.served()
    assert found is not None
    assert found.damage is not None
    assert found.damage.key == "store.current_unreadable"
    assert found.snapshot == three[2]
    assert_next_build_works(store, 9)


@pytest.mark.usefixtures("three")
def test_table_damaged_after_it_was_opened(store: Store) -> None:
    snapshot = served(store)
    snapshot.table("members")
    path = snapshot.path / "roster.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert snapshot.damage is None
    with pytest.raises(UserError) as raised:
        snapshot.table("roster")
    assert raised.value.key == "store.table_changed"
    assert snapshot.damage is raised.value
    snapshot.table("members")
    assert_stands_in(store, 2, "table_changed")


def test_asking_for_a_table_that_was_never_there_is_no_damage(three: list[Snapshot]) -> None:
    with pytest.raises(UserError):
        three[2].table("history")
    assert three[2].damage is None


# The clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """A clock that shows what a test sets."""
    shown = {"now": datetime(2026, 11, 24, 10, 15, tzinfo=UTC)}

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return shown["now"].astimezone(tz)

    monkeypatch.setattr(store_module, "datetime", Clock)
    return shown


def test_build_dated_before_the_published_one_is_published(store: Store, clock: dict[str, datetime]) -> None:
    first = marked.build(store, 1)
    clock["now"] -= timedelta(days=400)
    second = marked.build(store, 2)
    assert second.built_at < first.built_at, "the manifest says what the clock said"
    assert second.id[:16] == "20261124T101501Z"
    assert served(store) == second
    assert store.snapshots() == [second, first]
    assert store.rollback() == first
    store.rollback(second.id)
    (second.path / "members.parquet").unlink()
    assert_stands_in(store, 1, "table_unreadable")


def test_clock_that_jumps(store: Store, clock: dict[str, datetime]) -> None:
    draw, built = rng(23), list[Snapshot]()
    for run in range(60):
        clock["now"] += timedelta(seconds=draw.choice((0, 1, -1, 3_600, -3_600, 86_400 * 400, -86_400 * 390)))
        previous = store.current_id()
        newest = marked.build(store, run)
        assert newest.manifest["previous"] == previous
        built.append(newest)
        kept = {snapshot.id for snapshot in store.snapshots()}
        assert [s.id for s in store.snapshots()] == [s.id for s in reversed(built) if s.id in kept]
        assert kept >= {s.id for s in built[-KEPT_SNAPSHOTS:]} | {newest.id} | ({previous} if previous else set())
        assert len(kept) <= KEPT_SNAPSHOTS + KEPT_REGISTERS + 1
        assert served(store) == newest
        if previous and draw.random() < 0.3:
            assert store.rollback().id == previous
        elif draw.random() < 0.2:
            store.rollback(draw.choice(store.snapshots()).id)


def test_folder_that_bears_no_day_does_not_stop_builds(store: Store) -> None:
    for name in ("99991399T999999Z-00000000", "99991231T235959Z-00000000"):
        (store.root / name).mkdir(parents=True)
    marked.build(store, 1)
    assert marked.mark_of(served(store)) == 1
    assert_next_build_works(store, 2)
