"""The invented enterprises with establishments in the digital sector of the region, and their other establishments."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.sizes import BY_CODE
from data.demo.activities import CONTENT, HOLDINGS, SIDELINES, TIC
from data.demo.places import METROPOLES, OTHER_TOWNS, Floats, Ints, Places, draw_anywhere, draw_communes, draw_within

Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Values = npt.NDArray[Any]

JOBS = 63_000.0
FIRMS = 18_000

# Band -> (firms whose main establishment is in it, how many of them in the areas of Toulouse and Montpellier).
# The rest have no known employee.
BANDS: dict[str, tuple[int, float]] = {
    "42": (1, 1.0),
    "41": (3, 1.0),
    "32": (11, 0.91),
    "31": (13, 0.85),
    "22": (56, 0.83),
    "21": (120, 0.79),
    "12": (345, 0.75),
    "11": (545, 0.71),
    "03": (740, 0.65),
    "02": (1_260, 0.61),
    "01": (3_450, 0.58),
}
_TILT = {"01": 0.3, "02": 0.6, "03": 0.8}
_ZERO = 650
_EMPTY = 180
_BRANCH_BANDS = {"NN": 0.33, "00": 0.04, "01": 0.26, "02": 0.15, "03": 0.11, "11": 0.07, "12": 0.04}
# Number of firms that have so many other digital establishments in the region.
_BRANCHES = {1: 520, 2: 60, 4: 15}
_SEATS_OUTSIDE = 330
_BRANCHES_OUTSIDE = 160
_SEATS_ELSEWHERE = 110
_SIDELINES = 260
_CONTENT_BRANCHES = 170

ESTABLISHMENT_SCHEMA: dict[str, type[pl.DataType]] = {
    "unit": pl.Int64,
    "commune": pl.Int64,
    "town": pl.Int64,
    "role": pl.String,
    "activity": pl.String,
    "nomenclature": pl.String,
    "band": pl.String,
    "flag": pl.String,
    "is_seat": pl.Boolean,
    "created": pl.Date,
    "closed": pl.Date,
}


def establishments(count: int, **columns: Values | str | int | None) -> pl.DataFrame:
    """Return ``count`` rows of the common shape; what is not given is null (places: -1, nomenclature: NAFRev2)."""
    given: dict[str, Values | str | int | None] = {
        "commune": -1,
        "town": -1,
        "nomenclature": "NAFRev2",
        "is_seat": False,
        **columns,
    }
    frame = pl.DataFrame({"_": np.zeros(count)})
    return frame.select(_column(given.get(name), dtype).alias(name) for name, dtype in ESTABLISHMENT_SCHEMA.items())


def _column(value: Values | str | int | None, dtype: type[pl.DataType]) -> pl.Expr:
    if value is None or isinstance(value, (str, int)):
        return pl.repeat(value, pl.len(), dtype=dtype())
    # Polars takes texts and nulls from a list, not from an array of objects.
    return pl.lit(pl.Series(value.tolist() if value.dtype == object else value).cast(dtype))


def only_where(mask: Bools, values: npt.ArrayLike) -> Objects:
    """Return the values as objects, None where the mask is false."""
    kept = np.full(len(mask), None, dtype=object)
    kept[mask] = np.broadcast_to(np.asarray(values), len(mask))[mask]
    return kept


def draw_firms(places: Places, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the 18,000 main establishments, and the enterprises (unit, is_natural, is_partial)."""
    communes = draw_communes(places, rng)
    in_area = places.in_areas[communes]
    activities = draw_tic(in_area, rng)
    bands = draw_bands(places, communes, activities, rng)
    natural = draw_natural(bands, rng)
    main = establishments(
        FIRMS,
        unit=np.arange(FIRMS),
        commune=communes,
        role="main",
        activity=activities,
        band=bands,
        flag=draw_flags(bands, rng),
        is_seat=True,
    )
    units = pl.DataFrame(
        {"unit": np.arange(FIRMS), "is_natural": natural, "is_partial": draw_partial(bands, natural, rng)}
    )
    return main, units


