"""The roster of members: a workbook as an association's office keeps it, with its usual disorder."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from openpyxl import Workbook
from openpyxl.styles import Font

from analytics.sizes import BY_CODE
from data.demo.history import LAST_DAY
from data.demo.membership import MEMBER_JOBS
from data.demo.places import OTHER_TOWNS, Places, postal_codes
from data.demo.register import Names
from data.demo.wording import clear_names, company_names

HEADERS = (
    "Raison sociale",
    "N° SIREN",
    "Ville",
    "Code postal",
    "Date d’adhésion",
    "Date de départ",
    "Axes suivis",
    "Cotisation 2026 (€)",
    "Effectif",
    "Remarques",
)
TITLE = "Digital 113 — adhérents (DÉMONSTRATION : entreprises inventées)"
SAVED_ON = datetime(2026, 11, 2, 9, 0)  # noqa: DTZ001 - a workbook's properties have no zone
_FIRST_ROW = 5
_BLANK_AFTER = (121, 122, 260, 391)

_BY_NAME = 35
_INVALID_SIREN = 2
_HOMONYMS = 4
_OTHER_HOMONYMS = 120
_FORMER = 24
_DUPLICATES = 3
_NOT_FOUND = (("Ploufenstein Gnomobaltique", "Toulouse", 2), ("Vrac & Ubuesque Fanfaronne", "Tarbes", 6))
_EPOCH = date(1899, 12, 30)
_LEGAL_FORMS = ("SAS", "SARL", "SASU", "S.A.R.L.", "EURL")
_SIZES_ASKED = {"outside": (12, 8, 25), "review": (3, 5, 2, 4)}
_TOLERANCE = 20

Value = str | int | float | date | datetime | None


@dataclass(frozen=True)
class Line:
    """A row of the roster and what it is: ``kind`` never reaches the file."""

    kind: str
    name: str
    siren: Value = None
    town: str | None = None
    postal_code: Value = None
    joined_on: Value = None
    left_on: Value = None
    axes: str | None = None
    dues: Value = None
    jobs: Value = None
    remark: str | None = None

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(getattr(self, f.name) for f in dataclasses.fields(self)[1:])


@dataclass(frozen=True)
class Roster:
    """The rows in the file's order, and the figures that were planted."""

    lines: tuple[Line, ...]
    figures: dict[str, object]


def plan_roster(
    firms: pl.DataFrame,
    members: list[int],
    stock: pl.DataFrame,
    units: pl.DataFrame,
    names: Names,
    places: Places,
    axes: Sequence[str],
    rng: np.random.Generator,
) -> tuple[Roster, Names]:
    """Return the roster, and the names with those that matching needs: clear ones and homonyms.

    Parameters
    ----------
    firms
        ``membership.firm_table``.
    members
        Units of the members that are firms of the default perimeter.
    """
    born = stock.group_by("unit").agg(created=pl.col("created").min())
    known = firms.join(units.select("unit", "siren"), on="unit").join(born, on="unit", maintain_order="left")
    inside = known.filter(pl.col("unit").is_in(members)).sort("unit")
    others = known.filter(~pl.col("unit").is_in(members) & ~pl.col("is_natural") & ~pl.col("is_partial"))
    others = others.filter("is_simple").sort("unit")
    by_name = _choose_by_name(inside, places, rng)
    names, homonyms = _rename(names, by_name, others, places, rng)
    writer = _Writer(names, places, axes, rng)
    lines = [
        *writer.members(inside, set(by_name)),
        *_outside(stock, units, writer),
        *_to_review(names, homonyms, writer),
        *(writer.line("not_found", name, town=town, jobs=jobs) for name, town, jobs in _NOT_FOUND),
    ]
    free = others.filter(~pl.col("unit").is_in([int(u) for u in np.ravel(homonyms)]))
    lines += writer.former(free.sample(_FORMER, seed=int(rng.integers(2**31))).sort("unit"))
    lines += writer.duplicates([line for line in lines if line.kind == "matched" and isinstance(line.siren, str)])
    ordered = [lines[i] for i in rng.permutation(len(lines))]
    return Roster(tuple(ordered), _figures(ordered, inside)), names


def _choose_by_name(inside: pl.DataFrame, places: Places, rng: np.random.Generator) -> list[int]:
    """Members whose SIREN the office does not know: single establishments in towns with a name of their own."""
    same_name = Counter(places.names.tolist())
    alone = [same_name[str(places.names[c])] == 1 for c in inside["commune"]]
    fit = inside.filter(pl.Series(alone) & ~pl.col("is_partial") & pl.col("is_simple") & (pl.col("jobs") < 200))
    return [int(unit) for unit in rng.choice(fit["unit"].to_numpy(), _BY_NAME, replace=False)]


