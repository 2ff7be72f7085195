"""Eligibility: what may be said to a segment on the day of sending, decided in SQL.

Everything that is found passes through this statement, before the ranking and again after it.
Each reason against a passage is listed, so that a reader can be told why it was left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from personalization.store import Store

CHANNEL: Final = "email"

BARS: Final = (
    "voice", "control", "draft", "retired", "expired", "upcoming", "held", "language", "country",
    "channel", "segment", "excluded",
)  # fmt: skip
"""What may stand against a passage, in the order in which a reader is told."""

# An offer or a legal text counts in the country it was approved for; anything else may be said to
# readers of the same language elsewhere.
_JUDGED = """
    WITH asked AS (
        SELECT [lower(name) FOR name IN $segments::VARCHAR[]] AS names
    ), told AS (
        SELECT documents.*,
               [lower(name) FOR name IN CAST(audience->'$.segments' AS VARCHAR[])] AS included,
               [lower(name) FOR name IN CAST(audience->'$.exclude' AS VARCHAR[])] AS left_out,
               CAST(channels AS VARCHAR[]) AS channel_names,
               CAST(tags AS VARCHAR[]) AS tag_names, asked.names AS asked
        FROM library_documents AS documents CROSS JOIN asked
        WHERE $document_ids IS NULL OR list_contains($document_ids, document_id)
    ), judged AS (
        SELECT document_id, version, kind, len(included) > 0 AS is_targeted,
               list_filter([
            CASE WHEN kind NOT IN ('benefit', 'proof', 'offer', 'faq', 'legal', 'cta', 'story')
                 THEN 'voice' END,
            CASE WHEN list_contains(tag_names, 'control') THEN 'control' END,
            CASE WHEN status <> 'approved' THEN status END,
            CASE WHEN valid_until < $send_on THEN 'expired' END,
            CASE WHEN valid_from > $send_on THEN 'upcoming' END,
            CASE WHEN split_part(locale, '-', 1) <> $language THEN 'language'
                 WHEN locale NOT IN ($locale, $language) AND kind IN ('offer', 'legal')
                   OR coalesce(jurisdiction, $country) <> $country THEN 'country' END,
            CASE WHEN len(channel_names) > 0 AND NOT list_contains(channel_names, $channel)
                 THEN 'channel' END,
            CASE WHEN len(included) > 0 AND NOT (len(asked) > 0 AND list_has_all(included, asked))
                 THEN 'segment' END,
            CASE WHEN list_has_any(left_out, asked) THEN 'excluded' END
        ], lambda bar: bar IS NOT NULL) AS bars
        FROM told
    ), held AS (
        SELECT DISTINCT ref FROM held_inputs WHERE what = 'passage'
    )
    SELECT passages.passage_id, judged.document_id, kind, is_targeted,
           CASE WHEN held.ref IS NULL THEN bars ELSE list_append(bars, 'held') END AS bars
    FROM judged
    JOIN passages
      ON passages.document_id = judged.document_id AND passages.version = judged.version
    LEFT JOIN held ON held.ref = passages.passage_id
    WHERE $is_all OR len(bars) = 0 AND held.ref IS NULL
    ORDER BY passages.document_id, passages.position, passages.passage_id
"""
_FACTS = """
    WITH wanted AS (
        SELECT passage_id, document_id, version, text FROM passages
        WHERE passage_id IN (SELECT unnest($passage_ids::VARCHAR[]))
    )
    SELECT wanted.passage_id, wanted.text, documents.document_id, documents.kind,
           documents.title, documents.locale, documents.status, documents.approved_by,
           documents.valid_from, documents.valid_until, documents.products,
           documents.subject_lines, documents.tags,
           CAST(documents.audience->'$.segments' AS VARCHAR) AS segments
    FROM wanted
    JOIN current_documents AS documents ON documents.document_id = wanted.document_id
                                       AND documents.version = wanted.version
    WHERE documents.document_id IN (SELECT document_id FROM wanted)
    ORDER BY wanted.passage_id
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom something is to be said to, and when.

    Attributes:
        send_on: The day of sending; validity is judged on it, and not on today.
        locale: Language and country of the message, such as en-GB.
        segments: A segment and those that were merged into it.  What was written for some segments
            only has to name all of these.  Empty: nobody in particular, who gets only what may be
            said to everybody.
    """

    send_on: date
    locale: str
    segments: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """Return the two letters of the language."""
        return self.locale.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Judged:
    """A passage in its newest version, and what stands against saying it.

    Attributes:
        kind: benefit, proof, offer, faq, legal, cta, story or voice.
        is_targeted: Whether it was written for some segments, and not for all.
        bars: Some of BARS; empty where it may be said.
    """

    passage_id: str
    document_id: str
    kind: str
    is_targeted: bool
    bars: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassageFacts:
    """A passage with what is known of its document.

    Attributes:
        status: draft, approved or retired.
        valid_until: Last day on which it may be sent, or None.
        segments: The only segments it was written for; empty for all.
    """

    passage_id: str
    text: str
    document_id: str
    kind: str
    title: str
    locale: str
    status: str
    approved_by: str | None
    valid_from: date | None
    valid_until: date | None
    products: tuple[str, ...]
    subject_lines: tuple[str, ...]
    tags: tuple[str, ...]
    segments: tuple[str, ...]


def eligible_passages(
    store: Store, audience: Audience, document_ids: Sequence[str] | None = None
) -> list[Judged]:
    """List the passages that may be said to ``audience``, by document and position.

    Reads ``library_documents``, ``passages`` and ``held_inputs``: what screening holds back is not
    among them.

    Args:
        store: Holds them.
        audience: Whom something is to be said to, and when.
        document_ids: Only passages of these documents; None for all.
    """
    rows = _judged(store, audience, document_ids, is_all=False)
    return [_as_judged(row) for row in rows]


def judge_passages(
    store: Store, audience: Audience, document_ids: Sequence[str] | None = None
) -> list[Judged]:
    """List every passage in its newest version, with what stands against saying it."""
    rows = _judged(store, audience, document_ids, is_all=True)
    return [_as_judged(row) for row in rows]


def _as_judged(row: tuple[Any, ...]) -> Judged:
    passage_id, document_id, kind, is_targeted, bars = row
    told = tuple(sorted(bars, key=BARS.index))
    return Judged(passage_id, document_id, kind, is_targeted, told)


def describe_passages(store: Store, passage_ids: Sequence[str]) -> dict[str, PassageFacts]:
    """Return what is known of passages, by their ids; those of older versions are left out."""
    found: dict[str, PassageFacts] = {}
    for row in store.records(_FACTS, passage_ids=list(passage_ids)):
        for name in ("products", "subject_lines", "tags", "segments"):
            row[name] = tuple(json.loads(row[name] or "[]"))
        found[row["passage_id"]] = PassageFacts(**row)
    return found


def _judged(
    store: Store, audience: Audience, document_ids: Sequence[str] | None, *, is_all: bool
) -> list[tuple[Any, ...]]:
    language, _, country = audience.locale.partition("-")
    return store.read(
        _JUDGED, send_on=audience.send_on, locale=audience.locale, language=language,
        country=country, channel=CHANNEL, segments=list(audience.segments), is_all=is_all,
        document_ids=None if document_ids is None else list(document_ids),
    )  # fmt: skip
