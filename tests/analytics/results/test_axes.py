"""Members by axis, on a roster made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics import tables
from analytics.view import View
from tests.analytics.small_snapshot import ALL, NO_MEMBER, SETTINGS, TIC, SmallSnapshot, member, roster

ONE, TWO, *_ = SETTINGS.cluster.axes
LAST = SETTINGS.cluster.axes[-1]
FOLLOWED = SmallSnapshot(
    tic=TIC,
    roster=roster(
        [
            member(1, "ALPHA", "100000009", axes=f"{ONE}; {TWO}"),
            member(2, "Delt", None, axes=TWO),
            member(3, "Ailleurs", "500000005", axes="Un axe d’ailleurs"),
            member(4, "Muette", None),
            member(5, "Partie", "300000007", axes=LAST, left_on=pd.Timestamp("2020-06-30")),
        ]
    ),
)


def test_a_member_counts_in_each_of_its_axes_and_former_ones_in_none() -> None:
    table = tables.compute("axes", FOLLOWED, ALL, SETTINGS)
    assert table["axis"].tolist() == list(SETTINGS.cluster.axes)
    assert table["members"].tolist() == [1, 2, 0, 0, 0]
    assert table["told"].unique().tolist() == [3], "who says another axis says one"
    assert table["share_pct"].tolist() == pytest.approx([100 / 3, 200 / 3, 0, 0, 0])


def test_of_a_selection_only_the_members_whose_firm_is_in_it() -> None:
    table = tables.axes(FOLLOWED, View("tic", departments=("31",)), SETTINGS)
    assert table["members"].tolist() == [1, 1, 0, 0, 0]
    assert table["told"].unique().tolist() == [1]


def test_without_a_roster_every_share_is_unknown() -> None:
    table = tables.axes(SmallSnapshot(tic=TIC, roster=NO_MEMBER), ALL, SETTINGS)
    assert table["members"].sum() == 0
    assert table["share_pct"].isna().all()
