"""Words: which texts share the most telling words with a query.

BM25 over stems.  On Cranfield, CISI, MED and NPL stemming alone was worth up to 0.08 nDCG@10.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

K1: Final = 1.5
"""How soon a repeated word stops counting; with titles counted as below 1.2 found a little less."""

B: Final = 0.75
"""How much a long text is held back, in [0, 1]."""

TITLE_WEIGHT: Final = 3
"""How often a title counts beside its text; on Cranfield once found less, and on CISI no more."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STEMMERS: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_LETTERS_KEPT: Final = 6
"""Of a word in a language without a stemmer; cutting does about as well in European languages.

McNamee and Mayfield (2004), Character N-Gram Tokenization for European Language Text Retrieval.
"""

_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""Scripts that write words without blanks between them: read by pairs of signs."""

_DULL: Final = {
    "en": "a an and any anything are as at be been but by can could did do does for from had has "
    "have how i if in into is it its me my no not of on or our s she he so some something such t "
    "than that the their them then there these they this those to us was we were what when where "
    "which who why will with would you your",
    "de": "am an auch auf aus bei das dem den der des die ein eine einem einen einer eines er es "
    "für hat ich ihr im in ist mit nach nicht oder sich sie sind so um und uns von vor was wie wir "
    "wird zu zum zur",
    "es": "a al algo como con cuál cuando de del el ella en es ese eso esta está este esto estos "
    "ha hay la las le les lo los me mi mis muy más nos o para pero por que qué se ser si sin "
    "sobre son su sus también te tu un una unas unos y ya",
    "fr": "a au aux avec c ce ces d dans de des du elle en est et il ils je l la le les leur ne "
    "nous ou par pas pour qu que qui s sa se ses son sont sur un une vous y",
}
_STOP_WORDS: Final = {language: frozenset(words.split()) for language, words in _DULL.items()}
"""Words that say nothing of what a text is about; they would only fill the reasons."""


@dataclass(frozen=True, slots=True)
class WordIndex:
    """Texts, ready to be ranked by the words that they share with a query.

    Attributes:
        spans: For each stem where its rows begin and end.
        numbers: Row by row the text that a stem is in, by its number, in rising order.
        gains: Row by row what the stem adds to that text's score, before how telling it is.
        n_texts: How many texts there are.
        language: Two letters; chooses stemmer and stop words.
    """

    spans: Mapping[str, tuple[int, int]]
    numbers: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float64]
    n_texts: int
    language: str


@dataclass(frozen=True, slots=True)
class WordHit:
    """A text that shares a word with the query.

    Attributes:
        number: Which text, in the order in which they were indexed.
        score: BM25; only comparable within one query.
        words: The words of the query that it shares, the most telling first.
    """

    number: int
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyedWords:
    """Texts by key, ready to be searched again and again."""

    keys: tuple[str, ...]
    numbers: Mapping[str, int]
    index: WordIndex

    @classmethod
    def of(cls, texts: Mapping[str, str], language: str = "en") -> KeyedWords:
        """Index the texts of one language."""
        keys = tuple(sorted(texts))
        numbers = {key: number for number, key in enumerate(keys)}
        return cls(keys, numbers, index_words([texts[key] for key in keys], language))

    def find(
        self, query: str, allowed: Iterable[str] | None = None, limit: int = 100
    ) -> dict[str, tuple[str, ...]]:
        """Return what shares words with ``query``, best first, with those words."""
        return {key: hit.words for key, hit in self.hits(query, allowed, limit)}

    def hits(
        self, query: str, allowed: Iterable[str] | None = None, limit: int = 100
    ) -> list[tuple[str, WordHit]]:
        """Return the same with the scores.

        Args:
            query: Plain words.
            allowed: Keys that may be found; None for all.
            limit: How many at most.
        """
        numbers = None
        if allowed is not None:
            numbers = [self.numbers[key] for key in allowed if key in self.numbers]
        hits = rank_words(self.index, query, limit, numbers)
        return [(self.keys[hit.number], hit) for hit in hits]


def index_words(texts: Sequence[str], language: str = "en") -> WordIndex:
    """Count the stems of every text, and weigh each by how often it stands in how long a text."""
    import numpy as np  # noqa: PLC0415

    counted = [Counter(_words_of(text, language)) for text in texts]
    vocabulary = sorted(set().union(*counted))
    stem_of = dict(zip(vocabulary, _stemmed(vocabulary, language), strict=True))
    postings: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for number, words in enumerate(counted):
        for word, count in words.items():
            found = postings[stem_of[word]]
            found[number] = found.get(number, 0) + count
    ends = np.cumsum([0, *map(len, postings.values())]).tolist()
    spans = dict(zip(postings, pairwise(ends), strict=True))
    numbers = np.array([n for found in postings.values() for n in found], dtype=np.int64)
    counts = np.array([n for found in postings.values() for n in found.values()], dtype=np.float64)
    lengths = np.array([words.total() for words in counted], dtype=np.float64)
    mean_length = float(lengths.mean()) if lengths.any() else 1.0
    held_back = 1 - B + B * lengths[numbers] / mean_length
    gains = counts * (K1 + 1) / (counts + K1 * held_back)
    return WordIndex(spans, numbers, gains, len(texts), language)


def rank_words(
    index: WordIndex, query: str, limit: int = 100, allowed: Sequence[int] | None = None
) -> list[WordHit]:
    """Rank the texts that share a word with ``query``, best first, equals by their number.

    A word that stands twice in the query counts twice.

    Args:
        index: The texts.
        query: Plain words.
        limit: How many at most.
        allowed: Numbers of the texts that may be found; None for all.  How telling a word is
            follows from all texts, so that a score does not depend on who is asked about.

    References:
        Robertson and Zaragoza (2009), The Probabilistic Relevance Framework: BM25 and Beyond, with
        the inverse document frequency of Lucene, which is never below zero.
    """
    import numpy as np  # noqa: PLC0415

    asked = stems(query, index.language)
    shown = {stem: word for word, stem in reversed(asked)}
    scores = np.zeros(index.n_texts)
    gained: dict[str, npt.NDArray[np.float64]] = {}
    for stem, n_asked in Counter(stem for _, stem in asked).items():
        start, end = index.spans.get(stem, (0, 0))
        if start == end:
            continue
        weight = n_asked * inverse_document_frequency(index.n_texts, end - start)
        gained[stem] = np.zeros(index.n_texts)
        gained[stem][index.numbers[start:end]] = weight * index.gains[start:end]
        scores += gained[stem]
    if allowed is not None:
        scores = np.where(np.isin(np.arange(index.n_texts), list(allowed)), scores, 0.0)
    best = np.argsort(-scores, kind="stable")[:limit]
    return [
        _hit(number, {stem: float(gains[number]) for stem, gains in gained.items()}, shown)
        for number in best[scores[best] > 0].tolist()
    ]


def with_title(title: str, body: str) -> str:
    """Return what a search by words reads of a document: its title weighs more than its text."""
    return "\n".join([*[title] * TITLE_WEIGHT, body])


def spans_of(text: str, query: str, language: str = "en") -> list[tuple[int, int]]:
    """List where the words of ``query`` stand in ``text``, by their stems, from start to end.

    Example:
        >>> spans_of("Two cakes, one stand", "cake stands")
        [(4, 9), (15, 20)]
    """
    asked = {stem for _, stem in stems(query, language)}
    words = list(_WORD.finditer(text))
    found = (_words_of(match[0], language) for match in words)
    return [
        match.span()
        for match, parts in zip(words, found, strict=True)
        if asked.intersection(_stemmed(parts, language))
    ]


def house_words(
    query: str, vocabulary: Sequence[tuple[str, str]], language: str = "en"
) -> list[tuple[str, str]]:
    """List the words of a query that a house has its own word for, each with that word.

    Args:
        query: Plain words.
        vocabulary: Pairs of the word of the house and the other one.
        language: Two letters.

    Example:
        >>> house_words("free shipping", [("postage", "shipping")])
        [('shipping', 'postage')]
    """
    asked = {stem for _, stem in stems(query, language)}
    return [
        (other, own)
        for own, other in vocabulary
        if (needed := {stem for _, stem in stems(other, language)})
        and needed <= asked
        and not {stem for _, stem in stems(own, language)} <= asked
    ]


def inverse_document_frequency(n_texts: int, n_with_word: int) -> float:
    """Return how telling a word is: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return math.log(1 + (n_texts - n_with_word + 0.5) / (n_with_word + 0.5))


