"""The commands of whoever looks after a store: ``remove``, ``removals``, ``restore``, ``verify``, ``backup``.

Like those of ``analytics.commands``: results go to standard output, progress and notices to standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analytics.backup import back_up
from analytics.command_support import progress_on_stderr, recorded, store_of
from analytics.errors import UserError
from analytics.export.spreadsheet import as_csv
from analytics.pipeline import reverting
from analytics.removals import Kind, read_removals
from analytics.text import Translator, translator
from analytics.verification import check_store

if TYPE_CHECKING:
    from analytics.pipeline.removing import Removed


# Listed, but nothing kept told them: likely a number typed wrong, and who asked is still told.
EXIT_NOT_FOUND = 4


def remove(options: argparse.Namespace) -> int:
    """Remove a firm or a member, and return the exit code.

    The id of the snapshot published without it, if one was, goes to standard output.
    """
    from analytics.pipeline import removing  # noqa: PLC0415 - geometry and matching: a second or two

    kind, given = _asked(options)
    t = translator(options.lang)
    with recorded(options, "remove") as action, progress_on_stderr(t) as report:
        removed = removing.remove(store_of(options), kind, given, reason=options.reason, report=report)
        action.snapshot = removed.snapshot.id if removed.snapshot else action.snapshot
    more = [t("removals.firm_stays")] if kind == "member" and removed.was_held else []
    _tell([*_listed(removed, kind, options.reason, t), *_done(removed, t), *more, t("removals.elsewhere")])
    if removed.snapshot is not None:
        sys.stdout.write(removed.snapshot.id + "\n")
    return 0 if removed.was_found or removed.listed_before else EXIT_NOT_FOUND


def removals(options: argparse.Namespace) -> None:
    """List the removals as CSV; with ``--apply``, have the whole store go by them first."""
    t, store = translator(options.lang), store_of(options)
    if options.apply:
        from analytics.pipeline import removing  # noqa: PLC0415 - as above

        with recorded(options, "apply_removals") as action, progress_on_stderr(t) as report:
            removed = removing.apply_removals(store, report)
            action.snapshot = removed.snapshot.id if removed.snapshot else action.snapshot
        _tell([t("removals.applied"), *_done(removed, t)])
    listed = read_removals(store).listed
    if not listed:
        _tell([t("removals.none")])
    columns = ["kind", "removed_on", "reason"]
    rows = [(r.kind, r.removed_on, r.reason) for r in listed]
    sys.stdout.write(as_csv(pd.DataFrame(rows, columns=columns)).decode())


def restore(options: argparse.Namespace) -> None:
    """Take a firm or a member off the list of removals."""
    kind, given = _asked(options)
    with recorded(options, "restore"):
        reverting.restore(store_of(options), kind, given)
    _tell([translator(options.lang)("removals.restored")])


def verify(options: argparse.Namespace) -> None:
    """Check a store, a line a part on standard output; a fault in any is the command's."""
    t, faults = translator(options.lang), 0
    for finding in check_store(store_of(options)):
        sign = t("upkeep.well") if finding.is_well else t("upkeep.fault")
        faults += not finding.is_well
        sys.stdout.write(f"{sign} {finding.message(options.lang)}\n")
    if faults:
        raise UserError("upkeep.not_whole", faults=faults)


def backup(options: argparse.Namespace) -> None:
    """Copy a store into a tar file while it is in use."""
    t = translator(options.lang)
    with recorded(options, "backup") as action:
        made = back_up(store_of(options), options.out)
        action.count = len(made.snapshots)
    lines = [t("upkeep.left_out", snapshot=name) for name in made.left_out]
    size = t.size(made.size)
    _tell([*lines, t.plural("upkeep.backed_up", len(made.snapshots), file=options.out.name, size=size)])


def _asked(options: argparse.Namespace) -> tuple[Kind, str]:
    return ("firm", options.siren) if options.siren is not None else ("member", options.member)


def _listed(removed: Removed, kind: Kind, reason: str | None, t: Translator) -> Iterable[str]:
    """Yield what became of the list: since when it was on it already, if it was; whether anything told it."""
    if before := removed.listed_before:
        day = t.day(date.fromisoformat(before.removed_on))
        is_changed = reason not in (None, before.reason)
        yield t("removals.listed_since", day=day, reason=before.reason)
        yield t("removals.reason_changed", reason=reason) if is_changed else t("removals.reason_stays")
    if removed.was_found:
        yield t(f"removals.listed_{kind}")
    elif removed.listed_before is None:
        yield t("removals.listed_absent")


def _done(removed: Removed, t: Translator) -> Iterable[str]:
    """Yield what a removal did to the store."""
    yield t("removals.was_held") if removed.was_held else t("removals.was_not_held")
    if removed.dropped:
        yield t.plural("removals.dropped", removed.dropped)


def _tell(lines: Iterable[str]) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
