"""The catalogue: what there is to recommend, what is missing in it, and how each product sells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

    from personalization.store import Store

GAPS: Final[Mapping[str, str]] = MappingProxyType({
    "no price": "No price above 0, so it is never recommended.",
    "unsafe name": "Its name is held back: it hides code or orders, abuses, or makes a claim or "
    "states a price that no message may (see the Audit page). It is never recommended.",
    "no category": "No category: it fits no family, and the limit by category passes it by.",
    "no description": "No description: texts about it can only say what the name says.",
    "stock not told": "The stock is not told, so it is taken for in stock.",
    "out of stock": "Out of stock, so it is not recommended until it is back.",
    "no margin": "No margin: a floor for margins cannot see it.",
    "no link": "No link of its own: messages link to the shop.",
    "never bought": "Nobody bought it: only likeness to other products can bring it up.",
    "no longer sold": "No longer sold, so it is never recommended.",
    "number twice": "Another product has the same number in other letters (a for A).",
})  # fmt: skip
"""What may be missing in a product, and what follows from it."""

_LIST = """
    SELECT product_id, name, category_path, category, price, currency, stock, margin,
           is_replenishable, variant_group, is_active, gate, tags, buyers, units, revenue,
           last_sold_at, gaps
    FROM catalogue_overview
    WHERE dataset_id = $dataset_id
      AND ($family = '' OR category = $family)
      AND ($gap = '' OR list_contains(gaps, $gap))
      AND ($search = '' OR contains(lower(name), lower($search))
           OR lower(product_id) = lower($search) OR contains(lower(tags), lower($search))
           OR contains(lower(CAST(attributes AS VARCHAR)), lower($search)))
    ORDER BY buyers DESC, product_id
    LIMIT $limit
"""
_GAPS = """
    SELECT gap, count(*) FROM (SELECT unnest(gaps) AS gap FROM catalogue_overview
                               WHERE dataset_id = $dataset_id)
    GROUP BY gap ORDER BY gap
"""
_FACTS = """
    SELECT count(*) AS n_products, count(*) FILTER (WHERE is_active) AS n_sold,
           count(DISTINCT category) AS n_families,
           count(*) FILTER (WHERE is_active AND price > 0 AND (stock IS NULL OR stock > 0))
               AS n_ready,
           count(*) FILTER (WHERE is_replenishable) AS n_replenishable,
           count(*) FILTER (WHERE gate IS NOT NULL) AS n_gated,
           count(DISTINCT variant_group) AS n_variant_groups, mode(currency) AS currency,
           (SELECT max(happened_at) FROM product_events WHERE dataset_id = $dataset_id) AS newest,
           (SELECT max(changed_at) FROM product_changes WHERE dataset_id = $dataset_id)
               AS changed_at
    FROM products WHERE dataset_id = $dataset_id
"""
_FAMILIES = """
    SELECT category FROM products WHERE dataset_id = $dataset_id AND category IS NOT NULL
    GROUP BY category ORDER BY count(*) DESC, category
"""
_UNKNOWN = """
    WITH names AS (
        SELECT product_id, mode(product_name) AS name FROM transactions
        WHERE dataset_id = $dataset_id GROUP BY product_id
    )
    SELECT events.product_id, any_value(names.name) AS name, count(*) AS events,
           count(DISTINCT customer_id) AS customers, max(happened_at) AS last_at
    FROM product_events AS events LEFT JOIN names ON names.product_id = events.product_id
    WHERE dataset_id = $dataset_id AND NOT is_in_catalogue
    GROUP BY events.product_id ORDER BY customers DESC, events.product_id
    LIMIT $limit
