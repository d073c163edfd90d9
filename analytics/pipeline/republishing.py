"""What is published, published again with something new: decisions, a roster, isochrones. No register is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from analytics import __version__
from analytics.errors import UserError
from analytics.ingest.geography import load_geography
from analytics.ingest.isochrone_service import SERVICE_URL, Fetched, fetch_isochrones
from analytics.ingest.isochrones import read_isochrones
from analytics.pipeline.manifest import (
    absent_from_register,
    count_members,
    quality_of,
    roster_counts,
    roster_facts,
    with_members_faults,
)
from analytics.pipeline.members import learnt_removals, match_roster, read_roster, without_removed
from analytics.pipeline.shrinking import refuse_fewer_members
from analytics.pipeline.sources import describe, refuse_changed
from analytics.pipeline.stages import Report, reported, tell_nobody
from analytics.pipeline.writing import write_tables
from analytics.removals import WENT_BY, read_removals, tables_of
from analytics.store import FIRMS_PREFIX, ISOCHRONES, Draft, Snapshot, Store


def apply_decisions(store: Store, report: Report = tell_nobody) -> Snapshot:
    """Match the members of the published snapshot anew with the decisions of today, and publish the result.

    Everything else is carried over as it is: no source file is needed.

    Raises
    ------
    UserError
        When nothing is published, a table is unreadable, or the store cannot be written.
    """
    with store.writing() as draft:
        snapshot = store.required()
        carried = carried_over(store, snapshot)
        tables = rematched(snapshot, carried.tables, decisions=store.decisions(), report=report)
        return republish(draft, snapshot, tables=tables, facts=carried.facts, report=report)


def replace_members(
    store: Store, members: Path, report: Report = tell_nobody, *, allow_shrink: bool = False
) -> Snapshot:
    """Read a new roster, match it with the firms of the published snapshot, and publish the result.

    The register is carried over as it is. Of a member that is neither among its firms nor in the roster before, the
    register's rows are not known until the next build from the register: it is told as ``members.not_followed``.
    With ``allow_shrink``, it is published even when the members fall by more than the settings allow.

    Raises
    ------
    UserError
        When nothing is published, the demonstration is, the roster or a table is unreadable, the members fell too far,
        or the store cannot be written.
    """
    with store.writing() as draft:
        snapshot = store.required()
        if snapshot.is_demo:
            raise UserError("build.members_of_demo", file=members.name)
        sources = describe({"members": members})
        report("build.stage_sources", 1)
        with reported(report, "build.stage_geography"):
            geography = load_geography(snapshot.settings())
        roster = read_roster(members, geography, report)
        roster = without_removed(roster, learnt_removals(store, roster))
        if not allow_shrink:
            refuse_fewer_members(len(roster.members), snapshot, settings=snapshot.settings())
        carried = carried_over(store, snapshot, roster=roster.members)
        tables = rematched(snapshot, carried.tables, decisions=store.decisions(), report=report)
        refuse_changed(sources)
        before = snapshot.manifest | carried.facts
        others = [entry for entry in before["sources"] if entry["role"] != "members"]
        facts = (
            carried.facts
            | roster_facts(roster)
            | {
                "sources": [*others, *(source.entry() for source in sources)],
                "excluded": before["excluded"] | {"members": dict(roster.rows_left_out)},
                "counts": before["counts"] | roster_counts(roster),
            }
        )
        return republish(draft, snapshot, tables=tables, facts=facts, report=report)


def measure_isochrones(
    store: Store, places: pd.DataFrame, *, service: str | None = None, report: Report = tell_nobody
) -> tuple[Snapshot, Fetched]:
    """Ask how far one gets from each place, keep the answers in the store, and publish the snapshot with them.

    The store is locked for the publication alone: asking takes minutes, and a build may go on meanwhile.

    Parameters
    ----------
    places
        As ``isochrone_service.fetch_isochrones`` takes them.

    Raises
    ------
    UserError
        When nothing is published, the service does not answer, or the store cannot be written. What was answered
        before stays, and the next call asks for the rest.
    """
    store.required()
    fetched = fetch_isochrones(
        places,
        folder=store.isochrones_folder,
        service=service or SERVICE_URL,
        progress=partial(report, "build.stage_isochrones"),
    )
    with store.writing() as draft:
        snapshot = store.required()
        carried = carried_over(store, snapshot)
        tables = carried.tables | {ISOCHRONES: read_isochrones(store.isochrones_folder)}
        return republish(draft, snapshot, tables=tables, facts=carried.facts, report=report), fetched


@dataclass(frozen=True)
class Carried:
    """The tables of a snapshot without those removed, and the facts of its manifest that this changes."""

    tables: dict[str, pd.DataFrame]
    facts: dict[str, Any]


def carried_over(store: Store, snapshot: Snapshot, *, roster: pd.DataFrame | None = None) -> Carried:
    """Return what a republication starts from, with another roster where one is given.

    Raises
    ------
    UserError
        When a table or the list of removals is unreadable.
    """
    removals, before = read_removals(store), tables_of(snapshot)
    if roster is not None:
        before["roster"] = roster
    tables = removals.applied(before)
    if not removals.listed:
        return Carried(tables, {})
    manifest = snapshot.manifest
    firms = tables[FIRMS_PREFIX + snapshot.settings().cluster.default_perimeter]
    counts = manifest["counts"] | {"partially_diffusible": int(firms["is_partially_diffusible"].sum())}
    excluded = manifest["excluded"]
    gone = len(before["roster"]) - len(tables["roster"])
    if gone:
        of_roster = excluded["members"]
        excluded = excluded | {"members": of_roster | {"removed": of_roster.get("removed", 0) + gone}}
        counts |= {"members_rows_kept": counts["members_rows_kept"] - gone}
    # Whoever was taken off the list meanwhile is still not in what is carried over: only a build brings them back.
    went_by = sorted({*manifest.get(WENT_BY, ()), *removals.numbers})
    return Carried(tables, {"counts": counts, "excluded": excluded, "quality": quality_of(firms), WENT_BY: went_by})


def rematched(
    snapshot: Snapshot,
    tables: Mapping[str, pd.DataFrame],
    *,
    decisions: Mapping[str, str | None],
    report: Report,
) -> dict[str, pd.DataFrame]:
    """Return the tables of a snapshot with members matched anew: the roster or the decisions are others."""
    matches = match_roster(
        tables,
        firms={perimeter: tables[FIRMS_PREFIX + perimeter] for perimeter in snapshot.perimeters},
        default=snapshot.settings().cluster.default_perimeter,
        communes=tables["communes"],
        decisions=decisions,
        report=report,
    )
    return dict(tables) | {"members": matches.members, "candidates": matches.candidates}


def republish(
    draft: Draft,
    snapshot: Snapshot,
    *,
    tables: Mapping[str, pd.DataFrame],
    report: Report,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Snapshot:
    """Publish a snapshot again with these tables, and some facts of its manifest replaced.

    Raises
    ------
    UserError
        When the snapshot is of a version before these tables, or the store cannot be written.
    """
    if "neighbours" not in snapshot.table_names:
        raise UserError("table.older_snapshot")
    firms = {perimeter: tables[FIRMS_PREFIX + perimeter] for perimeter in snapshot.perimeters}
    derived = write_tables(draft, tables, firms=firms, settings=snapshot.settings(), report=report)
    manifest = snapshot.manifest | dict(facts) | derived | {"software_version": __version__}
    counts = manifest["counts"] | count_members(tables["members"], on=draft.built_at)
    absent = absent_from_register(snapshot)
    faults = with_members_faults(manifest["faults"], tables["members"], on=draft.built_at, absent=absent)
    report("build.stage_publishing", 1)
    return draft.publish(manifest | {"counts": counts, "faults": faults})
