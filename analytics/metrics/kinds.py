"""Which of four kinds a town is, each calling for its own action: recruit, open, learn, leave."""

from __future__ import annotations

import numpy as np
import pandas as pd


def kind_of(towns: pd.DataFrame, *, near_km: float) -> pd.Series:
    """Return the kind of each area by its verdict and its distance from our antennas.

    Parameters
    ----------
    towns
        ``verdict``, as ``ratios.standardise`` returns it; ``antenna_km``, the distance to the nearest antenna in
        kilometres, null where not known.
    near_km
        Up to which distance an antenna is near, itself included, in kilometres.

    Returns
    -------
    Series
        ``kind``, text, index as ``towns``: ``recruit`` where fewer members than expected are near an antenna, ``open``
        where they are far from any; ``learn`` where more than expected are near, ``leave`` where they are far. Null
        where the verdict is ``inconclusive``, ``too_small`` or ``empty``: chance calls for no action; and where the
        distance is not known.
    """
    is_under, is_over = towns["verdict"] == "under", towns["verdict"] == "over"
    is_near, is_far = towns["antenna_km"] <= near_km, towns["antenna_km"] > near_km
    kinds = np.select(
        [is_under & is_near, is_under & is_far, is_over & is_near, is_over & is_far],
        ["recruit", "open", "learn", "leave"],
        "",
    )
    return pd.Series(kinds, index=towns.index, dtype="str", name="kind").where(kinds != "")
