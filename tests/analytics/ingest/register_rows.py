"""Rows of INSEE's stock files for the tests, and the files that hold them."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

Row = dict[str, str | None]

_COMMON = (
    *("siren", "nic", "siret", "statutDiffusionEtablissement", "dateCreationEtablissement"),
    *("trancheEffectifsEtablissement", "anneeEffectifsEtablissement"),
    *("activitePrincipaleRegistreMetiersEtablissement", "dateDernierTraitementEtablissement"),
    *("etablissementSiege", "nombrePeriodesEtablissement", "complementAdresseEtablissement"),
    *("numeroVoieEtablissement", "indiceRepetitionEtablissement", "typeVoieEtablissement"),
    *("libelleVoieEtablissement", "codePostalEtablissement", "libelleCommuneEtablissement"),
    *("libelleCommuneEtrangerEtablissement", "distributionSpecialeEtablissement"),
    *("codeCommuneEtablissement", "codeCedexEtablissement", "libelleCedexEtablissement"),
    *("codePaysEtrangerEtablissement", "libellePaysEtrangerEtablissement"),
    *("complementAdresse2Etablissement", "numeroVoie2Etablissement", "indiceRepetition2Etablissement"),
    *("typeVoie2Etablissement", "libelleVoie2Etablissement", "codePostal2Etablissement"),
    *("libelleCommune2Etablissement", "libelleCommuneEtranger2Etablissement"),
    *("distributionSpeciale2Etablissement", "codeCommune2Etablissement", "codeCedex2Etablissement"),
    *("libelleCedex2Etablissement", "codePaysEtranger2Etablissement", "libellePaysEtranger2Etablissement"),
    *("dateDebut", "etatAdministratifEtablissement", "enseigne1Etablissement", "enseigne2Etablissement"),
    *("enseigne3Etablissement", "denominationUsuelleEtablissement", "activitePrincipaleEtablissement"),
    *("nomenclatureActivitePrincipaleEtablissement", "caractereEmployeurEtablissement"),
)
COLUMNS_48 = tuple(_COMMON)
COLUMNS_54 = (
    *_COMMON[:14],
    "dernierNumeroVoieEtablissement",
    "indiceRepetitionDernierNumeroVoieEtablissement",
    *_COMMON[14:25],
    "identifiantAdresseEtablissement",
    "coordonneeLambertAbscisseEtablissement",
    "coordonneeLambertOrdonneeEtablissement",
    *_COMMON[25:],
    "activitePrincipaleNAF25Etablissement",
)
LEGAL_33 = (
    *("siren", "statutDiffusionUniteLegale", "unitePurgeeUniteLegale", "dateCreationUniteLegale", "sigleUniteLegale"),
    *("sexeUniteLegale", "prenom1UniteLegale", "prenom2UniteLegale", "prenom3UniteLegale", "prenom4UniteLegale"),
    *("prenomUsuelUniteLegale", "pseudonymeUniteLegale", "identifiantAssociationUniteLegale"),
    *("trancheEffectifsUniteLegale", "anneeEffectifsUniteLegale", "dateDernierTraitementUniteLegale"),
    *("nombrePeriodesUniteLegale", "categorieEntreprise", "anneeCategorieEntreprise", "dateDebut"),
    *("etatAdministratifUniteLegale", "nomUniteLegale", "nomUsageUniteLegale", "denominationUniteLegale"),
    *("denominationUsuelle1UniteLegale", "denominationUsuelle2UniteLegale", "denominationUsuelle3UniteLegale"),
    *("categorieJuridiqueUniteLegale", "activitePrincipaleUniteLegale", "nomenclatureActivitePrincipaleUniteLegale"),
    *("nicSiegeUniteLegale", "economieSocialeSolidaireUniteLegale", "caractereEmployeurUniteLegale"),
)
LEGAL_35 = (*LEGAL_33, "societeMissionUniteLegale", "activitePrincipaleNAF25UniteLegale")

# The Capitole in Toulouse, Lambert-93.
TOULOUSE = ("574357.79", "6279642.97")

_ALIASES = {
    "status": "statutDiffusionEtablissement",
    "created": "dateCreationEtablissement",
    "band": "trancheEffectifsEtablissement",
    "seat": "etablissementSiege",
    "commune": "codeCommuneEtablissement",
    "x": "coordonneeLambertAbscisseEtablissement",
    "y": "coordonneeLambertOrdonneeEtablissement",
    "state": "etatAdministratifEtablissement",
    "sign": "enseigne1Etablissement",
    "name": "denominationUsuelleEtablissement",
    "activity": "activitePrincipaleEtablissement",
    "nomenclature": "nomenclatureActivitePrincipaleEtablissement",
    "employer": "caractereEmployeurEtablissement",
    "treated": "dateDernierTraitementEtablissement",
    "naf25": "activitePrincipaleNAF25Etablissement",
}
_LEGAL_ALIASES = {
    "status": "statutDiffusionUniteLegale",
    "created": "dateCreationUniteLegale",
    "first": "prenom1UniteLegale",
    "usual_first": "prenomUsuelUniteLegale",
    "birth_name": "nomUniteLegale",
    "used_name": "nomUsageUniteLegale",
    "denomination": "denominationUniteLegale",
    "usual_name": "denominationUsuelle1UniteLegale",
    "category": "categorieEntreprise",
}


def establishment(siren: str = "100000009", nic: str = "00011", **values: str | None) -> Row:
    """Return an active, diffusible software programmer of Toulouse, changed as told (short names of ``_ALIASES``)."""
    row: Row = dict.fromkeys(COLUMNS_54)
    row |= {"siren": siren, "nic": nic, "siret": siren + nic}
    x, y = TOULOUSE
    usual = {"status": "O", "state": "A", "seat": "true", "commune": "31555", "x": x, "y": y, "band": "NN"}
    usual |= {"activity": "62.01Z", "nomenclature": "NAFRev2", "employer": "N", "created": "2010-01-31"}
    return row | {_ALIASES.get(name, name): value for name, value in (usual | values).items()}


def legal_unit(siren: str = "100000009", **values: str | None) -> Row:
    """Return a diffusible legal unit without a name, changed as told (short names of ``_LEGAL_ALIASES``)."""
    row: Row = dict.fromkeys(LEGAL_35)
    row |= {"siren": siren, "statutDiffusionUniteLegale": "O", "categorieJuridiqueUniteLegale": "5710"}
    return row | {_LEGAL_ALIASES[name]: value for name, value in values.items()}


def as_csv(rows: Sequence[Row], *, separator: str = ",", end: str = "\n") -> bytes:
    """Return the rows as INSEE's CSV: quotes only where needed."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write(path: Path, rows: Sequence[Row], **options: str) -> Path:
    """Write the rows in the form that the path's ending names."""
    if path.suffix == ".parquet":
        pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)).write_parquet(path, row_group_size=3)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.with_suffix(".csv").name, as_csv(rows, **options))
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(as_csv(rows, **options)))
    else:
        path.write_bytes(as_csv(rows, **options))
    return path
