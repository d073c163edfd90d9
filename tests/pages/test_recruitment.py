"""Recruitment as the board meets it: the list, its filters, the plan, the files, and no model."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import tables
from analytics.export.sections.recruitment import thresholds_in_words
from analytics.store import Store
from analytics.text import translator
from analytics.view import View
from pages.shared import address, cells, prospecting
from pages.shared.loaders import Reader
from pages.shared.rules import OWNER
from tests.pages.drawn import texts
from tests.pages.rosters import build_with_members

Open = Callable[..., AppTest]
SELECTIONS = [
    {"department": "48"},
    {"antenna": "Mende", "within": "20"},
    {"cell": "telecoms:10-49"},
    {"order": "both"},
    {"segment": "content"},
    {"town": "243400769", "town_only": "true"},
    {"perimeter": "tic_and_content", "lang": "en"},
    {"visits": "0"},
]


def _listed(app: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = next(frame.value for frame in app.dataframe if "name" in frame.value)
    return found


def _reader(root: Path, view: View | None = None) -> Reader:
    snapshot = Store(root).current()
    assert snapshot is not None
    settings = snapshot.settings()
    return Reader(snapshot, settings, view or View.default(settings), translator("fr"), OWNER)


def test_the_title_says_whom_to_visit_and_what_to_expect(open_page: Open) -> None:
    app = open_page("recruitment.py")
    assert not app.exception
    assert app.title[0].value.startswith("120 entreprises à visiter en un an parmi 14\u202f646")
    body = texts(app)
    assert "10 visites par mois à 8\u202f%\u202f: 9,6 adhésions par an, de 5 à 15" in body
    assert "non la probabilité qu’elle adhère" in body
    assert "AUC" in body


@pytest.mark.parametrize("query", SELECTIONS)
def test_every_selection_is_drawn_without_a_fault(open_page: Open, query: dict[str, str]) -> None:
    app = open_page("recruitment.py", **query)
    assert not app.exception
    assert not app.error
    assert app.title[0].value


def test_the_list_is_in_the_order_asked_for(open_page: Open, demo_root: Path) -> None:
    app = open_page("recruitment.py")
    scores = _listed(app)["score"]
    assert len(scores) == 120, "a year's visits"
    assert scores.is_monotonic_decreasing
    app = open_page("recruitment.py", order="jobs")
    reader = _reader(demo_root, View("tic", order="jobs"))
    jobs = tables.prospects(reader.snapshot, reader.view, reader.settings, limit=120)
    assert jobs["jobs_estimate"].is_monotonic_decreasing
    assert _listed(app)["name"].tolist() == jobs["name"].tolist()


def test_the_plan_follows_the_numbers_that_the_reader_sets(open_page: Open) -> None:
    app = open_page("recruitment.py")
    app.number_input(key="visits").set_value(20.0).run()
    app.number_input(key="conversion").set_value(5.0).run()
    assert not app.exception
    assert app.query_params["visits"] == "20"
    assert app.query_params["conversion"] == "5"
    # 240 visits at 5 %: 12 recruits.
    assert "20 visites par mois à 5\u202f%\u202f: 12 adhésions par an" in texts(app)
    assert app.title[0].value.startswith("240 entreprises")


def test_a_link_with_a_wrong_number_is_one_sentence(open_page: Open) -> None:
    app = open_page("recruitment.py", visits="beaucoup")
    assert not app.exception
    assert len(app.error) == 1
    assert "beaucoup" in app.error[0].value
    assert app.title


def test_a_cell_narrows_the_list_until_it_is_let_go(open_page: Open) -> None:
    app = open_page("recruitment.py", cell="telecoms:10-49")
    assert set(_listed(app)["segment_name"]) == {"Télécoms"}
    # 36 firms of the matrix, 5 of them members; the others but those that may not be named are listed.
    assert len(_listed(app)) <= 31
    matrix = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert ["telecoms", "10-49"] in matrix["data"][0]["customdata"]
    assert len(matrix["layout"]["shapes"]) == 1
    app.button(key="let-go-cell").click().run()
    assert "cell" not in app.query_params


def test_the_matrix_is_drawn_anew_for_what_narrows_the_list(open_page: Open) -> None:
    app = open_page("recruitment.py")
    whole = app.get("plotly_chart")[0].proto.spec
    app.query_params["antenna"] = "Mende"
    app.run()
    assert not app.exception
    assert app.title[0].value.startswith("Près de Mende")
    near = app.get("plotly_chart")[0].proto.spec
    assert near != whole
    # The region has 4,195 programming firms without a headcount, and the surroundings of Mende a handful.
    counts = ["\n".join(json.loads(spec)["data"][0]["text"]) for spec in (whole, near)]
    assert ["4\u202f195" in count for count in counts] == [True, False]


def test_a_second_click_on_a_cell_lists_all_again(demo_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = _reader(demo_root)
    chosen = [reader.view]
    monkeypatch.setattr(address, "view", lambda _settings: chosen[-1])
    monkeypatch.setattr(address, "select", chosen.append)
    for _ in range(2):
        cells.choose(reader, ["telecoms", "10-49"])
    assert [view.cell for view in chosen] == [None, ("telecoms", "10-49"), None]


def test_no_model_below_thirty_members(open_page: Open, tmp_path: Path) -> None:
    build_with_members(tmp_path, 1)
    app = open_page("recruitment.py", root=tmp_path)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Trop peu d’adhérents pour dire quelles entreprises visiter d’abord"
    assert "et il en faut 30" in texts(app)


@pytest.mark.parametrize("members", [0, 180])
def test_no_member_and_all_members(open_page: Open, tmp_path: Path, members: int) -> None:
    build_with_members(tmp_path, members)
    app = open_page("recruitment.py", root=tmp_path)
    assert not app.exception
    assert not app.error


def test_the_workbook_holds_the_whole_list_with_real_types(open_page: Open, demo_root: Path) -> None:
    open_page("recruitment.py")
    reader = _reader(demo_root, View("tic", departments=("48",)))
    book = openpyxl.load_workbook(io.BytesIO(prospecting.workbook(reader, "Lozère")))
    listed, notes = book.worksheets
    heads = [cell.value for cell in listed[1]]
    whole = tables.prospects(reader.snapshot, reader.view, reader.settings)
    assert listed.max_row == len(whole) + 1
    siren, score = heads.index("SIREN"), heads.index("Ressemblance")
    first = [cell.value for cell in listed[2]]
    assert first[siren] == whole["siren"].iloc[0]
    assert isinstance(first[score], float)
    assert listed.freeze_panes == "A2"
    said = "\n".join(str(cell.value) for row in notes.iter_rows() for cell in row if cell.value)
    assert "Données de démonstration" in said
    assert "StockEtablissement.parquet" in said
    assert "Licence Ouverte 2.0" in said
    assert "non la probabilité d’adhérer" in said


def test_every_chart_says_what_it_shows(open_page: Open) -> None:
    app = open_page("recruitment.py")
    charts = app.get("plotly_chart")
    assert len(charts) == 3
    assert all(len(chart.proto.alt) > 20 for chart in charts)
    assert len(app.get("download_button")) == 5


def test_cells_and_steps_as_tables(open_page: Open, demo_root: Path) -> None:
    open_page("recruitment.py")
    reader = _reader(demo_root)
    matrix = cells.table(reader.table("white_space", language="fr"), reader.t)
    assert matrix["members"].sum() == 391
    steps = thresholds_in_words(reader)
    assert steps["firms"].sum() == 18_000
    assert cells.step_rows(steps, reader.t)[0] == ("PME, 100 à 199 salariés, vers l’ETI", "18 sur 46")
