"""What the quality of messages is worked out from: texts, claims with their sources, and fields.

Each statement runs by itself on the database file, with the campaign's id for ``$campaign_id``;
``SQL`` is what the page offers, so that every figure can be worked out anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import MERGE_FIELDS, Message, merge_tags
from personalization.generation.citations import Citation, CitedClaim

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.store import Store

_TEXTS = """
    SELECT current.variant_id, current.version, current.segment, current.arm, current.locale,
           current.subject, current.preheader, current.body, current.call_to_action, current.link,
           current.footer, campaigns.brief->'$.must_say' AS must_say
    FROM current_variants AS current
    LEFT JOIN campaigns ON campaigns.campaign_id = current.campaign_id
    LEFT JOIN segments ON segments.campaign_id = current.campaign_id
                      AND segments.segment = current.segment
    WHERE current.campaign_id = $campaign_id
    ORDER BY segments.position, current.segment, current.arm <> 'control', current.arm
"""
# One row for each citation; a claim without one has a row without a statement.
_EVIDENCE = """
    SELECT claims.variant_id, claims.field, claims.span_start, claims.span_end, claims.text,
           claims.decision, claims.statement_id, statements.text AS source, statements.alternates,
           documents.subject_lines, documents.document_id, documents.title,
           TRY_CAST(substr(documents.approved_at, 1, 10) AS DATE) AS approved_on,
           campaigns.send_on
    FROM current_variants AS current
    JOIN campaigns USING (campaign_id)
    JOIN claims ON claims.variant_id = current.variant_id AND claims.version = current.version
    LEFT JOIN statements ON statements.statement_id = claims.statement_id
    LEFT JOIN documents ON documents.document_id = statements.document_id
                       AND documents.version = statements.version
    WHERE current.campaign_id = $campaign_id
    ORDER BY claims.variant_id, claims.position
"""
# Which fields members have in a form that a message may carry; only those that some message of
# the campaign addresses are looked at.  Each different value is judged once.
_FILLED = """
    WITH addressed AS (
        SELECT bool_or(has_first_name) AS has_first_name, bool_or(has_city) AS has_city,
               bool_or(has_country) AS has_country,
               bool_or(has_favourite_category) AS has_favourite_category,
               bool_or(has_tier) AS has_tier
        FROM current_variants JOIN message_fields USING (variant_id, version, campaign_id)
        WHERE campaign_id = $campaign_id
    ), members AS (
        SELECT segment_members.segment, segment_members.customer_id,
               CASE WHEN has_first_name THEN first_name END AS first_name,
               CASE WHEN has_city THEN city END AS city,
               CASE WHEN has_country THEN country END AS country,
               CASE WHEN has_favourite_category THEN favourite_category END AS favourite_category,
               CASE WHEN has_tier THEN tier END AS tier
        FROM segment_members
        JOIN campaigns USING (campaign_id)
        JOIN customers ON customers.dataset_id = campaigns.dataset_id
                      AND customers.customer_id = segment_members.customer_id
        CROSS JOIN addressed
        WHERE segment_members.campaign_id = $campaign_id
    ), owned AS (
        UNPIVOT members ON first_name, city, country, favourite_category, tier
        INTO NAME field VALUE own
    ), known AS (
        SELECT own, merge_value(own) AS shown FROM (SELECT DISTINCT own FROM owned)
    ), people AS (
        SELECT customer_id, string_agg(field, ' ' ORDER BY field) AS filled
        FROM (SELECT customer_id, field FROM owned JOIN known USING (own) WHERE shown <> ''
              UNION ALL
              SELECT customer_id, 'products' FROM product_sets WHERE campaign_id = $campaign_id)
        GROUP BY customer_id
    )
    SELECT segment, coalesce(filled, '') AS filled, count(*) AS members
    FROM members LEFT JOIN people USING (customer_id)
    GROUP BY ALL
    ORDER BY segment, filled
