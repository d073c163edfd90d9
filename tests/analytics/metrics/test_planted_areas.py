"""The demonstration's planted EPCI are found by the statistics."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.metrics.aggregate import mark_members
from analytics.metrics.ratios import standardise
from analytics.metrics.strata import expected_by_firm
from analytics.store import Store
from tests.demo import planted


@pytest.fixture(scope="module")
def marked(demo_root: Path) -> pd.DataFrame:
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    members = snapshot.table("members")
    current = members[members["left_on"].isna() | (members["left_on"] > snapshot.built_at.replace(tzinfo=None))]
    return mark_members(snapshot.firms("tic"), member_sirens=current["siren"].dropna().unique())


@pytest.fixture(scope="module")
def epcis(marked: pd.DataFrame) -> pd.DataFrame:
    return standardise(_by_epci(marked, thin_below=50))


def _by_epci(marked: pd.DataFrame, *, thin_below: int) -> pd.DataFrame:
    rows = marked.assign(expected_members=expected_by_firm(marked, thin_below=thin_below))
    return rows.groupby("epci_code").agg(members=("is_member", "sum"), expected_members=("expected_members", "sum"))


def test_expected_and_observed_members_are_those_planted(marked: pd.DataFrame) -> None:
    # The generator pools no stratum.
    counts = _by_epci(marked, thin_below=1)
    for code, (expected, observed) in (planted.TOO_FEW | planted.TOO_MANY).items():
        assert counts.loc[code, "members"] == observed
        assert counts.loc[code, "expected_members"] == pytest.approx(expected, abs=0.01)


def test_the_planted_areas_come_first(epcis: pd.DataFrame) -> None:
    assert set(epcis["ratio_shrunk"].nsmallest(len(planted.TOO_FEW)).index) == set(planted.TOO_FEW)
    assert set(epcis["ratio_shrunk"].nlargest(len(planted.TOO_MANY)).index) == set(planted.TOO_MANY)


def test_those_large_enough_are_told_and_no_other(epcis: pd.DataFrame) -> None:
    large = {code for code, (expected, _) in planted.TOO_FEW.items() if expected >= 8}
    assert set(epcis.index[epcis["verdict"] == "under"]) == large
    assert set(epcis.index[epcis["verdict"] == "over"]) == set(planted.TOO_MANY)
    assert set(epcis.loc[list(planted.METROPOLES), "verdict"]) == {"inconclusive"}
