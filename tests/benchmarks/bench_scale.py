"""A build on files of national size: beside the bare engine, and beside pandas; seconds, ratios, memory.

``python -m tests.benchmarks.bench_scale --rows 44000000`` writes invented files (``national``), runs each way as a
process of its own, in turn, and prints medians and the ratios of runs that followed each other.

The **bare engine** is Polars' streaming scan of the same columns of both files: the rows of the region that are or were
digital, open or closed, those open joined to their legal units. No contract, no count of what is left out, no table of
areas, no score, no store, no manifest. The **pandas way** reads the CSV in chunks, keeps the same rows, and joins the
legal units that pyarrow filters for it. The three give the same enterprises, or the run fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import polars as pl

from analytics.ingest.columns import ESTABLISHMENTS, LEGAL_UNITS
from analytics.settings import Settings, load_settings
from analytics.store import Store

RUNS = 3
# Of the CSV: where pandas takes longer than a coffee.
PANDAS_ROWS = 4_000_000
PANDAS_CHUNK = 500_000
COMMUNE, STATE = "codeCommuneEtablissement", "etatAdministratifEtablissement"
ACTIVITY, NOMENCLATURE = "activitePrincipaleEtablissement", "nomenclatureActivitePrincipaleEtablissement"
NAF_2025 = "activitePrincipaleNAF25Etablissement"


@dataclass(frozen=True)
class Run:
    """What one process took."""

    seconds: float
    peak_mb: float
    sirens: frozenset[str]


def bare(folder: Path) -> pl.Series:
    """Return the SIREN that the bare engine keeps."""
    settings = load_settings()
    is_digital = (pl.col(NOMENCLATURE) == "NAFRev2") & pl.col(ACTIVITY).str.contains(_pattern(settings, "NAFRev2"))
    is_digital |= pl.col(NAF_2025).str.contains(_pattern(settings, "NAF2025"))
    is_here = pl.col(COMMUNE).str.slice(0, 2).is_in(settings.region.departments)
    scan = pl.scan_parquet(folder / "StockEtablissement.parquet").filter(is_here & is_digital)
    rows = scan.select(c.source for c in ESTABLISHMENTS.columns).collect(engine="streaming")
    kept = rows.filter(pl.col(STATE) == "A")
    wanted = pl.col("siren").is_in(kept["siren"].unique().implode())
    units = pl.scan_parquet(folder / "StockUniteLegale.parquet").filter(wanted)
    names = units.select(c.source for c in LEGAL_UNITS.columns).collect(engine="streaming")
    return kept.join(names, on="siren", how="left")["siren"]


def chunked(folder: Path) -> pl.Series:
    """Return the SIREN that pandas keeps of the CSV."""
    settings = load_settings()
    reader = pd.read_csv(
        folder / "StockEtablissement.csv",
        usecols=[c.source for c in ESTABLISHMENTS.columns],
        dtype="str",
        chunksize=PANDAS_CHUNK,
    )
    rows = pd.concat([_kept(chunk, settings) for chunk in reader])
    rows = rows[rows[STATE] == "A"]
    units = pd.read_parquet(
        folder / "StockUniteLegale.parquet",
        columns=[c.source for c in LEGAL_UNITS.columns],
        filters=[("siren", "in", set(rows["siren"]))],
    )
    return pl.Series(rows.merge(units, on="siren", how="left")["siren"].to_list())


def _kept(chunk: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    is_digital = (chunk[NOMENCLATURE] == "NAFRev2") & chunk[ACTIVITY].str.contains(
        _pattern(settings, "NAFRev2"), regex=True, na=False
    )
    is_digital |= chunk[NAF_2025].str.contains(_pattern(settings, "NAF2025"), regex=True, na=False)
    return chunk[chunk[COMMUNE].str[:2].isin(settings.region.departments) & is_digital]


def _pattern(settings: Settings, nomenclature: str) -> str:
    """Return the expression that every code of some perimeter matches: ``^(?:62|63\\.?11)``."""
    codes = {code for activities in settings.perimeters.values() for code in activities.prefixes(nomenclature)}  # type: ignore[arg-type]
    return "^(?:" + "|".join(f"{code[:2]}\\.?{code[2:]}" for code in sorted(codes)) + ")"


ENGINES: dict[str, Callable[[Path], pl.Series]] = {"bare": bare, "pandas": chunked}


def run_engine(way: str, folder: Path) -> Run:
    """Run one of ``ENGINES`` in a process of its own."""
    out = folder / f"{way}.parquet"
    command = [sys.executable, "-m", "tests.benchmarks.bench_scale", "--one", way, "--folder", str(folder)]
    seconds, peak = _timed(command)
    return Run(seconds, peak, frozenset(pl.read_parquet(out)["siren"]))


def run_build(folder: Path, register: str) -> Run:
    """Run the command that users run, into a store that is removed."""
    root = folder / "store"
    files = ["--register", str(folder / register), "--legal-units", str(folder / "StockUniteLegale.parquet")]
    seconds, peak = _timed([sys.executable, "-m", "analytics", "build", *files, "--store", str(root)])
    snapshot = Store(root).current()
    assert snapshot is not None
    sirens = frozenset[str]().union(*(snapshot.firms(name)["siren"] for name in snapshot.perimeters))
    shutil.rmtree(root)
    return Run(seconds, peak, sirens)


def _timed(command: list[str]) -> tuple[float, float]:
    """Return seconds and peak megabytes of a command, start of the interpreter included."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def compare(folder: Path, rows: int) -> None:
    """Print the build beside the bare engine, in turn ``RUNS`` times."""
    _read_through(folder)
    pairs = [(run_engine("bare", folder), run_build(folder, "StockEtablissement.parquet")) for _ in range(RUNS)]
    for engine, built in pairs:
        assert engine.sirens == built.sirens, "not the same enterprises"
    bares, builds = ([run.seconds for run in runs] for runs in zip(*pairs, strict=True))
    ratios = [build / engine for engine, build in zip(bares, builds, strict=True)]
    kept = len(pairs[0][0].sirens)
    print(f"{rows:,} establishments in 54 columns, {kept:,} enterprises kept; medians of {RUNS}")
    print(f"  bare engine, Parquet {statistics.median(bares):6.1f} s  {max(e.peak_mb for e, _ in pairs):6.0f} MB")
    print(f"  build, Parquet       {statistics.median(builds):6.1f} s  {max(b.peak_mb for _, b in pairs):6.0f} MB")
    print(f"  ratio                {statistics.median(ratios):6.2f}    ({min(ratios):.2f} to {max(ratios):.2f})")


