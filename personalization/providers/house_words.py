"""The words that a brand and a brief ask for or rule out: where a text says them.

What is ruled out is found in any inflection of the text's language, and what has to be said counts
word for word only; so a doubt is on the strict side both times.  Whole words are compared, whatever
their case, their quotes, the width of their letters or signs that hide in them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from personalization.providers.house_reading import (
    reading_with_signs,
    readings,
    shown,
    tokens,
    with_signs,
)
from personalization.providers.inflections import bases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalization.domain import BrandProfile, Brief
    from personalization.providers.house_reading import Reading, Token

FORBIDDEN: Final = "brand.forbidden"
VOCABULARY: Final = "brand.vocabulary"
MUST_SAY: Final = "brief.must_say"
MUST_NOT_SAY: Final = "brief.must_not_say"

SAYING: Final = ("subject", "preheader", "body", "call_to_action")
"""Fields in which what has to be said counts; the footer is small print of the sender's own."""

_BREAK: Final = re.compile(r"[.!?…;:]|\n\s*\n")
_NEAR: Final = re.compile(r"[^\S\n]*[-\n]?[^\S\n]*")
_END: Final = re.compile(r"[.!?…](?=[\s\"')\]’”])|\n\s*\n|\ufffc")
_TAG: Final = re.compile(r"\{\{[^{}]*\}\}")
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,9}[a-z]{2,}/\S*",
    re.IGNORECASE,
)
_OUT: Final = "\ufffc"  # stands where a customer's own value or an address was
_NOT: Final = frozenset((
    "no", "not", "never", "without", "nor", "neither", "cannot", "non",
    "kein", "keine", "keinen", "keinem", "keiner", "keines", "nicht", "nie", "niemals", "ohne",
    "pas", "jamais", "sans", "aucun", "aucune", "ne", "ni", "sin", "nunca", "jamás", "ningún",
    "ninguna",
))  # fmt: skip
_BY_THE_WAY: Final = frozenset((
    "any", "the", "a", "an", "our", "your", "these", "those", "other", "more", "such",
    "der", "die", "das", "den", "dem", "ein", "eine", "unsere",
    "de", "des", "du", "la", "le", "les", "el", "los", "las",
))  # fmt: skip


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


def lacking(must_say: Iterable[str], fields: Iterable[tuple[str, str]]) -> list[str]:
    """Return what has to be said and a message does not say, in its order.

    Args:
        must_say: As the brief has it.
        fields: Names and texts of the message; those count that are in SAYING.
    """
    read = tuple(text for name, text in fields if name in SAYING)
    return [term for term in must_say if not any(says(term, text) for text in read)]


def says(term: str, text: str) -> bool:
    """Tell whether a text says a term word for word; case, spaces and commas do not matter.

    What only some readers see does not count: neither what stands in a merge tag nor in an
    address.  The words have to stand in one sentence, and no "no" right before them.

    Example:
        >>> says("Ends on 18 December", "Our offer ends on 18 December.")
        True
        >>> says("Terms apply", "No terms apply."), says("15 % off", "15 off")
        (False, False)
    """
    term, text = shown(term), shown(text)
    read = _for_everybody(text, term)
    wanted = tokens(term)
    if not wanted:
        return _plain(term) in _plain(read)
    said = tokens(read)
    keys, breaks = [key for key, *_ in wanted], _ends(term, wanted)
    for i in range(len(said) - len(keys) + 1):
        words = said[i : i + len(keys)]
        if (
            [key for key, *_ in words] == keys
            and not any(e and not b for e, b in zip(_ends(read, words), breaks, strict=True))
            and not _is_denied(read, said[: i + 1])
        ):
            return True
    return False


def _for_everybody(text: str, term: str) -> str:
    """Return what every reader sees of a text: without merge tags, without addresses.

    A term that holds such a thing itself is looked for in the text as it stands.
    """
    for pattern in (_TAG, _ADDRESS):
        if not pattern.search(term):
            text = pattern.sub(_OUT, text)
    return text


def _ends(text: str, words: Sequence[Token]) -> list[bool]:
    """Tell for each pair of neighbours whether a sentence ends between them."""
    return [bool(_END.search(text, one[2], next_[1] + 1)) for one, next_ in pairwise(words)]


def _is_denied(text: str, before: Sequence[Token]) -> bool:
    """Tell whether the last of these words follows a "no", but for an article between them."""
    for one, next_ in reversed(list(pairwise(before[-3:]))):
        if not _NEAR.fullmatch(text, one[2], next_[1]):
            return False
        if one[0] in _NOT or one[0].endswith("n't"):
            return True
        if one[0] not in _BY_THE_WAY:
            return False
    return False


def places(term: str, text: str, locale: str = "en-GB") -> list[tuple[int, int]]:
    """Return start and end of every place where a text says a term, in any inflection.

    The words of a term have to follow one another within a sentence; a hyphen counts as a space.
    Words that were run together, letters that were written apart and hidden signs disguise nothing.

    Example:
        >>> places("last chance", "Last chances! No last. Chance")
        [(0, 12)]
        >>> places("cheap", "So c-h-e-a-p, a chapter of CheapDeals")
        [(3, 12), (27, 32)]
    """
    language = locale[:2].lower()
    keys = tokens(shown(term))
    if not keys:
        return _signs(term, text)
    ways = readings(text, language)
    if _has_per_cent(keys):
        keys, ways = with_signs(keys), (*ways, reading_with_signs(text, language))
    wanted = [bases(key, language) for key, *_ in keys]
    found = {span for way in ways for span in _in_words(wanted, way, text)}
    found |= {span for way in ways for span in _run_together(term, keys, way, language)}
    return sorted(found)


def _has_per_cent(keys: Sequence[Token]) -> bool:
    """Tell whether a term holds a figure with its per cent, in sign or words."""
    return any(
        one[0][:1].isdigit() and next_[0] == "%" for one, next_ in pairwise(with_signs(tuple(keys)))
    )


def _in_words(
    wanted: Sequence[frozenset[str]], way: Reading, text: str
) -> Iterator[tuple[int, int]]:
    starts = sorted({i for base in wanted[0] for i in way.index.get(base, ())})
    for words in (way.words[i : i + len(wanted)] for i in starts):
        if (
            len(words) == len(wanted)
            and (len(words) > 1 or words[0].is_alone)
            and not any(base.isdisjoint(w.bases) for base, w in zip(wanted, words, strict=True))
            and not any(_parted(text, one.end, next_.start) for one, next_ in pairwise(words))
        ):
            yield words[0].start, words[-1].end


def _parted(text: str, end: int, start: int) -> bool:
    """Tell whether a sentence ends between two words; what goes on in small letters goes on."""
    between = text[end:start]
    goes_on = text[start].islower() and not between.strip(" .…\t\n")
    return bool(_BREAK.search(between)) and not goes_on


def _run_together(
    term: str, keys: Sequence[Token], way: Reading, language: str
) -> Iterator[tuple[int, int]]:
    """Find a term of several words that were written as one, and one within letters set apart."""
    whole = "".join(key for key, *_ in keys)
    if len(keys) > 1 and whole.isalpha() and not _JOINED.search(term.strip()):
        numbers = {i for base in bases(whole, language) for i in way.index.get(base, ())}
        yield from ((way.words[i].start, way.words[i].end) for i in sorted(numbers))
    if len(whole) >= _SURE:
        yield from ((word.start, word.end) for word in way.spelled if whole in word.key)


_JOINED: Final = re.compile(r"[^\w\s]")
_SURE: Final = 4
"""Letters from which on a term is found within others that were written one by one."""


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


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
