"""Figures that can be read in more than one way: a script that holds one waits for other words.

Whatever looks like one of these and was not read as a whole by a rule is not sure: rules read only
what the words beside a figure, or the country of the script, settle.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.voice.prices import any_of
from personalization.voice.spoken_words import spoken_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.voice.readings import Reading
    from personalization.voice.spoken_words import SpokenWords

_MONEY: Final = "$\u00a2-\u00a5\u20a0-\u20cf"
_LAST_CURRENCY: Final = 0xFFE6  # the last sign of one, of those that are not of cuneiform
_NUMBER: Final = r"\d(?:[\d.,]*\d)?"
_ANYWHERE: Final = (
    rf"[{_MONEY}]?{_NUMBER}[{_MONEY}]?\s?[/\u2044]\s?[{_MONEY}]?\w+(?:/\w+)*",  # for each, of
    rf"(?<!\S)\u2013[{_MONEY}]?\d[\d.,]*",  # minus, or a dash
    rf"\d\s[-\u2212][{_MONEY}]?{_NUMBER}",  # from and to, or below zero
    rf"(?<![\w-]){_NUMBER}(?:[-\u2013]\d+){{2,}}(?![\w-])",  # a row, a date or a code
    r"(?:\d[\s\u00a0]?)?[¼-¾⅐-⅞]|\d[\s\u00a0]\d/\d\b",  # one figure, or two
    r"\d+[^\W\d_]{1,3}/\d+",  # 24h/24
    rf"[{_MONEY}]{_NUMBER}\s?[-\u2013]\s?{_NUMBER}\s?%",  # two things
    rf"[{_MONEY}]\s?[.,]\d+",  # without its whole
    r"\d+\s?[-+\u2212x×]\s?\d+\s?=|\d+\^\d+|\u2212",  # sums
    r"[\d%€£$][¹²³⁰⁴-⁹]",  # a power, or a note
    r"\d['\u2019]\s?(?:x|×|by)\s?\d|\d['\u2019](?=\s(?:long|tall|wide|high|deep)\b)",
    r"(?<![\w.,£€$])[1-5]\*(?=[\s-][^\W\d_])",  # stars, or a note
    r"\b\d+0['\u2019]s\b|\b\d+00s\b",
    r"['\u2018\u2019]?\b\d0s\b",  # a decade, or seconds
    r"\b(?:II|III|IV|VI{1,3}|IX|XI{1,3}|XIV|XV|XVI{0,3}|XIX|XX|XXI{0,3}|XXIV|XXV)\b",
    r"(?<![\w.,])\d{1,3}(?: \d{3})+\b",  # one number, or several
    r"(?<![\w.,:])\d+:\d+(?![\w])",  # a time, a ratio or a score
    r"\d['\u2019]\s?\d+\s?[\"\u201d\u2033]",  # feet, or minutes
    r"(?<![\w.,])\d+(?:,\d{1,2}){2,}(?!\d)",  # a list, or a slip
    r"(?<![\w.,])\d+(?:\.\d+){2,}(?!\w)",  # a date, a version or a slip
    r"(?<![\w.,])\d+[$£€]\d+",  # between pounds and pence
    r"(?<![\w.,])\d{1,2}-\d{1,2}-(?:\d{4}|\d{2})(?![\w-])",
)
_IN: Final = {
    "en": (  # metres, or millions; kronor, or kroner
        rf"(?<![\w.,]){_NUMBER}m\b",
        rf"{_NUMBER}\s?kr\b",
        rf"\bkr\.?\s?{_NUMBER}",
    ),
    "de": (
        r"(?<![\w.,])(?P<place>\d{1,3}\.)\s+(?!(?:%s)\b)[A-ZÄÖÜ]\w+",  # a place, or an end
        r"½\s?(?:[A-ZÄÖÜ]\w+|(?:k?g|m?l|k?m|h)\b)",
        r"\d{1,2}\./\d{1,2}\.",
        r"\bFr\.(?=\s?\d)",  # francs, or a Friday
    ),
    "fr": (r"(?<![\w.,])\d{1,3}\.\d{3}\b", r"½\s(?!d)\w+"),  # thousands, or decimals
    "es": (r"½\s(?!de\b)\w+",),
}
_OPENERS: Final = (
    "Wir|Sie|Das|Die|Der|Den|Ein|Eine|Es|Ihr|Ihre|Unser|Unsere|Und|Oder|Aber|Mit|Für|Bei|Im|In|Am"
    "|An|Auf|Aus|Ab|Bis|Jetzt|Hier|Nur|So|Wenn|Was|Wie|Wer|Wo|Kommen|Rufen|Bestellen|Schreiben"
    "|Sichern|Alle|Alles|Dazu|Dann|Danach|Noch|Auch|Mehr|Gern|Gerne|Danke|Vielen|Herzlich|Haben"
    "|Ist|Sind|Kann|Können|Soll|Sollen|Darf|Dürfen|Möchten|Wollen|Ich|Zum|Zur|Von|Vom|Nach|Schon"
)
"""Words that begin a German sentence in capitals, so that a full stop before them ends one."""
_UNSURE: Final = "{figure!r} can be said in more than one way. Write it in words."


def unsure_figures(text: str, words: SpokenWords, readings: Sequence[Reading]) -> list[str]:
    """Return why a text is held: each figure in it of which it is not sure how it is said.

    Args:
        text: As it is written.
        words: Of its language.
        readings: What the rules, names and the lexicon read in it; what one of them covers is sure.
    """
    found: list[str] = []
    for match in _pattern(words.language).finditer(text):
        if _is_covered(match, readings):
            continue
        figure = re.sub(r"(?<=\d)[.,]+$", "", match[0].strip())
        found.append(_UNSURE.format(figure=figure))
    return list(dict.fromkeys(found))


def unsure_figure(text: str, language: str) -> str:
    """Return why a text is held: its first figure of which it is not sure how it is said.

    Example:
        >>> unsure_figure("Room 1/12 is open.", "en-GB")
        "'1/12' can be said in more than one way. Write it in words."
        >>> unsure_figure("Open 24/7, from £10/month on 21/11/2026.", "en-GB")
        ''
    """
    from personalization.voice.scripting import write_script  # noqa: PLC0415 - it asks here, too

    return next(iter(write_script(text, language).held), "")


@lru_cache(maxsize=16)
def _pattern(language: str) -> re.Pattern[str]:
    """Return what finds all of these in a language."""
    words = spoken_words(language)
    own = [each.replace("%s", _OPENERS) for each in _IN[words.base]]
    rulers = any_of(words.lists["rulers"])
    chapters = any_of(each.capitalize() for each in words.lists["chapters"])
    own.append(rf"\b(?:{rulers}|{chapters})\s[IVX]+\b\.?")
    own.append(rf"(?:{_NUMBER}\s?)?[{_unknown_currencies(words)}](?:\s?{_NUMBER})?")
    return re.compile("|".join(f"(?:{each})" for each in (*own, *_ANYWHERE)))


def _unknown_currencies(words: SpokenWords) -> str:
    """Return the signs of currencies that have no name in a language."""
    signs = (chr(code) for code in range(_LAST_CURRENCY + 1))
    return "".join(
        sign
        for sign in signs
        if unicodedata.category(sign) == "Sc" and sign not in words.currencies
    )


def _is_covered(match: re.Match[str], readings: Sequence[Reading]) -> bool:
    """Tell whether one reading has the whole of it, its last full stop left out."""
    place = match.groupdict().get("place")
    end = match.start() + len(place or match[0].rstrip(" ."))
    return any(
        each.is_sure and each.start <= match.start() and end <= each.end for each in readings
    )
