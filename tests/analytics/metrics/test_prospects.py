"""Prospects: the model fitted here a second time, what it must find, and what it must not."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedKFold

from analytics.metrics.aggregate import mark_members
from analytics.metrics.nearness import nearest_antenna
from analytics.metrics.prospects import (
    GROUPS,
    LOCAL_PRIOR_MEMBERS,
    NEEDED_MEMBERS,
    SMALLEST_REASON,
    Resemblance,
    age_years,
    calibration,
    fit_resemblance,
    rank_auc,
)
from analytics.sizes import BY_CODE
from analytics.store import Store
from analytics.text import recruitment_findings, translator

ON = date(2026, 3, 15)
CODES = ("NN", "00", "01", "02", "03", "11", "12", "21", "32")


def _firms(n: int, *, seed: int, areas: int = 8) -> pd.DataFrame:
    """Return firms drawn at random, none of them a member."""
    rng = np.random.default_rng(seed)
    epci = rng.choice(areas, n, p=np.arange(areas, 0, -1) / sum(range(areas + 1)))
    size = rng.choice(CODES, n, p=[0.4, 0.1, 0.15, 0.1, 0.05, 0.08, 0.06, 0.04, 0.02])
    firms = pd.DataFrame(
        {
            "siren": [f"{number:09d}" for number in rng.permutation(n) + 100],
            "commune_code": [f"31{number:03d}" for number in epci],
            "epci_code": [f"2000000{number:02d}" for number in epci],
            "segment": rng.choice(["consulting", "data", "software"], n),
            "size_code": size,
            "jobs_estimate": [BY_CODE[code].estimate for code in size],
            "category": rng.choice(np.array(["PME", "ETI", None], dtype="object"), n, p=[0.7, 0.1, 0.2]),
            "created_on": pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 13_000, n), unit="D"),
            "is_employer": rng.random(n) < 0.4,
            "is_partially_diffusible": rng.random(n) < 0.15,
            "nearest_antenna": "Toulouse",
            "antenna_km": rng.gamma(1, 20, n),
        }
    )
    return mark_members(firms.astype({"category": "str", "created_on": "datetime64[ns]"}), member_sirens=[])


def _drawn(firms: pd.DataFrame, share: Any, *, seed: int) -> pd.DataFrame:
    """Make each firm a member with its probability."""
    return firms.assign(is_member=np.random.default_rng([seed, 1]).random(len(firms)) < share)


def _numbered(firms: pd.DataFrame, members: int, *, seed: int) -> pd.DataFrame:
    """Make so many firms members, at random."""
    chosen = np.random.default_rng([seed, 1]).permutation(len(firms)) < members
    return firms.assign(is_member=chosen)


def _planted(n: int = 3000, *, seed: int = 1) -> pd.DataFrame:
    """Make large firms and those of software likely members."""
    firms = _firms(n, seed=seed)
    logits = -5.5 + 3.5 * (firms["jobs_estimate"] >= 10) + 2.5 * (firms["segment"] == "software")
    return _drawn(firms, 1 / (1 + np.exp(-logits)), seed=seed)


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    """Return firms with gaps: no creation date, no distance, no EPCI, a commune with one firm."""
    firms = _planted(600, seed=4)
    firms.loc[firms.index[:25], "created_on"] = pd.NaT
    firms.loc[firms.index[20:50], ["antenna_km", "nearest_antenna"]] = np.nan
    firms.loc[firms.index[60:80], "epci_code"] = np.nan
    alone = firms.index[(~firms["is_member"] & ~firms["is_partially_diffusible"]) & (firms.index > 80)][0]
    firms.loc[alone, ["epci_code", "commune_code"]] = [np.nan, "31999"]
    assert firms["is_member"].sum() >= NEEDED_MEMBERS
    return firms.sort_values("siren", ignore_index=True)


@pytest.fixture(scope="module")
def found(small: pd.DataFrame) -> Resemblance:
    resemblance = fit_resemblance(small, on=ON)
    assert resemblance is not None
    return resemblance


def _others(firms: pd.DataFrame, counted: np.ndarray, i: int) -> tuple[int, int, int, int]:
    """Return members and firms among those counted but firm i: of its area, of all."""
    area = firms["epci_code"].fillna(firms["commune_code"])
    everyone = counted & (np.arange(len(firms)) != i)
    here = everyone & (area == area[i]).to_numpy()
    y = firms["is_member"].to_numpy()
    return int(y[here].sum()), int(here.sum()), int(y[everyone].sum()), int(everyone.sum())


def _columns_by_hand(firms: pd.DataFrame, counted: np.ndarray) -> tuple[np.ndarray, list[str]]:
    columns: list[tuple[str, np.ndarray]] = []
    for group, name in (("size", "size_class"), ("segment", "segment"), ("category", "category")):
        values = firms[name].fillna("none")
        columns += [(group, (values == value).to_numpy(dtype="float64")) for value in values.unique()]
    columns.append(("size", firms["is_employer"].to_numpy(dtype="float64")))
    for group, values in (
        ("size", firms["jobs_estimate"]),
        ("age", age_years(firms["created_on"], on=ON)),
        ("distance", firms["antenna_km"]),
    ):
        columns.append((group, values.isna().to_numpy(dtype="float64")))
        logs = np.log(1 + values)
        filled = logs.fillna(logs.mean())
        columns.append((group, (filled / (2 * filled.std(ddof=0))).to_numpy()))
    columns = [(group, values - values.mean()) for group, values in columns]
    local = []
    for i in range(len(firms)):
        m, n, all_members, all_firms = _others(firms, counted, i)
        p = all_members / all_firms
        w = LOCAL_PRIOR_MEMBERS
        local.append(math.log((m + w) / (n - m + w * (1 - p) / p)) - math.log(p / (1 - p)))
    columns.append(("local", np.array(local)))
    return np.column_stack([values for _, values in columns]), [group for group, _ in columns]


def _fit_by_hand(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return intercept and coefficients that minimise the log-likelihood with the prior of variance one."""
    design = np.column_stack([np.ones(len(x)), x])

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        eta = design @ beta
        value = np.logaddexp(0, eta).sum() - eta[y].sum() + (beta[1:] ** 2).sum() / 2
        return value, design.T @ (1 / (1 + np.exp(-eta)) - y) + np.r_[0, beta[1:]]

    fit = minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-5, "maxiter": 2000})
    assert fit.success
    return fit.x


