"""The workbook of a view, read back: the same cells as the result tables, charts that refer to them, and no secret."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from analytics import tables
from analytics.export import book_tables
from analytics.export.asked import Desk
from analytics.export.book import HEAD, book
from analytics.export.worksheets import FORMATS
from analytics.settings import DEMO_DIR, default_settings
from analytics.store import Snapshot

SETTINGS = default_settings()
VIEWS = [("", "fr"), ("department=48", "fr"), ("perimeter=core&employers=true", "en")]
IDENTIFIER = re.compile(r"(?<![\d.])(\d{9})(?:\d{5})?(?!\d)")
SHARES = "firms members firm_penetration_pct jobs_estimate member_jobs job_penetration_pct"
LIMITS = "firm_penetration_low_pct firm_penetration_high_pct"
WHITE = "firms members jobs_estimate member_jobs firm_penetration_pct job_penetration_pct expected_members ratio"

# Of each sheet: the table, its options, and its columns in order: ``key``, ``key=column of the table``, ``key=column:
# prefix of the catalogue`` where the key of a value became a word, ``key=table/column`` where another table has it.
SHEETS: dict[str, tuple[str, dict[str, Any], str]] = {
    "totals": ("region_totals", {}, f"area_name {SHARES}"),
    "department": (
        "comparison",
        {"level": "department"},
        f"department_code=area_code area_name {SHARES} {LIMITS} verdict=verdict:book.verdict_",
    ),
    "segment": ("comparison", {"level": "segment"}, f"area_name {SHARES} {LIMITS} verdict=verdict:book.verdict_"),
    "size_class": ("comparison", {"level": "size_class"}, f"area_name {SHARES} {LIMITS} verdict=verdict:book.verdict_"),
    "shrunk": (
        "shrunk-penetration",
        {},
        "department_code=area_code area_name firms members firm_penetration_pct firm_penetration_shrunk_pct "
        "firm_penetration_shrunk_low_pct firm_penetration_shrunk_high_pct probability_under_rate",
    ),
    "towns": (
        "towns",
        {},
        "area_code area_name firms members expected_members ratio ratio_shrunk ratio_low ratio_high probability_under "
        "members_missing p_value q_value cluster=cluster:book.cluster_ verdict=towns_in_full/verdict:chart.verdict_ "
        "nearest_antenna=towns_in_full/nearest_antenna antenna_km=towns_in_full/antenna_km",
    ),
    "coverage": (
        "coverage",
        {},
        "antenna=antenna:network firms jobs_estimate members population firms_only_here firms_lost_if_closed",
    ),
    "curve": ("coverage-curve", {}, "threshold firms_pct jobs_pct members_pct population_pct"),
    "overlaps": ("overlaps", {}, "antennas firms jobs_estimate members firms_pct"),
    "territories": (
        "territories",
        {},
        "antenna firms jobs_estimate members population expected_members staff firms_per_staff members_per_staff "
        "mean_km staff_per_1000_firms",
    ),
    "nearness": (
        "nearness",
        {},
        "band=low:band firms members expected_members ratio ratio_low_95=ratio_low ratio_high_95=ratio_high",
    ),
    "next": (
        "next-antennas",
        {},
        "rank commune_code commune_name added_demand covered_share_pct optimality_gap "
        "chosen_by_greedy=chosen_by_greedy:yes",
    ),
    "stability": (
        "stability",
        {},
        "commune_code commune_name times share_pct times_firms times_jobs times_missing times_nearby "
        "first_nearby=is_first_nearby:yes",
    ),
    "offices": ("offices-needed", {}, "wanted_pct=share_pct offices lower_bound proven=is_proven:yes"),
    "move": ("move", {}, "moved_antenna=closed commune_code commune_name gain gain_pct"),
    "history": ("history", {}, "year open opened closed net_rate_pct recoded=history_in_full/recoded"),
    "growth": (
        "growth",
        {},
        "year firms jobs firms_p10 firms_p25 firms_p50 firms_p75 firms_p90 firms_low=growth_in_full/firms_low:round "
        "jobs_low=growth_in_full/jobs_low:round firms_high=growth_in_full/firms_high:round "
        "jobs_high=growth_in_full/jobs_high:round",
    ),
    "observed": (
        "observed-growth",
        {},
        "basis=basis:chart.rates_ span first_year last_year rate_pct scope=scope_LANG source=source_LANG date=date:day",
    ),
    "membership": (
        "membership",
        {},
        "year plan_members=members firms member_share_pct=share_pct recruits "
        "members_alone=membership_in_full/members_alone falling_pct=membership_in_full/falling_pct",
    ),
    "staying": ("staying", {}, "years at_risk departures staying_pct low_pct high_pct"),
    "budget": ("budget", {}, "item=item:growth.item_ eur dues_members=members"),
    "white_space": (
        "white-space",
        {"language": "LANG"},
        f"segment_name size_name=size_class:size.class_ {WHITE} ratio_shrunk members_missing p_value q_value "
        "verdict=verdict:chart.verdict_ segment_verdict=segment_verdict:chart.verdict_ target_pct added_members "
        "added_jobs added_dues_eur",
    ),
    "axes": ("axes", {}, "axis members told axis_share_pct=share_pct"),
    "prospect_totals": (
        "prospect-totals",
        {"language": "LANG"},
        "segment_name prospects jobs_estimate firms members expected_members members_missing",
    ),
    "thresholds": (
        "thresholds",
        {},
        "category=category:recruitment.in_category_ size_name=band:size step=step:recruitment.towards_ firms members "
        "firm_penetration_pct",
    ),
    "prospects": (
        "prospects",
        {"limit": 500, "language": "LANG"},
        "siren name commune_name segment_name=segment:segment size_label=size_code:size jobs_estimate score reason_1 "
        "reason_2 reason_3",
    ),
}
CHARTS = {
    "department": ("area_name", [*reversed(LIMITS.split()), "firm_penetration_pct"]),
    "segment": ("area_name", [*reversed(LIMITS.split()), "firm_penetration_pct"]),
    "size_class": ("area_name", [*reversed(LIMITS.split()), "firm_penetration_pct"]),
    "coverage": ("antenna", ["firms", "firms_only_here"]),
    "curve": ("threshold", ["members_pct", "firms_pct", "jobs_pct", "population_pct"]),
    "nearness": ("band", ["ratio_high_95", "ratio_low_95", "ratio"]),
    "history": ("year", ["opened", "closed"]),
    "growth": ("year", ["firms_high", "firms", "firms_low"]),
    "membership": ("year", ["plan_members", "members_alone"]),
    "budget": ("item", ["eur"]),
    "axes": ("axis", ["members"]),
    "prospect_totals": ("segment_name", ["prospects"]),
}


Ask = Callable[..., Desk]


class Made(NamedTuple):
    """A workbook with what it was asked."""

    desk: Desk
    content: bytes
    read: openpyxl.Workbook

    def place(self, name: str) -> tuple[Worksheet, tuple[int, int, int, int]]:
        """Return the sheet of a table and its first column and row, last column and row."""
        sheet = next(sheet for sheet in self.read.worksheets if name in sheet.tables)
        return sheet, range_boundaries(sheet.tables[name].ref)

    def columns(self, name: str) -> list[tuple[str, list[Any]]]:
        """Return the columns of a table: head and cells."""
        sheet, (left, top, right, bottom) = self.place(name)
        return [
            (sheet.cell(top, column).value, [sheet.cell(row, column).value for row in range(top + 1, bottom + 1)])
            for column in range(left, right + 1)
        ]


def _make(desk: Desk) -> Made:
    content = book(desk)
    return Made(desk, content, openpyxl.load_workbook(io.BytesIO(content)))


@pytest.fixture(scope="module")
def books(ask: Ask) -> Callable[[str, str], Made]:
    """Return the workbook of a view of the demonstration, each made once."""
    return cache(lambda query, language: _make(ask(query, language)))


@pytest.fixture(params=VIEWS, ids=["all", "lozere", "english"])
def made(request: pytest.FixtureRequest, books: Callable[[str, str], Made]) -> Made:
    return books(*request.param)


@pytest.fixture
def lozere(books: Callable[[str, str], Made]) -> Made:
    return books("department=48", "fr")


def _source(made: Made, name: str, options: dict[str, Any]) -> pd.DataFrame:
    desk = made.desk
    asked = {key: desk.t.language if value == "LANG" else value for key, value in options.items()}
    if name in tables.TABLES:
        return tables.compute(name, desk.snapshot, desk.view, desk.settings, **asked)
    asked = {"language": desk.t.language, **asked} if name == "comparison" else asked
    rows: pd.DataFrame = getattr(tables, name)(desk.snapshot, desk.view, desk.settings, **asked)
    return rows


def _word(made: Made, rows: pd.DataFrame, number: int, *, column: str, how: str) -> object:
    """Return what a value of a result table is on its sheet."""
    t, value = made.desk.t, rows[column].iloc[number]
    if how == "band":
        low, high, unit = value, rows["high"].iloc[number], made.desk.view.unit
        edges = {"low": t.number(low), "high": "" if pd.isna(high) else t.number(high)}
        return t(f"chart.band_{'from_' if pd.isna(high) else '' if low else 'under_'}{unit}", **edges)
    if how == "yes":
        return t("coverage.yes" if value else "coverage.no")
    if pd.isna(value):
        return None
    if how == "network":
        return t("coverage.network") if number == len(rows) - 1 else value
    if how == "size":
        return tables.size_label(t, value)
    if how == "segment":
        return SETTINGS.segments[value].name.in_language(t.language)
    if how == "round":
        return round(value)
    if how == "day":
        assert re.fullmatch(r"\d{4}", value), "the demonstration's rates are of years"
        return value
    return None if value == "empty" and how == "book.verdict_" else t(f"{how}{value}")


def _expected(made: Made, name: str) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield key, column and cells of each column of a sheet, computed anew."""
    table, options, columns = SHEETS[name]
    rows = _source(made, table, options)
    for told in columns.split():
        key, _, where = told.partition("=")
        where, _, how = (where or key).replace("LANG", made.desk.t.language).partition(":")
        other, _, column = where.rpartition("/")
        found = _source(made, other, {}).reset_index(drop=True) if other else rows.reset_index(drop=True)
        if how:
            yield key, column, [_word(made, found, n, column=column, how=how) for n in range(len(found))]
        else:
            yield key, column, [None if pd.isna(value) else value for value in found[column]]


