"""Where the next antennas should stand, with the certainty that the answer has."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.metrics.coverage import is_reached
from analytics.metrics.siting import (
    Siting,
    best_move,
    fewest_sites,
    first_nearby,
    greedy_covering,
    maximal_covering,
    times_nearby,
)
from analytics.metrics.travel import crow_km
from analytics.results.costs import candidate_costs, commune_costs, firm_costs, nearest_antennas
from analytics.results.reach import outlines_of
from analytics.results.selection import standing_firms
from analytics.results.towns import compared_areas
from analytics.settings import Settings
from analytics.store import Snapshot
from analytics.view import DEMANDS, MOST_OFFICES, View

NEXT_COLUMNS = [
    "rank",
    "commune_code",
    "commune_name",
    "added_demand",
    "covered_share_pct",
    "optimality_gap",
    "chosen_by_greedy",
]
STABILITY_COLUMNS = [
    "commune_code",
    "commune_name",
    "times",
    "share_pct",
    "times_firms",
    "times_jobs",
    "times_missing",
    "times_nearby",
    "is_first_nearby",
]
SHARES_PCT = (90, 95, 99)
# Two communes so near to each other are one place to open: whoever could come to one could come to the other.
NEARBY_KM = 10.0
STABILITY_THRESHOLDS = (20.0, 30.0, 45.0, 60.0)
# To reach most of each demand within each threshold.
STABILITY_QUESTIONS = len(STABILITY_THRESHOLDS) * len(DEMANDS)
SHORT_LIST = 20
_PLACE = ["commune_code", "name", "department_code", "population", "x_m", "y_m", "longitude", "latitude"]


@dataclass(frozen=True)
class _Demand:
    """What there is to reach, and how far it is from today's antennas: firms one by one, missing members by commune.

    Attributes
    ----------
    amount, commune
        (n,): how much, and the place of its commune in ``communes``.
    cost
        (n, antennas), in the view's unit.
    communes
        How many communes there are.
    """

    amount: np.ndarray
    commune: np.ndarray
    cost: np.ndarray
    communes: int

    @property
    def total(self) -> float:
        return float(self.amount.sum())

    def unreached(self, threshold: float) -> np.ndarray:
        """Return (communes,), what no antenna reaches."""
        return self._by_commune(is_reached(self.cost, threshold))

    def unreached_without(self, threshold: float) -> np.ndarray:
        """Return (communes, antennas), what no antenna reaches once one is closed."""
        reached = self.cost <= threshold
        by_others = reached.sum(axis=1, keepdims=True) - reached > 0
        return np.column_stack([self._by_commune(by_other) for by_other in by_others.T])

    def _by_commune(self, reached: np.ndarray) -> np.ndarray:
        return np.bincount(self.commune, weights=np.where(reached, 0.0, self.amount), minlength=self.communes)


@dataclass(frozen=True)
class _Sites:
    """Where the next antennas may stand.

    Attributes
    ----------
    candidates
        Columns of ``_PLACE``, most populous first.
    cost
        (communes, candidates), in the view's unit.
    forced
        Candidates where a site must stand, by their place in ``candidates``.
    """

    candidates: pd.DataFrame
    cost: np.ndarray
    forced: tuple[int, ...]


@dataclass(frozen=True)
class _Problem:
    """What is to be reached by new sites, and what each candidate reaches, within one threshold.

    Attributes
    ----------
    sites
        The candidates.
    demand
        (communes,): what no antenna reaches today.
    reaches
        (communes, candidates): whether one is within the threshold of the other.
    total, already
        All the demand there is, and what is reached today.
    """

    sites: _Sites
    demand: np.ndarray
    reaches: np.ndarray
    total: float
    already: float

    @classmethod
    def within(cls, threshold: float, *, demand: _Demand, sites: _Sites) -> _Problem:
        """Return the problem of reaching the demand within a threshold."""
        rest = demand.unreached(threshold)
        return cls(sites, rest, sites.cost <= threshold, demand.total, demand.total - float(rest.sum()))

    def solved(self, offices: int) -> Siting:
        """Return the best choice of so many sites."""
        return maximal_covering(self.demand, self.reaches, k=offices, forced=self.sites.forced)

    def greedy(self, offices: int) -> Siting:
        """Return as many sites chosen one after the other."""
        return greedy_covering(self.demand, self.reaches, k=offices, forced=self.sites.forced)

    def chosen(self, answer: Siting) -> pd.DataFrame:
        """Return the candidates of an answer, in its order."""
        return self.sites.candidates.iloc[list(answer.sites)].reset_index(drop=True)


def possible_sites(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return where the next antenna may stand, most populous first: communes with their town hall.

    Communes of ``settings.siting.smallest_population`` inhabitants or more and the most populous one of each EPCI (the
    sources do not name its seat); those that the view forces; without those that it excludes, and without those where
    an antenna stands.
    """
    communes = snapshot.table("communes").sort_values(["population", "commune_code"], ascending=[False, True])
    is_main = communes["epci_code"].notna() & ~communes.duplicated("epci_code")
    may = (communes["population"] >= settings.siting.smallest_population) | is_main
    may |= communes["commune_code"].isin(view.forced)
    may &= ~communes["commune_code"].isin([*view.excluded, *snapshot.table("antennas")["commune_code"]])
    return communes.loc[may, _PLACE].reset_index(drop=True)


