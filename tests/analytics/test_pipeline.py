"""The build: small files in, a snapshot and its manifest out, or a sentence and nothing changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from analytics.contracts import CANDIDATES, CLUSTERS, CONTOURS, MEMBERS, NEIGHBOURS, PROSPECTS
from analytics.errors import UserError
from analytics.pipeline import building, sources
from analytics.pipeline.building import DEMO_FILES, build, build_demo
from analytics.pipeline.manifest import count_members, faults_of
from analytics.pipeline.removing import remove
from analytics.pipeline.republishing import apply_decisions, replace_members
from analytics.pipeline.request import Request
from analytics.pipeline.stages import STAGES, Report
from analytics.settings import REGION_FILE, default_settings
from analytics.store import REQUIRED, Snapshot, Store
from analytics.text import translator
from analytics.text.roster_findings import OUTCOMES, outcomes_sentence
from tests.analytics import small_sources as small

REAL = Path(__file__).parents[2] / "../shared/real/StockEtablissement_09_46_48.parquet"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def request_(tmp_path: Path, store: Store) -> Request:
    return Request(
        register=small.write_register(tmp_path / "register.parquet"),
        legal_units=small.write_legal_units(tmp_path / "units.parquet"),
        members=small.write_roster(tmp_path / "members.csv"),
        store=store,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Return a snapshot that several tests read."""
    folder = tmp_path_factory.mktemp("built")
    request = Request(
        register=small.write_register(folder / "register.parquet"),
        legal_units=small.write_legal_units(folder / "units.parquet"),
        members=small.write_roster(folder / "members.csv"),
        store=Store(folder / "store"),
    )
    return build(request)


def key_of_refusal(request: Request) -> str:
    with pytest.raises(UserError) as raised:
        build(request)
    assert raised.value.message("fr")
    assert raised.value.message("en")
    return raised.value.key


def test_build_gives_the_firms_of_each_perimeter(built: Snapshot) -> None:
    assert {p: len(built.firms(p)) for p in built.perimeters} == small.FIRMS_BY_PERIMETER
    firms = built.firms("tic").set_index("siren")
    assert firms.loc[small.siren(1), "name"] == "Alpha Démo"
    assert pd.isna(firms.loc[small.siren(2), "name"])
    assert Store(built.path.parent).current() == built
    built.verify()


def test_manifest_counts(built: Snapshot) -> None:
    manifest = built.manifest
    counts = manifest["counts"]
    assert counts["firms"] == 4
    assert counts["firms_jobs_estimate"] == small.JOBS_ESTIMATE
    assert counts["partially_diffusible"] == 1
    assert counts["firms_by_perimeter"] == small.FIRMS_BY_PERIMETER
    assert counts["register_rows_read"] == small.ROWS_READ
    assert manifest["excluded"]["register"] == small.EXCLUDED
    assert counts["register_rows_read"] == counts["register_rows_kept"] + sum(small.EXCLUDED.values())
    assert counts["members"] == 4
    assert counts["members_former"] == 1
    assert counts["members_matched"] >= 2
    assert counts["members_not_found"] >= 1
    assert counts["members"] == sum(counts[f"members_{o}"] for o in ("matched", "to_review", "not_found"))


def test_manifest_quality(built: Snapshot) -> None:
    quality = built.manifest["quality"]
    # Of firms 1, 2, 3 and 5: the band of 3 is unknown, the name of 2 withheld, no address is given.
    assert quality["named_pct"] == 75
    assert quality["partially_diffusible_pct"] == 25
    assert quality["located_at_town_hall_pct"] == 100
    assert quality["naf_2025_pct"] == 0


def test_manifest_sources(built: Snapshot) -> None:
    manifest = built.manifest
    assert [source["role"] for source in manifest["sources"]] == ["register", "legal_units", "members"]
    content = (built.path.parents[1] / "register.parquet").read_bytes()
    register = manifest["sources"][0]
    assert register["file"] == "register.parquet"
    assert register["bytes"] == len(content)
    assert register["sha256"] == hashlib.sha256(content).hexdigest()
    assert datetime.fromisoformat(register["modified"]).tzinfo is not None
    assert [source.get("data_as_of", "") for source in manifest["sources"]] == ["2026-09-30", "", ""]
    assert built.settings() == default_settings()


