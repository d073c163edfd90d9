"""Make the demo: a register, its legal units and a roster, in the formats that INSEE and an association's office use.

Run ``python -m data.demo.make_demo`` from the project's root. The same seed gives the same tables; the same versions of
polars and openpyxl also the same bytes. README.md says what is planted; ``planted.json`` says it with figures.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from analytics.settings import DEMO_DIR, REFERENCE_DIR, Settings, default_settings
from data.demo import enterprises, noise
from data.demo.history import LAST_DAY, History, draw_days, plan_history
from data.demo.identifiers import draw_sirens
from data.demo.layout import write_register
from data.demo.membership import TOO_FEW, TOO_MANY, Membership, draw_members, firm_table
from data.demo.places import MONTPELLIER_AREA, TOULOUSE_AREA, Places, load_places
from data.demo.register import Names, establishment_rows, legal_unit_rows
from data.demo.roster import Roster, plan_roster, write_roster
from data.demo.wording import company_names, persons

SEED = 113
SIZED_BEFORE = np.datetime64("2025-01-01")


@dataclass(frozen=True)
class Demo:
    """Everything that is written."""

    establishments: pl.DataFrame
    legal_units: pl.DataFrame
    roster: Roster
    planted: dict[str, object]


def stream(name: str) -> np.random.Generator:
    """Return the random numbers of one step: a change in one step leaves the others as they are."""
    return np.random.default_rng([SEED, *name.encode()])


def make(places: Places, settings: Settings) -> Demo:
    """Invent the demo.

    Parameters
    ----------
    places
        The real communes of the region.
    settings
        Segments and axes.
    """
    stock, units, history = draw_stock(places)
    tic = stock.filter((pl.col("commune") >= 0) & pl.col("closed").is_null() & pl.col("role").is_in(["main", "branch"]))
    firms = firm_table(tic, units, places, settings)
    membership = draw_members(firms, SEED)
    units = units.with_columns(siren=pl.Series(draw_sirens(units.height, stream("siren"))))
    names = draw_names(stock, units)
    roster, names = plan_roster(
        firms, membership.units, stock, units, names, places, settings.cluster.axes, stream("roster")
    )
    rows = establishment_rows(stock, units, names, places, stream("register"))
    legal_units = legal_unit_rows(stock, units, names, rows, stream("legal units"))
    planted = planted_figures(tic, firms, membership, history, roster, places)
    return Demo(rows, legal_units, roster, planted)


def draw_stock(places: Places) -> tuple[pl.DataFrame, pl.DataFrame, History]:
    """Return all establishments, all enterprises (``unit, is_natural, is_partial``), and the planned history."""
    rng = stream("firms")
    main, units = enterprises.draw_firms(places, rng)
    branches, simple = enterprises.draw_branches(places, main, units, rng)
    main = enterprises.with_jobs(main, branches, rng)
    main, others = enterprises.draw_other_establishments(main, units, simple, rng)
    history = plan_history(main.height + branches.height, stream("history"))
    main, branches = with_creation(main, branches, history, stream("creation"))
    numbering = noise.Numbering(enterprises.FIRMS)
    rng = stream("noise")
    parts = [
        main,
        branches,
        with_later_creation(others, main, rng),
        noise.draw_closed(places, history, main, numbering, rng),
        noise.draw_older(places, numbering, rng),
        noise.draw_content(places, numbering, rng),
        noise.draw_others(places, numbering, rng),
        noise.draw_elsewhere(numbering, rng),
    ]
    return pl.concat(parts), with_newcomers(units, numbering.next, stream("newcomers")), history


def with_creation(
    main: pl.DataFrame, branches: pl.DataFrame, history: History, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the open establishments the days of creation that the history leaves open: the larger are the older."""
    both = pl.concat([main, branches])
    jobs = enterprises.jobs_of(both)
    order = np.argsort(-(np.log1p(jobs) * 0.7 + rng.normal(size=both.height)), kind="stable")
    days = np.empty(both.height, dtype="datetime64[D]")
    days[order] = np.sort(draw_days(history.open_years, rng))
    # The size band describes 2024: those created since have none.
    young, is_sized = (
        days >= SIZED_BEFORE,
        both["band"].is_in(list(enterprises.BANDS)).fill_null(value=False).to_numpy(),
    )
    early = np.flatnonzero(young & is_sized)
    late = rng.choice(np.flatnonzero(~young & ~is_sized), len(early), replace=False)
    days[early], days[late] = days[late], days[early]
    # A firm's main establishment is its first.
    dated = both.with_columns(created=pl.Series(days)).with_columns(rank=pl.col("role") != "main")
    dated = dated.sort("unit", "rank", maintain_order=True).with_columns(pl.col("created").sort().over("unit"))
    dated = dated.drop("rank")
    return dated.filter(pl.col("role") == "main"), dated.filter(pl.col("role") == "branch")


