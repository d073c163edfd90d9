"""What is drawn of a picture's parts, where in its box: a caption over each, side by side or under one another."""

from __future__ import annotations

from collections.abc import Sequence

from pptx.enum.text import PP_ALIGN

from analytics.export.columns import shown
from analytics.export.content import Section
from analytics.export.slide_box import Box
from analytics.export.slide_charts import Chart, draw_chart
from analytics.export.slide_maps import Map, draw_map, key_of_colors
from analytics.export.slide_page import READING, Page
from analytics.export.slide_text import LINE, POINTS, Run, height_of
from analytics.figures.areas import CLASS_ENDS, short_name
from analytics.text import Translator

FIRST_TOWNS = 8
# Names in the first column of a table.
LONGEST_NAME = 30


def caption(page: Page, box: Box, words: str, key: Sequence[tuple[str, str]] = ()) -> Box:
    """Write what a picture shows over it, with the key of its colours, and return the room under it.

    ``key`` are roles and words.
    """
    runs = [Run(words, READING, "ink", True)]
    for role, said in key:
        runs += [Run("   ", READING), Run("■ ", READING, role), Run(said, READING, "secondary")]
    height = height_of([runs], box.width)
    page.text(box.first(height), [runs], name=words)
    return box.below(height + 0.1)


def lay_chart(page: Page, box: Box, *, chart: Chart, words: str, key: Sequence[tuple[str, str]] = ()) -> None:
    """Draw a chart under its caption."""
    draw_chart(page, caption(page, box, words, key), chart)


def lay_pair(page: Page, box: Box, *, charts: Sequence[Chart]) -> None:
    """Draw two charts side by side."""
    for chart, part in zip(charts, box.columns(1.0, 1.0, gap=0.3), strict=True):
        lay_chart(page, part, chart=chart, words=chart.name)


def lay_plan(page: Page, box: Box, *, charts: Sequence[Chart], t: Translator) -> None:
    """Draw the path of the members, and what it asks for beside it."""
    left, right = box.columns(3.0, 2.0, gap=0.3)
    key = [("ours", t("slides.members_planned")), ("sector", t("slides.members_alone"))]
    lay_chart(page, left, chart=charts[0], words=charts[0].name, key=key)
    lay_chart(page, right, chart=charts[1], words=charts[1].name)


def lay_map(page: Page, box: Box, *, drawn: Map, words: str, key: Sequence[tuple[str, str]]) -> None:
    """Draw a map, with the key of its colours under it."""
    inner = caption(page, box, words)
    draw_map(page, inner.first(inner.height - 0.4), drawn)
    key_of_colors(page, inner.below(inner.height - 0.28), key)


def lay_towns(page: Page, box: Box, *, drawn: Map, section: Section, colors: Sequence[str], t: Translator) -> None:
    """Draw the map of ratios over their scale, and the first towns beside it."""
    rows = section.table.head(FIRST_TOWNS)
    left, right = box.columns(5.4, 4.0, gap=0.3)
    inner = caption(page, left if len(rows) else box, t("slides.ratio"))
    draw_map(page, inner.first(inner.height - 0.78), drawn)
    _ratio_scale(page, inner.below(inner.height - 0.7), colors, t)
    if rows.empty:
        return
    heads = [t(f"slides.head_{name}") for name in ("town", "members", "expected")]
    cells = [
        [
            short_name(str(row["area_name"]), LONGEST_NAME),
            t.number(row["members"]),
            t.number(row["expected_members"], 1),
        ]
        for row in rows.to_dict("records")
    ]
    name = t("slides.first_towns")
    under = caption(page, right, name)
    alt = _table_alt(name, heads, cells, t)
    page.table(under, heads, cells, widest=0, numbers=(1, 2), name=name, alt=alt)


def _ratio_scale(page: Page, box: Box, colors: Sequence[str], t: Translator) -> None:
    """Draw the seven classes as one scale, their limits between them and words at its ends."""
    width = box.width / len(colors)
    words = box.first(READING * LINE / POINTS)
    ends = (t("slides.fewer"), t("slides.more"))
    page.text(words.columns(1, 1, gap=0.1)[0], [[Run(ends[0], READING, "notice", True)]], name=ends[0])
    page.text(
        words.columns(1, 1, gap=0.1)[1], [[Run(ends[1], READING, "ours", True)]], name=ends[1], align=PP_ALIGN.RIGHT
    )
    for rank, color in enumerate(colors):
        page.bar(Box(box.left + rank * width, box.top + 0.26, width, 0.15), color, name=t("slides.class"))
    for rank, end in enumerate(CLASS_ENDS, start=1):
        place = Box(box.left + rank * width - 0.3, box.top + 0.43, 0.6, READING * LINE / POINTS)
        page.text(place, [[Run(t.number(end, 1), READING, "secondary")]], name=t("slides.class"), align=PP_ALIGN.CENTER)


def lay_reach(page: Page, box: Box, *, drawn: Map, chart: Chart, key: Sequence[tuple[str, str]], t: Translator) -> None:
    """Draw the map of the offices, and the firms that each reaches beside it."""
    left, right = box.columns(5.2, 4.0, gap=0.3)
    draw_map(page, caption(page, left, drawn.name), drawn)
    lay_chart(page, right, chart=chart, words=t("slides.firms_by_office"), key=key)


def lay_offices(page: Page, box: Box, *, drawn: Map, section: Section, t: Translator) -> None:
    """Draw the map of the next offices, and what each adds beside it."""
    left, right = box.columns(5.0, 4.2, gap=0.3)
    draw_map(page, caption(page, left, drawn.name), drawn)
    names = ("rank", "commune_name", "added_demand", "covered_share_pct")
    heads = [t(f"slides.head_{name}") for name in ("rank", "town", "added", "covered")]
    cells = [
        [shown(row[name], section.columns[name].kind, t) for name in names] for row in section.table.to_dict("records")
    ]
    name = t("slides.next_offices")
    under, alt = caption(page, right, name), _table_alt(name, heads, cells, t)
    page.table(under, heads, cells, widest=1, numbers=(2, 3), name=name, alt=alt)


def _table_alt(name: str, heads: Sequence[str], cells: Sequence[Sequence[str]], t: Translator) -> str:
    return t("slides.table_alt", name=name, heads=", ".join(heads).lower(), rows=t.number(len(cells)))
