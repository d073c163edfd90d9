"""What the page on recruitment says: the usual case, one, none; French and English."""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd
import pytest

from analytics.text import recruitment_findings as findings
from analytics.text import translator

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


def test_the_headline_tells_visits_and_recruits() -> None:
    assert _plain(findings.headline(1760, FR, scope=None, plan=YEAR)) == (
        "120 entreprises à visiter en un an parmi 1 760, pour environ 10 adhésions attendues"
    )
    assert _plain(findings.headline(500, FR, scope="Hérault", plan=YEAR)).startswith("Hérault : 120 entrepr")
    assert findings.headline(1760, EN, scope="Lot", plan=YEAR) == (
        "Lot: 120 firms to visit in a year out of 1,760, for about 10 expected recruits"
    )


def test_the_headline_where_the_list_is_shorter_than_the_year() -> None:
    assert _plain(findings.headline(8, FR, scope=None, plan=Plan(8, 0.64, 0, 2))) == (
        "8 entreprises à visiter, toute la liste, pour environ 1 adhésion attendue"
    )
    assert findings.headline(1, EN, scope=None, plan=Plan(1, 0.08, 0, 1)) == (
        "1 firm to visit, the only one on the list, for less than one expected recruit"
    )
    assert findings.headline(8, FR, scope=None, plan=Plan(8, 0, 0, 0)).endswith("aucune adhésion attendue")


def test_the_headline_of_nothing() -> None:
    assert findings.headline(0, FR, scope=None, plan=Plan(0, 0, 0, 0)) == (
        "Aucune entreprise à visiter dans cette sélection"
    )
    assert _plain(findings.headline(0, FR, scope="Lot", plan=YEAR)).startswith("Lot : aucune entreprise")
    assert findings.headline(9, EN, scope=None, plan=None).startswith("Too few members to say which firms")
    assert findings.headline(9, EN, scope=None, plan=Plan(0, 0, 0, 0)) == ("9 firms to recruit, and no visit planned")


CELLS = pd.DataFrame(
    {
        "segment_name": ["Édition de logiciels", "Programmation", "Télécoms"],
        "size_class": ["10-49", "0", "250+"],
        "members_missing": [11.6, 14.0, float("nan")],
    }
)


def test_the_white_space_names_the_emptiest_cell() -> None:
    assert _plain(findings.white_space_title(CELLS, FR)) == (
        "Programmation, sans salarié : il y manque 14 adhérents, plus qu’ailleurs"
    )
    sure = CELLS.assign(verdict=["under", "inconclusive", "empty"])
    assert findings.white_space_title(sure, EN) == (
        "Édition de logiciels, 10 to 49 employees: 12 members missing, more than elsewhere"
    )
    full = CELLS.assign(members_missing=[-1.0, 0.2, 0.0])
    assert findings.white_space_title(full, FR) == "Il ne manque d’adhérents dans aucune activité ni aucune taille"
    assert findings.white_space_title(CELLS.head(0), EN) == "No activity and no size lacks members"


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
    assert findings.upper_quartile_sentence(FR, members=0.2).startswith("Aucune case n’est sous le quartile")


def test_the_steps() -> None:
    rows = [("ETI", "100-199", 30, 4), ("ETI", "200-249", 8, 1), ("GE", "2000-4999", 1, 0), ("GE", "1000-1999", 0, 0)]
    steps = pd.DataFrame(rows, columns=["step", "band", "firms", "members"])
    assert _plain(findings.thresholds_sentence(steps, FR)) == (
        "38 PME de 100 à 249 salariés sont au seuil des entreprises de taille intermédiaire ; 5 sont adhérentes"
    )
    assert _plain(findings.thresholds_sentence(steps, FR, step="GE")) == (
        "1 ETI de 1 000 à 4 999 salariés est au seuil des grandes entreprises ; aucune n’est adhérente"
    )
    coded = steps.assign(band=["22", "31", "2\u202f000 à 4\u202f999", "1,000 to 1,999"])
    for step in ("ETI", "GE"):
        said = findings.thresholds_sentence(steps, FR, step=step)
        assert findings.thresholds_sentence(coded, FR, step=step) == said
    assert findings.thresholds_sentence(steps, EN).endswith("at the step to mid-size firm (ETI); 5 are members")
    assert findings.thresholds_sentence(steps.head(0), EN) == "No PME stands at the step to mid-size firm (ETI)"
    assert findings.thresholds_sentence(steps.head(0), FR, step="GE") == (
        "Aucune ETI n’est au seuil des grandes entreprises"
    )


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
    assert said == "10 visits a month at 8%: 9.6 recruits a year, 5 to 15; with them, 120 jobs and €9,000 of fees"
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
    assert _plain(findings.few_members_sentence(12, FR)).startswith("12 adhérents seulement sont rapprochés")
    assert findings.few_members_sentence(1, EN).startswith("Only 1 member is matched with its firm, and it takes 30")
    assert findings.few_members_sentence(0, EN).startswith("No member is matched")
