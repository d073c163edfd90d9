"""Sources: what is loaded, the review desk, the way back."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics import tables
from analytics.errors import UserError
from analytics.pipeline.building import build, build_demo
from analytics.pipeline.manifest import faults_of
from analytics.pipeline.request import Request
from analytics.pipeline.stages import tell_nobody
from analytics.store import Store
from pages.shared import new_files
from tests.analytics import small_sources as small

Open = Callable[..., AppTest]


def test_it_tells_rows_faults_and_hashes(open_page: Open, demo_root: Path) -> None:
    app = open_page("sources.py")
    assert not app.exception
    assert app.title[0].value.startswith("18\u202f000 entreprises et 400 adhérents chargés")
    assert "394 rapprochés, 4 à vérifier, 2 sans entreprise trouvée" in app.title[0].value
    bodies = "\n".join(element.proto.body for element in app.get("html"))
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    faults = [html.escape(fault.message("fr")) for fault in faults_of(snapshot)]
    assert faults
    assert all(source["sha256"] in bodies for source in snapshot.manifest["sources"])
    assert all(fault in bodies for fault in faults)


def test_it_speaks_english(open_page: Open) -> None:
    app = open_page("sources.py", lang="en")
    assert not app.exception
    assert "firms and" in app.title[0].value


def test_a_decision_is_kept_and_applied(open_page: Open, own_root: Path) -> None:
    store = Store(own_root)
    snapshot = store.current()
    assert snapshot is not None
    first = tables.review(snapshot).iloc[0]
    app = open_page("sources.py", root=own_root)
    app.button(key=f"yes-{first['member_id']}-{first['siren']}").click().run()
    assert not app.exception
    assert store.decisions() == {first["member_id"]: first["siren"]}
    app.button(key="desk-apply-do").click().run()
    assert not app.exception
    assert app.success[0].value == "1 décision appliquée."
    published = store.current()
    assert published is not None
    assert published.id != snapshot.id
    member = published.table("members").set_index("member_id").loc[first["member_id"]]
    assert member["siren"] == first["siren"]
    assert member["match_method"] == "decision"


def test_a_decision_can_be_none_and_be_taken_back(open_page: Open, own_root: Path) -> None:
    store = Store(own_root)
    snapshot = store.current()
    assert snapshot is not None
    member = tables.review(snapshot)["member_id"].iloc[0]
    app = open_page("sources.py", root=own_root)
    app.button(key=f"no-{member}").click().run()
    assert store.decisions() == {member: None}
    app.selectbox(key="desk-member").set_value(member).run()
    app.button(key=f"undo-{member}").click().run()
    assert store.decisions() == {}


def test_an_older_data_set_can_be_published_again(open_page: Open, own_root: Path) -> None:
    store = Store(own_root)
    older = store.current()
    assert older is not None
    newer = build_demo(store)
    app = open_page("sources.py", root=own_root)
    app.button(key=f"back-do-{older.id}").click().run()
    assert not app.exception
    assert store.current_id() == older.id != newer.id
    assert "publié de nouveau" in app.success[0].value


def test_no_withheld_unit_is_named(open_page: Open, demo_root: Path) -> None:
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    firms = snapshot.firms("tic")
    withheld = set(firms.loc[firms["is_partially_diffusible"], "siren"])
    for page in (None, "sources.py"):
        app = open_page(page)
        shown = str(app) + "".join(e.proto.spec for e in app.get("plotly_chart"))
        assert not any(siren in shown for siren in withheld)


@pytest.mark.parametrize("has_register", [True, False])
def test_a_fall_asks_for_the_box_of_this_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_register: bool
) -> None:
    store = Store(tmp_path / "store")
    register = small.write_register(tmp_path / "register.parquet")
    before = build(Request(register=register, members=small.write_roster(tmp_path / "members.csv"), store=store))
    monkeypatch.setenv("ECOSYSTEM_STORE", str(store.root))
    few = tmp_path / "few.csv"
    few.write_text(f"Nom;SIREN\nAlpha Démo;{small.siren(1)}\n", encoding="utf-8")
    paths = {"members": few} | ({"register": register} if has_register else {})
    with pytest.raises(UserError) as raised:
        new_files._published_from(paths, tell_nobody, allow_shrink=False)
    assert "cochez la case ci-dessus" in raised.value.message("fr")
    assert store.current() == before
    assert new_files._published_from(paths, tell_nobody, allow_shrink=True).manifest["counts"]["members"] == 1


def test_legal_units_without_their_register_are_not_passed_over(tmp_path: Path) -> None:
    paths = {"members": tmp_path / "members.csv", "legal_units": tmp_path / "units.parquet"}
    with pytest.raises(UserError) as raised:
        new_files._published_from(paths, tell_nobody, allow_shrink=False)
    assert raised.value.key == "sources.units_alone"
    assert "StockEtablissement" in raised.value.message("fr")