def _predicted_by_hand(x: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(beta[0] + x @ beta[1:])))


def test_ages_by_hand() -> None:
    days = pd.Series(pd.to_datetime(["2016-03-15", "2016-03-16", "2015-09-15", "2026-03-15", "2027-01-01", None]))
    ages = age_years(days, on=ON)
    assert ages[:5].tolist() == pytest.approx([10, 10 - 1 / 372, 10.5, 0, 0], abs=1e-12)
    assert np.isnan(ages[5])
    assert age_years(days, on=pd.Timestamp("2026-03-15 18:30")).equals(ages)
    # A firm of 29 February is a year older on 1 March.
    leap = pd.Series(pd.to_datetime(["2024-02-29"]))
    assert math.floor(age_years(leap, on=date(2025, 2, 28))[0]) == 0
    assert math.floor(age_years(leap, on=date(2025, 3, 1))[0]) == 1


def test_local_penetration_is_that_of_the_other_firms_of_the_area() -> None:
    firms = _numbered(_firms(200, seed=2, areas=1), 40, seed=2).assign(is_partially_diffusible=False)
    firms = firms.sort_values("siren", ignore_index=True)
    areas = [np.nan] * 3 + ["200000099"] * 5 + ["200000001"] * 192
    communes = ["31900", "31901", "31901", *["31000"] * 197]
    members = [False, True, False, True, True, False, False, False, *[True] * 40, *[False] * 152]
    firms = firms.assign(epci_code=areas, commune_code=communes, is_member=members).astype({"epci_code": "str"})
    resemblance = fit_resemblance(firms, on=ON)
    assert resemblance is not None
    told = resemblance.scores.set_index("siren")["local_penetration_pct"]
    assert told.index.tolist() == firms.loc[~firms["is_member"], "siren"].tolist()
    assert np.isnan(told.iloc[0])  # alone in its commune
    assert told.iloc[1] == 100  # beside one member
    assert told.iloc[2:5].tolist() == [50] * 3  # two members among the four others
    assert told.iloc[5:].tolist() == pytest.approx([100 * 40 / 191] * 152)


