"""What the reviewer sees: the queue, one message with its evidence, and what was decided before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import delivery
from personalization.domain import Message
from personalization.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

STATES: Final = (
    "needs_review",
    "needs_reason",
    "blocked",
    "check_failed",
    "not_screened",
    "approved",
    "on_hold",
    "void",
    "changes_asked",
    "rejected",
    "stopped",
)
"""Where a message stands; ``void`` is an approval that no longer lets it go out, ``on_hold`` one
that counts again once its campaign is released, ``stopped`` cites what may not be said."""

_QUEUE = """
    WITH judged AS (
        SELECT current.variant_id, current.version, current.segment, current.arm, current.subject,
               current.origin, segments.customers, segments.position, approved.decision AS decided,
               screened.screening_id,
               screened.decision AS screening,
               sendable.variant_id IS NOT NULL AS is_sendable
        FROM current_variants AS current
        LEFT JOIN segments ON segments.campaign_id = current.campaign_id
                          AND segments.segment = current.segment
        LEFT JOIN screenings_in_force AS screened
            ON screened.variant_id = current.variant_id AND screened.version = current.version
           AND screened.content_sha256 = current.content_sha256
        LEFT JOIN latest_approvals AS approved
            ON approved.variant_id = current.variant_id AND approved.version = current.version
        LEFT JOIN cleared_variants AS sendable ON sendable.variant_id = current.variant_id
        WHERE current.campaign_id = $campaign_id
    ), counted AS (
        SELECT screening_id, count(*) FILTER (action IN ('warn', 'review', 'block', 'error'))
                   AS n_findings
        FROM findings GROUP BY screening_id
    )
    SELECT variant_id, version, segment, arm, subject, origin, customers,
           coalesce(n_findings, 0) AS n_findings,
           CASE WHEN decided = 'approved' AND is_sendable THEN 'approved'
                WHEN decided = 'approved' THEN 'void'
                WHEN decided = 'changes_asked' THEN 'changes_asked'
                WHEN decided = 'rejected' THEN 'rejected'
                WHEN screening IS NULL THEN 'not_screened'
                WHEN screening = 'block' THEN 'blocked'
                WHEN screening = 'error' THEN 'check_failed'
                WHEN screening = 'review' THEN 'needs_reason'
                ELSE 'needs_review' END AS state
    FROM judged LEFT JOIN counted USING (screening_id)
    ORDER BY position, segment, arm <> 'control', arm
"""


def queue(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List the campaign's messages in the order of the segments, control text first.

    Returns:
        variant_id, version, segment, arm, subject, origin, customers, n_findings, state, one of
        STATES, and why: what stands against it or voids its approval, in clauses.
    """
    stops = delivery.stops_of(store, campaign_id)
    rows = store.records(_QUEUE, campaign_id=campaign_id)
    return [_with_reasons(row, stops.get((row["variant_id"], row["version"]), [])) for row in rows]


def _with_reasons(row: dict[str, Any], stops: list[delivery.Stop]) -> dict[str, Any]:
    kinds, state, why = {stop.kind for stop in stops}, row["state"], [s.reason for s in stops]
    if state == "void" and kinds == {"held"}:
        state = "on_hold"
    elif state == "needs_review" and kinds - {"held", "ends_earlier"}:
        state = "stopped"
    if state == "void" and not kinds - {"held"}:
        why.append(
            "the policy or its screening changed after the approval, or a reviewer has to say why "
            "its findings are harmless: screen it again and approve it anew"
        )
    return {**row, "state": state, "why": why if state in _EXPLAINED else []}


_EXPLAINED: Final = ("void", "on_hold", "stopped", "needs_review", "needs_reason")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One message as a reviewer has to judge it.

    Attributes:
        before: The version before, or None for the first.
        screening: pass, warn, review, block, error, or None where the policy in force has not
            judged these bytes.
        attributes: What makes the variant differ: plan, tone, length.
    """

    variant_id: str
    version: int
    segment: str
    arm: str
    message: Message
    before: Message | None
    origin: str
    written_by: str
    written_at: datetime
    attributes: dict[str, str]
    screening_id: int | None
    screening: str | None
    engine: str | None


_MESSAGE = """
    SELECT current.version, current.segment, current.arm, current.subject, current.preheader,
           current.body, current.call_to_action, current.link, current.footer, current.origin,
           current.written_by, current.written_at,
           cast(current.attributes AS MAP(VARCHAR, VARCHAR)) AS attributes,
           screened.screening_id, screened.decision AS screening, screened.engine
    FROM current_variants AS current
    LEFT JOIN screenings_in_force AS screened
        ON screened.variant_id = current.variant_id AND screened.version = current.version
       AND screened.content_sha256 = current.content_sha256
    WHERE current.variant_id = $variant_id
"""
_VERSION = """
    SELECT subject, preheader, body, call_to_action, link, footer FROM variants
    WHERE variant_id = $variant_id AND version = $version
"""


def message(store: Store, variant_id: str) -> Reviewed:
    """Return the newest version of a message with the one before it.

    Raises:
        InputError: There is no such message.
    """
    found = store.records(_MESSAGE, variant_id=variant_id)
    if not found:
        raise InputError(f"There is no message {variant_id!r}. The list shows those there are.")
    row = found[0]
    before = store.read_one(_VERSION, variant_id=variant_id, version=row["version"] - 1)
    return Reviewed(
        variant_id=variant_id,
        version=row["version"],
        segment=row["segment"],
        arm=row["arm"],
        message=Message(*(row[name] for name in Message.__slots__)),
        before=Message(*before) if before else None,
        origin=row["origin"],
        written_by=row["written_by"],
        written_at=row["written_at"],
        attributes=dict(row["attributes"] or {}),
        screening_id=row["screening_id"],
        screening=row["screening"],
        engine=row["engine"],
    )


_CLAIMS = """
    SELECT claims.position, claims.field, claims.span_start, claims.span_end, claims.text,
           claims.decision, claims.reason, claims.source_text, documents.title,
           documents.document_id, documents.valid_until, documents.approved_by
    FROM claims
    LEFT JOIN statements ON statements.statement_id = claims.statement_id
    LEFT JOIN documents ON documents.document_id = statements.document_id
                       AND documents.version = statements.version
    WHERE claims.variant_id = $variant_id AND claims.version = $version
    ORDER BY claims.position
"""


def claims(store: Store, variant_id: str, version: int) -> list[dict[str, Any]]:
    """List what the version asserts, with the words of the source that bear it out."""
    return store.records(_CLAIMS, variant_id=variant_id, version=version)


_FINDINGS = """
    SELECT rule, action, severity, field, span_start, span_end, text, message, advice
    FROM findings WHERE screening_id = $screening_id
    ORDER BY severity DESC, position
"""


def findings(store: Store, screening_id: int | None) -> list[dict[str, Any]]:
    """List what the screening found, the worst first; nothing where there was none."""
    return [] if screening_id is None else store.records(_FINDINGS, screening_id=screening_id)


_HISTORY = """
    SELECT decided_at, version, decision, actor, note, is_self_approved FROM approvals
    WHERE variant_id = $variant_id
    ORDER BY approval_id DESC
"""


def history(store: Store, variant_id: str) -> list[dict[str, Any]]:
    """List every decision that was taken on the message, in any version, newest first."""
    return store.records(_HISTORY, variant_id=variant_id)
