"""What each command of the command line does: ``build``, ``demo``, ``isochrones``, ``status``, ``rollback``, ``table``.

Each takes the parsed options. Results go to standard output; progress, notices and summaries to standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from analytics import tables
from analytics.errors import UserError
from analytics.export.spreadsheet import harmless
from analytics.settings import REGION_FILE, Settings, store_dir
from analytics.store import Snapshot, Store
from analytics.text import Translator, translator
from analytics.text.coverage_findings import measured_sentence, note_sentences
from analytics.text.growth_findings import answer_sentence, churn_sentence
from analytics.text.growth_findings import note_sentences as growth_sentences
from analytics.text.recruitment_findings import no_model_sentence
from analytics.view import View

# Where the catalogues name the reasons for which a row is left out.
_REASONS = {"register": "register.reason.", "members": "members.left_out."}
# Options that say what the membership is to reach, and of which target they are the goal.
_TARGETS = {"target_share": "share", "target_members": "members", "target_jobs": "jobs"}
# Options of a table that say a part of the view: parameter of the query string, field.
_VIEW_OPTIONS = {
    "antenna": ("antenna", "antenna"),
    "segment": ("segment", "segments"),
    "threshold": ("threshold", "threshold"),
    "unit": ("unit", "unit"),
    "demand": ("demand", "demand"),
    "k": ("offices", "offices"),
    "exclude": ("exclude", "excluded"),
    "force": ("force", "forced"),
    "base": ("base", "base"),
    "years": ("years", "years"),
    "rate": ("rate", "rate"),
    "by": ("by", "by"),
    "churn": ("churn", "churn"),
    **dict.fromkeys(_TARGETS, ("goal", "goal")),
}
_STATUS_COUNTS = (
    "firms",
    "firms_jobs_estimate",
    "members",
    "members_matched",
    "members_to_review",
    "members_not_found",
    "members_former",
    "partially_diffusible",
)


def build(options: argparse.Namespace) -> None:
    """Build a snapshot from the given files and publish it; its id goes to standard output."""
    from analytics import pipeline  # noqa: PLC0415 - the register engine takes a second that no other command needs

    request = pipeline.Request(
        register=options.register,
        legal_units=options.legal_units,
        members=options.members,
        settings_file=options.region or REGION_FILE,
        store=_store(options),
        allow_shrink=options.allow_shrink,
    )
    _run_build(partial(pipeline.build, request), options)


def demo(options: argparse.Namespace) -> None:
    """Build the bundled demonstration and publish it; its id goes to standard output."""
    from analytics import pipeline  # noqa: PLC0415 - as above

    _run_build(partial(pipeline.build_demo, _store(options)), options)


def isochrones(options: argparse.Namespace) -> None:
    """Measure how far one gets from each antenna and the likeliest candidates, and publish it; the id to stdout."""
    from analytics import pipeline  # noqa: PLC0415 - as above

    store, t = _store(options), translator(options.lang)
    snapshot = _current(store)
    settings = snapshot.settings()
    view = View.from_query(options.view, settings)
    limit = {} if options.candidates is None else {"limit": options.candidates}
    places = tables.short_list(snapshot, view, settings, **limit)
    with _progress_on_stderr(t) as report:
        published, fetched = pipeline.measure_isochrones(store, places, service=options.service, report=report)
    lines = [t("cli.isochrones_done", places=t.number(len(places)), kept=t.number(fetched.kept))]
    lines += [
        t("cli.isochrones_left_out", name=name, minutes=t.number(minutes), reason=t(reason))
        for name, minutes, reason in fetched.left_out
    ]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(published.id + "\n")


def status(options: argparse.Namespace) -> None:
    """Say what is published, from its manifest alone."""
    snapshot = _current(_store(options))
    summary = summarise(snapshot)
    if options.json:
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _status_lines(snapshot, translator(options.lang))))


def rollback(options: argparse.Namespace) -> None:
    """Publish the previous or the named snapshot again; its id goes to standard output."""
    snapshot = _store(options).rollback(options.snapshot_id)
    t = translator(options.lang)
    sys.stderr.write(t("cli.rolled_back", built_at=t.moment(snapshot.built_at)) + "\n")
    sys.stdout.write(snapshot.id + "\n")


def table(options: argparse.Namespace) -> None:
    """Write a result table: CSV on standard output, or a CSV or Parquet file."""
    save = _writer_for(options.out) if options.out else None
    snapshot = _current(_store(options))
    settings = snapshot.settings()
    view = _view(options, settings)
    asked = {"level": options.level, "limit": options.limit, "start": options.start, "end": options.end}
    rows = tables.compute(options.name, snapshot, view, settings, **asked, language=options.lang)
    t = translator(options.lang)
    sys.stderr.writelines(f"{notice}\n" for notice in _notices(options.name, snapshot, view, settings, t))
    if save is None:
        _to_stdout(as_csv(rows))
    else:
        limit = None if options.limit is None else str(options.limit)
        asked_for = {"table": options.name, "level": options.level, "limit": limit, "view": view.to_query(settings)}
        facts = _provenance(snapshot, **asked_for)
        save(options.out, rows, facts=facts, t=t)


def _view(options: argparse.Namespace, settings: Settings) -> View:
    """Return the view asked for; what an option of its own says stands in place of what ``--view`` does."""
    given = {name: value for name in _VIEW_OPTIONS if (value := getattr(options, name)) is not None}
    for name in given:
        field = _VIEW_OPTIONS[name][1]
        if options.name in tables.TABLES and field != "segments" and field not in _reads(options.name):
            raise UserError("table.no_option", name=options.name, option=_as_option(name))
    aimed = [name for name in given if name in _TARGETS]
    if len(aimed) > 1:
        raise UserError("growth.two_targets", options=", ".join(_as_option(name) for name in aimed))
    said = {_VIEW_OPTIONS[name][0]: value for name, value in given.items()}
    fields = [_VIEW_OPTIONS[name][1] for name in given]
    if aimed:
        said["target"] = _TARGETS[aimed[0]]
        fields.append("target")
    named = View.from_query(urlencode(said, doseq=True), settings)
    return dataclasses.replace(
        View.from_query(options.view, settings), **{field: getattr(named, field) for field in fields}
    )


def _reads(name: str) -> tuple[str, ...]:
    """Return the fields of a view on which a table depends, by its name on the command line."""
    return tables.READS.get(name.replace("-", "_"), ())


def _as_option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _notices(name: str, snapshot: Snapshot, view: View, settings: Settings, t: Translator) -> Iterator[str]:
    """Yield what whoever reads the table must know and its columns do not say."""
    if snapshot.is_demo:
        yield t("cli.demo_notice")
    if name == "prospects" and snapshot.manifest["resemblance"].get(view.perimeter) is None:
        members, others = tables.member_counts(snapshot, view)
        yield no_model_sentence(t, members=members, others=others)
    reads = _reads(name)
    if "unit" in reads:
        yield from note_sentences(tables.reach_notes(snapshot, view, settings), t, view=view)
        if view.unit == "min":
            yield measured_sentence(tables.measured(snapshot, view, settings).iloc[0], t)
    if name in ("history", "growth", "membership"):
        yield from growth_sentences(tables.growth_notes(snapshot, view, settings), t)
    if "churn" in reads:
        basis = tables.membership_basis(snapshot, view, settings).iloc[0]
        yield churn_sentence(basis, t)
        if name == "membership":
            yield answer_sentence(tables.membership_answer(snapshot, view, settings).iloc[0], basis, t, view=view)
    if "excluded" in reads:
        notes = tables.siting_notes(snapshot, view, settings)
        of_number = notes["note"].isin(["few", "forced"]) & ("offices" not in reads)
        yield from note_sentences(notes[~of_number], t, view=view)


def summarise(snapshot: Snapshot) -> dict[str, Any]:
    """Return what ``status --json`` says: identity, counts, sources, rows left out by file and reason, quality.

    ``firms``, ``firms_jobs_estimate`` (persons) and ``partially_diffusible`` are of the default perimeter; ``members``
    are those that had not left when the snapshot was built, and ``members_matched``, ``members_to_review`` and
    ``members_not_found`` add up to them.
    """
    manifest = snapshot.manifest
    counts = manifest["counts"]
    return {
        "snapshot_id": snapshot.id,
        "built_at": manifest["built_at"],
        "is_demo": snapshot.is_demo,
        **{name: counts[name] for name in _STATUS_COUNTS},
        "firms_by_perimeter": counts["firms_by_perimeter"],
        "rows_read": {role: counts[f"{role}_rows_read"] for role in ("register", "legal_units", "members")},
        "excluded_rows": manifest["excluded"],
        "faults": len(manifest["faults"]),
        "quality": manifest["quality"],
        "sources": manifest["sources"],
        "software_version": manifest["software_version"],
    }


def as_csv(rows: pd.DataFrame) -> bytes:
    """Return a table as CSV (comma, UTF-8, header, nulls empty), harmless in a spreadsheet.

    Text that a spreadsheet would run as a formula is preceded by an apostrophe, and a carriage return in a text becomes
    a line feed; numbers are left as they are.
    """
    return harmless(rows).to_csv(index=False, lineterminator="\n").encode()


def _store(options: argparse.Namespace) -> Store:
    return Store(options.store or store_dir())


def _current(store: Store) -> Snapshot:
    snapshot = store.current()
    if snapshot is None:
        raise UserError("build.no_snapshot")
    return snapshot


def _run_build(run: Callable[[Callable[[str, float], None]], Snapshot], options: argparse.Namespace) -> None:
    from analytics import pipeline  # noqa: PLC0415 - already loaded by the caller

    t = translator(options.lang)
    with _progress_on_stderr(t) as report:
        snapshot = run(report)
    lines = [*_status_lines(snapshot, t), *(fault.message(options.lang) for fault in pipeline.faults_of(snapshot))]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(snapshot.id + "\n")


@contextmanager
def _progress_on_stderr(t: Translator) -> Iterator[Callable[[str, float], None]]:
    """Show one bar a stage; nothing where standard error is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(t(stage), total=1.0)
            bars.update(tasks[stage], completed=done)

        yield report


