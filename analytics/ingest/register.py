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
imports. Slices of 125,000 to 1,000,000 rows: 1.3 to 0.8 s, 221 to 425 MB; 500,000 are read at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

import polars as pl

from analytics.errors import UserError
from analytics.ingest.activities import both_activities, deciding_activity, is_in_some_perimeter
from analytics.ingest.columns import ESTABLISHMENTS, cheap_test, day, is_withheld_name, is_withheld_unit, typed
from analytics.ingest.history import LIFE_COLUMNS
from analytics.ingest.source_files import Piece, Types, read_pieces
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
# Those of them that leave a row without a place or a name of its own: no life of the region's can be told of it.
_PLACELESS = ("no_commune_code", "outside_region", "unknown_commune", "invalid_siret")
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
    """

    establishments: pl.DataFrame
    outside: pl.DataFrame
    lives: pl.DataFrame
    rows_read: int
    excluded: dict[str, int]
    data_as_of: date | None


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
    kept, outside, lives, withheld, treated, rows_read = [], [], [], [], [], 0
    counts: dict[str, int] = dict.fromkeys(REASONS, 0)
    for piece in read_pieces(path, layout=ESTABLISHMENTS, test=reading.may_concern, progress=progress):
        rows = reading.judged(piece.rows)
        rows_read += piece.rows_read
        counts["outside_region"] += piece.rows_read - rows.height
        for reason, count in rows["reason"].drop_nulls().value_counts().iter_rows():
            counts[reason] += count
        kept.append(_established(piece.finished(rows.filter(pl.col("reason").is_null()))))
        lives.append(_lives(piece.finished(rows.filter("has_life"), "created_on", "period_began_on")))
        treated.append(_days_treated(piece, rows))
        withheld.append(rows.filter("is_partially_diffusible")["siren"].unique())
        outside.append(_outside(rows.filter(pl.col("reason").is_not_null()), followed_sirens))
    establishments = pl.concat(kept).with_columns(
        is_unit_withheld=pl.col("siren").is_in(pl.concat(withheld).unique().implode())
    )
    once = establishments.unique("siret", keep="first", maintain_order=True)
    counts["duplicate_siret"] = establishments.height - once.height
    if once.is_empty():
        raise UserError("register.nothing_kept", file=path.name, region=settings.region.name)
    excluded = {reason: count for reason, count in counts.items() if count}
    lived = pl.concat(lives).unique("siret", keep="first", maintain_order=True)
    return RegisterExtract(once, pl.concat(outside), lived, rows_read, excluded, _last_day(pl.concat(treated)))


@dataclass(frozen=True)
class _Reading:
    """What decides whether a row is kept."""

    settings: Settings
    followed_sirens: frozenset[str]
    successors: Mapping[str, str]
    communes: Collection[str] | None

    def may_concern(self, types: Types) -> pl.Expr:
        """Return the cheap test that every row of the region, without commune or of the roster passes."""
        departments = self.settings.region.departments
        moved = [old for old in self.successors if not old.startswith(departments)]
        test = cheap_test(_COMMUNE, types, accept=lambda code: self._in_region(code) | code.is_in(moved))
        if self.followed_sirens:
            sirens = sorted(self.followed_sirens)
            test = test | cheap_test(_SIREN, types, accept=lambda code: code.is_in(sirens))
        return test

    def judged(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their ``reason`` to be left out, null for those to keep."""
        rows = rows.with_columns(
            pl.col("commune_code").replace(dict(self.successors)),
            is_partially_diffusible=is_withheld_unit(pl.col("diffusion")),
            is_active=(pl.col("state").str.to_uppercase() == "A").fill_null(False),
        ).join(self._activities(rows), on=_ACTIVITY, how="left", nulls_equal=True, maintain_order="left")
        tests = self._tests()
        is_placed = ~pl.any_horizontal(tests[reason] for reason in _PLACELESS).fill_null(True)
        reason = pl.coalesce(pl.when(test).then(pl.lit(name)) for name, test in tests.items())
        return rows.with_columns(reason=reason, has_life=is_placed & pl.col("was_digital").fill_null(False))

    def _activities(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Judge each activity once: there are some hundreds of them in millions of rows."""
        given = [pl.col(name) for name in _ACTIVITY]
        code, nomenclature = deciding_activity(*given)
        older, newer = both_activities(*given)
        activities = rows.select(_ACTIVITY).unique()
        activities = activities.with_columns(code, nomenclature, older_code=older, newer_code=newer)
        is_digital = is_in_some_perimeter(self.settings)
        was_digital = activities.select(
            pl.col("older_code").alias("activity_code"), pl.lit("NAFRev2").alias("activity_nomenclature")
        ).select(is_digital)
        return activities.with_columns(is_digital=is_digital).with_columns(
            was_digital=pl.col("is_digital") | was_digital.to_series()
        )

    def _tests(self) -> dict[str, pl.Expr]:
        """Return what says, for each of ``REASONS`` but the last, whether it holds."""
        commune, siret = pl.col("commune_code"), pl.col("siret")
        is_known = pl.lit(True) if self.communes is None else commune.is_in(sorted(self.communes))
        is_valid = siret.str.contains(r"^\d{14}$") & siret.str.starts_with(pl.col("siren"))
        is_valid &= pl.col("siren").str.len_bytes() == _SIREN.width
        return {
            "no_commune_code": commune.is_null(),
            "outside_region": ~self._in_region(commune),
            "unknown_commune": ~is_known,
            "invalid_siret": ~is_valid.fill_null(False),
            "closed": ~pl.col("is_active"),
            "no_activity_code": pl.col("main_activity").is_null() & pl.col("naf_2025_activity").is_null(),
            "other_nomenclature": pl.col("activity_code").is_null(),
            "other_activity": ~pl.col("is_digital"),
        }

    def _in_region(self, commune: pl.Expr) -> pl.Expr:
        departments = self.settings.region.departments
        by_length = {n: [code for code in departments if len(code) == n] for n in (2, 3)}
        return pl.any_horizontal(commune.str.slice(0, n).is_in(codes) for n, codes in by_length.items() if codes)


def _established(rows: pl.DataFrame) -> pl.DataFrame:
    rows = typed(rows, ESTABLISHMENTS.columns)
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


def _days_treated(piece: Piece, rows: pl.DataFrame) -> pl.Series:
    """Return the days, as text and each once, on which INSEE treated the rows of the region."""
    is_elsewhere = pl.col("reason").is_in(["no_commune_code", "outside_region"]).fill_null(False)
    treated = piece.finished(rows.filter(~is_elsewhere), "treated_on")["treated_on"]
    return treated.str.slice(0, 10).unique()


def _last_day(days: pl.Series) -> date | None:
    today = datetime.now(UTC).date()
    known = pl.select(day(pl.lit(days.unique())).alias("day"))
    last: date | None = known.filter(pl.col("day") <= today).select(pl.col("day").max()).item()
    return last


def _outside(rows: pl.DataFrame, sirens: frozenset[str]) -> pl.DataFrame:
    return rows.filter(pl.col("siren").is_in(sorted(sirens))).select(OUTSIDE_COLUMNS)
