"""What the server does besides pages: security headers, assets that browsers keep, a status for monitors.

``streamlit run dashboard.py`` puts the root on ``sys.path``; Streamlit adds ``pages/shared`` when the shell runs, which
is why no module here bears the name of a library.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics.errors import UserError
from analytics.figures.territory import Frame
from analytics.settings import REFERENCE_DIR, default_settings, store_dir
from analytics.store import Store

ASSETS = Path(__file__).parents[1] / "assets"
LAND_FILE = REFERENCE_DIR / "land.svg"
KEPT = "public, max-age=31536000, immutable"


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Load what is heavy once, then take it out of the garbage collector's reach.

    Streamlit collects all generations after each rerun; with Plotly and pandas loaded that costs some 115 ms of every
    click, and nothing once they are frozen.
    """
    del app
    import analytics.tables  # noqa: F401, PLC0415 - here, where nobody waits

    gc.collect()
    gc.freeze()
    yield {}


def middleware() -> list[Middleware]:
    """Return the middleware of the door: the headers that every answer carries, the language of the document."""
    return [Middleware(SecurityHeaders, policy=content_policy(index_page())), Middleware(DocumentLanguage)]


def routes() -> list[Mount | Route]:
    """Return the routes beside Streamlit's own."""
    return [
        Route("/health/snapshot", snapshot_status),
        Route("/assets/geo/{name}", land),
        Mount("/assets/fonts", KeptFiles(directory=ASSETS / "fonts")),
    ]


def index_page() -> str:
    """Return Streamlit's installed ``index.html``."""
    return (files("streamlit") / "static" / "index.html").read_text(encoding="utf-8")


def content_policy(page: str) -> str:
    """Return the content security policy: this server alone, and the inline scripts of ``page`` by their hash."""
    inline = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *(f"'sha256-{digest}'" for digest in hashes)]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


class SecurityHeaders:
    """Add the security headers to every answer; plain ASGI, so that streams and web sockets pass untouched."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self._headers}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in ours]
                message = {**message, "headers": [*kept, *self._headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class DocumentLanguage:
    """Make Streamlit's document say in which language the page is, which screen readers go by, and whose it is.

    The document says ``en`` and ``Streamlit`` whatever the page; the browser shows that title until the first run.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wants_page = scope["type"] == "http" and b"text/html" in dict(scope["headers"]).get(b"accept", b"")
        if not wants_page:
            await self._app(scope, receive, send)
            return
        language = b"en" if b"lang=en" in scope["query_string"].split(b"&") else b"fr"
        started: Message = {}
        body = bytearray()

        async def rewrite(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                page = bytes(body)
                if b"<html" in page[:2000]:
                    page = page.replace(b'<html lang="en">', b'<html lang="' + language + b'">', 1)
                    page = page.replace(b"<title>Streamlit</title>", b"<title>" + site_name().encode() + b"</title>", 1)
                headers = [pair for pair in started["headers"] if pair[0].lower() != b"content-length"]
                length = [(b"content-length", str(len(page)).encode())] if page else []
                await send({**started, "headers": [*headers, *length]})
                await send({"type": "http.response.body", "body": page})

        # Compressed further in, the document could not be read here; it is 8 kB.
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, rewrite)


@cache
def site_name() -> str:
    """Return the title that the document bears before the first run."""
    return escape(default_settings().cluster.name)


class KeptFiles(StaticFiles):
    """Files whose name carries their version, so that a browser never asks for them twice."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - as Starlette declares it
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = KEPT
        return response


async def snapshot_status(request: Request) -> JSONResponse:
    """Tell monitors which snapshot is published; nothing of a member or a firm."""
    del request
    kept = {"cache-control": "no-store"}
    try:
        snapshot = Store(store_dir()).current()
    except UserError as error:
        return JSONResponse({"error": error.key}, status_code=503, headers=kept)
    status: dict[str, Any] = {"snapshot_id": None, "built_at": None, "is_demo": None}
    if snapshot is not None:
        built = str(snapshot.manifest["built_at"])
        status = {"snapshot_id": snapshot.id, "built_at": built, "is_demo": snapshot.is_demo}
    return JSONResponse(status, headers=kept)


async def land(request: Request) -> Response:
    """Serve the region's outline under the name that carries its hash."""
    drawing = land_drawing()
    if request.path_params["name"] != land_name(drawing):
        return Response(status_code=404)
    return Response(drawing, media_type="image/svg+xml", headers={"cache-control": KEPT})


@cache
def land_drawing() -> bytes:
    """Return the drawing of the land, read once."""
    return LAND_FILE.read_bytes()


def land_name(drawing: bytes) -> str:
    """Return the versioned file name of the drawing."""
    return f"land.{hashlib.sha256(drawing).hexdigest()[:8]}.svg"


@cache
def land_frame() -> Frame:
    """Return where browsers find the land, and the Lambert-93 rectangle that its picture fills, in kilometres."""
    extent = json.loads((REFERENCE_DIR / "provenance.json").read_text(encoding="utf-8"))["land"]
    edges = {"west": "x_min_m", "south": "y_min_m", "east": "x_max_m", "north": "y_max_m"}
    sides = {side: extent[edge] / 1000 for side, edge in edges.items()}
    return Frame(url=f"/assets/geo/{land_name(land_drawing())}", **sides)
