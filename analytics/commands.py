"""What the commands do that make and tell what is published: ``build``, ``demo``, ``isochrones``, ``status``,
``rollback``.

Each takes the parsed options. Results go to standard output; progress, notices and summaries to standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from analytics.command_support import exit_code, progress_on_stderr, recorded, served_of, store_of
from analytics.pipeline import reverting
from analytics.pipeline.manifest import faults_of
from analytics.pipeline.request import Request
from analytics.settings import REGION_FILE
from analytics.store import Served, Snapshot
from analytics.text import Translator, translator
from analytics.text.left_out import left_out_reason
from analytics.text.roster_findings import faults_sentence, faulty_rows, outcomes_sentence
from analytics.text.schema_findings import SCHEMA, schema_sentences

_STATUS_COUNTS = (
    "firms",
    "firms_jobs_estimate",
    "members",
    "members_matched",
    "members_not_in_register",
    "members_in_sector",
    "members_to_review",
    "members_not_found",
    "members_former",
    "partially_diffusible",
)


def build(options: argparse.Namespace) -> None:
    """Build a snapshot from the given files and publish it; its id goes to standard output."""
    from analytics.pipeline import building  # noqa: PLC0415 - the register engine and geometry: a second or two

    request = Request(
        register=options.register,
        legal_units=options.legal_units,
        members=options.members,
        settings_file=options.region or REGION_FILE,
        store=store_of(options),
        allow_shrink=options.allow_shrink,
    )
    _run_build(partial(building.build, request), options, what="build")


def demo(options: argparse.Namespace) -> None:
    """Build the bundled demonstration and publish it; its id goes to standard output."""
    from analytics.pipeline import building  # noqa: PLC0415 - as above

    _run_build(partial(building.build_demo, store_of(options)), options, what="build_demo")


def isochrones(options: argparse.Namespace) -> None:
    """Measure how far one gets from each antenna and the likeliest candidates, and publish it; the id to stdout."""
    # Geometry, and what the result tables are computed with: a second or two.
    from analytics import tables  # noqa: PLC0415
    from analytics.pipeline.republishing import measure_isochrones  # noqa: PLC0415
    from analytics.view import View  # noqa: PLC0415

    store, t = store_of(options), translator(options.lang)
    snapshot = store.required()
    snapshot.verify()  # Nothing is published of a damaged one: better said before the minutes of asking than after.
    settings = snapshot.settings()
    view = View.from_query(options.view, settings)
    limit = {} if options.candidates is None else {"limit": options.candidates}
    places = tables.short_list(snapshot, view, settings, **limit)
    with recorded(options, "isochrones") as action, progress_on_stderr(t) as report:
        published, fetched = measure_isochrones(store, places, service=options.service, report=report)
        action.snapshot = published.id
    kept = t.plural("cli.isochrones_kept", fetched.kept)
    lines = [t.plural("cli.isochrones_done", len(places), kept=kept)]
    lines += [
        t("cli.isochrones_left_out", name=name, minutes=t.number(minutes), reason=t(reason))
        for name, minutes, reason in fetched.left_out
    ]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(published.id + "\n")


def status(options: argparse.Namespace) -> int:
    """Say what is published, and whether it is whole; return the exit code."""
    served = served_of(options)
    if options.json:
        summary = summarise(served.snapshot) | {"damage": _damage_of(served)}
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in status_lines(served.snapshot, translator(options.lang))))
    return exit_code(served)


def rollback(options: argparse.Namespace) -> None:
    """Publish the previous or the named snapshot again; its id goes to standard output."""
    with recorded(options, "rollback") as action:
        snapshot = reverting.rollback(store_of(options), options.snapshot_id)
        action.snapshot = snapshot.id
    t = translator(options.lang)
    sys.stderr.write(t("cli.rolled_back", built_at=t.moment(snapshot.built_at)) + "\n")
    sys.stdout.write(snapshot.id + "\n")


def summarise(snapshot: Snapshot) -> dict[str, Any]:
    """Return what ``status --json`` says: identity, counts, sources, rows left out by file and reason, quality.

    ``firms``, ``firms_jobs_estimate`` (persons) and ``partially_diffusible`` are of the default perimeter; ``members``
    are those that had not left when the snapshot was built, and ``members_matched`` (to a firm of the register),
    ``members_not_in_register`` (their SIREN is that of no known unit: nowhere in the register, or not among what was
    read of it for a roster before), ``members_to_review`` and ``members_not_found`` add up to them;
    ``members_in_sector`` are the firms of the default perimeter among those matched. ``faults`` counts kinds of faults
    of the roster, ``faulty_rows`` its rows that have one.
    """
    manifest = snapshot.manifest
    counts = manifest["counts"]
    return {
        "snapshot_id": snapshot.id,
        "built_at": manifest["built_at"],
        "is_demo": snapshot.is_demo,
        **{name: counts.get(name) for name in _STATUS_COUNTS},
        "firms_by_perimeter": counts["firms_by_perimeter"],
        "rows_read": {role: counts[f"{role}_rows_read"] for role in ("register", "legal_units", "members")},
        "excluded_rows": manifest["excluded"],
        "faults": len(manifest["faults"]),
        "faulty_rows": faulty_rows(manifest),
        "quality": manifest["quality"],
        "sources": manifest["sources"],
        "schema": manifest.get(SCHEMA, []),
        "software_version": manifest["software_version"],
    }


def _damage_of(served: Served) -> dict[str, str | None] | None:
    if served.damage is None:
        return None
    return {"snapshot_id": served.published_id, "error": served.damage.key}


def _run_build(
    run: Callable[[Callable[[str, float], None]], Snapshot], options: argparse.Namespace, *, what: str
) -> None:
    t = translator(options.lang)
    with recorded(options, what) as action, progress_on_stderr(t) as report:
        snapshot = run(report)
        action.snapshot = snapshot.id
    lines = [*status_lines(snapshot, t), *(fault.message(options.lang) for fault in faults_of(snapshot))]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(snapshot.id + "\n")


def status_lines(snapshot: Snapshot, t: Translator) -> Iterator[str]:
    """Yield what is published, a line each, from the manifest: no row, no name."""
    manifest, counts = snapshot.manifest, snapshot.manifest["counts"]
    yield t("cli.status_snapshot", snapshot=snapshot.id, built_at=t.moment(snapshot.built_at))
    if snapshot.is_demo:
        yield t("cli.demo_notice")
    yield t.plural(
        "cli.status_firms",
        counts["firms"],
        jobs=t.plural("cli.status_jobs", round(counts["firms_jobs_estimate"])),
        withheld=t.number(counts["partially_diffusible"]),
    )
    if manifest["has_members_file"]:
        outcomes = outcomes_sentence(counts, t)
        yield (
            t.plural("cli.status_members", counts["members"], outcomes=outcomes)
            if outcomes
            else t("cli.status_no_member")
        )
    else:
        yield t("cli.status_no_members")
    yield from _source_lines(manifest, t)
    yield from schema_sentences(manifest, t)
    if manifest["faults"]:
        yield faults_sentence(manifest, t)


def _source_lines(manifest: Mapping[str, Any], t: Translator) -> Iterator[str]:
    for source in manifest["sources"]:
        role = source["role"]
        size = t.size(source["bytes"])
        rows = manifest["counts"][f"{role}_rows_read"]
        yield t.plural(f"cli.status_{role}_file", rows, file=source["file"], size=size, sha256=source["sha256"][:12])
        if origin := source.get("origin"):
            day = t.day(datetime.fromisoformat(origin["last_modified"]))
            yield t("update.status_origin", day=day, url=origin["url"])
        for reason, left_out in manifest["excluded"].get(role, {}).items():
            text = left_out_reason(role, reason, t)
            yield t.plural("cli.status_excluded", left_out, reason=text[0].upper() + text[1:])
