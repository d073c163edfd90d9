"""What else a register holds: closed rows, content and other sectors, other regions, rows without a place."""

from __future__ import annotations

import numpy as np
import polars as pl

from data.demo.activities import CLOSED_ONLY, CONTENT, OLD_CODES, OTHERS
from data.demo.enterprises import draw_flags, draw_table, draw_tic, draw_towns, establishments, only_where
from data.demo.history import LAST_DAY, Dates, History, draw_days, draw_lives
from data.demo.places import Ints, Places, draw_anywhere

_MOVED_SHARE = 0.18
_CLOSED_BRANCH_SHARE = 0.08
_CLOSED_BEFORE = 300
_OLD_CODED = 800
_CONTENT_OPEN, _CONTENT_CLOSED = 3_500, 900
_OTHERS_OPEN, _OTHERS_CLOSED = 2_000, 800
_ELSEWHERE_OPEN, _ELSEWHERE_CLOSED = 1_200, 300
_ELSEWHERE_OTHERS = 250
_NOWHERE = 60
_SMALL_BANDS = {"NN": 0.68, "00": 0.04, "01": 0.15, "02": 0.06, "03": 0.04, "11": 0.02, "12": 0.01}


class Numbering:
    """Numbers of new enterprises, one after the other."""

    def __init__(self, first: int) -> None:
        self.next = first

    def take(self, count: int) -> Ints:
        self.next += count
        return np.arange(self.next - count, self.next)


def draw_closed(
    places: Places, history: History, opened: pl.DataFrame, units: Numbering, rng: np.random.Generator
) -> pl.DataFrame:
    """Return the digital establishments closed since 2011: of firms that moved, that shut a branch, that are gone.

    ``opened`` gives unit and day of creation of the main establishments: who moved opened the new one on the day on
    which the old one closed.
    """
    created, closed = draw_lives(history.closed_years, rng)
    owners = np.full(len(created), -1)
    roles = np.full(len(created), "closed", dtype=object)
    draw = rng.random(len(created))
    branches = draw < _CLOSED_BRANCH_SHARE
    owners[branches] = rng.choice(opened["unit"].to_numpy(), branches.sum())
    roles[branches] = "closed_branch"
    moved = np.flatnonzero((draw >= _CLOSED_BRANCH_SHARE) & (draw < _CLOSED_BRANCH_SHARE + _MOVED_SHARE))
    for row, unit, day in _moves(moved, closed, created, opened, rng):
        owners[row], closed[row], roles[row] = unit, day, "moved"
    owners[owners < 0] = units.take(int((owners < 0).sum()))
    communes = draw_anywhere(places, len(created), rng)
    activities = draw_tic(places.in_areas[communes], rng)
    activities[rng.random(len(created)) < 0.001] = CLOSED_ONLY[0]
    return establishments(
        len(created),
        unit=owners,
        commune=communes,
        role=roles,
        activity=activities,
        band=only_where(rng.random(len(created)) < 0.85, "NN"),
        flag="N",
        is_seat=roles == "closed",
        created=created,
        closed=closed,
    )


def _moves(
    rows: Ints, closed: Dates, created: Dates, opened: pl.DataFrame, rng: np.random.Generator
) -> list[tuple[int, int, np.datetime64]]:
    """Pair closed rows with main establishments opened in the year of the closing: (row, unit, day)."""
    days = opened["created"].to_numpy()
    years = days.astype("datetime64[Y]")
    pairs: list[tuple[int, int, np.datetime64]] = []
    for year in np.unique(closed[rows].astype("datetime64[Y]")):
        leaving = rows[closed[rows].astype("datetime64[Y]") == year]
        arriving = rng.permutation(np.flatnonzero(years == year))[: len(leaving)]
        units = opened["unit"].to_numpy()[arriving]
        pairs += [
            (int(row), int(unit), days[place])
            for row, unit, place in zip(leaving, units, arriving, strict=False)
            if created[row] < days[place]
        ]
    return pairs


