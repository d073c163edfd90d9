"""The one build, for the command line and the Sources page: files in, a published snapshot out.

Files -> ingest -> firms of each perimeter and members -> matching -> store. The demo is a build like any other, of the
files in ``data/demo``. Nothing is published unless every step has passed; what a build says is in its manifest, which
names no firm and no member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from analytics import __version__
from analytics.contracts import AREAS, CANDIDATES, MEMBERS, ROSTER, Contract
from analytics.derived import Derived, derive
from analytics.errors import UserError
from analytics.ingest.firms import normalise_firms
from analytics.ingest.geography import (
    Geography,
    find_neighbours,
    load_geography,
    load_outlines,
    locate_antennas,
)
from analytics.ingest.history import History, count_history
from analytics.ingest.isochrones import SERVICE_URL, Fetched, fetch_isochrones, read_isochrones
from analytics.ingest.legal_units import LegalUnits, read_legal_units
from analytics.ingest.members import Fault, Roster, read_members
from analytics.ingest.register import RegisterExtract, read_establishments
from analytics.matching import Matches, match_members
from analytics.metrics.aggregate import current_members
from analytics.movements import find_arrivals, find_departures, followed_sirens
from analytics.progress import Progress
from analytics.settings import DEMO_DIR, REGION_FILE, Settings, load_settings, store_dir
from analytics.store import ARRIVALS, DEPARTURES, FIRMS_PREFIX, HISTORY, ISOCHRONES, Draft, Snapshot, Store

Report = Callable[[str, float], None]
"""Called with the catalogue key of a stage and the share of it that is done, 0 to 1."""

STAGES = (
    "build.stage_sources",
    "build.stage_geography",
    "build.stage_members",
    "build.stage_register",
    "build.stage_legal_units",
    "build.stage_firms",
    "build.stage_matching",
    "build.stage_derived",
    "build.stage_publishing",
)
DEMO_FILES = {
    "register": "StockEtablissement.parquet",
    "legal_units": "StockUniteLegale.parquet",
    "members": "members.xlsx",
}
_HASHED_BYTES = 4 * 1024**2


def tell_nobody(stage: str, done: float) -> None:
    """Report to nobody."""
    del stage, done


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to build from what.

    Attributes
    ----------
    register, legal_units, members
        INSEE's establishments; its legal units (without them, names are the establishments' own); the roster (without
        it the snapshot has no member).
    settings_file
        The region.
    store
        Where the snapshot goes.
    allow_shrink
        Publish even when the firms fall by more than ``build.allowed_shrink_pct`` against the published snapshot.
    is_demo
        The files are the bundled demonstration, and every page and export must say so.
    only_if_empty
        Build only where nothing is published yet; else what is published is the answer.
    """

    register: Path
    legal_units: Path | None = None
    members: Path | None = None
    settings_file: Path = REGION_FILE
    store: Store = field(default_factory=lambda: Store(store_dir()))
    allow_shrink: bool = False
    is_demo: bool = False
    only_if_empty: bool = False

    def files(self) -> dict[str, Path]:
        """Return the given files by role: ``register``, ``legal_units``, ``members``."""
        given = {"register": self.register, "legal_units": self.legal_units, "members": self.members}
        return {role: path for role, path in given.items() if path is not None}


@dataclass(frozen=True)
class Source:
    """A file that was read, as it was when the build began."""

    role: str
    path: Path
    size: int
    modified_ns: int
    sha256: str

    def entry(self) -> dict[str, Any]:
        """Return the source as the manifest has it; the name alone, not where it lay."""
        modified = datetime.fromtimestamp(self.modified_ns / 1e9, UTC).isoformat(timespec="seconds")
        named = {"role": self.role, "file": self.path.name, "bytes": self.size}
        return named | {"sha256": self.sha256, "modified": modified}


@dataclass(frozen=True)
class _Content:
    """Everything that the files gave."""

    settings: Settings
    geography: Geography
    roster: Roster | None
    extract: RegisterExtract
    legal_units: LegalUnits | None
    firms: dict[str, pd.DataFrame]
    basis: dict[str, pd.DataFrame]
    matches: Matches
    history: History
    departures: pd.DataFrame

    @property
    def default_firms(self) -> pd.DataFrame:
        return self.firms[self.settings.cluster.default_perimeter]


