"""Which firm a member is: rules one by one, doubles, decisions, and the measured quality."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from analytics.contracts import CANDIDATES, MEMBERS, ROSTER
from analytics.matching import REASONS, Matches, match_members, normalise_name
from analytics.text import LANGUAGES, translator
from analytics.text.roster_findings import OUTCOMES

TOWNS = pd.DataFrame({"commune_code": ["31555", "34172", "09122"]})
TOULOUSE, MONTPELLIER, FOIX = TOWNS["commune_code"]
_NAMES: tuple[tuple[str | None, str], ...] = (
    ("NOVALIX CONSEIL", TOULOUSE),  # 0
    ("ZERION", TOULOUSE),  # 1
    ("ZERION", MONTPELLIER),  # 2
    ("KALDORIA SYSTEMES", FOIX),  # 3
    ("KALDORIA SYSTEMES", FOIX),  # 4
    (None, FOIX),  # 5, withheld
    ("PHI31", TOULOUSE),  # 6
    ("DIGITAL CONSEIL", MONTPELLIER),  # 7
    ("MARDOVELIA INGENIERIE", MONTPELLIER),  # 8
)


def siren(n: int) -> str:
    stem = f"{80_000_000 + n:08d}"
    return stem + luhn.calc_check_digit(stem)


FIRMS = pd.DataFrame(
    {
        "siren": [siren(n) for n in range(len(_NAMES))],
        "name": [name for name, _ in _NAMES],
        "commune_code": [town for _, town in _NAMES],
        "is_partially_diffusible": [name is None for name, _ in _NAMES],
    }
)
OUTSIDE = pd.DataFrame({"siren": [siren(50)], "commune_code": ["75056"], "is_partially_diffusible": [True]})


def roster_of(*members: tuple[str | None, str | None, str | None]) -> pd.DataFrame:
    """Return a roster of (name, siren, commune_code)."""
    return ROSTER.enforce(
        pd.DataFrame(members, columns=["name", "siren", "commune_code"]).assign(
            member_id=[f"M-{n}" for n in range(len(members))],
            joined_on=pd.NaT,
            left_on=pd.NaT,
            axes=None,
            dues_eur=float("nan"),
            jobs=float("nan"),
            source_row=range(len(members)),
        )
    )


def match(
    *members: tuple[str | None, str | None, str | None],
    decisions: Mapping[str, str | None] | None = None,
    aliases: pd.DataFrame | None = None,
) -> Matches:
    return match_members(
        roster_of(*members),
        firms=FIRMS,
        in_perimeter=frozenset(FIRMS["siren"][:8]),
        outside=OUTSIDE,
        communes=TOWNS,
        decisions=decisions or {},
        aliases=aliases,
    )


def outcome(name: str | None, town: str | None = None) -> tuple[str, str | None, list[str]]:
    matches = match((name, None, town))
    member = matches.members.iloc[0]
    found = member["siren"] if isinstance(member["siren"], str) else None
    return member["match_decision"], found, matches.candidates["reason"].tolist()


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("S.A.R.L. L'Éléphant & Fils (EF)", "elephant fils"),
        ("NOVALIX SAS", "novalix"),
        ("Société Novalix", "novalix"),
        ("Groupe NOVALIX", "novalix"),
        ("S A R L Novalix", "novalix"),
        ("Cœur de Données", "coeur donnees"),
        ("SA", "sa"),
        ("!!!", ""),
    ],
)
def test_what_tells_a_firm_from_another(name: str, core: str) -> None:
    assert normalise_name(name) == core


class TestBySiren:
    def test_the_register_gives_the_town_and_the_perimeter(self) -> None:
        members = match(
            (None, siren(3), TOULOUSE), ("X", siren(8), None), ("Y", siren(50), None), ("Z", siren(60), FOIX)
        ).members
        assert (members["match_method"] == "siren").all()
        # The third is in the register outside of the region, the last nowhere in it: it keeps its SIREN and its town.
        assert members["match_decision"].tolist() == [*["matched"] * 3, "not_in_register"]
        assert members["siren"].tolist() == [siren(n) for n in (3, 8, 50, 60)]
        assert members["commune_code"].tolist() == [FOIX, MONTPELLIER, "75056", FOIX]
        assert members["is_in_perimeter"].tolist() == [True, False, False, False]
        assert members["is_partially_diffusible"].tolist() == [False, False, True, False]

    def test_a_withheld_firm_is_matched_by_its_siren(self) -> None:
        members = match((None, siren(5), None)).members
        assert members["is_partially_diffusible"].tolist() == [True]
        assert members["is_in_perimeter"].tolist() == [True]


class TestByName:
    @pytest.mark.parametrize(
        ("name", "town", "firm"),
        [
            ("Novalix Conseil SAS", TOULOUSE, 0),
            ("Conseil Novalix", TOULOUSE, 0),
            ("Nova-lix Conseil", TOULOUSE, 0),
            ("Novalix Consiel", TOULOUSE, 0),
            ("Novalix", TOULOUSE, 0),
            ("Groupe Zérion", TOULOUSE, 1),
            ("zerion", MONTPELLIER, 2),
            ("Mardovelia Ingénierie", FOIX, 8),
        ],
    )
    def test_matched(self, name: str, town: str, firm: int) -> None:
        assert outcome(name, town) == ("matched", siren(firm), [])

    @pytest.mark.parametrize(
        ("name", "town", "reasons"),
        [
            ("Zerion", FOIX, ["homonyms", "homonyms"]),
            ("Kaldoria Systèmes", FOIX, ["homonyms", "homonyms"]),
            ("Mardovelia Ingenierie", None, ["name_only"]),
            ("Digital Conseil", FOIX, ["same_name_other_town"]),
            ("Mardovelia Inginierie", FOIX, ["close_name_other_town"]),
            ("Phi34", TOULOUSE, ["close_name_same_town"]),
        ],
    )
    def test_to_review_with_a_reason(self, name: str, town: str | None, reasons: list[str]) -> None:
        assert outcome(name, town) == ("to_review", None, reasons)

    @pytest.mark.parametrize("name", ["Tout Autre Chose", "!!!", "", None])
    def test_not_found(self, name: str | None) -> None:
        assert outcome(name or None, TOULOUSE) == ("not_found", None, [])

    def test_a_town_outside_the_region_counts_as_unknown(self) -> None:
        assert outcome("Mardovelia Ingenierie", "75056")[0] == "to_review"

    def test_nothing_is_found_in_an_empty_register(self) -> None:
        matches = match_members(
            roster_of(("Novalix", None, FOIX)),
            firms=FIRMS.iloc[:0],
            in_perimeter=frozenset(),
            outside=OUTSIDE.iloc[:0],
            communes=TOWNS,
            decisions={},
        )
        assert matches.members["match_decision"].tolist() == ["not_found"]
        assert matches.candidates.empty

    def test_a_trade_name_is_a_name_and_that_of_a_withheld_firm_is_none(self) -> None:
        aliases = pd.DataFrame({"siren": [siren(3), siren(5)], "alias": ["BLEU OURAGAN", "VERT PRINTEMPS"]})
        matches = match(("Bleu Ouragan", None, FOIX), ("Vert Printemps", None, FOIX), aliases=aliases)
        assert matches.members["match_decision"].tolist() == ["matched", "not_found"]
        assert matches.members["siren"].fillna("").tolist() == [siren(3), ""]

    def test_candidates_are_shown_under_the_name_of_the_register(self) -> None:
        aliases = pd.DataFrame({"siren": [siren(8)], "alias": ["BLEU OURAGAN"]})
        matches = match(("Bleu Ouragan", None, None), aliases=aliases)
        assert matches.candidates["name"].tolist() == ["MARDOVELIA INGENIERIE"]


class TestDoubles:
    def test_a_firm_that_a_siren_has_is_not_matched_by_name(self) -> None:
        matches = match(("Novalix Conseil", None, TOULOUSE), ("Autre nom", siren(0), TOULOUSE))
        assert matches.members["match_decision"].tolist() == ["to_review", "matched"]
        assert matches.candidates["reason"].tolist() == ["already_matched"]

    def test_of_two_the_better_name_has_it(self) -> None:
        matches = match(("Novalix Consiel", None, TOULOUSE), ("Novalix Conseil", None, TOULOUSE))
        assert matches.members["match_decision"].tolist() == ["to_review", "matched"]
        assert matches.candidates["member_id"].tolist() == ["M-0"]


class TestDecisions:
    def test_they_stand_before_names_and_even_for_a_firm_that_is_gone(self) -> None:
        decisions = {"M-0": siren(2), "M-1": None, "M-2": siren(77)}
        matches = match(
            ("Zerion", None, FOIX), ("Novalix Conseil", None, TOULOUSE), ("Partie", None, FOIX), decisions=decisions
        )
        members = matches.members
        assert members["match_method"].tolist() == ["decision"] * 3
        assert members["match_decision"].tolist() == ["matched", "not_found", "not_in_register"]
        assert members["siren"].fillna("").tolist() == [siren(2), "", siren(77)]
        assert members["commune_code"].tolist() == [MONTPELLIER, TOULOUSE, FOIX]
        assert members["is_in_perimeter"].tolist() == [True, False, False]
        assert matches.candidates.empty

    def test_what_people_decided_is_not_matched_to_another(self) -> None:
        matches = match(("Novalix Conseil", None, TOULOUSE), ("Tout autre", None, FOIX), decisions={"M-1": siren(0)})
        assert matches.members["match_decision"].tolist() == ["to_review", "matched"]


_WORDS = st.sampled_from(
    ["novalix", "zerion", "zerian", "conseil", "digital", "kaldoria", "systemes", "phi31", "sarl", "!"]
)
_MEMBERS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.lists(_WORDS, min_size=1, max_size=3).map(" ".join)),
        st.none(),
        st.sampled_from([None, TOULOUSE, MONTPELLIER, FOIX]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=20, deadline=None)
@given(members=_MEMBERS, data=st.data())
def test_no_order_matters_and_the_contracts_hold(
    members: list[tuple[str | None, str | None, str | None]], data: st.DataObject
) -> None:
    roster = roster_of(*members)
    shuffled = roster.iloc[data.draw(st.permutations(range(len(roster))))]
    firms = FIRMS.iloc[data.draw(st.permutations(range(len(FIRMS))))]
    before_roster, before_firms = shuffled.copy(), firms.copy()
    common = {"in_perimeter": frozenset(FIRMS["siren"]), "outside": OUTSIDE, "communes": TOWNS, "decisions": {}}
    straight = match_members(roster, firms=FIRMS, **common)
    other = match_members(shuffled, firms=firms, **common)
    pd.testing.assert_frame_equal(
        straight.members, other.members.sort_values("source_row", ignore_index=True), check_dtype=True
    )
    pd.testing.assert_frame_equal(straight.candidates, other.candidates)
    pd.testing.assert_frame_equal(shuffled, before_roster)
    pd.testing.assert_frame_equal(firms, before_firms)
    MEMBERS.enforce(straight.members)
    CANDIDATES.enforce(straight.candidates)
    assert straight.members["siren"].dropna().is_unique
    assert siren(5) not in set(straight.candidates["siren"])
    assert set(straight.candidates["reason"]) <= set(REASONS)
    assert (straight.candidates["rank"] <= 5).all()
    reviewed = set(straight.members.loc[straight.members["match_decision"] == "to_review", "member_id"])
    assert reviewed == set(straight.candidates["member_id"])


def test_every_reason_and_outcome_has_its_words() -> None:
    for language in LANGUAGES:
        t = translator(language)
        for key in (
            *(f"reason.{reason}" for reason in REASONS),
            *OUTCOMES,
            *(f"count_{outcome}" for outcome in OUTCOMES),
        ):
            assert t(f"matching.{key}")


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks/bench_matching.py"
    spec = importlib.util.spec_from_file_location("bench_matching", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_matching"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def corpus(bench: ModuleType) -> Any:
    return bench.make_corpus()


class TestQuality:
    """On 1,000 perturbed names and 200 strangers over 18,000 firms (``bench_matching``)."""

    def test_with_the_register_s_trade_names(self, bench: ModuleType, corpus: Any) -> None:
        figures, _ = bench.measure(corpus, bench.run(corpus, with_trade_names=True))
        assert len(corpus.firms) == 18_000
        assert figures["precision"] >= 0.99
        assert figures["recall"] >= 0.90
        assert figures["matched or among candidates"] >= 0.98

    def test_without_them_what_cannot_be_told_is_not_guessed(self, bench: ModuleType, corpus: Any) -> None:
        figures, _ = bench.measure(corpus, bench.run(corpus, with_trade_names=False))
        assert figures["precision"] >= 0.99
        # Six members in a hundred go by a trade name that shares nothing with the legal name.
        assert figures["recall"] >= 0.86
