"""What a manifest says of the roster, in sentences: what became of its members and what is to mend in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.text import Translator

OUTCOMES = ("matched", "not_in_register", "to_review", "not_found")
"""What matching a member comes to, each ``members_<outcome>`` of a manifest's counts: they add up to ``members``."""


def outcome_counts(counts: Mapping[str, Any]) -> dict[str, int]:
    """Return the members of each outcome; none is ``not_in_register`` before builds told it from ``matched``."""
    return {outcome: counts.get(f"members_{outcome}", 0) for outcome in OUTCOMES}


def outcomes_sentence(counts: Mapping[str, Any], t: Translator) -> str:
    """Say how many members came to each outcome that occurs: ``394 rapprochés, 4 à vérifier, 2 introuvables``."""
    found = outcome_counts(counts)
    return ", ".join(t.plural(f"matching.count_{name}", n) for name, n in found.items() if n)


def faulty_rows(manifest: Mapping[str, Any]) -> int:
    """Return how many rows of the roster have a fault, each once however many it has."""
    return len({row for fault in manifest["faults"] for row in fault["rows"]})


def faults_sentence(manifest: Mapping[str, Any], t: Translator) -> str:
    """Say how many rows of the roster are to mend; where only the file as a whole has a fault, that it has."""
    if not manifest["faults"]:
        return t("members.no_fault")
    rows = faulty_rows(manifest)
    return t.plural("members.faulty_rows", rows) if rows else t("members.faulty_file")
