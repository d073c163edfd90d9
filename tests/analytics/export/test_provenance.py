"""The day that is shown of a file: that of its data where the file says it, else that of the file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from analytics.export import provenance
from analytics.text import translator


@pytest.mark.parametrize(
    ("said", "day"),
    [({"data_as_of": "2025-03-04"}, "4 Mar 2025"), ({"data_as_of": None}, "24 Nov 2026"), ({}, "24 Nov 2026")],
)
def test_the_day_of_the_register(said: dict[str, Any], day: str) -> None:
    register = {"role": "register", "modified": "2026-11-24T05:00:00+00:00"} | said
    members = {"role": "members", "modified": "2026-11-20T05:00:00+00:00"}
    snapshot = SimpleNamespace(manifest={"sources": [register, members]})
    reader: Any = SimpleNamespace(t=translator("en"), snapshot=snapshot)
    assert provenance.source_days(reader) == {"members": "20 Nov 2026", "register": day}
