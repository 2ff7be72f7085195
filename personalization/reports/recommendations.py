"""What recommendations rest on, one customer's history, and what a working-out gave to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.recommendation import policy_text as texts

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

PolicyChange = texts.PolicyChange
policy_changes = texts.policy_changes
policy_text = texts.policy_text
policy_values = texts.policy_values


@dataclass(frozen=True, slots=True)
class Ground:
    """What the recommendations of a customer base have to go by.

    Attributes:
        customers: Everybody in the base.
        buyers: Those who bought anything that a product number is known of.
        purchases: Lines of what they bought; returns do not count.
        signals: Views, clicks, baskets and wish lists.
        newest_at: The newest event, which recommendations take for today, or None.
        products: In the catalogue; 0 where the base has none.
        unknown: Products that were bought and are not in the catalogue, so never recommended.
    """

    customers: int
    buyers: int
    purchases: int
    signals: int
    newest_at: datetime | None
    products: int
    unknown: int


_GROUND = """
    WITH counted AS (
        SELECT count(DISTINCT customer_id) FILTER (WHERE event = 'purchase') AS buyers,
               count(*) FILTER (WHERE event = 'purchase') AS purchases,
               count(*) FILTER (WHERE event NOT IN ('purchase', 'return')) AS signals,
               max(happened_at) AS newest_at,
               count(DISTINCT product_id) FILTER (WHERE NOT is_in_catalogue) AS unknown
        FROM product_events WHERE dataset_id = $dataset_id
    )
    SELECT (SELECT count(*) FROM customers WHERE dataset_id = $dataset_id) AS customers,
           buyers, purchases, signals, newest_at,
           (SELECT count(*) FROM products WHERE dataset_id = $dataset_id) AS products, unknown
    FROM counted
"""


def ground_of(store: Store, dataset_id: str) -> Ground:
    """Count what a base's recommendations can rest on: its events and its catalogue."""
    (row,) = store.records(_GROUND, dataset_id=dataset_id)
    return Ground(**row)


_FIND = """
    SELECT customer_id, first_name, full_name, email, country, orders, last_order_at
    FROM customers
    WHERE dataset_id = $dataset_id
      AND (lower(customer_id) = lower($words) OR email = lower($words)
           OR (length($words) >= 3 AND (starts_with(email, lower($words))
                                        OR starts_with(lower(full_name), lower($words)))))
    ORDER BY lower(customer_id) <> lower($words), customer_id
    LIMIT $limit
"""


def find_customers(
    store: Store, dataset_id: str, words: str, *, limit: int = 10
) -> list[dict[str, Any]]:
    """Find customers of a base by number or address, or by how their name or address begins."""
    asked = words.strip()
    if not asked:
        return []
    return store.records(_FIND, dataset_id=dataset_id, words=asked, limit=limit)


# Of each kind the one whose number comes first, so that the same base offers the same people.
_EXAMPLES = """
    WITH told AS (
        SELECT customer_id, count(DISTINCT order_id) FILTER (WHERE event = 'purchase') AS orders,
               coalesce(bool_or(event IN ('cart', 'wishlist')), false) AS has_signal
        FROM product_events WHERE dataset_id = $dataset_id
        GROUP BY customer_id
    ), kinds AS (
        SELECT customers.customer_id,
               CASE WHEN coalesce(told.orders, 0) = 0 THEN 'nothing'
                    WHEN told.has_signal THEN 'signals'
                    WHEN told.orders >= 10 THEN 'often'
                    WHEN told.orders = 1 THEN 'once'
                    ELSE 'some' END AS kind
        FROM customers LEFT JOIN told ON told.customer_id = customers.customer_id
        WHERE customers.dataset_id = $dataset_id
    )
    SELECT kind, min(customer_id) AS customer_id FROM kinds GROUP BY kind ORDER BY kind
"""


def examples_of(store: Store, dataset_id: str) -> dict[str, str]:
    """Return one customer of each kind to begin with: often, once, some, signals, nothing."""
    return dict(store.read(_EXAMPLES, dataset_id=dataset_id))


_GROUPS = """
    WITH newest AS (
        SELECT segmentations.campaign_id
        FROM segmentations JOIN campaigns ON campaigns.campaign_id = segmentations.campaign_id
        WHERE campaigns.dataset_id = $dataset_id
          AND ($campaign_id = '' OR campaigns.campaign_id = $campaign_id)
        ORDER BY segmentations.made_at DESC, segmentations.campaign_id LIMIT 1
    ), listed AS (
        SELECT '' AS segment, count(*) AS customers, -1 AS position FROM customers
        WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT segment, customers, position
        FROM segments JOIN newest ON newest.campaign_id = segments.campaign_id
    )
    SELECT segment, customers FROM listed ORDER BY position, segment
"""


def groups_of(store: Store, dataset_id: str, campaign_id: str = "") -> dict[str, int]:
    """Count whom recommendations can be asked for: everybody (``""``), then each segment.

    Segments are those of the campaign named, else of the newest one on the base that has any.
    """
    return dict(store.read(_GROUPS, dataset_id=dataset_id, campaign_id=campaign_id))


_CUSTOMER = """
    SELECT customers.customer_id, full_name, first_name, country, tier, orders, total_spent,
           last_order_at, favourite_category, members.segment
    FROM customers
    LEFT JOIN segment_members AS members
        ON members.campaign_id = $campaign_id AND members.customer_id = customers.customer_id
    WHERE dataset_id = $dataset_id AND customers.customer_id = $customer_id
"""


def customer_of(
    store: Store, dataset_id: str, customer_id: str, *, campaign_id: str = ""
) -> dict[str, Any] | None:
    """Return one customer in short, with the segment in a campaign if one is named."""
    found = store.records(
        _CUSTOMER, dataset_id=dataset_id, customer_id=customer_id, campaign_id=campaign_id
    )
    return found[0] if found else None


