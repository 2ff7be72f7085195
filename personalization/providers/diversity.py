"""Choosing a few candidates that are good and unlike each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import product_tags
from personalization.statistics.variety import ngrams, trigram_overlap, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Message
    from personalization.providers.protocols import Draft

MOST_ALIKE: Final = 0.45
"""Trigram overlap from which two messages are the same one in other clothes."""

MOST_ALIKE_ELSEWHERE: Final = 0.5
"""Likewise for messages to another segment, which nobody reads side by side."""

_BALANCE: Final = 0.55  # of relevance against difference
_SAME: Final = {"plan": 0.25, "tone": 0.25, "topic": 0.3, "length": 0.1}
_SAME_SOURCES: Final = 0.5  # for two messages that say the same things, in whatever words


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft without an arm yet, and how well it fits segment and brief, in [0, 1]."""

    draft: Draft
    fit: float


def select(
    candidates: Sequence[Candidate], n_wanted: int, avoid: Sequence[Message]
) -> list[Candidate]:
    """Choose up to ``n_wanted`` by maximal marginal relevance; no two share a subject.

    Fewer come back where the rest is too like what was chosen, or like ``avoid``.

    References:
        Carbonell and Goldstein (1998), The Use of MMR, Diversity-Based Reranking.
    """
    chosen: list[Candidate] = []
    left = list(candidates)
    while left and len(chosen) < n_wanted:
        taken = [*avoid, *(c.draft.message for c in chosen)]
        left = [c for c in left if is_distinct(c.draft.message, taken)]
        scored = [
            (_BALANCE * c.fit - (1 - _BALANCE) * _likeness(c, chosen, taken), -number)
            for number, c in enumerate(left)
        ]
        if scored:
            chosen.append(left[-max(scored)[1]])
    return chosen


def unlike(candidates: Sequence[Candidate], elsewhere: Sequence[Message]) -> list[Candidate]:
    """Return the candidates that are no near copies of messages to other segments."""
    known = [set(ngrams(words_of(wording_of(message)), 3)) for message in elsewhere]
    kept = []
    for candidate in candidates:
        own = set(ngrams(words_of(wording_of(candidate.draft.message)), 3))
        if all(len(own & o) <= MOST_ALIKE_ELSEWHERE * len(own | o) for o in known):
            kept.append(candidate)
    return kept


def wording_of(message: Message) -> str:
    """Return the body without the tags of products: each reader has other words there."""
    body = message.body
    for tag in product_tags(body) if "{{product_" in body else ():
        body = body.replace(tag.token, "")
    return body


def is_distinct(message: Message, others: Sequence[Message]) -> bool:
    """Tell whether a message has a subject and a text of its own."""
    return all(
        message.subject.casefold() != other.subject.casefold()
        and trigram_overlap(wording_of(message), wording_of(other)) <= MOST_ALIKE
        for other in others
    )


def _likeness(candidate: Candidate, chosen: Sequence[Candidate], taken: Sequence[Message]) -> float:
    own = dict(candidate.draft.attributes)
    sources = _sources(candidate.draft)
    same = [
        sum(weight for name, weight in _SAME.items() if own[name] == dict(c.draft.attributes)[name])
        + _SAME_SOURCES * len(sources & _sources(c.draft)) / len(sources | _sources(c.draft))
        for c in chosen
    ]
    body = wording_of(candidate.draft.message)
    texts = [trigram_overlap(body, wording_of(other)) for other in taken]
    return max(same, default=0.0) + max(texts, default=0.0)


def _sources(draft: Draft) -> set[str]:
    return {(claim.statement_id or "").partition("@")[0] for claim in draft.claims} | {""}
