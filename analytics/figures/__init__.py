"""Result tables to Plotly figures. Pure: no metrics, no Streamlit; colours come from a ``Palette`` of roles."""

from __future__ import annotations

from analytics.figures.palette import LIGHT, Palette, from_template
from analytics.figures.rates import counts, intervals
from analytics.figures.territory import Frame, territory

__all__ = ["LIGHT", "Frame", "Palette", "counts", "from_template", "intervals", "territory"]
