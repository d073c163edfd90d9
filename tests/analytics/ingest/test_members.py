"""Reading the roster: cells, headers, places, faults, and files that are none."""

# ruff: noqa: DTZ001, S311 - a spreadsheet's moments have no time zone, and seeded draws are wanted

from __future__ import annotations

import io
import math
import random
import zipfile
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from analytics.errors import UserError
from analytics.ingest import _roster_cells as cells
from analytics.ingest._roster_columns import SYNONYMS, field_of
from analytics.ingest._roster_files import MAX_BLANK_RUN, MAX_ROWS
from analytics.ingest._roster_places import PlaceIndex
from analytics.ingest.geography import load_geography
from analytics.ingest.members import Fault, Roster, read_members
from analytics.ingest.names import fold
from analytics.settings import default_settings

TODAY = date(2026, 11, 24)
# Valid by their check digit; no firm of the tests stands for a real one.
SIRENS = tuple(stem + luhn.calc_check_digit(stem) for stem in (f"{n:08d}" for n in range(90_000_001, 90_000_041)))
OLD_SIREN = "0055201" + "3" + luhn.calc_check_digit("00552013")


def siret_of(siren: str, office: str = "0001") -> str:
    return siren + office + luhn.calc_check_digit(siren + office)


GEOGRAPHY: Any = SimpleNamespace(
    communes=pd.DataFrame(
        [
            ("31555", "Toulouse", "31"),
            ("31584", "Villemur-sur-Tarn", "31"),
            ("31582", "Villefranche-de-Lauragais", "31"),
            ("31483", "Saint-Gaudens", "31"),
            ("34172", "Montpellier", "34"),
            ("09122", "Foix", "09"),
            ("32160", "L'Isle-Jourdain", "32"),
            ("30350", "Le Vigan", "30"),
            ("46334", "Le Vigan", "46"),
            ("12218", "Conques-en-Rouergue", "12"),
        ],
        columns=["commune_code", "name", "department_code"],
    ),
    successors={"12076": "12218"},
)


