"""A dashboard that asks for a login, the provider that it asks, and the people who come."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests import identity_provider
from tests.e2e.support import settle
from tests.serving import ended, free_port, serving, wait_for

CLIENT, SECRET = "dashboard", "a-secret-of-the-tests-of-forty-characters"
SIGNED_WITH = "cookies-of-the-tests-are-signed-with-this"
PEOPLE = {
    "staff": {"email": "Staff@Cluster.Example", "email_verified": True, "name": "Staff"},
    "reader": {"email": "reader@cluster.example", "email_verified": True, "name": "Reader"},
    "unverified": {"email": "staff@cluster.example", "email_verified": False, "name": "Unverified"},
    "stranger": {"email": "someone@elsewhere.example", "email_verified": True, "name": "Stranger"},
}
ACCESS = """
[access]
staff = ["staff@cluster.example"]
readers = ["@cluster.example"]
"""
COOKIE = "_streamlit_user"


@dataclasses.dataclass(frozen=True)
class Guarded:
    """A running dashboard with a login: its address, its store, its secrets, its port and that of the provider."""

    url: str
    store: Path
    secrets: Path


@contextmanager
def serve(store: Path, secrets: Path, *, port: int, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Serve a store with these secrets; return the address."""
    log, named = secrets.with_suffix(f".{port}.log"), f"--secrets.files={secrets}"
    with serving(store, port=port, log=log, options=(named, *options)) as dashboard:
        yield dashboard.url


@contextmanager
def provider(redirect_uri: str) -> Iterator[str]:
    """Run the provider of identities; return its address."""
    port = free_port()
    asked: dict[str, Any] = {"port": port, "client_id": CLIENT, "client_secret": SECRET, "people": PEOPLE}
    process = identity_provider.start({**asked, "redirect_uri": redirect_uri})
    url = f"http://localhost:{port}"
    with ended(process):
        wait_for(f"{url}/.well-known/openid-configuration", process)
        yield url


def write_secrets(path: Path, *, port: int, issuer: str, access: str = ACCESS) -> None:
    """Write the secrets of a dashboard on ``port`` that asks the provider at ``issuer``."""
    path.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{SIGNED_WITH}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login" }}
{access}""",
        encoding="utf-8",
    )


def log_in(page: Page, who: str, *, url: str, path: str = "") -> None:
    """Log in as one of ``PEOPLE``, through the provider's own pages, from a page of the dashboard, and come back."""
    page.goto(url + path)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("http://localhost:*/interaction/**")
    page.locator("[name=login]").fill(who)
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{url}/**")
    expect(page.get_by_role("button", name="Se connecter")).to_have_count(0, timeout=60_000)
    settle(page)
