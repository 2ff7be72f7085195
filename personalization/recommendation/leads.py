"""What one product leads to: what is in the same orders, and what is alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.recommendation.search import Search
    from personalization.store import Store

# Customers and products go by their numbers, in the order of their ids, and scores by whole points:
# what gave most of them is kept beside them in one number, the source counted down from 2^22, so
# that of two equals the first by name wins.
BARRED: Final = """
    CREATE OR REPLACE TEMP TABLE barred AS
    SELECT DISTINCT asked.number AS customer, known.number AS target
    FROM blocked_products AS blocked
    JOIN asked_customers AS asked ON asked.customer_id = blocked.customer_id
    JOIN catalogue_products AS known ON known.product_id = blocked.product_id
"""

_BASKET_PAIRS: Final = """
    CREATE OR REPLACE TEMP TABLE leads AS
    SELECT source.number AS source, target.number AS target, pairs.score, pairs.together,
           pairs.source_count AS base,
           CAST(json_object('lift', round(pairs.lift, 1)) AS VARCHAR) AS detail
    FROM item_similarities AS pairs
    JOIN catalogue_products AS source ON source.product_id = pairs.source_id
    JOIN catalogue_products AS target ON target.product_id = pairs.target_id
    JOIN allowed_products AS allowed ON allowed.product_id = pairs.target_id
    WHERE pairs.model_id = $model_id
      AND pairs.source_id IN (SELECT product_id FROM asked_products)
      AND pairs.lift >= $least_lift AND pairs.together >= $least_together
      AND (NOT $other_family OR source.category IS DISTINCT FROM target.category
           OR source.category IS NULL)
"""

_LATEST_BOUGHT: Final = """
    CREATE OR REPLACE TEMP TABLE latest AS
    SELECT asked.number AS customer, known.number AS source,
           power(0.5, (epoch(CAST($as_of AS TIMESTAMP)) - epoch(had.last_bought)) / 86400.0
                      / $half_life_days) AS weight
    FROM asked_products AS had
    JOIN asked_customers AS asked ON asked.customer_id = had.customer_id
    JOIN catalogue_products AS known ON known.product_id = had.product_id
    WHERE had.is_owned
    QUALIFY row_number() OVER (PARTITION BY asked.number
                               ORDER BY had.last_bought DESC, known.number) <= $history
"""

_CONTENT_PAIRS: Final = """
    CREATE OR REPLACE TEMP TABLE leads AS
    SELECT source.number AS source, target.number AS target, pairs.score, pairs.together,
           pairs.source_count AS base,
           CAST(json_object('likeness', round(pairs.score, 2)) AS VARCHAR) AS detail
    FROM item_similarities AS pairs
    JOIN catalogue_products AS source ON source.product_id = pairs.source_id
    JOIN catalogue_products AS target ON target.product_id = pairs.target_id
    JOIN allowed_products AS allowed ON allowed.product_id = pairs.target_id
    WHERE pairs.model_id = $model_id AND pairs.score >= $least_score
      AND pairs.source_id IN (SELECT product_id FROM asked_products)
      AND (source.variant_group IS NULL
           OR source.variant_group IS DISTINCT FROM target.variant_group)
"""

# What was put aside or looked at says what is wanted as well as what was bought; what comes next
# after it weighs a little less.
_LATEST_KNOWN: Final = """
    CREATE OR REPLACE TEMP TABLE latest AS
    SELECT asked.number AS customer, known.number AS source,
           power(0.97, row_number() OVER (PARTITION BY asked.number
                                          ORDER BY had.last_at DESC, known.number) - 1) AS weight
    FROM asked_products AS had
    JOIN asked_customers AS asked ON asked.customer_id = had.customer_id
    JOIN catalogue_products AS known ON known.product_id = had.product_id
    WHERE had.is_owned OR had.days_bought = 0 AND had.last_returned IS NULL
    QUALIFY row_number() OVER (PARTITION BY asked.number
                               ORDER BY had.last_at DESC, known.number) <= $history
"""

# What they know already is not offered as something like it.
_BAR_KNOWN: Final = """
    INSERT INTO barred
    SELECT asked.number, known.number
    FROM asked_products AS had
    JOIN asked_customers AS asked ON asked.customer_id = had.customer_id
    JOIN catalogue_products AS known ON known.product_id = had.product_id
"""

_LEAD: Final = """
    INSERT INTO candidates
    WITH scored AS (
        SELECT customer, target,
               max(CAST(round(weight * score * 274877906944) AS BIGINT) * 4194304
                   + (4194303 - latest.source)) AS best
        FROM latest JOIN leads ON leads.source = latest.source
        GROUP BY customer, target
    ), placed AS (
        SELECT scored.customer, scored.target, best // 4194304 AS points,
               4194303 - best % 4194304 AS source
        FROM scored
        ANTI JOIN barred
            ON barred.customer = scored.customer AND barred.target = scored.target
        QUALIFY row_number() OVER (PARTITION BY scored.customer
                                   ORDER BY best // 4194304 DESC, scored.target) <= $kept
    )
    SELECT asked.customer_id, target.product_id, points / 274877906944.0, source.product_id,
           leads.together, leads.base, leads.detail, $strategy, false
    FROM placed
    JOIN leads ON leads.source = placed.source AND leads.target = placed.target
    JOIN asked_customers AS asked ON asked.number = placed.customer
    JOIN catalogue_products AS source ON source.number = placed.source
    JOIN catalogue_products AS target ON target.number = placed.target
"""

_BASKETS: Final = "SELECT customers FROM similarity_models WHERE model_id = $model_id"


def bought_together(store: Store, search: Search) -> None:
    """Add what is in the same orders as what they bought last, of another family."""
    own, model_id = search.policy.bought_together, search.models["basket"]
    baskets = int(store.read(_BASKETS, model_id=model_id)[0][0])
    store.run(
        _BASKET_PAIRS, model_id=model_id, least_lift=own.least_lift,
        least_together=max(own.least_orders, math.ceil(own.least_share * baskets)),
        other_family=own.other_family,
    )  # fmt: skip
    store.run(
        _LATEST_BOUGHT, as_of=search.as_of, history=own.history,
        half_life_days=search.policy.for_you.half_life_days,
    )  # fmt: skip
    store.run(BARRED)
    store.run(_LEAD, strategy="bought_together", kept=search.kept)


def similar(store: Store, search: Search) -> None:
    """Add what the catalogue describes like what they bought or looked at last."""
    own = search.policy.similar
    store.run(_CONTENT_PAIRS, model_id=search.models["content"], least_score=own.least_score)
    store.run(_LATEST_KNOWN, history=own.history)
    store.run(BARRED)
    store.run(_BAR_KNOWN)
    store.run(_LEAD, strategy="similar", kept=search.kept)
