"""What a build derives: who is a member on its day, who may be scored, and clusters, of firms written by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from analytics.contracts import ANTENNAS, CLUSTERS, FIRMS, NEIGHBOURS, PROSPECTS
from analytics.derived import Derived, derive
from analytics.metrics.prospects import NEEDED_MEMBERS
from analytics.settings import Settings, default_settings

BUILT_AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
SIDE = 6
# A square of EPCI by rows; the last one has no firm.
EPCIS = [f"2000000{row}{column}" for row in range(SIDE) for column in range(SIDE)]


def _siren(number: int) -> str:
    return f"{100 + number:09d}"


def _firms(n: int, *, withheld: tuple[int, ...] = ()) -> pd.DataFrame:
    """Return firms that take turns in all EPCI but the last, in three segments and four sizes."""
    sizes = [("00", 0.0), ("01", 1.5), ("11", 14.0), ("21", 70.0)]
    rows = [
        {
            "siren": _siren(i),
            "siret": _siren(i) + "00011",
            "name": None if i in withheld else f"Firm {i}",
            "commune_code": "31555",
            "epci_code": EPCIS[i % (len(EPCIS) - 1)],
            "department_code": "31",
            "x_m": 574_300.0 + 1_000 * (i % 50),
            "y_m": 6_279_600.0,
            "longitude": 1.44,
            "latitude": 43.6,
            "location_precision": "address",
            "activity_code": "62.01Z",
            "activity_nomenclature": "NAFRev2",
            "segment": ("software", "data", "trade")[i % 3],
            "size_code": sizes[i % 4][0],
            **dict.fromkeys(("jobs_low", "jobs_estimate", "jobs_high"), sizes[i % 4][1]),
            "category": "PME",
            "created_on": pd.Timestamp(2026 - i % 20, 3, 15),
            "is_employer": i % 4 > 0,
            "establishments_count": 1,
            "is_partially_diffusible": i in withheld,
        }
        for i in range(n)
    ]
    return FIRMS.enforce(pd.DataFrame(rows))


def _members(sirens: list[str | None], *, left_on: dict[int, str] | None = None) -> pd.DataFrame:
    dates = pd.Series([(left_on or {}).get(i) for i in range(len(sirens))], dtype="datetime64[ns]")
    return pd.DataFrame({"siren": pd.Series(sirens, dtype="str"), "left_on": dates})


def _neighbours() -> pd.DataFrame:
    """Return the pairs of the square that share an edge or a corner."""
    places = [divmod(i, SIDE) for i in range(SIDE * SIDE)]
    pairs = [
        (EPCIS[i], EPCIS[j])
        for i, (row, column) in enumerate(places)
        for j, (other_row, other_column) in enumerate(places)
        if max(abs(row - other_row), abs(column - other_column)) == 1
    ]
    return NEIGHBOURS.enforce(pd.DataFrame(pairs, columns=list(NEIGHBOURS.columns)))


def _tables(members: pd.DataFrame) -> dict[str, pd.DataFrame]:
    antenna = ["Toulouse", "seat", "31555", 3.0, 574_300.0, 6_279_600.0]
    return {
        "members": members,
        "communes": pd.DataFrame({"commune_code": ["31555"], "x_m": [574_300.0], "y_m": [6_279_600.0]}),
        "antennas": ANTENNAS.enforce(pd.DataFrame([antenna], columns=list(ANTENNAS.columns))),
        "epcis": pd.DataFrame({"area_code": EPCIS}),
        "neighbours": _neighbours(),
    }


def _settings(*perimeters: str) -> Settings:
    settings = default_settings()
    return settings.model_copy(update={"perimeters": {name: settings.perimeters[name] for name in perimeters}})


def _derive(members: pd.DataFrame, **firms: pd.DataFrame) -> Derived:
    return derive(_tables(members), firms=firms, settings=_settings(*firms), built_at=BUILT_AT)


def _quality(derived: Derived, perimeter: str = "tic") -> Any:
    return derived.facts["resemblance"][perimeter]


# Of eighty firms the first thirty are members, the last five withheld.
THIRTY = [_siren(i) for i in range(NEEDED_MEMBERS)]
WITHHELD = (75, 76, 77, 78, 79)


@pytest.fixture(scope="module")
def eighty() -> pd.DataFrame:
    return _firms(80, withheld=WITHHELD)


def test_thirty_members_make_a_model_and_twenty_nine_an_empty_table(eighty: pd.DataFrame) -> None:
    enough = _derive(_members(list(THIRTY)), tic=eighty)
    assert (_quality(enough)["members"], _quality(enough)["firms"]) == (30, 80)
    few = _derive(_members(THIRTY[:29]), tic=eighty)
    assert _quality(few) is None
    pd.testing.assert_frame_equal(few.tables["prospects-tic"], PROSPECTS.empty())


def test_all_but_members_and_partially_diffusible_firms_are_scored(eighty: pd.DataFrame) -> None:
    # A member of the roster may be a withheld firm: it is neither scored nor told.
    members = _members([*THIRTY, _siren(79)])
    prospects = _derive(members, tic=eighty).tables["prospects-tic"]
    assert tuple(prospects.columns) == PROSPECTS.columns
    assert prospects["siren"].tolist() == [_siren(i) for i in range(30, 75)]
    # Created on the day of the build, so many years ago.
    assert prospects["age_years"].tolist() == pytest.approx([i % 20 for i in range(30, 75)])


def test_who_had_left_by_the_moment_of_the_build_is_a_prospect_again(eighty: pd.DataFrame) -> None:
    sirens = [_siren(i) for i in range(33)]
    left_on = {30: "2020-06-30", 31: "2026-03-15 12:00", 32: "2026-03-15 12:01"}
    derived = _derive(_members(sirens, left_on=left_on), tic=eighty)
    # Thirty, and the one who leaves a minute later.
    assert _quality(derived)["members"] == 31
    assert derived.tables["prospects-tic"]["siren"].tolist() == [_siren(i) for i in (30, 31, *range(33, 75))]


def test_members_count_once_and_those_without_a_firm_do_not(eighty: pd.DataFrame) -> None:
    elsewhere, twice = _siren(5_000), _siren(0)
    derived = _derive(_members([*THIRTY, None, elsewhere, twice]), tic=eighty)
    assert _quality(derived)["members"] == 30
    # One fewer, and the same three do not make up for it.
    assert _quality(_derive(_members([*THIRTY[:29], None, elsewhere, twice]), tic=eighty)) is None


def test_each_perimeter_has_its_own_tables(eighty: pd.DataFrame) -> None:
    # The narrower one holds every other firm, and so half of the members.
    derived = _derive(_members(list(THIRTY)), tic=eighty, core=eighty.iloc[::2].reset_index(drop=True))
    assert set(derived.tables) == {"prospects-tic", "clusters-tic", "prospects-core", "clusters-core"}
    assert _quality(derived, "core") is None
    assert _quality(derived)["members"] == 30
    assert derived.tables["prospects-core"].empty
    assert len(derived.tables["prospects-tic"]) == 45


def test_facts_are_plain_numbers_ready_for_json(eighty: pd.DataFrame) -> None:
    derived = _derive(_members(list(THIRTY)), tic=eighty, core=eighty.head(10))
    assert json.loads(json.dumps(derived.facts, allow_nan=False)) == derived.facts
    assert list(derived.facts) == ["resemblance"]
    assert sum(step["firms"] for step in _quality(derived)["calibration"]) == 80
    assert 0 <= _quality(derived)["auc"] <= 1


def test_clusters_are_null_without_a_firm_and_none_where_nothing_stands_out(eighty: pd.DataFrame) -> None:
    # Eighty firms in 35 EPCI by turns, none a member: all ratios are alike.
    clusters = _derive(_members([]), tic=eighty).tables["clusters-tic"]
    assert tuple(clusters.columns) == CLUSTERS.columns
    assert clusters["area_code"].tolist() == EPCIS
    assert clusters["cluster"].tolist()[:-1] == ["none"] * 35
    assert pd.isna(clusters["cluster"].iloc[-1])


def test_a_corner_full_of_members_is_a_cluster() -> None:
    # Seven hundred firms, twenty in each of 35 EPCI; in the nine of the first corner all of them are members.
    corner = {row * SIDE + column for row in range(3) for column in range(3)}
    members = _members([_siren(i) for i in range(700) if i % 35 in corner])
    clusters = _derive(members, tic=_firms(700)).tables["clusters-tic"].set_index("area_code")["cluster"]
    assert clusters[[EPCIS[1], EPCIS[SIDE], EPCIS[SIDE + 1]]].tolist() == ["high_high"] * 3
    assert "high_high" not in set(clusters[[EPCIS[i] for i in range(SIDE * 4, SIDE * SIDE)]])


def test_no_firm_at_all_gives_empty_and_null(eighty: pd.DataFrame) -> None:
    derived = _derive(_members(list(THIRTY)), tic=eighty.head(0))
    assert _quality(derived) is None
    assert derived.tables["prospects-tic"].empty
    assert derived.tables["clusters-tic"]["cluster"].isna().all()


def test_the_tables_given_are_not_changed(eighty: pd.DataFrame) -> None:
    tables, firms = _tables(_members(list(THIRTY))), eighty.copy()
    before = {name: table.copy() for name, table in tables.items()}
    derive(tables, firms={"tic": firms}, settings=_settings("tic"), built_at=BUILT_AT)
    pd.testing.assert_frame_equal(firms, eighty)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])
