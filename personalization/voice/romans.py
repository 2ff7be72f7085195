"""Roman numerals where it is sure what they count: parts of a book, rulers, centuries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.bending import in_dative
from personalization.voice.numbers import cardinal, ordinal
from personalization.voice.prices import any_of
from personalization.voice.readings import Rule, rule, word_before

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_CANONICAL: Final = re.compile(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_NUMERAL: Final = r"([IVXLC]+)"
_TITLES: Final = frozenset(
    ("king", "queen", "pope", "emperor", "empress", "tsar", "kaiser", "könig", "königin", "papst",
     "roi", "reine", "pape", "empereur", "rey", "reina", "papa", "emperador")
)  # fmt: skip
_FOR_WHOM: Final = frozenset(("für", "gegen", "durch", "um", "ohne"))
_LAST_SPANISH_PLACE: Final = 10  # rulers and centuries after it are counted


def roman_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for Roman numerals of a language."""
    chapters = any_of(words.lists["chapters"])
    rulers = any_of(words.lists["rulers"])
    parts = rule(rf"(?<!\w)((?i:{chapters}))\s{_NUMERAL}(?![\w'\u2019])", _part)
    if words.base == "de":
        return parts, rule(rf"(?<!\w)({rulers})(s?)\s{_NUMERAL}\.", _german_ruler)
    ruled = rule(rf"(?<!\w)({rulers})\s{_NUMERAL}(er|re)?(?!\w)", _ruler)
    if words.base == "fr":
        return parts, ruled, rule(rf"(?<!\w){_NUMERAL}(e|er)(?=\ssiècle)", _french_century)
    if words.base == "es":
        return parts, ruled, rule(rf"(?<!\w)([Ss]iglo)\s{_NUMERAL}(?!\w)", _spanish_century)
    return parts, ruled


def roman(written: str) -> int:
    """Return the value of a Roman numeral below 400; 0 where it is none.

    Example:
        >>> roman("XIV"), roman("XXI"), roman("VIII"), roman("IIX")
        (14, 21, 8, 0)
    """
    if not written or not _CANONICAL.fullmatch(written):
        return 0
    values = [_VALUES[sign] for sign in written]
    later = [*values[1:], 0]
    return sum(-own if own < next_ else own for own, next_ in zip(values, later, strict=True))


def _is_a_word(match: re.Match[str], numeral: str, words: SpokenWords) -> bool:
    """Tell whether a numeral may be a word: the I in "the part I like"."""
    if words.base != "en" or match[1] == "World War":
        return False
    return numeral == "I" and re.match(r"\s+[^\W\d_]", match.string[match.end() :]) is not None


def _part(match: re.Match[str], words: SpokenWords) -> str | None:
    number = roman(match[2])
    if not number or _is_a_word(match, match[2], words):
        return None
    return f"{match[1]} {cardinal(number, words.language)}"


def _ruler(match: re.Match[str], words: SpokenWords) -> str | None:
    name, number, ending = match[1], roman(match[2]), match[3]
    has_title = word_before(match) in _TITLES
    if not number or (ending and (words.base != "fr" or number > 1)):
        return None
    if len(match[2]) == 1 and not has_title and not ending and _may_be_no_numeral(match, words):
        return None
    if words.base == "en":
        return f"{name} the {ordinal(number, words.language).capitalize()}"
    is_woman = name in words.lists["queens"]
    if words.base == "fr":
        first = "première" if is_woman else "premier"
        return f"{name} {first if number == 1 else cardinal(number, words.language)}"
    return f"{name} {_spanish_place(number, words, is_woman=is_woman)}"


def _may_be_no_numeral(match: re.Match[str], words: SpokenWords) -> bool:
    """Tell whether a single letter may be an initial, or the word I."""
    following = re.match(r"\s+([^\W\d_])", match.string[match.end() :])
    is_a_word = words.base == "en" and match[2] == "I"
    return following is not None and (is_a_word or following[1].isupper())


def _spanish_place(number: int, words: SpokenWords, *, is_woman: bool = False) -> str:
    if number > _LAST_SPANISH_PLACE:
        return cardinal(number, words.language)
    return ordinal(number, words.language, ending="a" if is_woman else "o")


def _german_ruler(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say "Friedrich II." in the case that the words before it ask for; None where none does."""
    name, number, before = match[1], roman(match[3]), word_before(match)
    is_woman = name in words.lists["queens"]
    place = ordinal(number, words.language, ending="e").capitalize() if number else ""
    if not place:
        return None
    if match[2]:
        return _with_end(match, f"{name}s {'der' if is_woman else 'des'} {place}n")
    if in_dative(match):
        return _with_end(match, f"{name} {'der' if is_woman else 'dem'} {place}n")
    if before in _FOR_WHOM:
        said = f"{name} die {place}" if is_woman else f"{name} den {place}n"
        return _with_end(match, said)
    if not match.string[: match.start()].strip():
        return _with_end(match, f"{name} {'die' if is_woman else 'der'} {place}")
    return None


def _with_end(match: re.Match[str], said: str) -> str:
    """Keep the full stop where it ends the sentence, too."""
    return said + ("" if match.string[match.end() :].strip() else ".")


def _french_century(match: re.Match[str], words: SpokenWords) -> str | None:
    number = roman(match[1])
    return ordinal(number, words.language) if number else None


def _spanish_century(match: re.Match[str], words: SpokenWords) -> str | None:
    number = roman(match[2])
    return f"{match[1]} {_spanish_place(number, words)}" if number else None
