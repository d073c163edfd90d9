"""Precision, recall and time of matching by name, on a seeded corpus: ``python tests/benchmarks/bench_matching.py``.

A register of 18,000 firms with invented names that overlap as real ones do: coined words shared by several firms, names
made of the trade's common words alone, three-letter names, homonyms in two towns and in one. From it 1,000 members
without a SIREN, their names perturbed in five ways, and 200 members that are no firm of the register.

- precision: right automatic matches / all automatic matches (those of the 200 strangers included);
- recall: right automatic matches / 1,000, whether or not a right match could be told from what is given.
"""

# ruff: noqa: S311 - seeded draws are wanted

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from stdnum import luhn

sys.path.insert(0, str(Path(__file__).parents[2]))

from analytics.contracts import ROSTER
from analytics.ingest.names import words
from analytics.matching import Matches, match_members, normalise_name

SEED = 113
FIRMS, TOWNS = 18_000, 600
# How many members of each perturbation: 1,000 together. Besides them, strangers.
SHARES = {"typo": 250, "legal_form": 250, "trade_name": 150, "moved": 150, "homonym": 200}
STRANGERS = 200
# Of trade names, those that share no word with the legal name: only a register of trade names can tell them.
UNRELATED_TRADE = 0.4

_SYLLABLES = sorted(
    words("no va lix tek ra mi so lu ben dor kal ze phi rion ta gro vel qua sen mar ti bo xan ude or lan cy nex pro al")
)
_WORDS = (
    ["conseil", "informatique", "digital", "solutions", "services", "consulting", "technologies", "studio", "web"] * 4
    + ["développement", "logiciels", "systèmes", "data", "ingénierie", "agence", "labs", "réseaux", "numérique"] * 2
    + ["occitanie", "sud", "pyrénées", "garonne", "médias", "cloud", "formation", "mobile", "design", "télécom"]
)
_LEGAL = ["SARL", "SAS", "S.A.R.L.", "EURL", "SASU", "SA", "Société", "Groupe"]


@dataclass(frozen=True)
class Corpus:
    """A register, a roster drawn from it, and for each member the perturbation and the firm that it is."""

    firms: pd.DataFrame
    aliases: pd.DataFrame
    communes: pd.DataFrame
    roster: pd.DataFrame
    truth: pd.DataFrame


def _coin(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.choice((2, 2, 3, 3, 3, 4)))).capitalize()


def _firm_name(rng: random.Random, coined: list[str]) -> str:
    # The square draws some words often, most of them once or twice.
    word = coined[int(len(coined) * rng.random() ** 1.3)]
    kind = rng.random()
    if kind < 0.30:
        name = word
    elif kind < 0.68:
        name = f"{word} {rng.choice(_WORDS)}"
    elif kind < 0.76:
        name = f"{word} {rng.choice(_WORDS)} {rng.choice(_WORDS)}"
    elif kind < 0.86:
        name = f"{word} {rng.choice(coined)}"
    elif kind < 0.93:
        name = "".join(rng.choices("ABCDEFGILMNOPRSTV", k=3)) + rng.choice(("", f" {rng.choice(_WORDS)}"))
    else:
        name = " ".join(rng.sample(sorted(set(_WORDS)), 2))
    return _with_form(rng, name, share=0.2)


def _with_form(rng: random.Random, name: str, *, share: float) -> str:
    if rng.random() >= share:
        return name
    form = rng.choice(_LEGAL)
    return f"{form} {name}" if rng.random() < 0.5 or form in {"Société", "Groupe"} else f"{name} {form}"


def _siren(number: int) -> str:
    stem = f"{80_000_000 + number:08d}"
    return stem + luhn.calc_check_digit(stem)


def make_firms(rng: random.Random) -> pd.DataFrame:
    """Draw the register: ``siren, name, commune_code, is_partially_diffusible``; a twentieth have no name."""
    coined = sorted({_coin(rng) for _ in range(24_000)})
    rng.shuffle(coined)
    towns = [f"31{n:03d}" for n in range(1, TOWNS + 1)]
    weights = [1 / (rank + 1) ** 0.9 for rank in range(TOWNS)]
    names = [_firm_name(rng, coined) for _ in range(FIRMS)]
    at = rng.choices(towns, weights, k=FIRMS)
    for original in range(0, 1200, 2):  # homonyms in two towns
        names[original + 1] = _with_form(rng, names[original], share=0.3)
    for original in range(2000, 2060, 2):  # and in one
        names[original + 1], at[original + 1] = names[original], at[original]
    withheld = [rng.random() < 0.05 for _ in range(FIRMS)]
    shown = [None if hidden else name.upper() for name, hidden in zip(names, withheld, strict=True)]
    sirens = [_siren(n) for n in range(FIRMS)]
    return pd.DataFrame({"siren": sirens, "name": shown, "commune_code": at, "is_partially_diffusible": withheld})


def _misspell(rng: random.Random, name: str) -> str:
    for _ in range(1 if len(name) < 12 or rng.random() < 0.7 else 2):
        i = rng.randrange(1, len(name) - 1) if len(name) > 3 else 1
        letter = rng.choice("aeiourstnl")
        edit = rng.randrange(4)
        if edit == 0:
            name = name[:i] + name[i + 1 :]
        elif edit == 1:
            name = name[:i] + letter + name[i:]
        elif edit == 2:
            name = name[:i] + letter + name[i + 1 :]
        else:
            name = name[:i] + name[i : i + 2][::-1] + name[i + 2 :]
    return name


