"""Nobody whom INSEE withholds is told by any output: tables, status, manifest, messages, pages, downloads.

The withheld units are read here from the source file itself, not from what the build made of it.
"""

from __future__ import annotations

import dataclasses
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest
import streamlit as st
from google.protobuf.message import Message
from google.protobuf.text_format import MessageToString
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from analytics import pipeline, tables
from analytics.__main__ import main
from analytics.settings import DEMO_DIR, default_settings
from analytics.store import Snapshot, Store
from analytics.text import translator
from analytics.view import ORDERS, TOWN_LEVELS, View

SHELL = Path(__file__).parents[1] / "pages" / "shared" / "shell.py"
REAL = Path(__file__).parents[2] / "shared" / "real" / "StockEtablissement_09_46_48.parquet"
# A SIREN or SIRET standing alone, not the decimals of a number.
IDENTIFIER = re.compile(r"(?<![\d.])(\d{9})(?:\d{5})?(?!\d)")

Query = dict[str, str | list[str]]


def _withheld(register: Path) -> set[str]:
    rows = pd.read_parquet(register, columns=["siren", "statutDiffusionEtablissement"])
    return set(rows.loc[rows["statutDiffusionEtablissement"] == "P", "siren"])


def _told(text: str, secret: set[str]) -> set[str]:
    names = {word for word in secret if not word.isdigit()}
    return (set(IDENTIFIER.findall(text)) & secret) | {name for name in names if name in text}


def _roster_names(store: Store) -> set[str]:
    """Names that the roster gives to members whose unit is withheld, and the ids that hash their SIREN."""
    snapshot = store.current()
    assert snapshot is not None
    rows = snapshot.table("members").query("is_partially_diffusible")
    return set(rows["name"].dropna()) | set(rows["member_id"])


def _built(register: Path, root: Path, *, members: Path | None) -> Store:
    legal_units = DEMO_DIR / "StockUniteLegale.parquet" if members else None
    store = Store(root)
    pipeline.build(pipeline.Request(register=register, legal_units=legal_units, members=members, store=store))
    return store


