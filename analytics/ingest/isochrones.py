"""Measured isochrones: what is within so many minutes by car of a place, asked of IGN's Géoplateforme.

The service is ``/navigation/isochrone`` of data.geopf.fr, open without a key: five requests a second and address at
most, beyond which it answers 429 and says in ``retry-after`` how long to wait (IGN, « Service Géoplateforme de calcul
d'isochrone/isodistance » and « Limites d'usage », geoservices.ign.fr). One request gives one polygon; what parameters
and answers hold is documented with Road2, the software behind it (github.com/IGNF/road2, ``apis/simple/1.0.0``).

Only the places of antennas and of communes that may have one are sent; nothing of firms or members is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import __version__
from analytics.contracts import ISOCHRONES
from analytics.errors import UserError
from analytics.progress import Progress, silent

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SERVICE_URL = "https://data.geopf.fr/navigation/isochrone"
RESOURCE = "bdtopo-valhalla"
MINUTES = (15, 30, 45, 60)
REQUESTS_PER_SECOND = 5
TRIES = 5
TIMEOUT_S = 60.0
LONGEST_WAIT_S = 60.0
# So many different requests unanswered in a row: the service is down, and asking on would take an hour to say so.
FAILURES_IN_A_ROW = 3
SAME_PLACE_M = 100.0
# The polygon begins at the road that is nearest to the place.
OWN_PLACE_M = 5_000.0
_UNANSWERED = ("isochrones.reason_unreachable", "isochrones.reason_timeout", "isochrones.reason_busy")


@dataclass(frozen=True)
class Fetched:
    """What a run gave.

    Attributes
    ----------
    isochrones
        Contract ``ISOCHRONES``, all that is kept now.
    asked, kept
        Answers that came now, and that were there before.
    left_out
        Name of the place, minutes, and catalogue key of why there is no answer.
    """

    isochrones: pd.DataFrame
    asked: int
    kept: int
    left_out: tuple[tuple[str, int, str], ...]


@dataclass
class Pace:
    """Lets so many requests pass a second, evenly; ``clock`` and ``sleep`` in seconds."""

    per_second: float = REQUESTS_PER_SECOND
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: float = field(default=float("-inf"), init=False)

    def wait(self) -> None:
        """Return when the next request may leave."""
        now = self.clock()
        if now < self._free_at:
            self.sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + 1 / self.per_second


class _NoAnswerError(Exception):
    """There is no usable answer; ``is_passing`` where asking again may give one, after ``wait_s`` if that is said."""

    def __init__(self, reason: str, *, is_passing: bool, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.is_passing, self.wait_s = reason, is_passing, wait_s


def fetch_isochrones(
    places: pd.DataFrame,
    *,
    folder: Path,
    service: str = SERVICE_URL,
    progress: Progress = silent,
    pace: Pace | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Fetched:
    """Ask for the isochrones of each place, keeping each answer as it comes; a later run asks for what is missing.

    Parameters
    ----------
    places
        ``commune_code``, ``name``, ``x_m``, ``y_m`` (EPSG:2154), ``longitude``, ``latitude``.
    folder
        Where answers are kept, one file each. That of a place that has moved since is asked for anew.
    service
        Address of the service.
    progress
        Told of the share done.

    Raises
    ------
    UserError
        When several requests in a row stay unanswered, or the folder cannot be written; what was kept stays.
    """
    import requests  # noqa: PLC0415 - nothing else of the project needs it

    asker = _Asker(requests.Session(), service, pace or Pace(), timeout_s)
    wanted = [(place, minutes) for place in places.to_dict("records") for minutes in MINUTES]
    asked, kept, failures, left_out = 0, 0, 0, []
    with asker.session:
        for done, (place, minutes) in enumerate(wanted):
            progress(done / len(wanted))
            if _is_kept(folder, place, minutes):
                kept += 1
                continue
            try:
                _keep(folder, asker.ask(place, minutes))
                asked, failures = asked + 1, 0
            except _NoAnswerError as error:
                failures = failures + 1 if error.reason in _UNANSWERED else 0
                left_out.append((str(place["name"]), minutes, error.reason))
                if failures == FAILURES_IN_A_ROW:
                    raise UserError("isochrones.service_down", kept=asked + kept, service=service) from error
    progress(1)
    return Fetched(read_isochrones(folder), asked, kept, tuple(left_out))


def read_isochrones(folder: Path) -> pd.DataFrame:
    """Return the answers that are kept, contract ``ISOCHRONES``; without a row where there is none.

    Raises
    ------
    UserError
        When a file is damaged: it names it.
    """
    if not folder.is_dir():
        return ISOCHRONES.empty()
    rows = [_row(path) for path in sorted(folder.glob("*.json"))]
    if not rows:
        return ISOCHRONES.empty()
    return ISOCHRONES.enforce(pd.DataFrame(rows).sort_values(["commune_code", "minutes"]))


def parse_answer(content: bytes, *, place: Mapping[Any, Any], minutes: int) -> dict[str, Any]:
    """Return an answer of the service as it is kept.

    ``commune_code, x_m, y_m, minutes, fetched_on, resource_version, geometry`` (GeoJSON, WGS84).

    Raises
    ------
    _NoAnswerError
        When it is no JSON, answers another question, or holds no polygon around the place.
    """
    try:
        answer = json.loads(content)
        geometry = answer["geometry"]
        shape = _lambert(geometry)
        is_of_this = float(answer.get("costValue", minutes)) == minutes
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError) as error:
        raise _NoAnswerError("isochrones.reason_bad_answer", is_passing=True) from error
    if not is_of_this or not _is_around(shape, place):
        raise _NoAnswerError("isochrones.reason_bad_answer", is_passing=True)
    return {
        "commune_code": str(place["commune_code"]),
        "x_m": float(place["x_m"]),
        "y_m": float(place["y_m"]),
        "minutes": minutes,
        "fetched_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "resource_version": str(answer.get("resourceVersion") or ""),
        "geometry": geometry,
    }


@dataclass
class _Asker:
    """Asks one service, at its pace."""

    session: Any
    service: str
    pace: Pace
    timeout_s: float

    def ask(self, place: Mapping[Any, Any], minutes: int) -> dict[str, Any]:
        """Return the answer as it is kept, after several tries where need be."""
        import tenacity  # noqa: PLC0415 - only asking needs it

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, _NoAnswerError) and e.is_passing),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=_pause,
            sleep=self.pace.sleep,
            reraise=True,
        )
        answer: dict[str, Any] = tries(self._once, place, minutes)
        return answer

    def _once(self, place: Mapping[Any, Any], minutes: int) -> dict[str, Any]:
        import requests  # noqa: PLC0415 - as above

        self.pace.wait()
        asked = {
            "point": f"{place['longitude']:.6f},{place['latitude']:.6f}",
            "resource": RESOURCE,
            "profile": "car",
            "costType": "time",
            "costValue": minutes,
            "timeUnit": "minute",
            "direction": "arrival",
            "geometryFormat": "geojson",
            "crs": "EPSG:4326",
        }
        headers = {"User-Agent": f"digital-ecosystem-dashboard/{__version__}", "Accept": "application/json"}
        try:
            response = self.session.get(self.service, params=asked, headers=headers, timeout=self.timeout_s)
        except requests.Timeout as error:
            raise _NoAnswerError("isochrones.reason_timeout", is_passing=True) from error
        except requests.RequestException as error:
            raise _NoAnswerError("isochrones.reason_unreachable", is_passing=True) from error
        _refuse_status(response.status_code, response.headers)
        return parse_answer(response.content, place=place, minutes=minutes)


def _pause(state: Any) -> float:  # noqa: ANN401 - tenacity's state of a call
    """Return how long to wait before the next try: as long as the service says, else twice as long each time."""
    error = state.outcome.exception()
    said = error.wait_s if isinstance(error, _NoAnswerError) else 0.0
    return min(max(said, float(2 ** (state.attempt_number - 1))), LONGEST_WAIT_S)


def _refuse_status(status: int, headers: Mapping[str, str]) -> None:
    if status == 200:
        return
    if status == 429 or status >= 500:
        said = headers.get("Retry-After", "")
        wait_s = float(said) if said.isdecimal() else 0.0
        raise _NoAnswerError("isochrones.reason_busy", is_passing=True, wait_s=wait_s)
    raise _NoAnswerError("isochrones.reason_refused", is_passing=False)


def _is_around(shape: BaseGeometry, place: Mapping[Any, Any]) -> bool:
    import shapely  # noqa: PLC0415 - only isochrones need it

    is_polygonal = shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_empty
    return is_polygonal and shapely.distance(shape, shapely.Point(place["x_m"], place["y_m"])) <= OWN_PLACE_M


def _lambert(geometry: Mapping[str, Any]) -> BaseGeometry:
    """Return a GeoJSON polygon in Lambert-93, made valid, its polygons alone."""
    import pyproj  # noqa: PLC0415 - only isochrones need it
    import shapely  # noqa: PLC0415 - as above

    try:
        drawn = shapely.from_geojson(json.dumps(geometry))
        to_lambert = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
        shape = shapely.transform(drawn, lambda points: _projected(points, to_lambert))
        parts = shapely.get_parts(shapely.make_valid(shape))
    except shapely.errors.ShapelyError as error:
        raise ValueError("no geometry") from error
    return shapely.union_all([part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")])


def _projected(points: Any, to_lambert: Any) -> Any:  # noqa: ANN401 - arrays and pyproj's transformer
    import numpy as np  # noqa: PLC0415 - only isochrones need it

    projected = np.column_stack(to_lambert.transform(points[:, 0], points[:, 1]))
    if not np.isfinite(projected).all():
        raise ValueError("a point outside of the projection")
    return projected


def _file(folder: Path, place: Mapping[Any, Any], minutes: int) -> Path:
    return folder / f"{place['commune_code']}-{minutes}.json"


def _is_kept(folder: Path, place: Mapping[Any, Any], minutes: int) -> bool:
    """Return whether the answer is there, and of where the place is today."""
    path = _file(folder, place, minutes)
    if not path.is_file():
        return False
    kept = _read(path)
    return bool(abs(kept["x_m"] - place["x_m"]) + abs(kept["y_m"] - place["y_m"]) <= SAME_PLACE_M)


def _keep(folder: Path, answer: Mapping[str, Any]) -> None:
    """Write aside, then rename: a run cut short leaves whole answers alone."""
    path = _file(folder, answer, answer["minutes"])
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside.write_text(json.dumps(answer), encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise UserError("isochrones.unwritable", folder=str(folder), reason=error.strerror or "") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(kept["x_m"] + kept["y_m"] + kept["minutes"], float):
            raise ValueError("no numbers")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("isochrones.damaged", file=str(path)) from error
    answer: dict[str, Any] = kept
    return answer


def _row(path: Path) -> dict[str, Any]:
    """Return a kept answer as a row of the contract."""
    import shapely  # noqa: PLC0415 - only isochrones need it

    kept = _read(path)
    try:
        wkb = shapely.to_wkb(_lambert(kept["geometry"]))
        row = {name: kept[name] for name in ("commune_code", "x_m", "y_m", "minutes", "resource_version")}
        return {**row, "geometry_wkb": wkb, "fetched_on": pd.Timestamp(kept["fetched_on"])}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError("isochrones.damaged", file=str(path)) from error
