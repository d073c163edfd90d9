"""Builds whose tables all carry one number, so that a mixture of two builds shows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.store import REQUIRED, Snapshot, Store

TABLES = ("firms-tic", "members", "roster")
MANIFEST: dict[str, Any] = {key: {} for key in REQUIRED} | {"sources": []}


def build(store: Store, mark: int) -> Snapshot:
    """Publish a snapshot whose tables and manifest carry ``mark``."""
    with store.writing() as draft:
        for name in TABLES:
            draft.write_table(name, rows(mark))
        return draft.publish(MANIFEST | {"mark": mark})


def rows(mark: int) -> pd.DataFrame:
    """Return a table that carries ``mark``."""
    return pd.DataFrame({"siren": ["012345678"] * 200, "mark": float(mark)})


def mark_of(snapshot: Snapshot) -> int:
    """Return the one number of a snapshot; fails when two of its parts differ, or one cannot be read."""
    found = {int(mark) for name in snapshot.table_names for mark in snapshot.table(name)["mark"]}
    assert found == {snapshot.manifest["mark"]}, f"{snapshot.id} holds parts of several builds: {found}"
    assert snapshot.table_names == TABLES
    return found.pop()


def served(store: Store) -> Snapshot:
    """Return what is served where nothing is damaged."""
    found = store.served()
    assert found is not None
    assert found.damage is None
    return found.snapshot


def assert_next_build_works(store: Store, mark: int) -> None:
    following = build(store, mark)
    assert served(store).id == following.id
    assert mark_of(following) == mark
    left = [path.name for path in store.root.iterdir() if path.name.startswith((".building-", ".dropped-"))]
    assert left == []


def publish_again(store: Store, *, members: int) -> Snapshot:
    """Publish once more what is published, with so many of its members: a data set that pages tell apart."""
    before = store.current()
    assert before is not None
    with store.writing() as draft:
        for name in before.table_names:
            table = before.table(name)
            draft.write_table(name, table.head(members) if name == "members" else table)
        counts = before.manifest["counts"] | {"members": members}
        return draft.publish(before.manifest | {"counts": counts})


def spoil(snapshot: Snapshot, table: str) -> None:
    """Change the last byte of a table."""
    path = snapshot.path / f"{table}.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