"""


@dataclass(frozen=True, slots=True)
class CatalogueFacts:
    """What a catalogue comes to.

    Attributes:
        n_products: All products.
        n_sold: Those that are still sold.
        n_families: Categories.
        n_ready: Sold, with a price, and not known to be out of stock.
        n_replenishable: Bought again and again.
        n_gated: With an age limit or another gate.
        n_variant_groups: Products that come in several colours or sizes.
        currency: ISO code of most prices, or None.
        newest: The newest event with any product, or None.
        changed_at: When a price, a stock or a sale last changed by an import, or None.
    """

    n_products: int
    n_sold: int
    n_families: int
    n_ready: int
    n_replenishable: int
    n_gated: int
    n_variant_groups: int
    currency: str | None
    newest: datetime | None
    changed_at: datetime | None


def facts_of(store: Store, dataset_id: str) -> CatalogueFacts:
    """Count what the catalogue of a base holds."""
    (row,) = store.records(_FACTS, dataset_id=dataset_id)
    return CatalogueFacts(**row)


def families_of(store: Store, dataset_id: str) -> list[str]:
    """List the categories of a base, the largest first."""
    return [str(family) for (family,) in store.read(_FAMILIES, dataset_id=dataset_id)]


def gaps_of(store: Store, dataset_id: str) -> dict[str, int]:
    """Count the products with each gap of ``GAPS``, in its order, where there are any."""
    found = dict(store.read(_GAPS, dataset_id=dataset_id))
    return {gap: int(found[gap]) for gap in GAPS if gap in found}


def products_of(
    store: Store,
    dataset_id: str,
    *,
    search: str = "",
    family: str = "",
    gap: str = "",
    limit: int = 200,
) -> pd.DataFrame:
    """List products with what was sold of them, most buyers first.

    Args:
        store: Reads ``catalogue_overview``.
        dataset_id: The customer base.
        search: Part of a name, tag or attribute, or a whole number; empty finds all.
        family: A category; empty is all.
        gap: A key of ``GAPS``; empty is all.
        limit: How many at most.
    """
    return store.frame(
        _LIST, dataset_id=dataset_id, search=search.strip(), family=family, gap=gap, limit=limit
    )


def unknown_products(store: Store, dataset_id: str, *, limit: int = 200) -> pd.DataFrame:
    """List what customers bought or saw and the catalogue does not have, most people first."""
    return store.frame(_UNKNOWN, dataset_id=dataset_id, limit=limit)


_PRODUCT = "SELECT * FROM products WHERE dataset_id = $dataset_id AND product_id = $product_id"
_SALES = """
    SELECT coalesce(sum(quantity) FILTER (WHERE event = 'purchase'), 0) AS units,
           count(DISTINCT order_id) FILTER (WHERE event = 'purchase') AS orders,
           count(DISTINCT customer_id) FILTER (WHERE event = 'purchase') AS buyers,
           coalesce(sum(quantity * price) FILTER (WHERE event = 'purchase'), 0) AS revenue,
           min(happened_at) FILTER (WHERE event = 'purchase') AS first_sold_at,
           max(happened_at) FILTER (WHERE event = 'purchase') AS last_sold_at,
           count(*) FILTER (WHERE event = 'view') AS views,
           count(*) FILTER (WHERE event = 'click') AS clicks,
           count(*) FILTER (WHERE event = 'cart') AS carts,
           count(*) FILTER (WHERE event = 'wishlist') AS wishes,
           count(*) FILTER (WHERE event = 'return') AS returns
    FROM product_events WHERE dataset_id = $dataset_id AND product_id = $product_id
"""
_MONTHS = """
    SELECT date_trunc('month', happened_at)::DATE AS month, sum(quantity) AS units,
           count(DISTINCT customer_id) AS buyers
    FROM product_events
    WHERE dataset_id = $dataset_id AND product_id = $product_id AND event = 'purchase'
    GROUP BY month ORDER BY month
"""
_CHANGES = """
    SELECT field, old_value, new_value, changed_at FROM product_changes
    WHERE dataset_id = $dataset_id AND product_id = $product_id
    ORDER BY changed_at DESC, field LIMIT 100
"""
_VARIANTS = """
    SELECT others.product_id, others.name, others.price, others.stock
    FROM products AS own JOIN products AS others
        ON others.dataset_id = own.dataset_id AND others.variant_group = own.variant_group
       AND others.product_id <> own.product_id
    WHERE own.dataset_id = $dataset_id AND own.product_id = $product_id
    ORDER BY others.product_id
"""
_ALIKE = """
    WITH newest AS (
        SELECT kind, arg_max(model_id, (built_at, model_id)) AS model_id FROM similarity_models
        WHERE dataset_id = $dataset_id AND kind IN ('cosine', 'ease', 'basket', 'content')
        GROUP BY kind
    )
    SELECT newest.kind, pairs.target_id AS product_id, products.name, pairs.score, pairs.together,
           pairs.source_count, pairs.lift
    FROM item_similarities AS pairs JOIN newest USING (model_id)
    LEFT JOIN products ON products.dataset_id = $dataset_id
                      AND products.product_id = pairs.target_id
    WHERE pairs.source_id = $product_id
    QUALIFY row_number() OVER (PARTITION BY newest.kind ORDER BY score DESC, pairs.target_id) <= 8
    ORDER BY newest.kind, pairs.score DESC, pairs.target_id
"""


@dataclass(frozen=True, slots=True)
class ProductPage:
    """All that is known of one product.

    Attributes:
        facts: Its row of the catalogue.
        attributes: Name -> value, such as colour.
        sales: What customers did with it, counted.
        months: month, units, buyers.
        changes: field, old and new value, when; the newest first.
        variants: Other colours and sizes.
        alike: By kind of likeness, the products that go with it or are like it, best first.
    """

    facts: Mapping[str, Any]
    attributes: Mapping[str, str]
    sales: Mapping[str, Any]
    months: pd.DataFrame
    changes: tuple[Mapping[str, Any], ...]
    variants: tuple[Mapping[str, Any], ...]
    alike: Mapping[str, tuple[Mapping[str, Any], ...]]


def product_page(store: Store, dataset_id: str, product_id: str) -> ProductPage | None:
    """Return all that is known of one product, or None where the catalogue does not have it."""
    place = {"dataset_id": dataset_id, "product_id": product_id}
    found = store.records(_PRODUCT, **place)
    if not found:
        return None
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for row in store.records(_ALIKE, **place):
        alike.setdefault(row["kind"], []).append(row)
    return ProductPage(
        facts=found[0],
        attributes=json.loads(found[0]["attributes"] or "{}"),
        sales=store.records(_SALES, **place)[0],
        months=store.frame(_MONTHS, **place),
        changes=tuple(store.records(_CHANGES, **place)),
        variants=tuple(store.records(_VARIANTS, **place)),
        alike={kind: tuple(rows) for kind, rows in alike.items()},
    )
