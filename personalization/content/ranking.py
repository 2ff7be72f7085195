"""Ranking: by words and by meaning, fused into one list in which every hit says why it is there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.content.words import index_words, rank_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FUSION_K: Final = 60
"""The constant of the paper; on four public sets 10 did as well, so it is not worth tuning."""

LONGEST_LIST: Final = 100
"""Ranks that each list is read to; longer lists gave the same result."""

_WORDS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class ByMeaning:
    """The ranking by vectors.

    Attributes:
        order: Keys, nearest first; empty where there is no such ranking.
        trouble: Why there is none, in words; empty where there is one.
    """

    order: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One hit.

    Attributes:
        key: What was found.
        score: Fused score; higher is better, only comparable within one query.
        bm25_rank: Place in the ranking by words, from 1; None where it is not in it.
        dense_rank: Place in the ranking by meaning, likewise.
        why: Why it was found, for a reader.
    """

    key: str
    score: float
    bm25_rank: int | None
    dense_rank: int | None
    why: str


def rank(
    query: str,
    texts: Mapping[str, str],
    meaning: ByMeaning,
    *,
    k: int = FUSION_K,
    language: str = "en",
    preferred: Sequence[str] = (),
) -> list[Ranked]:
    """Rank ``texts`` for ``query`` by words and by meaning together, best first.

    Args:
        query: Plain words.
        texts: What may be found, by key; nothing else is ever returned.
        meaning: The ranking by vectors; keys that are not in ``texts`` are left out of it.
        k: Constant of the fusion.
        language: Two letters, for stems and stop words.
        preferred: Keys that, once found, share the first place of a third list, such as what was
            written for the very segment that is asked for.
    """
    keys = sorted(texts)
    hits = rank_words(index_words([texts[key] for key in keys], language), query, LONGEST_LIST)
    by_words = [keys[hit.number] for hit in hits]
    by_meaning = [key for key in meaning.order if key in texts][:LONGEST_LIST]
    matched = {keys[hit.number]: hit.words[:_WORDS_SHOWN] for hit in hits}
    found = {*by_words, *by_meaning}
    lists = [by_words, by_meaning, *([key] for key in preferred if key in found)]
    places = [{key: place for place, key in enumerate(keys, 1)} for keys in lists[:2]]
    return [
        Ranked(
            key, score, places[0].get(key), places[1].get(key),
            _why(matched.get(key, ()), places[1].get(key), meaning.trouble),
        )
        for key, score in fuse(lists, k)
    ]  # fmt: skip


def fuse(rankings: Sequence[Sequence[str]], k: int = FUSION_K) -> list[tuple[str, float]]:
    """Fuse rankings by the sum of 1 / (k + place), best first, equals by their key.

    References:
        Cormack, Clarke and Büttcher (2009), Reciprocal Rank Fusion outperforms Condorcet and
        individual Rank Learning Methods.

    Example:
        >>> [key for key, _ in fuse([["a", "b"], ["b", "c"]])]
        ['b', 'a', 'c']
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for place, key in enumerate(ranking, 1):
            scores[key] += 1 / (k + place)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def ordinal(number: int) -> str:
    """Write a place as people say it.

    Example:
        >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 21, 112)]
        ['1st', '2nd', '3rd', '4th', '11th', '21st', '112th']
    """
    teens = range(10, 20)
    ending = "th" if number % 100 in teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _why(words: Sequence[str], dense_rank: int | None, trouble: str) -> str:
    reasons = []
    if words:
        reasons.append("matches " + ", ".join(f"'{word}'" for word in words))
    if dense_rank is not None:
        reasons.append(f"{ordinal(dense_rank)} by meaning")
    if trouble:
        reasons.append(f"found by words only: {trouble}")
    return " · ".join(reasons)
