"""How many members follow each outreach programme ("axe") of the cluster."""

from __future__ import annotations

import pandas as pd

from analytics.results.selection import current_members, members_of
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.view import View

AXES_COLUMNS = ["axis", "members", "told", "share_pct"]
# How the contract of members parts the axes of one.
SEPARATOR = "; "


def axes(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the members of the view by axis of the settings, in their order; a member counts in each of its axes.

    ``told`` is how many members say an axis at all, whatever it is: ``share_pct = 100 members / told``, null where none
    does.
    """
    current = members_of(snapshot, view, current_members(snapshot))
    given = current["axes"].dropna().str.split(SEPARATOR)
    counts = given.explode().value_counts()
    members = [int(counts.get(axis, 0)) for axis in settings.cluster.axes]
    told = len(given)
    return pd.DataFrame(
        {
            "axis": list(settings.cluster.axes),
            "members": members,
            "told": told,
            "share_pct": [100 * count / told if told else float("nan") for count in members],
        },
        columns=AXES_COLUMNS,
    )
