"""Where areas alike lie together: the local Moran statistic."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pandas as pd

_QUADRANTS = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}
_FEWEST_AREAS = 4
# esda draws from numpy's one generator and sets warning filters, both of the whole process: one call at a time; what
# others drew from it meanwhile would be drawn again, but nothing else of the house uses it.
_LOCK = threading.Lock()


def local_moran(
    values: pd.Series,
    neighbours: pd.DataFrame,
    *,
    permutations: int = 999,
    seed: int = 113,
    false_discovery_rate: float = 0.1,
) -> pd.Series:
    """Tell which areas stand, with those around them, apart from the rest.

    Parameters
    ----------
    values
        One value an area, indexed by ``area_code``; null ones are left out.
    neighbours
        ``area_code``, ``neighbour_code``: each pair in both directions.
    permutations, seed
        Of the values of the others, drawn for each area to see what chance gives; the same seed gives the same.
    false_discovery_rate
        The share of wrong areas accepted among those told.

    Returns
    -------
    Series
        Text, index as ``values``: ``high_high``, ``low_low`` (an area and its neighbours on the same side of the mean),
        ``low_high``, ``high_low`` (an area, then its neighbours, on opposite sides), ``none`` where chance may do as
        much; null where the value is. An area without a neighbour among those that have a value is ``none`` and takes
        no part. With fewer than four areas left, or all their values alike, all are ``none``.

    Notes
    -----
    ``I = z * (mean of the neighbours' z)``, z the standardised value: Anselin (1995), "Local indicators of spatial
    association", Geographical Analysis 27; row-standardised weights, conditional permutation. The pseudo p-value of
    ``esda.Moran_Local`` is that of the nearer tail, so chance puts it below 0.05 twice as often as it should: it is
    doubled here, and then compared with the threshold of Benjamini and Hochberg (``esda.fdr``).
    """
    known = values.dropna().astype("float64").sort_index()
    pairs = _pairs(neighbours, known.index)
    taking_part = known[known.index.isin(pairs["area_code"])]
    told = pd.Series("none", index=known.index, dtype="str")
    if len(taking_part) >= _FEWEST_AREAS and not np.allclose(taking_part, taking_part.iloc[0], rtol=1e-9, atol=1e-12):
        told.update(_quadrants(taking_part, pairs, permutations, seed, false_discovery_rate))
    return told.reindex(values.index).rename("cluster")


def _pairs(neighbours: pd.DataFrame, codes: pd.Index) -> pd.DataFrame:
    """Keep each pair of two different areas among those given once a direction."""
    area, neighbour = neighbours["area_code"], neighbours["neighbour_code"]
    kept = neighbours[area.isin(codes) & neighbour.isin(codes) & (area != neighbour)]
    return kept[["area_code", "neighbour_code"]].drop_duplicates()


def _quadrants(
    values: pd.Series, pairs: pd.DataFrame, permutations: int, seed: int, false_discovery_rate: float
) -> pd.Series:
    around = pairs.groupby("area_code")["neighbour_code"].agg(list).to_dict()
    with _LOCK, warnings.catch_warnings():
        # esda tells of its next version and of sparse matrices, libpysal of maps in several parts.
        warnings.simplefilter("ignore")
        state = np.random.get_state()
        try:
            # Over a second to import: only who asks for clusters pays.
            import esda  # noqa: PLC0415
            from libpysal.weights import W  # noqa: PLC0415

            weights = W(around, id_order=list(values.index), silence_warnings=True)
            moran = esda.Moran_Local(
                values.to_numpy(), weights, transformation="r", permutations=permutations, n_jobs=1, seed=seed
            )
            p = np.minimum(2 * moran.p_sim, 1)
            significant = p <= esda.fdr(p, false_discovery_rate)
        finally:
            np.random.set_state(state)
    quadrants = [_QUADRANTS[q] if told else "none" for q, told in zip(moran.q, significant, strict=True)]
    return pd.Series(quadrants, index=values.index, dtype="str")
