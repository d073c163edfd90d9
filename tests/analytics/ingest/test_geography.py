"""Reading the reference geography, placing the antennas, and what is said when something is missing."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import contains_xy

from analytics.contracts import ANTENNAS, COMMUNES, CONTOURS, NEIGHBOURS
from analytics.errors import UserError
from analytics.ingest.geography import (
    Geography,
    find_neighbours,
    load_contours,
    load_geography,
    load_outlines,
    locate_antennas,
)
from analytics.settings import REFERENCE_DIR, Settings, default_settings
from analytics.text import LANGUAGES


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography(default_settings())


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for file in REFERENCE_DIR.iterdir():
        if file.suffix in {".parquet", ".json"} and "-light" not in file.stem:
            shutil.copy(file, tmp_path)
    return tmp_path


def settings_for(*departments: str) -> Settings:
    settings = default_settings()
    return settings.model_copy(update={"region": settings.region.model_copy(update={"departments": departments})})


def with_antenna_at(commune_code: str) -> Settings:
    settings = default_settings()
    moved = settings.antennas[2].model_copy(update={"commune_code": commune_code})
    return settings.model_copy(update={"antennas": (settings.antennas[0], moved)})


def assert_says(error: UserError, key: str, *parts: str) -> None:
    assert error.key == key
    for language in LANGUAGES:
        for part in parts:
            assert part in error.message(language)


def test_region_is_whole(geography: Geography) -> None:
    assert len(geography.communes) == 4446
    assert tuple(geography.communes.columns) == COMMUNES.columns
    assert len(geography.epcis) == 164
    assert geography.departments["area_code"].tolist() == list(default_settings().region.departments)
    assert geography.departments["area_name"].tolist()[:3] == ["Ariège", "Aude", "Aveyron"]


def test_an_old_code_leads_to_its_successor(geography: Geography) -> None:
    assert geography.successors["12076"] == "12218"
    assert len(geography.successors) == 179
    assert set(geography.successors.values()) <= set(geography.communes["commune_code"])


def test_seats_of_epcis_are_not_known(geography: Geography) -> None:
    assert geography.epcis["seat_commune_code"].isna().all()
    assert geography.epcis["main_commune_code"].isin(geography.communes["commune_code"]).all()


def test_some_epcis_reach_into_other_regions(geography: Geography) -> None:
    outside = geography.epcis.set_index("area_name")["communes_outside"]
    assert outside[outside > 0].to_dict() == {
        "CC d'Aire-sur-l'Adour": 12,
        "CC de Cèze Cévennes": 1,
        "CC Adour Madiran": 11,
        "CC Pays de Nay": 27,
        "CC des Deux Rives": 2,
        "CA du Grand Avignon (COGA)": 9,
    }


def test_only_the_departments_of_the_settings_are_kept() -> None:
    lot = load_geography(settings_for("46"))
    assert set(lot.communes["department_code"]) == {"46"}
    assert lot.departments["area_name"].tolist() == ["Lot"]
    assert set(lot.epcis["area_code"]) == set(lot.communes["epci_code"])
    assert set(lot.successors.values()) <= set(lot.communes["commune_code"])


@pytest.mark.parametrize(("level", "count"), [("commune", 4446), ("epci", 164), ("department", 13)])
def test_contours_of_a_level(level: str, count: int) -> None:
    full, light = load_contours(level, "full"), load_contours(level, "light")
    for contours in (full, light):
        assert contours.columns.tolist() == ["area_code", "geometry"]
        assert contours.crs.to_epsg() == 2154
    assert len(full) == count
    assert full["area_code"].tolist() == light["area_code"].tolist()
    assert light.count_coordinates().sum() < 0.6 * full.count_coordinates().sum()
    assert np.allclose(light.area.sum(), full.area.sum(), rtol=0.002)


def test_contours_have_the_codes_of_the_tables(geography: Geography) -> None:
    assert set(load_contours("epci", "light")["area_code"]) == set(geography.epcis["area_code"])
    assert set(load_contours("commune", "light")["area_code"]) == set(geography.communes["commune_code"])


# --- outlines --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outlines(geography: Geography) -> pd.DataFrame:
    return load_outlines(geography)


@pytest.fixture(scope="module")
def drawn(outlines: pd.DataFrame) -> pd.DataFrame:
    """Return the outlines beside the contours that they draw."""
    contours = pd.concat([load_contours(level, "light").assign(level=level) for level in ("epci", "department")])
    return outlines.merge(contours[["level", "area_code", "geometry"]], on=["level", "area_code"], how="outer")


def rings_of(area: pd.Series) -> list[np.ndarray]:
    """Return the rings between the gaps, points by row, kilometres."""
    x_gaps, y_gaps = ([i for i, value in enumerate(area[axis]) if value is None] for axis in ("x_km", "y_km"))
    assert x_gaps == y_gaps
    bounds = zip([-1, *x_gaps], [*x_gaps, len(area["x_km"])], strict=True)
    return [np.column_stack([area["x_km"][a + 1 : b], area["y_km"][a + 1 : b]]) for a, b in bounds]


def signed_area_km2(ring: np.ndarray) -> float:
    """Return the area by Gauss's formula, above zero where the ring runs against the clock."""
    (x, y), (next_x, next_y) = ring[:-1].T, ring[1:].T
    return float((x * next_y - next_x * y).sum() / 2)


