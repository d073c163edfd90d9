"""The findings that every output tells."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from analytics import tables
from analytics.errors import UserError
from analytics.export import provenance, story
from analytics.export.asked import Desk
from analytics.export.columns import columns, header, shown
from analytics.export.content import Section
from analytics.store import Snapshot
from analytics.text import LANGUAGES, translator
from analytics.view import View
from tests.analytics.small_snapshot import ALL, SETTINGS, TIC, SmallSnapshot

Ask = Any
VIEWS = [("", "fr"), ("department=48", "fr"), ("perimeter=core&employers=true", "en")]
NO_NUMBER = re.compile(r"\b(nan|inf)\b", re.IGNORECASE)


@pytest.mark.parametrize("query", ["size=0", "size=unknown", "department=48&segment=data", "level=antenna&town=Mende"])
def test_no_selection_tells_a_number_that_is_none(ask: Ask, query: str) -> None:
    for section in story.tell(ask(query)).sections:
        told = [section.title, section.message, section.short, section.alt]
        told += [text for f in section.figures for text in (f.label, f.value, f.beside, f.published)]
        assert not any(NO_NUMBER.search(text) for text in told), (section.key, told)


@pytest.mark.parametrize(("query", "language"), VIEWS)
def test_each_section_says_all_that_an_output_needs(ask: Ask, query: str, language: str) -> None:
    told = story.tell(ask(query, language))
    assert [section.key for section in told.sections] == list(story.KEYS)
    assert told.left_out == ()
    for section in told.sections:
        words = (section.title, section.message, section.alt, section.method, section.sources)
        assert all(words), section.key
        assert not any("{" in text or NO_NUMBER.search(text) for text in words), section.key
        assert 1 <= len(section.figures) <= 4
        assert set(section.columns) <= set(section.table.columns)
        assert len(section.table), section.key
        assert not set(section.table.columns) & {"siren", "siret", "member_id"}


def test_the_figures_are_those_of_the_tables(ask: Ask) -> None:
    asked = ask()
    totals = asked.table("region_totals").iloc[0]
    sector, cluster, reach = (_section(asked, key) for key in ("sector", "cluster", "reach"))
    assert [figure.value for figure in sector.figures] == ["18\u202f000", asked.t.number(totals["jobs_estimate"])]
    assert "publié près de 18\u202f000" in sector.figures[0].published
    assert cluster.figures[0].value == asked.t.percent(totals["job_penetration_pct"])
    network = asked.table("coverage").iloc[-1]
    assert reach.figures[0].value == asked.t.percent(100 * network["firms"] / totals["firms"])
    assert sector.table["firms"].sum() == totals["firms"]


def test_growth_is_that_of_the_published_rate(ask: Ask) -> None:
    growth = _section(ask(), "growth")
    assert growth.figures[0].value == "24\u202f190", "18,000 at 3 % over ten years"
    assert growth.short == "À 3\u202f% par an, les 18\u202f000 entreprises d’aujourd’hui seraient 24\u202f190 en 2036"
    assert growth.title.startswith(growth.short)


def test_what_is_next_repeats_the_figures_of_the_others(ask: Ask) -> None:
    asked = ask()
    first = [_section(asked, key).figures[0].value for key in ("plan", "offices", "towns")]
    assert [figure.value for figure in _section(asked, "next").figures] == first


def test_a_plan_of_less_than_one_recruit_is_no_step(ask: Ask) -> None:
    asked = ask("department=48")
    assert 0 < asked.table("membership_answer")["recruits_total"].iloc[0] < 1
    told = _section(asked, "next")
    assert [figure.label for figure in told.figures] == ["entreprises à rapprocher"]
    assert told.title == "Et maintenant\u202f: un pas"
    assert told.message == "Être à portée."


def test_without_a_roster_the_rest_is_told_and_what_is_not_says_why(ask: Ask, without_roster: Snapshot) -> None:
    asked = ask(of=without_roster)
    told = story.tell(asked)
    kept = [section.key for section in told.sections]
    assert kept == ["sector", "reach", "offices", "growth", "next"]
    assert story.tellable(asked, story.KEYS) == tuple(kept)
    assert {key for key, _ in told.left_out} == story.OF_MEMBERS
    assert all("annuaire des adhérents" in reason for _, reason in told.left_out)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_view_without_a_firm_is_refused_in_a_sentence(language: str) -> None:
    empty = SmallSnapshot(tic=TIC.head(0))
    asked = Desk(empty, SETTINGS, ALL, translator(language))
    with pytest.raises(UserError) as refused:
        story.tell(asked)
    assert refused.value.key == "export.nothing"
    assert refused.value.message(language)


def test_the_foot_says_sources_snapshot_view_and_demonstration(ask: Ask, snapshot: Snapshot) -> None:
    asked = ask("department=48", "en")
    foot = provenance.foot(asked)
    assert foot[0] == "Demonstration data"
    assert any("StockEtablissement.parquet" in line and "31 Oct 2026" in line for line in foot)
    assert any(snapshot.id in line for line in foot)
    assert foot[-1].endswith("http://127.0.0.1:8501/?department=48&lang=en")


def test_the_link_goes_to_the_public_address_where_one_is_set(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_PUBLIC_URL", "https://chiffres.example.org/")
    assert provenance.link(ask("department=48"), page="towns") == "https://chiffres.example.org/towns?department=48"


def test_the_link_opens_the_same_view_again(ask: Ask) -> None:
    asked = ask("department=48&segment=software&threshold=45")
    query = provenance.link(asked).split("?")[1]
    assert View.from_query(query, asked.settings) == asked.view


def test_cells_are_written_as_the_language_does() -> None:
    t = translator("fr")
    rows = pd.DataFrame({"area_name": ["Mende"], "firms": [1234], "firm_penetration_pct": [2.17], "eur": [1500.0]})
    kinds = columns(rows, ["area_name", "firms", "firm_penetration_pct"], t)
    assert [column.kind for column in kinds.values()] == ["text", "integer", "percent"]
    assert header("firm_penetration_pct", t) == "Part des entreprises"
    assert shown(1234.4, "integer", t) == "1\u202f234"
    assert shown(2.17, "percent", t) == "2,2\u202f%"
    assert shown(1500.0, "euro", t) == "1\u202f500\u202f€"
    assert shown(float("nan"), "integer", t) == shown(None, "text", t) == "–"
    assert shown(pd.Timestamp("2026-11-28"), "date", t) == "28 nov. 2026"
    assert shown(4.25, "decimal", t) == "4,2"


def test_a_table_is_computed_once(ask: Ask) -> None:
    asked = ask()
    assert asked.table("coverage") is asked.table("coverage")
    same = tables.coverage(asked.snapshot, asked.view, asked.settings)
    pd.testing.assert_frame_equal(asked.table("coverage"), same)


def _section(asked: Desk, key: Any) -> Section:
    (found,) = story.tell(asked, (key,)).sections
    return found
