"""The picture of each section: which chart, map or table, of which columns of its result table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics import tables
from analytics.export.asked import Asked
from analytics.export.content import Section, SectionKey
from analytics.export.slide_box import Box
from analytics.export.slide_charts import Chart, Series, Side
from analytics.export.slide_layouts import (
    LONGEST_NAME,
    lay_chart,
    lay_map,
    lay_offices,
    lay_pair,
    lay_plan,
    lay_reach,
    lay_towns,
)
from analytics.export.slide_maps import Map, Point
from analytics.export.slide_page import Page
from analytics.export.slide_places import (
    areas_of_level,
    counted,
    departments_of,
    discs_of,
    names_of,
    office_points,
    reaches_of,
    within,
)
from analytics.figures.areas import class_colors, class_of, short_name
from analytics.figures.base import steps
from analytics.figures.palette import LIGHT
from analytics.text import Translator, coverage_findings, growth_findings

# Names beside the bars of two charts.
LONGEST_BESIDE = 22
# Lower ends of the classes of members by area, and their colours: from none to many.
MEMBER_CLASSES = (1, 3, 10, 30, 100)
FIRM_CLASSES = (1, 10, 50, 200, 1_000)
MOST_LABELLED = 12


class Picture(NamedTuple):
    """How a picture is drawn in a box, and how wide the key figures beside it may be, in inches."""

    draw: Callable[[Page, Box], None]
    aside: float = 3.7


def picture_of(asked: Asked, section: Section) -> Picture | None:
    """Return the picture of a section; None where there is nothing to draw."""
    return _PICTURES[section.key](asked, section)


def _sector(asked: Asked, section: Section) -> Picture | None:
    t, rows = asked.t, section.table.sort_values("firms", ascending=False, kind="stable")
    series = Series(t("overview.figure_firms"), rows["firms"].tolist(), "sector")
    return _bars(section, rows["area_name"], [series], words=t("slides.firms_by_segment"))


def _cluster(asked: Asked, section: Section) -> Picture | None:
    t, row = asked.t, asked.table("region_totals").iloc[0]
    shares = {
        t("overview.of_jobs"): row["job_penetration_pct"],
        t("overview.of_firms"): row["firm_penetration_pct"],
    }
    known = {_capital(name): float(share) for name, share in shares.items() if pd.notna(share)}
    series = [
        Series(t("slides.members"), list(known.values()), "ours"),
        Series(t("slides.others"), [100 - share for share in known.values()], "sector", has_labels=False),
    ]
    chart = Chart("stacked", t("slides.shares"), section.alt, list(known), series, number="percent", size=16)
    key = [("ours", t("slides.members")), ("sector", t("slides.others"))]
    return Picture(partial(lay_chart, chart=chart, words=t("slides.shares"), key=key), 4.9) if known else None


def _places(asked: Asked, section: Section) -> Picture | None:
    t, by_epci = asked.t, asked.table("places")
    what = "members" if by_epci["members"].sum() else "firms"
    counts = by_epci.set_index("epci_code")[what].astype("int64")
    ends = MEMBER_CLASSES if what == "members" else FIRM_CLASSES
    colors = ("land", *LIGHT.diverging[5:10])
    classes = {str(code): int(np.searchsorted(ends, count, side="right")) for code, count in counts.items()}
    areas, above = areas_of_level(asked, "epci", only=list(classes)), departments_of(asked)
    if not areas.rings:
        return None
    asked_map = Map(
        t("slides.map_places"),
        section.alt,
        areas,
        {code: colors[rank] for code, rank in classes.items()},
        above,
        points=within(counted(office_points(asked), by_epci, what=what, t=t), areas),
    )
    key = [(color, words) for color, words in zip(colors, _class_words(ends, t), strict=True)]
    return Picture(partial(lay_map, drawn=asked_map, words=t(f"slides.{what}_by_epci"), key=key), aside=3.0)


def _towns(asked: Asked, section: Section) -> Picture | None:
    t, level, towns = asked.t, asked.view.level, asked.table("towns_in_full")
    classes = [class_of(r, v) for r, v in zip(towns["ratio_shrunk"], towns["verdict"], strict=True)]
    colors = ["land" if color == LIGHT.land else color for color in class_colors(LIGHT)]
    fills = {str(code): colors[rank] for code, rank in zip(towns["area_code"], classes, strict=True)}
    is_drawn = level in ("epci", "department")
    # What is nearest to an office lies where the office does, in whatever departments the view chooses.
    around = areas_of_level(asked, "department") if level == "antenna" else departments_of(asked)
    areas = areas_of_level(asked, level, only=list(fills)) if is_drawn else around
    if not areas.rings:
        return None
    asked_map = Map(
        t("slides.map_towns"),
        section.alt,
        areas,
        fills if is_drawn else {},
        around,
        discs=[] if is_drawn else discs_of(towns.assign(color=list(fills.values()))),
        points=within(office_points(asked), areas)
        if is_drawn
        else names_of(towns if level == "antenna" else section.table),
    )
    return Picture(partial(lay_towns, drawn=asked_map, section=section, colors=colors, t=t), aside=2.2)


def _reach(asked: Asked, section: Section) -> Picture | None:
    t, rows = asked.t, section.table.iloc[:-1]
    has_overlaps = bool((rows["firms"] != rows["firms_only_here"]).any())
    series = [Series(t("slides.within_reach"), rows["firms"].tolist(), "sector" if has_overlaps else "ours")]
    if has_overlaps:
        series.append(Series(t("slides.only_it"), rows["firms_only_here"].tolist(), "ours"))
    chart = Chart("bars", t("slides.firms_by_office"), section.alt, rows["antenna"].tolist(), series)
    key = [(one.role, one.name) for one in series] if has_overlaps else []
    outlines, departments = asked.table("antenna_outlines"), areas_of_level(asked, "department")
    asked_map = Map(
        t("slides.map_reach"),
        t("story.reach_picture", reach=coverage_findings.reach_words(asked.view, t)),
        departments,
        {},
        departments,
        reach=reaches_of(outlines, names=outlines["name"], role="ours"),
        points=office_points(asked),
    )
    return Picture(partial(lay_reach, drawn=asked_map, chart=chart, key=key, t=t), aside=2.4)


def _offices(asked: Asked, section: Section) -> Picture | None:
    t, rows = asked.t, section.table
    if rows.empty:
        return None
    outlines, departments = asked.table("antenna_outlines"), areas_of_level(asked, "department")
    next_ones = [
        Point(str(row["commune_name"]), row["x_m"] / 1000, row["y_m"] / 1000, rank=int(row["rank"]))
        for row in rows.to_dict("records")
    ]
    asked_map = Map(
        t("slides.map_offices"),
        section.alt,
        departments,
        {},
        departments,
        reach=[
            *reaches_of(outlines, names=outlines["name"], role="neutral"),
            *reaches_of(rows, names=rows["commune_name"], role="ours"),
        ],
        points=[*next_ones, *office_points(asked)],
    )
    return Picture(partial(lay_offices, drawn=asked_map, section=section, t=t), aside=2.4)


def _growth(asked: Asked, section: Section) -> Picture | None:
    t, view, rows = asked.t, asked.view, section.table
    measure = view.measure if rows[view.measure].notna().all() else "firms"
    past = asked.table("history_in_full") if measure == "firms" else asked.table("history_in_full").head(0)
    years = sorted({*past["year"].astype(int), *rows["year"].astype(int)})
    rates = tables.scenario_rates(view, asked.settings)
    series = []
    if len(past):
        opened = past.set_index("year")["open"].reindex(years)
        series.append(Series(t("slides.past"), opened.tolist(), "neutral", has_labels=False))
    scenarios: tuple[tuple[str, float | None, Side], ...] = (
        ("high", rates["high"], "above"),
        ("central", rates["central"], "right"),
        ("low", rates["low"], "below"),
    )
    for scenario, rate, side in scenarios:
        is_central = scenario == "central"
        column = measure if is_central else f"{measure}_{scenario}"
        if rate is None or rows[column].isna().any():
            continue
        values = rows.set_index("year")[column].reindex(years).tolist()
        name = t(f"growth.scenario_{scenario}", rate=growth_findings.rate_words(rate, t))
        role = "ours" if is_central else "secondary"
        series.append(Series(name, values, role, is_dashed=not is_central, label=side))
    chart = Chart(
        "lines",
        t("slides.growth"),
        section.alt,
        [str(year) for year in years],
        series,
        plot=(0.09, 0.04, 0.66, 0.82),
        ticks=_ticks(series),
    )
    key = [("neutral", t("slides.past_in_full"))] if len(past) else []
    return Picture(partial(lay_chart, chart=chart, words=t(f"slides.growth_{measure}"), key=key), aside=2.9)


def _plan(asked: Asked, section: Section) -> Picture | None:
    t, rows = asked.t, section.table
    alone = asked.table("membership_in_full")["members_alone"]
    years = [str(int(year)) for year in rows["year"]]
    has_labels = len(years) <= MOST_LABELLED
    members = [
        Series(t("slides.members_planned"), rows["members"].tolist(), "ours", has_labels),
        Series(t("slides.members_alone"), alone.tolist(), "sector", has_labels),
    ]
    coming = rows.dropna(subset=["recruits"])
    if coming.empty:
        return None
    recruits = Series(t("slides.recruits"), coming["recruits"].tolist(), "gap", has_labels)
    years_of = [str(int(year)) for year in coming["year"]]
    charts = [
        Chart("columns", t("slides.members_by_year"), section.alt, years, members),
        Chart("columns", t("slides.recruits"), t("slides.recruits_alt"), years_of, [recruits], number="decimal"),
    ]
    return Picture(partial(lay_plan, charts=charts, t=t), aside=2.6)


def _recruitment(asked: Asked, section: Section) -> Picture | None:
    t, rows = asked.t, section.table.sort_values("prospects", ascending=False, kind="stable")
    if not rows["prospects"].sum():
        return None
    names = [short_name(name, LONGEST_BESIDE) for name in rows["segment_name"]]
    missing = Series(t("slides.missing"), rows["members_missing"].tolist(), "gap")
    prospects = Series(t("slides.prospects"), rows["prospects"].tolist(), "sector")
    charts = [
        Chart("bars", t("slides.prospects_by_segment"), section.alt, names, [prospects]),
        Chart("bars", t("slides.missing_by_segment"), t("slides.missing_alt"), names, [missing], number="decimal"),
    ]
    return Picture(partial(lay_pair, charts=charts), aside=2.4)


def _budget(asked: Asked, section: Section) -> Picture | None:
    t, known = asked.t, section.table.dropna(subset=["eur"])
    items = asked.table("budget").loc[known.index, "item"]
    roles = [{"lost": "gap", "dues": "ours", "plan": "ours"}.get(item, "sector") for item in items]
    series = Series(t("slides.euros"), known["eur"].tolist(), "sector", roles=roles)
    return _bars(section, known["item"], [series], words=t("slides.money"), number="thousand_euros")


def _axes(asked: Asked, section: Section) -> Picture | None:
    t, rows = asked.t, section.table.sort_values("members", ascending=False, kind="stable")
    if not rows["members"].sum():
        return None
    series = Series(t("slides.members"), rows["members"].tolist(), "ours")
    return _bars(section, rows["axis"], [series], words=t("slides.members_by_axis"), aside=2.4)


def _none(asked: Asked, section: Section) -> Picture | None:
    del asked, section
    return None


_PICTURES: dict[SectionKey, Callable[[Asked, Section], Picture | None]] = {
    "sector": _sector,
    "cluster": _cluster,
    "places": _places,
    "towns": _towns,
    "reach": _reach,
    "offices": _offices,
    "growth": _growth,
    "plan": _plan,
    "recruitment": _recruitment,
    "budget": _budget,
    "axes": _axes,
    "next": _none,
}


def _bars(
    section: Section,
    names: pd.Series,
    series: Sequence[Series],
    *,
    words: str,
    number: str = "integer",
    aside: float = 3.7,
) -> Picture | None:
    if names.empty:
        return None
    short = [short_name(str(name), LONGEST_NAME) for name in names]
    chart = Chart("bars", words, section.alt, short, series, number=number)
    return Picture(partial(lay_chart, chart=chart, words=words), aside)


def _class_words(ends: Sequence[int], t: Translator) -> list[str]:
    """Return the words of classes of counts: 0, then from each end to before the next."""
    inner = [
        t.number(low) if high - low == 1 else f"{t.number(low)}–{t.number(high - 1)}" for low, high in pairwise(ends)
    ]
    return ["0", *inner, t("slides.and_more", count=t.number(ends[-1]))]


def _ticks(series: Sequence[Series]) -> tuple[float, float]:
    """Return where the axis of lines begins, a round number well under them all, and the step of its numbers."""
    drawn = [value for one in series for value in one.values if value is not None and not math.isnan(value)]  # noqa: PD011
    lowest, highest = min(drawn, default=0.0), max(drawn, default=1.0)
    step = next(iter(steps(highest)[1:]), max(highest, 1.0))
    return step * max(0, math.floor(0.9 * lowest / step)), step


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
