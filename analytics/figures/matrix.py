"""White space: segments by size classes, where members are missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, plain, steady
from analytics.figures.palette import Palette
from analytics.text import Translator, translator

NAMES_PX = 178
WIDE_ROW_PX, NARROW_ROW_PX = 52, 58
TOP_PX, BOTTOM_PX = 30, 4
GAP = 0.03  # between cells, share of one
# From how many members missing, or too many, a cell takes the next tone.
TONES = (1.0, 3.0, 10.0)
GAP_SLOTS, OURS_SLOTS = (4, 3, 1), (5, 6, 8)
# Tones on which text is the page's colour: they are dark in light and light in dark. The middle ones (2 and 7) are
# neither and carry no text.
STRONG_SLOTS = (1, 8)


def white_space(
    cells: pd.DataFrame,
    *,
    segments: Mapping[str, str],
    sizes: Mapping[str, str],
    selected: tuple[str, str] | None,
    palette: Palette,
    language: str,
    narrow: bool = False,
) -> go.Figure:
    """Draw members and firms of each segment and size class, coloured by the members missing.

    Parameters
    ----------
    cells
        ``segment``, ``size_class`` (keys), ``firms``, ``members``, ``members_missing``, ``verdict``.
    segments, sizes
        Names by key, in the order of the rows and of the columns. A pair without a cell has no firm.
    selected
        The segment and size class whose cell is framed.
    narrow
        Names of segments over their cells and short texts, for a phone.

    Returns
    -------
    Figure
        Cells are bars, which can be selected by a click (those of a heatmap cannot): ``customdata`` is
        ``[segment, size_class]``. Cells without a firm, or too small to say anything, have the colour of land.
    """
    t = translator(language)
    drawn = _complete(cells, segments=list(segments), sizes=list(sizes))
    figure = blank(
        palette=palette,
        language=language,
        height=TOP_PX + len(segments) * (NARROW_ROW_PX if narrow else WIDE_ROW_PX) + BOTTOM_PX,
        margin={"l": 0 if narrow else NAMES_PX, "t": TOP_PX, "b": BOTTOM_PX},
    )
    _add_cells(figure, drawn, segments, sizes, palette=palette, t=t, narrow=narrow)
    _keep_texts(figure, drawn, selected, palette=palette)
    figure.update_layout(
        bargap=0,
        barmode="overlay",
        xaxis={**AXIS, "range": [0, len(sizes)], "showticklabels": False},
        yaxis={**AXIS, "range": [len(segments), 0], "showticklabels": False},
        shapes=_frames(drawn, selected, palette=palette, narrow=narrow),
        annotations=[*_rows(segments, narrow=narrow), *_columns(sizes, palette=palette)],
    )
    return figure


def tone(missing: float, *, is_said: bool) -> int | None:
    """Return the diverging slot of a number of members missing, negative where there are more; None for land."""
    if not is_said or not abs(missing) >= TONES[0]:
        return None
    rank = sum(abs(missing) >= limit for limit in TONES) - 1
    return (GAP_SLOTS if missing > 0 else OURS_SLOTS)[rank]


def _complete(cells: pd.DataFrame, *, segments: list[str], sizes: list[str]) -> pd.DataFrame:
    """Return a row for each pair, by segment and size class, with its tone."""
    pairs = pd.MultiIndex.from_product([segments, sizes], names=["segment", "size_class"])
    columns = ["firms", "members", "members_missing", "verdict"]
    full = cells.set_index(["segment", "size_class"])[columns].reindex(pairs).reset_index()
    firms = full["firms"].fillna(0).astype("int64")
    is_said = (firms > 0) & ~full["verdict"].isin(["too_small", "empty"])
    return full.assign(
        firms=firms,
        members=full["members"].fillna(0).astype("int64"),
        row=np.repeat(np.arange(len(segments)), len(sizes)),
        column=np.tile(np.arange(len(sizes)), len(segments)),
        is_said=is_said,
        slot=pd.Series(
            [tone(m, is_said=said) for m, said in zip(full["members_missing"], is_said, strict=True)], dtype="object"
        ),
    )


def _add_cells(
    figure: go.Figure,
    drawn: pd.DataFrame,
    segments: Mapping[str, str],
    sizes: Mapping[str, str],
    *,
    palette: Palette,
    t: Translator,
    narrow: bool,
) -> None:
    rows = drawn.to_dict("records")
    top, height = _extent(narrow=narrow)
    figure.add_bar(
        orientation="h",
        base=(drawn["column"] + GAP).tolist(),
        x=[1 - 2 * GAP] * len(drawn),
        y=(drawn["row"] + top + height / 2).tolist(),
        width=height,
        marker={"color": [_fill(row, palette) for row in rows], "opacity": 1, "line": {"width": 0}},
        text=[_text(row, t, narrow=narrow) for row in rows],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="inside",
        insidetextfont={"color": [_ink(row, palette) for row in rows]},
        customdata=drawn[["segment", "size_class"]].to_numpy().tolist(),
        hoverinfo="text",
        hovertext=[
            _hover(row, f"{plain(segments[str(row['segment'])])}, {plain(sizes[str(row['size_class'])])}", t)
            for row in rows
        ],
        **steady(1.0),
    )


def _keep_texts(figure: go.Figure, drawn: pd.DataFrame, selected: tuple[str, str] | None, *, palette: Palette) -> None:
    """Keep texts as they are when a cell is selected: Plotly fades the others unless the selected one has a colour."""
    chosen = drawn[(drawn["segment"] + ":" + drawn["size_class"]) == ":".join(selected or ())].to_dict("records")
    color = _ink(chosen[0], palette) if chosen else palette.ink
    figure.update_traces(selected={"textfont": {"color": color}}, selector={"type": "bar"})


def _extent(*, narrow: bool) -> tuple[float, float]:
    """Return where a cell begins in its row and how high it is, as shares of the row."""
    name = 22 / NARROW_ROW_PX
    return (name, 0.96 - name) if narrow else (GAP, 1 - 2 * GAP)


def _fill(row: Mapping[Any, Any], palette: Palette) -> str:
    return palette.land if row["slot"] is None else palette.diverging[row["slot"]]


def _ink(row: Mapping[Any, Any], palette: Palette) -> str:
    if row["slot"] in STRONG_SLOTS:
        return palette.background
    return palette.ink if row["is_said"] else palette.secondary


def _text(row: Mapping[Any, Any], t: Translator, *, narrow: bool) -> str:
    if not row["firms"]:
        return ""
    members, firms = t.number(row["members"]), t.number(row["firms"])
    if narrow:
        return f"{members}/{firms}"
    if row["is_said"] and row["members_missing"] >= TONES[0]:
        missing = t("chart.lacks", count=t.number(round(row["members_missing"])))
        return f"{members} / {firms}<br><b>{missing}</b>"
    return f"{members} / {firms}"


def _hover(row: Mapping[Any, Any], name: str, t: Translator) -> str:
    if not row["firms"]:
        return f"<b>{name}</b><br>{t('chart.no_firm')}"
    counts = t.plural("chart.hover_members", int(row["members"]), firms=t.number(row["firms"]))
    rate = t.percent(100 * row["members"] / row["firms"])
    return f"<b>{name}</b><br>{counts} ({rate})<br>{_gap(row, t)}"


def _gap(row: Mapping[Any, Any], t: Translator) -> str:
    if not row["is_said"]:
        return t("chart.verdict_too_small")
    missing = float(row["members_missing"])
    if abs(missing) < TONES[0]:
        return t("chart.none_missing")
    return t("chart.hover_missing" if missing > 0 else "chart.hover_more", number=t.number(abs(missing), 1))


def _frames(
    drawn: pd.DataFrame, selected: tuple[str, str] | None, *, palette: Palette, narrow: bool
) -> list[dict[str, Any]]:
    if selected is None:
        return []
    chosen = drawn[(drawn["segment"] == selected[0]) & (drawn["size_class"] == selected[1])]
    top, height = _extent(narrow=narrow)
    return [
        {
            "type": "rect",
            "x0": row["column"] + GAP,
            "x1": row["column"] + 1 - GAP,
            "y0": row["row"] + top,
            "y1": row["row"] + top + height,
            "line": {"color": palette.ink, "width": 2},
        }
        for row in chosen.to_dict("records")
    ]


def _rows(segments: Mapping[str, str], *, narrow: bool) -> list[dict[str, Any]]:
    look: dict[str, Any] = {"x": 0, "xref": "paper", "xanchor": "left"}
    look |= {"yanchor": "top", "yshift": -2} if narrow else {"yanchor": "middle", "xshift": -NAMES_PX}
    return [note(plain(name), y=row if narrow else row + 0.5, **look) for row, name in enumerate(segments.values())]


def _columns(sizes: Mapping[str, str], *, palette: Palette) -> list[dict[str, Any]]:
    look = {"y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 4, "font": {"color": palette.secondary}}
    return [note(plain(name), x=column + 0.5, xanchor="center", **look) for column, name in enumerate(sizes.values())]
