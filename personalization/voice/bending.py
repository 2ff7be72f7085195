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
_FEMININE: Final = re.compile(
    r"(?:.*(?:ung|heit|keit|schaft|ion|tät|ei|in)|.*[^s]e|.*box|nacht|lira|hand|zahl|stadt|wahl)"
)
_NEUTER: Final = re.compile(
    r"(?:.*(?:gramm|pfund|chen|jahr|stück|paket|geschenk|kilo|prozent|mal|produkt|angebot|set|band"
    r"|team|hotel|glas|dutzend|byte|watt|bit|grad|paar))"
)
_MASCULINE: Final = re.compile(
    r"(?:.*(?:er|euro|dollar|franken|cent|yen|yuan|zloty|tag|monat|gutschein|punkt|zoll|schritt|platz"
    r"|kunde|gast|korb|name|termin|artikel|rabatt|karton|beutel))"
)


def in_dative(match: re.Match[str]) -> bool:
    """Tell whether the word before a match asks for the dative."""
    return word_before(match) in _DATIVE


def a_german(match: re.Match[str], noun: str) -> str:
    """Return "ein" as it is bent before a noun, by what stands before the match.

    Without a preposition it is the form of a list or a heading.
    """
    name = noun.rsplit(" ", maxsplit=1)[-1].casefold()
    is_masculine = bool(_MASCULINE.fullmatch(name))
    is_feminine = not is_masculine and not _NEUTER.fullmatch(name) and bool(
        _FEMININE.fullmatch(name)
    )  # fmt: skip
    if in_dative(match):
        return "einer" if is_feminine else "einem"
    if is_feminine:
        return "eine"
    return "einen" if is_masculine and word_before(match) in _ACCUSATIVE else "ein"


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