def next_antennas(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return where to open the view's number of ``offices`` so as to reach most of its ``demand``; ``NEXT_COLUMNS``.

    The maximal covering location problem with today's antennas fixed (``metrics.siting.maximal_covering``). Demand is
    firms, jobs, or the members missing by commune where some are (``towns --level commune``). Firms and jobs reached
    today are counted firm by firm, as in ``coverage``; those that a new antenna adds by commune, whose town hall is
    within the threshold or is not: on the demonstration 2 % more than firm by firm at 30 minutes, 6 % at 15. Members
    missing are counted by commune in both. ``added_demand`` of a rank supposes those before it open,
    ``covered_share_pct`` is that of the network with them; a site that adds nothing is left out unless it is forced.
    ``optimality_gap`` is zero where the answer is proven the best, forced ones given.
    """
    return next_antennas_in_full(snapshot, view, settings)[NEXT_COLUMNS]


def next_antennas_in_full(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return ``next_antennas`` with what the page shows besides.

    These are ``department_code``, ``population``, ``x_m``, ``y_m``, ``nearest_antenna`` and ``cost`` to it in the
    view's unit, ``is_forced``, the line around what it would reach, ``x_km``, ``y_km`` and ``is_measured``
    (``reach.outlines_of``), and
    ``greedy_added``, what as many antennas chosen one after the other would add together (``siting.greedy_covering``).
    """
    problem = _problem(snapshot, view, settings)
    answer, greedy = problem.solved(view.offices), problem.greedy(view.offices)
    chosen = problem.chosen(answer)
    nearest = nearest_antennas(snapshot, view, settings).set_axis(snapshot.table("communes")["commune_code"])
    own = nearest.loc[chosen["commune_code"]].reset_index(drop=True)
    lines = outlines_of(snapshot, view, settings, sites=chosen).set_index("commune_code")
    return chosen.assign(
        rank=np.arange(1, len(chosen) + 1),
        commune_name=chosen["name"],
        added_demand=np.array(answer.added, dtype="float64"),
        covered_share_pct=_share_pct(problem.already + np.cumsum(answer.added), problem.total),
        optimality_gap=answer.gap,
        chosen_by_greedy=np.isin(answer.sites, greedy.sites),
        **own,
        greedy_added=float(sum(greedy.added)),
        is_forced=np.isin(answer.sites, problem.sites.forced),
        x_km=chosen["commune_code"].map(lines["x_km"]),
        y_km=chosen["commune_code"].map(lines["y_km"]),
        is_measured=chosen["commune_code"].map(lines["is_measured"]).fillna(False).astype("bool"),
    )


def siting_summary(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row beside which the answer stands.

    ``total`` of the demand, ``already`` reached today, ``already_pct``, and how many ``candidates`` there are.
    """
    demand = _demand(snapshot, view, settings)
    already = demand.total - float(demand.unreached(view.threshold).sum())
    row = {
        "total": demand.total,
        "already": already,
        "already_pct": float(_share_pct(np.array([already]), demand.total)[0]),
        "candidates": len(possible_sites(snapshot, view, settings)),
    }
    return pd.DataFrame([row])


def offices_needed(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the smallest number of new antennas that puts 90, 95 and 99 % of firms within the view's threshold.

    ``share_pct, offices`` (null where all candidates together do not reach it), ``lower_bound, is_proven``
    (``metrics.siting.fewest_sites``). Whatever the view's demand, firms are counted.
    """
    problem = _problem(snapshot, dataclasses.replace(view, demand="firms"), settings)
    rows = []
    for share in SHARES_PCT:
        found = fewest_sites(
            problem.demand,
            problem.reaches,
            share=share / 100,
            total=problem.total,
            already=problem.already,
            forced=problem.sites.forced,
        )
        rows.append((share, found.sites, found.lower_bound, found.is_proven))
    table = pd.DataFrame(rows, columns=["share_pct", "offices", "lower_bound", "is_proven"])
    return table.astype({"offices": "Int64", "lower_bound": "Int64"})


def move(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return the one row of the best move of one antenna of today to another commune (``metrics.siting.best_move``).

    ``closed, commune_code, commune_name, gain, gain_pct``: what the network would reach more of the view's demand; at
    most zero where no move pays. Without a row where there is no antenna or no candidate.
    """
    antennas = snapshot.table("antennas")["name"].tolist()
    demand, sites = _demand(snapshot, view, settings), _sites(snapshot, dataclasses.replace(view, forced=()), settings)
    if not antennas or sites.candidates.empty:
        return pd.DataFrame({"closed": [], "commune_code": [], "commune_name": [], "gain": [], "gain_pct": []})
    problem, rest = (
        _Problem.within(view.threshold, demand=demand, sites=sites),
        demand.unreached_without(view.threshold),
    )
    found = best_move(rest, problem.reaches, kept=problem.total - rest.sum(axis=0), total_now=problem.already)
    opened = sites.candidates.iloc[found.opened]
    row = {
        "closed": antennas[found.closed],
        "commune_code": opened["commune_code"],
        "commune_name": opened["name"],
        "gain": found.gain,
        "gain_pct": float(_share_pct(np.array([found.gain]), problem.total)[0]),
    }
    return pd.DataFrame([row])


def stability(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return how often each commune is chosen over four thresholds and three demands, most often nearby first.

    ``commune_code, commune_name, times, share_pct`` and ``times_firms, times_jobs, times_missing``, each of four;
    ``times_nearby``, how often it or a commune within ``NEARBY_KM`` is chosen, and ``is_first_nearby``, by which places
    apart are picked: the first row, then each that is not so near to one picked before. Forced communes are left out.
    The number of offices, what is excluded or forced and the unit are those of the view, the thresholds 20, 30, 45, 60.
    """
    sites = _sites(snapshot, view, settings)
    demands = {demand: _demand(snapshot, dataclasses.replace(view, demand=demand), settings) for demand in DEMANDS}
    answers = {
        (demand, threshold): _codes_chosen(_Problem.within(threshold, demand=whole, sites=sites), offices=view.offices)
        for demand, whole in demands.items()
        for threshold in STABILITY_THRESHOLDS
    }
    codes = sorted({code for chosen in answers.values() for code in chosen} - set(view.forced))
    communes = snapshot.table("communes").set_index("commune_code").loc[codes]
    is_chosen = np.array([communes.index.isin(chosen) for chosen in answers.values()]).reshape(len(answers), len(codes))
    points = communes[["x_m", "y_m"]].to_numpy(dtype="float64")
    times, nearby = is_chosen.sum(axis=0), times_nearby(is_chosen, crow_km(points, points) <= NEARBY_KM)
    by_demand = {
        f"times_{demand}": is_chosen[[asked == demand for asked, _ in answers]].sum(axis=0) for demand in DEMANDS
    }
    table = communes.rename(columns={"name": "commune_name"}).assign(
        times=times, share_pct=100 * times / len(answers), times_nearby=nearby, **by_demand
    )
    ordered = table.sort_values(["times_nearby", "times", "population"], ascending=False).reset_index()
    places = ordered[["x_m", "y_m"]].to_numpy(dtype="float64")
    told = ordered.assign(is_first_nearby=first_nearby(crow_km(places, places) <= NEARBY_KM))
    return told[STABILITY_COLUMNS]


def _codes_chosen(problem: _Problem, *, offices: int) -> list[str]:
    return problem.chosen(problem.solved(offices))["commune_code"].tolist()


def short_list(snapshot: Snapshot, view: View, settings: Settings, *, limit: int = SHORT_LIST) -> pd.DataFrame:
    """Return the places whose isochrones are worth measuring: antennas, then the candidates chosen most often.

    ``commune_code, name, x_m, y_m, longitude, latitude``.
    """
    often = stability(snapshot, dataclasses.replace(view, offices=MOST_OFFICES), settings)["commune_code"].head(limit)
    antennas = snapshot.table("antennas")["commune_code"]
    places = snapshot.table("communes").set_index("commune_code").loc[pd.unique(pd.concat([antennas, often]))]
    located: pd.DataFrame = places.reset_index()
    return located[["commune_code", "name", "x_m", "y_m", "longitude", "latitude"]]


def siting_notes(snapshot: Snapshot, view: View, settings: Settings) -> pd.DataFrame:
    """Return what a reader must know of what was asked: ``note, names``, names joined by ``, ``.

    ``unknown``: codes excluded or forced that are no commune's; ``both``: communes excluded and forced, which are
    excluded; ``standing``: forced where an antenna stands; ``few``: fewer candidates than offices asked for;
    ``forced``: more forced than asked for, and all stand.
    """
    communes = snapshot.table("communes").set_index("commune_code")["name"]
    standing = set(snapshot.table("antennas")["commune_code"])
    told = {
        "unknown": [code for code in dict.fromkeys((*view.excluded, *view.forced)) if code not in communes.index],
        "both": [communes[code] for code in view.forced if code in view.excluded and code in communes.index],
        "standing": [communes[code] for code in view.forced if code in standing],
    }
    found = [(note, ", ".join(names)) for note, names in told.items() if names]
    open_to = possible_sites(snapshot, view, settings)
    if len(open_to) < view.offices:
        found.append(("few", str(len(open_to))))
    if int(open_to["commune_code"].isin(view.forced).sum()) > view.offices:
        found.append(("forced", ""))
    return pd.DataFrame(found, columns=["note", "names"])


def _problem(snapshot: Snapshot, view: View, settings: Settings) -> _Problem:
    demand, sites = _demand(snapshot, view, settings), _sites(snapshot, view, settings)
    return _Problem.within(view.threshold, demand=demand, sites=sites)


def _sites(snapshot: Snapshot, view: View, settings: Settings) -> _Sites:
    open_to = possible_sites(snapshot, view, settings)
    forced = np.flatnonzero(open_to["commune_code"].isin(view.forced)).tolist()
    return _Sites(open_to, _all_candidate_costs(snapshot, view, settings, open_to=open_to), tuple(forced))


def _demand(snapshot: Snapshot, view: View, settings: Settings) -> _Demand:
    """Return what the view's ``demand`` is, of the firms or the departments that it selects."""
    codes = pd.Index(snapshot.table("communes")["commune_code"])
    if view.demand == "missing":
        costs = commune_costs(snapshot, view, settings).to_numpy()
        return _Demand(_missing_by_commune(snapshot, view, settings), np.arange(len(codes)), costs, len(codes))
    firms = standing_firms(snapshot, view)
    amount = np.ones(len(firms)) if view.demand == "firms" else firms["jobs_estimate"].to_numpy(dtype="float64")
    costs = firm_costs(snapshot, view, settings).loc[firms.index].to_numpy()
    return _Demand(amount, codes.get_indexer(firms["commune_code"]), costs, len(codes))


def _all_candidate_costs(snapshot: Snapshot, view: View, settings: Settings, *, open_to: pd.DataFrame) -> np.ndarray:
    """Return (communes, candidates): those of the settings are computed once a snapshot, forced ones beside."""
    usual = possible_sites(snapshot, View(view.perimeter), settings)
    known = snapshot.once(f"candidate-{view.unit}", lambda: candidate_costs(snapshot, view, settings, candidates=usual))
    others = open_to[~open_to["commune_code"].isin(known.columns)]
    if len(others):
        known = pd.concat([known, candidate_costs(snapshot, view, settings, candidates=others)], axis=1)
    codes = open_to["commune_code"].tolist()
    # Of all of them no copy is made: there are some two and a half million.
    return known.to_numpy() if known.columns.tolist() == codes else known[codes].to_numpy()


def _missing_by_commune(snapshot: Snapshot, view: View, settings: Settings) -> np.ndarray:
    """Return the members that each commune of the view's departments misses; 0 where it misses none."""
    communes = snapshot.table("communes")
    missing = compared_areas(snapshot, view, settings, level="commune").set_index("area_code")["members_missing"]
    chosen = communes["department_code"].isin(view.departments or communes["department_code"].unique())
    told = communes["commune_code"].map(missing).where(chosen)
    return told.fillna(0).clip(lower=0).to_numpy(dtype="float64")


def _share_pct(reached: np.ndarray, total: float) -> np.ndarray:
    return 100 * reached / total if total else np.full(len(reached), np.nan)
