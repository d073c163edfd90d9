"""A view and its query string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import UserError
from analytics.settings import default_settings
from analytics.sizes import SIZE_CLASSES
from analytics.view import View

SETTINGS = default_settings()


def _subset(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values)).map(lambda chosen: tuple(v for v in values if v in chosen))


VIEWS = st.builds(
    View,
    perimeter=st.sampled_from(tuple(SETTINGS.perimeters)),
    departments=_subset(SETTINGS.region.departments),
    segments=_subset(tuple(SETTINGS.segments)),
    sizes=_subset(tuple(SIZE_CLASSES)),
    employers_only=st.booleans(),
)


@given(VIEWS)
def test_the_query_string_reopens_the_view(view: View) -> None:
    assert View.from_query(view.to_query(SETTINGS), SETTINGS) == view


def test_nothing_selected_is_an_empty_query_string() -> None:
    assert View.default(SETTINGS).to_query(SETTINGS) == ""
    assert View.from_query("?lang=en", SETTINGS) == View.default(SETTINGS)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("departement=31", "view.unknown_parameter"),
        ("department=75", "view.unknown_value"),
        ("size=", "view.unknown_value"),
        ("employers=yes", "view.unknown_value"),
    ],
)
def test_what_the_settings_do_not_know_is_refused(query: str, key: str) -> None:
    with pytest.raises(UserError) as caught:
        View.from_query(query, SETTINGS)
    assert caught.value.key == key


def test_size_classes_become_insee_bands() -> None:
    assert View(perimeter="tic", sizes=("0", "10-49")).size_codes == ("00", "11", "12")
