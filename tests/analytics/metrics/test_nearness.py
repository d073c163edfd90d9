"""Distance to the nearest antenna: triangles by hand, positions that are missing, ties, and brute force."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics.nearness import nearest_antenna

Point = tuple[float | None, float | None]
NOWHERE = (None, None)


def _firms(rows: list[tuple[str, Point]]) -> pd.DataFrame:
    columns = {"commune_code": "str", "x_m": "float64", "y_m": "float64"}
    return pd.DataFrame([(code, *point) for code, point in rows], columns=list(columns)).astype(columns)


def _communes(halls: dict[str, Point]) -> pd.DataFrame:
    return _firms(list(halls.items()))


def _antennas(places: dict[str, Point]) -> pd.DataFrame:
    return _firms(list(places.items())).rename(columns={"commune_code": "name"})


ANTENNAS = _antennas({"Toulouse": (0, 0), "Montpellier": (100_000, 0)})
COMMUNES = _communes({"31555": (6_000, 8_000), "34172": (100_000, 12_000), "48001": NOWHERE})


def _nearest(rows: list[tuple[str, Point]], antennas: pd.DataFrame = ANTENNAS) -> pd.DataFrame:
    return nearest_antenna(_firms(rows), antennas=antennas, communes=COMMUNES)


def test_triangles_by_hand() -> None:
    # 3-4-5 from the first, 5-12-13 from the second, and at the door.
    found = _nearest([("31555", (3_000, 4_000)), ("31555", (95_000, -12_000)), ("34172", (0, 0))])
    assert found["nearest_antenna"].tolist() == ["Toulouse", "Montpellier", "Toulouse"]
    assert found["antenna_km"].tolist() == pytest.approx([5, 13, 0])


def test_a_firm_without_position_stands_at_its_town_hall() -> None:
    # 6-8-10 to the first; 12 to the second.
    found = _nearest([("31555", NOWHERE), ("34172", NOWHERE)])
    assert found["nearest_antenna"].tolist() == ["Toulouse", "Montpellier"]
    assert found["antenna_km"].tolist() == pytest.approx([10, 12])


def test_half_a_position_is_none() -> None:
    assert _nearest([("31555", (90_000, None)), ("34172", (None, 0))])["antenna_km"].tolist() == pytest.approx([10, 12])


def test_without_firm_position_and_town_hall_nothing_is_known() -> None:
    found = _nearest([("48001", NOWHERE), ("99999", NOWHERE), ("31555", (3_000, 4_000))])
    assert found["nearest_antenna"].isna().tolist() == [True, True, False]
    assert found["antenna_km"].tolist() == pytest.approx([np.nan, np.nan, 5], nan_ok=True)
    assert _nearest([("48001", NOWHERE)])["antenna_km"].isna().all()


def test_without_an_antenna_or_a_firm() -> None:
    alone = _nearest([("31555", (0, 0))], _antennas({}))
    assert alone["nearest_antenna"].isna().all()
    assert alone["antenna_km"].isna().all()
    nothing = _nearest([])
    assert nothing.empty
    assert nothing["nearest_antenna"].dtype == alone["nearest_antenna"].dtype == "str"
    assert nothing["antenna_km"].dtype == alone["antenna_km"].dtype == "float64"


def test_of_two_at_the_same_distance_the_first_is_taken() -> None:
    middle = [("31555", (50_000.0, 7_000.0))]
    assert _nearest(middle)["nearest_antenna"].tolist() == ["Toulouse"]
    assert _nearest(middle, ANTENNAS.iloc[::-1])["nearest_antenna"].tolist() == ["Montpellier"]
    # Two dozen at one place, one of which is first: a search tree would take any.
    crowd = _antennas({f"{i:02d}": (i % 3, 0) for i in range(24)})
    assert _nearest([("31555", (2, 0)), ("31555", (1, 5))], crowd)["nearest_antenna"].tolist() == ["02", "01"]


def test_the_index_and_the_columns_are_kept() -> None:
    firms = _firms([("31555", NOWHERE), ("34172", (1, 1))]).set_axis([7, 3])
    before = firms.copy()
    found = nearest_antenna(firms, antennas=ANTENNAS, communes=COMMUNES)
    pd.testing.assert_frame_equal(firms, before)
    pd.testing.assert_frame_equal(found[list(firms.columns)], firms)
    assert found.columns[-2:].tolist() == ["nearest_antenna", "antenna_km"]


# Whole steps on a small grid: many ties, and squares without rounding.
points = st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda p: (1_000.0 * p[0], 1_000.0 * p[1]))


@settings(max_examples=50, deadline=None)
@given(st.lists(points, max_size=15), st.lists(points, min_size=1, max_size=30))
def test_the_nearest_is_that_of_brute_force(firms: list[Point], antennas: list[Point]) -> None:
    places = {f"{i:02d}": place for i, place in enumerate(antennas)}
    found = _nearest([("31555", firm) for firm in firms], _antennas(places))
    for firm, (name, km) in zip(firms, found[["nearest_antenna", "antenna_km"]].to_numpy(), strict=True):
        nearest = min(places, key=lambda key: math.dist(firm, places[key]))
        assert name == nearest
        assert km == pytest.approx(math.dist(firm, places[nearest]) / 1_000)
