"""A hundred squares: a share that can be counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.export.pictures.canvas import Canvas

SIDE = 10
_GUTTER = 0.14  # between squares, as a share of their pitch
_APART = 2.5  # between two grids, as a share of the pitch


@dataclass(frozen=True)
class Share:
    """A share in percent, and what is written under its squares."""

    percent: float
    caption: str


def draw_squares(canvas: Canvas, shares: Sequence[Share]) -> None:
    """Draw a grid for each share, filled from the bottom and from the left, the last square as far as it counts."""
    under = 1.5 * canvas.line_pt
    count = len(shares)
    pitch = min(canvas.width / (SIDE * count + _APART * (count - 1)), (canvas.height - under) / SIDE)
    wide = pitch * (SIDE * count + _APART * (count - 1)) - pitch * _GUTTER
    start, top = (canvas.width - wide) / 2, canvas.height
    for index, share in enumerate(shares):
        left = start + index * pitch * (SIDE + _APART)
        _draw_grid(canvas, share.percent, left=left, bottom=top - pitch * SIDE + pitch * _GUTTER, pitch=pitch)
        canvas.text(left, top - pitch * SIDE - 0.75 * canvas.line_pt, share.caption, color=canvas.palette.secondary)


def _draw_grid(canvas: Canvas, percent: float, *, left: float, bottom: float, pitch: float) -> None:
    side = pitch * (1 - _GUTTER)
    for number in range(SIDE * SIDE):
        up, across = divmod(number, SIDE)
        x, y = left + across * pitch, bottom + up * pitch
        filled = min(max(percent - number, 0.0), 1.0)
        if filled < 1:
            canvas.box(x, y, side, side, color=canvas.palette.sector)
        if filled > 0:
            canvas.box(x, y, side * filled, side, color=canvas.palette.ours)
