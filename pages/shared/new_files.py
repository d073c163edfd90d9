"""New files: sent, read, built, published; or one sentence that says what is wrong with which."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from analytics.errors import UserError
from analytics.pipeline.request import Request
from analytics.store import Snapshot
from pages.shared import access, guards, inventory, loaders, outcomes, uploads
from pages.shared.first_build import progress_bar
from pages.shared.loaders import Reader

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_TYPES = {
    "register": ["parquet", "csv", "zip"],
    "legal_units": ["parquet", "csv", "zip"],
    "members": ["xlsx", "csv"],
}
# Here it is a box to tick, not an option.
_SHRUNK = {
    "build.shrunk": "sources.shrunk",
    "build.members_shrunk": "sources.members_shrunk",
    "build.no_roster": "sources.no_roster",
}


def form(reader: Reader) -> None:
    """Ask for files and build from them, or for a roster alone; the published data stay until the build has passed."""
    t = reader.t
    columns = st.columns(3, gap="medium")
    given: dict[str, UploadedFile | None] = {}
    for column, (role, types) in zip(columns, _TYPES.items(), strict=True):
        with column:
            given[role] = st.file_uploader(t(f"sources.upload_{role}"), type=types, key=f"upload-{role}")
    limits = t("rights.upload_limits", files=t.number(len(_TYPES)), size=t.number(uploads.limit_megabytes()))
    st.html(f'<div class="source">{escape(limits)}</div>')
    shrink = st.checkbox(t("sources.allow_shrink"), key="allow-shrink")
    nothing_to_do = given["register"] is None and given["members"] is None
    asked = st.button(t("sources.build"), type="primary", disabled=nothing_to_do, key="build")
    outcomes.show("load")
    if nothing_to_do:
        st.html(f'<div class="source">{t("sources.build_hint")}</div>')
    if asked:
        with guards.one_sentence(t.language):
            _build(reader, {role: file for role, file in given.items() if file is not None}, allow_shrink=shrink)


def _build(reader: Reader, given: dict[str, UploadedFile], *, allow_shrink: bool) -> None:
    t, what = reader.t, "build" if "register" in given else "publish_roster"
    # Drawing, to take the bar away too, is where Streamlit may end a run: not between the publication and its record.
    with (
        progress_bar(t, t("sources.building")) as report,
        access.acting("publish", what) as action,
        _kept_aside(given) as paths,
    ):
        snapshot = _published_from(paths, report, allow_shrink=allow_shrink)
        action.snapshot = snapshot.id
    built = Reader(snapshot, reader.settings, reader.view, t)
    outcomes.finish(t("sources.built", title=inventory.headline(built)), place="load")


def _published_from(paths: dict[str, Path], report: Callable[[str, float], None], *, allow_shrink: bool) -> Snapshot:
    from analytics.pipeline import building, republishing  # noqa: PLC0415 - the register engine: a quarter of a second

    if "legal_units" in paths and "register" not in paths:
        raise UserError("sources.units_alone")
    try:
        if "register" not in paths:
            return republishing.replace_members(loaders.store(), paths["members"], report, allow_shrink=allow_shrink)
        return building.build(Request(**paths, store=loaders.store(), allow_shrink=allow_shrink), report)
    except UserError as error:
        if error.key not in _SHRUNK:
            raise
        raise UserError(_SHRUNK[error.key], **error.params) from error


@contextmanager
def _kept_aside(given: dict[str, UploadedFile]) -> Iterator[dict[str, Path]]:
    """Write the files into a folder that only this account can open, under their own names; remove it after.

    It is removed when the build fails too.
    """
    with tempfile.TemporaryDirectory(prefix="ecosystem-") as folder:
        paths = {}
        for role, file in given.items():
            place = Path(folder) / role
            place.mkdir()
            # The name is the sender's: only its last part is used, and it names the file in messages.
            paths[role] = place / (Path(file.name.replace("\\", "/")).name or role)
            try:
                with os.fdopen(_opened_for_us_alone(paths[role]), "wb") as copy:
                    shutil.copyfileobj(file, copy)
            except OSError as error:
                raise UserError("sources.upload_failed", file=file.name, reason=error.strerror or "") from error
        yield paths


def _opened_for_us_alone(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
