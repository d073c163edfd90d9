"""A build or a roster that lost many of what is published is refused, unless told otherwise."""

from __future__ import annotations

from contextlib import suppress

from analytics.errors import UserError
from analytics.settings import Settings
from analytics.store import Snapshot, Store


def refuse_fewer_firms(firms: int, published: Snapshot | None, *, settings: Settings) -> None:
    """Refuse when the default perimeter lost too many firms; ``published`` as ``compared_with`` returns it.

    Raises
    ------
    UserError
        When ``firms`` are fewer than published by more than ``build.allowed_shrink_pct`` percent of these.
    """
    if published is not None:
        before = published.manifest["counts"]["firms_by_perimeter"].get(settings.cluster.default_perimeter, 0)
        _refuse("build.shrunk", before, firms, settings)


def refuse_fewer_members(members: int | None, published: Snapshot | None, *, settings: Settings) -> None:
    """Refuse when the roster lost too many members, or there is none any more; as ``refuse_fewer_firms``.

    Those whose removal on request is published are in neither number.

    Parameters
    ----------
    members
        Members of the roster, former ones included; None without a roster.

    Raises
    ------
    UserError
        When they are fewer than published by more than ``build.allowed_shrink_pct`` percent of these.
    """
    if published is not None:
        key = "build.no_roster" if members is None else "build.members_shrunk"
        _refuse(key, published.manifest["counts"]["members_rows_kept"], members or 0, settings)


def _refuse(key: str, before: int, after: int, settings: Settings) -> None:
    allowed = settings.build.allowed_shrink_pct
    if before and 100 * (before - after) / before > allowed:
        raise UserError(key, before=before, after=after, allowed=f"{allowed:g}")


def compared_with(store: Store, *, settings: Settings, is_demo: bool) -> Snapshot | None:
    """Return what is published, or stands in for it where it is damaged, if it is of the same region and kind.

    Going from the demonstration to real files, or back, is no loss, nor is another region.
    """
    published = _published(store)
    if published is None or published.is_demo != is_demo:
        return None
    return published if published.manifest["settings"]["region"]["code"] == settings.region.code else None


def _published(store: Store) -> Snapshot | None:
    try:
        return store.current()
    except UserError:
        with suppress(UserError):  # Building again is how one gets out of it.
            served = store.served()
            return served.snapshot if served else None
    return None
