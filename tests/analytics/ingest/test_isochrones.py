"""Isochrones asked of a service: whole runs, runs cut short, faults, and answers of any kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from analytics.contracts import ISOCHRONES
from analytics.errors import UserError
from analytics.ingest import isochrones
from analytics.ingest.isochrones import MINUTES, Fetched, Pace, fetch_isochrones, read_isochrones
from tests.analytics.ingest import isochrone_server as server
from tests.analytics.ingest.isochrone_server import Service

PLACES = pd.DataFrame(
    {
        "commune_code": ["31555", "48095", "2A004"],
        "name": ["Toulouse", "Mende", "Ajaccio"],
        "x_m": [574_357.82, 740_254.02, 1_177_119.7],
        "y_m": [6_279_642.97, 6_380_079.5, 6_113_098.7],
        "longitude": [1.444209, 3.500536, 8.736900],
        "latitude": [43.604652, 44.518094, 41.926701],
    }
)
TOULOUSE, MENDE = PLACES.iloc[:1], PLACES.iloc[1:2]


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def service() -> Iterator[Service]:
    with server.running() as found:
        yield found


def _fetch(service: Service, folder: Path, places: pd.DataFrame = TOULOUSE, clock: Clock | None = None) -> Fetched:
    pace = (clock or Clock()).pace()
    return fetch_isochrones(places, folder=folder, service=service.url, pace=pace, timeout_s=0.3)


def test_a_whole_run(service: Service, tmp_path: Path) -> None:
    done: list[float] = []
    clock = Clock()
    fetched = fetch_isochrones(
        PLACES.head(2), folder=tmp_path / "new", service=service.url, pace=clock.pace(), progress=done.append
    )
    assert (fetched.asked, fetched.kept, fetched.left_out) == (8, 0, ())
    assert done == sorted(done)
    assert done[-1] == 1
    rows = fetched.isochrones
    assert rows[["commune_code", "minutes"]].to_numpy().tolist() == [
        [code, minutes] for code in ("31555", "48095") for minutes in MINUTES
    ]
    assert set(rows["resource_version"]) == {"2026-11-01"}
    for place, minutes, wkb in zip(rows["commune_code"], rows["minutes"], rows["geometry_wkb"], strict=True):
        shape, own = shapely.from_wkb(wkb), PLACES.set_index("commune_code").loc[place]
        assert shapely.contains_xy(shape, own["x_m"], own["y_m"])
        # A hundredth of a degree a minute is 1.1 km northwards.
        height = np.diff(shape.bounds[1::2])[0] / 2_000
        assert height == pytest.approx(1.11 * minutes, rel=0.03)
    pd.testing.assert_frame_equal(rows, read_isochrones(tmp_path / "new"))


def test_what_is_asked_is_what_the_service_documents(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    assert service.asked[1] == {
        "point": "1.444209,43.604652",
        "resource": "bdtopo-valhalla",
        "profile": "car",
        "costType": "time",
        "costValue": "30",
        "timeUnit": "minute",
        "direction": "arrival",
        "geometryFormat": "geojson",
        "crs": "EPSG:4326",
    }


def test_no_more_than_five_requests_leave_in_a_second() -> None:
    clock, left = Clock(), []
    pace = clock.pace()
    for _ in range(30):
        pace.wait()
        left.append(clock.now)
    for start in left:
        assert sum(start <= moment < start + 0.999 for moment in left) <= 5
    assert left[-1] == pytest.approx(29 / 5)


def test_a_second_run_asks_for_what_is_missing(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    (tmp_path / "31555-45.json").unlink()
    service.asked.clear()
    again = _fetch(service, tmp_path, PLACES.head(2))
    assert (again.asked, again.kept) == (5, 3)
    assert len(service.asked) == 5


def test_a_run_cut_short_goes_on(service: Service, tmp_path: Path) -> None:
    original = isochrones.parse_answer
    calls = iter(range(100))

    def parse(content: bytes, **about: Any) -> dict[str, Any]:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return original(content, **about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isochrones, "parse_answer", parse)
        with pytest.raises(KeyboardInterrupt):
            _fetch(service, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["31555-15.json", "31555-30.json"]
    assert _fetch(service, tmp_path).kept == 2


def test_a_place_that_moved_is_asked_for_anew(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    moved = TOULOUSE.assign(x_m=TOULOUSE["x_m"] + 800, longitude=1.454209)
    assert _fetch(service, tmp_path, moved).asked == 4
    assert set(read_isochrones(tmp_path)["x_m"]) == {moved["x_m"].iloc[0]}


def test_the_service_says_how_long_to_wait(service: Service, tmp_path: Path) -> None:
    clock = Clock()
    service.script = [server.refused(429, Retry_After="5"), server.refused(429, Retry_After="5")]
    assert _fetch(service, tmp_path, clock=clock).asked == 4
    assert clock.slept.count(5.0) == 2


@pytest.mark.parametrize(
    "fault",
    [
        server.refused(500),
        server.refused(503, Retry_After="soon"),
        server.truncated,
        server.late,
        server.with_geometry({"type": "Polygon", "coordinates": []}),
        server.with_geometry(None),
        server.saying(b"<html>busy</html>"),
        server.saying(b""),
    ],
)
def test_a_passing_fault_is_tried_again(service: Service, tmp_path: Path, fault: Any) -> None:
    clock = Clock()
    service.script = [fault, fault]
    fetched = _fetch(service, tmp_path, clock=clock)
    assert (fetched.asked, fetched.left_out) == (4, ())
    assert [seconds for seconds in clock.slept if seconds >= 1] == [1, 2]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": []},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Point", "coordinates": [1.44, 43.6]},
        {"type": "LineString", "coordinates": [[1.4, 43.6], [1.5, 43.6]]},
        {"type": "Polygon", "coordinates": [[[1.4, 43.6], [1.5, 43.6]]]},
        {"type": "Polygon", "coordinates": [[[1e9, 43.6], [1.5, 43.6], [1.5, 43.7], [1e9, 43.6]]]},
        {"type": "Polygon", "coordinates": [[[4.4, 43.6], [4.5, 43.6], [4.5, 43.7], [4.4, 43.6]]]},
        "POLYGON EMPTY",
        None,
    ],
)
def test_what_is_no_contour_around_the_place_is_left_out(service: Service, tmp_path: Path, geometry: Any) -> None:
    service.always = server.with_geometry(geometry)
    fetched = _fetch(service, tmp_path)
    assert fetched.left_out == tuple(("Toulouse", m, "isochrones.reason_bad_answer") for m in MINUTES)
    assert len(service.asked) == len(MINUTES) * isochrones.TRIES
    assert fetched.isochrones.empty
    assert not list(tmp_path.iterdir())


def test_the_answer_to_another_question_is_refused(service: Service, tmp_path: Path) -> None:
    other = json.dumps(server.answer({**_asked(), "costValue": "20"})).encode()
    service.always = server.saying(other)
    assert len(_fetch(service, tmp_path).left_out) == 4


def test_a_refused_place_is_not_asked_for_again(service: Service, tmp_path: Path) -> None:
    service.always = server.refused(400)
    fetched = _fetch(service, tmp_path)
    assert len(service.asked) == 4
    assert {reason for *_, reason in fetched.left_out} == {"isochrones.reason_refused"}


def test_a_service_that_is_down_ends_the_run_and_keeps_what_came(service: Service, tmp_path: Path) -> None:
    service.script = [server.good, server.good]
    service.always = server.refused(502)
    with pytest.raises(UserError) as caught:
        _fetch(service, tmp_path, PLACES)
    assert caught.value.key == "isochrones.service_down"
    assert "2" in caught.value.message("fr")
    assert len(service.asked) == 2 + 3 * isochrones.TRIES
    assert len(read_isochrones(tmp_path)) == 2


def test_nobody_listens(tmp_path: Path) -> None:
    with server.running() as gone:
        address = gone.url
    with pytest.raises(UserError) as caught:
        fetch_isochrones(TOULOUSE, folder=tmp_path, service=address, pace=Clock().pace())
    assert caught.value.key == "isochrones.service_down"


def test_crossed_rings_are_mended(service: Service, tmp_path: Path) -> None:
    bow = [[1.3, 43.5], [1.6, 43.7], [1.6, 43.5], [1.3, 43.7], [1.3, 43.5]]
    service.always = server.with_geometry({"type": "Polygon", "coordinates": [bow]})
    rows = _fetch(service, tmp_path).isochrones
    assert len(rows) == 4
    assert all(shapely.is_valid(shapely.from_wkb(wkb)) for wkb in rows["geometry_wkb"])


def test_without_answers_the_table_is_empty(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert list(read_isochrones(folder)) == list(ISOCHRONES.columns)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"x_m": 1, "y_m": 2, "minutes": 15}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "31555-15.json").write_text(content)
    with pytest.raises(UserError) as caught:
        read_isochrones(tmp_path)
    assert caught.value.key == "isochrones.damaged"
    assert "31555-15.json" in caught.value.message("fr")


def test_a_folder_that_cannot_be_written(service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        _fetch(service, tmp_path / "file" / "folder")
    assert caught.value.key == "isochrones.unwritable"


def _asked() -> dict[str, str]:
    names = ("resource", "costType", "timeUnit", "profile", "direction", "crs")
    return {"point": "1.444209,43.604652", "costValue": "15", **dict.fromkeys(names, "")}


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_GEOMETRY = st.fixed_dictionaries(
    {"type": st.sampled_from(["Polygon", "MultiPolygon", "Point", "Curve"]), "coordinates": _JSON}
)


@given(_JSON | st.fixed_dictionaries({"geometry": _JSON | _GEOMETRY}, optional={"costValue": _JSON}))
def test_no_answer_makes_it_fall_over(answer: Any) -> None:
    place = TOULOUSE.iloc[0].to_dict()
    with pytest.raises(isochrones._NoAnswerError):
        isochrones.parse_answer(json.dumps(answer).encode(), place=place, minutes=15)


@given(st.binary(max_size=60))
def test_no_bytes_make_it_fall_over(content: bytes) -> None:
    with pytest.raises(isochrones._NoAnswerError):
        isochrones.parse_answer(content, place=TOULOUSE.iloc[0].to_dict(), minutes=15)
