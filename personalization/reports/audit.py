"""What the compliance officer sees: coverage, what was blocked and why, and the trail.

Coverage is a set, not a percentage: every string that is or was to go out, against every string
that was screened in those very bytes.  Nothing to send is told as that, and never as 100 %.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from personalization.reports.cells import cell
from personalization.store import hmac_pads, pseudonym_key, record, verify_chain

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from personalization.store import AuditCheck, Store

_COVERAGE = """
    WITH strings AS (
        SELECT current.variant_id, current.version, screened.decision,
               screened.policy_version = (SELECT policy_version FROM policy_in_force) AS is_current
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
           count(*) FILTER (decision IS NOT NULL AND NOT is_current) AS stale,
           (SELECT count(*) FROM sendable_variants WHERE campaign_id = $campaign_id) AS sendable
    FROM strings
"""


def coverage(store: Store, campaign_id: str) -> dict[str, int]:
    """Count the campaign's messages: written, screened as they now read, passed, sendable."""
    return {
        name: int(n) for name, n in store.records(_COVERAGE, campaign_id=campaign_id)[0].items()
    }


def check(store: Store) -> AuditCheck:
    """Work every hash of the trail out again; see ``store.verify_chain``."""
    return verify_chain(store)


_DELIVERED = """
    SELECT count(*) AS messages,
           count(*) FILTER ((
               SELECT max_by(decision, screening_id) FROM screenings
               WHERE screenings.content_sha256 = sent.content_sha256
                 AND screenings.variant_id = sent.variant_id
                 AND screened_at <= sent.recorded_at) IN ('pass', 'warn', 'review')) AS screened,
           count(*) FILTER ((
               SELECT max_by(decision, approval_id) FROM approvals
               WHERE approvals.content_sha256 = sent.content_sha256
                 AND approvals.variant_id = sent.variant_id
                 AND decided_at <= sent.recorded_at) = 'approved') AS approved,
           coalesce(sum(recipients), 0)::BIGINT AS recipients
    FROM (SELECT variant_id, content_sha256, count(*) AS recipients,
                 max(launched_at) AS recorded_at
          FROM deliveries JOIN experiments USING (experiment_id)
          WHERE campaign_id = $campaign_id
          GROUP BY variant_id, content_sha256) AS sent
"""


def delivered_coverage(store: Store, campaign_id: str) -> dict[str, int]:
    """Count the texts that went out, and those of them that were screened and approved first."""
    return {
        name: int(n) for name, n in store.records(_DELIVERED, campaign_id=campaign_id)[0].items()
    }


_BLOCKED = """
    SELECT screened.screened_at, variants.segment, variants.arm, screened.variant_id,
           screened.version, screened.decision, findings.rule, findings.severity, findings.action,
           findings.field, findings.text, findings.message, findings.advice
    FROM screenings AS screened
    JOIN variants USING (variant_id, version)
    JOIN findings USING (screening_id)
    WHERE screened.campaign_id = $campaign_id AND screened.decision IN ('block', 'error', 'review')
      AND findings.action IN ('block', 'error', 'review')
    ORDER BY findings.severity DESC, screened.screening_id DESC, findings.position
    LIMIT 500
"""


def blocked_items(store: Store, campaign_id: str) -> pd.DataFrame:
    """List what screening held back: one row for each finding, with category and severity."""
    return store.frame(_BLOCKED, campaign_id=campaign_id)


_TRAIL = """
    SELECT seq, happened_at, kind, ref, actor, payload, hash
    FROM audit_log
    WHERE campaign_id = $campaign_id
      AND ($kind = '' OR starts_with(kind, $kind)) AND ($actor = '' OR actor = $actor)
      AND ($words = '' OR contains(lower(ref || ' ' || payload), lower($words)))
    ORDER BY seq DESC
    LIMIT $limit OFFSET $offset
"""
_TRAIL_SIZE = """
    SELECT count(*) FROM audit_log
    WHERE campaign_id = $campaign_id
      AND ($kind = '' OR starts_with(kind, $kind)) AND ($actor = '' OR actor = $actor)
      AND ($words = '' OR contains(lower(ref || ' ' || payload), lower($words)))
"""


def trail(
    store: Store,
    campaign_id: str,
    *,
    kind: str = "",
    actor: str = "",
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, pd.DataFrame]:
    """Return how many audit rows fit the filters, and one page of them, newest first."""
    filters = {"campaign_id": campaign_id, "kind": kind, "actor": actor, "words": words}
    size = store.read(_TRAIL_SIZE, **filters)[0][0]
    return int(size), store.frame(_TRAIL, **filters, limit=limit, offset=offset)


_CHOICES = """
    SELECT DISTINCT split_part(kind, '.', 1) AS kind, actor FROM audit_log
    WHERE campaign_id = $campaign_id ORDER BY kind, actor
"""


def trail_choices(store: Store, campaign_id: str) -> tuple[list[str], list[str]]:
    """List the kinds of things and the people that the campaign's trail knows."""
    rows = store.read(_CHOICES, campaign_id=campaign_id)
    return sorted({kind for kind, _ in rows}), sorted({actor for _, actor in rows})


# The officer's file: one row for each screening, with the decision of the reviewer that followed.
_OFFICER = """
    SELECT screened.screening_id AS seq,
           strftime(screened.screened_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS screened_at,
           screened.campaign_id, variants.segment, variants.arm, screened.variant_id,
           screened.version, screened.content_sha256, screened.engine, screened.engine_version,
           screened.policy_version,
           CASE screened.engine WHEN 'azure' THEN 'azure' ELSE 'band' END AS severity_kind,
           json_extract_string(screened.categories, '$.hate') AS sev_hate,
           json_extract_string(screened.categories, '$.self_harm') AS sev_self_harm,
           json_extract_string(screened.categories, '$.sexual') AS sev_sexual,
           json_extract_string(screened.categories, '$.violence') AS sev_violence,
           screened.n_strings, screened.decision,
           coalesce(reasons.rules, '') AS rules, coalesce(reasons.max_severity, 0) AS max_severity,
           coalesce(reasons.reasons, '') AS decision_reason,
           coalesce(approved.decision, '') AS review_decision,
           coalesce(approved.actor, '') AS reviewer,
           coalesce(approved.is_self_approved::VARCHAR, '') AS is_self_approved,
           coalesce(approved.note, '') AS review_note,
           coalesce(strftime(approved.decided_at, '%Y-%m-%dT%H:%M:%S.%fZ'), '') AS reviewed_at,
           (latest.screening_id IS NOT NULL AND current.variant_id IS NOT NULL) AS is_newest,
           coalesce(sent.recipients, 0) AS recipients,
           coalesce(sent.is_simulated::VARCHAR, '') AS is_simulated
    FROM screenings AS screened
    JOIN variants USING (variant_id, version)
    LEFT JOIN (
        SELECT screening_id, string_agg(DISTINCT rule, '; ' ORDER BY rule) AS rules,
               max(severity) AS max_severity,
               string_agg(field || ': ' || message, ' | ' ORDER BY position) AS reasons
        FROM findings GROUP BY screening_id
    ) AS reasons USING (screening_id)
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = screened.variant_id AND approved.version = screened.version
       AND approved.content_sha256 = screened.content_sha256
    LEFT JOIN latest_screenings AS latest ON latest.screening_id = screened.screening_id
    LEFT JOIN current_variants AS current
        ON current.variant_id = screened.variant_id AND current.version = screened.version
    LEFT JOIN (
        SELECT variant_id, version, content_sha256, count(*) AS recipients,
               bool_or(deliveries.is_simulated) AS is_simulated
        FROM deliveries GROUP BY variant_id, version, content_sha256
    ) AS sent
        ON sent.variant_id = screened.variant_id AND sent.version = screened.version
       AND sent.content_sha256 = screened.content_sha256
    WHERE screened.campaign_id = $campaign_id
    ORDER BY screened.screening_id
"""


def audit_csv(store: Store, campaign_id: str, *, actor: str = "officer") -> bytes:
    """Write the officer's file: UTF-8 with BOM, one row per screening, blocked and errors included.

    Reviewers are named; customers are not in it at all.  Cells that a spreadsheet would take for
    a formula get an apostrophe.  The download itself is recorded in ``audit_log``, and the last
    line's chain head ties the file to the trail.
    """
    with store.transaction():
        rows = store.records(_OFFICER, campaign_id=campaign_id)
        chain = verify_chain(store)
        record(
            store,
            "audit.exported",
            campaign_id,
            actor=actor,
            campaign_id=campaign_id,
            rows=len(rows),
            chain_head=chain.head,
        )
    names = [*(rows[0] if rows else _EMPTY), "chain_rows", "chain_head"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([cell(v) for v in (*row.values(), chain.n_rows, chain.head)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


_EMPTY: Final = ("seq", "screened_at", "campaign_id", "variant_id", "decision")


# HMAC-SHA-256 (RFC 2104) of the customer's id, in the engine: the key's two pads are bound.
_DELIVERIES = """
    SELECT left(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(customer_id)))), 32)
               AS subject_ref,
           csv_cell(deliveries.segment) AS segment, deliveries.arm, variant_id, version,
           content_sha256, rendered_sha256,
           deliveries.is_simulated, strftime(delivered_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS delivered_at
    FROM deliveries JOIN experiments USING (experiment_id)
    WHERE campaign_id = $campaign_id
    ORDER BY subject_ref, delivered_at
"""


def write_deliveries_csv(store: Store, campaign_id: str, path: Path) -> None:
    """Write one row per text that went out: who by pseudonym, what by fingerprint, and when.

    The pseudonym is keyed, so that nobody without the key beside the database can find out by
    trying whose row it is; the same customer has the same pseudonym in every file.
    """
    inner, outer = hmac_pads(pseudonym_key(store))
    store.write_csv(path, _DELIVERIES, campaign_id=campaign_id, inner=inner, outer=outer)
