"""The sheets of a workbook that speak of the others: contents with the key figures, definitions, sources."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

import pandas as pd
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from analytics.export import provenance
from analytics.export.asked import Asked
from analytics.export.book_tables import Told, Untold
from analytics.export.book_words import Words, link_to
from analytics.export.worksheets import Column, Kind, font, write_line, write_table
from analytics.figures.palette import LIGHT
from analytics.text import coverage_findings, findings

_TITLE, _HEADING, _TEXT = font(bold=True, size=14), font(bold=True, size=12), font(size=11)
_NOTICE = PatternFill("solid", fgColor=LIGHT.diverging[4].removeprefix("#"))
# Of which file each key figure is.
_ROLE = {"members": "members", "member_jobs": "members", "firms": "register", "jobs": "register"}
_TERM, _SENTENCE = 34.0, 100.0
_WIDTHS = (_TERM, 15.0, 15.0, 12.0, 26.0, 16.0, 44.0)


def write_contents(
    sheet: Worksheet, asked: Asked, *, told: Sequence[Told], untold: Sequence[Untold], names: Mapping[str, str]
) -> None:
    """Write the first sheet: what this is, the key figures, a line a sheet, what is left out and why."""
    t, words = asked.t, Words(asked.t)
    write_line(sheet, 1, (words.title(asked),), look=_TITLE)
    row = 2
    for line in provenance.foot(asked):
        write_line(sheet, row, (line,), look=_TEXT)
        if row == 2 and asked.snapshot.is_demo:
            sheet.cell(row, 1).font, sheet.cell(row, 1).fill = font(bold=True, size=12), _NOTICE
        row += 1
    write_line(sheet, row + 1, (t("book.key_figures"),), look=_HEADING)
    row = _write_key_figures(sheet, asked, head=row + 2)
    write_line(sheet, row, (t("book.sheets"),), look=_HEADING)
    row = _write_list(sheet, asked, told, names=names, head=row + 1)
    if untold:
        write_line(sheet, row, (t("book.left_out"),), look=_HEADING)
        for one in untold:
            row += 1
            write_line(sheet, row, (words.sheet(one.sheet.key), "", one.reason), look=_TEXT)
        row += 1
    write_line(sheet, row + 1, (t("book.never"),), look=_TEXT)


def _write_key_figures(sheet: Worksheet, asked: Asked, *, head: int) -> int:
    """Write the key figures, each beside the published one; return the row where what follows may begin."""
    t, words, rows = asked.t, Words(asked.t), asked.table("key_figures")
    language, days = t.language, provenance.source_days(asked)
    table = pd.DataFrame(
        {
            "quantity": [t(f"overview.figure_{name}") for name in rows["quantity"]],
            "loaded_value": rows["value"],
            **{name: rows[name] for name in ("published_value", "gap_pct")},
            "published_source": rows[f"published_source_{language}"],
            "published_date": [
                findings.published_on(d, t) if isinstance(d, str) else None for d in rows["published_date"]
            ],
            "loaded": [_loaded(row, asked, days=days) for _, row in rows.iterrows()],
        }
    )
    kinds: dict[str, Kind] = {"loaded_value": "whole", "published_value": "whole", "gap_pct": "signed_percent"}
    columns = _columns(table, words, kinds=kinds)
    place = write_table(sheet, table, columns=columns, name="key_figures", head=head)
    about = t("overview.about", value="").strip()
    for number, is_about in enumerate(rows["approximate"], start=head + 1):
        if is_about:
            sheet.cell(number, 3).number_format = f'"{about} "#,##0'
    return head + place.rows + 2


def _columns(table: pd.DataFrame, words: Words, *, kinds: Mapping[str, Kind]) -> dict[str, Column]:
    names = [str(name) for name in table]
    return {
        name: Column(words.head(name), kinds.get(name, "text"), width)
        for name, width in zip(names, _WIDTHS, strict=False)
    }


def _day(day: object, asked: Asked) -> str | None:
    return findings.published_on(day, asked.t) if isinstance(day, str) else None


def _loaded(row: pd.Series, asked: Asked, *, days: Mapping[str, str]) -> str:
    """Say where a loaded figure is from, and of which day; or why there is none."""
    t, quantity = asked.t, str(row["quantity"])
    if quantity == "jobs" and pd.isna(row["value"]):
        return t("overview.not_told")
    day = days.get(_ROLE[quantity])
    return t(f"overview.loaded_{quantity}", day=day) if day else t("overview.not_loaded")


def _write_list(sheet: Worksheet, asked: Asked, told: Sequence[Told], *, names: Mapping[str, str], head: int) -> int:
    """Write a line a sheet: its name, which leads there, how many rows, what they say."""
    words = Words(asked.t)
    listed: list[tuple[str, int | None, str]]
    listed = [(one.sheet.key, len(one.rows), one.finding or words.method(one.sheet.key)) for one in told]
    listed += [(key, None, words.method(key)) for key in ("definitions", "sources")]
    table = pd.DataFrame(
        {
            "sheet": [names[key] for key, _, _ in listed],
            "rows": pd.array([rows for _, rows, _ in listed], dtype="Int64"),
            "finding": [finding for _, _, finding in listed],
        }
    )
    columns = _columns(table, words, kinds={"rows": "integer"})
    place = write_table(sheet, table, columns=columns, name="contents", head=head)
    for number, name in enumerate(table["sheet"], start=head + 1):
        link_to(sheet.cell(number, 1), name, text=name)
    return head + place.rows + 2


def write_definitions(sheet: Worksheet, asked: Asked, *, told: Sequence[Told]) -> None:
    """Write how each sheet's figures are made, then what each column holds."""
    t, words = asked.t, Words(asked.t)
    write_line(sheet, 1, (words.sheet("definitions"),), look=_TITLE)
    methods = pd.DataFrame(
        {
            "sheet": [words.sheet(one.sheet.key) for one in told],
            "method": [words.method(one.sheet.key) for one in told],
            "command": [_command(asked, "table", *one.sheet.command.split()) for one in told],
        }
    )
    write_line(sheet, 3, (t("book.methods"),), look=_HEADING)
    place = _write_wide(sheet, methods, words, name="methods", head=4)
    found = dict.fromkeys(str(name) for one in told for name in one.rows)
    meanings = pd.DataFrame(
        {
            "column": [words.head(name) for name in found],
            "meaning": [words.meaning(name) for name in found],
            "column_key": list(found),
        }
    )
    row = 4 + place + 2
    write_line(sheet, row, (t("book.columns"),), look=_HEADING)
    _write_wide(sheet, meanings, words, name="definitions", head=row + 1)


