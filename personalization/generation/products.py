"""The words that messages show of products: frozen for each customer and arm, in one statement.

What runs of the recommender chose becomes name, price, reason, family and link as readers see
them, in the language of the campaign.  Reasons are worded from the events behind them: that
somebody bought a product is said of those who did, and of nobody else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from personalization.addresses import is_allowed
from personalization.errors import StateError
from personalization.generation.product_plans import product_plan
from personalization.generation.sources import campaign_of
from personalization.providers.product_frames import money_of, reasons_of
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.settings import Brand, Settings
    from personalization.store import Store

LONGEST_REASON: Final = 90
"""Characters; a reason that a long name makes longer goes without the name."""

_DROP: Final = "DELETE FROM campaign_products WHERE campaign_id = $campaign_id"
_ORIGINS: Final = """
    SELECT DISTINCT regexp_extract(url, '^[a-zA-Z]+://[^/?#]*') FROM products
    WHERE dataset_id = $dataset_id AND url IS NOT NULL ORDER BY 1
"""

# A price without a currency takes that of most of the catalogue, else of most of the orders; what
# has no price, no currency or no name is no product that a message could show.
_FREEZE: Final = """
    INSERT INTO campaign_products
        (campaign_id, arm, customer_id, rank, product_id, run_id, strategy, name, price, reason,
         category, link, list_price)
    WITH currencies AS (
        SELECT upper(currency) AS currency, 1 AS place, count(*) AS times
        FROM products WHERE dataset_id = $dataset_id AND trim(currency) <> '' GROUP BY ALL
        UNION ALL
        SELECT upper(currency), 2, count(*)
        FROM transactions WHERE dataset_id = $dataset_id AND trim(currency) <> '' GROUP BY ALL
    ), usual AS (
        SELECT currency FROM currencies ORDER BY place, times DESC, currency LIMIT 1
    ), sold AS (
        SELECT products.*,
               coalesce(product_value(trim(regexp_replace(products.name, '\\s+', ' ', 'g'))), '')
                   AS shown,
               upper(coalesce(nullif(trim(products.currency), ''),
                              (SELECT currency FROM usual))) AS code
        FROM products WHERE dataset_id = $dataset_id
    ), catalogue AS (
        SELECT sold.*, merge_value(rtrim(shown, '. ')) AS said FROM sold
    ), chosen AS (
        SELECT recommendations.* FROM recommendations
        JOIN (SELECT customer_id FROM segment_members WHERE campaign_id = $campaign_id) AS members
            ON members.customer_id = recommendations.customer_id
        WHERE run_id = $run_id AND rank <= $items
          AND ($fills_up OR recommendations.strategy = $strategy)
    ), pairs AS (
        SELECT customer_id, source_id AS product_id FROM chosen WHERE source_id IS NOT NULL
        UNION
        SELECT customer_id, product_id FROM chosen
    ), known AS (
        SELECT events.customer_id, events.product_id,
               bool_or(events.event = 'purchase') AS is_bought,
               bool_or(events.event = 'cart') AS is_in_cart
        FROM product_events AS events
        JOIN pairs ON pairs.customer_id = events.customer_id
                  AND pairs.product_id = events.product_id
        WHERE events.dataset_id = $dataset_id GROUP BY events.customer_id, events.product_id
    ), told AS (
        SELECT chosen.*, catalogue.shown, catalogue.price AS list_price, catalogue.code,
               product_value(trim(coalesce(catalogue.category, ''))) AS family,
               CASE WHEN list_contains($origins::VARCHAR[],
                                       regexp_extract(catalogue.url, '^[a-zA-Z]+://[^/?#]*'))
                     AND regexp_full_match(catalogue.url, '[\\w~:/?#@!$&+,;=.%-]+')
                    THEN catalogue.url ELSE $shop_url END AS link,
               source.said AS source_name,
               concat(chosen.strategy, CASE
                   WHEN chosen.strategy = 'abandoned'
                   THEN CASE WHEN own.is_in_cart THEN '.cart' ELSE '' END
                   WHEN chosen.strategy IN ('buy_again', 'popular', 'cross_sell') THEN ''
                   WHEN coalesce(source.said, '') = '' THEN '.plain'
                   WHEN coalesce(had.is_bought, false) THEN ''
                   ELSE '.seen' END) AS reason_key,
               concat(chosen.strategy, '.plain') AS plain_key
        FROM chosen
        JOIN catalogue ON catalogue.product_id = chosen.product_id
        LEFT JOIN catalogue AS source ON source.product_id = chosen.source_id
        LEFT JOIN known AS had ON had.customer_id = chosen.customer_id
                              AND had.product_id = chosen.source_id
        LEFT JOIN known AS own ON own.customer_id = chosen.customer_id
                              AND own.product_id = chosen.product_id
        WHERE catalogue.shown <> '' AND catalogue.price > 0 AND catalogue.code <> ''
    ), worded AS (
        SELECT told.*,
               replace(replace(json_extract_string($reasons::JSON, concat('$."', reason_key, '"')),
                               '{source}', coalesce(source_name, '')), '{family}', family)
                   AS reason,
               json_extract_string($reasons::JSON, concat('$."', plain_key, '"')) AS plain_reason
        FROM told
    )
    SELECT $campaign_id, arms.arm, customer_id, rank, product_id, run_id, strategy, shown,
           replace(replace($money, '{symbol}',
                           coalesce(json_extract_string($symbols::JSON, concat('$."', code, '"')),
                                    concat(code, $after_code))),
                   '{amount}', translate(format('{:,.2f}', list_price), ',.', $marks)),
           CASE WHEN fit_value(reason, $longest) <> reason THEN coalesce(plain_reason, reason)
                ELSE reason END,
           family, link, list_price
    FROM worded CROSS JOIN (SELECT unnest($arms::VARCHAR[]) AS arm) AS arms
    WHERE reason IS NOT NULL