def write_xlsx(folder: Path, *rows: tuple[object, ...], name: str = "adherents.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(folder / name)
    return folder / name


def write_csv(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "adherents.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path) -> Roster:
    return read_members(path, geography=GEOGRAPHY, today=TODAY)


def faults_of(roster: Roster) -> dict[str, tuple[int, ...]]:
    return {fault.key: fault.rows for fault in roster.faults}


class TestIdentifiers:
    @pytest.mark.parametrize(
        "cell",
        [
            "404833048",
            "404 833 048",
            "404.833.048",
            "404\u00a0833\u202f048",
            404833048,
            404833048.0,
            "404833048.0",
            "404833048,00",
            "4.04833048E8",
            "4,04833048E+08",
            "FR83404833048",
            "FR 83 404 833 048",
            "SIREN : 404 833 048",
            "404 833 048 RCS Toulouse",
            "RCS Toulouse 404 833 048",
            "40483304800022",
            40483304800022.0,
            "404 833 048 00022",
        ],
    )
    def test_every_writing_of_a_siren_is_read(self, cell: object) -> None:
        assert cells.parse_identifier(cell) == "404833048"

    @pytest.mark.parametrize("cell", [None, "", "  ", "-", "NC", "n/a", "néant", "\u00a0"])
    def test_a_cell_that_says_nothing_is_none(self, cell: object) -> None:
        assert cells.parse_identifier(cell) is None

    @pytest.mark.parametrize(
        ("cell", "kind"),
        [
            ("404833047", "invalid_siren"),
            ("1234", "invalid_siren"),
            ("000000000", "invalid_siren"),
            (0, "invalid_siren"),
            ("4,04833E+08", "invalid_siren"),
            ("4040833O48", "invalid_siren"),
            ("en cours", "invalid_siren"),
            ("4048330480", "invalid_siren"),
            ("40483304800023", "invalid_siret"),
            ("²²²²²²²²²", "invalid_siren"),
        ],
    )
    def test_what_is_no_identifier_is_a_fault(self, cell: object, kind: str) -> None:
        with pytest.raises(cells.UnreadableError) as caught:
            cells.parse_identifier(cell)
        assert caught.value.kind == kind

    def test_zeros_that_a_spreadsheet_took_come_back(self) -> None:
        assert cells.parse_identifier(int(OLD_SIREN)) == OLD_SIREN
        assert cells.parse_identifier(float(siret_of(OLD_SIREN))) == OLD_SIREN

    def test_la_poste_has_its_own_check(self) -> None:
        assert cells.parse_identifier("35600000049837") == "356000000"

    @given(st.integers(1_000_000, 99_999_999), st.sampled_from([" ", ".", "\u00a0", "\u202f", ""]))
    def test_round_trip(self, stem: int, separator: str) -> None:
        siren = f"{stem:08d}" + luhn.calc_check_digit(f"{stem:08d}")
        written = separator.join((siren[:3], siren[3:6], siren[6:]))
        assert cells.parse_identifier(written) == siren
        assert cells.parse_identifier(float(siren)) == siren


class TestDays:
    @pytest.mark.parametrize(
        "cell",
        [
            date(2019, 3, 12),
            datetime(2019, 3, 12, 9, 30),
            43536,
            43536.0,
            "43536",
            "12/03/2019",
            "12/03/19",
            "12-03-2019",
            "12.3.2019",
            "2019-03-12",
            "2019/03/12",
            "2019-03-12 00:00:00",
            "2019-03-12T00:00:00Z",
            "12 mars 2019",
            "12 Mars 2019",
            "mardi 12 mars 2019",
            "12 March 2019",
            "March 12, 2019",
            "20190312",
            20190312,
        ],
    )
    def test_every_writing_of_a_day_is_read(self, cell: object) -> None:
        assert cells.parse_day(cell, today=TODAY) == date(2019, 3, 12)

    @pytest.mark.parametrize(
        ("cell", "day"),
        [
            ("1er janvier 2020", date(2020, 1, 1)),
            ("03/2019", date(2019, 3, 1)),
            ("mars 2019", date(2019, 3, 1)),
            ("2019", date(2019, 1, 1)),
            (2019, date(2019, 1, 1)),
            ("août 2021", date(2021, 8, 1)),
            ("05/06/98", date(1998, 6, 5)),
            ("31 déc. 2020", date(2020, 12, 31)),
            ("-", None),
            (None, None),
        ],
    )
    def test_months_years_and_old_days(self, cell: object, day: date | None) -> None:
        assert cells.parse_day(cell, today=TODAY) == day

    @pytest.mark.parametrize(
        ("cell", "kind"),
        [
            ("31/02/2019", "invalid_date"),
            ("12/13/2019", "invalid_date"),
            ("bientôt", "invalid_date"),
            (12, "invalid_date"),
            ("25/11/2026", "future_date"),
            ("12/03/1899", "ancient_date"),
            (float("inf"), "invalid_date"),
            ("99999999", "invalid_date"),
        ],
    )
    def test_what_is_no_day_is_a_fault(self, cell: object, kind: str) -> None:
        with pytest.raises(cells.UnreadableError) as caught:
            cells.parse_day(cell, today=TODAY)
        assert caught.value.kind == kind

    @given(st.dates(date(1900, 3, 1), TODAY), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"]))
    def test_round_trip(self, day: date, pattern: str) -> None:
        assert cells.parse_day(day.strftime(pattern), today=TODAY) == day


class TestNumbers:
    @pytest.mark.parametrize(
        ("cell", "euros"),
        [
            ("1 250,00 €", 1250),
            ("1\u202f250,00\u00a0€", 1250),
            ("1.250,00", 1250),
            ("1,250.00", 1250),
            (1250, 1250),
            ("1250.5", 1250.5),
            ("1.250", 1250),
            ("1 250 EUR", 1250),
            ("€ 1250", 1250),
            ("1 250 € HT", 1250),
            ("1,2 k€", 1200),
            ("0", 0),
            ("12,5", 12.5),
            ("1.234.567,89", 1234567.89),
            ("-", None),
            (None, None),
            (float("nan"), None),
        ],
    )
    def test_amounts(self, cell: object, euros: float | None) -> None:
        assert cells.parse_euros(cell) == euros

    @pytest.mark.parametrize("cell", ["gratuit", "-150", "−150 €", -1, "1.2.3", "1,25,0", float("inf"), "150 $"])
    def test_what_is_no_amount_is_a_fault(self, cell: object) -> None:
        with pytest.raises(cells.UnreadableError, match="invalid_amount"):
            cells.parse_euros(cell)

    @pytest.mark.parametrize(
        ("cell", "jobs"),
        [
            ("12", 12),
            (12.0, 12),
            ("12,5 ETP", 12.5),
            ("1 250", 1250),
            ("10-19", math.sqrt(190)),
            ("10 à 19 salariés", math.sqrt(190)),
            ("entre 10 et 19", math.sqrt(190)),
            ("0-9", 3),
            ("50+", 50),
            ("plus de 250", 250),
            ("> 50", 50),
            ("moins de 10", 3),
            ("12 personnes", 12),
            ("environ 40", 40),
            ("0", 0),
            (None, None),
            ("?", None),
        ],
    )
    def test_jobs(self, cell: object, jobs: float | None) -> None:
        assert cells.parse_jobs(cell) == pytest.approx(jobs)

    @pytest.mark.parametrize("cell", ["beaucoup", -3, datetime(2026, 12, 10), "19-10"])
    def test_what_is_no_number_of_jobs_is_a_fault(self, cell: object) -> None:
        with pytest.raises(cells.UnreadableError, match="invalid_jobs"):
            cells.parse_jobs(cell)

    @given(st.decimals(0, 999_999_999, places=2))
    def test_round_trip(self, amount: Any) -> None:
        english = f"{amount:,.2f}"
        french = english.replace(",", "\u202f").replace(".", ",") + "\u00a0€"
        german = english.replace(",", "x").replace(".", ",").replace("x", ".")
        assert cells.parse_euros(english) == cells.parse_euros(french) == cells.parse_euros(german) == float(amount)


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=40),
        st.floats(),
        st.integers(),
        st.just(10**400),
        st.booleans(),
        st.datetimes(),
        st.times(),
        st.timedeltas(),
    )
)
def test_no_cell_makes_a_parser_crash(cell: object) -> None:
    for parse in (
        cells.parse_text,
        cells.parse_identifier,
        cells.parse_euros,
        cells.parse_jobs,
        lambda c: cells.parse_day(c, today=TODAY),
        lambda c: cells.parse_place(code=c, postal=c, town=c),
        lambda c: cells.parse_axes((c, c)),
    ):
        try:
            parse(cell)
        except cells.UnreadableError as fault:
            Fault((3, 4), f"members.{fault.kind}").message("fr")


