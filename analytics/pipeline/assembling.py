"""The tables of a snapshot, from what the files of a build gave."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analytics.contracts import AREAS, Contract
from analytics.ingest.geography import find_neighbours, load_outlines, locate_antennas
from analytics.movements import find_arrivals
from analytics.pipeline.reading import Content
from analytics.store import ARRIVALS, DEPARTURES, FIRMS_PREFIX, HISTORY


def assemble(content: Content) -> dict[str, pd.DataFrame]:
    """Return the tables of a snapshot by name, isochrones and those derived from them aside."""
    return dict(_tables(content))


def _tables(content: Content) -> Iterator[tuple[str, pd.DataFrame]]:
    # Whoever made them has enforced their contracts, those of areas aside.
    geography = content.geography
    for perimeter, firms in content.firms.items():
        yield FIRMS_PREFIX + perimeter, firms
    yield "members", content.matches.members
    yield "candidates", content.matches.candidates
    yield from content.basis.items()
    yield "communes", geography.communes
    yield "epcis", _with_others(AREAS, geography.epcis)
    yield "departments", _with_others(AREAS, geography.departments)
    yield "antennas", locate_antennas(content.settings, geography)
    yield "contours", load_outlines(geography)
    yield "neighbours", find_neighbours(geography)
    yield HISTORY, content.history.table
    yield ARRIVALS, find_arrivals(content.extract.establishments.select("siren", "created_on").to_pandas())
    yield DEPARTURES, content.departures


def _with_others(contract: Contract, table: pd.DataFrame) -> pd.DataFrame:
    """Enforce a contract on its columns and keep the others as they are."""
    others = table.drop(columns=list(contract.columns)).reset_index(drop=True)
    return pd.concat([contract.enforce(table), others], axis=1)
