"""Distances and driving minutes, estimated and measured."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from analytics.contracts import ISOCHRONES
from analytics.metrics import travel
from analytics.settings import SpeedBand, TravelRules

RULES = TravelRules()
SITES = pd.DataFrame({"name": ["A", "B"], "commune_code": ["31555", "34172"], "x_m": [0.0, 100_000.0], "y_m": 0.0})
KM = st.floats(0, 500)


def _isochrones(halves_km: dict[int, float], *, code: str = "31555", x_m: float = 0.0) -> pd.DataFrame:
    """Squares of these half widths around a site, by minutes."""
    rows = [
        {
            "commune_code": code,
            "x_m": x_m,
            "y_m": 0.0,
            "minutes": minutes,
            "geometry_wkb": shapely.to_wkb(shapely.box(x_m - h * 1e3, -h * 1e3, x_m + h * 1e3, h * 1e3)),
            "resource_version": "",
            "fetched_on": pd.Timestamp("2026-11-25"),
        }
        for minutes, h in halves_km.items()
    ]
    return ISOCHRONES.enforce(pd.DataFrame(rows)) if rows else ISOCHRONES.empty()


def test_crow_distances_by_hand() -> None:
    points = np.array([[3_000.0, 4_000.0], [np.nan, 0.0]])
    km = travel.crow_km(points, np.array([[0.0, 0.0], [3_000.0, 0.0]]))
    np.testing.assert_allclose(km, [[5, 4], [np.nan, np.nan]])
    assert travel.crow_km(points, np.empty((0, 2))).shape == (2, 0)


def test_minutes_by_hand() -> None:
    # 10 km by the crow are 13 of road: 3 at 25 km/h and 10 at 55. 100 km are 130: 3, 17, 40 at 80 and 70 at 100.
    minutes = travel.driving_minutes(np.array([10.0, 100.0, 0.0, np.nan]), RULES)
    expected = [60 * (3 / 25 + 10 / 55), 60 * (3 / 25 + 17 / 55 + 40 / 80 + 70 / 100), 5, np.nan]
    np.testing.assert_allclose(minutes, expected)


def test_one_speed_is_a_division() -> None:
    rules = TravelRules(detour=1.0, floor_minutes=1, speeds=(SpeedBand(km_per_hour=60),))
    np.testing.assert_allclose(travel.driving_minutes(np.array([0.5, 30.0]), rules), [1, 30])
    assert travel.km_within(30, rules) == pytest.approx(30)


@given(KM, KM)
def test_farther_is_never_sooner_and_never_zero(a: float, b: float) -> None:
    near, far = travel.driving_minutes(np.array(sorted((a, b))), RULES)
    assert RULES.floor_minutes <= near <= far
    if near > RULES.floor_minutes and abs(a - b) > 1e-6:
        assert near < far


@given(st.floats(5, 300))
def test_the_radius_is_the_inverse(minutes: float) -> None:
    km = travel.km_within(minutes, RULES)
    assert travel.driving_minutes(np.array([km]), RULES)[0] == pytest.approx(minutes)
    assert travel.driving_minutes(np.array([km * 1.001]), RULES)[0] > minutes - 1e-9


def test_nothing_is_within_less_than_the_floor() -> None:
    assert travel.km_within(4.9, RULES) == 0


def test_isochrones_serve_the_site_that_stands_where_they_were_measured() -> None:
    rows = pd.concat([_isochrones({15: 9, 30: 20}), _isochrones({15: 5}, code="34172", x_m=99_800.0)])
    rows = rows.reset_index(drop=True)
    assert travel.usable_isochrones(rows, SITES)["commune_code"].tolist() == ["31555", "31555"]
    nearer = rows.assign(x_m=rows["x_m"].replace(99_800.0, 99_950.0))
    assert len(travel.usable_isochrones(nearer, SITES)) == 3
    assert travel.usable_isochrones(ISOCHRONES.empty(), SITES).empty


def test_a_point_takes_what_its_band_says() -> None:
    points = np.array([[0.0, 0.0], [8_000.0, 0.0], [15_000.0, 0.0], [40_000.0, 0.0]])
    estimated = np.array([[5.0, 90.0], [22.0, 80.0], [14.0, 70.0], [28.0, 60.0]])
    minutes = travel.measured_minutes(estimated, points, SITES, _isochrones({15: 9, 30: 20}))
    # Within 15 minutes; estimated 22, and 15 at most; estimated 14, and more than 15; estimated 28, and more than 30.
    assert minutes[:, 0].tolist() == [5, 15, np.nextafter(15, 99), np.nextafter(30, 99)]
    assert minutes[:, 1].tolist() == estimated[:, 1].tolist()


def test_a_smaller_polygon_counts_in_the_larger_ones() -> None:
    odd = _isochrones({15: 20, 30: 9})
    minutes = travel.measured_minutes(np.array([[40.0, 0.0]]), np.array([[15_000.0, 0.0]]), SITES, odd)
    assert minutes[0, 0] == 15


def test_a_size_that_was_not_measured_makes_a_wider_band() -> None:
    rows = _isochrones({60: 50})
    minutes = travel.measured_minutes(np.array([[7.0, 0.0], [70.0, 0.0]]), np.zeros((2, 2)), SITES, rows)
    assert minutes[:, 0].tolist() == [7, 60]


def test_a_point_on_the_border_of_a_polygon_is_inside() -> None:
    points = np.array([[9_000.0, 0.0], [np.nextafter(9_000.0, 1e9), 0.0]])
    minutes = travel.measured_minutes(np.full((2, 1), 90.0), points, SITES.head(1), _isochrones({15: 9, 30: 20}))
    assert minutes[:, 0].tolist() == [15, 30]


def test_what_is_not_known_stays_so_and_nothing_given_is_changed() -> None:
    points, estimated = np.array([[np.nan, np.nan], [0.0, 0.0]]), np.array([[np.nan], [90.0]])
    before = estimated.copy()
    minutes = travel.measured_minutes(estimated, points, SITES.head(1), _isochrones({15: 9}))
    np.testing.assert_array_equal(minutes, [[np.nan], [15]])
    np.testing.assert_array_equal(estimated, before)


def test_of_two_sites_in_a_commune_the_one_that_was_measured_has_the_polygons() -> None:
    twins = pd.DataFrame({"name": ["A", "B"], "commune_code": "31555", "x_m": [99.0, 5_000.0], "y_m": 0.0})
    rows = _isochrones({15: 9})
    assert len(travel.usable_isochrones(rows, twins)) == 1
    minutes = travel.measured_minutes(np.full((1, 2), 90.0), np.zeros((1, 2)), twins, rows)
    assert minutes.tolist() == [[15, 90]]
    lines = travel.reach_outlines(twins, rows, threshold=15, unit="min", rules=RULES)
    assert lines["is_measured"].tolist() == [True, False]


def test_circles_have_the_radius_asked_for() -> None:
    lines = travel.reach_outlines(SITES, ISOCHRONES.empty(), threshold=30, unit="km", rules=RULES)
    assert lines["name"].tolist() == ["A", "B"]
    assert not lines["is_measured"].any()
    x, y = lines.loc[0, "x_km"], lines.loc[0, "y_km"]
    assert (x[0], y[0]) == (x[-1], y[-1])
    np.testing.assert_allclose([math.hypot(a, b) for a, b in zip(x, y, strict=True)], 30, atol=0.1)
    assert max(lines.loc[1, "x_km"]) == pytest.approx(130)
    minutes = travel.reach_outlines(SITES, _isochrones({30: 20}), threshold=30, unit="km", rules=RULES)
    assert not minutes["is_measured"].any()


def test_nothing_in_reach_has_no_line() -> None:
    assert travel.reach_outlines(SITES, ISOCHRONES.empty(), threshold=3, unit="min", rules=RULES).empty


def test_a_hole_and_a_part_are_rings_of_their_own() -> None:
    island, hole = shapely.box(40e3, -5e3, 50e3, 5e3), shapely.box(-5e3, -5e3, 5e3, 5e3)
    shape = shapely.union(shapely.difference(shapely.box(-20e3, -20e3, 20e3, 20e3), hole), island)
    rows = _isochrones({30: 1}).assign(geometry_wkb=[shapely.to_wkb(shape)])
    line = travel.reach_outlines(SITES.head(1), rows, threshold=30, unit="min", rules=RULES).iloc[0]
    assert line["is_measured"]
    assert line["x_km"].count(None) == 2
    assert len(line["x_km"]) == len(line["y_km"])


@given(
    st.dictionaries(st.sampled_from([15, 30, 45, 60]), st.floats(1, 80), min_size=1),
    st.sampled_from([15.0, 30.0, 45.0, 60.0]) | st.floats(5, 90),
    st.floats(-90, 90),
    st.floats(-90, 90),
)
def test_the_line_is_around_what_is_within_reach(
    halves: dict[int, float], threshold: float, x_km: float, y_km: float
) -> None:
    rows, point = _isochrones(halves), np.array([[x_km * 1e3, y_km * 1e3]])
    sizes = list(travel._sizes(rows, "31555", (0.0, 0.0)))
    radius = 1e3 * travel.km_within(threshold, RULES)
    region = travel._region(sizes, (0.0, 0.0), radius, threshold)
    # On the very border, and between the circle and its 72 corners, either answer is right.
    if shapely.distance(shapely.boundary(region), shapely.Point(point[0])) < 1_000:
        return
    estimated = travel.driving_minutes(travel.crow_km(point, np.zeros((1, 2))), RULES)
    minutes = travel.measured_minutes(estimated, point, SITES.head(1), rows)[0, 0]
    assert shapely.contains_xy(region, *point[0]) == (minutes <= threshold)
