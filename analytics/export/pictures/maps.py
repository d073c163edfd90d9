"""The region on paper: land and its borders, discs, reach, rings and names that do not cover one another."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from analytics.export.outlines import area_of, rings_of
from analytics.export.pictures.canvas import Across, Canvas, snapped
from analytics.figures.areas import CLASS_ENDS, class_colors
from analytics.figures.labels import CHARACTER, LINE_PX, Mark, place_labels
from analytics.text import Translator

# The size of text for which ``figures.labels`` counts a line of its pixels.
_LABEL_PX = LINE_PX / 1.25
_EDGE = 0.02  # of the map's size, around it
_BORDERS = {"epci": 0.45, "department": 1.3}
_ACROSS: dict[str, Across] = {"left": "left", "center": "center", "right": "right"}
# Room of the keys under a map, in lines of text.
CLASS_KEY, KEY = 3.0, 1.6
_SWATCH = (2.1, 0.6)  # widths of the text's size
# A corner of a border is left out where the triangle that it makes is no larger than the square of this, in points.
_UNSEEN_PT = 1.2
# What lies farther than this from the edge of the picture is left out, in kilometres.
_BEYOND = 5.0
_DOTTED = (1.4, 1.8)


@dataclass(frozen=True)
class Name:
    """A name at a place in kilometres, and how far from it it begins, in points."""

    words: str
    x_km: float
    y_km: float
    radius: float = 0.0
    is_strong: bool = True


class Map:
    """Lambert-93 kilometres on a part of a canvas, as large as fits, in the middle.

    Parameters
    ----------
    frame
        West, south, east and north of what is shown, in kilometres.
    under
        Room that is left under the map, in lines of text.
    whole
        The frame of the whole region, where only a part of it is shown.
    """

    def __init__(
        self,
        canvas: Canvas,
        *,
        frame: tuple[float, float, float, float],
        under: float = 0.0,
        whole: tuple[float, float, float, float] | None = None,
    ) -> None:
        west, south, east, north = frame
        bottom = under * canvas.line_pt
        self.canvas = canvas
        self._room, self._is_part = bottom, whole is not None
        # How much of the region is shown: where a disc may be as large as the map allows, so many fewer make it so.
        self.part = _surface(frame) / _surface(whole) if whole else 1.0
        wide, high = canvas.width, canvas.height - bottom
        self.scale = min(wide / (east - west), high / (north - south)) * (1 - 2 * _EDGE)
        self._left = (wide - self.scale * (east - west)) / 2 - self.scale * west
        self._bottom = bottom + (high - self.scale * (north - south)) / 2 - self.scale * south
        # What the canvas shows around the frame belongs to the map too: names may stand there.
        self.bounds = (
            -self._left / self.scale,
            (bottom - self._bottom) / self.scale,
            (wide - self._left) / self.scale,
            (canvas.height - self._bottom) / self.scale,
        )

    @property
    def size(self) -> float:
        """The shorter side of what is shown, in points."""
        west, south, east, north = self.bounds
        return self.scale * min(east - west, north - south)

    def points(self, x_km: Iterable[float], y_km: Iterable[float]) -> np.ndarray:
        """Return places as points of the canvas, (n, 2)."""
        x = np.asarray(list(x_km), dtype="float64")
        y = np.asarray(list(y_km), dtype="float64")
        return np.column_stack([x * self.scale + self._left, y * self.scale + self._bottom])

    def rings(self, x_km: Sequence[float | None], y_km: Sequence[float | None]) -> list[np.ndarray]:
        """Return closed rings, parted where a coordinate is missing, as points of the canvas."""
        return [self.points(ring[:, 0], ring[:, 1]) for ring in rings_of(x_km, y_km) if len(ring) > 2]

    def draw_land(
        self,
        epcis: pd.DataFrame,
        departments: pd.DataFrame,
        *,
        colors: Mapping[str, str] | None = None,
        shown: Iterable[str] | None = None,
    ) -> None:
        """Fill the EPCI with their colours, land where none is given, and draw the borders of both in the paper's.

        ``shown`` are the codes of the departments that the figures are of: the others are drawn paler.
        """
        palette = self.canvas.palette
        epcis, departments = (self._simplified(areas) for areas in (epcis, departments))
        known = colors or {}
        fills = pd.Series(
            [known.get(code, palette.land) for code in epcis["area_code"]], index=epcis.index, dtype="str"
        )
        for color in dict.fromkeys([palette.land, *known.values()]):
            self._fill(epcis[fills == color], color)
        for row in departments.to_dict("records"):
            self.draw_outline(row, color=palette.background, width=_BORDERS["department"])
        if shown is not None:
            chosen = set(shown)
            for row in departments[~departments["area_code"].isin(chosen)].to_dict("records"):
                self.canvas.area(self.rings(row["x_km"], row["y_km"]), color=palette.background, alpha=0.55)

    def draw_outline(self, area: Mapping[Hashable, Any], *, color: str, width: float) -> None:
        """Draw the border of one area."""
        for ring in self.rings(area["x_km"], area["y_km"]):
            self._draw_ring(ring, color=color, width=width)

    def draw_reach(self, outlines: pd.DataFrame, *, color: str, width: float = 1.0, is_dotted: bool = True) -> None:
        """Draw the lines around what is reached."""
        for row in outlines.to_dict("records"):
            for ring in self.rings(row["x_km"], row["y_km"]):
                self._draw_ring(ring, color=color, width=width, is_dotted=is_dotted)

    def draw_discs(self, places: pd.DataFrame, radii: np.ndarray, *, color: str, alpha: float = 1.0) -> None:
        """Draw a disc at each place, ``x_m`` and ``y_m``; large ones have a rim of the paper's colour."""
        points = self.points(places["x_m"] / 1_000, places["y_m"] / 1_000)
        rim = 0.5 if self.canvas.text_pt < 12 else 1.0
        self.canvas.discs(points, radii, color=color, rim=rim, alpha=alpha)

    def draw_rings(self, antennas: pd.DataFrame) -> None:
        """Draw a ring where each antenna stands."""
        palette, radius = self.canvas.palette, self.ring_radius
        points = self.points(antennas["x_m"] / 1_000, antennas["y_m"] / 1_000)
        for share, color in ((1.25, palette.background), (1.0, palette.ink), (0.5, palette.background)):
            self.canvas.discs(points, np.full(len(points), share * radius), color=color)

    @property
    def ring_radius(self) -> float:
        """Radius of an antenna's ring, in points."""
        return 0.3 * self.canvas.text_pt

    def draw_ranks(self, places: pd.DataFrame) -> None:
        """Draw numbered discs: ``rank``, ``x_m``, ``y_m``."""
        palette, size = self.canvas.palette, self.canvas.text_pt
        points = self.points(places["x_m"] / 1_000, places["y_m"] / 1_000)
        self.canvas.discs(points, np.full(len(points), self.rank_radius), color=palette.ink, rim=1.0)
        for (x, y), rank in zip(points, places["rank"], strict=True):
            words = str(int(rank))
            self.canvas.text(
                x, y, words, color=palette.background, size=0.9 * size, bold=True, across="center", up="middle"
            )

    @property
    def rank_radius(self) -> float:
        """Radius of a numbered disc, in points."""
        return 0.78 * self.canvas.text_pt

    def draw_names(self, names: Sequence[Name], *, firm: int, dots: Sequence[tuple[np.ndarray, float]] = ()) -> None:
        """Write the names that find room, most important first; the first ``firm`` ones may stand over a disc.

        ``dots`` are places, points of the canvas, and radii that names keep off where that can be.
        """
        canvas = self.canvas
        ratio = canvas.text_pt / _LABEL_PX
        marks = [self._mark(name, ratio) for name in names]
        boxes = [((x - r) / ratio, (y - r) / ratio, (x + r) / ratio, (y + r) / ratio) for (x, y), r in dots]
        placed = place_labels(
            marks,
            px_per_km=1.0,
            text_px=_LABEL_PX,
            bounds_km=(0.0, self._room / ratio, canvas.width / ratio, canvas.height / ratio),
            dots=boxes,
            firm=firm,
        )
        for place in placed:
            name, mark = names[place.index], marks[place.index]
            x, y = (mark.x_km + place.x_px) * ratio, (mark.y_km + place.y_px) * ratio
            self._write(name, x, y, across=_ACROSS[place.x_anchor], up=place.y_anchor)

    def draw_class_key(self, title: str, t: Translator) -> None:
        """Draw the seven tones of the ratio under the map, with the limits between them, and what they are of."""
        canvas, palette = self.canvas, self.canvas.palette
        self._clear()
        wide, high = (share * canvas.text_pt for share in _SWATCH)
        tones = class_colors(palette)
        left, bottom = (canvas.width - len(tones) * wide) / 2, 1.35 * canvas.line_pt
        for rank, color in enumerate(tones):
            canvas.box(left + rank * wide, bottom, wide - 0.75, high, color=color)
        for rank, end in enumerate(CLASS_ENDS):
            words = t.number(end, 0 if float(end).is_integer() else 1)
            x = left + (rank + 1) * wide - 0.4
            canvas.text(x, bottom - 0.95 * canvas.text_pt, words, color=palette.secondary, across="center")
        canvas.text(
            canvas.width / 2, bottom + high + 0.5 * canvas.text_pt, title, color=palette.secondary, across="center"
        )

    def draw_key(self, entries: Sequence[tuple[str, str]]) -> None:
        """Draw under the map what its colours are of: a dot, then the word, ``(color, words)``."""
        canvas, size = self.canvas, self.canvas.text_pt
        self._clear()
        dot, gap = 0.42 * size, 1.4 * size
        wide = [2 * dot + 0.5 * size + canvas.text_width(words) for _, words in entries]
        x, y = (canvas.width - sum(wide) - gap * (len(entries) - 1)) / 2, 0.8 * canvas.line_pt
        for (color, words), width in zip(entries, wide, strict=True):
            canvas.discs(np.array([[x + dot, y]]), np.array([dot]), color=color)
            canvas.text(x + 2 * dot + 0.5 * size, y, words, color=canvas.palette.secondary, up="middle")
            x += width + gap

    def _clear(self) -> None:
        """Clear the room under the map: of a part of the region there is land there too."""
        if self._is_part:
            self.canvas.box(0, 0, self.canvas.width, self._room, color=self.canvas.palette.background)

    def _simplified(self, areas: pd.DataFrame) -> pd.DataFrame:
        """Return borders without what cannot be seen at this scale; neighbours keep theirs in common."""
        polygons = shapely.coverage_simplify(
            [area_of(x, y) for x, y in zip(areas["x_km"], areas["y_km"], strict=True)], _UNSEEN_PT / self.scale
        )
        if self.part < 1:
            west, south, east, north = self.bounds
            polygons = shapely.clip_by_rect(polygons, west - _BEYOND, south - _BEYOND, east + _BEYOND, north + _BEYOND)
        lines = pd.DataFrame([_line_of(polygon) for polygon in polygons], columns=["x_km", "y_km"], index=areas.index)
        return areas.assign(x_km=lines["x_km"], y_km=lines["y_km"])

    def _fill(self, areas: pd.DataFrame, color: str) -> None:
        rings = [ring for x, y in zip(areas["x_km"], areas["y_km"], strict=True) for ring in self.rings(x, y)]
        self.canvas.area(rings, color=color, edge=self.canvas.palette.background, edge_width=_BORDERS["epci"])

    def _draw_ring(self, ring: np.ndarray, *, color: str, width: float, is_dotted: bool = False) -> None:
        points = snapped(ring)
        closed = np.vstack([points, points[:1]])
        dot, gap = _DOTTED
        dashes = (dot * width, gap * width) if is_dotted else None
        self.canvas.line(closed[:, 0], closed[:, 1], color=color, width=width, dashes=dashes)

    def _mark(self, name: Name, ratio: float) -> Mark:
        ((x, y),) = self.points([name.x_km], [name.y_km])
        width = self.canvas.text_width(name.words, bold=name.is_strong)
        characters = math.ceil(width / ratio / (CHARACTER * _LABEL_PX))
        return Mark(name.words, x / ratio, y / ratio, radius_px=name.radius / ratio, characters=characters)

    def _write(self, name: Name, x: float, y: float, *, across: Across, up: str) -> None:
        canvas = self.canvas
        middle = y + {"bottom": 0.5, "middle": 0.0, "top": -0.5}[up] * canvas.line_pt
        color = canvas.palette.ink if name.is_strong else canvas.palette.secondary
        canvas.text(x, middle, name.words, color=color, bold=name.is_strong, across=across, up="middle", halo=True)


