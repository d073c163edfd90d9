"""Names that are plainly invented: compounds that no firm bears, and numbered persons."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Beginnings that smell of the region, middles, and endings of a digital trade that does not exist.
_BEGINNINGS = _words(
    "Garri Tramon Causs Lauz Aubra Céven Pyré Olivé Micoc Cigal Violin Pastel Brico Salanq Corbi Minerv Razè Lirou "
    "Gardi Vidour Ariè Coustou Bigor Gascou Quercy Rouer Margér Aspré Vermeil Camarg Étan Figui Grena Safrani Châtai "
    "Marmo Isar Gypaè Loutr Hérissou Béliè Moufl Fauvet Huppou Martinè Sardin Dorad Muget Truffi Cèpo Noisi Amandi "
    "Thymol Romari Lavandi Genêti Bruyè Buissou Galet Basalti Calci Ardoisi Gresi Schist Marnou Autan Mistrou Embrun"
)
_MIDDLES = ("a", "i", "o", "u", "ara", "avi", "eli", "emo", "ibo", "ilu", "ino", "olva", "omi", "ora", "uli", "uma")
_ENDINGS = _words(
    "bitelle codrine pixoule logade binelle nuvane octelle quantou algorine compilou kernelle serviane routelle "
    "trameline vectoune bouclade scriptane widgette cliquine pilotou matricelle calculou memorine signalou "
    "parselle deboguine modulane sondelle relayou balisette spectroune grapholle indexou filtrade cascadine "
    "tensouille protocoune cryptelle hachoune jetonne bufferine portoune tablonne requetou synchrone"
)
# Names of the members that the roster gives without a number: like no other name.
_CLEAR_FIRST = _words(
    "Wazigorn Xyphrulle Kwambrosk Zwillebert Yxandrou Kjorvalpe Wisquembo Zygrafoll Xerbikant Kwelmadour "
    "Ykworbaste Zwamperlin Wojdeckra Xhulvernat Kryzdombal"
)
_CLEAR_LAST = _words("Fjordasque Hwyndolac Bjelkavur Qyzmétron Dzungarelle Vlakwinter Tchouvrakis")

_TRADES: dict[str, tuple[str, ...]] = {
    "58": ("Logiciels", "Éditions", "Progiciels", "Labo", "Apps"),
    "62": ("Informatique", "Conseil", "Systèmes", "Développement", "Ingénierie", "Studio", "Code", "Solutions"),
    "63": ("Données", "Portail", "Hébergement", "Data", "Cloud"),
    "61": ("Télécoms", "Réseaux", "Fibre", "Ondes"),
    "26": ("Électronique", "Composants", "Cartes", "Instruments"),
    "46": ("Distribution", "Négoce", "Matériels"),
    "95": ("Dépannage", "Réparation", "Assistance", "SOS PC"),
    "59": ("Images", "Productions", "Son", "Films"),
    "60": ("Radio", "Antenne", "TV"),
    "73": ("Publicité", "Communication", "Agence", "Médias"),
    "70": ("Holding", "Participations", "Conseil"),
}
_OTHER_TRADES = ("Services", "& Fils", "Atelier", "Comptoir", "Maison")
_TAILS = ("Occitanie", "Sud", "Méditerranée", "Pyrénées", "Groupe", "France", "31", "34", "360", "2.0", "3D", "24/7")

_FORENAMES = _words(
    "Camille Dominique Claude Sacha Alix Charlie Eden Maxence Lou Noa Morgan Andréa Ange Yaël Gaël Maé Loïs Swann "
    "Élie Noé Jade Lina Inès Zoé Rémi Théo Lucien Odile Aimé Joëlle"
)
PREFIXES = ("L'Atelier", "L'Usine", "La Fabrique", "Les Ateliers", "Aux Sources de", "Le Comptoir d'à Côté")


def draw_brands(count: int, rng: np.random.Generator) -> list[str]:
    """Return distinct invented words, e.g. ``Tramonavicodrine``."""
    sizes = (len(_BEGINNINGS), len(_MIDDLES), len(_ENDINGS))
    first, middle, last = np.unravel_index(rng.permutation(int(np.prod(sizes))), sizes)
    spelt = (_joined(_BEGINNINGS[a], _MIDDLES[b], _ENDINGS[c]) for a, b, c in zip(first, middle, last, strict=True))
    distinct = list(itertools.islice(dict.fromkeys(spelt), count))
    if len(distinct) < count:
        raise ValueError(f"no {count} brands: lengthen the lists of words")
    return distinct


def _joined(beginning: str, middle: str, ending: str) -> str:
    """After a vowel the middle loses its own, so several combinations make one word."""
    return beginning + (middle[1:] if beginning[-1] in "aeiouéèy" else middle) + ending


def company_names(activities: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Return a name for each activity: brand, trade, sometimes a tail, an article, a second brand, figures."""
    brands = draw_brands(len(activities), rng)
    seconds = rng.permutation(brands)
    draws = rng.random((len(activities), 3))
    picks = rng.integers(0, 10_000, size=(len(activities), 2))
    return [
        _company_name(brand, str(second), activity[:2], draw, pick)
        for brand, second, activity, draw, pick in zip(brands, seconds, activities, draws, picks, strict=True)
    ]


