"""The map of who is within reach: firms by commune, what no antenna reaches, the reach of each, the next ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.base import AXIS, blank, note, plain, steady
from analytics.figures.labels import Box, Mark, place_labels
from analytics.figures.palette import Palette
from analytics.figures.territory import NAME_PX, NARROWEST_PX, RING_PX, Frame, add_rings, breadth, land_image, name_note
from analytics.text import Translator, translator
from analytics.text.findings import of_named

HEIGHT = 540
# Names of the whole region are placed for a map of this width; on a phone some may touch.
WIDTH_PX = 520
LARGEST_PX = 26.0  # radius
FEW_FIRMS = 1_000.0  # that have the largest disc at least: in a small selection one must not look like many
SMALLEST_PX = 2.5
RANK_PX = 23
# Around an antenna, closer: kilometres to each side, and how many other communes are named.
CLOSER_KM = (64.0, 41.0)
CLOSER_NAMES = 8
SAME_PLACE_KM = 2.0
HANDLE_PX = 6  # the largest diameter that the pointer finds as soon as the smallest (see ``_add_handles``)
RIM_FROM_PX = 6.0  # diameter from which a disc has a rim; on smaller ones it would be all there is


def coverage_map(
    places: pd.DataFrame,
    outlines: pd.DataFrame,
    antennas: pd.DataFrame,
    suggested: pd.DataFrame,
    *,
    unit: str,
    frame: Frame,
    selected: str | None,
    palette: Palette,
    language: str,
    closer: bool = False,
) -> go.Figure:
    """Draw firms by commune as discs, those that no antenna reaches in the colour of the gap, on Lambert-93 axes in km.

    Parameters
    ----------
    places
        ``commune_code``, ``commune_name``, ``x_m``, ``y_m`` (EPSG:2154), ``firms``, ``unreached``,
        ``nearest_antenna``, ``cost`` in the unit; one row a commune.
    outlines
        ``name``, ``x_km``, ``y_km`` (closed rings, gaps None), ``is_suggested``.
    antennas
        ``name``, ``commune_code``, ``x_m``, ``y_m``; their rings bear ``customdata`` ``[name]``, and so do the disc of
        their commune and what takes the pointer to them.
    suggested
        ``rank``, ``commune_name``, ``x_m``, ``y_m``.
    unit
        ``min`` or ``km``.
    selected
        Name of the antenna whose reach is drawn in full.
    closer
        Show what is around the selected antenna, its largest communes named; else the whole region.

    Returns
    -------
    Figure
        Surfaces are proportional to firms, on one scale for both colours. Where the map looks is in the figure, so that
        a redraw cannot move it.
    """
    t = translator(language)
    figure = blank(palette=palette, language=language, height=HEIGHT, margin={})
    sized = _sized(places)
    _add_discs(figure, sized, antennas, unit=unit, palette=palette, t=t)
    _add_reach(figure, outlines, selected=selected, palette=palette)
    rings = _located(antennas)
    clicks = [[str(name)] for name in rings["name"]]
    add_rings(figure, rings, palette=palette, t=t, selected=selected, customdata=clicks, name="antennas")
    following = _located(suggested)
    _add_suggested(figure, following, palette=palette)
    figure.update_traces(**steady(1.0), selector={"mode": "markers"})
    _add_handles(figure)
    window = _window(rings[rings["name"] == selected] if closer else rings.head(0), frame)
    west, south, east, north = window
    near = _within(sized, window).head(CLOSER_NAMES + len(rings)) if closer else sized.head(0)
    inside = {"rings": _within(rings, window), "following": _within(following, window)}
    shared = {**AXIS, "visible": False, "constrain": "domain"}
    figure.update_layout(
        images=[land_image(frame)],
        xaxis={**shared, "range": [west, east]},
        yaxis={**shared, "range": [south, north], "scaleanchor": "x"},
        annotations=[
            *_ranks(inside["following"], palette=palette),
            *_names(**inside, near=near, window=window, palette=palette),
        ],
    )
    return figure


def _window(chosen: pd.DataFrame, frame: Frame) -> Box:
    """Return west, south, east and north of what is shown: around the chosen antenna, else the region."""
    if chosen.empty:
        west, east = breadth(frame)
        return west, frame.south, east, frame.north
    x, y = float(chosen["x_km"].iloc[0]), float(chosen["y_km"].iloc[0])
    across, up = CLOSER_KM
    return x - across, y - up, x + across, y + up


def _within(points: pd.DataFrame, window: Box) -> pd.DataFrame:
    west, south, east, north = window
    return points[points["x_km"].between(west, east) & points["y_km"].between(south, north)]


def _located(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points that are on the map, with their place in kilometres."""
    placed = points.dropna(subset=["x_m", "y_m"])
    return placed.assign(x_km=placed["x_m"] / 1_000, y_km=placed["y_m"] / 1_000)


