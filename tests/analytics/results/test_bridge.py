"""The bridge between two builds of the same register, one of a day before: what lies between is found again."""

from __future__ import annotations

import dataclasses
import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from analytics import tables
from analytics.errors import UserError
from analytics.pipeline.building import build
from analytics.pipeline.republishing import apply_decisions, replace_members
from analytics.pipeline.request import Request
from analytics.settings import DEMO_DIR, default_settings
from analytics.snapshot import sealed
from analytics.store import KEPT_SNAPSHOTS, Snapshot, Store
from analytics.view import View

SETTINGS = default_settings()
ALL = View.default(SETTINGS)
DAY = "2025-12-31"


def _as_it_was(day: str, path: Path) -> Path:
    """Write the demonstration's register as it was on a day: what was created since is not there, nor closed."""
    rows = pl.read_parquet(DEMO_DIR / "StockEtablissement.parquet").filter(pl.col("dateCreationEtablissement") <= day)
    state = pl.col("etatAdministratifEtablissement")
    is_closed_since = (state == "F") & (pl.col("dateDebut") > day)
    treated = pl.col("dateDernierTraitementEtablissement")
    rows.with_columns(
        etatAdministratifEtablissement=pl.when(is_closed_since).then(pl.lit("A")).otherwise(state),
        dateDebut=pl.when(is_closed_since).then("dateCreationEtablissement").otherwise("dateDebut"),
        dateDernierTraitementEtablissement=pl.when(treated > day).then(pl.lit(f"{day}T08:00:00")).otherwise(treated),
    ).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store with the register of the end of 2025, then today's, and the same roster."""
    folder = tmp_path_factory.mktemp("bridge")
    store, members = Store(folder / "store"), folder / "members.xlsx"
    shutil.copy(DEMO_DIR / "members.xlsx", members)
    older = _as_it_was(DAY, folder / "older.parquet")
    for register in (older, DEMO_DIR / "StockEtablissement.parquet"):
        build(
            Request(register=register, legal_units=DEMO_DIR / "StockUniteLegale.parquet", members=members, store=store)
        )
    return store


@pytest.fixture
def snapshots(store: Store) -> tuple[Snapshot, Snapshot]:
    """Return the older snapshot and the published one."""
    new, old = store.snapshots()
    return old, new


def _figure(table: pd.DataFrame, figure: str) -> pd.DataFrame:
    return table[table["figure"] == figure].set_index("step")


def test_between_two_registers_lie_the_firms_that_opened_and_closed(snapshots: tuple[Snapshot, Snapshot]) -> None:
    old, new = snapshots
    table = tables.bridge(new, ALL, SETTINGS)
    assert list(table) == tables.BRIDGE_COLUMNS == ["figure", "step", "change", "level"]
    before, after = (set(s.firms("tic")["siren"]) for s in (old, new))
    firms = _figure(table, "firms")
    assert firms.loc[["start", "end"], "level"].tolist() == [len(before), len(after)]
    assert firms.loc["closed", "change"] == -len(before - after)
    created = new.firms("tic").set_index("siren")["created_on"].loc[sorted(after - before)]
    assert firms.loc["opened", "change"] == int((created > pd.Timestamp(DAY)).sum())
    # The others existed elsewhere: what they have here was created since.
    assert firms.loc["moved_in", "change"] == len(created) - firms.loc["opened", "change"]
    assert set(firms.index) == {"start", "opened", "moved_in", "closed", "end"}
    # What closed is what the register says closed: the build followed it.
    assert new.table("departures")["fate"].unique().tolist() == ["closed"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"departments": ("31",)}, {"segments": ("software",), "departments": ("34", "66")}, {"sizes": ("1-9",)}],
)
def test_every_figure_adds_up_exactly_in_every_selection(
    snapshots: tuple[Snapshot, Snapshot], fields: dict[str, tuple[str, ...]]
) -> None:
    table = tables.bridge(snapshots[1], dataclasses.replace(ALL, **fields), SETTINGS)  # type: ignore[arg-type]
    for _, steps in table.groupby("figure", sort=False):
        assert steps["level"].iloc[0] + steps["change"].sum() == steps["level"].iloc[-1]
        assert (steps["level"].diff().iloc[1:] == steps["change"].iloc[1:]).all()
    view = dataclasses.replace(ALL, **fields)  # type: ignore[arg-type]
    totals = tables.region_totals(snapshots[1], view, SETTINGS).iloc[0]
    ends = table[table["step"] == "end"].set_index("figure")["level"]
    assert ends.to_dict() == {
        "firms": totals["firms"],
        "jobs": round(totals["jobs_estimate"]),
        "members": totals["members"],
    }


def test_the_older_register_has_the_history_that_it_had(snapshots: tuple[Snapshot, Snapshot]) -> None:
    old, new = (tables.history(s, ALL, SETTINGS).set_index("year") for s in snapshots)
    assert tables.data_day(snapshots[0]) == date(2025, 12, 31)
    shared = old.index.intersection(new.index)
    assert len(shared) == 15
    pd.testing.assert_frame_equal(old.loc[shared, ["open", "opened"]], new.loc[shared, ["open", "opened"]])
    # 2025 was not over then.
    assert pd.isna(old.loc[2025, "net_rate_pct"])


