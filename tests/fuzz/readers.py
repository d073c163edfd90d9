"""Every reader of what others wrote, the valid files that cases are made from, and what must hold of what is read."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace

import openpyxl
import pandas as pd
import polars as pl

from analytics.__main__ import make_parser
from analytics.errors import UserError
from analytics.ingest.firms import normalise_firms
from analytics.ingest.geography import Geography, load_geography
from analytics.ingest.history import count_history
from analytics.ingest.isochrone_service import _NoAnswerError, parse_answer
from analytics.ingest.isochrones import read_isochrones
from analytics.ingest.legal_units import read_legal_units
from analytics.ingest.members import read_members
from analytics.ingest.register import read_establishments
from analytics.settings import REGION_FILE, default_settings, load_settings
from analytics.store import Store
from analytics.view import QUERY_KEYS, View
from tests.analytics.ingest import isochrone_server
from tests.analytics.ingest.register_rows import Row, establishment, legal_unit
from tests.fuzz import mutations
from tests.fuzz.mutations import CELLS, Grid

TODAY = date(2026, 11, 25)
PLACE = {"commune_code": "31555", "name": "Toulouse", "x_m": 574_357.0, "y_m": 6_279_642.0}
PLACE |= {"longitude": 1.4437, "latitude": 43.6043}
# A small region: what is read of a roster's places does not depend on how many there are.
PLACES = SimpleNamespace(
    communes=pd.DataFrame(
        [
            ("31555", "Toulouse", "31"),
            ("09122", "Foix", "09"),
            ("34172", "Montpellier", "34"),
            ("30350", "Le Vigan", "30"),
        ],
        columns=["commune_code", "name", "department_code"],
    ),
    successors={"12076": "12218"},
)


@dataclass(frozen=True)
class Case:
    """A file as it is given: its name and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Reader:
    """How the cases of a reader are made, and how one is read; ``read`` raises nothing but ``UserError``."""

    make: Callable[[Random], Case]
    read: Callable[[Case], None]


class Refused(Exception):  # noqa: N818 - no fault
    """What a reader that no user is shown says of bad input: a name."""


def outcome(reader: Reader, case: Case) -> str:
    """Return ``read``, or the key of the sentence that the case gave.

    Raises
    ------
    Exception
        Whatever else the reader raised: a finding.
    """
    try:
        reader.read(case)
    except UserError as error:
        check_sentence(error)
        return error.key
    except Refused as refusal:
        return str(refusal)
    return "read"


def check_sentence(error: UserError) -> None:
    """Refuse a message that is not one line, or of which a placeholder stayed empty."""
    for language in ("fr", "en"):
        sentence = error.message(language)
        if not sentence or len(sentence.splitlines()) != 1 or sentence == error.key:
            raise AssertionError(f"no sentence: {sentence!r}")


# --- The roster ------------------------------------------------------------------------------------------------------

HEADER = ["N° adhérent", "Raison sociale", "SIREN", "SIRET", "Ville", "Code postal", "Date d’adhésion"]
HEADER += ["Date de départ", "Axe 1", "Axe 2", "Cotisation 2026 (€ HT)", "Effectif"]
_LINES = """
1|Alpha Démo|404833048|40483304800022|Toulouse|31000|01/02/2019||Innovation||1 250,00|12
2|Bêta & Fils|||31000 Toulouse||mars 2019|31/12/2020|International; Business||1,2 k€|10 à 19
3|Gamma|||Le Vigan (30)||2019|||Recrutement||plus de 250
|Total|3||||||||2450|31
"""
ROSTER: Grid = [HEADER, *(line.split("|") for line in _LINES.strip("\n").splitlines())]


_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


