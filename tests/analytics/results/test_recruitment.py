"""Whom to recruit: cells, steps, prospects and the plan, on snapshots made by hand."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
import pytest

from analytics import tables
from analytics.contracts import PROSPECTS
from analytics.view import View
from tests.analytics.small_snapshot import (
    ALL,
    NO_MEMBER,
    SETTINGS,
    TIC,
    WITHHELD_SIREN,
    SmallSnapshot,
    firm,
    firms,
    member,
    members_of,
    roster,
)

ALPHA, GAMMA, DELTA, EPSILON, NAMELESS, ZETA = (f"{n}0000000{n}" for n in (1, 3, 4, 6, 7, 8))
_NONE = {"reason_1": None, "reason_2": None, "reason_3": None, "age_years": 5.0, "local_penetration_pct": 2.04}
SCORES = PROSPECTS.enforce(
    pd.DataFrame(
        [
            {**_NONE, "siren": GAMMA, "score": 5.0, "reason_1": "-category"},
            {**_NONE, "siren": DELTA, "score": 20.0, "reason_1": "+category", "reason_2": "-distance"},
            {**_NONE, "siren": EPSILON, "score": 60.0, "reason_1": "+size", "reason_2": "+local", "reason_3": "-age"},
            {**_NONE, "siren": NAMELESS, "score": 99.0, "reason_1": "+size"},
            {**_NONE, "siren": ZETA, "score": 60.0},
        ]
    )
)
LISTED = SmallSnapshot(
    tic=firms(
        [
            firm(ALPHA, "Alpha Démo", "31555", "software", "12", 30),
            firm(WITHHELD_SIREN, None, "31555", "consulting", "12", 31),
            firm(GAMMA, "Gamma Démo", "34172", "programming", "00", 0),
            firm(DELTA, "Delta Démo", "34032", "consulting", "21", 68, category="ETI"),
            firm(EPSILON, "Epsilon Démo", "31555", "consulting", "12", 31),
            firm(NAMELESS, None, "31555", "consulting", "12", 31),
            firm(ZETA, "Zeta Démo", "31555", "programming", "11", 14),
        ]
    ),
    roster=roster(
        [
            member(1, "ALPHA", ALPHA, dues_eur=1_000.0),
            member(2, "Partie", GAMMA, dues_eur=90.0, left_on=pd.Timestamp("2020-06-30")),
            member(3, "Hors périmètre", "500000005", dues_eur=7_000.0),
        ]
    ),
    scores=SCORES,
)


def _prospects(view: View = ALL, *, snapshot: SmallSnapshot = LISTED, **options: str | int) -> pd.DataFrame:
    return tables.prospects(snapshot, view, SETTINGS, **options)  # type: ignore[arg-type]


def _sirens(**view: object) -> list[str]:
    sirens: list[str] = _prospects(dataclasses.replace(ALL, **view))["siren"].tolist()  # type: ignore[arg-type]
    return sirens


def test_the_columns_are_those_promised() -> None:
    promised = "siren, name, commune_name, segment, size_code, jobs_estimate, score, reason_1, reason_2, reason_3"
    assert list(_prospects()) == promised.split(", ")


def test_prospects_by_hand() -> None:
    rows = _prospects()
    # A former member may be won again; of two with the same score the larger goes first.
    assert rows["name"].tolist() == ["Epsilon Démo", "Zeta Démo", "Delta Démo", "Gamma Démo"]
    assert rows["score"].tolist() == [60, 60, 20, 5]
    assert rows["jobs_estimate"].tolist() == [31, 14, 68, 0]
    assert rows["commune_name"].tolist() == ["Toulouse", "Toulouse", "Béziers", "Montpellier"]


def test_members_withheld_units_and_units_without_a_name_are_never_listed() -> None:
    for order in ("score", "jobs", "both"):
        assert {ALPHA, WITHHELD_SIREN, NAMELESS}.isdisjoint(_sirens(order=order))
    assert _sirens(cell=("consulting", "10-49")) == [EPSILON]


def test_but_they_count_in_the_aggregates() -> None:
    cells = tables.white_space(LISTED, ALL, SETTINGS).set_index(["segment", "size_class"])  # type: ignore[arg-type]
    assert cells.loc[("consulting", "10-49"), "firms"] == 3
    # One member among the five firms of ten to forty-nine: 3 / 5.
    assert cells.loc[("consulting", "10-49"), "expected_members"] == pytest.approx(3 * 1 / 5)


def test_the_order_is_by_resemblance_by_jobs_or_by_their_product() -> None:
    assert _sirens(order="score") == [EPSILON, ZETA, DELTA, GAMMA]
    assert _sirens(order="jobs") == [DELTA, EPSILON, ZETA, GAMMA]
    # 60 x 31 = 1,860; 20 x 68 = 1,360; 60 x 14 = 840; 5 x 0 = 0.
    assert _sirens(order="both") == [EPSILON, DELTA, ZETA, GAMMA]


@pytest.mark.parametrize(
    ("view", "sirens"),
    [
        ({"cell": ("programming", "10-49")}, [ZETA]),
        ({"cell": ("telecoms", "10-49")}, []),
        ({"antenna": "Montpellier"}, [DELTA, GAMMA]),
        ({"antenna": "Mende"}, []),
        # Firms stand one kilometre east of their town halls; Béziers is 49 from Montpellier then.
        ({"within_km": 49.0}, [EPSILON, ZETA, DELTA, GAMMA]),
        ({"within_km": 48.9}, [EPSILON, ZETA, GAMMA]),
        ({"within_km": 1.0}, [EPSILON, ZETA, GAMMA]),
        ({"within_km": 0.0}, []),
        ({"antenna": "Montpellier", "within_km": 10.0}, [GAMMA]),
        ({"level": "commune", "town": "31555", "town_only": True}, [EPSILON, ZETA]),
        ({"level": "department", "town": "34", "town_only": True}, [DELTA, GAMMA]),
        ({"level": "antenna", "town": "Toulouse", "town_only": True}, [EPSILON, ZETA]),
        ({"level": "commune", "town": "34", "town_only": True}, []),
        ({"level": "commune", "town": "31555"}, [EPSILON, ZETA, DELTA, GAMMA]),
        ({"level": "commune", "town_only": True}, [EPSILON, ZETA, DELTA, GAMMA]),
        ({"departments": ("34",), "sizes": ("50-249",)}, [DELTA]),
        ({"departments": ("34",), "cell": ("programming", "10-49")}, []),
        ({"segments": ("programming",), "order": "jobs"}, [ZETA, GAMMA]),
    ],
)
def test_a_view_narrows_the_list(view: dict[str, object], sirens: list[str]) -> None:
    assert _sirens(**view) == sirens


@pytest.mark.parametrize("limit", [0, 1, 2, 4, 100])
def test_the_limit_cuts_the_list_from_its_end(limit: int) -> None:
    pd.testing.assert_frame_equal(_prospects(limit=limit), _prospects().head(limit), check_dtype=limit > 0)


def test_reasons_are_in_the_language_and_null_where_there_is_none() -> None:
    reasons = ["reason_1", "reason_2", "reason_3"]
    english = _prospects(language="en").set_index("siren")[reasons]
    assert english.loc[EPSILON].tolist() == [
        "20 to 49 jobs",
        "2.0% members nearby",
        "despite: created 5 years ago",
    ]
    assert english.loc[DELTA].dropna().tolist() == ["mid-size firm", "despite: 49 km from the Montpellier office"]
    assert english.loc[ZETA].isna().all()
    french = _prospects(language="fr").set_index("siren")[reasons]
    assert french.loc[GAMMA].dropna().tolist() == ["malgré\u202f: catégorie non indiquée"]
    assert (french.isna() == english.isna()).all(axis=None)


def test_without_a_model_the_list_is_by_jobs_and_has_neither_score_nor_reason() -> None:
    rows = _prospects(snapshot=dataclasses.replace(LISTED, scores=PROSPECTS.empty()))
    assert rows["siren"].tolist() == [DELTA, EPSILON, ZETA, GAMMA]
    assert rows[["score", "reason_1", "reason_2", "reason_3"]].isna().all(axis=None)
    assert rows["score"].dtype == "float64"


def test_the_page_shows_more_of_the_same_list() -> None:
    whole = tables.prospects_in_full(LISTED, ALL, SETTINGS, language="en")  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(whole[tables.PROSPECT_COLUMNS], _prospects(language="en"))
    first = whole.iloc[0]
    assert first[["segment_name", "size_label", "nearest_antenna", "department_code"]].tolist() == [
        "IT consulting and services",
        "20 to 49",
        "Toulouse",
        "31",
    ]
    assert first["antenna_km"] == pytest.approx(1)


# The plan of a year


def _plan(**view: object) -> pd.Series:
    return tables.plan(LISTED, dataclasses.replace(ALL, **view), SETTINGS).iloc[0]  # type: ignore[arg-type]


def test_a_plan_by_hand() -> None:
    # A visit in four months are three a year; every second brings a member.
    plan = _plan(visits=0.25, conversion=50.0)
    assert plan[["visits", "recruits", "listed"]].tolist() == [3, 1.5, 4]
    # Of three, none with probability 1/8 and no more than two with 7/8: from 0 to 3 nine times in ten.
    assert plan[["recruits_low", "recruits_high"]].tolist() == [0, 3]
    # The first three of the list have 31, 14 and 68 persons.
    assert plan["jobs"] == pytest.approx(1.5 * (31 + 14 + 68) / 3)
    # What a member of fifty to 249 persons pays is not known.
    assert pd.isna(plan["dues_eur"])


def test_a_plan_follows_the_list() -> None:
    # Two firms of ten to forty-nine persons, where the one member pays 1,000 euros: one of them joins.
    plan = _plan(level="commune", town="31555", town_only=True, visits=10.0, conversion=50.0)
    assert plan[["visits", "recruits", "listed", "jobs", "dues_eur"]].tolist() == [2, 1, 2, 22.5, 1_000]
    # By jobs, the first is that of 68 persons.
    assert _plan(order="jobs", visits=1 / 12, conversion=100.0)["jobs"] == 68


def test_a_plan_of_no_visit_or_no_firm_brings_nothing() -> None:
    assert _plan(visits=0.0)[["visits", "recruits", "recruits_high"]].tolist() == [0, 0, 0]
    nobody = _plan(antenna="Mende")
    assert nobody[["visits", "recruits", "listed"]].tolist() == [0, 0, 0]
    assert nobody[["jobs", "dues_eur"]].isna().all()


# Cells of segment and size

# Of ten to forty-nine persons: 40 of 100 software firms are members, 2 of 100 in consulting.
CELLS = SmallSnapshot(
    tic=firms(
        [
            firm(f"1{n:08}", f"F{n}", "31555" if n % 2 else "34172", segment, "11", 14)
            for segment, numbers in (("software", range(100)), ("consulting", range(100, 200)))
            for n in numbers
        ]
    ),
    roster=roster([member(n, f"M{n}", f"1{n:08}", dues_eur=500.0 + 1_000 * (n % 2)) for n in (*range(40), 100, 101)]),
)


def _cells(view: View = ALL, **options: str) -> pd.DataFrame:
    cells = tables.white_space(CELLS, view, SETTINGS, **options)  # type: ignore[arg-type]
    return cells.set_index("segment")


def test_white_space_by_hand() -> None:
    cells = _cells(language="en")
    assert cells["segment_name"].to_dict() == {
        "software": "Software publishing",
        "consulting": "IT consulting and services",
    }
    assert cells["members"].to_dict() == {"software": 40, "consulting": 2}
    # 42 members among 200 firms of the size: 21 of each hundred.
    assert cells["expected_members"].tolist() == pytest.approx([21, 21])
    assert cells["ratio"].to_dict() == pytest.approx({"software": 40 / 21, "consulting": 2 / 21})
    assert cells["verdict"].to_dict() == {"software": "over", "consulting": "under"}


def test_catching_up_brings_members_jobs_and_dues() -> None:
    cells = _cells()
    # Software alone holds half of the firms of the size: its rate is the target.
    target = 21 * cells.loc["software", "ratio_shrunk"]
    assert cells["target_pct"].tolist() == pytest.approx([target, target])
    present = max(2.0, 21 * cells.loc["consulting", "ratio_shrunk"])
    added = target - present
    # All others have 14 persons; half of the 42 members pay 500 euros, half 1,500.
    assert cells.loc["consulting", ["added_members", "added_jobs", "added_dues_eur"]].tolist() == pytest.approx(
        [added, 14 * added, 1_000 * added]
    )
    assert cells.loc["software", ["added_members", "added_jobs", "added_dues_eur"]].tolist() == [0, 0, 0]


def test_dues_that_the_roster_does_not_tell_are_null_where_members_are_added() -> None:
    untold = dataclasses.replace(CELLS, roster=CELLS.roster.assign(dues_eur=math.nan))
    cells = tables.white_space(untold, ALL, SETTINGS).set_index("segment")  # type: ignore[arg-type]
    assert cells.loc["software", "added_dues_eur"] == 0
    assert pd.isna(cells.loc["consulting", "added_dues_eur"])


def test_cells_of_a_part_are_expected_at_the_rates_of_the_region() -> None:
    # Half of the firms of each cell are in the department of Toulouse.
    assert _cells(View("tic", departments=("31",)))["expected_members"].tolist() == pytest.approx([10.5, 10.5])
    alone = _cells(View("tic", segments=("consulting",)))
    assert alone["expected_members"].tolist() == pytest.approx([21])


# Steps of size


def test_firms_next_to_a_step_by_hand() -> None:
    stepped = SmallSnapshot(
        tic=TIC.assign(category=["PME", None, "PME", "ETI"], size_code=["31", "01", "22", "22"]),
        roster=members_of(["100000009"]),
    )
    rows = tables.thresholds(stepped, ALL, SETTINGS)  # type: ignore[arg-type]
    assert list(rows) == ["category", "band", "step", "firms", "members", "firm_penetration_pct"]
    assert rows.astype("object").fillna("null").to_numpy().tolist() == [
        ["PME", "22", "ETI", 1, 0, 0],
        ["PME", "31", "ETI", 1, 1, 100],
        ["ETI", "22", "null", 1, 0, 0],
        ["unknown", "01", "null", 1, 0, 0],
    ]
    part = tables.thresholds(stepped, View("tic", departments=("31",)), SETTINGS)  # type: ignore[arg-type]
    assert part["band"].tolist() == ["31", "01"]


def test_without_a_member_nobody_is_expected_and_everyone_may_be_called() -> None:
    nobody = dataclasses.replace(LISTED, roster=NO_MEMBER)
    assert (tables.white_space(nobody, ALL, SETTINGS)["expected_members"] == 0).all()  # type: ignore[arg-type]
    assert len(_prospects(snapshot=nobody)) == 5


def test_the_matrix_and_the_steps_follow_what_narrows_the_list() -> None:
    whole = tables.white_space(LISTED, ALL, SETTINGS)  # type: ignore[arg-type]
    near = View("tic", antenna="Toulouse")
    for view in (near, View("tic", level="commune", town="31555", town_only=True)):
        part = tables.white_space(LISTED, view, SETTINGS)  # type: ignore[arg-type]
        assert 0 < part["firms"].sum() < whole["firms"].sum()
        assert tables.thresholds(LISTED, view, SETTINGS)["firms"].sum() == part["firms"].sum()  # type: ignore[arg-type]
    # A cell narrows the list alone: the matrix is where it is chosen.
    cell = View("tic", cell=("software", "10-49"))
    pd.testing.assert_frame_equal(tables.white_space(LISTED, cell, SETTINGS), whole)  # type: ignore[arg-type]


def test_who_was_a_member_once_is_said_to_have_been() -> None:
    rows = tables.prospects_in_full(LISTED, ALL, SETTINGS).set_index("siren")["left_on"]  # type: ignore[arg-type]
    left = LISTED.roster.dropna(subset=["left_on", "siren"]).groupby("siren")["left_on"].max()
    assert rows.dropna().to_dict() == {siren: day for siren, day in left.items() if siren in rows.index}
    nobody = dataclasses.replace(LISTED, roster=NO_MEMBER)
    assert tables.prospects_in_full(nobody, ALL, SETTINGS)["left_on"].isna().all()  # type: ignore[arg-type]


def test_what_the_upper_quartile_adds_is_the_sum_over_the_cells() -> None:
    cells = tables.white_space(LISTED, ALL, SETTINGS)  # type: ignore[arg-type]
    (total,) = tables.quartile_totals(cells).to_dict("records")
    assert total["added_members"] == pytest.approx(sum(cells["added_members"]))
    assert total["added_jobs"] == pytest.approx(sum(cells["added_jobs"]))


def test_totals_of_prospects_count_whom_the_list_holds_by_segment() -> None:
    table = tables.compute("prospect-totals", LISTED, ALL, SETTINGS).set_index("segment")
    assert table.index.tolist() == ["software", "programming", "consulting"]
    # Neither the member, nor the withheld firm, nor the nameless one may be called; they count among the firms.
    assert table["prospects"].tolist() == [0, 2, 2]
    assert table["jobs_estimate"].tolist() == [0, 14, 99]
    assert table["firms"].tolist() == [1, 2, 4]
    assert table["members"].tolist() == [1, 0, 0]
    cells = tables.white_space(LISTED, ALL, SETTINGS).groupby("segment")["members_missing"].sum()
    assert table["members_missing"].to_dict() == pytest.approx(cells[table.index].to_dict())


def test_totals_of_prospects_are_those_of_the_cell_and_the_segments_of_the_view() -> None:
    one = dataclasses.replace(ALL, segments=("consulting",))
    table = tables.prospect_totals(LISTED, one, SETTINGS, language="en")
    assert table["segment_name"].tolist() == ["IT consulting and services"]
    assert table["prospects"].tolist() == [len(tables.prospects(LISTED, one, SETTINGS))] == [2]
