"""From the figures of one snapshot to those of another, step by step."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.errors import UserError
from analytics.metrics.bridge import Selection, Side
from analytics.metrics.bridge import bridge as metric
from analytics.results.selection import current_members, data_day, selected_firms
from analytics.settings import Settings
from analytics.store import ARRIVED, DEPARTED, Snapshot, Store
from analytics.view import View

BRIDGE_COLUMNS = ["figure", "step", "change", "level"]


def bridge(
    snapshot: Snapshot, view: View, settings: Settings, *, start: str | None = None, end: str | None = None
) -> pd.DataFrame:
    """Return what lies between two snapshots' firms, jobs and members of the view; ``BRIDGE_COLUMNS``.

    Parameters
    ----------
    start, end
        Ids of the snapshots; ``start`` the view's ``since``, else the one before, ``end`` this one unless given.

    Raises
    ------
    UserError
        When there is no such snapshot, no earlier one, both are the same, the later comes first, or they are of
        different regions, perimeters, or one of the demonstration and one of real files.
    """
    store = Store(snapshot.path.parent)
    new = snapshot if end in (None, snapshot.id) else store.open(str(end))
    old = _opened(store, start or view.since, new)
    _refuse_unlike(old, new, view, settings)
    selection = Selection(view.departments, view.segments)
    return metric(_side(old, view), _side(new, view), selection=selection)[BRIDGE_COLUMNS]


def earlier_snapshots(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the snapshots with which this one can be compared, newest first: ``id``, ``built_at``, ``day``."""
    found = [old for old in Store(snapshot.path.parent).snapshots() if _is_comparable(old, snapshot, view, settings)]
    rows = [(old.id, pd.Timestamp(old.built_at), pd.Timestamp(data_day(old))) for old in found]
    return pd.DataFrame(rows, columns=["id", "built_at", "day"])


def _opened(store: Store, asked: str | None, new: Snapshot) -> Snapshot:
    if asked is not None:
        return store.open(asked)
    before = [old for old in store.snapshots() if old.built_at < new.built_at and old.is_demo == new.is_demo]
    if not before:
        raise UserError("growth.bridge_alone")
    return before[0]


def _is_comparable(old: Snapshot, new: Snapshot, view: View, settings: Settings) -> bool:
    try:
        _refuse_unlike(old, new, view, settings)
    except UserError:
        return False
    return True


def _refuse_unlike(old: Snapshot, new: Snapshot, view: View, settings: Settings) -> None:
    if old.id == new.id:
        raise UserError("growth.bridge_same", snapshot=new.id)
    if old.built_at > new.built_at:
        raise UserError("growth.bridge_reversed", start=old.id, end=new.id)
    if old.is_demo != new.is_demo:
        raise UserError("growth.bridge_demo")
    if old.settings().region.code != settings.region.code or view.perimeter not in old.perimeters:
        raise UserError("growth.bridge_unlike", snapshot=old.id)


def _side(snapshot: Snapshot, view: View) -> Side:
    firms = snapshot.firms(view.perimeter)
    known = firms.set_index("siren")[["department_code", "segment", "created_on"]]
    others = {s for p in snapshot.perimeters for s in snapshot.firms(p)["siren"]} - set(firms["siren"])
    return Side(
        day=data_day(snapshot),
        selected=selected_firms(snapshot, view)[["siren", "jobs_estimate"]],
        perimeter=known.to_dict("index"),  # type: ignore[arg-type]
        elsewhere=frozenset(others),
        established_on=_told(snapshot, ARRIVED, "established_on"),
        fates=_told(snapshot, DEPARTED, "fate"),
        members=current_members(snapshot)[["member_id", "name", "siren"]],
    )


def _told(snapshot: Snapshot, table: str, column: str) -> dict[str, Any]:
    """Return a column of a table by SIREN; nothing where an earlier version of the software did not write it."""
    if table not in snapshot.table_names:
        return {}
    rows = snapshot.table(table)
    return dict(zip(rows["siren"], rows[column], strict=True))
