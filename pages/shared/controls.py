"""Choices that stand beside what they change, each for one field of the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.shared import address
from pages.shared.loaders import Reader


def segmented(
    reader: Reader,
    field: str,
    options: Sequence[Any],
    *,
    label: str,
    shown: Callable[[Any], str] = str,
    is_label_hidden: bool = False,
) -> None:
    """Draw the choice of one of a few values."""
    st.session_state[field] = getattr(reader.view, field)
    st.segmented_control(
        label,
        options,
        format_func=shown,
        key=field,
        required=True,
        label_visibility="collapsed" if is_label_hidden else "visible",
        on_change=set_field,
        args=(reader, field),
    )


def set_field(reader: Reader, field: str) -> None:
    """Take over what the widget of the field's name holds; a widget's callback."""
    address.change(reader.settings, **{field: st.session_state[field]})
