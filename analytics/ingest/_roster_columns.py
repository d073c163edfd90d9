"""Which column of a roster holds what: headers in French or English, in any order, as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.ingest._roster_cells import Cell, NumberedRow, UnreadableError, clean_text
from analytics.ingest.names import fold, words

# For each field its headers, best first: with both "Entreprise" and "Nom" (of a person), the first is the name.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": (
        "raison sociale", "denomination sociale", "denomination", "denomination legale", "nom entreprise",
        "nom societe", "nom structure", "nom organisation", "nom organisme", "nom adherent", "nom membre",
        "company name", "firm name", "legal name", "organisation name", "organization name", "entreprise",
        "societe", "structure", "organisation", "organization", "organisme", "etablissement", "company", "firm",
        "business", "business name", "adherent", "membre", "member", "member name", "nom", "name", "nom commercial",
        "enseigne", "trade name",
    ),
    "siren": (
        "siren", "siren entreprise", "code siren", "siren number", "siren siret", "siren ou siret",
    ),
    "siret": (
        "siret", "siret siege", "code siret", "siret number", "siret entreprise",
    ),
    "commune_name": (
        "commune", "ville", "localite", "nom commune", "libelle commune", "commune siege", "ville siege", "city",
        "town", "municipality", "cp ville", "code postal ville", "lieu", "adresse", "adresse siege",
        "adresse postale", "siege", "siege social", "address",
    ),
    "postal_code": (
        "code postal", "cp", "codepostal", "postal code", "postcode", "zip", "zip code", "zipcode",
    ),
    "commune_code": (
        "code commune", "code insee", "insee", "code insee commune", "commune code", "insee code", "codgeo", "cog",
    ),
    "joined_on": (
        "date adhesion", "adhesion", "date entree", "entree", "adherent depuis", "membre depuis", "depuis",
        "joined on", "joined", "join date", "date joined", "member since", "since", "membership date",
        "date inscription", "inscription",
    ),
    "left_on": (
        "date sortie", "sortie", "date depart", "depart", "date radiation", "radiation", "date demission",
        "demission", "radie", "fin adhesion", "date fin adhesion", "date fin", "left on", "left", "leave date",
        "end date", "date left", "exit date",
    ),
    "axes": (
        "axes", "axe", "axes interet", "axes suivis", "programmes", "programme", "thematiques", "thematique",
        "axes travail", "axes strategiques", "programs", "themes", "theme", "topics",
    ),
    "dues_eur": (
        "cotisation", "cotisations", "montant cotisation", "cotisation annuelle", "montant", "cotisation eur",
        "cotisation euros", "dues", "dues eur", "fee", "membership fee", "fees", "annual dues", "annual fee",
        "subscription",
    ),
    "jobs": (
        "effectif", "effectifs", "nombre salaries", "nb salaries", "salaries", "nombre employes", "nb employes",
        "emplois", "nombre emplois", "nb emplois", "effectif salarie", "effectif etp", "etp", "tranche effectif",
        "tranche effectifs", "jobs", "employees", "headcount", "staff", "number employees", "collaborateurs",
    ),
    # Not a mere "N°": it may count lines, and a member is to keep its number when lines are put in.
    "number": (
        "adherent no", "numero adherent", "num adherent", "adherent numero", "identifiant", "id", "id adherent",
        "code adherent", "ref", "reference", "numero membre", "matricule", "member number", "member id",
        "membership number", "id membre", "identifiant adherent",
    ),
}  # fmt: skip
# What a header may begin with: "Cotisation 2026 (€ HT)", "Effectif au 31/12", "Axe 2".
_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "siren": ("siren",),
    "siret": ("siret",),
    "name": ("raison sociale", "denomination"),
    "commune_name": ("ville", "commune"),
    "postal_code": ("code postal",),
    "joined_on": ("date adhesion", "date entree"),
    "left_on": ("date sortie", "date depart", "date radiation", "date fin"),
    "axes": ("axe", "axes"),
    "dues_eur": ("cotisation", "montant cotisation", "dues"),
    "jobs": ("effectif", "effectifs", "nombre salaries", "nb salaries"),
}
_FILLERS = words("de du des d la le les l of the en et a au in n")
_NUMBER_SIGN = re.compile(r"n\s*[°º]|\bno\.?(?=\s)|№", re.IGNORECASE)
_RANKS = {header: (field, rank) for field, headers in SYNONYMS.items() for rank, header in enumerate(headers)}
# How far down the header may be.
HEADER_DEPTH = 30


@dataclass(frozen=True)
class Header:
    """A recognised header: ``columns`` gives the positions of each field, best first; ``row`` counts from 1."""

    row: int
    columns: dict[str, tuple[int, ...]]
    titles: tuple[str, ...]

    def cells(self, row: Sequence[Cell], field: str) -> tuple[Cell, ...]:
        return tuple(row[i] for i in self.columns.get(field, ()) if i < len(row))

    def cell(self, row: Sequence[Cell], field: str) -> Cell:
        return next(iter(self.cells(row, field)), None)

    def used(self) -> dict[str, str]:
        """Return the title under which each field was found."""
        return {field: self.titles[positions[0]] for field, positions in self.columns.items()}

    def ignored(self) -> tuple[str, ...]:
        """Return the titles of the columns that are not read."""
        read = {i for positions in self.columns.values() for i in positions}
        return tuple(title for i, title in enumerate(self.titles) if title and i not in read)


def field_of(title: str) -> tuple[str, int] | None:
    """Return the field that a title names and how well it does (0 is best), or None."""
    named = fold(_NUMBER_SIGN.sub(" numero ", title.replace("_", " "))).split()
    reduced = " ".join(word for word in named if word not in _FILLERS)
    bare = reduced.removeprefix("numero ")
    for candidate in (reduced, bare, " ".join(named)):
        if candidate in _RANKS:
            return _RANKS[candidate]
    for field, beginnings in _BEGINNINGS.items():
        if any(bare == start or bare.startswith(f"{start} ") for start in beginnings):
            return field, 90
    return None


def find_header(rows: Sequence[NumberedRow]) -> Header | None:
    """Return the header among the first rows: the one that names most fields, a name or an identifier among them."""
    headers = [_header_of(row.cells, row.number) for row in rows[:HEADER_DEPTH]]
    return max((h for h in headers if h), key=lambda h: (len(h.columns), -h.row), default=None)


def _header_of(row: Sequence[Cell], number: int) -> Header | None:
    titles = tuple(_title(cell) for cell in row)
    found: dict[str, list[tuple[int, int]]] = {}
    for position, title in enumerate(titles):
        named = field_of(title) if title and len(title) <= 80 else None
        if named:
            found.setdefault(named[0], []).append((named[1], position))
    if not found.keys() & {"name", "siren", "siret"} or (len(found) < 2 and sum(map(bool, titles)) > 1):
        return None
    columns = {
        # Several columns of axes are read together; of the other fields, the best title counts.
        field: tuple(p for _, p in sorted(ranked))[: None if field == "axes" else 1]
        for field, ranked in found.items()
    }
    return Header(row=number, columns=columns, titles=titles)


def _title(cell: Cell) -> str:
    try:
        return (clean_text(cell) or "") if isinstance(cell, str) else ""
    except UnreadableError:
        return ""
