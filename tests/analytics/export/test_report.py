"""The board paper and the sheets: pages, words, tables cell by cell, tags, and that data never become markup."""

from __future__ import annotations

import io
import re
from functools import cache

import pandas as pd
import pytest
from pypdf import PdfReader

from analytics.errors import UserError
from analytics.export import story
from analytics.export.asked import Asked, Desk
from analytics.export.columns import shown
from analytics.export.paper import Paper, heading, table, typeset, words
from analytics.export.report import antenna_sheet, report, town_sheet
from analytics.export.workbook import Column
from analytics.settings import default_settings
from analytics.store import Snapshot
from analytics.text import translator
from analytics.view import View

SETTINGS = default_settings()
VIEWS = (("", "fr"), ("department=48", "fr"), ("segment=programming&level=department&threshold=45", "en"))
SHEETS = ("200027183", "34032", "48", "31555", "200006930")
NASTY = '#panic("x") *gras* $1/2$ <a> \\ `brut` @ref // note'


@pytest.fixture(scope="module")
def papers(snapshot: Snapshot) -> dict[tuple[str, str], tuple[Desk, bytes]]:
    desks = {view: _desk(snapshot, *view) for view in VIEWS}
    return {view: (desk, report(desk)) for view, desk in desks.items()}


def _desk(snapshot: Snapshot, query: str = "", language: str = "fr") -> Desk:
    return Desk(snapshot, SETTINGS, View.from_query(query, SETTINGS), translator(language))


@cache
def _read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


@cache
def _pages(pdf: bytes) -> tuple[str, ...]:
    """Return the words of each page; read once, since a page holds thousands of lines of maps."""
    return tuple(_plain(page.extract_text()) for page in _read(pdf).pages)


@cache
def _text(pdf: bytes) -> str:
    """Return all words of a paper."""
    return _plain("\n".join(_pages(pdf)))


def _plain(text: str) -> str:
    """Return words with one kind of space between them, and as they were before a line was broken at a hyphen."""
    return re.sub(r"(?<=\w)- ", "-", re.sub(r"\s+", " ", text).strip())


