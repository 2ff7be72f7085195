"""Pairs of products that the same customers, or baskets, hold: counted, scored and cut.

All sums are of whole numbers, and every order ends in a key, so that neither the order of the
rows nor the number of threads changes a single figure.  What is kept are the best sources of
each target, not the best targets of each source: a product that few things lead to still gets
its own, and one that everything leads to does not fill every list.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.recommendation import ease

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

KINDS: Final = ("cosine", "basket", "ease")
"""What is built here; ``content`` is built from the catalogue alone."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How similarities are counted.

    Attributes:
        history: The latest products of a customer (or basket) that count; 0 takes as many as
            the work allows (``HISTORIES``), which on all but large bases is everything.
        least_together: Customers who have to have both; 0 takes 3, and of baskets 5 or 1 in 2,000.
        shrinkage: Customers by which a pair that few have is marked down.
        kept_per_target: Sources that each product keeps; 0 takes 100, of a small catalogue's
            ``ease`` 500, and of a large catalogue 50.
        kept_per_source: Targets that each source keeps, so that no product leads everywhere;
            0 takes 200, or as many as ``kept_per_target`` if that is more.
        ease_ridge: Strength of the ridge of the ``ease`` kind.
    """

    history: int = 0
    least_together: int = 0
    shrinkage: float = 20.0
    kept_per_target: int = 0
    kept_per_source: int = 0
    ease_ridge: float = 400.0


# The longest histories that are tried, and the pairs of rows that a build may look at.
HISTORIES: Final = (1000, 500, 200, 100, 50, 30)
PAIRS: Final = 400_000_000
# Pairs of rows that one statement of the self-join looks at.
_PAIRS_AT_ONCE: Final = 25_000_000

_LEAST_CUSTOMERS: Final = 3
_LEAST_BASKETS: Final = 5
_KEPT_PER_TARGET: Final = 100
_KEPT_PER_SOURCE: Final = 200
# A large catalogue keeps fewer, because all of them are gone through for everybody.
_LARGE: Final = 20_000
_KEPT_IF_LARGE: Final = 50


# Histories and baskets -----------------------------------------------------------------

# A base without purchases goes by whatever else its customers did.
_HAS_PURCHASES: Final = """
    SELECT count(*) FROM (
        SELECT 1 FROM product_events
        WHERE dataset_id = $dataset_id AND event = 'purchase' AND happened_at <= $as_of LIMIT 1
    ) AS found
"""

_OF_CUSTOMERS: Final = """
    CREATE OR REPLACE TEMP TABLE holdings AS
    SELECT customer_id AS holder, product_id, max(happened_at) AS last_at
    FROM product_events
    WHERE dataset_id = $dataset_id AND happened_at <= $as_of AND event <> 'return'
      AND (event = 'purchase' OR NOT $is_bought) AND (is_in_catalogue OR NOT $has_catalogue)
    GROUP BY customer_id, product_id
"""

# A line without an order number is of the basket of its customer's day.
_OF_BASKETS: Final = """
    CREATE OR REPLACE TEMP TABLE holdings AS
    SELECT coalesce(order_id, concat(customer_id, ' ', CAST(CAST(happened_at AS DATE) AS VARCHAR)))
               AS holder,
           product_id, max(happened_at) AS last_at
    FROM product_events
    WHERE dataset_id = $dataset_id AND happened_at <= $as_of AND event <> 'return'
      AND (event = 'purchase' OR NOT $is_bought) AND (is_in_catalogue OR NOT $has_catalogue)
    GROUP BY 1, product_id
"""

_HAS_CATALOGUE: Final = """
    SELECT count(*) FROM (
        SELECT 1 FROM products WHERE dataset_id = $dataset_id LIMIT 1
    ) AS found
