"""Who the antennas reach, on four firms in one line: Toulouse at 574 km, Béziers 720, Agde 737, Montpellier 770."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings

from analytics import tables
from analytics.contracts import ANTENNAS, ISOCHRONES
from analytics.view import View
from tests.analytics.small_snapshot import ALL, EASTING, NORTHING, SETTINGS, SmallSnapshot
from tests.analytics.views import views

SNAPSHOT = SmallSnapshot()
KM = dataclasses.replace(ALL, unit="km")
AMOUNTS = ["firms", "jobs_estimate", "members", "population"]


def _compute(name: str, view: View = KM, *, snapshot: SmallSnapshot = SNAPSHOT) -> pd.DataFrame:
    return tables.compute(name, snapshot, view, SETTINGS)  # type: ignore[arg-type]


def test_coverage_by_hand() -> None:
    table = _compute("coverage")
    assert list(table) == tables.COVERAGE_COLUMNS
    rows = table.set_index("antenna")
    assert list(rows.index) == ["Toulouse", "Montpellier", "network"]
    # Béziers' firm is 49 km from Montpellier, Béziers' town hall 50 km, Agde's 33 km.
    assert rows.loc["Toulouse", AMOUNTS].tolist() == [2, 32, 2, 500_000]
    assert rows.loc["Montpellier", AMOUNTS].tolist() == [1, 0, 0, 300_000]
    assert rows.loc["network", AMOUNTS].tolist() == [3, 32, 2, 800_000]
    assert rows["firms_only_here"].tolist() == [2, 1, 3]
    assert rows["firms_lost_if_closed"].tolist() == [2, 1, 3]


def test_a_firm_is_where_it_stands_and_inhabitants_at_their_town_hall() -> None:
    at_49 = _compute("coverage", dataclasses.replace(KM, threshold=49.0)).set_index("antenna")
    assert at_49.loc["Montpellier", AMOUNTS].tolist() == [2, 68, 0, 329_000]
    at_50 = _compute("coverage", dataclasses.replace(KM, threshold=50.0)).set_index("antenna")
    assert at_50.loc["Montpellier", AMOUNTS].tolist() == [2, 68, 0, 409_000]


@settings(max_examples=30, deadline=None)
@given(views(perimeters=("tic",)))
def test_both_ways_to_count_what_closing_loses_agree(view: View) -> None:
    table = _compute("coverage", view)
    antennas, network = table.iloc[:-1], table.iloc[-1]
    assert antennas["firms_only_here"].tolist() == antennas["firms_lost_if_closed"].tolist()
    assert (antennas["firms"] <= network["firms"]).all()
    overlaps = _compute("overlaps", view)
    assert overlaps.loc[overlaps["antennas"] > 0, "firms"].sum() == network["firms"]
    assert overlaps.loc[overlaps["antennas"] == 1, "firms"].sum() == antennas["firms_only_here"].sum()
    territories = _compute("territories", view)
    totals = tables.coverage_totals(SNAPSHOT, view, SETTINGS).iloc[0]  # type: ignore[arg-type]
    for column in AMOUNTS:
        assert territories[column].sum() == pytest.approx(totals[column])


def test_the_curve_ends_where_the_coverage_of_its_threshold_is() -> None:
    curve = _compute("coverage-curve").set_index("threshold")
    assert curve.loc[30.0, ["firms_pct", "members_pct"]].tolist() == [75, 100]
    assert curve.loc[50.0, "firms_pct"] == 100
    assert curve.loc[90.0, "population_pct"] == 100
    assert curve.loc[0.0, "population_pct"] == pytest.approx(100 * 800_000 / 909_000)


def test_territories_hold_what_is_nearest_whatever_the_threshold() -> None:
    for view in (KM, dataclasses.replace(ALL, threshold=5.0)):
        rows = _compute("territories", view).set_index("antenna")
        assert rows["firms"].tolist() == [2, 2]
        assert rows["population"].tolist() == [500_000, 409_000]
        assert rows["firms_per_staff"].tolist() == [1, 1]
        assert rows["members_per_staff"].tolist() == [1, 0]


def test_access_shares_the_staff_among_the_firms_in_reach() -> None:
    # Within ten kilometres, the first third: two persons for two firms there, two for one.
    rows = _compute("territories").set_index("antenna")
    assert rows.loc["Toulouse", "staff_per_1000_firms"] == pytest.approx(1_000)
    # Béziers' firm sees nobody: the mean over both firms of the territory.
    assert rows.loc["Montpellier", "staff_per_1000_firms"] == pytest.approx(1_000)


def test_who_is_not_selected_sees_the_same_staff() -> None:
    part = _compute("territories", dataclasses.replace(KM, segments=("software",))).set_index("antenna")
    assert part.loc["Toulouse", ["firms", "staff_per_1000_firms"]].tolist() == [1, pytest.approx(1_000)]


def test_bands_and_coverage_agree_on_a_measured_edge() -> None:
    measured = SmallSnapshot(isochrones=_isochrones().assign(minutes=[15, 30]))
    wide = _isochrones().assign(geometry_wkb=[_square(EASTING["34172"], 51_000)] * 2)
    for snapshot in (measured, SmallSnapshot(isochrones=wide)):
        reached = _compute("coverage", dataclasses.replace(ALL, threshold=15.0), snapshot=snapshot)["firms"].iloc[-1]
        assert _compute("nearness", ALL, snapshot=snapshot)["firms"].iloc[0] == reached


def test_places_say_who_is_out_of_reach_and_how_far() -> None:
    rows = tables.reach_places(SNAPSHOT, KM, SETTINGS).set_index("commune_name")  # type: ignore[arg-type]
    assert rows["firms"].to_dict() == {"Toulouse": 2, "Montpellier": 1, "Béziers": 1}
    assert rows["unreached"].to_dict() == {"Toulouse": 0, "Montpellier": 0, "Béziers": 1}
    assert rows.loc["Béziers", ["nearest_antenna", "cost"]].tolist() == ["Montpellier", 50]


def test_minutes_are_never_zero() -> None:
    rows = tables.reach_places(SNAPSHOT, ALL, SETTINGS).set_index("commune_name")  # type: ignore[arg-type]
    assert rows.loc["Toulouse", "cost"] == SETTINGS.travel.floor_minutes
    # 50 km by the crow are 65 of road: 3 at 25 km/h, 17 at 55, 40 at 80, 5 at 100.
    assert rows.loc["Béziers", "cost"] == pytest.approx(60 * (3 / 25 + 17 / 55 + 40 / 80 + 5 / 100))


def test_bands_hold_every_firm_once() -> None:
    table = _compute("nearness")
    assert table["firms"].sum() == 4
    assert table["low"].tolist() == [0, 5, 10, 20, 30, 50]
    assert table["firms"].tolist() == [3, 0, 0, 0, 1, 0]


def _square(x_m: float, half_m: float) -> bytes:
    return shapely.to_wkb(shapely.box(x_m - half_m, NORTHING - half_m, x_m + half_m, NORTHING + half_m))


def _isochrones(easting: float = EASTING["34172"]) -> pd.DataFrame:
    """Montpellier's: within 15 minutes 10 km around, within 30 as far as Béziers."""
    return ISOCHRONES.enforce(
        pd.DataFrame(
            {
                "commune_code": "34172",
                "x_m": easting,
                "y_m": NORTHING,
                "minutes": [15, 30],
                "geometry_wkb": [_square(easting, 10_000), _square(easting, 51_000)],
                "resource_version": "2026-11",
                "fetched_on": pd.Timestamp("2026-11-25"),
            }
        )
    )


