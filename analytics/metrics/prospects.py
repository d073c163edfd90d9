"""How much each firm that is no member resembles those that are, why, and how far that can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

# With fewer, what a group of columns tells would hang on a member or two, and a fold held out on less than six.
NEEDED_MEMBERS = 30
GROUPS = ("size", "segment", "age", "category", "distance", "local")
# What multiplies the odds by less than this, or divides them by less, is no reason: 2 % would be 2.5 %.
SMALLEST_REASON = 1.25
REASONS = 3
# How many members, at the rate of all, the region counts for beside those of an area.
LOCAL_PRIOR_MEMBERS = 2.0


@dataclass(frozen=True)
class Resemblance:
    """What ``fit_resemblance`` finds.

    Attributes
    ----------
    scores
        One row a firm that is neither a member nor partially diffusible, in the order of ``siren``:

        - ``siren``;
        - ``score``, percent: the fitted share of members among firms alike, not a probability of joining;
        - ``reason_1``, ``reason_2``, ``reason_3``: ``+`` or ``-`` and one of ``GROUPS``; null where there is none;
        - ``age_years``, as ``age_years`` returns it;
        - ``local_penetration_pct``, percent of the other firms of the area that are members; null where there is none.
    quality
        Plain numbers, ready for JSON, all but the first three of predictions for firms that had been held out:

        - ``members`` and ``firms`` learnt from, partially diffusible ones included; ``folds``;
        - ``auc``, 0 to 1: how often a member is placed before another firm of its fold, mean of the folds;
        - ``brier``, the mean of ``(is_member - predicted)^2``; ``brier_base``, the same where each fold is given the
          share of members of the firms outside it;
        - ``calibration``: list of ``predicted_pct``, ``observed_pct``, ``firms``, ``members``; see ``calibration``.
    """

    scores: pd.DataFrame
    quality: dict[str, Any]


class _Features(NamedTuple):
    """Columns that do not look at who is a member, shape (n, k), the group of each, and the number of the area."""

    columns: np.ndarray
    groups: list[str]
    area: np.ndarray


def fit_resemblance(firms: pd.DataFrame, *, on: date, folds: int = 5, seed: int = 113) -> Resemblance | None:
    """Learn from the members what they have in common, and score the other firms by it.

    Parameters
    ----------
    firms
        Columns of ``FIRMS``, with ``is_member`` and ``size_class`` (``mark_members``) and ``antenna_km`` (kilometres,
        may be null). All firms of the perimeter: partially diffusible ones are learnt from, and not scored.
    on
        The day of the data, for ages.
    folds, seed
        Of the cross-validation. The same seed gives the same, whatever the order of the rows.

    Returns
    -------
    Resemblance or None
        None with fewer than ``NEEDED_MEMBERS`` members, or fewer other firms than folds: none at all, for one.

    Notes
    -----
    Logistic regression on one column for each ``segment``, ``size_class`` and ``category`` (one more where it is null),
    on ``is_employer``, and on ``log(1 + x)`` of ``jobs_estimate``, ``age_years`` and ``antenna_km``, with a column that
    says where the latter two are null and their mean in their stead. Columns are centred, and numbers divided by two
    standard deviations, which puts them on the footing of a yes or no: Gelman, Jakulin, Pittau and Su (2008), "A weakly
    informative default prior distribution for logistic and other regression models", Annals of Applied Statistics 2.
    Dividing yes or no by its standard deviation as well would let the rarest categories vary most. Coefficients, all
    but the intercept, have a normal prior of mean 0 and variance 1 (``C = 1``), narrower than the Cauchy prior of that
    paper: with 30 members it errs less, with 400 hardly more.

    The last column is local: by what factor the odds of the *other* firms of the EPCI (of the commune where there is no
    EPCI) differ from those of all other firms, ``log(odds of the area) - log(p / (1 - p))``, where ``p = M / N`` of the
    other firms, m of n those of the area, and with w for ``LOCAL_PRIOR_MEMBERS``

        ``odds of the area = (m + w) / (n - m + w (1 - p) / p)``.

    A firm's membership does not enter its own value, so a member's is a little lower than its neighbour's, which a
    model could exploit: where one area holds all firms, the rate of the others alone would tell members from the rest
    without fail. Measured against the rate of all others, which is lower by as much, it is 0 there; in general what is
    left of the artefact is a coefficient some tenths below zero where areas do not differ, on a column that is then
    near 0. It is in logarithms of odds, where 1 is the coefficient of a difference that carries over whole: the prior
    keeps it from blowing up small differences, as it could if they were standardised.

    Folds are drawn apart among members and others. For the firms held out, everything that looks at who is a member
    is computed of the firms outside their fold.

    Whether a firm employs follows from its size: it counts in that group, and is no reason of its own.

    The contribution of a group to a firm's score is the sum over its columns of ``coefficient * (value - mean over the
    firms that are no members)``. Reasons are the three largest in absolute value but those that multiply the odds by
    less than ``SMALLEST_REASON`` or divide them by less; those that raise the score come before those that lower it.
    """
    rows = firms.sort_values("siren", ignore_index=True)
    is_member = rows["is_member"].to_numpy(dtype="bool")
    if is_member.sum() < NEEDED_MEMBERS or (~is_member).sum() < folds:
        return None
    features = _features(rows, on=on)
    return Resemblance(
        scores=_scores(rows, features, is_member, on=on),
        quality=_quality(is_member, **_cross_validated(features, is_member, folds=folds, seed=seed)),
    )


def age_years(created_on: pd.Series, *, on: date) -> pd.Series:
    """Return ages in years on a day: a whole number on each anniversary, 0 before the first day, null where unknown.

    ``years + (31 * months + days) / 372``, each the difference of the two dates' years, months and days.
    """
    born = created_on.dt
    months, days = on.month - born.month, on.day - born.day
    ages: pd.Series = (on.year - born.year + (31 * months + days) / 372).clip(lower=0).astype("float64")
    return ages.rename("age_years")


def rank_auc(is_member: np.ndarray, predicted: np.ndarray) -> float:
    """Return how often a member is placed before another firm, a tie being half: ``(R - m (m + 1) / 2) / (m (n - m))``.

    R is the sum of the ranks of the m members among the n firms; there is at least one of each. Hanley and McNeil
    (1982), "The meaning and use of the area under a receiver operating characteristic (ROC) curve", Radiology 143.
    """
    # A third of a second to import: only who fits a model pays.
    from scipy.stats import rankdata  # noqa: PLC0415

    members = int(is_member.sum())
    above = rankdata(predicted)[is_member].sum() - members * (members + 1) / 2
    return float(above / (members * (len(is_member) - members)))


def calibration(is_member: np.ndarray, predicted: np.ndarray, *, bins: int = 10) -> list[dict[str, float | int]]:
    """Compare predicted and observed shares of members, from the least to the most alike.

    Parameters
    ----------
    is_member, predicted
        Of each firm, bool and 0 to 1, shape (n,).
    bins
        Each holds about as many predicted members as the next, not as many firms: nine firms in ten have a rate near
        zero. A bin that no firm falls into, where one firm is predicted more than a bin's worth, is left out.

    Returns
    -------
    list of dict
        ``predicted_pct = 100 * sum of predicted / firms``, ``observed_pct = 100 * members / firms``, ``firms``,
        ``members``; the counts add up to all.
    """
    order = np.argsort(predicted, kind="stable")
    middle = np.cumsum(predicted[order]) - predicted[order] / 2
    which = np.minimum((bins * middle / predicted.sum()).astype("int64"), bins - 1)
    firms = np.bincount(which)
    foreseen, members = (np.bincount(which, weights=of[order]) for of in (predicted, is_member))
    return [
        {
            "predicted_pct": float(100 * foreseen[i] / firms[i]),
            "observed_pct": float(100 * members[i] / firms[i]),
            "firms": int(firms[i]),
            "members": int(members[i]),
        }
        for i in np.flatnonzero(firms)
    ]


def _features(rows: pd.DataFrame, *, on: date) -> _Features:
    age, distance = age_years(rows["created_on"], on=on), rows["antenna_km"]
    by_group = [
        ("size", _yes_or_no(pd.get_dummies(rows["size_class"]))),
        ("size", _number(rows["jobs_estimate"])),
        ("segment", _yes_or_no(pd.get_dummies(rows["segment"]))),
        ("age", _yes_or_no(age.isna().to_frame())),
        ("age", _number(age)),
        ("category", _yes_or_no(pd.get_dummies(rows["category"].fillna("unknown")))),
        ("size", _yes_or_no(rows[["is_employer"]])),
        ("distance", _yes_or_no(distance.isna().to_frame())),
        ("distance", _number(distance)),
    ]
    return _Features(
        columns=np.column_stack([values for _, values in by_group]),
        groups=[group for group, values in by_group for _ in range(values.shape[1])],
        area=pd.factorize(rows["epci_code"].fillna(rows["commune_code"]))[0],
    )


def _yes_or_no(columns: pd.DataFrame) -> np.ndarray:
    values = columns.to_numpy(dtype="float64")
    centred: np.ndarray = values - values.mean(axis=0)
    return centred


def _number(values: pd.Series) -> np.ndarray:
    """Return the centred logarithms in units of two standard deviations, 0 where null, as one column."""
    logs = np.log1p(values.astype("float64"))
    centred = (logs - logs.mean()).fillna(0.0).to_numpy()
    spread = 2 * centred.std()
    # Rounding leaves a hair of spread in a constant column.
    scaled: np.ndarray = centred / (spread if spread > 1e-9 else 1.0)
    return scaled[:, np.newaxis]


def _others(area: np.ndarray, is_member: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each firm the members and the firms of its area among those counted, itself left out."""
    areas, own = int(area.max()) + 1, counted.astype("float64")
    firms = np.bincount(area, weights=own, minlength=areas)[area] - own
    members = np.bincount(area, weights=own * is_member, minlength=areas)[area] - own * is_member
    return members, firms


