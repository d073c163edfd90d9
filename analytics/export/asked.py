"""What every output is made from: a snapshot, its settings, what is selected, and in which language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from analytics import tables
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.text import Translator
from analytics.view import View


class Asked(Protocol):
    """What an output answers with; the pages' reader is one, with tables shared by all sessions."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def view(self) -> View: ...
    @property
    def t(self) -> Translator: ...

    def table(self, name: str, **options: str | int) -> pd.DataFrame:
        """Return a result table of ``analytics.tables`` by its name; shared, so never to be changed."""

    def looking_at(self, view: View) -> Asked:
        """Return what answers with this view, to the same reader: what is refused to them stays refused."""


@dataclass(frozen=True)
class Desk:
    """The same for the command line: each table is computed once."""

    snapshot: Snapshot
    settings: Settings
    view: View
    t: Translator
    _kept: dict[tuple[object, ...], pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def table(self, name: str, **options: str | int) -> pd.DataFrame:
        """Return a result table of ``analytics.tables`` by its name; shared, so never to be changed."""
        key = (name, *sorted(options.items()))
        if key not in self._kept:
            self._kept[key] = getattr(tables, name)(self.snapshot, self.view, self.settings, **options)
        return self._kept[key]

    def looking_at(self, view: View) -> Desk:
        """Return what answers with this view."""
        return Desk(self.snapshot, self.settings, view, self.t)
