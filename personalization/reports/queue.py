"""What waits for the officer across all campaigns, by risk, and what is in one review packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import approval
from personalization.domain import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.store import Store

RISKS: Final = ("override", "new_offer", "self_approved", "first_source", "void", "sign_off")
"""Why something waits, the riskiest first."""


@dataclass(frozen=True, slots=True)
class Item:
    """One reason for the officer to look at a campaign.

    Attributes:
        risk: One of RISKS.
        items: What it is about: messages, documents or changes, in words.
        since: Since when it waits.
        policy_version: Under which it was screened or signed.
    """

    risk: str
    campaign_id: str
    campaign: str
    items: tuple[str, ...]
    since: datetime
    policy_version: str


# A message that asks for a reason waits wherever it is.  Everything else waits with the campaign,
# once its test is designed and until somebody has signed it off as it stands.
_WAITING = """
    WITH open_campaigns AS (
        SELECT campaigns.campaign_id, campaigns.name, experiments.experiment_id,
               experiments.designed_at, experiments.approved_at,
               experiments.experiment_id IS NOT NULL
                   AND (back.decided_at IS NULL OR back.decided_at < experiments.designed_at)
                   AS is_submitted
        FROM mailings AS campaigns
        LEFT JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
        LEFT JOIN open_send_backs AS back ON back.campaign_id = campaigns.campaign_id
        WHERE experiments.launched_at IS NULL
    ), messages AS (
        SELECT open_campaigns.*, variants.variant_id, variants.version, variants.written_at,
               concat(variants.segment, ': ', CASE variants.arm WHEN 'control' THEN 'control text'
                      ELSE concat('variant ', variants.arm) END) AS item,
               screened.decision AS screening, screened.screened_at, screened.policy_version,
               approved.decision AS decided, approved.is_self_approved, approved.decided_at
        FROM open_campaigns
        JOIN current_variants AS variants ON variants.campaign_id = open_campaigns.campaign_id
        LEFT JOIN screenings_in_force AS screened
            ON screened.variant_id = variants.variant_id AND screened.version = variants.version
           AND screened.content_sha256 = variants.content_sha256
        LEFT JOIN latest_approvals AS approved
            ON approved.variant_id = variants.variant_id AND approved.version = variants.version
           AND approved.content_sha256 = variants.content_sha256
    ), cited AS (
        SELECT messages.campaign_id, messages.name, documents.document_id, documents.title,
               documents.kind, min(messages.written_at) AS since,
               max(messages.policy_version) AS policy_version
        FROM messages
        JOIN quoted_statements AS quoted
            ON quoted.variant_id = messages.variant_id AND quoted.version = messages.version
        JOIN statements ON statements.statement_id = quoted.statement_id
        JOIN documents ON documents.document_id = statements.document_id
                      AND documents.version = statements.version
        WHERE messages.is_submitted
        GROUP BY messages.campaign_id, messages.name, documents.document_id, documents.title,
                 documents.kind
    ), known AS (                                 -- sources that somebody has signed off before
        SELECT DISTINCT entry.item AS document_id
        FROM (SELECT unnest(from_json(parts, '[{"part": "VARCHAR", "item": "VARCHAR"}]')) AS entry
              FROM seals) AS signed
        WHERE entry.part = 'sources'
    ), found AS (
        SELECT 'override' AS risk, campaign_id, name, item, screened_at AS since, policy_version
        FROM messages WHERE screening = 'review' AND coalesce(decided, 'reopened') = 'reopened'
        UNION ALL
        SELECT CASE kind WHEN 'offer' THEN 'new_offer' ELSE 'first_source' END, campaign_id, name,
               title, since, policy_version
        FROM cited WHERE document_id NOT IN (SELECT document_id FROM known)
        UNION ALL
        SELECT 'self_approved', campaign_id, name, item, decided_at, policy_version
        FROM messages
        WHERE decided = 'approved' AND is_self_approved AND is_submitted
        UNION ALL
        SELECT 'sign_off', campaign_id, name, 'the design', designed_at,
               (SELECT policy_version FROM policy_in_force)
        FROM open_campaigns
        WHERE is_submitted
          AND (approved_at IS NULL
               OR campaign_id NOT IN (SELECT campaign_id FROM current_seals))
    )
    SELECT risk, campaign_id, name AS campaign, list(item ORDER BY item) AS items,
           min(since) AS since, coalesce(max(policy_version), '') AS policy_version
    FROM found GROUP BY risk, campaign_id, name