def test_scores_are_those_of_an_independent_fit(small: pd.DataFrame, found: Resemblance) -> None:
    x, _ = _columns_by_hand(small, np.ones(len(small), dtype="bool"))
    y = small["is_member"].to_numpy()
    predicted = _predicted_by_hand(x, _fit_by_hand(x, y))
    scored = ~y & ~small["is_partially_diffusible"].to_numpy()
    assert found.scores["siren"].tolist() == small.loc[scored, "siren"].tolist()
    assert found.scores["score"].to_numpy() == pytest.approx(100 * predicted[scored], rel=1e-4)
    # The intercept has no prior: fitted shares add up to the members.
    assert predicted.sum() == pytest.approx(y.sum(), rel=1e-5)


def test_reasons_are_those_of_an_independent_fit(small: pd.DataFrame, found: Resemblance) -> None:
    x, groups = _columns_by_hand(small, np.ones(len(small), dtype="bool"))
    y = small["is_member"].to_numpy()
    parts = pd.DataFrame((x - x[~y].mean(axis=0)) * _fit_by_hand(x, y)[1:]).T.groupby(np.array(groups)).sum().T
    parts = parts[~y & ~small["is_partially_diffusible"].to_numpy()]
    told = found.scores[["reason_1", "reason_2", "reason_3"]]
    for (_, row), codes in zip(parts.iterrows(), told.to_numpy(dtype="object"), strict=True):
        largest = row[row.abs().nlargest(3).index]
        kept = largest[largest.abs() >= math.log(SMALLEST_REASON)]
        expected = [f"+{group}" for group in kept.index[kept > 0]] + [f"-{group}" for group in kept.index[kept < 0]]
        assert [code for code in codes if isinstance(code, str)] == expected
        assert all(pd.isna(code) for code in codes[len(expected) :])


def test_cross_validation_sees_nothing_of_the_firms_held_out(small: pd.DataFrame, found: Resemblance) -> None:
    y = small["is_member"].to_numpy()
    predicted, base, aucs = np.zeros(len(y)), np.zeros(len(y)), []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=113).split(y, y):
        counted = np.isin(np.arange(len(y)), train)
        x, _ = _columns_by_hand(small, counted)
        predicted[test] = _predicted_by_hand(x[test], _fit_by_hand(x[train], y[train]))
        base[test] = y[train].mean()
        members, others = predicted[test][y[test]], predicted[test][~y[test]]
        aucs.append((members[:, None] > others).mean() + (members[:, None] == others).mean() / 2)
    assert found.quality["auc"] == pytest.approx(np.mean(aucs), abs=1e-6)
    assert found.quality["brier"] == pytest.approx(((y - predicted) ** 2).mean(), rel=1e-4)
    assert found.quality["brier_base"] == pytest.approx(((y - base) ** 2).mean())
    foreseen = sum(one["predicted_pct"] * one["firms"] / 100 for one in found.quality["calibration"])
    assert foreseen == pytest.approx(predicted.sum(), rel=1e-4)


def test_quality_is_plain_and_adds_up(small: pd.DataFrame, found: Resemblance) -> None:
    quality = found.quality
    assert json.loads(json.dumps(quality, allow_nan=False)) == quality
    assert list(quality) == ["members", "firms", "folds", "auc", "brier", "brier_base", "calibration"]
    assert (quality["members"], quality["firms"], quality["folds"]) == (small["is_member"].sum(), len(small), 5)
    assert sum(one["firms"] for one in quality["calibration"]) == len(small)
    assert sum(one["members"] for one in quality["calibration"]) == small["is_member"].sum()
    shares = [one["predicted_pct"] for one in quality["calibration"]]
    assert shares == sorted(shares)


