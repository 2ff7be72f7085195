"""What customers have, and the table in which what may be recommended to them is gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

HALF_LIFE_DAYS: Final = 180.0
"""After how many days something that a customer did counts half."""

_OPEN: Final = """
    CREATE OR REPLACE TEMP TABLE candidates (
        customer_id VARCHAR, product_id VARCHAR, score DOUBLE, source_id VARCHAR,
        together BIGINT, base BIGINT, detail VARCHAR, strategy VARCHAR, is_fallback BOOLEAN
    )
"""


# Histories -----------------------------------------------------------------------------

# A return is of what was bought before it, and of one moment the purchase comes first: how far
# returns ever went below nothing is how much was bought before the data begin.  A purchase of no
# pieces is one all the same.
_SENT_BACK: Final = """
    CREATE OR REPLACE TEMP TABLE sent_back AS
    WITH counted AS (
        SELECT customer_id, product_id, happened_at, event,
               CASE WHEN event = 'return' THEN -abs(quantity)
                    WHEN quantity > 0 THEN quantity ELSE 1 END AS pieces
        FROM asked_events AS events
        SEMI JOIN (SELECT customer_id, product_id FROM asked_events WHERE event = 'return') AS back
            ON back.customer_id = events.customer_id AND back.product_id = events.product_id
        WHERE event IN ('purchase', 'return')
    ), walked AS (
        SELECT customer_id, product_id, pieces,
               sum(pieces) OVER (PARTITION BY customer_id, product_id
                                 ORDER BY happened_at, event) AS so_far
        FROM counted
    )
    SELECT customer_id, product_id FROM walked
    GROUP BY customer_id, product_id
    HAVING round(sum(pieces) - least(min(so_far), 0), 6) <= 0
"""

# What was looked at says less than what was bought; what was sent back whole says nothing.
_HISTORIES: Final = """
    CREATE OR REPLACE TEMP TABLE histories AS
    WITH aged AS (
        SELECT customer_id, product_id, event, happened_at,
               CASE event WHEN 'purchase' THEN 1.0 WHEN 'cart' THEN 0.6 WHEN 'wishlist' THEN 0.6
                          ELSE 0.3 END
               * power(0.5, CAST(extract(DAY FROM CAST($as_of AS TIMESTAMP) - happened_at)
                                 AS DOUBLE) / $half_life_days) AS weight
        FROM asked_events
    ), told AS (
        SELECT customer_id, product_id,
               max(CASE WHEN event <> 'return' THEN weight END) AS weight,
               max(CASE WHEN event <> 'return' THEN happened_at END) AS last_at
        FROM aged GROUP BY customer_id, product_id
    )
    SELECT told.customer_id, told.product_id, weight, last_at FROM told
    ANTI JOIN sent_back
        ON sent_back.customer_id = told.customer_id AND sent_back.product_id = told.product_id
    WHERE weight IS NOT NULL
"""


def open_candidates(store: Store) -> None:
    """Make the empty temporary table ``candidates``."""
    store.run(_OPEN)


def find_sent_back(store: Store) -> None:
    """Fill the temporary table ``sent_back(customer_id, product_id)``: what no piece is left of.

    Args:
        store: Reads ``asked_events``; inside a transaction of the caller.
    """
    store.run(_SENT_BACK)


def gather_histories(
    store: Store, *, as_of: datetime, half_life_days: float = HALF_LIFE_DAYS
) -> int:
    """Fill the temporary table ``histories`` with what the asked customers have.

    A row a customer and product: ``customer_id``, ``product_id``, ``weight`` (1 for a purchase
    of today, halved every ``half_life_days``; views and baskets count less), ``last_at``.  What
    was sent back whole is not in it.

    Args:
        store: Reads ``asked_events`` and ``sent_back``; inside a transaction of the caller.
        as_of: From when ages count.
        half_life_days: After how many days something counts half.

    Returns:
        How many rows there are.
    """
    return store.run(_HISTORIES, as_of=as_of, half_life_days=half_life_days)
