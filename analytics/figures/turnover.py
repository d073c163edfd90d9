"""Establishments opened and closed each year: what came over the line, what went under it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, scale_notes, steps, upright
from analytics.figures.palette import TEXT_SIZE, Palette
from analytics.text import Translator, translator

HEIGHT = 300
MARGIN = {"l": 8, "r": 8, "t": 24, "b": 8}


def turnover(history: pd.DataFrame, *, palette: Palette, language: str) -> go.Figure:
    """Draw what opened and what closed in each year, and the difference as a dot; a year underway is paler.

    Parameters
    ----------
    history
        ``year``, ``opened``, ``closed``, ``recoded``, ``net_rate_pct``, ``is_complete``; one row at least.
    """
    t = translator(language)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    years = history["year"].tolist()
    opacity = [1.0 if is_complete else 0.45 for is_complete in history["is_complete"]]
    texts = [_hover(row, t) for row in history.to_dict("records")]
    for name, sign, color in (("opened", 1, palette.ink), ("closed", -1, palette.sector)):
        figure.add_bar(
            x=years,
            y=(sign * history[name]).tolist(),
            width=0.65,
            marker={"color": color, "opacity": opacity},
            hoverinfo="text",
            hovertext=texts,
            name=name,
        )
    net = history["opened"] - history["closed"]
    figure.add_scatter(
        x=years,
        y=net.tolist(),
        mode="markers",
        marker={"size": 9, "color": palette.background, "line": {"color": palette.ink, "width": 2}, "opacity": opacity},
        hoverinfo="text",
        hovertext=texts,
        name="net",
    )
    high, low = 1.12 * max(history["opened"].max(), 1), 1.16 * max(history["closed"].max(), 1)
    figure.update_layout(
        barmode="relative",
        xaxis={**AXIS, "range": [min(years) - 0.6, max(years) + 0.6], "showticklabels": False},
        yaxis=upright(-low, high, [*(-v for v in steps(low)[1:]), *steps(high)], palette=palette),
        annotations=[
            *_years(years, palette=palette),
            *scale_notes([steps(high)[-1], -steps(low)[-1]], palette=palette, t=t),
            *_breaks(history, low, palette, t),
        ],
    )
    return figure


def _hover(row: dict[Any, Any], t: Translator) -> str:
    counts = [t.plural(f"chart.turnover_{name}", int(row[name])) for name in ("opened", "closed")]
    lines = [f"<b>{row['year']}</b>", ", ".join(counts)]
    if pd.notna(row["net_rate_pct"]):
        lines.append(t("chart.turnover_net", rate=t.percent(row["net_rate_pct"])))
    if row["recoded"]:
        lines.append(t("chart.turnover_recoded", count=t.number(row["recoded"])))
    return "<br>".join(lines)


def _years(years: list[int], *, palette: Palette) -> list[dict[str, Any]]:
    """Return every other year, and the last, right under the line from which bars go up and down."""
    shown = [year for year in years if (years[-1] - year) % 2 == 0]
    font = {"color": palette.secondary, "size": TEXT_SIZE}
    place = {"y": 1, "yref": "paper", "yanchor": "bottom", "borderpad": 0, "yshift": 4}
    return [note(str(year), x=year, xanchor="center", font=font, **place) for year in shown]


def _breaks(history: pd.DataFrame, low: float, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the word that marks the recoding, under the year over which it came."""
    years = history.loc[history["recoded"] != 0, "year"]
    place = {"y": -low, "yanchor": "bottom", "xanchor": "right", "borderpad": 0, "font": {"color": palette.secondary}}
    return [note(t("chart.turnover_break"), x=int(year) + 0.5, **place) for year in years]