def test_auc_by_hand() -> None:
    # Of the six pairs of a member and another, four are in order and one is a tie.
    is_member = np.array([True, False, True, False, False])
    assert rank_auc(is_member, np.array([0.9, 0.1, 0.4, 0.4, 0.6])) == pytest.approx(4.5 / 6)
    assert rank_auc(is_member, np.full(5, 0.2)) == 0.5


def test_bins_hold_as_many_predicted_members_each() -> None:
    # Half a predicted member a bin: eight firms of 1/16, one of 1/2.
    is_member = np.array([True, *[False] * 7, True])
    predicted = np.array([1 / 16] * 8 + [1 / 2])
    assert calibration(is_member, predicted, bins=2) == [
        {"predicted_pct": 6.25, "observed_pct": 12.5, "firms": 8, "members": 1},
        {"predicted_pct": 50.0, "observed_pct": 100.0, "firms": 1, "members": 1},
    ]
    # A firm of more than a bin's worth leaves the bins beside it empty.
    assert [one["firms"] for one in calibration(is_member, predicted, bins=10)] == [2, 1, 2, 1, 2, 1]
    assert [one["firms"] for one in calibration(is_member[:3], np.array([1e-9, 1e-9, 0.9]))] == [2, 1]


def test_a_planted_signal_is_found_and_named() -> None:
    firms = _planted()
    resemblance = fit_resemblance(firms, on=ON)
    assert resemblance is not None
    assert resemblance.quality["auc"] > 0.8
    assert resemblance.quality["brier"] < 0.8 * resemblance.quality["brier_base"]
    best = resemblance.scores.nlargest(40, "score")
    assert set(best["reason_1"]) | set(best["reason_2"]) == {"+size", "+segment"}
    alike = firms.set_index("siren").loc[best["siren"]]
    assert (alike["jobs_estimate"] >= 10).all()
    assert (alike["segment"] == "software").all()
    assert resemblance.scores["score"].between(0, 100).all()


def test_an_area_where_members_are_many_is_a_reason() -> None:
    firms = _firms(3000, seed=6, areas=12)
    many = firms["epci_code"].isin(["200000000", "200000005"])
    resemblance = fit_resemblance(_drawn(firms, np.where(many, 0.12, 0.01), seed=6), on=ON)
    assert resemblance is not None
    scores = resemblance.scores.merge(firms[["siren", "epci_code"]], on="siren")
    there = scores["epci_code"].isin(["200000000", "200000005"])
    assert (scores.loc[there, "reason_1"] == "+local").mean() > 0.95
    assert not scores.loc[~there, ["reason_1", "reason_2", "reason_3"]].eq("+local").any(axis=None)


def _with_twins(firms: pd.DataFrame) -> pd.DataFrame:
    """Add two firms, no members, that differ in their area alone."""
    twins = firms.iloc[[0, 0]].assign(
        siren=["000000001", "000000002"],
        epci_code=["200000000", "200000001"],
        commune_code=["31000", "31001"],
        is_member=False,
        is_partially_diffusible=False,
    )
    return pd.concat([firms, twins]).sort_values("siren", ignore_index=True)


def _local_coefficient(firms: pd.DataFrame, scores: pd.DataFrame) -> float:
    """Return by how much twins' logits differ, over how much their areas' logarithms of odds do."""
    shares = scores["score"].to_numpy()[:2] / 100
    local, w = [], LOCAL_PRIOR_MEMBERS
    for i in range(2):
        m, n, all_members, all_firms = _others(firms, np.ones(len(firms), dtype="bool"), i)
        local.append(math.log((m + w) / (n - m + w * (all_firms - all_members) / all_members)))
    return float(-np.diff(np.log(shares / (1 - shares)))[0] / (local[0] - local[1]))


@pytest.mark.parametrize("areas", [2, 3, 30])
def test_where_nothing_tells_members_apart_the_model_does_not_either(areas: int) -> None:
    aucs, gains, coefficients, told = [], [], [], []
    for seed in range(12):
        firms = _with_twins(_numbered(_firms(1500, seed=seed, areas=areas), 150, seed=seed))
        resemblance = fit_resemblance(firms, on=ON)
        assert resemblance is not None
        aucs.append(resemblance.quality["auc"])
        gains.append(resemblance.quality["brier"] / resemblance.quality["brier_base"])
        coefficients.append(_local_coefficient(firms, resemblance.scores))
        reasons = resemblance.scores[["reason_1", "reason_2", "reason_3"]]
        told.append(reasons.isin(["+local", "-local"]).any(axis=1).mean())
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.03)
    assert np.mean(gains) == pytest.approx(1, abs=0.02)
    # What is left of a member not counting itself: less than half of a difference, of areas that hardly differ.
    assert -0.6 < np.mean(coefficients) < 0.3
    assert np.mean(told) < 0.1


