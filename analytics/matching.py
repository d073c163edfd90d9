"""Which firm of the register each member of the roster is.

A valid SIREN says it. Otherwise the name and the town decide: few rules, each strict, match on their own; everything
that resembles is put before people with a reason. People's decisions are replayed before anything else.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from analytics.contracts import CANDIDATES, MEMBERS
from analytics.ingest.names import normalise_name, words

__all__ = ["REASONS", "Matches", "match_members", "normalise_name"]

Kind = Literal["same", "misspelt", "shortened", "close"]

REASONS = (
    "homonyms",
    "same_name_other_town",
    "close_name_same_town",
    "close_name_other_town",
    "name_only",
    "already_matched",
)
"""Why a candidate is put before people; the sentence is ``matching.reason.<reason>``."""

MAX_CANDIDATES = 5
# Points, of 100, that a candidate loses because its town is another one, or because the member's is not known.
OTHER_TOWN = 8.0
UNKNOWN_TOWN = 4.0
# The best must lead the second by this much to be matched without people.
MARGIN = 5.0
# Below these, two names merely look alike by chance: in one town, in two.
SAME_TOWN_FLOOR = 70.0
OTHER_TOWN_FLOOR = 85.0
# A word that more names of the register than this share hold says little; one that at most ``_RARE`` hold names a firm.
_COMMON_SHARE = 0.001
_RARE = 6
# Members compared at once: 500 x 40,000 firms are 20 MB.
_CHUNK = 500
_SHORTLIST = 12
# Words that say little in any register of digital firms, however small.
_COMMON = words(
    """informatique conseil conseils consulting consultants digital digitale numerique numeriques solution solutions
    service services technologie technologies technology tech web internet france occitanie toulouse montpellier nimes
    perpignan sud midi pyrenees languedoc software logiciel logiciels studio studios agence lab labs systeme systemes
    system systems data international developpement ingenierie engineering communication communications formation
    network networks reseau reseaux media medias design online cloud telecom telecoms com fr io net it europe global
    holding innovation innovations creation multimedia production productions partners""",
)


@dataclass(frozen=True)
class Matches:
    """Members with the firm that each is (MEMBERS contract), and up to five candidates of those to review."""

    members: pd.DataFrame
    candidates: pd.DataFrame


class _Name(NamedTuple):
    """A name as it is compared."""

    core: str
    joined: str
    tokens: frozenset[str]

    @classmethod
    def of(cls, name: str) -> _Name:
        core = normalise_name(name)
        return cls(core, core.replace(" ", ""), frozenset(core.split()))


_NO_NAME = _Name("", "", frozenset())


class _Candidate(NamedTuple):
    """A firm that a member may be; ``score`` is the likeness of names less what the town costs."""

    siren: str
    name: str
    commune_code: str
    score: float
    kind: Kind
    same_town: bool | None
    is_sure: bool


@dataclass(frozen=True)
class _Outcome:
    """What is decided on a member."""

    decision: Literal["matched", "not_in_register", "to_review", "not_found"]
    method: Literal["siren", "name", "decision", "none"]
    siren: str | None = None
    score: float | None = None
    candidates: tuple[_Candidate, ...] = ()
    is_taken: bool = False


def match_members(
    roster: pd.DataFrame,
    *,
    firms: pd.DataFrame,
    in_perimeter: frozenset[str],
    outside: pd.DataFrame,
    communes: pd.DataFrame,
    decisions: Mapping[str, str | None],
    aliases: pd.DataFrame | None = None,
) -> Matches:
    """Find the firm of each member.

    1. A decision of people stands: a SIREN or "none of them".
    2. A valid SIREN says which firm it is. Of this and the former one the member is matched where the register has it,
       anywhere and of any activity, among ``firms`` or ``outside``; where it is in neither, the member keeps it and is
       ``not_in_register``: it is absent from the register where ``outside`` was read for this roster.
    3. Name and town. Matched when the best candidate leads the second by five points and
       - has the same name in the same town, or one misspelt by a letter or two;
       - or has the same name and common words besides ("Novalix", "Novalix Conseil"), in the same town;
       - or has the same name, a distinctive one, in another town of the region, and no other firm resembles.
       Otherwise to review when something resembles, else not found. No firm is matched by name twice, nor by name when
       a SIREN or a decision has it: the second member is to review.

    Neither the order of the roster nor that of the register matters.

    Parameters
    ----------
    roster
        ROSTER contract.
    firms
        FIRMS contract, widest perimeter; ``siren, name, commune_code, is_partially_diffusible`` are used. A firm
        without a name is never a candidate.
    in_perimeter
        SIREN of the firms in the perimeter that ``is_in_perimeter`` speaks of.
    outside
        ``siren, commune_code, is_partially_diffusible`` of the roster's SIREN that are not among ``firms``.
    communes
        COMMUNES contract: a member's town that is not among them counts as unknown.
    decisions
        ``member_id`` -> SIREN, or None for "none of them".
    aliases
        ``siren, alias``: trade names, compared like names. Those of firms without a name are not used.
    """
    pool = _Pool(firms, aliases)
    known = frozenset(communes["commune_code"])
    registered = frozenset(firms["siren"]) | frozenset(outside["siren"])
    outcomes: dict[str, _Outcome] = {}
    by_name: list[tuple[str, _Name, str | None]] = []
    columns = (roster[column].astype(object) for column in ("member_id", "siren", "name", "commune_code"))
    for member_id, siren, name, commune in zip(*columns, strict=True):
        if member_id in decisions:
            outcomes[member_id] = _decided(decisions[member_id], registered)
        elif isinstance(siren, str):
            outcomes[member_id] = _by_siren(siren, registered)
        else:
            by_name.append((member_id, _Name.of(name) if isinstance(name, str) else _NO_NAME, _if(commune, known)))
    found = {member_id: _judge(ranked) for member_id, ranked in pool.search(by_name)}
    outcomes |= _without_double(found, taken={o.siren for o in outcomes.values() if o.siren})
    return Matches(
        members=_members(roster, outcomes, firms=firms, outside=outside, in_perimeter=in_perimeter),
        candidates=_candidates(outcomes),
    )


def _if(commune: object, known: frozenset[str]) -> str | None:
    return commune if isinstance(commune, str) and commune in known else None


def _decided(siren: str | None, registered: frozenset[str]) -> _Outcome:
    if not siren:
        return _Outcome("not_found", "decision")
    return _Outcome("matched" if siren in registered else "not_in_register", "decision", siren)


def _by_siren(siren: str, registered: frozenset[str]) -> _Outcome:
    if siren not in registered:
        return _Outcome("not_in_register", "siren", siren)
    return _Outcome("matched", "siren", siren, 100.0)


class _Pool:
    """The names of the register, ready to be searched."""

    def __init__(self, firms: pd.DataFrame, aliases: pd.DataFrame | None) -> None:
        named = firms.loc[firms["name"].notna(), ["siren", "name", "commune_code"]].sort_values("siren")
        self._firm = {siren: (name, commune) for siren, name, commune in named.itertuples(index=False)}
        entries = [(siren, name) for siren, (name, _) in self._firm.items()]
        if aliases is not None:
            ordered = aliases.dropna().drop_duplicates().sort_values(["siren", "alias"])
            pairs = zip(ordered["siren"], ordered["alias"], strict=True)
            entries += [(siren, alias) for siren, alias in pairs if siren in self._firm]
        compared = [(siren, _Name.of(name)) for siren, name in entries]
        compared = [(siren, name) for siren, name in compared if name.joined]
        self._sirens = [siren for siren, _ in compared]
        self._names = [name for _, name in compared]
        self._joined = [name.joined for name in self._names]
        self._cores = [name.core for name in self._names]
        self._towns = np.array([self._firm[siren][1] for siren in self._sirens], dtype=object)
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for position, name in enumerate(self._names):
            for token in name.tokens:
                self._holders[token].append(position)
        self._common_from = max(_COMMON_SHARE * len(self._names), 5)

    def search(self, members: list[tuple[str, _Name, str | None]]) -> Iterator[tuple[str, list[_Candidate]]]:
        """Yield each member's candidates, best first, each firm once."""
        for start in range(0, len(members), _CHUNK):
            chunk = members[start : start + _CHUNK]
            likeness = self._likeness([name for _, name, _ in chunk])
            for (member_id, name, town), row in zip(chunk, likeness, strict=True):
                yield member_id, self._candidates(name, town, row) if name.joined else []

    def _likeness(self, names: list[_Name]) -> npt.NDArray[np.uint8]:
        """Return the likeness (0 to 100) of each name to each of the register, words glued or sorted."""
        if not self._names or not names:
            return np.zeros((len(names), len(self._names)), dtype=np.uint8)
        glued = process.cdist(
            [name.joined for name in names],
            self._joined,
            scorer=fuzz.ratio,
            dtype=np.uint8,
            score_cutoff=60,
            workers=-1,
        )
        by_word = process.cdist(
            [name.core for name in names], self._cores, scorer=fuzz.token_sort_ratio, dtype=np.uint8, score_cutoff=60,
            workers=-1,
        )  # fmt: skip
        likeness: npt.NDArray[np.uint8] = np.maximum(glued, by_word)
        return likeness

    def _candidates(self, name: _Name, town: str | None, likeness: npt.NDArray[np.uint8]) -> list[_Candidate]:
        worth = np.where(self._towns == town, likeness, likeness - np.float32(OTHER_TOWN))
        best = np.argsort(-worth, kind="stable")[:_SHORTLIST]
        positions = dict.fromkeys([int(i) for i in best if likeness[i] > 0] + self._sharing_rare_word(name, town))
        of_firm: dict[str, _Candidate] = {}
        for position in positions:
            candidate = self._compare(name, town, position)
            rival = of_firm.get(candidate.siren) if candidate else None
            if candidate and (rival is None or (candidate.score, candidate.is_sure) > (rival.score, rival.is_sure)):
                of_firm[candidate.siren] = candidate
        return sorted(of_firm.values(), key=lambda c: (-c.score, not c.is_sure, c.siren))

    def _sharing_rare_word(self, name: _Name, town: str | None) -> list[int]:
        """Return the names that hold a word of this one that few hold; those of the same town first."""
        rare = [holders for token in name.tokens if 0 < len(holders := self._holders.get(token, [])) <= 2 * _RARE]
        return sorted({i for holders in rare for i in holders}, key=lambda i: (self._towns[i] != town, i))[:_SHORTLIST]

    def _compare(self, name: _Name, town: str | None, position: int) -> _Candidate | None:
        other = self._names[position]
        siren = self._sirens[position]
        firm_name, commune = self._firm[siren]
        same_town = None if town is None else commune == town
        kind, likeness = self._kind(name, other)
        if likeness < (SAME_TOWN_FLOOR if same_town else OTHER_TOWN_FLOOR):
            return None
        cost = UNKNOWN_TOWN if same_town is None else 0.0 if same_town else OTHER_TOWN
        is_sure = bool(same_town) if kind != "same" else same_town is True or (
            same_town is False and self._is_distinctive(name)
        )  # fmt: skip
        if kind == "close" or (kind == "shortened" and not self._names_one(name, other, commune)):
            is_sure = False
        return _Candidate(siren, firm_name, commune, round(likeness - cost, 1), kind, same_town, is_sure)

    def _kind(self, name: _Name, other: _Name) -> tuple[Kind, float]:
        """Return how two names resemble and how much (0 to 100)."""
        if name.joined == other.joined or sorted(name.core.split()) == sorted(other.core.split()):
            return "same", 100.0
        likeness = max(fuzz.ratio(name.joined, other.joined), fuzz.token_sort_ratio(name.core, other.core))
        if self._is_misspelt(name, other):
            return "misspelt", likeness
        if name.tokens < other.tokens or other.tokens < name.tokens:
            shared, whole = name.tokens & other.tokens, name.tokens | other.tokens
            # Weight of the words that both have, at most just under a misspelling's.
            weight = 100 * sum(map(self._weight, shared)) / sum(map(self._weight, whole))
            return "shortened", max(likeness, min(60 + 0.35 * weight, 94.0)) if not self._all_common(
                shared
            ) else likeness
        return "close", likeness

    def _is_misspelt(self, name: _Name, other: _Name) -> bool:
        """Tell whether one name is the other with a slip of the keyboard: one letter in five, two in nine, three in 16.

        Numbers must agree, and a word that other firms have is no slip.
        """
        length = min(len(name.joined), len(other.joined))
        allowed = 0 if length < 5 else 1 if length < 9 else 2 if length < 16 else 3
        if OSA.distance(name.joined, other.joined, score_cutoff=allowed) > allowed:
            return False
        if _digits(name.joined) != _digits(other.joined):
            return False
        return not any(self._holders.get(token) for token in name.tokens - other.tokens if len(token) > 1)

    def _weight(self, token: str) -> float:
        holders = len(self._holders.get(token, ()))
        weight = math.log((len(self._names) + 1) / (holders + 0.5))
        return weight / 3 if self._is_common(token) else weight

    def _is_common(self, token: str) -> bool:
        return token in _COMMON or len(self._holders.get(token, ())) > self._common_from

    def _all_common(self, tokens: frozenset[str]) -> bool:
        return all(map(self._is_common, tokens))

    def _is_distinctive(self, name: _Name) -> bool:
        """Tell whether a name could hardly be chosen twice."""
        return len(name.joined) >= 5 and any(len(t) >= 4 and not self._is_common(t) for t in name.tokens)

    def _names_one(self, name: _Name, other: _Name, commune: str) -> bool:
        """Tell whether what two names share names one firm: a rare word, nothing but common ones besides."""
        shared = name.tokens & other.tokens
        if not self._all_common(name.tokens ^ other.tokens):
            return False
        if not any(len(t) >= 3 and not self._is_common(t) and len(self._holders[t]) <= _RARE for t in shared):
            return False
        rarest = min(shared, key=lambda token: len(self._holders[token]))
        rivals = {self._sirens[i] for i in self._holders[rarest] if self._towns[i] == commune}
        return len(rivals) == 1


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _judge(ranked: list[_Candidate]) -> _Outcome:
    """Decide on a member from its candidates, best first."""
    if not ranked:
        return _Outcome("not_found", "none")
    best = ranked[0]
    kept = tuple(ranked[:MAX_CANDIDATES])
    if best.is_sure and not any(_rivals(best, other) for other in ranked[1:]):
        return _Outcome("matched", "name", best.siren, best.score, kept)
    return _Outcome("to_review", "name", None, best.score, kept)


