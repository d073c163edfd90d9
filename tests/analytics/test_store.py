"""Snapshots: published whole or not at all, whatever happens to the process, the disk or a second build."""

from __future__ import annotations

import errno
import json
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics import snapshot as snapshot_module
from analytics.contracts import FIRMS, MEMBERS
from analytics.errors import UserError
from analytics.store import KEPT_SNAPSHOTS, REQUIRED, Draft, Snapshot, Store

ROOT = Path(__file__).parents[2]
BARE: dict[str, Any] = {key: {} for key in REQUIRED}


def small(value: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"siren": ["012345678", None], "jobs": [float(value), 2.0]}).astype({"siren": "str"})


def build(store: Store, value: int = 1) -> Snapshot:
    with store.writing() as draft:
        draft.write_table("firms-tic", small(value))
        draft.write_table("members", small(value))
        return draft.publish(BARE | {"value": value})


def entries(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_absent_store_has_no_snapshot_and_reading_makes_no_folder(store: Store) -> None:
    assert store.current() is None
    assert store.snapshots() == []
    assert store.decisions() == {}
    assert not store.root.exists()


def test_published_snapshot_is_read_back(store: Store) -> None:
    published = build(store)
    current = store.current()
    assert current == published == store.open(published.id)
    assert current is not None
    pd.testing.assert_frame_equal(current.firms("tic"), small())
    assert current.perimeters == ("tic",)
    assert current.table_names == ("firms-tic", "members")
    assert not current.is_demo
    assert current.manifest["tables"]["members"]["rows"] == 2
    assert current.manifest["previous"] is None
    assert current.id.startswith(f"{current.built_at:%Y%m%dT%H%M%SZ}-")
    assert datetime.now(UTC) - current.built_at < timedelta(minutes=5)
    current.verify()


def test_nobody_else_on_the_machine_reads_the_store(store: Store) -> None:
    snapshot = build(store)
    store.record_decision("M-1", None)
    assert store.root.stat().st_mode & 0o077 == 0
    for path in [snapshot.path, *store.root.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_types_of_the_contracts_survive(store: Store) -> None:
    firm: dict[str, Any] = dict.fromkeys(FIRMS.columns)
    firm |= {"siren": "012345678", "siret": "01234567800011", "commune_code": "09122", "department_code": "09"}
    firm |= {"location_precision": "none", "activity_code": "62.01Z", "activity_nomenclature": "NAFRev2"}
    firm |= {"segment": "programming", "size_code": "NN", "jobs_low": 0, "jobs_estimate": 0, "jobs_high": 0}
    firm |= {"is_employer": False, "establishments_count": 1, "is_partially_diffusible": True}
    firm |= {"created_on": pd.Timestamp("1900-01-01")}
    for name, table in {"firms": FIRMS.enforce(pd.DataFrame([firm])), "members": MEMBERS.empty()}.items():
        with store.writing() as draft:
            draft.write_table(name, table)
            read = draft.publish(BARE).table(name)
        pd.testing.assert_frame_equal(read, table)


def test_table_is_read_once_by_all_threads(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = build(store)
    reads = []
    genuine = pd.read_parquet
    monkeypatch.setattr(snapshot_module.pd, "read_parquet", lambda *a, **k: (reads.append(1), genuine(*a, **k))[1])
    with ThreadPoolExecutor(8) as pool:
        tables = list(pool.map(lambda _: snapshot.table("members"), range(64)))
    assert len(reads) == 1
    assert all(table is tables[0] for table in tables)


def test_what_follows_from_a_snapshot_is_made_once_and_for_it_alone(store: Store) -> None:
    first, second = build(store, 1), build(store, 2)
    calls: list[int] = []

    def sums(snapshot: Snapshot) -> pd.DataFrame:
        calls.append(1)
        time.sleep(0.02)
        return snapshot.table("members")[["jobs"]].sum().to_frame("jobs")

    for snapshot, total in ((first, 3.0), (second, 4.0)):
        with ThreadPoolExecutor(4) as threads:
            made = list(threads.map(lambda _, s=snapshot: s.once("sums", lambda: sums(s)), range(8)))  # type: ignore[misc]
        assert all(table is made[0] for table in made), "all readers share one"
        assert made[0]["jobs"].tolist() == [total]
    before = len(calls)
    assert before == 2, "one of each snapshot"
    assert first.once("sums", lambda: sums(first))["jobs"].tolist() == [3.0]
    assert len(calls) == before


def test_publication_during_a_read_does_not_mix(store: Store) -> None:
    before = build(store, 1)
    before.table("members")
    after = build(store, 2)
    assert before.firms("tic")["jobs"].iloc[0] == 1
    assert after.firms("tic")["jobs"].iloc[0] == 2


def test_build_that_raises_leaves_nothing(store: Store) -> None:
    published = build(store)
    before = entries(store.root)

    def fail() -> None:
        with store.writing() as draft:
            draft.write_table("members", small())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert entries(store.root) == before
    assert store.current() == published


def test_draft_that_is_not_published_leaves_nothing(store: Store) -> None:
    with store.writing() as draft:
        draft.write_table("members", small())
    assert store.current() is None
    assert entries(store.root) == {".lock"}


def test_table_name_cannot_leave_the_folder(store: Store) -> None:
    with store.writing() as draft, pytest.raises(ValueError, match="does not name"):
        draft.write_table("../members", small())


# Two at once


def test_second_build_is_told_and_leaves(store: Store) -> None:
    published = build(store)
    with store.writing(), pytest.raises(UserError) as raised, store.writing():
        pass
    assert raised.value.key == "store.busy"
    with store.writing(), pytest.raises(UserError) as raised:
        store.rollback()
    assert raised.value.key == "store.busy"
    assert store.current() == published


def test_second_build_leaves_the_running_one_alone(store: Store) -> None:
    with store.writing() as draft:
        draft.write_table("members", small())
        with pytest.raises(UserError), store.writing():
            pass
        snapshot = draft.publish(BARE)
    snapshot.verify()


# Rolling back


def test_rollback_goes_to_what_was_published_before(store: Store) -> None:
    first, second = build(store, 1), build(store, 2)
    assert second.manifest["previous"] == first.id
    assert store.rollback() == first == store.current()
    third = build(store, 3)
    # The second was rejected: it is not what was published before the third, though it is the next older.
    assert store.rollback() == first
    assert store.rollback(third.id) == third == store.current()
    assert {s.id for s in store.snapshots()} == {first.id, second.id, third.id}


def test_rollback_without_anything_before(store: Store) -> None:
    with pytest.raises(UserError) as raised:
        store.rollback()
    assert raised.value.key == "build.no_snapshot"
    build(store)
    with pytest.raises(UserError) as raised:
        store.rollback()
    assert raised.value.key == "store.nothing_before"


@pytest.mark.parametrize("name", ["", "..", "../elsewhere", "20261124T101500Z-1a2b3c4d", "nonsense"])
def test_rollback_to_an_unknown_snapshot(store: Store, name: str) -> None:
    with pytest.raises(UserError) as raised:
        store.rollback(name)
    assert raised.value.key == "store.no_snapshot_to_name"
    published = build(store)
    with pytest.raises(UserError) as raised:
        store.rollback(name)
    assert raised.value.key == "store.unknown_snapshot"
    assert published.id in raised.value.message("en")
    assert store.current() == published


def test_rollback_skips_a_damaged_snapshot(store: Store) -> None:
    first, second, third = build(store, 1), build(store, 2), build(store, 3)
    (second.path / "members.parquet").write_bytes(b"")
    with pytest.raises(UserError) as raised:
        store.rollback(second.id)
    assert raised.value.key == "store.table_changed"
    assert store.current() == third
    assert store.rollback() == first


def test_rollback_leaves_a_current_snapshot_that_is_gone(store: Store) -> None:
    first, second = build(store, 1), build(store, 2)
    (second.path / "manifest.json").unlink()
    with pytest.raises(UserError) as raised:
        store.current()
    assert raised.value.key == "store.manifest_unreadable"
    assert store.rollback() == first == store.current()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../..", b"nothing"])
def test_unreadable_current(store: Store, content: bytes) -> None:
    published = build(store)
    (store.root / "current").write_bytes(content)
    with pytest.raises(UserError) as raised:
        store.current()
    assert raised.value.key == "store.current_unreadable"
    assert store.rollback() == published == store.current()
    (store.root / "current").write_bytes(content)
    assert build(store, 2) == store.current()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"built_at": "2026-11-24T10:15:00", "tables": {"a": {}}}'])
def test_unreadable_manifest(store: Store, content: str) -> None:
    snapshot = build(store)
    (snapshot.path / "manifest.json").write_text(content)
    with pytest.raises(UserError) as raised:
        store.current()
    assert raised.value.key == "store.manifest_unreadable"
    assert snapshot.id in raised.value.message("en")
    assert store.snapshots() == []
    assert build(store, 2) == store.current()


@pytest.mark.parametrize("key", REQUIRED)
def test_manifest_that_lacks_what_pages_show(store: Store, key: str) -> None:
    path = build(store).path / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest[key]
    path.write_text(json.dumps(manifest))
    with pytest.raises(UserError) as raised:
        store.current()
    assert raised.value.key == "store.manifest_unreadable"


def test_damaged_table_says_what_to_do(store: Store) -> None:
    snapshot = build(store)
    path = snapshot.path / "members.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(UserError) as raised:
        snapshot.table("members")
    assert raised.value.key == "store.table_changed"
    path.unlink()
    with pytest.raises(UserError) as raised:
        snapshot.verify()
    assert raised.value.key == "store.table_unreadable"
    assert "rollback" in raised.value.message("fr")


@pytest.mark.parametrize("manifest", [{}, {"settings": {}}, {"settings": {"region": 76}}])
def test_settings_of_another_version(store: Store, manifest: dict[str, Any]) -> None:
    with store.writing() as draft:
        draft.write_table("members", small())
        snapshot = draft.publish(BARE | manifest)
    with pytest.raises(UserError) as raised:
        snapshot.settings()
    assert raised.value.key == "store.manifest_unreadable"


def test_unknown_perimeter_and_table(store: Store) -> None:
    snapshot = build(store)
    with pytest.raises(UserError) as raised:
        snapshot.firms("core")
    assert raised.value.key == "store.unknown_perimeter"
    with pytest.raises(UserError) as raised:
        snapshot.table("core")
    assert raised.value.key == "store.table_unreadable"


def test_only_the_newest_are_kept_the_published_one_and_the_one_before(store: Store) -> None:
    built = [build(store, value) for value in range(KEPT_SNAPSHOTS + 2)]
    assert [s.id for s in store.snapshots()] == [s.id for s in reversed(built[2:])]
    oldest = store.rollback(built[2].id)
    with store.writing() as draft:
        draft.write_table("members", small())
    newest = build(store, 99)
    assert store.current() == newest
    assert oldest.id in {s.id for s in store.snapshots()}, "it is what one goes back to"
    assert store.rollback() == oldest
    store.rollback(newest.id)
    build(store, 100)
    assert oldest.id not in {s.id for s in store.snapshots()}


# A full disk, a folder that refuses


@contextmanager
def failing_at(step: int, fail: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let the step-th call by which a build changes the disk fail; the list tells the calls that were made."""
    calls: list[str] = []

    def counted(name: str, genuine: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name != "open" or args[1:2] == ("wb",):
                calls.append(name)
                if len(calls) == step:
                    fail()
            return genuine(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for owner, name in ((os, "fsync"), (Path, "open"), (Path, "rename"), (Path, "replace"), (Path, "mkdir")):
            patch.setattr(owner, name, counted(name, getattr(owner, name)))
        yield calls


def attempt(store: Store, value: int) -> UserError | None:
    try:
        build(store, value)
    except UserError as error:
        return error
    return None


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.ENOSPC, "store.no_room"),
        (errno.EDQUOT, "store.no_room"),
        (errno.EROFS, "store.no_right"),
        (errno.EIO, "store.write_failed"),
    ],
)
def test_disk_that_fails_at_any_step(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, is_first: bool, number: int, key: str
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    published = None if is_first else build(store)
    for step in range(1, 100):
        before = entries(store.root) if store.root.exists() else set()
        with failing_at(step, fail, monkeypatch) as calls:
            outcome = attempt(store, step)
        if outcome is None:
            break
        assert outcome.key == key
        assert outcome.message("en")
        current = store.current()
        if current != published:  # Only the very last step, the sync after the publication, comes too late.
            assert calls[-1] == "fsync"
            assert calls[-2] == "replace"
            assert current is not None
            current.verify()
            published = current
        elif store.root.exists():
            leftovers = {".lock", ".current.tmp"}
            assert entries(store.root) - leftovers == before - leftovers
    assert step > 10


def test_full_disk_midway_through_a_file(store: Store) -> None:
    published = build(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(UserError) as raised, store.writing() as draft:
            draft.write_table("members", small())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.key == "store.no_room"
    assert store.current() == published
    published.verify()
    build(store, 2).verify()


def test_store_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(UserError) as raised:
        build(Store(tmp_path / "store"))
    assert raised.value.key == "store.write_failed"


# Decisions


def test_decisions_are_kept_apart_and_taken_back(store: Store) -> None:
    store.record_decision("M-1", "012345678")
    store.record_decision("M-2", None)
    build(store)
    build(store)
    store.rollback()
    assert Store(store.root).decisions() == {"M-1": "012345678", "M-2": None}
    kept = json.loads((store.root / "decisions.json").read_text())
    assert datetime.fromisoformat(kept["M-1"]["decided_at"]).tzinfo is not None
    store.record_decision("M-2", "111111118")
    store.forget_decision("M-1")
    store.forget_decision("M-9")
    assert store.decisions() == {"M-2": "111111118"}


def test_decisions_during_a_build(store: Store) -> None:
    with store.writing():
        store.record_decision("M-1", None)
    assert store.decisions() == {"M-1": None}


def test_decisions_of_many_at_once_are_all_kept(store: Store) -> None:
    threads = [threading.Thread(target=store.record_decision, args=(f"M-{i}", None)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.decisions()) == 20


@pytest.mark.parametrize("content", ["", "[]", '{"M-1": "012345678"}', "{"])
def test_unreadable_decisions_are_not_overwritten(store: Store, content: str) -> None:
    store.root.mkdir()
    path = store.root / "decisions.json"
    path.write_text(content)
    for act in (store.decisions, lambda: store.record_decision("M-1", None), lambda: store.forget_decision("M-1")):
        with pytest.raises(UserError) as raised:
            act()
        assert raised.value.key == "store.decisions_unreadable"
    assert path.read_text() == content


def test_draft_is_aside_until_published(store: Store) -> None:
    with store.writing() as draft:
        assert isinstance(draft, Draft)
        draft.write_table("members", small())
        assert store.snapshots() == []
        assert f".building-{draft.id}" in entries(store.root)
