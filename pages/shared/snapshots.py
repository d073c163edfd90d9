"""The snapshots of the store, and the way back to one of them."""

from __future__ import annotations

from html import escape

import streamlit as st

from analytics.pipeline import reverting
from analytics.store import Snapshot
from analytics.text import Translator
from pages.shared import access, damage, guards, loaders, outcomes
from pages.shared.loaders import Reader


def title(reader: Reader) -> str:
    """Say how many data sets are kept."""
    return reader.t.plural("sources.history_title", len(loaders.store().snapshots()))


def list_snapshots(reader: Reader) -> None:
    """List the snapshots, newest first, each with its way back."""
    outcomes.show("history")
    for snapshot in loaders.store().snapshots():
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"line-{snapshot.id}"
        ):
            st.html(_line(snapshot, reader.t), width="content")
            if snapshot.id == damage.damaged_id():
                st.html(f'<div class="source"><b>{escape(reader.t("damage.mark"))}</b></div>', width="content")
            elif snapshot.id == reader.snapshot.id and damage.shows_published():
                st.html(f'<div class="source"><b>{escape(reader.t("sources.published"))}</b></div>', width="content")
            elif reader.person.may("roll_back"):
                _way_back(reader, snapshot)


def _way_back(reader: Reader, snapshot: Snapshot) -> None:
    t = reader.t
    with st.popover(t("sources.roll_back"), type="tertiary", key=f"back-{snapshot.id}"):
        st.html(f'<div class="finding">{escape(t("sources.roll_back_ask", day=t.moment(snapshot.built_at)))}</div>')
        if st.button(t("sources.roll_back_do"), type="primary", key=f"back-do-{snapshot.id}"):
            with guards.one_sentence(t.language):
                with access.acting("roll_back", "rollback") as action:
                    action.snapshot = reverting.rollback(loaders.store(), snapshot.id).id
                outcomes.finish(t("sources.rolled_back", day=t.moment(snapshot.built_at)), place="history")


def _line(snapshot: Snapshot, t: Translator) -> str:
    counts = snapshot.manifest["counts"]
    parts = [t.plural("common.firms", counts["firms"]), t.plural("sources.members", counts["members"])]
    demo = f'<span class="badge">{escape(t("common.demo_badge"))}</span>' if snapshot.is_demo else ""
    return (
        f"<div><b>{escape(t.moment(snapshot.built_at))}</b> · {escape(' · '.join(parts))}{demo}"
        f'<div class="source">{escape(snapshot.id)}</div></div>'
    )
