"""Coverage as the board meets it: every reach and aim, one antenna closely, what was asked in vain, isochrones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics.ingest import isochrone_service
from analytics.pipeline.republishing import measure_isochrones
from analytics.settings import default_settings
from analytics.store import Store
from analytics.view import View
from pages.shared import address, antenna_sheet
from tests.analytics.ingest import isochrone_server as server
from tests.pages.drawn import chart, open_tables, texts

Open = Callable[..., AppTest]
SELECTIONS = [
    {},
    {"threshold": "5"},
    {"threshold": "90", "unit": "km"},
    {"threshold": "45", "unit": "km", "demand": "jobs", "offices": "5"},
    {"demand": "missing", "offices": "1"},
    {"exclude": ["34032", "34161"], "force": ["82121", "12300"], "offices": "2"},
    {"department": "48"},
    {"segment": "content"},
    {"size": ["250+"]},
    {"antenna": "Mende", "within": "10"},
    {"perimeter": "core", "lang": "en"},
]


def _title(app: AppTest) -> str:
    return app.title[0].value.replace("\\", "")


def test_the_title_says_where_the_next_ones_would_stand(open_page: Open) -> None:
    app = open_page("coverage.py")
    assert not app.exception
    assert _title(app).startswith("Trois antennes de plus, à ")
    assert _title(app).endswith("rapprocheraient 1\u202f966 entreprises")
    assert "prouvée optimale" in texts(app)
    assert "estimés à partir des distances" in texts(app)
    assert not app.warning


@pytest.mark.parametrize("query", SELECTIONS)
def test_every_selection_is_drawn_without_a_fault(open_page: Open, query: dict[str, str | list[str]]) -> None:
    app = open_page("coverage.py", **query)
    assert not app.exception
    assert not app.error
    assert _title(app)
    assert chart(app, "firms")


def test_the_slider_changes_the_address_and_every_figure(open_page: Open) -> None:
    app = open_page("coverage.py")
    before = _title(app)
    app.slider(key="threshold").set_value(60.0).run()
    assert app.query_params["threshold"] == "60"
    assert _title(app) != before
    assert "60 minutes" in app.header[0].value


def test_what_is_asked_of_the_next_ones_is_in_the_address(open_page: Open) -> None:
    app = open_page("coverage.py", offices="1")
    assert app.segmented_control(key="offices").value == 1
    app.segmented_control(key="demand").set_value("jobs").run()
    assert app.query_params["demand"] == "jobs"
    assert _title(app).endswith("emplois")
    assert _title(app).startswith("Une antenne de plus")
    best = _title(app)
    code = app.multiselect(key="exclude").options
    assert len(code) > 500
    app.multiselect(key="exclude").set_value(["34161"]).run()
    assert app.query_params["exclude"] == "34161"
    app.multiselect(key="force").set_value(["48061"]).run()
    assert app.query_params["force"] == "48061"
    assert _title(app) != best


def test_fewer_than_asked_for_are_said_to_be_enough(open_page: Open) -> None:
    app = open_page("coverage.py", department="65", threshold="45", offices="5")
    assert _title(app).startswith("Trois antennes de plus")
    assert "3 antennes suffisent sur les 5 demandées" in texts(app)
    assert "suffisent" not in texts(open_page("coverage.py"))


def test_the_sheet_is_that_of_the_antenna_of_the_address(open_page: Open) -> None:
    app = open_page("coverage.py", antenna="Mende")
    assert app.selectbox(key="antenna-sheet").value == "Mende"
    title = next(s.value for s in app.header if s.value.startswith("Mende"))
    assert "144 entreprises plus proches que d’une autre antenne, 3 adhérents, pour 1 permanent" in title
    rings = next(data for data in chart(app, "antennas")["data"] if data.get("name") == "antennas")
    assert rings["marker"]["size"].count(12) == 1


def _twin(app: AppTest, column: str) -> pd.DataFrame:
    """Return the first table of the page that has the column."""
    return next(table.value for table in open_tables(app).dataframe if column in table.value)


@pytest.mark.parametrize(("language", "words"), [("fr", "Tout le réseau"), ("en", "The whole network")])
def test_the_row_of_the_network_is_named_in_the_reader_s_language(open_page: Open, language: str, words: str) -> None:
    names = _twin(open_page("coverage.py", lang=language), "firms_lost_if_closed")["antenna"]
    assert names.iloc[-1] == words
    assert "network" not in set(names)


def test_tables_show_a_tenth_where_it_tells_something(open_page: Open) -> None:
    app = open_page("coverage.py", demand="missing")
    for column in ("added_demand", "threshold", "firms_per_staff", "members_per_staff", "staff_per_1000_firms"):
        shown = _twin(app, column)[column].dropna()
        assert (shown % 1 > 0).any(), column
        assert shown.tolist() == shown.round(1).tolist(), column


def test_an_antenna_leads_to_its_towns_and_prospects(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = default_settings()
    chosen: list[View] = []
    monkeypatch.setattr(address, "view", lambda _: View("tic", cell=("software", "0"), within_km=5.0, town="x"))
    monkeypatch.setattr(address, "select", chosen.append)
    monkeypatch.setattr(antenna_sheet.st, "session_state", {})
    reader = type("Reader", (), {"settings": settings})()
    antenna_sheet._go(reader, "Mende", "towns")
    assert chosen == [View("tic", antenna="Mende")]
    assert antenna_sheet.st.session_state == {"go-to": "towns"}


def test_towns_are_narrowed_to_those_around_the_antenna_and_say_so(open_page: Open) -> None:
    app = open_page("towns.py", antenna="Mende")
    assert not app.exception
    assert "Mende" in app.button(key="let-go-antenna").label
    options = app.selectbox(key="town").options
    assert 0 < len(options) < 20
    app.button(key="let-go-antenna").click().run()
    assert "antenna" not in app.query_params
    assert len(app.selectbox(key="town").options) > 100


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"exclude": "99999"}, "pas ceux de communes de la région\u202f: 99999"),
        ({"force": "31555"}, "Une antenne existe déjà dans ces communes\u202f: Toulouse"),
        ({"force": ["34032"], "exclude": ["34032"]}, "à la fois exclues et imposées\u202f: Béziers"),
        ({"force": ["34032", "82121", "46042"], "offices": "2"}, "Plus de communes imposées"),
        ({"department": "46", "threshold": "5"}, "Aucune entreprise de la sélection n’est à moins de 5 minutes"),
    ],
)
def test_what_was_asked_in_vain_is_told_and_the_page_is_drawn(
    open_page: Open, query: dict[str, str | list[str]], words: str
) -> None:
    app = open_page("coverage.py", **query)
    assert not app.exception
    assert any(words in warning.value.replace("\\", "") for warning in app.warning)
    assert chart(app, "antennas")


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ({"exclude": "99999"}, "Exclure ou imposer"),
        ({"exclude": ["99999", "34032"], "force": "82121"}, "Exclure ou imposer (2)"),
    ],
)
def test_only_what_is_shown_as_chosen_is_counted(
    open_page: Open, query: dict[str, str | list[str]], label: str
) -> None:
    app = open_page("coverage.py", **query)
    labels = [popover.proto.popover.label for popover in app.get("popover")]
    assert [found for found in labels if found.startswith("Exclure")] == [label]


@pytest.mark.parametrize("query", [{"threshold": "4"}, {"unit": "miles"}, {"offices": "6"}, {"antenna": "Paris"}])
def test_an_address_that_asks_for_nothing_known_is_one_sentence(open_page: Open, query: dict[str, str]) -> None:
    app = open_page("coverage.py", **query)
    assert not app.exception
    assert len(app.error) == 1
    assert _title(app).startswith("Trois antennes")


def _with_antennas(root: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Publish the snapshot again with other antennas."""
    store = Store(root)
    snapshot = store.current()
    assert snapshot is not None
    with store.writing() as draft:
        for name in snapshot.table_names:
            table = snapshot.table(name)
            draft.write_table(name, change(table) if name == "antennas" else table)
        draft.publish(snapshot.manifest)


