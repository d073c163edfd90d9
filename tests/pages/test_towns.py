"""Towns as staff meet them: every level, one town closely, what the roster does not allow to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.settings import default_settings
from analytics.view import View
from pages.shared import address, sheet
from tests.pages.drawn import open_tables, texts
from tests.pages.rosters import build_with_members

Open = Callable[..., AppTest]
PERPIGNAN, BEZIERS, TARBES = "200027183", "243400769", "200069300"
SELECTIONS = [
    {},
    {"level": "commune"},
    {"level": "department"},
    {"level": "antenna"},
    {"department": "48"},
    {"segment": "content"},
    {"size": ["250+"]},
    {"perimeter": "core", "lang": "en"},
]


def _specs(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_title_says_how_many_are_short_and_of_how_many(open_page: Open) -> None:
    app = open_page("towns.py")
    assert not app.exception
    short = "Quatre intercommunalités ont moins d’adhérents que leurs entreprises n’en laissent attendre"
    assert app.title[0].value.replace("\\", "") == f"{short}\u202f: il en manque 25"


@pytest.mark.parametrize("query", SELECTIONS)
def test_every_selection_is_drawn_without_a_fault(open_page: Open, query: dict[str, str | list[str]]) -> None:
    app = open_page("towns.py", **query)
    assert not app.exception
    assert not app.error
    assert app.title[0].value


def test_the_sheet_is_that_of_the_town_of_the_address(open_page: Open) -> None:
    app = open_page("towns.py", town=BEZIERS)
    assert app.selectbox(key="town").value == BEZIERS
    body = texts(app)
    assert "2 adhérents pour 8,7 attendus" in body
    assert "L’antenne de Montpellier est à 61 km en moyenne, au-delà de 30 km" in body
    # The ring of the funnel and of the quadrant stand at the town: ratio 2 / 8.65 = 0.23.
    rings = [trace for spec in _specs(app) for trace in spec["data"] if trace.get("name") == "ring"]
    assert [round(ring["y"][0], 2) for ring in rings] == [0.23, 0.49]


def test_without_a_town_the_one_that_misses_most_is_shown(open_page: Open) -> None:
    assert open_page("towns.py").selectbox(key="town").value == PERPIGNAN


def test_choosing_a_town_writes_the_address(open_page: Open) -> None:
    app = open_page("towns.py")
    app.selectbox(key="town").set_value(TARBES).run()
    assert not app.exception
    assert app.query_params["town"] == TARBES
    assert "11 adhérents pour 4,2 attendus" in texts(app)


def test_a_clicked_point_chooses_its_town(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("towns.py")
    funnel = next(spec for spec in _specs(app) if any(t.get("name") == "band_998" for t in spec["data"]))
    codes = [code for trace in funnel["data"] for (code,) in trace.get("customdata", [])]
    assert {PERPIGNAN, BEZIERS, TARBES} <= set(codes)
    chosen: list[str | None] = []
    monkeypatch.setattr(sheet, "choose", lambda _reader, town: chosen.append(town))
    sheet.choose_clicked(None, [BEZIERS])  # type: ignore[arg-type] - the reader is only handed on
    assert chosen == [BEZIERS]


def test_another_level_lets_go_of_the_town(open_page: Open) -> None:
    app = open_page("towns.py", town=BEZIERS)
    app.radio(key="level").set_value("department").run()
    assert app.query_params["level"] == "department"
    assert "town" not in app.query_params
    assert app.selectbox(key="town").value == "30"


def test_a_town_that_is_not_there_is_one_sentence(open_page: Open) -> None:
    app = open_page("towns.py", town="999999999")
    assert not app.exception
    assert len(app.warning) == 1
    assert "999999999" in app.warning[0].value
    assert app.selectbox(key="town").value == PERPIGNAN


def test_the_way_to_the_firms_of_a_town(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[View] = []
    before = View("tic", departments=("34",), cell=("telecoms", "10-49"), antenna="Mende", within_km=5.0)
    monkeypatch.setattr(address, "view", lambda _settings: before)
    monkeypatch.setattr(address, "select", chosen.append)
    settings = default_settings()
    sheet.list_town(SimpleNamespace(settings=settings), BEZIERS)  # type: ignore[arg-type] - the settings are read alone
    assert chosen == [View("tic", departments=("34",), town=BEZIERS, town_only=True)]
    monkeypatch.undo()
    app = open_page("recruitment.py", town=BEZIERS, town_only="true")
    assert app.title[0].value.startswith("CA de Béziers-Méditerranée")


def test_every_chart_says_what_it_shows_and_has_a_table(open_page: Open) -> None:
    app = open_page("towns.py")
    charts = app.get("plotly_chart")
    assert len(charts) == 5
    assert all(len(chart.proto.alt) > 20 for chart in charts)
    assert len(app.get("download_button")) == 4


def test_nobody_waits_for_a_table_that_stays_closed(open_page: Open) -> None:
    app = open_page("towns.py")
    before = len(app.dataframe)
    assert len(open_tables(app).dataframe) == before + 4


def test_a_table_rounds_as_the_figures_do(open_page: Open) -> None:
    app = open_tables(open_page("towns.py"))
    ranked = next(frame.value for frame in app.dataframe if len(frame.value) == 14).set_index("area_name")
    perpignan = ranked.loc["CU Perpignan Méditerranée Métropole"]
    # 0.4083, 0.6883 and 8.077: rounded, where the browser would cut.
    assert perpignan[["ratio_shrunk", "ratio_high", "members_missing"]].tolist() == [0.41, 0.69, 8.1]


def test_a_department_changes_nothing_in_its_towns(open_page: Open) -> None:
    app = open_page("towns.py", department="31", town="200068641")
    assert app.title[0].value.replace("\\", "").startswith("CA Le Muretain Agglo compte 3 adhérents pour 9,8 attendus")
    assert app.selectbox(key="town").value == "200068641"
    body = texts(app)
    assert "un écart que le hasard n’explique pas" in body
    assert "0,53" in body, "as in the whole region"
    # The same town leads the ranking, and its gap is the members missing of the whole region.
    titles = [heading.value.replace("\\", "") for heading in app.header]
    assert "CA Le Muretain Agglo\u202f: 5 adhérents manquants" in titles


def test_areas_too_small_are_said_to_be_so_and_not_coloured(open_page: Open) -> None:
    app = open_page("towns.py", level="commune", town="48140")
    assert "trop peu pour que cette absence prouve" in texts(app)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (0, "Aucun adhérent parmi 180 entreprises"),
        (1, "Aucune intercommunalité n’a assez d’adhérents attendus"),
        (180, "Les 180 entreprises de cette sélection sont toutes adhérentes"),
    ],
)
def test_no_member_one_member_all_members(open_page: Open, tmp_path: Path, members: int, said: str) -> None:
    build_with_members(tmp_path, members)
    app = open_page("towns.py", root=tmp_path)
    assert not app.exception
    assert not app.error
    assert app.title[0].value.replace("\\", "").startswith(said)
    assert app.selectbox(key="town").value
    for level in ("commune", "department", "antenna"):
        app.radio(key="level").set_value(level).run()
        assert not app.exception
