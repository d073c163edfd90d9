"""The region on Lambert-93 axes: land as one picture, discs, rings and names over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, plain
from analytics.figures.labels import Mark, Place, place_labels
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

LARGEST_FIRMS_PX = 34.0  # radius
LARGEST_MEMBERS_PX = 21.0
# Counts that have the largest disc at least: in a small selection one must not look like many.
FEW_FIRMS, FEW_MEMBERS = 1_000.0, 40.0
RING_PX, SELECTED_RING_PX = 8, 12
NAME_PX = 14
LARGEST = 3  # discs whose count stands beside the name
NARROWEST_PX = 350
WEST_KM, EAST_KM = 8.0, 32.0
NEAR_KM = 8.0  # an antenna and the disc of its town are one place


@dataclass(frozen=True)
class Frame:
    """The land's picture: where it is served, and the Lambert-93 rectangle that it fills, in kilometres."""

    url: str
    west: float
    south: float
    east: float
    north: float


def territory(
    places: pd.DataFrame, antennas: pd.DataFrame, *, frame: Frame, palette: Palette, language: str
) -> go.Figure:
    """Draw firms and members by EPCI as discs, antennas as rings, the largest with their names.

    The land is a picture that the browser fetches once and keeps (16 kB compressed): a rerun sends the discs alone,
    30 kB before compression, where the same land as polygons would add 164 kB. Measured on the demonstration: a change
    of selection sends the whole overview, seven charts and five tables, in 105 to 130 kB before compression.

    Parameters
    ----------
    places
        ``epci_name``, ``x_m``, ``y_m`` (EPSG:2154), ``firms``, ``members``, as ``tables.places`` returns it.
    antennas
        ``name``, ``x_m``, ``y_m``.

    Returns
    -------
    Figure
        Areas of the discs are proportional to the counts, with a scale of its own for each colour.
    """
    t = translator(language)
    located = places.dropna(subset=["x_m", "y_m"]).query("firms > 0").sort_values("firms", ascending=False)
    sized = located.assign(
        x_km=located["x_m"] / 1000,
        y_km=located["y_m"] / 1000,
        firms_px=_radius(located["firms"], largest=LARGEST_FIRMS_PX, at_least=FEW_FIRMS),
        members_px=_radius(located["members"], largest=LARGEST_MEMBERS_PX, at_least=FEW_MEMBERS),
    )
    figure = blank(palette=palette, language=language, height=430, margin={})
    _add_discs(figure, sized, palette=palette, t=t)
    rings = antennas.assign(x_km=antennas["x_m"] / 1000, y_km=antennas["y_m"] / 1000)
    add_rings(figure, rings, palette=palette, t=t)
    west, east = breadth(frame)
    figure.update_layout(
        images=[land_image(frame)],
        xaxis={**AXIS, "visible": False, "range": [west, east], "constrain": "domain"},
        yaxis={
            **AXIS,
            "visible": False,
            "range": [frame.south, frame.north],
            "constrain": "domain",
            "scaleanchor": "x",
        },
        annotations=_names(sized, rings, frame=frame, palette=palette, t=t),
    )
    return figure


def land_image(frame: Frame) -> dict[str, object]:
    """Return the land's picture in its place."""
    return {
        "source": frame.url,
        "xref": "x",
        "yref": "y",
        "x": frame.west,
        "y": frame.north,
        "sizex": frame.east - frame.west,
        "sizey": frame.north - frame.south,
        "sizing": "stretch",
        "layer": "below",
    }