def build(request: Request, report: Report = tell_nobody) -> Snapshot:
    """Build a snapshot from files and publish it.

    Parameters
    ----------
    request
        The files, the region, the store.
    report
        Told of the progress of each stage.

    Raises
    ------
    UserError
        When a file, the settings or the store do not serve, another build runs, or the firms fell by more than the
        settings allow. The published snapshot is then untouched.
    """
    settings = load_settings(request.settings_file)
    with request.store.writing() as draft:
        published = request.store.current() if request.only_if_empty else None
        if published is not None:
            return published
        sources = _describe(request.files(), progress=partial(report, "build.stage_sources"))
        content = _read_all(request, settings, report)
        if not request.allow_shrink:
            _refuse_shrink(content, store=request.store, is_demo=request.is_demo)
        tables = dict(_tables(content)) | {ISOCHRONES: read_isochrones(request.store.isochrones_folder)}
        derived = _derive(tables, firms=content.firms, settings=settings, built_at=draft.built_at, report=report)
        report("build.stage_publishing", 0)
        for name, table in (tables | derived.tables).items():
            draft.write_table(name, table)
        _refuse_changed(sources)
        counts = _counts(content) | count_members(content.matches.members, on=draft.built_at)
        manifest = _manifest(content, counts=counts, sources=sources, is_demo=request.is_demo)
        snapshot = draft.publish(manifest | derived.facts)
        report("build.stage_publishing", 1)
    return snapshot


def build_demo(store: Store, report: Report = tell_nobody, *, only_if_empty: bool = False) -> Snapshot:
    """Build the bundled demonstration: register, legal units and roster files like any other.

    With ``only_if_empty``, what somebody published meanwhile stays, and is returned.

    Raises
    ------
    UserError
        When a demonstration file is missing, or the store cannot be written.
    """
    paths = {role: DEMO_DIR / name for role, name in DEMO_FILES.items()}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise UserError("build.demo_absent", files=", ".join(missing), folder=str(DEMO_DIR))
    request = Request(
        register=paths["register"],
        legal_units=paths["legal_units"],
        members=paths["members"],
        store=store,
        is_demo=True,
        only_if_empty=only_if_empty,
    )
    return build(request, report)


def apply_decisions(store: Store, report: Report = tell_nobody) -> Snapshot:
    """Match the members of the published snapshot anew with the decisions of today, and publish the result.

    Everything else is carried over as it is: no source file is needed.

    Raises
    ------
    UserError
        When nothing is published, a table is unreadable, or the store cannot be written.
    """
    with store.writing() as draft:
        snapshot = _published(store)
        tables = _rematched(snapshot, roster=snapshot.table("roster"), decisions=store.decisions(), report=report)
        return _republish(draft, snapshot, tables=tables, report=report)


def replace_members(store: Store, members: Path, report: Report = tell_nobody) -> Snapshot:
    """Read a new roster, match it with the firms of the published snapshot, and publish the result.

    The register is carried over as it is. Of a member that is neither among its firms nor in the roster before, the
    register's rows are not known until the next build from the register.

    Raises
    ------
    UserError
        When nothing is published, the demonstration is, the roster or a table is unreadable, or the store cannot be
        written.
    """
    with store.writing() as draft:
        snapshot = _published(store)
        if snapshot.is_demo:
            raise UserError("build.members_of_demo", file=members.name)
        sources = _describe({"members": members}, progress=partial(report, "build.stage_sources"))
        roster = _read_roster(members, _load_geography(snapshot.settings(), report), report)
        tables = _rematched(snapshot, roster=roster.members, decisions=store.decisions(), report=report)
        _refuse_changed(sources)
        before = snapshot.manifest
        others = [entry for entry in before["sources"] if entry["role"] != "members"]
        facts = _roster_facts(roster) | {
            "sources": [*others, *(source.entry() for source in sources)],
            "excluded": before["excluded"] | {"members": dict(roster.rows_left_out)},
            "counts": before["counts"] | _roster_counts(roster),
        }
        return _republish(draft, snapshot, tables=tables, facts=facts, report=report)