def test_two_antennas_in_one_commune_are_told(open_page: Open, own_root: Path) -> None:
    def twin(antennas: pd.DataFrame) -> pd.DataFrame:
        place = antennas[antennas["name"] == "Toulouse"].iloc[0]
        is_mende = antennas["name"] == "Mende"
        return antennas.assign(**{c: antennas[c].mask(is_mende, place[c]) for c in ("commune_code", "x_m", "y_m")})

    _with_antennas(own_root, twin)
    app = open_page("coverage.py", root=own_root)
    assert not app.exception
    assert "Toulouse, Mende" in app.warning[0].value
    assert chart(app, "antennas")


def test_without_an_antenna_the_page_is_drawn(open_page: Open, own_root: Path) -> None:
    _with_antennas(own_root, lambda antennas: antennas.head(0))
    for query in ({}, {"unit": "km", "lang": "en"}):
        app = open_page("coverage.py", root=own_root, **query)
        assert not app.exception
        assert len(app.warning) == 1
        assert chart(app, "firms")


def test_measured_isochrones_stand_in_place_of_the_estimate_until_an_antenna_moves(
    open_page: Open, own_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(own_root)
    snapshot = store.current()
    assert snapshot is not None
    estimated = _title(open_page("coverage.py", root=own_root))
    communes = snapshot.table("communes").set_index("commune_code")
    places = communes.loc[snapshot.table("antennas")["commune_code"]].reset_index()
    monkeypatch.setattr(isochrone_service, "Pace", partial(isochrone_service.Pace, per_second=10_000))
    with server.running() as service:
        published, fetched = measure_isochrones(store, places, service=service.url)
    assert (fetched.asked, len(published.table("isochrones"))) == (36, 36)
    app = open_page("coverage.py", root=own_root)
    assert "mesurés par l’IGN pour 9 antennes" in texts(app)
    assert not app.warning
    assert _title(app) != estimated
    assert "mesurés" not in texts(open_page("coverage.py", root=own_root, unit="km"))
    is_mende = snapshot.table("antennas")["name"] == "Mende"
    _with_antennas(own_root, lambda antennas: antennas.assign(x_m=antennas["x_m"].mask(is_mende, 700_000.0)))
    app = open_page("coverage.py", root=own_root)
    assert "mesurée là où sont aujourd’hui ces antennes" in app.warning[0].value
    assert "Mende" in app.warning[0].value
    assert chart(app, "antennas")
