"""Colours that can be read: texts at 4.5 to 1, marks at 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), in both themes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from analytics.figures import matrix

ROOT = Path(__file__).parents[2]
SHEET = (ROOT / "pages" / "assets" / "style.css").read_text(encoding="utf-8")
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
THEMES = ("light", "dark")
TEXT, MARK = 4.5, 3.0
# Token -> on what it stands, of the style sheet. The surface is Streamlit's, of its fields and popovers.
TEXTS = {
    "ink": ("bg", "surface", "land"),
    "ink2": ("bg", "surface", "land"),
    "ink3": ("bg", "surface"),
    "ours-text": ("bg", "surface"),
    "gap-text": ("bg", "gap-soft"),
    "bg": ("ours", "ink"),  # on a primary button; a rank on its disc
}
MARKS = {
    "ours": ("bg", "surface", "land", "squares"),  # the ring of the focus too
    "gap": ("bg", "land"),
    "neutral": ("bg", "land"),
    "ink": ("bg", "land"),
}
# Grounds, and what tells nothing alone: hairlines; bars and discs of the sector, whose figure is written beside them.
GROUNDS = {"bg", "gap-soft", "land", "squares", "hair", "sector"}
# Of Streamlit's own texts and messages: colour, ground.
OF_THE_THEME = (
    ("textColor", "backgroundColor"),
    ("textColor", "secondaryBackgroundColor"),
    ("linkColor", "backgroundColor"),
    ("dataframeHeaderTextColor", "dataframeHeaderBackgroundColor"),
    ("blueTextColor", "blueBackgroundColor"),
    ("orangeTextColor", "orangeBackgroundColor"),
    ("grayTextColor", "grayBackgroundColor"),
    ("greenColor", "backgroundColor"),
    ("redColor", "backgroundColor"),
)


def _tokens(theme: str) -> dict[str, str]:
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", SHEET)
    found = {name: pair[THEMES.index(theme)] for name, *pair in pairs}
    return {**found, "surface": THEME[theme]["secondaryBackgroundColor"]}


def _luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_that_of_wcag() -> None:
    assert _contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert _contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)  # the grey that just passes
    assert _contrast("#777777", "#FFFFFF") < TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("kind", "least"), [("text", TEXT), ("mark", MARK)])
def test_what_we_draw_stands_out(theme: str, kind: str, least: float) -> None:
    tokens, pairs = _tokens(theme), TEXTS if kind == "text" else MARKS
    measured = {(one, on): _contrast(tokens[one], tokens[on]) for one, grounds in pairs.items() for on in grounds}
    assert {pair: round(ratio, 2) for pair, ratio in measured.items() if ratio < least} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_what_streamlit_draws_in_our_theme_stands_out(theme: str) -> None:
    colors = THEME[theme]
    measured = {(one, on): _contrast(colors[one], colors[on]) for one, on in OF_THE_THEME}
    assert {pair: round(ratio, 2) for pair, ratio in measured.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_texts_of_the_matrix_stand_out_from_their_cells(theme: str) -> None:
    colors = THEME[theme]
    tones, strong = colors["chartDivergingColors"], colors["backgroundColor"]
    slots = (*matrix.GAP_SLOTS, *matrix.OURS_SLOTS)
    texts = {slot: strong if slot in matrix.STRONG_SLOTS else colors["textColor"] for slot in slots}
    measured = {slot: _contrast(texts[slot], tones[slot]) for slot in slots}
    assert {slot: round(ratio, 2) for slot, ratio in measured.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_style_sheet_and_theme_name_the_same_colours(theme: str) -> None:
    tokens, colors = _tokens(theme), THEME[theme]
    ours, gap, _, _, neutral, sector, ink, ink2, hair, land = colors["chartCategoricalColors"]
    drawn = {"ours": ours, "gap": gap, "neutral": neutral, "sector": sector, "ink": ink, "ink2": ink2}
    assert {**drawn, "hair": hair, "land": land} == {name: tokens[name] for name in (*drawn, "hair", "land")}
    assert (colors["primaryColor"], colors["backgroundColor"]) == (tokens["ours"], tokens["bg"])


def test_no_colour_is_left_unjudged() -> None:
    assert set(_tokens("light")) - {"surface"} == set(TEXTS) | set(MARKS) | GROUNDS
    # Colours stand at the top, by name, and nowhere else.
    assert re.findall(r"#[0-9A-Fa-f]{6}\b", SHEET.split("}", 1)[1]) == []
