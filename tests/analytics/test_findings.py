"""Sentences made from result tables: the usual case, one, none, all."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.text import findings, translator

FR, EN = translator("fr"), translator("en")
NNBSP = "\u202f"


def _totals(firms: int, members: int, jobs: float, member_jobs: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "firms": [firms],
            "members": [members],
            "jobs_estimate": [jobs],
            "member_jobs": [member_jobs],
            "firm_penetration_pct": [100 * members / firms if firms else float("nan")],
            "job_penetration_pct": [100 * member_jobs / jobs if jobs else float("nan")],
        }
    )


def _headline(totals: pd.DataFrame, *, scope: str | None = None, roster: bool = True, english: bool = False) -> str:
    text = findings.headline(
        totals, EN if english else FR, cluster="Digital 113", region="Occitanie", scope=scope, roster=roster
    )
    return text.replace(NNBSP, " ")


def test_the_headline_sets_both_shares_against_each_other() -> None:
    assert _headline(_totals(1000, 20, 5000, 1500)) == (
        "Digital 113 réunit 2,0 % des entreprises du numérique d’Occitanie, mais 30 % de leurs emplois"
    )
    assert " et 3,0 % de leurs emplois" in _headline(_totals(1000, 25, 5000, 150))
    assert _headline(_totals(1000, 20, 5000, 1500), english=True).startswith("Digital 113 gathers 2.0% of the")


def test_the_headline_names_what_is_selected() -> None:
    assert _headline(_totals(100, 5, 500, 50), scope="Lot").startswith("Lot : Digital 113 réunit")
    assert _headline(_totals(100, 5, 500, 50), scope="").startswith("Cette sélection : ")


@pytest.mark.parametrize(
    ("totals", "title", "reason"),
    [
        ((100, 10, 500, 300), "plus grands que le reste du secteur", "si différentes"),
        ((100, 10, 500, 50), "de la taille du secteur", "voisines"),
        ((100, 10, 500, 20), "plus petits", "si différentes"),
    ],
)
def test_shares_are_said_to_differ_where_they_do(
    totals: tuple[int, int, float, float], title: str, reason: str
) -> None:
    assert title in findings.shares_title(_totals(*totals), FR)
    assert reason in findings.shares_reason(_totals(*totals), FR)


def test_without_a_choice_no_selection_is_spoken_of() -> None:
    said = _headline(_totals(100, 0, 500, 0))
    assert said == "Aucun adhérent de Digital 113 n’est parmi les 100 entreprises du numérique d’Occitanie"


def test_the_headline_of_nothing() -> None:
    assert _headline(_totals(0, 0, 0, 0), scope="Lot") == "Aucune entreprise ne répond à cette sélection"
    assert "aucun adhérent de Digital 113 parmi les 100" in _headline(_totals(100, 0, 500, 0), scope="Lot")
    assert "aucun annuaire n’est chargé" in _headline(_totals(100, 0, 500, 0), roster=False)
    assert "compte 1 entreprise ;" in _headline(_totals(1, 0, 5, 0), roster=False)
    assert _headline(_totals(1, 0, 5, 0)).startswith("La seule entreprise du numérique d’Occitanie")


def test_why_the_shares_differ() -> None:
    assert findings.shares_reason(_totals(100, 10, 500, 300), FR).startswith("Un adhérent emploie en moyenne *30 pers")
    assert "*1,0 personne*" in findings.shares_reason(_totals(100, 10, 500, 10), FR)
    assert "*2,2*" in findings.shares_reason(_totals(100, 10, 500, 300), FR)
    assert "Toutes ces entreprises" in findings.shares_reason(_totals(10, 10, 500, 500), FR)
    assert "pas d’adhérent" in findings.shares_reason(_totals(10, 0, 500, 0), FR)


def _places(members: list[int], firms: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"epci_name": ["A", "B", "C", "D"][: len(members)], "members": members, "firms": firms})


def test_the_map_tells_where_half_of_the_members_are() -> None:
    assert findings.map_title(_places([6, 2, 2], [9, 9, 9]), EN) == "A holds 60% of the members"
    assert findings.map_title(_places([4, 3, 3], [9, 9, 9]), EN) == "A and B hold 70% of the members"
    assert findings.map_title(_places([0, 0], [3, 1]), EN) == "A holds 75% of the firms"
    assert findings.map_title(_places([0, 0], [0, 0]), EN) == "No firm to place on the map"


def _rates(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["area_name", "firms", "members", "verdict"])
    rate = 100 * table["members"] / table["firms"].where(table["firms"] > 0)
    return table.assign(
        firm_penetration_pct=rate, firm_penetration_low_pct=rate / 2, firm_penetration_high_pct=2 * rate
    )


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["under", "inconclusive", "inconclusive"], "A is clearly under the average"),
        (["over", "over", "inconclusive"], "B and A are clearly over the average"),
        (["under", "inconclusive", "over"], "C is clearly over the average; A is clearly under the average"),
        (["inconclusive"] * 3, "No department differs clearly from the average"),
    ],
)
def test_departments_that_differ_are_named(verdicts: list[str], said: str) -> None:
    table = _rates([(name, 100, n, v) for name, n, v in zip("ABC", (1, 2, 3), verdicts, strict=True)])
    assert findings.rates_title(table, EN, level="department") == said


def test_one_department_none_and_no_member() -> None:
    one = findings.rates_title(_rates([("Lot", 100, 4, "inconclusive")]), FR, level="department")
    assert one.replace(NNBSP, " ").startswith("Lot : 4,0 % des entreprises adhèrent, entre 2,0 % et 8,0 %")
    none = _rates([("Lot", 0, 0, "empty")])
    assert findings.rates_title(none, FR, level="department") == "Aucune entreprise à comparer"
    assert findings.rates_alt(none, FR, rate_pct=0) == "Aucune entreprise à comparer"
    bare = findings.rates_title(
        _rates([("Lot", 30, 0, "inconclusive"), ("Gers", 10, 0, "inconclusive")]), EN, level="segment"
    )
    assert bare == "Lot holds 75% of the firms; no member to compare"


def test_sizes_are_told_from_the_lowest_rate_to_the_highest() -> None:
    table = _rates([("small", 100, 1, "under"), ("middle", 100, 5, "inconclusive"), ("large", 100, 40, "over")])
    said = findings.rates_title(table, EN, level="size_class")
    assert said == "Membership goes from 1.0% (small) to 40% (large)"


def test_lists_end_with_and_or_with_how_many_more() -> None:
    assert findings.listed(["a"], FR) == "a"
    assert findings.listed(["a", "b", "c"], FR) == "a, b et c"
    assert findings.listed(["a", "b", "c", "d"], FR) == "a, b, c et 1 autre"
    assert findings.listed(["a", "b", "c", "d", "e"], EN) == "a, b, c and 2 others"


def test_days_have_the_precision_that_was_published() -> None:
    assert findings.published_on("2019", FR) == "2019"
    assert findings.published_on("2019-02", FR) == "févr. 2019"
    assert findings.published_on("2019-02-06", EN) == "6 Feb 2019"


def test_gaps_have_their_sign() -> None:
    assert findings.gap(0, FR) == "écart nul"
    assert findings.gap(0.04, FR) == findings.gap(-0.04, FR) == "écart presque nul"
    assert findings.gap(0.2, FR) == f"+0,2{NNBSP}%"
    assert findings.gap(-25, EN) == "\u221225%"


def test_french_places_elide() -> None:
    assert findings.of_place("Occitanie") == "d’Occitanie"
    assert findings.of_place("Île-de-France") == "d’Île-de-France"
    assert findings.of_place("Bretagne") == "de Bretagne"
