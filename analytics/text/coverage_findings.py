"""What the page on coverage says, as sentences of the catalogues.

Each takes tables of ``tables`` and returns plain text; names come from files: who shows a sentence where markup is read
escapes it. The verbs are conditional where a figure supposes an antenna that is not there.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Protocol

import pandas as pd

from analytics.text import Translator
from analytics.text.findings import listed, of_named

# Chosen by so many of the twelve questions, an answer is sure; under so many it is one among others.
SURE, DOUBTFUL = 9, 5


class Asked(Protocol):
    """What of a reader's view the sentences speak of: how far an antenna reaches, and what the next ones are for."""

    @property
    def threshold(self) -> float:
        """Return the threshold, in the unit."""

    @property
    def unit(self) -> str:
        """Return ``km`` or ``min``."""

    @property
    def demand(self) -> str:
        """Return ``firms``, ``jobs`` or ``missing``."""

    @property
    def offices(self) -> int:
        """Return how many next antennas are asked for."""


def reach_words(view: Asked, t: Translator) -> str:
    """Return the threshold in words: ``30 minutes``, ``45 km``."""
    return t(f"coverage.reach_{view.unit}", threshold=t.tenths(view.threshold))


def headline(summary: pd.Series, answer: pd.DataFrame, t: Translator, *, view: Asked) -> str:
    """Say what the next antennas would bring, or why there is nothing to bring.

    Parameters
    ----------
    summary
        The row of ``tables.siting_summary``.
    answer
        ``tables.next_antennas``.
    """
    if summary["total"] <= 0:
        return t("coverage.title_nothing" if view.demand == "missing" else "coverage.title_empty")
    if summary["already"] >= summary["total"] - 1e-9:
        return t(f"coverage.title_all_{view.demand}", reach=reach_words(view, t))
    added = float(answer["added_demand"].sum())
    if added <= 0:
        return t(f"coverage.title_no_gain_{view.demand}", reach=reach_words(view, t))
    places = listed([at_place(name, t) for name in answer["commune_name"]], t, at_most=len(answer))
    gain = amount(added, view.demand, t)
    if len(answer) == 1:
        return t("coverage.title_one", place=places, gain=gain)
    how_many = t(f"coverage.numeral_{len(answer)}") if len(answer) < 10 else t.number(len(answer))
    return t("coverage.title_several", how_many=how_many, places=places, gain=gain)


def amount(value: float, demand: str, t: Translator) -> str:
    """Return so much of a demand in words: ``1 140 entreprises``, ``2 300 emplois``, ``4,2 adhérents manquants``."""
    if demand != "missing":
        return t.plural(f"coverage.amount_{demand}", round(value))
    return _some_members("coverage.amount_missing", value, t)


def figure(value: float, demand: str, t: Translator) -> str:
    """Return so much of a demand as a figure: a tenth of a member tells something, one of a firm does not."""
    return _members(value, t) if demand == "missing" else t.number(value)


def map_title(totals: pd.Series, network: pd.Series, t: Translator, *, view: Asked) -> str:
    """Say how many firms no antenna reaches."""
    firms, far = int(totals["firms"]), int(totals["firms"] - network["firms"])
    if not firms:
        return t("coverage.title_empty")
    if not far:
        return t("coverage.title_all_firms", reach=reach_words(view, t))
    if far == firms:
        return t("coverage.map_nobody", reach=reach_words(view, t))
    return t.plural(
        "coverage.map_title", far, firms=t.number(firms), share=t.percent(100 * far / firms), reach=reach_words(view, t)
    )


def with_network(coverage: pd.DataFrame, t: Translator) -> pd.DataFrame:
    """Return ``tables.coverage`` with its last row, the network's, named in the reader's language."""
    return coverage.assign(antenna=[*coverage["antenna"].iloc[:-1], t("coverage.network")])


def with_bands(nearness: pd.DataFrame, t: Translator, *, unit: str) -> pd.DataFrame:
    """Return ``tables.nearness`` with its bands named, and its limits by their level."""
    limits = zip(nearness["low"], nearness["high"], strict=True)
    named = nearness.rename(columns={"ratio_low": "ratio_low_95", "ratio_high": "ratio_high_95"})
    named.insert(0, "band", [band_name(low, high, t, unit=unit) for low, high in limits])
    return named.drop(columns=["low", "high"])


def yes_or_no(flags: Iterable[bool], t: Translator) -> list[str]:
    """Return each flag in words."""
    return [t("coverage.yes" if is_so else "coverage.no") for is_so in flags]


