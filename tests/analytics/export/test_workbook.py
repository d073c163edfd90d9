"""A list as a workbook, read back: types, formats, filters, and nothing that runs."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from analytics.export.workbook import FORMATS, Column, list_workbook, sanitised_sheet_name

COLUMNS = {
    "siren": Column("SIREN"),
    "name": Column("Nom"),
    "gap": Column("Écart à l’attendu", "decimal"),
    "jobs": Column("Emplois estimés", "integer"),
    "rate_pct": Column("Part, %", "percent"),
    "fee_eur": Column("Cotisation", "euro", width=20),
    "created_on": Column("Créée le", "date"),
}
TABLE = pd.DataFrame(
    {
        "siren": ["005520135", "552100554"],
        "name": ["Œuvre Numérique", "-5"],
        "gap": [-5.0, 2.25],
        "jobs": pd.array([1140, None], dtype="Int64"),
        "rate_pct": [2.2, float("nan")],
        "fee_eur": [1200.0, 90.5],
        "created_on": pd.to_datetime(["2011-03-04", None]),
        "unused": ["x", "y"],
    }
)


def _bytes(table: pd.DataFrame = TABLE, columns: dict[str, Column] | None = None, **more: Any) -> bytes:
    texts: dict[str, Any] = {
        "title": "Entreprises à visiter",
        "notes": ["Données de démonstration", "=2+2"],
        "definitions": [("Score", "+ressemblance"), ("Emplois", "milieu de tranche")],
        "sources": [("Sirene", "@Insee, 1er nov. 2026")],
        "sheet_name": "Liste",
        "notes_name": "Définitions",
    }
    return list_workbook(table, columns=COLUMNS if columns is None else columns, **{**texts, **more})


def _read(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def _texts(cells: list[object]) -> list[object]:
    """Write texts in a list and return the cells read back."""
    book = _read(_bytes(pd.DataFrame({"name": pd.Series(cells, dtype="object")}), {"name": Column("Nom")}))
    sheet = book["Liste"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    return [sheet.cell(row, 1).value for row in range(2, len(cells) + 2)]


def test_cells_have_real_types() -> None:
    sheet = _read(_bytes())["Liste"]
    first, second = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in sheet[1]] == [column.header for column in COLUMNS.values()]
    assert first[:2] == ["005520135", "Œuvre Numérique"]
    assert first[2:6] == [-5, 1140, pytest.approx(0.022), 1200]
    assert first[6].date() == date(2011, 3, 4)
    assert second == ["552100554", "'-5", 2.25, None, None, 90.5, None]
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "n", "n", "n", "n", "d"]
    assert [cell.number_format for cell in sheet[2]] == [FORMATS[column.kind] for column in COLUMNS.values()]


def test_the_list_is_an_excel_table_that_prints_well() -> None:
    sheet = _read(_bytes())["Liste"]
    (table,) = sheet.tables.values()
    assert table.ref == table.autoFilter.ref == "A1:G3"
    assert [column.name for column in table.tableColumns] == [column.header for column in COLUMNS.values()]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert _read(_bytes())["Définitions"].print_title_rows is None
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert all(cell.alignment.wrap_text for cell in sheet[1])


def test_widths_are_those_of_the_content_within_bounds() -> None:
    long = TABLE.assign(name=["x" * 500, "y"])
    widths = {key: size.width for key, size in _read(_bytes(long))["Liste"].column_dimensions.items()}
    assert widths["A"] == 11
    assert widths["B"] == 48
    assert widths["F"] == 20
    assert widths["G"] == 12


def test_a_list_without_rows_has_its_head() -> None:
    sheet = _read(_bytes(TABLE.head(0)))["Liste"]
    assert [cell.value for cell in sheet[1]] == [column.header for column in COLUMNS.values()]
    assert sheet.max_row == 1
    assert not sheet.tables
    assert sheet.auto_filter.ref == "A1:G1"


def test_text_is_shown_never_run() -> None:
    shown = _texts(["=1+1", "+33 5 61", "@x", "-5", "\t=1", "\r=1", "\x00=1", "#N/A", "TRUE", "a\x0bb", "\ud800=2"])
    assert shown == ["'=1+1", "'+33 5 61", "'@x", "'-5", "'\t=1", "'\n=1", "'=1", "#N/A", "TRUE", "ab", "'=2"]


def test_no_part_of_the_file_holds_a_formula() -> None:
    names = {"name": Column("=1+1"), "siren": Column("@head")}
    content = _bytes(TABLE.assign(name="=1"), names, title="=title", definitions_heading="=d", sources_heading="+s")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            assert b"<f>" not in archive.read(part)
            assert b"calculatedColumnFormula" not in archive.read(part)
    for sheet in _read(content):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in "sn"
                assert not str(cell.value or "").startswith(("=", "+", "@"))


def test_long_texts_are_cut_to_what_excel_takes() -> None:
    plain, wide = _texts(["x" * 40_000, "\U0001f600" * 20_000])
    assert isinstance(plain, str)
    assert isinstance(wide, str)
    assert len(plain) == 32_767
    assert plain.endswith("x…")
    assert len(wide.encode("utf-16-le")) // 2 <= 32_767
    assert wide.endswith("\U0001f600…")


def test_nothing_is_an_empty_cell() -> None:
    assert _texts([None, float("nan"), pd.NA, pd.NaT, "", "x"]) == [None, None, None, None, None, "x"]
    infinite = TABLE.assign(gap=[float("inf"), 1.0])
    assert _read(_bytes(infinite))["Liste"]["C2"].value is None


def test_days_before_the_calendar_of_excel_are_text() -> None:
    old = pd.DataFrame({"created_on": [date(1850, 1, 2), date(1900, 3, 1)]})
    sheet = _read(_bytes(old, {"created_on": COLUMNS["created_on"]}))["Liste"]
    assert sheet["A2"].value == "1850-01-02"
    assert sheet["A3"].value.date() == date(1900, 3, 1)


def test_a_word_among_numbers_is_a_defect() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        _bytes(TABLE.assign(gap=["much", "little"]))
    with pytest.raises(KeyError):
        _bytes(columns={"absent": Column("?")})


def test_heads_are_filled_and_differ() -> None:
    columns = {"siren": Column("Nom"), "name": Column("nom"), "gap": Column(" ", "decimal"), "jobs": Column("a\nb")}
    sheet = _read(_bytes(TABLE.assign(jobs="1"), columns))["Liste"]
    assert [cell.value for cell in sheet[1]] == ["Nom", "nom (2)", "3", "a b"]
    (table,) = sheet.tables.values()
    assert [column.name for column in table.tableColumns] == ["Nom", "nom (2)", "3", "a b"]


def test_the_second_sheet_says_what_the_list_is() -> None:
    sheet = _read(_bytes(definitions_heading="Ce que disent les colonnes", sources_heading="Sources"))["Définitions"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row for row in rows if any(row)] == [
        ["Entreprises à visiter", None],
        ["Données de démonstration", None],
        ["'=2+2", None],
        ["Ce que disent les colonnes", None],
        ["Score", "'+ressemblance"],
        ["Emplois", "milieu de tranche"],
        ["Sources", None],
        ["Sirene", "'@Insee, 1er nov. 2026"],
    ]


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("Liste", "Liste"),
        ("Toulouse / Albi: [2026]*?\\", "Toulouse Albi 2026"),
        ("'quoted'", "quoted"),
        ("x" * 30 + " yz", "x" * 30 + "…"),
        ("", "1"),
        ("[]", "1"),
        ("History", "1"),
    ],
)
def test_sheet_names(name: str, accepted: str) -> None:
    assert sanitised_sheet_name(name, fallback="1") == accepted
    assert len(accepted) <= 31


def test_sheets_of_one_name_are_told_apart() -> None:
    assert _read(_bytes(sheet_name="A" * 40, notes_name="a" * 40)).sheetnames == ["A" * 30 + "…", "a" * 27 + " (2)"]


def test_the_title_is_printed_whole_whatever_it_holds() -> None:
    book = _read(_bytes(title="R&D: 10\x00 firms"))
    assert book.properties.title == "R&D: 10 firms"
    assert book["Liste"].oddHeader.left.text == "R&&D: 10 firms"


def test_the_table_is_left_as_it_was() -> None:
    before = TABLE.copy(deep=True)
    _bytes()
    pd.testing.assert_frame_equal(TABLE, before)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_opens_it(tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(_bytes())
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    # 76 is UTF-8: without it the file is in the encoding of the machine's language.
    command += ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"]
    subprocess.run([*command, "list.xlsx"], cwd=tmp_path, check=True, capture_output=True)
    lines = (tmp_path / "list.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("SIREN,Nom,")
    assert lines[1].startswith("005520135,")