def test_where_areas_differ_the_difference_carries_over() -> None:
    firms = _firms(4000, seed=3, areas=30)
    high = firms["epci_code"].str[-1].astype(int) % 3 == 0
    drawn = _with_twins(_drawn(firms, np.where(high, 0.2, 0.03), seed=3))
    resemblance = fit_resemblance(drawn, on=ON)
    assert resemblance is not None
    assert 0.7 < _local_coefficient(drawn, resemblance.scores) < 1.3


def test_one_area_tells_nothing() -> None:
    # The rate of the others would be lower for each member than for each other firm, and tell them apart.
    firms = _planted().assign(epci_code="200000000")
    resemblance = fit_resemblance(firms, on=ON)
    assert resemblance is not None
    told = resemblance.scores[["reason_1", "reason_2", "reason_3"]]
    assert not told.isin(["+local", "-local"]).any(axis=None)
    apart = fit_resemblance(firms.assign(epci_code="200000007"), on=ON)
    assert apart is not None
    pd.testing.assert_frame_equal(apart.scores, resemblance.scores)


def test_the_same_whatever_the_order_and_what_was_drawn_before(small: pd.DataFrame, found: Resemblance) -> None:
    np.random.seed(5)
    following = np.random.random(3)
    np.random.seed(5)
    before = small.copy()
    again = fit_resemblance(small.sample(frac=1, random_state=2), on=ON)
    assert again is not None
    assert np.random.random(3).tolist() == following.tolist()
    pd.testing.assert_frame_equal(again.scores, found.scores, check_exact=True)
    assert again.quality == found.quality
    pd.testing.assert_frame_equal(small, before)
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.quality = {}  # type: ignore[misc]


def test_the_column_types_hold(found: Resemblance) -> None:
    reasons = [f"reason_{number}" for number in (1, 2, 3)]
    assert found.scores.dtypes.astype(str).to_dict() == {
        "siren": "str",
        "score": "float64",
        **dict.fromkeys(reasons, "str"),
        "age_years": "float64",
        "local_penetration_pct": "float64",
    }
    codes = set(found.scores[reasons].melt()["value"].dropna())
    assert codes <= {f"{sign}{group}" for sign in "+-" for group in GROUPS}
    # A gap comes after what is told, and a group is told once.
    first, second, third = (found.scores[name].notna() for name in reasons)
    assert not (second & ~first).any()
    assert not (third & ~second).any()


def test_reasons_can_be_put_into_words(small: pd.DataFrame, found: Resemblance) -> None:
    t = translator("en")
    shown = found.scores.merge(small.drop(columns="is_member"), on="siren").assign(
        size_label=lambda table: table["size_code"], segment_name=lambda table: table["segment"]
    )
    for name in ("reason_1", "reason_2", "reason_3"):
        said = recruitment_findings.reasons(shown, name, t)
        assert ((said != "") == shown[name].notna()).all()
    assert recruitment_findings.quality_sentence(found.quality, t)
    assert NEEDED_MEMBERS == recruitment_findings.NEEDED_MEMBERS


def test_too_few_members_or_others_give_no_model() -> None:
    firms = _firms(200, seed=8)
    assert fit_resemblance(_numbered(firms, NEEDED_MEMBERS - 1, seed=1), on=ON) is None
    assert fit_resemblance(_numbered(firms, NEEDED_MEMBERS, seed=1), on=ON) is not None
    assert fit_resemblance(_numbered(firms, 200, seed=1), on=ON) is None
    assert fit_resemblance(_numbered(firms, 196, seed=1), on=ON) is None
    assert fit_resemblance(_numbered(firms, 195, seed=1), on=ON) is not None
    assert fit_resemblance(firms.iloc[:0], on=ON) is None


