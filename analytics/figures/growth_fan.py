"""The sector's past, what was published of it, and what may come: one picture, three kinds of figures, never mixed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, Name, blank, halo, note, parted_notes, scale_notes, sourced, steps, upright
from analytics.figures.palette import Palette
from analytics.text import Translator, translator
from analytics.text.growth_findings import rate_words

HEIGHT = 420
MARGIN = {"l": 8, "r": 138, "t": 22, "b": 28}
PLOT_HEIGHT = HEIGHT - MARGIN["t"] - MARGIN["b"]
# Widest first; each covers the one before with a stronger tone.
BANDS = (("p2_5", "p97_5", "land"), ("p10", "p90", "hair"), ("p25", "p75", "sector"))
LINES = {"high": "secondary", "central": "ink", "low": "secondary"}


def growth_fan(
    past: pd.DataFrame,
    rows: pd.DataFrame,
    points: pd.DataFrame,
    *,
    start: float,
    measure: str,
    rates: Mapping[str, float | None],
    palette: Palette,
    language: str,
) -> go.Figure:
    """Draw the establishments of each 1 January, the published figures, the projection and its fan.

    Parameters
    ----------
    past
        ``year``, ``open``; drawn for firms alone. Empty where there is no history.
    rows
        A row a year from the base: ``firms`` or ``jobs``, the same with ``_low`` and ``_high`` (null without such a
        scenario), and for firms of the register ``firms_p2_5`` to ``firms_p97_5``.
    points
        ``year``, ``value``, ``source_fr``, ``source_en``, ``scope_fr``, ``scope_en``.
    start
        Moment of the base, in years: 2026.83 is the end of October 2026.
    measure
        ``firms`` or ``jobs``.
    rates
        Percent a year of ``low``, ``central``, ``high``.
    """
    t = translator(language)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin=MARGIN)
    times = [start + index for index in range(len(rows))]
    drawn = past if measure == "firms" else past[:0]
    _add_bands(figure, rows, times, measure=measure, palette=palette)
    if len(drawn):
        _add_past(figure, drawn, palette=palette, t=t)
    for name, color in LINES.items():
        values = rows[_column(measure, name)]
        if values.notna().all():
            _add_line(figure, times, values, name=name, color=getattr(palette, color))
    _add_hover(figure, rows, times, measure=measure, t=t)
    _add_points(figure, points, measure=measure, palette=palette, t=t)
    span = _span(rows, [*drawn["open"], *points["value"]], measure=measure)
    ticks, ends = steps(span[1], bottom=span[0]), _ends(rows, measure=measure, rates=rates, palette=palette, t=t)
    named = partial(parted_notes, span=span, plot_px=PLOT_HEIGHT, shadow=halo(palette))
    moments = [*times, *drawn["year"], *points["year"]]
    figure.update_layout(
        xaxis=_years(min(moments), max(moments), palette=palette),
        yaxis=upright(*span, ticks, palette=palette),
        annotations=[
            *scale_notes(ticks, palette=palette, t=t),
            *named(ends, x=times[-1], xanchor="left", xshift=6),
            *_names_of_points(points, named, start=start, first=min(moments), palette=palette, t=t),
            *_past_name(drawn, palette=palette, t=t),
        ],
    )
    return figure


def _column(measure: str, scenario: str) -> str:
    return measure if scenario == "central" else f"{measure}_{scenario}"


def _span(rows: pd.DataFrame, others: list[float], *, measure: str) -> tuple[float, float]:
    """Return where the upright axis begins and ends, so that it holds every value."""
    highs = rows[_known(rows, measure, ends=("", "_high", "_p97_5"))].max()
    lows = rows[_known(rows, measure, ends=("", "_low", "_p2_5"))].min()
    top = 1.06 * max([*highs, *others, 1.0])
    return _bottom([*lows, *others], top), top


def _known(rows: pd.DataFrame, measure: str, *, ends: tuple[str, ...]) -> list[str]:
    """Return those of the measure's columns that there are and that are known."""
    return [measure + end for end in ends if measure + end in rows and rows[measure + end].notna().all()]


def _bottom(values: list[float], top: float) -> float:
    """Return where the axis begins: at the last round number well under all values, zero where that is near."""
    step = steps(top)[1] if len(steps(top)) > 1 else top
    return step / 2 * max(0.0, math.floor(0.9 * min(values, default=0.0) / (step / 2)))


def _add_bands(figure: go.Figure, rows: pd.DataFrame, times: list[float], *, measure: str, palette: Palette) -> None:
    for low, high, tone in BANDS:
        if f"{measure}_{low}" not in rows:
            return
        edges = [*rows[f"{measure}_{high}"].round(1), *rows[f"{measure}_{low}"].round(1)[::-1]]
        figure.add_scatter(
            x=[*times, *times[::-1]],
            y=edges,
            mode="lines",
            fill="toself",
            fillcolor=getattr(palette, tone),
            line={"width": 0.8, "color": palette.hair},
            hoverinfo="skip",
            name=f"fan-{low}",
        )


