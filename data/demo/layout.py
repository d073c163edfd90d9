"""INSEE's columns of StockEtablissement (54) and StockUniteLegale (35), as published since December 2025."""

from __future__ import annotations

from pathlib import Path

import polars as pl

WITHHELD = "[ND]"

_ADDRESS = (
    "complementAdresse{n}Etablissement",
    "numeroVoie{n}Etablissement",
    "indiceRepetition{n}Etablissement",
    "dernierNumeroVoieEtablissement",
    "indiceRepetitionDernierNumeroVoieEtablissement",
    "typeVoie{n}Etablissement",
    "libelleVoie{n}Etablissement",
    "codePostal{n}Etablissement",
    "libelleCommune{n}Etablissement",
    "libelleCommuneEtranger{n}Etablissement",
    "distributionSpeciale{n}Etablissement",
    "codeCommune{n}Etablissement",
    "codeCedex{n}Etablissement",
    "libelleCedex{n}Etablissement",
    "codePaysEtranger{n}Etablissement",
    "libellePaysEtranger{n}Etablissement",
)

ESTABLISHMENT_COLUMNS: tuple[str, ...] = (
    "siren",
    "nic",
    "siret",
    "statutDiffusionEtablissement",
    "dateCreationEtablissement",
    "trancheEffectifsEtablissement",
    "anneeEffectifsEtablissement",
    "activitePrincipaleRegistreMetiersEtablissement",
    "dateDernierTraitementEtablissement",
    "etablissementSiege",
    "nombrePeriodesEtablissement",
    *(name.format(n="") for name in _ADDRESS),
    "identifiantAdresseEtablissement",
    "coordonneeLambertAbscisseEtablissement",
    "coordonneeLambertOrdonneeEtablissement",
    # The second address has no last number of its own.
    *(name.format(n="2") for name in _ADDRESS if "{n}" in name),
    "dateDebut",
    "etatAdministratifEtablissement",
    "enseigne1Etablissement",
    "enseigne2Etablissement",
    "enseigne3Etablissement",
    "denominationUsuelleEtablissement",
    "activitePrincipaleEtablissement",
    "nomenclatureActivitePrincipaleEtablissement",
    "caractereEmployeurEtablissement",
    "activitePrincipaleNAF25Etablissement",
)

LEGAL_UNIT_COLUMNS: tuple[str, ...] = (
    "siren",
    "statutDiffusionUniteLegale",
    "unitePurgeeUniteLegale",
    "dateCreationUniteLegale",
    "sigleUniteLegale",
    "sexeUniteLegale",
    "prenom1UniteLegale",
    "prenom2UniteLegale",
    "prenom3UniteLegale",
    "prenom4UniteLegale",
    "prenomUsuelUniteLegale",
    "pseudonymeUniteLegale",
    "identifiantAssociationUniteLegale",
    "trancheEffectifsUniteLegale",
    "anneeEffectifsUniteLegale",
    "dateDernierTraitementUniteLegale",
    "nombrePeriodesUniteLegale",
    "categorieEntreprise",
    "anneeCategorieEntreprise",
    "dateDebut",
    "etatAdministratifUniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "denominationUsuelle2UniteLegale",
    "denominationUsuelle3UniteLegale",
    "categorieJuridiqueUniteLegale",
    "activitePrincipaleUniteLegale",
    "nomenclatureActivitePrincipaleUniteLegale",
    "nicSiegeUniteLegale",
    "economieSocialeSolidaireUniteLegale",
    "societeMissionUniteLegale",
    "caractereEmployeurUniteLegale",
    "activitePrincipaleNAF25UniteLegale",
)


def lay_out(table: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return the table with exactly these columns, all text; those it does not have are null.

    Raises
    ------
    ValueError
        When the table has a column that INSEE's file does not.
    """
    unknown = set(table.columns) - set(columns)
    if unknown:
        raise ValueError(f"not columns of the file: {sorted(unknown)}")
    return table.select(
        (pl.col(name).cast(pl.String) if name in table.columns else pl.lit(None, dtype=pl.String)).alias(name)
        for name in columns
    )


def write_register(table: pl.DataFrame, file: Path) -> None:
    """Write Parquet, several row groups, as small as it gets."""
    table.write_parquet(file, compression="zstd", compression_level=19, row_group_size=16_384, statistics=True)
