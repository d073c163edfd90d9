"""Cells that a spreadsheet would run."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.export.spreadsheet import harmless


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+33", "'+33"),
        ("-1+1", "'-1+1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\n=1"),
        ("a\rb", "a\nb"),
        ("09122", "09122"),
        ("L’Œuvre = 1", "L’Œuvre = 1"),
    ],
)
def test_text_is_shown_never_run(cell: str, safe: str) -> None:
    assert harmless(pd.DataFrame({"name": [cell]}))["name"].tolist() == [safe]


def test_numbers_and_nulls_stay() -> None:
    table = pd.DataFrame({"gap": [-1.5, 2.0], "name": ["-x", None]})
    safe = harmless(table)
    assert safe["gap"].tolist() == [-1.5, 2.0]
    assert safe["name"].isna().tolist() == [False, True]
    assert table["name"].tolist()[0] == "-x"