"""

# Products and holders are numbered in the order of their names.
_PRODUCTS: Final = """
    CREATE OR REPLACE TEMP TABLE product_keys AS
    SELECT product_id, CAST(row_number() OVER (ORDER BY product_id) AS INTEGER) AS product
    FROM (
        SELECT product_id FROM (SELECT DISTINCT product_id FROM holdings) AS found
        QUALIFY $has_catalogue
             OR NOT is_no_product(product_id, '', avg(length(product_id)) OVER ())
    ) AS sold
"""
_HOLDERS: Final = """
    CREATE OR REPLACE TEMP TABLE holder_keys AS
    SELECT holder, CAST(row_number() OVER (ORDER BY holder) AS INTEGER) AS number, n
    FROM (SELECT holder, count(*) AS n FROM holdings GROUP BY holder) AS found
"""

_WORK: Final = """
    SELECT count(*), CAST(coalesce(sum(least(n, $history) * least(n, $history)), 0) AS BIGINT)
    FROM holder_keys
"""

# What a long history holds says less of each product: the weight is 2^20 over its root.
_LATEST: Final = """
    CREATE OR REPLACE TEMP TABLE latest AS
    SELECT number, product, CAST(round(1048576 / sqrt(least(n, $history))) AS INTEGER) AS weight
    FROM (
        SELECT number, product, n,
               row_number() OVER (PARTITION BY number ORDER BY last_at DESC, product) AS turn
        FROM holdings
        JOIN holder_keys ON holder_keys.holder = holdings.holder
        JOIN product_keys ON product_keys.product_id = holdings.product_id
    ) AS numbered
    WHERE turn <= $history
"""

_N_PRODUCTS: Final = "SELECT count(*) FROM product_keys"
_COUNTS: Final = """
    CREATE OR REPLACE TEMP TABLE product_counts AS
    SELECT product, count(*) AS n FROM latest GROUP BY product
"""


# Pairs ---------------------------------------------------------------------------------

_NO_PAIRS: Final = """
    CREATE OR REPLACE TEMP TABLE product_pairs (
        one INTEGER, other INTEGER, together BIGINT, weight BIGINT
    )
"""
_PAIRS: Final = """
    INSERT INTO product_pairs
    SELECT a.product, b.product, count(*), sum(a.weight)
    FROM latest AS a JOIN latest AS b ON b.number = a.number AND a.product < b.product
    WHERE a.product % $buckets = $bucket
    GROUP BY a.product, b.product
    HAVING count(*) >= $least
"""

_SCORED_CUSTOMERS: Final = """
    CREATE OR REPLACE TEMP TABLE scored_pairs AS
    SELECT one, other, together, a.n AS one_count, b.n AS other_count,
           weight / 1048576.0 / (sqrt(a.n * b.n) + $shrinkage) AS score,
           CAST(NULL AS DOUBLE) AS lift
    FROM product_pairs
    JOIN product_counts AS a ON a.product = one
    JOIN product_counts AS b ON b.product = other
"""
# By Jaccard's measure: lift alone ranks what two odd baskets hold above what hundreds do.
_SCORED_BASKETS: Final = """
    CREATE OR REPLACE TEMP TABLE scored_pairs AS
    SELECT one, other, together, a.n AS one_count, b.n AS other_count,
           together / CAST(a.n + b.n - together AS DOUBLE) AS score,
           CAST(together AS DOUBLE) * $holders / (CAST(a.n AS DOUBLE) * b.n) AS lift
    FROM product_pairs
    JOIN product_counts AS a ON a.product = one
    JOIN product_counts AS b ON b.product = other
"""

_BOTH_WAYS: Final = """
    CREATE OR REPLACE TEMP VIEW directions AS
    SELECT one AS source, other AS target, together, one_count AS source_count,
           other_count AS target_count, score, lift
    FROM scored_pairs
    UNION ALL
    SELECT other, one, together, other_count, one_count, score, lift FROM scored_pairs
