"""The firms and members that a view chooses, and what must not leave of those whom INSEE withholds."""

from __future__ import annotations

import dataclasses
from datetime import date

import pandas as pd

from analytics.errors import UserError
from analytics.metrics import aggregate
from analytics.metrics.standing import stand
from analytics.store import Snapshot, source_of
from analytics.view import View

IDENTIFYING_FIRM = ["siren", "siret", "name", "x_m", "y_m", "longitude", "latitude", "created_on"]
# A member's id is a hash that may be of its SIREN, and there are few enough SIREN to try them all.
IDENTIFYING_MEMBER = ["member_id", "name", "siren", "commune_code"]


def selected_firms(snapshot: Snapshot, view: View) -> pd.DataFrame:
    """Return the firms of the view, columns of ``FIRMS``, withheld ones with what they are known by."""
    return _chosen(snapshot.firms(view.perimeter), view)


def current_members(snapshot: Snapshot) -> pd.DataFrame:
    """Return the members that had not left on the day of the build, columns of the contract ``MEMBERS``."""
    return aggregate.current_members(snapshot.table("members"), on=snapshot.built_at)


def current_sirens(snapshot: Snapshot) -> list[str]:
    """Return the SIREN that current members have, whether or not the register has them."""
    sirens: list[str] = current_members(snapshot)["siren"].dropna().unique().tolist()
    return sirens


def marked_firms(snapshot: Snapshot, view: View) -> pd.DataFrame:
    """Return the firms of the view as ``aggregate.mark_members`` does."""
    return aggregate.mark_members(selected_firms(snapshot, view), member_sirens=current_sirens(snapshot))


def member_counts(snapshot: Snapshot, view: View) -> tuple[int, int]:
    """Return how many firms of the view's perimeter are current members and how many are not, whatever it selects."""
    firms = snapshot.firms(view.perimeter)
    members = int(firms["siren"].isin(current_sirens(snapshot)).sum())
    return members, len(firms) - members


def data_day(snapshot: Snapshot) -> date:
    """Return the day the register's data are of; that of the build where the file does not say."""
    given = source_of(snapshot.manifest, "register")
    day = given.get("data_as_of") if given else None
    return date.fromisoformat(day) if day else snapshot.built_at.date()


def roster_day(snapshot: Snapshot) -> date:
    """Return the day of the roster: that of its file, or the last day in it if that is later; none after the build.

    Not that of the register: a member who leaves after the roster was written is not in it.
    """
    built, given = snapshot.built_at.date(), source_of(snapshot.manifest, "members")
    if given is None:
        return built
    members = snapshot.table("members")
    told = pd.concat([members["joined_on"], members["left_on"]])
    last = told[told <= pd.Timestamp(built)].max()
    written = date.fromisoformat(given["modified"][:10])
    return min(built, written if pd.isna(last) else max(written, last.date()))


def says_jobs(firms: pd.DataFrame) -> bool:
    """Return whether the register tells jobs of these firms: a size band, or that one employs."""
    return firms.empty or bool((firms["size_code"] != "NN").any() or firms["is_employer"].any())


def region_standing(snapshot: Snapshot, view: View) -> pd.DataFrame:
    """Return all the firms of the view's perimeter as ``standing.stand`` does, whatever part the view selects."""

    def make() -> pd.DataFrame:
        return stand(
            snapshot.firms(view.perimeter),
            member_sirens=current_sirens(snapshot),
            antennas=snapshot.table("antennas"),
            communes=snapshot.table("communes"),
        )

    return snapshot.once(f"standing-{view.perimeter}", make)


def standing_firms(snapshot: Snapshot, view: View) -> pd.DataFrame:
    """Return the firms of the view as ``standing.stand`` does: what is expected of them is at the region's rates."""
    return _chosen(region_standing(snapshot, view), view)


def all_departments(view: View) -> View:
    """Return the view without its choice of departments, for what is to be judged among all of the region."""
    return dataclasses.replace(view, departments=())


def members_of(snapshot: Snapshot, view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Keep all the members where the view selects no part; else those whose firm is in it."""
    if view.selects_all:
        return rows
    return rows[rows["siren"].isin(selected_firms(snapshot, view)["siren"])]


def named_firms(snapshot: Snapshot) -> pd.DataFrame:
    """Return ``siren, name`` of the firms of all perimeters that may be named."""
    tables = [snapshot.firms(perimeter) for perimeter in snapshot.perimeters]
    rows = pd.concat([t.loc[~t["is_partially_diffusible"], ["siren", "name"]] for t in tables])
    return rows.drop_duplicates("siren")


def without_identity(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the rows, those of withheld units without these columns."""
    withheld = table["is_partially_diffusible"]
    return table.assign(**{column: table[column].mask(withheld) for column in columns}).reset_index(drop=True)


def derived(snapshot: Snapshot, name: str) -> pd.DataFrame:
    """Return a table that an earlier version of the software did not write.

    Raises
    ------
    UserError
        When the snapshot has none.
    """
    if name not in snapshot.table_names:
        raise UserError("table.older_snapshot")
    return snapshot.table(name)


def _chosen(firms: pd.DataFrame, view: View) -> pd.DataFrame:
    keep = pd.Series(data=True, index=firms.index)
    if view.departments:
        keep &= firms["department_code"].isin(view.departments)
    if view.segments:
        keep &= firms["segment"].isin(view.segments)
    if view.sizes:
        keep &= firms["size_code"].isin(view.size_codes)
    if view.employers_only:
        keep &= firms["is_employer"]
    return firms[keep]
