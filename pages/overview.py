"""The sector and us, in figures: how many firms and jobs there are, and how much of them we are."""

from __future__ import annotations

from functools import partial

import streamlit as st

from analytics.export.sections.cluster import headline
from analytics.figures.rates import counts, intervals
from analytics.figures.territory import territory
from analytics.text import findings
from pages.shared import blocks, door, filters, pieces

reader = filters.bar()
t, language = reader.t, reader.t.language
totals = reader.table("region_totals")
rate, has_members = pieces.rate_pct(totals), bool(totals["members"].sum())

blocks.title(headline(reader))
pieces.key_figures(reader)

left, right = st.columns([5, 7], gap="large")
with left, blocks.block("shares", findings.shares_title(totals, t), t("overview.shares_subtitle")):
    pieces.hundred_squares(reader, totals)
    blocks.tools(reader, pieces.shares_table(totals), name="shares", title=findings.shares_title(totals, t))

places = reader.table("places")
with right, blocks.block("map", findings.map_title(places, t), pieces.map_key(t)):
    with st.container(key="map", height=430, border=False):
        antennas = reader.snapshot.table("antennas")
        draw = partial(territory, places, antennas, frame=door.land_frame(), palette=blocks.slots(), language=language)
        figure = reader.figure("map", draw, reads=())
        blocks.chart(figure, name="map", kind="map", alt=findings.map_title(places, t), height="stretch")
    blocks.tools(reader, pieces.places_table(places), name="places", title=findings.map_title(places, t))

for level in ("department", "segment", "size_class"):
    table = reader.table("comparison", level=level, language=language)
    shown, finding = pieces.rows_to_show(table, level), findings.rates_title(table, t, level=level)
    with blocks.block(level, finding, pieces.rates_key(t) if has_members else ""):
        if not shown.empty:
            one, two = st.columns([6, 6], gap="medium")
            with one:
                draw = partial(counts, shown, palette=blocks.slots(), language=language)
                figure = reader.figure(f"counts-{level}", draw, reads=())
                blocks.chart(figure, name=f"counts-{level}", kind="bars", alt=pieces.counts_alt(shown, t))
            if has_members:
                with two, st.container(key=f"beside-{level}"):
                    alt = findings.rates_alt(shown, t, rate_pct=rate)
                    draw = partial(intervals, shown, rate_pct=rate, palette=blocks.slots(), language=language)
                    figure = reader.figure(f"rates-{level}", draw, reads=())
                    blocks.chart(figure, name=f"rates-{level}", kind="intervals", alt=alt)
        blocks.tools(reader, pieces.rates_table(table), name=level, title=finding)

with blocks.block("quality", t("overview.quality_title")):
    pieces.quality_line(reader)
