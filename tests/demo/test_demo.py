"""The demo keeps what it promises: counted on its raw files, apart from the code that reads them in a build."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from rapidfuzz import fuzz, process
from stdnum.fr import siren, siret

from analytics.ingest.firms import normalise_firms
from analytics.ingest.geography import load_geography
from analytics.ingest.register import read_establishments
from analytics.settings import DEMO_DIR, REFERENCE_DIR, default_settings
from analytics.sizes import SIZE_CLASSES
from data.demo import make_demo
from data.demo.places import load_places
from data.demo.roster import write_roster
from tests.demo import planted

DEPARTMENTS = ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82")
TIC = (
    *("26.11Z", "26.12Z", "26.20Z", "26.30Z", "26.40Z", "26.80Z", "46.51Z", "46.52Z", "58.21Z"),
    *("58.29A", "58.29B", "58.29C", "61.10Z", "61.20Z", "61.30Z", "61.90Z", "62.01Z", "62.02A"),
    *("62.02B", "62.03Z", "62.09Z", "63.11Z", "63.12Z", "95.11Z", "95.12Z"),
)
TIC_2025 = (
    *("26.11", "26.12", "26.20", "26.30", "26.40", "46.50", "58.21Y", "58.29Y", "61.10Y"),
    *("61.20Y", "61.90Y", "62.10Y", "62.20G", "62.20H", "62.90Y", "63.10Y", "63.91Y", "95.10"),
)
BOUNDS = {
    "01": (1, 2),
    "02": (3, 5),
    "03": (6, 9),
    "11": (10, 19),
    "12": (20, 49),
    "21": (50, 99),
    "22": (100, 199),
    "31": (200, 249),
    "32": (250, 499),
    "41": (500, 999),
    "42": (1_000, 1_999),
}
NAMES = (
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
    "prenom1UniteLegale",
    "prenomUsuelUniteLegale",
    "pseudonymeUniteLegale",
    "sigleUniteLegale",
)


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    return pd.read_parquet(DEMO_DIR / "StockEtablissement.parquet")


@pytest.fixture(scope="module")
def legal_units() -> pd.DataFrame:
    return pd.read_parquet(DEMO_DIR / "StockUniteLegale.parquet")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return json.loads((DEMO_DIR / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tic(register: pd.DataFrame) -> pd.DataFrame:
    """Establishments of the region, open or closed, of the default perimeter, with their jobs and first code."""
    code, newer = register["activitePrincipaleEtablissement"], register["activitePrincipaleNAF25Etablissement"]
    older = (register["nomenclatureActivitePrincipaleEtablissement"] == "NAFRev2") & code.isin(TIC)
    only_newer = code.isna() & newer.str.startswith(tuple(TIC_2025), na=False)
    here = register["codeCommuneEtablissement"].str[:2].isin(DEPARTMENTS)
    found = register[here & (older | only_newer)]
    estimate = found["trancheEffectifsEtablissement"].map({c: math.sqrt(a * b) for c, (a, b) in BOUNDS.items()})
    by_flag = (found["caractereEmployeurEtablissement"] == "O") * math.sqrt(2)
    return found.assign(jobs=estimate.fillna(by_flag))


@pytest.fixture(scope="module")
def open_tic(tic: pd.DataFrame) -> pd.DataFrame:
    return tic[tic["etatAdministratifEtablissement"] == "A"]


@pytest.fixture(scope="module")
def roster() -> pd.DataFrame:
    """Rows of the workbook below its header, by row number."""
    sheet = openpyxl.load_workbook(DEMO_DIR / "members.xlsx").active
    rows = list(sheet.iter_rows(values_only=True))
    header = next(i for i, row in enumerate(rows) if "N° SIREN" in row)
    table = pd.DataFrame(rows[header + 1 :], columns=rows[header], dtype=object)
    return table.set_axis(range(header + 2, len(rows) + 1)).dropna(how="all")


def test_files_are_insees_columns_as_text(register: pd.DataFrame, legal_units: pd.DataFrame) -> None:
    assert register.shape == (41_981, 54)
    assert legal_units.shape[1] == 35
    assert list(register.columns[:3]) == ["siren", "nic", "siret"]
    assert register.columns[-1] == "activitePrincipaleNAF25Etablissement"
    assert legal_units.columns[-1] == "activitePrincipaleNAF25UniteLegale"
    assert {str(t) for t in register.dtypes} | {str(t) for t in legal_units.dtypes} == {"str"}
    assert sum(f.stat().st_size for f in DEMO_DIR.iterdir() if f.is_file()) < 6_000_000


def test_columns_are_those_of_the_real_file(register: pd.DataFrame) -> None:
    real = Path(__file__).parents[3] / "shared/real/StockEtablissement_09_46_48.parquet"
    if not real.exists():
        pytest.skip("the folder of real register rows is not beside this project")
    import pyarrow.parquet as pq  # noqa: PLC0415 - only where the file is

    assert pq.read_schema(real).names == list(register.columns)


def test_identifiers_are_valid_and_unique(register: pd.DataFrame, legal_units: pd.DataFrame) -> None:
    assert legal_units["siren"].is_unique
    assert register["siret"].is_unique
    assert set(register["siren"]) == set(legal_units["siren"])
    assert (register["siret"] == register["siren"] + register["nic"]).all()
    assert legal_units["siren"].map(siren.is_valid).all()
    assert register["siret"].map(siret.is_valid).all()
    # Invented to the eye, and six digits are left when a spreadsheet takes the zeros.
    assert legal_units["siren"].str.match(r"^000[1-9]").all()


def test_firms_and_jobs_counted_apart(open_tic: pd.DataFrame) -> None:
    assert open_tic["siren"].nunique() == planted.FIRMS
    assert len(open_tic) == planted.ESTABLISHMENTS
    assert open_tic["jobs"].sum() == pytest.approx(planted.JOBS, rel=0.01)
    without_employee = open_tic.groupby("siren")["jobs"].sum().eq(0).mean()
    assert 0.60 < without_employee < 0.65


def test_same_firms_under_naf_2025(register: pd.DataFrame, open_tic: pd.DataFrame) -> None:
    newer = register["activitePrincipaleNAF25Etablissement"]
    here = register["codeCommuneEtablissement"].str[:2].isin(DEPARTMENTS)
    is_open = register["etatAdministratifEtablissement"] == "A"
    by_newer = register[here & is_open & newer.str.startswith(tuple(TIC_2025), na=False)]
    with_newer = open_tic.dropna(subset="activitePrincipaleNAF25Etablissement")
    assert set(by_newer["siret"]) == set(with_newer["siret"])
    assert open_tic["activitePrincipaleEtablissement"].isna().sum() > 100
    assert open_tic["activitePrincipaleNAF25Etablissement"].isna().sum() > 500


def test_three_quarters_of_the_jobs_in_two_areas(open_tic: pd.DataFrame, figures: dict[str, Any]) -> None:
    communes = pd.read_parquet(REFERENCE_DIR / "communes.parquet", columns=["commune_code", "epci_code"])
    successors = pd.read_parquet(REFERENCE_DIR / "commune_successors.parquet").set_index("old_code")["commune_code"]
    code = open_tic["codeCommuneEtablissement"]
    today = code.map(successors).fillna(code)
    epci = today.map(communes.set_index("commune_code")["epci_code"])
    assert epci.notna().all()
    assert (today != code).sum() > 50
    areas = figures["areas"]["toulouse"] + figures["areas"]["montpellier"]
    share = open_tic.loc[epci.isin(areas), "jobs"].sum() / open_tic["jobs"].sum()
    assert share == pytest.approx(0.75, abs=0.02)


def test_every_department_has_its_order_of_size(open_tic: pd.DataFrame) -> None:
    firms = open_tic.groupby(open_tic["codeCommuneEtablissement"].str[:2])["siren"].nunique()
    assert set(firms.index) == set(DEPARTMENTS)
    assert firms.idxmin() == "48"
    assert firms.idxmax() == "31"
    assert firms[["09", "46", "48"]].tolist() == pytest.approx([420, 460, 150], rel=0.1)


def test_history_is_the_planted_one(tic: pd.DataFrame, figures: dict[str, Any]) -> None:
    created = pd.to_datetime(tic["dateCreationEtablissement"])
    closed = pd.to_datetime(tic["dateDebut"]).where(tic["etatAdministratifEtablissement"] == "F")
    assert (closed.dropna() > created[closed.notna()]).all()
    days = {year: pd.Timestamp(year, 1, 1) for year in planted.OPEN_ON}
    counted = {y: int(((created <= day) & ~(closed <= day)).sum()) for y, day in days.items()}
    assert counted == planted.OPEN_ON
    assert {f"{y}-01-01": n for y, n in counted.items()} == figures["history"]["open_on"]
    since_2011 = (
        {str(y): int((created.dt.year == y).sum()) for y in days},
        {str(y): int((closed.dt.year == y).sum()) for y in days},
    )
    assert since_2011 == (figures["history"]["opened_in"], figures["history"]["closed_in"])
    growth = pd.Series(planted.OPEN_ON).pct_change().dropna()
    assert growth[:2022].mean() == pytest.approx(0.03, abs=0.005)
    assert growth[[2024, 2025]].max() < 0  # over 2023, over 2024


def test_withheld_units_have_no_name_nor_place(register: pd.DataFrame, legal_units: pd.DataFrame) -> None:
    units = legal_units[legal_units["statutDiffusionUniteLegale"] == "P"]
    named = units[list(NAMES)]
    assert (named.isna() | (named == "[ND]")).all(axis=None)
    rows = register[register["statutDiffusionEtablissement"] == "P"]
    assert set(rows["siren"]) == set(units["siren"])
    signs = ["enseigne1Etablissement", "enseigne2Etablissement", "enseigne3Etablissement"]
    assert (rows["denominationUsuelleEtablissement"] == "[ND]").all()
    assert rows[signs].isin(["[ND]"]).any(axis=1).all()
    placed = rows.dropna(subset="codeCommuneEtablissement")
    for column in ("libelleVoieEtablissement", "codePostalEtablissement", "coordonneeLambertAbscisseEtablissement"):
        assert (placed[column] == "[ND]").all()
    assert 0.12 < register["statutDiffusionEtablissement"].eq("P").mean() < 0.25


def test_noise_of_real_files_is_there(register: pd.DataFrame) -> None:
    commune = register["codeCommuneEtablissement"]
    x = register["coordonneeLambertAbscisseEtablissement"]
    assert commune.str.startswith("974", na=False).sum() > 50
    assert commune.isna().sum() == 60
    assert (x == "0").sum() > 50
    assert x.isna().sum() > 300
    old = register["nomenclatureActivitePrincipaleEtablissement"].isin(["NAFRev1", "NAF1993", "NAP"])
    assert (register.loc[old, "etatAdministratifEtablissement"] == "F").all()
    assert old.sum() > 500


def test_roster_is_as_an_office_keeps_it(roster: pd.DataFrame, figures: dict[str, Any]) -> None:
    total = roster[roster["Raison sociale"] == "TOTAL"]
    assert len(total) == 1
    rows = roster.drop(index=total.index)
    assert len(rows) == planted.MEMBERS + 24 + 3
    assert rows["Date de départ"].notna().sum() == 24
    assert {type(day).__name__ for day in rows["Date d’adhésion"]} == {"datetime", "str", "int"}
    assert {type(number).__name__ for number in rows["N° SIREN"]} == {"str", "int", "NoneType"}
    assert figures["members"]["current"] == planted.MEMBERS
    assert figures["members"]["in_perimeter"] == planted.MEMBERS_IN_PERIMETER


def test_members_and_their_jobs_counted_apart(
    roster: pd.DataFrame, open_tic: pd.DataFrame, legal_units: pd.DataFrame, figures: dict[str, Any]
) -> None:
    members = _current(roster, figures, legal_units)
    assert len(members) == planted.MEMBERS
    estimate = members["siren"].map(open_tic.groupby("siren")["jobs"].sum())
    found = members[estimate.notna()]
    assert len(found) == planted.MEMBERS_IN_PERIMETER
    assert found["siren"].is_unique
    assert estimate.sum() == pytest.approx(planted.MEMBER_JOBS, rel=0.01)
    given = members["Effectif"].astype("float64").fillna(estimate)
    assert given.sum() == pytest.approx(planted.MEMBER_JOBS, rel=0.01)
    assert members["Effectif"].isna().sum() > 20


def _current(roster: pd.DataFrame, figures: dict[str, Any], legal_units: pd.DataFrame) -> pd.DataFrame:
    """Current members once each, with the SIREN given, or that of the only enterprise of their name."""
    rows = figures["members"]["rows"]
    left = roster["Date de départ"].notna() | (roster["Raison sociale"] == "TOTAL")
    members = roster[~left].drop(index=rows["duplicate"])
    digits = members["N° SIREN"].map(lambda cell: "".join(filter(str.isdigit, str(cell))).zfill(9))
    by_name = legal_units.drop_duplicates("denominationUniteLegale", keep=False)
    names = by_name.set_index("denominationUniteLegale")["siren"]
    bare = members["Raison sociale"].str.upper().str.replace(r"^(SASU|SAS|SARL|S\.A\.R\.L\.|EURL) ", "", regex=True)
    bare = bare.str.replace(r" (SASU|SAS|SARL|S\.A\.R\.L\.|EURL)$", "", regex=True)
    is_named = members.index.isin(rows["by_name"])
    return members.assign(siren=digits.where(~is_named, bare.map(names)))


def test_plants_hold(roster: pd.DataFrame, legal_units: pd.DataFrame, figures: dict[str, Any]) -> None:
    firms = _firms()
    members = set(_current(roster, figures, legal_units)["siren"]) & set(firms["siren"])
    size_class = firms["size_code"].map({code: name for name, codes in SIZE_CLASSES.items() for code in codes})
    is_member = firms["siren"].isin(members)
    expected = is_member.groupby([firms["segment"], size_class]).transform("mean").groupby(firms["epci_code"]).sum()
    observed = is_member.groupby(firms["epci_code"]).sum()
    # The generator reads the raw bands, where a few employers say that they employ nobody: hence the tolerance.
    for epci, (planned, members_there) in (planted.TOO_FEW | planted.TOO_MANY).items():
        assert expected[epci] == pytest.approx(planned, abs=0.02)
        assert observed[epci] == members_there
    ratio = observed / expected
    assert ratio[list(planted.TOO_FEW)].between(0.2, 0.35).all()
    assert (ratio[list(planted.TOO_MANY)] >= 2.5).all()
    assert ratio[list(planted.METROPOLES)].between(0.9, 1.15).all()
    rows = figures["members_by_epci"]["too_few"] + figures["members_by_epci"]["too_many"]
    assert {row["epci_code"]: (row["expected"], row["observed"]) for row in rows} == planted.TOO_FEW | planted.TOO_MANY


def _firms() -> pd.DataFrame:
    """Return the firms as a build sees them."""
    settings = default_settings()
    geography = load_geography(settings)
    extract = read_establishments(
        DEMO_DIR / "StockEtablissement.parquet", settings=settings, successors=geography.successors
    )
    return normalise_firms(extract.establishments, None, perimeter="tic", settings=settings, geography=geography)


def test_outcomes_of_matching_are_clear(
    legal_units: pd.DataFrame, roster: pd.DataFrame, figures: dict[str, Any]
) -> None:
    rows = figures["members"]["rows"]
    register_names = legal_units["denominationUniteLegale"].dropna()
    names = [name for name in register_names if name != "[ND]"]
    members = _current(roster, figures, legal_units)
    assert len(rows["by_name"]) == planted.MEMBERS_BY_NAME
    by_siren = legal_units.set_index("siren")["denominationUniteLegale"]
    for number in members.loc[rows["by_name"], "siren"]:
        near = process.extract(by_siren[number], names, scorer=fuzz.ratio, limit=2)
        assert near[0][1] == 100
        assert near[1][1] < 80
    for name in roster.loc[rows["to_review"], "Raison sociale"]:
        assert names.count(name.upper()) == 2
    for name in roster.loc[rows["not_found"], "Raison sociale"]:
        assert process.extractOne(name.upper(), names, scorer=fuzz.ratio)[1] < 70


def test_same_tables_every_time(
    tmp_path: Path, register: pd.DataFrame, legal_units: pd.DataFrame, figures: dict[str, Any]
) -> None:
    demo = make_demo.make(load_places(REFERENCE_DIR), default_settings())
    pd.testing.assert_frame_equal(demo.establishments.to_pandas(), register)
    pd.testing.assert_frame_equal(demo.legal_units.to_pandas(), legal_units)
    assert json.loads(json.dumps(demo.planted)) == figures
    write_roster(demo.roster, tmp_path / "members.xlsx")
    assert (tmp_path / "members.xlsx").read_bytes() == (DEMO_DIR / "members.xlsx").read_bytes()
