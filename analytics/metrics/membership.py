"""How many members there will be: those who stay, and those who are recruited.

Over a year a share ``c`` of the members leaves (churn), then ``r`` are recruited: ``M(t + 1) = M(t) (1 - c) + r``. With
``q = 1 - c`` and the same ``r`` every year, ``M(t) = M(0) q**t + r (1 - q**t) / (1 - q)``, or ``M(0) + r t`` where
nobody leaves. Members and recruits are expectations, not whole numbers; a recruit's first churn is the next year's.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Farther ahead no plan looks: what is not reached by then never is.
LAST_YEAR = 100


def members_after(members: float, *, recruits: float, churn_pct: float, years: int) -> Floats:
    """Return the members at each year's end, from today (0) to ``years``: the closed form, (years + 1,)."""
    kept, added = _shares(churn_pct, np.arange(years + 1, dtype=np.float64))
    return members * kept + recruits * added


def follow(members: float, *, recruits: Floats, churn_pct: float) -> Floats:
    """Return the members at each year's end, from today on, as the recruits of each year, (years,), make them."""
    stay, path = 1 - churn_pct / 100, [members]
    for joined in recruits:
        path.append(path[-1] * stay + float(joined))
    return np.array(path)


def recruits_to_reach(members: float, *, target: float, churn_pct: float, years: int) -> float:
    """Return how many recruits a year give ``target`` members after ``years``; zero where they do without.

    ``r = (target - M(0) q**T) (1 - q) / (1 - q**T)``.

    Raises
    ------
    ValueError
        When there is not a year to do it in.
    """
    if years < 1:
        raise ValueError(f"years: {years}")
    kept, added = _shares(churn_pct, np.array([float(years)]))
    return max(0.0, float((target - members * kept[0]) / added[0]))


def recruits_to_hold(members: float, *, rate_pct: float, churn_pct: float, years: int) -> Floats:
    """Return the recruits of each year that keep the members' share of firms that grow at ``rate_pct``: (years,).

    The members must grow as the firms do: ``r(t) = M(t) (g + c)``, ``M(t) = M(0) (1 + g)**t``. Where firms become fewer
    than members leave by themselves nothing need be done, and the share rises: ``r = 0``.
    """
    needed = max(0.0, (rate_pct + churn_pct) / 100)
    growth: Floats = np.power(1 + rate_pct / 100, np.arange(years, dtype=np.float64))
    return members * growth * needed


def limit(*, recruits: float, churn_pct: float) -> float:
    """Return the number towards which the members tend, ``r / c``, where as many leave as come.

    Infinite where nobody leaves; NaN where nobody comes either.
    """
    if churn_pct == 0:
        return math.inf if recruits > 0 else math.nan
    return 100 * recruits / churn_pct


def year_reached(
    members: float, *, target: npt.ArrayLike, recruits: float, churn_pct: float, years: int = LAST_YEAR
) -> int | None:
    """Return the first year in which so many recruits a year give ``target`` members, or None: never, in a century.

    Parameters
    ----------
    target
        A number, or one a year from 0 to ``years`` (a share of firms that grow asks for ever more members).
    """
    ends = limit(recruits=recruits, churn_pct=churn_pct)
    if np.ndim(target) == 0 and churn_pct < 100 and members < float(np.asarray(target)) >= ends:
        return None  # It comes ever nearer; where all leave it is there at once.
    path = members_after(members, recruits=recruits, churn_pct=churn_pct, years=years)
    # The closed form carries rounding of its last digits.
    wanted: Floats = np.broadcast_to(np.asarray(target, dtype=np.float64), path.shape) * (1 - 1e-12)
    found: npt.NDArray[np.intp] = np.flatnonzero(path >= wanted)
    return int(found[0]) if found.size else None


def probability_of_falling_share(members: Floats, growth: Floats) -> Floats:
    """Return, year by year, the share of paths on which members are fewer a firm than today.

    Parameters
    ----------
    members
        From today on, (years + 1,).
    growth
        Of the firms since today, (paths, years + 1), as ``growth.simulate`` returns it.

    Returns
    -------
    array
        ``P(M(t) / N(t) < M(0) / N(0))``, (years + 1,), 0 to 1; an equal share is no fall.
    """
    if not members[0]:
        return np.zeros(len(members))
    share: Floats = members / members[0]
    falling: Floats = (share < growth * (1 - 1e-12)).mean(axis=0)
    return falling


def _shares(churn_pct: float, years: Floats) -> tuple[Floats, Floats]:
    """Return what is left of a member after so many years, and of one recruit in each of them."""
    if not 0 <= churn_pct <= 100:
        raise ValueError(f"churn in percent: {churn_pct}")
    stay = 1 - churn_pct / 100
    kept: Floats = np.power(stay, years)
    # 1 + q + ... + q**(t - 1): summed, since (1 - q**t) / (1 - q) loses its digits where hardly anybody leaves.
    added: Floats = np.array([np.power(stay, np.arange(count)).sum() for count in years])
    return kept, added
