"""A server on this machine that answers as IGN's isochrone service is documented to, with faults on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.serving import QuietHandler, answering

# Degrees around a place for each minute of driving: some kilometre.
DEGREES_A_MINUTE = 0.01
Reply = tuple[int, dict[str, str], bytes]


def answer(asked: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Return the documented answer to what was asked: a square around the point."""
    longitude, latitude = (float(part) for part in asked["point"].split(","))
    half = DEGREES_A_MINUTE * float(asked["costValue"])
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    ring = [[longitude + east, latitude + north] for east, north in corners]
    usual = {
        "point": asked["point"],
        "resource": asked["resource"],
        "resourceVersion": "2026-11-01",
        "costType": asked["costType"],
        "costValue": float(asked["costValue"]),
        "timeUnit": asked["timeUnit"],
        "profile": asked["profile"],
        "direction": asked["direction"],
        "crs": asked["crs"],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "constraints": [],
    }
    return usual | changes


def good(asked: dict[str, str]) -> Reply:
    """Answer as documented."""
    return 200, {}, json.dumps(answer(asked)).encode()


def with_geometry(geometry: Any) -> Callable[[dict[str, str]], Reply]:
    """Answer with this geometry."""
    return lambda asked: (200, {}, json.dumps(answer(asked, geometry=geometry)).encode())


def saying(content: bytes, status: int = 200, **headers: str) -> Callable[[dict[str, str]], Reply]:
    """Answer with these bytes, whatever is asked."""

    def reply(asked: dict[str, str]) -> Reply:
        del asked
        return status, headers, content

    return reply


def refused(status: int, **headers: str) -> Callable[[dict[str, str]], Reply]:
    """Answer with an error as documented."""
    content = json.dumps({"error": {"errorType": "invalidRequest", "message": " Parameter is invalid "}}).encode()
    return saying(content, status, **{name.replace("_", "-"): value for name, value in headers.items()})


def truncated(asked: dict[str, str]) -> Reply:
    """Answer with half of the document."""
    content = json.dumps(answer(asked)).encode()
    return 200, {}, content[: len(content) // 2]


def cut(asked: dict[str, str]) -> Reply:
    """Hang up within the document."""
    status, _, content = good(asked)
    return status, {"Content-Length": str(len(content) + 100), "Connection": "close"}, content


def late(asked: dict[str, str]) -> Reply:
    """Answer after the client has given up."""
    time.sleep(0.6)
    return good(asked)


@dataclass
class Service:
    """What was asked, and what is answered: ``script`` in turn, then ``always``.

    ``callers`` are the connections, one a session that is kept alive.
    """

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    callers: set[tuple[str, int]] = field(default_factory=set)
    script: list[Callable[[dict[str, str]], Reply]] = field(default_factory=list)
    always: Callable[[dict[str, str]], Reply] = good

    def reply(self, asked: dict[str, str]) -> Reply:
        """Return the next answer."""
        self.asked.append(asked)
        return (self.script.pop(0) if self.script else self.always)(asked)


@contextmanager
def running() -> Iterator[Service]:
    """Serve on loopback until the block ends."""
    service = Service()

    class Handler(QuietHandler):
        def answer(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            service.headers.append(dict(self.headers))
            service.callers.add(self.client_address)
            status, headers, content = service.reply({name: values[-1] for name, values in query.items()})
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    with answering(Handler) as url:
        service.url = f"{url}/navigation/isochrone"
        yield service
