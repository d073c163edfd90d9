"""What a broken contract says."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.contracts import AREAS, MEMBERS, ROSTER, ContractError


def test_a_breach_is_told_without_any_cell() -> None:
    table = pd.DataFrame({"area_code": ["secret", "secret"], "area_name": [None, "private"]})
    with pytest.raises(ContractError) as caught:
        AREAS.enforce(table)
    said = str(caught.value)
    assert said.startswith("areas: ")
    assert "area_code" in said
    assert "area_name" in said
    assert "secret" not in said
    assert "private" not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_order_types_and_strangers() -> None:
    table = AREAS.enforce(pd.DataFrame({"area_name": ["Ariège"], "other": [1], "area_code": ["09"]}, index=[7]))
    assert list(table) == ["area_code", "area_name"]
    assert table.index.tolist() == [0]


def test_a_member_has_what_its_row_of_the_roster_had() -> None:
    assert set(ROSTER.columns) < set(MEMBERS.columns)
    assert MEMBERS.empty().dtypes[list(ROSTER.columns)].equals(ROSTER.empty().dtypes)