@pytest.fixture(scope="module", params=["demo", "real"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, set[str]]:
    if request.param == "real" and not REAL.exists():
        pytest.skip("the real register rows are not beside this checkout")
    register = REAL if request.param == "real" else DEMO_DIR / "StockEtablissement.parquet"
    members = None if request.param == "real" else DEMO_DIR / "members.xlsx"
    store = _built(register, tmp_path_factory.mktemp(request.param), members=members)
    names = _roster_names(store)
    assert bool(names) == (request.param == "demo")
    return store, _withheld(register) | names


def test_the_check_itself_sees_a_leak(source: tuple[Store, set[str]]) -> None:
    store, secret = source
    snapshot = store.current()
    assert snapshot is not None
    assert _told(snapshot.firms("tic").to_csv(), secret), "the store knows them, so the check would"


def test_no_table_tells_them(source: tuple[Store, set[str]], capfd: pytest.CaptureFixture[str]) -> None:
    store, secret = source
    root = ["--store", str(store.root)]
    asked = [[name] for name in tables.TABLES]
    asked += [["penetration", "--level", level] for level in tables.LEVELS]
    asked += [["shrunk-penetration", "--level", level] for level in ("commune", "segment_size")]
    asked += [["towns", "--level", level] for level in TOWN_LEVELS]
    asked += [[name, "--view", "perimeter=tic_and_content"] for name in ("firms", "prospects", "towns")]
    asked += [["prospects", "--antenna", "Mende", "--segment", "programming", "--lang", "en"]]
    # The first snapshot has nothing to be compared with, and without a roster there is no plan.
    refused = {"bridge"} if _published(store).manifest["has_members_file"] else {"bridge", "membership", "budget"}
    for words in asked:
        assert main(["table", *words, *root]) == (2 if words[0] in refused else 0)
        out = "".join(capfd.readouterr())
        assert not _told(out, secret), words
        assert "[ND]" not in out


def test_withheld_rows_have_no_identity_and_no_position(source: tuple[Store, set[str]]) -> None:
    snapshot = source[0].current()
    assert snapshot is not None
    settings = default_settings()
    rows = tables.firms(snapshot, View.default(settings), settings)
    withheld = rows[rows["is_partially_diffusible"]]
    assert len(withheld) > 100
    columns = ["siren", "siret", "name", "x_m", "y_m", "longitude", "latitude", "created_on"]
    assert withheld[columns].isna().all().all()
    assert snapshot.firms("tic").loc[lambda t: t["is_partially_diffusible"], "name"].isna().all()
    assert not snapshot.firms("tic")["name"].str.contains("ND]", regex=False, na=False).any()


def test_whom_to_call_may_be_named_whatever_the_view(source: tuple[Store, set[str]]) -> None:
    store, secret = source
    snapshot, settings = _published(store), default_settings()
    for perimeter in snapshot.perimeters:
        for order in ORDERS:
            view = View(perimeter, order=order)
            rows = tables.prospects_in_full(snapshot, view, settings, language="fr")
            assert len(rows) > 100
            assert rows["name"].notna().all()
            assert secret.isdisjoint(rows["siren"])
        scores = snapshot.table(f"prospects-{perimeter}")
        assert secret.isdisjoint(scores["siren"])


def test_no_town_tells_them(source: tuple[Store, set[str]]) -> None:
    store, secret = source
    snapshot, settings = _published(store), default_settings()
    for level, codes in _withheld_towns(snapshot).items():
        for town in codes[:40]:
            view = View("tic", level=level, town=town)
            told = [
                *(tables.town_firms(snapshot, view, settings, by=by) for by in ("segment", "size_class")),
                tables.town_members(snapshot, view, settings),
                tables.town_targets(snapshot, view, settings),
                tables.prospects_in_full(snapshot, dataclasses.replace(view, town_only=True), settings),
            ]
            assert told[0]["firms"].sum() > 0
            for table in told:
                assert not _told(table.to_csv(), secret), (level, town)


def test_no_message_nor_manifest_tells_them(
    source: tuple[Store, set[str]], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    store, secret = source
    assert main(["status", "--store", str(store.root)]) == 0
    assert main(["status", "--json", "--store", str(store.root)]) == 0
    said = "".join(capfd.readouterr()) + caplog.text
    for path in store.root.rglob("*.json"):
        said += path.read_text(encoding="utf-8")
    assert not _told(said, secret)


def _texts(app: AppTest) -> Iterator[str]:
    """Every text that the server sends for a page: charts and their hovers, tables, markup, labels.

    Escapes are undone, else a name with an accent would not be found.
    """
    for element in app.main:
        proto = getattr(element, "proto", None)
        if isinstance(proto, Message):
            yield MessageToString(proto, as_utf8=True)
        spec = getattr(proto, "spec", "")
        if spec:
            yield json.dumps(json.loads(spec), ensure_ascii=False)
        value = getattr(element, "value", None)
        if isinstance(value, pd.DataFrame):
            yield value.to_csv()


def _file_texts(name: str, content: bytes) -> Iterator[str]:
    """Every text of a downloaded file; of a workbook its cells, and all that is in its package besides."""
    if name.endswith(".csv"):
        yield content.decode("utf-8-sig")
        return
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        yield "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in package.namelist():
            yield package.read(part).decode("utf-8")


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return the files that pages offer, written at once, not when a browser asks."""
    files: dict[str, bytes] = {}

    def download_button(label: str, data: Callable[[], bytes], *, file_name: str, **look: object) -> None:
        del label, look
        files[file_name] = data()

    monkeypatch.setattr(st, "download_button", download_button)
    return files


def _open(store: Store, page: str | None, query: Query, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("ECOSYSTEM_STORE", str(store.root))
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page:
        app.switch_page(f"../{page}").run()
    assert not app.exception
    return app


def _refuse_leaks(app: AppTest, files: dict[str, bytes], secret: set[str]) -> str:
    texts = [*_texts(app), *(text for name, content in files.items() for text in _file_texts(name, content))]
    assert sum(map(len, texts)) > 1_000
    for text in texts:
        assert not _told(text, secret)
        assert "[ND]" not in text
    return "\n".join(texts)


@pytest.mark.parametrize("page", [None, "sources.py", "towns.py", "recruitment.py", "coverage.py", "growth.py"])
@pytest.mark.parametrize("query", [{}, {"department": ["48"]}, {"perimeter": ["tic_and_content"], "lang": "en"}])
def test_no_page_nor_download_tells_them(
    source: tuple[Store, set[str]],
    page: str | None,
    query: Query,
    monkeypatch: pytest.MonkeyPatch,
    saved: dict[str, bytes],
) -> None:
    store, secret = source
    app = _open(store, page, query, monkeypatch)
    # Of a register without a roster there is nothing to compare towns by, and no model.
    has_members = not _published(store).table("members").empty
    towns, list_of_firms = (2, 5) if has_members else (0, 4)
    more = {None: 0, "sources.py": 0, "towns.py": towns, "recruitment.py": list_of_firms, "coverage.py": 7}
    more["growth.py"] = 6 if has_members else 3
    assert len(saved) == 5 + more[page], "the overview offers five files, and is opened first"
    _refuse_leaks(app, saved, secret)


@pytest.mark.parametrize("level", ["commune", "epci"])
@pytest.mark.parametrize("page", ["towns.py", "recruitment.py"])
def test_a_town_of_withheld_units_does_not_tell_them(
    source: tuple[Store, set[str]],
    page: str,
    level: str,
    monkeypatch: pytest.MonkeyPatch,
    saved: dict[str, bytes],
) -> None:
    store, secret = source
    snapshot = _published(store)
    town = _withheld_towns(snapshot)[level][0]
    # The activity and size of the withheld members, or the sheet would stop before them.
    selection = {"segments": ("programming",), "sizes": ("1-9",)} if level == "epci" else {}
    view = View("tic", level=level, town=town, town_only=True, order="jobs", **selection)
    query: Query = {**parse_qs(view.to_query(default_settings()))}
    shown = _refuse_leaks(_open(store, page, query, monkeypatch), saved, secret)
    targets = tables.town_targets(snapshot, view, default_settings())
    for name in targets["name"]:
        assert name in shown or html.escape(name) in shown, "what may be told is found, so what may not would be"
    if page == "recruitment.py" and len(targets):
        assert any(name.endswith(".xlsx") for name in saved)
    if page == "towns.py" and not snapshot.table("members").empty:
        assert tables.town_members(snapshot, view, default_settings())["name"].isna().any()
        assert translator("fr")("towns.withheld") in shown.lower(), "a withheld member stands there, without a name"


def _published(store: Store) -> Snapshot:
    snapshot = store.current()
    assert snapshot is not None
    return snapshot


def _withheld_towns(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return communes and EPCI with withheld members, or firms where there is no member, the smallest first."""
    firms = snapshot.firms("tic")
    members = firms[firms["siren"].isin(tables.current_members(snapshot)["siren"])]
    rows = firms if members.empty else members
    found = {}
    for level, column in (("commune", "commune_code"), ("epci", "epci_code")):
        withheld = set(rows.loc[rows["is_partially_diffusible"], column].dropna())
        counts = rows[column].value_counts().sort_values(kind="stable")
        found[level] = [code for code in counts.index if code in withheld]
        assert found[level]
    return found
