"""Measured isochrones as they are kept: from where one gets to a place within so many minutes by car.

One file an answer of ``isochrone_service``, in a folder of the store; every build takes them in.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import disk
from analytics.contracts import ISOCHRONES, SAME_PLACE_M
from analytics.errors import UserError
from analytics.settings import COMMUNE_CODE

if TYPE_CHECKING:
    import pyproj
    from shapely.geometry.base import BaseGeometry

# Metropolitan France and what one drives to around it; catches latitude and longitude in the wrong order.
BOUNDS_DEGREES = (-10.0, 41.0, 11.0, 52.0)
# What comes of an answer, or of a kept file, that is not what it should be.
MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
_POLYGONAL = ("Polygon", "MultiPolygon")
_FILE = re.compile(rf"{COMMUNE_CODE}-\d+\.json")
_ENVELOPE = {
    "commune_code": str,
    "x_m": float,
    "y_m": float,
    "minutes": int,
    "fetched_on": str,
    "resource_version": str,
    "geometry": dict,
}


def read_isochrones(folder: Path) -> pd.DataFrame:
    """Return the answers that are kept, contract ``ISOCHRONES``, by commune and minutes; no row where there is none.

    A size holds the smaller ones of its place, which the service draws each for itself.

    Raises
    ------
    UserError
        When a file is damaged: it names it.
    """
    rows = [_row(path) for path in folder.glob("*.json")] if folder.is_dir() else []
    if not rows:
        return ISOCHRONES.empty()
    rows.sort(key=lambda row: (row["commune_code"], row["minutes"]))
    return ISOCHRONES.enforce(pd.DataFrame(_nested(rows)))


def keep_answer(folder: Path, answer: Mapping[str, Any]) -> None:
    """Keep an answer as ``isochrone_service.parse_answer`` returns it: written aside, then renamed.

    A run cut short leaves whole answers alone.

    Raises
    ------
    UserError
        When the folder cannot be written.
    """
    path = folder / f"{answer['commune_code']}-{answer['minutes']}.json"
    aside = folder / f".{path.name}.{os.getpid()}.tmp"
    unwritable = dict.fromkeys(("no_room", "no_right", "failed"), "isochrones.unwritable")
    with disk.refused_writes(folder, **unwritable):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            disk.write_through(aside, json.dumps(answer).encode())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        disk.sync_folder(folder)


def is_near(place: Mapping[Any, Any], other: Mapping[Any, Any] | None) -> bool:
    """Return whether a place is where another one is, ``x_m, y_m`` each, but for ``SAME_PLACE_M``."""
    if other is None:
        return False
    return math.hypot(place["x_m"] - other["x_m"], place["y_m"] - other["y_m"]) <= SAME_PLACE_M


def in_lambert(geometry: Mapping[str, Any]) -> BaseGeometry:
    """Return a GeoJSON polygon in Lambert-93, made valid, its polygons alone.

    Raises
    ------
    ValueError
        When there is no polygon, or it lies out of bounds.
    """
    import shapely  # noqa: PLC0415 - only isochrones need it

    if geometry["type"] not in _POLYGONAL:
        raise ValueError("no polygon")
    try:
        drawn = shapely.from_geojson(json.dumps(geometry))
        _refuse_bounds(drawn)
        shape = shapely.transform(drawn, _to_lambert().transform, interleaved=False)
        parts = shapely.get_parts(shapely.make_valid(shape))
    except shapely.errors.ShapelyError as error:
        raise ValueError("no geometry") from error
    polygons = shapely.union_all([part for part in parts if part.geom_type in _POLYGONAL])
    if polygons.is_empty:
        raise ValueError("no area")
    return polygons


def as_text(value: object) -> str:
    """Return a text that every file takes: half a surrogate pair, which JSON can hold, becomes a question mark."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


@functools.cache
def _to_lambert() -> pyproj.Transformer:
    """Return the projection: made once, it takes 7 ms, a third of what reading an answer does."""
    import pyproj  # noqa: PLC0415 - only isochrones need it

    return pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)


def _refuse_bounds(drawn: BaseGeometry) -> None:
    """Refuse what is empty too: its bounds are no numbers, which compare as false."""
    west, south, east, north = BOUNDS_DEGREES
    left, bottom, right, top = drawn.bounds
    if not (west <= left and south <= bottom and right <= east and top <= north):
        raise ValueError("out of bounds")


def _row(path: Path) -> dict[str, Any]:
    """Return a kept answer as a row of the contract, but for ``shape`` in place of ``geometry_wkb``."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        _refuse_envelope(kept, path.name)
        fetched_on = pd.Timestamp(date.fromisoformat(kept["fetched_on"])).as_unit("ns")
        row = {name: kept[name] for name in ("commune_code", "x_m", "y_m", "minutes")}
        version = as_text(kept["resource_version"])
        return {**row, "resource_version": version, "fetched_on": fetched_on, "shape": in_lambert(kept["geometry"])}
    except (OSError, *MISSHAPEN) as error:
        raise UserError("isochrones.damaged", file=str(path)) from error


def _refuse_envelope(kept: Mapping[str, Any], name: str) -> None:
    wrong = [column for column, kind in _ENVELOPE.items() if type(kept[column]) is not kind]
    if wrong or not math.isfinite(kept["x_m"] + kept["y_m"]):
        raise ValueError(f"no such values: {wrong}")
    if not _FILE.fullmatch(name) or name != f"{kept['commune_code']}-{kept['minutes']}.json":
        raise ValueError("the file of another answer")


def _nested(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows, in order of commune and minutes, with each size joined to the smaller ones of its point."""
    import shapely  # noqa: PLC0415 - only isochrones need it

    nested: list[dict[str, Any]] = []
    for _, sizes in itertools.groupby(rows, key=lambda row: row["commune_code"]):
        done: list[dict[str, Any]] = []
        for row in sizes:
            # After a move, the sizes not yet asked for anew are of another place.
            smaller = [other["shape"] for other in done if is_near(row, other)]
            done.append(row | {"shape": shapely.union_all([row["shape"], *smaller])})
        nested += [row | {"geometry_wkb": shapely.to_wkb(row["shape"])} for row in done]
    return nested
