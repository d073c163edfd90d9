"""The overview as readers meet it: in both languages, filtered by its address, without a firm, without a roster."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from analytics.pipeline.building import DEMO_FILES, build
from analytics.pipeline.request import Request
from analytics.settings import DEMO_DIR
from analytics.store import Store
from tests.pages.drawn import texts

Open = Callable[..., AppTest]


def _spec(app: AppTest, number: int) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(app.get("plotly_chart")[number].proto.spec)
    return found


def test_the_first_page_is_french_and_says_how_much_we_are(open_page: Open) -> None:
    app = open_page()
    assert not app.exception
    title = "Digital 113 réunit 2,2\u202f% des entreprises du numérique d’Occitanie, mais 27\u202f% de leurs emplois"
    assert app.title[0].value == title
    assert "Données de démonstration" in texts(app)
    assert "18\u202f000" in texts(app)
    assert "article de lancement, févr. 2019" in texts(app)


def test_english_is_one_parameter_away(open_page: Open) -> None:
    app = open_page(lang="en")
    assert not app.exception
    assert app.title[0].value == "Digital 113 gathers 2.2% of the digital firms of Occitanie, but 27% of their jobs"
    assert "Demonstration data" in texts(app)


def test_the_switch_leads_to_the_other_language_and_keeps_the_selection(open_page: Open) -> None:
    french = texts(open_page(department=["31", "46"]))
    assert '<a lang="en" hreflang="en" href="?department=31&amp;department=46&amp;lang=en" target="_self">' in french
    english = texts(open_page(department="46", lang="en"))
    assert '<a lang="fr" hreflang="fr" href="?department=46" target="_self">Français</a>' in english


def test_an_address_selects_what_it_names(open_page: Open) -> None:
    app = open_page(department=["34", "31"], size="10-49", employers="true", perimeter="core")
    assert not app.exception
    assert app.get("button_group")
    assert app.session_state["department"] == ["31", "34"]
    assert app.session_state["size"] == ["10-49"]
    assert app.toggle(key="employers").value is True
    assert app.radio(key="perimeter").value == "core"
    bars = _spec(app, 1)["data"][0]
    assert len(list(bars["y"])) == 2  # type: ignore[call-overload]


def test_a_widget_writes_the_address(open_page: Open) -> None:
    app = open_page()
    app.toggle(key="employers").set_value(True).run()
    assert app.query_params["employers"] == "true"
    app.radio(key="perimeter-phone").set_value("core").run()
    assert app.query_params["perimeter"] == "core"
    assert app.query_params["employers"] == "true"
    assert app.radio(key="perimeter").value == "core"


def test_a_selection_without_a_firm_says_so(open_page: Open) -> None:
    app = open_page(segment="content")
    assert not app.exception
    assert app.title[0].value == "Aucune entreprise ne répond à cette sélection"
    assert len(app.get("plotly_chart")) == 1


def test_a_link_with_an_unknown_value_is_one_sentence(open_page: Open) -> None:
    app = open_page(department="2A")
    assert not app.exception
    assert len(app.error) == 1
    assert "2A" in app.error[0].value
    assert app.title[0].value.startswith("Digital 113 réunit")


def test_parameters_of_others_are_left_alone(open_page: Open) -> None:
    app = open_page(utm_source="lettre")
    assert not app.error


def test_without_a_roster_the_sector_is_still_told(open_page: Open, tmp_path: Path) -> None:
    paths = {role: DEMO_DIR / name for role, name in DEMO_FILES.items() if role != "members"}
    build(Request(**paths, store=Store(tmp_path)))
    app = open_page(root=tmp_path)
    assert not app.exception
    assert "aucun annuaire n’est chargé" in app.title[0].value
    # The map and three charts of firms; no rate of nobody, and no gap of 100 % to what was published.
    assert len(app.get("plotly_chart")) == 4
    assert "100\u202f%" not in "".join(str(element.proto) for element in app.get("html"))
    assert "Données de démonstration" not in texts(app)


def test_every_chart_says_what_it_shows(open_page: Open) -> None:
    app = open_page()
    charts = app.get("plotly_chart")
    assert len(charts) == 7
    assert all(len(chart.proto.alt) > 20 for chart in charts)
    assert len(app.get("download_button")) == 5


def test_the_map_sends_no_geometry(open_page: Open) -> None:
    spec = open_page().get("plotly_chart")[0].proto.spec
    assert len(spec) < 60_000
    layout = json.loads(spec)["layout"]
    assert layout["images"][0]["source"].startswith("/assets/geo/land.")


def test_a_damaged_store_is_one_sentence_and_is_not_built_over(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "current").write_text("not an id\n")
    app = open_page(root=tmp_path)
    assert not app.exception
    assert len(app.error) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["current"]


def test_who_comes_while_the_demonstration_is_built_is_told_so(
    open_page: Open, demo_root: Path, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    ready = threading.Timer(1.5, lambda: (root / "current").write_bytes((demo_root / "current").read_bytes()))
    with Store(root).writing():
        snapshot = Store(demo_root).current_id()
        assert snapshot is not None
        shutil.copytree(demo_root / snapshot, root / snapshot)
        ready.start()
        app = open_page(root=root)
    ready.join()
    assert not app.exception
    assert app.title[0].value.startswith("Digital 113 réunit")


def test_the_first_session_of_a_bare_server_builds_the_demonstration(open_page: Open, tmp_path: Path) -> None:
    app = open_page(root=tmp_path / "bare")
    assert not app.exception
    assert app.title[0].value.startswith("Digital 113 réunit 2,2")
