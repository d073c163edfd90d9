"""How firms and areas stand: strata, distances and counts by hand; areas without firms, firms without antennas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, gamma, nbinom, poisson

from analytics.metrics.clusters import local_moran
from analytics.metrics.ratios import fit_gamma
from analytics.metrics.standing import clusters_of, compare_areas, stand

Firm = tuple[str, str, str, float, float | None]
EAST, WEST, EMPTY = "200000001", "200000002", "200000003"
ANTENNAS = pd.DataFrame({"name": ["Toulouse", "Albi"], "x_m": [0.0, 100_000.0], "y_m": [0.0, 0.0]}).astype(
    {"name": "str"}
)
COMMUNES = pd.DataFrame(
    {"commune_code": ["31555", "81004"], "x_m": [6_000.0, 100_000.0], "y_m": [8_000.0, 5_000.0]}
).astype({"commune_code": "str"})


def _firms(rows: list[Firm]) -> pd.DataFrame:
    """Return firms from ``epci_code, segment, size_code, jobs_estimate, x_m``; without ``x_m`` at the town hall."""
    types = {"epci_code": "str", "segment": "str", "size_code": "str", "jobs_estimate": "float64", "x_m": "float64"}
    table = pd.DataFrame(rows, columns=list(types)).astype(types)
    return table.assign(
        siren=pd.Series([f"{i:09d}" for i in range(len(table))], dtype="str"),
        commune_code=table["epci_code"].map({EAST: "81004", WEST: "31555"}).astype("str"),
        department_code=table["epci_code"].map({EAST: "81", WEST: "31"}).astype("str"),
        y_m=table["x_m"].where(table["x_m"].isna(), 0.0),
    )


def _stand(rows: list[Firm], members: list[int], antennas: pd.DataFrame = ANTENNAS) -> pd.DataFrame:
    sirens = [f"{i:09d}" for i in members]
    return stand(_firms(rows), member_sirens=sirens, antennas=antennas, communes=COMMUNES)


# Sixty firms of software without employees, 3 of them members (5 %), and fifty of data with 1.5 jobs, 10 of them
# members (20 %). In the west are 40 of the former and 10 of the latter, 12 of these fifty nearer to Albi; in the east
# are the others, two of the former without a position.
ROWS: list[Firm] = [
    *[(WEST, "software", "00", 0.0, 3_000.0)] * 38,
    *[(WEST, "software", "00", 0.0, 90_000.0)] * 2,
    *[(EAST, "software", "00", 0.0, 97_000.0)] * 18,
    *[(EAST, "software", "00", 0.0, None)] * 2,
    *[(WEST, "data", "01", 1.5, 80_000.0)] * 10,
    *[(EAST, "data", "01", 1.5, 100_000.0)] * 40,
]
# Two of the west's software and one of the east's; one of the west's data and nine of the east's.
MEMBERS = [0, 1, 40, 60, *range(70, 79)]


@pytest.fixture(scope="module")
def standing() -> pd.DataFrame:
    return _stand(ROWS, MEMBERS)


def test_each_firm_by_hand(standing: pd.DataFrame) -> None:
    assert np.flatnonzero(standing["is_member"]).tolist() == MEMBERS
    assert standing["member_jobs"].sum() == pytest.approx(10 * 1.5)
    assert standing["size_class"].tolist() == ["0"] * 60 + ["1-9"] * 50
    assert standing["segment_size"].tolist() == ["software:0"] * 60 + ["data:1-9"] * 50
    # 3 of 60 and 10 of 50.
    assert standing["expected_members"].tolist() == pytest.approx([0.05] * 60 + [0.2] * 50)
    # Along the line between the two, and from the town hall 5 km north of the second.
    assert standing["nearest_antenna"].tolist() == ["Toulouse"] * 38 + ["Albi"] * 72
    assert standing["antenna_km"].tolist() == pytest.approx(
        [3] * 38 + [10] * 2 + [3] * 18 + [5] * 2 + [20] * 10 + [0] * 40
    )


def test_nothing_given_is_changed_and_no_firm_is_no_error() -> None:
    firms = _firms(ROWS)
    before = firms.copy()
    stand(firms, member_sirens=[], antennas=ANTENNAS, communes=COMMUNES)
    pd.testing.assert_frame_equal(firms, before)
    nobody = stand(firms.head(0), member_sirens=[], antennas=ANTENNAS, communes=COMMUNES)
    assert nobody.empty
    compared = compare_areas(nobody, level="epci", areas=[EAST])
    assert compared["firms"].tolist() == [0]
    assert compared["verdict"].tolist() == ["empty"]


def test_areas_by_hand(standing: pd.DataFrame) -> None:
    compared = compare_areas(standing, level="epci", areas=[EMPTY, WEST, EAST])
    assert compared["area_code"].tolist() == [EMPTY, WEST, EAST]
    assert compared["firms"].tolist() == [0, 50, 60]
    assert compared["members"].tolist() == [0, 3, 10]
    assert compared["jobs_estimate"].tolist() == pytest.approx([0, 15, 60])
    assert compared["member_jobs"].tolist() == pytest.approx([0, 1.5, 13.5])
    # 40 x 0.05 + 10 x 0.2, and 20 x 0.05 + 40 x 0.2.
    assert compared["expected_members"].tolist() == pytest.approx([0, 4, 9])
    assert compared["ratio"].tolist() == pytest.approx([np.nan, 3 / 4, 10 / 9], nan_ok=True)
    assert compared["verdict"].tolist() == ["empty", "inconclusive", "inconclusive"]


def test_areas_that_show_no_spread_keep_limits_of_their_own(standing: pd.DataFrame) -> None:
    compared = compare_areas(standing, level="epci", areas=[EMPTY, WEST, EAST])
    assert fit_gamma(np.array([3, 10]), np.array([4.0, 9.0])) is None
    # The mean is 13 of 13. From the west's (shape + 3) / (shape + 4) follows the shape.
    west = compared["ratio_shrunk"].iloc[1]
    shape = (4 * west - 3) / (1 - west)
    o, e = np.array([0, 3, 10]), np.array([0, 4, 9])
    assert compared["ratio_shrunk"].tolist() == pytest.approx(((shape + o) / (shape + e)).tolist())
    posterior = gamma(shape + o, scale=1 / (shape + e))
    assert compared["ratio_low"].tolist() == pytest.approx(posterior.ppf(0.05).tolist())
    assert compared["ratio_high"].tolist() == pytest.approx(posterior.ppf(0.95).tolist())
    assert compared["members_missing"].tolist() == pytest.approx((e * (e - o) / (shape + e)).tolist())
    # At that shape both counts together are less likely than without a spread by half of 0.455, the median of a
    # chi-squared of one degree of freedom.
    seen = slice(1, 3)
    with_spread = nbinom.logpmf(o[seen], shape, shape / (shape + e[seen])).sum()
    assert 2 * (poisson.logpmf(o[seen], e[seen]).sum() - with_spread) == pytest.approx(chi2(1).median(), abs=1e-6)


def test_the_antenna_of_an_area_is_that_of_most_of_its_firms_and_the_distance_a_mean(standing: pd.DataFrame) -> None:
    compared = compare_areas(standing, level="epci", areas=[EMPTY, WEST, EAST])
    # In the west 38 firms are nearest to Toulouse and 12 to Albi.
    assert compared["nearest_antenna"].tolist()[1:] == ["Toulouse", "Albi"]
    assert compared["antenna_km"].tolist()[1:] == pytest.approx(
        [(38 * 3 + 2 * 10 + 10 * 20) / 50, (18 * 3 + 2 * 5) / 60]
    )
    assert compared.loc[0, ["nearest_antenna", "antenna_km"]].isna().all()


def test_areas_of_antennas_by_hand(standing: pd.DataFrame) -> None:
    compared = compare_areas(standing, level="antenna", areas=["Albi", "Mende", "Toulouse"])
    assert compared["firms"].tolist() == [72, 0, 38]
    assert compared["members"].tolist() == [11, 0, 2]
    # 22 x 0.05 + 50 x 0.2, and 38 x 0.05.
    assert compared["expected_members"].tolist() == pytest.approx([11.1, 0, 1.9])
    assert compared["nearest_antenna"].isna().tolist() == [False, True, False]
    assert compared["nearest_antenna"].tolist()[::2] == ["Albi", "Toulouse"]
    assert compared["antenna_km"].tolist() == pytest.approx(
        [(2 * 10 + 18 * 3 + 2 * 5 + 10 * 20) / 72, np.nan, 3], nan_ok=True
    )


@pytest.mark.parametrize(
    ("level", "areas", "firms"),
    [
        ("department", ["31", "81"], [50, 60]),
        ("commune", ["31555", "81004"], [50, 60]),
        ("segment", ["data", "software"], [50, 60]),
        ("segment_size", ["data:1-9", "software:0", "data:0"], [50, 60, 0]),
    ],
)
def test_other_levels_add_up_the_same_firms(
    standing: pd.DataFrame, level: str, areas: list[str], firms: list[int]
) -> None:
    compared = compare_areas(standing, level=level, areas=areas)
    assert compared["firms"].tolist() == firms
    assert compared["members"].sum() == compared["expected_members"].sum() == pytest.approx(13)


def test_a_part_of_the_firms_keeps_the_expectation_of_all(standing: pd.DataFrame) -> None:
    software = standing[standing["segment"] == "software"]
    compared = compare_areas(software, level="epci", areas=[WEST, EAST])
    assert compared["expected_members"].tolist() == pytest.approx([40 * 0.05, 20 * 0.05])
    assert compared["antenna_km"].tolist() == pytest.approx([(38 * 3 + 2 * 10) / 40, (18 * 3 + 2 * 5) / 20])


def test_an_area_of_two_antennas_with_as_many_firms_has_the_first_by_name() -> None:
    rows: list[Firm] = [(WEST, "data", "01", 1.5, 1_000.0), (WEST, "data", "01", 1.5, 99_000.0)]
    compared = compare_areas(_stand(rows, []), level="epci", areas=[WEST])
    assert compared["nearest_antenna"].tolist() == ["Albi"]
    assert compared["antenna_km"].tolist() == pytest.approx([1])


def test_without_antennas_all_is_counted_and_no_distance_known() -> None:
    standing = _stand(ROWS, MEMBERS, ANTENNAS.head(0))
    assert standing[["nearest_antenna", "antenna_km"]].isna().all(axis=None)
    compared = compare_areas(standing, level="epci", areas=[WEST, EAST])
    assert compared["members"].tolist() == [3, 10]
    assert compared[["nearest_antenna", "antenna_km"]].isna().all(axis=None)
    assert (str(compared["nearest_antenna"].dtype), str(compared["antenna_km"].dtype)) == ("str", "float64")
    by_antenna = compare_areas(standing, level="antenna", areas=["Albi"])
    assert by_antenna["firms"].tolist() == [0]


def test_a_firm_without_position_and_town_hall_counts_but_in_the_distance() -> None:
    firms = _firms([(WEST, "data", "01", 1.5, 4_000.0), (WEST, "data", "01", 1.5, None)])
    standing = stand(firms, member_sirens=["000000001"], antennas=ANTENNAS, communes=COMMUNES.tail(1))
    compared = compare_areas(standing, level="epci", areas=[WEST]).iloc[0]
    assert (compared["firms"], compared["members"]) == (2, 1)
    assert (compared["nearest_antenna"], compared["antenna_km"]) == ("Toulouse", 4)


def test_a_firm_without_epci_is_in_none_but_in_the_rates() -> None:
    firms = _firms([(WEST, "data", "01", 1.5, 4_000.0), (WEST, "data", "01", 1.5, 5_000.0)])
    firms.loc[1, "epci_code"] = np.nan
    standing = stand(firms, member_sirens=["000000001"], antennas=ANTENNAS, communes=COMMUNES)
    compared = compare_areas(standing, level="epci", areas=[WEST, EAST])
    assert compared["firms"].tolist() == [1, 0]
    assert compared["expected_members"].tolist() == pytest.approx([0.5, 0])


# --- clusters --------------------------------------------------------------------------------------------------------


def _grid(side: int) -> pd.DataFrame:
    """Return the neighbours, by edges, of a square of areas."""
    steps = ((1, 0), (0, 1), (-1, 0), (0, -1))
    pairs = [(r, c, r + i, c + j) for r in range(side) for c in range(side) for i, j in steps]
    inside = [(f"{r}{c}", f"{a}{b}") for r, c, a, b in pairs if 0 <= a < side and 0 <= b < side]
    return pd.DataFrame(inside, columns=["area_code", "neighbour_code"]).astype("str")


def _compared(side: int) -> pd.DataFrame:
    """Return a square of areas with ratios about one, a low corner, and one area without a firm."""
    codes = [f"{r}{c}" for r in range(side) for c in range(side)]
    noise = np.random.default_rng(113).normal(0, 0.05, len(codes))
    corner = [0.6 * (int(code[0]) < 3 and int(code[1]) < 3) for code in codes]
    table = pd.DataFrame({"area_code": codes, "firms": 10, "ratio_shrunk": 1 + noise - corner})
    table.loc[table["area_code"] == "77", ["firms", "ratio_shrunk"]] = [0, 40.0]
    return table.set_index(pd.RangeIndex(500, 500 + len(table)))


def test_clusters_lie_where_ratios_do_and_an_area_without_a_firm_takes_no_part() -> None:
    compared, neighbours = _compared(8), _grid(8)
    clusters = clusters_of(compared, neighbours)
    assert clusters.index.equals(compared.index)
    told = clusters.set_axis(compared["area_code"])
    assert told[["01", "10", "11"]].tolist() == ["low_low"] * 3
    assert "low_low" not in set(told[["55", "56", "65", "66"]])
    assert pd.isna(told["77"])
    # Its ratio of 40 would have drawn the mean of all to itself: it is as if it were not there.
    without = compared[compared["firms"] > 0].set_index("area_code")["ratio_shrunk"]
    pd.testing.assert_series_equal(told.drop("77"), local_moran(without, neighbours), check_names=False)


def test_areas_none_of_which_has_a_firm_have_no_cluster() -> None:
    assert clusters_of(_compared(8).assign(firms=0), _grid(8)).isna().all()
