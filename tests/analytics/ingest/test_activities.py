"""Activities under both nomenclatures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analytics.errors import UserError
from analytics.ingest.activities import deciding_activity, is_in, is_in_some_perimeter, segment_of
from analytics.settings import REGION_FILE, default_settings, load_settings

SETTINGS = default_settings()


def decided(main: str | None, nomenclature: str | None, naf_2025: str | None) -> tuple[str | None, str | None]:
    row = pl.DataFrame(
        {"m": [main], "n": [nomenclature], "s": [naf_2025]}, schema={"m": pl.String, "n": pl.String, "s": pl.String}
    )
    code, which = deciding_activity(pl.col("m"), pl.col("n"), pl.col("s"))
    return row.select(code, which).row(0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("62.01Z", "NAFRev2", None), ("62.01Z", "NAFRev2")),
        (("6201Z", "NAFRev2", None), ("62.01Z", "NAFRev2")),
        (("62.01z", "nafrev2", None), ("62.01Z", "NAFRev2")),
        (("62.01Z", "NAFRev2", "62.10Y"), ("62.10Y", "NAF2025")),
        (("62.10Y", "NAF2025", None), ("62.10Y", "NAF2025")),
        (("62.10Y", "NAF2025", "62.10Y"), ("62.10Y", "NAF2025")),
        ((None, None, "6210Y"), ("62.10Y", "NAF2025")),
        ((None, "NAFRev2", None), (None, None)),
        (("62.01Z", None, None), ("62.01Z", "NAFRev2")),
        (("62.10Y", None, None), ("62.10Y", "NAF2025")),
        (("26.11", "NAF2025", None), ("26.11", "NAF2025")),
        (("72.1Z", "NAFRev1", None), (None, None)),
        (("70.3C", "NAF1993", None), (None, None)),
        (("70.3C", None, None), (None, None)),
        (("6420", "NAP", None), (None, None)),
        (("72.1Z", "NAFRev1", "62.10Y"), ("62.10Y", "NAF2025")),
        (("62.01Z", "NAFRev2", "illisible"), ("62.01Z", "NAFRev2")),
    ],
)
def test_the_code_that_decides(
    row: tuple[str | None, str | None, str | None], expected: tuple[str | None, str | None]
) -> None:
    assert decided(*row) == expected


def judged(code: str, nomenclature: str) -> pl.DataFrame:
    return pl.DataFrame({"activity_code": [code], "activity_nomenclature": [nomenclature]}).select(
        segment_of(SETTINGS), *(is_in(perimeter).alias(key) for key, perimeter in SETTINGS.perimeters.items())
    )


@pytest.mark.parametrize(
    ("code", "nomenclature", "perimeters", "segment"),
    [
        ("62.01Z", "NAFRev2", {"tic", "core", "tic_and_content"}, "programming"),
        ("62.02A", "NAFRev2", {"tic", "core", "tic_and_content"}, "consulting"),
        ("62.20H", "NAF2025", {"tic", "core", "tic_and_content"}, "consulting"),
        ("26.11Z", "NAFRev2", {"tic", "tic_and_content"}, "manufacturing"),
        ("26.11Y", "NAF2025", {"tic", "tic_and_content"}, "manufacturing"),
        ("26.11", "NAF2025", {"tic", "tic_and_content"}, "manufacturing"),
        ("26.80Z", "NAF2025", set(), "manufacturing"),
        ("46.50G", "NAF2025", {"tic", "tic_and_content"}, "trade_and_repair"),
        ("95.10Y", "NAF2025", {"tic", "tic_and_content"}, "trade_and_repair"),
        ("63.91Y", "NAF2025", {"tic", "core", "tic_and_content"}, "data"),
        ("63.91Z", "NAFRev2", {"tic_and_content"}, "content"),
        ("63.92Y", "NAF2025", {"tic_and_content"}, "content"),
        ("73.11Z", "NAFRev2", {"tic_and_content"}, "content"),
        ("62.01Z", "NAF2025", {"core"}, "consulting"),
        ("47.11D", "NAFRev2", set(), None),
    ],
)
def test_perimeters_and_segment(code: str, nomenclature: str, perimeters: set[str], segment: str | None) -> None:
    row = judged(code, nomenclature).row(0, named=True)
    assert row.pop("segment") == segment
    assert {key for key, inside in row.items() if inside} == perimeters


few_examples = hypothesis_settings(max_examples=15, deadline=None)
code_text = st.none() | st.text(max_size=8)


@few_examples
@given(
    st.lists(st.from_regex(r"\d\d\.\d\d[A-Z]", fullmatch=True), min_size=1, max_size=50),
    st.sampled_from(["NAFRev2", "NAF2025"]),
)
def test_whatever_is_in_a_perimeter_has_a_segment(codes: list[str], nomenclature: str) -> None:
    rows = pl.DataFrame({"activity_code": codes}).with_columns(activity_nomenclature=pl.lit(nomenclature))
    inside = rows.filter(is_in_some_perimeter(SETTINGS))
    assert inside.select(segment_of(SETTINGS)).null_count().item() == 0


@few_examples
@given(st.lists(st.tuples(code_text, code_text, code_text), min_size=1, max_size=20))
def test_any_text_is_judged(texts: list[tuple[str | None, str | None, str | None]]) -> None:
    rows = pl.DataFrame(texts, schema={"m": pl.String, "n": pl.String, "s": pl.String}, orient="row")
    code, which = deciding_activity(pl.col("m"), pl.col("n"), pl.col("s"))
    decided_rows = rows.select(code, which)
    assert decided_rows["activity_code"].is_null().equals(decided_rows["activity_nomenclature"].is_null())


def test_settings_with_an_activity_that_no_segment_holds_are_refused(tmp_path: Path) -> None:
    text = REGION_FILE.read_text(encoding="utf-8")
    assert 'naf_rev2 = ["26"]' in text
    (tmp_path / "region.toml").write_text(text.replace('naf_rev2 = ["26"]', 'naf_rev2 = ["26.1"]'), encoding="utf-8")
    with pytest.raises(UserError, match=r"26\.?20") as caught:
        load_settings(tmp_path / "region.toml")
    assert caught.value.key == "settings.faults"
