"""What is wrong with a damaged data set, in a few words."""

from __future__ import annotations

from datetime import datetime

from analytics.errors import UserError
from analytics.text import Translator


def reason_phrase(damage: UserError, t: Translator) -> str:
    """Return what was found: which part, and whether it is gone or changed."""
    return t("damage.reason_" + damage.key.removeprefix("store."), **damage.params)


def notice(where: str, t: Translator, *, damage: UserError, snapshot: str, built_at: datetime, is_newer: bool) -> str:
    """Return what whoever is answered from another data set is told.

    Parameters
    ----------
    where
        On a ``page``, on the page ``sources``, or by a ``command``.
    damage
        What is wrong with the published one.
    snapshot, built_at, is_newer
        Of the one that stands in: its id, its moment, and whether people had gone back from it.
    """
    key = f"damage.{where}_newer" if is_newer else f"damage.{where}"
    return t(key, reason=reason_phrase(damage, t), snapshot=snapshot, built_at=t.moment(built_at))
