"""The plan of a year: visits a month, the share that joins, what that brings; and what narrows the list."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from analytics.export.scope import scope as selected_scope
from analytics.export.sections.recruitment import planned
from analytics.text import recruitment_findings as findings
from analytics.view import MAX_VISITS
from pages.shared import address, blocks, guards
from pages.shared import controls as widgets
from pages.shared.loaders import Reader

_LET_GO: dict[str, dict[str, object]] = {
    "cell": {"cell": None},
    "town": {"town_only": False},
    "antenna": {"antenna": None},
    "within": {"within_km": None},
}


def scope(reader: Reader) -> str | None:
    """Return the one thing that narrows the list, None where several things do or none does."""
    names = _narrowings(reader)
    selected = selected_scope(reader)
    told = [*names.values(), *([selected] if selected is not None else [])]
    return told[0] or None if len(told) == 1 else None


def chosen(reader: Reader) -> None:
    """Show the cell and the town that narrow the list, each with the way to let go of it; tell of an unknown town."""
    view = reader.view
    if view.town_only and view.town not in set(reader.table("town_names")["area_code"]):
        st.warning(guards.plain(reader.t("towns.unknown_town", town=view.town or "")))
    _chips(reader, {name: text for name, text in _narrowings(reader).items() if name in ("cell", "town")})


def around(reader: Reader) -> None:
    """Show the antenna and the distance that narrow a page which has no choice of them, with the way to let go."""
    _chips(reader, {name: text for name, text in _narrowings(reader).items() if name in ("antenna", "within")})


def _chips(reader: Reader, narrowed: dict[str, str]) -> None:
    if not narrowed:
        return
    with st.container(horizontal=True, key="narrowed"):
        for name, text in narrowed.items():
            st.button(
                guards.plain(reader.t("recruitment.let_go", name=text)),
                help=reader.t("recruitment.let_go_help"),
                type="tertiary",
                key=f"let-go-{name}",
                on_click=_let_go,
                args=(reader, name),
            )


def controls(reader: Reader) -> None:
    """Draw the two numbers that the reader sets."""
    t = reader.t
    one, two = st.columns(2, gap="medium")
    for column, name, high, step in ((one, "visits", MAX_VISITS, 1.0), (two, "conversion", 100.0, 0.5)):
        with column:
            widgets.number(reader, name, label=t(f"recruitment.{name}"), low=0.0, high=high, step=step)


def expectation(reader: Reader, plan: pd.Series) -> None:
    """Say what a year of these visits should bring, in figures and in a sentence."""
    t, view = reader.t, reader.view
    blocks.figures(
        [
            (t("recruitment.figure_visits"), t.number(plan["visits"]), ""),
            (t("recruitment.figure_recruits"), findings.recruits_shown(plan["recruits"], t), _between(plan, reader)),
        ]
    )
    exhausted = findings.exhausted_sentence(int(plan["listed"]), t, visits_per_month=view.visits)
    st.html(f'<div class="finding">{escape(planned(reader))}. {escape(exhausted)}</div>')
    st.html(f'<div class="source">{escape(t("recruitment.planner_note"))}</div>')


def _between(plan: pd.Series, reader: Reader) -> str:
    t = reader.t
    return t("recruitment.low_to_high", low=t.number(plan["recruits_low"]), high=t.number(plan["recruits_high"]))


def _narrowings(reader: Reader) -> dict[str, str]:
    """Return the names of what narrows the list besides the selection of firms."""
    view, t, found = reader.view, reader.t, {}
    if view.cell is not None:
        segment, size = view.cell
        name = reader.settings.segment_names(t.language)[segment]
        found["cell"] = f"{name}, {t(f'recruitment.firms_{size}')}"
    if view.town_only and view.town is not None:
        towns = reader.table("town_names").set_index("area_code")["area_name"]
        found["town"] = str(towns.get(view.town, view.town))
    if view.antenna is not None:
        found["antenna"] = t("recruitment.around", antenna=view.antenna)
    if view.within_km is not None:
        found["within"] = t("common.within", km=t.tenths(view.within_km))
    return found


def _let_go(reader: Reader, name: str) -> None:
    address.change(reader.settings, **_LET_GO[name])
