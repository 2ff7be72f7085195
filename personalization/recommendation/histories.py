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

# What was looked at says less than what was bought; what was sent back whole says nothing.
_HISTORIES: Final = """
    CREATE OR REPLACE TEMP TABLE histories AS
    WITH aged AS (
        SELECT customer_id, product_id, event, quantity, happened_at,
               CASE event WHEN 'purchase' THEN 1.0 WHEN 'cart' THEN 0.6 WHEN 'wishlist' THEN 0.6
                          ELSE 0.3 END
               * power(0.5, CAST(extract(DAY FROM CAST($as_of AS TIMESTAMP) - happened_at)
                                 AS DOUBLE) / $half_life_days) AS weight
        FROM asked_events
    ), told AS (
        SELECT customer_id, product_id,
               max(CASE WHEN event <> 'return' THEN weight END) AS weight,
               max(CASE WHEN event <> 'return' THEN happened_at END) AS last_at,
               sum(CASE WHEN event = 'purchase' THEN quantity ELSE 0 END) AS bought,
               sum(CASE WHEN event = 'return' THEN abs(quantity) ELSE 0 END) AS returned
        FROM aged GROUP BY customer_id, product_id
    )
    SELECT customer_id, product_id, weight, last_at FROM told
    WHERE weight IS NOT NULL AND (returned = 0 OR returned < bought)
"""


def open_candidates(store: Store) -> None:
    """Make the empty temporary table ``candidates``."""
    store.run(_OPEN)


def gather_histories(
    store: Store, *, as_of: datetime, half_life_days: float = HALF_LIFE_DAYS
) -> int:
    """Fill the temporary table ``histories`` with what the asked customers have.

    A row a customer and product: ``customer_id``, ``product_id``, ``weight`` (1 for a purchase
    of today, halved every ``half_life_days``; views and baskets count less), ``last_at``.  What
    was sent back whole is not in it.

    Args:
        store: Reads ``asked_events``; inside a transaction of the caller.
        as_of: From when ages count.
        half_life_days: After how many days something counts half.

    Returns:
        How many rows there are.
    """
    return store.run(_HISTORIES, as_of=as_of, half_life_days=half_life_days)