_STAMP = """
    SELECT concat_ws('/',
        (SELECT max(number) FROM recommendation_policies WHERE dataset_id = $dataset_id),
        (SELECT count(*) FROM similarity_models WHERE dataset_id = $dataset_id),
        (SELECT count(*) FROM imports WHERE dataset_id = $dataset_id),
        (SELECT count(*) FROM recommendation_runs WHERE dataset_id = $dataset_id),
        (SELECT count(*) FROM erasures))
"""


def stamp_of(store: Store, dataset_id: str) -> str:
    """Return a text that changes with whatever could change a recommendation of the base."""
    ((stamp,),) = store.read(_STAMP, dataset_id=dataset_id)
    return str(stamp)


_RUNS = """
    SELECT run_id, runs.campaign_id, campaigns.name AS campaign, arm, strategy, wanted, as_of,
           customers, filled, fallbacks, made_at, made_by
    FROM recommendation_runs AS runs
    LEFT JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    WHERE runs.dataset_id = $dataset_id
    ORDER BY made_at DESC, run_id
    LIMIT $limit
"""


def runs_of(store: Store, dataset_id: str, *, limit: int = 50) -> list[dict[str, Any]]:
    """List the workings-out of a base, the newest first."""
    return store.records(_RUNS, dataset_id=dataset_id, limit=limit)


_RUN_PRODUCTS = """
    SELECT given.product_id, coalesce(any_value(products.name), given.product_id) AS name,
           any_value(products.category) AS category, any_value(products.price) AS price,
           count(*) AS customers, count(*) FILTER (WHERE given.is_fallback) AS fallbacks,
           count(*) / any_value(runs.customers) AS share
    FROM recommendations AS given
    JOIN recommendation_runs AS runs ON runs.run_id = given.run_id
    LEFT JOIN products
        ON products.dataset_id = runs.dataset_id AND products.product_id = given.product_id
    WHERE given.run_id = $run_id
    GROUP BY given.product_id
    ORDER BY customers DESC, given.product_id
    LIMIT $limit
"""
_RUN_SHAPE = """
    SELECT count(*) AS given, count(DISTINCT product_id) AS products,
           count(DISTINCT customer_id) AS customers
    FROM recommendations WHERE run_id = $run_id
"""
_RUN_SHORTFALLS = """
    SELECT reason, given, count(*) AS customers
    FROM recommendation_shortfalls WHERE run_id = $run_id
    GROUP BY reason, given ORDER BY customers DESC, reason, given
"""
_RUN_LISTS = """
    WITH lists AS (
        SELECT customer_id, string_agg(product_id, ',' ORDER BY rank) AS list
        FROM recommendations WHERE run_id = $run_id GROUP BY customer_id
    ), same AS (
        SELECT count(*) AS customers FROM lists GROUP BY list
    )
    SELECT count(*) AS lists, coalesce(max(customers), 0) AS most FROM same
"""


@dataclass(frozen=True, slots=True)
class RunShape:
    """What a working-out gave, in all.

    Attributes:
        given: Recommendations, over all customers.
        products: Different products among them.
        customers: Customers who got any.
        lists: Different lists of products.
        most: Customers who share the list that most of them share.
    """

    given: int
    products: int
    customers: int
    lists: int
    most: int


def shape_of_run(store: Store, run_id: str) -> RunShape:
    """Count how different the recommendations of a working-out are."""
    (shape,) = store.records(_RUN_SHAPE, run_id=run_id)
    (lists,) = store.records(_RUN_LISTS, run_id=run_id)
    return RunShape(**shape, **lists)


def products_of_run(store: Store, run_id: str, *, limit: int = 50) -> list[dict[str, Any]]:
    """List the products that a working-out gave, to how many customers, the commonest first."""
    return store.records(_RUN_PRODUCTS, run_id=run_id, limit=limit)


def shortfalls_of_run(store: Store, run_id: str) -> list[dict[str, Any]]:
    """Count the customers who got fewer products than were wanted, by the reason on record."""
    return store.records(_RUN_SHORTFALLS, run_id=run_id)


_MODELS = """
    SELECT kind, parameters, events, customers, products, pairs, built_at, built_by
    FROM similarity_models WHERE dataset_id = $dataset_id
    QUALIFY row_number() OVER (PARTITION BY kind ORDER BY built_at DESC, model_id) = 1
    ORDER BY kind
"""


def models_of(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """List the newest table of similarities of each kind, and what it was built from."""
    return store.records(_MODELS, dataset_id=dataset_id)


_WORDS_OF_CATALOGUE = """
    WITH told AS (
        SELECT 'categories' AS kind, category AS word FROM products
        WHERE dataset_id = $dataset_id AND category IS NOT NULL
        UNION ALL
        SELECT 'tags', trim(unnest(string_split(tags, ','))) FROM products
        WHERE dataset_id = $dataset_id AND tags IS NOT NULL
        UNION ALL
        SELECT 'gates', gate FROM products WHERE dataset_id = $dataset_id AND gate IS NOT NULL
    )
    SELECT kind, word, count(*) AS products FROM told WHERE word <> ''
    GROUP BY kind, word ORDER BY kind, word
"""


def catalogue_words(store: Store, dataset_id: str) -> dict[str, dict[str, int]]:
    """Count the products of each family, tag and gate: by ``categories``, ``tags``, ``gates``."""
    found: dict[str, dict[str, int]] = {"categories": {}, "tags": {}, "gates": {}}
    for kind, word, products in store.read(_WORDS_OF_CATALOGUE, dataset_id=dataset_id):
        found[kind][word] = products
    return found
