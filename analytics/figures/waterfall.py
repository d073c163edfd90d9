"""From one figure to another, step by step."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, plain, signed
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

ROW_PX = 34
NAMES_PX, VALUE_PX = 190, 76
# Where nothing changed there is no width to draw: a level stands in the middle.
LEAST_SPAN = 1.0


def waterfall(steps: pd.DataFrame, *, palette: Palette, language: str) -> go.Figure:
    """Draw a row a step, from the old figure down to the new one: what came in ink, what went in the gap's colour.

    The axis holds the levels that occur, not zero: old and new figure stand as lines, not as bars from a zero that is
    far away.

    Parameters
    ----------
    steps
        Of one figure: ``step``, ``name`` (in words), ``change``, ``level`` after it; first the start, last the end.
    """
    t = translator(language)
    figure = blank(
        palette=palette,
        language=language,
        height=ROW_PX * len(steps),
        margin={"l": NAMES_PX, "r": VALUE_PX},
    )
    rows = steps.assign(row=range(len(steps)), before=steps["level"] - steps["change"])
    changes = rows[rows["change"] != 0]
    figure.add_bar(
        x=changes["change"].tolist(),
        y=changes["row"].tolist(),
        base=changes["before"].tolist(),
        orientation="h",
        width=0.5,
        marker={"color": [palette.ink if change > 0 else palette.gap for change in changes["change"]]},
        hoverinfo="text",
        hovertext=[
            f"<b>{plain(name)}</b><br>{_signed(change, t)}"
            for name, change in zip(changes["name"], changes["change"], strict=True)
        ],
        name="changes",
    )
    low, high = min(rows["level"].min(), rows["before"].min()), max(rows["level"].max(), rows["before"].max())
    edge = max(0.06 * (high - low), LEAST_SPAN)
    figure.update_layout(
        xaxis={**AXIS, "range": [low - edge, high + edge], "showticklabels": False},
        yaxis={**AXIS, "range": [len(rows) - 0.5, -0.5], "showticklabels": False},
        shapes=[*_links(rows, palette=palette), *_rules(len(rows), palette=palette)],
        annotations=[text for row in rows.to_dict("records") for text in _texts(row, palette=palette, t=t)],
    )
    return figure


def _links(rows: pd.DataFrame, *, palette: Palette) -> list[dict[str, Any]]:
    """Return the line from each level down to the next row."""
    return [
        {
            "type": "line",
            "x0": level,
            "x1": level,
            "y0": row - 0.25,
            "y1": row + 1.25 if row < len(rows) - 1 else row + 0.25,
            "line": {"color": palette.ink, "width": 2.5 if step in ("start", "end") else 1.0},
        }
        for row, level, step in zip(rows["row"], rows["level"], rows["step"], strict=True)
    ]


def _rules(rows: int, *, palette: Palette) -> list[dict[str, Any]]:
    place = {"type": "line", "xref": "paper", "xsizemode": "pixel", "xanchor": 0, "x0": -NAMES_PX, "x1": 4_000}
    look = {**place, "layer": "below", "line": {"color": palette.hair, "width": 1}}
    return [{**look, "y0": row - 0.5, "y1": row - 0.5} for row in range(1, rows)]


def _texts(row: dict[Any, Any], *, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    is_level = row["step"] in ("start", "end")
    shared = {"y": row["row"], "xref": "paper", "yanchor": "middle", "borderpad": 0, "font": {"color": palette.ink}}
    name, value = plain(row["name"]), t.number(row["level"]) if is_level else _signed(row["change"], t)
    name, value = (f"<b>{text}</b>" if is_level else text for text in (name, value))
    return [
        note(name, x=0, xanchor="left", xshift=-NAMES_PX, **shared),
        note(value, x=1, xanchor="right", xshift=VALUE_PX, **shared),
    ]


def _signed(change: int, t: Translator) -> str:
    return signed(t.number(change), t, is_more=change > 0)
