"""How long each document takes and how large it is, from the demonstration, as the command line makes it."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analytics.export.outputs import OUTPUTS
from analytics.pipeline.building import build_demo
from analytics.store import Store

RUNS = 3
SHEETS = {"sheet of a town": ("--town", "200027183"), "sheet of an antenna": ("--antenna", "Mende")}


def main() -> None:
    """Print the median of each, the whole process: loading the libraries, computing the tables, writing."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        build_demo(Store(root))
        asked = {kind: (kind, output.suffix, ()) for kind, output in OUTPUTS.items()}
        asked |= {name: ("report", ".pdf", options) for name, options in SHEETS.items()}
        for name, (kind, suffix, options) in asked.items():
            path = Path(folder) / f"document{suffix}"
            words = ["export", kind, "--out", str(path), "--store", str(root), *options]
            seconds = statistics.median(_seconds(words) for _ in range(RUNS))
            print(f"{name}: {seconds:.1f} s, {path.stat().st_size / 1e6:.2f} MB")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"peak of the largest process: {peak / 1024:.0f} MB")


def _seconds(words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "analytics", *words], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
