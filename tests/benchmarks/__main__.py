"""Every measurement of the project, printed with the machine that made it: ``make bench``."""

from __future__ import annotations

import os
import platform
import runpy
import sys
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> None:
    """Run each ``bench_*.py`` of this folder in turn."""
    machine = f"{_processor()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d} · {machine}")
    for path in sorted(FOLDER.glob("bench_*.py")):
        print(f"\n== {path.stem.removeprefix('bench_')}", flush=True)
        sys.argv = [str(path)]
        runpy.run_path(str(path), run_name="__main__")


def _processor() -> str:
    """Return what the processor calls itself, else its architecture."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({platform.machine()})" if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


if __name__ == "__main__":
    main()
