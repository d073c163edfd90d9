"""Where the next antennas should stand: how many, for what, where not; what each adds, and how sure that is."""

from __future__ import annotations

from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from analytics.figures.bars import ranked_bars
from analytics.tables import READS, STABILITY_QUESTIONS
from analytics.text import coverage_findings as findings
from analytics.text.findings import of_named
from analytics.view import DEMANDS, MOST_OFFICES
from pages.shared import address, blocks
from pages.shared import controls as widgets
from pages.shared.loaders import Reader

_SHOWN_STABLE = 6
_READS = READS["next_antennas"]
_FIELDS = {"exclude": "excluded", "force": "forced"}


def controls(reader: Reader) -> None:
    """Draw how many antennas, for what, and which communes may not, or must, have one."""
    t, view = reader.t, reader.view
    with st.container(horizontal=True, vertical_alignment="bottom", key="offices-controls"):
        widgets.segmented(reader, "offices", list(range(1, MOST_OFFICES + 1)), label=t("coverage.offices_label"))
        widgets.segmented(
            reader,
            "demand",
            DEMANDS,
            label=t("coverage.demand_label"),
            shown=lambda demand: t(f"coverage.demand_{demand}"),
        )
    communes = reader.snapshot.table("communes")
    names = dict(zip(communes["commune_code"], communes["name"], strict=True))
    # Codes that are no commune's are told above the map.
    chosen = {name: [code for code in getattr(view, field) if code in names] for name, field in _FIELDS.items()}
    told = sum(map(len, chosen.values()))
    label = t("coverage.choices_some", count=t.number(told)) if told else t("coverage.choices")
    with st.popover(label, type="tertiary", key="popover-choices"):
        for name in _FIELDS:
            _communes(reader, name, chosen=chosen[name], names=names)


def answer(reader: Reader, summary: pd.Series) -> None:
    """Draw what is reached today and then, what each antenna adds, and how certain it is that nothing is better."""
    t, rows = reader.t, reader.table("next_antennas_in_full")
    today = summary["already_pct"]
    cards = [(t("coverage.figure_today"), t.percent(today) if pd.notna(today) else "–", "")]
    if len(rows):
        then = t.percent(rows["covered_share_pct"].iloc[-1])
        cards.append((t.plural("coverage.figure_then", len(rows)), then, ""))
    blocks.figures(cards)
    if len(rows):
        figure = reader.figure("next-antennas", partial(_bars, reader, rows), reads=_READS)
        alt = findings.headline(summary, rows, t, view=reader.view)
        blocks.chart(figure, name="next-antennas", kind="bars", alt=alt)
    enough = findings.enough_sentence(summary, rows, t, view=reader.view)
    proof = findings.proof_sentence(summary, rows, t, view=reader.view)
    told = " ".join(filter(None, (t("coverage.next_note"), enough, proof)))
    st.html(f'<div class="source">{escape(told)}</div>')


def table(reader: Reader) -> pd.DataFrame:
    """Return the table behind the answer."""
    rows = reader.table("next_antennas_in_full")
    greedy = findings.yes_or_no(rows["chosen_by_greedy"], reader.t)
    columns = ["rank", "commune_code", "commune_name", "population", "added_demand", "covered_share_pct"]
    table = rows[columns].assign(optimality_gap_pct=100 * rows["optimality_gap"], chosen_by_greedy=greedy)
    if not rows["is_measured"].any():
        return table
    return table.assign(is_measured=findings.yes_or_no(rows["is_measured"], reader.t))


def stable_title(reader: Reader) -> str:
    """Return how often the first commune is chosen, or one next to it."""
    return findings.stability_title(reader.table("stability"), reader.t, asked=STABILITY_QUESTIONS)


def stable(reader: Reader, *, alt: str) -> None:
    """Draw how often each commune is chosen."""
    rows = reader.table("stability")
    if len(rows):
        figure = reader.figure("stability", partial(_stability_bars, reader, rows), reads=READS["stability"])
        blocks.chart(figure, name="stability", kind="bars", alt=alt)


def further(reader: Reader) -> None:
    """Offer to say how many antennas more shares would take, and whether moving one would do: seconds, once asked."""
    opened = st.popover(reader.t("coverage.further"), type="tertiary", key="popover-further", on_change="rerun")
    if not opened.open:
        return
    offices = findings.offices_sentence(reader.table("offices_needed"), reader.t)
    moved = findings.move_sentence(reader.table("move"), reader.t, view=reader.view)
    overlap = findings.overlap_sentence(reader.table("overlaps"), reader.t)
    told = "".join(f'<p class="finding">{escape(text)}</p>' for text in (offices, moved, overlap) if text)
    with opened:
        st.html(told, width=420)


def _bars(reader: Reader, rows: pd.DataFrame) -> object:
    t, view = reader.t, reader.view
    bars = pd.DataFrame(
        {
            "rank": rows["rank"],
            "key": rows["commune_code"],
            "name": rows["commune_name"],
            "detail": [_detail(reader, row) for _, row in rows.iterrows()],
            "value": rows["added_demand"],
            "value_text": [findings.figure(value, view.demand, t) for value in rows["added_demand"]],
            "hover": [findings.amount(value, view.demand, t) for value in rows["added_demand"]],
        }
    )
    return ranked_bars(bars, role="gap", palette=blocks.slots(), language=t.language)


def _stability_bars(reader: Reader, rows: pd.DataFrame) -> object:
    t, shown = reader.t, rows[rows["is_first_nearby"]].head(_SHOWN_STABLE)
    asked = t.number(STABILITY_QUESTIONS)
    details = [t.plural("coverage.stability_detail", times) for times in shown["times"]]
    bars = pd.DataFrame(
        {
            "key": shown["commune_code"],
            "name": shown["commune_name"],
            "detail": details,
            "value": shown["times_nearby"],
            "value_text": [t("coverage.times", times=t.number(n), asked=asked) for n in shown["times_nearby"]],
            "hover": details,
        }
    )
    return ranked_bars(
        bars, role="ink", highest=float(STABILITY_QUESTIONS), palette=blocks.slots(), language=t.language
    )


def _detail(reader: Reader, row: pd.Series) -> str:
    """Return where a commune is: ``Hérault · 61 km de Montpellier``."""
    t, unit = reader.t, reader.view.unit
    departments = reader.snapshot.table("departments").set_index("area_code")["area_name"]
    department = str(departments.get(row["department_code"], row["department_code"]))
    if pd.isna(row["nearest_antenna"]):
        return department
    antenna = of_named(row["nearest_antenna"], t)
    cost = t(f"coverage.cost_{unit}", cost=t.number(row["cost"]), antenna=antenna)
    return t("coverage.detail", department=department, cost=cost)


def _communes(reader: Reader, name: str, *, chosen: list[str], names: dict[str, str]) -> None:
    sites = reader.table("possible_sites")["commune_code"]
    st.session_state[name] = chosen
    st.multiselect(
        reader.t(f"coverage.{name}_label"),
        sorted({*sites, *chosen}, key=names.__getitem__),
        format_func=lambda code: f"{names[code]} ({code[:2]})",
        key=name,
        placeholder="",
        select_all=False,
        on_change=_set_communes,
        args=(reader, name),
    )


def _set_communes(reader: Reader, name: str) -> None:
    codes = tuple(sorted(st.session_state[name]))
    address.change(reader.settings, **{_FIELDS[name]: codes})
