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
    from personalization.recommendation.policy import Ranking
    from personalization.store import Store

__all__ = ["for_you", "gather_histories", "open_candidates", "popular"]

# Of a base so large that histories are cut to no more than 50, the latest 30 products lead on.
_SHORT_HISTORY, _RECENT_IF_SHORT = 50, 30

# Pairs of a customer's product and one that goes with it, in one statement; and statements.
_ROWS_AT_ONCE: Final = 2_400_000
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
    SELECT target_id, target, -target AS family, -target AS siblings
    FROM (
        SELECT target_id, CAST(row_number() OVER (ORDER BY target_id) AS INTEGER) AS target
        FROM (SELECT DISTINCT target_id FROM near) AS found
    ) AS numbered
"""
# A product without a family, or without siblings, is one of its own.
_NAME_FAMILIES: Final = """
    CREATE OR REPLACE TEMP TABLE target_keys AS
    SELECT target_id, target,
           CAST(CASE WHEN category IS NULL THEN family
                     ELSE dense_rank() OVER (ORDER BY category) END AS INTEGER) AS family,
           CAST(CASE WHEN variant_group IS NULL OR NOT $one_of_siblings THEN siblings
                     ELSE dense_rank() OVER (ORDER BY variant_group) END AS INTEGER) AS siblings
    FROM target_keys JOIN catalogue_products ON product_id = target_id
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
# About as long as the histories that the model was counted from, whoever is asked for.
_HISTORY: Final = """
    SELECT CAST(json_extract_string(parameters, '$.history') AS INTEGER)
    FROM similarity_models WHERE model_id = $model_id
"""


# Points are scores times 2^38.  What gave most of them is kept beside the sum in one number: the
# points times 2^22, and the source counted down from 2^22, so that the first name wins.  Likewise
# the sum and its product, so that the best are found among whole numbers.
FOR_YOU: Final = """
    WITH led AS (
        SELECT number, target, near_keys.source,
               CAST(round(weight * score * 274877906944) AS BIGINT) AS points
        FROM held_keys JOIN near_keys ON near_keys.source = held_keys.source
        WHERE number BETWEEN $first AND $last
    ), given AS (
        SELECT number, target, points, points * 4194304 + (4194303 - source) AS most FROM led
        UNION ALL
        SELECT number, target, -4503599627370496, 0
        FROM blocked_keys WHERE number BETWEEN $first AND $last
    ), scored AS (
        SELECT number, target, CAST(sum(points) AS BIGINT) AS points,
               max(most) AS most
        FROM given GROUP BY number, target
        HAVING sum(points) > 0
    ), turned AS (
        SELECT number, packed, row_number() OVER (PARTITION BY number ORDER BY packed DESC) AS turn
        FROM (
            SELECT number, (points - points % 64) * 65536 + (4194303 - target) AS packed
            FROM scored
        ) AS summed
    ), kept AS (
        SELECT number, packed, family, siblings
        FROM turned JOIN target_keys ON target = 4194303 - packed % 4194304
        WHERE turn <= $kept
    ), of_siblings AS (
        SELECT number, packed, family,
               row_number() OVER (PARTITION BY number, siblings ORDER BY packed DESC) AS turn
        FROM kept
    ), of_families AS (
        SELECT number, packed,
               row_number() OVER (PARTITION BY number, family ORDER BY packed DESC) AS turn
        FROM of_siblings WHERE turn = 1
    ), of_customers AS (
        SELECT number, packed, 4194303 - packed % 4194304 AS target,
               row_number() OVER (PARTITION BY number ORDER BY packed DESC) AS turn
        FROM of_families WHERE turn <= $of_a_family
    ), placed AS (
        SELECT best.number, best.target, (packed - packed % 4194304) / 65536 AS points,
               4194303 - ((most % 4194304) + 4194304) % 4194304 AS source
        FROM of_customers AS best
        JOIN scored ON scored.number = best.number AND scored.target = best.target
        WHERE turn <= $wanted
    )
    SELECT customer_id, target_id, points / 274877906944.0 AS score, source_id, together,
           source_count, NULL AS detail, 'for_you' AS strategy,
           false AS is_fallback
    FROM placed
    JOIN near_keys ON near_keys.source = placed.source AND near_keys.target = placed.target
    JOIN scored_customers ON scored_customers.number = placed.number
    JOIN source_keys ON source_keys.source = placed.source
    JOIN target_keys ON target_keys.target = placed.target
"""
"""Of the customers ``$first`` to ``$last``; DuckDB and Spark read the same text."""

_ADD: Final = "INSERT INTO candidates" + FOR_YOU


def for_you(
    store: Store, model_id: str, *, kept: int, wanted: int = 0, caps: Ranking | None = None
) -> int:
    """Add the products that go best with each asked customer's history to ``candidates``.

    With ``wanted`` and ``caps`` no more are added than the ranking takes: what it would leave out
    of a million customers' candidates is not worth writing down.

    Args:
        store: Reads ``histories``, ``item_similarities``, ``similarity_models``,
            ``allowed_products`` and ``blocked_products``, with ``caps`` also
            ``catalogue_products``; inside a transaction of the caller.
        model_id: Of the kind ``cosine`` or ``ease``.
        kept: Candidates for each customer: more than are wanted, so that the caps can choose.
        wanted: Of these, how many are added; 0 adds them all.
        caps: Products of one family, and siblings, that a customer is shown; None: as many as come.

    Returns:
        How many candidates were added.  ``together`` of ``base`` customers with the source had
        the product too.
    """
    history = store.read(_HISTORY, model_id=model_id)[0][0]
    recent = history if history > _SHORT_HISTORY else min(history, _RECENT_IF_SHORT)
    store.run(_NEAR, model_id=model_id)
    for sql in (_SOURCES, _TARGETS):
        store.run(sql)
    if caps is not None and (caps.category_cap or caps.one_of_siblings):
        store.run(_NAME_FAMILIES, one_of_siblings=caps.one_of_siblings)
    for sql in (_NEAR_KEYS, _CUSTOMERS):
        store.run(sql)
    store.run(_HELD, recent=recent)
    store.run(_BLOCKED)
    customers, work = store.read(_WORK)[0]
    buckets = min(_MOST_BUCKETS, max(1, math.ceil(work / _ROWS_AT_ONCE)))
    size = max(1, math.ceil(customers / buckets))
    of_a_family = caps.category_cap if caps is not None and caps.category_cap else kept
    return sum(
        store.run(
            _ADD, first=first, last=first + size - 1, kept=kept, of_a_family=of_a_family,
            wanted=wanted or kept,
        )
        for first in range(1, customers + 1, size)
    )  # fmt: skip
