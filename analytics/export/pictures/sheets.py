"""Pictures of one town or antenna, the one that the view looks at closely: where it lies, what its firms are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics import tables
from analytics.export.asked import Asked
from analytics.export.pictures.bars import Bar, draw_bars
from analytics.export.pictures.canvas import Canvas
from analytics.export.pictures.maps import CLASS_KEY, KEY, Map, Name, frame_of
from analytics.export.pictures.places import (
    BORDERED,
    antennas_of,
    area_colors,
    area_contours,
    dots,
    draw_reached,
    draw_reached_key,
    named,
    within,
)
from analytics.figures.areas import short_name

# At least so much of the country is shown around a place, in kilometres across; a map is half as wide again as high.
_ACROSS_KM, _SHAPE = 110.0, 1.6
_MARGIN = 0.25  # around an area, as a share of its size
_SELECTED_PT = 1.6
_NEIGHBOURS = 14
Frame = tuple[float, float, float, float]


def draw_where(canvas: Canvas, asked: Asked) -> None:
    """Draw the place of the view among its neighbours; of an antenna, whom it and the others reach."""
    if asked.view.level == "antenna":
        _draw_around_antenna(canvas, asked)
    else:
        _draw_among_neighbours(canvas, asked)


def draw_counts(canvas: Canvas, asked: Asked, *, by: str) -> None:
    """Draw the place's firms by ``segment`` or ``size_class``, its members over them and in brackets."""
    t = asked.t
    rows = asked.table("town_firms", by=by, language=t.language)
    if by == "segment":
        rows = rows.sort_values("firms", ascending=False, kind="stable")
    draw_bars(
        canvas,
        [
            Bar(
                row["area_name"],
                row["firms"],
                t("drawings.with_members", firms=t.number(row["firms"]), members=t.number(row["members"])),
                canvas.palette.sector,
                part=row["members"],
            )
            for row in rows.to_dict("records")
        ],
    )


def _draw_among_neighbours(canvas: Canvas, asked: Asked) -> None:
    """Draw the areas around in the class of their ratio, the one looked at with a border; a commune within its EPCI."""
    level, palette = asked.view.level, canvas.palette
    shaded = level if level in BORDERED else "epci"
    rows = asked.table("towns_in_full", level=shaded)
    towns = asked.table("towns_in_full")
    here = towns[towns["area_code"] == asked.view.town].iloc[0]
    contours, departments = area_contours(asked, shaded), area_contours(asked, "department")
    own = contours[contours["area_code"] == asked.view.town]
    frame = _around(frame_of(own) if len(own) else _point(here))
    drawn = Map(canvas, frame=frame, under=CLASS_KEY, whole=frame_of(departments))
    drawn.draw_land(contours, departments, colors=area_colors(rows, palette))
    for row in own.to_dict("records"):
        drawn.draw_outline(row, color=palette.ink, width=_SELECTED_PT)
    antennas = within(antennas_of(asked), drawn)
    drawn.draw_rings(antennas)
    name = named(short_name(str(here["area_name"]), 30), here.to_dict(), radius=drawn.ring_radius)
    if own.empty:
        drawn.draw_discs(pd.DataFrame([here]), np.array([1.2 * drawn.ring_radius]), color=palette.ink)
    others = within(rows[rows["area_code"] != asked.view.town].dropna(subset=["x_m", "y_m"]), drawn)
    others = others.sort_values("firms", ascending=False, kind="stable").head(_NEIGHBOURS)
    names = [name, *(_quiet(row["name"], row, drawn) for row in antennas.to_dict("records"))]
    names += [_quiet(short_name(row["area_name"]), row, drawn) for row in others.to_dict("records")]
    drawn.draw_names(_unlike(names), firm=1, dots=dots(drawn, antennas))
    drawn.draw_class_key(asked.t("chart.key_ratio"), asked.t)


def _draw_around_antenna(canvas: Canvas, asked: Asked) -> None:
    """Draw the firms around an antenna, those that none reaches in ochre, and the line around what it reaches."""
    antennas = antennas_of(asked)
    own = antennas[antennas["name"] == asked.view.town]
    lines = tables.antenna_outlines(asked.snapshot, asked.view, asked.settings)
    line = lines[lines["name"] == asked.view.town]
    frame = _around(frame_of(line) if len(line) else _point(own.iloc[0]))
    drawn = Map(canvas, frame=frame, under=KEY, whole=frame_of(area_contours(asked, "department")))
    draw_reached(drawn, asked)
    drawn.draw_reach(line, color=canvas.palette.ink, width=_SELECTED_PT, is_dotted=False)
    shown = within(antennas, drawn)
    drawn.draw_rings(shown)
    names = [named(row["name"], row, radius=drawn.ring_radius) for row in own.to_dict("records")]
    rest = shown[shown["name"] != asked.view.town]
    names += [_quiet(row["name"], row, drawn) for row in rest.to_dict("records")]
    places = within(asked.table("reach_places"), drawn)
    names += [_quiet(row["commune_name"], row, drawn) for row in places.head(_NEIGHBOURS).to_dict("records")]
    drawn.draw_names(_unlike(names), firm=1, dots=dots(drawn, shown))
    draw_reached_key(drawn, places, asked.t, is_part=True)


def _around(frame: Frame) -> Frame:
    """Return a frame of the map's shape around another one, with what lies beside it."""
    west, south, east, north = frame
    across, up = (east - west) * (1 + 2 * _MARGIN), (north - south) * (1 + 2 * _MARGIN)
    wide = max(across, _SHAPE * up, _ACROSS_KM)
    x, y = (west + east) / 2, (south + north) / 2
    return x - wide / 2, y - wide / 2 / _SHAPE, x + wide / 2, y + wide / 2 / _SHAPE


def _point(row: Mapping[Any, Any] | pd.Series) -> Frame:
    x, y = float(row["x_m"]) / 1_000, float(row["y_m"]) / 1_000
    return x, y, x, y


def _quiet(words: str, row: Mapping[Hashable, Any], drawn: Map) -> Name:
    return named(words, row, radius=drawn.ring_radius, is_strong=False)


def _unlike(names: list[Name]) -> list[Name]:
    """Return the names, each once: an antenna and its commune bear the same."""
    return list({name.words: name for name in reversed(names)}.values())[::-1]
