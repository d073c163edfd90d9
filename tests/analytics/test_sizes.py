"""Size bands and the jobs that stand for them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sizes import BY_CODE, SIZE_BANDS, SIZE_CLASSES, SIZE_CODES, band_of_jobs


@pytest.mark.parametrize(
    ("code", "jobs"), [("00", 0), ("01", 1.41421), ("02", 3.87298), ("12", 31.30495), ("41", 706.75)]
)
def test_the_estimate_is_the_geometric_middle(code: str, jobs: float) -> None:
    assert BY_CODE[code].estimate == pytest.approx(jobs, rel=1e-4)


def test_bands_follow_one_another_without_a_gap() -> None:
    employing = SIZE_BANDS[2:]
    assert all(a.high + 1 == b.low for a, b in itertools.pairwise(employing))


def test_each_band_is_in_one_class() -> None:
    assert sorted(code for codes in SIZE_CLASSES.values() for code in codes) == sorted(SIZE_CODES)


@given(st.integers(1, 19_999))
def test_a_number_of_jobs_lies_in_its_band(jobs: int) -> None:
    band = BY_CODE[band_of_jobs(jobs)]
    assert band.low <= jobs <= band.high


@pytest.mark.parametrize(("jobs", "code"), [(0, "00"), (0.9, "00"), (2.8, "01"), (19.9, "11"), (50_000, "53")])
def test_fractions_and_extremes(jobs: float, code: str) -> None:
    assert band_of_jobs(jobs) == code
