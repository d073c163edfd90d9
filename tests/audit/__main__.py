"""What the packages that the project uses bring with them: ``make audit``; ``make sbom`` writes their bill alone.

Exit status 1 when a licence is refused, a package has a known vulnerability, or a requirement is unused or undeclared.
Where no advisory database answers, as on a machine without a network, vulnerabilities are not checked: that is said,
and is no failure unless ``--strict``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.audit import bill, licences, vulnerabilities
from tests.audit.closure import ROOT, RUNNING, TESTING, closure

CONFIG = Path(__file__).with_name("deptry.toml")


def main() -> int:
    """Run the checks, or write the bill of materials where ``--sbom`` names a file."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--sbom", type=Path, metavar="F", help="write the software bill of materials there, no more")
    parser.add_argument("--strict", action="store_true", help="fail too where vulnerabilities could not be checked")
    parser.add_argument("--osv", metavar="URL", help="ask this OSV service alone about vulnerabilities")
    options = parser.parse_args()
    if options.sbom:
        options.sbom.write_bytes(bill.bill_of(closure(RUNNING)))
        return 0
    passed = [_requirements(), _licences(), _vulnerabilities(options.osv, is_strict=options.strict)]
    return 0 if all(passed) else 1


def _requirements() -> bool:
    ran = subprocess.run(
        [sys.executable, "-m", "deptry", ".", "--config", str(CONFIG), "--no-ansi"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    _say("requirements", (ran.stderr + ran.stdout).strip().splitlines()[-1 if ran.returncode == 0 else 0 :])
    return ran.returncode == 0


def _licences() -> bool:
    packages = closure(RUNNING) | closure(TESTING)
    refused = licences.refused(packages)
    _say("licences", refused or [f"{len(packages)} packages, {len(licences.EXCEPTIONS)} exceptions with their reason"])
    return not refused


def _vulnerabilities(osv_url: str | None, *, is_strict: bool) -> bool:
    outcome = vulnerabilities.check(closure(RUNNING) | closure(TESTING), osv_url=osv_url)
    lines = list(outcome.found)
    if outcome.checked:
        lines.append(f"{outcome.checked} packages checked")
    if outcome.unchecked:
        lines.append(
            f"NOT CHECKED: {len(outcome.unchecked)} packages, no answer about them. {outcome.why_not}".rstrip()
        )
    _say("known vulnerabilities", lines)
    return not outcome.found and not (is_strict and outcome.unchecked)


def _say(title: str, lines: list[str]) -> None:
    sys.stdout.write(f"{title}:\n" + "".join(f"  {line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