"""
_DIRECTED: Final = """
    CREATE OR REPLACE TEMP TABLE directed_pairs AS
    WITH of_targets AS (
        SELECT *, row_number() OVER (PARTITION BY target
                                     ORDER BY abs(score) DESC, together DESC, source) AS place
        FROM directions
    ), of_sources AS (
        SELECT *, row_number() OVER (PARTITION BY source
                                     ORDER BY abs(score) DESC, together DESC, target) AS turn
        FROM of_targets WHERE place <= $kept_per_target
    )
    SELECT source, target, score, together, source_count, target_count, lift
    FROM of_sources WHERE turn <= $kept_per_source
"""


def count_pairs(
    store: Store, dataset_id: str, *, kind: str, as_of: datetime, parameters: Similarity
) -> dict[str, object]:
    """Fill the temporary table ``directed_pairs``, inside a transaction of the caller.

    Beside it stand ``product_keys`` (its numbers' product ids), ``holder_keys`` (a row a customer
    or basket) and ``product_counts``.

    Returns:
        What was decided on the way: ``history``, ``least_together``, ``is_bought``.
    """
    is_bought = store.read(_HAS_PURCHASES, dataset_id=dataset_id, as_of=as_of)[0][0] == 1
    _gather(store, dataset_id, kind=kind, as_of=as_of, is_bought=is_bought)
    if kind == "ease":
        ease.refuse_if_large(store.read(_N_PRODUCTS)[0][0])
    history, holders, work = _history_for(store, parameters.history)
    store.run(_LATEST, history=history)
    store.run(_COUNTS)
    least = parameters.least_together or (
        max(_LEAST_BASKETS, math.ceil(holders / 2000)) if kind == "basket" else _LEAST_CUSTOMERS
    )
    store.run(_NO_PAIRS)
    buckets = max(1, math.ceil(work / _PAIRS_AT_ONCE))
    for bucket in range(buckets):
        store.run(_PAIRS, buckets=buckets, bucket=bucket, least=1 if kind == "ease" else least)
    _score(store, kind, holders=holders, least=least, parameters=parameters)
    kept = _kept(store, kind, parameters)
    store.run(
        _DIRECTED, kept_per_target=kept,
        kept_per_source=parameters.kept_per_source or max(kept, _KEPT_PER_SOURCE),
    )  # fmt: skip
    return {"history": history, "least_together": least, "is_bought": is_bought}


def _gather(store: Store, dataset_id: str, *, kind: str, as_of: datetime, is_bought: bool) -> None:
    has_catalogue = store.read(_HAS_CATALOGUE, dataset_id=dataset_id)[0][0] == 1
    store.run(
        _OF_BASKETS if kind == "basket" else _OF_CUSTOMERS,
        dataset_id=dataset_id, as_of=as_of, is_bought=is_bought, has_catalogue=has_catalogue,
    )  # fmt: skip
    store.run(_PRODUCTS, has_catalogue=has_catalogue)
    store.run(_HOLDERS)


def _history_for(store: Store, asked: int) -> tuple[int, int, int]:
    """Return how long a history may be, how many there are, and the pairs of rows in them."""
    for history in (asked,) if asked else HISTORIES:
        holders, work = store.read(_WORK, history=history)[0]
        if work <= PAIRS:
            break
    return history, holders, work


def _score(store: Store, kind: str, *, holders: int, least: int, parameters: Similarity) -> None:
    """Make ``directions``: each pair both ways, with its score."""
    if kind == "basket":
        store.run(_SCORED_BASKETS, holders=holders)
    else:
        store.run(_SCORED_CUSTOMERS, shrinkage=parameters.shrinkage)
    store.run(_BOTH_WAYS)
    if kind == "ease":
        kept = _kept(store, kind, parameters)
        ease.solve_directions(store, ridge=parameters.ease_ridge, kept=kept, least_together=least)


def _kept(store: Store, kind: str, parameters: Similarity) -> int:
    """Return how many sources each product keeps."""
    if parameters.kept_per_target:
        return parameters.kept_per_target
    products = store.read(_N_PRODUCTS)[0][0]
    if kind == "ease":
        return ease.sources_kept(products)
    return _KEPT_PER_TARGET if products <= _LARGE else _KEPT_IF_LARGE
