"""Nobody whom INSEE withholds, or who was removed on request, is told by any output: tables, pages, files, messages.

The withheld units are read here from the source file itself, not from what the build made of it; those removed, from
what was published before.
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
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from analytics import tables
from analytics.__main__ import main
from analytics.export.asked import Desk
from analytics.export.outputs import OUTPUTS, make
from analytics.pipeline.building import build
from analytics.pipeline.removing import apply_removals
from analytics.pipeline.request import Request
from analytics.removals import read_removals, write_removals
from analytics.settings import DEMO_DIR, default_settings
from analytics.store import Snapshot, Store
from analytics.text import translator
from analytics.view import ORDERS, TOWN_LEVELS, View
from tests.pages.drawn import open_tables

SHELL = Path(__file__).parents[1] / "pages" / "shared" / "shell.py"
REAL = Path(__file__).parents[2] / "shared" / "real" / "StockEtablissement_09_46_48.parquet"
# A SIREN or SIRET standing alone, not the decimals of a number.
IDENTIFIER = re.compile(r"(?<![\d.])(\d{9})(?:\d{5})?(?!\d)")

Query = dict[str, str | list[str]]
# A store, all that its outputs must not tell, and of that what no file of the store may tell either.
Source = tuple[Store, set[str], set[str]]


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
    build(Request(register=register, legal_units=legal_units, members=members, store=store))
    return store


@pytest.fixture(scope="module", params=["demo", "real"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Source:
    if request.param == "real" and not REAL.exists():
        pytest.skip("the real register rows are not beside this checkout")
    register = REAL if request.param == "real" else DEMO_DIR / "StockEtablissement.parquet"
    members = None if request.param == "real" else DEMO_DIR / "members.xlsx"
    store = _built(register, tmp_path_factory.mktemp(request.param), members=members)
    removed = _remove_some(store) if members else set()
    names = _roster_names(store)
    assert bool(names) == (request.param == "demo")
    return store, _withheld(register) | names | removed, removed


def _remove_some(store: Store) -> set[str]:
    """Remove firms and members of every standing; return what they were known by."""
    snapshot = _published(store)
    named = snapshot.firms("tic").dropna(subset="name").set_index("siren")
    members = snapshot.table("members")
    tables = [*(snapshot.firms(perimeter) for perimeter in snapshot.perimeters), members]
    tables.append(snapshot.table("aliases").rename(columns={"alias": "name"}))
    said = pd.concat([table[["siren", "name"]] for table in tables]).dropna(subset="name")

    def is_its_own(name: str, siren: str) -> bool:
        """Whether nobody else has the name, in part or whole: else finding it would say nothing."""
        return bool((said.loc[said["name"].str.contains(name, regex=False), "siren"] == siren).all())

    of_method = {how: members.loc[members["match_method"] == how, "siren"].dropna() for how in ("siren", "name")}
    groups = {
        "prospect": snapshot.table("prospects-tic").sort_values("score", ascending=False)["siren"],
        "largest": named["jobs_estimate"].sort_values(ascending=False).index,
        "member by SIREN": of_method["siren"],
        "member by name": of_method["name"],
        "candidate": snapshot.table("candidates")["siren"],
    }
    removed, listed = set[str](), read_removals(store)
    for group, sirens in groups.items():
        firms = ((s, named.loc[s, "name"]) for s in sirens if s in named.index and s not in removed)
        # A candidate's name is that of the member which it may be, and which stays.
        siren, name = next((s, n) for s, n in firms if group == "candidate" or is_its_own(n, s))
        removed |= {siren, named.loc[siren, "siret"]} | ({name} if is_its_own(name, siren) else set())
        removed |= {n for n in members.loc[members["siren"] == siren, "name"].dropna() if is_its_own(n, siren)}
        listed = listed.adding("firm", siren, "objection")
    lost = members[members["match_decision"] == "not_found"].dropna(subset="name")
    unknown = lost[[said["name"].str.contains(name, regex=False).sum() == 1 for name in lost["name"]]].iloc[0]
    known = members[members["match_method"] == "siren"].iloc[-1]
    for member in (unknown, known):
        listed = listed.adding("member", member["member_id"], "erasure")
    write_removals(store, listed)
    assert apply_removals(store).dropped == 1
    return removed | {unknown["name"], unknown["member_id"], known["member_id"]}


def test_no_file_of_the_store_tells_who_was_removed(source: Source) -> None:
    store, _, removed = source
    if not removed:
        pytest.skip("nobody was removed from this store")
    assert sum(word.isdigit() and len(word) == 9 for word in removed) == 5
    read = 0
    for path in store.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            text = pd.read_parquet(io.BytesIO(content)).to_csv() if path.suffix == ".parquet" else content.decode()
            assert not {word for word in removed if word in text}, path.name
            # Compressed or not, statistics and dictionaries of a column included.
            assert not {word for word in removed if word.encode() in content}, path.name
            read += 1
    assert read > 25
    counts = _published(store).manifest["counts"]
    assert _published(store).manifest["excluded"]["members"]["removed"] == 2
    assert counts["firms"] == len(_published(store).firms("tic"))
    assert [snapshot.id for snapshot in store.snapshots()] == [store.current_id()]


def test_the_check_itself_sees_a_leak(source: Source) -> None:
    store, secret, _ = source
    snapshot = store.current()
    assert snapshot is not None
    assert _told(snapshot.firms("tic").to_csv(), secret), "the store knows them, so the check would"


def test_no_table_tells_them(source: Source, capfd: pytest.CaptureFixture[str]) -> None:
    store, secret, _ = source
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


def test_withheld_rows_have_no_identity_and_no_position(source: Source) -> None:
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


def test_whom_to_call_may_be_named_whatever_the_view(source: Source) -> None:
    store, secret, _ = source
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


def test_no_town_tells_them(source: Source) -> None:
    store, secret, _ = source
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
    source: Source, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    store, secret, _ = source
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
    open_tables(app)
    assert not app.exception
    return app


def _refuse_leaks(app: AppTest, files: dict[str, bytes], secret: set[str]) -> str:
    texts = [*_texts(app), *(text for name, content in files.items() for text in _file_texts(name, content))]
    assert sum(map(len, texts)) > 1_000
    for text in texts:
        assert not _told(text, secret)
        assert "[ND]" not in text
    return "\n".join(texts)


@pytest.mark.parametrize(
    "page", [None, "sources.py", "towns.py", "recruitment.py", "coverage.py", "growth.py", "event.py"]
)
@pytest.mark.parametrize("query", [{}, {"department": ["48"]}, {"perimeter": ["tic_and_content"], "lang": "en"}])
def test_no_page_nor_download_tells_them(
    source: Source,
    page: str | None,
    query: Query,
    monkeypatch: pytest.MonkeyPatch,
    saved: dict[str, bytes],
) -> None:
    store, secret, _ = source
    app = _open(store, page, query, monkeypatch)
    # Of a register without a roster there is nothing to compare towns by, and no model.
    has_members = not _published(store).table("members").empty
    towns, list_of_firms = (4, 5) if has_members else (0, 4)
    more = {None: 0, "sources.py": 0, "towns.py": towns, "recruitment.py": list_of_firms, "coverage.py": 7}
    more |= {"growth.py": 6 if has_members else 3, "event.py": 0}
    assert len(saved) == 5 + more[page], "the overview offers five files, and is opened first"
    _refuse_leaks(app, saved, secret)


@pytest.mark.parametrize("level", ["commune", "epci"])
@pytest.mark.parametrize("page", ["towns.py", "recruitment.py"])
def test_a_town_of_withheld_units_does_not_tell_them(
    source: Source,
    page: str,
    level: str,
    monkeypatch: pytest.MonkeyPatch,
    saved: dict[str, bytes],
) -> None:
    store, secret, _ = source
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


@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("query", ["", "department=48&lang=en"])
def test_no_document_tells_them(source: Source, kind: str, query: str) -> None:
    store, secret, _ = source
    content = make(kind, _asked(store, query))
    texts = list(_document_texts(content))
    assert sum(map(len, texts)) > 1_000
    assert "[ND]" not in "".join(texts)
    for text in texts:
        assert not _told(text, secret)


def test_no_sheet_of_a_town_or_an_antenna_tells_them(source: Source) -> None:
    store, secret, _ = source
    towns = [codes[0] for codes in _withheld_towns(_published(store)).values()]
    sheets = [{"town": code} for code in towns] + [{"antenna": "Mende"}]
    for named in sheets:
        for text in _document_texts(make("report", _asked(store, ""), **named)):
            assert not _told(text, secret)
            assert "[ND]" not in text


def _asked(store: Store, query: str) -> Desk:
    snapshot = _published(store)
    settings = snapshot.settings()
    return Desk(snapshot, settings, View.from_query(query, settings), translator("en" if "lang=en" in query else "fr"))


def _document_texts(content: bytes) -> Iterator[str]:
    """Every text of a document: parts of a package and those of the packages in it, cells of layers, pages of paper."""
    if content.startswith(b"%PDF-"):
        reader = PdfReader(io.BytesIO(content))
        pages = "\n".join(page.extract_text() for page in reader.pages)
        yield pages
        # A name may be set over two lines.
        yield " ".join(pages.split())
        yield json.dumps({key: str(value) for key, value in (reader.metadata or {}).items()})
    elif content.startswith(b"SQLite"):
        yield content.decode("utf-8", errors="ignore")
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for part in package.namelist():
                inner = package.read(part)
                if inner.startswith(b"PK"):
                    yield from _document_texts(inner)
                else:
                    yield html.unescape(inner.decode("utf-8", errors="ignore"))


def _published(store: Store) -> Snapshot:
    snapshot = store.current()
    assert snapshot is not None
    return snapshot


def _withheld_towns(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return communes and EPCI with withheld members, or firms where there is no member, the smallest first."""
    firms = snapshot.firms("tic")
    members = firms[firms["siren"].isin(tables.current_members(snapshot)["siren"])]
    rows = firms if members.empty else members
    is_withheld = rows["is_partially_diffusible"]
    if not members.empty:  # Of the selection with which the sheet of such a town is read.
        is_withheld &= (rows["segment"] == "programming") & rows["size_code"].isin(["01", "02", "03"])
    found = {}
    for level, column in (("commune", "commune_code"), ("epci", "epci_code")):
        withheld = set(rows.loc[is_withheld, column].dropna())
        counts = rows[column].value_counts().sort_values(kind="stable")
        found[level] = [code for code in counts.index if code in withheld]
        assert found[level]
    return found
