"""The deck's look: an empty 16:9 presentation with the house's colours, fonts, rules and places for titles and feet."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.presentation import Presentation as Deck
from pptx.slide import SlideLayout
from pptx.util import Emu, Inches

from analytics.export.slide_box import Box
from analytics.figures.palette import LIGHT, Palette

WIDTH, HEIGHT = 13.333, 7.5
MARGIN = 0.67
CONTENT = WIDTH - 2 * MARGIN
TITLE = Box(MARGIN, 0.58, CONTENT, 0.98)
COVER_TITLE = Box(MARGIN, 1.55, 5.6, 2.3)
COVER_TEXT = Box(MARGIN, 4.0, 5.6, 2.6)
FOOT = Box(MARGIN, 6.84, 9.6, 0.5)
NUMBER = Box(WIDTH - MARGIN - 0.5, 6.84, 0.5, 0.2)
COVER_LAYOUT, PLAIN_LAYOUT = "Title Slide", "Title Only"
TITLE_SIZES = (28.0, 26.0, 24.0, 22.0, 20.0, 18.0)
FONTS = {"majorFont": "Georgia", "minorFont": "Arial"}
# Roles of the palette that have a place in the theme: who changes its colours changes theirs in every chart and map.
THEME = {
    "ink": MSO_THEME_COLOR.TEXT_1,
    "background": MSO_THEME_COLOR.BACKGROUND_1,
    "secondary": MSO_THEME_COLOR.TEXT_2,
    "land": MSO_THEME_COLOR.BACKGROUND_2,
    "ours": MSO_THEME_COLOR.ACCENT_1,
    "sector": MSO_THEME_COLOR.ACCENT_2,
    "gap": MSO_THEME_COLOR.ACCENT_3,
    "neutral": MSO_THEME_COLOR.ACCENT_4,
    "notice": MSO_THEME_COLOR.ACCENT_5,
    "hair": MSO_THEME_COLOR.ACCENT_6,
}


def paint(color: Any, role: str) -> None:  # noqa: ANN401 - python-pptx has one class of colours for each place
    """Give a colour of python-pptx that of a role, or a colour written ``#RRGGBB``."""
    if role in THEME:
        color.theme_color = THEME[role]
    else:
        color.rgb = RGBColor.from_string(role.removeprefix("#"))


