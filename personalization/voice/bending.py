"""How German bends what stands with a number: by the word before it, where that decides."""

from __future__ import annotations

import re
from typing import Final

from personalization.voice.readings import word_before

_DATIVE: Final = frozenset(
    ("ab", "aus", "bei", "mit", "nach", "seit", "von", "zu", "unter", "vom", "zum", "zur", "beim")
)
_ACCUSATIVE: Final = frozenset(("für", "um", "ohne", "gegen", "durch"))
_ADJECTIVE: Final = re.compile(r"[a-zäöüß]{3,}(?:e|er|es|en)")
_NO_ADJECTIVES: Final = frozenset(
    ("oder", "eine", "einen", "einer", "unter", "hinter", "ohne", "gegen", "neben", "zwischen",
     "aber", "immer", "wieder", "weiter", "werden", "können", "müssen", "sollen", "gerne", "heute",
     "unsere", "unserer", "unseres", "unseren", "diese", "dieser", "dieses", "diesen", "jeder")
)  # fmt: skip
_GENDERS: Final = (  # the first that fits: whole words and their compounds before endings
    (
        "m",
        (
            r"euro|dollar|franken|cent|yen|yuan|zloty|tag|monat|schein|punkt|zoll|schritt|platz|kunde"
            r"|junge|kollege|experte|gast|korb|name|termin|artikel|rabatt|karton|beutel|wein|stein"
            r"|verein|preis|teil|brief|band|grad|baum|stern|käse|tee|kaffee"
        ),
    ),
    (
        "f",
        (
            r"person|box|nummer|steuer|feier|mauer|kammer|feder|fahrt|bank|tür|app|mail|party|mutter"
            r"|schwester|tochter|frau|tour|show|bar|nacht|lira|hand|zahl|stadt|wahl|wand|schnur|uhr"
        ),
    ),
    (
        "n",
        (
            r"gramm|pfund|jahr|stück|paket|geschenk|kilo|prozent|mal|produkt|angebot|set|team|hotel"
            r"|glas|dutzend|byte|watt|bit|paar|fenster|zimmer|muster|messer|wasser|poster|theater|fest"
            r"|buch|kind|ei|magazin|ende|büro|foto|video|café"
        ),
    ),
    ("f", r"ung|heit|keit|schaft|ion|tät|ei|in|[^s]e"),
    ("n", r"chen|lein|ment|um"),
    ("m", r"er|ling|ismus"),
)
_GENDER: Final = tuple((gender, re.compile(f".*(?:{ends})")) for gender, ends in _GENDERS)


def in_dative(match: re.Match[str]) -> bool:
    """Tell whether the word before a match asks for the dative."""
    return word_before(match) in _DATIVE


def a_german(match: re.Match[str], noun: str) -> str:
    """Return "ein" as it is bent before a noun, by what stands before the match.

    Without a preposition it is the form of a list or a heading.
    """
    name = noun.rsplit(" ", maxsplit=1)[-1].casefold()
    gender = next((gender for gender, ends in _GENDER if ends.fullmatch(name)), "")
    if in_dative(match):
        return "einer" if gender == "f" else "einem"
    if gender == "f":
        return "eine"
    return "einen" if gender == "m" and word_before(match) in _ACCUSATIVE else "ein"


def counted_german(following: str) -> str:
    """Return the word behind a number if it is what is counted, a noun or what describes one.

    Example:
        >>> counted_german("Karte"), counted_german("kleines"), counted_german("im")
        ('Karte', 'kleines', '')
    """
    is_counted = following[:1].isupper() or (
        _ADJECTIVE.fullmatch(following) is not None and following not in _NO_ADJECTIVES
    )
    return following if is_counted else ""


def dative_plural(name: str) -> str:
    """Return a unit as it stands behind a preposition with the dative: Metern, Litern.

    Example:
        >>> dative_plural("Quadratmeter"), dative_plural("Kilogramm")
        ('Quadratmetern', 'Kilogramm')
    """
    return f"{name}n" if name.endswith("er") else name
