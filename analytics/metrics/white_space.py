"""White space: the segments and size classes where members are missing, and what catching up would add."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analytics.metrics.penetration import penetration
from analytics.metrics.ratios import standardise

_CELL = ["segment", "size_class"]


def white_space(
    marked: pd.DataFrame, *, region: pd.DataFrame, segments: Collection[str], sizes: Collection[str]
) -> pd.DataFrame:
    """Count firms and members by segment and size class, and say where fewer have joined than size leads to expect.

    Parameters
    ----------
    marked
        The firms selected, as ``aggregate.mark_members`` returns them, with ``segment``.
    region
        All firms of the region, in the same form; those of ``marked`` are among them.
    segments, sizes
        Keys, in the order of the rows: by segment, then size class. A cell outside them, or without a firm, has no row.

    Returns
    -------
    DataFrame
        One row a cell: ``segment``, ``size_class``; ``firms``, ``members`` (counts); ``jobs_estimate``,
        ``member_jobs`` (persons); the columns of ``penetration.penetration``; ``expected_members``; ``ratio``,
        ``p_value``, ``q_value`` and ``verdict`` of ``ratios.standardise``, its areas being the cells; ``ratio_shrunk``
        (see the notes); ``members_missing = expected_members * (1 - ratio_shrunk)``; ``segment_verdict``, that of the
        cell's segment over all its sizes.

    Notes
    -----
    ``expected_members = firms * members of the size class in the region / firms of the size class in the region``,
    over all segments. Membership depends on size most, so size is what a cell must be forgiven; were segment forgiven
    too, as ``strata.expected_by_firm`` does for places, every cell of the region would have the members expected of it
    and there would be nothing to find. Indirect standardisation: Breslow and Day (1987), "Statistical methods in cancer
    research" II, IARC, section 2.3. Over all cells of the region the expected members add up to the members.

    Ratios are shrunk twice, since a segment that joins less does so at every size, and each of its cells alone may be
    too small to show it: first the segments, each over all its sizes, by ``ratios.standardise``; then the cells, the
    expectation of each multiplied by the shrunk ratio of its segment, which is taken as known. A cell's ratio is the
    product of both; it has no interval, since that of the second factor alone would be too short.
    """
    counts = penetration(_count_cells(marked, segments=segments, sizes=sizes))
    rates = region.groupby("size_class", observed=True)["is_member"].mean()
    rate = rates.loc[counts["size_class"]].to_numpy(dtype="float64")
    once = standardise(counts.assign(expected_members=counts["firms"] * rate))
    cells = once.drop(columns=["ratio_low", "ratio_high", "probability_under"])
    twice = _shrunk_twice(cells)
    return cells.assign(**twice, members_missing=cells["expected_members"] * (1 - twice["ratio_shrunk"]))


def upper_quartile(cells: pd.DataFrame, *, region_cells: pd.DataFrame, dues_eur: pd.Series) -> pd.DataFrame:
    """Say what bringing each cell to the upper quartile of its size class would add.

    Parameters
    ----------
    cells
        Cells of the selection, as ``white_space`` returns them.
    region_cells
        Cells of the region; those of ``cells`` are among them.
    dues_eur
        Mean yearly dues of a member by size class, in euros; a class that is missing or null is not known.

    Returns
    -------
    DataFrame
        The cells with

        - ``target_pct``, the firm-weighted upper quartile of the size class: the highest shrunk penetration, in
          percent, that cells of the region with a quarter of the class's firms or more reach or exceed;
        - ``added_members = firms * max(0, target_pct - present penetration) / 100``, the present one being the higher
          of the raw and the shrunk; from 0 to the cell's firms that are no members;
        - ``added_jobs = added_members * mean jobs of the cell's firms that are no members``, in persons;
        - ``added_dues_eur = added_members * dues of the size class``, in euros a year; 0 where no member is added, else
          null where the dues are not known, so that a sum that skips no null is known just where all its parts are.

    Notes
    -----
    The shrunk penetration of a cell is its expected members times ``ratio_shrunk``, over its firms. Raw rates would be
    noise on both sides: a cell of three firms with one member would set the target, and the many small cells without a
    member would each be said to lack some, while those that chance has favoured would give nothing back. Where
    neither segments nor cells differ by more than chance, all cells of a class have its common rate, which is the
    target: in the region nothing is added. But a cell whose raw rate has reached the target has nothing to catch up,
    whatever is thought of its luck: so the higher of the two is its present rate, and the sum errs on the low side.

    Firms weigh in the quartile, not cells: a quarter of the cells may hold a hundredth of the firms.
    """
    target = _targets(region_cells).loc[cells["size_class"]].to_numpy(dtype="float64")
    present = _shrunk_pct(cells).clip(lower=cells["firm_penetration_pct"])
    behind = target - present
    # Cells of one rate may differ by a hair of rounding, which would be members whose dues are not known.
    members = cells["firms"] * behind.where(behind > 1e-9, 0.0) / 100
    others = cells["firms"] - cells["members"]
    jobs = (cells["jobs_estimate"] - cells["member_jobs"]).clip(lower=0) / others.where(others > 0)
    dues = dues_eur.reindex(cells["size_class"]).to_numpy(dtype="float64")
    return cells.assign(
        target_pct=target,
        added_members=members,
        added_jobs=(members * jobs).where(members > 0, 0.0),
        added_dues_eur=(members * dues).where(members > 0, 0.0),
    )


def _count_cells(marked: pd.DataFrame, *, segments: Collection[str], sizes: Collection[str]) -> pd.DataFrame:
    sums = marked.groupby(_CELL, observed=True).agg(
        firms=("is_member", "size"),
        members=("is_member", "sum"),
        jobs_estimate=("jobs_estimate", "sum"),
        member_jobs=("member_jobs", "sum"),
    )
    pairs = pd.MultiIndex.from_product([segments, sizes], names=_CELL)
    found = sums.loc[pairs[pairs.isin(sums.index)]].reset_index()
    return found.astype(dict.fromkeys(_CELL, "str") | dict.fromkeys(("firms", "members"), "int64"))


def _targets(region_cells: pd.DataFrame) -> pd.Series:
    """Return by size class the rate that cells with a quarter of its firms reach or exceed, in percent."""
    ranked = region_cells.assign(rate=_shrunk_pct(region_cells)).sort_values("rate", ascending=False)
    firms = ranked.groupby("size_class")["firms"]
    is_quarter = 4 * firms.cumsum() >= firms.transform("sum")
    return ranked[is_quarter].groupby("size_class")["rate"].max()


def _shrunk_pct(cells: pd.DataFrame) -> pd.Series:
    """Return the penetration of each cell that its shrunk ratio gives, in percent."""
    return (100 * cells["expected_members"] * cells["ratio_shrunk"] / cells["firms"]).clip(upper=100)


def _shrunk_twice(cells: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the shrunk ratio of each cell, that of its segment times its own within it, and its segment's verdict."""
    sums = cells.groupby("segment", sort=False)[["members", "expected_members"]].sum()
    segments = standardise(sums)
    of_segment = cells["segment"].map(segments["ratio_shrunk"]).astype("float64")
    within = standardise(cells.assign(expected_members=cells["expected_members"] * of_segment))
    verdicts = cells["segment"].map(segments["verdict"]).astype("str")
    return {"ratio_shrunk": of_segment * within["ratio_shrunk"], "segment_verdict": verdicts}
