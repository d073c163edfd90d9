"""Areas in rows, most missing members first: counts, the interval of their ratio, members missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.areas import COLORED, codes, hovers, short_name
from analytics.figures.base import AXIS, blank, halo, note, plain, steady
from analytics.figures.palette import Palette
from analytics.figures.rates import add_intervals, step
from analytics.text import Translator, translator

TOP_PX, BOTTOM_PX = 52, 6
MISSING_PX = 62
WIDEST = 4.0  # beyond, intervals run out of the frame


@dataclass(frozen=True)
class Form:
    """How a row is laid out: beside its bar, or over it where the screen is narrow; pixels."""

    row_px: int
    names_px: int
    left_px: int
    right_px: int
    longest_name: int
    bar_shift: float  # share of a row by which the bar stands under its middle


# The columns of numbers end 62 pixels apart.
WIDE = Form(row_px=30, names_px=184, left_px=184 + 3 * 62, right_px=MISSING_PX, longest_name=26, bar_shift=0.0)
NARROW = Form(row_px=46, names_px=0, left_px=6, right_px=10, longest_name=27, bar_shift=0.22)
COLUMN_PX = 62
BEYOND_PX = 4_000  # the browser cuts what is beyond the figure


def ranking(
    towns: pd.DataFrame, *, selected: str | None, palette: Palette, language: str, narrow: bool = False
) -> go.Figure:
    """Draw a row an area, in the order given, with the interval of its ratio; ``customdata`` is ``[area_code]``.

    Parameters
    ----------
    towns
        ``area_code``, ``area_name``, ``firms``, ``members``, ``expected_members``, ``ratio_shrunk``, ``ratio_low``,
        ``ratio_high``, ``members_missing``, ``verdict``.
    selected
        The code of the area whose row has a ground.
    narrow
        Names and numbers over the bars, for a phone; else in columns, from 560 pixels on.

    Returns
    -------
    Figure
        As high as its rows need.
    """
    t, form = translator(language), NARROW if narrow else WIDE
    drawn = towns.assign(
        row=range(len(towns)),
        bar=[row + form.bar_shift for row in range(len(towns))],
        is_strong=(towns["verdict"].isin(COLORED) | (towns["area_code"] == selected)),
        short_name=[short_name(str(name), form.longest_name) for name in towns["area_name"]],
    )
    top = reach(drawn)
    figure = blank(
        palette=palette,
        language=language,
        height=ranking_height(len(towns), narrow=narrow),
        margin={"l": form.left_px, "r": form.right_px, "t": TOP_PX, "b": BOTTOM_PX},
    )
    _add_intervals(figure, drawn, palette=palette, t=t)
    figure.update_layout(
        xaxis=_axis(top, has_grid=not narrow, palette=palette, t=t),
        yaxis={**AXIS, "range": [len(towns) - 0.5, -0.5], "showticklabels": False},
        shapes=[*_grounds(drawn, selected, form, palette), *_rules(len(towns), form, palette), _line_at_one(palette)],
        annotations=[
            *(_cells_over(drawn, palette, t) if narrow else _cells_beside(drawn, t)),
            *_heads(palette, t, narrow=narrow),
        ],
    )
    return figure


def ranking_height(rows: int, *, narrow: bool = False) -> int:
    """Return the height in pixels of a ranking of ``rows`` areas."""
    return TOP_PX + (NARROW if narrow else WIDE).row_px * rows + BOTTOM_PX


def reach(drawn: pd.DataFrame) -> float:
    """Return the upper end of the axis: the widest interval, if not more than twice what the ratios need."""
    if drawn.empty:
        return 2.0
    needed = 1.2 * max(float(drawn["ratio_shrunk"].max()), 1.0)
    widest = 1.05 * float(drawn["ratio_high"].max())
    return min(max(needed, min(widest, 2 * needed), 1.5), max(WIDEST, needed))


def _add_intervals(figure: go.Figure, drawn: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    add_intervals(
        figure,
        low=drawn["ratio_low"].round(3),
        high=drawn["ratio_high"].round(3),
        middle=drawn["ratio_shrunk"].round(3),
        rows=drawn["bar"],
        verdicts=drawn["verdict"],
        width=6,
        palette=palette,
        customdata=codes(drawn),
        hovertext=hovers(drawn, t),
        **steady(1.0),
    )


def _axis(top: float, *, has_grid: bool, palette: Palette, t: Translator) -> dict[str, Any]:
    gap = step(top)
    ticks = [i * gap for i in range(int(top / gap + 1e-9) + 1)]
    return {
        **AXIS,
        "range": [-0.02 * top, top],
        "tickvals": ticks,
        "ticktext": [t.number(v, 0 if float(v).is_integer() else 1) for v in ticks],
        "side": "top",
        "showgrid": has_grid,
        "gridcolor": palette.hair,
        "tickfont": {"color": palette.secondary},
    }


def _cells_beside(drawn: pd.DataFrame, t: Translator) -> list[dict[str, Any]]:
    """Return name, firms, members and expected members left of the bars, members missing right of them."""
    cells = []
    for row in drawn.to_dict("records"):
        place = {"y": row["row"], "xref": "paper", "yanchor": "middle"}
        numbers = (t.number(row["firms"]), t.number(row["members"]), t.number(row["expected_members"], 1))
        name = plain(row["short_name"])
        cells += [
            note(_bold(name, row["is_strong"]), x=0, xshift=-WIDE.left_px + 2, xanchor="left", **place),
            *(note(text, x=0, xshift=_column_end(i), xanchor="right", **place) for i, text in enumerate(numbers)),
            note(f"<b>{t.number(row['members_missing'], 1)}</b>", x=1, xshift=MISSING_PX - 4, xanchor="right", **place),
        ]
    return cells


def _cells_over(drawn: pd.DataFrame, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return name, members, expected members and members missing over the bars."""
    cells = []
    for row in drawn.to_dict("records"):
        place = {"y": row["row"] - NARROW.bar_shift, "xref": "paper", "yanchor": "middle"}
        ink, quiet = ({"color": color, "shadow": halo(palette)} for color in (palette.ink, palette.secondary))
        counts = t(
            "chart.for_expected", members=t.number(row["members"]), expected=t.number(row["expected_members"], 1)
        )
        cells += [
            note(_bold(plain(row["short_name"]), row["is_strong"]), x=0, xanchor="left", font=ink, **place),
            note(counts, x=1, xshift=-48, xanchor="right", font=quiet, **place),
            note(f"<b>{t.number(row['members_missing'], 1)}</b>", x=1, xshift=4, xanchor="right", font=ink, **place),
        ]
    return cells


