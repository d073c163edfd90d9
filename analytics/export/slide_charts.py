"""Native charts: their workbook is the reader's to edit, and what they show follows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from analytics.export.slide_box import Box
from analytics.export.slide_page import READING, Page, describe
from analytics.export.slide_theme import paint
from analytics.text import NARROW_SPACE

Kind = Literal["bars", "columns", "stacked", "lines"]
Side = Literal["right", "above", "below"]
_SIDES: dict[Side, XL_LABEL_POSITION] = {
    "right": XL_LABEL_POSITION.RIGHT,
    "above": XL_LABEL_POSITION.ABOVE,
    "below": XL_LABEL_POSITION.BELOW,
}
_TYPES = {
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "columns": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "stacked": XL_CHART_TYPE.BAR_STACKED_100,
    "lines": XL_CHART_TYPE.LINE,
}
_SPACE = f'"{NARROW_SPACE}"'
# Formats of numbers by language. A French one holds its own narrow spaces, so that it reads in French on any machine;
# decimal marks are those of the machine. None has a sign that XML keeps for itself: the library does not escape it.
_FORMATS = {
    "fr": {
        "integer": f"[>=1000000]#{_SPACE}###{_SPACE}##0;[>=1000]#{_SPACE}##0;0",
        "decimal": "0.0",
        "percent": f'[>=9.95]0{_SPACE}"%";0.0{_SPACE}"%"',
        "thousand_euros": f'0,"{NARROW_SPACE}k€"',
    },
    "en": {
        "integer": "#,##0",
        "decimal": "0.0",
        "percent": '[>=9.95]0"%";0.0"%"',
        "thousand_euros": '"€"0,"k"',
    },
}
_MOST_YEARS = 8
_YEAR = "yyyy"
# Below this share of a stacked bar its label does not fit in its part, and stands beside it.
_NARROW_PCT = 9.0


@dataclass(frozen=True)
class Series:
    """A series of a chart: its name, its values as the result table has them, the role of its colour.

    ``label`` is the side on which the name of a line stands from its end; ``roles`` are those of single bars, where
    they differ.
    """

    name: str
    values: Sequence[float | None]
    role: str
    has_labels: bool = True
    is_dashed: bool = False
    label: Side = "right"
    roles: Sequence[str] = ()


@dataclass(frozen=True)
class Chart:
    """A chart: what kind, its categories and series, how its numbers are written, and what it is called.

    The categories of lines are years.
    """

    kind: Kind
    name: str
    alt: str
    categories: Sequence[str]
    series: Sequence[Series]
    number: str = "integer"
    # Where the plot lies in the frame, as shares: left, top, width, height; None leaves it to the program.
    plot: tuple[float, float, float, float] | None = None
    size: float = READING
    # Where the upright axis of lines begins, and the step of its numbers; None leaves them to the program.
    ticks: tuple[float, float] | None = None


def draw_chart(page: Page, box: Box, chart: Chart) -> None:
    """Draw a chart in a box."""
    number = _FORMATS[page.language][chart.number]
    data = CategoryChartData(number_format=number)
    if chart.kind == "lines":
        data.categories = [date(int(year), 1, 1) for year in chart.categories]
        data.categories.number_format = _YEAR
    else:
        data.categories = list(chart.categories)
    for series in chart.series:
        data.add_series(series.name, [_cell(value) for value in series.values])
    frame = page.shapes.add_chart(_TYPES[chart.kind], *(Inches(side) for side in box), data)
    describe(frame, chart.alt, name=chart.name)
    drawn = frame.chart
    drawn.has_legend = drawn.has_title = False
    drawn.font.size = Pt(chart.size)
    paint(drawn.font.color, "ink")
    _set_axes(drawn, chart, number)
    for index, (plotted, series) in enumerate(zip(drawn.plots[0].series, chart.series, strict=True)):
        _color(plotted, series, kind=chart.kind)
        _label(plotted, series, chart=chart, number=number, is_first=index == 0)
    _set_plot(drawn, chart)


def _cell(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _set_axes(drawn: Any, chart: Chart, number: str) -> None:  # noqa: ANN401 - python-pptx's chart
    category, value = drawn.category_axis, drawn.value_axis
    category.major_tick_mark = value.major_tick_mark = XL_TICK_MARK.NONE
    if chart.kind != "lines":
        category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    category.format.line.fill.solid()
    paint(category.format.line.fill.fore_color, "hair")
    category.has_major_gridlines = False
    value.has_major_gridlines = chart.kind == "lines"
    value.visible = chart.kind == "lines"
    if chart.kind in ("bars", "stacked"):
        # The first category stands at the top.
        category.reverse_order = True
    if chart.kind != "lines":
        value.minimum_scale = _least(chart)
        return
    _name_years(category, len(chart.categories))
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = number, False
    value.format.line.fill.background()
    if chart.ticks is not None:
        value.minimum_scale, value.major_unit = chart.ticks
    value.major_gridlines.format.line.fill.solid()
    paint(value.major_gridlines.format.line.fill.fore_color, "hair")
    value.major_gridlines.format.line.width = Pt(0.75)


def _least(chart: Chart) -> float:
    """Return where the axis of bars begins: at zero, or so far left that the labels of negative ones have room."""
    values = [v for series in chart.series for v in series.values if v is not None and not math.isnan(v)]
    low, high = min(values, default=0.0), max(values, default=0.0)
    return low - 0.25 * (max(high, 0.0) - low) if low < 0 else 0.0


def _name_years(category: Any, count: int) -> None:  # noqa: ANN401 - python-pptx's axis
    """Name so many years that they stand level beside each other, on an axis of dates.

    On one of names LibreOffice shows them all, turned, or none.
    """
    axis = category._element
    axis.find(qn("c:baseTimeUnit")).set("val", "years")
    step = next(step for step in (1, 2, 5, 10, 20, 50) if count / step <= _MOST_YEARS)
    units = f'<c:majorUnit {nsdecls("c")} val="{step}"/>', f'<c:majorTimeUnit {nsdecls("c")} val="years"/>'
    for unit in reversed(units):
        axis.find(qn("c:baseTimeUnit")).addnext(parse_xml(unit))


def _color(plotted: Any, series: Series, *, kind: Kind) -> None:  # noqa: ANN401 - python-pptx's series
    if kind == "lines":
        plotted.smooth = False
        plotted.format.line.width = Pt(2.5)
        plotted.format.line.fill.solid()
        paint(plotted.format.line.fill.fore_color, series.role)
        plotted.marker.style = None
        plotted._element.get_or_add_marker().get_or_add_symbol().set("val", "none")
        if series.is_dashed:
            line = plotted._element.find(f".//{qn('a:ln')}")
            line.append(parse_xml(f'<a:prstDash {nsdecls("a")} val="sysDash"/>'))
        return
    plotted.format.fill.solid()
    paint(plotted.format.fill.fore_color, series.role)
    plotted.invert_if_negative = False
    for index, role in enumerate(series.roles):
        if role != series.role:
            point = plotted.points[index].format.fill
            point.solid()
            paint(point.fore_color, role)


def _label(plotted: Any, series: Series, *, chart: Chart, number: str, is_first: bool) -> None:  # noqa: ANN401
    if not series.has_labels:
        return
    if chart.kind == "lines":
        _label_end(plotted, series, chart=chart, number=number)
        return
    labels = plotted.data_labels
    labels.show_value = True
    labels.number_format, labels.number_format_is_linked = number, False
    labels.font.size = Pt(chart.size)
    if chart.kind != "stacked":
        labels.position = XL_LABEL_POSITION.OUTSIDE_END
        paint(labels.font.color, "ink")
        return
    labels.font.bold = True
    labels.position = XL_LABEL_POSITION.CENTER
    paint(labels.font.color, "background" if is_first else "ink")
    _drop_leaders(labels)
    for index, value in enumerate(series.values):
        if is_first and value is not None and value < _NARROW_PCT:
            _stand_beside(plotted.points[index].data_label, value, chart=chart)


def _drop_leaders(labels: Any) -> None:  # noqa: ANN401 - python-pptx's labels
    """Draw no line from a label that was moved to its bar."""
    namespace = "http://schemas.microsoft.com/office/drawing/2012/chart"
    labels._element.append(
        parse_xml(
            f'<c:extLst {nsdecls("c")}><c:ext uri="{{CE6537A1-D6FC-4f65-9D91-7224C49458BB}}" xmlns:c15="{namespace}">'
            '<c15:showLeaderLines val="0"/></c:ext></c:extLst>'
        )
    )


def _stand_beside(label: Any, value: float, *, chart: Chart) -> None:  # noqa: ANN401 - python-pptx's label
    """Move the label of a narrow part to the right of it, where it is dark on the next part's grey."""
    label.font.size, label.font.bold = Pt(chart.size), True
    paint(label.font.color, "ink")
    label.position = XL_LABEL_POSITION.CENTER
    element = label._dLbl
    shift = value / 200 + 0.055
    layout = (
        f'<c:layout {nsdecls("c")}><c:manualLayout><c:x val="{shift:.4f}"/><c:y val="0"/></c:manualLayout></c:layout>'
    )
    element.insert(1, parse_xml(layout))


