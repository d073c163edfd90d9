"""Areas beside what their firms lead one to expect, and one of them closely, on snapshots made by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analytics import tables
from analytics.contracts import PROSPECTS
from analytics.settings import TownRules
from analytics.view import TOWN_LEVELS, View
from tests.analytics.small_snapshot import (
    ALL,
    SETTINGS,
    WITHHELD_SIREN,
    SmallSnapshot,
    firm,
    firms,
    member,
    members_of,
    roster,
)

# Two strata. Of 100 firms in software with one to nine persons 10 are members: one in ten; of 50 in consulting with ten
# to forty-nine 20 are: four in ten. By commune, firms and members of each:
PLAN = {
    "31555": {"software": (60, 1), "consulting": (30, 3)},
    "34172": {"software": (20, 3), "consulting": (10, 10)},
    "34032": {"software": (10, 5), "consulting": (5, 5)},
    "34003": {"software": (10, 1), "consulting": (5, 2)},
}
EXPECTED = {
    "31555": 60 * 0.1 + 30 * 0.4,  # 18
    "34172": 20 * 0.1 + 10 * 0.4,  # 6
    "34032": 10 * 0.1 + 5 * 0.4,  # 3
    "34003": 10 * 0.1 + 5 * 0.4,  # 3
}
MEMBERS = {"31555": 4, "34172": 13, "34032": 10, "34003": 3}
_SIZES = {"software": "02", "consulting": "11"}


def _region() -> SmallSnapshot:
    rows, sirens, number = [], [], 100_000_000
    for commune, segments in PLAN.items():
        for segment, (count, members) in segments.items():
            for n in range(count):
                number += 1
                rows.append(firm(str(number), f"Firme {number}", commune, segment, _SIZES[segment]))
                sirens += [str(number)] * (n < members)
    return SmallSnapshot(tic=firms(rows), roster=members_of(sirens))


REGION = _region()


def _towns(view: View = ALL, *, level: str | None = None, snapshot: SmallSnapshot = REGION) -> pd.DataFrame:
    return tables.towns_in_full(snapshot, view, SETTINGS, level=level).set_index("area_code")  # type: ignore[arg-type]


@pytest.mark.parametrize("level", TOWN_LEVELS)
def test_the_columns_are_those_promised(level: str) -> None:
    table = tables.towns(REGION, ALL, SETTINGS, level=level)  # type: ignore[arg-type]
    promised = "area_code, area_name, firms, members, expected_members, ratio, ratio_shrunk, ratio_low, ratio_high, "
    promised += "probability_under, members_missing, p_value, q_value, cluster"
    assert list(table) == promised.split(", ")
    assert table["area_code"].is_unique
    assert table["area_name"].notna().all()


def test_communes_by_hand() -> None:
    table = _towns(level="commune")
    assert table["firms"].to_dict() == {"31555": 90, "34172": 30, "34032": 15, "34003": 15}
    assert table["members"].to_dict() == MEMBERS
    assert table["expected_members"].to_dict() == pytest.approx(EXPECTED)
    assert table["ratio"].to_dict() == pytest.approx({"31555": 4 / 18, "34172": 13 / 6, "34032": 10 / 3, "34003": 1})
    # Few are seen and many: towards one from both sides.
    assert 4 / 18 < table.loc["31555", "ratio_shrunk"] < 1
    assert 1 < table.loc["34032", "ratio_shrunk"] < 10 / 3
    assert (table["ratio_low"] < table["ratio_shrunk"]).all()
    assert (table["ratio_shrunk"] < table["ratio_high"]).all()
    missing = table["expected_members"] * (1 - table["ratio_shrunk"])
    assert table["members_missing"].to_numpy() == pytest.approx(missing)


def test_the_probability_of_so_few_by_hand() -> None:
    # P(X < 4) + P(X = 4) / 2 of Poisson(18): 18 + 18^2/2 + 18^3/6 are 18, 162, 972, and 18^4/24 is 4,374.
    p = math.exp(-18) * (1 + 18 + 162 + 972 + 4_374 / 2)
    toulouse = _towns(level="commune").loc["31555"]
    assert toulouse["p_value"] == pytest.approx(p)
    # The smallest of four.
    assert toulouse["q_value"] == pytest.approx(4 * p)


def test_departments_and_antennas_add_their_communes_up() -> None:
    # 6 + 3 + 3 expected and 13 + 10 + 3 members in 34, whose communes are all nearest to Montpellier.
    departments, antennas = _towns(level="department"), _towns(level="antenna")
    for table, codes in ((departments, ["31", "34"]), (antennas, ["Toulouse", "Montpellier"])):
        assert table.loc[codes, "expected_members"].tolist() == pytest.approx([18, 12])
        assert table.loc[codes, "members"].tolist() == [4, 26]
    assert antennas.loc["Mende", ["firms", "members", "expected_members"]].tolist() == [0, 0, 0]
    assert list(antennas.index) == [antenna.name for antenna in SETTINGS.antennas]


def test_expected_members_of_a_part_are_at_the_rates_of_the_region() -> None:
    herault = _towns(View("tic", departments=("34",)), level="commune")
    assert herault["expected_members"].to_dict() == pytest.approx(
        {code: expected for code, expected in EXPECTED.items() if code != "31555"}
    )
    software = _towns(View("tic", segments=("software",)), level="commune")
    # One in ten of 60, 20, 10 and 10.
    assert software["expected_members"].tolist() == pytest.approx([6, 2, 1, 1])
    assert software["members"].tolist() == [1, 3, 5, 1]
    sizes = _towns(View("tic", sizes=("10-49",)), level="department")
    assert sizes["expected_members"].tolist() == pytest.approx([12, 8])


@pytest.mark.parametrize("level", TOWN_LEVELS)
def test_over_the_region_as_many_are_expected_as_there_are(level: str) -> None:
    table = _towns(level=level)
    assert table["expected_members"].sum() == pytest.approx(table["members"].sum())
    assert table["members"].sum() == 30


def test_each_kind_calls_for_its_action() -> None:
    table = _towns(level="commune")
    # One kilometre from Toulouse and from Montpellier; 49 and 32 from the latter.
    assert table["antenna_km"].to_dict() == pytest.approx({"31555": 1, "34172": 1, "34032": 49, "34003": 32})
    assert table["nearest_antenna"].tolist() == ["Toulouse", "Montpellier", "Montpellier", "Montpellier"]
    assert table["verdict"].tolist() == ["under", "over", "over", "inconclusive"]
    assert table["kind"].dropna().to_dict() == {"31555": "recruit", "34172": "learn", "34032": "leave"}


def test_near_is_what_the_settings_say() -> None:
    strict = SETTINGS.model_copy(update={"towns": TownRules(near_km=0.5)})
    table = tables.towns_in_full(REGION, ALL, strict, level="commune")  # type: ignore[arg-type]
    assert table["kind"].dropna().tolist() == ["open", "leave", "leave"]


def test_the_area_that_misses_most_ranks_first_and_one_without_a_firm_not_at_all() -> None:
    table = _towns(level="antenna")
    assert table["rank"].dropna().to_dict() == {"Toulouse": 1, "Montpellier": 2}
    communes = _towns(level="commune")
    ordered = communes.sort_values("members_missing", ascending=False)
    assert ordered["rank"].tolist() == [1, 2, 3, 4]
    assert ordered.index[:2].tolist() == ["31555", "34003"]


def test_the_level_is_that_of_the_view_unless_given() -> None:
    assert list(_towns(View("tic", level="department")).index) == ["31", "34"]
    assert list(_towns(View("tic", level="department"), level="commune").index) == list(PLAN)


def test_clusters_are_told_of_epci_alone() -> None:
    # Of the whole region those that the build wrote, whatever they are.
    assert _towns(level="epci")["cluster"].fillna("null").tolist() == ["low_low", "none", "high_high", "null"]
    for level in set(TOWN_LEVELS) - {"epci"}:
        assert _towns(level=level)["cluster"].isna().all()


def test_clusters_of_other_firms_are_found_anew() -> None:
    whole, part = _towns(level="epci"), _towns(View("tic", segments=("consulting",)), level="epci")
    assert part["cluster"].notna().tolist() == (part["firms"] > 0).tolist()
    assert part["cluster"].tolist() != whole["cluster"].tolist()
    # An area without a firm has none, and is null.
    nothing = _towns(View("tic", segments=("telecoms",)), level="epci")
    assert nothing["cluster"].isna().all()


@pytest.mark.parametrize("level", ["commune", "epci", "department"])
def test_departments_choose_the_areas_and_change_nothing_in_them(level: str) -> None:
    whole, part = _towns(level=level), _towns(View("tic", departments=("34",)), level=level)
    assert 0 < len(part) < len(whole)
    kept = [column for column in part if column != "rank"]
    pd.testing.assert_frame_equal(part[kept], whole.loc[part.index, kept])


def test_of_the_antennas_those_are_shown_to_which_a_firm_of_the_departments_is_nearest() -> None:
    part = _towns(View("tic", departments=("34",)), level="antenna")
    assert part.index.tolist() == ["Montpellier"]
    assert part.loc["Montpellier", "members"] == 26


def test_each_area_stands_at_its_town_hall() -> None:
    assert _towns(level="commune")["x_m"].tolist() == [574_000, 770_000, 720_000, 737_000]
    # Montpellier is the most populous of the department.
    assert _towns(level="department")["x_m"].tolist() == [574_000, 770_000]
    assert _towns(level="antenna").loc[["Toulouse", "Montpellier"], "x_m"].tolist() == [574_000, 770_000]


def test_the_limits_reach_beyond_the_largest_area() -> None:
    limits = tables.town_limits(REGION, View("tic", level="commune"), SETTINGS)  # type: ignore[arg-type]
    # A third more than 18; where no area is large, than 8.
    assert limits["expected_members"].max() == pytest.approx(1.3 * 18)
    part = View("tic", level="commune", segments=("software",))
    assert tables.town_limits(REGION, part, SETTINGS)["expected_members"].max() == pytest.approx(1.3 * 8)  # type: ignore[arg-type]
    assert np.isfinite(limits.to_numpy()).all()


def test_contours_are_those_of_the_level() -> None:
    for level, codes in (("epci", ["243100518"]), ("department", ["31"]), ("commune", []), ("antenna", [])):
        found = tables.contours(REGION, View("tic", level=level), SETTINGS)  # type: ignore[arg-type]
        assert list(found) == ["area_code", "x_km", "y_km"]
        assert found["area_code"].tolist() == codes


# One town closely

NAMELESS = "700000003"
TOWN = SmallSnapshot(
    tic=firms(
        [
            firm("100000009", "Alpha Démo", "31555", "software", "12", 30),
            firm(WITHHELD_SIREN, None, "31555", "programming", "01", 2),
            firm("300000007", "Gamma Démo", "31555", "software", "00", 0),
            firm("400000006", "Delta Démo", "31555", "consulting", "12", 31),
            firm("600000004", "Epsilon Démo", "31555", "consulting", "11", 14),
            firm(NAMELESS, None, "31555", "consulting", "21", 70),
            firm("800000002", "Ailleurs Démo", "34172", "consulting", "22", 141),
        ]
    ),
    roster=roster(
        [
            member(1, "ALPHA", "100000009", joined_on=pd.Timestamp("2019-02-01")),
            member(2, "Jeanne Secret", WITHHELD_SIREN, joined_on=pd.Timestamp("2020-03-04")),
            member(3, "Partie", "300000007", left_on=pd.Timestamp("2020-06-30")),
            member(4, "Alpha encore", "100000009", joined_on=pd.Timestamp("2021-01-01")),
        ]
    ),
    scores=PROSPECTS.enforce(
        pd.DataFrame(
            {
                "siren": ["300000007", "600000004", NAMELESS],
                "score": [5.0, 60.0, 99.0],
                **dict.fromkeys(("reason_1", "reason_2", "reason_3", "age_years", "local_penetration_pct")),
            }
        )
    ),
)
TOULOUSE = View("tic", level="commune", town="31555")


def _of_town(name: str, view: View = TOULOUSE, **options: str) -> pd.DataFrame:
    table: pd.DataFrame = getattr(tables, name)(TOWN, view, SETTINGS, **options)
    return table


def test_firms_of_a_town_by_hand() -> None:
    by_segment = _of_town("town_firms", by="segment", language="en")
    counts = ["area_name", "firms", "members", "jobs_estimate", "member_jobs"]
    assert by_segment[counts].to_numpy().tolist() == [
        ["Software publishing", 2, 1, 30, 30],
        ["Programming", 1, 1, 2, 2],
        ["IT consulting and services", 3, 0, 115, 0],  # 31 + 14 + 70
    ]
    by_size = _of_town("town_firms", by="size_class").set_index("area_code")
    assert by_size["firms"].to_dict() == {"0": 1, "1-9": 1, "10-49": 3, "50-249": 1}
    assert by_size["members"].to_dict() == {"0": 0, "1-9": 1, "10-49": 1, "50-249": 0}


@pytest.mark.parametrize(("level", "town"), [("epci", "243100518"), ("department", "31"), ("antenna", "Toulouse")])
def test_a_town_may_be_of_any_level(level: str, town: str) -> None:
    view = View("tic", level=level, town=town)
    assert _of_town("town_firms", view, by="segment")["firms"].sum() == 6
    assert _of_town("town_targets", view)["siren"].tolist() == ["400000006", "600000004", "300000007"]


def test_members_of_a_town_once_each_and_the_withheld_masked() -> None:
    rows = _of_town("town_members")
    assert list(rows) == ["name", "size_code", "joined_on"]
    # The one who left is none; the one listed twice counts once; the register's name goes before the roster's.
    assert rows["name"].fillna("null").tolist() == ["Alpha Démo", "null"]
    assert rows["size_code"].tolist() == ["12", "01"]
    assert rows["joined_on"].tolist() == [pd.Timestamp("2019-02-01"), pd.NaT]
    for secret in ("Secret", WITHHELD_SIREN, "2020-03-04"):
        assert secret not in rows.to_csv()


def test_targets_of_a_town_are_its_largest_firms_that_may_be_named() -> None:
    rows = _of_town("town_targets")
    assert list(rows) == ["siren", "name", "segment", "size_code", "jobs_estimate", "score"]
    assert rows["name"].tolist() == ["Delta Démo", "Epsilon Démo", "Gamma Démo"]
    assert rows["score"].tolist() == pytest.approx([math.nan, 60, 5], nan_ok=True)


def test_a_town_keeps_to_the_selection() -> None:
    view = View("tic", level="commune", town="31555", sizes=("10-49",))
    assert _of_town("town_targets", view)["siren"].tolist() == ["400000006", "600000004"]
    assert _of_town("town_members", view)["name"].tolist() == ["Alpha Démo"]


@pytest.mark.parametrize("view", [View("tic"), View("tic", town="31555"), View("tic", level="commune", town="99999")])
def test_no_town_or_one_that_is_none_has_nothing(view: View) -> None:
    assert _of_town("town_firms", view, by="segment").empty
    assert _of_town("town_members", view).empty
    assert _of_town("town_targets", view).empty


def test_at_most_eight_targets() -> None:
    rows = [firm(f"1000000{n:02}", f"Firme {n}", "31555", "software", "02") for n in range(12)]
    many = SmallSnapshot(tic=firms(rows), roster=members_of(["100000000"]))
    found = tables.town_targets(many, TOULOUSE, SETTINGS)  # type: ignore[arg-type]
    # Alike but for the SIREN, which then orders them; the first is a member.
    assert found["siren"].tolist() == [f"1000000{n:02}" for n in range(1, 9)]
    assert found["score"].isna().all()