def measure_isochrones(
    store: Store, places: pd.DataFrame, *, service: str | None = None, report: Report = tell_nobody
) -> tuple[Snapshot, Fetched]:
    """Ask how far one gets from each place, keep the answers in the store, and publish the snapshot with them.

    The store is locked for the publication alone: asking takes minutes, and a build may go on meanwhile.

    Parameters
    ----------
    places
        As ``isochrones.fetch_isochrones`` takes them.

    Raises
    ------
    UserError
        When nothing is published, the service does not answer, or the store cannot be written. What was answered
        before stays, and the next call asks for the rest.
    """
    _published(store)
    fetched = fetch_isochrones(
        places,
        folder=store.isochrones_folder,
        service=service or SERVICE_URL,
        progress=partial(report, "build.stage_isochrones"),
    )
    with store.writing() as draft:
        tables = {ISOCHRONES: read_isochrones(store.isochrones_folder)}
        return _republish(draft, _published(store), tables=tables, report=report), fetched


def faults_of(snapshot: Snapshot) -> tuple[Fault, ...]:
    """Return what was wrong with the roster that the snapshot was built from; ``message(language)`` says it."""
    return tuple(Fault(tuple(f["rows"]), f["key"], f["params"]) for f in snapshot.manifest["faults"])


def count_members(members: pd.DataFrame, *, on: datetime) -> dict[str, int]:
    """Count members, ``MEMBERS`` columns: those that had not left ``on`` a moment, by outcome of their matching.

    ``members = members_matched + members_to_review + members_not_found``; ``members_former`` are the others.
    """
    current = current_members(members, on=on)
    outcomes = current["match_decision"].value_counts()
    return {
        "members": len(current),
        **{f"members_{outcome}": int(outcomes.get(outcome, 0)) for outcome in ("matched", "to_review", "not_found")},
        "members_former": len(members) - len(current),
    }


def _describe(files: Mapping[str, Path], *, progress: Progress) -> tuple[Source, ...]:
    sizes = {role: _stat(path)[0] for role, path in files.items()}
    total, before = max(sum(sizes.values()), 1), 0
    sources = []
    for role, path in files.items():
        size, modified_ns = _stat(path)
        sha256 = _sha256(path, progress=lambda read, before=before: progress((before + read) / total))  # type: ignore[misc]
        sources.append(Source(role, path, size, modified_ns, sha256))
        before += size
    progress(1)
    return tuple(sources)


def _stat(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise UserError("build.source_absent", file=str(path)) from error
    if not path.is_file():
        raise UserError("build.source_no_file", file=str(path))
    return stat.st_size, stat.st_mtime_ns


def _sha256(path: Path, *, progress: Progress) -> str:
    digest, read = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_HASHED_BYTES):
                digest.update(chunk)
                read += len(chunk)
                progress(read)
    except OSError as error:
        raise UserError("build.source_refused", file=str(path), reason=error.strerror or "") from error
    return digest.hexdigest()


def _refuse_changed(sources: tuple[Source, ...]) -> None:
    """A file still being downloaded or saved while it was read is neither the old one nor the new one."""
    for source in sources:
        if _stat(source.path) != (source.size, source.modified_ns):
            raise UserError("build.source_changed", file=source.path.name)


def _published(store: Store) -> Snapshot:
    snapshot = store.current()
    if snapshot is None:
        raise UserError("build.no_snapshot")
    return snapshot


