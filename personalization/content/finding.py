"""Finding: the approved passages that bear most on a query, among those that may be said."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.content.eligibility import (
    Audience,
    Judged,
    PassageFacts,
    describe_passages,
    eligible_passages,
)
from personalization.content.library import library_of
from personalization.content.ranking import Ranked, rank
from personalization.content.vectors import by_meaning
from personalization.content.words import house_words
from personalization.domain import Passage, Statement
from personalization.providers.brand_profile import profile_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from personalization.providers.protocols import Encoder
    from personalization.settings import Content
    from personalization.store import Store

INDEX_FOLDER: Final = "passages"
"""Where the vectors of the store's passages live, below the folder of the settings."""

_STATEMENTS = """
    SELECT passage_id, statement_id, document_id, role, text, alternates, requires, subject_ok
    FROM statements
    WHERE passage_id IN (SELECT unnest($passage_ids::VARCHAR[]))
    ORDER BY document_id, position, statement_id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may be said, and how it was found.

    Attributes:
        note: A reason beside relevance, such as who pinned it.
    """

    passage: Judged
    ranked: Ranked
    note: str = ""

    def noted(self, note: str) -> Found:
        """Return the same with a reason beside relevance."""
        return replace(self, note=note)

    def why(self, facts: PassageFacts) -> str:
        """Say in one line why it is here: words, meaning, audience, the end of an offer."""
        reasons = [self.note, self.ranked.why]
        if self.passage.is_targeted:
            reasons.append("written for this segment")
        if self.passage.kind == "offer" and facts.valid_until is not None:
            reasons.append(f"offer valid until {in_words(facts.valid_until)}")
        return " · ".join(reason for reason in reasons if reason)


def in_words(day: date) -> str:
    """Write a day as people do.

    Example:
        >>> from datetime import date
        >>> in_words(date(2026, 12, 1))
        '1 Dec 2026'
    """
    return f"{day.day} {day:%b %Y}"


def find_passages(
    store: Store,
    settings: Content,
    query: str,
    *,
    send_on: date,
    locale: str,
    segment: str | None = None,
    encoder: Encoder | None = None,
    limit: int = 5,
) -> list[Passage]:
    """Find the approved passages that bear most on ``query``, best first, one for each document.

    Nothing is ever found that may not be said to the segment on ``send_on``, whatever the index
    holds.  Without an encoder, or with a broken one, passages are found by words alone and
    ``why`` says so.

    Args:
        store: Reads ``current_documents``, ``passages`` and ``statements``.
        settings: Folder of the index and constant of the fusion.
        query: Plain words.
        send_on: Validity is judged on this day.
        locale: Language and country of the message, such as en-GB.
        segment: Whom it is for; None finds only what may be said to everybody.
        encoder: Turns texts into vectors.
        limit: How many to return at most.
    """
    audience = Audience(send_on, locale, (segment,) if segment else ())
    ranked = rank_eligible(store, settings, query, audience, encoder)
    found = still_eligible(store, audience, [one for one in ranked if one.ranked.score])
    return load_passages(store, found[:limit])


def rank_eligible(
    store: Store, settings: Content, query: str, audience: Audience, encoder: Encoder | None
) -> list[Found]:
    """Rank all that may be said to an audience, the best passage of each document, best first.

    What neither words nor meaning found comes last with a score of 0, what was written for the
    audience before the rest.
    """
    eligible = {passage.passage_id: passage for passage in eligible_passages(store, audience)}
    ranked = rank_passages(store, settings, query, eligible, encoder, language=audience.language)
    left = sorted(eligible, key=lambda key: (not eligible[key].is_targeted, key))
    best: dict[str, Found] = {}
    for one in (*ranked, *(Ranked(key, 0.0, None, None) for key in left)):
        passage = eligible[one.key]
        best.setdefault(passage.document_id, Found(passage, one))
    return list(best.values())


def rank_passages(
    store: Store,
    settings: Content,
    query: str,
    allowed: Mapping[str, Judged],
    encoder: Encoder | None,
    *,
    language: str,
) -> list[Ranked]:
    """Rank the passages that are named, and none else, by words and by meaning.

    A word that the brand has its own word for is looked for in both.
    """
    library = library_of(store)
    own = house_words(query, profile_in_force(store).vocabulary, language)
    meaning = by_meaning(
        Path(settings.index) / INDEX_FOLDER, library.texts, query, encoder=encoder,
        allowed=list(allowed),
    )  # fmt: skip
    return rank(
        library.find(" ".join([query, *(word for _, word in own)]), allowed, language),
        meaning,
        k=settings.fusion_k,
        preferred=[key for key, passage in allowed.items() if passage.is_targeted],
    )


def still_eligible(store: Store, audience: Audience, found: Sequence[Found]) -> list[Found]:
    """Keep what may be said now: content may have been retired while vectors were compared."""
    documents = [one.passage.document_id for one in found]
    still = {passage.passage_id for passage in eligible_passages(store, audience, documents)}
    return [one for one in found if one.passage.passage_id in still]


def load_passages(store: Store, found: Sequence[Found]) -> list[Passage]:
    """Return passages with the statements that may be cited from them, in the order given."""
    ids = [one.passage.passage_id for one in found]
    facts = describe_passages(store, ids)
    statements: dict[str, list[Statement]] = {}
    for row in store.records(_STATEMENTS, passage_ids=ids):
        passage_id = row.pop("passage_id")
        for name in ("alternates", "requires"):
            row[name] = tuple(json.loads(row[name]))
        statements.setdefault(passage_id, []).append(Statement(**row))
    return [
        _passage(one, facts[passage_id], tuple(statements.get(passage_id, ())), number)
        for number, one in enumerate(found, 1)
        if (passage_id := one.passage.passage_id) in facts
    ]


def _passage(
    one: Found, facts: PassageFacts, statements: tuple[Statement, ...], number: int
) -> Passage:
    return Passage(
        passage_id=facts.passage_id,
        document_id=facts.document_id,
        kind=facts.kind,
        title=facts.title,
        text=facts.text,
        statements=statements,
        products=facts.products,
        subject_lines=facts.subject_lines,
        valid_until=facts.valid_until,
        tags=facts.tags,
        score=one.ranked.score,
        rank=number,
        why=one.why(facts),
        is_targeted=one.passage.is_targeted,
    )
