"""Colours by what they mean, so that a figure never holds one of its own."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.io as pio

FONT = "'Plex Sans', 'IBM Plex Sans', 'Segoe UI', Arial, sans-serif"
TEXT_SIZE = 13


@dataclass(frozen=True)
class Palette:
    """Colours of a figure by role, as Plotly takes them.

    Attributes
    ----------
    ours, sector, gap, neutral
        The cluster, the whole sector, what is missing, what proves nothing.
    ink, secondary, hair, land, background
        Text, quieter text, hairlines, land on maps, the page.
    diverging
        Ten tones, from much under what is expected to much over it; the middle is the palest in light, the darkest
        in dark: tones one to five go with ``gap``, six to ten with ``ours``.
    """

    ours: str
    sector: str
    gap: str
    neutral: str
    ink: str
    secondary: str
    hair: str
    land: str
    background: str
    diverging: tuple[str, ...]

    def verdict(self, verdict: str) -> str:
        """Return the colour of ``under``, ``over`` or ``inconclusive``."""
        return {"under": self.gap, "over": self.ours}.get(verdict, self.neutral)


# Real colours for paper and slides; the theme's light values.
LIGHT = Palette(
    ours="#1F55A5",
    sector="#B4BECC",
    gap="#C26D18",
    neutral="#7A8698",
    ink="#14213A",
    secondary="#44516A",
    hair="#D5DBE4",
    land="#EDF0F4",
    background="#FFFFFF",
    diverging=(
        "#7A3600",
        "#A85408",
        "#CE7A22",
        "#E5A55C",
        "#F3D3AB",
        "#C9DBF0",
        "#93B8E2",
        "#5C8FCB",
        "#2F66AF",
        "#123F82",
    ),
)

# The same roles in the theme's dark values, for the stage.
DARK = Palette(
    ours="#7DB0F7",
    sector="#4C5B75",
    gap="#F2A650",
    neutral="#8391A8",
    ink="#EEF2F8",
    secondary="#B9C4D6",
    hair="#2B3852",
    land="#1A2740",
    background="#0E1626",
    diverging=(
        "#FFCB8F",
        "#F2A650",
        "#CF8233",
        "#9C5F22",
        "#63401F",
        "#2A4166",
        "#39619C",
        "#5388CC",
        "#7DB0F7",
        "#B9D6FF",
    ),
)


def from_template(name: str) -> Palette:
    """Return the roles as the slots of a registered Plotly template.

    A template whose colours a browser swaps for those of its theme (Streamlit's ``streamlit`` does) makes figures that
    are the same bytes in light and dark. The theme lists ten categorical colours: five categories, then sector, ink,
    secondary ink, hairline and land; and ten diverging
    ones.
    """
    template = pio.templates[name]
    ours, gap, _, _, neutral, sector, ink, secondary, hair, land = template.layout.colorway
    background = template.data.table[0].cells.fill.color
    return Palette(
        ours=ours,
        sector=sector,
        gap=gap,
        neutral=neutral,
        ink=ink,
        secondary=secondary,
        hair=hair,
        land=land,
        background=background,
        diverging=tuple(color for _, color in template.layout.colorscale.diverging),
    )