def _sized(places: pd.DataFrame) -> pd.DataFrame:
    """Return the communes that are on the map, largest first, with the diameters of both discs in pixels."""
    located = places.dropna(subset=["x_m", "y_m"]).sort_values("firms", ascending=False)
    top = max(float(located["firms"].max()) if len(located) else 0.0, FEW_FIRMS)
    return located.assign(
        x_km=(located["x_m"] / 1_000).round(1),
        y_km=(located["y_m"] / 1_000).round(1),
        firms_px=_diameter(located["firms"], top),
        unreached_px=_diameter(located["unreached"], top),
    )


def _diameter(firms: pd.Series, top: float) -> pd.Series:
    diameters: pd.Series = (2 * LARGEST_PX * np.sqrt(firms / top)).clip(lower=SMALLEST_PX).round(1)
    return diameters


def _add_discs(
    figure: go.Figure, sized: pd.DataFrame, antennas: pd.DataFrame, *, unit: str, palette: Palette, t: Translator
) -> None:
    """Draw all firms of a commune in the sector's grey, and over them those out of reach.

    The disc of an antenna's own commune lies under its ring and takes the pointer from it: it bears its name too. Other
    discs bear no ``customdata``: a click on one would be taken for a click on an antenna.
    """
    names = dict(zip(antennas["commune_code"], antennas["name"], strict=True))
    is_home = sized["commune_code"].isin(names)
    homes = sized[is_home]
    clicks = [[str(names[code])] for code in homes["commune_code"]]
    for drawn, name, more in ((homes, "homes", {"customdata": clicks}), (sized[~is_home], "firms", {})):
        # Typed arrays cross as bytes and are checked at once, lists value by value: of two thousand that counts.
        _add_markers(
            figure,
            drawn,
            "firms_px",
            color=palette.sector,
            opacity=0.85,
            palette=palette,
            text=[plain(commune) for commune in drawn["commune_name"]],
            hovertext=_hovers(drawn, unit=unit, t=t),
            hovertemplate="<b>%{text}</b><br>%{hovertext}<extra></extra>",
            name=name,
            **more,
        )
    far = sized[sized["unreached"] > 0]
    _add_markers(
        figure, far, "unreached_px", color=palette.gap, opacity=1, palette=palette, hoverinfo="skip", name="unreached"
    )


def _hovers(sized: pd.DataFrame, *, unit: str, t: Translator) -> list[str]:
    """Return what the hover of each commune says under its name."""
    # Most communes share theirs with many others: each text is made once.
    counts = list(zip(sized["firms"], sized["unreached"], strict=True))
    ways = list(zip(sized["nearest_antenna"], sized["cost"].round(), strict=True))
    count_texts = {count: _counts(*count, t=t) for count in set(counts)}
    way_texts = {way: _way(*way, unit=unit, t=t) for way in set(ways)}
    return [count_texts[count] + way_texts[way] for count, way in zip(counts, ways, strict=True)]


def _counts(firms: int, far: int, *, t: Translator) -> str:
    """Return how many firms there are, and how many of them are out of reach where that is but a part."""
    if 0 < far < firms:
        return t.plural("chart.coverage_hover", int(firms), far=t.number(far))
    return t.plural("chart.coverage_far" if far else "chart.coverage_near", int(firms))


def _way(antenna: str | None, cost: float, *, unit: str, t: Translator) -> str:
    """Return the line of the nearest antenna, nothing where there is none."""
    if pd.isna(antenna) or pd.isna(cost):
        return ""
    return "<br>" + t(f"chart.coverage_nearest_{unit}", cost=t.number(cost), antenna=plain(of_named(antenna, t)))


def _add_markers(
    figure: go.Figure,
    drawn: pd.DataFrame,
    column: str,
    *,
    color: str,
    opacity: float,
    palette: Palette,
    **options: Any,  # noqa: ANN401 - Plotly's own options
) -> None:
    figure.add_scatter(
        x=drawn["x_km"].to_numpy(dtype="float32"),
        y=drawn["y_km"].to_numpy(dtype="float32"),
        mode="markers",
        marker={
            "size": drawn[column].to_numpy(dtype="float32"),
            "color": color,
            "opacity": opacity,
            "line": {"color": palette.background, "width": (drawn[column] >= RIM_FROM_PX).to_numpy(dtype="int8")},
        },
        **options,
    )