def _company_name(
    brand: str, second: str, division: str, draw: npt.NDArray[np.float64], pick: npt.NDArray[np.int64]
) -> str:
    trades = _TRADES.get(division, _OTHER_TRADES)
    name = brand
    if draw[0] < 0.62:
        name += f" {trades[pick[0] % len(trades)]}"
    elif draw[0] < 0.66:
        name += f" & {second}"
    elif draw[0] < 0.72:
        name = f"{PREFIXES[pick[0] % len(PREFIXES)]} {brand}"
    if draw[1] < 0.12:
        name += f" {_TAILS[pick[1] % len(_TAILS)]}"
    # The register mostly shouts, and has kept accents for some years only.
    return name.upper() if draw[2] < 0.22 else without_accents(name.upper())


def clear_names(count: int, rng: np.random.Generator) -> list[str]:
    """Return names that no other name of the demo comes near."""
    pairs = [(a, b) for b in _CLEAR_LAST for a in _CLEAR_FIRST]
    # One first word for as many names as possible, so that two clear names are not near each other either.
    firsts, lasts = rng.permutation(len(_CLEAR_FIRST)), rng.permutation(len(_CLEAR_LAST))
    chosen = [
        (_CLEAR_FIRST[firsts[i % len(firsts)]], _CLEAR_LAST[lasts[(i + i // len(firsts)) % len(lasts)]])
        for i in range(count)
    ]
    if len(set(chosen)) < count or count > len(pairs):
        raise ValueError(f"no {count} clear names: lengthen the lists of words")
    return [f"{a} {b}".upper() for a, b in chosen]


def persons(count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return first and last names of persons who do not exist: ``("Camille", "DEMO-00017")``."""
    numbers = rng.permutation(count) + 1
    forenames = rng.choice(_FORENAMES, size=count)
    return [(str(first), f"DEMO-{number:05d}") for first, number in zip(forenames, numbers, strict=True)]


def without_accents(text: str) -> str:
    """Return the text in plain letters."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def street_names() -> tuple[str, ...]:
    """Return street names, without the type of the street."""
    return (
        "DES OCTETS",
        "DU PIXEL VERT",
        "DE LA BOUCLE",
        "DES CIGALES BINAIRES",
        "DU PORT SERIE",
        "DE L'ALGORITHME",
        "DES TROIS SERVEURS",
        "DU COMPILATEUR",
        "DE LA VIOLETTE",
        "DU VIEUX ROUTEUR",
        "DES MICOCOULIERS",
        "DU PARSEUR",
        "DE LA TRAMONTANE",
        "DES PASTELS",
        "DU BIT PERDU",
    )
