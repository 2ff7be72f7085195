"""Whether what the waiting messages say of products may still be said to their very readers.

Their words were frozen when they were worked out.  They are held to the catalogue and the rules of
today customer by customer, whatever arm of a test anybody is in: what the launch gate looks at is
what the test's own messages name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

# Each reader's products, of those places that the text names: ``is_short`` where one of them is
# blank or not there, ``is_stale`` where one is not what the catalogue says or may not be shown.
_JUDGE: Final = r"""
    CREATE OR REPLACE TEMP TABLE trigger_products AS
    WITH texts AS (
        SELECT sendable.campaign_id, sendable.segment, sendable.arm,
               regexp_extract_all(
                   concat_ws(' ', variants.subject, variants.preheader, variants.body,
                             variants.call_to_action),
                   '\{\{\s*product_([1-4]\.(?:name|price|reason|category|link))\s*\}\}', 1) AS said
        FROM sendable_variants AS sendable
        JOIN variants ON variants.variant_id = sendable.variant_id
                     AND variants.version = sendable.version
        WHERE sendable.campaign_id IN (SELECT campaign_id FROM waiting_firings)
          AND sendable.variant_id NOT IN (SELECT variant_id FROM variant_channels)
    ), wanted AS (
        SELECT DISTINCT waiting.campaign_id, waiting.arm, waiting.customer_id,
               left(place, 1)::INTEGER AS rank, substr(place, 3) AS field
        FROM waiting_firings AS waiting
        JOIN trigger_readers AS readers ON readers.campaign_id = waiting.campaign_id
                                       AND readers.customer_id = waiting.customer_id
        JOIN texts ON texts.campaign_id = waiting.campaign_id AND texts.arm = waiting.arm
                  AND texts.segment = readers.segment
        CROSS JOIN unnest(texts.said) AS places(place)
    ), policy AS (
        SELECT coalesce(max_by(policy, number), '') AS in_force FROM recommendation_policies
        WHERE dataset_id = $dataset_id
    ), bought AS (
        SELECT customer_id, product_id, max(happened_at) AS bought_at FROM product_events
        WHERE dataset_id = $dataset_id AND event = 'purchase'
          AND customer_id IN (SELECT customer_id FROM wanted)
        GROUP BY customer_id, product_id
    ), judged AS (
        SELECT wanted.campaign_id, wanted.arm, wanted.customer_id,
               CASE WHEN wanted.field = 'link' THEN regexp_extract(named.link, '^[^/]*//[^/?#]*')
                   END AS origin,
               coalesce(named.name = '' OR CASE wanted.field
                   WHEN 'price' THEN named.price WHEN 'reason' THEN named.reason
                   WHEN 'category' THEN named.category WHEN 'link' THEN named.link
                   ELSE named.name END = '', true) AS is_short,
               named.product_id IS NOT NULL AND (
                   available.product_id IS NULL OR known.product_id IS NULL
                   OR NOT coalesce(known.is_active, true) OR coalesce(known.stock <= 0, false)
                   OR known.price IS DISTINCT FROM named.list_price
                   OR visible_value(known.name) IS DISTINCT FROM named.name
                   OR (wanted.field = 'category'
                       AND visible_value(known.category) IS DISTINCT FROM named.category)
                   OR kept.facts IS DISTINCT FROM rule_facts(
                          known.currency, known.gate, known.margin, known.tags,
                          known.variant_group, known.is_replenishable, known.category_path)
                   OR coalesce(list_has_any(available.gates, string_split(shut.closed, ',')), false)
                   OR coalesce(trim(runs.policy) <> trim(policy.in_force), false)
                   OR coalesce(bought.bought_at > runs.as_of AND named.strategy <> 'buy_again'
                               AND NOT coalesce(known.is_replenishable, false), false)
                   OR product_value(named.name) <> named.name
                   OR price_value(named.price) <> named.price
                   OR product_value(named.reason) <> named.reason
                   OR link_value(named.link) <> named.link
                   OR (wanted.field = 'category'
                       AND product_value(named.category) <> named.category)) AS is_stale
        FROM wanted
        CROSS JOIN policy
        LEFT JOIN campaign_products AS named
            ON named.campaign_id = wanted.campaign_id AND named.arm = wanted.arm
           AND named.customer_id = wanted.customer_id AND named.rank = wanted.rank
        LEFT JOIN products AS known ON known.dataset_id = $dataset_id
                                   AND known.product_id = named.product_id
        LEFT JOIN available_products AS available ON available.product_id = named.product_id
        LEFT JOIN campaign_product_facts AS kept ON kept.campaign_id = wanted.campaign_id
                                                AND kept.product_id = named.product_id
        LEFT JOIN shut_gates AS shut ON shut.customer_id = wanted.customer_id
        LEFT JOIN recommendation_runs AS runs ON runs.run_id = named.run_id
        LEFT JOIN bought ON bought.customer_id = wanted.customer_id
                        AND bought.product_id = named.product_id
    )
    SELECT campaign_id, arm, customer_id, bool_or(is_short) AS is_short,
           bool_or(is_stale) AS is_stale,
           list(DISTINCT origin) FILTER (WHERE origin IS NOT NULL) AS origins
    FROM judged GROUP BY campaign_id, arm, customer_id
"""
_ORIGINS: Final = """
    SELECT DISTINCT unnest(named.origins) AS origin
    FROM standing_firings AS due
    JOIN trigger_products AS named
        ON named.campaign_id = due.campaign_id AND named.arm = due.arm
       AND named.customer_id = due.customer_id
    WHERE due.state = 'due' ORDER BY origin
"""


def judge_products(store: Store, dataset_id: str) -> None:
    """Hold the products of the waiting messages to the catalogue, customer by customer.

    Args:
        store: In the transaction of ``fill_standing``, after ``waiting_firings``,
            ``trigger_readers``, ``available_products`` and ``shut_gates``; gets the TEMP table
            ``trigger_products`` of those whose message names some.
        dataset_id: Whose catalogue.
    """
    store.run(_JUDGE, dataset_id=dataset_id)


def due_origins(store: Store) -> Sequence[str]:
    """Return which sites the products' links of the due messages lead to."""
    return [origin for (origin,) in store.read(_ORIGINS)]
