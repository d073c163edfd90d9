"""What a build computes from its own tables because no page could wait for it: prospects' scores, clusters of EPCI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from analytics.contracts import CLUSTERS, PROSPECTS
from analytics.metrics.aggregate import current_members
from analytics.metrics.prospects import fit_resemblance
from analytics.metrics.standing import clusters_of, compare_areas, stand
from analytics.settings import Settings
from analytics.store import CLUSTERS_PREFIX, PROSPECTS_PREFIX


@dataclass(frozen=True)
class Derived:
    """Tables to add to a snapshot, and facts to add to its manifest.

    Attributes
    ----------
    tables
        ``prospects-<perimeter>`` (contract ``PROSPECTS``) and ``clusters-<perimeter>`` (``CLUSTERS``).
    facts
        ``resemblance``: by perimeter, how well the model of the scores does (``Resemblance.quality``), null where too
        few members are matched for one.
    """

    tables: dict[str, pd.DataFrame]
    facts: dict[str, Any]


def derive(
    tables: Mapping[str, pd.DataFrame],
    *,
    firms: Mapping[str, pd.DataFrame],
    settings: Settings,
    built_at: datetime,
) -> Derived:
    """Compute them for each perimeter.

    Parameters
    ----------
    tables
        ``members``, ``communes``, ``antennas``, ``epcis``, ``neighbours``.
    firms
        By perimeter, columns of the contract ``FIRMS``.
    built_at
        The moment of the build, UTC: who had left by then is no member, and firms' ages are of that day.
    """
    sirens = current_members(tables["members"], on=built_at)["siren"].dropna().unique()
    found: dict[str, pd.DataFrame] = {}
    qualities: dict[str, Any] = {}
    for perimeter in settings.perimeters:
        standing = stand(
            firms[perimeter], member_sirens=sirens, antennas=tables["antennas"], communes=tables["communes"]
        )
        model = fit_resemblance(standing, on=pd.Timestamp(built_at).tz_localize(None))
        qualities[perimeter] = None if model is None else model.quality
        found[PROSPECTS_PREFIX + perimeter] = PROSPECTS.empty() if model is None else PROSPECTS.enforce(model.scores)
        epcis = compare_areas(standing, level="epci", areas=tables["epcis"]["area_code"].tolist())
        told = epcis[["area_code"]].assign(cluster=clusters_of(epcis, tables["neighbours"]))
        found[CLUSTERS_PREFIX + perimeter] = CLUSTERS.enforce(told)
    return Derived(found, {"resemblance": qualities})
