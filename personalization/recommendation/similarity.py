"""Which products go with which: counted from what the same customers, or baskets, hold.

All sums are of whole numbers, and every order ends in a key, so that neither the order of the
rows nor the number of threads changes a single figure.  What is kept are the best sources of
each target, not the best targets of each source: a product that few things lead to still gets
its own, and one that everything leads to does not fill every list.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.errors import InputError, StateError
from personalization.recommendation import ease
from personalization.store import record

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
        kept_per_target: Sources that each product keeps.
        kept_per_source: Targets that each source keeps, so that no product leads everywhere.
        ease_ridge: Strength of the ridge of the ``ease`` kind.
    """

    history: int = 0
    least_together: int = 0
    shrinkage: float = 20.0
    kept_per_target: int = 100
    kept_per_source: int = 200
    ease_ridge: float = 200.0


# The longest histories that are tried, and the pairs of rows that a build may look at.
HISTORIES: Final = (1000, 500, 200, 100, 50, 30)
PAIRS: Final = 400_000_000
# Pairs of rows that one statement of the self-join looks at.
_PAIRS_AT_ONCE: Final = 25_000_000


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
    FROM (SELECT DISTINCT product_id FROM holdings) AS found
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
    HAVING count(*) >= $least_together
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

_DIRECTED: Final = """
    CREATE OR REPLACE TEMP TABLE directed_pairs AS
    WITH both_ways AS (
        SELECT one AS source, other AS target, together, one_count AS source_count,
               other_count AS target_count, score, lift
        FROM scored_pairs
        UNION ALL
        SELECT other, one, together, other_count, one_count, score, lift FROM scored_pairs
    ), of_targets AS (
        SELECT *, row_number() OVER (PARTITION BY target ORDER BY score DESC, together DESC, source)
                      AS place
        FROM both_ways
    ), of_sources AS (
        SELECT *, row_number() OVER (PARTITION BY source ORDER BY score DESC, together DESC, target)
                      AS turn
        FROM of_targets WHERE place <= $kept_per_target
    )
    SELECT source, target, score, together, source_count, target_count, lift
    FROM of_sources WHERE turn <= $kept_per_source
"""


# The model -----------------------------------------------------------------------------

_FORGET: Final = """
    DELETE FROM item_similarities WHERE model_id IN (
        SELECT model_id FROM similarity_models WHERE dataset_id = $dataset_id AND kind = $kind
    )
"""
# In the order of the sources, so that one customer's few are found without reading the rest.
_KEEP: Final = """
    INSERT INTO item_similarities
    SELECT $model_id, a.product_id, b.product_id, score, together, source_count, target_count, lift
    FROM directed_pairs
    JOIN product_keys AS a ON a.product = source
    JOIN product_keys AS b ON b.product = target
    ORDER BY source, target
"""
_KEEP_MODEL: Final = """
    INSERT INTO similarity_models
    SELECT $model_id, $dataset_id, $kind, $parameters,
           (SELECT count(*) FROM product_events
            WHERE dataset_id = $dataset_id AND happened_at <= $as_of),
           (SELECT count(*) FROM holder_keys), (SELECT count(*) FROM product_counts), $pairs,
           $built_at, $built_by
"""

_NEWEST: Final = """
    SELECT model_id, parameters, events FROM similarity_models
    WHERE dataset_id = $dataset_id AND kind = $kind
    ORDER BY built_at DESC, model_id DESC LIMIT 1
"""
_EVENTS: Final = """
    SELECT count(*) FROM product_events WHERE dataset_id = $dataset_id AND happened_at <= $as_of
"""
_NEWEST_EVENT: Final = """
    SELECT max(happened_at) FROM product_events WHERE dataset_id = $dataset_id
"""


def newest_event(store: Store, dataset_id: str) -> datetime:
    """Return when the newest event of a base happened: the day its recommendations are made for.

    Raises:
        StateError: The base has no events.
    """
    found = store.read_one(_NEWEST_EVENT, dataset_id=dataset_id)
    if found is None or found[0] is None:
        raise StateError(
            "Nothing is known of what these customers did, so nothing can be recommended. "
            "Import their orders or interactions first."
        )
    moment: datetime = found[0]
    return moment


def newest_model(store: Store, dataset_id: str, kind: str) -> str | None:
    """Return the model of a base and kind that is in use, or None."""
    found = store.read_one(_NEWEST, dataset_id=dataset_id, kind=kind)
    return str(found[0]) if found else None


