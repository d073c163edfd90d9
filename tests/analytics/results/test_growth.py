"""Growth on a small snapshot: the past by hand, the projection from either base, what cannot be told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics import tables
from analytics.contracts import HISTORY
from analytics.errors import UserError
from analytics.metrics import growth as metric
from analytics.settings import Settings
from analytics.text import translator
from analytics.text.growth_findings import note_sentences
from analytics.view import View
from tests.analytics.small_snapshot import ALL, PAST, SETTINGS, TIC, SmallSnapshot, past

NONE = SmallSnapshot(history=HISTORY.empty(), facts={"missing": "no_creations"})


def _table(
    name: str, view: View = ALL, *, snapshot: SmallSnapshot | None = None, settings: Settings = SETTINGS
) -> pd.DataFrame:
    table: pd.DataFrame = getattr(tables, name)(snapshot or SmallSnapshot(), view, settings)
    return table


def _notes(view: View = ALL, *, snapshot: SmallSnapshot | None = None) -> list[str]:
    return _table("growth_notes", view, snapshot=snapshot)["note"].tolist()


def test_history_by_hand() -> None:
    moves = {2023: (20, 10), 2024: (4, 15), 2025: (9, 9), 2026: (3, 1)}
    table = _table("history", snapshot=SmallSnapshot(history=past(moves, before=100, recoded=-7)))
    assert list(table) == tables.HISTORY_COLUMNS == ["year", "open", "opened", "closed", "net_rate_pct"]
    assert table["open"].tolist() == [100, 110, 99, 92]
    # The seven that NAF 2025 moved out are no growth, and 2026 is not over.
    assert table["net_rate_pct"].tolist() == [10, -10, 0, pytest.approx(np.nan, nan_ok=True)]


def test_a_selection_has_its_own_history() -> None:
    both = pd.concat([PAST, past({2024: (1, 0), 2025: (2, 1)}, before=5, segment="software", department_code="34")])
    snapshot = SmallSnapshot(history=both)
    whole = _table("history", snapshot=snapshot).set_index("year")
    part = _table("history", View("tic", segments=("software",)), snapshot=snapshot).set_index("year")
    assert part["open"].to_dict() == {2024: 5, 2025: 6}
    assert part["net_rate_pct"].round(3).to_dict() == {2024: 20.0, 2025: 16.667}
    assert whole.loc[2024, "open"] == PAST.set_index("year").loc[2024, "open"] + 5
    pd.testing.assert_frame_equal(
        part.reset_index(), _table("history", View("tic", departments=("34",)), snapshot=snapshot)
    )


def test_years_before_the_first_establishment_are_left_out() -> None:
    table = _table(
        "history", snapshot=SmallSnapshot(history=past({2022: (0, 0), 2023: (3, 0), 2024: (1, 0)}, before=0))
    )
    assert table["year"].tolist() == [2023, 2024]
    assert table["net_rate_pct"].isna().tolist() == [True, False]


@pytest.mark.parametrize("reason", ["no_creations", "no_closings"])
def test_a_register_without_dates_has_no_history_and_says_why(reason: str) -> None:
    snapshot = SmallSnapshot(history=HISTORY.empty(), facts={"missing": reason})
    table = _table("history", snapshot=snapshot)
    assert list(table) == tables.HISTORY_COLUMNS
    assert table.empty
    assert _notes(snapshot=snapshot) == [f"history_missing_{reason}"]


def test_the_published_base_grows_as_calculated_by_hand() -> None:
    view = dataclasses.replace(ALL, base="published", years=10)
    table = _table("growth", view)
    assert list(table) == tables.GROWTH_COLUMNS == ["year", "firms", "jobs"]
    assert table.iloc[0].tolist() == [2019, 18_000, 63_000]
    assert table.iloc[-1].tolist() == [2029, 24_190, 84_667]
    # Whatever is selected: nobody published a part.
    pd.testing.assert_frame_equal(table, _table("growth", dataclasses.replace(view, departments=("34",))))
    assert "whole" in _notes(dataclasses.replace(view, departments=("34",)))


def test_the_registers_base_is_what_the_view_selects() -> None:
    view = dataclasses.replace(ALL, rate=-10.0, years=2, departments=("34",))
    table = _table("growth", view)
    assert table["firms"].tolist() == [2, 2, 2]
    assert table["jobs"].tolist() == [68, 61, 55]
    assert list(table) == ["year", "firms", "jobs", *(f"firms_{p}" for p in ("p10", "p25", "p50", "p75", "p90"))]
    assert table["year"].tolist() == [2026, 2027, 2028]
    assert "negative" in _notes(view)


def test_low_and_high_are_the_settings_scenarios() -> None:
    rows = _table("growth_in_full", dataclasses.replace(ALL, years=1))
    low, high = SETTINGS.growth.low, SETTINGS.growth.high
    assert low is not None
    assert high is not None
    assert rows["firms_low"].iloc[-1] == pytest.approx(4 * (1 + low.rate_pct / 100))
    assert rows["jobs_high"].iloc[-1] == pytest.approx(100 * (1 + high.rate_pct / 100))
    without = SETTINGS.model_copy(update={"growth": SETTINGS.growth.model_copy(update={"low": None})})
    assert _table("growth_in_full", settings=without)["firms_low"].isna().all()


def test_the_fan_is_that_of_the_observed_years() -> None:
    rows = _table("growth_in_full", dataclasses.replace(ALL, years=5))
    observed = metric.yearly_rates(PAST, complete_until=2025)["net_rate_pct"]
    paths = metric.simulate(observed, rate_pct=3.0, years=5, spread_pct=SETTINGS.growth.spread_pct)
    wanted = metric.fan(paths, value=4.0).drop(columns="t").add_prefix("firms_")
    pd.testing.assert_frame_equal(rows[list(wanted)], wanted)


def test_without_years_the_fan_is_the_stated_spread() -> None:
    rows = _table("growth_in_full", dataclasses.replace(ALL, years=1, rate=0.0), snapshot=NONE)
    # Nine in ten of a normal law with two points of deviation lie within 1.28 of them on either side: p10 to p90.
    assert rows["firms_p90"].iloc[-1] == pytest.approx(4 * np.exp(0.02 * 1.2816), abs=4 * 0.0015)
    assert _notes(snapshot=NONE) == ["history_missing_no_creations"]


@pytest.mark.parametrize("moves", [{2025: (9, 2), 2026: (1, 1)}, {2023: (9, 2), 2024: (5, 1), 2025: (9, 2)}])
def test_too_short_a_history_is_told(moves: dict[int, tuple[int, int]]) -> None:
    snapshot = SmallSnapshot(history=past(moves, before=50))
    assert _notes(snapshot=snapshot) == ["few_years"]
    assert _notes(dataclasses.replace(ALL, base="published"), snapshot=snapshot) == []
    basis = _table("fan_basis", snapshot=snapshot).iloc[0]
    assert basis["is_supposed"]
    assert basis["years"] == len([year for year in moves if year < 2026])


def test_a_year_in_which_all_closed_is_no_year_to_draw_from() -> None:
    moves = dict.fromkeys(range(2016, 2024), (10, 5)) | {2024: (0, 140), 2025: (200, 0), 2026: (0, 0)}
    snapshot = SmallSnapshot(history=past(moves, before=100))
    # Eight years of 5 in 100 and more, one of -100 %; of the year after nothing was open.
    assert _table("fan_basis", snapshot=snapshot).iloc[0].tolist() == [8, 2016, metric.PATHS, False]


def test_few_establishments_and_codes_that_are_gone_are_told() -> None:
    small = SmallSnapshot(history=past(dict.fromkeys(range(2016, 2027), (1, 1)), before=29))
    assert _notes(snapshot=small) == ["few_open"]
    uncoded = SmallSnapshot(facts={"missing": None, "establishments": 1_000, "uncoded": 101})
    assert _notes(snapshot=uncoded) == ["uncoded"]
    assert _notes(snapshot=SmallSnapshot(facts={"missing": None, "establishments": 1_000, "uncoded": 100})) == []
    assert _notes(snapshot=SmallSnapshot(is_older=True)) == ["history_missing_older"]


def test_days_that_do_not_serve_and_recodings_are_told_with_their_number() -> None:
    facts = {"missing": None, "undated": 1, "future": 2, "unended": 3_000}
    moves = dict.fromkeys(range(2016, 2027), (10, 5))
    snapshot = SmallSnapshot(history=past(moves, before=100, recoded=-12), facts=facts)
    notes = _table("growth_notes", dataclasses.replace(ALL, sizes=("0",)), snapshot=snapshot)
    assert notes["note"].tolist() == ["undated", "future", "unended", "recoded", "sizes"]
    told = list(note_sentences(notes, translator("en")))
    assert told[0].startswith("1 establishment of the register has no day of creation")
    assert told[1].startswith("2 establishments of the register are dated in the future")
    assert told[2].startswith("3,000 closed establishments")
    assert "moves \u221212 establishments" in told[3]


def test_observed_rates_stand_beside_the_published_ones() -> None:
    table = _table("observed_growth")
    register, published = (table[table["basis"] == basis] for basis in ("register", "published"))
    assert register["span"].tolist() == [1, 3, 5, 10]
    assert register["last_year"].tolist() == [2026] * 4
    assert register["first_year"].tolist() == [2025, 2023, 2021, 2016]
    # From 145 to 150 establishments over 2025.
    assert register["rate_pct"].iloc[0] == pytest.approx(100 * 5 / 145)
    assert register["rate_pct"].iloc[3] == pytest.approx(100 * (1.5 ** (1 / 10) - 1))
    rates = dict(
        zip(zip(published["first_year"], published["last_year"], strict=True), published["rate_pct"], strict=True)
    )
    assert rates.pop((2007, 2016)) == pytest.approx(1.1257, abs=1e-4)
    assert rates == {(2018, 2022): 5.4, (2022, 2023): -0.3, (2023, 2024): -3.0}
    assert published["source_fr"].notna().all()


def test_published_points_are_of_the_whole_region() -> None:
    firms = _table("published_points")
    assert dict(zip(firms["value"], firms["year"], strict=True)) == {18_000: 2019, 8_500: 2019}
    jobs = _table("published_points", dataclasses.replace(ALL, measure="jobs"))
    assert jobs["value"].tolist() == [97_600, 81_300, 63_000, 64_000, 131_000]
    assert jobs["year"].tolist() == [2016, 2016, 2019, 2019, 2022]
    part = dataclasses.replace(ALL, departments=("34",))
    assert _table("published_points", part).empty, "nobody published a part"
    assert len(_table("published_points", dataclasses.replace(part, base="published"))) == 2


def test_jobs_that_the_register_does_not_tell_are_not_projected() -> None:
    untold = TIC.assign(size_code="NN", is_employer=False, jobs_low=0.0, jobs_estimate=0.0, jobs_high=0.0)
    assert _table("growth", snapshot=SmallSnapshot(tic=untold))["jobs"].isna().all()


def test_without_a_published_figure_zero_is_supposed_and_said() -> None:
    bare = SETTINGS.model_copy(update={"published": ()})
    with pytest.raises(UserError, match="reference = true"):
        _table("growth", dataclasses.replace(ALL, base="published"), settings=bare)
    assert _table("growth", settings=bare)["firms"].tolist() == [4] * 11
    assert _table("growth_notes", settings=bare)["note"].tolist() == ["no_rate"]
    assert _table("growth_notes", dataclasses.replace(ALL, rate=2.0), settings=bare).empty


@pytest.mark.parametrize(("day", "moment"), [("2026-01-01", 2026.0), ("2026-12-31", 2026 + 364 / 365)])
def test_the_base_stands_at_the_day_of_the_register(day: str, moment: float) -> None:
    base = _table("growth_base", snapshot=SmallSnapshot(as_of=day)).iloc[0]
    assert base["moment"] == pytest.approx(moment)
    assert _table("growth_base", dataclasses.replace(ALL, base="published")).iloc[0]["moment"] == 2019
