"""The arrows of the house: who may import whom, and no circle."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from analytics.__main__ import MODULES, function_of, make_parser

ROOT = Path(__file__).parents[1]
WORDS = {"contracts", "settings", "errors", "text", "sizes", "progress", "disk"}
# What each part of analytics, a module or a package, may import besides itself and the words that everyone uses.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(WORDS, WORDS),
    "ingest": WORDS,
    "matching": WORDS | {"ingest"},
    "snapshot": WORDS,
    "store": WORDS | {"snapshot"},
    "audit": WORDS,
    "disclosure": set(),
    "derived": WORDS | {"metrics", "store"},
    "movements": WORDS | {"store"},
    "removals": WORDS | {"ingest", "store"},
    "pipeline": WORDS | {"ingest", "matching", "store", "derived", "movements", "removals", "metrics"},
    "updating": WORDS | {"ingest", "pipeline", "removals", "store"},
    "schedule": WORDS,
    "update_command": WORDS | {"command_support", "commands", "updating", "schedule", "store", "export", "audit"},
    "backup": WORDS | {"export", "removals", "store", "audit"},
    "verification": WORDS | {"removals", "store"},
    "view": WORDS,
    "metrics": WORDS,
    "figures": WORDS,
    "results": WORDS | {"metrics", "view", "store"},
    "tables": WORDS | {"results", "view", "store"},
    "export": WORDS | {"tables", "figures", "view", "store"},
    "__init__": set(),
    "arguments": WORDS,
    "__main__": WORDS | {"arguments"},  # What it starts it names, and loads only that.
    "command_support": WORDS | {"removals", "store", "audit"},
    "commands": WORDS | {"command_support", "pipeline", "tables", "store", "view"},
    "journal_command": WORDS | {"command_support", "audit"},
    "answer_commands": WORDS | {"command_support", "tables", "export", "store", "view", "audit", "disclosure"},
    "upkeep": WORDS | {"pipeline", "removals", "backup", "verification", "command_support", "export"},
    "pages": WORDS | {"view", "tables", "figures", "export", "pipeline", "store", "audit", "disclosure", "removals"},
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
    "urllib3": {"ingest"},
    "pyproj": {"ingest", "metrics", "export"},
}


def _sources() -> list[Path]:
    return [ROOT / "dashboard.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "analytics").rglob("*.py")]


def _part(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "analytics" else parts[0]


def _parts_of_analytics(path: Path) -> set[str]:
    names = (name.split(".") for name in _imports(path))
    return {rest[0] for head, *rest in names if head == "analytics" and rest and rest[0] != "__version__"}


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
    assert _parts_of_analytics(path) - {part} <= MAY_IMPORT[part]
    for name in _imports(path):
        head = name.split(".")[0]
        if head == "pages":
            assert part in {"pages", "dashboard"}, f"{part} imports {name}"
        if head in MAY_BE_USED_IN:
            assert part in MAY_BE_USED_IN[head], f"{part} imports {name}"


def test_every_permission_is_used() -> None:
    used: dict[str, set[str]] = defaultdict(set)
    for path in _sources():
        used[_part(path)] |= _parts_of_analytics(path)
    assert {part: may - WORDS - used[part] for part, may in MAY_IMPORT.items() if may - WORDS - used[part]} == {}
    assert set(MAY_IMPORT) == set(used)


def test_every_command_is_a_function_of_the_module_that_the_command_line_names() -> None:
    commands = next(
        action.choices for action in make_parser("fr")._actions if isinstance(action, argparse._SubParsersAction)
    )
    assert set(MODULES) <= set(commands)
    for command in commands:
        run = function_of(command)
        assert inspect.isfunction(run), command
        assert run.__module__ == MODULES.get(command, "analytics.commands")


def test_no_module_of_analytics_imports_itself_in_a_circle() -> None:
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in (ROOT / "analytics").rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        found = {".".join(i.split(".")[:n]) for i in _imports(path) for n in range(2, i.count(".") + 2)}
        found |= {f"{i}.__init__" for i in found}
        graph[name] = {i for i in found if i in modules and i != name}
    TopologicalSorter(graph).prepare()
