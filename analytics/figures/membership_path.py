"""The members that a plan gives year by year, those left if nobody is recruited, and what is aimed at."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, Name, blank, parted_notes, scale_notes, steps, upright
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

HEIGHT = 300
MARGIN = {"l": 8, "r": 150, "t": 16, "b": 28}
# As many as a phone has room for, the last one among them.
_YEAR_LABELS = 6
PLOT_HEIGHT = HEIGHT - MARGIN["t"] - MARGIN["b"]


def membership_path(rows: pd.DataFrame, *, target: float, palette: Palette, language: str) -> go.Figure:
    """Draw the plan as a line, the members left without it dotted, the target as a dot in its year.

    Parameters
    ----------
    rows
        ``year``, ``members``, ``members_alone``, ``firms``, ``share_pct``, ``recruits``.
    target
        The members aimed at in the last year.
    """
    t = translator(language)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    years = rows["year"].tolist()
    _add_line(figure, years, rows["members_alone"], name="alone", color=palette.ink, dash="dot")
    _add_line(figure, years, rows["members"], name="plan", color=palette.ours, dash="solid")
    _add_dots(figure, rows, target=target, palette=palette, t=t)
    top = 1.08 * max(rows["members"].max(), target, 1.0)
    figure.update_layout(
        xaxis={
            **AXIS,
            "range": [years[0] - 0.15, years[-1] + 0.1],
            "tickvals": years[:: len(years) // -_YEAR_LABELS][::-1],
            "tickformat": "d",
            "tickfont": {"color": palette.secondary},
        },
        yaxis=upright(0, top, steps(top), palette=palette),
        annotations=[
            *_ends(rows, target=target, top=top, palette=palette, t=t),
            *scale_notes(steps(top), palette=palette, t=t),
        ],
    )
    return figure


def _add_dots(figure: go.Figure, rows: pd.DataFrame, *, target: float, palette: Palette, t: Translator) -> None:
    years = rows["year"].tolist()
    figure.add_scatter(
        x=[years[-1]],
        y=[target],
        mode="markers",
        marker={"size": 12, "color": palette.background, "line": {"color": palette.gap, "width": 2.5}},
        hoverinfo="skip",
        name="target",
    )
    figure.add_scatter(
        x=years,
        y=rows["members"].tolist(),
        mode="markers",
        marker={"size": 9, "color": palette.ours, "line": {"color": palette.background, "width": 1.5}},
        hoverinfo="text",
        hovertext=[_hover(row, t) for row in rows.to_dict("records")],
        name="years",
    )


def _add_line(figure: go.Figure, years: list[int], values: pd.Series, *, name: str, color: str, dash: str) -> None:
    line = {"color": color, "width": 3 if dash == "solid" else 1.8, "dash": dash}
    figure.add_scatter(x=years, y=values.round(2).tolist(), mode="lines", line=line, hoverinfo="skip", name=name)


def _hover(row: dict[Any, Any], t: Translator) -> str:
    lines = [f"<b>{row['year']:.0f}</b>", t.plural("chart.path_members", round(row["members"]))]
    if pd.notna(row["share_pct"]):
        lines.append(t("chart.path_share", share=t.percent(row["share_pct"], 2), firms=t.number(row["firms"])))
    if pd.notna(row["recruits"]):
        lines.append(t.amount("chart.path_recruits", row["recruits"], shown=t.tenths(row["recruits"])))
    return "<br>".join(lines)


def _ends(rows: pd.DataFrame, *, target: float, top: float, palette: Palette, t: Translator) -> list[dict[str, object]]:
    last = rows.iloc[-1]
    ends = [
        (float(last["members"]), t("chart.path_plan", members=t.number(last["members"])), palette.ours),
        (float(last["members_alone"]), t("chart.path_alone", members=t.number(last["members_alone"])), palette.ink),
    ]
    if abs(target - last["members"]) >= 0.5:
        ends.append((target, t.plural("chart.path_target", round(target)), palette.gap))
    names = [Name(height, f"<b>{text}</b>", color) for height, text, color in sorted(ends, reverse=True)]
    return parted_notes(names, span=(0, top), plot_px=PLOT_HEIGHT, x=int(last["year"]), xanchor="left", xshift=12)
