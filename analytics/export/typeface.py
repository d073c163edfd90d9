"""The typefaces of what is drawn, measured and printed: the files beside, and what each is for."""

from __future__ import annotations

from pathlib import Path

FONTS_DIR = Path(__file__).with_name("fonts")
SANS = FONTS_DIR / "IBMPlexSans-Regular.ttf"
SANS_BOLD = FONTS_DIR / "IBMPlexSans-SemiBold.ttf"
SERIF = FONTS_DIR / "SourceSerif4-Semibold.ttf"
