"""Bad input is one sentence on the page; everything else crashes loudly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from analytics.errors import UserError
from pages.shared import loaders

_MARKUP = "\\`*_{}[]<>#$~|:&"
# What Streamlit's Markdown makes of plain words once it is read: links, emoji, icons. A joiner, not seen, parts them.
_CALLS = re.compile(r"(?i)https?(?=://)|www(?=\.)|:(?=[\w/+-]+:)|(?=@)")
_JOINER = "\u2060"
_LIST = re.compile(r"^(\s*\d*)([+.)-])(?=\s)")


@contextmanager
def one_sentence(language: str) -> Iterator[None]:
    """Show a ``UserError`` of the block as its sentence, in place of what would have followed.

    Where it is that the snapshot was damaged or dropped since the run began, the run begins again with the next.
    """
    try:
        yield
    except UserError as error:
        if loaders.has_moved_on():
            st.rerun()
        st.error(plain(error.message(language)))


def plain(text: str) -> str:
    """Return text that Markdown leaves as it is: it may hold a name, or quote a file."""
    parted = _CALLS.sub(lambda call: call.group() + _JOINER, text)
    escaped = "".join(f"\\{c}" if c in _MARKUP else c for c in parted)
    return _LIST.sub(lambda mark: f"{mark[1]}\\{mark[2]}", escaped)
