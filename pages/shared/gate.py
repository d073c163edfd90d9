"""Who comes in: the login page, the page that says it is not for them, and what stands on every page about it."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from analytics import audit
from analytics.errors import UserError
from analytics.settings import Settings, store_dir
from analytics.text import Translator
from pages.shared import access, address, blocks, guards, login, rules
from pages.shared.rules import Person

# A refused person who comes back is recorded once in a while, not at each click.
_REFUSAL_KEPT_S = 3600


def person() -> tuple[Person, UserError | None]:
    """Return who is there; where the rules cannot be read or understood, nobody, and what is wrong with them."""
    try:
        return access.person(), None
    except UserError as error:
        return rules.NOBODY, error


def stand_at_the_door(who: Person, fault: UserError | None, t: Translator, settings: Settings) -> None:
    """Draw what somebody sees who is not in: the way to log in, that this is not for them, or what is wrong."""
    _bar(t, settings)
    if fault is not None:
        blocks.title(t("rights.closed_title"))
        st.error(guards.plain(fault.message(t.language)))
    elif who.door == "login":
        _login(t, settings)
    else:
        _not_for(who, t)


def closed_page(who: Person, t: Translator, settings: Settings) -> None:
    """Say that a page is the staff's; where nobody logs in there is no list to be put on."""
    _bar(t, settings)
    blocks.title(t("rights.staff_page_title"))
    sentence = t("rights.staff_page_exposed" if who.is_exposed else "rights.staff_page")
    st.html(f'<div class="finding">{escape(sentence)}</div>')


def tell_exposed(who: Person, t: Translator) -> None:
    """Say on every page that nobody logs in although other machines reach this server."""
    if who.is_exposed:
        st.warning(guards.plain(t("rights.exposed_open" if who.is_staff else "rights.exposed")))


def language_and_account(t: Translator, settings: Settings) -> None:
    """Draw the link to the page in the other language and, for whoever logged in, their account."""
    with st.container(horizontal=True, width="content", vertical_alignment="center", key="language"):
        _language_link(t, settings)
        _account(t)


def _account(t: Translator) -> None:
    """Offer the way out to whoever logged in, beside their address; nothing where nobody does."""
    if not st.user.get("is_logged_in", False):
        return
    with st.popover(t("rights.account"), type="tertiary", key="account"):
        st.html(f'<div class="finding">{escape(str(st.user.get("email", "")))}</div>')
        st.button(t("rights.logout"), key="logout", on_click=st.logout)


def _language_link(t: Translator, settings: Settings) -> None:
    """Draw the link to the page in the other language.

    A link and not a button: the document that it opens says its language, by which screen readers choose their voice,
    and no script may change that of a document that is open.
    """
    other, name = t("common.other_language"), t("common.other_language_name")
    href = escape(f"?{address.query(settings, other)}")
    link = f'<a lang="{other}" hreflang="{other}" href="{href}" target="_self">{escape(name)}</a>'
    st.html(link, width="content")


def _bar(t: Translator, settings: Settings) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", key="bar"):
        language_and_account(t, settings)


def _login(t: Translator, settings: Settings) -> None:
    blocks.title(t("rights.login_title", cluster=settings.cluster.name))
    asked: list[str | None] = []
    with blocks.block("login", t("rights.login_heading")):
        st.html(f'<div class="finding">{escape(t("rights.login_about"))}</div>')
        with st.container(horizontal=True, key="login-providers"):
            for provider in rules.providers(access.secrets()):
                label = t("rights.login") if provider is None else t("rights.login_with", provider=provider.title())
                key = f"login-{provider or 'default'}"
                if st.button(guards.plain(label), type="primary", key=key):
                    asked.append(provider)
        with guards.one_sentence(t.language):
            for provider in asked:
                login.start(provider)


def _not_for(who: Person, t: Translator) -> None:
    claimed = str(st.user.get("email") or st.user.get("sub") or "")
    blocks.title(t("rights.not_for_you_title"))
    with blocks.block("refused", t("rights.not_for_you_heading")):
        st.html(f'<div class="finding">{escape(t("rights.not_for_you", who=claimed))}</div>')
        # The account of the bar has a way out of its own.
        st.button(t("rights.logout_other"), type="primary", key="logout-refused", on_click=st.logout)
    with guards.one_sentence(t.language):
        _record_refusal(str(store_dir()), who.who)


@st.cache_data(ttl=_REFUSAL_KEPT_S, max_entries=1000, show_spinner=False)
def _record_refusal(root: str, who: str) -> None:
    audit.record(Path(root), who=who, what="login", outcome="refused", reason="rights.not_for_you")
