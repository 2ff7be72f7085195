"""Measures of recommendations: lists against what was bought after they were made, in SQL.

References:
    Jarvelin and Kekalainen (2002), Cumulated gain-based evaluation of IR techniques (nDCG).
    Vargas and Castells (2011), Rank and relevance in novelty and diversity metrics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

PER_CUSTOMER: Final = ("ndcg", "precision", "recall", "hit_rate", "over_popular")
"""Means over customers, in [0, 1]; ``over_popular`` is how much more nDCG than popular products."""

PER_LIST: Final = ("novelty", "diversity", "popularity_share", "coverage")
"""Of the lists: bits of surprise, how unlike its products are, how much of it every tenth product
(the most bought) is, and how much of the catalogue appears at all."""

_Z: Final = 1.959964  # normal quantile of a 95 % interval


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of one method.

    Attributes:
        target: ``new`` (bought for the first time) or ``all`` (whatever was bought).
        method: for_you, buy_again or popular.
        measure: One of ``PER_CUSTOMER`` or ``PER_LIST``.
        value: A fraction; ``novelty`` in bits.
        low: Lower end of the 95 % interval; the value itself where there is none.
        high: Its upper end.
        customers: Over whom it was measured.
    """

    target: str
    method: str
    measure: str
    value: float
    low: float
    high: float
    customers: int


_LISTS: Final = """
    CREATE OR REPLACE TEMP TABLE lists (
        target VARCHAR, method VARCHAR, customer_id VARCHAR, product_id VARCHAR, rank INTEGER
    )
"""
_KEEP: Final = """
    INSERT INTO lists
    SELECT $target, $method, customer_id, product_id, CAST(place AS INTEGER) FROM ranked
"""

# Everybody who bought counts, also who was recommended nothing.
_SCORES: Final = """
    CREATE OR REPLACE TEMP TABLE scores AS
    WITH bought AS (
        SELECT target, customer_id, count(*) AS n FROM held_out GROUP BY target, customer_id
    ), methods AS (
        SELECT DISTINCT target, method FROM lists
    ), hits AS (
        SELECT lists.target, method, lists.customer_id, count(*) AS n,
               sum(1 / log2(rank + 1)) AS gain
        FROM lists
        JOIN held_out ON held_out.target = lists.target
                     AND held_out.customer_id = lists.customer_id
                     AND held_out.product_id = lists.product_id
        GROUP BY lists.target, method, lists.customer_id
    ), ideals AS (
        SELECT rank AS n, sum(1 / log2(rank + 1)) OVER (ORDER BY rank) AS gain
        FROM (SELECT unnest(range(1, $wanted + 1)) AS rank) AS ranks
    )
    SELECT bought.target, methods.method, bought.customer_id,
           coalesce(hits.gain, 0) / ideals.gain AS ndcg,
           coalesce(hits.n, 0) / CAST($wanted AS DOUBLE) AS precision,
           coalesce(hits.n, 0) / CAST(bought.n AS DOUBLE) AS recall,
           CASE WHEN hits.n > 0 THEN 1.0 ELSE 0.0 END AS hit_rate
    FROM bought
    JOIN methods ON methods.target = bought.target
    JOIN ideals ON ideals.n = least(bought.n, $wanted)
    LEFT JOIN hits ON hits.target = bought.target AND hits.method = methods.method
                  AND hits.customer_id = bought.customer_id
"""
_MEANS: Final = """
    WITH beside AS (
        SELECT scores.*, scores.ndcg - popular.ndcg AS over_popular
        FROM scores
        JOIN scores AS popular ON popular.target = scores.target AND popular.method = 'popular'
                              AND popular.customer_id = scores.customer_id
    ), told AS (
        UNPIVOT beside ON ndcg, precision, recall, hit_rate, over_popular
        INTO NAME measure VALUE score
    )
    SELECT target, method, measure, avg(score), coalesce(stddev_samp(score), 0), count(*)
    FROM told WHERE method <> 'popular' OR measure <> 'over_popular'
    GROUP BY target, method, measure ORDER BY target, method, measure
"""

