"""Charts of the sections: result tables as bars, squares and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics import tables
from analytics.export.asked import Asked
from analytics.export.pictures.bars import Bar, draw_bars
from analytics.export.pictures.canvas import Canvas
from analytics.export.pictures.lines import Line, draw_fan, draw_years
from analytics.export.pictures.squares import Share, draw_squares
from analytics.text import Translator
from analytics.text.growth_findings import rate_words

# As wide as this there is room for two grids of squares, each with its caption.
_WIDE = 1.6


def draw_sector(canvas: Canvas, asked: Asked) -> None:
    """Draw the firms of each segment, most first."""
    rows = asked.table("comparison", level="segment", language=asked.t.language)
    present = rows[rows["firms"] > 0].sort_values("firms", ascending=False, kind="stable")
    _draw_counts(canvas, present["area_name"], present["firms"], color=canvas.palette.sector, t=asked.t)


def draw_cluster(canvas: Canvas, asked: Asked) -> None:
    """Draw the members' share of jobs as a hundred squares, and beside it, where it is wide, that of firms.

    Where nobody is employed there is no share of jobs, and that of firms is drawn.
    """
    totals = asked.table("region_totals").iloc[0]
    is_wide = canvas.width > _WIDE * canvas.height
    alone = "job" if pd.notna(totals["job_penetration_pct"]) else "firm"
    shares = []
    for kind in ("firm", "job") if is_wide else (alone,):
        share = float(totals[f"{kind}_penetration_pct"])
        if pd.notna(share):
            told = asked.t(f"drawings.share_{kind}s", share=asked.t.percent(share))
            # Alone it is shown beside its figure set large: what is to be said is what a square stands for.
            shares.append(Share(share, told if is_wide else asked.t(f"drawings.squares_{kind}s")))
    draw_squares(canvas, shares)


def draw_growth(canvas: Canvas, asked: Asked) -> None:
    """Draw the firms or jobs that the view's rate leads to, between the scenarios, over the fan of simulated paths."""
    t, palette = asked.t, canvas.palette
    rows = asked.table("growth_in_full")
    measure = asked.view.measure if rows[asked.view.measure].notna().all() else "firms"
    rates: Mapping[str, Any] = dict(tables.scenario_rates(asked.view, asked.settings))
    lines = []
    for name, color in (("high", palette.secondary), ("central", palette.ink), ("low", palette.secondary)):
        values = rows[measure if name == "central" else f"{measure}_{name}"]
        is_central = name == "central"
        if values.notna().all() and (is_central or rates[name] != rates["central"]):
            label = t("chart.fan_end", value=t.number(values.iloc[-1]), rate=rate_words(rates[name] or 0.0, t))
            lines.append(Line(values.tolist(), label, color, 2.0 if is_central else 0.9, is_bold=is_central))
    has_fan = f"{measure}_p10" in rows
    draw_fan(
        canvas,
        rows["year"].tolist(),
        sorted(lines, key=lambda line: not line.is_bold),
        fan=(rows[f"{measure}_p10"].tolist(), rows[f"{measure}_p90"].tolist()) if has_fan else None,
        fan_label=t("drawings.fan"),
        start_label=t.plural(f"chart.fan_{measure}", round(rows[measure].iloc[0])),
        t=t,
    )


def draw_plan(canvas: Canvas, asked: Asked) -> None:
    """Draw the members of each year, the recruits of each under it, and the target."""
    t, rows = asked.t, asked.table("membership")
    basis = asked.table("membership_basis").iloc[0]
    target = None if pd.isna(basis["target_members"]) else float(basis["target_members"])
    draw_years(
        canvas,
        rows["year"].tolist(),
        rows["members"].tolist(),
        labels=[t.number(value) for value in rows["members"]],
        beneath=["" if pd.isna(n) else t("chart.plus", value=_few(n, t)) for n in rows["recruits"]],
        target=target,
        target_label=""
        if target is None
        else t("drawings.target", members=t.number(target), year=str(int(basis["by"]))),
    )


def draw_recruitment(canvas: Canvas, asked: Asked) -> None:
    """Draw how many firms there are to visit in each segment, most first."""
    rows = asked.table("prospect_totals", language=asked.t.language)
    ordered = rows[rows["prospects"] > 0].sort_values("prospects", ascending=False, kind="stable")
    _draw_counts(canvas, ordered["segment_name"], ordered["prospects"], color=canvas.palette.sector, t=asked.t)


def draw_budget(canvas: Canvas, asked: Asked) -> None:
    """Draw what the budget is made of, what the plan adds and what a cut takes."""
    t, palette = asked.t, canvas.palette
    amounts = asked.table("budget").set_index("item")["eur"]
    colors = {"own": palette.neutral, "grants": palette.sector, "dues": palette.ours, "plan": palette.ours}
    bars = []
    for item in ("own", "dues", "grants", "lost", "plan"):
        value = amounts.get(item)
        if pd.notna(value) and round(value):
            label = t("growth.euros", value=t.number(value))
            bars.append(Bar(t(f"growth.item_{item}"), abs(float(value)), label, colors.get(item, palette.gap)))
    draw_bars(canvas, bars)


def draw_axes(canvas: Canvas, asked: Asked) -> None:
    """Draw how many members follow each axis of the cluster."""
    rows = asked.table("axes")
    _draw_counts(canvas, rows["axis"], rows["members"], color=canvas.palette.ours, t=asked.t)


def _draw_counts(canvas: Canvas, names: pd.Series, counts: pd.Series, *, color: str, t: Translator) -> None:
    """Draw a bar for each count, in the order given, with its number."""
    bars = zip(names.tolist(), counts.tolist(), strict=True)
    draw_bars(canvas, [Bar(name, count, t.number(count), color) for name, count in bars])


def _few(value: float, t: Translator) -> str:
    """Return a number with a tenth under ten, where it tells something."""
    return t.tenths(value) if abs(value) < 9.95 else t.number(value)
