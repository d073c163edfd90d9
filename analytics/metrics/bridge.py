"""From one snapshot's figure to another's, step by step: what came, what went, what changed. It adds up exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd

ARRIVED = ("opened", "moved_in", "recoded_in", "resized_in")
DEPARTED = ("closed", "moved_out", "recoded_out", "resized_out", "gone")
JOINED = ("joined", "matched", "entered")
LEFT = ("left", "unmatched", "exited")
# The register learns of a firm some weeks after it opened.
LATE = timedelta(days=180)


class Side(NamedTuple):
    """What a snapshot holds, as a bridge asks it.

    Attributes
    ----------
    day
        The day its data are of.
    selected
        The firms of the view: ``siren, jobs_estimate``, one row each.
    perimeter
        All firms of the view's perimeter, by SIREN as the index: ``department_code, segment, created_on``.
    elsewhere
        SIREN of the firms of the other perimeters.
    established_on
        Day of the first establishment that a firm has, by SIREN; of firms without one nothing is known.
    fates
        What became of firms that an earlier snapshot held, by SIREN: ``closed``, ``moved_out``, ``recoded_out``, or
        ``gone`` where the register does not say where they are.
    members
        Current members: ``member_id, name, siren`` (null where none was found).
    """

    day: date
    selected: pd.DataFrame
    perimeter: pd.DataFrame
    elsewhere: frozenset[str]
    established_on: Mapping[str, pd.Timestamp]
    fates: Mapping[str, str]
    members: pd.DataFrame


class Selection(NamedTuple):
    """What a view selects; empty selects all."""

    departments: tuple[str, ...]
    segments: tuple[str, ...]


def bridge(old: Side, new: Side, *, selection: Selection) -> pd.DataFrame:
    """Return the steps from the old figures to the new ones.

    Returns
    -------
    DataFrame
        ``figure`` (``firms``, ``jobs``, ``members``), ``step``, ``change`` and ``level`` after it (whole numbers; jobs
        are estimates, whose levels are rounded, so that what is shown adds up). The first step of a figure is
        ``start``, its last ``end``, both without change; those between that changed nothing are left out. Firms and
        jobs: ``ARRIVED``, ``DEPARTED``, and for jobs ``rebanded``, the changes of those that stayed. Members, firms of
        the view that are current members: ``JOINED``, ``LEFT``.

        A firm that came has *moved in* when its first establishment here was created since, though it was itself
        created before; *opened* when it was created since, or at most 180 days before, since the register learns late;
        else it was here under another activity, or inactive: *recoded*. One that is in the old perimeter but not in the
        old selection has changed department (*moved*), segment (*recoded*) or size (*resized*). What became of those
        that went the newer build says; of those that it did not follow nothing is known (*gone*).

        A member *joined* when the old roster did not have it, and *left* when the new one does not, whatever became of
        its firm. One that both have, by id or by name, is newly *matched*, or no longer (*unmatched*), where its firm
        is in both selections; *entered* and *exited* where the firm came or went.
    """
    was, now = (dict(zip(s.selected["siren"], s.selected["jobs_estimate"], strict=True)) for s in (old, new))
    arrived, departed = now.keys() - was.keys(), was.keys() - now.keys()
    before, after = (_rows(side, arrived | departed) for side in (old, new))
    came = _by_reason((s, _arrival(s, before.get(s), after.get(s), old, new, selection)) for s in arrived)
    went = _by_reason((s, _departure(s, after.get(s), new, selection)) for s in departed)
    firms = {s: len(came.get(s, ())) for s in ARRIVED} | {s: -len(went.get(s, ())) for s in DEPARTED}
    jobs = {s: math.fsum(now[f] for f in came.get(s, ())) for s in ARRIVED}
    jobs |= {s: -math.fsum(was[f] for f in went.get(s, ())) for s in DEPARTED}
    jobs["rebanded"] = math.fsum(now[f] - was[f] for f in now.keys() & was.keys())
    members = _members(old, new, was=frozenset(was), now=frozenset(now))
    return pd.concat(
        [
            _steps("firms", len(was), firms, len(now)),
            _steps("jobs", math.fsum(was.values()), jobs, math.fsum(now.values())),
            _steps("members", *members),
        ],
        ignore_index=True,
    )


Row = dict[str, Any]


def _rows(side: Side, sirens: Iterable[str]) -> dict[str, Row]:
    """Return those of the firms that are in the side's perimeter, as they are there."""
    there = side.perimeter[side.perimeter.index.isin(list(sirens))]
    return dict(zip(there.index, there.to_dict("records"), strict=True))


