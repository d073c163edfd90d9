"""Native Excel charts, which refer to the cells of a table: whoever changes a cell sees the chart change.

Colours by role, as everywhere: blue the cluster, grey the sector; uncertainty is drawn as lines from low to high.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from openpyxl.chart import BarChart, LineChart, Reference, ScatterChart, StockChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series, SeriesLabel, XYSeries
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.chart.title import Title, title_maker
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.utils.units import cm_to_EMU
from openpyxl.worksheet.worksheet import Worksheet

from analytics.export.worksheets import FORMATS, Kind, Place, clean
from analytics.figures.palette import LIGHT

WIDTH_CM, HEIGHT_CM = 19.0, 10.0
# Of a chart of horizontal bars: for what is around them, and for each of them.
_AROUND_CM, _BAR_CM, _TALLEST_CM = 3.0, 0.55, 40.0
_POINTS = 12_700
_TITLE, _TEXT = 1_200, 1_000
Form = Literal["intervals", "bars", "columns", "lines", "curves"]


@dataclass(frozen=True)
class Line:
    """A series: a column of the table, the role of its colour in ``figures.palette``, and how its line is drawn."""

    column: str
    role: str = "neutral"
    is_dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart beside a table.

    Attributes
    ----------
    form
        ``intervals``: from low to high with a point between, series high, low, point; ``bars`` from the left,
        ``columns`` from below, ``lines`` from name to name, ``curves`` along a number.
    across
        The column of the names, or of that number.
    without_last
        How many of the last rows are left out: a total among its parts.
    """

    form: Form
    across: str
    lines: tuple[Line, ...]
    without_last: int = 0

    def of(self, place: Place) -> Chart | None:
        """Return the chart of what a table has of its columns: of an interval all or nothing; None of nothing."""
        lines = tuple(line for line in self.lines if line.column in place.columns)
        is_whole = len(lines) == len(self.lines) or self.form != "intervals"
        has_rows = self.across in place.columns and place.rows > self.without_last
        return replace(self, lines=lines) if lines and is_whole and has_rows else None


def add_chart(
    sheet: Worksheet, place: Place, chart: Chart, *, kind: Kind, title: str, alt: str, row: int, column: int
) -> float:
    """Draw a chart beside its table, its upper left corner in a cell; return its height in centimetres.

    Parameters
    ----------
    kind
        Of the values, for the axis.
    title, alt
        What is drawn, above it; what it shows, for who does not see it.
    """
    drawn = _Drawn(sheet, place, chart)
    made = {
        "intervals": _intervals,
        "bars": _bars,
        "columns": _columns,
        "lines": _lines,
        "curves": _curves,
    }[chart.form](drawn)
    made.title = _title(title)
    made.title.overlay = False
    _axes(made, kind=kind, has_values=chart.form != "bars")
    made.graphical_properties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    made.roundedCorners = False
    if len(chart.lines) == 1 or chart.form == "intervals":
        made.legend = None
    else:
        made.legend.position, made.legend.txPr = "b", _text(_TEXT)
    bars = (place.rows - chart.without_last) * (len(chart.lines) + 0.5)
    height = min(_AROUND_CM + _BAR_CM * bars, _TALLEST_CM) if chart.form == "bars" else HEIGHT_CM
    made.anchor = _Anchor(
        alt=clean(alt),
        _from=AnchorMarker(col=column - 1, row=row - 1),
        ext=XDRPositiveSize2D(cm_to_EMU(WIDTH_CM), cm_to_EMU(height)),
    )
    sheet.add_chart(made)
    return height


class _Anchor(OneCellAnchor):  # type: ignore[misc]
    """Where a chart stands, with its alternative text, for which openpyxl has no place."""

    tagname = "oneCellAnchor"
    __elements__ = OneCellAnchor.__elements__

    def __init__(self, *, alt: str, **place: object) -> None:
        # Before the others: it is read as soon as there is a frame.
        object.__setattr__(self, "alt", alt)
        super().__init__(**place)

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - as openpyxl gives it
        if name == "graphicFrame" and value is not None:
            value.nvGraphicFramePr.cNvPr.descr = self.alt
        super().__setattr__(name, value)


