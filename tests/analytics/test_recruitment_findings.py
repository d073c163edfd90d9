"""What the page on recruitment says: the usual case, one, none; French and English."""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd
import pytest

from analytics.text import Translator, translator
from analytics.text import recruitment_findings as findings

FR, EN = translator("fr"), translator("en")
NNBSP = "\u202f"


class Plan(NamedTuple):
    visits: float
    recruits: float
    recruits_low: float
    recruits_high: float


YEAR = Plan(120, 9.6, 5, 15)


def _plain(text: str) -> str:
    assert not re.search(r"[^\u202f][:;?!%€](\s|$)", text), text
    assert "'" not in text
    return text.replace(NNBSP, " ")


def _headline(
    listed: int, t: Translator, *, plan: Plan | None = YEAR, scope: str | None = None, conversion_pct: float = 8
) -> str:
    return findings.headline(listed, t, scope=scope, plan=plan, conversion_pct=conversion_pct)


def test_the_headline_tells_visits_and_recruits_and_on_what_they_hang() -> None:
    assert _plain(_headline(1760, FR)) == (
        "120 entreprises à visiter en un an parmi 1 760, soit environ 10 adhésions si 8 % aboutissent"
    )
    assert _plain(_headline(500, FR, scope="Hérault")).startswith("Hérault : 120 entrepr")
    assert _plain(_headline(500, FR, scope="près de Mende")).startswith("Près de Mende : 120 entrepr")
    assert _headline(1760, EN, scope="Lot", conversion_pct=2.5) == (
        "Lot: 120 firms to visit in a year out of 1,760: about 10 recruits if 2.5% join"
    )


def test_the_headline_where_the_list_is_shorter_than_the_year() -> None:
    assert _plain(_headline(8, FR, plan=Plan(8, 0.64, 0, 2))) == (
        "8 entreprises à visiter, toute la liste, soit environ 1 adhésion si 8 % aboutissent"
    )
    assert _headline(1, EN, plan=Plan(1, 0.08, 0, 1)) == (
        "1 firm to visit, the only one on the list: less than one recruit if 8% join"
    )
    assert _plain(_headline(8, FR, plan=Plan(8, 0, 0, 0), conversion_pct=0)).endswith(
        "aucune adhésion si 0 % aboutissent"
    )


def test_the_headline_of_nothing() -> None:
    assert _headline(0, FR, plan=Plan(0, 0, 0, 0)) == "Aucune entreprise à visiter dans cette sélection"
    assert _plain(_headline(0, FR, scope="Lot")).startswith("Lot : aucune entreprise")
    assert _headline(9, EN, plan=None).startswith("Too few members to say which firms")
    assert _headline(9, EN, plan=Plan(0, 0, 0, 0)) == "9 firms to recruit, and no visit planned"


CELLS = pd.DataFrame(
    {
        "segment_name": ["Édition de logiciels", "Programmation", "Programmation", "Télécoms"],
        "size_class": ["10-49", "0", "1-9", "250+"],
        "expected_members": [20.0, 30.0, 2.0, 0.0],
        "members_missing": [11.6, 14.0, 1.0, float("nan")],
        "verdict": ["under", "inconclusive", "too_small", "empty"],
        "segment_verdict": ["inconclusive", "under", "under", "empty"],
    }
)


def test_the_white_space_names_what_chance_does_not_explain() -> None:
    # The cell that is under goes before one that misses more by chance.
    assert _plain(findings.white_space_title(CELLS, FR)) == (
        "Édition de logiciels, 10 à 49 salariés : il y manque 12 adhérents, plus qu’ailleurs"
    )
    by_segment = CELLS.assign(verdict="inconclusive")
    assert _plain(findings.white_space_title(by_segment, FR)) == (
        "Programmation : il y manque 15 adhérents, toutes tailles confondues"
    )
    assert findings.white_space_title(by_segment, EN) == "Programmation: 15 members missing, over all sizes"
    chance = CELLS.assign(verdict="inconclusive", segment_verdict="inconclusive")
    assert findings.white_space_title(chance, FR) == (
        "Aucune activité ni aucune taille ne manque nettement d’adhérents"
    )
    assert findings.white_space_title(CELLS.head(0), EN) == "No firm in this selection"
    nobody = CELLS.assign(expected_members=0.0, verdict="empty", segment_verdict="empty")
    assert _plain(findings.white_space_title(nobody, FR)) == "Aucun adhérent connu : rien ne dit où il en manque"


