"""The counts behind recommendations, counted once more from the events alone.

Nothing here reads a table of similarities: what a recommendation says of itself has to follow from
what customers did and what the catalogue says, or it is no reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.recommendation import asking
from personalization.recommendation.content_similarity import traits_in_common
from personalization.recommendation.policy import read_policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Recount:
    """What came of counting a run's reasons again.

    Attributes:
        checked: Different reasons that were counted again.
        differing: Those that say something else than the events do, at most 50: strategy, source,
            product, what is said, what was counted.
    """

    checked: int
    differing: tuple[tuple[str, str, str, str, str], ...]


_RUN: Final = """
    SELECT dataset_id, as_of, CAST(model_ids AS VARCHAR), campaign_id
    FROM recommendation_runs WHERE run_id = $run_id
"""
_POLICY: Final = "SELECT policy FROM recommendation_runs WHERE run_id = $run_id"
_STRATEGIES: Final = """
    SELECT DISTINCT strategy FROM recommendations WHERE run_id = $run_id ORDER BY strategy
"""
_PARAMETERS: Final = """
    SELECT CAST(parameters AS VARCHAR) FROM similarity_models WHERE model_id = $model_id
"""

# Each statement gives: source, product, what the run says, what the events say.
_PAIRS: Final = """
    WITH said AS (
        SELECT DISTINCT source_id, product_id, together, base FROM recommendations
        WHERE run_id = $run_id AND strategy = $strategy AND source_id IS NOT NULL
    ), held AS (
        SELECT CASE WHEN $is_basket
                    THEN coalesce(order_id, concat(customer_id, ' ',
                                                   CAST(happened_at::DATE AS VARCHAR)))
                    ELSE customer_id END AS holder,
               product_id, max(happened_at) AS last_at
        FROM product_events
        WHERE dataset_id = $dataset_id AND happened_at <= $as_of AND event <> 'return'
          AND (event = 'purchase' OR NOT $is_bought)
          AND product_id IN (SELECT product_id FROM catalogue_products)
        GROUP BY ALL
    ), latest AS (
        SELECT holder, product_id FROM held
        QUALIFY row_number() OVER (PARTITION BY holder ORDER BY last_at DESC, product_id)
                <= $history
    )
    SELECT said.source_id, said.product_id, concat(any_value(said.together), ' of ',
                                                   any_value(said.base)),
           concat(count(target.holder), ' of ', count(source.holder))
    FROM said
    LEFT JOIN latest AS source ON source.product_id = said.source_id
    LEFT JOIN latest AS target
        ON target.holder = source.holder AND target.product_id = said.product_id
    GROUP BY said.source_id, said.product_id
    ORDER BY said.source_id, said.product_id
"""

_UPSELL: Final = """
    WITH said AS (
        SELECT DISTINCT product_id, together, base FROM recommendations
        WHERE run_id = $run_id AND strategy = 'upsell'
    ), bought AS (
        SELECT DISTINCT events.customer_id, events.product_id, known.category
        FROM product_events AS events
        JOIN catalogue_products AS known ON known.product_id = events.product_id
        WHERE events.dataset_id = $dataset_id AND events.happened_at <= $as_of
          AND events.event = 'purchase'
    ), families AS (
        SELECT category, count(DISTINCT customer_id) AS n FROM bought GROUP BY category
    ), products AS (
        SELECT product_id, any_value(category) AS category, count(*) AS n
        FROM bought GROUP BY product_id
    )
    SELECT '', said.product_id, concat(said.together, ' of ', said.base),
           concat(products.n, ' of ', families.n)
    FROM said
    LEFT JOIN products ON products.product_id = said.product_id
    LEFT JOIN families ON families.category = products.category
    ORDER BY said.product_id
"""

_CROSS_SELL: Final = """
    WITH said AS (
        SELECT DISTINCT json_extract_string(detail, '$.source_family') AS source_family,
               json_extract_string(detail, '$.family') AS family, together, base
        FROM recommendations WHERE run_id = $run_id AND strategy = 'cross_sell'
    ), bought AS (
        SELECT DISTINCT events.customer_id, known.category
        FROM product_events AS events
        JOIN catalogue_products AS known ON known.product_id = events.product_id
        WHERE events.dataset_id = $dataset_id AND events.happened_at <= $as_of
          AND events.event = 'purchase'
    )
    SELECT said.source_family, said.family, concat(any_value(said.together), ' of ',
                                                   any_value(said.base)),
           concat(count(target.customer_id), ' of ', count(source.customer_id))
    FROM said
    LEFT JOIN bought AS source ON source.category = said.source_family
    LEFT JOIN bought AS target
        ON target.customer_id = source.customer_id AND target.category = said.family
    GROUP BY said.source_family, said.family
    ORDER BY said.source_family, said.family
