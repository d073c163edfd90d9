"""What is printed: blocks of text, figures, pictures and tables, set by Typst as a tagged PDF (PDF/UA-1).

Blocks are data. The template shows each as text, whatever it holds: a name in a file never becomes markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import typst

from analytics.export import provenance
from analytics.export.asked import Asked
from analytics.export.columns import shown
from analytics.export.content import Figure
from analytics.export.pictures.canvas import printable, text_width
from analytics.export.typeface import FONTS_DIR
from analytics.export.workbook import Column
from analytics.figures.palette import LIGHT

TEMPLATE = Path(__file__).with_name("paper.typ")
# Width of the text on the page, in inches, and the size of the words in its pictures.
TEXT_WIDTH_IN = 166 / 25.4
GUTTER_IN = 7 / 25.4
PICTURE_PT = 8.2
TITLE_PT = 23.0
# Sizes of the words in tables, in points; the widest that a column may ask for, and the room beside its words.
CELL_PT, HEAD_PT = 8.4, 7.8
_WIDEST_PT, _CELL_ROOM_PT, _HEAD_LINES = 118.0, 9.0, 2.2
_SHORT_PT = 40.0
# Tables of no more rows than this stand on one page; of longer ones the head is repeated.
_WHOLE_ROWS = 14
_QUIET, _GAP_TEXT = "#5F6B80", "#A64E08"
Block = dict[str, Any]


@dataclass(frozen=True)
class Paper:
    """A paper before it is set: its title, the size of it, and its blocks."""

    title: str
    blocks: Sequence[Block]
    title_pt: float = TITLE_PT


def typeset(asked: Asked, paper: Paper) -> bytes:
    """Return the paper as a PDF, tagged, with its title, language and bookmarks.

    The same paper of the same snapshot is the same bytes: its moment is that of the snapshot.
    """
    document = {
        "title": paper.title,
        "title_pt": paper.title_pt,
        "author": asked.settings.cluster.name,
        "language": asked.t.language,
        "blocks": list(paper.blocks),
        **_frame(asked),
    }
    document = _printable(document)
    pdf = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[FONTS_DIR],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"document": json.dumps(document, ensure_ascii=False)},
        timestamp=asked.snapshot.built_at.replace(microsecond=0),
    )
    if not isinstance(pdf, bytes):
        raise TypeError("one document was asked for")
    return pdf


def _printable(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Return the same with every text as the fonts can set it; pictures have no text."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: inner if key == "svg" else _printable(inner) for key, inner in value.items()}
    return [_printable(inner) for inner in value] if isinstance(value, list | tuple) else value


def heading(text: str, *, level: int = 2, kicker: str = "") -> Block:
    """Return a heading; of the second level it has a rule above it and may say what it is about first."""
    return {"kind": "heading", "level": level, "text": text, "kicker": kicker}


def words(text: str, *, look: str = "body") -> Block:
    """Return a paragraph: ``body``, ``lead`` under a title, or ``quiet`` for sources."""
    return {"kind": "text", "text": text, "look": look}


def figures(items: Iterable[Figure], *, across: int, ours: Sequence[int] = ()) -> Block:
    """Return figures in rows of ``across``; those at the places ``ours`` have the cluster's colour."""
    rows = [
        {
            "label": item.label,
            "value": item.value,
            "beside": item.beside,
            "published": item.published,
            "color": "ours" if place in ours else "sector",
            "text_color": "ours" if place in ours else "ink",
        }
        for place, item in enumerate(items)
    ]
    return {"kind": "figures", "items": rows, "across": across}


def picture(svg: str, *, caption: str, alt: str, width_in: float) -> Block:
    """Return a numbered picture; ``alt`` says it in words."""
    return {"kind": "picture", "svg": svg, "caption": caption, "alt": alt, "width_pt": 72 * width_in}


