"""The command line: what goes to standard output, what to standard error, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics import commands
from analytics.__main__ import main, make_parser
from analytics.arguments import said
from analytics.export.spreadsheet import as_csv
from analytics.ingest import isochrone_service
from analytics.ingest.register import REASONS
from analytics.pipeline import building
from analytics.pipeline.building import build
from analytics.pipeline.manifest import faults_of
from analytics.pipeline.request import Request
from analytics.pipeline.stages import STAGES, Report
from analytics.store import REQUIRED, Snapshot, Store
from analytics.tables import TABLES
from analytics.text import LANGUAGES, translator
from analytics.text.recruitment_findings import no_model_sentence
from analytics.text.roster_findings import OUTCOMES
from tests.analytics import small_sources as small
from tests.analytics.ingest import isochrone_server
from tests.demo import planted

ROOT = Path(__file__).parents[2]
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Return a snapshot of demonstration data that tests only read."""
    folder = tmp_path_factory.mktemp("built")
    request = Request(
        register=small.write_register(folder / "register.parquet"),
        legal_units=small.write_legal_units(folder / "units.parquet"),
        members=small.write_roster(folder / "members.csv"),
        store=Store(folder / "store"),
        is_demo=True,
    )
    return build(request)


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
    assert "4 members: 2 matched, " in output.err
    assert "2 rows to mend in the roster" in output.err
    assert "(row 4)" in output.err
    assert "Demonstration" not in output.err


def test_demo_from_the_command_line(
    built: Snapshot, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def build_demo(store: Store, report: Report) -> Snapshot:
        report("build.stage_sources", 0.5)
        asked.append(store.root)
        return built

    monkeypatch.setattr(building, "build_demo", build_demo)
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
    assert status["members"] == sum(status[f"members_{outcome}"] for outcome in OUTCOMES)
    assert status["rows_read"]["register"] == small.ROWS_READ
    assert status["excluded_rows"] == {"register": small.EXCLUDED, "members": {}}
    assert status["faults"] == len(faults_of(built))
    assert [source["role"] for source in status["sources"]] == ["register", "legal_units", "members"]
    assert all(len(source["sha256"]) == 64 for source in status["sources"])
    assert status["damage"] is None


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
    build(Request(register=register, store=Store(tmp_path / "store")))
    assert main(["status", "--store", str(tmp_path / "store")]) == 0
    assert translator("fr")("cli.status_no_members") in capsys.readouterr().out


def test_every_reason_has_a_text() -> None:
    for language in LANGUAGES:
        for reason in REASONS:
            assert translator(language)(f"register.reason.{reason}")
        for reason in ("blank", "total", "repeated_header", "unidentified", "duplicate"):
            assert translator(language)(f"members.left_out.{reason}")
        for stage in STAGES:
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
    assert "utilisation" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_in_the_language(language: str, capsys: Output) -> None:
    for arguments in (["--lang", language, "--help"], ["table", f"--lang={language}", "--help"]):
        with pytest.raises(SystemExit) as raised:
            main(arguments)
        assert raised.value.code == 0
        text = "cli.description" if arguments[0] == "--lang" else "cli.table"
        assert " ".join(translator(language)(text).split()) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "french"),
    [
        ([], "il manque COMMAND"),
        (["build"], "il manque --register"),
        (["build", "--register"], "--register\u202f: attend une valeur"),
        (["demo", "--nope", "1"], "argument inconnu\u202f: --nope 1"),
        (["remove"], "il faut l’un de --siren --member"),
        (["remove", "--siren", "1", "--member", "2"], "--member\u202f: ne va pas avec --siren"),
        (["status", "--json=3"], "--json\u202f: ne prend pas de valeur\u202f: '3'"),
        (["audit", "--limit", "x"], "--limit\u202f: «\u202fx\u202f» n’est pas un nombre entier"),
    ],
)
def test_a_refusal_of_arguments_is_in_french(arguments: list[str], french: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("utilisation\u202f: python -m analytics")
    assert f"erreur\u202f: {french}" in told
    assert not re.search(r"usage|error|argument [^i]|required|invalid", told)


def test_a_command_that_is_none_names_those_there_are(capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["buidl"])
    told = capsys.readouterr().err
    assert "n’est pas connu (au choix" in told
    assert "rollback" in told


def test_what_argparse_says_besides_is_passed_on() -> None:
    assert said("something new", translator("fr")) == "something new"
    assert said("argument --x: something new", translator("fr")) == "--x\u202f: something new"


def test_options_stand_before_or_after_the_command() -> None:
    parser = make_parser("fr")
    for arguments in (["--store", "a", "--lang", "en", "status"], ["status", "--store", "a", "--lang", "en"]):
        options = parser.parse_args(arguments)
        assert (options.store, options.lang) == (Path("a"), "en")
    assert parser.parse_args(["status"]).store is None


def test_help_loads_no_table_library() -> None:
    code = "import sys, analytics.__main__ as m; m.make_parser('fr'); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("modules", "needless"),
    [
        # What is asked of the manifest: status, rollback, what was wrong with a roster that had no fault.
        ("analytics.commands", {"polars", "pandera", "scipy", "openpyxl"}),
        # A build without a roster.
        ("analytics.commands, analytics.pipeline.building", {"scipy.stats", "sklearn", "openpyxl", "requests"}),
    ],
)
def test_a_command_loads_no_heavy_library_that_it_does_not_need(modules: str, needless: set[str]) -> None:
    code = f"import sys, {modules}; sys.exit(' '.join({needless} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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


