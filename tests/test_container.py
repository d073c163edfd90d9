"""The image and the service: what can be held without an engine that builds images.

The Dockerfile is checked by hadolint, and its steps are done here: the files that it copies, alone in a folder, serve
the dashboard in its environment and answer its health check.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.serving import ANSWERS_WITHIN_S, ended, free_port

ROOT = Path(__file__).parents[1]


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile's last stage: word, arguments on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    parted = [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]
    last = max(place for place, (word, _) in enumerate(parted) if word == "FROM")
    return parted[last:]


def only(word: str) -> str:
    """Return the arguments of the instruction that stands once."""
    found = [arguments for name, arguments in instructions() if name == word]
    assert len(found) == 1, word
    return found[0]


def copied() -> list[tuple[list[str], str]]:
    """Return what is copied of the project: sources, destination."""
    parted = [arguments.split() for word, arguments in instructions() if word == "COPY" and "--from" not in arguments]
    return [(sources, destination) for *sources, destination in parted]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what the image does."""
    root = tmp_path_factory.mktemp("image")
    for sources, destination in copied():
        target = root / destination
        target.mkdir(parents=True, exist_ok=True)
        for source in sources:
            if source.endswith("/"):
                shutil.copytree(ROOT / source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, target)
    return root


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the image's environment, its folders moved to where a test may write."""
    own = dict(re.findall(r"(\w+)=(\S+)", only("ENV")))
    writable = tmp_path_factory.mktemp("writable")
    moved = {"HOME": str(writable), "MPLCONFIGDIR": str(writable / "mpl"), "ECOSYSTEM_STORE": str(writable / "store")}
    assert set(moved) < set(own)
    return own | moved | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_hadolint_finds_no_fault() -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("hadolint")), "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_from_a_pinned_base() -> None:
    assert only("USER") == "10001:10001"
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim-\w+$", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"python:${PYTHON}"}


def test_nothing_but_what_is_copied_reaches_the_builder() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [rule for rule in rules if rule and not rule.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert allowed == {source for sources, _ in copied() for source in sources}
    assert not any("store" in rule for rule in allowed)


def files_below(root: Path) -> dict[str, int]:
    """Return the files of a folder with when each was last changed."""
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_what_is_copied_builds_exports_and_verifies(image: Path, environment: dict[str, str], tmp_path: Path) -> None:
    before = files_below(image)
    out = tmp_path / "report.pdf"
    for words in (["demo"], ["verify"], ["export", "report", "--out", str(out)], ["backup", "--out", f"{out}.tar"]):
        ran = subprocess.run(
            [sys.executable, "-m", "analytics", *words],
            cwd=image,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    assert out.read_bytes().startswith(b"%PDF-")
    assert files_below(image) == before, "the root file system is read-only"


def test_what_is_copied_serves_the_dashboard(image: Path, environment: dict[str, str]) -> None:
    before = files_below(image)
    port = free_port()
    command: list[str] = json.loads(only("CMD"))
    assert environment["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0", "only its container's own network sees it"  # noqa: S104
    here = environment | {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1", "STREAMLIT_SERVER_PORT": str(port)}
    check = [part.replace(":8501", f":{port}") for part in json.loads(only("HEALTHCHECK").partition("CMD ")[2])]
    server = subprocess.Popen(command, cwd=image, env=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ended(server):
        end = time.monotonic() + ANSWERS_WITHIN_S
        while not is_healthy(check, here) and server.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert is_healthy(check, here)
    assert files_below(image) == before, "the root file system is read-only"


def is_healthy(check: list[str], environment: dict[str, str]) -> bool:
    """Run the health check of the image."""
    return subprocess.run(check, env=environment, capture_output=True, check=False).returncode == 0


def test_compose_gives_the_container_no_more_than_it_needs() -> None:
    composed: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service = composed["services"]["dashboard"]
    assert service["read_only"]
    assert service["user"] == only("USER")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ports"] == [f"127.0.0.1:{only('EXPOSE')}:{only('EXPOSE')}"], "this machine alone"
    (volume,) = service["volumes"]
    name, _, place = volume.partition(":")
    assert [place] == json.loads(only("VOLUME"))
    assert f"ECOSYSTEM_STORE={place}" in only("ENV").split()
    assert name in composed["volumes"]
    assert [entry.split(":")[0] for entry in service["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ecosystem.service").read_text(encoding="utf-8")
    unit = tmp_path / "ecosystem.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", text), encoding="utf-8")
    ran = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
