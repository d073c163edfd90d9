"""The result tables by name: (snapshot, view) to a table, for pages, command line and exports alike.

Nothing that leaves here tells who a partially diffusible unit is: such firms count in every aggregate, and their row,
where rows are listed, has neither name, identifier nor position.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from analytics.errors import UserError
from analytics.results.areas import LEVELS, size_label
from analytics.results.lists import firms, matches, members, review
from analytics.results.recruitment import (
    PROSPECT_COLUMNS,
    REASONS,
    plan,
    prospects,
    prospects_in_full,
    quartile_totals,
    thresholds,
    white_space,
)
from analytics.results.selection import current_members, membership
from analytics.results.shares import (
    PENETRATION_COLUMNS,
    SHRUNK_COLUMNS,
    comparison,
    key_figures,
    penetration,
    places,
    region_totals,
    shrunk_penetration,
)
from analytics.results.towns import (
    TOWN_COLUMNS,
    contours,
    town_firms,
    town_limits,
    town_members,
    town_names,
    town_targets,
    towns,
    towns_in_full,
)
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.view import View

__all__ = [
    "LEVELS",
    "PENETRATION_COLUMNS",
    "PROSPECT_COLUMNS",
    "READS",
    "REASONS",
    "SHRUNK_COLUMNS",
    "TABLES",
    "TOWN_COLUMNS",
    "comparison",
    "compute",
    "contours",
    "current_members",
    "firms",
    "key_figures",
    "matches",
    "members",
    "membership",
    "penetration",
    "places",
    "plan",
    "prospects",
    "prospects_in_full",
    "quartile_totals",
    "region_totals",
    "review",
    "shrunk_penetration",
    "size_label",
    "thresholds",
    "town_firms",
    "town_limits",
    "town_members",
    "town_names",
    "town_targets",
    "towns",
    "towns_in_full",
    "white_space",
]


class Table(NamedTuple):
    """A table that can be asked for by name, and the options that it takes."""

    compute: Callable[..., pd.DataFrame]
    options: tuple[str, ...] = ()


TABLES: dict[str, Table] = {
    "firms": Table(firms),
    "members": Table(members),
    "matches": Table(matches),
    "penetration": Table(penetration, ("level", "language")),
    "shrunk-penetration": Table(shrunk_penetration, ("level", "language")),
    "towns": Table(towns, ("level",)),
    "white-space": Table(white_space, ("language",)),
    "thresholds": Table(thresholds),
    "prospects": Table(prospects, ("limit", "language")),
}

_TOWN = ("level", "town")
_NARROWED = (*_TOWN, "town_only", "antenna", "within_km")
_LIST = (*_NARROWED, "cell", "order")
# Fields of a view, besides those that choose firms, on which each table depends: whatever the others say, it is the
# same.
READS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("firms", "members", "matches", "penetration", "shrunk_penetration"), ()),
    **dict.fromkeys(("region_totals", "comparison", "places", "key_figures"), ()),
    **dict.fromkeys(("towns", "towns_in_full", "town_names", "town_limits", "contours"), ("level",)),
    **dict.fromkeys(("town_firms", "town_members", "town_targets"), _TOWN),
    **dict.fromkeys(("white_space", "thresholds"), _NARROWED),
    **dict.fromkeys(("prospects", "prospects_in_full"), _LIST),
    "plan": (*_LIST, "visits", "conversion"),
}


def compute(name: str, snapshot: Snapshot, view: View, settings: Settings, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return the table ``name``; of the options, ``language`` is left out where the table does not take it.

    Raises
    ------
    UserError
        When no table has that name, or another option does not belong to it.
    """
    if name not in TABLES:
        raise UserError("table.unknown", name=name, known=", ".join(TABLES))
    table = TABLES[name]
    given = {key: value for key, value in options.items() if value is not None}
    foreign = next((key for key in given if key not in (*table.options, "language")), None)
    if foreign:
        raise UserError("table.no_option", name=name, option=f"--{foreign}")
    taken = {key: value for key, value in given.items() if key in table.options}
    return table.compute(snapshot, view, settings, **taken)
