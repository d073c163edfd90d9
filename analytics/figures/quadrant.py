"""The four kinds of town: near an antenna or far, under what is expected or over, each calling for its own action."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.areas import COLORED, NARROWEST_PX, Named, add_ring, codes, hovers, names, text_box
from analytics.figures.base import AXIS, blank, halo, note, steady
from analytics.figures.labels import LINE_PX, Box
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

HEIGHT = 440
MARGIN = {"l": 42, "r": 10, "t": 32, "b": 46}
PLOT_HEIGHT = HEIGHT - MARGIN["t"] - MARGIN["b"]
LARGEST_PX, SMALLEST_PX = 22.0, 3.5  # radii
FEW_EXPECTED = 20.0
WIDEST = 8.0  # the axis never goes beyond an eighth and eight times
QUIET_NAMES = 5
OPACITY = 0.85
# Kind of town -> right of the limit, above the line.
CORNERS = {"recruit": (False, False), "open": (True, False), "learn": (False, True), "leave": (True, True)}
CORNER_LINES = 3


def quadrant(
    towns: pd.DataFrame,
    *,
    near_km: float,
    selected: str | None,
    palette: Palette,
    language: str,
    width_px: int = NARROWEST_PX,
) -> go.Figure:
    """Draw areas by distance to the nearest antenna and by shrunk ratio, the corners named by what to do there.

    Parameters
    ----------
    towns
        ``area_code``, ``area_name``, ``firms``, ``members``, ``expected_members``, ``ratio_shrunk``, ``ratio_low``,
        ``ratio_high``, ``verdict``, ``antenna_km``. Areas of which nothing can be said are left out.
    near_km
        Up to where an antenna is near, in kilometres.
    selected
        The code of the area that gets a ring.
    width_px
        The narrowest width at which the figure is shown: names that do not collide there collide nowhere.

    Returns
    -------
    Figure
        Distances on a square-root axis, since most firms are near; ratios on a logarithmic one, a half being as far
        from 1 as the double. Surfaces are proportional to the expected members. ``customdata`` is ``[area_code]``.
    """
    t = translator(language)
    said = towns[~towns["verdict"].isin(["empty", "too_small"])].dropna(subset=["antenna_km", "ratio_shrunk"])
    reach_km, spread = _reach(said, near_km=near_km), _spread(said)
    drawn = _placed(said, reach=math.sqrt(reach_km), spread=spread)
    plot_px = width_px - MARGIN["l"] - MARGIN["r"]
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    _add_discs(figure, drawn, palette=palette, t=t)
    for row in drawn[drawn["area_code"] == selected].to_dict("records"):
        add_ring(figure, x=row["x"], y=row["y"], diameter_px=2 * row["radius_px"] + 8, palette=palette)
    figure.update_layout(
        xaxis=_x_axis(reach_km, palette=palette, t=t),
        yaxis=_y_axis(spread, palette=palette, t=t),
        shapes=_shapes(math.sqrt(near_km), palette=palette),
        annotations=[
            *_corners(palette=palette, t=t),
            *_axis_names(palette=palette, t=t),
            *_area_names(drawn, selected=selected, plot_px=plot_px, palette=palette, t=t),
        ],
    )
    return figure


def _reach(said: pd.DataFrame, *, near_km: float) -> float:
    # Near areas leave two fifths of the width to the words of the far corners.
    farthest = float(said["antenna_km"].max()) if len(said) else 0.0
    return max(1.15 * farthest, 3.2 * near_km)


def _spread(said: pd.DataFrame) -> float:
    """Return the upper end of the axis of ratios; the lower end is its inverse."""
    logs = np.log(said["ratio_shrunk"].clip(1 / WIDEST, WIDEST)).abs()
    # Well beyond, where the words of the corners stand.
    return math.exp(1.6 * max(float(logs.max()) if len(logs) else 0.0, math.log(1.6)))


def _placed(said: pd.DataFrame, *, reach: float, spread: float) -> pd.DataFrame:
    """Return the areas with their place and radius, the largest first so that they hide none."""
    drawn = said.sort_values("expected_members", ascending=False)
    top = max(float(drawn["expected_members"].max()) if len(drawn) else 0.0, FEW_EXPECTED)
    y = drawn["ratio_shrunk"].clip(1 / WIDEST, WIDEST)
    x = np.sqrt(drawn["antenna_km"])
    return drawn.assign(
        x=x.round(3),
        y=y.round(3),
        across=x / reach,
        up=0.5 + np.log(y) / (2 * math.log(spread)),
        radius_px=(LARGEST_PX * np.sqrt(drawn["expected_members"] / top)).clip(lower=SMALLEST_PX),
        is_colored=drawn["verdict"].isin(COLORED),
    )


def _add_discs(figure: go.Figure, drawn: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    figure.add_scatter(
        x=drawn["x"].tolist(),
        y=drawn["y"].tolist(),
        mode="markers",
        marker={
            "size": (2 * drawn["radius_px"]).round(1).tolist(),
            "color": [palette.verdict(v) for v in drawn["verdict"]],
            "opacity": OPACITY,
            "line": {"color": palette.background, "width": 1},
        },
        customdata=codes(drawn),
        cliponaxis=False,
        hoverinfo="text",
        hovertext=hovers(drawn, t),
        **steady(OPACITY),
    )


def _x_axis(reach_km: float, *, palette: Palette, t: Translator) -> dict[str, Any]:
    ticks = [km for km in (0, 5, 10, 20, 30, 50, 80, 120, 200, 300) if km <= 0.97 * reach_km]
    labels = [t.number(km) for km in ticks]
    return {
        **AXIS,
        "range": [0, math.sqrt(reach_km)],
        "tickvals": [math.sqrt(km) for km in ticks],
        "ticktext": [*labels[:-1], f"{labels[-1]} km"],
        "tickfont": {"color": palette.secondary},
    }


def _y_axis(spread: float, *, palette: Palette, t: Translator) -> dict[str, Any]:
    ticks = [v for v in (0.125, 0.25, 0.5, 0.7, 1, 1.4, 2, 4, 8) if 1 / spread <= v <= spread]
    if spread > 4:
        ticks = [v for v in ticks if v not in (0.7, 1.4)]
    return {
        **AXIS,
        "type": "log",
        "range": [-math.log10(spread), math.log10(spread)],
        "tickvals": ticks,
        "ticktext": [f"{t.number(v, 0 if float(v).is_integer() else 2 if v < 0.5 else 1)}  " for v in ticks],
        "tickfont": {"color": palette.secondary},
    }


def _shapes(near: float, *, palette: Palette) -> list[dict[str, Any]]:
    """Return the lines that part the four kinds, and the ground of the one where to recruit."""
    line = {"color": palette.ink, "width": 1.2}
    return [
        {
            "type": "rect",
            "x0": 0,
            "x1": near,
            "yref": "paper",
            "y0": 0,
            "y1": 0.5,
            "layer": "below",
            "fillcolor": palette.land,
            "line": {"width": 0},
        },
        {"type": "line", "x0": near, "x1": near, "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": line},
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "layer": "below", "line": line},
    ]


def _corners(*, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    return [
        note(
            _corner_text(kind, t),
            x=1 if is_right else 0,
            y=1 if is_upper else 0,
            xref="paper",
            yref="paper",
            xshift=-6 if is_right else 6,
            yshift=-4 if is_upper else 4,
            xanchor="right" if is_right else "left",
            yanchor="top" if is_upper else "bottom",
            align="right" if is_right else "left",
            font={"color": palette.secondary, "shadow": halo(palette)},
        )
        for kind, (is_right, is_upper) in CORNERS.items()
    ]


def _corner_text(kind: str, t: Translator) -> str:
    return f"<b>{t(f'chart.kind_{kind}')}</b><br>{t(f'chart.kind_{kind}_where')}"


def _corner_boxes(t: Translator, *, plot_px: float) -> list[Box]:
    """Return the room that the words of the corners take on the narrowest screen."""
    boxes = []
    for kind, (is_right, is_upper) in CORNERS.items():
        widest = max(_corner_text(kind, t).replace("<b>", "").replace("</b>", "").split("<br>"), key=len)
        bottom = PLOT_HEIGHT - CORNER_LINES * LINE_PX - 4 if is_upper else 4
        left, _, right, top = text_box(widest, left=6, bottom=bottom, lines=CORNER_LINES)
        boxes.append((plot_px - right, bottom, plot_px - left, top) if is_right else (left, bottom, right, top))
    return boxes


def _axis_names(*, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    place = {"xref": "paper", "yref": "paper", "font": {"color": palette.secondary}}
    across = {"x": 1, "y": 0, "yshift": -24, "xanchor": "right", "yanchor": "top"}
    up = {"x": 0, "y": 1, "xshift": -MARGIN["l"] + 4, "yshift": 10, "xanchor": "left", "yanchor": "bottom"}
    return [note(t("chart.nearest_km"), **across, **place), note(t("chart.per_expected_shrunk"), **up, **place)]


def _area_names(
    drawn: pd.DataFrame, *, selected: str | None, plot_px: float, palette: Palette, t: Translator
) -> list[dict[str, Any]]:
    ordered = drawn.assign(is_selected=drawn["area_code"] == selected).sort_values(
        ["is_selected", "is_colored", "expected_members"], ascending=False
    )
    is_strong = ordered["is_selected"] | ordered["is_colored"]
    named = pd.concat([ordered[is_strong], ordered[~is_strong].head(QUIET_NAMES)])
    points = [
        Named(
            name=str(row["area_name"]),
            x=row["x"],
            y=math.log10(row["y"]),
            across=row["across"],
            up=row["up"],
            radius_px=row["radius_px"],
            is_strong=row["is_colored"] or row["is_selected"],
        )
        for row in named.to_dict("records")
    ]
    dots = [
        (
            row["across"] * plot_px - row["radius_px"],
            row["up"] * PLOT_HEIGHT - row["radius_px"],
            row["across"] * plot_px + row["radius_px"],
            row["up"] * PLOT_HEIGHT + row["radius_px"],
        )
        for row in ordered.drop(named.index).to_dict("records")
    ]
    return names(
        points,
        width_px=plot_px,
        height_px=PLOT_HEIGHT,
        palette=palette,
        dots=dots,
        texts=_corner_boxes(t, plot_px=plot_px),
    )
