"""The events that a trigger waits for, each as one statement over what customers did.

Every statement writes the TEMP table ``trigger_events``: whom it concerns, the event's key (the
same event has the same key whenever it is looked for), its time, a product, and the evidence.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.recommendation import asking, rules
from personalization.recommendation.policies import policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.recommendation.trigger_values import Trigger
    from personalization.store import Store

_EMPTY: Final = """
    CREATE OR REPLACE TEMP TABLE trigger_events (
        trigger_id VARCHAR, customer_id VARCHAR, event_key VARCHAR, event_at TIMESTAMP,
        product_id VARCHAR, evidence VARCHAR)
"""

# What a message may point at is what may be recommended: sold, at hand, with a price, not denied.
_AVAILABLE: Final = """
    CREATE OR REPLACE TEMP TABLE available_products AS
    SELECT product_id, gates FROM catalogue_products
    WHERE product_id NOT IN (SELECT product_id FROM excluded_products)
"""
_GATED: Final = "SELECT count(*) FROM available_products WHERE len(gates) > 0"
_SHUT: Final = """
    CREATE OR REPLACE TEMP TABLE shut_gates AS
    SELECT customer_id, closed FROM asked_people WHERE closed <> ''
"""
_NONE_SHUT: Final = """
    CREATE OR REPLACE TEMP TABLE shut_gates (customer_id VARCHAR, closed VARCHAR)
"""

_SIGN_UP: Final = """
    INSERT INTO trigger_events
    SELECT $trigger_id, customer_id, concat('sign_up:', signup_on),
           CAST(signup_on AS TIMESTAMP), NULL,
           CAST(json_object('signed_up_on', CAST(signup_on AS VARCHAR)) AS VARCHAR)
    FROM customers
    WHERE dataset_id = $dataset_id AND signup_on <= $until AND signup_on > $since
"""

# An order's lines may bear times of their own; the last one is the order's.  Postage and whatever
# else is no product of the catalogue does not count.
_PURCHASE: Final = """
    INSERT INTO trigger_events
    WITH lines AS (
        SELECT events.customer_id, events.product_id, events.happened_at,
               events.quantity * events.price AS amount, known.category,
               coalesce(events.order_id, CAST(events.happened_at AS VARCHAR)) AS basket
        FROM product_events AS events
        JOIN catalogue_products AS known ON known.product_id = events.product_id
        WHERE events.dataset_id = $dataset_id AND events.event = 'purchase'
          AND events.happened_at <= $as_of
          AND events.happened_at > CAST($since AS TIMESTAMP) - INTERVAL '1' DAY
    ), ranked AS (
        SELECT lines.*, row_number() OVER (PARTITION BY customer_id, basket
                                           ORDER BY amount DESC NULLS LAST, product_id) AS place
        FROM lines
    )
    SELECT $trigger_id, customer_id, concat('purchase:', basket), max(happened_at),
           max(CASE WHEN place = 1 THEN product_id END),
           CAST(json_object('order', basket, 'ordered_at', CAST(max(happened_at) AS VARCHAR),
                            'products', count(DISTINCT product_id),
                            'amount', round(sum(amount), 2)) AS VARCHAR)
    FROM ranked
    GROUP BY customer_id, basket
    HAVING max(happened_at) <= $until AND max(happened_at) > $since
       AND ($category = '' OR max(CASE WHEN category = $category THEN 1 ELSE 0 END) = 1)
"""

# Whoever looks around is not inactive; a base without events knows the last order of its customers.
# Which product it was is of no matter here, so that the tables are read as they are.
_INACTIVITY: Final = """
    INSERT INTO trigger_events
    WITH told AS (
        SELECT customer_id, ordered_at AS happened_at, true AS is_order FROM transactions
        WHERE dataset_id = $dataset_id AND quantity > 0 AND amount >= 0
          AND ordered_at <= $as_of
        UNION ALL
        SELECT customer_id, happened_at, event = 'purchase' FROM interactions
        WHERE dataset_id = $dataset_id AND event <> 'return' AND happened_at <= $as_of
    ), active AS (
        SELECT customer_id, max(happened_at) AS last_at,
               max(CASE WHEN is_order THEN happened_at END) AS bought_at
        FROM told GROUP BY customer_id
    ), known AS (
        SELECT customers.customer_id, customers.orders,
               greatest(active.last_at, CASE WHEN customers.last_order_at <= $as_of
                                             THEN customers.last_order_at END) AS last_at,
               greatest(active.bought_at, CASE WHEN customers.last_order_at <= $as_of
                                               THEN customers.last_order_at END) AS bought_at
        FROM customers LEFT JOIN active ON active.customer_id = customers.customer_id
        WHERE customers.dataset_id = $dataset_id
    )
    SELECT $trigger_id, customer_id, concat('inactivity:', last_at), last_at, NULL,
           CAST(json_object('last_seen_at', CAST(last_at AS VARCHAR),
                            'last_order_at', CAST(bought_at AS VARCHAR), 'orders', orders,
                            'days', date_diff('day', last_at, CAST($as_of AS TIMESTAMP)))
                AS VARCHAR)
    FROM known
    WHERE last_at <= $until AND last_at > $since
