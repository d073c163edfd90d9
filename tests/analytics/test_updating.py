"""Official data in one command, against a server on this machine: what is published, what is said, what stays."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analytics import updating
from analytics.__main__ import main
from analytics.errors import UserError
from analytics.ingest import raw_files
from analytics.pipeline import building
from analytics.pipeline.building import build
from analytics.pipeline.republishing import apply_decisions, replace_members
from analytics.pipeline.request import Request
from analytics.settings import (
    DEMO_DIR,
    REGION_FILE,
    default_settings,
    load_settings,
    members_file,
    raw_folder,
)
from analytics.store import MANIFEST, Snapshot, Store, source_of
from analytics.text import translator
from analytics.upkeep import EXIT_NOT_FOUND
from tests.analytics import small_sources as small
from tests.analytics.ingest import datagouv_server as server
from tests.analytics.ingest.datagouv_server import Service

ROOT = Path(__file__).parents[2]
REGISTER, UNITS = "/StockEtablissement_utf8.parquet", "/StockUniteLegale_utf8.parquet"
NOTHING, DONE, SOMETHING, WRONG, LATER = 0, 0, 3, 2, 75
Output = pytest.CaptureFixture[str]


@dataclasses.dataclass
class Machine:
    """A cluster's machine: its store, raw files and roster, and the service that it asks."""

    folder: Path
    service: Service
    roster: Path
    region: Path
    output: Output

    @property
    def store(self) -> Store:
        return Store(self.folder / "store")

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def files(self) -> list[str]:
        """Return the raw files of INSEE, without what they are called by their content."""
        return sorted(path.name.rpartition("-")[0] for path in self.raw.glob("*.parquet"))

    def run(self, *more: str, members: bool = True) -> int:
        """Run the command as a user does."""
        places = ["--store", str(self.store.root), "--raw", str(self.raw), "--region", str(self.region)]
        roster = ["--members", str(self.roster)] if members else []
        return main(["update", "--service", self.service.api, *places, *roster, "--lang", "en", *more])

    def published(self) -> Snapshot:
        snapshot = self.store.current()
        assert snapshot is not None
        return snapshot

    def said(self) -> str:
        return self.output.readouterr().err

    def offer(self, *, more_firms: int = 0, **changes: Any) -> None:
        """Offer INSEE's two files, the first with as many more firms."""
        register = small.write_register(self.folder / "r.parquet", more_firms=more_firms).read_bytes()
        units = small.write_legal_units(self.folder / "u.parquet").read_bytes()
        self.service.offer(REGISTER, register, **changes)
        self.service.offer(UNITS, units, **changes)

    def fetched(self) -> int:
        """Return how often a file was asked for."""
        return sum(path in (REGISTER, UNITS) for path in self.service.asked)


