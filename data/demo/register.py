"""The invented enterprises and establishments, as the rows of INSEE's two files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.sizes import BY_CODE, band_of_jobs
from data.demo.activities import NAF_2025
from data.demo.enterprises import Bools, Objects, jobs_of, only_where
from data.demo.identifiers import siret_of
from data.demo.layout import ESTABLISHMENT_COLUMNS, LEGAL_UNIT_COLUMNS, WITHHELD, lay_out
from data.demo.noise import last_treatment
from data.demo.places import OTHER_TOWNS, Floats, Ints, Places, draw_points, postal_codes
from data.demo.wording import street_names, without_accents

_SIZE_YEAR = "2024"
_ONLY_OLD, _ONLY_NEW = 0.05, 0.01
_NO_POSITION, _ZERO_POSITION, _WRONG_POSITION = 0.015, 0.004, 0.006
_WRONG_M = 50_000
_OLD_COMMUNE_SHARE = 0.3
_SIGN_SHARE = 0.08
_BEFORE_NAF_2025 = np.datetime64("2025-12-01")


@dataclass(frozen=True)
class Names:
    """Who each enterprise is: a company's name, or a person's first and last; one entry a unit."""

    company: list[str | None]
    first: list[str | None]
    last: list[str | None]


def establishment_rows(
    stock: pl.DataFrame, units: pl.DataFrame, names: Names, places: Places, rng: np.random.Generator
) -> pl.DataFrame:
    """Return StockEtablissement: the stock with identifiers, places, dates and both nomenclatures; ordered by SIRET.

    ``units`` gives ``unit, siren, is_partial``; one row a unit, in order.
    """
    stock = stock.sort("unit", "created", "role", maintain_order=True).with_columns(
        rank=pl.int_range(1, pl.len() + 1).over("unit")
    )
    sirens = units["siren"].gather(stock["unit"])
    partial = units["is_partial"].gather(stock["unit"]).to_numpy()
    sirets = [siret_of(siren, rank) for siren, rank in zip(sirens, stock["rank"], strict=True)]
    is_open = stock["closed"].is_null().to_numpy()
    band = pl.col("band")
    base = stock.select(
        siren=sirens,
        nic=pl.Series(sirets).str.slice(9),
        siret=pl.Series(sirets),
        statutDiffusionEtablissement=pl.Series(np.where(partial, "P", "O")),
        dateCreationEtablissement=pl.col("created"),
        trancheEffectifsEtablissement=band,
        anneeEffectifsEtablissement=pl.when(band.is_not_null() & (band != "NN")).then(pl.lit(_SIZE_YEAR)),
        dateDernierTraitementEtablissement=_treated(stock, rng),
        etablissementSiege=pl.when("is_seat").then(pl.lit("true")).otherwise(pl.lit("false")),
        dateDebut=_period_start(stock, rng),
        etatAdministratifEtablissement=pl.Series(np.where(is_open, "A", "F")),
        caractereEmployeurEtablissement=pl.col("flag"),
    )
    periods = (base["dateDebut"] != base["dateCreationEtablissement"]).cast(pl.Int64) + 1
    parts = (base, _activities(stock, rng), _places(stock, places, partial, rng), _signs(stock, names, partial, rng))
    table = pl.concat(parts, how="horizontal").with_columns(nombrePeriodesEtablissement=periods)
    return lay_out(table, ESTABLISHMENT_COLUMNS).sort("siret")


def _treated(stock: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    latest = np.maximum(
        last_treatment(stock.height, rng),
        stock.select(pl.max_horizontal("created", "closed")).to_series().to_numpy().astype("datetime64[D]"),
    )
    return pl.Series(latest).cast(pl.String) + "T08:00:00"


def _period_start(stock: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """The last period's first day: the closing; of an open row its creation, or a change of activity since."""
    days = stock["created"].to_numpy().astype("datetime64[D]")
    changed = days + np.floor(rng.random(len(days)) * (np.datetime64("2026-10-31") - days).astype(int)).astype(
        "timedelta64[D]"
    )
    start = np.where(rng.random(len(days)) < 0.3, changed, days)
    return stock.select(pl.coalesce("closed", pl.Series(start).cast(pl.Date))).to_series()