@functools.cache
def _books() -> tuple[dict[str, bytes], ...]:
    """Return the parts of workbooks as openpyxl writes them: one sheet of text, and several with dates and numbers."""
    plain, typed = openpyxl.Workbook(), openpyxl.Workbook()
    for row in ROSTER:
        plain.active.append(row)
    typed.active.title = "Notes"
    joined = datetime(2019, 2, 1, 3, 4)  # noqa: DTZ001 - a workbook's days have no zone
    typed.active.append(["Mis à jour", joined])
    sheet = typed.create_sheet("Adhérents")
    sheet.append(["Liste des adhérents"])
    sheet.append(HEADER)
    sheet.append([1, "Alpha", 404833048, 40483304800022.0, "Foix", 9000, joined, None, "A", "B", 1250.5, 12])
    sheet.append([2, "=1+1", True, None, "Foix", 9000, date(2019, 2, 1), 44000, "A", "B", -5, "=SUM(L3:L3)"])
    sheet.merge_cells("A1:C1")
    typed.create_sheet("Vide")
    return tuple(mutations.unpacked(_saved(book)) for book in (plain, typed))


def _saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make_workbook(rng: Random) -> Case:
    """Spoil the cells, the parts or the archive of a workbook."""
    parts = dict(rng.choice(_books()))
    if rng.random() < 0.4:
        grid, book = mutations.spoil_grid(rng, ROSTER), openpyxl.Workbook()
        for number, row in enumerate(grid, start=1):
            for position, value in enumerate(row[:300], start=1):
                known = float(value) if value.isdecimal() and value.isascii() else _NOT_IN_XML.sub("", value)
                book.active.cell(number, position, known)
        parts = mutations.unpacked(_saved(book))
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        name = rng.choice(list(parts))
        parts[name] = mutations.spoil_xml(rng, parts[name])
    if rng.random() < 0.1:
        name = rng.choice(list(parts))
        content = parts.pop(name)
        if rng.random() < 0.5:
            parts[rng.choice((rng.choice(list(parts)), name.upper(), f"/{name}", f"../{name}"))] = content
    return Case("a.xlsx", mutations.packed(rng, parts))


def make_text(rng: Random) -> Case:
    """Spoil the cells or the bytes of a roster in text."""
    content = mutations.as_text(rng, mutations.spoil_grid(rng, ROSTER))
    return Case("a.csv", b"sep=;\n" + content if rng.random() < 0.05 else content)


def read_roster(case: Case) -> None:
    with _file(case) as path:
        roster = read_members(path, geography=PLACES, today=TODAY)  # type: ignore[arg-type]
    assert roster.rows_read == len(roster.members) + sum(roster.rows_left_out.values())
    roster.members.to_parquet(io.BytesIO(), index=False)
    # As the manifest holds them.
    json.dumps([[fault.rows, fault.key, dict(fault.params)] for fault in roster.faults], ensure_ascii=False).encode()
    for fault in roster.faults:
        for language in ("fr", "en"):
            assert len(fault.message(language).splitlines()) == 1


# --- The register ----------------------------------------------------------------------------------------------------

ROWS: list[Row] = [
    establishment(name='Le "Bit", sarl', sign="Au bit\nfou", treated="2026-09-30T08:00:00", dateDebut="2010-01-31"),
    establishment("200000008", state="F", dateDebut="2020-01-01"),
    establishment("300000007", commune="75056"),
    establishment("400000006", commune="34172", seat="false", activity="26.11Z", band="12", naf25="26.11Y"),
    establishment("500000005", commune="48095", status="P", name="[ND]", x="[ND]", y="[ND]"),
]
UNITS: list[Row] = [
    legal_unit(denomination="Alpha", category="PME", created="2001-02-03"),
    legal_unit("200000008", first="Jeanne", birth_name="Exemple"),
    legal_unit("500000005", status="P", denomination="[ND]"),
]
_TYPES = (pl.Int64, pl.Float64, pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.Duration, pl.Categorical)
_TYPES += (pl.Binary, pl.Null)


def _grid_of(rows: list[Row]) -> Grid:
    return [list(rows[0]), *([value or "" for value in row.values()] for row in rows)]


