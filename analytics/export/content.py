"""What an output tells, before it has a form: one section a finding, the same on stage, on slides and on paper.

A section holds words and a result table; how its picture is drawn is the affair of each form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analytics.export.workbook import Column

SectionKey = Literal[
    "sector",
    "cluster",
    "places",
    "towns",
    "reach",
    "offices",
    "growth",
    "plan",
    "recruitment",
    "budget",
    "axes",
    "next",
]


@dataclass(frozen=True)
class Figure:
    """A figure set large, as it is written: ``label`` names it, ``value`` is it, ``beside`` what goes with it.

    ``published`` is what was published of the same quantity, with its source and day; empty where nothing was.
    """

    label: str
    value: str
    beside: str = ""
    published: str = ""


@dataclass(frozen=True)
class Section:
    """One finding.

    Attributes
    ----------
    key
        What it is about; each form knows by it which picture to draw.
    title
        The finding, a sentence with its figures.
    message
        What goes with it, one or two sentences.
    figures
        Up to four; the first is the one that is set largest where there is room for one.
    table
        The rows behind the picture, values as the result tables give them.
    columns
        The columns of ``table`` that are shown, in this order, with their heads and kinds.
    alt
        The picture in words, for who does not see it.
    method
        How the figures were made: formula, denominator, limits.
    sources
        Whence they come, and of which day.
    short
        The finding in one breath, where the title says more than a room can read; empty where it does.
    """

    key: SectionKey
    title: str
    message: str
    figures: tuple[Figure, ...]
    table: pd.DataFrame
    columns: Mapping[str, Column]
    alt: str
    method: str
    sources: str
    short: str = ""
