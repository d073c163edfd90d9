"""Outlines as the result tables hold them: coordinates one after the other, rings parted by a gap (None or NaN)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

# A ring of three points, the first of which is the last, holds nothing.
_FEWEST_POINTS = 4


def rings_of(x: Sequence[float | None], y: Sequence[float | None]) -> list[np.ndarray]:
    """Return the rings of an outline, (n, 2) each, in the units given."""
    points = np.column_stack([np.array(x, dtype="float64"), np.array(y, dtype="float64")])
    parts = np.split(points, np.flatnonzero(np.isnan(points[:, 0])))
    rings = [part[~np.isnan(part[:, 0])] for part in parts]
    return [ring for ring in rings if len(ring)]


def area_of(x: Sequence[float | None], y: Sequence[float | None]) -> shapely.Geometry:
    """Return the area within the rings of an outline; a ring within another one is a hole."""
    rings = [ring for ring in rings_of(x, y) if len(ring) >= _FEWEST_POINTS]
    return shapely.build_area(shapely.multilinestrings([shapely.linestrings(ring) for ring in rings]))
