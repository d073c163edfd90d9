"""What the register tells of its own past: establishments open on each 1 January, opened and closed in between.

What it cannot tell. A row says its last activity only: an establishment that came to the perimeter late counts in it
since its creation, one that left it never does. Codes of nomenclatures before NAF rév. 2, kept by what closed before
2008, are not read. An establishment that moves closes and opens another: both counts hold it, the net one does not.
Units that INSEE has purged are gone, and closings are declared late, so that the last year or two look better than
they will. Size bands are two years old and have no past here: jobs have no history.

**NAF 2025 is a break.** The register carries it since December 2025. Years before 1 January 2026 are judged by the
NAF rév. 2 code of a row wherever it has one, later ones by the NAF 2025 code: what the recoding of that day moves in
or out of the perimeter is counted apart (``recoded``), never as growth. Where the register no longer has the
older code of what is active, its past is judged by the newer one and the break is not seen (``uncoded``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd
import polars as pl

from analytics.contracts import HISTORY
from analytics.ingest.activities import is_in, segment_of
from analytics.settings import Settings

LIFE_COLUMNS = ("siret", "commune_code", "is_active", "created_on", "period_began_on", "older_code", "newer_code")
YEARS = 15
# From this day on the newer code decides; INSEE's default for an unknown day of creation is 1 January 1900.
RECODED_ON = date(2026, 1, 1)
OLDEST = date(1900, 1, 1)
# Where fewer rows have their day nothing is told: they would count as open ever since, or lack in the past alone.
_LEAST_DATED = 0.5
_KEYS = ("segment", "department_code")
_COUNTS = ("open", "opened", "closed", "recoded")


@dataclass(frozen=True)
class History:
    """The past of each perimeter, and what of the register's dates could not serve.

    Attributes
    ----------
    table
        Contract ``HISTORY``; without a row where nothing can be told.
    facts
        ``missing`` (why nothing can be told: ``no_creations`` where fewer than half of the establishments have a day of
        creation, ``no_closings`` where there is no closed one, or fewer than half of them have their day; else None),
        ``as_of`` (day of the data), ``establishments`` (lives read), ``undated`` (without a day of creation, or with
        one of 1 January 1900 or before: taken as open from before the first count), ``future`` (created after the day
        of the data: left out), ``unended`` (closed without a day: left out), ``is_recoded`` (whether rows have both
        codes), ``uncoded`` (active, without a NAF rév. 2 code: their past is judged by NAF 2025 too).
    """

    table: pd.DataFrame
    facts: dict[str, object]


def count_history(lives: pl.DataFrame, *, settings: Settings, as_of: date, years: int = YEARS) -> History:
    """Count what was open on each 1 January of the last ``years`` years and the one before, by segment and department.

    Parameters
    ----------
    lives
        ``LIFE_COLUMNS``; for a closed row ``period_began_on`` is the day on which it closed.
    as_of
        Day of the data.

    Returns
    -------
    History
        A row a perimeter, year, segment and department that has something to count. ``open``: created on 1 January of
        ``year`` or before, and still active or closed after it. ``opened`` and ``closed``: from 2 January to 1 January
        of the next year, or to ``as_of``. So ``open`` of the next year is
        ``open + opened - closed + recoded``, exactly.
    """
    dated = _dated(lives)
    future, unended = pl.col("born") > as_of, ~pl.col("is_active") & pl.col("period_began_on").is_null()
    facts = {
        "as_of": as_of.isoformat(),
        "establishments": dated.height,
        "undated": int(dated["born"].is_null().sum()),
        "future": dated.filter(future).height,
        "unended": dated.filter(unended).height,
        "is_recoded": bool((dated["newer_code"].is_not_null() & dated["older_code"].is_not_null()).any()),
        "uncoded": dated.filter(pl.col("is_active") & pl.col("older_code").is_null()).height,
    }
    missing = _missing(dated)
    if missing:
        return History(HISTORY.empty(), facts | {"missing": missing})
    told = dated.filter(~future.fill_null(False) & ~unended)
    first = as_of.year - years
    parts = [
        part.with_columns(perimeter=pl.lit(perimeter))
        for perimeter in settings.perimeters
        for part in _counted(_judged(told, settings, perimeter), first=first, as_of=as_of)
    ]
    sums = [pl.col("count").filter(pl.col("measure") == name).sum().alias(name) for name in _COUNTS]
    keys = ("perimeter", "year", *_KEYS)
    table = pl.concat(parts).group_by(keys).agg(sums).sort(keys)
    return History(HISTORY.enforce(table.to_pandas()), facts | {"missing": None})


def _missing(dated: pl.DataFrame) -> str | None:
    closed = dated.filter(~pl.col("is_active"))
    if dated["born"].count() < _LEAST_DATED * dated.height:
        return "no_creations"
    return "no_closings" if not closed.height or closed["died"].count() < _LEAST_DATED * closed.height else None


def _dated(lives: pl.DataFrame) -> pl.DataFrame:
    """Add when each was born and died: null where that is not known, or not so; none dies before it is born."""
    known = pl.when(pl.col("created_on") > OLDEST).then(pl.col("created_on"))
    died = pl.when(~pl.col("is_active")).then(pl.col("period_began_on"))
    late = pl.when(died.is_not_null()).then(pl.max_horizontal(died, "born"))
    return lives.with_columns(born=known).with_columns(died=late)


def _judged(lives: pl.DataFrame, settings: Settings, perimeter: str) -> dict[str, pl.DataFrame]:
    """Return the lives in the perimeter, with segment and department, by the code that is tried first."""
    lengths = [len(code) for code in settings.region.departments]
    department = pl.coalesce(
        pl.when(pl.col("commune_code").str.slice(0, n).is_in(settings.region.departments)).then(
            pl.col("commune_code").str.slice(0, n)
        )
        for n in sorted(set(lengths), reverse=True)
    )
    found = {}
    for which, first, second in (("older", "older_code", "newer_code"), ("newer", "newer_code", "older_code")):
        is_first = pl.col(first).is_not_null()
        is_newer = is_first if which == "newer" else ~is_first
        coded = lives.with_columns(
            activity_code=pl.coalesce(first, second),
            activity_nomenclature=pl.when(is_newer).then(pl.lit("NAF2025")).otherwise(pl.lit("NAFRev2")),
            department_code=department,
        )
        inside = coded.filter(is_in(settings.perimeters[perimeter]))
        found[which] = inside.with_columns(segment_of(settings)).select("born", "died", *_KEYS)
    return found


def _counted(judged: dict[str, pl.DataFrame], *, first: int, as_of: date) -> Iterator[pl.DataFrame]:
    """Yield the counts of each year, long: ``segment, department_code, count, year, measure``."""
    for year in range(first, as_of.year + 1):
        start, end = date(year, 1, 1), date(year + 1, 1, 1)
        lives = judged["newer" if start >= RECODED_ON else "older"]
        opened = _between("born", start, min(end, as_of))
        closed = _between("died", start, min(end, as_of))
        yield _count(lives.filter(_is_open(start)), year, "open")
        yield _count(lives.filter(opened), year, "opened")
        yield _count(lives.filter(closed), year, "closed")
        if end == RECODED_ON <= as_of:
            after, before = (_count(judged[w].filter(_is_open(end)), year, "recoded") for w in ("newer", "older"))
            yield _net(after, before)


def _is_open(day: date) -> pl.Expr:
    return (pl.col("born") <= day).fill_null(True) & (pl.col("died") > day).fill_null(True)


def _between(event: str, start: date, end: date) -> pl.Expr:
    return ((pl.col(event) > start) & (pl.col(event) <= end)).fill_null(False)


def _count(rows: pl.DataFrame, year: int, measure: str) -> pl.DataFrame:
    counts = rows.group_by(_KEYS).agg(count=pl.len().cast(pl.Int64))
    return counts.with_columns(year=pl.lit(year, pl.Int64), measure=pl.lit(measure))


def _net(after: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    both = pl.concat([after, before.with_columns(-pl.col("count"))])
    return both.group_by(*_KEYS, "year", "measure").agg(pl.col("count").sum()).select(after.columns)
