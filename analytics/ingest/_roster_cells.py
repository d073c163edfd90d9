"""What a cell of a roster says: numbers, dates and identifiers as an association's office really writes them.

Every parser returns None for a cell that says nothing, and raises ``UnreadableError`` with the kind of fault otherwise.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from analytics.ingest.names import fold, words
from analytics.text.characters import LONGEST_NAME, one_line

Cell = object
"""What a spreadsheet's cell holds: None, str, bool, int, float, date, datetime, time or timedelta."""

FIRST_DAY = date(1900, 1, 1)
_EXCEL_EPOCH = date(1899, 12, 30)
_LAST_SERIAL = 109_574  # 31 December 2199
_BLANKS = words("na nc nd nr neant inconnu inconnue none null nan nat unknown") | {"", "n a", "n c", "n d", "n r"}
_BLANK_MARKS = re.compile(r"^[\s\-–—_.?/*]*$")
_CELL_ERROR = re.compile(
    r"^#(N/?A|REF!|VALUE!|VALEUR!|DIV/0!|NAME\?|NOM\?|NUM!|NOMBRE!|NULL!|NUL!|SPILL!|CALC!)", re.IGNORECASE
)
_SPACES = re.compile(r"\s+")
# What is looked at of a cell: no name, place, day or number is longer, and patterns may take the square of it.
LONGEST_TEXT = LONGEST_NAME
MOST_AXES = 20
_SEPARATORS = re.compile(r"[\s.\-–_/]+")
_SCIENTIFIC = re.compile(r"^(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})$")
_VAT = re.compile(r"^FR[0-9A-Z]{2}(\d{9})$", re.IGNORECASE)
_REGISTER_WORDS = re.compile(r"(?i)(?<=\d)\s+rcs\b.*$|\brcs\s+[^\d]*|\b(n°|no|num[ée]ro|siren|siret|rcs)\b|[:°]")
_MONTHS = {
    name: number
    for names in (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "january february march april may june july august september october november december",
        "janv fevr mars avr mai juin juil aout sept oct nov dec",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "jan fev mar avr mai jui juil aou sep oct nov dec",
    )
    for number, name in enumerate(names.split(" "), start=1)
}
_WEEKDAYS = words("lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim le")


class UnreadableError(ValueError):
    """A cell that does not hold what its column says; ``kind`` names the fault."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class NumberedRow(NamedTuple):
    """A row that is not blank, and its number as a spreadsheet shows it, from 1."""

    number: int
    cells: tuple[Cell, ...]


class Place(NamedTuple):
    """Where a row says that a member is: as written, nothing looked up yet."""

    commune_code: str | None = None
    postal_code: str | None = None
    town: str | None = None


def clean_text(cell: Cell) -> str | None:
    """Return a cell's text on one line of ``LONGEST_TEXT``; whole floats as integers (``404833048.0``), ISO days."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return None
        cell = int(cell) if cell.is_integer() else cell
    if isinstance(cell, datetime):
        cell = cell.date()
    text = _SPACES.sub(" ", one_line(str(cell)[: 4 * LONGEST_TEXT])).strip()[:LONGEST_TEXT].rstrip()
    if _CELL_ERROR.match(text):
        raise UnreadableError("cell_error")
    return text or None


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell is empty to the eye."""
    return (
        cell is None
        or isinstance(cell, bool)
        or (isinstance(cell, str) and (not cell.strip() or (not cell.isprintable() and not one_line(cell).strip())))
    )


def has_error(cell: Cell) -> bool:
    """Tell whether one of the things that a cell lists is an error of a formula, such as ``#REF!``."""
    return isinstance(cell, str) and any(_CELL_ERROR.match(one_line(part)) for part in re.split(r"[;|,\n]", cell))


def parse_text(cell: Cell) -> str | None:
    """Return a cell's text, or None where it only says that there is none ("-", "NC", "néant")."""
    text = clean_text(cell)
    if text is None or _BLANK_MARKS.match(text) or fold(text) in _BLANKS:
        return None
    return text


def parse_identifier(cell: Cell) -> str | None:
    """Return the SIREN that a cell gives, as a SIREN, a SIRET or a French VAT number.

    Separators and leading zeros that a spreadsheet took are mended: 6 to 9 digits are a SIREN, 11 to 14 a SIRET.
    A rounded number ("4,04833E+08") is not mended.

    Raises
    ------
    UnreadableError
        ``invalid_siren`` or ``invalid_siret``: not a number of that length, or a wrong check digit.
    """
    text = parse_text(cell)
    if text is None:
        return None
    digits = _digits_of_identifier(text)
    if 11 <= len(digits) <= 14:
        number = digits.zfill(14)
        if not stdnum_siret.is_valid(number) or number.startswith("000000000"):
            raise UnreadableError("invalid_siret")
        return number[:9]
    number = digits.zfill(9)
    # Nine zeros pass the check digit.
    if not 6 <= len(digits) <= 9 or not stdnum_siren.is_valid(number) or not number.strip("0"):
        raise UnreadableError("invalid_siren")
    return number


