"""Finding: the approved passages that bear most on a query, among those that may be said."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.content.eligibility import Audience, Eligible, eligible_passages
from personalization.content.ranking import Ranked, rank
from personalization.content.vectors import by_meaning
from personalization.domain import Passage, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from personalization.providers.protocols import Encoder
    from personalization.settings import Content
    from personalization.store import Store

INDEX_FOLDER: Final = "passages"
"""Where the vectors of the store's passages live, below the folder of the settings."""

_INDEXED = """
    SELECT passages.passage_id, passages.text
    FROM passages
    JOIN current_documents AS documents
      ON documents.document_id = passages.document_id AND documents.version = passages.version
    WHERE documents.status = 'approved' AND documents.kind <> 'voice'
    ORDER BY passages.passage_id
"""
_STATEMENTS = """
    SELECT passage_id, statement_id, document_id, role, text, alternates, requires, subject_ok
    FROM statements
    WHERE list_contains($passage_ids, passage_id)
    ORDER BY document_id, position, statement_id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may be said, and how it was found.

    Attributes:
        note: A reason beside relevance, such as who pinned it.
    """

    passage: Eligible
    ranked: Ranked
    note: str = ""

    def noted(self, note: str) -> Found:
        """Return the same with a reason beside relevance."""
        return replace(self, note=note)

    @property
    def why(self) -> str:
        """Say in one line why it is here: words, meaning, audience, the end of an offer."""
        reasons = [self.note, self.ranked.why]
        if self.passage.is_targeted:
            reasons.append("written for this segment")
        if self.passage.kind == "offer" and self.passage.valid_until is not None:
            day = f"{self.passage.valid_until.day} {self.passage.valid_until:%b %Y}"
            reasons.append(f"offer valid until {day}")
        return " · ".join(reason for reason in reasons if reason)


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
    found = rank_eligible(store, settings, query, audience, encoder)
    still = {passage.passage_id for passage in eligible_passages(store, audience)}
    kept = [one for one in found if one.ranked.score and one.passage.passage_id in still]
    return load_passages(store, kept[:limit])


def rank_eligible(
    store: Store, settings: Content, query: str, audience: Audience, encoder: Encoder | None
) -> list[Found]:
    """Rank all that may be said to an audience, the best passage of each document, best first.

    What neither words nor meaning found comes last with a score of 0, what was written for the
    audience before the rest.
    """
    eligible = {passage.passage_id: passage for passage in eligible_passages(store, audience)}
    texts: dict[str, str] = dict(store.read(_INDEXED))
    folder = Path(settings.index) / INDEX_FOLDER
    meaning = by_meaning(folder, texts, query, encoder=encoder, allowed=list(eligible))
    ranked = rank(
        query,
        {key: passage.words for key, passage in eligible.items()},
        meaning,
        k=settings.fusion_k,
        language=audience.language,
        preferred=[key for key, passage in eligible.items() if passage.is_targeted],
    )
    left = sorted(eligible, key=lambda key: (not eligible[key].is_targeted, key))
    best: dict[str, Found] = {}
    for one in (*ranked, *(Ranked(key, 0.0, None, None, "") for key in left)):
        passage = eligible[one.key]
        best.setdefault(passage.document_id, Found(passage, one))
    return list(best.values())


def load_passages(store: Store, found: Sequence[Found]) -> list[Passage]:
    """Return passages with the statements that may be cited from them, in the order given."""
    ids = [one.passage.passage_id for one in found]
    statements: dict[str, list[Statement]] = {}
    for row in store.records(_STATEMENTS, passage_ids=ids):
        passage_id = row.pop("passage_id")
        for name in ("alternates", "requires"):
            row[name] = tuple(json.loads(row[name]))
        statements.setdefault(passage_id, []).append(Statement(**row))
    return [
        Passage(
            passage_id=one.passage.passage_id,
            document_id=one.passage.document_id,
            kind=one.passage.kind,
            title=one.passage.title,
            text=one.passage.text,
            statements=tuple(statements.get(one.passage.passage_id, ())),
            products=one.passage.products,
            subject_lines=one.passage.subject_lines,
            valid_until=one.passage.valid_until,
            tags=one.passage.tags,
            score=one.ranked.score,
            rank=number,
            why=one.why,
        )
        for number, one in enumerate(found, 1)
    ]
