"""Reading legal units: names, categories, what is withheld."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import UserError
from analytics.ingest import source_files
from analytics.ingest.legal_units import UNIT_COLUMNS, LegalUnits, read_legal_units
from tests.analytics.ingest.register_rows import LEGAL_33, LEGAL_35, Row, as_csv, establishment, legal_unit, write

SIREN = "100000009"


def units_of(tmp_path: Path, *rows: Row, sirens: tuple[str, ...] = (SIREN,)) -> LegalUnits:
    return read_legal_units(write(tmp_path / "legal.parquet", rows), sirens=sirens)


def test_the_layouts() -> None:
    assert (len(set(LEGAL_33)), len(set(LEGAL_35))) == (33, 35)


@pytest.mark.parametrize(
    ("values", "name", "is_withheld"),
    [
        ({"denomination": "ALPHA", "usual_name": "BETA", "birth_name": "GAMMA"}, "ALPHA", False),
        ({"usual_name": "BETA", "birth_name": "GAMMA"}, "BETA", False),
        ({"usual_first": "ZOÉ", "first": "MARIE", "birth_name": "NÉE", "used_name": "USAGE"}, "ZOÉ USAGE", False),
        ({"first": "MARIE", "birth_name": "NÉE"}, "MARIE NÉE", False),
        ({"birth_name": "NÉE"}, "NÉE", False),
        ({"first": "MARIE"}, None, False),
        ({}, None, False),
        ({"denomination": "[ND]", "usual_name": "BETA"}, None, True),
        ({"usual_first": "ZOÉ", "birth_name": "[ND]"}, None, True),
        ({"usual_first": "[ND]", "birth_name": "NÉE"}, None, True),
        ({"denomination": "ALPHA", "usual_name": "[ND]"}, "ALPHA", False),
        ({"denomination": "ALPHA", "status": "P"}, None, False),
        ({"denomination": "ALPHA", "status": "N"}, None, False),
    ],
)
def test_the_name(tmp_path: Path, values: dict[str, str], name: str | None, is_withheld: bool) -> None:
    row = units_of(tmp_path, legal_unit(**values)).units.row(0, named=True)
    assert (row["name"], row["is_name_withheld"]) == (name, is_withheld)
    assert row["is_partially_diffusible"] is (is_withheld or values.get("status", "O") != "O")


def test_what_a_row_becomes(tmp_path: Path) -> None:
    units = units_of(tmp_path, legal_unit(denomination="ALPHA", category="eti", created="1999-12-31")).units
    assert tuple(units.columns) == UNIT_COLUMNS
    assert units.rows() == [(SIREN, "ALPHA", False, "ETI", date(1999, 12, 31), False)]


@pytest.mark.parametrize("category", [None, "", "AUTRE"])
def test_an_unknown_category_is_null(tmp_path: Path, category: str | None) -> None:
    assert units_of(tmp_path, legal_unit(category=category)).units["category"].to_list() == [None]


def test_only_the_sirens_asked_for_come_out_of_any_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [legal_unit(f"{n:09d}", denomination=f"UNITÉ {n}") for n in range(1, 60)]
    monkeypatch.setattr(source_files, "BLOCK_BYTES", 2000)
    monkeypatch.setattr(source_files, "SLICE_ROWS", 10)
    for name in ("a.parquet", "a.csv", "a.zip", "a.csv.gz"):
        found = read_legal_units(write(tmp_path / name, rows), sirens={"000000007", "000000042", "999999999"})
        assert found.rows_read == 59
        assert found.units["name"].to_list() == ["UNITÉ 7", "UNITÉ 42"]


def test_numeric_sirens_get_their_zeros_back_and_older_files_are_read(tmp_path: Path) -> None:
    rows = [{column: legal_unit("005520135", denomination="A")[column] for column in LEGAL_33}]
    table = pl.DataFrame(rows, schema=dict.fromkeys(LEGAL_33, pl.String)).with_columns(pl.col("siren").cast(pl.Int64))
    table.write_parquet(tmp_path / "a.parquet")
    assert read_legal_units(tmp_path / "a.parquet", sirens=["005520135"]).units["siren"].to_list() == ["005520135"]
    (tmp_path / "a.csv").write_bytes(as_csv(rows).replace(b"005520135", b"5520135"))
    assert read_legal_units(tmp_path / "a.csv", sirens=["005520135"]).units["name"].to_list() == ["A"]


def test_a_unit_that_comes_twice_counts_once_and_is_withheld_if_either_is(tmp_path: Path) -> None:
    rows = [legal_unit(denomination="ALPHA"), legal_unit(denomination="ALPHA", status="P")]
    assert units_of(tmp_path, *rows).units.rows() == [(SIREN, None, False, None, None, True)]


def test_no_siren_found_is_no_fault(tmp_path: Path) -> None:
    found = units_of(tmp_path, legal_unit(), sirens=())
    assert (found.units.height, found.rows_read) == (0, 1)
    assert tuple(found.units.columns) == UNIT_COLUMNS


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (as_csv([establishment()]), "register.is_establishments"),
        (b"siren,autre\n1,2\n", "register.foreign_legal_units"),
        (b"nom,siren,siret\nA,1,2\n", "register.foreign_legal_units"),
        (as_csv([legal_unit()]).splitlines(keepends=True)[0], "register.no_rows"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, content: bytes, key: str) -> None:
    (tmp_path / "unites.csv").write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_legal_units(tmp_path / "unites.csv", sirens=[SIREN])
    assert caught.value.key == key
    assert "unites.csv" in str(caught.value)