def _status_lines(snapshot: Snapshot, t: Translator) -> Iterator[str]:
    manifest, counts = snapshot.manifest, snapshot.manifest["counts"]
    yield t("cli.status_snapshot", snapshot=snapshot.id, built_at=t.moment(snapshot.built_at))
    if snapshot.is_demo:
        yield t("cli.demo_notice")
    yield t.plural(
        "cli.status_firms",
        counts["firms"],
        jobs=t.number(counts["firms_jobs_estimate"]),
        withheld=t.number(counts["partially_diffusible"]),
    )
    if manifest["has_members_file"]:
        outcomes = ("matched", "to_review", "not_found")
        figures = {outcome: t.number(counts[f"members_{outcome}"]) for outcome in outcomes}
        yield t.plural("cli.status_members", counts["members"], **figures)
    else:
        yield t("cli.status_no_members")
    yield from _source_lines(manifest, t)
    if manifest["faults"]:
        yield t.plural("cli.status_faults", len(manifest["faults"]))


def _source_lines(manifest: Mapping[str, Any], t: Translator) -> Iterator[str]:
    for source in manifest["sources"]:
        role = source["role"]
        size = t.number(source["bytes"] / 1e6, 1)
        rows = manifest["counts"][f"{role}_rows_read"]
        yield t.plural(f"cli.status_{role}_file", rows, file=source["file"], size=size, sha256=source["sha256"][:12])
        for reason, left_out in manifest["excluded"].get(role, {}).items():
            text = t(_REASONS[role] + reason)
            yield t.plural("cli.status_excluded", left_out, reason=text[0].upper() + text[1:])


