"""Coverage: every string that is or was to go out, against every string that was screened.

It is a set, not a percentage: nothing to send is told as that, and never as 100 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalization.store import Store

_COVERAGE = """
    WITH strings AS (
        SELECT current.variant_id, current.version, screened.decision,
               screened.screening_id IN (SELECT screening_id FROM screenings_in_force) AS is_current
        FROM current_variants AS current
        LEFT JOIN latest_screenings AS screened
            ON screened.variant_id = current.variant_id AND screened.version = current.version
           AND screened.content_sha256 = current.content_sha256
        WHERE current.campaign_id = $campaign_id
    )
    SELECT count(*) AS messages,
           count(*) FILTER (is_current) AS screened,
           count(*) FILTER (is_current AND decision IN ('pass', 'warn')) AS passed,
           count(*) FILTER (is_current AND decision = 'review') AS to_review,
           count(*) FILTER (is_current AND decision = 'block') AS blocked,
           count(*) FILTER (is_current AND decision = 'error') AS errors,
           count(*) FILTER (is_current AND decision IN ('review', 'block', 'error')) AS held_back,
           count(*) FILTER (decision IS NOT NULL AND NOT is_current) AS stale,
           (SELECT count(*) FROM sendable_variants WHERE campaign_id = $campaign_id) AS sendable
    FROM strings
"""


def coverage(store: Store, campaign_id: str) -> dict[str, int]:
    """Count the campaign's messages: written, screened as they now read, passed, sendable."""
    return {
        name: int(n) for name, n in store.records(_COVERAGE, campaign_id=campaign_id)[0].items()
    }


_DELIVERED = """
    WITH sent AS (
        SELECT variant_id, content_sha256, count(*) AS recipients,
               max(launched_at) AS recorded_at, bool_or(is_simulated) AS is_simulated
        FROM deliveries JOIN experiments USING (experiment_id)
        WHERE campaign_id = $campaign_id
        GROUP BY variant_id, content_sha256
    ), judged AS (
        SELECT sent.*,
               (SELECT max_by(decision, screening_id) FROM screenings
                WHERE screenings.content_sha256 = sent.content_sha256
                  AND screenings.variant_id = sent.variant_id
                  AND screened_at <= sent.recorded_at) IN ('pass', 'warn', 'review') AS is_screened,
               (SELECT max_by(decision, approval_id) FROM approvals
                WHERE approvals.content_sha256 = sent.content_sha256
                  AND approvals.variant_id = sent.variant_id
                  AND decided_at <= sent.recorded_at) = 'approved' AS is_approved
        FROM sent
    )
    SELECT count(*) AS messages, count(*) FILTER (is_screened) AS screened,
           count(*) FILTER (is_approved) AS approved,
           count(*) FILTER (is_screened AND is_approved) AS covered,
           coalesce(sum(recipients), 0)::BIGINT AS recipients,
           coalesce(bool_or(is_simulated), false) AS is_simulated
    FROM judged
"""


def delivered_coverage(store: Store, campaign_id: str) -> dict[str, int]:
    """Count the texts that went out, and those of them that were screened and approved first.

    ``is_simulated`` is 1 where nobody was written to.
    """
    return {
        name: int(n) for name, n in store.records(_DELIVERED, campaign_id=campaign_id)[0].items()
    }


_STRINGS = """
    WITH written AS (
        SELECT variant_id, version, content_sha256, segment, arm,
               unnest(['subject', 'preheader', 'body', 'call_to_action', 'link', 'footer'])
                   AS field,
               unnest([subject, preheader, body, call_to_action, link, footer]) AS text
        FROM current_variants WHERE campaign_id = $campaign_id
    ), judged AS (
        SELECT written.field, written.arm, screened.screening_id IS NOT NULL AS is_screened
        FROM written
        LEFT JOIN screenings_in_force AS screened
            ON screened.variant_id = written.variant_id AND screened.version = written.version
           AND screened.content_sha256 = written.content_sha256
           AND screened.decision <> 'error'
        WHERE written.text <> ''
    )
    SELECT field, arm, count(*) AS strings, count(*) FILTER (is_screened) AS screened,
           count(*) FILTER (NOT is_screened) AS missing
    FROM judged
    GROUP BY field, arm
    ORDER BY list_position(['subject', 'preheader', 'body', 'call_to_action', 'link', 'footer'],
                           field), arm <> 'control', arm
"""


def strings(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """Count the strings to send by field and arm: screened as they now read, and missing.

    A screening that ended in an error looked at nothing, so its strings are missing.
    """
    return store.records(_STRINGS, campaign_id=campaign_id)


_TOTALS = """
    WITH written AS (
        SELECT variant_id, version, content_sha256,
               (subject <> '')::INTEGER + (preheader <> '')::INTEGER + (body <> '')::INTEGER
                   + (call_to_action <> '')::INTEGER + (link <> '')::INTEGER
                   + (footer <> '')::INTEGER AS strings
        FROM current_variants WHERE campaign_id = $campaign_id
    )
    SELECT coalesce(sum(strings), 0)::BIGINT AS strings,
           coalesce(sum(strings) FILTER (screened.screening_id IS NOT NULL), 0)::BIGINT AS screened,
           coalesce(sum(strings) FILTER (screened.screening_id IS NULL), 0)::BIGINT AS missing
    FROM written
    LEFT JOIN screenings_in_force AS screened
        ON screened.variant_id = written.variant_id AND screened.version = written.version
       AND screened.content_sha256 = written.content_sha256
       AND screened.decision <> 'error'
"""


def totals(store: Store, campaign_id: str) -> dict[str, int]:
    """Count the strings to send, those that are screened as they now read, and the rest."""
    return {name: int(n) for name, n in store.records(_TOTALS, campaign_id=campaign_id)[0].items()}
