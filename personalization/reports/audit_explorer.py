"""The audit explorer: every screening on record, found by what an officer asks, and opened."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from personalization.store import Store

DECISIONS: Final = ("pass", "warn", "review", "block", "error")
CATEGORIES: Final = ("hate", "self_harm", "sexual", "violence")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the officer asks about; an empty value asks about nothing.

    Attributes:
        campaign_id: One campaign.
        person: Number of a customer, who was sent the text that was screened.
        actor: Who had it screened, or decided on it.
        decision: Of the screening.
        category: Of harm, with a level above 0.
        rule: That found something.
        since: First day, UTC.
        until: Last day, UTC.
    """

    campaign_id: str = ""
    person: str = ""
    actor: str = ""
    decision: str = ""
    category: str = ""
    rule: str = ""
    since: date | None = None
    until: date | None = None


_FOUND = """
    WITH trail AS (
        SELECT TRY_CAST(json_extract_string(payload, '$.screening_id') AS BIGINT) AS screening_id,
               min(seq) AS seq, min(actor) AS actor
        FROM audit_log WHERE kind = 'variant.screened' GROUP BY ALL
    )
    SELECT screened.screening_id, trail.seq, screened.screened_at, campaigns.name AS campaign,
           variants.segment, variants.arm, screened.version, screened.decision,
           coalesce(list(DISTINCT findings.rule ORDER BY findings.rule)
                        FILTER (findings.action <> 'info'), []) AS rules,
           screened.engine, coalesce(approved.decision, '') AS reviewed,
           coalesce(approved.actor, '') AS reviewer, trail.actor,
           count(*) OVER () AS total
    FROM screenings AS screened
    JOIN variants ON variants.variant_id = screened.variant_id
                 AND variants.version = screened.version
    JOIN campaigns ON campaigns.campaign_id = screened.campaign_id
    LEFT JOIN trail ON trail.screening_id = screened.screening_id
    LEFT JOIN findings ON findings.screening_id = screened.screening_id
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = screened.variant_id AND approved.version = screened.version
       AND approved.content_sha256 = screened.content_sha256
    WHERE ($campaign_id = '' OR screened.campaign_id = $campaign_id)
      AND ($decision = '' OR screened.decision = $decision)
      AND ($actor = '' OR trail.actor = $actor OR approved.actor = $actor)
      AND ($category = ''
           OR TRY_CAST(json_extract_string(screened.categories,
                           '$.' || coalesce(nullif($category, ''), 'hate')) AS INTEGER) > 0)
      AND ($rule = '' OR EXISTS (SELECT 1 FROM findings AS found
                                 WHERE found.screening_id = screened.screening_id
                                   AND found.rule = $rule))
      AND ($person = '' OR EXISTS (SELECT 1 FROM deliveries
                                   WHERE deliveries.customer_id = $person
                                     AND NOT deliveries.is_simulated
                                     AND deliveries.variant_id = screened.variant_id
                                     AND deliveries.content_sha256 = screened.content_sha256))
      AND screened.screened_at >= coalesce($since::DATE, DATE '1970-01-01')
      AND screened.screened_at < coalesce($until::DATE, DATE '9998-12-31') + 1
    GROUP BY ALL
    ORDER BY screened.screening_id DESC
    LIMIT $limit OFFSET $offset
"""


def screenings(
    store: Store, filters: Filters, *, limit: int = 50, offset: int = 0
) -> tuple[int, pd.DataFrame]:
    """Return how many screenings fit the filters, and one page of them, newest first.

    Beyond the last page the first one is returned, since the filters may have changed meanwhile.
    """
    rows = store.frame(_FOUND, **asdict(filters), limit=limit, offset=offset)
    if offset and rows.empty:
        return screenings(store, filters, limit=limit)
    rows["rules"] = [list(rules) for rules in rows["rules"]]
    total = int(rows["total"].iloc[0]) if len(rows) else 0
    return total, rows.drop(columns="total")


