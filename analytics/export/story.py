"""The findings that every output tells: one section each, from the result tables and sentences of the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, get_args

from analytics.errors import UserError
from analytics.export.asked import Asked
from analytics.export.content import Section, SectionKey
from analytics.export.sections.cluster import axes, cluster, places, sector
from analytics.export.sections.outlook import budget, growth, plan, what_is_next
from analytics.export.sections.recruitment import recruitment
from analytics.export.sections.territory import offices, reach, towns
from analytics.export.sections.words import has_roster

__all__ = ["KEYS", "OF_MEMBERS", "Story", "needs_firms", "tell", "tellable"]

KEYS: tuple[SectionKey, ...] = get_args(SectionKey)
_TELL: dict[SectionKey, Callable[[Asked], Section]] = {
    "sector": sector,
    "cluster": cluster,
    "places": places,
    "towns": towns,
    "reach": reach,
    "offices": offices,
    "growth": growth,
    "plan": plan,
    "recruitment": recruitment,
    "budget": budget,
    "axes": axes,
    "next": what_is_next,
}


# Without a roster these cannot be told.
OF_MEMBERS: frozenset[SectionKey] = frozenset({"cluster", "places", "towns", "plan", "recruitment", "budget", "axes"})


class Story(NamedTuple):
    """The sections that the data can tell, and why others cannot: key and sentence."""

    sections: tuple[Section, ...]
    left_out: tuple[tuple[SectionKey, str], ...]


def tell(asked: Asked, keys: tuple[SectionKey, ...] = KEYS) -> Story:
    """Return the sections of these keys in their order.

    Raises
    ------
    UserError
        When the view selects no firm: there is nothing to tell.
    """
    needs_firms(asked)
    told: list[Section] = []
    left_out: list[tuple[SectionKey, str]] = []
    for key in keys:
        try:
            told.append(_TELL[key](asked))
        except UserError as error:
            left_out.append((key, error.message(asked.t.language)))
    return Story(tuple(told), tuple(left_out))


def needs_firms(asked: Asked) -> None:
    """Refuse a view of which there is nothing to tell.

    Raises
    ------
    UserError
        When it selects no firm.
    """
    if not int(asked.table("region_totals")["firms"].iloc[0]):
        raise UserError("export.nothing")


def tellable(asked: Asked, keys: tuple[SectionKey, ...]) -> tuple[SectionKey, ...]:
    """Return those of the keys that the loaded files allow to tell, without computing them."""
    return keys if has_roster(asked) else tuple(key for key in keys if key not in OF_MEMBERS)
