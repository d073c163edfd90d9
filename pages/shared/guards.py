"""Bad input is one sentence on the page; everything else crashes loudly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from analytics.errors import UserError


@contextmanager
def one_sentence(language: str) -> Iterator[None]:
    """Show a ``UserError`` of the block as its sentence, in place of what would have followed."""
    try:
        yield
    except UserError as error:
        st.error(_as_text(error.message(language)))


def _as_text(sentence: str) -> str:
    """Return a sentence that Markdown leaves as it is: it may quote a file's name or content."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#$~|:" else c for c in sentence)
