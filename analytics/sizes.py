"""INSEE's size bands, in persons, and the jobs that stand for them."""

from __future__ import annotations

import math
from typing import NamedTuple


class SizeBand(NamedTuple):
    """A band of persons employed; ``high`` of the open last band carries on the ratio of the band before it."""

    code: str
    low: int
    high: int

    @property
    def estimate(self) -> float:
        """Geometric middle of the band, sqrt(low * high), in persons: firm sizes are skewed within a band."""
        return math.sqrt(self.low * self.high)


SIZE_BANDS: tuple[SizeBand, ...] = (
    SizeBand("NN", 0, 0),
    SizeBand("00", 0, 0),
    SizeBand("01", 1, 2),
    SizeBand("02", 3, 5),
    SizeBand("03", 6, 9),
    SizeBand("11", 10, 19),
    SizeBand("12", 20, 49),
    SizeBand("21", 50, 99),
    SizeBand("22", 100, 199),
    SizeBand("31", 200, 249),
    SizeBand("32", 250, 499),
    SizeBand("41", 500, 999),
    SizeBand("42", 1_000, 1_999),
    SizeBand("51", 2_000, 4_999),
    SizeBand("52", 5_000, 9_999),
    SizeBand("53", 10_000, 19_999),
)
SIZE_CODES: tuple[str, ...] = tuple(band.code for band in SIZE_BANDS)
BY_CODE: dict[str, SizeBand] = {band.code: band for band in SIZE_BANDS}

# Coarser classes for filters and charts; official thresholds of micro, small, medium and large.
SIZE_CLASSES: dict[str, tuple[str, ...]] = {
    "unknown": ("NN",),
    "0": ("00",),
    "1-9": ("01", "02", "03"),
    "10-49": ("11", "12"),
    "50-249": ("21", "22", "31"),
    "250+": ("32", "41", "42", "51", "52", "53"),
}


def band_of_jobs(jobs: float) -> str:
    """Return the code of the band in which a number of jobs lies; ``00`` below one."""
    return max((b for b in SIZE_BANDS[1:] if b.low <= max(jobs, 0)), key=lambda band: band.low).code
