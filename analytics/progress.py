"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]
"""Called with the share of the step that is done, 0 to 1."""


def silent(done: float) -> None:
    """Tell nobody."""
    del done
