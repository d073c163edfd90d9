"""Official data in one command: what INSEE offers now, fetched, built and published; nothing where nothing is new.

A run holds the folder of INSEE's files. What it fetched stays there whatever becomes of the build, so that no byte is
fetched twice; the published snapshot stays what it is until ``pipeline.building`` has published the next.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from analytics.errors import PassingError, UserError
from analytics.ingest import download, raw_files
from analytics.ingest.catalogue import Resource, ask_catalogue
from analytics.ingest.connection import Connection, Limits
from analytics.ingest.geography import load_geography
from analytics.ingest.members import read_members
from analytics.pipeline.members import without_removed
from analytics.pipeline.request import Request as BuildRequest
from analytics.pipeline.shrinking import compared_with, refuse_fewer_members
from analytics.pipeline.stages import Report, tell_nobody
from analytics.removals import WENT_BY, read_removals
from analytics.settings import REGION_FILE, Settings, load_settings
from analytics.store import Snapshot, Store, source_of

ROLES = ("register", "legal_units")
STAGES = ("update.stage_register", "update.stage_legal_units", "update.stage_checking")
REASONS = ("nothing", "files", "roster", "settings", "removals")
"""On what a build depends: ``nothing`` where none of real data is published that can be read."""
# Kept free for the build, with a wide margin: the snapshot of the demonstration, 18,000 firms, has 6 MB.
BUILD_BYTES = 500_000_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to bring up to date, from where.

    Attributes
    ----------
    store
        Where the snapshot goes.
    raw
        Where INSEE's files are kept.
    members
        The roster; None where there is none.
    settings_file
        The region.
    service
        Address of data.gouv.fr's API; the settings' unless given.
    force
        Build also where nothing is new.
    allow_shrink
        As for a build.
    limits
        How long is waited; the settings' unless given.
    """

    store: Store
    raw: Path
    members: Path | None = None
    settings_file: Path = REGION_FILE
    service: str | None = None
    force: bool = False
    allow_shrink: bool = False
    limits: Limits | None = None


