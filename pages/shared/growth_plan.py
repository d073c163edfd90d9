"""What must be recruited to get where the target is, how long members stay, what the money says."""

from __future__ import annotations

import math
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.errors import UserError
from analytics.figures.membership_path import membership_path
from analytics.figures.staying import staying as staying_curve
from analytics.tables import READS
from analytics.text import MINUS, Translator
from analytics.text import growth_findings as findings
from analytics.text.findings import published_on
from analytics.view import MAX_GOAL, MAX_PACE, MOST_YEARS, TARGETS
from pages.shared import address, blocks, guards
from pages.shared import controls as widgets
from pages.shared.loaders import Reader

_READS = READS["membership_in_full"]
_STEPS = {"members": 10.0, "share": 0.1, "jobs": 500.0}


def key(t: Translator, *, rate_pct: float) -> str:
    """Return what the lines are, and at what rate the sector is supposed to grow."""
    return t(
        "growth.plan_subtitle",
        plan=blocks.dot("ours", t("growth.plan_plan")),
        alone=escape(t("growth.plan_alone")),
        target=blocks.dot("gap", t("growth.plan_target"), strong=False),
        rate=findings.rate_words(rate_pct, t),
    )


def controls(reader: Reader) -> None:
    """Draw the target, its number and its year, and the assumptions behind a word; they need no answer to be drawn."""
    t, view, usual = reader.t, reader.view, reader.table("plan_defaults").iloc[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key="target-controls"):
        widgets.segmented(
            reader,
            "target",
            TARGETS,
            label=t("growth.target_label"),
            shown=lambda target: t(f"growth.target_{target}"),
            is_label_hidden=True,
            on_change=_set_target,
        )
        if view.target != "hold":
            label, goal = t(f"growth.goal_label_{view.target}"), float(usual["goal"])
            step = _STEPS[view.target]
            widgets.number(reader, "goal", label=label, low=0.0, high=MAX_GOAL, step=step, usual=goal)
        # A link may hold a year that has passed: it is shown, refused below, and can be changed.
        by, first = int(usual["by"]), int(usual["first"])
        low, high = min(by, first), max(by, first + MOST_YEARS - 1)
        widgets.number(reader, "by", label=t("growth.by_label"), low=low, high=high, step=1, usual=by)
        _assumptions(reader, churn_pct=float(usual["churn_pct"]))


