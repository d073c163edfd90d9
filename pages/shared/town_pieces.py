"""Pieces of the page on towns: keys of its figures, their texts read aloud, the tables behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.figures.ranking import ranking
from analytics.figures.ratio_map import OUTLINES
from analytics.tables import READS
from analytics.text import Translator
from analytics.text import towns_findings as findings
from pages.shared import blocks, sheet
from pages.shared.loaders import Reader

RANKED = 14
_COLUMNS = [
    "area_name",
    "firms",
    "members",
    "expected_members",
    "ratio_shrunk",
    "ratio_low",
    "ratio_high",
    "members_missing",
    "verdict",
    "p_value",
    "q_value",
    "nearest_antenna",
    "antenna_km",
]


@dataclass(frozen=True)
class Drawing:
    """Draws the figures of the page, each once a selection, level and town; a click on a point chooses its town."""

    reader: Reader
    town: str | None
    on_click: Callable[[Any], None]

    def chart(
        self, name: str, draw: Callable[[], object], *, alt: str, kind: str, height: int | str = "content"
    ) -> None:
        """Draw one figure under ``name``."""
        # The town on the sheet may be the page's choice and not in the view: it is a part of the name.
        figure = self.reader.figure(f"{name}-{self.town}", draw, reads=READS["towns_in_full"])
        blocks.chart(figure, name=name, kind=kind, alt=alt, height=height, on_click=self.on_click)


def is_comparable(towns: pd.DataFrame) -> bool:
    """Return whether any member is expected anywhere; without, no figure has anything to show."""
    return bool(towns["expected_members"].sum() > 0)


def ranked_towns(towns: pd.DataFrame, t: Translator) -> pd.DataFrame:
    """Return the areas that miss most members, as the table behind the ranking."""
    return all_towns(towns, t).head(RANKED)


def all_towns(towns: pd.DataFrame, t: Translator) -> pd.DataFrame:
    """Return every area that has a firm, most members missing first."""
    said = [t(f"chart.verdict_{verdict}") for verdict in towns["verdict"]]
    return sheet.by_missing(towns.assign(verdict=said))[_COLUMNS].reset_index(drop=True)


def mapped_towns(towns: pd.DataFrame, t: Translator) -> pd.DataFrame:
    """Return the areas by ratio with their neighbourhood in words, as the table behind the map."""
    said = [None if pd.isna(cluster) else t(f"access.cluster_{cluster}") for cluster in towns["cluster"]]
    columns = ["area_name", "firms", "members", "ratio_shrunk", "ratio_low", "ratio_high", "cluster"]
    return sheet.by_missing(towns.assign(cluster=said))[columns].reset_index(drop=True)


def towns_by_kind(towns: pd.DataFrame, t: Translator) -> pd.DataFrame:
    """Return the areas with their nearest antenna and what to do there in words, as the table behind the quadrant."""
    said = [None if pd.isna(kind) else t(f"chart.kind_{kind}") for kind in towns["kind"]]
    columns = ["area_name", "nearest_antenna", "antenna_km", "ratio_shrunk", "expected_members", "members", "kind"]
    return sheet.by_missing(towns.assign(kind=said))[columns].reset_index(drop=True)


def ranked(draw: Drawing, towns: pd.DataFrame, look: dict[str, Any], *, alt: str) -> None:
    """Draw the areas that miss most members, in rows; twice, and the style sheet shows the one that fits."""
    rows = sheet.by_missing(towns).head(RANKED)
    for name, narrow in (("wide", False), ("narrow", True)):
        with st.container(key=f"only-{name}-ranking"):
            draw.chart(f"ranking-{name}", partial(ranking, rows, narrow=narrow, **look), kind="intervals", alt=alt)


def alt(towns: pd.DataFrame, t: Translator) -> str:
    """Return what the funnel shows, read aloud."""
    return f"{findings.funnel_title(towns, t)}. {findings.ranking_title(towns, t)}."


def funnel_key(t: Translator, level: str) -> str:
    """Return the key of the funnel."""
    return f"{escape(t(f'towns.funnel_subtitle_{level}'))} {_verdicts(t)}"


def map_key(towns: pd.DataFrame, t: Translator) -> str:
    """Return what the map shows: outlines of clusters where there are any."""
    has_clusters = towns["cluster"].isin(OUTLINES).any()
    return escape(t("towns.map_subtitle_clusters" if has_clusters else "towns.map_subtitle"))


def _verdicts(t: Translator) -> str:
    dots = [
        blocks.dot("gap", t("towns.under")),
        blocks.dot("ours", t("towns.over")),
        blocks.dot("neutral", t("towns.inconclusive"), strong=False),
    ]
    return " · ".join(dots)
