"""Expected members: strata, their pooling, and that they add up."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics.strata import expected_by_firm, strata_of


def _marked(rows: list[tuple[str, str, bool]]) -> pd.DataFrame:
    columns = {"segment": "str", "size_class": "str", "is_member": "bool"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


# Three strata with firms enough (4 of software, 4 of data, 3 of telecoms), two thin ones of size 0 that make a pool of
# three, and two thin ones of other sizes that make the last.
BY_HAND = _marked(
    [("software", "0", True), *[("software", "0", False)] * 3]
    + [("data", "1-9", True)] * 2
    + [("data", "1-9", False)] * 2
    + [("telecoms", "1-9", False)] * 3
    + [("data", "0", True), ("data", "0", False), ("telecoms", "0", False)]
    + [("software", "250+", True), ("software", "10-49", False)]
)


def _strata_by_loops(rows: list[tuple[str, str, bool]], thin_below: int) -> list[str]:
    cells = Counter((segment, size) for segment, size, _ in rows)
    pools = Counter(size for segment, size, _ in rows if cells[segment, size] < thin_below)
    return [
        f"{segment}:{size}"
        if cells[segment, size] >= thin_below
        else f"*:{size}"
        if pools[size] >= thin_below
        else "*:*"
        for segment, size, _ in rows
    ]


def test_strata_by_hand() -> None:
    assert strata_of(BY_HAND, thin_below=3).value_counts().to_dict() == {
        "software:0": 4,
        "data:1-9": 4,
        "telecoms:1-9": 3,
        "*:0": 3,
        "*:*": 2,
    }


def test_expected_members_by_hand() -> None:
    expected = expected_by_firm(BY_HAND, thin_below=3)
    assert expected.tolist() == pytest.approx([1 / 4] * 4 + [1 / 2] * 4 + [0] * 3 + [1 / 3] * 3 + [1 / 2] * 2)
    assert expected.sum() == pytest.approx(5)


def test_a_stratum_of_just_enough_firms_stands_alone_and_a_thin_last_pool_stays() -> None:
    marked = _marked([("software", "0", False)] * 50 + [("data", "0", True)] * 49)
    assert strata_of(marked).unique().tolist() == ["software:0", "*:*"]
    assert expected_by_firm(marked).unique().tolist() == [0, 1]


def test_no_firm_has_no_stratum() -> None:
    assert strata_of(_marked([])).empty
    assert expected_by_firm(_marked([])).sum() == 0
    assert expected_by_firm(_marked([])).dtype == "float64"


def test_the_index_is_kept_and_nothing_is_changed() -> None:
    marked = BY_HAND.set_axis(range(100, 100 + len(BY_HAND)))
    before = marked.copy()
    assert expected_by_firm(marked).index.equals(marked.index)
    pd.testing.assert_frame_equal(marked, before)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["software", "data", "telecoms"]), st.sampled_from(["0", "1-9", "250+"]), st.booleans()
        ),
        max_size=80,
    ),
    st.integers(1, 30),
    st.randoms(use_true_random=False),
)
def test_expected_members_add_up_whatever_the_order(rows: list, thin_below: int, random: object) -> None:
    marked = _marked(rows)
    expected = expected_by_firm(marked, thin_below=thin_below)
    assert expected.sum() == pytest.approx(marked["is_member"].sum(), rel=1e-12)
    assert expected.between(0, 1).all()
    within = marked.groupby(strata_of(marked, thin_below=thin_below))["is_member"].transform("mean")
    assert expected.tolist() == pytest.approx(within.tolist())
    shuffled = marked.sample(frac=1, random_state=random.randrange(1000))  # type: ignore[attr-defined]
    pd.testing.assert_series_equal(expected_by_firm(shuffled, thin_below=thin_below).sort_index(), expected)
    assert strata_of(marked, thin_below=thin_below).tolist() == _strata_by_loops(rows, thin_below)
    sizes = strata_of(marked, thin_below=thin_below).value_counts()
    assert (sizes.drop("*:*", errors="ignore") >= thin_below).all()
