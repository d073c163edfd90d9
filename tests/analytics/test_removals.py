"""Who is removed is nowhere: in no file of the store, whatever is read, republished or rolled back afterwards."""

from __future__ import annotations

import io
import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from stdnum.fr import siren as siren_number

from analytics.contracts import CANDIDATES, DEPARTURES, FIRMS, MEMBERS, ROSTER
from analytics.errors import UserError
from analytics.movements import followed_sirens
from analytics.pipeline import removing
from analytics.pipeline.building import build
from analytics.pipeline.removing import Removed, apply_removals, remove
from analytics.pipeline.republishing import apply_decisions, replace_members
from analytics.pipeline.request import Request
from analytics.pipeline.reverting import rollback
from analytics.removals import (
    REMOVALS,
    WENT_BY,
    Removals,
    check_identifier,
    read_removals,
    record_decision,
    served,
    tells_removed,
    write_removals,
)
from analytics.results.lists import members as shown_members
from analytics.settings import default_settings
from analytics.store import Snapshot, Store
from analytics.view import View
from tests.analytics import small_sources as small

ALPHA, GAMMA, FIVE, EIGHT = small.siren(1), small.siren(3), small.siren(5), small.siren(8)


@pytest.fixture(scope="module")
def once_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the small files and a store built from them, to be copied."""
    folder = tmp_path_factory.mktemp("once")
    build(_request(folder))
    return folder


def _request(folder: Path) -> Request:
    return Request(
        register=small.write_register(folder / "register.parquet"),
        legal_units=small.write_legal_units(folder / "units.parquet"),
        members=small.write_roster(folder / "members.csv"),
        store=Store(folder / "store"),
    )


@pytest.fixture
def request_(once_built: Path, tmp_path: Path) -> Request:
    """Return the files and a store of one's own with a snapshot of them."""
    shutil.copytree(once_built / "store", tmp_path / "store")
    return _request(tmp_path)


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every file of a store as text; of a table its cells."""
    for path in sorted(root.rglob("*")):
        if path.suffix == ".parquet":
            yield path.name, pd.read_parquet(io.BytesIO(path.read_bytes())).to_csv()
        elif path.is_file():
            yield path.name, path.read_text(encoding="utf-8")


def told_in(store: Store, *words: str) -> set[str]:
    """Files of the store in which one of the words stands."""
    return {name for name, text in texts(store.root) if any(word in text for word in words)}


def published(store: Store) -> Snapshot:
    snapshot = store.current()
    assert snapshot is not None
    return snapshot


def member_id(snapshot: Snapshot, name: str) -> str:
    return str(snapshot.table("members").set_index("name").loc[name, "member_id"])


# A firm


def test_a_removed_firm_is_in_no_file_and_still_counts(request_: Request) -> None:
    store = request_.store
    before = published(store)
    jobs = before.firms("tic")["jobs_estimate"].sum()
    assert {"firms-tic.parquet", "members.parquet", "aliases.parquet"} <= told_in(
        store, ALPHA, "Alpha Démo", "Alphanet"
    )
    removed = remove(store, "firm", ALPHA, reason="objection")
    after = published(store)
    assert removed == Removed(after, dropped=1, was_held=True, was_found=True)
    assert told_in(store, ALPHA, "Alpha Démo", "Alphanet") == set()
    assert store.snapshots() == [after]
    counts = before.manifest["counts"]
    assert after.manifest["counts"] == counts | {"partially_diffusible": counts["partially_diffusible"] + 1}
    assert after.manifest["quality"]["named_pct"] == 50
    assert after.firms("tic")["jobs_estimate"].sum() == pytest.approx(jobs)
    after.verify()


def test_a_removed_firm_is_withheld_at_its_town_hall(request_: Request) -> None:
    remove(request_.store, "firm", ALPHA)
    snapshot = published(request_.store)
    for perimeter in snapshot.perimeters:
        FIRMS.enforce(snapshot.firms(perimeter))
    ROSTER.enforce(snapshot.table("roster"))
    firm = snapshot.firms("tic").loc[lambda t: t["size_code"] == "12"].iloc[0]
    hall = snapshot.table("communes").set_index("commune_code").loc["31555"]
    assert firm["is_partially_diffusible"]
    assert (
        firm[["x_m", "y_m", "longitude", "latitude"]].tolist() == hall[["x_m", "y_m", "longitude", "latitude"]].tolist()
    )
    assert firm["location_precision"] == "town_hall"
    assert not siren_number.is_valid(firm["siren"]), "no firm has this number"
    assert firm["siret"] == firm["siren"] + "00000"
    member = snapshot.table("members").loc[lambda t: t["siren"] == firm["siren"]].iloc[0]
    assert member[["match_method", "match_decision"]].tolist() == ["siren", "matched"]
    assert member["is_partially_diffusible"]
    assert pd.isna(member["name"])


@pytest.mark.parametrize("again", ["build", "roster", "decisions", "removals", "other store"])
def test_whatever_is_read_afterwards_keeps_a_firm_out(request_: Request, again: str, tmp_path: Path) -> None:
    store = request_.store
    remove(store, "firm", ALPHA)
    stand_in = read_removals(store).listed[0].stand_in
    if again == "build":
        build(request_)
    elif again == "roster":
        assert request_.members is not None
        replace_members(store, request_.members)
    elif again == "decisions":
        apply_decisions(store)
    elif again == "removals":
        assert apply_removals(store) == Removed(None, dropped=0, was_held=False, was_found=False)
    else:
        moved = Store(tmp_path / "moved")
        moved.root.mkdir()
        shutil.copy(store.root / REMOVALS, moved.root)
        store = build(replace(request_, store=moved)) and moved
    assert told_in(store, ALPHA, "Alpha Démo", "Alphanet") == set()
    counts = published(store).manifest["counts"]
    assert (counts["firms"], counts["members"], counts["partially_diffusible"]) == (4, 4, 2)
    assert stand_in in set(published(store).firms("tic")["siren"]), "the same one, so that snapshots compare"
    assert published(store).table("members")["siren"].eq(stand_in).sum() == 1


def test_a_firm_whose_member_was_found_by_name_is_out_of_the_roster_too(request_: Request) -> None:
    store = request_.store
    before = published(request_.store)
    assert before.table("members").set_index("name").loc["Gamma Démo", ["siren", "match_method"]].tolist() == [
        GAMMA,
        "name",
    ]
    remove(store, "firm", GAMMA)
    assert told_in(store, GAMMA, "Gamma Démo") == set()
    build(request_)
    assert told_in(store, GAMMA, "Gamma Démo") == set()
    assert published(store).manifest["counts"]["members_matched"] == before.manifest["counts"]["members_matched"]


def test_a_firm_that_a_decision_names_is_out_of_the_decisions(request_: Request) -> None:
    store = request_.store
    lost = member_id(published(store), "Zygomatique Introuvable")
    store.record_decision(lost, FIVE)
    store.record_decision("M-another000", None)
    matched = apply_decisions(store).manifest["counts"]["members_matched"]
    remove(store, "firm", FIVE)
    assert store.decisions() == {"M-another000": None}
    assert told_in(store, FIVE, "Zygomatique", "Ancienne Démo", lost) == set()
    build(request_)
    assert told_in(store, FIVE, "Zygomatique", "Ancienne Démo", lost) == set()
    assert published(store).manifest["counts"]["members_matched"] == matched, "the member is still that firm"


def test_a_member_firm_of_another_region_is_told_neither(request_: Request) -> None:
    remove(request_.store, "firm", EIGHT)
    for snapshot in (published(request_.store), build(request_)):
        assert told_in(request_.store, EIGHT, "Huit Démo") == set()
        rows = snapshot.table("members").loc[lambda t: t["is_partially_diffusible"]]
        assert len(rows) == 1
        shown = shown_members(snapshot, View.default(default_settings()), default_settings())
        hidden = shown[shown["is_partially_diffusible"]]
        assert hidden[["member_id", "name", "siren", "commune_code"]].isna().all().all()


def test_a_firm_is_removed_before_it_is_there(request_: Request) -> None:
    shutil.rmtree(request_.store.root)
    assert remove(request_.store, "firm", ALPHA) == Removed(None, dropped=0, was_held=False, was_found=False)
    build(request_)
    assert told_in(request_.store, ALPHA, "Alpha Démo", "Alphanet") == set()


def test_what_became_of_a_removed_firm_is_not_followed(request_: Request, tmp_path: Path) -> None:
    store = request_.store
    remove(store, "firm", FIVE)
    rows = pd.read_parquet(request_.register)
    less = tmp_path / "less.parquet"
    rows[rows["siren"] != FIVE].to_parquet(less, index=False)
    departures = DEPARTURES.enforce(build(replace(request_, register=less)).table("departures"))
    assert departures.to_dict("list") == {"siren": [read_removals(store).listed[0].stand_in], "fate": ["gone"]}


def test_a_removed_firm_is_no_candidate(request_: Request, tmp_path: Path) -> None:
    roster = tmp_path / "alike.csv"
    roster.write_text("Nom;Ville\nGamma Démos Sud;Montpellier\n", encoding="utf-8")
    before = build(replace(request_, members=roster, allow_shrink=True))
    assert GAMMA in set(before.table("candidates")["siren"]), "else nothing is tried"
    remove(request_.store, "firm", GAMMA)
    after = published(request_.store)
    pd.testing.assert_frame_equal(after.table("candidates"), CANDIDATES.empty())
    assert after.table("members")["match_decision"].tolist() == ["not_found"]
    assert told_in(request_.store, GAMMA) == set()


# A member


@pytest.mark.parametrize("by", ["id", "siren"])
def test_a_removed_member_is_in_no_file_but_its_firm_is(request_: Request, by: str) -> None:
    store = request_.store
    before = published(request_.store)
    its_id = member_id(before, "Alpha Démo")
    given = ALPHA if by == "siren" else its_id
    removed = remove(store, "member", given, reason="erasure")
    after = published(store)
    assert removed == Removed(after, dropped=1, was_held=True, was_found=True)
    counts = after.manifest["counts"]
    assert (counts["members"], counts["members_rows_kept"]) == (3, before.manifest["counts"]["members_rows_kept"] - 1)
    assert after.manifest["excluded"]["members"] == before.manifest["excluded"]["members"] | {"removed": 1}
    assert counts["members_rows_read"] == counts["members_rows_kept"] + sum(
        after.manifest["excluded"]["members"].values()
    )
    rosters = [after.table(name) for name in ("roster", "members")]
    assert not any((table["name"].eq("Alpha Démo") | table["siren"].eq(ALPHA)).any() for table in rosters)
    assert told_in(store, its_id) == set()
    assert ALPHA in set(after.firms("tic")["siren"]), "the register has it still"


@pytest.mark.parametrize(
    "row",
    [
        f"1;Alpha Démo;{ALPHA};Toulouse",  # now numbered
        "1;ALPHA DEMO;;Toulouse",  # by name alone
        f";Alpha;{ALPHA};Mende",  # renamed and moved
    ],
)
def test_the_next_roster_does_not_bring_a_member_back(request_: Request, row: str, tmp_path: Path) -> None:
    store = request_.store
    before = published(request_.store)
    remove(store, "member", member_id(before, "Alpha Démo"))
    roster = tmp_path / "next.csv"
    roster.write_text(f"N° adhérent;Nom;SIREN;Ville\n{row}\n2;Gamma Démo;;Montpellier\n", encoding="utf-8")
    asked = replace(request_, members=roster, allow_shrink=True)
    for snapshot in (replace_members(store, roster, allow_shrink=True), build(asked)):
        assert snapshot.table("members")["name"].tolist() == ["Gamma Démo"]
        assert snapshot.manifest["excluded"]["members"] == {"removed": 1}
        assert snapshot.manifest["counts"]["members_rows_read"] == 2


@pytest.mark.parametrize("how", ["roster", "build"])
def test_a_member_stays_out_through_two_changes_of_the_roster(request_: Request, how: str, tmp_path: Path) -> None:
    """Removed by its name alone; the next roster gives it a SIREN, and the one after another name."""
    store, roster = request_.store, tmp_path / "next.csv"
    remove(store, "member", member_id(published(store), "Zygomatique Introuvable"))
    for row in (f"Zygomatique Introuvable;{FIVE};Mende", f"Tout Autrement;{FIVE};Toulouse"):
        roster.write_text(f"Nom;SIREN;Ville\n{row}\nGamma Démo;;Montpellier\n", encoding="utf-8")
        after = (
            replace_members(store, roster, allow_shrink=True)
            if how == "roster"
            else build(replace(request_, members=roster, allow_shrink=True))
        )
        assert after.table("members")["name"].tolist() == ["Gamma Démo"]
        assert after.manifest["excluded"]["members"] == {"removed": 1}
    assert told_in(store, "Tout Autrement") == set()


def test_a_member_is_known_by_the_town_of_its_roster_too(request_: Request, tmp_path: Path) -> None:
    """Found by its name in another town than the roster's, it bears the town of its firm from then on."""
    store = request_.store
    roster = tmp_path / "first.csv"
    roster.write_text("Nom;Ville\nEpsilon Démo;Toulouse\nGamma Démo;Montpellier\n", encoding="utf-8")
    store.record_decision(member_id(replace_members(store, roster, allow_shrink=True), "Epsilon Démo"), FIVE)
    before = apply_decisions(store)
    assert before.table("members").set_index("name").loc["Epsilon Démo", "commune_code"] == "48095"
    remove(store, "member", member_id(before, "Epsilon Démo"))
    roster.write_text("N° adhérent;Nom;Ville\n7;Epsilon Démo;Toulouse\n8;Gamma Démo;Montpellier\n", encoding="utf-8")
    assert replace_members(store, roster).table("members")["name"].tolist() == ["Gamma Démo"]