def draw_tic(in_area: Bools, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """Return a digital activity for each row; outside the two areas repair shops are more usual."""
    codes = np.array([a.code for a in TIC])
    urban, rural = (_shares([getattr(a, name) for a in TIC]) for name in ("weight", "elsewhere"))
    return np.where(in_area, rng.choice(codes, len(in_area), p=urban), rng.choice(codes, len(in_area), p=rural))


def _shares(weights: npt.ArrayLike) -> Floats:
    array = np.asarray(weights, dtype=np.float64)
    return np.asarray(array / array.sum())


def draw_table(table: dict[str, tuple[str, float]], count: int, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """Return codes of a table ``code -> (NAF 2025, weight)``, by weight."""
    return rng.choice(list(table), count, p=_shares([weight for _, weight in table.values()]))


def draw_bands(places: Places, communes: Ints, activities: npt.NDArray[np.str_], rng: np.random.Generator) -> Objects:
    """Return a size band for each firm: exact numbers per band and area, tilted towards activities of larger firms."""
    size = {a.code: a.size for a in TIC}
    tilt = np.array([size[code] for code in activities]) * np.where(
        places.in_epcis((*METROPOLES, "243100633"))[communes], 1.3, 1.0
    )
    in_area = places.in_areas[communes]
    bands = np.full(len(communes), "NN", dtype=object)
    for band, (count, share) in BANDS.items():
        inside = round(count * share)
        for where, number in ((in_area, inside), (~in_area, count - inside)):
            free = np.flatnonzero(where & (bands == "NN"))
            weights = tilt[free] ** _TILT.get(band, 1.0)
            bands[rng.choice(free, number, replace=False, p=weights / weights.sum())] = band
    left = rng.permutation(np.flatnonzero(bands == "NN"))
    bands[left[:_ZERO]] = "00"
    bands[left[_ZERO : _ZERO + _EMPTY]] = None
    return bands


def draw_flags(bands: Objects, rng: np.random.Generator) -> Objects:
    """Return the employer flag: it follows the band, with the disagreements that the real file has."""
    draw = rng.random(len(bands))
    employs = np.isin(bands.astype(str), list(BANDS))
    idle = only_where(draw < 0.8, "N")
    declared = np.where(draw < 0.97, "O", only_where(draw < 0.99, "N"))
    return np.where(employs, declared, idle)


def draw_natural(bands: Objects, rng: np.random.Generator) -> Bools:
    """Return which enterprises are one natural person."""
    employs = np.isin(bands.astype(str), list(BANDS))
    odds = np.where(employs, np.where(bands == "01", 0.06, 0.0), 0.55)
    return rng.random(len(bands)) < odds


def draw_partial(bands: Objects, natural: Bools, rng: np.random.Generator) -> Bools:
    """Return which enterprises asked INSEE to withhold who they are: mostly natural persons."""
    employs = np.isin(bands.astype(str), list(BANDS))
    return rng.random(len(bands)) < np.where(natural, 0.38, np.where(employs, 0.02, 0.07))


def draw_branches(
    places: Places, main: pl.DataFrame, units: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, Ints]:
    """Return other digital establishments of the firms in the region, then the units that are still simple."""
    weights = (
        main["band"].replace_strict({b: v.estimate + 1 for b, v in BY_CODE.items()}, default=1.0).to_numpy() ** 0.7
    )
    weights = np.where(units["is_natural"].to_numpy(), 0, weights)
    chosen = rng.choice(FIRMS, sum(_BRANCHES.values()), replace=False, p=weights / weights.sum())
    numbers = np.repeat(list(_BRANCHES), list(_BRANCHES.values()))
    owners = np.repeat(chosen, numbers)
    at_metropole = rng.random(len(owners)) < 0.35
    metropoles = draw_within(places, np.flatnonzero(places.in_epcis(METROPOLES)), len(owners), rng)
    communes = np.where(at_metropole, metropoles, draw_anywhere(places, len(owners), rng))
    home = main["commune"].to_numpy()[owners]
    communes = np.where(communes == home, np.roll(communes, 1), communes)
    same = rng.random(len(owners)) < 0.8
    activities = np.where(same, main["activity"].to_numpy()[owners], draw_tic(places.in_areas[communes], rng))
    bands = rng.choice(list(_BRANCH_BANDS), len(owners), p=_shares(list(_BRANCH_BANDS.values()))).astype(object)
    branches = establishments(
        len(owners),
        unit=owners,
        commune=communes,
        role="branch",
        activity=activities,
        band=bands,
        flag=draw_flags(bands, rng),
    )
    return branches, np.setdiff1d(np.arange(FIRMS), chosen)


def with_jobs(main: pl.DataFrame, branches: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the main establishments with the employer flag set on as many without a band as bring the jobs home."""
    wanted = JOBS - jobs_of(main).sum() - jobs_of(branches).sum()
    number = round(wanted / BY_CODE["01"].estimate)
    idle = np.flatnonzero(~main["band"].is_in(list(BANDS)).fill_null(value=False).to_numpy())
    if not 0 <= number <= len(idle):
        raise ValueError(f"{number} flags would be needed: change the bands")
    flags = main["flag"].to_numpy().copy()
    flags[rng.choice(idle, number, replace=False)] = "O"
    return main.with_columns(pl.Series("flag", flags, dtype=pl.String))


def jobs_of(table: pl.DataFrame) -> Floats:
    """Return the jobs that stand for each establishment: the band's middle; without one, the flag counts as band 01."""
    by_band = {code: band.estimate for code, band in BY_CODE.items() if band.low > 0}
    estimate = pl.col("band").replace_strict(by_band, default=None, return_dtype=pl.Float64)
    by_flag = pl.when(pl.col("flag") == "O").then(by_band["01"]).otherwise(0.0)
    return table.select(estimate.fill_null(by_flag)).to_series().to_numpy()


def draw_towns(count: int, rng: np.random.Generator, *, overseas: bool = True) -> Ints:
    """Return towns outside the region, by weight."""
    weights = _shares([t.weight if overseas or not t.code.startswith("97") else 0.0 for t in OTHER_TOWNS])
    return rng.choice(len(OTHER_TOWNS), count, p=weights)


def draw_other_establishments(
    main: pl.DataFrame, units: pl.DataFrame, simple: Ints, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return main establishments (some no longer the seat) and what their firms have in other places or activities."""
    legal = np.intersect1d(simple, np.flatnonzero(~units["is_natural"].to_numpy() & ~units["is_partial"].to_numpy()))
    level = main["band"].replace_strict({b: v.estimate for b, v in BY_CODE.items()}, default=0.0).to_numpy()[legal]
    numbers = (_SEATS_OUTSIDE, _SEATS_ELSEWHERE, _BRANCHES_OUTSIDE, _SIDELINES, _CONTENT_BRANCHES)
    drawn = rng.permutation(rng.choice(legal, sum(numbers), replace=False, p=_shares(level + 0.3)))
    outside, elsewhere, away, sideline, content = np.split(drawn, np.cumsum(numbers)[:-1])
    home = main["commune"].to_numpy()
    parts = [
        _seats_outside(outside, main, rng),
        _branches_outside(away, main, rng),
        _at_home(elsewhere, home, "seat_elsewhere", HOLDINGS, rng).with_columns(is_seat=pl.lit(value=True)),
        _at_home(sideline, home, "sideline", SIDELINES, rng),
        _at_home(content, home, "content_branch", CONTENT, rng),
    ]
    seated_elsewhere = np.concatenate([outside, elsewhere]).tolist()
    return main.with_columns(is_seat=~pl.col("unit").is_in(seated_elsewhere)), pl.concat(parts)


def _seats_outside(owners: Ints, main: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Seats of larger firms in other regions, a third of them holdings."""
    count = len(owners)
    own = main["activity"].to_numpy()[owners]
    return establishments(
        count,
        unit=owners,
        town=draw_towns(count, rng, overseas=False),
        role="seat_outside",
        activity=np.where(rng.random(count) < 0.7, own, draw_table(HOLDINGS, count, rng)),
        band=rng.choice(["12", "21", "22", "32", "41"], count, p=[0.3, 0.3, 0.2, 0.12, 0.08]),
        flag="O",
        is_seat=True,
    )


def _branches_outside(owners: Ints, main: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return establishments(
        len(owners),
        unit=owners,
        town=draw_towns(len(owners), rng),
        role="branch_outside",
        activity=main["activity"].to_numpy()[owners],
        band=rng.choice(["NN", "01", "03", "11"], len(owners)),
        flag="O",
    )


def _at_home(
    owners: Ints, home: Ints, role: str, table: dict[str, tuple[str, float]], rng: np.random.Generator
) -> pl.DataFrame:
    """Establishments beside the main one, in another activity."""
    return establishments(
        len(owners),
        unit=owners,
        commune=home[owners],
        role=role,
        activity=draw_table(table, len(owners), rng),
        band=rng.choice(["NN", "01", "02"], len(owners), p=[0.6, 0.25, 0.15]),
        flag="N",
    )