@pytest.fixture
def machine(tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    for name in ("ECOSYSTEM_MEMBERS", "ECOSYSTEM_RAW", "ECOSYSTEM_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(updating, "Limits", partial(updating.Limits, first_wait_s=0.0))
    region = tmp_path / "region.toml"
    text = REGION_FILE.read_text(encoding="utf-8").replace("tries = 6", "tries = 2")
    region.write_text(text, encoding="utf-8")
    with server.running() as service:
        machine = Machine(tmp_path, service, small.write_roster(tmp_path / "members.csv"), region, capsys)
        machine.offer()
        yield machine


def _sha1(content: bytes) -> dict[str, str]:
    return {"type": "sha1", "value": hashlib.sha1(content, usedforsecurity=False).hexdigest()}


def test_official_data_are_published(machine: Machine) -> None:
    assert machine.run() == DONE
    output = machine.output.readouterr()
    snapshot = machine.published()
    assert output.out == snapshot.id + "\n"
    size = translator("en").size((machine.folder / "r.parquet").stat().st_size)
    assert f"StockEtablissement of 1 Jul 2026: to fetch, {size}\n" in output.err
    assert size.endswith("kB")
    assert "4 firms, 34 estimated jobs; 1 partially diffusible" in output.err
    assert {p: len(snapshot.firms(p)) for p in snapshot.perimeters} == small.FIRMS_BY_PERIMETER
    assert snapshot.manifest["counts"]["members"] == 4
    assert not snapshot.is_demo
    assert machine.files == ["StockEtablissement-20260701T093045", "StockUniteLegale-20260701T093045"]
    assert not list(machine.raw.glob("*.part*"))


def test_a_size_that_is_not_announced_is_said_in_words(machine: Machine) -> None:
    machine.offer(filesize=None)
    assert machine.run("--check") == SOMETHING
    assert "StockEtablissement of 1 Jul 2026: to fetch, size not announced\n" in machine.output.readouterr().out


def test_the_demonstration_served_as_official_files(machine: Machine, demo_root: Path) -> None:
    names = {REGISTER: "StockEtablissement.parquet", UNITS: "StockUniteLegale.parquet"}
    for path, name in names.items():
        content = (DEMO_DIR / name).read_bytes()
        machine.service.offer(path, content, checksum=_sha1(content))
        machine.service.files[path].script = [server.cut_after(400_000)]
    machine.roster = DEMO_DIR / "members.xlsx"
    assert machine.run() == DONE
    snapshot, demo = machine.published(), Store(demo_root).current()
    assert demo is not None
    assert snapshot.manifest["counts"] == demo.manifest["counts"]
    for role in ("register", "legal_units", "members"):
        there, kept = source_of(demo.manifest, role), source_of(snapshot.manifest, role)
        assert there is not None
        assert kept is not None
        assert kept["sha256"] == there["sha256"]
    assert [len(machine.service.files[path].asked) for path in names] == [2, 2]


def test_the_manifest_says_from_where(machine: Machine) -> None:
    content = machine.service.files[REGISTER].content
    machine.service.offer(REGISTER, content, checksum=_sha1(content))
    assert machine.run() == DONE
    register = source_of(machine.published().manifest, "register")
    assert register is not None
    assert register["origin"] == {
        "resource": machine.service.entries[-1]["id"],
        "url": machine.service.url + REGISTER,
        "last_modified": "2026-07-01T09:30:45.065000+00:00",
        "checksum": f"sha1:{_sha1(content)['value']}",
    }
    # The day of the file is that of its publication, whenever it was fetched.
    assert register["modified"] == "2026-07-01T09:30:45+00:00"
    members = source_of(machine.published().manifest, "members")
    assert members is not None
    assert "origin" not in members
    machine.said()
    assert main(["status", "--store", str(machine.store.root), "--lang", "en"]) == 0
    assert f"published by INSEE on 1 Jul 2026, {machine.service.url}{REGISTER}" in machine.output.readouterr().out


def test_it_is_still_there_after_another_roster_and_decisions(machine: Machine) -> None:
    assert machine.run() == DONE
    before = source_of(machine.published().manifest, "register")
    other = machine.folder / "other.csv"
    other.write_text(machine.roster.read_text(encoding="utf-8").replace("Zygomatique", "Autre"), encoding="utf-8")
    replace_members(machine.store, other)
    apply_decisions(machine.store)
    assert source_of(machine.published().manifest, "register") == before
    machine.roster = other
    assert machine.run("--check") == NOTHING


# What there is to do


def test_a_second_run_has_nothing_to_do(machine: Machine) -> None:
    assert machine.run() == DONE
    first, asked = machine.published(), machine.fetched()
    machine.output.readouterr()
    assert machine.run() == DONE
    output = machine.output.readouterr()
    assert output.out == first.id + "\n"
    assert "Nothing to do" in output.err
    assert "1 Jul 2026" in output.err
    assert machine.published().id == first.id
    assert machine.fetched() == asked


def test_force_builds_again_and_fetches_nothing(machine: Machine) -> None:
    assert machine.run() == DONE
    first, asked = machine.published(), machine.fetched()
    assert machine.run("--force") == DONE
    assert machine.published().id != first.id
    assert machine.fetched() == asked


def test_check_only_says_what_there_is_to_do(machine: Machine) -> None:
    assert machine.run("--check") == SOMETHING
    output = machine.output.readouterr()
    assert [line.partition(" of ")[0] for line in output.out.splitlines()] == ["StockEtablissement", "StockUniteLegale"]
    assert "to fetch" in output.out
    assert output.err == ""
    assert not machine.raw.exists()
    assert not machine.store.root.exists()
    assert machine.run() == DONE
    assert machine.run("--check") == NOTHING
    assert "Nothing to do" in machine.output.readouterr().out


def test_new_files_are_something_to_do(machine: Machine) -> None:
    assert machine.run() == DONE
    machine.offer(more_firms=2, last_modified="2026-08-01T09:00:00+00:00")
    assert machine.run("--check") == SOMETHING
    assert machine.run() == DONE
    assert len(machine.published().firms("tic")) == 6


def test_the_same_content_of_another_day_is_nothing_new(machine: Machine) -> None:
    sums = {path: _sha1(machine.service.files[path].content) for path in (REGISTER, UNITS)}
    for path, checksum in sums.items():
        machine.service.offer(path, machine.service.files[path].content, checksum=checksum)
    assert machine.run() == DONE
    for entry in machine.service.entries:
        entry["last_modified"] = "2026-07-03T00:00:00"
    assert machine.run("--check") == NOTHING


def test_another_roster_is_something_to_do_and_fetches_nothing(machine: Machine) -> None:
    assert machine.run() == DONE
    asked = machine.fetched()
    with machine.roster.open("a", encoding="utf-8") as file:
        file.write("Delta Démo;;Montpellier;01/02/2026;;\n")
    assert machine.run("--check") == SOMETHING
    assert "already on this machine" in machine.output.readouterr().out
    assert machine.run() == DONE
    assert machine.published().manifest["counts"]["members"] == 5
    assert machine.fetched() == asked


def test_other_settings_are_something_to_do_but_not_those_of_updates(machine: Machine) -> None:
    assert machine.run() == DONE
    text = machine.region.read_text(encoding="utf-8")
    machine.region.write_text(text.replace("tries = 2", "tries = 3").replace("05:30", "06:00"), encoding="utf-8")
    assert machine.run("--check") == NOTHING
    machine.region.write_text(text.replace("near_km = 30", "near_km = 31"), encoding="utf-8")
    assert machine.run("--check") == SOMETHING


def test_a_removal_taken_back_is_something_to_do_and_fetches_nothing(machine: Machine) -> None:
    store, firm = ["--store", str(machine.store.root)], ["--siren", small.siren(1)]
    assert machine.run() == DONE
    asked = machine.fetched()
    assert main(["remove", *firm, *store]) == 0
    assert machine.run("--check") == NOTHING, "the removal has published without them"
    assert main(["restore", *firm, *store]) == 0
    apply_decisions(machine.store)
    machine.output.readouterr()
    assert machine.run("--check") == SOMETHING
    said = machine.output.readouterr().out.splitlines()
    assert [line for line in said if "removals" in line] == said[2:]
    assert all("already on this machine" in line for line in said[:2])
    assert small.siren(1) not in set(machine.published().firms("tic")["siren"])
    assert machine.run() == DONE
    assert small.siren(1) in set(machine.published().firms("tic")["siren"])
    assert machine.fetched() == asked
    assert machine.run("--check") == NOTHING


def test_a_removal_of_whom_the_data_do_not_hold_is_built_once(machine: Machine) -> None:
    assert machine.run() == DONE
    assert main(["remove", "--siren", "552100554", "--store", str(machine.store.root)]) == EXIT_NOT_FOUND
    assert machine.run("--check") == SOMETHING
    assert machine.run() == DONE
    assert machine.run("--check") == NOTHING


def test_what_changed_is_said(machine: Machine) -> None:
    assert machine.run() == DONE
    with machine.roster.open("a", encoding="utf-8") as file:
        file.write("Delta Démo;;Montpellier;01/02/2026;;\n")
    text = machine.region.read_text(encoding="utf-8")
    machine.region.write_text(text.replace("near_km = 30", "near_km = 31"), encoding="utf-8")
    machine.output.readouterr()
    assert machine.run("--check") == SOMETHING
    words = [line.split(": ")[1] for line in machine.output.readouterr().out.splitlines()[2:]]
    assert [word.split()[1] for word in words] == ["roster", "settings"]


def test_a_demonstration_is_not_official(machine: Machine) -> None:
    request = Request(register=machine.folder / "r.parquet", members=machine.roster, store=machine.store, is_demo=True)
    build(request)
    assert machine.run("--check", members=False) == SOMETHING
    assert machine.run() == DONE
    assert not machine.published().is_demo


def test_an_unreadable_snapshot_is_built_over(machine: Machine) -> None:
    assert machine.run() == DONE
    (machine.published().path / MANIFEST).write_text("{")
    assert machine.run() == DONE
    assert len(machine.published().firms("tic")) == 4


def test_so_is_one_with_a_damaged_table(machine: Machine) -> None:
    assert machine.run() == DONE
    asked = machine.fetched()
    (machine.published().path / "members.parquet").write_bytes(b"{")
    assert machine.run("--check") == SOMETHING
    assert machine.run() == DONE
    machine.published().verify()
    assert machine.fetched() == asked


# The roster


def test_a_run_without_the_roster_does_not_lose_the_members(machine: Machine) -> None:
    assert machine.run() == DONE
    first = machine.published()
    machine.said()
    assert machine.run("--force", members=False) == WRONG
    assert "ECOSYSTEM_MEMBERS" in machine.said()
    assert machine.published().id == first.id


@pytest.mark.parametrize("harmed", ["current", "manifest", "table", "demonstration"])
def test_nor_where_what_is_published_cannot_be_read(machine: Machine, harmed: str) -> None:
    assert machine.run() == DONE
    if harmed == "demonstration":
        build(Request(register=machine.folder / "r.parquet", store=machine.store, is_demo=True))
    else:
        assert machine.run("--force") == DONE
        published = machine.published()
        {
            "current": machine.store.root / "current",
            "manifest": published.path / MANIFEST,
            "table": published.path / "members.parquet",
        }[harmed].write_text("{")
    kept = machine.store.snapshots()
    machine.said()
    assert machine.run(members=False) == WRONG
    assert "ECOSYSTEM_MEMBERS" in machine.said()
    assert [s.id for s in machine.store.snapshots()] == [s.id for s in kept]
    assert machine.run() == DONE, "with it, building is the way out"


def test_without_any_roster_there_are_no_members(machine: Machine) -> None:
    assert machine.run(members=False) == DONE
    assert machine.published().manifest["has_members_file"] is False
    assert machine.run("--check", members=False) == NOTHING
    assert machine.run("--check") == SOMETHING


def test_the_roster_of_the_environment_or_the_settings(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    text = machine.region.read_text(encoding="utf-8")
    machine.region.write_text(text.replace('members = ""', 'members = "absent/secret.csv"'), encoding="utf-8")
    settings = load_settings(machine.region)
    assert members_file(settings) == ROOT / "absent/secret.csv"
    assert raw_folder(settings, machine.store.root) == machine.store.root / "raw"
    assert machine.run(members=False) == WRONG
    assert "secret.csv" in machine.said()
    assert not machine.fetched()
    monkeypatch.setenv("ECOSYSTEM_MEMBERS", str(machine.roster))
    assert machine.run(members=False) == DONE
    assert machine.published().manifest["counts"]["members"] == 4


def test_nothing_of_this_machine_ends_in_a_manifest(machine: Machine) -> None:
    text = machine.region.read_text(encoding="utf-8")
    machine.region.write_text(text.replace('members = ""', f'members = "{machine.roster}"'), encoding="utf-8")
    assert machine.run(members=False) == DONE
    manifest = (machine.published().path / MANIFEST).read_text(encoding="utf-8")
    assert str(machine.folder) not in manifest
    assert "update" not in json.loads(manifest)["settings"]
    assert machine.published().settings().update == default_settings().update
    for text in (str(machine.folder), "Alpha", "Zygomatique"):
        assert text not in machine.said()


def test_a_manifest_from_before_updates_loads(machine: Machine) -> None:
    assert machine.run() == DONE
    snapshot = machine.published()
    old = snapshot.manifest
    for source in old["sources"]:
        source.pop("origin", None)
    del old["manifest_sha256"]  # Such a manifest bears no hash of itself.
    (snapshot.path / MANIFEST).write_text(json.dumps(old), encoding="utf-8")
    assert machine.published().settings() == snapshot.settings()
    assert machine.run("--check") == SOMETHING


@pytest.mark.parametrize("content", ["", "Nom;SIREN\n", "Prix;Couleur\n1;rouge\n"])
def test_a_bad_roster_is_said_before_anything_is_fetched(machine: Machine, content: str) -> None:
    machine.roster.write_text(content, encoding="utf-8")
    assert machine.run() == WRONG
    assert "members.csv" in machine.said()
    assert machine.fetched() == 0
    assert machine.store.current() is None


def test_a_roster_that_lost_many_is_said_before_anything_is_fetched(machine: Machine) -> None:
    assert machine.run() == DONE
    asked, first = machine.fetched(), machine.published()
    machine.offer(last_modified="2026-08-01T09:00:00+00:00")
    machine.roster.write_text("Nom;Ville\nGamma Démo;Montpellier\n", encoding="utf-8")
    machine.said()
    assert machine.run() == WRONG
    assert "from 5 to 1 members" in machine.said()
    assert machine.fetched() == asked
    assert machine.published().id == first.id
    assert machine.run("--allow-shrink") == DONE


# What goes wrong, and what stays


def test_a_refused_build_leaves_files_and_published_data(machine: Machine) -> None:
    machine.offer(more_firms=40)
    assert machine.run() == DONE
    first = machine.published()
    machine.offer(last_modified="2026-08-01T09:00:00+00:00")
    machine.said()
    assert machine.run() == WRONG
    assert "--allow-shrink" in machine.said()
    assert machine.published().id == first.id
    assert len(machine.files) == 4
    asked = machine.fetched()
    assert machine.run("--allow-shrink") == DONE
    assert len(machine.published().firms("tic")) == 4
    assert machine.fetched() == asked


def test_only_two_raw_files_of_a_kind_are_kept(machine: Machine) -> None:
    for month in ("05", "06", "07", "08"):
        machine.offer(more_firms=int(month), last_modified=f"2026-{month}-01T09:00:00+00:00")
        assert machine.run() == DONE
    days = ["20260701T090000", "20260801T090000"]
    names = ("StockEtablissement", "StockUniteLegale")
    assert machine.files == [f"{name}-{day}" for name in names for day in days]


def test_a_busy_store_is_for_later(machine: Machine) -> None:
    with machine.store.writing():
        assert machine.run() == LATER
    assert str(machine.store.root) in machine.said()
    asked = machine.fetched()
    assert machine.run() == DONE
    assert machine.fetched() == asked


def test_a_second_update_is_told(machine: Machine) -> None:
    with raw_files.only_update(machine.raw):
        assert machine.run() == LATER
    assert "Another update is running" in machine.said()
    assert machine.fetched() == 0


def test_without_a_network_the_published_data_stay(machine: Machine) -> None:
    assert machine.run() == DONE
    first = machine.published()
    machine.said()
    with server.running() as gone:
        address = gone.api
    assert machine.run("--service", address) == LATER
    said = machine.said()
    assert said.count("\n") == 1
    assert "what is published does not change" in said
    assert machine.published().id == first.id


@pytest.mark.parametrize(
    ("service", "word"), [("ftp://127.0.0.1/api", "http"), ("data.gouv.fr", "http"), ("http://[::1", "http")]
)
def test_a_service_that_is_no_address(machine: Machine, service: str, word: str) -> None:
    assert machine.run("--service", service) == WRONG
    said = machine.said()
    assert said.count("\n") == 1
    assert word in said


@pytest.mark.parametrize(
    ("actions", "code", "word"),
    [
        ([server.status(404)], LATER, "404"),
        ([server.status(500), server.status(503)], LATER, "overloaded"),
        ([server.saying(server.PAGE)], LATER, "web page"),
        ([server.saying(b"PAR1 and no more")], LATER, "announced size"),
        ([server.status(302, Location="http://files.example.org/x.parquet")], WRONG, "https"),
        ([server.status(302, Location="file:///etc/passwd")], WRONG, "http"),
    ],
)
def test_a_file_that_does_not_come(machine: Machine, actions: list[server.Action], code: int, word: str) -> None:
    machine.service.files[UNITS].script = actions
    assert machine.run() == code
    said = machine.said().splitlines()
    assert len(said) == 3, "two files announced, and one sentence"
    assert word in said[-1]
    assert machine.store.current() is None
    # The one that came stays, and the next run asks for the other alone.
    assert machine.files == ["StockEtablissement-20260701T093045"]
    machine.service.files[UNITS].script = [server.status(404)]
    assert machine.run() == LATER
    assert len(machine.service.files[REGISTER].asked) == 1


def test_a_trickle_is_given_up(machine: Machine) -> None:
    text = machine.region.read_text(encoding="utf-8")
    machine.region.write_text(text.replace("patience_s = 60", "patience_s = 0.2"), encoding="utf-8")
    machine.service.files[REGISTER].always = server.slow(before=100, bytes_=1)
    assert machine.run() == LATER
    assert "nothing comes any more" in machine.said()
    assert machine.store.current() is None


def test_a_wrong_size_and_a_wrong_checksum(machine: Machine) -> None:
    content = machine.service.files[REGISTER].content
    for changes, word in (({"filesize": 7}, "7"), ({"checksum": _sha1(b"other")}, "sha1")):
        machine.service.offer(REGISTER, content, **changes)
        assert machine.run() == LATER
        assert word in machine.said()
        assert machine.files == []
        assert not list(machine.raw.glob("*.part*"))


def test_what_passes_is_waited_out(machine: Machine) -> None:
    machine.service.catalogue = [server.status(429, Retry_After="0")]
    machine.service.files[REGISTER].script = [server.status(500)]
    machine.service.files[UNITS].script = [server.cut_after(300)]
    assert machine.run() == DONE
    assert machine.service.files[UNITS].asked[-1]["Range"] == "bytes=300-"


@pytest.mark.parametrize(
    ("action", "code", "word"),
    [
        (server.saying(server.PAGE), LATER, "something other"),
        (server.saying(b'{"message": "ok"}'), WRONG, "resources"),
        (server.saying(b'{"resources": []}'), WRONG, "StockEtablissement"),
        (server.status(404), WRONG, server.DATASET),
    ],
)
def test_a_catalogue_that_is_none(machine: Machine, action: server.Action, code: int, word: str) -> None:
    machine.service.catalogue = [action]
    assert machine.run() == code
    said = machine.said()
    assert said.count("\n") == 1
    assert word in said


@pytest.mark.parametrize("status", [503, 429, 403])
def test_a_service_that_answers_is_not_a_lost_connection(machine: Machine, status: int) -> None:
    machine.service.catalogue = [server.status(status, Retry_After="0")] * 3
    assert machine.run() == LATER
    said = machine.said()
    assert said.startswith(
        f"{machine.service.url.removeprefix('http://')} answers, but does not give the list of files (answer {status})"
    )
    assert "data.gouv.fr" not in said


def test_sentences_name_the_service_that_was_given(machine: Machine) -> None:
    machine.service.entries = []
    assert machine.run() == WRONG
    said = machine.said()
    assert said.startswith(machine.service.url.removeprefix("http://") + " offers no StockEtablissement")
    assert "data.gouv.fr" not in said


def test_two_files_of_one_name(machine: Machine) -> None:
    machine.service.offer("/juin" + REGISTER, b"PAR1")
    assert machine.run() == WRONG
    assert "several StockEtablissement" in machine.said()


def test_hostile_names_lead_nowhere(machine: Machine) -> None:
    content = machine.service.files[REGISTER].content
    machine.service.entries = machine.service.entries[1:]
    machine.service.offer("/../../../StockEtablissement_x.parquet", content, id="../../../id", title="../../x")
    before = set(machine.folder.iterdir())
    # A client resolves the dots of an address: the file is not there under them.
    machine.service.files["/StockEtablissement_x.parquet"] = machine.service.files.popitem()[1]
    assert machine.run() == DONE
    assert set(machine.folder.iterdir()) - before == {machine.store.root, machine.raw}
    assert all(path.name.startswith(("Stock", ".lock")) for path in machine.raw.iterdir())


def test_no_room_is_said_before_anything_is_fetched(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=updating.BUILD_BYTES))
    assert machine.run() == WRONG
    said = machine.said()
    assert "501 MB are needed" in said
    assert "500 are left" in said
    assert machine.fetched() == 0


def test_a_disk_that_fills_up_keeps_what_came(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    class Full:
        """A file of a disk that takes 500 bytes more."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, chunk: bytes) -> int:
            self.file.write(chunk[:500])
            raise OSError(errno.ENOSPC, "No space left on device")

    def open_(path: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
        file = opened(path, mode, *more, **options)
        return Full(file) if path.suffix == ".part" and mode == "ab" else file

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_)
        assert machine.run() == WRONG
    assert "No space left on device" in machine.said()
    assert [path.stat().st_size for path in machine.raw.glob("*.part")] == [500]
    assert machine.run() == DONE
    assert machine.service.files[REGISTER].asked[-1]["Range"] == "bytes=500-"


def test_a_copy_that_was_spoilt_here_is_fetched_anew(machine: Machine) -> None:
    assert machine.run() == DONE
    for path in machine.raw.glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:-20])
    asked = machine.fetched()
    assert machine.run("--force") == DONE
    assert machine.fetched() == asked + 2


def test_a_file_of_the_other_kind_is_the_reader_s_sentence(machine: Machine) -> None:
    machine.service.offer(REGISTER, machine.service.files[UNITS].content)
    assert machine.run() == WRONG
    assert machine.store.current() is None


def test_the_second_error_of_the_store_is_itself(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Snapshot:
        raise UserError("store.no_room", folder="x", reason="y")

    monkeypatch.setattr(building, "build", refuse)
    assert machine.run() == WRONG


def test_as_a_process(machine: Machine) -> None:
    arguments = ["update", "--service", machine.service.api, "--store", str(machine.store.root)]
    command = [sys.executable, "-m", "analytics", *arguments, "--members", str(machine.roster)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (DONE, machine.published().id + "\n"), done.stderr
    assert "Traceback" not in done.stderr
    # Where neither option, environment nor settings say otherwise, INSEE's files lie beside the snapshots.
    assert len(list((machine.store.root / "raw").glob("*.parquet"))) == 2
    assert [snapshot.id for snapshot in machine.store.snapshots()] == [machine.published().id]