def _rivals(best: _Candidate, other: _Candidate) -> bool:
    """Tell whether a firm resembles a member so much that the best candidate cannot be taken without people.

    A firm that merely resembles never rivals the same name. In the best one's own town everything else within the
    margin does; elsewhere only the same or a misspelt name. Where the best is in another town than the member, so does
    whatever in the member's town has more than a likeness.
    """
    if other.kind == "close" and best.kind == "same":
        return False
    if not best.same_town and other.same_town:
        return True
    return best.score - other.score < MARGIN and (other.same_town or other.kind in {"same", "misspelt"})


def _without_double(found: Mapping[str, _Outcome], *, taken: set[str]) -> dict[str, _Outcome]:
    """Send to review whoever was matched to a firm that another has: a SIREN or a decision, else the better score."""
    settled: dict[str, _Outcome] = {}
    held = set(taken)
    for member_id in sorted(found, key=lambda m: (-(found[m].score or 0.0), m)):
        outcome = found[member_id]
        if outcome.decision == "matched" and outcome.siren in held:
            outcome = replace(outcome, decision="to_review", siren=None, is_taken=True)
        held |= {outcome.siren} if outcome.siren else set()
        settled[member_id] = outcome
    return settled


def _members(
    roster: pd.DataFrame,
    outcomes: Mapping[str, _Outcome],
    *,
    firms: pd.DataFrame,
    outside: pd.DataFrame,
    in_perimeter: frozenset[str],
) -> pd.DataFrame:
    columns = ["siren", "commune_code", "is_partially_diffusible"]
    register = pd.concat([firms[columns], outside[columns]]).drop_duplicates("siren").set_index("siren")
    decided = [outcomes[member_id] for member_id in roster["member_id"]]
    sirens = pd.Series([o.siren for o in decided], index=roster.index, dtype="str")
    firm_commune = sirens.map(register["commune_code"].astype("str"))
    withheld = set(register.index[register["is_partially_diffusible"].astype(bool)])
    return MEMBERS.enforce(
        roster.assign(
            siren=sirens,
            commune_code=firm_commune.where(firm_commune.notna(), roster["commune_code"]),
            match_method=[o.method for o in decided],
            match_score=pd.Series([o.score for o in decided], index=roster.index, dtype="float64"),
            match_decision=[o.decision for o in decided],
            is_in_perimeter=sirens.isin(in_perimeter),
            is_partially_diffusible=sirens.isin(withheld),
        )
    )


