"""The audit log: whole lines whoever writes, an action that cannot be recorded is not done, nothing of a member."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import pwd
import re
import stat
import time
from pathlib import Path
from typing import get_args

import pytest

from analytics import audit, disclosure
from analytics.__main__ import main
from analytics.errors import PassingError, UserError
from analytics.pipeline.building import build
from analytics.pipeline.republishing import apply_decisions
from analytics.pipeline.request import Request
from analytics.store import Store
from analytics.text import LANGUAGES, LOCALE_DIR, translator
from tests.analytics import small_sources as small


def _write_many(root: Path, writer: int) -> None:
    for number in range(50):
        audit.record(root, who=f"writer-{writer}-{'x' * 150}", what="build", count=number)


def test_a_line_says_who_what_when_and_which_snapshot(tmp_path: Path) -> None:
    audit.record(tmp_path / "new", who="a@b.example", what="rollback", snapshot="20261124T101500Z-1a2b3c4d")
    line = (tmp_path / "new" / audit.FILE).read_text(encoding="utf-8")
    entry = json.loads(line)
    assert line.endswith("\n")
    assert entry.pop("at").endswith("+00:00")
    assert entry == {
        "who": "a@b.example",
        "what": "rollback",
        "snapshot": "20261124T101500Z-1a2b3c4d",
        "outcome": "done",
    }


def test_only_this_account_reads_it(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        audit.record(tmp_path / "store", who="local", what="build")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "store" / audit.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700


def test_processes_that_write_at_once_leave_whole_lines(tmp_path: Path) -> None:
    spawned = multiprocessing.get_context("spawn")
    writers = [spawned.Process(target=_write_many, args=(tmp_path, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=120)
        assert writer.exitcode == 0
    log = audit.read(tmp_path)
    assert log.unreadable == 0
    for number in range(3):
        own = [entry["count"] for entry in log.entries if entry["who"].startswith(f"writer-{number}")]
        assert own == list(range(50))


def test_nobody_writes_a_line_of_their_own(tmp_path: Path) -> None:
    audit.record(tmp_path, who='x"}\n{"at":"","who":"forged","what":"build","outcome":"done"}', what="login")
    assert [entry["what"] for entry in audit.read(tmp_path).entries] == ["login"]
    with pytest.raises(ValueError, match="names no action"):
        audit.record(tmp_path, who="local", what="Build!\n")


def test_half_a_line_swallows_no_other(tmp_path: Path) -> None:
    audit.record(tmp_path, who="local", what="build")
    with (tmp_path / audit.FILE).open("ab") as file:
        file.write(b'{"at": "2026-')
    audit.record(tmp_path, who="local", what="rollback")
    log = audit.read(tmp_path)
    assert [entry["what"] for entry in log.entries] == ["build", "rollback"]
    assert log.unreadable == 1


def test_an_action_is_recorded_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    with audit.acting(tmp_path, who="local", what="build", snapshot="old") as action:
        assert [entry["outcome"] for entry in audit.read(tmp_path).entries] == ["begun"]
        action.snapshot = "new"
    with pytest.raises(UserError), audit.acting(tmp_path, who="local", what="rollback", snapshot="new"):
        raise UserError("store.nothing_before")
    with pytest.raises(ZeroDivisionError), audit.acting(tmp_path, who="local", what="rollback"):
        _ = 1 / 0
    told = [(e["what"], e["outcome"], e["snapshot"], e.get("reason")) for e in audit.read(tmp_path).entries]
    assert told == [
        ("build", "begun", "old", None),
        ("build", "done", "new", None),
        ("rollback", "begun", "new", None),
        ("rollback", "failed", "new", "store.nothing_before"),
        ("rollback", "begun", None, None),
        ("rollback", "failed", None, "ZeroDivisionError"),
    ]
    actions = [entry["action"] for entry in audit.read(tmp_path).entries]
    assert actions[0] == actions[1] != actions[2] == actions[3]


def test_what_cannot_be_recorded_is_not_done(tmp_path: Path) -> None:
    (tmp_path / audit.FILE).mkdir()
    done = []
    with pytest.raises(UserError) as refused, audit.acting(tmp_path, who="local", what="build"):
        done.append(1)
    assert refused.value.key == "journal.not_written"
    assert "Rien n’a été fait" in refused.value.message("fr")
    assert not done


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("", encoding="utf-8")
    (tmp_path / audit.FILE).symlink_to(tmp_path / "other")
    with pytest.raises(UserError):
        audit.record(tmp_path, who="local", what="build")
    assert (tmp_path / "other").read_text(encoding="utf-8") == ""


def test_it_says_what_was_done_when_only_the_end_cannot_be_recorded(tmp_path: Path) -> None:
    aside = tmp_path / "aside"
    with pytest.raises(UserError) as told, audit.acting(tmp_path / "store", who="local", what="build"):
        (tmp_path / "store").rename(aside) and (tmp_path / "store").write_text("in its place", encoding="utf-8")
    assert told.value.key == "journal.not_finished"


def test_what_failed_is_told_though_that_cannot_be_recorded(tmp_path: Path) -> None:
    root = tmp_path / "store"

    def fail() -> None:
        root.rename(tmp_path / "aside")
        root.write_text("in its place", encoding="utf-8")
        raise PassingError("store.busy", folder="x")

    with pytest.raises(PassingError) as told, audit.acting(root, who="local", what="update"):
        fail()
    assert told.value.key == "store.busy", "by which the command says that it may pass"
    assert "Rien n’a été fait" in told.value.__notes__[0]


def test_the_account_is_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert audit.system_user() in {f"unix:{pwd.getpwuid(os.getuid()).pw_name}", f"unix:{os.getuid()}"}

    def unknown(number: int) -> object:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert audit.system_user() == f"unix:{os.getuid()}"


def test_a_mount_that_cannot_sync_a_folder_is_no_reason_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def refused(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refused)
    audit.record(tmp_path, who="local", what="build")
    assert len(audit.read(tmp_path).entries) == 1


def _files(folder: Path) -> list[str]:
    register, roster = small.write_register(folder / "r.parquet"), small.write_roster(folder / "m.csv")
    return ["--register", str(register), "--members", str(roster)]


def test_nobody_is_told_of_progress_once_it_is_published(tmp_path: Path) -> None:
    """Whoever is told may end the work there, and the log would say that it failed."""
    register, roster = small.write_register(tmp_path / "r.parquet"), small.write_roster(tmp_path / "m.csv")
    store, published = Store(tmp_path / "store"), set()

    def report(stage: str, done: float) -> None:
        del stage, done
        published.add(store.current_id())

    built = build(Request(register=register, members=roster, store=store), report)
    assert published == {None}
    published.clear()
    apply_decisions(store, report)
    assert published == {built.id}


def test_commands_record_what_they_do(tmp_path: Path) -> None:
    root = tmp_path / "store"
    store, files = ["--store", str(root)], _files(tmp_path)
    assert main(["build", *files, *store]) == 0
    first = Store(root).current_id()
    assert main(["build", *files, *store]) == 0
    second = Store(root).current_id()
    assert main(["rollback", *store]) == 0
    assert main(["build", "--register", "absent.csv", *store]) == 2
    assert main(["table", "members", *store]) == 0
    assert main(["table", "penetration", *store]) == 0
    entries = audit.read(root).entries
    assert {entry["who"] for entry in entries} == {audit.system_user()}
    assert [(entry["what"], entry["outcome"], entry["snapshot"]) for entry in entries] == [
        ("build", "begun", None),
        ("build", "done", first),
        ("build", "begun", first),
        ("build", "done", second),
        ("rollback", "begun", second),
        ("rollback", "done", first),
        ("build", "begun", first),
        ("build", "failed", first),
        ("export_members", "done", first),
    ]


def test_the_command_shows_the_last_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", str(tmp_path)]
    assert main(["audit", *store]) == 0
    assert capsys.readouterr().err == "Le journal est vide.\n"
    audit.record(tmp_path, who="a@b.example", what="build", snapshot="one")
    audit.record(tmp_path, who="\x1b[31mred", what="decide", count=1, outcome="refused", reason="rights.refused")
    audit.record(tmp_path, who="unix:me", what="something_new")
    assert main(["audit", "--limit", "2", *store]) == 0
    first, second = capsys.readouterr().out.splitlines()
    why = translator("fr")("rights.refused").partition("\u202f:")[0]
    assert f" · ?[31mred · décision sur un adhérent · refus · 1 chose · {why}" in first
    assert second.endswith(" · compte me · something_new · fait")
    assert main(["audit", "--lang", "en", *store]) == 0
    assert " · a@b.example · build · done · one\n" in capsys.readouterr().out


def test_moments_are_local_and_reasons_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"at": "2026-07-01T22:30:00.000+00:00", "who": "server", "what": "build", "outcome": "failed"}
    reasons = ["store.table_changed", "KeyboardInterrupt"]
    lines = [json.dumps(told | {"reason": reason}) for reason in reasons] + [json.dumps(told | {"at": "long ago"})]
    (tmp_path / audit.FILE).write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        assert main(["audit", "--store", str(tmp_path), "--lang", "en"]) == 0
    finally:
        monkeypatch.undo()
        time.tzset()
    assert capsys.readouterr().out.splitlines() == [
        "2 Jul 2026, 00:30 CEST · the server · build · failed · "
        "The table “…” of the data set … is no longer the one that was built",
        "2 Jul 2026, 00:30 CEST · the server · build · failed · fault of the program, or stopped (KeyboardInterrupt)",
        "long ago · the server · build · failed",
    ]


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_no_lines_are_not_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str) -> None:
    audit.record(tmp_path, who="local", what="build")
    with pytest.raises(SystemExit) as refused:
        main(["audit", f"--limit={limit}", "--store", str(tmp_path)])
    assert refused.value.code == 2
    assert "au moins 1" in capsys.readouterr().err


def test_every_action_and_author_has_words() -> None:
    """What commands and pages record, as their source names it, and nothing that none of them records."""
    sources = [path for folder in ("analytics", "pages") for path in Path(folder).rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    acts = r"""(?:recorded\(options, |what=|acting\("[a-z_]+", |guarded\(|recorded=|t, what = .* else )"([a-z_]+)\""""
    actions = {name for text in texts for name in re.findall(acts, text)}
    assert {"export_prospects", "publish_roster", "login"} <= actions
    actions |= {disclosure.exported(table) or "" for table in disclosure.PROSPECTS | disclosure.MEMBERS}
    authors = {name for text in texts for name in re.findall(r"""(?:who=|Person\()"([a-z]+)\"""", text)}
    assert {"local", "server"} <= authors
    told = {
        *(f"what_{name}" for name in actions),
        *(f"who_{name}" for name in authors | {"account"}),
        *(f"outcome_{name}" for name in get_args(audit.Outcome)),
    }
    for language in LANGUAGES:
        catalogue = (LOCALE_DIR / language / "journal.po").read_text(encoding="utf-8")
        assert set(re.findall(r'msgid "journal\.((?:what|who|outcome)_\w+)"', catalogue)) == told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_gives_the_log_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    """Three words at least besides what the sentence quoted: of some, the cause is quoted whole, or comes after."""
    texts = [path.read_text(encoding="utf-8") for f in ("analytics", "pages") for path in Path(f).rglob("*.py")]
    raised = {key for text in texts for key in re.findall(r'Error\(\s*"([a-z_]+\.\w+)"', text)}
    catalogues = [path.read_text(encoding="utf-8") for path in (LOCALE_DIR / "fr").glob("*.po")]
    sentences = {key for text in catalogues for key in re.findall(r'msgid "([a-z_]+\.\w+)"\nmsgstr ".*\."\n', text)}
    keys = sorted(raised | sentences)
    assert {"settings.fault_at", "export.sheet_of_one", "build.shrunk", "members.empty_file"} <= set(keys)
    for key in keys:
        audit.record(tmp_path, who="server", what="build", outcome="failed", reason=key)
    assert main(["audit", "--limit", str(len(keys)), "--store", str(tmp_path), "--lang", language]) == 0
    lines = capsys.readouterr().out.splitlines()
    reasons = dict(zip(keys, (line.split(" · ")[4] for line in lines), strict=True))
    words = {key: [word for word in told.split() if any(map(str.isalpha, word))] for key, told in reasons.items()}
    assert not {key: reasons[key] for key in keys if len(words[key]) < 3}
    assert reasons["settings.fault_at"] == translator(language)("journal.reason_general")
    assert reasons["build.shrunk"].startswith(translator(language)("build.shrunk").partition("{")[0])


def test_a_folder_that_cannot_be_made_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--store", "/proc/absent", "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the folder /proc/absent cannot be made" in said


def test_it_holds_nothing_of_a_member(tmp_path: Path) -> None:
    root = tmp_path / "store"
    main(["build", *_files(tmp_path), "--store", str(root)])
    main(["table", "prospects", "--store", str(root)])
    snapshot = Store(root).current()
    assert snapshot is not None
    members = snapshot.table("members")
    log = (root / audit.FILE).read_text(encoding="utf-8")
    assert len(members)
    for secret in [*members["name"].dropna(), *members["member_id"], *members["siren"].dropna()]:
        assert secret not in log
