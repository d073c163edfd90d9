"""Files that leave: written aside, then renamed, so that no reader ever meets half of one."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from analytics.errors import UserError


def save(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file: whoever reads it meanwhile has the old one or the new one.

    Parameters
    ----------
    private
        For this account alone, whatever its umask allows: the file names people.

    Raises
    ------
    UserError
        When it cannot be written there; what stood there stays, and nothing is left beside it.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        aside.unlink(missing_ok=True)
        with open(aside, "xb", opener=partial(os.open, mode=0o600 if private else 0o666)) as file:
            file.write(content)
        aside.replace(path)
    except OSError as error:
        raise UserError("cli.unwritable", file=str(path), reason=error.strerror or "") from error
    finally:
        aside.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Find out before the work whether a file can be written there.

    Raises
    ------
    UserError
        When its folder is absent or may not be written to, or a folder bears its name.
    """
    folder = path.parent
    if path.is_dir():
        raise UserError("cli.is_folder", file=str(path))
    if not folder.is_dir():
        raise UserError("cli.no_folder", folder=str(folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError("cli.no_right", folder=str(folder))


def check_suffix(path: Path, *known: str) -> str:
    """Return the ending of a file's name, in small letters.

    Raises
    ------
    UserError
        When it is none of the known ones.
    """
    if path.suffix.lower() not in known:
        raise UserError("cli.unknown_suffix", file=path.name, known=", ".join(known))
    return path.suffix.lower()
