"""The four kinds of town: each corner, the limit itself, and what has no kind."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics.kinds import kind_of

VERDICTS = ["under", "over", "inconclusive", "too_small", "empty"]
Town = tuple[str, float | None]


def _towns(rows: list[Town]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["verdict", "antenna_km"]).astype({"verdict": "str", "antenna_km": "float64"})


@pytest.mark.parametrize(
    ("verdict", "km", "kind"),
    [
        ("under", 0, "recruit"),
        ("under", 20, "recruit"),
        ("under", 20.001, "open"),
        ("over", 20, "learn"),
        ("over", 300, "leave"),
        *[(verdict, km, None) for verdict in VERDICTS[2:] for km in (5, 50)],
        *[(verdict, None, None) for verdict in VERDICTS],
    ],
)
def test_kinds(verdict: str, km: float | None, kind: str | None) -> None:
    found = kind_of(_towns([(verdict, km)]), near_km=20)
    assert found.name == "kind"
    assert found.dtype == "str"
    assert found.isna().iloc[0] if kind is None else found.iloc[0] == kind


def test_no_town_has_no_kind_and_the_index_is_kept() -> None:
    assert kind_of(_towns([]), near_km=20).empty
    assert kind_of(_towns([]), near_km=20).dtype == "str"
    towns = _towns([("under", 3), ("over", 30)]).set_axis(["31555", "34172"])
    before = towns.copy()
    assert kind_of(towns, near_km=20).to_dict() == {"31555": "recruit", "34172": "leave"}
    pd.testing.assert_frame_equal(towns, before)


@given(
    st.lists(st.tuples(st.sampled_from(VERDICTS), st.one_of(st.none(), st.floats(0, 200))), max_size=30),
    st.floats(0, 200),
)
def test_every_town_is_of_the_kind_that_rules_give_it(rows: list[Town], near_km: float) -> None:
    found = kind_of(_towns(rows), near_km=near_km)
    ways = {("under", True): "recruit", ("under", False): "open", ("over", True): "learn", ("over", False): "leave"}
    by_rule = [None if km is None else ways.get((verdict, km <= near_km)) for verdict, km in rows]
    assert [None if isinstance(kind, float) and math.isnan(kind) else kind for kind in found] == by_rule
