"""What is told while a snapshot is made: the stage, and how much of it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, float], None]
"""Called with the catalogue key of a stage and the share of it that is done, 0 to 1."""

STAGES = (
    "build.stage_geography",
    "build.stage_members",
    "build.stage_register",
    "build.stage_legal_units",
    "build.stage_firms",
    "build.stage_matching",
    "build.stage_sources",
    "build.stage_derived",
    "build.stage_publishing",
)


def tell_nobody(stage: str, done: float) -> None:
    """Report to nobody."""
    del stage, done


@contextmanager
def reported(report: Report, stage: str) -> Iterator[None]:
    """Report that a stage begins and, unless it fails, that it is done."""
    report(stage, 0)
    yield
    report(stage, 1)
