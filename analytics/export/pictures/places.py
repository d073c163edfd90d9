"""Maps of the sections: where firms and members are, where members are missing, who is within reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics import tables
from analytics.export.asked import Asked
from analytics.export.pictures.canvas import Canvas
from analytics.export.pictures.maps import CLASS_KEY, KEY, Map, Name, frame_of, radii_of
from analytics.figures.areas import class_colors, class_of, short_name
from analytics.figures.palette import Palette
from analytics.text import Translator

# Largest radii as shares of the shorter side of the map.
_LARGEST_FIRMS, _LARGEST_MEMBERS, _LARGEST_PLACE = 0.085, 0.052, 0.065
_FEW_FIRMS, _FEW_MEMBERS = 1_000.0, 40.0
_SMALLEST = 0.5
BORDERED = ("epci", "department")
_MOST_NAMES = 12
_NEAR_KM = 8.0


def area_contours(asked: Asked, level: str) -> pd.DataFrame:
    """Return ``area_code, x_km, y_km`` of all EPCI or departments of the region, whatever the view selects."""
    view = dataclasses.replace(asked.view, level=level)
    return tables.contours(asked.snapshot, view, asked.settings)


def ground(canvas: Canvas, asked: Asked, *, under: float = 0.0) -> Map:
    """Return the map of the view's departments, or of the whole region."""
    departments, chosen = area_contours(asked, "department"), asked.view.departments
    frame, whole = frame_of(departments, chosen), frame_of(departments)
    return Map(canvas, frame=frame, under=under, whole=whole if chosen else None)


def draw_land(drawn: Map, asked: Asked, *, colors: dict[str, str] | None = None) -> None:
    """Draw the land; departments that the view leaves out are paler."""
    drawn.draw_land(
        area_contours(asked, "epci"),
        area_contours(asked, "department"),
        colors=colors,
        shown=asked.view.departments or None,
    )


def draw_places(canvas: Canvas, asked: Asked) -> None:
    """Draw firms by EPCI in grey, members over them in blue, antennas as rings; the largest with their counts."""
    t, palette = asked.t, canvas.palette
    drawn = ground(canvas, asked, under=KEY)
    draw_land(drawn, asked)
    rows = asked.table("places").dropna(subset=["x_m", "y_m"])
    rows = rows[rows["firms"] > 0].sort_values("firms", ascending=False, kind="stable")
    firms = radii_of(
        rows["firms"], largest=_LARGEST_FIRMS * drawn.size, at_least=_FEW_FIRMS * drawn.part, smallest=_SMALLEST
    )
    members = radii_of(rows["members"], largest=_LARGEST_MEMBERS * drawn.size, at_least=_FEW_MEMBERS * drawn.part)
    drawn.draw_discs(rows, firms, color=palette.sector, alpha=0.85)
    drawn.draw_discs(rows[rows["members"] > 0], members[rows["members"] > 0], color=palette.ours, alpha=0.92)
    antennas = antennas_of(asked)
    drawn.draw_rings(antennas)
    names = []
    for row in antennas.to_dict("records"):
        rank = _place_of(row, rows)
        radius = drawn.ring_radius if rank is None else max(float(firms[rank]), drawn.ring_radius)
        names.append(named(row["name"], row, radius=0.9 * radius))
    others = [
        named(short_name(r["epci_name"]), r, radius=f, is_strong=False) for r, f in _others(rows, firms, antennas)
    ]
    drawn.draw_names([*names, *others], firm=len(names))
    told = [(palette.sector, t.plural("drawings.firms", int(rows["firms"].sum())))]
    count = int(rows["members"].sum())
    drawn.draw_key([*told, (palette.ours, t.plural("drawings.members", count))] if count else told)


def draw_towns(canvas: Canvas, asked: Asked) -> None:
    """Draw each area of the view's level in the class of its shrunk ratio; those that lack members are named.

    Communes and antennas have no borders here: they are discs whose surface is proportional to their firms.
    """
    drawn = ground(canvas, asked, under=CLASS_KEY)
    rows = asked.table("towns_in_full")
    colors = area_colors(rows, canvas.palette)
    if asked.view.level in BORDERED:
        _draw_areas(drawn, asked, colors)
    else:
        draw_land(drawn, asked)
        _draw_towns_as_discs(drawn, rows, colors)
    antennas = antennas_of(asked)
    drawn.draw_rings(antennas)
    lacking = rows[(rows["verdict"] == "under") & rows["x_m"].notna()]
    lacking = lacking.sort_values("members_missing", ascending=False, kind="stable").head(_MOST_NAMES)
    names = [named(short_name(r["area_name"], 24), r, radius=drawn.ring_radius) for r in lacking.to_dict("records")]
    far = antennas[~_is_near(antennas, lacking)]
    names += [named(row["name"], row, radius=drawn.ring_radius, is_strong=False) for row in far.to_dict("records")]
    drawn.draw_names(names, firm=len(lacking), dots=dots(drawn, antennas))
    drawn.draw_class_key(asked.t("chart.key_ratio"), asked.t)