def proof_sentence(summary: pd.Series, answer: pd.DataFrame, t: Translator, *, view: Asked) -> str:
    """Say how certain it is that nothing better exists, and what choosing one antenna after the other would give.

    Where all antennas are forced there was nothing to choose, and nothing is said.
    """
    candidates = int(summary["candidates"])
    if answer.empty:
        return t.plural("coverage.proof_none", candidates) if candidates else t("coverage.proof_no_candidate")
    if answer["is_forced"].all():
        return ""
    gap = float(answer["optimality_gap"].max())
    key = "coverage.proof_best" if gap == 0 else "coverage.proof_gap"
    text = t.plural(key, candidates, gap=t.percent(max(100 * gap, 0.1)))
    if answer["is_forced"].any():
        text = f"{t('coverage.proof_forced')} {text}"
    lost = float(answer["added_demand"].sum()) - float(answer["greedy_added"].iloc[0])
    if len(answer) == 1:
        return text
    if lost < 0.05:
        return f"{text} {t('coverage.greedy_same')}"
    return f"{text} {t('coverage.greedy_less', lost=amount(lost, view.demand, t))}"


def enough_sentence(summary: pd.Series, answer: pd.DataFrame, t: Translator, *, view: Asked) -> str:
    """Say that fewer antennas than asked for are enough, where others could stand and would add nothing."""
    could = min(view.offices, int(summary["candidates"]))
    if not 0 < len(answer) < could or answer["optimality_gap"].max() > 0:
        return ""
    return t.plural("coverage.enough", len(answer), asked=t.number(view.offices))


def stability_title(stability: pd.DataFrame, t: Translator, *, asked: int) -> str:
    """Say how often the commune chosen most, or one next to it, is chosen, over all thresholds and demands."""
    if stability.empty:
        return t("coverage.stability_none")
    first = stability.iloc[0]
    times = int(first["times_nearby"])
    key = "sure" if times >= SURE else "doubtful" if times < DOUBTFUL else "some"
    return t(f"coverage.stability_{key}", place=first["commune_name"], times=t.number(times), asked=t.number(asked))


def offices_sentence(needed: pd.DataFrame, t: Translator) -> str:
    """Say how many new antennas put which share of firms within reach."""
    reachable = needed.dropna(subset=["offices"])
    missed = needed[needed["offices"].isna()]
    parts = [_needed(row, t) for row in reachable.to_dict("records")]
    text = t("coverage.offices", parts=listed(parts, t)) if parts else ""
    if len(missed):
        share = t.percent(float(missed["share_pct"].iloc[0]))
        text = f"{text} {t('coverage.offices_never', share=share)}".strip()
    return text


def move_sentence(move: pd.DataFrame, t: Translator, *, view: Asked) -> str:
    """Say which antenna to move so as to reach more of the selection, net of what its old place loses, if any."""
    if move.empty:
        return t("coverage.move_nothing")
    row = move.iloc[0]
    if row["gain"] < 0.05:
        return t("coverage.move_none")
    closed = of_named(row["closed"], t)
    opened = at_place(row["commune_name"], t)
    return t("coverage.move_pays", closed=closed, opened=opened, gain=amount(row["gain"], view.demand, t))


def worth_title(coverage: pd.DataFrame, t: Translator) -> str:
    """Say which antenna the network would miss most."""
    antennas = coverage.iloc[:-1]
    if antennas.empty or not antennas["firms_lost_if_closed"].max() > 0:
        return t("coverage.worth_none")
    first = antennas.sort_values("firms_lost_if_closed", ascending=False, kind="stable").iloc[0]
    return t.plural("coverage.worth_first", int(first["firms_lost_if_closed"]), antenna=first["antenna"])


def curve_title(curve: pd.DataFrame, t: Translator, *, view: Asked) -> str:
    """Say within which threshold half of the firms have an antenna, and nine in ten."""
    known = curve.dropna(subset=["firms_pct"])
    if known.empty:
        return t("coverage.title_empty")
    reached = [known.loc[known["firms_pct"] >= share, "threshold"].min() for share in (50, 90)]
    half, most = (None if pd.isna(value) else _reach(float(value), view.unit, t) for value in reached)
    if half is None:
        return t("coverage.curve_under_half")
    return t("coverage.curve_half", half=half) if most is None else t("coverage.curve_both", half=half, most=most)


def reached_pct(overlaps: pd.DataFrame) -> float:
    """Return the share of firms that some antenna reaches, in percent; NaN without a firm."""
    return 100 - float(overlaps.loc[overlaps["antennas"] == 0, "firms_pct"].sum(skipna=False))


