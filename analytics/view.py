"""A reader's state (filters, level, place, pace) and its query string: one view gives the same figures everywhere."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from typing import overload
from urllib.parse import parse_qs, urlencode

from analytics.errors import UserError
from analytics.settings import COMMUNE_CODE, SNAPSHOT_ID, Settings
from analytics.sizes import SIZE_CLASSES

TOWN_LEVELS = ("epci", "commune", "department", "antenna")
ORDERS = ("score", "jobs", "both")
MAX_VISITS, MAX_KM = 1_000.0, 1_000.0
UNITS = ("min", "km")
LEAST_THRESHOLD, MAX_THRESHOLD = 5.0, 90.0
DEMANDS = ("firms", "jobs", "missing")
MOST_OFFICES = 5
BASES = ("register", "published")
MEASURES = ("firms", "jobs")
RATES = (-50.0, 50.0)
MOST_YEARS = 30
TARGETS = ("hold", "members", "share", "jobs")
MAX_GOAL, MAX_PACE = 1_000_000.0, 10_000.0
YEARS = (1900, 2200)
COMPARED = ("firms", "jobs", "members")
# Of an address, what is no part of a view: the language, and where one is in a presentation.
OTHER_KEYS = ("lang", "scene", "play", "theme")
# The parameters that choose firms, then those that say how to look at them.
SELECTION_KEYS = ("perimeter", "department", "segment", "size", "employers")
_SELECTION_FIELDS = ("perimeter", "departments", "segments", "sizes", "employers_only")
QUERY_KEYS = (
    *SELECTION_KEYS,
    "level",
    "town",
    "town_only",
    "cell",
    "antenna",
    "within",
    "order",
    "visits",
    "conversion",
    "threshold",
    "unit",
    "demand",
    "offices",
    "exclude",
    "force",
    "closer",
    "base",
    "measure",
    "rate",
    "years",
    "target",
    "goal",
    "by",
    "churn",
    "pace",
    "cut",
    "since",
    "compared",
)


@dataclasses.dataclass(frozen=True)
class View:
    """What a reader selected. An empty tuple selects all.

    Attributes
    ----------
    perimeter
        Key of a perimeter of the settings.
    departments, segments, sizes
        Department codes, segment keys, keys of ``sizes.SIZE_CLASSES``.
    employers_only
        Leave out firms without an employee.
    level, town
        Areas looked at, one of ``TOWN_LEVELS``, and the code of the one looked at closely.
    town_only
        Prospects of that area alone; of all where there is none.
    cell
        Segment and size class of one cell of the white-space matrix.
    antenna, within_km
        Name of the antenna to which firms must be nearest, and how far from it they may be.
    order
        How prospects are ranked, one of ``ORDERS``.
    visits, conversion
        The plan: visits a month, and the share of them that brings a member, in percent.
    threshold, unit
        How far an antenna reaches: a number of ``UNITS``, driving minutes or kilometres as the crow flies.
    demand, offices
        What the next antennas are to reach, one of ``DEMANDS``, and how many of them.
    excluded, forced
        Commune codes where none of them may stand, and where one must.
    closer
        Show on the map what is around the antenna alone.
    base, measure
        From which figures growth is projected, one of ``BASES``, and which are drawn, one of ``MEASURES``.
    rate, years
        The growth supposed, in percent a year (None: the published estimate), and over how many years.
    target, goal, by
        What the membership is to reach, one of ``TARGETS``: that number of members, percent of firms or jobs (None: the
        settings'), in that year (None: the settings').
    churn, pace
        The share of members that leaves in a year, in percent (None: what the roster shows), and recruits a year (None:
        what the target asks for).
    cut
        The part of public grants that is lost, in percent.
    since, compared
        Id of the snapshot with which this one is compared (None: the one before), and which figure, one of
        ``COMPARED``.
    """

    perimeter: str
    departments: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    employers_only: bool = False
    level: str = TOWN_LEVELS[0]
    town: str | None = None
    town_only: bool = False
    cell: tuple[str, str] | None = None
    antenna: str | None = None
    within_km: float | None = None
    order: str = ORDERS[0]
    visits: float = 10.0
    conversion: float = 8.0
    threshold: float = 30.0
    unit: str = UNITS[0]
    demand: str = DEMANDS[0]
    offices: int = 3
    excluded: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()
    closer: bool = False
    base: str = BASES[0]
    measure: str = MEASURES[0]
    rate: float | None = None
    years: int = 10
    target: str = TARGETS[0]
    goal: float | None = None
    by: int | None = None
    churn: float | None = None
    pace: float | None = None
    cut: float = 25.0
    since: str | None = None
    compared: str = COMPARED[0]

    @classmethod
    def default(cls, settings: Settings) -> View:
        """Return the view that a reader who selected nothing has."""
        return cls(perimeter=settings.cluster.default_perimeter)

    @classmethod
    def from_query(cls, query: str, settings: Settings) -> View:
        """Read a query string such as ``perimeter=core&department=31&department=34``.

        Raises
        ------
        UserError
            On a parameter or a value that the settings do not know.
        """
        # What a terminal could not decode has no place in an address.
        query = query.encode("utf-8", "replace").decode("utf-8")
        given = parse_qs(query.removeprefix("?"), keep_blank_values=True)
        given = {name: values for name, values in given.items() if name not in OTHER_KEYS}
        known = _known_values(settings)
        for name, values in given.items():
            if name not in QUERY_KEYS:
                raise UserError("view.unknown_parameter", parameter=name, known=", ".join(QUERY_KEYS))
            if name in known:
                _refuse_unknown(name, values, known[name])
        default = cls.default(settings)
        return cls(
            perimeter=_last(given, "perimeter", default.perimeter),
            departments=_in_order(given.get("department", ()), known["department"]),
            segments=_in_order(given.get("segment", ()), known["segment"]),
            sizes=_in_order(given.get("size", ()), known["size"]),
            employers_only=_last(given, "employers", "false") == "true",
            level=_last(given, "level", default.level),
            town=given.get("town", [None])[-1] or None,
            town_only=_last(given, "town_only", "false") == "true",
            cell=_cell(given),
            antenna=given.get("antenna", [None])[-1],
            within_km=_number(given, "within", high=MAX_KM),
            order=_last(given, "order", default.order),
            visits=_number(given, "visits", high=MAX_VISITS, default=default.visits),
            conversion=_number(given, "conversion", high=100.0, default=default.conversion),
            threshold=_number(given, "threshold", low=LEAST_THRESHOLD, high=MAX_THRESHOLD, default=default.threshold),
            unit=_last(given, "unit", default.unit),
            demand=_last(given, "demand", default.demand),
            offices=_count(given, "offices", high=MOST_OFFICES, default=default.offices),
            excluded=_communes(given, "exclude"),
            forced=_communes(given, "force"),
            closer=_last(given, "closer", "false") == "true",
            base=_last(given, "base", default.base),
            measure=_last(given, "measure", default.measure),
            rate=_number(given, "rate", low=RATES[0], high=RATES[1]),
            years=_count(given, "years", high=MOST_YEARS, default=default.years),
            target=_last(given, "target", default.target),
            goal=_number(given, "goal", high=MAX_GOAL),
            by=_year(given, "by"),
            churn=_number(given, "churn", high=100.0),
            pace=_number(given, "pace", high=MAX_PACE),
            cut=_number(given, "cut", high=100.0, default=default.cut),
            since=_snapshot(given, "since"),
            compared=_last(given, "compared", default.compared),
        )

    def to_query(self, settings: Settings) -> str:
        """Return the query string that reopens this view; what is not selected is left out."""
        default = View.default(settings)
        pairs = [("department", code) for code in self.departments]
        pairs += [("segment", key) for key in self.segments]
        pairs += [("size", key) for key in self.sizes]
        pairs += [("exclude", code) for code in self.excluded]
        pairs += [("force", code) for code in self.forced]
        single = {
            "perimeter": (self.perimeter, default.perimeter),
            "employers": ("true" if self.employers_only else "false", "false"),
            "level": (self.level, default.level),
            "town": (self.town, None),
            "town_only": ("true" if self.town_only else "false", "false"),
            "cell": (":".join(self.cell) if self.cell else None, None),
            "antenna": (self.antenna, None),
            "within": (_short(self.within_km), None),
            "order": (self.order, default.order),
            "visits": (_short(self.visits), _short(default.visits)),
            "conversion": (_short(self.conversion), _short(default.conversion)),
            "threshold": (_short(self.threshold), _short(default.threshold)),
            "unit": (self.unit, default.unit),
            "demand": (self.demand, default.demand),
            "offices": (_short(self.offices), _short(default.offices)),
            "closer": ("true" if self.closer else "false", "false"),
            "base": (self.base, default.base),
            "measure": (self.measure, default.measure),
            "rate": (_short(self.rate), None),
            "years": (_short(self.years), _short(default.years)),
            "target": (self.target, default.target),
            "goal": (_short(self.goal), None),
            "by": (_short(self.by), None),
            "churn": (_short(self.churn), None),
            "pace": (_short(self.pace), None),
            "cut": (_short(self.cut), _short(default.cut)),
            "since": (self.since, None),
            "compared": (self.compared, default.compared),
        }
        pairs += [(name, value) for name, (value, usual) in single.items() if value is not None and value != usual]
        return urlencode(sorted(pairs, key=lambda pair: QUERY_KEYS.index(pair[0])))

    def keep(self, *fields: str) -> View:
        """Return the view that chooses the same firms and, of how to look at them, says these fields alone."""
        kept = {name: getattr(self, name) for name in (*_SELECTION_FIELDS, *fields)}
        return View(**kept)

    @property
    def selection(self) -> View:
        """The view that chooses the same firms and says nothing on how to look at them."""
        return self.keep()

    @property
    def selects_all(self) -> bool:
        """Whether every firm of the perimeter is selected."""
        return self.selection == View(self.perimeter)

    @property
    def size_codes(self) -> tuple[str, ...]:
        """INSEE bands of the selected size classes."""
        return tuple(code for key in self.sizes for code in SIZE_CLASSES[key])


def _known_values(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {
        "perimeter": tuple(settings.perimeters),
        "department": settings.region.departments,
        "segment": tuple(settings.segments),
        "size": tuple(SIZE_CLASSES),
        "employers": ("true", "false"),
        "level": TOWN_LEVELS,
        "town_only": ("true", "false"),
        "closer": ("true", "false"),
        "cell": tuple(f"{segment}:{size}" for segment in settings.segments for size in SIZE_CLASSES),
        "antenna": tuple(antenna.name for antenna in settings.antennas),
        "order": ORDERS,
        "unit": UNITS,
        "demand": DEMANDS,
        "base": BASES,
        "measure": MEASURES,
        "target": TARGETS,
        "compared": COMPARED,
    }


def _last(given: Mapping[str, list[str]], name: str, default: str) -> str:
    """Return the last value given, ``default`` when none is."""
    return given.get(name, [default])[-1]


def _cell(given: Mapping[str, list[str]]) -> tuple[str, str] | None:
    if "cell" not in given:
        return None
    segment, size = given["cell"][-1].split(":")
    return segment, size


@overload
def _number(given: Mapping[str, list[str]], name: str, *, high: float, low: float = 0.0) -> float | None: ...
@overload
def _number(given: Mapping[str, list[str]], name: str, *, high: float, low: float = 0.0, default: float) -> float: ...
def _number(
    given: Mapping[str, list[str]], name: str, *, high: float, low: float = 0.0, default: float | None = None
) -> float | None:
    """Return the last value given, a number from ``low`` to ``high``; ``default`` when none is."""
    if name not in given:
        return default
    text = given[name][-1]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise UserError("view.no_number", parameter=name, value=text, low=int(low), high=int(high))
    return value


def _count(given: Mapping[str, list[str]], name: str, *, high: int, default: int) -> int:
    """Return the last value given, a whole number from 1 to ``high``; ``default`` when none is."""
    text = _last(given, name, str(default))
    if text not in {str(count) for count in range(1, high + 1)}:
        raise UserError("view.no_number", parameter=name, value=text, low=1, high=high)
    return int(text)


def _year(given: Mapping[str, list[str]], name: str) -> int | None:
    """Return the last year given, a whole number of ``YEARS``."""
    if name not in given:
        return None
    text, (first, last) = given[name][-1], YEARS
    if not re.fullmatch(r"\d{4}", text, re.ASCII) or not first <= int(text) <= last:
        raise UserError("view.no_year", parameter=name, value=text, first=str(first), last=str(last))
    return int(text)


def _snapshot(given: Mapping[str, list[str]], name: str) -> str | None:
    """Return the last id given, if it looks like one; whether there is such a snapshot, the store knows."""
    if name not in given:
        return None
    text = given[name][-1]
    if not re.fullmatch(SNAPSHOT_ID, text, re.ASCII):
        raise UserError("view.no_snapshot", parameter=name, value=text)
    return text


def _communes(given: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    """Return the commune codes given, each once, in their order."""
    codes = sorted(set(given.get(name, ())))
    for code in codes:
        if not re.fullmatch(COMMUNE_CODE, code):
            raise UserError("view.no_commune", parameter=name, value=code)
    return tuple(codes)


def _short(value: float | None) -> str | None:
    """Return the number in as few digits as give the same number back: ``30``, ``12.3456789``."""
    if value is None:
        return None
    text = f"{value:g}"
    return text if float(text) == value else repr(float(value))


def _refuse_unknown(name: str, values: Iterable[str], known: tuple[str, ...]) -> None:
    for value in values:
        if value not in known:
            raise UserError("view.unknown_value", parameter=name, value=value, known=", ".join(known))


def _in_order(values: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    selected = set(values)
    return tuple(value for value in known if value in selected)
