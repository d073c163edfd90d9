"""Result tables on a small snapshot made by hand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import tables
from analytics.errors import UserError
from analytics.view import TOWN_LEVELS, View
from tests.analytics.small_snapshot import (
    ALL,
    NO_MEMBER,
    SETTINGS,
    TIC,
    WITHHELD_SIREN,
    WITHHELD_SIRET,
    SmallSnapshot,
    members_of,
)
from tests.analytics.views import views

SNAPSHOT = SmallSnapshot()
Ask = Callable[[SmallSnapshot, View], pd.DataFrame]


def _compute(name: str, view: View = ALL, *, snapshot: SmallSnapshot = SNAPSHOT, **options: str | int) -> pd.DataFrame:
    return tables.compute(name, snapshot, view, SETTINGS, **options)  # type: ignore[arg-type]


def test_penetration_by_department_by_hand() -> None:
    table = _compute("penetration", level="department")
    assert list(table) == tables.PENETRATION_COLUMNS
    assert table[["area_code", "firms", "members"]].to_numpy().tolist() == [["31", 2, 2], ["34", 2, 0]]
    assert table["jobs_estimate"].tolist() == [32, 68]
    assert table["member_jobs"].tolist() == [32, 0]
    assert table["firm_penetration_pct"].tolist() == [100, 0]


@pytest.mark.parametrize("level", tables.LEVELS)
def test_every_level_adds_up_to_the_region(level: str) -> None:
    table = _compute("penetration", level=level)
    whole = tables.region_totals(SNAPSHOT, ALL, SETTINGS).iloc[0]  # type: ignore[arg-type]
    assert table["area_code"].is_unique
    assert table["area_name"].notna().all()
    for column in ("firms", "members", "jobs_estimate", "member_jobs"):
        assert table[column].sum() == whole[column]


def test_areas_without_a_firm_are_there_with_no_rate() -> None:
    row = _compute("penetration", level="commune").set_index("area_code").loc["34003"]
    assert row["firms"] == 0
    assert pd.isna(row["firm_penetration_pct"])


def test_key_figures_stand_beside_the_published_ones() -> None:
    table = tables.key_figures(SNAPSHOT, ALL, SETTINGS).set_index("quantity")  # type: ignore[arg-type]
    # Four have not left; jobs: 33 declared, 2 of the register, 10 and 5 declared.
    assert table["value"].to_dict() == {"members": 4, "member_jobs": 50, "firms": 4, "jobs": 100}
    assert table.loc["firms", "published_value"] == 18_000
    assert table.loc["members", "gap_pct"] == pytest.approx(-99)


def test_a_part_has_no_published_figure_and_its_own_members() -> None:
    view = View(perimeter="tic", departments=("31",))
    table = tables.key_figures(SNAPSHOT, view, SETTINGS).set_index("quantity")  # type: ignore[arg-type]
    assert table["value"].to_dict() == {"members": 2, "member_jobs": 35, "firms": 2, "jobs": 32}
    assert table["published_value"].isna().all()


@pytest.mark.parametrize(
    ("view", "sirens"),
    [
        (View("tic", segments=("consulting",)), ["400000006"]),
        (View("tic", sizes=("10-49", "0")), ["100000009", "300000007"]),
        (View("tic", departments=("34",), employers_only=True), ["400000006"]),
        (View("tic", departments=("48",)), []),
    ],
)
def test_a_view_selects_firms(view: View, sirens: list[str]) -> None:
    assert _compute("firms", view)["siren"].tolist() == sirens


def test_an_empty_selection_draws_what_can_be_drawn() -> None:
    view = View("tic", segments=("manufacturing",))
    table = tables.comparison(SNAPSHOT, view, SETTINGS, level="department")  # type: ignore[arg-type]
    assert table["verdict"].tolist() == ["empty", "empty"]


def test_a_withheld_unit_counts_and_is_not_named_anywhere() -> None:
    assert _compute("penetration", level="epci")["members"].sum() == 2
    outputs = [
        *(ask(SNAPSHOT, ALL) for ask in ALL_TABLES.values()),
        tables.review(SNAPSHOT),  # type: ignore[arg-type]
    ]
    for table in outputs:
        text = table.to_csv()
        for secret in (WITHHELD_SIREN, WITHHELD_SIRET, "Secret", "574123"):
            assert secret not in text
        # A member's id may be a hash of the SIREN, and all SIREN can be tried.
        assert "M-2," not in text
    rows = _compute("firms")
    assert len(rows) == 4
    assert rows[rows["is_partially_diffusible"]]["siret"].isna().all()


def test_jobs_that_no_band_tells_are_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    untold = TIC.assign(size_code="NN", is_employer=False, jobs_low=0.0, jobs_estimate=0.0, jobs_high=0.0)
    monkeypatch.setattr(SmallSnapshot, "firms", lambda _self, _perimeter: untold)
    table = tables.key_figures(SNAPSHOT, ALL, SETTINGS).set_index("quantity")  # type: ignore[arg-type]
    assert table.loc["firms", "value"] == 4
    assert pd.isna(table.loc["jobs", "value"])


def test_matches_and_review_name_the_firms() -> None:
    matches = _compute("matches").set_index("member_id")
    assert matches.loc["M-1", "firm_name"] == "Alpha Démo"
    assert pd.isna(matches.loc["M-4", "siren"])
    review = tables.review(SNAPSHOT)  # type: ignore[arg-type]
    assert review[["member_id", "firm_name", "commune_name"]].to_numpy().tolist() == [["M-4", "Delta Démo", "Béziers"]]


def test_every_table_that_pages_ask_for_says_what_it_reads() -> None:
    asked = set()
    for path in (Path(__file__).parents[2] / "pages").rglob("*.py"):
        asked |= set(re.findall(r"\.table\(\s*\"(\w+)\"", path.read_text(encoding="utf-8")))
    tables_of_the_snapshot = {"departments", "antennas", "communes"}
    assert len(asked) > 12
    assert asked - tables_of_the_snapshot <= set(tables.READS)
    assert set(tables.READS) <= set(tables.__all__)


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("prospects_of_tomorrow", {}, "table.unknown"),
        ("firms", {"level": "epci"}, "table.no_option"),
        ("white-space", {"level": "epci"}, "table.no_option"),
        ("towns", {"limit": 3}, "table.no_option"),
        ("thresholds", {"limit": 3}, "table.no_option"),
        ("prospects", {"level": "epci"}, "table.no_option"),
        ("penetration", {"level": "canton"}, "table.unknown_level"),
        ("shrunk-penetration", {"level": "canton"}, "table.unknown_level"),
        ("towns", {"level": "segment"}, "table.unknown_level"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_a_sentence(name: str, options: dict[str, str | int], key: str) -> None:
    with pytest.raises(UserError) as caught:
        _compute(name, **options)
    assert caught.value.key == key
    foreign = next(iter(options), name)
    for language in ("fr", "en"):
        sentence = caught.value.message(language)
        assert str(options.get("level") if key == "table.unknown_level" else foreign) in sentence


# A bridge takes two snapshots: see results/test_bridge.py.
@pytest.mark.parametrize("name", [name for name in tables.TABLES if name != "bridge"])
def test_a_language_may_be_given_with_any_table(name: str) -> None:
    assert list(_compute(name, language="en")) == list(_compute(name))


def test_shrunk_penetration_by_hand() -> None:
    table = _compute("shrunk-penetration", level="department", snapshot=SmallSnapshot(roster=members_of(TIC["siren"])))
    assert list(table) == tables.SHRUNK_COLUMNS
    # Every firm is a member: no area differs from another, and all have the common rate.
    assert table["firm_penetration_pct"].tolist() == [100, 100]
    assert table["firm_penetration_shrunk_pct"].to_numpy() == pytest.approx([100, 100], rel=1e-3)


# Every table on whatever there may be


def _asked(name: str, view: dict[str, object] | None = None, **options: str) -> Ask:
    def ask(snapshot: SmallSnapshot, chosen: View) -> pd.DataFrame:
        asked = dataclasses.replace(chosen, **(view or {}))  # type: ignore[arg-type]
        table: pd.DataFrame = getattr(tables, name)(snapshot, asked, SETTINGS, **options)
        return table

    return ask


_AT = {"epci": "243100518", "commune": "31555", "department": "31", "antenna": "Toulouse"}
ALL_TABLES: dict[str, Ask] = {
    **{name: _asked(name) for name in ("firms", "members", "matches", "places", "key_figures", "white_space")},
    **{name: _asked(name) for name in ("thresholds", "prospects", "prospects_in_full", "plan", "region_totals")},
    **{f"penetration-{level}": _asked("penetration", level=level) for level in ("epci", "antenna", "segment_size")},
    "comparison": _asked("comparison"),
    "shrunk_penetration": _asked("shrunk_penetration"),
    **{f"towns-{level}": _asked("towns_in_full", level=level) for level in TOWN_LEVELS},
    **{
        f"{name}-{level}": _asked(name, {"level": level, "town": _AT[level]})
        for name in ("contours", "town_members", "town_targets")
        for level in ("epci", "commune")
    },
    "town_limits": _asked("town_limits"),
    **{f"town_firms-{by}": _asked("town_firms", {"town": "243100518"}, by=by) for by in ("segment", "size_class")},
}
ROSTERS = {
    "no member": NO_MEMBER,
    "one member": members_of(["100000009"]),
    "one member outside the perimeter": members_of(["500000005"]),
    "one withheld member": members_of([WITHHELD_SIREN]),
    "all members": members_of(TIC["siren"]),
}
ONE_FIRM, NO_FIRM = View("tic", segments=("consulting",)), View("tic", departments=("48",))
LITTLE = [
    *((name, ALL) for name in ROSTERS),
    ("one member", ONE_FIRM),
    ("all members", ONE_FIRM),
    ("no member", NO_FIRM),
    ("all members", NO_FIRM),
    ("all members", View("tic", segments=("manufacturing",), sizes=("250+",), employers_only=True)),
]


@pytest.fixture(scope="module")
def columns() -> dict[str, list[str]]:
    return {name: list(ask(SNAPSHOT, ALL)) for name, ask in ALL_TABLES.items()}


@pytest.mark.parametrize("name", ALL_TABLES)
def test_there_is_a_table_of_little_or_nothing(name: str, columns: dict[str, list[str]]) -> None:
    for roster, view in LITTLE:
        table = ALL_TABLES[name](SmallSnapshot(roster=ROSTERS[roster]), view)
        assert list(table) == columns[name]
        numbers = table.select_dtypes("number")
        assert not numbers.isin([float("inf"), float("-inf")]).any(axis=None)
        for count in {"firms", "members", "expected_members"} & set(numbers):
            assert (numbers[count] >= 0).all()


@pytest.mark.parametrize("name", ALL_TABLES)
def test_a_region_without_a_firm_has_its_tables(name: str, columns: dict[str, list[str]]) -> None:
    assert list(ALL_TABLES[name](SmallSnapshot(tic=TIC.head(0), roster=NO_MEMBER), ALL)) == columns[name]


@settings(deadline=None, max_examples=40)
@given(
    view=views(perimeters=("tic",), towns=st.sampled_from([*_AT.values(), "34", "Montpellier"])),
    name=st.sampled_from(sorted(tables.READS)),
)
def test_a_table_does_not_depend_on_what_it_does_not_read(view: View, name: str) -> None:
    options = {"by": "segment"} if name == "town_firms" else {}

    def ask(chosen: View) -> pd.DataFrame:
        try:
            return getattr(tables, name)(SNAPSHOT, chosen, SETTINGS, **options)  # type: ignore[no-any-return]
        except UserError as error:
            return pd.DataFrame([{"refused": error.message("fr")}])

    pd.testing.assert_frame_equal(ask(view), ask(view.keep(*tables.READS[name])))


def test_a_snapshot_of_an_earlier_version_is_refused_where_it_lacks_something() -> None:
    older = SmallSnapshot(is_older=True)
    part = View("tic", segments=("software",))
    lacking = ["prospects", "prospects_in_full", "plan", "contours-epci", "town_targets-commune", "towns-epci"]
    for name in lacking:
        for view in (ALL, part):
            with pytest.raises(UserError) as caught:
                ALL_TABLES[name](older, view)
            assert caught.value.key == "table.older_snapshot"
            assert "python -m analytics build" in caught.value.message("fr")
    for name in ("towns-commune", "towns-department", "white_space", "thresholds", "penetration-antenna"):
        pd.testing.assert_frame_equal(ALL_TABLES[name](older, ALL), ALL_TABLES[name](SNAPSHOT, ALL))


def test_no_member_at_all() -> None:
    empty = SmallSnapshot(roster=NO_MEMBER)
    figures = tables.key_figures(empty, ALL, SETTINGS).set_index("quantity")  # type: ignore[arg-type]
    assert figures["value"].dropna().to_dict() == {"firms": 4, "jobs": 100}
    assert figures["gap_pct"].isna().tolist() == [True, True, False, False]
    assert tables.comparison(empty, ALL, SETTINGS)["members"].sum() == 0  # type: ignore[arg-type]
