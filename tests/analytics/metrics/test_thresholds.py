"""Firms next to a step of size: counts by hand, which bands stand there, and that all firms are counted."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics.aggregate import mark_members
from analytics.metrics.thresholds import CATEGORIES, STEPS, thresholds
from analytics.sizes import BY_CODE, SIZE_CODES
from analytics.text import translator
from analytics.text.recruitment_findings import thresholds_sentence

Row = tuple[str | None, str, bool]


def _marked(rows: list[Row]) -> pd.DataFrame:
    firms = pd.DataFrame(
        {
            "siren": pd.Series([f"{i:09d}" for i in range(len(rows))], dtype="str"),
            "category": pd.Series([category for category, _, _ in rows], dtype="str"),
            "size_code": pd.Series([code for _, code, _ in rows], dtype="str"),
            "jobs_estimate": pd.Series([BY_CODE[code].estimate for _, code, _ in rows], dtype="float64"),
        }
    )
    return mark_members(firms, member_sirens={f"{i:09d}" for i, row in enumerate(rows) if row[2]})


BY_HAND = _marked(
    [
        *[("ETI", "51", False), ("GE", "42", True), (None, "22", True), ("PME", "31", False)],
        *[("PME", "22", True), ("PME", "22", False), ("PME", "22", False), ("PME", "22", False)],
        *[("PME", "NN", False), ("ETI", "22", True), ("ETI", "42", True), ("PME", "21", True)],
    ]
)


def test_counts_and_steps_by_hand() -> None:
    table = thresholds(BY_HAND)
    assert table.columns.tolist() == ["category", "band", "step", "firms", "members", "firm_penetration_pct"]
    told = table.assign(step=table["step"].fillna("-")).to_numpy().tolist()
    assert told == [
        ["PME", "NN", "-", 1, 0, 0],
        ["PME", "21", "-", 1, 1, 100],
        ["PME", "22", "ETI", 4, 1, 25],
        ["PME", "31", "ETI", 1, 0, 0],
        ["ETI", "22", "-", 1, 1, 100],
        ["ETI", "42", "GE", 1, 1, 100],
        ["ETI", "51", "GE", 1, 0, 0],
        ["GE", "42", "-", 1, 1, 100],
        ["unknown", "22", "-", 1, 1, 100],
    ]


def test_the_bands_next_to_a_step_are_the_two_that_end_there() -> None:
    for step, present, persons in (("ETI", "PME", 250), ("GE", "ETI", 5_000)):
        bands = [BY_CODE[code] for (category, code), reached in STEPS.items() if reached == step]
        assert {category for (category, _), reached in STEPS.items() if reached == step} == {present}
        assert len(bands) == 2
        assert bands[0].high + 1 == bands[1].low
        assert bands[1].high + 1 == persons


def test_the_sentence_reads_the_table() -> None:
    english = translator("en")
    assert thresholds_sentence(thresholds(BY_HAND), english).startswith("5 PME of 100 to 249 employees")
    # The firms next to the other step, to GE, are neither counted nor named.
    others = [("ETI", "42", True), ("ETI", "51", True), ("GE", "53", True)]
    assert thresholds_sentence(thresholds(_marked(others)), english) == thresholds_sentence(
        thresholds(_marked([])), english
    )
    assert thresholds_sentence(thresholds(_marked(others)), english).startswith("No PME")
    one = thresholds_sentence(thresholds(_marked([*others, ("PME", "31", False)])), english)
    assert one.startswith("1 PME of 200 to 249 employees")
    assert "1,000" not in one


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4))
def test_the_sentence_counts_the_firms_of_the_step(near: int, nearer: int, joined: int, joined_nearer: int) -> None:
    rows: list[Row] = [
        *[("PME", "22", False)] * near,
        *[("PME", "22", True)] * joined,
        *[("PME", "31", False)] * nearer,
        *[("PME", "31", True)] * joined_nearer,
        *[("PME", "21", True), ("ETI", "22", True), ("ETI", "51", True), (None, "31", True)],
    ]
    sentence = thresholds_sentence(thresholds(_marked(rows)), translator("en"))
    numbers = [int(number) for number in re.findall(r"\d+", sentence)]
    firms, members = near + nearer + joined + joined_nearer, joined + joined_nearer
    low, high = 100 if near + joined else 200, 249 if nearer + joined_nearer else 199
    assert numbers == ([firms, low, high] + [members] * (members > 0) if firms else [])


def test_no_firm_and_no_category() -> None:
    nothing = thresholds(_marked([]))
    assert nothing.empty
    assert nothing.dtypes.equals(thresholds(BY_HAND).dtypes)
    table = thresholds(_marked([(None, "11", False), (None, "00", True)]))
    assert table["category"].tolist() == ["unknown", "unknown"]
    assert table["band"].tolist() == ["00", "11"]
    assert table["step"].isna().all()


rows = st.lists(
    st.tuples(st.sampled_from(["PME", "ETI", "GE", None]), st.sampled_from(SIZE_CODES), st.booleans()), max_size=60
)


@settings(max_examples=50, deadline=None)
@given(rows)
def test_every_firm_is_counted_once_in_order(firms: list[Row]) -> None:
    marked = _marked(firms)
    before = marked.copy()
    table = thresholds(marked)
    pd.testing.assert_frame_equal(marked, before)
    assert table["firms"].sum() == len(firms)
    assert table["members"].sum() == sum(is_member for _, _, is_member in firms)
    assert (table["firms"] > 0).all()
    places = [
        (CATEGORIES.index(category), SIZE_CODES.index(band))
        for category, band in zip(table["category"], table["band"], strict=True)
    ]
    assert places == sorted(set(places))
    assert table["firm_penetration_pct"].tolist() == pytest.approx((100 * table["members"] / table["firms"]).tolist())
