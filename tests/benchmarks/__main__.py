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
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d} · {machine}")
    for path in sorted(FOLDER.glob("bench_*.py")):
        print(f"\n== {path.stem.removeprefix('bench_')}", flush=True)
        sys.argv = [str(path)]
        runpy.run_path(str(path), run_name="__main__")


if __name__ == "__main__":
    main()