def _arrival(siren: str, before: Row | None, after: Row | None, old: Side, new: Side, selection: Selection) -> str:
    if before is not None:
        return f"{_change(before, selection)}_in"
    if siren in old.elsewhere:
        return "recoded_in"
    created = pd.NaT if after is None else after["created_on"]
    if pd.notna(created) and created.date() >= old.day - LATE:
        return "opened"
    established = new.established_on.get(siren, pd.NaT)
    return "moved_in" if pd.notna(established) and established.date() >= old.day - LATE else "recoded_in"


def _departure(siren: str, after: Row | None, new: Side, selection: Selection) -> str:
    if after is not None:
        return f"{_change(after, selection)}_out"
    return "recoded_out" if siren in new.elsewhere else new.fates.get(siren, "gone")


def _change(outside: Row, selection: Selection) -> str:
    """Return why a firm of the perimeter, as it was or is, is not selected."""
    if selection.departments and outside["department_code"] not in selection.departments:
        return "moved"
    return "recoded" if selection.segments and outside["segment"] not in selection.segments else "resized"


def _members(old: Side, new: Side, *, was: frozenset[str], now: frozenset[str]) -> tuple[int, dict[str, float], int]:
    before, after = (_known_by_siren(side.members) for side in (old, new))
    start, end = before.keys() & was, after.keys() & now
    known, still = (_known(side.members) for side in (old, new))
    came = _by_reason(
        (s, "joined" if after[s].isdisjoint(known) else "matched" if s in was else "entered") for s in end - start
    )
    went = _by_reason(
        (s, "left" if before[s].isdisjoint(still) else "unmatched" if s in now else "exited") for s in start - end
    )
    changes: dict[str, float] = {s: len(came.get(s, ())) for s in JOINED}
    changes |= {s: -len(went.get(s, ())) for s in LEFT}
    return len(start), changes, len(end)


def _known_by_siren(members: pd.DataFrame) -> dict[str, set[str]]:
    """Return by what each firm's members are known: their id, and their name, since a SIREN filled in changes ids."""
    found: dict[str, set[str]] = {}
    for siren, names in zip(members["siren"], _names(members), strict=True):
        if isinstance(siren, str):
            found.setdefault(siren, set()).update(names)
    return found


def _known(members: pd.DataFrame) -> set[str]:
    return {name for names in _names(members) for name in names}


def _names(members: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return id and name of each member, the name without regard to capitals, where there is one."""
    pairs = zip(members["member_id"], members["name"], strict=True)
    return [(member, name.casefold()) if isinstance(name, str) else (member,) for member, name in pairs]


def _by_reason(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for siren, reason in pairs:
        found.setdefault(reason, []).append(siren)
    return found


def _steps(figure: str, start: float, changes: Mapping[str, float], end: float) -> pd.DataFrame:
    exact, level = float(start), round(start)
    rows: list[tuple[str, str, int, int]] = [(figure, "start", 0, level)]
    last = [step for step, change in changes.items() if change][-1:]
    for step, change in changes.items():
        exact += change
        # The last one ends where the new figure stands, whatever the sum of many estimates lost underway.
        after = round(end) if [step] == last else round(exact)
        if after != level:
            rows.append((figure, step, after - level, after))
            level = after
    rows.append((figure, "end", 0, round(end)))
    return pd.DataFrame(rows, columns=["figure", "step", "change", "level"])