def test_what_was_measured_stands_in_place_of_the_estimate() -> None:
    measured = SmallSnapshot(isochrones=_isochrones())
    assert _compute("coverage", ALL).iloc[1]["firms"] == 1
    rows = _compute("coverage", ALL, snapshot=measured).set_index("antenna")
    assert rows.loc["Montpellier", AMOUNTS].tolist() == [2, 68, 0, 409_000]
    assert rows.loc["Toulouse", "firms"] == 2
    some = SmallSnapshot(isochrones=_isochrones().head(1))
    assert tables.reach_notes(some, ALL, SETTINGS)["names"].tolist() == ["Toulouse"]  # type: ignore[arg-type]
    told = tables.measured(measured, ALL, SETTINGS).iloc[0]  # type: ignore[arg-type]
    assert (told["antennas"], told["others"]) == (1, 0)
    outlines = tables.antenna_outlines(measured, ALL, SETTINGS).set_index("name")  # type: ignore[arg-type]
    assert outlines["is_measured"].to_dict() == {"Toulouse": False, "Montpellier": True}
    assert min(outlines.loc["Montpellier", "x_km"]) == pytest.approx(719, abs=0.4)
    kilometres = _compute("coverage", KM, snapshot=measured)
    pd.testing.assert_frame_equal(kilometres, _compute("coverage", KM))


