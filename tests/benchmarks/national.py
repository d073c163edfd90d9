"""A register of national size, invented: StockEtablissement in its 54 columns and StockUniteLegale in its 35.

What is realistic and what is assumed. Order (by SIREN, then NIC), columns, the width of codes, days, names and
addresses, 44 million establishments of 30 million legal units, 40 in 100 of them active and some 37,000 of those
digital ones of Occitanie are as INSEE's files have them. How often an optional column is filled (``_FILL``) is an
assumption: rows that carry all columns are not redistributed with the project. Rows are made by blocks from a seed of
their own, so that a block is the same in a file of any size, and no block needs another.

``python -m tests.benchmarks.national FOLDER --rows 44000000`` writes ``StockEtablissement.parquet`` and
``StockUniteLegale.parquet``; ``--csv`` adds the first as CSV.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from analytics.settings import REFERENCE_DIR
from data.demo.layout import ESTABLISHMENT_COLUMNS, LEGAL_UNIT_COLUMNS, WITHHELD

ROWS = 44_000_000
# Legal units for each establishment, as in the national files: 30 million for 44.
UNITS_PER_ROW = 30 / 44
BLOCK, ROW_GROUP = 500_000, 125_000
IN_REGION, ACTIVE, PARTIALLY_DIFFUSIBLE = 0.095, 0.4, 0.15
_FILL = {
    "trancheEffectifsEtablissement": 0.6,
    "anneeEffectifsEtablissement": 0.1,
    "activitePrincipaleRegistreMetiersEtablissement": 0.1,
    "complementAdresseEtablissement": 0.15,
    "numeroVoieEtablissement": 0.75,
    "indiceRepetitionEtablissement": 0.06,
    "typeVoieEtablissement": 0.85,
    "distributionSpecialeEtablissement": 0.04,
    "codeCedexEtablissement": 0.02,
    "libelleCedexEtablissement": 0.02,
    "identifiantAdresseEtablissement": 0.8,
    "coordonneeLambertAbscisseEtablissement": 0.9,
    "coordonneeLambertOrdonneeEtablissement": 0.9,
    "enseigne1Etablissement": 0.1,
    "denominationUsuelleEtablissement": 0.1,
    "activitePrincipaleNAF25Etablissement": 0.9,
    "nomUsageUniteLegale": 0.08,
    "sigleUniteLegale": 0.05,
    "denominationUsuelle1UniteLegale": 0.03,
    "categorieEntreprise": 0.3,
    "identifiantAssociationUniteLegale": 0.05,
}
_WITHHELD = {
    "numeroVoieEtablissement",
    "typeVoieEtablissement",
    "libelleVoieEtablissement",
    "coordonneeLambertAbscisseEtablissement",
    "coordonneeLambertOrdonneeEtablissement",
    "enseigne1Etablissement",
    "denominationUsuelleEtablissement",
    "denominationUniteLegale",
    "nomUniteLegale",
    "prenom1UniteLegale",
    "prenomUsuelUniteLegale",
}
# NAF rév. 2 to NAF 2025.
_DIGITAL = {
    "62.01Z": "62.10Y",
    "62.02A": "62.20G",
    "62.09Z": "62.90Y",
    "63.11Z": "63.10Y",
    "58.29C": "58.29Y",
    "61.90Z": "61.90Y",
    "95.11Z": "95.10Y",
    "46.51Z": "46.50Y",
}
_OTHERS = ("47.11D", "56.10A", "68.20B", "70.22Z", "96.02A", "43.21A", "81.21Z", "01.11Z", "86.90E", "49.41A") * 9
_OLD = ("74.1G", "52.6E", "70.2C", "72.2A", "55.3A")
_ROADS = ("DE LA REPUBLIQUE", "DU GENERAL DE GAULLE", "VICTOR HUGO", "DES ECOLES", "DU MOULIN", "JEAN JAURES")
_NEWER = {code: f"{code[:-1]}Y" for code in (*_OTHERS, *_OLD)} | _DIGITAL
_FIRST = ("MARIE", "JEAN", "NATHALIE", "PHILIPPE", "CAMILLE", "MOHAMED", "ISABELLE", "ALAIN", "CHLOE", "NICOLAS")
_SIZES = ("NN", "NN", "NN", "00", "01", "02", "03", "11", "12", "21")


def establishments(first: int, rows: int) -> pl.DataFrame:
    """Return ``rows`` establishments from the ``first`` on, text in INSEE's columns; the same whenever asked."""
    random = np.random.default_rng([1, first])
    number = first + np.arange(rows)
    unit = (number * UNITS_PER_ROW).astype(np.int64)
    nic = 1 + number - np.ceil(unit / UNITS_PER_ROW).astype(np.int64)
    is_active = random.random(rows) < ACTIVE
    is_here = random.random(rows) < IN_REGION
    activity, nomenclature = _activities(random, is_active)
    commune = _communes(random, is_here)
    known = pl.DataFrame(
        {
            "siren": _digits(_siren(unit), 9),
            "nic": _digits(nic * 10 + 6, 5),
            "statutDiffusionEtablissement": _picked(
                random, ("P", "O"), rows, shares=(PARTIALLY_DIFFUSIBLE, 1 - PARTIALLY_DIFFUSIBLE)
            ),
            "dateCreationEtablissement": _days(random, rows),
            "trancheEffectifsEtablissement": _picked(random, _SIZES, rows),
            "anneeEffectifsEtablissement": _picked(random, ("2022", "2023"), rows),
            "activitePrincipaleRegistreMetiersEtablissement": _picked(random, ("4321AA", "5610CQ", "9602AA"), rows),
            "dateDernierTraitementEtablissement": _days(random, rows) + "T07:42:11",
            "etablissementSiege": pl.Series(np.where(nic == 1, "true", "false")),
            "nombrePeriodesEtablissement": _picked(random, ("1", "2", "3", "4", "6"), rows),
            "complementAdresseEtablissement": "BATIMENT " + _numbers(random, rows, 400),
            "numeroVoieEtablissement": _numbers(random, rows, 300),
            "indiceRepetitionEtablissement": _picked(random, ("B", "T"), rows),
            "typeVoieEtablissement": _picked(random, ("RUE", "AVENUE", "CHEMIN", "BOULEVARD", "IMPASSE"), rows),
            "libelleVoieEtablissement": _picked(random, _ROADS, rows) + " " + _numbers(random, rows, 4000),
            "codePostalEtablissement": commune,
            "libelleCommuneEtablissement": "VILLE DE " + commune,
            "distributionSpecialeEtablissement": "BP " + _numbers(random, rows, 90_000),
            "codeCommuneEtablissement": commune,
            "codeCedexEtablissement": commune,
            "libelleCedexEtablissement": "VILLE CEDEX " + _numbers(random, rows, 20),
            "identifiantAdresseEtablissement": commune + "_" + _numbers(random, rows, 900_000) + "_B",
            "coordonneeLambertAbscisseEtablissement": _coordinates(random, 1e5, 1.2e6, rows),
            "coordonneeLambertOrdonneeEtablissement": _coordinates(random, 6e6, 7.1e6, rows),
            "dateDebut": _days(random, rows),
            "etatAdministratifEtablissement": pl.Series(np.where(is_active, "A", "F")),
            "enseigne1Etablissement": "ENSEIGNE " + _numbers(random, rows, 10**7),
            "denominationUsuelleEtablissement": "NOM USUEL " + _numbers(random, rows, 10**7),
            "activitePrincipaleEtablissement": activity,
            "nomenclatureActivitePrincipaleEtablissement": nomenclature,
            "caractereEmployeurEtablissement": _picked(random, ("O", "N"), rows, shares=(0.12, 0.88)),
            "activitePrincipaleNAF25Etablissement": activity.replace_strict(_NEWER, return_dtype=pl.String),
        }
    ).with_columns(siret=pl.col("siren") + pl.col("nic"))
    return _laid_out(known, ESTABLISHMENT_COLUMNS, random)


