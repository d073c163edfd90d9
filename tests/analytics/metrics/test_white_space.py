"""White space: expected members and what catching up adds, by hand and by properties; the edges."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics.ratios import standardise
from analytics.metrics.shrinkage import fit_beta
from analytics.metrics.white_space import upper_quartile, white_space

SEGMENTS = ["software", "data", "trade"]
SIZES = ["0", "1-9", "250+"]
COLUMNS = [
    *["segment", "size_class", "firms", "members", "jobs_estimate", "member_jobs"],
    *["firm_penetration_pct", "job_penetration_pct", "expected_members", "ratio", "ratio_shrunk", "ratio_low"],
    *["ratio_high", "probability_under", "members_missing", "p_value", "q_value", "verdict"],
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
    assert cells["verdict"].tolist() == ["over", "under"]
    assert cells["members_missing"].iloc[0] < 0 < cells["members_missing"].iloc[1] < 14


def test_the_order_is_that_given_and_cells_outside_are_left_out() -> None:
    cells = white_space(BY_HAND, region=BY_HAND, segments=["trade", "software"], sizes=["250+", "1-9"])
    assert cells["segment"].tolist() == ["trade", "software"]
    assert cells["size_class"].tolist() == ["1-9", "1-9"]
    assert cells["expected_members"].tolist() == pytest.approx([1.5, 2.5])
    by_areas = standardise(cells[["members", "expected_members"]])
    pd.testing.assert_frame_equal(cells[by_areas.columns], by_areas)


# Of 800 firms a quarter is 200: software (100) and data (100) of the highest rates just hold it.
QUARTER = [
    *_firms("software", "1-9", firms=100, members=30, jobs=3),
    *_firms("data", "1-9", firms=100, members=10, jobs=3),
    *_firms("trade", "1-9", firms=600, members=12, jobs=5),
]


def test_the_upper_quartile_by_hand() -> None:
    prior = fit_beta(np.array([30, 10, 12]), np.array([100, 100, 600]))
    assert prior is not None
    data, trade = ((prior.alpha + x) / (prior.alpha + prior.beta + n) for x, n in ((10, 100), (12, 600)))
    added = _added(_marked(QUARTER), dues_eur=pd.Series({"1-9": 150.0, "250+": 5_000.0}))
    assert added["target_pct"].tolist() == pytest.approx([100 * data] * 3)
    assert 0.02 < trade < data
    # Data is at the target, and software above. A firm of trade that is no member has 5 jobs.
    assert added["added_members"].tolist() == pytest.approx([0, 0, 600 * (data - trade)])
    assert added["added_jobs"].tolist() == pytest.approx([0, 0, 5 * 600 * (data - trade)])
    assert added["added_dues_eur"].tolist() == pytest.approx([0, 0, 150 * 600 * (data - trade)])


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
    prior = fit_beta(np.array([60, 1, 12]), np.array([300, 3, 600]))
    assert prior is not None
    rows = [*_firms("software", "1-9", firms=300, members=60), *_firms("data", "1-9", firms=3, members=1)]
    added = _added(_marked([*rows, *_firms("trade", "1-9", firms=600, members=12)])).iloc[1]
    assert 100 * (prior.alpha + 1) / (prior.alpha + prior.beta + 3) < added["target_pct"] < 100 / 3
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
@given(st.lists(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=6))
def test_the_target_is_the_highest_rate_that_a_quarter_of_the_firms_reaches(pairs: list[tuple[int, int]]) -> None:
    names = [f"s{i}" for i in range(len(pairs))]
    marked = _marked(
        [firm for name, (x, n) in zip(names, pairs, strict=True) for firm in _firms(name, "0", firms=n, members=x)]
    )
    cells = white_space(marked, region=marked, segments=names, sizes=["0"])
    target = upper_quartile(cells, region_cells=cells, dues_eur=NO_DUES)["target_pct"]
    x, n = np.array(pairs).T
    prior = fit_beta(x, n)
    rates = (prior.alpha + x) / (prior.alpha + prior.beta + n) if prior else np.full(len(x), x.sum() / n.sum())
    reached = [rate for rate in rates if n[rates >= rate].sum() >= n.sum() / 4]
    assert target.tolist() == pytest.approx([100 * max(reached)] * len(cells))
