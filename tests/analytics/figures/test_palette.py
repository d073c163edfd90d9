"""The colours of figures are the theme's: the slots that the browser swaps, and the light values for paper."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from analytics.figures.palette import DARK, LIGHT, Palette, from_template

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
ROLES = ("ours", "gap", None, None, "neutral", "sector", "ink", "secondary", "hair", "land")


def test_streamlits_slots_are_the_ones_that_its_browser_side_swaps() -> None:
    pytest.importorskip("streamlit.elements.lib.streamlit_plotly_theme").configure_streamlit_plotly_theme()
    slots = from_template("streamlit")
    # Undocumented in Streamlit: a new release that changes them must fail here before it shows a black chart.
    assert (slots.ours, slots.gap, slots.neutral) == ("#000001", "#000002", "#000005")
    assert (slots.sector, slots.ink, slots.secondary) == ("#000006", "#000007", "#000008")
    assert (slots.hair, slots.land, slots.background) == ("#000009", "#000010", "#000038")
    assert slots.diverging == tuple(f"#0000{slot}" for slot in range(21, 31))


@pytest.mark.parametrize(("mode", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_paper_and_stage_have_the_themes_colours(mode: str, palette: Palette) -> None:
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][mode]
    for role, color in zip(ROLES, theme["chartCategoricalColors"], strict=True):
        if role:
            assert getattr(palette, role) == color
    assert theme["backgroundColor"] == palette.background
    assert tuple(theme["chartDivergingColors"]) == palette.diverging


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_words_and_marks_of_drawings_stand_out_from_the_page_and_from_land(palette: Palette) -> None:
    for ground in (palette.background, palette.land):
        assert _contrast(palette.ink, ground) >= 7
        assert _contrast(palette.secondary, ground) >= 4.5
        for role in ("ours", "gap", "neutral"):
            assert _contrast(getattr(palette, role), ground) >= 3
    # Numbers stand on the cluster's bars in the colour of the page.
    assert _contrast(palette.background, palette.ours) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_diverging_tones_leave_the_page_from_the_middle_on(palette: Palette) -> None:
    contrasts = [_contrast(tone, palette.background) for tone in palette.diverging]
    assert contrasts[:5] == sorted(contrasts[:5], reverse=True)
    assert contrasts[5:] == sorted(contrasts[5:])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_marks_stand_out_from_the_page(mode: str) -> None:
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][mode]
    page = theme["backgroundColor"]
    slots = dict(zip(ROLES, theme["chartCategoricalColors"], strict=True))
    assert _contrast(theme["textColor"], page) >= 4.5
    assert _contrast(theme["grayTextColor"], page) >= 4.5
    assert _contrast(theme["orangeTextColor"], theme["orangeBackgroundColor"]) >= 4.5
    for role in ("ours", "gap", "neutral"):
        assert _contrast(slots[role], page) >= 3


def _contrast(a: str, b: str) -> float:
    """WCAG 2 contrast of two colours."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
