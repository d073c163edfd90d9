"""A short list in rows: rank, name, what is beside it, a figure, and a bar under them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.areas import short_name
from analytics.figures.base import AXIS, blank, note, plain, steady
from analytics.figures.palette import Palette

ROW_PX, PLAIN_ROW_PX = 66, 46
BAR_PX = 5
RANK_PX = 26
BEYOND_PX = 4_000  # the browser cuts what is beyond the figure
VALUE_SIZE, NAME_SIZE, DETAIL_SIZE = 20, 15, 13
LONGEST_NAME = 33  # beside a figure of five digits on the narrowest screen


def ranked_bars(
    rows: pd.DataFrame,
    *,
    role: str,
    palette: Palette,
    language: str,
    selected: str | None = None,
    highest: float | None = None,
) -> go.Figure:
    """Draw a row each, in the order given, with hairlines between; ``customdata`` of a row is ``[key]``.

    Parameters
    ----------
    rows
        ``key``, ``name``, ``detail`` (smaller, under the name; null where there is none), ``value`` (not negative),
        ``value_text``, ``hover``, and ``rank`` where rows are numbered.
    role
        Role of the palette in which the bars are: ``ours``, ``gap``, ``ink``.
    selected
        Key of the row that has a ground.
    highest
        Value of a bar of full length; that of the longest unless given.
    """
    has_details = bool(rows["detail"].notna().any())
    row_px = ROW_PX if has_details else PLAIN_ROW_PX
    figure = blank(palette=palette, language=language, height=row_px * max(len(rows), 1), margin={})
    top = highest or max(float(rows["value"].max()) if len(rows) else 0.0, 1e-9)
    left = RANK_PX if "rank" in rows else 0
    heights = [len(rows) - index - 0.5 for index in range(len(rows))]
    _add_handles(figure, rows, heights, palette=palette)
    figure.update_layout(
        barmode="overlay",
        xaxis={**AXIS, "range": [0, 1], "visible": False},
        yaxis={**AXIS, "range": [0, max(len(rows), 1)], "visible": False},
        margin={"l": left},
        shapes=[
            *_rules(heights, left=left, palette=palette),
            *_shapes(rows, heights, selected, top=top, color=getattr(palette, role), row_px=row_px, palette=palette),
        ],
        annotations=[
            text
            for row, height in zip(rows.to_dict("records"), heights, strict=True)
            for text in _texts(row, height, left=left, palette=palette)
        ],
    )
    return figure


def _add_handles(figure: go.Figure, rows: pd.DataFrame, heights: list[float], *, palette: Palette) -> None:
    """Lay over each row a bar that cannot be seen and takes the pointer: the visible one is five pixels high."""
    figure.add_bar(
        x=[1.0] * len(rows),
        y=heights,
        width=1.0,
        orientation="h",
        marker={"color": palette.land, "opacity": 0},
        customdata=[[str(key)] for key in rows["key"]],
        hoverinfo="text",
        hovertext=[
            f"<b>{plain(name)}</b><br>{plain(text)}" for name, text in zip(rows["name"], rows["hover"], strict=True)
        ],
        name="rows",
        **steady(0.0),
    )


def _rules(heights: list[float], *, left: int, palette: Palette) -> list[dict[str, Any]]:
    """Return the hairline over each row, from the left of its rank on."""
    ends = {"xref": "paper", "xsizemode": "pixel", "xanchor": 0, "x0": -left, "x1": BEYOND_PX}
    look = {"type": "line", **ends, "line": {"color": palette.hair, "width": 1}}
    return [{**look, "y0": height + 0.5, "y1": height + 0.5} for height in heights]


def _shapes(
    rows: pd.DataFrame,
    heights: list[float],
    selected: str | None,
    *,
    top: float,
    color: str,
    row_px: int,
    palette: Palette,
) -> list[dict[str, Any]]:
    """Return tracks and bars, and the ground of the selected row under them."""
    found: list[dict[str, Any]] = []
    half = BAR_PX / row_px / 2
    for key, value, height in zip(rows["key"], rows["value"], heights, strict=True):
        if key == selected:
            found.append(_box(0, 1, height - 0.5, height + 0.5, palette.land))
        middle = height - 0.5 + 10 / row_px
        found.append(_box(0, 1, middle - half, middle + half, palette.hair if key == selected else palette.land))
        if value > 0:
            found.append(_box(0, min(float(value) / top, 1.0), middle - half, middle + half, color))
    return found


def _box(x0: float, x1: float, y0: float, y1: float, color: str) -> dict[str, Any]:
    return {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "fillcolor": color, "line": {"width": 0}}


def _texts(row: dict[Any, Any], height: float, *, left: int, palette: Palette) -> list[dict[str, Any]]:
    top = {"y": height + 0.5, "yanchor": "top", "borderpad": 0}
    start = {"x": 0, "xanchor": "left", "align": "left", **top}
    name = short_name(str(row["name"]), LONGEST_NAME)
    texts = [
        note(f"<b>{plain(name)}</b>", yshift=-9, font={"size": NAME_SIZE, "color": palette.ink}, **start),
        note(
            plain(row["value_text"]),
            x=1,
            xanchor="right",
            yshift=-6,
            font={"size": VALUE_SIZE, "color": palette.ink},
            **top,
        ),
    ]
    if pd.notna(row["detail"]):
        texts.append(
            note(plain(row["detail"]), yshift=-28, font={"size": DETAIL_SIZE, "color": palette.secondary}, **start)
        )
    if left:
        texts.append(
            note(
                str(int(row["rank"])),
                yshift=-9,
                xshift=-left,
                font={"size": NAME_SIZE, "color": palette.secondary},
                **start,
            )
        )
    return texts
