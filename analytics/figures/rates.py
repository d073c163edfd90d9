"""Areas in rows: how many firms and members, and which rate with what certainty."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, plain
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

ROW_PX = 25
TOP_PX = 52
BOTTOM_PX = 6
NAMES_PX = 158
COUNT_PX = 74
FEW = 10  # members that fill the width at least: one must not look like many


def counts(table: pd.DataFrame, *, palette: Palette, language: str) -> go.Figure:
    """Draw members as bars, a row an area, beside the number of firms; firms as bars where there is no member.

    Parameters
    ----------
    table
        ``area_name``, ``firms``, ``members``, in the order to show, as ``tables.comparison`` returns it.

    Returns
    -------
    Figure
        As high as its rows need, at whatever width it is given.
    """
    t = translator(language)
    has_members = bool(table["members"].any())
    bars, color = (table["members"], palette.ours) if has_members else (table["firms"], palette.sector)
    figure = _rows(table, palette=palette, language=language, left=NAMES_PX + COUNT_PX)
    figure.add_bar(
        x=bars.tolist(),
        y=list(range(len(table))),
        orientation="h",
        width=0.65,
        marker={"color": color},
        text=[t.number(n) for n in bars],
        textposition="outside",
        textfont={"color": palette.ink},
        cliponaxis=False,
        hoverinfo="text",
        hovertext=_hovers(table, t),
    )
    names = [
        note(plain(name), x=0, xref="paper", y=row, xshift=-COUNT_PX, xanchor="right", yanchor="middle")
        for row, name in enumerate(table["area_name"])
    ]
    heads = [_head(t("chart.members" if has_members else "chart.firms"), palette, x=0, xref="paper", xanchor="left")]
    figure.update_layout(
        annotations=[*names, *heads, *(_firms_column(table, palette, t) if has_members else [])],
        margin_r=44,
        xaxis={"range": [0, max(int(bars.max()), FEW)], "showticklabels": False},
        yaxis_showticklabels=False,
    )
    return figure


def _firms_column(table: pd.DataFrame, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the number of firms of each row and the column's head, as notes."""
    place = {"x": 0, "xref": "paper", "xshift": -12, "xanchor": "right"}
    quiet = {"color": palette.secondary}
    figures = [note(t.number(n), y=row, yanchor="middle", font=quiet, **place) for row, n in enumerate(table["firms"])]
    return [*figures, _head(t("chart.firms"), palette, **place)]


def intervals(table: pd.DataFrame, *, rate_pct: float, palette: Palette, language: str) -> go.Figure:
    """Draw each area's penetration with its 95 % interval beside the rate of the whole selection.

    Parameters
    ----------
    table
        ``area_name``, ``firm_penetration_pct``, ``firm_penetration_low_pct``, ``firm_penetration_high_pct`` (percent),
        ``verdict``, ``firms``, ``members``: as ``tables.comparison`` returns it, in the order to show.
    rate_pct
        The common rate, in percent: the line.

    Notes
    -----
    The axis reaches the widest interval as long as that is not more than twice what the rates themselves need; beyond,
    an interval runs out of the frame (its limits are in the hover and in the table).
    """
    t = translator(language)
    figure = _rows(table, palette=palette, language=language, left=NAMES_PX)
    drawn = table.assign(row=range(len(table))).query("firms > 0")
    _add_intervals(figure, drawn, palette=palette, t=t)
    top = _reach(drawn, rate_pct=rate_pct)
    figure.update_layout(
        margin_r=22,
        xaxis=_rate_axis(top, palette=palette, t=t),
        yaxis={
            "tickvals": list(range(len(table))),
            "ticktext": [f"{plain(n)}  " for n in table["area_name"]],
            "tickfont": {"color": palette.ink},
        },
        shapes=[_common_line(rate_pct, palette)],
        annotations=[_common_name(rate_pct, top=top, t=t)],
    )
    return figure


