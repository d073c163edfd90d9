"""Asking IGN's Géoplateforme for isochrones: from where one gets to a place within so many minutes by car.

The service is ``/navigation/isochrone`` of data.geopf.fr, open without a key (IGN, « Service Géoplateforme de calcul
d'isochrone/isodistance », geoservices.ign.fr). It takes five requests a second and address at most; over that it
answers 429 for five seconds and says in ``retry-after`` how long to wait (IGN, « Limites d'usage », geoservices.ign.fr
and cartes.gouv.fr). One request gives one polygon. What parameters and answers hold is said by the software behind it,
Road2 (github.com/IGNF/road2, ``documentation/apis/simple/1.0.0/api.json`` and ``src/js/apis/simple``): the answer
repeats ``point`` and, in the unit asked for, ``costValue``; errors are ``{"error": {"errorType", "message"}}``; a size
too small for a polygon is answered with a point, a place without a road with 404.

Only the places of antennas and of communes that may have one are sent, and the name of this software. Nothing of firms
or members is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import __version__
from analytics.errors import UserError
from analytics.ingest.isochrones import MISSHAPEN, as_text, in_lambert, is_near, keep_answer, read_isochrones
from analytics.progress import Progress, silent

if TYPE_CHECKING:
    import requests
    from shapely.geometry.base import BaseGeometry

SERVICE_URL = "https://data.geopf.fr/navigation/isochrone"
RESOURCE = "bdtopo-valhalla"
MINUTES = (15, 30, 45, 60)
REQUESTS_PER_SECOND = 5
TRIES = 5
TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 10.0
LONGEST_WAIT_S = 60.0
# So many different requests unanswered in a row: the service is down, and asking on would take an hour to say so.
FAILURES_IN_A_ROW = 3
# The polygon begins at the road that is nearest to the place.
OWN_PLACE_M = 5_000.0
# The point comes back as it was sent, give or take its last figures: some ten metres.
SAME_POINT_DEGREES = 1e-4
_UNANSWERED = {
    "isochrones.reason_unreachable",
    "isochrones.reason_timeout",
    "isochrones.reason_busy",
    "isochrones.reason_unreadable",
}


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

    def __init__(self, reason: str, *, is_passing: bool = True, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.is_passing, self.wait_s = reason, is_passing, wait_s


def fetch_isochrones(
    places: pd.DataFrame,
    *,
    folder: Path,
    service: str = SERVICE_URL,
    minutes: Sequence[int] = MINUTES,
    progress: Progress = silent,
    pace: Pace | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Fetched:
    """Ask for the isochrones of each place, keeping each answer as it comes; a later run asks for what is missing.

    Parameters
    ----------
    places
        ``commune_code``, ``name``, ``x_m``, ``y_m`` (EPSG:2154), ``longitude``, ``latitude``; one a commune.
    folder
        Where answers are kept, one file each. That of a place that has moved since, by more than ``SAME_PLACE_M``, is
        asked for anew.
    service
        Address of the service.
    minutes
        Sizes, one request each.
    progress
        Told of the share done.
    pace
        When requests may leave; ``REQUESTS_PER_SECOND`` unless told otherwise.
    timeout_s
        How long an answer is waited for, seconds.

    Raises
    ------
    UserError
        When several requests in a row stay unanswered, the address is none, a kept file is damaged, or the folder
        cannot be written. What was kept stays.
    """
    import requests  # noqa: PLC0415 - a fifth of a second

    there = _points(read_isochrones(folder))
    wanted = {(str(place["commune_code"]), size): place for place in places.to_dict("records") for size in minutes}
    missing = [(place, key[1]) for key, place in wanted.items() if not is_near(place, there.get(key))]
    kept, asked, failures = len(wanted) - len(missing), 0, 0
    left_out: list[tuple[str, int, str]] = []
    with requests.Session() as session:
        asker = _Asker(session, service, pace or Pace(), timeout_s)
        for done, (place, size) in enumerate(missing):
            progress(done / len(missing))
            try:
                keep_answer(folder, asker.ask(place, size))
                asked, failures = asked + 1, 0
            except _NoAnswerError as error:
                left_out.append((str(place["name"]), size, error.reason))
                failures = failures + 1 if error.reason in _UNANSWERED else 0
                if failures == FAILURES_IN_A_ROW:
                    raise UserError("isochrones.service_down", kept=kept + asked, service=service) from error
    progress(1)
    return Fetched(read_isochrones(folder), asked, kept, tuple(left_out))


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
    except MISSHAPEN as error:
        raise _NoAnswerError("isochrones.reason_unreadable") from error
    try:
        is_good = _is_of(answer, place, minutes) and _is_around(in_lambert(geometry), place)
    except MISSHAPEN as error:
        raise _NoAnswerError("isochrones.reason_bad_answer") from error
    if not is_good:
        raise _NoAnswerError("isochrones.reason_bad_answer")
    return {
        "commune_code": str(place["commune_code"]),
        "x_m": float(place["x_m"]),
        "y_m": float(place["y_m"]),
        "minutes": int(minutes),
        "fetched_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "resource_version": as_text(answer.get("resourceVersion")),
        "geometry": geometry,
    }


@dataclass
class _Asker:
    """Asks one service, at its pace."""

    session: requests.Session
    service: str
    pace: Pace
    timeout_s: float

    def __post_init__(self) -> None:
        agent = f"digital-ecosystem-dashboard/{__version__}"
        self.session.headers.update({"User-Agent": agent, "Accept": "application/json"})

    def ask(self, place: Mapping[Any, Any], minutes: int) -> dict[str, Any]:
        """Return the answer as it is kept, after several tries where need be."""
        import tenacity  # noqa: PLC0415 - only asking needs it

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, _NoAnswerError) and error.is_passing),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=_pause,
            sleep=self.pace.sleep,
            reraise=True,
        )
        answer: dict[str, Any] = tries(self._once, place, minutes)
        return answer

    def _once(self, place: Mapping[Any, Any], minutes: int) -> dict[str, Any]:
        response = self._get(_question(place, minutes))
        _refuse_status(response.status_code, response.headers)
        return parse_answer(response.content, place=place, minutes=minutes)

    def _get(self, question: Mapping[str, str]) -> requests.Response:
        import requests  # noqa: PLC0415 - a fifth of a second

        limits = (min(CONNECT_TIMEOUT_S, self.timeout_s), self.timeout_s)
        self.pace.wait()
        try:
            return self.session.get(self.service, params=question, timeout=limits)
        except ValueError as error:  # What requests makes of an address that is none.
            raise UserError("isochrones.no_address", service=self.service) from error
        except requests.Timeout as error:
            raise _NoAnswerError("isochrones.reason_timeout") from error
        except requests.RequestException as error:
            raise _NoAnswerError("isochrones.reason_unreachable") from error


def _question(place: Mapping[Any, Any], minutes: int) -> dict[str, str]:
    """Return the parameters of a request: all points from where one arrives at the place within the minutes."""
    return {
        "point": f"{place['longitude']:.6f},{place['latitude']:.6f}",
        "resource": RESOURCE,
        "profile": "car",
        "costType": "time",
        "costValue": str(minutes),
        "timeUnit": "minute",
        "direction": "arrival",
        "geometryFormat": "geojson",
        "crs": "EPSG:4326",
    }


def _pause(state: Any) -> float:  # noqa: ANN401 - tenacity's state of a call
    """Return how long to wait before the next try: as long as the service says, else twice as long each time."""
    error = state.outcome.exception()
    said = error.wait_s if isinstance(error, _NoAnswerError) else 0.0
    return min(max(said, float(2 ** (state.attempt_number - 1))), LONGEST_WAIT_S)


def _refuse_status(status: int, headers: Mapping[str, str]) -> None:
    if status == 200:
        return
    if status == 429 or status >= 500:
        said = headers.get("Retry-After", "").strip()
        raise _NoAnswerError("isochrones.reason_busy", wait_s=float(said) if said.isdecimal() else 0.0)
    raise _NoAnswerError("isochrones.reason_refused", is_passing=False)


def _is_of(answer: Mapping[str, Any], place: Mapping[Any, Any], minutes: int) -> bool:
    """Return whether an answer is of this place and size, as far as it says."""
    if abs(float(answer.get("costValue", minutes)) - minutes) > 0.01:
        return False
    if "point" not in answer:
        return True
    longitude, latitude = (float(part) for part in answer["point"].split(","))
    gap = max(abs(longitude - place["longitude"]), abs(latitude - place["latitude"]))
    return bool(gap <= SAME_POINT_DEGREES)


def _is_around(shape: BaseGeometry, place: Mapping[Any, Any]) -> bool:
    import shapely  # noqa: PLC0415 - only isochrones need it

    return bool(shapely.distance(shape, shapely.Point(place["x_m"], place["y_m"])) <= OWN_PLACE_M)


def _points(isochrones: pd.DataFrame) -> dict[tuple[str, int], dict[str, float]]:
    """Return where each answer was measured, by commune and minutes."""
    rows = isochrones[["commune_code", "minutes", "x_m", "y_m"]].to_dict("records")
    return {(row["commune_code"], row["minutes"]): {"x_m": row["x_m"], "y_m": row["y_m"]} for row in rows}
