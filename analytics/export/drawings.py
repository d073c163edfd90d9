"""The pictures of paper and stage: vectors with their letters as outlines, in the colours they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from analytics.export.asked import Asked
from analytics.export.content import SectionKey
from analytics.export.pictures import charts, places, sheets
from analytics.export.pictures.canvas import LOCK, Canvas
from analytics.figures.palette import Palette

_DRAWN: dict[SectionKey, Callable[[Canvas, Asked], None]] = {
    "sector": charts.draw_sector,
    "cluster": charts.draw_cluster,
    "places": places.draw_places,
    "towns": places.draw_towns,
    "reach": places.draw_reach,
    "offices": places.draw_offices,
    "growth": charts.draw_growth,
    "plan": charts.draw_plan,
    "recruitment": charts.draw_recruitment,
    "budget": charts.draw_budget,
    "axes": charts.draw_axes,
}
PlacePicture = Literal["where", "segment", "size_class"]
_OF_PLACE: dict[PlacePicture, Callable[[Canvas, Asked], None]] = {
    "where": sheets.draw_where,
    "segment": partial(sheets.draw_counts, by="segment"),
    "size_class": partial(sheets.draw_counts, by="size_class"),
}


def draw(
    asked: Asked, key: SectionKey, *, palette: Palette, width_in: float, height_in: float, text_pt: float
) -> str | None:
    """Return the picture of a section as SVG, without a background; None of a section that has none.

    Parameters
    ----------
    palette
        Its colours; names on maps have a rim of its ``background``, on which the picture is to lie.
    width_in, height_in
        How large it is, in inches of 72 points.
    text_pt
        The size of its text: all of it has this one, figures in semi-bold.
    """
    if key not in _DRAWN:
        return None
    return _drawn(_DRAWN[key], asked, palette, width_in=width_in, height_in=height_in, text_pt=text_pt)


def draw_of_place(
    asked: Asked, what: PlacePicture, *, palette: Palette, width_in: float, height_in: float, text_pt: float
) -> str:
    """Return a picture of the one town or antenna that the view looks at closely, as ``draw`` does of a section.

    Parameters
    ----------
    what
        ``where`` it lies; its firms by ``segment`` or by ``size_class``.
    """
    return _drawn(_OF_PLACE[what], asked, palette, width_in=width_in, height_in=height_in, text_pt=text_pt)


def _drawn(make: Callable[[Canvas, Asked], None], asked: Asked, palette: Palette, **size: float) -> str:
    with LOCK:
        canvas = Canvas(**size, palette=palette)
        make(canvas, asked)
        return canvas.svg()