def test_the_upper_quartile_leaves_out_what_is_not_known() -> None:
    said = findings.upper_quartile_sentence(FR, members=93.2, jobs=2113.4, fees=162_345.0)
    assert _plain(said) == (
        "Porter chaque case au quartile supérieur de sa taille ajouterait 93 adhérents, 2 100 emplois et"
        " 160 000 € de cotisations."
    )
    assert findings.upper_quartile_sentence(EN, members=1, jobs=1) == (
        "Bringing every cell to the upper quartile of its size would add 1 member and 1 job."
    )
    assert findings.upper_quartile_sentence(EN, members=2, jobs=12, fees=float("nan")).endswith(
        "2 members and 12 jobs."
    )
    assert findings.upper_quartile_sentence(FR, members=0.2).startswith(
        "Aucune case n’est assez nettement sous le quartile"
    )


def test_the_steps() -> None:
    rows = [("ETI", "22", 30, 4), ("ETI", "31", 8, 1), ("GE", "51", 1, 0), (None, "12", 200, 9)]
    steps = pd.DataFrame(rows, columns=["step", "band", "firms", "members"])
    assert _plain(findings.thresholds_sentence(steps, FR)) == (
        "38 PME de 100 à 249 salariés sont au seuil des entreprises de taille intermédiaire ; 5 sont adhérentes"
    )
    assert findings.thresholds_sentence(steps, EN).endswith("at the step to mid-size firm (ETI); 5 are members")
    nobody = steps.assign(members=0).head(1)
    assert _plain(findings.thresholds_sentence(nobody, FR)).endswith(
        "100 à 199 salariés sont au seuil des entreprises de taille intermédiaire ; aucune n’est adhérente"
    )
    assert findings.thresholds_sentence(steps.head(0), EN) == "No PME stands at the step to mid-size firm (ETI)"


FIRM = {
    "size_label": "10 à 19",
    "segment_name": "Édition de logiciels",
    "age_years": 12.7,
    "category": "ETI",
    "antenna_km": 4.2,
    "nearest_antenna": "Toulouse",
    "local_penetration_pct": 4.13,
}
NAN = float("nan")


@pytest.mark.parametrize(
    ("code", "change", "french", "english"),
    [
        ("+size", {}, "10 à 19 emplois", "10 à 19 jobs"),
        ("+size", {"size_label": "Sans salarié"}, "sans salarié", "sans salarié"),
        ("-size", {"size_label": None}, "malgré : effectif non indiqué", "despite: headcount not given"),
        ("+segment", {}, "édition de logiciels", "édition de logiciels"),
        ("+segment", {"segment_name": "IT services"}, "IT services", "IT services"),
        ("+age", {}, "créée il y a 12 ans", "created 12 years ago"),
        ("-age", {"age_years": 1.9}, "malgré : créée il y a 1 an", "despite: created 1 year ago"),
        ("+age", {"age_years": 0.97}, "créée il y a moins d’un an", "created less than a year ago"),
        ("+age", {"age_years": NAN}, "date de création non indiquée", "date of creation not given"),
        ("+category", {}, "ETI", "mid-size firm"),
        ("-category", {"category": "PME"}, "malgré : PME", "despite: SME"),
        ("+category", {"category": NAN}, "catégorie non indiquée", "category not given"),
        ("+distance", {}, "à 4 km de l’antenne de Toulouse", "4 km from the Toulouse office"),
        ("-distance", {"nearest_antenna": "Alès", "antenna_km": 61.5}, "malgré : à 62 km de l’antenne d’Alès", None),
        (
            "+distance",
            {"nearest_antenna": "Le Vigan", "antenna_km": 0.97},
            "à moins de 1 km de l’antenne du Vigan",
            None,
        ),
        ("+distance", {"antenna_km": NAN}, "distance à l’antenne inconnue", "distance to the office unknown"),
        ("+local", {}, "4,1 % d’adhérents alentour", "4.1% members nearby"),
        ("+local", {"local_penetration_pct": 0.0}, "aucun adhérent alentour", None),
        ("+local", {"local_penetration_pct": 0.04}, "presque aucun adhérent alentour", None),
        ("+local", {"local_penetration_pct": NAN}, "aucune entreprise alentour", "no firm nearby"),
        (None, {}, "", ""),
        (NAN, {}, "", ""),
        ("", {}, "", ""),
    ],
)
def test_reasons_in_words(code: object, change: dict[str, object], french: str, english: str | None) -> None:
    firm = {**FIRM, **change}
    assert _plain(findings.reason(code, firm, FR)) == french
    if english is not None:
        assert findings.reason(code, firm, EN) == english


def test_an_unknown_reason_is_a_defect() -> None:
    for code in ("+luck", "size"):
        with pytest.raises(ValueError, match="unknown reason"):
            findings.reason(code, FIRM, FR)


