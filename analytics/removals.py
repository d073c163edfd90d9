"""Who asked to be removed, and what tables are without them.

A removed **firm** is from then on as if INSEE had marked it partially diffusible, and more: it counts in every total,
at its town hall, under a stand-in for its SIREN; its name, identifier and address are in no table. A removed **member**
is in no roster. Every build, new roster and republication goes by the list; it outlives the snapshots.

::

    <root>/removals.json    a key; for each removal its marks, the stand-in, the day, the reason

The list must not become a register of those who wished to be in none: it holds no name, SIREN or member id, but
**marks**, HMAC-SHA256 under the key beside them. That hides them from whoever opens or searches the file, not from
whoever computes the marks of all SIREN with it: the file is for the store's account alone.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

import pandas as pd
from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.fr import siren as siren_number

from analytics.disk import as_json, replace
from analytics.errors import UserError
from analytics.ingest.names import fold
from analytics.store import FIRMS_PREFIX, PROSPECTS_PREFIX, OpenWhole, Served, Snapshot, Store

REMOVALS = "removals.json"
WENT_BY = "removals"
"""In a manifest: the numbers of the removals without whom its tables are."""
REASONS = ("objection", "erasure", "other")
"""Fixed words (GDPR, articles 21 and 17): a free text would soon name somebody."""
# Of these a removed firm has no row: they are of firms that may be named.
_OF_NAMED = ("aliases", "candidates", PROSPECTS_PREFIX)
TELLING = ("siren", "member_id", "name", "commune_code", "source_row")
"""Columns by which a table may tell somebody; ``source_row`` marks those that are of rows of a roster."""
# As ``ingest.members`` makes them.
_MEMBER_ID = re.compile(r"M-[0-9a-f]{10}")
_POSITION = ["x_m", "y_m", "longitude", "latitude"]

Kind = Literal["firm", "member"]
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Removal:
    """A firm or a member that is to be told nowhere.

    Attributes
    ----------
    kind
        ``firm`` of the register, or ``member`` of the roster.
    number
        What tells this removal from others in a list; manifests keep it, and without the key it says nothing.
    sirens, members, names
        Marks of its SIREN; of the ids under which rosters have had it; of its folded name with its commune. Of a firm,
        ``members`` are those that were matched to it.
    stand_in
        What stands for the SIREN of a firm: nine digits that fail the check, so that no firm has them.
    """

    kind: Kind
    number: str
    removed_on: str
    reason: str
    sirens: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    stand_in: str | None = None


class _Marks(NamedTuple):
    """The marks of rows of members: of their SIREN, ids, and names with communes; null where there is none."""

    sirens: pd.Series
    ids: pd.Series
    names: pd.Series


@dataclass(frozen=True)
class Removals:
    """The list, and what it does to tables. Unchanging: ``adding``, ``learning`` and ``without`` return another."""

    key: str
    listed: tuple[Removal, ...] = ()

    def mark(self, what: str, value: str) -> str:
        """Return the mark of a value; ``what`` keeps those of SIREN, ids and names apart."""
        return hmac.digest(bytes.fromhex(self.key), f"{what}:{value}".encode(), "sha256").hex()

    @property
    def numbers(self) -> list[str]:
        """What tells apart those listed, in order: by it a manifest says which removals its snapshot went by."""
        return sorted(removal.number for removal in self.listed)

    def find(self, kind: Kind, given: str) -> Removal | None:
        """Return the removal of a SIREN or member id, if it is listed."""
        mark = self._mark_of(given)
        return next((r for r in self.listed if r.kind == kind and mark in r.sirens | r.members), None)

    def adding(self, kind: Kind, given: str, reason: str | None = None) -> Removals:
        """Return the list with a firm (its SIREN) or a member (its id or SIREN) added.

        Where it is listed it stays since its day; its reason gives way to another that is given.
        """
        if found := self.find(kind, given):
            if reason in (None, found.reason):
                return self
            changed = dataclasses.replace(found, reason=reason)
            return dataclasses.replace(self, listed=tuple(changed if r is found else r for r in self.listed))
        mark, field = self._mark_of(given), "sirens" if given.isdigit() else "members"
        removal = Removal(
            kind=kind,
            # Of the kind too: of one SIREN a firm and a member may be listed, and either taken off alone.
            number=self.mark(f"number of a {kind}", given)[:8],
            removed_on=datetime.now(UTC).date().isoformat(),
            reason=reason or REASONS[-1],
            stand_in=self._new_stand_in() if kind == "firm" else None,
            **{field: frozenset({mark})},
        )
        return dataclasses.replace(self, listed=(*self.listed, removal))

    def without(self, removal: Removal) -> Removals:
        """Return the list without a removal."""
        return dataclasses.replace(self, listed=tuple(r for r in self.listed if r is not removal))

    def learning(self, tables: Mapping[str, pd.DataFrame]) -> Removals:
        """Return the list with the marks by which those listed will be known in the next roster.

        A roster's id of a member may become another one when the office numbers its rows or fills in a SIREN; and a
        member found by its name alone is not known by the SIREN of its firm.

        Parameters
        ----------
        tables
            ``members``, with the firm and the town that each was found to have, and ``roster``, as it was read; or one
            of them.
        """
        learnt = self.listed
        for rows in (tables[name] for name in ("members", "roster") if learnt and name in tables):
            marks = self._marks(rows)
            learnt = tuple(self._learning(removal, marks, rows) for removal in learnt)
        return dataclasses.replace(self, listed=learnt)

    def _learning(self, removal: Removal, marks: _Marks, rows: pd.DataFrame) -> Removal:
        if removal.kind == "firm":
            known = marks.sirens.isin(removal.sirens)
            return dataclasses.replace(removal, members=removal.members | set(marks.ids[known]))
        known = self._is_member(removal, marks, rows)
        return dataclasses.replace(
            removal,
            sirens=removal.sirens | set(marks.sirens[known].dropna()),
            members=removal.members | set(marks.ids[known]),
            names=removal.names | set(marks.names[known].dropna()),
        )

    def stays(self, roster: pd.DataFrame) -> pd.Series:
        """Return which rows of a roster (``member_id, siren, name, commune_code``) are no removed members."""
        stays, marks = pd.Series(data=True, index=roster.index), self._marks(roster)
        for removal in self._of("member"):
            stays &= ~self._is_member(removal, marks, roster)
        return stays

    def applied(self, tables: Mapping[str, pd.DataFrame]) -> Tables:
        """Return tables of a snapshot without those listed; applied twice it changes nothing more.

        Parameters
        ----------
        tables
            By name, all those that hold a ``siren`` or ``member_id``; ``communes`` where firms are among them.
        """
        if not self.listed:
            return dict(tables)
        gone = self._gone(tables)
        kept = {n: t[~t["member_id"].isin(gone)] if "member_id" in t else t for n, t in tables.items()}
        done = {n: self._withheld(n, t, kept.get("communes")).reset_index(drop=True) for n, t in kept.items()}
        if {"outside", "roster"} <= done.keys():
            done["outside"] = self._with_stand_ins(done["outside"], done["roster"])
        return done

    def decided(self, decisions: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return people's decisions with stand-ins for the SIREN of removed firms."""
        stand_ins = self._stand_ins(siren for siren in decisions.values() if siren)
        return {member: stand_ins.get(siren or "", siren) for member, siren in decisions.items()}

    def outdated(self, decisions: Mapping[str, str | None]) -> set[str]:
        """Return the members whose decision tells somebody listed."""
        marks = {mark for removal in self.listed for mark in removal.members}
        stand_ins = self._stand_ins(siren for siren in decisions.values() if siren)
        told = {member for member, siren in decisions.items() if siren in stand_ins}
        return told | {member for member in decisions if self.mark("member", member) in marks}

    def told_by(self, tables: Iterable[pd.DataFrame]) -> bool:
        """Return whether some table tells somebody listed; of each, the columns ``TELLING`` are enough."""
        for table in (table for table in tables if "siren" in table):
            if self._stand_ins(table["siren"].dropna().unique()):
                return True
            if "source_row" in table and (not self.stays(table).all() or not self._linked(table).equals(table)):
                return True
        return False

    def _of(self, kind: Kind) -> list[Removal]:
        return [removal for removal in self.listed if removal.kind == kind]

    def _mark_of(self, given: str) -> str:
        return self.mark("siren" if given.isdigit() else "member", given)

    def _new_stand_in(self) -> str:
        taken = {removal.stand_in for removal in self.listed}
        while True:
            stem = f"{secrets.randbelow(10**8):08d}"
            stand_in = stem + str((int(luhn.calc_check_digit(stem)) + 5) % 10)
            if stand_in not in taken:
                return stand_in

    def _stand_ins(self, sirens: Iterable[str]) -> dict[str, str]:
        """Return the stand-ins of those that are removed firms."""
        known = {mark: str(removal.stand_in) for removal in self._of("firm") for mark in removal.sirens}
        if not known:
            return {}
        marked = ((siren, known.get(self.mark("siren", siren))) for siren in sirens)
        return {siren: stand_in for siren, stand_in in marked if stand_in}

    def _marks(self, rows: pd.DataFrame) -> _Marks:

        def marked(what: str, values: Iterable[Any]) -> pd.Series:
            found = [self.mark(what, value) if isinstance(value, str) else None for value in values]
            return pd.Series(found, index=rows.index, dtype="str")

        places = rows["commune_code"].astype(object).where(rows["commune_code"].notna(), "")
        names = [
            f"{fold(name) or name}|{place}" if isinstance(name, str) else None
            for name, place in zip(rows["name"].astype(object), places, strict=True)
        ]
        return _Marks(
            marked("siren", rows["siren"].astype(object)),
            marked("member", rows["member_id"].astype(object)),
            marked("name", names),
        )

    def _is_member(self, removal: Removal, marks: _Marks, rows: pd.DataFrame) -> pd.Series:
        """Return which rows are a removed member.

        As where a roster is read: the same name and place are the same member, unless their SIREN differ.
        """
        same_firm = [firm for firm in self._of("firm") if firm.sirens & removal.sirens]
        members = removal.members.union(*(firm.members for firm in same_firm))
        is_same = marks.sirens.isin(removal.sirens) | marks.ids.isin(members)
        is_same |= rows["siren"].isin([firm.stand_in for firm in same_firm])
        is_namesake = marks.names.isin(removal.names)
        if removal.sirens:
            is_namesake &= rows["siren"].isna()
        return is_same | is_namesake

    def _gone(self, tables: Mapping[str, pd.DataFrame]) -> set[str]:
        """Return the ids of removed members in the roster, as it was read or as it was matched."""
        rosters = [tables[name] for name in ("roster", "members") if name in tables]
        return {member for rows in rosters for member in rows.loc[~self.stays(rows), "member_id"]}

    def _withheld(self, name: str, table: pd.DataFrame, communes: pd.DataFrame | None) -> pd.DataFrame:
        """Return a table with stand-ins for removed firms, and without what else they are known by."""
        if "siren" not in table:
            return table
        if name in ("roster", "members"):
            table = self._linked(table)
        stand_ins = self._stand_ins(table["siren"].dropna().unique())
        is_removed = table["siren"].isin(stand_ins.keys() | {r.stand_in for r in self._of("firm")})
        if name.startswith(_OF_NAMED):
            return table[~is_removed]
        known = table["siren"].map(stand_ins).astype("str")
        changed: dict[str, Any] = {"siren": known.where(known.notna(), table["siren"])}
        if "siret" in table:
            changed["siret"] = table["siret"].where(~is_removed, changed["siren"] + "00000")
        if "name" in table:
            changed["name"] = table["name"].mask(is_removed)
        if "is_partially_diffusible" in table:
            changed["is_partially_diffusible"] = table["is_partially_diffusible"] | is_removed
        if "fate" in table:  # Whoever is not known by its SIREN cannot be followed.
            changed["fate"] = table["fate"].mask(is_removed, "gone")
        table = table.assign(**changed)
        return _at_town_halls(table, is_removed, communes) if name.startswith(FIRMS_PREFIX) else table

    def _linked(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of members in which those of removed firms bear its stand-in, and an id that is of no SIREN."""
        marks = self._marks(rows)
        siren, member_id = rows["siren"], rows["member_id"]
        for removal in self._of("firm"):
            is_its = marks.sirens.isin(removal.sirens)
            is_its |= marks.ids.isin(removal.members) & rows["siren"].isna()
            siren = siren.mask(is_its, removal.stand_in)
            member_id = member_id.mask(is_its, "M-" + marks.ids.str.slice(0, 10))
        return rows.assign(siren=siren, member_id=member_id)

    def _with_stand_ins(self, outside: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
        """Return ``outside`` with a withheld row for each removed firm of the roster, which may be of no perimeter."""
        ours = {r.stand_in for r in self._of("firm")} & set(roster["siren"].dropna()) - set(outside["siren"])
        if not ours:
            return outside
        more = pd.DataFrame({"siren": sorted(map(str, ours)), "commune_code": None, "is_partially_diffusible": True})
        return pd.concat([outside, more.astype(outside.dtypes.to_dict())], ignore_index=True)


def _at_town_halls(firms: pd.DataFrame, moved: pd.Series, communes: pd.DataFrame | None) -> pd.DataFrame:
    if communes is None:
        raise ValueError("firms are placed at the town halls of `communes`, which are not among the tables")
    halls = communes.set_index("commune_code")[_POSITION].reindex(firms["commune_code"]).set_index(firms.index)
    precision = halls["x_m"].notna().map({True: "town_hall", False: "none"}).astype("str")
    placed = {axis: firms[axis].mask(moved, halls[axis]) for axis in _POSITION}
    return firms.assign(**placed, location_precision=firms["location_precision"].mask(moved, precision))


def tables_of(snapshot: Snapshot) -> Tables:
    """Return every table of a snapshot by its name.

    Raises
    ------
    UserError
        When one cannot be read.
    """
    return {name: snapshot.table(name) for name in snapshot.table_names}


def tells_removed(removals: Removals, snapshot: Snapshot) -> bool:
    """Return whether a snapshot tells somebody listed as removed.

    Raises
    ------
    UserError
        When a table cannot be read.
    """
    # One table after the other, and none kept: a store has many snapshots.
    return bool(removals.listed) and removals.told_by(snapshot.read(name, TELLING) for name in snapshot.table_names)


def served(store: Store, open_whole: OpenWhole | None = None) -> Served | None:
    """Return what readers are answered with, but in a damaged one's place none that tells somebody.

    There is one only where a removal was cut short, or an older copy of the store put back.

    Raises
    ------
    UserError
        As there; what is wrong with what is published where it is such a one that would stand in.
    """
    found = store.served(open_whole)
    if found is not None and found.damage is not None and tells_removed(read_removals(store), found.snapshot):
        raise found.damage
    return found


def record_decision(store: Store, member_id: str, siren: str | None) -> None:
    """Keep what was decided about a member (``Store.record_decision``), unless it names somebody removed.

    A page may have been drawn before the removal.

    Raises
    ------
    UserError
        When it does; when the list cannot be read, or the decisions neither read nor written.
    """
    decision = {member_id: siren}
    if not read_removals(store).outdated(decision):
        store.record_decision(member_id, siren)
        # A removal lists first and looks at the decisions then: what came between is seen by one of the two.
        if not read_removals(store).outdated(decision):
            return
        store.forget_decision(member_id)
    raise UserError("removals.decision_on_removed")


def check_identifier(kind: Kind, given: str) -> str:
    """Return a SIREN without its spaces, or a member id, as the list takes them.

    Raises
    ------
    UserError
        When it is neither; of a firm, when it is no SIREN.
    """
    compact = "".join(given.split())
    member_id = compact[:2].upper() + compact[2:].lower()
    if kind == "member" and _MEMBER_ID.fullmatch(member_id):
        return member_id
    try:
        return str(siren_number.validate(compact))
    except ValidationError as error:
        raise UserError(f"removals.not_a_{kind}", given=given) from error


def read_removals(store: Store) -> Removals:
    """Return the list; an empty one, with a new key, where there is none.

    Raises
    ------
    UserError
        When it is there and unreadable: nothing is built as if nobody had asked.
    """
    path = store.root / REMOVALS
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        bytes.fromhex(content["key"])
        return Removals(content["key"], tuple(_removal(entry) for entry in content["removed"]))
    except FileNotFoundError:
        return Removals(secrets.token_hex(32))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("removals.unreadable", file=str(path)) from error


def write_removals(store: Store, removals: Removals) -> None:
    """Replace the list in one step, for the store's account alone; called while ``store.writing()`` is held.

    Raises
    ------
    UserError
        When it cannot be written.
    """
    entries = [dataclasses.asdict(removal) for removal in removals.listed]
    entries = [{n: sorted(v) if isinstance(v, frozenset) else v for n, v in entry.items()} for entry in entries]
    path = store.root / REMOVALS
    try:
        replace(path, as_json({"key": removals.key, "removed": entries}))
    except OSError as error:
        raise UserError("removals.unwritable", file=str(path), reason=error.strerror or "") from error


def _removal(entry: Mapping[str, Any]) -> Removal:
    marks = {name: frozenset(map(str, entry[name])) for name in ("sirens", "members", "names")}
    if entry["kind"] not in ("firm", "member") or not (marks["sirens"] or marks["members"]):
        raise ValueError("a removal of nobody")
    if (entry["kind"] == "firm") != isinstance(entry["stand_in"], str):
        raise ValueError("a firm has a stand-in, a member none")
    return Removal(
        kind=entry["kind"],
        number=str(entry["number"]),
        removed_on=date.fromisoformat(entry["removed_on"]).isoformat(),
        reason=str(entry["reason"]),
        stand_in=entry["stand_in"],
        **marks,
    )
