"""The ways back: an earlier snapshot published again, somebody removed taken off the list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from analytics.errors import UserError
from analytics.removals import Kind, check_identifier, read_removals, tells_removed, write_removals
from analytics.store import Snapshot, Store


def rollback(store: Store, snapshot_id: str | None = None) -> Snapshot:
    """Publish an earlier snapshot again, as ``Store.rollback``; one that tells somebody removed is deleted instead.

    There is one only where a removal was cut short, or an older copy of the store put back.

    Raises
    ------
    UserError
        As there.
    """
    _drop_telling(store)
    target = store.rollback(snapshot_id)
    _drop_telling(store)  # What was published until now is one of the others.
    return target


def restore(store: Store, kind: Kind, identifier: str) -> None:
    """Take a firm or a member off the list; the next build or roster that holds it brings it back.

    Parameters
    ----------
    kind, identifier
        As ``remove`` takes them.

    Raises
    ------
    UserError
        When the identifier is none or not listed, a build runs, or the list cannot be read or written.
    """
    given = check_identifier(kind, identifier)
    with store.writing():
        listed = read_removals(store)
        found = listed.find(kind, given)
        if found is None:
            raise UserError("removals.not_listed", given=identifier)
        write_removals(store, listed.without(found))


def _drop_telling(store: Store) -> None:
    tells = partial(tells_removed, read_removals(store))
    if any(_is_sure(tells, snapshot) for snapshot in store.snapshots() if snapshot.id != store.current_id()):
        with store.writing():
            store.drop_where(tells)


def _is_sure(tells: Callable[[Snapshot], bool], snapshot: Snapshot) -> bool:
    try:
        return tells(snapshot)
    except UserError:
        return False  # A damaged snapshot cannot be published.