def compare_with_pandas(folder: Path) -> None:
    """Print the build beside pandas, each once."""
    slow, built = run_engine("pandas", folder), run_build(folder, "StockEtablissement.parquet")
    from_csv = run_build(folder, "StockEtablissement.csv")
    assert slow.sirens == built.sirens == from_csv.sirens, "not the same enterprises"
    print(f"  pandas, CSV chunks   {slow.seconds:6.1f} s  {slow.peak_mb:6.0f} MB")
    for name, run in (("Parquet", built), ("CSV", from_csv)):
        faster = slow.seconds / run.seconds
        print(f"  build, {name:13} {run.seconds:6.1f} s  {run.peak_mb:6.0f} MB   {faster:.1f} times as fast as pandas")


def _read_through(folder: Path) -> None:
    """Read the files once, so that no way pays for the disk alone."""
    for path in folder.glob("*.parquet"):
        with path.open("rb") as file:
            while file.read(16 * 1024**2):
                pass


def _write(folder: Path, rows: int, *, with_csv: bool) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.national", str(folder), "--rows", str(rows)]
    subprocess.run(command + ["--csv"] * with_csv, check=True)


def main() -> None:
    """Measure at the size asked for, and beside pandas at ``PANDAS_ROWS``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", PANDAS_ROWS)))
    parser.add_argument("--folder", type=Path, help="files that national.py wrote there, not removed")
    parser.add_argument("--one", choices=tuple(ENGINES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        sirens = ENGINES[options.one](options.folder)
        pl.DataFrame({"siren": sirens}).write_parquet(options.folder / f"{options.one}.parquet")
        return
    if options.folder:
        compare(options.folder, options.rows)
        return
    with tempfile.TemporaryDirectory() as name:
        small = Path(name) / "small"
        _write(small, PANDAS_ROWS, with_csv=True)
        compare(small, PANDAS_ROWS)
        compare_with_pandas(small)
        if options.rows > PANDAS_ROWS:
            shutil.rmtree(small)
            _write(Path(name), options.rows, with_csv=False)
            compare(Path(name), options.rows)


if __name__ == "__main__":
    main()
