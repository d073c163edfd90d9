"""The activities of the demo: NAF rév. 2 codes with their weights, and what NAF 2025 makes of them."""

from __future__ import annotations

from typing import NamedTuple


class Activity(NamedTuple):
    """A code of the digital sector.

    ``weight`` is its share of the firms in the Toulouse and Montpellier areas, ``elsewhere`` outside them (both are
    scaled to one); ``size`` tilts the larger size bands towards it.
    """

    code: str
    naf_2025: str
    weight: float
    elsewhere: float
    size: float


TIC: tuple[Activity, ...] = (
    Activity("62.01Z", "62.10Y", 0.365, 0.390, 0.8),
    Activity("62.02A", "62.20G", 0.275, 0.205, 1.5),
    Activity("62.02B", "62.20H", 0.020, 0.030, 1.0),
    Activity("62.03Z", "62.20H", 0.010, 0.010, 1.5),
    Activity("62.09Z", "62.90Y", 0.050, 0.055, 0.7),
    Activity("63.11Z", "63.10Y", 0.050, 0.045, 1.0),
    Activity("63.12Z", "63.91Y", 0.028, 0.025, 0.8),
    Activity("58.21Z", "58.21Y", 0.009, 0.005, 1.2),
    Activity("58.29A", "58.29Y", 0.012, 0.006, 2.2),
    Activity("58.29B", "58.29Y", 0.007, 0.004, 2.0),
    Activity("58.29C", "58.29Y", 0.050, 0.030, 2.2),
    Activity("61.10Z", "61.10Y", 0.011, 0.014, 2.0),
    Activity("61.20Z", "61.10Y", 0.005, 0.004, 1.5),
    Activity("61.30Z", "61.10Y", 0.001, 0.001, 1.5),
    Activity("61.90Z", "61.90Y", 0.018, 0.018, 1.0),
    Activity("46.51Z", "46.50Y", 0.018, 0.018, 1.2),
    Activity("46.52Z", "46.50Y", 0.010, 0.009, 1.2),
    Activity("26.11Z", "26.11Y", 0.004, 0.003, 3.0),
    Activity("26.12Z", "26.12Y", 0.005, 0.004, 3.0),
    Activity("26.20Z", "26.20Y", 0.003, 0.002, 1.5),
    Activity("26.30Z", "26.30Y", 0.005, 0.002, 3.0),
    Activity("26.40Z", "26.40Y", 0.003, 0.003, 1.5),
    Activity("95.11Z", "95.10Y", 0.045, 0.115, 0.4),
    Activity("95.12Z", "95.10Y", 0.006, 0.008, 0.6),
)
# 26.80Z has no digital successor: it appears on closed rows only, so that a file gives the same firms before and after
# the change of nomenclature.
CLOSED_ONLY = ("26.80Z",)

CONTENT: dict[str, tuple[str, float]] = {
    "73.11Z": ("73.11Y", 0.24),
    "58.14Z": ("58.13Y", 0.12),
    "58.11Z": ("58.11Y", 0.11),
    "59.11A": ("59.11Y", 0.10),
    "59.11B": ("59.11Y", 0.13),
    "59.12Z": ("59.12Y", 0.05),
    "59.14Z": ("59.14Y", 0.03),
    "59.20Z": ("59.20Y", 0.08),
    "58.13Z": ("58.12Y", 0.03),
    "58.19Z": ("58.19Y", 0.02),
    "60.10Z": ("60.10Y", 0.03),
    "60.20A": ("60.20Y", 0.01),
    "63.91Z": ("60.31Y", 0.01),
    "63.99Z": ("63.92Y", 0.02),
    "73.12Z": ("73.12Y", 0.02),
}
HOLDINGS: dict[str, tuple[str, float]] = {"70.10Z": ("70.10Y", 0.6), "64.20Z": ("64.21Y", 0.4)}
SIDELINES: dict[str, tuple[str, float]] = {
    "47.41Z": ("47.40Y", 0.3),
    "70.22Z": ("70.20Y", 0.3),
    "85.59A": ("85.59Y", 0.2),
    "74.10Z": ("74.12Y", 0.2),
}
OTHERS: dict[str, tuple[str, float]] = {
    "56.10A": ("56.11Y", 0.16),
    "43.21A": ("43.21Y", 0.10),
    "47.11B": ("47.11Y", 0.06),
    "47.91B": ("47.12Y", 0.06),
    "68.20B": ("68.20Y", 0.16),
    "70.22Z": ("70.20Y", 0.12),
    "71.12B": ("71.12Y", 0.08),
    "86.90D": ("86.94Y", 0.08),
    "96.02A": ("96.21Y", 0.08),
    "01.21Z": ("01.21Y", 0.06),
    "26.51A": ("26.51Y", 0.02),
    "33.20D": ("33.20Y", 0.02),
}
# Rows closed before 2008 keep the code of their day; the register flags them so.
OLD_CODES: tuple[tuple[str, str], ...] = (
    ("72.2A", "NAFRev1"),
    ("72.2C", "NAFRev1"),
    ("72.1Z", "NAFRev1"),
    ("64.2B", "NAFRev1"),
    ("72.2Z", "NAF1993"),
    ("72.4Z", "NAF1993"),
    ("72.5Z", "NAF1993"),
    ("30.0C", "NAF1993"),
    ("70.3C", "NAF1993"),
    ("95.12", "NAP"),
    ("77.03", "NAP"),
    ("61.10", "NAP"),
)

NAF_2025: dict[str, str] = {
    **{a.code: a.naf_2025 for a in TIC},
    **{code: new for table in (CONTENT, HOLDINGS, SIDELINES, OTHERS) for code, (new, _) in table.items()},
}
