"""The software bill of materials: what an installation that serves the dashboard consists of, as CycloneDX 1.6 JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution
from typing import Any

from packaging.utils import canonicalize_name

from tests.audit.closure import ROOT, RUNNING, required
from tests.audit.licences import licence_of


def bill_of(packages: Mapping[str, Distribution]) -> bytes:
    """Return the bill of these packages of this environment: the same bytes each time, without the day.

    cyclonedx-py describes the whole environment, testing included: the rest is left out here.
    """
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--sv", "1.6"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), sys.executable]
    whole: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    kept = [_plain(part, packages[_name(part)]) for part in whole["components"] if _name(part) in packages]
    direct = {canonicalize_name(requirement.name) for requirement in required(RUNNING)}
    root = whole["metadata"]["component"]["bom-ref"]
    refs = {part["bom-ref"] for part in kept}
    needs = {entry["ref"]: refs & set(entry.get("dependsOn", [])) for entry in whole["dependencies"]}
    needs[root] = {part["bom-ref"] for part in kept if _name(part) in direct}
    listed = [{"ref": ref, "dependsOn": sorted(needs.get(ref, ()))} for ref in sorted(refs | {root})]
    return (json.dumps(whole | {"components": kept, "dependencies": listed}, indent=1) + "\n").encode()


def _name(part: Mapping[str, Any]) -> str:
    return str(canonicalize_name(part["name"]))


def _plain(part: Mapping[str, Any], package: Distribution) -> dict[str, Any]:
    """Return a part without the addresses of its project, which are no material, and with its licence in any case."""
    told = {name: value for name, value in part.items() if name != "externalReferences"}
    licence = licence_of(package)
    return ({"licenses": [{"expression": licence}]} if licence else {}) | told