"""

_BUY_AGAIN: Final = """
    WITH said AS (
        SELECT customer_id, product_id, together, json_extract(detail, '$.interval_days') AS usual,
               json_extract(detail, '$.days_since') AS since
        FROM recommendations WHERE run_id = $run_id AND strategy = 'buy_again'
    ), days AS (
        SELECT DISTINCT said.customer_id, said.product_id, events.happened_at::DATE AS bought_on
        FROM said
        JOIN product_events AS events
            ON events.customer_id = said.customer_id AND events.product_id = said.product_id
        WHERE events.dataset_id = $dataset_id AND events.happened_at <= $as_of
          AND events.event = 'purchase'
    ), gaps AS (
        SELECT customer_id, product_id, bought_on,
               list_sort(list(bought_on) OVER (PARTITION BY customer_id, product_id)) AS all_days
        FROM days
    ), habits AS (
        SELECT customer_id, product_id, any_value(all_days) AS all_days
        FROM gaps GROUP BY customer_id, product_id
    ), counted AS (
        SELECT customer_id, product_id, len(all_days) AS times, all_days,
               list_sort(list_transform(range(2, len(all_days) + 1),
                                        lambda n: all_days[n] - all_days[n - 1])) AS steps
        FROM habits
    )
    SELECT said.customer_id, said.product_id,
           concat(said.together, ' days, every ', said.usual, ', ', said.since, ' ago'),
           concat(times, ' days, every ', steps[(len(steps) + 1) // 2], ', ',
                  CAST($as_of AS DATE) - all_days[-1], ' ago')
    FROM said
    LEFT JOIN counted ON counted.customer_id = said.customer_id
                     AND counted.product_id = said.product_id
    ORDER BY said.customer_id, said.product_id
"""

_ABANDONED: Final = """
    WITH said AS (
        SELECT customer_id, product_id, together, json_extract_string(detail, '$.event') AS event,
               json_extract_string(detail, '$.on') AS last_on
        FROM recommendations WHERE run_id = $run_id AND strategy = 'abandoned'
    ), bought AS (
        SELECT customer_id, product_id, max(happened_at) AS last_at FROM product_events
        WHERE dataset_id = $dataset_id AND event = 'purchase' AND happened_at <= $as_of
        GROUP BY customer_id, product_id
    )
    SELECT said.customer_id, said.product_id,
           concat(any_value(said.event), ' ', any_value(said.together), ' ', any_value(last_on)),
           concat(any_value(said.event), ' ',
                  count(*) FILTER (WHERE said.event = 'view' OR events.event = said.event), ' ',
                  CAST(max(events.happened_at)::DATE AS VARCHAR))
    FROM said
    LEFT JOIN bought ON bought.customer_id = said.customer_id
                    AND bought.product_id = said.product_id
    LEFT JOIN product_events AS events
        ON events.dataset_id = $dataset_id AND events.customer_id = said.customer_id
       AND events.product_id = said.product_id AND events.happened_at <= $as_of
       AND events.event IN ('cart', 'wishlist', 'view', 'click')
       AND events.happened_at >= CAST($as_of AS TIMESTAMP) - to_days($window_days)
       AND coalesce(events.happened_at > bought.last_at, true)
    GROUP BY said.customer_id, said.product_id
    ORDER BY said.customer_id, said.product_id
"""

# The cell of a customer is the country or segment they were counted among.
_POPULAR: Final = """
    WITH said AS (
        SELECT DISTINCT given.product_id, given.together, given.base,
               json_extract_string(given.detail, '$.level') AS level,
               coalesce(CAST(json_extract_string(given.detail, '$.days') AS INTEGER), 36500)
                   AS days,
               CASE json_extract_string(given.detail, '$.level')
                    WHEN 'country' THEN people.country WHEN 'segment' THEN members.segment
                    ELSE '' END AS cell
        FROM recommendations AS given
        JOIN customers AS people
            ON people.dataset_id = $dataset_id AND people.customer_id = given.customer_id
        LEFT JOIN segment_members AS members
            ON members.campaign_id = $campaign_id AND members.customer_id = given.customer_id
        WHERE given.run_id = $run_id AND given.strategy = 'popular'
    ), bought AS (
        SELECT events.customer_id, events.product_id, max(events.happened_at) AS last_at,
               any_value(people.country) AS country, any_value(members.segment) AS segment
        FROM product_events AS events
        LEFT JOIN customers AS people
            ON people.dataset_id = $dataset_id AND people.customer_id = events.customer_id
        LEFT JOIN segment_members AS members
            ON members.campaign_id = $campaign_id AND members.customer_id = events.customer_id
        WHERE events.dataset_id = $dataset_id AND events.happened_at <= $as_of
          AND (events.event = 'purchase' OR NOT $is_bought) AND events.event <> 'return'
        GROUP BY events.customer_id, events.product_id
    ), cells AS (
        SELECT customer_id, product_id, last_at, 'all' AS level, '' AS cell FROM bought
        UNION ALL SELECT customer_id, product_id, last_at, 'country', country FROM bought
        UNION ALL SELECT customer_id, product_id, last_at, 'segment', segment FROM bought
    ), shelves AS (
        SELECT DISTINCT level, cell, days FROM said
    ), bases AS (
        SELECT shelves.level, shelves.cell, shelves.days, count(DISTINCT customer_id) AS n
        FROM shelves
        JOIN cells ON cells.level = shelves.level AND cells.cell = shelves.cell
                  AND last_at >= CAST($as_of AS TIMESTAMP) - to_days(shelves.days)
        GROUP BY ALL
    ), counted AS (
        SELECT said.product_id, said.level, said.cell, said.days, said.together, said.base,
               count(cells.customer_id) AS n
        FROM said
        LEFT JOIN cells ON cells.level = said.level AND cells.cell = said.cell
                       AND cells.product_id = said.product_id
                       AND last_at >= CAST($as_of AS TIMESTAMP) - to_days(said.days)
        GROUP BY ALL
    )
    SELECT concat(counted.level, ' ', counted.cell), counted.product_id,
           concat(counted.together, ' of ', counted.base), concat(counted.n, ' of ', bases.n)
    FROM counted
    LEFT JOIN bases ON bases.level = counted.level AND bases.cell = counted.cell
                   AND bases.days = counted.days
    ORDER BY counted.level, counted.cell, counted.product_id
"""

_SIMILAR: Final = """
    SELECT DISTINCT source_id, product_id, together, base FROM recommendations
    WHERE run_id = $run_id AND strategy = 'similar' ORDER BY source_id, product_id
"""
_HAS_BOUGHT: Final = """
    SELECT count(*) FROM (SELECT 1 FROM product_events
                          WHERE dataset_id = $dataset_id AND event = 'purchase'
                            AND happened_at <= $as_of LIMIT 1) AS found
"""

_FROM_EVENTS: Final[Mapping[str, str]] = MappingProxyType({
    "upsell": _UPSELL, "cross_sell": _CROSS_SELL, "buy_again": _BUY_AGAIN,
})  # fmt: skip
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"for_you": "customers", "bought_together": "basket"}
)
_MOST: Final = 50


def recount_run(store: Store, run_id: str) -> Recount:
    """Count the reasons of a run once more, from the events and the catalogue as they are now.

    A reason differs where orders, catalogue or (of what is popular) segments have changed since, or
    where it never was true.

    Raises:
        InputError: There is no such run.
    """
    row = store.read_one(_RUN, run_id=run_id)
    if row is None:
        raise InputError(f"There is no run {run_id!r} of recommendations.")
    dataset_id, as_of, models, campaign_id = row
    with store.transaction():
        asking.open_catalogue(store, dataset_id)
        told: dict[str, list[tuple[Any, ...]]] = {
            strategy: _counted(
                store, strategy, run_id=run_id, dataset_id=dataset_id, as_of=as_of,
                models=json.loads(models), campaign_id=campaign_id,
            )
            for (strategy,) in store.read(_STRATEGIES, run_id=run_id)
        }  # fmt: skip
    differing = [
        (strategy, str(source), str(product), str(said), str(counted))
        for strategy, rows in told.items()
        for source, product, said, counted in rows
        if said != counted
    ]
    return Recount(sum(len(rows) for rows in told.values()), tuple(differing[:_MOST]))


def _counted(
    store: Store,
    strategy: str,
    *,
    run_id: str,
    dataset_id: str,
    as_of: datetime,
    models: Mapping[str, str],
    campaign_id: str | None,
) -> list[tuple[Any, ...]]:
    """Return source, product, what is said and what was counted, for each reason of a strategy."""
    of_run = {"run_id": run_id, "dataset_id": dataset_id, "as_of": as_of}
    if strategy in _KINDS:
        parameters = json.loads(store.read(_PARAMETERS, model_id=models[_KINDS[strategy]])[0][0])
        of_run["as_of"] = parameters["as_of"]
        return store.read(
            _PAIRS, **of_run, strategy=strategy, is_basket=strategy == "bought_together",
            is_bought=parameters["is_bought"], history=parameters["history"],
        )  # fmt: skip
    if strategy == "similar":
        return _similar(store, run_id, dataset_id)
    if strategy == "popular":
        is_bought = store.read(_HAS_BOUGHT, dataset_id=dataset_id, as_of=as_of) == [(1,)]
        return store.read(_POPULAR, **of_run, campaign_id=campaign_id, is_bought=is_bought)
    if strategy == "abandoned":
        policy = read_policy(store.read(_POLICY, run_id=run_id)[0][0])
        return store.read(_ABANDONED, **of_run, window_days=policy.abandoned.window_days)
    return store.read(_FROM_EVENTS[strategy], **of_run)


def _similar(store: Store, run_id: str, dataset_id: str) -> list[tuple[Any, ...]]:
    said = store.read(_SIMILAR, run_id=run_id)
    common = traits_in_common(store, dataset_id, [(row[0], row[1]) for row in said])
    return [
        (source, product, f"{together} of {base}", "{} of {}".format(*common[source, product]))
        for source, product, together, base in said
    ]
