"""Removing a firm or a member at once: listed, published without them, and whatever tells them deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.errors import UserError
from analytics.pipeline.republishing import carried_over, rematched, republish
from analytics.pipeline.stages import Report, tell_nobody
from analytics.removals import Kind, Removal, check_identifier, read_removals, tables_of, tells_removed, write_removals
from analytics.store import Draft, Snapshot, Store


@dataclass(frozen=True)
class Removed:
    """What a removal did: the snapshot published without them, if one was; how many others were deleted.

    ``was_held`` says whether what was published told them, ``was_found`` whether any snapshot did;
    ``listed_before`` is the removal as it stood on the list already.
    """

    snapshot: Snapshot | None
    dropped: int
    was_held: bool
    was_found: bool
    listed_before: Removal | None = None


def remove(
    store: Store, kind: Kind, identifier: str, *, reason: str | None = None, report: Report = tell_nobody
) -> Removed:
    """List a firm or a member as removed, and let the list take effect at once (``apply_removals``).

    Cut short, it is listed: the same call again does the rest, and every build goes by the list.

    Parameters
    ----------
    kind, identifier
        ``firm`` and its SIREN, or ``member`` and its id or SIREN.
    reason
        One of ``removals.REASONS``; the last of them, or what is listed already, where none is given.

    Raises
    ------
    UserError
        When the identifier is none, a build runs, what is published is unreadable, or the store cannot be written.
    """
    given = check_identifier(kind, identifier)
    with store.writing() as draft:
        # Listed before it can take effect, whole data sets would count as telling somebody, with none to publish.
        _verify_published(store)
        removals = read_removals(store)
        write_removals(store, removals.adding(kind, given, reason))
        return replace(_take_effect(store, draft, report), listed_before=removals.find(kind, given))


def _verify_published(store: Store) -> None:
    try:
        if published := store.current():
            published.verify()
    except UserError as damage:
        raise UserError("removals.not_recorded", damage=damage) from damage


def apply_removals(store: Store, report: Report = tell_nobody) -> Removed:
    """Publish the snapshot without those listed as removed, and delete the others that tell one of them.

    No source file is needed. Nothing is published where what is published tells nobody listed.

    Raises
    ------
    UserError
        When a build runs, what is published is unreadable, or the store cannot be written.
    """
    with store.writing() as draft:
        return _take_effect(store, draft, report)


def _take_effect(store: Store, draft: Draft, report: Report) -> Removed:
    snapshot = store.current()
    removals = read_removals(store)
    published, was_held = None, False
    if snapshot is not None:
        before = tables_of(snapshot)
        removals = removals.learning(before)
        write_removals(store, removals)
        was_held = removals.told_by(before.values())
    for member in removals.outdated(store.decisions()):
        store.forget_decision(member)
    if snapshot is not None and was_held:
        carried = carried_over(store, snapshot)
        tables = rematched(snapshot, carried.tables, decisions=store.decisions(), report=report)
        published = republish(draft, snapshot, tables=tables, facts=carried.facts, report=report)
    telling = set[str]()

    def tells(other: Snapshot) -> bool:
        if tells_removed(removals, other):
            telling.add(other.id)
        return other.id in telling

    dropped = store.drop_where(tells)  # Those that cannot be read too.
    return Removed(published, dropped, was_held, was_found=was_held or bool(telling))
