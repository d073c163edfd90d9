"""The result tables as layers of a map: areas, antennas, how far they reach and where the next ones should stand.

Every figure is that of the result table of the same name; the contours are those of the reference geography. None of
the layers is of firms, so none can place one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from analytics.errors import UserError
from analytics.export.asked import Asked
from analytics.export.geopackage import Layer, Notes, Shape, geopackage
from analytics.export.layer_columns import OF_MEMBERS, class_labels, fields
from analytics.export.layer_styles import as_qml, classes_style, outline_style, rank_style, ring_style
from analytics.export.outlines import rings_of
from analytics.export.provenance import foot, licences, moment
from analytics.export.sections.words import has_roster
from analytics.figures.areas import class_of
from analytics.figures.palette import LIGHT
from analytics.settings import REFERENCE_DIR
from analytics.text.coverage_findings import measured_sentence, note_sentences

LAMBERT_93 = "EPSG:2154"
# What the table ``about`` says in a row: topic, layer, name in the code, title, text.
_Fact = tuple[str, str, str, str, str]
NOTES_COLUMNS = ["topic", "layer", "name", "title", "text"]
# Antennas, then what they reach and what is nearest to them: what the columns of the two tables are told apart by.
_AMOUNTS = ("firms", "jobs_estimate", "members", "population", "expected_members")


class _Areas(NamedTuple):
    """A level of areas: its layer, the file of its contours and its code there, its code among the communes."""

    layer: str
    level: str
    file: str
    key: str
    commune_column: str


_LEVELS = (
    _Areas("communes", "commune", "communes.parquet", "commune_code", "commune_code"),
    _Areas("epci", "epci", "epcis.parquet", "area_code", "epci_code"),
    _Areas("departments", "department", "departments.parquet", "area_code", "department_code"),
)


def layers(asked: Asked) -> bytes:
    """Return the map layers of what is asked as a GeoPackage in Lambert-93 (EPSG:2154).

    Layers ``communes``, ``epci``, ``departments``, ``antennas``, ``reach``, ``suggested_antennas``, ``suggested_reach``
    and the table ``about``, which says where the figures come from and what every column means. Areas are those that
    the view shows; without a roster the columns of members are there, and null. The same figures give the same bytes.

    Raises
    ------
    UserError
        When the reference geography is absent or damaged, or a result table cannot be had.
    """
    made = [
        *(_area_layer(asked, areas) for areas in _LEVELS),
        _antenna_layer(asked),
        _reach_layer(asked),
        _suggestion_layer(asked),
        _suggested_reach_layer(asked),
    ]
    return geopackage(made, _about(asked, made), written_at=asked.snapshot.built_at)


def _area_layer(asked: Asked, areas: _Areas) -> Layer:
    rows = asked.table("towns_in_full", level=areas.level)
    communes = asked.snapshot.table("communes")
    classes = [class_of(r, v) for r, v in zip(rows["ratio_shrunk"], rows["verdict"], strict=True)]
    told = rows.assign(
        ratio_class=np.array(classes, dtype="int64"),
        rank=rows["rank"].astype("Int64"),
        population=rows["area_code"].map(communes.groupby(areas.commune_column)["population"].sum()),
    )
    if areas.level == "commune":
        told = told.join(communes.set_index("commune_code")[["department_code", "epci_code"]], on="area_code")
    geometry = told["area_code"].map(_contours(areas)).to_numpy(dtype="object")
    style = classes_style(class_labels(asked.t), column="ratio_class", palette=LIGHT)
    return _layer(asked, areas.layer, told, geometry, style=style)


def _antenna_layer(asked: Asked) -> Layer:
    antennas = asked.snapshot.table("antennas").rename(columns={"name": "antenna", "kind": "antenna_kind"})
    reached = asked.table("coverage").rename(columns={name: f"reached_{name}" for name in _AMOUNTS})
    territory = asked.table("territories").drop(columns="staff")
    territory = territory.rename(columns={name: f"territory_{name}" for name in _AMOUNTS})
    rows = antennas.merge(reached, on="antenna", how="left").merge(territory, on="antenna", how="left")
    return _layer(asked, "antennas", rows, _points(rows), style=ring_style(label="antenna", palette=LIGHT))


def _reach_layer(asked: Asked) -> Layer:
    rows = asked.table("antenna_outlines").rename(columns={"name": "antenna"})
    return _layer(asked, "reach", rows, _surfaces(rows), style=outline_style(LIGHT.ink))


def _suggestion_layer(asked: Asked) -> Layer:
    rows = asked.table("next_antennas_in_full").assign(demand=asked.view.demand)
    style = rank_style(label="rank", palette=LIGHT)
    return _layer(asked, "suggested_antennas", rows, _points(rows), style=style)


def _suggested_reach_layer(asked: Asked) -> Layer:
    rows = asked.table("next_antennas_in_full").dropna(subset=["x_km"])
    return _layer(asked, "suggested_reach", rows, _surfaces(rows), style=outline_style(LIGHT.ours))


def _layer(asked: Asked, name: str, rows: pd.DataFrame, geometry: np.ndarray, *, style: Element) -> Layer:
    """Put a table on the map, with the words of its columns."""
    t, view = asked.t, asked.view
    words = fields(t, name)
    known = rows if has_roster(asked) else _without_members(rows)
    located = gpd.GeoDataFrame(
        known.assign(threshold=view.threshold, unit=pd.Series(view.unit, index=rows.index, dtype="str")),
        geometry=geometry,
        crs=LAMBERT_93,
    )
    qml = as_qml(style, aliases={column: said.label for column, said in words.items()})
    shape: Shape = "Point" if name in ("antennas", "suggested_antennas") else "MultiPolygon"
    return Layer(name, t(f"layers.title_{name}"), t(f"layers.description_{name}"), located, shape, words, qml)


def _without_members(rows: pd.DataFrame) -> pd.DataFrame:
    """Empty what is counted of members: without a roster, a zero would say that there are none."""
    return rows.assign(**{name: _emptied(rows[name]) for name in OF_MEMBERS if name in rows})


def _emptied(column: pd.Series) -> pd.Series:
    """Return the column without a value, of its own type."""
    dtype = "Int64" if column.dtype == "int64" else column.dtype
    return pd.Series(None, index=column.index, dtype=dtype)


def _contours(areas: _Areas) -> pd.Series:
    """Return the contours of a level of the reference by their code.

    Raises
    ------
    UserError
        When the reference is absent or damaged.
    """
    try:
        contours = gpd.read_parquet(REFERENCE_DIR / areas.file, columns=[areas.key, "geometry"])
    except FileNotFoundError as error:
        raise UserError("geography.absent", file=areas.file, folder=REFERENCE_DIR.name) from error
    except (OSError, ValueError) as error:
        raise UserError("geography.damaged", file=areas.file) from error
    return pd.Series(contours.geometry.to_numpy(), index=contours[areas.key])


def _points(rows: pd.DataFrame) -> np.ndarray:
    points: np.ndarray = shapely.points(rows["x_m"].to_numpy(dtype="float64"), rows["y_m"].to_numpy(dtype="float64"))
    return points


def _surfaces(rows: pd.DataFrame) -> np.ndarray:
    """Return what lies within the outlines of rows: ``x_km``, ``y_km``, rings with gaps between them."""
    return np.array([_surface(x, y) for x, y in zip(rows["x_km"], rows["y_km"], strict=True)], dtype="object")


def _surface(x_km: Sequence[float | None], y_km: Sequence[float | None]) -> BaseGeometry:
    """Return what is within an odd number of rings: a ring within another is a hole, one beside it another part.

    Points stand to 100 m, by which a ring may come to touch itself: it is made valid first.
    """
    parts = [shapely.make_valid(shapely.Polygon(1_000 * ring)) for ring in rings_of(x_km, y_km)]
    whole = reduce(shapely.symmetric_difference, parts, shapely.Polygon())
    return shapely.MultiPolygon([part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"])


def _about(asked: Asked, made: Sequence[Layer]) -> Notes:
    """Return what goes with the layers in words: provenance, licences, method, layers, columns and codes."""
    t = asked.t
    facts = [*_provenance(asked), *_methods(asked, made), *_words(asked, made)]
    rows = pd.DataFrame(facts, columns=NOTES_COLUMNS)
    return Notes("about", t("layers.title_about"), t("layers.description_about"), rows)


def _provenance(asked: Asked) -> Iterator[_Fact]:
    t = asked.t
    for number, line in enumerate(foot(asked), start=1):
        yield t("layers.topic_provenance"), "", f"line_{number}", "", line
    given = [s["role"] for s in asked.snapshot.manifest["sources"]]
    for role, (title, text) in zip(given, licences(asked), strict=True):
        yield t("layers.topic_licence"), "", role, title, text
    text = t("layers.licence_geography", day=t.day(moment(_reference()["made_on"])))
    yield t("layers.topic_licence"), "", "geography", t("layers.role_geography"), text


def _reference() -> dict[str, Any]:
    """Return what the reference says of itself.

    Raises
    ------
    UserError
        When it says nothing, or nothing that can be read.
    """
    file = REFERENCE_DIR / "provenance.json"
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError("geography.absent", file=file.name, folder=REFERENCE_DIR.name) from error
    except (OSError, ValueError) as error:
        raise UserError("geography.damaged", file=file.name) from error
    return told


def _methods(asked: Asked, made: Sequence[Layer]) -> Iterator[_Fact]:
    t = asked.t
    topic = t("layers.topic_method")
    for name in ("areas", "expected", "ratio", "verdict", "reach", "next", "contours", "disclosure"):
        yield topic, "", name, "", t(f"layers.method_{name}")
    travel = t("layers.method_km") if asked.view.unit == "km" else measured_sentence(asked.table("measured").iloc[0], t)
    yield topic, "", "travel", "", travel
    if not has_roster(asked):
        yield topic, "", "no_roster", "", t("layers.method_no_roster")
    notes = pd.concat([asked.table("reach_notes"), asked.table("siting_notes")])
    sentences = note_sentences(notes, t, view=asked.view)
    for name, sentence in zip(notes["note"], sentences, strict=True):
        yield t("layers.topic_note"), "", name, "", sentence
    lacking = sum(int(layer.rows.geometry.isna().sum()) for layer in made)
    if lacking:
        yield topic, "", "lacking", "", t.plural("layers.lacking", lacking)


def _words(asked: Asked, made: Sequence[Layer]) -> Iterator[_Fact]:
    t = asked.t
    for layer in made:
        yield t("layers.topic_layer"), layer.name, "", layer.title, layer.description
    for layer in made:
        for column, words in layer.fields.items():
            yield t("layers.topic_column"), layer.name, column, words.label, words.meaning
            for code, text in words.codes.items():
                yield t("layers.topic_code"), layer.name, f"{column}={code}", words.label, text