# The tables of towns and recruitment, on the demonstration

TOWN_COLUMNS = (
    "area_code,area_name,firms,members,expected_members,ratio,ratio_shrunk,ratio_low,ratio_high,"
    "probability_under,members_missing,p_value,q_value,cluster"
)
PROSPECT_COLUMNS = "siren,name,commune_name,segment,size_code,jobs_estimate,score,reason_1,reason_2,reason_3"
WHITE_SPACE_COLUMNS = (
    "segment,size_class,firms,members,jobs_estimate,member_jobs,firm_penetration_pct,job_penetration_pct,"
    "expected_members,ratio,ratio_shrunk,members_missing,p_value,q_value,verdict,segment_verdict,target_pct,"
    "added_members,added_jobs,added_dues_eur,segment_name"
)
PENETRATION_COLUMNS = (
    "area_code,area_name,firms,members,firm_penetration_pct,jobs_estimate,member_jobs,job_penetration_pct"
)
CODES = dict.fromkeys(("siren", "size_code", "area_code", "reason_1", "reason_2", "reason_3"), "str")


@pytest.fixture
def table(demo_root: Path, capsys: Output) -> Callable[..., pd.DataFrame]:
    """Return a function that asks for a table of the demonstration and reads what is on standard output."""

    def asked(*arguments: str) -> pd.DataFrame:
        assert main(["table", *arguments, "--store", str(demo_root)]) == 0
        output = capsys.readouterr()
        language = arguments[arguments.index("--lang") + 1] if "--lang" in arguments else "fr"
        # A plan says beside it what it supposes.
        told = output.err.splitlines() if arguments[0] != "membership" else output.err.splitlines()[:1]
        assert told == [translator(language)("cli.demo_notice")]
        return pd.read_csv(io.StringIO(output.out), dtype=CODES)

    return asked


@pytest.mark.parametrize(
    ("arguments", "header"),
    [
        *((["towns", "--level", level], TOWN_COLUMNS) for level in ("commune", "epci", "department", "antenna")),
        (["towns"], TOWN_COLUMNS),
        (["prospects", "--limit", "5"], PROSPECT_COLUMNS),
        (["white-space"], WHITE_SPACE_COLUMNS),
        (["thresholds"], "category,band,step,firms,members,firm_penetration_pct"),
        (
            ["shrunk-penetration", "--level", "epci"],
            "area_code,area_name,firms,members,firm_penetration_pct,firm_penetration_shrunk_pct,"
            "firm_penetration_shrunk_low_pct,firm_penetration_shrunk_high_pct,probability_under_rate",
        ),
        *((["penetration", "--level", level], PENETRATION_COLUMNS) for level in ("antenna", "segment_size", "size")),
    ],
)
def test_headers_are_those_promised(
    arguments: list[str], header: str, table: Callable[..., pd.DataFrame], demo_root: Path, capsys: Output
) -> None:
    assert not table(*arguments).empty
    assert main(["table", *arguments, "--store", str(demo_root), "--lang", "en"]) == 0
    assert capsys.readouterr().out.partition("\n")[0] == header


