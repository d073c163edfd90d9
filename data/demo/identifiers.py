"""Invented SIREN and SIRET: they pass the checksum, and lie where the real register has next to nothing."""

from __future__ import annotations

import numpy as np

# 000 100 000 to 000 999 999. Real numbers there can be counted on one hand; those known to exist are left out.
_PREFIX = "000"
# Six digits that are not zero at the front: what is left when a spreadsheet takes the leading zeros.
_FIRST, _BODIES = 10_000, 100_000
_REAL = frozenset({"000325175"})


def luhn_digit(digits: str) -> str:
    """Return the digit that makes ``digits`` followed by it pass the Luhn checksum."""
    doubled = (2 * int(d) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits)))
    return str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def draw_sirens(count: int, rng: np.random.Generator) -> list[str]:
    """Return distinct SIREN that pass the checksum, in random order."""
    bodies = (f"{_PREFIX}{body:05d}" for body in rng.permutation(np.arange(_FIRST, _BODIES)))
    numbers = (body + luhn_digit(body) for body in bodies)
    return [siren for siren, _ in zip((s for s in numbers if s not in _REAL), range(count), strict=False)]


def siret_of(siren: str, rank: int) -> str:
    """Return the SIRET of the enterprise's ``rank``-th establishment (from 1)."""
    body = f"{siren}{rank:04d}"
    return body + luhn_digit(body)
