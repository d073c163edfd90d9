"""White space: cells, their tones, and texts that can be read on them in both themes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from analytics.figures.matrix import GAP_SLOTS, OURS_SLOTS, STRONG_SLOTS, tone, white_space
from analytics.figures.palette import LIGHT
from tests.analytics.figures.area_tables import colors_of, colors_used, texts

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
CELLS = pd.DataFrame(
    {
        "segment": ["software", "software", "telecoms", "telecoms"],
        "size_class": ["1-9", "250+", "1-9", "unknown"],
        "firms": [120, 3, 1_200, 4],
        "members": [3, 3, 2, 0],
        "members_missing": [4.2, -1.6, 12.0, 2.0],
        "verdict": ["under", "inconclusive", "under", "too_small"],
    }
)
SEGMENTS = {"software": "Édition", "telecoms": "Télécoms <i>"}
SIZES = {"unknown": "inconnue", "1-9": "1-9", "250+": "250+"}


def _draw(**options: object) -> object:
    given = {"cells": CELLS, "segments": SEGMENTS, "sizes": SIZES, "selected": None, "palette": LIGHT, "language": "fr"}
    return white_space(**{**given, **options})


def test_each_pair_is_a_bar_that_tells_its_keys() -> None:
    (bars,) = _draw().data
    assert bars.type == "bar"
    assert [list(pair) for pair in bars.customdata][:4] == [
        ["software", "unknown"],
        ["software", "1-9"],
        ["software", "250+"],
        ["telecoms", "unknown"],
    ]
    assert [round(base + width / 2, 6) for base, width in zip(bars.base, bars.x, strict=True)] == [0.5, 1.5, 2.5] * 2
    assert list(bars.y) == pytest.approx([0.5] * 3 + [1.5] * 3)
    assert bars.selected.marker.opacity == bars.unselected.marker.opacity == 1.0


def test_tones_follow_the_members_missing() -> None:
    d, land = LIGHT.diverging, LIGHT.land
    (bars,) = _draw().data
    assert list(bars.marker.color) == [land, d[3], d[5], land, d[1], land]


@pytest.mark.parametrize(
    ("missing", "slot"), [(0.99, None), (1, 4), (3, 3), (10, 1), (-0.9, None), (-1, 5), (-3, 6), (-10, 8)]
)
def test_tones_change_at_one_three_and_ten(missing: float, slot: int | None) -> None:
    assert tone(missing, is_said=True) == slot
    assert tone(missing, is_said=False) is None


def test_texts_say_members_firms_and_how_many_are_missing() -> None:
    (bars,) = _draw().data
    assert list(bars.text) == [
        "",
        "3 / 120<br><b>manque 4</b>",
        "3 / 3",
        "0 / 4",
        "2 / 1\u202f200<br><b>manque 12</b>",
        "",
    ]
    (narrow,) = _draw(narrow=True).data
    assert list(narrow.text) == ["", "3/120", "3/3", "0/4", "2/1\u202f200", ""]


def test_hovers_say_it_in_words() -> None:
    (bars,) = _draw().data
    assert bars.hovertext[1] == (
        "<b>Édition, 1-9</b><br>3 adhérents sur 120 entreprises (2,5\u202f%)<br>4,2 de moins qu’attendu"
    )
    assert bars.hovertext[2].endswith("1,6 de plus qu’attendu")
    assert bars.hovertext[3].startswith("<b>Télécoms &lt;i&gt;, inconnue</b>")
    assert bars.hovertext[3].endswith("trop peu d’adhérents attendus pour conclure")
    assert bars.hovertext[0].endswith("aucune entreprise")


def test_the_selected_cell_is_framed() -> None:
    (frame,) = _draw(selected=("telecoms", "1-9")).layout.shapes
    assert (round(frame.x0), round(frame.x1), round(frame.y0), round(frame.y1)) == (1, 2, 1, 2)
    assert not _draw(selected=("telecoms", "elsewhere")).layout.shapes


def test_a_selection_keeps_the_texts() -> None:
    # Plotly fades the texts of the others unless the selected text has a colour of its own.
    assert _draw().data[0].selected.textfont.color == LIGHT.ink
    assert _draw(selected=("telecoms", "1-9")).data[0].selected.textfont.color == LIGHT.background


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_texts_can_be_read_on_every_tone(mode: str) -> None:
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][mode]
    for slot in (*GAP_SLOTS, *OURS_SLOTS):
        text = theme["backgroundColor"] if slot in STRONG_SLOTS else theme["textColor"]
        assert _contrast(text, theme["chartDivergingColors"][slot]) >= 4.5, slot


def test_without_a_cell_every_pair_is_land() -> None:
    figure = _draw(cells=CELLS.head(0))
    assert set(figure.data[0].marker.color) == {LIGHT.land}
    assert set(figure.data[0].text) == {""}
    assert "Télécoms &lt;i&gt;" in texts(figure)
    assert colors_used(_draw(selected=("telecoms", "1-9"))) <= colors_of()


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
