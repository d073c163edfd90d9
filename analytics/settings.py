"""The settings of a region: ``data/region.toml``, read and checked once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analytics.errors import UserError

ROOT = Path(__file__).parents[1]
DATA_DIR = ROOT / "data"
REGION_FILE = DATA_DIR / "region.toml"
REFERENCE_DIR = DATA_DIR / "reference"
DEMO_DIR = DATA_DIR / "demo"

Nomenclature = Literal["NAFRev2", "NAF2025"]
Quantity = Literal[
    "members",
    "member_jobs",
    "firms",
    "jobs",
    "establishments",
    "growth_pct_per_year",
    "jobs_growth_pct",
    "jobs_growth_pct_per_year",
    "budget_eur",
    "self_financed_pct",
    "public_grants_pct",
    "permanent_staff",
]
DepartmentCode = Annotated[str, Field(pattern=r"^([0-9][0-9AB]|97[0-9])$")]
COMMUNE_CODE = r"[0-9][0-9AB][0-9]{3}"
SNAPSHOT_ID = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}"
CommuneCode = Annotated[str, Field(pattern=f"^({COMMUNE_CODE})$")]
ActivityPrefix = Annotated[str, Field(pattern=r"^[0-9]{2}(\.[0-9]{1,2}[A-Z]?)?$")]
# No settings of a region are as long: what is given is another file.
LONGEST_FILE = 2**20
_FAULTS_SHOWN = 5


# What pydantic calls a fault, and the words that say it; then the first word of its names for wrong types.
_FAULTS = {
    "missing": "settings.fault_missing",
    "extra_forbidden": "settings.fault_unknown",
    "string_pattern_mismatch": "settings.fault_form",
    "finite_number": "settings.fault_finite",
    "greater_than": "settings.fault_gt",
    "greater_than_equal": "settings.fault_ge",
    "less_than": "settings.fault_lt",
    "less_than_equal": "settings.fault_le",
    "literal_error": "settings.fault_choice",
}
_TYPES = {
    "string": "settings.fault_text",
    "int": "settings.fault_whole",
    "float": "settings.fault_number",
    "bool": "settings.fault_truth",
    "tuple": "settings.fault_list",
    "dict": "settings.fault_section",
    "model": "settings.fault_section",
}


class _RefusedError(ValueError):
    """What a rule of ours finds, said by a ``UserError``; pydantic passes it on."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.reason = UserError(key, **params)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Label(_Strict):
    """A name in both languages."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.fr


class Region(_Strict):
    code: str
    name: str
    departments: tuple[DepartmentCode, ...]


class Cluster(_Strict):
    name: str
    default_perimeter: str
    axes: tuple[str, ...]


class Antenna(_Strict):
    name: str
    kind: Literal["seat", "antenna"]
    commune_code: CommuneCode
    staff: float = Field(ge=0)


class ActivityCodes(_Strict):
    """A set of activities under both nomenclatures, given as beginnings of codes (dots do not count)."""

    naf_rev2: tuple[ActivityPrefix, ...]
    naf_2025: tuple[ActivityPrefix, ...]

    def prefixes(self, nomenclature: Nomenclature) -> tuple[str, ...]:
        """Return the beginnings of the codes without dots, e.g. ``("6201Z", "582")``."""
        codes = self.naf_rev2 if nomenclature == "NAFRev2" else self.naf_2025
        return tuple(code.replace(".", "") for code in codes)


class Perimeter(ActivityCodes):
    name: Label
    source: Label


class Segment(ActivityCodes):
    name: Label


class PublishedFigure(_Strict):
    """A figure that someone published: shown beside the loaded data, never mixed with them."""

    quantity: Quantity
    value: float
    source: Label
    date: str = Field(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$")
    scope: Label | None = None
    approximate: bool = False
    at_least: bool = False
    reference: bool = False
    # Years that the figure speaks of, where it is a point or a rate of a series: from the one to the other.
    first_year: int | None = Field(default=None, ge=1900, le=2200)
    last_year: int | None = Field(default=None, ge=1900, le=2200)
    # Of a part of the region: not to be drawn beside the whole.
    is_partial: bool = False

    @property
    def year(self) -> int:
        """The year of the figure: that which it speaks of, else that of its publication."""
        return self.last_year or int(self.date[:4])

    @model_validator(mode="after")
    def _years_follow_each_other(self) -> PublishedFigure:
        if self.first_year is not None and (self.last_year is None or self.last_year <= self.first_year):
            raise _RefusedError("settings.fault_years")
        return self


class BuildRules(_Strict):
    allowed_shrink_pct: float = Field(ge=0, le=100)
    allowed_offset_km: float = Field(gt=0)


class TownRules(_Strict):
    near_km: float = Field(default=30, gt=0)


class SpeedBand(_Strict):
    """The speed on a part of a journey: from where the band before ends to ``up_to_km`` of road; None: to its end."""

    km_per_hour: float = Field(gt=0)
    up_to_km: float | None = Field(default=None, gt=0)


class TravelRules(_Strict):
    """How driving minutes are estimated from distances as the crow flies (``metrics.travel.driving_minutes``)."""

    detour: float = Field(default=1.3, ge=1)
    floor_minutes: float = Field(default=5, gt=0)
    speeds: tuple[SpeedBand, ...] = (
        SpeedBand(up_to_km=3, km_per_hour=25),
        SpeedBand(up_to_km=20, km_per_hour=55),
        SpeedBand(up_to_km=60, km_per_hour=80),
        SpeedBand(km_per_hour=100),
    )

    @model_validator(mode="after")
    def _bands_follow_each_other(self) -> TravelRules:
        ends = [band.up_to_km for band in self.speeds[:-1]]
        inner = [end for end in ends if end is not None]
        if not self.speeds or len(inner) < len(ends) or inner != sorted(set(inner)) or self.speeds[-1].up_to_km:
            raise _RefusedError("settings.fault_speeds")
        return self


class SitingRules(_Strict):
    """Which communes may have the next antenna: those of so many inhabitants, besides the main one of each EPCI."""

    smallest_population: int = Field(default=2_000, ge=0)


class Scenario(_Strict):
    """A rate at which the sector may grow, in percent a year, and who observed it."""

    rate_pct: float = Field(gt=-50, lt=50)
    source: Label
    date: str = Field(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$")
    scope: Label | None = None


class GrowthRules(_Strict):
    """What the page on growth supposes where neither the register nor the roster tells.

    ``spread_pct`` is the standard deviation of a year's rate where the register shows fewer than eight years;
    ``churn_pct`` the share of members that leave in a year where the roster does not tell; the targets are those that
    the page opens with.
    """

    low: Scenario | None = None
    high: Scenario | None = None
    spread_pct: float = Field(default=2.0, gt=0, lt=50)
    churn_pct: float = Field(default=5.0, ge=0, le=100)
    target_members: int = Field(default=600, gt=0)
    target_share_pct: float = Field(default=5.0, gt=0, le=100)
    target_jobs: int = Field(default=25_000, gt=0)
    target_year: int = Field(default=2030, ge=1900, le=2200)


Scene = Literal["sector", "cluster", "places", "towns", "reach", "offices", "growth", "plan", "next", "axes"]


class EventRules(_Strict):
    """What is shown on a stage: the scenes in their order, for how long each stays, and where the public may look.

    ``public_url`` is the address of the dashboard that may be told to the room, without a slash at its end.
    """

    scenes: tuple[Scene, ...] = ("sector", "cluster", "places", "reach", "growth", "next", "axes")
    seconds_per_scene: float = Field(default=20, ge=3, le=600)
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+[^\s?#/])?$")] = ""

    @model_validator(mode="after")
    def _each_scene_once(self) -> EventRules:
        if not self.scenes or len(set(self.scenes)) < len(self.scenes):
            raise _RefusedError("settings.fault_scenes")
        return self


class UpdateRules(_Strict):
    """From where and when official files are fetched, and what of that is this machine's alone.

    ``members`` and ``raw_folder`` are paths, from the project's folder where they are relative; empty: none, and
    ``raw`` beside the snapshots. ``patience_s`` is after how long a connection on which nothing comes is cut, ``tries``
    after how many attempts that bring nothing it is given up.
    """

    service: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] = "https://www.data.gouv.fr/api/1"
    dataset: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "5b7ffc618b4c4169d30727e0"
    register_file: Annotated[str, Field(pattern=r"^[A-Za-z]+$")] = "StockEtablissement"
    legal_units_file: Annotated[str, Field(pattern=r"^[A-Za-z]+$")] = "StockUniteLegale"
    members: str = ""
    raw_folder: str = ""
    days: tuple[Annotated[int, Field(ge=1, le=28)], ...] = tuple(range(1, 11))
    time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "05:30"
    patience_s: float = Field(default=60, gt=0, le=3600)
    tries: int = Field(default=6, ge=1, le=50)

    @model_validator(mode="after")
    def _some_day(self) -> UpdateRules:
        if not self.days:
            raise _RefusedError("settings.fault_days")
        return self


class Settings(_Strict):
    """Everything that ``region.toml`` says.

    ``update`` is the machine's and not the region's: it is never written with the others, so that no manifest says
    where a roster lies.
    """

    region: Region
    cluster: Cluster
    antennas: tuple[Antenna, ...]
    perimeters: dict[str, Perimeter]
    segments: dict[str, Segment]
    published: tuple[PublishedFigure, ...]
    build: BuildRules
    towns: TownRules = TownRules()
    travel: TravelRules = TravelRules()
    siting: SitingRules = SitingRules()
    growth: GrowthRules = GrowthRules()
    event: EventRules = EventRules()
    update: UpdateRules = Field(default=UpdateRules(), exclude=True)

    @model_validator(mode="after")
    def _default_perimeter_exists(self) -> Settings:
        if self.cluster.default_perimeter not in self.perimeters:
            raise _RefusedError("settings.fault_perimeter", value=self.cluster.default_perimeter)
        return self

    @model_validator(mode="after")
    def _every_activity_has_a_segment(self) -> Settings:
        for nomenclature in get_args(Nomenclature):
            segments = tuple(code for segment in self.segments.values() for code in segment.prefixes(nomenclature))
            asked = {code for perimeter in self.perimeters.values() for code in perimeter.prefixes(nomenclature)}
            if lacking := sorted(code for code in asked if not code.startswith(segments)):
                raise _RefusedError("settings.fault_segments", nomenclature=nomenclature, codes=", ".join(lacking))
        return self

    def segment_names(self, language: str) -> dict[str, str]:
        """Return the names of the segments by key, in their order."""
        return {key: segment.name.in_language(language) for key, segment in self.segments.items()}

    def reference_figure(self, quantity: str) -> PublishedFigure | None:
        """Return the published figure that stands beside the loaded ``quantity``, or None."""
        return next((f for f in self.published if f.reference and f.quantity == quantity), None)


def load_settings(path: Path = REGION_FILE) -> Settings:
    """Read and check a settings file.

    Raises
    ------
    UserError
        When the file is absent or cannot be read, is not TOML, or holds something unknown, missing or out of range.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
        if len(content) > LONGEST_FILE:
            raise UserError("limits.settings", file=path.name)
        return Settings.model_validate(tomllib.loads(content.decode("utf-8")))
    except FileNotFoundError as error:
        raise UserError("settings.absent", file=path.name) from error
    except OSError as error:
        raise UserError("settings.unreadable", file=path.name, reason=error.strerror or "") from error
    except ValidationError as error:
        found = error.errors()
        faults = tuple(map(_fault, found[:_FAULTS_SHOWN])) + (("…",) if len(found) > _FAULTS_SHOWN else ())
        raise UserError("settings.faults", file=path.name, faults=faults) from error
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number or brackets without end
        raise UserError("settings.not_toml", file=path.name, reason=str(error)) from error


