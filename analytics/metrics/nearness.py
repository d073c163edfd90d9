"""How far firms and communes are from the nearest antenna, as the crow flies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.metrics.travel import crow_km, nearest_site


def nearest_antenna(firms: pd.DataFrame, *, antennas: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    """Return the firms with ``nearest_antenna`` (its name) and ``antenna_km``.

    Parameters
    ----------
    firms
        With ``commune_code``, ``x_m``, ``y_m`` (EPSG:2154, metres); a firm without position stands at the town hall
        of its commune.
    antennas
        Columns of ``ANTENNAS``.
    communes
        Columns of ``COMMUNES``.

    Notes
    -----
    Euclidean distance in Lambert-93, whose scale is within 0.1 % of the ground's in the region. Without an antenna
    both columns are null; of two antennas at the same distance, the first by the order of the table is taken.
    """
    # Antennas are few: a table of all is as quick as a tree, and a tree finds any one of two that are equally near.
    distance_km, which = nearest_site(crow_km(points_of(firms, communes), antennas[["x_m", "y_m"]].to_numpy("float64")))
    return firms.assign(nearest_antenna=names_of(which, antennas["name"], index=firms.index), antenna_km=distance_km)


def names_of(which: np.ndarray, names: pd.Series, *, index: pd.Index) -> pd.Series:
    """Return the names at these places, null at -1."""
    known = names.to_numpy(dtype="object")
    return pd.Series([known[place] if place >= 0 else None for place in which], index=index, dtype="str")


def points_of(firms: pd.DataFrame, communes: pd.DataFrame) -> np.ndarray:
    """Return where each firm stands, (n, 2) in metres (EPSG:2154): at the town hall where it has no position."""
    halls = communes.set_index("commune_code")[["x_m", "y_m"]].reindex(firms["commune_code"]).to_numpy(dtype="float64")
    own = firms[["x_m", "y_m"]].to_numpy(dtype="float64")
    points: np.ndarray = np.where(np.isnan(own).any(axis=1, keepdims=True), halls, own)
    return points
