"""The command line: what goes to standard output, what to standard error, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics import commands, pipeline
from analytics.__main__ import main, make_parser
from analytics.commands import as_csv
from analytics.ingest.register import REASONS
from analytics.store import REQUIRED, Snapshot, Store
from analytics.text import LANGUAGES, translator
from tests.analytics import small_sources as small

ROOT = Path(__file__).parents[2]
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Return a snapshot of demonstration data that tests only read."""
    folder = tmp_path_factory.mktemp("built")
    request = pipeline.Request(
        register=small.write_register(folder / "register.parquet"),
        legal_units=small.write_legal_units(folder / "units.parquet"),
        members=small.write_roster(folder / "members.csv"),
        store=Store(folder / "store"),
        is_demo=True,
    )
    return pipeline.build(request)


def store_of(snapshot: Snapshot) -> str:
    return str(snapshot.path.parent)


def run_process(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "analytics", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_build_from_the_command_line(tmp_path: Path, capsys: Output) -> None:
    register, roster = small.write_register(tmp_path / "r.parquet"), small.write_roster(tmp_path / "m.csv")
    arguments = ["build", "--register", str(register), "--members", str(roster), "--store", str(tmp_path / "store")]
    assert main([*arguments, "--lang", "en"]) == 0
    output = capsys.readouterr()
    current = Store(tmp_path / "store").current()
    assert current is not None
    assert output.out == current.id + "\n"
    assert not current.is_demo
    assert "4 firms, 34 estimated jobs; 1 partially diffusible" in output.err
    assert "3 faults" in output.err or "2 faults" in output.err
    assert "(row 4)" in output.err
    assert "Demonstration" not in output.err


def test_demo_from_the_command_line(
    built: Snapshot, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def build_demo(store: Store, report: pipeline.Report) -> Snapshot:
        report("build.stage_sources", 0.5)
        asked.append(store.root)
        return built

    monkeypatch.setattr(pipeline, "build_demo", build_demo)
    assert main(["--store", str(tmp_path), "demo"]) == 0
    assert asked == [tmp_path]
    assert "Données de démonstration" in capsys.readouterr().err


def test_status_as_json(built: Snapshot, capsys: Output) -> None:
    assert main(["status", "--json", "--store", store_of(built)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    status = json.loads(output.out)
    assert status["snapshot_id"] == built.id
    assert status["built_at"] == built.manifest["built_at"]
    assert status["is_demo"] is True
    assert status["firms"] == 4
    assert status["firms_jobs_estimate"] == small.JOBS_ESTIMATE
    assert status["partially_diffusible"] == 1
    assert status["members"] == 4
    assert status["members"] == sum(status[f"members_{o}"] for o in ("matched", "to_review", "not_found"))
    assert status["rows_read"]["register"] == small.ROWS_READ
    assert status["excluded_rows"] == {"register": small.EXCLUDED, "members": {}}
    assert status["faults"] == len(pipeline.faults_of(built))
    assert [source["role"] for source in status["sources"]] == ["register", "legal_units", "members"]
    assert all(len(source["sha256"]) == 64 for source in status["sources"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_status_for_people(built: Snapshot, capsys: Output, language: str) -> None:
    assert main(["status", "--store", store_of(built), "--lang", language]) == 0
    output = capsys.readouterr().out
    t = translator(language)
    assert built.id in output
    assert t("cli.demo_notice") in output
    assert t("register.reason.closed") in output
    for source in built.manifest["sources"]:
        assert source["file"] in output
    assert "Alpha" not in output


def test_status_without_a_roster(tmp_path: Path, capsys: Output) -> None:
    register = small.write_register(tmp_path / "r.parquet")
    pipeline.build(pipeline.Request(register=register, store=Store(tmp_path / "store")))
    assert main(["status", "--store", str(tmp_path / "store")]) == 0
    assert translator("fr")("cli.status_no_members") in capsys.readouterr().out


def test_every_reason_has_a_text() -> None:
    for language in LANGUAGES:
        for reason in REASONS:
            assert translator(language)(f"register.reason.{reason}")
        for reason in ("blank", "total", "repeated_header", "unidentified", "duplicate"):
            assert translator(language)(f"members.left_out.{reason}")
        for stage in pipeline.STAGES:
            assert translator(language)(stage)


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["table", "firms"]])
def test_without_a_snapshot(tmp_path: Path, capsys: Output, arguments: list[str]) -> None:
    assert main([*arguments, "--store", str(tmp_path / "store")]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == translator("fr")("build.no_snapshot") + "\n"


def test_store_of_the_environment(built: Snapshot, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_STORE", store_of(built))
    assert main(["status"]) == 0
    assert built.id in capsys.readouterr().out
    assert main(["--store", "elsewhere", "status"]) == 2


def test_bad_input_is_a_sentence_and_exit_code_2(tmp_path: Path, capsys: Output) -> None:
    absent, store = str(tmp_path / "absent.parquet"), str(tmp_path / "store")
    assert main(["build", "--register", absent, "--store", store, "--lang", "en"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "absent.parquet" in output.err
    assert main(["build", "--register", absent, "--region", absent, "--store", store]) == 2


def test_second_build_is_told(tmp_path: Path, capsys: Output) -> None:
    register, store = small.write_register(tmp_path / "r.parquet"), Store(tmp_path / "store")
    with store.writing():
        assert main(["build", "--register", str(register), "--store", str(store.root)]) == 2
    assert str(store.root) in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["build"], ["nothing"], ["status", "--lang", "de"], ["status", "--jso"]])
def test_wrong_arguments_exit_with_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_in_the_language(language: str, capsys: Output) -> None:
    for arguments in (["--lang", language, "--help"], ["table", f"--lang={language}", "--help"]):
        with pytest.raises(SystemExit) as raised:
            main(arguments)
        assert raised.value.code == 0
        text = "cli.description" if arguments[0] == "--lang" else "cli.table"
        assert " ".join(translator(language)(text).split()) in " ".join(capsys.readouterr().out.split())


def test_options_stand_before_or_after_the_command() -> None:
    parser = make_parser("fr")
    for arguments in (["--store", "a", "--lang", "en", "status"], ["status", "--store", "a", "--lang", "en"]):
        options = parser.parse_args(arguments)
        assert (options.store, options.lang) == (Path("a"), "en")
    assert parser.parse_args(["status"]).store is None


def test_help_loads_no_table_library() -> None:
    code = "import sys, analytics.__main__ as m; m.make_parser('fr'); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_rollback_from_the_command_line(tmp_path: Path, capsys: Output) -> None:
    store = Store(tmp_path / "store")
    ids = []
    for value in (1, 2):
        with store.writing() as draft:
            draft.write_table("members", pd.DataFrame({"value": [value]}))
            ids.append(draft.publish({key: {} for key in REQUIRED}).id)
    assert main(["rollback", "--store", str(store.root)]) == 0
    assert capsys.readouterr().out == ids[0] + "\n"
    assert store.current_id() == ids[0]
    assert main(["rollback", ids[1], "--store", str(store.root)]) == 0
    assert store.current_id() == ids[1]
    assert main(["rollback", "20000101T000000Z-00000000", "--store", str(store.root), "--lang", "en"]) == 2
    assert ids[0] in capsys.readouterr().err
    assert store.current_id() == ids[1]


# Tables


def test_table_on_standard_output(built: Snapshot, capsys: Output) -> None:
    arguments = ["table", "penetration", "--level", "department", "--store", store_of(built)]
    assert main(arguments) == 0
    output = capsys.readouterr()
    rows = pd.read_csv(io.StringIO(output.out), dtype={"area_code": "str"}).set_index("area_code")
    assert list(rows.columns) == [
        "area_name",
        "firms",
        "members",
        "firm_penetration_pct",
        "jobs_estimate",
        "member_jobs",
        "job_penetration_pct",
    ]
    assert rows.loc["31", "firms"] == 2
    assert rows.loc["31", "members"] == 1
    assert rows.loc["09", "firms"] == 0
    assert output.err == translator("fr")("cli.demo_notice") + "\n"


def test_table_of_a_view(built: Snapshot, capsys: Output) -> None:
    asked = ["table", "firms", "--view", "perimeter=tic_and_content&department=34", "--store", store_of(built)]
    assert main(asked) == 0
    rows = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype="str")
    assert rows["siren"].tolist() == [small.siren(3), small.siren(4)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["firms", "--level", "department"],
        ["penetration", "--level", "nothing"],
        ["firms", "--view", "nothing=1"],
        ["firms", "--view", "perimeter=nothing"],
        ["firms", "--out", "firms.xlsx"],
        ["firms", "--out", "firms"],
    ],
)
def test_table_that_cannot_be_had(built: Snapshot, capsys: Output, arguments: list[str]) -> None:
    assert main(["table", *arguments, "--store", store_of(built), "--lang", "en"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1


def test_table_as_csv_file(built: Snapshot, tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("old")
    assert main(["table", "firms", "--out", str(path), "--store", store_of(built), "--lang", "en"]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    rows = pd.read_csv(path, dtype="str")
    assert len(rows) == 4
    assert rows.columns.tolist() == built.firms("tic").columns.tolist()
    note = (tmp_path / "firms.csv.source.txt").read_text(encoding="utf-8")
    assert note.startswith(translator("en")("cli.demo_notice"))
    assert built.id in note
    assert "register.parquet" in note
    assert {path.name for path in tmp_path.iterdir()} == {"firms.csv", "firms.csv.source.txt"}


def test_table_as_parquet_file(built: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    arguments = ["table", "firms", "--view", "department=31", "--out", str(path), "--store", store_of(built)]
    assert main(arguments) == 0
    assert len(pd.read_parquet(path)) == 2
    metadata = {k.decode(): v.decode() for k, v in pq.read_metadata(path).metadata.items()}
    assert metadata["demo"] == "true"
    assert metadata["snapshot"] == built.id
    assert metadata["view"] == "department=31"
    assert json.loads(metadata["sources"])[0]["file"] == "register.parquet"


def test_file_that_cannot_be_written(built: Snapshot, tmp_path: Path, capsys: Output) -> None:
    for path in (tmp_path / "absent" / "firms.csv", tmp_path / "absent" / "firms.parquet"):
        assert main(["table", "firms", "--out", str(path), "--store", store_of(built), "--lang", "en"]) == 2
        assert f"{path} cannot be written" in capsys.readouterr().err
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert main(["table", "firms", "--out", str(folder), "--store", store_of(built)]) == 2
    assert list(tmp_path.iterdir()) == [folder]


def test_withheld_unit_is_in_no_table(built: Snapshot, capsys: Output) -> None:
    for name in ("firms", "members", "matches", "penetration"):
        for perimeter in built.perimeters:
            assert main(["table", name, "--view", f"perimeter={perimeter}", "--store", store_of(built)]) == 0
            output = capsys.readouterr()
            assert small.WITHHELD_NAME not in output.out + output.err
            assert small.siren(2) not in output.out + output.err


def test_csv_is_harmless_in_a_spreadsheet() -> None:
    text = ["=1+1", "+33", "-a", "@b", "\tc", "\rd", "e=f", "", None, "a,b", "'g", "L’Éclair"]
    rows = pd.DataFrame({"text": pd.Series(text, dtype="str"), "number": [-1.5] * len(text)})
    before = rows.copy()
    read = pd.read_csv(io.BytesIO(as_csv(rows)), keep_default_na=False)
    expected = ["'=1+1", "'+33", "'-a", "'@b", "'\tc", "'\nd", "e=f", "", "", "a,b", "'g", "L’Éclair"]
    assert read["text"].tolist() == expected
    assert read["number"].tolist() == [-1.5] * len(text)
    pd.testing.assert_frame_equal(rows, before)


def test_csv_of_an_empty_table() -> None:
    assert as_csv(pd.DataFrame({"a": pd.Series([], dtype="str"), "b": []})) == b"a,b\n"


# The process


def test_reader_that_goes_away_is_no_error(built: Snapshot) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "analytics", "table", "penetration", "--level", "commune"]
    done = subprocess.run(
        [*command, "--store", store_of(built)], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr.decode().strip() == translator("fr")("cli.demo_notice")


def test_csv_is_utf8_whatever_the_terminal(built: Snapshot) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = run_process("table", "penetration", "--store", store_of(built), env=environment)
    assert done.returncode == 0
    assert "Ariège" in done.stdout.decode("utf-8")


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "status", interrupt)
    assert main(["status", "--lang", "en"]) == 130
    assert capsys.readouterr().err == translator("en")("cli.interrupted") + "\n"