def _heads(palette: Palette, t: Translator, *, narrow: bool) -> list[dict[str, Any]]:
    """Return the heads of the columns and the name of the line."""
    place = {"y": 1, "yref": "paper", "yanchor": "bottom"}
    quiet = {"xref": "paper", "font": {"color": palette.secondary}, "yshift": 5, **place}
    line = note(f"<b>{t('chart.as_expected')}</b>", x=1, yshift=24, xanchor="center", **place)
    if narrow:
        missing = note(t("chart.missing"), x=1, xshift=4, xanchor="right", **{**quiet, "yshift": 24})
        return [line, missing]
    columns = ("chart.firms_short", "chart.members_short", "chart.expected_short")
    return [
        line,
        *(note(t(key), x=0, xshift=_column_end(i), xanchor="right", **quiet) for i, key in enumerate(columns)),
        note(t("chart.missing"), x=1, xshift=MISSING_PX - 4, xanchor="right", **quiet),
    ]


def _column_end(column: int) -> int:
    """Return where a column of numbers ends, in pixels from the bars."""
    return -14 - COLUMN_PX * (2 - column)


def _bold(text: str, is_strong: bool) -> str:
    return f"<b>{text}</b>" if is_strong else text


def _rules(rows: int, form: Form, palette: Palette) -> list[dict[str, Any]]:
    return [
        {**_across(form), "type": "line", "y0": row + 0.5, "y1": row + 0.5, "line": {"color": palette.hair, "width": 1}}
        for row in range(rows - 1)
    ]


def _grounds(drawn: pd.DataFrame, selected: str | None, form: Form, palette: Palette) -> list[dict[str, Any]]:
    rows = drawn.loc[drawn["area_code"] == selected, "row"]
    look = {"type": "rect", "fillcolor": palette.land, "line": {"width": 0}}
    return [{**_across(form), **look, "y0": row - 0.5, "y1": row + 0.5} for row in rows]


def _across(form: Form) -> dict[str, Any]:
    """Return what draws a shape from the left of the names to the right end of the figure, whatever its width."""
    ends = {"xref": "paper", "xsizemode": "pixel", "xanchor": 0, "x0": -form.left_px, "x1": BEYOND_PX}
    return {**ends, "layer": "below"}


def _line_at_one(palette: Palette) -> dict[str, Any]:
    line = {"color": palette.ink, "width": 1.2}
    return {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1, "layer": "above", "line": line}