def draw_older(places: Places, units: Numbering, rng: np.random.Generator) -> pl.DataFrame:
    """Return digital establishments closed before 2011; those closed before 2008 keep the codes of their day."""
    count = _CLOSED_BEFORE + _OLD_CODED
    late = np.arange(count) < _CLOSED_BEFORE
    died = np.where(late, rng.integers(2008, 2011, count), rng.integers(1990, 2008, count))
    created, closed = draw_lives(np.column_stack([died - rng.integers(1, 12, count), died]), rng)
    communes = draw_anywhere(places, count, rng)
    picks = rng.integers(0, len(OLD_CODES), count)
    tic = draw_tic(places.in_areas[communes], rng)
    return establishments(
        count,
        unit=units.take(count),
        commune=communes,
        role="closed",
        activity=np.where(late, tic, np.array([code for code, _ in OLD_CODES])[picks]),
        nomenclature=np.where(late, "NAFRev2", np.array([nomenclature for _, nomenclature in OLD_CODES])[picks]),
        is_seat=True,
        created=created,
        closed=closed,
    )


def draw_sector(
    places: Places,
    table: dict[str, tuple[str, float]],
    units: Numbering,
    numbers: tuple[int, int],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Return (open, closed) establishments of the region in the activities of a table, one an enterprise."""
    open_, closed = numbers
    count = open_ + closed
    bands = rng.choice(list(_SMALL_BANDS), count, p=list(_SMALL_BANDS.values())).astype(object)
    bands[open_:] = "NN"
    created, ends = _ordinary_lives(open_, closed, rng)
    return establishments(
        count,
        unit=units.take(count),
        commune=draw_anywhere(places, count, rng),
        role=np.where(np.arange(count) < open_, "other", "closed").astype(object),
        activity=draw_table(table, count, rng),
        band=bands,
        flag=np.where(np.arange(count) < open_, draw_flags(bands, rng), "N"),
        is_seat=True,
        created=created,
        closed=ends,
    )


def _ordinary_lives(open_: int, closed: int, rng: np.random.Generator) -> tuple[Dates, Dates]:
    created = draw_days(2026 - np.minimum(rng.geometric(0.12, open_) - 1, 35), rng)
    died = rng.integers(2009, 2027, closed)
    born, ends = draw_lives(np.column_stack([died - rng.integers(0, 12, closed), died]), rng)
    return np.concatenate([created, born]), np.concatenate([np.full(open_, np.datetime64("NaT")), ends])


def draw_content(places: Places, units: Numbering, rng: np.random.Generator) -> pl.DataFrame:
    """Return enterprises of publishing, film, radio, news and advertising, beside the digital sector."""
    return draw_sector(places, CONTENT, units, (_CONTENT_OPEN, _CONTENT_CLOSED), rng)


def draw_others(places: Places, units: Numbering, rng: np.random.Generator) -> pl.DataFrame:
    """Return enterprises of any other sector."""
    return draw_sector(places, OTHERS, units, (_OTHERS_OPEN, _OTHERS_CLOSED), rng)


def draw_elsewhere(units: Numbering, rng: np.random.Generator) -> pl.DataFrame:
    """Return enterprises outside the region, overseas included, and some that have no commune code at all."""
    open_, closed = _ELSEWHERE_OPEN + _ELSEWHERE_OTHERS + _NOWHERE, _ELSEWHERE_CLOSED
    count = open_ + closed
    rank = np.arange(count)
    tic = draw_tic(np.ones(count, dtype=bool), rng)
    is_other = (rank >= _ELSEWHERE_OPEN) & (rank < _ELSEWHERE_OPEN + _ELSEWHERE_OTHERS)
    is_nowhere = (rank >= _ELSEWHERE_OPEN + _ELSEWHERE_OTHERS) & (rank < open_)
    bands = rng.choice(list(_SMALL_BANDS), count, p=list(_SMALL_BANDS.values())).astype(object)
    created, ends = _ordinary_lives(open_, closed, rng)
    return establishments(
        count,
        unit=units.take(count),
        town=np.where(is_nowhere, -1, draw_towns(count, rng)),
        role=np.where(rank < open_, np.where(is_nowhere, "nowhere", "elsewhere"), "closed").astype(object),
        activity=np.where(is_other, draw_table(OTHERS, count, rng), tic),
        band=bands,
        flag=draw_flags(bands, rng),
        is_seat=True,
        created=created,
        closed=ends,
    )


def last_treatment(count: int, rng: np.random.Generator) -> Dates:
    """Return days of a last update in the register, in the year before its last event."""
    return LAST_DAY - rng.integers(0, 330, count).astype("timedelta64[D]")
