"""A sheet of paper in points, with the house's type: what every drawing is made on.

Matplotlib gives the vectors, letters as outlines among them: what opens the picture needs no font. Nothing of its own
looks is seen: there are no axes, and a drawing says where each thing stands.
"""

from __future__ import annotations

import io
import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from analytics.export.typeface import SANS, SANS_BOLD, SERIF
from analytics.figures.palette import Palette

# What stands for a character that the fonts do not have.
_UNKNOWN = "?"
# Controls, formats, surrogates, private and unassigned: nothing of them is seen.
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
POINTS = 72
# Room of a line of text, as a share of its size.
LINE = 1.3
# Height of capitals and digits, as a share of the size of the text.
CAPITALS = 0.7
_MEASURED_AT = 100.0
_PLACES = re.compile(r' (?:d|x|y)="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d+")
_MARKS = re.compile(r"<g>\s*((?:<use [^>]*/>\s*)+)</g>")
_LOOK = re.compile(r' style="([^"]*)"')
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_STEPS = re.compile(r"([A-Za-z])([^A-Za-z]*)")
# What marks the rim around words: letters are defined once, in units of which 6,400 are the size of the text, and a rim
# told in these is as thick on every size. As outlines of its own, each name would take 20 kB.
_HALO, _HALO_UNITS = "halo", 1_800
# Points of a border nearer to each other than this are one; a point is a third of a millimetre.
_GRID = 0.3
# Matplotlib's fonts and parsers are shared by all threads, and several sessions may draw at once.
LOCK = threading.RLock()
# Names of what is defined once in a picture hang on this word instead of on chance: the same picture, the same bytes.
mpl.rcParams["svg.hashsalt"] = "drawing"
mpl.rcParams["svg.fonttype"] = "path"

Ring = np.ndarray
Across = Literal["left", "center", "right"]


def printable(words: str) -> str:
    """Return the words as the fonts can set them: controls are dropped, what no font has is a question mark.

    A name in a file may hold anything; a paper that says it is accessible may not hold what cannot be read.
    """
    known = _known_characters()
    kept = (c for c in words if c == "\n" or unicodedata.category(c) not in _DROPPED)
    return "".join(c if c == "\n" or ord(c) in known else _UNKNOWN for c in kept)


@cache
def _known_characters() -> frozenset[int]:
    """Return the code points that all fonts of the house have."""
    maps = [set(FT2Font(path).get_charmap()) for path in (SANS, SANS_BOLD, SERIF)]
    return frozenset(set.intersection(*maps))


@cache
def font(*, bold: bool = False) -> FontProperties:
    """Return a font of the house by its file: nothing is looked up among those of the machine."""
    return FontProperties(fname=SANS_BOLD if bold else SANS)


def text_width(words: str, *, size: float, bold: bool = False) -> float:
    """Return how wide words are in the house's sans, in the units of ``size``."""
    with LOCK:
        return _measured(printable(words), bold=bold) * size / _MEASURED_AT


@lru_cache(maxsize=20_000)
def _measured(words: str, *, bold: bool) -> float:
    sized = font(bold=bold).copy()
    sized.set_size(_MEASURED_AT)
    width, _, _ = text_to_path.get_text_width_height_descent(words, sized, ismath=False)
    return float(width)


class Canvas:
    """A sheet of so many points, the origin at its lower left corner; what is drawn later lies on top.

    Attributes
    ----------
    width, height
        In points.
    text_pt
        The size of its text.
    palette
        Its colours.
    """

    def __init__(self, *, width_in: float, height_in: float, text_pt: float, palette: Palette) -> None:
        self.width, self.height = POINTS * width_in, POINTS * height_in
        self.text_pt, self.palette = text_pt, palette
        self._figure = Figure(figsize=(width_in, height_in), dpi=POINTS)
        self._figure.patch.set_visible(False)
        self._layer = 0

    @property
    def line_pt(self) -> float:
        """Room of a line of text, in points."""
        return LINE * self.text_pt

    def text_width(self, words: str, *, bold: bool = False, size: float | None = None) -> float:
        """Return how wide these words are, in points."""
        return text_width(words, size=size or self.text_pt, bold=bold)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        color: str | None = None,
        size: float | None = None,
        bold: bool = False,
        across: Across = "left",
        up: str = "baseline",
        halo: bool = False,
    ) -> None:
        """Write words; ``across`` and ``up`` say which of their sides stands at the place.

        ``up="middle"`` puts the middle of the capitals there, whatever letters the words have.
        """
        words, size = printable(words), size or self.text_pt
        lift = {"middle": -CAPITALS / 2, "top": -CAPITALS}.get(up, 0.0) * size
        for ink, gid in [(self.palette.background, _HALO)] * halo + [(color or self.palette.ink, None)]:
            drawn = Text(
                x,
                y + lift,
                words,
                color=ink,
                fontproperties=font(bold=bold),
                fontsize=size,
                horizontalalignment=across,
                verticalalignment="baseline",
                # Names come from files: a dollar in one is a dollar, not the beginning of a formula.
                parse_math=False,
            )
            drawn.set_gid(gid)
            self._add(drawn)

    def line(
        self,
        xs: Sequence[float] | np.ndarray,
        ys: Sequence[float] | np.ndarray,
        *,
        color: str,
        width: float,
        dashes: tuple[float, float] | None = None,
    ) -> None:
        """Draw a line through points, parted where one is NaN; ``dashes`` are the lengths of line and gap in points."""
        drawn = Line2D(xs, ys, color=color, linewidth=width, solid_capstyle="butt", solid_joinstyle="round")
        if dashes:
            # Matplotlib counts them in widths of the line.
            drawn.set_dashes([length / width for length in dashes])
        self._add(drawn)

    def box(self, left: float, bottom: float, width: float, height: float, *, color: str) -> None:
        """Fill a rectangle."""
        corners = [(left, bottom), (left + width, bottom), (left + width, bottom + height), (left, bottom + height)]
        self.area([np.array(corners)], color=color)

    def area(
        self, rings: Iterable[Ring], *, color: str, edge: str | None = None, edge_width: float = 0.0, alpha: float = 1.0
    ) -> None:
        """Fill closed rings, (n, 2) in points; what lies in two of them is a hole."""
        outlines = [_closed(ring) for ring in map(snapped, rings) if len(ring) > 2]
        if not outlines:
            return
        look = {"facecolor": color, "edgecolor": edge or "none", "linewidth": edge_width if edge else 0.0}
        self._add(PathPatch(Outline.make_compound_path(*outlines), alpha=alpha, joinstyle="round", **look))

    def discs(
        self,
        points: np.ndarray,
        radii: np.ndarray,
        *,
        color: str,
        rim: float = 0.0,
        rim_color: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Draw discs, the largest first; points are (n, 2), radii are rounded to a quarter of a point."""
        rounded = np.maximum(np.round(4 * np.asarray(radii, dtype="float64")) / 4, 0.25)
        for radius in np.unique(rounded)[::-1]:
            at = points[rounded == radius]
            marker: dict[str, Any] = {
                "marker": "o",
                "markersize": 2 * radius,
                "markerfacecolor": color,
                "markeredgecolor": rim_color or self.palette.background,
                "markeredgewidth": rim if radius > 2 * rim else 0.0,
            }
            self._add(Line2D(at[:, 0], at[:, 1], linestyle="none", alpha=alpha, **marker))

    def svg(self) -> str:
        """Return the picture: vectors alone, no background, no day."""
        written = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(self._figure).print_svg(written, metadata=nothing)  # type: ignore[no-untyped-call]
        rimmed = written.getvalue().replace(
            f'<g id="{_HALO}">',
            f'<g style="stroke: {self.palette.background}; stroke-width: {_HALO_UNITS}; stroke-linejoin: round">',
        )
        return _cropped(_MARKS.sub(_alike, _PLACES.sub(_shortened, rimmed)))

    def _add(self, drawn: Artist) -> None:
        self._layer += 1
        drawn.set_zorder(self._layer)
        drawn.set_transform(Affine2D().scale(1 / POINTS) + self._figure.dpi_scale_trans)
        self._figure.add_artist(drawn)


def snapped(ring: Ring) -> Ring:
    """Return a ring on a fine grid, without the points that fall on one another: neighbours keep a common border."""
    points = np.round(ring / _GRID) * _GRID
    moves = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
    kept: Ring = points[moves]
    return kept


def _shortened(found: re.Match[str]) -> str:
    """Return places with two decimals, finer than any screen or press, and each letter of a path once.

    Two thirds of a map's bytes go that way.
    """
    name, _, places = found[0].partition("=")
    short = _NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), places.strip('"'))
    if name != " d":
        return f'{name}="{short}"'
    told, before = [], ""
    for letter, numbers in _STEPS.findall(short):
        # What follows a move or a line without a letter is a line.
        told.append(" " if letter == "L" and before in ("M", "L") else letter)
        told.append(" ".join(numbers.split()))
        before = letter
    return f'{name}="{"".join(told)}"'


def _cropped(svg: str) -> str:
    """Return the picture within itself: what reaches beyond its edge is cut there, whatever frame shows it."""
    size = _SIZE.search(svg)
    if size is None:
        raise ValueError("a picture without a size")
    inner = f'<svg width="{size[1]}" height="{size[2]}">'
    start, end = svg.index(">", size.start()) + 1, svg.rindex("</svg>")
    return f"{svg[:start]}{inner}{svg[start:end]}</svg>{svg[end:]}"


def _alike(found: re.Match[str]) -> str:
    """Return marks that look alike with their look told once."""
    looks = set(_LOOK.findall(found[1]))
    if len(looks) != 1:
        return found[0]
    return f'<g style="{looks.pop()}">{" ".join(_LOOK.sub("", found[1]).split())}</g>'


def _closed(ring: Ring) -> Outline:
    points = ring if np.array_equal(ring[0], ring[-1]) else np.vstack([ring, ring[:1]])
    codes = np.full(len(points), Outline.LINETO, dtype=Outline.code_type)
    codes[0], codes[-1] = Outline.MOVETO, Outline.CLOSEPOLY
    return Outline(points, codes)