def test_a_namesake_with_another_siren_stays(request_: Request, tmp_path: Path) -> None:
    before = published(request_.store)
    remove(request_.store, "member", member_id(before, "Alpha Démo"))
    roster = tmp_path / "next.csv"
    roster.write_text(f"Nom;SIREN;Ville\nAlpha Démo;{FIVE};Toulouse\n", encoding="utf-8")
    assert replace_members(request_.store, roster, allow_shrink=True).table("members")["siren"].tolist() == [FIVE]


def test_a_member_found_by_name_is_removed_by_its_siren(request_: Request) -> None:
    store = request_.store
    remove(store, "member", GAMMA)
    assert "Gamma Démo" not in set(published(store).table("members")["name"])
    assert "Gamma Démo" not in set(build(request_).table("roster")["name"]), "the roster has no SIREN of it"


def test_firm_and_member_are_removed_one_after_the_other(request_: Request) -> None:
    store = request_.store
    remove(store, "firm", GAMMA)
    assert remove(store, "member", GAMMA).was_held
    for snapshot in (published(store), build(request_)):
        assert snapshot.manifest["counts"]["members"] == 3
        assert snapshot.manifest["counts"]["firms"] == 4
        assert told_in(store, GAMMA, "Gamma Démo") == set()


def test_decisions_on_a_removed_member_are_forgotten(request_: Request) -> None:
    store = request_.store
    lost = member_id(published(store), "Zygomatique Introuvable")
    store.record_decision(lost, None)
    remove(store, "member", lost)
    assert store.decisions() == {}
    assert told_in(store, lost, "Zygomatique") == set()


