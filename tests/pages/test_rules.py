"""Who somebody is to the rules: nothing is open by mistake."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.errors import UserError
from pages.shared import rules
from pages.shared.rules import Person

NOW = 1_800_000_000.0
AUTH = {
    "redirect_uri": "https://dashboard.cluster.example/oauth2callback",
    "cookie_secret": "c" * 32,
    "client_id": "dashboard",
    "client_secret": "secret",
    "server_metadata_url": "https://login.example/.well-known/openid-configuration",
}
LISTED = {"staff": ["staff@cluster.example"], "readers": ["reader@cluster.example", "@partner.example"]}


def _who(access: dict[str, Any] | None = None, *, auth: Any = AUTH, **claims: Any) -> Person:
    secrets = {"auth": auth, "access": LISTED if access is None else access}
    said = {"is_logged_in": True, "iat": NOW - 60, "email_verified": True, **claims}
    return rules.identify(secrets, claims=said, is_local=True, now=NOW)


def _rank(who: Person) -> str:
    return "staff" if who.may("publish") else "reader" if who.may_open("towns") else who.door


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("staff@cluster.example", "staff"),
        ("Staff@Cluster.EXAMPLE", "staff"),
        ("reader@cluster.example", "reader"),
        ("anyone@partner.example", "reader"),
        ("other@cluster.example", "closed"),
        ("anyone@sub.partner.example", "closed"),
        ("anyone@notpartner.example", "closed"),
        ("staff@cluster.example@partner.example", "closed"),
        # These fold to the letters of an address of ours, and are those of another.
        ("\u017ftaff@cluster.example", "closed"),
        ("staff@cluster.example\n", "staff"),
        ("", "closed"),
        (None, "closed"),
        (["staff@cluster.example"], "closed"),
    ],
)
def test_an_address_is_compared_as_a_whole_whatever_its_capitals(email: Any, expected: str) -> None:
    assert _rank(_who(email=email)) == expected


@pytest.mark.parametrize(
    ("verified", "expected"),
    [(True, "staff"), ("true", "staff"), (False, "closed"), ("false", "closed"), (None, "closed"), (1, "closed")],
)
def test_an_address_counts_when_the_provider_vouches_for_it(verified: Any, expected: str) -> None:
    assert _rank(_who(email="staff@cluster.example", email_verified=verified)) == expected


def test_a_provider_that_says_nothing_is_believed_only_where_the_rules_say_so() -> None:
    claims = {"is_logged_in": True, "iat": NOW, "email": "staff@cluster.example"}
    for believed, expected in ((False, "closed"), (True, "staff")):
        secrets = {"auth": AUTH, "access": LISTED | {"email_always_verified": believed}}
        who = rules.identify(secrets, claims=claims, is_local=False, now=NOW)
        assert _rank(who) == expected
    denied = _who(LISTED | {"email_always_verified": True}, email="staff@cluster.example", email_verified=False)
    assert _rank(denied) == "closed"
    assert denied.who == "unverified:staff@cluster.example"


def test_without_a_rule_on_readers_staff_alone_come_in() -> None:
    assert _rank(_who({}, email="anyone@cluster.example")) == "closed"
    staff = {"staff": ["staff@cluster.example"]}
    assert _rank(_who(staff, email="anyone@cluster.example")) == "closed"
    assert _rank(_who(staff, email="staff@cluster.example")) == "staff"
    assert _rank(_who({"readers": ["*"]}, email="anyone@elsewhere.example", email_verified=False)) == "reader"


def test_readers_do_nothing_and_do_not_open_what_is_closed() -> None:
    reader = _who(email="reader@cluster.example")
    assert not any(reader.may(right) for right in ("upload", "publish", "roll_back", "review", "export"))
    assert [page for page in ("", "recruitment", "towns", "sources", "documents") if reader.may_open(page)] == [
        "",
        "towns",
        "documents",
    ]
    assert not reader.sees_prospects
    assert not reader.sees_members
    told = _who(LISTED | {"closed_to_readers": ["growth"]}, email="reader@cluster.example")
    assert told.sees_prospects
    assert told.sees_members
    assert not told.may_open("growth")
    assert not told.may("export")


@pytest.mark.parametrize(
    ("claims", "door"),
    [
        ({}, "open"),
        ({"is_logged_in": False}, "login"),
        ({"is_logged_in": "true"}, "login"),
        ({"iat": NOW - 12 * 3600}, "login"),
        ({"iat": NOW - 12 * 3600 + 1}, "open"),
        ({"iat": None}, "login"),
        ({"iat": True}, "login"),
        ({"iat": "1800000000"}, "login"),
    ],
)
def test_a_login_is_one_and_ends(claims: dict[str, Any], door: str) -> None:
    assert _who(**({"email": "staff@cluster.example"} | claims)).door == door


def test_without_a_login_whoever_sits_at_the_machine_does_everything() -> None:
    assert rules.identify({}, claims={}, is_local=True, now=NOW) == rules.OWNER
    assert rules.OWNER.may("publish")
    assert rules.OWNER.sees_members


def test_other_machines_read_without_names_and_change_nothing() -> None:
    who = rules.identify({}, claims={}, is_local=False, now=NOW)
    assert who.is_exposed
    assert who.may_open("towns")
    assert not who.may_open("recruitment")
    assert not who.may("publish")
    allowed = rules.identify({"access": {"anyone_may_write": True}}, claims={}, is_local=False, now=NOW)
    assert allowed.is_exposed
    assert allowed.may("publish")


@pytest.mark.parametrize(
    ("access", "setting"),
    [
        ("staff", "access"),
        ({"staf": ["a@b.example"]}, "access.staf"),
        ({"staff": "a@b.example"}, "access.staff"),
        ({"staff": ["*"]}, "access.staff"),
        ({"staff": ["@b.example"]}, "access.staff"),
        ({"staff": [""]}, "access.staff"),
        ({"staff": [1]}, "access.staff"),
        ({"readers": ["b.example"]}, "access.readers"),
        ({"readers": ["@"]}, "access.readers"),
        ({"closed_to_readers": ["recrutement"]}, "access.closed_to_readers"),
        ({"closed_to_readers": "sources"}, "access.closed_to_readers"),
        ({"login_hours": 0}, "access.login_hours"),
        ({"login_hours": "12"}, "access.login_hours"),
        ({"email_always_verified": "yes"}, "access.email_always_verified"),
    ],
)
def test_a_rule_that_is_not_understood_lets_nobody_in(access: Any, setting: str) -> None:
    with pytest.raises(UserError) as refused:
        _who(access, email="staff@cluster.example")
    assert refused.value.key in {"rights.malformed", "rights.unknown_key", "rights.unknown_page"}
    assert refused.value.params["setting"] == setting
    assert setting in refused.value.message("fr")


@pytest.mark.parametrize(
    ("access", "told"),
    [({"staf": ["a@b.example"]}, "staff, readers"), ({"closed_to_readers": ["recrutement"]}, "recruitment, towns")],
)
def test_what_may_stand_there_is_told(access: Any, told: str) -> None:
    with pytest.raises(UserError) as refused:
        _who(access, email="staff@cluster.example")
    assert told in refused.value.message("fr")


@pytest.mark.parametrize("name", AUTH)
def test_a_login_that_lacks_something_lets_nobody_in(name: str) -> None:
    for broken in ({k: v for k, v in AUTH.items() if k != name}, AUTH | {name: " "}, AUTH | {name: 3}):
        with pytest.raises(UserError) as refused:
            _who(auth=broken, email="staff@cluster.example")
        assert refused.value.params["setting"] == f"auth.{name}"
    with pytest.raises(UserError) as refused:
        _who(auth="yes")
    assert refused.value.params["setting"] == "auth"


def test_a_secret_that_can_be_guessed_lets_nobody_in() -> None:
    with pytest.raises(UserError) as refused:
        _who(auth=AUTH | {"cookie_secret": "c" * 31}, email="staff@cluster.example")
    assert refused.value.key == "rights.short_secret"


def test_several_providers_are_each_checked_and_offered() -> None:
    shared = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
    own = {name: value for name, value in AUTH.items() if name not in shared}
    auth = shared | {"google": own, "microsoft": own}
    assert _rank(_who(auth=auth, email="staff@cluster.example")) == "staff"
    assert rules.providers({"auth": auth}) == ["google", "microsoft"]
    assert rules.providers({"auth": AUTH | {"client_kwargs": {"prompt": "login"}}}) == [None]
    with pytest.raises(UserError) as refused:
        _who(auth=auth | {"microsoft": {"client_id": "x"}})
    assert refused.value.params["setting"] == "auth.microsoft.client_secret"


@pytest.mark.parametrize("name", ["staff", "readers", "closed_to_readers", "login_hours", "email_always_verified"])
def test_rules_on_people_without_a_login_let_nobody_in(name: str) -> None:
    given = {"staff": [], "readers": [], "closed_to_readers": [], "login_hours": 1, "email_always_verified": False}
    with pytest.raises(UserError) as refused:
        rules.identify({"access": {name: given[name]}}, claims={}, is_local=True, now=NOW)
    assert refused.value.key == "rights.without_login"
    with pytest.raises(UserError) as refused:
        _who(LISTED | {"anyone_may_write": True})
    assert refused.value.key == "rights.only_without_login"
