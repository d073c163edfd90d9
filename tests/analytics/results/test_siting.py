"""Where the next antennas should stand, on four firms in one line: Béziers 50 km and Agde 33 km from Montpellier."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings

from analytics import tables
from analytics.contracts import ANTENNAS
from analytics.view import View
from tests.analytics.small_snapshot import ALL, SETTINGS, SmallSnapshot, members_of
from tests.analytics.views import views

SNAPSHOT: Any = SmallSnapshot()
KM = dataclasses.replace(ALL, unit="km", offices=1)


def _next(view: View = KM, snapshot: Any = SNAPSHOT) -> pd.DataFrame:
    return tables.compute("next-antennas", snapshot, view, SETTINGS)


def test_the_next_antenna_by_hand() -> None:
    table = _next()
    assert list(table) == tables.NEXT_COLUMNS
    # Agde would reach Béziers' firm as well; of the two the larger is taken.
    assert table.to_numpy().tolist() == [[1, "34032", "Béziers", 1, 100, 0, True]]
    row = tables.next_antennas_in_full(SNAPSHOT, KM, SETTINGS).iloc[0]
    assert row[["nearest_antenna", "cost", "is_forced"]].tolist() == ["Montpellier", 50, False]


def test_each_demand_is_counted_in_its_own_unit() -> None:
    jobs = _next(dataclasses.replace(KM, demand="jobs"))
    assert jobs[["added_demand", "covered_share_pct"]].to_numpy().tolist() == [[68, 100]]
    members = SmallSnapshot(roster=members_of(["100000009"]))
    missing = _next(dataclasses.replace(KM, demand="missing"), members)
    summary = tables.siting_summary(members, dataclasses.replace(KM, demand="missing"), SETTINGS).iloc[0]
    communes = tables.compute("towns", members, KM, SETTINGS, level="commune")["members_missing"]
    assert summary["total"] == pytest.approx(communes.clip(lower=0).sum())
    assert missing["covered_share_pct"].iloc[-1] == pytest.approx(
        100 * (summary["already"] + missing["added_demand"].sum()) / summary["total"]
    )


def test_a_site_that_adds_nothing_is_left_out_unless_it_is_forced() -> None:
    assert len(_next(dataclasses.replace(KM, offices=5))) == 1
    forced = _next(dataclasses.replace(KM, offices=2, forced=("34003",)))
    assert forced[["commune_name", "added_demand"]].to_numpy().tolist() == [["Agde", 1]]
    both = _next(dataclasses.replace(KM, threshold=10.0, offices=2, forced=("34003",)))
    assert both[["commune_name", "added_demand"]].to_numpy().tolist() == [["Béziers", 1], ["Agde", 0]]


def test_two_communes_of_one_name_are_told_apart() -> None:
    class Namesakes(SmallSnapshot):
        def table(self, name: str) -> pd.DataFrame:
            rows = super().table(name)
            is_one = rows["commune_code"].isin(["34032", "34003"]) if name == "communes" else None
            return rows if is_one is None else rows.assign(name=rows["name"].mask(is_one, "Calmont"))

    both = dataclasses.replace(KM, threshold=10.0, offices=2, forced=("34003", "34032"))
    rows = tables.next_antennas_in_full(Namesakes(), both, SETTINGS)  # type: ignore[arg-type]
    assert rows["commune_name"].tolist() == ["Calmont", "Calmont"]
    assert rows["x_km"].str[0].tolist() == [730.0, 747.0]


def test_what_is_forced_is_not_said_to_be_chosen() -> None:
    table = tables.compute("stability", SNAPSHOT, dataclasses.replace(KM, forced=("34003",), offices=2), SETTINGS)
    assert "Agde" not in set(table["commune_name"])


def test_an_excluded_commune_has_none() -> None:
    assert _next(dataclasses.replace(KM, excluded=("34032",)))["commune_name"].tolist() == ["Agde"]
    assert _next(dataclasses.replace(KM, excluded=("34003", "34032"))).empty


def test_where_an_antenna_stands_none_is_suggested() -> None:
    sites = tables.possible_sites(SNAPSHOT, KM, SETTINGS)
    assert sites["commune_code"].tolist() == ["34032", "34003"]


def test_small_communes_are_candidates_where_they_are_the_main_one_of_their_epci() -> None:
    large = SETTINGS.model_copy(update={"siting": SETTINGS.siting.model_copy(update={"smallest_population": 10**6})})
    assert tables.possible_sites(SNAPSHOT, KM, large)["commune_code"].tolist() == ["34032", "34003"]


@settings(max_examples=25, deadline=None)
@given(views(perimeters=("tic",)))
def test_shares_go_on_from_what_the_coverage_says(view: View) -> None:
    view = dataclasses.replace(view, demand="firms")
    table = _next(view)
    totals = tables.coverage_totals(SNAPSHOT, view, SETTINGS).iloc[0]
    reached = tables.coverage(SNAPSHOT, view, SETTINGS)["firms"].iloc[-1]
    if not totals["firms"]:
        assert table["covered_share_pct"].isna().all()
        return
    for share, added in zip(table["covered_share_pct"], table["added_demand"].cumsum(), strict=True):
        assert share == pytest.approx(100 * (reached + added) / totals["firms"])
    assert len(table) <= max(view.offices, len(view.forced))


def test_how_many_would_reach_most() -> None:
    table = tables.compute("offices-needed", SNAPSHOT, KM, SETTINGS)
    assert table["share_pct"].tolist() == [90, 95, 99]
    assert table["offices"].tolist() == [1, 1, 1]
    assert table["is_proven"].all()
    never = tables.compute("offices-needed", SNAPSHOT, dataclasses.replace(KM, excluded=("34032", "34003")), SETTINGS)
    assert never["offices"].isna().all()


def test_the_best_move_by_hand() -> None:
    # Montpellier's firm is lost, Béziers' won: no gain. With Agde in the middle both would be had from 40 km on.
    assert tables.compute("move", SNAPSHOT, KM, SETTINGS)["gain"].tolist() == [0]
    at_40 = tables.compute("move", SNAPSHOT, dataclasses.replace(KM, threshold=40.0), SETTINGS).iloc[0]
    assert at_40[["closed", "commune_name", "gain", "gain_pct"]].tolist() == ["Montpellier", "Agde", 1, 25]


def test_a_commune_chosen_under_every_question_is_sure() -> None:
    table = tables.compute("stability", SNAPSHOT, KM, SETTINGS)
    rows = table.set_index("commune_name")
    # At 20, 30 and 45 km Béziers' firm is out of reach, at 60 no longer.
    assert rows.loc["Béziers", ["times_firms", "times_jobs"]].tolist() == [3, 3]
    assert (table["share_pct"] == 100 * table["times"] / 12).all()


def test_the_short_list_begins_with_the_antennas() -> None:
    places = tables.short_list(SNAPSHOT, ALL, SETTINGS, limit=1)
    assert places["commune_code"].tolist() == ["31555", "34172", "34032"]
    assert list(places) == ["commune_code", "name", "x_m", "y_m", "longitude", "latitude"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"offices": 3}, [["few", "2"]]),
        ({"excluded": ("99999",)}, [["unknown", "99999"]]),
        ({"forced": ("34003",), "excluded": ("34003",)}, [["both", "Agde"]]),
        ({"forced": ("31555",)}, [["standing", "Toulouse"]]),
        ({"forced": ("34003", "34032")}, [["forced", ""]]),
    ],
)
def test_what_was_asked_in_vain_is_told(changes: dict[str, Any], expected: list[list[str]]) -> None:
    notes = tables.siting_notes(SNAPSHOT, dataclasses.replace(KM, **changes), SETTINGS)
    assert notes.to_numpy().tolist() == expected


def test_an_empty_selection_is_answered() -> None:
    nothing = dataclasses.replace(KM, segments=("content",))
    assert _next(nothing).empty
    summary = tables.siting_summary(SNAPSHOT, nothing, SETTINGS).iloc[0]
    assert summary["total"] == 0
    assert pd.isna(summary["already_pct"])
    assert tables.compute("stability", SNAPSHOT, nothing, SETTINGS).empty


def test_without_an_antenna_the_first_ones_are_found() -> None:
    none: Any = SmallSnapshot(antennas=ANTENNAS.empty())
    table = _next(dataclasses.replace(KM, offices=3), none)
    assert table["commune_name"].tolist() == ["Toulouse", "Montpellier", "Béziers"]
    assert table["covered_share_pct"].tolist() == [50, 75, 100]