@dataclass(frozen=True)
class Plan:
    """What is offered, and what there is to do.

    Attributes
    ----------
    resources
        The current file of each role.
    missing
        Roles whose file is not on this machine yet.
    reasons
        Why there is something to build, among ``REASONS``; none where the published snapshot comes from these files,
        the roster, the settings and the removals as they are.
    """

    resources: Mapping[str, Resource]
    missing: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do."""
        return not self.reasons


def check(request: Request) -> Plan:
    """Ask what there is to do, and do nothing.

    Raises
    ------
    PassingError
        When the service does not answer.
    UserError
        When the settings, the roster or what the service offers do not serve.
    """
    settings = load_settings(request.settings_file)
    with _connection(request, settings) as connection:
        return _plan(request, settings, connection)


def update(
    request: Request,
    report: Report = tell_nobody,
    *,
    tell: Callable[[Plan], None] = lambda _: None,
) -> Snapshot | None:
    """Fetch what is new, build and publish; return the new snapshot, or None where there was nothing to do.

    Parameters
    ----------
    request
        What to bring up to date.
    report
        Told of the progress of each stage.
    tell
        Told what there is to do, before it is done.

    Raises
    ------
    PassingError
        When the service, the network or another run is in the way: a later run takes up where this one stopped.
    UserError
        When something is to be put right first. In both cases the published snapshot is untouched.
    """
    settings = load_settings(request.settings_file)
    with raw_files.only_update(request.raw):
        with _connection(request, settings) as connection:
            plan = _plan(request, settings, connection)
            tell(plan)
            if plan.is_current and not request.force:
                return None
            _refuse_bad_roster(request, settings)
            paths = _fetch_all(request, plan, connection, report)
        snapshot = _build(request, plan, paths, report)
        for role, path in paths.items():
            raw_files.drop_old(request.raw, path, plan.resources[role].name)
        return snapshot


def _connection(request: Request, settings: Settings) -> Connection:
    rules = settings.update
    limits = request.limits or Limits(patience_s=rules.patience_s, tries=rules.tries)
    return Connection(request.service or rules.service, limits)


def _plan(request: Request, settings: Settings, connection: Connection) -> Plan:
    published = _published(request.store)
    _refuse_lost_roster(request.store, request.members, published)
    is_same_roster = published is not None and _is_same_roster(request.members, published)  # Before the network.
    names = dict(zip(ROLES, (settings.update.register_file, settings.update.legal_units_file), strict=True))
    found = ask_catalogue(connection, settings.update.dataset, names.values())
    resources = {role: found[name] for role, name in names.items()}
    missing = tuple(role for role in ROLES if raw_files.kept_file(request.raw, resources[role]) is None)
    if published is None:
        return Plan(resources, missing, ("nothing",))
    same = {
        "files": _comes_from(published, resources),
        "roster": is_same_roster,
        "settings": _has_settings(published, settings),
        "removals": published.manifest.get(WENT_BY) == read_removals(request.store).numbers,
    }
    return Plan(resources, missing, tuple(reason for reason, is_same in same.items() if not is_same))


def _published(store: Store) -> Snapshot | None:
    """Return what is published of real data. What is damaged counts as nothing: a build is the way out of it."""
    try:
        published = store.current()
        if published is None or published.is_demo:
            return None
        published.verify()
    except UserError:
        return None
    return published


def _comes_from(snapshot: Snapshot, resources: Mapping[str, Resource]) -> bool:
    sources = {role: source_of(snapshot.manifest, role) or {} for role in ROLES}
    return all(resources[role].is_origin(sources[role].get("origin")) for role in ROLES)


def _has_settings(snapshot: Snapshot, settings: Settings) -> bool:
    try:
        return snapshot.settings().model_dump() == settings.model_dump()
    except UserError:
        return False


def _is_same_roster(members: Path | None, snapshot: Snapshot) -> bool:
    kept = source_of(snapshot.manifest, "members")
    if members is None or kept is None:
        return members is None and kept is None
    try:
        with members.open("rb") as file:
            return bool(hashlib.file_digest(file, "sha256").hexdigest() == kept["sha256"])
    except FileNotFoundError as error:
        raise UserError("build.source_absent", file=str(members)) from error
    except OSError as error:
        raise UserError("build.source_refused", file=str(members), reason=error.strerror or "") from error


def refuse_roster(store: Store, members: Path | None) -> None:
    """Refuse the roster with which every run would be refused: none where one was published, or one that is not there.

    Raises
    ------
    UserError
        In either case.
    """
    if members is not None and not members.is_file():
        raise UserError("build.source_absent", file=str(members))
    _refuse_lost_roster(store, members, _published(store))


def _refuse_lost_roster(store: Store, members: Path | None, published: Snapshot | None) -> None:
    """Without this, a run that nobody watches would publish a region without a member in place of the members.

    Where what is published cannot be read, or is the demonstration, whatever else is kept of real data says whether
    there was a roster.
    """
    if members is not None:
        return
    kept = [published] if published else [s for s in store.snapshots() if not s.is_demo]
    if any(source_of(snapshot.manifest, "members") is not None for snapshot in kept):
        raise UserError("update.roster_not_given")


def _refuse_bad_roster(request: Request, settings: Settings) -> None:
    """Say at once what the build would say after gigabytes."""
    members = request.members
    if members is None:
        return
    if not members.is_file():
        raise UserError("build.source_absent", file=str(members))
    roster = read_members(members, geography=load_geography(settings))
    if not request.allow_shrink:
        kept = without_removed(roster, read_removals(request.store)).members
        published = compared_with(request.store, settings=settings, is_demo=False)
        refuse_fewer_members(len(kept), published, settings=settings)


def _fetch_all(request: Request, plan: Plan, connection: Connection, report: Report) -> dict[str, Path]:
    raw_files.sweep(request.raw, plan.resources.values())
    sizes = {role: plan.resources[role].size or 0 for role in plan.missing}
    begun = {role: raw_files.begun_bytes(request.raw, plan.resources[role]) for role in plan.missing}
    to_come = sum(max(sizes[role] - begun[role], 0) for role in plan.missing)
    raw_files.refuse_full_disk([(request.raw, to_come), (request.store.root, BUILD_BYTES)])
    return {role: _obtain(role, request, plan.resources[role], connection, report) for role in ROLES}


def _obtain(role: str, request: Request, resource: Resource, connection: Connection, report: Report) -> Path:
    """Return the copy of a resource, checked: the one that is there, or a new one."""
    checking = partial(report, "update.stage_checking")
    path = raw_files.kept_file(request.raw, resource)
    if path is not None:
        try:
            raw_files.check_file(path, resource, checking)
        except PassingError:
            path = None  # It was spoilt here, and is removed: fetched anew like one that is not there.
    if path is None:
        path = request.raw / resource.file_name
        download.fetch(
            connection,
            resource,
            path,
            progress=partial(report, f"update.stage_{role}"),
            has_room=lambda needed: raw_files.refuse_full_disk([(request.raw, needed)]),
        )
        raw_files.check_file(path, resource, checking)
    # The day of the file is that of its publication, whenever it was fetched.
    moment = resource.last_modified.timestamp()
    os.utime(path, (moment, moment))
    path.chmod(0o600)  # Public, but within the store, whose files are for this account alone.
    return path


def _build(request: Request, plan: Plan, paths: Mapping[str, Path], report: Report) -> Snapshot:
    from analytics.pipeline import building  # noqa: PLC0415 - the register engine: most runs find nothing to build

    asked = BuildRequest(
        register=paths["register"],
        legal_units=paths["legal_units"],
        members=request.members,
        settings_file=request.settings_file,
        store=request.store,
        allow_shrink=request.allow_shrink,
        origins={role: resource.origin() for role, resource in plan.resources.items()},
    )
    try:
        return building.build(asked, report)
    except UserError as error:
        if error.key == "store.busy":
            raise PassingError(error.key, **error.params) from error
        raise