def _trade_name(rng: random.Random, name: str) -> tuple[str, bool]:
    """Return a trade name, and whether it has nothing in common with the legal name."""
    if rng.random() < UNRELATED_TRADE:
        return f"{_coin(rng)}{_coin(rng).lower()}", True
    first, *others = normalise_name(name).split()
    if others and rng.random() < 0.6:
        return first.capitalize(), False
    return " ".join((first, *others, rng.choice(_WORDS))).title(), False


def make_corpus(seed: int = SEED) -> Corpus:
    """Draw the register and the roster; the same seed gives the same."""
    rng = random.Random(seed)
    firms = make_firms(rng)
    towns = sorted(set(firms["commune_code"]))
    coined = [_coin(rng) for _ in range(2000)]
    named = firms[firms["name"].notna()].assign(core=lambda t: [normalise_name(name) for name in t["name"]])
    elsewhere = named.groupby("core")["commune_code"].transform("nunique") > 1
    doubled, single = named[elsewhere], named[~elsewhere]
    drawn = {"homonym": doubled.sample(SHARES["homonym"], random_state=seed)}
    # A fifth of the register's names stand in two towns or more, and so do a fifth of the members'. Who has moved and
    # has a homonym cannot be told by anyone: one perturbation each.
    rest = single.sample(frac=1, random_state=seed)
    start = 0
    for kind in ("typo", "legal_form", "trade_name", "moved"):
        drawn[kind] = rest.iloc[start : start + SHARES[kind]]
        start += SHARES[kind]
    rows: list[dict[str, object]] = []
    aliases: list[dict[str, str]] = []
    for kind, table in drawn.items():
        for firm in table.itertuples():
            core, town = firm.name.title(), firm.commune_code
            if kind == "typo":
                core = _misspell(rng, normalise_name(core)).title()
            elif kind == "legal_form":
                core = normalise_name(core).title()
            elif kind == "moved":
                town = rng.choice([t for t in rng.sample(towns, 2) if t != town])
            elif kind == "trade_name":
                core, unrelated = _trade_name(rng, core)
                if unrelated:
                    aliases.append({"siren": firm.siren, "alias": core.upper()})
            name = _with_form(rng, core, share=0 if kind == "legal_form" else 0.3)
            rows.append({"kind": kind, "siren": firm.siren, "name": name, "commune_code": town})
    for _ in range(STRANGERS):
        place = rng.choice(towns) if rng.random() < 0.7 else None
        rows.append({"kind": "stranger", "siren": None, "name": _firm_name(rng, coined), "commune_code": place})
    truth = pd.DataFrame(rows).assign(member_id=[f"M-{n:010d}" for n in range(len(rows))])
    blank = dict.fromkeys(("siren", "axes"), None) | dict.fromkeys(("joined_on", "left_on"), pd.NaT)
    roster = ROSTER.enforce(
        truth.assign(**blank, dues_eur=float("nan"), jobs=float("nan"), source_row=range(len(rows)))
    )
    communes = pd.DataFrame({"commune_code": towns})
    return Corpus(firms, pd.DataFrame(aliases), communes, roster, truth)


def run(corpus: Corpus, *, with_trade_names: bool) -> Matches:
    """Match the corpus."""
    return match_members(
        corpus.roster,
        firms=corpus.firms,
        in_perimeter=frozenset(corpus.firms["siren"]),
        outside=corpus.firms.iloc[:0],
        communes=corpus.communes,
        decisions={},
        aliases=corpus.aliases if with_trade_names else None,
    )


def measure(corpus: Corpus, matches: Matches) -> tuple[dict[str, float], pd.DataFrame]:
    """Return precision, recall and the share whose firm is matched or a candidate; and the outcomes by kind."""
    found = corpus.truth.merge(
        matches.members[["member_id", "siren", "match_decision"]], on="member_id", suffixes=("", "_found")
    )
    listed = set(zip(matches.candidates["member_id"], matches.candidates["siren"], strict=True))
    matched = found["match_decision"] == "matched"
    right = matched & (found["siren_found"] == found["siren"])
    shown = pd.Series(
        [pair in listed for pair in zip(found["member_id"], found["siren"], strict=True)], index=found.index
    )
    total = sum(SHARES.values())
    figures = {
        "precision": right.sum() / matched.sum(),
        "recall": right.sum() / total,
        "matched or among candidates": (right | shown).sum() / total,
    }
    flags = found.assign(
        right=right,
        wrong=matched & ~right,
        listed=shown,
        to_review=found["match_decision"] == "to_review",
        not_found=found["match_decision"] == "not_found",
    )
    return figures, flags.groupby("kind")[["right", "wrong", "to_review", "listed", "not_found"]].sum()


def main() -> None:
    corpus = make_corpus()
    for with_trade_names in (False, True):
        figures, by_kind = measure(corpus, run(corpus, with_trade_names=with_trade_names))
        print(f"\nTrade names of the register {'known' if with_trade_names else 'not known'}:")
        print("  " + " · ".join(f"{name} {value:.3f}" for name, value in figures.items()))
        print(by_kind.to_string())
    members = corpus.roster.iloc[:: len(corpus.roster) // 400][:400]
    start = time.perf_counter()
    run(Corpus(corpus.firms, corpus.aliases, corpus.communes, members, corpus.truth), with_trade_names=False)
    print(f"\n{len(members)} members against {len(corpus.firms):,} firms: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
