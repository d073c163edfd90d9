"""From establishments to firms: place, jobs, names, positions, and what is withheld."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import sqrt
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analytics.contracts import FIRMS
from analytics.ingest.firms import normalise_firms
from analytics.ingest.geography import Geography, load_geography
from analytics.ingest.legal_units import read_legal_units
from analytics.ingest.register import read_establishments
from analytics.settings import default_settings
from analytics.sizes import BY_CODE, SIZE_CODES
from tests.analytics.ingest.register_rows import TOULOUSE, Row, establishment, legal_unit, write

REAL = Path(__file__).parents[3] / "../shared/real/StockEtablissement_09_46_48.parquet"


@cache
def geography() -> Geography:
    return load_geography(default_settings())


def firms_of(
    tmp_path: Path,
    *rows: Row,
    legal: tuple[Row, ...] | None = None,
    perimeter: str = "tic",
    places: Geography | None = None,
) -> pd.DataFrame:
    settings = default_settings()
    register = write(tmp_path / "register.parquet", rows)
    extract = read_establishments(register, settings=settings, successors=geography().successors)
    units = None
    if legal is not None:
        path = write(tmp_path / "legal.parquet", legal)
        units = read_legal_units(path, sirens=extract.establishments["siren"].to_list()).units
    firms = normalise_firms(
        extract.establishments, units, perimeter=perimeter, settings=settings, geography=places or geography()
    )
    pd.testing.assert_frame_equal(FIRMS.enforce(firms), firms)
    return firms


def firm_of(tmp_path: Path, *rows: Row, **options: object) -> pd.Series:
    firms = firms_of(tmp_path, *rows, **options)  # type: ignore[arg-type]
    assert len(firms) == 1
    return firms.iloc[0]


def test_one_establishment(tmp_path: Path) -> None:
    firm = firm_of(tmp_path, establishment(name="ALPHA", band="12"), legal=(legal_unit(category="PME"),))
    assert firm.drop(["longitude", "latitude"]).to_dict() == {
        "siren": "100000009",
        "siret": "10000000900011",
        "name": "ALPHA",
        "commune_code": "31555",
        "epci_code": "243100518",
        "department_code": "31",
        "x_m": 574357.79,
        "y_m": 6279642.97,
        "location_precision": "address",
        "activity_code": "62.01Z",
        "activity_nomenclature": "NAFRev2",
        "segment": "programming",
        "size_code": "12",
        "jobs_low": 20,
        "jobs_estimate": sqrt(20 * 49),
        "jobs_high": 49,
        "category": "PME",
        "created_on": pd.Timestamp("2010-01-31"),
        "is_employer": True,
        "establishments_count": 1,
        "is_partially_diffusible": False,
    }
    assert (firm["longitude"], firm["latitude"]) == pytest.approx((1.4437, 43.6045), abs=0.002)


# --- Jobs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("band", "employer", "size_code", "jobs"),
    [
        ("NN", "N", "NN", (0, 0, 0)),
        ("NN", "O", "NN", (1, sqrt(2), 2)),
        ("NN", None, "NN", (0, 0, 0)),
        (None, "O", "NN", (1, sqrt(2), 2)),
        ("??", "N", "NN", (0, 0, 0)),
        ("00", "N", "00", (0, 0, 0)),
        ("00", "O", "01", (1, sqrt(2), 2)),
        ("03", "N", "03", (6, sqrt(54), 9)),
        ("03", None, "03", (6, sqrt(54), 9)),
        ("53", "O", "53", (10_000, sqrt(10_000 * 19_999), 19_999)),
    ],
)
def test_jobs_of_a_band_and_a_flag(
    tmp_path: Path, band: str | None, employer: str | None, size_code: str, jobs: tuple[float, float, float]
) -> None:
    firm = firm_of(tmp_path, establishment(band=band, employer=employer))
    assert firm["size_code"] == size_code
    assert tuple(firm[["jobs_low", "jobs_estimate", "jobs_high"]]) == pytest.approx(jobs)
    assert firm["is_employer"] == (jobs[1] > 0)


@pytest.mark.parametrize(
    ("bands", "size_code", "low", "high"),
    [
        (("11", "11", "11"), "12", 30, 57),  # 3 x 13.8 = 41.4 persons
        (("01", "NN"), "01", 1, 2),
        (("NN", "NN"), "NN", 0, 0),
        (("00", "NN"), "00", 0, 0),
        (("01", "01"), "01", 2, 4),  # 2.8 persons: still under three
        (("03", "02"), "11", 9, 14),  # 7.35 + 3.87 = 11.2 persons
    ],
)
def test_jobs_of_a_firm_are_those_of_its_establishments(
    tmp_path: Path, bands: tuple[str, ...], size_code: str, low: float, high: float
) -> None:
    rows = [establishment(nic=f"{n:05d}", band=band) for n, band in enumerate(bands, start=1)]
    firm = firm_of(tmp_path, *rows)
    assert firm["jobs_estimate"] == pytest.approx(sum(BY_CODE[band].estimate for band in bands))
    assert (firm["jobs_low"], firm["jobs_high"]) == (low, high)
    assert firm["size_code"] == size_code
    assert firm["establishments_count"] == len(bands)


def test_jobs_elsewhere_or_in_other_activities_do_not_count(tmp_path: Path) -> None:
    rows = [
        establishment(band="01"),
        establishment(nic="00022", band="32", commune="75056"),
        establishment(nic="00033", band="32", state="F"),
        establishment(nic="00044", band="32", activity="47.11D"),
        establishment(nic="00055", band="11", activity="73.11Z"),
    ]
    assert firm_of(tmp_path, *rows)["jobs_high"] == 2
    wide = firm_of(tmp_path, *rows, perimeter="tic_and_content")
    assert (wide["jobs_high"], wide["establishments_count"]) == (2 + 19, 2)


# --- The establishment that places a firm ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "nic"),
    [
        ([{"nic": "00011", "seat": "false", "band": "32"}, {"nic": "00022", "seat": "true"}], "00022"),
        ([{"nic": "00011", "seat": "false", "band": "01"}, {"nic": "00022", "seat": "false", "band": "02"}], "00022"),
        ([{"nic": "00022", "seat": "false"}, {"nic": "00011", "seat": "false"}], "00011"),
        ([{"nic": "00011", "seat": "true", "commune": "75056"}, {"nic": "00022", "seat": "false"}], "00022"),
        ([{"nic": "00011", "seat": "true", "activity": "70.10Z"}, {"nic": "00022", "seat": "false"}], "00022"),
        ([{"nic": "00011", "seat": None}, {"nic": "00022", "seat": "true"}], "00022"),
    ],
)
def test_the_seat_else_the_largest_else_the_lowest_nic(tmp_path: Path, rows: list[dict[str, str]], nic: str) -> None:
    assert firm_of(tmp_path, *(establishment(**row) for row in rows))["siret"] == "100000009" + nic


@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4), st.sampled_from(SIZE_CODES), st.sampled_from("ON"), st.sampled_from(["true", "false"])
        ),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_does_not_matter_and_no_job_is_lost(
    tmp_path: Path, units: list[tuple[int, str, str, str]], random: object
) -> None:
    rows = [
        establishment(f"{siren}00000000", f"{n:05d}", band=band, employer=employer, seat=seat)
        for n, (siren, band, employer, seat) in enumerate(units)
    ]
    firms = firms_of(tmp_path, *rows)
    assert firms["establishments_count"].sum() == len(rows)
    assert firms["jobs_estimate"].sum() == pytest.approx(
        sum(
            BY_CODE["01" if band in ("NN", "00") and employer == "O" else band].estimate
            for _, band, employer, _ in units
        )
    )
    nobody = firms[firms["size_code"] == "00"]
    assert not nobody["is_employer"].any()
    assert not nobody[["jobs_low", "jobs_estimate", "jobs_high"]].any(axis=None)
    random.shuffle(rows)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(firms_of(tmp_path, *rows), firms)


# --- Names and dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "legal", "name"),
    [
        ([{"name": "ENSEIGNE"}], None, "ENSEIGNE"),
        ([{"name": "ENSEIGNE"}], {"denomination": "RAISON"}, "RAISON"),
        ([{"name": "ENSEIGNE"}], {}, "ENSEIGNE"),
        ([{"name": "ENSEIGNE"}], {"denomination": "[ND]"}, None),
        ([{"name": "[ND]"}], {"denomination": "RAISON"}, None),
        ([{"name": "[ND]"}, {"nic": "00022", "seat": "false", "name": "AUTRE"}], None, None),
        ([{}, {"nic": "00022", "seat": "false", "name": "AUTRE"}], None, "AUTRE"),
        ([{"name": "ENSEIGNE", "status": "P"}], {"denomination": "RAISON"}, None),
        ([{"name": "ENSEIGNE"}], {"denomination": "RAISON", "status": "P"}, None),
    ],
)
def test_the_name(tmp_path: Path, rows: list[dict[str, str]], legal: dict[str, str] | None, name: str | None) -> None:
    units = None if legal is None else (legal_unit(**legal),)
    found = firm_of(tmp_path, *(establishment(**row) for row in rows), legal=units)["name"]
    assert (None if pd.isna(found) else found) == name


def test_the_creation_of_the_unit_else_of_its_first_establishment(tmp_path: Path) -> None:
    rows = [establishment(created="2015-05-05"), establishment(nic="00022", seat="false", created="2012-02-02")]
    assert firm_of(tmp_path, *rows)["created_on"].date() == date(2012, 2, 2)
    assert firm_of(tmp_path, *rows, legal=(legal_unit(created="1999-01-01"),))["created_on"].date() == date(1999, 1, 1)
    assert firm_of(tmp_path, *rows, legal=(legal_unit(),))["created_on"].date() == date(2012, 2, 2)
    assert pd.isna(firm_of(tmp_path, establishment(created=None))["created_on"])


# --- Positions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "precision"),
    [
        (*TOULOUSE, "address"),
        ("574357.79", "6294642.97", "town_hall"),  # 15 km north of the Capitole, some 7 km outside Toulouse
        ("574357.79", "6289642.97", "address"),  # 10 km north, some 2 km outside
        ("0", "0", "town_hall"),
        ("[ND]", "[ND]", "town_hall"),
        (None, None, "town_hall"),
        ("652469.02", "6862035.26", "town_hall"),  # Paris
    ],
)
def test_a_position_far_from_its_commune_is_missing(tmp_path: Path, x: str, y: str, precision: str) -> None:
    firm = firm_of(tmp_path, establishment(x=x, y=y))
    assert firm["location_precision"] == precision
    if precision == "town_hall":
        hall = geography().communes.set_index("commune_code").loc["31555"]
        assert tuple(firm[["x_m", "y_m"]]) == tuple(hall[["x_m", "y_m"]])
        assert tuple(firm[["longitude", "latitude"]]) == pytest.approx(hall[["longitude", "latitude"]], abs=1e-4)


def test_a_merged_commune_has_the_town_hall_of_its_successor(tmp_path: Path) -> None:
    old, new = next(iter(geography().successors.items()))
    firm = firm_of(tmp_path, establishment(commune=old, x=None, y=None))
    assert (firm["commune_code"], firm["location_precision"]) == (new, "town_hall")


def test_a_commune_without_town_hall_gives_no_position(tmp_path: Path) -> None:
    places = geography()
    communes = places.communes.copy()
    communes.loc[communes["commune_code"] == "31555", ["x_m", "y_m", "longitude", "latitude"]] = None
    firm = firm_of(
        tmp_path,
        establishment(x=None, y=None),
        places=Geography(communes, places.epcis, places.departments, places.successors),
    )
    assert firm["location_precision"] == "none"
    assert firm[["x_m", "y_m", "longitude", "latitude"]].isna().all()


# --- What is withheld ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "legal"),
    [
        ({"status": "P"}, None),
        ({"status": "N"}, None),
        ({"status": "P", "activity": "73.11Z"}, None),  # in the widest perimeter only: the firm is the same
        ({"status": "P", "activity": "47.11Z", "state": "F"}, None),  # closed and of no perimeter: the same person
        ({}, {"denomination": "SECRET", "status": "P"}),
    ],
)
def test_a_firm_is_withheld_as_soon_as_one_part_of_it_is(
    tmp_path: Path, second: dict[str, str], legal: dict[str, str] | None
) -> None:
    rows = [establishment(name="SECRET", band="02"), establishment(nic="00022", seat="false", name="SECRET", **second)]
    firm = firm_of(tmp_path, *rows, legal=None if legal is None else (legal_unit(**legal),))
    assert firm["is_partially_diffusible"]
    assert pd.isna(firm["name"])
    assert firm["location_precision"] == "town_hall"
    assert firm["jobs_low"] == 3


def test_real_rows_count_as_told_and_say_nothing_withheld() -> None:
    if not REAL.is_file():
        pytest.skip(f"the real rows of {REAL.name} are not on this machine")
    settings, places = default_settings(), geography()
    extract = read_establishments(REAL, settings=settings, successors=places.successors)
    firms = normalise_firms(extract.establishments, None, perimeter="tic", settings=settings, geography=places)
    assert len(firms) == 1_004
    assert firms["epci_code"].notna().all()
    assert firms["establishments_count"].sum() == 1_037
    withheld = firms[firms["is_partially_diffusible"]]
    assert len(withheld) > 200
    assert withheld["name"].isna().all()
    assert set(withheld["location_precision"]) == {"town_hall"}
    assert not firms.select_dtypes("str").apply(lambda column: column.str.contains("[ND]", regex=False)).any(axis=None)