def overlap_sentence(overlaps: pd.DataFrame, t: Translator) -> str:
    """Say how many firms several antennas reach, one, and none."""
    counts = overlaps.set_index("antennas")["firms"]
    none, one, several = int(counts.get(0, 0)), int(counts.get(1, 0)), int(counts[counts.index > 1].sum())
    return t.plural("coverage.overlap", several, one=t.number(one), none=t.number(none))


def nearness_title(bands: pd.DataFrame, t: Translator, *, unit: str) -> str:
    """Say whether firms near an antenna are members more often than their activity and size lead one to expect."""
    near, far = bands.iloc[0], bands.iloc[-1]
    is_more, is_less = near["ratio_low"] > 1, bands["ratio_high"].lt(1).any()
    limit = _reach(float(near["high"]), unit, t)
    if is_more and far["ratio_high"] < 1:
        return t("coverage.nearness_both", near=limit, far=_reach(float(far["low"]), unit, t))
    if is_more:
        return t("coverage.nearness_near", near=limit)
    if is_less:
        first = bands[bands["ratio_high"] < 1].iloc[0]
        return t("coverage.nearness_less", band=band_name(first["low"], first["high"], t, unit=unit))
    return t("coverage.nearness_none")


def band_name(low: float, high: float, t: Translator, *, unit: str) -> str:
    """Return the name of a band of distance, the last one open: ``moins de 5 km``, ``5 à 10 km``, ``50 km et plus``."""
    if math.isnan(high):
        return t(f"chart.band_from_{unit}", low=t.number(low))
    if low == 0:
        return t(f"chart.band_under_{unit}", high=t.number(high))
    return t(f"chart.band_{unit}", low=t.number(low), high=t.number(high))


def sheet_title(territory: pd.Series, t: Translator) -> str:
    """Say which firms an antenna has to look after, and with how many."""
    firms, antenna, staff = int(territory["firms"]), territory["antenna"], float(territory["staff"])
    if not firms:
        return t("coverage.sheet_empty", antenna=antenna)
    members = t.plural("coverage.members", int(territory["members"]))
    told = t.plural("coverage.sheet_title", firms, antenna=antenna, members=members)
    by = t.plural("coverage.sheet_staff", int(staff), staff=t.tenths(staff)) if staff else t("coverage.sheet_no_staff")
    return told + by


def load_beside(territory: pd.Series, t: Translator) -> str:
    """Return what stands beside the firms per member of staff: ``entreprises, dont 4,2 adhérents``."""
    firms, members = territory["firms_per_staff"], territory["members_per_staff"]
    if pd.isna(firms):
        return ""
    return t.plural(
        "coverage.figure_load_beside", round(firms), members=_some_members("coverage.load_members", members, t)
    )


def missing_members(value: float, t: Translator) -> str:
    """Return how many members a town misses: ``4,2 manquants``."""
    return _some_members("coverage.missing", value, t)


def measured_sentence(measured: pd.Series, t: Translator) -> str:
    """Say whether driving minutes are measured or estimated."""
    antennas, others = int(measured["antennas"]), int(measured["others"])
    if not antennas and not others:
        return t("coverage.estimated")
    told = t.plural("coverage.measured", antennas, day=t.day(measured["fetched_on"]))
    return f"{told} {t.plural('coverage.measured_others', others)}" if others else told


def note_sentences(notes: pd.DataFrame, t: Translator, *, view: Asked) -> Iterator[str]:
    """Yield what ``tables.reach_notes`` and ``tables.siting_notes`` say, as sentences."""
    for note, names in zip(notes["note"], notes["names"], strict=True):
        yield t(f"coverage.note_{note}", names=names, reach=reach_words(view, t), offices=t.number(view.offices))


def at_place(name: str, t: Translator) -> str:
    """Return a place with "at": ``à Béziers``, ``au Vigan``, ``aux Angles``; English ``in Béziers``."""
    if t.language == "fr":
        for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
            if name.startswith(article):
                return contracted + name.removeprefix(article)
    return t("coverage.at", place=name)


def _members(value: float, t: Translator) -> str:
    return t.number(value) if value >= 99.95 else t.tenths(value)


def _some_members(key: str, value: float, t: Translator) -> str:
    """Return the text of a number of members that may have a tenth; French has a plural from two on."""
    return t.plural(key, int(round(value, 1)), number=_members(value, t))


def _needed(row: dict[Hashable, Any], t: Translator) -> str:
    share, offices = t.percent(float(row["share_pct"])), int(row["offices"])
    if not offices:
        return t("coverage.offices_reached", share=share)
    key = "coverage.offices_part" if row["is_proven"] else "coverage.offices_at_most"
    return t.plural(key, offices, share=share)


def _reach(value: float, unit: str, t: Translator) -> str:
    return t(f"coverage.reach_{unit}", threshold=t.tenths(value))
