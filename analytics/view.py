"""A reader's state (perimeter, filters) and its query string: one view gives the same figures wherever it is asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from urllib.parse import parse_qs, urlencode

from analytics.errors import UserError
from analytics.settings import Settings
from analytics.sizes import SIZE_CLASSES


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
    """

    perimeter: str
    departments: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    employers_only: bool = False

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
        given = parse_qs(query.removeprefix("?"), keep_blank_values=True)
        given.pop("lang", None)
        known = {
            "perimeter": tuple(settings.perimeters),
            "department": settings.region.departments,
            "segment": tuple(settings.segments),
            "size": tuple(SIZE_CLASSES),
            "employers": ("true", "false"),
        }
        for name, values in given.items():
            if name not in known:
                raise UserError("view.unknown_parameter", parameter=name, known=", ".join(known))
            _refuse_unknown(name, values, known[name])
        return cls(
            perimeter=given.get("perimeter", [settings.cluster.default_perimeter])[-1],
            departments=_in_order(given.get("department", ()), known["department"]),
            segments=_in_order(given.get("segment", ()), known["segment"]),
            sizes=_in_order(given.get("size", ()), known["size"]),
            employers_only=given.get("employers", ["false"])[-1] == "true",
        )

    def to_query(self, settings: Settings) -> str:
        """Return the query string that reopens this view; what is not selected is left out."""
        pairs: list[tuple[str, str]] = []
        if self.perimeter != settings.cluster.default_perimeter:
            pairs.append(("perimeter", self.perimeter))
        pairs += [("department", code) for code in self.departments]
        pairs += [("segment", key) for key in self.segments]
        pairs += [("size", key) for key in self.sizes]
        if self.employers_only:
            pairs.append(("employers", "true"))
        return urlencode(pairs)

    @property
    def size_codes(self) -> tuple[str, ...]:
        """INSEE bands of the selected size classes."""
        return tuple(code for key in self.sizes for code in SIZE_CLASSES[key])


def _refuse_unknown(name: str, values: Iterable[str], known: tuple[str, ...]) -> None:
    for value in values:
        if value not in known:
            raise UserError("view.unknown_value", parameter=name, value=value, known=", ".join(known))


def _in_order(values: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    selected = set(values)
    return tuple(value for value in known if value in selected)
