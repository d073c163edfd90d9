"""What share of firms, jobs, members and inhabitants has an antenna within each distance."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, Name, blank, note, parted_notes
from analytics.figures.palette import TEXT_SIZE, Palette
from analytics.text import Translator, translator

HEIGHT = 340
MARGIN = {"l": 8, "r": 96, "t": 40, "b": 30}
PLOT_HEIGHT = HEIGHT - MARGIN["t"] - MARGIN["b"]
TOP = 102.0  # percent, where the axis ends
# Drawn in this order: firms last, over the others.
LINES = {"population_pct": "neutral", "jobs_pct": "secondary", "members_pct": "ours", "firms_pct": "ink"}
TICKS = (0, 15, 30, 45, 60, 75, 90)


def coverage_curve(
    curve: pd.DataFrame, *, threshold: float, share_pct: float, unit: str, palette: Palette, language: str
) -> go.Figure:
    """Draw each share against the distance to the nearest antenna, with the reader's threshold and the firms there.

    Parameters
    ----------
    curve
        ``threshold``, ascending from 0, and ``firms_pct``, ``jobs_pct``, ``members_pct``, ``population_pct``; a column
        that is null throughout is not drawn.
    threshold, unit
        Where the line stands, a number of ``min`` or ``km``.
    share_pct
        The share of firms within the threshold, in percent: the curve has steps, and the threshold may lie between.
    """
    t = translator(language)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    drawn = [name for name in LINES if len(curve) and curve[name].notna().all()]
    for name in drawn:
        figure.add_scatter(
            x=curve["threshold"].tolist(),
            y=curve[name].round(1).tolist(),
            mode="lines",
            line={"color": getattr(palette, LINES[name]), "width": 3 if name == "firms_pct" else 2},
            hovertemplate=t(f"chart.curve_hover_{unit}", name=t(f"chart.curve_{name}"), x="%{x}", y="%{y}")
            + "<extra></extra>",
            name=name,
        )
    figure.update_layout(
        xaxis={
            **AXIS,
            "range": [0, TICKS[-1]],
            "tickvals": list(TICKS),
            "ticktext": [t(f"chart.ticks_{unit}", value=t.number(v)) if v == TICKS[-1] else t.number(v) for v in TICKS],
            "tickfont": {"color": palette.secondary},
        },
        yaxis={
            **AXIS,
            "range": [0, TOP],
            "tickvals": [0, 25, 50, 75, 100],
            "showticklabels": False,
            "showgrid": True,
            "gridcolor": palette.hair,
        },
        shapes=[_threshold_line(threshold, palette)],
        annotations=[
            *_end_names(curve, drawn, palette=palette, t=t),
            *_threshold_note(drawn, threshold, share_pct, unit=unit, palette=palette, t=t),
            *(_height_note(share, palette=palette, t=t) for share in (50, 100)),
        ],
    )
    return figure


def _threshold_line(threshold: float, palette: Palette) -> dict[str, Any]:
    place = {"x0": threshold, "x1": threshold, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", **place, "line": {"color": palette.ink, "width": 1.2, "dash": "dot"}}


def _threshold_note(
    drawn: list[str], threshold: float, share_pct: float, *, unit: str, palette: Palette, t: Translator
) -> list[dict[str, Any]]:
    """Return the share of firms within the threshold, over its line."""
    if "firms_pct" not in drawn:
        return []
    text = t(f"chart.curve_at_{unit}", threshold=t.tenths(threshold), share=t.percent(share_pct))
    place = {"x": threshold, "y": 1, "yref": "paper", "xanchor": _side(threshold), "yanchor": "bottom", "yshift": 4}
    return [note(f"<b>{text}</b>", font={"color": palette.ink}, borderpad=0, **place)]


def _side(threshold: float) -> str:
    """Return which side of the threshold's words stands on its line, so that a phone does not cut them."""
    share = threshold / TICKS[-1]
    return "left" if share < 0.45 else "center" if share < 0.9 else "right"


def _height_note(share: int, *, palette: Palette, t: Translator) -> dict[str, Any]:
    place = {"x": 0, "y": share, "xanchor": "left", "yanchor": "bottom", "borderpad": 1}
    return note(t.percent(share), font={"color": palette.secondary, "size": TEXT_SIZE}, **place)


def _end_names(curve: pd.DataFrame, drawn: list[str], *, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the name of each line at its end, parted so that none covers another."""
    names = [
        Name(float(curve[name].iloc[-1]), f"<b>{t(f'chart.curve_{name}')}</b>", getattr(palette, LINES[name]))
        for name in sorted(drawn, reverse=True)
    ]
    # The tick of the longest threshold is under the axis.
    return parted_notes(names, span=(0, TOP), plot_px=PLOT_HEIGHT, x=1, xref="paper", xanchor="left", xshift=6)