def _label_end(plotted: Any, series: Series, *, chart: Chart, number: str) -> None:  # noqa: ANN401
    """Name a line and its last value at its end, in its colour."""
    last = max((i for i, v in enumerate(series.values) if _cell(v) is not None), default=None)
    if last is None:
        return
    label = plotted.points[last].data_label
    label.font.size, label.font.bold = Pt(chart.size), True
    paint(label.font.color, "secondary" if series.role == "sector" else series.role)
    label.position = _SIDES[series.label]
    element = label._dLbl
    for name, shown in (("showSerName", "1"), ("showVal", "1"), ("showCatName", "0"), ("showLegendKey", "0")):
        found = element.find(qn(f"c:{name}"))
        if found is not None:
            found.set("val", shown)
    element.append(parse_xml(f"<c:separator {nsdecls('c')}>\n</c:separator>"))
    position = list(element).index(element.find(qn("c:txPr")))
    element.insert(
        position - 1 if element.find(qn("c:spPr")) is not None else position,
        parse_xml(f'<c:numFmt {nsdecls("c")} formatCode={quoteattr(number)} sourceLinked="0"/>'),
    )


def _set_plot(drawn: Any, chart: Chart) -> None:  # noqa: ANN401 - python-pptx's chart
    if chart.kind != "lines":
        drawn.plots[0].gap_width = 25 if chart.kind == "bars" and len(chart.series) > 1 else 50
        drawn.plots[0].overlap = 100 if chart.kind == "stacked" else 0
    if chart.plot is None:
        return
    left, top, width, height = chart.plot
    area = drawn._chartSpace.find(f".//{qn('c:plotArea')}")
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    area.insert(
        0,
        parse_xml(
            f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/><c:xMode val="edge"/><c:yMode '
            f'val="edge"/><c:x val="{left}"/><c:y val="{top}"/><c:w val="{width}"/><c:h val="{height}"/>'
            "</c:manualLayout></c:layout>"
        ),
    )
