"""What is published, and its result tables: the only caches of the pages, all keyed by the snapshot's id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from analytics import tables
from analytics.errors import UserError
from analytics.settings import Settings, default_settings, store_dir
from analytics.store import Snapshot, Store
from analytics.text import Translator, translator
from analytics.view import View

# A reader who tries many selections must not fill the memory: tables are small (lists are cut to what is shown),
# figures up to some 200 kB.
_KEPT_TABLES = 400
_KEPT_FIGURES = 150


@dataclass(frozen=True)
class Reader:
    """What a page answers with: the published snapshot, its settings, what is selected, and in which language."""

    snapshot: Snapshot
    settings: Settings
    view: View
    t: Translator

    def table(self, name: str, **options: str | int) -> pd.DataFrame:
        """Return a result table of ``analytics.tables`` by its name; shared, so never to be changed."""
        root, query = str(self.snapshot.path.parent), self._query(tables.READS[name])
        return _table(root, self.snapshot.id, name, query, **options)

    def figure(self, name: str, draw: Callable[[], object], *, reads: tuple[str, ...]) -> object:
        """Return what ``draw`` draws under ``name``; drawn once, shared, so never to be changed.

        It is drawn anew for another selection of firms, and where one of the view's fields that it ``reads`` changes.
        """
        root, query = str(self.snapshot.path.parent), self._query(reads)
        return _figure(root, self.snapshot.id, query, self.t.language, name, _draw=draw)

    def _query(self, reads: tuple[str, ...]) -> str:
        """Return what a table or figure depends on, so that what it does not read makes no other copy."""
        return self.view.keep(*reads).to_query(self.settings)


def store() -> Store:
    """Return the store that the environment names."""
    return Store(store_dir())


def published() -> Snapshot | None:
    """Return the published snapshot, its tables read once for all sessions, or None."""
    here = store()
    snapshot_id = here.current_id()
    return _snapshot(str(here.root), snapshot_id) if snapshot_id else here.current()


def settings_of(snapshot: Snapshot | None) -> Settings:
    """Return the settings with which a snapshot was built: another region's data bring their own."""
    return _settings(str(snapshot.path.parent), snapshot.id) if snapshot else default_settings()


def readable_settings() -> Settings:
    """Return the published settings; the bundled ones while nothing readable is published."""
    try:
        return settings_of(published())
    except UserError:
        return default_settings()


def texts(language: str) -> Translator:
    """Return the texts of a language."""
    return translator(language)


@st.cache_resource(max_entries=3, show_spinner=False)
def _snapshot(root: str, snapshot_id: str) -> Snapshot:
    return Store(Path(root)).open(snapshot_id)


@st.cache_resource(max_entries=3, show_spinner=False)
def _settings(root: str, snapshot_id: str) -> Settings:
    return _snapshot(root, snapshot_id).settings()


@st.cache_resource(max_entries=_KEPT_TABLES, show_spinner=False)
def _table(root: str, snapshot_id: str, name: str, query: str, **options: str | int) -> pd.DataFrame:
    snapshot, settings = _snapshot(root, snapshot_id), _settings(root, snapshot_id)
    table: pd.DataFrame = getattr(tables, name)(snapshot, View.from_query(query, settings), settings, **options)
    return table


@st.cache_resource(max_entries=_KEPT_FIGURES, show_spinner=False)
def _figure(
    root: str, snapshot_id: str, query: str, language: str, name: str, *, _draw: Callable[[], object]
) -> object:
    """Figures hold no colour of a theme, so one serves every reader of the selection and the language."""
    del root, snapshot_id, query, language, name  # They are the key.
    return _draw()
