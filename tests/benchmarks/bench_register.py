"""Time and peak memory of reading the register: the house's reader beside the engines it could use.

``python -m tests.benchmarks.bench_register --rows 4000000`` writes a synthetic register of 54 columns in a temporary
folder, reads it in one child process a way (so that each peak is its own), prints a table and removes the folder.
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
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from analytics.ingest.legal_units import read_legal_units
from analytics.ingest.register import read_establishments
from analytics.settings import load_settings

CHUNK = 500_000
ROW_GROUP = 125_000
FILLED = [
    "siren",
    "nic",
    "siret",
    "statutDiffusionEtablissement",
    "dateCreationEtablissement",
    "trancheEffectifsEtablissement",
    "etablissementSiege",
    "codeCommuneEtablissement",
    "coordonneeLambertAbscisseEtablissement",
    "coordonneeLambertOrdonneeEtablissement",
    "etatAdministratifEtablissement",
    "enseigne1Etablissement",
    "denominationUsuelleEtablissement",
    "activitePrincipaleEtablissement",
    "nomenclatureActivitePrincipaleEtablissement",
    "caractereEmployeurEtablissement",
    "activitePrincipaleNAF25Etablissement",
    "libelleVoieEtablissement",
    "codePostalEtablissement",
    "libelleCommuneEtablissement",
    "dateDernierTraitementEtablissement",
    "dateDebut",
]
EMPTY = 54 - len(FILLED)
CODES = ("62.01Z", "62.02A", "47.11D", "56.10A", "68.20B", "70.22Z", "96.02A", "43.21A", "81.21Z", "01.11Z") * 8
SIRENS = 37_000


def synthetic_rows(offset: int, rows: int) -> pl.DataFrame:
    """Return ``rows`` establishments in INSEE's 54 columns, deterministic by ``offset``."""
    random = np.random.default_rng(offset)
    siren = np.char.zfill((offset + np.arange(rows)).astype(str), 9)
    department = np.char.zfill(random.integers(1, 96, rows).astype(str), 2)
    commune = np.char.add(department, np.char.zfill(random.integers(1, 400, rows).astype(str), 3))
    known = random.random(rows)
    table = pl.DataFrame(
        {
            "siren": siren,
            "nic": np.full(rows, "00016"),
            "siret": np.char.add(siren, "00016"),
            "statutDiffusionEtablissement": random.choice(["O", "P"], rows, p=[0.85, 0.15]),
            "dateCreationEtablissement": random.choice(["1998-03-01", "2010-01-01", "2021-09-15"], rows),
            "trancheEffectifsEtablissement": random.choice(["NN", "00", "01", "02", "11"], rows),
            "etablissementSiege": random.choice(["true", "false"], rows, p=[0.7, 0.3]),
            "codeCommuneEtablissement": commune,
            "coordonneeLambertAbscisseEtablissement": np.round(random.uniform(1e5, 1e6, rows), 2).astype(str),
            "coordonneeLambertOrdonneeEtablissement": np.round(random.uniform(6e6, 7e6, rows), 2).astype(str),
            "etatAdministratifEtablissement": random.choice(["A", "F"], rows, p=[0.4, 0.6]),
            "enseigne1Etablissement": np.char.add("ENSEIGNE ", siren),
            "denominationUsuelleEtablissement": np.char.add("NOM ", siren),
            "activitePrincipaleEtablissement": random.choice(CODES, rows),
            "nomenclatureActivitePrincipaleEtablissement": random.choice(["NAFRev2", "NAF1993"], rows, p=[0.8, 0.2]),
            "caractereEmployeurEtablissement": random.choice(["O", "N"], rows, p=[0.2, 0.8]),
            "activitePrincipaleNAF25Etablissement": pl.Series([None] * rows, dtype=pl.String),
            "libelleVoieEtablissement": np.char.add("RUE ", random.integers(1, 99_999, rows).astype(str)),
            "codePostalEtablissement": commune,
            "libelleCommuneEtablissement": np.char.add("VILLE ", commune),
            "dateDernierTraitementEtablissement": np.full(rows, "2025-01-01T00:00:00"),
            "dateDebut": np.full(rows, "2008-01-01"),
        }
    )
    table = table.with_columns(
        pl.when(pl.Series(known) < 0.2).then(pl.col(name)).alias(name)
        for name in ("enseigne1Etablissement", "denominationUsuelleEtablissement")
    )
    return table.with_columns(pl.lit(None, pl.String).alias(f"vide{i}Etablissement") for i in range(EMPTY))


