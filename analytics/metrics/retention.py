"""How long members stay: the share that leaves in a year, and the curve of those who are still there."""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, norm

Floats = npt.NDArray[np.float64]

# With fewer departures, or with fewer members of known arrival, the roster tells nothing of how many leave.
LEAST_DEPARTURES = 5
LEAST_DATED = 0.5
# A curve that falls when one of three leaves tells of those three.
LEAST_AT_RISK = 10
DAYS = 365.25
SURVIVAL_COLUMNS = ["years", "at_risk", "departures", "staying_pct", "low_pct", "high_pct"]
OLDEST = pd.Timestamp(1900, 1, 1)


class Churn(NamedTuple):
    """The share of members that leaves in a year, in percent, with the 95 % interval, and what it was counted from."""

    churn_pct: float
    low_pct: float
    high_pct: float
    departures: int
    member_years: float
    since: date


def dated_stays(members: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Return when each member came and went, of those whose days can serve.

    Parameters
    ----------
    members
        ``joined_on`` and ``left_on`` (null while a member).
    on
        The day on which the roster was looked at.

    Returns
    -------
    DataFrame
        ``joined_on``, ``left_on``. A stay that has not begun ``on`` that day, without the day of joining or with one
        before 1900, or that ends before it begins, is left out; one that ends later is still a stay (null).
    """
    joined, left, today = members["joined_on"], members["left_on"], pd.Timestamp(on)
    is_sound = joined.between(OLDEST, today) & (left.isna() | (left >= joined))
    stays = members.loc[is_sound, ["joined_on", "left_on"]].reset_index(drop=True)
    return stays.assign(left_on=stays["left_on"].mask(stays["left_on"] > today))


def observed_churn(members: pd.DataFrame, *, on: date) -> Churn | None:
    """Return the yearly churn that the roster shows, or None where it does not allow to tell.

    Departures are counted over the member-years at risk: an occurrence-exposure rate ``h``, of which the share that
    leaves in a year is ``1 - exp(-h)``. A roster keeps its leavers from some year on; before the first of them nobody
    seems ever to have left. So counting begins on 1 January of the year after the first recorded departure, and only
    the time after it is time at risk.

    Parameters
    ----------
    members
        As ``dated_stays`` takes them.

    Returns
    -------
    Churn or None
        None where fewer than half of the members have days that can serve, or fewer than ``LEAST_DEPARTURES`` left in
        the time counted. The interval is the exact one of a Poisson count (Garwood 1936), carried to the share.
    """
    stays = dated_stays(members, on=on)
    if len(stays) < LEAST_DATED * len(members) or stays["left_on"].notna().sum() == 0:
        return None
    since, today = _begin(stays), pd.Timestamp(on)
    end = stays["left_on"].fillna(today)
    departures = int((stays["left_on"] > since).sum())
    entry = stays["joined_on"].where(stays["joined_on"] > since, since)
    at_risk = float((end - entry).dt.days.clip(lower=0).sum()) / DAYS
    if departures < LEAST_DEPARTURES or at_risk <= 0:
        return None
    low, high = chi2.ppf(0.025, 2 * departures) / 2, chi2.ppf(0.975, 2 * departures + 2) / 2
    churn, least, most = (100 * -math.expm1(-count / at_risk) for count in (departures, low, high))
    return Churn(churn, least, most, departures, at_risk, since.date())


def survival(members: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Return the share of members who are still there so long after they joined: the product-limit estimator.

    Kaplan and Meier (1958) with late entry: a member who joined before counting began (``observed_churn``) is at risk
    from then on, at the length of stay that it had, else those who had left unrecorded would pass for stayers.
    ``S(t) = prod over t_i <= t of (1 - d_i / n_i)``, ``d_i`` departures among ``n_i`` members at risk just before
    ``t_i``. Departures where fewer than ``LEAST_AT_RISK`` are at risk are left out: so few at the ends would decide the
    whole curve. The 95 % limits are those of ``log(-log S)`` with Greenwood's variance, null where ``S`` is 0 or 1.

    Parameters
    ----------
    members
        As ``dated_stays`` takes them.

    Returns
    -------
    DataFrame
        A row a length of stay at which somebody left, after one at zero and before one at the longest stay that ten
        have: ``years``, ``at_risk``, ``departures``, ``staying_pct``, ``low_pct``, ``high_pct``. No row where nobody is
        known to have left, or fewer than ten are followed.

    References
    ----------
    E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", *Journal of the American
    Statistical Association* 53 (1958), 457-481; for late entry W.-Y. Tsai, N. P. Jewell and M.-C. Wang, "A note on the
    product-limit estimator under right censoring and left truncation", *Biometrika* 74 (1987), 883-886.
    """
    stays = dated_stays(members, on=on)
    if not stays["left_on"].notna().any():
        return pd.DataFrame(columns=SURVIVAL_COLUMNS, dtype="float64")
    since = _begin(stays)
    entry: Floats = (since - stays["joined_on"]).dt.days.clip(lower=0).to_numpy(dtype=np.float64)
    end = (stays["left_on"].fillna(pd.Timestamp(on)) - stays["joined_on"]).dt.days.to_numpy(dtype=np.float64)
    curve = product_limit(entry / DAYS, end / DAYS, stays["left_on"].notna().to_numpy(), at_least=LEAST_AT_RISK)
    followed: Floats = np.sort(end[end > entry])[::-1] / DAYS
    if followed.size < LEAST_AT_RISK:
        return pd.DataFrame(columns=SURVIVAL_COLUMNS, dtype="float64")
    longest = followed[LEAST_AT_RISK - 1]
    last = curve.tail(1).assign(years=longest, at_risk=float(LEAST_AT_RISK), departures=0.0)
    return pd.concat([curve, last], ignore_index=True) if longest > curve["years"].iloc[-1] else curve


def product_limit(
    entry: Floats, end: Floats, is_departure: npt.NDArray[np.bool_], *, at_least: int = 1
) -> pd.DataFrame:
    """Return the curve of stays given by their length at entry under observation and at its end, in years.

    Times at which fewer than ``at_least`` are at risk are left out.
    """
    is_seen = end > entry
    entry, end, is_departure = entry[is_seen], end[is_seen], is_departure[is_seen]
    times: Floats = np.unique(end[is_departure])
    at_risk: Floats = ((entry < times[:, None]) & (end >= times[:, None])).sum(axis=1).astype(np.float64)
    is_told: npt.NDArray[np.bool_] = at_risk >= at_least
    times, at_risk = times[is_told], at_risk[is_told]
    left: Floats = ((end == times[:, None]) & is_departure).sum(axis=1).astype(np.float64)
    staying = np.asarray(np.cumprod(1 - left / at_risk), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood: Floats = np.cumsum(left / (at_risk * (at_risk - left)))
        width = np.asarray(norm.ppf(0.975) * np.sqrt(greenwood) / np.abs(np.log(staying)), dtype=np.float64)
        low, high = np.power(staying, np.exp(width)), np.power(staying, np.exp(-width))
    is_inside: npt.NDArray[np.bool_] = (staying > 0) & (staying < 1)
    limits = {"low_pct": np.where(is_inside, low, np.nan), "high_pct": np.where(is_inside, high, np.nan)}
    start = {"low_pct": [100.0], "high_pct": [100.0]}
    columns = {"years": times, "at_risk": at_risk, "departures": left, "staying_pct": 100 * staying}
    first = {"years": [0.0], "at_risk": [float((entry <= 0).sum())], "departures": [0.0], "staying_pct": [100.0]}
    rows = pd.DataFrame({**columns, **{name: 100 * values for name, values in limits.items()}})
    return pd.concat([pd.DataFrame({**first, **start}), rows], ignore_index=True)


def _begin(stays: pd.DataFrame) -> pd.Timestamp:
    """Return when counting begins: 1 January after the first recorded departure, which says that they are recorded."""
    return pd.Timestamp(int(stays["left_on"].min().year) + 1, 1, 1)
