"""The region on Lambert-93 axes: land as one picture, discs, rings and names over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, plain
from analytics.figures.labels import Mark, Place, place_labels
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

LARGEST_FIRMS_PX = 34.0  # radius
LARGEST_MEMBERS_PX = 21.0
RING_PX = 8
NAME_PX = 14
NARROWEST_PX = 350
SIDE_KM = 18.0
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

    The land is a picture that the browser fetches once and keeps: a rerun sends the discs alone, some 25 kB before
    compression where the same land as polygons would be 164 kB.

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
        firms_px=_radius(located["firms"], largest=LARGEST_FIRMS_PX),
        members_px=_radius(located["members"], largest=LARGEST_MEMBERS_PX),
    )
    figure = blank(palette=palette, language=language, height=430, margin={})
    _add_discs(figure, sized, palette=palette, t=t)
    rings = antennas.assign(x_km=antennas["x_m"] / 1000, y_km=antennas["y_m"] / 1000)
    _add_rings(figure, rings, palette=palette, t=t)
    west, east = _breadth(frame)
    figure.update_layout(
        images=[_land(frame)],
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


def _land(frame: Frame) -> dict[str, object]:
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
        f"<b>{plain(row.epci_name)}</b><br>"
        + t.plural("chart.hover_members", int(row.members), firms=t.number(row.firms))
        for row in sized.itertuples()
    ]
    with_members = sized["members"] > 0
    for column, color, opacity, kept in (
        ("firms_px", palette.sector, 0.75, np.full(len(sized), fill_value=True)),
        ("members_px", palette.ours, 0.9, with_members.to_numpy()),
    ):
        drawn = sized[kept]
        figure.add_scatter(
            x=drawn["x_km"].round(2).tolist(),
            y=drawn["y_km"].round(2).tolist(),
            mode="markers",
            marker={
                "size": (2 * drawn[column]).round(1).tolist(),
                "color": color,
                "opacity": opacity,
                "line": {"color": palette.background, "width": 0.8},
            },
            hoverinfo="text",
            hovertext=[text for text, keep in zip(hovers, kept, strict=True) if keep],
        )


def _add_rings(figure: go.Figure, rings: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    figure.add_scatter(
        x=rings["x_km"].round(2).tolist(),
        y=rings["y_km"].round(2).tolist(),
        mode="markers",
        marker={"size": RING_PX, "color": palette.background, "line": {"color": palette.ink, "width": 2}},
        hoverinfo="text",
        hovertext=[f"<b>{plain(name)}</b><br>{t('chart.antenna')}" for name in rings["name"]],
    )


def _names(
    sized: pd.DataFrame, rings: pd.DataFrame, *, frame: Frame, palette: Palette, t: Translator
) -> list[dict[str, object]]:
    marks = _marks(sized, rings, t)
    bounds = (frame.west, frame.south, frame.east, frame.north)
    placed = place_labels(marks, px_per_km=NARROWEST_PX / (frame.east - frame.west), text_px=NAME_PX, bounds_km=bounds)
    return [_name(place, marks[place.index], palette) for place in placed]


def _breadth(frame: Frame) -> tuple[float, float]:
    """Return the west and east of the axes: the land, and room for the names of towns near its edges."""
    return frame.west - SIDE_KM, frame.east + SIDE_KM


def _marks(sized: pd.DataFrame, rings: pd.DataFrame, t: Translator) -> list[Mark]:
    """Return the antennas with the count of the disc on which they stand, by that count; three counts at most."""
    found = []
    for ring in rings.itertuples():
        distance = np.hypot(sized["x_km"] - ring.x_km, sized["y_km"] - ring.y_km)
        near = sized[distance < NEAR_KM].head(1)
        members = int(near["members"].sum())
        radius = max(float(near["firms_px"].max()) if len(near) else 0.0, RING_PX / 2 + 1)
        found.append((members, str(ring.name), ring, radius))
    found.sort(key=lambda item: -item[0])
    return [
        _mark(name, x_km=ring.x_km, y_km=ring.y_km, radius=radius, count=t.number(n) if rank < 3 and n else "")
        for rank, (n, name, ring, radius) in enumerate(found)
    ]


def _mark(name: str, *, x_km: float, y_km: float, radius: float, count: str) -> Mark:
    text = f"<b>{plain(name)}</b>" + (f"  {count}" if count else "")
    return Mark(text, x_km, y_km, radius, characters=len(name) + (len(count) + 1 if count else 0))


def _name(place: Place, mark: Mark, palette: Palette) -> dict[str, object]:
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


def _radius(counts: pd.Series, *, largest: float) -> pd.Series:
    """Return radii in pixels, ``largest`` for the highest count, areas proportional, 1.8 at least where not zero."""
    top = max(float(counts.max()) if len(counts) else 0.0, 1.0)
    return (largest * np.sqrt(counts / top)).clip(lower=1.8)
