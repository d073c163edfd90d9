"""Native maps: each area is a shape of its own with its name, in one group, so that it can be found and recoloured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import shapely
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Pt

from analytics.export.outlines import area_of
from analytics.export.slide_box import Box
from analytics.export.slide_page import READING, Page, describe
from analytics.export.slide_text import LINE, POINTS, Run, width_in
from analytics.export.slide_theme import THEME
from analytics.figures.labels import CHARACTER, Mark, Place, place_labels

# Contours are simplified together, so that neighbours still share their borders; in kilometres.
SIMPLIFIED_KM = 0.8
_EMU = 914_400
_RING_IN = 0.12
_RANK_IN = 0.3
# Names of places may leave the land at the right by so much of its width.
_BESIDE = 0.08


@dataclass(frozen=True)
class Areas:
    """Areas of a map: code and name, then a ring of points (kilometres, Lambert-93) for each of their parts."""

    rings: Mapping[str, list[np.ndarray]]
    names: Mapping[str, str]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north, in kilometres."""
        points = np.concatenate([ring for rings in self.rings.values() for ring in rings])
        (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
        return float(west), float(south), float(east), float(north)


@dataclass(frozen=True)
class Point:
    """A place that is marked: an office as a ring, the place of a next one as a disc with its rank."""

    name: str
    x_km: float
    y_km: float
    rank: int | None = None
    count: str = ""
    is_marked: bool = True


@dataclass(frozen=True)
class Map:
    """What a map shows.

    Attributes
    ----------
    areas, fills
        The areas, and the role or colour of each by code; those without are of the colour of land.
    above
        The areas whose outlines lie over them.
    reach
        Closed lines around places, by name: kilometres.
    discs
        Places as discs: name, x and y in kilometres, diameter in inches, role.
    points
        Offices and the next ones, the most important first.
    named
        Whether their names stand beside them.
    """

    name: str
    alt: str
    areas: Areas
    fills: Mapping[str, str]
    above: Areas | None = None
    reach: Sequence[tuple[str, list[np.ndarray], str]] = ()
    discs: Sequence[tuple[str, float, float, float, str]] = ()
    points: Sequence[Point] = ()
    named: bool = True


@dataclass(frozen=True)
class _Frame:
    """From kilometres to a place on the slide."""

    box: Box
    west: float
    south: float
    east: float
    north: float
    scale: float = field(init=False)  # inches a kilometre

    def __post_init__(self) -> None:
        scale = min(self.box.width / (self.east - self.west), self.box.height / (self.north - self.south))
        object.__setattr__(self, "scale", scale)

    @property
    def left(self) -> float:
        return self.box.left + (self.box.width - (self.east - self.west) * self.scale) / 2

    def inches(self, x_km: float, y_km: float) -> tuple[float, float]:
        return self.left + (x_km - self.west) * self.scale, self.box.top + (self.north - y_km) * self.scale

    def emu(self, ring: np.ndarray) -> np.ndarray:
        x = (self.left + (ring[:, 0] - self.west) * self.scale) * _EMU
        y = (self.box.top + (self.north - ring[:, 1]) * self.scale) * _EMU
        return np.column_stack([x, y]).round().astype("int64")


def areas_of(contours: pd.DataFrame, names: Mapping[str, str]) -> Areas:
    """Return areas from a table of contours, ``area_code, x_km, y_km``, simplified so that no sliver opens."""
    codes = contours["area_code"].tolist()
    shapes = [area_of(x, y) for x, y in zip(contours["x_km"], contours["y_km"], strict=True)]
    simple = shapely.coverage_simplify(np.array(shapes, dtype=object), SIMPLIFIED_KM) if shapes else []
    return Areas({code: _rings(shape) for code, shape in zip(codes, simple, strict=True)}, names)


def _rings(shape: Any) -> list[np.ndarray]:  # noqa: ANN401 - shapely's geometry
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [shapely.get_coordinates(ring) for ring in rings]


def draw_map(page: Page, box: Box, asked: Map) -> None:
    """Draw a map in a box, as one group with what it shows in words."""
    frame = _frame(box, asked.areas)
    group = page.shapes.add_group_shape()
    describe(group, asked.alt, name=asked.name)
    freeforms = [
        *_outlined(asked.areas, asked.fills, width_pt=0.5),
        *(_outlined(asked.above, None, width_pt=1.75) if asked.above is not None else ()),
        *(
            _Freeform(name, lines, role, role, 1.0, alpha=22 if role == "ours" else 12)
            for name, lines, role in asked.reach
        ),
    ]
    first = int(group.shape_id) + 1
    for number, freeform in enumerate(freeforms, start=first):
        group._element.append(freeform.element(frame, number))
    shapes = []
    for name, x_km, y_km, diameter, role in asked.discs:
        x, y = frame.inches(x_km, y_km)
        shapes.append(page.disc(x=x, y=y, diameter=diameter, fill=role, line="background", name=name))
    shapes += [_mark(page, frame, point) for point in asked.points if point.is_marked]
    shapes += _name_points(page, frame, asked) if asked.named else []
    for shape in shapes:
        group._element.append(shape._element)
    group._element.recalculate_extents()


@dataclass(frozen=True)
class _Freeform:
    """An area or a line around one, as a shape that is drawn point by point.

    The library's builder makes the same shape; it looks at all points again for each of them, which takes ten seconds
    for the areas of a region.
    """

    name: str
    rings: Sequence[np.ndarray]
    fill: str | None
    line: str
    width_pt: float
    alpha: int = 100

    def element(self, frame: _Frame, number: int) -> Any:  # noqa: ANN401 - an lxml element
        """Return the shape; ``number`` is its own on the slide."""
        rings = [frame.emu(ring) for ring in self.rings]
        points = np.concatenate(rings)
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        width, height = max(int(right - left), 1), max(int(bottom - top), 1)
        paths = "".join(_path(ring - (left, top)) for ring in rings)
        fill = "<a:noFill/>" if self.fill is None else _solid(self.fill, alpha=self.alpha)
        return parse_xml(
            f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="{number}" name={quoteattr(self.name)}/><p:cNvSpPr/>'
            f'<p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/>'
            "</a:xfrm><a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/>"
            f'<a:rect l="l" t="t" r="r" b="b"/><a:pathLst><a:path w="{width}" h="{height}">'
            f"{paths}</a:path></a:pathLst></a:custGeom>{fill}"
            f'<a:ln w="{Pt(self.width_pt)}">{_solid(self.line)}</a:ln></p:spPr></p:sp>'
        )


def _outlined(areas: Areas, fills: Mapping[str, str] | None, *, width_pt: float) -> list[_Freeform]:
    return [
        _Freeform(
            areas.names.get(code, code),
            rings,
            None if fills is None else fills.get(code, "land"),
            "background",
            width_pt,
        )
        for code, rings in areas.rings.items()
    ]


def _path(points: np.ndarray) -> str:
    (x, y), *others = points.tolist()
    lines = "".join(f'<a:lnTo><a:pt x="{x}" y="{y}"/></a:lnTo>' for x, y in others)
    return f'<a:moveTo><a:pt x="{x}" y="{y}"/></a:moveTo>{lines}<a:close/>'


def _solid(role: str, *, alpha: int = 100) -> str:
    """Return a fill in the colour of a role or in a colour written ``#RRGGBB``; ``alpha`` in percent."""
    kind, value = ("schemeClr", THEME[role].xml_value) if role in THEME else ("srgbClr", role.removeprefix("#"))
    seen = f'<a:alpha val="{alpha}000"/>' if alpha < 100 else ""
    return f'<a:solidFill><a:{kind} val="{value}">{seen}</a:{kind}></a:solidFill>'


def _frame(box: Box, areas: Areas) -> _Frame:
    """Return a frame that holds the areas and, at their right, room for the names of places at their edge."""
    west, south, east, north = areas.bounds
    return _Frame(box, west, south, east + _BESIDE * (east - west), north)


def _mark(page: Page, frame: _Frame, point: Point) -> Any:  # noqa: ANN401
    x, y = frame.inches(point.x_km, point.y_km)
    if point.rank is None:
        return page.disc(x=x, y=y, diameter=_RING_IN, fill="background", line="ink", name=point.name)
    shape = page.disc(x=x, y=y, diameter=_RANK_IN, fill="ink", line="background", name=point.name)
    frame_of_text = shape.text_frame
    frame_of_text.margin_left = frame_of_text.margin_right = frame_of_text.margin_top = frame_of_text.margin_bottom = 0
    frame_of_text.vertical_anchor, frame_of_text.word_wrap = MSO_ANCHOR.MIDDLE, False
    page.write(frame_of_text, [[Run(str(point.rank), READING, "background", True)]], align=PP_ALIGN.CENTER)
    return shape


def _name_points(page: Page, frame: _Frame, asked: Map) -> list[Any]:
    """Write the names that find room and return their text boxes; points are the pixels of ``labels``.

    Where there are places of next offices, their names are strong and those of today's are not.
    """
    has_ranks = any(point.rank is not None for point in asked.points)
    looks = [
        Run(
            f"{point.name}  {point.count}" if point.count else point.name,
            READING,
            "ink" if point.rank is not None or not has_ranks else "secondary",
            point.rank is not None or not has_ranks,
        )
        for point in asked.points
    ]
    marks = [
        Mark(
            text=look.text,
            x_km=point.x_km,
            y_km=point.y_km,
            radius_px=(_RING_IN if point.rank is None else _RANK_IN) / 2 * POINTS,
            # As many characters of its mean as the name is wide.
            characters=math.ceil(width_in(look.text, READING, look.face) * POINTS / (CHARACTER * READING)),
        )
        for look, point in zip(looks, asked.points, strict=True)
    ]
    bounds = (frame.west, frame.south, frame.east, frame.north)
    placed = place_labels(marks, px_per_km=frame.scale * POINTS, text_px=READING, bounds_km=bounds)
    named = [(asked.points[place.index], looks[place.index], place) for place in placed]
    return [_write_name(page, frame.inches(point.x_km, point.y_km), look, place) for point, look, place in named]


def _write_name(page: Page, at: tuple[float, float], look: Run, place: Place) -> Any:  # noqa: ANN401
    width, height = width_in(look.text, look.size, look.face) + 0.02, look.size * LINE / POINTS
    x, y = at[0] + place.x_px / POINTS, at[1] - place.y_px / POINTS
    left = x - {"left": 0.0, "center": width / 2, "right": width}[place.x_anchor]
    top = y - {"top": 0.0, "middle": height / 2, "bottom": height}[place.y_anchor]
    align = {"left": PP_ALIGN.LEFT, "center": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}[place.x_anchor]
    return page.text(Box(left, top, width, height), [[look]], name=look.text, align=align, wraps=False)


def key_of_colors(page: Page, box: Box, entries: Sequence[tuple[str, str]], *, size: float = READING) -> None:
    """Write the key of a map's colours: a swatch and its words, side by side, broken over lines where need be.

    ``entries`` are colours or roles, and words.
    """
    swatch, gap, line = 0.2, 0.22, 0.28
    x, y = box.left, box.top
    for role, words in entries:
        width = width_in(words, size) + 0.06
        if x > box.left and x + swatch + 0.07 + width > box.right:
            x, y = box.left, y + line
        page.bar(Box(x, y + 0.03, swatch, 0.17), role, name=words)
        page.text(Box(x + swatch + 0.07, y, width, size * LINE / POINTS), [[Run(words, size, "secondary")]], name=words)
        x += swatch + 0.07 + width + gap