def _fault(found: Mapping[str, Any]) -> UserError:
    """Return the words for one of pydantic's faults: where it is, and what should be there instead."""
    place, kind, context = ".".join(map(str, found["loc"])), found["type"], found.get("ctx", {})
    refused = context.get("error")
    if isinstance(refused, _RefusedError):
        return UserError("settings.fault_at", place=place, fault=refused.reason) if place else refused.reason
    limit = next((context[name] for name in ("gt", "ge", "lt", "le") if name in context), None)
    known = str(context.get("expected", "")).replace(" or ", ", ")
    key = _FAULTS.get(kind) or _TYPES.get(kind.partition("_")[0])
    # What is not in the lists is told as pydantic says it, in English.
    fault = (
        found["msg"] if key is None else UserError(key, limit=f"{limit:g}" if limit is not None else "", known=known)
    )
    return UserError("settings.fault_at", place=place, fault=fault)


@cache
def default_settings() -> Settings:
    """Return the settings of the bundled region, read once."""
    return load_settings()


def public_url(settings: Settings) -> str:
    """Return the address that may be told to the room: ``ECOSYSTEM_PUBLIC_URL`` when set, else the settings'."""
    return (os.environ.get("ECOSYSTEM_PUBLIC_URL") or settings.event.public_url).rstrip("/")


def members_file(settings: Settings) -> Path | None:
    """Return the roster that updates read: ``ECOSYSTEM_MEMBERS`` when set, else the settings', else None."""
    if given := os.environ.get("ECOSYSTEM_MEMBERS"):
        return Path(given).expanduser()
    return ROOT / Path(settings.update.members).expanduser() if settings.update.members else None


def raw_folder(settings: Settings, store: Path) -> Path:
    """Return where INSEE's files are kept: ``ECOSYSTEM_RAW`` when set, else as the settings say, else in the store."""
    if given := os.environ.get("ECOSYSTEM_RAW"):
        return Path(given).expanduser()
    return ROOT / Path(settings.update.raw_folder).expanduser() if settings.update.raw_folder else store / "raw"


def store_dir() -> Path:
    """Return the folder of the snapshots: ``ECOSYSTEM_STORE`` when set, else ``data/store``."""
    return Path(os.environ.get("ECOSYSTEM_STORE") or DATA_DIR / "store")
