"""Calibration: what the model foresaw beside what is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

HEIGHT = 260
MARGIN = {"l": 42, "r": 14, "t": 30, "b": 42}
LARGEST_PX, SMALLEST_PX = 12.0, 3.5  # radii
TICKS = (0, 0.5, 1, 2, 5, 10, 20, 40, 60, 100)
CLOSE = 0.075  # ticks nearer to each other than this share of the axis would touch


def calibration(bins: pd.DataFrame, *, palette: Palette, language: str) -> go.Figure:
    """Draw the observed share of members beside the predicted one; on the diagonal both are the same.

    Parameters
    ----------
    bins
        ``predicted_pct``, ``observed_pct`` (percent, mean of each bin), ``firms``, ``members``.

    Returns
    -------
    Figure
        260 pixels high, square-root axes: most firms are at small rates, and zero is one of them.
    """
    t = translator(language)
    known = bins.dropna(subset=["predicted_pct", "observed_pct"])
    highest = float(known[["predicted_pct", "observed_pct"]].max().max()) if len(known) else 0.0
    top = min(max(1.12 * highest, 2.0), 104.0)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    ends = [0, math.sqrt(top)]
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": palette.ink, "width": 1.2}, hoverinfo="skip")
    _add_bins(figure, known, palette=palette, t=t)
    figure.update_layout(
        xaxis=_axis(top, palette=palette, t=t),
        yaxis={**_axis(top, palette=palette, t=t, after="  "), "showgrid": True, "gridcolor": palette.hair},
        annotations=_words(palette=palette, t=t),
    )
    return figure


def _add_bins(figure: go.Figure, known: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    most = max(float(known["members"].max()) if len(known) else 0.0, 1.0)
    radii = (LARGEST_PX * np.sqrt(known["members"] / most)).clip(lower=SMALLEST_PX)
    figure.add_scatter(
        x=np.sqrt(known["predicted_pct"]).round(3).tolist(),
        y=np.sqrt(known["observed_pct"]).round(3).tolist(),
        mode="markers",
        marker={
            "size": (2 * radii).round(1).tolist(),
            "color": palette.ours,
            "opacity": 0.85,
            "line": {"color": palette.background, "width": 1},
        },
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[_hover(row, t) for row in known.to_dict("records")],
    )


def _hover(row: dict[Any, Any], t: Translator) -> str:
    counts = t.plural("chart.hover_members", int(row["members"]), firms=t.number(row["firms"]))
    shares = {"predicted": t.percent(row["predicted_pct"]), "observed": t.percent(row["observed_pct"])}
    return f"<b>{t('chart.hover_calibration', **shares)}</b><br>{counts}"


def _axis(top: float, *, palette: Palette, t: Translator, after: str = "") -> dict[str, Any]:
    ticks = _ticks(top)
    labels = [t.number(v, 0 if float(v).is_integer() else 1) for v in ticks]
    return {
        **AXIS,
        "range": [0, math.sqrt(top)],
        "tickvals": [math.sqrt(v) for v in ticks],
        "ticktext": [f"{label}{after}" for label in [*labels[:-1], t.percent(ticks[-1], 0 if ticks[-1] >= 1 else 1)]],
        "tickfont": {"color": palette.secondary},
    }


def _ticks(top: float) -> list[float]:
    """Return round values that do not touch, the highest first chosen."""
    kept: list[float] = []
    for value in (v for v in reversed(TICKS) if v <= top):
        if not kept or math.sqrt(kept[-1]) - math.sqrt(value) >= CLOSE * math.sqrt(top):
            kept.append(value)
    return kept[::-1]


def _words(*, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    quiet = {"xref": "paper", "yref": "paper", "font": {"color": palette.secondary}}
    up = {"x": 0, "y": 1, "xshift": -MARGIN["l"] + 4, "yshift": 8, "xanchor": "left", "yanchor": "bottom"}
    across = {"x": 1, "y": 0, "yshift": -22, "xanchor": "right", "yanchor": "top"}
    return [note(t("chart.observed"), **up, **quiet), note(t("chart.predicted"), **across, **quiet)]
