"""Every text that a reader sees: gettext catalogues in French and English, numbers and dates by Babel.

Catalogues are ``locale/<language>/<area>.po``. A message is named by a key, ``<area>.<name>``, with ``{placeholders}``;
both languages hold every key, with the same placeholders.
"""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("fr", "en")
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
LOCALE_DIR = Path(__file__).parent / "locale"
NARROW_SPACE = "\u202f"
MINUS = "\u2212"
_SIZES = ("bytes", "kilobytes", "megabytes", "gigabytes")
_STEP = 1_000
# Of a small share in percent.
_MOST_DECIMALS = 3


@cache
def _catalogue(language: str) -> gettext.GNUTranslations:
    merged = Catalog(locale=LOCALES[language])
    for path in sorted((LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=LOCALES[language]):
                if message.id:
                    merged[message.id if isinstance(message.id, str) else message.id[0]] = message
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Translator:
    """Texts, numbers and dates of one language.

    Calling it, ``t("overview.title", share="2,2 %")``, returns the text of a key; a key that the catalogue does not
    hold raises ``KeyError``: a missing text is a defect, not something to show.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"unknown language {language!r}, expected one of {LANGUAGES}")
        self.language = language
        self._catalogue = _catalogue(language)

    def __call__(self, key: str, **params: object) -> str:
        text = self._catalogue.gettext(key)
        if text == key:
            raise KeyError(f"no text for {key!r} in the {self.language} catalogue")
        return text.format(**params) if params else text

    def has(self, key: str) -> bool:
        """Return whether the catalogue holds a text of this key."""
        return self._catalogue.gettext(key) != key

    def plural(self, key: str, count: int, **params: object) -> str:
        """Return the singular or plural text of ``key``; its placeholder ``{count}`` is the formatted number."""
        text = self._catalogue.ngettext(key, key, count)
        if text == key:
            raise KeyError(f"no text for {key!r} in the {self.language} catalogue")
        return text.format(count=self.number(count), **params)

    def amount(self, key: str, value: float, *, shown: str | None = None, **params: object) -> str:
        """Return the singular or plural text of ``key`` for a number that may have tenths; ``{count}`` is the number.

        In French what is under two is singular (``1,9 recrue``), in English one alone is (``1.9 recruits``). The number
        has a tenth under ten, or is written as ``shown``.
        """
        rounded = round(value, 1)
        form = int(abs(rounded)) if self.language == "fr" else 1 if rounded == 1 else 2
        text = self._catalogue.ngettext(key, key, form)
        if text == key:
            raise KeyError(f"no text for {key!r} in the {self.language} catalogue")
        usual = self.tenths(rounded) if abs(rounded) < 9.95 else self.number(rounded)
        return text.format(count=shown or usual, **params)

    def number(self, value: float, decimals: int = 0) -> str:
        """Format a number: ``18 012``, ``2,2`` in French (narrow no-break space, true minus), ``18,012`` in English."""
        value = 0 if round(value, decimals) == 0 else value  # no minus before zero
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        text = format_decimal(value, format=pattern, locale=LOCALES[self.language])
        return text.replace("\u00a0", NARROW_SPACE).replace("-", MINUS)

    def tenths(self, value: float) -> str:
        """Format a number to a tenth, a whole one without: ``9,6``, ``10``."""
        shown = round(value, 1)
        return self.number(shown, 0 if shown == int(shown) else 1)

    def percent(self, value: float, decimals: int | None = None) -> str:
        """Format a percentage given in percent: ``2.17 -> "2,2 %"``; one decimal under ten, none above, unless told.

        Of less than would be shown as none there are two decimals, or three: three firms of 18,000 are 0.02 %.
        """
        usual = 1 if abs(value) < 9.95 else 0
        telling = (places for places in range(usual, _MOST_DECIMALS + 1) if round(abs(value), places))
        places = decimals if decimals is not None else next(telling, usual)
        text = self.number(value, places)
        return f"{text}{NARROW_SPACE}%" if self.language == "fr" else f"{text}%"

    def size(self, size_bytes: int) -> str:
        """Format the size of a file: ``512 o``, ``1,2 Mo``; ``512 B``, ``1.2 MB``; units are powers of 1,000."""
        value, names = float(size_bytes), iter(_SIZES)
        name = next(names)
        while round(value) >= _STEP and (larger := next(names, None)) is not None:
            value, name = value / _STEP, larger
        has_tenth = name != _SIZES[0] and value < 9.95
        return self(f"common.{name}", size=self.number(value, 1 if has_tenth else 0))

    def day(self, value: date | datetime) -> str:
        """Format a day: ``24 nov. 2026``, ``24 Nov 2026``."""
        return format_date(value, format="d MMM y", locale=LOCALES[self.language])

    def moment(self, value: datetime) -> str:
        """Format a date and time to the minute."""
        return format_datetime(value, format="d MMM y, HH:mm", locale=LOCALES[self.language])


@cache
def translator(language: str) -> Translator:
    """Return the texts of ``language``; made once."""
    return Translator(language)
