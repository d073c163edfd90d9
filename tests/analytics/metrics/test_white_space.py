"""White space: expected members and what catching up adds, by hand and by properties; the edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import false_discovery_control, nbinom, poisson

from analytics.metrics.ratios import SMALLEST_EXPECTED, standardise
from analytics.metrics.white_space import upper_quartile, white_space

SEGMENTS = ["software", "data", "trade"]
SIZES = ["0", "1-9", "250+"]
COLUMNS = [
    *["segment", "size_class", "firms", "members", "jobs_estimate", "member_jobs"],
    *["firm_penetration_pct", "job_penetration_pct", "expected_members", "ratio", "ratio_shrunk", "members_missing"],
    *["p_value", "q_value", "verdict", "segment_verdict"],
]
NO_DUES = pd.Series(dtype="float64")

Firm = tuple[str, str, bool, float]


def _marked(rows: list[Firm]) -> pd.DataFrame:
    columns = {"segment": "str", "size_class": "str", "is_member": "bool", "jobs_estimate": "float64"}
    table = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    return table.assign(member_jobs=table["jobs_estimate"].where(table["is_member"], 0.0))


def _firms(segment: str, size: str, *, firms: int, members: int, jobs: float = 2.0) -> list[Firm]:
    return [(segment, size, i < members, jobs) for i in range(firms)]


def _cells(marked: pd.DataFrame, region: pd.DataFrame | None = None) -> pd.DataFrame:
    return white_space(marked, region=marked if region is None else region, segments=SEGMENTS, sizes=SIZES)


def _added(marked: pd.DataFrame, region: pd.DataFrame | None = None, dues_eur: pd.Series | None = None) -> pd.DataFrame:
    region = marked if region is None else region
    return upper_quartile(
        _cells(marked, region), region_cells=_cells(region), dues_eur=NO_DUES if dues_eur is None else dues_eur
    )


def _shrunk_by_hand(o: np.ndarray, e: np.ndarray) -> np.ndarray:
    """Return ratios shrunk once: SciPy's negative binomial, its likelihood climbed without a gradient."""

    def badness(logs: np.ndarray) -> float:
        mean, shape = np.exp(logs)
        return -float(nbinom.logpmf(o, shape, shape / (shape + mean * e)).sum())

    common = o.sum() / e.sum()
    bounds = [(-10, 10), (math.log(0.05), math.log(1e6))]
    corners = [np.array([(0, 0), (0.3, 0), (0, 1)]) + np.log([common, shape]) for shape in (0.5, 5, 50)]
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2_000}
    fits = [
        minimize(badness, at[0], method="Nelder-Mead", bounds=bounds, options={**options, "initial_simplex": at})
        for at in corners
    ]
    best = min(fits, key=lambda fit: fit.fun)
    if best.fun >= -poisson.logpmf(o, common * e).sum() - 1e-6:
        return np.full(len(o), common)
    mean, shape = np.exp(best.x)
    shrunk: np.ndarray = (shape + o) / (shape / mean + e)
    return shrunk


