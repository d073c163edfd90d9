"""What the maps of slides show: areas, offices, names, reaches, discs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics import tables
from analytics.export.asked import Asked
from analytics.export.outlines import rings_of
from analytics.export.slide_maps import Areas, Point, areas_of
from analytics.figures.palette import LIGHT
from analytics.text import Translator

MOST_NAMED = 12
MOST_DISCS = 150
# An office and the main place of its area are one place; on so many of them the count stands.
NEAR_KM, COUNTED = 8.0, 3


def areas_of_level(asked: Asked, level: str, *, only: Sequence[str] = ()) -> Areas:
    """Return the contours of a level, whatever level the view looks at; those of some areas where they are named."""
    view = dataclasses.replace(asked.view, level=level)
    names = tables.town_names(asked.snapshot, view, asked.settings)
    contours = tables.contours(asked.snapshot, view, asked.settings)
    drawn = contours[contours["area_code"].isin(only)] if only else contours
    return areas_of(drawn, dict(zip(names["area_code"], names["area_name"], strict=True)))


def departments_of(asked: Asked) -> Areas:
    """Return the departments that the view chooses, all where it chooses none."""
    return areas_of_level(asked, "department", only=asked.view.departments)


def office_points(asked: Asked) -> list[Point]:
    """Return the offices of today."""
    places = asked.snapshot.table("antennas").to_dict("records")
    return [Point(str(place["name"]), place["x_m"] / 1000, place["y_m"] / 1000) for place in places]


def within(points: Sequence[Point], areas: Areas) -> list[Point]:
    """Return the places that are on the map of these areas."""
    west, south, east, north = areas.bounds
    return [point for point in points if west <= point.x_km <= east and south <= point.y_km <= north]


def names_of(towns: pd.DataFrame) -> list[Point]:
    """Return the first towns as names without a mark: their discs are drawn."""
    rows = towns.dropna(subset=["x_m", "y_m"]).head(MOST_NAMED)
    return [
        Point(str(row["area_name"]), row["x_m"] / 1000, row["y_m"] / 1000, is_marked=False)
        for row in rows.to_dict("records")
    ]


def counted(points: Sequence[Point], places: pd.DataFrame, *, what: str, t: Translator) -> list[Point]:
    """Return the offices by what their area holds, the first three with that number."""
    located = places.dropna(subset=["x_m", "y_m"])
    held = []
    for point in points:
        away = np.hypot(located["x_m"] / 1000 - point.x_km, located["y_m"] / 1000 - point.y_km)
        held.append(int(located.loc[away < NEAR_KM, what].max()) if (away < NEAR_KM).any() else 0)
    ranked = sorted(zip(held, points, strict=True), key=lambda pair: -pair[0])
    return [
        dataclasses.replace(point, count=t.number(count)) if rank < COUNTED and count else point
        for rank, (count, point) in enumerate(ranked)
    ]


def reaches_of(rows: pd.DataFrame, *, names: pd.Series, role: str) -> list[tuple[str, list[np.ndarray], str]]:
    """Return reaches that have an outline: name, rings (``x_km, y_km``), role."""
    found = [(str(name), rings_of(x, y), role) for name, x, y in zip(names, rows["x_km"], rows["y_km"], strict=True)]
    return [one for one in found if one[1]]


def discs_of(towns: pd.DataFrame) -> list[tuple[str, float, float, float, str]]:
    """Return the areas with most firms as discs whose surface is proportional to them, the largest first."""
    largest = towns.dropna(subset=["x_m"]).query("firms > 0").nlargest(MOST_DISCS, "firms")
    # What is coloured lies over what is not.
    ordered = pd.concat([largest[largest["color"] == "land"], largest[largest["color"] != "land"]])
    top = max(float(largest["firms"].max()) if len(largest) else 0.0, 500.0)
    return [
        (
            str(r["area_name"]),
            r["x_m"] / 1000,
            r["y_m"] / 1000,
            max(0.55 * float(np.sqrt(r["firms"] / top)), 0.06),
            LIGHT.hair if r["color"] == "land" else r["color"],
        )
        for r in ordered.to_dict("records")
    ]