def _write_wide(sheet: Worksheet, table: pd.DataFrame, words: Words, *, name: str, head: int) -> int:
    """Write a table whose second column is of sentences; return how many rows it has."""
    columns = {
        str(key): Column(words.head(str(key)), width=width, wrap=True)
        for key, width in zip(table, (_TERM, _SENTENCE, 40.0), strict=True)
    }
    return write_table(sheet, table, columns=columns, name=name, head=head).rows


def write_sources(sheet: Worksheet, asked: Asked) -> None:
    """Write where all of this is from, under which licence, how to make it again, and what others published."""
    t, words = asked.t, Words(asked.t)
    write_line(sheet, 1, (words.sheet("sources"),), look=_TITLE)
    pairs = [
        *provenance.licences(asked),
        (t("book.geography"), t("book.licence_geography")),
        (t("book.travel"), coverage_findings.measured_sentence(asked.table("measured").iloc[0], t)),
        (t("book.data_set"), t("common.built", day=t.moment(asked.snapshot.built_at), snapshot=asked.snapshot.id)),
        (t("book.view"), asked.view.to_query(asked.settings) or t("common.selection_none")),
        (t("book.link"), provenance.link(asked)),
        (t("book.again"), f"{_command(asked, 'export', 'workbook')} --out F.xlsx"),
    ]
    if asked.snapshot.is_demo:
        pairs.insert(0, (t("common.demo_badge"), t("book.demo")))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _TERM, _SENTENCE
    for row, pair in enumerate(pairs, start=3):
        write_line(sheet, row, pair, look=font(bold=True), wrap=True)
    row = 3 + len(pairs) + 1
    write_line(sheet, row, (t("book.published"),), look=_HEADING)
    _write_published(sheet, asked, head=row + 1)


def _command(asked: Asked, what: str, *words: str) -> str:
    """Return the line that asks the same of the same view; nothing where it has no name there."""
    if not words:
        return ""
    view = asked.view.to_query(asked.settings)
    options = ["--lang", asked.t.language, *(["--view", view] if view else [])]
    return shlex.join(["python", "-m", "analytics", what, *words, *options])


def _write_published(sheet: Worksheet, asked: Asked, *, head: int) -> None:
    t, words, language = asked.t, Words(asked.t), asked.t.language
    rows = [
        (
            t(f"sources.quantity_{figure.quantity}"),
            f"{findings.published_value(figure, t)} · {figure.source.in_language(language)}",
            findings.published_on(figure.date, t),
            figure.scope.in_language(language) if figure.scope else None,
        )
        for figure in asked.settings.published
    ]
    table = pd.DataFrame(rows, columns=["quantity", "published_as", "date", "scope"])
    columns = {
        str(name): Column(words.head(str(name)), width=width, wrap=True)
        for name, width in zip(table, (_TERM, _SENTENCE, 18.0, 44.0), strict=True)
    }
    write_table(sheet, table, columns=columns, name="published", head=head)