class TestHeaders:
    @pytest.mark.parametrize(
        ("title", "field"),
        [
            ("Nom", "name"),
            ("Raison sociale", "name"),
            ("RAISON SOCIALE", "name"),
            ("Entreprise", "name"),
            ("Nom de l'entreprise", "name"),
            ("N° SIREN", "siren"),
            ("Siren", "siren"),
            ("n°siret", "siret"),
            ("Numéro SIRET du siège", "siret"),
            ("Ville", "commune_name"),
            ("Commune", "commune_name"),
            ("Code postal", "postal_code"),
            ("CP", "postal_code"),
            ("Code INSEE", "commune_code"),
            ("Date d'adhésion", "joined_on"),
            ("date_adhesion", "joined_on"),
            ("Date d’adhésion", "joined_on"),
            ("Adhérent depuis", "joined_on"),
            ("Date de sortie", "left_on"),
            ("Axes", "axes"),
            ("Axe 2", "axes"),
            ("Cotisation", "dues_eur"),
            ("Cotisation 2026 (€ HT)", "dues_eur"),
            ("Effectif", "jobs"),
            ("Effectif au 31/12", "jobs"),
            ("Nb de salariés", "jobs"),
            ("N° d'adhérent", "number"),
            ("Company name", "name"),
            ("Town", "commune_name"),
            ("Joined on", "joined_on"),
            ("Member number", "number"),
            ("joined_on", "joined_on"),
            ("dues_eur", "dues_eur"),
        ],
    )
    def test_titles_are_recognised_as_people_write_them(self, title: str, field: str) -> None:
        found = field_of(title)
        assert found is not None
        assert found[0] == field

    @pytest.mark.parametrize(
        "title", ["N°", "Nom du contact", "Prénom", "Dirigeant", "Téléphone", "Nom du dirigeant", "E-mail", "Remarques"]
    )
    def test_people_are_not_firms(self, title: str) -> None:
        assert field_of(title) is None

    def test_no_title_names_two_fields(self) -> None:
        titles = [title for names in SYNONYMS.values() for title in names]
        assert len(titles) == len(set(titles))


