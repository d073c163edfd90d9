"""The words of a workbook: names of its sheets, heads of its columns, what they mean."""

from __future__ import annotations

from openpyxl.cell.cell import Cell
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from analytics.export import provenance
from analytics.export.asked import Asked
from analytics.export.worksheets import font, write_text
from analytics.figures.palette import LIGHT
from analytics.text import Translator
from analytics.view import View


class Words:
    """The texts of a workbook in one language."""

    def __init__(self, t: Translator) -> None:
        self._t = t

    def title(self, asked: Asked) -> str:
        """Return the title of the workbook."""
        return self._t("common.site", cluster=asked.settings.cluster.name)

    def sheet(self, key: str) -> str:
        """Return the name of a sheet."""
        return self._t(f"book.sheet_{key}")

    def method(self, key: str) -> str:
        """Return how the figures of a sheet are made."""
        return self._t(f"book.method_{key}")

    def head(self, column: str) -> str:
        """Return the head of a column: that of the pages where they show it too."""
        key = f"common.column_{column}"
        return self._t(key if self._t.has(key) else f"book.column_{column}")

    def meaning(self, column: str) -> str:
        """Return what a column holds, with its formula."""
        return self._t(f"book.meaning_{column}")

    def chart(self, key: str, view: View) -> str:
        """Return what a chart draws; of the projection, of which quantity."""
        return self._t(f"book.chart_{key}_{view.measure}" if key == "growth" else f"book.chart_{key}")

    def foot(self, asked: Asked) -> str:
        """Return what is printed below each page: demonstration or not, days of the sources, data set."""
        t, days = self._t, provenance.source_days(asked)
        parts = [t("common.demo_badge")] if asked.snapshot.is_demo else []
        parts += [t(f"common.state_{role}", day=day) for role, day in days.items()]
        return " · ".join([*parts, t("book.snapshot", snapshot=asked.snapshot.id)])


def link_to(cell: Cell, sheet: str, *, text: str) -> None:
    """Make a cell lead to the beginning of a sheet."""
    write_text(cell, text)
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"{quote_sheetname(sheet)}!A1")
    cell.font = font(color=LIGHT.ours.removeprefix("#"), underline="single")