def legal_units(first: int, rows: int) -> pl.DataFrame:
    """Return ``rows`` legal units from the ``first`` on, text in INSEE's columns; the same whenever asked."""
    random = np.random.default_rng([2, first])
    is_person = random.random(rows) < 0.55
    persons = pl.Series(is_person)
    known = pl.DataFrame(
        {
            "siren": _digits(_siren(first + np.arange(rows)), 9),
            "statutDiffusionUniteLegale": _picked(
                random, ("P", "O"), rows, shares=(PARTIALLY_DIFFUSIBLE, 1 - PARTIALLY_DIFFUSIBLE)
            ),
            "dateCreationUniteLegale": _days(random, rows),
            "sigleUniteLegale": _picked(random, ("SCI", "GIE", "ASSO"), rows),
            "sexeUniteLegale": _picked(random, ("F", "M"), rows),
            "prenom1UniteLegale": _picked(random, _FIRST, rows),
            "prenomUsuelUniteLegale": _picked(random, _FIRST, rows),
            "identifiantAssociationUniteLegale": "W31" + _numbers(random, rows, 10**7),
            "trancheEffectifsUniteLegale": _picked(random, _SIZES, rows),
            "dateDernierTraitementUniteLegale": _days(random, rows) + "T07:42:11",
            "nombrePeriodesUniteLegale": _picked(random, ("1", "2", "3", "4", "6"), rows),
            "categorieEntreprise": _picked(random, ("PME", "PME", "PME", "ETI", "GE"), rows),
            "anneeCategorieEntreprise": _picked(random, ("2023",), rows),
            "dateDebut": _days(random, rows),
            "etatAdministratifUniteLegale": _picked(random, ("A", "C"), rows, shares=(ACTIVE, 1 - ACTIVE)),
            "nomUniteLegale": "NOM" + _numbers(random, rows, 300_000),
            "nomUsageUniteLegale": "USAGE" + _numbers(random, rows, 300_000),
            "denominationUniteLegale": "SOCIETE " + _numbers(random, rows, 10**7) + " CONSEIL",
            "denominationUsuelle1UniteLegale": "USUELLE " + _numbers(random, rows, 10**7),
            "categorieJuridiqueUniteLegale": _picked(random, ("1000", "5499", "5710", "6540", "9220"), rows),
            "activitePrincipaleUniteLegale": _picked(random, _OTHERS, rows),
            "nomenclatureActivitePrincipaleUniteLegale": _picked(random, ("NAFRev2", "NAF1993"), rows),
            "nicSiegeUniteLegale": pl.Series(["00016"]).new_from_index(0, rows),
            "economieSocialeSolidaireUniteLegale": _picked(random, ("O", "N"), rows),
            "caractereEmployeurUniteLegale": _picked(random, ("O", "N"), rows),
        }
    ).with_columns(
        *(pl.when(persons).then(pl.col(name)).alias(name) for name in _OF_PERSONS),
        pl.when(~persons).then(pl.col("denominationUniteLegale")).alias("denominationUniteLegale"),
    )
    return _laid_out(known, LEGAL_UNIT_COLUMNS, random)


