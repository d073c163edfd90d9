"""What the model of resemblance is worth, as the manifest has it."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from analytics import tables
from analytics.text import recruitment_findings as findings
from pages.shared.loaders import Reader


def quality(reader: Reader) -> dict[str, Any] | None:
    """Return what the cross-validation measured, or None where there is no model."""
    found: dict[str, Any] | None = reader.snapshot.manifest.get("resemblance", {}).get(reader.view.perimeter)
    return found


def why_none(reader: Reader) -> str:
    """Say why there is no model."""
    return findings.few_members_sentence(len(tables.member_firms(reader.snapshot, reader.view)), reader.t)


def subtitle(reader: Reader, found: dict[str, Any] | None) -> str:
    """Say how good the model is and what a score means, or why there is none."""
    if found is None:
        return escape(why_none(reader))
    return escape(f"{findings.quality_sentence(found, reader.t)} {findings.resemblance_sentence(reader.t)}")


def bins(found: dict[str, Any]) -> pd.DataFrame:
    """Return predicted and observed shares by bin."""
    return pd.DataFrame(found["calibration"], columns=["predicted_pct", "observed_pct", "firms", "members"])
