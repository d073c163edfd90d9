"""How well and how fast the resemblance to members is learnt; on the demonstration, and on ten times it."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import pandas as pd

from analytics.metrics.prospects import fit_resemblance
from analytics.pipeline.building import build_demo
from analytics.results.selection import region_standing
from analytics.store import Store
from analytics.view import View

RUNS = 5
COPIES = 10


def main() -> None:
    """Print quality, calibration and seconds of a fit with its cross-validation."""
    with tempfile.TemporaryDirectory() as root:
        snapshot = build_demo(Store(Path(root)))
        standing = region_standing(snapshot, View("tic"))
    on = pd.Timestamp(snapshot.built_at).tz_localize(None)
    found = fit_resemblance(standing, on=on)
    assert found is not None
    quality = {name: round(value, 4) for name, value in found.quality.items() if name != "calibration"}
    print(f"demonstration: {quality}")
    for one in found.quality["calibration"]:
        print(
            f"  predicted {one['predicted_pct']:5.1f} %, observed {one['observed_pct']:5.1f} % "
            f"({one['members']} of {one['firms']:,} firms)"
        )
    for copies in (1, COPIES):
        parts = [standing.assign(siren=f"{n}" + standing["siren"].str[1:]) for n in range(copies)]
        firms = pd.concat(parts, ignore_index=True)
        taken = []
        for _ in range(RUNS):
            start = time.perf_counter()
            fit_resemblance(firms, on=on)
            taken.append(time.perf_counter() - start)
        print(f"{len(firms):,} firms: fit and five folds, median of {RUNS} {statistics.median(taken):.2f} s")


if __name__ == "__main__":
    main()
