"""Drawings of the sections: vectors in the house's type and colours, what they say, the same bytes twice."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from analytics.export.asked import Desk
from analytics.export.content import SectionKey
from analytics.export.drawings import draw, draw_of_place
from analytics.export.pictures.bars import Bar, draw_bars
from analytics.export.pictures.canvas import Canvas
from analytics.export.pictures.lines import Line, draw_fan, draw_years
from analytics.export.pictures.maps import Map, Name, frame_of, radii_of
from analytics.export.pictures.squares import Share, draw_squares
from analytics.figures.palette import DARK, LIGHT
from analytics.settings import default_settings
from analytics.store import Snapshot
from analytics.text import translator
from analytics.view import View

SETTINGS = default_settings()
ROOT = Path(__file__).parents[3]
T = translator("fr")
PAPER = {"width_in": 6.5, "height_in": 3.2, "text_pt": 8.5}
STAGE = {"width_in": 9.3, "height_in": 9.3, "text_pt": 16.5}
KEYS = tuple(key for key in get_args(SectionKey) if key != "next")
# The words of a picture, whose letters are outlines, stand beside these as comments.
WORDS = re.compile(r"<!-- (.*?) -->")
COLOR = re.compile(r"#[0-9a-f]{6}")
# A square from 0 to 100 km in two halves, which are two departments with one EPCI each.
HALVES = pd.DataFrame(
    {
        "area_code": ["1", "2"],
        "x_km": [[0.0, 50.0, 50.0, 0.0, 0.0], [50.0, 100.0, 100.0, 50.0, 50.0]],
        "y_km": [[0.0, 0.0, 100.0, 100.0, 0.0], [0.0, 0.0, 100.0, 100.0, 0.0]],
    }
)


@pytest.fixture(scope="module")
def desk(snapshot: Snapshot) -> Desk:
    return Desk(snapshot, SETTINGS, View.default(SETTINGS), T)


def _desk(snapshot: Snapshot, query: str, language: str = "fr") -> Desk:
    return Desk(snapshot, SETTINGS, View.from_query(query, SETTINGS), translator(language))


def _words(svg: str) -> list[str]:
    return [words.strip() for words in WORDS.findall(svg)]


def _read(svg: str) -> ET.Element:
    return ET.fromstring(svg.encode())  # noqa: S314 - our own picture


def _canvas(**size: float) -> Canvas:
    return Canvas(**{"width_in": 5.0, "height_in": 3.0, "text_pt": 9.0, **size}, palette=LIGHT)


@pytest.mark.parametrize("key", KEYS)
def test_every_section_but_the_last_has_its_picture_in_both_themes(desk: Desk, key: SectionKey) -> None:
    for palette in (LIGHT, DARK):
        svg = draw(desk, key, palette=palette, **STAGE)
        assert svg is not None
        root = _read(svg)
        assert root.get("viewBox") == "0 0 669.6 669.6"
        other = DARK if palette is LIGHT else LIGHT
        words = palette.secondary if key == "cluster" else palette.ink
        assert words.lower() in svg
        assert not {other.ink.lower(), other.secondary.lower(), other.background.lower()} & set(COLOR.findall(svg))


def test_what_is_next_has_no_picture(desk: Desk) -> None:
    assert draw(desk, "next", palette=LIGHT, **PAPER) is None


@pytest.mark.parametrize("key", ["sector", "places", "growth"])
def test_the_same_picture_is_the_same_bytes_and_bears_no_day(desk: Desk, key: SectionKey) -> None:
    first, second = (draw(desk, key, palette=LIGHT, **PAPER) for _ in range(2))
    assert first == second
    assert first is not None
    assert "<dc:date>" not in first
    assert "matplotlib.org" not in first


def test_a_picture_has_no_background_no_raster_and_no_font_of_its_own(desk: Desk) -> None:
    svg = draw(desk, "reach", palette=LIGHT, **PAPER)
    assert svg is not None
    root = _read(svg)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not names & {"text", "image"}
    assert "DejaVu" not in svg
    assert "font-family" not in svg
    # The first thing drawn is land, not a page.
    assert COLOR.findall(svg)[0] == LIGHT.land.lower()


def test_nothing_that_draws_imports_pyplot() -> None:
    """In a process of its own: in this one another test's library may have imported it."""
    code = (
        "import sys, pkgutil, importlib, analytics.export.drawings, analytics.export.pictures as p;"
        "[importlib.import_module(f'{p.__name__}.{m.name}') for m in pkgutil.iter_modules(p.__path__)];"
        "sys.exit('matplotlib.figure' not in sys.modules or 'matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_bars_of_the_sector_are_labelled_with_the_tables_counts(desk: Desk) -> None:
    told = _words(draw(desk, "sector", palette=LIGHT, **PAPER) or "")
    rows = desk.table("penetration", level="segment", language="fr").query("firms > 0")
    assert set(rows["area_name"]) | {T.number(n) for n in rows["firms"]} == set(told)


def test_the_plan_shows_each_years_members_and_the_target(desk: Desk) -> None:
    told = _words(draw(desk, "plan", palette=LIGHT, **PAPER) or "")
    rows, basis = desk.table("membership"), desk.table("membership_basis").iloc[0]
    assert {T.number(n) for n in rows["members"]} <= set(told)
    assert {str(year) for year in rows["year"]} <= set(told)
    assert T("drawings.target", members=T.number(basis["target_members"]), year=str(basis["by"])) in told


def test_growth_is_labelled_at_both_ends(desk: Desk) -> None:
    told = _words(draw(desk, "growth", palette=LIGHT, **PAPER) or "")
    rows = desk.table("growth_in_full")
    assert T.plural("chart.fan_firms", round(rows["firms"].iloc[0])) in told
    assert T("drawings.fan") in told
    for name in ("firms_low", "firms", "firms_high"):
        assert any(words.startswith(T.number(rows[name].iloc[-1])) for words in told)


def test_the_map_of_towns_names_those_that_lack_members(desk: Desk) -> None:
    told = " ".join(_words(draw(desk, "towns", palette=LIGHT, **STAGE) or ""))
    assert (desk.table("towns_in_full")["verdict"] == "under").sum() == 4
    for name in ("Nîmes Métropole", "Le Muretain Agglo", "Béziers-Méditerranée", "Perpignan"):
        assert name in told


def test_the_map_of_reach_tells_the_totals_and_every_antenna(desk: Desk) -> None:
    told = _words(draw(desk, "reach", palette=DARK, **STAGE) or "")
    network = int(desk.table("coverage")["firms"].iloc[-1])
    assert T.plural("chart.coverage_near", network) in told
    assert T.plural("chart.coverage_far", 18_000 - network) in told
    assert set(desk.snapshot.table("antennas")["name"]) <= set(told)


@pytest.mark.parametrize("query", ["department=48", "level=commune", "level=department", "level=antenna", "unit=km"])
def test_maps_follow_the_view(snapshot: Snapshot, query: str) -> None:
    asked = _desk(snapshot, query, "en")
    for key in ("places", "towns", "reach"):
        svg = draw(asked, key, palette=LIGHT, **PAPER)  # type: ignore[arg-type]
        assert svg is not None
        _read(svg)


def test_a_part_of_the_region_is_shown_alone(snapshot: Snapshot) -> None:
    told = _words(draw(_desk(snapshot, "department=48"), "places", palette=LIGHT, **PAPER) or "")
    assert "Mende" in told
    assert "Toulouse" not in told


def test_english_pictures_say_english(snapshot: Snapshot) -> None:
    told = _words(draw(_desk(snapshot, "", "en"), "cluster", palette=LIGHT, **STAGE) or "")
    assert told == ["1 square = 1% of jobs"]


@pytest.mark.parametrize("what", ["where", "segment", "size_class"])
@pytest.mark.parametrize(("level", "town"), [("epci", "200027183"), ("commune", "34032"), ("antenna", "Mende")])
def test_a_place_has_its_pictures(snapshot: Snapshot, what: str, level: str, town: str) -> None:
    asked = _desk(snapshot, f"level={level}&town={town}")
    told = _words(draw_of_place(asked, what, palette=LIGHT, **PAPER))  # type: ignore[arg-type]
    if what != "where":
        rows = asked.table("town_firms", by=what, language="fr")
        counts = {f"{T.number(n)} ({T.number(m)})" for n, m in zip(rows["firms"], rows["members"], strict=True)}
        assert counts <= set(told)
    else:
        assert {"200027183": "Perpignan Méditerranée…", "34032": "Béziers"}.get(town, town) in " ".join(told)


def test_a_hundred_squares_of_which_two_and_a_fifth_are_filled() -> None:
    canvas = _canvas(width_in=3.0)
    draw_squares(canvas, [Share(2.2, "2,2 %")])
    svg = canvas.svg()
    fills = re.findall(r'd="M([^z]*)z" [^>]*fill: (#[0-9a-f]{6})', svg)
    sides = [float(numbers.split()[2]) - float(numbers.split()[0]) for numbers, _ in fills]
    ours = [side for side, (_, color) in zip(sides, fills, strict=True) if color == LIGHT.ours.lower()]
    assert sum(color == LIGHT.sector.lower() for _, color in fills) == 98
    assert sum(ours) / max(ours) == pytest.approx(2.2, abs=0.05)


def test_lengths_of_bars_are_as_their_values() -> None:
    canvas = _canvas()
    draw_bars(canvas, [Bar("a", 40, "40", LIGHT.sector), Bar("b", 10, "10", LIGHT.gap, part=5)])
    boxes = re.findall(r'd="M([\d.]+) [\d.]+ ([\d.]+) [^z]*z" [^>]*fill: (#[0-9a-f]{6})', canvas.svg())
    lengths = [float(right) - float(left) for left, right, _ in boxes]
    assert [color for *_, color in boxes] == [LIGHT.sector.lower(), LIGHT.gap.lower(), LIGHT.ours.lower()]
    assert lengths[0] / lengths[1] == pytest.approx(4, rel=0.01)
    assert lengths[1] / lengths[2] == pytest.approx(2, rel=0.01)


def test_nothing_to_draw_draws_nothing() -> None:
    canvas = _canvas()
    draw_bars(canvas, [])
    _read(canvas.svg())


def test_names_of_data_stay_text() -> None:
    canvas = _canvas()
    canvas.text(10, 10, r"$\frac{1}{2}$ <b> & --> x")
    root = _read(canvas.svg())
    assert sum(element.tag.endswith("}use") for element in root.iter()) >= 15


def test_labels_at_the_ends_of_lines_do_not_touch() -> None:
    canvas = _canvas()
    lines = [Line([10, 20], "vingt", LIGHT.ink, 1), Line([10, 20.1], "vingt et un", LIGHT.ink, 1)]
    draw_fan(canvas, [2026, 2027], lines, fan=None, fan_label="", start_label="dix", t=T)
    places = re.findall(r"<!-- (vingt.*?) -->\s*<g [^>]*translate\([\d.]+ ([\d.]+)\)", canvas.svg())
    heights = {words: float(y) for words, y in places}
    assert heights["vingt"] - heights["vingt et un"] >= 9


def test_many_years_are_labelled_every_few() -> None:
    canvas = _canvas()
    years = list(range(2026, 2056))
    draw_years(canvas, years, [100.0] * 30, labels=["1 000"] * 30, beneath=[""] * 30, target=None, target_label="")
    told = [words for words in _words(canvas.svg()) if words.startswith("20")]
    assert told[-1] == "2055"
    assert 5 <= len(told) <= 15


def test_a_map_puts_its_frame_within_the_canvas() -> None:
    drawn = Map(_canvas(), frame=frame_of(HALVES), under=2.0)
    corners = drawn.points([0, 100], [0, 100])
    (left, bottom), (right, top) = corners
    assert right - left == pytest.approx(top - bottom)
    assert bottom >= 2 * 1.3 * 9
    assert top <= 3 * 72
    assert (left + right) / 2 == pytest.approx(5 * 72 / 2)
    assert frame_of(HALVES, ["2"]) == (50, 0, 100, 100)
    assert frame_of(HALVES, ["9"]) == (0, 0, 100, 100)


def test_names_that_collide_are_left_out_the_less_important_ones() -> None:
    canvas = _canvas()
    drawn = Map(canvas, frame=(0, 0, 100, 100))
    crowd = [Name(f"Ville numéro {rank}", 50, 50 + rank / 100, radius=2) for rank in range(40)]
    drawn.draw_names(crowd, firm=1)
    told = [words for words in _words(canvas.svg()) if words.startswith("Ville")]
    assert "Ville numéro 0" in told
    assert len(set(told)) < 20


def test_surfaces_of_discs_are_as_counts() -> None:
    radii = radii_of(pd.Series([400, 100, 0]), largest=8, at_least=100)
    assert radii.tolist() == [8, 4, 0]
    assert radii_of(pd.Series([1]), largest=8, at_least=100).tolist() == [pytest.approx(0.8)]
    assert radii_of(pd.Series([0]), largest=8, at_least=100, smallest=0.5).tolist() == [0.5]


def test_land_keeps_its_holes_and_common_borders() -> None:
    canvas = _canvas()
    ring = [0.0, 100.0, 100.0, 0.0, 0.0, np.nan, 40.0, 40.0, 60.0, 60.0, 40.0]
    up = [0.0, 0.0, 100.0, 100.0, 0.0, np.nan, 40.0, 60.0, 60.0, 40.0, 40.0]
    holed = pd.DataFrame({"area_code": ["1"], "x_km": [ring], "y_km": [up]})
    drawn = Map(canvas, frame=(0, 0, 100, 100))
    drawn.draw_land(holed, holed)
    outline = next(d for d in re.findall(r'd="([^"]*)"', canvas.svg()) if d.count("M") == 2)
    assert outline.count("z") == 2


def test_withheld_units_are_not_in_the_pictures_of_a_place(snapshot: Snapshot) -> None:
    withheld = snapshot.firms("tic").query("is_partially_diffusible")
    asked = _desk(snapshot, "level=epci&town=243100518")
    for what in ("where", "segment", "size_class"):
        told = " ".join(_words(draw_of_place(asked, what, palette=LIGHT, **PAPER)))  # type: ignore[arg-type]
        assert not any(siren in told for siren in withheld["siren"])


def test_a_snapshot_without_firms_of_a_size_has_no_empty_bar(snapshot: Snapshot) -> None:
    asked = _desk(snapshot, "size=1-9")
    told = _words(draw(asked, "sector", palette=LIGHT, **PAPER) or "")
    rows = asked.table("penetration", level="segment", language="fr")
    assert len(told) == 2 * int((rows["firms"] > 0).sum())


def test_views_that_differ_only_in_what_a_picture_does_not_read_draw_alike(desk: Desk) -> None:
    other = Desk(desk.snapshot, SETTINGS, dataclasses.replace(desk.view, cut=50.0), T)
    assert draw(desk, "sector", palette=LIGHT, **PAPER) == draw(other, "sector", palette=LIGHT, **PAPER)
