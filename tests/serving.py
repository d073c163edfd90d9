"""Servers of the tests: the dashboard on a port of its own, and services on the loopback that answer as others do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ANSWERS_WITHIN_S = 120


class Dashboard(NamedTuple):
    """A running dashboard: its address, without a slash at the end, and its process."""

    url: str
    pid: int


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(
    store: Path, *, port: int | None = None, log: Path = Path(os.devnull), options: tuple[str, ...] = ()
) -> Iterator[Dashboard]:
    """Serve a store as users do until the block ends; what the server says goes to ``log``."""
    port = free_port() if port is None else port
    streamlit = Path(sys.executable).with_name("streamlit")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(streamlit), "run", "dashboard.py", f"--server.port={port}", *options],
            cwd=ROOT,
            env={**os.environ, "ECOSYSTEM_STORE": str(store)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    with ended(process):
        wait_for(f"{url}/_stcore/health", process)
        yield Dashboard(url, process.pid)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process when the block ends."""
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - our own server
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answered at {url}")


class QuietHandler(BaseHTTPRequestHandler):
    """Gives every request to ``answer``, without a word on standard error; a caller that has gone is no fault."""

    protocol_version = "HTTP/1.1"
    # Head and body are two packets: the second would wait for the client's delayed acknowledgement, 40 ms.
    disable_nagle_algorithm = True

    def answer(self) -> None:
        """Answer the request."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *args: object) -> None:
        del args

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer on a port of the loopback until the block ends; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
