"""The budget: the published figures by hand, the roster's dues first, and nothing where nothing is published."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics.budget import Budget, budget

PUBLISHED: dict[str, Any] = {
    "members": 400,
    "roster_dues": None,
    "published_members": 400,
    "budget_eur": 1_200_000,
    "self_financed_pct": 60,
    "grants_pct": 40,
    "cut_pct": 25,
}
UNPUBLISHED = PUBLISHED | dict.fromkeys(["published_members", "budget_eur", "self_financed_pct", "grants_pct"])


def test_the_published_figures_by_hand() -> None:
    # 720,000 over 400 are 1,800 each; a quarter of 480,000 is 120,000, the dues of 66.7 members.
    found = budget(**PUBLISHED)
    assert found[:6] == (1_800, False, 720_000, 720_000, 480_000, 1_200_000)
    assert found.lost == 120_000
    assert found.recruits_to_offset == pytest.approx(66.667, abs=1e-3)


def test_the_roster_says_the_dues_first() -> None:
    # 410 members at 1,000; the published figures stand beside them, and 120,000 are the dues of 120.
    found = budget(**PUBLISHED | {"members": 410, "roster_dues": 1_000.0})
    assert found == Budget(1_000, True, 410_000, 720_000, 480_000, 1_200_000, 120_000, 120)


def test_members_of_today_pay_what_the_published_ones_paid() -> None:
    found = budget(**PUBLISHED | {"members": 420})
    assert (found.dues_per_member, found.dues, found.own) == (1_800, 756_000, 720_000)


@pytest.mark.parametrize(("cut", "lost", "recruits"), [(0, 0, 0), (100, 480_000, 480_000 / 1_800)])
def test_no_cut_and_all_of_it(cut: float, lost: float, recruits: float) -> None:
    found = budget(**PUBLISHED | {"cut_pct": cut})
    assert (found.lost, found.recruits_to_offset) == pytest.approx((lost, recruits))


def test_where_nothing_is_published() -> None:
    assert budget(**UNPUBLISHED) == Budget(None, False, *[None] * 6)
    assert budget(**UNPUBLISHED | {"roster_dues": 1_000.0}) == Budget(1_000, True, 400_000, *[None] * 5)


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        ({"published_members": None}, (None, False, None, 720_000, 480_000, 1_200_000, 120_000, None)),
        ({"published_members": 0}, (None, False, None, 720_000, 480_000, 1_200_000, 120_000, None)),
        ({"self_financed_pct": None}, (None, False, None, None, 480_000, 1_200_000, 120_000, None)),
        ({"budget_eur": None}, (None, False, None, None, None, None, None, None)),
        ({"grants_pct": None}, (1_800, False, 720_000, 720_000, None, 1_200_000, None, None)),
        # Members who pay nothing stand for no grant.
        ({"roster_dues": 0.0}, (0, True, 0, 720_000, 480_000, 1_200_000, 120_000, None)),
    ],
)
def test_where_a_part_is_not_published(lacking: dict[str, float | None], expected: tuple[float | None, ...]) -> None:
    assert budget(**PUBLISHED | lacking) == expected


@given(st.integers(0, 1_000), st.floats(100, 10_000), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_recruits_pay_what_is_lost(
    members: int, dues: float, self_financed_pct: float, grants_pct: float, cut_pct: float
) -> None:
    said = {"self_financed_pct": self_financed_pct, "grants_pct": grants_pct, "cut_pct": cut_pct}
    found = budget(**PUBLISHED | said | {"members": members, "roster_dues": dues})
    assert found.recruits_to_offset is not None
    assert found.recruits_to_offset * dues == pytest.approx(found.lost)
    assert found.dues == members * dues
    assert found.own == pytest.approx(12_000 * self_financed_pct)
