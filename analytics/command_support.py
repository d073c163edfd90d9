"""What the commands share: their store, what they answer with, what is recorded of them, how they show progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from analytics import audit, removals
from analytics.errors import UserError
from analytics.settings import store_dir
from analytics.store import Served, Store
from analytics.text import Translator, translator
from analytics.text.damage import notice

# Answered, but from another data set than the published one, which is damaged.
EXIT_OTHER = 3


def store_of(options: argparse.Namespace) -> Store:
    """Return the store that an option or the environment names."""
    return Store(options.store or store_dir())


def served_of(options: argparse.Namespace) -> Served:
    """Return what is answered with; where what is published is damaged, say which it is.

    Raises
    ------
    UserError
        When nothing is published, or what is published is damaged and nothing else is whole.
    """
    served = removals.served(store_of(options))
    if served is None:
        raise UserError("build.no_snapshot")
    if served.damage is not None:
        found = served.snapshot
        text = notice(
            "command",
            translator(options.lang),
            damage=served.damage,
            snapshot=found.id,
            built_at=found.built_at,
            is_newer=served.is_newer,
        )
        sys.stderr.write(text + "\n")
    return served


def exit_code(served: Served) -> int:
    """Return what tells a script that the answer is not that of the published data set."""
    return 0 if served.damage is None else EXIT_OTHER


def recorded(options: argparse.Namespace, what: str) -> AbstractContextManager[audit.Action]:
    """Record what this account does to the store, whatever becomes of it."""
    store = store_of(options)
    return audit.acting(store.root, who=audit.system_user(), what=what, snapshot=store.current_id())


@contextmanager
def progress_on_stderr(t: Translator) -> Iterator[Callable[[str, float], None]]:
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
