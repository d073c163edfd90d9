"""Whom to recruit: where members are missing by activity and size, which firms to call, and what that should bring."""

from __future__ import annotations

import streamlit as st

from analytics.export.sections.recruitment import thresholds_in_words
from analytics.text import recruitment_findings as findings
from pages.shared import blocks, cells, filters, model, planning, prospecting

reader = filters.bar(filters=("department", "segment", "size", "antenna", "perimeter"))
t, language = reader.t, reader.t.language
plan, quality = reader.table("plan").iloc[0], model.quality(reader)

blocks.title(model.headline(reader, plan, quality, scope=planning.scope(reader)))
planning.chosen(reader)

left, right = st.columns([8, 5], gap="large")
matrix = reader.table("white_space", language=language)
title = findings.white_space_title(matrix, t)
with left, blocks.block("white-space", title, t("recruitment.white_space_subtitle")):
    cells.matrix(reader, matrix, alt=title)
    cells.quartile(matrix, t)
    blocks.tools(reader, cells.table(matrix, t), name="white-space", title=title)
steps_title = findings.thresholds_sentence(reader.table("thresholds"), t)
with right:
    with blocks.block("planner", t("recruitment.planner_title"), t("recruitment.planner_subtitle")):
        planning.controls(reader)
        planning.expectation(reader, plan)
    with blocks.block("steps", steps_title, t("recruitment.steps_subtitle")):
        steps = thresholds_in_words(reader)
        blocks.rows(cells.step_rows(steps, t))
        blocks.tools(reader, steps, name="thresholds", title=t("recruitment.steps_title"))

with blocks.block("prospects", prospecting.title(reader, plan), prospecting.subtitle(reader, quality)):
    prospecting.order(reader, quality)
    prospecting.listed(reader, plan)
    prospecting.files(reader, plan)

with blocks.block("model", t("recruitment.model_title")):
    model.show(reader, quality)
