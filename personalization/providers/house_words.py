"""The words that a brand and a brief ask for or rule out: where a text says them.

What is ruled out is found in any inflection of the text's language, and what has to be said counts
word for word only; so a doubt is on the strict side both times.  Whole words are compared, whatever
their case, their quotes, the width of their letters or signs that hide in them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from personalization.providers.inflections import bases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.domain import BrandProfile, Brief

FORBIDDEN: Final = "brand.forbidden"
VOCABULARY: Final = "brand.vocabulary"
MUST_SAY: Final = "brief.must_say"
MUST_NOT_SAY: Final = "brief.must_not_say"

_HIDDEN: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_LETTER: Final = rf"[^\W_][\u0300-\u036f{_HIDDEN}]*"
_TOKEN: Final = re.compile(
    rf"\d+(?:[.,:]\d+)*|(?:{_LETTER})+(?:['’ʼ‛´`](?:{_LETTER})+)*|[%‰€£$¥+&@#°=<>™®©]"
)
_QUOTES: Final = str.maketrans("’ʼ‛´`", "'''''")
_BREAK: Final = re.compile(r"[.!?…;:]|\n\s*\n")
_INVISIBLE: Final = dict.fromkeys(map(ord, _HIDDEN))


@dataclass(frozen=True, slots=True)
class Unsuitable:
    """Words of a text that brand or brief do not want.

    Attributes:
        rule: FORBIDDEN, VOCABULARY or MUST_NOT_SAY.
        start: Characters into the text.
        end: Likewise, exclusive.
        term: What was ruled out, as it was written down.
        instead: The word of the house, for VOCABULARY; empty for the others.
    """

    rule: str
    start: int
    end: int
    term: str
    instead: str = ""


def unsuitable(
    text: str, *, profile: BrandProfile, brief: Brief, locale: str = "en-GB"
) -> list[Unsuitable]:
    """List what brand and brief rule out of a text, in the order of the text.

    A word that the vocabulary replaces is no fault inside the word of the house itself: where
    "gift card" is said for "card", a gift card is none.

    Example:
        >>> from personalization.domain import BrandProfile, Brief
        >>> brand = BrandProfile(forbidden=("cheap",), vocabulary=(("basket", "cart"),))
        >>> found = unsuitable("The cheapest cart", profile=brand, brief=Brief())
        >>> [(each.term, each.instead) for each in found]
        [('cheap', ''), ('cart', 'basket')]
    """
    found = [
        *_each(FORBIDDEN, profile.forbidden, text, locale),
        *_each(MUST_NOT_SAY, brief.must_not_say, text, locale),
        *_foreign_words(profile, text, locale),
    ]
    return sorted(found, key=lambda each: (each.start, each.end, each.rule, each.term))


def lacking(must_say: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return what has to be said and stands in none of the texts, in its order."""
    read = tuple(texts)
    return [term for term in must_say if not any(says(term, text) for text in read)]


def says(term: str, text: str) -> bool:
    """Tell whether a text says a term word for word; case, spaces and punctuation do not matter.

    Example:
        >>> says("Ends on 18 December", "Our offer ends on 18 December.")
        True
        >>> says("15 % off", "15 off")
        False
    """
    wanted = [key for key, *_ in _tokens(term)]
    if not wanted:
        return _plain(term) in _plain(text)
    said = [key for key, *_ in _tokens(text)]
    last = len(said) - len(wanted) + 1
    return any(said[i : i + len(wanted)] == wanted for i in range(last))


def places(term: str, text: str, locale: str = "en-GB") -> list[tuple[int, int]]:
    """Return start and end of every place where a text says a term, in any inflection.

    The words of a term have to follow one another within a sentence; a hyphen counts as a space.

    Example:
        >>> places("last chance", "Last chances! No last. Chance")
        [(0, 12)]
    """
    language = locale[:2].lower()
    wanted = [_bases(key, language) for key, *_ in _tokens(term)]
    if not wanted:
        return _signs(term, text)
    read, index = _read(text, language)
    starts = sorted({i for base in wanted[0] for i in index.get(base, ())})
    found = (read[i : i + len(wanted)] for i in starts)
    return [
        (words[0].start, words[-1].end)
        for words in found
        if len(words) == len(wanted)
        and not any(base.isdisjoint(word.bases) for base, word in zip(wanted, words, strict=True))
        and not any(_BREAK.search(text, one.end, next_.start) for one, next_ in pairwise(words))
    ]


def _each(rule: str, terms: Iterable[str], text: str, locale: str) -> Iterator[Unsuitable]:
    for term in terms:
        for start, end in places(term, text, locale):
            yield Unsuitable(rule, start, end, term)


def _foreign_words(profile: BrandProfile, text: str, locale: str) -> Iterator[Unsuitable]:
    for own, other in profile.vocabulary:
        at_home = places(own, text, locale)
        for start, end in places(other, text, locale):
            if not any(first <= start and end <= last for first, last in at_home):
                yield Unsuitable(VOCABULARY, start, end, other, own)


def _signs(term: str, text: str) -> list[tuple[int, int]]:
    """Find a term that is made of punctuation alone, such as "!!", as it stands."""
    wanted = term.strip()
    return [m.span() for m in re.finditer(re.escape(wanted), text)] if wanted else []


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    bases: frozenset[str]


@lru_cache(maxsize=1024)
def _read(text: str, language: str) -> tuple[tuple[_Word, ...], Mapping[str, list[int]]]:
    """Return the words of a text, and by each word that they may be of, which ones."""
    words = tuple(_Word(start, end, _bases(key, language)) for key, start, end in _tokens(text))
    index: dict[str, list[int]] = {}
    for number, word in enumerate(words):
        for base in word.bases:
            index.setdefault(base, []).append(number)
    return words, index


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return the words, numbers and signs of value of a text, each with its place."""
    return tuple((_key(m[0]), *m.span()) for m in _TOKEN.finditer(text))


def _key(token: str) -> str:
    if token.isascii():
        return token.casefold()
    seen = unicodedata.normalize("NFKC", token.translate(_QUOTES).translate(_INVISIBLE))
    return unicodedata.normalize("NFKC", seen.casefold())


@lru_cache(maxsize=16384)
def _bases(key: str, language: str) -> frozenset[str]:
    return bases(key, language)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
