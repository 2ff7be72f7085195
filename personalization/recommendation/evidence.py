"""The counts that reasons rest on, as statements over events and catalogue alone.

Each gives four columns for every different reason of a run: source, product, what the run says, and
what the events say.  None of them reads a table of similarities.
"""

from __future__ import annotations

from typing import Final

PAIRS: Final = """
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

UPSELL: Final = """
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

CROSS_SELL: Final = """
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

BUY_AGAIN: Final = """
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

ABANDONED: Final = """
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
                  CAST((max(events.happened_at) FILTER (WHERE said.event = 'view'
                                                         OR events.event = said.event))::DATE
                       AS VARCHAR))
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
POPULAR: Final = """
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
