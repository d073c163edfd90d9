"""One slide: title, texts, tables, foot and notes, each with what a screen reader says of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Inches, Pt

from analytics.export.slide_box import Box
from analytics.export.slide_text import LINE, POINTS, Paragraph, Run, cut, fitting, height_of, width_in
from analytics.export.slide_theme import (
    COVER_LAYOUT,
    COVER_TITLE,
    MARGIN,
    PLAIN_LAYOUT,
    TITLE,
    TITLE_SIZES,
    WIDTH,
    layout_of,
    paint,
)

LANGUAGE_IDS = {"fr": MSO_LANGUAGE_ID.FRENCH, "en": MSO_LANGUAGE_ID.ENGLISH_UK}
READING = 14.0
SMALL = 10.0
ROW = 0.34  # height of a row of a table
# A table of PowerPoint without ground or borders.
_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_DECORATIVE = "{C183D7F6-B498-43B3-948B-1728B52AA6E4}"
_CELL_PAD = 0.05


@dataclass(frozen=True)
class Page:
    """A slide under construction, in a language."""

    slide: Slide
    language: str

    @property
    def shapes(self) -> Any:  # noqa: ANN401 - the library's types leave half of it out
        return self.slide.shapes

    def text(
        self,
        box: Box,
        paragraphs: Sequence[Paragraph],
        *,
        name: str,
        align: PP_ALIGN = PP_ALIGN.LEFT,
        anchor: MSO_ANCHOR = MSO_ANCHOR.TOP,
        gap: float = 0.0,
        wraps: bool = True,
    ) -> Any:  # noqa: ANN401 - python-pptx's shape
        """Write paragraphs in a box without room around them, ``gap`` points between them, and return the shape."""
        shape = self.shapes.add_textbox(*(Inches(side) for side in box))
        shape.name = name
        frame = shape.text_frame
        frame.word_wrap, frame.vertical_anchor = wraps, anchor
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        self.write(frame, paragraphs, align=align, gap=gap)
        return shape

    def write(
        self,
        frame: Any,  # noqa: ANN401 - python-pptx's frame of text
        paragraphs: Sequence[Paragraph],
        *,
        align: PP_ALIGN = PP_ALIGN.LEFT,
        gap: float = 0.0,
    ) -> None:
        """Write paragraphs in a frame of text."""
        for index, runs in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = align
            paragraph.space_before = Pt(gap if index else 0)
            for run in runs:
                self._write_run(paragraph.add_run(), run)

    def _write_run(self, target: Any, run: Run) -> None:  # noqa: ANN401 - python-pptx's run
        target.text = run.text
        target.font.size, target.font.bold = Pt(run.size), run.is_bold
        target.font.language_id = LANGUAGE_IDS[self.language]
        paint(target.font.color, run.role)
        if run.link:
            target.hyperlink.address = run.link

    def disc(self, *, x: float, y: float, diameter: float, fill: str, line: str | None = None, name: str) -> Any:  # noqa: ANN401
        """Draw a disc around a point, in inches, and return it."""
        corner = (Inches(x - diameter / 2), Inches(y - diameter / 2))
        shape = self.shapes.add_shape(MSO_SHAPE.OVAL, *corner, Inches(diameter), Inches(diameter))
        fill_shape(shape, fill)
        outline(shape, line, width_pt=1.5)
        shape.name = name
        return shape

    def bar(self, box: Box, role: str, *, name: str) -> None:
        """Draw a rule, which says nothing."""
        shape = self.shapes.add_shape(MSO_SHAPE.RECTANGLE, *(Inches(side) for side in box))
        fill_shape(shape, role)
        outline(shape, None)
        shape.name = name
        decorate(shape)

    def table(
        self,
        box: Box,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widest: int,
        numbers: Sequence[int] = (),
        name: str,
        alt: str,
        size: float = READING,
    ) -> Box:
        """Write a native table with rules under its rows, and return the box that it fills.

        Columns are as wide as what they hold, and the one at ``widest`` takes the rest; those at ``numbers`` are set
        flush right.
        """
        looks = [
            [Run(cell, size, "ink" if number else "secondary", not number) for cell in cells]
            for number, cells in enumerate([heads, *rows])
        ]
        widths = _column_widths(looks, box.width, widest=widest)
        heights = [_row_height(cells, widths) for cells in looks]
        filled = box.first(sum(heights))
        frame = self.shapes.add_table(len(looks), len(heads), *(Inches(side) for side in filled))
        describe(frame, alt, name=name)
        table = frame.table
        table._tbl.tblPr.find(qn("a:tableStyleId")).text = _PLAIN_TABLE
        table.horz_banding = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Inches(width)
        for number, (cells, height) in enumerate(zip(looks, heights, strict=True)):
            table.rows[number].height = Inches(height)
            for place, run in enumerate(cells):
                self._write_cell(table.cell(number, place), run, row=number, is_number=place in numbers)
        return filled

    def _write_cell(self, cell: Any, run: Run, *, row: int, is_number: bool) -> None:  # noqa: ANN401
        cell.margin_left = cell.margin_right = Inches(_CELL_PAD)
        cell.margin_top = cell.margin_bottom = Inches(_CELL_PAD)
        cell.vertical_anchor = MSO_ANCHOR.BOTTOM if row == 0 else MSO_ANCHOR.MIDDLE
        self.write(cell.text_frame, [[run]], align=PP_ALIGN.RIGHT if is_number else PP_ALIGN.LEFT)
        properties = cell._tc.get_or_add_tcPr()
        # The line between two rows is the lower one's too, else one of them would hide it.
        rules = {"lnL": None, "lnR": None, "lnT": _rule_under(row - 1), "lnB": _rule_under(row)}
        for side, rule in rules.items():
            width, inner = rule or (0.0, "<a:noFill/>")
            properties.append(parse_xml(f'<a:{side} {nsdecls("a")} w="{Pt(width)}">{inner}</a:{side}>'))

    def notes(self, paragraphs: Sequence[str]) -> None:
        """Write what the speaker reads."""
        frame: Any = self.slide.notes_slide.notes_text_frame
        frame.text = "\n".join(paragraph for paragraph in paragraphs if paragraph)
        for paragraph in frame.paragraphs:
            for run in paragraph.runs:
                run.font.language_id = LANGUAGE_IDS[self.language]

    def foot(self, lines: Sequence[str], *, notice: str, number: int) -> None:
        """Write sources, the notice in ochre and the number at the foot, where the layout has their places."""
        for kind in ("ftr", "sldNum"):
            self._take_placeholder(kind)
        footer, numbered = list(self.slide.placeholders)[-2:]
        width = _inches(footer.width)
        room = 3 * SMALL * LINE / POINTS + 1e-6
        if height_of([[Run(line, SMALL)] for line in lines], width) > room:
            lines = [cut(line, size=SMALL, width=width) for line in lines[:3]]
        self.write(footer.text_frame, [[Run(line, SMALL, "secondary")] for line in lines])
        paint(numbered.text_frame.paragraphs[0].font.color, "secondary")
        field = numbered._element.find(f".//{qn('a:fld')}")
        field.find(qn("a:t")).text = str(number)
        if notice:
            box = Box(WIDTH - MARGIN - 2.9, 6.84, 2.3, 0.2)
            self.text(box, [[Run(notice, SMALL, "notice", True)]], name="Notice", align=PP_ALIGN.RIGHT)

    def _take_placeholder(self, kind: str) -> None:
        """Bring a placeholder of the layout on the slide: the library leaves feet and numbers out."""
        layout = self.slide.slide_layout
        source = layout.element.xpath(f".//p:sp[p:nvSpPr/p:nvPr/p:ph[@type='{kind}']]")[0]
        taken = copy.deepcopy(source)
        tree = self.shapes._spTree
        taken.find(f".//{qn('p:cNvPr')}").set("id", str(max(map(int, tree.xpath("//p:cNvPr/@id"))) + 1))
        tree.append(taken)


def _rule_under(row: int) -> tuple[float, str] | None:
    """Return the weight and the colour of the rule under a row of a table: ink under its head, else a hairline."""
    if row < 0:
        return None
    color = "tx1" if row == 0 else "accent6"
    return (0.75 if row else 1.5), f'<a:solidFill><a:schemeClr val="{color}"/></a:solidFill>'


def _column_widths(rows: Sequence[Sequence[Run]], width: float, *, widest: int) -> list[float]:
    needed = [
        max(width_in(run.text, run.size, run.face) for run in column) + 2 * _CELL_PAD + 0.06
        for column in zip(*rows, strict=True)
    ]
    needed[widest] = width - sum(needed) + needed[widest]
    return needed


def _row_height(cells: Sequence[Run], widths: Sequence[float]) -> float:
    tallest = max(height_of([[run]], width - 2 * _CELL_PAD) for run, width in zip(cells, widths, strict=True))
    return max(ROW, tallest + 2 * _CELL_PAD)


def add_page(deck: Deck, title: str, *, language: str, is_cover: bool = False) -> Page:
    """Add a slide whose title is in its layout's place, as large as it fits in two lines."""
    slide = deck.slides.add_slide(layout_of(deck, COVER_LAYOUT if is_cover else PLAIN_LAYOUT))
    page = Page(slide, language)
    place = COVER_TITLE if is_cover else TITLE
    sizes = (40.0, 36.0, 32.0, *TITLE_SIZES) if is_cover else TITLE_SIZES
    size = fitting(title, width=place.width, height=place.height, sizes=sizes, face="title")
    frame = slide.shapes.title.text_frame
    frame.text = title
    run = frame.paragraphs[0].runs[0]
    run.font.size, run.font.language_id = Pt(size), LANGUAGE_IDS[language]
    return page


