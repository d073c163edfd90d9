"""Snapshots of a few firms made by hand, which serve what the result tables ask of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.contracts import (
    ANTENNAS,
    CANDIDATES,
    CLUSTERS,
    COMMUNES,
    CONTOURS,
    FIRMS,
    HISTORY,
    ISOCHRONES,
    MEMBERS,
    NEIGHBOURS,
    PROSPECTS,
)
from analytics.settings import default_settings
from analytics.sizes import BY_CODE
from analytics.view import View

SETTINGS = default_settings()
ALL = View.default(SETTINGS)
WITHHELD_SIREN, WITHHELD_SIRET = "200000008", "20000000800015"
EPCI_OF = {"31555": "243100518", "34172": "243400017", "34032": "243400769", "34003": "243400819"}
# Metres east, town halls in one line: Béziers is 50 km from Montpellier, Agde 33 km.
EASTING = {"31555": 574_000.0, "34172": 770_000.0, "34032": 720_000.0, "34003": 737_000.0}
NORTHING = 6_279_000.0


def firm(
    siren: str, name: str | None, commune: str, segment: str, size: str, jobs: float | None = None, **more: object
) -> dict[str, object]:
    """Return a firm one kilometre east of its town hall; jobs are those of the band unless given."""
    withheld = siren == WITHHELD_SIREN
    jobs = BY_CODE[size].estimate if jobs is None else jobs
    return {
        "siren": siren,
        "siret": siren + "00015",
        "name": name,
        "commune_code": commune,
        "epci_code": EPCI_OF[commune],
        "department_code": commune[:2],
        "x_m": EASTING[commune] + 1_000,
        "y_m": NORTHING,
        "longitude": 1.44,
        "latitude": 43.6,
        "location_precision": "address",
        "activity_code": "62.01Z",
        "activity_nomenclature": "NAFRev2",
        "segment": segment,
        "size_code": size,
        "jobs_low": jobs,
        "jobs_estimate": jobs,
        "jobs_high": jobs,
        "category": None,
        "created_on": pd.Timestamp("2015-03-02"),
        "is_employer": jobs > 0,
        "establishments_count": 1,
        "is_partially_diffusible": withheld,
        **({"x_m": 574_123.5, "location_precision": "town_hall"} if withheld else {}),
        **more,
    }


def firms(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return firms as a snapshot holds them."""
    return FIRMS.enforce(pd.DataFrame(rows))


TIC = firms(
    [
        firm("100000009", "Alpha Démo", "31555", "software", "12", 30),
        firm(WITHHELD_SIREN, None, "31555", "programming", "01", 2),
        firm("300000007", "Gamma Démo", "34172", "programming", "00", 0),
        firm("400000006", "Delta Démo", "34032", "consulting", "21", 68),
    ]
)


def member(
    number: int, name: str, siren: str | None, decision: str = "matched", jobs: float | None = None, **more: object
) -> dict[str, object]:
    """Return a current member, matched by its SIREN where it has one."""
    return {
        "member_id": f"M-{number}",
        "name": name,
        "siren": siren,
        "commune_code": "31555",
        "joined_on": pd.NaT,
        "left_on": pd.NaT,
        "axes": None,
        "dues_eur": None,
        "jobs": jobs,
        "match_method": "siren" if siren else "none",
        "match_score": None,
        "match_decision": decision,
        "is_in_perimeter": siren in set(TIC["siren"]),
        "is_partially_diffusible": siren == WITHHELD_SIREN,
        "source_row": number + 1,
        **more,
    }