def test_partially_diffusible_firms_count_and_have_no_score() -> None:
    firms = _planted()
    resemblance = fit_resemblance(firms, on=ON)
    without = fit_resemblance(firms[~firms["is_partially_diffusible"]], on=ON)
    assert resemblance is not None
    assert without is not None
    withheld = set(firms.loc[firms["is_partially_diffusible"], "siren"])
    assert not withheld & set(resemblance.scores["siren"])
    assert set(without.scores["siren"]) == set(resemblance.scores["siren"])
    assert resemblance.quality["firms"] == without.quality["firms"] + len(withheld)
    assert resemblance.quality["members"] > without.quality["members"]
    all_withheld = fit_resemblance(firms.assign(is_partially_diffusible=True), on=ON)
    assert all_withheld is not None
    assert all_withheld.scores.empty
    assert all_withheld.scores.dtypes.equals(resemblance.scores.dtypes)


def test_what_all_firms_share_tells_nothing() -> None:
    alike: dict[str, Any] = {
        "segment": "software",
        "size_code": "NN",
        "size_class": "unknown",
        "jobs_estimate": 0.0,
        "category": None,
        "is_employer": False,
        "created_on": pd.NaT,
        "antenna_km": np.nan,
        "nearest_antenna": None,
        "epci_code": "200000000",
    }
    types = {"category": "str", "created_on": "datetime64[ns]", "nearest_antenna": "str"}
    firms = _numbered(_firms(500, seed=9), 50, seed=9).assign(**alike).astype(types)
    resemblance = fit_resemblance(firms, on=ON)
    assert resemblance is not None
    assert resemblance.scores["score"].to_numpy() == pytest.approx(10)
    assert resemblance.scores[["reason_1", "reason_2", "reason_3", "age_years"]].isna().all(axis=None)
    assert resemblance.quality["auc"] == 0.5
    assert resemblance.quality["brier"] == pytest.approx(resemblance.quality["brier_base"])
    # The same where the values are known, and no whole numbers.
    known = firms.assign(created_on=pd.Timestamp("2011-02-03"), antenna_km=0.1, jobs_estimate=math.sqrt(2))
    resemblance = fit_resemblance(known, on=ON)
    assert resemblance is not None
    assert resemblance.scores["score"].to_numpy() == pytest.approx(10)


def test_perfectly_separated_members_converge() -> None:
    firms = _firms(600, seed=10)
    resemblance = fit_resemblance(firms.assign(is_member=firms["segment"] == "data"), on=ON)
    assert resemblance is not None
    assert resemblance.quality["auc"] == pytest.approx(1, abs=1e-3)
    assert resemblance.scores["score"].between(0, 50).all()


def test_the_demonstration(demo_root: Path) -> None:
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    members = snapshot.table("members")
    current = members[members["left_on"].isna() | (members["left_on"] > snapshot.built_at.replace(tzinfo=None))]
    marked = mark_members(snapshot.firms("tic"), member_sirens=current["siren"].dropna().unique())
    placed = nearest_antenna(marked, antennas=snapshot.table("antennas"), communes=snapshot.table("communes"))
    resemblance = fit_resemblance(placed, on=snapshot.built_at.date())
    assert resemblance is not None
    quality = resemblance.quality
    assert (quality["members"], quality["firms"]) == (391, 18_000)
    assert 0.85 < quality["auc"] < 0.95
    assert 0.75 < quality["brier"] / quality["brier_base"] < 0.87
    assert len(quality["calibration"]) == 10
    apart = [abs(one["predicted_pct"] - one["observed_pct"]) / one["observed_pct"] for one in quality["calibration"]]
    assert np.median(apart) < 0.25
    assert sum(one["members"] for one in quality["calibration"]) == 391
    scored = placed[~placed["is_member"] & ~placed["is_partially_diffusible"]]
    assert sorted(resemblance.scores["siren"]) == sorted(scored["siren"])
    assert (resemblance.scores.nlargest(100, "score")["reason_1"] == "+size").mean() > 0.9
