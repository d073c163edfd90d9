"""Firms next to a legal step of size: from small or medium to mid-size, and from mid-size to large."""

from __future__ import annotations

import pandas as pd

from analytics.metrics.aggregate import aggregate_by
from analytics.metrics.penetration import penetration
from analytics.sizes import SIZE_CODES

UNKNOWN = "unknown"
CATEGORIES = ("PME", "ETI", "GE", UNKNOWN)
# The category to be reached, by the present one and the band.
STEPS: dict[tuple[str, str], str] = {
    ("PME", "22"): "ETI",
    ("PME", "31"): "ETI",
    ("ETI", "42"): "GE",
    ("ETI", "51"): "GE",
}


def thresholds(marked: pd.DataFrame) -> pd.DataFrame:
    """Count firms and members by INSEE's category and size band, and say which stand next to a step.

    Parameters
    ----------
    marked
        Firms as ``aggregate.mark_members`` returns them, with ``category`` (``PME``, ``ETI``, ``GE`` or null) and
        ``size_code``.

    Returns
    -------
    DataFrame
        One row a category and band with at least one firm, in the order of ``CATEGORIES`` and ``SIZE_CODES``:
        ``category`` (``unknown`` where null), ``band`` (a size code), ``step`` (the category to be reached: ``ETI`` or
        ``GE``; null where the band stands next to no step), ``firms``, ``members`` (counts),
        ``firm_penetration_pct = 100 * members / firms``.

    Notes
    -----
    Decree 2008-1354 of 18 December 2008, article 3, for article 51 of the law on the modernisation of the economy
    (2008-776, 4 August 2008): a PME employs fewer than 250 persons, and its turnover is not above 50 M€ or its balance
    sheet not above 43 M€; an ETI is no PME and employs fewer than 5,000, with 1,500 M€ or 2,000 M€; a GE is the rest.

    Next to a step stand the two bands that end there: 100-199 and 200-249 persons for ETI, 1,000-1,999 and
    2,000-4,999 for GE. The last band alone would miss most firms for which the step is a question of years: from 100
    persons the step is two and a half times away, from 1,000 five times. A firm counts by its present category too:
    one with 120 persons that already is an ETI, by its turnover or as part of a group, has the step behind it.

    The category is that of the whole enterprise, groups included and all over France; the band counts the persons
    employed in the region. So a firm may be nearer to the step than its band says, not farther.
    """
    rows = marked.assign(category=marked["category"].fillna(UNKNOWN))
    parts = [_count_bands(rows[rows["category"] == category], category=category) for category in CATEGORIES]
    counts = penetration(pd.concat(parts, ignore_index=True))
    steps = [STEPS.get(pair) for pair in zip(counts["category"], counts["band"], strict=True)]
    return counts.assign(step=pd.Series(steps, index=counts.index, dtype="str"))[
        ["category", "band", "step", "firms", "members", "firm_penetration_pct"]
    ]


def _count_bands(firms: pd.DataFrame, *, category: str) -> pd.DataFrame:
    counts = aggregate_by(firms, level="size", areas=SIZE_CODES).rename(columns={"area_code": "band"})
    return counts[counts["firms"] > 0].assign(category=category)
