"""The sector at the rate that is supposed, what really happened, and what we must recruit to keep up."""

from __future__ import annotations

import streamlit as st

from analytics.text import growth_findings as findings
from pages.shared import blocks, changes, filters, growth_plan, projection

reader = filters.bar(filters=("department", "segment", "perimeter"))
t, view = reader.t, reader.view
rate = projection.rate_pct(reader)
observed, history = reader.table("observed_growth"), reader.table("history_in_full")

rows = reader.table("growth_in_full")
blocks.title(findings.headline(rows, observed, t, rate_pct=rate, base=view.base, measure=view.measure))
projection.notes(reader)

left, right = st.columns([8, 5], gap="large")
title = findings.fan_title(rows, t, measure=view.measure, rate_pct=rate)
with left, blocks.block("fan", title, projection.key(reader)):
    projection.controls(reader)
    projection.fan(reader, alt=title)
    projection.sources(reader)
    blocks.tools(reader, projection.table(reader), name="growth", title=title)
title = findings.observed_title(observed, t, rate_pct=rate)
with right, blocks.block("observed", title, t("growth.observed_subtitle")):
    projection.observed(reader, alt=title)
    blocks.tools(reader, projection.observed_table(reader), name="observed-growth", title=title)

left, right = st.columns([8, 5], gap="large")
growth_plan.plan(reader, left, right)
title = findings.history_title(history, t)
with left, blocks.block("history", title, projection.history_key(t)):
    projection.history(reader, alt=title)
    blocks.tools(reader, history.drop(columns="is_complete"), name="history", title=title)
with right:
    changes.show(reader)
