"""How many members are still there so long after they joined: the product-limit curve and its limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, upright
from analytics.figures.palette import TEXT_SIZE, Palette
from analytics.text import Translator, translator

HEIGHT = 230
MARGIN = {"l": 8, "r": 30, "t": 16, "b": 28}
# From here up the axis has a line every ten percent; from zero, every quarter.
_FINE_FROM = 30


def staying(curve: pd.DataFrame, *, churn_pct: float, palette: Palette, language: str) -> go.Figure:
    """Draw the curve with its 95 % band, and the churn that the plan supposes as a dotted line.

    Parameters
    ----------
    curve
        ``years``, ``at_risk``, ``departures``, ``staying_pct``, ``low_pct``, ``high_pct`` (null where there are none);
        one row at least.
    churn_pct
        The share that leaves in a year, in percent.
    """
    t = translator(language)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    end = float(curve["years"].iloc[-1])
    last = max(1, math.ceil(end))
    band = curve.dropna(subset=["low_pct", "high_pct"])
    _add_band(figure, band, end=_told_until(curve), palette=palette)
    _add_churn(figure, churn_pct, end=end, palette=palette)
    figure.add_scatter(
        x=curve["years"].tolist(),
        y=curve["staying_pct"].tolist(),
        mode="lines",
        line={"color": palette.ours, "width": 2.5, "shape": "hv"},
        hoverinfo="text",
        hovertext=[_hover(row, t) for row in curve.to_dict("records")],
        name="staying",
    )
    drawn = [*band["low_pct"], float(curve["staying_pct"].min()), 100 * (1 - churn_pct / 100) ** end]
    lowest = 10 * math.floor(min(50.0, *drawn) / 10)
    ticks = list(range(lowest, 101, 10)) if lowest >= _FINE_FROM else [0, 25, 50, 75, 100]
    figure.update_layout(
        xaxis={
            **AXIS,
            "range": [0, last],
            "tickvals": _ticks(last),
            "ticktext": [t.plural("chart.years", v) if v == last else t.number(v) for v in _ticks(last)],
            "tickfont": {"color": palette.secondary},
        },
        yaxis=upright(ticks[0], 102, ticks, palette=palette),
        annotations=[_tick(value, palette=palette, t=t) for value in ticks[1:]],
    )
    return figure


def _told_until(curve: pd.DataFrame) -> float:
    """Return the length of stay up to which limits are known: the next row after the last that has them, or the end."""
    known = curve["low_pct"].notna().to_numpy().nonzero()[0]
    return float(curve["years"].iloc[min(known[-1] + 1, len(curve) - 1)]) if len(known) else 0.0


def _add_band(figure: go.Figure, band: pd.DataFrame, *, end: float, palette: Palette) -> None:
    times, high = _stepped(band["years"], band["high_pct"], end)
    _, low = _stepped(band["years"], band["low_pct"], end)
    figure.add_scatter(
        x=[*times, *times[::-1]],
        y=[*high, *low[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=palette.land,
        line={"width": 0},
        hoverinfo="skip",
        name="limits",
    )


def _add_churn(figure: go.Figure, churn_pct: float, *, end: float, palette: Palette) -> None:
    years = np.linspace(0, end, 41)
    figure.add_scatter(
        x=years.tolist(),
        y=(100 * np.power(1 - churn_pct / 100, years)).round(2).tolist(),
        mode="lines",
        line={"color": palette.secondary, "width": 1.8, "dash": "dot"},
        hoverinfo="skip",
        name="churn",
    )


def _stepped(years: pd.Series, values: pd.Series, last: float) -> tuple[list[float], list[float]]:
    """Return the corners of a line that keeps each value until the next year given, the last one to the end."""
    times = [*np.repeat(years, 2)[1:], last]
    return times, [*np.repeat(values, 2)]


def _ticks(last: int) -> list[int]:
    step = 2 if last > 6 else 1
    return [*range(0, last - step + 1, step), last]


def _tick(value: int, *, palette: Palette, t: Translator) -> dict[str, object]:
    font = {"color": palette.secondary, "size": TEXT_SIZE}
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": value, "yanchor": "top", "borderpad": 1}
    return note(t.percent(value), font=font, **place)


def _hover(row: dict[Any, Any], t: Translator) -> str:
    share = t.percent(row["staying_pct"])
    told = {"shown": t.tenths(row["years"]), "share": share, "at_risk": t.number(row["at_risk"])}
    text = t.amount("chart.staying_hover", row["years"], **told)
    if math.isnan(row["low_pct"]):
        return text
    return text + "<br>" + t("chart.staying_limits", low=t.percent(row["low_pct"]), high=t.percent(row["high_pct"]))
