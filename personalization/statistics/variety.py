"""How much texts repeat each other: the measures of a set of messages, pure and without a model.

They correlate little with each other, so a set is described by several: shared short runs of
words (self-BLEU, trigram overlap), one long run said twice, and what a compressor makes of it all.

References:
    Shaib et al. (2024), Standardizing the Measurement of Text Diversity (arXiv 2403.00553).
"""

from __future__ import annotations

import gzip
import math
import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Words = tuple[str, ...]
"""The words of a text, folded in case: what all measures of this module count."""

WINDOW: Final = 50
"""Words of the window in which different pairs are counted: shares of longer texts are lower."""

_WORD: Final = re.compile(r"[^\W_]+")
_ORDER: Final = 4  # of self-BLEU: runs of one to four words
_EPSILON: Final = 0.1  # in place of no match at all


def words_of(text: str) -> Words:
    """Return the words of a text, folded in case; an apostrophe parts two.

    Example:
        >>> words_of("Tea's ready, at 5!")
        ('tea', 's', 'ready', 'at', '5')
    """
    return tuple(word.casefold() for word in _WORD.findall(text))


def ngrams(words: Sequence[str], n: int) -> Iterator[Words]:
    """Yield the runs of ``n`` words in their order."""
    return zip(*(words[start:] for start in range(n)), strict=False)


def trigram_overlap(left: str, right: str) -> float:
    """Return the share of word trigrams that two texts have in common (Jaccard), in [0, 1].

    0 where both are shorter than three words.

    Example:
        >>> trigram_overlap("come and see the shop", "come and see the tree")
        0.5
    """
    own, other = set(ngrams(words_of(left), 3)), set(ngrams(words_of(right), 3))
    return len(own & other) / len(own | other) if own | other else 0.0


def self_bleu(texts: Sequence[str]) -> float | None:
    """Return the mean BLEU-4 of each text against all others, in [0, 1]; lower is more varied.

    None for fewer than two texts.

    References:
        Zhu et al. (2018), Texygen; smoothed by method 1 of Chen and Cherry (2014).
    """
    split = [words_of(text) for text in texts]
    if len(split) < 2:  # noqa: PLR2004
        return None
    scores = [bleu(own, [*split[:i], *split[i + 1 :]]) for i, own in enumerate(split)]
    return sum(scores) / len(scores)


def bleu(candidate: Words, references: Sequence[Words]) -> float:
    """Return BLEU-4 of a text against its references, in [0, 1].

    An order without any match counts as 0.1 matches, so that short texts do not all score 0; runs
    that are longer than the text itself are not asked for, so a copy scores 1 however short.

    References:
        Papineni et al. (2002), BLEU: a method for automatic evaluation of machine translation.
    """
    if not candidate or not references:
        return 0.0
    logs = []
    for n in range(1, min(_ORDER, len(candidate)) + 1):
        counts = Counter(ngrams(candidate, n))
        most: Counter[Words] = Counter()
        for reference in references:
            most |= Counter(ngrams(reference, n))
        matched = (counts & most).total()
        logs.append(math.log((matched or _EPSILON) / counts.total()))
    nearest = min((len(r) for r in references), key=lambda n: (abs(n - len(candidate)), n))
    brevity = min(0.0, 1 - nearest / len(candidate))
    return math.exp(brevity + sum(logs) / len(logs))


def compression_ratio(texts: Sequence[str]) -> float | None:
    """Return how many times smaller gzip makes the texts, joined; higher is more repetitive.

    It grows with the amount of text, so only sets of about one size compare.  None for no text.
    """
    joined = "\n".join(texts).encode()
    return len(joined) / len(gzip.compress(joined, 9, mtime=0)) if joined else None


def longest_repeat(texts: Sequence[str]) -> Words:
    """Return the longest run of words that stands in two of the texts; the first of several."""
    split = [words_of(text) for text in texts]
    low, high = 0, sorted(map(len, split))[-2] if len(split) > 1 else 0
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _shared(split, middle) else (low, middle - 1)
    return _shared(split, low) if low else ()


def _shared(split: Sequence[Words], n: int) -> Words:
    """Return the first run of ``n`` words that a later text repeats; empty where none does."""
    seen: set[Words] = set()
    for words in split:
        own = dict.fromkeys(ngrams(words, n))
        if found := next((run for run in own if run in seen), ()):
            return found
        seen |= own.keys()
    return ()


def distinct_pairs(text: str, window: int = WINDOW) -> float | None:
    """Return the mean share of different word pairs (distinct-2) in a window that moves along.

    In [0, 1]; higher is more varied.  At a fixed window, so that long texts do not look poorer
    than short ones.  None where the text is shorter than the window.

    References:
        Li et al. (2016) for distinct-2; Covington and McFall (2010) for the moving window.
    """
    words = words_of(text)
    if len(words) < window:
        return None
    shares = [
        len(set(ngrams(words[start : start + window], 2))) / (window - 1)
        for start in range(len(words) - window + 1)
    ]
    return sum(shares) / len(shares)


def overlaps(texts: Sequence[str]) -> list[tuple[int, int, float]]:
    """Return the trigram overlap of each pair: place of one, place of the other, share."""
    grams = [set(ngrams(words_of(text), 3)) for text in texts]
    return [
        (one, other, len(grams[one] & grams[other]) / (len(grams[one] | grams[other]) or 1))
        for one, other in combinations(range(len(grams)), 2)
    ]


def own_share(text: str, other: str) -> float | None:
    """Return the share of a text's words that the other does not use, in [0, 1]; None for none.

    Each occurrence counts: of a message and the control text, it is what was written for this
    segment.
    """
    words, known = words_of(text), set(words_of(other))
    return sum(word not in known for word in words) / len(words) if words else None
