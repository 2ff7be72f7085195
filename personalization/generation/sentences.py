"""Where sentences begin and end, with their offsets in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_BREAK: Final = re.compile(r"\n+|(?<=[.!?…])[\"'”’)]*\s+(?=[\"'“‘(¿¡{]*[A-ZÀ-ÞÄÖÜ0-9£€${])")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|mr|mrs|ms|dr|st|ltd|inc|co|tel|bzw|z\.\s?b|env|sr|sra)"
    r"|\b[A-Z])\.$",
    re.IGNORECASE,
)
_INITIAL: Final = re.compile(r"(?:^|\s)[a-z]\.$")
_TAG: Final = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: ``text == whole[start:end]``."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Span]:
    """Split ``text`` into its sentences; a line break always ends one.

    Example:
        >>> [s.text for s in sentences("It costs £4.50. Ask St. Mary's, e.g. by post! Why?")]
        ['It costs £4.50.', "Ask St. Mary's, e.g. by post!", 'Why?']
    """
    found: list[Span] = []
    start = 0
    for gap in _BREAK.finditer(text):
        if "\n" not in gap[0] and _goes_on(text[start : gap.start()]):
            continue
        found += span_of(text, start, gap.end())  # a closing quotation mark is the sentence's
        start = gap.end()
    return found + span_of(text, start, len(text))


def span_of(text: str, start: int, end: int) -> list[Span]:
    """Return ``text[start:end]`` without the white space around it; nothing where it is empty."""
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return []
    begin = start + piece.index(stripped)
    return [Span(begin, begin + len(stripped), stripped)]


def without_tags(text: str) -> str:
    """Blank out merge tags, so that offsets stay and no field name is read as a word.

    Example:
        >>> without_tags("Hello {{city|you}}, hi")
        'Hello             , hi'
    """
    return _TAG.sub(lambda tag: " " * len(tag[0]), text)


def _goes_on(before: str) -> bool:
    return bool(_ABBREVIATION.search(before) or _INITIAL.search(before))
