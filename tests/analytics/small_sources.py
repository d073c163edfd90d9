"""A register, legal units and a roster of a few rows in the source formats, with what must come of them by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from stdnum import luhn

# tic: firms 1, 2, 3 and 5; core: 1, 2 and 3; tic_and_content: 1 to 5. The others are left out.
FIRMS_BY_PERIMETER = {"tic": 4, "core": 3, "tic_and_content": 5}
# sqrt(20 * 49) + sqrt(1 * 2) + 0 + sqrt(1 * 2): firm 5 says it employs, its band says nobody.
JOBS_ESTIMATE = 34.1
EXCLUDED = {"outside_region": 1, "closed": 1, "other_activity": 1}
ROWS_READ = 8
WITHHELD_NAME = "Personne Retenue"


def siren(number: int) -> str:
    """Return a SIREN that passes the checksum."""
    stem = f"{10_000_000 + number}"
    return stem + luhn.calc_check_digit(stem)


def _establishment(number: int, commune: str, activity: str, size: str, **others: str | None) -> dict[str, str | None]:
    return {
        "siren": siren(number),
        "siret": siren(number) + "00015",
        "statutDiffusionEtablissement": "O",
        "dateCreationEtablissement": "2015-03-02",
        "dateDernierTraitementEtablissement": "2026-09-30T08:00:00",
        "trancheEffectifsEtablissement": size,
        "etablissementSiege": "true",
        "codeCommuneEtablissement": commune,
        "coordonneeLambertAbscisseEtablissement": None,
        "coordonneeLambertOrdonneeEtablissement": None,
        "etatAdministratifEtablissement": "A",
        "enseigne1Etablissement": None,
        "denominationUsuelleEtablissement": None,
        "activitePrincipaleEtablissement": activity,
        "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        "caractereEmployeurEtablissement": "N",
        "activitePrincipaleNAF25Etablissement": None,
    } | others


def write_register(path: Path, *, more_firms: int = 0) -> Path:
    """Write the eight establishments, and as many more plain firms of Toulouse as asked."""
    rows = [
        _establishment(
            1, "31555", "62.01Z", "12", caractereEmployeurEtablissement="O", enseigne1Etablissement="Alphanet"
        ),
        _establishment(
            2, "31555", "62.02A", "01", statutDiffusionEtablissement="P", enseigne1Etablissement=WITHHELD_NAME
        ),
        _establishment(3, "34172", "62.01Z", "NN"),
        _establishment(4, "34172", "58.11Z", "03"),
        _establishment(5, "48095", "95.11Z", "00", caractereEmployeurEtablissement="O"),
        _establishment(6, "31555", "62.01Z", "12", etatAdministratifEtablissement="F"),
        _establishment(7, "31555", "10.71C", "12"),
        _establishment(8, "75056", "62.01Z", "12"),
    ]
    rows += [_establishment(100 + n, "31555", "62.01Z", "NN") for n in range(more_firms)]
    pd.DataFrame(rows).astype("str").to_parquet(path, index=False)
    return path


def write_legal_units(path: Path) -> Path:
    """Write the names of the firms; that of firm 2 is withheld, though this file forgets to blank it."""
    names = ["Alpha Démo", WITHHELD_NAME, "Gamma Démo", "Delta Démo", "Epsilon Démo"]
    rows = [
        {
            "siren": siren(number),
            "statutDiffusionUniteLegale": "P" if number == 2 else "O",
            "denominationUniteLegale": name,
            "categorieEntreprise": "PME",
        }
        for number, name in enumerate(names, start=1)
    ]
    pd.DataFrame(rows).to_parquet(path, index=False)
    return path


def write_roster(path: Path) -> Path:
    """Write four members and a former one: by SIREN (1, and 8 in Paris), by name (3), nowhere. One bad SIREN."""
    path.write_text(
        "Nom;SIREN;Ville;Date d'adhésion;Date de départ;Effectif\n"
        f"Alpha Démo;{siren(1)};Toulouse;01/02/2019;;40\n"
        f"Huit Démo;{siren(8)};Paris;01/02/2019;;10\n"
        "Gamma Démo;123;Montpellier;01/02/2019;;2\n"
        "Zygomatique Introuvable;;Mende;01/02/2019;;\n"
        f"Ancienne Démo;{siren(5)};Mende;01/02/2017;31/12/2020;\n",
        encoding="utf-8",
    )
    return path
