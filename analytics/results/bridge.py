"""From the figures of one snapshot to those of another, step by step."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.errors import UserError
from analytics.metrics.bridge import Selection, Side
from analytics.metrics.bridge import bridge as metric
from analytics.results.selection import current_members, data_day, roster_day, says_jobs, selected_firms
from analytics.settings import Settings
from analytics.store import ARRIVALS, DEPARTURES, Snapshot, Store
from analytics.view import View

FIGURES = ("firms", "jobs", "members")
BRIDGE_COLUMNS = ["figure", "step", "change", "level"]


def bridge(
    snapshot: Snapshot, view: View, settings: Settings, *, start: str | None = None, end: str | None = None
) -> pd.DataFrame:
    """Return what lies between two snapshots' firms, jobs and members of the view; ``BRIDGE_COLUMNS``.

    Parameters
    ----------
    start, end
        Ids of the snapshots. ``start`` is the view's ``since`` unless given, else the last one before this whose
        register was another, else the one before; ``end`` is this one.

    Returns
    -------
    DataFrame
        Of ``firms``, ``jobs`` and ``members`` those that both snapshots tell: jobs where both registers do, members
        where both have a roster.

    Raises
    ------
    UserError
        When there is no such snapshot, no earlier one, both are the same, the later comes first, or they do not
        compare: another region, or the perimeter, segments or departments were defined otherwise, or one is of the
        demonstration and one of real files.
    """
    store = Store(snapshot.path.parent)
    new = snapshot if end in (None, snapshot.id) else store.open(str(end))
    asked = start or view.since
    if asked is None:
        before = earlier_snapshots(new, view, settings)
        if before.empty:
            raise UserError("growth.bridge_alone")
        asked = str(before.loc[before["is_usual"], "id"].iloc[0])
    old = store.open(asked)
    _refuse_unlike(old, new, view)
    selection = Selection(view.departments, view.segments)
    table = metric(_side(old, view), _side(new, view), selection=selection)
    told = [figure for figure in FIGURES if all(_tells(side, figure, view) for side in (old, new))]
    return table.loc[table["figure"].isin(told), BRIDGE_COLUMNS].reset_index(drop=True)


def earlier_snapshots(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the snapshots with which this one can be compared, newest first: ``id``, ``built_at``, ``day``.

    ``roster_day`` is the day its members are of. ``is_usual`` marks the one that is meant unless another is named.
    People's decisions and new rosters publish the same register again; a rollback leaves snapshots behind that nothing
    came from. So it is the first, going back from each to the one that was published when it was built, whose register
    is another; else the first of them at all, else the newest.
    """
    del settings
    found = [old for old in Store(snapshot.path.parent).snapshots() if _is_comparable(old, snapshot, view)]
    rows = [
        (old.id, pd.Timestamp(old.built_at), pd.Timestamp(data_day(old)), pd.Timestamp(roster_day(old)))
        for old in found
    ]
    usual = _usual(snapshot, {old.id: old for old in found})
    table = pd.DataFrame(rows, columns=["id", "built_at", "day", "roster_day"])
    return table.assign(is_usual=table["id"] == usual)


def _usual(snapshot: Snapshot, comparable: dict[str, Snapshot]) -> str | None:
    chain, before = [], snapshot.manifest.get("previous")
    while before in comparable and before not in chain:
        chain.append(before)
        before = comparable[before].manifest.get("previous")
    # Where a link is missing (old snapshots are dropped), whatever came before the last one is looked at.
    last = comparable[chain[-1]] if chain else snapshot
    is_cut = before is not None and before not in comparable
    older = [name for name in comparable if is_cut and name < last.id]
    others = (name for name in [*chain, *older] if comparable[name].register != snapshot.register)
    return next(others, next(iter(chain), next(iter(comparable), None)))


def _is_comparable(old: Snapshot, new: Snapshot, view: View) -> bool:
    try:
        _refuse_unlike(old, new, view)
    except UserError:
        return False
    return True


def _refuse_unlike(old: Snapshot, new: Snapshot, view: View) -> None:
    if old.id == new.id:
        raise UserError("growth.bridge_same", snapshot=new.id)
    if old.id > new.id:  # Ids in order are builds in order, whatever the clock did.
        raise UserError("growth.bridge_reversed", start=old.id, end=new.id)
    if old.is_demo != new.is_demo:
        raise UserError("growth.bridge_demo")
    if _meaning(old, view) != _meaning(new, view):
        raise UserError("growth.bridge_unlike", snapshot=old.id)


def _meaning(snapshot: Snapshot, view: View) -> tuple[object, ...]:
    """Return what a firm of the view is by the settings of a snapshot: where that changes, nobody has moved."""
    settings = snapshot.settings()
    activities = settings.perimeters.get(view.perimeter) if view.perimeter in snapshot.perimeters else None
    codes = None if activities is None else (activities.naf_rev2, activities.naf_2025)
    segments = tuple((key, segment.naf_rev2, segment.naf_2025) for key, segment in settings.segments.items())
    return settings.region.code, settings.region.departments, codes, segments


def _tells(snapshot: Snapshot, figure: str, view: View) -> bool:
    """Return whether a snapshot tells a figure at all: what one side does not tell has not changed."""
    if figure == "jobs":
        return says_jobs(snapshot.firms(view.perimeter))
    return figure != "members" or not snapshot.table("members").empty


def _side(snapshot: Snapshot, view: View) -> Side:
    firms = snapshot.firms(view.perimeter)
    others = {s for p in snapshot.perimeters for s in snapshot.firms(p)["siren"]} - set(firms["siren"])
    return Side(
        day=data_day(snapshot),
        selected=selected_firms(snapshot, view)[["siren", "jobs_estimate"]],
        perimeter=firms.set_index("siren")[["department_code", "segment", "created_on"]],
        elsewhere=frozenset(others),
        established_on=_told(snapshot, ARRIVALS, "established_on"),
        fates=_told(snapshot, DEPARTURES, "fate"),
        members=current_members(snapshot)[["member_id", "name", "siren"]],
    )


def _told(snapshot: Snapshot, table: str, column: str) -> dict[str, Any]:
    """Return a column of a table by SIREN; nothing where an earlier version of the software did not write it."""
    if table not in snapshot.table_names:
        return {}
    rows = snapshot.table(table)
    return dict(zip(rows["siren"], rows[column], strict=True))
