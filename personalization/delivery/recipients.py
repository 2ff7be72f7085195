"""Who is written to, and what each of them reads: one statement over the whole audience.

Consent and suppression are looked up at the moment of delivery, not at that of assignment, and
the text comes from ``sendable_variants`` and from nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.delivery.launch import Launch
    from personalization.store import Store

# Many customers read the very same text, so each distinct one is filled and fingerprinted once.
_DELIVER = """
    INSERT INTO deliveries
    WITH addressed AS (
        SELECT assignments.customer_id, assignments.segment, assignments.arm,
               sendable.variant_id, sendable.version, sendable.content_sha256,
               CASE WHEN has_first_name THEN coalesce(people.first_name, '') ELSE ''
                   END AS first_name,
               CASE WHEN has_city THEN coalesce(people.city, '') ELSE '' END AS city,
               CASE WHEN has_country THEN coalesce(people.country, '') ELSE '' END AS country,
               CASE WHEN has_favourite_category THEN coalesce(people.favourite_category, '')
                   ELSE '' END AS favourite_category,
               CASE WHEN has_tier THEN coalesce(people.tier, '') ELSE '' END AS tier
        FROM assignments
        JOIN arms
            ON arms.experiment_id = assignments.experiment_id
           AND arms.segment = assignments.segment AND arms.arm = assignments.arm
        JOIN sendable_variants AS sendable
            ON sendable.variant_id = arms.variant_id AND sendable.version = arms.version
           AND sendable.content_sha256 = arms.content_sha256
        JOIN message_fields
            ON message_fields.variant_id = sendable.variant_id
           AND message_fields.version = sendable.version
        JOIN customers AS people ON people.customer_id = assignments.customer_id
        WHERE assignments.experiment_id = $experiment_id AND people.dataset_id = $dataset_id
          AND people.consent_email AND people.email IS NOT NULL
          AND substr(people.email, 1, 1) NOT IN ('=', '+', '-', '@')
          AND NOT EXISTS (SELECT 1 FROM suppressions
                          WHERE suppressions.dataset_id = $dataset_id
                            AND suppressions.customer_id = assignments.customer_id)
          AND NOT EXISTS (SELECT 1 FROM suppressions
                          WHERE suppressions.dataset_id = $dataset_id
                            AND suppressions.email = people.email)
          AND NOT EXISTS (SELECT 1 FROM deliveries
                          WHERE deliveries.experiment_id = $experiment_id
                            AND deliveries.customer_id = assignments.customer_id)
    ), readings AS (
        SELECT DISTINCT variant_id, version, first_name, city, country, favourite_category, tier
        FROM addressed
    ), spoken AS (
        SELECT readings.*, merge_value(first_name) AS own_first_name, merge_value(city) AS own_city,
               merge_value(country) AS own_country,
               merge_value(favourite_category) AS own_favourite_category,
               merge_value(tier) AS own_tier
        FROM readings
    ), rendered AS (
        SELECT spoken.variant_id, spoken.version, first_name, city, country, favourite_category,
               tier,
               content_fingerprint(
                   fill_form(subject, own_first_name, own_city, own_country,
                             own_favourite_category, own_tier),
                   fill_form(preheader, own_first_name, own_city, own_country,
                             own_favourite_category, own_tier),
                   fill_form(body, own_first_name, own_city, own_country,
                             own_favourite_category, own_tier),
                   fill_form(call_to_action, own_first_name, own_city, own_country,
                             own_favourite_category, own_tier),
                   link, footer) AS rendered_sha256
        FROM spoken
        JOIN message_forms AS forms
            ON forms.variant_id = spoken.variant_id AND forms.version = spoken.version
           AND forms.filled = fields_filled(own_first_name, own_city, own_country,
                                            own_favourite_category, own_tier)
    )
    SELECT $experiment_id AS experiment_id, customer_id, segment, arm, addressed.variant_id,
           addressed.version, content_sha256, rendered_sha256, $is_simulated AS is_simulated,
           $delivered_at AS delivered_at
    FROM addressed
    JOIN rendered
        ON rendered.variant_id = addressed.variant_id AND rendered.version = addressed.version
       AND rendered.first_name = addressed.first_name AND rendered.city = addressed.city
       AND rendered.country = addressed.country
       AND rendered.favourite_category = addressed.favourite_category
       AND rendered.tier = addressed.tier
"""


def deliver(store: Store, launch: Launch, *, is_simulated: bool, delivered_at: datetime) -> int:
    """Give every assigned customer who may be written to the message of the arm.

    Running it again delivers to late comers and to nobody twice.  A holdout gets nothing.

    Args:
        store: Reads ``assignments``, ``arms``, ``sendable_variants``, ``customers`` and
            ``suppressions``; writes ``deliveries``.
        launch: The experiment.
        is_simulated: Stands in every row.
        delivered_at: UTC; the same for all rows of one launch.

    Returns:
        How many customers were newly delivered to.
    """
    return store.run(
        _DELIVER,
        experiment_id=launch.experiment_id,
        dataset_id=launch.dataset_id,
        is_simulated=is_simulated,
        delivered_at=delivered_at,
    )


_HELD_BACK = """
    WITH suppressed_ids AS (
        SELECT DISTINCT customer_id FROM suppressions WHERE dataset_id = $dataset_id
    ), suppressed_addresses AS (
        SELECT DISTINCT email FROM suppressions
        WHERE dataset_id = $dataset_id AND email IS NOT NULL
    ), people AS (
        SELECT customer_id, email, consent_email FROM customers WHERE dataset_id = $dataset_id
    ), judged AS (
        SELECT CASE WHEN people.customer_id IS NULL THEN 'gone'
                    WHEN suppressed_ids.customer_id IS NOT NULL
                      OR suppressed_addresses.email IS NOT NULL THEN 'suppressed'
                    WHEN NOT people.consent_email THEN 'no_consent'
                    WHEN people.email IS NULL
                      OR substr(people.email, 1, 1) IN ('=', '+', '-', '@') THEN 'no_address'
                    ELSE 'reachable' END AS outcome
        FROM assignments
        JOIN arms
            ON arms.experiment_id = assignments.experiment_id
           AND arms.segment = assignments.segment AND arms.arm = assignments.arm
           AND arms.variant_id IS NOT NULL
        LEFT JOIN people ON people.customer_id = assignments.customer_id
        LEFT JOIN suppressed_ids ON suppressed_ids.customer_id = assignments.customer_id
        LEFT JOIN suppressed_addresses ON suppressed_addresses.email = people.email
        WHERE assignments.experiment_id = $experiment_id
    )
    SELECT outcome, count(*) AS customers FROM judged GROUP BY outcome ORDER BY outcome
"""

HELD_BACK: Final = {
    "suppressed": "suppressed",
    "no_consent": "without consent",
    "no_address": "without a usable address",
    "gone": "no longer in the customer base",
}
"""Why an assigned customer is not written to, in words."""


def reachable(store: Store, launch: Launch) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Count who of the assigned would be written to now, and who is held back, by reason.

    Returns:
        The number of recipients, and (key of HELD_BACK, customers) for each reason that occurs.
    """
    counts = dict(
        store.read(_HELD_BACK, experiment_id=launch.experiment_id, dataset_id=launch.dataset_id)
    )
    held = tuple((reason, counts[reason]) for reason in HELD_BACK if reason in counts)
    return counts.get("reachable", 0), held
