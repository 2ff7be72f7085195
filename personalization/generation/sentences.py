"""Where sentences begin and end, with their offsets in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

# An empty line ends a sentence, a single line break only where its sign or the next word does.
_OPENS: Final = r"[\"'“‘(¿¡{]*[A-ZÀ-Þ0-9£€${]"
_BREAK: Final = re.compile(
    rf"\n[^\S\n]*\n\s*|(?<=[.!?…])[\"'”’)]*\s+(?={_OPENS})"
    rf"|(?<=[.!?…,;:])[\"'”’)]*[^\S\n]*\n[^\S\n]*(?={_OPENS})|\n[^\S\n]*(?=[-•*–]\s)"
)
_SPELT: Final = re.compile(r"\b[^\W\d_](?:[ .·_*-][^\W\d_]){2,}\b")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|mr|mrs|ms|dr|st|ltd|inc|co|tel|bzw|z\.\s?b|env|sr|sra)"
    r"|(?<!\d\s)\b[A-Z])\.$",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(
    r"(?:yes|yep|of course|absolutely|certainly|sure(?:ly)?|always|definitely|indeed|naturally"
    r"|you bet|no problem|(?:it|they|you|we) (?:is|are|does|do|can|will|has|have)"
    r"|no|not any ?more|never|ja|natürlich|oui|bien sûr|sí|claro)\b[^?]{0,24}$",
    re.IGNORECASE,
)
_INITIAL: Final = re.compile(r"(?:^|(?<!\d)\s)[a-z]\.$")  # but not "980 g."
_TAG: Final = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: ``text == whole[start:end]``."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Span]:
    """Split ``text`` into its sentences; an empty line always ends one, a line break seldom.

    Example:
        >>> [s.text for s in sentences("It costs £4.50. Ask St. Mary's, e.g. by post! Why?")]
        ['It costs £4.50.', "Ask St. Mary's, e.g. by post!", 'Why?']
    """
    found: list[Span] = []
    start = 0
    for gap in _BREAK.finditer(text):
        if "\n\n" not in gap[0] and _goes_on(text[start : gap.start()]):
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


def with_fallbacks(text: str) -> str:
    """Put the fallback in the place of each merge tag: what a customer without a value reads.

    Example:
        >>> with_fallbacks("Hello {{city|you}}, hi")
        'Hello you, hi'
    """
    return _TAG.sub(lambda tag: tag[0][2:-2].partition("|")[2], text)


def as_read(text: str) -> str:
    """Return a text as a reader sees it: without hidden signs, and in plain digits and words.

    Example:
        >>> as_read("\uff15\uff10\uff05 o\u200bff")
        '50% off'
        >>> as_read("F R E E delivery")
        'FREE delivery'
    """
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return _SPELT.sub(lambda spelt: re.sub(r"[\W_]", "", spelt[0]), seen)


def answered(text: str, spans: list[Span]) -> list[Span]:
    """Join a question with the short yes or no after it: together they assert something.

    Example:
        >>> text = "Can it be washed? Of course. It is grey."
        >>> [s.text for s in answered(text, sentences(text))]
        ['Can it be washed? Of course.', 'It is grey.']
    """
    joined: list[Span] = []
    for span in spans:
        before = joined[-1] if joined else None
        if before and before.text.endswith("?") and _ANSWER.match(span.text):
            whole = text[before.start : span.end]
            joined[-1] = Span(before.start, span.end, whole)
        else:
            joined.append(span)
    return joined


def _goes_on(before: str) -> bool:
    return bool(_ABBREVIATION.search(before) or _INITIAL.search(before))
