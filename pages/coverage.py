"""Who the antennas reach, what each is worth, and where the next ones should stand."""

from __future__ import annotations

import streamlit as st

from analytics.text import coverage_findings as findings
from pages.shared import antenna_sheet, blocks, filters, offices, reach

reader = filters.bar()
t, view = reader.t, reader.view
summary = reader.table("siting_summary").iloc[0]
network = reader.table("coverage")
antenna = antenna_sheet.chosen(reader)

blocks.title(findings.headline(summary, reader.table("next_antennas_in_full"), t, view=view))
reach.notes(reader)

left, right = st.columns([8, 5], gap="large")
title = findings.map_title(reader.table("coverage_totals").iloc[0], network.iloc[-1], t, view=view)
with left, blocks.block("coverage-map", title, reach.map_key(t)):
    reach.controls(reader)
    reach.look(reader, antenna=antenna)
    reach.draw_map(reader, antenna=antenna, alt=title)
    reach.measured_note(reader)
    blocks.tools(reader, reach.place_table(reader), name="reach", title=title)
subtitle = t(f"coverage.next_subtitle_{view.demand}", reach=findings.reach_words(view, t))
with right, blocks.block("next", t("coverage.next_title"), subtitle):
    offices.controls(reader)
    offices.answer(reader, summary)
    offices.further(reader)
    blocks.tools(reader, offices.table(reader), name="next-antennas", title=t("coverage.next_title"))

left, right = st.columns([8, 5], gap="large")
title = findings.worth_title(network, t)
with left, blocks.block("worth", title, t("coverage.worth_subtitle")):
    antenna_sheet.worth(reader, antenna, alt=title)
    blocks.tools(reader, findings.with_network(network, t), name="coverage", title=title)
stable = reader.table("stability")
title = offices.stable_title(reader)
with right, blocks.block("stability", title, t("coverage.stability_subtitle", unit=t(f"coverage.unit_{view.unit}"))):
    offices.stable(reader, alt=title)
    blocks.tools(reader, stable.drop(columns="is_first_nearby"), name="stability", title=title)

if antenna is not None:
    with blocks.block("antenna", antenna_sheet.title(reader, antenna)):
        antenna_sheet.show(reader, antenna)
        blocks.tools(reader, reader.table("territories"), name="territories", title=t("coverage.territories_title"))

left, right = st.columns([6, 6], gap="large")
curve, bands = reader.table("coverage_curve"), reader.table("nearness")
title = findings.curve_title(curve, t, view=view)
with left, blocks.block("curve", title, t("coverage.curve_subtitle")):
    reach.curve(reader, alt=title)
    blocks.tools(reader, curve, name="curve", title=title)
title = findings.nearness_title(bands, t, unit=view.unit)
with right, blocks.block("nearness", title, t("coverage.nearness_subtitle")):
    reach.bands(reader, alt=title)
    blocks.tools(reader, findings.with_bands(reader.table("nearness"), t, unit=view.unit), name="nearness", title=title)