def _chunks(rows: int) -> Iterator[pl.DataFrame]:
    for offset in range(0, rows, CHUNK):
        yield synthetic_rows(offset, min(CHUNK, rows - offset))


def write_files(folder: Path, *, rows: int) -> None:
    """Write the same rows as Parquet, CSV and zipped CSV, and their legal units as Parquet."""
    writers: dict[str, pq.ParquetWriter] = {}
    with (folder / "register.csv").open("wb") as text:
        for number, chunk in enumerate(_chunks(rows)):
            legal = chunk.select(
                "siren",
                pl.col("statutDiffusionEtablissement").alias("statutDiffusionUniteLegale"),
                ("RAISON " + pl.col("siren")).alias("denominationUniteLegale"),
                pl.lit("PME").alias("categorieEntreprise"),
                pl.col("dateCreationEtablissement").alias("dateCreationUniteLegale"),
            )
            for name, table in (("register", chunk.to_arrow()), ("legal", legal.to_arrow())):
                if name not in writers:
                    writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="snappy")
                writers[name].write_table(table, row_group_size=ROW_GROUP)
            chunk.write_csv(text, include_header=number == 0)
    for writer in writers.values():
        writer.close()
    with zipfile.ZipFile(folder / "register.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(folder / "register.csv", "register.csv")


def _house(name: str) -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        return len(read_establishments(folder / name, settings=load_settings()).establishments)

    return read


def _legal_units(folder: Path) -> int:
    sirens = frozenset(f"{n:09d}" for n in range(0, SIRENS * 7, 7))
    return len(read_legal_units(folder / "legal.parquet", sirens=sirens).units)


def _wanted() -> pl.Expr:
    departments = load_settings().region.departments
    return (
        pl.col("codeCommuneEtablissement").str.slice(0, 2).is_in(departments)
        & (pl.col("etatAdministratifEtablissement") == "A")
        & (pl.col("nomenclatureActivitePrincipaleEtablissement") == "NAFRev2")
        & pl.col("activitePrincipaleEtablissement").str.slice(0, 2).is_in(["62"])
    )


def _polars_parquet(folder: Path) -> int:
    lazy = pl.scan_parquet(folder / "register.parquet").filter(_wanted()).select(FILLED[:17])
    return lazy.collect(engine="streaming").height


def _polars_csv(folder: Path) -> int:
    lazy = pl.scan_csv(folder / "register.csv", infer_schema=False).filter(_wanted()).select(FILLED[:17])
    return lazy.collect(engine="streaming").height


def _duckdb(source: str) -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        departments = ", ".join(f"'{code}'" for code in load_settings().region.departments)
        query = f"""
            SELECT {", ".join(FILLED[:17])} FROM {source.format(folder=folder)}
            WHERE substr(codeCommuneEtablissement, 1, 2) IN ({departments}) AND etatAdministratifEtablissement = 'A'
            AND nomenclatureActivitePrincipaleEtablissement = 'NAFRev2' AND activitePrincipaleEtablissement LIKE '62%'
        """  # noqa: S608 - constants of this module and of the settings
        return int(duckdb.sql(query).to_arrow_table().num_rows)

    return read


WAYS: dict[str, Callable[[Path], int]] = {
    "house, Parquet": _house("register.parquet"),
    "Polars in one scan, Parquet (no counts)": _polars_parquet,
    "DuckDB, Parquet (no counts)": _duckdb("read_parquet('{folder}/register.parquet')"),
    "house, CSV": _house("register.csv"),
    "Polars in one scan, CSV (no counts)": _polars_csv,
    "DuckDB, CSV (no counts)": _duckdb("read_csv('{folder}/register.csv', all_varchar=true)"),
    "house, zipped CSV": _house("register.zip"),
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
