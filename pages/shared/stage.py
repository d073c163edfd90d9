"""The stage: which scene is shown, its words and picture, its keys, and the clock that moves it on."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import cast, get_args

import streamlit as st

from analytics.errors import UserError
from analytics.export import provenance, story
from analytics.export.content import Figure, Section, SectionKey
from analytics.export.drawings import draw
from analytics.export.qr import qr_code
from analytics.export.scope import selected_names
from analytics.export.story import Story
from analytics.figures.palette import DARK, LIGHT
from analytics.settings import Scene, public_url
from pages.shared import address, damage
from pages.shared.loaders import Reader

# The unit of the stage's style sheet is a hundredth of its width; there, an inch is 96 of 1,920 points.
PICTURE_IN = (8.2, 7.8)
PICTURE_PT = 17.0
# Widths in units: of the column of words, and of one character of the largest figure beside its height.
_WORDS, _CHARACTER, _LARGEST = 45.0, 0.62, 19.0
# Messages longer than these are set smaller.
_LONG, _VERY_LONG = 62, 96
_PLAYING = "1"
PALETTES = {"light": LIGHT, "dark": DARK}
_DUE = "stage_due"


@dataclass(frozen=True)
class Show:
    """The scenes that the files allow, in the order of the settings, which of them is shown, and how."""

    keys: tuple[SectionKey, ...]
    rank: int
    is_playing: bool
    theme: str

    def key(self, step: int = 0) -> SectionKey:
        """Return the scene so many further, round and round."""
        return self.keys[(self.rank + step) % len(self.keys)]


def open_show(reader: Reader) -> Show:
    """Return the show at the scene of the address, at the first where it names none that there is.

    Raises
    ------
    UserError
        When the files allow none of the scenes of the settings.
    """
    keys = story.tellable(reader, reader.settings.event.scenes)
    if not keys:
        raise UserError("event.no_scene")
    wanted = address.place("scene")
    # A scene that is not of the show may be asked for by its address: it stands at the end.
    keys += story.tellable(reader, tuple(key for key in get_args(Scene) if key == wanted and key not in keys))
    rank = next((rank for rank, key in enumerate(keys) if key == wanted), 0)
    return Show(keys, rank, address.place("play") == _PLAYING, _theme())


def scene(reader: Reader, show: Show) -> None:
    """Draw the scene: head, message, largest figure, picture, foot; or why the data cannot tell it."""
    told = _told(reader, show.key())
    if told.sections:
        body, sources = _scene(reader, show, told.sections[0]), told.sections[0].sources
    else:
        body, sources = f'<div class="scene wide"><h1 class="long">{escape(told.left_out[0][1])}</h1></div>', ""
    place = escape(_place(reader, show))
    st.html(
        f'<section class="stage {show.theme}" aria-live="polite" aria-label="{place}">'
        f"{_head(reader, show)}{body}{_foot(reader, sources)}</section>"
    )


def _scene(reader: Reader, show: Show, section: Section) -> str:
    picture = _picture(reader, section, theme=show.theme)
    if not picture or not section.figures:
        return f'<div class="scene wide">{_message(section)}{_several(section)}{_qr(reader, section)}</div>'
    return f'<div class="scene"><div class="words">{_message(section)}{_largest(section)}</div>{picture}</div>'


def controls(reader: Reader, show: Show) -> None:
    """Offer what the keys do as buttons, which show when a pointer moves near or a key focuses them."""
    t = reader.t
    with st.container(key="stage-controls", horizontal=True):
        _move(t("event.previous"), show.key(-1), "PageUp")
        st.button(
            t("event.pause" if show.is_playing else "event.play"),
            key="stage-pause",
            shortcut="Space",
            on_click=partial(address.go, play="" if show.is_playing else _PLAYING),
        )
        _move(t("event.next"), show.key(1), "PageDown")
        st.button(t("event.leave"), key="stage-leave", shortcut="Esc")
    # The same again for other keys: a button has one.
    with st.container(key="stage-keys"):
        for shortcut in ("Left", "Up"):
            _move(t("event.previous"), show.key(-1), shortcut)
        for shortcut in ("Right", "Down"):
            _move(t("event.next"), show.key(1), shortcut)
        _move(t("event.first"), show.keys[0], "Home")
        _move(t("event.last"), show.keys[-1], "End")
        other = "light" if show.theme == "dark" else "dark"
        st.button(t("event.theme"), key="stage-theme", shortcut="T", on_click=partial(address.go, theme=other))


def leave_if_asked() -> None:
    """Go back to the documents when the speaker leaves, before a scene is drawn."""
    if st.session_state.get("stage-leave"):
        st.switch_page("../documents.py")


def clock(reader: Reader, show: Show) -> None:
    """Move on by itself, while the show plays, when the scene has stayed its time."""
    if not show.is_playing:
        return
    seconds = reader.settings.event.seconds_per_scene
    st.session_state[_DUE] = time.monotonic() + seconds

    @st.fragment(run_every=seconds)
    def tick() -> None:
        # It runs at once too, with the scene.
        if time.monotonic() >= st.session_state[_DUE] - 1:
            address.go(scene=show.key(1))
            st.rerun()

    tick()


def prepare_others(reader: Reader, show: Show) -> None:
    """Draw the other scenes' pictures while this one is looked at, the next first; a key breaks in between two."""
    pause = st.empty()
    for step in range(1, len(show.keys)):
        for section in _told(reader, show.key(step)).sections:
            _picture(reader, section, theme=show.theme)
        pause.empty()


