"""Counts, penetration and its exact interval, on numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from analytics.metrics.aggregate import aggregate_by, mark_members, total
from analytics.metrics.penetration import clopper_pearson, compare_with_rate, penetration

FIRMS = pd.DataFrame(
    {
        "siren": ["1", "2", "3", "4", "5"],
        "department_code": ["31", "31", "31", "34", "34"],
        "segment": ["software", "telecoms", "software", "software", "data"],
        "size_code": ["11", "00", "12", "NN", "42"],
        "jobs_estimate": [14.0, 0.0, 31.0, 0.0, 1414.0],
    }
)


def test_counts_by_department_by_hand() -> None:
    marked = mark_members(FIRMS, member_sirens={"1", "5", "9"})
    table = penetration(aggregate_by(marked, level="department", areas=["34", "31", "48"]))
    assert table["area_code"].tolist() == ["34", "31", "48"]
    assert table["firms"].tolist() == [2, 3, 0]
    assert table["members"].tolist() == [1, 1, 0]
    assert table["member_jobs"].tolist() == [1414.0, 14.0, 0.0]
    assert table["firm_penetration_pct"].iloc[:2].tolist() == pytest.approx([50, 100 / 3])
    assert table["job_penetration_pct"].iloc[:2].tolist() == pytest.approx([100, 100 * 14 / 45])
    assert table[["firm_penetration_pct", "job_penetration_pct"]].iloc[2].isna().all()


def test_size_classes_and_total() -> None:
    marked = mark_members(FIRMS, member_sirens={"1", "5"})
    by_class = aggregate_by(marked, level="size_class", areas=["unknown", "0", "10-49", "250+"])
    assert by_class["firms"].tolist() == [1, 1, 2, 1]
    row = total(marked, code="76").iloc[0]
    assert (row["firms"], row["members"], row["jobs_estimate"], row["member_jobs"]) == (5, 2, 1459, 1428)


@given(st.lists(st.tuples(st.sampled_from(["31", "34", "48"]), st.booleans(), st.floats(0, 1e4)), max_size=40))
def test_areas_add_up_to_the_region(rows: list[tuple[str, bool, float]]) -> None:
    firms = pd.DataFrame(
        {
            "siren": [str(i) for i in range(len(rows))],
            "department_code": pd.Series([r[0] for r in rows], dtype="str"),
            "size_code": pd.Series(["00"] * len(rows), dtype="str"),
            "jobs_estimate": pd.Series([r[2] for r in rows], dtype="float64"),
        }
    )
    marked = mark_members(firms, member_sirens={str(i) for i, r in enumerate(rows) if r[1]})
    areas = aggregate_by(marked, level="department", areas=["31", "34", "48"])
    whole = total(marked, code="76").iloc[0]
    for column in ("firms", "members", "jobs_estimate", "member_jobs"):
        assert areas[column].sum() == pytest.approx(whole[column])


def test_published_limits_of_clopper_and_pearson() -> None:
    # Textbook case: none of ten leaves 0 to 30.85 %, one of ten 0.25 to 44.50 %, all of ten 69.15 to 100 %.
    low, high = clopper_pearson(np.array([0.0, 1.0, 10.0, 0.0]), np.array([10.0, 10.0, 10.0, 0.0]))
    assert low[:3] == pytest.approx([0, 0.002529, 0.691503], abs=1e-6)
    assert high[:3] == pytest.approx([0.308497, 0.445016, 1], abs=1e-6)
    assert np.isnan([low[3], high[3]]).all()


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_limits_are_those_of_the_independent_implementation(case: tuple[int, int]) -> None:
    x, n = case
    low, high = clopper_pearson(np.array([float(x)]), np.array([float(n)]))
    expected = binomtest(x, n).proportion_ci(method="exact")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_verdicts() -> None:
    counts = pd.DataFrame({"firms": [1000, 1000, 20, 0], "members": [5, 60, 1, 0]})
    assert compare_with_rate(counts, rate_pct=2.2)["verdict"].tolist() == ["under", "over", "inconclusive", "empty"]