class _Drawn:
    """The cells of a chart: its series and what they are drawn across, with the values as they are now.

    Without these, programs that do not compute, and the lines from low to high in Excel, would show nothing.
    """

    def __init__(self, sheet: Worksheet, place: Place, chart: Chart) -> None:
        self.sheet, self.place, self.chart = sheet, place, chart
        self.first, self.last = place.head + 1, place.head + place.rows - chart.without_last

    def series(self) -> list[Series]:
        made = []
        for number, line in enumerate(self.chart.lines):
            series = Series(
                idx=number, order=number, val=self._numbers(line.column), cat=self._names(), tx=self._head(line)
            )
            made.append(series)
        return made

    def xy_series(self) -> list[XYSeries]:
        across = AxDataSource(numRef=self._numbers(self.chart.across).numRef)
        return [
            XYSeries(idx=n, order=n, xVal=across, yVal=self._numbers(line.column), tx=self._head(line))
            for n, line in enumerate(self.chart.lines)
        ]

    def _head(self, line: Line) -> SeriesLabel:
        head = self.place.head
        text = StrVal(idx=0, v=str(self.sheet.cell(head, self.column(line.column)).value))
        where = self._reference(line.column, first=head, last=head)
        return SeriesLabel(strRef=StrRef(f=where, strCache=StrData(ptCount=1, pt=[text])))

    def _numbers(self, name: str) -> NumDataSource:
        found = [(n, value) for n, value in enumerate(self.values(name)) if value is not None]
        points = [NumVal(idx=n, v=float(value)) for n, value in found]
        cache = NumData(formatCode="General", ptCount=self.last - self.first + 1, pt=points)
        return NumDataSource(numRef=NumRef(f=self._reference(name), numCache=cache))

    def _names(self) -> AxDataSource:
        points = [StrVal(idx=n, v=str(v)) for n, v in enumerate(self.values(self.chart.across)) if v is not None]
        cache = StrData(ptCount=self.last - self.first + 1, pt=points)
        return AxDataSource(strRef=StrRef(f=self._reference(self.chart.across), strCache=cache))

    def values(self, name: str) -> list[Any]:
        return [self.sheet.cell(row, self.column(name)).value for row in range(self.first, self.last + 1)]

    def column(self, name: str) -> int:
        return self.place.columns.index(name) + 1

    def _reference(self, name: str, *, first: int | None = None, last: int | None = None) -> str:
        column = self.column(name)
        area = {"min_col": column, "max_col": column, "min_row": first or self.first, "max_row": last or self.last}
        return str(Reference(self.sheet, **area))


def _intervals(drawn: _Drawn) -> StockChart:
    """Draw high, low and the point between them, which Excel knows from the prices of shares."""
    made = StockChart()
    made.series = drawn.series()
    for series in made.series:
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
        series.marker = Marker(symbol="none")
        series.smooth = False
    color = _color(drawn.chart.lines[-1].role)
    point = GraphicalProperties(solidFill=color, ln=LineProperties(solidFill=color))
    made.series[-1].marker = Marker(symbol="circle", size=9, spPr=point)
    bar = LineProperties(solidFill=_color("sector"), w=4 * _POINTS)
    made.hiLowLines = ChartLines(spPr=GraphicalProperties(ln=bar))
    return made


def _bars(drawn: _Drawn) -> BarChart:
    made = _columns(drawn)
    made.type = "bar"
    # From the top down, as in the table; the figures at their ends say what an axis would.
    made.x_axis.scaling.orientation = "maxMin"
    for series, line in zip(made.series, drawn.chart.lines, strict=True):
        cell = drawn.sheet.cell(drawn.first, drawn.column(line.column))
        series.dLbls = DataLabelList(
            showVal=True,
            showSerName=False,
            showCatName=False,
            showLegendKey=False,
            showPercent=False,
            numFmt=cell.number_format,
            txPr=_text(_TEXT),
        )
    return made


