"""Time and peak memory of reading the register: the house's reader beside the engines it could use.

``python -m tests.benchmarks.bench_register --rows 4000000`` writes invented files (``national``) in a temporary folder,
reads them in one child process a way (so that each peak is its own), prints a table and removes the folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table

from analytics.ingest.columns import ESTABLISHMENTS
from analytics.ingest.legal_units import read_legal_units
from analytics.ingest.register import read_establishments
from analytics.settings import load_settings
from tests.benchmarks import national

# The columns that the house reads.
READ = [column.source for column in ESTABLISHMENTS.columns]
SIRENS = 37_000


def write_files(folder: Path, *, rows: int) -> None:
    """Write the same rows as Parquet, CSV and zipped CSV, and their legal units as Parquet."""
    national.write(folder, rows=rows, with_csv=True)
    with zipfile.ZipFile(folder / "StockEtablissement.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(folder / "StockEtablissement.csv", "StockEtablissement.csv")


def _house(name: str) -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        return len(read_establishments(folder / name, settings=load_settings()).establishments)

    return read


def _legal_units(folder: Path) -> int:
    scan = pl.scan_parquet(folder / "StockUniteLegale.parquet").select(pl.col("siren").gather_every(7).head(SIRENS))
    sirens = frozenset(scan.collect()["siren"])
    return len(read_legal_units(folder / "StockUniteLegale.parquet", sirens=sirens).units)


def _wanted() -> pl.Expr:
    departments = load_settings().region.departments
    return (
        pl.col("codeCommuneEtablissement").str.slice(0, 2).is_in(departments)
        & (pl.col("etatAdministratifEtablissement") == "A")
        & (pl.col("nomenclatureActivitePrincipaleEtablissement") == "NAFRev2")
        & pl.col("activitePrincipaleEtablissement").str.slice(0, 2).is_in(["62"])
    )


def _polars_parquet(folder: Path) -> int:
    lazy = pl.scan_parquet(folder / "StockEtablissement.parquet").filter(_wanted()).select(READ)
    return lazy.collect(engine="streaming").height


def _polars_csv(folder: Path) -> int:
    lazy = pl.scan_csv(folder / "StockEtablissement.csv", infer_schema=False).filter(_wanted()).select(READ)
    return lazy.collect(engine="streaming").height


def _duckdb(source: str) -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        departments = ", ".join(f"'{code}'" for code in load_settings().region.departments)
        query = f"""
            SELECT {", ".join(READ)} FROM {source.format(folder=folder)}
            WHERE substr(codeCommuneEtablissement, 1, 2) IN ({departments}) AND etatAdministratifEtablissement = 'A'
            AND nomenclatureActivitePrincipaleEtablissement = 'NAFRev2' AND activitePrincipaleEtablissement LIKE '62%'
        """  # noqa: S608 - constants of this module and of the settings
        return int(duckdb.sql(query).to_arrow_table().num_rows)

    return read


WAYS: dict[str, Callable[[Path], int]] = {
    "house, Parquet": _house("StockEtablissement.parquet"),
    "Polars in one scan, Parquet (no counts)": _polars_parquet,
    "DuckDB, Parquet (no counts)": _duckdb("read_parquet('{folder}/StockEtablissement.parquet')"),
    "house, CSV": _house("StockEtablissement.csv"),
    "Polars in one scan, CSV (no counts)": _polars_csv,
    "DuckDB, CSV (no counts)": _duckdb("read_csv('{folder}/StockEtablissement.csv', all_varchar=true)"),
    "house, zipped CSV": _house("StockEtablissement.zip"),
    "house, legal units, Parquet": _legal_units,
}


def run_one(way: str, folder: Path) -> None:
    """Read in this process and write seconds, processor seconds, peak memory in MB and rows kept as JSON."""
    start, before = time.perf_counter(), time.process_time()
    kept = WAYS[way](folder)
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu, peak = usage.ru_utime + usage.ru_stime - before, usage.ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak, "kept": kept}))


def measure(way: str, folder: Path) -> dict[str, float]:
    """Run one way in a child process."""
    result: dict[str, float] = json.loads(_child("--one", way, "--folder", str(folder)))
    return result


def _child(*arguments: str) -> str:
    """Run this module in a child process: a peak that this process had itself would count as its children's."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_register", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Measure every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--one", choices=tuple(WAYS))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.one:
        return run_one(options.one, options.folder)
    if options.folder:
        return write_files(options.folder, rows=options.rows)
    table = Table("way", "seconds", "CPU seconds", "peak MB", "rows kept", title=f"{options.rows:,} rows, 54 columns")
    with tempfile.TemporaryDirectory() as name:
        _child("--folder", name, "--rows", str(options.rows))
        for way in WAYS:
            result = measure(way, Path(name))
            seconds = (f"{result[key]:.2f}" for key in ("seconds", "cpu_seconds"))
            table.add_row(way, *seconds, f"{result['peak_mb']:.0f}", f"{result['kept']:,.0f}")
    Console().print(table)
    return None


if __name__ == "__main__":
    main()
