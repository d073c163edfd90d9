"""Pieces of the overview: sentences with their figures, grids of squares, tables as they are shown."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from analytics.export import provenance
from analytics.text import Translator, findings
from pages.shared import blocks
from pages.shared.loaders import Reader

_OURS = {"members", "member_jobs"}
_ROLE = {"members": "members", "member_jobs": "members", "firms": "register", "jobs": "register"}
_RATE_COLUMNS = [
    "area_name",
    "firms",
    "members",
    "firm_penetration_pct",
    "firm_penetration_low_pct",
    "firm_penetration_high_pct",
    "verdict",
    "jobs_estimate",
    "member_jobs",
    "job_penetration_pct",
]


def rate_pct(totals: pd.DataFrame) -> float:
    """Return the penetration of the whole selection, in percent; zero without a firm."""
    return float(totals["firm_penetration_pct"].fillna(0).iloc[0])


def key_figures(reader: Reader) -> None:
    """Draw the four figures, each with what was published, the gap, the source and its day.

    The members are those of the roster; where not all are firms of the sector, whose shares follow, it is said.
    """
    in_sector = int(reader.table("region_totals")["members"].iloc[0])
    cards = [_card(reader, row, in_sector=in_sector) for _, row in reader.table("key_figures").iterrows()]
    st.html(f'<div class="figures">{"".join(cards)}</div>')


def hundred_squares(reader: Reader, totals: pd.DataFrame) -> None:
    """Draw both shares as squares of a hundred, and say why they differ."""
    row, t = totals.fillna(0.0).iloc[0], reader.t
    pairs = (("firms", row.firm_penetration_pct), ("jobs", row.job_penetration_pct))
    grids = "".join(_grid(t.percent(share), t(f"overview.of_{what}"), float(share)) for what, share in pairs)
    if row.members:
        st.html(f'<div class="squares">{grids}</div>')
    st.html(f'<div class="finding">{_emphasis(findings.shares_reason(totals, t))}</div>')


def shares_table(totals: pd.DataFrame) -> pd.DataFrame:
    """Return both shares with what they are shares of."""
    return totals.drop(columns=["area_code"])


def places_table(places: pd.DataFrame) -> pd.DataFrame:
    """Return firms and members by EPCI, most members first."""
    kept = places.loc[places["firms"] > 0, ["epci_name", "firms", "members", "jobs_estimate", "member_jobs"]]
    return kept.sort_values(["members", "firms"], ascending=False, ignore_index=True)


def rates_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table behind a figure of rates."""
    return table[[column for column in _RATE_COLUMNS if column != "verdict"]]


def rows_to_show(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the areas that have a firm: departments by members, segments and sizes in their own order."""
    present = table[table["firms"] > 0]
    if level == "department":
        present = present.sort_values(["members", "firms"], ascending=False)
    return present.reset_index(drop=True)


def map_key(t: Translator) -> str:
    """Return the key of the map."""
    dots = [
        blocks.dot(role, t(f"overview.map_{what}_dot"))
        for role, what in (("sector", "firms"), ("ours", "members"), ("ring", "antenna"))
    ]
    return f"{escape(t('overview.map_subtitle'))} {' · '.join(dots)}"


def rates_key(t: Translator) -> str:
    """Return the key of a figure of rates."""
    dots = [
        blocks.dot("gap", t("overview.under")),
        blocks.dot("ours", t("overview.over")),
        blocks.dot("neutral", t("overview.inconclusive"), strong=False),
    ]
    return f"{escape(t('overview.rates_subtitle'))} {' · '.join(dots)}"


def counts_alt(shown: pd.DataFrame, t: Translator) -> str:
    """Return what a figure of counts shows, read aloud: how many in all, and where most are."""
    most = shown.sort_values("firms", ascending=False, kind="stable").iloc[0]
    return t(
        "access.counts",
        firms=t.number(shown["firms"].sum()),
        members=t.number(shown["members"].sum()),
        count=t.number(len(shown)),
        name=most["area_name"],
        most=t.number(most["firms"]),
    )


def quality_line(reader: Reader) -> None:
    """Say in one line how fresh and how good the data are, with the way to the page that says more."""
    t, manifest = reader.t, reader.snapshot.manifest
    counts, quality = manifest["counts"], manifest["quality"]
    line = t(
        "overview.quality",
        register=provenance.source_days(reader).get("register", ""),
        size_known=t.percent(quality["size_known_pct"] or 0.0),
        at_address=t.percent(quality["located_at_address_pct"] or 0.0),
    )
    withheld = t.plural("overview.quality_withheld", counts["partially_diffusible"])
    st.html(f'<div class="finding">{_emphasis(line)} {_emphasis(withheld)}</div>')
    to_review = counts["members_to_review"]
    label = t.plural("overview.to_review", to_review) if to_review else t("overview.to_sources")
    st.page_link("../sources.py", label=label)


def _card(reader: Reader, row: pd.Series, *, in_sector: int) -> str:
    t, quantity = reader.t, str(row["quantity"])
    published = ""
    if said := findings.published_beside(row, t):
        beside, where = said
        published = f'<div class="published">{escape(beside)}</div><div class="source">{escape(where)}</div>'
    value = "–" if pd.isna(row["value"]) else t.number(row["value"])
    day = provenance.source_days(reader).get(_ROLE[quantity])
    loaded = t(f"overview.loaded_{quantity}", day=day) if day else t("overview.not_loaded")
    loaded = t("overview.not_told") if quantity == "jobs" and pd.isna(row["value"]) else loaded
    if quantity == "members" and day and row["value"] != in_sector:
        loaded += " · " + t.plural("overview.of_sector", in_sector)
    look = "figure ours" if quantity in _OURS else "figure"
    return (
        f'<div class="{look}"><div class="label">{escape(t(f"overview.figure_{quantity}"))}</div>'
        f'<div class="value">{value}</div>{published}<div class="source">{escape(loaded)}</div></div>'
    )


def _grid(share: str, of: str, percent: float) -> str:
    full, part = divmod(max(percent, 0.0), 1)
    cells = []
    for rank in range(100):
        filled = 10 * (9 - rank // 10) + rank % 10  # from the lower left, row by row
        if filled < full:
            cells.append('<i class="full"></i>')
        elif filled == full and part:
            cells.append(f'<i class="part" style="--share:{100 * part:.0f}%"></i>')
        else:
            cells.append("<i></i>")
    label = escape(f"{share} {of}")
    return (
        f'<div><div class="share">{escape(share)}</div><div class="of">{escape(of)}</div>'
        f'<div class="hundred" role="img" aria-label="{label}">{"".join(cells)}</div></div>'
    )


def _emphasis(sentence: str) -> str:
    """Return a sentence as HTML; the catalogues mark what stands out as ``*so*``."""
    parts = escape(sentence).split("*")
    return "".join(f"<b>{part}</b>" if odd % 2 else part for odd, part in enumerate(parts))