def _head(made: Made, key: str) -> str:
    t = made.desk.t
    return t(f"common.column_{key}" if t.has(f"common.column_{key}") else f"book.column_{key}")


def test_each_sheet_holds_the_cells_of_its_result_table(made: Made) -> None:
    shown = [name for sheet in made.read.worksheets for name in sheet.tables]
    compared = [name for name in shown if name in SHEETS]
    assert {*SHEETS} - {*compared} == set(), "the demonstration tells all of them, of each view"
    for name in compared:
        read, expected = made.columns(name), list(_expected(made, name))
        expected = [column for column in expected if any(cell is not None for cell in column[2]) or name != "growth"]
        assert [head for head, _ in read] == [_head(made, key) for key, _, _ in expected], name
        for (_, cells), (key, column, values) in zip(read, expected, strict=True):
            is_number = any(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
            scale = 100 if column.endswith("_pct") else 1
            wanted = [value if value is None or not is_number else float(value) / scale for value in values]
            assert len(cells) == len(wanted), (name, key)
            for cell, value in zip(cells, wanted, strict=True):
                is_same = cell == (pytest.approx(value, rel=1e-12, abs=1e-15) if isinstance(value, float) else value)
                assert is_same, (name, key, cell, value)


def test_the_penetration_of_the_command_line_is_that_of_the_sheets(made: Made) -> None:
    for level in ("department", "segment", "size_class"):
        options = {"level": level, "language": made.desk.t.language}
        rows = _source(made, "penetration", options)
        cells = dict(made.columns(level))
        for key in ("firms", "members", "jobs_estimate", "member_jobs"):
            assert cells[_head(made, key)] == pytest.approx(rows[key].tolist(), rel=1e-12)


def test_towns_that_lack_members_are_those_of_the_pages(made: Made) -> None:
    rows = tables.under_covered_towns(made.desk.snapshot, made.desk.view, SETTINGS)
    if rows.empty:
        assert made.desk.t("book.sheet_under") not in made.read.sheetnames
        return
    cells = dict(made.columns("under"))
    assert cells[_head(made, "area_name")] == rows["area_name"].tolist()
    assert cells[_head(made, "members_missing")] == pytest.approx(rows["members_missing"].tolist(), rel=1e-12)


def test_cells_have_real_types_and_formats(made: Made) -> None:
    for name in SHEETS:
        sheet, (left, top, right, bottom) = made.place(name)
        for column in range(left, right + 1):
            cells = [sheet.cell(row, column) for row in range(top + 1, bottom + 1)]
            kinds = {cell.data_type for cell in cells if cell.value is not None}
            assert kinds in ({"s"}, {"n"}, set()), (name, sheet.cell(top, column).value)
    assert {cell.number_format for cell in _column(made, "department", 4)} == {FORMATS["percent"]}
    assert {cell.number_format for cell in _column(made, "history", 0)} == {FORMATS["year"]}
    assert {cell.number_format for cell in _column(made, "budget", 1)} == {FORMATS["euro"]}
    assert {cell.number_format for cell in _column(made, "towns", 0)} == {FORMATS["text"]}


def _column(made: Made, name: str, number: int) -> list[Any]:
    sheet, (left, top, _, bottom) = made.place(name)
    cells = [sheet.cell(row, left + number) for row in range(top + 1, bottom + 1)]
    return [cell for cell in cells if cell.value is not None]


def test_tables_have_names_of_their_own_and_frozen_heads(made: Made) -> None:
    names = [table.displayName for sheet in made.read.worksheets for table in sheet.tables.values()]
    assert len(names) == len({name.lower() for name in names})
    ids = [table.id for sheet in made.read.worksheets for table in sheet.tables.values()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    for name in SHEETS:
        sheet, (_, top, _, _) = made.place(name)
        assert top == HEAD
        assert sheet.freeze_panes == f"A{HEAD + 1}"
        assert sheet.print_title_rows == f"${HEAD}:${HEAD}"
        assert sheet.page_setup.fitToWidth == 1


def test_charts_refer_to_the_cells_of_their_table(made: Made) -> None:
    drawn = {next(iter(sheet.tables)): sheet._charts for sheet in made.read.worksheets if sheet._charts}
    under = {"under": ("area_name", ["members", "expected_members"])} if "under" in drawn else {}
    assert drawn.keys() == (CHARTS | under).keys()
    for name, (across, series) in (CHARTS | under).items():
        sheet, (_, top, _, bottom) = made.place(name)
        heads = [cell.value for cell in sheet[top]]
        last = bottom - 1 if name == "coverage" else bottom
        assert len(drawn[name]) == 1
        assert len(drawn[name][0].series) == len(series)
        for one, key in zip(drawn[name][0].series, series, strict=True):
            values, names = (one.yVal, one.xVal) if name == "curve" else (one.val, one.cat)
            where = names.numRef or names.strRef
            assert _read(made, one.tx.strRef.f) == [_head(made, key)]
            assert one.tx.strRef.strCache.pt[0].v == _head(made, key)
            assert _area(values.numRef.f) == (sheet.title, heads.index(_head(made, key)) + 1, top + 1, last)
            assert _area(where.f) == (sheet.title, heads.index(_head(made, across)) + 1, top + 1, last)
            kept = {point.idx: point.v for point in values.numRef.numCache.pt}
            cells = _read(made, values.numRef.f)
            assert kept == pytest.approx({n: value for n, value in enumerate(cells) if value is not None})


def test_bars_begin_at_zero(lozere: Made) -> None:
    for name in ("coverage", "history", "budget", "axes", "prospect_totals"):
        sheet, _ = lozere.place(name)
        least = sheet._charts[0].y_axis.scaling.min
        assert least == 0 if name != "budget" else least < 0, name


def _area(reference: str) -> tuple[str, int, int, int]:
    sheet, _, cells = reference.rpartition("!")
    left, top, right, bottom = range_boundaries(cells.replace("$", ""))
    assert left == right
    return sheet.strip("'").replace("''", "'"), left, top, bottom


def _read(made: Made, reference: str) -> list[Any]:
    sheet, column, top, bottom = _area(reference)
    return [made.read[sheet].cell(row, column).value for row in range(top, bottom + 1)]


def test_every_chart_is_said_in_words(made: Made) -> None:
    with zipfile.ZipFile(io.BytesIO(made.content)) as package:
        drawings = [n for n in package.namelist() if re.fullmatch(r"xl/drawings/drawing\d+\.xml", n)]
        said = [re.findall(r'descr="([^"]*)"', package.read(name).decode("utf-8")) for name in drawings]
    assert len(said) >= len(CHARTS)
    assert all(len(texts) == 1 and len(texts[0]) > 20 for texts in said)


def test_contents_tell_key_figures_and_lead_to_each_sheet(made: Made) -> None:
    t, (first, *others) = made.desk.t, made.read.worksheets
    figures = tables.key_figures(made.desk.snapshot, made.desk.view, SETTINGS)
    cells = dict(made.columns("key_figures"))
    for key, scale in (("value", 1), ("published_value", 1), ("gap_pct", 100)):
        wanted = [None if pd.isna(value) else value / scale for value in figures[key]]
        read = cells[_head(made, "loaded_value" if key == "value" else key)]
        assert [value is None for value in read] == [value is None for value in wanted]
        assert [v for v in read if v is not None] == pytest.approx([v for v in wanted if v is not None])
    links = [cell for row in first.iter_rows() for cell in row if cell.hyperlink]
    assert [cell.value for cell in links] == [sheet.title for sheet in others]
    assert all(cell.hyperlink.location.rpartition("!")[0].strip("'") == cell.value for cell in links)
    said = [cell.value for row in first.iter_rows() for cell in row]
    assert t("common.demo_badge") in said
    assert t("growth.bridge_alone") in said, "what is left out is told, with the reason"
    listed = dict(zip(*[cells for _, cells in made.columns("contents")[:2]], strict=True))
    assert listed[t("book.sheet_prospects")] == len(made.columns("prospects")[0][1]) <= 500


def test_every_sheet_says_where_it_comes_from(made: Made) -> None:
    t, snapshot = made.desk.t, made.desk.snapshot
    for sheet in made.read.worksheets:
        foot = sheet.oddFooter.left.text
        assert snapshot.id in foot
        assert t("common.demo_badge") in foot
        assert len(foot) + len(sheet.oddHeader.left.text) < 255
    for name in SHEETS:
        sheet, (_, _, _, bottom) = made.place(name)
        below = [sheet.cell(row, 1).value for row in range(bottom + 1, sheet.max_row + 1)]
        assert t("common.demo_badge") in below
        assert any(snapshot.id in text for text in below if text)


def test_every_column_and_sheet_is_defined(made: Made) -> None:
    defined = dict(made.columns("definitions"))
    heads = {head for name in SHEETS for head, _ in made.columns(name)}
    assert heads <= set(defined[_head(made, "column")])
    methods = dict(made.columns("methods"))
    assert all(len(text) > 20 for text in methods[_head(made, "method")])


def test_every_table_of_the_command_line_is_in_it_but_those_row_by_row() -> None:
    asked = {sheet.command.split()[0] for sheet in book_tables.SHEETS if sheet.command}
    assert set(tables.TABLES) - asked == {"firms", "members", "matches"}


def test_nothing_in_it_is_a_formula(lozere: Made) -> None:
    evil = '=HYPERLINK("http://x","y")'

    class Spoilt(Desk):
        def table(self, name: str, **options: str | int) -> pd.DataFrame:
            rows = lozere.desk.table(name, **options)
            names = [n for n in ("area_name", "commune_name", "name", "antenna", "reason_1") if n in rows]
            return rows.assign(**dict.fromkeys(names, evil))

    desk = lozere.desk
    content = book(Spoilt(desk.snapshot, desk.settings, desk.view, desk.t))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for part in package.namelist():
            found = re.findall(rb"<(?:\w+:)?f(?: [^>]*)?>([^<]*)<", package.read(part))
            # Those of charts say where their values are.
            assert all(re.fullmatch(rb"'[^!]+'!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", formula) for formula in found), part
            assert not found or part.startswith("xl/charts/"), part
    read = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in read.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or str(cell.value or "").startswith(("=", "+", "@"))]
    assert any(cell.value == f"'{evil}" for cell in cells)


def test_withheld_units_are_told_nowhere(made: Made) -> None:
    register = pd.read_parquet(
        DEMO_DIR / "StockEtablissement.parquet", columns=["siren", "statutDiffusionEtablissement"]
    )
    secret = set(register.loc[register["statutDiffusionEtablissement"] == "P", "siren"])
    members = made.desk.snapshot.table("members")
    withheld = members[members["is_partially_diffusible"]]
    names = {*withheld["name"].dropna(), *withheld["member_id"]}
    assert len(secret) > 100
    assert names
    texts = [str(cell) for sheet in made.read for row in sheet.iter_rows(values_only=True) for cell in row]
    with zipfile.ZipFile(io.BytesIO(made.content)) as package:
        texts += [package.read(part).decode("utf-8") for part in package.namelist()]
    whole = "\n".join(texts)
    assert "[ND]" not in whole
    assert not set(IDENTIFIER.findall(whole)) & secret
    assert not [name for name in names if name in whole]
    assert not [member for member in members["member_id"] if member in whole], "nor is any member by its id"


def test_without_a_roster_there_is_no_word_on_members(ask: Ask, without_roster: Snapshot) -> None:
    none = _make(ask("", "fr", of=without_roster))
    t = none.desk.t
    shown = {name for sheet in none.read.worksheets for name in sheet.tables}
    gone = {"shrunk", "towns", "nearness", "membership", "staying", "budget", "white_space", "axes"}
    assert shown & set(SHEETS) == set(SHEETS) - gone
    said = [cell for row in none.read.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert said.count(t("book.no_roster")) == len(gone) + 1
    for name in set(SHEETS) - gone:
        heads = [head for head, _ in none.columns(name)]
        assert _head(none, "members") not in heads
        assert _head(none, "firm_penetration_pct") not in heads or name == "membership"
    assert dict(none.columns("key_figures"))[_head(none, "loaded_value")][:2] == [None, None]
    assert t("common.demo_badge") not in said


def test_a_selection_without_a_firm_is_a_workbook_all_the_same(ask: Ask) -> None:
    empty = _make(ask("department=48&segment=content&size=250%2B"))
    said = [cell for row in empty.read.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert empty.desk.t("overview.title_empty") in said
    assert dict(empty.columns("totals"))[_head(empty, "firms")] == [0]


def test_the_tables_are_left_as_they_were(lozere: Made) -> None:
    desk = lozere.desk
    before = {key: rows.copy(deep=True) for key, rows in desk._kept.items()}
    assert book(desk)
    for key, rows in before.items():
        pd.testing.assert_frame_equal(desk._kept[key], rows)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_opens_it(lozere: Made, tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(lozere.content)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "book.xlsx"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "book.pdf").stat().st_size > 50_000
