"""Map layers as one GeoPackage (OGC 12-128): geometry and figures, and the words that go with them.

GeoPandas writes the layers. What it has no place for is added as the standard and QGIS have it: an alias and a meaning
of each column and the meaning of codes (the extension *Schema*: QGIS shows them), tables without geometry, and the
style in which a layer opens (the table ``layer_styles`` of QGIS).

No text of this module is the reader's: titles and meanings are handed over in their language.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import geopandas as gpd
import pandas as pd

Shape = Literal["MultiPolygon", "Point"]

FILE = "map.gpkg"
# Of the standard; later ones bring nothing that is used here, and older readers warn of them.
VERSION = "1.2"
_SCHEMA = """
CREATE TABLE gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
    constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
    max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) VALUES
    ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema', 'read-write'),
    ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema',
     'read-write');
"""
_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,
    f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT, ui TEXT, update_time DATETIME);
"""


@dataclass(frozen=True)
class Field:
    """The words of a column: how it is called, what it means, and what each of its codes stands for."""

    label: str
    meaning: str
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """A layer: its name in the file, its title and description, rows in one kind of shape, and their columns.

    ``style`` is the QML in which QGIS opens it; empty leaves it to QGIS.
    """

    name: str
    title: str
    description: str
    rows: gpd.GeoDataFrame
    shape: Shape
    fields: Mapping[str, Field]
    style: str = ""


@dataclass(frozen=True)
class Notes:
    """A table of texts, without geometry."""

    name: str
    title: str
    description: str
    rows: pd.DataFrame


def geopackage(layers: Sequence[Layer], notes: Notes, *, written_at: datetime) -> bytes:
    """Return layers and a table of texts as a GeoPackage.

    Parameters
    ----------
    layers
        The columns of their rows are those of their fields, in this order, and ``geometry``; names, titles and, within
        a layer, labels differ.
    written_at
        The moment that the file states as that of its last change: the same figures give the same bytes.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        for layer in layers:
            _write_rows(layer, path)
        with closing(sqlite3.connect(path)) as database, database:
            _add_words(database, layers)
            _add_notes(database, notes)
            _add_styles(database, layers, written_at=written_at)
            database.execute("UPDATE gpkg_contents SET last_change = ?", [f"{written_at:%Y-%m-%dT%H:%M:%S.000Z}"])
        return path.read_bytes()


def _write_rows(layer: Layer, path: Path) -> None:
    layer.rows[[*layer.fields, "geometry"]].to_file(
        path,
        layer=layer.name,
        driver="GPKG",
        engine="pyogrio",
        geometry_type=layer.shape,
        promote_to_multi=layer.shape == "MultiPolygon",
        VERSION=VERSION,
    )


def _add_words(database: sqlite3.Connection, layers: Sequence[Layer]) -> None:
    database.executescript(_SCHEMA)
    for layer in layers:
        database.execute(
            "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
            [layer.title, layer.description, layer.name],
        )
        for column, words in layer.fields.items():
            constraint = f"{layer.name}_{column}" if words.codes else None
            database.execute(
                "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
                [layer.name, column, words.label, words.label, words.meaning, constraint],
            )
            database.executemany(
                "INSERT INTO gpkg_data_column_constraints VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
                [(constraint, code, meaning) for code, meaning in words.codes.items()],
            )


def _add_notes(database: sqlite3.Connection, notes: Notes) -> None:
    # The names are those of the code, never of data.
    columns = ", ".join(f'"{column}" TEXT' for column in notes.rows.columns)
    database.execute(f'CREATE TABLE "{notes.name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})')
    places = ", ".join("?" for _ in notes.rows.columns)
    database.executemany(
        f'INSERT INTO "{notes.name}" VALUES (NULL, {places})',  # noqa: S608 - names of the code
        notes.rows.itertuples(index=False, name=None),
    )
    _register(database, notes.name, title=notes.title, description=notes.description)


def _add_styles(database: sqlite3.Connection, layers: Sequence[Layer], *, written_at: datetime) -> None:
    """Keep the styles where QGIS looks for them; the one named default is the one in which a layer opens."""
    styled = [layer for layer in layers if layer.style]
    database.executescript(_STYLES)
    database.executemany(
        "INSERT INTO layer_styles VALUES (NULL, '', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
        [
            (layer.name, layer.title, layer.style, layer.description, f"{written_at:%Y-%m-%dT%H:%M:%S.000Z}")
            for layer in styled
        ],
    )
    _register(database, "layer_styles", title="layer_styles", description="")


def _register(database: sqlite3.Connection, name: str, *, title: str, description: str) -> None:
    """List a table without geometry among the contents, where readers look for it."""
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)",
        [name, title, description],
    )
