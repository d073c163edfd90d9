"""The rates that were observed, register and published, beside the one that is supposed: was it right?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, signed, sourced
from analytics.figures.palette import Palette
from analytics.text import Translator, translator
from analytics.text.growth_findings import judged, rate_words

ROW_PX, TOP_PX, BOTTOM_PX = 34, 26, 8
NAMES_PX, VALUE_PX = 118, 62


def observed_rates(rates: pd.DataFrame, *, rate_pct: float, palette: Palette, language: str) -> go.Figure:
    """Draw a bar a rate, those of the register over the published ones, and the supposed rate as a line.

    Parameters
    ----------
    rates
        ``basis`` (``register`` or ``published``), ``span``, ``first_year``, ``last_year``, ``rate_pct``, and of the
        published ones ``source_fr``, ``source_en``, ``scope_fr``, ``scope_en``.
    rate_pct
        The supposed rate, percent a year, judged by the register's rate in ink.
    """
    t = translator(language)
    seen = judged(rates)
    judged_span = None if seen is None else seen["span"]
    placed = _placed(rates)
    height = placed["depth"].max() + 0.5 if len(placed) else 1.0
    figure = blank(
        palette=palette,
        language=language,
        height=int(TOP_PX + BOTTOM_PX + ROW_PX * height),
        margin={"l": NAMES_PX, "r": VALUE_PX, "t": TOP_PX, "b": BOTTOM_PX},
    )
    for basis, rows in placed.groupby("basis", sort=False):
        figure.add_bar(
            x=rows["rate_pct"].round(2).tolist(),
            y=rows["depth"].tolist(),
            orientation="h",
            width=0.5,
            marker={"color": [getattr(palette, _role(row, judged_span)) for row in rows.to_dict("records")]},
            hoverinfo="text",
            hovertext=[_hover(row, t) for row in rows.to_dict("records")],
            name=str(basis),
        )
    values = [rate_pct, 0.0, *placed["rate_pct"]]
    low, high = min(values), max(values)
    edge = 0.04 * max(high - low, 1.0)
    figure.update_layout(
        xaxis={**AXIS, "range": [low - edge, high + edge], "showticklabels": False},
        yaxis={**AXIS, "range": [height, 0], "showticklabels": False},
        shapes=[
            _line(0.0, color=palette.hair, width=1.0),
            _line(rate_pct, color=palette.ink, width=1.2),
        ],
        annotations=[
            _supposed(rate_pct, palette=palette, t=t),
            *(text for row in placed.to_dict("records") for text in _texts(row, palette=palette, t=t)),
            *_heads(placed, palette=palette, t=t),
        ],
    )
    return figure


def _role(row: dict[Any, Any], judged_span: float | None) -> str:
    if row["basis"] == "published":
        return "neutral"
    return "ink" if row["span"] == judged_span else "sector"


def _placed(rates: pd.DataFrame) -> pd.DataFrame:
    """Add how deep each row stands, in rows: under the head of its kind."""
    depths, depth, before = [], 0.0, None
    for basis in rates["basis"]:
        depth += 1.0 if basis == before else 1.5 if before is None else 2.0
        before = basis
        depths.append(depth)
    return rates.assign(depth=depths)


def _line(x: float, *, color: str, width: float) -> dict[str, Any]:
    place = {"x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "layer": "below" if width == 1.0 else "above"}
    return {"type": "line", **place, "line": {"color": color, "width": width}}


def _supposed(rate_pct: float, *, palette: Palette, t: Translator) -> dict[str, Any]:
    text = t("chart.supposed", rate=rate_words(rate_pct, t))
    place = {"x": rate_pct, "y": 1, "yref": "paper", "xanchor": "center", "yanchor": "bottom", "borderpad": 0}
    return note(f"<b>{text}</b>", font={"color": palette.ink}, yshift=4, **place)


def _texts(row: dict[Any, Any], *, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    shared = {"y": row["depth"], "yanchor": "middle", "borderpad": 0, "xref": "paper"}
    name = _name(row, t)
    return [
        note(name, x=0, xanchor="left", xshift=-NAMES_PX, font={"color": palette.ink}, **shared),
        note(f"<b>{_signed(row['rate_pct'], t)}</b>", x=1, xanchor="right", xshift=VALUE_PX, **shared),
    ]


def _heads(placed: pd.DataFrame, *, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    firsts = placed.groupby("basis", sort=False)["depth"].min()
    place = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -NAMES_PX, "yanchor": "middle", "borderpad": 0}
    return [
        note(t(f"chart.rates_{basis}"), y=depth - 0.85, font={"color": palette.secondary}, **place)
        for basis, depth in firsts.items()
    ]


def _name(row: dict[Any, Any], t: Translator) -> str:
    first, last = int(row["first_year"]), int(row["last_year"])
    if row["basis"] == "register":
        return t.plural("chart.rates_span", int(row["span"]), last=str(last))
    return str(last) if last - first == 1 else t("chart.rates_years", first=str(first), last=str(last))


def _hover(row: dict[Any, Any], t: Translator) -> str:
    head = f"<b>{_name(row, t)}</b><br>{_signed(row['rate_pct'], t)}"
    return "<br>".join([head, *sourced(row, t.language)])


def _signed(rate_pct: float, t: Translator) -> str:
    return signed(t.percent(rate_pct), t, is_more=round(rate_pct, 3) > 0)
