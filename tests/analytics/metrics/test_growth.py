"""Growth: compound rates by hand, the fan by hand, and drawn years against their exact moments and arch's bootstrap."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from arch.bootstrap import CircularBlockBootstrap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare, gmean, kstest

from analytics.metrics.growth import (
    LEAST_YEARS,
    block_length,
    compound_rate_pct,
    fan,
    observed_rates,
    percentile_name,
    project,
    simulate,
    yearly_rates,
)

Floats = npt.NDArray[np.float64]

# The least number of years, in blocks of two; a bad year stands beside a bad one.
EIGHT = [3.1, 2.9, -0.4, -1.7, 2.6, 3.3, 4.3, 2.2]
# In blocks of three.
TWENTY = [*EIGHT, 5.0, 4.1, 3.6, -2.5, -3.0, 0.3, 1.9, 2.4, 6.0, 5.2, 2.8, 3.0]
FAN = ["p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"]


def _history(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["year", "open", "opened", "closed"], dtype="int64")


def _strays(rates_pct: list[float]) -> Floats:
    """Return how far each year's log growth is from their mean, with the variance of a sample."""
    logs = np.log([1 + rate / 100 for rate in rates_pct])
    return (logs - logs.mean()) * logs.std(ddof=1) / logs.std(ddof=0)


def _logs(growth: Floats) -> Floats:
    """Return the log growth of each year alone, (paths, years)."""
    return np.diff(np.log(growth), axis=1)


