"""New files: sent, read, built, published; or one sentence that says what is wrong with which."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from analytics.errors import UserError
from pages.shared import guards, inventory, loaders
from pages.shared.first_build import progress_bar
from pages.shared.loaders import Reader

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_TYPES = {
    "register": ["parquet", "csv", "zip"],
    "legal_units": ["parquet", "csv", "zip"],
    "members": ["xlsx", "csv"],
}
_OUTCOME = "loading_outcome"


def form(reader: Reader) -> None:
    """Ask for files and build from them, or for a roster alone; the published data stay until the build has passed."""
    t = reader.t
    columns = st.columns(3, gap="medium")
    given: dict[str, UploadedFile | None] = {}
    for column, (role, types) in zip(columns, _TYPES.items(), strict=True):
        with column:
            given[role] = st.file_uploader(t(f"sources.upload_{role}"), type=types, key=f"upload-{role}")
    shrink = st.checkbox(t("sources.allow_shrink"), key="allow-shrink")
    nothing_to_do = given["register"] is None and given["members"] is None
    asked = st.button(t("sources.build"), type="primary", disabled=nothing_to_do, key="build")
    if nothing_to_do:
        st.html(f'<div class="source">{t("sources.build_hint")}</div>')
    if asked:
        with guards.one_sentence(t.language):
            _build(reader, {role: file for role, file in given.items() if file is not None}, allow_shrink=shrink)


def show_outcome() -> None:
    """Show what the last action of this session did, once."""
    outcome = st.session_state.pop(_OUTCOME, None)
    if outcome:
        st.success(outcome)


def finish(sentence: str) -> None:
    """Keep what an action did and draw the page anew on what is published now."""
    st.session_state[_OUTCOME] = sentence
    st.rerun()


def _build(reader: Reader, given: dict[str, UploadedFile], *, allow_shrink: bool) -> None:
    from analytics import pipeline  # noqa: PLC0415 - readers and geometry, which no other page loads

    t = reader.t
    with _kept_aside(given) as paths, progress_bar(t, t("sources.building")) as report:
        try:
            if "register" in paths:
                request = pipeline.Request(**paths, store=loaders.store(), allow_shrink=allow_shrink)
                snapshot = pipeline.build(request, report)
            else:
                snapshot = pipeline.replace_members(loaders.store(), paths["members"], report)
        except UserError as error:
            if error.key != "build.shrunk":
                raise
            raise UserError("sources.shrunk", **error.params) from error  # Here it is a box to tick, not an option.
    built = Reader(snapshot, reader.settings, reader.view, t)
    finish(t("sources.built", title=inventory.headline(built)))


@contextmanager
def _kept_aside(given: dict[str, UploadedFile]) -> Iterator[dict[str, Path]]:
    """Write the files into a folder that only this account can open, under their own names; remove it after."""
    with tempfile.TemporaryDirectory(prefix="ecosystem-") as folder:
        paths = {}
        for role, file in given.items():
            place = Path(folder) / role
            place.mkdir()
            # The name is the sender's: only its last part is used, and it names the file in messages.
            paths[role] = place / (Path(file.name.replace("\\", "/")).name or role)
            try:
                with paths[role].open("wb") as copy:
                    shutil.copyfileobj(file, copy)
            except OSError as error:
                raise UserError("sources.upload_failed", file=file.name, reason=error.strerror or "") from error
        yield paths
