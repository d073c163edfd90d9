"""The columns of the map layers in words: what each is called, what it means, what its codes stand for."""

from __future__ import annotations

from itertools import pairwise

from analytics.export.geopackage import Field
from analytics.figures.areas import CLASS_ENDS
from analytics.text import Translator

# Columns in their order; the key of their label, where it is not ``layers.column_<column>``.
_AREA = {
    "area_code": "",
    "area_name": "common.column_area_name",
    "department_code": "common.column_department_code",
    "epci_code": "",
    "population": "common.column_population",
    "firms": "common.column_firms",
    "jobs_estimate": "common.column_jobs_estimate",
    "members": "common.column_members",
    "member_jobs": "common.column_member_jobs",
    "expected_members": "common.column_expected_members",
    "ratio": "common.column_ratio",
    "ratio_shrunk": "common.column_ratio_shrunk",
    "ratio_low": "common.column_ratio_low",
    "ratio_high": "common.column_ratio_high",
    "probability_under": "",
    "members_missing": "common.column_members_missing",
    "p_value": "common.column_p_value",
    "q_value": "common.column_q_value",
    "verdict": "common.column_verdict",
    "ratio_class": "",
    "rank": "common.column_rank",
    "cluster": "",
    "kind": "",
    "nearest_antenna": "common.column_nearest_antenna",
    "antenna_km": "",
}
_ANTENNA = {
    "antenna": "common.column_antenna",
    "antenna_kind": "",
    "commune_code": "common.column_commune_code",
    "staff": "common.column_staff",
    "threshold": "",
    "unit": "",
    "reached_firms": "",
    "reached_jobs_estimate": "",
    "reached_members": "",
    "reached_population": "",
    "firms_only_here": "",
    "firms_lost_if_closed": "",
    "territory_firms": "",
    "territory_jobs_estimate": "",
    "territory_members": "",
    "territory_population": "",
    "territory_expected_members": "",
    "firms_per_staff": "common.column_firms_per_staff",
    "members_per_staff": "common.column_members_per_staff",
    "mean_km": "common.column_mean_km",
    "staff_per_1000_firms": "common.column_staff_per_1000_firms",
}
_REACH = {
    "antenna": "common.column_antenna",
    "commune_code": "common.column_commune_code",
    "threshold": "",
    "unit": "",
    "is_measured": "",
}
_NEXT = {
    "rank": "common.column_rank",
    "commune_code": "common.column_commune_code",
    "commune_name": "common.column_commune_name",
    "department_code": "common.column_department_code",
    "population": "common.column_population",
    "demand": "",
    "threshold": "",
    "unit": "",
    "added_demand": "common.column_added_demand",
    "covered_share_pct": "",
    "optimality_gap": "",
    "chosen_by_greedy": "common.column_chosen_by_greedy",
    "is_forced": "",
    "nearest_antenna": "common.column_nearest_antenna",
    "cost": "",
}
_NEXT_REACH = {
    "rank": "common.column_rank",
    "commune_code": "common.column_commune_code",
    "commune_name": "common.column_commune_name",
    "threshold": "",
    "unit": "",
    "is_measured": "",
}
# What a column means may depend on the layer.
_MEANINGS = {
    ("suggested_antennas", "rank"): "layers.meaning_next_rank",
    ("suggested_reach", "rank"): "layers.meaning_next_rank",
    ("suggested_antennas", "nearest_antenna"): "layers.meaning_next_nearest",
    ("suggested_antennas", "population"): "layers.meaning_next_population",
    ("reach", "commune_code"): "layers.meaning_antenna_commune",
    ("antennas", "commune_code"): "layers.meaning_antenna_commune",
}
# What nothing is known of without a roster.
OF_MEMBERS = (
    "members",
    "member_jobs",
    "expected_members",
    "ratio",
    "ratio_shrunk",
    "ratio_low",
    "ratio_high",
    "probability_under",
    "members_missing",
    "p_value",
    "q_value",
    "verdict",
    "ratio_class",
    "rank",
    "cluster",
    "kind",
    "reached_members",
    "territory_members",
    "territory_expected_members",
    "members_per_staff",
)


def _without(*names: str) -> dict[str, str]:
    return {column: key for column, key in _AREA.items() if column not in names}


_OF_A_COMMUNE = ("department_code", "epci_code")
_COLUMNS = {
    # The local Moran statistic is told of EPCI alone.
    "communes": _without("cluster"),
    "epci": _without(*_OF_A_COMMUNE),
    "departments": _without(*_OF_A_COMMUNE, "cluster"),
    "antennas": _ANTENNA,
    "reach": _REACH,
    "suggested_antennas": _NEXT,
    "suggested_reach": _NEXT_REACH,
}


def fields(t: Translator, layer: str) -> dict[str, Field]:
    """Return the columns of a layer, in their order, with their words."""
    codes = _codes(t)
    return {
        column: Field(
            label=t(key or f"layers.column_{column}"),
            meaning=t(_MEANINGS.get((layer, column), f"layers.meaning_{column}")),
            codes=codes.get(column, {}),
        )
        for column, key in _COLUMNS[layer].items()
    }


def class_labels(t: Translator) -> list[str]:
    """Return the classes of the ratio in words, from the lowest."""
    ends = [t.tenths(end) for end in CLASS_ENDS]
    limits = list(pairwise(ends))
    between = [t("layers.class_between", low=low, high=high) for low, high in limits]
    # It holds the areas of which nothing can be said, too.
    middle = len(limits) // 2
    between[middle] = t("layers.class_middle", low=limits[middle][0], high=limits[middle][1])
    return [t("layers.class_first", high=ends[0]), *between, t("layers.class_last", low=ends[-1])]


def _codes(t: Translator) -> dict[str, dict[str, str]]:
    keys = {
        "verdict": ("chart.verdict_", ("under", "over", "inconclusive", "too_small", "empty")),
        "cluster": ("layers.cluster_", ("high_high", "low_low", "low_high", "high_low", "none")),
        "kind": ("chart.kind_", ("recruit", "open", "learn", "leave")),
        "antenna_kind": ("layers.kind_", ("seat", "antenna")),
        "unit": ("coverage.unit_", ("min", "km")),
        "demand": ("coverage.demand_", ("firms", "jobs", "missing")),
    }
    named = {column: {code: t(prefix + code) for code in codes} for column, (prefix, codes) in keys.items()}
    return {**named, "ratio_class": {str(number): label for number, label in enumerate(class_labels(t))}}
