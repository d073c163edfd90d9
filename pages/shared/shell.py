"""The shell around every page: settings of the page, language, navigation, look; run by Streamlit at each rerun."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.shared import address, guards, loaders
from pages.shared.first_build import ensure_snapshot
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
    ("sources.py", "common.page_sources", "sources"),
)


def main() -> None:
    """Draw the shell and run the page that the address names."""
    settings = loaders.readable_settings()
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
    entries = [st.Page(PAGES / file, title=t(name), url_path=path, default=not path) for file, name, path in NAVIGATION]
    page = st.navigation(entries, position="top")
    address.write(settings)
    with guards.one_sentence(t.language):
        ensure_snapshot(t)
        page.run()


def _asked_path() -> str:
    """Return the path of the page, as the browser shows it."""
    return (st.context.url or "").split("?")[0]


main()
