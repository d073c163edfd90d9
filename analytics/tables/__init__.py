"""The result tables by name: (snapshot, view) to a table, for pages, command line and exports alike.

Nothing that leaves here tells who a partially diffusible unit is: such firms count in every aggregate, and their row,
where rows are listed, has neither name, identifier nor position.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics.errors import UserError
from analytics.metrics.aggregate import LEVEL_COLUMNS, aggregate_by, mark_members, total
from analytics.metrics.penetration import compare_with_rate
from analytics.metrics.penetration import penetration as with_penetration
from analytics.settings import PublishedFigure, Settings
from analytics.sizes import BY_CODE, SIZE_BANDS, SIZE_CLASSES, SIZE_CODES
from analytics.store import Snapshot
from analytics.text import Translator, translator
from analytics.view import View

LEVELS = tuple(LEVEL_COLUMNS)
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
_IDENTIFYING_FIRM = ["siren", "siret", "name", "x_m", "y_m", "longitude", "latitude", "created_on"]
# A member's id is a hash that may be of its SIREN, and there are few enough SIREN to try them all.
_IDENTIFYING_MEMBER = ["member_id", "name", "siren", "commune_code"]


def firms(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the firms of the view, columns of the contract ``FIRMS``; withheld units without identity."""
    del settings
    selected = _selected_firms(snapshot, view)
    return _without_identity(selected, _IDENTIFYING_FIRM)


