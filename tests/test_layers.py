"""The arrows of the house: who may import whom, and no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORDS = {"contracts", "settings", "errors", "text", "sizes", "progress"}
# What each part of analytics may import besides itself and the words that everyone uses.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(WORDS, WORDS),
    "ingest": WORDS,
    "matching": WORDS | {"ingest"},
    "store": WORDS,
    "derived": WORDS | {"metrics", "store"},
    "movements": WORDS | {"store"},
    "pipeline": WORDS | {"ingest", "matching", "store", "derived", "movements", "metrics"},
    "view": WORDS,
    "metrics": WORDS,
    "figures": WORDS,
    "results": WORDS | {"metrics", "view", "store"},
    "tables": WORDS | {"results", "view", "store"},
    "export": WORDS | {"tables", "figures", "view", "store"},
    "__init__": set(),
    "__main__": WORDS | {"pipeline", "tables", "export", "store", "view", "commands"},
    "commands": WORDS | {"pipeline", "tables", "export", "store", "view"},
    "pages": WORDS | {"view", "tables", "figures", "export", "pipeline", "store"},
    "dashboard": set(),
}
MAY_BE_USED_IN: dict[str, set[str]] = {
    "streamlit": {"pages", "dashboard"},
    "starlette": {"pages", "dashboard"},
    "plotly": {"figures", "export"},
    "polars": {"ingest"},
    "duckdb": set(),
    "scipy": {"metrics"},
    "sklearn": {"metrics"},
    "esda": {"metrics"},
    "libpysal": {"metrics"},
    "geopandas": {"ingest", "metrics", "export"},
    "shapely": {"ingest", "metrics", "export"},
    "requests": {"ingest"},
    "tenacity": {"ingest"},
    "pyproj": {"ingest", "metrics", "export"},
}


def _sources() -> list[Path]:
    return [ROOT / "dashboard.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "analytics").rglob("*.py")]


def _part(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "analytics" else parts[0]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import absolutely"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", _sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_along_the_arrows(path: Path) -> None:
    part = _part(path)
    for name in _imports(path):
        head, *rest = name.split(".")
        if head == "analytics" and rest and rest[0] != "__version__":
            assert rest[0] == part or rest[0] in MAY_IMPORT[part], f"{part} imports {name}"
        if head == "pages":
            assert part in {"pages", "dashboard"}, f"{part} imports {name}"
        if head in MAY_BE_USED_IN:
            assert part in MAY_BE_USED_IN[head], f"{part} imports {name}"


def test_no_module_of_analytics_imports_itself_in_a_circle() -> None:
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in (ROOT / "analytics").rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        found = {".".join(i.split(".")[:n]) for i in _imports(path) for n in range(2, i.count(".") + 2)}
        found |= {f"{i}.__init__" for i in found}
        graph[name] = {i for i in found if i in modules and i != name}
    TopologicalSorter(graph).prepare()