"""

_DROP_FACTS: Final = "DELETE FROM campaign_product_facts WHERE campaign_id = $campaign_id"
_KEEP_FACTS: Final = """
    INSERT INTO campaign_product_facts
    SELECT $campaign_id, product_id,
           rule_facts(currency, gate, margin, tags, variant_group, is_replenishable, category_path)
    FROM products
    WHERE dataset_id = $dataset_id
      AND product_id IN (SELECT product_id FROM campaign_products WHERE campaign_id = $campaign_id)
"""

# The fingerprint does not depend on the order of the rows.
_FINGERPRINT: Final = """
    UPDATE product_plans SET fields_sha256 = coalesce(
        (SELECT sha256(string_agg(row_sha256, '' ORDER BY row_sha256)) FROM (
            SELECT sha256(concat_ws(chr(31), arm, customer_id, rank, product_id, name, price,
                                    reason, category, link)) AS row_sha256
            FROM campaign_products WHERE campaign_id = $campaign_id)), '')
    WHERE campaign_id = $campaign_id
"""


def freeze_products(
    store: Store, settings: Settings, campaign_id: str, runs: Mapping[str, str], *, actor: str
) -> None:
    """Write what each customer would read of products in each arm, in place of what was there.

    Inside a transaction; reads ``recommendations``, ``products`` and ``product_events``, writes
    ``campaign_products``, ``campaign_product_facts``, ``product_plans`` and the audit row.
    Products without a name, a price or a currency are left out, and whoever lacks one of the full
    set gets no message.

    Args:
        store: Holds the campaign, its plan and the runs.
        settings: Of which ``brand`` says where links may lead.
        campaign_id: Whose messages.
        runs: Run by strategy.
        actor: Who asked for it.

    Raises:
        StateError: A strategy of the plan has no run.
    """
    plan = product_plan(store, campaign_id)
    if plan is None or set(plan.strategies) - set(runs):
        raise StateError("Not every strategy of the plan was worked out. Refresh the products.")
    campaign = campaign_of(store, campaign_id)
    about = {
        "campaign_id": campaign_id, "dataset_id": campaign.dataset_id, "items": plan.items,
        "fills_up": plan.fills_up,
        "shop_url": settings.brand.shop_url, "longest": LONGEST_REASON,
        "origins": _origins(store, campaign.dataset_id, settings.brand),
        "reasons": json.dumps(reasons_of(campaign.locale), ensure_ascii=False),
        **money_of(campaign.locale),
    }  # fmt: skip
    store.run(_DROP, campaign_id=campaign_id)
    rows = 0
    for strategy in plan.strategies:
        arms = [arm for arm, of_arm in plan.arms if of_arm == strategy]
        rows += store.run(
            _FREEZE, run_id=runs[strategy], strategy=strategy, arms=arms, **about
        )  # fmt: skip
    store.run(_DROP_FACTS, campaign_id=campaign_id)
    store.run(_KEEP_FACTS, campaign_id=campaign_id, dataset_id=campaign.dataset_id)
    store.run(_FINGERPRINT, campaign_id=campaign_id)
    record(
        store, "products.refreshed", campaign_id, actor=actor, campaign_id=campaign_id, rows=rows,
        runs=sorted(runs.values()),
    )  # fmt: skip


def _origins(store: Store, dataset_id: str, brand: Brand) -> list[str]:
    """Return the scheme and host of the catalogue's links that lead to the sender's own pages."""
    found = (str(row[0]) for row in store.read(_ORIGINS, dataset_id=dataset_id) if row[0])
    return [origin for origin in found if is_allowed(f"{origin}/", brand.allowed_domains)]
