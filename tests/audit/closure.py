"""Which packages a requirements file brings with it, as they are installed here."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
RUNNING, TESTING = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"


def required(path: Path) -> list[Requirement]:
    """Return the requirements that a file names, those of the files that it includes aside."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def closure(path: Path) -> dict[str, metadata.Distribution]:
    """Return what a file brings with it, by normalised name: what it names, what that needs, and so on."""
    waiting, seen = required(path), dict[tuple[str, frozenset[str]], metadata.Distribution]()
    while waiting:
        wanted = waiting.pop()
        known_as = (str(canonicalize_name(wanted.name)), frozenset(wanted.extras))
        if known_as not in seen:
            seen[known_as] = metadata.distribution(wanted.name)
            needed = (Requirement(line) for line in seen[known_as].requires or [])
            waiting += [requirement for requirement in needed if _applies(requirement, wanted.extras)]
    return {name: found for (name, _), found in sorted(seen.items(), key=lambda pair: pair[0][0])}


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})
