"""The findings as a deck of slides: native charts, tables and maps, and notes that say how each was made."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pptx.presentation import Presentation as Deck

from analytics.export import provenance, story
from analytics.export.asked import Asked
from analytics.export.content import Figure, Section
from analytics.export.scope import selected_names
from analytics.export.sections.words import has_roster
from analytics.export.slide_box import Box
from analytics.export.slide_maps import Map, draw_map
from analytics.export.slide_page import READING, Page, add_page
from analytics.export.slide_pictures import Picture, picture_of
from analytics.export.slide_places import areas_of_level, office_points
from analytics.export.slide_text import LINE, POINTS, Paragraph, Run, fitting, height_of
from analytics.export.slide_theme import CONTENT, MARGIN, TITLE, TITLE_SIZES, WIDTH, empty_deck
from analytics.text import findings

BODY = Box(MARGIN, 2.5, CONTENT, 4.14)
_GAP = 0.4
_MESSAGE_SIZES = (18.0, 16.0, 15.0, 14.0)
_VALUE, _NEXT_VALUE, _WIDE_VALUE = 54.0, 28.0, 80.0
DEFINITIONS = ("firm", "jobs", "member", "share", "expected", "reach", "growth", "withheld")
OF_MEMBERS = ("member", "share", "expected")


def slides(asked: Asked) -> bytes:
    """Return the deck as a PPTX file: a cover, a slide a section of the story, definitions, sources.

    Raises
    ------
    UserError
        When the view selects no firm.
    """
    told, left_out = story.tell(asked)
    deck = empty_deck(name=asked.settings.cluster.name)
    _set_properties(deck, asked)
    _add_cover(deck, asked)
    for section in told:
        _add_section(deck, asked, section)
    _add_definitions(deck, asked)
    _add_sources(deck, asked, left_out=[reason for _, reason in left_out])
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _set_properties(deck: Deck, asked: Asked) -> None:
    properties = deck.core_properties
    properties.title, properties.subject = _title(asked), asked.t("slides.subject")
    properties.author = properties.last_modified_by = asked.settings.cluster.name
    properties.language = asked.t.language
    properties.keywords, properties.comments = asked.snapshot.id, ""
    properties.created = properties.modified = asked.snapshot.built_at.replace(tzinfo=None)
    properties.revision = 1


def _title(asked: Asked) -> str:
    t = asked.t
    region = findings.of_named(asked.settings.region.name, t)
    return t("slides.title", cluster=asked.settings.cluster.name, region=region)


def _add_cover(deck: Deck, asked: Asked) -> None:
    t = asked.t
    page = add_page(deck, _title(asked), language=t.language, is_cover=True)
    lines = [[Run(words, 18, "secondary")] for words in _days(asked)]
    lines.insert(0, [Run(_selection(asked), 20, "ink", True)])
    if asked.snapshot.is_demo:
        lines.append([Run(t("common.demo_badge"), 18, "notice", True)])
    page.write(page.slide.placeholders[1].text_frame, lines, gap=8)
    areas = areas_of_level(asked, "department")
    if areas.rings:
        fills = dict.fromkeys(areas.rings, "ours")
        drawn = Map(
            t("slides.map_cover"), t("slides.map_cover_alt"), areas, fills, points=office_points(asked), named=False
        )
        draw_map(page, Box(6.6, 1.3, WIDTH - MARGIN - 6.6, 4.9), drawn)
    page.notes([_selection(asked), *_days(asked), *provenance.foot(asked)])


def _selection(asked: Asked) -> str:
    names = selected_names(asked)
    return findings.listed(names, asked.t) if names else asked.t("slides.whole_sector")


def _days(asked: Asked) -> list[str]:
    days = provenance.source_days(asked)
    return [asked.t(f"slides.state_{role}", day=day) for role, day in days.items()]


def _add_section(deck: Deck, asked: Asked, section: Section) -> None:
    page = add_page(deck, section.title, language=asked.t.language)
    _write_message(page, section)
    picture = picture_of(asked, section)
    if picture is None:
        _write_figures_wide(page, BODY, section.figures)
    else:
        _draw_beside(page, section.figures, picture)
    page.foot(_foot(asked, section.sources), notice=_notice(asked), number=len(deck.slides))
    page.notes(
        [
            section.message,
            asked.t("slides.method", method=section.method),
            section.sources,
            *provenance.foot(asked),
        ]
    )


def _write_message(page: Page, section: Section) -> None:
    """Write the message right under the title, however many lines that has."""
    title_size = fitting(section.title, width=TITLE.width, height=TITLE.height, sizes=TITLE_SIZES, face="title")
    under = TITLE.top + height_of([[Run(section.title, title_size)]], TITLE.width, face="title") + 0.1
    box = Box(MARGIN, under, CONTENT, BODY.top - 0.12 - under)
    size = fitting(section.message, width=box.width, height=box.height, sizes=_MESSAGE_SIZES)
    page.text(box, [[Run(section.message, size, "secondary")]], name="Message")


def _draw_beside(page: Page, figures: Sequence[Figure], picture: Picture) -> None:
    aside = Box(BODY.left, BODY.top, picture.aside, BODY.height)
    _write_figures(page, aside, figures)
    left = aside.right + _GAP
    picture.draw(page, Box(left, BODY.top, BODY.right - left, BODY.height))


def _write_figures(page: Page, box: Box, figures: Sequence[Figure]) -> None:
    """Write key figures one under the other, the first the largest; in two columns where they find no room in one."""
    one = _columns_of(figures[:4], box, columns=1)
    placed = one if _bottom(one) <= box.bottom else _columns_of(figures[:4], box, columns=2)
    for rank, (place, paragraphs, figure) in enumerate(placed):
        page.bar(_rule(place, is_first=rank == 0), "hair" if rank else "ours", name="Rule")
        page.text(place.below(0.1), paragraphs, name=figure.label)


def _columns_of(figures: Sequence[Figure], box: Box, *, columns: int) -> list[tuple[Box, list[Paragraph], Figure]]:
    """Return where each figure stands, and its lines: row by row in so many columns."""
    parts = box.columns(*[1.0] * columns, gap=0.3)
    placed, top = [], box.top
    for start in range(0, len(figures), columns):
        row = []
        for part, figure in zip(parts, figures[start : start + columns], strict=False):
            size = _value_size(figure.value, part.width, largest=_NEXT_VALUE if start else _VALUE)
            paragraphs = _figure(figure, size=size, role="ink" if start or part is not parts[0] else "ours")
            height = height_of(paragraphs, part.width) + 0.1
            row.append((Box(part.left, top, part.width, height), paragraphs, figure))
        placed += row
        top = max(place.bottom for place, _, _ in row) + 0.12
    return placed


def _bottom(placed: Sequence[tuple[Box, list[Paragraph], Figure]]) -> float:
    return max((place.bottom for place, _, _ in placed), default=0.0)


def _rule(place: Box, *, is_first: bool) -> Box:
    return place.first(0.05 if is_first else 0.011)


def _write_figures_wide(page: Page, box: Box, figures: Sequence[Figure]) -> None:
    """Write key figures side by side, all large."""
    columns = box.columns(*[1.0] * max(len(figures), 1), gap=0.5)
    size = min(
        (_value_size(f.value, c.width, largest=_WIDE_VALUE) for f, c in zip(figures, columns, strict=False)), default=0
    )
    for figure, column in zip(figures, columns, strict=False):
        paragraphs = _figure(figure, size=size, role="ours", words=18.0)
        page.bar(Box(column.left, column.top + 0.3, column.width, 0.05), "ours", name="Rule")
        place = Box(column.left, column.top + 0.5, column.width, height_of(paragraphs, column.width))
        page.text(place, paragraphs, name=figure.label)


def _figure(figure: Figure, *, size: float, role: str, words: float = READING) -> list[Paragraph]:
    lines: list[Paragraph] = [[Run(figure.value, size, role, True)], [Run(figure.label, words, "ink")]]
    lines += [[Run(text, words, "secondary")] for text in (figure.beside, figure.published) if text]
    return lines


def _value_size(value: str, width: float, *, largest: float) -> float:
    sizes = [largest * share for share in (1.0, 0.85, 0.7, 0.6, 0.5, 0.4)]
    return fitting(value, width=width, height=largest * LINE / POINTS, sizes=sizes, face="bold")


def _foot(asked: Asked, sources: str) -> list[str]:
    chosen = provenance.selection(asked)
    return [sources, asked.t("slides.data_set", snapshot=asked.snapshot.id, selection=chosen)]


def _notice(asked: Asked) -> str:
    return asked.t("common.demo_badge") if asked.snapshot.is_demo else ""


def _add_definitions(deck: Deck, asked: Asked) -> None:
    t = asked.t
    title = t("slides.definitions_title")
    page = add_page(deck, title, language=t.language)
    names = [name for name in DEFINITIONS if name not in OF_MEMBERS or has_roster(asked)]
    rows = [[t(f"slides.term_{name}"), t(f"slides.meaning_{name}")] for name in names]
    heads = [t("slides.head_term"), t("slides.head_meaning")]
    page.table(
        Box(MARGIN, 1.35, CONTENT, 5.0),
        heads,
        rows,
        widest=1,
        name=title,
        alt=t("slides.table_alt", name=title, heads=", ".join(heads).lower(), rows=t.number(len(rows))),
        size=15.0,
    )
    page.foot(_foot(asked, _all_sources(asked)), notice=_notice(asked), number=len(deck.slides))
    page.notes([t("slides.named", name=term, text=meaning) for term, meaning in rows] + provenance.foot(asked))


def _all_sources(asked: Asked) -> str:
    return " · ".join(_days(asked))


def _add_sources(deck: Deck, asked: Asked, *, left_out: Sequence[str]) -> None:
    """Add the slide of sources, with the reasons for which a section is left out, each once."""
    t = asked.t
    title = t("slides.sources_title")
    page = add_page(deck, title, language=t.language)
    rows = [*map(list, provenance.licences(asked)), *_other_sources(asked)]
    heads = [t("slides.head_gives"), t("slides.head_source")]
    box = Box(MARGIN, 1.35, CONTENT, 4.0)
    alt = t("slides.table_alt", name=title, heads=", ".join(heads).lower(), rows=t.number(len(rows)))
    filled = page.table(box, heads, rows, widest=1, name=title, alt=alt)
    link = provenance.link(asked)
    runs = [[Run(t("slides.open_view"), READING, "ink", True)], [Run(link, READING, "ours", link=link)]]
    runs += [[Run(t("slides.left_out", reason=reason), READING)] for reason in dict.fromkeys(left_out)]
    page.text(Box(MARGIN, filled.bottom + 0.4, CONTENT, 1.4), runs, name=t("slides.open_view"))
    page.foot(_foot(asked, _all_sources(asked)), notice=_notice(asked), number=len(deck.slides))
    page.notes([t("slides.named", name=what, text=source) for what, source in rows] + provenance.foot(asked))


def _other_sources(asked: Asked) -> list[list[str]]:
    """Return geography, and those who published the figures that stand beside the loaded ones."""
    t = asked.t
    said = {findings.published_in(figure, t) for figure in asked.settings.published if figure.reference}
    rows = [[t("slides.role_geography"), t("slides.licence_geography")]]
    return [*rows, [t("slides.role_published"), " ; ".join(sorted(said))]] if said else rows
