"""The line above the title: what is selected, how fresh the data are, whether they are real, which language."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from analytics.export import provenance
from analytics.export.scope import department_names, size_name
from analytics.sizes import SIZE_CLASSES
from analytics.text import Translator
from analytics.view import TOWN_LEVELS, View
from pages.shared import access, address, gate, guards, loaders
from pages.shared.loaders import Reader

_ALL = ("department", "segment", "size", "perimeter")
_DISTANCES_KM = (5.0, 10.0, 20.0, 30.0, 50.0)


def bar(*, filters: tuple[str, ...] = _ALL) -> Reader:
    """Draw the line and return what the page answers with; to be called first on every page that has one."""
    reader = reader_of_address()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="bar"):
        if filters:
            with st.container(horizontal=True, width="content", gap=None, key="filters-row"):
                for name in filters:
                    with st.popover(_summary(reader, name), type="tertiary", key=f"popover-{name}"):
                        _CHOICES[name](reader, "")
            with st.container(horizontal=True, width="content", key="filters-phone"):
                label = reader.t("common.filters", summary=_phone_summary(reader, filters))
                with st.popover(label, type="tertiary", key="popover-phone"):
                    for name in filters:
                        _CHOICES[name](reader, "-phone")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small", key="states"):
            st.html(_states(reader), width="content")
            gate.language_and_account(reader.t, reader.settings)
    tell_fault(reader)
    return reader


def reader_of_address() -> Reader:
    """Return what a page answers with: the snapshot that is served, and what the address selects."""
    snapshot = loaders.served_snapshot()
    if snapshot is None:
        st.stop()
    settings = loaders.settings_of(snapshot)
    return Reader(snapshot, settings, address.view(settings), loaders.texts(address.language()), access.person())


def tell_fault(reader: Reader) -> None:
    """Say what was wrong with the link that was opened, if anything."""
    fault = address.fault()
    if fault is not None:
        with guards.one_sentence(reader.t.language):
            raise fault


def _departments(reader: Reader, suffix: str) -> None:
    names = department_names(reader)
    _several(reader, "department", "departments", names.__getitem__, list(names), suffix)


def _segments(reader: Reader, suffix: str) -> None:
    names = reader.settings.segment_names(reader.t.language)
    _several(reader, "segment", "segments", names.__getitem__, list(names), suffix)


def _sizes(reader: Reader, suffix: str) -> None:
    _several(reader, "size", "sizes", lambda key: size_name(reader.t, key), list(SIZE_CLASSES), suffix)
    key = f"employers{suffix}"
    st.session_state[key] = reader.view.employers_only
    st.toggle(reader.t("common.employers_only"), key=key, on_change=_set_employers, args=(reader, key))


def _perimeters(reader: Reader, suffix: str) -> None:
    perimeters, language, key = reader.settings.perimeters, reader.t.language, f"perimeter{suffix}"
    st.session_state[key] = reader.view.perimeter
    st.radio(
        reader.t("common.filter_perimeter"),
        list(perimeters),
        format_func=lambda name: guards.plain(perimeters[name].name.in_language(language)),
        captions=[guards.plain(perimeter.source.in_language(language)) for perimeter in perimeters.values()],
        key=key,
        on_change=_set_perimeter,
        args=(reader, key),
    )


def _several(
    reader: Reader, name: str, field: str, label: Callable[[str], str], options: list[str], suffix: str
) -> None:
    key = f"{name}{suffix}"
    st.session_state[key] = list(getattr(reader.view, field))
    st.pills(
        reader.t(f"common.filter_{name}"),
        options,
        selection_mode="multi",
        format_func=lambda option: guards.plain(label(option)),
        key=key,
        on_change=_set_several,
        args=(reader, key, field, options),
    )


def _set_several(reader: Reader, key: str, field: str, options: list[str]) -> None:
    chosen = set(st.session_state[key])
    in_order = tuple(option for option in options if option in chosen)
    address.change(reader.settings, **{field: in_order})


def _set_employers(reader: Reader, key: str) -> None:
    address.change(reader.settings, employers_only=bool(st.session_state[key]))


def _set_perimeter(reader: Reader, key: str) -> None:
    address.change(reader.settings, perimeter=st.session_state[key])


def _levels(reader: Reader, suffix: str) -> None:
    key = f"level{suffix}"
    st.session_state[key] = reader.view.level
    st.radio(
        reader.t("common.filter_level"),
        TOWN_LEVELS,
        format_func=lambda level: reader.t(f"common.level_{level}"),
        key=key,
        on_change=_set_level,
        args=(reader, key),
    )


def _antennas(reader: Reader, suffix: str) -> None:
    t, names, key = reader.t, [antenna.name for antenna in reader.settings.antennas], f"antenna{suffix}"
    st.session_state[key] = reader.view.antenna
    st.pills(
        t("common.filter_antenna"),
        names,
        format_func=guards.plain,
        key=key,
        on_change=_set_antenna,
        args=(reader, key),
    )
    within = f"within{suffix}"
    st.session_state[within] = reader.view.within_km if reader.view.within_km in _DISTANCES_KM else None
    st.pills(
        t("common.filter_within"),
        _DISTANCES_KM,
        format_func=lambda km: t("common.km", km=t.number(km)),
        key=within,
        on_change=_set_within,
        args=(reader, within),
    )


def _set_level(reader: Reader, key: str) -> None:
    # A place of one level is none of another.
    address.change(reader.settings, level=st.session_state[key], town=None, town_only=False)


def _set_antenna(reader: Reader, key: str) -> None:
    address.change(reader.settings, antenna=st.session_state[key])


def _set_within(reader: Reader, key: str) -> None:
    address.change(reader.settings, within_km=st.session_state[key])


_CHOICES: dict[str, Callable[[Reader, str], None]] = {
    "level": _levels,
    "department": _departments,
    "segment": _segments,
    "size": _sizes,
    "antenna": _antennas,
    "perimeter": _perimeters,
}


def _summary(reader: Reader, name: str) -> str:
    return reader.t(f"common.summary_{name}", value=guards.plain(_value(reader, name)))


def _value(reader: Reader, name: str) -> str:
    t, view, settings = reader.t, reader.view, reader.settings
    if name == "department":
        names = [department_names(reader)[code] for code in view.departments]
        return _one_or_count(names, t, name, nothing=settings.region.name)
    if name == "segment":
        return _one_or_count([settings.segment_names(t.language)[key] for key in view.segments], t, name)
    if name == "perimeter":
        return settings.perimeters[view.perimeter].name.in_language(t.language)
    if name == "level":
        return t(f"common.level_{view.level}")
    if name == "antenna":
        return _antenna_value(view, t)
    sizes = [size_name(t, key) for key in view.sizes]
    return _one_or_count(sizes, t, name, nothing=t("common.employers_short") if view.employers_only else None)


def _antenna_value(view: View, t: Translator) -> str:
    km = view.within_km
    near = None if km is None else t("common.within", km=t.tenths(km))
    return ", ".join(part for part in (view.antenna, near) if part) or t("common.all")


def _one_or_count(names: list[str], t: Translator, name: str, *, nothing: str | None = None) -> str:
    if not names:
        return nothing or t("common.all")
    return names[0] if len(names) == 1 else t.plural(f"common.several_{name}", len(names))


def _phone_summary(reader: Reader, filters: tuple[str, ...]) -> str:
    chosen = [name for name in filters if _is_narrowed(reader, name)]
    return reader.t.plural("common.filters_active", len(chosen)) if chosen else reader.t("common.filters_none")


def _is_narrowed(reader: Reader, name: str) -> bool:
    view, default = reader.view, View.default(reader.settings)
    if name == "perimeter":
        return view.perimeter != default.perimeter
    if name == "size":
        return bool(view.sizes) or view.employers_only
    if name == "level":
        return view.level != default.level
    if name == "antenna":
        return view.antenna is not None or view.within_km is not None
    return bool(getattr(view, f"{name}s"))


def _states(reader: Reader) -> str:
    t = reader.t
    dated = [
        t(f"common.state_{role}", day=f"<b>{escape(day)}</b>") for role, day in provenance.source_days(reader).items()
    ]
    badge = f'<span class="badge">{escape(t("common.demo_badge"))}</span>' if reader.snapshot.is_demo else ""
    return f'<div class="states">{" · ".join(dated)}{badge}</div>'
