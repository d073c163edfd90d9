"""Headers of pages: those of real writers pass, whatever their settings; what no column can hold is told."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.errors import UserError
from analytics.ingest import _parquet_pages
from analytics.ingest._parquet_pages import has_impossible_page
from analytics.ingest.legal_units import read_legal_units
from analytics.settings import DEMO_DIR
from tests.analytics import small_sources as small

REAL = Path(__file__).parents[4] / "shared" / "real" / "StockEtablissement_09_46_48.parquet"
TABLE = pa.table(
    {
        "code": [f"{number % 97:05d}" for number in range(5_000)],
        "number": list(range(5_000)),
        "share": [number / 7 if number % 3 else None for number in range(5_000)],
        "is_open": [number % 2 == 0 for number in range(5_000)],
        "nothing": pa.array([None] * 5_000, pa.string()),
    }
)


def _all(path: Path) -> bool:
    footer = pq.read_metadata(path)
    return has_impossible_page(
        path, footer, columns=set(footer.schema.to_arrow_schema().names), groups=range(footer.num_row_groups)
    )


def _walked(path: Path) -> bool:
    """Return whether the values of each chunk's pages are those of the chunk: nothing was left to the engine."""
    footer = pq.read_metadata(path)
    chunks = [footer.row_group(g).column(c) for g in range(footer.num_row_groups) for c in range(footer.num_columns)]
    with path.open("rb") as content:
        return all(
            sum(page.values for page in _parquet_pages._pages(content, chunk) if not page.is_dictionary)
            == chunk.num_values
            for chunk in chunks
        )


@pytest.mark.parametrize(
    ("version", "dictionary", "packing", "index"),
    list(itertools.product(["1.0", "2.0"], [True, False], ["none", "snappy", "zstd", "gzip"], [True, False])),
)
def test_files_of_pyarrow_are_walked_to_their_end(
    tmp_path: Path, version: str, dictionary: bool, packing: str, index: bool
) -> None:
    path = tmp_path / "a.parquet"
    how: dict[str, Any] = {"data_page_version": version, "use_dictionary": dictionary, "compression": packing}
    pq.write_table(TABLE, path, row_group_size=2_000, data_page_size=1_024, write_page_index=index, **how)
    assert not _all(path)
    assert _walked(path)


def test_files_of_polars_and_the_demonstration_are_walked_to_their_end(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(TABLE).write_parquet(path, row_group_size=2_000)
    for file in (path, *DEMO_DIR.glob("*.parquet")):
        assert not _all(file)
        assert _walked(file)


def test_insees_own_rows_are_walked_to_their_end() -> None:
    if not REAL.exists():
        pytest.skip("the real rows lie beside the repository, and are not here")
    assert not _all(REAL)
    assert _walked(REAL)


def test_what_is_told_is_what_pyarrow_would_refuse(tmp_path: Path) -> None:
    path, out = tmp_path / "a.parquet", io.BytesIO()
    pq.write_table(TABLE.slice(0, 3), out, compression="none")
    whole = out.getvalue()
    end = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    told = 0
    for at, other in itertools.product(range(4, end), (b"\x7f", b"\xff")):  # -64 where a number stands alone
        path.write_bytes(whole[:at] + other + whole[at + 1 :])
        if _all(path):
            told += 1
            with pytest.raises((pa.ArrowException, OSError)):
                pq.read_table(path)
    assert told >= TABLE.num_columns, "the number of values of each column's page, at least"


def test_a_page_that_promises_too_much_is_a_sentence_and_no_end_of_the_process(tmp_path: Path) -> None:
    path = small.write_legal_units(tmp_path / "units.parquet")
    whole = path.read_bytes()
    chunk = pq.read_metadata(path).row_group(0).column(0)
    header = whole[chunk.data_page_offset : chunk.data_page_offset + 40]
    # Field 5, a struct, and in it field 1: the number of values, five as zigzag.
    number = chunk.data_page_offset + header.index(b"\x2c\x15\x0a") + 2
    path.write_bytes(whole[:number] + b"\x7f" + whole[number + 1 :])
    with pytest.raises(UserError) as raised:
        read_legal_units(path, sirens=frozenset({small.siren(1)}))
    assert raised.value.key == "register.broken_parquet"