def _shrunk_twice_by_hand(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the shrunk ratio of the segment of each cell, and of the cell; in none are fewer than ln 10 expected."""
    assert (cells["expected_members"] >= SMALLEST_EXPECTED).all()
    segment = cells["segment"].to_numpy()
    o, e = cells["members"].to_numpy(), cells["expected_members"].to_numpy()
    names = np.unique(segment)
    of_each = _shrunk_by_hand(*(np.array([of[segment == name].sum() for name in names]) for of in (o, e)))
    of_segment = of_each[np.searchsorted(names, segment)]
    return of_segment, of_segment * _shrunk_by_hand(o, of_segment * e)


# Size 0: 1 member of 10 firms. Size 1-9: 4 members of 8 firms.
BY_HAND = _marked(
    [
        *_firms("data", "0", firms=6, members=0, jobs=0),
        *_firms("software", "1-9", firms=5, members=3, jobs=4),
        *_firms("software", "0", firms=4, members=1, jobs=0),
        *_firms("trade", "1-9", firms=3, members=1, jobs=6),
    ]
)


def test_cells_by_hand() -> None:
    cells = _cells(BY_HAND)
    assert cells.columns.tolist() == COLUMNS
    pairs = [("software", "0"), ("software", "1-9"), ("data", "0"), ("trade", "1-9")]
    assert list(zip(cells["segment"], cells["size_class"], strict=True)) == pairs
    assert cells["firms"].tolist() == [4, 5, 6, 3]
    assert cells["members"].tolist() == [1, 3, 0, 1]
    assert cells["jobs_estimate"].tolist() == [0, 20, 0, 18]
    assert cells["member_jobs"].tolist() == [0, 12, 0, 6]
    assert cells["firm_penetration_pct"].tolist() == pytest.approx([25, 60, 0, 100 / 3])
    assert cells["job_penetration_pct"].tolist() == pytest.approx([np.nan, 60, np.nan, 100 / 3], nan_ok=True)
    # Firms times the rate of the size: 1/10 and 4/8.
    assert cells["expected_members"].tolist() == pytest.approx([0.4, 2.5, 0.6, 1.5])
    assert cells["ratio"].tolist() == pytest.approx([2.5, 1.2, 0, 2 / 3])
    # 4 members of 2.9 expected, 0 of 0.6, 1 of 1.5: chance may do as much, and 5 of 5 are there in all.
    assert cells["ratio_shrunk"].tolist() == pytest.approx([1] * 4)
    assert cells["members_missing"].tolist() == pytest.approx([0] * 4)
    # Of a segment with 2.3 expected or more something may be told: of software, 0.4 + 2.5; not of 0.6 or 1.5.
    assert cells["segment_verdict"].tolist() == ["inconclusive", "inconclusive", "too_small", "too_small"]


def test_a_selection_is_measured_at_the_rates_of_the_region() -> None:
    cells = _cells(BY_HAND[BY_HAND["segment"] == "software"], BY_HAND)
    assert cells["firms"].tolist() == [4, 5]
    assert cells["expected_members"].tolist() == pytest.approx([0.4, 2.5])


def test_a_segment_that_lacks_members_at_its_size_is_told() -> None:
    # 32 members of 200 firms: 16 are expected of each hundred, and 2 or 30 are there.
    cells = _cells(
        _marked([*_firms("software", "1-9", firms=100, members=30), *_firms("trade", "1-9", firms=100, members=2)])
    )
    assert cells["expected_members"].tolist() == pytest.approx([16, 16])
    # exp(-16) (1 + 16 + 128 / 2), the last half of 16^2 / 2.
    assert cells["p_value"].iloc[1] == pytest.approx(81 * math.exp(-16))
    assert cells["q_value"].iloc[1] == pytest.approx(2 * 81 * math.exp(-16))
    assert cells["verdict"].tolist() == cells["segment_verdict"].tolist() == ["over", "under"]
    assert cells["members_missing"].iloc[0] < 0 < cells["members_missing"].iloc[1] < 14


# At every size 88 members: of 1,760 firms (5 %), of 880 (10 %), and so on to 110 (80 %). Eight are expected of trade,
# the eleventh part, and four are there; 40 of each of the others, and 42 are there.
ALL_SIZES = {"0": 160, "1-9": 80, "10-49": 40, "50-249": 20, "250+": 10}
HALF_AT_EVERY_SIZE = [
    firm
    for size, few in ALL_SIZES.items()
    for segment, times, members in (("software", 5, 42), ("data", 5, 42), ("trade", 1, 4))
    for firm in _firms(segment, size, firms=times * few, members=members)
]


def test_a_segment_that_joins_half_as_much_at_every_size_is_seen_though_none_of_its_cells_is_conclusive() -> None:
    marked = _marked(HALF_AT_EVERY_SIZE)
    cells = white_space(marked, region=marked, segments=SEGMENTS, sizes=list(ALL_SIZES))
    trade = cells["segment"] == "trade"
    assert cells["expected_members"].tolist() == pytest.approx([40] * 10 + [8] * 5)
    assert cells["ratio"].tolist() == pytest.approx([1.05] * 10 + [0.5] * 5)
    assert set(cells["verdict"]) == {"inconclusive"}
    # Cells alone differ by no more than chance: all would have the one ratio. Together 20 are there of 40 expected.
    assert standardise(cells[["members", "expected_members"]])["ratio_shrunk"].to_numpy() == pytest.approx(1)
    # 20 of 40: the mid-P is exp(-40) times the sum of 40^k / k! up to 19 and half of that of 20; of three segments.
    p = math.exp(-40) * (sum(40**k / math.factorial(k) for k in range(20)) + 40**20 / math.factorial(20) / 2)
    assert 3 * p < 0.001
    # 210 of 200 each are less than one standard deviation, the root of 200, above.
    assert cells["segment_verdict"].tolist() == ["inconclusive"] * 10 + ["under"] * 5
    assert (cells.loc[trade, "ratio_shrunk"] < 0.7).all()
    of_segment, shrunk = _shrunk_twice_by_hand(cells)
    assert cells["ratio_shrunk"].tolist() == pytest.approx(shrunk.tolist(), rel=1e-4)
    # Within segments nothing varies: one second ratio for all, 440 members over what the first ratios lead to expect.
    second = 440 / (400 * of_segment[0] + 40 * of_segment[-1])
    assert cells["ratio_shrunk"].tolist() == pytest.approx((of_segment * second).tolist(), rel=1e-4)


def test_a_segment_whose_cells_make_up_for_each_other_is_not_told() -> None:
    # Of every hundred firms 16 are expected: 2 and 30 in the cells, 32 of 32 in each segment.
    rows = [("software", "0", 2), ("software", "1-9", 30), ("trade", "0", 30), ("trade", "1-9", 2)]
    cells = _cells(_marked([firm for name, size, x in rows for firm in _firms(name, size, firms=100, members=x)]))
    assert cells["expected_members"].tolist() == pytest.approx([16] * 4)
    assert cells["verdict"].tolist() == ["under", "over", "over", "under"]
    assert cells["segment_verdict"].tolist() == ["inconclusive"] * 4


def test_the_segment_of_a_selection_is_judged_by_what_is_selected() -> None:
    # In the region software has 30 of 100 and trade 2 of 100; selected are trade alone, and of software a firm.
    marked = _marked([*_firms("software", "1-9", firms=100, members=30), *_firms("trade", "1-9", firms=100, members=2)])
    cells = _cells(marked.iloc[99:], marked)
    assert cells["expected_members"].tolist() == pytest.approx([0.16, 16])
    assert cells["segment_verdict"].tolist() == ["too_small", "under"]


def _verdicts_by_hand(o: np.ndarray, e: np.ndarray) -> list[str]:
    """Return what SciPy's Poisson distribution and its false discovery rates say, each family by itself."""
    large, some = e >= SMALLEST_EXPECTED, e > 0
    lower, upper = poisson.cdf(o, e) - poisson.pmf(o, e) / 2, poisson.sf(o, e) + poisson.pmf(o, e) / 2
    under, over = np.zeros(len(o), dtype=bool), np.zeros(len(o), dtype=bool)
    if large.any():
        under[large] = false_discovery_control(np.clip(lower[large], 0, 1)) < 0.1
    for family in (large, some & ~large):
        if family.any():
            over[family] = false_discovery_control(np.clip(upper[family], 0, 1)) < 0.05
    return np.select([~some, under, over, ~large], ["empty", "under", "over", "too_small"], "inconclusive").tolist()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=9, max_size=9), st.sampled_from([30, 60]))