"""

# What was put into the cart after the last order.  Nobody is reminded of products that cannot be
# had any more; the event is the same one whether or not they can.
_ABANDONED_CART: Final = """
    INSERT INTO trigger_events
    WITH recent AS (
        SELECT events.customer_id, events.happened_at, available_products.product_id
        FROM product_events AS events
        LEFT JOIN available_products ON available_products.product_id = events.product_id
        WHERE events.dataset_id = $dataset_id AND events.event = 'cart'
          AND events.happened_at <= $as_of
          AND events.happened_at > CAST($since AS TIMESTAMP) - INTERVAL '1' DAY
    ), bought AS (
        SELECT customer_id, max(happened_at) AS bought_at
        FROM (SELECT customer_id, ordered_at AS happened_at FROM transactions
              WHERE dataset_id = $dataset_id AND quantity > 0 AND amount >= 0
                AND ordered_at <= $as_of
              UNION ALL
              SELECT customer_id, happened_at FROM interactions
              WHERE dataset_id = $dataset_id AND event = 'purchase' AND happened_at <= $as_of)
             AS orders
        WHERE customer_id IN (SELECT customer_id FROM recent)
        GROUP BY customer_id
    ), carted AS (
        SELECT recent.customer_id, recent.product_id, recent.happened_at,
               row_number() OVER (PARTITION BY recent.customer_id, recent.product_id IS NULL
                                  ORDER BY recent.happened_at DESC, recent.product_id) AS place
        FROM recent
        LEFT JOIN bought ON bought.customer_id = recent.customer_id
        WHERE bought.bought_at IS NULL OR recent.happened_at > bought.bought_at
    )
    SELECT $trigger_id, customer_id, concat('abandoned_cart:', max(happened_at)),
           max(happened_at), max(CASE WHEN place = 1 THEN product_id END),
           CAST(json_object('carted_at', CAST(max(happened_at) AS VARCHAR),
                            'products', count(DISTINCT product_id)) AS VARCHAR)
    FROM carted
    GROUP BY customer_id
    HAVING max(happened_at) <= $until AND max(happened_at) > $since
       AND count(product_id) > 0
"""

# Of several changes the last one counts, and only while the catalogue still says so.
_BACK: Final = """
    CREATE OR REPLACE TEMP TABLE changed_products AS
    SELECT changes.product_id, changes.old_value, changes.new_value,
           CAST(changes.changed_at AS TIMESTAMP) AS changed_at
    FROM product_changes AS changes
    JOIN available_products ON available_products.product_id = changes.product_id
    WHERE changes.dataset_id = $dataset_id AND changes.field = 'stock'
      AND changes.old_value <= 0 AND changes.new_value > 0
      AND CAST(changes.changed_at AS TIMESTAMP) <= $until
      AND CAST(changes.changed_at AS TIMESTAMP) > $since
    QUALIFY row_number() OVER (PARTITION BY changes.product_id
                               ORDER BY changes.changed_at DESC, changes.import_id) = 1
