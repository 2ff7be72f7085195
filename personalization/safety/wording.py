"""How a message sounds: spam, capitals, exclamation marks, subjects that mislead."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.safety.needles import matches
from personalization.safety.reading import Hit, blanked, pattern_hits, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_VOWEL: Final = re.compile(r"[AEIOUYÀ-ÖØ-Ý]")
_SHORT: Final = 3
_RUN: Final = 3
_MARK: Final = re.compile(r"!")


def deceptive_subject(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find subjects that pretend to be an answer, a warning or a bill."""
    return pattern_hits(text, rule)


def spam(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Add up the weights of spam phrases: from the rule's limit on a review, below a warning."""
    found = [
        (match.span(), weight)
        for pattern, weight in rule.weighted
        for match in matches((pattern,), text)
    ]
    if not found:
        return
    total = sum(weight for _, weight in found)
    action = rule.action if total >= rule.limit else Decision.WARN
    start, end = min(span for span, _ in found)
    phrases = ", ".join(f"'{text[a:b]}'" for (a, b), _ in sorted(found))
    yield Hit(start, end, f"Weight {total} of {rule.limit}: {phrases}.", action)


def shouting(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a run of words in capitals, a field all in capitals, or too many such words."""
    own = _own_names(context.sender_name, context.sender_address)
    words = list(_WORD.finditer(blanked(text, spans_of(own, text))))
    capital = [w[0].isupper() and len(w[0]) > 1 for w in words]
    loud = [is_loud(w[0], rule) for w in words]
    runs = _runs(text, words, capital)
    worst = max(runs, key=lambda run: sum(loud[run[0] : run[1]]), default=(0, 0))
    n_in_run = sum(loud[worst[0] : worst[1]])
    is_run = worst[1] - worst[0] >= _RUN and n_in_run >= _RUN - 1
    is_whole = len(words) > 1 and all(capital) and sum(loud) > 1
    if is_run or is_whole or sum(loud) >= rule.limit:
        first, last = worst if is_run else (loud.index(True), len(loud) - loud[::-1].index(True))
        yield Hit(words[first].start(), words[last - 1].end())


@lru_cache(maxsize=16)
def _own_names(name: str, address: str) -> tuple[re.Pattern[str], ...]:
    """Return name and parts of the address of the sender, however they are joined."""
    worded = [re.findall(r"\w+", part) for part in (name, *address.split(","))]
    joint = r"(?:\s*&\s*|\s+and\s+|\W+)"
    return tuple(re.compile(joint.join(words), re.IGNORECASE) for words in worded if words)


def is_loud(word: str, rule: Rule) -> bool:
    """Tell whether a word in capitals is a word, and not an abbreviation or a name."""
    if not word.isupper() or word in rule.names:
        return False
    if len(word) <= _SHORT:
        return word in rule.words and len(word) > 1
    return bool(_VOWEL.search(word))


def _runs(text: str, words: list[re.Match[str]], capital: list[bool]) -> list[tuple[int, int]]:
    """Return first and last+1 of each run of capital words with no stop or bullet inside."""
    edges = [0]
    for number, (left, right) in enumerate(pairwise(words), start=1):
        between = text[left.end() : right.start()]
        if capital[number] != capital[number - 1] or any(sign in between for sign in ".;:•·|\n"):
            edges.append(number)
    edges.append(len(words))
    return [(a, b) for a, b in pairwise(edges) if a < b and capital[a]]


def exclamation(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find piled-up marks, or more exclamation marks in one field than the limit."""
    hits = list(pattern_hits(text, rule))
    yield from hits
    marks = list(_MARK.finditer(text))
    if not hits and len(marks) > rule.limit:
        yield Hit(marks[-1].start(), marks[-1].end(), f"There are {len(marks)}.")
