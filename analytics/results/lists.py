"""Firms, members and their matches, row by row."""

from __future__ import annotations

import pandas as pd

from analytics.results.selection import (
    IDENTIFYING_FIRM,
    IDENTIFYING_MEMBER,
    members_of,
    named_firms,
    selected_firms,
    without_identity,
)
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.view import View


def firms(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the firms of the view, columns of the contract ``FIRMS``; withheld units without identity."""
    del settings
    selected = selected_firms(snapshot, view)
    return without_identity(selected, IDENTIFYING_FIRM)


def members(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the members of the view, former ones too, columns of ``MEMBERS``; withheld units masked."""
    del settings
    return without_identity(members_of(snapshot, view, snapshot.table("members")), IDENTIFYING_MEMBER)


def matches(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return how each member was matched: the roster's row, the firm found, method, score (0 to 100) and outcome."""
    rows = members(snapshot, view, settings)
    names = named_firms(snapshot).set_index("siren")["name"]
    return rows.assign(firm_name=rows["siren"].map(names).astype("str"))[
        [
            "member_id",
            "source_row",
            "name",
            "commune_code",
            "match_decision",
            "match_method",
            "match_score",
            "siren",
            "firm_name",
            "is_in_perimeter",
        ]
    ]


def review(snapshot: Snapshot) -> pd.DataFrame:
    """Return the firms that each member to review may be, best first.

    Columns: ``member_id, source_row, member_name, rank, siren, firm_name, commune_name, score, reason``.
    """
    communes = snapshot.table("communes").set_index("commune_code")["name"]
    to_review = snapshot.table("members").query("match_decision == 'to_review'")[["member_id", "name", "source_row"]]
    candidates = snapshot.table("candidates").rename(columns={"name": "firm_name"})
    joined = to_review.rename(columns={"name": "member_name"}).merge(candidates, on="member_id", how="left")
    return joined.assign(commune_name=joined["commune_code"].map(communes).astype("str"))[
        [
            "member_id",
            "source_row",
            "member_name",
            "rank",
            "siren",
            "firm_name",
            "commune_name",
            "score",
            "reason",
        ]
    ].sort_values(["source_row", "rank"], ignore_index=True)