def test_manifest_names_nobody(built: Snapshot) -> None:
    text = (built.path / "manifest.json").read_text(encoding="utf-8")
    for name in ("Alpha", "Huit", "Gamma", "Zygomatique", "Ancienne", small.WITHHELD_NAME, small.siren(1)):
        assert name not in text


def test_trade_names_are_kept_of_named_firms_only(built: Snapshot) -> None:
    assert built.table("aliases").to_dict("list") == {"siren": [small.siren(1)], "alias": ["Alphanet"]}


def test_withheld_name_is_in_no_table(built: Snapshot) -> None:
    for name in built.table_names:
        assert small.WITHHELD_NAME not in built.table(name).to_csv()


def test_faults_of_the_roster_are_kept(built: Snapshot) -> None:
    faults = faults_of(built)
    assert [fault.rows for fault in faults if fault.key == "members.invalid_siren"] == [(4,)]
    assert all(fault.message("fr") and fault.message("en") for fault in faults)


def test_member_outside_the_region_stays_a_member(built: Snapshot) -> None:
    members = built.table("members").set_index("name")
    assert members.loc["Huit Démo", "match_decision"] == "matched"
    assert not members.loc["Huit Démo", "is_in_perimeter"]
    assert members.loc["Alpha Démo", "is_in_perimeter"]


