"""The reference geography: communes, EPCI, departments and merged communes of the region, and where its antennas are.

``data/reference/make_reference.py`` makes the files that are read here. Codes, names and points need pandas alone;
the spatial libraries are imported where contours are asked for, so that whoever needs only names does not pay them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from analytics.contracts import ANTENNAS, COMMUNES, CONTOURS, NEIGHBOURS, as_lines
from analytics.errors import UserError
from analytics.settings import REFERENCE_DIR, Settings

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

Level = Literal["commune", "epci", "department"]
Detail = Literal["full", "light"]

OUTLINE_DETAIL_M = 800
_TABLES: dict[Level, str] = {"commune": "communes", "epci": "epcis", "department": "departments"}
_DEPARTMENT_COLUMNS = ["area_code", "area_name", "seat_commune_code"]
_EPCI_COLUMNS = [*_DEPARTMENT_COLUMNS, "main_commune_code", "communes_outside"]


@dataclass(frozen=True)
class Geography:
    """The region's places, without their contours.

    Attributes
    ----------
    communes
        One row a commune of today (contract ``COMMUNES``); points are town halls.
    epcis
        ``area_code, area_name, seat_commune_code, main_commune_code, communes_outside``: ``main_commune_code`` is the
        most populous commune of the region, ``communes_outside`` the members that lie in another region; the seat is
        null, the sources do not name it.
    departments
        ``area_code, area_name, seat_commune_code``.
    successors
        Code of a commune that has merged -> code of the commune that holds its territory today.
    """

    communes: pd.DataFrame
    epcis: pd.DataFrame
    departments: pd.DataFrame
    successors: dict[str, str]


def load_geography(settings: Settings, directory: Path = REFERENCE_DIR) -> Geography:
    """Read the places of the settings' departments.

    Raises
    ------
    UserError
        When the reference is absent or damaged, or lacks a department of the settings.
    """
    wanted = settings.region.departments
    communes = _read(directory / "communes.parquet", columns=list(COMMUNES.columns))
    lacking = sorted(set(wanted) - set(communes["department_code"]))
    if lacking:
        raise UserError("geography.departments_lacking", departments=", ".join(lacking), folder=directory.name)
    communes = communes[communes["department_code"].isin(wanted)]
    epcis = _read(directory / "epcis.parquet", columns=_EPCI_COLUMNS)
    departments = _read(directory / "departments.parquet", columns=_DEPARTMENT_COLUMNS)
    successors = _read(directory / "commune_successors.parquet", columns=["old_code", "commune_code"])
    successors = successors[successors["commune_code"].isin(communes["commune_code"])]
    return Geography(
        communes=COMMUNES.enforce(communes),
        epcis=epcis[epcis["area_code"].isin(communes["epci_code"])].reset_index(drop=True),
        departments=departments[departments["area_code"].isin(wanted)].reset_index(drop=True),
        successors=dict(zip(successors["old_code"], successors["commune_code"], strict=True)),
    )


def load_contours(level: Level, detail: Detail = "full", *, directory: Path = REFERENCE_DIR) -> GeoDataFrame:
    """Read the contours of all areas of a level: ``area_code, geometry`` in Lambert-93 (EPSG:2154), metres.

    Neighbours share their borders point by point, within a level and, at one resolution, from level to level: EPCI
    and departments are merged communes. An EPCI that reaches into another region stops at the region's border.

    Parameters
    ----------
    level
        ``commune``, ``epci`` or ``department``.
    detail
        ``full`` leaves out what is smaller than 100 m, ``light`` what is smaller than 400 m.

    Raises
    ------
    UserError
        When the reference is absent or damaged.
    """
    import geopandas as gpd  # noqa: PLC0415 - only contours need it

    suffix = "" if detail == "full" else "-light"
    file = directory / f"{_TABLES[level]}{suffix}.parquet"
    key = "commune_code" if level == "commune" else "area_code"
    try:
        contours = gpd.read_parquet(file, columns=[key, "geometry"])
    except FileNotFoundError as error:
        raise UserError("geography.absent", file=file.name, folder=directory.name) from error
    except (OSError, ValueError) as error:
        raise UserError("geography.damaged", file=file.name) from error
    return contours.rename(columns={key: "area_code"})


def load_outlines(geography: Geography, *, directory: Path = REFERENCE_DIR) -> pd.DataFrame:
    """Return the contours of EPCI and departments as a map of the region draws them (contract ``CONTOURS``).

    Details under ``OUTLINE_DETAIL_M``, a pixel of such a map, are left out, the same on both sides of a border; points
    are given to 100 m. Rings run so that holes stay holes when they are filled as one path.

    Raises
    ------
    UserError
        When the reference is absent or damaged.
    """
    wanted: dict[Level, pd.DataFrame] = {"epci": geography.epcis, "department": geography.departments}
    drawn = [_outlines(level, areas["area_code"], directory=directory) for level, areas in wanted.items()]
    return CONTOURS.enforce(pd.concat(drawn, ignore_index=True))


def find_neighbours(geography: Geography, *, directory: Path = REFERENCE_DIR) -> pd.DataFrame:
    """Return the EPCI that touch each other, be it in one point (queen contiguity; contract ``NEIGHBOURS``).

    Raises
    ------
    UserError
        When the reference is absent or damaged.
    """
    contours = load_contours("epci", "light", directory=directory)
    contours = contours[contours["area_code"].isin(geography.epcis["area_code"])].reset_index(drop=True)
    left, right = contours.sindex.query(contours.geometry, predicate="intersects")
    codes = contours["area_code"].to_numpy()
    pairs = pd.DataFrame({"area_code": codes[left], "neighbour_code": codes[right]})
    pairs = pairs[pairs["area_code"] != pairs["neighbour_code"]]
    return NEIGHBOURS.enforce(pairs.sort_values(["area_code", "neighbour_code"]))


def _outlines(level: Level, codes: pd.Series, *, directory: Path) -> pd.DataFrame:
    import shapely  # noqa: PLC0415 - only contours need it

    contours = load_contours(level, "light", directory=directory)
    kept = contours[contours["area_code"].isin(codes)].sort_values("area_code")
    drawn = shapely.coverage_simplify(kept.geometry.to_numpy(), OUTLINE_DETAIL_M)
    lines = [_rings_km(geometry) for geometry in drawn]
    x_km, y_km = ([line[axis] for line in lines] for axis in (0, 1))
    return pd.DataFrame({"level": level, "area_code": kept["area_code"].to_numpy(), "x_km": x_km, "y_km": y_km})


def _rings_km(geometry: BaseGeometry) -> tuple[list[float | None], list[float | None]]:
    import shapely  # noqa: PLC0415 - only contours need it

    # Of a contour in several parts itself, get_rings returns none.
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(geometry)))
    return as_lines(shapely.get_coordinates(ring) for ring in rings)


def locate_antennas(settings: Settings, geography: Geography) -> pd.DataFrame:
    """Place each antenna at the town hall of its commune (contract ``ANTENNAS``); a merged commune at its successor's.

    Raises
    ------
    UserError
        When an antenna's commune is not one of the region's; names all of them.
    """
    antennas = pd.DataFrame(
        {
            "name": [antenna.name for antenna in settings.antennas],
            "kind": [antenna.kind for antenna in settings.antennas],
            "commune_code": [
                geography.successors.get(antenna.commune_code, antenna.commune_code) for antenna in settings.antennas
            ],
            "staff": [antenna.staff for antenna in settings.antennas],
        }
    )
    points = geography.communes[["commune_code", "x_m", "y_m"]]
    placed = antennas.merge(points, on="commune_code", how="left", validate="many_to_one")
    unknown = [
        f"{antenna.name} ({antenna.commune_code})"
        for antenna, x_m in zip(settings.antennas, placed["x_m"], strict=True)
        if pd.isna(x_m)
    ]
    if unknown:
        raise UserError("geography.antennas_unknown", antennas=", ".join(unknown))
    return ANTENNAS.enforce(placed)


def _read(file: Path, *, columns: list[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(file, columns=columns)
    except FileNotFoundError as error:
        raise UserError("geography.absent", file=file.name, folder=file.parent.name) from error
    except (OSError, ValueError) as error:
        raise UserError("geography.damaged", file=file.name) from error
