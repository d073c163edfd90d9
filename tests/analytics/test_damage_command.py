"""What the command line answers when the published data set is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analytics import command_support
from analytics.__main__ import main
from analytics.pipeline import republishing
from analytics.pipeline.building import build
from analytics.pipeline.request import Request
from analytics.store import Snapshot, Store
from analytics.text import LANGUAGES, translator
from tests.analytics import small_sources as small
from tests.analytics.marked import publish_again, spoil

Output = pytest.CaptureFixture[str]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Snapshot, Snapshot]:
    """Two whole snapshots; the second is published."""
    store = Store(tmp_path / "store")
    register, roster = small.write_register(tmp_path / "r.parquet"), small.write_roster(tmp_path / "m.csv")
    first = build(Request(register=register, members=roster, store=store))
    return first, publish_again(store, members=1)


def told(snapshot: Snapshot, reason: str, language: str) -> str:
    t = translator(language)
    phrase = t(f"damage.reason_{reason}", **({"table": "members"} if "table" in reason else {}))
    return t("damage.command", reason=phrase, snapshot=snapshot.id, built_at=t.moment(snapshot.built_at)) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_answers_from_the_one_before_and_says_so(
    two: tuple[Snapshot, Snapshot], tmp_path: Path, capsys: Output, language: str
) -> None:
    first, second = two
    common = ["--store", str(second.path.parent), "--lang", language]
    spoil(second, "members")
    assert main(["status", *common]) == command_support.EXIT_OTHER
    output = capsys.readouterr()
    assert first.id in output.out
    assert output.err == told(first, "table_changed", language)
    assert main(["table", "members", *common]) == command_support.EXIT_OTHER
    output = capsys.readouterr()
    assert output.out.count("\n") == 1 + len(first.table("members"))
    assert output.err == told(first, "table_changed", language)
    assert main(["export", "workbook", "--out", str(tmp_path / "w.xlsx"), *common]) == command_support.EXIT_OTHER
    assert capsys.readouterr().err.startswith(told(first, "table_changed", language))
    assert (tmp_path / "w.xlsx").is_file()


def test_machines_are_told(two: tuple[Snapshot, Snapshot], capsys: Output) -> None:
    first, second = two
    arguments = ["status", "--json", "--store", str(second.path.parent)]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["damage"] is None
    (second.path / "manifest.json").write_text("{}")
    assert main(arguments) == command_support.EXIT_OTHER
    status = json.loads(capsys.readouterr().out)
    assert status["snapshot_id"] == first.id
    assert status["damage"] == {"snapshot_id": second.id, "error": "store.manifest_unreadable"}


def test_with_nothing_whole_before_it_is_one_sentence(two: tuple[Snapshot, Snapshot], capsys: Output) -> None:
    for snapshot in two:
        spoil(snapshot, "members")
    assert main(["status", "--store", str(two[1].path.parent)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert two[1].id in output.err


def test_nothing_is_published_of_a_damaged_one(
    two: tuple[Snapshot, Snapshot], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(two[1].path.parent)
    spoil(two[1], "members")
    monkeypatch.setattr(republishing, "fetch_isochrones", lambda *_a, **_k: pytest.fail("asked in vain"))
    assert main(["isochrones", "--store", str(store.root)]) == 2
    assert "members" in capsys.readouterr().err
    assert store.current_id() == two[1].id


def test_rollback_leads_out_of_the_oldest_one_too(two: tuple[Snapshot, Snapshot], capsys: Output) -> None:
    first, second = two
    common = ["--store", str(second.path.parent), "--lang", "en"]
    assert main(["rollback", *common]) == 0
    spoil(first, "members")
    assert main(["status", *common]) == command_support.EXIT_OTHER
    told = capsys.readouterr()
    assert second.id in told.err.splitlines()[-1]
    assert "newer" in told.err
    assert main(["rollback", *common]) == 0
    assert capsys.readouterr().out == second.id + "\n"
    assert main(["status", *common]) == 0


def test_rollback_ends_it(two: tuple[Snapshot, Snapshot], capsys: Output) -> None:
    first, second = two
    common = ["--store", str(second.path.parent)]
    spoil(second, "firms-tic")
    assert main(["rollback", *common]) == 0
    assert capsys.readouterr().out == first.id + "\n"
    assert main(["status", *common]) == 0
    assert capsys.readouterr().err == ""
