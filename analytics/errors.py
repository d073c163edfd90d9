"""The one error that readers are shown: a sentence of the catalogues that says what to do."""

from __future__ import annotations

from analytics.text import translator


class UserError(Exception):
    """Bad input. Shown as one sentence, never as a traceback; everything else crashes loudly.

    Parameters
    ----------
    key
        Key of the sentence in the catalogues, e.g. ``"register.missing_columns"``.
    **params
        What its placeholders stand for; whole numbers are written as the language does.
    """

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def message(self, language: str = "fr") -> str:
        """Return the sentence in ``language`` (``fr`` or ``en``)."""
        t = translator(language)
        counts = {name: t.number(value) for name, value in self.params.items() if type(value) is int}
        return t(self.key, **(self.params | counts))

    def __str__(self) -> str:
        return self.message()
