"""Products for the ready campaign: a catalogue of three, and two for each customer and arm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.approval import seal
from tests.delivery.ready import SEGMENTS, add_variant, draw, fill_campaign, message

if TYPE_CHECKING:
    from personalization.domain import Message
    from personalization.store import Store

N_CUSTOMERS = 20
BODY = (
    "Dear {{first_name|friend}},\n\nwe thought of you:\n\n"
    "{{product_1.name}}, {{product_1.price}}\n{{ product_1.reason }}\n{{product_1.link}}\n\n"
    "{{product_2.name}} ({{product_2.price}})\n{{product_2.reason}}\n\n"
    "All from our shop in {{city|your town}}."
)
_CATALOGUE = """
    INSERT INTO products (dataset_id, product_id, name, category, price, currency, stock,
                          is_active, url)
    VALUES ('shop', 'p1', 'Café mug & saucer', 'Kitchen', 4.95, 'GBP', 12, true,
            'https://www.woolandwax.example/p1?a=1&b=2'),
           ('shop', 'p2', 'Tealights "Nova", set of 6', 'Candles', 1234.5, 'GBP', NULL, true,
            'https://www.woolandwax.example/p2'),
           ('shop', 'p3', 'A''s wicker basket', 'Storage', 12, 'GBP', 3, NULL,
            'https://www.woolandwax.example/p3')
"""
_PLAN = """
    INSERT INTO product_plans
        (campaign_id, items, is_split, fills_up, arms, fields_sha256, planned_at, planned_by)
    VALUES ('spring', 2, false, false, '{"A": "for_you", "B": "popular"}', 'worked out', $now,
            'mia')
"""
# Each customer has two of the three products, other ones in arm B than in arm A.
_WORDS = """
    INSERT INTO campaign_products
        (campaign_id, arm, customer_id, rank, product_id, run_id, strategy, name, price, reason,
         category, link, list_price)
    SELECT 'spring', arm, customer_id, rank, product_id, 'run', strategy, name,
           CASE product_id WHEN 'p2' THEN '£1,234.50' ELSE format('£{:.2f}', price) END,
           concat('Goes with what you have from us, ', customer_id), category, url, price
    FROM customers
    CROSS JOIN (VALUES ('A', 'for_you', 0), ('B', 'popular', 1)) AS arms(arm, strategy, shift)
    CROSS JOIN (VALUES (1), (2)) AS ranks(rank)
    JOIN products
        ON product_id
         = concat('p', 1 + (CAST(substr(customer_id, 2) AS INTEGER) + rank + shift) % 3)
"""
_FACTS = """
    INSERT INTO campaign_product_facts
    SELECT 'spring', product_id, rule_facts(currency, gate, margin, tags, variant_group,
                                            is_replenishable, category_path)
    FROM products
"""


def with_products(text: Message) -> Message:
    """Let a message name two products of its reader."""
    return replace(text, subject="{{first_name|Hello}}, {{product_1.name}} is back", body=BODY)


def fill_with_products(store: Store) -> None:
    """Put a ready campaign into the store whose messages name products; the control names none."""
    fill_campaign(store, N_CUSTOMERS)
    store.run(_CATALOGUE)
    store.run(_PLAN, now=store.now())
    store.run(_WORDS)
    store.run(_FACTS)
    for segment in SEGMENTS:
        for arm in ("A", "B"):
            rewrite(store, segment, arm, with_products(message(segment, arm)), version=2)
    draw(store)
    seal(store, "spring", actor="rob")


def rewrite(store: Store, segment: str, arm: str, text: Message, *, version: int) -> None:
    """Give an arm another text, cleared and named by the design."""
    add_variant(store, segment, arm, text, version=version)
    store.run(
        "UPDATE arms SET version = $version, content_sha256 = $sha"
        " WHERE segment = $segment AND arm = $arm",
        version=version, sha=text.content_sha256, segment=segment, arm=arm,
    )  # fmt: skip
