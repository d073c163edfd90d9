"""The map of the shrunk ratio: areas or discs in seven classes, clusters and the selected area outlined."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.areas import CLASS_ENDS, NARROWEST_PX, class_colors, class_of, codes, hover, hovers
from analytics.figures.base import AXIS, blank, note, plain, steady
from analytics.figures.labels import Mark, place_labels
from analytics.figures.palette import Palette
from analytics.figures.territory import NAME_PX, RING_PX, Frame, add_rings, breadth, land_image, name_note
from analytics.text import Translator, translator

HEIGHT = 430
KEY_PX = 54
SWATCH_PX = 36
LARGEST_PX = 30.0  # radius
HANDLE_PX = 18
CITY_PX = 6.0  # radius from which a disc keeps the pointer for itself
FEW_FIRMS = 1_000.0
# Cluster of the local Moran statistic -> the diverging tone of its outline.
OUTLINES = {"low_low": 0, "high_high": 9}
Line = list[float | None]


def ratio_map(
    towns: pd.DataFrame,
    contours: pd.DataFrame,
    antennas: pd.DataFrame,
    *,
    level: str,
    frame: Frame,
    selected: str | None,
    palette: Palette,
    language: str,
) -> go.Figure:
    """Draw the shrunk ratio of each area on Lambert-93 axes, in kilometres.

    Parameters
    ----------
    towns
        ``area_code``, ``area_name``, ``firms``, ``members``, ``expected_members``, ``ratio_shrunk``, ``ratio_low``,
        ``ratio_high``, ``verdict``, ``cluster``, ``x_m``, ``y_m`` (EPSG:2154).
    contours
        ``area_code``, ``x_km``, ``y_km``: closed rings of an area, parted by None or NaN. Without a row, the areas are
        discs at their main place whose surface is proportional to their firms.
    antennas
        ``name``, ``x_m``, ``y_m``.
    level
        ``epci``, ``department``, ``commune`` or ``antenna``: at the last, discs and antennas are one, and no ring
        is drawn.
    selected
        The code of the area that is outlined.

    Returns
    -------
    Figure
        Classes end at 0.5, 0.7, 0.9, 1.1, 1.4 and 2. Areas of which nothing can be said have the colour of land.
        Discs bear ``customdata`` ``[area_code]``, and so do invisible ones on the main places of areas with contours:
        polygons cannot be clicked in Plotly. A disc within a larger one is drawn and takes no click.
    """
    t = translator(language)
    west, east = breadth(frame)
    figure = blank(palette=palette, language=language, height=HEIGHT + KEY_PX, margin={"b": KEY_PX})
    classed = towns.assign(
        ratio_class=[class_of(r, v) for r, v in zip(towns["ratio_shrunk"], towns["verdict"], strict=True)]
    )
    if len(contours):
        _add_areas(figure, classed.merge(_rounded(contours), on="area_code"), selected, palette=palette, t=t)
        _add_handles(figure, classed, palette=palette, t=t)
    else:
        _add_discs(figure, classed, selected, px_per_km=NARROWEST_PX / (east - west), palette=palette, t=t)
    rings = antennas.assign(
        x_km=antennas["x_m"] / 1000, y_km=antennas["y_m"] / 1000, radius_px=_free_px(antennas, towns, level=level)
    )
    if level != "antenna":
        add_rings(figure, rings, palette=palette, t=t)
    figure.update_traces(**steady(1.0), selector={"mode": "markers"})
    shared = {**AXIS, "visible": False, "constrain": "domain"}
    figure.update_layout(
        images=[land_image(frame)],
        xaxis={**shared, "range": [west, east]},
        yaxis={**shared, "range": [frame.south, frame.north], "scaleanchor": "x"},
        shapes=_swatches(palette),
        annotations=[*_antenna_names(rings, frame=frame, palette=palette), *_key_words(palette=palette, t=t)],
    )
    return figure


def _rounded(contours: pd.DataFrame) -> pd.DataFrame:
    """Return the contours to 100 m, gaps as None: neighbours' shared points stay the same."""
    rounded = {
        axis: [[None if v is None or np.isnan(v) else round(float(v), 1) for v in line] for line in contours[axis]]
        for axis in ("x_km", "y_km")
    }
    return pd.DataFrame({"area_code": contours["area_code"].to_numpy(), **rounded})


