"""Two pages for a local meeting: one town, or one antenna and its territory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analytics import tables
from analytics.errors import UserError
from analytics.export.asked import Asked
from analytics.export.columns import columns
from analytics.export.content import Figure
from analytics.export.drawings import PlacePicture, draw_of_place
from analytics.export.paper import (
    GUTTER_IN,
    PICTURE_PT,
    TEXT_WIDTH_IN,
    Block,
    Paper,
    beside,
    definitions,
    figures,
    heading,
    new_page,
    picture,
    provenance_blocks,
    table,
    typeset,
    words,
)
from analytics.export.workbook import Column
from analytics.figures.areas import short_name
from analytics.figures.palette import LIGHT
from analytics.text import coverage_findings, towns_findings

# By the length of its code, what a town is.
_LEVELS = {9: "epci", 5: "commune", 2: "department"}
_MOST_NEIGHBOURS = 6
# From how many members missing on a neighbour is worth a visit.
_LEAST_MISSING = 0.5
# How far the neighbours of a town may be, as the crow flies.
_NEAR_KM = 80.0
_NARROW_IN = (TEXT_WIDTH_IN - GUTTER_IN) / 2


def town_sheet(asked: Asked, code: str) -> bytes:
    """Return the sheet of a commune, an EPCI or a department as a PDF of two pages.

    What the view chooses of activities and sizes holds; the town is whole, whatever departments the view chooses.

    Raises
    ------
    UserError
        When no place of the region has that code.
    """
    level = _LEVELS.get(len(code))
    if level is None:
        raise UserError("report.unknown_town", code=code)
    desk = _looking_at(asked, level=level, town=code)
    rows = desk.table("towns_in_full")
    if code not in set(rows["area_code"]):
        raise UserError("report.unknown_town", code=code)
    town = _row(rows, "area_code", code)
    sentence = towns_findings.sheet_sentence(town, desk.t, near_km=desk.settings.towns.near_km)
    blocks = [
        words(sentence, look="lead"),
        figures(_town_figures(town, desk), across=3, ours=(1, 3)),
        _picture("where", desk, caption=desk.t(f"report.where_{level}"), height_in=3.35),
        _compared(desk),
        new_page(),
        *_firms(desk),
        *_neighbours(desk, town),
        *_end(desk, ("firms", "expected", "missing")),
    ]
    return typeset(desk, Paper(short_name(str(town["area_name"]), 80), blocks))


def antenna_sheet(asked: Asked, name: str) -> bytes:
    """Return the sheet of an antenna as a PDF of two pages: its territory, its reach, its load, whom to see there.

    Raises
    ------
    UserError
        When the settings name no such antenna.
    """
    known = [str(antenna) for antenna in asked.snapshot.table("antennas")["name"]]
    if name not in known:
        raise UserError("report.unknown_antenna", name=name, known=", ".join(known))
    desk = _looking_at(asked, level="antenna", town=name)
    territory = _row(desk.table("territories"), "antenna", name)
    town = _row(desk.table("towns_in_full"), "area_code", name)
    reach = coverage_findings.reach_words(desk.view, desk.t)
    blocks = [
        words(towns_findings.sheet_sentence(town, desk.t), look="lead"),
        figures(_antenna_figures(desk, territory), across=3, ours=(2,)),
        _picture("where", desk, caption=desk.t("report.where_antenna", reach=reach), height_in=3.35),
        _territories(desk, name),
        new_page(),
        *_firms(desk),
        *_under_covered(desk, name),
        *_end(desk, ("firms", "territory", "expected", "reach")),
    ]
    return typeset(desk, Paper(coverage_findings.sheet_title(territory, desk.t), blocks, title_pt=18))


def _row(rows: pd.DataFrame, column: str, value: str) -> pd.Series:
    """Return the row that has this value."""
    return rows[rows[column] == value].iloc[0]


def _looking_at(asked: Asked, *, level: str, town: str) -> Asked:
    """Return what answers for a reader who looks at one place closely and chose no department."""
    narrowed = {"antenna": None, "within_km": None, "town_only": False, "cell": None}
    view = dataclasses.replace(asked.view, level=level, town=town, departments=(), **narrowed)  # type: ignore[arg-type]
    return asked.looking_at(view)


def _town_figures(town: pd.Series, asked: Asked) -> list[Figure]:
    t = asked.t
    has_antenna = pd.notna(town["antenna_km"]) and pd.notna(town["nearest_antenna"])
    expected = t("towns.of_expected", expected=t.number(town["expected_members"], 1))
    ranked = t.number(asked.table("towns_in_full")["rank"].count())
    is_ranked = pd.notna(town["rank"])
    rank = t("report.rank", rank=t.number(town["rank"]), areas=ranked) if is_ranked else t("towns.rank_none")
    return [
        Figure(t("towns.figure_firms"), t.number(town["firms"])),
        Figure(t("towns.figure_members"), t.number(town["members"]), expected),
        Figure(t("towns.figure_jobs"), t.number(town["jobs_estimate"])),
        Figure(t("report.figure_member_jobs"), t.number(town["member_jobs"])),
        Figure(
            t("report.figure_missing"),
            t.number(max(town["members_missing"], 0), 1),
            rank,
        ),
        Figure(
            t("towns.figure_antenna"),
            t("common.km", km=t.number(town["antenna_km"])) if has_antenna else "–",
            str(town["nearest_antenna"]) if has_antenna else "",
        ),
    ]


def _antenna_figures(asked: Asked, territory: pd.Series) -> list[Figure]:
    t = asked.t
    row = _row(asked.table("coverage"), "antenna", territory["antenna"])
    reach = coverage_findings.reach_words(asked.view, t)
    load, access = territory["firms_per_staff"], territory["staff_per_1000_firms"]
    return [
        Figure(t("coverage.figure_reach"), t.number(row["firms"]), t("report.within", reach=reach)),
        Figure(t("coverage.figure_only"), t.number(row["firms_only_here"]), t("coverage.figure_only_beside")),
        Figure(t("coverage.figure_members_reach"), t.number(row["members"])),
        Figure(t("coverage.figure_population"), t.number(row["population"])),
        Figure(
            t("coverage.figure_load"),
            "–" if pd.isna(load) else t.number(load),
            coverage_findings.load_beside(territory, t),
        ),
        Figure(
            t("coverage.figure_access"),
            "–" if pd.isna(access) else t.tenths(access),
            t("coverage.figure_access_beside"),
        ),
    ]


def _picture(
    what: PlacePicture, asked: Asked, *, caption: str, height_in: float, width_in: float | None = None
) -> Block:
    width = width_in or TEXT_WIDTH_IN
    svg = draw_of_place(asked, what, palette=LIGHT, width_in=width, height_in=height_in, text_pt=PICTURE_PT)
    return picture(svg, caption=caption, alt=_alt(what, asked, caption=caption), width_in=width)


def _alt(what: PlacePicture, asked: Asked, *, caption: str) -> str:
    """Return the picture in words: its caption; of bars, each bar too."""
    if what == "where":
        return caption
    t, rows = asked.t, asked.table("town_firms", by=what, language=asked.t.language)
    told = [
        t(
            "drawings.with_members",
            firms=f"{row['area_name']} {t.number(row['firms'])}",
            members=t.number(row["members"]),
        )
        for row in rows.to_dict("records")
    ]
    return " ".join([caption, " ; ".join(told)])


def _compared(asked: Asked) -> Block:
    """Return the town beside what it is a part of, and the region."""
    whole = float(asked.table("towns_in_full", level="department")["expected_members"].sum())
    region = asked.table("region_totals").assign(expected_members=whole)
    table_rows = pd.concat([*(_share(asked, level, code) for level, code in _wider(asked)), region], ignore_index=True)
    names = ["firms", "jobs_estimate", "members", "expected_members", "firm_penetration_pct", "job_penetration_pct"]
    shown = table_rows.assign(area_name=[short_name(name, 60) for name in table_rows["area_name"]])
    return table(
        shown,
        columns(shown, ["area_name", *names], asked.t),
        asked=asked,
        caption=asked.t("report.compared"),
        strong=[str(shown["area_name"].iloc[0])],
    )


def _share(asked: Asked, level: str, code: str) -> pd.DataFrame:
    """Return the one row of an area: its counts and shares, and the members expected in it."""
    shares = asked.table("penetration", level=level, language=asked.t.language)
    expected = asked.table("towns_in_full", level=level)[["area_code", "expected_members"]]
    return shares[shares["area_code"] == code].merge(expected, on="area_code", how="left")


def _wider(asked: Asked) -> list[tuple[str, str]]:
    """Return the levels and codes of the town and of what it lies in: EPCI and department, if it is in one."""
    level, code = asked.view.level, str(asked.view.town)
    communes = asked.snapshot.table("communes")
    column = {"commune": "commune_code", "epci": "epci_code", "department": "department_code"}[level]
    main = communes[communes[column] == code].sort_values("population", ascending=False).iloc[0]
    wider = {"commune": ("epci", "department"), "epci": ("department",), "department": ()}[level]
    return [(level, code), *((up, str(main[f"{up}_code"])) for up in wider if pd.notna(main[f"{up}_code"]))]


def _territories(asked: Asked, name: str) -> Block:
    rows = asked.table("territories")
    names = ["antenna", "firms", "members", "expected_members", "staff", "firms_per_staff", "mean_km"]
    caption = asked.t("report.territories")
    return table(rows, columns(rows, names, asked.t), asked=asked, caption=caption, strong=[name])


def _firms(asked: Asked) -> Iterator[Block]:
    """Yield the place's firms by activity and size, and the largest that may be called."""
    t = asked.t
    yield heading(t("report.firms"))
    if len(asked.table("town_firms", by="segment", language=t.language)):
        kinds: tuple[PlacePicture, ...] = ("segment", "size_class")
        parts = [
            [_picture(kind, asked, caption=t(f"report.by_{kind}"), height_in=2.3, width_in=_NARROW_IN)]
            for kind in kinds
        ]
        yield beside(*parts, shares=(1, 1))
    rows = asked.table("town_targets")
    if rows.empty:
        yield words(t("towns.no_target"))
        return
    segments = asked.settings.segment_names(t.language)
    told = rows.assign(
        segment_name=rows["segment"].map(segments),
        size_label=[tables.size_label(t, code) for code in rows["size_code"]],
    )
    shown = columns(told, ["name", "siren", "segment_name", "size_label", "score"], t)
    yield table(told, shown, asked=asked, caption=t("report.targets"))


