"""One state, all outputs: a view's figures on the page, on slides, in the report and in the workbook are the same.

Each output is read back, as whoever opens it does, and set beside the others; none is compared with the code that made
it alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
import streamlit as st
from openpyxl import load_workbook
from pptx import Presentation
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from analytics.export.asked import Desk
from analytics.export.columns import shown
from analytics.export.outputs import make
from analytics.store import Store
from analytics.text import translator
from analytics.view import View
from tests.pages.drawn import open_tables

SHELL = Path(__file__).parents[1] / "pages" / "shared" / "shell.py"
VIEWS = [
    ("", "fr"),
    ("department=48&threshold=45", "fr"),
    ("perimeter=core&employers=true&rate=2&target=members", "en"),
]


@dataclass(frozen=True)
class Outputs:
    """What one state gave: frames of the pages, the slides, the report's text, the workbook."""

    desk: Desk
    pages: dict[str, AppTest]
    slides: list[Any]
    paper: str
    book: Any

    def twin(self, page: str, *columns: str) -> pd.DataFrame:
        """Return the table of a page that has all of these columns."""
        frames = [drawn.value for drawn in self.pages[page].dataframe]
        return next(frame for frame in frames if set(columns) <= set(frame.columns))

    def chart(self, title: str) -> dict[str, list[float]]:
        """Return the first chart of the slide with this title: names along it, then the values of its series."""
        slide = next(s for s in self.slides if s.shapes.title.text_frame.text == title)
        plot = next(shape.chart for shape in slide.shapes if shape.has_chart).plots[0]
        values = [list(series.values) for series in plot.series]
        return dict(zip((str(c) for c in plot.categories), map(list, zip(*values, strict=True)), strict=True))

    def sheet(self, key: str) -> pd.DataFrame:
        """Return the table of a sheet of the workbook, heads as they are written."""
        name = self.desk.t(f"book.sheet_{key}")
        sheet = self.book[name]
        table = next(iter(sheet.tables.values()))
        head, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
        return pd.DataFrame(rows, columns=head)


@pytest.fixture(scope="module", params=VIEWS, ids=["all", "lozere", "english"])
def outputs(request: pytest.FixtureRequest, demo_root: Path) -> Iterator[Outputs]:
    query, language = request.param
    snapshot = Store(demo_root).current()
    assert snapshot is not None
    settings = snapshot.settings()
    desk = Desk(snapshot, settings, View.from_query(query, settings), translator(language))
    st.cache_resource.clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ECOSYSTEM_STORE", str(demo_root))
        link = query + ("&lang=en" if language == "en" else "")
        pages = {name: _open(name, link) for name in ("overview", "towns", "coverage", "growth")}
        deck = Presentation(io.BytesIO(make("slides", desk)))
        pdf = PdfReader(io.BytesIO(make("report", desk)))
        paper = re.sub(r"[ \n]+", " ", " ".join(page.extract_text() for page in pdf.pages))
        book = load_workbook(io.BytesIO(make("workbook", desk)))
        yield Outputs(desk, pages, list(deck.slides), paper, book)
    st.cache_resource.clear()


def _open(page: str, query: str) -> AppTest:
    app = AppTest.from_file(str(SHELL), default_timeout=120)
    for name, values in parse_qs(query).items():
        app.query_params[name] = values
    app.run()
    if page != "overview":
        app.switch_page(f"../{page}.py").run()
    open_tables(app)
    assert not app.exception
    return app


def _title(app: AppTest) -> str:
    return app.title[0].value.replace("\\", "")


def _on_paper(outputs: Outputs, cells: list[tuple[Any, str]]) -> str:
    """Return a row as the report writes it, so that it can be looked for."""
    return " ".join(shown(value, kind, outputs.desk.t) for value, kind in cells)  # type: ignore[arg-type]


def test_the_message_of_the_page_is_that_of_slides_and_report(outputs: Outputs) -> None:
    titles = [slide.shapes.title.text_frame.text for slide in outputs.slides]
    for page in ("overview", "towns", "coverage", "growth"):
        title = _title(outputs.pages[page])
        assert title in titles, page
        # A line may end within a name.
        assert "".join(title.split()) in "".join(outputs.paper.split()), page


