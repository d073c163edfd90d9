"""Activities under two nomenclatures: NAF rév. 2 until the end of 2026, NAF 2025 from 1 January 2027.

Since December 2025 the register carries both, the newer in a column of its own; from January 2027 the main column
holds it and the row's nomenclature says so. The code that decides is the NAF 2025 one wherever the row has it, in
either column, else the NAF rév. 2 one: so a file from before the switch and one from after it give the same firms.
"""

from __future__ import annotations

import polars as pl

from analytics.settings import ActivityCodes, Nomenclature, Settings

NOMENCLATURES: tuple[Nomenclature, ...] = ("NAFRev2", "NAF2025")
# Two digits, a dot or none, two digits, a letter or none: older nomenclatures have three digits (70.3C) or four (6420).
_CODE = r"^([0-9]{2})\.?([0-9]{2}[A-Z]?)$"
# NAF rév. 2 ends in A to F or Z; NAF 2025 took the letters from G to Y so that no code is in both.
_NAF_2025_LETTER = r"[G-Y]$"


def deciding_activity(main: pl.Expr, nomenclature: pl.Expr, naf_2025: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the activity that decides and its nomenclature, both null when the row has neither nomenclature's code.

    Parameters
    ----------
    main, nomenclature
        ``activitePrincipaleEtablissement`` and its nomenclature. Where the latter is null, the form of the code tells.
    naf_2025
        ``activitePrincipaleNAF25Etablissement``, null in older files.

    Returns
    -------
    tuple
        ``activity_code``, dotted (``62.01Z``), and ``activity_nomenclature`` (``NAFRev2`` or ``NAF2025``).
    """
    older, newer = both_activities(main, nomenclature, naf_2025)
    which = pl.when(newer.is_not_null()).then(pl.lit("NAF2025")).when(older.is_not_null()).then(pl.lit("NAFRev2"))
    return pl.coalesce(newer, older).alias("activity_code"), which.alias("activity_nomenclature")


def both_activities(main: pl.Expr, nomenclature: pl.Expr, naf_2025: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the activity under NAF rév. 2 and under NAF 2025, each dotted, null where the row does not have it.

    Parameters
    ----------
    main, nomenclature, naf_2025
        As ``deciding_activity`` takes them.
    """
    code, newer = _dotted(main), _dotted(naf_2025)
    said = nomenclature.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    told = pl.when(code.str.contains(_NAF_2025_LETTER)).then(pl.lit("NAF2025")).otherwise(pl.lit("NAFREV2"))
    said = pl.coalesce(said, told)
    newer = pl.coalesce(newer, pl.when(said.is_in(["NAF2025", "NAF25"])).then(code))
    return pl.when(said == "NAFREV2").then(code), newer


def _dotted(code: pl.Expr) -> pl.Expr:
    upper = code.str.to_uppercase().str.replace_all(" ", "", literal=True)
    return pl.when(upper.str.contains(_CODE)).then(upper.str.replace(_CODE, "${1}.${2}"))


def is_in(activities: ActivityCodes) -> pl.Expr:
    """Return whether ``activity_code`` begins with one of the set's codes under ``activity_nomenclature``."""
    digits = pl.col("activity_code").str.replace(".", "", literal=True)
    tests = [
        (pl.col("activity_nomenclature") == nomenclature)
        & digits.str.contains(f"^({'|'.join(activities.prefixes(nomenclature))})")
        for nomenclature in NOMENCLATURES
        if activities.prefixes(nomenclature)
    ]
    return pl.any_horizontal(pl.lit(False), *tests).fill_null(False)


def is_in_some_perimeter(settings: Settings) -> pl.Expr:
    """Return whether the activity is in at least one perimeter of the settings."""
    return pl.any_horizontal(is_in(perimeter) for perimeter in settings.perimeters.values())


def segment_of(settings: Settings) -> pl.Expr:
    """Return the key of the first segment, in the settings' order, that holds the activity."""
    choices = [pl.when(is_in(segment)).then(pl.lit(key)) for key, segment in settings.segments.items()]
    return pl.coalesce(choices).alias("segment")
