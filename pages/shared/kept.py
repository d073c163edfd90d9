"""An answer that is kept for a while, however often it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Asked = TypeVar("Asked", bound=Hashable)
Answer = TypeVar("Answer")


class Kept(Generic[Asked, Answer]):
    """Make an answer anew at most every so often; whoever asks while it is made waits for it.

    Parameters
    ----------
    make
        Makes the answer to what is asked. What it raises is not kept.
    seconds
        How long an answer stands, from when it was made.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, make: Callable[[Asked], Answer], seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = make
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._last: tuple[Asked, Answer, float] | None = None

    def __call__(self, asked: Asked) -> Answer:
        """Return the answer; the last one alone is kept."""
        with self._lock:
            if self._last is not None:
                about, answer, made_at = self._last
                if about == asked and self._clock() < made_at + self._seconds:
                    return answer
            answer = self._make(asked)
            self._last = asked, answer, self._clock()
            return answer
