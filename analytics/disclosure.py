"""Which tables and documents name firms to call, and which name members."""

from __future__ import annotations

PROSPECTS = frozenset({"prospects", "prospects_in_full", "town_targets"})
MEMBERS = frozenset({"members", "matches", "review", "town_members"})
_DOCUMENTS = frozenset({"workbook"})


def names_prospects(document: str, *, is_sheet: bool) -> bool:
    """Return whether a document of ``export.outputs`` lists firms to call: the workbook, and the sheet of one place."""
    return is_sheet or document in _DOCUMENTS


def exported(table: str) -> str | None:
    """Return what the audit log calls the export of a table; None of one that names nobody who matters here."""
    if table in PROSPECTS:
        return "export_prospects"
    return "export_members" if table in MEMBERS else None
