"""What a manifest says, as the tables and sentences of the Sources page."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from pages.shared import provenance
from pages.shared.loaders import Reader

_REASON = {"register": "register.reason.", "members": "members.left_out."}
_OUTCOMES = ("matched", "to_review", "not_found")
_KILOBYTE = 1_000


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


def files(reader: Reader) -> pd.DataFrame:
    """Return the files that were read: role, name, size, day, hash."""
    t = reader.t
    return pd.DataFrame(
        {
            "content": t(f"sources.role_{given['role']}"),
            "file": given["file"],
            "kilobytes": round(given["bytes"] / _KILOBYTE),
            "day": t.day(provenance.moment(given["modified"])),
            "sha256": given["sha256"],
        }
        for given in reader.snapshot.manifest["sources"]
    )


def rows_title(reader: Reader, role: str) -> str:
    """Say how many rows were kept of how many read."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    read, kept = counts[f"{role}_rows_read"], counts[f"{role}_rows_kept"]
    return t(f"sources.rows_title_{role}", read=t.number(read), kept=t.number(kept))


def rows(reader: Reader, role: str) -> pd.DataFrame:
    """Return the rows kept, and those left out by reason, most first."""
    t, manifest = reader.t, reader.snapshot.manifest
    left_out = sorted(manifest["excluded"].get(role, {}).items(), key=lambda pair: -pair[1])
    kept = (t("sources.rows_kept"), manifest["counts"][f"{role}_rows_kept"])
    return pd.DataFrame(
        [kept, *((t(_REASON[role] + reason), count) for reason, count in left_out)], columns=["reason", "rows"]
    )


def quality_title(reader: Reader) -> str:
    """Say for how many firms the size is known."""
    known = reader.snapshot.manifest["quality"]["size_known_pct"]
    if known is None:
        return reader.t("sources.quality_none")
    return reader.t("sources.quality_title", share=reader.t.percent(known))


def quality(reader: Reader) -> pd.DataFrame:
    """Return the share of firms that has each fact."""
    facts = reader.snapshot.manifest["quality"].items()
    return pd.DataFrame(
        [(reader.t(f"sources.fact_{name}"), value) for name, value in facts], columns=["fact", "firms_pct"]
    ).astype({"firms_pct": "float64"})


def matches_title(reader: Reader) -> str:
    """Say how many members were found in the register."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    return t.plural("sources.matches_title", counts["members_matched"], members=t.number(counts["members"]))


def matches(reader: Reader) -> pd.DataFrame:
    """Return members by outcome of the matching."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    rows = [(t(f"matching.{outcome}"), counts[f"members_{outcome}"]) for outcome in _OUTCOMES]
    rows.append((t("sources.former"), counts["members_former"]))
    return pd.DataFrame(rows, columns=["outcome", "members"])


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