def empty_deck(*, name: str) -> Deck:
    """Return a presentation without a slide; ``name`` names its theme."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    _keep_layouts(deck)
    _drop_leftovers(deck)
    _set_theme(deck, name=name)
    _set_master(deck)
    plain, cover = layout_of(deck, PLAIN_LAYOUT), layout_of(deck, COVER_LAYOUT)
    _add_rule(plain, Box(MARGIN, 0.42, CONTENT, 0.028), "tx1")
    _add_rule(plain, Box(MARGIN, 6.76, CONTENT, 0.011), "accent6")
    _add_rule(cover, Box(MARGIN, 1.2, 1.5, 0.06), "accent1")
    for kind, box in (("ctrTitle", COVER_TITLE), ("subTitle", COVER_TEXT)):
        _place(_placeholder(cover, kind), box)
    return deck


def layout_of(deck: Deck, name: str) -> SlideLayout:
    """Return a layout by its name."""
    return next(layout for layout in deck.slide_layouts if layout.name == name)


def _keep_layouts(deck: Deck) -> None:
    """Keep the two layouts that slides use; nine others would offer places of the old format."""
    for layout in list(deck.slide_layouts):
        if layout.name not in (COVER_LAYOUT, PLAIN_LAYOUT):
            deck.slide_layouts.remove(layout)


def _drop_leftovers(deck: Deck) -> None:
    """Drop what the library's own empty deck holds besides: a picture of it, and somebody's printer."""
    package = deck.part.package
    for holder, kind in ((package, RT.THUMBNAIL), (deck.part, RT.PRINTER_SETTINGS)):
        for key in [key for key, related in holder._rels.items() if related.reltype == kind]:
            holder._rels.pop(key)


def _set_theme(deck: Deck, *, name: str) -> None:
    part = deck.slide_master.part.part_related_by(RT.THEME)
    theme = etree.fromstring(part.blob)
    theme.set("name", name)
    colors, fonts = theme.find(f".//{qn('a:clrScheme')}"), theme.find(f".//{qn('a:fontScheme')}")
    for scheme in (colors, fonts):
        scheme.set("name", name)
    for slot, value in _colors(LIGHT).items():
        entry = colors.find(qn(f"a:{slot}"))
        entry.clear()
        etree.SubElement(entry, qn("a:srgbClr")).set("val", value.removeprefix("#"))
    for place, face in FONTS.items():
        fonts.find(f"{qn(f'a:{place}')}/{qn('a:latin')}").set("typeface", face)
    # The library keeps the theme as bytes and offers no way to edit it.
    part._blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)


def _colors(palette: Palette) -> dict[str, str]:
    """Return the colours of the theme by slot, in the order of ``THEME``."""
    return {
        "dk1": palette.ink,
        "lt1": palette.background,
        "dk2": palette.secondary,
        "lt2": palette.land,
        "accent1": palette.ours,
        "accent2": palette.sector,
        "accent3": palette.gap,
        "accent4": palette.neutral,
        # The ochre that small type can be read in.
        "accent5": palette.diverging[1],
        "accent6": palette.hair,
        "hlink": palette.ours,
        "folHlink": palette.secondary,
    }


def _set_master(deck: Deck) -> None:
    master = deck.slide_master
    body = Box(MARGIN, 1.6, CONTENT, 5.0)
    places = {"title": TITLE, "body": body, "ftr": FOOT, "sldNum": NUMBER, "dt": Box(MARGIN, 7.34, 2, 0.16)}
    for kind, box in places.items():
        _place(_placeholder(master, kind), box)
    for kind in ("ftr", "sldNum", "dt"):
        style = _placeholder(master, kind).find(f".//{qn('a:lvl1pPr')}")
        style.set("algn", "r" if kind == "sldNum" else "l")
        run = style.find(qn("a:defRPr"))
        run.set("sz", "1000")
        fill = run.find(qn("a:solidFill"))
        fill.clear()
        etree.SubElement(fill, qn("a:schemeClr")).set("val", "tx2")
    title = master.element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    title.set("algn", "l")
    run = title.find(qn("a:defRPr"))
    run.set("sz", f"{TITLE_SIZES[0] * 100:.0f}")
    run.set("b", "1")


def _placeholder(holder: Any, kind: str) -> Any:  # noqa: ANN401 - a master or a layout, an lxml element
    found = holder.element.xpath(f".//p:sp[p:nvSpPr/p:nvPr/p:ph[@type='{kind}']]")
    return found[0]


def _place(shape: Any, box: Box) -> None:  # noqa: ANN401 - an lxml element
    """Put a placeholder in a box: its text begins at the top left, without room around it."""
    properties = shape.find(qn("p:spPr"))
    for old in properties.findall(qn("a:xfrm")):
        properties.remove(old)
    properties.insert(0, parse_xml(_frame(box)))
    body = shape.find(f".//{qn('a:bodyPr')}")
    for side in ("lIns", "tIns", "rIns", "bIns"):
        body.set(side, "0")
    body.set("anchor", "t")
    for style in shape.findall(f".//{qn('a:lvl1pPr')}"):
        style.set("algn", "l")


def _frame(box: Box) -> str:
    left, top, width, height = (Emu(Inches(side)) for side in box)
    inner = f'<a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/>'
    return f"<a:xfrm {nsdecls('a')}>{inner}</a:xfrm>"


def _add_rule(layout: SlideLayout, box: Box, color: str) -> None:
    """Draw a rule on a layout: it is on each of its slides, and in nobody's way there."""
    number = len(layout.element.xpath(".//p:cNvPr")) + 10
    left, top, width, height = (Emu(Inches(side)) for side in box)
    tree = layout.shapes._spTree
    tree.insert(
        2,
        parse_xml(
            f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="{number}" name="Rule {number}"/><p:cNvSpPr/><p:nvPr '
            f'userDrawn="1"/></p:nvSpPr><p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" '
            f'cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:schemeClr '
            f'val="{color}"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr></p:sp>'
        ),
    )
