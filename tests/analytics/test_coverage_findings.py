"""What the page on coverage says: the usual case, one, none, all; French and English."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analytics.settings import default_settings
from analytics.text import coverage_findings as findings
from analytics.text import translator
from analytics.view import View

FR, EN = translator("fr"), translator("en")
VIEW = View.default(default_settings())


def _plain(text: str) -> str:
    assert not re.search(r"[^\u202f][:;?!%](\s|$)", text), text
    assert "'" not in text
    return text.replace("\u202f", " ")


def _summary(**changes: Any) -> pd.Series:
    usual = {
        "total": 18_000.0,
        "already": 13_000.0,
        "candidates": 573,
    }
    return pd.Series(usual | changes)


def _answer(*names: str, added: float = 2_490.0, greedy: float = 2_490.0, gap: float = 0.0) -> pd.DataFrame:
    each = added / max(len(names), 1)
    rows = {"commune_name": list(names), "added_demand": each, "greedy_added": greedy, "optimality_gap": gap}
    return pd.DataFrame(rows).assign(is_forced=False)


def _asked(**changes: Any) -> Any:
    return SimpleNamespace(**({"threshold": 30.0, "unit": "min", "demand": "firms", "offices": 3} | changes))


def test_the_headline_names_the_next_antennas_and_their_gain() -> None:
    answer = _answer("Béziers", "Le Vigan", "Castres")
    assert _plain(findings.headline(_summary(), answer, FR, view=VIEW)) == (
        "Trois antennes de plus, à Béziers, au Vigan et à Castres, rapprocheraient 2 490 entreprises"
    )
    assert findings.headline(_summary(), answer, EN, view=VIEW) == (
        "Three more offices, in Béziers, in Le Vigan and in Castres, would bring 2,490 firms within reach"
    )


@pytest.mark.parametrize(
    ("demand", "added", "expected"),
    [
        ("firms", 1.0, "Une antenne de plus, aux Angles, rapprocherait 1 entreprise"),
        ("jobs", 2_300.4, "Une antenne de plus, aux Angles, rapprocherait 2 300 emplois"),
        ("missing", 4.2, "Une antenne de plus, aux Angles, rapprocherait 4,2 adhérents manquants"),
        ("missing", 1.5, "Une antenne de plus, aux Angles, rapprocherait 1,5 adhérent manquant"),
        ("missing", 1.97, "Une antenne de plus, aux Angles, rapprocherait 2 adhérents manquants"),
    ],
)
def test_one_antenna_and_each_demand(demand: str, added: float, expected: str) -> None:
    told = findings.headline(_summary(), _answer("Les Angles", added=added), FR, view=_asked(demand=demand))
    assert _plain(told) == expected


@pytest.mark.parametrize(
    ("changes", "names", "expected"),
    [
        ({"total": 0.0, "already": 0.0}, (), "Aucune entreprise ne répond à cette sélection"),
        ({"already": 18_000.0}, (), "Toutes les entreprises sont à moins de 30 minutes d’une antenne"),
        ({}, (), "Aucune antenne de plus ne rapprocherait d’entreprises à moins de 30 minutes"),
        ({}, ("Ax",), "Aucune antenne de plus ne rapprocherait d’entreprises à moins de 30 minutes"),
    ],
)
def test_the_headline_says_why_there_is_nothing_to_bring(
    changes: dict[str, float], names: tuple[str, ...], expected: str
) -> None:
    assert _plain(findings.headline(_summary(**changes), _answer(*names, added=0.0), FR, view=VIEW)) == expected


@pytest.mark.parametrize("language", [FR, EN])
@pytest.mark.parametrize("demand", ["firms", "jobs", "missing"])
@pytest.mark.parametrize("changes", [{"total": 0.0}, {"already": 18_000.0}, {}])
@pytest.mark.parametrize("added", [0.0, 3.0])
def test_every_demand_has_its_words(language: Any, demand: str, changes: dict[str, float], added: float) -> None:
    assert findings.headline(
        _summary(**changes), _answer("Ax", added=added), language, view=_asked(demand=demand, unit="km")
    )


def test_the_map_says_how_many_are_out_of_reach() -> None:
    totals = pd.Series({"firms": 18_000})
    told = findings.map_title(totals, pd.Series({"firms": 13_170}), FR, view=VIEW)
    assert _plain(told) == "4 830 entreprises sur 18 000 sont à plus de 30 minutes de toute antenne (27 %)"
    one = findings.map_title(totals, pd.Series({"firms": 17_999}), FR, view=_asked(threshold=45.0, unit="km"))
    assert _plain(one) == "1 entreprise sur 18 000 est à plus de 45 km de toute antenne (0,01 %)"
    nobody = findings.map_title(totals, pd.Series({"firms": 0}), FR, view=VIEW)
    assert _plain(nobody) == "Aucune entreprise n’est à moins de 30 minutes d’une antenne"
    assert "Toutes" in findings.map_title(totals, totals, FR, view=VIEW)
    assert "Aucune" in findings.map_title(pd.Series({"firms": 0}), pd.Series({"firms": 0}), FR, view=VIEW)


def test_an_answer_says_how_certain_it_is() -> None:
    three = ("Béziers", "Castres", "Auch")
    best = _plain(findings.proof_sentence(_summary(), _answer(*three), FR, view=VIEW))
    assert best.startswith("Aucun autre choix parmi 573 communes n’en rapprocherait davantage")
    assert "prouvée optimale" in best
    assert best.endswith("mène aussi loin.")
    less = _plain(findings.proof_sentence(_summary(), _answer(*three, greedy=2_400.0), FR, view=VIEW))
    assert less.endswith("en rapprocherait moins : 90 entreprises.")
    gap = _plain(findings.proof_sentence(_summary(), _answer(*three, gap=0.012), FR, view=VIEW))
    assert "ferait au plus 1,2 % de mieux" in gap
    assert "prouvée" not in gap
    assert "une à une" not in findings.proof_sentence(_summary(), _answer("Auch"), FR, view=VIEW)
    assert "573" in findings.proof_sentence(_summary(), _answer(), FR, view=VIEW)
    assert "aucune commune candidate" in findings.proof_sentence(_summary(candidates=0), _answer(), FR, view=VIEW)


def test_fewer_antennas_than_asked_for_are_said_to_be_enough() -> None:
    def told(*names: str, t: Any = FR, **changes: Any) -> str:
        return findings.enough_sentence(_summary(**changes), _answer(*names), t, view=_asked(offices=3))

    two = _plain(told("Auch", "Castres"))
    assert two == "2 antennes suffisent sur les 3 demandées : une de plus n’ajouterait rien."
    assert told("Auch").startswith("Une seule antenne suffit sur les 3 demandées")
    assert told("Auch", t=EN) == "One office is enough of the 3 asked for: one more would add nothing."
    assert told("Auch", "Castres", "Béziers") == told() == ""
    # Then there are no others, and a note says so; and what is not proven is not said.
    assert told("Auch", "Castres", candidates=2) == ""
    gap = _answer("Auch", gap=0.01)
    assert findings.enough_sentence(_summary(), gap, FR, view=_asked(offices=3)) == ""


def test_what_was_forced_is_not_called_the_best() -> None:
    three = _answer("Béziers", "Castres", "Florac").assign(is_forced=[False, False, True])
    told = findings.proof_sentence(_summary(), three, FR, view=VIEW)
    assert told.startswith("Communes imposées mises à part")
    assert findings.proof_sentence(_summary(), three.assign(is_forced=True), FR, view=VIEW) == ""


def test_the_share_reached_is_what_is_left_of_all() -> None:
    rows = pd.DataFrame({"antennas": [0, 1], "firms_pct": [34.0, 66.0]})
    assert findings.reached_pct(rows) == 66


@pytest.mark.parametrize(
    ("times", "word"),
    [(12, "presque toujours"), (9, "presque toujours"), (7, "le plus souvent"), (4, "Aucun lieu ne s’impose")],
)
def test_stability_says_how_sure_the_first_commune_is(times: int, word: str) -> None:
    rows = pd.DataFrame({"commune_name": ["Béziers"], "times_nearby": [times]})
    told = findings.stability_title(rows, FR, asked=12)
    assert word in told
    assert f"{times} fois sur 12" in told
    assert findings.stability_title(rows.iloc[:0], FR, asked=12) == "Aucune commune n’est choisie"


def test_how_many_antennas_larger_shares_take() -> None:
    needed = pd.DataFrame(
        {
            "share_pct": [90, 95, 99],
            "offices": pd.array([0, 1, None], dtype="Int64"),
            "is_proven": [True, True, True],
        }
    )
    assert _plain(findings.offices_sentence(needed, FR)) == (
        "Antennes à ajouter pour mettre les entreprises à portée : aucune pour 90 % et 1 pour 95 %. "
        "Aucun nombre d’antennes n’en mettrait 99 % à portée."
    )
    bound = needed.assign(offices=pd.array([4, 9, 30], dtype="Int64"), is_proven=[True, True, False])
    assert "au plus 30" in findings.offices_sentence(bound, FR)


def test_a_move_is_told_where_it_pays() -> None:
    move = pd.DataFrame({"closed": ["Alès"], "commune_name": ["Le Vigan"], "gain": [12.0]})
    assert _plain(findings.move_sentence(move, FR, view=VIEW)) == (
        "Sans ouvrir d’antenne : déplacer celle d’Alès au Vigan rapprocherait, dans la sélection, "
        "12 entreprises de plus (solde : ce que le nouveau lieu atteint, moins ce que perd l’ancien)."
    )
    assert findings.move_sentence(move, EN, view=VIEW) == (
        "Without opening one: moving Alès to stand in Le Vigan would bring a further 12 firms of the selection "
        "within reach (net: what the new place reaches, less what the old one loses)."
    )
    assert "ne gagnerait rien" in findings.move_sentence(move.assign(gain=-3.0), FR, view=VIEW)
    assert findings.move_sentence(move.iloc[:0], FR, view=VIEW) == (
        "Il n’y a pas d’antenne à déplacer, ou nulle part où la mettre."
    )


def test_the_antenna_that_would_be_missed_most() -> None:
    rows = pd.DataFrame({"antenna": ["Mende", "Nîmes", "network"], "firms_lost_if_closed": [40, 900, 5_000]})
    assert _plain(findings.worth_title(rows, FR)) == (
        "Sans Nîmes, 900 entreprises ne seraient plus à portée d’aucune antenne"
    )
    nothing = findings.worth_title(rows.assign(firms_lost_if_closed=0), FR)
    assert nothing == "Aucune antenne n’est seule à atteindre une entreprise"
    assert findings.worth_title(rows.iloc[2:], FR) == nothing


def test_the_curve_says_where_half_and_nine_tenths_are() -> None:
    rows = pd.DataFrame({"threshold": [0.0, 10.0, 12.5, 40.0], "firms_pct": [5.0, 49.0, 50.0, 90.0]})
    assert findings.curve_title(rows, FR, view=VIEW) == (
        "La moitié des entreprises a une antenne à 12,5 minutes, neuf sur dix à 40 minutes"
    )
    assert "neuf" not in findings.curve_title(rows.iloc[:3], FR, view=VIEW)
    assert "Moins de la moitié" in findings.curve_title(rows.iloc[:2], FR, view=VIEW)
    assert "Aucune" in findings.curve_title(rows.assign(firms_pct=float("nan")), FR, view=VIEW)


def test_overlaps_are_told_in_three_numbers() -> None:
    rows = pd.DataFrame({"antennas": [0, 1, 2, 3], "firms": [4_830, 12_000, 1_000, 170]})
    assert _plain(findings.overlap_sentence(rows, FR)) == (
        "À portée de plusieurs antennes : 1 170 entreprises ; d’une seule : 12 000 ; d’aucune : 4 830."
    )


@pytest.mark.parametrize("count", [0, 1])
def test_french_has_no_plural_before_two(count: int) -> None:
    rows = pd.DataFrame({"antennas": [0, 1, 2], "firms": [4_830, 12_000, count]})
    assert f"plusieurs antennes : {count} entreprise ;" in _plain(findings.overlap_sentence(rows, FR))
    assert f"{count} {'firms' if count == 0 else 'firm'};" in findings.overlap_sentence(rows, EN)
    assert findings.amount(count, "firms", FR) == f"{count} entreprise"


@pytest.mark.parametrize(
    ("firms", "members", "french", "english"),
    [
        (421.0, 4.25, "entreprises, dont 4,2 adhérents", "firms, 4.2 of them members"),
        (1.0, 0.0, "entreprise, dont 0 adhérent", "firm, 0 of them members"),
        (0.4, 0.4, "entreprise, dont 0,4 adhérent", "firms, 0.4 of them members"),
        (2.0, 1.97, "entreprises, dont 2 adhérents", "firms, 2 of them members"),
        (float("nan"), float("nan"), "", ""),
    ],
)
def test_what_stands_beside_the_load(firms: float, members: float, french: str, english: str) -> None:
    row = pd.Series({"firms_per_staff": firms, "members_per_staff": members})
    assert [findings.load_beside(row, t) for t in (FR, EN)] == [french, english]


def test_a_town_misses_members() -> None:
    assert [findings.missing_members(value, FR) for value in (1.5, 4.2)] == ["1,5 manquant", "4,2 manquants"]
    assert findings.missing_members(1.5, EN) == "1.5 missing"


def _bands(*intervals: tuple[float, float]) -> pd.DataFrame:
    edges = [(0.0, 15.0), (15.0, 30.0), (30.0, None)]
    rows = [(*edge, *interval) for edge, interval in zip(edges, intervals, strict=True)]
    return pd.DataFrame(rows, columns=["low", "high", "ratio_low", "ratio_high"])


def test_nearness_is_told_as_the_intervals_have_it() -> None:
    both = findings.nearness_title(_bands((1.1, 1.4), (0.8, 1.2), (0.3, 0.8)), FR, unit="min")
    assert both.startswith("Les entreprises à moins de 15 minutes d’une antenne adhèrent plus que prévu, celles à plus")
    near = findings.nearness_title(_bands((1.1, 1.4), (0.8, 1.2), (0.3, 1.8)), FR, unit="min")
    assert near == "Les entreprises à moins de 15 minutes d’une antenne adhèrent plus que prévu"
    less = findings.nearness_title(_bands((0.9, 1.4), (0.3, 0.9), (0.3, 0.8)), FR, unit="km")
    assert less == "Les entreprises à distance (15 à 30 km) adhèrent moins que prévu"
    nothing = findings.nearness_title(_bands((0.9, 1.4), (0.3, 1.9), (0.3, 1.8)), FR, unit="km")
    assert nothing == "La distance à l’antenne ne dit rien de net sur l’adhésion"


def test_bands_have_names() -> None:
    rows = _bands((1, 1), (1, 1), (1, 1))
    assert [
        findings.band_name(low, high, FR, unit="km") for low, high in zip(rows["low"], rows["high"], strict=True)
    ] == [
        "moins de 15 km",
        "15 à 30 km",
        "30 km et plus",
    ]


def test_the_sheet_says_what_an_antenna_looks_after() -> None:
    row = pd.Series({"antenna": "Mende", "firms": 421, "members": 12, "staff": 1.0})
    told = _plain(findings.sheet_title(row, FR))
    assert told == "Mende : 421 entreprises plus proches que d’une autre antenne, 12 adhérents, pour 1 permanent"
    assert findings.sheet_title(row.replace(1.0, 1.5), FR).endswith("pour 1,5 permanent")
    assert findings.sheet_title(row.replace(1.0, 2.0), FR).endswith("pour 2 permanents")
    assert findings.sheet_title(row.replace(1.0, 0.0), FR).endswith("sans permanent")
    assert "aucune entreprise" in findings.sheet_title(row.replace(421, 0), FR)


def test_minutes_are_said_to_be_measured_or_estimated() -> None:
    row = pd.Series({"antennas": 0, "others": 0, "fetched_on": pd.NaT})
    assert "estimés à partir des distances" in findings.measured_sentence(row, FR)
    told = pd.Series({"antennas": 9, "others": 20, "fetched_on": pd.Timestamp("2026-11-25")})
    assert "mesurés par l’IGN pour 9 antennes" in findings.measured_sentence(told, FR)
    assert findings.measured_sentence(told, FR).endswith("Aussi mesurés pour 20 communes candidates.")


@pytest.mark.parametrize(
    "note", ["unmeasured", "twins", "nobody", "unknown", "both", "standing", "few", "forced", "no_antenna"]
)
def test_every_note_is_a_sentence(note: str) -> None:
    notes = pd.DataFrame({"note": [note], "names": ["Mende, Alès"]})
    for t in (FR, EN):
        (told,) = findings.note_sentences(notes, t, view=VIEW)
        assert told.endswith(".")
