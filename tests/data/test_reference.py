"""The committed reference geography: complete, one coverage at each resolution, and drawn in one small picture."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from analytics.settings import default_settings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "data" / "reference"
SVG = "{http://www.w3.org/2000/svg}"
DETAILS = ("", "-light")
TABLES = ("communes", "epcis", "departments")
# Gardères, Luquet; Escaunets, Séron, Villenave-près-Béarn: Hautes-Pyrénées within Pyrénées-Atlantiques, another region.
EXCLAVES = {frozenset({"65185", "65292"}), frozenset({"65160", "65422", "65476"})}
SLIVER_M = 5.0


@cache
def contours(table: str, suffix: str = "") -> gpd.GeoDataFrame:
    frame = gpd.read_parquet(REFERENCE / f"{table}{suffix}.parquet")
    return frame.rename(columns={"commune_code": "area_code"})


@cache
def neighbours(table: str, suffix: str = "") -> frozenset[tuple[str, str]]:
    """Pairs of areas that share a line, not only a point, in both orders."""
    areas = contours(table, suffix)
    shapes, codes = areas.geometry.to_numpy(), areas["area_code"].to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left != right], right[left != right]
    shared = shapely.length(shapely.intersection(shapes[left], shapes[right])) > 0
    return frozenset(zip(codes[left[shared]], codes[right[shared]], strict=True))


def pieces(table: str, suffix: str) -> set[frozenset[str]]:
    """Groups of areas that hang together."""
    codes = contours(table, suffix)["area_code"].tolist()
    place = {code: index for index, code in enumerate(codes)}
    pairs = [(place[a], place[b]) for a, b in neighbours(table, suffix)]
    rows, columns = zip(*pairs, strict=True)
    count, label = connected_components(coo_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(codes),) * 2))
    groups: list[set[str]] = [set() for _ in range(count)]
    for code, group in zip(codes, label, strict=True):
        groups[group].add(code)
    return {frozenset(group) for group in groups}


@cache
def provenance() -> dict[str, Any]:
    return dict(json.loads((REFERENCE / "provenance.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", REFERENCE / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# --- what the files hold ---------------------------------------------------------------------------------------------


def test_counts() -> None:
    assert len(contours("communes")) == 4446
    assert contours("communes")["area_code"].is_unique
    assert len(contours("epcis")) == 164
    assert contours("departments")["area_code"].tolist() == sorted(default_settings().region.departments)
    assert len(pd.read_parquet(REFERENCE / "commune_successors.parquet")) == 179


def test_provenance_tells_what_the_files_hold() -> None:
    counts = provenance()["counts"]
    assert counts["communes"] == len(contours("communes"))
    assert counts["epcis"] == len(contours("epcis"))
    assert counts["epcis_partly_outside"] == (contours("epcis")["communes_outside"] > 0).sum() == 6
    assert provenance()["departments"] == list(default_settings().region.departments)
    assert [len(package["sha256"]) for package in provenance()["packages"]] == [64, 64]


def test_codes_are_strings_that_begin_with_their_department() -> None:
    communes = contours("communes")
    assert communes["area_code"].str.fullmatch(r"\d{5}").all()
    assert (communes["area_code"].str[:2] == communes["department_code"]).all()


def test_every_commune_has_an_epci_of_the_table() -> None:
    assert set(contours("communes")["epci_code"]) == set(contours("epcis")["area_code"])


def test_names_are_official_with_their_article() -> None:
    names = contours("communes").set_index("area_code")["name"]
    assert names["09003"] == "L'Aiguillon"
    assert names["12218"] == "Conques-en-Rouergue"
    assert names[["31555", "34172"]].tolist() == ["Toulouse", "Montpellier"]


def test_population_is_the_municipal_one_of_2026() -> None:
    population = contours("communes").set_index("area_code")["population"]
    assert population.sum() == provenance()["population"]["municipal"] == 6_124_653
    assert population["31555"] == 514_819
    # The EPCI table of the same package carries the municipal populations of the year before.
    assert population.sum() == pytest.approx(provenance()["population"]["municipal_by_epci_table"], rel=0.01)
    assert (population > 0).all()


def test_seats_of_departments_and_main_communes() -> None:
    seats = contours("departments").set_index("area_code")["seat_commune_code"]
    assert seats[["09", "31", "34", "48"]].tolist() == ["09122", "31555", "34172", "48095"]
    main = contours("epcis").set_index("area_name")["main_commune_code"]
    assert main["Toulouse Métropole"] == "31555"
    assert main["CA Rodez Agglomération"] == "12202"


def test_successors_lead_to_communes_of_today() -> None:
    successors = pd.read_parquet(REFERENCE / "commune_successors.parquet")
    today = set(contours("communes")["area_code"])
    assert successors["old_code"].is_unique
    assert set(successors["commune_code"]) <= today
    assert not set(successors["old_code"]) & today
    pairs = dict(zip(successors["old_code"], successors["commune_code"], strict=True))
    # Conques, Saint-Paul-de-Loubressac, Sarcos.
    assert (pairs["12076"], pairs["46287"], pairs["32413"]) == ("12218", "46103", "32365")


def test_town_halls_lie_in_their_communes() -> None:
    communes = contours("communes")
    points = gpd.GeoSeries(gpd.points_from_xy(communes["x_m"], communes["y_m"]), crs=communes.crs)
    # 500 m are allowed to the source's contours, 100 m more to the simplification.
    assert communes.distance(points).max() <= 600
    degrees = points.to_crs("EPSG:4326")
    assert np.allclose(degrees.x, communes["longitude"], atol=2e-5)
    assert np.allclose(degrees.y, communes["latitude"], atol=2e-5)


def test_replaced_town_halls_are_counted() -> None:
    replaced = provenance()["town_halls_replaced"]
    assert replaced["missing"] == ["12054", "12182", "65181", "81115", "81213"]
    assert len(replaced["far_outside"]) < 250


def test_files_stay_small() -> None:
    assert sum(file.stat().st_size for file in REFERENCE.glob("*") if file.is_file()) < 3_000_000


# --- contours --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", DETAILS)
@pytest.mark.parametrize("table", TABLES)
def test_contours_are_one_coverage(table: str, suffix: str) -> None:
    areas = contours(table, suffix)
    shapes = areas.geometry.to_numpy()
    assert areas.crs.to_epsg() == 2154
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    assert set(areas.geom_type) <= {"Polygon", "MultiPolygon"}
    assert shapely.coverage_is_valid(shapes, gap_width=SLIVER_M)


@pytest.mark.parametrize("suffix", DETAILS)
@pytest.mark.parametrize("table", TABLES)
def test_simplified_areas_sum_to_the_area_of_the_source(table: str, suffix: str) -> None:
    total_km2 = contours(table, suffix).area.sum() / 1e6
    assert total_km2 == pytest.approx(provenance()["area_km2"], rel=0.002)


def test_area_is_that_of_the_region() -> None:
    # 72,724 km2 by the land register, which leaves out large waters.
    assert provenance()["area_km2"] == pytest.approx(72_724, rel=0.01)


@pytest.mark.parametrize("suffix", DETAILS)
@pytest.mark.parametrize(("table", "column"), [("epcis", "epci_code"), ("departments", "department_code")])
def test_areas_are_their_communes(table: str, column: str, suffix: str) -> None:
    area_of = contours("communes").set_index("area_code")[column]
    communes = contours("communes", suffix)
    summed = communes.area.groupby(communes["area_code"].map(area_of)).sum()
    areas = contours(table, suffix).set_index("area_code").area
    assert np.allclose(areas, summed.loc[areas.index], rtol=1e-9)


@pytest.mark.parametrize("suffix", DETAILS)
def test_region_is_one_piece_and_two_exclaves(suffix: str) -> None:
    groups = pieces("communes", suffix)
    assert {group for group in groups if len(group) < 100} == EXCLAVES
    assert len(groups) == 3
    assert len(pieces("epcis", suffix)) == 1
    assert len(pieces("departments", suffix)) == 1


@pytest.mark.parametrize("suffix", DETAILS)
def test_known_neighbours(suffix: str) -> None:
    touching = neighbours("communes", suffix)
    toulouse_blagnac, montpellier_lattes, ales_saint_christol = (
        ("31555", "31069"),
        ("34172", "34129"),
        ("30007", "30243"),
    )
    assert {toulouse_blagnac, montpellier_lattes, ales_saint_christol} <= touching
    assert ("31555", "34172") not in touching
    assert ("31", "34") not in neighbours("departments", suffix)
    assert {("31", "09"), ("34", "30"), ("12", "48"), ("11", "66")} <= neighbours("departments", suffix)


@pytest.mark.parametrize("table", TABLES)
def test_simplification_keeps_all_neighbours(table: str) -> None:
    assert neighbours(table, "") == neighbours(table, "-light")


def test_commune_without_a_contour_is_whole() -> None:
    communes = contours("communes").set_index("area_code")
    assert provenance()["contours_from_absorbed_communes"] == ["12218"]
    assert communes.area["12218"] / 1e6 == pytest.approx(106.3, abs=0.5)
    assert {b for a, b in neighbours("communes") if a == "12218"} >= {"12215", "12268"}


def test_only_llivia_is_left_out() -> None:
    region = shapely.union_all(contours("communes").geometry.to_numpy())
    rings = [shapely.Polygon(ring) for part in region.geoms for ring in part.interiors]
    llivia = gpd.GeoSeries(gpd.points_from_xy([1.98], [42.466]), crs="EPSG:4326").to_crs("EPSG:2154")[0]
    assert [ring.contains(llivia) for ring in rings] == [True]
    assert rings[0].area / 1e6 == pytest.approx(12.98, abs=0.2)
    assert provenance()["holes_left_km2"] == [12.98]


# --- basemap ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def land() -> ElementTree.Element:
    return ElementTree.fromstring((REFERENCE / "land.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own file


def test_land_has_the_shape_of_its_extent(land: ElementTree.Element) -> None:
    extent = provenance()["land"]
    _, _, width, height = (float(number) for number in land.attrib["viewBox"].split())
    assert width * 100 == extent["x_max_m"] - extent["x_min_m"]
    assert height * 100 == extent["y_max_m"] - extent["y_min_m"]
    assert float(land.attrib["width"]) / float(land.attrib["height"]) == pytest.approx(width / height, rel=1e-3)


def test_land_covers_the_region_to_the_kilometre(land: ElementTree.Element) -> None:
    x_min, y_min, x_max, y_max = contours("departments", "-light").total_bounds
    extent = provenance()["land"]
    margins = [
        x_min - extent["x_min_m"],
        y_min - extent["y_min_m"],
        extent["x_max_m"] - x_max,
        extent["y_max_m"] - y_max,
    ]
    assert all(0 < margin < 2_500 for margin in margins)
    assert (REFERENCE / "land.svg").stat().st_size < 200_000
    assert land.find(f"{SVG}path") is not None


def test_land_draws_the_area_of_the_region(land: ElementTree.Element) -> None:
    outline = land.find(f"{SVG}path")
    assert outline is not None
    rings = [shapely.Polygon(points) for points in lines_of(outline.attrib["d"])]
    assert shapely.area(even_odd(rings)) / 100 == pytest.approx(provenance()["area_km2"], rel=0.005)


def test_land_is_one_fill_with_its_borders_cut_out(land: ElementTree.Element) -> None:
    text = (REFERENCE / "land.svg").read_text(encoding="utf-8")
    assert text.count("fill-opacity") == 1
    widths = [path.attrib["stroke-width"] for path in land.iter(f"{SVG}path") if "stroke-width" in path.attrib]
    assert widths == ["0.6", "1.8"]
    assert not re.search(r"http(?!://www\.w3\.org/2000/svg)", text), "no request may leave the machine"


def even_odd(rings: list[shapely.Polygon]) -> shapely.Geometry:
    """Even-odd fill of rings."""
    area: shapely.Geometry = shapely.Polygon()
    for ring in rings:
        area = shapely.symmetric_difference(area, ring)
    return area


def lines_of(path: str) -> list[np.ndarray]:
    """Read ``Mx yldx dy…`` back into absolute points."""
    lines = []
    for line in re.findall(r"M[^M]+", path):
        numbers = np.array([int(number) for number in re.findall(r"-?\d+", line)]).reshape(-1, 2)
        points = numbers.cumsum(axis=0)
        lines.append(np.vstack([points, points[:1]]) if line.endswith("z") else points)
    return lines


points = st.tuples(st.integers(-5_000, 5_000), st.integers(-5_000, 5_000))


@given(st.lists(points, min_size=2, max_size=20).filter(lambda line: line[0] != line[-1]))
def test_path_reads_back(maker: ModuleType, line: list[tuple[int, int]]) -> None:
    assert (lines_of(maker.svg_line(np.array(line)))[0] == np.array(line)).all()


def test_ring_is_closed(maker: ModuleType) -> None:
    assert maker.svg_line(np.array([(1, 2), (3, 2), (3, -5), (1, 2)])) == "M1 2l2 0 0-7z"


# --- mending ---------------------------------------------------------------------------------------------------------


def ring_of_communes() -> gpd.GeoDataFrame:
    """Eight squares of a kilometre around an empty one; codes 1 to 8, row by row."""
    cells = [(column, row) for row in range(3) for column in range(3) if (column, row) != (1, 1)]
    squares = [shapely.box(1e3 * x, 1e3 * y, 1e3 * (x + 1), 1e3 * (y + 1)) for x, y in cells]
    return gpd.GeoDataFrame({"commune_code": [f"{n}" for n in range(1, 9)]}, geometry=squares, crs="EPSG:2154")


def absorbed(*parents: str, geometry: shapely.Geometry | None = None) -> gpd.GeoDataFrame:
    table = {"parent_code": list(parents)}
    return gpd.GeoDataFrame(table, geometry=[geometry] * len(parents), crs="EPSG:2154")


def test_hole_goes_to_the_commune_that_lacks_a_part(maker: ModuleType) -> None:
    communes, filled, left = maker.fill_gaps(ring_of_communes(), absorbed("2", "2"))
    assert (filled, left) == ({"2": 1.0}, [])
    assert communes.set_index("commune_code").area["2"] == 2e6
    assert communes.area.sum() == 9e6


@pytest.mark.parametrize("parents", [(), ("99",), ("2", "4")])
def test_hole_that_is_nobodys_or_disputed_stays(maker: ModuleType, parents: tuple[str, ...]) -> None:
    communes, filled, left = maker.fill_gaps(ring_of_communes(), absorbed(*parents))
    assert (filled, left) == ({}, [1.0])
    assert communes.area.sum() == 8e6


def test_missing_contour_is_made_of_the_absorbed_communes(maker: ModuleType) -> None:
    communes = ring_of_communes()
    whole = communes.geometry[0]
    without = communes.assign(geometry=communes.geometry.where(communes["commune_code"] != "1"))
    mended = maker.fill_from_parts(without, absorbed("1", geometry=whole))
    assert mended.geometry[0].equals(whole)
    assert without.geometry.isna().sum() == 1, "the input stays as it was"


def test_invalid_contour_keeps_its_polygons(maker: ModuleType) -> None:
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    mended = maker.polygonal(bow_tie)
    assert mended.is_valid
    assert mended.area == 2.0


def test_town_hall_far_off_is_replaced(maker: ModuleType) -> None:
    communes = ring_of_communes().head(4)
    halls = [shapely.Point(500, 500), None, shapely.Point(2_500, -499), shapely.Point(0, 600_000)]
    placed, replaced = maker.place_town_halls(communes.assign(town_hall=halls))
    assert replaced == {"missing": ["2"], "far_outside": ["4"]}
    assert placed["x_m"].tolist() == [500, 1_500, 2_500, 500]
    assert placed["y_m"].tolist() == [500, 500, -499, 1_500]


def test_coverage_with_an_overlap_is_refused(maker: ModuleType) -> None:
    with pytest.raises(SystemExit, match="overlap"):
        maker.check_coverage(np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)]))
