"""How far it is from a place to a site: kilometres as the crow flies, driving minutes, estimated or measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.contracts import SAME_PLACE_M, as_lines
from analytics.settings import TravelRules

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

CIRCLE_POINTS = 72
OUTLINE_DETAIL_M = 300.0


def crow_km(points: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return the kilometres from each point to each site, (n, s); NaN where either is not known.

    Parameters
    ----------
    points, sites
        (n, 2) and (s, 2), metres in Lambert-93 (EPSG:2154), whose scale is within 0.1 % of the ground's in the region.
    """
    distances: np.ndarray = np.hypot(*(points[:, None, axis] - sites[:, axis] for axis in (0, 1))) / 1_000
    return distances


def nearest_site(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cost from each place to its nearest site and which that is, both (n,); NaN and -1 where none is known.

    Of two at the same cost the first is taken.

    Parameters
    ----------
    cost
        (n, s), NaN where it is not known.
    """
    if not cost.shape[1]:
        return np.full(len(cost), np.nan), np.full(len(cost), -1)
    known = np.where(np.isnan(cost), np.inf, cost)
    least = known.min(axis=1)
    is_known = np.isfinite(least)
    return np.where(is_known, least, np.nan), np.where(is_known, known.argmin(axis=1), -1)


def driving_minutes(km: np.ndarray, rules: TravelRules) -> np.ndarray:
    """Return the driving minutes estimated for distances as the crow flies; NaN stays NaN.

    ``road = detour * km``; its first kilometres are driven at the first speed, the next at the second, and so on:
    ``minutes = 60 * sum over bands of (kilometres of road in the band) / speed``, and ``floor_minutes`` at least,
    so that a visit in the same town takes time too. Continuous, and strictly increasing beyond the floor.

    Notes
    -----
    An assumption of the settings, the same on plains and in mountains and without traffic. A detour of 1.3 is a round
    number near what was measured: 1.343 on average from homes to the centres of 300 European cities
    (doi:10.1177/23998083231168870). Boscoe, Henry and Zdeb (2012), "A nationwide comparison of driving distance versus
    straight-line distance to hospitals", The Professional Geographer 64, find straight-line distance, travel distance
    and travel time very highly correlated in the United States (r2 > 0.9), with local exceptions near
    shorelines and other physical barriers.
    """
    road = rules.detour * np.asarray(km, dtype="float64")
    starts, ends, speeds = _bands(rules)
    driven = np.clip(road[..., None], starts, ends) - starts
    minutes = 60 * (driven / speeds).sum(axis=-1)
    floored: np.ndarray = np.maximum(minutes, rules.floor_minutes)
    return floored


def km_within(minutes: float, rules: TravelRules) -> float:
    """Return how far one gets as the crow flies in so many estimated minutes, the inverse of ``driving_minutes``.

    In kilometres; 0 under the floor, where nothing is within reach.
    """
    if minutes < rules.floor_minutes:
        return 0.0
    road, left = 0.0, minutes / 60
    for start, end, speed in zip(*_bands(rules), strict=True):
        hours = min(left, (end - start) / speed)
        road, left = road + hours * speed, left - hours
    return float(road / rules.detour)


def usable_isochrones(isochrones: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the isochrones of the sites that stand where they were measured.

    Parameters
    ----------
    isochrones
        Contract ``ISOCHRONES``; a commune's are those of the site in it.
    sites
        ``commune_code, x_m, y_m`` (EPSG:2154).

    Returns
    -------
    DataFrame
        Rows of ``isochrones`` whose point is within ``SAME_PLACE_M`` of a site of their commune.
    """
    if isochrones.empty:
        return isochrones
    points = sites[["commune_code", "x_m", "y_m"]]
    pairs = isochrones.reset_index(names="row").merge(points, on="commune_code", suffixes=("", "_site"))
    is_near = np.hypot(pairs["x_m"] - pairs["x_m_site"], pairs["y_m"] - pairs["y_m_site"]) <= SAME_PLACE_M
    return isochrones.loc[isochrones.index.isin(pairs.loc[is_near, "row"])]


def measured_minutes(
    estimated: np.ndarray, points: np.ndarray, sites: pd.DataFrame, isochrones: pd.DataFrame
) -> np.ndarray:
    """Return the estimated minutes moved into the bands that the measured polygons say.

    A point in the polygon of 30 minutes and in none smaller takes more than the next smaller size, and 30 at most;
    one in none takes more than the largest. So at a measured size what is within reach is the polygon's, and between
    two sizes they are estimated within what was measured. A size that was not measured makes a wider band.

    Parameters
    ----------
    estimated
        (n, s), minutes.
    points
        (n, 2), metres (EPSG:2154).
    sites
        One a column: ``commune_code, x_m, y_m`` (EPSG:2154).
    isochrones
        Contract ``ISOCHRONES``; those of a site's commune that were measured elsewhere change nothing.
    """
    import shapely  # noqa: PLC0415 - only measured polygons need it

    minutes = estimated.copy()
    places = sites[["commune_code", "x_m", "y_m"]].itertuples(index=False, name=None)
    for column, (code, x_m, y_m) in enumerate(places):
        sizes = list(_sizes(isochrones, code, (x_m, y_m)))
        if not sizes:
            continue
        lower, upper = np.zeros(len(points)), np.full(len(points), np.inf)
        for size, polygon in reversed(sizes):
            shapely.prepare(polygon)
            is_within = shapely.intersects_xy(polygon, points[:, 0], points[:, 1])
            upper = np.where(is_within, size, upper)
            lower = np.where(is_within, lower, np.maximum(lower, size))
        own = minutes[:, column]
        minutes[:, column] = np.minimum(np.maximum(own, np.nextafter(lower, np.inf)), upper)
    return minutes


def reach_outlines(
    sites: pd.DataFrame, isochrones: pd.DataFrame, *, threshold: float, unit: str, rules: TravelRules
) -> pd.DataFrame:
    """Return the line around what is within the threshold of each site, as ``measured_minutes`` has it.

    Parameters
    ----------
    sites
        ``name, commune_code, x_m, y_m``.
    isochrones
        Contract ``ISOCHRONES``; those of a site's commune that were measured elsewhere change nothing.
    threshold, unit
        A number of ``min`` or ``km``.

    Returns
    -------
    DataFrame
        ``name, commune_code, x_km, y_km`` (closed rings, gaps None, to 100 m; polygons without details under
        ``OUTLINE_DETAIL_M``) and ``is_measured``: whether isochrones have a part in it. Without a row for a site that
        reaches nothing.
    """
    radius = 1_000 * (threshold if unit == "km" else km_within(threshold, rules))
    rows = []
    for site in sites.to_dict("records"):
        center = (float(site["x_m"]), float(site["y_m"]))
        sizes = [] if unit == "km" else list(_sizes(isochrones, str(site["commune_code"]), center))
        rings = _measured_rings(sizes, center, radius, threshold) if sizes else [_circle(center, radius)]
        x_km, y_km = as_lines(rings)
        if x_km:
            rows.append((site["name"], site["commune_code"], x_km, y_km, bool(sizes)))
    return pd.DataFrame(rows, columns=["name", "commune_code", "x_km", "y_km", "is_measured"])


def _bands(rules: TravelRules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the bands of speed begin and end, in kilometres of road, and the speeds."""
    ends = np.array([math.inf if band.up_to_km is None else band.up_to_km for band in rules.speeds])
    speeds = np.array([band.km_per_hour for band in rules.speeds])
    return np.concatenate([[0.0], ends[:-1]]), ends, speeds


def _sizes(isochrones: pd.DataFrame, code: str, place: tuple[float, float]) -> Iterator[tuple[float, BaseGeometry]]:
    """Yield the minutes measured around a place of a commune with their polygons, the larger holding the smaller."""
    import shapely  # noqa: PLC0415 - only measured polygons need it

    whole: Any = None
    # Two sites may share a commune, of which one alone stands where it was measured.
    is_here = np.hypot(isochrones["x_m"] - place[0], isochrones["y_m"] - place[1]) <= SAME_PLACE_M
    own = isochrones.loc[(isochrones["commune_code"] == code) & is_here, ["minutes", "geometry_wkb"]]
    for minutes, wkb in own.sort_values("minutes").itertuples(index=False):
        polygon = shapely.from_wkb(wkb)
        whole = polygon if whole is None else shapely.union(whole, polygon)
        yield float(minutes), whole


def _region(
    sizes: list[tuple[float, BaseGeometry]], center: tuple[float, float], radius: float, threshold: float
) -> BaseGeometry:
    """Return where ``measured_minutes`` is within the threshold."""
    import shapely  # noqa: PLC0415 - only measured polygons need it

    inner = [polygon for size, polygon in sizes if size <= threshold]
    outer = [polygon for size, polygon in sizes if size > threshold]
    lower = inner[-1] if inner else shapely.Polygon()
    if threshold in {size for size, _ in sizes}:
        return lower
    circle = shapely.Polygon(_circle(center, radius)) if radius else shapely.Polygon()
    return shapely.union(lower, shapely.intersection(outer[0], circle) if outer else circle)


def _measured_rings(
    sizes: list[tuple[float, BaseGeometry]], center: tuple[float, float], radius: float, threshold: float
) -> list[np.ndarray]:
    import shapely  # noqa: PLC0415 - only measured polygons need it

    drawn = shapely.simplify(_region(sizes, center, radius, threshold), OUTLINE_DETAIL_M)
    polygons = [part for part in shapely.get_parts(drawn) if part.geom_type == "Polygon"]
    return [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygons)]


def _circle(center: tuple[float, float], radius: float) -> np.ndarray:
    """Return the points of a closed circle, (n, 2); none without a radius."""
    if not radius:
        return np.empty((0, 2))
    angles = np.linspace(0, 2 * math.pi, CIRCLE_POINTS + 1)
    return np.column_stack([center[0] + radius * np.cos(angles), center[1] + radius * np.sin(angles)])