def _local(area: np.ndarray, is_member: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the local column, of the firms counted; see ``fit_resemblance`` for the formula."""
    m, n = _others(area, is_member, counted)
    everywhere, here = _others(np.zeros_like(area), is_member, counted)
    odds = everywhere / (here - everywhere)
    local: np.ndarray = np.log((m + LOCAL_PRIOR_MEMBERS) / (n - m + LOCAL_PRIOR_MEMBERS / odds)) - np.log(odds)
    return local


def _fitted(features: _Features, is_member: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return all columns for each firm, the local one last, and coefficients and intercept learnt from those counted.

    The intercept takes up that a column's mean over the firms counted is not quite 0.
    """
    # Two seconds to import: only who fits a model pays.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    values = np.column_stack([features.columns, _local(features.area, is_member, counted)])
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8)
    model.fit(values[counted], is_member[counted])
    return values, model.coef_[0], float(model.intercept_[0])


def _scores(rows: pd.DataFrame, features: _Features, is_member: np.ndarray, *, on: date) -> pd.DataFrame:
    everyone = np.ones(len(rows), dtype="bool")
    values, coefficients, intercept = _fitted(features, is_member, everyone)
    columns = (values - values[~is_member].mean(axis=0)) * coefficients
    of_group = np.array([[group == name for name in GROUPS] for group in [*features.groups, "local"]], dtype="float64")
    members, firms = _others(features.area, is_member, everyone)
    scored = pd.DataFrame(
        {
            "siren": rows["siren"],
            "score": 100 * expit(values @ coefficients + intercept),
            **_reasons(columns @ of_group),
            "age_years": age_years(rows["created_on"], on=on),
            "local_penetration_pct": 100 * np.divide(members, firms, out=np.full(len(rows), np.nan), where=firms > 0),
        }
    )
    shown = ~is_member & ~rows["is_partially_diffusible"].to_numpy(dtype="bool")
    scores: pd.DataFrame = scored[shown].reset_index(drop=True)
    return scores