def _rename(
    names: Names, by_name: list[int], others: pl.DataFrame, places: Places, rng: np.random.Generator
) -> tuple[Names, list[tuple[int, int]]]:
    """Give clear names to the members without a number, and the same name to pairs of other firms.

    Returns the names and the pairs that members to review may be: three in two towns, the last in one.
    """
    company = list(names.company)
    clear = clear_names(_BY_NAME + _HOMONYMS, rng)
    for unit, name in zip(by_name, clear[:_BY_NAME], strict=True):
        company[unit] = name
    small = others.filter(pl.col("size_code").is_in(["NN", "01"]))
    drawn = small.sample(2 * (_HOMONYMS - 1 + _OTHER_HOMONYMS), seed=int(rng.integers(2**31)))
    pairs = [(int(a), int(b)) for a, b in drawn["unit"].to_numpy().reshape(-1, 2)]
    town_of = dict(small.select("unit", "commune").iter_rows())
    review = [pair for pair in pairs if town_of[pair[0]] != town_of[pair[1]]][: _HOMONYMS - 1]
    taken = {unit for pair in pairs for unit in pair}
    toulouse = [u for u, c in town_of.items() if places.codes[c] == "31555" and u not in taken]
    review.append((int(toulouse[0]), int(toulouse[1])))
    for pair, name in zip(review, clear[_BY_NAME:], strict=True):
        company[pair[0]] = company[pair[1]] = name
    for first, second in pairs:
        if (first, second) not in review:
            company[second] = company[first]
    return dataclasses.replace(names, company=company), review


class _Writer:
    """Writes lines as several people would over fifteen years."""

    def __init__(self, names: Names, places: Places, axes: Sequence[str], rng: np.random.Generator) -> None:
        self._names = names
        self._places = places
        self._axes = axes
        self._rng = rng

    def line(self, kind: str, name: str, **fields: Value) -> Line:
        """Return a line with a date, axes and dues of its own."""
        jobs = fields.get("jobs")
        since = fields.pop("since", None)
        joined = self._joining(since if isinstance(since, date) else date(2010, 1, 1))
        given: dict[str, object] = {
            "joined_on": self._written_day(joined),
            "axes": self._some_axes(),
            "dues": self._dues(float(jobs) if isinstance(jobs, (int, float)) else 1.0),
            **fields,
        }
        return Line(kind, name, **given)  # type: ignore[arg-type]

    def members(self, inside: pl.DataFrame, by_name: set[int]) -> list[Line]:
        """Return a line for each member found in the perimeter."""
        jobs = planned_jobs(inside, self._rng)
        invalid = set(sorted(by_name)[:_INVALID_SIREN])
        lines = []
        for firm, number in zip(inside.iter_rows(named=True), jobs, strict=True):
            unit = firm["unit"]
            siren: Value = self._written_siren(firm["siren"])
            if unit in by_name:
                siren = _with_wrong_digit(firm["siren"]) if unit in invalid else None
            kind = "by_name" if unit in by_name else "partial" if firm["is_partial"] else "matched"
            lines.append(
                self.line(
                    kind,
                    self._written_name(self._name_of(firm)),
                    siren=siren,
                    jobs=number,
                    since=firm["created"],
                    **self._place(firm["commune"], plain=unit in by_name),
                )
            )
        return _with_disorder(lines)

    def former(self, firms: pl.DataFrame) -> list[Line]:
        """Return lines of members that left."""
        lines = []
        for firm in firms.iter_rows(named=True):
            line = self.line(
                "former",
                self._written_name(self._name_of(firm)),
                siren=self._written_siren(firm["siren"]),
                jobs=round(firm["jobs"]) or None,
                **self._place(firm["commune"]),
            )
            joined = date(2014, 1, 1) + timedelta(days=int(self._rng.integers(0, 1_800)))
            left = joined + timedelta(days=int(self._rng.integers(300, 2_400)))
            lines.append(
                dataclasses.replace(
                    line, joined_on=self._written_day(joined), left_on=self._written_day(left), dues=None
                )
            )
        return lines

    def duplicates(self, lines: list[Line]) -> list[Line]:
        """Return members entered a second time, written a little differently."""
        chosen = self._rng.choice(len(lines), _DUPLICATES, replace=False)
        return [
            dataclasses.replace(
                lines[i],
                kind="duplicate",
                name=lines[i].name.upper(),
                siren=" ".join(str(lines[i].siren).replace(" ", "").replace(".", "")[k : k + 3] for k in (0, 3, 6)),
                remark="ressaisi",
            )
            for i in chosen
        ]

    def outside(self, unit: int, siren: str, town: str | None, postal_code: str | None, jobs: int) -> Line:
        name = self._names.company[unit] or ""
        return self.line("outside", name.title(), siren=siren, town=town, postal_code=postal_code, jobs=jobs)

    def _name_of(self, firm: dict[str, object]) -> str:
        name = self._names.company[int(str(firm["unit"]))]
        # The office knows by name who asked INSEE to withhold it.
        return company_names(["62.01Z"], self._rng)[0] if firm["is_partial"] or name is None else name

    def _written_name(self, name: str) -> str:
        draw = self._rng.random()
        form = str(self._rng.choice(_LEGAL_FORMS))
        if draw < 0.30:
            return name
        if draw < 0.65:
            return name.title()
        return f"{form} {name.title()}" if draw < 0.80 else f"{name.title()} {form}"

    def _written_siren(self, siren: str) -> Value:
        """As typed, with spaces or dots, as a number that lost its zeros, or not at all like a SIREN but a SIRET."""
        draw = self._rng.random()
        spaced = f"{siren[:3]} {siren[3:6]} {siren[6:]}"
        if draw < 0.50:
            return siren
        if draw < 0.90:
            return spaced
        return spaced.replace(" ", ".") if draw < 0.94 else int(siren)

    def _place(self, commune: int, *, plain: bool = False) -> dict[str, str | None]:
        name = str(self._places.names[commune])
        postal = postal_codes(self._places, np.array([commune]), self._rng)[0]
        draw = self._rng.random()
        if plain or draw < 0.7:
            return {"town": name, "postal_code": postal}
        if draw < 0.85:
            return {"town": name.upper(), "postal_code": postal}
        return {"town": f"{name} Cedex" if draw < 0.93 else None, "postal_code": postal}

    def _joining(self, since: date) -> date:
        first = max(since, date(2011, 1, 10))
        span = max((LAST_DAY.astype(object) - first).days, 1)
        return first + timedelta(days=int(self._rng.random() ** 0.8 * span))

    def _written_day(self, day: date) -> Value:
        draw = self._rng.random()
        if draw < 0.50:
            return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - spreadsheets have no zone
        if draw < 0.80:
            return f"{day:%d/%m/%Y}"
        if draw < 0.90:
            return day.isoformat()
        return (day - _EPOCH).days if draw < 0.97 else f"{day:%m/%Y}"

    def _some_axes(self) -> str | None:
        chosen = [axis for axis in self._axes if self._rng.random() < 0.38]
        return "; ".join(chosen) or None

    def _dues(self, jobs: float) -> Value:
        amount = next(
            dues for limit, dues in ((2, 150), (10, 300), (50, 800), (250, 2_000), (1e9, 5_000)) if jobs < limit
        )
        draw = self._rng.random()
        if draw < 0.05:
            return None
        return f"{amount:,} €".replace(",", " ") if draw < 0.15 else amount


