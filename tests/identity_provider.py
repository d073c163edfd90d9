"""The provider of identities that the browser tests log in to: node-oidc-provider, as npm has it, locked by its hashes.

``python -m tests.identity_provider`` fetches it ahead, as ``make test`` does; without npm it says so and fails nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "oidc_provider"
KEPT = Path(__file__).parent / "artifacts" / "oidc_provider"
_FILES = ("package.json", "package-lock.json", "provider.js")


class Unavailable(Exception):  # noqa: N818 - it names a state of the machine, not a fault of the tests
    """The provider is not on this machine, and npm could not fetch it; the message says why."""


def start(asked: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the provider with these parameters (see ``provider.js``); whoever starts it ends it.

    Raises
    ------
    Unavailable
        If it is not there and cannot be fetched.
    """
    fetch()
    node = shutil.which("node")
    if node is None:
        raise Unavailable("node is not installed, and the provider of identities runs on it")
    return subprocess.Popen(
        [node, "provider.js", json.dumps(asked)], cwd=KEPT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def fetch() -> None:
    """Install what ``package-lock.json`` names beside the tests, once.

    Raises
    ------
    Unavailable
        If npm is absent or cannot fetch it.
    """
    lock = (HERE / "package-lock.json").read_bytes()
    installed = KEPT / "installed.json"
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(HERE / name, KEPT / name)
    if installed.exists() and installed.read_bytes() == lock:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed, and the tests of the login take their provider from it")
    asked = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(asked, cwd=KEPT, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise Unavailable(f"npm could not fetch the provider: {done.stderr.strip() or done.returncode}")
    installed.write_bytes(lock)


if __name__ == "__main__":
    try:
        fetch()
    except Unavailable as reason:
        sys.stderr.write(f"{reason}\n")