def _add_reach(figure: go.Figure, outlines: pd.DataFrame, *, selected: str | None, palette: Palette) -> None:
    """Draw the reach of each antenna dotted, that of the next ones in the members' colour, the selected one in full."""
    for is_next, color, dash, name in ((False, palette.ink, "dot", "reach"), (True, palette.ours, "dash", "next")):
        lines = outlines[(outlines["is_suggested"] == is_next) & ((outlines["name"] != selected) | is_next)]
        _add_lines(figure, lines, color=color, dash=dash, width=1.2, name=name)
    chosen = outlines[~outlines["is_suggested"].astype(bool) & (outlines["name"] == selected)]
    _add_lines(figure, chosen, color=palette.ink, dash="solid", width=2, name="selected")


def _add_handles(figure: go.Figure) -> None:
    """Lay over the rings what cannot be seen and takes the pointer, whichever small disc lies beside or under a ring.

    To Plotly's pointer a mark with a radius of ``r`` pixels is never nearer than ``1 - 3 / r``, and one of 3 pixels or
    less is at 0: the disc of a commune next door would take a click on a ring. Of marks at 0 the last one drawn wins.
    """
    (rings,) = figure.select_traces({"name": "antennas"})
    figure.add_scatter(
        x=rings.x,
        y=rings.y,
        mode="markers",
        marker={"size": HANDLE_PX, "opacity": 0},
        customdata=rings.customdata,
        hoverinfo="text",
        hovertext=rings.hovertext,
        name="handles",
        **steady(0.0),
    )


def _add_lines(figure: go.Figure, lines: pd.DataFrame, *, color: str, dash: str, width: float, name: str) -> None:
    """Draw the outlines as one trace."""
    if lines.empty:
        return
    x, y = ([value for line in lines[axis] for value in (*line, None)][:-1] for axis in ("x_km", "y_km"))
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": color, "width": width, "dash": dash}, hoverinfo="skip", name=name
    )


def _add_suggested(figure: go.Figure, following: pd.DataFrame, *, palette: Palette) -> None:
    figure.add_scatter(
        x=following["x_km"].round(2).tolist(),
        y=following["y_km"].round(2).tolist(),
        mode="markers",
        marker={"size": RANK_PX, "color": palette.ink, "line": {"color": palette.background, "width": 1.5}},
        hoverinfo="text",
        hovertext=[f"<b>{plain(name)}</b>" for name in following["commune_name"]],
        name="suggested",
    )


def _ranks(following: pd.DataFrame, *, palette: Palette) -> list[dict[str, Any]]:
    """Return the rank of each suggested antenna, on its disc."""
    return [
        note(
            f"<b>{int(row['rank'])}</b>",
            x=row["x_km"],
            y=row["y_km"],
            xanchor="center",
            yanchor="middle",
            borderpad=0,
            captureevents=False,
            font={"size": 12, "color": palette.background},
        )
        for row in following.to_dict("records")
    ]


def _names(
    rings: pd.DataFrame, following: pd.DataFrame, *, near: pd.DataFrame, window: Box, palette: Palette
) -> list[dict[str, Any]]:
    """Return the names that find room: antennas, then the next ones and other communes where these cover no disc.

    The rank on a disc says which row of the list it is: no name is better than one that seems another's.
    """
    west, _, east, _ = window
    marks = [_mark(row["name"], row["x_km"], row["y_km"], RING_PX / 2 + 1) for row in rings.to_dict("records")]
    marks += [_mark(row["commune_name"], row["x_km"], row["y_km"], RANK_PX / 2) for row in following.to_dict("records")]
    taken = np.array([[mark.x_km, mark.y_km] for mark in marks]).reshape(-1, 2)
    for row in near.to_dict("records"):
        if (np.hypot(taken[:, 0] - row["x_km"], taken[:, 1] - row["y_km"]) > SAME_PLACE_KM).all():
            marks.append(_mark(row["commune_name"], row["x_km"], row["y_km"], row["firms_px"] / 2, is_strong=False))
    # Closer there are few antennas and many communes: a name that touches another on a phone is left out.
    width_px = NARROWEST_PX if len(near) else WIDTH_PX
    placed = place_labels(marks, px_per_km=width_px / (east - west), text_px=NAME_PX, bounds_km=window, firm=len(rings))
    return [name_note(place, marks[place.index], palette) for place in placed]


def _mark(name: str, x_km: float, y_km: float, radius_px: float, *, is_strong: bool = True) -> Mark:
    text = f"<b>{plain(name)}</b>" if is_strong else plain(name)
    return Mark(text, x_km, y_km, radius_px, characters=len(name))
