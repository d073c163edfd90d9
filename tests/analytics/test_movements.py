"""Which firms came and went: the day of the first establishment, and each fate, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.contracts import ARRIVALS, DEPARTURES
from analytics.movements import find_arrivals, find_departures

REGION = ("31", "34")
ONE, TWO, THREE, FOUR = (f"{n}00000000" for n in range(1, 5))
Row = tuple[str, str | None, bool]


def _established(rows: list[tuple[str, str | None]]) -> pd.DataFrame:
    columns = {"siren": "str", "created_on": "datetime64[ms]"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _outside(rows: list[Row]) -> pd.DataFrame:
    columns = {"siren": "str", "commune_code": "str", "is_active": "bool"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _fates(rows: list[Row], *, followed: set[str], present: set[str] | None = None) -> dict[str, str]:
    outside = _outside(rows)
    before = outside.copy()
    found = find_departures(outside, followed=followed, present=present or set(), departments=REGION)
    pd.testing.assert_frame_equal(outside, before)
    pd.testing.assert_frame_equal(found, DEPARTURES.enforce(found))
    assert found["siren"].tolist() == sorted(found["siren"])
    return dict(zip(found["siren"], found["fate"], strict=True))


def test_a_firm_arrived_with_its_first_establishment() -> None:
    rows = [(TWO, "2020-05-01"), (ONE, "2015-01-31"), (TWO, "2012-03-04"), (TWO, None), (THREE, None)]
    found = find_arrivals(_established(rows))
    assert found["siren"].tolist() == [ONE, TWO, THREE]
    assert found["established_on"].tolist() == [pd.Timestamp(2015, 1, 31), pd.Timestamp(2012, 3, 4), pd.NaT]
    pd.testing.assert_frame_equal(found, ARRIVALS.enforce(found))


def test_without_an_establishment_nobody_arrived() -> None:
    found = find_arrivals(_established([]))
    assert found.empty
    assert found.dtypes.equals(ARRIVALS.empty().dtypes)


@pytest.mark.parametrize(
    ("rows", "fate"),
    [
        # Still active here: its activity is in no perimeter any more.
        ([(ONE, "31555", True)], "recoded_out"),
        ([(ONE, "31555", False), (ONE, "34172", True)], "recoded_out"),
        # Active here and elsewhere: here decides.
        ([(ONE, "75056", True), (ONE, "31555", True)], "recoded_out"),
        ([(ONE, "75056", True)], "moved_out"),
        ([(ONE, "31555", False), (ONE, "97411", True)], "moved_out"),
        ([(ONE, "31555", False)], "closed"),
        ([(ONE, "31555", False), (ONE, "75056", False)], "closed"),
        # The register does not hold it any more.
        ([], "closed"),
        ([(TWO, "31555", True), (THREE, "75056", True)], "closed"),
        # 03 and 13 are not 31.
        ([(ONE, "03131", True)], "moved_out"),
        ([(ONE, "13155", True)], "moved_out"),
        ([(ONE, None, False)], "closed"),
    ],
)
def test_the_fate_of_a_firm(rows: list[Row], fate: str) -> None:
    assert _fates(rows, followed={ONE}) == {ONE: fate}


def test_those_who_are_followed_and_not_present() -> None:
    rows = [(ONE, "31555", True), (TWO, "75056", True), (FOUR, "31555", True)]
    # The first is present still, by another establishment; nobody asked for the fourth.
    fates = _fates(rows, followed={THREE, TWO, ONE}, present={ONE, FOUR})
    assert fates == {TWO: "moved_out", THREE: "closed"}
    assert _fates(rows, followed=set(), present={ONE}) == {}
    assert _fates([], followed={ONE}, present={ONE}) == {}
