"""What members pay, what the public pays, and how many recruits stand for how much of it."""

from __future__ import annotations

import math
from typing import NamedTuple


class Budget(NamedTuple):
    """A year's money, in euros; None where neither the roster nor a published figure tells.

    Attributes
    ----------
    dues_per_member, is_from_roster
        Mean dues of a member, and whether the roster says them: else they are the published self-financing over the
        members, which holds other income too.
    dues
        Of all members.
    own, grants, total
        Own resources (dues and other income), public grants and the budget, as published.
    lost, recruits_to_offset
        The grants cut, and the members whose dues stand for them.
    """

    dues_per_member: float | None
    is_from_roster: bool
    dues: float | None
    own: float | None
    grants: float | None
    total: float | None
    lost: float | None
    recruits_to_offset: float | None


def budget(
    *,
    members: int,
    roster_dues: float | None,
    published_members: float | None,
    budget_eur: float | None,
    self_financed_pct: float | None,
    grants_pct: float | None,
    cut_pct: float,
) -> Budget:
    """Return where the money comes from, and what a cut in public grants asks of recruiting.

    Parameters
    ----------
    members
        Current ones, of the whole cluster.
    roster_dues
        Mean dues of the members whose dues the roster gives, euros a year; None where it does not tell.
    published_members, budget_eur, self_financed_pct, grants_pct
        As published; None where they are not.
    cut_pct
        The part of the grants that is lost, in percent, 0 to 100.

    Returns
    -------
    Budget
        ``lost = cut_pct / 100 * grants``; ``recruits_to_offset = lost / dues_per_member``, on top of those who stand
        for members that leave.
    """
    own = _part(budget_eur, self_financed_pct)
    per_member = roster_dues if roster_dues is not None else _over(own, published_members)
    grants = _part(budget_eur, grants_pct)
    lost = _part(grants, cut_pct)
    dues = None if per_member is None else per_member * members
    offset = _over(lost, per_member)
    return Budget(per_member, roster_dues is not None, dues, own, grants, budget_eur, lost, offset)


def _part(value: float | None, percent: float | None) -> float | None:
    return None if value is None or percent is None else value * percent / 100


def _over(value: float | None, divisor: float | None) -> float | None:
    return None if value is None or not divisor or math.isnan(divisor) else value / divisor
