"""What every figure shares: layout, type, separators, and text that data cannot turn into markup."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import plotly.graph_objects as go

from analytics.figures.labels import LINE_PX, parted
from analytics.figures.palette import FONT, TEXT_SIZE, Palette
from analytics.text import NARROW_SPACE, Translator

SEPARATORS = {"fr": f",{NARROW_SPACE}", "en": ".,"}
# Of round numbers on an axis.
TICKS = 4
AXIS = {
    "automargin": False,
    "fixedrange": True,
    "tickangle": 0,
    "title": None,
    "zeroline": False,
    "showline": False,
    "ticks": "",
    "showgrid": False,
}


def blank(*, palette: Palette, language: str, height: int, margin: dict[str, int]) -> go.Figure:
    """Return a figure with the house's type and nothing on it; margins and height in pixels."""
    return go.Figure(
        layout={
            "template": "none",
            "height": height,
            "margin": {"pad": 0, "l": 0, "r": 0, "t": 0, "b": 0, **margin},
            "font": {"family": FONT, "size": TEXT_SIZE, "color": palette.ink},
            "separators": SEPARATORS[language],
            "showlegend": False,
            "dragmode": False,
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hoverlabel": {
                "bgcolor": palette.background,
                "bordercolor": palette.hair,
                "align": "left",
                "font": {"family": FONT, "size": TEXT_SIZE, "color": palette.ink},
            },
            "xaxis": {**AXIS},
            "yaxis": {**AXIS},
        }
    )


def steady(opacity: float) -> dict[str, Any]:
    """Return what keeps points as they are when one of the figure is selected: by default the others fade."""
    return {"selected": {"marker": {"opacity": opacity}}, "unselected": {"marker": {"opacity": opacity}}}


def plain(text: object) -> str:
    """Return a name as text: Plotly reads a little HTML, and formulas between dollars, and names come from files."""
    return escape(str(text), quote=False).replace("$", "&#36;")


def halo(palette: Palette) -> str:
    """Return the shadow that parts a text from what it lies on."""
    return f"0 0 3px {palette.background}, 0 0 3px {palette.background}, 0 0 5px {palette.background}"


def steps(top: float, *, bottom: float = 0.0) -> list[float]:
    """Return round numbers from ``bottom`` to ``top``, some four of them."""
    span = max(top - bottom, 1.0)
    size = 10.0 ** (len(str(int(span / TICKS))) - 1)
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor * TICKS >= 0.75 * span)
    return [step * index for index in range(math.ceil(bottom / step), math.floor(top / step) + 1)]


def upright(low: float, high: float, ticks: Sequence[float], *, palette: Palette) -> dict[str, Any]:
    """Return an upright axis with a hairline at each tick; their numbers stand on them (``scale_notes``)."""
    grid = {"showgrid": True, "gridcolor": palette.hair, "showticklabels": False}
    return {**AXIS, "range": [low, high], "tickvals": list(ticks), **grid}


def scale_notes(values: Iterable[float], *, palette: Palette, t: Translator) -> list[dict[str, Any]]:
    """Return the numbers of an upright axis, each on its line at the left."""
    font = {"color": palette.secondary, "size": TEXT_SIZE, "shadow": halo(palette)}
    place = {"x": 0, "xref": "paper", "xanchor": "left", "yanchor": "bottom", "borderpad": 1}
    return [note(t.tenths(abs(value)), y=value, font=font, **place) for value in values if value]


class Name(NamedTuple):
    """A word beside a point of a line: how high it would like to stand, in the units of the axis."""

    height: float
    text: str
    color: str


def parted_notes(
    names: Iterable[Name],
    *,
    span: tuple[float, float],
    plot_px: float,
    shadow: str | None = None,
    **place: Any,  # noqa: ANN401 - Plotly's own options
) -> list[dict[str, Any]]:
    """Return the names as annotations, highest first, a line of text apart so that none covers another.

    Of equally high ones the first given stands on top.

    Parameters
    ----------
    span, plot_px
        Where the upright axis begins and ends, and over how many pixels.
    shadow
        The halo of the words, where they have one.
    place
        Where they stand across, and on which side of that.
    """
    ordered = sorted(names, key=lambda name: name.height, reverse=True)
    step = (span[1] - span[0]) * LINE_PX / plot_px
    heights = parted([name.height for name in ordered], step=step, lowest=span[0] + step / 2)
    halo_of = {"shadow": shadow} if shadow else {}
    return [
        note(name.text, y=height, yanchor="middle", borderpad=0, font={"color": name.color, **halo_of}, **place)
        for height, name in zip(heights, ordered, strict=True)
    ]


def sourced(row: Mapping[Any, Any], language: str) -> list[str]:
    """Return source and scope of a published figure as lines of text, those that there are."""
    said = (row.get(f"source_{language}"), row.get(f"scope_{language}"))
    return [plain(text) for text in said if isinstance(text, str)]


def signed(shown: str, t: Translator, *, is_more: bool) -> str:
    """Return a change as it is shown, with its plus where it is more."""
    return t("chart.plus", value=shown) if is_more else shown


def note(text: str, **place: Any) -> dict[str, Any]:  # noqa: ANN401 - Plotly's own options
    """Return an annotation without arrow."""
    return {"text": text, "showarrow": False, **place}