def test_the_verdict_of_a_segment_is_that_of_its_sums(members: list[int], firms: int) -> None:
    pairs = [(segment, size) for segment in SEGMENTS for size in SIZES]
    rows = [firm for pair, x in zip(pairs, members, strict=True) for firm in _firms(*pair, firms=firms, members=x)]
    cells = _cells(_marked(rows))
    # As many firms everywhere: each segment is expected to have a third of all members.
    o = np.array(members).reshape(3, 3).sum(axis=1)
    verdicts = _verdicts_by_hand(o, np.full(3, o.sum() / 3))
    assert cells["segment_verdict"].tolist() == [verdict for verdict in verdicts for _ in SIZES]


def test_a_cell_that_differs_from_its_segment_keeps_a_part_of_both() -> None:
    # Trade as before, but of its largest firms more join than expected. Of 80 members 10 are expected of its 40 of 320.
    rows = [firm for firm in HALF_AT_EVERY_SIZE if firm[1] in ("0", "1-9")]
    largest = [("software", 140, 30), ("data", 140, 20), ("trade", 40, 30)]
    rows += [firm for name, n, members in largest for firm in _firms(name, "250+", firms=n, members=members)]
    cells = _cells(_marked(rows))
    assert cells["expected_members"].tolist() == pytest.approx([40, 40, 35, 40, 40, 35, 8, 8, 10])
    of_segment, shrunk = _shrunk_twice_by_hand(cells)
    assert cells["ratio_shrunk"].tolist() == pytest.approx(shrunk.tolist(), rel=1e-4)
    last = cells.iloc[8]
    assert of_segment[8] < last["ratio_shrunk"] < last["ratio"] == pytest.approx(3)
    assert (cells["ratio_shrunk"].iloc[6:8] < of_segment[6:8]).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=9, max_size=9).filter(any))
