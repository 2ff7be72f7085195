"""Ranking: by words and by meaning, fused into one list in which every hit says why it is there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FUSION_K: Final = 60
"""The constant of the paper; on four public sets 10 did as well, so it is not worth tuning."""

LONGEST_LIST: Final = 100
"""Ranks that each list is read to; longer lists gave the same result."""

NOT_LOADED: Final = "the language model is not loaded"
"""Why there is no ranking by meaning where no encoder was given."""

RELATED: Final = 0.20
"""Cosine from which on two texts are at least loosely related in meaning."""

NEARNESS: Final = (
    (0.50, "very close in meaning"),
    (0.35, "close in meaning"),
    (RELATED, "loosely related in meaning"),
    (-1.0, "far off in meaning"),
)
"""How a reader is told the cosine of two MiniLM vectors, from which value on.

Over the labelled English queries of the sample brand, 36 of the 40 pairs from 0.50 on bear on each
other, half of those between 0.35 and 0.50 do, and three in four of those that do not lie below
0.21.
"""

_WORDS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class ByMeaning:
    """The ranking by vectors.

    Attributes:
        order: Keys, nearest first; empty where there is no such ranking.
        trouble: Why there is none, in words; empty where there is one.
        nearness: Cosine of each key that was compared, those beyond the end of ``order`` too.
    """

    order: tuple[str, ...] = ()
    trouble: str = ""
    nearness: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One hit.

    Attributes:
        key: What was found.
        score: Fused score; higher is better, only comparable within one query.
        bm25_rank: Place in the ranking by words, from 1; None where it is not in it.
        dense_rank: Place in the ranking by meaning, likewise.
        words: The words of the query that it holds, the most telling first.
        nearness: Cosine of its vector and the query's; None where meaning was not compared.
        trouble: Why meaning was not compared, in words.
    """

    key: str
    score: float
    bm25_rank: int | None
    dense_rank: int | None
    words: tuple[str, ...] = ()
    nearness: float | None = None
    trouble: str = ""

    @property
    def is_bearing(self) -> bool:
        """Tell whether it shares a word with the query, or is at least loosely related to it."""
        return bool(self.words) or (self.nearness is not None and self.nearness >= RELATED)

    @property
    def why(self) -> str:
        """Say for a reader why it was found: which words, how near in meaning."""
        reasons = []
        if self.words:
            shown = ", ".join(f"‘{word}’" for word in self.words[:_WORDS_SHOWN])
            reasons.append(f"shares {shown}")
        if self.nearness is not None:
            reasons.append(f"{closeness(self.nearness)} ({self.nearness:.2f})")
        if self.trouble:
            reasons.append(f"found by words only: {self.trouble}")
        return " · ".join(reasons)


def rank(
    by_words: Mapping[str, tuple[str, ...]],
    meaning: ByMeaning,
    *,
    k: int = FUSION_K,
    preferred: Sequence[str] = (),
) -> list[Ranked]:
    """Rank by words and by meaning together, best first.

    Args:
        by_words: What words found, best first, with the words that each shares.
        meaning: What vectors found.
        k: Constant of the fusion.
        preferred: Keys that, once found, share the first place of a third list, such as what was
            written for the very segment that is asked for.
    """
    lists = [list(by_words)[:LONGEST_LIST], list(meaning.order[:LONGEST_LIST])]
    places = [{key: place for place, key in enumerate(keys, 1)} for keys in lists]
    first = [[key] for key in preferred if key in places[0] or key in places[1]]
    return [
        Ranked(
            key, score, places[0].get(key), places[1].get(key), by_words.get(key, ()),
            meaning.nearness.get(key), meaning.trouble,
        )
        for key, score in fuse([*lists, *first], k)
    ]  # fmt: skip


def closeness(nearness: float) -> str:
    """Say how near two texts are in meaning.

    Example:
        >>> closeness(0.71)
        'very close in meaning'
    """
    return next(words for lowest, words in NEARNESS if nearness >= lowest)


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
