"""How far firms and communes are from the nearest antenna, as the crow flies."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
    distance_m, which = _nearest(points_of(firms, communes), antennas[["x_m", "y_m"]].to_numpy(dtype="float64"))
    names = antennas["name"].to_numpy(dtype="object")
    found = [names[i] if i >= 0 else None for i in which]
    return firms.assign(nearest_antenna=pd.Series(found, index=firms.index, dtype="str"), antenna_km=distance_m / 1_000)


def points_of(firms: pd.DataFrame, communes: pd.DataFrame) -> np.ndarray:
    """Return where each firm stands, (n, 2) in metres (EPSG:2154): at the town hall where it has no position."""
    halls = communes.set_index("commune_code")[["x_m", "y_m"]].reindex(firms["commune_code"]).to_numpy(dtype="float64")
    own = firms[["x_m", "y_m"]].to_numpy(dtype="float64")
    points: np.ndarray = np.where(np.isnan(own).any(axis=1, keepdims=True), halls, own)
    return points


def _nearest(points: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each point to its nearest target and which that is; NaN and -1 where there is none."""
    distance, which = np.full(len(points), np.nan), np.full(len(points), -1)
    known = np.isfinite(points).all(axis=1)
    if len(targets):
        # Antennas are few: a table of all is as quick as a tree, and a tree finds any one of two that are equally near.
        squares = ((points[known][:, None, :] - targets) ** 2).sum(axis=2)
        distance[known], which[known] = np.sqrt(squares.min(axis=1)), squares.argmin(axis=1)
    return distance, which
