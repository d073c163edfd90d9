"""The members of a snapshot: their roster without those removed, what matching needs besides it, and matching.

What matching needs is kept in the snapshot, so that a decision takes effect without the source files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analytics.contracts import CANDIDATES, MEMBERS, ROSTER
from analytics.matching import Matches, match_members
from analytics.pipeline.stages import Report, reported
from analytics.removals import Removals, read_removals, write_removals
from analytics.store import Store

if TYPE_CHECKING:
    from analytics.ingest.geography import Geography
    from analytics.ingest.legal_units import LegalUnits
    from analytics.ingest.members import Roster
    from analytics.ingest.register import RegisterExtract


def read_roster(path: Path, geography: Geography, report: Report) -> Roster:
    """Read a roster, and report it.

    Raises
    ------
    UserError
        As ``ingest.members.read_members``.
    """
    # It loads what opens workbooks, a tenth of a second: only a build with a roster pays.
    from analytics.ingest.members import read_members  # noqa: PLC0415

    with reported(report, "build.stage_members"):
        return read_members(path, geography=geography)


def learnt_removals(store: Store, roster: Roster | None) -> Removals:
    """Return the list, having learnt from a roster, as it was read, by what those listed may stand in the next.

    Called while ``store.writing()`` is held.
    """
    known = read_removals(store)
    if roster is None or not known.listed:
        return known
    learnt = known.learning({"roster": roster.members})
    if learnt != known:
        write_removals(store, learnt)
    return learnt


def without_removed(roster: Roster, removals: Removals) -> Roster:
    """Return a roster as read without removed members, who are counted among the rows left out."""
    stays = removals.stays(roster.members)
    gone = int((~stays).sum())
    if not gone:
        return roster
    members = roster.members[stays].reset_index(drop=True)
    return replace(roster, members=members, rows_left_out=roster.rows_left_out | {"removed": gone})


def sirens_of(roster: Roster | None, decisions: Mapping[str, str | None]) -> frozenset[str]:
    """Return the SIREN to follow even outside the region or perimeter: those that the roster or a decision names."""
    if roster is None:
        return frozenset()
    decided = {decisions.get(member_id) for member_id in roster.members["member_id"]}
    return frozenset(roster.members["siren"].dropna()) | frozenset(siren for siren in decided if siren)


def match_roster(
    basis: Mapping[str, pd.DataFrame],
    *,
    firms: Mapping[str, pd.DataFrame],
    default: str,
    communes: pd.DataFrame,
    decisions: Mapping[str, str | None],
    report: Report,
) -> Matches:
    """Match the roster with the firms of all perimeters, and report it.

    Parameters
    ----------
    basis
        ``roster``, ``outside``, ``aliases``, as ``basis_of`` returns them.
    firms
        By perimeter, columns of the contract ``FIRMS``.
    default
        The perimeter that says who ``is_in_perimeter``.
    communes, decisions
        As ``matching.match_members`` takes them.
    """
    with reported(report, "build.stage_matching"):
        if basis["roster"].empty:
            return Matches(MEMBERS.empty(), CANDIDATES.empty())
        return match_members(
            basis["roster"],
            firms=widest(firms),
            in_perimeter=frozenset(firms[default]["siren"]),
            outside=basis["outside"],
            communes=communes,
            decisions=decisions,
            aliases=basis["aliases"],
        )


def basis_of(
    roster: Roster | None,
    extract: RegisterExtract,
    legal_units: LegalUnits | None,
    *,
    outside: pd.DataFrame,
    firms: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Return what matching needs besides firms and communes: ``roster``, ``outside``, ``aliases``."""
    return {
        "roster": ROSTER.empty() if roster is None else roster.members,
        "outside": _outside(outside, legal_units),
        "aliases": _aliases(extract, firms=widest(firms)),
    }


def widest(firms: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the firms of all perimeters: they may overlap without any holding the others."""
    return pd.concat(firms.values(), ignore_index=True).drop_duplicates("siren", ignore_index=True)


def _outside(rows: pd.DataFrame, legal_units: LegalUnits | None) -> pd.DataFrame:
    """Return one row a unit of the roster that is not, or not only, among the establishments kept.

    It is placed by its first active establishment; withheld when any of its rows, or its legal unit, is.
    """
    rows = rows.sort_values("is_active", ascending=False, kind="stable")
    withheld: set[str] = set(rows.loc[rows["is_partially_diffusible"].astype("bool"), "siren"])
    if legal_units is not None:
        withheld |= set(legal_units.units.filter("is_partially_diffusible")["siren"].to_list())
    units = rows.groupby("siren", as_index=False)["commune_code"].first()
    units = units.assign(is_partially_diffusible=units["siren"].isin(withheld))
    table: pd.DataFrame = units.astype({"siren": "str", "commune_code": "str", "is_partially_diffusible": "bool"})
    return table


def _aliases(extract: RegisterExtract, *, firms: pd.DataFrame) -> pd.DataFrame:
    """Return the trade names, ``siren, alias``, of the firms that have a name: of others none is ever kept."""
    rows = pd.DataFrame({"siren": extract.establishments["siren"].to_list()}, dtype="str")
    rows = rows.assign(alias=pd.Series(extract.establishments["name"].to_list(), dtype="str")).dropna()
    named = firms.loc[firms["name"].notna(), "siren"]
    return rows[rows["siren"].isin(named)].drop_duplicates(ignore_index=True)