def _provenance(snapshot: Snapshot, **asked: str | None) -> dict[str, str]:
    """Return where a table comes from, as text by key: Parquet metadata, or the note beside a CSV."""
    sources = [{"file": s["file"], "sha256": s["sha256"]} for s in snapshot.manifest["sources"]]
    return {
        **{name: value for name, value in asked.items() if value},
        "snapshot": snapshot.id,
        "built_at": snapshot.manifest["built_at"],
        "demo": "true" if snapshot.is_demo else "false",
        "sources": json.dumps(sources, ensure_ascii=False),
    }


def _to_stdout(content: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _writer_for(path: Path) -> Callable[..., None]:
    writers = {".csv": _save_csv, ".parquet": _save_parquet}
    if path.suffix.lower() not in writers:
        raise UserError("cli.unknown_suffix", file=path.name, known=", ".join(writers))
    return writers[path.suffix.lower()]


def _save_csv(path: Path, rows: pd.DataFrame, *, facts: Mapping[str, str], t: Translator) -> None:
    # The note stands beside, since the columns are what programs read. It is written for real data too: the note of
    # an earlier demonstration must not stay beside them.
    lines = [t("cli.demo_notice")] if facts["demo"] == "true" else []
    lines += [f"{name}: {value}" for name, value in facts.items()]
    _save(path, as_csv(rows))
    _save(path.with_name(f"{path.name}.source.txt"), "".join(f"{line}\n" for line in lines).encode())


def _save_parquet(path: Path, rows: pd.DataFrame, *, facts: Mapping[str, str], t: Translator) -> None:
    del t
    content = pa.Table.from_pandas(rows, preserve_index=False)
    content = content.replace_schema_metadata({**(content.schema.metadata or {}), **facts})
    buffer = io.BytesIO()
    pq.write_table(content, buffer)
    _save(path, buffer.getvalue())


def _save(path: Path, content: bytes) -> None:
    """Write aside, then rename: whoever reads the file meanwhile has the old one or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        raise UserError("cli.unwritable", file=str(path), reason=error.strerror or "") from error
    finally:
        aside.unlink(missing_ok=True)
