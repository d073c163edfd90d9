"""What an action did, told once on the page drawn anew, where the reader still looks."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from pages.shared import guards

_OUTCOME = "outcome"
# The block of the page where an action was asked for.
Place = Literal["load", "desk", "history"]


def show(place: Place) -> None:
    """Say once what the last action of this session did, in the block where it was asked for."""
    told = st.session_state.get(_OUTCOME)
    if told and told[0] == place:
        del st.session_state[_OUTCOME]
        st.success(guards.plain(told[1]))


def finish(sentence: str, *, place: Place) -> None:
    """Keep what an action did and draw the page anew on what is published now."""
    st.session_state[_OUTCOME] = place, sentence
    st.rerun()
