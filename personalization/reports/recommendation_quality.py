"""How well strategies foresaw what was bought; how alike and how true campaigns' products are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Measured:
    """The newest measurement of a base's strategies against what was bought.

    Attributes:
        split_at: What happened up to here was known.
        until_at: The last event.
        wanted: Products on each list.
        customers: Who bought both before and after, or those drawn of them.
        products: That had been bought before.
        figures: (target, method, measure) -> value, and the ends of its 95 % interval.
    """

    split_at: datetime
    until_at: datetime
    wanted: int
    customers: int
    products: int
    made_at: datetime
    made_by: str
    figures: dict[tuple[str, str, str], tuple[float, float, float]]


_EVALUATION = """
    SELECT evaluation_id, split_at, until_at, wanted, customers, products, made_at, made_by
    FROM recommendation_evaluations WHERE dataset_id = $dataset_id
    ORDER BY made_at DESC, evaluation_id LIMIT 1
"""
_MEASURES = """
    SELECT target, method, measure, value, low, high FROM recommendation_measures
    WHERE evaluation_id = $evaluation_id ORDER BY target, method, measure
"""


def evaluation_of(store: Store, dataset_id: str) -> Measured | None:
    """Return the newest measurement of a base's strategies, or None."""
    found = store.records(_EVALUATION, dataset_id=dataset_id)
    if not found:
        return None
    rows = store.read(_MEASURES, evaluation_id=found[0].pop("evaluation_id"))
    return Measured(
        **found[0],
        figures={
            (target, method, measure): (value, low, high)
            for target, method, measure, value, low, high in rows
        },
    )


_TOLD = """
    WITH lists AS (
        SELECT campaign_id, arm, customer_id, any_value(strategy) AS strategy,
               string_agg(told.product_id, ',' ORDER BY rank) AS list,
               count(*) FILTER (WHERE products.product_id IS NULL OR products.name <> told.name
                                   OR products.price IS DISTINCT FROM told.list_price) AS stale
        FROM campaign_products AS told
        LEFT JOIN products
            ON products.dataset_id = $dataset_id AND products.product_id = told.product_id
        WHERE campaign_id IN (SELECT campaign_id FROM campaigns WHERE dataset_id = $dataset_id)
        GROUP BY campaign_id, arm, customer_id
    ), same AS (
        SELECT campaign_id, arm, any_value(strategy) AS strategy, count(*) AS customers,
               sum(least(stale, 1))::BIGINT AS stale
        FROM lists GROUP BY campaign_id, arm, list
    )
    SELECT campaigns.name AS campaign, arm, any_value(strategy) AS strategy,
           sum(customers)::BIGINT AS customers, count(*) AS lists,
           max(customers) / sum(customers) AS most_share, sum(stale)::BIGINT AS stale
    FROM same JOIN campaigns ON campaigns.campaign_id = same.campaign_id
    GROUP BY campaigns.campaign_id, campaigns.name, campaigns.created_at, arm
    ORDER BY campaigns.created_at DESC, campaigns.campaign_id, arm
    LIMIT $limit
"""


def told_in_campaigns(store: Store, dataset_id: str, *, limit: int = 40) -> list[dict[str, Any]]:
    """Say of each campaign with products how alike its lists are, and what the catalogue denies.

    ``most_share`` is the share of customers who get the commonest list; ``stale`` counts those
    whose message would name a product by another name or price than the catalogue has now.
    """
    return store.records(_TOLD, dataset_id=dataset_id, limit=limit)
