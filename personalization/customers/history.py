"""What the order lines say about each customer: recency, frequency, money, favourite category."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalization.store import Store

# A purchase is a line with a quantity, a price and an amount above zero: refunds, credits, samples
# and corrections say nothing about what somebody likes or comes back for.  The favourite category
# is the one with the most money spent, then the most lines, then the first by name.
_DERIVE = """
    UPDATE customers SET
        orders = history.orders,
        total_spent = history.total_spent,
        first_order_at = history.first_order_at,
        last_order_at = history.last_order_at,
        favourite_category = coalesce(history.favourite_category, customers.favourite_category)
    FROM (
        WITH categories AS (
            SELECT upper(product_id) AS folded, min(category) AS category FROM products
            WHERE dataset_id = $dataset_id AND category IS NOT NULL GROUP BY folded
        ), purchases AS (
            SELECT lines.customer_id, lines.order_id, lines.amount, lines.ordered_at,
                   coalesce(lines.category, categories.category) AS category
            FROM transactions AS lines
            LEFT JOIN categories ON categories.folded = upper(lines.product_id)
            WHERE lines.dataset_id = $dataset_id AND lines.quantity > 0 AND lines.unit_price > 0
              AND lines.amount > 0
        ), totals AS (
            SELECT customer_id, count(DISTINCT coalesce(order_id, ordered_at::VARCHAR)) AS orders,
                   sum(amount) AS total_spent,
                   min(ordered_at) AS first_order_at, max(ordered_at) AS last_order_at
            FROM purchases GROUP BY customer_id
        ), spent AS (
            SELECT customer_id, category, sum(amount) AS amount, count(*) AS lines
            FROM purchases WHERE category IS NOT NULL GROUP BY customer_id, category
        ), ranked AS (
            SELECT customer_id, category,
                   row_number() OVER (PARTITION BY customer_id
                                      ORDER BY amount DESC, lines DESC, category) AS place
            FROM spent
        )
        SELECT totals.*, ranked.category AS favourite_category
        FROM totals LEFT JOIN ranked
            ON ranked.customer_id = totals.customer_id AND ranked.place = 1
    ) AS history
    WHERE customers.dataset_id = $dataset_id AND customers.customer_id = history.customer_id
"""


def derive_history(store: Store, dataset_id: str) -> int:
    """Work out each customer's purchase history from ``transactions``, and return how many got one.

    Writes orders, money spent (in the currency of the data), first and last order and favourite
    category of ``customers``.  Who has no purchase keeps what the customer file said.  Running it
    again gives the same.
    """
    return store.run(_DERIVE, dataset_id=dataset_id)