"""
_DROPPED: Final = """
    CREATE OR REPLACE TEMP TABLE changed_products AS
    SELECT changes.product_id, changes.old_value, changes.new_value,
           CAST(changes.changed_at AS TIMESTAMP) AS changed_at
    FROM product_changes AS changes
    JOIN available_products ON available_products.product_id = changes.product_id
    JOIN products ON products.dataset_id = changes.dataset_id
                 AND products.product_id = changes.product_id
                 AND products.price <= changes.new_value
    WHERE changes.dataset_id = $dataset_id AND changes.field = 'price'
      AND changes.new_value > 0 AND changes.new_value < changes.old_value
      AND changes.new_value <= changes.old_value * (1 - $least_drop) + 1e-9
      AND CAST(changes.changed_at AS TIMESTAMP) <= $until
      AND CAST(changes.changed_at AS TIMESTAMP) > $since
    QUALIFY row_number() OVER (PARTITION BY changes.product_id
                               ORDER BY changes.changed_at DESC, changes.import_id) = 1
"""

# Who looked at the product before it changed, and has not bought it since.
_INTERESTED: Final = """
    INSERT INTO trigger_events
    WITH followed AS (
        SELECT events.customer_id, changed.product_id, changed.changed_at, changed.old_value,
               changed.new_value,
               max(CASE WHEN events.event = 'purchase' THEN events.happened_at END) AS bought_at,
               max(CASE WHEN events.event <> 'purchase' AND events.happened_at <= changed.changed_at
                        THEN events.happened_at END) AS looked_at,
               count(CASE WHEN events.event <> 'purchase' AND events.happened_at
                               <= changed.changed_at THEN 1 END) AS looks
        FROM changed_products AS changed
        JOIN product_events AS events
            ON events.dataset_id = $dataset_id AND events.product_id = changed.product_id
           AND events.event IN ('view', 'click', 'cart', 'wishlist', 'purchase')
           AND events.happened_at <= $as_of
           AND events.happened_at > changed.changed_at - $interest_days * INTERVAL '1' DAY
        GROUP BY ALL
    )
    SELECT $trigger_id, customer_id, concat($event, ':', product_id, ':', changed_at), changed_at,
           product_id,
           CAST(json_object('product', product_id, 'was', old_value, 'is', new_value,
                            'changed_at', CAST(changed_at AS VARCHAR), 'looks', looks,
                            'last_looked_at', CAST(looked_at AS VARCHAR)) AS VARCHAR)
    FROM followed
    WHERE looked_at IS NOT NULL AND (bought_at IS NULL OR bought_at < looked_at)
"""

_STATEMENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "sign_up": (_SIGN_UP,),
    "purchase": (_PURCHASE,),
    "inactivity": (_INACTIVITY,),
    "abandoned_cart": (_ABANDONED_CART,),
    "back_in_stock": (_BACK, _INTERESTED),
    "price_drop": (_DROPPED, _INTERESTED),
})  # fmt: skip


def prepare_events(store: Store, dataset_id: str) -> None:
    """Begin with no events, and with the products that may be named; inside a transaction.

    Args:
        store: Reads the catalogue and the base's policy; fills the TEMP tables
            ``available_products`` and, of customers who are not known to meet a product's gate,
            ``shut_gates``.
        dataset_id: Whose events.
    """
    store.run(_EMPTY)
    policy = policy_of(store, dataset_id)
    asking.open_catalogue(store, dataset_id)
    rules.exclude_products(store, policy)
    store.run(_AVAILABLE)
    if store.read(_GATED) == [(0,)]:
        store.run(_NONE_SHUT)
        return
    asking.ask(store, dataset_id, asking.EVERYBODY)
    rules.close_gates(store, policy)
    store.run(_SHUT)


def find_events(store: Store, trigger: Trigger, as_of: datetime) -> None:
    """Add the events that a trigger answers at a moment to ``trigger_events``.

    Args:
        store: In the transaction of ``prepare_events``; reads ``product_events``, ``customers``,
            ``products`` and ``product_changes``.
        trigger: Of which event, wait and window count.
        as_of: UTC, without a time zone; what happened later is not known yet.
    """
    plan = trigger.plan
    idle = plan.idle_days if trigger.event == "inactivity" else 0
    until = as_of - timedelta(hours=plan.wait_hours, days=idle)
    values: dict[str, Any] = {
        "trigger_id": trigger.trigger_id, "dataset_id": trigger.dataset_id, "as_of": as_of,
        "until": until, "since": until - timedelta(hours=plan.window_hours), "event": trigger.event,
        "category": plan.category, "interest_days": plan.interest_days,
        "least_drop": plan.least_drop,
    }  # fmt: skip
    for statement in _STATEMENTS[trigger.event]:
        asked = {name: value for name, value in values.items() if f"${name}" in statement}
        store.run(statement, **asked)
