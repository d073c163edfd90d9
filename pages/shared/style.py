"""The style sheet of the house, with the few words that Streamlit writes itself in the reader's language."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from analytics.text import Translator

SHEET = Path(__file__).parents[1] / "assets" / "style.css"


def style_sheet(t: Translator) -> str:
    """Return the style element of a page."""
    words = {"browse": t("common.upload_browse"), "drop": t("common.upload_drop")}
    quoted = "".join(f"--words-{key}: {json.dumps(text, ensure_ascii=False)};" for key, text in words.items())
    return f"<style>:root {{ {quoted} }}\n{_sheet()}</style>"


@cache
def _sheet() -> str:
    return SHEET.read_text(encoding="utf-8")
