"""Names that are more than names to whoever reads them carelessly, in the files that a build takes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import openpyxl

from analytics.pipeline.building import build
from analytics.pipeline.request import Request
from analytics.settings import REGION_FILE
from analytics.store import Snapshot, Store
from tests.analytics.ingest.register_rows import Row, establishment, legal_unit, write
from tests.analytics.small_sources import siren

# Sets a mark in the window that a browser test looks for.
RAN = "window.hostileRan=1"
NAMES = (
    f'Pixel <img src=x onerror="{RAN}">',
    f"<script>{RAN}</script> Logiciels",
    f"Vecteurs <svg onload={RAN}>",
    f"[Lien Sarl](javascript:{RAN})",
    f'Ancre <a href="javascript:{RAN}">ici</a><br><b>gras</b>',
    "**Gras** _Italique_ `code` ~~rayé~~",
    ":red[Rouge Conseil] :material/home: :smile:",
    "$\\frac{1}{0}$ Formules $$x^2$$",
    '=HYPERLINK("http://127.0.0.1:9/x","Clic")',
    "+33 Télécom",
    "-1+1 Moins",
    "@SUM(A1) Somme",
    "＝1+1 Large",
    "%{x} {name} {{y}} Gabarit",
    "A &lt;b&gt; &copy; Entités",
    "www.exemple-hostile.fr",
    "שלום Données",
)
# As they are written, and as they are shown: without what turns the words beside them around, or is not seen.
UNSEEN = {
    "Renverse \u202eLRAS\u202c Sud": "Renverse LRAS Sud",
    "Isole \u2066x\u2069 Nord": "Isole x Nord",
    "Invi\u200bsi\u00adble\x00 Est": "Invisible Est",
    "Deux\nLignes\tOuest": "Deux Lignes Ouest",
    "Zalgo" + "\u0316\u0317\u0318\u0319\u031c\u031d" * 5 + " Centre": "Zalgo\u0316\u0317\u0318\u0319 Centre",
}
WRITTEN = (*NAMES, *UNSEEN)
SHOWN = (*NAMES, *UNSEEN.values())
AXIS = f'<img src=x onerror="{RAN}"> **Axe** =1+1'
OFFICE = f'Mende <img src=x onerror="{RAN}"> :red[x] $y$ [z](javascript:{RAN})'
SEGMENT = f'Logiciels <b onmouseover="{RAN}">gras</b> **x** :smile:'
CLUSTER = f'Grappe <img src=x onerror="{RAN}">'
_COMMUNES = ("31555", "34172", "48095", "12202", "30189")
_SIZES = ("03", "02", "11", "01", "12")


def write_hostile_files(folder: Path) -> dict[str, Path]:
    """Write a register, legal units, a roster and a region whose names are all of that kind.

    The first half of the firms are members by their SIREN. The others' names are in the roster too, without a SIREN or
    a town, and two firms bear each of them: they wait at the review desk.
    """
    sheets: list[Row] = [_firm(number, name) for number, name in enumerate(WRITTEN)]
    twins = range(len(WRITTEN) // 2, len(WRITTEN))
    sheets += [_firm(301 + number, WRITTEN[number]) for number in twins]
    sheets += [_firm(100 + number, f"Entreprise {number}") for number in range(150)]
    units = [
        legal_unit(row["siren"] or "", denomination=row["enseigne1Etablissement"], category="PME") for row in sheets
    ]
    return {
        "register": write(folder / "StockEtablissement.parquet", sheets),
        "legal_units": write(folder / "StockUniteLegale.parquet", units),
        "members": _roster(folder / "adherents.xlsx"),
        "settings_file": _region(folder / "region.toml"),
    }


def _firm(number: int, name: str) -> Row:
    row = establishment(
        siren(number),
        "00015",
        sign=name,
        commune=_COMMUNES[number % 5],
        band="21" if name in WRITTEN else _SIZES[number % 5],
        x="0",
        y="0",
    )
    return row | {"dateDernierTraitementEtablissement": "2026-09-30", "caractereEmployeurEtablissement": "O"}


def _roster(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Adh <b>"
    book.active.append(["Nom", "SIREN", "Ville", "Axes", "Effectif", "<b>Ignorée</b>"])
    towns = ("Toulouse", "Montpellier", "Mende", "Rodez", "Nîmes")
    half = len(WRITTEN) // 2
    for number, name in enumerate(WRITTEN):
        text = name.replace("\x00", "")
        known = number < half
        where = towns[number % 5] if known else None
        book.active.append([text, siren(number) if known else None, where, AXIS, 12, "x"])
        # Text, as a spreadsheet that was told so keeps it, and no formula.
        book.active.cell(book.active.max_row, 1).data_type = "s"
        book.active.cell(book.active.max_row, 4).data_type = "s"
    for number in range(40):
        book.active.append([f"Entreprise {number}", siren(100 + number), None, "Innovation", 5, None])
    book.save(path)
    return path


def _region(path: Path) -> Path:
    """Write the bundled region with other names of an office, a segment, the cluster and its axes."""
    text = REGION_FILE.read_text(encoding="utf-8")
    known = tomllib.loads(text)
    segment = known["segments"]["programming"]["name"]["fr"]
    for old, new in (
        ("Mende", OFFICE),
        (segment, SEGMENT),
        (known["cluster"]["name"], CLUSTER),
        (known["cluster"]["axes"][0], AXIS),
    ):
        assert json.dumps(old, ensure_ascii=False) in text, old
        text = text.replace(json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False), 1)
    path.write_text(text, encoding="utf-8")
    return path


def build_hostile(folder: Path, store: Store) -> Snapshot:
    """Build a snapshot of the hostile files."""
    return build(Request(**write_hostile_files(folder), store=store))
