"""A small snapshot whose roster holds as many of its firms as a test asks for."""

from __future__ import annotations

from pathlib import Path

from analytics.pipeline.building import build
from analytics.pipeline.request import Request
from analytics.settings import default_settings
from analytics.store import Snapshot, Store
from tests.analytics.small_sources import siren, write_register

FIRMS = 180


def build_with_members(root: Path, members: int) -> Snapshot:
    """Build a register of 180 firms, four of them of three towns and the others of Toulouse, ``members`` of it members.

    Without a member there is no roster.
    """
    sources = root.parent / f"{root.name}-sources"
    sources.mkdir()
    register = write_register(sources / "register.parquet", more_firms=FIRMS - 4)
    roster = None
    if members:
        sirens = [*(siren(100 + n) for n in range(FIRMS - 4)), *(siren(n) for n in (1, 2, 3, 5))]
        lines = [f"Membre {number},{code}" for number, code in enumerate(sirens[:members])]
        roster = sources / "members.csv"
        roster.write_text("\n".join(["Nom,SIREN", *lines]) + "\n", encoding="utf-8")
    snapshot = build(Request(register=register, members=roster, store=Store(root)))
    assert len(snapshot.firms(default_settings().cluster.default_perimeter)) == FIRMS
    assert len(snapshot.table("members").query("match_decision == 'matched'")) == members
    return snapshot
