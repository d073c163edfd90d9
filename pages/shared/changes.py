"""What has changed since an earlier snapshot, step by step."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from analytics.errors import UserError
from analytics.export import steps as told_steps
from analytics.figures.waterfall import waterfall
from analytics.tables import READS
from analytics.text import growth_findings as findings
from analytics.view import COMPARED
from pages.shared import blocks, guards
from pages.shared import controls as widgets
from pages.shared.loaders import Reader


def show(reader: Reader) -> None:
    """Draw the block: its finding, the choice of snapshot and figure, the steps; or a sentence where there are none."""
    t, earlier = reader.t, reader.table("earlier_snapshots")
    try:
        steps = reader.table("bridge")
    except UserError as error:
        with blocks.block("bridge", t("growth.bridge_none")):
            _choose_snapshot(reader, earlier)
            st.info(guards.plain(error.message(t.language)))
        return
    told = [name for name in COMPARED if name in set(steps["figure"])]
    figure = reader.view.compared if reader.view.compared in told else told[0]
    start, end = told_steps.ends(reader, earlier, figure)
    title = findings.bridge_title(steps, t, since=start, figure=figure)
    with blocks.block("bridge", title, t("growth.bridge_subtitle")):
        _choose_snapshot(reader, earlier)
        widgets.segmented(
            reader,
            "compared",
            told,
            label=t("growth.figure_label"),
            shown=partial(told_steps.figure_name, t),
            is_label_hidden=True,
        )
        named = steps.assign(name=[findings.step_name(step, t, start=start, end=end) for step in steps["step"]])
        draw = partial(waterfall, named[named["figure"] == figure], palette=blocks.slots(), language=t.language)
        drawn = reader.figure(f"bridge-{figure}", draw, reads=READS["bridge"])
        blocks.chart(drawn, name=f"bridge-{figure}", kind="steps", alt=title)
        blocks.tools(reader, told_steps.in_words(reader, steps), name="bridge", title=title)


def _choose_snapshot(reader: Reader, earlier: pd.DataFrame) -> None:
    """Draw the choice of what this snapshot is compared with, where there is one; none is chosen of the unknown."""
    if len(earlier) < 2 and not (len(earlier) and reader.view.since):
        return
    t = reader.t
    days = {
        row["id"]: t("growth.since_option", day=t.day(row["day"]), moment=t.moment(row["built_at"]))
        for row in earlier.to_dict("records")
    }
    asked = reader.view.since or earlier.loc[earlier["is_usual"], "id"].iloc[0]
    st.session_state["since"] = asked if asked in days else None
    st.selectbox(
        t("growth.since_label"),
        list(days),
        format_func=days.__getitem__,
        key="since",
        placeholder="",
        on_change=widgets.set_field,
        args=(reader, "since"),
    )
