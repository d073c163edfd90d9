"""The areas, segments and sizes of a level, with their names."""

from __future__ import annotations

import pandas as pd

from analytics.errors import UserError
from analytics.metrics.aggregate import LEVEL_COLUMNS
from analytics.results.selection import standing_firms
from analytics.settings import Settings
from analytics.sizes import BY_CODE, SIZE_BANDS, SIZE_CLASSES, SIZE_CODES
from analytics.store import Snapshot
from analytics.text import Translator, translator
from analytics.view import View

LEVELS = tuple(LEVEL_COLUMNS)


def areas_of(snapshot: Snapshot, view: View, settings: Settings, *, level: str, language: str = "fr") -> pd.DataFrame:
    """Return ``area_code, area_name`` of every area of the level, those of the view's departments for places.

    Raises
    ------
    UserError
        When the level is unknown.
    """
    t = translator(language)
    segments = settings.segment_names(language)
    classes = {key: t(f"size.class_{key}") for key in SIZE_CLASSES}
    named: dict[str, dict[str, str]] = {
        "segment": segments,
        "size": {code: size_label(t, code) for code in SIZE_CODES},
        "size_class": classes,
        "segment_size": {f"{s}:{c}": f"{segments[s]}, {classes[c]}" for s in segments for c in classes},
        "antenna": {antenna.name: antenna.name for antenna in settings.antennas},
    }
    if level in named:
        return pd.DataFrame(list(named[level].items()), columns=["area_code", "area_name"])
    if level in LEVELS:
        return _places_of(snapshot, view, level=level)
    raise UserError("table.unknown_level", level=level, known=", ".join(LEVELS))


def shown_areas(snapshot: Snapshot, view: View, settings: Settings, *, level: str, language: str = "fr") -> pd.Series:
    """Return the codes of the areas in the view's departments.

    An EPCI that reaches into several lies where its most populous commune does; of the antennas, those are shown that
    are nearest to a firm there.
    """
    if level == "antenna" and view.departments:
        return standing_firms(snapshot, view)[LEVEL_COLUMNS[level]].drop_duplicates()
    if level == "epci" and view.departments:
        places = _main_communes(snapshot, level=level)
        return places.loc[places["department_code"].isin(view.departments), "area_code"]
    return areas_of(snapshot, view, settings, level=level, language=language)["area_code"]


def main_places(snapshot: Snapshot, *, level: str) -> pd.DataFrame:
    """Return ``area_code, x_m, y_m`` (EPSG:2154): where an area's disc stands.

    A commune's town hall, an antenna's own place, else the town hall of the most populous commune.
    """
    if level == "antenna":
        places = snapshot.table("antennas").rename(columns={"name": "area_code"})
    else:
        places = _main_communes(snapshot, level=level)
    return places[["area_code", "x_m", "y_m"]].reset_index(drop=True)


def size_label(t: Translator, code: str) -> str:
    """Return the name of an INSEE size band: ``10 à 19``."""
    band = BY_CODE[code]
    if code in {"NN", "00"}:
        return t(f"size.band_{code}")
    if band == SIZE_BANDS[-1]:
        return t("size.band_open", low=t.number(band.low))
    return t("size.band", low=t.number(band.low), high=t.number(band.high))


def _main_communes(snapshot: Snapshot, *, level: str) -> pd.DataFrame:
    """Return the most populous commune of each area, columns of ``COMMUNES`` and ``area_code``."""
    ordered = snapshot.table("communes").sort_values("population", ascending=False)
    return (
        ordered.assign(area_code=ordered[LEVEL_COLUMNS[level]]).dropna(subset="area_code").drop_duplicates("area_code")
    )


def _places_of(snapshot: Snapshot, view: View, *, level: str) -> pd.DataFrame:
    communes = snapshot.table("communes")
    if view.departments:
        communes = communes[communes["department_code"].isin(view.departments)]
    if level == "commune":
        rows = communes.rename(columns={"commune_code": "area_code", "name": "area_name"})
    else:
        areas = snapshot.table("departments" if level == "department" else "epcis")
        rows = areas[areas["area_code"].isin(communes[LEVEL_COLUMNS[level]])]
    return rows[["area_code", "area_name"]].reset_index(drop=True)