def _line_of(area: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return the rings of an area as lines that are parted by gaps."""
    gap = np.full((1, 2), math.nan)
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_parts(shapely.boundary(area))]
    points = np.concatenate([part for ring in rings for part in (ring, gap)]) if rings else gap
    return points[:, 0], points[:, 1]


def frame_of(departments: pd.DataFrame, chosen: Iterable[str] | None = None) -> tuple[float, float, float, float]:
    """Return west, south, east and north of these departments, of all of them where none is chosen."""
    codes = set(chosen or ())
    rows = departments[departments["area_code"].isin(codes)] if codes else departments
    rows = rows if len(rows) else departments
    xs = np.concatenate([np.asarray(x, dtype="float64") for x in rows["x_km"]])
    ys = np.concatenate([np.asarray(y, dtype="float64") for y in rows["y_km"]])
    return float(np.nanmin(xs)), float(np.nanmin(ys)), float(np.nanmax(xs)), float(np.nanmax(ys))


def _surface(frame: tuple[float, float, float, float]) -> float:
    west, south, east, north = frame
    return (east - west) * (north - south)


def radii_of(counts: pd.Series, *, largest: float, at_least: float, smallest: float = 0.0) -> np.ndarray:
    """Return radii whose discs' surfaces are proportional to counts; ``at_least`` has the largest disc.

    In a small selection one must not look like many.
    """
    top = max(float(counts.max()) if len(counts) else 0.0, at_least)
    radii = largest * np.sqrt(counts.to_numpy(dtype="float64") / top)
    return np.maximum(radii, smallest)
