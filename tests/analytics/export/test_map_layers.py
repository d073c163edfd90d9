"""The map layers, read back: figures of the result tables, contours of the reference, words in both languages."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from analytics import tables
from analytics.contracts import ANTENNAS, ISOCHRONES
from analytics.errors import UserError
from analytics.export import layers as module
from analytics.export.asked import Desk
from analytics.export.layers import layers
from analytics.export.provenance import foot, link
from analytics.settings import DEMO_DIR, REFERENCE_DIR, default_settings
from analytics.store import Snapshot
from analytics.text import translator
from analytics.view import View
from tests.analytics.small_snapshot import EASTING, NO_MEMBER, NORTHING, SETTINGS, SmallSnapshot

AREAS = {"communes": "commune", "epci": "epci", "departments": "department"}
NAMES = [*AREAS, "antennas", "reach", "suggested_antennas", "suggested_reach", "about"]
SHAPES = {"antennas": "Point", "suggested_antennas": "Point"}
INTEGERS = ("firms", "members", "population", "rank", "ratio_class", "reached_firms", "territory_members")
VIEWS = ("", "department=48&threshold=45&unit=km&demand=jobs&offices=2")
# As the cadastre has it: without large lakes, lagoons and estuaries, which the contours hold.
OCCITANIE_KM2 = 72_724
# Besides the figures of the result table.
OWN_COLUMNS = {"geometry", "department_code", "epci_code", "population", "ratio_class", "cluster"}


@dataclass(frozen=True)
class Opened:
    """A file, what was asked, and its layers as GeoPandas reads them, once each."""

    path: Path
    asked: Desk
    read: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name not in self.read:
            self.read[name] = gpd.read_file(self.path, layer=name)
        return self.read[name]

    def query(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement, values).fetchall()

    def column_type(self, layer: str, column: str) -> str:
        (found,) = self.query("SELECT type FROM pragma_table_info(?) WHERE name = ?", layer, column)
        return str(found[0])


def _opened(snapshot: Any, folder: Path, query: str = "", language: str = "fr") -> Opened:
    settings = default_settings()
    asked = Desk(snapshot, settings, View.from_query(query, settings), translator(language))
    path = folder / "layers.gpkg"
    path.write_bytes(layers(asked))
    return Opened(path, asked)


@pytest.fixture(scope="module", params=VIEWS, ids=["region", "lozere"])
def opened(request: pytest.FixtureRequest, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return _opened(snapshot, tmp_path_factory.mktemp("layers"), request.param)


@pytest.fixture(scope="module")
def region(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return _opened(snapshot, tmp_path_factory.mktemp("region"))


class _Small(SmallSnapshot):
    """A small snapshot that says where it comes from, with a roster or without."""

    is_demo = False
    has_roster = True

    @property
    def manifest(self) -> dict[str, Any]:
        told = super().manifest
        rows = [{"file": f"{s['role']}.x", "modified": "2026-11-01T12:00:00+00:00", **s} for s in told["sources"]]
        return {**told, "sources": [row for row in rows if self.has_roster or row["role"] != "members"]}


class _WithoutRoster(_Small):
    has_roster = False


def _same(read: pd.Series, expected: pd.Series, name: str) -> None:
    """Compare cell by cell; what is null in one is null in the other."""
    assert read.isna().tolist() == expected.isna().tolist(), name
    assert read.dropna().tolist() == expected.dropna().tolist(), name


def _by(rows: pd.DataFrame, key: str, order: pd.Series) -> pd.DataFrame:
    found: pd.DataFrame = rows.set_index(key).loc[order].reset_index()
    return found


def test_it_holds_the_layers_in_lambert_93(region: Opened) -> None:
    found = gpd.list_layers(region.path)["name"].tolist()
    assert found == [*NAMES, "layer_styles"]
    counts = {name: len(region[name]) for name in NAMES[:-1]}
    assert counts == {
        "communes": 4_446,
        "epci": 164,
        "departments": 13,
        "antennas": 9,
        "reach": 9,
        "suggested_antennas": 3,
        "suggested_reach": 3,
    }
    for name in NAMES[:-1]:
        layer = region[name]
        assert layer.crs.to_epsg() == 2154
        assert set(layer.geom_type) == {SHAPES.get(name, "MultiPolygon")}
        assert layer.geometry.is_valid.all()


def test_the_areas_have_the_figures_of_the_towns(opened: Opened) -> None:
    asked = opened.asked
    for name, level in AREAS.items():
        read = opened[name]
        table = tables.towns_in_full(asked.snapshot, asked.view, asked.settings, level=level)
        assert read["area_code"].tolist() == table["area_code"].tolist()
        for column in set(read.columns) - OWN_COLUMNS:
            _same(read[column], table[column], f"{name}.{column}")
        left = set(table.columns) - set(read.columns)
        assert left == ({"x_m", "y_m"} if level == "epci" else {"x_m", "y_m", "cluster"})
    _same(opened["epci"]["cluster"], asked.table("towns_in_full", level="epci")["cluster"], "cluster")


def test_the_antennas_have_the_figures_of_coverage_and_territories(opened: Opened) -> None:
    asked, read = opened.asked, opened["antennas"]
    coverage = tables.coverage(asked.snapshot, asked.view, asked.settings)
    territories = tables.territories(asked.snapshot, asked.view, asked.settings)
    antennas = asked.snapshot.table("antennas")
    assert read["antenna"].tolist() == antennas["name"].tolist()
    assert read["antenna_kind"].tolist() == antennas["kind"].tolist()
    assert shapely.get_coordinates(read.geometry).tolist() == antennas[["x_m", "y_m"]].to_numpy().tolist()
    for prefix, table in (("reached_", coverage), ("territory_", territories)):
        expected = _by(table, "antenna", read["antenna"])
        for column in expected.columns.drop("antenna"):
            own = column if column in read.columns else prefix + column
            _same(read[own], expected[column], own)


def test_the_suggestions_are_those_of_the_view(opened: Opened) -> None:
    asked, read, reach = opened.asked, opened["suggested_antennas"], opened["suggested_reach"]
    table = tables.next_antennas_in_full(asked.snapshot, asked.view, asked.settings)
    assert 1 <= len(read) == len(table) <= asked.view.offices
    for column in set(read.columns) - {"geometry", "threshold", "unit", "demand"}:
        _same(read[column], table[column], column)
    assert set(read["demand"]) == {asked.view.demand}
    assert shapely.get_coordinates(read.geometry).tolist() == table[["x_m", "y_m"]].to_numpy().tolist()
    assert reach["rank"].tolist() == read["rank"].tolist()
    assert reach.contains(read.geometry).all()


def test_what_is_reached_lies_in_the_reach(opened: Opened) -> None:
    """Firms counted anew: those within the drawn circle of an antenna, of those that stand where they are placed."""
    asked, reach, antennas = opened.asked, opened["reach"], opened["antennas"]
    assert set(reach["threshold"]) == {asked.view.threshold}
    assert set(reach["unit"]) == {asked.view.unit}
    assert not reach["is_measured"].any()
    firms = asked.snapshot.firms("tic")
    if asked.view.departments:
        firms = firms[firms["department_code"].isin(asked.view.departments)]
    halls = asked.snapshot.table("communes").set_index("commune_code")
    x = firms["x_m"].fillna(firms["commune_code"].map(halls["x_m"]))
    y = firms["y_m"].fillna(firms["commune_code"].map(halls["y_m"]))
    for outline, counted in zip(reach.geometry, antennas["reached_firms"], strict=True):
        within = int(shapely.contains_xy(outline, x, y).sum())
        assert within == pytest.approx(counted, rel=0.02, abs=3), "a circle of 72 sides, drawn to 100 m"


def test_numbers_are_numbers_and_codes_text(region: Opened) -> None:
    for name in NAMES[:-1]:
        read = region[name]
        for column in set(read.columns) & set(INTEGERS):
            assert region.column_type(name, column) == "INTEGER", column
        for column in [c for c in read.columns if c.endswith("_code")]:
            assert read[column].map(type).eq(str).all(), column
    assert "09" in region["departments"]["area_code"].tolist()
    assert region["communes"]["area_code"].str.len().eq(5).all()
    assert region.query("SELECT DISTINCT is_forced FROM suggested_antennas") == [(0,)]
    assert region["reach"]["is_measured"].dtype == "bool"


def test_the_contours_are_the_region(region: Opened) -> None:
    departments = region["departments"]
    geodesic = pyproj.Geod(ellps="GRS80")
    areas = [abs(geodesic.geometry_area_perimeter(shape)[0]) for shape in departments.to_crs(4326).geometry]
    assert sum(areas) / 1e6 == pytest.approx(OCCITANIE_KM2, rel=0.01)
    told = json.loads((REFERENCE_DIR / "provenance.json").read_text(encoding="utf-8"))["details"]["full"]["area_km2"]
    assert departments.area.sum() / 1e6 == pytest.approx(told, abs=0.01), "in the plane of Lambert-93"
    whole = shapely.union_all(departments.geometry.to_numpy())
    for name in ("communes", "epci"):
        read = region[name]
        assert read.area.sum() == pytest.approx(whole.area, rel=1e-6), "no overlap and no hole"
        assert shapely.union_all(read.geometry.to_numpy()).symmetric_difference(whole).area < 1e4
    halls = region.asked.snapshot.table("communes").set_index("commune_code").loc[region["communes"]["area_code"]]
    points = gpd.GeoSeries(gpd.points_from_xy(halls["x_m"], halls["y_m"], crs=2154))
    assert (region["communes"].distance(points) < 1_000).all(), "each contour is that of its own commune"
    for name in ("antennas", "suggested_antennas"):
        assert region[name].within(whole).all()


def test_inhabitants_add_up(region: Opened) -> None:
    totals = {name: int(region[name]["population"].sum()) for name in AREAS}
    assert set(totals.values()) == {int(region.asked.snapshot.table("communes")["population"].sum())}


def test_colours_are_those_of_the_map_of_towns(region: Opened) -> None:
    epci = region["epci"]
    strong = epci["verdict"].isin(["under", "over"])
    assert epci.loc[~strong, "ratio_class"].between(2, 4).all()
    assert (epci.loc[epci["verdict"].isin(["empty", "too_small"]), "ratio_class"] == 3).all()
    ends = np.array([0.5, 0.7, 0.9, 1.1, 1.4, 2.0])
    expected = [int((ratio > ends).sum()) for ratio in epci.loc[strong, "ratio_shrunk"]]
    assert epci.loc[strong, "ratio_class"].tolist() == expected
    assert strong.sum() > 3


def test_styles_are_well_formed_and_draw_what_is_there(region: Opened) -> None:
    styles = region.query("SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles")
    geometries = region.query("SELECT table_name, column_name FROM gpkg_geometry_columns")
    assert [name for name, *_ in styles] == NAMES[:-1]
    for name, geometry, text, is_default in styles:
        assert is_default
        assert (name, geometry) in geometries
        root = ElementTree.fromstring(text)  # noqa: S314 - our own file
        columns = set(region[name].columns)
        assert {alias.get("field") for alias in root.iter("alias")} == columns - {"geometry"}
        renderer = root.find("renderer-v2")
        assert renderer is not None
        symbols = {symbol.get("name") for symbol in renderer.iter("symbol")}
        assert symbols == {category.get("symbol") for category in renderer.iter("category")} or symbols == {"0"}
        for column in (renderer.get("attr"), *(style.get("fieldName") for style in root.iter("text-style"))):
            assert column is None or column in columns


def test_the_file_keeps_to_the_standard(region: Opened) -> None:
    assert region.query("PRAGMA integrity_check") == [("ok",)]
    assert region.query("PRAGMA foreign_key_check") == []
    assert region.query("PRAGMA application_id") == [(0x47504B47,)]
    listed = dict(region.query("SELECT table_name, data_type FROM gpkg_contents"))
    assert listed == {**dict.fromkeys(NAMES[:-1], "features"), "about": "attributes", "layer_styles": "attributes"}
    extensions = dict(region.query("SELECT table_name, extension_name FROM gpkg_extensions"))
    assert extensions["gpkg_data_columns"] == extensions["gpkg_data_column_constraints"] == "gpkg_schema"


def test_every_column_has_a_name_and_a_meaning(region: Opened) -> None:
    told = {(t, c) for t, c in region.query("SELECT table_name, column_name FROM gpkg_data_columns")}
    there = {(name, column) for name in NAMES[:-1] for column in region[name].columns.drop("geometry")}
    assert told == there
    about = region["about"].query("topic == 'Colonne'")
    assert set(zip(about["layer"], about["name"], strict=True)) == there
    assert (about["title"].str.len() > 2).all()
    assert (about["text"].str.len() > 10).all()


def test_the_legend_says_the_classes(region: Opened) -> None:
    ((text,),) = region.query("SELECT styleQML FROM layer_styles WHERE f_table_name = 'epci'")
    labels = [category.get("label") for category in ElementTree.fromstring(text).iter("category")]  # noqa: S314
    assert labels == [
        "0,5 au plus",
        "de 0,5 à 0,7",
        "de 0,7 à 0,9",
        "de 0,9 à 1,1, ou rien à conclure",
        "de 1,1 à 1,4",
        "de 1,4 à 2",
        "plus de 2",
        "",
    ]


def test_every_code_has_a_meaning(region: Opened) -> None:
    statement = """SELECT table_name, column_name, value FROM gpkg_data_columns
        JOIN gpkg_data_column_constraints USING (constraint_name)"""
    known: dict[tuple[str, str], set[str]] = {}
    for layer, column, value in region.query(statement):
        known.setdefault((layer, column), set()).add(value)
    assert {column for _, column in known} == {
        "verdict",
        "ratio_class",
        "cluster",
        "kind",
        "antenna_kind",
        "unit",
        "demand",
    }
    for (layer, column), codes in known.items():
        assert set(region[layer][column].dropna().astype("str")) <= codes


def test_the_table_about_says_where_it_comes_from(opened: Opened) -> None:
    about = opened["about"]
    assert list(about.columns) == ["topic", "layer", "name", "title", "text"]
    assert about.query("topic == 'Provenance'")["text"].tolist() == foot(opened.asked)
    first, *_, last = foot(opened.asked)
    assert first == "Données de démonstration"
    assert link(opened.asked) in last
    licences = about.query("topic == 'Source et licence'").set_index("name")["text"]
    assert licences.index.tolist() == ["register", "legal_units", "members", "geography"]
    assert licences[["register", "legal_units", "geography"]].str.contains("Licence Ouverte 2.0").all()
    assert "31 oct. 2026" in licences["register"]
    assert "IGN" in licences["geography"]
    assert "no_roster" not in about["name"].tolist()


def test_it_speaks_english(snapshot: Snapshot, tmp_path: Path) -> None:
    opened = _opened(snapshot, tmp_path, "department=48", language="en")
    about = opened["about"]
    assert about["topic"].unique().tolist() == ["Provenance", "Source and licence", "Method", "Layer", "Column", "Code"]
    assert about["text"].tolist()[0] == "Demonstration data"
    assert link(opened.asked).endswith("?department=48&lang=en")
    assert about["text"].str.contains(link(opened.asked), regex=False).any()
    named = dict(opened.query("SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'epci'"))
    assert named["expected_members"] == "Expected members"
    assert not about["text"].str.contains("\u202f|entreprise|adhérent", regex=True).any()


def test_the_same_figures_give_the_same_bytes(snapshot: Snapshot) -> None:
    settings = default_settings()
    one, two = (
        layers(Desk(snapshot, settings, View.from_query("department=48", settings), translator("fr"))) for _ in "ab"
    )
    assert one == two


def test_no_withheld_unit_is_told(region: Opened) -> None:
    register = pd.read_parquet(
        DEMO_DIR / "StockEtablissement.parquet", columns=["siren", "statutDiffusionEtablissement"]
    )
    withheld = set(register.loc[register["statutDiffusionEtablissement"] == "P", "siren"])
    members = region.asked.snapshot.table("members").query("is_partially_diffusible")
    assert len(withheld) > 100
    assert len(members) > 1
    content = region.path.read_bytes()
    texts = [region[name].drop(columns="geometry", errors="ignore").to_csv() for name in NAMES]
    shown = "\n".join(texts)
    epcis = set(region["epci"]["area_code"])
    assert set(re.findall(r"(?<![\d.])\d{9}(?!\d)", shown)) <= epcis, "no SIREN but those of the public bodies"
    digits = {found.decode() for found in re.findall(rb"(?=(\d{9}))", content)}
    assert digits, "the search would find them"
    assert not digits & withheld
    for name in members["name"].dropna():
        assert name.encode() not in content
    assert b"[ND]" not in content


def test_a_view_without_a_firm_has_its_areas_with_zeros(snapshot: Snapshot, tmp_path: Path) -> None:
    opened = _opened(snapshot, tmp_path, "department=48&segment=software&size=250%2B")
    for name, rows in {"communes": 152, "epci": 10, "departments": 1}.items():
        read = opened[name]
        assert len(read) == rows
        assert read[["firms", "members", "jobs_estimate", "expected_members"]].eq(0).all(axis=None)
        assert read.geometry.notna().all()
    assert opened["antennas"]["reached_firms"].eq(0).all()
    assert len(opened["reach"]) == 9
    assert opened["suggested_antennas"].empty
    assert opened["suggested_reach"].empty
    assert opened.query(
        "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name = 'suggested_reach'"
    ) == [("MULTIPOLYGON",)]


def test_figures_by_hand(tmp_path: Path) -> None:
    opened = _opened(_Small(), tmp_path, "unit=km&threshold=40&offices=1")
    epci = opened["epci"].set_index("area_name")
    assert epci["firms"].to_dict() == {
        "Toulouse Métropole": 2,
        "Montpellier": 1,
        "Béziers": 1,
        "Hérault Méditerranée": 0,
    }
    assert epci["members"].sum() == 2
    assert epci["population"].to_dict()["Béziers"] == 80_000
    antennas = opened["antennas"].set_index("antenna")
    assert antennas["reached_firms"].to_dict() == {"Toulouse": 2, "Montpellier": 1}
    assert antennas["territory_firms"].to_dict() == {"Toulouse": 2, "Montpellier": 2}
    # Firms stand one kilometre east of town halls: 49 km from Montpellier's to that of Béziers.
    suggested = opened["suggested_antennas"].iloc[0]
    assert suggested["added_demand"] == 1
    assert suggested["covered_share_pct"] == 100
    circle = opened["reach"].geometry.iloc[0]
    assert circle.area == pytest.approx(np.pi * 40_000**2, rel=0.005)
    assert circle.centroid.distance(shapely.Point(EASTING["31555"], NORTHING)) < 100


def test_without_a_roster_what_is_of_members_is_null(tmp_path: Path) -> None:
    opened = _opened(_WithoutRoster(roster=NO_MEMBER), tmp_path)
    epci = opened["epci"]
    assert epci["firms"].sum() == 4
    unknown = ["members", "member_jobs", "expected_members", "ratio_shrunk", "verdict", "ratio_class", "rank", "kind"]
    assert epci[unknown].isna().all(axis=None)
    antennas = opened["antennas"]
    assert antennas[["reached_members", "territory_members", "members_per_staff"]].isna().all(axis=None)
    assert antennas[["reached_firms", "territory_firms", "firms_per_staff"]].notna().all(axis=None)
    assert opened.column_type("epci", "members") == "INTEGER"
    about = opened["about"].set_index("name")["text"]
    assert "vides" in about["no_roster"]
    assert "members" not in opened["about"].query("topic == 'Source et licence'")["name"].tolist()


def test_a_region_without_an_antenna(tmp_path: Path) -> None:
    opened = _opened(_Small(antennas=ANTENNAS.empty()), tmp_path, "offices=1")
    assert opened["antennas"].empty
    assert opened["reach"].empty
    assert opened["communes"]["nearest_antenna"].isna().all()
    assert len(opened["suggested_antennas"]) == 1


def test_a_measured_reach_keeps_its_hole_and_its_parts(tmp_path: Path) -> None:
    x, y = EASTING["31555"], NORTHING
    holed = shapely.box(x - 9_000, y - 9_000, x + 9_000, y + 9_000) - shapely.box(x + 2_000, y, x + 5_000, y + 3_000)
    shape = shapely.MultiPolygon([holed, shapely.box(x + 20_000, y, x + 24_000, y + 4_000)])
    row = {"commune_code": "31555", "x_m": x, "y_m": y, "minutes": 30, "geometry_wkb": shapely.to_wkb(shape)}
    rows = pd.DataFrame([{**row, "resource_version": "v", "fetched_on": pd.Timestamp("2026-10-01")}])
    opened = _opened(_Small(isochrones=ISOCHRONES.enforce(rows)), tmp_path, "threshold=30")
    reach = opened["reach"].set_index("antenna")
    assert reach["is_measured"].to_dict() == {"Toulouse": True, "Montpellier": False}
    assert reach.geometry["Toulouse"].symmetric_difference(shape).area < 1
    assert reach.geometry["Toulouse"].area == pytest.approx(18_000**2 - 3_000**2 + 4_000**2)
    travel = opened["about"].set_index("name")["text"]["travel"]
    assert "mesurés par l’IGN" in travel
    assert "1 oct. 2026" in travel


def test_an_area_without_contour_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    for file in ("communes.parquet", "epcis.parquet", "departments.parquet"):
        contours = gpd.read_parquet(REFERENCE_DIR / file)
        key = "commune_code" if file == "communes.parquet" else "area_code"
        contours[contours[key] != "34032"].to_parquet(reference / file)
    (reference / "provenance.json").write_bytes((REFERENCE_DIR / "provenance.json").read_bytes())
    monkeypatch.setattr(module, "REFERENCE_DIR", reference)
    opened = _opened(_Small(), tmp_path)
    communes = opened["communes"].set_index("area_name")
    assert communes.geometry.isna().to_dict() == {
        "Toulouse": False,
        "Montpellier": False,
        "Béziers": True,
        "Agde": False,
    }
    assert communes["firms"]["Béziers"] == 1
    assert "Un lieu" in opened["about"].set_index("name")["text"]["lacking"]


@pytest.mark.parametrize("file", ["epcis.parquet", "provenance.json"])
def test_an_absent_or_damaged_reference_is_a_sentence(
    file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in REFERENCE_DIR.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(module, "REFERENCE_DIR", tmp_path)
    asked = Desk(_Small(), SETTINGS, View.default(SETTINGS), translator("fr"))
    (tmp_path / file).unlink()
    with pytest.raises(UserError, match=re.escape(file)):
        layers(asked)
    (tmp_path / file).write_bytes(b"not what it says")
    with pytest.raises(UserError, match=re.escape(file)):
        layers(asked)
