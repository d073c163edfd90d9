"""The bridge between two snapshots: every step by hand, each rule at its edge, and sums that hold whatever changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics.bridge import ARRIVED, DEPARTED, JOINED, LEFT, Selection, Side, bridge

OLD, NEW = date(2025, 1, 1), date(2026, 1, 1)
TOULOUSE_SOFTWARE = Selection(departments=("31",), segments=("software",))
EVERYTHING = Selection(departments=(), segments=())
FIGURES = ("firms", "jobs", "members")


def _side(
    day: date,
    jobs: Mapping[str, float],
    *,
    others: Mapping[str, tuple[str, str]] | None = None,
    created: Mapping[str, str] | None = None,
    elsewhere: tuple[str, ...] = (),
    established: Mapping[str, str] | None = None,
    fates: Mapping[str, str] | None = None,
    members: list[tuple[str, str | None]] | None = None,
    names: Mapping[str, str] | None = None,
) -> Side:
    """Return a side: firms of the view with their jobs, others of the perimeter with department and segment."""
    born = {siren: pd.Timestamp(text) for siren, text in (created or {}).items()}
    placed = dict.fromkeys(jobs, ("31", "software")) | dict(others or {})
    return Side(
        day=day,
        selected=pd.DataFrame(jobs.items(), columns=["siren", "jobs_estimate"]).astype({"jobs_estimate": "float64"}),
        perimeter=pd.DataFrame(
            {
                siren: {"department_code": department, "segment": segment, "created_on": born.get(siren, pd.NaT)}
                for siren, (department, segment) in placed.items()
            },
            index=["department_code", "segment", "created_on"],
        ).T,
        elsewhere=frozenset(elsewhere),
        established_on={siren: pd.Timestamp(text) for siren, text in (established or {}).items()},
        fates=dict(fates or {}),
        members=pd.DataFrame(
            [(member, (names or {}).get(member), siren) for member, siren in members or []],
            columns=["member_id", "name", "siren"],
        ).astype("str"),
    )


def _steps(table: pd.DataFrame, figure: str) -> list[tuple[str, int, int]]:
    rows = table[table["figure"] == figure]
    return list(zip(rows["step"], rows["change"], rows["level"], strict=True))


def _only_step(old: Side, new: Side, selection: Selection = TOULOUSE_SOFTWARE) -> str:
    """Return what the bridge says of the one firm that came or went."""
    (_, (step, change, _), _) = _steps(bridge(old, new, selection=selection), "firms")
    assert change == (1 if step in ARRIVED else -1)
    return step


# --- By hand ---------------------------------------------------------------------------------------------------------

STAYING = {"keeps": 10, "grows": 4, "loses match": 1, "gains member": 1, "gains match": 1}
GOING = {
    "shuts": 3,
    "leaves region": 5,
    "to Montpellier": 2,
    "to trade": 1,
    "to another perimeter": 6,
    "to data": 7,
    "shrinks": 8,
    "vanishes": 1.6,
}
COMING = {
    "born": 1,
    "learnt of late": 2,
    "from another region": 20,
    "from Montpellier": 4,
    "from another perimeter": 3,
    "from data": 5,
    "from trade": 2,
    "swells": 12,
}
BEFORE = _side(
    OLD,
    STAYING | GOING,
    others={"from Montpellier": ("34", "software"), "from data": ("31", "data"), "swells": ("31", "software")},
    elsewhere=("from another perimeter",),
    members=[
        ("m1", "keeps"),
        ("m1 again", "keeps"),
        ("m2", "grows"),
        ("m3", "loses match"),
        ("m4", "shuts"),
        ("m9", "shrinks"),
        ("m5", None),
        ("m6", "born"),
        ("m7", "from Montpellier"),
    ],
)
AFTER = _side(
    NEW,
    STAYING | {"grows": 9} | COMING,
    others={"to Montpellier": ("34", "software"), "to data": ("31", "data"), "shrinks": ("31", "software")},
    created={"born": "2025-03-01", "learnt of late": "2024-09-01", "from another region": "2000-01-01"},
    elsewhere=("to another perimeter",),
    established={"born": "2025-03-01", "from another region": "2025-05-01", "from trade": "2001-01-01"},
    fates={"shuts": "closed", "leaves region": "moved_out", "to trade": "recoded_out"},
    members=[
        ("m1", "keeps"),
        ("m1 again", "keeps"),
        ("m3", None),
        ("m4", "shuts"),
        ("m9", "shrinks"),
        ("m5", "gains match"),
        ("m6", "born"),
        ("m7", "from Montpellier"),
        ("m8", "gains member"),
    ],
)


def test_every_step_by_hand() -> None:
    table = bridge(BEFORE, AFTER, selection=TOULOUSE_SOFTWARE)
    assert table.columns.tolist() == ["figure", "step", "change", "level"]
    assert _steps(table, "firms") == [
        ("start", 0, 13),
        ("opened", 2, 15),
        ("moved_in", 2, 17),
        ("recoded_in", 3, 20),
        ("resized_in", 1, 21),
        ("closed", -1, 20),
        ("moved_out", -2, 18),
        ("recoded_out", -3, 15),
        ("resized_out", -1, 14),
        ("gone", -1, 13),
        ("end", 0, 13),
    ]
    # The levels are 50.6, 53.6 and so on to 67.6, then 66 once 1.6 are gone: what is shown is rounded, and adds up.
    assert _steps(table, "jobs") == [
        ("start", 0, 51),
        ("opened", 3, 54),
        ("moved_in", 24, 78),
        ("recoded_in", 10, 88),
        ("resized_in", 12, 100),
        ("closed", -3, 97),
        ("moved_out", -7, 90),
        ("recoded_out", -14, 76),
        ("resized_out", -8, 68),
        ("gone", -2, 66),
        ("rebanded", 5, 71),
        ("end", 0, 71),
    ]
    assert _steps(table, "members") == [
        ("start", 0, 5),
        ("joined", 1, 6),
        ("matched", 1, 7),
        ("entered", 2, 9),
        ("left", -1, 8),
        ("unmatched", -1, 7),
        ("exited", -2, 5),
        ("end", 0, 5),
    ]


def test_nothing_changed_and_nothing_there() -> None:
    same = bridge(BEFORE, BEFORE, selection=TOULOUSE_SOFTWARE)
    assert same["step"].tolist() == ["start", "end"] * 3
    assert same["level"].tolist() == [13, 13, 51, 51, 5, 5]
    nothing = bridge(_side(OLD, {}), _side(NEW, {}), selection=EVERYTHING)
    assert nothing["figure"].tolist() == ["firms"] * 2 + ["jobs"] * 2 + ["members"] * 2
    assert nothing["level"].tolist() == [0] * 6


# --- Each rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("created", "established", "step"),
    [
        ("2025-06-01", "2025-06-01", "opened"),
        ("2025-01-01", None, "opened"),
        ("2024-07-06", "2024-07-06", "opened"),  # 179 days before the old snapshot
        ("2024-07-04", "2024-07-04", "recoded_in"),  # 181 days
        ("2000-01-01", "2024-07-06", "moved_in"),
        ("2000-01-01", "2024-07-04", "recoded_in"),
        (None, "2025-06-01", "moved_in"),
        ("2000-01-01", None, "recoded_in"),
        (None, None, "recoded_in"),
    ],
)
def test_since_when_a_firm_is_there(created: str | None, established: str | None, step: str) -> None:
    days = {"created": created, "established": established}
    known = {name: {"one": text} for name, text in days.items() if text is not None}
    assert _only_step(_side(OLD, {}), _side(NEW, {"one": 3}, **known)) == step


@pytest.mark.parametrize(
    ("place", "selection", "reason"),
    [
        (("34", "software"), TOULOUSE_SOFTWARE, "moved"),
        (("34", "data"), TOULOUSE_SOFTWARE, "moved"),
        (("31", "data"), TOULOUSE_SOFTWARE, "recoded"),
        (("31", "software"), TOULOUSE_SOFTWARE, "resized"),
        (("34", "data"), Selection((), ("software",)), "recoded"),
        (("34", "data"), Selection(("31",), ()), "moved"),
        (("34", "data"), EVERYTHING, "resized"),
    ],
)
def test_why_a_firm_of_the_perimeter_was_not_of_the_view(
    place: tuple[str, str], selection: Selection, reason: str
) -> None:
    # What a newer build would say of it otherwise does not matter, nor when it was created.
    shown, hidden = {"one": 3}, {"others": {"one": place}, "fates": {"one": "closed"}, "elsewhere": ("one",)}
    came = _only_step(_side(OLD, {}, **hidden), _side(NEW, shown, created={"one": "2025-06-01"}), selection)
    went = _only_step(_side(OLD, shown), _side(NEW, {}, **hidden), selection)
    assert (came, went) == (f"{reason}_in", f"{reason}_out")


def test_what_became_of_a_firm() -> None:
    shown = _side(OLD, {"one": 3})
    for fate in ("closed", "moved_out", "recoded_out"):
        assert _only_step(shown, _side(NEW, {}, fates={"one": fate})) == fate
    assert _only_step(shown, _side(NEW, {}, elsewhere=("one",), fates={"one": "closed"})) == "recoded_out"
    assert _only_step(shown, _side(NEW, {}, fates={"another": "closed"})) == "gone"


@pytest.mark.parametrize(
    ("firms_before", "before", "after", "joining", "leaving"),
    [
        ({"one": 3}, [], [("m1", "one")], "joined", "left"),
        ({"one": 3}, [("m1", None)], [("m1", "one")], "matched", "unmatched"),
        ({"one": 3}, [("m1", "another")], [("m1", "one")], "matched", "unmatched"),
        ({}, [("m1", "one")], [("m1", "one")], "entered", "exited"),
    ],
)
def test_how_a_member_comes_and_goes(
    firms_before: dict[str, float],
    before: list[tuple[str, str | None]],
    after: list[tuple[str, str | None]],
    joining: str,
    leaving: str,
) -> None:
    without, with_member = (firms_before, before), ({"one": 3}, after)
    sides = [[_side(day, jobs, members=roster) for jobs, roster in (without, with_member)] for day in (OLD, NEW)]
    came = bridge(sides[0][0], sides[1][1], selection=EVERYTHING)
    assert _steps(came, "members") == [("start", 0, 0), (joining, 1, 1), ("end", 0, 1)]
    went = bridge(sides[0][1], sides[1][0], selection=EVERYTHING)
    assert _steps(went, "members") == [("start", 0, 1), (leaving, -1, 0), ("end", 0, 0)]


def test_several_members_of_one_firm_are_one() -> None:
    old = _side(OLD, {"one": 3, "two": 3}, members=[("m1", "one"), ("m2", "two"), ("m3", "two")])
    new = _side(NEW, {"one": 3, "two": 3}, members=[("m1", "one"), ("m4", "one"), ("m3", "two")])
    assert _steps(bridge(old, new, selection=EVERYTHING), "members") == [("start", 0, 2), ("end", 0, 2)]
    # One of two that the old roster had is enough for the firm to be matched, not to have joined.
    after = _side(NEW, {"one": 3, "two": 3}, members=[("m5", "two"), ("m2", "two")])
    before = _side(OLD, {"one": 3, "two": 3}, members=[("m2", None)])
    steps = [("start", 0, 0), ("matched", 1, 1), ("end", 0, 1)]
    assert _steps(bridge(before, after, selection=EVERYTHING), "members") == steps


# --- Sums ------------------------------------------------------------------------------------------------------------

SIRENS = [f"{n}" for n in range(8)]
# Square roots of products, as the geometric means of bands of size are.
JOBS = [0.0, math.sqrt(2), math.sqrt(15), math.sqrt(54), math.sqrt(190), math.sqrt(980), 0.5, 7.0]
DAYS = ["1999-01-01", "2024-07-05", "2024-12-31", "2025-06-30"]
firms = st.sets(st.sampled_from(SIRENS))


@st.composite
def _sides(draw: st.DrawFn, day: date) -> Side:
    selected = draw(st.dictionaries(st.sampled_from(SIRENS), st.sampled_from(JOBS)))
    places = st.tuples(st.sampled_from(["31", "34"]), st.sampled_from(["software", "data"]))
    days = st.dictionaries(st.sampled_from(SIRENS), st.sampled_from(DAYS))
    ids = st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.sampled_from(SIRENS))
    return _side(
        day,
        selected,
        others={
            s: place for s, place in draw(st.dictionaries(st.sampled_from(SIRENS), places)).items() if s not in selected
        },
        created=draw(days),
        elsewhere=tuple(draw(firms)),
        established=draw(days),
        fates=draw(st.dictionaries(st.sampled_from(SIRENS), st.sampled_from(["closed", "moved_out", "recoded_out"]))),
        members=list(draw(ids).items()),
    )


def _counted(side: Side) -> dict[str, int]:
    """Return the figures of a side, counted on its tables."""
    shown = side.selected["siren"]
    return {
        "firms": len(shown),
        "jobs": round(math.fsum(side.selected["jobs_estimate"])),
        "members": int(shown.isin(side.members["siren"].dropna()).sum()),
    }


def _total(table: pd.DataFrame, figure: str, steps: tuple[str, ...]) -> int:
    return int(table.loc[(table["figure"] == figure) & table["step"].isin(steps), "change"].sum())


selections = st.sampled_from([EVERYTHING, TOULOUSE_SOFTWARE, Selection(("34",), ()), Selection((), ("data",))])


@settings(max_examples=80, deadline=None)
@given(_sides(OLD), _sides(NEW), selections)
def test_it_adds_up_whatever_changed(old: Side, new: Side, selection: Selection) -> None:
    table, back = bridge(old, new, selection=selection), bridge(new, old, selection=selection)
    start, end = _counted(old), _counted(new)
    assert table["figure"].drop_duplicates().tolist() == list(FIGURES)
    for figure in FIGURES:
        steps = _steps(table, figure)
        assert steps[0] == ("start", 0, start[figure])
        assert steps[-1] == ("end", 0, end[figure])
        changes = [change for _, change, _ in steps]
        assert start[figure] + sum(changes) == end[figure]
        assert [level for *_, level in steps] == [start[figure] + sum(changes[: n + 1]) for n in range(len(steps))]
        assert sum(changes) == -sum(change for _, change, _ in _steps(back, figure))


@settings(max_examples=80, deadline=None)
@given(_sides(OLD), _sides(NEW), selections)
def test_each_firm_and_member_is_in_one_step_of_its_side(old: Side, new: Side, selection: Selection) -> None:
    table = bridge(old, new, selection=selection)
    names = [(row.figure, row.step) for row in table.itertuples()]
    assert len(set(names)) == len(names)
    order = {"firms": (*ARRIVED, *DEPARTED), "jobs": (*ARRIVED, *DEPARTED, "rebanded"), "members": (*JOINED, *LEFT)}
    for figure in FIGURES:
        told = [step for step, *_ in _steps(table, figure)][1:-1]
        assert told == [step for step in order[figure] if step in told]
    was, now = (set(side.selected["siren"]) for side in (old, new))
    assert _total(table, "firms", ARRIVED) == len(now - was)
    assert _total(table, "firms", DEPARTED) == -len(was - now)
    before, after = (set(s.selected["siren"]) & set(s.members["siren"].dropna()) for s in (old, new))
    assert _total(table, "members", JOINED) == len(after - before)
    assert _total(table, "members", LEFT) == -len(before - after)
    jobs = {side.day: dict(side.selected.to_numpy().tolist()) for side in (old, new)}
    stayed = math.fsum(jobs[NEW][s] - jobs[OLD][s] for s in was & now)
    # Both ends of a step are rounded.
    assert _total(table, "jobs", ("rebanded",)) == pytest.approx(stayed, abs=1)


def test_a_member_whose_siren_is_filled_in_is_matched_and_has_not_joined() -> None:
    # Its id is a hash of the SIREN where there is one, else of the name: the name still tells who it is.
    old = _side(OLD, {"1": 3.0}, members=[("M-a", None)], names={"M-a": "ALPHA SAS"})
    new = _side(NEW, {"1": 3.0}, members=[("M-b", "1")], names={"M-b": "Alpha SAS"})
    assert _steps(bridge(old, new, selection=Selection((), ())), "members") == [
        ("start", 0, 0),
        ("matched", 1, 1),
        ("end", 0, 1),
    ]
    assert _steps(bridge(new, old, selection=Selection((), ())), "members") == [
        ("start", 0, 1),
        ("unmatched", -1, 0),
        ("end", 0, 0),
    ]


def test_a_step_that_shows_no_change_is_left_out() -> None:
    old = _side(OLD, {"1": 0.0, "2": 2**0.5, "3": 15**0.5})
    new = _side(NEW, {"1": 2**0.5, "2": 15**0.5, "3": 0.0})
    assert _steps(bridge(old, new, selection=Selection((), ())), "jobs") == [("start", 0, 5), ("end", 0, 5)]


def test_a_firm_of_180_days_before_has_opened() -> None:
    new = _side(NEW, {"1": 1.0, "2": 1.0}, created={"1": "2024-07-05", "2": "2024-07-04"})
    steps = _steps(bridge(_side(OLD, {}), new, selection=Selection((), ())), "firms")
    assert steps == [("start", 0, 0), ("opened", 1, 1), ("recoded_in", 1, 2), ("end", 0, 2)]
