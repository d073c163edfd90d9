"""The one error that readers are shown: a sentence of the catalogues that says what to do."""

from __future__ import annotations

from analytics.text import Translator, translator
from analytics.text.characters import one_line

# What a message quotes may be anything: a name of a file, a value of an address, a header.
_LONGEST_QUOTED = 600

# sysexits.h, EX_TEMPFAIL: what schedulers take for "try again later".
EXIT_PASSING = 75


class Phrase(str):
    """Key of a few words of the catalogues that stand in a sentence, in its language."""

    __slots__ = ()


class Size(int):
    """Size of a file in bytes that stands in a sentence, in the unit that shows it."""

    __slots__ = ()


class UserError(Exception):
    """Bad input. Shown as one sentence, never as a traceback; everything else crashes loudly.

    Parameters
    ----------
    key
        Key of the sentence in the catalogues, e.g. ``"register.missing_columns"``.
    **params
        What its placeholders stand for; whole numbers are written as the language does, texts on one line, a
        ``Phrase`` in its words, a ``Size`` with its unit, a ``UserError`` as its sentence, several of them one after
        the other.
    """

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def message(self, language: str = "fr") -> str:
        """Return the sentence in ``language`` (``fr`` or ``en``)."""
        t = translator(language)
        return t(self.key, **{name: _shown(value, t) for name, value in self.params.items()})

    def __str__(self) -> str:
        return self.message()


class PassingError(UserError):
    """Bad luck rather than bad input: the same command may well succeed later, nothing changed."""


def _shown(value: object, t: Translator) -> object:
    if isinstance(value, UserError):
        return value.message(t.language)
    if isinstance(value, tuple):
        return t("common.and_then").join(str(_shown(one, t)) for one in value)
    if isinstance(value, Size):
        return t.size(value)
    if isinstance(value, Phrase):
        return t(value)
    if isinstance(value, str):
        return one_line(value, longest=_LONGEST_QUOTED)
    return t.number(value) if type(value) is int else value
