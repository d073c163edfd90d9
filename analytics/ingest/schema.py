"""What INSEE's files are known to hold, and what a file has more, less or otherwise, so that no change passes unseen.

The names are those of INSEE's file layouts (« dessin de fichier ») of StockEtablissement and StockUniteLegale as
published since December 2025, with the activity under NAF 2025. A file that lacks a column which must be there is
refused, and the one that it was probably renamed to is named; everything else is a note, kept in the manifest and told
by ``text.schema_findings``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rapidfuzz import fuzz

from analytics.errors import UserError
from analytics.ingest.columns import Layout
from analytics.ingest.names import fold
from analytics.sizes import SIZE_CODES
from analytics.text.characters import one_line

Note = dict[str, Any]
"""JSON: ``role``, ``kind`` (``added``, ``renamed``, ``missing``, ``missing_unread``, ``codes``), what it is about."""

_ADDRESS = """
    complementAdresse{n} numeroVoie{n} indiceRepetition{n} typeVoie{n} libelleVoie{n} codePostal{n} libelleCommune{n}
    libelleCommuneEtranger{n} distributionSpeciale{n} codeCommune{n} codeCedex{n} libelleCedex{n} codePaysEtranger{n}
    libellePaysEtranger{n}
"""
_ESTABLISHMENT = f"""
    statutDiffusion dateCreation trancheEffectifs anneeEffectifs activitePrincipaleRegistreMetiers
    dateDernierTraitement nombrePeriodes {_ADDRESS.format(n="")} {_ADDRESS.format(n="2")} dernierNumeroVoie
    indiceRepetitionDernierNumeroVoie identifiantAdresse coordonneeLambertAbscisse coordonneeLambertOrdonnee
    etatAdministratif enseigne1 enseigne2 enseigne3 denominationUsuelle activitePrincipale
    nomenclatureActivitePrincipale caractereEmployeur activitePrincipaleNAF25
"""
_LEGAL_UNIT = """
    statutDiffusion unitePurgee dateCreation sigle sexe prenom1 prenom2 prenom3 prenom4 prenomUsuel pseudonyme
    identifiantAssociation trancheEffectifs anneeEffectifs dateDernierTraitement nombrePeriodes etatAdministratif nom
    nomUsage denomination denominationUsuelle1 denominationUsuelle2 denominationUsuelle3 categorieJuridique
    activitePrincipale nomenclatureActivitePrincipale nicSiege economieSocialeSolidaire caractereEmployeur
    societeMission activitePrincipaleNAF25
"""
KNOWN: dict[str, frozenset[str]] = {
    "register": frozenset(f"{name}Etablissement" for name in _ESTABLISHMENT.split())
    | {"siren", "nic", "siret", "etablissementSiege", "dateDebut"},
    "legal_units": frozenset(f"{name}UniteLegale" for name in _LEGAL_UNIT.split())
    | {"siren", "categorieEntreprise", "anneeCategorieEntreprise", "dateDebut"},
}
# Values of columns whose codes decide something; of nomenclatures those of before NAF rév. 2 too.
CODES: dict[str, frozenset[str]] = {
    "diffusion": frozenset({"O", "P", "N"}),
    "state": frozenset({"A", "F"}),
    "nomenclature": frozenset({"NAFREV2", "NAF2025", "NAF25", "NAFREV1", "NAF1993", "NAP"}),
    "size_code": frozenset(SIZE_CODES),
    "employer": frozenset({"O", "N"}),
    "category": frozenset({"PME", "ETI", "GE"}),
}
_LIKELY = 75.0
_MOST_SHOWN = 20
_LONGEST = 80
_SUFFIX = re.compile(r"(?i)(etablissement|unite_?legale)$")


def refuse_missing(path_name: str, missing: Collection[str], columns: Collection[str], *, role: str) -> None:
    """Refuse a file that lacks columns which must be there, and name those that they were probably renamed to.

    Raises
    ------
    UserError
        Always.
    """
    likely = renamed(missing, [name for name in columns if name not in KNOWN[role]])
    lacking = ", ".join(missing)
    if not likely:
        raise UserError("register.missing_columns", file=path_name, columns=lacking)
    if len(likely) == 1:
        ((old, new),) = likely.items()
        raise UserError("schema.missing_renamed", file=path_name, columns=lacking, old=old, new=_shown(new))
    pairs = ", ".join(f"{old} → {_shown(new)}" for old, new in likely.items())
    raise UserError("schema.missing_several_renamed", file=path_name, columns=lacking, pairs=pairs)


def renamed(missing: Iterable[str], added: Iterable[str]) -> dict[str, str]:
    """Return, of what is new, what missing columns were probably renamed to, each once, likeliest first.

    Names are compared without case, accents, separators and the ending that INSEE gives to all of them.
    """
    scored = [(fuzz.ratio(_bare(old), _bare(new)), old, new) for old in missing for new in added]
    pairs: dict[str, str] = {}
    for score, old, new in sorted(scored, key=lambda found: (-found[0], found[1], found[2])):
        if score >= _LIKELY and old not in pairs and new not in pairs.values():
            pairs[old] = new
    return pairs


def _bare(name: str) -> str:
    return fold(_SUFFIX.sub("", name[:_LONGEST])).replace(" ", "")


def column_notes(columns: Collection[str], *, layout: Layout, role: str) -> list[Note]:
    """Return what the columns of a file that is read differ in from those that are known."""
    known = KNOWN[role]
    added = sorted(name for name in columns if name not in known)
    read = {column.source for column in layout.columns}
    missing = sorted(name for name in known if name not in columns)
    likely = renamed([name for name in missing if name in read], added)
    notes: list[Note] = [
        {"role": role, "kind": "renamed", "column": old, "likely": _shown(new)} for old, new in sorted(likely.items())
    ]
    notes += [
        {"role": role, "kind": "missing", "column": name} for name in missing if name in read and name not in likely
    ]
    others = {
        "missing_unread": [name for name in missing if name not in read],
        "added": [name for name in added if name not in likely.values()],
    }
    return notes + [_counted(role, kind, names) for kind, names in others.items() if names]


def _counted(role: str, kind: str, names: list[str]) -> Note:
    return {"role": role, "kind": kind, "count": len(names), "columns": list(map(_shown, names[:_MOST_SHOWN]))}


def _shown(name: str) -> str:
    return one_line(name, longest=_LONGEST)


class Codes:
    """The codes that a file's rows have and that are not known, by column of the house."""

    def __init__(self) -> None:
        self._unknown: dict[str, set[str]] = {}

    def look(self, values: Mapping[str, Iterable[str | None]]) -> None:
        """Look at values of columns, as clean text."""
        for name, given in values.items():
            new = {_shown(value) for value in given if value is not None and _code(name, value) not in CODES[name]}
            if new:
                kept = self._unknown.setdefault(name, set())
                kept |= set(sorted(new)[:_MOST_SHOWN]) if len(kept) < _MOST_SHOWN else set()

    def notes(self, *, layout: Layout, role: str) -> list[Note]:
        """Return a note for each column that has some."""
        sources = {column.name: column.source for column in layout.columns}
        return [
            {"role": role, "kind": "codes", "name": name, "column": sources[name], "codes": sorted(found)[:_MOST_SHOWN]}
            for name, found in sorted(self._unknown.items())
        ]


def _code(name: str, value: str) -> str:
    """Return a code as the readers compare it: in capitals; of nomenclatures letters and digits alone."""
    upper = value.upper()
    return re.sub(r"[^A-Z0-9]", "", upper) if name == "nomenclature" else upper