"""
PRODUCTS: Final = "products"
"""What stands for every tag of a product: who has a full set of products has them all."""

_CHANGE = "SELECT coalesce(max(seq), 0) FROM audit_log"

SQL: Final[Mapping[str, str]] = {
    "Texts": _TEXTS,
    "Claims and their sources": _EVIDENCE,
    "Who has which field": _FILLED,
}
"""What the figures rest on, by what it is called on the page."""


@dataclass(frozen=True, slots=True)
class Written:
    """One message with what is known of it.

    Attributes:
        claims: What it asserts, place by place.
        n_members: Members of its segment.
        n_resolved: Those for whom every field that it addresses is filled.
        have: (field, members who have it) for each field that it addresses; ``products`` for all
            that it says of products.
        oldest_source: (title, days from its approval to the send date) of the oldest cited
            document; None where no date is on record.
        ordered: Words and sentences that the brief orders into every message of an arm.
    """

    variant_id: str
    version: int
    segment: str
    arm: str
    locale: str
    message: Message
    claims: tuple[CitedClaim, ...]
    n_members: int
    n_resolved: int
    have: tuple[tuple[str, int], ...]
    oldest_source: tuple[str, int] | None
    ordered: tuple[str, ...] = ()

    @property
    def coverage(self) -> float | None:
        """Return the share of members for whom every field resolves; None without a member."""
        return self.n_resolved / self.n_members if self.n_members else None


def last_change(store: Store) -> int:
    """Return the number of the last audit row: while it is the same, so are all figures."""
    return int(store.read(_CHANGE)[0][0])


def written_of(store: Store, campaign_id: str) -> list[Written]:
    """List the newest version of each message, in the order of the segments, control first."""
    filled: dict[str, list[tuple[frozenset[str], int]]] = {}
    for segment, fields, members in store.read(_FILLED, campaign_id=campaign_id):
        filled.setdefault(segment, []).append((frozenset(fields.split()), members))
    evidence: dict[str, list[dict[str, Any]]] = {}
    for row in store.records(_EVIDENCE, campaign_id=campaign_id):
        evidence.setdefault(row["variant_id"], []).append(row)
    return [
        _written(row, evidence.get(row["variant_id"], []), filled.get(row["segment"], []))
        for row in store.records(_TEXTS, campaign_id=campaign_id)
    ]


def _written(
    row: dict[str, Any],
    evidence: list[dict[str, Any]],
    filled: list[tuple[frozenset[str], int]],
) -> Written:
    message = Message(*(row[name] for name in Message.__slots__))
    used = {
        PRODUCTS if tag.rank else tag.field
        for _, text in message.fields()
        for tag in merge_tags(text)
    }
    return Written(
        row["variant_id"], row["version"], row["segment"], row["arm"], row["locale"], message,
        _claims(evidence),
        n_members=sum(n for _, n in filled),
        n_resolved=sum(n for fields, n in filled if used <= fields),
        have=tuple(
            (name, sum(n for fields, n in filled if name in fields))
            for name in (*MERGE_FIELDS, PRODUCTS) if name in used
        ),
        oldest_source=_oldest(evidence),
        ordered=tuple(json.loads(row["must_say"] or "[]")),
    )  # fmt: skip


def _claims(evidence: list[dict[str, Any]]) -> tuple[CitedClaim, ...]:
    """Put the citations of one place together: a place with two of them is one claim."""
    places: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    for row in evidence:
        places.setdefault((row["field"], row["span_start"], row["span_end"]), []).append(row)
    return tuple(
        CitedClaim(
            rows[0]["text"],
            all(row["decision"] == "pass" for row in rows),
            tuple(_citation(row) for row in rows if row["source"] is not None),
        )
        for rows in places.values()
    )


def _citation(row: dict[str, Any]) -> Citation:
    wordings = (*json.loads(row["alternates"]), *json.loads(row["subject_lines"] or "[]"))
    return Citation(row["statement_id"], row["source"], wordings)


def _oldest(evidence: list[dict[str, Any]]) -> tuple[str, int] | None:
    dated = [(row["approved_on"], row["title"], row["send_on"]) for row in evidence
             if row["approved_on"] is not None]  # fmt: skip
    if not dated:
        return None
    approved_on, title, send_on = min(dated, key=lambda found: (found[0], found[1]))
    return title, _days(approved_on, send_on)


def _days(first: date, last: date) -> int:
    return (last - first).days
