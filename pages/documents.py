"""The same figures to project, to send, to print: the stage, the documents, the sheet of one town or antenna."""

from __future__ import annotations

import streamlit as st

from analytics.export import story
from pages.shared import blocks, documents, filters

reader = filters.bar(filters=("level", "department", "segment", "size", "perimeter"))
t = reader.t

blocks.title(documents.title(reader))
story.needs_firms(reader)
with blocks.block("stage", t("documents.stage_title"), t("documents.stage_subtitle")):
    documents.stage_links(reader)
left, right = st.columns([7, 5], gap="large")
with left, blocks.block("files", documents.files_title(reader), t("documents.files_subtitle")):
    documents.files(reader)
with right, blocks.block("sheet", t("documents.sheet_title"), t("documents.sheet_subtitle")):
    documents.sheet(reader)
