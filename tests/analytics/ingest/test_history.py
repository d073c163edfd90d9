"""The register's past: days at the edge of a year, the recoding of 2026, a count by other means, the demonstration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analytics.contracts import HISTORY
from analytics.ingest.geography import load_geography
from analytics.ingest.history import LIFE_COLUMNS, YEARS, History, count_history
from analytics.ingest.register import read_establishments
from analytics.settings import DEMO_DIR, default_settings
from tests.demo import planted

REAL = Path(__file__).parents[3] / "../shared/real/StockEtablissement_09_46_48.parquet"
SCHEMA = dict(
    zip(LIFE_COLUMNS, (pl.String, pl.String, pl.Boolean, pl.Date, pl.Date, pl.String, pl.String), strict=True)
)
COUNTS = ["open", "opened", "closed", "recoded"]
AS_OF = date(2026, 10, 31)
Life = dict[str, Any]


def _life(created: str | date | None, closed: str | date | None = None, **values: object) -> Life:
    """Return a software programmer of Toulouse without a NAF 2025 code, closed on the day that is given, if one is."""
    days = [date.fromisoformat(day) if isinstance(day, str) else day for day in (created, closed)]
    usual = {"commune_code": "31555", "is_active": closed is None, "older_code": "62.01Z", "newer_code": None}
    return {"created_on": days[0], "period_began_on": days[1], **usual, **values}


# Nothing is told of a register without a closed row: one that no count of these years holds.
LONG_GONE = _life("1990-06-01", "1995-06-01")


def _told(*lives: Life, as_of: date = AS_OF, years: int = YEARS) -> History:
    rows = [{"siret": f"{n:014d}"} | life for n, life in enumerate(lives)]
    return count_history(pl.DataFrame(rows, schema=SCHEMA), settings=default_settings(), as_of=as_of, years=years)


def _by_year(history: History, perimeter: str = "tic") -> dict[int, tuple[int, ...]]:
    """Return open, opened, closed and recoded of each year that has any."""
    rows = history.table[history.table["perimeter"] == perimeter]
    return {
        int(year): tuple(counts) for year, counts in zip(rows["year"], rows[COUNTS].to_numpy().tolist(), strict=True)
    }


def _of_year(history: History, year: int, perimeter: str = "tic") -> dict[tuple[str, str], tuple[int, ...]]:
    """Return the counts of a year by segment and department."""
    table = history.table
    rows = table[(table["year"] == year) & (table["perimeter"] == perimeter)]
    keys = zip(rows["segment"], rows["department_code"], strict=True)
    return dict(zip(keys, map(tuple, rows[COUNTS].to_numpy().tolist()), strict=True))


# --- Days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("created", "closed", "expected"),
    [
        ("2023-06-15", None, {2023: (0, 1, 0), 2024: (1, 0, 0), 2025: (1, 0, 0), 2026: (1, 0, 0)}),
        # Created on 1 January: open on that day, so opened in the year before.
        ("2025-01-01", None, {2024: (0, 1, 0), 2025: (1, 0, 0), 2026: (1, 0, 0)}),
        ("2025-01-02", None, {2025: (0, 1, 0), 2026: (1, 0, 0)}),
        ("2024-12-31", None, {2024: (0, 1, 0), 2025: (1, 0, 0), 2026: (1, 0, 0)}),
        # Closed on 1 January: not open on that day any more, so closed in the year before.
        ("2022-06-15", "2025-01-01", {2023: (1, 0, 0), 2024: (1, 0, 1)}),
        ("2022-06-15", "2025-01-02", {2023: (1, 0, 0), 2024: (1, 0, 0), 2025: (1, 0, 1)}),
        ("2022-06-15", "2024-12-31", {2023: (1, 0, 0), 2024: (1, 0, 1)}),
        # Within one year, and on one day.
        ("2024-03-01", "2024-09-01", {2024: (0, 1, 1)}),
        ("2024-03-01", "2024-03-01", {2024: (0, 1, 1)}),
        ("2024-01-01", "2024-01-01", {2023: (0, 1, 1)}),
        # Said to have closed before it opened.
        ("2024-06-01", "2023-06-01", {2024: (0, 1, 1)}),
        # The day of the data is counted, the next is not.
        ("2026-10-31", None, {2026: (0, 1, 0)}),
        ("2026-11-01", None, {}),
        ("2025-06-01", "2026-10-31", {2025: (0, 1, 0), 2026: (1, 0, 1)}),
        ("2025-06-01", "2026-11-01", {2025: (0, 1, 0), 2026: (1, 0, 0)}),
        # Before the first count, on its day and after it.
        ("2022-12-31", "2023-01-01", {}),
        ("2023-01-01", "2023-01-02", {2023: (1, 0, 1)}),
        # Without a day of creation, or with one before 1900: open since before.
        (None, None, dict.fromkeys(range(2023, 2027), (1, 0, 0))),
        ("1899-12-31", None, dict.fromkeys(range(2023, 2027), (1, 0, 0))),
        ("1900-01-01", None, dict.fromkeys(range(2023, 2027), (1, 0, 0))),
        (None, "2024-06-01", {2023: (1, 0, 0), 2024: (1, 0, 1)}),
    ],
)
def test_one_life_by_hand(created: str | None, closed: str | None, expected: dict[int, tuple[int, ...]]) -> None:
    sound = [LONG_GONE] * 2
    history = _told(_life(created, closed), *sound, years=3)
    assert _by_year(history) == {year: (*counts, 0) for year, counts in expected.items()}
    assert _by_year(history, "core") == _by_year(history, "tic_and_content") == _by_year(history)


def test_when_the_period_of_an_active_one_began_is_no_closing() -> None:
    history = _told(_life("2020-06-01", period_began_on=date(2024, 6, 1)), LONG_GONE, years=2)
    assert _by_year(history) == dict.fromkeys((2024, 2025, 2026), (1, 0, 0, 0))


def test_fifteen_years_and_the_one_before_until_the_day_of_the_data() -> None:
    assert list(_by_year(_told(_life("1990-01-01"), LONG_GONE))) == list(range(2011, 2027))
    on_new_year = _told(_life("1990-01-01"), _life("2026-01-02"), LONG_GONE, as_of=date(2026, 1, 1), years=1)
    assert _by_year(on_new_year) == {2025: (1, 0, 0, 0), 2026: (1, 0, 0, 0)}
    eve = _told(_life("1990-01-01"), _life("2026-01-01"), LONG_GONE, as_of=date(2025, 12, 31), years=1)
    assert _by_year(eve) == {2024: (1, 0, 0, 0), 2025: (1, 0, 0, 0)}


def test_by_segment_department_and_perimeter() -> None:
    history = _told(
        _life("2010-06-01"),
        _life("2010-06-01", commune_code="34172"),
        _life("2010-06-01", older_code="95.11Z", commune_code="34172"),
        _life("2010-06-01", older_code="73.11Z", commune_code="48095"),
        _life("2010-06-01", older_code=None, newer_code="58.29Y", commune_code="09122"),
        LONG_GONE,
        years=1,
    )
    core = dict.fromkeys([("programming", "31"), ("programming", "34"), ("software", "09")], (1, 0, 0, 0))
    tic = core | {("trade_and_repair", "34"): (1, 0, 0, 0)}
    assert _of_year(history, 2025, "core") == core
    assert _of_year(history, 2025) == _of_year(history, 2026) == tic
    assert _of_year(history, 2025, "tic_and_content") == tic | {("content", "48"): (1, 0, 0, 0)}
    assert history.table.columns.tolist() == list(HISTORY.columns)
    keys = ["perimeter", "year", "segment", "department_code"]
    assert history.table[keys].to_numpy().tolist() == sorted(history.table[keys].to_numpy().tolist())


# --- The recoding of 1 January 2026 ----------------------------------------------------------------------------------


def test_a_recoding_neither_opens_nor_closes() -> None:
    history = _told(
        *[_life("2010-06-01", newer_code="47.11Y")] * 3,  # leave the perimeter
        *[_life("2010-06-01", older_code="47.11D", newer_code="62.10Y")] * 2,  # come to it
        _life("2010-06-01", older_code="95.11Z", newer_code="58.29Y"),  # change segment
        _life("2010-06-01", newer_code="62.10Y"),  # stay
        _life("2010-06-01"),  # has no newer code
        _life("2025-06-01", newer_code="47.11Y"),  # opened under the older code
        _life("2010-06-01", "2025-06-01", newer_code="47.11Y"),  # closed before it
        _life("2010-06-01", "2026-01-01", newer_code="47.11Y"),  # and on its day
        _life("2026-06-01", newer_code="47.11Y"),  # never there
        _life("2010-06-01", "2026-06-01", newer_code="62.10Y"),  # closed after it
    )
    assert _of_year(history, 2024) == {("programming", "31"): (8, 0, 0, 0), ("trade_and_repair", "31"): (1, 0, 0, 0)}
    assert _of_year(history, 2025) == {
        ("programming", "31"): (8, 1, 2, -2),  # 4 of 7 leave, 2 come
        ("software", "31"): (0, 0, 0, 1),
        ("trade_and_repair", "31"): (1, 0, 0, -1),
    }
    assert _of_year(history, 2026) == {("programming", "31"): (5, 0, 1, 0), ("software", "31"): (1, 0, 0, 0)}
    assert history.facts["is_recoded"] is True
    assert (history.table.loc[history.table["year"] != 2025, "recoded"] == 0).all()


def test_before_the_recoding_the_older_code_decides() -> None:
    lives = [_life("2010-06-01", newer_code="47.11Y"), _life("2010-06-01", older_code="47.11D", newer_code="62.10Y")]
    before = _told(*lives, LONG_GONE, as_of=date(2025, 12, 31), years=1)
    assert _by_year(before) == {2024: (1, 0, 0, 0), 2025: (1, 0, 0, 0)}
    on_its_day = _told(lives[0], LONG_GONE, as_of=date(2026, 1, 1), years=1)
    assert _by_year(on_its_day) == {2025: (1, 0, 0, -1)}
    long_after = _told(lives[0], LONG_GONE, as_of=date(2028, 6, 1), years=1)
    assert _by_year(long_after) == {}


# --- By other means --------------------------------------------------------------------------------------------------

# By hand from `data/region.toml`: the segment, and the perimeters.
ALL, WITHOUT_CORE = ("tic", "core", "tic_and_content"), ("tic", "tic_and_content")
OLDER_CODES = {
    "62.01Z": ("programming", ALL),
    "58.21Z": ("software", ALL),
    "95.11Z": ("trade_and_repair", WITHOUT_CORE),
    "73.11Z": ("content", ("tic_and_content",)),
    "47.11D": ("", ()),
    None: ("", ()),
}
NEWER_CODES = {
    "62.10Y": ("programming", ALL),
    "63.91Y": ("data", ALL),
    "95.10Y": ("trade_and_repair", WITHOUT_CORE),
    "63.92Y": ("content", ("tic_and_content",)),
    "47.11Y": ("", ()),
    None: ("", ()),
}
Key = tuple[str, int, str, str]


def _placed(life: Life, *, is_newer: bool) -> Iterator[tuple[str, str]]:
    """Yield perimeter and segment of a life under the nomenclature that is tried first."""
    newer, older = NEWER_CODES[life["newer_code"]], OLDER_CODES[life["older_code"]]
    has_first = life["newer_code" if is_newer else "older_code"] is not None
    segment, perimeters = newer if is_newer == has_first else older
    yield from ((perimeter, segment) for perimeter in perimeters)


def _events(life: Life) -> tuple[date, date]:
    """Return the days on which a life begins and ends, so early or late where they are not known that none counts."""
    born = life["created_on"] if (life["created_on"] or date.min) >= date(1900, 1, 1) else date.min
    return born, date.max if life["is_active"] else max(born, life["period_began_on"])


def _counted(lives: list[Life], *, as_of: date, years: int) -> dict[Key, list[int]]:
    """Return the history, life by life: open, opened, closed, recoded."""
    found: dict[Key, list[int]] = {}

    def count(life: Life, year: int, column: int, *, is_newer: bool, by: int = 1) -> None:
        for perimeter, segment in _placed(life, is_newer=is_newer):
            found.setdefault((perimeter, year, segment, life["commune_code"][:2]), [0] * 4)[column] += by

    for life in lives:
        if not life["is_active"] and life["period_began_on"] is None:
            continue
        born, died = _events(life)
        for year in range(as_of.year - years, as_of.year + 1) if born <= as_of else ():
            is_newer, end = year >= 2026, min(date(year + 1, 1, 1), as_of)
            if born <= date(year, 1, 1) < died:
                count(life, year, 0, is_newer=is_newer)
            if date(year, 1, 1) < born <= end:
                count(life, year, 1, is_newer=is_newer)
            if date(year, 1, 1) < died <= end:
                count(life, year, 2, is_newer=is_newer)
            if year == 2025 and as_of.year > 2025 and born <= date(2026, 1, 1) < died:
                count(life, year, 3, is_newer=True)
                count(life, year, 3, is_newer=False, by=-1)
    return {key: counts for key, counts in found.items() if any(counts)}


edges = [date(y, 1, 1) + timedelta(days) for y in range(2023, 2029) for days in (-1, 0, 1)]
dates = st.none() | st.sampled_from([*edges, date(1899, 12, 31), date(1900, 1, 1)]) | st.dates(edges[0], edges[-1])
random_lives = st.builds(
    lambda created, began, **values: _life(created) | {"period_began_on": began} | values,
    dates,
    dates,
    is_active=st.booleans(),
    commune_code=st.sampled_from(["31555", "34172"]),
    older_code=st.sampled_from(list(OLDER_CODES)),
    newer_code=st.sampled_from(list(NEWER_CODES)),
)


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    st.lists(random_lives, max_size=25),
    st.sampled_from([AS_OF, date(2025, 12, 31), date(2026, 1, 1), date(2027, 6, 1), date(2024, 1, 2)]),
    st.integers(0, 4),
)
def test_counts_are_those_of_a_life_by_life_count_and_each_year_follows_from_the_one_before(
    lives: list[Life], as_of: date, years: int
) -> None:
    # As many sound ones, so that the history is told whatever the others lack.
    lives = lives + [LONG_GONE] * (len(lives) + 1)
    history = _told(*lives, as_of=as_of, years=years)
    assert history.facts["missing"] is None
    keys = zip(*(history.table[name] for name in HISTORY.columns[:4]), strict=True)
    counts: dict[Key, list[int]] = dict(zip(keys, history.table[COUNTS].to_numpy().tolist(), strict=True))
    assert counts == _counted(lives, as_of=as_of, years=years)
    for (perimeter, year, *of), (start, opened, closed, recoded) in counts.items():
        following = counts.get((perimeter, year + 1, *of), [0])
        assert year == as_of.year or following[0] == start + opened - closed + recoded
        # A year that is not told had nothing, and so leaves nothing to the next.
        assert year == as_of.year - years or start == 0 or (perimeter, year - 1, *of) in counts


# --- What cannot serve -----------------------------------------------------------------------------------------------


def test_what_could_not_serve_is_told() -> None:
    history = _told(
        _life("2010-06-01"),
        _life("2010-06-01", "2020-06-01"),
        _life("2010-06-01", "2021-06-01"),
        _life(None),
        _life("1899-12-31"),
        _life("2026-11-01"),
        _life("2010-06-01", is_active=False),  # closed, nobody knows when
    )
    assert history.facts == {
        "missing": None,
        "as_of": "2026-10-31",
        "establishments": 7,
        "undated": 2,
        "future": 1,
        "unended": 1,
        "is_recoded": False,
        "uncoded": 0,
    }
    assert _by_year(history)[2020] == (5, 0, 1, 0)
    assert _by_year(history)[2026] == (3, 0, 0, 0)


@pytest.mark.parametrize(
    ("lives", "missing"),
    [
        ([_life("2010-06-01", "2020-06-01"), _life(None)], None),
        ([_life("2010-06-01", "2020-06-01"), _life(None), _life("1899-12-31")], "no_creations"),
        ([_life(None, "2020-06-01"), _life(None)], "no_creations"),
        ([_life("2010-06-01")] * 3, "no_closings"),
        ([_life("2010-06-01", "2020-06-01"), _life("2010-06-01", is_active=False)], None),
        ([LONG_GONE, *[_life("2010-06-01", is_active=False)] * 2], "no_closings"),
        ([_life(None), _life(None, is_active=False)], "no_creations"),
        ([], "no_closings"),
    ],
)
def test_why_nothing_can_be_told(lives: list[Life], missing: str | None) -> None:
    history = _told(*lives)
    assert history.facts["missing"] == missing
    assert history.facts["establishments"] == len(lives)
    assert history.table.empty == (missing is not None)
    assert history.table.columns.tolist() == list(HISTORY.columns)


def test_a_register_of_what_closed_long_ago_has_no_row() -> None:
    history = _told(LONG_GONE)
    assert history.table.empty
    assert history.facts["missing"] is None
    assert history.table.dtypes.equals(HISTORY.empty().dtypes)


# --- Whole registers -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> History:
    settings = default_settings()
    successors = load_geography(settings).successors
    extract = read_establishments(DEMO_DIR / "StockEtablissement.parquet", settings=settings, successors=successors)
    assert extract.data_as_of is not None
    return count_history(extract.lives, settings=settings, as_of=extract.data_as_of)


def test_the_planted_history_is_recovered_to_the_establishment(demo: History) -> None:
    told = json.loads((DEMO_DIR / "planted.json").read_text(encoding="utf-8"))["history"]
    table = demo.table[demo.table["perimeter"] == "tic"]
    years = table.groupby("year")[COUNTS].sum()
    assert years["open"].to_dict() == planted.OPEN_ON
    assert {str(year): count for year, count in years["opened"].items()} == told["opened_in"]
    assert {str(year): count for year, count in years["closed"].items()} == told["closed_in"]
    assert not years["recoded"].any()
    assert demo.facts["as_of"] == told["last_day"]
    assert (demo.facts["undated"], demo.facts["future"], demo.facts["unended"]) == (0, 0, 0)
    last = years.loc[2026]
    assert last["open"] + last["opened"] - last["closed"] == planted.ESTABLISHMENTS


def test_each_segment_and_department_of_the_demonstration_follows_from_the_year_before(demo: History) -> None:
    keys = ["perimeter", "segment", "department_code", "year"]
    counts = demo.table.set_index(keys)[COUNTS]
    after = counts.eval("open + opened - closed + recoded").rename(index=lambda year: year + 1, level="year")
    expected = counts["open"].drop(index=2011, level="year")
    following = after.drop(index=2027, level="year").reindex(expected.index, fill_value=0)
    pd.testing.assert_series_equal(following, expected, check_names=False)
    # What is not told next had nothing left.
    assert not after.drop(index=2027, level="year").drop(index=expected.index, errors="ignore").any()
    assert set(demo.table["department_code"]) == set(default_settings().region.departments)


def test_real_rows_without_days_tell_nothing() -> None:
    if not REAL.exists():
        pytest.skip("the folder of real register rows is not beside this project")
    extract = read_establishments(REAL, settings=default_settings())
    history = count_history(extract.lives, settings=default_settings(), as_of=extract.data_as_of or AS_OF)
    assert history.table.empty
    assert history.facts["missing"] == "no_creations"
    assert history.facts["undated"] == history.facts["establishments"] == extract.lives.height > 1_000