@pytest.mark.parametrize("level", ["commune", "epci", "department", "antenna"])
def test_towns_expect_as_many_members_as_there_are(level: str, table: Callable[..., pd.DataFrame]) -> None:
    towns = table("towns", "--level", level)
    whole = table("penetration", "--level", "segment")
    # Firms in a commune without EPCI are in no EPCI.
    missing = whole["firms"].sum() - towns["firms"].sum()
    assert missing == 0 or (level == "epci" and missing < 0.01 * whole["firms"].sum())
    if not missing:
        assert towns["members"].sum() == whole["members"].sum()
        assert towns["expected_members"].sum() == pytest.approx(whole["members"].sum())
    assert (level == "epci") == bool(towns["cluster"].notna().any())


def test_penetration_by_antenna_and_cell_counts_each_firm_once(table: Callable[..., pd.DataFrame]) -> None:
    whole = table("penetration", "--level", "department")[["firms", "members"]].sum().tolist()
    for level in ("antenna", "segment_size"):
        counts = table("penetration", "--level", level)
        assert counts[["firms", "members"]].sum().tolist() == whole


def test_prospects_of_an_antenna_and_a_segment(table: Callable[..., pd.DataFrame]) -> None:
    rows = table("prospects", "--antenna", "Mende", "--segment", "programming", "--limit", "7")
    assert 0 < len(rows) <= 7
    assert set(rows["segment"]) == {"programming"}
    assert rows["score"].is_monotonic_decreasing
    view = table("prospects", "--view", "antenna=Mende&segment=programming")
    pd.testing.assert_frame_equal(view.head(len(rows)), rows)
    assert len(table("prospects", "--antenna", "Mende")) > len(view)


def test_an_option_goes_before_what_the_view_says_of_the_same(table: Callable[..., pd.DataFrame]) -> None:
    view = "?antenna=Rodez&segment=software&segment=data&department=48&order=jobs"
    rows = table("prospects", "--antenna", "Mende", "--segment", "programming", "--view", view)
    wanted = table("prospects", "--view", "antenna=Mende&segment=programming&department=48&order=jobs")
    pd.testing.assert_frame_equal(rows, wanted)
    assert rows["jobs_estimate"].is_monotonic_decreasing
    assert not rows.empty


def test_a_segment_narrows_the_other_tables_too(table: Callable[..., pd.DataFrame]) -> None:
    assert set(table("white-space", "--segment", "software")["segment"]) == {"software"}
    part = table("towns", "--level", "department", "--segment", "software")
    whole = table("penetration", "--level", "segment").set_index("area_code")
    assert part["firms"].sum() == whole.loc["software", "firms"]


def test_coverage_and_territories_have_the_columns_promised(table: Callable[..., pd.DataFrame]) -> None:
    coverage = table("coverage", "--threshold", "30", "--unit", "km")
    assert list(coverage) == [
        "antenna",
        "firms",
        "jobs_estimate",
        "members",
        "population",
        "firms_only_here",
        "firms_lost_if_closed",
    ]
    assert coverage["antenna"].tolist()[-1] == "network"
    assert len(coverage) == 10
    assert (coverage["firms_only_here"] == coverage["firms_lost_if_closed"])[:-1].all()
    territories = table("territories", "--unit", "km")
    assert territories["firms"].sum() == len(table("firms"))
    assert territories["staff"].sum() == 11


