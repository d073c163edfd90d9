"""What the files of a build give: geography, roster, register, legal units; firms and matched members from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analytics.contracts import FIRMS
from analytics.ingest.firms import normalise_firms
from analytics.ingest.geography import Geography, load_geography
from analytics.ingest.history import History, count_history
from analytics.ingest.legal_units import LegalUnits, read_legal_units
from analytics.ingest.register import RegisterExtract, read_establishments
from analytics.matching import Matches
from analytics.movements import find_departures, followed_sirens
from analytics.pipeline.members import (
    basis_of,
    learnt_removals,
    match_roster,
    read_roster,
    sirens_of,
    widest,
    without_removed,
)
from analytics.pipeline.request import Request
from analytics.pipeline.stages import Report, reported
from analytics.removals import Removals
from analytics.settings import Settings
from analytics.store import FIRMS_PREFIX

if TYPE_CHECKING:
    from analytics.ingest.members import Roster


@dataclass(frozen=True)
class Content:
    """Everything that the files gave."""

    settings: Settings
    geography: Geography
    roster: Roster | None
    extract: RegisterExtract
    legal_units: LegalUnits | None
    firms: dict[str, pd.DataFrame]
    basis: dict[str, pd.DataFrame]
    matches: Matches
    history: History
    departures: pd.DataFrame

    @property
    def default_firms(self) -> pd.DataFrame:
        """Return the firms of the region's default perimeter."""
        return self.firms[self.settings.cluster.default_perimeter]


def read_content(request: Request, settings: Settings, report: Report) -> Content:
    """Read the files of a request, and match its members. Called while ``request.store.writing()`` is held.

    Raises
    ------
    UserError
        When a file, or what the store keeps besides its snapshots, does not serve.
    """
    with reported(report, "build.stage_geography"):
        geography = load_geography(settings)
    roster = None if request.members is None else read_roster(request.members, geography, report)
    removals = learnt_removals(request.store, roster)
    roster = None if roster is None else without_removed(roster, removals)
    of_roster = sirens_of(roster, request.store.decisions())
    followed = followed_sirens(request.store, is_demo=request.is_demo)
    extract = read_establishments(
        request.register,
        settings=settings,
        followed_sirens=of_roster | followed,
        successors=geography.successors,
        communes=frozenset(geography.communes["commune_code"]),
        progress=partial(report, "build.stage_register"),
    )
    outside = extract.outside.to_pandas()
    of_members = outside[outside["siren"].isin(of_roster)]
    legal_units = _read_legal_units(request, extract, of_members, report)
    firms = _firms_by_perimeter(extract, legal_units, settings=settings, geography=geography, report=report)
    firms = _known_firms(firms, removals, communes=geography.communes)
    basis = removals.applied(basis_of(roster, extract, legal_units, outside=of_members, firms=firms))
    matches = match_roster(
        basis,
        firms=firms,
        default=settings.cluster.default_perimeter,
        communes=geography.communes,
        # Read anew: reading the register takes minutes, and people go on.
        decisions=removals.decided(request.store.decisions()),
        report=report,
    )
    history = count_history(extract.lives, settings=settings, as_of=extract.data_as_of or datetime.now(UTC).date())
    departures = find_departures(
        outside, followed=followed, present=set(widest(firms)["siren"]), departments=settings.region.departments
    )
    return Content(settings, geography, roster, extract, legal_units, firms, basis, matches, history, departures)


def _read_legal_units(
    request: Request, extract: RegisterExtract, outside: pd.DataFrame, report: Report
) -> LegalUnits | None:
    if request.legal_units is None:
        return None
    return read_legal_units(
        request.legal_units,
        sirens=frozenset(extract.establishments["siren"]) | frozenset(outside["siren"]),
        progress=partial(report, "build.stage_legal_units"),
    )


def _firms_by_perimeter(
    extract: RegisterExtract,
    legal_units: LegalUnits | None,
    *,
    settings: Settings,
    geography: Geography,
    report: Report,
) -> dict[str, pd.DataFrame]:
    firms = {}
    for done, perimeter in enumerate(settings.perimeters):
        report("build.stage_firms", done / len(settings.perimeters))
        firms[perimeter] = normalise_firms(
            extract.establishments,
            None if legal_units is None else legal_units.units,
            perimeter=perimeter,
            settings=settings,
            geography=geography,
        )
    report("build.stage_firms", 1)
    return firms


def _known_firms(
    firms: Mapping[str, pd.DataFrame], removals: Removals, *, communes: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the firms of each perimeter with removed ones withheld, before anything is made of their names."""
    if not removals.listed:
        return dict(firms)
    tables = {FIRMS_PREFIX + perimeter: table for perimeter, table in firms.items()}
    known = removals.applied(tables | {"communes": communes})
    return {perimeter: FIRMS.enforce(known[FIRMS_PREFIX + perimeter]) for perimeter in firms}