def _columns(drawn: _Drawn) -> BarChart:
    made = BarChart()
    made.type, made.grouping, made.gapWidth, made.overlap = "col", "clustered", 50, 0
    made.series = drawn.series()
    for series, line in zip(made.series, drawn.chart.lines, strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=_color(line.role))
        # Excel turns what is negative white unless told not to.
        series.invertIfNegative = False
    lowest = min((v for line in drawn.chart.lines for v in drawn.values(line.column) if v is not None), default=0)
    # Bars begin at zero, or their lengths would mislead; what is left of it has its figure there too, beside the names.
    made.y_axis.scaling.min = min(4 * lowest, 0)
    return made


def _lines(drawn: _Drawn) -> LineChart:
    made = LineChart()
    made.series = drawn.series()
    _draw_lines(made.series, drawn.chart)
    return made


def _curves(drawn: _Drawn) -> ScatterChart:
    made = ScatterChart()
    made.style, made.scatterStyle = None, "lineMarker"
    made.series = drawn.xy_series()
    _draw_lines(made.series, drawn.chart)
    # Shares of a whole, to where the table ends.
    made.y_axis.scaling.min, made.y_axis.scaling.max = 0, 1
    made.x_axis.scaling.min, made.x_axis.scaling.max = 0, drawn.values(drawn.chart.across)[-1]
    return made


def _draw_lines(found: list[Any], chart: Chart) -> None:
    for series, line in zip(found, chart.lines, strict=True):
        dash = "sysDash" if line.is_dashed else "solid"
        look = LineProperties(solidFill=_color(line.role), w=round(2.25 * _POINTS), prstDash=dash)
        series.graphicalProperties = GraphicalProperties(ln=look)
        series.marker, series.smooth = Marker(symbol="none"), False


def _axes(made: Any, *, kind: Kind, has_values: bool) -> None:  # noqa: ANN401 - any of openpyxl's charts
    quiet = GraphicalProperties(ln=LineProperties(solidFill=_color("hair")))
    # Said, as Excel hides the axes of which a file does not say whether they are shown.
    made.x_axis.delete, made.y_axis.delete = False, not has_values
    made.x_axis.number_format = "General"
    made.x_axis.majorGridlines = None
    made.x_axis.tickLblPos = "low"
    made.x_axis.graphicalProperties = quiet
    made.y_axis.majorGridlines = ChartLines(spPr=quiet) if has_values else None
    made.y_axis.number_format = _axis_format(kind)
    made.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    made.x_axis.txPr = made.y_axis.txPr = _text(_TEXT)


def _axis_format(kind: Kind) -> str:
    rounded: dict[Kind, str] = {
        **dict.fromkeys(("percent", "fine_percent", "share"), "0%"),
        "decimal": FORMATS["whole"],
        "ratio": FORMATS["decimal"],
    }
    return rounded.get(kind, FORMATS[kind])


def _title(text: str) -> Title:
    title = title_maker(clean(text))
    for paragraph in title.tx.rich.paragraphs:
        look = _characters(_TITLE, bold=True)
        paragraph.pPr = ParagraphProperties(defRPr=look)
        for run in paragraph.r:
            run.rPr = look
    return title


def _text(size: int) -> RichText:
    properties = ParagraphProperties(defRPr=_characters(size))
    return RichText(p=[Paragraph(pPr=properties, endParaRPr=_characters(size))])


def _characters(size: int, *, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=_color("ink"))


def _color(role: str) -> str:
    """Return the colour of a role as Excel takes it: ``1F55A5``."""
    return str(getattr(LIGHT, role)).removeprefix("#")