def test_a_decision_on_somebody_removed_is_not_kept(request_: Request) -> None:
    store = request_.store
    lost, its_id = (member_id(published(store), name) for name in ("Zygomatique Introuvable", "Alpha Démo"))
    remove(store, "firm", FIVE)
    remove(store, "member", its_id)
    for member, siren in ((lost, FIVE), (its_id, None), (its_id, GAMMA)):
        with pytest.raises(UserError) as raised:
            record_decision(store, member, siren)
        assert raised.value.key == "removals.decision_on_removed"
        assert FIVE not in raised.value.message("en")
    assert store.decisions() == {}
    record_decision(store, lost, GAMMA)
    assert store.decisions() == {lost: GAMMA}


def test_a_decision_that_a_removal_overtakes_is_not_kept(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    store, kept = request_.store, Store.record_decision
    lost = member_id(published(store), "Zygomatique Introuvable")

    def overtaken(self: Store, member: str, siren: str | None) -> None:
        remove(store, "firm", FIVE)
        kept(self, member, siren)

    monkeypatch.setattr(Store, "record_decision", overtaken)
    with pytest.raises(UserError):
        record_decision(store, lost, FIVE)
    assert store.decisions() == {}


def test_going_through_snapshots_keeps_none_of_their_tables(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    store = request_.store
    write_removals(store, read_removals(store).adding("firm", ALPHA, "other"))

    def kept(self: Snapshot, name: str) -> pd.DataFrame:
        raise AssertionError(f"{name} of {self.id} would stay in memory")

    monkeypatch.setattr(Snapshot, "table", kept)
    assert tells_removed(read_removals(store), published(store))
    assert followed_sirens(store, is_demo=False) == {small.siren(n) for n in range(1, 6)}
    (published(store).path / "firms-tic.parquet").write_bytes(b"damaged")
    assert followed_sirens(store, is_demo=False) == frozenset(), "checked against its hash all the same"


def test_of_one_siren_the_firm_may_come_back_alone(request_: Request) -> None:
    store = request_.store
    remove(store, "firm", ALPHA)
    remove(store, "member", ALPHA)
    listed = read_removals(store)
    assert len(set(listed.numbers)) == 2
    assert published(store).manifest[WENT_BY] == listed.numbers
    removal = listed.find("firm", ALPHA)
    assert removal is not None
    # What has to be built anew is told from the numbers: one of the two is on the list no more.
    assert listed.without(removal).numbers != published(store).manifest[WENT_BY]


# Earlier snapshots


def test_a_snapshot_that_tells_nobody_removed_stays(request_: Request, tmp_path: Path) -> None:
    store = request_.store
    rows = pd.read_parquet(request_.register)
    less = tmp_path / "less.parquet"
    rows[rows["siren"] != FIVE].to_parquet(less, index=False)
    shutil.rmtree(store.root)  # Once a snapshot has held a firm, the next ones say what became of it.
    first = build(replace(request_, register=less, members=None))
    build(request_)
    assert remove(store, "firm", FIVE).dropped == 1
    assert store.snapshots() == [published(store), first]
    assert rollback(store) == first
    assert told_in(store, FIVE) == set()


def test_an_older_copy_put_back_is_not_published(request_: Request, tmp_path: Path) -> None:
    store = request_.store
    old, older = published(store), build(request_)
    for snapshot in (old, older):
        shutil.copytree(snapshot.path, tmp_path / snapshot.id)
    remove(store, "firm", ALPHA)
    clean = published(store)
    shutil.copytree(tmp_path / old.id, old.path)
    with pytest.raises(UserError) as raised:
        rollback(store, old.id)
    assert raised.value.key == "store.unknown_snapshot"
    assert store.snapshots() == [clean] == [published(store)]
    # As the published one: whoever applies the list has it published anew without them.
    shutil.copytree(tmp_path / older.id, older.path)
    (store.root / "current").write_text(older.id + "\n", encoding="ascii")
    assert apply_removals(store).was_held
    assert published(store).id not in (clean.id, older.id)
    assert told_in(store, ALPHA, "Alpha Démo", "Alphanet") == set()


def test_nothing_is_listed_while_what_is_published_is_damaged(request_: Request) -> None:
    store = request_.store
    (published(store).path / "members.parquet").write_bytes(b"")
    with pytest.raises(UserError) as raised:
        remove(store, "firm", ALPHA)
    assert raised.value.key == "removals.not_recorded"
    assert published(store).id in raised.value.message("fr"), "what is damaged, and what to do about it"
    assert "n’est PAS inscrit" in raised.value.message("fr")
    assert "NOT recorded: run this command again" in raised.value.message("en")
    assert not read_removals(store).listed


def test_a_damaged_snapshot_is_not_replaced_by_one_that_tells(request_: Request, tmp_path: Path) -> None:
    store = request_.store
    old = published(store)
    shutil.copytree(old.path, tmp_path / old.id)
    remove(store, "firm", ALPHA)
    clean = published(store)
    assert served(store) == store.served()
    shutil.copytree(tmp_path / old.id, old.path)
    (clean.path / "members.parquet").write_bytes(b"")
    with pytest.raises(UserError) as raised:
        served(store)
    assert raised.value.key == "store.table_changed"


def test_rollback_from_a_snapshot_that_tells_drops_it(request_: Request, tmp_path: Path) -> None:
    store = request_.store
    old = published(store)
    shutil.copytree(old.path, tmp_path / old.id)
    remove(store, "firm", ALPHA)
    clean = published(store)
    shutil.copytree(tmp_path / old.id, old.path)
    (store.root / "current").write_text(old.id + "\n", encoding="ascii")
    assert rollback(store, clean.id) == clean
    assert store.snapshots() == [clean]


def test_a_snapshot_that_cannot_be_read_is_deleted(request_: Request) -> None:
    first, second = published(request_.store), build(request_)
    (first.path / "members.parquet").write_bytes(b"damaged")
    (second.path / "manifest.json").unlink()
    build(request_)
    assert remove(request_.store, "firm", ALPHA).dropped == 3
    assert told_in(request_.store, ALPHA) == set()


def test_a_removal_cut_short_is_finished_by_the_same_call(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    store = request_.store

    def killed(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(removing, "republish", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(store, "firm", ALPHA)
    assert [removal.kind for removal in read_removals(store).listed] == ["firm"], "listed first: a build would go by it"
    listed = read_removals(store).find("firm", ALPHA)
    assert listed is not None
    again = remove(store, "firm", ALPHA)
    assert again == Removed(published(store), dropped=1, was_held=True, was_found=True, listed_before=listed)
    assert len(read_removals(store).listed) == 1
    assert told_in(store, ALPHA, "Alpha Démo", "Alphanet") == set()


def test_a_removal_while_a_build_runs_is_refused_before_anything(request_: Request) -> None:
    with request_.store.writing(), pytest.raises(UserError) as raised:
        remove(request_.store, "firm", ALPHA)
    assert raised.value.key == "store.busy"
    assert read_removals(request_.store).listed == ()


# The list


def test_the_list_names_nobody_and_is_for_one_account(request_: Request) -> None:
    store = request_.store
    ids = [member_id(published(store), name) for name in ("Alpha Démo", "Zygomatique Introuvable")]
    remove(store, "firm", ALPHA)
    remove(store, "member", ids[1])
    path = store.root / REMOVALS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    for word in (ALPHA, *ids, *(i.removeprefix("M-") for i in ids), "Alpha", "Zygomatique", "zygomatique"):
        assert word not in text
    assert [set(entry) for entry in json.loads(text)["removed"]] == [
        {"kind", "number", "removed_on", "reason", "sirens", "members", "names", "stand_in"}
    ] * 2
    assert not list(store.root.glob(".removals*"))


def test_marks_depend_on_the_key() -> None:
    first, second = Removals("00" * 32), Removals("01" * 32)
    assert first.mark("siren", ALPHA) != second.mark("siren", ALPHA)
    assert first.mark("siren", ALPHA) != first.mark("member", ALPHA)


@pytest.mark.parametrize("content", ["", "[]", '{"key": "zz", "removed": []}', '{"key": "00", "removed": [{}]}'])
def test_an_unreadable_list_stops_every_build(request_: Request, content: str) -> None:
    before = published(request_.store)
    (request_.store.root / REMOVALS).write_text(content, encoding="utf-8")
    for refused in (lambda: build(request_), lambda: apply_decisions(request_.store), lambda: rollback(request_.store)):
        with pytest.raises(UserError) as raised:
            refused()
        assert raised.value.key == "removals.unreadable"
    assert request_.store.current() == before


def test_a_list_comes_back_as_it_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    written = read_removals(store).adding("firm", ALPHA, "erasure").adding("member", "M-0123456789", "other")
    write_removals(store, written)
    assert read_removals(store) == written
    found = written.find("firm", ALPHA)
    assert found is not None
    assert written.find("member", ALPHA) is None
    assert written.adding("firm", ALPHA) is written
    again = written.adding("firm", ALPHA, "other").find("firm", ALPHA)
    assert again == replace(found, reason="other"), "its stand-in and its day stay"
    assert [removal.kind for removal in written.without(found).listed] == ["member"]


@pytest.mark.parametrize(
    ("kind", "given", "key"),
    [
        ("firm", "123456789", "removals.not_a_firm"),
        ("firm", "M-0123456789", "removals.not_a_firm"),
        ("firm", "", "removals.not_a_firm"),
        ("member", "Alpha Démo", "removals.not_a_member"),
        ("member", "M-xxxx", "removals.not_a_member"),
        ("member", "M-012345678", "removals.not_a_member"),
        ("member", "M-01234567890", "removals.not_a_member"),
        ("member", "M-012345678g", "removals.not_a_member"),
        ("member", "123 456 789", "removals.not_a_member"),
    ],
)
def test_what_is_neither_a_siren_nor_an_id_is_refused(kind: str, given: str, key: str) -> None:
    with pytest.raises(UserError) as raised:
        check_identifier(kind, given)  # type: ignore[arg-type]
    assert raised.value.key == key
    assert raised.value.message("fr")
    assert raised.value.message("en")


def test_a_number_may_be_written_with_spaces_and_capitals() -> None:
    assert check_identifier("member", "m-01234 567AF") == "M-01234567af"
    assert check_identifier("firm", f"{ALPHA[:3]} {ALPHA[3:6]} {ALPHA[6:]}") == ALPHA


def test_without_a_list_nothing_changes(request_: Request) -> None:
    snapshot = published(request_.store)
    tables = {name: snapshot.table(name) for name in snapshot.table_names}
    applied = Removals("00" * 32).applied(tables)
    assert all(applied[name] is table for name, table in tables.items())
    assert not (request_.store.root / REMOVALS).exists()
    MEMBERS.enforce(snapshot.table("members"))
