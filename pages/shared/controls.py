"""Choices that stand beside what they change, each for one field of the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from analytics.view import View
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
    on_change: Callable[[Reader, str], None] | None = None,
) -> None:
    """Draw the choice of one of a few values; ``on_change`` takes it over where that changes more than its field."""
    said = getattr(reader.view, field)
    st.session_state[field] = said if said in options else options[0]
    st.segmented_control(
        label,
        options,
        format_func=shown,
        key=field,
        required=True,
        label_visibility="collapsed" if is_label_hidden else "visible",
        on_change=on_change or set_field,
        args=(reader, field),
    )


def set_field(reader: Reader, field: str) -> None:
    """Take over what the widget of the field's name holds; a widget's callback."""
    address.change(reader.settings, **{field: st.session_state[field]})


def set_number(reader: Reader, field: str) -> None:
    """Take over the number of the field's name, the default where it was emptied; a widget's callback."""
    said = st.session_state[field]
    usual = getattr(View.default(reader.settings), field)
    address.change(reader.settings, **{field: usual if said is None else said})


def number(
    reader: Reader,
    field: str,
    *,
    label: str,
    low: float,
    high: float,
    step: float,
    usual: float | None = None,
    hint: str | None = None,
) -> None:
    """Draw a number that the reader sets; ``usual`` stands there where the view says none. All whole or none.

    Emptied, it says nothing, and the usual number comes back.
    """
    said = getattr(reader.view, field)
    st.session_state[field] = usual if said is None else said
    st.number_input(
        label,
        min_value=low,
        max_value=high,
        value=None,
        step=step,
        format="%d" if isinstance(step, int) else "%g",
        key=field,
        help=hint,
        on_change=set_number,
        args=(reader, field),
    )


def slider(reader: Reader, field: str, *, label: str, low: float, high: float, step: float) -> None:
    """Draw a number that the reader drags."""
    st.session_state[field] = getattr(reader.view, field)
    st.slider(
        label,
        min_value=low,
        max_value=high,
        step=step,
        format="%g",
        key=field,
        on_change=set_field,
        args=(reader, field),
    )
