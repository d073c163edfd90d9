"""Whether a store is whole: every snapshot against its hashes, what lies beside them, who may read it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from analytics.errors import UserError
from analytics.removals import Removals, read_removals, tells_removed
from analytics.store import CURRENT, Store
from analytics.text import translator
from analytics.text.damage import reason_phrase


@dataclass(frozen=True)
class Finding:
    """What was found of a part of a store: whether all is well, and the sentence of the catalogues that says it.

    Of a damaged snapshot, ``damage`` is what the sentence's ``{reason}`` says in a few words.
    """

    is_well: bool
    key: str
    params: dict[str, Any] = field(default_factory=dict)
    damage: UserError | None = None

    def message(self, language: str) -> str:
        """Return the sentence in ``language``."""
        reason = {"reason": reason_phrase(self.damage, translator(language))} if self.damage else {}
        return UserError(self.key, **self.params, **reason).message(language)


def check_store(store: Store) -> Iterator[Finding]:
    """Yield what is found of each part of a store: lists beside the snapshots, snapshots, what is published, rights.

    Damage of the published snapshot is one finding, the one of what is published.
    """
    decisions, removals = None, None
    try:
        decisions = store.decisions()
    except UserError as error:
        yield _fault(error)
    try:
        removals = read_removals(store)
    except UserError as error:
        yield _fault(error)
    if decisions and removals is not None and (outdated := removals.outdated(decisions)):
        yield Finding(is_well=False, key="upkeep.decides_removed", params={"decisions": len(outdated)})
    for name in reversed(store.ids()):
        finding = _check_snapshot(store, name, removals)
        if finding.damage is None or name != store.current_id():
            yield finding
    yield _check_published(store)
    exposed = _exposed_files(store)
    if exposed:
        yield Finding(is_well=False, key="upkeep.exposed", params={"folder": str(store.root), "files": exposed})


def _check_snapshot(store: Store, name: str, removals: Removals | None) -> Finding:
    try:
        snapshot = store.open_whole(name)
        if removals is not None and tells_removed(removals, snapshot):
            return Finding(is_well=False, key="upkeep.tells_removed", params={"snapshot": name})
    except UserError as error:
        return Finding(is_well=False, key="upkeep.damaged", params={"snapshot": name}, damage=error)
    return Finding(is_well=True, key="upkeep.whole", params={"snapshot": name, "tables": len(snapshot.table_names)})


def _check_published(store: Store) -> Finding:
    published = {"published": store.current_id() or CURRENT}
    try:
        served = store.served()
    except UserError as damage:
        return Finding(is_well=False, key="upkeep.none_whole", params=published, damage=damage)
    if served is None:
        return _fault(UserError("build.no_snapshot"))
    if served.damage is None:
        return Finding(is_well=True, key="upkeep.published", params={"snapshot": served.snapshot.id})
    told = published | {"snapshot": served.snapshot.id}
    return Finding(is_well=False, key="upkeep.stands_in", params=told, damage=served.damage)


def _exposed_files(store: Store) -> int:
    """Count the files and folders of the store, INSEE's included, that other accounts of the machine may read."""
    exposed = 0
    for path in (store.root, *store.root.rglob("*")):
        with suppress(FileNotFoundError):  # What a build writes aside comes and goes.
            mode = path.lstat().st_mode
            exposed += not stat.S_ISLNK(mode) and bool(stat.S_IMODE(mode) & 0o077)
    return exposed


def _fault(error: UserError) -> Finding:
    return Finding(is_well=False, key=error.key, params=dict(error.params))
