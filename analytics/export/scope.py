"""What a view selects, in words."""

from __future__ import annotations

import pandas as pd

from analytics.export.asked import Asked
from analytics.text import Translator
from analytics.view import View


def scope(asked: Asked) -> str | None:
    """Return the name of what is selected when it is one thing, ``""`` when it is several, None when nothing is."""
    if asked.view.selection == View.default(asked.settings):
        return None
    names = selected_names(asked)
    return names[0] if len(names) == 1 else ""


def selected_names(asked: Asked) -> list[str]:
    """Return the names of all that is selected: departments, segments, sizes, employers, another perimeter."""
    view, settings, language = asked.view, asked.settings, asked.t.language
    names = [department_names(asked)[code] for code in view.departments]
    names += [settings.segment_names(language)[key] for key in view.segments]
    names += [size_name(asked.t, key) for key in view.sizes]
    names += [asked.t("common.employers_short")] * view.employers_only
    if view.perimeter != settings.cluster.default_perimeter:
        names.append(settings.perimeters[view.perimeter].name.in_language(language))
    return names


def department_names(asked: Asked) -> dict[str, str]:
    """Return the names of the region's departments by code."""
    table: pd.DataFrame = asked.snapshot.table("departments")
    return dict(zip(table["area_code"], table["area_name"], strict=True))


def size_name(t: Translator, key: str) -> str:
    """Return the name of a size class."""
    return t(f"size.class_{key}")
