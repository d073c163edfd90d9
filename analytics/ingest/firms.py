"""Establishments and legal units to firms: one row an enterprise, as the contract ``FIRMS`` says.

Jobs follow INSEE's size band of each establishment. The band is some two years old; the employer flag is current, but
only declared. So a band of one person or more wins over a flag that says "no employee": it was measured from payroll
declarations. Where the band says nothing (``NN``, null) or nobody (``00``), the flag decides: an establishment that
says it employs counts as the smallest band (``01``, one or two persons), any other as none. Where that contradicts
``00`` the firm is in band ``01``, so that nobody in band ``00`` has a job; ``NN``, no band given, stays.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from analytics.contracts import FIRMS
from analytics.ingest.activities import is_in, segment_of
from analytics.ingest.geography import Geography, load_contours
from analytics.ingest.positions import are_near_commune, to_longitude_latitude
from analytics.settings import Settings
from analytics.sizes import BY_CODE, band_of_jobs

_SMALLEST_EMPLOYER = "01"
_NO_JOBS = ("NN", "00")
_JOBS = ("jobs_low", "jobs_estimate", "jobs_high")


def normalise_firms(
    establishments: pl.DataFrame,
    legal_units: pl.DataFrame | None,
    *,
    perimeter: str,
    settings: Settings,
    geography: Geography,
) -> pd.DataFrame:
    """Return the firms of a perimeter.

    A firm is placed by its seat if that is in the region and perimeter, else by its largest establishment, ties by
    lowest NIC. It is partially diffusible as soon as one of its establishments in the region or its legal unit is:
    then its name is null and its position is its town hall's.

    Parameters
    ----------
    establishments
        ``RegisterExtract.establishments``.
    legal_units
        ``LegalUnits.units``; None when there is no such file: names are then the establishments' own.
    perimeter
        Key of a perimeter of the settings.
    geography
        The region's communes: town halls, EPCI and departments.

    Returns
    -------
    DataFrame
        Contract ``FIRMS``, ordered by ``siren``.
    """
    inside = establishments.filter(is_in(settings.perimeters[perimeter]))
    firms = _grouped(_with_jobs(inside)).with_columns(segment_of(settings))
    firms = _with_legal_units(firms, legal_units)
    is_shown = ~pl.col("is_partially_diffusible")
    firms = firms.with_columns(pl.when(is_shown).then(pl.col(name)).alias(name) for name in ("name", "x_m", "y_m"))
    return FIRMS.enforce(_placed(firms.to_pandas(), geography=geography, settings=settings))


def _with_jobs(establishments: pl.DataFrame) -> pl.DataFrame:
    """Add the jobs of each establishment, in persons, and give an unknown band its code."""
    band = pl.col("size_code")
    says_nothing = ~band.is_in([code for code in BY_CODE if code not in _NO_JOBS]).fill_null(False)
    is_employer = pl.col("is_declared_employer").fill_null(False)
    effective = pl.when(says_nothing & is_employer).then(pl.lit(_SMALLEST_EMPLOYER)).otherwise(band)
    values = (("jobs_low", "low"), ("jobs_estimate", "estimate"), ("jobs_high", "high"))
    return establishments.with_columns(
        pl.when((band == "00") & is_employer)
        .then(pl.lit(_SMALLEST_EMPLOYER))
        .when(band.is_in(list(BY_CODE)))
        .then(band)
        .otherwise(pl.lit("NN"))
        .alias("size_code"),
        *(
            effective.replace_strict(
                {code: float(getattr(band, field)) for code, band in BY_CODE.items()},
                default=0.0,
                return_dtype=pl.Float64,
            ).alias(name)
            for name, field in values
        ),
    )


def _grouped(establishments: pl.DataFrame) -> pl.DataFrame:
    """Return one row a siren: the columns of the establishment that places it, sums and counts over all of them."""
    ordered = establishments.sort(
        "siren", "is_seat", "jobs_estimate", "siret", descending=[False, True, True, False], nulls_last=True
    )
    firms = ordered.group_by("siren", maintain_order=True).agg(
        pl.col("siret", "commune_code", "x_m", "y_m", "activity_code", "activity_nomenclature").first(),
        pl.col("name").filter(pl.col("name").is_not_null() | pl.col("is_name_withheld")).first(),
        pl.col(*_JOBS).sum(),
        pl.col("created_on").min(),
        pl.col("size_code").first(),
        is_partially_diffusible=pl.col("is_unit_withheld").any(),
        is_size_known=(pl.col("size_code") != "NN").any(),
        establishments_count=pl.len().cast(pl.Int64),
    )
    return firms.with_columns(size_code=_size_code(firms), is_employer=pl.col("jobs_estimate") > 0)


def _size_code(firms: pl.DataFrame) -> pl.Series:
    """Return the band of the only establishment, else of the summed estimate; ``NN`` when nothing is known of any."""
    rows = firms.select("size_code", "establishments_count", "jobs_estimate", "is_size_known").iter_rows()
    codes = [
        code if count == 1 else band_of_jobs(jobs) if jobs or is_known else "NN" for code, count, jobs, is_known in rows
    ]
    return pl.Series(codes, dtype=pl.String)


def _with_legal_units(firms: pl.DataFrame, legal_units: pl.DataFrame | None) -> pl.DataFrame:
    if legal_units is None:
        return firms.with_columns(category=pl.lit(None, pl.String))
    joined = firms.join(legal_units, on="siren", how="left", suffix="_legal")
    return joined.with_columns(
        name=pl.when(~pl.col("is_name_withheld").fill_null(False)).then(pl.coalesce("name_legal", "name")),
        created_on=pl.coalesce("created_on_legal", "created_on"),
        is_partially_diffusible=pl.col("is_partially_diffusible")
        | pl.col("is_partially_diffusible_legal").fill_null(False),
    )


def _placed(firms: pd.DataFrame, *, geography: Geography, settings: Settings) -> pd.DataFrame:
    """Add EPCI, department, and position: the address where it is known and credible, else the town hall."""
    communes = geography.communes.set_index("commune_code").reindex(firms["commune_code"])
    x_m, y_m = (firms[axis].to_numpy(dtype="float64", na_value=np.nan) for axis in ("x_m", "y_m"))
    hall_x_m, hall_y_m = (communes[axis].to_numpy(dtype="float64", na_value=np.nan) for axis in ("x_m", "y_m"))
    is_address = are_near_commune(
        x_m,
        y_m,
        firms["commune_code"],
        contours=load_contours("commune", "full"),
        allowed_m=settings.build.allowed_offset_km * 1000,
    )
    x_m, y_m = np.where(is_address, x_m, hall_x_m), np.where(is_address, y_m, hall_y_m)
    longitude, latitude = to_longitude_latitude(x_m, y_m)
    return firms.assign(
        department_code=communes["department_code"].to_numpy(),
        epci_code=communes["epci_code"].to_numpy(),
        x_m=x_m,
        y_m=y_m,
        longitude=longitude,
        latitude=latitude,
        location_precision=np.select([is_address, np.isfinite(x_m)], ["address", "town_hall"], "none"),
    )
