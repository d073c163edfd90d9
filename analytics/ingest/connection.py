"""One service over HTTP: to which addresses it may lead, how long is waited for it, how often it is asked again.

Addresses are https; http only on the host of a service that was itself given as http, or from a service on this machine
to another port of it. That holds for each redirect.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from analytics import __version__
from analytics.errors import UserError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 10.0
LONGEST_WAIT_S = 300.0
MOST_REDIRECTS = 5
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Limits:
    """How long is waited, and how often is tried again.

    Attributes
    ----------
    patience_s
        A connection on which nothing, or next to nothing, comes for so long is cut, and the rest asked for anew.
    tries
        Attempts in a row that bring nothing before it is given up.
    first_wait_s
        Pause before the second attempt; twice as long each time, or as long as the service says.
    sleep, clock
        In seconds.
    """

    patience_s: float = 60.0
    tries: int = 6
    first_wait_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class FaultError(Exception):
    """An attempt failed; ``is_passing`` where another may not, after ``wait_s`` if the service says how long."""

    def __init__(self, reason: str, *, is_passing: bool = True, wait_s: float = 0.0, **params: object) -> None:
        super().__init__(reason)
        self.reason, self.is_passing, self.wait_s, self.params = reason, is_passing, wait_s, params


class Connection:
    """One session with a service: what it may ask for, and how often.

    Parameters
    ----------
    service
        Address of the service; it says to which other addresses plain http may lead.
    limits
        How long is waited.

    Raises
    ------
    UserError
        When the address is none.
    """

    def __init__(self, service: str, limits: Limits) -> None:
        self.service, self.limits = service, limits
        refuse_address(service, service=service)
        self._session = _session(service)

    @property
    def name(self) -> str:
        """What sentences call the service: its host, without what else an address may hold."""
        asked = urlsplit(self.service)
        return asked.hostname + (f":{asked.port}" if asked.port else "") if asked.hostname else self.service

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """Ask for an address; the body is still to be read. What breaks on the way is a ``FaultError``."""
        import requests  # noqa: PLC0415 - only asking needs it
        import urllib3  # noqa: PLC0415 - as above

        limits = (min(CONNECT_TIMEOUT_S, self.limits.patience_s), self.limits.patience_s)
        try:
            with self._session.get(url, headers=dict(headers), timeout=limits, stream=True) as response:
                yield response
        except requests.TooManyRedirects as error:
            raise FaultError("update.too_many_redirects", is_passing=False) from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise UserError("update.no_address", address=url) from error
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise FaultError("update.reason_stalled") from error
        except requests.RequestException as error:
            raise FaultError("update.reason_unreachable") from error
        except urllib3.exceptions.HTTPError as error:
            raise FaultError("update.reason_cut") from error

    def insist(self, attempt: Callable[[], None], has_failed: Callable[[], int]) -> None:
        """Call ``attempt`` until it succeeds, or ``has_failed`` says that it did not so often in a row."""
        import tenacity  # noqa: PLC0415 - only asking needs it

        def pause(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            said = error.wait_s if isinstance(error, FaultError) else 0.0
            usual = self.limits.first_wait_s * 2.0 ** (has_failed() - 1)
            return min(max(said, usual), LONGEST_WAIT_S)

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, FaultError) and error.is_passing),
            stop=lambda _: has_failed() >= self.limits.tries,
            wait=pause,
            sleep=self.limits.sleep,
            reraise=True,
        )
        tries(attempt)


def refuse_address(url: str, *, service: str) -> None:
    """Refuse what is no address, or one to which this service may not lead.

    Raises
    ------
    UserError
        In either case; it names the address.
    """
    try:
        asked, own = urlsplit(url), urlsplit(service)
        there, here = (asked.scheme, asked.hostname, asked.port), (own.scheme, own.hostname, own.port)
    except ValueError as error:
        raise UserError("update.no_address", address=url) from error
    if asked.scheme not in {"http", "https"} or not asked.hostname:
        raise UserError("update.no_address", address=url)
    is_at_home = asked.hostname in _LOOPBACK and own.hostname in _LOOPBACK
    if asked.scheme == "http" and there != here and not is_at_home:
        raise UserError("update.unsafe_address", address=url)


def refuse_status(response: requests.Response, *good: int) -> None:
    """Refuse a status that is none of the good ones; too many requests and a service's own faults may pass."""
    status = response.status_code
    if status in good:
        return
    if status in {408, 425, 429} or status >= 500:
        wait_s = _seconds(response.headers.get("Retry-After", ""))
        raise FaultError("update.reason_busy", wait_s=wait_s, status=str(status))
    key = "update.file_gone" if status in {404, 410} else "update.file_refused"
    raise FaultError(key, is_passing=False, status=str(status))


def _session(service: str) -> requests.Session:
    import requests  # noqa: PLC0415 - only asking needs it

    class Session(requests.Session):
        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401
            # Each redirect comes through here.
            refuse_address(request.url or "", service=service)
            return super().send(request, **kwargs)

    session = Session()
    session.max_redirects = MOST_REDIRECTS
    session.headers.update({"User-Agent": f"digital-ecosystem-dashboard/{__version__}"})
    return session


def _seconds(said: str) -> float:
    """Return how long ``Retry-After`` asks to wait: seconds, or until a moment; 0 where it says neither."""
    if said.strip().isdecimal():
        return float(said)
    try:
        moment = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
