"""Why rows of a source were left out, in words."""

from __future__ import annotations

from analytics.text import Translator

_KEYS = {"register": "register.reason.", "members": "members.left_out."}


def left_out_reason(role: str, reason: str, t: Translator) -> str:
    """Return the words of a reason of a manifest's ``excluded``, for rows of the ``register`` or of the ``members``."""
    return t(_KEYS[role] + reason)
