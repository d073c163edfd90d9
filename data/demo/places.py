"""Where the invented establishments stand: the real communes, and a few large towns outside the region."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Invented numbers of firms, in the order of size that the region's departments have.
FIRMS_BY_DEPARTMENT: dict[str, int] = {
    "31": 6_552,
    "34": 4_400,
    "30": 1_800,
    "66": 1_250,
    "81": 700,
    "11": 650,
    "82": 470,
    "46": 445,
    "65": 440,
    "12": 420,
    "09": 405,
    "32": 320,
    "48": 148,
}
# The areas of Toulouse and Montpellier, as EPCI.
TOULOUSE_AREA = (
    *("243100518", "243100633", "200068641", "243100815", "243100781"),
    *("243100732", "200034957", "200071314", "200068807", "200071298"),
)
MONTPELLIER_AREA = ("243400017", "200022986", "243400470", "243400694", "243400520")
METROPOLES = ("243100518", "243400017")
# Digital firms crowd into towns, more than their share of the inhabitants. The EPCI with plants are made dense enough
# for their plants to show; Sicoval holds Toulouse's technology park.
_CROWDING = 1.12
_DENSER = {
    "243100518": 1.5,
    "243400017": 1.7,
    "243100633": 2.0,
    "243000643": 2.3,
    "200027183": 2.0,
    "243400769": 2.1,
    "200066918": 1.5,
    "241100593": 1.2,
    "248200099": 2.4,
    "200023737": 3.2,
    "248100430": 2.0,
}

# Postal codes of larger communes; elsewhere the column is left empty.
_POSTAL_CODES: dict[str, tuple[str, ...]] = {
    "31555": ("31000", "31100", "31200", "31300", "31400", "31500"),
    "34172": ("34000", "34070", "34080", "34090"),
    "30189": ("30000", "30900"),
    "66136": ("66000", "66100"),
    **{
        commune: (postal,)
        for commune, postal in {
            "34032": "34500",
            "82121": "82000",
            "11262": "11100",
            "81004": "81000",
            "30007": "30100",
            "11069": "11000",
            "34301": "34200",
            "65440": "65000",
            "81065": "81100",
            "31149": "31770",
            "31557": "31170",
            "31069": "31700",
            "34145": "34400",
            "31395": "31600",
            "34057": "34170",
            "12202": "12000",
            "32013": "32000",
            "12145": "12100",
            "46042": "46000",
            "48095": "48000",
            "09225": "09100",
            "09122": "09000",
            "31254": "31670",
            "46102": "46100",
        }.items()
    },
}

_OFFSET_LIMIT_M = 2_800
_TRIES = 60


class Town(NamedTuple):
    """A town outside the region."""

    code: str
    name: str
    postal_code: str
    x_m: float
    y_m: float
    weight: float


OTHER_TOWNS: tuple[Town, ...] = (
    Town("75108", "PARIS 8", "75008", 649_900, 6_864_000, 10),
    Town("75102", "PARIS 2", "75002", 651_400, 6_863_500, 8),
    Town("75113", "PARIS 13", "75013", 653_300, 6_859_200, 6),
    Town("92026", "COURBEVOIE", "92400", 643_900, 6_867_200, 6),
    Town("69383", "LYON 3EME", "69003", 844_000, 6_519_200, 6),
    Town("13202", "MARSEILLE 2EME", "13002", 892_300, 6_248_700, 4),
    Town("33063", "BORDEAUX", "33000", 417_200, 6_421_900, 5),
    Town("44109", "NANTES", "44000", 355_900, 6_689_700, 4),
    Town("59350", "LILLE", "59800", 704_200, 7_059_200, 4),
    Town("35238", "RENNES", "35000", 351_900, 6_789_600, 3),
    Town("67482", "STRASBOURG", "67000", 1_050_000, 6_840_900, 2),
    Town("06088", "NICE", "06000", 1_043_900, 6_299_700, 2),
    Town("38185", "GRENOBLE", "38000", 913_700, 6_457_300, 3),
    Town("64445", "PAU", "64000", 427_900, 6_249_500, 2),
    Town("26362", "VALENCE", "26000", 851_000, 6_428_500, 1),
    Town("2A004", "AJACCIO", "20000", 1_176_900, 6_107_800, 0.6),
    Town("2B033", "BASTIA", "20200", 1_228_600, 6_199_800, 0.6),
    # Overseas: departments of three digits, positions in the territory's own projection.
    Town("97411", "SAINT-DENIS", "97400", 338_900, 7_689_700, 2.2),
    Town("97416", "SAINT-PIERRE", "97410", 341_700, 7_640_400, 1.2),
    Town("97120", "POINTE-A-PITRE", "97110", 656_200, 1_796_300, 0.8),
    Town("97209", "FORT-DE-FRANCE", "97200", 708_600, 1_615_700, 0.8),
    Town("97302", "CAYENNE", "97300", 354_600, 545_700, 0.5),
)


@dataclass(frozen=True)
class Places:
    """The region's communes, one index for all arrays; ``old_codes`` of those that absorbed others."""

    codes: npt.NDArray[np.str_]
    names: npt.NDArray[np.str_]
    departments: npt.NDArray[np.str_]
    epcis: npt.NDArray[np.str_]
    population: Floats
    halls: Floats
    contours: npt.NDArray[np.object_]
    old_codes: dict[int, tuple[str, ...]]
    weights: Floats

    def in_epcis(self, epcis: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Return which communes lie in one of these EPCI."""
        return np.isin(self.epcis, epcis)

    @property
    def in_areas(self) -> npt.NDArray[np.bool_]:
        """Which communes lie in the areas of Toulouse and Montpellier."""
        return self.in_epcis(TOULOUSE_AREA + MONTPELLIER_AREA)


def load_places(directory: Path) -> Places:
    """Read the reference geography."""
    communes = gpd.read_parquet(directory / "communes.parquet").sort_values("commune_code", ignore_index=True)
    successors = pl.read_parquet(directory / "commune_successors.parquet").sort("old_code")
    position = {code: i for i, code in enumerate(communes["commune_code"])}
    old_codes: dict[int, tuple[str, ...]] = {}
    for old, code in successors.select("old_code", "commune_code").iter_rows():
        old_codes[position[code]] = (*old_codes.get(position[code], ()), old)
    epcis = communes["epci_code"].fillna("").to_numpy(dtype=np.str_)
    population = communes["population"].to_numpy(dtype=np.float64)
    return Places(
        codes=communes["commune_code"].to_numpy(dtype=np.str_),
        names=communes["name"].to_numpy(dtype=np.str_),
        departments=communes["department_code"].to_numpy(dtype=np.str_),
        epcis=epcis,
        population=population,
        halls=communes[["x_m", "y_m"]].to_numpy(dtype=np.float64),
        contours=communes.geometry.to_numpy(),
        old_codes=old_codes,
        weights=population**_CROWDING * np.array([_DENSER.get(epci, 1.0) for epci in epcis]),
    )


def draw_communes(places: Places, rng: np.random.Generator) -> Ints:
    """Return the commune of each of the 18,000 firms: departments as planned, then inhabitants and crowding."""
    drawn = [
        draw_within(places, np.flatnonzero(places.departments == department), count, rng)
        for department, count in FIRMS_BY_DEPARTMENT.items()
    ]
    return np.concatenate(drawn)


def draw_anywhere(places: Places, count: int, rng: np.random.Generator) -> Ints:
    """Return communes of the region drawn as the firms' are."""
    share = np.array(list(FIRMS_BY_DEPARTMENT.values()), dtype=np.float64)
    counts = rng.multinomial(count, share / share.sum())
    drawn = [
        draw_within(places, np.flatnonzero(places.departments == department), number, rng)
        for department, number in zip(FIRMS_BY_DEPARTMENT, counts, strict=True)
    ]
    return rng.permutation(np.concatenate(drawn))


def draw_within(places: Places, among: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Return ``count`` of these communes, by weight."""
    weights = places.weights[among]
    return rng.choice(among, size=count, p=weights / weights.sum())


def draw_points(places: Places, communes: Ints, rng: np.random.Generator) -> Floats:
    """Return a point for each row: near the town hall, inside the commune where some sixty tries find one."""
    points = np.empty((len(communes), 2))
    order = np.argsort(communes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(communes[order])) + 1):
        points[rows] = _points_in_commune(places, int(communes[rows[0]]), len(rows), rng)
    return points


def _points_in_commune(places: Places, commune: int, count: int, rng: np.random.Generator) -> Floats:
    contour, hall = places.contours[commune], places.halls[commune]
    spread = float(np.clip(0.28 * np.sqrt(contour.area), 250, 1_500))
    offsets = rng.normal(scale=spread, size=(count * 4 + _TRIES, 2))
    offsets = offsets[np.hypot(*offsets.T) < _OFFSET_LIMIT_M]
    candidates = hall + offsets
    inside = candidates[shapely.contains_xy(contour, candidates)]
    # A town hall on the very edge of an odd contour: what is missing stands beside it.
    beside = hall + np.clip(offsets, -60, 60)
    return np.concatenate([inside, beside])[:count]


def postal_codes(places: Places, communes: Ints, rng: np.random.Generator) -> list[str | None]:
    """Return the postal code of each commune, one of several at random, None where this file does not know it."""
    picks = rng.integers(0, 60, size=len(communes))
    known = [_POSTAL_CODES.get(str(places.codes[c]), ()) for c in communes]
    return [codes[pick % len(codes)] if codes else None for codes, pick in zip(known, picks, strict=True)]