HEADER = ("Nom", "SIREN", "Ville", "Code postal", "Date d'adhésion", "Cotisation", "Effectif", "Axes")


class TestReading:
    def test_a_workbook_as_an_office_keeps_it(self, tmp_path: Path) -> None:
        path = write_xlsx(
            tmp_path,
            ("Liste des adhérents 2026",),
            (),
            (
                "Axes",
                "Raison sociale",
                "Prénom",
                "N° SIRET",
                "Commune",
                "CP",
                "Date d’adhésion",
                "Date de sortie",
                "Cotisation 2026 (€)",
            ),
            (
                "International ; Business & Croissance",
                "Alpha Nuage",
                "A",
                siret_of(SIRENS[0]),
                "TOULOUSE CEDEX 4",
                31000,
                datetime(2019, 3, 12),
                None,
                "1 250,00 €",
            ),
            (),
            (None, "Bêta Données", "B", float(siret_of(SIRENS[1])), "foix", "9000", "12 mars 2019", "31/12/2024", 300),
            ("TOTAL 2 adhérents", None, None, None, None, None, None, None, 1550),
        )
        roster = read(path)
        first, second = roster.members.to_dict("records")
        assert (first["name"], first["siren"], first["commune_code"]) == ("Alpha Nuage", SIRENS[0], "31555")
        assert first["joined_on"] == pd.Timestamp(2019, 3, 12)
        assert first["dues_eur"] == 1250
        assert first["axes"] == "International; Business & Croissance"
        assert (second["siren"], second["commune_code"], second["source_row"]) == (SIRENS[1], "09122", 6)
        assert second["left_on"] == pd.Timestamp(2024, 12, 31)
        assert roster.faults == ()
        assert roster.rows_left_out == {"blank": 1, "total": 1}
        assert roster.rows_read == 4
        assert roster.columns["siret"] == "N° SIRET"
        assert roster.ignored_columns == ("Prénom",)

    @pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_a_text_file_in_any_usual_writing(self, tmp_path: Path, delimiter: str, encoding: str) -> None:
        lines = [("Société", "Siren", "Ville"), ("Été Numérique", SIRENS[0], "Foix"), ("Gamma", "", "Montpellier")]
        path = write_csv(tmp_path, "\r\n".join(delimiter.join(line) for line in lines), encoding=encoding)
        roster = read(path)
        assert roster.members["name"].tolist() == ["Été Numérique", "Gamma"]
        assert roster.members["commune_code"].tolist() == ["09122", "34172"]
        assert roster.members["source_row"].tolist() == [2, 3]

    def test_the_line_that_spreadsheets_hide_is_not_counted(self, tmp_path: Path) -> None:
        roster = read(write_csv(tmp_path, "sep=;\nNom;Ville\nAlpha;Foix\n"))
        assert roster.members["source_row"].tolist() == [2]

    def test_everything_wrong_is_told_at_once_and_good_rows_stay(self, tmp_path: Path) -> None:
        path = write_xlsx(
            tmp_path,
            (*HEADER, "SIRET", "Sortie"),
            ("Alpha", SIRENS[0], "Toulouse", "31000", "12/03/2019", 100, 10, None),  # 2
            ("Bêta", "123456789", "Toulouse", "31000", "12/03/2030", "cher", "10-19", None),  # 3
            ("Gamma", None, "Le Vigan", None, "1/1/1850", None, datetime(2026, 12, 10), None),  # 4
            ("Delta", None, "Atlantide", "31000", "x", None, None, None),  # 5
            (None, None, "Toulouse", None, None, 50, None, None),  # 6
            ("ALPHA SARL", SIRENS[0], "Foix", None, None, None, None, None),  # 7
            ("Epsilon", SIRENS[1], "Foix", None, None, None, None, None, siret_of(SIRENS[2])),  # 8
            ("Dzeta", SIRENS[3], "Foix", None, "12/03/2019", None, None, None, "12345678901234", "1/1/2018"),  # 9
            ("Êta", "404833047", "Paris", "75001", None, "#N/A", None, None),  # 10
        )
        roster = read(path)
        assert faults_of(roster) == {
            "members.ambiguous_commune": (4,),
            "members.ancient_date": (4,),
            "members.cell_error": (10,),
            "members.duplicates": (7,),
            "members.future_date": (3,),
            "members.invalid_amount": (3,),
            "members.invalid_date": (5,),
            "members.invalid_jobs": (4,),
            "members.invalid_siren": (3, 10),
            "members.left_before_joined": (9,),
            "members.one_identifier_invalid": (9,),
            "members.siren_and_siret_differ": (8,),
            "members.unidentified": (6,),
            "members.unknown_commune": (5,),
        }
        assert roster.members["source_row"].tolist() == [2, 3, 4, 5, 8, 9, 10]
        assert roster.members["siren"].isna().tolist() == [False, True, True, True, True, False, True]
        assert roster.members["left_on"].isna().all()
        assert roster.rows_left_out == {"duplicate": 1, "unidentified": 1}
        assert roster.rows_read == 9

    def test_a_row_outside_the_region_is_no_fault(self, tmp_path: Path) -> None:
        roster = read(write_xlsx(tmp_path, HEADER, ("Alpha", None, "Paris", 75001), ("Bêta", None, "Foix", "33000")))
        assert roster.faults == ()
        assert roster.members["commune_code"].isna().all()

    def test_a_name_and_a_siren_of_one_member_are_one(self, tmp_path: Path) -> None:
        path = write_xlsx(
            tmp_path,
            ("Nom", "SIREN", "Ville", "Date de sortie"),
            ("Alpha", None, "Foix", None),  # the same as row 3, which has the SIREN
            ("ALPHA", SIRENS[0], "Foix", None),
            ("Bêta", SIRENS[1], "Foix", "31/12/2020"),  # left, and came back in row 5
            ("Bêta", SIRENS[1], "Foix", None),
            ("Gamma", SIRENS[2], "Foix", None),  # two firms of one name in one town stay two
            ("Gamma", SIRENS[3], "Foix", None),
        )
        roster = read(path)
        assert roster.members["source_row"].tolist() == [3, 5, 6, 7]
        assert faults_of(roster) == {"members.duplicates": (2, 4)}
        assert roster.faults[0].params == {"kept": [3, 5]}
        assert "lignes 2, 4" in roster.faults[0].message("fr")

    def test_totals_headers_again_and_firms_called_total(self, tmp_path: Path) -> None:
        path = write_xlsx(
            tmp_path,
            ("Nom", "SIREN", "Ville"),
            ("Alpha", SIRENS[0], "Foix"),
            ("Nom", "SIREN", "Ville"),
            ("Total", SIRENS[1], "Foix"),
            ("Totalinux", None, "Foix"),
            ("Sous-total", None, None),
            ("Total : 3 adhérents", None, None),
        )
        roster = read(path)
        assert roster.members["name"].tolist() == ["Alpha", "Total", "Totalinux"]
        assert roster.rows_left_out == {"repeated_header": 1, "total": 2}

    def test_the_sheet_with_a_header_is_read_and_the_others_are_told(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.append(["Lisez-moi", "et", "riez"])
        for title in ("Adhérents", "Archives"):
            sheet = book.create_sheet(title)
            sheet.append(["Nom", "Ville"])
            sheet.append(["Alpha", "Foix"])
        book.save(tmp_path / "a.xlsx")
        roster = read(tmp_path / "a.xlsx")
        assert roster.sheet == "Adhérents"
        assert [(f.key, f.params) for f in roster.faults] == [
            ("members.other_sheets", {"read": "Adhérents", "others": "Archives"})
        ]

    def test_firms_win_over_contacts(self, tmp_path: Path) -> None:
        roster = read(write_csv(tmp_path, "Nom;Prénom;Entreprise;Ville\nX;Y;Alpha;Foix\n"))
        assert roster.members["name"].tolist() == ["Alpha"]

    def test_a_list_of_sirens_is_a_roster(self, tmp_path: Path) -> None:
        roster = read(write_csv(tmp_path, f"SIREN\n{SIRENS[0]}\n"))
        assert roster.members["siren"].tolist() == [SIRENS[0]]
        assert roster.members["name"].isna().all()

    @pytest.mark.parametrize(
        ("town", "postal", "code"),
        [
            ("Toulouse 3e", None, "31555"),
            ("31000 Toulouse", None, "31555"),
            ("12 rue Basse, 31000 TOULOUSE CEDEX 9", None, "31555"),
            ("St Gaudens", None, "31483"),
            ("VILLEMUR S/ TARN", None, "31584"),
            ("Isle Jourdain", None, "32160"),
            ("Le Vigan (46)", None, "46334"),
            ("Vigan", "30120", "30350"),
            ("Villefranche", "31290", "31582"),
            ("Conques", "12320", "12218"),
            ("Foix", 9000, "09122"),
            ("Foix", "31000", "09122"),
        ],
    )
    def test_places(self, tmp_path: Path, town: str, postal: object, code: str) -> None:
        roster = read(write_xlsx(tmp_path, ("Nom", "Ville", "CP"), ("Alpha", town, postal)))
        assert roster.members["commune_code"].tolist() == [code]
        assert roster.faults == ()

    def test_commune_codes_today_and_before_a_merger(self, tmp_path: Path) -> None:
        rows = [("Alpha", 9122), ("Bêta", "12076"), ("Gamma", "75056"), ("Delta", "31999")]
        roster = read(write_xlsx(tmp_path, ("Nom", "Code commune"), *rows))
        assert roster.members["commune_code"].fillna("").tolist() == ["09122", "12218", "", ""]
        assert faults_of(roster) == {"members.unknown_commune": (5,)}

    def test_own_numbers_name_members_and_repeated_ones_do_not(self, tmp_path: Path) -> None:
        header = ("N° adhérent", "Nom", "SIREN")
        before = read(write_xlsx(tmp_path, header, (7, "Alpha", None), (8, "Bêta", None), (8, "Gamma", None)))
        after = read(write_xlsx(tmp_path, header, (8, "Delta", None), ("7", "Alpha renommée", SIRENS[0])))
        assert before.members["member_id"].is_unique
        assert before.members["member_id"][0] == after.members["member_id"][1]
        assert faults_of(before) == {"members.repeated_numbers": (3, 4)}

    def test_blank_rows_without_end_are_not_read_to_the_end(self, tmp_path: Path) -> None:
        path = write_csv(tmp_path, "Nom;Ville\nAlpha;Foix\n" + ";\n" * (MAX_BLANK_RUN + 5) + "Bêta;Foix\n")
        roster = read(path)
        assert len(roster.members) == 1
        assert [fault.key for fault in roster.faults] == ["members.blank_run"]
        assert str(MAX_BLANK_RUN + 2) in roster.faults[0].message("en")

    def test_long_lists_of_rows_are_cut_in_messages_only(self) -> None:
        fault = Fault(tuple(range(2, 32)), "members.invalid_siren")
        assert fault.message("en").startswith("30 rows have an invalid SIREN (rows 2, 3,")
        assert "21 and 10 others)" in fault.message("en")


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(8)))
def test_members_do_not_depend_on_the_order_of_rows(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    rows = [
        f"Alpha;{SIRENS[0]};Foix;;",
        "Alpha;;Foix;;",
        f"Bêta;{SIRENS[1]};Foix;31/12/2020;",
        f"Bêta;{SIRENS[1]};Foix;;",
        "Gamma;;Toulouse;;12",
        "Delta;;Nulle Part;;12",
        f";{SIRENS[2]};;;",
        "Epsilon;;;;14",
    ]
    folder = tmp_path_factory.mktemp("order")
    text = "\n".join(["Nom;SIREN;Ville;Sortie;N° adhérent", *(rows[i] for i in order)])
    kept = read(write_csv(folder, text)).members.drop(columns="source_row").sort_values("member_id", ignore_index=True)
    straight = read(write_csv(folder, "\n".join(["Nom;SIREN;Ville;Sortie;N° adhérent", *rows]))).members
    pd.testing.assert_frame_equal(kept, straight.drop(columns="source_row").sort_values("member_id", ignore_index=True))


class TestFilesThatAreNone:
    def key(self, path: Path) -> str:
        with pytest.raises(UserError) as caught:
            read(path)
        for language in ("fr", "en"):
            assert path.name in caught.value.message(language)
        return caught.value.key.removeprefix("members.")

    def test_absent_and_folder(self, tmp_path: Path) -> None:
        assert self.key(tmp_path / "no.xlsx") == "absent"
        assert self.key(tmp_path) == "absent"

    @pytest.mark.parametrize(
        ("content", "key"),
        [
            (b"", "empty_file"),
            (b" \n\n", "empty_file"),
            (b"PK\x03\x04 cut", "corrupt"),
            (b"\x89PNG\x00\x01", "not_a_table"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old_xls"),
            (b"\x81\x8d;x", "encoding"),
            (b"a;b\n1;2\n", "no_header"),
            (b'Nom;Ville\n"Alpha;Foix\n', "broken_quotes"),
            (b"Nom;Ville\n;Foix\n", "no_member"),
            (b"Nom;Ville\n", "no_member"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ],
    )
    def test_each_has_its_sentence(self, tmp_path: Path, content: bytes, key: str) -> None:
        path = tmp_path / "roster.xlsx"
        path.write_bytes(content)
        assert self.key(path) == key

    def test_another_kind_of_archive(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        assert self.key(tmp_path / "letter.docx") == "not_a_table"

    def test_a_bomb_is_not_unpacked(self, tmp_path: Path) -> None:
        path = write_xlsx(tmp_path, ("Nom", "Ville"), ("Alpha", "Foix"))
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            archive.open("xl/x.xml", "w") as part,
        ):
            for _ in range(260):
                part.write(bytes(2**20))
        assert self.key(path) == "too_large"

    def test_more_rows_than_any_roster(self, tmp_path: Path) -> None:
        assert self.key(write_csv(tmp_path, "Nom;Ville\n" + "A;B\n" * MAX_ROWS)) == "too_many_rows"

    @settings(max_examples=60, deadline=None)
    @given(seed=st.integers(0, 10_000), flips=st.integers(1, 40))
    def test_a_damaged_workbook_is_read_or_refused(
        self, tmp_path_factory: pytest.TempPathFactory, seed: int, flips: int
    ) -> None:
        book = openpyxl.Workbook()
        book.active.append(["Nom", "Ville", "Date d'adhésion"])
        book.active.append(["Alpha", "Foix", datetime(2020, 1, 1)])
        buffer = io.BytesIO()
        book.save(buffer)
        rng = random.Random(seed)
        # Damage inside the parts, not only to the archive: parts are stored again after the flips.
        damaged = io.BytesIO()
        with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(damaged, "w") as target:
            for part in source.infolist():
                content = bytearray(source.read(part))
                if rng.random() < 0.4:
                    for _ in range(flips):
                        content[rng.randrange(len(content))] = rng.choice(b"<>/\"'=0a9 ") if rng.random() < 0.8 else 0
                target.writestr(part.filename, bytes(content))
        path = tmp_path_factory.mktemp("damaged") / "a.xlsx"
        path.write_bytes(damaged.getvalue())
        try:
            read(path)
        except UserError as error:
            error.message("fr")

    @settings(max_examples=150, deadline=None)
    @given(
        content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: ("Nom;Ville\n" + t).encode()))
    )
    def test_garbage_gives_a_sentence_or_a_roster(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes
    ) -> None:
        path = tmp_path_factory.mktemp("garbage") / "a.csv"
        path.write_bytes(content)
        try:
            roster = read(path)
        except UserError as error:
            error.message("en")
        else:
            assert roster.rows_read == len(roster.members) + sum(roster.rows_left_out.values())


def test_every_commune_of_the_region_is_found_by_its_name_and_department() -> None:
    geography = load_geography(default_settings())
    places = PlaceIndex(geography)
    columns = ["commune_code", "name", "department_code"]
    wrong = [
        written
        for code, name, department in geography.communes[columns].itertuples(index=False)
        for written in (name, fold(name).upper(), name.replace("Saint-", "St "), f"{name} CEDEX 3")
        if places.find(cells.Place(None, f"{department}000", written)).commune_code != code
    ]
    assert wrong == []


def test_of_a_row_that_is_left_out_only_that_is_told(tmp_path: Path) -> None:
    """Rows 3 and 4 have a bad SIREN besides: one repeats row 2, the other has no name."""
    text = "Nom;SIREN;Ville;Effectif\nA;;Toulouse;\nA;123;Toulouse;beaucoup\n;123;;\nB;123;Toulouse;\nC;;;\n"
    roster = read(write_csv(tmp_path, text))
    assert roster.members["source_row"].tolist() == [2, 5, 6]
    assert faults_of(roster) == {
        "members.duplicates": (3,),
        "members.unidentified": (4,),
        "members.invalid_siren": (5,),
    }


def test_where_one_identifier_is_invalid_the_other_counts(tmp_path: Path) -> None:
    siren = "404833048"
    bad = "12345678900001"
    roster = read(write_csv(tmp_path, f"Nom;SIREN;SIRET\nA;123;{siret_of(siren)}\nB;123;{bad}\n"))
    assert roster.members["siren"].fillna("").tolist() == [siren, ""]
    assert faults_of(roster) == {
        "members.one_identifier_invalid": (2,),
        "members.invalid_siren": (3,),
        "members.invalid_siret": (3,),
    }


@pytest.mark.parametrize(("kept", "said"), [([2], "au profit de la ligne 2."), ([2, 9], "au profit des lignes 2, 9.")])
def test_the_rows_that_duplicates_gave_way_to(kept: list[int], said: str) -> None:
    assert Fault((3, 4), "members.duplicates", {"kept": kept}).message("fr").endswith(said)
