"""Nobody whom INSEE withholds is told by any output: tables, status, manifest, messages, pages, downloads.

The withheld units are read here from the source file itself, not from what the build made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import pipeline, tables
from analytics.__main__ import main
from analytics.settings import DEMO_DIR, default_settings
from analytics.store import Store
from analytics.view import View
from pages.shared import downloads
from pages.shared.loaders import Reader

SHELL = Path(__file__).parents[1] / "pages" / "shared" / "shell.py"
REAL = Path(__file__).parents[2] / "shared" / "real" / "StockEtablissement_09_46_48.parquet"
# A SIREN or SIRET standing alone, not the decimals of a number.
IDENTIFIER = re.compile(r"(?<![\d.])(\d{9})(?:\d{5})?(?!\d)")


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
    asked += [["firms", "--view", "perimeter=tic_and_content"]]
    for words in asked:
        assert main(["table", *words, *root]) == 0
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
    """Every text that the server sends for a page: charts, tables, markup, labels."""
    for element in app.main:
        proto = getattr(element, "proto", None)
        yield str(proto) if proto is not None else ""
        value = getattr(element, "value", None)
        if isinstance(value, pd.DataFrame):
            yield value.to_csv()


@pytest.mark.parametrize("page", [None, "sources.py"])
@pytest.mark.parametrize("query", [{}, {"department": ["48"]}, {"perimeter": ["tic_and_content"], "lang": "en"}])
def test_no_page_nor_download_tells_them(
    source: tuple[Store, set[str]],
    page: str | None,
    query: dict[str, str | list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, secret = source
    monkeypatch.setenv("ECOSYSTEM_STORE", str(store.root))
    saved: list[bytes] = []

    # Written at once, not when a browser asks.
    def button(reader: Reader, table: pd.DataFrame, *, name: str, title: str) -> None:
        assert downloads.file_name(reader, name).endswith(".csv")
        saved.append(downloads.content(reader, table, title=title))

    monkeypatch.setattr(downloads, "button", button)
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page:
        app.switch_page(f"../{page}").run()
    assert not app.exception
    assert len(saved) == 5, "the overview offers five files"
    texts = [*_texts(app), *(content.decode("utf-8-sig") for content in saved)]
    assert sum(map(len, texts)) > 1_000
    for text in texts:
        assert not _told(text, secret)
        assert "[ND]" not in text
