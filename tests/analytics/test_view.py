"""A view and its query string."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import UserError
from analytics.settings import default_settings
from analytics.view import MAX_KM, MAX_VISITS, QUERY_KEYS, SELECTION_KEYS, View
from tests.analytics.views import views

SETTINGS = default_settings()
DEFAULT = View.default(SETTINGS)
SELECTION = ("perimeter", "departments", "segments", "sizes", "employers_only")
LOOK = tuple(field.name for field in dataclasses.fields(View) if field.name not in SELECTION)
# Each way to look at firms, set to something else than the default.
LOOKED = View(
    "tic",
    level="commune",
    town="31555",
    town_only=True,
    cell=("software", "10-49"),
    antenna="Nîmes",
    within_km=12.5,
    order="both",
    visits=4.0,
    conversion=12.0,
    threshold=45.0,
    unit="km",
    demand="jobs",
    offices=2,
    excluded=("31555", "34172"),
    forced=("2A004",),
    closer=True,
    base="published",
    measure="jobs",
    rate=-1.5,
    years=20,
    target="share",
    goal=4.0,
    by=2032,
    churn=6.0,
    pace=40.0,
    cut=50.0,
    since="20261125T063600Z-f7c0bd12",
    compared="jobs",
)


@given(views())
def test_the_query_string_reopens_the_view(view: View) -> None:
    assert View.from_query(view.to_query(SETTINGS), SETTINGS) == view
    assert View.from_query("?" + view.to_query(SETTINGS), SETTINGS) == view


@given(views())
def test_one_view_has_one_query_string(view: View) -> None:
    query = view.to_query(SETTINGS)
    assert View.from_query(query, SETTINGS).to_query(SETTINGS) == query
    names = [part.partition("=")[0] for part in query.split("&") if part]
    assert [QUERY_KEYS.index(name) for name in names] == sorted(QUERY_KEYS.index(name) for name in names)


def test_nothing_selected_is_an_empty_query_string() -> None:
    assert DEFAULT.to_query(SETTINGS) == ""
    assert View.from_query("?lang=en", SETTINGS) == DEFAULT


def test_a_query_string_by_hand() -> None:
    assert LOOKED.to_query(SETTINGS) == (
        "level=commune&town=31555&town_only=true&cell=software%3A10-49&antenna=N%C3%AEmes&within=12.5"
        "&order=both&visits=4&conversion=12&threshold=45&unit=km&demand=jobs&offices=2"
        "&exclude=31555&exclude=34172&force=2A004&closer=true"
        "&base=published&measure=jobs&rate=-1.5&years=20&target=share&goal=4&by=2032&churn=6&pace=40&cut=50"
        "&since=20261125T063600Z-f7c0bd12&compared=jobs"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30.0, "30"),
        (0.0, "0"),
        (12.5, "12.5"),
        (12.3456789, "12.3456789"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-7, "1e-07"),
        (999.9999999, "999.9999999"),
    ],
)
def test_numbers_are_written_shortly_and_whole(value: float, text: str) -> None:
    for name, key in (("within_km", "within"), ("visits", "visits")):
        view = dataclasses.replace(DEFAULT, **{name: value})
        assert view.to_query(SETTINGS) == f"{key}={text}"
        assert View.from_query(f"{key}={text}", SETTINGS) == view


def test_what_hardly_differs_from_the_default_is_not_left_out() -> None:
    view = View("tic", visits=10.0000001, conversion=7.9999999)
    assert view.to_query(SETTINGS) == "visits=10.0000001&conversion=7.9999999"


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("departement=31", "view.unknown_parameter"),
        ("within_km=3", "view.unknown_parameter"),
        ("department=75", "view.unknown_value"),
        ("size=", "view.unknown_value"),
        ("employers=yes", "view.unknown_value"),
        ("level=segment", "view.unknown_value"),
        ("town_only=1", "view.unknown_value"),
        ("cell=software", "view.unknown_value"),
        ("cell=software:10-50", "view.unknown_value"),
        ("cell=10-49:software", "view.unknown_value"),
        ("cell=", "view.unknown_value"),
        ("antenna=Paris", "view.unknown_value"),
        ("antenna=toulouse", "view.unknown_value"),
        ("antenna=", "view.unknown_value"),
        ("order=name", "view.unknown_value"),
        ("unit=miles", "view.unknown_value"),
        ("closer=yes", "view.unknown_value"),
        ("demand=people", "view.unknown_value"),
        ("exclude=Mende", "view.no_commune"),
        ("exclude=", "view.no_commune"),
        ("force=9122", "view.no_commune"),
        ("offices=0", "view.no_number"),
        ("offices=6", "view.no_number"),
        ("offices=2.0", "view.no_number"),
        ("threshold=4.9", "view.no_number"),
        ("threshold=91", "view.no_number"),
        ("threshold=nan", "view.no_number"),
    ],
)
def test_what_the_settings_do_not_know_is_refused(query: str, key: str) -> None:
    with pytest.raises(UserError) as caught:
        View.from_query(query, SETTINGS)
    assert caught.value.key == key
    assert query.partition("=")[0] in caught.value.message("en")


@pytest.mark.parametrize(("name", "high"), [("within", MAX_KM), ("visits", MAX_VISITS), ("conversion", 100.0)])
def test_a_number_is_within_its_bounds(name: str, high: float) -> None:
    for text in ("", "ten", "10 km", "1,5", "nan", "inf", "-inf", "-0.1", "1e400", str(high + 0.5)):
        with pytest.raises(UserError) as caught:
            View.from_query(urlencode({name: text}), SETTINGS)
        assert caught.value.key == "view.no_number"
        for language in ("fr", "en"):
            assert name in caught.value.message(language)
    field = {"within": "within_km"}.get(name, name)
    for value in (0.0, high):
        assert getattr(View.from_query(f"{name}={value}", SETTINGS), field) == value


def test_communes_are_told_once_in_their_order() -> None:
    view = View.from_query("exclude=34172&exclude=31555&exclude=34172&force=48095", SETTINGS)
    assert (view.excluded, view.forced) == (("31555", "34172"), ("48095",))


def test_an_empty_town_is_none() -> None:
    assert View.from_query("town=", SETTINGS).town is None


def test_the_last_of_several_single_values_counts() -> None:
    view = View.from_query("antenna=Mende&antenna=Rodez&visits=1&visits=2&department=34&department=31", SETTINGS)
    assert (view.antenna, view.visits, view.departments) == ("Rodez", 2.0, ("31", "34"))


@given(views(), st.sets(st.sampled_from(LOOK)))
def test_keeping_fields_drops_the_other_ways_to_look(view: View, names: set[str]) -> None:
    kept = view.keep(*names)
    for name in (*SELECTION, *names):
        assert getattr(kept, name) == getattr(view, name)
    for name in set(LOOK) - names:
        assert getattr(kept, name) == getattr(DEFAULT, name)
    assert kept.keep(*names) == kept
    assert view.selection == view.keep()
    assert view.keep(*LOOK) == view


@given(views())
def test_every_firm_is_selected_where_no_filter_is_set(view: View) -> None:
    nothing = not (view.departments or view.segments or view.sizes or view.employers_only)
    assert view.selects_all == nothing
    assert {name for name, _ in parse_qsl(view.selection.to_query(SETTINGS))} <= set(SELECTION_KEYS)


def test_how_to_look_at_firms_selects_none_of_them() -> None:
    assert LOOKED.selects_all
    assert LOOKED.selection == DEFAULT


def test_size_classes_become_insee_bands() -> None:
    assert View(perimeter="tic", sizes=("0", "10-49")).size_codes == ("00", "11", "12")
