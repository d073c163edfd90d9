"""Which of the packages have a known vulnerability, as pip-audit learns it from PyPI or from OSV.

pip-audit calls it a success when the index answers about no package at all: here that is *not checked*, and said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

# Advisories that do not concern this project, each with the reason.
ACCEPTED: Mapping[str, str] = {}
_PATIENCE_S = 300


@dataclass(frozen=True)
class Checked:
    """What was learnt.

    Attributes
    ----------
    checked
        Of how many packages the database answered.
    unchecked
        Those of which it did not.
    found
        A line for each known vulnerability.
    why_not
        What the databases said where none answered of any package.
    """

    checked: int
    unchecked: tuple[str, ...]
    found: tuple[str, ...]
    why_not: str = ""


def check(packages: Mapping[str, Distribution], *, osv_url: str | None = None) -> Checked:
    """Ask PyPI, else OSV, about the installed version of each package; with ``osv_url`` that service alone."""
    services = [["-s", "osv", "--osv-url", osv_url]] if osv_url else [["-s", "pypi"], ["-s", "osv"]]
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text("".join(f"{name}=={p.version}\n" for name, p in packages.items()), encoding="utf-8")
        refusals = []
        for service in services:
            outcome = _ask(pinned, service, cache=Path(folder) / "cache")
            if outcome.checked:
                return outcome
            refusals.append(f"{service[1]}: {outcome.why_not}")
    return Checked(0, tuple(packages), (), "; ".join(refusals))


def _ask(pinned: Path, service: list[str], *, cache: Path) -> Checked:
    ignored = [option for advisory in ACCEPTED for option in ("--ignore-vuln", advisory)]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(pinned), "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--cache-dir", str(cache), *service, *ignored]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        return Checked(0, (), (), f"no answer within {_PATIENCE_S} s")
    try:
        rows = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError):
        return Checked(0, (), (), (ran.stderr.strip().splitlines() or ["no answer"])[-1][:200])
    unchecked = tuple(row["name"] for row in rows if "skip_reason" in row)
    if len(unchecked) == len(rows):
        return Checked(0, unchecked, (), rows[0]["skip_reason"] if rows else "no package")
    found = tuple(_line(row, advisory) for row in rows for advisory in row.get("vulns", []))
    return Checked(len(rows) - len(unchecked), unchecked, found)


def _line(row: Mapping[str, str], advisory: Mapping[str, list[str]]) -> str:
    fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
    return f"{row['name']} {row['version']}: {advisory['id']}, fixed in {fixed}"
