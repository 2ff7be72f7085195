"""A job title as its parts: normalised, parted where one job ends, each word looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import Final

from personalization.outreach.title_words import (
    LONGEST,
    Word,
    fold,
    forms_of,
    lexicon,
    title_vocabulary,
    words_of,
)

STRONG: Final = "|"
"""Stands for every sign that parts two jobs for certain; weak ones are "," "/" and "&"."""

_STRONG_SIGNS: Final = re.compile(
    r"\s*(?:[|•·;!?\n\t>→»›‖]+|//|(?<=[a-z]{6})\.(?=\s)|\s[-–—~]+\s|[–—]|:\s)\s*"
)
_WEAK_SIGNS: Final = re.compile(
    r"\s*(,|/|&|\+|\b(?:and|und|et|og|och|sowie|e|y|i|oraz|ja|ve|и)\b(?=\s))\s*"
)
_DUTCH_AND: Final = re.compile(r"\ben\b(?=\s)")  # elsewhere "en" is "in"
_ANDS: Final = (" and ", " und ", " et ", " e ", " y ", " i ", " en ", " och ")
_RETIRED: Final = re.compile(r"\ba\.\s?d\.|\bi\.\s?r\.(?=\s|$)")
_ACTING: Final = re.compile(r"\ba\.\s?i\.|\bp\.\s?o\.|\bad interim\b")
_INITIALS: Final = re.compile(r"\b(?:\w\.){2,}")
_PAIRS: Final = re.compile(r"\b([a-z]{1,2})\s?&\s?([a-z])\b(?!\w)")
_JOINED: Final = re.compile(r"\b([ey])-(\w)")
_AT: Final = re.compile(r"@\s*[^|,;/•·>–—]*")
_ADDRESS: Final = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_POSSESSIVE: Final = re.compile(r"'s\b")
_TOKEN: Final = re.compile(r"[^\W_]+")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9f]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a title that may be a job by itself.

    Attributes:
        sign: What parts it from the segment before; '' for the first.
        words: What was recognised, in order.
        unknown: Words that say nothing known.
    """

    sign: str
    words: tuple[Word, ...]
    unknown: tuple[str, ...]


def has_cjk(title: str) -> bool:
    """Tell whether a title has Japanese, Chinese or Korean letters."""
    return bool(_CJK.search(title))


def segments_of(title: str, country: str = "") -> list[Segment]:
    """Part a title into segments and look all its words up.

    Args:
        title: As the file has it.
        country: ISO code; short forms such as ``GF`` or ``PDG`` mean something in some only.
    """
    text = _POSSESSIVE.sub(" ", fold(_ADDRESS.sub(" ", title)))
    text = _RETIRED.sub(" retired ", _ACTING.sub(" interim ", text))
    text = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = _PAIRS.sub(_pair, _JOINED.sub(r"\1\2", text))
    text = _AT.sub(" ", _without_genders(text))
    text = text.replace("(", ", ").replace(")", " ").replace("[", ", ").replace("]", " ")
    if country in {"NL", "BE"}:
        text = _DUTCH_AND.sub("&", text)
    for phrase in _phrases_with_and():
        if phrase in text:
            text = text.replace(phrase, phrase.replace(" ", "_"))
    found: list[Segment] = []
    for part in _STRONG_SIGNS.split(text):
        sign = STRONG if found else ""
        pieces = _WEAK_SIGNS.split(part)
        for place in range(0, len(pieces), 2):
            if place:
                sign = pieces[place - 1] if pieces[place - 1] in ",/" else "&"
            if tokens := _TOKEN.findall(pieces[place]):
                found.append(_segment(sign if found else "", tokens, country))
    return found


@cache
def _phrases_with_and() -> tuple[str, ...]:
    """List the phrases that no "and" in them parts: they are one department or one job."""
    return tuple(phrase for phrase in lexicon() if any(word in phrase for word in _ANDS))


def _pair(found: re.Match[str]) -> str:
    """Write R&D as one word, unless the letters are two jobs of their own."""
    joined = f"{found[1]}n{found[2]}"
    return joined if joined in lexicon() else found[0]


_GENDER_ENDS: Final = re.compile(
    r"(?<=[a-z]{3})(?:[/*:_·]-?|\()(?:in|innen|e|a|r|euse|trice|rice|ere|ne|ka|frau|o|os|as)\b\)?"
)
_GENDER_MARKS: Final = re.compile(
    r"\(?\b[mwfdxvhk]\s?[/|*]\s?[mwfdxvhk](?:\s?[/|*]\s?[mwfdxvhk])?\b\)?|\(all genders\)|\(gn\)"
)


def _without_genders(text: str) -> str:
    return _GENDER_ENDS.sub("", _GENDER_MARKS.sub(" ", text))


def _segment(sign: str, tokens: list[str], country: str) -> Segment:
    known, national = lexicon(), title_vocabulary()["national"].get(country, {})
    short = title_vocabulary()["short"]
    tokens = [token if token in national else short.get(token, token) for token in tokens]
    words: list[Word] = []
    unknown: list[str] = []
    place = 0
    while place < len(tokens):
        size, found = _longest(tokens, place)
        if size == 1 and tokens[place] in national and national[tokens[place]] in known:
            found = known[national[tokens[place]]]
        if found is None and (parts := words_of(tokens[place])):
            words += parts
        elif found is not None:
            words.append(found)
        else:
            unknown.append(tokens[place])
        if words and words[-1].kind == "company" and len(words) > 1:
            words.pop()
            break
        place += size
    return Segment(sign, tuple(words), tuple(unknown))


def _longest(tokens: list[str], place: int) -> tuple[int, Word | None]:
    known = lexicon()
    for size in range(min(LONGEST, len(tokens) - place), 1, -1):
        if found := known.get(" ".join(tokens[place : place + size])):
            return size, found
    for size in range(min(3, len(tokens) - place), 1, -1):
        if found := _phrase_of(tuple(tokens[place : place + size])):
            return size, found
    return 1, known.get(tokens[place])


@lru_cache(maxsize=50_000)
def _phrase_of(tokens: tuple[str, ...]) -> Word | None:
    """Find a phrase in whatever forms its words stand: ingénieure commerciale."""
    known = lexicon()
    if not any(form in _first_words() for form in forms_of(tokens[0])):
        return None
    spelt = (" ".join(forms) for forms in product(*map(forms_of, tokens)))
    return next((known[phrase] for phrase in spelt if phrase in known), None)


@cache
def _first_words() -> frozenset[str]:
    return frozenset(phrase.split(maxsplit=1)[0] for phrase in lexicon() if " " in phrase)
