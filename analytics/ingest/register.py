"""The register of establishments: INSEE's StockEtablissement, read down to the active digital ones of the region.

A file is read in pieces (``source_files``). Rows that may concern the region or a member pass a cheap test while they
are read; only those are cleaned, judged and counted by reason.

Measured on 24 November 2026, 2 cores with other work running, 4 M synthetic rows in 54 columns, 16 of them read, 35,100
kept, each way in a process of its own (``python -m tests.benchmarks.bench_register --rows 4000000``); one more
column is read since:

======================================  =======  ===========  =======
way                                     seconds  CPU seconds  peak MB
======================================  =======  ===========  =======
this module, Parquet                        1.2          1.3      329
Polars in one scan, nothing counted         0.2          0.4      166
DuckDB, nothing counted                     0.4          0.7      304
this module, CSV                            2.9          4.3      310
Polars in one scan, nothing counted         1.1          2.0      551
DuckDB, nothing counted                     1.8          3.3      318
this module, zipped CSV                     5.2          6.7      317
======================================  =======  ===========  =======

So Polars, in pieces: its one scan of a CSV takes memory that grows with the file (486 MB for 2 M rows, 661 for 8 M),
and neither engine's scan says why rows were left out, which is what the rest of the time pays. This module's peak
hardly moves: Parquet 308 MB for 2 M rows, 334 for 8 M (70,190 kept); CSV 305 and 340; some 100 of them are the
imports. All this with 500,000 rows at a time; 1,000,000 are read since, which saves a tenth of the processor's time on
44 M rows and takes some 70 MB more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

import polars as pl

from analytics.errors import UserError
from analytics.ingest.activities import both_activities, deciding_activity, is_in_some_perimeter
from analytics.ingest.columns import ESTABLISHMENTS, cheap_test, day, is_withheld_name, is_withheld_unit, typed
from analytics.ingest.history import LIFE_COLUMNS
from analytics.ingest.schema import Codes, Note, column_notes
from analytics.ingest.source_files import Piece, Types, read_pieces, refuse_more
from analytics.progress import Progress, silent
from analytics.settings import Settings

# Why a row is left out: the first that holds, in this order.
REASONS = (
    "no_commune_code",
    "outside_region",
    "unknown_commune",
    "invalid_siret",
    "closed",
    "no_activity_code",
    "other_nomenclature",
    "other_activity",
    "duplicate_siret",
)
OUTSIDE_COLUMNS = ("siren", "commune_code", "activity_code", "is_active", "is_partially_diffusible")
_ROW_COLUMNS = (
    "siren",
    "siret",
    "is_seat",
    "commune_code",
    "x_m",
    "y_m",
    "name",
    "is_name_withheld",
    "activity_code",
    "activity_nomenclature",
    "size_code",
    "is_declared_employer",
    "created_on",
    "is_partially_diffusible",
)
ESTABLISHMENT_COLUMNS = (*_ROW_COLUMNS, "is_unit_withheld")
_ACTIVITY = ("main_activity", "nomenclature", "naf_2025_activity")
_OF_UNIT = (*_ACTIVITY, "state", "diffusion")
_OF_LIVES = ("created_on", "period_began_on")
_OF_KEPT = ("created_on", "size_code", "is_seat", "x_m", "y_m", "sign", "usual_name", "employer")
_NAMES = ("sign", "usual_name")
# Combinations of codes that are remembered: the national file has some thousands.
_MOST_KNOWN = 200_000
_COMMUNE, _SIREN = (next(c for c in ESTABLISHMENTS.columns if c.name == name) for name in ("commune_code", "siren"))


@dataclass(frozen=True)
class RegisterExtract:
    """What a register file says of the region.

    Attributes
    ----------
    establishments
        Active establishments of the region whose activity is in at least one perimeter, one row each
        (``ESTABLISHMENT_COLUMNS``). Name and position of partially diffusible ones are null. ``is_unit_withheld``
        is true for every establishment of a siren of which any row of the region is partially diffusible, closed or
        of another activity though it be: naming one would name the other.
    outside
        The other rows of the sirens asked for, closed ones included (``OUTSIDE_COLUMNS``).
    rows_read
        Rows of the file: ``len(establishments) + sum(excluded.values())``.
    excluded
        Rows left out by reason (``REASONS``; those that did not occur are absent).
    lives
        Establishments of the region, closed ones included, whose activity is in some perimeter under either
        nomenclature, each once (``history.LIFE_COLUMNS``): what ``history.count_history`` counts.
    data_as_of
        The last day on which INSEE treated a row of the region, none after today; None where the file does not say.
    notes
        What its columns and codes have more, less or otherwise than is known (``schema.Note``).
    """

    establishments: pl.DataFrame
    outside: pl.DataFrame
    lives: pl.DataFrame
    rows_read: int
    excluded: dict[str, int]
    data_as_of: date | None
    notes: tuple[Note, ...] = ()


def read_establishments(
    path: Path,
    *,
    settings: Settings,
    followed_sirens: frozenset[str] = frozenset(),
    successors: Mapping[str, str] = MappingProxyType({}),
    communes: Collection[str] | None = None,
    progress: Progress = silent,
) -> RegisterExtract:
    """Read a StockEtablissement file (Parquet, CSV, zipped CSV) in a stream.

    Parameters
    ----------
    path
        The file. Columns of ``columns.ESTABLISHMENTS`` are read, by name; others are not.
    settings
        Departments of the region and activities of the perimeters.
    followed_sirens
        Those of members and of firms that a snapshot held before: their rows that are not kept are returned in
        ``outside``.
    successors
        Merged commune -> today's commune, applied before anything else.
    communes
        Today's communes: a row of another one is left out (``unknown_commune``). None: no check.
    progress
        Told the share of the file that is read.

    Raises
    ------
    UserError
        On a file that cannot be read, or in which no row is kept.
    """
    reading = _Reading(settings, followed_sirens, successors, communes)
    kept, outside, lives, withheld, treated, rows_read, held = [], [], [], [], [], 0, 0
    columns: tuple[str, ...] = ()
    counts: dict[str, int] = dict.fromkeys(REASONS, 0)
    for piece in read_pieces(path, layout=ESTABLISHMENTS, test=reading.may_concern, progress=progress):
        rows, columns = reading.judged(piece), piece.columns
        rows_read += piece.rows_read
        counts["outside_region"] += piece.rows_read - rows.height
        for reason, count in rows["reason"].drop_nulls().value_counts().iter_rows():
            counts[reason] += count
        kept_rows = piece.clean(rows.filter(pl.col("reason").is_null()), *_OF_KEPT)
        reading.codes.look({name: kept_rows[name].unique() for name in ("size_code", "employer")})
        kept.append(_established(kept_rows))
        lives.append(_lives(piece.clean(rows.filter("has_life"), *_OF_LIVES)))
        treated.append(_days_treated(piece, rows))
        withheld.append(rows.filter("is_partially_diffusible")["siren"].unique())
        outside.append(_outside(rows.filter(pl.col("reason").is_not_null()), followed_sirens))
        held += kept[-1].height + lives[-1].height + outside[-1].height
        refuse_more(path, kept=held, region=settings.region.name)
    establishments = pl.concat(kept).with_columns(
        is_unit_withheld=pl.col("siren").is_in(pl.concat(withheld).unique().implode())
    )
    once = establishments.unique("siret", keep="first", maintain_order=True)
    counts["duplicate_siret"] = establishments.height - once.height
    if once.is_empty():
        raise UserError("register.nothing_kept", file=path.name, region=settings.region.name)
    excluded = {reason: count for reason, count in counts.items() if count}
    lived = pl.concat(lives).unique("siret", keep="first", maintain_order=True)
    notes = (
        *column_notes(columns, layout=ESTABLISHMENTS, role=ESTABLISHMENTS.role),
        *reading.codes.notes(layout=ESTABLISHMENTS, role=ESTABLISHMENTS.role),
    )
    return RegisterExtract(once, pl.concat(outside), lived, rows_read, excluded, _last_day(pl.concat(treated)), notes)


class _Lookup:
    """What follows from the values of some columns, found out once for each of their combinations in a file.

    Millions of rows have some thousands of them, and text costs more to look at than to read.
    """

    def __init__(
        self, keys: tuple[str, ...], judge: Callable[[pl.DataFrame], pl.DataFrame], *, never_null: str
    ) -> None:
        self._keys, self._judge, self._never_null = keys, judge, never_null
        self._known: pl.DataFrame | None = None

    def __call__(self, piece: Piece, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with what ``judge`` adds, one column of it ``never_null``, in place of the keys."""
        keys = rows.select(self._keys)
        found = None if self._known is None else self._joined(keys, self._known)
        if found is None or found[self._never_null].has_nulls():
            self._known = self._learned(piece, keys.unique())
            found = self._joined(keys, self._known)
        return rows.drop(self._keys).hstack(found)

    def _joined(self, keys: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        """Return what is known of each row's keys: a join of whole rows would copy them."""
        found = keys.join(known, on=self._keys, how="left", nulls_equal=True, maintain_order="left")
        return found.drop(self._keys)

    def _learned(self, piece: Piece, given: pl.DataFrame) -> pl.DataFrame:
        """Judge what is not known yet; a file in which everything differs does not fill the memory."""
        before = self._known if self._known is not None and self._known.height < _MOST_KNOWN else None
        new = given if before is None else given.join(before, on=self._keys, how="anti", nulls_equal=True)
        judged = self._judge(piece.clean(new, *self._keys)).drop(self._keys)
        known = pl.concat([new, judged], how="horizontal")
        return known if before is None else pl.concat([before, known])


class _Reading:
    """What decides whether a row is kept."""

    def __init__(
        self,
        settings: Settings,
        followed_sirens: frozenset[str],
        successors: Mapping[str, str],
        communes: Collection[str] | None,
    ) -> None:
        self._settings, self._followed_sirens = settings, followed_sirens
        self._successors, self._communes = successors, communes
        self.codes = Codes()
        self._units = _Lookup(_OF_UNIT, self._judged_units, never_null="is_active")
        self._places = _Lookup(("commune_code",), self._judged_places, never_null="is_judged")

    def may_concern(self, types: Types) -> pl.Expr:
        """Return the cheap test that every row of the region, without commune or of the roster passes."""
        departments = self._settings.region.departments
        moved = [old for old in self._successors if not old.startswith(departments)]
        test = cheap_test(_COMMUNE, types, accept=lambda code: self._in_region(code) | code.is_in(moved))
        if self._followed_sirens:
            sirens = sorted(self._followed_sirens)
            test = test | cheap_test(_SIREN, types, accept=lambda code: code.is_in(sirens))
        return test

    def judged(self, piece: Piece) -> pl.DataFrame:
        """Return a piece's rows with their ``reason`` to be left out, null for those to keep."""
        rows = piece.clean(piece.rows, "siren", "siret")
        rows = self._places(piece, self._units(piece, rows)).rename({"commune_today": "commune_code"})
        siren, siret = pl.col("siren"), pl.col("siret")
        is_valid = siret.str.contains(r"^[0-9]{14}$") & siret.str.starts_with(siren)
        is_valid = (is_valid & (siren.str.len_bytes() == _SIREN.width)).fill_null(False)
        not_placed = pl.coalesce("place_reason", pl.when(~is_valid).then(pl.lit("invalid_siret")))
        # A name that is withheld withholds the unit, whatever the status says.
        names = [pl.col(name) for name in _NAMES if rows.schema[name] == pl.String]
        return rows.with_columns(
            is_partially_diffusible=pl.any_horizontal("is_partially_diffusible", *map(is_withheld_name, names)),
            reason=pl.coalesce(not_placed, "unit_reason"),
            has_life=not_placed.is_null() & pl.col("was_digital"),
        )

    def _judged_units(self, units: pl.DataFrame) -> pl.DataFrame:
        """Add what state, diffusion and activity say of a row, and the ``unit_reason`` to leave it out."""
        self.codes.look({name: units[name].unique() for name in ("state", "diffusion", "nomenclature")})
        given = [pl.col(name) for name in _ACTIVITY]
        code, nomenclature = deciding_activity(*given)
        older, newer = both_activities(*given)
        is_digital = is_in_some_perimeter(self._settings)
        was_digital = units.select(older.alias("activity_code"), pl.lit("NAFRev2").alias("activity_nomenclature"))
        units = units.with_columns(
            is_active=(pl.col("state").str.to_uppercase() == "A").fill_null(False),
            is_partially_diffusible=is_withheld_unit(pl.col("diffusion")),
            activity_code=code,
            activity_nomenclature=nomenclature,
            older_code=older,
            newer_code=newer,
        )
        return units.with_columns(
            was_digital=is_digital | was_digital.select(is_digital).to_series(),
            unit_reason=_first_that_holds(
                closed=~pl.col("is_active"),
                no_activity_code=pl.col("main_activity").is_null() & pl.col("naf_2025_activity").is_null(),
                other_nomenclature=pl.col("activity_code").is_null(),
                other_activity=~is_digital,
            ),
        )

    def _judged_places(self, places: pl.DataFrame) -> pl.DataFrame:
        """Add today's commune, and the ``place_reason`` to leave its rows out."""
        commune = pl.col("commune_today")
        is_known = pl.lit(True) if self._communes is None else commune.is_in(sorted(self._communes))
        return places.with_columns(
            is_judged=pl.lit(True), commune_today=pl.col("commune_code").replace(dict(self._successors))
        ).with_columns(
            place_reason=_first_that_holds(
                no_commune_code=commune.is_null(),
                outside_region=~self._in_region(commune),
                unknown_commune=~is_known,
            )
        )

    def _in_region(self, commune: pl.Expr) -> pl.Expr:
        departments = self._settings.region.departments
        by_length = {n: [code for code in departments if len(code) == n] for n in (2, 3)}
        return pl.any_horizontal(commune.str.slice(0, n).is_in(codes) for n, codes in by_length.items() if codes)


def _established(rows: pl.DataFrame) -> pl.DataFrame:
    rows = typed(rows, tuple(column for column in ESTABLISHMENTS.columns if column.name in _OF_KEPT))
    is_shown = ~pl.col("is_partially_diffusible")
    has_position = is_shown & ((pl.col("x_m") != 0) | (pl.col("y_m") != 0))
    has_both = pl.col("x_m").is_not_null() & pl.col("y_m").is_not_null()
    name = pl.coalesce("usual_name", "sign")
    employer = pl.col("employer").str.to_uppercase()
    return rows.with_columns(
        *(pl.when(has_position & has_both).then(pl.col(axis)).alias(axis) for axis in ("x_m", "y_m")),
        name=pl.when(is_shown & ~is_withheld_name(name)).then(name),
        is_name_withheld=is_withheld_name(name),
        is_seat=pl.col("is_seat").fill_null(False),
        size_code=pl.col("size_code").str.to_uppercase(),
        is_declared_employer=pl.when(employer.is_in(["O", "N"])).then(employer == "O"),
    ).select(_ROW_COLUMNS)


def _lives(rows: pl.DataFrame) -> pl.DataFrame:
    dates = tuple(column for column in ESTABLISHMENTS.columns if column.name in ("created_on", "period_began_on"))
    return typed(rows, dates).select(LIFE_COLUMNS)


def _first_that_holds(**tests: pl.Expr) -> pl.Expr:
    """Return the name of the first of the tests that holds, null where none does."""
    return pl.coalesce(pl.when(test).then(pl.lit(name)) for name, test in tests.items())


def _days_treated(piece: Piece, rows: pl.DataFrame) -> pl.Series:
    """Return the days, as text and each once, on which INSEE treated the rows of the region."""
    is_elsewhere = pl.col("reason").is_in(["no_commune_code", "outside_region"]).fill_null(False)
    treated = rows.filter(~is_elsewhere).select("treated_on")
    if treated["treated_on"].dtype == pl.String:
        last = treated.select(pl.col("treated_on").max().str.slice(0, 10))
        if last.select(day(pl.col("treated_on")) <= _today()).item():  # the rule; else some are no days, or not yet
            return last["treated_on"]
        treated = treated.select(pl.col("treated_on").str.strip_chars_start().str.slice(0, 10)).unique()
    return piece.clean(treated, "treated_on")["treated_on"].str.slice(0, 10).unique()


def _today() -> date:
    return datetime.now(UTC).date()


def _last_day(days: pl.Series) -> date | None:
    known = pl.select(day(pl.lit(days.unique())).alias("day"))
    last: date | None = known.filter(pl.col("day") <= _today()).select(pl.col("day").max()).item()
    return last


def _outside(rows: pl.DataFrame, sirens: frozenset[str]) -> pl.DataFrame:
    if not sirens:
        return rows.clear().select(OUTSIDE_COLUMNS)
    return rows.filter(pl.col("siren").is_in(sorted(sirens))).select(OUTSIDE_COLUMNS)
