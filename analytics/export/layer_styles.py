"""How the layers look when QGIS opens them: styles (QML) in the colours of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from analytics.figures.areas import class_colors
from analytics.figures.palette import Palette

FONT = "IBM Plex Sans"
VERSION = "3.22.0"
# Millimetres of the drawing.
BORDER_MM, LINE_MM, DOT_MM, RANK_MM = "0.15", "0.4", "3", "5"
TEXT_PT = "9"


def classes_style(labels: Sequence[str], *, column: str, palette: Palette) -> Element:
    """Return the style of areas by their class of the ratio: the colours of the map of towns, ``labels`` beside them.

    Areas without a class, as all are without a roster, have the colour of land.
    """
    root = _root()
    renderer = SubElement(root, "renderer-v2", type="categorizedSymbol", attr=column)
    categories, symbols = SubElement(renderer, "categories"), SubElement(renderer, "symbols")
    colors = [*class_colors(palette), palette.land]
    for number, color in enumerate(colors):
        is_rest = number == len(labels)
        value, label = ("", "") if is_rest else (str(number), labels[number])
        SubElement(categories, "category", symbol=str(number), render="true", value=value, label=label)
        look = {"color": _rgb(color), "outline_color": _rgb(palette.background), "outline_width": BORDER_MM}
        _symbol(symbols, str(number), kind="fill", layer="SimpleFill", look={"style": "solid", **look})
    return root


def outline_style(color: str) -> Element:
    """Return the style of reaches: a dotted line, nothing within."""
    look = {"style": "no", "outline_style": "dot", "outline_color": _rgb(color), "outline_width": LINE_MM}
    return _single(kind="fill", layer="SimpleFill", look=look)


def ring_style(*, label: str, palette: Palette) -> Element:
    """Return the style of antennas: a ring, its name beside it."""
    look = {"name": "circle", "color": _rgb(palette.background), "outline_color": _rgb(palette.ink)}
    look |= {"outline_width": LINE_MM, "size": DOT_MM}
    placed = {"placement": "1", "quadOffset": "5", "xOffset": "2", "yOffset": "0", "offsetUnits": "MM"}
    return _single(
        kind="marker",
        layer="SimpleMarker",
        look=look,
        label=_label(label, palette.ink, placed, halo=palette.background),
    )


def rank_style(*, label: str, palette: Palette) -> Element:
    """Return the style of suggested antennas: a disc that holds the rank."""
    look = {"name": "circle", "color": _rgb(palette.ink), "outline_color": _rgb(palette.background)}
    look |= {"outline_width": LINE_MM, "size": RANK_MM}
    placed = {"placement": "1", "quadOffset": "4"}
    return _single(kind="marker", layer="SimpleMarker", look=look, label=_label(label, palette.background, placed))


def as_qml(style: Element, *, aliases: Mapping[str, str]) -> str:
    """Return a style as QGIS reads it, with the names under which it shows the columns.

    The file says them too, where versions before 3.24 do not look.
    """
    whole = Element("qgis", {**style.attrib, "styleCategories": f"{style.get('styleCategories')}|Fields"})
    whole.extend(style)
    named = SubElement(whole, "aliases")
    for column, label in aliases.items():
        SubElement(named, "alias", field=column, name=label)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(whole, encoding="unicode")


def _single(*, kind: str, layer: str, look: Mapping[str, str], label: Element | None = None) -> Element:
    root = _root(is_labelled=label is not None)
    renderer = SubElement(root, "renderer-v2", type="singleSymbol")
    _symbol(SubElement(renderer, "symbols"), "0", kind=kind, layer=layer, look=look)
    if label is not None:
        root.append(label)
    return root


def _root(*, is_labelled: bool = False) -> Element:
    categories = "Symbology|Labeling" if is_labelled else "Symbology"
    return Element("qgis", version=VERSION, styleCategories=categories, labelsEnabled=str(int(is_labelled)))


def _symbol(symbols: Element, name: str, *, kind: str, layer: str, look: Mapping[str, str]) -> None:
    symbol = SubElement(symbols, "symbol", type=kind, name=name, alpha="1")
    drawn = SubElement(symbol, "layer", {"class": layer, "enabled": "1"})
    options = SubElement(drawn, "Option", type="Map")
    for key, value in look.items():
        SubElement(options, "Option", name=key, value=value, type="QString")


def _label(column: str, color: str, placed: Mapping[str, str], *, halo: str = "") -> Element:
    labeling = Element("labeling", type="simple")
    settings = SubElement(labeling, "settings")
    style = SubElement(
        settings,
        "text-style",
        fieldName=column,
        fontFamily=FONT,
        namedStyle="SemiBold",
        fontSize=TEXT_PT,
        fontSizeUnit="Point",
        textColor=_rgb(color),
    )
    if halo:
        SubElement(style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor=_rgb(halo))
    SubElement(settings, "placement", dict(placed))
    return labeling


def _rgb(color: str) -> str:
    """Return ``#1F55A5`` as QGIS writes it: ``31,85,165,255``."""
    return ",".join(str(int(color[start : start + 2], 16)) for start in (1, 3, 5)) + ",255"
