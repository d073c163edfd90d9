"""Horizontal bars, each with its name and its figure: no axis is needed to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.export.pictures.canvas import Canvas

# Names stand to the left of the bars as long as they leave them this share of the width, else above them.
_LEAST_BARS = 0.4
_GAP = 0.8  # between name, bar and figure, as a share of the text's size
_THICKEST = 2.2  # lines of text


@dataclass(frozen=True)
class Bar:
    """One bar: ``value`` gives its length, ``label`` is its figure as it is written, ``part`` is drawn over it.

    ``part`` is of the same unit, and has the colour of the cluster.
    """

    name: str
    value: float
    label: str
    color: str
    part: float = 0.0


def draw_bars(canvas: Canvas, bars: Sequence[Bar]) -> None:
    """Draw the bars from top to bottom, in the order given; they fill the canvas as far as they may."""
    if not bars:
        return
    gap = _GAP * canvas.text_pt
    names = max(canvas.text_width(bar.name) for bar in bars)
    labels = max(canvas.text_width(bar.label, bold=True) for bar in bars)
    is_beside = canvas.width - names - labels - 2 * gap >= _LEAST_BARS * canvas.width
    left = names + gap if is_beside else 0.0
    room = canvas.width - left - gap - labels
    longest = max(max(bar.value for bar in bars), 1e-9)
    row = canvas.height / len(bars)
    thickness = min(_thickness(canvas, row, is_beside=is_beside), _THICKEST * canvas.line_pt)
    for index, bar in enumerate(bars):
        top = canvas.height - row * index
        middle = top - row / 2 if is_beside else top - 1.15 * canvas.line_pt - thickness / 2
        if is_beside:
            canvas.text(names, middle, bar.name, across="right", up="middle")
        else:
            canvas.text(0, top - 0.8 * canvas.line_pt, bar.name)
        _draw_bar(canvas, bar, left=left, middle=middle, scale=room / longest, thickness=thickness)


def _thickness(canvas: Canvas, row: float, *, is_beside: bool) -> float:
    """Return how thick bars are: two thirds of their row, or what the name above leaves of it but for a gap."""
    if is_beside:
        return 0.66 * row
    return max(row - 1.15 * canvas.line_pt - max(0.22 * row, 0.25 * canvas.line_pt), 0.3 * canvas.text_pt)


def _draw_bar(canvas: Canvas, bar: Bar, *, left: float, middle: float, scale: float, thickness: float) -> None:
    bottom, length = middle - thickness / 2, max(bar.value, 0) * scale
    canvas.box(left, bottom, max(length, 0.75), thickness, color=bar.color)
    if bar.part > 0:
        canvas.box(left, bottom, min(bar.part, bar.value) * scale, thickness, color=canvas.palette.ours)
    canvas.text(left + length + _GAP * canvas.text_pt / 2, middle, bar.label, bold=True, up="middle")
