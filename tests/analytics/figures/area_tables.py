"""Areas made by hand for the tests of figures."""

from __future__ import annotations

import json

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.palette import LIGHT, Palette

NAN = float("nan")
TOWNS = pd.DataFrame(
    {
        "area_code": ["A", "B", "C", "D", "E"],
        "area_name": ["CA de Nîmes <b>Métropole</b>", "Toulouse $a$", "Castres", "Hameau", "Vide"],
        "firms": [1_000, 9_000, 250, 12, 0],
        "members": [3, 160, 12, 1, 0],
        "expected_members": [12.0, 155.0, 4.0, 0.2, 0.0],
        "ratio": [0.25, 160 / 155, 3.0, 5.0, NAN],
        "ratio_shrunk": [0.4, 1.03, 2.1, 1.3, 1.0],
        "ratio_low": [0.2, 0.9, 1.2, 0.5, 0.4],
        "ratio_high": [0.7, 1.18, 3.2, 2.4, 1.9],
        "members_missing": [7.2, -4.66, -4.4, -0.06, 0.0],
        "verdict": ["under", "inconclusive", "over", "too_small", "empty"],
        "cluster": ["low_low", "none", None, "none", None],
        "antenna_km": [4.0, 9.0, 64.0, 25.0, NAN],
        "x_m": [810_000.0, 574_000.0, 640_000.0, 600_000.0, 700_000.0],
        "y_m": [6_300_000.0, 6_280_000.0, 6_279_000.0, 6_200_000.0, 6_350_000.0],
    }
)
EMPTY = TOWNS.head(0)


def texts(figure: go.Figure) -> list[str]:
    """Return what the annotations say."""
    return [annotation.text for annotation in figure.layout.annotations]


def colors_used(figure: go.Figure) -> set[str]:
    """Return every hexadecimal colour of a figure's specification."""
    spec = json.dumps(figure.to_plotly_json(), default=str)
    return {word.strip(",;)]}") for word in spec.replace('"', " ").split() if word.startswith("#")}


def colors_of(palette: Palette = LIGHT) -> set[str]:
    """Return every colour of a palette."""
    roles = vars(palette)
    return {*(color for color in roles.values() if isinstance(color, str)), *palette.diverging}
