"""Any view that the settings allow, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

from analytics.settings import SNAPSHOT_ID, default_settings
from analytics.sizes import SIZE_CLASSES
from analytics.view import (
    BASES,
    COMPARED,
    DEMANDS,
    LEAST_THRESHOLD,
    MAX_GOAL,
    MAX_KM,
    MAX_PACE,
    MAX_THRESHOLD,
    MAX_VISITS,
    MEASURES,
    MOST_OFFICES,
    MOST_YEARS,
    ORDERS,
    RATES,
    TARGETS,
    TOWN_LEVELS,
    UNITS,
    YEARS,
    View,
)

_SETTINGS = default_settings()
# Half of a surrogate pair has no place in UTF-8.
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def _subset(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values)).map(lambda chosen: tuple(v for v in values if v in chosen))


def _communes() -> st.SearchStrategy[tuple[str, ...]]:
    codes = st.from_regex(r"\d[\dAB]\d{3}", fullmatch=True, alphabet=st.characters(codec="ascii"))
    codes |= st.sampled_from(["31555", "34172", "34032", "34003"])
    return st.sets(codes, max_size=3).map(lambda chosen: tuple(sorted(chosen)))


def views(
    *,
    perimeters: tuple[str, ...] = tuple(_SETTINGS.perimeters),
    towns: st.SearchStrategy[str] = _ANY_TEXT,
) -> st.SearchStrategy[View]:
    """Return a strategy of views with every field."""
    return st.builds(
        View,
        perimeter=st.sampled_from(perimeters),
        departments=_subset(_SETTINGS.region.departments),
        segments=_subset(tuple(_SETTINGS.segments)),
        sizes=_subset(tuple(SIZE_CLASSES)),
        employers_only=st.booleans(),
        level=st.sampled_from(TOWN_LEVELS),
        town=st.none() | towns,
        town_only=st.booleans(),
        cell=st.none() | st.tuples(st.sampled_from(tuple(_SETTINGS.segments)), st.sampled_from(tuple(SIZE_CLASSES))),
        antenna=st.none() | st.sampled_from([antenna.name for antenna in _SETTINGS.antennas]),
        within_km=st.none() | st.floats(0, MAX_KM),
        order=st.sampled_from(ORDERS),
        visits=st.floats(0, MAX_VISITS),
        conversion=st.floats(0, 100),
        threshold=st.floats(LEAST_THRESHOLD, MAX_THRESHOLD),
        unit=st.sampled_from(UNITS),
        demand=st.sampled_from(DEMANDS),
        offices=st.integers(1, MOST_OFFICES),
        excluded=_communes(),
        forced=_communes(),
        closer=st.booleans(),
        base=st.sampled_from(BASES),
        measure=st.sampled_from(MEASURES),
        rate=st.none() | st.floats(*RATES),
        years=st.integers(1, MOST_YEARS),
        target=st.sampled_from(TARGETS),
        goal=st.none() | st.floats(0, MAX_GOAL),
        by=st.none() | st.integers(*YEARS),
        churn=st.none() | st.floats(0, 100),
        pace=st.none() | st.floats(0, MAX_PACE),
        cut=st.floats(0, 100),
        since=st.none() | st.from_regex(SNAPSHOT_ID, fullmatch=True, alphabet=st.characters(codec="ascii")),
        compared=st.sampled_from(COMPARED),
    )
