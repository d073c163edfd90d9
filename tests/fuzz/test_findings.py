"""What spoilt files, here or in a longer run, once made of a reader: each must be read, or give its sentence."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import UserError
from analytics.settings import REGION_FILE, default_settings, load_settings
from analytics.view import View
from tests.analytics.ingest.register_rows import COLUMNS_54, establishment
from tests.fuzz.readers import READERS, Case, outcome

REGION = REGION_FILE.read_text(encoding="utf-8")


def with_setting(old: str, new: str) -> bytes:
    assert old in REGION
    return REGION.replace(old, new, 1).encode()


def with_undefined_packing() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("[Content_Types].xml", b"<Types/>")
    return out.getvalue()


def with_binary_days() -> bytes:
    out = BytesIO()
    table = pl.DataFrame([establishment(dateDebut="2010-01-31")], schema=dict.fromkeys(COLUMNS_54, pl.String))
    table.with_columns(pl.col("dateDebut").cast(pl.Binary)).write_parquet(out)
    return out.getvalue()


FINDINGS = {
    "a-number-of-5000-digits": (
        "settings",
        "region.toml",
        with_setting("staff = 2", f"staff = {'9' * 5000}"),
        "settings.not_toml",
    ),
    "brackets-3000-deep": ("settings", "region.toml", b"x = " + b"[" * 3000, "settings.not_toml"),
    "a-figure-that-is-no-number": (
        "settings",
        "region.toml",
        with_setting("staff = 2", "staff = nan"),
        "settings.faults",
    ),
    "an-endless-figure": ("settings", "region.toml", with_setting("near_km = 30", "near_km = inf"), "settings.faults"),
    "settings-without-end": ("settings", "region.toml", b"# " + b"x" * 2**20, "limits.settings"),
    "an-error-of-a-formula-among-axes": ("roster-csv", "a.csv", b"Nom;Axes\nAlpha;#REF!\n", "read"),
    "two-numbers-that-fold-to-one": (
        *("roster-csv", "a.csv", "N° adhérent;Nom\nA-7;Alpha\na 7;Bêta\n".encode(), "read"),
    ),
    "a-column-of-bytes-that-only-lives-need": ("register-parquet", "a.parquet", with_binary_days(), "read"),
    "a-workbook-packed-with-lzma": ("roster-xlsx", "a.xlsx", with_undefined_packing(), "members.corrupt"),
    "blank-lines-that-are-rows-with-another-delimiter": (
        *("roster-csv", "a.csv", b"Nom;Ville\nAlpha;Foix\n" + b";\n" * 20_100, "read"),
    ),
    "a-filter-of-several-lines": ("view", "query", b"a%0Ab=1", "view.unknown_parameter"),
    "a-town-that-no-terminal-could-decode": ("view", "query", b"town=\xff", "read"),
    "a-commune-in-other-digits": ("view", "query", "exclude=٣١٥٥٥".encode(), "view.no_commune"),
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_stays_mended(finding: str) -> None:
    reader, name, content, expected = FINDINGS[finding]
    assert outcome(READERS[reader], Case(name, content)) == expected


def test_what_a_message_quotes_is_one_line_and_not_without_end() -> None:
    error = UserError("view.unknown_parameter", parameter="a\r\n\u202eb\u2028c" + "x" * 5000, known="k")
    sentence = error.message("en")
    assert "“a bc cxxx".replace(" bc", " b") in sentence
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 1000


def test_of_many_faults_of_the_settings_some_are_told(tmp_path: Path) -> None:
    (tmp_path / "region.toml").write_text(REGION.replace("staff = ", "staffs = "), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_settings(tmp_path / "region.toml")
    assert str(caught.value).count("antennas.") == 5
    assert "…" in str(caught.value)


def test_an_address_with_undecodable_bytes_opens_again() -> None:
    settings = default_settings()
    view = View.from_query("town=\udcff", settings)
    assert View.from_query(view.to_query(settings), settings) == view
