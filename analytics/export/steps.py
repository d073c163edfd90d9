"""The steps from one data set to another in words: on the page and in the workbook the same."""

from __future__ import annotations

import pandas as pd

from analytics.export.asked import Asked
from analytics.tables import data_day, roster_day
from analytics.text import Translator
from analytics.text import growth_findings as findings


def in_words(asked: Asked, steps: pd.DataFrame) -> pd.DataFrame:
    """Return ``tables.bridge`` as it is read: ``figure, step_name, change, level``, each end with its day."""
    earlier = asked.table("earlier_snapshots")
    days = {figure: ends(asked, earlier, figure) for figure in steps["figure"].unique()}
    names = [
        findings.step_name(step, asked.t, start=days[figure][0], end=days[figure][1])
        for figure, step in zip(steps["figure"], steps["step"], strict=True)
    ]
    words = steps.assign(step_name=names, figure=[figure_name(asked.t, figure) for figure in steps["figure"]])
    return words[["figure", "step_name", "change", "level"]]


def ends(asked: Asked, earlier: pd.DataFrame, figure: str) -> tuple[str, str]:
    """Return when a figure is of in the two snapshots: the days of its data, or the loads' where these are one.

    Parameters
    ----------
    earlier
        ``tables.earlier_snapshots``, with the one that the view compares with.
    """
    t, snapshot = asked.t, asked.snapshot
    is_meant = earlier["id"] == asked.view.since if asked.view.since else earlier["is_usual"]
    old = earlier[is_meant].iloc[0]
    day, column = (roster_day, "roster_day") if figure == "members" else (data_day, "day")
    days = t.day(old[column]), t.day(day(snapshot))
    return days if days[0] != days[1] else (t.moment(old["built_at"]), t.moment(snapshot.built_at))


def figure_name(t: Translator, figure: str) -> str:
    """Return the name of a figure that is compared: ``firms``, ``jobs`` or ``members``."""
    return t("growth.bridge_members" if figure == "members" else f"growth.measure_{figure}")