def planned_jobs(inside: pl.DataFrame, rng: np.random.Generator) -> list[int | None]:
    """Return the headcount that each member gave, within its band, some missing.

    With the firm's estimate for the missing ones, and what the members not found gave, they add up to 17,000.
    """
    # Without a band, the employer flag counted as band 01.
    codes = [
        "01" if code in ("NN", "00") and jobs else code for code, jobs in inside.select("size_code", "jobs").iter_rows()
    ]
    low = np.array([BY_CODE[code].low for code in codes])
    high = np.array([BY_CODE[code].high for code in codes])
    estimate = inside["jobs"].to_numpy()
    given = np.clip(np.round(estimate * np.exp(rng.normal(scale=0.18, size=len(low)))), low, high).astype(int)
    missing = (rng.random(len(low)) < 0.11) & (high < 200)
    others = sum(sum(jobs) for jobs in _SIZES_ASKED.values()) + sum(jobs for *_, jobs in _NOT_FOUND)
    for row in np.argsort(-high, kind="stable"):
        gap = MEMBER_JOBS - others - np.where(missing, estimate, given).sum()
        if abs(gap) <= _TOLERANCE:
            break
        if not missing[row]:
            given[row] = int(np.clip(given[row] + round(gap / 2), low[row], high[row]))
    return [None if gone else int(number) for gone, number in zip(missing, given, strict=True)]


def _with_wrong_digit(siren: str) -> str:
    return siren[:-1] + str((int(siren[-1]) + 1) % 10)


def _with_disorder(lines: list[Line]) -> list[Line]:
    """Spoil two cells, as happens."""
    spoilt = [
        dataclasses.replace(lines[7], joined_on="à préciser"),
        dataclasses.replace(lines[19], dues="voir trésorier"),
    ]
    return [*lines[:7], spoilt[0], *lines[8:19], spoilt[1], *lines[20:]]