def within(rows: pd.DataFrame, drawn: Map) -> pd.DataFrame:
    """Return the rows whose place is on the map."""
    west, south, east, north = (1_000 * edge for edge in drawn.bounds)
    return rows[rows["x_m"].between(west, east) & rows["y_m"].between(south, north)]


def area_colors(rows: pd.DataFrame, palette: Palette) -> dict[str, str]:
    """Return the colour of each area by its code: that of the class of its shrunk ratio."""
    tones = class_colors(palette)
    return {
        row["area_code"]: tones[class_of(float(row["ratio_shrunk"]), row["verdict"])] for row in rows.to_dict("records")
    }


def _draw_areas(drawn: Map, asked: Asked, colors: dict[str, str]) -> None:
    """Fill EPCI or departments with their colours."""
    if asked.view.level == "epci":
        draw_land(drawn, asked, colors=colors)
        return
    departments = area_contours(asked, "department")
    drawn.draw_land(departments, departments, colors=colors, shown=asked.view.departments or None)


def _draw_towns_as_discs(drawn: Map, rows: pd.DataFrame, colors: dict[str, str]) -> None:
    """Draw discs, first those of which nothing is said, in the hairlines' colour: land's would not be seen on land."""
    palette = drawn.canvas.palette
    located = rows.dropna(subset=["x_m", "y_m"])
    located = located[located["firms"] > 0]
    largest, top = _LARGEST_PLACE * drawn.size, _top(located["firms"], drawn)
    fills = located["area_code"].map(colors).replace(palette.land, palette.hair)
    for color in sorted(fills.unique(), key=lambda fill: fill != palette.hair):
        places = located[fills == color]
        radii = radii_of(places["firms"], largest=largest, at_least=top, smallest=_SMALLEST)
        drawn.draw_discs(places, radii, color=color)


def _top(firms: pd.Series, drawn: Map) -> float:
    """Return how many firms have the largest disc."""
    return max(float(firms.max()) if len(firms) else 0.0, _FEW_FIRMS * drawn.part)


def draw_reach(canvas: Canvas, asked: Asked) -> None:
    """Draw firms by commune, those that no antenna reaches in ochre, and the line around what each reaches."""
    drawn = ground(canvas, asked, under=KEY)
    draw_reached(drawn, asked)
    antennas = antennas_of(asked)
    drawn.draw_rings(antennas)
    names = [named(row["name"], row, radius=drawn.ring_radius) for row in antennas.to_dict("records")]
    drawn.draw_names([*names, *_largest_unreached(drawn, asked, antennas)], firm=len(names))
    draw_reached_key(drawn, asked.table("reach_places"), asked.t)


def draw_offices(canvas: Canvas, asked: Asked) -> None:
    """Draw the same with where the next antennas should stand, numbered, and what each would reach."""
    palette = canvas.palette
    drawn = ground(canvas, asked, under=KEY)
    draw_reached(drawn, asked)
    following = asked.table("next_antennas_in_full")
    drawn.draw_reach(
        following.dropna(subset=["x_km"]), color=palette.ours, width=_line_pt(canvas) * 1.4, is_dotted=False
    )
    antennas = antennas_of(asked)
    drawn.draw_rings(antennas)
    drawn.draw_ranks(following)
    names = [named(row["commune_name"], row, radius=drawn.rank_radius) for row in following.to_dict("records")]
    quiet = [named(row["name"], row, radius=drawn.ring_radius, is_strong=False) for row in antennas.to_dict("records")]
    drawn.draw_names([*names, *quiet], firm=len(names), dots=dots(drawn, antennas))
    draw_reached_key(drawn, asked.table("reach_places"), asked.t)


def antennas_of(asked: Asked) -> pd.DataFrame:
    """Return the antennas that have a place, ``name``, ``commune_code``, ``x_m``, ``y_m``."""
    return asked.snapshot.table("antennas").dropna(subset=["x_m", "y_m"])


