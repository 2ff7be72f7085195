"""What one customer reads: a variant with the customer's own values in its merge fields.

Texts are filled by the macros of ``schema.sql``, the same that fill them for a million
customers, so that what a reviewer sees is what goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.delivery.product_words import as_filled, words_for
from personalization.domain import MERGE_FIELDS, Message
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.store import Store

# ``merge_value`` is a long macro: written once, over rows, it is planned five times as fast.
_RENDER = """
    WITH variant AS (
        SELECT current_variants.*, dataset_id FROM current_variants
        JOIN campaigns USING (campaign_id)
        WHERE variant_id = $variant_id
    ), people AS (
        SELECT customer_id, coalesce(first_name, '') AS first_name, coalesce(city, '') AS city,
               coalesce(country, '') AS country,
               coalesce(favourite_category, '') AS favourite_category, coalesce(tier, '') AS tier
        FROM customers JOIN variant USING (dataset_id)
        WHERE list_contains($customer_ids::VARCHAR[], customer_id)
    ), owned AS (
        UNPIVOT people ON first_name, city, country, favourite_category, tier
        INTO NAME field VALUE own
    ), shown AS MATERIALIZED (
        SELECT customer_id, field, merge_value(own) AS shown FROM owned
    ), person AS MATERIALIZED (
        SELECT customer_id, any_value(CASE WHEN field = 'first_name' THEN shown END) AS first_name,
               any_value(CASE WHEN field = 'city' THEN shown END) AS city,
               any_value(CASE WHEN field = 'country' THEN shown END) AS country,
               any_value(CASE WHEN field = 'favourite_category' THEN shown END)
                   AS favourite_category,
               any_value(CASE WHEN field = 'tier' THEN shown END) AS tier
        FROM shown GROUP BY customer_id
    ), named AS (
        SELECT unnest($named::VARCHAR[]) AS customer_id, unnest($words::VARCHAR[][]) AS words
    ), forms AS (
        SELECT person.*, words, link, footer,
               message_form(subject, filled) AS subject,
               message_form(preheader, filled) AS preheader, message_form(body, filled) AS body,
               message_form(call_to_action, filled) AS call_to_action
        FROM (SELECT *, fields_filled(first_name, city, country, favourite_category, tier)
                         AS filled FROM person) AS person
        CROSS JOIN variant
        LEFT JOIN named ON named.customer_id = person.customer_id
        WHERE words IS NOT NULL OR NOT $has_products
    )
    SELECT customer_id,
           fill_products(fill_form(subject, first_name, city, country, favourite_category, tier),
                         words),
           fill_products(fill_form(preheader, first_name, city, country, favourite_category,
                                   tier), words),
           fill_products(fill_form(body, first_name, city, country, favourite_category, tier),
                         words),
           fill_products(fill_form(call_to_action, first_name, city, country,
                                   favourite_category, tier), words),
           link, footer, first_name, city, country, favourite_category, tier
    FROM forms
    ORDER BY customer_id
"""


@dataclass(frozen=True, slots=True)
class Read:
    """A message as one customer reads it.

    Attributes:
        message: Filled.
        own: What fills each merge field, and each of a product: ``{"first_name": "Ann"}``; blank
            where the fallback is read.
    """

    message: Message
    own: Mapping[str, str]


def render_for(store: Store, variant_id: str, customer_id: str) -> Message:
    """Return what the customer would read of the variant's newest version.

    A field that the customer does not have, or has in a form that no message may carry (markup,
    a link, an address), reads as its fallback.

    Args:
        store: Reads ``current_variants``, ``campaign_products`` and the ``customers`` of the
            campaign's base.
        variant_id: Which message.
        customer_id: Who reads it.

    Raises:
        InputError: There is no such message, no such customer in the campaign's base, or the
            customer has no products that the message could name.
    """
    return read_for(store, variant_id, customer_id).message


def read_for(store: Store, variant_id: str, customer_id: str) -> Read:
    """Return what the customer would read, and what it is filled with; else as ``render_for``."""
    if found := _read_each(store, variant_id, [customer_id]):
        return found[customer_id]
    raise InputError(
        f"Message {variant_id!r} cannot be shown for customer {customer_id!r}: one of the two "
        "is not in this campaign, or the customer has no products that it could name. Choose "
        "both from the lists of the Review page."
    )


def render_each(store: Store, variant_id: str, customer_ids: Sequence[str]) -> dict[str, Message]:
    """Return what each of these customers would read.

    Nobody is there who is not in the base, or lacks a product that the message names: such
    customers get no message.
    """
    found = _read_each(store, variant_id, customer_ids)
    return {customer_id: read.message for customer_id, read in found.items()}


def _read_each(store: Store, variant_id: str, customer_ids: Sequence[str]) -> dict[str, Read]:
    words = words_for(store, variant_id, customer_ids)
    named = words or {}
    rows = store.read(
        _RENDER, variant_id=variant_id, customer_ids=list(customer_ids),
        has_products=words is not None, named=list(named), words=list(named.values()),
    )  # fmt: skip
    return {str(row[0]): _read(row, named.get(str(row[0]), ())) for row in rows}


def _read(row: Sequence[str], words: Sequence[str]) -> Read:
    own = dict(zip(MERGE_FIELDS, row[7:], strict=True))
    return Read(Message(*row[1:7]), own | (as_filled(words) if words else {}))


# Each different value is judged once.
_COVERAGE = """
    WITH members AS (
        SELECT customers.customer_id, first_name, city, country, favourite_category, tier
        FROM segment_members
        JOIN campaigns ON campaigns.campaign_id = segment_members.campaign_id
        JOIN customers ON customers.dataset_id = campaigns.dataset_id
                      AND customers.customer_id = segment_members.customer_id
        WHERE segment_members.campaign_id = $campaign_id AND segment_members.segment = $segment
    ), owned AS (
        UNPIVOT members ON first_name, city, country, favourite_category, tier
        INTO NAME field VALUE own
    ), known AS (
        SELECT own, merge_value(own) AS shown FROM (SELECT DISTINCT own FROM owned)
    )
    SELECT field, count(*) FROM owned JOIN known USING (own) WHERE shown <> ''
    GROUP BY field
    UNION ALL
    SELECT '', count(*) FROM members
    ORDER BY field
"""


def field_coverage(store: Store, campaign_id: str, segment: str) -> list[tuple[str, int, int]]:
    """Count the segment's members who have each merge field: "212 of 250 have a first name".

    Returns:
        (field, members who have it, all members) for each of MERGE_FIELDS, in their order.
    """
    counts = dict(store.read(_COVERAGE, campaign_id=campaign_id, segment=segment))
    return [(name, counts.get(name, 0), counts[""]) for name in MERGE_FIELDS]