def make_parquet(rng: Random, rows: list[Row]) -> Case:
    """Spoil the table that is written as Parquet, its columns' types, or the file's bytes and footer."""
    grid = mutations.spoil_grid(rng, _grid_of(rows)) if rng.random() < 0.7 else _grid_of(rows)
    if not grid or not grid[0]:
        return Case("a.parquet", b"")
    names = list(dict.fromkeys(grid[0]))
    columns = {name: [(row[i] or None) if i < len(row) else None for row in grid[1:]] for i, name in enumerate(names)}
    table = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
    for _ in range(rng.choice((0, 0, 1, 1, 3))):
        table = _retyped(rng, table)
    out = io.BytesIO()
    compression = rng.choice(("uncompressed", "snappy", "zstd", "gzip", "lz4"))
    table.write_parquet(
        out,
        compression=compression,
        row_group_size=rng.choice((1, 2, 3, 1000)),
        statistics=rng.random() < 0.5,
        use_pyarrow=False,
    )
    content = out.getvalue()
    where = rng.random()
    if where < 0.3:
        content = mutations.spoil_bytes(rng, content, begin=max(len(content) - 4000, 4))
    elif where < 0.5:
        content = mutations.spoil_bytes(rng, content)
    return Case("a.parquet", content)


def _retyped(rng: Random, table: pl.DataFrame) -> pl.DataFrame:
    name = rng.choice(table.columns)
    column, kind = pl.col(name), rng.randrange(4)
    with contextlib.suppress(pl.exceptions.PolarsError):
        if kind == 0:
            return table.with_columns(pl.struct(column.alias("x")).alias(name))
        if kind == 1:
            return table.with_columns(pl.concat_list(column).alias(name))
        return table.with_columns(column.cast(rng.choice(_TYPES), strict=False))
    return table


def make_stock_text(rng: Random, rows: list[Row]) -> Case:
    """Spoil a stock file in text, alone or in an archive."""
    content = mutations.as_text(rng, mutations.spoil_grid(rng, _grid_of(rows)), delimiters=",,,;")
    form = rng.randrange(4)
    if form == 0:
        return Case(rng.choice(("a.csv.gz", "a.gz", "a")), mutations.gzipped(rng, content))
    if form == 1:
        return Case(rng.choice(("a.zip", "a")), mutations.packed(rng, {"a.csv": content}))
    return Case("a.csv", content)


@functools.cache
def _geography() -> tuple[Geography, frozenset[str]]:
    geography = load_geography(default_settings())
    return geography, frozenset(geography.communes["commune_code"])


def read_register(case: Case) -> None:
    settings, (geography, communes) = default_settings(), _geography()
    with _file(case) as path:
        extract = read_establishments(
            path,
            settings=settings,
            followed_sirens=frozenset({"300000007", "200000008"}),
            successors=geography.successors,
            communes=communes,
        )
    assert extract.rows_read == extract.establishments.height + sum(extract.excluded.values())
    if zlib.crc32(case.content) % 8:
        return  # what follows takes ten times as long, and depends on few of the rows
    normalise_firms(extract.establishments, None, perimeter="tic", settings=settings, geography=geography)
    count_history(extract.lives, settings=settings, as_of=extract.data_as_of or TODAY)
    extract.outside.to_pandas()


def read_units(case: Case) -> None:
    with _file(case) as path:
        units = read_legal_units(path, sirens={"100000009", "200000008", "500000005"})
    assert units.units["siren"].is_unique().all()
    assert "[ND]" not in "".join(units.units["name"].drop_nulls())


# --- Settings, views, decisions, answers, options --------------------------------------------------------------------


def make_settings(rng: Random) -> Case:
    """Spoil lines, values or bytes of the region's settings."""
    lines = REGION_FILE.read_text(encoding="utf-8").splitlines()
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        lines[at] = rng.choice(_LINE_CHANGES)(rng, lines[at])
    content = "\n".join(lines).encode("utf-8", "replace")
    return Case("region.toml", mutations.spoil_bytes(rng, content) if rng.random() < 0.3 else content)


