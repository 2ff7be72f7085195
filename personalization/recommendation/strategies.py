"""How products are found for a customer, beside ``for_you`` and ``popular``: a statement each.

Every statement adds rows to the temporary table ``candidates`` and reads ``asked_products``,
``catalogue_products``, ``allowed_products`` and ``blocked_products`` of the unit of work, so that
what a rule keeps out is never a candidate.  ``source_id`` is the product of the customer's that the
candidate follows from, and ``together`` of ``base`` are the counts that bear it out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.recommendation import popularity, scoring, similarity
from personalization.recommendation.content_similarity import content_model
from personalization.recommendation.families import family_models
from personalization.recommendation.models import customers_kind, customers_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from personalization.recommendation.policy import Policy
    from personalization.store import Store

# Customers and products go by their numbers, in the order of their ids, and scores by whole points:
# what gave most of them is kept beside them in one number, the source counted down from 2^22, so
# that of two equals the first by name wins.
_BARRED: Final = """
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

# A step is from a product to a dearer one of its family.  It is held to what the customer paid for
# one piece: the ceiling is a quantile of that.
_STEPS: Final = """
    CREATE OR REPLACE TEMP TABLE steps AS
    SELECT source.number AS source, target.number AS target, target.price,
           bought.together, bought.source_count AS base, bought.score,
           CAST(json_object('step', round(target.price / source.price, 2),
                            'more', round(target.price - source.price, 2)) AS VARCHAR) AS detail
    FROM catalogue_products AS source
    JOIN catalogue_products AS target
        ON target.category = source.category
       AND target.price > source.price * $least_step AND target.price <= source.price * $most_step
    JOIN allowed_products AS allowed ON allowed.product_id = target.product_id
    JOIN item_similarities AS bought
        ON bought.model_id = $model_id AND bought.source_id = target.category
       AND bought.target_id = target.product_id
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

_IS_MARKED: Final = "SELECT count(is_replenishable) > 0 FROM catalogue_products"

# Due by the median of the customer's own intervals; what is bought most and lately comes first.
_BUY_AGAIN: Final = """
    INSERT INTO candidates
    WITH days AS (
        SELECT DISTINCT customer_id, product_id, CAST(happened_at AS DATE) AS bought_on
        FROM asked_events WHERE event = 'purchase'
    ), gaps AS (
        SELECT customer_id, product_id, bought_on,
               bought_on - lag(bought_on) OVER (PARTITION BY customer_id, product_id
                                                ORDER BY bought_on) AS gap
        FROM days
    ), habits AS (
        SELECT customer_id, product_id, count(*) AS times, quantile_disc(gap, 0.5) AS usual,
               CAST($as_of AS DATE) - max(bought_on) AS since
        FROM gaps GROUP BY customer_id, product_id
        HAVING count(*) >= $least_purchases
    )
    SELECT habits.customer_id, habits.product_id, times * power(0.5, since / 90.0) AS score,
           habits.product_id, times, NULL,
           CAST(json_object('interval_days', usual, 'days_since', since) AS VARCHAR),
           'buy_again', false
    FROM habits
    JOIN asked_products AS had
        ON had.customer_id = habits.customer_id AND had.product_id = habits.product_id
    JOIN catalogue_products AS known ON known.product_id = habits.product_id
    JOIN allowed_products AS allowed ON allowed.product_id = habits.product_id
    ANTI JOIN (SELECT * FROM blocked_products WHERE rule <> 'owned' OR NOT $is_unmarked) AS blocked
        ON blocked.customer_id = habits.customer_id AND blocked.product_id = habits.product_id
    WHERE had.is_owned
      AND (coalesce(known.is_replenishable, false)
           OR $is_unmarked AND times >= greatest($unmarked_from, 2))
      AND since BETWEEN $due_from * usual AND $due_until * usual
    QUALIFY row_number() OVER (PARTITION BY habits.customer_id
                               ORDER BY times * power(0.5, since / 90.0) DESC, habits.product_id)
            <= $kept
"""
# Where nothing is known of products, having bought it often is what the rule asks for.
_UNBLOCK: Final = """
    DELETE FROM blocked_products
    WHERE rule = 'owned'
      AND (customer_id, product_id) IN (SELECT (customer_id, product_id) FROM candidates)