def _neighbours(asked: Asked, town: pd.Series) -> Iterator[Block]:
    """Yield the nearest places of the same level that miss members too."""
    t = asked.t
    rows = asked.table("towns_in_full")
    away = np.hypot(rows["x_m"] - town["x_m"], rows["y_m"] - town["y_m"]) / 1_000
    is_near = (rows["area_code"] != town["area_code"]) & (away <= _NEAR_KM)
    others = rows.assign(away_km=away)[is_near & (rows["members_missing"] >= _LEAST_MISSING)]
    nearest = others.sort_values("away_km", kind="stable").head(_MOST_NEIGHBOURS)
    yield heading(t("report.neighbours"))
    if nearest.empty:
        yield words(t("report.no_neighbour"))
        return
    shown = nearest.assign(area_name=[short_name(name, 60) for name in nearest["area_name"]])
    names = ["firms", "members", "expected_members", "members_missing"]
    told = columns(shown, ["area_name"], t) | {"away_km": Column(t("report.away_km"), "integer")}
    yield table(shown, told | columns(shown, names, t), asked=asked, caption=t("report.neighbours_caption"))


def _under_covered(asked: Asked, name: str) -> Iterator[Block]:
    """Yield the EPCI of an antenna's territory that miss members."""
    t = asked.t
    around = asked.looking_at(dataclasses.replace(asked.view, antenna=name))
    rows = around.table("towns_in_full", level="epci")
    lacking = rows[rows["members_missing"] >= _LEAST_MISSING].sort_values(
        "members_missing", ascending=False, kind="stable"
    )
    yield heading(t("coverage.sheet_towns"))
    if lacking.empty:
        yield words(t("coverage.sheet_towns_none"))
        return
    shown = lacking.head(_MOST_NEIGHBOURS)
    shown = shown.assign(area_name=[short_name(str(area), 60) for area in shown["area_name"]])
    names = ["area_name", "antenna_km", "firms", "members", "expected_members", "members_missing"]
    yield table(shown, columns(shown, names, t), asked=asked, caption=t("report.under_covered_caption"))


def _end(asked: Asked, terms: tuple[str, ...]) -> Iterator[Block]:
    """Yield what the words mean, and where the figures come from."""
    t = asked.t
    perimeter = asked.settings.perimeters[asked.view.perimeter].name.in_language(t.language)
    reach = coverage_findings.reach_words(asked.view, t)
    yield heading(t("report.definitions_and_sources"))
    yield definitions(
        (t(f"report.term_{term}"), t(f"report.meaning_{term}", perimeter=perimeter, reach=reach)) for term in terms
    )
    yield from provenance_blocks(asked, page="towns")
