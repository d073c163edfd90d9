"""Names that are markup, formulas or mathematics, in every kind of file: read back, they are text."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import zipfile
from pathlib import Path

import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from analytics import tables
from analytics.export.asked import Desk
from analytics.export.outputs import make
from analytics.export.spreadsheet import as_csv, harmless_cell
from analytics.export.workbook import Column, list_workbook
from analytics.store import Snapshot, Store
from analytics.text import translator
from analytics.view import View
from tests import hostile_names

RUN = ("=", "+", "-", "@", "\t", "\r", "＝")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("hostile")
    return hostile_names.build_hostile(folder, Store(folder / "store"))


@pytest.fixture(scope="module")
def desk(hostile: Snapshot) -> Desk:
    settings = hostile.settings()
    return Desk(hostile, settings, View.default(settings), translator("fr"))


def test_names_are_kept_as_they_are_shown(hostile: Snapshot) -> None:
    assert set(hostile_names.SHOWN) <= set(hostile.firms("tic")["name"].dropna())
    assert set(hostile_names.SHOWN) <= set(hostile.table("members")["name"])


@pytest.mark.parametrize("name", ["firms", "members", "prospects", "matches"])
def test_csv_of_the_command_line_holds_no_formula(desk: Desk, name: str) -> None:
    rows = tables.compute(
        name, desk.snapshot, desk.view, desk.settings, level=None, limit=None, start=None, end=None, language="fr"
    )
    cells = [cell for row in csv.reader(io.StringIO(as_csv(rows).decode(), newline="")) for cell in row]
    named = [cell for cell in cells if any(shown in cell for shown in hostile_names.SHOWN)]
    assert len(named) >= 10
    assert not [cell for cell in cells if cell.startswith(RUN) and not re.fullmatch(r"-?[\d.]+(e-\d+)?", cell)]
    assert "'@SUM(A1)" in " ".join(cells)


def workbooks(desk: Desk) -> list[bytes]:
    prospects = tables.prospects_in_full(desk.snapshot, desk.view, desk.settings, language="fr")[
        ["name", "jobs_estimate"]
    ]
    columns = {"name": Column("Nom", "text"), "jobs_estimate": Column("Emplois", "integer")}
    words = dict.fromkeys(("sheet_name", "notes_name", "definitions_heading", "sources_heading"), "Feuille")
    words |= {"notes_name": "Notes"}
    listed = list_workbook(
        prospects, title="Liste", columns=columns, notes=list(hostile_names.SHOWN), definitions=[], sources=[], **words
    )
    return [listed, make("workbook", desk)]


def test_workbooks_hold_text_and_neither_formulas_nor_links(desk: Desk) -> None:
    seen = set()
    for content in workbooks(desk):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
        assert not [name for name, part in parts.items() if "javascript:" in part and name.endswith(".rels")]
        assert not [name for name, part in parts.items() if re.search(r"<f>[^<]*(HYPERLINK|SUM\(A1\))", part)]
        book = openpyxl.load_workbook(io.BytesIO(content))
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and any(shown in cell.value for shown in hostile_names.SHOWN):
                        assert cell.data_type == "s"
                        assert not cell.value.startswith(RUN)
                        seen.add(cell.value)
    assert harmless_cell('=HYPERLINK("http://127.0.0.1:9/x","Clic")') in seen
    assert len(seen) >= len(hostile_names.SHOWN)


def test_slides_hold_names_as_text_without_links(desk: Desk) -> None:
    content = make("slides", desk)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        links = [
            part for name in archive.namelist() if name.endswith(".rels") for part in [archive.read(name).decode()]
        ]
    assert not [part for part in links if "javascript" in part or "hostile" in part]
    told = []
    for slide in Presentation(io.BytesIO(content)).slides:
        for shape in slide.shapes:
            told += [shape.text_frame.text] if shape.has_text_frame else []
            if shape.has_table:
                told += [cell.text for row in shape.table.rows for cell in row.cells]
    assert hostile_names.CLUSTER in " ".join(told)


@pytest.mark.parametrize("asked", [{}, {"town": "243100518"}, {"antenna": hostile_names.OFFICE}])
def test_papers_hold_names_as_text_without_actions(desk: Desk, asked: dict[str, str]) -> None:
    content = make("report", desk, **asked)
    reader = PdfReader(io.BytesIO(content))
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in reader.pages))
    assert re.sub(r"\s+", "", hostile_names.CLUSTER) in text
    if "antenna" in asked:
        assert re.sub(r"\s+", "", hostile_names.OFFICE)[:24] in text
    addresses = [
        str(note.get_object().get("/A", {}).get("/URI", ""))
        for page in reader.pages
        for note in page.get("/Annots", [])
    ]
    assert not [address for address in addresses if "javascript" in address.split("?")[0]]
    assert b"/JavaScript" not in content
    assert b"/Launch" not in content


def test_layers_hold_names_as_text(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(make("layers", desk))
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        offices = {value for row in base.execute("select * from antennas") for value in row}
    base.close()
    assert hostile_names.OFFICE in offices
