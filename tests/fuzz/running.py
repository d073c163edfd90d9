"""Running cases: here, or in a process of its own whose memory and time per case are bounded by the system."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# The kernel enforces them: a case that asks for more fails, and is told.
MEMORY_BYTES = 6 * 1024**3
CPU_SECONDS_A_CASE = 60
_PROGRESS = "FUZZ_PROGRESS"
# Of the test of this module: the case at which to crash.
_CRASH_AT = "FUZZ_CRASH_AT"
_MOST_FINDINGS = 20


@dataclass(frozen=True)
class Run:
    """Cases ``begin`` to ``begin + cases - 1`` of a reader and a seed."""

    reader: str
    seed: int
    begin: int
    cases: int


def choices(run: Run, number: int) -> random.Random:
    """Return what chooses the case of a number: always the same."""
    return random.Random(f"{run.seed}/{run.reader}/{number}")  # noqa: S311 - noise, not a secret


def run_here(run: Run) -> dict[str, Any]:
    """Run the cases in this process; return how many gave what, and what should not have come out."""
    from tests.fuzz.readers import READERS, outcome  # noqa: PLC0415 - only whoever runs cases pays for it

    reader, outcomes, findings = READERS[run.reader], Counter[str](), []
    slowest, began, note = 0.0, time.monotonic(), _Note()
    for number in range(run.begin, run.begin + run.cases):
        note.write(number)
        if os.environ.get(_CRASH_AT) == str(number):
            os.kill(os.getpid(), signal.SIGSEGV)
        used = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + CPU_SECONDS_A_CASE, resource.RLIM_INFINITY))
        case = reader.make(choices(run, number))
        try:
            outcomes[outcome(reader, case)] += 1
        except BaseException as error:  # whatever it is, it is a finding
            if isinstance(error, KeyboardInterrupt):
                raise
            outcomes[f"!{type(error).__name__}"] += 1
            findings.append({"case": number, "error": repr(error)[:300], "where": _where(error)})
            if len(findings) >= _MOST_FINDINGS:
                break
        slowest = max(slowest, time.process_time() - used)
    return {
        "reader": run.reader,
        "cases": sum(outcomes.values()),
        "seconds": round(time.monotonic() - began, 1),
        "slowest_cpu_s": round(slowest, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "outcomes": dict(outcomes.most_common()),
        "findings": findings,
    }


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames if "analytics" in frame.filename]
    return " > ".join(own[-3:] or [f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"])


def run_in_child(run: Run) -> dict[str, Any]:
    """Run the cases in a process of its own; one that it dies of is a finding like any other."""
    with tempfile.NamedTemporaryFile() as progress:
        command = [sys.executable, "-m", "tests.fuzz", "--here", "--reader", run.reader]
        command += ["--seed", str(run.seed), "--begin", str(run.begin), "--cases", str(run.cases)]
        child = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, _PROGRESS: progress.name, "POLARS_MAX_THREADS": "1", "RUST_BACKTRACE": "0"},
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=_bounded,
        )
        if child.returncode == 0:
            return json.loads(child.stdout)
        number = int(Path(progress.name).read_text() or -1)
    crash = {"case": number, "error": f"the process ended with {child.returncode}", "where": child.stderr[-600:]}
    return {"reader": run.reader, "cases": max(number - run.begin, 0), "outcomes": {}, "findings": [crash]}


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Note:
    """Says in a file which case is being run: it is read when the process has died."""

    def __init__(self) -> None:
        self._file = os.open(os.environ[_PROGRESS], os.O_WRONLY) if _PROGRESS in os.environ else None

    def write(self, number: int) -> None:
        if self._file is not None:
            os.pwrite(self._file, f"{number:<12}".encode(), 0)


class Drawn(random.Random):
    """A ``Random`` that draws from given bytes, zeros after them: how a fuzzer guided by coverage makes the choices."""

    def __init__(self, content: bytes) -> None:
        super().__init__(0)
        self._content, self._at = content, 0

    def getrandbits(self, k: int) -> int:
        """Return ``k`` bits."""
        width = (k + 7) // 8
        taken = self._content[self._at : self._at + width]
        self._at += width
        return int.from_bytes(taken.ljust(width, b"\0"), "little") & ((1 << k) - 1)

    def random(self) -> float:
        """Return a number from 0 to 1."""
        return self.getrandbits(16) / 65536


def guide(name: str, *, seconds: int) -> int:
    """Let coverage of the readers choose the cases for so many seconds (atheris); a finding ends the process."""
    import atheris  # noqa: PLC0415 - not on every platform

    with atheris.instrument_imports(include=["analytics", "openpyxl"]):
        from tests.fuzz.readers import READERS, outcome  # noqa: PLC0415 - instrumented while it is loaded

    reader = READERS[name]

    def one(content: bytes) -> None:
        case = reader.make(Drawn(content))
        outcome(reader, case)

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=400", "-rss_limit_mb=4096", "-timeout=60"], one)
    atheris.Fuzz()
    return 0