def _told(reader: Reader, key: SectionKey) -> Story:
    """Return what a scene says; told once a view, whichever scene is shown."""
    return cast("Story", reader.kept(f"told-{key}", partial(story.tell, reader, (key,))))


def _theme() -> str:
    """Return the theme that the address asks for, else that of the reader's other pages."""
    asked = address.place("theme") or st.context.theme.type or ""
    return asked if asked in PALETTES else "light"


def _move(label: str, key: str, shortcut: str) -> None:
    st.button(label, key=f"stage-{shortcut}", shortcut=shortcut, on_click=partial(address.go, scene=key))


def _place(reader: Reader, show: Show) -> str:
    return reader.t("event.place", rank=str(show.rank + 1), scenes=str(len(show.keys)))


def _head(reader: Reader, show: Show) -> str:
    name = reader.t("event.head", cluster=reader.settings.cluster.name, region=reader.settings.region.name)
    name = " · ".join([name, *selected_names(reader)])
    return f"<header><span>{escape(name)}</span><span>{escape(_place(reader, show))}</span></header>"


def _message(section: Section) -> str:
    text = section.short or section.title
    look = "very-long" if len(text) > _VERY_LONG else "long" if len(text) > _LONG else ""
    return f'<h1 class="{look}">{escape(text)}</h1>'


def _largest(section: Section) -> str:
    """Return the first figure as large as the column allows, then what it is, then the others."""
    first, *others = section.figures
    room = _WORDS / (_CHARACTER * max(len(re.sub(r"[\u202f,.]", "", first.value)) + 0.4, 1))
    told = f"<p>{_line(others[0]) if others else escape(section.message)}</p>"
    beside = " · ".join(filter(None, (f"<b>{escape(first.label)}</b>", escape(first.beside or first.published))))
    size = f"font-size:calc({min(room, _LARGEST):.2f} * var(--u))"
    return f'<div class="large" style="{size}">{escape(first.value)}</div><p>{beside}</p>{told}'


def _several(section: Section) -> str:
    """Return figures side by side, for a scene without a picture."""
    told = "".join(
        f'<div><div class="large">{escape(figure.value)}</div><p><b>{escape(figure.label)}</b><br>'
        f"{escape(figure.beside)}</p></div>"
        for figure in section.figures[:3]
    )
    return f'<div class="several">{told}</div>'


def _line(figure: Figure) -> str:
    told = f"<b>{escape(figure.value)}</b> {escape(figure.label[:1].lower() + figure.label[1:])}"
    return " · ".join(filter(None, (told, escape(figure.beside or figure.published))))


def _picture(reader: Reader, section: Section, *, theme: str) -> str:
    """Return the scene's picture; empty where it has none."""
    width, height = PICTURE_IN
    look = {"palette": PALETTES[theme], "width_in": width, "height_in": height, "text_pt": PICTURE_PT}
    drawing = reader.kept(f"{section.key}-{theme}", partial(draw, reader, section.key, **look))
    if not isinstance(drawing, str):
        return ""
    return f'<figure><img alt="{escape(section.alt)}" src="{_as_address(drawing)}"></figure>'


def _as_address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _qr(reader: Reader, section: Section) -> str:
    """Return the code of the public address, on the scene of what is next."""
    if section.key != "next" or not public_url(reader.settings):
        return ""
    link = provenance.link(reader)
    told, code = escape(reader.t("event.scan", link=link)), _as_address(qr_code(link))
    words = f"<b>{escape(reader.t('event.scan_words'))}</b><br>{escape(link)}"
    return f'<div class="qr"><img alt="{told}" src="{code}"><p>{words}</p></div>'


def _foot(reader: Reader, sources: str) -> str:
    demo = _marked(reader.t("common.demo_badge") if reader.snapshot.is_demo else "")
    return f"<footer><span>{escape(sources)}</span>{_marked(damage.on_stage(reader.t))}{demo}</footer>"


def _marked(text: str) -> str:
    return f"<b>{escape(text)}</b>" if text else ""
