"""What customers come back to: what they use up, and what they left in the cart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.recommendation.policy import Policy
    from personalization.recommendation.search import Search
    from personalization.store import Store

_IS_MARKED: Final = "SELECT count(is_replenishable) > 0 FROM catalogue_products"

# Due by the median of the customer's own intervals; what is bought most and lately comes first.
_BUY_AGAIN: Final = """
    INSERT INTO candidates
    WITH days AS (
        SELECT DISTINCT customer_id, product_id, CAST(happened_at AS DATE) AS bought_on
        FROM asked_events WHERE event = 'purchase'
    ), gaps AS (
        SELECT customer_id, product_id, bought_on,
               bought_on - lag(bought_on) OVER (PARTITION BY customer_id, product_id
                                                ORDER BY bought_on) AS gap
        FROM days
    ), habits AS (
        SELECT customer_id, product_id, count(*) AS times, quantile_disc(gap, 0.5) AS usual,
               CAST($as_of AS DATE) - max(bought_on) AS since
        FROM gaps GROUP BY customer_id, product_id
        HAVING count(*) >= $least_purchases
    )
    SELECT habits.customer_id, habits.product_id, times * power(0.5, since / 90.0) AS score,
           habits.product_id, times, NULL,
           CAST(json_object('interval_days', usual, 'days_since', since) AS VARCHAR),
           'buy_again', false
    FROM habits
    JOIN asked_products AS had
        ON had.customer_id = habits.customer_id AND had.product_id = habits.product_id
    JOIN catalogue_products AS known ON known.product_id = habits.product_id
    JOIN allowed_products AS allowed ON allowed.product_id = habits.product_id
    ANTI JOIN (SELECT * FROM blocked_products
               WHERE NOT list_contains($lifted::VARCHAR[], rule)) AS blocked
        ON blocked.customer_id = habits.customer_id AND blocked.product_id = habits.product_id
    WHERE had.is_owned
      AND (coalesce(known.is_replenishable, false)
           OR $is_unmarked AND times >= greatest($unmarked_from, 2))
      AND since BETWEEN $due_from * usual AND $due_until * usual
    QUALIFY row_number() OVER (PARTITION BY habits.customer_id
                               ORDER BY times * power(0.5, since / 90.0) DESC, habits.product_id)
            <= $kept
"""

# What they come back to is free of these rules for this strategy, and for it alone.
_UNBLOCK: Final = """
    DELETE FROM blocked_products
    WHERE list_contains($lifted::VARCHAR[], rule)
      AND (customer_id, product_id) IN (SELECT (customer_id, product_id) FROM candidates)
"""

_ABANDONED: Final = """
    INSERT INTO candidates
    WITH waiting AS (
        SELECT events.customer_id, events.product_id,
               count(*) FILTER (WHERE event = 'cart') AS carts,
               count(*) FILTER (WHERE event = 'wishlist') AS wishes, count(*) AS times,
               max(happened_at) AS last_at,
               coalesce(max(happened_at) FILTER (WHERE event = 'cart'),
                        max(happened_at) FILTER (WHERE event = 'wishlist'),
                        max(happened_at)) AS named_at
        FROM asked_events AS events
        JOIN asked_products AS had
            ON had.customer_id = events.customer_id AND had.product_id = events.product_id
        WHERE event IN ('cart', 'wishlist', 'view', 'click')
          AND coalesce(events.happened_at > had.last_bought, true)
          AND events.happened_at >= CAST($as_of AS TIMESTAMP) - to_days($window_days)
        GROUP BY events.customer_id, events.product_id
    ), weighed AS (
        SELECT *, CASE WHEN carts > 0 THEN 'cart' WHEN wishes > 0 THEN 'wishlist' ELSE 'view' END
                  AS event,
               CASE WHEN carts > 0 THEN 3 WHEN wishes > 0 THEN 2 ELSE 1 END
               * power(0.5, (epoch(CAST($as_of AS TIMESTAMP)) - epoch(last_at)) / 604800.0) AS score
        FROM waiting
        WHERE carts > 0 OR wishes > 0 OR times >= $least_views
    )
    SELECT weighed.customer_id, weighed.product_id, score, weighed.product_id,
           CASE event WHEN 'cart' THEN carts WHEN 'wishlist' THEN wishes ELSE times END, NULL,
           CAST(json_object('event', event, 'on', CAST(CAST(named_at AS DATE) AS VARCHAR))
                AS VARCHAR), 'abandoned', false
    FROM weighed
    JOIN allowed_products AS allowed ON allowed.product_id = weighed.product_id
    ANTI JOIN blocked_products AS blocked
        ON blocked.customer_id = weighed.customer_id AND blocked.product_id = weighed.product_id
    QUALIFY row_number() OVER (PARTITION BY weighed.customer_id
                               ORDER BY score DESC, weighed.product_id) <= $kept
"""


def buy_again(store: Store, search: Search) -> None:
    """Add what they use up, when it is due by their own intervals."""
    own = search.policy.buy_again
    is_unmarked = _goes_by_habit(store, search.policy)
    lifted = list(lifted_rules(store, search.policy))
    store.run(
        _BUY_AGAIN, as_of=search.as_of, least_purchases=max(own.least_purchases, 2),
        is_unmarked=is_unmarked, unmarked_from=own.unmarked_from, due_from=own.due_from,
        due_until=own.due_until, kept=search.kept, lifted=lifted,
    )  # fmt: skip
    store.run(_UNBLOCK, lifted=lifted)


def lifted_rules(store: Store, policy: Policy) -> tuple[str, ...]:
    """Return the rules that ``buy_again`` is free of.

    What they have is not kept from them as the sibling of another size that they have.  Where
    nothing is known of products, having bought it often is what ``owned`` asks for.
    """
    return ("owned", "sibling") if _goes_by_habit(store, policy) else ("sibling",)


def _goes_by_habit(store: Store, policy: Policy) -> bool:
    is_asked = policy.buy_again.unmarked_from > 0
    is_asked = is_asked and policy.customers.owned == "unless_replenishable"
    return is_asked and store.read(_IS_MARKED) == [(False,)]


def abandoned(store: Store, search: Search) -> None:
    """Add what they put in the cart, wished for or looked at, and have not bought since."""
    own = search.policy.abandoned
    store.run(
        _ABANDONED, as_of=search.as_of, window_days=own.window_days, least_views=own.least_views,
        kept=search.kept,
    )  # fmt: skip