def model_for(
    store: Store,
    dataset_id: str,
    *,
    kind: str = "cosine",
    as_of: datetime,
    actor: str,
    parameters: Similarity | None = None,
) -> str:
    """Return the model in use, built anew where events, day or parameters have changed."""
    wanted = parameters or Similarity()
    found = store.read_one(_NEWEST, dataset_id=dataset_id, kind=kind)
    if found is not None:
        kept = json.loads(found[1])
        events = store.read(_EVENTS, dataset_id=dataset_id, as_of=as_of)[0][0]
        is_same = kept["asked"] == asdict(wanted) and kept["as_of"] == as_of.isoformat()
        if is_same and events == found[2]:
            return str(found[0])
    return build_model(
        store, dataset_id, kind=kind, as_of=as_of, actor=actor, parameters=wanted
    )


def build_model(
    store: Store,
    dataset_id: str,
    *,
    kind: str = "cosine",
    as_of: datetime,
    actor: str,
    parameters: Similarity | None = None,
) -> str:
    """Count the similarities of a base's products anew, and return the model's id.

    ``together`` counts customers (of ``basket``: baskets) with both products among their latest
    ``parameters.history``, by purchases; where a base has none, by all that was done
    (``is_bought`` in the model's parameters says which).

    Args:
        store: Reads ``product_events`` and ``products``; writes ``similarity_models`` and
            ``item_similarities``, which keeps the newest model of a base and kind.
        dataset_id: The customer base.
        kind: One of ``KINDS``.
        as_of: Events up to here count.
        actor: Who builds it.
        parameters: How it is counted.
    """
    if kind not in KINDS:
        raise InputError(f"There is no kind of similarity {kind!r}. Use: {', '.join(KINDS)}.")
    wanted, model_id = parameters or Similarity(), uuid4().hex
    with store.transaction():
        told = count_similarities(store, dataset_id, kind=kind, as_of=as_of, parameters=wanted)
        store.run(_FORGET, dataset_id=dataset_id, kind=kind)
        pairs = store.run(_KEEP, model_id=model_id)
        asked = {"asked": asdict(wanted), "as_of": as_of.isoformat(), **told}
        store.run(
            _KEEP_MODEL, model_id=model_id, dataset_id=dataset_id, kind=kind, pairs=pairs,
            parameters=json.dumps(asked), as_of=as_of, built_at=store.now(), built_by=actor,
        )  # fmt: skip
        record(
            store, "similarity_model.built", model_id, actor=actor,
            dataset_id=dataset_id, kind=kind, pairs=pairs,
        )  # fmt: skip
    return model_id


def count_similarities(
    store: Store, dataset_id: str, *, kind: str, as_of: datetime, parameters: Similarity
) -> dict[str, object]:
    """Fill the temporary table ``directed_pairs``, inside a transaction of the caller.

    Returns:
        What was decided on the way: ``history``, ``least_together``, ``is_bought``.
    """
    told = _gather(store, dataset_id, kind=kind, as_of=as_of, parameters=parameters)
    holders, history, pairs = told["holders"], told["history"], told["work"]
    least = parameters.least_together or (
        max(5, math.ceil(holders / 2000)) if kind == "basket" else 3
    )
    store.run(_NO_PAIRS)
    buckets = max(1, math.ceil(pairs / _PAIRS_AT_ONCE))
    for bucket in range(buckets):
        store.run(
            _PAIRS, buckets=buckets, bucket=bucket, least_together=1 if kind == "ease" else least
        )
    if kind == "ease":
        ease.score_pairs(store, ridge=parameters.ease_ridge)
    elif kind == "basket":
        store.run(_SCORED_BASKETS, holders=holders)
    else:
        store.run(_SCORED_CUSTOMERS, shrinkage=parameters.shrinkage)
    store.run(
        _DIRECTED,
        kept_per_target=parameters.kept_per_target,
        kept_per_source=parameters.kept_per_source,
    )
    return {"history": history, "least_together": least, "is_bought": bool(told["is_bought"])}


def _gather(
    store: Store, dataset_id: str, *, kind: str, as_of: datetime, parameters: Similarity
) -> dict[str, int]:
    """Fill ``latest``, ``product_keys``, ``holder_keys`` and ``product_counts``."""
    is_bought = store.read(_HAS_PURCHASES, dataset_id=dataset_id, as_of=as_of)[0][0] == 1
    store.run(
        _OF_BASKETS if kind == "basket" else _OF_CUSTOMERS,
        dataset_id=dataset_id, as_of=as_of, is_bought=is_bought,
        has_catalogue=store.read(_HAS_CATALOGUE, dataset_id=dataset_id)[0][0] == 1,
    )  # fmt: skip
    store.run(_PRODUCTS)
    store.run(_HOLDERS)
    for history in (parameters.history,) if parameters.history else HISTORIES:
        holders, work = store.read(_WORK, history=history)[0]
        if work <= PAIRS:
            break
    store.run(_LATEST, history=history)
    store.run(_COUNTS)
    return {"holders": holders, "history": history, "work": work, "is_bought": int(is_bought)}
