"""The shell around every page: settings of the page, language, navigation, look; run by Streamlit at each rerun."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from analytics.text import Translator
from pages.shared import access, address, damage, gate, guards, loaders, uploads
from pages.shared.first_build import ensure_snapshot
from pages.shared.rules import Person
from pages.shared.style import style_sheet

PAGES = Path(__file__).parents[1]
LOGO = PAGES / "assets" / "logo.svg"
# One line a page: file, key of its name in the navigation, path in the address.
NAVIGATION = (
    ("overview.py", "common.page_overview", ""),
    ("recruitment.py", "common.page_recruitment", "recruitment"),
    ("towns.py", "common.page_towns", "towns"),
    ("coverage.py", "common.page_coverage", "coverage"),
    ("growth.py", "common.page_growth", "growth"),
    ("event.py", "common.page_event", "event"),
    ("documents.py", "common.page_documents", "documents"),
    ("sources.py", "common.page_sources", "sources"),
)


def main() -> None:
    """Draw the shell and run the page that the address names."""
    settings = loaders.begin_run()
    address.read(_asked_path(), settings)
    t = loaders.texts(address.language())
    st.set_page_config(
        page_title=t("common.site", cluster=settings.cluster.name),
        page_icon=str(PAGES / "assets" / "icon.svg"),
        layout="wide",
        menu_items={"About": t("common.about")},
    )
    st.html(style_sheet(t))
    st.logo(str(LOGO), size="medium")
    who, fault = gate.person()
    uploads.allow(who, access.seen())
    page = _page(who, t)
    # Two tabs, or two entries of a history, are told apart by it.
    st.set_page_config(page_title=f"{page.title} · {t('common.site', cluster=settings.cluster.name)}")
    address.write(settings)
    if who.door != "open":
        gate.stand_at_the_door(who, fault, t, settings)
        return
    with guards.one_sentence(t.language):
        ensure_snapshot(t)
        damage.tell(t, on_sources=page.url_path == "sources")
        gate.tell_exposed(who, t)
        if who.may_open(page.url_path):
            page.run()
        else:
            gate.closed_page(who, t, settings)


def _page(who: Person, t: Translator) -> Page:
    """Return the page that the address names; the navigation shows those that this person may open.

    The others are there, hidden: a link to one of them ends at a sentence, not at an unknown page.
    """
    entries = [
        st.Page(
            PAGES / file,
            title=t(name),
            url_path=path,
            default=not path,
            visibility="visible" if who.may_open(path) else "hidden",
        )
        for file, name, path in NAVIGATION
    ]
    return st.navigation(entries, position="top" if who.door == "open" else "hidden")


def _asked_path() -> str:
    """Return the path of the page, as the browser shows it."""
    return (st.context.url or "").split("?")[0]


main()