@pytest.mark.parametrize("demand", ["firms", "jobs", "missing"])
def test_the_next_antennas_go_on_from_the_coverage(table: Callable[..., pd.DataFrame], demand: str) -> None:
    reach = ("--threshold", "30", "--unit", "km")
    rows = table("next-antennas", "--k", "3", *reach, "--demand", demand)
    assert list(rows) == [
        "rank",
        "commune_code",
        "commune_name",
        "added_demand",
        "covered_share_pct",
        "optimality_gap",
        "chosen_by_greedy",
    ]
    assert rows["rank"].tolist() == [1, 2, 3]
    assert (rows["optimality_gap"] == 0).all()
    assert rows["added_demand"].is_monotonic_decreasing
    first = str(rows["commune_code"][0])
    without = table("next-antennas", "--k", "3", *reach, "--demand", demand, "--exclude", first)
    assert first not in set(without["commune_code"])
    assert without["added_demand"].sum() <= rows["added_demand"].sum()
    forced = table("next-antennas", "--k", "3", *reach, "--demand", demand, "--force", "48061")
    assert "48061" in set(forced["commune_code"].astype("str"))
    if demand == "firms":
        coverage = table("coverage", *reach).set_index("antenna").loc["network", "firms"]
        firms = len(table("firms"))
        assert rows["covered_share_pct"].iloc[-1] == pytest.approx(
            100 * (coverage + rows["added_demand"].sum()) / firms
        )


def test_growth_history_and_membership_have_the_columns_promised(table: Callable[..., pd.DataFrame]) -> None:
    published = table("growth", "--base", "published", "--years", "10")
    assert list(published) == ["year", "firms", "jobs"]
    assert published.iloc[-1].tolist() == [2029, 24_190, 84_667]
    register = table("growth", "--base", "register", "--years", "3", "--rate", "2.5")
    assert list(register)[3:] == ["firms_p10", "firms_p25", "firms_p50", "firms_p75", "firms_p90"]
    assert register["firms"].tolist() == [18_000, 18_450, 18_911, 19_384]
    assert (register["firms_p10"] <= register["firms_p90"]).all()
    history = table("history")
    assert list(history) == ["year", "open", "opened", "closed", "net_rate_pct"]
    assert dict(zip(history["year"], history["open"], strict=True)) == planted.OPEN_ON
    held = table("membership", "--target-share", "5", "--by", "2030", "--churn", "4")
    assert list(held) == ["year", "members", "firms", "share_pct", "recruits"]
    assert held["share_pct"].iloc[-1] == 5
    wanted = table("membership", "--target-members", "600", "--by", "2030")
    assert wanted["members"].iloc[[0, -1]].tolist() == [391, 600]
    assert table("membership", "--target-jobs", "25000")["members"].is_monotonic_increasing


