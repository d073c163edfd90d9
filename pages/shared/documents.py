"""What the page of documents offers; each file is made when it is asked for."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from analytics import disclosure
from analytics.export.outputs import OUTPUTS, make
from analytics.export.scope import scope
from pages.shared import access, address, downloads
from pages.shared.loaders import Reader


def title(reader: Reader) -> str:
    """Return the title of the page."""
    selected = scope(reader)
    return reader.t("documents.title_scope", scope=selected) if selected else reader.t("documents.title")


def files_title(reader: Reader) -> str:
    """Say in how many forms the selection may be taken away."""
    return reader.t("documents.files_title" if reader.person.may("export") else "rights.files_title")


def stage_links(reader: Reader) -> None:
    """Offer the ways to the stage: standing still, or moving on by itself."""
    with st.container(horizontal=True, key="stage-links"):
        for name, play in (("stage_open", ""), ("stage_play", "1")):
            label, look = reader.t(f"documents.{name}"), "primary" if name == "stage_open" else "secondary"
            if st.button(label, type=look, key=f"documents-{name}"):
                st.switch_page("../event.py", query_params=address.parameters(reader.settings, play=play))


def files(reader: Reader) -> None:
    """Offer the documents of the selection, a line each."""
    for kind, output in OUTPUTS.items():
        names = disclosure.names_prospects(kind, is_sheet=False)
        if names and not reader.person.may("export"):
            continue
        made = partial(make, kind, reader)
        with st.container(horizontal=True, vertical_alignment="center", key=f"line-{kind}"):
            name, about = reader.t(f"documents.{kind}"), reader.t(f"documents.{kind}_about")
            st.html(f'<div class="finding"><b>{escape(name)}</b> {escape(about)}</div>')
            st.download_button(
                f"{reader.t('documents.make')} ({output.suffix[1:].upper()})",
                data=access.guarded("export_prospects", made) if names else access.allowed(made),
                file_name=downloads.file_name(reader, kind, suffix=output.suffix),
                mime=output.media_type,
                on_click="ignore",
                key=f"download-{kind}",
            )


def sheet(reader: Reader) -> None:
    """Offer the sheet of one town, of the view's level, or of one antenna."""
    t = reader.t
    if not reader.person.may("export"):
        st.html(f'<div class="source">{escape(t("rights.sheet_of_staff"))}</div>')
        return
    names = reader.table("town_names")
    towns = dict(zip(names["area_code"], names["area_name"], strict=True)) if reader.view.level != "antenna" else {}
    offices = [str(name) for name in reader.snapshot.table("antennas")["name"]]
    none = {"index": None, "placeholder": t("documents.sheet_nothing")}
    town = st.selectbox(t("documents.sheet_town"), list(towns), format_func=towns.__getitem__, key="sheet-town", **none)
    antenna = st.selectbox(
        t("documents.sheet_antenna"), offices, key="sheet-antenna", disabled=town is not None, **none
    )
    chosen = {"town": town} if town else {"antenna": antenna} if antenna else None
    if chosen is None:
        st.html(f'<div class="source">{escape(t("documents.sheet_none"))}</div>')
        return
    st.download_button(
        t("documents.sheet_make"),
        data=access.guarded("export_prospects", partial(make, "report", reader, **chosen)),
        file_name=downloads.file_name(reader, "sheet", suffix=".pdf", about=towns.get(town) if town else antenna),
        mime=OUTPUTS["report"].media_type,
        on_click="ignore",
        key="download-sheet",
    )
