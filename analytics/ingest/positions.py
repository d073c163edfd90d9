"""Positions in Lambert-93 (EPSG:2154, metres): are they near their commune, and where are they on the globe?"""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

Metres = npt.NDArray[np.float64]


def are_near_commune(
    x_m: Metres, y_m: Metres, commune_codes: pd.Series, *, contours: gpd.GeoDataFrame, allowed_m: float
) -> npt.NDArray[np.bool_]:
    """Return whether each point lies in its commune or at most ``allowed_m`` metres outside.

    Parameters
    ----------
    x_m, y_m
        Positions, EPSG:2154; NaN where there is none, which is near nothing.
    commune_codes
        The commune of each; one without a contour is near its points: nothing speaks against them.
    contours
        ``area_code, geometry`` in EPSG:2154.
    allowed_m
        Metres.
    """
    is_point = np.isfinite(x_m) & np.isfinite(y_m)
    areas = contours.set_index("area_code")["geometry"].reindex(commune_codes[is_point].to_numpy()).to_numpy()
    points = shapely.points(x_m[is_point], y_m[is_point])
    near = is_point.copy()
    near[is_point] = shapely.is_missing(areas) | shapely.dwithin(points, areas, allowed_m)
    return near


def to_longitude_latitude(x_m: Metres, y_m: Metres) -> tuple[Metres, Metres]:
    """Return WGS84 degrees of Lambert-93 positions; NaN stays NaN."""
    longitude, latitude = np.full(len(x_m), np.nan), np.full(len(x_m), np.nan)
    known = np.isfinite(x_m) & np.isfinite(y_m)
    longitude[known], latitude[known] = _to_wgs84().transform(x_m[known], y_m[known])
    return longitude, latitude


@cache
def _to_wgs84() -> Transformer:
    return Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)
