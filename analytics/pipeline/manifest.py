"""What the manifest of a snapshot says: counts, sources, faults, quality. It names no firm and no member."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import __version__
from analytics.metrics.aggregate import current_members
from analytics.store import Snapshot
from analytics.text.roster_findings import OUTCOMES
from analytics.text.schema_findings import SCHEMA

if TYPE_CHECKING:
    from analytics.ingest.members import Fault, Roster
    from analytics.ingest.register import RegisterExtract
    from analytics.pipeline.reading import Content
    from analytics.pipeline.sources import Source

_NOT_IN_REGISTER = "members.not_in_register"
_NOT_FOLLOWED = "members.not_followed"


def manifest_of(
    content: Content, *, counts: dict[str, Any], sources: tuple[Source, ...], is_demo: bool
) -> dict[str, Any]:
    """Return the manifest of a build, the facts of what is derived aside; JSON values."""
    roster = content.roster
    return {
        "software_version": __version__,
        "is_demo": is_demo,
        **roster_facts(roster),
        "sources": [_source_entry(source, content.extract) for source in sources],
        "counts": counts,
        "excluded": {
            "register": dict(content.extract.excluded),
            "members": {} if roster is None else dict(roster.rows_left_out),
        },
        "quality": quality_of(content.default_firms),
        "history": content.history.facts,
        SCHEMA: [*content.extract.notes, *(content.legal_units.notes if content.legal_units else ())],
        "settings": content.settings.model_dump(mode="json"),
    }


def _source_entry(source: Source, extract: RegisterExtract) -> dict[str, Any]:
    """Return a source as the manifest has it; of the register also the day its data are of: a copied file is new."""
    if source.role != "register":
        return source.entry()
    return source.entry() | {"data_as_of": extract.data_as_of.isoformat() if extract.data_as_of else None}


def counts_of(content: Content) -> dict[str, Any]:
    """Return the rows read and kept, and the firms: those of the default perimeter, and how many in each."""
    firms, legal_units = content.default_firms, content.legal_units
    return {
        "firms": len(firms),
        "firms_jobs_estimate": round(float(firms["jobs_estimate"].sum()), 1),
        "partially_diffusible": int(firms["is_partially_diffusible"].sum()),
        "firms_by_perimeter": {perimeter: len(table) for perimeter, table in content.firms.items()},
        "register_rows_read": content.extract.rows_read,
        "register_rows_kept": content.extract.establishments.height,
        "legal_units_rows_read": 0 if legal_units is None else legal_units.rows_read,
        "legal_units_rows_kept": 0 if legal_units is None else legal_units.units.height,
        **roster_counts(content.roster),
    }


def roster_facts(roster: Roster | None) -> dict[str, Any]:
    """Return whether there was a roster, and what is wrong with it."""
    faults = () if roster is None else roster.faults
    return {
        "has_members_file": roster is not None,
        "faults": [{"rows": list(f.rows), "key": f.key, "params": dict(f.params)} for f in faults],
    }


def roster_counts(roster: Roster | None) -> dict[str, int]:
    """Return the rows of the roster that were read, and those that are members."""
    return {
        "members_rows_read": 0 if roster is None else roster.rows_read,
        "members_rows_kept": 0 if roster is None else len(roster.members),
    }


def quality_of(firms: pd.DataFrame) -> dict[str, float | None]:
    """Return the share of the firms of the default perimeter that has each fact, in percent; null without firms."""
    facts = {
        "size_known_pct": firms["size_code"] != "NN",
        "named_pct": firms["name"].notna(),
        "located_at_address_pct": firms["location_precision"] == "address",
        "located_at_town_hall_pct": firms["location_precision"] == "town_hall",
        "not_located_pct": firms["location_precision"] == "none",
        "partially_diffusible_pct": firms["is_partially_diffusible"],
        "naf_2025_pct": firms["activity_nomenclature"] == "NAF2025",
    }
    return {name: round(100 * float(known.mean()), 2) if len(firms) else None for name, known in facts.items()}


def count_members(members: pd.DataFrame, *, on: datetime) -> dict[str, int]:
    """Count members, ``MEMBERS`` columns: those that had not left ``on`` a moment, by outcome of their matching.

    ``members = members_matched + members_not_in_register + members_to_review + members_not_found``;
    ``members_in_sector`` are the firms of the default perimeter among those matched; ``members_former`` are the others.
    """
    current = current_members(members, on=on)
    outcomes = current["match_decision"].value_counts()
    return {
        "members": len(current),
        **{f"members_{outcome}": int(outcomes.get(outcome, 0)) for outcome in OUTCOMES},
        "members_in_sector": int(current.loc[current["is_in_perimeter"], "siren"].nunique()),
        "members_former": len(members) - len(current),
    }


def with_members_faults(
    of_file: list[dict[str, Any]], members: pd.DataFrame, *, on: datetime, absent: frozenset[str] | None = None
) -> list[dict[str, Any]]:
    """Return the faults of the roster's file, and the current members whose SIREN is that of no known firm.

    Parameters
    ----------
    of_file
        Faults as a manifest has them; those told of such members before are replaced.
    members
        MEMBERS contract.
    on
        The moment at which members are current.
    absent
        SIREN that a build looked for in the whole register and did not find. Of another nobody knows without reading
        the register whether it is in it. None where the register was read for these members: all of them are absent.
    """
    current = current_members(members, on=on)
    unknown = current[current["match_decision"] == "not_in_register"]
    is_absent = unknown["siren"].isin(unknown["siren"] if absent is None else absent)
    others = [fault for fault in of_file if fault["key"] not in (_NOT_IN_REGISTER, _NOT_FOLLOWED)]
    told = ((_NOT_IN_REGISTER, unknown[is_absent]), (_NOT_FOLLOWED, unknown[~is_absent]))
    found = [{"rows": sorted(of["source_row"].tolist()), "key": key, "params": {}} for key, of in told if len(of)]
    return [*others, *found]


def absent_from_register(snapshot: Snapshot) -> frozenset[str]:
    """Return the SIREN of current members that the last build from the register did not find in it.

    Raises
    ------
    UserError
        When the members are unreadable.
    """
    rows = {row for fault in snapshot.manifest["faults"] if fault["key"] == _NOT_IN_REGISTER for row in fault["rows"]}
    if not rows:
        return frozenset()
    members = snapshot.table("members")
    is_told = members["source_row"].isin(rows) & (members["match_decision"] == "not_in_register")
    return frozenset(members.loc[is_told, "siren"])


def faults_of(snapshot: Snapshot) -> tuple[Fault, ...]:
    """Return what was wrong with the roster that the snapshot was built from; ``message(language)`` says it."""
    found = snapshot.manifest["faults"]
    if not found:
        return ()
    from analytics.ingest.members import Fault  # noqa: PLC0415 - it loads what opens workbooks

    return tuple(Fault(tuple(f["rows"]), f["key"], f["params"]) for f in found)