def plan(reader: Reader, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """Draw the blocks of the plan, left, and of those who stay and the money, right; or a sentence why there are none.

    The controls are there even where what was asked cannot be answered.
    """
    t, view = reader.t, reader.view
    try:
        basis, found = reader.table("membership_basis").iloc[0], reader.table("membership_answer").iloc[0]
    except UserError as error:
        with left, blocks.block("plan", t("growth.plan_none"), ""):
            controls(reader)
            st.error(guards.plain(error.message(t.language)))
        return
    title = findings.answer_sentence(found, basis, t, view=view)
    with left, blocks.block("plan", title, key(t, rate_pct=float(basis["rate_pct"]))):
        controls(reader)
        draw(reader, basis, alt=title)
        if found["state"] != "beyond":
            answer(reader, basis, found)
        blocks.tools(reader, table(reader), name="membership", title=title)
    with right:
        staying(reader, basis)
        budget(reader, basis, found)


def table(reader: Reader) -> pd.DataFrame:
    """Return the table behind the plan."""
    return reader.table("membership_in_full").rename(columns={"share_pct": "member_share_pct"})


def draw(reader: Reader, basis: pd.Series, *, alt: str) -> None:
    """Draw the members year by year."""
    rows, target = reader.table("membership_in_full"), float(basis["target_members"])
    look = {"target": target, "palette": blocks.slots(), "language": reader.t.language}
    figure = reader.figure("membership-path", partial(membership_path, rows, **look), reads=_READS)
    blocks.chart(figure, name="membership-path", kind="curve", alt=alt)


def answer(reader: Reader, basis: pd.Series, found: pd.Series) -> None:
    """Say in figures what the target asks for, and in words when a pace gets there, and how sure the share is."""
    t, view, by = reader.t, reader.view, str(int(basis["by"]))
    label = t(
        "growth.figure_recruits_first" if view.target == "hold" and not found["is_pace"] else "growth.figure_recruits"
    )
    visits = "–" if pd.isna(found["visits"]) else t.number(math.ceil(found["visits"]))
    a_month = findings.visits_a_month(found, t)
    blocks.figures(
        [
            (label, t.tenths(findings.recruits_shown(found["recruits"])), findings.recruits_total(found, basis, t)),
            (
                t("growth.figure_members", by=by),
                t.number(found["members_by"]),
                t("growth.figure_now", value=t.number(basis["members"])),
            ),
            (
                t("growth.figure_share", by=by),
                t.percent(found["share_by_pct"]) if pd.notna(found["share_by_pct"]) else "–",
                t("growth.figure_now", value=t.percent(basis["share_pct"])) if basis["firms"] else "",
            ),
            (t("growth.figure_visits"), visits, t("growth.figure_staff", visits=a_month) if a_month else ""),
        ]
    )
    told = [
        findings.visits_sentence(found, t, view=view),
        findings.reached_sentence(found, t, view=view),
        findings.falling_sentence(found, t, view=view),
    ]
    if any(told):
        st.html(f'<div class="finding">{escape(" ".join(text for text in told if text))}</div>')
    st.html(f'<div class="source">{escape(findings.members_note(basis, t))}</div>')


def staying(reader: Reader, basis: pd.Series) -> None:
    """Draw the block on how long members stay, and say where the churn of the plan comes from."""
    title = findings.staying_title(basis, reader.table("staying"), reader.t)
    with blocks.block("staying", title, reader.t("growth.staying_subtitle")):
        _staying(reader, basis, alt=title)


def _staying(reader: Reader, basis: pd.Series, *, alt: str) -> None:
    t, curve = reader.t, reader.table("staying")
    if len(curve) > 1:
        look = {"churn_pct": float(basis["churn_pct"]), "palette": blocks.slots(), "language": t.language}
        figure = reader.figure("staying", partial(staying_curve, curve, **look), reads=("churn",))
        blocks.chart(figure, name="staying", kind="curve", alt=alt)
    told = f"{findings.churn_sentence(basis, t)} {findings.undated_sentence(basis, t)}"
    st.html(f'<div class="source">{escape(told)}</div>')
    if len(curve) > 1:
        blocks.tools(reader, curve, name="staying", title=alt)


def budget(reader: Reader, basis: pd.Series, answer: pd.Series) -> None:
    """Draw the block on the year's money."""
    with blocks.block("budget", *_budget_head(reader)):
        _budget(reader, basis, answer)


def _budget_head(reader: Reader) -> tuple[str, str]:
    t, parts = reader.t, reader.table("budget_parts").iloc[0]
    figure = reader.settings.reference_figure("budget_eur")
    title = findings.budget_title(parts, t, view=reader.view)
    if figure is None:
        return title, ""
    source = f"{figure.source.in_language(t.language)}, {published_on(figure.date, t)}"
    known = "growth.budget_subtitle" if parts["is_from_roster"] else "growth.budget_published_subtitle"
    return title, escape(t(known, source=source))


def _budget(reader: Reader, basis: pd.Series, answer: pd.Series) -> None:
    t, parts = reader.t, reader.table("budget_parts").iloc[0]
    rows = reader.table("budget").dropna(subset=["eur"])
    blocks.rows([(t(f"growth.item_{i}"), _euros(eur, t)) for i, eur in zip(rows["item"], rows["eur"], strict=True)])
    widgets.slider(reader, "cut", label=t("growth.cut_label"), low=0.0, high=100.0, step=5.0)
    if sentence := findings.budget_sentence(parts, basis, answer, t):
        st.html(f'<div class="finding">{escape(sentence)}</div>')
    told = findings.dues_sentence(parts, t, of_selection=not reader.view.selects_all)
    st.html(f'<div class="source">{escape(told)}</div>')
    named = rows.assign(item=[t(f"growth.item_{item}") for item in rows["item"]])
    blocks.tools(reader, named, name="budget", title=findings.budget_title(parts, t, view=reader.view))


def _assumptions(reader: Reader, *, churn_pct: float) -> None:
    t, view = reader.t, reader.view
    told = sum(value is not None for value in (view.churn, view.pace))
    label = t("growth.assumptions_some", count=t.number(told)) if told else t("growth.assumptions")
    percent: dict[str, Any] = {"low": 0.0, "high": 100.0, "step": 0.5}
    with st.popover(label, type="tertiary", key="popover-assumptions"):
        widgets.number(reader, "churn", label=t("growth.churn_label"), usual=round(churn_pct, 2), **percent)
        widgets.number(reader, "conversion", label=t("growth.conversion_label"), **percent)
        hint, label = t("growth.pace_help"), t("growth.pace_label")
        widgets.number(reader, "pace", label=label, low=0.0, high=MAX_PACE, step=1.0, hint=hint)


def _set_target(reader: Reader, field: str) -> None:
    # A goal of one kind is none of another.
    address.change(reader.settings, **{field: st.session_state[field], "goal": None})


def _euros(value: float, t: Translator) -> str:
    sign = MINUS if round(value) < 0 else ""
    return sign + t("growth.euros", value=t.number(abs(value)))
