"""The funnel: areas by the members to expect of them, beside what chance alone would do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.areas import COLORED, NARROWEST_PX, Named, add_ring, codes, hovers, names, text_box
from analytics.figures.base import AXIS, blank, note, steady
from analytics.figures.labels import Box
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

HEIGHT = 440
MARGIN = {"l": 34, "r": 12, "t": 32, "b": 46}
CAP = 3.0  # above, a ratio says little more, and the interesting side would be squeezed
FEWEST_EXPECTED = 0.5  # below, an area without a member is not drawn: a thousand hamlets at zero
LEFT_END = 0.1
DOT_PX, QUIET_PX = 11.0, 6.0
QUIET_NAMES = 5  # largest areas that bear their name though nothing sets them apart


def funnel(
    towns: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    selected: str | None,
    palette: Palette,
    language: str,
    width_px: int = NARROWEST_PX,
) -> go.Figure:
    """Draw members per expected member beside the limits of chance; a point's ``customdata`` is ``[area_code]``.

    Parameters
    ----------
    towns
        ``area_code``, ``area_name``, ``firms``, ``members``, ``expected_members``, ``ratio``, ``verdict``.
    limits
        ``expected_members`` (rising), ``low_95``, ``high_95``, ``low_998``, ``high_998``: ratios.
    selected
        The code of the area that gets a ring, if it is drawn.
    width_px
        The narrowest width at which the figure is shown: names that do not collide there collide nowhere.

    Returns
    -------
    Figure
        Areas with half an expected member or at least one member. Ratios above the axis stand at its upper end as
        triangles; fewer expected than 0.1 stand at 0.1.
    """
    t = translator(language)
    top = _top(towns)
    drawn = _placed(towns, top=top)
    ends = _ends(drawn)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    _add_bands(figure, limits, top=top, palette=palette)
    _add_lines(figure, ends, top=top, palette=palette)
    _add_points(figure, drawn[~drawn["is_colored"]], palette=palette, t=t)
    _add_points(figure, drawn[drawn["is_colored"]], palette=palette, t=t)
    for row in drawn[drawn["area_code"] == selected].to_dict("records"):
        add_ring(figure, x=row["x"], y=row["y"], diameter_px=DOT_PX + 10, palette=palette)
    figure.update_layout(
        xaxis=_x_axis(ends, palette=palette, t=t),
        yaxis=_y_axis(top, is_cut=bool(drawn["is_beyond"].any()), palette=palette, t=t),
        annotations=[
            *_words(top, palette=palette, t=t),
            *_area_names(drawn, selected=selected, ends=ends, top=top, width_px=width_px, palette=palette, t=t),
        ],
    )
    return figure


def _top(towns: pd.DataFrame) -> float:
    ratios = towns["ratio"].dropna()
    return min(CAP, max(2.0, math.ceil(2.2 * float(ratios.max())) / 2)) if len(ratios) else 2.0


def _placed(towns: pd.DataFrame, *, top: float) -> pd.DataFrame:
    """Return the areas to draw with their place, the largest last."""
    shown = (towns["expected_members"] >= FEWEST_EXPECTED) | (towns["members"] > 0)
    drawn = towns[shown & towns["ratio"].notna()].sort_values("expected_members")
    return drawn.assign(
        x=drawn["expected_members"].clip(lower=LEFT_END).round(3),
        y=drawn["ratio"].clip(upper=top).round(3),
        is_beyond=drawn["ratio"] > top,
        is_colored=drawn["verdict"].isin(COLORED),
    )


def _ends(drawn: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the horizontal axis, as logarithms."""
    if drawn.empty:
        return math.log10(FEWEST_EXPECTED), 2.0
    low, high = math.log10(drawn["x"].min()), math.log10(drawn["x"].max())
    room = 0.03 * max(high - low, 1)
    return low - room, max(high + room, low + 1)


def _add_bands(figure: go.Figure, limits: pd.DataFrame, *, top: float, palette: Palette) -> None:
    for tail, opacity in (("998", 0.5), ("95", 1.0)):
        outline_x = [*limits["expected_members"], *limits["expected_members"][::-1]]
        outline_y = [*limits[f"low_{tail}"], *limits[f"high_{tail}"].clip(upper=2 * top)[::-1]]
        figure.add_scatter(
            x=np.round(outline_x, 3).tolist(),
            y=np.round(outline_y, 3).tolist(),
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=palette.land,
            opacity=opacity,
            hoverinfo="skip",
            name=f"band_{tail}",
        )


def _add_lines(figure: go.Figure, ends: tuple[float, float], *, top: float, palette: Palette) -> None:
    """Draw the grid and the line at 1 over the bands, which would hide those of the layout."""
    across = [10 ** ends[0], 10 ** ends[1]]
    levels = [level for level in _levels(top) if level not in (0.0, 1.0)]
    for heights, color, width in ((levels, palette.hair, 1.0), ([1.0], palette.ink, 1.2)):
        figure.add_scatter(
            x=[*across, None] * len(heights),
            y=[y for level in heights for y in (level, level, None)],
            mode="lines",
            line={"color": color, "width": width},
            hoverinfo="skip",
        )