def members(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the members of the view, former ones too, columns of ``MEMBERS``; withheld units masked."""
    del settings
    return _without_identity(_members_of(snapshot, view, snapshot.table("members")), _IDENTIFYING_MEMBER)


def matches(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return how each member was matched: the roster's row, the firm found, method, score (0 to 100) and outcome."""
    rows = members(snapshot, view, settings)
    names = _named_firms(snapshot).set_index("siren")["name"]
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


def penetration(
    snapshot: Snapshot, view: View, settings: Settings, *, level: str = "department", language: str = "fr"
) -> pd.DataFrame:
    """Return firms, members and their jobs by ``level``, with both penetrations; every area of the level, zeros too.

    Raises
    ------
    UserError
        When the level is unknown.
    """
    areas = _areas(snapshot, view, settings, level=level, language=language)
    counts = aggregate_by(_marked(snapshot, view), level=level, areas=areas["area_code"].tolist())
    return with_penetration(counts).merge(areas, on="area_code", how="left")[PENETRATION_COLUMNS]


def region_totals(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of all the view's firms, columns of ``penetration``."""
    counts = with_penetration(total(_marked(snapshot, view), code=settings.region.code))
    return counts.assign(area_name=settings.region.name)[PENETRATION_COLUMNS]


def comparison(
    snapshot: Snapshot, view: View, settings: Settings, *, level: str = "department", language: str = "fr"
) -> pd.DataFrame:
    """Return ``penetration`` with its exact 95 % interval and what it says beside the view's common rate."""
    table = penetration(snapshot, view, settings, level=level, language=language)
    rate = float(region_totals(snapshot, view, settings)["firm_penetration_pct"].fillna(0).iloc[0])
    return compare_with_rate(table, rate_pct=rate)


def places(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return firms and members by EPCI with the place of its disc: its most populous commune (EPSG:2154, metres)."""
    counts = penetration(snapshot, view, settings, level="epci")
    communes = snapshot.table("communes")
    seats = communes.sort_values("population", ascending=False).drop_duplicates("epci_code")
    located = counts.merge(seats[["epci_code", "x_m", "y_m"]], left_on="area_code", right_on="epci_code", how="left")
    renamed = located.rename(columns={"area_name": "epci_name"})
    return renamed[["epci_code", "epci_name", "x_m", "y_m", "firms", "members", "jobs_estimate", "member_jobs"]]


def key_figures(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the four figures of the cluster and the sector, each beside the published one.

    Columns: ``quantity`` (``members``, ``member_jobs``, ``firms``, ``jobs``), ``value`` (loaded), ``published_value``,
    ``published_date``, ``published_source_fr``, ``published_source_en``, ``approximate``,
    ``gap_pct = 100 * (value / published_value - 1)``. The published figure is of the whole cluster and sector: where
    the view selects a part, it is null. A value that the files do not tell is null, not zero: members without a roster,
    jobs of firms none of which has a size band or employs.
    """
    current = _members_of(snapshot, view, current_members(snapshot))
    selected = _selected_firms(snapshot, view)
    jobs = current["jobs"].fillna(current["siren"].map(selected.set_index("siren")["jobs_estimate"]))
    has_roster = not snapshot.table("members").empty
    says_jobs = selected.empty or bool((selected["size_code"] != "NN").any() or selected["is_employer"].any())
    values = {
        "members": float(len(current)) if has_roster else float("nan"),
        "member_jobs": float(jobs.sum()) if has_roster else float("nan"),
        "firms": float(len(selected)),
        "jobs": float(selected["jobs_estimate"].sum()) if says_jobs else float("nan"),
    }
    whole = view == View(perimeter=view.perimeter)
    rows = [_figure_row(key, value, settings.reference_figure(key) if whole else None) for key, value in values.items()]
    return pd.DataFrame(rows)


def current_members(snapshot: Snapshot) -> pd.DataFrame:
    """Return the members that had not left on the day of the build, columns of the contract ``MEMBERS``."""
    rows = snapshot.table("members")
    built = pd.Timestamp(snapshot.built_at).tz_localize(None)
    return rows[rows["left_on"].isna() | (rows["left_on"] > built)]


Table = Callable[..., pd.DataFrame]
TABLES: dict[str, Table] = {"firms": firms, "members": members, "matches": matches, "penetration": penetration}
_WITH_LEVEL = {"penetration"}


def compute(name: str, snapshot: Snapshot, view: View, settings: Settings, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return the table ``name``; options that it does not take are refused.

    Raises
    ------
    UserError
        When no table has that name, or an option does not belong to it.
    """
    if name not in TABLES:
        raise UserError("table.unknown", name=name, known=", ".join(TABLES))
    if name not in _WITH_LEVEL:
        if options.get("level"):
            raise UserError("table.no_level", name=name)
        options = {}
    return TABLES[name](snapshot, view, settings, **{key: value for key, value in options.items() if value})


def _selected_firms(snapshot: Snapshot, view: View) -> pd.DataFrame:
    table = snapshot.firms(view.perimeter)
    keep = pd.Series(data=True, index=table.index)
    if view.departments:
        keep &= table["department_code"].isin(view.departments)
    if view.segments:
        keep &= table["segment"].isin(view.segments)
    if view.sizes:
        keep &= table["size_code"].isin(view.size_codes)
    if view.employers_only:
        keep &= table["is_employer"]
    return table[keep]


def _marked(snapshot: Snapshot, view: View) -> pd.DataFrame:
    sirens = current_members(snapshot)["siren"].dropna().unique()
    return mark_members(_selected_firms(snapshot, view), member_sirens=sirens)


def _members_of(snapshot: Snapshot, view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Keep all the members where the view selects no part; else those whose firm is in it."""
    if view == View(perimeter=view.perimeter):
        return rows
    return rows[rows["siren"].isin(_selected_firms(snapshot, view)["siren"])]


def _named_firms(snapshot: Snapshot) -> pd.DataFrame:
    tables = [snapshot.firms(perimeter) for perimeter in snapshot.perimeters]
    rows = pd.concat([t.loc[~t["is_partially_diffusible"], ["siren", "name"]] for t in tables])
    return rows.drop_duplicates("siren")


def _without_identity(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    withheld = table["is_partially_diffusible"]
    return table.assign(**{column: table[column].mask(withheld) for column in columns}).reset_index(drop=True)


def _areas(snapshot: Snapshot, view: View, settings: Settings, *, level: str, language: str) -> pd.DataFrame:
    t = translator(language)
    if level == "segment":
        pairs = [(key, segment.name.in_language(language)) for key, segment in settings.segments.items()]
    elif level == "size":
        pairs = [(code, _size_label(t, code)) for code in SIZE_CODES]
    elif level == "size_class":
        pairs = [(key, t(f"size.class_{key}")) for key in SIZE_CLASSES]
    elif level in LEVELS:
        return _places_of(snapshot, view, level=level)
    else:
        raise UserError("table.unknown_level", level=level, known=", ".join(LEVELS))
    return pd.DataFrame(pairs, columns=["area_code", "area_name"])


def _places_of(snapshot: Snapshot, view: View, *, level: str) -> pd.DataFrame:
    communes = snapshot.table("communes")
    if view.departments:
        communes = communes[communes["department_code"].isin(view.departments)]
    if level == "commune":
        rows = communes.rename(columns={"commune_code": "area_code", "name": "area_name"})
    else:
        areas = snapshot.table("departments" if level == "department" else "epcis")
        rows = areas[areas["area_code"].isin(communes[LEVEL_COLUMNS[level]])]
    return rows[["area_code", "area_name"]].reset_index(drop=True)


def _size_label(t: Translator, code: str) -> str:
    band = BY_CODE[code]
    if code in {"NN", "00"}:
        return t(f"size.band_{code}")
    if band == SIZE_BANDS[-1]:
        return t("size.band_open", low=t.number(band.low))
    return t("size.band", low=t.number(band.low), high=t.number(band.high))


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