_OF_PERSONS = (
    "sexeUniteLegale",
    "prenom1UniteLegale",
    "prenomUsuelUniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
)


def write(folder: Path, *, rows: int, with_csv: bool = False) -> None:
    """Write the pair of Parquet files of ``rows`` establishments, and on request the first as CSV."""
    units = int((rows - 1) * UNITS_PER_ROW) + 1
    _write_parquet(folder / "StockUniteLegale.parquet", (legal_units(*block) for block in _blocks(units)))
    path = folder / "StockEtablissement.parquet"
    _write_parquet(path, (establishments(*block) for block in _blocks(rows)))
    if with_csv:
        with path.with_suffix(".csv").open("wb") as text:
            for first, count in _blocks(rows):
                establishments(first, count).write_csv(text, include_header=first == 0)


def _write_parquet(path: Path, blocks: Iterator[pl.DataFrame]) -> None:
    writer: pq.ParquetWriter | None = None
    for block in blocks:
        table = block.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=ROW_GROUP)
    if writer:
        writer.close()


def _blocks(rows: int) -> Iterator[tuple[int, int]]:
    return ((first, min(BLOCK, rows - first)) for first in range(0, rows, BLOCK))


def _siren(unit: np.ndarray) -> np.ndarray:
    """Spread the units over the nine digits, in order, as the national file's are."""
    return 5_420_000 + unit * 33


