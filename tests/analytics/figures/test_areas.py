"""What figures of areas share: short names, and names in their order of importance."""

from __future__ import annotations

import pytest

from analytics.figures.areas import Named, names, short_name
from analytics.figures.base import plain
from analytics.figures.palette import LIGHT


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("CA de Nîmes Métropole", "Nîmes Métropole"),
        ("CC du Frontonnais", "Frontonnais"),
        ("CC d’Aigues", "Aigues"),
        ("CU Perpignan Méditerranée Métropole", "Perpignan…"),
        ("CC de la Lozère", "La Lozère"),
        ("Cahors", "Cahors"),
        ("A" * 40, "A" * 17 + "…"),
        ("CA Tarbes-Lourdes-Pyrénées", "Tarbes-Lourdes…"),
    ],
)
def test_names_lose_their_kind_and_are_cut_between_words(name: str, short: str) -> None:
    assert short_name(name) == short


def test_neither_markup_nor_formula_comes_from_a_name() -> None:
    assert plain("<b>$x$</b> & co") == "&lt;b&gt;&#36;x&#36;&lt;/b&gt; &amp; co"


def test_a_strong_name_is_placed_before_a_quiet_one_even_over_a_dot() -> None:
    middle = {"x": 1.0, "y": 1.0, "across": 0.5, "up": 0.5, "radius_px": 5.0}
    points = [Named("Strong", **middle, is_strong=True), Named("Quiet", **middle, is_strong=False)]
    everywhere = [(0.0, 0.0, 120.0, 60.0)]
    found = names(points, width_px=120, height_px=60, palette=LIGHT, dots=everywhere)
    assert [annotation["text"] for annotation in found] == ["<b>Strong</b>"]
    assert found[0]["font"]["color"] == LIGHT.ink


def test_a_name_does_not_stand_over_the_point_of_another_that_must_be_named() -> None:
    left = Named("Left", x=0, y=0, across=0.5, up=0.5, radius_px=5.0, is_strong=True)
    around = [Named("", x=0, y=0, across=0.5, up=up, radius_px=40.0, is_strong=True) for up in (0.1, 0.9)]
    found = names([left, *around], width_px=60, height_px=100, palette=LIGHT)
    assert "<b>Left</b>" not in [annotation["text"] for annotation in found]