def _republish(
    draft: Draft,
    snapshot: Snapshot,
    *,
    tables: Mapping[str, pd.DataFrame],
    report: Report,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Snapshot:
    """Publish a snapshot again with some tables and facts of its manifest replaced."""
    if "neighbours" not in snapshot.table_names:
        raise UserError("table.older_snapshot")
    kept = {name: snapshot.table(name) for name in snapshot.table_names} | dict(tables)
    firms = {perimeter: snapshot.firms(perimeter) for perimeter in snapshot.perimeters}
    derived = _derive(kept, firms=firms, settings=snapshot.settings(), built_at=draft.built_at, report=report)
    report("build.stage_publishing", 0)
    for name, table in (kept | derived.tables).items():
        draft.write_table(name, table)
    manifest = snapshot.manifest | dict(facts) | derived.facts | {"software_version": __version__}
    counts = manifest["counts"] | count_members(kept["members"], on=draft.built_at)
    published = draft.publish(manifest | {"counts": counts})
    report("build.stage_publishing", 1)
    return published


def _read_all(request: Request, settings: Settings, report: Report) -> _Content:
    geography = _load_geography(settings, report)
    roster = None if request.members is None else _read_roster(request.members, geography, report)
    of_roster = _sirens_of(roster, request.store.decisions())
    followed = followed_sirens(request.store, is_demo=request.is_demo)
    extract = read_establishments(
        request.register,
        settings=settings,
        followed_sirens=of_roster | followed,
        successors=geography.successors,
        communes=frozenset(geography.communes["commune_code"]),
        progress=partial(report, "build.stage_register"),
    )
    outside = extract.outside.to_pandas()
    of_members = outside[outside["siren"].isin(of_roster)]
    legal_units = _read_legal_units(request, extract, of_members, report)
    firms = _firms_by_perimeter(extract, legal_units, settings=settings, geography=geography, report=report)
    basis = _basis(roster, extract, legal_units, outside=of_members, firms=firms)
    matches = _matches(
        basis,
        firms=firms,
        default=settings.cluster.default_perimeter,
        communes=geography.communes,
        decisions=request.store.decisions(),  # Read anew: reading the register takes minutes, and people go on.
        report=report,
    )
    history = count_history(extract.lives, settings=settings, as_of=extract.data_as_of or datetime.now(UTC).date())
    departures = find_departures(
        outside, followed=followed, present=set(_widest(firms)["siren"]), departments=settings.region.departments
    )
    return _Content(settings, geography, roster, extract, legal_units, firms, basis, matches, history, departures)


def _load_geography(settings: Settings, report: Report) -> Geography:
    report("build.stage_geography", 0)
    geography = load_geography(settings)
    report("build.stage_geography", 1)
    return geography


def _read_roster(path: Path, geography: Geography, report: Report) -> Roster:
    report("build.stage_members", 0)
    roster = read_members(path, geography=geography)
    report("build.stage_members", 1)
    return roster


def _sirens_of(roster: Roster | None, decisions: Mapping[str, str | None]) -> frozenset[str]:
    """Units to follow even outside the region or the perimeter: those that the roster or a decision names."""
    if roster is None:
        return frozenset()
    decided = {decisions.get(member_id) for member_id in roster.members["member_id"]}
    return frozenset(roster.members["siren"].dropna()) | frozenset(siren for siren in decided if siren)


def _read_legal_units(
    request: Request, extract: RegisterExtract, outside: pd.DataFrame, report: Report
) -> LegalUnits | None:
    if request.legal_units is None:
        return None
    return read_legal_units(
        request.legal_units,
        sirens=frozenset(extract.establishments["siren"]) | frozenset(outside["siren"]),
        progress=partial(report, "build.stage_legal_units"),
    )


def _firms_by_perimeter(
    extract: RegisterExtract,
    legal_units: LegalUnits | None,
    *,
    settings: Settings,
    geography: Geography,
    report: Report,
) -> dict[str, pd.DataFrame]:
    firms = {}
    for done, perimeter in enumerate(settings.perimeters):
        report("build.stage_firms", done / len(settings.perimeters))
        firms[perimeter] = normalise_firms(
            extract.establishments,
            None if legal_units is None else legal_units.units,
            perimeter=perimeter,
            settings=settings,
            geography=geography,
        )
    report("build.stage_firms", 1)
    return firms


def _outside(rows: pd.DataFrame, legal_units: LegalUnits | None) -> pd.DataFrame:
    """Return one row a unit of the roster that is not, or not only, among the establishments kept.

    It is placed by its first active establishment; withheld when any of its rows, or its legal unit, is.
    """
    rows = rows.sort_values("is_active", ascending=False, kind="stable")
    withheld: set[str] = set(rows.loc[rows["is_partially_diffusible"].astype("bool"), "siren"])
    if legal_units is not None:
        withheld |= set(legal_units.units.filter("is_partially_diffusible")["siren"].to_list())
    units = rows.groupby("siren", as_index=False)["commune_code"].first()
    units = units.assign(is_partially_diffusible=units["siren"].isin(withheld))
    table: pd.DataFrame = units.astype({"siren": "str", "commune_code": "str", "is_partially_diffusible": "bool"})
    return table


def _aliases(extract: RegisterExtract, *, firms: pd.DataFrame) -> pd.DataFrame:
    """Return the trade names, ``siren, alias``, of the firms that have a name: of others none is ever kept."""
    rows = pd.DataFrame({"siren": extract.establishments["siren"].to_list()}, dtype="str")
    rows = rows.assign(alias=pd.Series(extract.establishments["name"].to_list(), dtype="str")).dropna()
    named = firms.loc[firms["name"].notna(), "siren"]
    return rows[rows["siren"].isin(named)].drop_duplicates(ignore_index=True)


def _basis(
    roster: Roster | None,
    extract: RegisterExtract,
    legal_units: LegalUnits | None,
    *,
    outside: pd.DataFrame,
    firms: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Return what matching needs besides firms and communes; kept: a decision takes effect without the files."""
    return {
        "roster": ROSTER.empty() if roster is None else roster.members,
        "outside": _outside(outside, legal_units),
        "aliases": _aliases(extract, firms=_widest(firms)),
    }


def _widest(firms: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the firms of all perimeters: they may overlap without any holding the others."""
    return pd.concat(firms.values(), ignore_index=True).drop_duplicates("siren", ignore_index=True)


def _matches(
    basis: Mapping[str, pd.DataFrame],
    *,
    firms: Mapping[str, pd.DataFrame],
    default: str,
    communes: pd.DataFrame,
    decisions: Mapping[str, str | None],
    report: Report,
) -> Matches:
    report("build.stage_matching", 0)
    if basis["roster"].empty:
        matches = Matches(MEMBERS.empty(), CANDIDATES.empty())
    else:
        matches = match_members(
            basis["roster"],
            firms=_widest(firms),
            in_perimeter=frozenset(firms[default]["siren"]),
            outside=basis["outside"],
            communes=communes,
            decisions=decisions,
            aliases=basis["aliases"],
        )
    report("build.stage_matching", 1)
    return matches


def _derive(
    tables: Mapping[str, pd.DataFrame],
    *,
    firms: Mapping[str, pd.DataFrame],
    settings: Settings,
    built_at: datetime,
    report: Report,
) -> Derived:
    report("build.stage_derived", 0)
    derived = derive(tables, firms=firms, settings=settings, built_at=built_at)
    report("build.stage_derived", 1)
    return derived


def _rematched(
    snapshot: Snapshot, *, roster: pd.DataFrame, decisions: Mapping[str, str | None], report: Report
) -> dict[str, pd.DataFrame]:
    """Return the tables that a new roster or new decisions change."""
    matches = _matches(
        {"roster": roster, "outside": snapshot.table("outside"), "aliases": snapshot.table("aliases")},
        firms={perimeter: snapshot.firms(perimeter) for perimeter in snapshot.perimeters},
        default=snapshot.settings().cluster.default_perimeter,
        communes=snapshot.table("communes"),
        decisions=decisions,
        report=report,
    )
    return {"roster": roster, "members": matches.members, "candidates": matches.candidates}


def _refuse_shrink(content: _Content, *, store: Store, is_demo: bool) -> None:
    """Refuse when the default perimeter lost too many firms; going from the demo to real files, or back, is no loss."""
    settings = content.settings
    try:
        published = store.current()
    except UserError:
        return  # An unreadable snapshot is no measure, and building again is how one gets out of it.
    if published is None or published.is_demo != is_demo:
        return
    manifest = published.manifest
    before = manifest["counts"]["firms_by_perimeter"].get(settings.cluster.default_perimeter, 0)
    after, allowed = len(content.default_firms), settings.build.allowed_shrink_pct
    is_same_region = manifest["settings"]["region"]["code"] == settings.region.code
    if is_same_region and before and 100 * (before - after) / before > allowed:
        raise UserError("build.shrunk", before=before, after=after, allowed=f"{allowed:g}")


def _tables(content: _Content) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of the snapshot. Whoever made them has enforced their contracts, those of areas aside."""
    geography = content.geography
    for perimeter, firms in content.firms.items():
        yield FIRMS_PREFIX + perimeter, firms
    yield "members", content.matches.members
    yield "candidates", content.matches.candidates
    yield from content.basis.items()
    yield "communes", geography.communes
    yield "epcis", _with_others(AREAS, geography.epcis)
    yield "departments", _with_others(AREAS, geography.departments)
    yield "antennas", locate_antennas(content.settings, geography)
    yield "contours", load_outlines(geography)
    yield "neighbours", find_neighbours(geography)
    yield HISTORY, content.history.table
    yield ARRIVALS, find_arrivals(content.extract.establishments.select("siren", "created_on").to_pandas())
    yield DEPARTURES, content.departures


def _with_others(contract: Contract, table: pd.DataFrame) -> pd.DataFrame:
    """Enforce a contract on its columns and keep the others as they are."""
    others = table.drop(columns=list(contract.columns)).reset_index(drop=True)
    return pd.concat([contract.enforce(table), others], axis=1)


def _manifest(
    content: _Content, *, counts: dict[str, Any], sources: tuple[Source, ...], is_demo: bool
) -> dict[str, Any]:
    roster = content.roster
    return {
        "software_version": __version__,
        "is_demo": is_demo,
        **_roster_facts(roster),
        "sources": [_source_entry(source, content.extract) for source in sources],
        "counts": counts,
        "excluded": {
            "register": dict(content.extract.excluded),
            "members": {} if roster is None else dict(roster.rows_left_out),
        },
        "quality": _quality(content.default_firms),
        "history": content.history.facts,
        "settings": content.settings.model_dump(mode="json"),
    }


def _source_entry(source: Source, extract: RegisterExtract) -> dict[str, Any]:
    """Return a source as the manifest has it; of the register also the day its data are of: a copied file is new."""
    if source.role != "register":
        return source.entry()
    return source.entry() | {"data_as_of": extract.data_as_of.isoformat() if extract.data_as_of else None}


def _roster_facts(roster: Roster | None) -> dict[str, Any]:
    faults = () if roster is None else roster.faults
    return {
        "has_members_file": roster is not None,
        "faults": [{"rows": list(f.rows), "key": f.key, "params": dict(f.params)} for f in faults],
    }


def _counts(content: _Content) -> dict[str, Any]:
    firms, legal_units = content.default_firms, content.legal_units
    return {
        "firms": len(firms),
        "firms_jobs_estimate": round(float(firms["jobs_estimate"].sum()), 1),
        "partially_diffusible": int(firms["is_partially_diffusible"].sum()),
        "firms_by_perimeter": {perimeter: len(table) for perimeter, table in content.firms.items()},
        "register_rows_read": content.extract.rows_read,
        "register_rows_kept": content.extract.establishments.height,
        "legal_units_rows_read": 0 if legal_units is None else legal_units.rows_read,
        "legal_units_rows_kept": 0 if legal_units is None else legal_units.units.height,
        **_roster_counts(content.roster),
    }


def _roster_counts(roster: Roster | None) -> dict[str, int]:
    return {
        "members_rows_read": 0 if roster is None else roster.rows_read,
        "members_rows_kept": 0 if roster is None else len(roster.members),
    }


def _quality(firms: pd.DataFrame) -> dict[str, float | None]:
    """Return the share of the firms of the default perimeter that has each fact, in percent; null without firms."""
    facts = {
        "size_known_pct": firms["size_code"] != "NN",
        "named_pct": firms["name"].notna(),
        "located_at_address_pct": firms["location_precision"] == "address",
        "located_at_town_hall_pct": firms["location_precision"] == "town_hall",
        "not_located_pct": firms["location_precision"] == "none",
        "partially_diffusible_pct": firms["is_partially_diffusible"],
        "naf_2025_pct": firms["activity_nomenclature"] == "NAF2025",
    }
    return {name: round(100 * float(known.mean()), 2) if len(firms) else None for name, known in facts.items()}
