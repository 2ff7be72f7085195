"""A step up within a family, and a step into another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.recommendation.leads import BARRED

if TYPE_CHECKING:
    from personalization.recommendation.search import Search
    from personalization.store import Store

# A step is from a product to a dearer one of its family that is like it, in the same currency.  It
# is held to what the customer paid for one piece: the ceiling is a quantile of that.
_STEPS: Final = """
    CREATE OR REPLACE TEMP TABLE steps AS
    SELECT source.number AS source, target.number AS target, target.price,
           bought.together, bought.source_count AS base, bought.score * alike.score AS score,
           CAST(json_object('step', round(target.price / source.price, 2),
                            'more', round(target.price - source.price, 2)) AS VARCHAR) AS detail
    FROM catalogue_products AS source
    JOIN catalogue_products AS target
        ON target.category = source.category
       AND upper(trim(coalesce(target.currency, ''))) = upper(trim(coalesce(source.currency, '')))
       AND target.price > source.price * $least_step AND target.price <= source.price * $most_step
    JOIN allowed_products AS allowed ON allowed.product_id = target.product_id
    JOIN item_similarities AS bought
        ON bought.model_id = $model_id AND bought.source_id = target.category
       AND bought.target_id = target.product_id
    JOIN item_similarities AS alike
        ON alike.model_id = $content_id AND alike.source_id = source.product_id
       AND alike.target_id = target.product_id AND alike.score >= $least_likeness
    WHERE source.price > 0
      AND source.product_id IN (SELECT product_id FROM asked_products WHERE is_owned)
"""

_UPSELL: Final = """
    INSERT INTO candidates
    WITH means AS (
        SELECT asked.number AS customer, quantile_disc(price, $ceiling) AS ceiling
        FROM asked_events AS events
        JOIN asked_customers AS asked ON asked.customer_id = events.customer_id
        WHERE event = 'purchase' AND price > 0
        GROUP BY asked.number
    ), latest AS (
        SELECT asked.number AS customer, known.number AS source,
               row_number() OVER (PARTITION BY asked.number
                                  ORDER BY had.last_bought DESC, known.number) AS turn
        FROM asked_products AS had
        JOIN asked_customers AS asked ON asked.customer_id = had.customer_id
        JOIN catalogue_products AS known ON known.product_id = had.product_id
        WHERE had.is_owned
        QUALIFY turn <= $history
    ), found AS (
        SELECT latest.customer, steps.target, any_value(steps.score) AS score,
               min(turn * 4194304 + latest.source) % 4194304 AS source
        FROM latest
        JOIN steps ON steps.source = latest.source
        JOIN means ON means.customer = latest.customer AND steps.price <= means.ceiling
        GROUP BY latest.customer, steps.target
    ), placed AS (
        SELECT found.* FROM found
        ANTI JOIN barred ON barred.customer = found.customer AND barred.target = found.target
        QUALIFY row_number() OVER (PARTITION BY found.customer
                                   ORDER BY found.score DESC, found.target) <= $kept
    )
    SELECT asked.customer_id, target.product_id, placed.score, source.product_id, steps.together,
           steps.base, steps.detail, 'upsell', false
    FROM placed
    JOIN steps ON steps.source = placed.source AND steps.target = placed.target
    JOIN asked_customers AS asked ON asked.number = placed.customer
    JOIN catalogue_products AS source ON source.number = placed.source
    JOIN catalogue_products AS target ON target.number = placed.target
"""

# First the families that fit, then the products that most buy of each.
_CROSS_SELL: Final = """
    INSERT INTO candidates
    WITH families AS (
        SELECT had.customer_id, known.category,
               arg_max(had.product_id, (had.last_bought, had.product_id)) AS product_id
        FROM asked_products AS had
        JOIN catalogue_products AS known ON known.product_id = had.product_id
        WHERE had.is_owned AND known.category IS NOT NULL
        GROUP BY had.customer_id, known.category
    ), fitting AS (
        SELECT families.customer_id, pairs.target_id AS family, families.category AS source_family,
               families.product_id AS source_id, pairs.together, pairs.source_count, pairs.lift
        FROM families
        JOIN item_similarities AS pairs
            ON pairs.model_id = $families_id AND pairs.source_id = families.category
        ANTI JOIN families AS own
            ON own.customer_id = families.customer_id AND own.category = pairs.target_id
        WHERE pairs.together >= $least_customers AND pairs.lift >= $least_lift
        QUALIFY row_number() OVER (PARTITION BY families.customer_id, pairs.target_id
                                   ORDER BY pairs.lift DESC, families.category) = 1
    ), shelf AS (
        SELECT bought.source_id AS family, bought.target_id, bought.score
        FROM item_similarities AS bought
        JOIN allowed_products AS allowed ON allowed.product_id = bought.target_id
        WHERE bought.model_id = $products_id
        QUALIFY row_number() OVER (PARTITION BY bought.source_id
                                   ORDER BY bought.score DESC, bought.target_id) <= $products
    )
    SELECT fitting.customer_id, shelf.target_id, fitting.lift * shelf.score AS score,
           fitting.source_id, fitting.together, fitting.source_count,
           CAST(json_object('family', fitting.family, 'source_family', fitting.source_family,
                            'lift', round(fitting.lift, 2)) AS VARCHAR), 'cross_sell', false
    FROM fitting JOIN shelf ON shelf.family = fitting.family
    ANTI JOIN blocked_products AS blocked
        ON blocked.customer_id = fitting.customer_id AND blocked.product_id = shelf.target_id
    QUALIFY row_number() OVER (PARTITION BY fitting.customer_id
                               ORDER BY fitting.lift * shelf.score DESC, shelf.target_id) <= $kept
"""


def upsell(store: Store, search: Search) -> None:
    """Add what is like something they bought and costs a step more, within their means."""
    own = search.policy.upsell
    store.run(
        _STEPS, least_step=own.least_step, most_step=own.most_step,
        model_id=search.models["family_products"], content_id=search.models["content"],
        least_likeness=own.least_likeness,
    )  # fmt: skip
    store.run(BARRED)
    store.run(_UPSELL, ceiling=own.ceiling, history=own.history, kept=search.kept)


def cross_sell(store: Store, search: Search) -> None:
    """Add what most buy of families that they never bought from."""
    own = search.policy.cross_sell
    store.run(
        _CROSS_SELL, families_id=search.models["families"],
        products_id=search.models["family_products"], least_customers=own.least_customers,
        least_lift=own.least_lift, products=own.products, kept=search.kept,
    )  # fmt: skip
