"""What a build noticed of columns and codes that INSEE's files did not have before, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.text import Translator

SCHEMA = "schema"
"""Key of the manifest that holds the notes of ``ingest.schema``; a manifest from before there were notes has none."""


def schema_sentences(manifest: Mapping[str, Any], t: Translator) -> list[str]:
    """Return a sentence for each note of the build, in its order; none where everything is as it was known."""
    files = {source.get("role"): source.get("file", "") for source in manifest["sources"]}
    return [_sentence(note, str(files.get(note["role"], "")), t) for note in manifest.get(SCHEMA, ())]


def _sentence(note: Mapping[str, Any], file: str, t: Translator) -> str:
    kind = note["kind"]
    if kind == "renamed":
        return t("schema.renamed", file=file, column=note["column"], likely=note["likely"])
    if kind == "missing":
        return t("schema.missing", file=file, column=note["column"])
    if kind == "codes":
        treated = t(f"schema.treated_{note['name']}")
        codes = ", ".join(note["codes"])
        return t.plural(
            "schema.codes", len(note["codes"]), file=file, column=note["column"], codes=codes, treated=treated
        )
    shown = ", ".join(note["columns"]) + (", …" if note["count"] > len(note["columns"]) else "")
    return t.plural(f"schema.{kind}", note["count"], file=file, columns=shown)
