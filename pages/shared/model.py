"""What the model of resemblance is worth, as the manifest has it."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics import tables
from analytics.figures.calibration import calibration
from analytics.text import recruitment_findings as findings
from pages.shared import blocks
from pages.shared.loaders import Reader


def quality(reader: Reader) -> dict[str, Any] | None:
    """Return what the cross-validation measured, or None where there is no model."""
    found: dict[str, Any] | None = reader.snapshot.manifest.get("resemblance", {}).get(reader.view.perimeter)
    return found


def headline(reader: Reader, plan: pd.Series, found: dict[str, Any] | None, *, scope: str | None) -> str:
    """Return the title of the page; without a model nothing is promised of a plan."""
    others = None if found else tables.member_counts(reader.snapshot, reader.view)[1]
    return findings.headline(
        int(plan["listed"]),
        reader.t,
        scope=scope,
        plan=plan if found else None,
        conversion_pct=reader.view.conversion,
        others=others,
    )


def why_none(reader: Reader) -> str:
    """Say why there is no model."""
    members, others = tables.member_counts(reader.snapshot, reader.view)
    return findings.no_model_sentence(reader.t, members=members, others=others)


def show(reader: Reader, found: dict[str, Any] | None) -> None:
    """Say how good the model is and what a score means, beside its calibration; or why there is none."""
    t = reader.t
    if found is None:
        st.html(f'<div class="finding">{escape(why_none(reader))}</div>')
        return
    left, right = st.columns([6, 6], gap="large")
    sentence = findings.quality_sentence(found, t)
    with left:
        st.html(f'<div class="finding">{escape(sentence)}</div>')
        st.html(f'<div class="finding">{escape(findings.resemblance_sentence(t))}</div>')
    with right:
        bins = pd.DataFrame(found["calibration"], columns=["predicted_pct", "observed_pct", "firms", "members"])
        draw = partial(calibration, bins, palette=blocks.slots(), language=t.language)
        blocks.chart(reader.figure("calibration", draw, reads=()), name="calibration", kind="scatter", alt=sentence)
        blocks.tools(reader, bins, name="calibration", title=t("recruitment.model_title"))
