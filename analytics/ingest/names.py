"""How names of firms and places are compared: without accents, case, punctuation, legal forms and articles."""

from __future__ import annotations

import re
import unicodedata


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
)
_NOT_WORD = re.compile(r"[\W_]+")
# "S.A.R.L." and "S.A." are words written with dots.
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.)+[^\W\d_]\b\.?")
_SPACED_FORM = re.compile(
    r"^(s a r l|s a s u|s a s|s c o p|s c i c|e u r l|s a|s n c)(?= )|(?<= )(s a r l|s a s u|s a s|s a)$"
)
_PARENTHESES = re.compile(r"\([^()]*\)")
_ARTICLES = words("le la les l un une de des du d et and the of a au aux en")
# Taken off both ends of a name only: inside it, "SE" or "EI" is more likely a word of the name.
_FORMS = words(
    """sarl sarlu sas sasu eurl sa scop scic scp sci snc scs sca gie ei eirl earl selarl selas sem spl epic se sc scm
    asso association assoc ltd limited gmbh inc llc srl plc corp societe ste soc groupe group groupement
    ets etablissement etablissements entreprise cie compagnie monsieur madame mr mme m"""
)
_ORDINAL = re.compile(r"\b\d+ ?(?:e|er|ere|eme|ieme|nd|nde)?\b")
_CEDEX = re.compile(r"\bcedex\b.*$")


def fold(text: str) -> str:
    """Return the words of a text in lower case, without accents or punctuation, one space apart.

    The numbers of members without a SIREN are made from it: a change here makes people's recorded decisions unfindable.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    plain = _DOTTED.sub(lambda match: match.group().replace(".", ""), plain)
    return _NOT_WORD.sub(" ", plain.replace("&", " et ")).strip()


def normalise_name(name: str) -> str:
    """Return what tells a firm from another: its folded name without legal form, articles, brackets.

    ``"S.A.R.L. L'Éléphant & Fils (EF)"`` gives ``"elephant fils"``. A name made of nothing else keeps all its words.
    """
    folded = fold(_PARENTHESES.sub(" ", name)) or fold(name)
    kept = [word for word in _SPACED_FORM.sub(" ", folded).split() if word not in _ARTICLES]
    while len(kept) > 1 and kept[0] in _FORMS:
        kept = kept[1:]
    while len(kept) > 1 and kept[-1] in _FORMS:
        kept = kept[:-1]
    return " ".join(kept) or folded


def normalise_place(place: str) -> str:
    """Return a town's name as it is compared: ``"ST-GAUDENS CEDEX 2"`` and ``"Saint Gaudens"`` are one.

    Postal codes, CEDEX and arrondissements ("Toulouse 3e") are left out.
    """
    plain = _CEDEX.sub("", fold(_PARENTHESES.sub(" ", place)))
    plain = _ORDINAL.sub(" ", plain).replace("arrondissement", " ")
    expanded = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}
    return " ".join(expanded.get(word, word) for word in plain.split())
