"""Legal units: INSEE's StockUniteLegale, read down to the names and categories of the firms asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analytics.errors import UserError
from analytics.ingest.columns import LEGAL_UNITS, cheap_test, is_withheld_name, is_withheld_unit, typed
from analytics.ingest.schema import Codes, Note, column_notes
from analytics.ingest.source_files import MOST_KEPT, Types, read_pieces
from analytics.progress import Progress, silent

UNIT_COLUMNS = ("siren", "name", "is_name_withheld", "category", "created_on", "is_partially_diffusible")
CATEGORIES = ("PME", "ETI", "GE")
_SIREN = LEGAL_UNITS.columns[0]


@dataclass(frozen=True)
class LegalUnits:
    """What a file of legal units says of the sirens asked for.

    Attributes
    ----------
    units
        One row a siren found (``UNIT_COLUMNS``); ``name`` is null where it is withheld (``is_name_withheld``), or the
        unit partially diffusible.
    rows_read
        Rows of the file.
    notes
        What its columns and codes have more, less or otherwise than is known (``schema.Note``).
    """

    units: pl.DataFrame
    rows_read: int
    notes: tuple[Note, ...] = ()


def read_legal_units(path: Path, *, sirens: Collection[str], progress: Progress = silent) -> LegalUnits:
    """Read a StockUniteLegale file (Parquet, CSV, zipped CSV) in a stream.

    The name is the denomination, else the usual name, else, of a natural person, the usual first name and the name
    used (the name at birth where no other is used).

    Raises
    ------
    UserError
        On a file that cannot be read. No siren found is no fault: the result is empty.
    """
    wanted = sorted(sirens)

    def test(types: Types) -> pl.Expr:
        return cheap_test(_SIREN, types, accept=lambda code: code.is_in(wanted))

    found, rows_read, held, codes, columns = [], 0, 0, Codes(), tuple[str, ...]()
    for piece in read_pieces(path, layout=LEGAL_UNITS, test=test, progress=progress):
        rows_read += piece.rows_read
        rows = piece.clean(piece.rows).filter(pl.col("siren").is_in(wanted))
        columns = piece.columns
        codes.look({name: rows[name].unique() for name in ("diffusion", "category")})
        found.append(_named(typed(rows, LEGAL_UNITS.columns)))
        held += found[-1].height
        if held > MOST_KEPT:
            raise UserError("limits.repeated", file=path.name, rows=MOST_KEPT)
    units = pl.concat(found)
    withheld = pl.col("is_partially_diffusible").any().over("siren")
    once = units.with_columns(withheld).unique("siren", keep="first", maintain_order=True)
    notes = (
        *column_notes(columns, layout=LEGAL_UNITS, role=LEGAL_UNITS.role),
        *codes.notes(layout=LEGAL_UNITS, role=LEGAL_UNITS.role),
    )
    return LegalUnits(once.with_columns(name=pl.when(~withheld).then(pl.col("name"))), rows_read, notes)


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    first, last = pl.coalesce("usual_first_name", "first_name"), pl.coalesce("used_name", "birth_name")
    person = pl.when(last.is_not_null()).then(pl.concat_str(first, last, separator=" ", ignore_nulls=True))
    name = pl.coalesce("legal_name", "usual_name", person)
    category = pl.col("category").str.to_uppercase()
    return rows.with_columns(
        name=pl.when(~is_withheld_name(name)).then(name),
        is_name_withheld=is_withheld_name(name),
        category=pl.when(category.is_in(CATEGORIES)).then(category),
        # A name that is withheld withholds the unit, whatever the status says.
        is_partially_diffusible=is_withheld_unit(pl.col("diffusion")) | is_withheld_name(name),
    ).select(UNIT_COLUMNS)
