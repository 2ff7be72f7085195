"""Reports in other words: claims about the past, held to a long text that tells it differently.

An approved statement is short and quotable, so a message is held to its very wording.  A report
has no wording to be held to: whoever sums up pages writes new words.  There rules without weights
decide: its figures and names stand in the text, it does not deny what the text says, and not too
many of its words are new.  Which of the two a claim is follows from its own words, and from whether
its sources tell of the past or sell; messages of a campaign are never judged as reports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.generation import wording
from personalization.generation.bearing_out import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.generation.evidence import Source

_SHORTEST: Final = 10  # words of a claim that sums something up
_TEXT: Final = 40  # words of evidence from which it is a text and no statement

_ADDRESSES: Final = re.compile(r"\b(?:you|your|yours|we|our|ours|us)\b", re.IGNORECASE)
_SELLS: Final = re.compile(
    r"\b(?:free(?! (?:agent|kick|transfer|speech|trade))|guarante\w*|warrant(?:y|ies)"
    r"|sav(?:e|es|ings?)|discount\w*|refund\w*|half[- ]price|bargain\w*|deliver(?:y|ies)"
    r"|vouchers?|coupons?|customers?|offers?|%|trusted|rated|than any\w*)(?!\w)",
    re.IGNORECASE,
)
_OFFERS: Final = re.compile(
    r"\b(?:free(?! (?:agent|kick|transfer|speech|trade))|guarante\w*|warrant(?:y|ies)|save"
    r"|discount\w*|refund\w*|half[- ]price|bargain\w*|vouchers?|coupons?|trusted|than any\w*)(?!\w)"
    r"|% (?:off|on|discount|cashback)\b",
    re.IGNORECASE,
)
_YOURS: Final = re.compile(r"\b(?:you|your|yours|our|ours)\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"“][^\"”]*[\"”]")
_PAST: Final = (
    r"was|were|had|did|became|began|won|said|told|took|went|came|gave|led|left|held|wrote"
    r"|found|saw|met|ran|grew|died|born|spent|lost|built|brought|bought|taught|kept|stood|spoke"
    r"|sang|sent|drew|fought|he|she|his|her|him|1[5-9]\d\d"
)
_HAPPENED: Final = re.compile(rf"\b(?:{_PAST})\b", re.IGNORECASE)
_TELLS: Final = re.compile(rf"\b(?:{_PAST}|20\d\d)\b", re.IGNORECASE)
_YEAR: Final = re.compile(r"\b20\d\d")
_DEADLINE: Final = re.compile(  # or the number of a standard: no year in which something happened
    r"\b(?:until|till|by|before|from|to|BS|ISO|EN|DIN)\s+(?:the end of\s+)?(?:\d{1,2}\s+)?"
    r"(?:[a-z]\w+\s+)?(?:\d{1,2},\s+)?(?:1[5-9]|20)\d\d",
    re.IGNORECASE,
)
_TELLS_ED: Final = re.compile(r"(?<!^)\b[a-z]{3,}ed\b(?! by)")
_VERB_IN_ED: Final = re.compile(  # "the padded kneeler" tells nothing
    r"(?<!^)(?<!\ba )(?<!\ban )(?<!\bthe )(?<!\bin )(?<!\bof )(?<!-)\b[a-z]{3,}ed\b(?! by)",
    re.IGNORECASE,
)
_IS_NOW: Final = re.compile(r"\b(?:is|are|has|have|can|will|comes?|costs?|holds?)\b", re.IGNORECASE)

_MOST_NEW: Final = 0.6  # of a claim's words; chosen on the development half of WiCE
_ALIKE: Final = 0.75  # of a claim's words, from which a passage says the same but for a denial
_MOST_SOLD: Final = 0.01  # words of a shop for each word, beyond those that tell
_MANY_NAMES: Final = 2  # from which a sentence speaks of people and places
_ROUND: Final = 3  # sentences in a row
_OF_A_PLACE: Final = re.compile(r"(?:ian|an|ese|ish)s?$")
_ROOT: Final = 4  # letters that tell one place from another
_PARTS: Final = re.compile(r"[-–&]")
_WORD: Final = re.compile(r"[\w’']+")
_GENITIVE: Final = re.compile(r"['’]s?$")


def is_report(text: str, sources: Sequence[Source]) -> bool:
    """Tell whether a claim reports something, from a text that is longer than a statement.

    It addresses nobody and makes no offer; titles in quotation marks do not count.  Where its
    sources tell of the past at least as much as they sell, that is enough.  Else it may hold no
    word of a shop at all, and speaks of the past itself, or of a year or several names that
    sources which hardly sell have told of.

    Example:
        >>> is_report("You save 20% until the third of May, and delivery is free too.", [])
        False
    """
    plain, told = _QUOTED.sub(" ", text), " ".join(s.statement.text for s in sources)
    n_words = len(told.split())
    if n_words < _TEXT or _ADDRESSES.search(plain):
        return False
    n_told = len(_TELLS.findall(_DEADLINE.sub(" ", told)))
    n_sold = len(_SELLS.findall(told)) + len(_YOURS.findall(told))
    if n_told and n_told >= n_sold:
        return not _OFFERS.search(plain)
    if len(text.split()) < _SHORTEST or _SELLS.search(plain):
        return False
    hardly_sells = n_told > 0 and n_sold - n_told < n_words * _MOST_SOLD
    return _happened(text) or (hardly_sells and _has_year_or_names(text))


def _happened(text: str) -> bool:
    in_ed = _VERB_IN_ED.search(text) and not _IS_NOW.search(text)
    return bool(_HAPPENED.search(_DEADLINE.sub(" ", text)) or in_ed)


def _has_year_or_names(text: str) -> bool:
    names = [n for n in wording.entities(text) if n.casefold() not in wording.CALENDAR]
    return bool(_YEAR.search(_DEADLINE.sub(" ", text))) or len(names) >= _MANY_NAMES


def tells_past(text: str) -> bool:
    """Tell whether a sentence speaks of the past: "began", "in 1991", or a verb in -ed."""
    in_ed = _TELLS_ED.search(text) and not _IS_NOW.search(text)
    return bool(_TELLS.search(text) or in_ed)


def judge_report(text: str, sources: Sequence[Source], language: str) -> tuple[Decision, str]:
    """Judge a report by all of its sources together; in words where it does not hold.

    A figure or a name that the sources do not have blocks, and so does a denial of what the
    passage nearest to the claim says in the same words.  Where most words are new, a person reads
    it.
    """
    told = " ".join(s.statement.text for s in sources)
    wrong = sorted(numbers(text) - numbers(told))
    new_names = _new_names(text, told, language)
    stems = wording.content_stems(text, language)
    is_turned = _is_turned(text, stems, sources)
    if wrong or new_names or is_turned:
        return Decision.BLOCK, _reason([*wrong, *new_names])
    known = frozenset().union(*(s.stems for s in sources))
    if 1 - wording.shares(stems, known) > _MOST_NEW:
        return Decision.REVIEW, "The text says too little of this."
    return Decision.PASS, "Told in other words; figures and names agree with the text."


def _reason(missing: list[str]) -> str:
    if missing:
        return f"The text does not have: {', '.join(missing)}."
    return "The text says the opposite, or not the same."


def _new_names(text: str, told: str, language: str) -> list[str]:
    """Return the names of a claim that its text has in no inflection.

    What opens a sentence has its capital from there, so it is a name where it recurs inside one.
    """
    inside = set(wording.entities(text))
    stems = {wording.stem(_plain(word), language) for word in _WORD.findall(told)}
    names = {_plain(word) for word in wording.capitalised(told)}
    return sorted(
        name
        for name in inside.intersection(wording.capitalised(text))
        if not wording.is_acronym(name, told)
        and not all(
            wording.stem(part, language) in stems or _is_of_a_place(part, names)
            for part in _PARTS.split(_plain(name))
            if part
        )
    )


def _plain(word: str) -> str:
    return _GENITIVE.sub("", word.casefold())


def _place(word: str) -> str:
    """Return what "Canadian" has in common with Canada; empty where it is no such word."""
    root = _OF_A_PLACE.sub("", word)
    return root if root != word and len(root) >= _ROOT else ""


def _is_of_a_place(name: str, known: set[str]) -> bool:
    """Tell whether a text names the place of "Canadian", or for Canada what is of it."""
    root = _place(name)
    return any(
        (bool(root) and other.startswith(root))
        or (bool(its := _place(other)) and name.startswith(its))
        for other in known
    )


def _is_turned(text: str, stems: list[str], sources: Sequence[Source]) -> bool:
    """Tell whether a claim denies, and three sentences in a row say the same without a denial."""
    if not wording.is_negated(text):
        return False
    told = [sentence for source in sources for sentence in source.sentences]
    rounds = [told[n : n + _ROUND] for n in range(max(1, len(told) - _ROUND + 1))]
    shared, near = max(
        ((wording.shares(stems, frozenset().union(*(s.stems for s in found))), found)
         for found in rounds),
        key=lambda pair: pair[0],
    )  # fmt: skip
    return shared >= _ALIKE and not any(wording.is_negated(s.text) for s in near)