def roster(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return members as a snapshot holds them."""
    return MEMBERS.enforce(pd.DataFrame(rows))


def members_of(sirens: Iterable[str]) -> pd.DataFrame:
    """Return a member for each of these firms, one at least."""
    return roster([member(number, f"M{number}", siren) for number, siren in enumerate(sirens)])


NO_MEMBER = MEMBERS.empty()
ROSTER = roster(
    [
        member(1, "ALPHA", "100000009", "matched", 33),
        member(2, "Jeanne Secret", WITHHELD_SIREN, "matched"),
        member(3, "Hors périmètre", "500000005", "matched", 10),
        member(4, "Delt", None, "to_review", 5),
        member(5, "Partie", "300000007", "matched", 7, left_on=pd.Timestamp("2020-06-30")),
    ]
)
COMMUNE_ROWS = COMMUNES.enforce(
    pd.DataFrame(
        {
            "commune_code": list(EASTING),
            "name": ["Toulouse", "Montpellier", "Béziers", "Agde"],
            "department_code": ["31", "34", "34", "34"],
            "epci_code": list(EPCI_OF.values()),
            "population": [500_000, 300_000, 80_000, 29_000],
            "x_m": list(EASTING.values()),
            "y_m": [NORTHING] * 4,
            "longitude": [1.4] * 4,
            "latitude": [43.6] * 4,
        }
    )
)
_ANTENNA_ROWS = ANTENNAS.enforce(
    pd.DataFrame(
        {
            "name": ["Toulouse", "Montpellier"],
            "kind": "seat",
            "commune_code": ["31555", "34172"],
            "staff": 2.0,
            "x_m": [EASTING["31555"], EASTING["34172"]],
            "y_m": NORTHING,
        }
    )
)
_CANDIDATE = {"member_id": "M-4", "rank": 1, "siren": "400000006", "name": "Delta Démo", "commune_code": "34032"}
_RING = {"x_km": [[0.0, 1.0, 1.0, 0.0]], "y_km": [[0.0, 0.0, 1.0, 0.0]]}
_TABLES = {
    "communes": COMMUNE_ROWS,
    "departments": pd.DataFrame({"area_code": ["31", "34", "48"], "area_name": ["HG", "Hérault", "Lozère"]}),
    "epcis": pd.DataFrame(
        {
            "area_code": list(EPCI_OF.values()),
            "area_name": ["Toulouse Métropole", "Montpellier", "Béziers", "Hérault Méditerranée"],
        }
    ),
    "candidates": CANDIDATES.enforce(pd.DataFrame([{**_CANDIDATE, "score": 88.0, "reason": "close_name_other_town"}])),
    "contours": CONTOURS.enforce(
        pd.concat(
            [
                pd.DataFrame({"level": ["epci"], "area_code": ["243100518"], **_RING}),
                pd.DataFrame({"level": ["department"], "area_code": ["31"], **_RING}),
            ]
        )
    ),
    "neighbours": NEIGHBOURS.enforce(
        pd.DataFrame(
            [(a, b) for a in EPCI_OF.values() for b in EPCI_OF.values() if a != b],
            columns=["area_code", "neighbour_code"],
        )
    ),
    "clusters-tic": CLUSTERS.enforce(
        pd.DataFrame(
            {"area_code": list(EPCI_OF.values()), "cluster": ["low_low", "none", "high_high", None]},
        )
    ),
}


def past(moves: dict[int, tuple[int, int]], *, before: int, recoded: int = 0, **place: str) -> pd.DataFrame:
    """Return a history by year of opened and closed that starts with ``before``; NAF 2025 moves ``recoded`` in 2025."""
    rows, level = [], before
    where = {"perimeter": "tic", "segment": "programming", "department_code": "31", **place}
    for year, (opened, closed) in moves.items():
        moved = recoded if year == 2025 else 0
        rows.append({**where, "year": year, "open": level, "opened": opened, "closed": closed, "recoded": moved})
        level += opened - closed + moved
    return HISTORY.enforce(pd.DataFrame(rows))


# From 100 on, ten in and five out in each of ten years; 2026 is underway.
PAST = past(dict.fromkeys(range(2016, 2027), (10, 5)), before=100)
DERIVED = ("contours", "neighbours", "clusters-tic", "prospects-tic", "history")


@dataclasses.dataclass
class SmallSnapshot:
    """What the tables ask of a snapshot; ``is_older`` is one of before there were derived tables."""

    tic: pd.DataFrame = dataclasses.field(default_factory=lambda: TIC)
    roster: pd.DataFrame = dataclasses.field(default_factory=lambda: ROSTER)
    scores: pd.DataFrame = dataclasses.field(default_factory=PROSPECTS.empty)
    antennas: pd.DataFrame = dataclasses.field(default_factory=lambda: _ANTENNA_ROWS)
    isochrones: pd.DataFrame = dataclasses.field(default_factory=ISOCHRONES.empty)
    history: pd.DataFrame = dataclasses.field(default_factory=lambda: PAST)
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    as_of: str = "2026-10-31"
    roster_written: str = "2026-11-01"
    id: str = "20261101T000000Z-00000001"
    path: Path = Path("/nowhere/20261101T000000Z-00000001")
    built_at: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    perimeters: tuple[str, ...] = ("tic",)
    is_older: bool = False

    @property
    def manifest(self) -> dict[str, Any]:
        sources = [
            {"role": "register", "data_as_of": self.as_of, "sha256": "register"},
            {"role": "members", "modified": f"{self.roster_written}T12:00:00+00:00"},
        ]
        return {"resemblance": {"tic": None if self.scores.empty else {}}, "sources": sources, "history": self.facts}

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(name for name in self._tables() if not (self.is_older and name in DERIVED))

    def once(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        assert name
        return make()

    def firms(self, perimeter: str) -> pd.DataFrame:
        assert perimeter == "tic"
        return self.tic

    def table(self, name: str) -> pd.DataFrame:
        assert name in self.table_names
        return self._tables()[name]

    def _tables(self) -> dict[str, pd.DataFrame]:
        own = {"firms-tic": self.tic, "members": self.roster, "prospects-tic": self.scores}
        own |= {"antennas": self.antennas, "isochrones": self.isochrones, "history": self.history}
        return {**own, **_TABLES}
