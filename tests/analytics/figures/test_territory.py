"""The map: discs in proportion, rings, and names that never collide."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analytics.figures.labels import Mark, _box, _disc, _overlap, place_labels
from analytics.figures.palette import LIGHT
from analytics.figures.territory import Frame, territory
from analytics.ingest.geography import load_geography, locate_antennas
from analytics.settings import default_settings
from pages.shared.door import land_frame

FRAME = Frame(url="/assets/geo/land.12345678.svg", west=400.0, south=6100.0, east=800.0, north=6400.0)
PLACES = pd.DataFrame(
    {
        "epci_name": ["Grande", "Petite <i>", "Vide", "Ailleurs"],
        "x_m": [500_000.0, 600_000.0, 700_000.0, float("nan")],
        "y_m": [6_200_000.0, 6_300_000.0, 6_250_000.0, float("nan")],
        "firms": [4_000, 1_000, 0, 5],
        "members": [160, 0, 0, 0],
    }
)
ANTENNAS = pd.DataFrame({"name": ["Ville"], "x_m": [500_500.0], "y_m": [6_200_500.0]})


def test_areas_of_discs_are_in_proportion_to_counts() -> None:
    firms, members, _ = territory(PLACES, ANTENNAS, frame=FRAME, palette=LIGHT, language="fr").data
    assert list(firms.marker.size) == [68.0, 34.0]
    assert list(members.marker.size) == [42.0]
    assert list(firms.x) == [500.0, 600.0]


def test_few_members_do_not_look_like_many() -> None:
    few = PLACES.assign(members=[10, 0, 0, 0])
    members = territory(few, ANTENNAS, frame=FRAME, palette=LIGHT, language="fr").data[1]
    assert list(members.marker.size) == [21.0]


def test_the_land_is_one_picture_in_its_place() -> None:
    figure = territory(PLACES, ANTENNAS, frame=FRAME, palette=LIGHT, language="fr")
    (land,) = figure.layout.images
    assert (land.x, land.y, land.sizex, land.sizey) == (400.0, 6400.0, 400.0, 300.0)
    assert land.source == FRAME.url
    assert figure.layout.yaxis.scaleanchor == "x"


def test_an_antenna_bears_its_name_and_the_count_of_its_place() -> None:
    figure = territory(PLACES, ANTENNAS, frame=FRAME, palette=LIGHT, language="fr")
    assert [annotation.text for annotation in figure.layout.annotations] == ["<b>Ville</b>  160"]


def test_names_from_files_are_not_markup() -> None:
    firms = territory(PLACES, ANTENNAS, frame=FRAME, palette=LIGHT, language="fr").data[0]
    assert firms.hovertext[1] == "<b>Petite &lt;i&gt;</b><br>0 adhérent sur 1\u202f000 entreprises"


def test_a_map_without_a_firm_keeps_the_land_and_the_antennas() -> None:
    none = PLACES.assign(firms=0, members=0)
    figure = territory(none, ANTENNAS, frame=FRAME, palette=LIGHT, language="fr")
    assert [len(trace.x) for trace in figure.data] == [0, 0, 1]


def test_the_most_important_name_wins() -> None:
    marks = [Mark("first", 100, 100, 4, 40), Mark("second", 101, 100, 4, 40)]
    placed = place_labels(marks, px_per_km=1, text_px=14, bounds_km=(0, 90, 460, 110))
    assert [place.index for place in placed] == [0]


coordinates = st.floats(min_value=0, max_value=300)


@hypothesis_settings(max_examples=60)
@given(st.lists(st.tuples(coordinates, coordinates, st.integers(3, 14)), max_size=12))
def test_names_never_overlap_each_other_nor_leave_the_frame(points: list[tuple[float, float, int]]) -> None:
    marks = [Mark("x", x, y, 6, characters=n) for x, y, n in points]
    placed = place_labels(marks, px_per_km=1, text_px=14, bounds_km=(-50, -50, 350, 350))
    boxes = [(place.index, _box(place, marks[place.index], 1, 14)) for place in placed]
    for rank, (_, box) in enumerate(boxes):
        assert box[0] >= -50
        assert box[2] <= 350
        assert not any(_overlap(box, other) for _, other in boxes[rank + 1 :])


def test_a_disc_is_kept_free_where_that_can_be() -> None:
    # The disc of the second stands where the first name would go: that one moves above its point.
    marks = [Mark("first", 100, 100, 6, 5), Mark("second", 130, 100, 10, 0)]
    first = place_labels(marks, px_per_km=1, text_px=14, bounds_km=(0, 0, 300, 300))[0]
    assert (first.x_anchor, first.y_anchor) == ("center", "bottom")
    assert not _overlap(_box(first, marks[0], 1, 14), _disc(marks[1], 1))


def test_a_name_stands_on_a_disc_rather_than_be_left_out() -> None:
    marks = [Mark("x", 50, 50, 200, 4), Mark("y", 60, 50, 200, 4)]
    assert len(place_labels(marks, px_per_km=1, text_px=14, bounds_km=(-400, -400, 500, 500))) == 2


def test_all_the_antennas_of_the_region_are_named() -> None:
    settings = default_settings()
    geography = load_geography(settings)
    antennas = locate_antennas(settings, geography)
    frame = land_frame()
    discs = antennas.rename(columns={"name": "epci_name"}).assign(firms=[9000, 4000, *[900] * 7], members=9)
    assert antennas["x_m"].between(1000 * frame.west, 1000 * frame.east).all()
    assert antennas["y_m"].between(1000 * frame.south, 1000 * frame.north).all()
    figure = territory(discs, antennas, frame=frame, palette=LIGHT, language="fr")
    assert len(figure.layout.annotations) == 9


def test_boxes_are_where_anchors_say() -> None:
    (place,) = place_labels([Mark("x", 0, 0, 5, 10)], px_per_km=1, text_px=10, bounds_km=(-500, -500, 500, 500))
    left, bottom, right, top = _box(place, Mark("x", 0, 0, 5, 10), 1, 10)
    assert left == 10
    assert right == pytest.approx(70)
    assert (bottom, top) == (-8.5, 8.5)