def test_ratios_are_those_of_two_stages_done_by_hand(members: list[int]) -> None:
    # Thirty firms in each cell, so the members of a size are shared out by three.
    pairs = [(segment, size) for segment in SEGMENTS for size in SIZES]
    rows = [firm for pair, x in zip(pairs, members, strict=True) for firm in _firms(*pair, firms=30, members=x)]
    cells = _cells(_marked(rows))
    by_size = np.array(members).reshape(3, 3).sum(axis=0)
    assert cells["expected_members"].tolist() == pytest.approx([*by_size / 3] * 3)
    if by_size.min() < 3 * SMALLEST_EXPECTED:
        return
    assert cells["ratio_shrunk"].tolist() == pytest.approx(_shrunk_twice_by_hand(cells)[1].tolist(), rel=2e-3)


def test_the_order_is_that_given_and_cells_outside_are_left_out() -> None:
    cells = white_space(BY_HAND, region=BY_HAND, segments=["trade", "software"], sizes=["250+", "1-9"])
    assert cells["segment"].tolist() == ["trade", "software"]
    assert cells["size_class"].tolist() == ["1-9", "1-9"]
    assert cells["expected_members"].tolist() == pytest.approx([1.5, 2.5])
    # What is told of a cell alone is what its own counts say.
    by_areas = standardise(cells[["members", "expected_members"]])
    alone = ["ratio", "p_value", "q_value", "verdict"]
    pd.testing.assert_frame_equal(cells[alone], by_areas[alone])


# Of 800 firms a quarter is 200: software (100) and data (100) of the highest rates just hold it.
QUARTER = [
    *_firms("software", "1-9", firms=100, members=30, jobs=3),
    *_firms("data", "1-9", firms=100, members=10, jobs=3),
    *_firms("trade", "1-9", firms=600, members=12, jobs=5),
]


def test_the_upper_quartile_by_hand() -> None:
    # 52 members of 800 firms are 6.5 %: 6.5, 6.5 and 39 are expected.
    cells = _cells(_marked(QUARTER))
    assert cells["expected_members"].tolist() == pytest.approx([6.5, 6.5, 39])
    _, data, trade = 0.065 * _shrunk_twice_by_hand(cells)[1]
    added = _added(_marked(QUARTER), dues_eur=pd.Series({"1-9": 150.0, "250+": 5_000.0}))
    assert added["target_pct"].tolist() == pytest.approx([100 * data] * 3, rel=1e-4)
    assert 0.02 < trade < data
    # Data is at the target, and software above. A firm of trade that is no member has 5 jobs.
    assert added["added_members"].tolist() == pytest.approx([0, 0, 600 * (data - trade)], rel=1e-3)
    assert added["added_jobs"].tolist() == pytest.approx([0, 0, 5 * 600 * (data - trade)], rel=1e-3)
    assert added["added_dues_eur"].tolist() == pytest.approx([0, 0, 150 * 600 * (data - trade)], rel=1e-3)


def test_less_than_a_quarter_of_the_firms_does_not_set_the_target() -> None:
    # One firm more of trade: 200 of 801 are less than a quarter.
    added = _added(_marked([*QUARTER, ("trade", "1-9", False, 5.0)]))
    assert added["target_pct"].between(2, 3).all()
    assert added["added_members"].tolist() == [0, 0, 0]


def test_one_cell_of_a_selection_is_measured_at_its_own_rate() -> None:
    # The two cells of the region are alike: 10 % is the target. None of ten firms, so one is added: 30 jobs by ten.
    here = _firms("software", "1-9", firms=10, members=0, jobs=3)
    elsewhere = [*_firms("software", "1-9", firms=30, members=4), *_firms("data", "1-9", firms=40, members=4)]
    added = _added(_marked(here), _marked([*here, *elsewhere]), pd.Series({"1-9": 200.0})).iloc[0]
    assert added["target_pct"] == pytest.approx(10)
    assert added["added_members"] == pytest.approx(1)
    assert added["added_jobs"] == pytest.approx(3)
    assert added["added_dues_eur"] == pytest.approx(200)


