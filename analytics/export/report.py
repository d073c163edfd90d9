"""The board paper: the findings of a view in four to eight pages, with their pictures, tables, definitions, sources."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.export import story
from analytics.export.asked import Asked
from analytics.export.content import Figure, Section, SectionKey
from analytics.export.drawings import draw
from analytics.export.local_sheets import antenna_sheet, town_sheet
from analytics.export.paper import (
    GUTTER_IN,
    PICTURE_PT,
    TEXT_WIDTH_IN,
    Block,
    Paper,
    beside,
    definitions,
    figures,
    heading,
    picture,
    provenance_blocks,
    table,
    together,
    typeset,
    words,
)
from analytics.figures.palette import LIGHT
from analytics.text.coverage_findings import reach_words
from analytics.text.findings import shares_title

__all__ = ["antenna_sheet", "report", "town_sheet"]

ORDER: tuple[SectionKey, ...] = (
    "next",
    "sector",
    "cluster",
    "axes",
    "places",
    "towns",
    "recruitment",
    "reach",
    "offices",
    "growth",
    "plan",
    "budget",
)
# Of each picture: its height in inches, and its part of the width where the table stands beside it.
_SHAPES: dict[SectionKey, tuple[float, float]] = {
    "sector": (1.75, 0.56),
    "cluster": (1.35, 0.38),
    "axes": (1.1, 0.56),
    "places": (3.3, 1.0),
    "towns": (2.9, 1.0),
    "reach": (3.3, 1.0),
    "offices": (3.2, 1.0),
    "growth": (2.2, 1.0),
    "plan": (1.6, 0.47),
    "recruitment": (1.05, 1.0),
    "budget": (1.9, 0.56),
}


def report(asked: Asked) -> bytes:
    """Return the board paper of the view as a PDF.

    Raises
    ------
    UserError
        When the view selects no firm.
    """
    told = story.tell(asked, ORDER)
    by_key = {section.key: section for section in told.sections}
    first = by_key.get("cluster") or by_key["sector"]
    blocks = [*_summary(by_key), *(block for s in told.sections if s.key != "next" for block in _section(s, asked))]
    blocks += [*_definitions(told.sections, asked), *_left_out(told, asked), *_sources(asked)]
    return typeset(asked, Paper(first.title, blocks))


def _summary(by_key: dict[SectionKey, Section]) -> Iterator[Block]:
    """Yield the key figures, with what was published of them, and what is next."""
    keys = [_key_figures(by_key, "cluster"), _key_figures(by_key, "sector")]
    items = [figure for found in keys for figure in found]
    if items:
        yield figures(items, across=len(items), ours=range(len(keys[0])))
    following = by_key.get("next")
    if following is not None:
        yield heading(following.title)
        yield words(following.message)
        yield figures(following.figures, across=3)


def _key_figures(by_key: dict[SectionKey, Section], key: SectionKey) -> list[Figure]:
    """Return the two figures of a section that the cluster published too."""
    section = by_key.get(key)
    return [] if section is None else list(section.figures[-2:])


def _section(section: Section, asked: Asked) -> Iterator[Block]:
    """Yield a finding: its sentences and picture, which no page parts, its table, and whence it comes."""
    t = asked.t
    opening = [heading(_title(section, asked), kicker=t(f"report.kicker_{section.key}"))]
    opening += [words(section.message)] if section.message else []
    rows = table(section.table, section.columns, asked=asked, caption=_caption(section.key, asked, "table"))
    height, part = _SHAPES[section.key]
    width = TEXT_WIDTH_IN if part == 1 else part * (TEXT_WIDTH_IN - GUTTER_IN)
    svg = draw(asked, section.key, palette=LIGHT, width_in=width, height_in=height, text_pt=PICTURE_PT)
    if svg is None:
        yield together(*opening, rows)
    else:
        drawn = picture(svg, caption=_caption(section.key, asked, "picture"), alt=section.alt, width_in=width)
        shares = (part, 1 - part)
        yield from (
            [together(*opening, drawn), rows]
            if part == 1
            else [together(*opening, beside([drawn], [rows], shares=shares))]
        )
    yield words(section.sources, look="quiet")


def _title(section: Section, asked: Asked) -> str:
    """Return the finding; that of the cluster is the paper's own title, and under it is said what its shares say."""
    return shares_title(asked.table("region_totals"), asked.t) if section.key == "cluster" else section.title


def _caption(key: SectionKey, asked: Asked, kind: str) -> str:
    return asked.t(f"report.{kind}_{key}", reach=reach_words(asked.view, asked.t))


def _definitions(sections: tuple[Section, ...], asked: Asked) -> Iterator[Block]:
    """Yield how each section's figures were made."""
    t = asked.t
    yield heading(t("report.definitions"))
    yield definitions((t(f"report.kicker_{s.key}"), s.method) for s in sections if s.key != "next")


def _left_out(told: story.Story, asked: Asked) -> Iterator[Block]:
    """Yield what the data cannot tell, and why."""
    if told.left_out:
        t = asked.t
        yield heading(t("report.left_out"))
        yield definitions((t(f"report.kicker_{key}"), sentence) for key, sentence in told.left_out)


def _sources(asked: Asked) -> Iterator[Block]:
    """Yield the files and their licences, the data set, and the address that opens the view again."""
    t = asked.t
    yield heading(t("report.sources"))
    yield from provenance_blocks(asked)