def test_every_epci_and_department_has_an_outline(geography: Geography, outlines: pd.DataFrame) -> None:
    assert tuple(outlines.columns) == CONTOURS.columns
    for level, areas in (("epci", geography.epcis), ("department", geography.departments)):
        assert set(outlines.loc[outlines["level"] == level, "area_code"]) == set(areas["area_code"])
    assert outlines["x_km"].map(len).min() > 3


def test_rings_are_closed_and_rounded_to_100_m(outlines: pd.DataFrame) -> None:
    for _, area in outlines.iterrows():
        for ring in rings_of(area):
            assert ring.shape[0] > 3
            assert (ring[0] == ring[-1]).all()
            assert (ring == ring.round(1)).all()


def test_there_are_as_many_rings_as_the_contour_has(drawn: pd.DataFrame) -> None:
    rings = [
        sum(1 + len(part.interiors) for part in shapely.get_parts(contour)) for contour in drawn["geometry"].to_numpy()
    ]
    assert [len(rings_of(area)) for _, area in drawn.iterrows()] == rings
    # Montpellier lies in two parts.
    montpellier = drawn[drawn["area_code"] == "243400017"].iloc[0]
    assert len(rings_of(montpellier)) == 2


def test_the_rings_enclose_the_area_of_the_contour(drawn: pd.DataFrame) -> None:
    enclosed = np.array([sum(signed_area_km2(ring) for ring in rings_of(area)) for _, area in drawn.iterrows()])
    areas = shapely.area(drawn["geometry"].to_numpy()) / 1e6
    # What one area loses of a simplified border, its neighbour gains.
    assert enclosed == pytest.approx(areas, rel=0.03)
    assert enclosed.sum() == pytest.approx(areas.sum(), rel=0.001)


def test_holes_stay_holes(drawn: pd.DataFrame) -> None:
    pierced = {}
    for _, area in drawn.iterrows():
        outer = [ring for ring in rings_of(area) if signed_area_km2(ring) > 0]
        holes = [ring for ring in rings_of(area) if signed_area_km2(ring) < 0]
        assert len(outer) == len(shapely.get_parts(area["geometry"]))
        if holes:
            pierced[area["area_code"]] = len(holes)
            filled = shapely.Polygon(outer[0], holes)
            for hole in holes:
                inside = shapely.Polygon(hole).representative_point()
                assert not filled.contains(inside)
                assert not area["geometry"].contains(shapely.Point(1000 * inside.x, 1000 * inside.y))
    # Sébazac-Concourès, of Rodez, lies within Comtal, Lot et Truyère; Llívia, of Spain, within Pyrénées Cerdagne.
    assert pierced == {"200067478": 1, "246600399": 1, "66": 1}


def test_only_the_areas_of_the_settings_are_drawn() -> None:
    lot = load_geography(settings_for("46"))
    outlines = load_outlines(lot)
    assert outlines.loc[outlines["level"] == "department", "area_code"].tolist() == ["46"]
    assert set(outlines.loc[outlines["level"] == "epci", "area_code"]) == set(lot.epcis["area_code"])


# --- neighbours ------------------------------------------------------------------------------------------------------

TOULOUSE, MURETAIN, MONTPELLIER = "243100518", "200068641", "243400017"


@pytest.fixture(scope="module")
def neighbours(geography: Geography) -> pd.DataFrame:
    return find_neighbours(geography)


def test_known_neighbours_are_there_and_distant_areas_are_not(neighbours: pd.DataFrame) -> None:
    assert tuple(neighbours.columns) == NEIGHBOURS.columns
    around = set(neighbours.loc[neighbours["area_code"] == TOULOUSE, "neighbour_code"])
    assert MURETAIN in around
    assert MONTPELLIER not in around


def test_neighbours_are_mutual_once_a_direction_and_none_is_its_own(neighbours: pd.DataFrame) -> None:
    pairs = list(zip(neighbours["area_code"], neighbours["neighbour_code"], strict=True))
    assert len(pairs) == len(set(pairs))
    assert {(b, a) for a, b in pairs} == set(pairs)
    assert all(a != b for a, b in pairs)


