"""What somebody asks to be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analytics.settings import REGION_FILE, store_dir
from analytics.store import Store


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to build from what.

    Attributes
    ----------
    register, legal_units, members
        INSEE's establishments; its legal units (without them, names are the establishments' own); the roster (without
        it the snapshot has no member).
    settings_file
        The region.
    store
        Where the snapshot goes.
    allow_shrink
        Publish even when the firms or the members fall by more than ``build.allowed_shrink_pct`` against the
        published snapshot.
    is_demo
        The files are the bundled demonstration, and every page and export must say so.
    only_if_empty
        Build only where nothing is published yet; else what is published is the answer.
    origins
        From where files were fetched, by role: the manifest keeps it beside each.
    """

    register: Path
    legal_units: Path | None = None
    members: Path | None = None
    settings_file: Path = REGION_FILE
    store: Store = field(default_factory=lambda: Store(store_dir()))
    allow_shrink: bool = False
    is_demo: bool = False
    only_if_empty: bool = False
    origins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def files(self) -> dict[str, Path]:
        """Return the given files by role: ``register``, ``legal_units``, ``members``."""
        given = {"register": self.register, "legal_units": self.legal_units, "members": self.members}
        return {role: path for role, path in given.items() if path is not None}
