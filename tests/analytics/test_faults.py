"""What may happen to a store: kills, full and read-only disks, several builders, readers meanwhile.

Each run is drawn from a seed and ends the same way: what is served is whole, the old snapshot or the new one, and the
next build works. ``test_damage.py`` has what happens to the files, and clocks that are wrong.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analytics.errors import UserError
from analytics.pipeline.building import build
from analytics.pipeline.request import Request
from analytics.store import KEPT_SNAPSHOTS, Snapshot, Store
from tests.analytics import marked
from tests.analytics import small_sources as small
from tests.analytics.marked import assert_next_build_works, served
from tests.analytics.nursery import Nursery, nursery

# Two hundred in all.
KILLS_AT_MOMENTS, KILLS_AT_STEPS, KILLS_OF_WHOLE_BUILDS = 94, 100, 6


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - faults, no secrets


def duration_s(builders: Nursery, store: Store, **order: object) -> float:
    """Return how long a build takes here and now; the first one waits for what it loads."""
    for _ in range(2):
        started = time.monotonic()
        builders.start(store.root, **order)
        assert builders.ended().isdecimal()
    return time.monotonic() - started


# Killed


def test_killed_at_random_moments(store: Store) -> None:
    draw = rng(113)
    marked.build(store, 0)
    with nursery() as builders:
        whole_build_s, ends = duration_s(builders, store, mark=1), set[str]()
        for run in range(2, 2 + 2 * KILLS_AT_MOMENTS, 2):
            old = marked.mark_of(served(store))
            builders.start(store.root, mark=run)
            time.sleep(draw.uniform(0, whole_build_s))
            ends.add(builders.kill())
            assert marked.mark_of(served(store)) in {old, run}
            assert_next_build_works(store, run + 1)
    assert "killed" in ends


def test_killed_at_each_step(store: Store) -> None:
    # So many that each build drops an old one: those steps are counted too.
    for mark in range(-KEPT_SNAPSHOTS, 0):
        marked.build(store, mark)
    with nursery() as builders:
        builders.start(store.root, mark=0)
        steps = int(builders.ended())
        draw, each = rng(113), range(1, steps + 1)
        order = [*each, *draw.choices(each, k=KILLS_AT_STEPS - steps)]
        draw.shuffle(order)
        ends, published = set(), 0
        for run, step in enumerate(order):
            old = marked.mark_of(served(store))
            builders.start(store.root, mark=2 * run + 1, step=step)
            ends.add(builders.ended())
            found = marked.mark_of(served(store))
            assert found in {old, 2 * run + 1}
            published += found != old
            assert_next_build_works(store, 2 * run + 2)
    assert ends == {"killed"}
    assert 0 < published < len(order), "some were killed after the publication, some before"


def test_whole_builds_killed(store: Store, tmp_path: Path) -> None:
    """The build of a register, legal units and a roster, killed while it reads, matches, derives and publishes."""
    sources = {
        "register": str(small.write_register(tmp_path / "register.parquet")),
        "legal_units": str(small.write_legal_units(tmp_path / "units.parquet")),
        "members": str(small.write_roster(tmp_path / "members.csv")),
    }
    draw = rng(7)
    request = Request(**{role: Path(path) for role, path in sources.items()}, store=store)
    old = build(request)
    with nursery("esda", "sklearn.linear_model", "analytics.pipeline.building", "analytics.ingest.members") as builders:
        whole_build_s = duration_s(builders, store, sources=sources)
        builders.start(store.root, sources=sources)
        steps = int(builders.ended())
        for run in range(KILLS_OF_WHOLE_BUILDS):
            old = served(store)
            if run % 2:
                builders.start(store.root, sources=sources, step=draw.randint(1, steps))
                builders.ended()
            else:
                builders.start(store.root, sources=sources)
                time.sleep(draw.uniform(0, whole_build_s))
                builders.kill()
            found = served(store)
            assert found.id == old.id or found.manifest["previous"] == old.id
            assert found.manifest["counts"]["firms_by_perimeter"] == small.FIRMS_BY_PERIMETER
            builders.start(store.root, sources=sources)
            assert builders.ended().isdecimal()
            assert served(store).id not in {old.id, found.id}


def test_first_build_killed_before_its_last_step_is_finished_by_the_next_first_build(store: Store) -> None:
    published = marked.build(store, 1)
    (store.root / "current").unlink()
    assert store.current() is None
    assert store.served() is None
    with store.writing():
        assert store.settled() == published
    assert served(store) == published
    with store.writing():
        assert store.settled() == published


def test_nothing_is_settled_in_an_empty_store(store: Store) -> None:
    with store.writing():
        assert store.settled() is None


# Full and read-only disks


def mounted(folder: Path, *options: str) -> None:
    """Mount a small file system of memory on a folder; skips where the system does not let us."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system: run as root, in a container that may")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that is a disk of 300 kB."""
    folder = tmp_path / "disk"
    mounted(folder, "-o", "size=300k")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_disk_that_is_full_after_so_many_bytes(small_disk: Path) -> None:
    store, draw = Store(small_disk / "store"), rng(5)
    old = marked.build(store, 0)
    outcomes = set()
    for run in range(1, 61, 2):
        free = shutil.disk_usage(small_disk).free
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"\0" * max(free - draw.randrange(0, 40_000), 0))
        try:
            old = marked.build(store, run)
            outcomes.add("published")
        except UserError as error:
            outcomes.add(error.key)
        assert served(store).id == old.id
        assert marked.mark_of(served(store)) == old.manifest["mark"]
        ballast.unlink()
        assert_next_build_works(store, run + 1)
        old = served(store)
    assert outcomes == {"published", "store.no_room"}


def make_read_only(store: Store) -> Callable[[], object]:
    """Make a store read-only as the system allows; return what undoes it."""
    if os.geteuid() != 0:
        store.root.chmod(0o500)
        return lambda: store.root.chmod(0o700)
    kept = store.root.with_name("kept")
    store.root.rename(kept)
    mounted(store.root)
    shutil.copytree(kept, store.root, dirs_exist_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", str(store.root)], check=True)
    return lambda: subprocess.run(["umount", str(store.root)], check=True)


def test_store_that_may_only_be_read(store: Store) -> None:
    first, second = marked.build(store, 1), marked.build(store, 2)
    writable = make_read_only(store)
    try:
        assert marked.mark_of(served(store)) == 2
        assert store.snapshots() == [second, first]
        assert store.decisions() == {}
        for act in (
            lambda: marked.build(store, 3),
            store.rollback,
            lambda: store.record_decision("M-1", None),
        ):
            with pytest.raises(UserError) as raised:
                act()
            assert raised.value.key == "store.no_right"
        assert marked.mark_of(served(store)) == 2
    finally:
        writable()


# Several builders, readers meanwhile


def test_of_builders_at_once_one_wins(store: Store) -> None:
    marked.build(store, 0)
    builders = 6
    told = threading.Barrier(builders)

    def attempt(mark: int) -> str:
        try:
            with store.writing() as draft:
                told.wait(timeout=60)  # The others have their answer before this one publishes.
                for name in marked.TABLES:
                    draft.write_table(name, marked.rows(mark))
                draft.publish(marked.MANIFEST | {"mark": mark})
            return "published"
        except UserError as error:
            told.wait(timeout=60)
            return error.key

    with ThreadPoolExecutor(builders) as pool:
        outcomes = list(pool.map(attempt, range(1, builders + 1)))
    assert sorted(outcomes) == ["published", *["store.busy"] * (builders - 1)]
    assert marked.mark_of(served(store)) == outcomes.index("published") + 1
    assert_next_build_works(store, 9)


def test_after_a_builder_is_killed_the_next_works(store: Store) -> None:
    marked.build(store, 0)
    with nursery() as one, nursery() as other:
        for mark in range(1, 9, 2):
            one.start(store.root, holds=True)
            wait_until(lambda: any(path.name.startswith(".building-") for path in store.root.iterdir()))
            other.start(store.root, mark=mark)
            assert other.ended() == "store.busy"
            assert one.kill() == "killed"
            other.start(store.root, mark=mark)
            assert other.ended().isdecimal()
            assert marked.mark_of(served(store)) == mark
            assert_next_build_works(store, mark + 1)


def wait_until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.005)


def read_until(over: threading.Event, store: Store) -> set[str]:
    """Read everything, again and again; return what was read, and the sentences that were met."""
    met = set()
    while not over.is_set():
        try:
            met.add(str(marked.mark_of(served(store))))
        except UserError as error:
            met.add(error.key)
    return met


def test_readers_during_publications(store: Store) -> None:
    first, publications = marked.build(store, 0), 60
    over = threading.Event()
    with nursery() as builders, ThreadPoolExecutor(3) as readers:
        reading = [readers.submit(read_until, over, store) for _ in range(3)]
        try:
            builders.start(store.root, mark=1, times=publications)
            assert builders.ended().isdecimal()
        finally:
            over.set()
        met = set[str]().union(*(reader.result() for reader in reading))
    assert len(met) > 3
    # Where ten publications went by meanwhile; whoever looks again reads the one of today.
    assert {key for key in met if not key.isdecimal()} <= {"store.snapshot_gone"}
    assert marked.mark_of(served(store)) == publications
    # Who opened the first has lost its folder, and is told to look again.
    with pytest.raises(UserError) as raised:
        first.table("members")
    assert raised.value.key == "store.snapshot_gone"
    assert first.damage is raised.value
    assert_next_build_works(store, 99)


def test_what_is_dropped_before_it_could_be_opened_is_no_damage(store: Store) -> None:
    first, calls = marked.build(store, 1), list[str]()

    def open_late(snapshot_id: str) -> Snapshot:
        calls.append(snapshot_id)
        if len(calls) == 1:
            marked.build(store, 2)
            shutil.rmtree(first.path)
        return store.open_whole(snapshot_id)

    found = store.served(open_late)
    assert found is not None
    assert found.damage is None
    assert marked.mark_of(found.snapshot) == 2
    assert calls == [first.id, found.snapshot.id]
