"""What is told of columns and codes that INSEE's files did not have before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from analytics.errors import UserError
from analytics.ingest.columns import ESTABLISHMENTS, LEGAL_UNITS
from analytics.ingest.legal_units import read_legal_units
from analytics.ingest.register import read_establishments
from analytics.ingest.schema import CODES, KNOWN, renamed
from analytics.settings import DEMO_DIR, default_settings
from analytics.text import LANGUAGES, translator
from analytics.text.schema_findings import schema_sentences
from tests.analytics.ingest.register_rows import COLUMNS_54, LEGAL_35, Row, establishment, legal_unit, write

REAL = Path(__file__).parents[3] / "../shared/real/StockEtablissement_09_46_48.parquet"


def notes_of(path: Path) -> list[dict[str, Any]]:
    return list(read_establishments(path, settings=default_settings()).notes)


def with_columns(
    path: Path, rows: list[Row], *, rename: dict[str, str] | None = None, add: tuple[str, ...] = ()
) -> Path:
    table = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)).rename(rename or {})
    table.with_columns(pl.lit("x").alias(name) for name in add).write_parquet(path)
    return path


def test_the_known_columns_are_those_of_the_files() -> None:
    assert {"register": frozenset(COLUMNS_54), "legal_units": frozenset(LEGAL_35)} == KNOWN
    for role, layout in (("register", ESTABLISHMENTS), ("legal_units", LEGAL_UNITS)):
        assert {column.source for column in layout.columns} <= KNOWN[role]
        assert layout.role == role


@pytest.mark.parametrize("role", ["register", "legal_units"])
def test_the_demonstration_has_every_column(role: str) -> None:
    name = {"register": "StockEtablissement", "legal_units": "StockUniteLegale"}[role]
    assert set(pq.read_schema(DEMO_DIR / f"{name}.parquet").names) == KNOWN[role]


def test_the_real_file_has_every_column() -> None:
    if not REAL.is_file():
        pytest.skip(f"the real rows of {REAL.name} are not on this machine")
    assert set(pq.read_schema(REAL).names) == KNOWN["register"]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.zip", "a.csv.gz"])
def test_nothing_is_told_of_a_file_as_it_is_known(tmp_path: Path, name: str) -> None:
    rows = [establishment(), establishment("200000008", status="P"), establishment("300000007", nomenclature="NAFRev1")]
    assert notes_of(write(tmp_path / name, rows)) == []
    units = read_legal_units(write(tmp_path / f"u-{name}", [legal_unit(category="PME")]), sirens={"100000009"})
    assert units.notes == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("codeCommuneEtablissement", "codeCommuneInseeEtablissement"),
        ("siret", "SIRET"),
        ("etatAdministratifEtablissement", "etat_administratif_etablissement"),
        ("trancheEffectifsEtablissement", "trancheEffectifEtablissement"),
        ("activitePrincipaleEtablissement", "activitePrincipaleNAF2025Etablissement"),
    ],
)
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_build_is_refused_where_a_column_was_renamed_and_names_it(
    tmp_path: Path, old: str, new: str, suffix: str
) -> None:
    rows = [{new if name == old else name: value for name, value in establishment().items()}]
    with pytest.raises(UserError) as caught:
        notes_of(write(tmp_path / f"a{suffix}", rows))
    assert caught.value.key == "schema.missing_renamed"
    assert f"«\u202f{old}\u202f» a peut-être été renommée en «\u202f{new}\u202f»" in caught.value.message("fr")
    assert f"“{old}” may have been renamed to “{new}”" in caught.value.message("en")


def test_several_renamed_columns_are_named_and_what_resembles_nothing_is_not(tmp_path: Path) -> None:
    changes = {"siret": "numeroSiret", "codeCommuneEtablissement": "communeCodeEtablissement", "siren": "x"}
    rename = {"etatAdministratifEtablissement": "etatAdmin", "caractereEmployeurEtablissement": "caractere_employeur"}
    with pytest.raises(UserError) as caught:
        notes_of(with_columns(tmp_path / "a.parquet", [establishment()], rename=rename))
    assert caught.value.key == "schema.missing_several_renamed" or "caractere_employeur" in str(caught.value)
    assert renamed(changes, ["x", "whatever"]) == {}
    # A known column is not taken for another that is missing.
    table = [{k: v for k, v in establishment().items() if k != "activitePrincipaleEtablissement"}]
    with pytest.raises(UserError) as caught:
        notes_of(write(tmp_path / "b.parquet", table))
    assert caught.value.key == "register.missing_columns"


def test_each_new_name_is_taken_once_by_the_likeliest() -> None:
    assert renamed(["enseigne1Etablissement", "enseigne2Etablissement"], ["enseigne1Etab", "autre"]) == {
        "enseigne1Etablissement": "enseigne1Etab"
    }


def test_added_and_missing_columns_are_notes(tmp_path: Path) -> None:
    rename = {"enseigne1Etablissement": "enseigneUneEtablissement"}
    dropped = [{k: v for k, v in establishment().items() if k not in ("dateDebut", "codeCedexEtablissement", "nic")}]
    path = with_columns(tmp_path / "a.parquet", dropped, rename=rename, add=("effectifReel", "a\u202eb"))
    assert notes_of(path) == [
        {
            "role": "register",
            "kind": "renamed",
            "column": "enseigne1Etablissement",
            "likely": "enseigneUneEtablissement",
        },
        {"role": "register", "kind": "missing", "column": "dateDebut"},
        {"role": "register", "kind": "missing_unread", "count": 2, "columns": ["codeCedexEtablissement", "nic"]},
        {"role": "register", "kind": "added", "count": 2, "columns": ["ab", "effectifReel"]},
    ]


def test_thousands_of_new_columns_are_counted_and_few_are_named(tmp_path: Path) -> None:
    path = with_columns(tmp_path / "a.parquet", [establishment()], add=tuple(f"colonne{n}" for n in range(1000)))
    (note,) = notes_of(path)
    assert (note["kind"], note["count"], len(note["columns"])) == ("added", 1000, 20)


def test_codes_never_seen_are_told_and_read_as_unknown(tmp_path: Path) -> None:
    rows = [
        establishment(),
        establishment("200000008", band="54", employer="X"),
        establishment("300000007", status="Q"),
        establishment("400000006", state="S"),
        establishment("500000005", nomenclature="NAFRev3"),
        # Known ones, as they may be written; and another region's, of which nothing is told.
        establishment("600000004", status="o", nomenclature="NAF Rév. 2".replace("é", "e"), employer="o"),
        establishment("700000003", commune="75056", status="Z", band="99"),
    ]
    path = write(tmp_path / "a.csv", rows)
    extract = read_establishments(path, settings=default_settings())
    told = {note["name"]: note["codes"] for note in extract.notes}
    assert told == {
        "diffusion": ["Q"],
        "employer": ["X"],
        "nomenclature": ["NAFRev3"],
        "size_code": ["54"],
        "state": ["S"],
    }
    assert extract.establishments.filter(siren="300000007")["is_partially_diffusible"].to_list() == [True]
    assert extract.excluded == {"outside_region": 1, "closed": 1, "other_nomenclature": 1}
    units = read_legal_units(write(tmp_path / "u.csv", [legal_unit(category="TPE")]), sirens={"100000009"})
    assert [(note["name"], note["codes"]) for note in units.notes] == [("category", ["TPE"])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_has_its_sentence(language: str) -> None:
    notes: list[dict[str, Any]] = [
        {"role": "register", "kind": "renamed", "column": "a", "likely": "b"},
        {"role": "register", "kind": "missing", "column": "a"},
        *(
            {"role": "register", "kind": kind, "count": count, "columns": ["a", "b"][:count]}
            for kind in ("added", "missing_unread")
            for count in (1, 2, 30)
        ),
        *({"role": "legal_units", "kind": "codes", "name": n, "column": n, "codes": ["x", "y"]} for n in CODES),
    ]
    sources = [{"role": "register", "file": "Stock.parquet"}, {"role": "legal_units", "file": "Unites.parquet"}]
    told = schema_sentences({"sources": sources, "schema": notes}, translator(language))
    assert len(set(told)) == len(notes)
    assert all(sentence.endswith(".") and ".parquet" in sentence and "{" not in sentence for sentence in told)


def test_a_manifest_of_before_there_were_notes_has_none() -> None:
    assert schema_sentences({"sources": []}, translator("fr")) == []
