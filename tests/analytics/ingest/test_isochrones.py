"""Isochrones asked of a service: whole runs, runs cut short, faults, and answers of any kind."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.contracts import ISOCHRONES
from analytics.errors import UserError
from analytics.ingest import isochrone_service
from analytics.ingest.isochrone_service import MINUTES, Fetched, Pace, fetch_isochrones, parse_answer
from analytics.ingest.isochrones import read_isochrones
from analytics.text import LANGUAGES
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
        PLACES, folder=tmp_path / "new", service=service.url, pace=clock.pace(), progress=done.append
    )
    assert (fetched.asked, fetched.kept, fetched.left_out) == (12, 0, ())
    assert done == sorted(done)
    assert done[-1] == 1
    rows = fetched.isochrones
    assert rows[["commune_code", "minutes"]].to_numpy().tolist() == [
        [code, minutes] for code in ("2A004", "31555", "48095") for minutes in MINUTES
    ]
    assert set(rows["resource_version"]) == {"2026-11-01"}
    assert rows["fetched_on"].dtype == "datetime64[ns]"
    assert (rows["fetched_on"] == pd.Timestamp.now("UTC").tz_localize(None).normalize()).all()
    for place, minutes, wkb in zip(rows["commune_code"], rows["minutes"], rows["geometry_wkb"], strict=True):
        shape, own = shapely.from_wkb(wkb), PLACES.set_index("commune_code").loc[place]
        assert shapely.contains_xy(shape, own["x_m"], own["y_m"])
        # A degree is 111.2 km northwards, on a sphere; the square is two hundredths of a degree wide a minute.
        side_km = 2 * 1.112 * minutes
        assert shape.area / 1e6 == pytest.approx(side_km**2 * math.cos(math.radians(own["latitude"])), rel=0.01)
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
    assert [asked["costValue"] for asked in service.asked] == ["15", "30", "45", "60"]


def test_the_software_names_itself_and_keeps_its_connection(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    assert {sent["User-Agent"].split("/")[0] for sent in service.headers} == {"digital-ecosystem-dashboard"}
    assert not {"Authorization", "Cookie", "From", "Referer"} & set(service.headers[0])
    assert len(service.callers) == 1


def test_other_sizes(service: Service, tmp_path: Path) -> None:
    fetched = fetch_isochrones(
        TOULOUSE, folder=tmp_path, service=service.url, minutes=(10, 20), pace=Clock().pace(), timeout_s=0.3
    )
    assert fetched.isochrones["minutes"].tolist() == [10, 20]
    # What was measured before in other sizes stays.
    assert (again := _fetch(service, tmp_path)).asked == 4
    assert again.isochrones["minutes"].tolist() == [10, 15, 20, 30, 45, 60]


def test_a_square_comes_back_in_lambert_93(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    row = read_isochrones(tmp_path).iloc[0]
    shape = shapely.from_wkb(row["geometry_wkb"])
    # 0.3 degrees wide and high at 43.6 degrees of latitude: 24.2 km by 33.3 km.
    assert math.sqrt(shape.area) / 1_000 == pytest.approx(math.sqrt(24.2 * 33.3), rel=0.01)
    centre = shape.centroid
    assert math.hypot(centre.x - row["x_m"], centre.y - row["y_m"]) < 200


def test_answers_are_for_their_owner_alone(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path / "new")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"31555-{size}.json" for size in MINUTES]


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


def test_a_second_run_of_all_asks_for_nothing(service: Service, tmp_path: Path) -> None:
    first = _fetch(service, tmp_path, PLACES)
    service.asked.clear()
    again = _fetch(service, tmp_path, PLACES)
    assert (again.asked, again.kept, service.asked) == (0, 12, [])
    pd.testing.assert_frame_equal(again.isochrones, first.isochrones)


def test_the_pace_holds_through_a_run(service: Service, tmp_path: Path) -> None:
    clock, left = Clock(), []
    service.always = lambda asked: (left.append(clock.now), server.good(asked))[1]
    _fetch(service, tmp_path, PLACES, clock)
    assert len(left) == 12
    assert np.diff(left) == pytest.approx(0.2)


def test_a_run_cut_short_goes_on(service: Service, tmp_path: Path) -> None:
    original = isochrone_service.parse_answer
    calls = iter(range(100))

    def parse(content: bytes, **about: Any) -> dict[str, Any]:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return original(content, **about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isochrone_service, "parse_answer", parse)
        with pytest.raises(KeyboardInterrupt):
            _fetch(service, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["31555-15.json", "31555-30.json"]
    service.asked.clear()
    again = _fetch(service, tmp_path)
    assert (again.kept, again.asked) == (2, 2)
    assert [asked["costValue"] for asked in service.asked] == ["45", "60"]


def test_a_place_that_moved_is_asked_for_anew(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    moved = TOULOUSE.assign(x_m=TOULOUSE["x_m"] + 800, longitude=1.454209)
    assert _fetch(service, tmp_path, moved).asked == 4
    assert set(read_isochrones(tmp_path)["x_m"]) == {moved["x_m"].iloc[0]}


def test_a_place_that_moved_by_less_is_not_asked_for_anew(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    moved = TOULOUSE.assign(x_m=TOULOUSE["x_m"] + 60, y_m=TOULOUSE["y_m"] + 79)
    assert _fetch(service, tmp_path, moved).kept == 4
    assert _fetch(service, tmp_path, moved.assign(y_m=TOULOUSE["y_m"] + 81)).kept == 0


def test_the_service_says_how_long_to_wait(service: Service, tmp_path: Path) -> None:
    clock = Clock()
    service.script = [server.refused(429, Retry_After="5"), server.refused(429, Retry_After="5")]
    assert _fetch(service, tmp_path, clock=clock).asked == 4
    assert clock.slept.count(5.0) == 2


def test_no_wait_is_longer_than_a_minute(service: Service, tmp_path: Path) -> None:
    clock = Clock()
    service.script = [server.refused(429, Retry_After="86400")]
    assert _fetch(service, tmp_path, clock=clock).asked == 4
    assert max(clock.slept) == isochrone_service.LONGEST_WAIT_S


@pytest.mark.parametrize(
    "fault",
    [
        server.refused(500),
        server.refused(503, Retry_After="soon"),
        server.refused(502),
        server.refused(504),
        server.truncated,
        server.cut,
        server.late,
        server.with_geometry({"type": "Polygon", "coordinates": []}),
        server.with_geometry(None),
        server.saying(b"<html>busy</html>"),
        server.saying(b""),
        server.saying(b"[" * 100_000),
        server.saying(b'{"error": {"message": "busy"}}'),
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
        # A hundred metres more than five kilometres east of the place; latitude first; a line that holds no area.
        {"type": "Polygon", "coordinates": [[[1.5075, 43.6], [1.6, 43.6], [1.6, 43.7], [1.5075, 43.6]]]},
        {"type": "Polygon", "coordinates": [[[43.5, 1.3], [43.7, 1.3], [43.7, 1.5], [43.5, 1.3]]]},
        {"type": "Polygon", "coordinates": [[[1.4, 43.6], [1.5, 43.6], [1.4, 43.6], [1.4, 43.6]]]},
        {"type": "Polygon", "coordinates": [[[math.nan, 43.6], [1.5, 43.6], [1.5, 43.7], [math.nan, 43.6]]]},
        "POLYGON EMPTY",
        None,
    ],
)
def test_what_is_no_contour_around_the_place_is_left_out(service: Service, tmp_path: Path, geometry: Any) -> None:
    service.always = server.with_geometry(geometry)
    fetched = _fetch(service, tmp_path)
    assert fetched.left_out == tuple(("Toulouse", m, "isochrones.reason_bad_answer") for m in MINUTES)
    assert len(service.asked) == len(MINUTES) * isochrone_service.TRIES
    assert fetched.isochrones.empty
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changes",
    [{"costValue": 20}, {"costValue": 900}, {"costValue": None}, {"point": "1.46,43.604652"}, {"point": "Toulouse"}],
)
def test_the_answer_to_another_question_is_refused(service: Service, tmp_path: Path, changes: dict[str, Any]) -> None:
    service.always = lambda asked: (200, {}, json.dumps(server.answer(asked, **changes)).encode())
    fetched = _fetch(service, tmp_path)
    assert {reason for *_, reason in fetched.left_out} == {"isochrones.reason_bad_answer"}
    assert not list(tmp_path.iterdir())


def test_a_polygon_that_begins_at_the_next_road_is_kept(service: Service, tmp_path: Path) -> None:
    # 4.9 km east of the place.
    ring = [[1.505, 43.6], [1.6, 43.6], [1.6, 43.7], [1.505, 43.61], [1.505, 43.6]]
    service.always = server.with_geometry({"type": "Polygon", "coordinates": [ring]})
    assert _fetch(service, tmp_path).asked == 4


def test_a_refused_place_is_not_asked_for_again(service: Service, tmp_path: Path) -> None:
    service.always = server.refused(400)
    fetched = _fetch(service, tmp_path)
    assert len(service.asked) == 4
    assert {reason for *_, reason in fetched.left_out} == {"isochrones.reason_refused"}


def test_one_refused_size_leaves_the_others(service: Service, tmp_path: Path) -> None:
    service.script = [server.good, server.refused(400), server.good]
    fetched = _fetch(service, tmp_path)
    assert (fetched.asked, fetched.left_out) == (3, (("Toulouse", 30, "isochrones.reason_refused"),))
    assert fetched.isochrones["minutes"].tolist() == [15, 45, 60]
    # It is asked for again by the next run.
    assert (_fetch(service, tmp_path).asked, len(read_isochrones(tmp_path))) == (1, 4)


@pytest.mark.parametrize("always", [server.refused(502), server.truncated, server.saying(b"<html>Maintenance</html>")])
def test_a_service_that_is_down_ends_the_run_and_keeps_what_came(service: Service, tmp_path: Path, always: Any) -> None:
    service.script = [server.good, server.good]
    service.always = always
    with pytest.raises(UserError) as caught:
        _fetch(service, tmp_path, PLACES)
    assert caught.value.key == "isochrones.service_down"
    assert (caught.value.params["kept"], caught.value.params["service"]) == (2, service.url)
    for language in LANGUAGES:
        assert "2" in caught.value.message(language)
    assert len(service.asked) == 2 + 3 * isochrone_service.TRIES
    assert len(read_isochrones(tmp_path)) == 2
    service.always = server.good
    assert _fetch(service, tmp_path, PLACES).kept == 2


def test_a_place_without_answer_between_others_does_not_end_the_run(service: Service, tmp_path: Path) -> None:
    fault = [server.refused(503)] * isochrone_service.TRIES
    service.script = [*fault, *fault, server.good, *fault, *fault]
    fetched = _fetch(service, tmp_path, PLACES)
    assert [minutes for _, minutes, _ in fetched.left_out] == [15, 30, 60, 15]
    assert {reason for *_, reason in fetched.left_out} == {"isochrones.reason_busy"}
    assert fetched.asked == 8


def test_a_service_that_holds_every_request_is_down(service: Service, tmp_path: Path) -> None:
    service.always = server.late
    with pytest.raises(UserError) as caught:
        fetch_isochrones(TOULOUSE, folder=tmp_path, service=service.url, pace=Clock().pace(), timeout_s=0.02)
    assert caught.value.key == "isochrones.service_down"
    cause = caught.value.__cause__
    assert isinstance(cause, isochrone_service._NoAnswerError)
    assert cause.reason == "isochrones.reason_timeout"


@pytest.mark.parametrize("address", ["", "data.geopf.fr/navigation", "ftp://data.geopf.fr", "http://", "http://[::1"])
def test_what_is_no_address_is_said_at_once(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError) as caught:
        fetch_isochrones(TOULOUSE, folder=tmp_path, service=address, pace=Clock().pace())
    assert caught.value.key == "isochrones.no_address"
    assert address in caught.value.message("en")


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


def test_a_size_holds_the_smaller_ones(service: Service, tmp_path: Path) -> None:
    def reply(asked: dict[str, str]) -> server.Reply:
        # Each a strip of its own: the service draws every size for itself.
        east = 1.4 + int(asked["costValue"]) / 1_000
        ring = [[east, 43.5], [east + 0.05, 43.5], [east + 0.05, 43.7], [east, 43.7], [east, 43.5]]
        return server.with_geometry({"type": "Polygon", "coordinates": [ring]})(asked)

    service.always = reply
    shapes = shapely.from_wkb(_fetch(service, tmp_path).isochrones["geometry_wkb"].to_numpy())
    for smaller, larger in itertools.pairwise(shapes):
        # But for where the border's new corners are rounded.
        assert shapely.difference(smaller, larger).area < 1
    # 0.05 degrees by 0.2 degrees, then 0.095 by 0.2.
    assert shapely.area(shapes) / shapely.area(shapes)[0] == pytest.approx([1, 1.3, 1.6, 1.9], rel=0.001)


def test_after_a_move_the_sizes_of_the_old_point_are_not_joined(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    moved = TOULOUSE.assign(x_m=PLACES["x_m"][1], y_m=PLACES["y_m"][1], longitude=3.500536, latitude=44.518094)
    service.script = [server.refused(400)]
    rows = _fetch(service, tmp_path, moved).isochrones
    shapes = shapely.from_wkb(rows["geometry_wkb"].to_numpy())
    assert rows["x_m"].tolist() == [TOULOUSE["x_m"][0], *[PLACES["x_m"][1]] * 3]
    assert not shapely.intersects(shapes[0], shapes[1:]).any()


def test_without_answers_the_table_is_empty(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert list(read_isochrones(folder)) == list(ISOCHRONES.columns)
        assert read_isochrones(folder).empty


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"x_m": 1, "y_m": 2, "minutes": 15}', "[" * 100_000])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "31555-15.json").write_text(content)
    with pytest.raises(UserError) as caught:
        read_isochrones(tmp_path)
    assert caught.value.key == "isochrones.damaged"
    for language in LANGUAGES:
        assert "31555-15.json" in caught.value.message(language)


@pytest.mark.parametrize(
    "changes",
    [
        {"commune_code": 31555},
        {"commune_code": "48095"},
        {"minutes": 30},
        {"minutes": "15"},
        {"x_m": math.nan},
        {"resource_version": None},
        {"fetched_on": "yesterday"},
        {"fetched_on": "0001-01-01"},
        {"geometry": {"type": "Polygon", "coordinates": []}},
        {"geometry": {"type": "Point", "coordinates": [1.44, 43.6]}},
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_damaged(
    service: Service, tmp_path: Path, changes: dict[str, Any]
) -> None:
    _fetch(service, tmp_path)
    file = tmp_path / "31555-15.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    service.asked.clear()
    for read in (lambda: read_isochrones(tmp_path), lambda: _fetch(service, tmp_path, PLACES)):
        with pytest.raises(UserError) as caught:
            read()
        assert caught.value.key == "isochrones.damaged"
    # It is said before anything is asked.
    assert not service.asked


def test_a_copy_of_an_answer_is_not_a_second_one(service: Service, tmp_path: Path) -> None:
    _fetch(service, tmp_path)
    (tmp_path / "31555-15 (1).json").write_bytes((tmp_path / "31555-15.json").read_bytes())
    with pytest.raises(UserError) as caught:
        read_isochrones(tmp_path)
    assert "31555-15 (1).json" in caught.value.message()


def test_a_folder_that_cannot_be_written(service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        _fetch(service, tmp_path / "file" / "folder")
    assert caught.value.key == "isochrones.unwritable"


def test_what_asks_is_not_loaded_with_the_module() -> None:
    code = "import sys, analytics.ingest.isochrone_service; print({'requests', 'tenacity'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def _asked() -> dict[str, str]:
    names = ("resource", "costType", "timeUnit", "profile", "direction", "crs")
    return {"point": "1.444209,43.604652", "costValue": "15", **dict.fromkeys(names, "")}


@given(st.text(st.characters(), max_size=5) | st.none() | st.integers() | st.lists(st.integers(), max_size=2))
@example("\ud800")
def test_any_version_is_kept_as_a_text_that_files_take(version: Any) -> None:
    content = json.dumps(server.answer(_asked(), resourceVersion=version)).encode()
    kept = parse_answer(content, place=TOULOUSE.iloc[0].to_dict(), minutes=15)
    assert kept["resource_version"].encode("utf-8").decode("utf-8") == kept["resource_version"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_GEOMETRY = st.fixed_dictionaries(
    {"type": st.sampled_from(["Polygon", "MultiPolygon", "Point", "Curve"]), "coordinates": _JSON}
)


@given(_JSON | st.fixed_dictionaries({"geometry": _JSON | _GEOMETRY}, optional={"costValue": _JSON, "point": _JSON}))
def test_no_answer_makes_it_fall_over(answer: Any) -> None:
    place = TOULOUSE.iloc[0].to_dict()
    with pytest.raises(isochrone_service._NoAnswerError):
        parse_answer(json.dumps(answer).encode(), place=place, minutes=15)


@given(st.binary(max_size=60))
def test_no_bytes_make_it_fall_over(content: bytes) -> None:
    with pytest.raises(isochrone_service._NoAnswerError):
        parse_answer(content, place=TOULOUSE.iloc[0].to_dict(), minutes=15)