def with_later_creation(others: pl.DataFrame, main: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Seats are as old as their firm's establishment here or older; what is beside them is younger."""
    days = main["created"].gather(others["unit"]).to_numpy().astype("datetime64[D]")
    since = np.floor(rng.random(others.height) * (LAST_DAY - days).astype(int)).astype("timedelta64[D]")
    before = rng.integers(0, 4_000, others.height).astype("timedelta64[D]")
    created = np.where(others["is_seat"].to_numpy(), days - before, days + since)
    return others.with_columns(created=pl.Series(created))


def with_newcomers(units: pl.DataFrame, count: int, rng: np.random.Generator) -> pl.DataFrame:
    """Add the enterprises outside the 18,000: natural and partially diffusible as often as small firms are."""
    fresh = count - units.height
    natural = rng.random(fresh) < 0.45
    partial = rng.random(fresh) < np.where(natural, 0.38, 0.05)
    newcomers = pl.DataFrame({"unit": np.arange(units.height, count), "is_natural": natural, "is_partial": partial})
    return pl.concat([units, newcomers])


def draw_names(stock: pl.DataFrame, units: pl.DataFrame) -> Names:
    """Return a company's name or a person's for each enterprise."""
    activities = stock.sort("unit", "is_seat", maintain_order=True).group_by("unit", maintain_order=True)
    activity = activities.agg(pl.col("activity").first()).sort("unit")["activity"].to_list()
    companies = company_names(activity, stream("companies"))
    people = persons(units.height, stream("persons"))
    natural = units["is_natural"].to_list()
    return Names(
        company=[None if person else name for name, person in zip(companies, natural, strict=True)],
        first=[first if person else None for (first, _), person in zip(people, natural, strict=True)],
        last=[last if person else None for (_, last), person in zip(people, natural, strict=True)],
    )


def planted_figures(
    tic: pl.DataFrame,
    firms: pl.DataFrame,
    membership: Membership,
    history: History,
    roster: Roster,
    places: Places,
) -> dict[str, object]:
    """Return what was planted, as figures that later readings of the files must find."""
    jobs = enterprises.jobs_of(tic)
    in_areas = places.in_areas[tic["commune"].to_numpy()]
    names = TOO_FEW | TOO_MANY
    dates = {f"{year}-01-01": count for year, count in sorted(history.open_on.items())}
    return {
        "seed": SEED,
        "firms": firms.height,
        "establishments": tic.height,
        "jobs_estimate": round(float(jobs.sum()), 1),
        "areas": {
            "toulouse": sorted(TOULOUSE_AREA),
            "montpellier": sorted(MONTPELLIER_AREA),
            "share_of_jobs_pct": round(float(100 * jobs[in_areas].sum() / jobs.sum()), 1),
        },
        "members": roster.figures,
        "members_by_epci": {
            "too_few": [_planted(e, names, membership) for e in TOO_FEW],
            "too_many": [_planted(e, names, membership) for e in TOO_MANY],
            "metropoles": {e: {"expected": x, "observed": o} for e, (x, o) in membership.metropoles.items()},
        },
        "history": {
            "last_day": str(LAST_DAY),
            "open_on": dates,
            "opened_in": {str(year): count for year, count in history.opened.items()},
            "closed_in": {str(year): count for year, count in history.closed.items()},
        },
    }


def _planted(epci: str, names: dict[str, str], membership: Membership) -> dict[str, object]:
    expected, observed = membership.planted[epci]
    return {"epci_code": epci, "name": names[epci], "expected": expected, "observed": observed}


def write(demo: Demo, folder: Path) -> None:
    """Write the four files."""
    folder.mkdir(parents=True, exist_ok=True)
    write_register(demo.establishments, folder / "StockEtablissement.parquet")
    write_register(demo.legal_units, folder / "StockUniteLegale.parquet")
    write_roster(demo.roster, folder / "members.xlsx")
    text = json.dumps(demo.planted, ensure_ascii=False, indent=1)
    (folder / "planted.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Make and write the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DEMO_DIR, help="folder to write to")
    options = parser.parse_args()
    write(make(load_places(REFERENCE_DIR), default_settings()), options.out)


if __name__ == "__main__":
    main()
