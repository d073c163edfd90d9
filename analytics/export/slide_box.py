"""Rectangles of a slide, in inches from its top left."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """Where something stands on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def columns(self, *widths: float, gap: float) -> list[Box]:
        """Return boxes side by side that share the width in these proportions."""
        room = (self.width - gap * (len(widths) - 1)) / sum(widths)
        found, left = [], self.left
        for width in widths:
            found.append(Box(left, self.top, width * room, self.height))
            left += width * room + gap
        return found

    def below(self, height: float) -> Box:
        """Return what is left under the first ``height`` inches."""
        return Box(self.left, self.top + height, self.width, self.height - height)

    def first(self, height: float) -> Box:
        """Return the first ``height`` inches."""
        return Box(self.left, self.top, self.width, height)