def test_a_bridge_joins_two_snapshots(tmp_path: Path, demo_root: Path, capsys: Output) -> None:
    root = tmp_path / "store"
    shutil.copytree(demo_root, root)
    before = Store(root).current_id()
    assert main(["table", "bridge", "--store", str(root), "--lang", "en"]) == 2
    assert "No older data set" in capsys.readouterr().err
    assert main(["demo", "--store", str(root)]) == 0
    after = capsys.readouterr().out.strip()
    assert main(["table", "bridge", "--from", str(before), "--to", after, "--store", str(root)]) == 0
    rows = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert rows["figure"].tolist() == ["firms"] * 2 + ["jobs"] * 2 + ["members"] * 2
    assert rows["step"].tolist() == ["start", "end"] * 3
    for ends in (["--from", after], ["--from", after, "--to", str(before)], ["--from", "x"]):
        assert main(["table", "bridge", *ends, "--store", str(root)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_what_the_plan_supposes_is_told_beside_the_table(demo_root: Path, capsys: Output) -> None:
    asked = [
        "table",
        "membership",
        "--target-members",
        "600",
        "--by",
        "2030",
        "--store",
        str(demo_root),
        "--lang",
        "en",
    ]
    assert main(asked) == 0
    told = capsys.readouterr().err
    assert "21 departures seen" in told
    assert "For 600 members in 2030: 57 recruits a year" in told
    assert main([*asked, "--churn", "0"]) == 0
    assert "No member would leave" in capsys.readouterr().err


def test_what_one_must_know_of_minutes_is_told_beside_the_table(demo_root: Path, capsys: Output) -> None:
    asked = ["--exclude", "99999", "--k", "2"]
    assert main(["table", "next-antennas", *asked, "--store", str(demo_root), "--lang", "en"]) == 0
    told = capsys.readouterr()
    assert "estimated from distances" in told.err
    assert "99999" in told.err
    assert told.out.count("\n") == 3
    assert main(["table", "coverage", "--unit", "km", "--store", str(demo_root), "--lang", "en"]) == 0
    assert "estimated" not in capsys.readouterr().err


def test_isochrones_are_asked_for_and_published(tmp_path: Path, demo_root: Path, capsys: Output) -> None:
    root = tmp_path / "store"
    shutil.copytree(demo_root, root)
    before = Store(root).current_id()
    with isochrone_server.running() as service, pytest.MonkeyPatch.context() as patch:
        patch.setattr(isochrone_service, "Pace", partial(isochrone_service.Pace, per_second=10_000))
        service.script = [isochrone_server.refused(400)]
        arguments = ["isochrones", "--candidates", "1", "--service", service.url, "--store", str(root)]
        assert main([*arguments, "--lang", "en"]) == 0
    output = capsys.readouterr()
    current = Store(root).current()
    assert current is not None
    assert output.out.strip() == current.id != before
    assert "Toulouse, 15 minutes: the service refuses this place" in output.err
    assert len(current.table("isochrones")) == 10 * 4 - 1
    assert current.manifest["counts"] == Store(root).open(str(before)).manifest["counts"]
    assert len(service.asked) == 40


def test_a_service_that_does_not_answer_is_one_sentence(tmp_path: Path, demo_root: Path, capsys: Output) -> None:
    root = tmp_path / "store"
    shutil.copytree(demo_root, root)
    before = Store(root).current_id()
    with isochrone_server.running() as service:
        address = service.url
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isochrone_service, "Pace", partial(isochrone_service.Pace, sleep=lambda _: None))
        assert main(["isochrones", "--service", address, "--store", str(root)]) == 2
    assert "ne répond pas" in capsys.readouterr().err
    assert Store(root).current_id() == before


def test_a_limit_of_none_leaves_the_header(table: Callable[..., pd.DataFrame]) -> None:
    assert table("prospects", "--limit", "0").empty


def test_reasons_are_in_the_language(table: Callable[..., pd.DataFrame]) -> None:
    columns = ["reason_1", "reason_2", "reason_3"]
    french = table("prospects", "--limit", "200")
    english = table("prospects", "--limit", "200", "--lang", "en")
    pd.testing.assert_frame_equal(french.drop(columns=columns), english.drop(columns=columns))
    assert (french[columns].isna() == english[columns].isna()).all(axis=None)
    assert french["reason_1"].notna().all()
    said = " ".join(english[columns].fillna("").to_numpy().ravel())
    assert "despite: " in said
    for word in ("malgré", "emplois", "membres", "{", "+", "None"):
        assert word not in said
    assert "malgré" in " ".join(french[columns].fillna("").to_numpy().ravel())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prospects", "--antenna", "Paris"], "Toulouse, Montpellier"),
        (["prospects", "--antenna", ""], "Toulouse, Montpellier"),
        (["prospects", "--segment", "bakeries"], "software, programming"),
        (["prospects", "--level", "epci"], "--level"),
        (["towns", "--level", "segment"], "epci, commune, department, antenna"),
        (["towns", "--limit", "3"], "--limit"),
        (["towns", "--threshold", "30"], "--threshold"),
        (["coverage", "--k", "3"], "--k"),
        (["coverage", "--threshold", "4"], "5"),
        (["coverage", "--threshold", "far"], "far"),
        (["coverage", "--unit", "miles"], "min, km"),
        (["next-antennas", "--k", "6"], "5"),
        (["next-antennas", "--k", "0"], "5"),
        (["next-antennas", "--demand", "people"], "firms, jobs, missing"),
        (["next-antennas", "--exclude", "Mende"], "Mende"),
        (["firms", "--antenna", "Mende"], "--antenna"),
        (["nothing", "--antenna", "Mende"], "prospects"),
        (["growth", "--base", "guess"], "register, published"),
        (["growth", "--years", "31"], "30"),
        (["growth", "--years", "many"], "many"),
        (["growth", "--rate", "60"], "−50"),
        (["growth", "--by", "2030"], "--by"),
        (["history", "--years", "3"], "--years"),
        (["history", "--to", "x"], "--to"),
        (["membership", "--by", "2026"], "2026"),
        (["membership", "--by", "1890"], "1900"),
        (["membership", "--churn", "101"], "100"),
        (["membership", "--target-share", "101"], "101"),
        (["membership", "--target-share", "5", "--target-members", "600"], "--target-share, --target-members"),
        (["staying", "--target-members", "600"], "--target-members"),
        (["budget", "--target-members", "many"], "many"),
        (["prospects", "--view", "visits=nan"], "1,000"),
    ],
)
def test_what_a_table_does_not_take_is_told(arguments: list[str], told: str, demo_root: Path, capsys: Output) -> None:
    assert main(["table", *arguments, "--store", str(demo_root), "--lang", "en"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert told in output.err


@pytest.mark.parametrize("limit", ["-1", "ten", "1.5", ""])
def test_a_limit_is_a_whole_number(limit: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["table", "prospects", "--limit", limit])
    assert raised.value.code == 2
    assert "--limit" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_model_it_is_said_beside_the_list(built: Snapshot, capsys: Output, language: str) -> None:
    assert main(["table", "prospects", "--store", store_of(built), "--lang", language]) == 0
    output = capsys.readouterr()
    t = translator(language)
    # Two firms of the perimeter are members, one found by its name; the model needs thirty.
    assert output.err == f"{t('cli.demo_notice')}\n{no_model_sentence(t, members=2, others=2)}\n"
    rows = pd.read_csv(io.StringIO(output.out), dtype=CODES)
    # Of the others, one is withheld and one was a member once.
    assert rows["siren"].tolist() == [small.siren(5)]
    assert rows[["score", "reason_1", "reason_2", "reason_3"]].isna().all(axis=None)
    assert main(["table", "towns", "--store", store_of(built), "--lang", language]) == 0
    assert capsys.readouterr().err == t("cli.demo_notice") + "\n"


@pytest.mark.parametrize(
    "arguments", [["towns", "--level", "epci"], ["prospects", "--limit", "9"], ["white-space"], ["thresholds"]]
)
def test_new_tables_as_files(
    arguments: list[str], table: Callable[..., pd.DataFrame], demo_root: Path, tmp_path: Path
) -> None:
    shown = table(*arguments)
    for suffix in ("csv", "parquet"):
        path = tmp_path / f"table.{suffix}"
        assert main(["table", *arguments, "--out", str(path), "--store", str(demo_root)]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv", dtype=CODES), shown)
    kept = pd.read_parquet(tmp_path / "table.parquet")
    assert list(kept) == list(shown)
    assert len(kept) == len(shown)
    # A text that is missing is null, never empty.
    assert not (kept.select_dtypes("str") == "").any(axis=None)
    assert (kept.isna() == shown.isna()).all(axis=None)
    facts = {k.decode(): v.decode() for k, v in pq.read_metadata(tmp_path / "table.parquet").metadata.items()}
    assert facts["table"] == arguments[0]
    assert facts.get("limit") == ("9" if arguments[0] == "prospects" else None)


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
    for name in TABLES:
        for perimeter in built.perimeters:
            # The first snapshot has nothing to be compared with.
            code = main(["table", name, "--view", f"perimeter={perimeter}", "--store", store_of(built)])
            assert code == (2 if name == "bridge" else 0)
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
