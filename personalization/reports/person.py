"""The person lens: the whole story of one customer in one campaign, and in the others in short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization import customers, delivery, segmentation
from personalization.errors import PersonalizationError

if TYPE_CHECKING:
    from personalization.domain import Message
    from personalization.store import Store

_IN_CAMPAIGN = """
    SELECT audience.bucket, audience.segment, audience.reason, audience.also,
           mailability.basis, mailability.recorded_on, mailability.expires_on,
           mailability.is_mailable, coalesce(law.name, 'Everywhere else') AS country,
           law.law, campaigns.send_on, given.arm, given.propensity, given.method,
           arms.variant_id, arms.version,
           (SELECT max(delivered_at) FROM deliveries
            WHERE deliveries.experiment_id = experiments.experiment_id
              AND deliveries.customer_id = $customer_id) AS delivered_at
    FROM audience
    JOIN campaigns ON campaigns.campaign_id = audience.campaign_id
    JOIN mailability ON mailability.campaign_id = audience.campaign_id
                    AND mailability.customer_id = audience.customer_id
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = mailability.jurisdiction
    LEFT JOIN experiments ON experiments.campaign_id = audience.campaign_id
    LEFT JOIN assignments AS given ON given.experiment_id = experiments.experiment_id
                                  AND given.customer_id = audience.customer_id
    LEFT JOIN arms ON arms.experiment_id = given.experiment_id
                  AND arms.segment = given.segment AND arms.arm = given.arm
    WHERE audience.campaign_id = $campaign_id AND audience.customer_id = $customer_id
    ORDER BY experiments.designed_at DESC NULLS LAST
    LIMIT 1
"""
_CHECKS = """
    SELECT screened.decision, screened.engine, screened.policy_version, screened.screened_at,
           approved.decision AS approval, approved.actor AS reviewer, approved.note
    FROM current_variants AS variants
    LEFT JOIN latest_screenings AS screened
        ON screened.variant_id = variants.variant_id AND screened.version = variants.version
       AND screened.content_sha256 = variants.content_sha256
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = variants.variant_id AND approved.version = variants.version
       AND approved.content_sha256 = variants.content_sha256
    WHERE variants.variant_id = $variant_id
"""
_RECORDS = """
    SELECT replace(basis, '_', ' ') AS basis, channel, recorded_at, confirmed_at, expires_on,
           wording, mechanism, evidence
    FROM consents WHERE dataset_id = $dataset_id AND customer_id = $customer_id
    ORDER BY recorded_at DESC, consent_id DESC
"""
_SUPPRESSIONS = """
    SELECT reason, suppressed_at FROM suppressions
    WHERE (dataset_id = $dataset_id AND customer_id = $customer_id)
       OR email = (SELECT email FROM customers
                   WHERE dataset_id = $dataset_id AND customer_id = $customer_id)
    ORDER BY suppressed_at, reason
"""
_CAMPAIGNS = """
    SELECT campaigns.name AS campaign, campaigns.send_on, members.segment, given.arm,
           sent.delivered_at, sent.is_simulated
    FROM mailings AS campaigns
    LEFT JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
    LEFT JOIN segment_members AS members ON members.campaign_id = campaigns.campaign_id
                                        AND members.customer_id = $customer_id
    LEFT JOIN assignments AS given ON given.experiment_id = experiments.experiment_id
                                  AND given.customer_id = $customer_id
    LEFT JOIN deliveries AS sent ON sent.experiment_id = experiments.experiment_id
                                AND sent.customer_id = $customer_id
    WHERE campaigns.dataset_id = $dataset_id
    ORDER BY campaigns.created_at DESC, campaigns.campaign_id
    LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What a campaign makes of one customer.

    Attributes:
        standing: Bucket, reason, consent, segment and arm: columns of ``audience``,
            ``mailability`` and ``assignments``.
        why_segment: Why the customer is in the segment, in words.
        message: What the arm would have the customer read; None without one.
        checks: Screening and approval of that message; empty without one.
        records: The customer's records of consent, newest first.
        suppressions: Objections and other reasons not to write at all.
        campaigns: The same customer in every campaign of the base, in short.
    """

    standing: dict[str, Any]
    why_segment: str
    message: Message | None
    checks: dict[str, Any]
    records: list[dict[str, Any]]
    suppressions: list[dict[str, Any]]
    campaigns: list[dict[str, Any]]


def numbers_of(store: Store, who: str, dataset_id: str) -> list[str]:
    """Return the numbers in a customer base of whom an access report or an erasure would mean.

    Args:
        store: Reads ``customers`` and the lists of addresses.
        who: A customer number or an address.
        dataset_id: The customer base.

    Raises:
        InputError: Nobody is meant.
    """
    people = customers.people_named(store, who, dataset_id="" if "@" in who else dataset_id)
    return [number for base, number, _ in people if base == dataset_id]


def story_of(store: Store, campaign_id: str, dataset_id: str, customer_id: str) -> Story | None:
    """Tell a customer's whole story in a campaign, or None where the base does not have the id."""
    found = store.records(_IN_CAMPAIGN, campaign_id=campaign_id, customer_id=customer_id)
    if not found:
        return None
    [standing] = found
    person = {"dataset_id": dataset_id, "customer_id": customer_id}
    variant = standing["variant_id"]
    checks = store.records(_CHECKS, variant_id=variant) if variant else []
    return Story(
        standing=standing,
        why_segment=_told(segmentation.explain_member, store, campaign_id, customer_id),
        message=delivery.render_for(store, variant, customer_id) if checks else None,
        checks=checks[0] if checks else {},
        records=store.records(_RECORDS, **person),
        suppressions=store.records(_SUPPRESSIONS, **person),
        campaigns=store.records(_CAMPAIGNS, **person),
    )


def _told(explain: Any, *asked: Any) -> str:  # noqa: ANN401
    try:
        return str(explain(*asked))
    except PersonalizationError as error:
        return str(error)