def _add_past(figure: go.Figure, past: pd.DataFrame, *, palette: Palette, t: Translator) -> None:
    figure.add_scatter(
        x=past["year"].tolist(),
        y=past["open"].tolist(),
        mode="lines+markers",
        line={"color": palette.neutral, "width": 2},
        marker={"size": 5, "color": palette.neutral},
        hoverinfo="text",
        hovertext=[
            t.plural("chart.past_hover", int(count), year=str(year))
            for year, count in zip(past["year"], past["open"], strict=True)
        ],
        name="past",
    )


def _add_line(figure: go.Figure, times: list[float], values: pd.Series, *, name: str, color: str) -> None:
    is_central = name == "central"
    figure.add_scatter(
        x=times,
        y=values.round(1).tolist(),
        mode="lines",
        line={"color": color, "width": 2.5 if is_central else 1.5, "dash": "solid" if is_central else "dot"},
        hoverinfo="skip",
        name=name,
    )


def _add_hover(figure: go.Figure, rows: pd.DataFrame, times: list[float], *, measure: str, t: Translator) -> None:
    if rows[measure].isna().any():
        return
    texts = []
    for row in rows.to_dict("records"):
        text = f"<b>{row['year']}</b><br>{t.plural(f'chart.fan_{measure}', round(row[measure]))}"
        if f"{measure}_p10" in row:
            limits = {key: t.number(row[f"{measure}_{p}"]) for key, p in (("low", "p10"), ("high", "p90"))}
            text += "<br>" + t("chart.fan_limits", **limits)
        texts.append(text)
    figure.add_scatter(
        x=times,
        y=rows[measure].tolist(),
        mode="markers",
        marker={"size": 12, "opacity": 0},
        hoverinfo="text",
        hovertext=texts,
        name="hover",
    )


def _add_points(figure: go.Figure, points: pd.DataFrame, *, measure: str, palette: Palette, t: Translator) -> None:
    if points.empty:
        return
    texts = [
        "<br>".join([f"<b>{t.plural(f'chart.fan_{measure}', round(row['value']))}</b>", *sourced(row, t.language)])
        for row in points.to_dict("records")
    ]
    figure.add_scatter(
        x=points["year"].tolist(),
        y=points["value"].tolist(),
        mode="markers",
        marker={"size": 10, "color": palette.background, "line": {"color": palette.ink, "width": 2}},
        hoverinfo="text",
        hovertext=texts,
        name="published",
    )


def _years(first: float, last: float, *, palette: Palette) -> dict[str, Any]:
    step = 5 if last - first > 12 else 2
    ticks = [year for year in range(int(first) - int(first) % step, int(last) + 1, step) if year >= first - 0.5]
    return {
        **AXIS,
        # Room at the left for the numbers of the other axis.
        "range": [first - 0.09 * (last - first), last + 0.2],
        "tickvals": ticks,
        "ticktext": [str(year) for year in ticks],
        "tickfont": {"color": palette.secondary},
    }


def _ends(
    rows: pd.DataFrame, *, measure: str, rates: Mapping[str, float | None], palette: Palette, t: Translator
) -> Iterator[Name]:
    """Yield what each scenario comes to, for its end; nothing twice of one whose rate is the reader's own."""
    for name, color in sorted(LINES.items(), reverse=True):
        value = float(rows[_column(measure, name)].iloc[-1])
        is_central = name == "central"
        if pd.notna(value) and (is_central or rates[name] != rates["central"]):
            text = t("chart.fan_end", value=t.number(value), rate=rate_words(rates[name] or 0.0, t))
            yield Name(value, f"<b>{text}</b>" if is_central else text, getattr(palette, color))


def _names_of_points(
    points: pd.DataFrame,
    named: Callable[..., list[dict[str, Any]]],
    *,
    start: float,
    first: float,
    palette: Palette,
    t: Translator,
) -> Iterator[dict[str, Any]]:
    for year, group in points.groupby("year"):
        # The lines of the scenarios begin at the point that is their base; left of the first there is no room.
        is_left = first < start == year
        side: dict[str, Any] = {"xanchor": "right", "xshift": -9} if is_left else {"xanchor": "left", "xshift": 9}
        yield from named([Name(value, t.number(value), palette.ink) for value in group["value"]], x=year, **side)


def _past_name(past: pd.DataFrame, *, palette: Palette, t: Translator) -> Iterator[dict[str, Any]]:
    if len(past):
        middle = past.iloc[len(past) // 4]
        font = {"color": palette.secondary, "shadow": halo(palette)}
        place = {"x": int(middle["year"]), "y": float(middle["open"]), "xanchor": "left", "yanchor": "top"}
        yield note(t("chart.past_name"), yshift=-10, font=font, borderpad=0, **place)