def _exact_variance(strays: Floats, *, years: int, length: int) -> float:
    """Return the variance of the sum over ``years`` of circular blocks, the last of which is cut: all starts alike."""
    sizes = [length] * (years // length) + [years % length]
    blocks = (
        [sum(strays[(start + i) % len(strays)] for i in range(size)) for start in range(len(strays))] for size in sizes
    )
    return sum(float(np.mean(np.square(block))) for block in blocks)


def _assert_variance(sample: Floats, exact: float) -> None:
    """Fail when the sample's variance is four standard errors or more from the exact one."""
    squares = (sample - sample.mean()) ** 2
    assert squares.mean() == pytest.approx(exact, abs=4 * squares.std() / math.sqrt(len(sample)))


# --- At a rate that is supposed --------------------------------------------------------------------------------------


def test_three_percent_over_ten_years() -> None:
    # 1.03 ** 10 = 1.343916
    firms, jobs = (project(value, rate_pct=3, years=10) for value in (18_000, 63_000))
    assert (len(firms), firms[0], round(firms[1]), round(firms[10])) == (11, 18_000, 18_540, 24_190)
    assert round(jobs[10]) == 84_667


def test_no_year_no_growth_and_less_than_nothing() -> None:
    assert project(400, rate_pct=3, years=0).tolist() == [400]
    assert project(400, rate_pct=0, years=2).tolist() == [400] * 3
    assert project(400, rate_pct=-50, years=3).tolist() == [400, 200, 100, 50]
    for rate, years in ((-100, 2), (-120, 2), (3, -1)):
        with pytest.raises(ValueError, match="over"):
            project(400, rate_pct=rate, years=years)


@given(st.floats(0, 1e6), st.floats(-99, 100), st.integers(0, 60))
def test_the_closed_form_is_repeated_multiplication(value: float, rate_pct: float, years: int) -> None:
    expected = [value]
    for _ in range(years):
        expected.append(expected[-1] * (1 + rate_pct / 100))
    assert project(value, rate_pct=rate_pct, years=years) == pytest.approx(expected, rel=1e-9, abs=1e-12)


# --- At the rates that were observed ---------------------------------------------------------------------------------

# The recoding of the first day of 2025 takes 155 of 1,155 away.
BROKEN = _history(
    [
        (2022, 1_000, 150, 50),
        (2023, 1_100, 165, 110),
        (2024, 1_155, 80, 80),
        (2025, 1_000, 50, 30),
        (2026, 1_020, 9, 90),
    ]
)


def test_rates_by_hand() -> None:
    yearly = yearly_rates(BROKEN, complete_until=2025)
    assert yearly["net_rate_pct"].tolist() == pytest.approx([10, 5, 0, 2, np.nan], nan_ok=True)
    pd.testing.assert_frame_equal(yearly.drop(columns="net_rate_pct"), BROKEN)
    assert yearly_rates(BROKEN, complete_until=2026)["net_rate_pct"].iloc[-1] == pytest.approx(-8_100 / 1_020)


def test_where_nothing_was_open_there_is_no_rate() -> None:
    yearly = yearly_rates(_history([(2024, 0, 3, 0), (2025, 3, 0, 3)]), complete_until=2025)
    assert yearly["net_rate_pct"].tolist() == pytest.approx([np.nan, -100], nan_ok=True)
    assert yearly_rates(_history([]), complete_until=2025)["net_rate_pct"].dtype == "float64"


def test_a_recoding_is_no_growth() -> None:
    # 1.05 * 1.00 * 1.02 = 1.071, whose cube root is 1.023128; the ends of the series, 1,020 / 1,100, would say a fall.
    found = observed_rates(yearly_rates(BROKEN, complete_until=2025))
    assert found.columns.tolist() == ["span", "first_year", "last_year", "rate_pct"]
    assert found["span"].tolist() == [1, 3]
    assert found["first_year"].tolist() == [2025, 2023]
    assert found["last_year"].tolist() == [2026, 2026]
    assert found["rate_pct"].tolist() == pytest.approx([2, 2.31277], abs=1e-5)
    four = observed_rates(yearly_rates(BROKEN, complete_until=2025), spans=(4,))
    assert four["rate_pct"].tolist() == pytest.approx([100 * (1.1781**0.25 - 1)])


def test_a_span_with_a_year_missing_is_not_told() -> None:
    yearly = yearly_rates(BROKEN, complete_until=2025)
    assert observed_rates(yearly.drop(index=2))["span"].tolist() == [1]
    unknown = yearly.assign(net_rate_pct=yearly["net_rate_pct"].where(yearly["year"] != 2024))
    assert observed_rates(unknown)["span"].tolist() == [1]
    assert observed_rates(yearly_rates(BROKEN, complete_until=2021)).empty


def test_every_span_of_a_long_history() -> None:
    yearly = pd.DataFrame({"year": range(2011, 2026), "net_rate_pct": [9.0] * 5 + [3.0] * 10})
    found = observed_rates(yearly)
    assert found["span"].tolist() == [1, 3, 5, 10]
    assert found["first_year"].tolist() == [2025, 2023, 2021, 2016]
    assert found["rate_pct"].tolist() == pytest.approx([3] * 4)


def test_compound_rates_by_hand() -> None:
    assert compound_rate_pct([100, -50]) == pytest.approx(0, abs=1e-12)
    assert compound_rate_pct([21, 0]) == pytest.approx(10)
    assert compound_rate_pct([-100, 50]) == -100
    assert math.isnan(compound_rate_pct([]))


@given(st.lists(st.floats(-99, 300), min_size=1, max_size=20))
def test_the_compound_rate_is_the_geometric_mean_and_gives_the_same_growth(rates: list[float]) -> None:
    rate = compound_rate_pct(rates)
    factors = [1 + r / 100 for r in rates]
    assert 1 + rate / 100 == pytest.approx(gmean(factors), rel=1e-9)
    assert project(1, rate_pct=rate, years=len(rates))[-1] == pytest.approx(math.prod(factors), rel=1e-9)


# --- How far years stray from it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("observed", [TWENTY, EIGHT, []])
def test_the_same_seed_gives_the_same_paths(observed: list[float]) -> None:
    options = {"rate_pct": 3.0, "years": 5, "spread_pct": 2.0, "paths": 40}
    growth = simulate(observed, **options)
    assert growth.shape == (40, 6)
    assert (growth[:, 0] == 1).all()
    assert (growth > 0).all()
    assert (growth == simulate(observed, **options)).all()
    assert (growth != simulate(observed, **options, seed=7))[:, 1:].any()
    assert simulate(observed, **options | {"years": 0}).tolist() == [[1.0]] * 40


@pytest.mark.parametrize("observed", [TWENTY, EIGHT, []])
def test_years_stray_on_both_sides_of_the_rate(observed: list[float]) -> None:
    growth = simulate(observed, rate_pct=3, years=12, spread_pct=2)
    logs = np.log(growth[:, 1:])
    error = logs.std(axis=0) / math.sqrt(len(logs))
    assert (np.abs(logs.mean(axis=0) - np.arange(1, 13) * math.log(1.03)) < 4 * error).all()


@pytest.mark.parametrize("observed", [TWENTY, EIGHT])
def test_a_year_has_the_variance_of_a_sample(observed: list[float]) -> None:
    n, strayed = len(observed), np.log1p(np.array(observed) / 100)
    for year in _logs(simulate(observed, rate_pct=3, years=4, spread_pct=50)).T:
        _assert_variance(year, n / (n - 1) * np.var(strayed))


@pytest.mark.parametrize(("observed", "length"), [(EIGHT, 2), (TWENTY, 3)])
@pytest.mark.parametrize("years", [2, 10, 25])
def test_bad_years_come_together(observed: list[float], length: int, years: int) -> None:
    growth = simulate(observed, rate_pct=0, years=years, spread_pct=50)
    strays = _strays(observed)
    _assert_variance(np.log(growth[:, -1]), _exact_variance(strays, years=years, length=length))
    # As they came in the history, where years drawn one by one would offset each other.
    assert _exact_variance(strays, years=years, length=length) > 1.2 * years * np.mean(strays**2)


def _drawn_by_arch(strays: Floats, *, length: int, draws: int) -> Floats:
    bootstrap = CircularBlockBootstrap(length, strays, seed=1)
    return np.array([data[0][0] for data in bootstrap.bootstrap(draws)])


def test_paths_are_as_probable_as_those_of_arch() -> None:
    strays = _strays(EIGHT)
    drawn = _drawn_by_arch(strays, length=2, draws=6_400)[:, :3]
    ours = _logs(simulate(EIGHT, rate_pct=0, years=3, spread_pct=50, paths=6_400))
    # Where two blocks may begin: 64 paths of three years, and no other.
    paths = np.array([[strays[i], strays[(i + 1) % 8], strays[j]] for i in range(8) for j in range(8)])
    counts = []
    for sample in (drawn, ours):
        distance = np.abs(sample[:, None] - paths).max(axis=2)
        assert distance.min(axis=1).max() < 1e-12
        counts.append(np.bincount(distance.argmin(axis=1), minlength=64))
    assert chisquare(counts[1]).pvalue > 0.001
    assert chi2_contingency(counts).pvalue > 0.001


def test_sums_over_years_are_distributed_as_those_of_arch() -> None:
    strays = _strays(TWENTY)
    drawn = _drawn_by_arch(strays, length=block_length(20), draws=5_000)
    ours = _logs(simulate(TWENTY, rate_pct=0, years=20, spread_pct=50, paths=5_000))
    for years in (1, 4, 10, 20):
        theirs = drawn[:, :years].sum(axis=1)
        _assert_variance(theirs, _exact_variance(strays, years=years, length=3))
        # Rounded, as a single year takes twenty values alone: equal ones must be equal.
        assert kstest(ours[:, :years].sum(axis=1).round(12), theirs.round(12)).pvalue > 0.001


def test_few_years_are_no_sample() -> None:
    options = {"rate_pct": 3.0, "years": 4, "spread_pct": 2.0}
    growth = simulate(EIGHT[: LEAST_YEARS - 1], **options)
    assert (growth == simulate([], **options)).all()
    assert (growth == simulate([*EIGHT[:-1], None, -100], **options)).all()
    assert (growth != simulate(EIGHT, **options)).any()
    strays = (_logs(growth) - math.log(1.03)) / 0.02
    assert kstest(strays.ravel(), "norm").pvalue > 0.001
    # Independent of the year before: under one in 10,000 the correlation exceeds four over the root of their number.
    assert abs(np.corrcoef(strays[:, 0], strays[:, 1])[0, 1]) < 4 / math.sqrt(len(strays))


def test_years_of_no_use_are_left_out() -> None:
    options = {"rate_pct": 3.0, "years": 6, "spread_pct": 50.0, "paths": 100}
    expected = simulate(EIGHT, **options)
    with_others = [None, *EIGHT[:3], -100, math.nan, *EIGHT[3:], -150, math.inf]
    assert (simulate(with_others, **options) == expected).all()
    assert (simulate(pd.Series([*EIGHT, math.nan]), **options) == expected).all()


def test_years_that_never_strayed_give_one_path() -> None:
    growth = simulate([2.0] * 8, rate_pct=3, years=10, spread_pct=50, paths=20)
    assert growth == pytest.approx(np.tile(project(1, rate_pct=3, years=10), (20, 1)))


@pytest.mark.parametrize(
    ("years", "length"), [(1, 1), (3, 1), (4, 2), (8, 2), (15, 2), (16, 3), (27, 3), (42, 3), (43, 4)]
)
def test_blocks_have_the_cube_root_of_the_years(years: int, length: int) -> None:
    assert block_length(years) == length


# --- The fan ---------------------------------------------------------------------------------------------------------


def test_the_fan_by_hand() -> None:
    # Of five values the 2.5th percentile lies a tenth of the way from the first to the second.
    growth = np.array([[1, 1.2], [1, 0.8], [1, 1.0], [1, 1.1], [1, 0.9]])
    table = fan(growth, value=1_000)
    assert table.columns.tolist() == ["t", *FAN]
    assert table["t"].tolist() == [0, 1]
    assert table.loc[0, FAN].tolist() == pytest.approx([1_000] * 7)
    assert table.loc[1, FAN].tolist() == pytest.approx([810, 840, 900, 1_000, 1_100, 1_160, 1_190])
    by_numpy = 1_000 * np.quantile(growth[:, 1], [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
    assert table.loc[1, FAN].tolist() == pytest.approx(by_numpy.tolist())


def test_names_of_percentiles() -> None:
    assert [percentile_name(p) for p in (2.5, 10.0, 97.5)] == ["p2_5", "p10", "p97_5"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-60, 150), max_size=16), st.floats(-10, 10), st.integers(0, 12), st.floats(0, 1e6))
def test_percentiles_are_in_order(rates: list[float], rate_pct: float, years: int, value: float) -> None:
    growth = simulate(rates, rate_pct=rate_pct, years=years, spread_pct=2, paths=60)
    table = fan(growth, value=value)
    assert len(table) == years + 1
    limits = table[FAN].to_numpy()
    assert (np.diff(limits, axis=1) >= -1e-12 * limits[:, 1:]).all()
    assert table.loc[0, FAN].tolist() == pytest.approx([value] * 7)
