"""For each customer the products that go best with what they have.

A unit of work reads the temporary tables ``asked_events`` (what the asked customers did),
``allowed_products(product_id)`` and ``blocked_products(customer_id, product_id, rule)``: what these
leave out is never a candidate.  Scores are sums of whole numbers, so that neither the order of
the rows nor the number of threads changes them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from personalization.recommendation.histories import gather_histories, open_candidates
from personalization.recommendation.popularity import popular

if TYPE_CHECKING:
    from personalization.store import Store

__all__ = ["for_you", "gather_histories", "open_candidates", "popular"]

# Pairs of a customer's product and one that goes with it, in one statement; and statements.
_ROWS_AT_ONCE: Final = 3_000_000
_MOST_BUCKETS: Final = 200

# Numbers for names, so that the joins carry numbers ------------------------------------

_NEAR: Final = """
    CREATE OR REPLACE TEMP TABLE near AS
    SELECT pairs.source_id, pairs.target_id, score, together, source_count
    FROM item_similarities AS pairs
    JOIN (SELECT DISTINCT product_id FROM histories) AS held ON held.product_id = pairs.source_id
    JOIN allowed_products ON allowed_products.product_id = pairs.target_id
    WHERE model_id = $model_id
"""
_SOURCES: Final = """
    CREATE OR REPLACE TEMP TABLE source_keys AS
    SELECT source_id, CAST(row_number() OVER (ORDER BY source_id) AS INTEGER) AS source
    FROM (SELECT DISTINCT source_id FROM near) AS found
"""
_TARGETS: Final = """
    CREATE OR REPLACE TEMP TABLE target_keys AS
    SELECT target_id, CAST(row_number() OVER (ORDER BY target_id) AS INTEGER) AS target
    FROM (SELECT DISTINCT target_id FROM near) AS found
"""
_NEAR_KEYS: Final = """
    CREATE OR REPLACE TEMP TABLE near_keys AS
    SELECT source, target, score, together, source_count
    FROM near
    JOIN source_keys ON source_keys.source_id = near.source_id
    JOIN target_keys ON target_keys.target_id = near.target_id
"""
_CUSTOMERS: Final = """
    CREATE OR REPLACE TEMP TABLE scored_customers AS
    SELECT customer_id, CAST(row_number() OVER (ORDER BY customer_id) AS INTEGER) AS number
    FROM (SELECT DISTINCT customer_id FROM histories) AS found
"""
# In the order of the customers, so that a bucket of them is read without the others.
_HELD: Final = """
    CREATE OR REPLACE TEMP TABLE held_keys AS
    SELECT number, source, weight
    FROM (
        SELECT number, source, weight,
               row_number() OVER (PARTITION BY number
                                  ORDER BY last_at DESC, weight DESC, product_id) AS turn
        FROM histories
        JOIN scored_customers ON scored_customers.customer_id = histories.customer_id
        LEFT JOIN source_keys ON source_id = product_id
    ) AS held
    WHERE turn <= $recent AND source IS NOT NULL
    ORDER BY number, source
"""
_BLOCKED: Final = """
    CREATE OR REPLACE TEMP TABLE blocked_keys AS
    SELECT DISTINCT number, target
    FROM blocked_products AS blocked
    JOIN scored_customers ON scored_customers.customer_id = blocked.customer_id
    JOIN target_keys ON target_id = product_id
    ORDER BY number, target
"""
_WORK: Final = """
    SELECT (SELECT count(*) FROM scored_customers), coalesce(sum(n), 0)
    FROM held_keys
    JOIN (SELECT source, count(*) AS n FROM near_keys GROUP BY source) AS led
        ON led.source = held_keys.source
"""
# As long as the histories that the model was counted from, whoever is asked for.
_HISTORY: Final = """
    SELECT CAST(json_extract_string(parameters, '$.history') AS INTEGER)
    FROM similarity_models WHERE model_id = $model_id
"""


# Points are scores times 2^38.  What gave most of them is kept beside the sum in one number: the
# points times 2^22, and the source counted down from 2^22, so that the first name wins.  Likewise
# the sum and its product, whose largest numbers are then the best: sorting all takes twice as long.
_FOR_YOU: Final = """
    INSERT INTO candidates
    WITH given AS (
        SELECT number, target, near_keys.source,
               CAST(round(weight * score * 274877906944) AS BIGINT) AS points
        FROM held_keys JOIN near_keys ON near_keys.source = held_keys.source
        WHERE number BETWEEN $first AND $last
    ), scored AS (
        SELECT number, target, CAST(sum(points) AS BIGINT) AS points,
               max(points * 4194304 + (4194303 - source)) AS best
        FROM given GROUP BY number, target
    ), blocked AS (
        SELECT number, target, 1 AS is_blocked FROM blocked_keys
        WHERE number BETWEEN $first AND $last
    ), allowed AS (
        SELECT scored.number, best, points // 64 * 4194304 + (4194303 - scored.target) AS packed
        FROM scored
        LEFT JOIN blocked ON blocked.number = scored.number AND blocked.target = scored.target
        WHERE is_blocked IS NULL AND points > 0
    ), kept AS (
        SELECT number, unnest(max(packed, $kept)) AS packed,
               unnest(arg_max(best, packed, $kept)) AS best
        FROM allowed GROUP BY number
    ), placed AS (
        SELECT number, packed // 4194304 * 64 AS points, 4194303 - packed % 4194304 AS target,
               4194303 - ((best % 4194304) + 4194304) % 4194304 AS source
        FROM kept
    )
    SELECT customer_id, target_id, points / 274877906944.0, source_id, together, source_count,
           CAST(NULL AS VARCHAR), 'for_you', false
    FROM placed
    JOIN near_keys ON near_keys.source = placed.source AND near_keys.target = placed.target
    JOIN scored_customers ON scored_customers.number = placed.number
    JOIN source_keys ON source_keys.source = placed.source
    JOIN target_keys ON target_keys.target = placed.target
"""


def for_you(store: Store, model_id: str, *, kept: int) -> int:
    """Add the products that go best with each asked customer's history to ``candidates``.

    Args:
        store: Reads ``histories``, ``item_similarities``, ``similarity_models``,
            ``allowed_products`` and ``blocked_products``; inside a transaction of the caller.
        model_id: Of the kind ``cosine`` or ``ease``.
        kept: Candidates for each customer: more than are wanted, so that the caps can choose.

    Returns:
        How many candidates were added.  ``together`` of ``base`` customers with the source had
        the product too.
    """
    recent = store.read(_HISTORY, model_id=model_id)[0][0]
    store.run(_NEAR, model_id=model_id)
    for sql in (_SOURCES, _TARGETS, _NEAR_KEYS, _CUSTOMERS):
        store.run(sql)
    store.run(_HELD, recent=recent)
    store.run(_BLOCKED)
    customers, work = store.read(_WORK)[0]
    buckets = min(_MOST_BUCKETS, max(1, math.ceil(work / _ROWS_AT_ONCE)))
    size = max(1, math.ceil(customers / buckets))
    return sum(
        store.run(_FOR_YOU, first=first, last=first + size - 1, kept=kept)
        for first in range(1, customers + 1, size)
    )
