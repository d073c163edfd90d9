"""Reading the register: forms of file, reasons to leave a row out, nomenclatures, what is withheld, damaged files."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analytics.errors import UserError
from analytics.ingest import source_files
from analytics.ingest.activities import is_in
from analytics.ingest.geography import load_geography
from analytics.ingest.register import ESTABLISHMENT_COLUMNS, RegisterExtract, read_establishments
from analytics.settings import DEMO_DIR, Settings, default_settings
from tests.analytics.ingest.register_rows import (
    COLUMNS_48,
    COLUMNS_54,
    Row,
    as_csv,
    establishment,
    legal_unit,
    write,
)

REAL = Path(__file__).parents[3] / "../shared/real/StockEtablissement_09_46_48.parquet"
few_examples = hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path: Path, **options: object) -> RegisterExtract:
    return read_establishments(path, settings=default_settings(), **options)  # type: ignore[arg-type]


def extract_of(tmp_path: Path, *rows: Row, **options: object) -> RegisterExtract:
    return read(write(tmp_path / "register.parquet", rows), **options)


def only_row(extract: RegisterExtract) -> dict[str, object]:
    assert extract.establishments.height == 1
    return extract.establishments.row(0, named=True)


def region_with(departments: tuple[str, ...]) -> Settings:
    settings = default_settings()
    return settings.model_copy(update={"region": settings.region.model_copy(update={"departments": departments})})


# --- Forms of file ---------------------------------------------------------------------------------------------------

ROWS = [
    establishment(name='Le "Bit", sarl', sign="Au bit\nfou"),
    establishment("200000008", state="F"),
    establishment("300000007", commune="75056"),
    establishment("400000006", commune="34172", seat="false", activity="26.11Z", band="12"),
    establishment("500000005", commune="48095", status="P", name="[ND]", x="[ND]", y="[ND]"),
]


def test_the_layouts() -> None:
    assert (len(COLUMNS_54), len(set(COLUMNS_54)), len(COLUMNS_48)) == (54, 54, 48)


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.zip", "a.csv.gz"])
@pytest.mark.parametrize("options", [{}, {"separator": ";"}, {"separator": "\t", "end": "\r\n"}])
def test_every_form_gives_the_same(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    expected = read(write(tmp_path / "reference.parquet", ROWS))
    extract = read(write(tmp_path / name, ROWS, **({} if name == "a.parquet" else options)))
    assert extract.establishments.equals(expected.establishments)
    assert extract.rows_read == 5
    assert extract.excluded == {"outside_region": 1, "closed": 1}


def test_what_a_row_becomes(tmp_path: Path) -> None:
    row = only_row(extract_of(tmp_path, establishment(name="ALPHA", sign="BETA", band="12", employer="O")))
    assert row == {
        "siren": "100000009",
        "siret": "10000000900011",
        "is_seat": True,
        "commune_code": "31555",
        "x_m": 574357.79,
        "y_m": 6279642.97,
        "name": "ALPHA",
        "is_name_withheld": False,
        "activity_code": "62.01Z",
        "activity_nomenclature": "NAFRev2",
        "size_code": "12",
        "is_declared_employer": True,
        "created_on": date(2010, 1, 31),
        "is_partially_diffusible": False,
        "is_unit_withheld": False,
    }


def test_a_byte_order_mark_blank_lines_at_the_end_and_no_last_end_of_line(tmp_path: Path) -> None:
    text = as_csv(ROWS)
    for content in (b"\xef\xbb\xbf" + text, text + b"\n\r\n\n", text.removesuffix(b"\n")):
        (tmp_path / "a.csv").write_bytes(content)
        assert read(tmp_path / "a.csv").rows_read == 5


def test_order_and_unknown_columns_do_not_matter_and_older_files_are_read(tmp_path: Path) -> None:
    expected = read(write(tmp_path / "a.parquet", ROWS)).establishments
    turned = [dict(reversed([*row.items(), ("inconnue", "x")])) for row in ROWS]
    for name in ("b.parquet", "b.csv"):
        assert read(write(tmp_path / name, turned)).establishments.equals(expected)
    older = [{column: row[column] for column in COLUMNS_48} for row in ROWS]
    for name in ("c.parquet", "c.csv"):
        table = read(write(tmp_path / name, older)).establishments
        assert table.drop("x_m", "y_m").equals(expected.drop("x_m", "y_m"))
        assert table["x_m"].null_count() == table.height


def test_typed_columns_are_read_as_text_would_be(tmp_path: Path) -> None:
    rows = [
        establishment("005520135", commune="09122", band="01"),
        establishment("100000009", commune="31555", band="00"),
    ]
    expected = extract_of(tmp_path, *rows).establishments
    table = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS_54, pl.String)).with_columns(
        pl.col("siren").cast(pl.Int32),
        pl.col("siret").cast(pl.Int64),
        pl.col("codeCommuneEtablissement").cast(pl.Float64),
        pl.col("trancheEffectifsEtablissement").cast(pl.Int8),
        pl.col("etablissementSiege") == "true",
        pl.col("dateCreationEtablissement").str.to_date(),
        pl.col("coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement").cast(pl.Float64),
        pl.col("etatAdministratifEtablissement").cast(pl.Categorical),
        pl.col("enseigne1Etablissement").cast(pl.Null),
        pl.col("statutDiffusionEtablissement").cast(pl.Binary),
    )
    table.write_parquet(tmp_path / "typed.parquet")
    assert read(tmp_path / "typed.parquet").establishments.equals(expected)


def test_leading_zeros_lost_by_a_spreadsheet_are_restored(tmp_path: Path) -> None:
    row = establishment("5520135", "00011", commune="9122", band="1")
    extracted = only_row(read(write(tmp_path / "a.csv", [row | {"siret": "552013500011"}])))
    assert (extracted["siren"], extracted["siret"]) == ("005520135", "00552013500011")
    assert (extracted["commune_code"], extracted["size_code"]) == ("09122", "01")


def test_small_pieces_give_the_same_and_tell_how_far_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row | {"siret": f"{row['siren']}{n:05d}"} for n in range(40) for row in ROWS]
    expected = extract_of(tmp_path, *rows)
    monkeypatch.setattr(source_files, "BLOCK_BYTES", 4000)
    monkeypatch.setattr(source_files, "BLOCKS_AT_ONCE", 2)
    monkeypatch.setattr(source_files, "SLICE_ROWS", 10)
    for name in ("a.parquet", "a.csv", "a.zip", "a.csv.gz"):
        told: list[float] = []
        extract = read(write(tmp_path / name, rows), progress=told.append)
        assert extract.establishments.equals(expected.establishments)
        assert extract.excluded == expected.excluded == {"outside_region": 40, "closed": 40}
        assert len(told) > 2
        assert told == sorted(told)
        assert told[-1] == 1


@given(groups=st.lists(st.integers(0, 3_000_000), max_size=20))
def test_slices_follow_each_other_and_only_a_group_of_usual_size_makes_one_longer(groups: list[int]) -> None:
    slices = list(source_files._slices(groups))
    ends = [first + rows for first, rows in slices]
    assert [first for first, _ in slices] == [0, *ends[:-1]][: len(slices)]
    assert sum(rows for _, rows in slices) == sum(groups)
    assert all(0 < rows <= max(source_files.SLICE_ROWS, source_files.LARGEST_GROUP) for _, rows in slices)
    if groups and min(groups) > source_files.LARGEST_GROUP:
        assert max(rows for _, rows in slices) <= source_files.PART_ROWS


words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@few_examples
@given(
    names=st.lists(words, min_size=1, max_size=8), block=st.integers(3000, 4000), end=st.sampled_from(["\n", "\r\n"])
)
def test_any_name_survives_a_csv_cut_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], block: int, end: str
) -> None:
    rows = [establishment(f"{100 + n}000000", name=name) for n, name in enumerate(names)]
    expected = extract_of(tmp_path, *rows).establishments
    monkeypatch.setattr(source_files, "BLOCK_BYTES", block)
    assert read(write(tmp_path / "a.csv", rows, end=end)).establishments["name"].equals(expected["name"])


# --- Reasons ---------------------------------------------------------------------------------------------------------


def test_every_row_left_out_is_counted_by_its_first_reason(tmp_path: Path) -> None:
    left_out = {
        "no_commune_code": [establishment(commune=None), establishment(commune="[ND]", state="F")],
        "outside_region": [establishment(commune="75056"), establishment(commune="97105", state="F")],
        "unknown_commune": [establishment(commune="31999")],
        "invalid_siret": [establishment("12345678X"), establishment() | {"siret": "20000000900011"}],
        "closed": [establishment(state="F"), establishment(state=None, activity=None)],
        "no_activity_code": [establishment(activity=None), establishment(activity="[ND]")],
        "other_nomenclature": [establishment(nomenclature="NAF1993", activity="72.2Z")],
        "other_activity": [establishment(activity="47.11D"), establishment(naf25="47.11Y")],
        "duplicate_siret": [establishment("700000003"), establishment("700000003", name="B")],
    }
    kept = [establishment(), establishment("700000003", name="A")]
    rows = [*kept, *(row for rows in left_out.values() for row in rows)]
    extract = extract_of(tmp_path, *rows, communes={"31555"})
    assert extract.excluded == {reason: len(rows) for reason, rows in left_out.items()}
    assert extract.rows_read == len(rows) == extract.establishments.height + sum(extract.excluded.values())
    assert extract.establishments["name"].to_list() == [None, "A"]


@pytest.mark.parametrize(
    ("departments", "inside", "outside"),
    [
        (("2A", "2B"), ["2A004", "2B033"], ["20004", "31555", "97105"]),
        (("974",), ["97411"], ["97105", "31555", "09122"]),
        (("09",), ["09122"], ["90010", "31555", "97411"]),
    ],
)
def test_a_region_is_told_by_the_begin_of_commune_codes(
    tmp_path: Path, departments: tuple[str, ...], inside: list[str], outside: list[str]
) -> None:
    rows = [establishment(f"{n}00000000", commune=code) for n, code in enumerate([*inside, *outside], start=1)]
    path = write(tmp_path / "a.parquet", rows)
    extract = read_establishments(path, settings=region_with(departments))
    assert extract.establishments["commune_code"].to_list() == inside
    assert extract.excluded == {"outside_region": len(outside)}


def test_a_merged_commune_is_carried_to_its_successor_before_anything_else(tmp_path: Path) -> None:
    rows = [
        establishment("100000009", commune="48147"),
        establishment("200000008", commune="07999"),
        establishment("300000007", commune="31998"),
    ]
    successors = {"48147": "48094", "07999": "48094", "31998": "32999"}
    extract = extract_of(tmp_path, *rows, successors=successors, communes={"48094", "32999"})
    assert extract.establishments["commune_code"].to_list() == ["48094", "48094", "32999"]
    extract = read_establishments(
        tmp_path / "register.parquet", settings=region_with(("48",)), successors=successors, communes={"48094"}
    )
    assert extract.excluded == {"outside_region": 1}


def test_rows_of_members_that_are_not_kept_are_returned_apart(tmp_path: Path) -> None:
    rows = [
        establishment("100000009"),
        establishment("100000009", "00029", state="F"),
        establishment("200000008", commune="75056", name="AILLEURS"),
        establishment("300000007", activity="47.11D", status="P"),
        establishment("400000006", commune="75056"),
    ]
    sirens = frozenset({"100000009", "200000008", "300000007", "999999999"})
    extract = extract_of(tmp_path, *rows, followed_sirens=sirens)
    assert extract.outside.rows() == [
        ("100000009", "31555", "62.01Z", False, False),
        ("200000008", "75056", "62.01Z", True, False),
        ("300000007", "31555", "47.11D", True, True),
    ]
    assert extract.excluded == {"outside_region": 2, "closed": 1, "other_activity": 1}
    assert extract_of(tmp_path, *rows).outside.height == 0


# --- Values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("574357,79", " 6279642.97 ", (574357.79, 6279642.97)),
        ("0", "0", (None, None)),
        ("0.0", "6279642.97", (0.0, 6279642.97)),
        ("[ND]", "[ND]", (None, None)),
        ("[ND]", "6279642.97", (None, None)),
        (None, None, (None, None)),
        ("nan", "inf", (None, None)),
        ("à 200 m", "6279642.97", (None, None)),
    ],
)
def test_coordinates(tmp_path: Path, x: str | None, y: str | None, expected: tuple[float | None, float | None]) -> None:
    row = only_row(extract_of(tmp_path, establishment(x=x, y=y)))
    assert (row["x_m"], row["y_m"]) == expected


@pytest.mark.parametrize(
    ("status", "is_withheld"), [("O", False), ("P", True), ("N", True), (None, True), ("o", False)]
)
def test_a_partially_diffusible_row_has_no_name_and_no_position(
    tmp_path: Path, status: str | None, is_withheld: bool
) -> None:
    row = only_row(extract_of(tmp_path, establishment(status=status, name="VISIBLE", sign="VISIBLE")))
    assert row["is_partially_diffusible"] is is_withheld
    assert [row[c] is None for c in ("name", "x_m", "y_m")] == [is_withheld] * 3


@pytest.mark.parametrize(
    ("name", "sign", "expected"),
    [
        ("NOM", "ENSEIGNE", ("NOM", False)),
        (None, "ENSEIGNE", ("ENSEIGNE", False)),
        (" ", None, (None, False)),
        ("[ND]", "ENSEIGNE", (None, True)),
        (None, "SARL [ND]", (None, True)),
        ("NOM", "[ND]", (None, False)),
    ],
)
def test_a_withheld_name_is_not_replaced(
    tmp_path: Path, name: str | None, sign: str | None, expected: tuple[str | None, bool]
) -> None:
    row = only_row(extract_of(tmp_path, establishment(name=name, sign=sign)))
    assert (row["name"], row["is_name_withheld"]) == expected
    is_withheld = "[ND]" in f"{name} {sign}"
    assert row["is_partially_diffusible"] is row["is_unit_withheld"] is is_withheld
    assert (row["x_m"] is None) is is_withheld


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1968-01-01", date(1968, 1, 1)),
        ("2021-09-15T00:00:00", date(2021, 9, 15)),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("15/09/2021", None),
        (None, None),
    ],
)
def test_days(tmp_path: Path, text: str | None, day: date | None) -> None:
    assert only_row(extract_of(tmp_path, establishment(created=text)))["created_on"] == day


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_the_day_the_data_are_of(tmp_path: Path, name: str) -> None:
    rows = [
        establishment(treated="2025-03-04T10:11:12.000"),
        establishment("200000008", state="F", treated="2025-03-05"),  # left out, yet of the region
        establishment("300000007", commune="75056", treated="2025-03-06"),
        establishment("400000006", treated="9999-12-31"),
        establishment("500000005", treated="2150-01-01T00:00:00"),
        establishment("600000004", treated="zzz"),
        establishment("700000003", treated=None),
    ]
    sirens = frozenset({"300000007"})
    assert read(write(tmp_path / name, rows), followed_sirens=sirens).data_as_of == date(2025, 3, 5)
    assert read(write(tmp_path / name, rows[3:])).data_as_of is None
    without = [{k: v for k, v in row.items() if k != "dateDernierTraitementEtablissement"} for row in rows]
    assert read(write(tmp_path / name, without)).data_as_of is None


@pytest.mark.parametrize("kind", [pl.Date, pl.Datetime("us"), pl.Datetime("ns", "UTC"), pl.String])
def test_the_day_the_data_are_of_in_any_type(tmp_path: Path, kind: pl.DataType) -> None:
    table = pl.DataFrame([establishment()], schema=dict.fromkeys(COLUMNS_54, pl.String))
    treated = pl.lit(date(2025, 3, 4)).cast(kind).alias("dateDernierTraitementEtablissement")
    table.with_columns(treated).write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").data_as_of == date(2025, 3, 4)


def test_a_late_column_that_is_no_text_gives_a_sentence(tmp_path: Path) -> None:
    table = pl.DataFrame([establishment()], schema=dict.fromkeys(COLUMNS_54, pl.String))
    broken = pl.lit(b"\xff\xfe").alias("enseigne1Etablissement")
    table.with_columns(broken).write_parquet(tmp_path / "a.parquet")
    assert fault_of(tmp_path / "a.parquet").key == "register.broken_parquet"


# --- Before and after 1 January 2027 ---------------------------------------------------------------------------------


def switched(row: Row) -> Row:
    """Return the row as the register will have it from January 2027."""
    newer = row["activitePrincipaleNAF25Etablissement"]
    if newer is None:
        return row
    return row | {
        "activitePrincipaleEtablissement": newer,
        "nomenclatureActivitePrincipaleEtablissement": "NAF2025",
        "activitePrincipaleNAF25Etablissement": None,
    }


pairs = st.tuples(
    st.none() | st.sampled_from(["62.01Z", "62.02A", "58.21Z", "63.12Z", "47.11D", "95.11Z", "72.2Z"]),
    st.sampled_from(["NAFRev2", "NAF1993", "NAP", None]),
    st.none() | st.sampled_from(["62.10Y", "62.20G", "63.91Y", "63.92Y", "47.11Y", "95.10Y", "58.29Y"]),
)


@few_examples
@given(st.lists(pairs, max_size=12))
def test_the_same_firms_before_and_after_the_switch(
    tmp_path: Path, activities: list[tuple[str | None, str | None, str | None]]
) -> None:
    before = [establishment("999999990")] + [
        establishment(f"{100 + n}000000", activity=main, nomenclature=nomenclature, naf25=newer)
        for n, (main, nomenclature, newer) in enumerate(activities)
    ]
    after = [switched(row) for row in before]
    without_column = [{k: v for k, v in row.items() if k != "activitePrincipaleNAF25Etablissement"} for row in after]
    expected = extract_of(tmp_path, *before)
    for rows in (after, without_column):
        extract = extract_of(tmp_path, *rows)
        assert extract.establishments.equals(expected.establishments)
        assert extract.excluded == expected.excluded


# --- Faults ----------------------------------------------------------------------------------------------------------


def fault_of(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read(path)
    for language in ("fr", "en"):
        sentence = caught.value.message(language)
        assert path.name in sentence
        assert "\n" not in sentence
        assert sentence.endswith(".")
    return caught.value


def packed(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return content.getvalue()


NOISE = random.Random(1).randbytes(200_000)  # noqa: S311 - noise, not a secret


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", b"", "register.empty_file"),
        ("a.parquet", b"", "register.empty_file"),
        ("a.csv", as_csv(ROWS).splitlines(keepends=True)[0], "register.no_rows"),
        ("a.csv", as_csv(ROWS).decode().encode("utf-16"), "register.encoding"),
        ("a.csv", as_csv(ROWS).decode().encode("utf-16-le"), "register.encoding"),
        ("a.csv", as_csv([establishment(name="Éditions")]).decode().encode("cp1252"), "register.encoding"),
        ("a.csv", "siren,siret,dénomination\n1,2,3\n".encode("cp1252"), "register.encoding"),
        ("a.csv", as_csv(ROWS)[:-40], "register.bad_record"),
        ("a.csv", as_csv(ROWS) + b"1,2,3\n", "register.bad_record"),
        ("a.csv", as_csv(ROWS) + b'"' + as_csv(ROWS), "register.bad_record"),
        ("a.csv", as_csv([legal_unit(denomination="A")]), "register.is_legal_units"),
        ("a.csv", b"siren,siret\n1,2\n", "register.foreign_register"),
        ("adherents.csv", b"Nom;SIREN;Ville\nA;1;Toulouse\n", "register.foreign_register"),
        ("adherents.xlsx", (DEMO_DIR / "members.xlsx").read_bytes(), "register.workbook_register"),
        ("adherents.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "register.workbook_register"),
        ("a.parquet", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "register.no_table_register"),
        ("logo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "register.no_table_register"),
        ("a.csv", b"siren,etatAdministratifEtablissement\n1,A\n", "register.missing_columns"),
        ("a.csv", b"<html>introuvable</html>\n", "register.no_table_register"),
        ("a.csv", b"x" * 300_000, "register.unreadable"),
        ("a.parquet", as_csv(ROWS), "register.broken_parquet"),
        ("a.parquet", b"PAR1" + bytes(100) + b"PAR1", "register.broken_parquet"),
        ("a.zip", as_csv(ROWS), "register.broken_archive"),
        ("a.zip", packed(a_csv=as_csv(ROWS) + NOISE)[:-3000], "register.broken_archive"),
        ("a.zip", packed(lisezmoi_txt=b"x"), "register.archive_without_csv"),
        ("a.zip", packed(a_csv=as_csv(ROWS), b_csv=as_csv(ROWS)), "register.archive_with_several"),
        ("a.csv.gz", gzip.compress(as_csv(ROWS) * 50)[:-40], "register.broken_archive"),
        ("a.csv.gz", as_csv(ROWS), "register.broken_archive"),
        ("a.csv", as_csv([establishment(commune="75056")]), "register.nothing_kept"),
    ],
)
def test_a_fault_is_one_sentence_that_names_the_file(tmp_path: Path, name: str, content: bytes, key: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert fault_of(tmp_path / name).key == key


def test_missing_columns_are_named(tmp_path: Path) -> None:
    table = pl.DataFrame(ROWS, schema=dict.fromkeys(COLUMNS_54, pl.String))
    table.drop("siret", "codeCommuneEtablissement").write_parquet(tmp_path / "a.parquet")
    assert fault_of(tmp_path / "a.parquet").params["columns"] == "siret, codeCommuneEtablissement"


def test_absent_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert fault_of(tmp_path / "absent.csv").key == "register.absent"
    assert fault_of(tmp_path / "folder.csv").key == "register.absent"


def test_a_truncated_parquet(tmp_path: Path) -> None:
    content = write(tmp_path / "a.parquet", ROWS * 20).read_bytes()
    for size in (3, 4, 100, len(content) // 2, len(content) - 1):
        (tmp_path / "a.parquet").write_bytes(content[:size])
        assert fault_of(tmp_path / "a.parquet").key == "register.broken_parquet"


@few_examples
@given(st.binary(min_size=1, max_size=300), st.sampled_from(["a.csv", "a.parquet", "a.zip", "a.gz", "a"]))
def test_noise_gives_a_sentence_and_nothing_else(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    fault_of(tmp_path / name)


@hypothesis_settings(few_examples, max_examples=100)
@given(
    st.sampled_from(["a.csv", "a.parquet", "a.zip", "a.csv.gz"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_a_damaged_file_gives_rows_or_a_sentence(tmp_path: Path, name: str, hits: list[tuple[float, int]]) -> None:
    path = write(tmp_path / name, ROWS)
    content = bytearray(path.read_bytes())
    for place, value in hits:
        content[int(place * len(content))] = value
    path.write_bytes(content)
    outcome = outcome_of(path)
    if isinstance(outcome, UserError):
        assert path.name in str(outcome)
    else:
        assert outcome.rows_read == outcome.establishments.height + sum(outcome.excluded.values())


def outcome_of(path: Path) -> RegisterExtract | UserError:
    try:
        return read(path)
    except UserError as error:
        return error


# --- Real rows -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    if not REAL.is_file():
        pytest.skip(f"the real rows of {REAL.name} are not on this machine")
    geography = load_geography(default_settings())
    communes = frozenset(geography.communes["commune_code"])
    extract = read(REAL, successors=geography.successors, communes=communes)
    assert extract.rows_read == 277_441 == extract.establishments.height + sum(extract.excluded.values())
    assert extract.excluded["no_commune_code"] == 2_154
    assert "unknown_commune" not in extract.excluded
    return extract.establishments.filter(is_in(default_settings().perimeters["tic"]))


def test_the_independent_count(real: pl.DataFrame) -> None:
    assert real.height == 1_037
    assert real["is_partially_diffusible"].sum() == 258
    assert real["siren"].n_unique() == 1_004
    places = real.group_by("siren").agg(pl.col("commune_code").str.slice(0, 2).unique().sort().str.join("+"))
    assert dict(places["commune_code"].value_counts().iter_rows()) == {
        "46": 444,
        "09": 412,
        "48": 143,
        "09+46+48": 3,
        "46+48": 1,
        "09+46": 1,
    }


def test_nothing_withheld_comes_out(real: pl.DataFrame) -> None:
    assert tuple(real.columns) == ESTABLISHMENT_COLUMNS
    withheld = real.filter("is_partially_diffusible")
    assert withheld.select("name", "x_m", "y_m").null_count().row(0) == (258, 258, 258)
    assert not any("[ND]" in str(value) for row in real.iter_rows() for value in row)


def test_the_reader_is_told_apart_from_what_reads_it(tmp_path: Path) -> None:
    """An error of whoever is told the progress is not taken for a damaged file."""

    def stumbling(done: float) -> None:
        raise OSError(done)

    calls: Callable[[float], None] = stumbling
    with pytest.raises(OSError, match="1"):
        extract_of(tmp_path, *ROWS, progress=calls)
