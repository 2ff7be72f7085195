"""Reports in other words: claims about the past, held to a long text that tells it differently.

An approved statement is short and quotable, so a message is held to its very wording.  A report
has no wording to be held to: whoever sums up pages writes new words.  There the figures and the
names decide, and how much of the claim stands close together in the text.  Which of the two a
claim is follows from its own words; messages of a campaign are never judged as reports.
"""

from __future__ import annotations

import re
from itertools import pairwise
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
_TELLS: Final = re.compile(
    r"\b(?:was|were|had|did|became|began|won|said|told|took|went|came|gave|led|left|held|wrote"
    r"|found|saw|met|ran|grew|died|born|spent|lost|built|brought|bought|taught|kept|stood|spoke"
    r"|sang|sent|drew|fought|he|she|his|her|him|(?:1[5-9]|20)\d\d)\b",
    re.IGNORECASE,
)
_TELLS_ED: Final = re.compile(r"(?<!^)\b[a-z]{3,}ed\b(?! by)")
_IS_NOW: Final = re.compile(r"\b(?:is|are|has|have|can|will|comes?|costs?|holds?)\b", re.IGNORECASE)

# Fitted on the development half of WiCE (its three forms of evidence) by logistic regression over
# these, then rounded; ``tests/benchmarks/grounding.py`` prints what they come to.
_IN_PLACE: Final = 2.3  # times the share of the claim's words within three sentences in a row
_IN_PAIRS: Final = 1.1  # times the share of neighbouring words that share a sentence
_NEW_NAME: Final = 0.6  # each
_MOST_NAMES: Final = 4
_NEW_ABSOLUTE: Final = 0.8
_NEEDED: Final = 0.3
_MANY_NAMES: Final = 2  # from which a sentence speaks of people and places
_ROUND: Final = 3  # sentences in a row


def is_report(text: str, sources: Sequence[Source]) -> bool:
    """Tell whether a claim reports what happened, from a text that is longer than a statement.

    It addresses nobody, sells nothing, and speaks of the past or of several names.

    Example:
        >>> is_report("You save 20% until the third of May, and delivery is free too.", [])
        False
    """
    if len(text.split()) < _SHORTEST or _ADDRESSES.search(text) or _SELLS.search(text):
        return False
    if sum(len(s.statement.text.split()) for s in sources) < _TEXT:
        return False
    names = [n for n in wording.entities(text) if n.casefold() not in wording.CALENDAR]
    return tells_past(text) or len(names) >= _MANY_NAMES


def tells_past(text: str) -> bool:
    """Tell whether a sentence speaks of the past: "began", "in 1991", or a verb in -ed."""
    in_ed = _TELLS_ED.search(text) and not _IS_NOW.search(text)
    return bool(_TELLS.search(text) or in_ed)


def judge_report(text: str, sources: Sequence[Source], language: str) -> tuple[Decision, str]:
    """Judge a report by all of its sources together; in words where it does not hold.

    A figure that the sources do not have blocks, and a denial of theirs never passes.  A name or
    an absolute that they do not have weighs against what they share, and the claim passes where
    that outweighs it; else a new name blocks, and a person reads the rest.
    """
    told = " ".join(s.statement.text for s in sources)
    wrong = sorted(numbers(text) - numbers(told))
    new_names = _new_names(text, told, language)
    absolutes = [a for a in wording.absolutes(text) if not wording.says(told, a, language)]
    rounds = _rounds(sources)
    stems = wording.content_stems(text, language)
    in_place, best = max(
        ((wording.shares(stems, known), position) for position, known in enumerate(rounds)),
        key=lambda found: (found[0], -found[1]),
        default=(0.0, 0),
    )
    score = (
        _IN_PLACE * in_place
        + _IN_PAIRS * _in_pairs(stems, sources)
        - _NEW_NAME * min(len(new_names), _MOST_NAMES)
        - _NEW_ABSOLUTE * bool(absolutes)
        - _NEEDED
    )
    is_turned = _is_turned(text, sources, best)
    if score >= 0 and not wrong and not is_turned:
        return Decision.PASS, "Told in other words; figures and names agree with the text."
    decision = Decision.BLOCK if wrong or new_names or is_turned else Decision.REVIEW
    return decision, _reason([*wrong, *new_names, *absolutes], is_turned=is_turned)


def _reason(missing: list[str], *, is_turned: bool) -> str:
    if is_turned and not missing:
        return "The text says the opposite, or not the same."
    if missing:
        return f"The text does not have: {', '.join(missing)}."
    return "The text says too little of this."


def _new_names(text: str, told: str, language: str) -> list[str]:
    folded = told.casefold()
    return sorted(
        name
        for name in set(wording.capitalised(text))
        if name.casefold() not in folded
        and wording.stem(name, language) not in folded
        and not wording.is_acronym(name, told)
    )


def _sentences(sources: Sequence[Source]) -> list[tuple[str, frozenset[str]]]:
    return [(s.text, s.stems) for source in sources for s in source.sentences]


def _rounds(sources: Sequence[Source]) -> list[frozenset[str]]:
    """Return the words of each three sentences in a row."""
    stems = [known for _, known in _sentences(sources)]
    return [
        frozenset().union(*stems[n : n + _ROUND]) for n in range(max(1, len(stems) - _ROUND + 1))
    ]


def _in_pairs(stems: list[str], sources: Sequence[Source]) -> float:
    pairs = list(pairwise(stems))
    known = [found for _, found in _sentences(sources)]
    n = sum(any(a in found and b in found for found in known) for a, b in pairs)
    return n / len(pairs) if pairs else 0.0


def _is_turned(text: str, sources: Sequence[Source], best: int) -> bool:
    """Tell whether one of claim and passage denies, and the other does not."""
    near = " ".join(words for words, _ in _sentences(sources)[best : best + _ROUND])
    return wording.is_negated(text) and not wording.is_negated(near)