"""

_ABANDONED: Final = """
    INSERT INTO candidates
    WITH waiting AS (
        SELECT events.customer_id, events.product_id,
               count(*) FILTER (WHERE event = 'cart') AS carts,
               count(*) FILTER (WHERE event = 'wishlist') AS wishes, count(*) AS times,
               max(happened_at) AS last_at
        FROM asked_events AS events
        JOIN asked_products AS had
            ON had.customer_id = events.customer_id AND had.product_id = events.product_id
        WHERE event IN ('cart', 'wishlist', 'view', 'click')
          AND coalesce(events.happened_at > had.last_bought, true)
          AND events.happened_at >= CAST($as_of AS TIMESTAMP) - to_days($window_days)
        GROUP BY events.customer_id, events.product_id
    ), weighed AS (
        SELECT *, CASE WHEN carts > 0 THEN 'cart' WHEN wishes > 0 THEN 'wishlist' ELSE 'view' END
                  AS event,
               CASE WHEN carts > 0 THEN 3 WHEN wishes > 0 THEN 2 ELSE 1 END
               * power(0.5, (epoch(CAST($as_of AS TIMESTAMP)) - epoch(last_at)) / 604800.0) AS score
        FROM waiting
        WHERE carts > 0 OR wishes > 0 OR times >= $least_views
    )
    SELECT weighed.customer_id, weighed.product_id, score, weighed.product_id,
           CASE event WHEN 'cart' THEN carts WHEN 'wishlist' THEN wishes ELSE times END, NULL,
           CAST(json_object('event', event, 'on', CAST(CAST(last_at AS DATE) AS VARCHAR))
                AS VARCHAR), 'abandoned', false
    FROM weighed
    JOIN allowed_products AS allowed ON allowed.product_id = weighed.product_id
    ANTI JOIN blocked_products AS blocked
        ON blocked.customer_id = weighed.customer_id AND blocked.product_id = weighed.product_id
    QUALIFY row_number() OVER (PARTITION BY weighed.customer_id
                               ORDER BY score DESC, weighed.product_id) <= $kept
"""

_EVERYBODY_WANTS: Final = """
    CREATE OR REPLACE TEMP TABLE wanting_customers AS
    SELECT customer_id, segment, country FROM asked_customers
