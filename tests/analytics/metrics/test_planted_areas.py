"""The demonstration's planted EPCI are found by the statistics."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics import tables
from analytics.metrics.aggregate import mark_members
from analytics.metrics.ratios import standardise
from analytics.metrics.strata import expected_by_firm
from analytics.settings import default_settings
from analytics.sizes import SIZE_CLASSES
from analytics.store import Store
from analytics.view import TOWN_LEVELS, View
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


VIEWS = [
    View("tic"),
    View("tic", employers_only=True),
    *(View("tic", departments=(code,)) for code in ("31", "48", "66")),
    *(View("tic", segments=(key,)) for key in default_settings().segments),
    *(View("tic", sizes=(key,)) for key in SIZE_CLASSES),
]


@pytest.mark.parametrize("level", TOWN_LEVELS)
def test_verdict_ratio_and_members_missing_tell_one_story_in_every_view(demo_root: Path, level: str) -> None:
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    for view in VIEWS:
        table = tables.towns_in_full(snapshot, view, snapshot.settings(), level=level)
        under, over = table[table["verdict"] == "under"], table[table["verdict"] == "over"]
        assert (under["ratio_shrunk"] < 1).all(), view
        assert (under["members_missing"] > 0).all(), view
        assert (over["ratio_shrunk"] > 1).all(), view
        with_firms = table[table["firms"] > 0]
        assert (with_firms["ratio_low"] <= with_firms["ratio_shrunk"]).all(), view
        assert (with_firms["ratio_shrunk"] <= with_firms["ratio_high"]).all(), view
