"""The commands of whoever looks after a store, and copies made while it is in use."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import threading
from pathlib import Path

import pandas as pd
import pytest

from analytics import audit, backup
from analytics.__main__ import REMOVAL_REASONS, main
from analytics.backup import back_up
from analytics.errors import UserError
from analytics.pipeline.building import build
from analytics.pipeline.removing import remove
from analytics.pipeline.republishing import apply_decisions
from analytics.pipeline.request import Request
from analytics.removals import REASONS, REMOVALS, read_removals
from analytics.store import Store
from analytics.text import LANGUAGES
from analytics.upkeep import EXIT_NOT_FOUND
from analytics.verification import check_store
from tests.analytics import small_sources as small

ALPHA = small.siren(1)
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def once_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a snapshot of the small files, to be copied."""
    folder = tmp_path_factory.mktemp("once")
    build(
        Request(
            register=small.write_register(folder / "register.parquet"),
            legal_units=small.write_legal_units(folder / "units.parquet"),
            members=small.write_roster(folder / "members.csv"),
            store=Store(folder / "store"),
        )
    )
    return folder / "store"


@pytest.fixture
def store(once_built: Path, tmp_path: Path) -> Store:
    shutil.copytree(once_built, tmp_path / "store")
    return Store(tmp_path / "store")


def faults(store: Store) -> list[str]:
    return [finding.key for finding in check_store(store) if not finding.is_well]


def unpacked(archive: Path, into: Path) -> Store:
    """Put a copy back as docs/operations.md says: tar into an empty folder."""
    into.mkdir(mode=0o700)
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="tar")
    return Store(into)


# remove, removals, restore


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_firm_is_removed_listed_and_taken_off(store: Store, language: str, capsys: Output) -> None:
    options = ["--store", str(store.root), "--lang", language]
    assert main(["remove", "--siren", ALPHA, "--reason", "objection", *options]) == 0
    told = capsys.readouterr()
    current = store.current()
    assert current is not None
    assert told.out == current.id + "\n"
    assert {"fr": "Un jeu de données antérieur", "en": "One earlier data set"}[language] in told.err
    assert ALPHA not in told.err
    assert main(["removals", *options]) == 0
    rows = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype="str")
    assert rows[["kind", "reason"]].to_dict("list") == {"kind": ["firm"], "reason": ["objection"]}
    assert main(["restore", "--siren", ALPHA, *options]) == 0
    assert read_removals(store).listed == ()
    assert main(["restore", "--siren", ALPHA, *options]) == 2
    capsys.readouterr()


def test_a_member_is_removed_and_its_firm_spoken_of(store: Store, capsys: Output) -> None:
    assert main(["remove", "--member", ALPHA, "--store", str(store.root), "--lang", "en"]) == 0
    assert "Its firm is still in the register" in capsys.readouterr().err
    current = store.current()
    assert current is not None
    assert current.manifest["counts"]["members"] == 3
    assert main(["status", "--store", str(store.root), "--lang", "en"]) == 0
    assert "Removed on request: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["remove"],
        ["remove", "--siren", ALPHA, "--member", "M-1"],
        ["remove", "--siren", ALPHA, "--reason", "she asked by telephone"],
        ["restore"],
        ["backup"],
    ],
)
def test_what_is_not_to_be_asked(words: list[str], store: Store, capsys: Output) -> None:
    with pytest.raises(SystemExit) as raised:
        main([*words, "--store", str(store.root)])
    assert raised.value.code == 2
    assert capsys.readouterr().err
    assert not (store.root / REMOVALS).exists()