def _add_intervals(figure: go.Figure, drawn: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    add_intervals(
        figure,
        low=drawn["firm_penetration_low_pct"],
        high=drawn["firm_penetration_high_pct"],
        middle=drawn["firm_penetration_pct"],
        rows=drawn["row"],
        verdicts=drawn["verdict"],
        width=5,
        palette=palette,
        hovertext=_hovers(drawn, t),
    )


def add_intervals(
    figure: go.Figure,
    *,
    low: pd.Series,
    high: pd.Series,
    middle: pd.Series,
    rows: pd.Series,
    verdicts: pd.Series,
    width: int,
    palette: Palette,
    **dots: Any,  # noqa: ANN401 - Plotly's own options
) -> None:
    """Draw a bar from ``low`` to ``high`` in each row, and over all bars dots in the colour of their verdict."""
    figure.add_scatter(
        x=segments(low, high),
        y=segments(rows, rows),
        mode="lines",
        line={"color": palette.sector, "width": width},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=middle.tolist(),
        y=rows.tolist(),
        mode="markers",
        marker={
            "size": 12,
            "color": [palette.verdict(verdict) for verdict in verdicts],
            "opacity": 1,
            "line": {"color": palette.background, "width": 1.5},
        },
        cliponaxis=False,
        hoverinfo="text",
        **dots,
    )


def _rate_axis(top: float, *, palette: Palette, t: Translator) -> dict[str, Any]:
    gap = step(top)
    ticks = [i * gap for i in range(int(top / gap + 1e-9) + 1)]
    decimals = 1 if gap < 1 else 0
    labels = [t.number(v, decimals if v else 0) for v in ticks]
    return {
        "range": [-0.015 * top, top],
        "tickvals": ticks,
        "ticktext": [*labels[:-1], t.percent(ticks[-1], decimals)],
        "side": "top",
        "showgrid": True,
        "gridcolor": palette.hair,
        "tickfont": {"color": palette.secondary},
    }


def _common_line(rate_pct: float, palette: Palette) -> dict[str, Any]:
    line = {"color": palette.ink, "width": 1.2}
    ends = {"x0": rate_pct, "x1": rate_pct, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", **ends, "layer": "above", "line": line}


def _common_name(rate_pct: float, *, top: float, t: Translator) -> dict[str, Any]:
    return note(
        f"<b>{t('chart.overall', rate=t.percent(rate_pct))}</b>",
        x=rate_pct,
        y=1,
        yref="paper",
        yshift=24,
        yanchor="bottom",
        xanchor="left" if rate_pct < 0.2 * top else "center",
    )


def rows_height(rows: int) -> int:
    """Return the height in pixels of a figure of ``rows`` areas."""
    return TOP_PX + ROW_PX * rows + BOTTOM_PX


def _rows(table: pd.DataFrame, *, palette: Palette, language: str, left: int) -> go.Figure:
    figure = blank(
        palette=palette,
        language=language,
        height=rows_height(len(table)),
        margin={"l": left, "t": TOP_PX, "b": BOTTOM_PX},
    )
    figure.update_layout(yaxis={**AXIS, "range": [len(table) - 0.5, -0.5]})
    return figure


def _head(text: str, palette: Palette, **place: Any) -> dict[str, Any]:  # noqa: ANN401 - Plotly's own options
    return note(text, y=1, yref="paper", yanchor="bottom", yshift=5, font={"color": palette.secondary}, **place)


def _hovers(table: pd.DataFrame, t: Translator) -> list[str]:
    return [_hover(row, t) for row in table.to_dict("records")]


def _hover(row: dict[Hashable, Any], t: Translator) -> str:
    lines = [
        f"<b>{plain(row['area_name'])}</b>",
        t.plural("chart.hover_members", row["members"], firms=t.number(row["firms"])),
    ]
    if row["firms"]:
        low, high = row["firm_penetration_low_pct"], row["firm_penetration_high_pct"]
        shares = {"rate": t.percent(row["firm_penetration_pct"]), "low": t.percent(low), "high": t.percent(high)}
        lines.append(t("chart.hover_rate", **shares))
    return "<br>".join(lines)


def segments(start: pd.Series, end: pd.Series) -> list[float | None]:
    """Return both ends of each row, rows parted by a gap, as one broken line wants them."""
    return [value for pair in zip(start, end, strict=True) for value in (*pair, None)]


def _reach(drawn: pd.DataFrame, *, rate_pct: float) -> float:
    """Return the upper end of the axis, in percent."""
    if drawn.empty:
        return max(2 * rate_pct, 1.0)
    needed = 1.2 * max(float(drawn["firm_penetration_pct"].max()), rate_pct)
    widest = 1.05 * float(drawn["firm_penetration_high_pct"].max())
    return min(max(needed, min(widest, 2 * needed), 1.0), 103.0)


def step(top: float) -> float:
    """Return the round step that gives two to five ticks."""
    rough = top / 5.2
    magnitude = 10 ** math.floor(math.log10(rough))
    return float(next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= rough))
