"""The content library as a marketer looks at it, and the sources that each segment was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date

    from personalization.store import Store

STATES: Final = (
    "in_force", "ends_soon", "upcoming", "draft", "held", "expired", "retired", "withdrawn",
)  # fmt: skip
"""What a document is on a day: it may be said for long or for two weeks at most, or why not."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the library in its newest version.

    Attributes:
        kind: benefit, proof, offer, faq, legal, cta, story or voice.
        valid_until: Last day on which it may be used, or None.
        source: The file it was read from; ``app/`` or ``upload/`` where it came in here.
        jurisdiction: Country whose law it was written for, or None.
        state: One of STATES, on the day that was asked for.
        n_messages: Messages in their newest version that quote it.
        n_campaigns: Campaigns that these belong to.
    """

    document_id: str
    version: int
    kind: str
    title: str
    locale: str
    valid_from: date | None
    valid_until: date | None
    approved_by: str | None
    approved_at: str | None
    evidence: str | None
    jurisdiction: str | None
    source: str
    body: str
    state: str
    n_messages: int
    n_campaigns: int


_SEARCH = """
    WITH uses AS (
        SELECT statements.document_id,
               count(DISTINCT variants.variant_id) AS n_messages,
               count(DISTINCT variants.campaign_id) AS n_campaigns
        FROM current_variants AS variants
        JOIN quoted_statements AS quoted ON quoted.variant_id = variants.variant_id
                                        AND quoted.version = variants.version
        JOIN statements ON statements.statement_id = quoted.statement_id
        GROUP BY statements.document_id
    ), said AS (
        SELECT document_id, version, string_agg(text, ' ' ORDER BY position) AS text
        FROM statements GROUP BY document_id, version
    ), held AS (
        SELECT DISTINCT passages.document_id, passages.version
        FROM held_inputs JOIN passages ON passages.passage_id = held_inputs.ref
        WHERE held_inputs.what = 'passage'
    ), library AS (
        SELECT documents.document_id, documents.version, kind, title, locale, valid_from,
               valid_until, approved_by, approved_at, evidence, jurisdiction, source, body,
               said.text AS said,
               CASE WHEN documents.document_id IN (SELECT document_id FROM open_withdrawals)
                    THEN 'withdrawn'
                    WHEN status <> 'approved' THEN status
                    WHEN held.document_id IS NOT NULL THEN 'held'
                    WHEN valid_from > $day THEN 'upcoming'
                    WHEN valid_until < $day THEN 'expired'
                    WHEN valid_until <= $day + 14 THEN 'ends_soon'
                    ELSE 'in_force' END AS state,
               coalesce(n_messages, 0) AS n_messages, coalesce(n_campaigns, 0) AS n_campaigns
        FROM library_documents AS documents
        LEFT JOIN uses ON uses.document_id = documents.document_id
        LEFT JOIN said ON said.document_id = documents.document_id
                      AND said.version = documents.version
        LEFT JOIN held ON held.document_id = documents.document_id
                      AND held.version = documents.version
    )
    SELECT * EXCLUDE said FROM library
    WHERE ($words = ''
           OR contains(lower(concat_ws(' ', document_id, title, body, said)), lower($words)))
      AND $kind IN ('', kind) AND $state IN ('', state) AND $locale IN ('', locale)
    ORDER BY kind, title, document_id
"""


def documents(
    store: Store,
    day: date,
    *,
    words: str = "",
    kind: str = "",
    state: str = "",
    locale: str = "",
) -> list[Document]:
    """List the library as it stands on ``day``, by kind and title.

    Args:
        store: Reads ``library_documents``, and ``quoted_statements`` for where they are used.
        day: Decides what is upcoming or expired: a campaign's send date, or today.
        words: Have to occur in the id, the title, the text or a statement, in any case of letters;
            empty for all.
        kind: Only documents of this kind; empty for all.
        state: Only documents in this one of STATES; empty for all.
        locale: Only documents in this language and country; empty for all.
    """
    rows = store.records(
        _SEARCH, day=day, words=words.strip(), kind=kind, state=state, locale=locale
    )
    return [Document(**row) for row in rows]


_PROBLEMS = """
    SELECT source, line, field, message FROM content_problems
    WHERE imported_at = (SELECT max(imported_at) FROM content_problems)
    ORDER BY source, line, field, message
