"""Members over those expected, by distance to the nearest antenna, with their intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, halo, note
from analytics.figures.palette import Palette
from analytics.figures.rates import add_intervals
from analytics.text import Translator, translator
from analytics.text.coverage_findings import band_name

ROW_PX, NARROW_ROW_PX = 36, 54
TOP_PX, BOTTOM_PX = 30, 28
NAMES_PX, COLUMN_PX = 108, 84
LOWEST, HIGHEST = 0.25, 4.0
TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)


def distance_bands(
    bands: pd.DataFrame, *, unit: str, palette: Palette, language: str, narrow: bool = False
) -> go.Figure:
    """Draw a row a band, nearest first: its name, its counts, and the interval of its ratio on a logarithmic axis.

    Parameters
    ----------
    bands
        ``low``, ``high`` (null in the last, which is open), ``firms``, ``members``, ``expected_members``, ``ratio``,
        ``ratio_low``, ``ratio_high`` (null where none is expected).
    unit
        ``min`` or ``km``.
    narrow
        Names and counts over the intervals, for a phone; else beside them.

    Returns
    -------
    Figure
        A half is as far from 1 as the double. An interval that leaves the axis is cut at its end.
    """
    t = translator(language)
    row_px = NARROW_ROW_PX if narrow else ROW_PX
    left = 6 if narrow else NAMES_PX + COLUMN_PX
    figure = blank(
        palette=palette,
        language=language,
        height=TOP_PX + BOTTOM_PX + row_px * len(bands),
        margin={"l": left, "r": 14, "t": TOP_PX, "b": BOTTOM_PX},
    )
    shift = 0.22 if narrow else 0.0
    rows = bands.assign(row=np.arange(len(bands)) + shift, verdict=_verdicts(bands)).dropna(subset=["ratio"])
    _add_intervals(figure, rows, unit=unit, palette=palette, t=t)
    figure.update_layout(
        xaxis={
            **AXIS,
            "type": "log",
            "range": [math.log10(LOWEST), math.log10(HIGHEST)],
            "tickvals": list(TICKS),
            "ticktext": [t.tenths(v) if v >= 0.5 else t.number(v, 2) for v in TICKS],
            "tickfont": {"color": palette.secondary},
            "showgrid": True,
            "gridcolor": palette.hair,
        },
        yaxis={**AXIS, "range": [len(bands) - 0.5, -0.5], "showticklabels": False},
        shapes=[_line_of_one(palette)],
        annotations=[
            *_heads(narrow=narrow, palette=palette, t=t),
            *_words(bands, unit=unit, narrow=narrow, palette=palette, t=t),
        ],
    )
    return figure


def _verdicts(bands: pd.DataFrame) -> list[str]:
    """Return whether each interval lies above one, below, or holds it."""
    limits = zip(bands["ratio_low"], bands["ratio_high"], strict=True)
    return ["over" if low > 1 else "under" if high < 1 else "inconclusive" for low, high in limits]


def _add_intervals(figure: go.Figure, rows: pd.DataFrame, *, unit: str, palette: Palette, t: Translator) -> None:
    # A ratio of zero has no place on a logarithmic axis: its dot stands at the edge.
    add_intervals(
        figure,
        low=rows["ratio_low"].clip(lower=LOWEST / 2),
        high=rows["ratio_high"].clip(upper=HIGHEST * 2),
        middle=rows["ratio"].clip(LOWEST, HIGHEST),
        rows=rows["row"],
        verdicts=rows["verdict"],
        width=6,
        palette=palette,
        hovertext=[_hover(row, unit=unit, t=t) for row in rows.to_dict("records")],
    )


def _hover(row: dict[Any, Any], *, unit: str, t: Translator) -> str:
    name = band_name(row["low"], row["high"], t, unit=unit)
    expected = t.number(row["expected_members"], 1)
    counts = t.plural("chart.hover_expected", int(row["members"]), firms=t.number(row["firms"]), expected=expected)
    limits = {key: t.number(row[f"ratio_{key}"], 2) for key in ("low", "high")}
    return f"<b>{name}</b><br>{counts}<br>" + t("chart.band_ratio", ratio=t.number(row["ratio"], 2), **limits)


def _line_of_one(palette: Palette) -> dict[str, Any]:
    place = {"x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", **place, "layer": "below", "line": {"color": palette.ink, "width": 1.2}}


def _heads(*, narrow: bool, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    quiet = {"font": {"color": palette.secondary}, "yref": "paper", "y": 1, "yanchor": "bottom", "borderpad": 0}
    found = [note(t("chart.band_line"), x=0, xanchor="center", yshift=4, **quiet)]
    if not narrow:
        place = {"x": 0, "xref": "paper", "xanchor": "right", "xshift": -14, "yshift": 4}
        found.append(note(t("chart.band_counts"), **place, **quiet))
    return found


def _words(bands: pd.DataFrame, *, unit: str, narrow: bool, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the name of each band, and its members beside those expected."""
    found = []
    for index, row in enumerate(bands.to_dict("records")):
        name = band_name(row["low"], row["high"], t, unit=unit)
        counts = t("chart.band_members", members=t.number(row["members"]), expected=t.tenths(row["expected_members"]))
        shared = {"y": index, "xref": "paper", "borderpad": 0, "yanchor": "middle"}
        if narrow:
            left = {**shared, "x": 0, "xanchor": "left", "yshift": 11}
            # The line of one passes under the words.
            font = {"color": palette.ink, "shadow": halo(palette)}
            found.append(note(f"<b>{name}</b>  {counts}", font=font, **left))
            continue
        found.append(
            note(
                f"<b>{name}</b>",
                x=0,
                xanchor="left",
                xshift=-(NAMES_PX + COLUMN_PX),
                font={"color": palette.ink},
                **shared,
            )
        )
        found.append(note(counts, x=0, xanchor="right", xshift=-14, font={"color": palette.secondary}, **shared))
    return found