# Alike by who bought both; a pair that the model does not hold is not.
_LIKENESSES: Final = """
    CREATE OR REPLACE TEMP TABLE likenesses AS
    SELECT least(source_id, target_id) AS one, greatest(source_id, target_id) AS other,
           max(together / sqrt(source_count * target_count)) AS score
    FROM item_similarities WHERE model_id = $model_id
    GROUP BY 1, 2
"""
_OF_LISTS: Final = """
    WITH known AS (
        SELECT product_id, -log2(buyers / CAST($buyers AS DOUBLE)) AS bits,
               row_number() OVER (ORDER BY buyers DESC, product_id)
                   <= ceil((SELECT count(*) FROM allowed_products) / 10.0) AS is_popular
        FROM allowed_products
    ), pairs AS (
        SELECT a.target, a.method, a.customer_id, 1 - coalesce(alike.score, 0) AS distance
        FROM lists AS a
        JOIN lists AS b ON b.target = a.target AND b.method = a.method
                       AND b.customer_id = a.customer_id AND a.rank < b.rank
        LEFT JOIN likenesses AS alike ON alike.one = least(a.product_id, b.product_id)
                                     AND alike.other = greatest(a.product_id, b.product_id)
    ), spread AS (
        SELECT target, method, avg(distance) AS diversity FROM pairs GROUP BY target, method
    )
    SELECT lists.target, lists.method,
           avg(bits) AS novelty,
           coalesce(any_value(diversity), 0) AS diversity,
           avg(CASE WHEN is_popular THEN 1.0 ELSE 0.0 END) AS popularity_share,
           count(DISTINCT lists.product_id)
               / CAST((SELECT count(*) FROM allowed_products) AS DOUBLE) AS coverage,
           count(DISTINCT lists.customer_id) AS customers
    FROM lists
    JOIN known ON known.product_id = lists.product_id
    LEFT JOIN spread ON spread.target = lists.target AND spread.method = lists.method
    GROUP BY lists.target, lists.method ORDER BY lists.target, lists.method
"""


def open_lists(store: Store) -> None:
    """Make the empty temporary table ``lists``."""
    store.run(_LISTS)


def keep_lists(store: Store, method: str, targets: Sequence[str]) -> None:
    """Add what is ``ranked`` for each customer to ``lists``, for each of the targets."""
    for target in targets:
        store.run(_KEEP, target=target, method=method)


def measure(store: Store, *, wanted: int, model_id: str, buyers: int) -> tuple[Measure, ...]:
    """Measure every list against ``held_out(target, customer_id, product_id)``.

    Args:
        store: Reads ``lists``, ``held_out``, ``allowed_products`` (with ``buyers``) and the model;
            inside a transaction of the caller.
        wanted: Products that a list could hold.
        model_id: The similarities by which products of a list are alike.
        buyers: Customers of whom ``allowed_products`` counts those of each product.
    """
    store.run(_SCORES, wanted=wanted)
    store.run(_LIKENESSES, model_id=model_id)
    found = [
        _with_interval(target, method, name, value=value, spread=spread, customers=customers)
        for target, method, name, value, spread, customers in store.read(_MEANS)
    ]
    for row in store.records(_OF_LISTS, buyers=buyers):
        found.extend(
            Measure(row["target"], row["method"], name, row[name], row[name], row[name],
                    row["customers"])
            for name in PER_LIST
        )  # fmt: skip
    return tuple(found)


def _with_interval(
    target: str, method: str, name: str, *, value: float, spread: float, customers: int
) -> Measure:
    """Put the 95 % interval of a mean over customers around it."""
    half = _Z * spread / math.sqrt(customers)
    return Measure(target, method, name, value, value - half, value + half, customers)
