"""Writing the tables of a snapshot, with those that are derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.derived import derive
from analytics.pipeline.stages import Report, reported
from analytics.settings import Settings
from analytics.store import Draft


def write_tables(
    draft: Draft,
    tables: Mapping[str, pd.DataFrame],
    *,
    firms: Mapping[str, pd.DataFrame],
    settings: Settings,
    report: Report,
) -> dict[str, Any]:
    """Derive what no page could wait for, write all tables into the draft, and return the facts for its manifest.

    The stage of publishing begins here; it ends where the draft is about to be published.
    """
    with reported(report, "build.stage_derived"):
        derived = derive(tables, firms=firms, settings=settings, built_at=draft.built_at)
    report("build.stage_publishing", 0)
    for name, table in (dict(tables) | derived.tables).items():
        draft.write_table(name, table)
    return derived.facts
