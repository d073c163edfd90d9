"""Where members are missing: areas beside what their firms lead one to expect, and one of them closely."""

from __future__ import annotations

from functools import partial

import streamlit as st

from analytics.figures.funnel import funnel
from analytics.figures.quadrant import quadrant
from analytics.figures.ratio_map import ratio_map
from analytics.text import towns_findings as findings
from pages.shared import blocks, door, filters, planning, sheet, town_pieces

reader = filters.bar(filters=("level", "department", "segment", "size", "perimeter"))
t, language, level = reader.t, reader.t.language, reader.view.level
towns = reader.table("towns_in_full")
town = sheet.chosen_town(reader, towns)
look = {"selected": town, "palette": blocks.slots(), "language": language}
draw = town_pieces.Drawing(reader, town, on_click=partial(sheet.choose_clicked, reader))

blocks.title(findings.headline(towns, t, level=level))
planning.around(reader)
if town_pieces.is_comparable(towns):
    left, right = st.columns([8, 5], gap="large")
    with left, blocks.block("funnel", findings.funnel_title(towns, t), town_pieces.funnel_key(t, level)):
        limits = reader.table("town_limits")
        draw.chart("funnel", partial(funnel, towns, limits, **look), kind="scatter", alt=town_pieces.alt(towns, t))
        blocks.tools(reader, town_pieces.all_towns(towns, t), name="towns", title=findings.funnel_title(towns, t))
    with right, blocks.block("sheet", sheet.title(towns, town, t)):
        sheet.summary(reader, towns, town)

    title = findings.ranking_title(towns, t)
    with blocks.block("ranking", title, t("towns.ranking_subtitle")):
        town_pieces.ranked(draw, towns, look, alt=title)
        blocks.tools(reader, town_pieces.ranked_towns(towns, t), name="ranking", title=title)

    left, right = st.columns([6, 6], gap="large")
    title = findings.map_title(towns, t)
    with left, blocks.block("ratio-map", title, town_pieces.map_key(towns, t)):
        antennas, contours = reader.snapshot.table("antennas"), reader.table("contours")
        about = {"level": level, "frame": door.land_frame(), **look}
        with st.container(key="ratio-map", height=484, border=False):
            drawn = partial(ratio_map, towns, contours, antennas, **about)
            draw.chart("ratio-map", drawn, kind="map", alt=title, height="stretch")
        blocks.tools(reader, town_pieces.mapped_towns(towns, t), name="ratio-map", title=title)
    title = findings.quadrant_title(towns, t, level=level)
    near_km = reader.settings.towns.near_km
    with right, blocks.block("quadrant", title, t("towns.quadrant_subtitle", km=t.number(near_km))):
        draw.chart("quadrant", partial(quadrant, towns, near_km=near_km, **look), kind="scatter", alt=title)
        blocks.tools(reader, town_pieces.towns_by_kind(towns, t), name="quadrant", title=title)
else:
    with blocks.block("sheet", sheet.title(towns, town, t)):
        sheet.summary(reader, towns, town)

if town is not None:
    with blocks.block("town", sheet.detail_title(towns, town, t)):
        sheet.detail(reader, town)
