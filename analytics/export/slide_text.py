"""How much room a text takes on a slide, so that none leaves its box.

Nobody can ask the machine that will open the file: widths are those of the house's own fonts, times as much as Arial,
and what stands in for Georgia where there is none, are wider.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from PIL import ImageFont

from analytics.export.typeface import SANS, SANS_BOLD, SERIF

POINTS = 72  # an inch
LINE = 1.2  # height of a line, as a share of the size
_MEASURED_AT = 100
# Measured on texts of the deck: what stands in for Georgia bold is 1.22 to 1.27 times as wide as the serif, Arial 0.95
# to 1.02 times as wide as the sans, Arial bold 1.01 to 1.06.
_WIDER = {"title": 1.28, "plain": 1.02, "bold": 1.06}
_FILES = {"title": SERIF, "plain": SANS, "bold": SANS_BOLD}


class Run(NamedTuple):
    """A piece of text of one look; ``role`` is of the palette, ``link`` an address that it opens."""

    text: str
    size: float
    role: str = "ink"
    is_bold: bool = False
    link: str = ""

    @property
    def face(self) -> str:
        return "bold" if self.is_bold else "plain"


Paragraph = Sequence[Run]


@cache
def _font(face: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FILES[face]), _MEASURED_AT)


@lru_cache(maxsize=20_000)
def width_in(text: str, size: float, face: str = "plain") -> float:
    """Return the width of a line of text in inches; ``face`` is ``title``, ``plain`` or ``bold``."""
    return _font(face).getlength(text) * _WIDER[face] * size / _MEASURED_AT / POINTS


def lines_of(paragraph: Paragraph, width: float, *, face: str | None = None) -> int:
    """Return how many lines a paragraph takes in a box so many inches wide, broken between words.

    A word longer than the box counts as broken where it must be.
    """
    lines, filled = 1, 0.0
    for run in paragraph:
        look = face or run.face
        space = width_in(" ", run.size, look)
        for index, word in enumerate(run.text.split(" ")):
            length = width_in(word, run.size, look)
            gap = space if index else 0.0
            if filled and filled + gap + length > width:
                lines, filled, gap = lines + 1, 0.0, 0.0
            filled += gap + length
            while filled > width:
                lines, filled = lines + 1, filled - width
    return lines


def height_of(paragraphs: Iterable[Paragraph], width: float, *, face: str | None = None) -> float:
    """Return the height in inches of paragraphs one under the other, without room between them."""
    return sum(
        lines_of(paragraph, width, face=face) * max(run.size for run in paragraph) * LINE / POINTS
        for paragraph in paragraphs
    )


def fitting(text: str, *, width: float, height: float, sizes: Sequence[float], face: str = "plain") -> float:
    """Return the first of the sizes, largest first, in which a text fits its box; else the last."""
    fits = (s for s in sizes if height_of([[Run(text, s)]], width, face=face) <= height)
    return next(fits, sizes[-1])


def cut(text: str, *, size: float, width: float, face: str = "plain") -> str:
    """Return a text on one line: cut between words, with an ellipsis, where it is too long."""
    if width_in(text, size, face) <= width:
        return text
    words = text.split(" ")
    while len(words) > 1 and width_in(" ".join(words) + "…", size, face) > width:
        words.pop()
    kept = " ".join(words)
    while len(kept) > 1 and width_in(kept + "…", size, face) > width:
        kept = kept[:-1]
    return kept.rstrip(" -") + "…"
