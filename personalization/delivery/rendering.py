"""What one customer reads: a variant with the customer's own values in its merge fields.

Texts are filled by the macros of ``schema.sql``, the same that fill them for a million
customers, so that what a reviewer sees is what goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.domain import MERGE_FIELDS, Message
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

_RENDER = """
    WITH variant AS (
        SELECT variant_id, version, dataset_id FROM current_variants
        JOIN campaigns USING (campaign_id)
        WHERE variant_id = $variant_id
    ), person AS (
        SELECT customer_id, variant_id, version, merge_value(first_name) AS first_name,
               merge_value(city) AS city, merge_value(country) AS country,
               merge_value(favourite_category) AS favourite_category, merge_value(tier) AS tier
        FROM customers JOIN variant USING (dataset_id)
        WHERE list_contains($customer_ids::VARCHAR[], customer_id)
    ), addressed AS (
        SELECT person.*,
               fields_filled(CASE WHEN has_first_name THEN first_name ELSE '' END,
                             CASE WHEN has_city THEN city ELSE '' END,
                             CASE WHEN has_country THEN country ELSE '' END,
                             CASE WHEN has_favourite_category THEN favourite_category ELSE '' END,
                             CASE WHEN has_tier THEN tier ELSE '' END) AS filled
        FROM person JOIN message_fields USING (variant_id, version)
        WHERE message_fields.variant_id = $variant_id
    )
    SELECT customer_id,
           fill_form(subject, first_name, city, country, favourite_category, tier),
           fill_form(preheader, first_name, city, country, favourite_category, tier),
           fill_form(body, first_name, city, country, favourite_category, tier),
           fill_form(call_to_action, first_name, city, country, favourite_category, tier),
           link, footer
    FROM addressed JOIN message_forms AS forms USING (variant_id, version, filled)
    WHERE forms.variant_id = $variant_id
    ORDER BY customer_id
"""


def render_for(store: Store, variant_id: str, customer_id: str) -> Message:
    """Return what the customer would read of the variant's newest version.

    A field that the customer does not have, or has in a form that no message may carry (markup,
    a link, an address), reads as its fallback.

    Args:
        store: Reads ``current_variants`` and the ``customers`` of the campaign's base.
        variant_id: Which message.
        customer_id: Who reads it.

    Raises:
        InputError: There is no such message, or no such customer in the campaign's base.
    """
    if found := render_each(store, variant_id, [customer_id]):
        return found[customer_id]
    raise InputError(
        f"Message {variant_id!r} cannot be shown for customer {customer_id!r}: one of the two "
        "is not in this campaign. Choose both from the lists of the Review page."
    )


def render_each(store: Store, variant_id: str, customer_ids: Sequence[str]) -> dict[str, Message]:
    """Return what each of these customers would read; nothing for who is not in the base."""
    rows = store.read(_RENDER, variant_id=variant_id, customer_ids=list(customer_ids))
    return {str(row[0]): Message(*row[1:]) for row in rows}


_COVERAGE = """
    SELECT count(*) AS customers,
           count(CASE WHEN merge_value(first_name) <> '' THEN 1 END) AS first_name,
           count(CASE WHEN merge_value(city) <> '' THEN 1 END) AS city,
           count(CASE WHEN merge_value(country) <> '' THEN 1 END) AS country,
           count(CASE WHEN merge_value(favourite_category) <> '' THEN 1 END) AS favourite_category,
           count(CASE WHEN merge_value(tier) <> '' THEN 1 END) AS tier
    FROM segment_members
    JOIN campaigns ON campaigns.campaign_id = segment_members.campaign_id
    JOIN customers ON customers.dataset_id = campaigns.dataset_id
                  AND customers.customer_id = segment_members.customer_id
    WHERE segment_members.campaign_id = $campaign_id AND segment_members.segment = $segment
"""


def field_coverage(store: Store, campaign_id: str, segment: str) -> list[tuple[str, int, int]]:
    """Count the segment's members who have each merge field: "212 of 250 have a first name".

    Returns:
        (field, members who have it, all members) for each of MERGE_FIELDS, in their order.
    """
    [counts] = store.records(_COVERAGE, campaign_id=campaign_id, segment=segment)
    return [(name, counts[name], counts["customers"]) for name in MERGE_FIELDS]