def _value(rng: Random, line: str) -> str:
    name, equals, _ = line.partition("=")
    odd = ("nan", "inf", "-1", "1e400", "[]", "{}", "[[[[]]]]", "9" * 5000, "1979-05-27", '""', "true", "[" * 3000)
    return f"{name}{equals} {rng.choice((*odd, json.dumps(rng.choice(CELLS))))}"


def _instead(rng: Random, line: str) -> str:
    return rng.choice(("", f"{line}\n{line}", "[a.b]", "[[antennas]]", "x = 1", "[region]", "\\", '"""'))


_LINE_CHANGES: tuple[Callable[[Random, str], str], ...] = (_value, _value, _value, _instead)


def read_region(case: Case) -> None:
    with _file(case) as path:
        settings = load_settings(path)
    # As the manifest holds them, and as they are taken out of it.
    kept = settings.model_dump(mode="json")
    json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()
    assert type(settings).model_validate(kept).model_dump(mode="json") == kept


_ASKED = "perimeter=core&department=31&department=34&segment=software&size=0&threshold=30&unit=km&town=31555&rate=2.5"
_ASKED += "&cell=software:0&antenna=Mende&exclude=34032&by=2030&goal=5&since=20261101T000000Z-00000001&employers=true"


def make_query(rng: Random) -> Case:
    """Spoil names and values of a query string, or its characters."""
    pairs = [pair.split("=") for pair in _ASKED.split("&")]
    for _ in range(rng.randint(1, 4)):
        pair = rng.choice(pairs)
        odd = (rng.choice(CELLS), rng.choice(QUERY_KEYS), "%ED%A0%80", "%FF", "1e400", "\ud800", "１")
        pair[rng.randrange(2)] = rng.choice(odd)
    content = "&".join("=".join(pair) for pair in pairs).encode("utf-8", "surrogatepass")
    return Case("query", mutations.spoil_bytes(rng, content) if rng.random() < 0.3 else content)


def read_query(case: Case) -> None:
    settings = default_settings()
    view = View.from_query(case.content.decode("utf-8", "surrogateescape"), settings)
    assert View.from_query(view.to_query(settings), settings) == view


_MANIFEST = {
    "snapshot_id": "20261101T000000Z-00000001", "built_at": "2026-11-01T00:00:00.000+00:00", "previous": None,
    "tables": {"firms-tic": {"rows": 1, "sha256": "0" * 64}}, "sources": [], "counts": {}, "excluded": {}, "faults": [],
    "quality": {}, "settings": {}, "is_demo": True,
}  # fmt: skip
_DECIDED = {"M-0123456789": {"siren": "404833048", "decided_at": "2026-11-01T00:00:00+00:00"}, "M-1": {"siren": None}}


def make_json(rng: Random, *documents: object) -> bytes:
    """Spoil a value anywhere in a document, or its bytes."""
    document = json.loads(json.dumps(rng.choice(documents)))
    for _ in range(rng.choice((0, 1, 1, 2))):
        holder: object = {"": document}
        while isinstance(holder, (dict, list)) and holder:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = rng.choice(keys)
            if rng.random() < 0.3 or not isinstance(holder[key], (dict, list)) or not holder[key]:
                odd = (None, True, -1, 10**30, 1e308, float("nan"), [], {}, [[[]]], "\ud800", rng.choice(CELLS))
                holder[key] = rng.choice(odd)
                break
            holder = holder[key]
    content = json.dumps(document).encode()
    if rng.random() < 0.01:
        content = rng.choice((b"[", b'{"a":')) * rng.choice((500, 5_000, 100_000))
    return mutations.spoil_bytes(rng, content) if rng.random() < 0.4 else content