def _digits_of_identifier(text: str) -> str:
    scientific = _SCIENTIFIC.match(text)
    if scientific:
        whole, decimals, power = scientific[1], scientific[2] or "", int(scientific[3])
        return whole + decimals + "0" * (power - len(decimals)) if len(decimals) >= min(power, 8) else ""
    text = re.sub(r"[.,]0+$", "", text) if re.match(r"^\d{6,14}[.,]0+$", text) else text
    vat = _VAT.match(_SEPARATORS.sub("", text))
    if vat:
        return vat[1]
    digits = _SEPARATORS.sub("", _REGISTER_WORDS.sub(" ", text).strip("'’`\""))
    return digits if digits.isascii() and digits.isdigit() else ""


def parse_day(cell: Cell, *, today: date) -> date | None:
    """Return the day that a cell gives: a date, a spreadsheet's serial number, or text, day before month.

    A month ("03/2019", "mars 2019") or a year ("2019") stands for its first day; a two-digit year for the latest such
    year that is not in the future.

    Raises
    ------
    UnreadableError
        ``invalid_date``; ``future_date`` after ``today``; ``ancient_date`` before 1900.
    """
    if isinstance(cell, datetime):
        day: date | None = cell.date()
    elif isinstance(cell, date):
        day = cell
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        day = _day_of_number(_float(cell))
    else:
        text = parse_text(cell)
        if text is None:
            return None
        day = _day_of_text(text, today=today)
    if day is None:
        raise UnreadableError("invalid_date")
    if day > today:
        raise UnreadableError("future_date")
    if day < FIRST_DAY:
        raise UnreadableError("ancient_date")
    return day


