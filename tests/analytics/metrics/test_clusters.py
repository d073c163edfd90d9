"""Clusters: the statistic computed here a second time, islands, and the same seed giving the same."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from analytics.metrics.clusters import local_moran

SIDE = 8


def _grid(side: int = SIDE) -> pd.DataFrame:
    """Return the neighbours of a square of areas, by their edges."""
    pairs = []
    for row in range(side):
        for column in range(side):
            for other_row, other_column in ((row + 1, column), (row, column + 1)):
                if other_row < side and other_column < side:
                    pairs.append((f"{row}{column}", f"{other_row}{other_column}"))
    return pd.DataFrame(pairs + [pair[::-1] for pair in pairs], columns=["area_code", "neighbour_code"])


def _values(seed: int = 1) -> pd.Series:
    """Return noise around one with a low corner and a high one."""
    rng = np.random.default_rng(seed)
    codes = [f"{row}{column}" for row in range(SIDE) for column in range(SIDE)]
    corner = [-1 if int(c[0]) + int(c[1]) <= 3 else int(int(c[0]) + int(c[1]) >= 11) for c in codes]
    return pd.Series(1 + 0.6 * np.array(corner) + rng.normal(0, 0.05, len(codes)), index=codes)


def _by_hand(values: pd.Series, neighbours: pd.DataFrame, draws: int) -> tuple[pd.Series, pd.Series]:
    """Return I of each area, and its two-sided pseudo p-value under draws of its own."""
    z = (values - values.mean()) / values.std(ddof=0)
    around = neighbours.groupby("area_code")["neighbour_code"].agg(list)
    rng = np.random.default_rng(7)
    statistic, p = {}, {}
    for code in values.index:
        others = z.drop(code).to_numpy()
        statistic[code] = z[code] * z[around[code]].mean() * (len(z) - 1) / (z**2).sum()
        drawn = np.array([rng.choice(others, len(around[code]), replace=False).mean() for _ in range(draws)])
        scaled = z[code] * drawn * (len(z) - 1) / (z**2).sum()
        larger = (scaled >= statistic[code]).sum()
        p[code] = min(1, 2 * (min(larger, draws - larger) + 1) / (draws + 1))
    return pd.Series(statistic), pd.Series(p)


def test_the_statistic_is_that_of_the_paper() -> None:
    values, neighbours = _values(), _grid()
    told = local_moran(values, neighbours)
    statistic, p = _by_hand(values, neighbours, 999)
    assert told["11"] == "low_low"
    assert told["66"] == "high_high"
    same_side = told.isin(["low_low", "high_high"])
    assert (statistic[same_side] > 0).all()
    assert (statistic[told.isin(["low_high", "high_low"])] < 0).all()
    # Two sets of draws: what one tells, the other finds rare.
    assert (p[told != "none"] < 0.03).all()
    assert (told[p > 0.1] == "none").all()


def test_esda_has_the_same_statistic_and_a_p_value_of_one_tail() -> None:
    values, neighbours = _values().sort_index(), _grid()
    statistic, p = _by_hand(values, neighbours, 999)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esda  # noqa: PLC0415
        from libpysal.weights import W  # noqa: PLC0415

        around = neighbours.groupby("area_code")["neighbour_code"].agg(list).to_dict()
        moran = esda.Moran_Local(values.to_numpy(), W(around, id_order=list(values.index)), permutations=999, seed=113)
    assert moran.Is.tolist() == pytest.approx(statistic.tolist())
    assert moran.p_sim.max() <= 0.5 + 1e-3
    both_tails = np.minimum(2 * moran.p_sim, 1)
    assert both_tails == pytest.approx(p.to_numpy(), abs=0.2)
    # Those told are those that Benjamini and Hochberg reject, here by another hand.
    rejected = multipletests(both_tails, alpha=0.1, method="fdr_bh")[0]
    assert (local_moran(values, neighbours) != "none").tolist() == rejected.tolist()
    assert 0 < rejected.sum() < len(rejected)


def test_the_statistic_of_four_areas_in_a_row() -> None:
    # Mean 1, so -1, -1, 0 and 2 off it, squares of mean 6 / 4. esda divides by n - 1: 3 / 4 of the paper's.
    pairs = [("a", "b"), ("b", "c"), ("c", "d")]
    neighbours = pd.DataFrame(pairs + [pair[::-1] for pair in pairs], columns=["area_code", "neighbour_code"])
    statistic, _ = _by_hand(pd.Series({"a": 0.0, "b": 0.0, "c": 1.0, "d": 3.0}), neighbours, 9)
    # -1 beside -1, -1 beside (-1 + 0) / 2, 0 beside what it may, and 2 beside 0.
    assert statistic.tolist() == pytest.approx([1 / 1.5 * 0.75, 0.5 / 1.5 * 0.75, 0, 0])


def test_an_area_against_its_neighbours() -> None:
    values = _values()
    values["11"] = 2.5
    assert local_moran(values, _grid())["11"] == "high_low"


def test_noise_has_no_cluster() -> None:
    told = [
        local_moran(_values(seed).sample(frac=1, random_state=seed).set_axis(_values().index), _grid())
        for seed in (3, 4)
    ]
    assert sum((one != "none").sum() for one in told) <= 2


def test_the_same_seed_gives_the_same_whatever_the_order_and_what_was_drawn_before() -> None:
    values, neighbours = _values(), _grid()
    first = local_moran(values, neighbours)
    np.random.seed(5)
    following = np.random.random(3)
    np.random.seed(5)
    again = local_moran(values.sample(frac=1, random_state=2), neighbours.sample(frac=1, random_state=3))
    pd.testing.assert_series_equal(again.sort_index(), first.sort_index())
    assert np.random.random(3).tolist() == following.tolist()


def test_no_warning_and_no_filter_is_left_behind() -> None:
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        local_moran(_values(), _grid())
        assert warnings.filters == filters
    assert not told
    assert warnings.filters == before


def test_islands_and_unknown_values_take_no_part() -> None:
    values, neighbours = _values(), _grid()
    alone = pd.Series({"alone": 99.0, "unknown": np.nan})
    told = local_moran(pd.concat([values, alone]), neighbours)
    assert told["alone"] == "none"
    assert pd.isna(told["unknown"])
    pd.testing.assert_series_equal(told.drop(["alone", "unknown"]), local_moran(values, neighbours))
    # An area whose only neighbours have no value becomes an island.
    cut = values.copy()
    cut[["01", "10"]] = np.nan
    told = local_moran(cut, neighbours)
    assert told["00"] == "none"
    assert told[["01", "10"]].isna().all()


def test_too_few_areas_and_constant_values_have_no_cluster() -> None:
    neighbours = _grid(2)
    assert local_moran(pd.Series({"00": 1.0, "01": 2.0, "10": 5.0}), neighbours).tolist() == ["none"] * 3
    assert set(local_moran(pd.Series(0.3, index=_values().index), _grid())) == {"none"}
    assert local_moran(pd.Series(dtype="float64"), _grid()).empty
    assert local_moran(pd.Series({"00": np.nan}), _grid()).isna().all()
