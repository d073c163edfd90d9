"""The columns that are read from INSEE's stock files, and how each becomes clean text, whatever its type in the file.

A file may hold text, integers (leading zeros lost), floats, dates or booleans. ``[ND]`` (withheld), blanks and ``""``
are null. Clean text then becomes dates, numbers and flags where a value can be read as one, and null where it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from analytics.text.characters import HEAPED_PATTERN, LONGEST_NAME, SPACED_PATTERN, UNSEEN_PATTERN

WITHHELD = "[ND]"


@dataclass(frozen=True)
class Column:
    """A column of a source file.

    Attributes
    ----------
    source
        Its name in the file.
    name
        Its name in the house.
    kind
        ``code`` (digits padded to ``width``), ``text``, ``name`` (text that stays ``[ND]`` where it is withheld, so
        that no other column is taken for it), ``number``, ``day`` or ``flag``.
    required
        A file without it is refused; otherwise it is null.
    """

    source: str
    name: str
    kind: Literal["code", "text", "name", "number", "day", "flag"] = "text"
    width: int = 0
    required: bool = False


@dataclass(frozen=True)
class Layout:
    """A kind of source file: its columns, the column by which the other kind is told from it, its role in a build."""

    columns: tuple[Column, ...]
    belongs_to_other: str
    wrong_kind: str
    role: str

    @property
    def required(self) -> tuple[str, ...]:
        """Names, in the file, of the columns that it must have."""
        return tuple(column.source for column in self.columns if column.required)

    def under_house_names(self, types: Mapping[str, pl.DataType]) -> list[pl.Expr]:
        """Return the layout's columns, as they are in a file of these types; null where it lacks them."""
        return [
            (pl.col(column.source) if column.source in types else pl.lit(None, pl.String)).alias(column.name)
            for column in self.columns
        ]

    def present(self, names: Mapping[str, pl.DataType]) -> tuple[str, ...]:
        """Names of the layout's columns that the file has."""
        return tuple(column.source for column in self.columns if column.source in names)


ESTABLISHMENTS = Layout(
    columns=(
        Column("siren", "siren", "code", width=9, required=True),
        Column("siret", "siret", "code", width=14, required=True),
        Column("statutDiffusionEtablissement", "diffusion", required=True),
        Column("dateCreationEtablissement", "created_on", "day"),
        Column("trancheEffectifsEtablissement", "size_code", "code", width=2, required=True),
        Column("dateDernierTraitementEtablissement", "treated_on"),
        Column("etablissementSiege", "is_seat", "flag", required=True),
        Column("codeCommuneEtablissement", "commune_code", "code", width=5, required=True),
        Column("coordonneeLambertAbscisseEtablissement", "x_m", "number"),
        Column("coordonneeLambertOrdonneeEtablissement", "y_m", "number"),
        Column("etatAdministratifEtablissement", "state", required=True),
        Column("dateDebut", "period_began_on", "day"),
        Column("enseigne1Etablissement", "sign", "name"),
        Column("denominationUsuelleEtablissement", "usual_name", "name"),
        Column("activitePrincipaleEtablissement", "main_activity", required=True),
        Column("nomenclatureActivitePrincipaleEtablissement", "nomenclature", required=True),
        Column("caractereEmployeurEtablissement", "employer", required=True),
        Column("activitePrincipaleNAF25Etablissement", "naf_2025_activity"),
    ),
    belongs_to_other="categorieJuridiqueUniteLegale",
    wrong_kind="register.is_legal_units",
    role="register",
)

LEGAL_UNITS = Layout(
    columns=(
        Column("siren", "siren", "code", width=9, required=True),
        Column("statutDiffusionUniteLegale", "diffusion", required=True),
        Column("dateCreationUniteLegale", "created_on", "day"),
        Column("denominationUniteLegale", "legal_name", "name", required=True),
        Column("denominationUsuelle1UniteLegale", "usual_name", "name"),
        Column("prenomUsuelUniteLegale", "usual_first_name", "name"),
        Column("prenom1UniteLegale", "first_name", "name"),
        Column("nomUniteLegale", "birth_name", "name"),
        Column("nomUsageUniteLegale", "used_name", "name"),
        Column("categorieEntreprise", "category"),
    ),
    belongs_to_other="etablissementSiege",
    wrong_kind="register.is_establishments",
    role="legal_units",
)


