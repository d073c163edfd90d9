"""Which characters of what others wrote are kept."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest.columns import Column, clean
from analytics.text.characters import LONGEST_NAME, one_line
from tests.hostile_names import NAMES, UNSEEN


@pytest.mark.parametrize(("written", "shown"), UNSEEN.items())
def test_what_is_not_seen_is_left_out(written: str, shown: str) -> None:
    assert one_line(written) == shown


@pytest.mark.parametrize("name", NAMES)
def test_what_is_seen_stays_whatever_it_means_elsewhere(name: str) -> None:
    assert one_line(name) == name


def test_every_control_of_direction_is_left_out() -> None:
    controls = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
    assert one_line("a" + "".join(map(chr, controls)) + "b") == "ab"


def test_french_spaces_and_halves_of_pairs() -> None:
    assert one_line("12\u202f% «\u00a0x\u00a0»") == "12\u202f% «\u00a0x\u00a0»"
    assert one_line("a\ud800b\udfff") == "ab"


def test_a_long_text_is_cut() -> None:
    assert one_line("a" * 10, longest=4) == "aaaa…"
    assert one_line("a" * 4, longest=4) == "aaaa"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.text(), min_size=1, max_size=8))
def test_the_registers_engine_keeps_the_same(names: list[str]) -> None:
    column = Column("x", "x", "name")
    cleaned = pl.DataFrame({"x": names}).select(clean(column, pl.String()))["x"].to_list()
    for written, name in zip(names, cleaned, strict=True):
        expected = one_line(written)
        if expected.isascii() or expected.isprintable():  # the two know another day's Unicode
            assert (name or "").strip() == expected[:LONGEST_NAME].strip()
        assert name is None or len(name.splitlines()) <= 1