def test_jobs_added_are_those_of_firms_that_are_no_members() -> None:
    # Two members of 50 jobs among twenty firms, the others of 3: mean (154 - 100) / 18.
    here = [("software", "1-9", True, 50.0)] * 2 + [("software", "1-9", False, 3.0)] * 18
    added = _added(_marked(here), _marked([*here, *_firms("software", "1-9", firms=20, members=10)])).iloc[0]
    # 12 members of 40 firms make 30 % of the one cell; 2 of 20 are there, 4 more reach it.
    assert added["added_members"] == pytest.approx(4)
    assert added["added_jobs"] == pytest.approx(4 * 54 / 18)


def test_a_small_cell_over_the_target_has_nothing_to_catch_up() -> None:
    # Software, a third of the firms, sets the target near 20 %. Data has one of three: 33 % raw, but less when shrunk.
    rows = [*_firms("software", "1-9", firms=300, members=60), *_firms("data", "1-9", firms=3, members=1)]
    added = _added(_marked([*rows, *_firms("trade", "1-9", firms=600, members=12)])).iloc[1]
    # 73 members of 903 firms.
    assert 100 * 73 / 903 * added["ratio_shrunk"] < added["target_pct"] < 100 / 3
    assert added["added_members"] == 0


def test_dues_that_are_not_known_are_null_where_members_are_added() -> None:
    unknown = pd.Series({"1-9": None, "0": None}, dtype="object")
    for dues in (NO_DUES, unknown, pd.Series({"250+": 5_000.0})):
        added = _added(_marked(QUARTER), dues_eur=dues)["added_dues_eur"]
        assert added.dtype == "float64"
        assert added.tolist() == pytest.approx([0, 0, np.nan], nan_ok=True)
        assert math.isnan(added.sum(skipna=False))


ADDED = ["added_members", "added_jobs", "added_dues_eur"]


@pytest.mark.parametrize(
    ("rows", "target_pct"),
    [
        ([], None),
        ([*_firms("data", "0", firms=9, members=0), *_firms("trade", "0", firms=1, members=0)], 0),
        ([*_firms("data", "0", firms=9, members=9), *_firms("trade", "0", firms=1, members=1)], 100),
        (_firms("data", "0", firms=4, members=1), 25),
        ([("data", "0", False, 0.0)], 0),
        ([("data", "250+", True, 400.0)], 100),
    ],
    ids=["no firm", "no member", "all members", "one cell", "one firm", "one member"],
)
def test_degenerate_regions_add_nothing(rows: list[Firm], target_pct: float | None) -> None:
    added = _added(_marked(rows))
    assert added.columns.tolist() == [*COLUMNS, "target_pct", *ADDED]
    assert (added[ADDED] == 0).all(axis=None)
    if target_pct is None:
        assert added.empty
        assert added.dtypes.equals(_added(BY_HAND).dtypes)
    else:
        assert added["target_pct"].to_numpy() == pytest.approx(target_pct)


def test_cells_of_one_rate_add_nothing_though_rounding_tells_them_apart() -> None:
    # One of 3, 7, 11, ... firms in three hundred: 1 % everywhere, each time multiplied and divided by other numbers.
    names = [f"s{i}" for i in range(20)]
    rows = [firm for i, name in enumerate(names) for firm in _firms(name, "0", firms=300 + 400 * i, members=3 + 4 * i)]
    cells = white_space(_marked(rows), region=_marked(rows), segments=names, sizes=["0"])
    added = upper_quartile(cells, region_cells=cells, dues_eur=NO_DUES)
    assert added["target_pct"].to_numpy() == pytest.approx(1)
    assert (added[ADDED] == 0).all(axis=None)


def test_a_selection_without_a_member_lacks_all_that_are_expected() -> None:
    # 10 firms of size 0 at 1/10, and 8 of size 1-9 at 4/8.
    others = BY_HAND[~BY_HAND["is_member"]]
    cells = _cells(others, BY_HAND)
    assert cells["firms"].tolist() == [3, 2, 6, 2]
    assert cells["ratio_shrunk"].to_numpy() == pytest.approx(0)
    # 0.3 + 1 are expected of software, 0.6 and 1 of the others: too few for none to be told.
    assert set(cells["segment_verdict"]) == {"too_small"}
    assert cells["members_missing"].tolist() == pytest.approx([0.3, 1, 0.6, 1])
    # The region has one rate a size, and all of it is to catch up.
    assert _added(others, BY_HAND)["added_members"].tolist() == pytest.approx([0.3, 1, 0.6, 1])