"""
_SEALED = """
    SELECT current_seals.campaign_id, campaigns.name, experiments.approved_at
    FROM current_seals
    JOIN campaigns ON campaigns.campaign_id = current_seals.campaign_id
    JOIN experiments ON experiments.campaign_id = current_seals.campaign_id
    WHERE experiments.launched_at IS NULL
    ORDER BY current_seals.campaign_id
"""
_POLICY = "SELECT policy_version FROM policy_in_force"


def queue(store: Store) -> list[Item]:
    """List what waits for somebody who signs off, the riskiest first and then the oldest.

    A campaign that is signed off as it stands waits for nothing but its override requests, and so
    does one that was sent back and not changed since.
    """
    settled, void = set(), []
    for campaign_id, name, approved_at in store.read(_SEALED):
        found = approval.seal_state(store, campaign_id)
        is_sent_back = any(change.part == "decision" for change in found.changes)
        if found.state == "sealed":
            settled.add(campaign_id)
        elif approved_at is not None and found.sealed_at is not None and not is_sent_back:
            row = store.read_one(_POLICY) or ("",)
            told = tuple(change.told for change in found.changes)
            void.append(Item("void", campaign_id, name, told, found.sealed_at, str(row[0] or "")))
    items = [
        Item(**{**row, "items": tuple(row["items"])})
        for row in store.records(_WAITING)
        if row["campaign_id"] not in settled or row["risk"] == "override"
    ]
    return sorted([*items, *void], key=lambda item: (RISKS.index(item.risk), item.since))


@dataclass(frozen=True, slots=True)
class PacketText:
    """One message of a packet.

    Attributes:
        signed: The text that was signed off last, or None where there is none.
        now: The text as it reads now.
        screening_id: Of the newest screening of these bytes under the policy in force, or None.
        screening: Its decision, or None.
        decided: Of the last reviewer, or None; likewise ``decided_by``, ``note``.
    """

    variant_id: str
    version: int
    segment: str
    arm: str
    now: Message
    signed: Message | None
    origin: str
    written_by: str
    screening_id: int | None
    screening: str | None
    decided: str | None
    decided_by: str | None
    note: str | None
    is_self_approved: bool | None


_TEXTS = """
    WITH signed AS (
        SELECT split_part(entry.value, '|', 1) AS variant_id,
               TRY_CAST(split_part(entry.value, '|', 2) AS INTEGER) AS version
        FROM (SELECT unnest(from_json(parts, '[{"part": "VARCHAR", "value": "VARCHAR"}]')) AS entry
              FROM current_seals WHERE campaign_id = $campaign_id) AS parts
        WHERE entry.part = 'content'
    )
    SELECT current.variant_id, current.version, current.segment, current.arm, current.origin,
           current.written_by, screened.screening_id, screened.decision AS screening,
           approved.decision AS decided, approved.actor AS decided_by, approved.note,
           approved.is_self_approved,
           current.subject, current.preheader, current.body, current.call_to_action, current.link,
           current.footer, before.subject AS signed_subject, before.preheader AS signed_preheader,
           before.body AS signed_body, before.call_to_action AS signed_call_to_action,
           before.link AS signed_link, before.footer AS signed_footer
    FROM arms
    JOIN experiments ON experiments.experiment_id = arms.experiment_id
    JOIN current_variants AS current ON current.variant_id = arms.variant_id
    LEFT JOIN signed ON signed.variant_id = current.variant_id
    LEFT JOIN variants AS before
        ON before.variant_id = signed.variant_id AND before.version = signed.version
    LEFT JOIN screenings_in_force AS screened
        ON screened.variant_id = current.variant_id AND screened.version = current.version
       AND screened.content_sha256 = current.content_sha256
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = current.variant_id AND approved.version = current.version
       AND approved.content_sha256 = current.content_sha256
    WHERE experiments.campaign_id = $campaign_id
    ORDER BY arms.position, current.segment, current.arm
