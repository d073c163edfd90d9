"""Years from left to right: the fan of growth, the members of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.export.pictures.canvas import Across, Canvas
from analytics.figures.base import steps
from analytics.figures.labels import parted
from analytics.text import Translator

_HAIR = 0.6
_DOT = 0.28  # radius of the point where lines start, as a share of the text's size
_PLOT_GAP = 0.5  # between the plot and words beside it, as a share of the text's size


@dataclass(frozen=True)
class Line:
    """A line of values by year, what is written at its end, and how it is drawn."""

    values: Sequence[float]
    label: str
    color: str
    width: float
    is_bold: bool = False


@dataclass(frozen=True)
class _Plot:
    """Where years and values stand on a canvas."""

    left: float
    right: float
    bottom: float
    top: float
    years: tuple[float, float]
    span: tuple[float, float]

    def x(self, year: float) -> float:
        first, last = self.years
        return self.left + (self.right - self.left) * (year - first) / max(last - first, 1)

    def y(self, value: float) -> float:
        low, high = self.span
        return self.bottom + (self.top - self.bottom) * (value - low) / (high - low)


def draw_fan(
    canvas: Canvas,
    years: Sequence[int],
    lines: Sequence[Line],
    *,
    fan: tuple[Sequence[float], Sequence[float]] | None,
    fan_label: str,
    start_label: str,
    t: Translator,
) -> None:
    """Draw lines from a common start, each with its value at its end; the fan under them, its limits named beneath."""
    values = np.concatenate([np.asarray(line.values, dtype="float64") for line in lines])
    if fan:
        values = np.concatenate([values, np.asarray(fan[0], dtype="float64"), np.asarray(fan[1], dtype="float64")])
    span = _with_room(float(values.min()), float(values.max()))
    beside = max(canvas.text_width(line.label, bold=line.is_bold) for line in lines) + canvas.text_pt
    plot = _Plot(
        left=_DOT * canvas.text_pt,
        right=canvas.width - beside,
        bottom=1.6 * canvas.line_pt,
        top=canvas.height - 0.6 * canvas.line_pt,
        years=(years[0], years[-1]),
        span=span,
    )
    start = _start_height(canvas, plot, lines[0])
    _draw_scale(canvas, plot, steps(span[1], bottom=span[0]), t, free_of=start)
    _draw_years(canvas, plot, years)
    if fan:
        _draw_band(canvas, plot, years, *fan)
    for line in lines:
        xs, ys = [plot.x(year) for year in years], [plot.y(value) for value in line.values]
        canvas.line(xs, ys, color=line.color, width=line.width)
    _draw_start(canvas, plot, lines[0], start_label)
    _draw_ends(canvas, plot, lines)
    if fan and fan_label:
        _draw_fan_label(canvas, plot, years, lines, fan, fan_label)


def draw_years(
    canvas: Canvas,
    years: Sequence[int],
    values: Sequence[float],
    *,
    labels: Sequence[str],
    beneath: Sequence[str],
    target: float | None,
    target_label: str,
) -> None:
    """Draw an upright bar for each year: its figure on it, its year under it and, under that, what goes with it."""
    top_value = max(*values, target or 0.0, 1e-9)
    has_beneath = any(beneath)
    plot = _Plot(
        left=0.0,
        right=canvas.width,
        bottom=(2.8 if has_beneath else 1.5) * canvas.line_pt,
        top=canvas.height - 1.5 * canvas.line_pt,
        years=(0, len(years)),
        span=(0.0, top_value),
    )
    column = plot.right / len(years)
    widest = max(canvas.text_width(word, bold=True) for word in (*labels, *beneath, *map(str, years)))
    every = max(int(np.ceil(1.15 * widest / column)), 1)
    for index, year in enumerate(years):
        middle, height = column * (index + 0.5), plot.y(values[index]) - plot.bottom
        canvas.box(middle - 0.33 * column, plot.bottom, 0.66 * column, max(height, 0.75), color=canvas.palette.ours)
        if (len(years) - 1 - index) % every == 0:
            _draw_count(canvas, labels[index], middle=middle, bottom=plot.bottom, height=height)
            canvas.text(middle, plot.bottom - 1.1 * canvas.line_pt, str(year), across="center")
            canvas.text(
                middle,
                plot.bottom - 2.3 * canvas.line_pt,
                beneath[index],
                color=canvas.palette.secondary,
                across="center",
            )
    canvas.line([0, plot.right], [plot.bottom] * 2, color=canvas.palette.ink, width=_HAIR)
    if target:
        y = plot.y(target)
        canvas.line([0, plot.right], [y, y], color=canvas.palette.ink, width=1.2, dashes=(3, 3))
        canvas.text(0, y + 0.45 * canvas.text_pt, target_label, bold=True)


def _draw_count(canvas: Canvas, words: str, *, middle: float, bottom: float, height: float) -> None:
    """Write a bar's figure within its end, where no line crosses it; over it where it is too low."""
    is_within = height > 1.6 * canvas.line_pt
    y = bottom + height + (-1.2 if is_within else 0.4) * canvas.text_pt
    color = canvas.palette.background if is_within else canvas.palette.ink
    canvas.text(middle, y, words, color=color, bold=True, across="center")


