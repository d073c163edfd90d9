"""The review desk: members that may be one of several firms, put before people one at a time."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics import removals, tables
from analytics.pipeline import republishing
from pages.shared import access, guards, loaders, outcomes
from pages.shared.first_build import progress_bar
from pages.shared.loaders import Reader

_CHOSEN = "desk-member"


def title(reader: Reader) -> str:
    """Say how many members wait for people, and how many of them are former ones, whom no other count holds."""
    t, waiting = reader.t, tables.review(reader.snapshot)["member_id"].nunique()
    if not waiting:
        return t("sources.desk_none")
    said = t.plural("sources.desk_title", waiting)
    former = waiting - reader.snapshot.manifest["counts"]["members_to_review"]
    return t.plural("sources.desk_former", former, title=said) if former > 0 else said


def review(reader: Reader) -> None:
    """Show one member with its candidates, and apply what was decided."""
    access.refuse_names("review", reader.person)
    outcomes.show("desk")
    candidates = tables.review(reader.snapshot)
    decisions = loaders.store().decisions()
    members = candidates.drop_duplicates("member_id").set_index("member_id")
    decided = [member for member in members.index if member in decisions]
    if members.empty:
        return
    _apply(reader, decided, of=len(members))
    member = _choose(reader, members, decisions)
    _candidates(reader, candidates[candidates["member_id"] == member], decisions)


def _choose(reader: Reader, members: pd.DataFrame, decisions: dict[str, str | None]) -> str:
    """Return the member on the desk: the one chosen, at first the first without a decision."""
    options = members.index.tolist()
    undecided = [member for member in options if member not in decisions]
    if st.session_state.get(_CHOSEN) not in options or st.session_state.pop("desk-next", False):
        st.session_state[_CHOSEN] = (undecided or options)[0]
    return str(
        st.selectbox(
            reader.t("sources.desk_member"),
            options,
            format_func=lambda member: reader.t(
                "sources.desk_option_decided" if member in decisions else "sources.desk_option",
                name=members.loc[member, "member_name"],
                row=members.loc[member, "source_row"],
            ),
            key=_CHOSEN,
            filter_mode=None,
        )
    )


def _candidates(reader: Reader, rows: pd.DataFrame, decisions: dict[str, str | None]) -> None:
    t, member = reader.t, str(rows["member_id"].iloc[0])
    for row in rows.dropna(subset=["siren"]).to_dict("records"):
        siren = row["siren"]
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            key=f"line-candidate-{member}-{siren}",
        ):
            st.html(_firm(reader, row), width="content")
            if decisions.get(member) == siren:
                st.html(f'<div class="source"><b>{escape(t("sources.desk_kept"))}</b></div>', width="content")
            else:
                key = f"yes-{member}-{siren}"
                st.button(t("sources.desk_yes"), key=key, on_click=_decide, args=(reader, member, siren))
    none_kept = member in decisions and decisions[member] is None
    label = t("sources.desk_none_kept") if none_kept else t("sources.desk_no")
    with st.container(horizontal=True, key="desk-end"):
        st.button(label, disabled=none_kept, key=f"no-{member}", on_click=_decide, args=(reader, member, None))
        if member in decisions:
            st.button(
                t("sources.desk_undo"), type="tertiary", key=f"undo-{member}", on_click=_undo, args=(reader, member)
            )


def _firm(reader: Reader, row: dict[Hashable, Any]) -> str:
    t, likeness = reader.t, reader.t.number(row["score"])
    about = t("sources.desk_about", siren=row["siren"], score=likeness, reason=t(f"matching.reason.{row['reason']}"))
    return (
        f"<div><b>{escape(str(row['firm_name']))}</b> · {escape(str(row['commune_name']))}"
        f'<div class="source">{escape(about)}</div></div>'
    )


def _apply(reader: Reader, decided: list[str], *, of: int) -> None:
    t = reader.t
    if not decided:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="desk-apply"):
        st.html(f'<div class="finding">{escape(t.plural("sources.desk_decided", len(decided), of=t.number(of)))}</div>')
        asked = st.button(t("sources.desk_apply"), type="primary", key="desk-apply-do")
    if asked:
        with guards.one_sentence(t.language):
            # The bar around it: taking it away may end the run, which must then be recorded already.
            with (
                progress_bar(t, t("sources.applying")) as report,
                access.acting("review", "apply_decisions") as action,
            ):
                action.count = len(decided)
                action.snapshot = republishing.apply_decisions(loaders.store(), report).id
            outcomes.finish(t.plural("sources.desk_applied", len(decided)), place="desk")


def _decide(reader: Reader, member: str, siren: str | None) -> None:
    with guards.one_sentence(reader.t.language):
        with access.acting("review", "decide") as action:
            removals.record_decision(loaders.store(), member, siren)
            action.count = 1
        st.session_state["desk-next"] = True


def _undo(reader: Reader, member: str) -> None:
    with guards.one_sentence(reader.t.language), access.acting("review", "undo_decision") as action:
        loaders.store().forget_decision(member)
        action.count = 1