def table(
    rows: pd.DataFrame, columns: Mapping[str, Column], *, asked: Asked, caption: str, strong: Sequence[str] = ()
) -> Block:
    """Return a numbered table, its cells as they are written everywhere; rows that begin with ``strong`` stand out."""
    cells = [
        [shown(row[name], column.kind, asked.t) for name, column in columns.items()] for row in rows.to_dict("records")
    ]
    sides = ["text" if column.kind == "text" else "number" for column in columns.values()]
    widths = [_column_pt(column.header, [row[place] for row in cells]) for place, column in enumerate(columns.values())]
    named = sides.index("text") if "text" in sides else 0
    # Where what names the rows is as short as a year, the figures share the room instead.
    is_long = widths[named] > _SHORT_PT
    heads = [
        {"head": column.header, "side": side, "width_pt": 0 if (place == named) == is_long else width}
        for place, (column, side, width) in enumerate(zip(columns.values(), sides, widths, strict=True))
    ]
    is_whole = len(cells) <= _WHOLE_ROWS
    return {
        "kind": "table",
        "columns": heads,
        "rows": cells,
        "caption": caption,
        "strong": list(strong),
        "whole": is_whole,
    }


def _column_pt(head: str, cells: Sequence[str]) -> float:
    """Return how wide a column is, in points: as its cells are, up to a limit; its head breaks into few lines."""
    longest_word = max(text_width(word, size=HEAD_PT, bold=True) for word in head.split() or [""])
    in_lines = text_width(head, size=HEAD_PT, bold=True) / _HEAD_LINES
    longest = max((text_width(cell, size=CELL_PT, bold=True) for cell in cells), default=0.0)
    return max(longest_word, in_lines, min(longest, _WIDEST_PT)) + _CELL_ROOM_PT


def definitions(items: Iterable[tuple[str, str]]) -> Block:
    """Return terms and what they mean."""
    return {"kind": "definitions", "items": [list(item) for item in items]}


def beside(*parts: Sequence[Block], shares: Sequence[float]) -> Block:
    """Return blocks side by side; ``shares`` are their parts of the width."""
    return {"kind": "beside", "parts": [list(part) for part in parts], "shares": list(shares)}


def together(*blocks: Block) -> Block:
    """Return blocks that no page parts."""
    return {"kind": "together", "blocks": list(blocks)}


def link(before: str, address: str) -> Block:
    """Return words and an address that can be followed, broken where an address may be."""
    return {"kind": "link", "before": before, "address": address, "shown": address}


def new_page() -> Block:
    """Return the end of a page."""
    return {"kind": "page"}


def provenance_blocks(asked: Asked, *, page: str = "") -> Iterator[Block]:
    """Yield each file with its licence, the data set, what is selected, and the address that opens it on ``page``."""
    yield definitions(provenance.licences(asked))
    # The files are told with their licences above; what is left is whether all is invented, the selection, the build.
    told = provenance.lines(asked)
    kept = told[: int(asked.snapshot.is_demo)] + told[-2:]
    yield words(" · ".join(kept), look="quiet")
    yield link(asked.t("report.view"), provenance.link(asked, page=page))


def _frame(asked: Asked) -> dict[str, Any]:
    """Return what stands on every page: whose paper it is, of which day, from which sources."""
    t, days = asked.t, provenance.source_days(asked)
    told = " · ".join(t(f"report.day_{role}", day=day) for role, day in days.items())
    return {
        "head": t("report.head", cluster=asked.settings.cluster.name, region=asked.settings.region.name),
        "day": told,
        "foot": " · ".join([told, t("report.snapshot", snapshot=asked.snapshot.id)]),
        "demo": t("common.demo_badge") if asked.snapshot.is_demo else "",
        "cell_pt": CELL_PT,
        "head_pt": HEAD_PT,
        "page_word": t("report.page"),
        "picture_word": t("report.picture"),
        "table_word": t("report.table"),
        "colors": {
            **{name: getattr(LIGHT, name) for name in ("ours", "sector", "gap", "ink", "secondary", "hair", "land")},
            "quiet": _QUIET,
            "gap_text": _GAP_TEXT,
        },
    }