def test_an_antenna_that_moved_keeps_its_estimate_and_is_named() -> None:
    moved = SmallSnapshot(isochrones=_isochrones(EASTING["34172"] + 5_000))
    pd.testing.assert_frame_equal(_compute("coverage", ALL, snapshot=moved), _compute("coverage", ALL))
    notes = tables.reach_notes(moved, ALL, SETTINGS)  # type: ignore[arg-type]
    assert notes.to_numpy().tolist() == [["unmeasured", "Toulouse, Montpellier"]]
    told = tables.reach_notes(SmallSnapshot(isochrones=_isochrones()), ALL, SETTINGS)  # type: ignore[arg-type]
    assert told.to_numpy().tolist() == [["unmeasured", "Toulouse"]]
    assert tables.reach_notes(moved, KM, SETTINGS).empty  # type: ignore[arg-type]


def _antennas(names: list[str], communes: list[str]) -> pd.DataFrame:
    rows = {"name": names, "kind": "antenna", "commune_code": communes, "staff": 1.0}
    return ANTENNAS.enforce(pd.DataFrame({**rows, "x_m": [EASTING[code] for code in communes], "y_m": NORTHING}))


def test_two_antennas_in_one_commune_are_told_and_still_drawn() -> None:
    twins = SmallSnapshot(antennas=_antennas(["Nord", "Sud"], ["31555", "31555"]))
    assert tables.reach_notes(twins, KM, SETTINGS).to_numpy().tolist() == [["twins", "Nord, Sud"]]  # type: ignore[arg-type]
    rows = _compute("coverage", snapshot=twins)
    assert rows["firms"].tolist() == [2, 2, 2]
    assert rows["firms_only_here"].tolist() == [0, 0, 0]
    assert rows["firms_lost_if_closed"].tolist() == [0, 0, 2]


def test_nobody_in_reach_is_told() -> None:
    far = SmallSnapshot(antennas=_antennas(["Agde"], ["34003"]))
    view = dataclasses.replace(KM, threshold=5.0)
    assert tables.reach_notes(far, view, SETTINGS)["note"].tolist() == ["nobody"]  # type: ignore[arg-type]
    assert _compute("coverage", view, snapshot=far)["firms"].tolist() == [0, 0]


def test_without_an_antenna_every_table_is_there() -> None:
    none = SmallSnapshot(antennas=ANTENNAS.empty())
    assert tables.reach_notes(none, KM, SETTINGS)["note"].tolist() == ["no_antenna"]  # type: ignore[arg-type]
    for name in ("coverage", "overlaps", "coverage-curve", "territories", "nearness", "next-antennas", "move"):
        for view in (KM, ALL):
            assert list(_compute(name, view, snapshot=none)) == list(_compute(name, view))
    assert _compute("coverage", snapshot=none)["firms"].tolist() == [0]
    places = tables.reach_places(none, KM, SETTINGS)  # type: ignore[arg-type]
    assert (places["firms"] == places["unreached"]).all()
    assert places["nearest_antenna"].isna().all()
    assert np.isnan(places["cost"]).all()


def test_departments_narrow_what_is_there_to_reach() -> None:
    herault = dataclasses.replace(KM, departments=("34",))
    assert _compute("coverage", herault).iloc[-1][AMOUNTS].tolist() == [1, 0, 0, 300_000]
    assert tables.coverage_totals(SNAPSHOT, herault, SETTINGS).iloc[0].tolist() == [2, 68, 0, 409_000]  # type: ignore[arg-type]
