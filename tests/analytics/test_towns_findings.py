"""What the page on towns says: the usual case, one, none, all; French and English."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analytics.text import towns_findings as findings
from analytics.text import translator

FR, EN = translator("fr"), translator("en")
NNBSP = "\u202f"
LEVELS = ("commune", "epci", "department", "antenna")


def _towns(*rows: tuple[str, int, int, float, float, str], **more: list[object]) -> pd.DataFrame:
    names = ["area_name", "firms", "members", "expected_members", "members_missing", "verdict"]
    return pd.DataFrame(rows, columns=names).assign(**more)


def _plain(text: str) -> str:
    assert not re.search(r"[^\u202f][:;?!%](\s|$)", text), text
    assert "'" not in text
    return text.replace(NNBSP, " ")


USUAL = _towns(
    ("Béziers", 200, 0, 4.5, 3.6, "under"),
    ("Perpignan", 600, 3, 13.5, 9.4, "under"),
    ("Mende", 90, 9, 2.0, -5.0, "over"),
    ("Auch", 97, 1, 2.6, 0.9, "inconclusive"),
    ("Ax", 2, 1, 0.1, 0.0, "too_small"),
)
ONE = USUAL.iloc[1:]
EVEN = USUAL.iloc[3:]


def test_the_headline_counts_areas_and_missing_members() -> None:
    assert _plain(findings.headline(USUAL, FR, level="epci")) == (
        "Deux intercommunalités ont moins d’adhérents que leurs entreprises n’en laissent attendre : il en manque 13"
    )
    assert findings.headline(USUAL, EN, level="commune") == (
        "Two communes have fewer members than their firms would lead us to expect: 13 missing"
    )
    assert _plain(findings.headline(USUAL, FR, level="antenna")).startswith("Deux antennes ont autour d’elles moins")


def test_the_headline_writes_large_numbers_in_figures() -> None:
    many = _towns(*[(f"V{i}", 300, 0, 6.0, 3.0, "under") for i in range(12)], ("W", 10, 9, 1.0, 0.0, "inconclusive"))
    assert _plain(findings.headline(many, FR, level="commune")).startswith("12 communes ont moins")
    assert findings.headline(many, EN, level="department").endswith(": 36 missing")


def test_the_headline_is_silent_on_missing_members_that_round_to_none() -> None:
    even = USUAL.assign(members_missing=0.1)
    assert findings.headline(even, EN, level="epci").endswith("would lead us to expect")


def test_the_headline_names_the_only_one() -> None:
    assert _plain(findings.headline(ONE, FR, level="commune")) == (
        "Perpignan compte 3 adhérents pour 14 attendus : le hasard ne l’explique pas"
    )
    assert _plain(findings.headline(ONE, FR, level="department")) == (
        "Perpignan : 3 adhérents pour 14 attendus, et le hasard ne l’explique pas"
    )
    assert findings.headline(ONE, EN, level="antenna") == (
        "Around the Perpignan office, 3 members for 14 expected: it is not chance"
    )
    ales = ONE.assign(area_name=["Alès", "Mende", "Auch", "Ax"])
    assert _plain(findings.headline(ales, FR, level="antenna")).startswith("Autour de l’antenne d’Alès, 3 adhérents")


def test_the_headline_names_the_only_one_without_a_member() -> None:
    none = USUAL.drop(index=1)
    assert _plain(findings.headline(none, FR, level="epci")) == (
        "Béziers ne compte aucun adhérent pour 4,5 attendus : le hasard ne l’explique pas"
    )
    assert findings.headline(none, EN, level="epci") == "Béziers has no member for 4.5 expected: it is not chance"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("table", [USUAL, ONE, USUAL.iloc[2:], EVEN, USUAL.iloc[4:]])
def test_the_headline_of_every_level_is_a_sentence(table: pd.DataFrame, level: str) -> None:
    for t in (FR, EN):
        text = findings.headline(table, t, level=level)
        assert "{" not in text
        assert text[0].isupper()


def test_the_headline_where_no_area_is_under() -> None:
    assert findings.headline(EVEN, FR, level="commune") == (
        "Aucune commune ne s’écarte de l’attendu plus que le hasard ne l’explique"
    )
    assert _plain(findings.headline(USUAL.iloc[2:], FR, level="commune")) == (
        "Aucune commune n’est nettement sous l’attendu ; 1 est au-dessus"
    )
    assert findings.headline(USUAL.iloc[4:].assign(firms=3), EN, level="epci").startswith("No intercommunality has en")


def test_the_headline_where_there_is_nothing_to_compare() -> None:
    none = _towns(("A", 40, 0, 0.0, 0.0, "empty"), ("B", 5, 0, 0.0, 0.0, "empty"))
    assert _plain(findings.headline(none, FR, level="epci")).startswith("Aucun adhérent parmi 45 entreprises : rien")
    everyone = _towns(("A", 4, 4, 4.0, 0.0, "inconclusive"), ("B", 1, 1, 1.0, 0.0, "too_small"))
    assert findings.headline(everyone, EN, level="epci").startswith("All 5 firms of this selection are members")
    alone = everyone.tail(1)
    assert findings.headline(alone, FR, level="epci").startswith("La seule entreprise de cette sélection est adh")
    for empty in (USUAL.head(0), _towns(("A", 0, 0, 0.0, 0.0, "empty"))):
        assert findings.headline(empty, FR, level="epci") == "Aucune entreprise ne répond à cette sélection"
        assert findings.funnel_title(empty, EN) == "Nothing to compare in this selection"
        assert findings.map_title(empty, EN) == "Nothing to compare in this selection"
        assert findings.ranking_title(empty, EN) == "Nothing to compare in this selection"


def test_a_selection_without_member_in_a_region_that_has_some_is_a_finding() -> None:
    town = _towns(("Béziers", 200, 0, 4.5, 3.6, "under"))
    assert "ne compte aucun adhérent" in findings.headline(town, FR, level="commune")


def test_the_funnel_tells_how_many_lie_outside() -> None:
    assert _plain(findings.funnel_title(USUAL, FR)) == "Le hasard n’explique pas tout : 2 sous l’attendu, 1 au-dessus"
    assert findings.funnel_title(EVEN, EN) == "Chance is enough to explain every gap"
    assert findings.funnel_title(USUAL.iloc[4:].assign(firms=3), EN).startswith("Too few members expected everywhere")


def test_the_map_tells_where_gaps_touch() -> None:
    clustered = USUAL.assign(cluster=["low_low", "low_low", "high_high", "none", None])
    assert _plain(findings.map_title(clustered, FR)) == (
        "Perpignan et Béziers : des voisinages entiers manquent d’adhérents"
    )
    scattered = clustered.assign(cluster=["none", "low_high", "high_high", "none", None])
    assert _plain(findings.map_title(scattered, FR)).startswith("Les manques sont dispersés")
    assert findings.map_title(scattered.iloc[1:], EN) == "Mende: whole neighbourhoods have more members than expected"
    assert findings.map_title(EVEN.assign(cluster="none"), EN).startswith("Where members are scarcer")
    assert findings.map_title(USUAL, EN).startswith("Where members are scarcer")
    assert findings.map_title(USUAL.assign(cluster=float("nan")), EN).startswith("Where members are scarcer")


def test_the_quadrant_counts_where_to_act() -> None:
    acting = USUAL.assign(kind=["open", "recruit", "learn", "", ""])
    assert _plain(findings.quadrant_title(acting, FR, level="commune")) == (
        "Recruter près d’une antenne : 1 commune ; ouvrir plus loin : 1 commune"
    )
    assert findings.quadrant_title(acting.iloc[:1], EN, level="epci") == "Set up further out: 1 intercommunality"
    assert findings.quadrant_title(acting.iloc[2:], EN, level="antenna") == (
        "Learn from what works near an office: around 1 office"
    )
    assert findings.quadrant_title(acting.iloc[3:], FR, level="commune") == "Aucun écart assez net pour dire où agir"


def test_the_ranking_is_by_missing_members_never_by_rate() -> None:
    assert _plain(findings.ranking_title(USUAL, FR)) == "Perpignan et Béziers : 13 adhérents manquants"
    many = _towns(
        ("Hamlet", 10, 0, 2.4, 1.0, "under"),
        *[(f"V{i}", 300, 2, 6.0, 2.0 + i, "under") for i in range(4)],
    )
    assert findings.ranking_title(many, EN) == "V3, V2 and V1: 12 of the 15 members missing"
    assert _plain(findings.ranking_title(EVEN, FR)) == "Aucun manque établi ; les plus grands écarts d’abord"


@pytest.mark.parametrize(
    ("members", "expected", "verdict", "french", "english"),
    [
        (
            3,
            13.5,
            "under",
            "3 adhérents pour 13,5 attendus : un écart que le hasard n’explique pas.",
            "3 members for 13.5 expected: a gap that chance does not explain.",
        ),
        (
            0,
            4.52,
            "under",
            "Aucun adhérent pour 4,5 attendus : un écart que le hasard n’explique pas.",
            "No member for 4.5 expected: a gap that chance does not explain.",
        ),
        (
            9,
            2.0,
            "over",
            "9 adhérents pour 2 attendus : plus que le hasard n’en explique.",
            "9 members for 2 expected: more than chance explains.",
        ),
        (
            1,
            2.6,
            "inconclusive",
            "1 adhérent pour 2,6 attendus : un écart que le hasard peut expliquer.",
            "1 member for 2.6 expected: a gap that chance may explain.",
        ),
        (
            3,
            2.9,
            "inconclusive",
            "3 adhérents pour 2,9 attendus : ce que ses entreprises laissent attendre.",
            "3 members for 2.9 expected: what its firms lead us to expect.",
        ),
        (
            1,
            1.54,
            "too_small",
            "1 adhérent pour 1,5 attendu : trop peu d’adhérents attendus pour conclure. Même sans aucun adhérent,"
            " l’écart ne prouverait rien.",
            "1 member for 1.5 expected: too few members expected to conclude. Even without any member, the gap"
            " would prove nothing.",
        ),
        (
            0,
            0.04,
            "too_small",
            "Aucun adhérent pour moins de 0,1 attendu : trop peu pour que cette absence prouve quelque chose.",
            "No member for fewer than 0.1 expected: too few for this absence to prove anything.",
        ),
        (
            0,
            0.0,
            "empty",
            "90 entreprises, de sortes qui n’adhèrent nulle part dans la région : aucun adhérent n’y est attendu.",
            "90 firms, of kinds that join nowhere in the region: no member is expected.",
        ),
    ],
)
def test_the_sheet_reads_the_verdict(members: int, expected: float, verdict: str, french: str, english: str) -> None:
    town = _towns(("X", 90, members, expected, 0.0, verdict)).iloc[0]
    assert _plain(findings.sheet_sentence(town, FR)) == french
    assert findings.sheet_sentence(town, EN) == english


def test_the_sheet_of_an_area_without_firm() -> None:
    assert (
        findings.sheet_sentence(_towns(("X", 0, 0, 0.0, 0.0, "empty")).iloc[0], FR) == "Aucune entreprise du secteur."
    )


@pytest.mark.parametrize(
    ("kind", "km", "french"),
    [
        ("recruit", 4.4, "L’antenne d’Alès est à 4 km en moyenne : assez près pour recruter."),
        ("open", 61.0, "L’antenne d’Alès est à 61 km en moyenne, au-delà de 30 km : il faudrait s’en rapprocher."),
        ("learn", 0.6, "L’antenne d’Alès est à moins de 1 km en moyenne : un exemple à suivre ailleurs."),
        ("leave", 40.0, "L’antenne d’Alès est à 40 km en moyenne, au-delà de 30 km : l’adhésion y vient sans elle."),
        ("", 12.0, "Ses entreprises sont à 12 km en moyenne de l’antenne d’Alès."),
    ],
)
def test_the_sheet_says_how_near_we_are(kind: str, km: float, french: str) -> None:
    town = USUAL.iloc[1].copy()
    town["kind"], town["nearest_antenna"], town["antenna_km"] = kind, "Alès", km
    assert _plain(findings.sheet_sentence(town, FR, near_km=30)).endswith(f"n’explique pas. {french}")
    assert "Alès office" in findings.sheet_sentence(town, EN, near_km=30)
    assert findings.sheet_sentence(town, FR).endswith("n’explique pas.")
    town["nearest_antenna"] = None
    assert findings.sheet_sentence(town, FR, near_km=30).endswith("n’explique pas.")
