"""Result tables on a small snapshot made by hand."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pandas as pd
import pytest

from analytics import tables
from analytics.contracts import CANDIDATES, COMMUNES, FIRMS, MEMBERS
from analytics.errors import UserError
from analytics.settings import default_settings
from analytics.view import View

SETTINGS = default_settings()
ALL = View.default(SETTINGS)
WITHHELD_SIREN, WITHHELD_SIRET = "200000008", "20000000800015"


def _firm(siren: str, name: str | None, commune: str, segment: str, size: str, jobs: float) -> dict[str, object]:
    withheld = siren == WITHHELD_SIREN
    return {
        "siren": siren,
        "siret": siren + "00015",
        "name": name,
        "commune_code": commune,
        "epci_code": {"31555": "243100518", "34172": "243400017", "34032": "243400769"}[commune],
        "department_code": commune[:2],
        "x_m": 574_123.5 if withheld else 570_000.0,
        "y_m": 6_279_000.0,
        "longitude": 1.44,
        "latitude": 43.6,
        "location_precision": "town_hall" if withheld else "address",
        "activity_code": "62.01Z",
        "activity_nomenclature": "NAFRev2",
        "segment": segment,
        "size_code": size,
        "jobs_low": jobs,
        "jobs_estimate": jobs,
        "jobs_high": jobs,
        "category": None,
        "created_on": pd.Timestamp("2015-03-02"),
        "is_employer": jobs > 0,
        "establishments_count": 1,
        "is_partially_diffusible": withheld,
    }


TIC = FIRMS.enforce(
    pd.DataFrame(
        [
            _firm("100000009", "Alpha Démo", "31555", "software", "12", 30),
            _firm(WITHHELD_SIREN, None, "31555", "programming", "01", 2),
            _firm("300000007", "Gamma Démo", "34172", "programming", "00", 0),
            _firm("400000006", "Delta Démo", "34032", "consulting", "21", 68),
        ]
    )
)


def _member(
    number: int, name: str, siren: str | None, decision: str, jobs: float | None = None, **more: object
) -> dict[str, object]:
    return {
        "member_id": f"M-{number}",
        "name": name,
        "siren": siren,
        "commune_code": "31555",
        "joined_on": pd.NaT,
        "left_on": pd.NaT,
        "axes": None,
        "dues_eur": None,
        "jobs": jobs,
        "match_method": "siren" if siren else "none",
        "match_score": None,
        "match_decision": decision,
        "is_in_perimeter": siren in set(TIC["siren"]),
        "is_partially_diffusible": siren == WITHHELD_SIREN,
        "source_row": number + 1,
        **more,
    }


ROSTER = MEMBERS.enforce(
    pd.DataFrame(
        [
            _member(1, "ALPHA", "100000009", "matched", 33),
            _member(2, "Jeanne Secret", WITHHELD_SIREN, "matched"),
            _member(3, "Hors périmètre", "500000005", "matched", 10),
            _member(4, "Delt", None, "to_review", 5),
            _member(5, "Partie", "300000007", "matched", 7, left_on=pd.Timestamp("2020-06-30")),
        ]
    )
)
COMMUNE_ROWS = COMMUNES.enforce(
    pd.DataFrame(
        {
            "commune_code": ["31555", "34172", "34032", "34003"],
            "name": ["Toulouse", "Montpellier", "Béziers", "Agde"],
            "department_code": ["31", "34", "34", "34"],
            "epci_code": ["243100518", "243400017", "243400769", "243400819"],
            "population": [500_000, 300_000, 80_000, 29_000],
            "x_m": [574_000.0, 770_000.0, 720_000.0, 737_000.0],
            "y_m": [6_279_000.0] * 4,
            "longitude": [1.4] * 4,
            "latitude": [43.6] * 4,
        }
    )
)


@dataclasses.dataclass
class SmallSnapshot:
    """What the tables ask of a snapshot."""

    built_at: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    perimeters: tuple[str, ...] = ("tic",)
    roster: pd.DataFrame = dataclasses.field(default_factory=lambda: ROSTER)

    def firms(self, perimeter: str) -> pd.DataFrame:
        assert perimeter == "tic"
        return TIC

    def table(self, name: str) -> pd.DataFrame:
        candidates = {"member_id": "M-4", "rank": 1, "siren": "400000006", "name": "Delta Démo"}
        return {
            "members": self.roster,
            "communes": COMMUNE_ROWS,
            "departments": pd.DataFrame({"area_code": ["31", "34", "48"], "area_name": ["HG", "Hérault", "Lozère"]}),
            "epcis": pd.DataFrame(
                {
                    "area_code": ["243100518", "243400017", "243400769", "243400819"],
                    "area_name": ["Toulouse Métropole", "Montpellier", "Béziers", "Hérault Méditerranée"],
                }
            ),
            "candidates": CANDIDATES.enforce(
                pd.DataFrame(
                    [{**candidates, "commune_code": "34032", "score": 88.0, "reason": "close_name_other_town"}]
                )
            ),
        }[name]


SNAPSHOT = SmallSnapshot()


def _compute(name: str, view: View = ALL, **options: str) -> pd.DataFrame:
    return tables.compute(name, SNAPSHOT, view, SETTINGS, **options)  # type: ignore[arg-type]


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
        *(_compute(name) for name in tables.TABLES),
        tables.review(SNAPSHOT),  # type: ignore[arg-type]
        tables.places(SNAPSHOT, ALL, SETTINGS),  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("prospects_of_tomorrow", {}, "table.unknown"),
        ("firms", {"level": "epci"}, "table.no_level"),
        ("penetration", {"level": "canton"}, "table.unknown_level"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_a_sentence(name: str, options: dict[str, str], key: str) -> None:
    with pytest.raises(UserError) as caught:
        _compute(name, **options)
    assert caught.value.key == key


def test_no_member_at_all() -> None:
    empty = SmallSnapshot(roster=MEMBERS.empty())
    figures = tables.key_figures(empty, ALL, SETTINGS).set_index("quantity")  # type: ignore[arg-type]
    assert figures["value"].dropna().to_dict() == {"firms": 4, "jobs": 100}
    assert figures["gap_pct"].isna().tolist() == [True, True, False, False]
    assert tables.comparison(empty, ALL, SETTINGS)["members"].sum() == 0  # type: ignore[arg-type]