def _levels(top: float) -> list[float]:
    return [half / 2 for half in range(int(2 * top) + 1)]


def _add_points(figure: go.Figure, drawn: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    opacity = 1.0
    quiet = ~drawn["is_colored"]
    figure.add_scatter(
        x=drawn["x"].tolist(),
        y=drawn["y"].tolist(),
        mode="markers",
        marker={
            "size": np.where(quiet, QUIET_PX, DOT_PX).tolist(),
            "symbol": np.where(drawn["is_beyond"], "triangle-up", "circle").tolist(),
            "color": [palette.verdict(v) for v in drawn["verdict"]],
            "opacity": opacity,
            "line": {"color": palette.background, "width": np.where(quiet, 0.8, 1.5).tolist()},
        },
        customdata=codes(drawn),
        cliponaxis=False,
        hoverinfo="text",
        hovertext=hovers(drawn, t, shrunk=False),
        **steady(opacity),
    )


def _x_axis(ends: tuple[float, float], *, palette: Palette, t: Translator) -> dict[str, Any]:
    ticks = [
        v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if ends[0] <= math.log10(v) <= ends[1]
    ]
    if len(ticks) > 7:
        ticks = [v for v in ticks if math.log10(v).is_integer() or f"{v:g}".strip("0.") == "3"]
    return {
        **AXIS,
        "type": "log",
        "range": list(ends),
        "tickvals": ticks,
        "ticktext": [t.number(v, 1 if v < 1 else 0) for v in ticks],
        "tickfont": {"color": palette.secondary},
    }


def _y_axis(top: float, *, is_cut: bool, palette: Palette, t: Translator) -> dict[str, Any]:
    ticks = _levels(top)
    words = [t.tenths(v) for v in ticks]
    return {
        **AXIS,
        "range": [0, top],
        "tickvals": ticks,
        "ticktext": [f"{word}{'+' if is_cut and word == words[-1] else ''}  " for word in words],
        "tickfont": {"color": palette.secondary},
    }


def _words(top: float, *, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the names of the axes, of the line and of the band."""
    quiet = {"color": palette.secondary}
    return [
        note(
            t("chart.per_expected"),
            x=0,
            y=1,
            xref="paper",
            yref="paper",
            xshift=-MARGIN["l"] + 4,
            yshift=10,
            xanchor="left",
            yanchor="bottom",
            font=quiet,
        ),
        note(
            t("chart.expected_log"),
            x=1,
            y=0,
            xref="paper",
            yref="paper",
            yshift=-24,
            xanchor="right",
            yanchor="top",
            font=quiet,
        ),
        note(
            f"<b>{t('chart.as_expected')}</b>",
            x=0,
            y=1,
            xref="paper",
            xshift=8,
            yshift=-3,
            xanchor="left",
            yanchor="top",
        ),
        note(
            t("chart.chance_band"),
            x=0,
            y=0.1 * top,
            xref="paper",
            xshift=8,
            xanchor="left",
            yanchor="middle",
            font=quiet,
        ),
    ]


def _area_names(
    drawn: pd.DataFrame,
    *,
    selected: str | None,
    ends: tuple[float, float],
    top: float,
    width_px: int,
    palette: Palette,
    t: Translator,
) -> list[dict[str, Any]]:
    """Return the names of the selected area, of the coloured ones and of the largest, as room is found."""
    width, height = width_px - MARGIN["l"] - MARGIN["r"], HEIGHT - MARGIN["t"] - MARGIN["b"]
    placed = drawn.assign(
        log=np.log10(drawn["x"]),
        across=(np.log10(drawn["x"]) - ends[0]) / (ends[1] - ends[0]),
        up=drawn["y"] / top,
        is_selected=drawn["area_code"] == selected,
    ).sort_values(["is_selected", "is_colored", "expected_members"], ascending=False)
    strong = placed[placed["is_selected"] | placed["is_colored"]]
    quiet = placed.drop(strong.index).head(QUIET_NAMES)
    points = [
        Named(
            name=str(row["area_name"]),
            x=row["log"],
            y=row["y"],
            across=row["across"],
            up=row["up"],
            radius_px=(DOT_PX + 8) / 2 if row["is_selected"] else (DOT_PX if row["is_colored"] else QUIET_PX) / 2,
            is_strong=row["is_colored"] or row["is_selected"],
        )
        for row in pd.concat([strong, quiet]).to_dict("records")
    ]
    others = placed.drop([*strong.index, *quiet.index])
    dots = [_dot(x * width, y * height) for x, y in zip(others["across"], others["up"], strict=True)]
    texts = [
        (0.0, height / top - 1, float(width), height / top + 1),
        text_box(t("chart.as_expected"), left=8, bottom=height / top - 20),
        text_box(t("chart.chance_band"), left=8, bottom=0.1 * height - 9),
    ]
    return names(points, width_px=width, height_px=height, palette=palette, dots=dots, texts=texts)


def _dot(x: float, y: float) -> Box:
    r = QUIET_PX / 2
    return x - r, y - r, x + r, y + r