def _with_room(low: float, high: float) -> tuple[float, float]:
    room = max(high - low, 0.02 * max(abs(high), 1.0))
    return max(low - 0.25 * room, 0.0), high + 0.05 * room


def _draw_scale(canvas: Canvas, plot: _Plot, ticks: Sequence[float], t: Translator, *, free_of: float) -> None:
    """Draw a hairline at each round number, which stands on it unless other words are at that height."""
    for tick in ticks:
        y = plot.y(tick)
        canvas.line([plot.left, plot.right], [y, y], color=canvas.palette.hair, width=_HAIR)
        if abs(y + 0.25 * canvas.text_pt - free_of) > 1.4 * canvas.text_pt:
            canvas.text(plot.left, y + 0.25 * canvas.text_pt, t.tenths(tick), color=canvas.palette.secondary)


def _draw_years(canvas: Canvas, plot: _Plot, years: Sequence[int]) -> None:
    """Write as many years as find room, the first and the last among them."""
    room = 2.2 * canvas.text_width(str(years[-1]))
    fits = [n for n in (1, 2, 5, 10) if (plot.right - plot.left) * n / max(years[-1] - years[0], 1) >= room]
    step = fits[0] if fits else max(years[-1] - years[0], 1)
    shown = [year for year in years[:-1] if (year - years[0]) % step == 0 and years[-1] - year >= step] + [years[-1]]
    for year in shown:
        across: Across = "left" if year == years[0] else "center"
        canvas.text(plot.x(year), 0.3 * canvas.line_pt, str(year), color=canvas.palette.secondary, across=across)


def _draw_band(canvas: Canvas, plot: _Plot, years: Sequence[int], low: Sequence[float], high: Sequence[float]) -> None:
    xs = [plot.x(year) for year in years]
    under, over = [plot.y(value) for value in low], [plot.y(value) for value in high]
    ring = np.column_stack([np.array([*xs, *xs[::-1]]), np.array([*under, *over[::-1]])])
    canvas.area([ring], color=canvas.palette.hair, alpha=0.75)


def _draw_ends(canvas: Canvas, plot: _Plot, lines: Sequence[Line]) -> None:
    ordered = sorted(lines, key=lambda line: line.values[-1], reverse=True)
    heights = parted(
        [plot.y(float(line.values[-1])) for line in ordered],
        step=canvas.line_pt,
        lowest=plot.bottom + canvas.line_pt / 2,
    )
    for height, line in zip(heights, ordered, strict=True):
        x = plot.right + _PLOT_GAP * canvas.text_pt
        canvas.text(x, height, line.label, color=line.color, bold=line.is_bold, up="middle")


def _draw_start(canvas: Canvas, plot: _Plot, line: Line, words: str) -> None:
    """Draw the point where all lines start, and write what it is on the side from which they turn away."""
    y = plot.y(float(line.values[0]))
    canvas.discs(np.array([[plot.left, y]]), np.array([_DOT * canvas.text_pt]), color=canvas.palette.ink)
    canvas.text(0, _start_height(canvas, plot, line), words, bold=True, halo=True)


def _start_height(canvas: Canvas, plot: _Plot, line: Line) -> float:
    """Return where the words at the start of a line stand: on the side from which it turns away."""
    is_rising = line.values[-1] >= line.values[0]
    return plot.y(float(line.values[0])) + (-1.5 if is_rising else 0.8) * canvas.text_pt


def _draw_fan_label(
    canvas: Canvas,
    plot: _Plot,
    years: Sequence[int],
    lines: Sequence[Line],
    fan: tuple[Sequence[float], Sequence[float]],
    words: str,
) -> None:
    """Write what the fan is under its lower limit or over its upper one; where lines cross there, below as a key."""
    start = plot.right - canvas.text_width(words)
    xs = np.linspace(start, plot.right, 9)

    def heights(values: Sequence[float]) -> np.ndarray:
        return np.interp(xs, [plot.x(year) for year in years], [plot.y(value) for value in values])

    under = heights(fan[0]).min() - 1.1 * canvas.text_pt
    over = heights(fan[1]).max() + 0.5 * canvas.text_pt
    for y in (under, over):
        is_crossed = any(
            ((heights(line.values) > y - 0.4 * canvas.text_pt) & (heights(line.values) < y + canvas.text_pt)).any()
            for line in lines
        )
        if y > plot.bottom and not is_crossed:
            canvas.text(start, y, words, color=canvas.palette.secondary, halo=True)
            return
    size, y = canvas.text_pt, plot.bottom + 0.5 * canvas.text_pt
    canvas.box(start - 1.6 * size, y - 0.1 * size, 1.2 * size, 0.8 * size, color=canvas.palette.hair)
    canvas.text(start, y, words, color=canvas.palette.secondary, halo=True)
