"""Expected members by indirect standardisation: what an area's firms would give at the region's rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

_ANY = "*"


def strata_of(marked: pd.DataFrame, *, thin_below: int = 50) -> pd.Series:
    """Return the stratum of each firm, thin ones pooled.

    Parameters
    ----------
    marked
        Firms with ``segment`` and ``size_class``.
    thin_below
        A stratum of fewer firms than this is thin: its rate would hang on a member or two.

    Returns
    -------
    Series
        ``"segment:size_class"``; ``"*:size_class"`` for the thin strata of one size class, pooled over segments;
        ``"*:*"`` for what belongs to a pool that is itself thin. Size comes before segment because membership depends
        on it most. The last pool is as large as what is left, be it thin. Index as ``marked``.
    """
    cell, cells = _cells(marked, thin_below=thin_below)
    return pd.Series(cells["stratum"].to_numpy(dtype="object")[cell], index=marked.index, dtype="str", name="stratum")


def expected_by_firm(marked: pd.DataFrame, *, thin_below: int = 50) -> pd.Series:
    """Return the membership rate, in the region, of each firm's stratum: the members to expect of it, 0 to 1.

    Parameters
    ----------
    marked
        Firms of the whole region with ``segment``, ``size_class`` and ``is_member``.
    thin_below
        See ``strata_of``, which states how strata are pooled.

    Returns
    -------
    Series
        ``members of the stratum / firms of the stratum``, float, index as ``marked``; over all the firms it adds up to
        the number of members. Summed over an area's firms it is the area's expected members.

    Notes
    -----
    Indirect standardisation: Breslow and Day (1987), "Statistical methods in cancer research" II, IARC, section 2.3.
    """
    cell, cells = _cells(marked, thin_below=thin_below)
    members = np.bincount(cell, weights=marked["is_member"].to_numpy(dtype="float64"), minlength=len(cells))
    sums = cells.assign(members=members).groupby("stratum")[["members", "firms"]].transform("sum")
    rates = (sums["members"] / sums["firms"]).to_numpy(dtype="float64")
    return pd.Series(rates[cell], index=marked.index, name="expected_members")


def _cells(marked: pd.DataFrame, *, thin_below: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the number of each firm's segment-by-size cell, and the cells: ``segment, size_class, firms, stratum``."""
    segment, segments = pd.factorize(marked["segment"])
    size, sizes = pd.factorize(marked["size_class"])
    place = segment * len(sizes) + size
    firms = np.bincount(place, minlength=len(segments) * len(sizes))
    cells = pd.DataFrame(
        {
            "segment": np.repeat(np.asarray(segments, dtype="object"), len(sizes)),
            "size_class": np.tile(np.asarray(sizes, dtype="object"), len(segments)),
            "firms": firms,
        }
    )[firms > 0]
    return (np.cumsum(firms > 0) - 1)[place], cells.assign(stratum=_pooled(cells, thin_below=thin_below))


def _pooled(cells: pd.DataFrame, *, thin_below: int) -> np.ndarray:
    thin = cells["firms"] < thin_below
    pool = cells["firms"].where(thin, 0).groupby(cells["size_class"]).transform("sum")
    names: np.ndarray = np.select(
        [~thin, pool >= thin_below],
        [cells["segment"] + ":" + cells["size_class"], _ANY + ":" + cells["size_class"]],
        f"{_ANY}:{_ANY}",
    )
    return names
