"""Catalogues, numbers and dates."""

from __future__ import annotations

import ast
import datetime
import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from analytics.text import LANGUAGES, LOCALE_DIR, Translator, translator

ROOT = Path(__file__).parents[2]
THIN = "\u202f"


def _messages(language: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in (LOCALE_DIR / language).glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                if not message.id:
                    continue
                key = message.id if isinstance(message.id, str) else message.id[0]
                assert key not in found, f"{key} stands twice"
                found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def _placeholders(texts: tuple[str, ...]) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0167, "0,02"), (0.004, "0,004"), (0.0004, "0,0"), (0, "0,0"), (0.06, "0,1"), (2.17, "2,2"), (12.3, "12")],
)
def test_a_small_share_is_not_shown_as_none(value: float, shown: str) -> None:
    assert translator("fr").percent(value) == f"{shown}\u202f%"


def test_both_languages_hold_every_text_with_the_same_placeholders() -> None:
    french, english = _messages("fr"), _messages("en")
    assert french.keys() == english.keys()
    for key in french:
        assert all(french[key]), f"{key} is not translated into French"
        assert all(english[key]), f"{key} is not translated into English"
        assert _placeholders(french[key]) == _placeholders(english[key]), key


def _keys_in_code() -> set[str]:
    """String literals that look like a key of an area that the catalogues have."""
    areas = {path.stem for path in (LOCALE_DIR / "fr").glob("*.po")} | {key.split(".")[0] for key in _messages("fr")}
    pattern = re.compile(rf"^({'|'.join(sorted(areas))})\.[a-zA-Z_0-9+-]+$")
    found: set[str] = set()
    for path in [*(ROOT / "analytics").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.match(node.value):
                found.add(node.value)
    return found


def test_every_key_in_the_code_has_a_text() -> None:
    known = _messages("fr").keys()
    suffixes = (".py", ".po", ".toml", ".parquet", ".csv", ".json", ".xlsx", ".svg", ".busy_")
    missing = {k for k in _keys_in_code() - known if not k.endswith((*suffixes, "_"))}
    assert not missing


def test_french_typography() -> None:
    for key, texts in _messages("fr").items():
        for text in texts:
            assert not re.search(r"[^\u202f\u00a0:/?&][;:!?»%](\s|$)", text.replace("::", "")), (
                f"{key}: thin space in {text!r}"
            )
            assert "'" not in text, f"{key}: ’ rather than ' in {text!r}"


def test_a_missing_text_is_a_defect() -> None:
    with pytest.raises(KeyError):
        translator("fr")("settings.no_such_text")
    with pytest.raises(ValueError, match="unknown language"):
        Translator("de")


@pytest.mark.parametrize(
    ("value", "decimals", "french", "english"),
    [(18012, 0, f"18{THIN}012", "18,012"), (2.25, 1, "2,2", "2.2"), (-0.1, 1, "−0,1", "−0.1")],
)
def test_numbers(value: float, decimals: int, french: str, english: str) -> None:
    assert translator("fr").number(value, decimals) == french
    assert translator("en").number(value, decimals) == english


def test_percentages_and_days() -> None:
    assert translator("fr").percent(2.17) == f"2,2{THIN}%"
    assert translator("fr").percent(27.02) == f"27{THIN}%"
    assert translator("en").percent(27.02) == "27%"
    assert translator("fr").day(datetime.date(2026, 11, 14)) == "14 nov. 2026"
    assert translator("en").day(datetime.date(2026, 11, 14)) == "14 Nov 2026"
    assert set(LANGUAGES) == {"fr", "en"}


@pytest.mark.parametrize(
    ("size", "french", "english"),
    [
        (0, "0\u202fo", "0 B"),
        (999, "999\u202fo", "999 B"),
        (1_000, "1,0\u202fko", "1.0 kB"),
        (32_300, "32\u202fko", "32 kB"),
        (999_600, "1,0\u202fMo", "1.0 MB"),
        (1_217_000, "1,2\u202fMo", "1.2 MB"),
        (2_100_000_000, "2,1\u202fGo", "2.1 GB"),
        (5_000_000_000_000, "5\u202f000\u202fGo", "5,000 GB"),
    ],
)
def test_a_size_has_the_unit_that_shows_it(size: int, french: str, english: str) -> None:
    assert translator("fr").size(size) == french
    assert translator("en").size(size) == english
