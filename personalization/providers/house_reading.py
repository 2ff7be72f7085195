"""The ways in which a text can be read when words of the house are looked for in it.

As it stands; with the words taken apart that were run together (CheapDeals, #cheapdeals); with the
letters put together that were written apart (c-h-e-a-p, ch*eap); with every per cent as a sign.
Signs that nobody sees are no part of any of them, and every word knows its place in the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.providers.inflections import bases, unaccented
from personalization.providers.spelling import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Default_Ignorable_Code_Point of Unicode 16, DerivedCoreProperties.txt.
_IGNORABLE: Final = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_HIDDEN: Final = re.compile("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in _IGNORABLE) + "]")

_MARKS: Final = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]*"
_SIGN: Final = rf"[^\W_]{_MARKS}"
_LETTER: Final = rf"[^\W\d_]{_MARKS}"
_WORD: Final = rf"\d+(?:[.,:]\d+)*|(?:{_SIGN})+(?:['’ʼ‛´`](?:{_SIGN})+)*|[%‰€£$¥+&@#°=<>™®©]"
_TOKEN: Final = re.compile(_WORD)
_APART: Final = re.compile(
    rf"(?P<spelled>(?<![^\W_]){_LETTER}(?:[\s\-‐‑‒–—−_.·•∙*~/|+]{{1,3}}{_LETTER}(?![^\W_])){{2,}})"
    rf"|(?P<glued>(?<![^\W_])(?:{_LETTER})+(?:[_.·•∙*~|](?:{_LETTER})+)+(?![^\W_]))|{_WORD}"
)
_QUOTES: Final = str.maketrans("’ʼ‛´`", "'''''")
_BETWEEN: Final = re.compile(r"[\W_]+")
_PER_CENT: Final = frozenset(("percent", "pct", "prozent", "procent"))
_PER: Final = frozenset((("per", "cent"), ("pour", "cent"), ("por", "ciento")))
_LEAST_PIECE: Final = 4
"""Letters from which on a piece of a longer word is looked at by itself: Deals, no App, no Pay."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, number or sign of value in a text.

    Attributes:
        start: Characters into the text.
        end: Likewise, exclusive.
        key: The word in small letters, without hidden signs.
        bases: The words that it may be a form of.
        is_spelled: Whether its letters were written one by one.
        is_alone: Whether it counts by itself, and not as a part of several words only.
    """

    start: int
    end: int
    key: str
    bases: frozenset[str]
    is_spelled: bool = False
    is_alone: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a text, and by each word that they may be of, which ones."""

    words: tuple[Word, ...]
    index: Mapping[str, list[int]]
    spelled: tuple[Word, ...]


Token = tuple[str, int, int]


def shown(text: str) -> str:
    """Return the text without the signs that nobody sees.

    Example:
        >>> shown("che" + chr(0xFE0F) + "ap")
        'cheap'
    """
    return _HIDDEN.sub("", text) if not text.isascii() else text


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    """Return words, numbers and signs of value of a text without hidden signs, with places."""
    return tuple((key_of(m[0]), *m.span()) for m in _TOKEN.finditer(text))


def key_of(token: str) -> str:
    """Return a word as it is compared: in small letters, with plain quotes and narrow letters."""
    if token.isascii():
        return token.casefold().replace("`", "'")
    seen = unicodedata.normalize("NFKC", token.translate(_QUOTES))
    return unicodedata.normalize("NFKC", seen.casefold())


def with_signs(read: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return the words with every "per cent" as the sign."""
    found: list[Token] = []
    for key, start, end in read:
        if found and (found[-1][0], key) in _PER:
            found[-1] = ("%", found[-1][1], end)
        else:
            found.append(("%" if key in _PER_CENT else key, start, end))
    return tuple(found)


@lru_cache(maxsize=2048)
def readings(text: str, language: str) -> tuple[Reading, ...]:
    """Return the ways to read a text, the plain one first, each one that differs once."""
    clean = shown(text)
    places = None if clean == text else _places(text)
    plain = tuple((*token, False, True) for token in tokens(clean))
    ways = dict.fromkeys((plain, tuple(_taken_apart(clean)), tuple(_put_together(clean))))
    return tuple(_reading(way, places, language) for way in ways)


@lru_cache(maxsize=1024)
def reading_with_signs(text: str, language: str) -> Reading:
    """Return the plain reading with every "per cent" as the sign."""
    clean = shown(text)
    places = None if clean == text else _places(text)
    return _reading(tuple((*t, False, True) for t in with_signs(tokens(clean))), places, language)


def _places(text: str) -> tuple[int, ...]:
    """Return where each sign that is seen stands in the text."""
    return tuple(i for i, sign in enumerate(text) if not _HIDDEN.match(sign))


_Read = tuple[str, int, int, bool, bool]


def _reading(way: tuple[_Read, ...], places: tuple[int, ...] | None, language: str) -> Reading:
    words = []
    for key, start, end, is_spelled, is_alone in way:
        first, last = (places[start], places[end - 1] + 1) if places else (start, end)
        words.append(Word(first, last, key, bases_of(key, language), is_spelled, is_alone))
    index: dict[str, list[int]] = {}
    for number, word in enumerate(words):
        for base in word.bases:
            index.setdefault(base, []).append(number)
    return Reading(tuple(words), index, tuple(word for word in words if word.is_spelled))


@lru_cache(maxsize=16384)
def bases_of(key: str, language: str) -> frozenset[str]:
    """Return what a word of a text may be a form of, with accents that are foreign and without."""
    plain = unaccented(key, language)
    found = bases(key, language)
    return found if plain == key else found | bases(plain, language)


def _taken_apart(text: str) -> Iterator[_Read]:
    """Read CheapDeals, cheap4you and #cheapdeals as the words that they are made of."""
    is_tag = False
    for key, start, end in tokens(text):
        pieces = list(_pieces(text[start:end], is_tag=is_tag))
        is_tag = key == "#"
        if len(pieces) < 2:  # noqa: PLR2004
            yield key, start, end, False, True
            continue
        first = start
        for piece in pieces:
            last = first + len(piece)
            yield key_of(piece), first, last, False, len(piece) >= _LEAST_PIECE
            first = last


def _pieces(word: str, *, is_tag: bool) -> Iterator[str]:
    if not word[0].isalpha():
        return
    start = 0
    for i in range(1, len(word)):
        before, after = word[i - 1], word[i]
        if (before.islower() and after.isupper()) or before.isdigit() != after.isdigit():
            yield word[start:i]
            start = i
    if start or not (is_tag and word.isascii() and word.isalpha()):
        yield word[start:]
        return
    yield from split(word).split()


def _put_together(text: str) -> Iterator[_Read]:
    """Read c-h-e-a-p and ch*eap as one word."""
    for found in _APART.finditer(text):
        is_spelled, is_glued = found["spelled"] is not None, found["glued"] is not None
        letters = _BETWEEN.sub("", _unmarked(found[0])) if is_spelled or is_glued else found[0]
        yield key_of(letters), *found.span(), is_spelled, True


def _unmarked(text: str) -> str:
    """Compose letters and their marks, which are no separators."""
    return "".join(
        sign for sign in unicodedata.normalize("NFC", text) if not unicodedata.combining(sign)
    )
