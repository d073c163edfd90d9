"""What a manifest says, as the lists and sentences of the Sources page."""

from __future__ import annotations

from html import escape

import streamlit as st

from analytics.text.findings import published_on, published_value
from pages.shared import provenance
from pages.shared.loaders import Reader

_REASON = {"register": "register.reason.", "members": "members.left_out."}
_OUTCOMES = ("matched", "to_review", "not_found")
_KILOBYTE = 1_000
_DIGEST = 12


def headline(reader: Reader) -> str:
    """Return the title of the page: how much is loaded, and what waits for people."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    firms = t.plural("sources.firms", counts["firms"])
    if not has_roster(reader):
        return t("sources.title_no_roster", firms=firms)
    waiting = counts["members_to_review"]
    members = t.plural("sources.members", counts["members"])
    if not waiting:
        return t("sources.title", firms=firms, members=members)
    return t("sources.title_review", firms=firms, members=members, waiting=t.plural("sources.waiting", waiting))


def has_roster(reader: Reader) -> bool:
    """Return whether a roster was given."""
    return provenance.source(reader, "members") is not None


def files_title(reader: Reader) -> str:
    """Say how many files were read, and when."""
    count = len(reader.snapshot.manifest["sources"])
    return reader.t.plural("sources.files_title", count, day=reader.t.moment(reader.snapshot.built_at))


def show_files(reader: Reader) -> None:
    """List the files that were read: content, name, size, day, and the hash, whole in its tooltip."""
    t = reader.t
    lines = []
    for given in reader.snapshot.manifest["sources"]:
        size = t("sources.kilobytes", size=t.number(given["bytes"] / _KILOBYTE))
        about = f"{given['file']} · {size} · {t.day(provenance.moment(given['modified']))}"
        digest = given["sha256"]
        lines.append(
            f"<div><span>{escape(t('sources.role_' + given['role']))}</span><span>{escape(about)}</span>"
            f'<small>SHA-256 <span title="{escape(digest)}">{escape(digest[:_DIGEST])}…</span></small></div>'
        )
    st.html(f'<div class="rows">{"".join(lines)}</div>')


def rows_title(reader: Reader, role: str) -> str:
    """Say how many rows were kept of how many read."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    read, kept = counts[f"{role}_rows_read"], counts[f"{role}_rows_kept"]
    return t(f"sources.rows_title_{role}", read=t.number(read), kept=t.number(kept))


def rows(reader: Reader, role: str) -> list[tuple[str, str]]:
    """Return the rows kept, and those left out by reason, most first."""
    t, manifest = reader.t, reader.snapshot.manifest
    left_out = sorted(manifest["excluded"].get(role, {}).items(), key=lambda pair: -pair[1])
    kept = (t("sources.rows_kept"), manifest["counts"][f"{role}_rows_kept"])
    named = [kept, *((t(_REASON[role] + reason), count) for reason, count in left_out)]
    return [(name, t.number(count)) for name, count in named]


def quality_title(reader: Reader) -> str:
    """Say for how many firms the size is known."""
    known = reader.snapshot.manifest["quality"]["size_known_pct"]
    if known is None:
        return reader.t("sources.quality_none")
    return reader.t("sources.quality_title", share=reader.t.percent(known))


def quality(reader: Reader) -> list[tuple[str, str]]:
    """Return the share of firms that has each fact."""
    t = reader.t
    facts = reader.snapshot.manifest["quality"].items()
    return [(t(f"sources.fact_{name}"), "–" if value is None else t.percent(value)) for name, value in facts]


def matches_title(reader: Reader) -> str:
    """Say how many members were found in the register."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    return t.plural("sources.matches_title", counts["members_matched"], members=t.number(counts["members"]))


def matches(reader: Reader) -> list[tuple[str, str]]:
    """Return members by outcome of the matching."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    found = [(t(f"matching.{outcome}"), counts[f"members_{outcome}"]) for outcome in _OUTCOMES]
    found.append((t("sources.former"), counts["members_former"]))
    return [(name, t.number(count)) for name, count in found]


def published(reader: Reader) -> list[tuple[str, str]]:
    """Return what others published, in the order of the settings: what, of which scope, by whom and when; how many."""
    t, lines = reader.t, []
    for figure in reader.settings.published:
        scope = f" ({figure.scope.in_language(t.language)})" if figure.scope else ""
        by = t(
            "overview.published_where", source=figure.source.in_language(t.language), day=published_on(figure.date, t)
        )
        lines.append((f"{t(f'sources.quantity_{figure.quantity}')}{scope} · {by}", published_value(figure, t)))
    return lines


def faults(reader: Reader) -> list[str]:
    """Return what was wrong with rows of the roster, a sentence a kind, with row numbers and no name."""
    from analytics.pipeline import faults_of  # noqa: PLC0415 - readers and geometry, which no other page loads

    return [fault.message(reader.t.language) for fault in faults_of(reader.snapshot)]


def faults_title(reader: Reader, found: list[str]) -> str:
    """Say how many kinds of faults the roster has."""
    return reader.t.plural("sources.faults_title", len(found)) if found else reader.t("sources.faults_none")


def show_faults(found: list[str]) -> None:
    """List the faults."""
    items = "".join(f"<div><span>{escape(sentence)}</span></div>" for sentence in found)
    if items:
        st.html(f'<div class="rows">{items}</div>')