def _add_discs(figure: go.Figure, sized: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    hovers = [
        f"<b>{plain(row['epci_name'])}</b><br>"
        + t.plural("chart.hover_members", row["members"], firms=t.number(row["firms"]))
        for row in sized.to_dict("records")
    ]
    _add_disc_trace(
        figure, sized, "firms_px", palette.sector, palette=palette, opacity=0.75, hoverinfo="text", hovertext=hovers
    )
    # The disc of firms beneath answers for both.
    with_members = sized[sized["members"] > 0]
    _add_disc_trace(figure, with_members, "members_px", palette.ours, palette=palette, opacity=0.9, hoverinfo="skip")


def _add_disc_trace(
    figure: go.Figure,
    drawn: pd.DataFrame,
    radius: str,
    color: str,
    *,
    palette: Palette,
    opacity: float,
    **hover: Any,  # noqa: ANN401 - Plotly's own options
) -> None:
    figure.add_scatter(
        x=drawn["x_km"].round(2).tolist(),
        y=drawn["y_km"].round(2).tolist(),
        mode="markers",
        marker={
            "size": (2 * drawn[radius]).round(1).tolist(),
            "color": color,
            "opacity": opacity,
            "line": {"color": palette.background, "width": 0.8},
        },
        **hover,
    )


def add_rings(
    figure: go.Figure,
    rings: pd.DataFrame,
    *,
    palette: Palette,
    t: Translator,
    selected: str | None = None,
    **options: Any,  # noqa: ANN401 - Plotly's own options
) -> None:
    """Draw antennas, ``name, x_km, y_km``, as rings, that of the selected one larger."""
    sizes = [SELECTED_RING_PX if name == selected else RING_PX for name in rings["name"]]
    figure.add_scatter(
        x=rings["x_km"].round(2).tolist(),
        y=rings["y_km"].round(2).tolist(),
        mode="markers",
        marker={
            "size": RING_PX if selected is None else sizes,
            "color": palette.background,
            "line": {"color": palette.ink, "width": 2},
        },
        hoverinfo="text",
        hovertext=[f"<b>{plain(name)}</b><br>{t('chart.antenna')}" for name in rings["name"]],
        **options,
    )


def _names(
    sized: pd.DataFrame, rings: pd.DataFrame, *, frame: Frame, palette: Palette, t: Translator
) -> list[dict[str, object]]:
    west, east = breadth(frame)
    bounds, scale = (west, frame.south, east, frame.north), NARROWEST_PX / (east - west)
    marks = _marks(sized, rings, t, counts=0)
    placed = place_labels(marks, px_per_km=scale, text_px=NAME_PX, bounds_km=bounds)
    for index, counted in enumerate(_marks(sized, rings, t, counts=LARGEST)[:LARGEST]):
        # A name without its count is better than another name less.
        tried = [*marks[:index], counted, *marks[index + 1 :]]
        found = place_labels(tried, px_per_km=scale, text_px=NAME_PX, bounds_km=bounds)
        if len(found) >= len(placed):
            marks, placed = tried, found
    return [name_note(place, marks[place.index], palette) for place in placed]


def breadth(frame: Frame) -> tuple[float, float]:
    """Return the west and east of the axes: the land, and room for the names of towns near its edges."""
    return frame.west - WEST_KM, frame.east + EAST_KM


def _marks(sized: pd.DataFrame, rings: pd.DataFrame, t: Translator, *, counts: int) -> list[Mark]:
    """Return the antennas by members of the discs on which they stand, the first ``counts`` with that number."""
    found = []
    for ring in rings.to_dict("records"):
        x, y = float(ring["x_km"]), float(ring["y_km"])
        near = sized[np.hypot(sized["x_km"] - x, sized["y_km"] - y) < NEAR_KM].head(1)
        radius = max(float(near["firms_px"].max()) if len(near) else 0.0, RING_PX / 2 + 1)
        found.append((int(near["members"].sum()), str(ring["name"]), x, y, radius))
    found.sort(key=lambda item: -item[0])
    return [
        _mark(name, x_km=x, y_km=y, radius=radius, count=t.number(n) if rank < counts and n else "")
        for rank, (n, name, x, y, radius) in enumerate(found)
    ]


def _mark(name: str, *, x_km: float, y_km: float, radius: float, count: str) -> Mark:
    text = f"<b>{plain(name)}</b>" + (f"  {count}" if count else "")
    return Mark(text, x_km, y_km, radius, characters=len(name) + (len(count) + 1 if count else 0))


def name_note(place: Place, mark: Mark, palette: Palette) -> dict[str, object]:
    """Return the name of a mark where ``place_labels`` found room, with a halo."""
    halo = f"0 0 3px {palette.background}, 0 0 3px {palette.background}, 0 0 5px {palette.background}"
    return note(
        mark.text,
        x=mark.x_km,
        y=mark.y_km,
        xshift=round(place.x_px),
        yshift=round(place.y_px),
        xanchor=place.x_anchor,
        yanchor=place.y_anchor,
        borderpad=0,
        font={"size": NAME_PX, "color": palette.ink, "shadow": halo},
    )


def _radius(counts: pd.Series, *, largest: float, at_least: float) -> pd.Series:
    """Return radii in pixels: areas proportional, ``largest`` for the highest count or ``at_least``, 1.8 for little."""
    top = max(float(counts.max()) if len(counts) else 0.0, at_least)
    radii: pd.Series = (largest * np.sqrt(counts / top)).clip(lower=1.8)
    return radii
