"""What is served, and its result tables: the caches of the pages, all keyed by the snapshot's id.

A run of a page looks at the store once, when it begins (``begin_run``), and answers with what it found to its
end, whatever is published meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import streamlit as st

from analytics import removals, tables
from analytics.errors import UserError
from analytics.settings import Settings, default_settings, store_dir
from analytics.store import Served, Snapshot, Store
from analytics.text import Translator, translator
from analytics.view import View
from pages.shared import access
from pages.shared.rules import NOBODY, Person

# Readers who try many selections must not fill the memory: tables are small (lists are cut to what is shown), figures
# up to some 200 kB. With fewer kept, each of fifty readers pushes out what the next asks for.
_KEPT_TABLES = 1500
_KEPT_FIGURES = 600
# Pictures of up to some 350 kB, and words; a show of seven scenes in both themes is twenty-one.
_KEPT_OF_SHOWS = 63
_SERVED = "served_snapshot"


@dataclass(frozen=True)
class Reader:
    """What a page answers with: the snapshot served, its settings, what is selected, in which language, to whom."""

    snapshot: Snapshot
    settings: Settings
    view: View
    t: Translator
    person: Person = NOBODY

    def table(self, name: str, **options: str | int) -> pd.DataFrame:
        """Return a result table of ``analytics.tables`` by its name; shared, so never to be changed.

        Raises
        ------
        UserError
            When it names firms or members to somebody who may not be told; whatever asks for it.
        """
        access.refuse_names(name, self.person)
        root, query = str(self.snapshot.path.parent), self._query(tables.READS[name])
        return _table(root, self.snapshot.id, name, query, _reader=self, **options)

    def looking_at(self, view: View) -> Reader:
        """Return what answers with this view, to the same person."""
        return replace(self, view=view)

    def figure(self, name: str, draw: Callable[[], object], *, reads: tuple[str, ...]) -> object:
        """Return what ``draw`` draws under ``name``; drawn once, shared, so never to be changed.

        It is drawn anew for another selection of firms, and where one of the view's fields that it ``reads`` changes.
        """
        root, query = str(self.snapshot.path.parent), self._query(reads)
        return _figure(root, self.snapshot.id, query, self.t.language, name, _draw=draw)

    def kept(self, name: str, make: Callable[[], object]) -> object:
        """Return what ``make`` makes under ``name`` for the stage; made once a view, shared, so never to be changed."""
        root = str(self.snapshot.path.parent)
        return _kept(root, self.snapshot.id, self.view.to_query(self.settings), self.t.language, name, _make=make)

    def _query(self, reads: tuple[str, ...]) -> str:
        """Return what a table or figure depends on, so that what it does not read makes no other copy."""
        return self.view.keep(*reads).to_query(self.settings)


def store() -> Store:
    """Return the store that the environment names."""
    return Store(store_dir())


def look() -> Snapshot | None:
    """Look at the store: what it serves now is what this run answers with; None when nothing was published yet.

    Raises
    ------
    UserError
        What is wrong with what is published, where no other snapshot is whole.
    """
    st.session_state.pop(_SERVED, None)
    found = st.session_state[_SERVED] = removals.served(store(), _open_whole)
    return found.snapshot if found else None


def served() -> Served | None:
    """Return what this run answers with, and what is wrong with the published one where it is another."""
    if _SERVED not in st.session_state:
        look()
    found: Served | None = st.session_state[_SERVED]
    return found


def served_snapshot() -> Snapshot | None:
    """Return the snapshot that this run answers with, checked once and read once for all sessions, or None."""
    found = served()
    return found.snapshot if found else None


def has_moved_on() -> bool:
    """Return whether what this run answers with was found damaged or gone, and the next run answers with another."""
    found = st.session_state.get(_SERVED)
    if found is None or found.snapshot.damage is None:
        return False
    with suppress(UserError):
        now = removals.served(store(), _open_whole)
        return now is not None and now.snapshot.id != found.snapshot.id
    return False


def settings_of(snapshot: Snapshot | None) -> Settings:
    """Return the settings with which a snapshot was built: another region's data bring their own."""
    if snapshot is None:
        return default_settings()
    return _settings(str(snapshot.path.parent), snapshot.id, _snapshot=snapshot)


def begin_run() -> Settings:
    """Look at the store, and return the settings of what it serves; the bundled ones while nothing is readable."""
    try:
        return settings_of(look())
    except UserError:
        return default_settings()


def texts(language: str) -> Translator:
    """Return the texts of a language."""
    return translator(language)


def _open_whole(snapshot_id: str) -> Snapshot:
    """Return a snapshot that was checked once in this process; anew when a table was found damaged since."""
    root = str(store().root)
    snapshot = _whole(root, snapshot_id)
    if snapshot.damage is not None:
        _whole.clear(root, snapshot_id)
        snapshot = _whole(root, snapshot_id)
    return snapshot


@st.cache_resource(max_entries=3, show_spinner=False)
def _whole(root: str, snapshot_id: str) -> Snapshot:
    return Store(Path(root)).open_whole(snapshot_id)


@st.cache_resource(max_entries=3, show_spinner=False)
def _settings(root: str, snapshot_id: str, *, _snapshot: Snapshot) -> Settings:
    del root, snapshot_id  # They are the key.
    return _snapshot.settings()


@st.cache_resource(max_entries=_KEPT_TABLES, show_spinner=False)
def _table(
    root: str, snapshot_id: str, name: str, query: str, *, _reader: Reader, **options: str | int
) -> pd.DataFrame:
    del root, snapshot_id  # They are the key, with the query: of the reader's view what the table reads.
    snapshot, settings = _reader.snapshot, _reader.settings
    table: pd.DataFrame = getattr(tables, name)(snapshot, View.from_query(query, settings), settings, **options)
    return table


@st.cache_resource(max_entries=_KEPT_FIGURES, show_spinner=False)
def _figure(
    root: str, snapshot_id: str, query: str, language: str, name: str, *, _draw: Callable[[], object]
) -> object:
    """Figures hold no colour of a theme, so one serves every reader of the selection and the language."""
    del root, snapshot_id, query, language, name  # They are the key.
    return _draw()


@st.cache_resource(max_entries=_KEPT_OF_SHOWS, show_spinner=False)
def _kept(root: str, snapshot_id: str, query: str, language: str, name: str, *, _make: Callable[[], object]) -> object:
    """Pictures have the colours of their theme, which is in their name."""
    del root, snapshot_id, query, language, name  # They are the key.
    return _make()