def _candidates(outcomes: Mapping[str, _Outcome]) -> pd.DataFrame:
    rows = [
        {
            "member_id": member_id,
            "rank": rank,
            "siren": candidate.siren,
            "name": candidate.name,
            "commune_code": candidate.commune_code,
            "score": max(candidate.score, 0.0),
            "reason": _reason(candidate, outcome, homonyms=_homonyms(outcome)),
        }
        for member_id, outcome in sorted(outcomes.items())
        if outcome.decision == "to_review"
        for rank, candidate in enumerate(outcome.candidates, start=1)
    ]
    return CANDIDATES.enforce(pd.DataFrame(rows)) if rows else CANDIDATES.empty()


def _homonyms(outcome: _Outcome) -> int:
    return Counter(candidate.kind for candidate in outcome.candidates)["same"]


def _reason(candidate: _Candidate, outcome: _Outcome, *, homonyms: int) -> str:
    if outcome.is_taken and candidate == outcome.candidates[0]:
        return "already_matched"
    if candidate.kind == "same" and homonyms > 1:
        return "homonyms"
    if candidate.same_town is None:
        return "name_only"
    if candidate.kind == "same" and not candidate.same_town:
        return "same_name_other_town"
    return "close_name_same_town" if candidate.same_town else "close_name_other_town"
