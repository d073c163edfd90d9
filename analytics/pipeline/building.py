"""The one build: files in, a published snapshot out. The demo is a build like any other, of ``data/demo``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from analytics.errors import UserError
from analytics.ingest.isochrones import read_isochrones
from analytics.pipeline.assembling import assemble
from analytics.pipeline.manifest import count_members, counts_of, manifest_of, with_members_faults
from analytics.pipeline.reading import Content, read_content
from analytics.pipeline.request import Request
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
        When a file, the settings or the store do not serve, another build runs, or the firms fell by more than the
        settings allow. The published snapshot is then untouched.
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
            _refuse_shrink(content, store=request.store, is_demo=request.is_demo)
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


def _refuse_shrink(content: Content, *, store: Store, is_demo: bool) -> None:
    """Refuse when the default perimeter lost too many firms; going from the demo to real files, or back, is no loss."""
    settings = content.settings
    published = _compared_with(store)
    if published is None or published.is_demo != is_demo:
        return
    manifest = published.manifest
    before = manifest["counts"]["firms_by_perimeter"].get(settings.cluster.default_perimeter, 0)
    after, allowed = len(content.default_firms), settings.build.allowed_shrink_pct
    is_same_region = manifest["settings"]["region"]["code"] == settings.region.code
    if is_same_region and before and 100 * (before - after) / before > allowed:
        raise UserError("build.shrunk", before=before, after=after, allowed=f"{allowed:g}")


def _compared_with(store: Store) -> Snapshot | None:
    """Return what is published; what stands in for it where its manifest is damaged, if anything does."""
    try:
        return store.current()
    except UserError:
        with suppress(UserError):  # Building again is how one gets out of it.
            served = store.served()
            return served.snapshot if served else None
    return None
