"""What share of firms and jobs members hold, and the figures of the whole beside the published ones."""

from __future__ import annotations

import pandas as pd

from analytics.metrics.aggregate import aggregate_by, total
from analytics.metrics.penetration import compare_with_rate
from analytics.metrics.penetration import penetration as with_penetration
from analytics.metrics.shrinkage import shrink_penetration
from analytics.results.areas import areas_of, main_places, shown_areas
from analytics.results.selection import (
    all_departments,
    current_members,
    marked_firms,
    members_of,
    says_jobs,
    selected_firms,
    standing_firms,
)
from analytics.settings import PublishedFigure, Settings
from analytics.store import Snapshot
from analytics.view import View

PENETRATION_COLUMNS = [
    "area_code",
    "area_name",
    "firms",
    "members",
    "firm_penetration_pct",
    "jobs_estimate",
    "member_jobs",
    "job_penetration_pct",
]
SHRUNK_COLUMNS = [
    "area_code",
    "area_name",
    "firms",
    "members",
    "firm_penetration_pct",
    "firm_penetration_shrunk_pct",
    "firm_penetration_shrunk_low_pct",
    "firm_penetration_shrunk_high_pct",
    "probability_under_rate",
]
# Levels whose column ``standing.stand`` adds.
_STANDING_LEVELS = {"antenna", "segment_size"}
_PLACES = {"department", "epci", "commune", "antenna"}


def penetration(
    snapshot: Snapshot, view: View, settings: Settings, *, level: str = "department", language: str = "fr"
) -> pd.DataFrame:
    """Return firms, members and their jobs by ``level``, with both penetrations; every area of the level, zeros too.

    Raises
    ------
    UserError
        When the level is unknown.
    """
    return _counts(snapshot, view, settings, level=level, language=language)


def shrunk_penetration(
    snapshot: Snapshot, view: View, settings: Settings, *, level: str = "department", language: str = "fr"
) -> pd.DataFrame:
    """Return the penetration of firms by ``level`` as small numbers allow to state it; ``SHRUNK_COLUMNS``.

    With its 90 % interval and its probability of lying under the region's rate (``shrinkage.shrink_penetration``).
    Departments choose which places are returned; each is whole, and shrunk among all of the region.

    Raises
    ------
    UserError
        When the level is unknown.
    """
    wide = all_departments(view) if level in _PLACES else view
    shrunk = shrink_penetration(_counts(snapshot, wide, settings, level=level, language=language))
    shown = shown_areas(snapshot, view, settings, level=level, language=language)
    return shrunk.loc[shrunk["area_code"].isin(shown), SHRUNK_COLUMNS].reset_index(drop=True)


def region_totals(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of all the view's firms, columns of ``PENETRATION_COLUMNS``."""
    counts = with_penetration(total(marked_firms(snapshot, view), code=settings.region.code))
    return counts.assign(area_name=settings.region.name)[PENETRATION_COLUMNS]


def comparison(
    snapshot: Snapshot, view: View, settings: Settings, *, level: str = "department", language: str = "fr"
) -> pd.DataFrame:
    """Return counts and penetrations with the exact 95 % interval and what it says beside the view's common rate."""
    table = _counts(snapshot, view, settings, level=level, language=language)
    rate = float(region_totals(snapshot, view, settings)["firm_penetration_pct"].fillna(0).iloc[0])
    return compare_with_rate(table, rate_pct=rate)


def places(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return firms and members by EPCI with the place of its disc: its most populous commune (EPSG:2154, metres)."""
    counts = _counts(snapshot, view, settings, level="epci")
    located = counts.merge(main_places(snapshot, level="epci"), on="area_code", how="left")
    renamed = located.rename(columns={"area_code": "epci_code", "area_name": "epci_name"})
    return renamed[["epci_code", "epci_name", "x_m", "y_m", "firms", "members", "jobs_estimate", "member_jobs"]]


def key_figures(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the four figures of the cluster and the sector, each beside the published one.

    Columns: ``quantity`` (``members``, ``member_jobs``, ``firms``, ``jobs``), ``value`` (loaded), ``published_value``,
    ``published_date``, ``published_source_fr``, ``published_source_en``, ``approximate``,
    ``gap_pct = 100 * (value / published_value - 1)``. The published figure is of the whole cluster and sector: where
    the view selects a part, it is null. A value that the files do not tell is null, not zero: members without a roster,
    jobs of firms none of which has a size band or employs.
    """
    current = members_of(snapshot, view, current_members(snapshot))
    selected = selected_firms(snapshot, view)
    jobs = current["jobs"].fillna(current["siren"].map(selected.set_index("siren")["jobs_estimate"]))
    has_roster = not snapshot.table("members").empty
    values = {
        "members": float(len(current)) if has_roster else float("nan"),
        "member_jobs": float(jobs.sum()) if has_roster else float("nan"),
        "firms": float(len(selected)),
        "jobs": float(selected["jobs_estimate"].sum()) if says_jobs(selected) else float("nan"),
    }
    published = {key: settings.reference_figure(key) if view.selects_all else None for key in values}
    return pd.DataFrame([_figure_row(key, value, published[key]) for key, value in values.items()])


def _counts(snapshot: Snapshot, view: View, settings: Settings, *, level: str, language: str = "fr") -> pd.DataFrame:
    areas = areas_of(snapshot, view, settings, level=level, language=language)
    firms = standing_firms(snapshot, view) if level in _STANDING_LEVELS else marked_firms(snapshot, view)
    counts = aggregate_by(firms, level=level, areas=areas["area_code"].tolist())
    return with_penetration(counts).merge(areas, on="area_code", how="left")[PENETRATION_COLUMNS]


def _figure_row(quantity: str, value: float, published: PublishedFigure | None) -> dict[str, object]:
    return {
        "quantity": quantity,
        "value": value,
        "published_value": published.value if published else float("nan"),
        "published_date": published.date if published else None,
        "published_source_fr": published.source.fr if published else None,
        "published_source_en": published.source.en if published else None,
        "approximate": bool(published and published.approximate),
        "gap_pct": 100 * (value / published.value - 1) if published else float("nan"),
    }