def make_store(rng: Random) -> Case:
    """Spoil a manifest or the decisions."""
    if rng.random() < 0.5:
        return Case("manifest.json", make_json(rng, _MANIFEST))
    return Case("decisions.json", make_json(rng, _DECIDED))


def read_store(case: Case) -> None:
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        root, snapshot = Path(folder), "20261101T000000Z-00000001"
        (root / snapshot).mkdir()
        (root / "current").write_text(snapshot)
        (root / (f"{snapshot}/" if case.name == "manifest.json" else "") / case.name).write_bytes(case.content)
        if case.name == "decisions.json":
            decided = Store(root).decisions()
            assert all(siren is None or isinstance(siren, str) for siren in decided.values())
            return
        found = Store(root).current()
        assert found is not None
        found.perimeters, found.register, found.is_demo  # noqa: B018 - what every page asks
        found.settings()


def make_answer(rng: Random) -> Case:
    """Spoil an answer of the navigation service, or one that is kept."""
    asked = {"point": "1.443700,43.604300", "costValue": "30", "resource": "r", "costType": "time", "profile": "car"}
    asked |= {"timeUnit": "minute"}
    answer = isochrone_server.answer(asked | {"direction": "arrival", "crs": "EPSG:4326"})
    kept = parse_answer(json.dumps(answer).encode(), place=PLACE, minutes=30)
    if rng.random() < 0.5:
        return Case("answer", make_json(rng, answer))
    return Case("31555-30.json", make_json(rng, kept))


def read_answer(case: Case) -> None:
    if case.name == "answer":
        try:
            parse_answer(case.content, place=PLACE, minutes=30)
        except _NoAnswerError as error:
            raise Refused(str(error)) from error
        return
    with _file(case) as path:
        read_isochrones(path.parent)


_COMMANDS = (
    "build --register a.parquet --members b.xlsx --allow-shrink",
    "status --json --lang en",
    "rollback 20261101T000000Z-00000001",
    "table towns --level epci --out towns.csv --view department=31",
    "table coverage --threshold 30 --unit min --limit 5",
    "export slides --out board.pptx --town 200027183",
    "isochrones --candidates 3 --service http://127.0.0.1:9",
)


def make_options(rng: Random) -> Case:
    """Spoil words of a command."""
    words = rng.choice(_COMMANDS).split()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(words))
        odd = rng.choice((rng.choice(CELLS), "--lang", "--", "-1", "\udcff", "--help", "²"))
        words[at : at + rng.choice((0, 1))] = [odd]
    return Case("options", "\x1f".join(words).encode("utf-8", "surrogateescape"))


def read_options(case: Case) -> None:
    words = case.content.decode("utf-8", "surrogateescape").split("\x1f")
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            make_parser("fr").parse_args(words)
        except SystemExit as end:
            if end.code in (0, 2):
                raise Refused("refused" if end.code else "help") from end
            raise


@contextlib.contextmanager
def _file(case: Case):  # noqa: ANN202 - a context
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder) / case.name
        path.write_bytes(case.content)
        yield path


@functools.cache
def _memory() -> str | None:
    """Return a folder in memory where there is one: a million files need not see a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - files of a fuzzer, removed at once


READERS: dict[str, Reader] = {
    "roster-xlsx": Reader(make_workbook, read_roster),
    "roster-csv": Reader(make_text, read_roster),
    "register-parquet": Reader(functools.partial(make_parquet, rows=ROWS), read_register),
    "register-text": Reader(functools.partial(make_stock_text, rows=ROWS), read_register),
    "units-parquet": Reader(functools.partial(make_parquet, rows=UNITS), read_units),
    "units-text": Reader(functools.partial(make_stock_text, rows=UNITS), read_units),
    "settings": Reader(make_settings, read_region),
    "view": Reader(make_query, read_query),
    "store": Reader(make_store, read_store),
    "isochrones": Reader(make_answer, read_answer),
    "options": Reader(make_options, read_options),
}
