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

from analytics import removals
from analytics.errors import UserError
from analytics.figures.territory import Frame
from analytics.settings import REFERENCE_DIR, default_settings, store_dir
from analytics.store import Store
from pages.shared import access, address, login, origins, uploads
from pages.shared.kept import Kept

ASSETS = Path(__file__).parents[1] / "assets"
KEYS_FILE = ASSETS / "keys.js"
LAND_FILE = REFERENCE_DIR / "land.svg"
KEPT = "public, max-age=31536000, immutable"


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Load what is heavy once, then take it out of the garbage collector's reach.

    Looking through Plotly and pandas costs a collection of all generations some 115 ms. That it is not made after each
    run, as Streamlit would, is set in ``.streamlit/config.toml``: what is cached later would be looked through too.
    """
    del app
    import analytics.tables  # noqa: F401, PLC0415 - here, where nobody waits

    access.expect_connections()
    access.tell_at_start()
    gc.collect()
    gc.freeze()
    yield {}


def middleware() -> list[Middleware]:
    """Return the middleware of the door: headers, whose sockets and files are taken, where a login ends, language."""
    return [
        Middleware(SecurityHeaders, policy=content_policy(index_page())),
        Middleware(origins.SocketsOfOwnPages),
        Middleware(uploads.OnlyFromThoseWhoMay),
        Middleware(login.BackToTheAskedPage),
        Middleware(DocumentLanguage),
    ]


def routes() -> list[Mount | Route]:
    """Return the routes beside Streamlit's own, below ``server.baseUrlPath`` as these are."""
    base = address.base_path()
    return [
        Route(f"{base}/health/snapshot", snapshot_status),
        Route(f"{base}/assets/geo/{{name}}", land),
        Route(f"{base}/assets/scripts/{{name}}", keys),
        Mount(f"{base}/assets/fonts", KeptFiles(directory=ASSETS / "fonts")),
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

    It also loads the one script of ours, for readers without a mouse: the policy allows no other way in.

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
                    page = page.replace(b"</head>", keys_element() + b"</head>", 1)
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


def snapshot_status(request: Request) -> JSONResponse:
    """Tell monitors which snapshot readers are answered with; nothing of a member or a firm.

    Every table of it is read from the disk and checked, anew where the last check is older than some seconds: damage is
    told before a page meets it, and nobody keeps the disk busy by asking. Then the status is 503: ``error`` is what was
    found, ``published_id`` where, and the usual three are of the whole snapshot with which pages go on answering; where
    there is none, they are absent. Whether the server lives is asked of ``/_stcore/health``: a damaged
    file is no reason to restart it.
    """
    del request
    code, status = checked_status(store_dir())
    return JSONResponse(status, status_code=code, headers={"cache-control": "no-store"})


def _check(root: Path) -> tuple[int, dict[str, Any]]:
    try:
        served = removals.served(Store(root))
    except UserError as error:
        return 503, {"error": error.key, "published_id": Store(root).current_id()}
    if served is None:
        return 200, {"snapshot_id": None, "built_at": None, "is_demo": None}
    snapshot = served.snapshot
    status = {"snapshot_id": snapshot.id, "built_at": snapshot.manifest["built_at"], "is_demo": snapshot.is_demo}
    if served.damage is None:
        return 200, status
    return 503, status | {"error": served.damage.key, "published_id": served.published_id}


checked_status = Kept(_check, seconds=5)


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


async def keys(request: Request) -> Response:
    """Serve the script for readers without a mouse under the name that carries its hash."""
    if request.path_params["name"] != keys_name():
        return Response(status_code=404)
    return Response(keys_script(), media_type="text/javascript", headers={"cache-control": KEPT})


@cache
def keys_script() -> bytes:
    """Return the script for readers without a mouse, read once."""
    return KEYS_FILE.read_bytes()


def keys_name() -> str:
    """Return the versioned file name of the script."""
    return f"keys.{hashlib.sha256(keys_script()).hexdigest()[:8]}.js"


def keys_element() -> bytes:
    """Return the element that loads the script."""
    return f'<script defer src="{address.base_path()}/assets/scripts/{keys_name()}"></script>'.encode()


@cache
def land_frame() -> Frame:
    """Return where browsers find the land, and the Lambert-93 rectangle that its picture fills, in kilometres."""
    extent = json.loads((REFERENCE_DIR / "provenance.json").read_text(encoding="utf-8"))["land"]
    edges = {"west": "x_min_m", "south": "y_min_m", "east": "x_max_m", "north": "y_max_m"}
    sides = {side: extent[edge] / 1000 for side, edge in edges.items()}
    return Frame(url=f"{address.base_path()}/assets/geo/{land_name(land_drawing())}", **sides)
