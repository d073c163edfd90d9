"""Growth as the board meets it: scenarios, targets, the budget, what has changed, what cannot be told."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import tables
from analytics.pipeline.building import build, build_demo
from analytics.pipeline.republishing import replace_members
from analytics.pipeline.request import Request
from analytics.settings import DEMO_DIR, default_settings
from analytics.snapshot import sealed
from analytics.store import Store
from analytics.view import View
from tests.pages.drawn import chart, texts

Open = Callable[..., AppTest]
SETTINGS = default_settings()
SELECTIONS = [
    {},
    {"measure": "jobs"},
    {"base": "published", "years": "30"},
    {"base": "published", "measure": "jobs", "rate": "5.4"},
    {"rate": "-3", "years": "1"},
    {"target": "members", "goal": "600", "by": "2032"},
    {"target": "share", "goal": "5"},
    {"target": "jobs", "goal": "25000", "pace": "12"},
    {"target": "share", "goal": "100", "by": "2027"},
    {"target": "members", "goal": "10"},
    {"churn": "0", "cut": "0"},
    {"churn": "100", "cut": "100", "conversion": "0"},
    {"pace": "0"},
    {"department": "48"},
    {"segment": ["manufacturing", "content"]},
    {"department": "48", "segment": "content"},
    {"size": "250+"},
    {"perimeter": "core", "lang": "en"},
]


def _plain(text: str) -> str:
    return text.replace("\\", "").replace("\u202f", " ")


def _heads(app: AppTest) -> list[str]:
    return [_plain(head.value) for head in app.header]


def test_the_first_look_answers_the_three_questions(open_page: Open) -> None:
    app = open_page("growth.py")
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert _plain(app.title[0].value) == (
        "À 3 % par an, les 18 000 entreprises d’aujourd’hui seraient 24 190 en 2036 ; "
        "pour les établissements, le registre a montré 2,3 % par an sur 10 ans"
    )
    heads = _heads(app)
    assert heads[1].startswith("3 % par an, c’est plus que ce que le registre a montré sur 10 ans")
    assert (
        "Pour garder 2,2 % des entreprises jusqu’en 2030 : 15 recrues la première année, puis au rythme du secteur"
        in heads
    )
    assert any(head.startswith("De 2011 à 2025, 2 années ont vu fermer plus") for head in heads)
    assert "Ce que le registre ne voit pas" in texts(app)
    assert len(app.info) == 1


@pytest.mark.parametrize("query", SELECTIONS)
def test_every_selection_is_drawn_without_a_fault(open_page: Open, query: dict[str, str | list[str]]) -> None:
    app = open_page("growth.py", **query)
    assert not app.exception
    assert not app.error
    assert chart(app, "central")
    assert "nan" not in texts(app).lower().split()


def test_the_picture_holds_past_published_points_and_fan(open_page: Open) -> None:
    app = open_page("growth.py")
    traces = {data["name"] for data in chart(app, "central")["data"]}
    assert {"fan-p2_5", "fan-p10", "fan-p25", "past", "published", "low", "high"} <= traces
    jobs = {data["name"] for data in chart(open_page("growth.py", measure="jobs"), "central")["data"]}
    assert {"published", "low", "high"} <= jobs
    assert not {name for name in jobs if name.startswith(("fan", "past"))}, "jobs have no history"
    published = {data["name"] for data in chart(open_page("growth.py", base="published"), "central")["data"]}
    assert not {name for name in published if name.startswith("fan")}


def test_scenarios_set_the_rate_in_the_address(open_page: Open) -> None:
    app = open_page("growth.py")
    app.segmented_control(key="scenario").set_value("high").run()
    assert app.query_params["rate"] == "5.4"
    assert _plain(app.title[0].value).startswith("À 5,4 % par an, les 18 000 entreprises d’aujourd’hui seraient 30 456")
    app.number_input(key="rate").set_value(-1.0).run()
    assert app.query_params["rate"] == "-1"
    assert [_plain(warning.value) for warning in app.warning] == ["Le taux est négatif : le secteur reculerait."]
    app.segmented_control(key="scenario").set_value("central").run()
    assert "rate" not in app.query_params


def test_the_target_is_answered_as_the_table_does(open_page: Open, demo_root: Path) -> None:
    app = open_page("growth.py", target="members", goal="600", by="2030")
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    view = View("tic", target="members", goal=600.0, by=2030)
    rows = tables.membership(snapshot, view, SETTINGS)
    assert rows["members"].iloc[-1] == 600
    assert f"Pour 600 adhérents en 2030 : {math.ceil(rows['recruits'].iloc[1])} recrues par an" in _heads(app)
    assert "l’objectif est atteint en 2030" in texts(app)
    drawn = next(data for data in chart(app, "plan")["data"] if data["name"] == "plan")
    assert drawn["y"] == rows["members"].round(2).tolist()


def test_another_kind_of_target_forgets_the_goal(open_page: Open) -> None:
    app = open_page("growth.py", target="members", goal="700")
    app.segmented_control(key="target").set_value("share").run()
    assert app.query_params["target"] == "share"
    assert "goal" not in app.query_params
    assert any(head.startswith("Pour 5 % des entreprises en 2030") for head in _heads(app))


def test_assumptions_change_the_answer(open_page: Open) -> None:
    app = open_page("growth.py", target="members")
    before = next(head for head in _heads(app) if head.startswith("Pour 600"))
    app.number_input(key="churn").set_value(10.0).run()
    after = next(head for head in _heads(app) if head.startswith("Pour 600"))
    assert app.query_params["churn"] == "10"
    assert after != before
    assert "l’hypothèse choisie" in texts(app)
    app.number_input(key="pace").set_value(5.0).run()
    assert "moins que l’objectif" in "".join(_heads(app))
    assert "jamais atteint" in texts(app)


def test_a_cut_in_grants_costs_members(open_page: Open) -> None:
    app = open_page("growth.py")
    app.slider(key="cut").set_value(50.0).run()
    assert app.query_params["cut"] == "50"
    # 240,000 EUR over 369,375 / 400 a member.
    assert any("240 000 € par an, ce sont les cotisations de 260 adhérents" in head for head in _heads(app))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"by": "2020"}, "L’année visée, 2020, n’est pas après celle du registre, 2026"),
        ({"target": "share", "goal": "130"}, "130 % des entreprises, c’est plus que toutes"),
        ({"by": "1850"}, "donnez-en une de 1900 à 2200"),
        ({"rate": "99"}, "donnez un nombre de −50 à 50"),
        ({"years": "0"}, "donnez un nombre de 1 à 30"),
        ({"since": "yesterday"}, "n’est pas l’identifiant d’un jeu de données"),
    ],
)
def test_a_link_that_asks_too_much_is_one_sentence(open_page: Open, query: dict[str, str], said: str) -> None:
    app = open_page("growth.py", **query)
    assert not app.exception
    assert [said in _plain(error.value) for error in app.error] == [True]
    assert app.title


def test_an_unknown_snapshot_is_told_in_its_block(open_page: Open) -> None:
    app = open_page("growth.py", since="20200101T000000Z-00000000")
    assert not app.exception
    assert "20200101T000000Z-00000000" in _plain(app.info[0].value)


def test_without_a_roster_growth_is_there_and_the_plan_says_why_not(open_page: Open, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    build(Request(register=DEMO_DIR / "StockEtablissement.parquet", store=store))
    app = open_page("growth.py", root=store.root)
    assert not app.exception
    assert ["Aucun adhérent n’est chargé" in _plain(error.value) for error in app.error] == [True]
    assert chart(app, "central")
    assert chart(app, "opened")


def test_a_register_without_dates_says_so_and_projects_all_the_same(open_page: Open, tmp_path: Path) -> None:
    rows = pd.read_parquet(DEMO_DIR / "StockEtablissement.parquet")
    bare = tmp_path / "bare.parquet"
    rows.assign(dateCreationEtablissement=None, dateDebut=None).to_parquet(bare, index=False)
    store = Store(tmp_path / "store")
    build(Request(register=bare, members=DEMO_DIR / "members.xlsx", store=store))
    app = open_page("growth.py", root=store.root)
    assert not app.exception
    assert ["dates de création" in _plain(warning.value) for warning in app.warning] == [True]
    assert _plain(app.title[0].value) == "À 3 % par an, les 18 000 entreprises d’aujourd’hui seraient 24 190 en 2036"
    assert "fan-p10" in {data["name"] for data in chart(app, "central")["data"]}


def test_a_roster_without_dates_or_dues_is_planned_with_assumptions(open_page: Open, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    build(Request(register=DEMO_DIR / "StockEtablissement.parquet", store=store))
    snapshot = store.current()
    assert snapshot is not None
    path = tmp_path / "members.csv"
    sirens = snapshot.firms("tic").loc[lambda t: ~t["is_partially_diffusible"], "siren"].head(100)
    path.write_text("nom;siren\n" + "".join(f"M{n};{s}\n" for n, s in enumerate(sirens)), encoding="utf-8")
    replace_members(store, path)
    app = open_page("growth.py", root=store.root)
    assert not app.exception
    assert not app.error
    assert "une hypothèse, car l’annuaire des adhérents ne dit pas assez de départs" in texts(app)
    assert "L’annuaire des adhérents ne dit pas les cotisations" in texts(app)
    # The first snapshot had no roster: members are not compared, what both tell is.
    compared = open_page("growth.py", root=store.root, compared="members")
    assert not compared.exception
    assert any(head.startswith("Autant d’entreprises que le ") for head in _heads(compared))


def test_what_has_changed_is_drawn_step_by_step(open_page: Open, own_root: Path) -> None:
    store = Store(own_root)
    before = store.current()
    assert before is not None
    after = build_demo(store)
    app = open_page("growth.py", root=own_root, since=before.id)
    assert not app.exception
    assert not app.info
    assert any(head.startswith("Autant d’entreprises que le ") for head in _heads(app))
    assert chart(app, "changes")
    assert after.id != before.id
    assert app.selectbox(key="since").value == before.id


def test_a_snapshot_of_an_earlier_version_says_what_to_do_and_shows_the_rest(open_page: Open, own_root: Path) -> None:
    snapshot = Store(own_root).current()
    assert snapshot is not None
    manifest = json.loads((snapshot.path / "manifest.json").read_text(encoding="utf-8"))
    for name in ("history", "arrivals", "departures"):
        del manifest["tables"][name]
    manifest.pop("history")
    (snapshot.path / "manifest.json").write_text(json.dumps(sealed(manifest)), encoding="utf-8")
    app = open_page("growth.py", root=own_root)
    assert not app.exception
    assert ["relancez" in warning.value for warning in app.warning] == [True]
    assert chart(app, "central")
    assert chart(app, "plan")


@pytest.mark.parametrize("query", [{"by": "2026"}, {"target": "share", "goal": "600"}])
def test_what_was_asked_in_vain_can_be_changed(open_page: Open, query: dict[str, str]) -> None:
    app = open_page("growth.py", **query)
    assert len(app.error) == 1
    app.number_input(key="by").set_value(2031).run()
    app.segmented_control(key="target").set_value("members").run()
    assert not app.error
    assert "Pour 600 adhérents en 2031" in "".join(_heads(app))


def test_an_emptied_number_is_the_usual_one_again(open_page: Open) -> None:
    app = open_page("growth.py", target="members", pace="33", rate="4", years="5", churn="9")
    for field in ("pace", "rate", "years", "churn"):
        app.number_input(key=field).set_value(None).run()
        assert field not in app.query_params
    assert not app.exception
    assert app.number_input(key="rate").value == 3
    assert app.number_input(key="years").value == 10
    assert any(head.startswith("Pour 600 adhérents en 2030") for head in _heads(app))


def test_where_all_leave_the_target_is_there_at_once(open_page: Open) -> None:
    app = open_page("growth.py", target="members", goal="500", churn="100")
    assert "Pour 500 adhérents en 2030 : 500 recrues par an" in _heads(app)
    assert "jamais atteint" not in texts(app)


def test_the_days_of_a_comparison_are_those_of_its_figure(open_page: Open, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    paths = [tmp_path / name for name in ("before.csv", "after.csv")]
    for year, path in zip((2024, 2025), paths, strict=True):
        path.write_text("nom;siren\nAlpha;\n", encoding="utf-8")
        moment = datetime(year, 3, 1, 12, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
    build(Request(register=DEMO_DIR / "StockEtablissement.parquet", members=paths[0], store=store))
    replace_members(store, paths[1])
    members = open_page("growth.py", root=store.root, compared="members")
    assert "Autant d’adhérents que le 1 mars 2024" in _heads(members)
    # One day of the register in both: they are told apart by when they were loaded.
    firms = next(head for head in _heads(open_page("growth.py", root=store.root)) if head.startswith("Autant d’ent"))
    assert re.search(r"\d\d:\d\d$", firms)


def test_the_budget_of_a_selection_is_said_to_be_the_clusters(open_page: Open) -> None:
    told = "Le budget est celui de tout le cluster"
    assert told in texts(open_page("growth.py", department="31"))
    assert told not in texts(open_page("growth.py"))