def _reasons(contributions: np.ndarray) -> dict[str, pd.Series]:
    """Return the reasons of each firm by column, from the contributions of the groups, shape (n, groups)."""
    largest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :REASONS]
    chosen = np.take_along_axis(contributions, largest, axis=1)
    kind = np.where(np.abs(chosen) < math.log(SMALLEST_REASON), 2, chosen < 0)
    places = np.argsort(kind, axis=1, kind="stable")
    groups, kinds = (np.take_along_axis(of, places, axis=1) for of in (largest, kind))
    codes = np.array(
        [[f"+{name}" for name in GROUPS], [f"-{name}" for name in GROUPS], [None] * len(GROUPS)], dtype="object"
    )
    return {f"reason_{i + 1}": pd.Series(codes[kinds[:, i], groups[:, i]], dtype="str") for i in range(REASONS)}


def _cross_validated(features: _Features, is_member: np.ndarray, *, folds: int, seed: int) -> dict[str, np.ndarray]:
    """Return for each firm its ``fold``, what it is ``predicted`` without that fold, and the ``base`` rate there."""
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(features.columns, is_member)
    fold, predicted, base = np.zeros(len(is_member), dtype="int64"), np.zeros(len(is_member)), np.zeros(len(is_member))
    for number, (_, held_out) in enumerate(splits):
        counted = np.ones(len(is_member), dtype="bool")
        counted[held_out] = False
        values, coefficients, intercept = _fitted(features, is_member, counted)
        fold[held_out] = number
        predicted[held_out] = expit(values[held_out] @ coefficients + intercept)
        base[held_out] = is_member[counted].mean()
    return {"fold": fold, "predicted": predicted, "base": base}


def _quality(is_member: np.ndarray, fold: np.ndarray, predicted: np.ndarray, base: np.ndarray) -> dict[str, Any]:
    folds = int(fold.max()) + 1
    return {
        "members": int(is_member.sum()),
        "firms": len(is_member),
        "folds": folds,
        "auc": float(np.mean([rank_auc(is_member[fold == i], predicted[fold == i]) for i in range(folds)])),
        "brier": float(((is_member - predicted) ** 2).mean()),
        "brier_base": float(((is_member - base) ** 2).mean()),
        "calibration": calibration(is_member, predicted),
    }
