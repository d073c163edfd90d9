"""The stage: which scene, in which words, moved by its buttons; and the page of documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from analytics.export import story
from analytics.export.qr import qr_code
from analytics.pipeline.building import build
from analytics.pipeline.request import Request
from analytics.settings import DEMO_DIR, Scene, default_settings
from analytics.store import Store
from tests.pages.conftest import Open
from tests.pages.drawn import texts

SCENES = default_settings().event.scenes


def _stage(app: AppTest) -> str:
    assert not app.exception
    return next(str(drawn.proto.body) for drawn in app.get("html") if 'class="stage' in str(drawn.proto.body))


def _press(app: AppTest, key: str) -> AppTest:
    return app.button(key=f"stage-{key}").click().run()


def test_the_first_scene_of_the_settings_opens_and_keys_go_through_all_and_round(open_page: Open) -> None:
    app = open_page("event.py")
    seen = []
    for _ in SCENES:
        seen.append(_place(app))
        assert "<img alt=" in _stage(app) or 'class="several"' in _stage(app)
        app = _press(app, "PageDown")
    assert seen == [f"{rank} / {len(SCENES)}" for rank in range(1, len(SCENES) + 1)]
    assert _place(app).startswith("1 /")
    assert _place(_press(app, "PageUp")).startswith(f"{len(SCENES)} /")
    assert _parameter(app, "scene") == SCENES[-1]


def test_a_scene_is_chosen_by_its_address_and_an_unknown_one_is_the_first(open_page: Open) -> None:
    assert "24\u202f190" in _stage(open_page("event.py", scene="growth"))
    assert _place(open_page("event.py", scene="nowhere")).startswith("1 /")


def test_a_scene_has_figure_source_day_and_says_that_data_are_a_demonstration(open_page: Open) -> None:
    stage = _stage(open_page("event.py", scene="cluster"))
    assert re.search(r'class="large"[^>]*>27\u202f%<', stage)
    assert "31 oct. 2026" in stage
    assert "Données de démonstration" in stage
    alts = re.findall(r'<img alt="([^"]+)"', stage)
    assert len(alts) == 1
    assert "27\u202f%" in alts[0]


def test_the_scenes_are_of_the_selection_of_the_address(open_page: Open) -> None:
    app = open_page("event.py", department="48", lang="en")
    assert "Lozère: 148 digital firms" in _stage(app)
    assert _parameter(app, "department") == "48"


@pytest.mark.parametrize("scene", get_args(Scene))
def test_every_scene_that_settings_may_name_opens_by_its_address(open_page: Open, scene: str) -> None:
    app = open_page("event.py", scene=scene)
    assert _parameter(app, "scene") == scene
    stage = _stage(app)
    assert 'class="large"' in stage
    assert "<img alt=" in stage or 'class="several"' in stage


def test_the_head_names_what_is_selected(open_page: Open) -> None:
    assert "le numérique en Occitanie · Lozère" in _stage(open_page("event.py", scene="growth", department="48"))


def test_the_theme_of_the_address_colours_words_and_picture(open_page: Open) -> None:
    light, dark = (_stage(open_page("event.py", scene="cluster", theme=theme)) for theme in ("light", "dark"))
    assert 'class="stage light"' in light
    assert 'class="stage dark"' in dark
    pictures = [re.search(r'src="([^"]+)"', stage) for stage in (light, dark)]
    assert len({found[1] for found in pictures if found}) == 2
    app = open_page("event.py", theme="light")
    assert 'class="stage dark"' in _stage(app.button(key="stage-theme").click().run())


def test_scenes_may_move_on_by_themselves_and_the_address_says_so(open_page: Open) -> None:
    app = open_page("event.py")
    assert app.button(key="stage-pause").label == "Lecture"
    app = app.button(key="stage-pause").click().run()
    assert app.button(key="stage-pause").label == "Pause"
    assert _parameter(app, "play") == "1"


def test_without_a_roster_the_scenes_of_members_are_left_out(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    build(Request(register=DEMO_DIR / "StockEtablissement.parquet", members=None, store=store))
    app = open_page("event.py", root=store.root)
    left = [key for key in SCENES if key not in story.OF_MEMBERS]
    assert _place(app) == f"1 / {len(left)}"
    # Nothing misses members there, so that no office would add any: the scene says so, without a figure.
    assert 'class="large"' not in _stage(open_page("event.py", root=store.root, scene="offices", demand="missing"))
    # Of what is next one step is left, and the code stands beside it all the same.
    monkeypatch.setenv("ECOSYSTEM_PUBLIC_URL", "https://chiffres.example.org")
    assert 'class="qr"' in _stage(open_page("event.py", root=store.root, scene="next"))


def test_the_code_of_the_public_address_stands_on_what_is_next(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'class="qr"' not in _stage(open_page("event.py", scene="next"))
    monkeypatch.setenv("ECOSYSTEM_PUBLIC_URL", "https://chiffres.example.org")
    stage = _stage(open_page("event.py", scene="next", department="48"))
    assert "https://chiffres.example.org/?department=48" in stage


def test_a_code_is_dark_on_white_with_its_quiet_zone() -> None:
    drawing = qr_code("https://chiffres.example.org/")
    assert drawing.startswith("<svg")
    assert "#14213a" in drawing.lower()
    # 29 modules (version 3) and four of white on each side.
    assert 'viewBox="0 0 37 37"' in drawing


def test_the_page_of_documents_offers_each_and_the_sheet_of_a_town(open_page: Open) -> None:
    app = open_page("documents.py")
    assert not app.exception
    buttons = {button.proto.label for button in app.get("download_button")}
    assert buttons == {f"Télécharger ({kind})" for kind in ("PPTX", "PDF", "XLSX", "GPKG")}
    assert "Choisissez une ville ou une antenne." in texts(app)
    app.selectbox(key="sheet-antenna").select("Mende").run()
    assert not app.exception
    assert "Télécharger la fiche (PDF)" in {button.proto.label for button in app.get("download_button")}


def test_a_selection_without_a_firm_is_told_before_anything_is_asked_for(open_page: Open) -> None:
    app = open_page("documents.py", department="48", segment="manufacturing", size="250+")
    assert "aucune entreprise" in app.error[0].value
    assert not app.get("download_button")


def test_the_way_to_the_stage_keeps_the_selection(open_page: Open) -> None:
    app = open_page("documents.py", department="48")
    app.button(key="documents-stage_play").click().run()
    assert not app.exception
    assert "Lozère" in _stage(app)
    assert _parameter(app, "play") == "1"


def _parameter(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def _place(app: AppTest) -> str:
    found = re.search(r"<span>(\d+ / \d+)</span>", _stage(app))
    assert found
    return found[1]