"""


def problems(store: Store) -> list[dict[str, Any]]:
    """List what the last import could not read: ``source``, ``line``, ``field``, ``message``."""
    return store.records(_PROBLEMS)


_OFFERS = """
    SELECT document_id, title, valid_until FROM current_documents
    WHERE kind = 'offer' AND status = 'approved'
      AND coalesce(valid_until, $day) >= $day
    ORDER BY title, document_id
"""
_LOCALES = """
    SELECT DISTINCT locale FROM library_documents WHERE status = 'approved' ORDER BY locale
"""


def offers(store: Store, day: date) -> list[dict[str, Any]]:
    """List the approved offers that have not ended on ``day``: id, title, ``valid_until``."""
    return store.records(_OFFERS, day=day)


def locales(store: Store) -> list[str]:
    """List the languages in which there is approved content."""
    return [locale for (locale,) in store.read(_LOCALES)]


_SOURCES = """
    SELECT found.rank, passages.passage_id, passages.text, found.why, documents.document_id,
           documents.kind, documents.title, documents.valid_until, choices.choice
    FROM segment_passages AS found
    JOIN passages ON passages.passage_id = found.passage_id
    JOIN documents ON documents.document_id = passages.document_id
                  AND documents.version = passages.version
    LEFT JOIN passage_choices AS choices
        ON choices.campaign_id = found.campaign_id AND choices.segment = found.segment
       AND choices.document_id = documents.document_id
    WHERE found.campaign_id = $campaign_id AND found.segment = $segment
    ORDER BY found.rank, passages.passage_id
"""
_EXCLUDED = """
    SELECT documents.document_id, documents.kind, documents.title
    FROM passage_choices AS choices
    JOIN current_documents AS documents ON documents.document_id = choices.document_id
    WHERE choices.campaign_id = $campaign_id AND choices.segment = $segment
      AND choices.choice = 'excluded'
    ORDER BY documents.title, documents.document_id
"""


def sources_of(store: Store, campaign_id: str, segment: str) -> list[dict[str, Any]]:
    """List the passages found for a segment, best first, with what the user said of each."""
    return store.records(_SOURCES, campaign_id=campaign_id, segment=segment)


def excluded_of(store: Store, campaign_id: str, segment: str) -> list[dict[str, Any]]:
    """List the documents that the user keeps out of a segment's messages."""
    return store.records(_EXCLUDED, campaign_id=campaign_id, segment=segment)


_WRITTEN = """
    WITH found AS (
        SELECT segment, count(*) AS n_sources FROM segment_passages
        WHERE campaign_id = $campaign_id GROUP BY segment
    ),
    written AS (
        SELECT variants.segment, count(*) AS n_messages, count(screened.variant_id) AS n_checked
        FROM current_variants AS variants
        LEFT JOIN screenings_in_force AS screened
            ON screened.variant_id = variants.variant_id AND screened.version = variants.version
           AND screened.content_sha256 = variants.content_sha256
        WHERE variants.campaign_id = $campaign_id GROUP BY variants.segment
    )
    SELECT segments.segment, segments.customers, coalesce(n_sources, 0) AS n_sources,
           coalesce(n_messages, 0) AS n_messages, coalesce(n_checked, 0) AS n_checked
    FROM segments
    LEFT JOIN found ON found.segment = segments.segment
    LEFT JOIN written ON written.segment = segments.segment
    WHERE segments.campaign_id = $campaign_id
    ORDER BY segments.position, segments.segment
"""
_FAILURES = """
    SELECT segment, arm, reason FROM writing_failures WHERE campaign_id = $campaign_id
    ORDER BY segment, arm
"""


def writing_of(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List each segment with its sources found, messages written, and how many of them checked.

    Checked is what the policy in force has judged in its present wording, whatever the outcome.
    """
    return store.records(_WRITTEN, campaign_id=campaign_id)


def failures_of(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List the messages that could not be written: ``segment``, ``arm``, ``reason``."""
    return store.records(_FAILURES, campaign_id=campaign_id)
