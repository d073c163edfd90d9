"""What readers are told when the published data set is damaged and another is shown."""

from __future__ import annotations

from html import escape

import streamlit as st

from analytics.text import Translator
from analytics.text.damage import notice
from pages.shared import loaders


def tell(t: Translator, *, on_sources: bool) -> None:
    """Say above every page that it shows another data set, and on the page of sources what to do."""
    served = loaders.served()
    if served is None or served.damage is None:
        return
    text = notice(
        "sources" if on_sources else "page",
        t,
        damage=served.damage,
        snapshot=served.snapshot.id,
        built_at=served.snapshot.built_at,
        is_newer=served.is_newer,
    )
    st.html(f'<div class="notice" role="alert">{escape(text)}</div>')


def on_stage(t: Translator) -> str:
    """Return the same in a few words, for the foot of a scene; empty when all is well."""
    served = loaders.served()
    if served is None or served.damage is None:
        return ""
    return t("damage.stage", built_at=t.moment(served.snapshot.built_at))


def damaged_id() -> str | None:
    """Return the id of the published data set where it is damaged and another is shown."""
    served = loaders.served()
    return served.published_id if served and served.damage else None


def shows_published() -> bool:
    """Return whether what is shown is what is published."""
    served = loaders.served()
    return served is not None and served.damage is None
