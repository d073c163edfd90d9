"""What the commands do that answer from what is published: ``table`` and ``export``.

Like those of ``analytics.commands``: results go to standard output or a file, notices to standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics import audit, disclosure, tables
from analytics.command_support import exit_code, served_of, store_of
from analytics.errors import UserError
from analytics.export.asked import Desk
from analytics.export.files import check_place, check_suffix, save
from analytics.export.outputs import OUTPUTS, make
from analytics.export.spreadsheet import as_csv
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.text import Translator, translator
from analytics.text.coverage_findings import measured_sentence, note_sentences
from analytics.text.growth_findings import answer_sentence, churn_sentence
from analytics.text.growth_findings import note_sentences as growth_sentences
from analytics.text.recruitment_findings import no_model_sentence
from analytics.view import View

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


def table(options: argparse.Namespace) -> int:
    """Write a result table: CSV on standard output, or a CSV or Parquet file; return the exit code."""
    write = _writer_for(options.out) if options.out else None
    served = served_of(options)
    snapshot = served.snapshot
    settings = snapshot.settings()
    view = _view(options, settings)
    asked = {"level": options.level, "limit": options.limit, "start": options.start, "end": options.end}
    rows = tables.compute(options.name, snapshot, view, settings, **asked, language=options.lang)
    exported = disclosure.exported(options.name)
    _record_export(options, exported, snapshot)
    t = translator(options.lang)
    sys.stderr.writelines(f"{notice}\n" for notice in _notices(options.name, snapshot, view, settings, t))
    if write is None:
        _to_stdout(as_csv(rows))
    else:
        limit = None if options.limit is None else str(options.limit)
        asked_for = {"table": options.name, "level": options.level, "limit": limit, "view": view.to_query(settings)}
        facts = _provenance(snapshot, **asked_for)
        write(options.out, rows, facts=facts, t=t, private=exported is not None)
    return exit_code(served)


def export(options: argparse.Namespace) -> int:
    """Write a document: slides, report, workbook or layers, or the sheet of one place; return the exit code."""
    check_suffix(options.out, OUTPUTS[options.kind].suffix)
    check_place(options.out)
    served, t = served_of(options), translator(options.lang)
    snapshot = served.snapshot
    settings = snapshot.settings()
    asked = Desk(snapshot, settings, View.from_query(options.view, settings), t)
    content = make(options.kind, asked, town=options.town, antenna=options.antenna)
    is_sheet = options.town is not None or options.antenna is not None
    names = disclosure.names_prospects(options.kind, is_sheet=is_sheet)
    _record_export(options, "export_prospects" if names else None, snapshot)
    save(options.out, content, private=names)
    if snapshot.is_demo:
        sys.stderr.write(t("cli.demo_notice") + "\n")
    size = t.size(len(content))
    sys.stderr.write(t("cli.exported", file=options.out.name, size=size) + "\n")
    return exit_code(served)


def _record_export(options: argparse.Namespace, what: str | None, snapshot: Snapshot) -> None:
    """Record that this account takes names away, before they leave; nothing is recorded of what names nobody."""
    if what is not None:
        audit.record(store_of(options).root, who=audit.system_user(), what=what, snapshot=snapshot.id)


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
    try:
        named = View.from_query(urlencode(said, doseq=True), settings)
    except UserError as error:
        # Here a parameter of the address goes by the name of its option.
        options_of = {_VIEW_OPTIONS[name][0]: _as_option(name) for name in given}
        parameter = str(error.params.get("parameter"))
        named_here = {"parameter": options_of[parameter]} if parameter in options_of else {}
        raise UserError(error.key, **error.params | named_here) from error
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
    return writers[check_suffix(path, *writers)]


def _save_csv(path: Path, rows: pd.DataFrame, *, facts: Mapping[str, str], t: Translator, private: bool) -> None:
    # The note stands beside, since the columns are what programs read. It is written for real data too: the note of
    # an earlier demonstration must not stay beside them.
    lines = [t("cli.demo_notice")] if facts["demo"] == "true" else []
    lines += [f"{name}: {value}" for name, value in facts.items()]
    save(path, as_csv(rows), private=private)
    save(path.with_name(f"{path.name}.source.txt"), "".join(f"{line}\n" for line in lines).encode())


def _save_parquet(path: Path, rows: pd.DataFrame, *, facts: Mapping[str, str], t: Translator, private: bool) -> None:
    del t
    content = pa.Table.from_pandas(rows, preserve_index=False)
    content = content.replace_schema_metadata({**(content.schema.metadata or {}), **facts})
    buffer = io.BytesIO()
    pq.write_table(content, buffer)
    save(path, buffer.getvalue(), private=private)