def _outside(stock: pl.DataFrame, units: pl.DataFrame, writer: _Writer) -> list[Line]:
    """Members that are in the register but not in the perimeter (two), or not in the region (one)."""
    open_ = stock.filter(pl.col("closed").is_null()).join(units, on="unit", maintain_order="left")
    named = open_.filter(~pl.col("is_natural") & ~pl.col("is_partial"))
    at_home = named.filter((pl.col("role") == "other") & (pl.col("commune") >= 0))
    bordeaux = next(i for i, town in enumerate(OTHER_TOWNS) if town.code == "33063")
    found = (
        at_home.filter(pl.col("activity") == "70.22Z").row(0, named=True),
        at_home.filter(pl.col("activity") == "73.11Z").row(0, named=True),
        named.filter((pl.col("role") == "elsewhere") & (pl.col("town") == bordeaux)).row(0, named=True),
    )
    towns = (None, None, OTHER_TOWNS[bordeaux])
    return [
        writer.outside(
            firm["unit"], firm["siren"], town.name.title() if town else None, town.postal_code if town else None, jobs
        )
        for firm, town, jobs in zip(found, towns, _SIZES_ASKED["outside"], strict=True)
    ]


def _to_review(names: Names, homonyms: list[tuple[int, int]], writer: _Writer) -> list[Line]:
    """Members whose name several firms bear: no town, a third town, or the town of both."""
    towns = (None, None, "Mende", "Toulouse")
    return [
        writer.line("to_review", (names.company[first] or "").title(), town=town, jobs=jobs)
        for (first, _), town, jobs in zip(homonyms, towns, _SIZES_ASKED["review"], strict=True)
    ]


def _figures(lines: list[Line], inside: pl.DataFrame) -> dict[str, object]:
    counts = Counter(line.kind for line in lines)
    current = [line for line in lines if line.kind not in ("former", "duplicate")]
    rows = source_rows(len(lines))
    return {
        "current": len(current),
        "in_perimeter": inside.height,
        "by_name": counts["by_name"],
        "partially_diffusible": counts["partial"],
        "outside_perimeter": 2,
        "outside_region": 1,
        "to_review": counts["to_review"],
        "not_found": counts["not_found"],
        "former": counts["former"],
        "duplicate_rows": counts["duplicate"],
        "invalid_siren": _INVALID_SIREN,
        "jobs_estimate_in_perimeter": round(float(inside["jobs"].sum()), 1),
        "jobs_given": sum(line.jobs for line in current if isinstance(line.jobs, int)),
        "rows": {
            kind: [row for row, line in zip(rows, lines, strict=True) if line.kind == kind]
            for kind in ("by_name", "partial", "outside", "to_review", "not_found", "former", "duplicate")
        },
    }


def source_rows(count: int) -> list[int]:
    """Return the number of each line's row in the sheet, from 1: a few rows are blank."""
    return [_FIRST_ROW + i + sum(i >= after for after in _BLANK_AFTER) for i in range(count)]


def write_roster(roster: Roster, file: Path) -> None:
    """Write the workbook, the same bytes each time: no clock in it."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Adhérents"
    sheet["A1"] = TITLE
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = "Mis à jour le 02/11/2026"
    for column, header in enumerate(HEADERS, start=1):
        sheet.cell(_FIRST_ROW - 1, column, header).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = 18
    rows = source_rows(len(roster.lines))
    for row, line in zip(rows, roster.lines, strict=True):
        for column, value in enumerate(line.values, start=1):
            cell = sheet.cell(row, column, value)
            if isinstance(value, datetime):
                cell.number_format = "dd/mm/yyyy"
    given = [
        line.jobs for line in roster.lines if isinstance(line.jobs, int) and line.kind not in ("former", "duplicate")
    ]
    sheet.cell(rows[-1] + 2, 1, "TOTAL")
    sheet.cell(rows[-1] + 2, HEADERS.index("Effectif") + 1, sum(given))
    sheet.freeze_panes = sheet.cell(_FIRST_ROW, 1)
    workbook.properties.creator = "Démonstration"
    workbook.properties.created = SAVED_ON
    content = io.BytesIO()
    workbook.save(content)
    file.write_bytes(_without_clock(content.getvalue()))


def _without_clock(content: bytes) -> bytes:
    """Return the archive with the same date on every part, and that date as the day of the last change."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = _with_modified(part.decode(), SAVED_ON).encode()
            target.writestr(zipfile.ZipInfo(name, SAVED_ON.timetuple()[:6]), part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _with_modified(properties: str, day: datetime) -> str:
    opening, closing = ">", "</dcterms:modified>"
    before, after = properties.rsplit(closing, 1)
    start = before.rindex(opening) + 1
    return f"{before[:start]}{day:%Y-%m-%dT%H:%M:%SZ}{closing}{after}"