def test_firms_by_activity(outputs: Outputs) -> None:
    names = set(outputs.desk.settings.segment_names(outputs.desk.t.language).values())
    frames = [drawn.value for drawn in outputs.pages["overview"].dataframe]
    page = next(f for f in frames if "area_name" in f and set(f["area_name"]) <= names)
    firms = {name: count for name, count in zip(page["area_name"], page["firms"], strict=True) if count}
    slide = next(s for s in outputs.slides if any(shape.has_chart for shape in s.shapes))
    drawn = outputs.chart(slide.shapes.title.text_frame.text)
    assert {name: values[0] for name, values in drawn.items()} == firms
    told = outputs.sheet("segment")
    book = {name: count for name, count in zip(told.iloc[:, 0], told.iloc[:, 1], strict=True) if count}
    assert book == firms
    for name, count in firms.items():
        assert _on_paper(outputs, [(name, "text"), (count, "integer")]) in outputs.paper


def test_reach_by_office(outputs: Outputs) -> None:
    columns = ["antenna", "firms", "jobs_estimate", "members", "population", "firms_only_here"]
    page = outputs.twin("coverage", *columns)[columns]
    told = outputs.sheet("coverage")
    assert told.iloc[:, 0].tolist() == page["antenna"].tolist()
    assert told.iloc[:, 1].tolist() == page["firms"].tolist()
    assert told.iloc[:, 2].round().tolist() == page["jobs_estimate"].tolist()
    drawn = outputs.chart(_slide_with(outputs, page["antenna"].iloc[0]))
    offices = page.iloc[:-1].set_index("antenna")["firms"]
    assert {name: values[0] for name, values in drawn.items()} == offices.to_dict()
    kinds = ["text", *["integer"] * 5]
    for row in page.itertuples(index=False):
        assert _on_paper(outputs, list(zip(row, kinds, strict=True))) in outputs.paper, row


def test_growth_year_by_year(outputs: Outputs) -> None:
    page = outputs.twin("growth", "year", "firms_low", "firms", "firms_high", "firms_p10")
    told = outputs.sheet("growth")
    head = {outputs.desk.t(f"common.column_{name}"): name for name in ("year", "firms_low", "firms", "firms_high")}
    book = told.rename(columns=head)
    for name in ("firms_low", "firms", "firms_high"):
        assert book[name].round().tolist() == page[name].tolist()
    for row in page.itertuples():
        counts = [(row.firms_low, "integer"), (row.firms, "integer"), (row.firms_high, "integer")]
        assert _on_paper(outputs, [(str(row.year), "text"), *counts]) in outputs.paper


def test_the_plan_year_by_year(outputs: Outputs) -> None:
    page = outputs.twin("growth", "year", "members", "recruits")
    assert outputs.sheet("membership").iloc[:, 1].round().tolist() == page["members"].round().tolist()
    for row in page.itertuples():
        assert _on_paper(outputs, [(str(row.year), "text"), (row.members, "integer")]) in outputs.paper


def test_every_file_opens_the_same_view(outputs: Outputs) -> None:
    query = outputs.desk.view.to_query(outputs.desk.settings)
    text = outputs.paper + " ".join(
        str(cell) for sheet in outputs.book for row in sheet.iter_rows(values_only=True) for cell in row if cell
    )
    assert text.count(outputs.desk.snapshot.id) >= 2
    links = re.findall(r"http://127\.0\.0\.1:8501/\?(\S+)", text)
    if query:
        assert links
        for link in links:
            assert View.from_query(link, outputs.desk.settings) == outputs.desk.view


def _slide_with(outputs: Outputs, category: str) -> str:
    """Return the title of the first slide whose chart has this name along it."""
    has: Callable[[Any], bool] = lambda shape: (  # noqa: E731 - a name for one line
        shape.has_chart and category in [str(c) for c in shape.chart.plots[0].categories]
    )
    return str(next(s for s in outputs.slides if any(map(has, s.shapes))).shapes.title.text_frame.text)
