"""Numbers that are written in words, and the units that numbers count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Pattern of a unit -> the base unit and how many of it.
UNITS: Final[Mapping[str, tuple[str, float]]] = {
    r"ml|millilit(?:re|er)s?": ("ml", 1.0),
    r"cl|centilit(?:re|er)s?": ("ml", 10.0),
    r"l|lit(?:re|er)s?": ("ml", 1000.0),
    r"pints?": ("pint", 1.0),
    r"mg|milligram(?:me)?s?": ("g", 0.001),
    r"g|gram(?:me)?s?": ("g", 1.0),
    r"kg|kilos?|kilogram(?:me)?s?": ("g", 1000.0),
    r"oz|ounces?": ("oz", 1.0),
    r"lbs?|stone": ("lb", 1.0),
    r"mm|millimet(?:re|er)s?": ("mm", 1.0),
    r"cm|centimet(?:re|er)s?": ("mm", 10.0),
    r"metres?|meters?": ("mm", 1000.0),
    r"km|kilomet(?:re|er)s?": ("mm", 1e6),
    r"inch(?:es)?|\"": ("in", 1.0),
    r"ft|feet|foot": ("in", 12.0),
    r"miles?": ("mile", 1.0),
    r"sec(?:ond)?s?": ("minute", 1 / 60),
    r"min(?:ute)?s?": ("minute", 1.0),
    r"h|hrs?|hours?": ("minute", 60.0),
    r"days?": ("day", 1.0),
    r"weeks?": ("day", 7.0),
    r"months?": ("month", 1.0),
    r"years?|yrs?": ("month", 12.0),
    r"times|x": ("times", 1.0),
    r"points?": ("point", 1.0),
    r"stars?": ("star", 1.0),
}

_TO_NINETEEN: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_SMALL: Final = {word: number for number, word in enumerate(_TO_NINETEEN)}
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_POWERS: Final = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_PLURALS: Final = {f"{word}s": number for word, number in _POWERS.items()}
_ANY: Final = "|".join([*_SMALL, *_TENS, *_POWERS, *_PLURALS, "dozens?"])
_UNIT: Final = "|".join((*UNITS, r"per ?cent", "pounds?", "dollars?", "euros?", "quid"))
_WORDS: Final = re.compile(
    rf"(?<![\w-])(?:{_ANY})(?:(?:[ -]| and )(?:{_ANY}))*"
    rf"(?:(?=-)(?!-\w)|(?![\w-])|(?=-(?:{_UNIT})(?!\w)))"
    rf"(?:[ -](?P<unit>{_UNIT})(?!\w))?",
    re.IGNORECASE,
)


def number_words(text: str) -> Iterator[tuple[int, int, float, str]]:
    """Yield start, end, value and unit of each number in words; a lone "one" says nothing.

    Example:
        >>> list(number_words("twenty-five thousand walkers, one-year promise"))
        [(0, 20, 25000.0, ''), (30, 38, 1.0, 'year')]
    """
    for match in _WORDS.finditer(text):
        unit = match["unit"] or ""
        words = re.findall(r"[a-z]+", match[0].casefold().removesuffix(unit.casefold()))
        if words == ["one"] and not unit:
            continue
        yield match.start(), match.end(), value_of(words), unit


def value_of(words: list[str]) -> float:
    """Return what number words amount to.

    Example:
        >>> value_of(["two", "hundred", "and", "fifty", "thousand"])
        250000.0
    """
    total, current = 0.0, 0.0
    powers = {**_POWERS, **_PLURALS}
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word in {"dozen", "dozens"}:
            current = max(current, 1.0) * 12
        elif word in powers and powers[word] == 100:  # noqa: PLR2004
            current = max(current, 1.0) * 100
        elif word in powers:
            total += max(current, 1.0) * powers[word]
            current = 0.0
    return total + current