def _day_of_number(number: float) -> date | None:
    """Read 1900 to 2100 as a year, eight digits as yyyymmdd, else days since 30 December 1899."""
    if not math.isfinite(number):
        return None
    if number == int(number) and 1900 <= number <= 2100:
        return date(int(number), 1, 1)
    if number == int(number) and 18_000_101 <= number <= 31_129_999:
        return _day_of(int(number) // 10_000, int(number) // 100 % 100, int(number) % 100)
    return _EXCEL_EPOCH + timedelta(days=int(number)) if 61 <= number <= _LAST_SERIAL else None


def _day_of_text(text: str, *, today: date) -> date | None:
    written = re.sub(r"[t ]\d{1,2}[:h]\d{0,2}(:\d{2}([.,]\d+)?)?( ?z|[+-]\d\d:?\d\d)?$", "", text.casefold()).strip()
    if re.fullmatch(r"\d{4,8}([.,]0+)?", written):
        return _day_of_number(int(re.split(r"[.,]", written)[0]))
    parts = re.sub(r"(?<=\d)(er|st|nd|rd|th)\b", "", fold(written)).split()
    parts = [part for part in parts if part not in _WEEKDAYS]
    numbers = [_MONTHS.get(p, -1) if not p.isdecimal() else int(p) for p in parts if len(p) <= 9]
    if len(numbers) != len(parts) or -1 in numbers or len(parts) not in (2, 3):
        return None
    if len(parts) == 2:
        return _day_of(numbers[1], numbers[0], 1) if len(parts[1]) == 4 else None
    if len(parts[0]) == 4 and parts[0].isdecimal():
        return _day_of(numbers[0], numbers[1], numbers[2])
    if not parts[0].isdecimal():  # "March 12, 2019"
        numbers[:2] = numbers[1], numbers[0]
    return _day_of(_full_year(parts[2], today=today), numbers[1], numbers[0])


def _full_year(text: str, *, today: date) -> int:
    year = int(text) if text.isdecimal() else 0
    if len(text) != 2:
        return year
    century = today.year // 100 * 100
    return century + year if century + year <= today.year else century - 100 + year


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def parse_number(text: str) -> float | None:
    """Return the number that a text gives in French or English writing, or None.

    ``"1 250,00"``, ``"1.250,00"``, ``"1,250.00"`` and ``"1250"`` are all 1250. One separator followed by exactly three
    digits parts thousands.
    """
    text = re.sub(r"(?<=\d)[\s'’](?=\d)", "", text.strip())
    if not re.fullmatch(r"\d{1,15}([.,]\d+)*", text):
        return None
    if re.fullmatch(r"[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*", text):
        return float(re.sub(r"[.,]", "", text))
    whole, _, decimals = re.sub(r"[.,](?=[^.,]*$)", "|", text).partition("|")
    if not re.fullmatch(r"\d+|[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*", whole):
        return None
    return float(re.sub(r"[.,]", "", whole) + "." + (decimals or "0"))


def parse_euros(cell: Cell) -> float | None:
    """Return an amount in euros: ``"1 250,00 €"``, ``"1.250,00"``, ``"1,2 k€"``, 1250.

    Raises
    ------
    UnreadableError
        ``invalid_amount`` for anything else, below zero included.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _checked_number(_float(cell), kind="invalid_amount")
    text = parse_text(cell)
    if text is None:
        return None
    bare = re.sub(r"(?i)€|\b(euros?|eur)\b|(?<=[\d€\s])(ht|ttc|/ ?an|par an)\b", " ", text).strip(" /,;-")
    bare = bare if text.lstrip(" €").startswith(("-", "−")) is False else ""
    thousands = re.fullmatch(r"(?i)(.*\d)\s*k", bare)
    number = parse_number(thousands[1] if thousands else bare)
    if number is None:
        raise UnreadableError("invalid_amount")
    return _checked_number(number * (1000 if thousands else 1), kind="invalid_amount")


def parse_jobs(cell: Cell) -> float | None:
    """Return a number of jobs: ``12``, ``"12,5 ETP"``; of a range ("10 à 19"), its geometric middle.

    A range from zero starts at one. "Plus de 250" and "50+" stand for their bound, the least that they say.

    Raises
    ------
    UnreadableError
        ``invalid_jobs`` for anything else: below zero, or a range that a spreadsheet turned into a date.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _checked_number(_float(cell), kind="invalid_jobs")
    if isinstance(cell, date):
        raise UnreadableError("invalid_jobs")
    text = parse_text(cell)
    if text is None:
        return None
    number = _jobs_of_text(re.sub(r"(?<=\d)[\s\u202f](?=\d{3}\b)", "", text.casefold()))
    if number is None:
        raise UnreadableError("invalid_jobs")
    return _checked_number(number, kind="invalid_jobs")


def _jobs_of_text(text: str) -> float | None:
    bare = re.sub(
        r"\b(salari[ée](\(?e?\)?)?s?|employ[ée]e?s?|employees|personnes?|collaborateurs|emplois|jobs|etp|fte|pers\.?)",
        "",
        text,
    )
    bare = re.sub(r"^(environ|env\.?|about|~|≈|de|entre|between|from)\s*", "", bare.strip()).strip(" .")
    below = re.fullmatch(r"(?:moins de|less than|under|<)\s*(\d+)", bare)
    if below:
        return math.sqrt(max(int(below[1]) - 1, 1))
    above = re.fullmatch(
        r"(?:plus de|more than|over|>=?|≥|\+ ?de|\+)\s*(\d+)|(\d+)\s*(?:\+|et plus|and more|ou plus)", bare
    )
    if above:
        return float(above[1] or above[2])
    between = re.fullmatch(r"(\d+)\s*(?:-|–|—|à|a|to|et|and|/)\s*(\d+)", bare)
    if between:
        low, high = float(between[1]), float(between[2])
        return math.sqrt(max(low, 1) * high) if low < high else None
    return parse_number(bare)


def _float(number: float) -> float:
    """Return a number as a float; an integer beyond any float, which a cell can hold, as infinity."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _checked_number(number: float, *, kind: str) -> float | None:
    if math.isnan(number):
        return None
    if not 0 <= number <= 1e9:
        raise UnreadableError(kind)
    return number


def parse_axes(cells: tuple[Cell, ...]) -> str | None:
    """Return the axes of one or several cells, ``"; "`` between them, in the order given, each once.

    Errors of formulas are left out (``has_error`` tells of them).
    """
    parts = [p.strip(" -•*") for cell in cells for p in re.split(r"[;|,\n/]", str(cell) if not is_blank(cell) else "")]
    named = dict.fromkeys(text for part in parts if not has_error(part) and (text := parse_text(part)))
    return "; ".join(list(named)[:MOST_AXES]) or None


def parse_place(*, code: Cell = None, postal: Cell = None, town: Cell = None) -> Place:
    """Return what the cells of a place say; a postal code inside the town's cell ("31000 Toulouse") is found there."""
    written = parse_text(town)
    inside = re.search(r"\b(\d{5})\b[\s,\-–]*(\D[^,;]*)$", written) if written else None
    found_postal, found_town = (inside[1], inside[2]) if inside else (None, written)
    bracket = re.search(r"\((\d{2,5}|2[AB])\)\s*$", found_town) if found_town else None
    if bracket and not found_postal:
        found_postal = bracket[1]
    return Place(_code(code), _code(postal) or found_postal, found_town)


def _code(cell: Cell) -> str | None:
    """Return a commune or postal code of five characters, its lost leading zero mended; None if it is not one."""
    text = re.sub(r"^F-?|\s+", "", parse_text(cell) or "").upper()
    padded = text.zfill(5) if text.isdigit() and len(text) == 4 else text
    return padded if re.fullmatch(r"\d[\dAB]\d{3}", padded) else None