def test_a_siren_that_is_nowhere_in_the_register_is_told_apart(request_: Request, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    lines = [f"{name};{small.siren(n)}" for name, n in (("Un", 1), ("Paris", 8), ("Nulle", 4321))]
    roster.write_text("\n".join(["Nom;SIREN", *lines]), encoding="utf-8")
    snapshot = build(replace(request_, members=roster))
    counts = snapshot.manifest["counts"]
    assert {name: counts[f"members_{name}"] for name in (*OUTCOMES, "in_sector")} == {
        "matched": 2,
        "not_in_register": 1,
        "to_review": 0,
        "not_found": 0,
        "in_sector": 1,
    }
    assert [(fault.key, fault.rows) for fault in faults_of(snapshot)] == [("members.not_in_register", (4,))]
    # Said once however often it is published, and no longer once people say which firm it is.
    assert len(faults_of(apply_decisions(request_.store))) == 1
    member = snapshot.table("members").set_index("name").loc["Nulle", "member_id"]
    request_.store.record_decision(member, small.siren(5))
    decided = apply_decisions(request_.store)
    assert decided.manifest["counts"]["members_matched"] == 3
    assert faults_of(decided) == ()


def test_a_roster_alone_does_not_say_what_only_the_register_knows(request_: Request, tmp_path: Path) -> None:
    def roster(*members: tuple[str, int]) -> Path:
        path = tmp_path / "roster.csv"
        lines = [f"{name};{small.siren(n)}" for name, n in members]
        path.write_text("\n".join(["Nom;SIREN", *lines]), encoding="utf-8")
        return path

    def told(snapshot: Snapshot) -> list[tuple[str, tuple[int, ...]]]:
        return [(fault.key, fault.rows) for fault in faults_of(snapshot)]

    # Firm 7 of Toulouse bakes: it is in the register, and only a build that knows of the member reads its row.
    build(replace(request_, members=roster(("Un", 1), ("Nulle", 4321))))
    after = replace_members(request_.store, roster(("Un", 1), ("Boulangerie", 7), ("Nulle", 4321)))
    expected = [("members.not_in_register", (4,)), ("members.not_followed", (3,))]
    assert told(after) == expected
    assert "dernière construction" in faults_of(after)[1].message("fr")
    assert told(apply_decisions(request_.store)) == expected
    assert after.manifest["counts"]["members_matched"] == 1
    assert "registre" not in outcomes_sentence(after.manifest["counts"], translator("fr"))
    whole = build(replace(request_, members=tmp_path / "roster.csv"))
    assert told(whole) == [("members.not_in_register", (4,))]
    assert whole.manifest["counts"]["members_matched"] == 2


def test_without_a_roster(request_: Request) -> None:
    snapshot = build(replace(request_, members=None))
    assert not snapshot.manifest["has_members_file"]
    assert snapshot.manifest["counts"]["members"] == 0
    pd.testing.assert_frame_equal(snapshot.table("members"), MEMBERS.empty())
    pd.testing.assert_frame_equal(snapshot.table("candidates"), CANDIDATES.empty())
    assert apply_decisions(request_.store).table("members").empty


def test_without_legal_units(request_: Request) -> None:
    snapshot = build(replace(request_, legal_units=None))
    firms = snapshot.firms("tic")
    assert len(firms) == 4
    assert firms["name"].dropna().tolist() == ["Alphanet"]


def test_progress_is_told_stage_by_stage(request_: Request) -> None:
    told: list[tuple[str, float]] = []
    build(request_, lambda stage, done: told.append((stage, done)))
    assert list(dict.fromkeys(stage for stage, _ in told)) == list(STAGES)
    for stage in STAGES:
        shares = [done for told_stage, done in told if told_stage == stage]
        assert shares == sorted(shares)
        assert shares[-1] == pytest.approx(1)
        assert 0 <= shares[0] <= 1


# Refusals


def test_a_fall_is_refused_unless_allowed(request_: Request, tmp_path: Path) -> None:
    many = small.write_register(tmp_path / "many.parquet", more_firms=2)
    before = build(replace(request_, register=many))
    # From 6 firms to 4 is a fall of 33 %.
    assert key_of_refusal(request_) == "build.shrunk"
    assert request_.store.current() == before
    assert request_.store.snapshots() == [before]
    after = build(replace(request_, allow_shrink=True))
    assert request_.store.current() == after


@pytest.mark.parametrize("harmed", ["manifest.json", "../current", "firms-tic.parquet"])
def test_a_fall_is_refused_where_what_is_published_is_damaged(request_: Request, tmp_path: Path, harmed: str) -> None:
    many = replace(request_, register=small.write_register(tmp_path / "many.parquet", more_firms=2))
    build(many)
    (build(many).path / harmed).write_text("{")
    assert key_of_refusal(request_) == "build.shrunk"
    assert build(replace(request_, allow_shrink=True)) == request_.store.current()


def test_a_small_fall_is_published(request_: Request, tmp_path: Path) -> None:
    build(replace(request_, register=small.write_register(tmp_path / "more.parquet", more_firms=1)))
    assert len(build(request_).firms("tic")) == 4  # From 5 to 4: 20 %.


def test_from_the_demo_to_real_files_is_no_fall(request_: Request, tmp_path: Path) -> None:
    many = small.write_register(tmp_path / "many.parquet", more_firms=20)
    assert build(replace(request_, register=many, is_demo=True)).is_demo
    assert not build(request_).is_demo


def test_another_region_is_no_fall(request_: Request, tmp_path: Path) -> None:
    many = small.write_register(tmp_path / "many.parquet", more_firms=20)
    build(replace(request_, register=many))
    other = tmp_path / "other.toml"
    other.write_text(REGION_FILE.read_text(encoding="utf-8").replace('code = "76"', 'code = "99"'), encoding="utf-8")
    assert build(replace(request_, settings_file=other)).manifest["settings"]["region"]["code"] == "99"


def test_damaged_snapshot_does_not_stop_a_build(request_: Request) -> None:
    (build(request_).path / "manifest.json").unlink()
    assert build(request_) == request_.store.current()


def test_file_that_is_not_there(request_: Request, tmp_path: Path) -> None:
    published = build(request_)
    assert key_of_refusal(replace(request_, register=tmp_path / "absent.parquet")) == "build.source_absent"
    assert key_of_refusal(replace(request_, members=tmp_path)) == "build.source_no_file"
    assert request_.store.current() == published


def test_file_that_changes_while_it_is_read(request_: Request) -> None:
    def save_again(stage: str, done: float) -> None:
        if stage == "build.stage_matching" and done == 1:
            assert request_.members is not None
            request_.members.write_text("Nom\nAutre", encoding="utf-8")

    with pytest.raises(UserError) as raised:
        build(request_, save_again)
    assert raised.value.key == "build.source_changed"
    assert request_.store.current() is None


def test_second_build_leaves_before_reading(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "describe", lambda *_a, **_k: pytest.fail("read"))
    with request_.store.writing():
        assert key_of_refusal(request_) == "store.busy"


# Decisions


def test_decisions_are_replayed_at_each_build(request_: Request) -> None:
    members = build(request_).table("members").set_index("name")
    lost = members.loc["Zygomatique Introuvable", "member_id"]
    request_.store.record_decision(lost, small.siren(5))
    again = build(request_).table("members").set_index("name").loc["Zygomatique Introuvable"]
    assert again[["siren", "match_method", "match_decision"]].tolist() == [small.siren(5), "decision", "matched"]


def test_decisions_take_effect_without_the_sources(request_: Request) -> None:
    before = build(request_)
    lost = before.table("members").set_index("name").loc["Zygomatique Introuvable", "member_id"]
    request_.store.record_decision(lost, small.siren(5))
    for file in request_.files().values():
        file.unlink()
    after = apply_decisions(request_.store)
    assert request_.store.current() == after
    assert after.id != before.id
    member = after.table("members").set_index("name").loc["Zygomatique Introuvable"]
    assert member["siren"] == small.siren(5)
    counts_before, counts_after = before.manifest["counts"], after.manifest["counts"]
    assert counts_after["members_matched"] == counts_before["members_matched"] + 1
    assert counts_after["firms"] == counts_before["firms"]
    assert after.manifest["sources"] == before.manifest["sources"]
    assert after.table_names == before.table_names
    # Who is a member changes the clusters too; of so few members no model is fitted, before or after.
    changed = {"members", "candidates", *(f"clusters-{perimeter}" for perimeter in after.perimeters)}
    for name in set(after.table_names) - changed:
        assert after.manifest["tables"][name] == before.manifest["tables"][name]


@pytest.mark.parametrize("how", ["build", "roster"])
@pytest.mark.parametrize("allowed", [False, True])
def test_a_roster_that_lost_many_is_refused_unless_allowed(
    request_: Request, tmp_path: Path, how: str, allowed: bool
) -> None:
    before = build(request_)
    few = tmp_path / "few.csv"
    few.write_text(f"Nom;SIREN\nAlpha Démo;{small.siren(1)}\nDelta Démo;{small.siren(4)}\n", encoding="utf-8")

    def publish() -> Snapshot:
        if how == "roster":
            return replace_members(request_.store, few, allow_shrink=allowed)
        return build(replace(request_, members=few, allow_shrink=allowed))

    if allowed:
        assert publish().manifest["counts"]["members"] == 2
        return
    with pytest.raises(UserError) as raised:
        publish()
    assert raised.value.key == "build.members_shrunk"
    assert "de 5 à 2 adhérents, anciens compris, une baisse de plus de 30" in raised.value.message("fr")
    assert request_.store.current() == before
    assert request_.store.snapshots() == [before]


def test_a_build_that_forgets_the_roster_is_refused(request_: Request) -> None:
    before = build(request_)
    assert key_of_refusal(replace(request_, members=None)) == "build.no_roster"
    assert request_.store.current() == before


def test_members_removed_on_request_are_no_fall(request_: Request) -> None:
    members = build(request_).table("members")["member_id"].tolist()
    for member in members[:2]:
        remove(request_.store, "member", member)
    assert request_.members is not None
    assert len(build(request_).table("members")) == len(members) - 2 == 3
    assert len(replace_members(request_.store, request_.members).table("members")) == 3


# A new roster alone


def test_roster_is_replaced_without_the_register(request_: Request, tmp_path: Path) -> None:
    before = build(request_)
    request_.register.unlink()
    roster = tmp_path / "newer.csv"
    roster.write_text(f"Nom;SIREN;Ville\nDelta Démo;{small.siren(4)};Montpellier\n;;\nTotal;;\n", encoding="utf-8")
    told: list[str] = []
    after = replace_members(request_.store, roster, lambda stage, _: told.append(stage), allow_shrink=True)
    assert request_.store.current() == after
    assert after.table("members")["name"].tolist() == ["Delta Démo"]
    assert after.table("roster")["siren"].tolist() == [small.siren(4)]
    assert not after.table("members")["is_in_perimeter"].any()
    manifest = after.manifest
    assert manifest["counts"]["members"] == manifest["counts"]["members_matched"] == 1
    assert manifest["counts"]["members_rows_read"] == 3
    assert manifest["excluded"] == {"register": small.EXCLUDED, "members": {"blank": 1, "total": 1}}
    assert manifest["faults"] == []
    assert [s["file"] for s in manifest["sources"]] == ["register.parquet", "units.parquet", "newer.csv"]
    assert manifest["counts"]["firms"] == before.manifest["counts"]["firms"]
    assert after.manifest["tables"]["firms-tic"] == before.manifest["tables"]["firms-tic"]
    assert set(told) < set(STAGES)


def test_roster_comes_to_a_snapshot_without_one(request_: Request) -> None:
    assert request_.members is not None
    build(replace(request_, members=None))
    after = replace_members(request_.store, request_.members)
    assert after.manifest["has_members_file"]
    assert after.manifest["counts"]["members"] == 4


def test_roster_is_not_set_among_invented_firms(request_: Request) -> None:
    assert request_.members is not None
    published = build(replace(request_, is_demo=True))
    with pytest.raises(UserError) as raised:
        replace_members(request_.store, request_.members)
    assert raised.value.key == "build.members_of_demo"
    assert request_.store.current() == published


def test_unreadable_roster_leaves_what_is_published(request_: Request, tmp_path: Path) -> None:
    published = build(request_)
    with pytest.raises(UserError):
        replace_members(request_.store, small.write_register(tmp_path / "wrong.xlsx"))
    assert request_.store.current() == published


def test_decisions_without_a_snapshot(store: Store) -> None:
    with pytest.raises(UserError) as raised:
        apply_decisions(store)
    assert raised.value.key == "build.no_snapshot"


def test_members_are_counted_on_a_day() -> None:
    row = dict.fromkeys(MEMBERS.columns) | {"match_method": "none", "is_in_perimeter": False, "source_row": 1}
    row |= {"is_partially_diffusible": False}
    stays = [("matched", None), ("to_review", "2030-01-01"), ("not_found", None), ("matched", "2020-12-31")]
    members = MEMBERS.enforce(
        pd.DataFrame(
            [
                row | {"member_id": f"M-{n}", "match_decision": outcome, "left_on": left_on}
                for n, (outcome, left_on) in enumerate(stays)
            ]
        )
    )
    assert count_members(members, on=datetime(2026, 11, 24, tzinfo=UTC)) == {
        "members": 3,
        "members_matched": 1,
        "members_not_in_register": 0,
        "members_in_sector": 0,
        "members_to_review": 1,
        "members_not_found": 1,
        "members_former": 1,
    }


# What a build derives from its tables

DERIVED = ("contours", "neighbours", "prospects-tic", "clusters-tic")


def with_members(request: Request, count: int) -> Request:
    """Return the request with sixty more firms, the first ``count`` of which are the members."""
    register = small.write_register(request.register.with_name("more.parquet"), more_firms=60)
    return replace(request, register=register, legal_units=None, members=write_members(request, count))


def write_members(request: Request, count: int) -> Path:
    path = request.register.with_name(f"{count}.csv")
    path.write_text("SIREN\n" + "".join(f"{small.siren(100 + n)}\n" for n in range(count)), encoding="utf-8")
    return path


def publish_as_earlier_version(snapshot: Snapshot, store: Store) -> Snapshot:
    """Publish what a version without derived tables would have."""
    with store.writing() as draft:
        for name in snapshot.table_names:
            if not name.startswith(DERIVED):
                draft.write_table(name, snapshot.table(name))
        return draft.publish({key: snapshot.manifest[key] for key in (*REQUIRED, "has_members_file")})


def test_build_keeps_contours_neighbours_scores_and_clusters(built: Snapshot) -> None:
    for contract, names in (
        (CONTOURS, ["contours"]),
        (NEIGHBOURS, ["neighbours"]),
        (CLUSTERS, [f"clusters-{perimeter}" for perimeter in small.FIRMS_BY_PERIMETER]),
        (PROSPECTS, [f"prospects-{perimeter}" for perimeter in small.FIRMS_BY_PERIMETER]),
    ):
        for name in names:
            table = built.table(name)
            assert list(table) == list(contract.columns)
            assert len(contract.enforce(table)) == len(table)
    epcis = set(built.table("epcis")["area_code"])
    assert set(built.table("clusters-tic")["area_code"]) == epcis
    pairs = built.table("neighbours")
    assert set(pairs["area_code"]) <= epcis
    there, back = pairs.to_numpy().tolist(), pairs[["neighbour_code", "area_code"]].to_numpy().tolist()
    assert sorted(there) == sorted(back)
    contours = built.table("contours")
    assert set(contours.loc[contours["level"] == "epci", "area_code"]) == epcis


def test_too_few_members_for_a_model(built: Snapshot) -> None:
    assert built.manifest["resemblance"] == dict.fromkeys(small.FIRMS_BY_PERIMETER)
    for perimeter in built.perimeters:
        assert built.table(f"prospects-{perimeter}").empty


def test_a_model_scores_the_firms_that_are_neither_members_nor_withheld(request_: Request) -> None:
    snapshot = build(with_members(request_, 30))
    quality = snapshot.manifest["resemblance"]
    # In tic four firms and sixty more; in core three and sixty; one in each is withheld, none a member.
    assert {p: (quality[p]["members"], quality[p]["firms"]) for p in quality} == {
        "tic": (30, 64),
        "core": (30, 63),
        "tic_and_content": (30, 65),
    }
    assert sum(row["members"] for row in quality["tic"]["calibration"]) == 30
    scores = snapshot.table("prospects-tic")
    assert len(scores) == 64 - 30 - 1
    assert {small.siren(2), *(small.siren(100 + n) for n in range(30))}.isdisjoint(scores["siren"])


def test_decisions_fit_the_model_anew(request_: Request) -> None:
    before = build(with_members(request_, 30))
    leaving = before.table("members").set_index("siren").loc[small.siren(100), "member_id"]
    request_.store.record_decision(leaving, small.siren(1))
    after = apply_decisions(request_.store)
    assert after.manifest["resemblance"]["tic"]["members"] == 30
    before_sirens, after_sirens = (set(s.table("prospects-tic")["siren"]) for s in (before, after))
    assert after_sirens - before_sirens == {small.siren(100)}
    assert before_sirens - after_sirens == {small.siren(1)}
    request_.store.record_decision(leaving, None)
    fewer = apply_decisions(request_.store)
    assert fewer.manifest["resemblance"]["tic"] is None
    assert fewer.table("prospects-tic").empty
    assert set(fewer.table_names) == set(before.table_names)


def test_a_new_roster_fits_the_model_anew(request_: Request) -> None:
    build(with_members(request_, 4))
    after = replace_members(request_.store, write_members(request_, 40))
    assert after.manifest["resemblance"]["tic"]["members"] == 40
    assert len(after.table("prospects-tic")) == 64 - 40 - 1
    assert replace_members(request_.store, write_members(request_, 29)).manifest["resemblance"]["tic"] is None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_snapshot_of_an_earlier_version_is_built_again_not_mended(
    built: Snapshot, store: Store, request_: Request, language: str
) -> None:
    earlier = publish_as_earlier_version(built, store)
    assert request_.members is not None
    for change in (partial(apply_decisions, store), partial(replace_members, store, request_.members)):
        with pytest.raises(UserError) as raised:
            change()
        assert raised.value.key == "table.older_snapshot"
        assert "python -m analytics build" in raised.value.message(language)
        assert store.current() == earlier
        assert store.snapshots() == [earlier]
    assert set(DERIVED) <= set(build(request_).table_names)


# The demonstration and real rows


def test_missing_demo_file(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "DEMO_DIR", tmp_path)
    with pytest.raises(UserError) as raised:
        build_demo(store)
    assert raised.value.key == "build.demo_absent"
    assert "members.xlsx" in raised.value.message("en")


def test_the_first_demo_does_not_replace_what_was_published_meanwhile(request_: Request) -> None:
    published = build(request_)
    assert build_demo(request_.store, only_if_empty=True).id == published.id
    assert request_.store.current_id() == published.id


def test_demo_takes_the_same_way(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def note(request: Request, report: Report) -> Snapshot:
        del report
        asked.append(request)
        return build(request_)

    monkeypatch.setattr(building, "build", note)
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    build_demo(request_.store)
    assert asked[0].is_demo
    assert {path.name for path in asked[0].files().values()} == set(DEMO_FILES.values())


@pytest.mark.skipif(not REAL.exists(), reason="the real extract is not on this machine")
def test_real_rows_give_the_independent_count(store: Store) -> None:
    snapshot = build(Request(register=REAL, store=store))
    firms = snapshot.firms("tic")
    assert len(firms) == snapshot.manifest["counts"]["firms"] == 1_004