"""


def models_for(
    store: Store, dataset_id: str, strategy: str, policy: Policy, *, as_of: datetime, actor: str
) -> dict[str, str]:
    """Bring the models that a strategy goes by up to date, and return them by kind.

    Args:
        store: Reads and writes the models; in the caller's transaction.
        dataset_id: The customer base.
        strategy: One of ``domain.STRATEGIES``.
        policy: Says which table ``for_you`` goes by.
        as_of: Events up to here count.
        actor: Who asks.
    """
    match strategy:
        case "for_you":
            return {"customers": customers_model(
                store, dataset_id, policy.for_you.table, as_of=as_of, actor=actor
            )}  # fmt: skip
        case "bought_together":
            return {"basket": similarity.model_for(
                store, dataset_id, kind="basket", as_of=as_of, actor=actor
            )}  # fmt: skip
        case "similar":
            return {"content": content_model(store, dataset_id, actor=actor)}
        case "upsell" | "cross_sell":
            families, products = family_models(store, dataset_id, as_of=as_of, actor=actor)
            return {"families": families, "family_products": products}
    return {}


def models_at_hand(
    store: Store, dataset_id: str, strategy: str, policy: Policy, *, as_of: datetime, actor: str
) -> dict[str, str]:
    """Return the models that a strategy goes by as they stand; what is missing is built.

    To ask whether a model is up to date costs more than to look at one customer.
    """
    kinds = {
        "for_you": {"customers": customers_kind(store, dataset_id, policy.for_you.table)},
        "bought_together": {"basket": "basket"},
        "similar": {"content": "content"},
        "upsell": {"family_products": "family_products"},
        "cross_sell": {"families": "families", "family_products": "family_products"},
    }.get(strategy, {})
    found = {name: similarity.newest_model(store, dataset_id, kind) for name, kind in kinds.items()}
    if None in found.values():
        return models_for(store, dataset_id, strategy, policy, as_of=as_of, actor=actor)
    return {name: model_id for name, model_id in found.items() if model_id}


@dataclass(frozen=True, slots=True)
class Search:
    """What a strategy is told.

    Attributes:
        models: By kind, as ``models_for`` gives them.
        campaign_id: Whose segments say what is popular; empty: the newest on the base.
        kept: Candidates for each customer.
    """

    dataset_id: str
    policy: Policy
    as_of: datetime
    models: Mapping[str, str]
    campaign_id: str
    kept: int


def find_candidates(store: Store, strategy: str, search: Search) -> None:
    """Fill ``candidates`` anew with what one strategy finds for the customers of the batch."""
    scoring.open_candidates(store)
    FINDERS[strategy](store, search)


def fill_with_popular(store: Store, search: Search) -> None:
    """Add what is popular to ``candidates`` as a fallback, for who is in ``wanting_customers``."""
    _find_popular(store, search, is_fallback=True)


def _find_popular(store: Store, search: Search, *, is_fallback: bool) -> None:
    popularity.popular(
        store, search.dataset_id, kept=search.kept, as_of=search.as_of, is_fallback=is_fallback,
        campaign_id=search.campaign_id or None,
    )  # fmt: skip


def _popular(store: Store, search: Search) -> None:
    store.run(_EVERYBODY_WANTS)
    _find_popular(store, search, is_fallback=False)


def _for_you(store: Store, search: Search) -> None:
    half_life = search.policy.for_you.half_life_days
    scoring.gather_histories(store, as_of=search.as_of, half_life_days=half_life)
    scoring.for_you(store, search.models["customers"], kept=search.kept)


def _bought_together(store: Store, search: Search) -> None:
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
    store.run(_BARRED)
    store.run(_LEAD, strategy="bought_together", kept=search.kept)


def _similar(store: Store, search: Search) -> None:
    own = search.policy.similar
    store.run(_CONTENT_PAIRS, model_id=search.models["content"], least_score=own.least_score)
    store.run(_LATEST_KNOWN, history=own.history)
    store.run(_BARRED)
    store.run(_BAR_KNOWN)
    store.run(_LEAD, strategy="similar", kept=search.kept)


def _upsell(store: Store, search: Search) -> None:
    own = search.policy.upsell
    store.run(
        _STEPS, least_step=own.least_step, most_step=own.most_step,
        model_id=search.models["family_products"],
    )  # fmt: skip
    store.run(_BARRED)
    store.run(_UPSELL, ceiling=own.ceiling, history=own.history, kept=search.kept)


def _cross_sell(store: Store, search: Search) -> None:
    own = search.policy.cross_sell
    store.run(
        _CROSS_SELL, families_id=search.models["families"],
        products_id=search.models["family_products"], least_customers=own.least_customers,
        least_lift=own.least_lift, products=own.products, kept=search.kept,
    )  # fmt: skip


def _buy_again(store: Store, search: Search) -> None:
    own = search.policy.buy_again
    is_unmarked = own.unmarked_from > 0 and store.read(_IS_MARKED) == [(False,)]
    is_unmarked = is_unmarked and search.policy.customers.owned == "unless_replenishable"
    store.run(
        _BUY_AGAIN, as_of=search.as_of, least_purchases=max(own.least_purchases, 2),
        is_unmarked=is_unmarked, unmarked_from=own.unmarked_from, due_from=own.due_from,
        due_until=own.due_until, kept=search.kept,
    )  # fmt: skip
    if is_unmarked:
        store.run(_UNBLOCK)


def _abandoned(store: Store, search: Search) -> None:
    own = search.policy.abandoned
    store.run(
        _ABANDONED, as_of=search.as_of, window_days=own.window_days, least_views=own.least_views,
        kept=search.kept,
    )  # fmt: skip


FINDERS: Final[Mapping[str, Callable[[Store, Search], None]]] = MappingProxyType({
    "for_you": _for_you,
    "bought_together": _bought_together,
    "similar": _similar,
    "upsell": _upsell,
    "cross_sell": _cross_sell,
    "buy_again": _buy_again,
    "abandoned": _abandoned,
    "popular": _popular,
})  # fmt: skip
"""Every strategy by its name in ``domain.STRATEGIES``."""
