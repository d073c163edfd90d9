"""A server on this machine that offers files as data.gouv.fr does, ranges and all, with faults on demand."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.serving import QuietHandler, answering

DATASET = "5b7ffc618b4c4169d30727e0"
MODIFIED = "Wed, 01 Jul 2026 09:30:45 GMT"
PAGE = b"<!DOCTYPE html><html><title>Maintenance</title></html>"


@dataclass
class File:
    """A file of the server, what was asked of it, and the actions that answer: ``script`` in turn, then ``always``."""

    content: bytes
    etag: str | None = '"v1"'
    modified: str | None = MODIFIED
    asked: list[dict[str, str]] = field(default_factory=list)
    script: list[Action] = field(default_factory=list)
    always: Action | None = None


Handler = BaseHTTPRequestHandler
Action = Callable[[Handler, File], None]


def serve(handler: Handler, file: File) -> None:
    """Answer as the standard says: the rest of the same version by range, the whole of another."""
    start = _start_of_range(handler, file)
    if start is not None and start >= len(file.content):
        _head(handler, 416, {"Content-Range": f"bytes */{len(file.content)}", "Content-Length": "0"})
        return
    body = file.content[start or 0 :]
    _head(handler, 200 if start is None else 206, _headers(file, start))
    handler.wfile.write(body)


def whole(handler: Handler, file: File) -> None:
    """Answer with the whole file, as a server that knows no ranges."""
    _head(handler, 200, _headers(file, None))
    handler.wfile.write(file.content)


def unsized(handler: Handler, file: File) -> None:
    """Answer with the whole file, in chunks, without saying how long it is."""
    headers = {name: value for name, value in _headers(file, None).items() if name != "Content-Length"}
    _head(handler, 200, headers | {"Transfer-Encoding": "chunked"})
    for chunk in (file.content[:1000], file.content[1000:]):
        handler.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def other_range(handler: Handler, file: File) -> None:
    """Answer with the rest of whatever version is there, whatever ``If-Range`` says."""
    start = int(re.findall(r"\d+", handler.headers["Range"])[0])
    _head(handler, 206, _headers(file, start))
    handler.wfile.write(file.content[start:])


def cut_after(size: int, answer: Action = serve) -> Action:
    """Hang up after so many bytes of what would be answered."""

    def action(handler: Handler, file: File) -> None:
        start = _start_of_range(handler, file) if answer is serve else None
        _head(handler, 200 if start is None else 206, _headers(file, start))
        handler.wfile.write(file.content[start or 0 :][:size])
        handler.close_connection = True

    return action


def slow(*, before: int, pause_s: float = 0.02, bytes_: int = 10) -> Action:
    """Send so many bytes at once, then a few at a time until the caller hangs up."""

    def action(handler: Handler, file: File) -> None:
        start = _start_of_range(handler, file) or 0
        _head(handler, 206 if start else 200, _headers(file, start or None))
        body = file.content[start:]
        handler.wfile.write(body[:before])
        for place in range(before, len(body), bytes_):
            time.sleep(pause_s)
            handler.wfile.write(body[place : place + bytes_])

    return action


def status(code: int, **headers: str) -> Action:
    """Answer with a status and nothing else."""
    return saying(b"", code, **headers)


def saying(content: bytes, code: int = 200, **headers: str) -> Action:
    """Answer with these bytes."""

    def action(handler: Handler, file: File) -> None:
        del file
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        _head(handler, code, {"Content-Length": str(len(content))} | named)
        handler.wfile.write(content)

    return action


def change_to(content: bytes, etag: str, then: Action = serve) -> Action:
    """Put another version in the place of the file, then answer."""

    def action(handler: Handler, file: File) -> None:
        file.content, file.etag = content, etag
        then(handler, file)

    return action


def entry(service: Service, path: str, **changes: Any) -> dict[str, Any]:
    """Return what the catalogue says of a file, as udata documents it; None as a value takes a field away."""
    name = path.rpartition("/")[2].partition("_")[0].partition(".")[0]
    usual = {
        "id": f"a29c1297-{len(path):04d}-{name}",
        "title": f"Sirene : Fichier {name} - 01 juillet 2026 (format parquet)",
        "description": None,
        "filetype": "file",
        "type": "main",
        "format": "parquet",
        "url": service.url + path,
        "latest": f"{service.url}/api/1/datasets/r/{name}",
        "checksum": None,
        "filesize": len(service.files[path].content) if path in service.files else None,
        "mime": "application/vnd.apache.parquet",
        "created_at": "2024-07-17T10:00:00.000000+00:00",
        "last_modified": "2026-07-01T09:30:45.065000+00:00",
        "extras": {},
        "internal": {"last_modified_internal": "2026-07-01T09:30:45.065000+00:00"},
    }
    return {key: value for key, value in (usual | changes).items() if key not in changes or value is not None}


@dataclass
class Service:
    """What is offered, under ``url``; ``entries`` is the catalogue, ``catalogue`` answers in its place where given."""

    url: str = ""
    files: dict[str, File] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    catalogue: list[Action] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.url}/api/1"

    def offer(self, path: str, content: bytes, **changes: Any) -> File:
        """Offer a file, and say so in the catalogue, in place of what stood at that path."""
        self.files[path] = File(content)
        self.entries = [other for other in self.entries if other["url"] != self.url + path]
        self.entries.append(entry(self, path, **changes))
        return self.files[path]

    def answer(self, handler: Handler) -> None:
        self.asked.append(handler.path)
        if handler.path == f"/api/1/datasets/{DATASET}/":
            action = self.catalogue.pop(0) if self.catalogue else saying(self._document())
            action(handler, File(b""))
        elif file := self.files.get(handler.path):
            file.asked.append(dict(handler.headers))
            (file.script.pop(0) if file.script else file.always or serve)(handler, file)
        else:
            status(404)(handler, File(b""))

    def _document(self) -> bytes:
        title = "Base Sirene des entreprises et de leurs établissements (SIREN, SIRET)"
        return json.dumps({"id": DATASET, "title": title, "resources": self.entries}).encode()


@contextmanager
def running() -> Iterator[Service]:
    """Serve on loopback until the block ends."""
    service = Service()

    class Answers(QuietHandler):
        def answer(self) -> None:
            service.answer(self)

    with answering(Answers) as service.url:
        yield service


def _start_of_range(handler: Handler, file: File) -> int | None:
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    version = handler.headers.get("If-Range")
    if not asked or version not in {None, file.etag, file.modified}:
        return None
    return int(asked[1])


def _headers(file: File, start: int | None) -> dict[str, str]:
    size = len(file.content)
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    headers |= {"ETag": file.etag} if file.etag else {}
    headers |= {"Last-Modified": file.modified} if file.modified else {}
    if start is None:
        return headers | {"Content-Length": str(size)}
    return headers | {"Content-Length": str(size - start), "Content-Range": f"bytes {start}-{size - 1}/{size}"}


def _head(handler: Handler, code: int, headers: dict[str, str]) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
