"""The documents by name: what is asked for to the bytes of a file.

Each form is loaded when it is asked for: what writes slides, sets pages or draws takes a second to load.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from analytics.errors import UserError
from analytics.export.asked import Asked


class Output(NamedTuple):
    """A kind of document: ending of its file, its media type, and the function that makes it, ``module:name``."""

    suffix: str
    media_type: str
    maker: str


_OFFICE = "application/vnd.openxmlformats-officedocument"
OUTPUTS: dict[str, Output] = {
    "slides": Output(".pptx", f"{_OFFICE}.presentationml.presentation", "slides:slides"),
    "report": Output(".pdf", "application/pdf", "report:report"),
    "workbook": Output(".xlsx", f"{_OFFICE}.spreadsheetml.sheet", "book:book"),
    "layers": Output(".gpkg", "application/geopackage+sqlite3", "layers:layers"),
}
_SHEETS = {"town": "report:town_sheet", "antenna": "report:antenna_sheet"}


def make(kind: str, asked: Asked, *, town: str | None = None, antenna: str | None = None) -> bytes:
    """Return a document of ``OUTPUTS``; of a report, the sheet of one town or antenna where one is named.

    Raises
    ------
    UserError
        When a sheet is asked of another document than the report, or of both a town and an antenna; when the town or
        the antenna is unknown, or the view selects no firm.
    """
    named = {name: value for name, value in (("town", town), ("antenna", antenna)) if value is not None}
    if named and (kind != "report" or len(named) > 1):
        raise UserError("export.sheet_of_one", options=", ".join(f"--{name}" for name in named))
    if named:
        name, value = named.popitem()
        return _maker(_SHEETS[name])(asked, value)
    return _maker(OUTPUTS[kind].maker)(asked)


def _maker(name: str) -> Callable[..., bytes]:
    module, function = name.split(":")
    maker: Callable[..., bytes] = getattr(import_module(f"analytics.export.{module}"), function)
    return maker
