"""Bad input is one sentence on the page; everything else crashes loudly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from analytics.errors import UserError

_MARKUP = "\\`*_{}[]<>#$~|:"


@contextmanager
def one_sentence(language: str) -> Iterator[None]:
    """Show a ``UserError`` of the block as its sentence, in place of what would have followed."""
    try:
        yield
    except UserError as error:
        st.error(plain(error.message(language)))


def plain(text: str) -> str:
    """Return text that Markdown leaves as it is: it may hold a name, or quote a file."""
    return "".join(f"\\{c}" if c in _MARKUP else c for c in text)
