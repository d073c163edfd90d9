"""A process of which each child builds once and may be killed: ``python -m tests.analytics.nursery [MODULE...]``.

A fresh interpreter takes seconds to load what a build needs; this one loads it and the named modules once, and forks.
It takes an order a line on its standard input, as JSON, and answers with a line when the child has started and one when
it has ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet  # noqa: F401 - what pandas loads at the first table

from analytics.errors import UserError
from analytics.store import Store
from tests.analytics import marked

ROOT = Path(__file__).parents[2]
# Every call by which the store changes the disk, or waits for it.
STEPS = ((os, "fsync"), (os, "unlink"), (os, "rmdir"), (Path, "open"), (Path, "touch"), (Path, "mkdir"))
STEPS += ((Path, "rename"), (Path, "replace"))


class Nursery:
    """The other end: orders children, kills them, tells how they ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.child = 0

    def start(self, store: Path, **order: object) -> int:
        """Start a child that builds in ``store``; return its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"store": str(store), **order}) + "\n")
        self._process.stdin.flush()
        self.child = int(self._line())
        return self.child

    def ended(self) -> str:
        """Wait for the child's end: ``killed``, or what it says of itself: the number of its steps, ``busy``..."""
        return self._line()

    def kill(self) -> str:
        """Kill the child, wherever it is."""
        os.kill(self.child, signal.SIGKILL)
        return self.ended()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the nursery has ended"
        return line


@contextmanager
def nursery(*modules: str) -> Iterator[Nursery]:
    """Open a nursery that has loaded these modules, and what writing a snapshot takes."""
    command = [sys.executable, "-m", "tests.analytics.nursery", *modules]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


class _DyingFile:
    """A file of which the fatal write is cut in half."""

    def __init__(self, file: BinaryIO, step: Callable[[], bool]) -> None:
        self._file, self._step = file, step

    def __enter__(self) -> _DyingFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: bytes) -> int:
        if self._step():
            self._file.write(content[: len(content) // 2])
            self._file.flush()
            _die()
        return self._file.write(content)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


class _Steps:
    """Counts what the child does to the disk, and kills it at the step ordered."""

    def __init__(self, fatal: int) -> None:
        self.count, self._fatal = 0, fatal
        for owner, name in STEPS:
            setattr(owner, name, self._counted(getattr(owner, name)))
        opened = Path.open
        Path.open = lambda *a, **k: self._watched(opened(*a, **k), a[1:2])  # type: ignore[assignment, method-assign]

    def step(self) -> bool:
        self.count += 1
        return self.count == self._fatal

    def _counted(self, genuine: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.step():
                _die()
            return genuine(*args, **kwargs)

        return call

    def _watched(self, file: Any, mode: tuple[str, ...]) -> Any:
        return _DyingFile(file, self.step) if mode == ("wb",) else file


def _obey(order: dict[str, Any]) -> str:
    store, steps = Store(Path(order["store"])), _Steps(order.get("step", 0))
    try:
        if "sources" in order:
            _build_from(order["sources"], store)
        elif order.get("holds"):
            with store.writing():
                time.sleep(60)
        else:
            for mark in range(order["mark"], order["mark"] + order.get("times", 1)):
                marked.build(store, mark)
    except UserError as error:
        return error.key
    return str(steps.count)


def _build_from(sources: dict[str, str], store: Store) -> None:
    # Seconds, for the tests that ask for it alone.
    building, asked = (import_module(f"analytics.pipeline.{name}") for name in ("building", "request"))
    building.build(asked.Request(**{role: Path(path) for role, path in sources.items()}, store=store))


class _Child:
    """A child that obeys an order, says a word, and lives until the next order: it may be killed at any time."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._words, saying = os.pipe()
        waiting, self._release = os.pipe()
        self.id = os.fork()
        if not self.id:
            os.close(self._release)
            os.write(saying, f"{_word(order)}\n".encode())
            os.read(waiting, 1)
            os._exit(0)
        os.close(saying)
        os.close(waiting)

    def word(self) -> str:
        """Wait for its word; nobody says one who was killed."""
        with os.fdopen(self._words) as words:
            return words.readline().strip() or "killed"

    def bury(self) -> None:
        os.close(self._release)
        os.waitpid(self.id, 0)


def _word(order: dict[str, Any]) -> str:
    try:
        return _obey(order)
    except Exception:  # noqa: BLE001 - told to the test, which knows no such word
        traceback.print_exc()
        return "crashed"


def _main() -> None:
    for module in sys.argv[1:]:
        import_module(module)
    child = None
    for line in sys.stdin:
        if child:
            child.bury()
        child = _Child(json.loads(line))
        _tell(str(child.id))
        _tell(child.word())


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
