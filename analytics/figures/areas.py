"""What figures of areas beside their expectation share: hovers, ring, names and classes of the ratio."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import halo, note, plain, steady
from analytics.figures.labels import CHARACTER, LINE_PX, Box, Mark, place_labels
from analytics.figures.palette import TEXT_SIZE, Palette
from analytics.text import Translator

NARROWEST_PX = 350
COLORED = ("under", "over")
# Upper ends of the classes of the shrunk ratio; the last class is open.
CLASS_ENDS = (0.5, 0.7, 0.9, 1.1, 1.4, 2.0)
LONGEST_NAME = 18
# Names may reach this far into the right margin.
RIGHT_PX = 10
ELLIPSIS = "…"
_KIND = re.compile(r"^(?:CA|CC|CU)\s+(?:de |du |des |d['’])?")
_LAST_WORD = re.compile(r"[ -][^ -]*$")
_INVISIBLE = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Named:
    """A point that would like its name shown.

    Attributes
    ----------
    x, y
        Where Plotly puts the annotation: logarithms on a logarithmic axis.
    across, up
        The same place as shares of the plot, 0 to 1 from its left and from its bottom.
    """

    name: str
    x: float
    y: float
    across: float
    up: float
    radius_px: float
    is_strong: bool


def names(
    points: Sequence[Named],
    *,
    width_px: float,
    height_px: float,
    palette: Palette,
    dots: Sequence[Box] = (),
    texts: Sequence[Box] = (),
) -> list[dict[str, Any]]:
    """Return the names that find room, most important first and strong ones before others, as annotations.

    ``width_px`` and ``height_px`` are those of the plot on the narrowest screen; ``dots`` and ``texts`` are boxes in
    its pixels, as ``labels.place_labels`` takes them.
    """
    marks = [
        Mark(
            text=f"<b>{plain(short)}</b>" if p.is_strong else plain(short),
            x_km=p.across * width_px,
            y_km=p.up * height_px,
            radius_px=p.radius_px,
            characters=len(short),
        )
        for p, short in ((point, short_name(point.name)) for point in points)
    ]
    placed = place_labels(
        marks,
        px_per_km=1,
        text_px=TEXT_SIZE,
        bounds_km=(0, 0, width_px + RIGHT_PX, height_px),
        dots=dots,
        texts=texts,
        firm=sum(p.is_strong for p in points),
    )
    return [
        note(
            marks[place.index].text,
            x=points[place.index].x,
            y=points[place.index].y,
            xshift=round(place.x_px),
            yshift=round(place.y_px),
            xanchor=place.x_anchor,
            yanchor=place.y_anchor,
            borderpad=0,
            font={
                "color": palette.ink if points[place.index].is_strong else palette.secondary,
                "shadow": halo(palette),
            },
        )
        for place in placed
    ]


def short_name(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name for a chart: without the kind of intermunicipality before it, cut between words where too long."""
    text = _KIND.sub("", name)
    text = text[:1].upper() + text[1:]
    if len(text) <= longest:
        return text
    last = _LAST_WORD.search(text[: longest + 1])
    cut = last.start() if last and last.start() >= longest / 2 else longest - 1
    return text[:cut].rstrip(" -") + ELLIPSIS


def text_box(text: str, *, left: float, bottom: float, lines: int = 1) -> Box:
    """Return the room that a text takes, in pixels."""
    return left, bottom, left + len(text) * CHARACTER * TEXT_SIZE, bottom + lines * LINE_PX


def add_ring(figure: go.Figure, *, x: float, y: float, diameter_px: float, palette: Palette) -> None:
    """Draw the ring around the selected point."""
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"size": diameter_px, "color": _INVISIBLE, "line": {"color": palette.ink, "width": 2}},
        cliponaxis=False,
        hoverinfo="skip",
        name="ring",
        **steady(1.0),
    )


def codes(table: pd.DataFrame) -> list[list[str]]:
    """Return what tells a click its area: ``[area_code]`` for each point."""
    return [[str(code)] for code in table["area_code"]]


def hovers(table: pd.DataFrame, t: Translator, *, shrunk: bool = True) -> list[str]:
    """Return the hover of each area: its name, its counts, and its ratio, shrunk or as observed, with what it says."""
    return [hover(row, t, shrunk=shrunk) for row in table.to_dict("records")]


def hover(row: dict[Hashable, Any], t: Translator, *, shrunk: bool = True) -> str:
    """Return the hover of one area."""
    expected = t.number(row["expected_members"], 1)
    counts = t.plural("chart.hover_expected", int(row["members"]), firms=t.number(row["firms"]), expected=expected)
    return f"<b>{plain(row['area_name'])}</b><br>{counts}<br>{_ratio_line(row, t, shrunk=shrunk)}"


def _ratio_line(row: dict[Hashable, Any], t: Translator, *, shrunk: bool) -> str:
    verdict = t(f"chart.verdict_{row['verdict']}")
    if row["verdict"] in ("too_small", "empty"):
        return verdict
    if not shrunk:
        return t("chart.hover_observed", ratio=t.number(row["ratio"], 2), verdict=verdict)
    limits = {name: t.number(row[f"ratio_{name}"], 2) for name in ("low", "high")}
    return t("chart.hover_ratio", ratio=t.number(row["ratio_shrunk"], 2), **limits)


def class_colors(palette: Palette) -> tuple[str, ...]:
    """Return the colours of the seven classes of the ratio, from far under to far over."""
    d = palette.diverging
    return d[1], d[2], d[4], palette.land, d[5], d[7], d[8]


def class_of(ratio: float, verdict: str) -> int:
    """Return the class of a shrunk ratio, 0 to 6; the middle one where nothing can be said.

    Where chance may explain the gap the class is one of the three palest: the strong ones mean the same as the strong
    colours of the other figures.
    """
    if verdict in ("too_small", "empty") or math.isnan(ratio):
        return 3
    rank = sum(ratio > end for end in CLASS_ENDS)
    return rank if verdict in COLORED else min(max(rank, 2), 4)
