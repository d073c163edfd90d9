"""What is loaded, from where, how good; load new files, go back to older ones, review matches."""

from __future__ import annotations

import streamlit as st

from pages.shared import blocks, desk, filters, history, inventory, loading

reader = filters.bar(filters=())
t = reader.t

loading.show_outcome()
blocks.title(inventory.headline(reader))

with blocks.block("files", inventory.files_title(reader)):
    inventory.show_files(reader)

left, right = st.columns(2, gap="large")
with left, blocks.block("register-rows", inventory.rows_title(reader, "register"), t("sources.rows_subtitle")):
    blocks.rows(inventory.rows(reader, "register"))
with right, blocks.block("quality", inventory.quality_title(reader), t("sources.quality_subtitle")):
    blocks.rows(inventory.quality(reader))

if inventory.has_roster(reader):
    left, right = st.columns(2, gap="large")
    with left, blocks.block("members-rows", inventory.rows_title(reader, "members"), t("sources.rows_subtitle")):
        blocks.rows(inventory.rows(reader, "members"))
    with right, blocks.block("matches", inventory.matches_title(reader), t("sources.matches_subtitle")):
        blocks.rows(inventory.matches(reader))
    faults = inventory.faults(reader)
    with blocks.block("faults", inventory.faults_title(reader, faults), t("sources.faults_subtitle")):
        inventory.show_faults(faults)
    with blocks.block("desk", desk.title(reader), t("sources.desk_subtitle")):
        desk.review(reader)

with blocks.block("load", t("sources.load_title"), t("sources.load_subtitle")):
    loading.form(reader)
with blocks.block("history", history.title(reader), t("sources.history_subtitle")):
    history.list_snapshots(reader)
with blocks.block("published", t("sources.published_title"), t("sources.published_subtitle")):
    blocks.rows(inventory.published(reader))