def test_a_segment_of_which_none_is_expected_has_the_ratio_of_all() -> None:
    # None of size 250+ is a member: nothing is expected of data, which has that size alone.
    rows = [*_firms("software", "0", firms=10, members=4), *_firms("data", "250+", firms=3, members=0)]
    data = _cells(_marked(rows)).iloc[1]
    assert (data["expected_members"], data["members_missing"]) == (0, 0)
    assert math.isnan(data["ratio"])
    assert data["verdict"] == data["segment_verdict"] == "empty"
    assert data["ratio_shrunk"] == pytest.approx(1)


def test_no_firm_of_a_region_with_firms() -> None:
    added = _added(BY_HAND.head(0), BY_HAND)
    assert added.empty
    assert added.columns.tolist() == [*COLUMNS, "target_pct", *ADDED]


def test_inputs_and_the_index_are_kept() -> None:
    marked, cells = BY_HAND.copy(), _cells(BY_HAND)
    some = cells.iloc[[3, 1]]
    before = some.copy()
    added = upper_quartile(some, region_cells=cells, dues_eur=NO_DUES)
    pd.testing.assert_frame_equal(some, before)
    pd.testing.assert_frame_equal(marked, BY_HAND)
    pd.testing.assert_frame_equal(added[COLUMNS], some)


firms = st.tuples(st.sampled_from(SEGMENTS), st.sampled_from(SIZES), st.booleans(), st.floats(0, 500))


@settings(max_examples=50, deadline=None)
@given(st.lists(firms, max_size=80), st.integers(0, 80))
def test_cells_add_up_and_what_is_added_stays_within_bounds(rows: list[Firm], taken: int) -> None:
    region = _marked(rows)
    whole = _cells(region)
    assert whole["firms"].sum() == len(region)
    assert whole["members"].sum() == region["is_member"].sum()
    assert whole["expected_members"].sum() == pytest.approx(region["is_member"].sum())
    assert whole["jobs_estimate"].sum() == pytest.approx(region["jobs_estimate"].sum())
    added = _added(region.head(taken), region, pd.Series(dict.fromkeys(SIZES, 100.0)))
    others = added["firms"] - added["members"]
    assert added["target_pct"].between(0, 100).all()
    assert (added["added_members"] >= 0).all()
    assert (added["added_members"] <= others + 1e-9).all()
    assert (added["added_jobs"] >= 0).all()
    assert (added["added_jobs"] <= added["jobs_estimate"] - added["member_jobs"] + 1e-6).all()
    assert added["added_dues_eur"].tolist() == pytest.approx((100 * added["added_members"]).tolist())


@settings(max_examples=50, deadline=None)
@given(st.lists(firms, max_size=80), st.integers(0, 80), st.randoms(use_true_random=False))
def test_ratios_lie_where_they_should_whatever_the_order(rows: list[Firm], taken: int, random: Any) -> None:
    region = _marked(rows)
    cells = _cells(region.head(taken), region)
    assert (cells["ratio_shrunk"] >= 0).all()
    told = cells[["segment", "segment_verdict"]].drop_duplicates()
    assert told["segment"].is_unique
    missing = cells["expected_members"] * (1 - cells["ratio_shrunk"])
    assert cells["members_missing"].tolist() == pytest.approx(missing.tolist())
    shuffled = _cells(region.head(taken).sample(frac=1, random_state=random.randrange(1000)), region)
    pd.testing.assert_frame_equal(shuffled, cells, rtol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=6))
def test_the_target_is_the_highest_rate_that_a_quarter_of_the_firms_reaches(pairs: list[tuple[int, int]]) -> None:
    names = [f"s{i}" for i in range(len(pairs))]
    marked = _marked(
        [firm for name, (x, n) in zip(names, pairs, strict=True) for firm in _firms(name, "0", firms=n, members=x)]
    )
    cells = white_space(marked, region=marked, segments=names, sizes=["0"])
    target = upper_quartile(cells, region_cells=cells, dues_eur=NO_DUES)["target_pct"]
    x, n = np.array(pairs).T
    rates = np.minimum(x.sum() / n.sum() * cells["ratio_shrunk"].to_numpy(), 1)
    reached = [rate for rate in rates if n[rates >= rate - 1e-12].sum() >= n.sum() / 4]
    assert target.tolist() == pytest.approx([100 * max(reached)] * len(cells))
