"""How a stretch of a text is said: rules find it, the first and the longest wins, the rest stays.

A rule is a pattern and a function; it may pass on what it found by returning None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from personalization.voice.spoken_words import SpokenWords

_GROUPED: Final = (
    r"[1-9]\d?(?:,\d{2})+,\d{3}(?!\d)(?:\.\d+)?",  # lakhs: 1,50,000
    r"[1-9]\d{0,2}(?: \d{3})* 000(?: \d{3})*(?!\d)(?:[.,]\d+)?",  # a blank before 000 joins
    r"(?:[1-9]\d{0,2}|0(?=[.,]))(?:[.,'’\u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?",
    r"\d+(?:[.,]\d+)?",
)
NUMBER: Final = f"(?:{'|'.join(_GROUPED)})"
"""A written number, with or without signs between its thousands."""

FRENCH_NUMBER: Final = NUMBER.replace(r"\u202f]", r"\u202f ]")
"""The same in French, where a blank always joins thousands."""

MINUS: Final = r"(?:(?<![\w.,%)\]€£$₹¥°²-])(?<![\d%€£$₹¥°]\s)(?P<minus>-|\u2212\s?))?"
"""A minus right before a figure: a dash or a range has something else before it."""

FREE: Final = r"(?<![\w.,])"
GAP: Final = r"[\s\u00a0\u202f]?"


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of the written text, and how it is said.

    Attributes:
        start: Characters into the written text.
        end: Likewise, exclusive.
        said: In words; empty where nothing is said.
        language: In which it is said; empty is that of the script.
        phonemes: Of the embedded engine; empty where ``said`` is enough.
        field: Of which personal value it is; empty where of none.
        is_sure: Whether there is no other way to read it.
    """

    start: int
    end: int
    said: str
    language: str = ""
    phonemes: str = ""
    field: str = ""
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """What is found, and how it is said; None where the words around it say that it is not it."""

    pattern: re.Pattern[str]
    say: Callable[[re.Match[str], SpokenWords], str | None]
    is_sure: bool = True


def rule(
    pattern: str, say: Callable[[re.Match[str], SpokenWords], str | None], *, is_sure: bool = True
) -> Rule:
    """Make a rule; its pattern is compiled once. One that is not sure reads what may be held."""
    return Rule(re.compile(pattern), say, is_sure)


def find_readings(
    text: str, rules: Iterable[Rule], words: SpokenWords, *, taken: Sequence[Reading] = ()
) -> list[Reading]:
    """Find all readings of a text, in their order, none over another.

    Args:
        text: As it is written.
        rules: The earlier ones win where two begin at the same place.
        words: Of the script's language.
        taken: Readings that are decided already.
    """
    found = [(reading.start, -1, reading) for reading in taken]
    for order, each in enumerate(rules):
        for match in each.pattern.finditer(text):
            said = each.say(match, words)
            if said is not None:
                reading = Reading(match.start(), match.end(), said, is_sure=each.is_sure)
                found.append((match.start(), order, reading))
    blocked = bytearray(len(text) + 1)
    for reading in taken:
        blocked[reading.start : reading.end] = b"\1" * (reading.end - reading.start)
    kept: list[Reading] = []
    end = 0
    for start, order, reading in sorted(found, key=lambda entry: entry[:2]):
        if order >= 0 and (start < end or any(blocked[start : reading.end])):
            continue
        kept.append(reading)
        end = max(end, reading.end)
    return kept


def word_after(match: re.Match[str]) -> str:
    """Return the word right after a match, without its signs; empty where there is none."""
    found = re.match(r"[\s\u00a0]+([^\W\d_][\w'’-]*)", match.string[match.end() :])
    return found[1] if found else ""


def word_before(match: re.Match[str]) -> str:
    """Return the word right before a match in small letters; empty where there is none."""
    found = re.search(r"([^\W\d_][\w'’-]*)[,.]?[\s\u00a0]+$", match.string[: match.start()])
    return found[1].casefold() if found else ""
