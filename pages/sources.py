"""What is loaded, from where, how good; load new files, go back to older ones, review matches."""

from __future__ import annotations

import streamlit as st

from analytics.text.schema_findings import schema_sentences
from pages.shared import blocks, desk, filters, inventory, new_files, snapshots

reader = filters.bar(filters=())
t = reader.t

blocks.title(inventory.headline(reader))

with blocks.block("files", inventory.files_title(reader)):
    inventory.show_files(reader)

left, right = st.columns(2, gap="large")
with left, blocks.block("register-rows", inventory.rows_title(reader, "register"), t("sources.rows_subtitle")):
    blocks.rows(inventory.rows(reader, "register"))
with right, blocks.block("quality", inventory.quality_title(reader), t("sources.quality_subtitle")):
    blocks.rows(inventory.quality(reader))
    inventory.show_faults(schema_sentences(reader.snapshot.manifest, t))

if inventory.has_roster(reader):
    left, right = st.columns(2, gap="large")
    with left, blocks.block("members-rows", inventory.rows_title(reader, "members"), t("sources.rows_subtitle")):
        blocks.rows(inventory.rows(reader, "members"))
    with right, blocks.block("matches", inventory.matches_title(reader), t("sources.matches_subtitle")):
        blocks.rows(inventory.matches(reader))
    with blocks.block("faults", inventory.faults_title(reader), t("sources.faults_subtitle")):
        inventory.show_faults(inventory.faults(reader))
    if reader.person.may("review"):
        with blocks.block("desk", desk.title(reader), t("sources.desk_subtitle")):
            desk.review(reader)

if reader.person.may("publish"):
    with blocks.block("load", t("sources.load_title"), t("sources.load_subtitle")):
        new_files.form(reader)
with blocks.block("history", snapshots.title(reader), t("sources.history_subtitle")):
    snapshots.list_snapshots(reader)
with blocks.block("published", t("sources.published_title"), t("sources.published_subtitle")):
    blocks.rows(inventory.published_figures(reader))