def _digits(numbers: np.ndarray, width: int) -> pl.Series:
    return pl.Series(numbers).cast(pl.String).str.zfill(width)


def _picked(
    random: np.random.Generator, values: tuple[str, ...], rows: int, *, shares: tuple[float, ...] | None = None
) -> pl.Series:
    return pl.Series(values).gather(random.choice(len(values), rows, p=shares))


def _numbers(random: np.random.Generator, rows: int, below: int) -> pl.Series:
    return pl.Series(random.integers(1, below, rows)).cast(pl.String)


def _coordinates(random: np.random.Generator, low: float, high: float, rows: int) -> pl.Series:
    return pl.Series(np.round(random.uniform(low, high, rows), 2)).cast(pl.String)


def _days(random: np.random.Generator, rows: int) -> pl.Series:
    days = np.datetime64("1975-01-01") + random.integers(0, 18_400, rows)
    return pl.Series(days).cast(pl.Date).cast(pl.String)


def _activities(random: np.random.Generator, is_active: np.ndarray) -> tuple[pl.Series, pl.Series]:
    """Return activities and their nomenclatures: a fifth of what is closed bears a code of before 2008."""
    rows = len(is_active)
    is_old = ~is_active & (random.random(rows) < 0.2)
    is_digital = random.random(rows) < 0.022
    codes = pl.DataFrame(
        {
            "old": _picked(random, _OLD, rows),
            "digital": _picked(random, tuple(_DIGITAL), rows),
            "other": _picked(random, _OTHERS, rows),
        }
    ).select(
        activity=pl.when(pl.Series(is_old)).then("old").when(pl.Series(is_digital)).then("digital").otherwise("other")
    )
    return codes["activity"], pl.Series(np.where(is_old, "NAF1993", "NAFRev2"))


def _communes(random: np.random.Generator, is_here: np.ndarray) -> pl.Series:
    ours = pl.read_parquet(REFERENCE_DIR / "communes.parquet", columns=["commune_code", "population"])
    weights = ours["population"].to_numpy() + 1.0
    rows = len(is_here)
    here = ours["commune_code"].gather(random.choice(len(weights), rows, p=weights / weights.sum()))
    elsewhere = _digits(random.choice(_ELSEWHERE, rows), 2) + _digits(random.integers(1, 600, rows), 3)
    return pl.DataFrame({"here": here, "elsewhere": elsewhere}).select(
        code=pl.when(pl.Series(is_here)).then("here").otherwise("elsewhere")
    )["code"]


_HERE = {9, 11, 12, 30, 31, 32, 34, 46, 48, 65, 66, 81, 82}
_ELSEWHERE = np.array([n for n in range(1, 96) if n not in _HERE and n != 20])


def _laid_out(known: pl.DataFrame, columns: tuple[str, ...], random: np.random.Generator) -> pl.DataFrame:
    """Return all columns in their order, emptied as often as ``_FILL`` says; null where nothing is made."""
    rows = known.height
    emptied = {
        name: pl.when(pl.Series(random.random(rows) < _FILL[name])).then(pl.col(name)).alias(name)
        for name in known.columns
        if name in _FILL
    }
    filled = known.with_columns(emptied.values())
    withheld = pl.any_horizontal(pl.col("^statutDiffusion.*$") == "P")
    filled = filled.with_columns(
        pl.when(withheld & pl.col(name).is_not_null()).then(pl.lit(WITHHELD)).otherwise(pl.col(name)).alias(name)
        for name in filled.columns
        if name in _WITHHELD
    )
    return filled.select(
        pl.col(name) if name in known.columns else pl.lit(None, pl.String).alias(name) for name in columns
    )


def main() -> None:
    """Write the files that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--csv", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write(options.folder, rows=options.rows, with_csv=options.csv)


if __name__ == "__main__":
    main()