"""


def texts(store: Store, campaign_id: str) -> list[PacketText]:
    """List the messages of the campaign's design, as they read now and as they were signed."""
    return [_text(row) for row in store.records(_TEXTS, campaign_id=campaign_id)]


def _text(row: dict[str, Any]) -> PacketText:
    names = tuple(Message.__slots__)
    now = Message(*(row.pop(name) for name in names))
    before = [row.pop(f"signed_{name}") for name in names]
    signed = None if before[0] is None else Message(*before)
    return PacketText(now=now, signed=signed, **row)


_COUNTRIES = """
    SELECT coalesce(people.country, 'Unknown') AS country,
           count(*) FILTER (audience.bucket = 'eligible') AS recipients,
           count(*) FILTER (audience.bucket = 'no consent') AS no_consent,
           count(*) FILTER (audience.bucket = 'suppressed') AS suppressed,
           count(*) FILTER (audience.bucket NOT IN ('eligible', 'no consent', 'suppressed'))
               AS other_reasons
    FROM audience
    JOIN campaigns ON campaigns.campaign_id = audience.campaign_id
    JOIN customers AS people ON people.dataset_id = campaigns.dataset_id
                            AND people.customer_id = audience.customer_id
    WHERE audience.campaign_id = $campaign_id
    GROUP BY coalesce(people.country, 'Unknown')
    ORDER BY recipients DESC, country
"""


def countries(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """Count recipients and those left out by country, the largest first."""
    return store.records(_COUNTRIES, campaign_id=campaign_id)


_HISTORY = """
    SELECT happened_at, actor, what, note, is_self_approved FROM (
        SELECT sealed_at AS happened_at, sealed_by AS actor, 'signed off' AS what, note,
               is_self_approved, seal_id AS position
        FROM seals WHERE campaign_id = $campaign_id
        UNION ALL
        SELECT decided_at, actor, CASE decision WHEN 'rejected' THEN 'rejected the campaign'
                                  ELSE 'asked for changes' END, note, false, number
        FROM send_backs WHERE campaign_id = $campaign_id
        UNION ALL
        SELECT approvals.decided_at, approvals.actor,
               concat(CASE approvals.decision WHEN 'approved' THEN 'approved'
                      WHEN 'changes_asked' THEN 'asked for changes to' WHEN 'rejected'
                      THEN 'rejected' ELSE 'reopened' END, ' ', variants.segment, ', ',
                      CASE variants.arm WHEN 'control' THEN 'control text'
                      ELSE concat('variant ', variants.arm) END, ', version ', approvals.version),
               approvals.note, approvals.is_self_approved, approvals.approval_id
        FROM approvals
        JOIN variants ON variants.variant_id = approvals.variant_id
                     AND variants.version = approvals.version
        WHERE approvals.campaign_id = $campaign_id)
    ORDER BY happened_at DESC, what, position DESC
"""


def history(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List who signed, sent back or decided on which message, the newest first."""
    return store.records(_HISTORY, campaign_id=campaign_id)


def in_words(items: Sequence[str], most: int = 3) -> str:
    """List the first few things, and count the rest."""
    rest = len(items) - most
    return "; ".join(items[:most]) + (f"; and {rest} more" if rest > 0 else "")
