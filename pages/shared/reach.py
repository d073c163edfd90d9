"""How far the antennas reach: the threshold, the map of who is reached, what distance says of membership."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.figures.coverage_curve import coverage_curve
from analytics.figures.coverage_map import coverage_map
from analytics.figures.distance_bands import distance_bands
from analytics.tables import READS
from analytics.text import Translator
from analytics.text import coverage_findings as findings
from analytics.text.findings import of_named
from analytics.view import LEAST_THRESHOLD, MAX_THRESHOLD, UNITS
from pages.shared import address, blocks, door, guards
from pages.shared import controls as widgets
from pages.shared.loaders import Reader

_STEP = 5.0
_MAP_PX = 560
_MAP_READS = (*READS["next_antennas"], "antenna", "closer")


def notes(reader: Reader) -> None:
    """Say what is wrong with the antennas or with what was asked, a sentence each."""
    for name in ("reach_notes", "siting_notes"):
        for sentence in findings.note_sentences(reader.table(name), reader.t, view=reader.view):
            st.warning(guards.plain(sentence))


def controls(reader: Reader) -> None:
    """Draw the threshold and its unit."""
    t, view = reader.t, reader.view
    with st.container(horizontal=True, vertical_alignment="center", key="reach-controls"):
        widgets.segmented(
            reader,
            "unit",
            UNITS,
            label=t("coverage.unit"),
            shown=lambda unit: t(f"coverage.unit_{unit}"),
            is_label_hidden=True,
        )
        label = t(f"coverage.threshold_{view.unit}")
        widgets.slider(reader, "threshold", label=label, low=LEAST_THRESHOLD, high=MAX_THRESHOLD, step=_STEP)


def look(reader: Reader, *, antenna: str | None) -> None:
    """Draw the choice between the whole region and what is around the antenna."""
    if antenna is None:
        return
    t = reader.t
    around = guards.plain(t("coverage.closer", antenna=of_named(antenna, t)))
    widgets.segmented(
        reader,
        "closer",
        (False, True),
        label=t("coverage.look"),
        shown=lambda is_closer: around if is_closer else t("coverage.whole_region"),
        is_label_hidden=True,
    )


def map_key(t: Translator) -> str:
    """Return what the map shows, with its dots."""
    far = blocks.dot("gap", t("coverage.key_far"))
    ring = blocks.dot("ring", t("coverage.key_ring"), strong=False)
    return t("coverage.map_key", far=far, ring=ring)


def draw_map(reader: Reader, *, antenna: str | None, alt: str) -> None:
    """Draw who is reached, and where the next antennas would stand; a click on an antenna opens its sheet."""
    figure = reader.figure(f"coverage-map-{antenna}", partial(_map, reader, antenna), reads=_MAP_READS)
    with st.container(key="coverage-map", height=_MAP_PX, border=False):
        click = partial(choose, reader)
        blocks.chart(figure, name="coverage-map", kind="map", alt=alt, height="stretch", on_click=click)


def place_table(reader: Reader) -> pd.DataFrame:
    """Return the table behind the map."""
    places = reader.table("reach_places")
    cost = {"min": "antenna_min", "km": "antenna_km"}[reader.view.unit]
    columns = ["commune_name", "firms", "unreached", "nearest_antenna", cost]
    return places.rename(columns={"cost": cost})[columns]


def curve(reader: Reader, *, alt: str) -> None:
    """Draw the share that is within each distance of an antenna."""
    t, view, rows = reader.t, reader.view, reader.table("coverage_curve")
    share = findings.reached_pct(reader.table("overlaps"))
    look = {"threshold": view.threshold, "share_pct": share, "unit": view.unit, "palette": blocks.slots()}
    figure = reader.figure(
        "coverage-curve", partial(coverage_curve, rows, language=t.language, **look), reads=("threshold", "unit")
    )
    blocks.chart(figure, name="coverage-curve", kind="curve", alt=alt)


def bands(reader: Reader, *, alt: str) -> None:
    """Draw members over those expected, by distance; twice, and the style sheet shows the one that fits."""
    look = {"unit": reader.view.unit, "palette": blocks.slots(), "language": reader.t.language}
    for name, narrow in (("wide", False), ("narrow", True)):
        with st.container(key=f"only-{name}-bands"):
            draw = partial(distance_bands, reader.table("nearness"), narrow=narrow, **look)
            figure = reader.figure(f"bands-{name}", draw, reads=("unit",))
            blocks.chart(figure, name=f"bands-{name}", kind="intervals", alt=alt)


def measured_note(reader: Reader) -> None:
    """Say whether minutes are measured or estimated."""
    if reader.view.unit == "min":
        sentence = findings.measured_sentence(reader.table("measured").iloc[0], reader.t)
        st.html(f'<div class="source">{escape(sentence)}</div>')


def choose(reader: Reader, customdata: Any) -> None:  # noqa: ANN401 - as the browser sends it
    """Open the sheet of a clicked antenna."""
    address.change(reader.settings, antenna=str(customdata[0]))


def _map(reader: Reader, antenna: str | None) -> object:
    suggested = reader.table("next_antennas_in_full")
    lines = suggested.assign(name=suggested["commune_name"], is_suggested=True).dropna(subset=["x_km"])
    outlines = pd.concat([reader.table("antenna_outlines").assign(is_suggested=False), lines])
    return coverage_map(
        reader.table("reach_places"),
        outlines,
        reader.snapshot.table("antennas"),
        suggested,
        unit=reader.view.unit,
        frame=door.land_frame(),
        selected=antenna,
        closer=reader.view.closer,
        palette=blocks.slots(),
        language=reader.t.language,
    )