def test_the_ends_may_be_named_and_what_cannot_be_compared_is_refused(
    snapshots: tuple[Snapshot, Snapshot], demo_root: Path, tmp_path: Path
) -> None:
    old, new = snapshots
    named = tables.bridge(new, ALL, SETTINGS, start=old.id, end=new.id)
    pd.testing.assert_frame_equal(named, tables.bridge(new, dataclasses.replace(ALL, since=old.id), SETTINGS))
    assert tables.earlier_snapshots(new, ALL, SETTINGS)["id"].tolist() == [old.id]
    refused = {
        "growth.bridge_same": {"start": new.id},
        "growth.bridge_reversed": {"start": new.id, "end": old.id},
        "store.unknown_snapshot": {"start": "20200101T000000Z-00000000"},
    }
    for key, ends in refused.items():
        with pytest.raises(UserError) as caught:
            tables.bridge(new, ALL, SETTINGS, **ends)
        assert caught.value.key == key
    demo = Store(demo_root).current()
    assert demo is not None
    shutil.copytree(new.path.parent, tmp_path / "store")
    shutil.copytree(demo.path, tmp_path / "store" / demo.id)
    mixed = Store(tmp_path / "store").open(new.id)
    with pytest.raises(UserError) as caught:
        tables.bridge(mixed, ALL, SETTINGS, start=demo.id)
    assert caught.value.key in ("growth.bridge_demo", "growth.bridge_reversed")
    assert tables.earlier_snapshots(mixed, ALL, SETTINGS)["id"].tolist() == [old.id]


def test_the_first_snapshot_has_nothing_before_it(snapshots: tuple[Snapshot, Snapshot]) -> None:
    with pytest.raises(UserError) as caught:
        tables.bridge(snapshots[0], ALL, SETTINGS)
    assert caught.value.key == "growth.bridge_alone"
    assert tables.earlier_snapshots(snapshots[0], ALL, SETTINGS).empty


def test_a_new_roster_changes_the_members_alone(store: Store, tmp_path: Path) -> None:
    shutil.copytree(store.root, tmp_path / "store")
    own = Store(tmp_path / "store")
    before = own.current()
    assert before is not None
    sirens = tables.current_members(before).loc[lambda t: t["is_in_perimeter"], "siren"]
    kept = sirens.drop_duplicates().head(300)
    path = tmp_path / "members.csv"
    path.write_text("nom;siren\n" + "".join(f"M{n};{siren}\n" for n, siren in enumerate(kept)), encoding="utf-8")
    after = replace_members(own, path)
    table = tables.bridge(after, ALL, SETTINGS, start=before.id)
    assert table.loc[table["figure"] == "firms", "step"].tolist() == ["start", "end"]
    members = _figure(table, "members")
    assert members.loc["end", "level"] == 300
    assert members["change"].sum() == 300 - members.loc["start", "level"]
    # What a build followed goes on being known.
    pd.testing.assert_frame_equal(after.table("departures"), before.table("departures"))


def test_publishing_the_same_register_again_is_not_what_is_compared_with(store: Store, tmp_path: Path) -> None:
    shutil.copytree(store.root, tmp_path / "store")
    own = Store(tmp_path / "store")
    older = own.snapshots()[1]
    for _ in range(KEPT_SNAPSHOTS + 1):
        after = apply_decisions(own)
    earlier = tables.earlier_snapshots(after, ALL, SETTINGS)
    assert len(earlier) == KEPT_SNAPSHOTS
    assert earlier.loc[earlier["is_usual"], "id"].tolist() == [older.id]
    firms = _figure(tables.bridge(after, ALL, SETTINGS), "firms")
    assert firms.loc["closed", "change"] < 0


def test_after_a_rollback_what_was_withdrawn_is_not_what_is_compared_with(store: Store, tmp_path: Path) -> None:
    shutil.copytree(store.root, tmp_path / "store")
    own = Store(tmp_path / "store")
    withdrawn, older = own.snapshots()
    own.rollback(older.id)
    path = _as_it_was("2026-03-31", tmp_path / "march.parquet")
    after = build(Request(register=path, members=DEMO_DIR / "members.xlsx", store=own))
    earlier = tables.earlier_snapshots(after, ALL, SETTINGS).set_index("id")
    assert earlier["is_usual"].to_dict() == {withdrawn.id: False, older.id: True}
    # Those of the withdrawn one are followed too: whoever names it is told what became of them.
    steps = _figure(tables.bridge(after, ALL, SETTINGS, start=withdrawn.id), "firms")
    assert "gone" not in steps.index


@pytest.mark.parametrize("what", ["perimeters", "segments", "region"])
def test_where_a_firm_is_defined_otherwise_nobody_has_moved(store: Store, tmp_path: Path, what: str) -> None:
    shutil.copytree(store.root, tmp_path / "store")
    new, old = Store(tmp_path / "store").snapshots()
    settings = old.manifest["settings"]
    if what == "perimeters":
        settings["perimeters"]["tic"]["naf_rev2"].remove("26.80")
    elif what == "segments":
        settings["segments"]["software"]["naf_rev2"] = ["58"]
    else:
        settings["region"]["departments"].remove("82")
    (old.path / "manifest.json").write_text(json.dumps(sealed(old.manifest)), encoding="utf-8")
    assert tables.earlier_snapshots(new, ALL, SETTINGS).empty
    with pytest.raises(UserError) as caught:
        tables.bridge(new, ALL, SETTINGS, start=old.id)
    assert caught.value.key == "growth.bridge_unlike"


def test_what_one_side_does_not_tell_has_not_changed(tmp_path: Path) -> None:
    own, register = Store(tmp_path / "store"), DEMO_DIR / "StockEtablissement.parquet"
    bare = tmp_path / "bare.parquet"
    pl.read_parquet(register).with_columns(
        trancheEffectifsEtablissement=pl.lit(None, pl.String), caractereEmployeurEtablissement=pl.lit(None, pl.String)
    ).write_parquet(bare)
    build(Request(register=bare, store=own))
    after = build(Request(register=register, members=DEMO_DIR / "members.xlsx", store=own))
    table = tables.bridge(after, ALL, SETTINGS)
    assert table["figure"].unique().tolist() == ["firms"]
