"""Eligibility: what may be said to a segment on the day of sending, decided in SQL.

Everything that is found passes through this statement, before the ranking and again after it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from personalization.store import Store

CHANNEL: Final = "email"

# An offer or a legal text counts in the country it was approved for; anything else may be said to
# readers of the same language elsewhere.
_ELIGIBLE = """
    WITH told AS (
        SELECT current_documents.*,
               CAST(audience->'$.segments' AS VARCHAR[]) AS included,
               CAST(audience->'$.exclude' AS VARCHAR[]) AS excluded,
               CAST(channels AS VARCHAR[]) AS channel_names,
               CAST(tags AS VARCHAR[]) AS tag_names,
               [lower(name) FOR name IN $segments::VARCHAR[]] AS asked
        FROM current_documents
        WHERE status = 'approved'
          AND kind IN ('benefit', 'proof', 'offer', 'faq', 'legal', 'cta', 'story')
          AND coalesce(valid_from, $send_on) <= $send_on
          AND coalesce(valid_until, $send_on) >= $send_on
          AND coalesce(jurisdiction, $country) = $country
          AND (locale IN ($locale, $language)
               OR split_part(locale, '-', 1) = $language AND kind NOT IN ('offer', 'legal'))
    ), said AS (
        SELECT passage_id, string_agg(text, ' ' ORDER BY position) AS text
        FROM statements GROUP BY passage_id
    )
    SELECT passages.passage_id, passages.text, told.document_id, told.kind, told.title,
           concat_ws(' ', passages.text, said.text, array_to_string(tag_names, ' ')) AS words,
           told.products, told.subject_lines, told.tags, told.valid_until,
           len(told.included) > 0 AS is_targeted
    FROM told
    JOIN passages ON passages.document_id = told.document_id AND passages.version = told.version
    LEFT JOIN said ON said.passage_id = passages.passage_id
    WHERE NOT list_contains(tag_names, 'control')
      AND passages.passage_id NOT IN (SELECT ref FROM held_inputs WHERE what = 'passage')
      AND (len(channel_names) = 0 OR list_contains(channel_names, $channel))
      AND (len(included) = 0
           OR len(asked) > 0 AND list_has_all([lower(name) FOR name IN included], asked))
      AND NOT list_has_any([lower(name) FOR name IN excluded], asked)
    ORDER BY passages.document_id, passages.position
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
        return self.locale[:2]


@dataclass(frozen=True, slots=True)
class Eligible:
    """A passage that may be said, with the facts of its document.

    Attributes:
        kind: benefit, proof, offer, faq, legal, cta or story.
        words: The text with the statements and the tags, what a search by words reads.
        valid_until: Last day on which it may be sent, or None.
        is_targeted: Whether it was written for the segment that was asked for, and not for all.
    """

    passage_id: str
    text: str
    document_id: str
    kind: str
    title: str
    words: str
    products: tuple[str, ...]
    subject_lines: tuple[str, ...]
    tags: tuple[str, ...]
    valid_until: date | None
    is_targeted: bool


def eligible_passages(store: Store, audience: Audience) -> list[Eligible]:
    """List the passages that may be said to ``audience``, by document and position.

    Reads ``current_documents``, ``passages`` and ``held_inputs``: what screening holds back is not
    among them.
    """
    language, _, country = audience.locale.partition("-")
    rows = store.records(
        _ELIGIBLE, send_on=audience.send_on, locale=audience.locale, language=language,
        country=country, channel=CHANNEL, segments=list(audience.segments),
    )  # fmt: skip
    for row in rows:
        for name in ("products", "subject_lines", "tags"):
            row[name] = tuple(json.loads(row[name]))
    return [Eligible(**row) for row in rows]