def test_a_column_of_reasons_says_what_each_says() -> None:
    groups = ["size", "segment", "age", "category", "distance", "local"]
    codes = [*[f"{sign}{group}" for group in groups for sign in "+-"], None]
    rows = [
        {**FIRM, "age_years": age, "antenna_km": km, "local_penetration_pct": rate, "category": kind, "reason_1": code}
        for code in codes
        for age, km, rate, kind in [(0.5, 0.4, 0.0, "PME"), (1.0, 2.5, 0.04, None), (NAN, NAN, NAN, "GE")]
    ]
    table = pd.DataFrame(rows).sample(frac=1, random_state=1)
    for t in (FR, EN):
        said = findings.reasons(table, "reason_1", t)
        assert said.index.equals(table.index)
        assert said.tolist() == [findings.reason(firm["reason_1"], firm, t) for firm in table.to_dict("records")]
    nullable = table.astype({"antenna_km": "Float64", "nearest_antenna": "category"})
    assert findings.reasons(nullable, "reason_1", EN).tolist() == said.tolist()
    assert findings.reasons(table.head(0), "reason_1", FR).empty


def test_the_planner() -> None:
    said = findings.planner_sentence(YEAR, FR, visits_per_month=10, conversion_pct=8)
    assert _plain(said) == "10 visites par mois à 8 % : 9,6 adhésions par an, de 5 à 15"
    said = findings.planner_sentence(YEAR, EN, visits_per_month=10, conversion_pct=8, jobs=120.4, fees=9_040)
    assert said == "10 visits a month at 8%: 9.6 recruits a year, 5 to 15; with them, 120 jobs and €9,000 of dues"
    said = findings.planner_sentence(Plan(12, 1.5, 0, 4), FR, visits_per_month=1, conversion_pct=12.5, jobs=None)
    assert _plain(said) == "1 visite par mois à 12,5 % : 1,5 adhésion par an, de 0 à 4"


def test_the_list_runs_out() -> None:
    assert _plain(findings.exhausted_sentence(38, FR, visits_per_month=10)) == (
        "La liste n’a que 38 entreprises : elle sera épuisée en 4 mois."
    )
    assert findings.exhausted_sentence(1, EN, visits_per_month=10).endswith("exhausted in 1 month.")
    assert findings.exhausted_sentence(120, FR, visits_per_month=10) == ""
    assert findings.exhausted_sentence(5, FR, visits_per_month=0) == ""
    assert findings.exhausted_sentence(0, EN, visits_per_month=10).startswith("The list is empty")


def test_the_quality_of_the_model_in_plain_words() -> None:
    good = {"auc": 0.8412, "brier": 0.0189, "brier_base": 0.0212, "members": 363}
    said = _plain(findings.quality_sentence(good, FR))
    assert said == (
        "Le modèle a appris de 363 adhérents, et il est jugé sur des entreprises qu’il n’a pas vues. "
        "Sur deux entreprises tirées au hasard, une adhérente et une qui ne l’est pas, il place l’adhérente devant "
        "84 fois sur 100 (AUC 0,84). Ses scores se trompent de 11 % de moins que le même taux donné à toutes "
        "(score de Brier 0,019 contre 0,021)."
    )
    poor = {"auc": 0.52, "brier": 0.0213, "brier_base": 0.0212, "members": 31}
    said = findings.quality_sentence(poor, EN)
    assert "52 times out of 100" in said
    assert "hardly better than tossing a coin" in said
    assert "err no less than one rate" in said


def test_what_a_score_is_not_and_why_there_is_none() -> None:
    assert "non la probabilité" in _plain(findings.resemblance_sentence(FR))
    assert "not the probability" in findings.resemblance_sentence(EN)

    def why(members: int, others: int, t: Translator = EN) -> str:
        return findings.no_model_sentence(t, members=members, others=others)

    assert _plain(why(12, 500, FR)).startswith("12 adhérents seulement sont rapprochés")
    assert why(1, 500).startswith("Only 1 member is matched with its firm, and it takes 30")
    assert why(0, 500).startswith("No member is matched")
    assert _plain(why(180, 0, FR)).startswith("Toutes les entreprises du périmètre sont déjà adhérentes")
    assert why(180, 3).startswith("Only 3 firms are left that are no members")
    assert findings.headline(0, FR, scope=None, plan=None, conversion_pct=8, others=0) == (
        "Toutes les entreprises sont adhérentes\u202f: personne à recruter"
    )


@pytest.mark.parametrize(
    ("pace", "french", "english"),
    [
        (10.0, "10 visites par mois", "10 visits a month"),
        (2.5, "2,5 visites par mois", "2.5 visits a month"),
        (1.5, "1,5 visite par mois", "1.5 visits a month"),
        (1.0, "1 visite par mois", "1 visit a month"),
        (0.4, "0,4 visite par mois", "0.4 visits a month"),
    ],
)
def test_the_pace_is_said_as_it_is_set(pace: float, french: str, english: str) -> None:
    for t, said in ((FR, french), (EN, english)):
        sentence = findings.planner_sentence(YEAR, t, visits_per_month=pace, conversion_pct=8).replace(NNBSP, " ")
        assert sentence.startswith(f"{said} at 8%" if t is EN else f"{said} à 8 %")