def draw_reached(drawn: Map, asked: Asked) -> None:
    """Draw firms by commune, those out of reach in ochre, and the lines around what antennas reach."""
    palette = drawn.canvas.palette
    draw_land(drawn, asked)
    rows = within(asked.table("reach_places"), drawn)
    largest = _LARGEST_PLACE * drawn.size
    top = _top(rows["firms"], drawn)
    # Where none is reached there is nothing to be seen under the disc of those that are not.
    near, far = rows[rows["unreached"] < rows["firms"]], rows[rows["unreached"] > 0]
    for places, column, color in ((near, "firms", palette.sector), (far, "unreached", palette.gap)):
        radii = radii_of(places[column], largest=largest, at_least=top, smallest=_SMALLEST)
        drawn.draw_discs(places, radii, color=color)
    drawn.draw_reach(asked.table("antenna_outlines"), color=palette.ink, width=_line_pt(drawn.canvas))


def draw_reached_key(drawn: Map, rows: pd.DataFrame, t: Translator, *, is_part: bool = False) -> None:
    """Draw how many firms of these places are within reach and out of it; ``is_part``: of those on this map alone."""
    palette = drawn.canvas.palette
    missed = int(rows["unreached"].sum())
    reached = int(rows["firms"].sum()) - missed
    here = t("drawings.on_this_map") if is_part else ""
    near = (palette.sector, t.plural("chart.coverage_near", reached))
    far = (palette.gap, t.plural("chart.coverage_far", missed) + here)
    drawn.draw_key([entry for entry, count in ((near, reached), (far, missed)) if count])


def _line_pt(canvas: Canvas) -> float:
    return 0.09 * canvas.text_pt


def named(words: str, row: Mapping[Hashable, Any], *, radius: float, is_strong: bool = True) -> Name:
    return Name(
        words,
        float(row["x_m"]) / 1_000,
        float(row["y_m"]) / 1_000,
        radius=radius,
        is_strong=is_strong,
    )


def _place_of(antenna: dict[Hashable, Any], rows: pd.DataFrame) -> int | None:
    """Return which disc an antenna stands on, the largest one near it, or None."""
    away = np.hypot(rows["x_m"] - antenna["x_m"], rows["y_m"] - antenna["y_m"]) / 1_000
    near = np.flatnonzero(away < _NEAR_KM)
    return int(near[0]) if len(near) else None


def _others(rows: pd.DataFrame, radii: np.ndarray, antennas: pd.DataFrame) -> list[tuple[dict[Hashable, Any], float]]:
    """Return the largest places where no antenna stands, with the radii of their discs."""
    sized = rows.assign(radius=radii)[~_is_near(rows, antennas)].head(_MOST_NAMES)
    return [(row, float(row["radius"])) for row in sized.to_dict("records")]


def _largest_unreached(drawn: Map, asked: Asked, antennas: pd.DataFrame) -> list[Name]:
    """Return the names of the communes with most firms out of reach, apart from one another."""
    rows = asked.table("reach_places").dropna(subset=["x_m", "y_m"])
    far = rows[(rows["unreached"] > 0) & ~_is_near(rows, antennas)].sort_values(
        "unreached", ascending=False, kind="stable"
    )
    top = _top(rows["firms"], drawn)
    sized = far.assign(radius=radii_of(far["unreached"], largest=_LARGEST_PLACE * drawn.size, at_least=top))
    return [
        named(row["commune_name"], row, radius=row["radius"], is_strong=False)
        for row in sized.head(_MOST_NAMES).to_dict("records")
    ]


def _is_near(rows: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Return which rows lie where one of the others does."""
    if rows.empty or others.empty:
        return np.zeros(len(rows), dtype=bool)
    dx = rows["x_m"].to_numpy()[:, None] - others["x_m"].to_numpy()[None, :]
    dy = rows["y_m"].to_numpy()[:, None] - others["y_m"].to_numpy()[None, :]
    near: np.ndarray = (np.hypot(dx, dy) < 1_000 * _NEAR_KM).any(axis=1)
    return near


def dots(drawn: Map, antennas: pd.DataFrame) -> list[tuple[np.ndarray, float]]:
    points = drawn.points(antennas["x_m"] / 1_000, antennas["y_m"] / 1_000)
    return [(point, drawn.ring_radius) for point in points]
