"""Families of products: who buys of two of them, and what is bought most within each.

Two kinds of model.  ``families``: source and target are families, ``together`` counts the customers
who bought of both.  ``family_products``: the source is a family and the target a product of it,
``together`` counts the product's buyers and ``source_count`` those of the family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.recommendation.models import keep_pairs, newest_of

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

KINDS: Final = ("families", "family_products")

_BUYERS: Final = """
    CREATE OR REPLACE TEMP TABLE product_buyers AS
    SELECT DISTINCT events.customer_id, events.product_id, known.category
    FROM product_events AS events
    JOIN catalogue_products AS known ON known.product_id = events.product_id
    WHERE events.dataset_id = $dataset_id AND events.happened_at <= $as_of
      AND events.event = 'purchase' AND known.category IS NOT NULL
"""
_FAMILY_BUYERS: Final = """
    CREATE OR REPLACE TEMP TABLE family_buyers AS
    SELECT DISTINCT customer_id, category FROM product_buyers
"""
_FAMILIES: Final = """
    CREATE OR REPLACE TEMP TABLE model_pairs AS
    WITH sizes AS (
        SELECT category, count(*) AS n FROM family_buyers GROUP BY category
    ), pairs AS (
        SELECT a.category AS source_id, b.category AS target_id, count(*) AS together
        FROM family_buyers AS a
        JOIN family_buyers AS b ON b.customer_id = a.customer_id AND b.category <> a.category
        GROUP BY a.category, b.category
    )
    SELECT source_id, target_id, together / CAST(a.n AS DOUBLE) AS score, together,
           a.n AS source_count, b.n AS target_count,
           CAST(together AS DOUBLE) * $customers / (CAST(a.n AS DOUBLE) * b.n) AS lift
    FROM pairs
    JOIN sizes AS a ON a.category = source_id
    JOIN sizes AS b ON b.category = target_id
"""
_FAMILY_PRODUCTS: Final = """
    CREATE OR REPLACE TEMP TABLE model_pairs AS
    WITH sizes AS (
        SELECT category, count(*) AS n FROM family_buyers GROUP BY category
    ), bought AS (
        SELECT product_id, any_value(category) AS category, count(*) AS n
        FROM product_buyers GROUP BY product_id
    )
    SELECT bought.category AS source_id, product_id AS target_id,
           bought.n / CAST(sizes.n AS DOUBLE) AS score, bought.n AS together,
           sizes.n AS source_count, bought.n AS target_count, CAST(NULL AS DOUBLE) AS lift
    FROM bought JOIN sizes ON sizes.category = bought.category
"""
_COUNTS: Final = """
    SELECT count(DISTINCT customer_id), count(DISTINCT product_id) FROM product_buyers
"""
# A family that a product has moved to, or a new line of an order, makes the counts out of date.
_STATE: Final = """
    SELECT (SELECT count(*) FROM product_events
            WHERE dataset_id = $dataset_id AND happened_at <= $as_of),
           (SELECT coalesce(CAST(bit_xor(hash(product_id, category)) AS VARCHAR), '')
            FROM catalogue_products)
"""


def family_models(store: Store, dataset_id: str, *, as_of: datetime, actor: str) -> tuple[str, str]:
    """Return the models ``families`` and ``family_products``, up to date.

    Args:
        store: Reads ``product_events`` and ``catalogue_products``, writes the models; in the
            caller's transaction.
        dataset_id: The customer base.
        as_of: Events up to here count.
        actor: Who asks.
    """
    events, catalogue = store.read(_STATE, dataset_id=dataset_id, as_of=as_of)[0]
    asked = {"as_of": as_of.isoformat(), "events": events, "catalogue": catalogue}
    known = [newest_of(store, dataset_id, kind, asked) for kind in KINDS]
    if known[0] and known[1]:
        return known[0], known[1]
    store.run(_BUYERS, dataset_id=dataset_id, as_of=as_of)
    store.run(_FAMILY_BUYERS)
    customers, products = store.read(_COUNTS)[0]
    counts = (events, customers, products)
    store.run(_FAMILIES, customers=customers)
    families = keep_pairs(
        store, dataset_id, kind="families", parameters=asked, counts=counts, actor=actor
    )
    store.run(_FAMILY_PRODUCTS)
    return families, keep_pairs(
        store, dataset_id, kind="family_products", parameters=asked, counts=counts, actor=actor
    )
