"""Who may do what, by the rules of ``secrets.toml`` and what the provider of identities says of a person. No Streamlit.

Without ``[auth]`` whoever sits at the machine may do everything. With it a person must be on a list to enter, and on
the staff list to change or take anything. Nothing is open by mistake: a rule that cannot be understood lets nobody in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from analytics.errors import UserError

Right = Literal["publish", "roll_back", "review", "export", "upload"]
Page = Literal["recruitment", "towns", "coverage", "growth", "sources", "documents", "event"]
Door = Literal["open", "login", "closed"]

ANYONE = "*"
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DOMAIN = re.compile(r"@[^@\s]+\.[^@\s]+")
# Shorter than this, a secret can be guessed and a login forged with it.
SHORTEST_SECRET = 32
_ANYONE_MAY_WRITE = "anyone_may_write"
_SHARED = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


def _address(text: str) -> str:
    # Letters of other scripts look or fold like these: no address of ours has any.
    if not text.isascii() or not _ADDRESS.fullmatch(text):
        raise ValueError("no address")
    return text.lower()


def _reader(text: str) -> str:
    if text == ANYONE or (text.isascii() and _DOMAIN.fullmatch(text)):
        return text.lower()
    return _address(text)


class Rules(BaseModel):
    """The section ``[access]``.

    Attributes
    ----------
    staff
        Addresses that may do everything.
    readers
        Addresses, domains (``@cluster.example``) or ``*`` that may read, besides staff. Empty: staff alone.
    closed_to_readers
        Pages that staff alone may open; those that name firms to call and members, unless told.
    login_hours
        How long a login counts.
    email_always_verified
        The provider says nothing of verification because it verifies every address itself.
    anyone_may_write
        Without ``[auth]``, on an address that other machines reach: everybody may do everything all the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    staff: list[Annotated[str, AfterValidator(_address)]] = []
    readers: list[Annotated[str, AfterValidator(_reader)]] = []
    closed_to_readers: list[Page] = ["recruitment", "sources"]
    login_hours: Annotated[float, Field(gt=0, le=720)] = 12
    email_always_verified: bool = False
    anyone_may_write: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody before the dashboard, and what the rules let them do.

    Attributes
    ----------
    who
        As the audit log names them: their address, ``local`` at the machine, ``unknown`` of somebody without a login.
    door
        Whether they are in, are asked to log in, or are told that it is not for them.
    is_staff
        Whether they may do everything.
    closed
        Pages that they may not open.
    is_exposed
        Nobody logs in, and other machines reach this server: it must be said.
    """

    who: str
    door: Door = "closed"
    is_staff: bool = False
    closed: frozenset[str] = frozenset()
    is_exposed: bool = False

    def may(self, right: Right) -> bool:
        """Return whether they may do this."""
        del right  # All belong to staff; the name is what a refusal is recorded under.
        return self.door == "open" and self.is_staff

    def may_open(self, page: str) -> bool:
        """Return whether they may open a page."""
        return self.door == "open" and (self.is_staff or page not in self.closed)

    @property
    def sees_prospects(self) -> bool:
        """Whether firms to call may be named to them, anywhere: to whoever may open the page that lists them."""
        return self.may_open("recruitment")

    @property
    def sees_members(self) -> bool:
        """Whether members may be named to them, anywhere: to whoever may open the page on the roster."""
        return self.may_open("sources")


OWNER = Person("local", door="open", is_staff=True)
NOBODY = Person("unknown")


def read_rules(secrets: Mapping[str, Any]) -> Rules:
    """Return the rules of ``secrets.toml``, read whole.

    Raises
    ------
    UserError
        When a key of ``[access]`` is unknown or malformed, one of ``[auth]`` is absent or no text, or rules on people
        stand without the login that would tell people apart.
    """
    given = secrets.get("access", {})
    if not isinstance(given, Mapping):
        raise UserError("rights.malformed", setting="access")
    try:
        rules = Rules.model_validate(dict(given))
    except ValidationError as error:
        raise _fault_of(error) from error
    if "auth" in secrets:
        _check_login(secrets["auth"])
        if rules.anyone_may_write:
            raise UserError("rights.only_without_login", setting=f"access.{_ANYONE_MAY_WRITE}")
    elif about_people := [name for name in given if name != _ANYONE_MAY_WRITE]:
        raise UserError("rights.without_login", setting=f"access.{about_people[0]}")
    return rules


def _fault_of(error: ValidationError) -> UserError:
    """Return the sentence that says what is wrong with the first key of ``[access]`` that is."""
    fault = error.errors()[0]
    setting = f"access.{fault['loc'][0]}"
    if fault["type"] == "extra_forbidden":
        return UserError("rights.unknown_key", setting=setting, known=", ".join(Rules.model_fields))
    if fault["type"] == "literal_error":
        return UserError("rights.unknown_page", setting=setting, known=", ".join(get_args(Page)))
    return UserError("rights.malformed", setting=setting)


def providers(secrets: Mapping[str, Any]) -> list[str | None]:
    """Return the names of the providers of identities; None is the one without a name."""
    auth = secrets.get("auth", {})
    named = [name for name, section in auth.items() if isinstance(section, Mapping) and name != "client_kwargs"]
    return [*named] if named else [None]


def identify(secrets: Mapping[str, Any], *, claims: Mapping[str, Any], is_local: bool, now: float) -> Person:
    """Return who somebody is to these rules.

    Parameters
    ----------
    secrets
        All of ``secrets.toml``.
    claims
        What the provider says of them, with Streamlit's ``is_logged_in``; empty without a login.
    is_local
        Whether they sit at the machine that serves.
    now
        Seconds since 1970.

    Raises
    ------
    UserError
        As ``read_rules``.
    """
    rules = read_rules(secrets)
    closed = frozenset(rules.closed_to_readers)
    if "auth" not in secrets:
        if is_local:
            return OWNER
        return Person("unknown", door="open", is_staff=rules.anyone_may_write, closed=closed, is_exposed=True)
    if claims.get("is_logged_in") is not True or not _is_recent(claims, rules, now=now):
        return Person("unknown", door="login")
    address = _verified_address(claims, rules)
    # Whoever claims an address that nobody vouches for must not stand in the log under it.
    who = address or f"unverified:{claims.get('email') or claims.get('sub') or ''}"
    if address in rules.staff:
        return Person(who, door="open", is_staff=True)
    is_reader = ANYONE in rules.readers or (address is not None and _is_listed(address, rules.readers))
    return Person(who, door="open" if is_reader else "closed", closed=closed)


def _is_listed(address: str, listed: list[str]) -> bool:
    return address in listed or f"@{address.rpartition('@')[2]}" in listed


def _is_recent(claims: Mapping[str, Any], rules: Rules, *, now: float) -> bool:
    """A login ends: who left the house is out the next day, whatever the cookie says."""
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        return False
    return now < issued + 3600 * rules.login_hours


def _verified_address(claims: Mapping[str, Any], rules: Rules) -> str | None:
    """Return the address that the provider vouches for; None where it does not."""
    email = claims.get("email")
    verified = claims.get("email_verified", rules.email_always_verified)
    # Some providers write the truth as a word.
    is_verified = verified is True or (isinstance(verified, str) and verified.lower() == "true")
    if not is_verified or not isinstance(email, str):
        return None
    try:
        return _address(email.strip())
    except ValueError:
        return None


def _check_login(auth: object) -> None:
    """Refuse a login that could not work, or whose cookies could be forged."""
    if not isinstance(auth, Mapping):
        raise UserError("rights.malformed", setting="auth")
    for name in _SHARED:
        _check_text(auth, name, "auth")
    if len(auth["cookie_secret"]) < SHORTEST_SECRET:
        raise UserError("rights.short_secret", setting="auth.cookie_secret", least=SHORTEST_SECRET)
    for provider in providers({"auth": auth}):
        section, where = (auth, "auth") if provider is None else (auth[provider], f"auth.{provider}")
        for name in _OF_PROVIDER:
            _check_text(section, name, where)


def _check_text(section: Mapping[str, Any], name: str, where: str) -> None:
    if not isinstance(section.get(name), str) or not section[name].strip():
        raise UserError("rights.malformed", setting=f"{where}.{name}")