def _bookmarks(outline: list[object]) -> list[str]:
    return [
        title
        for entry in outline
        for title in (_bookmarks(entry) if isinstance(entry, list) else [str(getattr(entry, "title", ""))])
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_a_paper_has_four_to_eight_pages(
    papers: dict[tuple[str, str], tuple[Desk, bytes]], view: tuple[str, str]
) -> None:
    assert 4 <= len(_read(papers[view][1]).pages) <= 8


@pytest.mark.parametrize("view", VIEWS)
def test_each_sections_table_is_in_the_paper_row_by_row(
    papers: dict[tuple[str, str], tuple[Desk, bytes]], view: tuple[str, str]
) -> None:
    desk, pdf = papers[view]
    text = _text(pdf)
    told = [section for section in story.tell(desk).sections if section.key not in ("next", "axes")]
    assert len(told) >= 8
    for section in told:
        for row in section.table.to_dict("records"):
            cells = [shown(row[name], column.kind, desk.t) for name, column in section.columns.items()]
            assert _plain(" ".join(cells)) in text, (section.key, cells)


@pytest.mark.parametrize("view", VIEWS)
def test_titles_messages_and_sources_are_told(
    papers: dict[tuple[str, str], tuple[Desk, bytes]], view: tuple[str, str]
) -> None:
    desk, pdf = papers[view]
    told = story.tell(desk)
    for section in told.sections:
        if section.key != "axes":
            assert _plain(section.title) in _text(pdf)
            assert _plain(section.message) in _text(pdf)
            assert section.key == "next" or _plain(section.sources) in _text(pdf)
            assert section.key == "next" or _plain(section.method) in _text(pdf)
    assert all(_plain(sentence) in _text(pdf) for key, sentence in told.left_out if key != "axes")


def test_a_paper_is_tagged_has_a_language_a_title_and_bookmarks(
    papers: dict[tuple[str, str], tuple[Desk, bytes]],
) -> None:
    for (_, language), (desk, pdf) in papers.items():
        read = _read(pdf)
        catalogue = read.trailer["/Root"]
        assert catalogue["/MarkInfo"]["/Marked"]
        assert catalogue["/StructTreeRoot"]["/K"]
        assert str(catalogue["/Lang"]).startswith(language)
        assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
        title = story.tell(desk, ("cluster", "sector")).sections[0].title
        assert read.metadata is not None
        assert read.metadata.title == title
        assert b"pdfuaid:part" in pdf
        marks = _bookmarks(list(read.outline))
        assert marks[0] == title
        assert len(marks) >= 10
        assert desk.t("report.sources") in marks


def test_every_picture_has_its_words(papers: dict[tuple[str, str], tuple[Desk, bytes]]) -> None:
    desk, pdf = papers[VIEWS[0]]
    found = {str(value) for value in _alternatives(pdf)}
    pictured = [section for section in story.tell(desk).sections if section.key not in ("next", "axes")]
    assert {section.alt for section in pictured} <= found
    assert len(pictured) == 10


def _alternatives(pdf: bytes) -> list[str]:
    """Return the alternative texts of the structure tree."""
    found, waiting = [], [_read(pdf).trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            found += [str(node["/Alt"])] if "/Alt" in node else []
            waiting += [node["/K"]] if "/K" in node and not isinstance(node["/K"], int) else []
    return found


def test_every_page_says_which_data_it_is_of(papers: dict[tuple[str, str], tuple[Desk, bytes]]) -> None:
    for desk, pdf in papers.values():
        pages = _pages(pdf)
        for number, text in enumerate(pages, start=1):
            assert desk.t("common.demo_badge") in text
            assert desk.snapshot.id in text
            assert f"{number} / {len(pages)}" in text
        assert "http://127.0.0.1:8501" in pages[-1]


def test_the_same_paper_is_the_same_bytes(snapshot: Snapshot) -> None:
    assert town_sheet(_desk(snapshot), "48") == town_sheet(_desk(snapshot), "48")


def test_a_paper_holds_vectors_and_the_houses_fonts_alone(papers: dict[tuple[str, str], tuple[Desk, bytes]]) -> None:
    pdf = papers[VIEWS[0]][1]
    read = _read(pdf)
    assert b"/Subtype/Image" not in pdf.replace(b" ", b"")
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in read.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert fonts == {"IBMPlexSans", "IBMPlexSans-SmBld", "SourceSerif4-Semibold"}


def test_no_firm_is_named_in_the_paper(papers: dict[tuple[str, str], tuple[Desk, bytes]], snapshot: Snapshot) -> None:
    names = snapshot.firms("tic")["name"].dropna()
    largest = snapshot.firms("tic").sort_values("jobs_estimate", ascending=False)["name"].dropna().head(200)
    assert len(names) > len(largest)
    text = _text(papers[VIEWS[0]][1])
    assert not [name for name in largest if len(name) > 8 and name in text]


def test_nothing_selected_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(UserError) as raised:
        report(_desk(snapshot, "department=48&segment=content"))
    assert raised.value.key == "export.nothing"


@pytest.mark.parametrize("code", SHEETS)
def test_a_sheet_of_a_town_has_two_pages_and_its_figures(snapshot: Snapshot, code: str) -> None:
    pdf = town_sheet(_desk(snapshot), code)
    level = {9: "epci", 5: "commune", 2: "department"}[len(code)]
    desk = _desk(snapshot, f"level={level}&town={code}")
    town = desk.table("towns_in_full").set_index("area_code").loc[code]
    text = _text(pdf)
    assert len(_read(pdf).pages) == 2
    for value in (town["firms"], town["members"], town["jobs_estimate"]):
        assert _plain(desk.t.number(value)) in text
    assert desk.t.number(town["expected_members"], 1) in text
    rows = desk.table("town_targets")
    segments = SETTINGS.segment_names("fr")
    for row in rows.to_dict("records"):
        assert _plain(f"{row['name']} {row['siren']} {segments[row['segment']]}") in text
    assert set(_bookmarks(list(_read(pdf).outline))) >= {desk.t("report.firms"), desk.t("report.neighbours")}


def test_a_sheet_compares_the_town_with_what_it_lies_in(snapshot: Snapshot) -> None:
    desk = _desk(snapshot)
    text = _text(town_sheet(desk, "34032"))
    t = desk.t
    for level, code, name in (("commune", "34032", "Béziers"), ("epci", "243400769", "Béziers-Méditerranée")):
        row = desk.table("penetration", level=level, language="fr").set_index("area_code").loc[code]
        counts = f"{name} {t.number(row['firms'])} {t.number(row['jobs_estimate'])} {t.number(row['members'])}"
        assert _plain(counts) in text
    assert _plain(f"Occitanie {t.number(18_000)}") in text


@pytest.mark.parametrize("name", ["Toulouse", "Mende", "Rodez"])
def test_a_sheet_of_an_antenna_has_two_pages_its_reach_and_its_load(snapshot: Snapshot, name: str) -> None:
    desk = _desk(snapshot)
    pdf, t = antenna_sheet(desk, name), desk.t
    text = _text(pdf)
    reached = desk.table("coverage").set_index("antenna").loc[name]
    territory = desk.table("territories").set_index("antenna").loc[name]
    assert len(_read(pdf).pages) == 2
    for value in (reached["firms"], reached["firms_only_here"], reached["population"], territory["firms_per_staff"]):
        assert _plain(t.number(value)) in text
    counts = (name, t.number(territory["firms"]), t.number(territory["members"]))
    assert _plain(" ".join([*counts, t.number(territory["expected_members"], 1)])) in text


def test_a_sheet_is_of_the_whole_town_whatever_departments_are_chosen(snapshot: Snapshot) -> None:
    alone = _text(town_sheet(_desk(snapshot, "department=09&antenna=Rodez"), "48"))
    assert alone == _text(town_sheet(_desk(snapshot), "48"))


def test_a_sheet_keeps_the_activities_that_are_chosen(snapshot: Snapshot) -> None:
    desk = _desk(snapshot, "segment=telecoms&level=department", "en")
    firms = desk.table("towns_in_full").set_index("area_code").loc["34", "firms"]
    text = _text(town_sheet(desk, "34"))
    assert f"Hérault {firms}" in text
    assert "Software publishing" not in text


def test_no_withheld_unit_is_in_a_sheet(snapshot: Snapshot) -> None:
    withheld = snapshot.firms("tic").query("is_partially_diffusible")
    assert len(withheld)
    text = _text(town_sheet(_desk(snapshot), "31")) + _text(antenna_sheet(_desk(snapshot), "Toulouse"))
    assert not [siren for siren in withheld["siren"] if siren in text]
    assert "[ND]" not in text


@pytest.mark.parametrize("code", ["99", "00000", "31", "123456789", "", "x", "3155"])
def test_an_unknown_town_is_told_how_to_be_found(snapshot: Snapshot, code: str) -> None:
    desk = _desk(snapshot)
    if code == "31":
        assert town_sheet(desk, code).startswith(b"%PDF")
        return
    with pytest.raises(UserError) as raised:
        town_sheet(desk, code)
    assert f"« {code} »".replace(" ", "\u202f") in raised.value.message("fr")
    assert "table towns --level commune" in raised.value.message("en")


def test_an_unknown_antenna_is_told_which_there_are(snapshot: Snapshot) -> None:
    with pytest.raises(UserError) as raised:
        antenna_sheet(_desk(snapshot), "Béziers")
    for name in ("Béziers", "Toulouse", "Rodez"):
        assert name in raised.value.message()


def test_data_never_become_markup(snapshot: Snapshot) -> None:
    desk = _desk(snapshot)
    rows = pd.DataFrame({"name": [NASTY], "firms": [12]})
    columns = {"name": Column("#Nom *gras*", "text"), "firms": Column("Entreprises", "integer")}
    blocks = [words(NASTY), table(rows, columns, asked=desk, caption=NASTY)]
    pdf = typeset(desk, Paper(NASTY, blocks))
    assert _text(pdf).count(_plain(NASTY)) >= 3
    assert "#Nom *gras*" in _text(pdf)
    metadata = _read(pdf).metadata
    assert metadata is not None
    assert metadata.title == NASTY


def test_characters_that_no_font_has_do_not_stop_a_paper(snapshot: Snapshot) -> None:
    desk = _desk(snapshot)
    hostile = "adhérents ✅ 漢字 \x02\x00 \u202e.xlsx"
    pdf = typeset(desk, Paper(hostile, [words(hostile), heading(hostile)]))
    assert _text(pdf).count("adhérents ? ?? .xlsx") >= 2


def test_a_long_table_repeats_its_head_on_each_page(snapshot: Snapshot) -> None:
    desk = _desk(snapshot)
    rows = pd.DataFrame({"name": [f"Ligne {n}" for n in range(120)], "firms": range(120)})
    columns = {"name": Column("Nom", "text"), "firms": Column("Nombre", "integer")}
    pdf = typeset(desk, Paper("Longue", [table(rows, columns, asked=desk, caption="Lignes")]))
    assert len(_pages(pdf)) >= 3
    assert all("Nombre" in text for text in _pages(pdf))


def test_without_a_roster_the_paper_says_what_it_cannot_tell(snapshot: Snapshot) -> None:
    members = snapshot.table("members").head(0)
    bare = Snapshot(snapshot.id, snapshot.path, {**snapshot.manifest, "has_members_file": False}, {"members": members})
    asked: Asked = Desk(bare, SETTINGS, View.default(SETTINGS), translator("fr"))
    pdf = report(asked)
    told = story.tell(asked)
    assert told.left_out
    assert translator("fr")("report.left_out") in _bookmarks(list(_read(pdf).outline))
    assert _plain(told.left_out[0][1]) in _text(pdf)
