"""The pieces of a text that are rated one by one, because one bad sentence drowns in a message.

Each sentence or line; a sentence that goes on over a line break; stretches of a sentence that is
long or has no full stop.  Each in every reading that undoes a disguise.
"""

from __future__ import annotations

import re
from typing import Final

from personalization.providers.obfuscation import readings, sentence_spans

Window = tuple[tuple[int, int], str]

LONG_SENTENCE: Final = 40
"""Words from which on a sentence is read in stretches as well."""
_STRETCH: Final = 16
_STEP: Final = 8

_WORD: Final = re.compile(r"\S+")
_WRAPPED: Final = re.compile(r"(?<=[^\s.!?…:])[ \t]*\r?\n(?=[^\S\n]*[a-z])")


def windows_of(text: str) -> list[Window]:
    """Return each piece of ``text`` with its span, in every reading, each once."""
    return [
        (span, reading) for span in window_spans(text) for reading in readings(text[slice(*span)])
    ]


def window_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of every piece; a text without words has none.

    Example:
        >>> [ "One. Two!"[a:b] for a, b in window_spans("One. Two!") ]
        ['One.', 'Two!']
    """
    lines = sentence_spans(text)
    # A line break within a sentence is read as a space, so that the spans stay those of ``text``.
    unwrapped = _WRAPPED.sub(lambda m: " " * len(m[0]), text)
    sentences = lines if unwrapped == text else sentence_spans(unwrapped)
    stretches = [stretch for span in sentences for stretch in _stretches(text, span)]

    return list(dict.fromkeys((*lines, *sentences, *stretches)))


def _stretches(text: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    """Return overlapping runs of sixteen words of a long sentence; none of a short one."""
    words = [(m.start(), m.end()) for m in _WORD.finditer(text, *span)]
    if len(words) <= LONG_SENTENCE:
        return []
    starts = (*range(0, len(words) - _STRETCH, _STEP), len(words) - _STRETCH)
    return [(words[start][0], words[start + _STRETCH - 1][1]) for start in starts]
