"""Which commune of the region a row of the roster names."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from analytics.ingest._roster_cells import Place
from analytics.ingest.names import normalise_place

if TYPE_CHECKING:
    from analytics.ingest.geography import Geography


class FoundPlace(NamedTuple):
    """A commune of the region, or none; ``fault`` says why when it should have been found."""

    commune_code: str | None = None
    fault: str | None = None


class PlaceIndex:
    """The region's communes by code, name and department."""

    def __init__(self, geography: Geography) -> None:
        communes = geography.communes
        self._successors = geography.successors
        self._department = dict(zip(communes["commune_code"], communes["department_code"], strict=True))
        self._departments = frozenset(self._department.values())
        self._by_name: defaultdict[str, set[str]] = defaultdict(set)
        self._by_bare_name: defaultdict[str, set[str]] = defaultdict(set)
        self._names = {
            code: normalise_place(n) for code, n in zip(communes["commune_code"], communes["name"], strict=True)
        }
        for code, name in self._names.items():
            self._by_name[name].add(code)
            self._by_bare_name[_without_article(name)].add(code)

    def find(self, place: Place) -> FoundPlace:
        """Return today's commune: by its code, else by its name, in the department of the postal code if there is one.

        Fault ``unknown_commune`` when the region has no such commune, ``ambiguous_commune`` when it has several. A
        place in another department than the region's is no fault, nor is a row without a place.
        """
        code = self._successors.get(place.commune_code or "", place.commune_code)
        if code in self._department:
            return FoundPlace(code)
        department = _department_of(place.postal_code) or (_department_of(code) if not place.town else None)
        if department and department not in self._departments:
            return FoundPlace()
        name = normalise_place(place.town) if place.town else ""
        if not name:
            return FoundPlace(fault="unknown_commune" if code else None)
        found = self._named(name, department)
        if not found and code and _department_of(code) not in self._departments:
            return FoundPlace()
        if len(found) != 1:
            return FoundPlace(fault="ambiguous_commune" if found else "unknown_commune")
        return FoundPlace(next(iter(found)))

    def _named(self, name: str, department: str | None) -> set[str]:
        exact, bare = self._by_name.get(name, set()), self._by_bare_name.get(_without_article(name), set())
        if not department:
            return exact or bare
        for codes in (exact, bare):
            if inside := {code for code in codes if self._department[code] == department}:
                return inside
        # "Villefranche, 31290", or the first name of a commune that has merged since.
        longer = {c for c, n in self._names.items() if n.startswith(f"{name} ") and self._department[c] == department}
        # Some communes have the postal code of the department next to theirs.
        return longer or exact or bare


def _without_article(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if rest and first in {"l", "le", "la", "les"} else name


def _department_of(code: str | None) -> str | None:
    """Return the department of a postal or commune code, "06" for two digits; Corsica's postal codes give 2A or 2B."""
    if not code:
        return None
    if code.startswith("97"):
        return code[:3]
    if len(code) == 5 and code.startswith("20"):
        return "2A" if code < "20200" else "2B"
    return code[:2]
