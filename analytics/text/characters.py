"""Which characters of what others wrote are kept: those that are seen, in the order in which they stand.

This is the one place where that is decided; readers call it on each name, messages on what they quote.

- **Control characters** (line ends, tabs, NUL, escape) become spaces: a name is one line.
- **Format characters** are left out: they are not seen, and do what the eye cannot check. The overrides, embeddings,
  isolates and marks of text direction (U+202A to U+202E, U+2066 to U+2069, U+200E, U+200F, U+061C) would turn the words
  beside a name around; zero-width spaces and joiners, soft hyphens and byte order marks make two names that look alike
  differ. What is lost is the joining of some emoji.
- **Halves of surrogate pairs** are left out too: no file takes them.
- Letters written from right to left stay as they are, and so do accents, up to four on a letter.
"""

from __future__ import annotations

import re
import unicodedata

# Longer than any name: INSEE's hold 120 characters at most.
LONGEST_NAME = 300
_UNSEEN = {"Cf": None, "Cs": None, "Cc": " ", "Zl": " ", "Zp": " "}
_SPACES = re.compile(" {2,}")
# The same for the register's engine, whose regular expressions know the classes by name.
SPACED_PATTERN = r"[\p{Cc}\p{Zl}\p{Zp} ]+"
UNSEEN_PATTERN = r"\p{Cf}+"
HEAPED_PATTERN = r"(\p{M}{4})\p{M}+"


class _Seen(dict[int, str | int | None]):
    """For ``str.translate``: what stands in a character's place, found out once for each."""

    def __missing__(self, code: int) -> str | int | None:
        kept = _UNSEEN.get(unicodedata.category(chr(code)), code)
        return self.setdefault(code, kept)


_SEEN = _Seen()


def one_line(text: str, *, longest: int | None = None) -> str:
    """Return a text as one line of characters that are seen, cut with an ellipsis after ``longest`` characters."""
    if not text.isascii() or not text.isprintable():
        text = _without_heaps(text.translate(_SEEN))
    line = _SPACES.sub(" ", text).strip()
    return line if longest is None or len(line) <= longest else f"{line[:longest].rstrip()}…"


def _without_heaps(text: str) -> str:
    """Leave out accents after the fourth on one letter: heaps of them cover the lines above and below."""
    kept, heap = [], 0
    for character in text:
        heap = heap + 1 if unicodedata.category(character).startswith("M") else 0
        if heap <= 4:
            kept.append(character)
    return "".join(kept)
