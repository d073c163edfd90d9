"""The page's address and the reader's state say the same thing.

Streamlit's ``bind="query-params"`` writes what a widget *shows* into the address, so that a link made in French would
not open in English, and no other part of the house could read it. Here the address holds the codes of
``View.to_query``, which the command line reads too; the widgets follow the state, and the state the address.
"""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from analytics.errors import UserError
from analytics.settings import Settings
from analytics.text import LANGUAGES
from analytics.view import OTHER_KEYS, QUERY_KEYS, View

_LANGUAGE, _VIEW, _SEEN, _PAGE, _CHANGED, _FAULT, _PLACE = (
    f"address_{n}" for n in ("language", "view", "seen", "page", "changed", "fault", "place")
)
# Where one is in a presentation; other pages know nothing of it.
_PLACE_KEYS = tuple(key for key in OTHER_KEYS if key != "lang")


def read(page: str, settings: Settings) -> None:
    """Take over what the address says when it changed from outside: a link, the Back button.

    A click on the navigation empties the address; the state then stays, and ``write`` puts it back.
    """
    state = st.session_state
    now = _address()
    moved = state.get(_PAGE, page) != page
    if moved:
        state.pop(_PLACE, None)
    state[_PAGE] = page
    changed_here = state.pop(_CHANGED, False)
    if now == state.get(_SEEN) or changed_here or (moved and not now):
        return
    state[_SEEN] = now
    given = parse_qsl(now, keep_blank_values=True)
    asked = next((value for key, value in given if key == "lang"), LANGUAGES[0])
    state[_LANGUAGE] = asked if asked in LANGUAGES else LANGUAGES[0]
    state[_PLACE] = {key: value for key, value in given if key in _PLACE_KEYS}
    state.pop(_FAULT, None)
    try:
        state[_VIEW] = View.from_query(urlencode([pair for pair in given if pair[0] in QUERY_KEYS]), settings)
    except UserError as error:
        state[_FAULT] = error
        state[_VIEW] = View.default(settings)


def write(settings: Settings) -> None:
    """Make the address say the state; nothing is sent when it does."""
    wanted = query(settings, language(), **{key: place(key) for key in _PLACE_KEYS})
    if wanted != _address():
        st.query_params.from_dict(_lists(parse_qsl(wanted)))
    st.session_state[_SEEN] = wanted


def query(settings: Settings, wanted: str, **where: str) -> str:
    """Return what is selected as the address says it, in this language, at a place of a presentation."""
    pairs = parse_qsl(view(settings).to_query(settings))
    if wanted != LANGUAGES[0]:
        pairs.append(("lang", wanted))
    return urlencode([*pairs, *((key, value) for key, value in where.items() if value)])


def parameters(settings: Settings, **where: str) -> dict[str, list[str]]:
    """Return the parameters of an address that keeps the view and the language, at a place of a presentation."""
    return _lists(parse_qsl(query(settings, language(), **where)))


def language() -> str:
    """Return the reader's language."""
    return str(st.session_state.get(_LANGUAGE, LANGUAGES[0]))


def view(settings: Settings) -> View:
    """Return what the reader selected."""
    selected = st.session_state.get(_VIEW)
    return selected if isinstance(selected, View) else View.default(settings)


def select(selected: View) -> None:
    """Change what is selected; from a widget's callback."""
    st.session_state[_VIEW] = selected
    st.session_state[_CHANGED] = True
    st.session_state.pop(_FAULT, None)


def change(settings: Settings, **fields: object) -> None:
    """Change these fields of what is selected and keep the others; from a widget's callback."""
    select(dataclasses.replace(view(settings), **fields))  # type: ignore[arg-type]


def place(key: str) -> str:
    """Return where one is in a presentation: ``scene``, ``play``, ``theme``; empty where the address does not say."""
    return str(st.session_state.get(_PLACE, {}).get(key, ""))


def go(**where: str) -> None:
    """Change where one is in a presentation; from a widget's callback, or before a rerun."""
    st.session_state[_PLACE] = st.session_state.get(_PLACE, {}) | where
    st.session_state[_CHANGED] = True


def fault() -> UserError | None:
    """Return what was wrong with the link that was opened, until the reader selects something."""
    found = st.session_state.get(_FAULT)
    return found if isinstance(found, UserError) else None


def _address() -> str:
    known = [k for k in (*QUERY_KEYS, "lang", *_PLACE_KEYS) if k in st.query_params]
    return urlencode([(key, value) for key in known for value in st.query_params.get_all(key)])


def _lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def base_path() -> str:
    """Return the path below which the dashboard is served: empty, or such as ``/digital``."""
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
