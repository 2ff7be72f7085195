"""A folder of texts, searched without a store: what ``personalize search`` does."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.content.folder_texts import Text, read_texts
from personalization.content.ranking import LONGEST_LIST, ByMeaning, Ranked, rank
from personalization.content.vectors import Texts, by_meaning
from personalization.content.words import KeyedWords, index_words, rank_words
from personalization.errors import InputError, ProviderError
from personalization.settings import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from personalization.content.front_matter import Problem
    from personalization.providers.protocols import Encoder

INDEX_FOLDER: Final = "folders"
"""Where the vectors of searched folders live, below the folder of the index."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of texts that was read and indexed once, to be searched many times.

    Attributes:
        texts: Its documents by id.
        words: The index of their words, by language.
        passages: What vectors are made of.
        owners: Document of each passage.
        index: Where the vectors are kept.
    """

    texts: Mapping[str, Text]
    words: Mapping[str, KeyedWords]
    passages: Texts
    owners: Mapping[str, str]
    index: Path

    def rank(self, query: str, encoder: Encoder | None) -> tuple[list[Ranked], dict[str, str]]:
        """Rank the documents, and return the passage of each that is nearest in meaning.

        Words are ranked over whole documents and vectors over passages; each document counts by
        its nearest passage.
        """
        near = by_meaning(self.index, self.passages, query, encoder=encoder)
        nearest: dict[str, str] = {}
        for key in near.nearness:
            nearest.setdefault(self.owners[key], key)
        nearness = {owner: near.nearness[key] for owner, key in nearest.items()}
        meaning = ByMeaning(tuple(nearest)[:LONGEST_LIST], near.trouble, nearness)
        return rank(self._by_words(query), meaning), nearest

    def _by_words(self, query: str) -> dict[str, tuple[str, ...]]:
        """Read the query in each language that documents are in; scores are on one scale."""
        hits = [found for words in self.words.values() for found in words.hits(query)]
        hits.sort(key=lambda found: (-found[1].score, found[0]))
        return {key: hit.words for key, hit in hits}

    def search(self, query: str, encoder: Encoder | None, k: int) -> list[dict[str, Any]]:
        """Return the ``k`` best documents as ``search_folder`` does."""
        ranked, nearest = self.rank(query, encoder)
        return [self._hit(one, nearest.get(one.key), query) for one in ranked[:k]]

    def _hit(self, one: Ranked, nearest: str | None, query: str) -> dict[str, Any]:
        text = self.texts[one.key]
        passage_id = nearest or _most_words(text, query)
        return {
            "document_id": one.key,
            "passage_id": passage_id,
            "score": one.score,
            "bm25_rank": one.bm25_rank,
            "dense_rank": one.dense_rank,
            "text": text.passages[passage_id],
            "why": one.why,
        }


def open_folder(
    corpus: Path,
    *,
    index: Path | None = None,
    on: date | None = None,
    tell: Callable[[Problem], None] = lambda _: None,
) -> Folder:
    """Read and index a folder of texts.

    Args:
        corpus: A folder of Markdown, text or JSON lines, or one such file.  A line of JSON has
            ``id`` and ``text``, and may have a ``title``.
        index: Where vectors are kept; None for the folder of the default settings.
        on: Documents with front matter that says they are not approved, or not valid on this day,
            are left out; None for today.
        tell: Is called with what was left out, or is found under another name than its own.

    Raises:
        InputError: There is no such folder, nothing to search in it, or a line is no JSON.
    """
    day = on or datetime.now(UTC).date()
    texts = {text.document_id: text for text in read_texts(corpus, day, tell)}
    if not texts:
        raise InputError(f"{corpus} has no document to search: no .md, .txt or .jsonl with a text.")
    languages: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, text in texts.items():
        languages[text.language][key] = text.words
    place = hashlib.sha256(str(corpus.resolve()).encode()).hexdigest()[:16]
    passages = {key: words for text in texts.values() for key, words in text.passages.items()}
    return Folder(
        texts,
        {language: KeyedWords.of(words, language) for language, words in languages.items()},
        Texts.of(passages),
        {key: text.document_id for text in texts.values() for key in text.passages},
        (index or Path(Content().index)) / INDEX_FOLDER / place,
    )


def search_folder(
    corpus: Path,
    query: str,
    *,
    k: int = 5,
    encoder: Encoder | None = None,
    index: Path | None = None,
    on: date | None = None,
    tell: Callable[[Problem], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Find the documents of a folder that bear most on ``query``, best first.

    Vectors are kept on disk, so that a second query is fast; see ``open_folder`` for the rest.

    Args:
        corpus: A folder of Markdown, text or JSON lines, or one such file.
        query: Plain words.
        k: How many documents to return at most.
        encoder: Turns texts into vectors; None ranks by words alone.
        index: Where vectors are kept; None for the folder of the default settings.
        on: Validity is judged on this day; None for today.
        tell: Is called with what was left out, or is found under another name than its own.

    Returns:
        For each hit ``document_id, passage_id, score, bm25_rank, dense_rank, text, why``.

    Raises:
        InputError: The folder cannot be searched, or ``k`` is below 1.
    """
    _check(k)
    return open_folder(corpus, index=index, on=on, tell=tell).search(query, encoder, k)


def search_many(
    corpus: Path,
    queries: Sequence[tuple[str, str]],
    *,
    k: int = 5,
    encoder: Encoder | None = None,
    index: Path | None = None,
    on: date | None = None,
    tell: Callable[[Problem], None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """Yield for each query ``query_id``, ``query`` and the hits of ``search_folder``.

    The folder is read and indexed once, and the queries are encoded together.

    Args:
        corpus: As for ``search_folder``, like all that follows but the queries.
        queries: Id and words of each.
        k: How many documents to return for each.
        encoder: Turns texts into vectors; None ranks by words alone.
        index: Where vectors are kept.
        on: Validity is judged on this day; None for today.
        tell: Is called with what was left out, or is found under another name than its own.

    Raises:
        InputError: The folder cannot be searched, or ``k`` is below 1.
    """
    _check(k)
    folder = open_folder(corpus, index=index, on=on, tell=tell)
    if encoder is not None:
        with suppress(ProviderError):  # each search then says so
            encoder.encode([query for _, query in queries])
    for query_id, query in queries:
        yield {"query_id": query_id, "query": query, "hits": folder.search(query, encoder, k)}


def _check(k: int) -> None:
    if k < 1:
        raise InputError(f"--k {k} has to be 1 or more.")


def _most_words(text: Text, query: str) -> str:
    keys = list(text.passages)
    hits = rank_words(index_words(list(text.passages.values()), text.language), query)
    return keys[hits[0].number] if hits else keys[0]