def stems(text: str, language: str = "en") -> list[tuple[str, str]]:
    """List the words of a text that say something, each with its stem, in lower case.

    In a language without a stemmer a word counts by its first letters, and where words stand
    without blanks, by pairs of signs.  Accents do not count once a word is stemmed.

    Example:
        >>> stems("The cake stands, stacked")
        [('cake', 'cake'), ('stands', 'stand'), ('stacked', 'stack')]
    """
    words = _words_of(text, language)
    return list(zip(words, _stemmed(words, language), strict=True))


def _words_of(text: str, language: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    dull = _STOP_WORDS.get(language, frozenset())
    words = [word for word in _WORD.findall(folded) if word not in dull]
    return words if folded.isascii() else [part for word in words for part in _parts_of(word)]


def _parts_of(word: str) -> list[str]:
    """Return a word as it is, or the pairs of signs of one that may be many words."""
    if not _UNSPACED.fullmatch(word) or len(word) <= 2:  # noqa: PLR2004
        return [word]
    return [word[start : start + 2] for start in range(len(word) - 1)]


def _stemmed(words: list[str], language: str) -> list[str]:
    import Stemmer  # noqa: PLC0415

    if language not in _STEMMERS:
        return [_plain(word)[:_LETTERS_KEPT] for word in words]
    stemmer = Stemmer.Stemmer(_STEMMERS[language])  # one for each call: threads must not share one
    return [_plain(stem) for stem in stemmer.stemWords(words)]


def _plain(stem: str) -> str:
    """Return a stem without its accents, because searches are often typed without them."""
    if stem.isascii():
        return stem
    apart = unicodedata.normalize("NFD", stem)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def _hit(number: int, gains: Mapping[str, float], shown: Mapping[str, str]) -> WordHit:
    telling = sorted((stem for stem in gains if gains[stem]), key=lambda stem: (-gains[stem], stem))
    return WordHit(number, sum(gains.values()), tuple(shown[stem] for stem in telling))