def clean(column: Column, kind: pl.DataType) -> pl.Expr:
    """Return a column of the file, of type ``kind`` and under its name in the house, as clean text."""
    return _cleaned(pl.col(column.name), kind, column).alias(column.name)


def is_clean(column: Column, values: pl.Series) -> bool:
    """Return whether every value is a code of the column's width as it stands, which is quick to tell."""
    if column.kind != "code" or values.dtype != pl.String:
        return False
    return values.str.contains(rf"^[0-9]{{{column.width}}}$").all()


def _cleaned(values: pl.Expr, kind: pl.DataType, column: Column) -> pl.Expr:
    text = _as_text(values, kind, column).str.strip_chars()
    if column.kind == "name":
        text = _as_one_line(text)
    text = pl.when(~text.is_in([""] if column.kind == "name" else ["", WITHHELD])).then(text)
    if column.kind == "code":
        text = pl.when(text.str.contains(r"^[0-9]+$")).then(text.str.zfill(column.width)).otherwise(text)
    return text


def _as_one_line(name: pl.Expr) -> pl.Expr:
    """Return what ``text.characters.one_line`` does, cut to the longest name."""
    seen = name.str.replace_all(UNSEEN_PATTERN, "").str.replace_all(SPACED_PATTERN, " ")
    return seen.str.replace_all(HEAPED_PATTERN, "$1").str.strip_chars().str.slice(0, LONGEST_NAME)


def _as_text(values: pl.Expr, kind: pl.DataType, column: Column) -> pl.Expr:
    if kind.is_temporal():
        return values.dt.strftime("%Y-%m-%d")
    if (kind.is_float() or kind.is_decimal()) and column.kind != "number":
        return values.cast(pl.Int64, strict=False).cast(pl.String)
    return values.cast(pl.String)


def is_withheld_name(name: pl.Expr) -> pl.Expr:
    """Return whether a name, or a part of it, is withheld."""
    return name.str.contains(WITHHELD, literal=True).fill_null(False)


def is_withheld_unit(diffusion: pl.Expr) -> pl.Expr:
    """Return whether a unit is partially diffusible: ``P``, the older ``N``, and whatever is not plainly ``O``."""
    return (diffusion.str.to_uppercase() != "O").fill_null(True)


def cheap_test(column: Column, types: Mapping[str, pl.DataType], *, accept: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Return a test that keeps every row whose clean text passes ``accept``, and perhaps some more, at little cost.

    Text of the expected length is tested as it stands; what is shorter, longer or missing is kept, to be looked at
    after cleaning: cleaning every row of forty million takes longer than reading them.
    """
    code, kind = pl.col(column.source), types[column.source]
    if kind != pl.String:
        code = _cleaned(code, kind, column)
        return accept(code) | code.is_null()
    return accept(code) | code.is_null() | (code.str.len_bytes() != column.width)


def typed(table: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Return the table of clean text with its numbers, days and flags read; what cannot be read is null."""
    readable = (column for column in columns if column.kind in _READ)
    return table.with_columns(_READ[column.kind](pl.col(column.name)).alias(column.name) for column in readable)


def _number(text: pl.Expr) -> pl.Expr:
    number = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def day(text: pl.Expr) -> pl.Expr:
    """Return the day that begins an ISO date or date-time; null where there is none, or before 1700 or after 2200."""
    days = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return pl.when(days.dt.year().is_between(1700, 2200)).then(days)  # pandas' nanoseconds end in 2262


def _flag(text: pl.Expr) -> pl.Expr:
    lower = text.str.to_lowercase()
    return pl.when(lower.is_in(["true", "1", "t"])).then(True).when(lower.is_in(["false", "0", "f"])).then(False)


_READ: dict[str, Callable[[pl.Expr], pl.Expr]] = {"number": _number, "day": day, "flag": _flag}