def fill_shape(shape: Any, role: str | None) -> None:  # noqa: ANN401 - any shape of python-pptx
    """Fill a shape with the colour of a role, or with nothing."""
    if role is None:
        shape.fill.background()
    else:
        shape.fill.solid()
        paint(shape.fill.fore_color, role)


def outline(shape: Any, role: str | None, *, width_pt: float = 0.5) -> None:  # noqa: ANN401
    """Draw the outline of a shape in the colour of a role, or none; the theme's style, with its shadows, goes."""
    style = shape._element.find(qn("p:style"))
    if style is not None:
        shape._element.remove(style)
    if role is None:
        shape.line.fill.background()
    else:
        shape.line.fill.solid()
        paint(shape.line.fill.fore_color, role)
        shape.line.width = Pt(width_pt)


def describe(shape: Any, alt: str, *, name: str) -> None:  # noqa: ANN401
    """Say in words what a shape shows, and name it."""
    shape.name = name
    shape._element.xpath(".//p:cNvPr")[0].set("descr", alt)


def decorate(shape: Any) -> None:  # noqa: ANN401
    """Tell screen readers to pass over a shape."""
    namespace = "http://schemas.microsoft.com/office/drawing/2017/decorative"
    shape._element.xpath(".//p:cNvPr")[0].append(
        parse_xml(
            f'<a:extLst {nsdecls("a")}><a:ext uri="{_DECORATIVE}"><adec:decorative xmlns:adec="{namespace}" val="1"/>'
            "</a:ext></a:extLst>"
        )
    )


def _inches(length: int) -> float:
    return length / 914_400
