"""The axe-core that the browser tests put into a page: one version of the npm package, checked by its hash.

``python -m tests.axe_core`` fetches it ahead, as ``make test`` does; without npm it says so and fails nothing.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

VERSION = "4.14.1"
# As the registry tells it: npm view axe-core@4.14.1 dist.integrity
INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
KEPT = Path(__file__).parent / "artifacts" / "axe"


class Unavailable(Exception):  # noqa: N818 - it names a state of the machine, not a fault of the tests
    """There is no axe-core on this machine, and npm could not fetch it; the message says why."""


def source(kept: Path = KEPT) -> str:
    """Return the script, fetched once into ``kept``.

    Raises
    ------
    Unavailable
        If it is not there and cannot be fetched.
    ValueError
        If what is there is not the package of this version.
    """
    package = kept / f"axe-core-{VERSION}.tgz"
    if not package.exists():
        _fetch(kept)
    _check(package)
    with tarfile.open(package) as content:
        script = content.extractfile("package/axe.min.js")
        if script is None:
            raise ValueError(f"{package.name} holds no axe.min.js")
        return script.read().decode()


def _fetch(kept: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed, and the accessibility tests take axe-core from it")
    kept.mkdir(parents=True, exist_ok=True)
    # --ignore-scripts and no install: the archive alone, from which one file is read.
    asked = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--ignore-scripts", "--pack-destination", str(kept)]
    done = subprocess.run(asked, cwd=kept, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        raise Unavailable(f"npm could not fetch axe-core {VERSION}: {done.stderr.strip() or done.returncode}")


def _check(package: Path) -> None:
    """Refuse another archive, and take it away so that the next run fetches it anew."""
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        package.unlink()
        raise ValueError(f"{package.name} is not what the registry published as axe-core {VERSION}")


if __name__ == "__main__":
    try:
        source()
    except Unavailable as reason:
        sys.stderr.write(f"{reason}\n")