def test_no_siren_is_refused_in_one_sentence(store: Store, capsys: Output) -> None:
    assert main(["remove", "--siren", "123456789", "--store", str(store.root), "--lang", "en"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (store.root / REMOVALS).exists()


@pytest.mark.parametrize("whom", [("--member", "M-0123456789"), ("--siren", small.siren(77))])
def test_a_number_that_is_nowhere_is_listed_and_told_by_the_exit_code(
    whom: tuple[str, str], store: Store, capsys: Output
) -> None:
    before = store.current_id()
    assert main(["remove", *whom, "--store", str(store.root), "--lang", "en"]) == EXIT_NOT_FOUND == 4
    told = capsys.readouterr()
    assert "check the number" in told.err
    assert not told.out
    assert store.current_id() == before
    assert len(read_removals(store).listed) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_removal_deletes_is_said_beforehand(language: str, capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["remove", "--help", "--lang", language])
    told = " ".join(capsys.readouterr().out.split())
    assert {"fr": "Les jeux de données antérieurs qui le montrent", "en": "Earlier data sets that tell it"}[
        language
    ] in told


def test_a_removal_asked_for_again_says_since_when_it_is_listed(store: Store, capsys: Output) -> None:
    remove(store, "firm", ALPHA, reason="objection")
    path = store.root / REMOVALS
    content = json.loads(path.read_text())
    content["removed"][0]["removed_on"] = "2026-03-02"
    path.write_text(json.dumps(content))
    asked = ["remove", "--siren", ALPHA, "--store", str(store.root), "--lang"]
    assert main([*asked, "fr"]) == 0
    told = capsys.readouterr().err
    assert "Déjà dans la liste des retraits depuis le 2 mars 2026 (motif\u202f: objection)" in told
    assert "Le motif reste le même" in told
    assert "vérifiez" not in told
    assert main([*asked, "en", "--reason", "erasure"]) == 0
    told = capsys.readouterr().err
    assert "since 2 Mar 2026 (reason: objection)" in told
    assert "The reason is now: erasure." in told
    assert [(r.reason, r.removed_on) for r in read_removals(store).listed] == [("erasure", "2026-03-02")]


def test_whom_only_an_earlier_data_set_tells_is_found(once_built: Path, tmp_path: Path, capsys: Output) -> None:
    store = Store(tmp_path / "store")
    folder = once_built.parent
    files = {"register": folder / "register.parquet", "legal_units": folder / "units.parquet", "store": store}
    build(Request(**files, members=folder / "members.csv"))  # type: ignore[arg-type]
    build(Request(**files, members=None, allow_shrink=True))  # type: ignore[arg-type]
    assert main(["remove", "--member", ALPHA, "--store", str(store.root), "--lang", "en"]) == 0
    told = capsys.readouterr().err
    assert "One earlier data set" in told
    assert "check the number" not in told


def test_the_reasons_of_the_command_are_those_of_the_list() -> None:
    assert REMOVAL_REASONS == REASONS


# verify


def test_a_whole_store_is_said_to_be(store: Store, capsys: Output) -> None:
    assert main(["verify", "--store", str(store.root), "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("table", ["upkeep.none_whole"]),
        ("manifest", ["upkeep.none_whole"]),
        ("current", ["upkeep.stands_in"]),
        ("decisions", ["store.decisions_unreadable"]),
        ("removals", ["removals.unreadable"]),
        ("rights", ["upkeep.exposed"]),
        ("answer", ["upkeep.exposed"]),
        ("raw", ["upkeep.exposed"]),
    ],
)
def test_every_harm_is_found(harm: str, found: list[str], store: Store, capsys: Output) -> None:
    current = store.current()
    assert current is not None
    path = {
        "table": current.path / "members.parquet",
        "manifest": current.path / "manifest.json",
        "current": store.root / "current",
        "decisions": store.root / "decisions.json",
        "removals": store.root / REMOVALS,
        "rights": current.path / "roster.parquet",
        "answer": store.root / "isochrones" / "31555-30.json",
        "raw": store.root / "raw",
    }[harm]
    if harm == "raw":
        path.mkdir(mode=0o755)
    elif harm in ("rights", "answer"):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch()
        path.chmod(0o644)
    else:
        path.touch(mode=0o600)
        path.write_bytes(b"{]")
    assert faults(store) == found
    assert main(["verify", "--store", str(store.root), "--lang", "fr"]) == 2
    told = capsys.readouterr()
    assert "DÉFAUT" in told.out
    assert told.err.count("\n") == 1


def test_one_damage_is_one_fault_and_its_advice_fits(store: Store, capsys: Output) -> None:
    first = store.current()
    assert first is not None
    second = apply_decisions(store)
    common = ["--store", str(store.root), "--lang", "en"]
    content = (second.path / "members.parquet").read_bytes()
    (second.path / "members.parquet").write_bytes(b"damaged")
    assert main(["verify", *common]) == 2
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == ["ok", "FAULT"]
    assert f"Published: {second.id}, damaged" in told.out
    assert f"{first.id} stands in" in told.out
    assert "(1)" in told.err
    (second.path / "members.parquet").write_bytes(content)
    (first.path / "members.parquet").write_bytes(b"damaged")
    assert main(["verify", *common]) == 2
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == ["FAULT", "ok", "ok"]
    assert "which is not published: put a copy of it back, or delete its folder" in told.out
    assert "rollback" not in told.out
    assert "(1)" in told.err


def test_a_decision_on_somebody_removed_is_found(store: Store) -> None:
    remove(store, "firm", ALPHA)
    store.record_decision("M-9876543210", ALPHA)
    assert faults(store) == ["upkeep.decides_removed"]
    assert main(["removals", "--apply", "--store", str(store.root)]) == 0
    assert faults(store) == []


def test_nothing_published_is_no_whole_store(tmp_path: Path) -> None:
    assert faults(Store(tmp_path / "absent")) == ["build.no_snapshot"]


# backup


def test_a_copy_put_back_is_the_store(store: Store, tmp_path: Path, capsys: Output) -> None:
    store.record_decision("M-0123456789", None)
    remove(store, "member", "M-0123456789")
    store.record_decision("M-9876543210", ALPHA)
    (store.root / "before-0.2.0.tar").write_bytes(b"an older copy")
    (store.root / "isochrones").mkdir()
    (store.root / "isochrones" / "31555.parquet").write_bytes(b"an answer")
    (store.root / "raw").mkdir()
    (store.root / "raw" / "StockEtablissement_utf8.parquet").write_bytes(b"of INSEE")
    out = tmp_path / "copy.tar"
    assert main(["backup", "--out", str(out), "--store", str(store.root), "--lang", "en"]) == 0
    assert "one data set" in capsys.readouterr().err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = unpacked(out, tmp_path / "again")
    assert faults(again) == []
    assert again.current_id() == store.current_id()
    assert again.decisions() == store.decisions() == {"M-9876543210": ALPHA}
    assert read_removals(again) == read_removals(store)
    names = {str(path.relative_to(again.root)) for path in again.root.rglob("*") if path.is_file()}
    theirs = {str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()}
    assert names == {name for name in theirs if not name.startswith((".", "raw", "before"))}
    assert {"audit.jsonl", "decisions.json", "isochrones/31555.parquet", REMOVALS} <= names
    told = [(entry["what"], entry["outcome"], entry.get("count")) for entry in audit.read(store.root).entries]
    assert told == [("backup", "begun", None), ("backup", "done", 1)]
    assert apply_decisions(again).id != store.current_id()


def test_each_file_is_read_once(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current, read, genuine = store.current(), list[str](), Path.read_bytes
    assert current is not None

    def counted(path: Path) -> bytes:
        read.append(path.name)
        return genuine(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    back_up(store, tmp_path / "copy.tar")
    monkeypatch.undo()
    tables = [name for name in read if name.endswith(".parquet")]
    assert sorted(tables) == sorted(f"{name}.parquet" for name in current.table_names)


def publish_again(store: Store) -> None:
    """Publish what is published once more, as fast as the disk takes it."""
    with store.writing() as draft:
        current = store.current()
        assert current is not None
        for name in current.table_names:
            draft.write_table(name, current.table(name))
        draft.publish(current.manifest)


def test_copies_made_while_builds_publish_are_whole(store: Store, tmp_path: Path) -> None:
    """Ten publications follow each other, a copy under way all the time; one is a removal, which deletes the others."""
    published, failed = threading.Semaphore(0), list[BaseException]()

    def publish() -> None:
        try:
            for turn in range(10):
                if turn == 5:
                    remove(store, "firm", ALPHA)
                publish_again(store)
                published.release()
        except BaseException as error:
            failed.append(error)
            published.release(10)
            raise

    writer = threading.Thread(target=publish)
    writer.start()
    copies = [tmp_path / f"copy-{turn}.tar" for turn in range(10)]
    for copy in copies:
        back_up(store, copy)
        published.acquire()
    writer.join()
    assert not failed
    again = [unpacked(copy, copy.with_suffix("")) for copy in copies]
    assert len({copied.current_id() for copied in again}) > 1, "else nothing went on meanwhile"
    for copied in again:
        # A copy begun before the removal and ended after it holds the list that says what to do.
        if found := faults(copied):
            assert set(found) == {"upkeep.tells_removed"}
            assert main(["removals", "--apply", "--store", str(copied.root)]) == 0
            assert faults(copied) == []


def test_a_removal_during_a_copy_is_in_its_list(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analytics import backup  # noqa: PLC0415

    content, held = backup._content, []

    def removing(snapshot: object) -> dict[str, bytes]:
        found = content(snapshot)  # type: ignore[arg-type]
        if not held:
            held.append(found)
            remove(store, "firm", ALPHA)
        return found

    monkeypatch.setattr(backup, "_content", removing)
    back_up(store, tmp_path / "copy.tar")
    again = unpacked(tmp_path / "copy.tar", tmp_path / "again")
    assert faults(again) == ["upkeep.tells_removed"]
    assert main(["removals", "--apply", "--store", str(again.root)]) == 0
    assert faults(again) == []


def test_a_damaged_snapshot_is_left_out_and_said(store: Store, tmp_path: Path, capsys: Output) -> None:
    first = store.current()
    apply_decisions(store)
    assert first is not None
    (first.path / "members.parquet").write_bytes(b"damaged")
    out = tmp_path / "copy.tar"
    assert main(["backup", "--out", str(out), "--store", str(store.root), "--lang", "en"]) == 0
    assert f"{first.id} is damaged and was not copied" in capsys.readouterr().err
    assert faults(unpacked(out, tmp_path / "again")) == []


def test_a_damaged_published_snapshot_is_not_copied(store: Store, tmp_path: Path) -> None:
    current = store.current()
    assert current is not None
    (current.path / "members.parquet").write_bytes(b"damaged")
    with pytest.raises(UserError):
        back_up(store, tmp_path / "copy.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["store"], "neither a copy nor half of one"


@pytest.mark.parametrize(("language", "said"), [("fr", "existe déjà"), ("en", "is there already")])
def test_a_file_that_is_there_is_not_replaced(
    language: str, said: str, store: Store, tmp_path: Path, capsys: Output
) -> None:
    out = tmp_path / "copy.tar"
    out.write_bytes(b"the copy of yesterday")
    assert main(["backup", "--out", str(out), "--store", str(store.root), "--lang", language]) == 2
    assert said in capsys.readouterr().err
    assert out.read_bytes() == b"the copy of yesterday"


def test_nor_one_that_somebody_made_meanwhile(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, usual = tmp_path / "copy.tar", backup._attempts

    def meanwhile(copied: Store, aside: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        out.write_bytes(b"another copy")
        return usual(copied, aside)

    monkeypatch.setattr(backup, "_attempts", meanwhile)
    with pytest.raises(UserError) as raised:
        back_up(store, out)
    assert raised.value.key == "upkeep.copy_exists"
    assert out.read_bytes() == b"another copy"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.tar", "store"]


def test_where_a_copy_may_not_be_written(store: Store, tmp_path: Path) -> None:
    for out, key in (
        (tmp_path / "absent" / "copy.tar", "cli.no_folder"),
        (tmp_path / "copy.zip", "cli.unknown_suffix"),
        (store.root / "copy.tar", "upkeep.copy_inside"),
        (store.root / "absent" / ".." / "isochrones" / "copy.tar", "upkeep.copy_inside"),
    ):
        with pytest.raises(UserError) as raised:
            back_up(store, out)
        assert raised.value.key == key


def test_what_cannot_be_read_is_no_fault_of_the_copy_s_folder(store: Store, tmp_path: Path) -> None:
    (store.root / "decisions.json").mkdir()  # Rights would not stop the account that owns the machine.
    with pytest.raises(UserError) as raised:
        back_up(store, tmp_path / "copy.tar")
    assert raised.value.key == "upkeep.unread"
    assert "decisions.json" in raised.value.message("en")
    assert not list(tmp_path.glob("*.tar*"))


def test_a_snapshot_that_vanishes_each_time_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analytics import backup  # noqa: PLC0415

    def vanished(_: object) -> dict[str, bytes]:
        raise backup._Vanished

    monkeypatch.setattr(backup, "_content", vanished)
    with pytest.raises(UserError) as raised:
        back_up(store, tmp_path / "copy.tar")
    assert raised.value.key == "upkeep.never_still"
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())) == '["store"]'