def _activities(stock: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Both nomenclatures on most rows; on some only one. Rows closed before December 2025 have the older only."""
    newer = stock["activity"].replace_strict(NAF_2025, default=None, return_dtype=pl.String)
    draw = rng.random(stock.height)
    closed = stock["closed"].to_numpy().astype("datetime64[D]")
    is_open = np.isnat(closed)
    has_newer = np.where(is_open, draw >= _ONLY_OLD, closed >= _BEFORE_NAF_2025)
    lacks_older = is_open & (draw > 1 - _ONLY_NEW) & newer.is_not_null().to_numpy()
    return stock.select(
        activitePrincipaleEtablissement=pl.when(~pl.Series(lacks_older)).then("activity"),
        nomenclatureActivitePrincipaleEtablissement=pl.when(~pl.Series(lacks_older)).then("nomenclature"),
        activitePrincipaleNAF25Etablissement=pl.when(pl.Series(has_newer)).then(newer),
    )


def _places(stock: pl.DataFrame, places: Places, partial: Bools, rng: np.random.Generator) -> pl.DataFrame:
    """Commune, address and position. Of partially diffusible units only the commune is told."""
    commune, town = stock["commune"].to_numpy(), stock["town"].to_numpy()
    known = (commune >= 0) | (town >= 0)
    codes, labels, postal = _communes(commune, town, places, rng)
    x, y = _coordinates(commune, town, places, rng)
    # One in three of those without a commune is abroad; of the others nothing is known.
    abroad = ~known & (rng.random(len(commune)) < 0.35)
    kinds = rng.choice(["RUE", "AVENUE", "CHEMIN", "PLACE", "ALLEE"], len(commune), p=[0.5, 0.2, 0.15, 0.05, 0.1])
    address: dict[str, Objects] = {
        "numeroVoieEtablissement": only_where(known, rng.integers(1, 120, len(commune)).astype(str)),
        "typeVoieEtablissement": only_where(known, kinds),
        "libelleVoieEtablissement": only_where(known, rng.choice(street_names(), len(commune))),
        "codePostalEtablissement": postal,
        "coordonneeLambertAbscisseEtablissement": x,
        "coordonneeLambertOrdonneeEtablissement": y,
    }
    told: dict[str, Objects] = {
        "libelleCommuneEtablissement": labels,
        "codeCommuneEtablissement": codes,
        "libelleCommuneEtrangerEtablissement": only_where(abroad, "GENEVE"),
        "codePaysEtrangerEtablissement": only_where(abroad, "99140"),
        "libellePaysEtrangerEtablissement": only_where(abroad, "SUISSE"),
    }
    withheld = {name: np.where(partial & known, WITHHELD, values) for name, values in address.items()}
    return pl.DataFrame({name: _texts(values) for name, values in (withheld | told).items()})


def _communes(commune: Ints, town: Ints, places: Places, rng: np.random.Generator) -> tuple[Objects, Objects, Objects]:
    """Return code, label and postal code of each row's commune."""
    here, there = commune >= 0, town >= 0
    codes, labels, postal = (np.full(len(commune), None, dtype=object) for _ in range(3))
    draws = rng.random((int(here.sum()), 2))
    codes[here] = [_written_code(places, c, draw) for c, draw in zip(commune[here], draws, strict=True)]
    labels[here] = [_label(name) for name in places.names[commune[here]]]
    postal[here] = postal_codes(places, commune[here], rng)
    for target, field in ((codes, "code"), (labels, "name"), (postal, "postal_code")):
        target[there] = [getattr(OTHER_TOWNS[t], field) for t in town[there]]
    return codes, labels, postal


def _texts(values: Objects) -> pl.Series:
    return pl.Series(values.tolist(), dtype=pl.String)


def _written_code(places: Places, commune: int, draws: Floats) -> str:
    """The commune's code; of a merged one, on some rows the code of a commune that is no more."""
    old = places.old_codes.get(int(commune), ())
    return old[int(draws[1] * len(old))] if old and draws[0] < _OLD_COMMUNE_SHARE else str(places.codes[commune])


def _label(name: str) -> str:
    return without_accents(name.replace("œ", "oe").replace("Œ", "Oe")).upper()


def _coordinates(commune: Ints, town: Ints, places: Places, rng: np.random.Generator) -> tuple[Objects, Objects]:
    points = np.full((len(commune), 2), np.nan)
    here, there = commune >= 0, town >= 0
    points[here] = draw_points(places, commune[here], rng)
    centres = np.array([(t.x_m, t.y_m) for t in OTHER_TOWNS])
    points[there] = centres[town[there]] + rng.normal(scale=1_200, size=(there.sum(), 2))
    draw = rng.random(len(commune))
    bounds = np.cumsum([_NO_POSITION, _ZERO_POSITION, _WRONG_POSITION])
    angle = rng.random(len(commune)) * 2 * np.pi
    wrong = (draw >= bounds[1]) & (draw < bounds[2])
    points[wrong] += _WRONG_M * np.column_stack([np.cos(angle), np.sin(angle)])[wrong]
    text = np.array([[f"{value:.2f}" for value in point] for point in points], dtype=object)
    text[(draw >= bounds[0]) & (draw < bounds[1])] = "0"
    text[(draw < bounds[0]) | np.isnan(points[:, 0])] = None
    return text[:, 0], text[:, 1]


def _signs(stock: pl.DataFrame, names: Names, partial: Bools, rng: np.random.Generator) -> pl.DataFrame:
    """Some establishments bear a sign; those of partially diffusible units bear ``[ND]``."""
    companies = pl.Series(names.company, dtype=pl.String).gather(stock["unit"])
    signs = companies.str.split(" ").list.first()
    shown = pl.Series(rng.random(stock.height) < _SIGN_SHARE)
    withheld = pl.Series(partial)
    return stock.select(
        enseigne1Etablissement=pl.when(withheld).then(pl.lit(WITHHELD)).when(shown).then(signs),
        denominationUsuelleEtablissement=pl.when(withheld).then(pl.lit(WITHHELD)),
    )


def legal_unit_rows(
    stock: pl.DataFrame, units: pl.DataFrame, names: Names, rows: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Return StockUniteLegale, ordered by SIREN; ``rows`` is StockEtablissement."""
    table = _with_seat(_with_life(stock, units, names), rows).with_columns(
        draw=pl.lit(pl.Series(rng.random(units.height)))
    )
    category = pl.Series(_categories(table, rng))
    ended = pl.col("ended")
    result = table.select(
        "siren",
        statutDiffusionUniteLegale=pl.when("is_partial").then(pl.lit("P")).otherwise(pl.lit("O")),
        dateCreationUniteLegale="created",
        trancheEffectifsUniteLegale="band",
        anneeEffectifsUniteLegale=pl.when(pl.col("band") != "NN").then(pl.lit(_SIZE_YEAR)),
        dateDernierTraitementUniteLegale="dateDernierTraitementEtablissement",
        nombrePeriodesUniteLegale=pl.when(ended.is_null()).then(pl.lit("1")).otherwise(pl.lit("2")),
        categorieEntreprise=category,
        anneeCategorieEntreprise=pl.when(category.is_not_null()).then(pl.lit(_SIZE_YEAR)),
        dateDebut=pl.coalesce(ended, "created"),
        etatAdministratifUniteLegale=pl.when(ended.is_null()).then(pl.lit("A")).otherwise(pl.lit("C")),
        categorieJuridiqueUniteLegale=pl.when("is_natural").then(pl.lit("1000")).otherwise(_legal_form()),
        activitePrincipaleUniteLegale="activitePrincipaleEtablissement",
        nomenclatureActivitePrincipaleUniteLegale="nomenclatureActivitePrincipaleEtablissement",
        nicSiegeUniteLegale="nic",
        activitePrincipaleNAF25UniteLegale="activitePrincipaleNAF25Etablissement",
        **_identity(pl.Series(rng.choice(["M", "F"], units.height))),
    )
    return lay_out(result, LEGAL_UNIT_COLUMNS).sort("siren")


def _with_life(stock: pl.DataFrame, units: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Add names, first and last day, jobs and size band of each enterprise."""
    life = (
        stock.with_columns(jobs=pl.Series(jobs_of(stock)))
        .group_by("unit")
        .agg(
            created=pl.col("created").min(),
            ended=pl.when(pl.col("closed").is_null().any()).then(None).otherwise(pl.col("closed").max()),
            jobs=pl.col("jobs").filter(pl.col("closed").is_null()).sum(),
            is_known=(pl.col("band").is_not_null() & (pl.col("band") != "NN")).any(),
        )
    )
    table = units.join(life, on="unit", maintain_order="left")
    bands = [band_of_jobs(jobs) if known else "NN" for jobs, known in table.select("jobs", "is_known").iter_rows()]
    return table.with_columns(
        band=pl.Series(bands),
        company=pl.Series(names.company, dtype=pl.String),
        first=pl.Series(names.first, dtype=pl.String),
        last=pl.Series(names.last, dtype=pl.String),
    )


def _with_seat(table: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the columns of each enterprise's seat, its oldest establishment where the file has no seat."""
    seats = rows.sort("etablissementSiege", "siret", descending=[True, False])
    return table.join(
        seats.unique("siren", keep="first", maintain_order=True), on="siren", how="left", maintain_order="left"
    )


def _identity(sex: pl.Series) -> dict[str, pl.Expr]:
    """Who the enterprise is, ``[ND]`` where that is withheld: a company, or a person."""
    natural, draw = pl.col("is_natural"), pl.col("draw")

    def shown(values: pl.Expr, *, among: pl.Expr) -> pl.Expr:
        return pl.when(among & pl.col("is_partial")).then(pl.lit(WITHHELD)).when(among).then(values)

    return {
        "sexeUniteLegale": shown(pl.lit(sex), among=natural),
        "prenom1UniteLegale": shown(pl.col("first"), among=natural),
        "prenomUsuelUniteLegale": shown(pl.col("first"), among=natural),
        "nomUniteLegale": shown(pl.col("last"), among=natural),
        "denominationUniteLegale": shown(pl.col("company"), among=~natural),
        "economieSocialeSolidaireUniteLegale": pl.when(~natural).then(
            pl.when(draw > 0.98).then(pl.lit("O")).otherwise(pl.lit("N"))
        ),
        "societeMissionUniteLegale": pl.when(~natural & (draw > 0.999)).then(pl.lit("O")),
    }


def _legal_form() -> pl.Expr:
    """SAS, SARL, SASU, EURL, SA, association: the larger are rather SAS and SA."""
    draw, is_large = pl.col("draw"), pl.col("jobs") >= BY_CODE["21"].low
    return (
        pl.when(is_large & (draw < 0.15))
        .then(pl.lit("5599"))
        .when(is_large | (draw < 0.38))
        .then(pl.lit("5710"))
        .when(draw < 0.60)
        .then(pl.lit("5499"))
        .when(draw < 0.82)
        .then(pl.lit("5720"))
        .when(draw < 0.97)
        .then(pl.lit("5498"))
        .otherwise(pl.lit("9220"))
    )


def _categories(table: pl.DataFrame, rng: np.random.Generator) -> list[str | None]:
    """PME below 250 jobs, ETI from there, some of the largest GE; some small ones belong to larger groups."""
    jobs = table["jobs"].to_numpy()
    draw = rng.random(len(jobs))
    small = np.where(draw < 0.008, "GE", np.where(draw < 0.02, "ETI", only_where(draw < 0.85, "PME")))
    large = np.where((jobs >= BY_CODE["42"].low) | (draw < 0.25), "GE", "ETI")
    # The category describes 2024: no enterprise that is gone or younger has one.
    without = (table["ended"].is_not_null() | (table["created"].dt.year() > int(_SIZE_YEAR))).to_numpy()
    alone = table["is_natural"].to_numpy() | (jobs == 0)
    categories = np.where(jobs >= BY_CODE["32"].low, large, np.where(alone & (draw < 0.85), "PME", small))
    return [str(c) if c is not None and not gone else None for c, gone in zip(categories, without, strict=True)]
