"""Names on a map: largest first, on the side that is free; what would collide with another name is left out.

Names at the ends of lines are parted instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LINE_PX = 17.0
# Mean width of a character of the house's sans, as a share of its size, bold and digits included.
CHARACTER = 0.6


@dataclass(frozen=True)
class Mark:
    """A point of the map and the name that it would like to have; kilometres and pixels."""

    text: str
    x_km: float
    y_km: float
    radius_px: float
    characters: int


@dataclass(frozen=True)
class Place:
    """Where a name stands, from its point: pixels to the right and up, and which of its sides is there."""

    index: int
    x_px: float
    y_px: float
    x_anchor: str
    y_anchor: str


Box = tuple[float, float, float, float]


def place_labels(
    marks: list[Mark],
    *,
    px_per_km: float,
    text_px: float,
    bounds_km: tuple[float, float, float, float],
    dots: Sequence[Box] = (),
    texts: Sequence[Box] = (),
    firm: int | None = None,
) -> list[Place]:
    """Place names greedily, in the order given; then, over a disc but over no other name, those that found no room.

    Parameters
    ----------
    marks
        Most important first. Discs of all of them are kept free of other names where that can be.
    px_per_km
        Scale of the narrowest screen: what does not collide there collides nowhere.
    bounds_km
        West, south, east and north of the frame, which no name leaves.
    dots, texts
        What is drawn beside the marks: left, bottom, right and top in pixels. Names keep off dots where that can be,
        and off texts always.
    firm
        How many of the first names may stand over a dot or a disc, but of one another's, each before the next is
        placed; the others then may not. All may by default, once each has been tried where it covers none.

    Returns
    -------
    list of Place
        One for each name that found room.
    """
    discs = [_disc(mark, px_per_km) for mark in marks]
    west, south, east, north = bounds_km
    frame = (west * px_per_km, south * px_per_km, east * px_per_km, north * px_per_km)
    placed: dict[int, tuple[Place, Box]] = {}
    for indices, keeps_discs_free in _turns(len(marks), firm):
        for index in indices:
            if index in placed:
                continue
            mark = marks[index]
            others = [*discs[:index], *discs[index + 1 :], *dots]
            if not keeps_discs_free:
                # Over the disc of another name that must stand, a name would be taken for that one's.
                others = [disc for rank, disc in enumerate(discs[: firm or 0]) if rank != index]
            taken = [*others, *texts, *(box for _, box in placed.values())]
            boxes = ((p, _box(p, mark, px_per_km, text_px)) for p in _candidates(index, mark))
            free = next(((p, box) for p, box in boxes if _is_free(box, taken, frame=frame)), None)
            if free:
                placed[index] = free
    return [placed[index][0] for index in sorted(placed)]


def parted(heights: Sequence[float], *, step: float, lowest: float) -> list[float]:
    """Return where lines of text stand that would like these heights, highest first: ``step`` apart, none lower.

    Heights, step and the lowest place are in the units of an axis.
    """
    fallen: list[float] = []
    for height in heights:
        fallen.append(min(height, fallen[-1] - step) if fallen else height)
    raised: list[float] = []
    for height in reversed(fallen):
        raised.append(max(height, lowest))
        lowest = raised[-1] + step
    return raised[::-1]


def _turns(marks: int, firm: int | None) -> list[tuple[range, bool]]:
    """Return which marks are tried in turn, and whether discs are kept free of their names."""
    if firm is None:
        return [(range(marks), True), (range(marks), False)]
    alone = [(range(index, index + 1), keeps) for index in range(firm) for keeps in (True, False)]
    return [*alone, (range(firm, marks), True)]


def _candidates(index: int, mark: Mark) -> list[Place]:
    gap = mark.radius_px + 5
    near = gap * 0.7
    return [
        Place(index, gap, 0, "left", "middle"),
        Place(index, 0, gap, "center", "bottom"),
        Place(index, 0, -gap, "center", "top"),
        Place(index, -gap, 0, "right", "middle"),
        Place(index, near, near, "left", "bottom"),
        Place(index, near, -near, "left", "top"),
        Place(index, -near, near, "right", "bottom"),
        Place(index, -near, -near, "right", "top"),
    ]


def _disc(mark: Mark, px_per_km: float) -> Box:
    x, y, r = mark.x_km * px_per_km, mark.y_km * px_per_km, mark.radius_px
    return x - r, y - r, x + r, y + r


def _box(place: Place, mark: Mark, px_per_km: float, text_px: float) -> Box:
    width, height = mark.characters * CHARACTER * text_px, LINE_PX
    x = mark.x_km * px_per_km + place.x_px
    y = mark.y_km * px_per_km + place.y_px
    left = x - {"left": 0.0, "center": width / 2, "right": width}[place.x_anchor]
    bottom = y - {"bottom": 0.0, "middle": height / 2, "top": height}[place.y_anchor]
    return left, bottom, left + width, bottom + height


def _is_free(box: Box, taken: list[Box], *, frame: Box) -> bool:
    inside = box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
    return inside and not any(_overlap(box, other) for other in taken)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
