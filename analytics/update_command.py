"""The commands ``update`` and ``schedule``: official data fetched, built and published, and when that runs by itself.

Exit codes of ``update``: 0, published or nothing to do; 2, something is to be put right; 75 (``EX_TEMPFAIL``), the
service, the network or another run was in the way, and a later run may succeed. With ``--check``: 0, nothing to do;
3, there is something.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analytics import audit
from analytics import schedule as schedules
from analytics.command_support import progress_on_stderr, recorded
from analytics.commands import status_lines
from analytics.errors import UserError
from analytics.export.files import save
from analytics.settings import REGION_FILE, ROOT, Settings, load_settings, members_file, raw_folder, store_dir
from analytics.store import Store
from analytics.text import Translator, translator

if TYPE_CHECKING:
    from analytics.updating import Plan

EXIT_SOMETHING_TO_DO = 3


def update(options: argparse.Namespace) -> int:
    """Fetch what INSEE offers, build and publish; the id of what is published then goes to standard output."""
    from analytics import updating  # noqa: PLC0415 - geometry, and what opens workbooks: near a second

    t, settings = translator(options.lang), load_settings(options.region or REGION_FILE)
    store, raw, members = _places(options, settings)
    request = updating.Request(
        store=Store(store),
        raw=raw,
        members=members,
        settings_file=options.region or REGION_FILE,
        service=options.service,
        force=options.force,
        allow_shrink=options.allow_shrink,
    )
    if options.check:
        plan = updating.check(request)
        sys.stdout.writelines(f"{line}\n" for line in _plan_lines(plan, t))
        return 0 if plan.is_current else EXIT_SOMETHING_TO_DO

    def tell(plan: Plan) -> None:
        sys.stderr.writelines(f"{line}\n" for line in _plan_lines(plan, t))

    with recorded(options, "update") as action, progress_on_stderr(t) as report:
        snapshot = updating.update(request, report, tell=tell)
        action.snapshot = snapshot.id if snapshot else action.snapshot
    # What is wrong with rows of a roster stays on the Sources page: what is said here goes to logs.
    sys.stderr.writelines(f"{line}\n" for line in (status_lines(snapshot, t) if snapshot else ()))
    sys.stdout.write(f"{snapshot.id if snapshot else request.store.current_id()}\n")
    return 0


def schedule(options: argparse.Namespace) -> None:
    """Write what runs the update by itself: to standard output, or as files of a folder."""
    from analytics import updating  # noqa: PLC0415 - as above

    t, settings = translator(options.lang), load_settings(options.region or REGION_FILE)
    store, raw, members = _places(options, settings)
    updating.refuse_roster(Store(store), members)
    job = _job(options, store=store.absolute(), raw=raw.absolute(), members=members)
    if options.kind == "cron":
        texts = {f"{schedules.UNIT}.cron": schedules.cron_line(job, settings.update, t)}
    else:
        texts = schedules.systemd_units(job, settings.update, t)
    if options.out is None:
        headed = (f"# {name}\n{text}" for name, text in texts.items())
        sys.stdout.write("\n".join(headed) if len(texts) > 1 else next(iter(texts.values())))
        return
    if not options.out.is_dir():
        raise UserError("cli.no_folder", folder=str(options.out))
    for name, text in texts.items():
        save(options.out / name, text.encode(), private=True)  # It says where the roster lies.
        sys.stdout.write(f"{options.out / name}\n")


def _places(options: argparse.Namespace, settings: Settings) -> tuple[Path, Path, Path | None]:
    """Return the store, the folder of INSEE's files and the roster: as options, environment and settings say."""
    store = options.store or store_dir()
    return store, options.raw or raw_folder(settings, store), options.members or members_file(settings)


def _job(options: argparse.Namespace, *, store: Path, raw: Path, members: Path | None) -> schedules.Job:
    command = [sys.executable, "-m", "analytics", "update", "--lang", options.lang]
    if options.region:
        command += ["--region", str(options.region.absolute())]
    given = {
        "ECOSYSTEM_STORE": store,
        "ECOSYSTEM_RAW": raw,
        "ECOSYSTEM_MEMBERS": members.absolute() if members else None,
    }
    return schedules.Job(
        command=command,
        folder=ROOT,
        environment={name: str(path) for name, path in given.items() if path is not None},
        written=tuple(dict.fromkeys((store, raw))),
        log=store / f"{schedules.UNIT}.log",
        user=audit.account(),
    )


def _plan_lines(plan: Plan, t: Translator) -> Iterator[str]:
    if plan.is_current:
        yield t("update.nothing_to_do", day=t.day(plan.resources["register"].last_modified))
        return
    for role, resource in plan.resources.items():
        key = "update.to_fetch" if role in plan.missing else "update.already_there"
        size = t("update.size_unknown") if resource.size is None else t.size(resource.size)
        yield t(key, name=resource.name, day=t.day(resource.last_modified), size=size)
    for reason in plan.reasons:
        # Where a file is to be fetched the lines above say enough.
        if reason not in ("nothing", "files") or not plan.missing:
            yield t(f"update.to_build_{reason}")
