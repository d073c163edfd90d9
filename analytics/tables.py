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
from analytics.results.axes import AXES_COLUMNS, axes
from analytics.results.bridge import BRIDGE_COLUMNS, bridge, earlier_snapshots
from analytics.results.growth import (
    CENTRAL_RATE,
    GROWTH_COLUMNS,
    HISTORY_COLUMNS,
    fan_basis,
    growth,
    growth_base,
    growth_in_full,
    growth_notes,
    history,
    history_in_full,
    observed_growth,
    published_points,
    scenario_rates,
)
from analytics.results.lists import firms, matches, members, review
from analytics.results.membership import (
    MEMBERSHIP_COLUMNS,
    budget,
    budget_parts,
    membership,
    membership_answer,
    membership_basis,
    membership_in_full,
    plan_defaults,
    staying,
)
from analytics.results.reach import (
    COVERAGE_COLUMNS,
    antenna_outlines,
    coverage,
    coverage_curve,
    coverage_totals,
    measured,
    nearness,
    overlaps,
    reach_notes,
    reach_places,
    territories,
    under_covered_towns,
)
from analytics.results.recruitment import (
    PROSPECT_COLUMNS,
    PROSPECT_TOTALS_COLUMNS,
    REASONS,
    plan,
    prospect_totals,
    prospects,
    prospects_in_full,
    quartile_totals,
    thresholds,
    white_space,
)
from analytics.results.selection import current_members, data_day, member_counts, roster_day
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
from analytics.results.siting import (
    NEXT_COLUMNS,
    STABILITY_QUESTIONS,
    move,
    next_antennas,
    next_antennas_in_full,
    offices_needed,
    possible_sites,
    short_list,
    siting_notes,
    siting_summary,
    stability,
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
    "AXES_COLUMNS",
    "BRIDGE_COLUMNS",
    "CENTRAL_RATE",
    "COVERAGE_COLUMNS",
    "GROWTH_COLUMNS",
    "HISTORY_COLUMNS",
    "LEVELS",
    "MEMBERSHIP_COLUMNS",
    "NEXT_COLUMNS",
    "PENETRATION_COLUMNS",
    "PROSPECT_COLUMNS",
    "PROSPECT_TOTALS_COLUMNS",
    "READS",
    "REASONS",
    "SHRUNK_COLUMNS",
    "STABILITY_QUESTIONS",
    "TABLES",
    "TOWN_COLUMNS",
    "antenna_outlines",
    "axes",
    "bridge",
    "budget",
    "budget_parts",
    "comparison",
    "compute",
    "contours",
    "coverage",
    "coverage_curve",
    "coverage_totals",
    "current_members",
    "data_day",
    "earlier_snapshots",
    "fan_basis",
    "firms",
    "growth",
    "growth_base",
    "growth_in_full",
    "growth_notes",
    "history",
    "history_in_full",
    "key_figures",
    "matches",
    "measured",
    "member_counts",
    "members",
    "membership",
    "membership_answer",
    "membership_basis",
    "membership_in_full",
    "move",
    "nearness",
    "next_antennas",
    "next_antennas_in_full",
    "observed_growth",
    "offices_needed",
    "overlaps",
    "penetration",
    "places",
    "plan",
    "plan_defaults",
    "possible_sites",
    "prospect_totals",
    "prospects",
    "prospects_in_full",
    "published_points",
    "quartile_totals",
    "reach_notes",
    "reach_places",
    "region_totals",
    "review",
    "roster_day",
    "scenario_rates",
    "short_list",
    "shrunk_penetration",
    "siting_notes",
    "siting_summary",
    "size_label",
    "stability",
    "staying",
    "territories",
    "thresholds",
    "town_firms",
    "town_limits",
    "town_members",
    "town_names",
    "town_targets",
    "towns",
    "towns_in_full",
    "under_covered_towns",
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
    "prospect-totals": Table(prospect_totals, ("language",)),
    "axes": Table(axes),
    "coverage": Table(coverage),
    "coverage-curve": Table(coverage_curve),
    "overlaps": Table(overlaps),
    "territories": Table(territories),
    "nearness": Table(nearness),
    "next-antennas": Table(next_antennas),
    "stability": Table(stability),
    "offices-needed": Table(offices_needed),
    "move": Table(move),
    "history": Table(history),
    "growth": Table(growth),
    "observed-growth": Table(observed_growth),
    "membership": Table(membership),
    "staying": Table(staying),
    "budget": Table(budget),
    "bridge": Table(bridge, ("start", "end")),
}

# Options whose names on the command line are words of Python.
_SPOKEN = {"start": "from", "end": "to"}
_TOWN = ("level", "town")
_NARROWED = (*_TOWN, "town_only", "antenna", "within_km")
_LIST = (*_NARROWED, "cell", "order")
_REACH = ("threshold", "unit")
_SITES = ("offices", "excluded", "forced")
_PLAN = ("rate", "target", "goal", "by", "churn")
# Fields of a view, besides those that choose firms, on which each table depends: whatever the others say, it is the
# same.
READS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("firms", "members", "matches", "penetration", "shrunk_penetration"), ()),
    **dict.fromkeys(("region_totals", "comparison", "places", "key_figures", "axes"), ()),
    **dict.fromkeys(("towns", "towns_in_full"), ("level", "antenna", "within_km")),
    **dict.fromkeys(("town_names", "town_limits", "contours"), ("level",)),
    **dict.fromkeys(("town_firms", "town_members", "town_targets"), _TOWN),
    **dict.fromkeys(("white_space", "thresholds", "prospect_totals"), _NARROWED),
    **dict.fromkeys(("prospects", "prospects_in_full"), _LIST),
    "plan": (*_LIST, "visits", "conversion"),
    **dict.fromkeys(("coverage", "overlaps", "territories", "reach_places"), _REACH),
    **dict.fromkeys(("antenna_outlines", "reach_notes"), _REACH),
    **dict.fromkeys(("coverage_curve", "nearness"), ("unit",)),
    **dict.fromkeys(("coverage_totals", "measured"), ()),
    **dict.fromkeys(
        ("next_antennas", "next_antennas_in_full", "siting_summary"),
        (*_REACH, "demand", *_SITES),
    ),
    "under_covered_towns": ("antenna",),
    "stability": ("unit", *_SITES),
    "offices_needed": (*_REACH, "excluded", "forced"),
    "move": (*_REACH, "demand", "excluded"),
    "possible_sites": ("excluded", "forced"),
    "siting_notes": _SITES,
    **dict.fromkeys(("history", "history_in_full", "fan_basis", "observed_growth", "staying", "earlier_snapshots"), ()),
    **dict.fromkeys(("growth", "growth_in_full"), ("base", "rate", "years")),
    "growth_base": ("base",),
    "growth_notes": ("base", "rate"),
    "published_points": ("base", "measure"),
    "membership_basis": _PLAN,
    "plan_defaults": ("target", "goal", "by", "churn"),
    **dict.fromkeys(("membership", "membership_in_full"), (*_PLAN, "pace")),
    "membership_answer": (*_PLAN, "pace", "conversion"),
    **dict.fromkeys(("budget", "budget_parts"), (*_PLAN, "pace", "cut")),
    "bridge": ("since",),
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
        raise UserError("table.no_option", name=name, option=f"--{_SPOKEN.get(foreign, foreign)}")
    taken = {key: value for key, value in given.items() if key in table.options}
    return table.compute(snapshot, view, settings, **taken)