def test_neighbours_are_those_whose_contours_touch(geography: Geography, neighbours: pd.DataFrame) -> None:
    contours = load_contours("epci", "light")
    codes, shapes = contours["area_code"].to_numpy(), contours.geometry.to_numpy()
    at_no_distance = shapely.distance(shapes[:, None], shapes) == 0
    np.fill_diagonal(at_no_distance, val=False)
    expected = {(codes[i], codes[j]) for i, j in np.argwhere(at_no_distance)}
    assert set(zip(neighbours["area_code"], neighbours["neighbour_code"], strict=True)) == expected
    # The region is one piece: no EPCI stands alone.
    assert set(neighbours["area_code"]) == set(geography.epcis["area_code"])


def test_only_the_epcis_of_the_settings_are_neighbours(geography: Geography) -> None:
    lot = load_geography(settings_for("46"))
    found = find_neighbours(lot)
    assert set(found["area_code"]) | set(found["neighbour_code"]) <= set(lot.epcis["area_code"])
    assert len(found) < len(find_neighbours(geography))


# --- antennas --------------------------------------------------------------------------------------------------------


def test_antennas_stand_at_town_halls(geography: Geography) -> None:
    antennas = locate_antennas(default_settings(), geography)
    assert tuple(antennas.columns) == ANTENNAS.columns
    assert antennas["name"].tolist() == [antenna.name for antenna in default_settings().antennas]
    toulouse = antennas.set_index("name").loc["Toulouse"]
    # The Capitole: 43.6045 N, 1.4440 E.
    assert (toulouse["x_m"], toulouse["y_m"]) == pytest.approx((574_300, 6_279_600), abs=200)
    assert toulouse["kind"] == "seat"


def test_antennas_stand_in_their_communes(geography: Geography) -> None:
    antennas = locate_antennas(default_settings(), geography)
    contours = load_contours("commune").set_index("area_code").geometry
    points = antennas.merge(contours.rename("contour"), left_on="commune_code", right_index=True)
    assert contains_xy(points["contour"].to_numpy(), points["x_m"], points["y_m"]).all()


def test_antenna_of_a_merged_commune_stands_in_its_successor(geography: Geography) -> None:
    antennas = locate_antennas(with_antenna_at("12076"), geography)
    assert antennas["commune_code"].tolist() == ["31555", "12218"]


def test_antenna_outside_the_region_is_named(geography: Geography) -> None:
    with pytest.raises(UserError) as caught:
        locate_antennas(with_antenna_at("75056"), geography)
    assert_says(caught.value, "geography.antennas_unknown", "Perpignan (75056)", "commune_code")
    assert "Toulouse" not in caught.value.message()


def test_antennas_of_nobody(geography: Geography) -> None:
    nobody = default_settings().model_copy(update={"antennas": ()})
    assert locate_antennas(nobody, geography).empty


def test_places_are_not_changed_by_placing_antennas(geography: Geography) -> None:
    before = geography.communes.copy()
    locate_antennas(default_settings(), geography)
    assert geography.communes.equals(before)
    assert dataclasses.is_dataclass(geography)


# --- what is missing -------------------------------------------------------------------------------------------------


def test_department_that_the_reference_lacks_is_named() -> None:
    with pytest.raises(UserError) as caught:
        load_geography(settings_for("46", "75", "33"))
    assert_says(caught.value, "geography.departments_lacking", "33, 75", "make reference")


@pytest.mark.parametrize("name", ["communes", "epcis", "departments", "commune_successors"])
def test_absent_table_is_named(copied: Path, name: str) -> None:
    (copied / f"{name}.parquet").unlink()
    with pytest.raises(UserError) as caught:
        load_geography(default_settings(), copied)
    assert_says(caught.value, "geography.absent", f"{name}.parquet", "make reference")


@pytest.mark.parametrize("name", ["communes", "epcis", "departments", "commune_successors"])
def test_damaged_table_is_named(copied: Path, name: str) -> None:
    file = copied / f"{name}.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError) as caught:
        load_geography(default_settings(), copied)
    assert_says(caught.value, "geography.damaged", f"{name}.parquet", "make reference")


def test_table_without_its_columns_is_named(copied: Path) -> None:
    shutil.copy(copied / "commune_successors.parquet", copied / "epcis.parquet")
    with pytest.raises(UserError) as caught:
        load_geography(default_settings(), copied)
    assert_says(caught.value, "geography.damaged", "epcis.parquet")


def test_contours_absent_or_damaged_are_named(copied: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_contours("epci", "light", directory=copied)
    assert_says(caught.value, "geography.absent", "epcis-light.parquet")
    (copied / "epcis.parquet").write_bytes(b"PAR1 not a table")
    with pytest.raises(UserError) as caught:
        load_contours("epci", "full", directory=copied)
    assert_says(caught.value, "geography.damaged", "epcis.parquet")


def test_outlines_and_neighbours_name_the_contours_that_are_absent(copied: Path, geography: Geography) -> None:
    for read in (load_outlines, find_neighbours):
        with pytest.raises(UserError) as caught:
            read(geography, directory=copied)
        assert_says(caught.value, "geography.absent", "epcis-light.parquet")
