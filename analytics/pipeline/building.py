"""The one build: files in, a published snapshot out. The demo is a build like any other, of ``data/demo``."""

from __future__ import annotations

from dataclasses import replace

from analytics.errors import UserError
from analytics.ingest.isochrones import read_isochrones
from analytics.pipeline.assembling import assemble
from analytics.pipeline.manifest import count_members, counts_of, manifest_of, with_members_faults
from analytics.pipeline.reading import Content, read_content
from analytics.pipeline.request import Request
from analytics.pipeline.shrinking import compared_with, refuse_fewer_firms, refuse_fewer_members
from analytics.pipeline.sources import described_meanwhile, refuse_changed
from analytics.pipeline.stages import Report, tell_nobody
from analytics.pipeline.writing import write_tables
from analytics.removals import WENT_BY, read_removals
from analytics.settings import DEMO_DIR, load_settings
from analytics.store import ISOCHRONES, Snapshot, Store

DEMO_FILES = {
    "register": "StockEtablissement.parquet",
    "legal_units": "StockUniteLegale.parquet",
    "members": "members.xlsx",
}


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
        When a file, the settings or the store do not serve, another build runs, or the firms or the members fell by
        more than the settings allow. The published snapshot is then untouched.
    """
    settings = load_settings(request.settings_file)
    with request.store.writing() as draft:
        published = request.store.settled() if request.only_if_empty else None
        if published is not None:
            return published
        with described_meanwhile(request.files()) as described:
            content = read_content(request, settings, report)
            report("build.stage_sources", 0)
            sources = tuple(replace(s, origin=request.origins.get(s.role)) for s in described.result())
            report("build.stage_sources", 1)
        if not request.allow_shrink:
            _refuse_shrink(content, request)
        tables = assemble(content) | {ISOCHRONES: read_isochrones(request.store.isochrones_folder)}
        removals = read_removals(request.store)
        tables = removals.applied(tables)
        derived = write_tables(draft, tables, firms=content.firms, settings=settings, report=report)
        refuse_changed(sources)
        counts = counts_of(content) | count_members(content.matches.members, on=draft.built_at)
        manifest = manifest_of(content, counts=counts, sources=sources, is_demo=request.is_demo)
        manifest["faults"] = with_members_faults(manifest["faults"], content.matches.members, on=draft.built_at)
        report("build.stage_publishing", 1)  # Whoever is told may end the build: not once it is published.
        return draft.publish(manifest | derived | {WENT_BY: removals.numbers})


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


def _refuse_shrink(content: Content, request: Request) -> None:
    settings, members = content.settings, None if content.roster is None else len(content.roster.members)
    published = compared_with(request.store, settings=settings, is_demo=request.is_demo)
    refuse_fewer_firms(len(content.default_firms), published, settings=settings)
    refuse_fewer_members(members, published, settings=settings)