_CHOICES = """
    SELECT (SELECT list(DISTINCT rule ORDER BY rule) FROM findings) AS rules,
           (SELECT list(DISTINCT actor ORDER BY actor) FROM
               (SELECT actor FROM audit_log WHERE kind = 'variant.screened'
                UNION SELECT actor FROM approvals)) AS people,
           (SELECT map_from_entries(list((campaign_id, name) ORDER BY created_at DESC, campaign_id))
            FROM campaigns) AS campaigns
"""


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be asked for: rules that found something, people, and campaigns by id."""

    rules: tuple[str, ...]
    people: tuple[str, ...]
    campaigns: dict[str, str]


def choices(store: Store) -> Choices:
    """List what the record knows, for the filters."""
    rules, people, campaigns = store.read_one(_CHOICES) or ((), (), {})
    return Choices(tuple(rules or ()), tuple(people or ()), dict(campaigns or {}))


_SCREENING = """
    SELECT screened.*, campaigns.name AS campaign, variants.segment, variants.arm, variants.subject,
           variants.preheader, variants.body, variants.call_to_action, variants.link,
           variants.footer, variants.origin, variants.written_by, variants.written_at,
           json_extract_string(variants.provenance, '$.model') AS model,
           json_extract(policies.policy, '$.policy.thresholds') AS thresholds,
           trail.seq, trail.hash, trail.prev_hash, trail.actor
    FROM screenings AS screened
    JOIN variants ON variants.variant_id = screened.variant_id
                 AND variants.version = screened.version
    JOIN campaigns ON campaigns.campaign_id = screened.campaign_id
    LEFT JOIN (SELECT policy_version, min_by(policy, number) AS policy FROM policies
               GROUP BY policy_version) AS policies
        ON policies.policy_version = screened.policy_version
    LEFT JOIN audit_log AS trail
        ON trail.kind = 'variant.screened'
       AND json_extract_string(trail.payload, '$.screening_id') = screened.screening_id::VARCHAR
    WHERE screened.screening_id = $screening_id
"""
_FINDINGS = """
    SELECT findings.rule, findings.action, findings.severity, findings.field, findings.text,
           findings.message, findings.advice,
           json_extract_string(policies.policy, concat('$.policy.rules."', rule, '".version'))
               AS rule_version,
           json_extract_string(policies.policy, concat('$.policy.rules."', rule, '".basis'))
               AS basis
    FROM findings
    JOIN screenings ON screenings.screening_id = findings.screening_id
    LEFT JOIN (SELECT policy_version, min_by(policy, number) AS policy FROM policies
               GROUP BY policy_version) AS policies
        ON policies.policy_version = screenings.policy_version
    WHERE findings.screening_id = $screening_id ORDER BY findings.position
"""
_REVIEWS = """
    SELECT approvals.decision, approvals.actor, approvals.note, approvals.is_self_approved,
           approvals.decided_at
    FROM approvals
    JOIN screenings ON screenings.variant_id = approvals.variant_id
                   AND screenings.version = approvals.version
                   AND screenings.content_sha256 = approvals.content_sha256
    WHERE screenings.screening_id = $screening_id ORDER BY approval_id
"""
_SOURCES = """
    SELECT DISTINCT documents.document_id, documents.title, documents.version, documents.status,
           documents.valid_from, documents.valid_until, statements.statement_id, statements.text
    FROM screenings
    JOIN quoted_statements AS quoted ON quoted.variant_id = screenings.variant_id
                                    AND quoted.version = screenings.version
    JOIN statements ON statements.statement_id = quoted.statement_id
    JOIN documents ON documents.document_id = statements.document_id
                  AND documents.version = statements.version
    WHERE screening_id = $screening_id ORDER BY documents.document_id, statements.statement_id
"""
_SENT = """
    SELECT count(*) FILTER (NOT is_simulated), count(*) FILTER (is_simulated) FROM deliveries
    JOIN screenings ON screenings.variant_id = deliveries.variant_id
                   AND screenings.version = deliveries.version
                   AND screenings.content_sha256 = deliveries.content_sha256
    WHERE screening_id = $screening_id
"""


@dataclass(frozen=True, slots=True)
class Record:
    """All that is on record of one screening.

    Attributes:
        screening: Its columns, with the text, who wrote it, and its row in the trail.
        levels: By category of harm; None where the engine failed.
        thresholds: By category, as they were: block_above, review_from.
        findings: With the version and basis of each rule.
        reviews: Decisions on these very bytes.
        sources: Documents as cited.
        recipients: How many were sent this text.
        simulated: For how many sending it was only simulated.
    """

    screening: dict[str, Any]
    levels: dict[str, int | None]
    thresholds: dict[str, dict[str, int]]
    findings: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    recipients: int
    simulated: int


def record_of(store: Store, screening_id: int) -> Record | None:
    """Return all that is on record of one screening, or None where there is none of that number."""
    found = store.records(_SCREENING, screening_id=screening_id)
    if not found:
        return None
    levels = json.loads(found[0]["categories"] or "{}")
    sent = store.read_one(_SENT, screening_id=screening_id)
    return Record(
        found[0],
        {category: levels.get(category) for category in CATEGORIES},
        json.loads(found[0]["thresholds"] or "{}"),
        store.records(_FINDINGS, screening_id=screening_id),
        store.records(_REVIEWS, screening_id=screening_id),
        store.records(_SOURCES, screening_id=screening_id),
        *(map(int, sent) if sent else (0, 0)),
    )
