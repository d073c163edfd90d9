"""Table contracts: each table of a snapshot, its columns, types, ranges and keys, declared once.

Codes are strings, always (``"09122"``, never ``9122``). The same quantity has the same name everywhere, its unit in the
name. Strings are pandas' ``str``; a missing one is null, never ``""``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analytics.settings import COMMUNE_CODE
from analytics.sizes import SIZE_CODES

_SIREN = pa.Check.str_matches(r"^\d{9}$")
_SIRET = pa.Check.str_matches(r"^\d{14}$")
_COMMUNE = pa.Check.str_matches(f"^{COMMUNE_CODE}$")
_DEPARTMENT = pa.Check.str_matches(r"^(\d[\dAB]|97\d)$")
_NOT_NEGATIVE = pa.Check.ge(0)


def _text(*checks: pa.Check, nullable: bool = False, unique: bool = False) -> pa.Column:
    return pa.Column("str", list(checks), nullable=nullable, unique=unique)


def _number(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column("float64", list(checks), nullable=nullable)


def _count() -> pa.Column:
    return pa.Column("int64", _NOT_NEGATIVE)


def _flag() -> pa.Column:
    return pa.Column("bool")


def _day() -> pa.Column:
    return pa.Column("datetime64[ns]", nullable=True)


class ContractError(Exception):
    """A table breaks its contract: a defect of the code that made it, not bad input."""


class Contract:
    """A table's columns in order, and what each promises."""

    def __init__(self, name: str, columns: dict[str, pa.Column], **schema: Any) -> None:  # noqa: ANN401 - pandera options
        self.name = name
        self.columns = tuple(columns)
        self._schema = pa.DataFrameSchema(columns, strict=True, coerce=True, name=name, **schema)

    def enforce(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the contract's columns in order and types.

        Raises
        ------
        ContractError
            With every breach at once: columns, checks and counts, never a cell, which may be somebody's name.
        """
        ordered = table.loc[:, list(self.columns)].reset_index(drop=True)
        try:
            return self._schema.validate(ordered, lazy=True)
        except pa.errors.SchemaErrors as error:
            breaches = error.failure_cases.groupby(["column", "check"], dropna=False).size()
            told = "; ".join(f"{column}: {check} ({count})" for (column, check), count in breaches.items())
            raise ContractError(f"{self.name}: {told}") from None

    def empty(self) -> pd.DataFrame:
        """Return the table with no row."""
        return self.enforce(pd.DataFrame({name: [] for name in self.columns}))


_PLACE = {
    "x_m": _number(nullable=True),
    "y_m": _number(nullable=True),
    "longitude": _number(pa.Check.in_range(-180, 180), nullable=True),
    "latitude": _number(pa.Check.in_range(-90, 90), nullable=True),
}

FIRMS = Contract(
    "firms",
    {
        "siren": _text(_SIREN, unique=True),
        "siret": _text(_SIRET),
        "name": _text(nullable=True),
        "commune_code": _text(_COMMUNE),
        "epci_code": _text(nullable=True),
        "department_code": _text(_DEPARTMENT),
        **_PLACE,
        "location_precision": _text(pa.Check.isin(("address", "town_hall", "none"))),
        "activity_code": _text(),
        "activity_nomenclature": _text(pa.Check.isin(("NAFRev2", "NAF2025"))),
        "segment": _text(),
        "size_code": _text(pa.Check.isin(SIZE_CODES)),
        "jobs_low": _number(_NOT_NEGATIVE),
        "jobs_estimate": _number(_NOT_NEGATIVE),
        "jobs_high": _number(_NOT_NEGATIVE),
        "category": _text(pa.Check.isin(("PME", "ETI", "GE")), nullable=True),
        "created_on": _day(),
        "is_employer": _flag(),
        "establishments_count": _count(),
        "is_partially_diffusible": _flag(),
    },
    checks=[
        pa.Check(lambda t: (t["jobs_low"] <= t["jobs_estimate"]) & (t["jobs_estimate"] <= t["jobs_high"])),
        pa.Check(lambda t: ~t["is_partially_diffusible"] | t["name"].isna()),
    ],
)

_MEMBER = {
    "member_id": _text(unique=True),
    "name": _text(nullable=True),
    "siren": _text(_SIREN, nullable=True),
    "commune_code": _text(_COMMUNE, nullable=True),
    "joined_on": _day(),
    "left_on": _day(),
    "axes": _text(nullable=True),
    "dues_eur": _number(_NOT_NEGATIVE, nullable=True),
    "jobs": _number(_NOT_NEGATIVE, nullable=True),
}

# What a roster's row becomes before it is matched.
ROSTER = Contract("roster", {**_MEMBER, "source_row": _count()})

MEMBERS = Contract(
    "members",
    {
        **_MEMBER,
        "match_method": _text(pa.Check.isin(("siren", "name", "decision", "none"))),
        "match_score": _number(pa.Check.in_range(0, 100), nullable=True),
        "match_decision": _text(pa.Check.isin(("matched", "not_in_register", "to_review", "not_found"))),
        "is_in_perimeter": _flag(),
        "is_partially_diffusible": _flag(),
        "source_row": _count(),
    },
)

# Up to five firms that a member to review may be.
CANDIDATES = Contract(
    "candidates",
    {
        "member_id": _text(),
        "rank": _count(),
        "siren": _text(_SIREN),
        "name": _text(),
        "commune_code": _text(_COMMUNE),
        "score": _number(pa.Check.in_range(0, 100)),
        "reason": _text(),
    },
    unique=["member_id", "rank"],
)

# The contours stand in `geometry`, which only the reference and the map layers read; a snapshot keeps the rest.
COMMUNES = Contract(
    "communes",
    {
        "commune_code": _text(_COMMUNE, unique=True),
        "name": _text(),
        "department_code": _text(_DEPARTMENT),
        "epci_code": _text(nullable=True),
        "population": _count(),
        **_PLACE,
    },
)

AREAS = Contract("areas", {"area_code": _text(unique=True), "area_name": _text()})

# Contours as closed rings in Lambert-93, kilometres, gaps between rings null: what a map of areas draws.
CONTOURS = Contract(
    "contours",
    {
        "level": _text(pa.Check.isin(("epci", "department"))),
        "area_code": _text(),
        "x_km": pa.Column("object"),
        "y_km": pa.Column("object"),
    },
    unique=["level", "area_code"],
)


def as_lines(rings: Iterable[np.ndarray]) -> tuple[list[float | None], list[float | None]]:
    """Return rings, (n, 2) in metres, as ``CONTOURS`` has them: both axes in kilometres to 100 m, gaps None."""
    x_km: list[float | None] = []
    y_km: list[float | None] = []
    for ring in rings:
        gap = [None] if x_km else []
        points = (ring / 1_000).round(1)
        x_km += [*gap, *points[:, 0].tolist()]
        y_km += [*gap, *points[:, 1].tolist()]
    return x_km, y_km


# EPCI that touch each other, each pair in both directions.
NEIGHBOURS = Contract("neighbours", {"area_code": _text(), "neighbour_code": _text()})

CLUSTERS = Contract(
    "clusters",
    {
        "area_code": _text(unique=True),
        "cluster": _text(pa.Check.isin(("high_high", "low_low", "low_high", "high_low", "none")), nullable=True),
    },
)

# Establishments of each perimeter by year, segment and department: open on 1 January, then opened and closed until the
# next, and moved by the recoding to NAF 2025 on the next (`ingest.history`).
HISTORY = Contract(
    "history",
    {
        "perimeter": _text(),
        "year": _count(),
        "segment": _text(),
        "department_code": _text(_DEPARTMENT),
        "open": _count(),
        "opened": _count(),
        "closed": _count(),
        "recoded": pa.Column("int64"),
    },
    unique=["perimeter", "year", "segment", "department_code"],
)

# On what day the first establishment of the region's digital ones that a firm still has was created.
ARRIVALS = Contract("arrivals", {"siren": _text(_SIREN, unique=True), "established_on": _day()})

# Firms that an earlier snapshot held and this one does not, and what became of them (`pipeline`).
DEPARTURES = Contract(
    "departures",
    {
        "siren": _text(_SIREN, unique=True),
        "fate": _text(pa.Check.isin(("closed", "moved_out", "recoded_out", "gone"))),
    },
)

_REASON = pa.Check.str_matches(r"^[+-](size|segment|age|category|distance|local)$")

# Firms that are no members and that INSEE does not withhold: how much each resembles members, and why.
PROSPECTS = Contract(
    "prospects",
    {
        "siren": _text(_SIREN, unique=True),
        "score": _number(pa.Check.in_range(0, 100)),
        "reason_1": _text(_REASON, nullable=True),
        "reason_2": _text(_REASON, nullable=True),
        "reason_3": _text(_REASON, nullable=True),
        "age_years": _number(_NOT_NEGATIVE, nullable=True),
        "local_penetration_pct": _number(pa.Check.in_range(0, 100), nullable=True),
    },
)

ANTENNAS = Contract(
    "antennas",
    {
        "name": _text(unique=True),
        "kind": _text(pa.Check.isin(("seat", "antenna"))),
        "commune_code": _text(_COMMUNE),
        "staff": _number(_NOT_NEGATIVE),
        "x_m": _number(),
        "y_m": _number(),
    },
)

# A place that stands so near to where its isochrones were measured has not moved, in metres.
SAME_PLACE_M = 100.0

# Where one gets to a place by car within so many minutes, as IGN's navigation service answered; one row an answer.
ISOCHRONES = Contract(
    "isochrones",
    {
        "commune_code": _text(_COMMUNE),
        "x_m": _number(),
        "y_m": _number(),
        "minutes": _count(),
        "geometry_wkb": pa.Column("object"),  # polygon or multipolygon, EPSG:2154, metres
        "resource_version": _text(),
        "fetched_on": pa.Column("datetime64[ns]"),
    },
    unique=["commune_code", "minutes"],
)