def _add_areas(
    figure: go.Figure, areas: pd.DataFrame, selected: str | None, *, palette: Palette, t: Translator
) -> None:
    colors = class_colors(palette)
    look = {"type": "scatter", "mode": "lines", "fill": "toself", "hoveron": "fills", "hoverinfo": "text"}
    line = {"color": palette.background, "width": 0.6}
    # As plain dicts, which Plotly checks once; traces that are made first it checks twice.
    figure.add_traces(
        [
            {
                **look,
                "x": row["x_km"],
                "y": row["y_km"],
                "fillcolor": colors[row["ratio_class"]],
                "line": line,
                "text": hover(row, t),
            }
            for row in areas.to_dict("records")
        ]
    )
    for cluster, tone in OUTLINES.items():
        _add_outline(figure, areas[areas["cluster"] == cluster], color=palette.diverging[tone], name=cluster)
    _add_outline(figure, areas[areas["area_code"] == selected], color=palette.ink, name="selected")


def _add_handles(figure: go.Figure, towns: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    """Lay an invisible disc on the main place of each area: it takes the click that a polygon cannot."""
    located = towns.dropna(subset=["x_m", "y_m"]).query("firms > 0")
    figure.add_scatter(
        x=(located["x_m"] / 1000).round(1).tolist(),
        y=(located["y_m"] / 1000).round(1).tolist(),
        mode="markers",
        marker={"size": HANDLE_PX, "color": palette.land, "opacity": 0},
        customdata=codes(located),
        hoverinfo="text",
        hovertext=hovers(located, t),
        name="handles",
    )


def _add_outline(figure: go.Figure, areas: pd.DataFrame, *, color: str, name: str) -> None:
    if areas.empty:
        return
    x, y = outline(zip(areas["x_km"], areas["y_km"], strict=True))
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": color, "width": 2}, hoverinfo="skip", name=name)


def outline(areas: Iterable[tuple[Line, Line]]) -> tuple[Line, Line]:
    """Return the border of several areas together: what two of them share is within, and left out."""
    rings = [ring for x, y in areas for ring in _rings(x, y)]
    edges = [_edge(a, b) for ring in rings for a, b in pairwise(ring)]
    times: dict[frozenset[tuple[float, float]], int] = {}
    for edge in edges:
        times[edge] = times.get(edge, 0) + 1
    x_line: Line = []
    y_line: Line = []
    for ring in rings:
        is_drawing = False
        for a, b in pairwise(ring):
            if times[_edge(a, b)] > 1:
                is_drawing = False
                continue
            points = [b] if is_drawing else [(None, None), a, b] if x_line else [a, b]
            x_line.extend(point[0] for point in points)
            y_line.extend(point[1] for point in points)
            is_drawing = True
    return x_line, y_line


def _edge(a: tuple[float, float], b: tuple[float, float]) -> frozenset[tuple[float, float]]:
    return frozenset((a, b))


def _rings(x: Line, y: Line) -> list[list[tuple[float, float]]]:
    rings: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(x, y, strict=True):
        if a is None or b is None:
            rings.append([])
        elif not rings[-1] or rings[-1][-1] != (a, b):
            rings[-1].append((a, b))
    return [ring for ring in rings if len(ring) > 1]


def _add_discs(
    figure: go.Figure, towns: pd.DataFrame, selected: str | None, *, px_per_km: float, palette: Palette, t: Translator
) -> None:
    """Draw small areas of which nothing can be said as specks without hover, the others as discs, largest first."""
    located = towns.dropna(subset=["x_m", "y_m"]).query("firms > 0").sort_values("firms", ascending=False)
    sized = located.assign(
        x_km=(located["x_m"] / 1000).round(1),
        y_km=(located["y_m"] / 1000).round(1),
        size_px=_diameter(located["firms"]),
    )
    colors = [palette.hair if k == 3 else class_colors(palette)[k] for k in range(7)]
    is_speck = sized["verdict"].isin(["too_small", "empty"]) & (sized["members"] == 0)
    is_covered = _covered(sized, px_per_km=px_per_km) & ~is_speck
    specks, discs, covered = sized[is_speck], sized[~is_speck & ~is_covered], sized[is_covered]
    _add_markers(figure, specks, palette.hair, palette=palette, hoverinfo="skip")
    fills = [colors[k] for k in discs["ratio_class"]]
    _add_markers(
        figure, discs, fills, palette=palette, hoverinfo="text", hovertext=hovers(discs, t), customdata=codes(discs)
    )
    shades = [colors[k] for k in covered["ratio_class"]]
    _add_markers(figure, covered, shades, palette=palette, hoverinfo="skip")
    told = pd.concat([discs, covered])
    for cluster, tone in OUTLINES.items():
        _add_circles(figure, told[told["cluster"] == cluster], palette.diverging[tone], name=cluster)
    _add_circles(figure, sized[sized["area_code"] == selected], palette.ink, name="selected")


def _covered(discs: pd.DataFrame, *, px_per_km: float) -> pd.Series:
    """Return which discs, the largest first, have their middle within a larger one on the narrowest screen.

    Plotly gives the pointer to the smallest point near it: the disc of a city could not be clicked.
    """
    x, y = discs["x_km"].to_numpy() * px_per_km, discs["y_km"].to_numpy() * px_per_km
    radius = discs["size_px"].to_numpy() / 2
    large = np.flatnonzero(radius > CITY_PX)
    covered = np.zeros(len(discs), dtype=bool)
    for city in large:
        is_near = np.hypot(x - x[city], y - y[city]) < radius[city]
        covered |= is_near & (np.arange(len(discs)) > city)
    return pd.Series(covered, index=discs.index)


def _diameter(firms: pd.Series) -> pd.Series:
    """Return the diameter of discs in pixels, their surface proportional to the firms."""
    top = max(float(firms.max()) if len(firms) else 0.0, FEW_FIRMS)
    diameters: pd.Series = (2 * LARGEST_PX * np.sqrt(firms / top)).clip(lower=3).round(1)
    return diameters


def _add_markers(
    figure: go.Figure,
    discs: pd.DataFrame,
    color: str | list[str],
    *,
    palette: Palette,
    **hover_options: Any,  # noqa: ANN401 - Plotly's own options
) -> None:
    figure.add_scatter(
        x=discs["x_km"].tolist(),
        y=discs["y_km"].tolist(),
        mode="markers",
        marker={
            "size": discs["size_px"].tolist(),
            "color": color,
            "opacity": 1,
            # Small ones of which nothing can be said would draw a net over the disc of a city.
            "line": {"color": palette.background, "width": discs["verdict"].map(_rim).tolist()},
        },
        **hover_options,
    )


def _rim(verdict: str) -> float:
    return 0.0 if verdict in ("too_small", "empty") else 0.8


def _add_circles(figure: go.Figure, discs: pd.DataFrame, color: str, *, name: str) -> None:
    if len(discs):
        figure.add_scatter(
            x=discs["x_km"].tolist(),
            y=discs["y_km"].tolist(),
            mode="markers",
            marker={
                "size": (discs["size_px"] + 4).tolist(),
                "color": "rgba(0,0,0,0)",
                "line": {"color": color, "width": 2},
            },
            hoverinfo="skip",
            name=name,
        )


def _free_px(antennas: pd.DataFrame, towns: pd.DataFrame, *, level: str) -> pd.Series:
    """Return how far from an antenna its name begins: beyond its disc where it has one, else beyond its ring."""
    ring = RING_PX / 2 + 1
    radii = dict(zip(towns["area_name"], _diameter(towns["firms"]) / 2, strict=True)) if level == "antenna" else {}
    return pd.Series([max(radii.get(name, ring), ring) for name in antennas["name"]], index=antennas.index)


def _antenna_names(rings: pd.DataFrame, *, frame: Frame, palette: Palette) -> list[dict[str, Any]]:
    west, east = breadth(frame)
    marks = [
        Mark(f"<b>{plain(row['name'])}</b>", row["x_km"], row["y_km"], row["radius_px"], characters=len(row["name"]))
        for row in rings.to_dict("records")
    ]
    placed = place_labels(
        marks,
        px_per_km=NARROWEST_PX / (east - west),
        text_px=NAME_PX,
        bounds_km=(west, frame.south, east, frame.north),
    )
    return [name_note(place, marks[place.index], palette) for place in placed]


def _swatches(palette: Palette) -> list[dict[str, Any]]:
    """Return the seven tones of the key, under the middle of the map, a fixed number of pixels each."""
    left = -len(class_colors(palette)) * SWATCH_PX / 2
    return [
        {
            "type": "rect",
            "xref": "paper",
            "yref": "paper",
            "xsizemode": "pixel",
            "ysizemode": "pixel",
            "xanchor": 0.5,
            "yanchor": 0,
            "x0": left + rank * SWATCH_PX,
            "x1": left + (rank + 1) * SWATCH_PX,
            "y0": -34,
            "y1": -24,
            "fillcolor": color,
            "line": {"color": palette.background, "width": 1},
        }
        for rank, color in enumerate(class_colors(palette))
    ]


def _key_words(*, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the title of the key and the limits between its tones."""
    place = {"x": 0.5, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "top"}
    quiet = {"color": palette.secondary}
    left = -len(class_colors(palette)) * SWATCH_PX / 2
    limits = [
        note(
            t.number(end, 0 if end.is_integer() else 1),
            xshift=left + (rank + 1) * SWATCH_PX,
            yshift=-35,
            font=quiet,
            **place,
        )
        for rank, end in enumerate(CLASS_ENDS)
    ]
    return [note(t("chart.key_ratio"), yshift=-2, font=quiet, **place), *limits]
