"""What the project says of itself: pinned requirements, links of the README."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([\w.-]+)(?:\[\w+\])?==[\w.]+(?:; [^#]+)? +# \S")


def _pinned(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r"))]
    found = [PIN.match(line) for line in wanted]
    assert all(found), "each line pins exactly and says what for"
    return {match[1].lower().replace("_", "-") for match in found if match}


def _imported(*folders: str) -> set[str]:
    roots: set[str] = set()
    paths = [ROOT / "dashboard.py", *(p for folder in folders for p in (ROOT / folder).rglob("*.py"))]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                roots.add(node.module.split(".")[0])
    return roots - set(sys.stdlib_module_names) - {"analytics", "pages", "data", "tests"}


# What Streamlit imports itself, once a login is asked for, and does not bring.
_OF_STREAMLIT = {"authlib", "httpx2"}


def test_requirements_are_what_the_code_imports() -> None:
    known = packages_distributions()
    imported = {known[name][0].lower().replace("_", "-") for name in _imported("analytics", "pages")}
    assert imported | _OF_STREAMLIT == _pinned("requirements.txt")
    assert _pinned("requirements-dev.txt")


_DOCUMENTS = ["README.md", "data/reference/README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", sorted(_DOCUMENTS))
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target
