"""The library as a search reads it: every passage by its words, until something in it changes.

It is a cache and decides nothing: which of these passages may be said is asked of the database
for each query.  Drafts and ended offers are in it, so that a search can tell what was left out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.content.vectors import Texts
from personalization.content.words import KeyedWords, with_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store

# What a passage is found by: its document's version, title and tags, its text, its statements.
_FINGERPRINT = """
    SELECT concat_ws('-',
        (SELECT concat_ws('-', count(*), bit_xor(hash(document_id, version, kind, locale, tags,
                                                        title)))
         FROM documents WHERE kind <> 'catalogue'),
        (SELECT concat_ws('-', count(*), bit_xor(hash(passage_id, text))) FROM passages
         WHERE NOT starts_with(document_id, 'catalogue:')),
        (SELECT concat_ws('-', count(*), bit_xor(hash(statement_id, passage_id, text)))
         FROM statements WHERE NOT starts_with(document_id, 'catalogue:')))
"""
_PASSAGES = """
    WITH said AS (
        SELECT passage_id, string_agg(text, ' ' ORDER BY position) AS text
        FROM statements GROUP BY passage_id
    )
    SELECT passages.passage_id, split_part(documents.locale, '-', 1) AS language, passages.text,
           documents.title, concat_ws(' ', passages.text, said.text,
               array_to_string(CAST(documents.tags AS VARCHAR[]), ' ')) AS words
    FROM passages
    JOIN library_documents AS documents
      ON documents.document_id = passages.document_id AND documents.version = passages.version
    LEFT JOIN said ON said.passage_id = passages.passage_id
    WHERE documents.kind <> 'voice'
    ORDER BY passages.passage_id
"""
_KEPT: Final = 4
_LOCK = threading.Lock()
_LIBRARIES: OrderedDict[str, Library] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Library:
    """Every passage of the newest versions but the brand voice.

    Attributes:
        texts: By passage id, for the ranking by meaning.
        words: By language, for the ranking by words; title and tags count beside the text.
    """

    texts: Texts
    words: Mapping[str, KeyedWords]

    def find(self, query: str, allowed: Iterable[str], language: str) -> dict[str, tuple[str, ...]]:
        """Return which of ``allowed`` share words with ``query``, best first, with those words."""
        index = self.words.get(language)
        return index.find(query, allowed) if index else {}


def library_of(store: Store) -> Library:
    """Return the library of the store as it stands, indexed once for as long as it stands so."""
    row = store.read_one(_FINGERPRINT)
    fingerprint = str(row[0] if row else "")
    with _LOCK:
        if fingerprint not in _LIBRARIES:
            _LIBRARIES[fingerprint] = _read(store)
        _LIBRARIES.move_to_end(fingerprint)
        while len(_LIBRARIES) > _KEPT:
            _LIBRARIES.popitem(last=False)
        return _LIBRARIES[fingerprint]


def _read(store: Store) -> Library:
    texts: dict[str, str] = {}
    by_language: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for passage_id, language, text, title, words in store.read(_PASSAGES):
        texts[passage_id] = text
        by_language[language][passage_id] = with_title(title, words)
    indexes = {name: KeyedWords.of(words, name) for name, words in by_language.items()}
    return Library(Texts.of(texts), indexes)
