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
    words["download-failed"] = t("common.download_failed")
    # Read aloud, each button says what the file is to hold: Streamlit ties the label to nothing.
    for role in ("register", "legal_units", "members"):
        what = t(f"sources.upload_{role}")
        words[f"browse-{role}"] = t("access.upload_browse", browse=words["browse"], what=what)
    quoted = "".join(f"--words-{key}: {json.dumps(text, ensure_ascii=False)};" for key, text in words.items())
    return f"<style>:root {{ {quoted} }}\n{_sheet()}</style>"


@cache
def _sheet() -> str:
    return SHEET.read_text(encoding="utf-8")
