"""What the brief is about, in its own words: the approved documents that come nearest to it.

The search has the brief in its query, among much else; here the words of the key message and the
audience have their say again in what is chosen of what was found.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from personalization.providers.inflections import bases
from personalization.providers.plans import SUBSTANCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.domain import Brief, Passage
    from personalization.providers.protocols import Draft

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_LEAST: Final = 2  # words of the key message that a document shares before it is near it
_NAMED: Final = 2.0  # what a word in title or tags counts, against one in the text
_COMMON: Final = 0.7  # of the documents hold a word: it tells none from another
_WEIGHT: Final = 0.5  # of the brief's words, against the place that the search gave


def nearest(text: str, passages: Sequence[Passage], locale: str) -> Passage | None:
    """Return the document that shares most with a text; None where none shares two words.

    Rare words count for more, and so do those of title and tags; of two that share as much, the
    one found first.  What gives the reader something to act on comes before a story or an answer.
    """
    found = _shared(text, passages, locale)
    near = [p for p in passages if len(found[p.passage_id]) >= _LEAST]
    near = [p for p in near if p.kind in SUBSTANCE] or near
    return max(near, key=lambda p: sum(found[p.passage_id].values()), default=None)


def leaning(passages: Sequence[Passage], brief: Brief, locale: str) -> list[Passage]:
    """Return the documents with those first that the brief's words speak of.

    The nearest to the key message leads; among the others, the words of key message and audience
    count beside the place that the search gave.
    """
    key = nearest(brief.key_message, passages, locale)
    found = _shared(f"{brief.key_message} {brief.audience}", passages, locale)
    weights = {name: sum(shared.values()) for name, shared in found.items()}
    most = max(weights.values(), default=0.0) or 1.0
    places = {p.passage_id: n / len(passages) for n, p in enumerate(passages)}
    return sorted(
        passages,
        key=lambda p: (
            p is not key,
            places[p.passage_id] - _WEIGHT * weights[p.passage_id] / most,
            p.passage_id,
        ),
    )


def holds(draft: Draft, document_id: str) -> bool:
    """Tell whether the body of a draft says something from a document."""
    cited = (c.statement_id or "" for c in draft.claims if c.field == "body")
    return any(name.partition("@")[0] == document_id for name in cited)


def _shared(
    text: str, passages: Sequence[Passage], locale: str
) -> Mapping[str, dict[frozenset[str], float]]:
    """Return by passage the words of a text that it holds, each with its rarity."""
    language = locale[:2]
    wanted = _words(text, language)
    held = {p.passage_id: _held(_all(p), language) for p in passages}
    heads = {p.passage_id: _held(" ".join((p.title, *p.tags)), language) for p in passages}
    rarity = {
        word: math.log(1 + len(held) / (1 + sum(bool(word & has) for has in held.values())))
        for word in wanted
        if sum(bool(word & has) for has in held.values()) <= max(1, _COMMON * len(held))
    }
    return {
        name: {
            word: weight * (_NAMED if word & heads[name] else 1.0)
            for word, weight in rarity.items()
            if word & has
        }
        for name, has in held.items()
    }


def _held(text: str, language: str) -> frozenset[str]:
    return frozenset().union(*_words(text, language))


def _words(text: str, language: str) -> list[frozenset[str]]:
    """Return each longer word of a text once, as the forms that it may be of."""
    return list(dict.fromkeys(bases(word, language) for word in _WORD.findall(text.casefold())))


def _all(passage: Passage) -> str:
    lines = [text for s in passage.statements for text in (s.text, *s.alternates)]
    return "\n".join([passage.title, passage.text, *passage.tags, *lines, *passage.subject_lines])
