"""What a manifest says, as the lists and sentences of the Sources page."""

from __future__ import annotations

from html import escape

from analytics.export import provenance
from analytics.pipeline.manifest import faults_of
from analytics.text.findings import published_in, published_value
from analytics.text.left_out import left_out_reason
from analytics.text.roster_findings import faults_sentence, outcome_counts, outcomes_sentence
from pages.shared import blocks
from pages.shared.loaders import Reader

_DIGEST = 12


def headline(reader: Reader) -> str:
    """Return the title of the page: how much is loaded, and what matching the members came to."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    if not has_roster(reader):
        return t.plural("sources.title_no_roster", counts["firms"])
    firms, members = t.plural("common.firms", counts["firms"]), t.plural("sources.members", counts["members"])
    if not counts["members"]:
        return t("sources.title_no_member", firms=firms, members=members)
    return t("sources.title", firms=firms, members=members, outcomes=outcomes_sentence(counts, t))


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
        about = f"{given['file']} · {t.size(given['bytes'])} · {t.day(provenance.moment(given['modified']))}"
        digest = given["sha256"]
        lines.append(
            f"<span>{escape(t('sources.role_' + given['role']))}</span>"
            f'<span class="about">{escape(about)}</span>'
            f'<small>SHA-256 <span title="{escape(digest)}">{escape(digest[:_DIGEST])}…</span></small>'
        )
    blocks.listed(lines)


def rows_title(reader: Reader, role: str) -> str:
    """Say how many rows were kept of how many read."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    read, kept = counts[f"{role}_rows_read"], counts[f"{role}_rows_kept"]
    of = t.plural("sources.rows_read", read) if role == "register" else t.number(read)
    return t.plural(f"sources.rows_title_{role}", kept, read=of)


def rows(reader: Reader, role: str) -> list[tuple[str, str]]:
    """Return the rows kept, and those left out by reason, most first."""
    t, manifest = reader.t, reader.snapshot.manifest
    left_out = sorted(manifest["excluded"].get(role, {}).items(), key=lambda pair: -pair[1])
    kept = (t("sources.rows_kept"), manifest["counts"][f"{role}_rows_kept"])
    named = [kept, *((left_out_reason(role, reason, t), count) for reason, count in left_out)]
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
    """Say how many members were matched to a firm of the register."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    return t.plural("sources.matches_title", counts["members_matched"], members=t.number(counts["members"]))


def matches(reader: Reader) -> list[tuple[str, str]]:
    """Return members by outcome of the matching; of those matched how many are firms of the sector, as elsewhere."""
    t, counts = reader.t, reader.snapshot.manifest["counts"]
    found = [(t(f"matching.{outcome}"), count) for outcome, count in outcome_counts(counts).items()]
    if (in_sector := counts.get("members_in_sector")) is not None:  # a manifest from before it was counted has none
        found.insert(1, (t("matching.in_sector"), in_sector))
    found.append((t("sources.former"), counts["members_former"]))
    return [(name, t.number(count)) for name, count in found]


def published_figures(reader: Reader) -> list[tuple[str, str]]:
    """Return what others published, in the order of the settings: what, of which scope, by whom and when; how many."""
    t, lines = reader.t, []
    for figure in reader.settings.published:
        scope = f" ({figure.scope.in_language(t.language)})" if figure.scope else ""
        by = published_in(figure, t)
        lines.append((f"{t(f'sources.quantity_{figure.quantity}')}{scope} · {by}", published_value(figure, t)))
    return lines


def faults(reader: Reader) -> list[str]:
    """Return what was wrong with rows of the roster, a sentence a kind, with row numbers and no name."""
    return [fault.message(reader.t.language) for fault in faults_of(reader.snapshot)]


def faults_title(reader: Reader) -> str:
    """Say how many rows of the roster are to mend."""
    return faults_sentence(reader.snapshot.manifest, reader.t)


def show_faults(found: list[str]) -> None:
    """List the faults."""
    blocks.listed(f"<span>{escape(sentence)}</span>" for sentence in found)
